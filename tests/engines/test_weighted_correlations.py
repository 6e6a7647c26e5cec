"""Correlations of weighted rows against R, rows that are written out, and the likelihood itself."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from securebase_analysis.engines.missing_patterns import patterns_of
from securebase_analysis.engines.saturated_moments import saturated_moments
from securebase_analysis.engines.weighted_correlations import observations_behind, weighted_correlations

REFERENCE = json.loads((Path(__file__).parents[1] / "reference" / "network.json").read_text())
GAPS = pd.DataFrame(REFERENCE["gaps"]).to_numpy(float)
WAYS = ("fiml", "pairwise", "listwise")


@pytest.mark.parametrize(("missing", "tolerance"), [("pairwise", 1e-10), ("listwise", 1e-10), ("fiml", 2e-5)])
def test_correlations_with_missing_answers_equal_r(missing, tolerance):
    """lavaan ends its expectation-maximisation early, hence the wider tolerance of the likelihood."""
    ours = weighted_correlations(GAPS, np.ones((1, len(GAPS))), missing, tolerance=1e-10)[0]
    np.testing.assert_allclose(ours, REFERENCE[f"gaps_{missing}"], atol=tolerance)


def test_the_likelihood_is_at_its_maximum():
    found = saturated_moments(patterns_of(GAPS)).covariance
    root = np.sqrt(found.diagonal())
    ours = weighted_correlations(GAPS, np.ones((1, len(GAPS))), "fiml", tolerance=1e-10)[0]
    np.testing.assert_allclose(ours, found / np.outer(root, root), atol=1e-7)


@pytest.mark.parametrize("missing", WAYS)
def test_a_weight_is_the_number_of_times_a_row_is_there(missing):
    rng = np.random.default_rng(3)
    weights = rng.multinomial(len(GAPS), np.ones(len(GAPS)) / len(GAPS), size=5).astype(float)
    together = weighted_correlations(GAPS, weights, missing, tolerance=1e-9)
    for place, counts in enumerate(weights.astype(int)):
        drawn = np.repeat(GAPS, counts, axis=0)
        alone = weighted_correlations(drawn, np.ones((1, len(drawn))), missing, tolerance=1e-9)[0]
        np.testing.assert_allclose(together[place], alone, atol=1e-6)
        behind = observations_behind(GAPS, missing, weights)[place]
        assert behind == pytest.approx(observations_behind(drawn, missing)[0])


@pytest.mark.parametrize("missing", WAYS)
def test_complete_rows_are_the_same_in_every_way(missing):
    X = GAPS[np.isfinite(GAPS).all(axis=1)]
    ours = weighted_correlations(X, np.ones((1, len(X))), missing)[0]
    np.testing.assert_allclose(ours, np.corrcoef(X.T), atol=1e-12)


@pytest.mark.parametrize("missing", WAYS)
def test_a_draw_in_which_a_variable_has_no_spread_has_no_correlations(missing):
    X = np.column_stack([np.r_[np.zeros(9), 1.0], np.random.default_rng(1).normal(size=(10, 2))])
    X[3, 2] = np.nan
    weights = np.ones((2, 10))
    weights[1, 9] = 0
    found = weighted_correlations(X, weights, missing)
    assert np.isfinite(found[0]).all()
    assert np.isnan(found[1]).all()


def test_answers_that_are_missing_by_what_was_observed_bias_pairs_and_not_the_likelihood():
    rng = np.random.default_rng(8)
    X = rng.multivariate_normal(np.zeros(3), [[1, 0.7, 0.5], [0.7, 1, 0.5], [0.5, 0.5, 1]], size=40_000)
    X[X[:, 0] < 0.3, 1] = np.nan
    likelihood, pairs = (
        weighted_correlations(X, np.ones((1, len(X))), way, tolerance=1e-9)[0, 0, 1]
        for way in ("fiml", "pairwise")
    )
    assert likelihood == pytest.approx(0.7, abs=0.015)
    assert pairs < 0.6
