"""The folder of a simulated study: the files a researcher would have, and a README that says what they are."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from securebase_analysis.readers.interviews import write_interviews
from securebase_analysis.study.codebook_files import write_codebook
from securebase_analysis.study.simulation.cohort import DATA_FREEZE
from securebase_analysis.study.simulation.instruments import (
    ABOUT_THE_CARER,
    ABOUT_THE_CHILD,
    NOT_ASKED_CODE,
    REFUSED_CODE,
    USES,
    own_codebook,
)
from securebase_analysis.study.simulation.readme import readme

if TYPE_CHECKING:
    from securebase_analysis.study.simulate import SimulatedStudy

NAME = "Simulated long-term foster care cohort"
CSV_TABLES = (
    "children",
    "carers",
    "placements",
    "waves",
    "carer_questionnaire",
    "child_questionnaire",
    "sdq_carer",
    "ratings",
    "interviews",
)
SAV_TABLE = "sdq_teacher"
PROJECT = "interviews.qdpx"
CALLED_VISIT = "child_questionnaire"
"""The file that names its waves T1, T2, ... in a column of its own naming, as files from elsewhere do."""
SAV_STAMP = slice(92, 109)
SAV_STAMP_TEXT = b"31 Mar 2500:00:00"


def write_folder(simulated: SimulatedStudy, folder: Path) -> Path:
    """Write every file of the study; the same study gives the same bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in CSV_TABLES:
        if name in simulated.tables:
            _write_csv(as_in_file(name, simulated.tables[name]), folder / f"{name}.csv")
    _write_sav(simulated.tables[SAV_TABLE], folder / f"{SAV_TABLE}.sav")
    if simulated.interviews is not None:
        write_interviews(simulated.interviews, folder / PROJECT)
    _write_codebooks(simulated, folder)
    _write_text(study_toml(simulated), folder / "study.toml")
    _write_text(readme(simulated), folder / "README.md")
    return folder


def as_in_file(name: str, table: pd.DataFrame) -> pd.DataFrame:
    """A table with the column and wave names of its file."""
    if name != CALLED_VISIT:
        return table
    return table.assign(wave="T" + table["wave"].astype(str)).rename(columns={"wave": "visit"})


def _write_text(text: str, path: Path) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")


def _write_csv(table: pd.DataFrame, path: Path) -> None:
    table.to_csv(path, index=False, lineterminator="\n", date_format="%Y-%m-%d", encoding="utf-8")


def _write_sav(table: pd.DataFrame, path: Path) -> None:
    """An SPSS file with labels and declared missing codes; the stamp in its header is the day of the freeze."""
    import pyreadstat

    items = [name for name in table.columns if name.startswith("sdq")]
    reasons: dict[int | float, str] = {REFUSED_CODE: "refused", NOT_ASKED_CODE: "not asked"}
    about = {
        "site": "local authority",
        "child": "pseudonym of the child",
        "wave": "wave",
        "date": "day of the form",
    }
    frame = table.assign(date=table["date"].dt.date, **{item: table[item].astype("float64") for item in items})
    pyreadstat.write_sav(
        frame,
        path,
        file_label="Simulated data",
        column_labels={**about, **{item: f"SDQ item {item[3:]}" for item in items}},
        variable_value_labels={item: {n: f"answer {n}" for n in range(3)} | reasons for item in items},
        missing_ranges={item: [REFUSED_CODE, NOT_ASKED_CODE] for item in items},
        variable_measure=dict.fromkeys(items, "ordinal"),
        row_compress=True,
    )
    content = bytearray(path.read_bytes())
    content[SAV_STAMP] = SAV_STAMP_TEXT
    path.write_bytes(content)


def _write_codebooks(simulated: SimulatedStudy, folder: Path) -> None:
    """In TOML the study's own tables and the names of the codebooks it uses; in the workbook everything."""
    path = write_codebook(own_codebook(simulated.n_waves, simulated.months_between), folder / "codebook.toml")
    uses = ", ".join(f'"{name}"' for name in USES)
    _write_text(path.read_text("utf-8") + f"\nuses = [{uses}]\n", path)
    _without_clock(write_codebook(simulated.codebook, folder / "codebook.xlsx"))


def _without_clock(workbook: Path) -> None:
    """Set every time in a workbook to the day of the freeze, so that the same study gives the same bytes."""
    with zipfile.ZipFile(workbook) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    about = "docProps/core.xml"
    parts[about] = re.sub(rb"\d{4}-\d\d-\d\dT[\d:]+Z", f"{DATA_FREEZE}T00:00:00Z".encode(), parts[about])
    year, month, day = (int(part) for part in str(DATA_FREEZE).split("-"))
    with zipfile.ZipFile(workbook, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            stamped = zipfile.ZipInfo(name, (year, month, day, 0, 0, 0))
            archive.writestr(stamped, content, zipfile.ZIP_DEFLATED)


def study_toml(simulated: SimulatedStudy) -> str:
    """What `read_study` is told about the folder."""
    sections = [
        "# Which files the study is made of. Only what differs from the usual names has to be said.\n"
        "[study]\n"
        f'name = "{NAME}"\n'
        "simulated = true\n"
        'codebook = "codebook.toml"   # codebook.xlsx holds the same\n'
        'date_order = "ymd"\n'
        f"data_freeze = {DATA_FREEZE}",
        *(f'[{name}]\nfile = "{name}.csv"' for name in CSV_TABLES[:4]),
        _responses(ABOUT_THE_CARER, "carer_questionnaire.csv", "carer"),
        _responses(ABOUT_THE_CHILD, "child_questionnaire.csv", "carer") + '\ncolumns = { wave = "visit" }',
        _responses("sdq", "sdq_carer.csv", "carer"),
        _responses("sdq", "sdq_teacher.sav", "teacher"),
        '[[ratings]]\nfile = "ratings.csv"',
    ]
    if simulated.interviews is not None:
        sections.append(f'[[interviews]]\nfile = "{PROJECT}"\nsources = "interviews.csv"')
    return "\n\n".join(sections) + "\n"


def _responses(instrument: str, file: str, informant: str) -> str:
    return f'[[responses]]\ninstrument = "{instrument}"\nfile = "{file}"\ninformant = "{informant}"'
