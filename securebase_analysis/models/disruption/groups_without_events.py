"""Terms whose rows had no event, or one: their ratio is 0 or infinite, or rests on a single ending."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from securebase_analysis.errors import Problem
from securebase_analysis.models.disruption.door import RowsAtRisk
from securebase_analysis.models.disruption.fitting import Fitted
from securebase_analysis.results import wording


def rare_events(rows: RowsAtRisk, fit: Fitted) -> list[Problem]:
    """Problems for terms without a finite ratio, with the counts behind them, and for groups with one event."""
    problems = []
    for place, (term, column) in enumerate(zip(rows.X.terms, rows.X.values)):
        counts = _counts(column, rows.happened)
        if fit.runaway[place]:
            problems.append(_no_ratio(term, bool(fit.beta[place] > 0.0), counts))
        elif counts is not None and 1 in (counts[0], counts[2]):
            problems.append(_one_event(term, counts))
    return problems


def _counts(column: NDArray[np.float64], happened: NDArray[np.bool_]) -> tuple[int, int, int, int] | None:
    """Events and rows with the higher of two values, then with the lower; None for other columns."""
    high = column == column.max()
    if not (high | (column == column.min())).all():
        return None
    return int((happened & high).sum()), int(high.sum()), int((happened & ~high).sum()), int((~high).sum())


def _said(counts: tuple[int, int, int, int]) -> str:
    of, n, others, m = counts
    return f"{of:,} of {n:,} rows with it end with the event, {others:,} of {m:,} without"


def _no_ratio(term: str, rises: bool, counts: tuple[int, int, int, int] | None) -> Problem:
    told = f" ({_said(counts)})" if counts is not None else ""
    return Problem(
        "SB-PLACE-16",
        "warn",
        f"The hazard ratio of {term!r} has no finite estimate{told}.",
        column=term,
        why="The likelihood rises for ever in its direction.",
        done=f"It is given as {'infinite' if rises else '0'}, with the interval of the profile likelihood, which "
        "takes rows as independent.",
        fix="Read the counts; a ratio needs an event on both sides.",
    )


def _one_event(term: str, counts: tuple[int, int, int, int]) -> Problem:
    return Problem(
        "SB-PLACE-16",
        "warn",
        f"The hazard ratio of {term!r} rests on {wording.count(1, 'event')} on one side ({_said(counts)}).",
        column=term,
        done="It is given with its interval.",
    )
