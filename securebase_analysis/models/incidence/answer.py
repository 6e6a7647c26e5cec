"""The answer of a cumulative incidence: each exit at the times asked for, whole curves, and who was at risk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from securebase_analysis.engines.incidence import Transform, share_interval
from securebase_analysis.errors import ModelError, Problem
from securebase_analysis.models.incidence.curves import GroupCurves
from securebase_analysis.models.incidence.disclosure import hidden_below
from securebase_analysis.models.incidence.door import Cohort
from securebase_analysis.results.inference import Floats, check_conf_level, critical_value
from securebase_analysis.results.result import Result

if TYPE_CHECKING:
    from securebase_analysis.models.incidence.comparisons import IncidenceTest
    from securebase_analysis.models.incidence.mean_time import MeanTimes


@dataclass(frozen=True, eq=False, kw_only=True)
class IncidenceResult(Result):
    """The incidence of each exit over time.

    Attributes
    ----------
    cohort : Cohort
        The rows that were used.
    groups : tuple of GroupCurves
        The curves of each group.
    interval : {"log-log", "log", "plain"}
        The scale of the intervals.
    """

    cohort: Cohort
    groups: tuple[GroupCurves, ...]
    interval: Transform

    @property
    def causes(self) -> tuple[str, ...]:
        """The exits."""
        return self.cohort.causes

    @property
    def followed(self) -> float:
        """The last day on which any row was seen."""
        return max(group.followed for group in self.groups)

    def _interval(self, conf_level: float) -> tuple[Floats, Floats]:
        known = self._columns
        return incidence_interval(
            known["estimate"], known["std_error"], known["n_known"], conf_level, self.interval
        )

    def at(self, times: ArrayLike, conf_level: float | None = None) -> pd.DataFrame:
        """The incidence of each exit by some times.

        Parameters
        ----------
        times : number or array_like, shape (times,)
            Days since the start.
        conf_level : float, optional
            Level of the intervals; that of the request by default.

        Returns
        -------
        pandas.DataFrame
            ``time, group (where groups were asked for), cause, estimate, std_error, conf_low, conf_high,
            n_at_risk``. Beyond the last day on which anybody was seen the estimate is missing, unless all had
            ended.

        Examples
        --------
        >>> from securebase_analysis.models.incidence import cumulative_incidence
        >>> frame = pd.DataFrame({"days": [30, 90, 200, 365], "exit": ["home", "open", "breakdown", "home"]})
        >>> cumulative_incidence(frame, "days", "exit", "open").at(300)[["cause", "estimate"]].values.tolist()
        [['breakdown', 0.375], ['home', 0.25]]
        """
        times = times_asked(times)
        return self._table([self._rows_at(group, times) for group in self.groups], conf_level, by_time=True)

    def curve(self, conf_level: float | None = None) -> pd.DataFrame:
        """The steps of every curve: from day 0 over each day with an exit to the last day seen.

        Parameters
        ----------
        conf_level : float, optional
            Level of the intervals; that of the request by default.

        Returns
        -------
        pandas.DataFrame
            The columns of ``at()``; a value holds from its time up to the next.
        """
        parts = []
        for group in self.groups:
            table = group.curves.table
            steps = table.time[table.any_event > 0]
            parts.append(self._rows_at(group, np.unique([0.0, *steps, group.followed])))
        return self._table(parts, conf_level, by_time=False)

    def remaining(self, times: ArrayLike, conf_level: float | None = None) -> pd.DataFrame:
        """The share still in placement at some times (Kaplan-Meier).

        Parameters
        ----------
        times : number or array_like, shape (times,)
            Days since the start.
        conf_level : float, optional
            Level of the intervals; that of the request by default.

        Returns
        -------
        pandas.DataFrame
            ``time, group (where groups were asked for), estimate, std_error, conf_low, conf_high, n_at_risk``.
        """
        times = times_asked(times)
        level = self._level(conf_level)
        parts = []
        for group in self.groups:
            estimate, error = group.remaining_at(times)
            low, high = share_interval(estimate, error, float(critical_value(level, np.inf)), self.interval)
            columns = {"time": times, "group": group.group, "estimate": estimate, "std_error": error}
            parts.append(
                pd.DataFrame({**columns, "conf_low": low, "conf_high": high, "n_at_risk": group.at_risk_at(times)})
            )
        return self._without_group(pd.concat(parts, ignore_index=True).sort_values("time", kind="stable"))

    def risk_table(self, times: ArrayLike | None = None, hide_below: int | None = None) -> pd.DataFrame:
        """How many were at risk, had ended and were no longer seen at some times.

        Parameters
        ----------
        times : number or array_like, shape (times,), optional
            Days since the start; those of the request by default.
        hide_below : int, optional
            Counts from 1 to below this are missing, and with them one other where it would give them away.

        Returns
        -------
        pandas.DataFrame
            ``time, group (where groups were asked for), n_at_risk`` on that day, and up to and with it
            ``n_censored`` and one column ``n_<exit>`` for each exit.

        Examples
        --------
        >>> from securebase_analysis.models.incidence import cumulative_incidence
        >>> frame = pd.DataFrame({"days": [30, 90, 200, 365], "exit": ["home", "open", "breakdown", "home"]})
        >>> cumulative_incidence(frame, "days", "exit", "open").risk_table([0, 200]).values.tolist()
        [[0.0, 4.0, 0.0, 0.0, 0.0], [200.0, 2.0, 1.0, 1.0, 1.0]]
        """
        times = times_asked(self.spec["at"] if times is None else times)
        parts = []
        for group in self.groups:
            ended, censored = group.curves.table.until(times)
            counts = {"n_at_risk": group.at_risk_at(times), "n_censored": np.rint(censored).astype(np.int64)}
            counts |= {f"n_{cause}": np.rint(ended[:, k]).astype(np.int64) for k, cause in enumerate(self.causes)}
            parts.append(pd.DataFrame({"time": times, "group": group.group, **counts}))
        table = self._without_group(pd.concat(parts, ignore_index=True).sort_values("time", kind="stable"))
        return table if hide_below is None else hidden_below(table, hide_below)

    def gray(self, cause: str | None = None, strata: str | None = None, rho: float = 0.0) -> IncidenceTest:
        """Gray's test that the incidence of each exit is the same in all groups; see `gray_of`."""
        from securebase_analysis.models.incidence.comparisons import gray_of

        return gray_of(self, cause, strata, rho)

    def log_rank(self, cause: str | None = None, strata: str | None = None, rho: float = 0.0) -> IncidenceTest:
        """Log-rank test that groups leave at the same rate; see `log_rank_of`."""
        from securebase_analysis.models.incidence.comparisons import log_rank_of

        return log_rank_of(self, cause, strata, rho)

    def restricted_mean(self, until: float | None = None, conf_level: float | None = None) -> MeanTimes:
        """Mean days in placement, and lost to each exit, up to a limit; see `mean_times_of`."""
        from securebase_analysis.models.incidence.mean_time import mean_times_of

        return mean_times_of(self, until, conf_level)

    # ---- tables ------------------------------------------------------------------------------------------------

    def _level(self, conf_level: float | None) -> float:
        level = self.conf_level if conf_level is None else conf_level
        check_conf_level(level)
        return level

    def _rows_at(self, group: GroupCurves, times: Floats) -> pd.DataFrame:
        return rows_at(group, self.causes, times)

    def _table(self, parts: Sequence[pd.DataFrame], conf_level: float | None, by_time: bool) -> pd.DataFrame:
        """The rows of all groups with their intervals."""
        table = pd.concat(parts, ignore_index=True)
        low, high = incidence_interval(
            table["estimate"], table["std_error"], table["n_known"], self._level(conf_level), self.interval
        )
        table.insert(5, "conf_low", low)
        table.insert(6, "conf_high", high)
        if by_time:
            table = table.sort_values("time", kind="stable")
        return self._without_group(table.drop(columns="n_known"))

    def _without_group(self, table: pd.DataFrame) -> pd.DataFrame:
        table = table.reset_index(drop=True)
        return table if self.spec["by"] is not None else table.drop(columns="group")


def rows_at(group: GroupCurves, causes: Sequence[str], times: Floats) -> pd.DataFrame:
    """Incidence of each exit at some times: ``time, group, cause, estimate, std_error, n_at_risk, n_known``."""
    estimate, error = group.incidence_at(times)
    return pd.DataFrame(
        {
            "time": np.repeat(times, len(causes)),
            "group": group.group,
            "cause": np.tile(np.array(causes, dtype=object), len(times)),
            "estimate": estimate.ravel(),
            "std_error": error.ravel(),
            "n_at_risk": np.repeat(group.at_risk_at(times), len(causes)),
            # On day 0 nobody can have left: that is known of endlessly many.
            "n_known": np.repeat(np.where(times > 0, group.known_at(times), np.inf), len(causes)),
        }
    ).astype({"cause": "str", "group": "str"})


def incidence_interval(
    estimate: ArrayLike, std_error: ArrayLike, n_known: ArrayLike, conf_level: float, transform: Transform
) -> tuple[Floats, Floats]:
    """Intervals of incidences; where nobody had the exit yet, the exact one of none among those who are known.

    Parameters
    ----------
    estimate, std_error : array_like
        Incidences and their standard errors.
    n_known : array_like
        Rows of which it is known what had become of them.
    conf_level : float
        Level of the intervals.
    transform : {"log-log", "log", "plain"}
        The scale on which the incidence is taken as normal.
    """
    estimate, n = np.asarray(estimate, dtype=float), np.asarray(n_known, dtype=float)
    low, high = share_interval(
        estimate, np.asarray(std_error, dtype=float), float(critical_value(conf_level, np.inf)), transform
    )
    none: NDArray[np.bool_] = estimate == 0.0
    exact = 1.0 - ((1.0 - conf_level) / 2.0) ** (1.0 / np.maximum(n, 1.0))
    return np.where(none, 0.0, low), np.where(none, np.where(n > 0, exact, 1.0), high)


def times_asked(times: Any) -> Floats:
    """Times as an array.

    Raises
    ------
    ModelError
        When they are not numbers from 0 upwards.
    """
    try:
        asked = np.atleast_1d(np.asarray(times, dtype=float))
    except (TypeError, ValueError):
        asked = np.array([np.nan])
    if asked.ndim != 1 or not len(asked) or not (np.isfinite(asked) & (asked >= 0)).all():
        raise ModelError(
            Problem(
                "SB-PLACE-90",
                "stop",
                "Times are numbers of days from 0 upwards.",
                why="The incidence is that from the start up to each time.",
                fix="at=[365, 730]",
            )
        )
    return np.unique(asked)
