"""The rows of ``diagnostics()``: what was looked at, what was found, and the next step where it is needed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd

from securebase_analysis.results.glossary import DIAGNOSTICS

Check = dict[str, Any]
"""One row, by the names of the columns."""

NEARLY_THE_SAME = 0.85
"""Of two predictors that correlate by more, the standard errors are almost twice those of two that do not."""


def check(name: str, value: float, threshold: float, ok: bool, advice: str) -> Check:
    """One row; advice stands only where there is concern.

    Parameters
    ----------
    name : str
        What was looked at, beginning with what it is about.
    value, threshold : float
        What was found, and where concern begins.
    ok : bool
        Whether there is no concern.
    advice : str
        The next step where there is.

    Examples
    --------
    >>> check("number of carers", 7, 10, False, "Put C(carer) in the formula.")["advice"]
    'Put C(carer) in the formula.'
    >>> check("number of carers", 40, 10, True, "Put C(carer) in the formula.")["advice"]
    ''
    """
    return dict(zip(DIAGNOSTICS, (name, value, threshold, bool(ok), "" if ok else advice)))


def checks_frame(checks: Iterable[Check] = ()) -> pd.DataFrame:
    """The rows as the frame that ``diagnostics()`` shows."""
    return pd.DataFrame(list(checks), columns=list(DIAGNOSTICS))
