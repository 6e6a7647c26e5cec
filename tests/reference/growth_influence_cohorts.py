"""Simulated cohorts on which predictions and influence are compared with R; no child in them is real.

`python growth_influence_cohorts.py FOLDER` writes them as CSV for growth_influence.R.
"""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

import numpy as np
import pandas as pd

simulate_cohort = runpy.run_path(str(Path(__file__).with_name("growth_cohorts.py")))["simulate_cohort"]


def shared_carers(seed: int = 5, n_children: int = 45, n_carers: int = 25, spread: float = 1.1) -> pd.DataFrame:
    """Children of whom some share a carer, and some move to another one at the third wave."""
    frame = simulate_cohort(n_children=n_children, seed=seed, slope_sd=0.0, intercept_sd=0.7)
    random = np.random.default_rng(seed)
    first, second = random.integers(0, n_carers, (2, n_children))
    moves = random.random(n_children) < 0.3
    number = frame["child"].str[1:].astype(int).to_numpy()
    later = moves[number] & (frame["years"] >= 2.0).to_numpy()
    carer = np.where(later, second[number], first[number])
    trust = np.round(frame["trust"] + spread * random.normal(size=n_carers)[carer], 6)
    return frame.assign(carer=[f"c{one:02d}" for one in carer], trust=trust)


def yes_or_no(frame: pd.DataFrame) -> pd.DataFrame:
    """The same children with a count and a yes or no in place of a score."""
    random = np.random.default_rng(8)
    level = frame["trust"] - frame["trust"].mean()
    return frame.assign(
        settled=(random.random(len(frame)) < 1.0 / (1.0 + np.exp(-level))).astype(int),
        visits=random.poisson(np.exp(0.4 + 0.3 * level)),
    )


def cohorts() -> dict[str, pd.DataFrame]:
    """Every cohort of the reference, by name."""
    return {
        "unbalanced": simulate_cohort(seed=1),
        "shared_carers": shared_carers(),
        "counts": yes_or_no(shared_carers(seed=6)),
    }


if __name__ == "__main__":
    for name, frame in cohorts().items():
        frame.to_csv(Path(sys.argv[1]) / f"{name}.csv", index=False)
