"""The door for questionnaire files: the program is found from the content, and its reader gives an `Export`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from securebase_analysis.errors import Problem, check_option
from securebase_analysis.readers.delimited import read_delimited
from securebase_analysis.readers.headers import Grid
from securebase_analysis.readers.labelled import MissingRanges
from securebase_analysis.readers.questionnaires.export import PROGRAMS, Export, Program
from securebase_analysis.readers.questionnaires.plain import plain_export
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
    return _from_survey(grid, path.name, "excel" if kind == "xlsx" else "text", problems)


def _from_survey(grid: Grid, name: str, written_as: Program, problems: list[Problem]) -> Export:
    """The export of the program whose marks the first rows bear."""
    return plain_export(from_grid(grid, name, problems=problems), written_as)
