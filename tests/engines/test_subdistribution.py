"""Fine and Gray's model against cmprsk and survival (tests/reference/hazards.R), and its own definition."""

import json
import runpy
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from securebase_analysis.engines.baseline_hazard import predicted_hazard
from securebase_analysis.engines.competing_risk_sets import censoring, fading_risk_sets
from securebase_analysis.engines.partial_likelihood import fit_cox
from securebase_analysis.engines.risk_sets import HalvedRanges, risk_sets
from securebase_analysis.engines.subdistribution import _through_censoring, fit_subdistribution

FOLDER = Path(__file__).parents[1] / "reference"
REFERENCE = json.loads((FOLDER / "hazards.json").read_text())["subdistribution"]
MODELS = runpy.run_path(str(FOLDER / "hazards_models.py"))
CLOSE = {"rtol": 1e-8, "atol": 1e-10}


@pytest.fixture(scope="module")
def fits():
    return MODELS["subdistribution_fits"]()


def test_every_model_of_the_reference_is_fitted(fits):
    assert sorted(fits) == sorted(REFERENCE)


@pytest.mark.parametrize("name", [name for name in REFERENCE if "vcov" in REFERENCE[name]])
def test_fit_is_that_of_cmprsk(fits, name):
    fit, reference = fits[name], REFERENCE[name]
    np.testing.assert_allclose(fit.beta, reference["beta"], **CLOSE)
    if name == "exits_grouped":
        # With groups cmprsk adds up another influence of the censoring distribution than the one that leaving
        # children out of it shows (see the test below): its standard errors differ by 3 in 10,000.
        errors, expected = np.sqrt(fit.vcov.diagonal()), np.sqrt(np.diagonal(reference["vcov"]))
        np.testing.assert_allclose(errors, expected, rtol=5e-4)
    else:
        np.testing.assert_allclose(fit.vcov, reference["vcov"], **CLOSE)
    np.testing.assert_allclose(fit.cox.log_likelihood, reference["log_likelihood"], rtol=1e-10)
    baseline = predicted_hazard(fit.cox, np.zeros((len(fit.beta), 1))).cumulative[:, 0]
    np.testing.assert_allclose(np.diff(baseline, prepend=0.0), reference["hazard"], **CLOSE)
    assert fit.weights_estimated


@pytest.mark.parametrize("name", [name for name in REFERENCE if "naive" in REFERENCE[name]])
def test_fit_is_that_of_rows_weighted_by_survival(fits, name):
    fit, reference = fits[name], REFERENCE[name]
    np.testing.assert_allclose(fit.beta, reference["beta"], **CLOSE)
    np.testing.assert_allclose(np.sqrt(fit.cox.vcov.diagonal()), reference["naive"], **CLOSE)
    np.testing.assert_allclose(fit.vcov_weights_known, reference["clustered"], **CLOSE)
    assert fit.weights_estimated == (not name.startswith("delayed"))


# ---- the definition ---------------------------------------------------------------------------------------------


def cohort(n=250, seed=8):
    """Two competing exits and censoring, in whole months; one carer has three children."""
    random = np.random.default_rng(seed)
    X = np.vstack([random.normal(size=n), random.integers(0, 2, n)])
    times = random.exponential([20 * np.exp(-0.6 * X[0]), 25 * np.exp(0.5 * X[1]), np.full(n, 30.0)])
    return np.ceil(times.min(axis=0)), np.array([1, 2, 0])[times.argmin(axis=0)], X, np.arange(n) // 3


def test_without_censoring_everyone_with_a_competing_event_stays_to_the_end():
    stop, cause, X, _ = cohort()
    cause = np.where(cause == 0, 2, cause)
    fit = fit_subdistribution(stop, cause, X, ties="efron")
    as_if = fit_cox(np.where(cause == 1, stop, 1e4), cause == 1, X, cluster=np.arange(len(stop)))
    np.testing.assert_allclose(fit.beta, as_if.beta, rtol=1e-9)
    np.testing.assert_allclose(fit.vcov, as_if.vcov_clustered, rtol=1e-8)


def test_without_competing_events_it_is_cox():
    stop, cause, X, carer = cohort()
    cause = np.where(cause == 2, 0, cause)
    fit, cox = (
        fit_subdistribution(stop, cause, X, cluster=carer),
        fit_cox(stop, cause == 1, X, cluster=carer, ties="breslow"),
    )
    np.testing.assert_allclose(fit.beta, cox.beta, rtol=1e-12)
    np.testing.assert_allclose(fit.vcov, cox.vcov_clustered, rtol=1e-12)


def test_an_entry_at_the_time_of_the_first_exit_counts_as_delayed():
    """Of 6 at the first exit, by another cause at 1, one enters just then: who left keeps a weight of 6/5."""
    stop, cause = np.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]), np.array([2, 1, 1, 1, 1, 1, 1])
    fit = fit_subdistribution(stop, cause, [[0, 1, 0, 1, 0, 0, 1]], start=[0.0, 0, 0, 0, 0, 0, 1])
    np.testing.assert_allclose(fit.cox.sets.onto_times(np.ones(7))[0], 6 + 6 / 5)


@pytest.mark.parametrize("tied", ["with", "after"])
def test_rows_of_a_child_may_follow_one_another(tied):
    stop, cause, X, carer = cohort()
    half = stop / 2
    whole = fit_subdistribution(stop, cause, X, start=np.zeros(len(stop)), cluster=carer, tied_censoring=tied)
    parts = fit_subdistribution(
        np.concatenate([half, stop]),
        np.concatenate([np.zeros_like(cause), cause]),
        np.hstack([X, X]),
        start=np.concatenate([np.zeros(len(stop)), half]),
        child=np.tile(np.arange(len(stop)), 2),
        cluster=np.tile(carer, 2),
        tied_censoring=tied,
    )
    np.testing.assert_allclose(parts.beta, whole.beta, rtol=1e-9)
    np.testing.assert_allclose(parts.vcov, whole.vcov, rtol=1e-9)


def test_strata_have_their_own_baselines():
    stop, cause, X, _ = cohort()
    both = fit_subdistribution(
        np.tile(stop, 2), np.tile(cause, 2), np.hstack([X, X + 5.0]), strata=np.repeat([0, 1], len(stop))
    )
    once = fit_subdistribution(stop, cause, X)
    np.testing.assert_allclose(both.beta, once.beta, rtol=1e-9)
    np.testing.assert_allclose(both.cox.vcov * 2, once.cox.vcov, rtol=1e-9)
    np.testing.assert_allclose(both.vcov * 2, once.vcov, rtol=1e-8)


def test_a_child_counted_twice_is_a_child_with_weight_two():
    stop, cause, X, _ = cohort()
    cause = np.where(cause == 0, 2, cause)
    twice = np.where(np.arange(len(stop)) % 5 == 0, 2, 1)
    weighted = fit_subdistribution(stop, cause, X, weight=twice)
    repeated = fit_subdistribution(*(np.repeat(values, twice, axis=-1) for values in (stop, cause, X)))
    np.testing.assert_allclose(weighted.beta, repeated.beta, rtol=1e-9)


def test_influence_through_censoring_is_that_of_leaving_a_child_out_of_it():
    stop, cause, X, _ = cohort(500)
    n, one, group = len(stop), np.ones(len(stop), dtype=bool), np.arange(len(stop)) % 2
    fit = fit_subdistribution(stop, cause, X, censoring_group=group, tied_censoring="after")
    plain = risk_sets(stop, cause == 1, None, None)
    observed = censoring(plain, cause != 0, one, one, group, "after")
    found = _through_censoring(fit.cox.at, fit.cox.sets, observed, observed.ends)
    moved = np.zeros_like(found)
    for child in range(n):
        kept = np.arange(n) != child
        ends_at = 2.0 * observed.ranks + (cause == 0)
        ends = risk_sets(ends_at[kept], (cause == 0)[kept], np.full(n - 1, -1.0), group[kept])
        sets = fading_risk_sets(plain, replace(observed, ends=ends), cause == 2)
        moved[:, child] = -replace(fit.cox.at.surface, sets=sets).at(fit.cox.at.beta).score
    for line, expected in zip(found, moved):
        assert np.corrcoef(line, expected)[0, 1] > 0.99
        assert line @ expected / (line @ line) == pytest.approx(1.0, abs=0.15)


def test_sums_without_subtraction_are_the_same(fits):
    sets = fits["delayed"].cox.sets
    careful = sets.without_loss()
    assert isinstance(careful.at_risk, HalvedRanges)
    values = np.random.default_rng(1).normal(size=sets.n_rows)
    np.testing.assert_allclose(careful.onto_times(values), sets.onto_times(values), atol=1e-10)
    at_times = np.random.default_rng(2).normal(size=(2, len(sets.time)))
    np.testing.assert_allclose(careful.over_times(at_times), sets.over_times(at_times), atol=1e-10)


def test_intervals_cover_where_the_subdistribution_hazard_is_known():
    """Fine and Gray's own way to simulate: incidence of cause 1 is ``1 - (1 - p (1 - exp(-t)))^exp(x'beta)``."""
    covered, p, beta = 0, 0.5, 0.7
    for seed in range(200):
        random = np.random.default_rng(seed)
        x = np.repeat(random.integers(0, 2, 60), 4).astype(float)
        n, risk = len(x), np.exp(beta * x)
        by_first = random.random(n) < 1 - (1 - p) ** risk
        u = random.random(n) * (1 - (1 - p) ** risk)
        time = np.where(by_first, -np.log(1 - (1 - (1 - u) ** (1 / risk)) / p), random.exponential(1.0, n))
        censored = random.uniform(0.3, 3.0, n)
        cause = np.where(censored < time, 0, np.where(by_first, 1, 2))
        fit = fit_subdistribution(np.minimum(time, censored), cause, [x], cluster=np.arange(n) // 4)
        covered += abs(fit.beta[0] - beta) < 1.96 * np.sqrt(fit.vcov[0, 0])
    assert 0.91 < covered / 200 <= 0.99


# ---- what cannot be fitted --------------------------------------------------------------------------------------


def test_what_cannot_be_fitted_is_said():
    stop, cause, X, _ = cohort(40)
    with pytest.raises(ValueError, match="no row ends with an event"):
        fit_subdistribution(stop, np.where(cause == 1, 2, cause), X)
    with pytest.raises(ValueError, match="'with' events or 'after' them"):
        fit_subdistribution(stop, cause, X, tied_censoring="before")
    child = np.arange(40) // 2
    with pytest.raises(ValueError, match="without gaps or overlaps"):
        fit_subdistribution(stop, cause, X, start=np.zeros(40), child=child)
    start, end = np.tile([0.0, 2.0], 20), np.tile([2.0, 5.0], 20)
    with pytest.raises(ValueError, match="only the last row of a child"):
        fit_subdistribution(end, np.tile([2, 1], 20), X, start=start, child=child)


@pytest.mark.parametrize("tied", ["with", "after"])
def test_a_last_one_who_comes_when_all_have_left_changes_nothing(tied):
    """One who enters alone at last makes the product over entries 0, for which finegray() drops other rows."""
    random = np.random.default_rng(8)
    start, cause = np.where(random.random(120) < 0.5, 0, random.integers(0, 20, 120)), random.integers(0, 3, 120)
    stop, X = start + random.integers(1, 30, 120), random.normal(size=(2, 120))
    without = fit_subdistribution(stop, cause, X, start=start, tied_censoring=tied)
    stop, cause, start = np.append(stop, 99), np.append(cause, 0), np.append(start, 90)
    fit = fit_subdistribution(stop, cause, np.column_stack([X, [9.0, 9.0]]), start=start, tied_censoring=tied)
    np.testing.assert_allclose(fit.beta, without.beta, rtol=1e-9)
    np.testing.assert_allclose(fit.vcov, without.vcov, rtol=1e-9)


@given(seed=st.integers(0, 5_000), tied=st.sampled_from(["with", "after"]))
def test_weights_are_products_over_the_days_between(seed, tied):
    """Day by day: who stays of those who could be censored, and who was there before of those who are there."""
    random = np.random.default_rng(seed)
    n = int(random.integers(5, 25))
    start = random.integers(0, 8, n)
    stop, cause = start + random.integers(1, 5, n), random.integers(0, 3, n)
    cause[0] = 1
    try:
        fit = fit_subdistribution(stop, cause, [random.normal(size=n)], start=start, tied_censoring=tied)
    except ValueError as error:
        assume("cannot be given a weight" not in str(error))
        assume("columns that do not differ" not in str(error))
        raise
    sets = fit.cox.sets
    for child in np.flatnonzero(cause == 2):
        for number, day in enumerate(sets.time):
            if day <= stop[child]:
                continue
            weight, endless = 1.0, False
            for between in range(stop[child], int(day)):
                goes = (stop == between) & (cause == 0)
                may_go = (stop == between) & ((cause == 0) | (tied == "with"))
                could = (start < between) & ((stop > between) | may_go)
                weight *= 1 - goes.sum() / could.sum() if goes.any() else 1.0
                comes, there = start == between, (start <= between) & (stop > between)
                all_new = comes.any() and comes.sum() == there.sum()
                endless |= all_new
                weight /= 1 - comes.sum() / there.sum() if comes.any() and not all_new else 1.0
            assert not (endless and weight > 0)
            one = (np.arange(n) == child).astype(float)
            assert sets.onto_times(one)[number] == pytest.approx(weight, rel=1e-9, abs=1e-12)


def test_a_time_at_which_all_came_in_anew_leaves_no_weight():
    entry, stop = np.repeat([0.0, 10.0], 20), np.repeat([5.0, 15.0], 20) + np.tile(np.arange(20.0) / 10, 2)
    cause = np.tile([1, 2, 0, 2], 10)
    x = np.random.default_rng(0).normal(size=40)
    with pytest.raises(ValueError, match="cannot be given a weight"):
        fit_subdistribution(stop, cause, [x], start=entry)
