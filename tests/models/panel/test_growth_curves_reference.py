"""Growth curves against lavaan 0.6 on the text of ``result.syntax`` (tests/reference/growth_curves.R)."""

from __future__ import annotations

import json
import sys
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from securebase_analysis.models.panel import GrowthCurvesResult, fit_panel

REFERENCE = Path(__file__).parents[2] / "reference"
sys.path.insert(0, str(REFERENCE))
from growth_curves_cases import CASES, constructs, options, table  # noqa: E402

FIT = {
    "chisq": ("chi2", 1e-2), "df": ("df", 0), "npar": ("n_parameters", 0), "logl": ("log_likelihood", 1e-4),
    "cfi": ("cfi", 1e-3), "tli": ("tli", 1e-3), "rmsea": ("rmsea", 1e-3), "rmsea.ci.lower": ("rmsea_low", 1e-3),
    "rmsea.ci.upper": ("rmsea_high", 1e-3), "srmr": ("srmr", 1e-3), "aic": ("aic", 1e-3), "bic": ("bic", 1e-3),
}  # fmt: skip
SCALED = {"chisq.scaled": ("chi2_scaled", 1e-2), "chisq.scaling.factor": ("scaling_factor", 1e-2),
          "cfi.robust": ("cfi_robust", 1e-2), "rmsea.robust": ("rmsea_robust", 1e-2)}  # fmt: skip


@cache
def lavaan() -> dict[str, Any]:
    return json.loads((REFERENCE / "growth_curves.json").read_text("utf-8"))


HELD = [name for name in CASES if lavaan()[name]["converged"]]
"""The cases in which lavaan's search ends at a maximum."""


@cache
def fitted(name: str) -> GrowthCurvesResult:
    of, _ = CASES[name]
    result = fit_panel(table(of), constructs(of), **options(name))
    assert isinstance(result, GrowthCurvesResult)
    return result


def theirs(name: str) -> pd.DataFrame:
    """lavaan's rows by group and term."""
    rows = pd.DataFrame(lavaan()[name]["rows"])
    names = lavaan()[name]["groups"] or [""]
    names = [names] if isinstance(names, str) else names
    rows["group"] = [names[number - 1] for number in rows["group"].clip(lower=1)]
    right = np.where(rows["op"] == "~1", "", " " + rows["rhs"])
    return rows.assign(term=rows["lhs"] + " " + rows["op"] + right)


@pytest.mark.parametrize("name", HELD)
def test_estimates_and_errors(name):
    """Every parameter under lavaan's words, in the structural equation model that the curves are."""
    ours = fitted(name).sem.tidy()
    ours = ours[ours["std_error"].notna()]
    both = ours.merge(theirs(name), on=["group", "term"], how="outer", validate="one_to_one")
    assert both["est"].notna().all()
    np.testing.assert_allclose(both["estimate"], both["est"], rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(both["std_error"], both["se"], rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("name", HELD)
def test_the_table_shows_every_parameter_once(name):
    tidy, rows = fitted(name).tidy(), theirs(name)
    assert len(tidy) == fitted(name).facts["n_parameters"]
    # Those that are equal over waves go by the construct, as they belong to no single wave.
    single = tidy[tidy["term"].isin(rows["term"]) & tidy["group"].isin(rows["group"])]
    named = tidy["effect"].str.startswith(("level", "slope", "covariance of", "covariate"))
    assert len(single) >= (named & tidy["group"].isin(rows["group"])).sum()
    both = single.merge(rows, on=["group", "term"], how="left", validate="one_to_one")
    np.testing.assert_allclose(both["estimate"], both["est"], rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("name", HELD)
def test_fit(name):
    facts, fit = fitted(name).facts, lavaan()[name]["fit"]
    for key, (ours, tolerance) in (FIT | (SCALED if CASES[name][1].get("estimator") == "mlr" else {})).items():
        assert facts[ours] == pytest.approx(fit[key], abs=tolerance, rel=1e-6), key


@pytest.mark.parametrize("name", ["demo_covariates", "one_500", "two_500_levels", "two_500_groups", "five_500"])
def test_standardised(name):
    ours = fitted(name).standardized()
    both = ours.merge(theirs(name), on=["group", "term"], how="left", validate="one_to_one")
    assert len(both) >= 1
    np.testing.assert_allclose(both["estimate"], both["std"], rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(both["std_error"], both["std_se"], rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("name", list(lavaan()["equality"]))
def test_equality_of_residuals_over_waves(name):
    row, there = fitted(name).equality.iloc[0], lavaan()["equality"][name]
    assert row["chi2_difference"] == pytest.approx(there["chi2"], abs=1e-2)
    assert row["df_difference"] == there["df"]
    assert row["p_value"] == pytest.approx(there["p"], abs=1e-3)
    free = fitted(name.removesuffix("_equal")).equality.iloc[0]
    assert free["chi2_difference"] == pytest.approx(row["chi2_difference"], abs=1e-3)
    assert (row["imposed"], free["imposed"]) == (True, False)


def test_means_that_are_equal_over_groups():
    """The same test from either side: with the means free, and with them equal."""
    same = fitted("two_500_same_means")
    free = fit_panel(
        table("two_500"), constructs("two_500"), **(options("two_500_groups") | {"equal_over_waves": True})
    )
    one, other = same.equality.set_index("over"), free.equality.set_index("over")
    assert list(one["imposed"]) == [True, True]
    assert one.loc["groups", "df_difference"] == 4
    gain = 2.0 * (free.facts["log_likelihood"] - same.facts["log_likelihood"])
    assert one.loc["groups", "chi2_difference"] == pytest.approx(gain, abs=1e-4)
    assert other.loc["groups", "chi2_difference"] == pytest.approx(gain, abs=1e-3)


@pytest.mark.parametrize("name", list(lavaan()["by_growth"]))
def test_the_text_is_the_model_of_growth(name):
    """lavaan's growth() with a text of its own, without any word of ours."""
    there = lavaan()["by_growth"][name]
    facts, rows = fitted(name).facts, pd.DataFrame(there["rows"])
    assert facts["n_parameters"] == there["fit"]["npar"]
    assert facts["chi2"] == pytest.approx(there["fit"]["chisq"], abs=1e-2)
    assert facts["log_likelihood"] == pytest.approx(there["fit"]["logl"], abs=1e-4)
    tidy = fitted(name).tidy()
    means = tidy[tidy["effect"].str.contains("mean|intercept")].sort_values("term")
    latent = rows[rows["op"] == "~1"].sort_values("lhs")
    for column, of, tolerance in (("estimate", "est", 1e-4), ("std_error", "se", 1e-3)):
        np.testing.assert_allclose(np.sort(means[column]), np.sort(latent[of]), rtol=tolerance, atol=tolerance)
    variances = np.sort(tidy.loc[tidy["effect"].str.contains("variance|covariance"), "estimate"])
    np.testing.assert_allclose(variances, np.sort(rows.loc[rows["op"] == "~~", "est"]), rtol=1e-4, atol=1e-4)
