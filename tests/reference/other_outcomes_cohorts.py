"""Simulated cohorts with yes/no, count and ordinal outcomes; no child in them is real.

`python other_outcomes_cohorts.py FOLDER` writes them as CSV for other_outcomes.R.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd


def simulate_cohort(
    n_children: int = 60,
    n_waves: int = 5,
    seed: int = 1,
    missing: float = 0.2,
    intercept_sd: float = 1.0,
    slope_sd: float = 0.0,
    n_carers: int = 0,
    carer_sd: float = 0.6,
    theta: float = 2.0,
    move: float = 0.25,
) -> pd.DataFrame:
    """Children seen at several waves; with carers, some of them move between waves."""
    random = np.random.default_rng(seed)
    n_rows = n_children * n_waves
    child = np.repeat(np.arange(n_children), n_waves)
    years = np.tile(np.arange(n_waves, dtype=float), n_children)
    availability = np.repeat(np.round(random.normal(size=n_children), 6), n_waves)
    stress = np.round(random.normal(size=n_rows), 6)
    kinship = random.integers(0, 2, n_children)[child]
    effect = intercept_sd * random.normal(size=n_children)[child]
    effect = effect + slope_sd * random.normal(size=n_children)[child] * years
    carer = np.zeros(n_rows, dtype=int)
    if n_carers:
        stays = np.empty((n_children, n_waves), dtype=int)
        stays[:, 0] = random.integers(0, n_carers, n_children)
        for wave in range(1, n_waves):
            moved = random.random(n_children) < move
            stays[:, wave] = np.where(moved, random.integers(0, n_carers, n_children), stays[:, wave - 1])
        carer = stays.ravel()
        effect = effect + (carer_sd * random.normal(size=n_carers))[carer]
    predictor = 0.15 * years + 0.4 * availability - 0.4 * kinship + 0.2 * stress + effect
    visits = random.integers(1, 7, n_rows)
    exposure = np.round(random.uniform(0.5, 2.0, n_rows), 6)
    rate = np.exp(0.2 + 0.6 * predictor)
    frame = pd.DataFrame(
        {
            "child": [f"s{number:04d}" for number in child],
            "carer": [f"c{number:03d}" for number in carer],
            "years": years,
            "availability": availability,
            "kinship": kinship,
            "stress": stress,
            "exposure": exposure,
            "visits": visits,
            "settled": (random.random(n_rows) < 1.0 / (1.0 + np.exp(0.3 - predictor))).astype(int),
            "kept": random.binomial(visits, 1.0 / (1.0 + np.exp(-predictor))),
            "moves": random.poisson(exposure * rate),
            "absences": random.poisson(rate * random.gamma(theta, 1.0 / theta, n_rows)),
            "rating": np.searchsorted([-1.2, 0.0, 1.0, 2.2], predictor + random.logistic(size=n_rows)),
        }
    )
    return frame[random.random(n_rows) >= missing].reset_index(drop=True)


COHORTS = {
    "unbalanced": {"seed": 1},
    "slopes": {"seed": 2, "n_children": 150, "intercept_sd": 1.2, "slope_sd": 0.6, "missing": 0.1},
    "far_apart": {"seed": 3, "n_children": 80, "intercept_sd": 3.0, "n_waves": 6},
    "many": {"seed": 4, "n_children": 1000, "missing": 0.1},
    "moved": {"seed": 5, "n_children": 200, "n_carers": 50, "n_waves": 6, "missing": 0.1},
}

if __name__ == "__main__":
    for name, settings in COHORTS.items():
        simulate_cohort(**settings).to_csv(Path(sys.argv[1]) / f"{name}.csv", index=False)
