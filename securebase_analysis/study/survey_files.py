"""The questionnaire files of a study folder: those of survey programs become tables in the words of the study."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from securebase_analysis.errors import DataError, Problem
from securebase_analysis.readers.questionnaires import PROGRAMS, Export, read_export
from securebase_analysis.readers.tables import Table
from securebase_analysis.readers.text_columns import is_text
from securebase_analysis.study.columns import fold_name
from securebase_analysis.study.questionnaire.respondents import event_names, site_of_the_child
from securebase_analysis.study.questionnaire.wide_answers import codes_of_labels
from securebase_analysis.study.schema import TABLES
from securebase_analysis.study.study_file import Entry

PARTS = {"child": "id", "wave": "event", "site": "group", "date": "date"}
"""Our columns, and the part that their column plays in a survey."""


@dataclass(frozen=True, eq=False)
class Survey:
    """A questionnaire file as a table.

    Attributes
    ----------
    table : Table
        Its cells; of a survey program with answers as codes and without the columns that say who somebody is.
    entry : Entry
        As in `study.toml`, and where that is silent with the columns that the program itself names.
    export : Export
        The file as its program wrote it.
    """

    table: Table
    entry: Entry
    export: Export

    def asked(self, columns: Sequence[str]) -> np.ndarray:
        """Whether any of some columns was asked on each row; every row where there is none of them."""
        if not columns:
            return self.export.in_use().to_numpy(dtype=bool).copy()
        return np.logical_or.reduce([self.export.asked(name).to_numpy(dtype=bool) for name in columns])


def open_survey(entry: Entry) -> tuple[Survey | None, list[Problem]]:
    """Read the questionnaire file of an entry; its problems are returned, not raised."""
    options: dict[str, Any] = {**entry.beside, **entry.reading, "needed": list(entry.columns.values())}
    program = entry.get("program") if entry.get("program") in PROGRAMS else None  # another word was reported
    try:
        export = read_export(entry.path, program, **options)
    except DataError as error:
        return None, list(error.problems)
    if export.table is not None:
        return Survey(export.table, entry, export), list(export.table.assumptions)
    survey = Survey(_table(export, entry), _with_columns(entry, export), export)
    survey, problems = _with_sites(survey)
    return survey, [*export.assumptions, *problems]


def _with_sites(survey: Survey) -> tuple[Survey, list[Problem]]:
    """The survey with the site of each record on all its rows."""
    frame, named = survey.table.frame, survey.entry.columns
    usual = ("site", *TABLES["responses"]["site"].aliases)
    site = named.get("site") or next((name for name in map(str, frame) if fold_name(name) in usual), "")
    child = named.get("child", "")
    if not {site, child} <= set(map(str, frame)):
        return survey, []
    filled, problems = site_of_the_child(frame[site], frame[child], survey.export, site)
    return replace(survey, table=replace(survey.table, frame=frame.assign(**{site: filled}))), problems


def _table(export: Export, entry: Entry) -> Table:
    """Answers as codes, events by their names, cells declared missing empty; who answered as the file has it."""
    frame = export.frame.drop(columns=export.with_role("personal"))
    who_answered = _who_answered(map(str, frame), entry)
    declared = dict(tuple(export.missing.groupby("column")))
    cells = {}
    for name in map(str, frame):
        column = frame[name]
        if name in declared:
            column = column.mask(np.isin(np.arange(1, len(frame) + 1), declared[name]["row"]))
        if export.columns.loc[export.columns["column"] == name, "role"].iloc[0] == "event":
            cells[name] = event_names(column.astype("str"), export.choices_of(name))
        elif name in who_answered:
            cells[name] = event_names(column, export.choices_of(name)) if is_text(column) else column
        else:
            answers = codes_of_labels(column, export.choices_of(name), export.by_labels)
            cells[name] = answers if export.decimal else _with_points(answers, export.decimal_of(name))
    labels = {name: label for name, label in zip(export.columns["column"], export.columns["label"]) if label}
    return Table(
        pd.DataFrame(cells, index=frame.index),
        export.missing,
        labels,
        name=export.name,
        assumptions=export.assumptions,
        decimal=export.decimal,
        date_system=export.date_system,
    )


def _who_answered(names: Iterable[str], entry: Entry) -> set[str]:
    """The columns that say whose the answers are, when and by whom; a child K01 is no answer 1."""
    schema = TABLES["responses"]
    said = {entry.columns.get(ours) for ours in schema}
    usual = {fold_name(name) for ours, column in schema.items() for name in (ours, *column.aliases)}
    return {name for name in names if name in said or fold_name(name) in usual}


def _with_points(cells: pd.Series, decimal: str | None) -> pd.Series:
    """Numbers with a decimal point, where the survey says that those of this column bear a comma."""
    return cells.str.replace(",", ".", regex=False) if decimal == "," and cells.dtype == "str" else cells


def _with_columns(entry: Entry, export: Export) -> Entry:
    """The entry with the columns whose part the program names, where `study.toml` says nothing else."""
    known = {}
    for ours, part in PARTS.items():
        names = export.with_role(part)
        is_day = part != "date" or export.program in ("qualtrics", "limesurvey")
        if names and is_day and ours not in entry.columns and entry.get(ours) is None:
            known[ours] = names[0]
    return replace(entry, settings={**entry.settings, "columns": {**known, **entry.columns}})
