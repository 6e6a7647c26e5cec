"""Likelihood-ratio tests against R's anova, by hand, in simulation, and what is refused."""

import numpy as np
import pandas as pd
import pytest
from after_growth_models import REFERENCE, close, data_of
from scipy import stats

from securebase_analysis.errors import ModelError
from securebase_analysis.models.after_growth.comparison import compared, p_at_zero
from securebase_analysis.models.growth import fit_growth
from securebase_analysis.show.figures.effects_behind import effects_frame
from securebase_analysis.show.figures.picture import picture_of

PLAIN = "trust ~ years + stress"
MODELS = {  # data, formula and random part of the smaller and of the larger, group, method
    "sleep_slope": ("sleep", ("Reaction ~ Days", "1"), ("Reaction ~ Days", "Days"), "Subject", "reml"),
    "sleep_slope_ml": ("sleep", ("Reaction ~ Days", "1"), ("Reaction ~ Days", "Days"), "Subject", "ml"),
    "sleep_correlation": (
        "sleep", ("Reaction ~ Days", ["1", "0 + Days"]), ("Reaction ~ Days", "Days"), "Subject", "reml",
    ),
    "sleep_days": ("sleep", ("Reaction ~ 1", "Days"), ("Reaction ~ Days", "Days"), "Subject", "ml"),
    "teeth_sex": ("teeth", ("distance ~ age", "age"), ("distance ~ age * Sex", "age"), "Subject", "ml"),
    "contexts": ("contexts", (PLAIN, "years"), (f"{PLAIN} + years * context", "years"), "child", "ml"),
    "contexts_both": ("contexts", (PLAIN, "1"), (f"{PLAIN} + years * context", "years"), "child", "ml"),
    "years_in_waves": ("contexts", ("trust ~ years + stress", "1"), ("trust ~ w + stress", "1"), "child", "ml"),
}  # fmt: skip


def pair(name, method=None, **options):
    data, smaller, larger, group, asked = MODELS[name]
    return [
        fit_growth(data_of(data), formula, random, group, method=method or asked, **options)
        for formula, random in (smaller, larger)
    ]


# ---- equal to R -----------------------------------------------------------------------------------------------


def test_every_comparison_has_its_reference_and_none_is_left_over():
    assert set(REFERENCE["comparisons"]) == set(MODELS)


@pytest.mark.parametrize("name", MODELS)
def test_comparisons_equal_anova(name):
    expected = REFERENCE["comparisons"][name]
    smaller, larger = pair(name)
    found = compared(smaller, larger)
    table = found.tidy().set_index(["effect", "term"])
    test = table.loc["likelihood ratio", "chi-square"]
    assert test["df"] == expected["df"][0]
    close(test["estimate"], expected["chi2"][0], 1e-6, 1e-7)
    close(test["p_value"], expected["p"][0], 1e-6)
    for effect, of in (("AIC", "aic"), ("BIC", "bic"), ("log-likelihood", "log_likelihood")):
        close(table.loc[effect]["estimate"][["smaller", "larger"]], expected[of], 1e-9, 1e-7)
    facts = found.glance().iloc[0]
    assert (facts["chi2"], facts["df"], facts["p_value"]) == tuple(test[["estimate", "df", "p_value"]])
    assert not [note for note in found.notes if "Refitted" in note]


@pytest.mark.parametrize("name", MODELS)
def test_the_order_does_not_matter(name):
    smaller, larger = pair(name)
    pd.testing.assert_frame_equal(compared(larger, smaller).tidy(), compared(smaller, larger).tidy())


def test_published_figures_of_the_sleep_study():
    """Bates, Mächler, Bolker & Walker (2015), J Stat Softw 67(1): anova of fm2 and fm1, refitted by ML."""
    found = compared(*pair("sleep_correlation", "ml"))
    table = found.tidy().set_index(["effect", "term"])["estimate"]
    facts = found.glance().iloc[0]
    assert (round(facts["chi2"], 4), facts["df"], round(facts["p_value"], 4)) == (0.0639, 1, 0.8004)
    assert table["AIC"].round(1).tolist() == [1762.0, 1763.9]
    assert table["BIC"].round(1).tolist() == [1778.0, 1783.1]
    assert table["log-likelihood"].round(2).tolist() == [-876.00, -875.97]


# ---- REML and ML ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["teeth_sex", "contexts", "contexts_both"])
@pytest.mark.parametrize("df", ["satterthwaite", "kenward-roger"])
def test_110_models_by_reml_with_other_fixed_effects_are_refitted_by_ml_and_it_is_said(name, df):
    found = compared(*pair(name, "reml", df=df))
    close(found.glance()["chi2"], REFERENCE["comparisons"][name]["chi2"], 1e-6)
    assert found.glance()["method"].item() == "ml"
    (note,) = [note for note in found.notes if "SB-MODEL-11" in note]
    assert "Refitted by ML for the comparison." in note
    assert note in found.summary()


def test_one_by_ml_and_one_by_reml_are_both_by_ml():
    (_, by_reml), (by_ml, _) = pair("sleep_slope"), pair("sleep_slope_ml")
    found = compared(by_reml, by_ml)
    close(found.glance()["chi2"], REFERENCE["comparisons"]["sleep_slope_ml"]["chi2"], 1e-6)
    assert "One model was fitted by REML, the other by ML. Refitted by ML" in found.notes[-1]


def test_reml_stays_where_only_random_parts_differ():
    found = compared(*pair("sleep_slope"))
    assert found.glance()["method"].item() == "reml"
    assert found.larger.request.method == "reml"


# ---- a variance that cannot be below zero ---------------------------------------------------------------------


def test_the_mixture_is_that_of_self_and_liang():
    """Self & Liang (1987), case 5: half at zero, half on one degree; Stram & Lee (1994), case 3: one and two."""
    assert p_at_zero(0.0, 1) == 1.0
    assert p_at_zero(2.71, 1) == pytest.approx(stats.chi2.sf(2.71, 1) / 2)
    assert p_at_zero(5.14, 2) == pytest.approx((stats.chi2.sf(5.14, 1) + stats.chi2.sf(5.14, 2)) / 2)
    # Critical values of an equal mixture that textbooks print (Fitzmaurice, Laird & Ware 2011, table C.1).
    for df, limit in ((1, 2.71), (2, 5.14), (3, 7.05), (4, 8.76)):
        assert p_at_zero(limit, df) == pytest.approx(0.05, abs=3e-4)


def test_one_variance_more_has_both_p_values():
    found = compared(*pair("sleep_slope"))
    table = found.tidy().set_index("term")
    ordinary, at_zero = table.loc["chi-square"], table.loc["chi-square, variance at zero"]
    assert at_zero["estimate"] == ordinary["estimate"]
    assert at_zero["p_value"] == pytest.approx(p_at_zero(ordinary["estimate"], 2))
    assert at_zero["p_value"] < ordinary["p_value"]
    assert (
        found.sentence() == "χ²(2) = 42.84, p < .001; p < .001 when it counts that no variance can be below zero."
    )
    assert any("Stram & Lee 1994" in note for note in found.notes)
    assert "The larger model adds var(Days) of Subject, cov(Days, Intercept) of Subject." in found.notes


def test_a_variance_of_zero_is_no_gain():
    """Where the search of the larger model ends at a variance of zero, both p-values are one."""
    random = np.random.default_rng(3)
    child = np.repeat(np.arange(20), 3)
    frame = pd.DataFrame({"child": child, "years": np.tile(np.arange(3.0), 20)})
    for _ in range(20):
        frame["trust"] = random.normal(size=20)[child] + random.normal(size=60)
        larger = fit_growth(frame, "trust ~ years", ["1", "0 + years"])
        if larger.fit.singular:
            break
    found = compared(larger, {"random": "1"})
    assert found.tidy()["p_value"].tolist()[:2] == [1.0, 1.0]


def test_no_variance_more_has_one_p_value():
    found = compared(*pair("sleep_correlation"))
    assert "chi-square, variance at zero" not in set(found.tidy()["term"])
    assert found.sentence() == "χ²(1) = 0.04, p = .839."


def test_p_values_at_zero_are_even_where_there_is_no_variance():
    """A hundred cohorts without a difference in slope: the ordinary p is too cautious."""
    random = np.random.default_rng(5)
    child = np.repeat(np.arange(30), 4)
    frame = pd.DataFrame({"child": child, "years": np.tile(np.arange(4.0), 30)})
    low = {"chi-square": 0, "chi-square, variance at zero": 0}
    for _ in range(100):
        frame["trust"] = random.normal(size=30)[child] + random.normal(size=120)
        smaller = fit_growth(frame, "trust ~ years", "1")
        larger = fit_growth(frame, "trust ~ years", ["1", "0 + years"])
        p = compared(smaller, larger).tidy().set_index("term")["p_value"]
        for term in low:
            low[term] += p[term] < 0.1
    # 10 of 100 expected; 3 to 20 holds all but 0.3 %. The ordinary p: 5 of 100 expected.
    assert 3 <= low["chi-square, variance at zero"] <= 20
    assert low["chi-square"] < low["chi-square, variance at zero"]


def test_several_variances_are_told_to_be_cautious():
    frame = data_of("contexts")
    smaller = fit_growth(frame, "trust ~ years", "1")
    larger = fit_growth(frame, "trust ~ years", "years + stress")
    found = compared(smaller, larger)
    assert "chi-square, variance at zero" not in set(found.tidy()["term"])
    assert any(note.startswith("2 variances are added") for note in found.notes)


# ---- another model of the same kind ---------------------------------------------------------------------------


def test_the_other_model_can_be_told_by_its_differences():
    smaller, larger = pair("sleep_slope")
    pd.testing.assert_frame_equal(compared(larger, {"random": "1"}).tidy(), compared(larger, smaller).tidy())


def test_the_other_model_is_fitted_to_the_rows_that_the_first_used():
    frame = data_of("contexts").copy()
    frame.loc[[3, 7, 20], "stress"] = np.nan
    larger = fit_growth(frame, "trust ~ years + stress", "1", method="ml")
    found = compared(larger, {"formula": "trust ~ years"})
    assert found.smaller.data.n_rows == len(frame) - 3
    complete = frame.dropna(subset=["stress"])
    expected = [fit_growth(complete, formula, method="ml").fit.log_likelihood
                for formula in ("trust ~ years", "trust ~ years + stress")]  # fmt: skip
    assert found.glance()["chi2"].item() == pytest.approx(2 * (expected[1] - expected[0]))


def test_residuals_that_follow_one_another_are_compared_with_those_that_do_not():
    frame = data_of("contexts")
    found = compared(fit_growth(frame, "trust ~ years", "1"), {"residual": "ar1"})
    assert found.glance()["df"].item() == 1
    assert "The larger model adds residual='ar1'." in found.notes


# ---- what is refused ------------------------------------------------------------------------------------------


def refusal(one, other):
    with pytest.raises(ModelError) as caught:
        compared(one, other)
    (problem,) = caught.value.problems
    assert problem.code == "SB-MODEL-74"
    assert "s00" not in str(problem)
    assert problem.fix
    return problem


def test_models_of_other_rows_are_refused_with_counts():
    frame = data_of("contexts").copy()
    frame.loc[[3, 7, 20], "stress"] = np.nan
    one, other = (fit_growth(frame, f"trust ~ years{more}") for more in ("", " + stress"))
    problem = refusal(one, other)
    assert "189 and 186 rows" in problem.what
    assert problem.fix.endswith("data.dropna(subset=['years', 'stress']).")


def test_models_of_other_outcomes_are_refused():
    frame = data_of("contexts")
    one = fit_growth(frame, "trust ~ years")
    assert "different outcomes" in refusal(one, fit_growth(frame, "stress ~ years + boy")).what
    shuffled = frame.sample(frac=1.0, random_state=1)
    assert "another order of rows" in refusal(one, fit_growth(shuffled, "trust ~ years + boy")).what


def test_models_of_which_none_is_a_special_case_are_refused():
    frame = data_of("contexts")
    one = fit_growth(frame, "trust ~ years + stress")
    assert "stress (fixed effects)" in refusal(one, fit_growth(frame, "trust ~ years * context")).what
    assert "Both models have 5 parameters" in refusal(one, {"formula": "trust ~ stress + years"}).what
    one = fit_growth(frame, "trust ~ years", "0 + years")
    assert (
        "var(years) of child (random effects)" in refusal(one, fit_growth(frame, "trust ~ years * context")).what
    )
    one = fit_growth(frame, "trust ~ years", residual="ar1")
    problem = refusal(one, fit_growth(frame, "trust ~ years * context"))
    assert "residual='ar1' (structure of the residuals)" in problem.what
    assert "AIC" in problem.fix


def test_columns_of_one_name_and_other_numbers_are_not_taken_for_the_same():
    frame = data_of("contexts")
    later = frame.assign(years=frame["years"] - 2.0)
    one = fit_growth(frame, "trust ~ years", "1")
    # A shifted column spans the same model, but not the same restricted likelihood once it interacts.
    found = compared(one, fit_growth(later, "trust ~ years + boy", "1"))
    expected = compared(one, {"formula": "trust ~ years + boy"})
    assert found.glance()["chi2"].item() == pytest.approx(expected.glance()["chi2"].item(), rel=1e-6)
    stretched = frame.assign(years=frame["years"] ** 2)
    assert "years (fixed effects)" in refusal(one, fit_growth(stretched, "trust ~ years + boy", "1")).what
    slope = fit_growth(later, "trust ~ years + boy", "years")
    assert "years of child" in refusal(fit_growth(frame, "trust ~ years", "years"), slope).what
    moved = frame.assign(child=frame["child"].sample(frac=1.0, random_state=1).to_numpy(), wave=1).drop(
        columns="wave"
    )
    assert "different numbers: child" in refusal(one, fit_growth(moved, "trust ~ years + boy", "1")).what


def test_models_of_another_kind_are_refused():
    frame = data_of("contexts").assign(weight=1.5)
    one = fit_growth(frame, "trust ~ years")
    assert "weights" in refusal(one, fit_growth(frame, "trust ~ years + boy", weights="weight")).what
    assert "DataFrame" in refusal(one, frame).what


def test_the_picture_shows_the_fixed_effects_of_both():
    found = compared(*pair("contexts"))
    frame = effects_frame(found)
    assert frame["label"].tolist()[:2] == ["Years · smaller", "Years · larger"]
    assert len(frame) == 2 + 6
    larger = found.larger.tidy().query("effect == 'fixed' and term != 'Intercept'")
    np.testing.assert_array_equal(frame.query("size == 'larger'")["estimate"], larger["estimate"])
    picture = picture_of(found)
    assert found.sentence() in picture.alt
    assert found.sentence() in picture.notes
