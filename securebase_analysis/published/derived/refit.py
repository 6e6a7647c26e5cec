"""Estimates that a source prints, beside those of this package from the same data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd

from securebase_analysis.errors import check_option
from securebase_analysis.published.derived.refit_disruption import disruption_numbers
from securebase_analysis.published.derived.refit_growth import growth_numbers
from securebase_analysis.published.derived.refit_incidence import incidence_numbers
from securebase_analysis.published.small_table import cells_of

VERBS: dict[str, Callable[[pd.DataFrame, Mapping[str, Any]], dict[str, float]]] = {
    "fit_growth": growth_numbers,
    "fit_disruption": disruption_numbers,
    "cumulative_incidence": incidence_numbers,
}
"""Each verb and the function that names its numbers, e.g. ``"estimate days"``."""


def printed_and_ours(table: pd.DataFrame, verb: str, fit: Mapping[str, Any], printed: str) -> pd.DataFrame:
    """Every printed estimate beside ours, and how far apart they are in units of the last printed digit.

    Parameters
    ----------
    table : DataFrame
        The data that the source analysed.
    verb : str
        The verb of this package that asks the same question, one of `VERBS`.
    fit : mapping
        Its arguments.
    printed : str
        Comma-separated text with the columns ``label, number, printed``: what the number is called, its name in
        `VERBS`, and the number as printed, with its last zeros.

    Returns
    -------
    DataFrame
        ``label, printed, ours, digits, off``: decimals printed, and ``(ours − printed) 10^digits``. Between −0.5
        and 0.5, ours rounds to the printed number.

    Raises
    ------
    ModelError
        When there is no such verb, or it gives no such number.

    Examples
    --------
    >>> table = pd.DataFrame({"days": [1, 2, 3, 4], "end": ["left", "open", "left", "left"]})
    >>> fit = {"stop": "days", "cause": "end", "censored": "open", "until": 4}
    >>> text = "label,number,printed\\nStill there,days in placement,2.9"
    >>> printed_and_ours(table, "cumulative_incidence", fit, text).round(3).values.tolist()
    [['Still there', 2.9, 2.875, 1, -0.25]]
    """
    check_option("verb", verb, tuple(VERBS))
    numbers = VERBS[verb](table, fit)
    _, cells = cells_of(printed)
    rows = []
    for label, name, text in cells:
        check_option(f"number of {verb}", name, tuple(numbers))
        digits = len(text.partition(".")[2])
        rows.append((label, float(text), numbers[name], digits, (numbers[name] - float(text)) * 10.0**digits))
    return pd.DataFrame(rows, columns=["label", "printed", "ours", "digits", "off"])
