"""Questionnaire files, long or wide, as one row for each time somebody answered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from securebase_analysis.errors import Problem, nearest
from securebase_analysis.readers.cells import to_text
from securebase_analysis.readers.tables import Table
from securebase_analysis.results.wording import count as n_of
from securebase_analysis.study.answer_cells import answer_column
from securebase_analysis.study.codebook import Codebook
from securebase_analysis.study.codebook_columns import ALL_INSTRUMENTS
from securebase_analysis.study.columns import Conventions, fold_name, match_columns
from securebase_analysis.study.file_rows import (
    HIDDEN,
    FileRows,
    in_our_words,
    nothing_read,
    renamed,
    schema_beside,
)
from securebase_analysis.study.layout import Block, blocks_of
from securebase_analysis.study.schema import TABLES
from securebase_analysis.study.scores_in_file import columns_of_scores, scores_as_numbers
from securebase_analysis.study.study_file import Entry
from securebase_analysis.study.survey_files import Survey, open_survey

MISSING_COLUMNS = ("position", "item", "code", "reason")
NAMES_SHOWN = 8


def read_answers(entry: Entry, codebook: Codebook, conventions: Conventions) -> FileRows:
    """Read a questionnaire file.

    Parameters
    ----------
    entry : Entry
        With ``instrument``, and for wide files ``layout`` and ``wave_suffix``.
    codebook : Codebook
        Items and missing codes.
    conventions : Conventions
        How dates and ids are written.

    Returns
    -------
    FileRows
        One row per child, wave and informant; items as numbers, cells with a missing code empty, their reason in
        `missing`; columns that hold a score already, under the name of its scale.
    """
    survey, problems = open_survey(entry)
    if survey is None:
        return nothing_read(entry, problems)
    table, entry = survey.table, survey.entry
    items = list(dict.fromkeys(codebook.items_of(str(entry.get("instrument")))["item"]))
    blocks, found = blocks_of(table, entry, items, codebook)
    problems += found
    parts = [_read_block(survey, block, codebook, items, conventions) for block in blocks]
    problems += [problem for part in parts for problem in part.problems]
    if any(problem.severity == "stop" for problem in found) or not any(len(part.frame) for part in parts):
        return nothing_read(entry, list(dict.fromkeys(problems)), len(table.frame))
    found_items = tuple(item for item in items if any(item in part.items for part in parts))
    starts = np.cumsum([0, *(len(part.frame) for part in parts[:-1])])
    missing = [part.missing.assign(position=part.missing["position"] + at) for part, at in zip(parts, starts)]
    problems = [problem for problem in problems if not _about_declared_words(problem, parts)]
    unused = tuple(dict.fromkeys(name for part in parts for name in part.unused))
    return replace(
        parts[0],
        frame=pd.concat([part.frame for part in parts], ignore_index=True),
        theirs=parts[0].theirs,
        names_by_wave=_names_by_wave(parts, blocks, codebook),
        problems=tuple(dict.fromkeys([*problems, *_not_read(unused, entry)])),
        unused=unused,
        n_rows=len(table.frame),
        missing=pd.concat(missing, ignore_index=True),
        items=found_items,
    )


def _about_declared_words(problem: Problem, parts: list[FileRows]) -> bool:
    """Whether a remark on words such as NA is settled, because the column is an item and was read as numbers."""
    item_columns = {part.theirs[item] for part in parts for item in part.items}
    return problem.code == "SB-FILE-06" and problem.column in item_columns


def _names_by_wave(parts: list[FileRows], blocks: list[Block], codebook: Codebook) -> dict[tuple[str, int], str]:
    """In a wide file, what each column is called at each wave."""
    numbered = [
        (part, codebook.wave_of(block.wave)) for part, block in zip(parts, blocks) if block.wave is not None
    ]
    return {
        (ours, number): name
        for part, number in numbered
        if number is not None
        for ours, name in part.theirs.items()
    }


# --- one block --------------------------------------------------------------------------------------------------


def _read_block(
    survey: Survey, block: Block, codebook: Codebook, items: list[str], conventions: Conventions
) -> FileRows:
    """The rows of one block, items as numbers."""
    table, entry = survey.table, survey.entry
    schema = TABLES["responses"]
    if block.wave is not None:
        schema = {ours: column for ours, column in schema.items() if ours != "wave"}
    cells = table.frame[list(block.names.values())].set_axis(list(block.names), axis=1)
    named = {ours: name for ours, name in entry.columns.items() if ours not in items}
    beside_items = [str(name) for name in cells.columns if name not in {*items, *map(entry.columns.get, items)}]
    theirs, problems = match_columns(beside_items, schema_beside(entry, schema), named, entry.file)
    if any(problem.severity == "stop" for problem in problems):
        return nothing_read(entry, problems)
    frame, found = in_our_words(table, cells, theirs, schema, conventions, entry, block.names)
    problems += found
    places, found = _items_in(cells.columns, items, entry, set(theirs.values()))
    problems += found
    answers, reasons, found = _answers(table, cells, places, block, entry, codebook)
    problems += found
    left = [name for name in cells.columns if name not in {*theirs.values(), *places.values(), *HIDDEN}]
    instrument = str(entry.get("instrument"))
    scored = columns_of_scores(codebook, instrument, left)
    scores = {
        scale: scores_as_numbers(cells[name], codebook, instrument, table.decimal)
        for scale, name in scored.items()
    }
    kept = survey.asked([block.names[name] for name in places.values()])
    if block.wave is not None:
        frame.insert(2, "wave", pd.Series(block.wave, index=frame.index, dtype="str"))
        filled = answers.notna().any(axis=1) | frame["date"].notna()
        filled.iloc[reasons["position"].unique()] = True
        kept &= filled.to_numpy()  # a wave with nothing in its columns is no row
    frame = pd.concat([frame, answers], axis=1).assign(**scores)
    in_file = {ours: block.names[name] for ours, name in {**theirs, **places, **scored}.items()}
    return FileRows(
        section=entry.section,
        file=entry.file,
        frame=frame[kept],
        theirs=in_file,
        problems=tuple(problems),
        labels=renamed(table.labels, in_file),
        value_labels=renamed(table.value_labels, in_file),
        missing=_of_rows(kept, reasons),
        items=tuple(places),
        unused=tuple(block.names[name] for name in left if name not in scored.values()),
        instrument=instrument,
    )


def _of_rows(kept: np.ndarray, reasons: pd.DataFrame) -> pd.DataFrame:
    """The reasons of the rows that are kept, at their places among these."""
    reasons = reasons[kept[reasons["position"]]]
    return reasons.assign(position=(kept.cumsum() - 1)[reasons["position"]])


def _items_in(
    columns: Iterable[str], items: list[str], entry: Entry, taken: set[str]
) -> tuple[dict[str, str], list[Problem]]:
    """Item to its column, by the name in `study.toml`, by its own name, or by its name in other letters' case."""
    columns = [str(name) for name in columns]
    folded = {fold_name(name): name for name in columns if name not in taken}
    places, problems = {}, []
    for item in items:
        name = entry.columns.get(item, item)
        if name in columns:
            places[item] = name
        elif item in entry.columns:
            guess = nearest(name, columns)
            fix = f'columns = {{ {item} = "{guess}" }}' if guess else "Name the column as the file does."
            what = f"study.toml says that {item} is the column {name!r}, which the file does not have."
            why = "The item would be missing for everybody."
            problems.append(Problem("SB-STUDY-06", "stop", what, entry.file, name, why=why, fix=fix))
        elif fold_name(item) in folded:
            places[item] = folded[fold_name(item)]
    return places, problems


def _not_read(unused: Sequence[str], entry: Entry) -> list[Problem]:
    """A note on the columns that nobody reads."""
    if not unused:
        return []
    shown = ", ".join(unused[:NAMES_SHOWN])
    more = f" and {len(unused) - NAMES_SHOWN} more" if len(unused) > NAMES_SHOWN else ""
    return [
        Problem(
            "SB-ITEM-30",
            "note",
            f"{n_of(len(unused), 'column is no item', 'columns are no items')} of {entry.get('instrument')}: "
            f"{shown}{more}.",
            table=entry.file,
            done="They were not read.",
            fix="Add items to the codebook; put facts about the child or the visit into children or waves.",
        )
    ]


def _answers(
    table: Table, cells: pd.DataFrame, places: Mapping[str, str], block: Block, entry: Entry, codebook: Codebook
) -> tuple[pd.DataFrame, pd.DataFrame, list[Problem]]:
    """Items as numbers, the reasons of cells with a missing code, and what could not be read."""
    declared = codebook.missing_codes
    declared = declared[declared["instrument"].isin([entry.get("instrument"), ALL_INSTRUMENTS])]
    codes = dict(zip(declared["code"], declared["reason"]))
    values, reasons, problems = {}, [_declared_in_file(table, places, block)], []
    for item, name in places.items():
        values[item], found, wrong = answer_column(
            cells[name].rename(block.names[name]), codes, file=entry.file, decimal=table.decimal
        )
        reasons.append(found.assign(item=item))
        problems += wrong
    empty = pd.DataFrame(index=cells.index)
    answers = pd.DataFrame(values, index=cells.index) if values else empty
    missing = pd.concat(reasons, ignore_index=True)
    return answers, missing[list(MISSING_COLUMNS)], problems


def _declared_in_file(table: Table, places: Mapping[str, str], block: Block) -> pd.DataFrame:
    """The cells that SPSS or Stata declares missing, under the names of items."""
    items = {block.names[name]: item for item, name in places.items()}
    declared = table.missing
    declared = declared[declared["column"].isin(list(items))]
    return pd.DataFrame(
        {
            "position": declared["row"].astype("int64") - 1,
            "item": declared["column"].map(items),
            "code": to_text(declared["code"]),
            "reason": declared["reason"].astype("str"),
        },
        columns=list(MISSING_COLUMNS),
    )
