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

from securebase_analysis.errors import DataError, ModelError, Problem, nearest, raise_if_stopped, rows_where
from securebase_analysis.measures.agreement.coder_names import codes_of, settle_coders, word_of
from securebase_analysis.measures.agreement.overlap import double_coding_needed
from securebase_analysis.measures.blank_cells import blank
from securebase_analysis.measures.text_units import TEXT_UNITS, Units, merge_spans
from securebase_analysis.results import wording

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
    """What `find_segments` found.

    Attributes
    ----------
    frame : pandas.DataFrame
        The segments.
    texts : mapping
        Source to text, where known.
    cluster_of, cluster_word : mapping, str
        Source to what is drawn whole in a resample, and its name.
    construct_of : mapping
        Code to construct, where a codebook came along.
    """

    frame: pd.DataFrame
    texts: Mapping[str, str]
    cluster_of: Mapping[str, Any]
    cluster_word: str
    construct_of: Mapping[str, str | None]


def find_segments(data: Any, unit: Any) -> Segments | None:
    """Coded text in `data`, or None when it is a table of ratings."""
    if isinstance(data, pd.DataFrame):
        as_text = isinstance(unit, str) and unit in TEXT_UNITS and unit not in data.columns
        return Segments(data, {}, *_clusters(data, pd.DataFrame(), pd.DataFrame()), {}) if as_text else None
    noun = data if hasattr(data, "segments") else getattr(data, "interviews", None)
    frame = getattr(noun, "segments", None)
    if frame is None:
        raise ModelError(
            Problem(
                "SB-MODEL-41",
                "stop",
                f"Agreement needs a table of ratings or coded interviews, not a {type(data).__name__}.",
                fix="Give a DataFrame with one row per unit and coder, or what read_interviews returns.",
            )
        )
    sources, cases = _table_of(noun, "sources"), _table_of(noun, "cases")
    texts = {}
    if {"source", "text"} <= set(sources.columns):
        known = sources.dropna(subset=["source", "text"])
        texts = dict(zip(known["source"].map(word_of), known["text"]))
    return Segments(frame, texts, *_clusters(frame, sources, cases), _constructs(data))


def _table_of(noun: Any, name: str) -> pd.DataFrame:
    """A table of a noun, empty where it has none."""
    table = getattr(noun, name, None)
    return table if isinstance(table, pd.DataFrame) else pd.DataFrame()


def _constructs(data: Any) -> dict[str, str | None]:
    """Code -> construct of the codebook that came along; codes of no construct map to nothing."""
    codes = _table_of(getattr(data, "codebook", None), "codes")
    if not {"code", "construct"} <= set(codes.columns):
        return {}
    pairs = zip(codes["code"], codes["construct"])
    return {code: None if construct == "none" else construct for code, construct in pairs}


def _clusters(segments: pd.DataFrame, sources: pd.DataFrame, cases: pd.DataFrame) -> tuple[Mapping[str, Any], str]:
    """Source -> child where a table tells, else -> case where each source has one, else nothing."""
    for frame, column in ((sources, "child"), (segments, "child"), (cases, "child"), (cases, "case")):
        if not {"source", column} <= set(frame.columns):
            continue
        keys = ["site", column] if column == "child" and "site" in frame.columns else [column]
        known = frame[["source", *keys]].dropna().drop_duplicates()
        if len(known) and not known["source"].duplicated().any():
            return dict(zip(known["source"].map(word_of), zip(*(known[key] for key in keys)))), column
    return {}, "source"


@dataclass(frozen=True, eq=False)
class _Rows:
    """Segments as whole numbers, of shape (rows,), and the names they stand for; a missing position is 0."""

    source: Ints
    coder: Ints
    start: Ints
    end: Ints
    source_names: list[str]
    coder_names: list[str]


def place_segments(
    segments: Segments,
    coder: str,
    code: str,
    cluster: str | None,
    coders: Mapping[str, str] | None,
    texts: Mapping[str, str],
    dimension_of: Mapping[str, str | None] | None,
    problems: list[Problem],
) -> CodedText:
    """Segments of doubly coded sources on one line, joined where one coder's overlap."""
    frame = segments.frame
    _check_columns(frame, coder, code, cluster)
    used = _placed_rows(frame, coder, code, problems)
    rows = _numbered(frame, coder, coders, problems)
    label, labels, labelled = _labels(frame[code], dimension_of, code, used, problems)
    possible = used & ~_check_positions(rows, used, texts, problems)
    _check_quotes(frame, rows, possible, texts, problems)
    raise_if_stopped(problems)
    took_part = np.zeros((len(rows.source_names), max(len(rows.coder_names), 1)), dtype=bool)
    took_part[rows.source[used], rows.coder[used]] = True
    _report_overlap(took_part, rows.coder_names, int(used.sum()), coder, problems)
    raise_if_stopped(problems)
    double = took_part.sum(axis=1) > 1
    kept = labelled & double[rows.source]
    if not kept.any():
        raise DataError([*problems, _no_dimension_left(code)])
    names = [name for name, both in zip(rows.source_names, double) if both]
    clusters = _cluster_of_sources(frame, segments, cluster, names)
    doubly = _Rows(
        (np.cumsum(double) - 1)[rows.source[kept]],
        rows.coder[kept],
        rows.start[kept],
        rows.end[kept],
        names,
        rows.coder_names,
    )
    return _on_one_line(
        doubly, label[kept], labels, took_part[double], clusters, texts, dimension_of is not None, problems
    )


def _numbered(frame: pd.DataFrame, coder: str, coders: Mapping[str, str] | None, problems: list[Problem]) -> _Rows:
    """Sources, coders and positions as whole numbers."""
    source, source_names = codes_of(frame["source"])
    spelling, names = codes_of(frame[coder])
    settled, found = settle_coders(names, coders, TABLE, coder)
    problems.extend(found)
    people = sorted(set(settled.values()))
    person = np.array([people.index(settled[name]) for name in names] + [-1], dtype=int)[spelling]
    raise_if_stopped(_not_whole(frame))
    start, end = (pd.to_numeric(frame[name]).fillna(0).to_numpy(int) for name in ("start", "end"))
    return _Rows(source, person, start, end, list(source_names), people)


def _not_whole(frame: pd.DataFrame) -> list[Problem]:
    """Stop at positions that are no whole numbers: cut off or set to 0, they would mark other words."""
    problems = []
    for name in ("start", "end"):
        numbers = pd.to_numeric(frame[name], errors="coerce").to_numpy(float, na_value=np.nan)
        whole = np.isfinite(numbers) & (np.floor(np.nan_to_num(numbers)) == numbers)
        wrong = ~whole & ~blank(frame[name])
        if wrong.any():
            problems.append(
                Problem(
                    "SB-FILE-18",
                    "stop",
                    f"{wording.count(int(wrong.sum()), 'position')} in {name!r} that are not whole numbers.",
                    TABLE,
                    name,
                    rows_where(wrong),
                    why="A position counts characters.",
                    done="Nothing was compared.",
                    fix="Correct these cells, or leave start and end empty where there is no place in a text.",
                )
            )
    return problems


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
            what = f"{wording.count(int(mask.sum()), 'segment')} {words}."
            problems.append(
                Problem(number, severity, what, TABLE, column, rows_where(mask), why, "Not used for agreement.")  # type: ignore[arg-type]
            )
        used &= ~mask
    return used


def _labels(
    column: pd.Series,
    dimension_of: Mapping[str, str | None] | None,
    name: str,
    used: Bools,
    problems: list[Problem],
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
        what = (
            f"{wording.count(n_codes, 'code')} without a dimension; "
            f"{wording.count(int(lost.sum()), 'segment')} left out."
        )
        fix = "Add them to dimension_of= (or to the codebook), or map them to nothing on purpose."
        problems.append(
            Problem("SB-CODE-02", "warn", what, TABLE, name, rows_where(lost), done="Not compared.", fix=fix)
        )
    return number[codes], names, used & ~lost


def _no_dimension_left(column: str) -> Problem:
    """Stop when no segment of the sources compared has a dimension."""
    what = "No code in the sources coded twice stands for a dimension."
    fix = "Add the codes to dimension_of= or to the codebook, or use by='code'."
    return Problem("SB-CODE-02", "stop", what, TABLE, column, done="Nothing was computed.", fix=fix)


def _check_positions(rows: _Rows, used: Bools, texts: Mapping[str, str], problems: list[Problem]) -> Bools:
    """Stop at spans that end before they start, or lie beyond their text; where they are."""
    unknown = np.iinfo(np.int64).max
    length = np.array([len(texts[name]) if name in texts else unknown for name in rows.source_names])
    wrong = used & ((rows.end <= rows.start) | (rows.start < 0) | (rows.end > length[rows.source]))
    if wrong.any():
        problems.append(
            Problem(
                "SB-CODE-14",
                "stop",
                f"{wording.count(int(wrong.sum()), 'segment')} ending before the start, or beyond the text.",
                TABLE,
                "end",
                rows_where(wrong),
                why="The positions belong to another version of the transcript, or are damaged.",
                done="Nothing was compared.",
                fix="Give the texts that were coded, or correct start and end.",
            )
        )
    return wrong


def _check_quotes(
    frame: pd.DataFrame, rows: _Rows, used: Bools, texts: Mapping[str, str], problems: list[Problem]
) -> None:
    """Warn when the words of a segment are not the words at its place (line ends, emoji counted as two)."""
    if "text" not in frame.columns or not texts:
        return
    quotes = frame["text"].to_numpy(object)
    off = np.zeros(len(frame), dtype=bool)
    for row in np.flatnonzero(used):
        text = texts.get(rows.source_names[rows.source[row]])
        if text is not None and isinstance(quotes[row], str) and quotes[row]:
            off[row] = text[rows.start[row] : rows.end[row]].split() != quotes[row].split()
    if off.any():
        who = ", ".join(rows.coder_names[number] for number in np.unique(rows.coder[off]))
        problems.append(
            Problem(
                "SB-CODE-16",
                "warn",
                f"The words of {wording.count(int(off.sum()), 'segment')} are not those at their place "
                f"(coders: {who}).",
                TABLE,
                "start",
                rows_where(off),
                why="Files that count line ends or emoji differently shift one coder's spans and lower agreement.",
                done="Positions were used as they are.",
                fix="Read the project with read_interviews, which finds how its positions were counted.",
            )
        )


def _report_overlap(
    took_part: Bools, people: list[str], n_segments: int, coder: str, problems: list[Problem]
) -> None:
    """Stop when no source has two coders; say how many have."""
    n_coded, double = int(took_part.any(axis=1).sum()), int((took_part.sum(axis=1) > 1).sum())
    if double:
        were = "was" if double == 1 else "were"
        what = (
            f"{double} of {wording.count(n_coded, 'source')} {were} coded by two or more coders; "
            f"only these are compared."
        )
        why = "A coder counts as having read a source when she coded something in it."
        problems.append(Problem("SB-CODE-11", "note", what, TABLE, coder, why=why))
        return
    who = " and ".join(
        f"{name} ({wording.count(int(n), 'source')})" for name, n in zip(people, took_part.sum(axis=0))
    )
    what = f"No source was coded by two coders: {who} share none."
    if len(people) < 2:
        what = f"There is one coder, {who}; agreement needs two." if people else "There is no coder."
    why = "Agreement is seen only where two people coded the same text."
    fix = double_coding_needed("source", n_segments / max(n_coded, 1))
    problems.append(
        Problem("SB-CODE-06", "stop", what, TABLE, coder, why=why, done="Nothing was computed.", fix=fix)
    )


def _cluster_of_sources(frame: pd.DataFrame, segments: Segments, cluster: str | None, sources: list[str]) -> Ints:
    """Cluster of each doubly coded source: the child where known, else the source itself."""
    known = segments.cluster_of
    if cluster is not None:
        pairs = frame[["source", cluster]].dropna().drop_duplicates()
        twice = pairs["source"].duplicated(keep=False)
        if twice.any():
            what = f"A source stands under more than one {cluster}."
            both = frame["source"].isin(pairs["source"][twice]).to_numpy()
            fix = f"One {cluster} for each source."
            raise DataError(Problem("SB-CODE-33", "stop", what, TABLE, cluster, rows_where(both), fix=fix))
        known = dict(zip(pairs["source"].map(word_of), pairs[cluster]))
    keys = [("known", known[name]) if name in known else ("source", name) for name in sources]
    numbers = {key: number for number, key in enumerate(dict.fromkeys(keys))}
    return np.array([numbers[key] for key in keys], dtype=int)


def _on_one_line(
    rows: _Rows,
    label: Ints,
    labels: list[str],
    took_part: Bools,
    cluster: Ints,
    texts: Mapping[str, str],
    by_dimension: bool,
    problems: list[Problem],
) -> CodedText:
    """Lay the sources end to end, and join overlapping spans of the same coder and code."""
    if len(rows.coder_names) > MOST_CODERS:
        what = f"{len(rows.coder_names)} coders; text can be compared for up to {MOST_CODERS} at once."
        raise ModelError(Problem("SB-MODEL-30", "stop", what, fix="Compare them in sets."))
    names, n_sources = rows.source_names, len(rows.source_names)
    known = all(name in texts for name in names)
    reach = np.zeros(n_sources, dtype=int)
    np.maximum.at(reach, rows.source, rows.end)
    lengths = np.array([len(texts[name]) for name in names]) if known else reach
    offset = np.r_[0, np.cumsum(lengths)[:-1]]
    key = (rows.coder * len(labels) + label) * n_sources + rows.source
    key, start, end, size = merge_spans(key, rows.start + offset[rows.source], rows.end + offset[rows.source])
    swallowed = int((size - 1).sum())
    if swallowed:
        overlap, word = ("overlaps" if swallowed == 1 else "overlap"), ("dimension" if by_dimension else "code")
        what = f"{wording.count(swallowed, 'segment')} {overlap} another of the same {word} by the same coder."
        why, done = "The same stretch would count twice.", "Merged with it."
        problems.append(Problem("SB-CODE-13", "note", what, TABLE, "start", why=why, done=done))
    used_labels, code = np.unique(key // n_sources % len(labels), return_inverse=True)
    return CodedText(
        source=key % n_sources,
        coder=key // n_sources // len(labels),
        code=code,
        start=start,
        end=end,
        source_start=offset,
        source_end=offset + lengths,
        cluster=cluster,
        took_part=took_part,
        source_names=names,
        coder_names=rows.coder_names,
        code_names=[labels[number] for number in used_labels],
        texts=[texts[name] for name in names] if known else None,
    )
