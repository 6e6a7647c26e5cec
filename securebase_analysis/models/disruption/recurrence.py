"""Moves that happen again and again: three layouts of the rows, which differ in what they hold equal.

*andersen-gill*: all moves of a child share one hazard, whatever came before. *pwp-total*: each move, the first,
the second and so on, has a baseline of its own, on the clock of the child; who has moved once is at risk of the
second move only. *pwp-gap*: the same with a clock that begins anew after each move (Prentice, Williams &
Peterson 1981).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from securebase_analysis.errors import ModelError, Problem
from securebase_analysis.models.disruption.request import Recurrent
from securebase_analysis.models.disruption.units import in_order
from securebase_analysis.results import wording

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

WRITTEN = {
    "andersen-gill": "Moves recur (Andersen and Gill): one hazard for all moves of a child, whatever came before; "
    "what earlier moves change must stand in the formula.",
    "pwp-total": "Moves recur (Prentice, Williams and Peterson, total time): each move has a baseline of its own "
    "on the clock of the child, and only who had the one before is at risk of it.",
    "pwp-gap": "Moves recur (Prentice, Williams and Peterson, gap time): each move has a baseline of its own and "
    "the clock begins anew after each, so that what came before counts only by the number of moves.",
}


@dataclass(frozen=True, eq=False)
class Layout:
    """Rows as a recurrent model reads them.

    Attributes
    ----------
    start, stop : numpy.ndarray, shape (rows,)
        On the clock of the model; `start` is None where all are at risk from 0.
    enum : numpy.ndarray of int, shape (rows,), or None
        Number of the move that each row is at risk of, where each has a baseline of its own.
    notes : tuple of str
        What the layout assumes, and how many moves there were.
    """

    start: Floats | None
    stop: Floats
    enum: Ints | None
    notes: tuple[str, ...]


def layout_of(
    kind: Recurrent, child: Ints, start: Floats | None, stop: Floats, happened: Bools, last: int | None
) -> Layout:
    """The rows of children who move again and again.

    Parameters
    ----------
    kind : {"andersen-gill", "pwp-total", "pwp-gap"}
        The layout.
    child : numpy.ndarray of int, shape (rows,)
        Whose row each is.
    start, stop : numpy.ndarray, shape (rows,)
        On the clock of the child.
    happened : numpy.ndarray of bool, shape (rows,)
        Whether the row ends with a move.
    last : int, optional
        The number of the move from which on all share a stratum.

    Raises
    ------
    ModelError
        When it is not known when rows begin.
    """
    if start is None:
        raise ModelError(_no_start())
    order = in_order(child, start, stop)
    code, moved = child[order], happened[order]
    before = pd.Series(moved.astype(int)).groupby(code).cumsum().to_numpy() - moved
    enum, since = np.empty(len(code), dtype=np.int64), np.empty(len(code))
    enum[order] = 1 + before
    # The clock of the first move is that of the child; later ones begin at the move before.
    latest = pd.Series(np.where(moved, stop[order], np.nan)).groupby(code).ffill().groupby(code).shift()
    since[order] = latest.fillna(0.0).to_numpy()
    notes = (WRITTEN[kind], _counted(enum, happened))
    if kind == "andersen-gill":
        return Layout(start, stop, None, notes)
    enum = enum if last is None else np.minimum(enum, last)
    if kind == "pwp-total":
        return Layout(start, stop, enum, notes)
    return Layout(start - since, stop - since, enum, notes)


def _counted(enum: Ints, happened: Bools) -> str:
    """How many first, second, ... moves there were."""
    counts = np.bincount(enum[happened])[1:]
    shown = ", ".join(f"{n:,}" for n in counts[:6])
    more = f", and {counts[6:].sum():,} later ones" if len(counts) > 6 else ""
    which = "First" if len(counts) == 1 else "First, second and later" if len(counts) > 2 else "First and second"
    return f"{which} moves: {shown}{more}; {wording.count(int(counts.sum()), 'move')} in all."


def _no_start() -> Problem:
    return Problem(
        "SB-EVENT-08",
        "stop",
        "recurrent= without start=.",
        why="Rows of a child follow one another; without their starts it is not known when each was at risk.",
        fix="start='start' and stop='stop', in days on the clock of the child",
    )
