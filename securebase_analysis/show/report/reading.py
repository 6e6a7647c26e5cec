"""What was read: files, people, waves, answers and interviews in counts."""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING

import pandas as pd

from securebase_analysis.results import wording
from securebase_analysis.show.figures import captions
from securebase_analysis.show.figures.picture import picture_of
from securebase_analysis.show.figures.waves import plot_waves, waves_frame
from securebase_analysis.show.report.names import Names
from securebase_analysis.show.report.section import Part, Section, Shown
from securebase_analysis.show.tables.doctable import Column, DocTable
from securebase_analysis.show.tables.from_frame import make_table

if TYPE_CHECKING:
    from securebase_analysis.study.study import Study

SHORT_HASH = 12
SETTINGS_FILES = ("study.toml", "codebook")
"""Files without rows of data: their rows are not counted."""


def what_was_read(study: Study) -> Section:
    """Files, people, waves, answers and interviews, in counts."""
    names = Names(study)
    parts: list[Part] = [_who(study), _files_table(study, names)]
    if len(study.waves):
        frame = waves_frame(study)
        parts += [_waves_words(frame), Shown(picture_of(plot_waves(study)), "waves"), _waves_table(frame)]
    if study.responses:
        parts.append(_answers_table(study, names))
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


def _files_table(study: Study, names: Names) -> DocTable:
    """Every file with its rows and the beginning of its hash."""
    settings = study.files["table"].isin(SETTINGS_FILES)
    frame = study.files.assign(
        n_rows=study.files["n_rows"].astype(float).mask(settings),
        table=[names.in_words(str(table)) for table in study.files["table"]],
        file=[shown_name(name) for name in study.files["file"]],
        sha256=[str(digest)[:SHORT_HASH] for digest in study.files["sha256"]],
    )
    columns = [
        Column("File", ("file",)),
        Column("Table", ("table",)),
        Column("Rows", ("n_rows",), "count"),
        Column("SHA-256 begins with", ("sha256",)),
    ]
    note = "The hash changes when the file changes; provenance.json holds it in full."
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
    expected = "Children who had left care, had died or were not yet due are not counted as losses."
    return f"{captions.listed(ends)}. {expected}"


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


def _answers_table(study: Study, names: Names) -> DocTable:
    """For each instrument and informant: forms, children, and cells without an answer by reason."""
    rows = []
    for instrument, answers in study.responses.items():
        for informant, part in answers.groupby("informant", sort=False, dropna=False):
            rows.append(
                {
                    "instrument": names.instrument(instrument),
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
        Column("Declared missing", ("declared",)),
    ]
    note = "Declared missing: answers that a code of the file or the codebook declares to be missing, by reason."
    return make_table(pd.DataFrame(rows), "Questionnaires", [note], columns=columns)


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
