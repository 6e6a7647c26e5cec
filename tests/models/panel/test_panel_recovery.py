"""Lagged effects of simulated panels are found again; the long version is benchmarks/panel_recovery.py."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[3] / "benchmarks"))
from panel_recovery import COLUMNS
from simulated_panels import ACTING, STABLE, by_effect, lagged_effects


def test_intervals_hold_the_effects_that_made_the_panels():
    found = by_effect(lagged_effects(ACTING, {"model": "ri-clpm"}, panels=25, n=400, seed=7), COLUMNS)
    assert (found["panels"] == 25).all()
    # 100 intervals, four a panel: below .88 in fewer than one of 200 runs when 95 of 100 hold.
    assert 0.88 <= found["coverage"].mean() <= 1.0
    assert (found["mean"] - found["truth"]).abs().max() < 0.06


def test_stable_differences_are_no_effects_within_children():
    within = lagged_effects(STABLE, {"model": "ri-clpm"}, panels=20, n=400, seed=8)
    without = lagged_effects(STABLE, {"model": "clpm"}, panels=20, n=400, seed=8)
    false = [(one[one["effect"] == "cross-lagged"]["p_value"] < 0.05).mean() for one in (within, without)]
    assert false[0] <= 0.15
    assert false[1] >= 0.5
