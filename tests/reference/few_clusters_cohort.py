"""A simulated cohort of children with few carers, for tests by resampling; no child in it is real.

`python few_clusters_cohort.py FOLDER` writes it as CSV for few_clusters.R.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd


def few_clusters(seed: int = 8, n_carers: int = 8, children_per_carer: int = 3, n_waves: int = 4) -> pd.DataFrame:
    """Children of a few carers, half of whom were trained; a fifth of the rows is missing."""
    random = np.random.default_rng(seed)
    n_children = n_carers * children_per_carer
    child = np.repeat(np.arange(n_children), n_waves)
    carer = child // children_per_carer
    years = np.tile(np.arange(n_waves, dtype=float), n_children)
    trained = (carer % 2).astype(float)
    age = np.round(random.uniform(4.0, 14.0, n_children), 3)[child]
    stress = np.round(random.normal(size=len(child)), 6)
    shared, own = 0.5 * random.normal(size=n_carers)[carer], 0.8 * random.normal(size=n_children)[child]
    trust = 3.0 + 0.25 * years + 0.7 * trained - 0.05 * age + 0.2 * stress + shared + own
    trust = np.round(trust + 0.7 * random.normal(size=len(child)), 6)
    frame = pd.DataFrame(
        {
            "child": [f"s{number:03d}" for number in child],
            "carer": [f"c{number:02d}" for number in carer],
            "years": years,
            "trained": trained,
            "age": age,
            "stress": stress,
            "trust": trust,
        }
    )
    return frame[random.random(len(frame)) >= 0.2].reset_index(drop=True)


if __name__ == "__main__":
    few_clusters().to_csv(Path(sys.argv[1]) / "few_clusters.csv", index=False)
