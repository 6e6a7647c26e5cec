"""The rows above the data turned into column names that can be trusted."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import pandas as pd

from securebase_analysis.errors import Problem
from securebase_analysis.readers.encodings import column_letter
from securebase_analysis.readers.text_columns import to_text
from securebase_analysis.results.wording import count as n_of

WAVE_WORD = re.compile(r"(?:wave|time|w|t)\s*0*(\d{1,9})", re.IGNORECASE)
COLUMNS_SHOWN = 8
NUMBER = re.compile(r"[-+]?\d+([.,]\d+)?")
IN_SINGLE_QUOTES = re.compile(r"'.*'")
DAY = re.compile(r"\d{1,4}([-/.])\d{1,2}\1\d{1,4}")


@dataclass(frozen=True, eq=False)
class Grid:
    """Cells as a file holds them: the rows of the header, and the data under them with positions as columns.

    Parameters
    ----------
    header : sequence of sequence of str
        One list of cells per header row, an empty text where the cell is empty.
    body : pandas.DataFrame
        The data; columns are 0, 1, 2, …
    problems : tuple of Problem
        What was assumed while reading.
    decimal : str, optional
        The decimal mark that the file was seen to use.
    date_system : str
        ``"1904"`` for workbooks that count days from 1904.
    """

    header: Sequence[Sequence[str]]
    body: pd.DataFrame
    problems: tuple[Problem, ...] = ()
    decimal: str | None = None
    date_system: str = "1900"


def name_columns(grid: Grid, table: str) -> tuple[pd.DataFrame, list[Problem]]:
    """Give the data their column names.

    Parameters
    ----------
    grid : Grid
        Header rows and data.
    table : str
        The file's name, for messages.

    Returns
    -------
    frame : pandas.DataFrame
        The data with names; columns without a name and without a value are left out.
    problems : list of Problem
        Unnamed columns (SB-FILE-63), names put together from several header rows (SB-FILE-08), names with blanks
        around them (SB-FILE-64).

        Those that stop: a header over two rows that was read as one (SB-FILE-08), a name that stands twice
        (SB-FILE-07), numbers instead of names (SB-FILE-72).
    """
    rows = [[tidy_name(cell) for cell in row] for row in grid.header]
    has_data = grid.body.notna().any().to_numpy()
    problems: list[Problem] = []
    if len(rows) == 1:
        names = rows[0]
        if _looks_merged(names, grid.body, has_data):
            problems.append(_merged_header(names, table))
        if all(IN_SINGLE_QUOTES.fullmatch(name) for name in names):
            problems.append(_data_beside_syntax(table))
        elif _looks_like_data(names):
            problems.append(_no_header(table))
    else:
        names = join_names(rows)
        problems.append(_joined_names(names, table))
    if any(cell != tidy_name(cell) for row in grid.header for cell in row):
        what = "Column names had blanks around them or in a row."
        problems.append(Problem("SB-FILE-64", "note", what, table=table, done="The blanks were taken away."))
    kept = [place for place, name in enumerate(names) if name or has_data[place]]
    unnamed = [place for place in kept if not names[place]]
    if unnamed and not any(problem.severity == "stop" for problem in problems):
        problems.append(_unnamed(unnamed, table))
    full = [names[place] or f"column_{column_letter(place)}" for place in kept]
    frame = grid.body.iloc[:, kept]
    problems += _doubled_names(full, kept, frame, table)
    return frame.set_axis(full, axis=1), problems


def tidy_name(cell: str) -> str:
    """A header cell without blanks, line breaks and non-breaking spaces around it or in a row."""
    return " ".join(str(cell).replace("\ufeff", "").split())


def join_names(rows: Sequence[Sequence[str]]) -> list[str]:
    """Names from a header of several rows: the lowest cell first, then what stands (merged) above it.

    Examples
    --------
    >>> join_names([["id", "Wave 1", ""], ["", "sdq", "stress"]])
    ['id', 'sdq_w1', 'stress_w1']
    """
    width = max(len(row) for row in rows)
    padded = [[*row, *[""] * (width - len(row))] for row in rows]
    lowest = padded[-1]
    filled = [_spread(row, lowest) for row in padded[:-1]]
    names = []
    for place in range(width):
        above = [row[place] for row in reversed(filled) if row[place]]
        parts = ([lowest[place]] if lowest[place] else above[:1]) + [
            _short(word) for word in (above if lowest[place] else above[1:])
        ]
        names.append("_".join(parts))
    return names


def _spread(row: Sequence[str], below: Sequence[str]) -> list[str]:
    """Carry a merged cell to the right over the empty cells that have a name below them."""
    spread, current = [], ""
    for cell, name_below in zip(row, below):
        current = cell or (current if name_below else "")
        spread.append(current)
    return spread


def _short(word: str) -> str:
    """A heading as the end of a name: ``Wave 1`` is ``w1``, ``Time 2`` is ``t2``, others in lower case."""
    wave = WAVE_WORD.fullmatch(word)
    if wave:
        return f"{word[0].lower()}{int(wave[1])}"
    return re.sub(r"\W+", "_", word.casefold()).strip("_")


def _looks_merged(names: Sequence[str], body: pd.DataFrame, has_data: Sequence[bool]) -> bool:
    """A first row with gaps over a row of nothing but words is the upper half of a header."""
    named = [place for place, name in enumerate(names) if name]
    gaps = [place for place, name in enumerate(names) if not name and has_data[place]]
    filled = body.notna().any(axis=1).to_numpy()
    if not gaps or not named or gaps[-1] < named[0] or not filled.any():
        return False
    below = body.iloc[int(filled.argmax())]
    if below.iloc[gaps].isna().any():
        return False
    return all(isinstance(cell, str) and not NUMBER.fullmatch(cell.strip()) for cell in below.dropna())


def _looks_like_data(names: Sequence[str]) -> bool:
    """Names that are all numbers are a first row of data; half of them are, unless they count items: 1, 2, 3."""
    filled = [name for name in names if name]
    numbers = [name for name in filled if NUMBER.fullmatch(name) or DAY.fullmatch(name)]
    if not numbers or 2 * len(numbers) < len(filled):
        return False
    return len(numbers) == len(filled) or not _counts(numbers)


def _counts(names: Sequence[str]) -> bool:
    """Whether names are whole numbers, each higher than the one before."""
    whole = [int(name) for name in names if name.isdecimal() and len(name) < 10]
    return len(whole) == len(names) and all(before < after for before, after in pairwise(whole))


def _no_header(table: str) -> Problem:
    """The problem of a file that starts with data."""
    return Problem(
        "SB-FILE-72",
        "stop",
        "The first row holds numbers or dates, so it seems to be data and not the names of columns.",
        table=table,
        why="Taken as names, the first child would vanish without a trace.",
        fix="Write a row of names above the data (names such as item1, not 1).",
    )


def _data_beside_syntax(table: str) -> Problem:
    """The problem of the data file that LimeSurvey writes beside its syntax for SPSS."""
    return Problem(
        "SB-FILE-72",
        "stop",
        "The first row holds cells in single quotation marks, as in the data file beside a syntax for SPSS, "
        "which has no names of columns.",
        table=table,
        why="Taken as names, the first child would vanish without a trace.",
        fix="Run the syntax in SPSS and save the data as .sav; or export the responses as CSV with the codes of "
        "answers.",
    )


def _merged_header(names: Sequence[str], table: str) -> Problem:
    """The problem of a header that goes over two rows."""
    spans = []
    for start, name in enumerate(names):
        end = start
        while end + 1 < len(names) and not names[end + 1]:
            end += 1
        if name and end > start:
            spans.append(f"{column_letter(start)}1:{column_letter(end)}1 {name!r}")
    if len(spans) == 1 and sum(map(bool, names)) == 1:
        return Problem(
            "SB-FILE-08",
            "stop",
            f"A title stands over the header ({spans[0]}).",
            table=table,
            why="Taken as the header it would leave the other columns without a name.",
            fix="Delete the rows above the names of the columns; header_rows=2 if the title belongs to them.",
        )
    return Problem(
        "SB-FILE-08",
        "stop",
        f"The header goes over two rows with merged cells ({', '.join(spans[:5])}).",
        table=table,
        why="Read as one row, most columns have no name and the real names become a row of data.",
        fix="header_rows=2",
    )


def _joined_names(names: Sequence[str], table: str) -> Problem:
    """The note that says which names were made."""
    shown = ", ".join(name for name in names[:8] if name)
    what = "Column names were put together from several header rows."
    return Problem(
        "SB-FILE-08", "note", what, table=table, done=f"The names are {shown}{', …' * (len(names) > 8)}."
    )


def _unnamed(places: Sequence[int], table: str) -> Problem:
    """The problem of columns that hold values under an empty header cell."""
    letters = ", ".join(column_letter(place) for place in places[:5])
    return Problem(
        "SB-FILE-63",
        "warn",
        f"{n_of(len(places), 'column')} with values and without a name ({letters}).",
        table=table,
        why="Values without a name cannot be assigned to a question.",
        done=f"Named {', '.join(f'column_{column_letter(place)}' for place in places[:5])}.",
        fix="Write a name over the column in the file, or delete the column.",
    )


def _doubled_names(names: Sequence[str], places: Sequence[int], frame: pd.DataFrame, table: str) -> list[Problem]:
    """One problem for each name that stands over more than one column."""
    problems = []
    standing: dict[str, list[int]] = {}
    for at, name in enumerate(names):
        standing.setdefault(name, []).append(at)
    for name, twins in ((name, twins) for name, twins in standing.items() if len(twins) > 1):
        more = f" and {len(twins) - COLUMNS_SHOWN} more" if len(twins) > COLUMNS_SHOWN else ""
        letters = " and ".join(column_letter(places[at]) for at in twins[:COLUMNS_SHOWN]) + more
        first = to_text(frame.iloc[:, twins[0]])
        differs = pd.Series(False, index=frame.index)
        for at in twins[1:]:
            other = to_text(frame.iloc[:, at])
            differs |= (first != other) & ~(first.isna() & other.isna())
        rows = [int(row) + 1 for row in differs.to_numpy().nonzero()[0]]
        problems.append(
            Problem(
                "SB-FILE-07",
                "stop",
                f"The column name {name!r} stands {len(twins)} times (columns {letters}), "
                f"with {len(rows)} differing values.",
                table=table,
                column=name,
                rows=rows,
                why="It is not known which of them is meant.",
                done="Neither was chosen.",
                fix=f"Rename or delete one of the columns {letters}.",
            )
        )
    return problems
