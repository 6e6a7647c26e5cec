"""Coded segments, checked at the door and laid on one line: every source after the other.

Only sources that two or more coders coded can be compared; one coder's overlapping segments of a code are joined.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from securebase_analysis.errors import ModelError, Problem, nearest, raise_if_stopped
from securebase_analysis.measures.agreement.coder_names import blank, codes_of, row_numbers, settle_coders, word_of
from securebase_analysis.measures.agreement.overlap import double_coding_needed
from securebase_analysis.measures.agreement.table import plural
from securebase_analysis.measures.text_units import TEXT_UNITS, Units, merge_spans

TABLE = "segments"
MOST_CODERS = 60

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class CodedText:
    """Segments of the sources that two or more coders coded, on one line.

    Attributes
    ----------
    source, coder, code : numpy.ndarray, shape (n,)
        Numbers of each segment; overlapping ones of the same coder and code are joined.
    start, end : numpy.ndarray, shape (n,)
        On the line.
    source_start, source_end : numpy.ndarray, shape (S,)
        Where each source lies on the line.
    cluster : numpy.ndarray, shape (S,)
        Cluster of each source.
    took_part : numpy.ndarray of bool, shape (S, C)
        Who coded which source.
    source_names, coder_names, code_names : list of str
    texts : list of str or None
        The text of each source.
    """

    source: Ints
    coder: Ints
    code: Ints
    start: Ints
    end: Ints
    source_start: Ints
    source_end: Ints
    cluster: Ints
    took_part: Bools
    source_names: list[str]
    coder_names: list[str]
    code_names: list[str]
    texts: list[str] | None

    @property
    def readers(self) -> Ints:
        """The coders of each source as bits, shape (S,)."""
        return (self.took_part.astype(np.int64) << np.arange(self.took_part.shape[1])).sum(axis=1)

    def source_of(self, units: Units) -> Ints:
        """The source that each unit lies in."""
        return np.searchsorted(self.source_start, units.start, side="right") - 1


@dataclass(frozen=True, eq=False)
class Segments:
    """What `find_segments` found: the segments, texts and clusters by source, and the noun's own words."""

    frame: pd.DataFrame
    texts: Mapping[str, str]
    cluster_of: Mapping[str, Any]
    cluster_word: str


def find_segments(data: Any, unit: Any) -> Segments | None:
    """Coded text in `data`, or None when it is a table of ratings."""
    noun = getattr(data, "interviews", None)
    noun = data if noun is None or isinstance(data, pd.DataFrame) else noun
    frame = data if isinstance(data, pd.DataFrame) else getattr(noun, "segments", None)
    if isinstance(data, pd.DataFrame):
        as_text = isinstance(unit, str) and unit in TEXT_UNITS and unit not in data.columns
        return Segments(frame, {}, *_clusters(frame, pd.DataFrame(), pd.DataFrame())) if as_text else None
    if frame is None:
        raise ModelError(
            Problem(
                "SB-MODEL-30",
                "stop",
                f"Agreement needs a table of ratings or coded interviews, not a {type(data).__name__}.",
                fix="Give a DataFrame with one row per unit and coder, or what read_interviews returns.",
            )
        )
    sources, cases = (getattr(noun, name, None) for name in ("sources", "cases"))
    sources = pd.DataFrame() if sources is None else sources
    cases = pd.DataFrame() if cases is None else cases
    texts = {}
    if {"source", "text"} <= set(sources.columns):
        known = sources.dropna(subset=["source", "text"])
        texts = dict(zip(known["source"].map(word_of), known["text"]))
    return Segments(frame, texts, *_clusters(frame, sources, cases))


def _clusters(segments: pd.DataFrame, sources: pd.DataFrame, cases: pd.DataFrame) -> tuple[Mapping[str, Any], str]:
    """Source -> child where a table tells, else -> case where each source has one, else nothing."""
    for frame, column in ((sources, "child"), (segments, "child"), (cases, "child"), (cases, "case")):
        if {"source", column} <= set(frame.columns):
            known = frame[["source", column]].dropna().drop_duplicates()
            if len(known) and not known["source"].duplicated().any():
                return dict(zip(known["source"].map(word_of), known[column])), column
    return {}, "source"


def place_segments(
    segments: Segments,
    coder: str,
    code: str,
    cluster: str | None,
    coders: Mapping[str, str] | None,
    texts: Mapping[str, str],
    dimension_of: Mapping[str, str] | None,
    problems: list[Problem],
) -> CodedText:
    """Segments of doubly coded sources on one line, joined where one coder's overlap."""
    frame = segments.frame
    _check_columns(frame, coder, code, cluster)
    used = _placed_rows(frame, coder, code, problems)
    spellings, names = codes_of(frame[coder])
    settled, found = settle_coders(names, coders, TABLE, coder)
    problems.extend(found)
    people = sorted(set(settled.values()))
    person = np.array([people.index(settled[name]) for name in names] + [-1], dtype=int)[spellings]
    label, labels, labelled = _labels(frame[code], dimension_of, code, used, problems)
    source, source_names = codes_of(frame["source"])
    start = pd.to_numeric(frame["start"], errors="coerce").fillna(0).to_numpy().astype(int)
    end = pd.to_numeric(frame["end"], errors="coerce").fillna(0).to_numpy().astype(int)
    _check_positions(start, end, source, list(source_names), used, texts, problems)
    _check_quotes(frame, start, end, source, list(source_names), person, people, used, texts, problems)
    raise_if_stopped(problems)
    took_part = np.zeros((len(source_names), max(len(people), 1)), dtype=bool)
    took_part[source[used], person[used]] = True
    double = took_part.sum(axis=1) > 1
    _report_overlap(took_part, people, used, segments.cluster_word, coder, problems)
    raise_if_stopped(problems)
    kept = labelled & double[source]
    new_source = np.cumsum(double) - 1
    return _on_one_line(
        new_source[source[kept]], person[kept], label[kept], start[kept], end[kept],
        [name for name, both in zip(source_names, double) if both], took_part[double], people, labels,
        _cluster_of_sources(frame, segments, cluster, [n for n, b in zip(source_names, double) if b], problems),
        texts, problems,
    )  # fmt: skip


def _check_columns(frame: pd.DataFrame, coder: str, code: str, cluster: str | None) -> None:
    """Stop when a column of the segments is not there."""
    needed = ["source", "start", "end", coder, code, *([cluster] if cluster else [])]
    problems = []
    for name in needed:
        if name not in frame.columns:
            guess = nearest(name, frame.columns)
            fix = f"Rename {guess!r} to {name!r}." if guess else f"Segments need the columns {', '.join(needed)}."
            problems.append(Problem("SB-CODE-30", "stop", f"There is no column {name!r}.", TABLE, name, fix=fix))
    if not len(frame):
        problems.append(Problem("SB-CODE-31", "stop", "There are no segments.", TABLE, fix="Give coded segments."))
    raise_if_stopped(problems)


def _placed_rows(frame: pd.DataFrame, coder: str, code: str, problems: list[Problem]) -> Bools:
    """Segments with a place in text, a code and a coder."""
    used = np.ones(len(frame), dtype=bool)
    nowhere = blank(frame["start"]) | blank(frame["end"]) | blank(frame["source"])
    no_code = blank(frame[code]) & ~nowhere
    no_coder = blank(frame[coder]) & ~nowhere & ~no_code
    left = (
        (nowhere, "SB-CODE-35", "note", "without a place in a text", "start",
         "Pictures, recordings and whole documents have no characters to compare."),
        (no_code, "SB-CODE-10", "note", "without a code", code, "A highlight that bears no code is no coding."),
        (no_coder, "SB-CODE-03", "warn", "without a coder", coder,
         "Agreement is between people; a coding by nobody in particular has no partner."),
    )  # fmt: skip
    for mask, number, severity, words, column, why in left:
        if mask.any():
            what = f"{plural(int(mask.sum()), 'segment')} {words}."
            problems.append(
                Problem(number, severity, what, TABLE, column, row_numbers(mask), why, "Not used for agreement.")  # type: ignore[arg-type]
            )
        used &= ~mask
    return used


def _labels(
    column: pd.Series, dimension_of: Mapping[str, str] | None, name: str, used: Bools, problems: list[Problem]
) -> tuple[Ints, list[str], Bools]:
    """Number of the code of each segment, or of its dimension; codes without one are left out and counted."""
    codes, words = codes_of(column)
    if dimension_of is None:
        return codes, list(words), used
    mapped = {word_of(key): value for key, value in dimension_of.items()}
    dimensions = [mapped.get(word) for word in words]
    known = [None if pd.isna(value) or not str(value).strip() else str(value) for value in dimensions]
    names = list(dict.fromkeys(value for value in known if value is not None))
    number = np.array([names.index(value) if value is not None else -1 for value in known] + [-1], dtype=int)
    lost = used & (number[codes] < 0)
    if lost.any():
        n_codes = len(np.unique(codes[lost]))
        what = f"{plural(n_codes, 'code')} without a dimension; {plural(int(lost.sum()), 'segment')} left out."
        fix = "Add them to dimension_of= (or to the codebook), or map them to nothing on purpose."
        problems.append(
            Problem("SB-CODE-02", "warn", what, TABLE, name, row_numbers(lost), done="Not compared.", fix=fix)
        )
    return number[codes], names, used & ~lost


def _check_positions(
    start: Ints, end: Ints, source: Ints, names: list[str], used: Bools, texts: Mapping[str, str],
    problems: list[Problem],
) -> None:  # fmt: skip
    """Stop at spans that end before they start, or lie beyond their text."""
    length = np.array([len(texts[name]) if name in texts else np.iinfo(np.int64).max for name in names])
    wrong = used & ((end <= start) | (start < 0) | (end > length[source]))
    if wrong.any():
        problems.append(
            Problem(
                "SB-CODE-14",
                "stop",
                f"{plural(int(wrong.sum()), 'segment')} end before they start, or beyond the text.",
                TABLE,
                "end",
                row_numbers(wrong),
                why="The positions belong to another version of the transcript, or are damaged.",
                done="Nothing was compared.",
                fix="Give the texts that were coded, or correct start and end.",
            )
        )


def _check_quotes(
    frame: pd.DataFrame, start: Ints, end: Ints, source: Ints, names: list[str], person: Ints, people: list[str],
    used: Bools, texts: Mapping[str, str], problems: list[Problem],
) -> None:  # fmt: skip
    """Warn when the words of a segment are not the words at its place (line ends, emoji counted as two)."""
    if "text" not in frame.columns or not texts:
        return
    quotes = frame["text"].to_numpy(object)
    off = np.zeros(len(frame), dtype=bool)
    for row in np.flatnonzero(used):
        text = texts.get(names[source[row]])
        if text is not None and isinstance(quotes[row], str) and quotes[row]:
            off[row] = text[start[row] : end[row]].split() != quotes[row].split()
    if off.any():
        who = ", ".join(people[number] for number in np.unique(person[off & (person >= 0)]))
        problems.append(
            Problem(
                "SB-CODE-16",
                "warn",
                f"The words of {plural(int(off.sum()), 'segment')} are not those at their place (coders: {who}).",
                TABLE,
                "start",
                row_numbers(off),
                why="Files that count line ends or emoji differently shift one coder's spans and lower agreement.",
                done="Positions were used as they are.",
                fix="Read the project with read_interviews, which finds how its positions were counted.",
            )
        )


def _report_overlap(
    took_part: Bools, people: list[str], used: Bools, word: str, coder: str, problems: list[Problem]
) -> None:
    """Stop when no source has two coders; say how many have."""
    n_sources, double = len(took_part), int((took_part.sum(axis=1) > 1).sum())
    coded = took_part.any(axis=1).sum()
    if double:
        what = f"{double} of {plural(int(coded), 'source')} coded by two or more coders; only these are compared."
        why = "A coder counts as having read a source when she coded something in it."
        problems.append(Problem("SB-CODE-11", "note", what, TABLE, coder, why=why))
        return
    who = " and ".join(f"{name} ({plural(int(n), 'source')})" for name, n in zip(people, took_part.sum(axis=0)))
    what = (
        f"No source was coded by two coders: {who} share none."
        if len(people) > 1
        else f"There is one coder, {who}."
    )
    problems.append(
        Problem(
            "SB-CODE-06",
            "stop",
            what if people else "There is no coder.",
            TABLE,
            coder,
            why="Agreement is seen only where two people coded the same text.",
            done="Nothing was computed.",
            fix=double_coding_needed(word, float(used.sum()) / max(n_sources, 1)),
        )
    )


def _cluster_of_sources(
    frame: pd.DataFrame, segments: Segments, cluster: str | None, sources: list[str], problems: list[Problem]
) -> Ints:
    """Cluster of each doubly coded source: the child where known, else the source itself."""
    known: Mapping[str, Any] = segments.cluster_of
    if cluster is not None:
        pairs = frame[["source", cluster]].dropna().drop_duplicates()
        if pairs["source"].duplicated().any():
            what = f"A source stands under more than one {cluster}."
            problems.append(
                Problem("SB-CODE-33", "stop", what, TABLE, cluster, fix="One cluster for each source.")
            )
            raise_if_stopped(problems)
        known = dict(zip(pairs["source"].map(word_of), pairs[cluster]))
    keys = [("known", word_of(known[name])) if name in known else ("source", name) for name in sources]
    numbers = {key: number for number, key in enumerate(dict.fromkeys(keys))}
    return np.array([numbers[key] for key in keys], dtype=int)


def _on_one_line(
    source: Ints, coder: Ints, code: Ints, start: Ints, end: Ints, source_names: list[str], took_part: Bools,
    people: list[str], labels: list[str], cluster: Ints, texts: Mapping[str, str], problems: list[Problem],
) -> CodedText:  # fmt: skip
    """Lay the sources end to end, and join overlapping spans of the same coder and code."""
    if len(people) > MOST_CODERS:
        raise ModelError(Problem("SB-MODEL-30", "stop", f"More than {MOST_CODERS} coders of text.", fix="Fewer."))
    known = all(name in texts for name in source_names)
    reach = np.zeros(len(source_names), dtype=int)
    np.maximum.at(reach, source, end)
    lengths = np.array([len(texts[name]) for name in source_names]) if known else reach
    offset = np.r_[0, np.cumsum(lengths)[:-1]]
    key = (coder * len(labels) + code) * len(source_names) + source
    key, start, end, size = merge_spans(key, start + offset[source], end + offset[source])
    swallowed = int((size - 1).sum())
    if swallowed:
        what = f"{plural(swallowed, 'segment')} overlapping another of the same code by the same coder."
        why = "The same stretch would count twice."
        done = "Merged with it."
        problems.append(Problem("SB-CODE-13", "note", what, TABLE, "start", why=why, done=done))
    source = key % len(source_names)
    used_codes = np.unique(key // len(source_names) % len(labels))
    return CodedText(
        source=source,
        coder=key // len(source_names) // len(labels),
        code=np.searchsorted(used_codes, key // len(source_names) % len(labels)),
        start=start,
        end=end,
        source_start=offset,
        source_end=offset + lengths,
        cluster=cluster,
        took_part=took_part,
        source_names=source_names,
        coder_names=people,
        code_names=[labels[number] for number in used_codes],
        texts=[texts[name] for name in source_names] if known else None,
    )
