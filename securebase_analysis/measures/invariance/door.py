"""The rows of whatever was given: a table, a long table, a study or its scores."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

import pandas as pd

from securebase_analysis.errors import DataError, ModelError, Problem
from securebase_analysis.measures.invariance.constructs import Constructs, items_in
from securebase_analysis.measures.invariance.long_answers import LongColumns, is_long, laid_out
from securebase_analysis.measures.invariance.samples import (
    Missing,
    Over,
    Sample,
    check_columns,
    check_table,
    groups_of,
    rows_of_informant,
    waves_of,
)
from securebase_analysis.measures.invariance.study_items import brings_items, items_table
from securebase_analysis.measures.invariance.told_of_rows import codes_in, no_items, unknown_to_scores
from securebase_analysis.measures.scoring.answers import numbers_of

Estimator = Literal["ml", "mlr", "wlsmv"]
SCORED = {"construct", "score", "rule"}
"""Columns of the frame of scores."""
ESTIMATORS: tuple[Estimator, ...] = ("ml", "mlr", "wlsmv")


@dataclass(frozen=True)
class Question:
    """What is asked, checked word by word.

    Attributes
    ----------
    over : {"group", "wave"}
        What is compared.
    column : str
        The column of groups or waves.
    missing, estimator : str
        What is done with gaps, and how it is fitted.
    columns : LongColumns
        Columns of children, items and answers.
    informant : str or None
        Whose rows alone are used.
    """

    over: Over
    column: str
    missing: Missing
    estimator: Estimator
    columns: LongColumns
    informant: str | None


def sample_for(data: Any, constructs: Constructs, question: Question) -> Sample:
    """The rows that are compared.

    Raises
    ------
    DataError
        With everything that keeps the items from being compared.
    ModelError
        When it is none of the forms that have items.
    """
    items = items_in(constructs)
    table, told = _table(data, constructs, items, question)
    if question.informant is not None:
        table = rows_of_informant(table, question.informant)
    if question.over == "group":
        sample = groups_of(table, items, question.column, question.missing, told)
    else:
        sample = waves_of(table, items, question.column, question.columns.child, question.missing, told)
    return replace(sample, long=question.columns) if is_long(data, items, question.columns) else sample


def _table(
    data: Any, constructs: Constructs, items: list[str], question: Question
) -> tuple[pd.DataFrame, list[Problem]]:
    """A column for each item; the index is the number of the row that was given, 0 where there was none."""
    if brings_items(data):
        table, told = items_table(data, constructs, question.over == "group")
        if question.column not in table and not hasattr(data, "children"):
            raise DataError(unknown_to_scores(question.column))
        return table.set_axis([0] * len(table)), told
    check_table(data)
    numbered = data.set_axis(range(1, len(data) + 1))
    have = set(map(str, data.columns))
    if have >= SCORED and not have & set(items):
        raise ModelError(no_items("A table of scores holds"))
    if is_long(numbered, items, question.columns):
        return laid_out(numbered, items, question.columns, [question.column])
    check_columns(numbered, [*items, question.column])
    return numbered, [told for item in items for told in codes_in(numbered, item, numbers_of(numbered[item]))]
