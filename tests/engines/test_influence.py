"""Fits without some of the rows equal fits that never saw them."""

import numpy as np
import pytest

from securebase_analysis.engines import mixed
from securebase_analysis.engines.influence import fits_without, full_rank
from securebase_analysis.engines.standard import standard_design


@pytest.fixture(scope="module")
def data():
    random = np.random.default_rng(9)
    group = np.repeat(np.arange(18), random.integers(2, 6, 18))
    X = np.vstack([np.ones(len(group)), random.uniform(0, 4, len(group)), (group == 3) * 1.0])
    level, slope = random.normal(size=(2, 18))
    y = 3.0 + X[1] + level[group] + 0.5 * slope[group] * X[1] + random.normal(size=len(group))
    return y, X, X[:2], group


def fit_of(y, X, Z, group, reml=True, blocks=None):
    _, code = np.unique(group, return_inverse=True)
    return mixed.fit_mixed(standard_design(y, X, Z, code, code.max() + 1), reml, blocks)


@pytest.mark.parametrize("reml", [True, False])
@pytest.mark.parametrize("blocks", [None, ((0,), (1,))])
def test_leaving_out_a_group_is_never_having_seen_it(data, reml, blocks):
    y, X, Z, group = data
    X = X[:2]
    whole = fit_of(y, X, Z, group, reml, blocks)
    for level, rest in enumerate(fits_without(whole, y, X, Z, group, group, 18)):
        keep = group != level
        fresh = fit_of(y[keep], X[:, keep], Z[:, keep], group[keep], reml, blocks)
        assert rest.deviance == pytest.approx(fresh.deviance, abs=1e-8)
        np.testing.assert_allclose(rest.beta, fresh.beta, rtol=1e-5, atol=1e-8)
        np.testing.assert_allclose(rest.vcov, fresh.vcov, rtol=1e-4)
        np.testing.assert_allclose(rest.D, fresh.D, rtol=1e-3, atol=1e-5)
        assert rest.sigma2 == pytest.approx(fresh.sigma2, rel=1e-5)


def test_what_is_left_out_may_lie_across_the_groups(data):
    y, X, Z, group = data
    X = X[:2]
    wave = (X[1] > 2.0).astype(int)
    fits = list(fits_without(fit_of(y, X, Z, group), y, X, Z, group, wave, 2))
    for level, rest in enumerate(fits):
        keep = wave != level
        fresh = fit_of(y[keep], X[:, keep], Z[:, keep], group[keep])
        assert rest.deviance == pytest.approx(fresh.deviance, abs=1e-7)
        np.testing.assert_allclose(rest.beta, fresh.beta, rtol=1e-4)


def test_a_column_that_rests_on_one_group_has_no_fit_without_it(data):
    y, X, Z, group = data
    fits = list(fits_without(fit_of(y, X, Z, group), y, X, Z, group, group, 18))
    assert [level for level, rest in enumerate(fits) if rest is None] == [3]


def test_rank():
    columns = np.vstack([np.ones(6), np.arange(6.0)])
    assert full_rank(columns)
    assert not full_rank(np.vstack([columns, 2.0 * columns[1] - 1.0]))
    assert not full_rank(np.vstack([columns, np.zeros(6)]))
    assert not full_rank(columns[:, :2])
