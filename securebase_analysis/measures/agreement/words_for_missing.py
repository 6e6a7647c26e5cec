"""Ratings that are words such as NA: a category of their own, unless somebody says that they mean nothing."""

from __future__ import annotations

import pandas as pd

from securebase_analysis.errors import Problem, rows_where
from securebase_analysis.readers.text_columns import MISSING_WORDS, is_text
from securebase_analysis.results.wording import count as n_of


def words_for_missing(ratings: pd.Series, table: str) -> list[Problem]:
    """The warning on ratings that other programs take for blanks (SB-FILE-06).

    Examples
    --------
    >>> words_for_missing(pd.Series(["warm", "NA", "warm"], name="code"), "ratings")[0].rows
    (2,)
    """
    if not is_text(ratings):
        return []
    words = ratings.astype("str").str.strip()
    found = words[words.isin(MISSING_WORDS)]
    if found.empty:
        return []
    counts = ", ".join(f"{word!r} in {n_of(n, 'row')}" for word, n in found.value_counts().items())
    name = str(ratings.name)
    return [
        Problem(
            "SB-FILE-06",
            "warn",
            f"Ratings are words that may mean missing: {counts}.",
            table=table,
            column=name,
            rows=rows_where(words.isin(MISSING_WORDS)),
            why="As a category, two blanks would count as agreement.",
            done="Kept as a category.",
            fix=f"If they mean missing: data[{name!r}] = data[{name!r}].replace({sorted(set(found))!r}, None)",
        )
    ]
