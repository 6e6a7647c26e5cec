"""Elimination by rounds against dense matrices: every quantity, on every way through the plan."""

import numpy as np
import pytest

from securebase_analysis.engines import elimination
from securebase_analysis.engines.elimination import elimination_plan

WAYS = {
    "as it comes": {},
    "rounds to the end": {"ROUND_COST": -1e9, "PRODUCT_COST": 0.0},
    "rounds by sorting": {"ROUND_COST": -1e9, "PRODUCT_COST": 0.0, "TABLE_SIZE": 0},
    "rounds, then a core": {"ROUND_COST": 1e3, "PRODUCT_COST": 20.0, "DENSE_COST": 0.5},
    "dense": {"ROUND_COST": 1e12},
}


@pytest.fixture(params=WAYS)
def way(request, monkeypatch):
    for name, value in WAYS[request.param].items():
        monkeypatch.setattr(elimination, name, value)
    return request.param


def pairs_that_meet(*levels):
    """The pairs of the strict lower triangle in which two levels of crossed or nested factors meet."""
    offset = np.cumsum([0, *(level.max() + 1 for level in levels)])
    met = {
        (offset[g] + j, offset[f] + i)
        for f in range(len(levels))
        for g in range(f + 1, len(levels))
        for i, j in zip(levels[f], levels[g])
    }
    row, column = np.array(sorted(met)).T
    return row, column, int(offset[-1])


def nested(random):
    carer = np.sort(random.integers(0, 40, 150))
    return pairs_that_meet(np.arange(150), np.unique(carer, return_inverse=True)[1], carer // 8)


def crossed(random):
    child = np.repeat(np.arange(90), 3)
    return pairs_that_meet(child, random.permutation(np.arange(270) % 60))


def scattered(random):
    row, column = np.nonzero(np.tril(random.random((70, 70)) < 0.06, -1))
    return row, column, 70


def without_links(random):
    return np.zeros(0, dtype=int), np.zeros(0, dtype=int), 12


def full(random):
    row, column = np.tril_indices(30, -1)
    return row, column, 30


PATTERNS = [nested, crossed, scattered, without_links, full]


def matrix(row, column, n, random):
    """A positive definite matrix of the pattern: its diagonal and below it, and the whole."""
    below = random.normal(size=len(row))
    A = np.zeros((n, n))
    A[row, column] = below
    A += A.T
    diagonal = np.abs(A).sum(axis=0) * 0.8 + random.uniform(0.5, 2.0, n)
    diagonal += max(0.0, 0.1 - np.linalg.eigvalsh(A + np.diag(diagonal))[0])
    return diagonal, below, A + np.diag(diagonal)


@pytest.mark.parametrize("pattern", PATTERNS)
def test_every_quantity_equals_that_of_the_dense_matrix(pattern, way):
    random = np.random.default_rng(1)
    row, column, n = pattern(random)
    plan = elimination_plan(row, column, n)
    for _ in range(2):
        diagonal, below, A = matrix(row, column, n, random)
        inverse, B = np.linalg.inv(A), random.normal(size=(n, 3))
        before = diagonal.copy(), below.copy(), B.copy()
        factor = plan.factor(diagonal, below)
        assert factor.log_det == pytest.approx(np.linalg.slogdet(A)[1], rel=1e-12, abs=1e-12)
        np.testing.assert_allclose(factor.solve(B), inverse @ B, rtol=1e-9, atol=1e-12)
        half = factor.half_solve(B)
        np.testing.assert_allclose(half.T @ half, B.T @ inverse @ B, rtol=1e-9, atol=1e-12)
        of_diagonal, of_below = factor.selected_inverse()
        np.testing.assert_allclose(of_diagonal, np.diag(inverse), rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(of_below, inverse[row, column], rtol=1e-9, atol=1e-12)
        for value, was in zip((diagonal, below, B), before):
            np.testing.assert_array_equal(value, was)


def test_the_ways_differ(monkeypatch):
    row, column, n = nested(np.random.default_rng(1))
    cores = {}
    for name, settings in WAYS.items():
        for constant, value in settings.items():
            monkeypatch.setattr(elimination, constant, value)
        cores[name] = elimination_plan(row, column, n).core
        monkeypatch.undo()
    assert cores["dense"] == n
    assert cores["rounds to the end"] == cores["rounds by sorting"] == 0
    assert 0 < cores["rounds, then a core"] < n


def test_no_two_nodes_of_a_round_are_neighbours(way):
    row, column, n = crossed(np.random.default_rng(2))
    plan = elimination_plan(row, column, n)
    np.testing.assert_array_equal(np.sort(plan.order), np.arange(n))
    turn = np.empty(n, dtype=int)
    for number, one in enumerate(plan.rounds):
        turn[plan.order[one.nodes]] = number
    turn[plan.order[n - plan.core :]] = n + np.arange(plan.core)
    assert (turn[row] != turn[column]).all()


def test_pairs_may_stand_in_any_order_and_on_either_side():
    random = np.random.default_rng(3)
    row, column, n = crossed(random)
    diagonal, below, A = matrix(row, column, n, random)
    order = random.permutation(len(row))
    swap = random.random(len(row)) < 0.5
    mixed = np.where(swap, column, row)[order], np.where(swap, row, column)[order]
    factor = elimination_plan(*mixed, n).factor(diagonal, below[order])
    np.testing.assert_allclose(factor.selected_inverse()[1], np.linalg.inv(A)[mixed], rtol=1e-9, atol=1e-12)


def test_a_matrix_that_is_not_positive_definite_has_no_factorisation(way):
    random = np.random.default_rng(4)
    for pattern in (nested, crossed, full):
        row, column, n = pattern(random)
        diagonal, below, A = matrix(row, column, n, random)
        plan = elimination_plan(row, column, n)
        shift = np.linalg.eigvalsh(A)[0]
        assert plan.factor(diagonal - 0.99 * shift, below) is not None
        assert plan.factor(diagonal - 1.01 * shift, below) is None
        assert plan.factor(np.full(n, np.nan), below) is None


def test_a_pair_given_twice_or_on_the_diagonal_is_refused():
    with pytest.raises(ValueError, match="once"):
        elimination_plan(np.array([1, 1]), np.array([0, 0]), 3)
    with pytest.raises(ValueError, match="diagonal"):
        elimination_plan(np.array([1]), np.array([1]), 3)
    with pytest.raises(ValueError, match="within the matrix"):
        elimination_plan(np.array([3]), np.array([1]), 3)


def test_a_core_that_would_not_fit_in_memory_is_refused_before_any_is_taken(monkeypatch):
    monkeypatch.setattr(elimination, "LARGEST_CORE", 25)
    with pytest.raises(ValueError, match="30 of them have to be solved together; 25"):
        elimination_plan(*full(None))


def test_a_plan_with_too_many_products_stops_in_time(monkeypatch):
    row, column, n = crossed(np.random.default_rng(5))
    monkeypatch.setattr(elimination, "ROUND_COST", -1e9)
    monkeypatch.setattr(elimination, "MOST_PRODUCTS", 400)
    plan = elimination_plan(row, column, n)
    assert sum(len(one.left) for one in plan.rounds) <= 400
    assert plan.core > 0


def test_work_grows_in_proportion_to_nested_data():
    def products(n_children):
        child = np.arange(n_children)
        plan = elimination_plan(*pairs_that_meet(child, child // 5, child // 100))
        assert plan.core < 150
        return sum(len(one.left) for one in plan.rounds) + plan.n_elements

    assert products(40_000) == pytest.approx(4 * products(10_000), rel=0.02)
