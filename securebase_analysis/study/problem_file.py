"""The list of problems as a workbook for the person who keeps the data."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from securebase_analysis.errors import Problem, problems_frame
from securebase_analysis.results.safe_text import neutralise

HEADINGS = {
    "code": "Code",
    "severity": "Severity",
    "what": "What is wrong",
    "table": "Table",
    "column": "Column",
    "rows": "Rows",
    "n_rows": "Number of rows",
    "why": "Why it matters",
    "done": "What was done",
    "fix": "How to mend it",
}
WIDTHS = {"what": 50, "table": 22, "column": 18, "rows": 24, "why": 40, "done": 34, "fix": 50}
LONGEST_CELL = 32_000
SHEET = "Problems"


def write_problems(problems: Sequence[Problem], path: str | Path) -> Path:
    """Write problems to a workbook, one row each, those that stop first.

    Parameters
    ----------
    problems : sequence of Problem
        From `check_study`, or ``error.problems`` of a `DataError`.
    path : str or Path
        The ``.xlsx`` file.

    Returns
    -------
    Path
        Where it was written.

    Notes
    -----
    Rows count from 1 under the header, as in every message. No id stands in the file.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> write_problems([Problem("SB-ID-09", "stop", "2 rows have no child id.")], folder / "problems.xlsx").name
    'problems.xlsx'
    """
    from openpyxl import Workbook
    from openpyxl.styles import Alignment, Font
    from openpyxl.utils import get_column_letter

    path = Path(path)
    order = {"stop": 0, "warn": 1, "note": 2}
    frame = problems_frame(sorted(problems, key=lambda problem: order[problem.severity]))[list(HEADINGS)]
    book = Workbook()
    book.remove(book.worksheets[0])
    sheet = book.create_sheet(SHEET)
    sheet.append(list(HEADINGS.values()))
    for row in frame.itertuples(index=False):
        sheet.append([_cell(cell) for cell in row])
    for place, name in enumerate(HEADINGS, start=1):
        sheet.column_dimensions[get_column_letter(place)].width = WIDTHS.get(name, 12)
    for row in sheet.iter_rows():
        for cell in row:
            cell.alignment = Alignment(wrap_text=True, vertical="top")
    for cell in sheet[1]:
        cell.font = Font(bold=True)
    sheet.freeze_panes = "A2"
    sheet.auto_filter.ref = sheet.dimensions
    book.save(path)
    return path


def _cell(cell: object) -> object:
    """A cell that cannot run as a formula, holds no control characters and fits into a workbook."""
    if not isinstance(cell, str):
        return cell
    plain = "".join(sign for sign in cell if sign >= " " or sign == "\n")
    return neutralise(plain if len(plain) <= LONGEST_CELL else f"{plain[:LONGEST_CELL]} ...")
