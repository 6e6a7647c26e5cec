"""From plain tables of segments and sources, as a researcher or a simulation has them, to records."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from securebase_analysis.errors import Problem, nearest, raise_if_stopped
from securebase_analysis.readers.interviews.offsets import BYTE_ORDER_MARK, Convention, SourceText
from securebase_analysis.readers.interviews.records import (
    CaseRecord,
    CodeRecord,
    Coding,
    Records,
    SourceRecord,
    stable_guid,
)
from securebase_analysis.results.wording import count as n_of

SEGMENTS_NEED = ("source", "start", "end", "code", "coder")
SOURCES_NEED = ("source", "text")
CODES_NEED = ("code",)
CASES_NEED = ("case", "source")
KINDS = ("text", "picture", "pdf", "audio", "video", "document")


def records_from_frames(
    segments: pd.DataFrame,
    sources: pd.DataFrame,
    codes: pd.DataFrame | None,
    cases: pd.DataFrame | None,
) -> Records:
    """The records that the tables describe, or every problem with them at once."""
    problems = _missing_columns(segments, sources, codes, cases)
    raise_if_stopped(problems)
    # Positions are Python's own: a byte order mark in the text counts like any character.
    out = Records("segments", convention=Convention("code points", bom_counted=True))
    _check_names(segments, sources, codes, cases, problems)
    _check_positions(segments, problems)
    raise_if_stopped(problems)
    out.sources = [_source(row) for row in _rows(sources)]
    place = {name: index for index, name in enumerate(sources["source"].astype(str))}
    out.codes = _codes_seen(segments) if codes is None else _codes(codes)
    guid_of_code = {code.name: code.guid for code in out.codes}
    out.coders = {
        stable_guid("coder", name): str(name) for name in dict.fromkeys(segments["coder"].dropna().astype(str))
    }
    out.codings = [_coding(row, place, guid_of_code) for row in _rows(segments)]
    out.rows = list(range(1, len(segments) + 1))
    if cases is not None:
        out.cases, out.variable_types = _cases(cases, place)
    return out


def _rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows as mappings, missing values as None."""
    plain = frame.astype("object")
    return plain.where(frame.notna(), None).to_dict("records")


def _source(row: dict[str, Any]) -> SourceRecord:
    name, text = str(row["source"]), row["text"]
    guid = row.get("guid") or stable_guid("source", name)
    kept = (
        None if text is None else SourceText(text.removeprefix(BYTE_ORDER_MARK), text.startswith(BYTE_ORDER_MARK))
    )
    return SourceRecord(str(guid), name, row.get("kind") or "text", kept)


def _codes_seen(segments: pd.DataFrame) -> list[CodeRecord]:
    """The codes of the segments, in order of appearance."""
    names = dict.fromkeys(segments["code"].astype(str))
    return [CodeRecord(stable_guid("code", name), name) for name in names]


def _codes(codes: pd.DataFrame) -> list[CodeRecord]:
    """The codes of a table of codes."""
    rows = _rows(codes)
    guids = {str(row["code"]): str(row.get("guid") or stable_guid("code", row["code"])) for row in rows}
    return [
        CodeRecord(
            guids[str(row["code"])],
            str(row["code"]),
            None if row.get("parent") is None else guids[str(row["parent"])],
            row.get("description"),
            row.get("color"),
            bool(row.get("is_codable", True)),
        )
        for row in rows
    ]


def _coding(row: dict[str, Any], place: dict[str, int], guid_of_code: dict[str, str]) -> Coding:
    start, end, region = row["start"], row["end"], row.get("region")
    plain = "document" if region is None else "picture"
    return Coding(
        place[str(row["source"])],
        row.get("kind") or ("text" if start is not None else plain),
        code=guid_of_code[str(row["code"])],
        coder=None if row["coder"] is None else stable_guid("coder", str(row["coder"])),
        start=None if start is None else int(start),
        end=None if end is None else int(end),
        region=region,
        text=row.get("text"),
        created=None if row.get("created") is None else str(row["created"]),
        name=row.get("name"),
        comment=row.get("comment"),
        weight=row.get("weight"),
    )


def _cases(cases: pd.DataFrame, place: dict[str, int]) -> tuple[list[CaseRecord], dict[str, str]]:
    """One record for each row, and the type of each variable."""
    variables = [str(column) for column in cases.columns if column not in CASES_NEED]
    types = {name: variable_type(cases[name]) for name in variables}
    records = []
    for row in _rows(cases):
        values = {name: None if row[name] is None else as_text(row[name], types[name]) for name in variables}
        sources = [] if row["source"] is None else [place[str(row["source"])]]
        records.append(CaseRecord(None if row["case"] is None else str(row["case"]), sources, values))
    return records, types


def variable_type(values: pd.Series) -> str:
    """The REFI-QDA type of a column."""
    if pd.api.types.is_bool_dtype(values.dtype):
        return "Boolean"
    if pd.api.types.is_integer_dtype(values.dtype):
        return "Integer"
    if pd.api.types.is_float_dtype(values.dtype):
        return "Float"
    if pd.api.types.is_datetime64_any_dtype(values.dtype):
        return "DateTime" if getattr(values.dtype, "tz", None) is not None else "Date"
    return "Text"


def as_text(value: Any, kind: str) -> str:
    """A value as REFI-QDA writes its type."""
    if kind == "Boolean":
        return "true" if value else "false"
    if kind == "Float":
        from decimal import Decimal

        return format(Decimal(repr(float(value))), "f")
    if kind == "Date":
        return pd.Timestamp(value).date().isoformat()
    if kind == "DateTime":
        return pd.Timestamp(value).isoformat()
    return str(value)


# --- checks


def _missing_columns(*frames: pd.DataFrame | None) -> list[Problem]:
    """A refusal for each table that lacks a column."""
    problems = []
    names = ("segments", "sources", "codes", "cases")
    needs = (SEGMENTS_NEED, SOURCES_NEED, CODES_NEED, CASES_NEED)
    for name, need, frame in zip(names, needs, frames, strict=True):
        for column in [] if frame is None else [column for column in need if column not in frame]:
            assert frame is not None
            guess = nearest(column, frame.columns)
            problems.append(
                Problem(
                    "SB-FILE-58",
                    "stop",
                    f"The table has no column {column}.",
                    table=name,
                    column=column,
                    done="Refused.",
                    fix=f"Rename {guess!r} to {column!r}." if guess else f"Add the column {column!r}.",
                )
            )
    return problems


def _check_names(
    segments: pd.DataFrame,
    sources: pd.DataFrame,
    codes: pd.DataFrame | None,
    cases: pd.DataFrame | None,
    problems: list[Problem],
) -> None:
    """Refuse names that lead nowhere or to two places."""
    known = sources["source"].astype(str)
    if known.duplicated().any():
        problems.append(
            _refused("sources", "source", _where(known.duplicated()), "names|name a source a second time")
        )
    if not sources["text"].dropna().map(lambda text: isinstance(text, str) and _encodable(text)).all():
        wrong = sources["text"].notna() & ~sources["text"].map(lambda t: isinstance(t, str) and _encodable(t))
        problems.append(
            _refused("sources", "text", _where(wrong), "holds|hold no text that can be written as Unicode")
        )
    unknown = ~segments["source"].astype(str).isin(known)
    if unknown.any():
        problems.append(
            _refused("segments", "source", _where(unknown), "names|name a source that is not in sources")
        )
    if segments["code"].isna().any():
        problems.append(_refused("segments", "code", _where(segments["code"].isna()), "has|have no code"))
    if codes is not None:
        _check_codes(segments, codes, problems)
    if cases is not None:
        lost = cases["source"].notna() & ~cases["source"].astype(str).isin(known)
        if lost.any():
            problems.append(
                _refused("cases", "source", _where(lost), "names|name a source that is not in sources")
            )


def _check_codes(segments: pd.DataFrame, codes: pd.DataFrame, problems: list[Problem]) -> None:
    """Refuse codes that the table of codes does not hold, or holds twice."""
    names = codes["code"].astype(str)
    if names.duplicated().any():
        problems.append(_refused("codes", "code", _where(names.duplicated()), "names|name a code a second time"))
    if "parent" in codes:
        orphan = codes["parent"].notna() & ~codes["parent"].astype(str).isin(names)
        if orphan.any():
            problems.append(_refused("codes", "parent", _where(orphan), "names|name a parent that is not a code"))
    unknown = segments["code"].notna() & ~segments["code"].astype(str).isin(names)
    if unknown.any():
        first = str(segments.loc[unknown, "code"].iloc[0])
        guess = nearest(first, names)
        problems.append(
            Problem(
                "SB-CODE-01",
                "stop",
                f"{n_of(int(unknown.sum()), 'segment bears', 'segments bear')} a code that the table of codes "
                "does not hold.",
                table="segments",
                column="code",
                rows=_where(unknown),
                why="A misspelt code would count as a new one.",
                done="Refused.",
                fix=f"Did you mean {guess!r}? Else add the code to the table of codes."
                if guess
                else "Add the code to the table of codes.",
            )
        )


def _check_positions(segments: pd.DataFrame, problems: list[Problem]) -> None:
    """Refuse positions that are not whole numbers, or of which only one is given, and unknown kinds."""
    for column in ("start", "end"):
        numbers = pd.to_numeric(segments[column], errors="coerce")
        broken = segments[column].notna() & (numbers.isna() | (numbers % 1 != 0) | (numbers.abs() > 2**53))
        if broken.any():
            problems.append(
                _refused("segments", column, _where(broken), "has|have a position that is no whole number")
            )
    half = segments["start"].isna() != segments["end"].isna()
    if half.any():
        problems.append(_refused("segments", "start, end", _where(half), "has|have a start or an end, not both"))
    if "kind" in segments:
        strange = segments["kind"].notna() & ~segments["kind"].isin(KINDS)
        if strange.any():
            problems.append(_refused("segments", "kind", _where(strange), "is|are none of " + ", ".join(KINDS)))


def _encodable(text: str) -> bool:
    """Whether the text holds no half of a surrogate pair."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _where(mask: pd.Series) -> Sequence[int]:
    """The rows of a mask, counted from 1."""
    return [place + 1 for place, hit in enumerate(mask.tolist()) if hit]


def _refused(table: str, column: str, rows: Sequence[int], what: str) -> Problem:
    """The refusal of rows; `what` begins with its verb for one row and for many, such as ``has|have``."""
    verbs, rest = what.split(" ", 1)
    one, many = verbs.split("|")
    return Problem(
        "SB-FILE-59",
        "stop",
        f"{n_of(len(rows), f'row {one}', f'rows {many}')} {rest}.",
        table=table,
        column=column,
        rows=rows,
        why="The passages could not be tied to their interview, code or words.",
        done="Refused.",
        fix="Mend these rows and make the interviews again.",
    )
