"""REDCap's data dictionary and list of events: what each field is, and what an event is called."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from securebase_analysis.errors import DataError, Problem
from securebase_analysis.readers.delimited import read_delimited
from securebase_analysis.readers.headers import name_columns
from securebase_analysis.readers.signatures import identify
from securebase_analysis.readers.workbooks import read_workbook

HEADINGS: dict[str, tuple[str, ...]] = {
    "field": ("variable / field name", "field_name"),
    "form": ("form name", "form_name"),
    "type": ("field type", "field_type"),
    "label": ("field label", "field_label"),
    "choices": ("choices, calculations, or slider labels", "select_choices_or_calculations"),
    "validation": ("text validation type or show slider number", "text_validation_type_or_show_slider_number"),
    "identifier": ("identifier?", "identifier"),
}
NEEDED = ("field", "form", "type")
CHECKED = {"0": "Unchecked", "1": "Checked"}
TWO_CHOICES = {"yesno": {"1": "Yes", "0": "No"}, "truefalse": {"1": "True", "0": "False"}, "checkbox": CHECKED}
WITH_CHOICES = ("radio", "dropdown", "select", "sql")
WITHOUT_COLUMN = ("descriptive",)
TAG = re.compile(r"<[^>]{0,400}>")


@dataclass(frozen=True)
class Field:
    """One field of a REDCap project.

    Attributes
    ----------
    name, form, type, label, validation : str
        As in the dictionary; the label without marks of HTML.
    choices : dict of str to str
        Code to label of fields with choices; of a checkbox one entry for each of its columns.
    identifier : bool
        Whether the project declares that it says who somebody is.
    """

    name: str
    form: str
    type: str
    label: str = ""
    validation: str = ""
    choices: Mapping[str, str] = field(default_factory=dict)
    identifier: bool = False

    @property
    def kind(self) -> str:
        """The kind of its answers."""
        if self.type in WITH_CHOICES:
            return "choice"
        if self.type in ("yesno", "truefalse"):
            return "yes or no"
        if self.type in ("checkbox", "file", "slider", "notes"):
            return {"slider": "number", "notes": "text"}.get(self.type, self.type)
        if self.type == "calc":
            return "calculated"
        if self.validation.startswith(("date", "time")):
            return "date" if self.validation.startswith("date") else "time"
        if self.validation.startswith(("number", "integer")):
            return "number, decimal comma" if "comma" in self.validation else "number"
        return "text"

    @property
    def columns(self) -> dict[str, str]:
        """The columns that an export has for it, each with the heading of an export with labels."""
        if self.type in WITHOUT_COLUMN:
            return {}
        if self.type != "checkbox":
            return {self.name: self.label}
        return {
            f"{self.name}___{box_name(code)}": f"{self.label} (choice={choice})"
            for code, choice in self.choices.items()
        }

    @property
    def codes(self) -> Mapping[str, str]:
        """Code to label of a cell."""
        return TWO_CHOICES.get(self.type, self.choices if self.type in WITH_CHOICES else {})


def read_dictionary(path: str | Path) -> list[Field]:
    """Read a data dictionary, from the program's page or its API.

    Raises
    ------
    DataError
        When the file is no data dictionary (SB-FILE-110).
    """
    frame = _sheet(Path(path))
    theirs = {" ".join(str(name).split()).casefold(): name for name in frame.columns}
    found = {
        ours: next((theirs[name] for name in names if name in theirs), None) for ours, names in HEADINGS.items()
    }
    if any(found[ours] is None for ours in NEEDED):
        raise DataError(_no_dictionary(Path(path).name))
    cells = {
        ours: frame[name].astype("str").fillna("") if name else [""] * len(frame) for ours, name in found.items()
    }
    return [_field(dict(zip(cells, row))) for row in zip(*cells.values()) if row[0].strip()]


def _field(row: Mapping[str, str]) -> Field:
    """One row of the dictionary."""
    kind = row["type"].strip().casefold()
    return Field(
        name=row["field"].strip(),
        form=row["form"].strip(),
        type=kind,
        label=plain_label(row["label"]),
        validation=row["validation"].strip().casefold(),
        choices=split_choices(row["choices"]) if kind in (*WITH_CHOICES, "checkbox") else {},
        identifier=row["identifier"].strip().casefold() in ("y", "yes", "1", "true"),
    )


def split_choices(text: str) -> dict[str, str]:
    """The choices of a field: code before the first comma, label after it.

    Examples
    --------
    >>> split_choices("0, No, never | 1, Yes")
    {'0': 'No, never', '1': 'Yes'}
    """
    pairs = (part.partition(",") for part in text.split("|"))
    return {code.strip(): plain_label(label) for code, comma, label in pairs if comma and code.strip()}


def plain_label(text: str) -> str:
    """A label without marks of HTML, on one line."""
    return " ".join(html.unescape(TAG.sub(" ", text)).split())


def box_name(code: str) -> str:
    """The end of a checkbox's column for a code: REDCap writes small letters, and ``-9`` as ``_9``."""
    return code.casefold().replace("-", "_")


def read_events(path: str | Path) -> dict[str, str]:
    """Unique name of each event to its name, from the project's list of events.

    Raises
    ------
    DataError
        When the file is no such list (SB-FILE-111).
    """
    frame = _sheet(Path(path))
    if not {"event_name", "unique_event_name"} <= set(frame.columns):
        raise DataError(_no_events(Path(path).name))
    return {
        str(unique): str(name).strip() for unique, name in zip(frame["unique_event_name"], frame["event_name"])
    }


def _sheet(path: Path) -> pd.DataFrame:
    """The cells of a file with one header row, all of them text; no row is left out."""
    kind, _ = identify(path)
    grid = read_workbook(path) if kind == "xlsx" else read_delimited(path)
    frame, problems = name_columns(grid, path.name)
    stops = [problem for problem in problems if problem.severity == "stop"]
    if stops:
        raise DataError(stops)
    return frame


def _no_dictionary(name: str) -> Problem:
    """A file was given as the dictionary and is none."""
    return Problem(
        "SB-FILE-110",
        "stop",
        "The file given as the dictionary has no columns with the name, the form and the type of each field.",
        table=name,
        why="Without them it is not known which columns are answers and which name a person.",
        fix="Download it in REDCap under Project Setup, Data Dictionary; or leave dictionary out.",
    )


def _no_events(name: str) -> Problem:
    """A file was given as the list of events and is none."""
    return Problem(
        "SB-FILE-111",
        "stop",
        "The file given as the list of events has no columns event_name and unique_event_name.",
        table=name,
        why="REDCap shortens the names of events, so they cannot be told from the data alone.",
        fix="Download it in REDCap under Project Setup, Define My Events; or leave events out.",
    )
