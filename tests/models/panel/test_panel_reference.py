"""Panel models against lavaan 0.6, which fitted the text of ``result.syntax`` (tests/reference/panel.R)."""

from __future__ import annotations

import json
import os
import sys
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from securebase_analysis.models.panel import PanelResult, fit_panel

REFERENCE = Path(__file__).parents[2] / "reference"
sys.path.insert(0, str(REFERENCE))
from panel_cases import CASES, constructs, table  # noqa: E402

HEAVY = {name for name in CASES if name.startswith("panel_5_")}
FEW = ("panel_5_500_waves_ri-clpm_equal", "panel_5_10000_waves_clpm_free")
HELD = list(CASES) if os.environ.get("SECUREBASE_ALL_PANELS") else [n for n in CASES if n not in HEAVY or n in FEW]
"""Five constructs take seconds each; with SECUREBASE_ALL_PANELS=1 all cases are held against lavaan."""
FIT = {
    "chisq": ("chi2", 1e-2), "df": ("df", 0), "npar": ("n_parameters", 0), "logl": ("log_likelihood", 1e-4),
    "cfi": ("cfi", 1e-3), "tli": ("tli", 1e-3), "rmsea": ("rmsea", 1e-3), "rmsea.ci.lower": ("rmsea_low", 1e-3),
    "rmsea.ci.upper": ("rmsea_high", 1e-3), "srmr": ("srmr", 1e-3), "aic": ("aic", 1e-3), "bic": ("bic", 1e-3),
}  # fmt: skip
SCALED = {"chisq.scaled": ("chi2_scaled", 1e-2), "chisq.scaling.factor": ("scaling_factor", 1e-2),
          "cfi.robust": ("cfi_robust", 1e-2), "rmsea.robust": ("rmsea_robust", 1e-2)}  # fmt: skip


@cache
def lavaan() -> dict[str, Any]:
    return json.loads((REFERENCE / "panel.json").read_text("utf-8"))


@cache
def fitted(name: str) -> PanelResult:
    of, options = CASES[name]
    return fit_panel(table(of), constructs(of), **options)


def expected(name: str) -> pd.DataFrame:
    """lavaan's rows by group and term in the words of ``tidy()``."""
    rows = pd.DataFrame(lavaan()[name]["rows"])
    plain = rows[["lhs", "rhs"]].apply(lambda column: column.str.replace(r"^(?:w|ri)_", "", regex=True))
    names = lavaan()[name]["groups"] or [""]
    names = [names] if isinstance(names, str) else names
    rows["group"] = [names[number - 1] for number in rows["group"].clip(lower=1)]
    rows["outcome"] = np.where(rows["op"] == "~", plain["lhs"], "")
    lagged = rows["op"].eq("~") & plain["rhs"].str.contains(r"_\d$")
    stem = plain.apply(lambda column: column.str.replace(r"_\d$", "", regex=True))
    rows["term"] = np.where(rows["op"] == "~", stem["lhs"] + " ~ " + np.where(lagged, stem["rhs"], plain["rhs"]),
                            plain["lhs"] + " ~~ " + plain["rhs"])  # fmt: skip
    means = rows["op"] == "~1"
    rows.loc[means, "term"] = rows.loc[means, "lhs"] + " ~1"
    rows.loc[means, "outcome"] = rows.loc[means, "lhs"]
    if fitted(name).panel.equal:
        rows.loc[lagged, "outcome"] = stem.loc[lagged, "lhs"]
    return rows


@pytest.mark.parametrize("name", HELD)
def test_estimates_and_errors(name):
    ours = fitted(name).tidy().set_index(["group", "outcome", "term"])
    theirs = expected(name).drop_duplicates(["group", "outcome", "term"]).set_index(["group", "outcome", "term"])
    assert lavaan()[name]["converged"]
    assert set(ours.index) == set(theirs.index)
    theirs = theirs.loc[ours.index]
    np.testing.assert_allclose(ours["estimate"], theirs["est"], rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(ours["std_error"], theirs["se"], rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("name", HELD)
def test_fit(name):
    facts, theirs = fitted(name).facts, lavaan()[name]["fit"]
    wanted = FIT | (SCALED if CASES[name][1].get("estimator") == "mlr" else {})
    for key, (ours, tolerance) in wanted.items():
        assert facts[ours] == pytest.approx(theirs[key], abs=tolerance, rel=1e-6), key


@pytest.mark.parametrize(
    "name", ["panel_2_52_waves_ri-clpm_equal", "panel_5_500_waves_clpm_free", "covariate", "groups"]
)
def test_standardised_lagged_effects(name):
    ours = fitted(name).standardized()
    ours = ours[ours["effect"].isin(["autoregressive", "cross-lagged", "covariate"])]
    theirs = pd.DataFrame(lavaan()[name]["rows"])
    theirs = theirs[theirs["op"] == "~"]
    names = lavaan()[name]["groups"] or [""]
    theirs["group"] = [names[number - 1] for number in theirs["group"].clip(lower=1)]
    theirs["outcome"] = theirs["lhs"].str.replace(r"^w_", "", regex=True)
    source = theirs["rhs"].str.replace(r"^w_", "", regex=True).str.replace(r"_\d$", "", regex=True)
    theirs["term"] = theirs["outcome"].str.replace(r"_\d$", "", regex=True) + " ~ " + source
    keys = ["group", "outcome", "term"]
    both = ours.merge(theirs, on=keys, how="outer", validate="one_to_one")
    np.testing.assert_allclose(both["estimate"], both["std"], rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(both["std_error"], both["std_se"], rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("name", [name for name in lavaan()["equality"] if name in HELD])
def test_equality_over_waves(name):
    ours, theirs = fitted(name).equality.iloc[0], lavaan()["equality"][name]
    assert ours["over"] == "waves"
    assert ours["chi2_difference"] == pytest.approx(theirs["chi2"], abs=1e-2)
    assert ours["df_difference"] == theirs["df"]
    assert ours["p_value"] == pytest.approx(theirs["p"], abs=1e-3)
    assert ours["imposed"]


def test_equality_from_the_free_side_is_the_same_test():
    equal, free = (fitted(f"panel_2_500_cells_ri-clpm_{kind}").equality.iloc[0] for kind in ("equal", "free"))
    assert free["chi2_difference"] == pytest.approx(equal["chi2_difference"], abs=1e-4)
    assert not free["imposed"]
