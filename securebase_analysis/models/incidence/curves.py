"""The curves of each group with their errors at every time, from the rows of a cohort."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from securebase_analysis.engines.incidence import (
    Curves,
    aalen_johansen,
    aalen_variance,
    followed_to,
    gray_variance,
    surviving_variance,
    value_at,
)
from securebase_analysis.engines.incidence_influence import clustered_variance, influence_of
from securebase_analysis.engines.incidence_left_out import left_out
from securebase_analysis.engines.risk_table import risk_table
from securebase_analysis.models.incidence.door import Cohort

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Errors = Literal["influence", "greenwood", "gray", "jackknife"]


@dataclass(frozen=True, eq=False)
class GroupCurves:
    """The curves of one group.

    Attributes
    ----------
    group : str
        Its name; empty where there is one group.
    rows : numpy.ndarray of int, shape (n,)
        Its rows in the cohort.
    stop, start : numpy.ndarray, shape (n,)
        Days to the end and to the first observation; `start` is None where all were seen from the beginning.
    cause : numpy.ndarray of int, shape (n,)
        How each of them ended.
    cluster : numpy.ndarray of int, shape (n,), or None
        The cluster of each.
    curves : Curves
        Incidence of each exit and the share still in placement.
    errors : {"influence", "greenwood", "gray", "jackknife"}
        Which standard errors.
    """

    group: str
    rows: Integers
    stop: Floats
    start: Floats | None
    cause: Integers
    cluster: Integers | None
    curves: Curves
    errors: Errors

    @cached_property
    def std_error(self) -> Floats:
        """Standard errors of the incidence of each exit at the distinct times, shape (m, exits)."""
        if self.errors == "greenwood":
            return np.sqrt(aalen_variance(self.curves))
        if self.errors == "gray":
            return np.sqrt(gray_variance(self.curves))
        if self.errors == "jackknife":
            return self._left_out(lambda curves: curves.incidence, 0.0)
        n_causes = self.curves.incidence.shape[1]
        parts = (influence_of(self.curves, k, self.cause) for k in range(n_causes))
        return np.sqrt(np.column_stack([clustered_variance(of, self.cluster) for of in parts]))

    @cached_property
    def std_error_remaining(self) -> Floats:
        """Standard errors of the share still in placement at the distinct times, shape (m,)."""
        if self.errors == "jackknife":
            return self._left_out(lambda curves: curves.surviving, 1.0)
        if self.errors != "influence":
            return np.sqrt(surviving_variance(self.curves))
        ended = (self.cause > 0).astype(np.int64)
        table = self.curves.table
        any_exit = aalen_johansen(type(table)(**{**vars(table), "events": table.any_event[:, None]}))
        return np.sqrt(clustered_variance(influence_of(any_exit, 0, ended), self.cluster))

    def without_each_unit(self, quantity: Callable[[Curves], Floats]) -> Floats:
        """What leaving each row, or each cluster, out does to a quantity; see `left_out`."""
        units = np.arange(len(self.rows)) if self.cluster is None else self.cluster
        return left_out(quantity, self.stop, self.cause, self.curves.incidence.shape[1], self.start, units)

    def _left_out(self, values: Callable[[Curves], Floats], before: float) -> Floats:
        """Standard errors of step curves at the distinct times by leaving units out."""
        time = self.curves.table.time
        moved = self.without_each_unit(lambda curves: value_at(curves.table.time, values(curves), time, before))
        return np.asarray(np.sqrt((moved**2).sum(axis=0)), dtype=float)

    def incidence_at(self, times: Floats) -> tuple[Floats, Floats]:
        """Incidence and its standard error at any times, shape (times, exits); missing beyond the follow-up."""
        known = followed_to(self.curves, times)[:, None]
        at = (
            value_at(self.curves.table.time, part, times, 0.0) for part in (self.curves.incidence, self.std_error)
        )
        estimate, error = (np.where(known, part, np.nan) for part in at)
        return estimate, error

    def remaining_at(self, times: Floats) -> tuple[Floats, Floats]:
        """Share still in placement and its standard error at any times, shape (times,)."""
        known = followed_to(self.curves, times)
        estimate = value_at(self.curves.table.time, self.curves.surviving, times, 1.0)
        error = value_at(self.curves.table.time, self.std_error_remaining, times, 0.0)
        return np.where(known, estimate, np.nan), np.where(known, error, np.nan)

    def at_risk_at(self, times: Floats) -> Integers:
        """Rows at risk at any times."""
        return np.rint(self.curves.table.at_risk_at(times)).astype(np.int64)

    def known_at(self, times: Floats) -> Integers:
        """Rows of which it is known what had become of them by then: still at risk, or ended."""
        ended, _ = self.curves.table.until(times)
        seen = self.curves.table.at_risk_at(np.nextafter(times, np.inf))
        return np.rint(ended.sum(axis=1) + seen).astype(np.int64)

    @property
    def all_ended(self) -> bool:
        """Whether nobody was left at the last time, so that nothing changes after it."""
        return bool(followed_to(self.curves, np.array([np.inf]))[0])

    @property
    def followed(self) -> float:
        """The time up to which the curves are known."""
        return float(self.curves.table.time[-1])


def curves_of(cohort: Cohort, errors: Errors) -> tuple[GroupCurves, ...]:
    """The curves of every group of a cohort."""
    found = []
    for place, name in enumerate(cohort.groups):
        rows = np.flatnonzero(cohort.group == place)
        stop, cause = cohort.stop[rows], cohort.cause[rows]
        start = None if cohort.start is None else cohort.start[rows]
        cluster = None if cohort.cluster is None else np.unique(cohort.cluster[rows], return_inverse=True)[1]
        curves = aalen_johansen(risk_table(stop, cause, len(cohort.causes), start))
        found.append(GroupCurves(name, rows, stop, start, cause, cluster, curves, errors))
    return tuple(found)


def errors_for(cohort: Cohort) -> Errors:
    """The errors that hold for a cohort, and that R's survfit gives.

    Influence where rows share a cluster, and for several exits with delayed entry; otherwise Greenwood's form,
    which is the same number without either.
    """
    late = cohort.start is not None and bool((cohort.start > 0).any())
    return "influence" if cohort.cluster is not None or (late and len(cohort.causes) > 1) else "greenwood"
