"""Mean days in placement up to a limit, the days lost to each exit, and how groups differ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd

from securebase_analysis.engines.incidence import followed_to
from securebase_analysis.engines.incidence_influence import summed
from securebase_analysis.engines.restricted_time import means_up_to, restricted_times
from securebase_analysis.errors import ModelError, Problem
from securebase_analysis.models.incidence.answer import IncidenceResult
from securebase_analysis.results.inference import Floats, check_conf_level
from securebase_analysis.results.result import Result

IN_PLACEMENT = "days in placement"
LOST = "days lost"
FEW_CLUSTERS = 40
"""With fewer clusters the errors are uncertain themselves, and t takes the place of the normal."""


@dataclass(frozen=True, eq=False, kw_only=True)
class MeanTimes(Result):
    """Mean days in placement and lost to each exit, up to a limit.

    Attributes
    ----------
    incidence : IncidenceResult
        The curves under which the days lie.
    until : float
        The limit in days.
    """

    incidence: IncidenceResult
    until: float

    def augment(self) -> pd.DataFrame:
        """The rows of the incidence, as its own ``augment()`` gives them."""
        return self.incidence.augment()


def mean_times_of(
    incidence: IncidenceResult, until: float | None = None, conf_level: float | None = None
) -> MeanTimes:
    """Mean days in placement, and lost to each exit, from the start up to a limit.

    Parameters
    ----------
    incidence : IncidenceResult
        From `cumulative_incidence`.
    until : float, optional
        The limit in days; by default the last day up to which all groups were seen.
    conf_level : float, optional
        Level of the intervals; that of the incidence by default.

    Returns
    -------
    MeanTimes
        ``tidy()`` has effect *mean* with term *days in placement*, and for each exit as outcome *days lost*; with
        groups also effect *difference*, the second group of ``a − b`` taken from the first. The days of a group
        add up to the limit.

    Raises
    ------
    ModelError
        When nobody was seen up to the limit in one of the groups.

    Notes
    -----
    Areas under the curves up to the limit: that of Kaplan and Meier (restricted mean time; Royston & Parmar 2013,
    BMC Med Res Methodol 13) and those of the incidences (Andersen 2013, Stat Med 32). Standard errors come from
    the influence of each row, added up within clusters; without clusters and delayed entry they are Greenwood's
    form. With fewer than 40 clusters intervals use t with one degree of freedom less than these. They say how many
    days, not whose: few long and many short placements can have the mean of middling ones.

    Examples
    --------
    >>> from securebase_analysis.models.incidence import cumulative_incidence
    >>> frame = pd.DataFrame({"days": [30, 90, 200, 365], "exit": ["home", "open", "breakdown", "home"]})
    >>> times = mean_times_of(cumulative_incidence(frame, "days", "exit", "open"), until=300)
    >>> times.tidy()[["outcome", "term", "estimate"]].values.tolist()
    [['', 'days in placement', 195.0], ['breakdown', 'days lost', 37.5], ['home', 'days lost', 67.5]]
    """
    level = incidence.conf_level if conf_level is None else conf_level
    check_conf_level(level)
    limit = _limit(incidence, until)
    each = [restricted_times(group.curves, group.cause, limit) for group in incidence.groups]
    means = np.stack([times.estimate for times in each])
    influence = (
        _left_out(incidence, limit)
        if incidence.groups[0].errors == "jackknife"
        else _by_unit(incidence, [times.influence for times in each])
    )
    return MeanTimes(
        title=f"Mean days in placement and lost to each exit, up to day {limit:g}",
        spec={"verb": "restricted_mean", "until": limit, "conf_level": level},
        estimates=_estimates(incidence, means, influence),
        facts={**incidence.facts, "conf_level": level},
        checks=incidence.checks,
        notes=(*incidence.notes, f"Days count from the start up to day {limit:g}; later days count for nobody."),
        simulated=incidence.simulated,
        incidence=incidence,
        until=limit,
    )


def _limit(incidence: IncidenceResult, until: float | None) -> float:
    """The limit, up to which every group must have been seen."""
    known = [np.inf if followed_to(g.curves, np.array([np.inf]))[0] else g.followed for g in incidence.groups]
    furthest = min(min(known), incidence.followed)
    if until is None:
        return float(furthest)
    if not (isinstance(until, int | float | np.number) and np.isfinite(until) and 0 < until <= min(known)):
        raise ModelError(
            Problem(
                "SB-PLACE-95",
                "stop",
                f"Mean days cannot be given up to day {until}.",
                why=f"All groups were seen up to day {furthest:g}; what came later is not known.",
                fix=f"until={furthest:g}",
            )
        )
    return float(until)


def _by_unit(incidence: IncidenceResult, parts: Sequence[Floats]) -> Floats:
    """Influence of each independent unit on the means of each group, shape (groups, units, 1 + exits)."""
    cohort = incidence.cohort
    spread = np.zeros((len(parts), *(len(cohort.stop), parts[0].shape[1])))
    for place, (group, part) in enumerate(zip(incidence.groups, parts)):
        spread[place, group.rows] = part
    if cohort.cluster is None:
        return spread
    return np.stack([summed(part, cohort.cluster, cohort.n_clusters) for part in spread])


def _left_out(incidence: IncidenceResult, limit: float) -> Floats:
    """What leaving each independent unit out does to the means of each group, shape (groups, units, 1 + exits)."""
    cohort = incidence.cohort
    units = np.arange(len(cohort.stop)) if cohort.cluster is None else cohort.cluster
    moved = np.zeros((len(incidence.groups), cohort.n_clusters, 1 + len(incidence.causes)))
    for place, group in enumerate(incidence.groups):
        moved[place, np.unique(units[group.rows])] = group.without_each_unit(
            lambda curves: means_up_to(curves, limit)
        )
    return moved


def _df(incidence: IncidenceResult) -> float:
    """Degrees of freedom: one less than the clusters where these are few, else those of the normal."""
    n = incidence.cohort.n_clusters
    return float(n - 1) if incidence.cohort.cluster is not None and n < FEW_CLUSTERS else np.inf


def _estimates(incidence: IncidenceResult, means: Floats, influence: Floats) -> pd.DataFrame:
    """Means of the groups, then the differences between each two."""
    names = [group.group for group in incidence.groups]
    rows = [(name, "mean", means[g], influence[g]) for g, name in enumerate(names)]
    for a, b in combinations(range(len(names)), 2):
        rows.append((f"{names[a]} − {names[b]}", "difference", means[a] - means[b], influence[a] - influence[b]))
    outcomes = ["", *incidence.causes]
    parts = [
        pd.DataFrame(
            {
                "outcome": outcomes,
                "group": name,
                "effect": effect,
                "term": [IN_PLACEMENT] + [LOST] * len(incidence.causes),
                "estimate": estimate,
                "std_error": np.sqrt((part**2).sum(axis=0)),
                "df": _df(incidence),
                "tested": effect == "difference",
            }
        )
        for name, effect, estimate, part in rows
    ]
    return pd.concat(parts, ignore_index=True)
