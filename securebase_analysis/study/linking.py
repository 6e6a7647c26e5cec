"""Coded interviews tied to the child, the wave and the codebook."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from securebase_analysis.errors import Problem, SecureBaseError
from securebase_analysis.readers.interviews import Interviews, read_interviews
from securebase_analysis.study.codebook import Codebook
from securebase_analysis.study.columns import Conventions
from securebase_analysis.study.file_rows import ROW, empty_frame
from securebase_analysis.study.interview_fixes import said_as_settings
from securebase_analysis.study.interview_links import links_of_interviews
from securebase_analysis.study.linked_sources import linked_sources_of
from securebase_analysis.study.schema import TABLES
from securebase_analysis.study.study_file import Entry

SEGMENT_COLUMNS = ("source", "start", "end", "code", "coder", "text", "kind", "segment")


@dataclass(frozen=True, eq=False)
class CodedFile:
    """One file of coded interviews, linked.

    Attributes
    ----------
    entry : Entry
        The file.
    interviews : Interviews or None
        As read; None when the file cannot be used.
    sources : pandas.DataFrame
        ``source, site, child, wave, informant, date, n_words, text, sha256, coded_sha256`` and `ROW`.
    sources_file : str
        Where the rows of `sources` stand, for messages.
    segments : pandas.DataFrame
        `SEGMENT_COLUMNS` with codes and coders of the codebook, ``given_code, given_coder`` and `ROW`.
    problems : tuple of Problem
        What was wrong or assumed.
    n_rows : int
        Rows of the table of sources.
    """

    entry: Entry
    interviews: Interviews | None
    sources: pd.DataFrame
    sources_file: str
    segments: pd.DataFrame
    problems: tuple[Problem, ...]
    n_rows: int = 0


def read_coded(entry: Entry, codebook: Codebook, conventions: Conventions) -> CodedFile:
    """Read coded interviews and find out whose they are.

    Parameters
    ----------
    entry : Entry
        With ``sources`` or ``source_pattern``.
    codebook : Codebook
        Codes, coders and crosswalk.
    conventions : Conventions
        How dates and ids are written.

    Returns
    -------
    CodedFile
    """
    try:
        # An empty mapping keeps the names as they are: who is who is settled by the codebook, over all files.
        options = {key: entry.get(key) for key in ("offsets", "format", "code_separator") if entry.get(key)}
        options |= {"columns": entry.get("segment_columns")} if entry.get("segment_columns") else {}
        interviews = read_interviews(entry.path, coders={}, **options)
    except SecureBaseError as error:  # a word of study.toml may be no option
        return _nothing_linked(entry, None, list(map(said_as_settings, error.problems)))
    # Codings without a coder are reported once, over all files, by the rules.
    problems = [said_as_settings(told) for told in interviews.assumptions if told.code != "SB-CODE-03"]
    links, sources_file, found = links_of_interviews(entry, interviews, codebook, conventions)
    problems += found
    if any(problem.severity == "stop" for problem in found):
        return _nothing_linked(entry, interviews, problems)
    sources, found = linked_sources_of(interviews, links, entry, sources_file)
    problems += found
    segments = _segments(interviews, codebook, entry)
    return CodedFile(entry, interviews, sources, sources_file, segments, tuple(problems), len(links))


def _nothing_linked(entry: Entry, interviews: Interviews | None, problems: list[Problem]) -> CodedFile:
    """A file that could not be used."""
    sources = empty_frame(TABLES["sources"]).rename(columns={"sha256": "coded_sha256"})
    sources = sources.assign(n_words=pd.Series(dtype="Int64"), text="", sha256="")
    columns = [*SEGMENT_COLUMNS, "given_code", "given_coder"]
    segments = pd.DataFrame({name: pd.Series(dtype="str") for name in columns}).assign(**{ROW: 0})
    return CodedFile(entry, interviews, sources, entry.file, segments, tuple(problems))


# --- segments ---------------------------------------------------------------------------------------------------


def _segments(interviews: Interviews, codebook: Codebook, entry: Entry) -> pd.DataFrame:
    """Codings with the codebook's codes and coders beside those of the file."""
    segments = interviews.segments[list(SEGMENT_COLUMNS)].rename(
        columns={"code": "given_code", "coder": "given_coder"}
    )
    version = entry.get("codebook_version")
    codes = code_names(interviews.codes, codebook, None if version is None else str(version))
    coders = coder_names(segments["given_coder"].dropna().unique(), codebook)
    segments["code"] = segments["given_code"].map(codes).astype("str")
    segments["coder"] = segments["given_coder"].map(coders).astype("str")
    segments[ROW] = np.arange(1, len(segments) + 1)
    return segments


def code_names(codes: pd.DataFrame, codebook: Codebook, version: str | None) -> dict[str, str]:
    """For each code of a project its name in the codebook, old names through the crosswalk; unknown ones as given.

    Parameters
    ----------
    codes : pandas.DataFrame
        ``code, path`` of the project.
    codebook : Codebook
        Codes and crosswalk.
    version : str or None
        Version that the coders used; its crosswalk then comes before the names of this version.
    """
    known = {_plain(code): code for code in codebook.codes["code"]}
    crosswalk = codebook.crosswalk
    old = {_plain(row.old_code): row.new_code for row in crosswalk.itertuples()}
    of_version = crosswalk[crosswalk["version"].astype("str") == str(version)]
    first = {_plain(row.old_code): row.new_code for row in of_version.itertuples()}
    names = {}
    for row in codes.itertuples():
        spellings = [_plain(spelling) for spelling in _spellings(row.code, row.path)]
        found = [names_of[s] for names_of in (first, known, old) for s in spellings if s in names_of]
        names[row.code] = found[0] if found else row.code
    return names


def _spellings(code: str, path: str) -> list[str]:
    """How a code of a tree may be named in a flat codebook."""
    path = path if isinstance(path, str) else code
    return [code, path, path.replace(" > ", ": "), path.replace(" > ", "::"), path.split(" > ")[-1]]


def coder_names(given: Iterable[str], codebook: Codebook) -> dict[str, str]:
    """For each coder as the files name them, the name that the codebook gives; unknown ones as given."""
    known: dict[str, str] = {}
    for row in codebook.coders.itertuples():
        for name in (row.coder, *row.aliases):
            known[_plain(name)] = row.coder
    return {name: known.get(_plain(name), str(name).strip()) for name in given}


def _plain(name: object) -> str:
    """A name without case and superfluous blanks."""
    return " ".join(str(name).split()).casefold()


def merged_interviews(files: Iterable[CodedFile]) -> Interviews | None:
    """The interviews of all files as one, places numbered over all of them."""
    read = [file.interviews for file in files if file.interviews is not None]
    if len(read) < 2:
        return read[0] if read else None
    tables: dict[str, list[pd.DataFrame]] = {}
    n_places = 0
    for interviews in read:
        segments = interviews.segments
        segments["segment"] = segments["segment"] + n_places
        n_places = int(segments["segment"].max()) if len(segments) else n_places
        for name in ("codes", "sources", "coders", "cases", "uncoded", "notes", "sets", "offsets"):
            tables.setdefault(name, []).append(getattr(interviews, name))
        tables.setdefault("segments", []).append(segments)
    keys: Mapping[str, str] = {"codes": "code", "sources": "source", "coders": "coder"}
    merged = {name: _stacked(frames, keys.get(name)) for name, frames in tables.items()}
    assumptions = tuple(problem for interviews in read for problem in interviews.assumptions)
    return Interviews(**merged, assumptions=assumptions)


def _stacked(frames: list[pd.DataFrame], key: str | None) -> pd.DataFrame:
    """Tables one under the other; what has a key stands there once, its segments counted together."""
    filled = [frame for frame in frames if len(frame)]
    stacked = pd.concat(filled, ignore_index=True) if filled else frames[0]
    if key is None or not len(stacked):
        return stacked
    if "n_segments" in stacked:
        stacked["n_segments"] = stacked.groupby(key)["n_segments"].transform("sum")
    return stacked.drop_duplicates(key).reset_index(drop=True)
