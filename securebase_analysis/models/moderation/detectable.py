"""What a sample could have found: the smallest true effect that a test finds with a given power."""

from __future__ import annotations

import numpy as np
from scipy import special

from securebase_analysis.errors import ModelError, Problem
from securebase_analysis.results.inference import Floats

POWER = 0.8


def check_power(power: object) -> None:
    """Refuse a power that is not between 0 and 1.

    Raises
    ------
    ModelError
        When it is not.
    """
    if isinstance(power, int | float | np.number) and 0.0 < power < 1.0:
        return
    raise ModelError(
        Problem(
            "SB-MODEL-89",
            "stop",
            f"power={power!r} is not between 0 and 1.",
            why="It is the share of samples in which a true effect is found.",
            fix="power=0.8",
        )
    )


def detectable(std_error: Floats, df: Floats, alpha: float, power: float = POWER) -> Floats:
    """The smallest true effect that a two-sided test finds with this power, the standard error being what it is.

    (t_{1 - alpha/2} + t_{power}) times the standard error (Bloom 1995), with the degrees of freedom of the test.
    """
    return (_quantile(1.0 - alpha / 2.0, df) + _quantile(power, df)) * std_error


def _quantile(probability: float, df: Floats) -> Floats:
    finite = np.where(np.isinf(df), 1.0, df)
    return np.where(np.isinf(df), special.ndtri(probability), special.stdtrit(finite, probability))
