"""The verb that asks how placements end over time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from securebase_analysis.engines.incidence import Transform
from securebase_analysis.errors import ModelError, Problem, check_option
from securebase_analysis.models.incidence.answer import IncidenceResult, rows_at, times_asked
from securebase_analysis.models.incidence.curves import Errors, GroupCurves, curves_of, errors_for
from securebase_analysis.models.incidence.door import Asked, Cohort, brought_by, cohort_of, is_followed
from securebase_analysis.models.incidence.told import METHODS, checks_of, notes_of
from securebase_analysis.results.inference import Floats, check_conf_level

YEARS = (365.0, 730.0)
"""The times that are shown by default: one and two years."""
INTERVALS: tuple[Transform, ...] = ("log-log", "log", "plain")
ERRORS: tuple[Errors, ...] = ("influence", "greenwood", "gray", "jackknife")
MOST_LEFT_OUT = 1e8
"""Rows times units: more take the jackknife minutes, and with so many units the influence gives the same."""


def cumulative_incidence(
    data: Any,
    stop: str,
    cause: str,
    censored: Any = None,
    start: str | None = None,
    by: str | None = None,
    conf_level: float = 0.95,
    cluster: str | None = None,
    at: Sequence[float] | float | None = None,
    *,
    observed_from: Any = None,
    interval: Transform = "log-log",
    errors: Errors | None = None,
) -> IncidenceResult:
    """How placements end over time: the share that has left in each way, others having left in other ways.

    Parameters
    ----------
    data : pandas.DataFrame, PlacementHistory or FollowedPlacements
        One row per child or placement; the spells of a history; of followed placements one row each, with the day
        on which it was first seen as `start`.
    stop : str
        Column of the days that each lasted, to its end or to the day it was last seen: numbers, time differences,
        or, with the dates of the beginning in `start`, dates.
    cause : str
        Column that says how each ended.
    censored : object or list of object, optional
        The value, or values, in `cause` of placements that had not ended; ``[]`` where all ended. Without it,
        ``False``, 0 or an empty cell are taken where the column shows that it is one of them, and anything else is
        refused.
    start : str, optional
        Column of the days after which each came under observation (delayed entry), or of the date on which it
        began.
    by : str, optional
        Column of groups.
    conf_level : float
        Level of the intervals.
    cluster : str, optional
        Column of units that rows share, such as the carer or the child; the errors allow for it.
    at : number or sequence of number, optional
        The days that ``tidy()`` shows: one and two years as far as the follow-up reaches; else its quartiles.
    observed_from : date, str, optional
        The day from which the study saw placements, or a column of such days; `start` then holds dates. Placements
        that were running on it count as at risk from it on.
    interval : {"log-log", "log", "plain"}
        The scale on which an incidence is taken as normal.
    errors : {"influence", "greenwood", "gray", "jackknife"}, optional
        *influence* holds with clusters and delayed entry (and is what survival::survfit gives for several exits);
        *greenwood* is the delta method with multinomial exits, the same number without either; *gray* is what
        cmprsk::cuminc gives; *jackknife* leaves each row or cluster out, which is nearer to the truth where
        clusters are few. By default what survival::survfit gives.

    Returns
    -------
    IncidenceResult
        ``tidy()`` has outcome = exit, group, effect *incidence*, term *by day 365*. ``.at(times)``, ``.curve()``,
        ``.remaining(times)``, ``.risk_table(times)``, ``.gray()``, ``.log_rank()``, ``.restricted_mean(until)``.

    Raises
    ------
    DataError
        When rows contradict themselves, such as an end before the start, or it is not known what they mean.
    ModelError
        When a column is not there, or no placement ended.

    Notes
    -----
    ``F_k(t) = sum over s <= t of S(s-) d_k(s) / Y(s)`` with S the Kaplan-Meier estimate for leaving in any way:
    all exits of one day divide by the same number at risk, so ties need no order and no random jitter. One less a
    Kaplan-Meier estimate that takes other exits as censored would be too high: it is the share that would break
    down if nobody could go home. An incidence says how often, not how fast among those still there: a group can
    have fewer breakdowns only because more of its children went home first. Placements that are open are taken to
    end as those do that were seen longer; where they differ, for instance because long stayers lose contact with
    the study, it misleads.

    References
    ----------
    Aalen & Johansen (1978), Scand J Stat 5; Andersen, Borgan, Gill & Keiding (1993), Statistical Models Based on
    Counting Processes, IV.4; Putter, Fiocco & Geskus (2007), Tutorial in biostatistics: competing risks and
    multi-state models, Stat Med 26.

    Examples
    --------
    >>> frame = pd.DataFrame({
    ...     "days": [30, 90, 90, 200, 365, 400, 500, 730],
    ...     "exit": ["home", "open", "breakdown", "breakdown", "home", "open", "breakdown", "open"]})
    >>> result = cumulative_incidence(frame, stop="days", cause="exit", censored="open")
    >>> result.at([365]).round(3)[["cause", "estimate", "conf_low", "conf_high", "n_at_risk"]].values.tolist()
    [['breakdown', 0.275, 0.039, 0.599, 4], ['home', 0.275, 0.039, 0.599, 4]]
    """
    check_conf_level(conf_level)
    check_option("interval", interval, INTERVALS)
    check_option("errors", errors, (None, *ERRORS))
    start = "start" if start is None and is_followed(data) else start
    cohort = cohort_of(data, Asked(stop, cause, censored, start, by, cluster, observed_from))
    used = errors or errors_for(cohort)
    _refuse_errors(used, cohort)
    groups = curves_of(cohort, used)
    times = _default_times(cohort) if at is None else times_asked(at)
    return IncidenceResult(
        title=f"How placements end: cumulative incidence of {_listed(cohort.causes)}",
        spec={
            "verb": "cumulative_incidence",
            "stop": stop,
            "cause": cause,
            "censored": censored,
            "start": start,
            "by": by,
            "conf_level": conf_level,
            "cluster": cluster,
            "at": times.tolist(),
            "observed_from": observed_from,
            "interval": interval,
            "errors": errors,
        },
        estimates=_estimates(groups, cohort.causes, times),
        facts=_facts(cohort, conf_level, used),
        rows=_rows(cohort),
        checks=checks_of(cohort, groups, times),
        notes=(*notes_of(cohort, groups, used, cluster, times), *brought_by(data)),
        cohort=cohort,
        groups=groups,
        interval=interval,
    ).made_from(data)


def _refuse_errors(errors: Errors, cohort: Cohort) -> None:
    """Errors that do not hold where rows share something, or came late."""
    late = cohort.start is not None and bool((cohort.start > 0).any())
    if errors == "jackknife":
        _refuse_long_jackknife(cohort)
    elif (errors != "influence" and cohort.cluster is not None) or (errors == "gray" and late):
        raise ModelError(
            Problem(
                "SB-PLACE-92",
                "stop",
                f"errors={errors!r} does not hold with {'late entry' if cohort.cluster is None else 'clusters'}.",
                why="Its formula takes rows as independent and seen from the start.",
                fix="errors='influence'",
            )
        )


def _refuse_long_jackknife(cohort: Cohort) -> None:
    """A jackknife over so many units that it takes minutes."""
    if len(cohort.stop) * cohort.n_clusters > MOST_LEFT_OUT:
        raise ModelError(
            Problem(
                "SB-EVENT-35",
                "stop",
                f"errors='jackknife' would make the curves anew {cohort.n_clusters:,} times.",
                why="It is meant for few clusters; with so many the influence gives the same errors at once.",
                fix="errors='influence'",
            )
        )


def _default_times(cohort: Cohort) -> Floats:
    """One and two years as far as anybody was seen; quartiles of the follow-up where a year was not reached."""
    years = np.array([time for time in YEARS if time <= cohort.stop.max()])
    return years if len(years) else np.unique(np.quantile(cohort.stop, [0.25, 0.5, 0.75]))


def _listed(causes: Sequence[str]) -> str:
    return causes[0] if len(causes) == 1 else f"{', '.join(causes[:-1])} and {causes[-1]}"


def _estimates(groups: Sequence[GroupCurves], causes: Sequence[str], times: Floats) -> pd.DataFrame:
    table = pd.concat([rows_at(group, causes, times) for group in groups], ignore_index=True)
    return pd.DataFrame(
        {
            "outcome": table["cause"],
            "group": table["group"],
            "effect": "incidence",
            "term": [f"by day {time:g}" for time in table["time"]],
            "estimate": table["estimate"],
            "std_error": table["std_error"],
            "df": np.inf,
            "tested": False,
            "n_known": table["n_known"],
        }
    )


def _facts(cohort: Cohort, conf_level: float, errors: Errors) -> dict[str, Any]:
    facts = {
        "n_rows": len(cohort.stop),
        "n_groups": cohort.n_clusters,
        "n_excluded": cohort.n_excluded,
        "conf_level": conf_level,
        "converged": True,
        "log_likelihood": np.nan,
        "n_exits": int((cohort.cause > 0).sum()),
        "method": METHODS[errors],
    }
    keys = [name for name in ("site", "child") if name in cohort.frame]
    if "child" in keys:
        facts["n_children"] = len(cohort.frame[keys].drop_duplicates())
    return facts


def _rows(cohort: Cohort) -> pd.DataFrame:
    """The rows as given, with the days that were counted."""
    before = np.zeros(len(cohort.stop)) if cohort.start is None else cohort.start
    return cohort.frame.assign(days_counted=cohort.stop, days_unseen=before)
