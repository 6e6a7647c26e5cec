"""`study.toml`: which files a study is made of, and what their columns are called."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

import pandas as pd

from securebase_analysis.errors import Problem, nearest
from securebase_analysis.readers.toml_text import parse_toml
from securebase_analysis.study.settings import (
    BESIDE_RESPONSES,
    DATE_ORDERS,
    NAME,
    READING_SETTINGS,
    SECTION_SETTINGS,
    SECTIONS,
    STUDY_SETTINGS,
    Setting,
)


@dataclass(frozen=True)
class Entry:
    """One file of a study as `study.toml` announces it.

    Attributes
    ----------
    section : str
        ``children``, ``responses`` ...
    file : str
        Its name as written there; used in every message.
    path : Path
        Where it is.
    settings : mapping
        Every other key of its section.
    sources_path : Path, optional
        Of coded interviews: the table of sources.
    beside : mapping of str to Path
        Of questionnaires: the dictionary and the list of events of the survey.
    """

    section: str
    file: str
    path: Path
    settings: Mapping[str, Any] = field(default_factory=dict)
    sources_path: Path | None = None
    beside: Mapping[str, Path] = field(default_factory=dict)

    @property
    def columns(self) -> dict[str, str]:
        """Our column names and theirs, where the study says so."""
        return {str(ours): str(theirs) for ours, theirs in self.settings.get("columns", {}).items()}

    @property
    def reading(self) -> dict[str, Any]:
        """The arguments for the reader of tables; those without a usable value were reported."""
        return {
            key: self.settings[key]
            for key, setting in READING_SETTINGS.items()
            if key in self.settings and setting.takes(self.settings[key])
        }

    def get(self, key: str, default: Any = None) -> Any:
        """A setting, or `default`."""
        return self.settings.get(key, default)


@dataclass(frozen=True)
class StudyFile:
    """What `study.toml` says.

    Attributes
    ----------
    folder : Path
        The study folder.
    name, simulated, date_order, data_freeze, weeks_moved, leading_zeros
        The settings of ``[study]``.
    codebook : Path or None
        None when it is not there.
    entries : tuple of Entry
        Every file that is there.
    """

    folder: Path
    name: str = ""
    simulated: bool = False
    codebook: Path | None = None
    date_order: str | None = None
    data_freeze: pd.Timestamp | None = None
    weeks_moved: int = 0
    leading_zeros: str = "keep"
    entries: tuple[Entry, ...] = ()

    def of(self, section: str) -> tuple[Entry, ...]:
        """The files of one section."""
        return tuple(entry for entry in self.entries if entry.section == section)


def read_study_file(folder: str | Path) -> tuple[StudyFile | None, list[Problem]]:
    """Read `study.toml` of a folder, with everything that is wrong in it.

    Parameters
    ----------
    folder : str or Path
        The study folder, or the `study.toml` in it.

    Returns
    -------
    study_file : StudyFile or None
        None when the file cannot be read at all; otherwise what could be understood.
    problems : list of Problem
        All of them, codes SB-STUDY-01 to SB-STUDY-05, SB-STUDY-09.
    """
    folder = Path(folder)
    folder = folder.parent if folder.name == NAME and folder.is_file() else folder
    content, problems = _content(folder)
    if content is None:
        return None, problems
    problems += _unknown(content, ("study", *SECTIONS), NAME, "")
    about = content.get("study", {})
    if not isinstance(about, dict):
        return None, [*problems, _bad_value("study", "a table: [study]")]
    problems += _checked(about, STUDY_SETTINGS, "study")
    codebook, found = _codebook_path(folder, about)
    problems += found
    entries: list[Entry] = []
    for section in SECTIONS:
        made, found = _entries(folder, section, content.get(section))
        entries += made
        problems += found
    if not entries and not problems:
        problems.append(_no_files())
    return _study_file(folder, about, codebook, entries), problems


def _study_file(folder: Path, about: dict[str, Any], codebook: Path | None, entries: list[Entry]) -> StudyFile:
    """The settings that are usable; the others have been reported."""
    freeze = pd.to_datetime(str(about.get("data_freeze", "")), format="%Y-%m-%d", errors="coerce")
    order, weeks = about.get("date_order"), about.get("weeks_moved")
    return StudyFile(
        folder=folder,
        name=str(about.get("name") or folder.resolve().name),
        simulated=about.get("simulated") is True,
        codebook=codebook,
        date_order=order if order in DATE_ORDERS else None,
        data_freeze=None if pd.isna(freeze) else pd.Timestamp(freeze),
        weeks_moved=weeks if isinstance(weeks, int) else 0,
        leading_zeros="ignore" if about.get("leading_zeros") == "ignore" else "keep",
        entries=tuple(entries),
    )


def _content(folder: Path) -> tuple[dict[str, Any] | None, list[Problem]]:
    """The TOML file as nested dictionaries."""
    path = folder / NAME
    if not path.is_file():
        return None, [_no_study_file(folder)]
    try:
        return parse_toml(path.read_bytes()), []
    except ValueError as error:
        is_text = not isinstance(error, UnicodeDecodeError)
        return None, [
            Problem(
                "SB-STUDY-02",
                "stop",
                f"{NAME} cannot be read as TOML: {error if is_text else 'it is not UTF-8 text'}.",
                table=NAME,
                why="It says which files belong to the study.",
                fix='Correct the line that is named; text needs double quotes, e.g. file = "children.csv".'
                if is_text
                else "Save it in your editor with the encoding UTF-8.",
            )
        ]


def _no_study_file(folder: Path) -> Problem:
    """The folder has no `study.toml`."""
    if not folder.is_dir():
        what = f"There is no folder {folder.name!r} here."
        fix = "Check the path; it is counted from the folder you are in."
    else:
        guess = nearest(NAME, [file.name for file in folder.iterdir()])
        what = f"The folder has no {NAME}."
        fix = (
            f"Rename {guess} to {NAME}."
            if guess
            else f"Write one, or start with: securebase new {folder.name}-new"
        )
    why = "It says which files belong to the study and what their columns are called."
    return Problem("SB-STUDY-01", "stop", what, table=NAME, why=why, fix=fix)


def _no_files() -> Problem:
    """`study.toml` names no data."""
    return Problem(
        "SB-STUDY-01",
        "stop",
        f"{NAME} names no file with data.",
        table=NAME,
        why="There is nothing to read.",
        fix='Add a section such as [children] with file = "children.csv".',
    )


def _unknown(given: Mapping[str, Any], known: Any, table: str, section: str) -> list[Problem]:
    """Keys that nobody reads."""
    problems = []
    for key in given:
        if key in known:
            continue
        guess = nearest(key, known)
        place = f" in [{section}]" if section else ""
        problems.append(
            Problem(
                "SB-STUDY-03",
                "stop",
                f"{key!r} has no meaning{place}.",
                table=table,
                column=f"{section}.{key}".strip("."),
                why="A setting that nobody reads looks as if it had an effect.",
                fix=f"Rename it to {guess}." if guess else f"Remove it; there are {', '.join(known)}.",
            )
        )
    return problems


def _checked(given: Mapping[str, Any], settings: Mapping[str, Setting], section: str) -> list[Problem]:
    """Everything that is wrong with the keys and values of one section."""
    problems = _unknown(given, settings, NAME, section)
    for key, setting in settings.items():
        if key not in given:
            if setting.required:
                problems.append(_bad_value(f"{section}.{key}", f"{setting.meaning}; it is not given"))
            continue
        if not setting.is_of_type(given[key]):
            problems.append(_bad_value(f"{section}.{key}", setting.meaning))
        elif not setting.takes(given[key]):
            problems.append(_bad_value(f"{section}.{key}", f"{setting.meaning}: {', '.join(setting.words)}"))
    if "data_freeze" in given and "data_freeze" in settings:
        date = pd.to_datetime(str(given["data_freeze"]), format="%Y-%m-%d", errors="coerce")
        if pd.isna(date):
            problems.append(_bad_value("study.data_freeze", "a date such as 2025-03-31"))
    return problems


def _bad_value(key: str, wanted: str) -> Problem:
    """A key without a usable value."""
    return Problem(
        "SB-STUDY-09",
        "stop",
        f"The setting {key} has no usable value.",
        table=NAME,
        column=key,
        why="The files cannot be read as they are meant.",
        fix=f"Give {wanted}.",
    )


def _codebook_path(folder: Path, about: Mapping[str, Any]) -> tuple[Path | None, list[Problem]]:
    """The codebook's path inside the folder."""
    named = about.get("codebook")
    if not isinstance(named, str):
        return None, []
    return _path_in(folder, named, "study.codebook", allow_folder=True)


def _entries(folder: Path, section: str, given: Any) -> tuple[list[Entry], list[Problem]]:
    """The files of one section, given as one table or as a list of tables."""
    if given is None:
        return [], []
    rows = given if isinstance(given, list) else [given]
    entries, problems = [], []
    for row in rows:
        if not isinstance(row, dict):
            problems.append(_bad_value(section, f'a table: [{section}] with file = "..."'))
            continue
        problems += _checked(row, SECTION_SETTINGS[section], section)
        entry, found = _entry(folder, section, row)
        problems += found
        if entry is not None:
            entries.append(entry)
    return entries, problems


def _entry(folder: Path, section: str, row: dict[str, Any]) -> tuple[Entry | None, list[Problem]]:
    """One file with its settings; None when it is not there or not allowed."""
    named = row.get("file")
    if not isinstance(named, str):
        return None, []
    allow_folder = section == "interviews"
    path, problems = _path_in(folder, named, f"{section}.file", allow_folder)
    sources_path = None
    sources = row.get("sources")
    if isinstance(sources, str):
        sources_path, found = _path_in(folder, sources, f"{section}.sources")
        problems += found
    beside = {}
    for key in BESIDE_RESPONSES:
        if section == "responses" and isinstance(row.get(key), str):
            beside[key], found = _path_in(folder, row[key], f"{section}.{key}")
            problems += found
    if path is None:
        return None, problems
    settings = {
        key: value
        for key, value in row.items()
        if key in SECTION_SETTINGS[section] and isinstance(value, SECTION_SETTINGS[section][key].types)
    }
    there = {key: beside_path for key, beside_path in beside.items() if beside_path is not None}
    return Entry(section, named, path, settings, sources_path, there), problems


def _path_in(folder: Path, named: str, key: str, allow_folder: bool = False) -> tuple[Path | None, list[Problem]]:
    """The path of a file inside the study folder, or why there is none."""
    path = folder / named
    try:
        if not stays_inside(folder, named):
            return None, [_outside(key)]
        if path.is_file() or (allow_folder and path.is_dir()):
            return path, []
    except (OSError, ValueError):  # a name that no file can have, such as one of 300 letters
        return None, [_not_there(folder, folder, named, key)]
    beside = path.parent if path != folder and path.parent.is_dir() else folder
    return None, [_not_there(folder, beside, named, key)]


def stays_inside(folder: Path, named: str) -> bool:
    """Whether a file name leads to a place inside the folder, links included."""
    windows, posix = PureWindowsPath(named), PurePosixPath(named)
    if not named.strip() or windows.drive or windows.root or posix.is_absolute():
        return False
    if ".." in windows.parts or ".." in posix.parts:
        return False
    return (folder / named).resolve().is_relative_to(folder.resolve())


def _outside(key: str) -> Problem:
    """A path that leads out of the study folder."""
    return Problem(
        "SB-STUDY-05",
        "stop",
        f"The path of {key} leads out of the study folder.",
        table=NAME,
        column=key,
        why="A study folder must hold everything it is made of, and nothing else is opened.",
        done="The file was not opened.",
        fix="Copy the file into the study folder and name it from there, without '..' and without a drive.",
    )


def _not_there(folder: Path, beside: Path, named: str, key: str) -> Problem:
    """A file that is announced and not there, with the nearest that is."""
    others = [str(file.relative_to(folder)) for file in sorted(beside.iterdir()) if file.name != NAME]
    guess = nearest(named, _not_named_yet(folder, others))
    return Problem(
        "SB-STUDY-04",
        "stop",
        f"The file {named} is not in the study folder.",
        table=NAME,
        column=key,
        why="Its data would be missing from every result.",
        fix=f'{key.split(".")[-1]} = "{guess}"'
        if guess
        else f"Put {named} into the folder, or remove the section.",
    )


def _not_named_yet(folder: Path, files: list[str]) -> list[str]:
    """The files that `study.toml` does not speak of: one that it does speak of holds something else."""
    told = (folder / NAME).read_text(encoding="utf-8-sig")
    return [file for file in files if f'"{file}"' not in told and f"'{file}'" not in told]
