"""Growth curves of simulated panels and of Demo.growth, for tests/models/panel and growth_curves.R.

    python tests/reference/growth_curves_cases.py FOLDER

writes the tables as CSV files and what ``result.syntax`` says of each case for R; no data of real children.
"""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

HERE = Path(__file__).parent
NAMES = ("availability", "sensitivity", "acceptance", "cooperation", "membership")
PANELS = {
    "one_52": (1, 52, (0.0, 1.0, 2.0, 3.0), "cells", 31),
    "one_500": (1, 500, (0.0, 0.5, 1.5, 3.0), "cells", 32),
    "one_six": (1, 500, (0.0, 3.0, 6.0, 12.0, 18.0, 36.0), "waves", 33),
    "two_52": (2, 52, (0.0, 1.0, 2.0, 3.0), "cells", 34),
    "two_500": (2, 500, (0.0, 1.0, 2.0, 3.0), "cells", 35),
    "two_500_waves": (2, 500, (0.0, 1.0, 2.5), "waves", 36),
    "five_500": (5, 500, (0.0, 1.0, 2.0, 3.0), "cells", 37),
}
"""Constructs, children, when the waves were, what is missing, seed."""
GROUPS = {"group": "country"}
CASES: dict[str, tuple[str, dict[str, Any]]] = {
    "demo": ("demo", {}),
    "demo_equal": ("demo", {"equal_over_waves": True}),
    "demo_covariates": ("demo", {"covariates": ["x1", "x2"]}),
    "demo_latent": ("demo", {"shape": "latent"}),
    "demo_quadratic": ("demo", {"shape": "quadratic"}),
    "demo_levels": ("demo", {"slopes_on_levels": True}),
    "demo_mlr": ("demo", {"estimator": "mlr", "covariates": ["x1"]}),
    "one_52": ("one_52", {}),
    "one_52_equal": ("one_52", {"equal_over_waves": True}),
    "one_500": ("one_500", {}),
    "one_500_covariate": ("one_500", {"covariates": "age", "equal_over_waves": True}),
    "one_six": ("one_six", {}),
    "one_six_quadratic": ("one_six", {"shape": "quadratic", "estimator": "mlr"}),
    "two_52": ("two_52", {}),
    "two_52_equal": ("two_52", {"equal_over_waves": True}),
    "two_500": ("two_500", {}),
    "two_500_equal": ("two_500", {"equal_over_waves": True}),
    "two_500_mlr": ("two_500", {"estimator": "mlr"}),
    "two_500_levels": ("two_500", {"slopes_on_levels": True, "covariates": "age"}),
    "two_500_latent": ("two_500", {"shape": "latent"}),
    "two_500_listwise": ("two_500", {"missing": "listwise"}),
    "two_500_groups": ("two_500", GROUPS),
    "two_500_same_means": ("two_500", GROUPS | {"equal_over_groups": True, "equal_over_waves": True}),
    "two_500_waves": ("two_500_waves", {}),
    "five_500": ("five_500", {}),
    "five_500_equal": ("five_500", {"equal_over_waves": True}),
}


def table(name: str) -> pd.DataFrame:
    """Curves of children with a covariate and a group; those who came older begin lower."""
    if name == "demo":
        frame = pd.read_csv(HERE / "sem_growth.csv")
        return frame.rename(columns={f"t{number}": f"t_{number}" for number in (1, 2, 3, 4)})
    k, n, times, missing, seed = PANELS[name]
    random = np.random.default_rng(seed)
    age, england = random.normal(size=n).round(4), random.random(n) < 0.4
    # Levels go together at .5, slopes at .4; a steep slope is a little more likely from a low level.
    parts = np.kron(np.array([[1.0, -0.1], [-0.1, 0.25]]), 0.5 * np.eye(k) + 0.5)
    drawn = random.normal(size=(n, 2 * k)) @ np.linalg.cholesky(parts).T
    level, slope = drawn[:, :k] - 0.3 * age[:, None], drawn[:, k:] + 0.4 + 0.3 * england[:, None]
    waves, left = np.array(times) / times[-1] * 3.0, np.linalg.cholesky(0.4 * np.eye(k) + 0.2)
    scores = np.stack([level + time * slope + random.normal(size=(n, k)) @ left.T for time in waves], axis=1)
    absent = random.random((n, len(times), k)) < 0.2
    if missing == "waves":
        absent = np.repeat(random.random((n, len(times), 1)) < 0.2, k, axis=2)
        absent[:, 0] = False
    scores[absent] = np.nan
    frame = pd.DataFrame(
        scores.transpose(0, 2, 1).reshape(n, -1).round(5),
        columns=[f"{one}_{wave}" for one in NAMES[:k] for wave in range(1, len(times) + 1)],
    )
    return frame.assign(age=age, country=np.where(england, "england", "norway"))


def constructs(name: str) -> list[str]:
    """Those of a panel."""
    return ["t"] if name == "demo" else list(NAMES[: PANELS[name][0]])


def options(case: str) -> dict[str, Any]:
    """What is asked of a case, with when its waves were."""
    of, asked = CASES[case]
    times = (0.0, 1.0, 2.0, 3.0) if of == "demo" else PANELS[of][2]
    return {"model": "growth", "waves": {str(n): time for n, time in enumerate(times, 1)}} | asked


if __name__ == "__main__":
    from securebase_analysis.models.panel import fit_panel

    folder, texts = Path(sys.argv[1]), {}
    for of in {of for of, _ in CASES.values()}:
        table(of).to_csv(folder / f"{of}.csv", index=False, na_rep="NA")
    for case, (of, asked) in CASES.items():
        result = fit_panel(table(of), constructs(of), **options(case))
        texts[case] = {"data": of, "text": result.syntax, "spec": {
            name: asked.get(name) for name in ("missing", "estimator", "group")}}  # fmt: skip
    (folder / "growth_texts.json").write_text(json.dumps(texts, indent=1))
