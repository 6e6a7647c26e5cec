"""Rating files, wide or long, as one row for each rating that somebody gave."""

from __future__ import annotations

import numpy as np
import pandas as pd

from securebase_analysis import theory
from securebase_analysis.errors import Problem, nearest, rows_where
from securebase_analysis.readers.cells import to_number, to_text
from securebase_analysis.readers.tables import Table
from securebase_analysis.results.wording import count as n_of
from securebase_analysis.study.codebook import Codebook
from securebase_analysis.study.columns import Conventions, fold_name, match_columns
from securebase_analysis.study.file_rows import (
    ROW,
    FileRows,
    in_our_words,
    nothing_read,
    open_table,
    schema_beside,
)
from securebase_analysis.study.schema import DAYS_PER_MONTH, KEY, TABLES
from securebase_analysis.study.study_file import Entry

RATING_KEY = ("site", "child", "wave", "rater", "date")
BESIDE = ("age_band", "evidence")
RATING_COLUMNS = (*RATING_KEY, "construct", "value", "low", "high", "not_applicable", *BESIDE)
EVIDENCE_SUFFIX = "_evidence"


def read_ratings(entry: Entry, codebook: Codebook, conventions: Conventions) -> FileRows:
    """Read a rating file.

    Parameters
    ----------
    entry : Entry
        The file; one column for each rating of the codebook, or columns ``construct`` and ``value``.
    codebook : Codebook
        Ratings, their range and what stands for not applicable.
    conventions : Conventions
        How dates and ids are written.

    Returns
    -------
    FileRows
        One row per rating, with `RATING_COLUMNS` and the column ``rating``.
    """
    table, problems = open_table(entry)
    if table is None:
        return nothing_read(entry, problems)
    names = set(codebook.ratings["rating"])
    beside = [str(name) for name in table.frame.columns if name not in names | set(map(entry.columns.get, names))]
    named = {ours: name for ours, name in entry.columns.items() if ours not in names}
    schema = TABLES["ratings"]
    theirs, found = match_columns(beside, schema_beside(entry, schema), named, entry.file)
    problems += found
    if any(problem.severity == "stop" for problem in found):
        return nothing_read(entry, problems, len(table.frame))
    frame, found = in_our_words(table, table.frame, theirs, schema, conventions, entry)
    problems += found
    is_long = "construct" in theirs and "value" in theirs
    rows, found = _long(table, frame, codebook, entry, theirs) if is_long else _wide(table, frame, codebook, entry)
    rated = set(rows["column"])
    problems = [problem for problem in problems if not _is_not_applicable(problem, rated)] + found
    about = codebook.ratings.drop_duplicates("rating").set_index("rating")
    for column, kind in (("construct", "str"), ("low", "float64"), ("high", "float64")):
        rows[column] = rows["rating"].map(about[column]).astype(kind)
    theirs = {**theirs, **dict(zip(rows["rating"], rows["column"]))}
    rows = rows[[*RATING_COLUMNS, "rating", ROW]]
    return FileRows("ratings", entry.file, rows, theirs, tuple(problems), n_rows=len(table.frame))


def with_age_bands(ratings: pd.DataFrame, children: pd.DataFrame, waves: pd.DataFrame) -> pd.DataFrame:
    """The ratings, each with the form that was used: as recorded, or the one for the child's age at the visit."""
    births = children[[*KEY, "birth_date"]].drop_duplicates([*KEY])
    visits = waves[[*KEY, "wave", "date"]].rename(columns={"date": "visited"})
    known = ratings[[*KEY, "wave", "date"]].merge(births, on=[*KEY], how="left")
    known = known.merge(visits, on=[*KEY, "wave"], how="left")
    dated = known["date"].fillna(known["visited"])
    months = (dated - known["birth_date"]).dt.days.to_numpy() / DAYS_PER_MONTH
    by_age = pd.Series([theory.age_band(month) for month in months], index=ratings.index, dtype="str")
    return ratings.assign(age_band=ratings["age_band"].astype("str").fillna(by_age))


def _is_not_applicable(problem: Problem, rated: set[str]) -> bool:
    """Whether the reader wonders about a word in a column of ratings, where the codebook says what it means."""
    return problem.code == "SB-FILE-06" and problem.column in rated


def _wide(
    table: Table, frame: pd.DataFrame, codebook: Codebook, entry: Entry
) -> tuple[pd.DataFrame, list[Problem]]:
    """One row for each filled cell of the rating columns."""
    folded = {fold_name(name): str(name) for name in reversed(table.frame.columns)}
    columns = {
        rating: entry.columns.get(rating) or folded.get(fold_name(rating)) for rating in codebook.ratings["rating"]
    }
    present = {rating: name for rating, name in columns.items() if name in table.frame}
    if not present:
        return _no_rows(frame), [_no_ratings(table, codebook, entry)]
    parts, problems = [], []
    for rating, name in present.items():
        cells = table.frame[name]
        ratings = pd.Series(rating, index=cells.index, dtype="str")
        values, is_na, found = _values(cells, ratings, codebook, table, entry)
        problems += found
        part = frame[[*RATING_KEY, *BESIDE, ROW]].assign(rating=ratings, value=values, not_applicable=is_na)
        evidence = folded.get(fold_name(f"{rating}{EVIDENCE_SUFFIX}"))
        if evidence is not None:
            part["evidence"] = to_text(table.frame[evidence])
        parts.append(part.assign(column=str(name))[values.notna() | is_na])
    rows = pd.concat(parts, ignore_index=True)
    return rows.sort_values(ROW, kind="stable").reset_index(drop=True), problems


def _long(
    table: Table, frame: pd.DataFrame, codebook: Codebook, entry: Entry, theirs: dict[str, str]
) -> tuple[pd.DataFrame, list[Problem]]:
    """The file's rows, each with the rating of the codebook that it gives."""
    known = {fold_name(name): str(name) for name in codebook.ratings["rating"]}
    ratings = frame["construct"].map(
        {word: known.get(fold_name(word)) for word in frame["construct"].dropna().unique()}
    )
    ratings = ratings.astype("str")
    unknown = frame["construct"].notna() & ratings.isna()
    problems = []
    if unknown.any():
        word = str(frame.loc[unknown, "construct"].iloc[0])
        guess = nearest(word, known)
        problems.append(
            Problem(
                "SB-ITEM-31",
                "stop",
                f"{n_of(int(unknown.sum()), 'row rates', 'rows rate')} something that the codebook does not list "
                "among its ratings.",
                table=entry.file,
                column=theirs["construct"],
                rows=rows_where(unknown),
                why="The range of the rating is not known.",
                fix=f"Is {known[guess]!r} meant?" if guess else "Add it to the ratings of the codebook.",
            )
        )
    values, is_na, found = _values(table.frame[theirs["value"]], ratings, codebook, table, entry)
    rows = frame[[*RATING_KEY, *BESIDE, ROW]].assign(
        rating=ratings, value=values, not_applicable=is_na, column=theirs["value"]
    )
    return rows[ratings.notna() & (values.notna() | is_na)].reset_index(drop=True), problems + found


def _no_rows(frame: pd.DataFrame) -> pd.DataFrame:
    """No rating at all."""
    rows = frame[[*RATING_KEY, *BESIDE, ROW]].iloc[:0].assign(rating="", value=np.nan, not_applicable=False)
    return rows.assign(column="").astype({"rating": "str", "column": "str"})


def _no_ratings(table: Table, codebook: Codebook, entry: Entry) -> Problem:
    """The file has none of the codebook's ratings."""
    wanted = list(codebook.ratings["rating"])
    guess = next((name for rating in wanted if (name := nearest(rating, table.frame.columns))), None)
    return Problem(
        "SB-ITEM-12",
        "stop",
        "The file has no column for any rating of the codebook.",
        table=entry.file,
        why="There would be no rating at all.",
        fix=f"The closest column is {guess!r}; rename it, or say so under columns."
        if guess
        else "Add a table ratings to the codebook that names the columns.",
    )


def _values(
    cells: pd.Series, ratings: pd.Series, codebook: Codebook, table: Table, entry: Entry
) -> tuple[pd.Series, pd.Series, list[Problem]]:
    """Ratings as numbers; not applicable is kept apart from missing."""
    words = codebook.ratings.drop_duplicates("rating").set_index("rating")["not_applicable"].str.casefold()
    word = ratings.map(words).astype("str")
    given = to_text(cells).str.strip().str.casefold()
    is_na = ((given == word) & (word != "")).fillna(False).astype(bool)
    values, problems = to_number(cells.mask(is_na), table=entry.file, decimal=table.decimal)
    return values, is_na, problems
