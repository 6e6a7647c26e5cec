"""What power was computed for, in a sentence, and what a plan takes for true unless it is told."""

from __future__ import annotations

from securebase_analysis.models.power.assumed import Assumed
from securebase_analysis.results import wording

USUAL = Assumed(effect=0.2, carry_over=0.3, stable=0.5, together=0.3, levels_together=0.6)


ENOUGH_CHILDREN = 200
"""Below this, power is told to be the most that can be hoped for (benchmarks/small_cohorts.py)."""
AT_MOST = (
    "With so few children this is the most to be hoped for: in simulated panels of 52, models with random "
    "intercepts had about six tenths of the power that is expected by errors of many children (0.16 for 0.24)."
)


def in_words(assumed: Assumed) -> str:
    """The process that is taken for true."""
    return (
        f"scores carry over from wave to wave by {wording.number(assumed.carry_over)}, "
        f"{100 * assumed.stable:.0f}% of their variance is stable differences between children, which correlate "
        f"at {wording.number(assumed.levels_together)}, and deviations at one wave correlate at "
        f"{wording.number(assumed.together)}"
    )
