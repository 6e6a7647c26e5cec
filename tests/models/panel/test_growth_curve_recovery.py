"""Curves that made simulated panels are found again; the long version is benchmarks/growth_curve_recovery.py."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[3] / "benchmarks"))
from growth_curve_recovery import found_in, summary, truth


def test_intervals_hold_what_made_the_panels():
    found = summary(found_in(30, n=150, k=2, seed=3, equal=True))
    assert (found["panels"] == 30).all()
    assert len(found) == 4 + 4 + 10
    assert set(found["term"]) <= set(truth(2))
    # 540 intervals: below .90 in fewer than one of 200 runs when 95 of 100 hold, as terms go together.
    assert 0.90 <= found["coverage"].mean() <= 1.0
    means = found[found["effect"].str.contains("intercept|covariate")]
    assert ((means["mean"] - means["truth"]).abs() < 3.5 * means["sd"] / 30**0.5).all()
    # Standard errors are the spread of the estimates over the panels.
    assert abs((found["mean std_error"] / found["sd"]).median() - 1.0) < 0.15
