"""How much must be coded twice before agreement can be estimated."""

from __future__ import annotations

import math

from scipy import special

from securebase_analysis.results import wording

EXPECTED_KAPPA = 0.70
EVEN_CHANCE = 0.50


def units_needed(half_width: float = 0.10, conf_level: float = 0.95) -> int:
    """Double-coded units for an interval of kappa of the half-width given.

    Notes
    -----
    Two coders, two equally frequent codes, kappa .70, independent units: the variance of kappa is
    ``p (1 - p) / (n (1 - e)²)`` with observed agreement p and chance agreement e = 1/2.

    Examples
    --------
    >>> units_needed()
    196
    """
    z = special.ndtri(0.5 + conf_level / 2.0)
    observed = EVEN_CHANCE + EXPECTED_KAPPA * (1.0 - EVEN_CHANCE)
    variance_of_one = observed * (1.0 - observed) / (1.0 - EVEN_CHANCE) ** 2
    return math.ceil(variance_of_one * (z / half_width) ** 2)


def double_coding_needed(word: str, units_each: float) -> str:
    """The advice in a sentence, in children or sources where units come in those."""
    n = units_needed()
    basis = f"two codes used equally often and kappa near {EXPECTED_KAPPA:.2f} assumed"
    if word == "unit":
        return f"Let a second coder rate about {n} units for an interval of ± .10 ({basis})."
    clusters = max(2, math.ceil(n / max(units_each, 1.0)))
    return (
        f"Let a second coder rate about {clusters} {wording.plural(word)} ({n} units at {units_each:.0f} each) "
        f"for an interval of ± .10 ({basis})."
    )
