"""Simulated cohorts in which children meet several carers or carers several children; no child in them is real.

`python several_factors_cohorts.py FOLDER` writes them as CSV for several_factors.R.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd


def simulate_placements(
    n_children: int = 80,
    n_carers: int = 50,
    n_agencies: int = 5,
    n_waves: int = 4,
    moves: float = 0.25,
    seed: int = 1,
    missing: float = 0.15,
    child_sd: float = 0.8,
    slope_sd: float = 0.3,
    correlation: float = -0.2,
    carer_sd: float = 0.5,
    carer_slope_sd: float = 0.0,
    agency_sd: float = 0.0,
) -> pd.DataFrame:
    """Children seen in waves; with probability `moves` a child has come to another carer since the wave before.

    A carer belongs to one agency. Where nobody moves, children are nested in carers and carers in agencies.
    `second` is another adult who cares for the child beside the first one, and `share` the first one's part.
    """
    random = np.random.default_rng(seed)
    home = np.sort(np.concatenate([np.arange(n_carers), random.integers(0, n_carers, n_children)])[:n_children])
    carer = np.empty((n_children, n_waves), dtype=int)
    carer[:, 0] = home
    for wave in range(1, n_waves):
        moved = random.random(n_children) < moves
        carer[:, wave] = np.where(moved, random.integers(0, n_carers, n_children), carer[:, wave - 1])
    agency = random.integers(0, n_agencies, n_carers)
    n_rows = n_children * n_waves
    child, carer = np.repeat(np.arange(n_children), n_waves), carer.ravel()
    years = np.tile(np.arange(n_waves, dtype=float), n_children)
    kinship = np.repeat(random.integers(0, 2, n_children), n_waves)
    stress = np.round(random.normal(size=n_rows), 6)
    second = (carer + random.integers(1, n_carers, n_rows)) % n_carers
    share = np.round(random.choice([1.0, 0.5, 0.7, 0.25], n_rows, p=[0.4, 0.3, 0.2, 0.1]), 6)
    n_informants = random.integers(1, 5, n_rows)

    one, two = random.normal(size=(2, n_children))
    of_child = child_sd * one
    slope = slope_sd * (correlation * one + np.sqrt(1.0 - correlation**2) * two)
    of_carer, carer_slope = random.normal(size=(2, n_carers)) * [[carer_sd], [carer_slope_sd]]
    of_agency = agency_sd * random.normal(size=n_agencies)
    trust = 3.0 + 0.2 * years - 0.4 * kinship + 0.1 * stress + of_child[child] + slope[child] * years
    trust += share * of_carer[carer] + (1.0 - share) * of_carer[second] + carer_slope[carer] * years
    trust += of_agency[agency[carer]] + 0.6 * random.normal(size=n_rows)
    frame = pd.DataFrame(
        {
            "child": [f"s{number:03d}" for number in child],
            "carer": [f"c{number:03d}" for number in carer],
            "second": [f"c{number:03d}" for number in second],
            "share": share,
            "agency": [f"a{number:02d}" for number in agency[carer]],
            "years": years,
            "kinship": kinship,
            "stress": stress,
            "informants": n_informants,
            "trust": np.round(trust, 6),
        }
    )
    return frame[random.random(n_rows) >= missing].reset_index(drop=True)


COHORTS = {
    "nested": {"n_children": 61, "n_carers": 48, "moves": 0.0, "slope_sd": 0.0, "agency_sd": 0.5, "seed": 21},
    "crossed": {"seed": 22, "slope_sd": 0.0},
    "slopes": {"seed": 23, "n_children": 90, "n_waves": 5},
    "both_slopes": {"seed": 24, "n_children": 160, "n_carers": 40, "n_waves": 5, "carer_slope_sd": 0.3},
    "no_carer_variance": {"seed": 32, "n_children": 60, "n_carers": 40, "carer_sd": 0.0, "slope_sd": 0.0},
    "no_slope_variance": {"seed": 26, "n_children": 50, "n_carers": 30, "slope_sd": 0.0},
}


def vanishing_carers(number: int) -> pd.DataFrame:
    """One of 200 cohorts of 30 children whose carers hardly differ, or not at all."""
    carer_sd = (0.0, 0.1, 0.2, 0.35)[number % 4]
    settings = {"n_children": 30, "n_carers": 18, "seed": 5000 + number, "slope_sd": 0.0, "child_sd": 0.6}
    return simulate_placements(carer_sd=carer_sd, **settings)


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    for name, settings in COHORTS.items():
        simulate_placements(**settings).to_csv(folder / f"{name}.csv", index=False)
    small = [vanishing_carers(number).assign(cohort=number) for number in range(200)]
    pd.concat(small).to_csv(folder / "vanishing_carers.csv", index=False)
