"""The network with the least extended BIC against R's qgraph::EBICglasso."""

import json
from pathlib import Path

import numpy as np
import pytest

from securebase_analysis.engines.network_selection import select_networks
from securebase_analysis.engines.partial_correlations import partial_correlations, partial_from_precision

CASES = json.loads((Path(__file__).parents[1] / "reference" / "network.json").read_text())["cases"]


@pytest.mark.parametrize("case", CASES)
def test_penalties_edges_and_criterion_equal_qgraph_along_the_path(case):
    R = CASES[case]
    found = select_networks(R["S"], R["n"])
    np.testing.assert_allclose(found.penalties[::-1, 0], R["lambda"], rtol=1e-9)
    np.testing.assert_allclose(found.ebic[::-1, 0], R["ebic"], rtol=1e-7, atol=1e-4)
    # At the largest penalty the last edge is exactly on its way out: rounding says whether it is counted.
    np.testing.assert_array_equal(found.n_edges[:0:-1, 0], R["edges"][:-1])
    assert found.converged.all()


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("gamma_0", {"gamma": 0.0}),
        ("gamma_quarter", {"gamma": 0.25}),
        ("gamma_half", {}),
        ("gamma_1", {"gamma": 1.0}),
        ("threshold", {"threshold": True}),
        ("refit", {"refit": True}),
    ],
)
def test_networks_equal_qgraph(case, name, options):
    """qgraph ends its searches at a change of 1e-4 and cannot be told otherwise; the refit has no penalty to
    hold it, so what is left is largest there."""
    R = CASES[case]
    ours = partial_from_precision(select_networks(R["S"], R["n"], **options).precision[0])
    theirs = np.array(R[name])
    np.testing.assert_array_equal(ours != 0, theirs != 0)
    np.testing.assert_allclose(ours, theirs, atol=1e-3 if name == "refit" else 1e-4)


@pytest.mark.parametrize("case", CASES)
def test_partial_correlations_equal_those_of_the_inverse_in_r(case):
    np.testing.assert_allclose(partial_correlations(CASES[case]["S"]), CASES[case]["partial"], atol=1e-9)


@pytest.mark.parametrize("n", [45, 150, 2000])
def test_to_stop_when_nothing_can_be_gained_changes_no_answer(n):
    draws = np.random.default_rng(n).normal(size=(60, n, 10))
    draws += 0.6 * draws[:, :, :1] + 0.3 * draws[:, :, 3:4]
    S = np.array([np.corrcoef(rows.T) for rows in draws])
    whole, short = select_networks(S, n), select_networks(S, n, whole_path=False)
    np.testing.assert_array_equal(whole.place, short.place)
    np.testing.assert_allclose(whole.precision, short.precision, atol=1e-6)
    np.testing.assert_array_equal(whole.precision != 0, short.precision != 0)
    assert np.isinf(short.ebic).any()


def test_variables_that_have_nothing_in_common_have_no_edges():
    found = select_networks(np.eye(4), 100)
    assert not partial_from_precision(found.precision).any()


def test_refitted_edges_have_the_greatest_likelihood_among_networks_with_these_edges():
    R = CASES["children"]
    K = select_networks(R["S"], R["n"], refit=True).precision[0]
    W = np.linalg.inv(K)
    edges = K != 0
    np.testing.assert_allclose(W[edges], np.array(R["S"])[edges], atol=1e-6)


def test_partial_correlations_of_a_matrix_that_is_not_positive_definite_are_missing():
    bad = np.array([[1.0, 0.9, -0.9], [0.9, 1.0, 0.9], [-0.9, 0.9, 1.0]])
    found = partial_correlations(np.array([bad, np.eye(3)]))
    assert np.isnan(found[0]).all()
    assert not found[1].any()
