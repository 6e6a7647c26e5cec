"""Dividing by the covariance of rows, and making rows independent, against dense matrices."""

import numpy as np
import pytest
from scipy import sparse

from securebase_analysis.engines import working_covariance
from securebase_analysis.engines.working_covariance import WorkingCovariance, half_of_factor


@pytest.fixture
def parts():
    """Sixty rows of twelve children with level and slope, and carers of whom a row may have two."""
    random = np.random.default_rng(4)
    child = np.repeat(np.arange(12), 5)
    columns = np.vstack([np.ones(60), random.normal(size=60)])
    root = np.array([[0.8, 0.0], [0.3, 0.4]])
    shares = sparse.random_array((60, 7), density=0.2, rng=random, format="csr") + sparse.csr_array(np.eye(60, 7))
    residual = random.uniform(0.5, 2.0, 60)
    halves = [
        half_of_factor(columns, root, child, 12),
        half_of_factor(np.ones((1, 60)), np.array([[0.6]]), np.zeros(60, dtype=int), 7, shares),
    ]
    V = columns.T @ (root @ root.T) @ columns * (child[:, None] == child)
    V += 0.36 * (shares @ shares.T).toarray() + np.diag(residual)
    return WorkingCovariance(residual, halves), V, random.normal(size=(60, 3))


def test_solve_divides_by_the_covariance(parts):
    covariance, V, values = parts
    np.testing.assert_allclose(covariance.solve(values), np.linalg.solve(V, values), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("at_once", [0, 600])
def test_whitened_rows_are_independent(parts, monkeypatch, at_once):
    monkeypatch.setattr(working_covariance, "ROWS_AT_ONCE", at_once)
    covariance, V, values = parts
    inner = values.T @ np.linalg.solve(V, values)
    white = covariance.whitened(values)
    np.testing.assert_allclose(white.T @ white, inner, rtol=1e-9)
    L = np.linalg.inv(covariance.whitened(np.eye(60)))
    np.testing.assert_allclose(L @ L.T, V, atol=1e-9)


def test_rows_that_share_nothing_are_told_apart():
    child = np.array([0, 1, 0, 2, 1])
    alone = WorkingCovariance(np.ones(5), [half_of_factor(np.ones((1, 5)), np.eye(1), child, 3)])
    assert sorted(tuple(rows) for rows in alone.independent_blocks()) == [(0, 2), (1, 4), (3,)]
    carer = half_of_factor(np.ones((1, 5)), np.eye(1), np.array([0, 0, 0, 1, 0]), 2)
    shared = WorkingCovariance(np.ones(5), [half_of_factor(np.ones((1, 5)), np.eye(1), child, 3), carer])
    assert sorted(tuple(rows) for rows in shared.independent_blocks()) == [(0, 1, 2, 4), (3,)]
    assert len(list(WorkingCovariance(np.ones(5)).independent_blocks())) == 5


def test_too_many_rows_that_depend_on_one_another_are_refused(monkeypatch):
    monkeypatch.setattr(working_covariance, "MOST_ROWS", 4)
    one = half_of_factor(np.ones((1, 5)), np.eye(1), np.zeros(5, dtype=int), 1)
    with pytest.raises(ValueError, match="5 rows depend on one another"):
        WorkingCovariance(np.ones(5), [one]).whitened(np.eye(5))
