"""What the report cannot say: sentences that hold for these data, each with its number."""

from __future__ import annotations

from typing import TYPE_CHECKING

from securebase_analysis.results import wording
from securebase_analysis.show.report.section import Section

if TYPE_CHECKING:
    from securebase_analysis.study.study import Study

FEW_CHILDREN = 50


def limits_section(study: Study) -> Section:
    """Limits that hold for every study of this kind, and those that hold for this one."""
    general = (
        "A score says where a child stands on the range of what was asked or coded. There are no norms for the "
        "five dimensions, so it does not say where the child stands among other children.",
        "Correlations and growth lines describe. Whether caregiving changed a child cannot be read from them "
        "alone: carer and child may both respond to something that was not measured, and one informant often "
        "reports both.",
        "Children who were lost may differ from those who were seen. Growth models hold when what is missing "
        "depends on what was observed; when it depends on what was not, they mislead.",
        "Intervals of means and of growth treat children as independent. Children who share a carer "
        "are not, so these intervals are too narrow where many do.",
    )
    parts = [text for text in (*_simulated(study), *_few(study), *_lost(study), *general) if text]
    return Section("limits", "Limits", tuple(parts))


def _simulated(study: Study) -> list[str]:
    if not study.simulated:
        return []
    return ["These data are simulated. Nothing in this report is a finding about children, carers or services."]


def _few(study: Study) -> list[str]:
    n_children = len(study.children)
    if n_children >= FEW_CHILDREN:
        return []
    counted = wording.count(n_children, "child", "children")
    return [f"With {counted} the intervals are wide, and one child can move a result."]


def _lost(study: Study) -> list[str]:
    """How many children were due at the last wave and not seen."""
    if not len(study.waves):
        return []
    last = study.waves[study.waves["wave"] == study.waves["wave"].max()]
    due = last[~last["status"].isin(("left care", "died", "not yet due"))]
    missed = int((due["status"] != "seen").sum())
    if not missed:
        return []
    return [f"Of {len(due):,} children due at the last wave, {missed:,} were not seen."]
