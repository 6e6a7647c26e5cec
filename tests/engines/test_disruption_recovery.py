"""A short run of benchmarks/disruption_recovery.py: a known truth is recovered, and intervals hold it."""

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest

FILE = Path(__file__).parents[2] / "benchmarks" / "disruption_recovery.py"
COHORTS = 100


@pytest.fixture(scope="module")
def recovery():
    spec = importlib.util.spec_from_file_location("disruption_recovery", FILE)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules[spec.name]


@pytest.fixture(scope="module")
def truth(recovery):
    return recovery.truth_of("gamma", 60_000)


@pytest.fixture(scope="module")
def found(recovery, truth):
    """Estimates, errors, truths and whether intervals hold them, of 200 children, quantity by quantity."""
    random = np.random.default_rng(11)
    runs = [recovery.once(random, 200, "gamma", truth, number < 25) for number in range(COHORTS)]
    names = dict.fromkeys(name for run in runs for name in run)
    return {name: np.array([run[name] for run in runs if name in run], dtype=float).T for name in names}


def test_every_quantity_is_asked_of_every_cohort(found):
    assert {name.split(",")[0] for name in found} == {
        "Cox", "Fine-Gray", "gamma frailty", "incidence", "mean days in two years"
    }  # fmt: skip
    assert all(len(values[0]) == COHORTS for name, values in found.items() if "frailty" not in name)


def test_intervals_hold_the_truth(found):
    """95 % of 100 has a standard error of 2.2 points, of 25 of 4.4."""
    for name, (_, _, _, held) in found.items():
        least = 0.8 if "frailty" in name else 0.87
        assert held.mean() >= least, (name, held.mean())


def test_estimates_scatter_about_the_truth_as_their_errors_say(found):
    for name, (estimate, error, truth, _) in found.items():
        if "frailty" in name:
            continue
        assert abs(estimate.mean() - truth[0]) < 4 * estimate.std() / np.sqrt(COHORTS), name
        assert 0.8 < error.mean() / estimate.std() < 1.25, name


def test_the_truth_of_hazards_is_weaker_than_between_children_of_one_carer(recovery, truth):
    """What carers share is averaged over in the population, so that ratios of hazards are drawn towards 1."""
    assert (np.abs(truth.beta) < np.abs(recovery.EFFECTS[0])).all()
    assert (truth.incidence.sum(axis=0) < 1.0).all()
