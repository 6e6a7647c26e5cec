"""Simulated cohorts whose residuals differ in spread and follow one another; no child in them is real.

`python residual_cohorts.py FOLDER` writes them as CSV for residual_structure.R.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd


def simulate_residuals(
    n_children: int = 60,
    n_waves: int = 8,
    seed: int = 1,
    phi: float = 0.35,
    ratio: float = 1.5,
    slope_sd: float = 0.3,
    missing: float = 0.15,
    irregular: bool = False,
) -> pd.DataFrame:
    """A cohort with random levels and slopes, AR(1) residuals in time, two strata of spread and weights."""
    random = np.random.default_rng(seed)
    n_rows = n_children * n_waves
    child = np.repeat(np.arange(n_children), n_waves)
    wave = np.tile(np.arange(1.0, n_waves + 1.0), n_children)
    years = wave + np.round(random.uniform(-0.4, 0.4, n_rows), 3) if irregular else wave
    kinship = np.repeat(random.integers(0, 2, n_children), n_waves)
    stress = np.round(random.normal(size=n_rows), 6)
    answered = random.integers(2, 9, n_rows)
    own = random.normal(size=n_rows)
    residual = np.empty(n_rows)
    for row in range(n_rows):
        if row % n_waves == 0:
            residual[row] = own[row]
            continue
        kept = np.sign(phi) * abs(phi) ** (years[row] - years[row - 1])
        residual[row] = kept * residual[row - 1] + np.sqrt(1.0 - kept**2) * own[row]
    residual *= np.where(kinship == 1, ratio, 1.0) / np.sqrt(answered / 5.0)
    level, slope = random.normal(size=(2, n_children))
    trust = 3.0 + 0.2 * years - 0.4 * kinship + 0.1 * stress + 0.9 * level[child] + slope_sd * slope[child] * years
    frame = pd.DataFrame(
        {
            "child": [f"s{number:03d}" for number in child],
            "wave": wave.astype(int),
            "years": years,
            "kinship": np.where(kinship == 1, "yes", "no"),
            "stress": stress,
            "answered": answered,
            "trust": np.round(trust + residual, 6),
        }
    )
    return frame[random.random(n_rows) >= missing].reset_index(drop=True)


COHORTS = {
    "slopes": {"seed": 10},
    "levels": {"seed": 4, "slope_sd": 0.0},
    "alternating": {"seed": 2, "phi": -0.4, "slope_sd": 0.0},
    "uneven": {"seed": 3, "irregular": True, "n_children": 80, "slope_sd": 0.0},
}

if __name__ == "__main__":
    folder = Path(sys.argv[1])
    for name, settings in COHORTS.items():
        simulate_residuals(**settings).to_csv(folder / f"{name}.csv", index=False)
