"""Exports of REDCap: events, repeats, forms, checkboxes, with the data dictionary or without it."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd

from securebase_analysis.errors import DataError, Problem
from securebase_analysis.readers.headers import Grid, tidy_name
from securebase_analysis.readers.questionnaires.export import Export, column_facts
from securebase_analysis.readers.questionnaires.redcap_dictionary import (
    CHECKED,
    Field,
    read_dictionary,
    read_events,
)
from securebase_analysis.readers.questionnaires.redcap_forms import (
    COMPLETE,
    STATUS,
    STATUS_CODES,
    boxes_without_an_answer,
    forms_on_rows,
)
from securebase_analysis.readers.questionnaires.redcap_told import (
    boxes_told,
    events_told,
    groups_told,
    labels_without_dictionary,
    named_by_labels,
    not_in_dictionary,
    repeats_told,
    taken_for_redcap,
)
from securebase_analysis.readers.tables import Table, from_grid
from securebase_analysis.readers.text_columns import to_text

SYSTEM_ROLES = {
    "redcap_event_name": "event",
    "redcap_repeat_instrument": "repeat_instrument",
    "redcap_repeat_instance": "repeat_instance",
    "redcap_data_access_group": "group",
    "redcap_survey_identifier": "personal",
}
SYSTEM_HEADINGS = {
    "Event Name": "redcap_event_name",
    "Repeat Instrument": "redcap_repeat_instrument",
    "Repeat Instance": "redcap_repeat_instance",
    "Data Access Group": "redcap_data_access_group",
    "Survey Identifier": "redcap_survey_identifier",
}
TIMESTAMP = "_timestamp"
BOX = re.compile(r"[a-z][a-z0-9_]*?___[a-z0-9_]+")
CHOICE_HEADING = "(choice="


def is_redcap(grid: Grid) -> bool:
    """Whether names and cells are those of a REDCap export, of codes or of labels."""
    names = [tidy_name(cell) for cell in grid.header[0]]
    if "redcap_event_name" in names or "redcap_repeat_instrument" in names:
        return True
    if "Complete?" in names and (len(names) < 2 or names[0] != "Complete?"):
        return True
    statuses = [place for place, name in enumerate(names) if name.endswith(COMPLETE) and place]
    if not statuses or not all(_holds_status(grid.body[place]) for place in statuses):
        return False
    return bool(
        grid.body[0].notna().all() and grid.body[0].is_unique
    )  # a record has one row where nothing repeats


def _holds_status(cells: pd.Series) -> bool:
    """Whether a column holds the status of a form and nothing else."""
    distinct = to_text(cells).dropna().drop_duplicates().str.strip().str.casefold()
    return bool(len(distinct)) and bool(distinct.isin(list(STATUS_CODES)).all())


def read_redcap(
    grid: Grid,
    name: str,
    problems: Sequence[Problem] = (),
    dictionary: str | Path | None = None,
    events: str | Path | None = None,
    keep_rows: Collection[int] = (),
) -> Export:
    """An export of REDCap with the parts of its columns.

    Parameters
    ----------
    grid : Grid
        Header and cells.
    name : str
        The file's name, for messages.
    problems : sequence of Problem
        What is known of the file already.
    dictionary, events : str or pathlib.Path, optional
        The project's data dictionary and list of events.
    keep_rows : collection of int
        As in `read_table`.

    Returns
    -------
    Export
        Columns bear the names of fields, also where the file has their labels (this needs the dictionary).

    Raises
    ------
    DataError
        Labels as headings and no dictionary (SB-FILE-112), an event that the list does not have (SB-FILE-114), no
        dictionary or no list of events in the files given as such (SB-FILE-110, SB-FILE-111).
    """
    fields = [] if dictionary is None else read_dictionary(dictionary)
    names = [tidy_name(cell) for cell in grid.header[0]]
    by_labels = "Complete?" in names or any(CHOICE_HEADING in heading for heading in names)
    renamed: list[Problem] = []
    if by_labels:
        grid, renamed = _named_by_fields(grid, names, fields, name)
    table = from_grid(grid, name, keep_rows, problems)
    frame = table.frame
    form_of = _forms(frame, fields)
    columns = _columns(frame, fields, form_of, {} if events is None else read_events(events))
    columns_of = {
        form: [col for col in form_of if form_of[col] == form] for form in dict.fromkeys(form_of.values())
    }
    forms = forms_on_rows(frame, columns_of)
    missing = boxes_without_an_answer(frame, columns_of, forms)
    export = _export(table, columns, forms, missing)
    told = [taken_for_redcap(export), *renamed, *not_in_dictionary(export, fields, Path(str(dictionary)).name)]
    told += events_told(export) + groups_told(export) + repeats_told(export) + boxes_told(export, columns_of)
    stops = [problem for problem in told if problem.severity == "stop"]
    if stops:
        raise DataError([*table.assumptions, *told])
    return replace(export, assumptions=(*table.assumptions, *told))


def _export(table: Table, columns: pd.DataFrame, forms: pd.DataFrame, missing: pd.DataFrame) -> Export:
    """The table with what REDCap says of it."""
    return Export(
        frame=table.frame,
        columns=columns,
        missing=missing,
        program="redcap",
        assumptions=table.assumptions,
        name=table.name,
        decimal=table.decimal,
        date_system=table.date_system,
        forms=forms,
        by_labels=_has_labels_in_cells(table.frame),
    )


def _has_labels_in_cells(frame: pd.DataFrame) -> bool:
    """Whether labels stand in the cells: forms are then Complete and boxes Checked, not 2 and 1."""
    own = [name for name in map(str, frame) if name.endswith(COMPLETE) or BOX.fullmatch(name)]
    words = {label.casefold() for label in (*STATUS.values(), *CHECKED.values())}
    return any(to_text(frame[name]).str.strip().str.casefold().isin(words).any() for name in own)


# --- columns ----------------------------------------------------------------------------------------------------


def _named_by_fields(
    grid: Grid, headings: Sequence[str], fields: Sequence[Field], file: str
) -> tuple[Grid, list[Problem]]:
    """Labels over the columns replaced by the names of fields, which stand in the order of the dictionary."""
    if not fields:
        raise DataError(labels_without_dictionary(file))
    expected = list(_expected_headings(fields))
    names, at = [], 0
    for heading in headings:
        if heading in SYSTEM_HEADINGS:
            names.append(SYSTEM_HEADINGS[heading])
            continue
        places = [place for place, (_, label) in enumerate(expected) if label == heading]
        place = next((place for place in places if place >= at), None)
        names.append(heading if place is None else expected[place][0])
        at = at if place is None else place + 1
    unknown = [heading for heading, name in zip(headings, names) if heading == name and heading]
    known = {name for name, _ in expected}
    told = [named_by_labels(len(names) - len(unknown), [name for name in unknown if name not in known], file)]
    return replace(grid, header=[names]), told


def _expected_headings(fields: Sequence[Field]) -> list[tuple[str, str]]:
    """Column and heading of an export with labels, in their order."""
    expected: list[tuple[str, str]] = []
    for form in dict.fromkeys(field.form for field in fields):
        mine = [field for field in fields if field.form == form]
        first = list(mine[0].columns.items()) if not expected else []
        expected += [*first, (form + TIMESTAMP, "Survey Timestamp")]
        expected += [pair for field in mine[len(first) :] for pair in field.columns.items()]
        expected.append((form + COMPLETE, "Complete?"))
    return expected


def _forms(frame: pd.DataFrame, fields: Sequence[Field]) -> dict[str, str]:
    """The form of each column of answers: as the dictionary says, else the one whose status closes its columns."""
    names = [str(name) for name in frame.columns]
    known = {column: field.form for field in fields for column in field.columns}
    forms: dict[str, str] = {}
    waiting: list[str] = []
    for name in names[1:]:
        if name in SYSTEM_ROLES:
            continue
        if name.endswith(COMPLETE) and _holds_status(frame[name]):
            form = name.removesuffix(COMPLETE)
            forms.update((column, form) for column in waiting if column != form + TIMESTAMP)
            waiting = []
        elif name in known:
            forms[name] = known[name]
        else:
            waiting.append(name)
    return {name: forms[name] for name in names if name in forms}


def _columns(
    frame: pd.DataFrame, fields: Sequence[Field], form_of: Mapping[str, str], events: Mapping[str, str]
) -> pd.DataFrame:
    """The facts of all columns."""
    by_column = {column: field for field in fields for column in field.columns}
    labels = {column: label for field in fields for column, label in field.columns.items()}
    names = [str(name) for name in frame.columns]
    roles = {name: _role(frame, name, by_column.get(name), form_of) for name in names[1:]}
    choices: dict[str, Mapping[str, str]] = {name: field.codes for name, field in by_column.items()}
    choices |= {name: CHECKED for name in names if BOX.fullmatch(name) and name not in by_column}
    choices |= {name: STATUS for name, role in roles.items() if role == "paradata" and name.endswith(COMPLETE)}
    kinds = {name: field.kind for name, field in by_column.items()}
    kinds |= {name: "checkbox" for name in names if BOX.fullmatch(name)}
    return column_facts(
        names,
        roles={names[0]: "id", **roles},
        labels=labels,
        kinds=kinds,
        forms=form_of,
        choices={**choices, "redcap_event_name": events},
    )


def _role(frame: pd.DataFrame, name: str, field: Field | None, form_of: Mapping[str, str]) -> str:
    """The part that a column plays."""
    if name in SYSTEM_ROLES:
        return SYSTEM_ROLES[name]
    if field is not None:
        if field.identifier or field.validation in ("email", "phone"):
            return "personal"
        return {"date": "date", "file": "other", "time": "other"}.get(field.kind, "item")
    if name.endswith(COMPLETE) and _holds_status(frame[name]):
        return "paradata"
    forms = {*form_of.values(), *(other.removesuffix(COMPLETE) for other in map(str, frame.columns))}
    return "paradata" if name.endswith(TIMESTAMP) and name.removesuffix(TIMESTAMP) in forms else "item"
