"""Whether models of breakdown recover a known truth: coverage of 95 % intervals in simulated cohorts.

    python benchmarks/disruption_recovery.py [cohorts of each kind]

No child here is real. A carer looks after one to four children; a placement breaks down, ends at home or in
adoption, or is still open; days are whole, so that exits are tied. `warmth` is a dimension score that is measured
anew every 180 days, `kinship` a kind of care. Writes results/disruption_recovery.md; half an hour on one core.

What is estimated, and what its truth is:

- *cause-specific Cox, errors of carers*: carers share a frailty of the rate of breakdown (gamma or log-normal,
  variance 0.5), and a third of the placements come under observation late. Hazards of the population are then no
  longer proportional, so that the truth is the value that the model tends to: that of 400,000 children. Lin and
  Wei's errors with normal quantiles (as coxph has them), with t on one less than the carers, and the errors that
  allow for few carers (engines/leave_one_cluster_out.py) with normal quantiles.
- *gamma frailty*: log hazard ratios between placements with the same carer, as they were simulated, and the
  variance of the frailty by its profile likelihood. All placements are seen from their first day, because entries
  that come late leave out the frail; with log-normal frailties the variance has no truth.
- *cumulative incidence* and *mean days in placement*: shares and means of the 400,000, all seen from the start.
- *Fine and Gray*: exits drawn from a model of proportional subdistribution hazards; children of a carer are alike
  by a normal copula (correlation 0.4), which leaves the model of each child as it is.
"""

from __future__ import annotations

import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.special import ndtr, stdtrit

from securebase_analysis.engines.frailty import fit_frailty, theta_profile
from securebase_analysis.engines.incidence import aalen_johansen, share_interval, value_at
from securebase_analysis.engines.incidence_influence import influence_at, influence_of, summed
from securebase_analysis.engines.incidence_left_out import left_out
from securebase_analysis.engines.leave_one_cluster_out import adjusted_covariance
from securebase_analysis.engines.partial_likelihood import CoxFit, fit_cox
from securebase_analysis.engines.restricted_time import means_up_to, restricted_times
from securebase_analysis.engines.risk_table import risk_table
from securebase_analysis.engines.subdistribution import fit_subdistribution

SIZES = (52, 200, 1_000)
MANY = 400_000
SEED = 20_422
SPREAD = 0.5
"""Variance of the frailties of carers."""
VISIT = 180.0
RATES = np.array([1 / 800, 1 / 900, 1 / 3000])
"""Of breakdown, of going home and of adoption, a day."""
EFFECTS = np.array([[-0.5, -0.6], [0.2, -0.3], [0.0, 0.3]])
"""Log hazard ratios of warmth and kinship on each of them."""
FINE_GRAY = np.array([-0.5, -0.4])
NAMES = ("warmth", "kinship")
MOST_FRAILTIES = 500
"""Cohorts of each kind to which frailties are fitted."""
MANY_CARERS = 200
"""With more, errors that allow for few carers are Lin and Wei's to two digits."""
DAYS = np.array([365.0, 730.0])
NORMAL = 1.959963984540054


@dataclass(frozen=True)
class Cohort:
    """Rows of placements between visits; `last` is the row in which a placement was last seen."""

    start: np.ndarray
    stop: np.ndarray
    cause: np.ndarray
    X: np.ndarray
    carer: np.ndarray
    child: np.ndarray

    @property
    def last(self) -> np.ndarray:
        return np.append(self.child[1:] != self.child[:-1], True)


def carers_of(random: np.random.Generator, n: int) -> np.ndarray:
    """The carer of each of n children: one to four children a carer."""
    sizes = random.choice([1, 2, 3, 4], n, p=[0.45, 0.3, 0.15, 0.1])
    return np.repeat(np.arange(n), sizes)[:n]


def frailties(random: np.random.Generator, n: int, kind: str) -> np.ndarray:
    """Frailties of mean 1 and variance SPREAD."""
    if kind == "gamma":
        return random.gamma(1 / SPREAD, SPREAD, n)
    log_variance = np.log1p(SPREAD)
    return np.exp(random.normal(-log_variance / 2, np.sqrt(log_variance), n))


def cohort(random: np.random.Generator, n: int, kind: str, late: bool) -> Cohort:
    """n children whose placements were observed."""
    more = int(1.3 * n) + 20 if late else n
    carer = carers_of(random, more)
    shared = frailties(random, more, kind)[carer]
    kinship = (random.random(more) < 0.35).astype(float)
    level = random.normal(0, 0.8, more)
    warmth = level[:, None] + random.normal(0, 0.6, (more, 7))
    log_ratio = EFFECTS[:, 0, None, None] * warmth + (EFFECTS[:, 1, None] * kinship)[:, :, None]
    rate = RATES[:, None, None] * np.exp(log_ratio)
    rate[0] *= shared[:, None]
    total = rate.sum(axis=0)
    spent = np.cumsum(total * VISIT, axis=1)
    due = random.exponential(1.0, more)
    visit = (spent < due[:, None]).sum(axis=1)
    at = np.minimum(visit, 6)
    rows = np.arange(more)
    into = (due - (spent - total * VISIT)[rows, at]) / total[rows, at]
    open_on = np.ceil(random.uniform(300, 1200, more))
    end = np.where(visit > 6, np.inf, np.ceil(VISIT * at + into))
    which = (random.random(more) > np.cumsum(rate[:, rows, at] / total[rows, at], axis=0)).sum(axis=0)
    stop = np.minimum(end, open_on)
    cause = np.where(end <= open_on, np.minimum(which, 2) + 1, 0)
    entry = np.where(random.random(more) < 0.35, np.floor(random.uniform(0, 300, more)), 0.0) * late
    seen = np.flatnonzero(entry < stop)[:n]
    visits = np.arange(7) * VISIT
    begin = np.maximum(visits, entry[seen, None])
    finish = np.minimum(visits + VISIT, stop[seen, None])
    child, number = np.nonzero(begin < finish)
    kept = seen[child]
    ends = finish[child, number] == stop[kept]
    return Cohort(
        begin[child, number],
        finish[child, number],
        np.where(ends, cause[kept], 0),
        np.array([warmth[kept, number], kinship[kept]]),
        carer[kept],
        child,
    )


def fine_gray_cohort(random: np.random.Generator, n: int) -> tuple[np.ndarray, ...]:
    """Days, exits, columns and carers of n placements; subdistribution hazards of breakdown are proportional."""
    carer, most = carers_of(random, n), 0.6
    X = np.array([random.normal(size=n), (random.random(n) < 0.35).astype(float)])
    ratio = np.exp(FINE_GRAY @ X)
    drawn = ndtr(np.sqrt(0.4) * random.normal(size=n)[carer] + np.sqrt(0.6) * random.normal(size=n))
    breaks_down = drawn < 1 - (1 - most) ** ratio
    inner = np.where(breaks_down, (1 - (1 - np.where(breaks_down, drawn, 0)) ** (1 / ratio)) / most, 0.5)
    days = np.where(breaks_down, -400 * np.log1p(-inner), random.exponential(500 / np.exp(0.3 * X[0])))
    open_at = random.uniform(200, 1400, n)
    cause = np.where(open_at < days, 0, np.where(breaks_down, 1, 2))
    return np.ceil(np.minimum(days, open_at)), cause, X, carer


# ---- one cohort: estimates and errors, name by name -------------------------------------------------------------

Found = dict[str, tuple[float, float, float, bool]]
"""For each quantity estimate, standard error, truth, and whether the interval holds it."""


def within(estimate: float, error: float, truth: float, critical: float = NORMAL) -> tuple:
    return estimate, error, truth, abs(estimate - truth) <= critical * error


def of_cox(fit: CoxFit, carer: np.ndarray, truth: np.ndarray) -> Found:
    """Normal intervals, those of t with one degree of freedom less than carers, and with adjusted errors."""
    n = len(np.unique(carer))
    student = float(stdtrit(n - 1, 0.975))
    errors = np.sqrt(fit.vcov_clustered.diagonal())
    found: Found = {}
    for name, estimate, error, known in zip(NAMES, fit.beta, errors, truth):
        found[f"Cox, {name}, normal"] = within(estimate, error, known)
        found[f"Cox, {name}, t"] = within(estimate, error, known, student)
    if n > MANY_CARERS:
        return found
    adjusted = np.sqrt(adjusted_covariance(fit, carer).diagonal())
    for name, estimate, error, known in zip(NAMES, fit.beta, adjusted, truth):
        found[f"Cox, {name}, adjusted"] = within(estimate, error, known)
    return found


def of_incidence(data: Cohort, incidence: np.ndarray, mean_days: float) -> Found:
    """Breakdown and home by each day, and days in placement up to the last of them."""
    last = data.last
    entry = data.start[np.append(True, last[:-1])]
    stop, cause, carer = data.stop[last], data.cause[last], np.unique(data.carer[last], return_inverse=True)[1]
    curves = aalen_johansen(risk_table(stop, cause, 3, entry))
    found: Found = {}
    for k, name in ((0, "breakdown"), (1, "home")):
        estimate = value_at(curves.table.time, curves.incidence[:, k], DAYS, 0.0)
        moved = summed(influence_at(influence_of(curves, k, cause), DAYS), carer, carer.max() + 1)
        error = np.sqrt((moved**2).sum(axis=0))
        low, high = share_interval(estimate, error, NORMAL, "log-log")
        for t, day in enumerate(DAYS):
            held = low[t] <= incidence[k, t] <= high[t]
            found[f"incidence, {name} by {day:g}"] = (estimate[t], error[t], incidence[k, t], held)
    days = restricted_times(curves, cause, DAYS[-1])
    error = np.sqrt((summed(days.influence[:, 0], carer, carer.max() + 1) ** 2).sum())
    student = float(stdtrit(carer.max(), 0.975))
    found["mean days in two years, normal"] = within(days.estimate[0], error, mean_days)
    found["mean days in two years, t"] = within(days.estimate[0], error, mean_days, student)
    if carer.max() < MANY_CARERS:
        moved = left_out(lambda curves: means_up_to(curves, DAYS[-1]), stop, cause, 3, entry, carer)[:, 0]
        jackknife = np.sqrt((moved**2).sum())
        found["mean days in two years, jackknife t"] = within(days.estimate[0], jackknife, mean_days, student)
    return found


def of_frailty(data: Cohort, kind: str) -> Found:
    """Log hazard ratios for the estimated variance, and the interval of the variance by its profile."""
    fit = fit_frailty(data.stop, data.cause == 1, data.X, data.carer, start=data.start)
    found = {
        f"{kind} frailty, {name}": within(estimate, error, truth)
        for name, estimate, error, truth in zip(NAMES, fit.beta, np.sqrt(fit.vcov.diagonal()), EFFECTS[0])
    }
    if kind == "gamma":
        low, high = theta_profile(fit).interval(NORMAL)
        found["gamma frailty, variance"] = (fit.theta, np.nan, SPREAD, low <= SPREAD <= high)
    return found


def of_fine_gray(random: np.random.Generator, n: int) -> Found:
    """Log ratios of subdistribution hazards with errors of carers."""
    days, cause, X, carer = fine_gray_cohort(random, n)
    fit = fit_subdistribution(days, cause, X, cluster=carer)
    student = float(stdtrit(fit.n_clusters - 1, 0.975))
    found: Found = {}
    if fit.cox.runaway.any():
        return found
    for name, estimate, error, truth in zip(NAMES, fit.beta, np.sqrt(fit.vcov.diagonal()), FINE_GRAY):
        found[f"Fine-Gray, {name}, normal"] = within(estimate, error, truth)
        found[f"Fine-Gray, {name}, t"] = within(estimate, error, truth, student)
    return found


# ---- the truth, and many cohorts --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Truth:
    """What the estimates of a kind of frailty tend to."""

    beta: np.ndarray
    incidence: np.ndarray
    mean_days: float


def truth_of(kind: str, n: int = MANY) -> Truth:
    """From a cohort so large that its own error does not matter."""
    random = np.random.default_rng([SEED, 7])
    late = cohort(random, n, kind, True)
    beta = fit_cox(late.stop, late.cause == 1, late.X, start=late.start).beta
    whole = cohort(random, n, kind, False)
    stop, cause = whole.stop[whole.last], whole.cause[whole.last]
    curves = aalen_johansen(risk_table(stop, cause, 3))
    return Truth(
        beta,
        value_at(curves.table.time, curves.incidence, DAYS, 0.0).T,
        float(restricted_times(curves, cause, DAYS[-1]).estimate[0]),
    )


def once(random: np.random.Generator, n: int, kind: str, truth: Truth, with_frailty: bool) -> Found:
    """Everything that is asked of one cohort of a kind."""
    late = cohort(random, n, kind, True)
    fit = fit_cox(late.stop, late.cause == 1, late.X, start=late.start, cluster=late.carer)
    found = {} if fit.runaway.any() else of_cox(fit, late.carer, truth.beta)
    found |= of_incidence(late, truth.incidence, truth.mean_days)
    if kind == "gamma":
        found |= of_fine_gray(random, n)
    if with_frailty:
        early = cohort(random, n, kind, False)
        with suppress(ValueError):  # nobody of a group had the event
            found |= of_frailty(early, kind)
    return found


def table_of(n: int, kind: str, truth: Truth, cohorts: int, frailty_of: int) -> list[str]:
    """Lines of the table: one a quantity."""
    random = np.random.default_rng([SEED, n, len(kind)])
    found = [once(random, n, kind, truth, number < frailty_of) for number in range(cohorts)]
    lines = []
    for name in dict.fromkeys(key for one in found for key in one):
        values = np.array([one[name] for one in found if name in one], dtype=float)
        estimate, error, known, held = values.T
        spread = "" if np.isnan(error).all() else f"{error.mean():.3g}"
        off, inside = estimate.mean() - known[0], held.mean()
        lines.append(
            f"| {n:,} | {kind} | {name} | {known[0]:.3g} | {off:+.2g} | {estimate.std():.3g} | {spread} | "
            f"{inside:.1%} | {len(values):,} |"
        )
    return lines


READ = """
Intervals of every quantity hold the truth in 93 to 97 % of cohorts of 200 and 1,000 children. With 52
children (about 30 carers) Lin and Wei's errors are too small for a score that changes (91 %); t mends part of
it, and errors adjusted for few carers the rest (94 to 97 %). Mean days need t or the jackknife there. The
profile interval of the variance of frailties is too wide with 52 children (99 %): it nearly always reaches 0.
The smallest cohorts in which a kind of care had no breakdown have no estimate and are left out of its line.
"""
"""How the table of 1,000 cohorts is read."""


def main() -> None:
    cohorts = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000
    lines = [
        "# Recovery of breakdown, its rates and its shares: coverage of 95 % intervals",
        "",
        f"Simulated cohorts, seed {SEED}; with 1,000 of them coverage is known to about 0.7 points.",
        "How the truth of each quantity is defined stands in benchmarks/disruption_recovery.py.",
        READ,
        "| children | frailty of carers | quantity | truth | bias | spread of estimates | mean standard error | "
        "intervals that hold it | cohorts |",
        "| --- " * 9 + "|",
    ]
    for kind in ("gamma", "log-normal"):
        truth = truth_of(kind)
        for n in SIZES:
            lines += table_of(n, kind, truth, cohorts, min(cohorts, MOST_FRAILTIES))
            print("\n".join(lines[-20:]), flush=True)
    Path(__file__).with_name("results").joinpath("disruption_recovery.md").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
