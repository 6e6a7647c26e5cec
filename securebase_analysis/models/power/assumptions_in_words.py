"""What power was computed for, in a sentence, and what a plan takes for true unless it is told."""

from __future__ import annotations

from securebase_analysis.models.power.assumed import Assumed
from securebase_analysis.results import wording

USUAL = Assumed(effect=0.2, carry_over=0.3, stable=0.5, together=0.3, levels_together=0.6)


def in_words(assumed: Assumed) -> str:
    """The process that is taken for true."""
    return (
        f"scores carry over from wave to wave by {wording.number(assumed.carry_over)}, "
        f"{100 * assumed.stable:.0f}% of their variance is stable differences between children, which correlate "
        f"at {wording.number(assumed.levels_together)}, and deviations at one wave correlate at "
        f"{wording.number(assumed.together)}"
    )
