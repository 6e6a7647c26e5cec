"""Exports of Qualtrics: one, two or three header rows, columns of the program's own, previews."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import replace

import pandas as pd

from securebase_analysis.errors import Problem, rows_where
from securebase_analysis.readers.headers import Grid, tidy_name
from securebase_analysis.readers.questionnaires.export import Export, column_facts
from securebase_analysis.readers.questionnaires.header_rows import row_under, rows_with, without_rows_under
from securebase_analysis.readers.questionnaires.redcap_dictionary import plain_label
from securebase_analysis.readers.questionnaires.samples import sample_cells
from securebase_analysis.readers.tables import from_grid
from securebase_analysis.results.wording import count as n_of

IMPORT_MARK = '"ImportId"'
FIRST_NAMES = ("ResponseID", "ResponseSet")
ROLES = {
    "startdate": "paradata",
    "enddate": "paradata",
    "recordeddate": "date",
    "status": "paradata",
    "progress": "paradata",
    "duration (in seconds)": "paradata",
    "finished": "paradata",
    "responseid": "paradata",
    "responseset": "paradata",
    "distributionchannel": "paradata",
    "userlanguage": "paradata",
    "ipaddress": "personal",
    "recipientlastname": "personal",
    "recipientfirstname": "personal",
    "recipientemail": "personal",
    "emailaddress": "personal",
    "name": "personal",
    "locationlatitude": "personal",
    "locationlongitude": "personal",
    "locationaccuracy": "personal",
    "externalreference": "id",
    "externaldatareference": "id",
}
MEASURED = re.compile(r".+_(?:First Click|Last Click|Page Submit|Click Count|DO(?:_.+)?)")
"""Seconds and clicks on a page, and the order in which things were shown."""
OWN_NAMES = 5
PREVIEWS = ("1", "2", "9", "17", "survey preview", "survey test", "survey preview spam", "offline survey preview")
SPAM = ("8", "spam")
UNFINISHED = ("0", "false")
LEGACY_NAMES = ("V1", "V2")


def is_qualtrics(grid: Grid) -> bool:
    """Whether the first rows are those of Qualtrics."""
    if any(IMPORT_MARK in cell for place in (0, 1) for cell in row_under(grid, place)):
        return True
    names = [tidy_name(cell) for cell in grid.header[0]]
    if names[:2] == list(LEGACY_NAMES) and row_under(grid, 0)[:1] == [FIRST_NAMES[0]]:
        return True
    return (
        "responseid" in map(str.casefold, names) and sum(name.casefold() in ROLES for name in names) >= OWN_NAMES
    )


def read_qualtrics(
    grid: Grid, name: str, problems: Sequence[Problem] = (), keep_rows: Collection[int] = ()
) -> Export:
    """An export of Qualtrics with the parts of its columns.

    Parameters
    ----------
    grid : Grid
        Header and cells, the rows under the names among the cells.
    name : str
        The file's name, for messages.
    problems : sequence of Problem
        What is known of the file already.
    keep_rows : collection of int
        As in `read_table`.

    Returns
    -------
    Export
        Labels are the texts of the questions, without marks of HTML. An external reference is the id where it is
        filled in; the id of a response is that of a form, not of a child. Previews are left out.
    """
    n_under = _rows_under(grid)
    names = [tidy_name(cell) for cell in grid.header[0]]
    texts = row_under(grid, 0) if n_under else names
    marks = (
        row_under(grid, n_under - 1) if n_under and IMPORT_MARK in "".join(row_under(grid, n_under - 1)) else []
    )
    table = from_grid(without_rows_under(grid, n_under), name, keep_rows, problems)
    frame = table.frame
    labels = {name: plain_label(text) for name, text in zip(names, texts) if name}
    own_names = labels if names[:2] == list(LEGACY_NAMES) else dict(zip(names, names))
    roles = {name: _role(frame[name], own_names.get(name, name)) for name in map(str, frame)}
    if "date" not in roles.values():
        roles |= {name: "date" for name in roles if own_names.get(name, name).casefold() == "enddate"}
    export = Export(
        frame=frame,
        columns=column_facts(frame.columns, roles=roles, labels=labels, kinds=_kinds(names, marks)),
        missing=table.missing,
        program="qualtrics",
        assumptions=table.assumptions,
        name=name,
        decimal=table.decimal,
        date_system=table.date_system,
    )
    column_of = {own_names.get(name, name).casefold(): name for name in roles}
    export = replace(export, left_out=_previews(export, column_of))
    told = [
        _taken_for_qualtrics(export, n_under),
        *_previews_told(export, column_of),
        *_unfinished(export, column_of),
    ]
    return replace(export, assumptions=(*table.assumptions, *told))


def _rows_under(grid: Grid) -> int:
    """How many rows under the names belong to the header: texts, and the marks of the program."""
    if any(IMPORT_MARK in cell for cell in row_under(grid, 1)):
        return 2
    if any(IMPORT_MARK in cell for cell in row_under(grid, 0)):
        return 1
    names, first = [tidy_name(cell) for cell in grid.header[0]], row_under(grid, 0)
    if names[:2] == list(LEGACY_NAMES):
        return 1
    dated = [
        cell for name, cell in zip(names, first) if name.casefold() in ("startdate", "enddate", "recordeddate")
    ]
    return int(bool(dated) and not any(any(sign.isdigit() for sign in cell) for cell in dated))


def _role(cells: pd.Series, name: str) -> str:
    """The part that a column plays; an external reference that nobody has is none."""
    role = "paradata" if MEASURED.fullmatch(name) else ROLES.get(name.casefold(), "item")
    return "paradata" if role == "id" and not cells.notna().any() else role


def _kinds(names: Sequence[str], marks: Sequence[str]) -> dict[str, str]:
    """The kind of answers where the mark of the program says it."""
    return {name: "text" for name, mark in zip(names, marks) if "_TEXT" in mark}


def _previews(export: Export, column_of: dict[str, str]) -> pd.DataFrame:
    """Rows that the makers of the survey filled in to try it."""
    status = column_of.get("status")
    if status is None:
        return export.left_out
    rows = rows_where(rows_with(export.frame[status], PREVIEWS))
    return pd.DataFrame({"row": rows, "reason": "a preview of the survey"}).astype(
        {"row": "int64", "reason": "str"}
    )


def _taken_for_qualtrics(export: Export, n_under: int) -> Problem:
    """The note that says which program it is, and what stands in its rows."""
    rows = ("one header row", "two header rows", "three header rows")[n_under]
    date = next(iter(export.with_role("date")), None)
    shown = f"; {date} is the day, e.g. {sample_cells(export.frame[date])}, as the account's clock" if date else ""
    identifier = next(iter(export.with_role("id")), None)
    return Problem(
        "SB-FILE-122",
        "note",
        f"The file is an export of Qualtrics with {rows}.",
        table=export.name,
        done=f"The {'texts of questions became' if n_under else 'names of columns are the only'} labels{shown}.",
        fix=""
        if identifier
        else "child='the column with the code of the child'; nothing in the file is one by itself.",
    )


def _previews_told(export: Export, column_of: dict[str, str]) -> list[Problem]:
    """The warnings that previews are left out, and that Qualtrics takes some rows for spam."""
    told = []
    status = column_of.get("status")
    if status is not None and (spam := rows_with(export.frame[status], SPAM)).any():
        n_spam = n_of(int(spam.sum()), "row is", "rows are")
        told.append(
            Problem(
                "SB-FILE-130",
                "warn",
                f"{n_spam} marked as spam by Qualtrics: the same device or browser may have answered before.",
                export.name,
                status,
                rows_where(spam),
                why="One person may count twice; but carers of one household share a device.",
                done="Kept.",
                fix="Look at them, and delete in the source what nobody meant as an answer.",
            )
        )
    n = len(export.left_out)
    if not n:
        return told
    what = f"{n_of(n, 'row is', 'rows are')} a preview, filled in by whoever made the survey."
    rows = export.left_out["row"].tolist()
    return [*told, Problem("SB-FILE-123", "warn", what, export.name, "Status", rows, done="Left out.")]


def _unfinished(export: Export, column_of: dict[str, str]) -> list[Problem]:
    """The warning that some did not get to the end."""
    finished = column_of.get("finished")
    if finished is None:
        return []
    open_rows = rows_with(export.frame[finished], UNFINISHED) & export.in_use()
    if not open_rows.any():
        return []
    return [
        Problem(
            "SB-FILE-124",
            "warn",
            f"{n_of(int(open_rows.sum()), 'response was', 'responses were')} not finished.",
            export.name,
            finished,
            rows_where(open_rows),
            why="What comes after the last page is missing, not refused.",
            done="Kept with the answers that were given.",
        )
    ]
