"""Whose rows follow one another: the rows of one placement, or of one child who moves again and again."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from securebase_analysis.errors import Problem, rows_where
from securebase_analysis.models.disruption.request import Request
from securebase_analysis.models.rows import groups_of, nameless, written_in_two_ways
from securebase_analysis.results import wording

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Units:
    """Whose row each is, on one clock.

    Attributes
    ----------
    code : numpy.ndarray of int, shape (rows,)
        Number of the unit of each row.
    name : str
        What a unit is called: ``child`` or ``placement``.
    named : bool
        Whether the request or the table says so; else it was seen from the rows themselves.
    problems : tuple of Problem
        What is wrong, or was assumed.
    """

    code: Ints
    name: str
    named: bool
    problems: tuple[Problem, ...] = ()


def units_of(frame: pd.DataFrame, request: Request, start: Floats | None) -> Units | None:
    """The units of the rows, or None where each row is one by itself for all that is known.

    ``child=`` where it was given; else child and spell where the table has both; else the child, where the rows of
    each child do follow one another.
    """
    if request.child is not None or request.recurrent is not None:
        name = request.child or "child"
        groups = groups_of(frame, name)
        problems = (*groups.problems, *nameless(groups, name), *written_in_two_ways(groups, name))
        return Units(groups.code.astype(np.int64), name, True, problems)
    if "child" not in frame:
        return None
    child = groups_of(frame, "child").code.astype(np.int64)
    if "spell" in frame:
        spell = pd.factorize(frame["spell"], use_na_sentinel=False)[0]
        both = pd.factorize(child * (int(spell.max(initial=0)) + 1) + spell)[0].astype(np.int64)
        # Rows that do not say whose they are cannot follow one another.
        alone = child < 0
        both = np.where(alone, both.max(initial=0) + np.cumsum(alone), both)
        return Units(pd.factorize(both)[0].astype(np.int64), "placement", True)
    if start is None or (child < 0).any() or not _one_clock(child, start):
        return None
    return Units(child, "child", False)


def _one_clock(child: Ints, start: Floats) -> bool:
    """Whether no child has two rows that begin at 0: those would be placements with a clock of their own each."""
    at_zero = child[start == 0.0]
    return len(np.unique(at_zero)) == len(at_zero)


def in_order(units: Ints, start: Floats, stop: Floats) -> NDArray[np.intp]:
    """The rows of each unit one after the other."""
    return np.lexsort((stop, start, units))


def overlapping(units: Units, start: Floats, stop: Floats) -> list[Problem]:
    """A problem when rows of one unit overlap; both rows are named."""
    order = in_order(units.code, start, stop)
    code, begins, ends = units.code[order], start[order], stop[order]
    until = pd.Series(ends).groupby(code).cummax().to_numpy()
    same = code[1:] == code[:-1]
    overlap = until[:-1] - begins[1:]
    wrong = np.flatnonzero(same & (overlap > 1e-9 * np.maximum(until[:-1], 1.0)) & (ends[1:] > begins[1:]))
    if not len(wrong):
        return []
    rows = np.sort(np.column_stack([order[wrong], order[wrong + 1]]) + 1, axis=1)
    first, second = rows[np.lexsort(rows.T[::-1])[0]]
    size = float(overlap[wrong].max())
    n = wording.count(len(wrong), "pair")
    known = (
        f"Correct start and stop; rows of one {units.name} follow one another."
        if units.named
        else "Correct start and stop. Placements with clocks of their own need a column 'spell' that numbers them."
    )
    return [
        Problem(
            "SB-PLACE-03",
            "stop",
            f"{n} of rows of one {units.name} overlap, by up to {size:g} days (rows {first} and {second} first).",
            column="start",
            rows=np.unique(rows).tolist(),
            why="One child would be at risk twice at once, and every estimate would lean on that child.",
            done="Nothing was cut and nothing chosen; nothing was fitted.",
            fix=known,
        )
    ]


def after_the_event(units: Units, start: Floats, stop: Floats, happened: Bools) -> list[Problem]:
    """A problem when rows of a unit follow the one that ended with the event."""
    order = in_order(units.code, start, stop)
    code = units.code[order]
    before = pd.Series(happened[order].astype(int)).groupby(code).cumsum().to_numpy() - happened[order]
    late = np.zeros(len(code), dtype=bool)
    late[order] = before > 0
    if not late.any():
        return []
    n = wording.count(int(late.sum()), "row follows", "rows follow")
    return [
        Problem(
            "SB-EVENT-07",
            "stop",
            f"{n} the event of their {units.name}.",
            rows=rows_where(late),
            why="What has ended is no longer at risk of ending.",
            done="Nothing was left out; nothing was fitted.",
            fix="recurrent='andersen-gill' with child=... where the event can happen again and again",
        )
    ]
