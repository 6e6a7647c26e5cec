"""How often the intervals of cumulative_incidence hold the truth: 2,000 simulated cohorts of each kind.

    python benchmarks/incidence_coverage.py

Three exits with constant rates, so that incidences and mean days are known exactly; days are rounded up and tied.
With carers, about four children share one whose rates are multiplied by the same gamma variable (variance 0.5);
the truth is then that of the mixture. Writes results/incidence_coverage.md. About two minutes on one core.
"""

from pathlib import Path

import numpy as np
import pandas as pd

from securebase_analysis.engines.incidence import aalen_johansen, aalen_variance, share_interval, value_at
from securebase_analysis.engines.incidence_influence import influence_at, influence_of, summed
from securebase_analysis.engines.restricted_time import restricted_times
from securebase_analysis.engines.risk_table import risk_table

COHORTS = 2_000
SEED = 20421
RATES = np.array([1 / 700, 1 / 1000, 1 / 5000])
NAMES = ("home", "breakdown", "adoption")
DAYS = np.array([365.0, 730.0])
NORMAL = 1.959963984540054
SPREAD = 0.5
"""Variance of what children of one carer share."""


def truth(shared: bool) -> np.ndarray:
    """Incidence of each exit by each day, shape (days, exits)."""
    total, share = RATES.sum(), RATES / RATES.sum()
    staying = (1 + SPREAD * total * DAYS) ** (-1 / SPREAD) if shared else np.exp(-total * DAYS)
    return (1 - staying)[:, None] * share


def cohort(rng: np.random.Generator, n: int, kind: str) -> pd.DataFrame:
    """Days, entry, exit and carer of n placements."""
    carer = np.sort(rng.integers(0, n // 4, n))
    shared = rng.gamma(1 / SPREAD, SPREAD, n // 4)[carer] if kind == "carers" else np.ones(n)
    times = rng.exponential(1.0, (3, n)) / (RATES[:, None] * shared)
    entry = np.where(rng.random(n) < 0.5, np.floor(rng.uniform(0, 250, n)), 0.0) if kind == "late" else np.zeros(n)
    seen = entry + rng.uniform(300, 1600, n)
    end = times.min(axis=0)
    stop = np.ceil(np.minimum(end, seen))
    cause = np.where(end > seen, 0, times.argmin(axis=0) + 1)
    return pd.DataFrame({"stop": stop, "entry": entry, "cause": cause, "carer": carer})[stop > entry]


def held(
    rng: np.random.Generator, n: int, kind: str, allowed: bool, known: np.ndarray, mean: np.ndarray
) -> np.ndarray:
    """Whether each interval holds its truth: incidences by day and exit, then days in placement up to day 730."""
    frame = cohort(rng, n, kind)
    cause, stop = frame["cause"].to_numpy(), frame["stop"].to_numpy()
    curves = aalen_johansen(risk_table(stop, cause, 3, frame["entry"].to_numpy()))
    estimate = value_at(curves.table.time, curves.incidence, DAYS, 0.0)
    code = pd.factorize(frame["carer"])[0] if allowed else np.arange(len(frame))
    if kind == "late" or allowed:
        parts = [
            summed(influence_at(influence_of(curves, k, cause), DAYS), code, code.max() + 1) for k in range(3)
        ]
        error = np.column_stack([np.sqrt((part**2).sum(axis=0)) for part in parts])
    else:
        error = np.sqrt(value_at(curves.table.time, aalen_variance(curves), DAYS, 0.0))
    low, high = share_interval(estimate, error, NORMAL, "log-log")
    days = restricted_times(curves, cause, 730.0)
    spread = np.sqrt((summed(days.influence[:, 0], code, code.max() + 1) ** 2).sum())
    inside = np.abs(days.estimate[0] - mean) < NORMAL * spread
    return np.append(((low < known) & (known < high)).ravel(), inside)


def mean_days(shared: bool) -> float:
    """Area under the truth up to day 730; days are rounded up, so each counts half a day more on average."""
    total, fine = RATES.sum(), np.linspace(0, 730, 200_001)
    staying = (1 + SPREAD * total * fine) ** (-1 / SPREAD) if shared else np.exp(-total * fine)
    # Rounded up to whole days the curve holds each morning's value all day.
    whole = np.arange(730.0)
    steps = (1 + SPREAD * total * whole) ** (-1 / SPREAD) if shared else np.exp(-total * whole)
    assert abs(steps.sum() - np.trapezoid(staying, fine)) < 1.0
    return float(steps.sum())


def main() -> None:
    lines = [
        "# Coverage of the 95 % intervals of cumulative_incidence",
        "",
        f"{COHORTS:,} simulated cohorts a row, seed {SEED}; Monte Carlo standard error about 0.5 points.",
        "Intervals on the log-log scale; the exits home, breakdown and adoption by day 365 and 730, and mean days",
        "in placement up to day 730.",
        "",
        "| placements | kind | errors | 365: "
        + " | ".join(NAMES)
        + " | 730: "
        + " | ".join(NAMES)
        + " | mean days |",
        "| --- " * 10 + "|",
    ]
    asked = [(60, "plain", False), (200, "plain", False), (1000, "plain", False), (200, "late", False),
             (1000, "late", False), (200, "carers", True), (1000, "carers", True),
             (1000, "carers", False)]  # fmt: skip
    for n, kind, allowed in asked:
        rng = np.random.default_rng(SEED)
        known, mean = truth(kind == "carers"), mean_days(kind == "carers")
        shares = np.mean([held(rng, n, kind, allowed, known, mean) for _ in range(COHORTS)], axis=0)
        errors = "carers" if allowed else "rows (shared carers ignored)" if kind == "carers" else "rows"
        words = {"plain": "seen from the start", "late": "half came late", "carers": "shared carers"}[kind]
        lines.append(f"| {n:,} | {words} | {errors} | " + " | ".join(f"{share:.1%}" for share in shares) + " |")
    text = "\n".join(lines) + "\n"
    Path(__file__).with_name("results").joinpath("incidence_coverage.md").write_text(text)
    print(text)


main()
