"""Exports of REDCap: events, repeats, forms, checkboxes, with the data dictionary or without it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd

from securebase_analysis.errors import DataError, Problem, nearest, rows_where
from securebase_analysis.readers.headers import Grid, tidy_name
from securebase_analysis.readers.questionnaires.export import Export, column_facts
from securebase_analysis.readers.questionnaires.redcap_dictionary import (
    CHECKED,
    Field,
    box_name,
    read_dictionary,
    read_events,
)
from securebase_analysis.readers.questionnaires.redcap_forms import (
    COMPLETE,
    STATUS,
    STATUS_CODES,
    boxes_without_an_answer,
    form_status,
    forms_on_rows,
)
from securebase_analysis.readers.questionnaires.samples import sample_cells
from securebase_analysis.readers.tables import Table, from_grid
from securebase_analysis.readers.text_columns import to_text
from securebase_analysis.results.wording import count as n_of

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
NAMES_SHOWN = 6


def is_redcap(grid: Grid) -> bool:
    """Whether names and cells are those of a REDCap export, of codes or of labels."""
    names = [tidy_name(cell) for cell in grid.header[0]]
    if "redcap_event_name" in names or "redcap_repeat_instrument" in names:
        return True
    if "Complete?" in names and (len(names) < 2 or names[0] != "Complete?"):
        return True
    statuses = [place for place, name in enumerate(names) if name.endswith(COMPLETE) and place]
    return bool(statuses) and all(_holds_status(grid.body[place]) for place in statuses)


def _holds_status(cells: pd.Series) -> bool:
    """Whether a column holds the status of a form and nothing else."""
    return bool(
        to_text(cells).dropna().drop_duplicates().str.strip().str.casefold().isin(list(STATUS_CODES)).all()
    )


def read_redcap(
    grid: Grid,
    name: str,
    problems: Sequence[Problem] = (),
    dictionary: str | Path | None = None,
    events: str | Path | None = None,
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
    table = from_grid(grid, name, problems=problems)
    frame = table.frame
    form_of = _forms(frame, fields)
    columns = _columns(frame, fields, form_of, {} if events is None else read_events(events))
    columns_of = {
        form: [col for col in form_of if form_of[col] == form] for form in dict.fromkeys(form_of.values())
    }
    forms = forms_on_rows(frame, columns_of)
    missing = boxes_without_an_answer(frame, columns_of, forms)
    export = _export(table, columns, forms, missing)
    told = [_taken_for_redcap(export), *renamed, *_not_in_dictionary(export, fields, Path(str(dictionary)).name)]
    told += _events_told(export) + _groups_told(export) + _repeats_told(export) + _boxes_told(export, columns_of)
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
    )


# --- columns ----------------------------------------------------------------------------------------------------


def _named_by_fields(
    grid: Grid, headings: Sequence[str], fields: Sequence[Field], file: str
) -> tuple[Grid, list[Problem]]:
    """Labels over the columns replaced by the names of fields, which stand in the order of the dictionary."""
    if not fields:
        raise DataError(_labels_without_dictionary(file))
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
    told = [_named_by_labels(len(names) - len(unknown), [name for name in unknown if name not in known], file)]
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


# --- what was assumed -------------------------------------------------------------------------------------------


def _taken_for_redcap(export: Export) -> Problem:
    """The note that says which program it is and how its rows are made."""
    marks = [name for name in export.frame if name in SYSTEM_ROLES or str(name).endswith(COMPLETE)]
    shown = ""
    if marks:
        cells = sample_cells(export.frame[marks[0]], harmless=marks[0] != "redcap_survey_identifier")
        shown = f", e.g. {marks[0]}: {cells}"
    return Problem(
        "SB-FILE-113",
        "note",
        f"The file is an export of REDCap{shown}.",
        table=export.name,
        done=f"The first column, {export.with_role('id')[0]}, was taken as the record.",
    )


def _labels_without_dictionary(file: str) -> Problem:
    """Labels stand where the names of fields should."""
    return Problem(
        "SB-FILE-112",
        "stop",
        "The columns bear the labels of the fields and not their names.",
        table=file,
        why="Labels occur several times, change with the wording, and are no items of the codebook.",
        done="Nothing was read.",
        fix="dictionary='the data dictionary.csv'; or export again as raw data (CSV).",
    )


def _named_by_labels(n_named: int, unknown: Sequence[str], file: str) -> Problem:
    """The note on columns whose names were found from their labels."""
    shown = ", ".join(repr(name) for name in unknown[:NAMES_SHOWN])
    what = f"The columns bear labels; {n_of(n_named, 'was', 'were')} found in the dictionary"
    return Problem(
        "SB-FILE-115",
        "warn" if unknown else "note",
        f"{what}, {len(unknown)} not ({shown})." if unknown else f"{what}.",
        table=file,
        done="They bear the names of the fields now." + (" The others were left as they are." * bool(unknown)),
        fix="Export as raw data (CSV), or download the dictionary of the same day." if unknown else "",
    )


def _not_in_dictionary(export: Export, fields: Sequence[Field], dictionary: str) -> list[Problem]:
    """Columns that the dictionary does not know: it may be of another day or of another project."""
    known = {column for field in fields for column in field.columns}
    unknown = [name for name in export.with_role("item", "date", "other") if name not in known]
    if not fields or not unknown:
        return []
    n_items = len(export.with_role("item", "date", "other", "personal"))
    is_other = len(unknown) > n_items / 2
    guess = nearest(unknown[0], known)
    return [
        Problem(
            "SB-FILE-116",
            "stop" if is_other else "warn",
            f"{n_of(len(unknown), 'column is', 'columns are')} not in the dictionary {dictionary}: "
            f"{', '.join(unknown[:NAMES_SHOWN])}.",
            table=export.name,
            column=unknown[0],
            why="It is not known what they hold, nor whether they say who somebody is.",
            done="Nothing was read." if is_other else "They were taken as answers without choices.",
            fix="Download the dictionary again" + (f"; perhaps {unknown[0]} is {guess} now." if guess else "."),
        )
    ]


def _events_told(export: Export) -> list[Problem]:
    """The note on events, or the stop that the list of events lacks one."""
    if "redcap_event_name" not in export.frame:
        return []
    cells = to_text(export.frame["redcap_event_name"]).str.strip()
    listed = export.choices_of("redcap_event_name")
    known = {*listed, *listed.values()}
    plain = cells.str.replace(r"\s*\(Arm \d+: .*\)$", "", regex=True)
    unknown = cells.notna() & ~cells.isin(list(known)) & ~plain.isin(list(known))
    if listed and unknown.any():
        return [
            Problem(
                "SB-FILE-114",
                "stop",
                f"The list of events lacks {', '.join(map(repr, cells[unknown].unique()[:3]))}.",
                table=export.name,
                column="redcap_event_name",
                rows=rows_where(unknown),
                why="The rows would belong to no wave; the list may be of another project or another day.",
                done="Nothing was read.",
                fix="Download the list of events again.",
            )
        ]
    n = cells.nunique()
    done = "Their names are those of the list of events." if listed else "Their short names were kept."
    what = f"{n_of(n, 'event')}, e.g. {sample_cells(cells, harmless=True)}."
    fix = "" if listed else "events='the list of events.csv' gives their full names."
    return [Problem("SB-FILE-117", "note", what, export.name, "redcap_event_name", done=done, fix=fix)]


def _groups_told(export: Export) -> list[Problem]:
    """The note that data access groups are taken as sites."""
    if "redcap_data_access_group" not in export.frame:
        return []
    cells = export.frame["redcap_data_access_group"]
    empty = cells.isna()
    what = f"{n_of(cells.nunique(), 'data access group')}, e.g. {sample_cells(cells, harmless=True)}"
    return [
        Problem(
            "SB-FILE-118",
            "warn" if empty.any() else "note",
            what + (f"; {n_of(int(empty.sum()), 'row is', 'rows are')} in none." if empty.any() else "."),
            export.name,
            "redcap_data_access_group",
            rows=rows_where(empty),
            done="Groups were taken as sites.",
            fix="Assign the records to a group in REDCap, or site='the one site'." if empty.any() else "",
        )
    ]


def _repeats_told(export: Export) -> list[Problem]:
    """The note on rows that repeat a form or an event."""
    if "redcap_repeat_instance" not in export.frame:
        return []
    n = int(export.frame["redcap_repeat_instance"].notna().sum())
    if not n:
        return []
    shown = sample_cells(export.frame["redcap_repeat_instance"])
    return [
        Problem(
            "SB-FILE-119",
            "note",
            f"{n_of(n, 'row repeats', 'rows repeat')} a form or an event, e.g. instance {shown}.",
            export.name,
            "redcap_repeat_instance",
            done="A form is looked for only on the rows that it stands on, so no row is counted twice.",
            fix="wave='redcap_repeat_instance' if the repeats are the waves of the study.",
        )
    ]


def _boxes_told(export: Export, columns_of: Mapping[str, Sequence[str]]) -> list[Problem]:
    """Zeros of checkboxes that were taken as missing, and those of complete forms that were kept."""
    told = []
    if len(export.missing):
        told.append(
            Problem(
                "SB-FILE-120",
                "warn",
                f"{n_of(len(export.missing), 'box holds', 'boxes hold')} 0 on forms that are not complete, in "
                "questions without a single tick.",
                export.name,
                _listed(export.missing["column"]),
                sorted(set(export.missing["row"])),
                why="REDCap writes 0 before anybody has seen the question.",
                done="Taken as missing, each with its reason.",
            )
        )
    kept = pd.Series(False, index=export.frame.index)
    for form, columns in columns_of.items():
        status = form_status(export.frame, form)
        boxes = [name for name in columns if "___" in name]
        for question in dict.fromkeys(name.split("___")[0] for name in boxes):
            cells = export.frame[[name for name in boxes if name.split("___")[0] == question]]
            none = ~cells.apply(lambda box: to_text(box).str.casefold().isin(["1", "checked"])).any(axis=1)
            kept |= none & cells.notna().any(axis=1) & (True if status is None else status.isin(["1", "2"]))
    if kept.any():
        what = (
            f"{n_of(int(kept.sum()), 'row has', 'rows have')} a question without a tick on a form that is closed."
        )
        done = "The zeros were kept: none of the boxes applies."
        fix = "If such a question can also be passed over, add a box for none of these."
        told.append(Problem("SB-FILE-121", "note", what, export.name, rows=rows_where(kept), done=done, fix=fix))
    return told


def _listed(columns: pd.Series) -> str:
    """The first few of some columns."""
    names = list(dict.fromkeys(columns))
    more = f" and {len(names) - NAMES_SHOWN} more" if len(names) > NAMES_SHOWN else ""
    return ", ".join(names[:NAMES_SHOWN]) + more


__all__ = ["box_name", "is_redcap", "read_redcap"]
