"""Differences between the means, or the slopes, of a fitted model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from typing import Any, Literal

import numpy as np
import pandas as pd

from securebase_analysis.errors import ModelError, Problem, check_option
from securebase_analysis.models.after_growth.combinations import LOGIT, Combinations, name_of_ratio, ratios
from securebase_analysis.models.after_growth.reference_grid import Cells
from securebase_analysis.results import wording
from securebase_analysis.results.families import ADJUSTMENTS, REFERENCES, Adjustment
from securebase_analysis.results.inference import Floats, check_conf_level
from securebase_analysis.results.result import Result

ContrastMethod = Literal["pairwise", "reference", "consecutive"]
METHODS = ("pairwise", "reference", "consecutive")
Pairs = list[tuple[int, int]]


@dataclass(frozen=True, eq=False, kw_only=True)
class Contrasts(Result):
    """Differences between means or slopes.

    ``tidy()`` has effect *difference* (*odds ratio*, *ratio*), the pair as term and, where other columns tell the
    cells apart, their values as group; ``adjusted()`` has the p-values that allow for the number of differences.

    Attributes
    ----------
    asked : Combinations
        The differences as combinations of the fixed effects.
    response : bool
        Whether differences are shown as ratios (of odds, or of counts).
    """

    asked: Combinations
    response: bool

    def tidy(self, conf_level: float | None = None) -> pd.DataFrame:
        """One row per difference; see `Result.tidy`."""
        table = super().tidy(conf_level)
        return ratios(table, self.asked.family) if self.response else table

    def augment(self) -> pd.DataFrame:
        """The rows of the model, as its own ``augment()`` gives them."""
        return self.asked.growth.augment()


def differences(
    answer: Result,
    asked: Combinations,
    what: str,
    method: str,
    adjust: Adjustment,
    of: str | Sequence[str] | None,
    reference: Any,
    response: bool,
    conf_level: float,
) -> Contrasts:
    """Differences between the rows `asked` of an answer; see `MarginalMeans.contrasts`."""
    check_option("method", method, METHODS)
    check_option("adjust", adjust, ADJUSTMENTS)
    check_conf_level(conf_level)
    compared = _columns(of, asked.cells)
    pairs, groups = _pairs(asked.cells, compared, method, reference)
    if not pairs:
        raise ModelError(_nothing_to_compare(compared))
    made = _subtracted(asked, pairs)
    terms = [_term(asked.cells.labels[compared], pair) for pair in pairs]
    table = made.estimates(name_of_ratio(response, asked.family) or "difference", terms, groups, tested=True)
    spec = {"verb": "contrasts", "method": method, "adjust": adjust, "of": of, "reference": reference,
            "response": response, "conf_level": conf_level}  # fmt: skip
    outcome = table["outcome"].iloc[0]
    notes = (_of_sign(response, asked.family), _of_family(len(pairs), adjust))
    return Contrasts(
        title=f"Differences between {what} of {outcome} by {' and '.join(compared)}",
        spec=spec,
        estimates=table,
        facts={**answer.facts, "conf_level": conf_level},
        checks=answer.checks,
        notes=(*answer.notes, *filter(None, notes)),
        simulated=answer.simulated,
        adjust=adjust,
        asked=made,
        response=response,
    )


def _columns(of: str | Sequence[str] | None, cells: Cells) -> list[str]:
    """The columns whose values are compared; the first by default."""
    there = list(cells.labels)
    names = there[:1] if of is None else [of] if isinstance(of, str) else list(of)
    for name in names:
        if name not in there:
            raise ModelError(
                Problem(
                    "SB-MODEL-72",
                    "stop",
                    f"of={name!r} does not tell these rows apart.",
                    column=str(name),
                    why="A difference is taken between values of a column.",
                    fix=f"of={there[0]!r}" if there else "Ask by a column first.",
                )
            )
    return names


def _pairs(cells: Cells, compared: list[str], method: str, reference: Any) -> tuple[Pairs, list[str]]:
    """Pairs of rows (first, subtracted) and the values of the other columns, which both rows share."""
    others = [name for name in cells.labels if name not in compared]
    shared = Cells(cells.values[others], cells.labels[others]).terms
    pairs: Pairs = []
    for group in dict.fromkeys(shared):
        rows = [place for place, name in enumerate(shared) if name == group]
        of_reference = _reference(cells, compared, rows, reference) if method == "reference" else 0
        pairs += PAIRS[method](rows, of_reference)
    return pairs, [shared[first] for first, _ in pairs]


def _each_with_reference(rows: list[int], place: int) -> Pairs:
    return [(row, rows[place]) for row in rows if row != rows[place]]


PAIRS: dict[str, Callable[[list[int], int], Pairs]] = {
    "pairwise": lambda rows, _: [(later, earlier) for earlier, later in combinations(rows, 2)],
    "consecutive": lambda rows, _: [(later, earlier) for earlier, later in pairwise(rows)],
    "reference": _each_with_reference,
}


def _reference(cells: Cells, compared: list[str], rows: list[int], reference: Any) -> int:
    """The place among `rows` of the reference; the first where none is named."""
    if reference is None:
        return 0
    wanted = list(reference) if isinstance(reference, list | tuple) else [reference]
    values = cells.values[compared].iloc[rows].to_numpy(object)
    for place, row in enumerate(values):
        if len(wanted) == len(row) and all(one == value for one, value in zip(wanted, row)):
            return place
    known = ", ".join(dict.fromkeys(_side(cells.labels[compared], row) for row in rows))
    raise ModelError(
        Problem(
            "SB-MODEL-72",
            "stop",
            f"reference={reference!r} is not among the rows that are compared.",
            column=", ".join(compared),
            why="Every other row is compared with it.",
            fix=f"One of: {known}.",
        )
    )


def _subtracted(asked: Combinations, pairs: Pairs) -> Combinations:
    first, second = (np.array(places) for places in zip(*pairs))
    rows: Floats = asked.rows[first] - asked.rows[second]
    cells = Cells(
        *(frame.iloc[first].reset_index(drop=True) for frame in (asked.cells.values, asked.cells.labels))
    )
    return Combinations(asked.growth, rows, cells)


def _term(labels: pd.DataFrame, pair: tuple[int, int]) -> str:
    first, second = (_side(labels, row) for row in pair)
    # Labels that hold a minus themselves would not show where one ends and the other begins.
    return f"{first} - {second}" if " - " not in f"{first}{second}" else f"({first}) - ({second})"


def _side(labels: pd.DataFrame, row: int) -> str:
    return ", ".join(labels.iloc[row])


def _of_sign(response: bool, family: str) -> str:
    if not response or family == "gaussian":
        return ""
    ratio, scale = ("Odds ratios", "logits") if family in LOGIT else ("Ratios", "logarithms")
    return f"{ratio}: the first divided by the second. Tests are of the difference of the {scale}."


def _of_family(n: int, adjust: Adjustment) -> str:
    """How p-values allow for the number of tests, or how many would be low by chance."""
    if n < 2:
        return ""
    counted = wording.count(n, "difference")
    if adjust == "none":
        chance = wording.number(0.05 * n, 1)
        return f"{counted}, p-values not adjusted: by chance alone {chance} of them would be expected below .05."
    return f"P-values adjusted for {counted} ({REFERENCES[adjust]}); intervals are for one difference each."


def _nothing_to_compare(compared: list[str]) -> Problem:
    return Problem(
        "SB-MODEL-72",
        "stop",
        "There is one row, and nothing to compare it with.",
        column=", ".join(compared),
        why="A difference is taken between two rows.",
        fix="by='kinship', or several values of a column in at={'years': [0, 2]}",
    )
