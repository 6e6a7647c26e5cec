"""Panel models of simulated panels, for tests/models/panel and tests/reference/panel.R.

    python tests/reference/panel_cases.py FOLDER

writes the tables as CSV files and what ``result.syntax`` says of each case for R; no data of real children.
"""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).parent))
from sem_panels import NAMES, PANELS, columns, panel

CASES: dict[str, tuple[str, dict[str, Any]]] = {
    f"{name}_{model}_{'equal' if equal else 'free'}": (name, {"model": model, "equal_over_waves": equal})
    for name in ("panel_2_52_waves", "panel_2_500_cells", "panel_2_10000_cells", "panel_5_500_waves",
                 "panel_5_10000_waves")
    for model in ("ri-clpm", "clpm")
    for equal in (True, False)
}  # fmt: skip
CASES["panel_5_500_cells_ri-clpm_equal"] = ("panel_5_500_cells", {})
OF_CHILDREN = {"covariates": "age", "group": "country"}
CASES |= {
    "mlr_equal": ("panel_2_500_cells", {"estimator": "mlr"}),
    "mlr_free": ("panel_2_500_cells", {"estimator": "mlr", "equal_over_waves": False}),
    "listwise": ("panel_2_500_waves", {"missing": "listwise", "model": "clpm"}),
    "two_waves": ("panel_2_500_waves", {"model": "clpm", "waves": ["1", "3"]}),
    "covariate": ("panel_2_500_waves", {"covariates": "age"}),
    "groups": ("panel_2_500_waves", OF_CHILDREN | {"model": "clpm"}),
    "groups_ri": ("panel_2_500_cells", {"group": "country"}),
}


def table(name: str) -> pd.DataFrame:
    """A panel with a covariate and a group; later scores of those who came older are lower."""
    k, n, missing, seed = PANELS[name]
    random = np.random.default_rng(1000 + seed)
    age = random.normal(size=n).round(4)
    frame = pd.DataFrame(panel(k, n, missing, seed), columns=columns(k))
    frame = frame.sub(0.2 * age, axis=0).round(6)
    frame["age"] = np.where(random.random(n) < 0.05, np.nan, age)
    frame["country"] = np.where(random.random(n) < 0.4, "england", "norway")
    return frame


def constructs(name: str) -> list[str]:
    """Those of a panel."""
    return list(NAMES[: PANELS[name][0]])


if __name__ == "__main__":
    from securebase_analysis.models.panel import fit_panel

    folder, texts = Path(sys.argv[1]), {}
    for of in {of for of, _ in CASES.values()}:
        table(of).to_csv(folder / f"{of}.csv", index=False, na_rep="NA")
    for case, (of, options) in CASES.items():
        result = fit_panel(table(of), constructs(of), **options)
        texts[case] = {"data": of, "text": result.syntax, "spec": {
            name: options.get(name) for name in ("missing", "estimator", "group")}}  # fmt: skip
    (folder / "panel_texts.json").write_text(json.dumps(texts, indent=1))
