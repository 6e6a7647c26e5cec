"""A simulated cohort that what is asked of a fitted model is compared with R on; no child in it is real.

`python after_growth_cohort.py FOLDER` writes it as CSV for after_growth.R.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd

CONTEXTS = ("foster", "kinship", "residential")


def simulate_contexts(n_children: int = 60, n_waves: int = 4, seed: int = 8, missing: float = 0.2) -> pd.DataFrame:
    """Children in three care contexts of unlike size, whose trust grows at an unlike pace."""
    random = np.random.default_rng(seed)
    child = np.repeat(np.arange(n_children), n_waves)
    years = np.tile(np.arange(n_waves, dtype=float), n_children)
    context = np.repeat(random.choice(3, n_children, p=[0.55, 0.3, 0.15]), n_waves)
    boy = np.repeat(random.integers(0, 2, n_children), n_waves)
    availability = np.repeat(np.round(random.normal(size=n_children), 6), n_waves)
    stress = np.round(random.normal(5.0, 2.0, size=len(child)), 6)
    level, pace = random.normal(0.0, 1.0, n_children), random.normal(0.0, 0.3, n_children)
    growth = (np.array([0.3, 0.1, -0.1])[context] + 0.15 * availability + pace[child]) * years
    start = np.array([3.0, 2.6, 2.0])[context] + 0.3 * availability - 0.1 * stress + 0.2 * boy + level[child]
    frame = pd.DataFrame(
        {
            "child": [f"s{number:03d}" for number in child],
            "wave": years.astype(int) + 1,
            "years": years,
            "context": np.array(CONTEXTS)[context],
            "boy": boy,
            "availability": availability,
            "stress": stress,
            "trust": np.round(start + growth + 0.7 * random.normal(size=len(child)), 6),
        }
    )
    return frame[random.random(len(frame)) >= missing].reset_index(drop=True)


if __name__ == "__main__":
    simulate_contexts().to_csv(Path(sys.argv[1]) / "contexts.csv", index=False)
