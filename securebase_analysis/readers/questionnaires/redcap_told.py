"""What was assumed about an export of REDCap, and what could not be understood, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from securebase_analysis.errors import Problem, nearest, rows_where
from securebase_analysis.readers.questionnaires.export import Export
from securebase_analysis.readers.questionnaires.redcap_dictionary import Field
from securebase_analysis.readers.questionnaires.redcap_forms import COMPLETE, form_status
from securebase_analysis.readers.questionnaires.samples import sample_cells
from securebase_analysis.readers.text_columns import to_text
from securebase_analysis.results.wording import count as n_of

NAMES_SHOWN = 6
SYSTEM = "redcap_"


def taken_for_redcap(export: Export) -> Problem:
    """The note that says which program it is and how its rows are made."""
    marks = [name for name in export.frame if str(name).startswith(SYSTEM) or str(name).endswith(COMPLETE)]
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


def labels_without_dictionary(file: str) -> Problem:
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


def named_by_labels(n_named: int, unknown: Sequence[str], file: str) -> Problem:
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


def not_in_dictionary(export: Export, fields: Sequence[Field], dictionary: str) -> list[Problem]:
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


def events_told(export: Export) -> list[Problem]:
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


def groups_told(export: Export) -> list[Problem]:
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


def repeats_told(export: Export) -> list[Problem]:
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


def boxes_told(export: Export, columns_of: Mapping[str, Sequence[str]]) -> list[Problem]:
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
