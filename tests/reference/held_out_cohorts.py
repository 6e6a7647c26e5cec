"""Writes the simulated cohort of held_out.R: python held_out_cohorts.py FOLDER."""

import sys
from pathlib import Path

import numpy as np
import pandas as pd


def tired() -> pd.DataFrame:
    """40 children at up to six uneven times, residuals that fade with time, and effects of stress that differ."""
    rng = np.random.default_rng(4207)
    rows = [(child, wave) for child in range(40) for wave in sorted(rng.permutation(6)[: rng.integers(4, 7)])]
    frame = pd.DataFrame(rows, columns=["child", "wave"])
    n = len(frame)
    frame["years"] = np.round(0.5 * frame["wave"] + rng.uniform(-0.1, 0.1, n), 2)
    frame["stress"] = np.round(rng.normal(size=n), 2)
    residual = rng.normal(size=n)
    for row in range(1, n):
        if frame["child"][row] == frame["child"][row - 1]:
            phi = 0.4 ** (frame["years"][row] - frame["years"][row - 1])
            residual[row] = phi * residual[row - 1] + np.sqrt(1 - phi**2) * residual[row]
    level, slope = rng.normal(0, 0.6, 40), rng.normal(0, 0.7, 40)
    child = frame["child"].to_numpy()
    mean = 3 + 0.4 * frame["years"] - 0.3 * frame["stress"]
    frame["trust"] = np.round(mean + level[child] + slope[child] * frame["stress"] + residual, 3)
    frame["child"] = [f"child{one:02d}" for one in child]
    return frame


if __name__ == "__main__":
    tired().to_csv(Path(sys.argv[1]) / "tired.csv", index=False)
