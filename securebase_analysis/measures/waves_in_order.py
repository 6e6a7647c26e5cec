"""The waves of a column in time, as far as their names tell it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import pandas as pd

from securebase_analysis.errors import Problem

ONE_NUMBER = re.compile(r"(\D*)(\d+(?:\.\d+)?)(\D*)")


def waves_in_order(column: pd.Series) -> list[Any]:
    """The different waves: ordered labels in their order, numbers and dates by size, T2 before T10.

    Words without a number stand as they first do in the table.

    Examples
    --------
    >>> waves_in_order(pd.Series(["T10", "T2", "T1"])), waves_in_order(pd.Series(["start", "end"]))
    (['T1', 'T2', 'T10'], ['start', 'end'])
    """
    levels = list(column.dropna().unique())
    if isinstance(column.dtype, pd.CategoricalDtype) and column.cat.ordered:
        return [level for level in column.cat.categories if level in set(levels)]
    if not any(isinstance(level, str) for level in levels):
        return sorted(levels)
    parts = [ONE_NUMBER.fullmatch(str(level).strip()) for level in levels]
    if any(part is None for part in parts) or len({(part[1], part[3]) for part in parts if part}) > 1:
        return levels
    return sorted(levels, key=lambda level: float(ONE_NUMBER.fullmatch(str(level).strip())[2]))  # type: ignore[index]


def named_in_two_ways(levels: Sequence[Any], column: str) -> list[Problem]:
    """Waves that are numbers here and words with the same number there: case 32 of C3."""
    numbers: dict[str, list[Any]] = {}
    for level in levels:
        found = ONE_NUMBER.fullmatch(str(level).strip())
        if found is not None:
            numbers.setdefault(f"{float(found[2]):g}", []).append(level)
    alike = [own for own in numbers.values() if len(own) > 1]
    if not alike:
        return []
    shown = "; ".join(" and ".join(repr(level) for level in own) for own in alike[:4])
    one, other = alike[0][0], alike[0][1]
    return [
        Problem(
            "SB-WAVE-01",
            "stop",
            f"Waves are named in two ways: {shown}.",
            column=column,
            why="One wave would count as two.",
            done="Nothing was joined; nothing was fitted.",
            fix=f"data[{column!r}] = data[{column!r}].replace({other!r}, {one!r})",
        )
    ]
