"""Nothing twice: the same child, wave and informant in one row only."""

from __future__ import annotations

import numpy as np
import pandas as pd

from securebase_analysis.errors import Problem
from securebase_analysis.study.draft import Draft, problems_in
from securebase_analysis.study.file_rows import ENTRY, HIDDEN, ROW
from securebase_analysis.study.schema import KEY

NEEDED = (*KEY, "carer", "wave")
FIX_FOR_ROWS = "Find out which row is right and delete the other; or correct its wave or informant."
FIX_FOR_CHILDREN = (
    "Delete the row that is wrong; if they are children of two sites, add a column with the site and name it: "
    'columns = { site = "agency" }'
)
FIX_FOR_RATINGS = (
    "Delete the rating that is wrong; a second rating by the same person needs a rater name of its own."
)
FIXES = {"child": FIX_FOR_CHILDREN, "rating": FIX_FOR_RATINGS}


def repeated_rows(draft: Draft) -> list[Problem]:
    """SB-ID-01 and SB-ID-02: the same child, wave and informant in two rows, alike or not."""
    keys = {
        "children": [*KEY],
        "carers": ["site", "carer"],
        "waves": [*KEY, "wave"],
        "ratings": [*KEY, "wave", "rater", "rating"],
        **{instrument: [*KEY, "wave", "informant"] for instrument in draft.answers},
    }
    tables = dict(draft.all_tables())
    problems = []
    for name, key in keys.items():
        problems += _repeated(draft, tables[name], key)
    return problems + _placements_twice(draft)


def _repeated(draft: Draft, frame: pd.DataFrame, key: list[str]) -> list[Problem]:
    """Rows of one table that share a key; a row without a child, carer or wave shares it with none."""
    complete = frame[[name for name in key if name in NEEDED]].notna().all(axis=1)
    shared = frame[complete & frame.duplicated(key, keep=False)]
    if shared.empty:
        return []
    content = shared.drop(columns=[*HIDDEN], errors="ignore")
    contents = pd.util.hash_pandas_object(content, index=False)
    n_contents = contents.groupby([shared[name] for name in key], dropna=False).transform("nunique")
    exact, different = shared[n_contents == 1], shared[n_contents > 1]
    return _exact(draft, exact, key) + _different(draft, different, key)


def _exact(draft: Draft, rows: pd.DataFrame, key: list[str]) -> list[Problem]:
    """Rows that are the same in every cell."""
    if rows.empty:
        return []
    return problems_in(
        draft,
        rows,
        np.ones(len(rows), dtype=bool),
        key[1],
        "SB-ID-01",
        "stop",
        "{rows:row is an exact repeat of another|rows are exact repeats of one another}, e.g. "
        f"{_first_pair(draft, rows, key)}.",
        why="The same answers would count twice.",
        done="None was removed.",
        fix="Delete the repeats from the file; keep one row of each pair.",
    )


def _different(draft: Draft, rows: pd.DataFrame, key: list[str]) -> list[Problem]:
    """Rows about the same thing that do not say the same."""
    if rows.empty:
        return []
    named = [name for name in key if name != "site"]
    about = " and ".join(part for part in (", ".join(named[:-1]), named[-1]) if part)
    return problems_in(
        draft,
        rows,
        np.ones(len(rows), dtype=bool),
        key[1],
        "SB-ID-02",
        "stop",
        f"{{rows}} rows are about the same {about} and differ, e.g. {_first_pair(draft, rows, key)}"
        f"{_first_difference(rows, key)}.",
        why="Whichever row is taken, or their mean, the result would depend on a choice nobody made.",
        done="No row was chosen and none averaged.",
        fix=FIXES.get(key[-1], FIX_FOR_ROWS),
    )


def _first_pair(draft: Draft, rows: pd.DataFrame, key: list[str]) -> str:
    """Where the first two rows of one key stand."""
    first = rows[rows.groupby(key, dropna=False, sort=False).ngroup() == 0].head(2)
    files = [draft.files[number].file for number in first[ENTRY]]
    numbers = [int(row) for row in first[ROW]]
    if files[0] == files[1]:
        return f"rows {numbers[0]} and {numbers[1]}"
    return f"row {numbers[0]} of {files[0]} and row {numbers[1]} of {files[1]}"


def _first_difference(rows: pd.DataFrame, key: list[str]) -> str:
    """The first number in which two rows of one key differ; texts are not shown, as they may name somebody."""
    first = rows[rows.groupby(key, dropna=False, sort=False).ngroup() == 0].head(2)
    for name in first.columns:
        cells = first[name]
        if name in (*key, *HIDDEN) or not pd.api.types.is_float_dtype(cells):
            continue
        if cells.nunique(dropna=False) > 1:
            one, other = ("empty" if pd.isna(cell) else f"{cell:g}" for cell in cells)
            return f": {name} is {one} and {other}"
    return ""


def _placements_twice(draft: Draft) -> list[Problem]:
    """Placement rows that are the same in every cell."""
    frame = draft.tables["placements"]
    content = [name for name in frame.columns if name not in HIDDEN]
    twice = frame["child"].notna() & frame.duplicated(content, keep=False)
    return _exact(draft, frame[twice], [*KEY, "start"]) if twice.any() else []


RULES = (repeated_rows,)
