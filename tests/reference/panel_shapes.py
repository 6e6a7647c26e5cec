"""Simulated panels of many shapes, for tests/models/panel/test_panel_shapes.py and panel_shapes.R.

    python tests/reference/panel_shapes.py FOLDER

writes the tables as CSV files and what ``result.syntax`` says of each case for R; no data of real children.
"""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

NAMES = ("availability", "sensitivity", "acceptance", "cooperation", "trust", "belonging")
SHAPES: dict[str, tuple[tuple[int, int, int, str, int], dict[str, Any]]] = {
    "few": ((2, 3, 52, "cells", 1), {}),
    "few_waves_missing": ((2, 3, 52, "waves", 2), {"model": "clpm"}),
    "eight_waves": ((2, 8, 300, "waves", 3), {}),
    "six_constructs": ((6, 2, 300, "waves", 4), {"model": "clpm"}),
    "covariates": ((3, 4, 300, "waves", 5), {"covariates": ["age", "kin"]}),
    "complete": ((3, 4, 200, "none", 6), {"equal_over_waves": False}),
    "groups_equal": ((2, 4, 450, "waves", 7), {"group": "country", "equal_over_groups": True}),
    "groups_own": ((2, 4, 450, "waves", 7), {"group": "country"}),
    "lags_equal_over_groups": (
        (2, 4, 450, "waves", 8),
        {"model": "clpm", "equal_over_waves": False, "group": "country", "equal_over_groups": True},
    ),
    "lags_own": ((2, 4, 450, "waves", 8), {"model": "clpm", "equal_over_waves": False, "group": "country"}),
    "robust_equal": (
        (2, 3, 450, "waves", 9),
        {"group": "country", "equal_over_groups": True, "estimator": "mlr", "covariates": "age"},
    ),
    "robust_own": (
        (2, 3, 450, "waves", 9), {"group": "country", "estimator": "mlr", "covariates": "age"},
    ),
}  # fmt: skip
"""Constructs, waves, children, what is missing and the seed; then what is asked of fit_panel."""
EQUAL = {"groups_equal": "groups_own", "lags_equal_over_groups": "lags_own", "robust_equal": "robust_own"}
"""Models with lagged effects equal over groups, and those with each group's own."""


def table(name: str) -> pd.DataFrame:
    """Own levels and deviations that act on the next wave, in units of their own, skewed, older children lower."""
    (k, n_waves, n, missing, seed), _ = SHAPES[name]
    random = np.random.default_rng([2026, seed])
    lags = 0.25 * np.eye(k) + random.uniform(-0.08, 0.12, (k, k))
    mixed = random.normal(size=(2, k, k + 2))
    stable, shock = mixed @ mixed.transpose(0, 2, 1) / (k + 2)
    shock += 0.3 * np.eye(k)
    level = random.multivariate_normal(np.zeros(k), 0.5 * stable, n)
    now = random.multivariate_normal(np.zeros(k), shock, n)
    age, country = random.normal(size=n).round(4), random.integers(0, 3, n)
    columns = {}
    for wave in range(1, n_waves + 1):
        scores = (level + now + 0.2 * wave - 0.3 * age[:, None]) * 1.5 ** np.arange(k)
        columns |= {f"{construct}_{wave}": values.round(5) for construct, values in zip(NAMES, scores.T)}
        kick = random.multivariate_normal(np.zeros(k), shock, n)
        now = now @ lags.T + np.sign(kick) * np.abs(kick) ** 1.3
    frame = _with_gaps(pd.DataFrame(columns), missing, k, n_waves, random)
    frame["age"], frame["kin"] = age, (random.random(n) < 0.4).astype(int)
    frame["country"] = np.array(["norway", "england", "malta"])[country]
    return frame


def _with_gaps(
    frame: pd.DataFrame, missing: str, k: int, n_waves: int, random: np.random.Generator
) -> pd.DataFrame:
    """Cells missing, or whole waves, or nothing."""
    if missing == "none":
        return frame
    if missing == "cells":
        return frame.mask(random.random(frame.shape) < 0.15)
    return frame.mask(np.repeat(random.random((len(frame), n_waves)) < 0.15, k, axis=1))


def constructs(name: str) -> list[str]:
    """Those of a case."""
    return list(NAMES[: SHAPES[name][0][0]])


if __name__ == "__main__":
    from securebase_analysis.models.panel import fit_panel

    folder, texts = Path(sys.argv[1]), {}
    for case, (_, options) in SHAPES.items():
        table(case).to_csv(folder / f"{case}.csv", index=False, na_rep="NA")
        result = fit_panel(table(case), constructs(case), **options)
        texts[case] = {"text": result.syntax, "groups": list(result.panel.groups), "equal": EQUAL.get(case),
                       **{name: options.get(name) for name in ("estimator", "group")}}  # fmt: skip
    (folder / "panel_shapes.json").write_text(json.dumps(texts, indent=1))
