"""Columns read as text: identifiers exactly as they stand, codes with their spellings united."""

from __future__ import annotations

import unicodedata

import numpy as np
import pandas as pd

from securebase_analysis.errors import Problem

SPELLINGS_SHOWN = 8


def to_text(column: pd.Series) -> pd.Series:
    """Read a column of identifiers or codes as text; a whole number loses its point, so that 12.0 is ``12``.

    Parameters
    ----------
    column : pandas.Series
        Text or numbers.

    Returns
    -------
    pandas.Series
        str, exactly as in the file where it was text.

    Examples
    --------
    >>> to_text(pd.Series([12.0, None, 3.5])).tolist()
    ['12', nan, '3.5']
    """
    if is_text(column):
        return column.astype("str")
    if pd.api.types.is_bool_dtype(column) or not pd.api.types.is_numeric_dtype(column):
        return column.astype("str")
    numbers = column.astype("float64")
    whole = (numbers % 1 == 0) & (numbers.abs() < 2**53)
    text = numbers.astype("str")
    text[whole] = numbers[whole].astype("int64").astype("str")
    if pd.api.types.is_integer_dtype(column):
        text = column.astype("Int64").astype("str")
    return text


def clean_text(column: pd.Series, *, table: str) -> tuple[pd.Series, list[Problem]]:
    """Unite the spellings of a code that differ only in blanks or in upper and lower case.

    Parameters
    ----------
    column : pandas.Series
        Codes or categories; not identifiers, because the message shows the spellings.
    table : str
        For messages.

    Returns
    -------
    values : pandas.Series
        str; each code in its most frequent spelling (the first of equals), without blanks around it.
    problems : list of Problem
        SB-FILE-19 (warn): how many spellings became one, and which.

    Examples
    --------
    >>> codes = pd.Series(["Availability", "availability ", "Availability"], name="code")
    >>> values, problems = clean_text(codes, table="segments.csv")
    >>> values.tolist(), problems[0].rows
    (['Availability', 'Availability', 'Availability'], (2,))
    """
    text = to_text(column)
    spellings = text.value_counts(sort=False, dropna=True)
    tidy = {spelling: _tidy(spelling) for spelling in spellings.index}
    chosen = _most_frequent(spellings, tidy)
    united = {spelling: chosen[tidied.casefold()] for spelling, tidied in tidy.items()}
    values = text.map(united).astype("str")
    values = values.mask(values == "").rename(column.name)
    name = "" if column.name is None else str(column.name)
    groups: dict[str, list[str]] = {}
    for spelling, code in united.items():
        groups.setdefault(code, []).append(spelling)
    problems = []
    for code, members in groups.items():
        if len(members) > 1 and code:
            changed = (text.isin(members) & (text != code)).to_numpy()
            problems.append(_united(code, members, (np.flatnonzero(changed) + 1).tolist(), table, name))
    return values, problems


def is_text(column: pd.Series) -> bool:
    """Whether a column holds text (or a mixture)."""
    return isinstance(column.dtype, pd.StringDtype | pd.CategoricalDtype) or column.dtype == object


def _tidy(spelling: str) -> str:
    """A spelling in composed characters, with single ordinary blanks and none around it."""
    return " ".join(unicodedata.normalize("NFC", spelling).replace("\u200b", "").split())


def _most_frequent(spellings: pd.Series, tidy: dict[str, str]) -> dict[str, str]:
    """For each code regardless of case, its most frequent tidy spelling."""
    counts: dict[str, dict[str, int]] = {}
    for spelling, n in spellings.items():
        tidied = tidy[str(spelling)]
        group = counts.setdefault(tidied.casefold(), {})
        group[tidied] = group.get(tidied, 0) + int(n)
    return {folded: max(group, key=group.__getitem__) for folded, group in counts.items()}


def _united(code: str, members: list[str], rows: list[int], table: str, name: str) -> Problem:
    """The warning that several spellings became one code."""
    shown = ", ".join(repr(member) for member in members[:SPELLINGS_SHOWN])
    return Problem(
        "SB-FILE-19",
        "warn",
        f"{len(members)} spellings that differ only in blanks or case stand for one code: {shown}.",
        table=table,
        column=name,
        rows=rows,
        why="Counted apart, one code would become several, each with too few cells.",
        done=f"All were read as {code!r}.",
        fix="If they are different codes, give them names that differ in more than case.",
    )
