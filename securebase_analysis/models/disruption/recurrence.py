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

from securebase_analysis.errors import ModelError, Problem, rows_where
from securebase_analysis.models.disruption.request import Recurrent
from securebase_analysis.models.disruption.units import in_order
from securebase_analysis.models.rows import is_number
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
    known : numpy.ndarray of bool, shape (rows,)
        Whether it is known where on the clock a row stands.
    """

    start: Floats | None
    stop: Floats
    enum: Ints | None
    known: Bools


def moves_before(
    frame: pd.DataFrame, child: Ints, start: Floats | None, stop: Floats, happened: Bools
) -> tuple[Ints, Floats, list[Problem]]:
    """The number of the move that each row is at risk of, counted or the table's own, and the starts of the rows.

    A table may know of moves before a child was first seen. Its column ``enum`` is taken where it is, for each
    child, the number counted from the rows and some moves more.

    Raises
    ------
    ModelError
        When it is not known when rows begin.
    """
    if start is None:
        raise ModelError(_no_start())
    order = in_order(child, start, stop)
    moved = happened[order].astype(int)
    counted = np.empty(len(order), dtype=np.int64)
    counted[order] = 1 + pd.Series(moved).groupby(child[order]).cumsum().to_numpy() - moved
    if "enum" not in frame or not is_number(frame["enum"]):
        return counted, start, []
    given = frame["enum"].to_numpy(float, na_value=np.nan)
    more = pd.Series(given - counted)
    if np.isnan(given).any() or (more < 0).any() or (more.groupby(child).nunique() > 1).any():
        return counted, start, [_enum_not_used()]
    return given.astype(np.int64), start, []


def layout_of(
    kind: Recurrent, child: Ints, start: Floats, stop: Floats, happened: Bools, enum: Ints, last: int | None
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
    enum : numpy.ndarray of int, shape (rows,)
        From `moves_before`.
    last : int, optional
        The number of the move from which on all share a stratum.
    """
    known = np.ones(len(stop), dtype=bool)
    if kind == "andersen-gill":
        return Layout(start, stop, None, known)
    number = enum if last is None else np.minimum(enum, last)
    if kind == "pwp-total":
        return Layout(start, stop, number, known)
    order = in_order(child, start, stop)
    ends = pd.Series(np.where(happened[order], stop[order], np.nan))
    latest = np.empty(len(order))
    latest[order] = ends.groupby(child[order]).ffill().groupby(child[order]).shift().to_numpy()
    # The clock of the first move is that of the child; later ones begin at the move before, where it was seen.
    known = ~np.isnan(latest) | (enum == 1)
    since = np.where(np.isnan(latest), 0.0, latest)
    return Layout(start - since, stop - since, number, known)


def moves_counted(enum: Ints, happened: Bools) -> str:
    """How many first, second, ... moves there were."""
    counts = np.bincount(enum[happened])[1:]
    shown = ", ".join(f"{n:,}" for n in counts[:6])
    more = f", and {counts[6:].sum():,} later ones" if len(counts) > 6 else ""
    which = "First" if len(counts) == 1 else "First, second and later" if len(counts) > 2 else "First and second"
    return f"{which} moves: {shown}{more}; {wording.count(int(counts.sum()), 'move')} in all."


def moved_before(rows: Bools) -> Problem:
    """Rows of children of whose last move it is not known when it was."""
    return Problem(
        "SB-EVENT-22",
        "warn",
        f"{wording.count(int(rows.sum()), 'row')} of children who had moved before they were first seen.",
        column="enum",
        rows=rows_where(rows),
        why="How long ago the last move was is not known, and that is the clock of this model.",
        done="Left out, up to their next move.",
        fix="recurrent='pwp-total', whose clock is that of the child",
    )


def _enum_not_used() -> Problem:
    return Problem(
        "SB-EVENT-23",
        "note",
        "The column enum is not the number of the move that follows from the rows.",
        column="enum",
        done="Moves were counted from the rows.",
    )


def _no_start() -> Problem:
    return Problem(
        "SB-EVENT-08",
        "stop",
        "recurrent= without start=.",
        why="Rows of a child follow one another; without their starts it is not known when each was at risk.",
        fix="start='start' and stop='stop', in days on the clock of the child",
    )
