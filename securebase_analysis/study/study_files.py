"""A study back to the files that `read_study` reads, whatever its files were called before."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pandas as pd

from securebase_analysis.readers.interviews import write_interviews
from securebase_analysis.study.codebook import Codebook, make_codebook
from securebase_analysis.study.codebook_columns import ALL_INSTRUMENTS
from securebase_analysis.study.codebook_files import write_codebook
from securebase_analysis.study.schema import KEY
from securebase_analysis.study.settings import NAME
from securebase_analysis.study.starter import make_empty
from securebase_analysis.study.study import Study

ENTITIES = ("children", "carers", "placements", "waves")
PROJECT, SOURCES = "interviews.qdpx", "interviews.csv"
SOURCE_COLUMNS = ["source", *KEY, "wave", "informant", "date"]
RATING_COLUMNS = [*KEY, "wave", "rater", "date", "construct", "value", "age_band", "evidence"]


def write_tables(study: Study, folder: Path) -> Path:
    """Write every table of a study into a new or empty folder.

    Raises
    ------
    DataError
        SB-STUDY-12 when there is anything in the folder.
    """
    make_empty(folder)
    codebook = _codebook(study)
    write_codebook(codebook, folder / "codebook.toml")
    sections = [_about(study)]
    for name in ENTITIES:
        if len(getattr(study, name)):
            sections.append(_written(getattr(study, name), folder, f"[{name}]", f"{name}.csv"))
    for name, frame in study.responses.items():
        cells = _answers_as_in_files(study, name, frame)
        instrument = f"instrument = {json.dumps(name, ensure_ascii=False)}"
        sections.append(_written(cells, folder, "[[responses]]", f"{_file_name(name)}.csv", instrument))
    if len(study.ratings):
        ratings = _ratings_as_in_files(study.ratings, codebook)
        sections.append(_written(ratings, folder, "[[ratings]]", "ratings.csv"))
    if study.interviews is not None:
        write_interviews(study.interviews, folder / PROJECT)
        _write_csv(study.sources[SOURCE_COLUMNS], folder / SOURCES)
        sections.append(f'[[interviews]]\nfile = "{PROJECT}"\nsources = "{SOURCES}"')
    (folder / NAME).write_text("\n\n".join(sections) + "\n", encoding="utf-8", newline="\n")
    return folder


def _about(study: Study) -> str:
    """The first section of `study.toml`."""
    lines = [
        "[study]",
        f"name = {json.dumps(study.name, ensure_ascii=False)}",
        f"simulated = {str(study.simulated).lower()}",
        'codebook = "codebook.toml"',
        'date_order = "ymd"',
    ]
    if study.data_freeze is not None:
        lines.append(f"data_freeze = {study.data_freeze.date().isoformat()}")
    if study.weeks_moved:
        lines.append(f"weeks_moved = {study.weeks_moved}   # back, those of a child together")
    return "\n".join(lines)


def _written(frame: pd.DataFrame, folder: Path, section: str, file: str, *settings: str) -> str:
    """Write one table; its section of `study.toml`."""
    _write_csv(frame, folder / file)
    return "\n".join([section, *settings, f"file = {json.dumps(file, ensure_ascii=False)}"])


def _write_csv(table: pd.DataFrame, path: Path) -> None:
    table.to_csv(path, index=False, lineterminator="\n", date_format="%Y-%m-%d", encoding="utf-8")


def _file_name(instrument: str) -> str:
    """The name of an instrument as that of a file."""
    return "answers_" + re.sub(r"[^\w\-]+", "_", instrument)


# --- answers with the codes of their reasons ---------------------------------------------------------------------


def _codebook(study: Study) -> Codebook:
    """The codebook with every reason that a file alone had declared."""
    known = study.codebook.missing_codes
    reasons = study.missing[["instrument", "code", "reason"]].drop_duplicates()
    words = [_word(study.codebook, *row) for row in reasons.itertuples(index=False)]
    added = reasons.assign(code=words)[["instrument", "code", "reason"]].drop_duplicates()
    everywhere = set(known["code"][known["instrument"] == ALL_INSTRUMENTS])
    there = set(zip(known["instrument"], known["code"]))
    new = [
        (row.instrument, row.code) not in there and row.code not in everywhere
        for row in added.itertuples(index=False)
    ]
    tables = {**study.codebook.tables, "missing_codes": pd.concat([known, added[new]], ignore_index=True)}
    return make_codebook(study.codebook.name, study.codebook.version, tables)


def _word(codebook: Codebook, instrument: str, code: str, reason: str) -> str:
    """What stands in the cell: the code where the codebook gives it this reason, else the reason itself."""
    known = codebook.missing_codes
    mine = known[known["instrument"].isin([instrument, ALL_INSTRUMENTS])]
    return code if reason in set(mine["reason"][mine["code"] == code]) else reason


def _answers_as_in_files(study: Study, instrument: str, frame: pd.DataFrame) -> pd.DataFrame:
    """The rows of a questionnaire with a code in each cell that has a reason for being empty."""
    keys = [*KEY, "wave", "informant"]
    cells = frame.astype(object).where(frame.notna(), None)
    cells["date"] = frame["date"].dt.strftime("%Y-%m-%d")
    row_of = {key: row for row, key in enumerate(frame[keys].astype("str").itertuples(index=False, name=None))}
    mine = study.missing[study.missing["instrument"] == instrument]
    where = mine[keys].astype("str").itertuples(index=False, name=None)
    for key, item, code, reason in zip(where, mine["item"], mine["code"], mine["reason"]):
        cells.iat[row_of[key], cells.columns.get_loc(item)] = _word(study.codebook, instrument, code, reason)
    return cells


def _ratings_as_in_files(ratings: pd.DataFrame, codebook: Codebook) -> pd.DataFrame:
    """One row a rating, under the name that the codebook gives it."""
    about = codebook.ratings.drop_duplicates("construct").set_index("construct")
    names = ratings["construct"].map(about["rating"])
    word = ratings["construct"].map(about["not_applicable"])
    values = ratings["value"].astype(object).where(~ratings["not_applicable"], word)
    return ratings.assign(construct=names, value=values)[RATING_COLUMNS]
