"""Which column of a questionnaire file is which item of the codebook."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from securebase_analysis.errors import Problem, nearest
from securebase_analysis.readers.questionnaires import Export
from securebase_analysis.study.columns import fold_name
from securebase_analysis.study.questionnaire.noun import MATCHED_COLUMNS


def match_items(
    export: Export, items: Sequence[str], named: Mapping[str, str], taken: Sequence[str]
) -> tuple[pd.DataFrame, list[Problem]]:
    """Find the items of a questionnaire among the columns of a file.

    Parameters
    ----------
    export : Export
        The file.
    items : sequence of str
        Items of the codebook; every column with numbers is one where there is no codebook.
    named : mapping of str to str
        Item to column, where the user says so.
    taken : sequence of str
        Columns that say who answered; they are no items.

    Returns
    -------
    matched : pandas.DataFrame
        ``column, item, wave, how, suggestions``; `wave` as the name of the column says it,
        empty where it does not.
    problems : list of Problem
        SB-ITEM-12 (stop): no item of the questionnaire is in the file.
    """
    candidates = [name for name in export.with_role("item", "other", "date") if name not in taken]
    by_column = {column: item for item, column in named.items()}
    folded = {fold_name(item): item for item in items}
    records = []
    for column in candidates:
        if column in by_column:
            found, how = by_column[column], "named"
        elif column in items:
            found, how = column, "same name"
        else:
            found = folded.get(fold_name(column), "")
            how = "same but for case and signs" if found else ""
        guess = None if found else nearest(column, items)
        records.append((column, found, "", how, guess or ""))
    matched = pd.DataFrame(records, columns=list(MATCHED_COLUMNS)).astype("str")
    return matched, [] if (matched["item"] != "").any() else [_no_items(export, matched)]


def _no_items(export: Export, matched: pd.DataFrame) -> Problem:
    """The file has none of the items."""
    near = matched[matched["suggestions"] != ""].head(3)
    fix = ", ".join(f"{item!r}: {column!r}" for item, column in zip(near["suggestions"], near["column"]))
    return Problem(
        "SB-ITEM-12",
        "stop",
        "No column of the file bears the name of an item of the codebook.",
        table=export.name,
        why="There would be no answer at all.",
        fix=f"items={{{fix}}}" if fix else "items={'item in the codebook': 'column in the file', ...}",
    )
