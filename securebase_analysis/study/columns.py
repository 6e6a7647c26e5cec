"""The columns of a file under our names, and their cells in our kinds and words."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from securebase_analysis.errors import Problem, nearest, rows_where
from securebase_analysis.readers.cells import clean_text, to_date, to_number, to_text
from securebase_analysis.readers.tables import Table
from securebase_analysis.study.schema import Column

INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff"
UNKNOWN_SHOWN = 3


@dataclass(frozen=True)
class Conventions:
    """How the cells of all files of a study are to be read."""

    date_order: str | None = None
    latest: str | None = None
    leading_zeros: str = "keep"


def fold_name(name: object) -> str:
    """A column name as people mean it: no case, blanks, points and hyphens as underscores.

    Examples
    --------
    >>> fold_name(" Birth Date"), fold_name("end-reason")
    ('birth_date', 'end_reason')
    """
    return re.sub(r"[\s.\-]+", "_", str(name).strip()).casefold()


def match_columns(
    given: Iterable[str], schema: Mapping[str, Column], named: Mapping[str, str], file: str
) -> tuple[dict[str, str], list[Problem]]:
    """Find the columns of a file that the study needs.

    Parameters
    ----------
    given : iterable of str
        The names in the file.
    schema : mapping
        Our columns.
    named : mapping
        Our name = theirs, from `study.toml`; may also rename items and columns of the study's own.
    file : str
        For messages.

    Returns
    -------
    theirs : dict
        Our name to the name in the file.
    problems : list of Problem
        SB-STUDY-06 (a named column is not in the file), SB-STUDY-07 (a needed column is not found), SB-STUDY-08
        (note: taken under another name).
    """
    given = [str(name) for name in given]
    theirs = {ours: name for ours, name in named.items() if name in given}
    problems = [_not_in_file(ours, name, given, file) for ours, name in named.items() if name not in given]
    recognised = {}
    for ours, column in schema.items():
        if ours in named:
            continue
        taken = set(theirs.values())
        folded = {fold_name(name): name for name in reversed(given) if name not in taken}
        if ours in given and ours not in taken:
            theirs[ours] = ours
            continue
        found = next((folded[alias] for alias in (ours, *column.aliases) if alias in folded), None)
        if found is not None:
            theirs[ours] = recognised[ours] = found
    if recognised:
        problems.append(_recognised(recognised, file))
    left = [name for name in given if name not in theirs.values()]
    for ours, column in schema.items():
        if column.required and ours not in theirs and ours not in named:
            problems.append(_not_found(ours, column, left, file))
    return theirs, problems


def _not_in_file(ours: str, name: str, given: list[str], file: str) -> Problem:
    """`study.toml` names a column that the file does not have."""
    guess = nearest(name, given)
    return Problem(
        "SB-STUDY-06",
        "stop",
        f"study.toml says that {ours} is the column {name!r}, which the file does not have.",
        table=file,
        column=name,
        why="The column would be missing from every result.",
        fix=f'columns = {{ {ours} = "{guess}" }}' if guess else f"The columns are {', '.join(given[:12])}.",
    )


def _not_found(ours: str, column: Column, left: list[str], file: str) -> Problem:
    """A column the study cannot do without."""
    guess = nearest(ours, left) or next((name for name in left if ours in fold_name(name)), None)
    return Problem(
        "SB-STUDY-07",
        "stop",
        f"The file has no column {ours} ({column.meaning}).",
        table=file,
        column=ours,
        why="Its rows cannot be linked to the rest of the study.",
        done="The file was not used.",
        fix=f'Say in study.toml which column it is: columns = {{ {ours} = "{guess or "its name in the file"}" }}',
    )


def _recognised(found: Mapping[str, str], file: str) -> Problem:
    """Columns taken under another name."""
    listed = ", ".join(f"{name} as {ours}" for ours, name in found.items())
    return Problem(
        "SB-STUDY-08",
        "note",
        "Columns were recognised under other names.",
        table=file,
        done=f"Taken: {listed}.",
        fix="columns = { " + ", ".join(f'{ours} = "{name}"' for ours, name in found.items()) + " }",
    )


# --- cells ------------------------------------------------------------------------------------------------------


def convert(
    cells: pd.Series, column: Column, table: Table, conventions: Conventions, file: str
) -> tuple[pd.Series, list[Problem]]:
    """The cells of one column in its kind, and what was wrong or assumed."""
    if column.kind == "id":
        return clean_ids(cells, conventions.leading_zeros), []
    if column.kind == "text":
        return _tidy_text(cells), []
    if column.kind == "number":
        return to_number(cells, table=file, decimal=table.decimal)
    if column.kind == "date":
        return to_date(
            cells,
            table=file,
            date_order=conventions.date_order,  # type: ignore[arg-type]
            earliest=column.earliest,
            latest=conventions.latest,
            date_system=table.date_system,
        )
    return _choices(_labelled(cells, table), column, file)


def clean_ids(cells: pd.Series, leading_zeros: str = "keep") -> pd.Series:
    """Identifiers as text, in composed characters, without blanks around them; empty ones missing.

    Examples
    --------
    >>> clean_ids(pd.Series([" C01\u00a0", None])).tolist(), clean_ids(pd.Series([12.0])).tolist()
    (['C01', nan], ['12'])
    """
    text = _tidy_text(cells)
    if leading_zeros == "ignore":
        text = text.str.replace(r"^0+(?=\d)", "", regex=True)
    return text


def _tidy_text(cells: pd.Series) -> pd.Series:
    """Text in composed characters without blanks, visible or not, around it; empty cells missing."""
    text = to_text(cells)
    codes, distinct = pd.factorize(text)
    tidy = np.array([*(_tidied(str(cell)) for cell in distinct), None], dtype=object)  # -1 is the empty cell
    values = pd.Series(tidy[codes], index=cells.index, name=cells.name, dtype="str")
    return values.mask(values == "")


def _tidied(cell: str) -> str:
    """One text in its plain form."""
    return unicodedata.normalize("NFC", cell).strip(INVISIBLE + " \t\r\n\u00a0\u2007\u202f").strip()


def _labelled(cells: pd.Series, table: Table) -> pd.Series:
    """The labels of a coded column (SPSS, Stata) where every value has one."""
    labels = table.value_labels.get(str(cells.name), {})
    values = cells.dropna().unique()
    if not labels or not all(value in labels for value in values):
        return cells
    return cells.map(labels).astype("str")


def _choices(cells: pd.Series, column: Column, file: str) -> tuple[pd.Series, list[Problem]]:
    """Words of a closed list; other spellings are known, other words refused with the nearest one."""
    text, problems = clean_text(cells, table=file)
    problems = [problem for problem in problems if problem.code != "SB-FILE-19"]  # the words are known anyway
    known = {fold_name(alias): word for word, aliases in column.words.items() for alias in (word, *aliases)}
    distinct = text.dropna().unique()
    words = {cell: known.get(fold_name(cell)) for cell in distinct}
    values = text.map(words).astype("str")
    unknown = text.notna() & values.isna()
    if unknown.any():
        problems.append(_unknown_words(text, unknown, column, known, file))
    return values.rename(cells.name), problems


def _unknown_words(
    text: pd.Series, unknown: pd.Series, column: Column, known: Mapping[str, str], file: str
) -> Problem:
    """Words that are not in the list, each with its count and the nearest one."""
    counts = text[unknown].value_counts()
    shown = [_suggestion(str(word), int(n), known) for word, n in counts.head(UNKNOWN_SHOWN).items()]
    more = f" and {len(counts) - UNKNOWN_SHOWN} more" if len(counts) > UNKNOWN_SHOWN else ""
    is_placement = column.meaning == "kind of placement"
    return Problem(
        "SB-PLACE-08" if is_placement else "SB-STUDY-10",
        "stop",
        f"{'Unknown placement type' if is_placement else 'Unknown word'}: {'; '.join(shown)}{more}.",
        table=file,
        column=str(text.name),
        rows=rows_where(unknown),
        why="A word that nobody knows becomes a group of its own in every table.",
        done="Nothing was guessed.",
        fix=f"Use {', '.join(column.words)}.",
    )


def _suggestion(word: str, count: int, known: Mapping[str, str]) -> str:
    """An unknown word with its count and the one meant; not shown when it resembles none."""
    rows = "1 row" if count == 1 else f"{count} rows"
    guess = nearest(fold_name(word), known)
    return f"'{word}' ({rows}; perhaps {known[guess]!r})" if guess else f"a word that is not shown ({rows})"


def own_column(cells: pd.Series, table: Table, file: str) -> tuple[pd.Series, list[Problem]]:
    """A column of the study's own: numbers where all cells are numbers, yes/no in lower case, else text.

    Texts that begin with 0 stay text, because as numbers they would lose it. Where most cells are numbers and some
    are not, the column stays text, and these are told (SB-FILE-18, warn).
    """
    if pd.api.types.is_numeric_dtype(cells) and not pd.api.types.is_bool_dtype(cells):
        return cells.astype("float64"), []
    if cells.dtype.kind == "M":
        return cells.astype("datetime64[us]"), []
    text = _tidy_text(cells)
    filled = text.dropna()
    if not len(filled) or filled.str.match(r"0\d").any():
        return text, []
    numbers, problems = to_number(text, table=file, decimal=table.decimal)
    if not any(problem.severity == "stop" for problem in problems):
        return numbers, problems
    if 2 * numbers.notna().sum() > len(filled):
        return text, [_mostly_numbers(problem) for problem in problems if problem.severity == "stop"]
    lower = filled.str.casefold()
    if lower.isin(["yes", "no", "true", "false"]).all():
        return text.str.casefold().replace({"true": "yes", "false": "no"}), []
    return text, []


def _mostly_numbers(problem: Problem) -> Problem:
    """Words among the numbers of a column of which nobody has said what it holds."""
    return replace(
        problem,
        severity="warn",
        why="As words, each number is a group of its own in every model.",
        done="The column was kept as words.",
    )
