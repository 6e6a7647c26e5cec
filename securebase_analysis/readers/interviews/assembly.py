"""From the records of a file to the tables of coded interviews: sources, segments, coders and notes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from securebase_analysis.errors import DataError, Problem, raise_if_stopped
from securebase_analysis.readers.interviews.case_tables import case_table, set_table
from securebase_analysis.readers.interviews.code_tables import code_table
from securebase_analysis.readers.interviews.coder_names import coder_labels
from securebase_analysis.readers.interviews.placing import place_codings
from securebase_analysis.readers.interviews.records import Records
from securebase_analysis.readers.interviews.unique_names import made_unique
from securebase_analysis.results.wording import count as n_of

MOST_CHARACTERS = 2**28
SEGMENT_COLUMNS = (
    "source", "start", "end", "code", "coder", "text", "kind", "segment", "created", "weight", "region", "name",
    "comment",
)  # fmt: skip
UNCODED_COLUMNS = ("source", "start", "end", "coder", "text", "kind", "created", "region", "name", "comment")
SOURCE_COLUMNS = ("source", "guid", "kind", "text", "n_characters", "n_words", "sha256")
WHERE_COLUMNS = ("row", "source_index", "kind", "start", "code_guid", "coder_guid", "selection", "created")
TEXT_COLUMNS = ("source", "code", "coder", "text", "kind", "created", "region", "name", "comment")


def assemble(
    records: Records,
    *,
    offsets: str = "detect",
    coders: str | Mapping[str, str] = "keep",
    code_separator: str | None = None,
    sets: str = "keep",
) -> dict[str, Any]:
    """The tables of `Interviews`, by name, or every problem at once.

    Raises
    ------
    DataError
        When a position, a reference or a name cannot be trusted.
    """
    problems = list(records.problems)
    names = _source_names(records, problems)
    codes, code_of_guid = code_table(records, code_separator, problems)
    label_of_guid = coder_labels(records, coders, problems)
    cases = case_table(records, names, sets, problems)

    placed, scores = place_codings(records, offsets, problems)
    _check_references(placed, code_of_guid, problems)
    raise_if_stopped(problems)

    texts = _normal_texts(records)
    placed["source"] = [names[index] for index in placed["source_index"]]
    placed["code"] = placed["code_guid"].map(code_of_guid)
    placed["coder"] = placed["coder_guid"].map(label_of_guid)
    if any(text is not None for text in texts):
        placed["text"] = _passages(placed, texts)
    placed["segment"] = _units(placed)
    coded = placed["code_guid"].notna()
    segments = _typed(placed, coded, SEGMENT_COLUMNS)
    _note_coders_and_spans(segments, placed.loc[coded, list(WHERE_COLUMNS)], problems)
    codes["n_segments"] = codes["code"].map(segments["code"].value_counts()).fillna(0).astype("int64")
    return {
        "segments": segments,
        "codes": codes,
        "sources": _source_table(records, names, texts),
        "coders": _coder_table(label_of_guid, segments),
        "cases": cases,
        "uncoded": _typed(placed, ~coded, UNCODED_COLUMNS),
        "notes": _note_table(records, label_of_guid),
        "sets": set_table(records, names, code_of_guid),
        "offsets": scores,
        "assumptions": tuple(problems),
    }


# --- sources


def _source_names(records: Records, problems: list[Problem]) -> list[str]:
    """One name for each source, told apart by number where the file repeats one."""
    given = [source.name.strip() or f"source {i}" for i, source in enumerate(records.sources, start=1)]
    names, repeated = made_unique(given)
    if repeated:
        problems.append(
            Problem(
                "SB-FILE-46",
                "note",
                f"{n_of(len(repeated), 'source bears', 'sources bear')} a name that an earlier source "
                "already has.",
                table="sources",
                column="source",
                rows=[row + 1 for row in repeated],
                why="Their passages would run together if the name alone counted.",
                done="They were told apart by a number after the name, in the order of the file.",
                fix="Rename them in the coding program if the number says too little.",
            )
        )
    return names


def _normal_texts(records: Records) -> list[str | None]:
    """The text of each source in normal form; the record lets go of the text as the file has it."""
    texts: list[str | None] = []
    for source in records.sources:
        texts.append(source.text.normal if source.text else None)
        # All interviews of a project would otherwise stand in memory twice.
        source.text = None
    return texts


def _source_table(records: Records, names: Sequence[str], texts: Sequence[str | None]) -> pd.DataFrame:
    """One row a source, with its text in normal form and how much of it there is."""
    frame = pd.DataFrame(
        {
            "source": names,
            "guid": [source.guid for source in records.sources],
            "kind": [source.kind for source in records.sources],
            "text": texts,
            "n_characters": [None if text is None else len(text) for text in texts],
            "n_words": [None if text is None else len(text.split()) for text in texts],
            "sha256": [None if text is None else hashlib.sha256(text.encode()).hexdigest() for text in texts],
        },
        columns=SOURCE_COLUMNS,
    )
    counts = {"n_characters": "Int64", "n_words": "Int64"}
    words = {column: "str" for column in SOURCE_COLUMNS if column not in counts}
    return frame.astype({**words, **counts})


# --- passages


def _check_references(frame: pd.DataFrame, code_of_guid: Mapping[str, str], problems: list[Problem]) -> None:
    """Refuse codings whose code the codebook does not hold."""
    unknown = frame["code_guid"].notna() & ~frame["code_guid"].isin(list(code_of_guid))
    if unknown.any():
        problems.append(
            Problem(
                "SB-FILE-43",
                "stop",
                f"{n_of(int(unknown.sum()), 'coding names', 'codings name')} a code that the codebook of the "
                "file does not hold.",
                table="segments",
                column="code",
                rows=frame.loc[unknown, "row"],
                why="They could be counted for no code at all.",
                done="Refused.",
                fix="Export the whole project, codebook included.",
            )
        )


def _passages(frame: pd.DataFrame, texts: Sequence[str | None]) -> list[str | None]:
    """The words of each passage, from its source or as the file gives them."""
    found: list[str | None] = []
    n_characters = 0
    for index, start, end, given in zip(
        frame["source_index"].tolist(), frame["start"].tolist(), frame["end"].tolist(), frame["text"].tolist()
    ):
        text = texts[index]
        inside = text is not None and start is not pd.NA and end is not pd.NA
        found.append(text[start:end] if inside and text is not None else given)
        n_characters += len(found[-1] or "")
        if n_characters > MOST_CHARACTERS:
            raise DataError(_too_much_coded())
    return found


def _too_much_coded() -> Problem:
    """The problem of passages that together are longer than memory should hold."""
    return Problem(
        "SB-FILE-69",
        "stop",
        f"The coded passages are more than {MOST_CHARACTERS:,} characters together.",
        why="A small file that codes one long text a thousand times would fill the memory.",
        done="It was not read.",
        fix="Code whole interviews as documents, without a passage; or export the interviews in parts.",
    )


def _units(frame: pd.DataFrame) -> pd.Series:
    """A number for each place that was coded: the same place has the same number, whoever coded it."""
    keys = pd.DataFrame({"source": frame["source_index"], "kind": frame["kind"], "region": frame["region"]})
    keys["start"], keys["end"] = frame["start"].fillna(-1), frame["end"].fillna(-1)
    # Passages without a position in characters (tables) are told apart by their number or words: several may lie
    # in one paragraph.
    unplaced = frame["start"].isna() & (frame["kind"] != "document")
    unplaced &= frame["region"].isna() | (frame["kind"] == "text")
    keys["selection"] = frame["selection"].where(unplaced)
    coded = frame["code_guid"].notna()
    units = pd.Series(pd.NA, index=frame.index, dtype="Int64")
    units.loc[coded] = _numbered(keys.loc[coded]) + 1
    return units


def _numbered(keys: pd.DataFrame) -> np.ndarray:
    """A number for each different row, from 0 in order of appearance, one column at a time to spare memory."""
    numbers = np.zeros(len(keys), dtype=np.int64)
    for name in keys.columns:
        codes, _ = pd.factorize(keys[name], use_na_sentinel=False)
        numbers, _ = pd.factorize(numbers * (codes.max(initial=0) + 1) + codes)
    return numbers


def _note_coders_and_spans(segments: pd.DataFrame, placed: pd.DataFrame, problems: list[Problem]) -> None:
    """Report codings without a coder, and passages that the file holds twice under one identifier."""
    missing = segments["coder"].isna()
    if missing.any():
        problems.append(
            Problem(
                "SB-CODE-03",
                "warn",
                f"{int(missing.sum())} of {n_of(len(segments), 'segment has', 'segments have')} no coder.",
                table="segments",
                column="coder",
                rows=list(dict.fromkeys(placed.loc[missing.to_numpy(), "row"])),
                why="Agreement compares coders; who marked a passage is not guessed from other fields.",
                done="They count in scores; agreement will refuse them.",
                fix="Code in a program that writes the coder of each coding, or give a table with a coder column.",
            )
        )
    twice = _on_page_and_in_text(placed)
    if twice.any():
        problems.append(
            Problem(
                "SB-CODE-61",
                "warn",
                f"{n_of(int(twice.sum()), 'coding of a PDF page stands', 'codings of PDF pages stand')} in the "
                "file twice, again on the text of the page.",
                table="segments",
                column="code",
                rows=placed.loc[twice.to_numpy(), "row"],
                why="One act of coding counts twice wherever segments are counted.",
                done="Both rows were kept, as the file has them.",
                fix="Leave these rows out: interviews.segments.drop(index=[row - 1 for problem in "
                "interviews.assumptions if problem.code == 'SB-CODE-61' for row in problem.rows])",
            )
        )


def _on_page_and_in_text(placed: pd.DataFrame) -> pd.Series:
    """Codings of a PDF page that also stand on its text: in the same selection, or by the same person at once."""
    on_page, in_text = placed["kind"] == "pdf", placed["start"].notna()
    twice = pd.Series(False, index=placed.index)
    if not on_page.any():
        return twice
    for columns in (["selection", "code_guid"], ["source_index", "code_guid", "coder_guid", "created"]):
        known = placed[columns].notna().all(axis=1)
        keys = pd.Series(list(zip(*(placed[column] for column in columns), strict=True)), index=placed.index)
        twice |= on_page & known & keys.isin(keys[in_text & known])
    return twice


def _typed(frame: pd.DataFrame, rows: pd.Series, columns: Sequence[str]) -> pd.DataFrame:
    """The rows and columns asked for, in order and with their types."""
    types = {column: "str" for column in columns if column in TEXT_COLUMNS}
    types |= {column: "Int64" for column in ("start", "end", "segment") if column in columns}
    return frame.loc[rows, list(columns)].astype(types).reset_index(drop=True)


# --- coders and notes


def _coder_table(label_of_guid: Mapping[str, str], segments: pd.DataFrame) -> pd.DataFrame:
    """One row a coder, with how many segments are theirs."""
    labels: Iterable[str] = dict.fromkeys(label_of_guid.values())
    frame = pd.DataFrame({"coder": list(labels)}, dtype="str")
    frame["n_segments"] = frame["coder"].map(segments["coder"].value_counts()).fillna(0).astype("int64")
    return frame


def _note_table(records: Records, label_of_guid: Mapping[str, str]) -> pd.DataFrame:
    """One row a memo."""
    columns = ("note", "text", "coder", "created")
    rows = [{**note, "coder": label_of_guid.get(note.get("coder") or "")} for note in records.notes]
    return pd.DataFrame(rows, columns=columns).astype("str")
