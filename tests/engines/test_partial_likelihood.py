"""Cox's model against R (tests/reference/hazards.R), against its own definition, and on rows of bad shape."""

import json
import runpy
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linprog

from securebase_analysis.engines.partial_likelihood import DependentColumns, fit_cox, partial_likelihood
from securebase_analysis.engines.profile_hazard_ratio import profile_interval
from securebase_analysis.engines.risk_sets import HalvedRanges, Ranges, risk_sets

FOLDER = Path(__file__).parents[1] / "reference"
REFERENCE = json.loads((FOLDER / "hazards.json").read_text())["cox"]
CLOSE = {"rtol": 1e-8, "atol": 1e-9}


@pytest.fixture(scope="module")
def fits():
    return runpy.run_path(str(FOLDER / "hazards_models.py"))["cox_fits"]()


def test_every_model_of_the_reference_is_fitted(fits):
    assert sorted(fits) == sorted(REFERENCE)


@pytest.mark.parametrize("name", REFERENCE)
def test_fit_is_that_of_survival(fits, name):
    fit, reference = fits[name], REFERENCE[name]
    assert fit.converged
    assert not fit.runaway.any()
    np.testing.assert_allclose(fit.beta, reference["beta"], **CLOSE)
    np.testing.assert_allclose(np.sqrt(fit.vcov.diagonal()), reference["naive"], **CLOSE)
    likelihood = [fit.log_likelihood_at_zero, fit.log_likelihood]
    np.testing.assert_allclose(likelihood, reference["log_likelihood"], **CLOSE)
    np.testing.assert_allclose(fit.likelihood_ratio_test, 2 * np.diff(reference["log_likelihood"])[0], **CLOSE)
    np.testing.assert_allclose(fit.score_test, reference["score"], **CLOSE)
    np.testing.assert_allclose(fit.wald_test(), reference["wald"], **CLOSE)
    assert fit.n_events == reference["n_events"]
    assert (fit.vcov_clustered is not None) == ("clustered" in reference)
    if "clustered" in reference:
        np.testing.assert_allclose(fit.vcov_clustered, reference["clustered"], **CLOSE)


# ---- the definition ---------------------------------------------------------------------------------------------


def cohort(seed, n=40, months=8):
    """Short rows in whole months: entries, exits and events coincide."""
    random = np.random.default_rng(seed)
    start = random.integers(0, months, n)
    stop = start + random.integers(1, 5, n)
    event = random.random(n) < 0.6
    event[0] = True
    return start, stop, event, random.normal(size=(2, n)), random.integers(0, 3, n), random.uniform(0.5, 2.0, n)


def log_likelihood(beta, start, stop, event, X, strata, weight, efron):
    """As it is written in textbooks, one event after the other."""
    risk, total = weight * np.exp(beta @ X), 0.0
    for stratum in np.unique(strata):
        for time in np.unique(stop[event & (strata == stratum)]):
            here = (strata == stratum) & (start < time) & (time <= stop)
            events = np.flatnonzero(here & event & (stop == time))
            total += weight[events] @ (beta @ X)[events]
            for number in range(len(events)):
                spared = number / len(events) * risk[events].sum() if efron else 0.0
                total -= weight[events].mean() * np.log(risk[here].sum() - spared)
    return total


@pytest.mark.parametrize("ties", ["efron", "breslow"])
@given(seed=st.integers(0, 10_000))
def test_value_slope_and_curvature_are_those_of_the_definition(ties, seed):
    start, stop, event, X, strata, weight = cohort(seed)
    surface = partial_likelihood(risk_sets(stop, event, start, strata), X, weight, None, ties)
    data = (start, stop, event, surface.X, strata, weight, ties == "efron")
    beta, step = np.array([0.3, -0.7]), 1e-5
    at = surface.at(beta)
    assert at.log_likelihood == pytest.approx(log_likelihood(beta, *data), rel=1e-10, abs=1e-9)
    for axis in np.eye(2):
        up, down = surface.at(beta + step * axis), surface.at(beta - step * axis)
        slope = (up.log_likelihood - down.log_likelihood) / (2 * step)
        assert at.score @ axis == pytest.approx(slope, rel=1e-5, abs=1e-5)
        np.testing.assert_allclose(
            at.information @ axis, (down.score - up.score) / (2 * step), rtol=1e-5, atol=1e-5
        )


@given(seed=st.integers(0, 10_000))
def test_sums_over_ranges_are_the_same_with_and_without_subtraction(seed):
    random = np.random.default_rng(seed)
    points = int(random.integers(1, 40))
    first = random.integers(0, points + 1, 60)
    after = np.minimum(first + random.integers(0, 20, 60), points)
    one, other = Ranges(first, after, points), HalvedRanges(first, after, points)
    over, onto = random.normal(size=points), random.normal(size=(2, 60))
    np.testing.assert_allclose(other.over_points(over), one.over_points(over), atol=1e-12)
    np.testing.assert_allclose(other.onto_points(onto), one.onto_points(onto), atol=1e-12)
    by_hand = [over[a:b].sum() for a, b in zip(first, after)]
    np.testing.assert_allclose(one.over_points(over), by_hand, atol=1e-12)


def test_risks_of_many_orders_of_magnitude_lose_no_digits():
    start, stop, event, X, _, weight = cohort(3)
    known = np.where(start == start.max(), 45.0, 0.0)
    sets = risk_sets(stop, event, start, None)
    at = partial_likelihood(sets, X, weight, known, "efron").at(np.array([0.4, 0.1]))
    assert isinstance(at.jumps.sets.at_risk, HalvedRanges)
    heavy = weight * np.exp(known)
    standard = at.surface.X
    risk, total = heavy * np.exp(at.beta @ standard), 0.0
    for time in np.unique(stop[event]):
        here = (start < time) & (time <= stop)
        events = np.flatnonzero(here & event & (stop == time))
        total += weight[events] @ (at.beta @ standard + known)[events]
        for number in range(len(events)):
            total -= weight[events].mean() * np.log(risk[here].sum() - number / len(events) * risk[events].sum())
    assert at.log_likelihood == pytest.approx(total, rel=1e-12)


def test_huge_jumps_before_a_row_comes_in_do_not_touch_it():
    """The first half of the rows, of a risk of exp(-40), have all left when the others enter."""
    random = np.random.default_rng(7)
    start, stop = np.repeat([0.0, 10.0], 50), np.repeat([0.0, 10.0], 50) + random.uniform(1, 9, 100)
    event, X = random.random(100) < 0.7, random.normal(size=(1, 100))
    known = np.repeat([-40.0, 0.0], 50)
    apart = fit_cox(stop[50:], event[50:], X[:, 50:], start=start[50:])
    both = fit_cox(stop, event, X, start=start, offset=known, start_at=apart.beta)
    at = both.at.surface.at(apart.beta * both.at.surface.scale)
    np.testing.assert_allclose(at.weighted_martingale[50:], apart.at.weighted_martingale, atol=1e-9)


def test_cutting_rows_in_two_changes_nothing():
    start, stop, event, X, strata, _ = cohort(5)
    cluster = np.arange(len(stop)) // 2
    whole = fit_cox(stop, event, X, start=start, strata=strata, cluster=cluster)
    middle = (start + stop) / 2 + 0.1
    twice = fit_cox(
        np.concatenate([middle, stop]),
        np.concatenate([np.zeros_like(event), event]),
        np.hstack([X, X]),
        start=np.concatenate([start, middle]),
        strata=np.tile(strata, 2),
        cluster=np.tile(cluster, 2),
    )
    np.testing.assert_allclose(twice.beta, whole.beta, rtol=1e-9)
    np.testing.assert_allclose(twice.vcov_clustered, whole.vcov_clustered, rtol=1e-9)
    assert twice.log_likelihood == pytest.approx(whole.log_likelihood, rel=1e-12)


def test_units_and_origin_of_columns_do_not_matter():
    start, stop, event, X, _, _ = cohort(6)
    fit = fit_cox(stop, event, X, start=start, cluster=start)
    other = fit_cox(stop, event, [1e6 + 1e3 * X[0], X[1]], start=start, cluster=start)
    np.testing.assert_allclose(other.beta * [1e3, 1.0], fit.beta, rtol=1e-7)
    np.testing.assert_allclose(other.vcov_clustered * np.outer([1e3, 1], [1e3, 1]), fit.vcov_clustered, rtol=1e-6)
    far = fit_cox(stop, event, X, start=start, start_at=[3.0, -3.0])
    np.testing.assert_allclose(far.beta, fit.beta, rtol=1e-8)


def test_entry_at_the_time_of_an_event_is_not_yet_at_risk_of_it():
    sets = risk_sets([5.0, 9.0, 9.0], [1, 1, 0], [0.0, 5.0, 4.0], None)
    np.testing.assert_array_equal(sets.onto_times(np.ones(3)), [2.0, 2.0])


def test_times_that_differ_by_rounding_are_one_time():
    years = np.array([0.1 + 0.2, 0.3, 0.7])
    sets = risk_sets(years, [1, 1, 1], [0.0, 0.0, 0.30000000000000004], None)
    np.testing.assert_array_equal(sets.n_events, [2, 1])
    np.testing.assert_array_equal(sets.onto_times(np.ones(3)), [2.0, 1.0])


# ---- coefficients without a maximum, and other bad shapes -------------------------------------------------------


@pytest.fixture(scope="module")
def without_events_in_a_group():
    random = np.random.default_rng(0)
    group, score = np.repeat([0.0, 1.0], 40), random.normal(size=80)
    time = np.ceil(random.exponential(10, 80))
    return time, (random.random(80) < 0.6) & (group == 0), np.array([group, score])


def test_a_group_without_events_is_flagged_and_keeps_one_end_of_its_interval(without_events_in_a_group):
    time, event, X = without_events_in_a_group
    fit = fit_cox(time, event, X, cluster=time)
    np.testing.assert_array_equal(fit.runaway, [True, False])
    for vcov in (fit.vcov, fit.vcov_clustered):
        np.testing.assert_array_equal(np.isnan(vcov), [[True, True], [True, False]])
    only = fit_cox(time[:40], event[:40], X[1:, :40], cluster=time[:40])
    assert fit.vcov_clustered[1, 1] == pytest.approx(only.vcov_clustered[0, 0], rel=1e-4)
    assert not fit.converged
    assert fit.beta[0] < -10.0
    low, high = profile_interval(fit, 0, 1.959964)
    assert low == -np.inf
    held = fit_cox(time, event, X[1:], offset=high * X[0])
    assert 2 * (fit.log_likelihood - held.log_likelihood) == pytest.approx(1.959964**2, rel=1e-6)
    mirrored = profile_interval(fit_cox(time, event, X * [[-1.0], [1.0]]), 0, 1.959964)
    np.testing.assert_allclose(mirrored, [-high, np.inf], rtol=1e-6)


def test_columns_that_together_part_the_events_are_flagged_together():
    random = np.random.default_rng(2)
    a, b, c = random.normal(size=(3, 60))
    order = np.argsort(np.argsort(-(a - 2 * b)))
    fit = fit_cox(order + 1.0, np.ones(60), [a, b, c])
    np.testing.assert_array_equal(fit.runaway, [True, True, False])


@given(seed=st.integers(0, 100_000))
def test_coefficients_run_away_exactly_where_a_linear_programme_finds_a_direction(seed):
    """The likelihood has no maximum when in some direction every event is the highest of all at risk of it."""
    random = np.random.default_rng(seed)
    n, p = int(random.integers(4, 25)), int(random.integers(1, 4))
    X = np.where(random.random(p)[:, None] < 0.5, random.integers(0, 2, (p, n)), random.normal(size=(p, n)))
    stop = random.integers(1, 12, n).astype(float)
    start, event = stop - random.integers(1, 6, n), random.random(n) < random.uniform(0.1, 0.9)
    event[0] = True
    strata = random.integers(0, 2, n) if seed % 3 == 0 else np.zeros(n)
    at_risk = (strata == strata[:, None]) & (start < stop[:, None]) & (stop >= stop[:, None])
    above = np.vstack([(X[:, [row]] - X[:, at_risk[row]]).T for row in np.flatnonzero(event)])
    if np.linalg.matrix_rank(above, tol=1e-8) < p:
        with pytest.raises(DependentColumns):
            fit_cox(stop, event, X, start=start, strata=strata)
        return
    best = linprog(-above.sum(axis=0), A_ub=-above, b_ub=np.zeros(len(above)), bounds=[(-1, 1)] * p)
    fit = fit_cox(stop, event, X, start=start, strata=strata, cluster=strata)
    assert fit.runaway.any() == (-best.fun > 1e-7)
    assert fit.converged != fit.runaway.any()


def test_large_effects_that_are_finite_are_not_flagged():
    random = np.random.default_rng(4)
    x = random.normal(size=300)
    fit = fit_cox(random.exponential(np.exp(-6 * x)), np.ones(300), [x])
    assert fit.converged
    assert fit.beta[0] == pytest.approx(6.0, abs=1.5)


@pytest.mark.parametrize("effect", [20, 60, 150, 600])
def test_effects_as_large_as_can_be_are_finite_or_said_to_run_away(effect):
    """With 300 events all but in the order of `x` the curvature is a thousandth of what it was, or less."""
    random = np.random.default_rng(4)
    x = random.normal(size=300)
    log_time = -effect * x - random.gumbel(size=300)
    fit = fit_cox(np.argsort(np.argsort(log_time)) + 1.0, np.ones(300), [x])
    if effect < 100:
        assert fit.converged
        assert fit.beta[0] == pytest.approx(effect, rel=0.15)
    assert fit.converged or fit.runaway[0]
    few = fit_cox(np.argsort(np.argsort(log_time[:8])) + 1.0, np.ones(8), [x[:8]])
    assert few.converged != few.runaway[0]
    assert few.runaway[0] == (np.diff(x[:8][np.argsort(log_time[:8])]) < 0).all()


def test_one_row_against_many_has_a_maximum_unless_it_alone_has_the_event_first():
    """The curvature may be larger than at 0 where there is no maximum, and smaller where there is one."""
    n = 200_000
    x = (np.arange(n) < 1).astype(float)
    event = np.zeros(n)
    event[[0, 1]] = 1
    fit = fit_cox(np.where(np.arange(n) == 0, 1.0, 2.0), event, [x])
    assert fit.runaway[0]
    both = fit_cox(np.full(n, 1.0), event, [x], ties="breslow")
    assert both.converged
    assert not both.runaway[0]
    assert np.exp(both.beta[0]) == pytest.approx(n - 1.0, rel=1e-6)


def test_profile_interval_of_a_finite_coefficient(without_events_in_a_group):
    time, event, X = without_events_in_a_group
    fit = fit_cox(time[:40], event[:40], X[1:, :40])
    for end in profile_interval(fit, 0, 1.645):
        held = fit_cox(time[:40], event[:40], np.zeros((0, 40)), offset=end * X[1, :40])
        assert 2 * (fit.log_likelihood - held.log_likelihood) == pytest.approx(1.645**2, rel=1e-6)


def test_a_model_without_columns_is_its_baseline_alone(without_events_in_a_group):
    time, event, _ = without_events_in_a_group
    fit = fit_cox(time, event, np.zeros((0, 80)), cluster=time)
    assert fit.converged
    assert fit.log_likelihood == fit.log_likelihood_at_zero
    assert fit.vcov.shape == fit.vcov_clustered.shape == (0, 0)


def test_one_event_and_all_events_at_one_time(without_events_in_a_group):
    _, _, X = without_events_in_a_group
    one = np.zeros(80)
    one[np.argsort(X[1])[40]] = 1
    fit = fit_cox(np.full(80, 3.0), one, X[1:])
    assert fit.converged
    assert fit.n_events == 1
    together = fit_cox(np.full(80, 3.0), X[0], X[1:])
    assert together.converged
    assert len(together.sets.time) == 1


BAD = {
    "no row ends with an event": {"event": np.zeros(80)},
    "event must be 0 or 1": {"event": np.full(80, 2)},
    "80 rows do not end after they start": {"start": 99.0},
    "start and stop must not be missing": {"stop": np.full(80, np.nan)},
    "columns and offset must not be missing": {"offset": np.full(80, np.nan)},
    "weights must be positive": {"weight": np.zeros(80)},
    "one value for each row": {"event": np.ones(3)},
    "weight and offset have one value": {"weight": np.ones(3)},
    "cluster has one value": {"cluster": np.ones(3)},
    "ties are 'efron' or 'breslow'": {"ties": "exact"},
}


@pytest.mark.parametrize("text", BAD)
def test_what_cannot_be_fitted_is_said(without_events_in_a_group, text):
    time, event, X = without_events_in_a_group
    given = {"stop": time, "event": event, "X": X, **BAD[text]}
    if "start" in given:
        given["start"] = time + 1.0
    with pytest.raises(ValueError, match=text):
        fit_cox(**given)


def test_columns_that_cannot_be_told_apart_are_named(without_events_in_a_group):
    time, event, (group, score) = without_events_in_a_group
    for X, columns in [
        ([group, score, 1 - group], [2]),
        ([score, np.ones(80)], [1]),
        ([score, 3 * score + group, group], [2]),
    ]:
        with pytest.raises(DependentColumns) as caught:
            fit_cox(time, event, X)
        np.testing.assert_array_equal(caught.value.columns, columns)
    many = np.random.default_rng(5).normal(size=(6, 80))
    for number in range(6):
        combined = np.random.default_rng(number).normal(size=6) @ many
        with pytest.raises(DependentColumns) as caught:
            fit_cox(time, event, [*many, 7.0 + 100.0 * combined])
        np.testing.assert_array_equal(caught.value.columns, [6])
    with pytest.raises(DependentColumns) as caught:
        fit_cox(time, event, [score, group], strata=group)
    np.testing.assert_array_equal(caught.value.columns, [1])


# ---- what is known to be true -----------------------------------------------------------------------------------


def test_clustered_intervals_cover_where_children_share_carers():
    """300 cohorts of 60 carers with 5 children; naive intervals cover less, as carers also decide `kinship`."""
    covered = {"clustered": 0, "naive": 0}
    for seed in range(300):
        random = np.random.default_rng(seed)
        carer = np.repeat(np.arange(60), 5)
        kinship = np.repeat(random.integers(0, 2, 60), 5)
        frailty = np.repeat(random.choice([0.6, 1.4], 60), 5)
        time = random.exponential(1.0 / frailty)
        stop = np.minimum(time, 1.5)
        start = stop * random.uniform(0, 0.3, 300) * (random.random(300) < 0.5)
        fit = fit_cox(stop, time <= 1.5, [kinship], start=start, cluster=carer)
        covered["naive"] += abs(fit.beta[0]) < 1.96 * np.sqrt(fit.vcov[0, 0])
        covered["clustered"] += abs(fit.beta[0]) < 1.96 * np.sqrt(fit.vcov_clustered[0, 0])
    assert covered["clustered"] / 300 > 0.915
    assert covered["naive"] < covered["clustered"] - 10
