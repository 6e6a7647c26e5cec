"""Columns kept as text: identifiers as they stand, codes with their spellings united, doubtful cells named."""

from __future__ import annotations

import unicodedata

import numpy as np
import pandas as pd

from securebase_analysis.errors import Problem
from securebase_analysis.results.wording import count as n_of

SPELLINGS_SHOWN = 8
MISSING_WORDS = ("NA", "N/A", "n/a", "na", "None", "none", "Null", "NULL", "null", "NaN", "nan", "#N/A", ".", "-")


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


def remark_on_text(frame: pd.DataFrame, table: str) -> list[Problem]:
    """Say which columns hold words that may mean missing (SB-FILE-06) or zeros in front (SB-FILE-05)."""
    problems: list[Problem] = []
    for name in frame:
        column = _spelled_out_if_remarkable(frame[name])
        if not isinstance(column.dtype, pd.StringDtype):
            continue
        words = column.isin(MISSING_WORDS).to_numpy()
        if words.any():
            problems.append(_missing_words(str(name), column[words], np.flatnonzero(words) + 1, table))
        # The plain test is several times faster than the pattern, and few cells pass it.
        begins_with_0 = column[((column != "0") & column.str.startswith("0")).to_numpy(dtype=bool, na_value=False)]
        n_padded = int(begins_with_0.str.fullmatch(r"0[0-9][0-9A-Za-z]*").sum())
        if n_padded:
            what = f"{n_of(n_padded, 'cell')} of column {name} with 0 in front."
            why = "As numbers they would lose the zeros and no longer match other tables."
            done = "The column was kept as text."
            problems.append(Problem("SB-FILE-05", "note", what, table, str(name), why=why, done=done))
    return problems


def _spelled_out_if_remarkable(column: pd.Series) -> pd.Series:
    """A column of categories as text when one of them asks for a remark; else as it is, which costs nothing."""
    if not isinstance(column.dtype, pd.CategoricalDtype):
        return column
    words = pd.Series(column.cat.categories, dtype="str")
    is_remarkable = words.isin(MISSING_WORDS) | (words.str.startswith("0") & (words != "0"))
    return column.astype("str") if is_remarkable.any() else column


def _missing_words(name: str, cells: pd.Series, rows: np.ndarray, table: str) -> Problem:
    """The warning on words that other programs turn into missing cells."""
    counts = ", ".join(f"{word!r} in {n_of(n, 'row')}" for word, n in cells.value_counts().items())
    return Problem(
        "SB-FILE-06",
        "warn",
        f"Cells hold a word that may mean missing or may be an answer, initials or a name: {counts}.",
        table=table,
        column=name,
        rows=rows.tolist(),
        why="Read as missing without asking, a coder with the initials NA would disappear.",
        done="Kept as text.",
        fix=f"If they mean missing, declare them as missing codes of {name} in the codebook.",
    )
