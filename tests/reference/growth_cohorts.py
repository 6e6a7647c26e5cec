"""Simulated cohorts that growth models are compared with R on; no child in them is real.

`python growth_cohorts.py FOLDER` writes them as CSV for growth.R.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd


def simulate_cohort(
    n_children: int = 52,
    n_waves: int = 4,
    seed: int = 1,
    missing: float = 0.2,
    intercept_sd: float = 1.0,
    slope_sd: float = 0.35,
    correlation: float = -0.3,
    irregular: bool = False,
) -> pd.DataFrame:
    """A cohort with random intercepts and slopes, two covariates of the child and one of the visit."""
    random = np.random.default_rng(seed)
    n_rows = n_children * n_waves
    child = np.repeat(np.arange(n_children), n_waves)
    years = np.tile(np.arange(n_waves, dtype=float), n_children)
    if irregular:
        years = np.maximum(0.0, years + np.round(random.uniform(-0.3, 0.3, n_rows), 3))
    kinship = np.repeat(random.integers(0, 2, n_children), n_waves)
    availability = np.repeat(np.round(random.normal(size=n_children), 6), n_waves)
    stress = np.round(random.normal(size=n_rows), 6)
    first, second = random.normal(size=(2, n_children))
    intercept = intercept_sd * first
    slope = slope_sd * (correlation * first + np.sqrt(1.0 - correlation**2) * second)
    noise = 0.8 * random.normal(size=n_rows)
    trust = 3.0 + 0.2 * years - 0.4 * kinship + 0.3 * availability + 0.1 * stress
    trust = np.round(trust + intercept[child] + slope[child] * years + noise, 6)
    frame = pd.DataFrame(
        {
            "child": [f"s{number:03d}" for number in child],
            "years": years,
            "kinship": np.where(kinship == 1, "yes", "no"),
            "availability": availability,
            "stress": stress,
            "trust": trust,
        }
    )
    return frame[random.random(n_rows) >= missing].reset_index(drop=True)


COHORTS = {
    "unbalanced": {"seed": 1},
    "irregular": {"seed": 2, "irregular": True},
    "no_slope_variance": {"seed": 10, "n_children": 25, "slope_sd": 0.0, "intercept_sd": 0.7},
    "many": {"seed": 4, "n_children": 400, "missing": 0.1},
}


def vanishing_slopes(number: int) -> pd.DataFrame:
    """One of 200 cohorts of 25 children whose slopes hardly differ, or not at all."""
    slope_sd = (0.0, 0.1, 0.2, 0.35)[number % 4]
    settings = {"n_children": 25, "seed": 1000 + number, "intercept_sd": 0.7, "correlation": 0.25}
    return simulate_cohort(slope_sd=slope_sd, **settings)


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    for name, settings in COHORTS.items():
        simulate_cohort(**settings).to_csv(folder / f"{name}.csv", index=False)
    small = [vanishing_slopes(number).assign(cohort=number) for number in range(200)]
    pd.concat(small).to_csv(folder / "vanishing_slopes.csv", index=False)
