"""The door for questionnaire files: the program is found from the content, and its reader gives an `Export`."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace
from pathlib import Path

from securebase_analysis.errors import check_option, raise_if_stopped
from securebase_analysis.readers.delimited import read_delimited
from securebase_analysis.readers.headers import Grid
from securebase_analysis.readers.labelled import MissingRanges
from securebase_analysis.readers.personal_columns import (
    PERSONAL_OPTIONS,
    Personal,
    personal_columns,
    without_personal,
)
from securebase_analysis.readers.questionnaires.export import PROGRAMS, Export, Program
from securebase_analysis.readers.questionnaires.limesurvey import is_limesurvey, read_limesurvey
from securebase_analysis.readers.questionnaires.plain import plain_export
from securebase_analysis.readers.questionnaires.qualtrics import is_qualtrics, read_qualtrics
from securebase_analysis.readers.questionnaires.redcap import is_redcap, read_redcap
from securebase_analysis.readers.tables import from_grid, identified, read_table
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
    keep_rows: Collection[int] = (),
    personal: Personal = "drop",
    needed: Collection[str] = (),
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
    sheet, header_rows, encoding, separator, decimal, missing_ranges, keep_rows
        As in `read_table`.
    personal : {"drop", "keep", "ask"}
        What becomes of columns that say who somebody is: they get the role ``personal``, stay what they are, or
        the file is refused until it is said.
    needed : collection of str
        Columns that stay whatever they hold, because somebody named them; a warning says what they hold.

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
    check_option("personal", personal, PERSONAL_OPTIONS)
    path = Path(path)
    kind, problems = identified(path, sheet, header_rows, decimal, missing_ranges)
    if kind in STATISTICS:
        table = read_table(path, encoding=encoding, missing_ranges=missing_ranges, keep_rows=keep_rows)
        return _with_persons(plain_export(table, STATISTICS[kind]), personal, needed)
    if kind == "xlsx":
        grid = read_workbook(path, sheet, header_rows)
    else:
        grid = read_delimited(path, header_rows, encoding, separator, decimal)
    program = format or find_program(grid)
    if program == "redcap":
        export = read_redcap(grid, path.name, problems, dictionary, events, keep_rows)
    elif program == "qualtrics":
        export = read_qualtrics(grid, path.name, problems, keep_rows)
    elif program == "limesurvey":
        export = read_limesurvey(grid, path.name, problems, dictionary, keep_rows)
    else:
        table = from_grid(grid, path.name, keep_rows, problems)
        export = plain_export(table, "excel" if kind == "xlsx" else "text")
    return _with_persons(export, personal, needed)


def _with_persons(export: Export, personal: Personal, needed: Collection[str]) -> Export:
    """The export with the role ``personal`` for columns that say who somebody is."""
    declared = export.with_role("personal")
    asked = export.with_role("personal", "item", "other", "date")
    labels = dict(zip(export.columns["column"], export.columns["label"]))
    found = personal_columns(export.frame[asked], labels, declared)
    if not len(found):
        return export
    names = [str(name) for name in found["column"]]
    _, _, told = without_personal(
        export.frame[names], export.name, personal=personal, keep=needed, labels=labels, declared=declared
    )
    raise_if_stopped([*export.assumptions, *told])
    columns = export.columns.copy()
    concerned = columns["column"].isin([name for name in names if name not in needed])
    columns["role"] = columns["role"].mask(concerned, "personal" if personal == "drop" else "item")
    return replace(export, columns=columns, assumptions=(*export.assumptions, *told))


def find_program(grid: Grid) -> Program | None:
    """The program whose marks the first rows bear; None when they bear none."""
    marks: dict[Program, Callable[[Grid], bool]] = {
        "qualtrics": is_qualtrics,
        "redcap": is_redcap,
        "limesurvey": is_limesurvey,
    }
    return next((program for program, bears_marks in marks.items() if bears_marks(grid)), None)
