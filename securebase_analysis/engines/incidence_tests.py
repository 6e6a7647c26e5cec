"""Whether curves differ between groups: the log-rank test of hazards, and Gray's test of incidences.

Both compare the events of each group with what the pooled rows at risk would have given it, and differ in who
counts as at risk: those without any event (log-rank), or also those who had another event, in the share that would
still be under observation (Gray).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from securebase_analysis.engines.incidence import shares_of, value_at
from securebase_analysis.engines.risk_table import RiskTable, risk_table
from securebase_analysis.engines.rounded_times import rounded_together

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class GroupTest:
    """A chi-square test that groups have one curve.

    Attributes
    ----------
    statistic : float
        Chi-square; missing where nothing can be compared.
    df : int
        Its degrees of freedom: the rank of the variance, groups - 1 where all can be compared.
    p_value : float
        Its p-value.
    difference : numpy.ndarray, shape (groups,)
        Events seen less those expected, weighted.
    variance : numpy.ndarray, shape (groups, groups)
        Variance of the differences.
    """

    statistic: float
    df: int
    p_value: float
    difference: Floats
    variance: Floats


@dataclass(frozen=True, eq=False)
class _AtEvents:
    """Groups side by side at the times at which any of them has an event, each array of shape (times, groups).

    `events` and `others` count the events of the cause of interest and of all others.
    """

    at_risk: Floats
    events: Floats
    others: Floats


def log_rank(
    stop: Floats,
    event: NDArray[np.bool_],
    group: Integers,
    n_groups: int,
    start: Floats | None = None,
    stratum: Integers | None = None,
    rho: float = 0.0,
) -> GroupTest:
    """Log-rank test, or that of the G-rho family, that the hazard is the same in all groups.

    Parameters
    ----------
    stop : numpy.ndarray, shape (n,)
        When each row ended.
    event : numpy.ndarray of bool, shape (n,)
        Whether it ended with the event.
    group : numpy.ndarray of int, shape (n,)
        Group of each row, 0 ... `n_groups` - 1.
    n_groups : int
        How many groups.
    start : numpy.ndarray, shape (n,), optional
        When each row came under observation.
    stratum : numpy.ndarray of int, shape (n,), optional
        Rows are compared with rows of their own stratum only.
    rho : float
        0 weighs all times alike (log-rank); 1 weighs early times more, by the pooled share without event.

    Notes
    -----
    At each time, given Y_g at risk and d events in all, the events of a group are hypergeometric: expected
    ``d Y_g / Y``, covariance ``d (Y - d) / (Y - 1) (Y_g / Y) ([g = h] - Y_h / Y)``. Mantel (1966), Cancer
    Chemotherapy Reports 50; Harrington & Fleming (1982), A class of rank test procedures, Biometrika 69.
    """
    difference, variance = np.zeros(n_groups), np.zeros((n_groups, n_groups))
    for rows in _strata(stratum, len(stop)):
        at = _at_events(stop[rows], event[rows].astype(np.int64), group[rows], n_groups, _some(start, rows))
        Y, d = at.at_risk.sum(axis=1), at.events.sum(axis=1)
        pooled = np.cumprod(1.0 - shares_of(d, Y))
        weight = np.append(1.0, pooled)[:-1] ** rho
        share = shares_of(at.at_risk, Y[:, None])
        difference += weight @ (at.events - d[:, None] * share)
        spread = weight**2 * d * shares_of(Y - d, np.maximum(Y - 1.0, 0.0))
        variance += np.diag(spread @ share) - (share * spread[:, None]).T @ share
    return _chi_square(difference, variance)


def gray_test(
    stop: Floats,
    cause: Integers,
    of_cause: int,
    group: Integers,
    n_groups: int,
    start: Floats | None = None,
    stratum: Integers | None = None,
    rho: float = 0.0,
) -> GroupTest:
    """Gray's test that the incidence of one cause is the same in all groups.

    Parameters
    ----------
    stop, group, n_groups, start, stratum
        As for `log_rank`.
    cause : numpy.ndarray of int, shape (n,)
        0 where a row was censored, 1 ... for its event.
    of_cause : int
        The cause whose incidence is compared.
    rho : float
        Weight of early times: the pooled share without this event to the power rho.

    Notes
    -----
    A group's risk set is ``R_g = Y_g (1 - F_g) / S_g``, just before each time: those without any event, and with
    them, in the share that is still observed, those who had another. The score of a group is the sum of
    ``d_g - d R_g / R``. Its variance takes the incidence as the same in all groups, and that of the other causes
    as it was in each. Gray (1988), A class of K-sample tests for comparing the cumulative incidence of a competing
    risk, Ann Stat 16, section 3, with the treatment of ties of his program.
    """
    difference, variance = np.zeros(n_groups), np.zeros((n_groups, n_groups))
    one, other = cause == of_cause, (cause > 0) & (cause != of_cause)
    coded = np.where(one, 1, np.where(other, 2, 0))
    for rows in _strata(stratum, len(stop)):
        times = (stop[rows], coded[rows], group[rows], n_groups, _some(start, rows))
        score, spread = _gray_of_a_stratum(_at_events(*times), rho)
        difference, variance = difference + score, variance + spread
    return _chi_square(difference, variance)


def _gray_of_a_stratum(at: _AtEvents, rho: float) -> tuple[Floats, Floats]:
    """Scores of the groups, shape (g,), and their variance, shape (g, g)."""
    Y, d1, d2 = at.at_risk, at.events, at.others
    there = Y > 0
    surviving = np.cumprod(1.0 - shares_of(d1 + d2, Y), axis=0)
    before = np.vstack([np.ones(Y.shape[1]), surviving])[:-1]
    own = np.cumsum(before * shares_of(d1, Y), axis=0)
    own_before = np.vstack([np.zeros(Y.shape[1]), own])[:-1]
    observed = shares_of(Y, np.where(there, before, 0.0))
    seen, all_one = observed.sum(axis=1), d1.sum(axis=1)
    pooled = np.cumsum(shares_of(all_one, seen))
    pooled_before = np.append(0.0, pooled)[:-1]
    weight = (1.0 - pooled_before) ** rho
    share = shares_of(observed * (1.0 - own_before), (observed * (1.0 - own_before)).sum(axis=1, keepdims=True))
    score = weight @ np.where(there, d1 - all_one[:, None] * share, 0.0)
    # A group's own hazard of the cause counts by `direct` now, and through all that follows by `later`.
    part = shares_of(observed, seen[:, None])
    direct = weight[:, None, None] * observed[:, :, None] * (np.eye(Y.shape[1]) - part[:, None, :])
    hazard = shares_of(all_one, seen * (1.0 - pooled_before))
    reached = np.cumsum(direct * hazard[:, None, None], axis=0)
    later = reached[-1:] - reached
    spread_one, spread_other = _spreads(at, before, seen)
    left = shares_of((1.0 - pooled)[:, None], surviving)
    of_one = direct + (1.0 - left)[:, None, :] * later
    of_other = left[:, None, :] * later
    variance = np.einsum("tik,tjk,tk->ij", of_one, of_one, spread_one)
    variance += np.einsum("tik,tjk,tk->ij", of_other, of_other, np.where(surviving > 0, spread_other, 0.0))
    return score, variance


def _spreads(at: _AtEvents, before: Floats, seen: Floats) -> tuple[Floats, Floats]:
    """Variance that each group's events of the cause, and of the others, bring in at each time, shape (t, g)."""
    all_one = at.events.sum(axis=1)[:, None]
    tied_one = np.where(all_one > 1, 1.0 - shares_of(all_one - 1.0, seen[:, None] * before - 1.0), 1.0)
    expected = shares_of(before * all_one, seen[:, None] * at.at_risk)
    tied_other = np.where(at.others > 1, 1.0 - shares_of(at.others - 1.0, at.at_risk - 1.0), 1.0)
    return tied_one * expected, tied_other * shares_of(before**2 * at.others, at.at_risk**2)


# ---- rows to counts, scores to a test --------------------------------------------------------------------------


def _at_events(stop: Floats, code: Integers, group: Integers, n_groups: int, start: Floats | None) -> _AtEvents:
    """At risk, events of the cause (1) and others (2) of each group at the pooled times of any event."""
    stop, start = rounded_together(stop, start)
    times = np.unique(stop[code > 0])
    tables = [_table_of(stop, code, start, group == g) for g in range(n_groups)]
    at_risk = np.column_stack(
        [np.zeros(len(times)) if table is None else table.at_risk_at(times) for table in tables]
    )
    events = [np.zeros((len(times), 2)) if table is None else _events_at(table, times) for table in tables]
    return _AtEvents(
        at_risk, np.column_stack([pair[:, 0] for pair in events]), np.column_stack([pair[:, 1] for pair in events])
    )


def _table_of(stop: Floats, code: Integers, start: Floats | None, rows: NDArray[np.bool_]) -> RiskTable | None:
    return risk_table(stop[rows], code[rows], 2, _some(start, rows)) if rows.any() else None


def _events_at(table: RiskTable, times: Floats) -> Floats:
    """Events of both kinds at exactly these times, shape (times, 2)."""
    return np.diff(value_at(table.time, np.cumsum(table.events, axis=0), times, 0.0), axis=0, prepend=0.0)


def _some(values: Floats | None, rows: NDArray[np.bool_]) -> Floats | None:
    return None if values is None else values[rows]


def _strata(stratum: Integers | None, n: int) -> Iterable[NDArray[np.bool_]]:
    """The rows of each stratum."""
    if stratum is None:
        yield np.ones(n, dtype=bool)
        return
    for one in np.unique(stratum):
        yield stratum == one


def _chi_square(difference: Floats, variance: Floats) -> GroupTest:
    """The differences against their variance, over the groups that can be compared."""
    usable = np.diag(variance) > 1e-12
    rank = int(usable.sum()) - 1
    if rank < 1:
        return GroupTest(np.nan, 0, np.nan, difference, variance)
    kept = np.flatnonzero(usable)[:-1]
    solved = np.linalg.solve(variance[np.ix_(kept, kept)], difference[kept])
    statistic = float(difference[kept] @ solved)
    return GroupTest(statistic, rank, float(special.chdtrc(rank, statistic)), difference, variance)
