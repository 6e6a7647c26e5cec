"""The graphical lasso against R's glasso, and against the conditions that its optimum must meet."""

import json
from pathlib import Path

import numpy as np
import pytest

from securebase_analysis.engines.graphical_lasso import graphical_lasso

REFERENCE = json.loads((Path(__file__).parents[1] / "reference" / "network.json").read_text())
CASES = REFERENCE["cases"]


def wishart(seed: int, p: int, n: int, problems: int = 1) -> np.ndarray:
    draws = np.random.default_rng(seed).normal(size=(problems, n, p))
    draws += draws[:, :, :1]
    return np.array([np.cov(rows.T) for rows in draws])


def away_from_the_optimum(S, penalty, K):
    """How far from the conditions: |W - S| at most the penalty, and equal to it, with the sign, at edges."""
    W = np.linalg.inv(K)
    off = ~np.eye(len(S), dtype=bool)
    excess = np.abs(W - S)[off] - np.broadcast_to(penalty, S.shape)[off]
    edges = off & (K != 0)
    unequal = (W - S - penalty * np.sign(K))[edges]
    return max(excess.max(), np.abs(unequal).max(initial=0.0), np.abs(np.diag(W - S)).max())


@pytest.mark.parametrize("case", CASES)
def test_covariance_and_precision_equal_glasso_along_the_path(case):
    R = CASES[case]
    S = np.array(R["S"])
    for place, w, wi in zip(R["shown"], R["w"], R["wi"]):
        ours = graphical_lasso(S, R["lambda"][place - 1])
        assert ours.converged.all()
        np.testing.assert_allclose(ours.covariance[0], w, rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(ours.precision[0], wi, rtol=1e-5, atol=1e-6)


def test_a_penalty_for_each_pair_equals_glasso():
    R = REFERENCE["own_penalties"]
    ours = graphical_lasso(CASES["children"]["S"], R["rho"])
    np.testing.assert_allclose(ours.covariance[0], R["w"], rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(ours.precision[0], R["wi"], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(("p", "n"), [(2, 20), (3, 12), (10, 40), (10, 400), (25, 60)])
@pytest.mark.parametrize("share", [0.02, 0.2, 0.7, 1.0])
def test_the_conditions_of_the_optimum_hold(p, n, share):
    S = wishart(p * n, p, n)[0]
    penalty = share * np.abs(S[~np.eye(p, dtype=bool)]).max()
    found = graphical_lasso(S, penalty)
    assert found.converged.all()
    assert away_from_the_optimum(S, penalty, found.precision[0]) < 1e-6 * S.diagonal().max()
    np.testing.assert_array_equal(found.precision[0], found.precision[0].T)


def test_a_covariance_that_is_singular_has_a_solution_with_a_penalty():
    S = wishart(3, 10, 6)[0]
    found = graphical_lasso(S, 0.3)
    assert found.converged.all()
    assert away_from_the_optimum(S, 0.3, found.precision[0]) < 1e-5


def test_without_a_penalty_it_is_the_inverse_and_with_an_endless_one_the_diagonal():
    S = wishart(4, 6, 100)[0]
    np.testing.assert_allclose(graphical_lasso(S, 0.0).precision[0], np.linalg.inv(S), atol=1e-6)
    np.testing.assert_array_equal(graphical_lasso(S, np.inf).precision[0], np.diag(1 / S.diagonal()))


def test_problems_side_by_side_are_the_same_as_one_by_one():
    S = wishart(5, 8, 50, problems=40)
    penalty = np.linspace(0.05, 0.6, 40)
    together = graphical_lasso(S, penalty[:, None, None])
    for place in range(40):
        alone = graphical_lasso(S[place], penalty[place])
        np.testing.assert_allclose(together.precision[place], alone.precision[0], atol=1e-6)


def test_a_start_from_a_larger_penalty_leads_to_the_same():
    S = wishart(6, 10, 60, problems=20)
    larger = graphical_lasso(S, 0.4)
    np.testing.assert_allclose(
        graphical_lasso(S, 0.1, start=larger, shrink=0.25).precision, graphical_lasso(S, 0.1).precision, atol=2e-6
    )


def test_what_is_no_covariance_is_refused():
    with pytest.raises(ValueError, match="square"):
        graphical_lasso(np.ones((2, 3)), 0.1)
    with pytest.raises(ValueError, match="positive"):
        graphical_lasso(np.diag([1.0, 0.0]), 0.1)


def test_what_went_in_is_not_changed():
    S = wishart(7, 5, 30)[0]
    before = S.copy()
    graphical_lasso(S, 0.1)
    np.testing.assert_array_equal(S, before)
