"""Text of which only the shape is left, so that every position and every count of words stays."""

from __future__ import annotations

import re

import pandas as pd

LETTER = re.compile(r"[^\W\d_]")
DIGIT = re.compile(r"\d")


def masked(texts: pd.Series) -> pd.Series:
    """Each letter an x and each digit a 0; blanks, line ends and signs stay where they are.

    Examples
    --------
    >>> masked(pd.Series(["Zoë is 7!", None])).tolist()
    ['xxx xx 0!', nan]
    """
    return texts.astype("str").map(mask, na_action="ignore").astype("str")


def mask(text: str) -> str:
    """One text as `masked`; as long as it was."""
    return DIGIT.sub("0", LETTER.sub("x", text))
