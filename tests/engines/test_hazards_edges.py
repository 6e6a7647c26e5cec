"""Hazard models on data of awkward shape, against R (tests/reference/hazards_edges.R) and against arithmetic."""

import json
from pathlib import Path

import numpy as np
import pytest

from securebase_analysis.engines.frailty import fit_frailty, theta_profile
from securebase_analysis.engines.leave_one_cluster_out import (
    adjusted_covariance,
    jackknife_covariance,
    without_each_cluster,
)
from securebase_analysis.engines.partial_likelihood import fit_cox, squared_length
from securebase_analysis.engines.profile_hazard_ratio import profile_interval
from securebase_analysis.engines.proportional_hazards import proportional_hazards_test
from securebase_analysis.engines.risk_sets import risk_sets
from securebase_analysis.engines.risk_table import risk_table
from securebase_analysis.engines.rounded_times import rounded_together

REFERENCE = json.loads((Path(__file__).parents[1] / "reference" / "hazards_edges.json").read_text())
# Columns whose correlation differs from 1 by 1e-9 leave R and us about 7 digits.
CLOSE = {"rtol": 2e-6, "atol": 1e-7}


def data(name):
    return {key: np.asarray(values, dtype=float) for key, values in REFERENCE[name]["data"].items()}


# ---- columns that are all but the same --------------------------------------------------------------------------


@pytest.mark.parametrize(("ties", "name"), [("efron", "fit"), ("breslow", "breslow")])
def test_columns_that_are_all_but_the_same_are_told_apart_as_by_survival(ties, name):
    frame, reference = data("alike"), REFERENCE["alike"][name]
    X = [frame["x"], frame["same"], frame["other"]]
    fit = fit_cox(frame["time"], frame["event"], X, cluster=frame["carer"], ties=ties)
    assert fit.converged
    assert not fit.runaway.any()
    assert abs(fit.beta[0]) > 100
    np.testing.assert_allclose(fit.beta, reference["beta"], **CLOSE)
    np.testing.assert_allclose(np.sqrt(fit.vcov.diagonal()), reference["naive"], **CLOSE)
    np.testing.assert_allclose(np.sqrt(fit.vcov_clustered.diagonal()), reference["clustered"], **CLOSE)
    np.testing.assert_allclose(fit.log_likelihood, reference["log_likelihood"][1], rtol=1e-10)


def test_the_same_columns_seen_apart_give_the_same_model():
    """A column and its double less itself: one model in other words, from the search to the profile interval."""
    frame = data("alike")
    apart = [frame["x"], (frame["same"] - frame["x"]) * 2e4, frame["other"]]
    one = fit_cox(frame["time"], frame["event"], [frame["x"], frame["same"], frame["other"]])
    other = fit_cox(frame["time"], frame["event"], apart)
    assert one.log_likelihood == pytest.approx(other.log_likelihood, rel=1e-12)
    assert one.beta[1] == pytest.approx(other.beta[1] * 2e4, rel=1e-6)
    np.testing.assert_allclose(profile_interval(one, 2, 1.96), profile_interval(other, 2, 1.96), rtol=1e-7)


def test_frailty_with_columns_that_are_all_but_the_same():
    frame, reference = data("alike"), REFERENCE["alike"]
    X = [frame["x"], frame["same"], frame["other"]]
    fit = fit_frailty(frame["time"], frame["event"], X, frame["carer"])
    assert fit.converged
    np.testing.assert_allclose(fit.theta, reference["theta"], rtol=1e-5)
    np.testing.assert_allclose(fit.log_likelihood, reference["frailty_log_likelihood"], rtol=1e-8)
    np.testing.assert_allclose(fit.beta[2], reference["frailty_other"], rtol=1e-5)


def test_of_two_summits_of_frailty_the_higher_is_found():
    """The likelihood falls as the variance rises from 0, and rises again further on to more than it was."""
    frame, reference = data("summits"), REFERENCE["summits"]
    fit = fit_frailty(frame["stop"], frame["event"], [frame["x"]], frame["group"], start=frame["start"])
    np.testing.assert_allclose(fit.theta, reference["theta"], rtol=1e-5)
    np.testing.assert_allclose(fit.log_likelihood, reference["log_likelihood"], rtol=1e-8)
    assert fit.log_likelihood > fit.without.log_likelihood
    assert theta_profile(fit).deviance(0.05) > theta_profile(fit).deviance(0.0)


# ---- tests that rest on too little ------------------------------------------------------------------------------


def test_scores_of_clusters_as_by_survival():
    frame = data("alike")
    fit = fit_cox(
        frame["time"], frame["event"], [frame["x"], frame["same"], frame["other"]], cluster=frame["carer"]
    )
    assert fit.score_test == pytest.approx(REFERENCE["alike"]["fit"]["score"], rel=1e-6)
    assert fit.score_test_clustered == pytest.approx(REFERENCE["alike"]["fit"]["clustered_score"], rel=1e-5)
    assert fit_cox(frame["time"], frame["event"], [frame["x"]]).score_test_clustered is None


def test_fewer_clusters_than_coefficients_make_no_test_of_them_together():
    frame = data("alike")
    two = fit_cox(frame["time"], frame["event"], [frame["x"], frame["other"]], cluster=frame["carer"] > 20)
    assert np.isfinite(two.vcov_clustered).all()
    three = [frame["x"], frame["other"], frame["x"] * frame["other"]]
    fit = fit_cox(frame["time"], frame["event"], three, cluster=frame["carer"] > 20)
    assert np.isnan(fit.wald_test(fit.vcov_clustered))
    assert np.isnan(fit.score_test_clustered)
    assert np.isfinite(fit.wald_test())


def test_a_squared_length_does_not_depend_on_units():
    values, unit = np.array([1.0, 2.0]), np.array([1e8, 1e-8])
    vcov = np.array([[2.0, 0.5], [0.5, 1.0]])
    expected = values @ np.linalg.inv(vcov) @ values
    assert squared_length(values * unit, vcov * np.outer(unit, unit)) == pytest.approx(expected)
    assert np.isnan(squared_length(values, np.ones((2, 2))))
    assert squared_length(np.zeros(0), np.zeros((0, 0))) == 0.0


def test_one_event_in_each_stratum_cannot_tell_a_change_with_time():
    """A column that varies in one stratum only, which has one event: R stops at the singular matrix."""
    time, event, stratum = np.arange(1.0, 13.0), np.zeros(12), np.repeat([0, 1], 6)
    event[[1, 7, 9, 10]] = 1
    x, z = np.where(stratum == 0, np.tile([0.0, 0, 1, 1, 0, 1], 2), 0.0), np.tile([1.0, 0, 1, 1, 0, 0, 1], 2)[:12]
    x[[0, 1]] = 1.0, 0.5
    fit = fit_cox(time, event, [x, z], strata=stratum)
    test = proportional_hazards_test(fit, "identity")
    assert np.isnan(test.statistic[0])
    assert np.isfinite(test.statistic[1])
    assert np.isnan(test.statistic[2])


# ---- times ------------------------------------------------------------------------------------------------------


def test_short_times_stay_apart_where_a_few_are_very_long():
    """R joins times closer than 1.5e-8 of their mean unless timefix is off; many here are that short."""
    frame, reference = data("skewed"), REFERENCE["skewed"]["fit"]
    fit = fit_cox(frame["time"], frame["event"], [frame["x"]], cluster=np.arange(300))
    np.testing.assert_allclose(fit.beta, reference["beta"], rtol=1e-8)
    np.testing.assert_allclose(np.sqrt(fit.vcov_clustered.diagonal()), reference["clustered"], rtol=1e-7)


@pytest.mark.parametrize("unit", [1.0, 1 / 365.25, 1e-9, 1e9])
def test_times_that_differ_by_1e_12_are_one_time_in_every_unit(unit):
    stop = np.array([1.0, 1.0 + 1e-12, 2.0, 2.0, 3.0]) * unit
    sets = risk_sets(stop, [1, 1, 1, 1, 0], None, None)
    assert sets.n_events.tolist() == [2, 2]
    table = risk_table(stop, np.array([1, 1, 1, 1, 0]), 1)
    assert table.events[:, 0].tolist() == [2, 2, 0]


def test_whole_numbers_are_never_joined():
    seconds = np.array([1_700_000_000.0, 1_700_000_001.0, 1_700_000_009.0])
    assert rounded_together(seconds, None)[0].tolist() == seconds.tolist()
    assert rounded_together(np.array([0.5]), np.array([-np.inf]))[1].tolist() == [-np.inf]


def test_a_row_that_lasts_no_longer_than_rounding_is_refused():
    stop, start = np.array([0.1 + 0.2, 0.7]), np.array([0.3, 0.0])
    with pytest.raises(ValueError, match="do not end after they start"):
        risk_sets(stop, [1, 1], start, None)
    with pytest.raises(ValueError, match="start before it stops"):
        risk_table(stop, np.array([1, 1]), 1, start)


# ---- few clusters -----------------------------------------------------------------------------------------------


def of_carers():
    frame = data("alike")
    fit = fit_cox(frame["time"], frame["event"], [frame["x"], frame["other"]], cluster=frame["carer"])
    return fit, frame["carer"]


def test_a_step_without_each_carer_is_that_of_survival():
    fit, carer = of_carers()
    reference = np.array(REFERENCE["alike"]["without_each_carer"])
    np.testing.assert_allclose(without_each_cluster(fit, carer), reference, rtol=1e-7)
    moved = reference - fit.beta[:, None]
    n = moved.shape[1]
    np.testing.assert_allclose(jackknife_covariance(fit, carer), (n - 1) / n * moved @ moved.T, rtol=1e-6)


def test_a_step_is_near_to_the_fit_without_the_carer():
    fit, carer = of_carers()
    frame = data("alike")
    kept = carer != np.unique(carer)[4]
    other = fit_cox(frame["time"][kept], frame["event"][kept], [frame["x"][kept], frame["other"][kept]])
    np.testing.assert_allclose(without_each_cluster(fit, carer)[:, 4], other.beta, atol=2e-3)


def test_adjusted_errors_lie_between_lin_and_weis_and_the_jackknife():
    fit, carer = of_carers()
    plain, adjusted, left_out = (
        np.sqrt(vcov.diagonal())
        for vcov in (fit.vcov_clustered, adjusted_covariance(fit, carer), jackknife_covariance(fit, carer))
    )
    assert (plain < adjusted).all()
    assert (adjusted < left_out * np.sqrt(40 / 39)).all()


def test_adjusted_errors_do_not_depend_on_units_or_on_how_rows_are_cut():
    fit, carer = of_carers()
    frame = data("alike")
    time, event, X = frame["time"], frame["event"], np.array([frame["x"] * 1e4, frame["other"]])
    half = np.floor(time / 2)
    long = half > 0
    cut = fit_cox(
        np.concatenate([time, half[long]]),
        np.concatenate([event, np.zeros(long.sum())]),
        np.column_stack([X, X[:, long]]),
        start=np.concatenate([half, np.zeros(long.sum())]),
    )
    other = adjusted_covariance(cut, np.concatenate([carer, carer[long]])) * np.outer([1e4, 1], [1e4, 1])
    np.testing.assert_allclose(other, adjusted_covariance(fit, carer), rtol=1e-7)


def test_a_carer_who_alone_had_children_of_a_group_leaves_nothing_without_it():
    frame = data("alike")
    alone = (frame["carer"] == 5).astype(float)
    fit = fit_cox(frame["time"], frame["event"], [alone, frame["other"]], cluster=frame["carer"])
    assert np.isnan(adjusted_covariance(fit, frame["carer"])).all()
    with pytest.raises(ValueError, match="at least two"):
        adjusted_covariance(fit, np.zeros(250))
