"""What a structural equation model answers."""

import math

import numpy as np
import pandas as pd
import pytest
from sem_cases import fitted_case, lavaan_values, table

from securebase_analysis.models.sem import SemResult, fit_sem

THREE = lavaan_values()["hs_fiml"]["model"]


def hs() -> pd.DataFrame:
    return table("hs")


def sample(seed: int, n: int = 150, path: float = 0.5) -> pd.DataFrame:
    """Two constructs of which one explains the other."""
    random = np.random.default_rng(seed)
    trust = random.normal(size=n)
    belonging = path * trust + random.normal(size=n)
    columns = {f"t{i}": 1.0 + 0.8 * trust + random.normal(size=n) for i in range(3)}
    columns |= {f"b{i}": 0.8 * belonging + random.normal(size=n) for i in range(3)}
    made = pd.DataFrame(columns)
    made[made.columns] = np.where(random.random(made.shape) < 0.1, np.nan, made)
    return made


TWO = "trust =~ NA*t0 + t1 + t2; trust ~~ 1*trust; belonging =~ 0.8*b0 + b1 + b2; belonging ~ path*trust"


# ---- a published example ----------------------------------------------------------------------------------------


def test_three_factors_as_published():
    """Nine tests of Holzinger & Swineford (1939), the example of Rosseel (2012, J Stat Softw 48)."""
    result = fitted_case("hs_listwise")
    glance = result.glance().iloc[0]
    assert round(glance["chi2"], 3) == 85.306
    assert (glance["df"], round(glance["cfi"], 3), round(glance["tli"], 3)) == (24, 0.931, 0.896)
    assert (round(glance["rmsea"], 3), round(glance["srmr"], 3)) == (0.092, 0.065)
    assert (round(glance["rmsea_low"], 3), round(glance["rmsea_high"], 3)) == (0.071, 0.114)
    table_of = result.tidy().set_index("term").round(3)
    assert table_of.loc["visual =~ x2", ["estimate", "std_error"]].tolist() == [0.554, 0.100]
    assert table_of.loc["textual =~ x5", ["estimate", "std_error"]].tolist() == [1.113, 0.065]
    assert table_of.loc["speed =~ x9", ["estimate", "std_error"]].tolist() == [1.082, 0.151]


def test_loadings_equal_over_time_and_an_indirect_effect():
    """Democracy in 1960 and 1965 in 75 countries, the example of Bollen (1989)."""
    estimate = fitted_case("democracy").tidy().set_index("term")["estimate"]
    for early, late in (("y2", "y6"), ("y3", "y7"), ("y4", "y8")):
        assert estimate[f"dem60 =~ {early}"] == estimate[f"dem65 =~ {late}"]
    assert estimate["indirect"] == pytest.approx(estimate["dem60 ~ ind60"] * estimate["dem65 ~ dem60"])
    assert estimate["total"] == pytest.approx(estimate["indirect"] + estimate["dem65 ~ ind60"])


# ---- recovery ---------------------------------------------------------------------------------------------------


def test_intervals_of_a_path_cover_it():
    """Sixty samples of 150 with gaps: 95 % intervals cover the path between 87 and 100 % of the time."""
    found = [
        fit_sem(sample(seed), TWO, fixed_x=True).tidy().set_index("term").loc["belonging ~ trust"]
        for seed in range(60)
    ]
    inside = np.mean([row["conf_low"] < 0.5 < row["conf_high"] for row in found])
    assert 0.87 <= inside <= 1.0
    assert np.mean([row["estimate"] for row in found]) == pytest.approx(0.5, abs=0.06)
    spread = np.std([row["estimate"] for row in found])
    assert np.mean([row["std_error"] for row in found]) == pytest.approx(spread, rel=0.3)


# ---- what the answer is -----------------------------------------------------------------------------------------


def test_columns_in_another_order_and_rows_in_another_order_give_the_same():
    shuffled = hs().sample(frac=1.0, random_state=4)[hs().columns[::-1]]
    ours, theirs = fit_sem(hs(), THREE), fit_sem(shuffled, THREE)
    np.testing.assert_allclose(ours.tidy()["estimate"], theirs.tidy()["estimate"], atol=1e-6)
    pd.testing.assert_frame_equal(
        ours.factor_scores(), theirs.factor_scores().sort_index(), atol=1e-6, check_names=False
    )


def test_one_model_in_two_scales_has_one_likelihood_and_one_standardised_solution():
    one, other = fitted_case("hs_listwise"), fitted_case("hs_std_lv")
    assert one.glance()["log_likelihood"].item() == pytest.approx(
        other.glance()["log_likelihood"].item(), abs=1e-6
    )
    pd.testing.assert_frame_equal(one.standardized(), other.standardized(), atol=1e-5)


def test_what_is_taken_as_given_is_given_whichever_way():
    """Without gaps in them, predictors as given or as part of the model give the same paths and chi-square."""
    model = "visual =~ x1 + x2 + x3; visual ~ sex + ageyr"
    given, part = fit_sem(hs(), model), fit_sem(hs(), model, fixed_x=False)
    ours, theirs = given.tidy().set_index("term"), part.tidy().set_index("term")
    free = ours.index[ours["std_error"].notna()]
    np.testing.assert_allclose(ours.loc[free, "estimate"], theirs.loc[free, "estimate"], atol=1e-6)
    np.testing.assert_allclose(ours.loc[free, "std_error"], theirs.loc[free, "std_error"], atol=1e-6)
    assert given.glance()["chi2"].item() == pytest.approx(part.glance()["chi2"].item(), abs=1e-6)
    assert given.glance()["df"].item() == part.glance()["df"].item()
    assert part.glance()["n_parameters"].item() - given.glance()["n_parameters"].item() == 5
    assert np.isnan(ours.loc["sex ~~ ageyr", "std_error"])
    assert theirs.loc["sex ~~ ageyr", "std_error"] > 0


def test_fixed_parameters_have_no_error_and_no_test():
    row = fitted_case("hs_fiml").tidy().set_index("term").loc["visual =~ x1"]
    assert row["estimate"] == 1.0
    assert row[["std_error", "statistic", "p_value", "conf_low", "conf_high"]].isna().all()


def test_modification_indices_are_what_chi_square_falls_by():
    general = fitted_case("hs_fiml")
    top = general.modification_indices().iloc[0]
    freed = fit_sem(hs(), f"{THREE}\n{top['term']}")
    fallen = general.glance()["chi2"].item() - freed.glance()["chi2"].item()
    assert fallen == pytest.approx(top["index"], rel=0.1)
    assert freed.tidy().set_index("term").loc[top["term"], "estimate"] == pytest.approx(top["change"], rel=0.3)
    assert (general.modification_indices(minimum=5.0)["index"] >= 5.0).all()
    assert top["p_value"] == pytest.approx(math.erfc(math.sqrt(top["index"] / 2.0)))


def test_modification_indices_hold_under_an_equality():
    """Where lavaan's are not: see the note in ``tests/reference/sem.R``."""
    restricted = fitted_case("paths_given")
    index = restricted.modification_indices().set_index("term").loc["visual =~ x1", "index"]
    text = lavaan_values()["paths_given"]["model"].replace("visual =~ x1", "visual =~ NA*x1 + start(1)*x1")
    freed = fit_sem(table("gaps"), text)
    assert index == pytest.approx(restricted.glance()["chi2"].item() - freed.glance()["chi2"].item(), rel=0.05)


def test_comparison_does_not_depend_on_which_is_asked():
    one, other = fitted_case("metric"), fitted_case("configural")
    pd.testing.assert_frame_equal(one.compared_with(other), other.compared_with(one))
    frame = one.compared_with(other)
    assert frame["model"].tolist() == ["restricted", "general"]
    assert frame.loc[1, "cfi_difference"] == pytest.approx(frame.loc[1, "cfi"] - frame.loc[0, "cfi"])
    chi2 = frame.loc[0, "chi2"] - frame.loc[1, "chi2"]
    assert frame.loc[1, "chi2_difference"] == pytest.approx(chi2, abs=1e-6)


def test_implied_and_residual_moments_add_up_to_the_observed():
    result = fitted_case("hs_fiml")
    residuals = result.residuals()
    np.testing.assert_allclose(residuals["observed"], residuals["implied"] + residuals["residual"])
    row = residuals.query("variable == 'x4' and other == 'x2'").iloc[0]
    assert row["observed"] == pytest.approx(np.cov(hs()["x2"], hs()["x4"], bias=True)[0, 1])
    implied = result.implied().set_index("variable")
    assert row["implied"] == pytest.approx(implied.loc["x2", "x4"])
    assert implied.loc["visual", "mean"] == 0.0


def test_rows_stand_in_the_order_of_the_table_whatever_their_group():
    mixed = hs().sample(frac=1.0, random_state=2).reset_index(drop=True)
    result = fit_sem(mixed, THREE, group="school")
    scores = result.factor_scores()
    assert scores.index.tolist() == mixed.index.tolist() == result.augment().index.tolist()
    assert np.corrcoef(scores["textual"], mixed["x5"])[0, 1] > 0.8
    sorted_by_school = fit_sem(mixed.sort_values("school"), THREE, group="school")
    ours, theirs = scores["textual"], sorted_by_school.factor_scores()["textual"]
    np.testing.assert_allclose(theirs.sort_index(), ours, atol=1e-5)


def test_rows_far_from_the_model_have_a_distance():
    augmented = fitted_case("hs_fiml").augment()
    assert augmented.index.equals(hs().index)
    assert augmented["distance"].mean() == pytest.approx(9.0, rel=0.02)


def test_the_start_that_is_given_is_where_the_search_begins():
    far = fit_sem(hs(), THREE.replace("x2", "start(0.5)*x2").replace("x8", "start(2)*x8"))
    np.testing.assert_allclose(far.tidy()["estimate"], fitted_case("hs_fiml").tidy()["estimate"], atol=1e-5)


def test_defined_parameters_have_errors_by_the_delta_method():
    """A product of two paths: Sobel's error."""
    result = fit_sem(hs(), "x4 ~ a*x1; x7 ~ b*x4 + x1; ab := a*b; ratio := exp(log(a)) / sqrt(b^2)")
    rows = result.tidy().set_index("term")
    a, b = rows.loc["x4 ~ x1"], rows.loc["x7 ~ x4"]
    sobel = np.sqrt((a["estimate"] * b["std_error"]) ** 2 + (b["estimate"] * a["std_error"]) ** 2)
    assert rows.loc["ab", "std_error"] == pytest.approx(sobel, rel=1e-6)
    assert rows.loc["ratio", "estimate"] == pytest.approx(a["estimate"] / b["estimate"])


def test_defined_parameters_that_are_no_numbers_are_missing():
    """And powers of what is negative are numbers, with errors, where the exponent is whole."""
    text = "x4 ~ a*x1; x7 ~ b*x4; none := log(a - 100); root := sqrt(a - 100); half := (a - 100)^0.5"
    rows = (
        fit_sem(hs(), text + "; square := (a - 100)^2; straight := a^2 - 200*a + 10000").tidy().set_index("term")
    )
    assert rows.loc[["none", "root", "half"], ["estimate", "std_error", "p_value"]].isna().all(axis=None)
    np.testing.assert_allclose(
        rows.loc["square", ["estimate", "std_error"]].astype(float),
        rows.loc["straight", ["estimate", "std_error"]].astype(float),
    )


def test_a_search_without_a_maximum_gives_no_errors_and_no_test(monkeypatch):
    from securebase_analysis.engines import structural_equations
    from securebase_analysis.models.sem import fitting

    def stopped(groups, start=None, **options):
        return structural_equations.fit_structures(groups, start, most_steps=1)

    monkeypatch.setattr(fitting, "fit_structures", stopped)
    result = fit_sem(hs(), THREE)
    assert not result.glance()["converged"].item()
    assert result.tidy()["std_error"].isna().all()
    assert result.glance()[["chi2", "cfi", "rmsea"]].isna().all(axis=None)
    assert any("not to be used" in note for note in result.notes)


def test_neither_the_table_nor_the_answer_is_changed():
    before = hs().copy()
    given = before.copy()
    result = fit_sem(given, THREE, group="school")
    pd.testing.assert_frame_equal(given, before)
    handed_out = result.parameters
    handed_out["free"] = 0
    assert result.parameters["free"].max() > 0
    assert isinstance(result, SemResult)


def test_names_of_any_alphabet_and_numbers_for_groups():
    frame = (
        hs()
        .rename(columns={"x1": "größe", "x2": "x.2"})
        .assign(school=np.where(hs()["school"] == "Pasteur", 1.0, 2.0))
    )
    result = fit_sem(frame, "visüal =~ größe + x.2 + x3", group="school")
    assert set(result.tidy()["group"]) == {"1", "2"}
    assert "visüal =~ größe" in set(result.tidy()["term"])


def test_a_result_in_words():
    text = fitted_case("gaps_mlr").summary()
    assert "Scaled χ²(24) = " in text
    assert "CFI ." in text
    assert "taken as missing at random" in text
    assert fitted_case("gaps_mlr").syntax.startswith(
        '# lavaan::lavaan(model, data, missing = "ml", estimator = "MLR"'
    )
