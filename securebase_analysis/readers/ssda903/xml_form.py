"""The XML form of the return: one element a child, taken apart into the tables of the CSV form."""

from __future__ import annotations

from collections import Counter
from xml.etree.ElementTree import Element

import numpy as np
import pandas as pd

from securebase_analysis.errors import DataError, Problem
from securebase_analysis.readers.safe_xml import parse_xml
from securebase_analysis.readers.ssda903.layout import BY_NAME, OTHER_NAMES
from securebase_analysis.readers.ssda903.ledger import Ledger
from securebase_analysis.results.wording import count as n_of

PARTS: dict[str, str] = {
    "AMISSING": "missing",
    "AREVIEW": "reviews",
    "PERMANENCE": "previous_permanence",
    "OC2": "oc2",
    "AD_PLACED": "placed_for_adoption",
    "EPISODE": "episodes",
    "SW_EPISODE": "social_workers",
    "SWEPISODE": "social_workers",
    "DOLO": "deprivation_of_liberty",
}
"""Elements that are a row of another table."""

BESIDE: dict[str, tuple[str, ...]] = {
    "adoption": ("DATE_INT", "DATE_MATCH", "FOSTER_CARE", "NB_ADOPTR", "SEX_ADOPTR", "LS_ADOPTR"),
    "oc3": ("IN_TOUCH", "ACTIV", "ACCOM"),
    "uasc": ("DUC",),
}
"""Elements of the header that make a row of another table when one of them is filled."""

Rows = dict[str, list[dict[str, str]]]
IS_DECLARATION = "SB-FILE-35"


def read_xml(raw: bytes, file: str, ledger: Ledger) -> dict[str, tuple[list[str], pd.DataFrame, np.ndarray]]:
    """The tables of an XML return; empty, with a problem that stops, when it cannot be read.

    Parameters
    ----------
    raw : bytes
        The file.
    file : str
        For messages.
    ledger : Ledger
        Takes problems and repairs.

    Returns
    -------
    dict
        Table to header, categorical cells, and row numbers: the place of the row among those of its table.
    """
    try:
        root = parse_xml(raw, file)
    except DataError as refusal:
        ledger.problems.append(_refused(refusal.problems[0].code, file))
        return {}
    for element in root.iter():
        element.tag = element.tag.upper()
    children = [element for element in root.iter("CHILD") if len(element)]
    if not children:
        ledger.report(
            "SB-FILE-87", "stop", "The XML holds no child of a return.", file, done="It was not read.",
            fix="Name the export of the SSDA903 return.",
        )  # fmt: skip
        return {}
    rows: Rows = {}
    strange: Counter[str] = Counter()
    twice: list[int] = []
    for number, child in enumerate(children, start=1):
        if _take_apart(child, rows, strange):
            twice.append(number)
    if twice:
        ledger.report(
            "SB-FILE-07",
            "warn",
            f"{n_of(len(twice), 'child', 'children')} with an element that stands twice where one is meant.",
            file,
            rows=twice,
            why="Only one of them can be right. Rows are the places of the children in the file.",
            done="The first was used.",
            fix="Look these children up in the source.",
        )
    if strange:
        what = f"{sum(strange.values())} elements are not part of a return: {', '.join(list(strange)[:5])}."
        ledger.report("SB-FILE-85", "note", what, file, done="They were not read.")
    return {table: _as_cells(found) for table, found in rows.items()}


def _take_apart(child: Element, rows: Rows, strange: Counter[str]) -> bool:
    """The rows of all tables that one child's element holds; whether a single fact stands in it twice."""
    headers = child.findall("HEADER")
    facts: dict[str, str] = {}
    parts: list[tuple[str, dict[str, str]]] = []
    twice = len(headers) > 1
    for element in [
        *(cell for header in headers for cell in header),
        *(part for part in child if part.tag != "HEADER"),
    ]:
        if element.tag in PARTS:
            cells = _cells_of(element)
            twice |= len(cells) < len(element)
            parts.append((PARTS[element.tag], cells))
        elif len(element):
            strange[element.tag] += 1
        else:
            twice |= element.tag in facts
            facts.setdefault(element.tag, element.text or "")
    who = {"CHILD": facts.get("CHILDID", facts.get("CHILD", ""))}
    born = who | {"DOB": facts.get("DOB", "")}
    known = {field.name for field in BY_NAME["header"].fields}
    rows.setdefault("header", []).append({name: text for name, text in facts.items() if name in known} | born)
    for table, names in BESIDE.items():
        cells = {name: facts[name] for name in names if facts.get(name, "").strip()}
        if cells or (table == "uasc" and facts.get("UASC", "").strip() == "1"):
            sex = {"SEX": facts.get("SEX", "")} if table == "uasc" else {}
            rows.setdefault(table, []).append(born | sex | cells)
    for table, cells in parts:
        if any(text.strip() for text in cells.values()):
            rows.setdefault(table, []).append((who if table == "episodes" else born) | cells)
    beside = {name for names in BESIDE.values() for name in names} | {"UASC", "CHILDID"}
    strange.update(name for name in facts if name not in known | beside)
    return twice


def _cells_of(part: Element) -> dict[str, str]:
    """The cells of one row under the return's names; of a name that stands twice, the first."""
    cells: dict[str, str] = {}
    for cell in part:
        cells.setdefault(OTHER_NAMES.get(cell.tag, cell.tag), cell.text or "")
    return cells


def _as_cells(found: list[dict[str, str]]) -> tuple[list[str], pd.DataFrame, np.ndarray]:
    """Rows as a header and categorical cells."""
    header = list(dict.fromkeys(name for row in found for name in row))
    cells = pd.DataFrame(
        {
            place: pd.Categorical(pd.array([row.get(name) or None for row in found], dtype="str"))
            for place, name in enumerate(header)
        }
    )
    return header, cells, np.arange(1, len(found) + 1)


def _refused(code: str, file: str) -> Problem:
    """An XML that declares entities, or that is damaged."""
    if code == IS_DECLARATION:
        return Problem(
            "SB-FILE-88",
            "stop",
            "The XML declares a document type or entities.",
            file,
            why="A return never does; entities can make a small file fill the memory or fetch other files.",
            done="Refused before reading on.",
            fix="Export the return again from the case management system.",
        )
    return Problem(
        "SB-FILE-89",
        "stop",
        "The XML is damaged or cut off.",
        file,
        why="Which children stand behind the damage cannot be known.",
        done="The file was not read.",
        fix="Export the return again, or copy the file again from where it is kept.",
    )
