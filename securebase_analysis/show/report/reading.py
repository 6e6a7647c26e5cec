"""What was read, and what was wrong or assumed: the first two sections of the report."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath
from typing import TYPE_CHECKING

import pandas as pd

from securebase_analysis.errors import Problem
from securebase_analysis.results import wording
from securebase_analysis.show.figures import captions
from securebase_analysis.show.figures.picture import picture_of
from securebase_analysis.show.figures.waves import plot_waves, waves_frame
from securebase_analysis.show.report.section import Folded, Part, Section, Shown
from securebase_analysis.show.tables.doctable import Column, DocTable, make_table

if TYPE_CHECKING:
    from securebase_analysis.study.study import Study

SHORT_HASH = 12


def what_was_read(study: Study) -> Section:
    """Files, people, waves, answers and interviews, in counts."""
    parts: list[Part] = [_who(study), _files_table(study)]
    if len(study.waves):
        frame = waves_frame(study)
        parts += [_waves_words(frame), Shown(picture_of(plot_waves(study)), "waves"), _waves_table(frame)]
    if study.responses:
        parts.append(_answers_table(study))
    parts.append(_interviews_words(study))
    return Section("read", "What was read", tuple(parts), _not_seen(study))


def _who(study: Study) -> str:
    """The size of the study in a sentence."""
    counted = [
        wording.count(len(study.children), "child", "children"),
        wording.count(len(study.carers), "carer"),
        wording.count(len(study.placements), "placement"),
        wording.count(len(study.codebook.waves), "planned wave"),
    ]
    day = freeze_day(study)
    frozen = f" The data are as of {day}." if day else ""
    book = f"codebook “{study.codebook.name}”, version {study.codebook.version}"
    return f"The study “{study.name}” has {captions.listed(counted)}. It was read with the {book}.{frozen}"


def freeze_day(study: Study) -> str:
    """The day on which the data were complete, empty where it is not known."""
    day = study.data_freeze
    return "" if day is None or pd.isna(day) else day.date().isoformat()


def _files_table(study: Study) -> DocTable:
    """Every file with its rows and the beginning of its hash."""
    frame = study.files.assign(
        file=[shown_name(name) for name in study.files["file"]],
        sha256=[str(digest)[:SHORT_HASH] for digest in study.files["sha256"]],
    )
    columns = [
        Column("File", ("file",)),
        Column("Table", ("table",)),
        Column("Rows", ("n_rows",), "count"),
        Column("SHA-256 begins with", ("sha256",)),
    ]
    note = "The whole hashes stand in provenance.json: they change when a file changes."
    return make_table(frame, "Files that were read", [note], columns=columns)


def shown_name(file: object) -> str:
    """A file's name without the folders above the study."""
    path = PurePath(str(file).replace("\\", "/"))
    return path.name if path.is_absolute() or ".." in path.parts else str(path)


def _waves_words(frame: pd.DataFrame) -> str:
    """How many children were seen at the first and the last wave."""
    ends = []
    for label in dict.fromkeys([frame["label"].iloc[0], frame["label"].iloc[-1]]):
        rows = frame[frame["label"] == label]
        seen = int(rows.loc[rows["status"] == "seen", "n_children"].sum())
        due = int(rows.loc[~rows["status"].isin(("left care", "died", "not yet due")), "n_children"].sum())
        share = f" ({wording.number(100 * seen / due, 0)}%)" if due else ""
        ends.append(f"{seen:,} of {due:,} children who were due{share} were seen at {label}")
    return f"{captions.listed(ends)}. Children who had left care, had died or were not yet due are no losses."


def _waves_table(frame: pd.DataFrame) -> DocTable:
    """Waves in rows, statuses in columns."""
    counts = frame.pivot(index="wave", columns="status", values="n_children").reindex(
        columns=list(dict.fromkeys(frame["status"]))
    )
    counts.insert(0, "label", list(dict.fromkeys(frame["label"])))
    counts["all"] = counts.drop(columns="label").sum(axis=1)
    columns = [Column("Wave", ("label",))]
    columns += [Column(name.capitalize(), (name,), "count") for name in counts.columns[1:]]
    return make_table(counts.reset_index(drop=True), "Children at each wave by status", columns=columns)


def _answers_table(study: Study) -> DocTable:
    """For each instrument and informant: forms, children, and cells without an answer by reason."""
    rows = []
    for instrument, answers in study.responses.items():
        for informant, part in answers.groupby("informant", sort=False, dropna=False):
            rows.append(
                {
                    "instrument": instrument,
                    "informant": informant,
                    "forms": len(part),
                    "n_children": len(part[["site", "child"]].drop_duplicates()),
                    "waves": part["wave"].nunique(),
                    "declared": _declared_missing(study.missing, instrument, informant),
                }
            )
    columns = [
        Column("Instrument", ("instrument",)),
        Column("Informant", ("informant",)),
        Column("Forms", ("forms",), "count"),
        Column("Children", ("n_children",), "count"),
        Column("Waves", ("waves",), "count"),
        Column("Answers missing for a declared reason", ("declared",)),
    ]
    return make_table(pd.DataFrame(rows), "Questionnaires", columns=columns)


def _declared_missing(missing: pd.DataFrame, instrument: str, informant: object) -> str:
    """Reasons with counts, e.g. ``refused 12, not asked 4``."""
    if not len(missing):
        return "none"
    rows = missing[(missing["instrument"] == instrument) & (missing["informant"] == informant)]
    counts = rows["reason"].value_counts()
    return ", ".join(f"{reason} {n:,}" for reason, n in counts.items()) or "none"


def _interviews_words(study: Study) -> str:
    """Interviews and ratings in counts, or that there are none."""
    words = []
    if len(study.sources):
        coders = study.segments["coder"].nunique() if len(study.segments) else 0
        words.append(
            f"{wording.count(len(study.sources), 'coded interview')} with "
            f"{wording.count(len(study.segments), 'coded passage')} by {wording.count(coders, 'coder')}"
        )
    if len(study.ratings):
        raters = study.ratings["rater"].nunique()
        words.append(
            f"{wording.count(len(study.ratings), 'rating')} of dimensions by {wording.count(raters, 'rater')}"
        )
    return f"There are {captions.listed(words)}." if words else "There are no coded interviews and no ratings."


def _not_seen(study: Study) -> dict[str, int]:
    """Visits that did not take place, by status."""
    counts = study.waves["status"].value_counts() if len(study.waves) else pd.Series(dtype=int)
    return {f"visits: {status}": int(n) for status, n in counts.items() if status != "seen"}


def problems_and_assumptions(study: Study) -> Section:
    """Every warning and note that was left when the study was read."""
    title = "Problems and assumptions"
    parts: list[Part] = [_problems_words(study)]
    if study.problems:
        parts += [_counts_by_code(study.problems), Folded(_problems_table(study.problems))]
    said = {problem.sentence for problem in study.problems}
    parts += [note for note in study.notes if note not in said]
    return Section("problems", title, tuple(parts), _rows_by_code(study.problems))


def _rows_by_code(problems: Sequence[Problem]) -> dict[str, int]:
    """Rows concerned, by code."""
    counts: dict[str, int] = {}
    for problem in problems:
        name = f"{problem.code}: rows concerned"
        counts[name] = counts.get(name, 0) + len(problem.rows)
    return counts


def _problems_words(study: Study) -> str:
    """How many there are, and that nothing stopped."""
    if not study.problems:
        return "Nothing was found wrong when the study was read, and nothing had to be assumed."
    warned = sum(problem.severity == "warn" for problem in study.problems)
    noted = len(study.problems) - warned
    counted = [wording.count(warned, "warning")] if warned else []
    counted += [wording.count(noted, "note")] if noted else []
    return (
        f"Reading left {captions.listed(counted)}. None of them stops the analysis; what was done about each "
        "stands in the table, and the rows are counted from the first row under the header of the file."
    )


def _counts_by_code(problems: Sequence[Problem]) -> DocTable:
    """How often each kind was found, with one example."""
    every = pd.DataFrame(
        {
            "code": [problem.code for problem in problems],
            "severity": [problem.severity for problem in problems],
            "n_rows": [len(problem.rows) for problem in problems],
            "example": [f"{problem.what} {problem.done}".strip() for problem in problems],
        }
    )
    frame = every.groupby(["code", "severity"], sort=False).agg(
        n=("code", "size"), n_rows=("n_rows", "sum"), example=("example", "first")
    )
    columns = [
        Column("Code", ("code",)),
        Column("Kind", ("severity",)),
        Column("Found", ("n",), "count"),
        Column("Rows", ("n_rows",), "count"),
        Column("The first of them", ("example",)),
    ]
    return make_table(frame.reset_index(), "What was found when the study was read", columns=columns)


def _problems_table(problems: Sequence[Problem]) -> DocTable:
    """One row for each problem."""
    frame = pd.DataFrame(
        {
            "code": [problem.code for problem in problems],
            "what": [problem.what for problem in problems],
            "where": [problem.where for problem in problems],
            "done": [problem.done for problem in problems],
        }
    )
    columns = [Column(name.capitalize(), (name,)) for name in frame]
    return make_table(frame, "Each of them, with its place", columns=columns)
