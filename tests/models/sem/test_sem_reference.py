"""Structural equation models against lavaan 0.6-14 on the same data: ``tests/reference/sem.R``."""

import numpy as np
import pandas as pd
import pytest
from sem_cases import case_names, fitted_case, lavaan_values

CASES = case_names()
ESTIMATE, ERROR = 2e-4, 1e-3
"""lavaan's own search ends about 1e-4 from the maximum where variances are near 30 (democracy)."""
FIT = {
    "npar": ("n_parameters", 0.0), "ntotal": ("n_rows", 0.0), "df": ("df", 0.0), "chisq": ("chi2", 1e-3),
    "pvalue": ("p_value", 1e-4), "cfi": ("cfi", 1e-4), "tli": ("tli", 1e-4), "rmsea": ("rmsea", 1e-4),
    "rmsea.ci.lower": ("rmsea_low", 1e-4), "rmsea.ci.upper": ("rmsea_high", 1e-4), "srmr": ("srmr", 1e-4),
    "logl": ("log_likelihood", 1e-4), "aic": ("aic", 1e-3), "bic": ("bic", 1e-3),
    "chisq.scaled": ("chi2_scaled", 1e-2), "pvalue.scaled": ("p_value_scaled", 1e-4),
    "chisq.scaling.factor": ("scaling_factor", 1e-4), "cfi.robust": ("cfi_robust", 1e-3),
    "tli.robust": ("tli_robust", 1e-3), "rmsea.robust": ("rmsea_robust", 1e-3),
}  # fmt: skip


def term_of(row: dict) -> str:
    """lavaan's row in our words."""
    if row["op"] == ":=":
        return row["lhs"]
    return f"{row['lhs']} {row['op']}{'' if row['op'] == '~1' else ' ' + row['rhs']}"


def rows_of(name: str) -> pd.DataFrame:
    """lavaan's rows with the keys of ours."""
    rows = pd.DataFrame(lavaan_values()[name]["rows"])
    groups = fitted_case(name).fitted.table.groups
    own = rows.get("group", 1)
    rows["group"] = [groups[max(int(group), 1) - 1] for group in np.broadcast_to(own, len(rows))]
    rows.loc[rows["op"] == ":=", "group"] = ""
    return rows.assign(term=[term_of(row) for row in rows.to_dict("records")]).set_index(["group", "term"])


@pytest.mark.parametrize("name", CASES)
def test_the_table_of_parameters_is_lavaans(name):
    ours = fitted_case(name).tidy().set_index(["group", "term"])
    theirs = rows_of(name)
    assert list(ours.index) == list(theirs.index)
    table = fitted_case(name).parameters
    kept = table if fitted_case(name).fitted.table.meanstructure else table[table["op"] != "~1"]
    plain = theirs[theirs["op"] != ":="]
    assert kept["user"].tolist() == plain["user"].tolist()
    assert kept["exo"].tolist() == plain["exo"].tolist()


@pytest.mark.parametrize("name", CASES)
def test_estimates_and_errors_are_lavaans(name):
    ours = fitted_case(name).tidy().set_index(["group", "term"])
    theirs = rows_of(name)
    np.testing.assert_allclose(ours["estimate"], theirs["est"].astype(float), atol=ESTIMATE, rtol=1e-5)
    error = theirs["se"].astype(float).fillna(0.0).to_numpy()
    assert (ours["std_error"].isna().to_numpy() == (error == 0.0)).all()
    np.testing.assert_allclose(ours["std_error"].dropna(), error[error > 0.0], rtol=ERROR, atol=1e-6)


@pytest.mark.parametrize("name", CASES)
def test_the_standardised_solution_is_lavaans(name):
    theirs = rows_of(name)
    theirs = theirs[theirs["op"] != ":="]
    for units, value, error in (("all", "std", "std_se"), ("latent", "std_lv", "std_lv_se")):
        ours = fitted_case(name).standardized(units).set_index(["group", "term"]).loc[theirs.index]
        np.testing.assert_allclose(ours["estimate"], theirs[value].astype(float), atol=ESTIMATE, rtol=1e-5)
        their_error = theirs[error].astype(float).fillna(0.0).to_numpy()
        known = their_error > 1e-8
        np.testing.assert_allclose(ours["std_error"].to_numpy()[known], their_error[known], rtol=ERROR, atol=1e-6)
        assert ours["std_error"].isna().to_numpy()[~known].all()


@pytest.mark.parametrize("name", CASES)
def test_fit_is_lavaans(name):
    glance = fitted_case(name).glance().iloc[0]
    theirs = lavaan_values()[name]["fit"]
    compared = 0
    for measure, (ours, tolerance) in FIT.items():
        if theirs.get(measure) is not None and ours in glance:
            assert glance[ours] == pytest.approx(theirs[measure], abs=tolerance, rel=0), measure
            compared += 1
    assert compared >= 13


@pytest.mark.parametrize("name", CASES)
def test_r_squared_is_lavaans(name):
    ours = fitted_case(name).r_squared().set_index(["group", "variable"])["r_squared"]
    theirs = lavaan_values()[name]["r2"]
    groups = fitted_case(name).fitted.table.groups
    for number, group in enumerate(groups):
        of_group = theirs[group] if len(groups) > 1 else theirs
        if isinstance(of_group, list):  # names are lost of a vector; its order is that of lavaan's variables
            np.testing.assert_allclose(sorted(ours.loc[group]), sorted(of_group), atol=ESTIMATE)
            continue
        for variable, value in of_group.items():
            assert ours.loc[group, variable] == pytest.approx(value, abs=ESTIMATE), (number, variable)


@pytest.mark.parametrize("name", [name for name in CASES if "text_again" in lavaan_values()[name]])
def test_the_text_that_is_written_is_the_same_model_in_lavaan(name):
    again, glance = lavaan_values()[name]["text_again"], fitted_case(name).glance().iloc[0]
    assert again["text"] == fitted_case(name).syntax
    assert (again["npar"], again["df"]) == (glance["n_parameters"], glance["df"])
    assert glance["chi2"] == pytest.approx(again["chisq"], abs=1e-2)
    assert glance["log_likelihood"] == pytest.approx(again["logl"], abs=1e-3)


def test_every_text_was_run_again_in_lavaan():
    assert all("text_again" in lavaan_values()[name] for name in CASES)


@pytest.mark.parametrize("name", [name for name in CASES if "modification" in lavaan_values()[name]])
def test_modification_indices_are_lavaans(name):
    ours = fitted_case(name).modification_indices().set_index(["group", "term"])
    groups, found = fitted_case(name).fitted.table.groups, 0
    given = fitted_case(name).fitted.table.given
    for row in lavaan_values()[name]["modification"]:
        key = (groups[int(row.get("group", 1)) - 1], term_of(row))
        if row.get("mi") is None or (row["op"] == "~~" and row["lhs"] in given) or key[1].split(" ~")[0] in given:
            continue
        if row["mi"] > 1e-6:
            assert key in ours.index, key
            assert ours.loc[key, "index"] == pytest.approx(row["mi"], abs=5e-3, rel=1e-3), key
            assert ours.loc[key, "change"] == pytest.approx(row["epc"], abs=5e-4, rel=1e-3), key
            found += 1
    assert found >= 15


def test_correlation_residuals_are_lavaans():
    for name in ("hs_fiml", "gaps_fiml", "hs_listwise"):
        theirs = np.array(lavaan_values()[name]["residual_cor"])
        ours = fitted_case(name).residuals().query("kind != 'mean'")["correlation_residual"]
        np.testing.assert_allclose(ours, theirs[np.tril_indices(len(theirs))], atol=1e-4)


@pytest.mark.parametrize("name", ["hs_fiml", "gaps_fiml", "growth"])
def test_factor_scores_are_lavaans(name):
    case, model = lavaan_values()[name], fitted_case(name)
    latent = list(model.fitted.table.latent)
    np.testing.assert_allclose(model.factor_scores()[latent].iloc[:12], case["scores"], atol=1e-4)
    if "scores_se" in case:
        errors = model.factor_scores()[[f"{one}_std_error" for one in latent]].iloc[0]
        np.testing.assert_allclose(errors, case["scores_se"], atol=1e-4)


@pytest.mark.parametrize(
    ("test", "restricted", "general"),
    [
        ("metric", "metric", "configural"), ("scalar", "scalar", "metric"),
    ],
)  # fmt: skip
def test_differences_are_lavaans(test, restricted, general):
    theirs = lavaan_values()["differences"][test]
    row = fitted_case(general).compared_with(fitted_case(restricted)).iloc[1]
    assert row["chi2_difference"] == pytest.approx(theirs["chi2"], abs=1e-3)
    assert row["df_difference"] == theirs["df"]
    assert row["p_value"] == pytest.approx(theirs["p"], abs=1e-5)


def test_scaled_differences_are_lavaans():
    from sem_cases import table

    from securebase_analysis.models.sem import fit_sem

    text = lavaan_values()["scalar_gaps_mlr"]["model"]
    ladder = [
        fit_sem(table("gaps"), text, estimator="mlr", group="school", equal=equal)
        for equal in ((), ("loadings",), ("loadings", "intercepts"))
    ]
    for test, general, restricted in (("metric_mlr", *ladder[:2]), ("scalar_mlr", *ladder[1:])):
        theirs = lavaan_values()["differences"][test]
        row = restricted.compared_with(general).iloc[1]
        assert row["chi2_difference"] == pytest.approx(theirs["chi2"], abs=1e-2)
        assert row["df_difference"] == theirs["df"]
        assert row["p_value"] == pytest.approx(theirs["p"], abs=1e-3)
