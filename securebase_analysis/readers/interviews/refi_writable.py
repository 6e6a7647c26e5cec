"""What coded interviews hold that a REFI-QDA project cannot: asked before anything is written."""

from __future__ import annotations

import re
from typing import Protocol

import pandas as pd

from securebase_analysis.errors import Problem
from securebase_analysis.results.wording import count
from securebase_analysis.results.wording import count as n_of

NUMBER = r"-?\d+(?:\.\d+)?|None"
CORNERS = ",".join(f"(?P<{name}>{NUMBER})" for name in ("firstX", "firstY", "secondX", "secondY"))
REGIONS = {
    "picture": re.compile(CORNERS),
    "pdf": re.compile(f"page (?P<page>{NUMBER}): {CORNERS}"),
    **dict.fromkeys(("audio", "video"), re.compile(f"(?P<begin>{NUMBER})-(?P<end>{NUMBER}) ms")),
}
COLOR = re.compile(r"#([A-Fa-f0-9]{6}|[A-Fa-f0-9]{3})")
MOMENT = re.compile(r"-?\d{4,}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?")
NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


class CodedInterviews(Protocol):
    """The tables that are written; see `Interviews`."""

    @property
    def segments(self) -> pd.DataFrame:
        """Codings."""

    @property
    def codes(self) -> pd.DataFrame:
        """The codebook."""

    @property
    def sources(self) -> pd.DataFrame:
        """Documents, pictures and recordings."""

    @property
    def coders(self) -> pd.DataFrame:
        """Who coded."""

    @property
    def cases(self) -> pd.DataFrame:
        """Cases with their sources and variables."""

    @property
    def uncoded(self) -> pd.DataFrame:
        """Highlights without a code."""

    @property
    def notes(self) -> pd.DataFrame:
        """Memos."""

    @property
    def sets(self) -> pd.DataFrame:
        """Groups of sources, codes and memos."""


def what_cannot_be_written(interviews: CodedInterviews) -> list[Problem]:
    """Everything that REFI-QDA cannot hold."""
    segments = interviews.segments
    problems = _left_out(interviews)
    for name in ("segments", "uncoded"):
        rows = _rows_without_place(getattr(interviews, name), interviews.sources)
        if rows:
            problems.append(_unplaced(name, rows))
    if segments["weight"].notna().any():
        problems.append(_weights(int(segments["weight"].notna().sum())))
    tables = ("codes", "sources", "coders", "cases", "segments", "uncoded", "notes", "sets")
    for name in tables:
        frame: pd.DataFrame = getattr(interviews, name)
        for column in frame.columns:
            rows = _rows_not_in_xml(_in_the_xml(name, frame, column))
            if rows:
                problems.append(_not_xml(name, str(column), rows))
    return problems


def _left_out(interviews: CodedInterviews) -> list[Problem]:
    """The warning on cells that have no place in the file."""
    segments, codes = interviews.segments, interviews.codes
    of_whole = segments.loc[segments["kind"] == "document", ["name", "comment"]]
    moments = [getattr(interviews, name)["created"] for name in ("segments", "uncoded", "notes")]
    counted = {
        "moments that are not written as 2024-01-31T10:00:00": sum(_n_other(cells, MOMENT) for cells in moments),
        "colors that are not written as #46AA00": _n_other(codes["color"], COLOR),
        "names and comments on codings of whole sources": int(of_whole.notna().sum().sum()),
    }
    listed = ", ".join(f"{what} ({n})" for what, n in counted.items() if n)
    return [_without_place(listed)] if listed else []


def _n_other(cells: pd.Series, form: re.Pattern[str]) -> int:
    """How many filled cells are not of the form that REFI-QDA asks for."""
    return sum(not form.fullmatch(str(cell)) for cell in cells.dropna())


def _without_place(listed: str) -> Problem:
    return Problem(
        "SB-OUT-47",
        "warn",
        f"REFI-QDA has no place for: {listed}.",
        why="They are not in the file.",
        done="Written without them.",
        fix="Keep the tables beside the file, or write moments and colors in the form that is asked for.",
    )


def _in_the_xml(name: str, frame: pd.DataFrame, column: str) -> pd.Series:
    """The cells of a column that stand in the XML: texts lie beside it, but for the words on a page."""
    if column != "text" or name not in ("sources", "segments", "uncoded"):
        return frame[column]
    return frame[column].where(frame["kind"] == "pdf") if name != "sources" else frame[column].iloc[:0]


def _rows_not_in_xml(values: pd.Series) -> list[int]:
    """Rows whose text XML cannot hold."""
    return [
        row
        for row, value in enumerate(values.tolist(), start=1)
        if isinstance(value, str) and NOT_IN_XML.search(value)
    ]


def _rows_without_place(marked: pd.DataFrame, sources: pd.DataFrame) -> list[int]:
    """Rows whose place is not one that their source can have in REFI-QDA."""
    kinds = dict(zip(sources["source"], sources["kind"], strict=True))
    rows = []
    columns = [marked[name].tolist() for name in ("source", "kind", "start", "region")]
    for row, (source, kind, start, region) in enumerate(zip(*columns, strict=True), start=1):
        if kind == "text":
            placed = start is not pd.NA
        elif kind == "document":
            placed = True
        else:
            placed = kinds[source] != "text" and bool(REGIONS[kind].fullmatch(str(region)))
        if not placed:
            rows.append(row)
    return rows


def _unplaced(table: str, rows: list[int]) -> Problem:
    return Problem(
        "SB-OUT-41",
        "stop",
        f"{count(len(rows), 'passage has', 'passages have')} no position that REFI-QDA knows in their source.",
        table=table,
        column="start, end, region",
        rows=rows,
        why="REFI-QDA ties a code to a place.",
        done="Nothing was written.",
        fix="Read the project itself instead of a table of highlights.",
    )


def _weights(n: int) -> Problem:
    return Problem(
        "SB-OUT-42",
        "warn",
        f"{n_of(n, 'segment carries', 'segments carry')} a weight, for which REFI-QDA has no place.",
        table="segments",
        column="weight",
        why="Ratings kept as weights are not in the file.",
        done="Written without weights.",
        fix="Keep the ratings in a table of their own.",
    )


def _not_xml(table: str, column: str, rows: list[int]) -> Problem:
    return Problem(
        "SB-OUT-43",
        "stop",
        f"{n_of(len(rows), 'cell holds', 'cells hold')} control characters that XML cannot.",
        table=table,
        column=column,
        rows=rows,
        done="Nothing was written.",
        fix="Take these characters out, then write again.",
    )
