"""Intraclass correlations against psych (tests/reference/agreement.R) and Shrout & Fleiss (1979)."""

import json
from pathlib import Path

import numpy as np
import pytest

from securebase_analysis.engines.intraclass import (
    MeanSquares,
    f_tests,
    intraclass,
    intraclass_intervals,
    mean_squares,
)

REFERENCE = json.loads((Path(__file__).parents[1] / "reference" / "agreement.json").read_text())
CLOSE = {"rtol": 1e-9, "atol": 1e-11}


def squares_of(table: np.ndarray) -> MeanSquares:
    table = table - table.mean()
    return mean_squares(len(table), (table.sum(axis=1) ** 2).sum(), (table**2).sum(), table.sum(axis=0))


def test_published_example_of_shrout_and_fleiss() -> None:
    found = intraclass(squares_of(np.array(REFERENCE["data"]["shrout_fleiss"], dtype=float)))
    np.testing.assert_array_equal(found.round(2), [0.17, 0.29, 0.71, 0.44, 0.62, 0.91])


@pytest.mark.parametrize(
    ("name", "data", "level"),
    [("shrout_fleiss", "shrout_fleiss", 0.95), ("measured", "measured", 0.95), ("measured_90", "measured", 0.90)],
)
def test_coefficients_f_tests_and_intervals_equal_psych(name: str, data: str, level: float) -> None:
    reference = REFERENCE["icc"][name]
    squares = squares_of(np.array(REFERENCE["data"][data], dtype=float))
    np.testing.assert_allclose(intraclass(squares), reference["icc"], **CLOSE)
    tests = f_tests(squares)
    for column, key in enumerate(["f", "df_1", "df_2", "p"]):
        np.testing.assert_allclose(tests[:, column], reference[key], **CLOSE)
    low, high = intraclass_intervals(squares, level)
    np.testing.assert_allclose(low, reference["low"], **CLOSE)
    np.testing.assert_allclose(high, reference["high"], **CLOSE)


def test_nothing_that_varies_has_no_coefficient() -> None:
    assert np.isnan(intraclass(squares_of(np.full((5, 3), 4.0)))).all()


def test_perfect_agreement_is_one_and_has_no_f_interval() -> None:
    squares = squares_of(np.repeat(np.arange(6.0), 2).reshape(6, 2))
    np.testing.assert_allclose(intraclass(squares), 1.0)
    assert np.isnan(intraclass_intervals(squares, 0.95)).all()
