"""Concordance of risks with the order of events, against counting pair by pair."""

import numpy as np
import pytest

from securebase_analysis.engines.ranking_of_risks import concordance
from securebase_analysis.engines.risk_sets import risk_sets


def by_pairs(start, stop, event, strata, risk, weight):
    """Concordant, discordant and tied weight of pairs."""
    found = np.zeros(3)
    for row in np.flatnonzero(event):
        at_risk = (start < stop[row]) & (stop >= stop[row]) & (strata == strata[row])
        others = at_risk & ~((stop == stop[row]) & (event == 1))
        for place, which in enumerate((risk < risk[row], risk > risk[row], risk == risk[row])):
            found[place] += weight[row] * weight[others & which].sum()
    return found


@pytest.mark.parametrize("seed", range(12))
def test_it_counts_every_pair_with_ties_strata_late_entries_and_weights(seed):
    random = np.random.default_rng(seed)
    n = int(random.integers(5, 90))
    start = random.integers(0, 10, n).astype(float)
    stop = start + random.integers(1, 10, n)
    event, strata = random.integers(0, 2, n), random.integers(0, 3, n)
    event[0] = 1
    risk, weight = random.integers(0, 6, n) / 7.0, random.uniform(0.5, 2.0, n)
    found = concordance(risk_sets(stop, event, start, strata), risk, weight)
    expected = by_pairs(start, stop, event, strata, risk, weight)
    np.testing.assert_allclose((found.concordant, found.discordant, found.tied), expected, atol=1e-9)
    plain = concordance(risk_sets(stop, event, None, None), risk)
    expected = by_pairs(start - 1e9, stop, event, 0 * strata, risk, np.ones(n))
    np.testing.assert_allclose((plain.concordant, plain.discordant, plain.tied), expected, atol=1e-9)


def test_risks_in_order_are_concordant_equal_ones_count_half_and_rounding_makes_no_order():
    stop, event = np.arange(1.0, 9.0), np.ones(8)
    sets = risk_sets(stop, event, None, None)
    assert concordance(sets, -stop).value == 1.0
    assert concordance(sets, stop).value == 0.0
    assert concordance(sets, np.full(8, 0.3) + 1e-17 * stop).value == 0.5
    nearly = np.where(stop > 4, 1.0, 2.0) + 1e-15 * stop
    assert concordance(sets, nearly).tied == 12.0


def test_without_a_pair_there_is_no_concordance():
    assert np.isnan(concordance(risk_sets([1.0, 1.0], [1, 1], None, None), [0.0, 1.0]).value)
