"""`Questionnaire`: the answers of one questionnaire file, one row for each child, wave, informant and item."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from securebase_analysis.errors import Problem

WHO = ("site", "child", "wave", "informant", "instance", "date")
ANSWER_COLUMNS = (*WHO, "item", "answer", "code", "reason", "row")
MATCHED_COLUMNS = ("column", "item", "wave", "how", "suggestions")
DROPPED_COLUMNS = ("what", "name", "row", "reason")


@dataclass(frozen=True, eq=False)
class Questionnaire:
    """A questionnaire file in the words of the study, with everything that was assumed on the way.

    Attributes
    ----------
    answers : pandas.DataFrame
        One row for each child, wave, informant and item: ``site, child, wave, informant, instance, date, item,
        answer, code, reason, row``. `answer` is a number, missing where there is none; `code` and `reason` say why
        where the file does; `instance` counts the repeats of a form; `row` is the row of the file.
    wide : pandas.DataFrame
        The same with a column for each item: ``site, child, wave, informant, instance, date``, the items, ``row``.
    columns : pandas.DataFrame
        The columns of the file: ``column, label, kind, role, form, choices``.
    matched : pandas.DataFrame
        ``column, item, wave, how, suggestions``: which column is which item (empty: none), the wave that its name
        says, how it was found, and the nearest items where it was not.
    dropped : pandas.DataFrame
        ``what`` (column or row), ``name`` of a column, ``row`` of a row, ``reason``.
    instrument, program, name : str
        The questionnaire as the codebook calls it, the program that wrote the file, and the file.
    assumptions : tuple of Problem
        What was found out or assumed, with sample cells.
    """

    answers: pd.DataFrame
    wide: pd.DataFrame
    columns: pd.DataFrame
    matched: pd.DataFrame
    dropped: pd.DataFrame
    instrument: str = ""
    program: str = ""
    name: str = ""
    assumptions: tuple[Problem, ...] = ()

    @property
    def notes(self) -> tuple[str, ...]:
        """What was assumed, dropped or repaired, a sentence each."""
        return tuple(problem.sentence for problem in self.assumptions)

    def __repr__(self) -> str:
        counts = self.answers[["child", "wave", "item"]].nunique()
        return (
            f"Questionnaire({self.name}, {self.program}): {counts['child']} children, {counts['wave']} waves, "
            f"{counts['item']} items, {self.answers['answer'].notna().sum()} answers"
        )
