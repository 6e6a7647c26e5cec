"""Simulated panels of constructs with stable differences between children, for tests, their R script and the
clock.

    python tests/reference/sem_panels.py FOLDER

writes them as CSV files for tests/reference/sem_engine.R; nothing of them is data of real children.
"""

import sys
from pathlib import Path

import numpy as np

NAMES = ("availability", "sensitivity", "acceptance", "cooperation", "membership")
N_WAVES = 4
PANELS = {
    "panel_2_500_cells": (2, 500, "cells", 3),
    "panel_2_500_waves": (2, 500, "waves", 4),
    "panel_2_52_waves": (2, 52, "waves", 5),
    "panel_2_10000_cells": (2, 10_000, "cells", 6),
    "panel_5_52_cells": (5, 52, "cells", 7),
    "panel_5_500_cells": (5, 500, "cells", 8),
    "panel_5_500_waves": (5, 500, "waves", 9),
    "panel_5_10000_waves": (5, 10_000, "waves", 10),
    "panel_5_10000_cells": (5, 10_000, "cells", 11),
}


def panel(k: int, n: int, missing: str, seed: int) -> np.ndarray:
    """Values (n, k * waves), wave by wave, of a random-intercept cross-lagged process with equal lags.

    Of "cells" a fifth is missing at random; of "waves" each child lacks whole ones after the first: those after it
    left, or single ones; of "none" nothing.
    """
    random = np.random.default_rng(seed)
    lags = np.full((k, k), 0.05) + 0.3 * np.eye(k)
    lags[1, 0] = 0.15
    stable = random.normal(size=(n, k)) @ np.linalg.cholesky(0.2 * np.eye(k) + 0.3).T
    shock = np.linalg.cholesky(0.35 * np.eye(k) + 0.15)
    within = random.normal(size=(n, k)) * 0.8
    waves = []
    for _ in range(N_WAVES):
        waves.append(stable + within + 0.1 * np.arange(k))
        within = within @ lags.T + random.normal(size=(n, k)) @ shock.T
    values = np.concatenate(waves, axis=1).round(4)
    if missing == "none":
        return values
    if missing == "cells":
        values[random.random(values.shape) < 0.2] = np.nan
        return values
    absent = random.random((n, N_WAVES)) < 0.12
    left = random.random(n) < 0.3
    absent |= left[:, None] & (np.arange(N_WAVES) >= random.integers(2, N_WAVES, n)[:, None])
    absent[:, 0] = False
    values[np.repeat(absent, k, axis=1)] = np.nan
    return values


def columns(k: int) -> list[str]:
    """Names of the columns of a panel, such as ``availability_1``."""
    return [f"{name}_{wave + 1}" for wave in range(N_WAVES) for name in NAMES[:k]]


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    for name, (k, n, missing, seed) in PANELS.items():
        text = "\n".join(
            ",".join("NA" if np.isnan(value) else repr(float(value)) for value in row)
            for row in panel(k, n, missing, seed)
        )
        (folder / f"{name}.csv").write_text(",".join(columns(k)) + "\n" + text + "\n")
