"""The door for questionnaire files: the program is found from the content, and its reader gives an `Export`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from securebase_analysis.errors import check_option
from securebase_analysis.readers.delimited import read_delimited
from securebase_analysis.readers.headers import Grid
from securebase_analysis.readers.labelled import MissingRanges
from securebase_analysis.readers.questionnaires.export import PROGRAMS, Export, Program
from securebase_analysis.readers.questionnaires.limesurvey import is_limesurvey, read_limesurvey
from securebase_analysis.readers.questionnaires.plain import plain_export
from securebase_analysis.readers.questionnaires.qualtrics import is_qualtrics, read_qualtrics
from securebase_analysis.readers.questionnaires.redcap import is_redcap, read_redcap
from securebase_analysis.readers.signatures import identify
from securebase_analysis.readers.tables import from_grid, read_table
from securebase_analysis.readers.workbooks import read_workbook

STATISTICS: dict[str, Program] = {"sav": "spss", "por": "spss", "dta": "stata", "parquet": "parquet"}


def read_export(
    path: str | Path,
    format: Program | None = None,
    *,
    dictionary: str | Path | None = None,
    events: str | Path | None = None,
    sheet: str | None = None,
    header_rows: int = 1,
    encoding: str | None = None,
    separator: str | None = None,
    decimal: str | None = None,
    missing_ranges: MissingRanges = "ask",
) -> Export:
    """Read a questionnaire file of any program.

    Parameters
    ----------
    path : str or pathlib.Path
        The file.
    format : str, optional
        The program that wrote it, when its content does not tell.
    dictionary, events : str or pathlib.Path, optional
        REDCap's data dictionary and list of events; LimeSurvey's R syntax as the dictionary.
    sheet, header_rows, encoding, separator, decimal, missing_ranges
        As in `read_table`.

    Returns
    -------
    Export
        Rows, columns with their roles, declared missing cells and assumptions.

    Raises
    ------
    DataError
        What `read_table` raises, and what the reader of the program cannot understand.
    ModelError
        When `format` is no program that is known.
    """
    check_option("format", format, (None, *PROGRAMS))
    path = Path(path)
    kind, problems = identify(path)
    if kind in STATISTICS:
        reading: dict[str, Any] = {"encoding": encoding, "missing_ranges": missing_ranges}
        return plain_export(read_table(path, **reading), STATISTICS[kind])
    if kind == "xlsx":
        grid = read_workbook(path, sheet, header_rows)
    else:
        grid = read_delimited(path, header_rows, encoding, separator, decimal)
    program = format or find_program(grid)
    if program == "redcap":
        return read_redcap(grid, path.name, problems, dictionary, events)
    if program == "qualtrics":
        return read_qualtrics(grid, path.name, problems)
    if program == "limesurvey":
        return read_limesurvey(grid, path.name, problems, dictionary)
    return plain_export(from_grid(grid, path.name, problems=problems), "excel" if kind == "xlsx" else "text")


def find_program(grid: Grid) -> Program | None:
    """The program whose marks the first rows bear; None when they bear none."""
    marks: dict[Program, Callable[[Grid], bool]] = {
        "qualtrics": is_qualtrics,
        "redcap": is_redcap,
        "limesurvey": is_limesurvey,
    }
    return next((program for program, bears_marks in marks.items() if bears_marks(grid)), None)
