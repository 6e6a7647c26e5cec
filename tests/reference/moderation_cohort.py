"""A simulated cohort that interactions are compared with R on; no child in it is real.

`python moderation_cohort.py FOLDER` writes it as CSV for moderation.R.
"""

from __future__ import annotations

import sys
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd

DIMENSIONS = ("availability", "sensitivity", "acceptance", "cooperation", "family_membership")
PAIRS = tuple(combinations(DIMENSIONS, 2))


def simulate_cohort(
    n_children: int = 60,
    n_waves: int = 4,
    seed: int = 1,
    interaction: float = 0.3,
    kinship_slope: float = 0.3,
    missing: float = 0.15,
    common: float = 0.6,
) -> pd.DataFrame:
    """A cohort whose five dimensions go together, and in which one pair interacts on trust.

    `interaction` is the change in the slope of availability per point of sensitivity, `kinship_slope` that in
    kinship care; `common` the correlation of any two dimensions, between and within children.
    """
    random = np.random.default_rng(seed)
    n_rows = n_children * n_waves
    child = np.repeat(np.arange(n_children), n_waves)
    years = np.round(np.tile(np.arange(n_waves), n_children) + random.uniform(-0.2, 0.2, n_rows), 3)
    kinship = random.integers(0, 2, n_children)[child]
    frame = pd.DataFrame({"child": [f"s{number:03d}" for number in child], "years": years})
    frame["kinship"] = np.where(kinship == 1, "yes", "no")
    shared = np.sqrt(0.5) * (random.normal(size=n_children)[child] + random.normal(size=n_rows))
    for name in DIMENSIONS:
        own = np.sqrt(0.5) * (random.normal(size=n_children)[child] + random.normal(size=n_rows))
        frame[name] = np.round(5.0 + np.sqrt(common) * shared + np.sqrt(1.0 - common) * own, 4)
    x, z = frame["availability"] - 5.0, frame["sensitivity"] - 5.0
    level, noise = random.normal(size=n_children)[child], 0.9 * random.normal(size=n_rows)
    trust = 4.0 + 0.2 * years + 0.2 * x + 0.1 * z + interaction * x * z + kinship_slope * kinship * x
    frame["trust"] = np.round(trust + level + noise, 4)
    return frame[random.random(n_rows) >= missing].reset_index(drop=True)


if __name__ == "__main__":
    simulate_cohort().to_csv(Path(sys.argv[1]) / "moderation.csv", index=False)
