"""Residuals, checks and predictions of Cox's model against R (tests/reference/hazards.R) and their definitions."""

import json
import runpy
from pathlib import Path

import numpy as np
import pytest

from securebase_analysis.engines import cox_residuals
from securebase_analysis.engines.baseline_hazard import predicted_hazard
from securebase_analysis.engines.partial_likelihood import fit_cox
from securebase_analysis.engines.proportional_hazards import proportional_hazards_test

FOLDER = Path(__file__).parents[1] / "reference"
REFERENCE = json.loads((FOLDER / "hazards.json").read_text())
CLOSE = {"rtol": 1e-8, "atol": 1e-8}


@pytest.fixture(scope="module")
def fits():
    return runpy.run_path(str(FOLDER / "hazards_models.py"))["cox_fits"]()


@pytest.mark.parametrize("name", REFERENCE["residuals"])
def test_residuals_are_those_of_survival(fits, name):
    fit, reference = fits[name], REFERENCE["residuals"][name]
    np.testing.assert_allclose(cox_residuals.martingale_residuals(fit), reference["martingale"], **CLOSE)
    np.testing.assert_allclose(cox_residuals.deviance_residuals(fit), reference["deviance"], **CLOSE)
    np.testing.assert_allclose(cox_residuals.schoenfeld_residuals(fit).T, reference["schoenfeld"], **CLOSE)
    np.testing.assert_allclose(cox_residuals.scaled_schoenfeld_residuals(fit).T, reference["scaled"], **CLOSE)
    np.testing.assert_allclose(cox_residuals.score_residuals(fit).T, reference["score"], **CLOSE)
    np.testing.assert_allclose(cox_residuals.dfbeta(fit).T, reference["dfbeta"], **CLOSE)


@pytest.mark.parametrize("name", ["cgd", "moves_all", "bladder_pwp_gap"])
def test_residuals_add_up_to_nothing_at_the_maximum(fits, name):
    fit = fits[name]
    weight, rows = fit.at.surface.weight, fit.sets.event_row
    martingale = cox_residuals.martingale_residuals(fit)
    assert weight @ martingale == pytest.approx(0.0, abs=1e-8)
    np.testing.assert_allclose(cox_residuals.score_residuals(fit) @ weight, 0.0, atol=1e-6)
    np.testing.assert_allclose(cox_residuals.schoenfeld_residuals(fit) @ weight[rows], 0.0, atol=1e-6)


def test_influences_of_clusters_make_their_covariance(fits):
    fit = fits["moves_all"]
    random = np.random.default_rng(0)
    cluster = random.integers(0, 30, fit.sets.n_rows)
    by_cluster = cox_residuals.dfbeta(fit, cluster)
    by_row = cox_residuals.dfbeta(fit)
    np.testing.assert_allclose(by_cluster[:, 7], by_row[:, cluster == 7].sum(axis=1), rtol=1e-12)


def test_influence_foretells_what_leaving_a_cluster_out_does(fits):
    cohort = runpy.run_path(str(FOLDER / "hazards_models.py"))["COHORTS"]["moves"]
    X, fit = cohort[["difficulty", "kinship"]].to_numpy(float).T, fits["moves"]
    predicted = cox_residuals.dfbeta(fit, cohort["carer"])
    moved = []
    for carer in np.unique(cohort["carer"]):
        kept = (cohort["carer"] != carer).to_numpy()
        left = fit_cox(cohort["stop"][kept], cohort["event"][kept], X[:, kept], start=cohort["start"][kept])
        moved.append(fit.beta - left.beta)
    assert np.corrcoef(np.ravel(np.transpose(moved)), predicted.ravel())[0, 1] > 0.98


def test_deviance_residuals_of_children_come_from_their_sums(fits):
    fit = fits["lung"]
    own = cox_residuals.deviance_of_martingale(cox_residuals.martingale_residuals(fit), fit.sets.event)
    np.testing.assert_array_equal(own, cox_residuals.deviance_residuals(fit))
    # A child with three events of whom 2.0 were expected.
    expected = np.sqrt(2 * (3 * np.log(3 / 2.0) - (3 - 2.0)))
    assert cox_residuals.deviance_of_martingale(np.array([1.0]), [3])[0] == pytest.approx(expected)


# ---- proportional hazards ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("transform", ["km", "rank", "identity", "log"])
@pytest.mark.parametrize("name", REFERENCE["zph"])
def test_proportional_hazards_are_tested_as_by_survival(fits, name, transform):
    found = proportional_hazards_test(fits[name], transform)
    np.testing.assert_allclose(found.statistic, REFERENCE["zph"][name][transform], rtol=1e-7, atol=1e-8)
    np.testing.assert_array_equal(found.df, [1] * len(fits[name].beta) + [len(fits[name].beta)])


def test_columns_of_one_term_are_tested_together(fits):
    found = proportional_hazards_test(fits["moves"], "rank", [[0, 1]])
    np.testing.assert_allclose(found.statistic, REFERENCE["zph_together"], rtol=1e-8)
    np.testing.assert_array_equal(found.df, [2, 2])


def test_score_test_is_near_the_likelihood_ratio_test_of_the_changing_coefficient(fits):
    """The same question by rows cut at every event time, with the column times the time as a second column."""
    cohort = runpy.run_path(str(FOLDER / "hazards_models.py"))["COHORTS"]["lung"]
    times = np.unique(cohort["time"][cohort["event"] == 1])
    stop, event, x = (cohort[name].to_numpy() for name in ("time", "event", "sex"))
    row, k = np.nonzero(times[None, :] <= stop[:, None])
    starts = np.concatenate([[0.0], times])[k]
    happened = event[row] * (stop[row] == times[k])
    plain = fit_cox(times[k], happened, [x[row]], start=starts)
    changing = fit_cox(times[k], happened, [x[row], x[row] * times[k]], start=starts)
    found = proportional_hazards_test(fit_cox(stop, event, [x]), "identity").statistic[0]
    assert found == pytest.approx(2 * (changing.log_likelihood - plain.log_likelihood), rel=0.05)


def test_what_cannot_be_tested_is_said(fits):
    x = np.arange(20.0)
    with pytest.raises(ValueError, match="all events are at one time"):
        proportional_hazards_test(fit_cox(np.full(20, 3.0), x % 2, [x % 7]))
    with pytest.raises(ValueError, match="no value at some event times"):
        proportional_hazards_test(fit_cox(x - 5, x % 2, [x % 7]), "log")
    with pytest.raises(ValueError, match="transform is"):
        proportional_hazards_test(fits["lung"], "sqrt")


# ---- baseline ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", REFERENCE["baseline"])
def test_predicted_hazards_are_those_of_survival(fits, name):
    reference, fit = REFERENCE["baseline"][name], fits[name.removesuffix("_naive")]
    profiles = [[50, 70], [1, 2], [0, 2]] if name.startswith("lung") else [[0, 1], [0, 1]]
    found = predicted_hazard(fit, profiles, clustered=name == "moves")
    np.testing.assert_allclose(found.time, reference["time"], rtol=1e-12)
    np.testing.assert_allclose(found.cumulative, reference["cumulative"], **CLOSE)
    np.testing.assert_allclose(found.std_error, reference["std_error"], **CLOSE)
    np.testing.assert_allclose(found.survival, np.exp(-found.cumulative))
    np.testing.assert_allclose(found.survival_std_error, found.survival * found.std_error)


def test_predictions_begin_anew_in_each_stratum_and_know_the_offset(fits):
    fit = fits["moves_all"]
    found, plain = (predicted_hazard(fit, [[0.5], [1.0]], offset=offset) for offset in (0.7, 0.0))
    np.testing.assert_allclose(found.cumulative, plain.cumulative * np.exp(0.7), rtol=1e-12)
    for stratum in range(3):
        here = found.stratum == stratum
        assert (np.diff(found.cumulative[here, 0]) > 0).all()
        assert found.cumulative[here][0, 0] < 0.5 * found.cumulative[here][-1, 0]
    cohort = runpy.run_path(str(FOLDER / "hazards_models.py"))["COHORTS"]["moves"]
    first = cohort["site"].to_numpy() == 0
    expected = ((cohort["start"].to_numpy() < found.time[0]) & (found.time[0] <= cohort["stop"].to_numpy()))[first]
    assert found.n_at_risk[0] == expected.sum()


def test_clustered_errors_need_clusters(fits):
    with pytest.raises(ValueError, match="no clusters"):
        predicted_hazard(fits["lung"], [[50], [1], [0]], clustered=True)
