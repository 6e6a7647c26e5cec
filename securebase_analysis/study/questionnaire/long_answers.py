"""The cells of a questionnaire file as answers: numbers, reasons, one row for each child, wave and item."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from securebase_analysis.errors import Problem
from securebase_analysis.readers.questionnaires import Export
from securebase_analysis.readers.text_columns import to_text
from securebase_analysis.study.answer_cells import answer_column
from securebase_analysis.study.questionnaire.noun import ANSWER_COLUMNS, WHO


def long_answers(
    export: Export, who: pd.DataFrame, matched: pd.DataFrame, codes: Mapping[str, str]
) -> tuple[pd.DataFrame, list[Problem]]:
    """One row for each row of the file and item, in the order of the file.

    Parameters
    ----------
    export : Export
        The file.
    who : pandas.DataFrame
        The columns of `WHO`, a row for each row of the file.
    matched : pandas.DataFrame
        ``column, item, wave, ...``; where a name says the wave, it goes before that of the row.
    codes : mapping of str to str
        Missing codes of the codebook and their reasons.

    Returns
    -------
    answers : pandas.DataFrame
        The columns of `ANSWER_COLUMNS`.
    problems : list of Problem
        Cells that are no answers.
    """
    parts, problems = [], []
    declared = export.missing
    for order, (column, item, wave) in enumerate(zip(matched["column"], matched["item"], matched["wave"])):
        cells, choices = export.frame[column], export.choices_of(column)
        values, found, wrong = answer_column(
            codes_of_labels(cells, choices), codes, file=export.name, decimal=export.decimal
        )
        problems += wrong
        part = who.assign(item=item, answer=values, code=None, reason=None, row=np.arange(1, len(who) + 1))
        part = part.astype({"code": "str", "reason": "str"})
        here = declared[declared["column"] == column]
        for name in ("code", "reason"):
            part.iloc[found["position"], part.columns.get_loc(name)] = found[name].astype("str").to_numpy()
            part.iloc[here["row"] - 1, part.columns.get_loc(name)] = here[name].astype("str").to_numpy()
        if wave:
            part["wave"] = wave
        parts.append(part.assign(_order=order))
    answers = pd.concat(parts, ignore_index=True).sort_values(["row", "_order"], kind="stable", ignore_index=True)
    return answers[list(ANSWER_COLUMNS)], problems


def codes_of_labels(cells: pd.Series, choices: Mapping[str, str]) -> pd.Series:
    """Answers written as the words of their choices, as the codes of these; other cells as they are.

    Examples
    --------
    >>> codes_of_labels(pd.Series(["Not true", "2", None]), {"0": "Not true", "2": "Certainly true"}).tolist()
    ['0', '2', nan]
    """
    if not choices or not pd.api.types.is_string_dtype(to_text(cells)):
        return cells
    text = to_text(cells).str.strip()
    words = {label.casefold(): code for code, label in choices.items()}
    return text.map(lambda cell: words.get(str(cell).casefold(), cell), na_action="ignore").rename(cells.name)


def wide_answers(answers: pd.DataFrame, items: list[str]) -> pd.DataFrame:
    """The answers with a column for each item; one row for each row of the file and wave."""
    keys = [*WHO, "row"]
    rows = answers[keys].drop_duplicates().reset_index(drop=True)
    place = answers.groupby(keys, dropna=False, sort=False).ngroup()
    table = answers.assign(_place=place).pivot(index="_place", columns="item", values="answer")
    wide = pd.concat([rows[list(WHO)], table.reindex(columns=items).reset_index(drop=True)], axis=1)
    return wide.assign(row=rows["row"]).rename_axis(columns=None)
