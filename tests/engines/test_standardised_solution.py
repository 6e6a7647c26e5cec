"""Standardised elements against their definition, and their derivatives against small steps."""

import numpy as np
import pytest

from securebase_analysis.engines.moment_structure import COVARIANCE, EFFECT, MEAN, Structure
from securebase_analysis.engines.standardised_solution import standardised

LOADING, ON_FACTOR = (EFFECT, 1, 3), (EFFECT, 3, 2)
CELLS = np.array([LOADING, ON_FACTOR, (COVARIANCE, 0, 0), (COVARIANCE, 0, 1), (COVARIANCE, 3, 3), (MEAN, 1, 0)])
THETA = np.array([0.8, 0.5, 0.6, 0.2, 0.7, 1.5, 0.9, 1.1])


def structure() -> Structure:
    """Two items of a factor that a column explains."""
    fixed = np.zeros((3, 4, 4))
    fixed[EFFECT, 0, 3] = 1.0
    entries = [
        (*LOADING, 0), (*ON_FACTOR, 1), (COVARIANCE, 0, 0, 2), (COVARIANCE, 0, 1, 3), (COVARIANCE, 3, 3, 4),
        (MEAN, 1, 0, 5), (COVARIANCE, 1, 1, 6), (COVARIANCE, 2, 2, 7),
    ]  # fmt: skip
    return Structure(3, fixed, np.array(entries))


def test_values_are_those_of_the_definition():
    values, _ = standardised(structure(), THETA, CELLS)
    load, path, error, both, rest, mean, other, of_column = THETA
    factor = path**2 * of_column + rest
    item = load**2 * factor + other
    assert values == pytest.approx(
        [
            load * np.sqrt(factor / item),
            path * np.sqrt(of_column / factor),
            error / (factor + error),
            both / np.sqrt(error * other),
            rest / factor,
            mean / np.sqrt(item),
        ]
    )


def test_latent_variables_alone():
    values, _ = standardised(structure(), THETA, CELLS, latent_only=True)
    factor = THETA[1] ** 2 * THETA[7] + THETA[4]
    assert values[:4] == pytest.approx([THETA[0] * np.sqrt(factor), THETA[1] / np.sqrt(factor), *THETA[2:4]])


@pytest.mark.parametrize("latent_only", [True, False])
def test_derivatives_are_those_of_small_steps(latent_only):
    _, derivatives = standardised(structure(), THETA, CELLS, latent_only)
    for number in range(len(THETA)):
        step = np.zeros(len(THETA))
        step[number] = 1e-6
        above, below = (standardised(structure(), THETA + s * step, CELLS, latent_only)[0] for s in (1, -1))
        np.testing.assert_allclose(derivatives[:, number], (above - below) / 2e-6, atol=1e-8)


def test_what_has_no_standard_deviation_is_missing():
    theta = THETA.copy()
    theta[2] = -0.1
    values, _ = standardised(structure(), theta, CELLS)
    assert np.isnan(values).tolist() == [False, False, False, True, False, False]
    assert values[2] < 0.0
