"""Numbers in sentences: the words from which the alt text of every picture is built."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import pandas as pd

from securebase_analysis.results import wording

ROWS_READ_OUT = 24


def estimate(value: Any, low: Any, high: Any, places: int = 1) -> str:
    """A number and its interval, e.g. ``52.1 [50.3, 53.9]``; only the number where there is no interval."""
    text = wording.number(value, places)
    ends = wording.interval(low, high, places)
    return text if ends == "–" else f"{text} {ends}"


def listed(texts: Sequence[str]) -> str:
    """Texts joined as in a sentence.

    Examples
    --------
    >>> listed(["a", "b", "c"]), listed(["a"])
    ('a, b and c', 'a')
    """
    if len(texts) < 2:
        return "".join(texts)
    return f"{', '.join(texts[:-1])} and {texts[-1]}"


def read_out(sentences: Iterable[str], what: str) -> str:
    """The first rows in full and how many follow, so that a long picture does not become an endless sentence."""
    sentences = list(sentences)
    shown = "; ".join(sentences[:ROWS_READ_OUT])
    hidden = len(sentences) - ROWS_READ_OUT
    return f"{shown}; and {wording.count(hidden, f'more {what}')}." if hidden > 0 else f"{shown}."


def spread(values: pd.Series, places: int = 1) -> str:
    """Lowest and highest value, e.g. ``from 3.0 to 9.5``."""
    return f"from {wording.number(values.min(), places)} to {wording.number(values.max(), places)}"


def group_with_n(rows: pd.DataFrame) -> str:
    """A group's name with its smallest and largest number of children, e.g. ``Wave 2 (n = 186–195)``."""
    low, high = int(rows["n_children"].min()), int(rows["n_children"].max())
    counted = f"{low:,}" if low == high else f"{low:,}–{high:,}"
    return f"{rows['group'].iloc[0]} (n = {counted})"
