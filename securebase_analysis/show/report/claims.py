"""The claims of the model beside the data: the verdict on each, in words and as a table."""

from __future__ import annotations

from typing import Any

import pandas as pd

from securebase_analysis import theory
from securebase_analysis.models.relations import RelationsResult
from securebase_analysis.results import wording
from securebase_analysis.show.figures import captions
from securebase_analysis.show.report.correlations_in_columns import number_and_interval, side_by_side
from securebase_analysis.show.tables.doctable import Column, DocTable
from securebase_analysis.show.tables.from_frame import make_table

LATER_WITHIN = "over time within"
LEVELS = {
    "between": "Between children",
    "within": "Within children",
    "over time": "Over time",
    LATER_WITHIN: "Over time within children",
}
"""The levels of verdicts, as heads of columns."""
WITHIN_LATER_IS = (
    "Over time within children: the lagged effect of a panel model that keeps stable differences between children "
    "apart, in standard deviations of the scores, as correlations are."
)
IN_POINTS_TOO = "In points the same effects stand in the table of effects from each wave to the next."


def claims_words(result: RelationsResult, conf_level: float) -> str:
    """How many claims are supported on the level they speak of, and which are not."""
    verdicts = result.verdicts(conf_level)
    own = verdicts[verdicts["own_level"]]
    counted = [
        f"{n} {'is' if n == 1 else 'are'} {verdict}"
        for verdict in ("supported", "not supported", "contrary", "not testable")
        if (n := int((own["verdict"] == verdict).sum()))
    ]
    against = [_arrow(row) for row in own[own["verdict"] == "contrary"].itertuples()]
    contrary = f" Contrary: {captions.listed(against)}." if against else ""
    return (
        f"The model makes {wording.count(len(own), 'claim')} on how caregiving, what it builds and the dimensions "
        f"among one another go together. Judged on the level that each speaks of, {captions.listed(counted)}."
        f"{contrary} Not supported means that the interval holds zero, which is no evidence that nothing is "
        "there. All are verdicts on what goes together, not on what brings about what."
    )


def claims_table(result: RelationsResult, conf_level: float, *, in_points_too: bool) -> DocTable:
    """Every claim of the model with what these data show, one row a claim.

    `in_points_too`: the effects over time within children follow in another table, in points.
    """
    verdicts = result.verdicts(conf_level)
    order = list(dict.fromkeys(verdicts["claim"]))
    wide = side_by_side(verdicts.rename(columns={"claim": "what"}), ["what"])
    frame = wide.set_index("what").loc[order].reset_index()
    own = verdicts[verdicts["own_level"]].set_index("claim").loc[order]
    frame["verdict"] = [f"{effect}: {verdict}" for effect, verdict in zip(own["effect"], own["verdict"])]
    columns = [Column("Claim of the model", ("what",)), Column("Verdict", ("verdict",))]
    levels = [effect for effect in LEVELS if f"estimate_{effect}" in frame]
    for effect in levels:
        columns += number_and_interval(effect, LEVELS[effect], conf_level, is_effect=effect == LATER_WITHIN)
    sources = captions.listed(list(dict.fromkeys(verdicts["reference"])))
    notes = [
        "A dash: the claim is not about this, or it could not be looked at with these data. Over time: "
        "caregiving at one wave with the benefit at the next, the benefit now held constant.",
        *([WITHIN_LATER_IS] if LATER_WITHIN in levels else []),
        *([IN_POINTS_TOO] if LATER_WITHIN in levels and in_points_too else []),
        "The verdict is on the level that the claim speaks of, and on association: supported where the whole "
        "interval lies above zero, contrary where below, not supported where it holds zero.",
        *_held(own),
        f"The claims are those of {sources}.",
        *result.notes,
    ]
    return make_table(frame, "The claims of the Secure Base model beside the data", notes, columns=columns)


def _held(own: pd.DataFrame) -> list[str]:
    """What Holm's adjustment leaves, and why claims cannot be tested."""
    decided = own["verdict"].isin(("supported", "contrary"))
    notes = [
        f"Of {decided.sum()} verdicts supported or contrary, {own['holds_adjusted'].sum()} stand when p-values "
        "allow for the number of verdicts (Holm, over all levels)."
    ]
    hindered = own[own["verdict"] == "not testable"]
    if len(hindered):
        notes.append("Not testable: " + " ".join(dict.fromkeys(hindered["reason"])))
    return notes


def _arrow(row: Any) -> str:
    """A claim as an arrow between two constructs."""
    return f"{theory.label(row.source)} → {theory.label(row.target)}"
