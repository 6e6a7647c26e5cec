"""The cases of ``tests/reference/sem.R`` as this package fits them."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd

from securebase_analysis.models.sem import SemResult, fit_sem

REFERENCE = Path(__file__).parents[2] / "reference"
FILES = {"hs": "holzinger_swineford", "gaps": "gaps", "growth": "growth", "democracy": "democracy"}
WORDS = {
    "residual.covariances": "residual_covariances",
    "lv.variances": "lv_variances",
    "lv.covariances": "lv_covariances",
}


@cache
def lavaan_values() -> dict[str, Any]:
    """What R found."""
    return json.loads((REFERENCE / "sem.json").read_text("utf-8"))


@cache
def table(name: str) -> pd.DataFrame:
    """One of the data sets."""
    return pd.read_csv(REFERENCE / f"sem_{FILES[name]}.csv")


def options_of(case: dict[str, Any]) -> dict[str, Any]:
    """lavaan's options in our words."""
    given = dict(case["options"]) if case["options"] else {}
    equal = given.pop("group.equal", [])
    partial = given.pop("group.partial", [])
    made = {
        "equal": [WORDS.get(word, word) for word in ([equal] if isinstance(equal, str) else equal)],
        "partial": [partial] if isinstance(partial, str) else partial,
        "defaults": given.pop("verb", "sem"),
        "estimator": given.pop("estimator", "ML").lower(),
    }
    names = {"std.lv": "std_lv", "fixed.x": "fixed_x"}
    return made | {names.get(name, name): value for name, value in given.items()}


@cache
def fitted_case(name: str) -> SemResult:
    """One case, fitted here."""
    case = lavaan_values()[name]
    return fit_sem(table(case["data"]), case["model"], **options_of(case))


def case_names() -> list[str]:
    """Every case but the table of differences."""
    return [name for name in lavaan_values() if name != "differences"]
