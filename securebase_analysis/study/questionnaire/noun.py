"""`Questionnaire`: the answers of one questionnaire file, one row for each child, wave, informant and item."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from securebase_analysis.errors import Problem
from securebase_analysis.study.questionnaire.long_answers import long_answers


@dataclass(frozen=True, eq=False)
class Questionnaire:
    """A questionnaire file in the words of the study, with everything that was assumed on the way.

    Attributes
    ----------
    wide : pandas.DataFrame
        One row for each child, wave and informant, a column for each item: ``site, child, wave, informant,
        instance, date``, the items as numbers, ``row``. `instance` counts the repeats of a form; `row` is the row
        of the file.
    reasons : pandas.DataFrame
        ``position`` (row of `wide`, from 0), ``item, code, reason``: why an answer is missing, if the file says.
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

    wide: pd.DataFrame
    reasons: pd.DataFrame
    columns: pd.DataFrame
    matched: pd.DataFrame
    dropped: pd.DataFrame
    instrument: str = ""
    program: str = ""
    name: str = ""
    assumptions: tuple[Problem, ...] = ()

    @cached_property
    def answers(self) -> pd.DataFrame:
        """One row for each child, wave, informant and item.

        ``site, child, wave, informant, instance, date, item, answer, code, reason, row``; `answer` is a number,
        missing where there is none, and `code` and `reason` say why where the file does. Made when it is first
        asked for: of a large file it is many times larger than `wide`.
        """
        return long_answers(self.wide, self.reasons, self.matched)

    @property
    def notes(self) -> tuple[str, ...]:
        """What was assumed, dropped or repaired, a sentence each."""
        return tuple(problem.sentence for problem in self.assumptions)

    def __repr__(self) -> str:
        items = list(self.matched.loc[self.matched["item"] != "", "item"].unique())
        n_answers = sum(int(self.wide[item].notna().sum()) for item in items)
        return (
            f"Questionnaire({self.name}, {self.program}): {self.wide['child'].nunique()} children, "
            f"{self.wide['wave'].nunique()} waves, {len(items)} items, {n_answers} answers"
        )
