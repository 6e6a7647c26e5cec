"""A published growth model, fitted again: its numbers by name, and the course it draws through the data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from securebase_analysis.models.growth import fit_growth


def growth_numbers(table: pd.DataFrame, fit: Mapping[str, Any]) -> dict[str, float]:
    """The numbers of a growth model by name.

    Parameters
    ----------
    table : DataFrame
        One row per child and time.
    fit : mapping
        Arguments of `fit_growth`.

    Returns
    -------
    dict of str to float
        ``estimate <term>``, ``std_error <term>``, ``sd <term>`` of what varies between children and of the
        residual, ``correlation <term>, <term>``, and ``deviance``.
    """
    result = fit_growth(table, **fit)
    tidy = result.tidy()
    fixed = tidy[tidy["effect"] == "fixed"].set_index("term")
    random = tidy[tidy["effect"] == "random"].set_index("term")["estimate"]
    numbers = {f"estimate {term}": float(value) for term, value in fixed["estimate"].items()}
    numbers |= {f"std_error {term}": float(value) for term, value in fixed["std_error"].items()}
    spread = {_inside(term): float(np.sqrt(value)) for term, value in random.items() if _is(term, "var")}
    numbers |= {f"sd {name}": value for name, value in spread.items()}
    for term, value in random.items():
        if _is(term, "cov"):
            first, second = _inside(term).split(", ")
            numbers[f"correlation {first}, {second}"] = float(value) / (spread[first] * spread[second])
    return numbers | {"deviance": float(result.glance()["deviance"].iloc[0])}


def growth_course(
    table: pd.DataFrame, formula: str, time: str, outcome: str, group: str, random: str, printed: list[float]
) -> pd.DataFrame:
    """The observed courses, the mean course that we fit, and the one that the source prints.

    Parameters
    ----------
    table : DataFrame
        One row per child and time.
    formula, random : str
        Of `fit_growth`.
    time, outcome, group : str
        Columns of the time, of what was measured, and of the child.
    printed : list of float
        Intercept and slope as printed.

    Returns
    -------
    DataFrame
        ``kind, line, x, y``: *observed* with a running number for each child, *ours* and *printed*.
    """
    result = fit_growth(table, formula, random=random, group=group)
    intercept, slope = result.tidy().loc[result.tidy()["effect"] == "fixed", "estimate"].astype(float)
    at = np.sort(table[time].unique()).astype(float)
    number = table.groupby(group, sort=False).ngroup() + 1
    observed = pd.DataFrame(
        {"kind": "observed", "line": number, "x": table[time].astype(float), "y": table[outcome]}
    )
    means = [
        pd.DataFrame({"kind": kind, "line": 0, "x": at, "y": first + more * at})
        for kind, first, more in (("ours", intercept, slope), ("printed", *printed))
    ]
    return pd.concat([observed, *means], ignore_index=True)


def _is(term: object, kind: str) -> bool:
    """Whether a term is a variance or a covariance."""
    return str(term).startswith(f"{kind}(")


def _inside(term: object) -> str:
    """What stands in the brackets of a term."""
    return str(term).partition("(")[2].removesuffix(")")
