"""Coefficients against R (tests/reference/agreement.R), published examples and what must hold for any ratings."""

import json
from pathlib import Path

import numpy as np
import pytest

from securebase_analysis.engines import concordance as c
from securebase_analysis.engines.tally import pair_ratings

REFERENCE = json.loads((Path(__file__).parents[1] / "reference" / "agreement.json").read_text())
THREE = np.array(REFERENCE["data"]["three"]) - 1


def confusion(one: np.ndarray, two: np.ndarray, q: int = 5) -> np.ndarray:
    return np.bincount(one * q + two, minlength=q * q).reshape(q, q).astype(float)


@pytest.mark.parametrize("pair", [0, 1, 2])
def test_kappas_and_their_standard_errors_equal_r(pair: int) -> None:
    one, two = [(0, 1), (0, 2), (1, 2)][pair]
    reference = REFERENCE["kappas"][pair]
    table = confusion(THREE[:, one], THREE[:, two])
    rows, columns = table.sum(axis=1), table.sum(axis=0)
    scores = np.arange(5.0)
    close = {"rtol": 1e-10, "atol": 1e-12}
    np.testing.assert_allclose(c.cohen_kappa(np.trace(table), rows, columns), reference["kappa"], **close)
    # psych's own standard error of unweighted kappa; a numerical delta method for all of them, because psych 2.2.9
    # swaps the marginals in the variance of weighted kappa. The gradient is numerical, hence 1e-7.
    np.testing.assert_allclose(c.kappa_std_error(table, 1 - np.eye(5)), reference["kappa_se"], **close)
    for weights in ("linear", "quadratic"):
        distance = c.category_distance(scores, weights)
        kappa = c.weighted_kappa((table * distance).sum(), rows, columns, distance)
        np.testing.assert_allclose(kappa, reference[weights], **close)
        error = c.kappa_std_error(table, distance)
        np.testing.assert_allclose(error, reference[f"{weights}_se"], rtol=1e-7, atol=1e-9)


def test_coefficients_work_on_stacks_of_resamples() -> None:
    rng = np.random.default_rng(3)
    counts = rng.integers(1, 20, size=(7, 4)).astype(float)
    agreement = rng.random(7)
    together = c.fleiss_kappa(agreement, counts)
    alone = [float(c.fleiss_kappa(agreement[i], counts[i])) for i in range(7)]
    np.testing.assert_allclose(together, alone)
    np.testing.assert_allclose(
        c.expected_squared(counts, np.arange(4.0)),
        c.expected_distance(counts, (np.arange(4.0)[:, None] - np.arange(4.0)) ** 2),
    )
    np.testing.assert_allclose(c.expected_nominal(counts), c.expected_distance(counts, 1 - np.eye(4)))


def test_undefined_is_nan_not_a_number_from_rounding() -> None:
    counts = np.array([0.1 * 3, 0.0])
    assert np.isnan(c.fleiss_kappa(np.array(1.0), counts))
    assert np.isnan(c.cohen_kappa(np.array(0.3), counts, counts))
    assert np.isnan(c.krippendorff_alpha(np.array(0.0), c.expected_nominal(counts), counts.sum()))
    scores = np.array([3.3, 3.3])
    assert np.isnan(c.krippendorff_alpha(np.array(0.0), c.expected_squared(np.array([7.0, 9.0]), scores), 16.0))


def test_middle_ranks_are_those_of_the_values() -> None:
    counts = np.array([2.0, 0.0, 3.0, 1.0])
    np.testing.assert_allclose(c.middle_ranks(counts)[[0, 2, 3]], [1.0, 3.5, 5.5])


def test_ratio_distance_of_two_zeros_is_zero() -> None:
    assert c.ratio_distance(np.array([0.0, 2.0, 6.0])).tolist() == [[0, 1, 1], [1, 0, 0.25], [1, 0.25, 0]]


def test_pairs_are_every_two_ratings_of_a_unit_and_no_others() -> None:
    unit, coder = np.array([1, 0, 1, 2, 1, 0]), np.array([2, 1, 0, 0, 1, 0])
    category = np.arange(6)
    pairs = pair_ratings(unit, coder, category)
    found = sorted(zip(pairs.unit, pairs.first_coder, pairs.second_coder, pairs.first, pairs.second))
    assert found == [(0, 0, 1, 5, 1), (1, 0, 1, 2, 4), (1, 0, 2, 2, 0), (1, 1, 2, 4, 0)]
