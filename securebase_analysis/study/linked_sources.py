"""The sources of a project beside those that were given a child: what is in one place and not in the other."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from securebase_analysis.errors import Problem, rows_where
from securebase_analysis.readers.interviews import Interviews
from securebase_analysis.results.wording import count as n_of
from securebase_analysis.study.file_rows import ROW
from securebase_analysis.study.study_file import Entry


def linked_sources_of(
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
