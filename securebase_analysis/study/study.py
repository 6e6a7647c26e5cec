"""`Study`: the tables of a cohort, checked once at the door, and the verb that reads them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Any

import pandas as pd

from securebase_analysis.errors import DataError, Problem, raise_if_stopped
from securebase_analysis.readers.interviews import Interviews
from securebase_analysis.results.wording import count as n_of
from securebase_analysis.study.checksums import file_list
from securebase_analysis.study.codebook import Codebook
from securebase_analysis.study.draft import Draft, read_draft
from securebase_analysis.study.file_rows import HIDDEN
from securebase_analysis.study.keys import with_keys
from securebase_analysis.study.ratings import BESIDE, with_age_bands
from securebase_analysis.study.rules import broken_rules, last_date_seen, unlinked_children
from securebase_analysis.study.schema import KEY, REPEATED_FACTS
from securebase_analysis.study.study_file import Entry, StudyFile, read_study_file
from securebase_analysis.study.waves import count_statuses, wave_table

MISSING_COLUMNS = ["instrument", "site", "child", "wave", "informant", "item", "code", "reason"]
SECONDS_BEFORE_PROGRESS = 3


class _Copied:
    """A table, or a mapping of tables, of a frozen noun; whoever takes it gets a copy on write."""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, noun: object, owner: type | None = None) -> Any:
        if noun is None:
            raise AttributeError(self._name)  # no default: dataclass asks the class for one
        return _copied(noun.__dict__[self._name])

    def __set__(self, noun: object, value: Any) -> None:
        noun.__dict__[self._name] = _copied(value)


def _copied(value: Any) -> Any:
    """Frames that share memory until they are written to."""
    if isinstance(value, Mapping):
        return {key: frame.copy(deep=False) for key, frame in value.items()}
    return value.copy(deep=False)


@dataclass(frozen=True, eq=False, repr=False)
class Study:
    """A cohort's data after every rule was checked.

    Attributes
    ----------
    name : str
        From `study.toml`.
    codebook : Codebook
        What items and codes stand for.
    simulated : bool
        Whether the data are simulated; printed on every report.
    data_freeze : Timestamp or None
        Last day on which the data were complete.
    weeks_moved : int
        By how many weeks at most the dates of each child were moved back together; 0 where they are as they were.
    folder : Path
        Where the study was read.
    files : pandas.DataFrame
        ``file, table, n_rows, sha256``.
    children, carers, placements, waves, sources, segments, ratings, missing, unlinked : pandas.DataFrame
        See `securebase_analysis.study.schema.TABLES`. `waves` has one row for every child and wave with its
        status; `missing` one row for every item cell with a declared reason; `unlinked` the children that stand in
        one table and not in another.
    responses : dict of str to pandas.DataFrame
        For each instrument ``site, child, wave, informant, date`` and its items as numbers; scores that the file
        holds already stand behind them under the name of the scale, to be compared and never used.
    interviews : Interviews or None
        The coded interviews as the files hold them.
    problems : tuple of Problem
        Warnings and notes that remain.
    notes : tuple of str
        The same as sentences, for footnotes.
    labels, value_labels : dict
        Of SPSS and Stata files: table or instrument to column to label (or to {value: label}).
    """

    name: str
    codebook: Codebook
    simulated: bool
    data_freeze: pd.Timestamp | None
    folder: Path
    files: pd.DataFrame = _Copied()
    children: pd.DataFrame = _Copied()
    carers: pd.DataFrame = _Copied()
    placements: pd.DataFrame = _Copied()
    waves: pd.DataFrame = _Copied()
    responses: dict[str, pd.DataFrame] = _Copied()  # type: ignore[assignment]
    missing: pd.DataFrame = _Copied()
    sources: pd.DataFrame = _Copied()
    segments: pd.DataFrame = _Copied()
    ratings: pd.DataFrame = _Copied()
    unlinked: pd.DataFrame = _Copied()
    interviews: Interviews | None = None
    problems: tuple[Problem, ...] = ()
    notes: tuple[str, ...] = ()
    labels: dict[str, dict[str, str]] = field(default_factory=dict)
    value_labels: dict[str, dict[str, dict[Any, str]]] = field(default_factory=dict)
    weeks_moved: int = 0

    def summary_frame(self) -> pd.DataFrame:
        """Rows and children of every table.

        Returns
        -------
        pandas.DataFrame
            ``table, rows, children``; no id in it.
        """
        tables = {
            "children": self.children,
            "carers": self.carers,
            "placements": self.placements,
            "waves": self.waves,
            **{f"responses: {name}": frame for name, frame in self.responses.items()},
            "interviews": self.sources,
            "segments": self.segments,
            "ratings": self.ratings,
        }
        rows = [
            (name, len(frame), len(frame[list(KEY)].drop_duplicates()) if "child" in frame else pd.NA)
            for name, frame in tables.items()
        ]
        return pd.DataFrame(rows, columns=["table", "rows", "children"]).astype({"children": "Int64"})

    def missing_reasons(self) -> pd.DataFrame:
        """Why answers are missing, by instrument and wave.

        Returns
        -------
        pandas.DataFrame
            ``instrument, wave, reason, cells, percent``; the reason is that of the codebook or of the SPSS or
            Stata file, "left blank" where there is none; `percent` is of all item cells of the instrument at the
            wave.
        """
        parts = []
        declared = self.missing
        for instrument, frame in self.responses.items():
            items = [name for name in self.codebook.items_of(instrument)["item"].unique() if name in frame]
            mine = declared[declared["instrument"] == instrument]
            reasons = mine.groupby(["wave", "reason"]).size().rename("cells").reset_index()
            empty = frame[items].isna().sum(axis=1).groupby(frame["wave"]).sum()
            blank = empty.sub(mine.groupby("wave").size(), fill_value=0).rename("cells").reset_index()
            both = pd.concat([reasons, blank.assign(reason="left blank")], ignore_index=True)
            cells = frame.groupby("wave").size() * len(items)
            both["percent"] = 100 * both["cells"] / both["wave"].map(cells)
            parts.append(both[both["cells"] > 0].assign(instrument=instrument))
        columns = ["instrument", "wave", "reason", "cells", "percent"]
        if not parts:
            return pd.DataFrame(columns=columns)
        table = pd.concat(parts, ignore_index=True).astype({"cells": "int64"})
        return table.sort_values(["instrument", "wave", "reason"], kind="stable")[columns].reset_index(drop=True)

    def wave_status_frame(self) -> pd.DataFrame:
        """How many children had each status at each wave, of how many data were due; see `count_statuses`."""
        labels = self.codebook.waves.set_index("wave")["label"]
        return count_statuses(self.waves, labels)

    def __repr__(self) -> str:
        tables = self.summary_frame()
        counts = ", ".join(f"{rows} {name}" for name, rows in zip(tables["table"], tables["rows"]) if rows)
        simulated = " (simulated data)" if self.simulated else ""
        return f"Study {self.name!r}{simulated}: {counts}; {n_of(len(self.problems), 'remark')}"

    def _repr_html_(self) -> str:
        simulated = " <em>simulated data</em>" if self.simulated else ""
        head = f"<p><strong>{escape(self.name)}</strong>{simulated}, codebook {escape(self.codebook.name)}</p>"
        counts = self.summary_frame().astype(object)
        tables = counts.where(counts.notna(), "").to_html(index=False, border=0)
        waves = self.wave_status_frame().to_html(index=False, na_rep="", border=0, float_format="{:.1f}".format)
        return f"{head}{tables}{waves}<p>{n_of(len(self.problems), 'remark')}: <code>study.notes</code></p>"


def read_study(folder: str | Path, *, progress: bool | None = None) -> Study:
    """Read a study folder and check all of it.

    Parameters
    ----------
    folder : str or Path
        A folder with `study.toml`.
    progress : bool, optional
        Whether to show a progress bar; by default when reading takes longer than three seconds.

    Returns
    -------
    Study

    Raises
    ------
    DataError
        With every problem of every file when one of them stops; `error.frame` is a table of them.

    Notes
    -----
    Nothing is dropped, averaged or guessed at the door. What was assumed stands in `study.notes`.

    Examples
    --------
    >>> study = read_study("data/sample")
    >>> study.simulated
    True
    """
    study, problems = _study_and_problems(folder, progress)
    raise_if_stopped(problems)
    if study is None:
        raise DataError(problems)
    return study


def check_study(folder: str | Path, *, progress: bool | None = None) -> tuple[Problem, ...]:
    """Everything that is wrong with a study folder, or was assumed about it; nothing is raised.

    Parameters
    ----------
    folder : str or Path
        A folder with `study.toml`.
    progress : bool, optional
        As in `read_study`.

    Returns
    -------
    tuple of Problem
        Those that stop first.

    Examples
    --------
    >>> [problem.code for problem in check_study("no such folder")]
    ['SB-STUDY-01']
    """
    _, problems = _study_and_problems(folder, progress)
    order = {"stop": 0, "warn": 1, "note": 2}
    return tuple(sorted(problems, key=lambda problem: order[problem.severity]))


def _study_and_problems(folder: str | Path, progress: bool | None) -> tuple[Study | None, list[Problem]]:
    """The study, if nothing stops, and all problems."""
    study_file, problems = read_study_file(folder)
    if study_file is None:
        return None, problems
    draft, found = read_draft(study_file, _with_progress(study_file.entries, progress))
    problems += found
    draft = with_keys(draft)
    problems = list(dict.fromkeys([*problems, *draft.problems, *broken_rules(draft)]))
    if any(problem.severity == "stop" for problem in problems):
        return None, problems
    return _study(draft, study_file, tuple(problems)), problems


def _with_progress(entries: tuple[Entry, ...], progress: bool | None) -> Iterator[Entry]:
    """The files one by one, under a bar when it takes long."""
    from tqdm import tqdm

    delay = SECONDS_BEFORE_PROGRESS if progress is None else 0
    yield from tqdm(
        entries, desc="Reading the study", unit="file", delay=delay, leave=False, disable=progress is False
    )


# --- from the draft to the study --------------------------------------------------------------------------------


def _study(draft: Draft, study_file: StudyFile, problems: tuple[Problem, ...]) -> Study:
    """The finished tables."""
    freeze = study_file.data_freeze or last_date_seen(draft)
    waves = wave_table(draft, freeze if freeze is not None else pd.Timestamp.max)
    sources = draft.tables["sources"]
    return Study(
        name=study_file.name,
        codebook=draft.codebook,
        simulated=study_file.simulated,
        data_freeze=freeze,
        weeks_moved=study_file.weeks_moved,
        folder=study_file.folder,
        files=file_list(draft),
        children=_finished(draft.tables["children"]),
        carers=_finished(draft.tables["carers"]),
        placements=_finished(draft.tables["placements"]),
        waves=waves.astype({"wave": "int64"}),
        responses={name: _responses(draft, name) for name in draft.answers},
        missing=_missing(draft),
        sources=_finished(sources)[
            ["source", *KEY, "wave", "informant", "date", "n_words", "text", "sha256"]
        ].astype({"wave": "int64"}),
        segments=_linked_segments(draft),
        ratings=_ratings(draft, waves),
        unlinked=unlinked_children(draft),
        interviews=draft.interviews,
        problems=problems,
        notes=tuple(problem.sentence for problem in problems),
        labels=_labels(draft, "labels"),
        value_labels=_labels(draft, "value_labels"),
    )


def _finished(frame: pd.DataFrame) -> pd.DataFrame:
    """A table without the columns that only the rules need."""
    return frame.drop(columns=[name for name in HIDDEN if name in frame]).reset_index(drop=True)


def _responses(draft: Draft, instrument: str) -> pd.DataFrame:
    """One row each time somebody answered: key, date, items in the codebook's order, scores of the file."""
    frame = draft.answers[instrument].drop(columns=list(REPEATED_FACTS))
    items = list(draft.codebook.items_of(instrument)["item"].unique())
    named = [name for name in [*items, *draft.codebook.constructs_of(instrument)] if name in frame]
    columns = [*KEY, "wave", "informant", "date", *dict.fromkeys(named)]
    return _finished(frame)[columns].astype({"wave": "int64"})


def _missing(draft: Draft) -> pd.DataFrame:
    """The reasons of missing answers with the keys of their rows."""
    parts = []
    for instrument, reasons in draft.missing.items():
        keys = draft.answers[instrument][[*KEY, "wave", "informant"]]
        rows = keys.iloc[reasons["position"].to_numpy(dtype="int64")].reset_index(drop=True)
        rows = rows.assign(instrument=instrument)
        for name in ("item", "code", "reason"):
            rows[name] = reasons[name].astype("str").to_numpy()
        parts.append(rows.astype({"wave": "int64"}))
    filled = [part for part in parts if len(part)]
    if not filled:
        return pd.DataFrame(columns=MISSING_COLUMNS)
    return pd.concat(filled, ignore_index=True)[MISSING_COLUMNS]


def _linked_segments(draft: Draft) -> pd.DataFrame:
    """Segments of the interviews that belong to a child, with child and wave."""
    links = draft.tables["sources"][["source", *KEY, "wave", "informant"]].astype({"wave": "int64"})
    segments = draft.tables["segments"].merge(links, on="source", how="inner", sort=False)
    columns = [*KEY, "wave", "informant", "source", "start", "end", "code", "coder", "text", "kind", "segment"]
    return segments[columns].reset_index(drop=True)


def _ratings(draft: Draft, waves: pd.DataFrame) -> pd.DataFrame:
    """One row a rating."""
    frame = draft.tables["ratings"]
    frame = with_age_bands(frame, draft.tables["children"], waves)
    columns = [*KEY, "wave", "rater", "construct", "value", "low", "high", "not_applicable", *BESIDE, "date"]
    return _finished(frame)[columns].astype({"wave": "int64", "not_applicable": "bool"})


def _labels(draft: Draft, kind: str) -> dict[str, dict[str, Any]]:
    """Labels by table or instrument."""
    labels: dict[str, dict[str, Any]] = {}
    for file in draft.files:
        if getattr(file, kind):
            labels.setdefault(file.instrument or file.section, {}).update(getattr(file, kind))
    return labels
