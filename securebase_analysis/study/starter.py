"""An empty study to fill in: what files there are, what their columns mean, an example of each kind of setting."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from textwrap import wrap

from securebase_analysis.errors import DataError, Problem
from securebase_analysis.study.codebook_files import load_codebook, read_codebook
from securebase_analysis.study.schema import REPEATED_FACTS, TABLES

INTERVIEW_CODES = "secure_base_interview"
EXAMPLE = "carer_form"
EXAMPLE_ITEMS = ("av1", "av2", "av3", "sn1", "sn2", "sn3")
WIDTH = 100
LEFT_OUT = {"sources": ("sha256",), "ratings": ("construct", "value")}
FILES = {
    "children": "children.csv",
    "carers": "carers.csv",
    "placements": "placements.csv",
    "waves": "waves.csv",
    "responses": f"{EXAMPLE}.csv",
    "sources": "interviews.csv",
    "ratings": "ratings.csv",
}
PURPOSES = {
    "children": "one row for each child",
    "carers": "one row for each carer or household, with anything you know about them in further columns",
    "placements": "one row for each placement; the end stays empty while it lasts",
    "waves": "one row for each child and wave: the date, or why it did not take place",
    "responses": "one row each time a questionnaire was answered; one column for each item",
    "sources": "one row for each interview: which child and wave the transcript belongs to",
    "ratings": "one row each time a child or carer was rated; one column for each rating of the codebook",
}

STUDY_TOML = """\
# Which files the study is made of. Lines that begin with # are switched off: take the # away to switch them on.
# Only what differs from the usual names has to be said.

[study]
name = "My study"
simulated = false
codebook = "codebook.toml"     # codebook.xlsx or a folder of CSV files will do as well
date_order = "ymd"             # or "dmy" (31/03/2025) or "mdy" (03/31/2025)
# data_freeze = 2025-03-31     # the last day on which the data were complete

[children]
file = "children.csv"
# columns = { child = "child_id", site = "agency" }    # our name = yours, where they differ

[carers]
file = "carers.csv"

[placements]
file = "placements.csv"

[waves]
file = "waves.csv"

[[responses]]
instrument = "carer_form"             # as the codebook calls it
file = "carer_form.csv"
informant = "carer"
# A file with columns such as av1_T1, av1_T2:
# layout = "wide"
# wave_suffix = "_T{wave}"

# [[responses]]
# instrument = "sdq"
# file = "sdq_teacher.sav"            # SPSS, Stata, Excel and Parquet files are read as they are
# informant = "teacher"

[[ratings]]
file = "ratings.csv"

# Coded interviews: a REFI-QDA project (.qdpx) from NVivo, ATLAS.ti, MAXQDA and others, or Taguette, or QualCoder,
# or a table of coded segments as these programs export it.
# [[interviews]]
# file = "interviews.qdpx"
# sources = "interviews.csv"          # or: source_pattern = "{child}_W{wave}_{informant}"
# segment_columns = { source = "Interview", code = "Theme", text = "Quote" }    # for a table of your own
"""

CODEBOOK_HEAD = """\
# What items and interview codes stand for. Raise the version when you change it.
name = "My codebook"
version = "1"
# uses = ["sdq"]               # adds the scoring key of the SDQ (its wording is not included)

waves = [
  { wave = 1, label = "Start", aliases = ["T1"], months = 0 },
  { wave = 2, label = "One year", aliases = ["T2"], months = 12 },
]

# An example of a questionnaire, to be replaced by yours: answers from 1 to 5, every third item reversed.
instruments = [
  { instrument = "carer_form", title = "Carer form", informants = ["carer"], minimum_answered = 2 },
]

items = [
  { item = "av1", instrument = "carer_form", construct = "availability", low = 1, high = 5 },
  { item = "av2", instrument = "carer_form", construct = "availability", low = 1, high = 5 },
  { item = "av3", instrument = "carer_form", construct = "availability", low = 1, high = 5, reversed = true },
  { item = "sn1", instrument = "carer_form", construct = "sensitivity", low = 1, high = 5 },
  { item = "sn2", instrument = "carer_form", construct = "sensitivity", low = 1, high = 5 },
  { item = "sn3", instrument = "carer_form", construct = "sensitivity", low = 1, high = 5, reversed = true },
]

missing_codes = [
  { instrument = "*", code = "98", reason = "refused" },
  { instrument = "*", code = "99", reason = "not asked" },
]

# coders = [{ coder = "C1", aliases = ["first coder"] }]

# Codes for interviews and ratings: a starter to change.
"""


def new_study(folder: str | Path) -> Path:
    """Write an empty study to fill in.

    Parameters
    ----------
    folder : str or Path
        A folder that does not exist yet or is empty.

    Returns
    -------
    Path
        The folder, with `study.toml`, `codebook.toml`, CSV files that hold their header only, and `README.txt`.

    Raises
    ------
    DataError
        SB-STUDY-12 when there is anything in the folder.

    Examples
    --------
    >>> import tempfile
    >>> folder = new_study(Path(tempfile.mkdtemp()) / "ours")
    >>> sorted(file.name for file in folder.iterdir())[:3]
    ['README.txt', 'carer_form.csv', 'carers.csv']
    """
    folder = Path(folder)
    make_empty(folder)
    _write(folder / "study.toml", STUDY_TOML)
    _write(folder / "codebook.toml", CODEBOOK_HEAD + _starter_codes())
    for table, file in FILES.items():
        _write(folder / file, ",".join(header_of(table)) + "\n")
    _write(folder / "README.txt", _readme())
    read_codebook(folder / "codebook.toml")  # what we hand out must hold
    return folder


def make_empty(folder: Path) -> None:
    """Make a folder; refuse one in which there is anything."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise DataError(_not_empty(folder))
    folder.mkdir(parents=True, exist_ok=True)


def _not_empty(folder: Path) -> Problem:
    """There is something in the folder."""
    return Problem(
        "SB-STUDY-12",
        "stop",
        f"The folder {folder.name!r} is not empty.",
        why="Files that are there could be overwritten.",
        done="Nothing was written.",
        fix=f"securebase new {folder.name}-new",
    )


def _write(path: Path, text: str) -> None:
    """A text file that is the same on every system."""
    path.write_text(text, encoding="utf-8", newline="\n")


def _starter_codes() -> str:
    """The tables of the shipped starter codebook as they stand in its file, comments and all."""
    file = resources.files("securebase_analysis.study") / "codebooks" / f"{INTERVIEW_CODES}.toml"
    text = file.read_text("utf-8")
    return text[text.index("\ncodes = [") + 1 :]


def header_of(table: str) -> list[str]:
    """The columns of an empty file."""
    columns = [name for name in TABLES[table] if name not in (*REPEATED_FACTS, *LEFT_OUT.get(table, ()))]
    if table == "children":
        columns = list(TABLES[table])
    if table == "responses":
        return [name for name in columns if name != "informant"] + list(EXAMPLE_ITEMS)
    if table == "ratings":
        return [*columns, *load_codebook(INTERVIEW_CODES).ratings["rating"]]
    return columns


def _readme() -> str:
    """What the files are for, in plain words."""
    lines = [
        "A study folder for securebase_analysis",
        "======================================",
        "",
        "1. Fill in the tables, in Excel or elsewhere; save as CSV, or as XLSX (study.toml names them).",
        "2. Describe your questionnaires and interview codes in codebook.toml.",
        "3. Check the folder:          securebase check .",
        "4. When nothing stops it:     securebase report . --out report",
        "",
        "Use pseudonyms, never names, and the same pseudonym for a child in every file.",
        "Dates best as 2025-03-31. Leave a cell empty when there is nothing to say.",
        "Delete the files you do not need, and their sections in study.toml.",
        "",
    ]
    for table, file in FILES.items():
        lines += wrap(f"{file}: {PURPOSES[table]}", WIDTH)
        for name in header_of(table):
            column = TABLES[table].get(name)
            if column is None:
                continue
            words = f" ({', '.join(column.words)})" if column.words else ""
            lines += wrap(
                f"{name}: {column.meaning}{words}", WIDTH, initial_indent=" " * 4, subsequent_indent=" " * 8
            )
        lines.append("")
    return "\n".join(lines)
