"""Which column of a questionnaire file is which item of the codebook, at which wave, and what is missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from securebase_analysis.errors import Problem
from securebase_analysis.readers.questionnaires import Export
from securebase_analysis.results.wording import count as n_of
from securebase_analysis.study.codebook import Codebook
from securebase_analysis.study.columns import fold_name
from securebase_analysis.study.questionnaire.columns_of_answers import MATCHED_COLUMNS
from securebase_analysis.study.questionnaire.item_names import (
    HOW,
    listed,
    match_names,
    nearest_names,
    plain_spelling,
)
from securebase_analysis.study.questionnaire.numbers_of_file import columns_of_numbers
from securebase_analysis.study.questionnaire.waves_of_marks import wave_words, with_waves

MOST_SUGGESTED = 6


def match_items(
    export: Export,
    items: Sequence[str],
    named: Mapping[str, str | None],
    taken: Sequence[str],
    waves: Mapping[str, int] | None = None,
    codebook: Codebook | None = None,
    has_wave: bool = False,
) -> tuple[pd.DataFrame, list[Problem]]:
    """Find the items of a questionnaire among the columns of a file.

    Parameters
    ----------
    export : Export
        The file.
    items : sequence of str
        Items of the codebook; every column with numbers is one where there is no codebook.
    named : mapping of str to str
        Item to column, where the user says so; None for an item that the file does not have.
    taken : sequence of str
        Columns that say who answered; they are no items.
    waves : mapping of str to int, optional
        What the mark of a wave in a name means.
    codebook : Codebook, optional
        For the names of its waves.
    has_wave : bool
        Whether the rows say their wave, so that columns without a mark have one.

    Returns
    -------
    matched : pandas.DataFrame
        ``column, item, wave, how, suggestions``; `wave` as the name of the column says it, else missing.
    problems : list of Problem
        SB-ITEM-12 (stop: items not found beside columns that look like them, or none found at all; warn: items not
        found), SB-ITEM-41 (stop: a column named that the file does not have), SB-ITEM-42 (note: items found under
        another spelling), SB-ITEM-46 (note: columns passed over for another), SB-ITEM-49 (warn:
        columns that begin with the name of an item), and those of `with_waves`.
    """
    by_hand = {item: column for item, column in named.items() if column is not None}
    candidates = [name for name in export.with_role("item", "other", "date") if name not in taken]
    found = match_names(candidates, items, by_hand, wave_words(waves, codebook))
    found, problems = with_waves(found, waves, codebook, export.name, has_wave=has_wave)
    problems += _not_columns(by_hand, candidates, export.name)
    lost = [item for item in items if item not in set(found["item"]) and named.get(item, "") is not None]
    problems += _not_found(lost, len(lost) == len(items), found, export.name)
    problems += _other_spellings(found, export.name) + _passed_over(found, by_hand, export.name)
    if codebook is not None:
        problems += _begin_like_items(found, items, export)
    found["suggestions"] = [", ".join(names) for names in found["suggestions"]]
    return found[list(MATCHED_COLUMNS)], problems


def _not_columns(by_hand: Mapping[str, str], columns: Sequence[str], table: str) -> list[Problem]:
    """SB-ITEM-41: somebody named a column that is not there."""
    problems = []
    for item, column in by_hand.items():
        if column not in columns:
            near = nearest_names(column, columns)
            what = (
                f"{item} is said to be the column {column!r}, which the file does not have as a column of answers."
            )
            fix = f"items={{{item!r}: {near[0]!r}}}" if near else f"items={{{item!r}: None}} if the file lacks it."
            why = "The item would be missing for everybody."
            done = f"Nothing was read. The columns are {listed(columns)}."
            problems.append(Problem("SB-ITEM-41", "stop", what, table, column, why=why, done=done, fix=fix))
    return problems


def _not_found(lost: list[str], is_all: bool, found: pd.DataFrame, table: str) -> list[Problem]:
    """SB-ITEM-12: items without a column, each with the columns that look like it."""
    if not lost:
        return []
    left = list(found.loc[found["item"] == "", "column"])
    near = {item: names[0] for item in lost[:MOST_SUGGESTED] if (names := nearest_names(item, left))}
    pairs = ", ".join(f"{item!r}: {column!r}" for item, column in near.items())
    gone = f"items={{{lost[0]!r}: None}} says that the file does not have it."
    if is_all:
        what = f"No column of the file bears the name of an item: {listed(lost)}."
        fix = f"items={{{pairs}}} (the closest columns)" if pairs else "items={'item': 'column in the file', ...}"
    else:
        what = f"{len(lost)} {'item is' if len(lost) == 1 else 'items are'} not in the file: {listed(lost)}."
        fix = f"items={{{pairs}}} (the closest columns); {gone}" if pairs else gone
    stops = is_all or bool(near)
    return [
        Problem(
            "SB-ITEM-12",
            "stop" if stops else "warn",
            what,
            table=table,
            column=listed(lost),
            why="Their scales would rest on fewer items than declared.",
            done=f"Nothing was read. The columns that are no item are {listed(left) if left else 'none'}."
            if stops
            else f"{'It is' if len(lost) == 1 else 'They are'} missing for all rows of this file.",
            fix=fix,
        )
    ]


def _other_spellings(found: pd.DataFrame, table: str) -> list[Problem]:
    """SB-ITEM-42: items whose columns are spelled in another way."""
    others = found[found["how"].isin(HOW[2:])]
    if others.empty:
        return []
    pairs = [f"{column} is {item}" for column, item in zip(others["column"], others["item"])]
    return [
        Problem(
            "SB-ITEM-42",
            "note",
            f"{len(others)} {'column was' if len(others) == 1 else 'columns were'} found under another spelling.",
            table=table,
            done=f"Read: {listed(pairs)}.",
            fix="items={'item': 'column', ...} says it outright.",
        )
    ]


def _passed_over(found: pd.DataFrame, by_hand: Mapping[str, str], table: str) -> list[Problem]:
    """SB-ITEM-46: columns that bear the name of an item of which somebody said that another column is it."""
    spelled = {plain_spelling(item): item for item in by_hand}
    left = found.loc[found["item"] == "", "column"]
    rivals = {name: spelled[plain_spelling(name)] for name in left if plain_spelling(name) in spelled}
    if not rivals:
        return []
    pairs = [f"{by_hand[item]} is {item}, not {name}" for name, item in rivals.items()]
    return [
        Problem(
            "SB-ITEM-46",
            "note",
            f"{n_of(len(rivals), 'column bears', 'columns bear')} the name of an item that another is said to be: "
            f"{listed(pairs)}.",
            table=table,
            column=listed(list(rivals)),
            done="Not read, as was asked." if len(rivals) == 1 else "They were not read, as was asked.",
        )
    ]


def _begin_like_items(found: pd.DataFrame, items: Sequence[str], export: Export) -> list[Problem]:
    """SB-ITEM-49: columns of numbers that begin with the name of an item: perhaps the item at another wave."""
    starts = tuple(f"{fold_name(item)}_" for item in items)
    left = [name for name in found.loc[found["item"] == "", "column"] if fold_name(name).startswith(starts)]
    numbers, _ = columns_of_numbers(export, left, {})
    if not numbers:
        return []
    return [
        Problem(
            "SB-ITEM-49",
            "warn",
            f"{n_of(len(numbers), 'column is no item and begins', 'columns are no items and begin')} with the "
            f"name of one: {listed(numbers)}.",
            table=export.name,
            column=listed(numbers),
            why="If what follows is a wave, its answers are lost.",
            done="Not read." if len(numbers) == 1 else "They were not read.",
            fix="waves={'what follows': 2} if it names a wave; otherwise nothing is wrong.",
        )
    ]
