"""The columns of numbers in a file that comes without a codebook, and what looks wrong in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from securebase_analysis.errors import Problem
from securebase_analysis.readers.questionnaires import Export
from securebase_analysis.results.wording import in_number
from securebase_analysis.study.answer_cells import USUAL_MISSING_CODES, answer_column
from securebase_analysis.study.questionnaire.item_names import listed
from securebase_analysis.study.questionnaire.wide_answers import codes_of_labels


def columns_of_numbers(
    export: Export, names: Sequence[str], codes: Mapping[str, str]
) -> tuple[list[str], list[Problem]]:
    """Which columns hold numbers and nothing else.

    Parameters
    ----------
    export : Export
        The file.
    names : sequence of str
        Its columns that may be items.
    codes : mapping of str to str
        Missing codes and their reasons.

    Returns
    -------
    names : list of str
        Columns whose filled cells are numbers or missing codes.
    problems : list of Problem
        SB-ITEM-47 (warn): columns of mostly numbers that hold words as well, which are left out. SB-ITEM-48
        (note): columns of words, or of numbers written so that they cannot be read. They stop where no other
        column is left.
    """
    numbers: list[str] = []
    mixed: dict[str, set[int]] = {}
    of_words: list[str] = []
    for name in names:
        cells = _cells_with_answers(export, name)
        if cells.dtype.kind == "M" or not cells.notna().any():
            continue
        answers = codes_of_labels(cells, export.choices_of(name))
        _, _, problems = answer_column(answers, codes, file=export.name, decimal=export.decimal_of(name))
        stops = [problem for problem in problems if problem.severity == "stop"]
        words = {row for problem in stops for row in problem.rows}
        if not stops:
            numbers.append(name)
        elif 2 * len(words) < cells.notna().sum():
            mixed[name] = words
        else:
            of_words.append(name)
    problems = [_words_among_numbers(mixed, not numbers, export.name)] if mixed else []
    return numbers, problems + (
        [_no_numbers(of_words, not numbers and not mixed, export.name)] if of_words else []
    )


def codes_among_answers(wide: pd.DataFrame, items: Sequence[str], table: str) -> list[Problem]:
    """Find numbers that surveys use for missing answers, far from all other answers.

    Parameters
    ----------
    wide : pandas.DataFrame
        A column for each item, and ``row``.
    items : sequence of str
        Their names.
    table : str
        The file, for messages.

    Returns
    -------
    list of Problem
        SB-FILE-16 (warn), one for each code.

    Notes
    -----
    Nobody says how far an item goes, so only a code is told that lies further from the other answers than these
    lie from one another, or below 0 where no other answer does.
    """
    found: dict[float, dict[str, np.ndarray]] = {}
    for item in items:
        answers = wide[item].to_numpy(dtype=float, na_value=np.nan)
        usual = np.isin(answers, list(USUAL_MISSING_CODES))
        others = answers[~usual & ~np.isnan(answers)]
        if not usual.any() or not len(others):
            continue
        low, high = others.min(), others.max()
        apart = usual & ((answers > 2 * high - low + 1) | (answers < min(low, 0.0)))
        for code in np.unique(answers[apart]):
            found.setdefault(float(code), {})[item] = apart & (answers == code)
    return [_perhaps_missing(code, where, wide["row"], table) for code, where in sorted(found.items())]


def _cells_with_answers(export: Export, name: str) -> pd.Series:
    """The cells of a column, empty where the file itself declares them missing."""
    cells = export.frame[name]
    declared = export.missing.loc[export.missing["column"] == name, "row"] - 1
    return cells.mask(np.isin(np.arange(len(cells)), declared)) if len(declared) else cells


def _words_among_numbers(mixed: Mapping[str, set[int]], is_all: bool, table: str) -> Problem:
    """Columns of mostly numbers that were not taken as items, because some cells are words."""
    columns = list(mixed)
    return Problem(
        "SB-ITEM-47",
        "stop" if is_all else "warn",
        in_number("{n:column holds|columns hold} numbers and some words.", n=len(columns)),
        table=table,
        column=listed(columns),
        rows=sorted(set().union(*mixed.values())),
        why="A word may be a reason why an answer is missing, or a slip.",
        done="They were not taken as items." if len(columns) > 1 else "It was not taken as an item.",
        fix="missing_codes={'the word': 'why the answer is missing'}, or correct the cells.",
    )


def _no_numbers(columns: Sequence[str], is_all: bool, table: str) -> Problem:
    """Columns in which no number could be read."""
    what = in_number("{n:column holds|columns hold} no numbers that can be read.", n=len(columns))
    return Problem(
        "SB-ITEM-48",
        "stop" if is_all else "note",
        f"Without a codebook only numbers are answers, and {what}",
        table=table,
        column=listed(columns),
        why="Answers written as words, or with thousands marks, are no scores yet." if is_all else "",
        done="Nothing was read." if is_all else ("It was" if len(columns) == 1 else "They were") + " not read.",
        fix="recode={'the word': 0, 'the other word': 1} gives words their numbers; or give a codebook.",
    )


def _perhaps_missing(code: float, where: Mapping[str, np.ndarray], rows: pd.Series, table: str) -> Problem:
    """A number that may say that there is no answer."""
    cells = np.stack(list(where.values()))
    return Problem(
        "SB-FILE-16",
        "warn",
        in_number("{n:answer is|answers are} ", n=int(cells.sum())) + f"{code:g}, far from all others.",
        table=table,
        column=listed(list(where)),
        rows=sorted({int(row) for row in rows[cells.any(axis=0)]}),
        why="If it is a code for missing, it outweighs all answers in every mean.",
        done="Kept as a number, since nobody says what the items may be.",
        fix=f"missing_codes={{{code:g}: 'refused'}}, with the reason that is true; or give a codebook.",
    )
