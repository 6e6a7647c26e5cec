"""Hazard ratios as they are written for people: with as many digits as their precision bears."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from securebase_analysis.results import wording

MOST_PLACES = 8
SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def places_of(std_error: float) -> int:
    """Decimals for a number with this standard error: two, and where it is below a hundredth, two digits of it.

    Examples
    --------
    >>> places_of(0.21), places_of(0.00043), places_of(float("nan"))
    (2, 5, 2)
    """
    if not math.isfinite(std_error) or not 0.0 < std_error < 0.01:
        return 2
    return int(min(1 - math.floor(math.log10(std_error)), MOST_PLACES))


def ratio_words(value: float, places: int = 2) -> str:
    """A ratio with these decimals; in powers of ten where decimals would not show it.

    Examples
    --------
    >>> ratio_words(1.456), ratio_words(1.000432, 5), ratio_words(3.2e-9), ratio_words(0.0)
    ('1.46', '1.00043', '3.2 × 10⁻⁹', '0')
    """
    if math.isnan(value) or math.isinf(value):
        return wording.number(value)
    if value == 0.0:
        return "0"
    shown = max(places, min(1 - math.floor(math.log10(value)), 4)) if value < 1.0 else places
    if 10.0**-4 <= value < 10.0**5:
        return wording.number(value, shown)
    exponent = math.floor(math.log10(value))
    return f"{value / 10.0**exponent:.1f} × 10{str(exponent).translate(SUPERSCRIPT)}"


def ratio_interval_words(low: float, high: float, places: int = 2) -> str:
    """An interval of ratios in square brackets; a dash where it is missing."""
    if math.isnan(low) or math.isnan(high):
        return "–"
    return f"[{ratio_words(low, places)}, {ratio_words(high, places)}]"


def written_ratios(logs: pd.DataFrame, ratios: pd.DataFrame, conf_level: float) -> pd.DataFrame:
    """Ratios with their intervals, and the log hazards behind them, as text.

    Parameters
    ----------
    logs, ratios : pandas.DataFrame
        From ``tidy()``, and from ``tidy(exponentiate=True)``.
    conf_level : float
        The level of their intervals.
    """
    hazard = logs["effect"] == "hazard"
    of_ratio = [places_of(value) for value in ratios["std_error"]]
    of_log = [places_of(value) for value in logs["std_error"]]
    statistic = "z" if np.isinf(logs.loc[hazard, "df"]).all() else "t"
    table = pd.DataFrame(
        {
            "Term": logs["term"],
            "Hazard ratio": [
                ratio_words(value, places) if is_ratio else wording.number(value, 3)
                for value, places, is_ratio in zip(ratios["estimate"], of_ratio, hazard)
            ],
            f"{wording.percent(conf_level)} CI": [
                ratio_interval_words(low, high, places) if is_ratio else wording.interval(low, high, 3)
                for low, high, places, is_ratio in zip(ratios["conf_low"], ratios["conf_high"], of_ratio, hazard)
            ],
            "Log hazard": [
                wording.number(value, places) if is_ratio else "–"
                for value, places, is_ratio in zip(logs["estimate"], of_log, hazard)
            ],
            "SE": [wording.number(value, places) for value, places in zip(logs["std_error"], of_log)],
            statistic: [wording.number(value) for value in logs["statistic"]],
            "df": [wording.df(value) if math.isfinite(value) else "–" for value in logs["df"]],
            "p": [wording.p_value(value) for value in logs["p_value"]],
        }
    )
    if not hazard.all():
        table.insert(0, "Effect", logs["effect"])
    return table.drop(columns=[name for name in table if (table[name] == "–").all()])
