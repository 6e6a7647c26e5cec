"""Columns of text turned into numbers, yes/no and tidy codes, with every cell that does not fit reported.

A converter takes a column and gives ``(values, problems)``. It raises nothing: the caller collects the problems
of all columns and stops once.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from securebase_analysis.errors import Problem
from securebase_analysis.readers.cells_in_messages import name_cells, quotable
from securebase_analysis.readers.dates import to_date
from securebase_analysis.readers.text_columns import clean_text, is_text, to_text
from securebase_analysis.results.wording import count as n_of

POINT_NUMBER = r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?"
COMMA_NUMBER = r"[+-]?(?:[0-9]+(?:,[0-9]+)?|,[0-9]+)"
THOUSANDS = r"[+-]?[1-9][0-9]{0,2}(?:,[0-9]{3})+"
YES = frozenset({"yes", "y", "true", "t", "1"})
NO = frozenset({"no", "n", "false", "f", "0"})


def to_number(column: pd.Series, *, table: str, decimal: str | None = None) -> tuple[pd.Series, list[Problem]]:
    """Read a column as numbers.

    Parameters
    ----------
    column : pandas.Series
        Text or numbers; empty cells stay missing.
    table : str
        For messages.
    decimal : {".", ","}, optional
        The decimal mark; found from the column when None.

    Returns
    -------
    values : pandas.Series
        float64; missing where a cell is empty or not a number.
    problems : list of Problem
        SB-FILE-18, stop: cells that are not numbers, or a comma that could be decimal or thousands; note: a
        decimal comma was found.

    Notes
    -----
    A unit, a range, a comparison sign or a thousands mark makes a cell a text: ``'3 or 4'`` has no number that is
    not a choice. The first cells are shown in the message, unless they look like a name or an identifier.

    Examples
    --------
    >>> values, problems = to_number(pd.Series(["2,5", "3", None], name="score"), table="wave1.csv")
    >>> values.tolist(), problems[0].severity
    ([2.5, 3.0, nan], 'note')
    """
    if not is_text(column):
        return _plain_numbers(column, table)
    text = _stripped(column)
    filled = text.notna().to_numpy()
    problems: list[Problem] = []
    mark = decimal
    if mark is None and text.str.contains(",", regex=False).fillna(False).any():
        mark, problems = _decimal_mark(text, table)
    pattern = COMMA_NUMBER if mark == "," else POINT_NUMBER
    fits = text.str.fullmatch(pattern).fillna(False).to_numpy(dtype=bool)
    numbers = text.where(fits)
    if mark == ",":
        numbers = numbers.str.replace(",", ".", regex=False)
    values = pd.to_numeric(numbers, errors="coerce").astype("float64")
    fits = fits & np.isfinite(values.to_numpy())
    values = values.where(fits)
    if (filled & ~fits).any():
        problems.append(_not_numbers(column, filled & ~fits, filled, table, mark))
    return values.rename(column.name), problems


def to_whole_number(
    column: pd.Series, *, table: str, decimal: str | None = None
) -> tuple[pd.Series, list[Problem]]:
    """Read a column as whole numbers.

    Parameters
    ----------
    column : pandas.Series
        Text or numbers.
    table : str
        For messages.
    decimal : {".", ","}, optional
        As in `to_number`.

    Returns
    -------
    values : pandas.Series
        Int64; missing where a cell is empty or not a whole number.
    problems : list of Problem
        Those of `to_number`, and SB-FILE-18 (stop) for numbers with a fraction.

    Examples
    --------
    >>> values, problems = to_whole_number(pd.Series(["4", "2.5"], name="item1"), table="wave1.csv")
    >>> values.tolist(), problems[0].rows
    ([4, <NA>], (2,))
    """
    numbers, problems = to_number(column, table=table, decimal=decimal)
    broken = (numbers.notna() & ((numbers % 1 != 0) | (numbers.abs() >= 2**53))).to_numpy(dtype=bool)
    if broken.any():
        rows = _rows(broken)
        problems.append(
            Problem(
                "SB-FILE-18",
                "stop",
                f"{n_of(len(rows), 'cell is no whole number', 'cells are no whole numbers')}: "
                f"{name_cells(rows, column[broken])}.",
                table=table,
                column=_name(column),
                rows=rows,
                why="Rounding them would invent an answer.",
                done="They were not rounded.",
                fix="Correct the cells in the source.",
            )
        )
    return numbers.where(~broken).astype("Int64"), problems


def to_yes_no(column: pd.Series, *, table: str, yes: object = None) -> tuple[pd.Series, list[Problem]]:
    """Read a column as yes or no.

    Parameters
    ----------
    column : pandas.Series
        yes/no, y/n, true/false, 1/0, in any case.
    table : str
        For messages.
    yes : str or number, optional
        The value that means yes when the column uses two others, such as 1 and 2.

    Returns
    -------
    values : pandas.Series
        boolean; missing where a cell is empty or neither.
    problems : list of Problem
        SB-FILE-18 (stop): other values, such as 1 and 2, of which nobody can say which means yes.

    Examples
    --------
    >>> to_yes_no(pd.Series(["Yes", "no", None], name="ended"), table="placements.csv")[0].tolist()
    [True, False, <NA>]
    >>> to_yes_no(pd.Series(["1", "2"], name="ended"), table="placements.csv", yes=2)[0].tolist()
    [False, True]
    """
    words = to_text(column).pipe(_stripped).str.casefold()
    filled = words.notna().to_numpy()
    if yes is not None:
        return _declared_yes(column, words, filled, table, _stripped(to_text(pd.Series([yes])))[0].casefold())
    is_yes, is_no = words.isin(YES).to_numpy(), words.isin(NO).to_numpy()
    problems = _neither_yes_nor_no(column, filled & ~is_yes & ~is_no, words, table)
    return _yes_where(is_yes, is_yes | is_no, column), problems


def _plain_numbers(column: pd.Series, table: str) -> tuple[pd.Series, list[Problem]]:
    """A typed column as float64; dates are no numbers, although a computer counts them in nanoseconds."""
    if pd.api.types.is_numeric_dtype(column):
        return column.astype("float64"), []
    filled = column.notna().to_numpy()
    nothing = pd.Series(np.nan, index=column.index, name=column.name)
    return nothing, [_not_numbers(column, filled, filled, table, None)] if filled.any() else []


def _stripped(column: pd.Series) -> pd.Series:
    """Text without blanks (also non-breaking ones) around it, true minus signs as hyphens, blanks as missing."""
    text = column.astype("str").str.replace("\u00a0", " ", regex=False).str.replace("\u2212", "-", regex=False)
    text = text.str.strip()
    return text.mask(text == "")


def _decimal_mark(text: pd.Series, table: str) -> tuple[str | None, list[Problem]]:
    """The decimal mark of a column with commas: a comma when all its numbers fit, asked for when both would do."""
    comma = text.str.fullmatch(COMMA_NUMBER).fillna(False) & text.str.contains(",", regex=False).fillna(False)
    point = text.str.fullmatch(r"[+-]?[0-9]*\.[0-9]+").fillna(False)
    if not comma.any() or point.any():
        return ".", []
    name = str(text.name) if text.name is not None else ""
    rows = _rows(comma.to_numpy(dtype=bool))
    shown = name_cells(rows[:3], text[comma.to_numpy(dtype=bool)][:3])
    if text[comma].str.fullmatch(THOUSANDS).all():
        what = f"The comma in {n_of(len(rows), 'cell')} could be a decimal mark or part the thousands ({shown})."
        why = "The two readings differ by a factor of a thousand."
        fix = "decimal=',' for a decimal comma; for thousands, take the commas out in the source."
        return ",", [Problem("SB-FILE-18", "stop", what, table, name, rows, why=why, fix=fix)]
    what = f"{n_of(len(rows), 'cell is', 'cells are')} written with a decimal comma ({shown})."
    done = "The comma was read as the decimal mark."
    return ",", [Problem("SB-FILE-18", "note", what, table, name, rows, done=done)]


def _not_numbers(
    column: pd.Series, wrong: np.ndarray, filled: np.ndarray, table: str, mark: str | None
) -> Problem:
    """The problem of text in a number column; cells are shown only where most of the column is numbers."""
    rows = _rows(wrong)
    is_number_column = 2 * wrong.sum() < filled.sum() or wrong.sum() <= 3
    points = mark == "," and column[wrong].astype("str").str.contains(".", regex=False).any()
    return Problem(
        "SB-FILE-18",
        "stop",
        f"{len(rows)} of {n_of(int(filled.sum()), 'cell')} cannot be read as numbers: "
        f"{name_cells(rows, column[wrong], show=bool(is_number_column))}.",
        table=table,
        column=_name(column),
        rows=rows,
        why="Each of them needs a decision that a program should not take.",
        done="No number was made up for them.",
        fix=(
            "decimal='.' if the point is the decimal mark; if it parts thousands, take it out in the source."
            if points
            else "Correct the cells, or declare them as missing codes in the codebook."
        ),
    )


def _declared_yes(
    column: pd.Series, words: pd.Series, filled: np.ndarray, table: str, yes: str
) -> tuple[pd.Series, list[Problem]]:
    """Yes is the value declared; the one other value is no."""
    is_yes = (words == yes).to_numpy(dtype=bool, na_value=False)
    others = words[filled & ~is_yes].unique()
    if len(others) <= 1:
        return _yes_where(is_yes, filled, column), []
    what = f"The column has {len(others)} values besides the one that means yes, so no is not clear."
    rows = _rows(filled & ~is_yes)
    fix = "Recode the column to yes and no."
    problem = Problem("SB-FILE-18", "stop", what, table, _name(column), rows, fix=fix)
    return _yes_where(is_yes, is_yes, column), [problem]


def _neither_yes_nor_no(column: pd.Series, wrong: np.ndarray, words: pd.Series, table: str) -> list[Problem]:
    """The problem of values that are neither yes nor no."""
    if not wrong.any():
        return []
    rows = _rows(wrong)
    values = sorted(words.dropna().unique())
    two = len(values) == 2 and all(len(value) <= 2 and quotable(value) for value in values)
    shown = f" (values {values[0]} and {values[1]})" if two else f": {name_cells(rows, column[wrong])}"
    return [
        Problem(
            "SB-FILE-18",
            "stop",
            f"{n_of(len(rows), 'cell is', 'cells are')} neither yes nor no{shown}.",
            table=table,
            column=_name(column),
            rows=rows,
            why="With 1 and 2 for yes and no, every row would count as an event or none would.",
            done="Nothing was assumed.",
            fix=f"yes={values[-1]!r}" if two else "Write yes or no, or name the value that means yes.",
        )
    ]


def _yes_where(is_yes: np.ndarray, known: np.ndarray, column: pd.Series) -> pd.Series:
    """A boolean column that is missing where the answer is not known."""
    return pd.Series(is_yes, index=column.index, name=column.name, dtype="boolean").mask(~known)


def _rows(flags: np.ndarray) -> list[int]:
    """Row numbers, from 1, of the flagged rows."""
    return (np.flatnonzero(flags) + 1).tolist()


def _name(column: pd.Series) -> str:
    """The column's name for messages."""
    return "" if column.name is None else str(column.name)


__all__ = ["clean_text", "to_date", "to_number", "to_text", "to_whole_number", "to_yes_no"]
