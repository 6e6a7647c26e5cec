"""Coded interviews tied to the child, the wave and the codebook."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from securebase_analysis.errors import DataError, Problem, rows_where
from securebase_analysis.readers.interviews import Interviews, read_interviews
from securebase_analysis.results.wording import count as n_of
from securebase_analysis.study.codebook import Codebook
from securebase_analysis.study.columns import Conventions, match_columns
from securebase_analysis.study.file_rows import ROW, empty_frame, in_our_words, open_table, schema_beside
from securebase_analysis.study.schema import TABLES, Column
from securebase_analysis.study.study_file import Entry

LINK_COLUMNS = ("site", "child", "wave", "informant", "date")
SLOTS = ("site", "child", "wave", "informant", "date")
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
    except DataError as error:
        return _nothing_linked(entry, None, list(error.problems))
    # Codings without a coder are reported once, over all files, by the rules.
    problems = [problem for problem in interviews.assumptions if problem.code != "SB-CODE-03"]
    links, sources_file, found = _links(entry, interviews, codebook, conventions)
    problems += found
    if any(problem.severity == "stop" for problem in found):
        return _nothing_linked(entry, interviews, problems)
    sources, found = _linked_sources(interviews, links, entry, sources_file)
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


# --- whose interview --------------------------------------------------------------------------------------------


def _links(
    entry: Entry, interviews: Interviews, codebook: Codebook, conventions: Conventions
) -> tuple[pd.DataFrame, str, list[Problem]]:
    """Source, site, child, wave, informant, date: from the table of sources, or from the names of the sources."""
    if entry.sources_path is not None:
        return _from_table(entry, conventions)
    if entry.get("source_pattern"):
        links, problems = _from_names(entry, interviews, codebook, conventions)
        return links, entry.file, problems
    if len(interviews.cases.columns) > 2:
        links, problems = _from_cases(entry, interviews, conventions)
        return links, entry.file, problems
    return empty_frame(TABLES["sources"]), entry.file, [_no_links(entry)]


def _no_links(entry: Entry) -> Problem:
    """Nothing says whose interviews they are."""
    return Problem(
        "SB-CODE-70",
        "stop",
        "Nothing says which child and wave the interviews belong to.",
        table=entry.file,
        why="Codes without a child count for nobody.",
        fix='sources = "interviews.csv" (a table source, child, wave, informant, date), '
        'or source_pattern = "{child}_W{wave}_{informant}"',
    )


def _from_table(entry: Entry, conventions: Conventions) -> tuple[pd.DataFrame, str, list[Problem]]:
    """The links of the table of sources."""
    file = str(entry.get("sources"))
    table, problems = open_table(entry, "sources_path")
    if table is None:
        return empty_frame(TABLES["sources"]), file, problems
    about = Entry("sources", file, entry.path, entry.settings)
    schema = TABLES["sources"]
    theirs, found = match_columns(table.frame.columns, schema_beside(entry, schema), entry.columns, file)
    problems += found
    if any(problem.severity == "stop" for problem in found):
        return empty_frame(schema), file, problems
    links, found = in_our_words(table, table.frame, theirs, schema, conventions, about)
    return links, file, problems + found


def _from_names(
    entry: Entry, interviews: Interviews, codebook: Codebook, conventions: Conventions
) -> tuple[pd.DataFrame, list[Problem]]:
    """The links that the names of the sources spell out."""
    pattern = str(entry.get("source_pattern"))
    slots = re.findall(r"\{(\w+)\}", pattern)
    if "child" not in slots or not set(slots) <= set(SLOTS) or len(slots) != len(set(slots)):
        return empty_frame(TABLES["sources"]), [_bad_pattern(pattern)]
    parts = [re.escape(text) for text in re.split(r"\{\w+\}", pattern)]
    slot_patterns = [f"(?P<{slot}>.+?)" for slot in slots]
    expression = parts[0] + "".join(slot + part for slot, part in zip(slot_patterns, parts[1:]))
    names = interviews.sources["source"]
    found = names.str.replace(r"\.(?:txt|docx?|rtf|pdf|odt)$", "", case=False, regex=True)
    links = found.str.extract(f"^{expression}$", flags=re.IGNORECASE)
    if "wave" in links:
        letters = re.search(r"([A-Za-z]*)\{wave\}", pattern)
        prefix = letters[1] if letters else ""
        # W0 may be wave 1: the whole name goes before the number where the codebook knows it.
        whole = {wave: f"{prefix}{wave}" for wave in links["wave"].dropna().unique()}
        links["wave"] = links["wave"].map(
            {wave: name if codebook.wave_of(name) is not None else wave for wave, name in whole.items()}
        )
    return _links_of(links, names, entry, conventions)


def _from_cases(
    entry: Entry, interviews: Interviews, conventions: Conventions
) -> tuple[pd.DataFrame, list[Problem]]:
    """The links in the variables that the coding program keeps for each case."""
    cases = interviews.cases
    schema: dict[str, Column] = {slot: TABLES["sources"][slot] for slot in SLOTS}
    variables = [str(name) for name in cases.columns if name not in ("case", "source")]
    theirs, problems = match_columns(variables, schema_beside(entry, schema), {}, entry.file)
    if "child" not in theirs:
        return empty_frame(TABLES["sources"]), [_no_links(entry)]
    named = cases[[theirs[slot] for slot in SLOTS if slot in theirs]].set_axis(
        [slot for slot in SLOTS if slot in theirs], axis=1
    )
    links, found = _links_of(named, cases["source"], entry, conventions)
    return links, problems + found


def _links_of(
    given: pd.DataFrame, names: pd.Series, entry: Entry, conventions: Conventions
) -> tuple[pd.DataFrame, list[Problem]]:
    """Texts found in names or variables as a table of links."""
    from securebase_analysis.readers.tables import Table

    cells = given.assign(source=names.to_numpy())
    theirs = {str(name): str(name) for name in cells.columns}
    return in_our_words(Table(cells), cells, theirs, TABLES["sources"], conventions, entry)


def _bad_pattern(pattern: str) -> Problem:
    """The pattern has no place for the child, or a place nobody knows."""
    return Problem(
        "SB-CODE-70",
        "stop",
        f"The pattern {pattern!r} does not say whose interview a source is.",
        table="study.toml",
        column="interviews.source_pattern",
        why="Codes without a child count for nobody.",
        fix='source_pattern = "{child}_W{wave}_{informant}"; the places are {site}, {child}, {wave}, {informant}, '
        "{date}, each once.",
    )


def _linked_sources(
    interviews: Interviews, links: pd.DataFrame, entry: Entry, sources_file: str
) -> tuple[pd.DataFrame, list[Problem]]:
    """The sources of the project that have a child, and what is in one place and not in the other."""
    read = interviews.sources[["source", "n_words", "text", "sha256"]]
    links = links.rename(columns={"sha256": "coded_sha256"}).dropna(subset="source")
    in_project = {_plain_source(name): name for name in reversed(read["source"].tolist())}
    links = links.assign(
        source=links["source"].map(lambda name: in_project.get(_plain_source(name))).astype("str")
    )
    problems = _not_in_project(links, sources_file)
    links = links[links["source"].notna()]
    twice = links["source"].duplicated(keep=False)
    if twice.any():
        problems.append(_listed_twice(links.loc[twice, ROW].tolist(), sources_file))
    links = links.drop_duplicates("source")
    without = ~read["source"].isin(links["source"]).to_numpy()
    if without.any():
        problems.append(_without_child(interviews, read["source"][without], without, entry, bool(len(links))))
    return links.merge(read, on="source", how="left", sort=False).reset_index(drop=True), problems


def _plain_source(name: str) -> str:
    """A source's name without case, blanks around it and the ending of a file."""
    return re.sub(r"\.(?:txt|docx?|rtf|pdf|odt|md)$", "", str(name).strip(), flags=re.IGNORECASE).casefold()


def _not_in_project(links: pd.DataFrame, sources_file: str) -> list[Problem]:
    """Interviews that are listed but not in the project."""
    absent = links["source"].isna()
    if not absent.any():
        return []
    return [
        Problem(
            "SB-CODE-72",
            "warn",
            f"{n_of(int(absent.sum()), 'interview is', 'interviews are')} in the table of sources and not in "
            "the coded project.",
            table=sources_file,
            column="source",
            rows=links.loc[absent, ROW].tolist(),
            why="Their children have no coded interview at that wave.",
            done="They have no segments and no score.",
            fix="Write the names as in the coding program, or add the interviews to the project.",
        )
    ]


def _listed_twice(rows: list[int], sources_file: str) -> Problem:
    """One source under two children or waves."""
    return Problem(
        "SB-CODE-73",
        "stop",
        "The same interview is listed more than once.",
        table=sources_file,
        column="source",
        rows=rows,
        why="Its codes would count for two children or two waves.",
        fix="Keep one row for each interview.",
    )


def _without_child(
    interviews: Interviews, names: pd.Series, without: np.ndarray, entry: Entry, some_linked: bool
) -> Problem:
    """Sources of the project that belong to nobody."""
    n_segments = int(interviews.segments["source"].isin(names).sum())
    return Problem(
        "SB-CODE-71",
        "warn" if some_linked else "stop",
        f"{len(names)} of {len(without)} sources of the project are not said to belong to a child; they hold "
        f"{n_segments} segments.",
        table=entry.file,
        column="source",
        rows=rows_where(without),
        why="Their codes count for nobody.",
        done="They were left out of scores and agreement. Rows count the sources of the project.",
        fix="Add them to the table of sources, or correct the names there or the source_pattern.",
    )


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
