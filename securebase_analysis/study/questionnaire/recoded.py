"""Answers under other numbers or as words, put into the numbers that the codebook means."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pandas as pd

from securebase_analysis.errors import Problem, nearest
from securebase_analysis.readers.questionnaires import Export
from securebase_analysis.readers.text_columns import to_text
from securebase_analysis.results.wording import count as n_of


def recoded(export: Export, columns: Sequence[str], recode: Mapping[str, float]) -> tuple[Export, list[Problem]]:
    """Put other numbers in the place of answers.

    Parameters
    ----------
    export : Export
        The file.
    columns : sequence of str
        Columns of the items.
    recode : mapping of str or number to number
        Answer in the file to number; compared without regard to case and blanks.

    Returns
    -------
    export : Export
        With new cells in these columns, without their choices.
    problems : list of Problem
        SB-ITEM-72 (note: how often each answer was recoded; stop: an answer that occurs nowhere).
    """
    if not recode:
        return export, []
    numbers = {_plain(answer): f"{number:g}" for answer, number in recode.items()}
    counts = pd.Series(0, index=list(numbers))
    frame, distinct = export.frame.copy(deep=False), set()
    for column in columns:
        text = to_text(frame[column]).map(_plain, na_action="ignore")
        distinct |= set(text.dropna().unique())
        found = text.value_counts()
        counts = counts.add(found.reindex(counts.index, fill_value=0))
        frame[column] = text.map(lambda cell: numbers.get(cell, cell), na_action="ignore").astype("str")
    facts = export.columns.copy()
    facts["choices"] = [
        {} if name in columns else choices for name, choices in zip(facts["column"], facts["choices"])
    ]
    absent = [answer for answer in numbers if not counts[answer]]
    problems = [_absent(answer, distinct - set(numbers), export.name) for answer in absent]
    shown = ", ".join(
        f"{answer!r} to {numbers[answer]} ({n_of(int(n), 'time')})" for answer, n in counts.items() if n
    )
    what = f"Answers were recoded as was asked: {shown}."
    told = [Problem("SB-ITEM-72", "note", what, table=export.name)] if shown else []
    return replace(export, frame=frame, columns=facts), [*told, *problems]


def _plain(answer: object) -> str:
    """An answer without case, blanks around it, or a point after a whole number."""
    text = " ".join(str(answer).split()).casefold()
    return text.removesuffix(".0")


def _absent(answer: str, others: set[str], table: str) -> Problem:
    """An answer that was to be recoded and occurs nowhere."""
    guess = nearest(answer, sorted(others))
    return Problem(
        "SB-ITEM-72",
        "stop",
        f"recode names the answer {answer!r}, which no item has.",
        table=table,
        why="A misspelt answer would stay as it is, beside others that were recoded.",
        fix=f"recode={{{guess!r}: ...}}" if guess else "Leave it out of recode.",
    )
