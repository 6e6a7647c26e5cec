"""Whose interviews they are: by the table of sources, by their names, or by the cases of the project."""

from __future__ import annotations

import re

import pandas as pd

from securebase_analysis.errors import Problem
from securebase_analysis.readers.interviews import Interviews
from securebase_analysis.study.codebook import Codebook
from securebase_analysis.study.columns import Conventions, match_columns
from securebase_analysis.study.file_rows import empty_frame, in_our_words, open_table, schema_beside
from securebase_analysis.study.schema import TABLES, Column
from securebase_analysis.study.study_file import Entry

LINK_COLUMNS = ("site", "child", "wave", "informant", "date")
SLOTS = ("site", "child", "wave", "informant", "date")


def links_of_interviews(
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
