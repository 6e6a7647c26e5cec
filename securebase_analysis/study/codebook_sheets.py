"""A codebook as a workbook or as CSV files, for people who live in spreadsheets."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pandas as pd

from securebase_analysis.errors import DataError, Problem
from securebase_analysis.results.safe_text import neutralise
from securebase_analysis.study.codebook import Codebook
from securebase_analysis.study.codebook_columns import COLUMNS, Tables, unknown_key

ABOUT = "codebook"
"""Name of the sheet or CSV file that holds name, version and the shipped codebooks that are used."""
QUOTED_FORMULA = re.compile(r"'+\s*[=+\-@]")
LONGEST_TABLE = 1_000_000


def from_workbook(path: Path) -> tuple[dict[str, Any], Tables]:
    """Settings and tables of a workbook."""
    from securebase_analysis.readers.tables import sheet_names

    sheets = sheet_names(path)
    frames = {sheet: _typed_table(path, sheet) for sheet in sheets if sheet in {*COLUMNS, ABOUT}}
    return _from_frames(path, frames, [sheet for sheet in sheets if sheet not in {*COLUMNS, ABOUT}])


def from_folder(path: Path) -> tuple[dict[str, Any], Tables]:
    """Settings and tables of a folder of CSV files."""
    files = {file.stem: file for file in sorted(path.glob("*.csv"))}
    frames = {name: _typed_table(file) for name, file in files.items() if name in {*COLUMNS, ABOUT}}
    return _from_frames(path, frames, [name for name in files if name not in frames])


def _typed_table(path: Path, sheet: str | None = None) -> pd.DataFrame:
    """A table as it was typed in; one that holds its header only is a table without rows."""
    from securebase_analysis.readers.columns_in_blocks import spelled_out
    from securebase_analysis.readers.tables import read_table

    try:
        # A scale may be called total or mean: no row of a codebook is a summary.
        frame = spelled_out(read_table(path, sheet=sheet, keep_rows=range(1, LONGEST_TABLE)).frame)
    except DataError as error:
        if {problem.code for problem in error.problems} == {"SB-FILE-21"}:
            return pd.DataFrame()
        raise
    return frame.map(_as_typed)


def _as_typed(cell: Any) -> Any:
    """A cell without the apostrophe that kept it from running as a formula."""
    return cell[1:] if isinstance(cell, str) and QUOTED_FORMULA.match(cell) else cell


def _from_frames(path: Path, frames: dict[str, pd.DataFrame], others: list[str]) -> tuple[dict[str, Any], Tables]:
    if not frames or others:
        raise DataError([unknown_key(path, other) for other in others] or [_nothing_there(path)])
    about = frames.pop(ABOUT, pd.DataFrame())
    settings = {str(row.iloc[0]): row.iloc[1] for _, row in about.iterrows()} if about.shape[1] > 1 else {}
    return settings, dict(frames.items())


def _nothing_there(path: Path) -> Problem:
    return Problem(
        "SB-BOOK-15",
        "stop",
        f"{path.name} holds none of the tables of a codebook.",
        table=path.name,
        why="Nothing can be scored without a codebook.",
        fix=f"Name the sheets or CSV files {', '.join(COLUMNS)}.",
    )


def _frames_of(codebook: Codebook) -> dict[str, pd.DataFrame]:
    """Tables as they are typed into a spreadsheet: lists joined by semicolons, formulas made harmless."""
    about = pd.DataFrame({"setting": ["name", "version"], "value": [codebook.name, codebook.version]})
    frames = {ABOUT: about, **{name: table for name, table in codebook.tables.items() if len(table)}}
    return {name: frame.map(_cell) for name, frame in frames.items()}


def _cell(value: Any) -> Any:
    if isinstance(value, list):
        value = "; ".join(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    is_quoted = isinstance(value, str) and QUOTED_FORMULA.match(value)
    return f"'{value}" if is_quoted else neutralise(value)  # one more apostrophe, so that one can be taken off


def to_workbook(codebook: Codebook, path: Path) -> None:
    """Write a workbook with a sheet for each table that has rows."""
    with pd.ExcelWriter(path, engine="openpyxl") as book:
        for name, frame in _frames_of(codebook).items():
            frame.to_excel(book, sheet_name=name, index=False)


def to_folder(codebook: Codebook, path: Path) -> None:
    """Write a CSV file for each table that has rows."""
    path.mkdir(parents=True, exist_ok=True)
    for name, frame in _frames_of(codebook).items():
        frame.to_csv(path / f"{name}.csv", index=False, lineterminator="\n")
