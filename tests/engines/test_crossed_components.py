"""Variance components of tables with cells missing: lme4, mean squares, and recovery of a known truth."""

import json
from pathlib import Path

import numpy as np
import pytest

from securebase_analysis.engines import crossed_components as crossed
from securebase_analysis.engines.intraclass import (
    VarianceComponents,
    intervals_of_components,
    intraclass,
    intraclass_intervals,
    intraclass_of_components,
    mean_squares,
)

REFERENCE = json.loads((Path(__file__).parents[1] / "reference" / "incomplete_ratings.json").read_text())
TABLES = ("shrout_fleiss", "gappy", "two_of_six", "nothing_between", "coders_alike")
SHROUT_FLEISS = np.array(
    [9, 2, 5, 8, 6, 1, 3, 2, 8, 4, 6, 8, 7, 1, 2, 6, 10, 5, 6, 9, 6, 2, 4, 7], dtype=float
).reshape(6, 4)


def sums_of(table: np.ndarray) -> crossed.TableSums:
    """The sums of one table, units in rows."""
    seen = ~np.isnan(table)
    values = np.where(seen, table - np.nanmean(table), 0.0)
    m, total = seen.sum(axis=1), values.sum(axis=1)
    sizes = np.unique(m[m > 0])
    units = [m == size for size in sizes]
    return crossed.TableSums(
        sizes=sizes.astype(float),
        units=np.array([[own.sum() for own in units]], dtype=float),
        together=np.array([[seen[own].T.astype(float) @ seen[own] for own in units]]),
        totals=np.array([[seen[own].T @ total[own] for own in units]]),
        unit_squares=np.array([[(total[own] ** 2).sum() for own in units]]),
        coder_sums=values.sum(axis=0)[None],
        squares=np.array([(values**2).sum()]),
    )


def found_in(table: np.ndarray) -> VarianceComponents:
    sums = sums_of(table)
    units, coders, error, _ = (float(part[0]) for part in crossed.crossed_components(sums))
    per_unit, per_coder = (float(part[0]) for part in crossed.ratings_in_effect(sums))
    df = float(crossed.error_df(sums)[0])
    return VarianceComponents(table.shape[1], units, coders, error, sums.units.sum(), df, per_unit, per_coder)


def random_table(n: int, k: int, variances: tuple[float, ...], rng: np.random.Generator) -> np.ndarray:
    units, coders, error = np.sqrt(variances)
    return rng.normal(0, units, (n, 1)) + rng.normal(0, coders, k) + rng.normal(0, error, (n, k))


@pytest.mark.parametrize("name", TABLES)
def test_components_equal_lme4(name: str) -> None:
    reference = REFERENCE[name]
    table = np.array(reference["data"], dtype=float)
    found = crossed.crossed_components(sums_of(table))
    scale = reference["error"]
    for part, key in ((found.units, "units"), (found.coders, "coders"), (found.error, "error")):
        # lme4 stops within 1e-6 of the best ratio; at a variance of 0 within 1e-8 of the error's.
        np.testing.assert_allclose(part[0], reference[key], rtol=2e-6, atol=1e-6 * scale)
    # The search ends at a gradient of 1e-7, and a ratio of variances that is on its way to 0 is then set to 0.
    n = np.isfinite(table).sum()
    criterion = found.deviance[0] + (n - 1) * (1 + np.log(2 * np.pi / (n - 1)))
    np.testing.assert_allclose(criterion, reference["reml"], rtol=1e-9, atol=1e-8)


def test_gradient_is_that_of_the_deviance() -> None:
    sums, at = sums_of(np.array(REFERENCE["two_of_six"]["data"], dtype=float)), np.array([[0.3, -0.7]])
    aside = np.eye(2) * 1e-5
    slopes = [(crossed._deviance(sums, at + h)[0] - crossed._deviance(sums, at - h)[0]) / 2e-5 for h in aside]
    np.testing.assert_allclose(crossed._deviance(sums, at)[1][0], np.ravel(slopes), rtol=1e-7, atol=1e-7)


def test_complete_table_gives_what_mean_squares_give() -> None:
    centred = SHROUT_FLEISS - SHROUT_FLEISS.mean()
    squares = mean_squares(6, (centred.sum(axis=1) ** 2).sum(), (centred**2).sum(), centred.sum(axis=0))
    found = found_in(SHROUT_FLEISS)
    icc = intraclass_of_components(4, *(np.array(part) for part in (found.units, found.coders, found.error)))
    np.testing.assert_allclose(icc, intraclass(squares), rtol=1e-7, atol=1e-9)
    assert (found.per_unit, found.per_coder, found.df_error) == (pytest.approx(4), pytest.approx(6), 15)
    low, high = intraclass_intervals(squares, 0.95)
    low_here, high_here = intervals_of_components(found, 0.95)
    np.testing.assert_allclose(high_here, high, rtol=1e-6, atol=1e-8)
    above = low > 0.0  # Below 0 the ends differ on purpose: a variance is none below 0.
    np.testing.assert_allclose(low_here[above], low[above], rtol=1e-6, atol=1e-8)
    assert above.sum() == 4


def test_tables_are_fitted_together_as_they_are_alone() -> None:
    rng = np.random.default_rng(3)
    tables = [random_table(20, 4, (1.0, 0.3, 1.0), rng) for _ in range(5)]
    for table in tables:
        table[:10, 0], table[10:, 3] = np.nan, np.nan
    alone = [sums_of(table) for table in tables]
    together = crossed.TableSums(alone[0].sizes, *(np.concatenate(part) for part in list(zip(*alone))[1:]))
    for number, sums in enumerate(alone):
        for whole, own in zip(crossed.crossed_components(together), crossed.crossed_components(sums)):
            np.testing.assert_allclose(whole[number], own[0], rtol=1e-6, atol=1e-9)


def test_nothing_that_varies_has_no_components() -> None:
    table = np.full((6, 3), 4.0)
    table[0, 0] = np.nan
    assert np.isnan(crossed.crossed_components(sums_of(table)).units).all()


@pytest.mark.parametrize(
    ("n", "k", "rated", "variances"),
    [(30, 4, 3, (1.0, 0.3, 1.0)), (40, 6, 2, (1.0, 0.3, 1.0)), (15, 3, 2, (2.0, 0.5, 1.0))],
)
def test_intervals_cover_the_truth(n: int, k: int, rated: int, variances: tuple[float, ...]) -> None:
    rng = np.random.default_rng(11)
    truth = intraclass_of_components(k, *(np.array(part) for part in variances))
    hits = np.zeros(6)
    for _ in range(200):
        table = random_table(n, k, variances, rng)
        table[np.argsort(rng.random((n, k)), axis=1) >= rated] = np.nan
        low, high = intervals_of_components(found_in(table), 0.95)
        hits += (low <= truth) & (truth <= high)
    # 200 intervals of 95 %: three standard errors of the share are 4.6 points.
    assert (hits / 200 >= 0.904).all(), hits / 200
