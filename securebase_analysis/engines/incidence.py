"""How rows end over time: Kaplan-Meier, Nelson-Aalen and Aalen-Johansen from a risk table.

With Y(s) rows at risk, d_k(s) events of cause k and d(s) events of all causes at the distinct times s:

    S(t) = prod over s <= t of (1 - d(s) / Y(s)),        F_k(t) = sum over s <= t of S(s-) d_k(s) / Y(s).

Tied times need no order: all events of one time divide by the same Y. ``S + sum of F_k`` is one at every time.

Shapes: ``m`` distinct times, ``K`` causes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from securebase_analysis.engines.risk_table import RiskTable

Floats = NDArray[np.float64]
Transform = Literal["plain", "log", "log-log"]

NOBODY_LEFT = 1e-12
"""A share of the rows at risk that is rounding of their weights."""


@dataclass(frozen=True, eq=False)
class Curves:
    """The curves of one group at its distinct times.

    Attributes
    ----------
    table : RiskTable
        The counts they were made of.
    surviving : numpy.ndarray, shape (m,)
        S: the share without any event after each time (Kaplan-Meier).
    surviving_before : numpy.ndarray, shape (m,)
        The share just before each time.
    incidence : numpy.ndarray, shape (m, K)
        F: the share that had each event up to and with each time (Aalen-Johansen).
    """

    table: RiskTable
    surviving: Floats
    surviving_before: Floats
    incidence: Floats


def aalen_johansen(table: RiskTable) -> Curves:
    """Kaplan-Meier's curve of all causes and Aalen and Johansen's incidence of each.

    Parameters
    ----------
    table : RiskTable
        The counts.

    Notes
    -----
    Kaplan & Meier (1958), Nonparametric estimation from incomplete observations, J Am Stat Assoc 53; Aalen &
    Johansen (1978), An empirical transition matrix for non-homogeneous Markov chains, Scand J Stat 5.
    """
    ending = shares_of(table.any_event, table.at_risk)
    staying = np.where(ending > 1.0 - NOBODY_LEFT, 0.0, 1.0 - ending)
    surviving = np.cumprod(staying, dtype=float)
    before = np.concatenate([[1.0], surviving])[:-1]
    incidence = np.cumsum(before[:, None] * shares_of(table.events, table.at_risk[:, None]), axis=0)
    return Curves(table, surviving, before, incidence)


def shares_of(events: ArrayLike, at_risk: ArrayLike) -> Floats:
    """Events as a share of the rows at risk; zero where nobody is."""
    events, at_risk = np.asarray(events, dtype=float), np.asarray(at_risk, dtype=float)
    shape = np.broadcast_shapes(events.shape, at_risk.shape)
    return np.divide(events, at_risk, out=np.zeros(shape), where=at_risk > 0)


def nelson_aalen(table: RiskTable) -> tuple[Floats, Floats]:
    """Cumulative hazard of all causes and its variance, each shape (m,).

    Notes
    -----
    ``sum of d / Y`` and ``sum of d / Y²`` (Aalen 1978, Nonparametric inference for a family of counting processes,
    Ann Stat 6).
    """
    hazard = shares_of(table.any_event, table.at_risk)
    return np.cumsum(hazard), np.cumsum(shares_of(hazard, table.at_risk))


# ---- variances -------------------------------------------------------------------------------------------------


def greenwood(table: RiskTable) -> Floats:
    """Greenwood's sum of ``d / (Y (Y - d))``, the variance of log S, shape (m,); infinite once S is zero.

    Notes
    -----
    Greenwood (1926), The natural duration of cancer, Reports on Public Health and Medical Subjects 33.
    """
    with np.errstate(divide="ignore"):
        return np.cumsum(_greenwood_steps(table, at_the_end=np.inf))


def surviving_variance(curves: Curves) -> Floats:
    """Greenwood's variance of S, shape (m,); zero once S is."""
    return curves.surviving**2 * np.cumsum(_greenwood_steps(curves.table, at_the_end=0.0))


def _greenwood_steps(table: RiskTable, at_the_end: float) -> Floats:
    """``d / (Y (Y - d))`` at each time; `at_the_end` where all who were at risk have their event."""
    d, Y = table.any_event, table.at_risk
    left = Y - d
    some = (left > NOBODY_LEFT * Y) & (d > 0)
    steps = np.divide(d, Y * left, out=np.zeros_like(d), where=some)
    return np.where((d > 0) & ~some, at_the_end, steps)


def aalen_variance(curves: Curves) -> Floats:
    """Delta-method variance of each incidence, the causes at one time multinomial, shape (m, K).

    Notes
    -----
    A change of the hazards at s moves F_k(t) by ``S(s-) dA_k - (F_k(t) - F_k(s)) dA / (1 - d/Y)``, and
    ``cov(dA_j, dA_k) = d_j (Y [j = k] - d_k) / Y³``. Summed over s <= t this is, with g the steps of Greenwood's
    sum,

        sum of S(s-)² d_k (Y - d_k) / Y³ - 2 (F_k(t) - F_k(s)) S(s-) d_k / Y² + (F_k(t) - F_k(s))² g(s).

    With one cause it is Greenwood's variance. Andersen, Borgan, Gill & Keiding (1993), Statistical Models Based on
    Counting Processes, IV.4; Betensky & Schoenfeld (2001), Biometrics 57.
    """
    table = curves.table
    Y, d = table.at_risk[:, None], table.events
    g = _greenwood_steps(table, at_the_end=0.0)[:, None]
    own = shares_of(curves.surviving_before[:, None] ** 2 * d * (Y - d), Y**3)
    crossed = shares_of(curves.surviving_before[:, None] * d, Y**2)
    return _gathered(curves.incidence, own, crossed, g)


def gray_variance(curves: Curves) -> Floats:
    """Delta-method variance of each incidence as Gray's program gives it, shape (m, K); no delayed entry.

    Notes
    -----
    As `aalen_variance`, but the cause and all others together count as independent at one time, each with variance
    ``d (Y - d) / ((Y - 1) Y²)``. Where few are at risk it is the larger of the two by about one part in Y.
    Gray (1988), A class of K-sample tests for comparing the cumulative incidence of a competing risk, Ann Stat 16.
    """
    Y, d = curves.table.at_risk[:, None], curves.table.events
    of_one, of_others = (_tied(part, Y) / Y**2 for part in (d, d.sum(axis=1, keepdims=True) - d))
    before = curves.surviving_before[:, None]
    ratio = shares_of(before, curves.surviving[:, None])
    own, crossed = before**2 * of_one, before * ratio * of_one
    return _gathered(curves.incidence, own, crossed, ratio**2 * (of_one + of_others))


def _tied(events: Floats, at_risk: Floats) -> Floats:
    """Variance of a number of events at one time: less than their number where several are tied."""
    return events * (1.0 - shares_of(np.maximum(events - 1.0, 0.0), at_risk - 1.0))


def _gathered(F: Floats, own: Floats, crossed: Floats, every: Floats) -> Floats:
    """``sum over s <= t of own - 2 (F(t) - F(s)) crossed + (F(t) - F(s))² every`` for all t from running sums."""
    total = np.cumsum
    direct = total(own, axis=0) - 2.0 * (F * total(crossed, axis=0) - total(F * crossed, axis=0))
    later = F**2 * total(every, axis=0) - 2.0 * F * total(F * every, axis=0) + total(F**2 * every, axis=0)
    return np.maximum(direct + later, 0.0)


# ---- the curves at any time, and their intervals ---------------------------------------------------------------


def value_at(time: Floats, values: Floats, at: Floats, before: float) -> Floats:
    """Step curves at any times: the value of the last step up to and with it, `before` ahead of the first.

    Parameters
    ----------
    time : numpy.ndarray, shape (m,)
        Where the curves step.
    values : numpy.ndarray, shape (m, ...)
        Their values from there on.
    at : numpy.ndarray, shape (T,)
        The times asked for.
    before : float
        The value ahead of the first step.

    Returns
    -------
    numpy.ndarray, shape (T, ...)
    """
    known = np.concatenate([np.full((1, *values.shape[1:]), before), values])
    return known[np.searchsorted(time, at, "right")]


def followed_to(curves: Curves, at: Floats) -> NDArray[np.bool_]:
    """Whether the curves are known at each time: up to the last time, and after it where nobody is left."""
    all_ended = len(curves.surviving) > 0 and curves.surviving[-1] == 0.0
    return (at <= curves.table.time[-1]) | all_ended


def share_interval(
    estimate: Floats, std_error: Floats, critical: float, transform: Transform
) -> tuple[Floats, Floats]:
    """Interval of a share on its own scale, that of its logarithm, or of log(-log), kept within 0 and 1.

    Parameters
    ----------
    estimate, std_error : numpy.ndarray
        Shares and their standard errors.
    critical : float
        Quantile of the normal distribution.
    transform : {"plain", "log", "log-log"}
        The scale on which the estimate is taken as normal.

    Returns
    -------
    low, high : numpy.ndarray
        Missing where the scale has no value: at 0 (log, log-log) and at 1 (log-log).

    Notes
    -----
    Kalbfleisch & Prentice (1980), The Statistical Analysis of Failure Time Data, 1.3, for log-log.
    """
    half = critical * std_error
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        if transform == "plain":
            low, high = estimate - half, estimate + half
        elif transform == "log":
            low, high = estimate * np.exp(-half / estimate), estimate * np.exp(half / estimate)
        else:
            reach = half / (estimate * np.abs(np.log(estimate)))
            low, high = estimate ** np.exp(reach), estimate ** np.exp(-reach)
    unknown = np.isnan(low) | np.isnan(high)
    return np.where(unknown, np.nan, np.clip(low, 0, 1)), np.where(unknown, np.nan, np.clip(high, 0, 1))
