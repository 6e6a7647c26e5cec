"""Published competing risks, estimated again: their numbers by name, and their curves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from securebase_analysis.models.incidence import cumulative_incidence


def incidence_numbers(table: pd.DataFrame, fit: Mapping[str, Any]) -> dict[str, float]:
    """The mean times of an incidence by name.

    Parameters
    ----------
    table : DataFrame
        One row per child.
    fit : mapping
        Arguments of `cumulative_incidence`, and ``until``, the limit of the mean times, and ``unit``, by which
        they are divided.

    Returns
    -------
    dict of str to float
        ``days in placement`` and ``days lost to <exit>``, with the group before them where there are groups:
        ``F: days lost to death``.
    """
    own = {name: value for name, value in fit.items() if name not in ("until", "unit")}
    tidy = cumulative_incidence(table, **own).restricted_mean(fit["until"]).tidy()
    means = tidy[tidy["effect"] == "mean"]
    return {
        _name(row.group, row.outcome): float(row.estimate) / fit.get("unit", 1.0)
        for row in means.itertuples(index=False)
    }


def _name(group: Any, outcome: Any) -> str:
    """The name of a mean time."""
    return f"{f'{group}: ' if group else ''}{f'days lost to {outcome}' if outcome else 'days in placement'}"


def incidence_curves(
    table: pd.DataFrame, stop: str, cause: str, censored: str, by: str, names: Mapping[str, str], unit: float,
    until: float, alone: str = "",
) -> pd.DataFrame:  # fmt: skip
    """The incidence of each exit in each group, step by step, and what one exit would be without the others.

    Parameters
    ----------
    table : DataFrame
        One row per child.
    stop, cause, censored, by : str
        As in `cumulative_incidence`.
    names : mapping of str to str
        A name for each value of `by`.
    unit : float
        The times are divided by it.
    until : float
        The last time that is kept, after the division; later steps may rest on very few.
    alone : str, optional
        Instead of all exits only this one: its incidence, and one less Kaplan and Meier's curve when the others
        are taken as censored.

    Returns
    -------
    DataFrame
        ``time, curve, estimate, low, high``.
    """
    curves = _curves(table, stop, cause, censored, by)
    if alone:
        others = table[cause].where(table[cause] == alone, censored)
        without = _curves(table.assign(**{cause: others}), stop, cause, censored, by)
        curves = pd.concat([
            curves[curves["cause"] == alone].assign(cause="others count as exits"),
            without.assign(cause="others taken as censored"),
        ])  # fmt: skip
    curves = pd.concat([_up_to(rows, until * unit) for _, rows in curves.groupby(["group", "cause"], sort=False)])
    words = curves["group"].map(lambda value: names[str(value)])
    return pd.DataFrame(
        {
            "time": curves["time"] / unit,
            "curve": words + ": " + curves["cause"].astype(str),
            "estimate": 100.0 * curves["estimate"],
            "low": 100.0 * curves["conf_low"],
            "high": 100.0 * curves["conf_high"],
        }
    ).reset_index(drop=True)


def _up_to(curve: pd.DataFrame, last: float) -> pd.DataFrame:
    """The steps of a curve up to a time at which it was still followed, and its value then."""
    kept = curve[curve["time"] <= last]
    return pd.concat([kept, kept.tail(1).assign(time=last)]) if curve["time"].max() > last else kept


def _curves(table: pd.DataFrame, stop: str, cause: str, censored: str, by: str) -> pd.DataFrame:
    """The steps of every curve."""
    return cumulative_incidence(table, stop=stop, cause=cause, censored=censored, by=by).curve()
