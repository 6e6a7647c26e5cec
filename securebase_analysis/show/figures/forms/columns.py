"""Columns of a table as the series of a picture, and its numbers as the table writes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from securebase_analysis.results.wording import MINUS

OWN = "Own data"
"""The name of a user's numbers that lie over a published picture."""

PUBLISHED = "Published"
"""The name of the published numbers where a picture has no other for them."""


@dataclass(frozen=True, eq=False)
class Drawn:
    """One series: its name in the key, and its rows with ``x, y`` and, where there is one, an interval.

    Attributes
    ----------
    label : str
        Its name in the key.
    rows : pandas.DataFrame
        ``x, y, low, high, piece``; rows without a number are left out.
    """

    label: str
    rows: pd.DataFrame


def listed_columns(y: str | Sequence[str]) -> list[str]:
    """One column or several, as a list."""
    return [y] if isinstance(y, str) else list(y)


def series_of(
    table: pd.DataFrame,
    x: str,
    y: str | Sequence[str],
    by: str = "",
    labels: Mapping[str, str] | None = None,
    low: str = "",
    high: str = "",
    pieces: str = "",
) -> list[Drawn]:
    """A series for each column of `y`, or for each value of `by`, in the order of the table."""
    words = labels or {}
    groups = {str(value): table[table[by] == value] for value in table[by].unique()} if by else {"": table}
    found = []
    for group, part in groups.items():
        for column in listed_columns(y):
            rows = pd.DataFrame(
                {
                    "x": part[x],
                    "y": part[column],
                    "low": part[low] if low else np.nan,
                    "high": part[high] if high else np.nan,
                    "piece": part[pieces].astype(str) if pieces else "",
                }
            )
            name = group or column
            found.append(Drawn(words.get(name, name), rows[rows["y"].notna()].reset_index(drop=True)))
    return [series for series in found if len(series.rows)]


def places_of(values: pd.Series) -> int:
    """How many decimals the table writes in a column.

    Examples
    --------
    >>> places_of(pd.Series([13.9, 14.0])), places_of(pd.Series([57450.0, 8690.0]))
    (1, 0)
    """
    parts = [repr(float(value)).split(".")[-1] for value in values.dropna()]
    return max((len(part) for part in parts if part != "0"), default=0)


def written(value: float, places: int) -> str:
    """A number with thousands marked and a true minus; a dash where there is none.

    Examples
    --------
    >>> written(57450.0, 0), written(-0.5, 2), written(float("nan"), 1)
    ('57,450', '−0.50', '–')
    """
    return "–" if pd.isna(value) else f"{value:,.{places}f}".replace("-", MINUS)


def positions_of(values: pd.Series) -> tuple[dict[object, float], list[str]]:
    """Where each value lies on an axis: numbers at themselves (no tick words), words one after the other."""
    distinct = list(dict.fromkeys(values))
    if pd.api.types.is_numeric_dtype(values):
        return {value: float(value) for value in distinct}, []
    return {value: float(place) for place, value in enumerate(distinct)}, [str(value) for value in distinct]


def lies_over(own: pd.DataFrame | None, *columns: str) -> bool:
    """Whether a user's table has the columns that a picture is drawn from."""
    return own is not None and set(columns) - {""} <= set(own.columns)
