"""Intervals and p-values against scipy.stats and by hand."""

import numpy as np
import pytest
from scipy import stats

from securebase_analysis.errors import ModelError
from securebase_analysis.results import inference


@pytest.mark.parametrize("df", [1.0, 3.7, 29.0, 1e6, np.inf])
@pytest.mark.parametrize("level", [0.8, 0.95, 0.99])
def test_critical_value_and_p_value_equal_scipy(df, level):
    law = stats.norm() if np.isinf(df) else stats.t(df)
    critical = inference.critical_value(level, df)
    assert critical == pytest.approx(law.ppf(0.5 + level / 2), rel=1e-9)
    assert inference.two_sided_p(critical, df) == pytest.approx(1 - level, rel=1e-9)
    assert inference.two_sided_p(-critical, df) == pytest.approx(1 - level, rel=1e-9)


def test_missing_stays_missing():
    low, high = inference.wald_interval([1.0, 2.0], [np.nan, 1.0], [5.0, np.nan], 0.95)
    assert np.isnan([low[0], high[0], low[1], high[1]]).all()
    assert np.isnan(inference.two_sided_p(np.nan, 5.0))


@pytest.mark.parametrize("level", [0.0, 1.0, 95, -0.1, float("nan"), None, "0.95"])
def test_a_level_is_a_share(level):
    with pytest.raises(ModelError, match="between 0 and 1"):
        inference.critical_value(level, 5.0)


def test_fisher_interval_stays_inside_one_and_is_that_of_the_textbook():
    # r = .50 from 28 pairs, se(z) = 1/sqrt(n - 3) = .2: z = .5493 -+ 1.96 * .2
    low, high = inference.fisher_interval(0.5, 0.2, np.inf, 0.95)
    assert (low, high) == (pytest.approx(0.1560, abs=1e-4), pytest.approx(0.7358, abs=1e-4))
    low, high = inference.fisher_interval(0.999, 1.0, 3.0, 0.99)
    assert -1 < low < high <= 1
