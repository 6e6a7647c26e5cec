"""What is told about an incidence: checks with their advice, and the notes under every table."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from securebase_analysis.errors import Problem
from securebase_analysis.models.incidence.curves import Errors, GroupCurves
from securebase_analysis.models.incidence.door import Cohort
from securebase_analysis.results import wording
from securebase_analysis.results.diagnostics import check, checks_frame
from securebase_analysis.results.inference import Floats

FEW_AT_RISK = 10
FEW_CLUSTERS = 20
METHODS: dict[Errors, str] = {
    "greenwood": "Aalen-Johansen, exact ties; delta-method errors of Greenwood's form",
    "influence": "Aalen-Johansen, exact ties; errors from the influence of each row",
    "gray": "Aalen-Johansen, exact ties; delta-method errors of Gray's form",
    "jackknife": "Aalen-Johansen, exact ties; errors from leaving each unit out",
}


def checks_of(cohort: Cohort, groups: Sequence[GroupCurves], at: Floats) -> pd.DataFrame:
    """Few at risk at the last time asked for, few at risk early (delayed entry), few clusters."""
    rows = []
    for group in groups:
        name = f"{group.group}: " if group.group else ""
        n = int(group.at_risk_at(at[-1:])[0])
        advice = f"Only {n} at risk on day {at[-1]:g}: later steps rest on them alone."
        rows.append(check(f"{name}at risk on day {at[-1]:g}", float(n), FEW_AT_RISK, n >= FEW_AT_RISK, advice))
        if cohort.start is not None and (cohort.start > 0).any():
            early = group.curves.table
            before = early.at_risk[(early.any_event > 0) & (group.curves.surviving_before > 0.5)]
            fewest = float(before.min(initial=np.inf))
            advice = "So few were at risk early that one exit moves the whole curve; start counting later."
            rows.append(
                check(f"{name}fewest at risk at an early exit", fewest, FEW_AT_RISK, fewest >= FEW_AT_RISK, advice)
            )
    if cohort.cluster is not None:
        n = cohort.n_clusters
        advice = f"Only {n} clusters: read the intervals as rough."
        rows.append(
            check("clusters behind the standard errors", float(n), FEW_CLUSTERS, n >= FEW_CLUSTERS, advice)
        )
    return checks_frame(rows)


def rare_exits(cohort: Cohort) -> list[Problem]:
    """Exits that nobody, or one child, of a group had."""
    problems = []
    for place, group in enumerate(cohort.groups):
        counts = np.bincount(cohort.cause[cohort.group == place], minlength=len(cohort.causes) + 1)[1:]
        for cause, count in zip(cohort.causes, counts):
            if count > 1:
                continue
            of = f"{group} placement" if group else "placement"
            what = f"No {of} ended by {cause!r}" if count == 0 else f"One {of} ended by {cause!r}"
            done = (
                "Its incidence is zero, with an exact interval of no exit among those who are known."
                if count == 0
                else "Its incidence is one step, whose interval is rough."
            )
            problems.append(Problem("SB-PLACE-16", "warn", f"{what}.", done=done))
    return problems


def notes_of(
    cohort: Cohort, groups: Sequence[GroupCurves], errors: Errors, cluster: str | None, at: Floats
) -> tuple[str, ...]:
    """What was left out or assumed, how errors were made, and what the numbers are."""
    problems = [*cohort.problems, *rare_exits(cohort), *_beyond(groups, at)]
    ended = int((cohort.cause > 0).sum())
    counted = (
        f"{wording.count(len(cohort.stop), 'placement')}: {ended:,} ended, {len(cohort.stop) - ended:,} had not "
        "ended when last seen."
    )
    share = (
        "Each incidence is the share that had left in this way by then, others having left in other ways; "
        "together with those still in placement they add up to one. Tied days are handled exactly."
        if len(cohort.causes) > 1
        else "The incidence is one less the Kaplan-Meier estimate. Tied days are handled exactly."
    )
    notes = [*(problem.sentence for problem in problems), counted, _late(cohort), share]
    notes += [_of_errors(cohort, errors, cluster), *_repeated(cohort, cluster), *_not_followed(groups)]
    notes.append(
        "Open placements count as if they will end as those do that were seen longer (censoring at random)."
    )
    return tuple(dict.fromkeys(note for note in notes if note))


def _beyond(groups: Sequence[GroupCurves], at: Floats) -> list[Problem]:
    """Times up to which nobody was seen: asked too far, or durations that are months."""
    last = max(group.followed for group in groups)
    beyond = at[(at > last) & ~np.any([group.all_ended for group in groups])]
    if not len(beyond):
        return []
    return [
        Problem(
            "SB-EVENT-33",
            "warn",
            f"No placement was seen up to day {beyond[0]:g}; the longest lasted {last:g} days.",
            why="Durations are read as days; what came later is not known.",
            done="Incidences beyond the last day are missing.",
            fix="Ask for earlier days; if durations are months: data[stop] * 30.4375",
        )
    ]


def _late(cohort: Cohort) -> str:
    """How many came under observation late, where nothing was said about it yet."""
    told = any(problem.code == "SB-PLACE-13" for problem in cohort.problems)
    if cohort.start is None or told or not (late := int((cohort.start > 0).sum())):
        return ""
    return (
        f"{wording.count(late, 'placement')} came under observation late and counted as at risk only from then on."
    )


def _of_errors(cohort: Cohort, errors: Errors, cluster: str | None) -> str:
    """How the standard errors were made."""
    if cluster is not None:
        n = wording.count(cohort.n_clusters, "cluster")
        how = ", each left out in turn" if errors == "jackknife" else ""
        return f"Standard errors allow for what rows of one {cluster} share ({n}{how})."
    written = {
        "greenwood": "Standard errors by the delta method, in Greenwood's form.",
        "influence": "Standard errors from the influence of each row (infinitesimal jackknife).",
        "gray": "Standard errors by the delta method, in the form of Gray's program.",
        "jackknife": "Standard errors from leaving each row out (jackknife).",
    }
    return written[errors]


def _repeated(cohort: Cohort, cluster: str | None) -> list[str]:
    """Rows that are not independent, where no cluster was named."""
    if cluster is not None:
        return []
    for name in ("child", "carer"):
        if name not in cohort.frame:
            continue
        keys = [key for key in ("site", name) if key in cohort.frame]
        named = cohort.frame[keys].dropna()
        n = int(named.duplicated(keep=False).sum())
        if n:
            return [
                f"{n:,} rows share a {name} with another and count as independent; cluster={name!r} allows for it."
            ]
    return []


def _not_followed(groups: Sequence[GroupCurves]) -> list[str]:
    """When the groups were last seen, where that differs by much."""
    ends = {group.group: group.followed for group in groups}
    if len(ends) < 2 or min(ends.values()) > 0.8 * max(ends.values()):
        return []
    return ["Last seen: " + "; ".join(f"{name} day {end:g}" for name, end in ends.items()) + "."]
