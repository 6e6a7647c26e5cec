"""A made-up cohort in a plain table, answers of known numbers, drawn without a screen."""

from __future__ import annotations

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from made_answers import CODES, N_CHILDREN, SECRET, make_result

from securebase_analysis import theory
from securebase_analysis.measures.agreement import AgreementResult
from securebase_analysis.results.result import Result


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


@pytest.fixture(scope="session")
def wide() -> pd.DataFrame:
    """One row per child and wave, the ten constructs in columns."""
    rng = np.random.default_rng(7)
    level = rng.normal(0.0, 10.0, N_CHILDREN)
    parts = []
    for wave in (1, 2, 3):
        part = pd.DataFrame(
            {
                "site": "",
                "child": [f"{SECRET}{index:03d}" for index in range(N_CHILDREN)],
                "wave": wave,
                "years": wave - 1.0,
                "care_context": np.where(np.arange(N_CHILDREN) % 3 == 0, "kinship", "foster"),
            }
        )
        for place, name in enumerate(theory.TEN_CONSTRUCTS):
            part[name] = np.clip(50 + place + level + 3 * wave + rng.normal(0, 6, N_CHILDREN), 0, 100)
        parts.append(part)
    return pd.concat(parts, ignore_index=True)


@pytest.fixture
def growth(wide) -> Result:
    rows = wide[["site", "child", "wave", "years", "trust"]].assign(fitted_fixed=50 + 2.5 * wide["years"])
    fixed = {"outcome": "trust", "effect": "fixed", "df": 23.0}
    return make_result(
        [
            fixed | {"term": "Intercept", "estimate": 50.0, "std_error": 1.0},
            fixed | {"term": "years", "estimate": 2.5, "std_error": 0.5},
            fixed | {"term": "years:cooperation", "estimate": -0.25, "std_error": 0.5, "df": 23.31},
            {"outcome": "trust", "group": "child", "effect": "random", "term": "var(Intercept)", "estimate": 104.2,
             "std_error": np.nan, "df": np.nan},
        ],
        "Growth of trust over the waves",
        rows=rows,
        notes=("4 rows had no score & were not used.",),
    )  # fmt: skip


@pytest.fixture
def relations() -> Result:
    names = theory.TEN_CONSTRUCTS
    rng = np.random.default_rng(3)
    pairs = [
        {"effect": effect, "term": f"{names[j]} ~ {names[i]}", "estimate": float(rng.uniform(-0.4, 0.9)),
         "std_error": 0.05}
        for effect in ("between", "within") for i in range(10) for j in range(i)
    ]  # fmt: skip
    return make_result(pairs, "Relations")


@pytest.fixture
def agreement() -> AgreementResult:
    rows = []
    for place, code in enumerate(CODES):
        alpha = np.nan if code == "rare" else 0.9 - 0.2 * place
        kept = {"outcome": "coded text", "group": code, "effect": "agreement", "tested": False, "interval": ""}
        rows += [
            kept | {"term": "percent_agreement", "estimate": 0.875, "std_error": 0.01},
            kept | {"term": "krippendorff_alpha", "estimate": alpha, "std_error": 0.05},
        ]
        rows.append(rows[-1] | {"outcome": "all text", "estimate": 0.5})
    made = make_result(rows, "Agreement of coders")
    shares = {"outcome": "coded text", "group": CODES, "category": "present", "share": 0.125}
    return AgreementResult(made.title, made.spec, made.estimates, made.facts, categories=pd.DataFrame(shares))
