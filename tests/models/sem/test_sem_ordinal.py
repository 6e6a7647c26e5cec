"""Items of ordered categories through the verb, against lavaan 0.6-14: ``tests/reference/ordinal.R``."""

import json
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from securebase_analysis.errors import DataError, ModelError, SecureBaseError
from securebase_analysis.models.sem import SemResult, fit_sem

REFERENCE = Path(__file__).parents[2] / "reference"
VALUES = json.loads((REFERENCE / "ordinal.json").read_text("utf-8"))
THREE = "visual =~ x1 + x2 + x3; textual =~ x4 + x5 + x6; speed =~ x7 + x8 + x9"
SOME = ["x1", "x2", "x3", "x7", "x8", "x9"]
CASES = {
    "items": ("items", THREE, {}),
    "items_std_lv": ("items", THREE, {"std_lv": True}),
    "items_missing": ("items_missing", THREE, {}),
    "items_listwise": ("items_missing", THREE, {"missing": "listwise"}),
    "orthogonal": ("items", THREE, {"orthogonal": True}),
    "mixed": ("mixed", THREE, {"ordered": SOME}),
    "mixed_missing": ("mixed_missing", THREE, {"ordered": SOME}),
    "mixed_age": ("mixed", THREE + "; visual + textual + speed ~ age", {"ordered": SOME}),
    "schools": ("items", THREE, {"group": "school"}),
    "schools_loadings": ("items", THREE, {"group": "school", "equal": "loadings"}),
    "schools_equal": ("items", THREE, {"group": "school", "equal": ["loadings", "thresholds"]}),
    "schools_mixed": (
        "mixed_missing", THREE, {"ordered": SOME, "group": "school", "equal": ["loadings", "intercepts"]},
    ),
}  # fmt: skip
FIT = {
    "npar": "n_parameters", "ntotal": "n_rows", "df": "df", "chisq": "chi2", "cfi": "cfi", "tli": "tli",
    "rmsea": "rmsea", "srmr": "srmr", "chisq.scaled": "chi2_scaled", "pvalue.scaled": "p_value_scaled",
    "chisq.scaling.factor": "scaling_factor", "cfi.scaled": "cfi_scaled", "tli.scaled": "tli_scaled",
    "rmsea.scaled": "rmsea_scaled", "rmsea.ci.lower.scaled": "rmsea_scaled_low",
    "rmsea.ci.upper.scaled": "rmsea_scaled_high",
}  # fmt: skip


TEXTS = ("items", "items_missing", "mixed_age", "schools_equal", "schools_mixed")


def table(name: str) -> pd.DataFrame:
    return pd.read_csv(REFERENCE / f"ordinal_{name}.csv")


@cache
def fitted(name: str) -> SemResult:
    data, model, options = CASES[name]
    return fit_sem(table(data), model, estimator="wlsmv", **options)


def term_of(row: dict) -> str:
    """lavaan's row in our words."""
    if row["op"] == "~*~":
        return f"scale of {row['lhs']}"
    return f"{row['lhs']} {row['op']}{'' if row['op'] == '~1' else ' ' + row['rhs']}"


@pytest.mark.parametrize("name", CASES)
def test_estimates_and_errors_are_lavaans(name):
    ours = fitted(name).tidy().set_index(["group", "term"])
    groups = fitted(name).fitted.table.groups
    rows = [row for row in VALUES["cases"][name]["rows"] if row["op"] != "~*~" or row["key"]]
    theirs = {(groups[row["group"] - 1], term_of(row)): row for row in rows}
    assert set(theirs) == set(ours.index)
    for key, row in theirs.items():
        assert ours.loc[key, "estimate"] == pytest.approx(row["est"], abs=1e-4), key
        if row["key"]:
            assert ours.loc[key, "std_error"] == pytest.approx(row["se"], rel=1e-3, abs=1e-6), key
        else:
            assert np.isnan(ours.loc[key, "std_error"]), key


@pytest.mark.parametrize("name", CASES)
def test_fit_is_lavaans(name):
    glance = fitted(name).glance().iloc[0]
    for measure, ours in FIT.items():
        assert glance[ours] == pytest.approx(VALUES["cases"][name]["fit"][measure], abs=1e-3), measure
    assert glance[["log_likelihood", "aic", "bic", "p_value"]].isna().all()


@pytest.mark.parametrize("number", range(len(VALUES["differences"])))
def test_differences_are_lavaans(number):
    theirs = VALUES["differences"][number]
    row = fitted(theirs["general"]).compared_with(fitted(theirs["restricted"])).iloc[1]
    assert row["chi2_difference"] == pytest.approx(theirs["statistic"], abs=1e-2)
    assert row["df_difference"] == theirs["df"]
    assert row["p_value"] == pytest.approx(theirs["p_value"], abs=1e-4)


def test_the_standardised_solution_is_the_same_in_two_scales():
    one, other = (fitted(name).standardized().set_index("term") for name in ("items", "items_std_lv"))
    np.testing.assert_allclose(one["estimate"], other["estimate"], atol=1e-5)
    np.testing.assert_allclose(one["std_error"], other["std_error"], rtol=1e-3)
    unit = fitted("items_std_lv").tidy().set_index("term")
    for term in ("visual =~ x1", "x4 | t2", "visual ~~ speed"):
        assert other.loc[term, "estimate"] == pytest.approx(unit.loc[term, "estimate"], abs=1e-6)
        assert other.loc[term, "std_error"] == pytest.approx(unit.loc[term, "std_error"], rel=1e-5)
    left = other["estimate"][[f"x{i} ~~ x{i}" for i in range(1, 10)]].to_numpy()
    shares = fitted("items").r_squared().set_index("variable")["r_squared"]
    np.testing.assert_allclose(left, 1.0 - shares[[f"x{i}" for i in range(1, 10)]])


def test_correlations_that_are_left_over_are_lavaans():
    theirs = np.array(VALUES["cases"]["items"]["residuals"])
    ours = fitted("items").residuals()
    assert set(ours["kind"]) == {"variance", "covariance"}
    np.testing.assert_allclose(ours["residual"], theirs[np.tril_indices(9)], atol=1e-4)


@pytest.mark.parametrize("name", TEXTS)
def test_the_text_that_is_written_is_the_same_model_in_lavaan(name):
    theirs = json.loads((REFERENCE / "sem_ordinal_texts.json").read_text("utf-8"))[name]
    glance = fitted(name).glance().iloc[0]
    assert theirs["text"] == fitted(name).syntax
    assert (theirs["n_parameters"], theirs["df"]) == (glance["n_parameters"], glance["df"])
    assert glance["chi2_scaled"] == pytest.approx(theirs["chi2_scaled"], abs=1e-2)


def test_the_text_says_how_to_fit_it_in_r():
    text = fitted("schools_equal").syntax
    assert 'estimator = "WLSMV", ordered = c(' in text
    assert "x1 | c(NA, NA)*t1 + c(x1.cut.t1, x1.cut.t1)*t1" in text
    assert "x1 ~*~ c(1, NA)*x1" in text
    assert "x1 ~~ x1" not in text


def test_all_columns_may_be_named_at_once():
    named = fit_sem(table("items"), THREE, estimator="wlsmv", ordered=True)
    pd.testing.assert_frame_equal(named.tidy(), fitted("items").tidy())


def test_what_is_said_of_the_method():
    notes = " ".join(fitted("items_missing").notes)
    assert "each from the rows that have both columns" in notes
    assert "SB-SEM-97" in notes
    assert "Scaled χ²(24) = " in fitted("items").summary()
    assert "AIC" not in fitted("items").summary()


# ---- what is refused -------------------------------------------------------------------------------------------


def refused(error: type[SecureBaseError], frame: pd.DataFrame, model: str = THREE, **options):
    with pytest.raises(error) as caught:
        fit_sem(frame, model, estimator="wlsmv", **options)
    assert all(problem.fix for problem in caught.value.problems)
    return caught.value.problems


def test_a_category_that_nobody_of_a_group_chose():
    frame = table("items")
    frame.loc[(frame["school"] == "Pasteur") & (frame["x9"] == 4), "x9"] = 3
    (problem,) = refused(DataError, frame, group="school")
    assert (problem.code, problem.column) == ("SB-SEM-92", "x9")
    assert problem.what == "Nobody of group Pasteur answered 4 to x9."
    assert "replace(4, 3)" in problem.fix


def test_a_column_that_is_no_set_of_categories():
    (problem,) = refused(DataError, table("mixed").drop(columns=["age"]), THREE, ordered=["x1", "x4"])
    assert (problem.code, problem.column) == ("SB-SEM-91", "x4")


def test_residual_variances_of_categories_are_not_parameters():
    (problem,) = refused(ModelError, table("items"), THREE + "; x1 ~~ x1")
    assert (problem.code, problem.column) == ("SB-SEM-94", "x1")


def test_columns_that_no_row_has_both_of():
    frame = table("items")
    frame.loc[:150, "x1"] = frame.loc[151:, "x2"] = np.nan
    (problem,) = refused(ModelError, frame)
    assert problem.code == "SB-SEM-95"
    assert "x1 and x2" in problem.what


def test_answers_that_determine_one_another():
    frame = table("items")
    frame["x2"] = frame["x1"]
    (problem,) = refused(ModelError, frame)
    assert problem.code == "SB-SEM-96"
    assert "x1 and x2" in problem.what


def test_a_column_that_is_not_in_the_model_cannot_be_ordered():
    (problem,) = refused(ModelError, table("items").assign(more=1), ordered=["x1", "more"])
    assert problem.code == "SB-MODEL-30"


def test_scores_of_items_that_go_together_beyond_their_construct_are_refused():
    with pytest.raises(ModelError) as caught:
        fit_sem(table("items"), THREE + "; x1 ~~ x2", estimator="wlsmv").factor_scores()
    (problem,) = caught.value.problems
    assert (problem.code, problem.fix[:13]) == ("SB-SEM-37", "Leave out the")


if __name__ == "__main__":  # writes the texts for tests/reference/sem_ordinal_texts.R
    texts = {name: {"data": CASES[name][0], "text": fitted(name).syntax} for name in TEXTS}
    (REFERENCE / "sem_ordinal_texts.json").write_text(json.dumps(texts, indent=1), "utf-8")
