"""Tables for print written as Word, HTML, LaTeX or Excel, by the ending of the name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from securebase_analysis.errors import ModelError, Problem, check_option
from securebase_analysis.results.result import Result
from securebase_analysis.show.tables.doctable import DocTable
from securebase_analysis.show.tables.from_result import table_of


def write_table(tables: Any, path: str | Path) -> Path:
    """Write one table, or several, for print.

    Parameters
    ----------
    tables : DocTable, Result, or sequence of them
        Several are numbered 1, 2, 3 where they have no number yet.
    path : str or Path
        Ending in ``.docx``, ``.html``, ``.tex`` or ``.xlsx``.

    Returns
    -------
    Path
        The file written; a free name beside it when the file is open in Word or Excel.

    Warns
    -----
    FileOpenWarning
        When another name had to be taken (SB-OUT-15).

    Raises
    ------
    ModelError
        When the ending is none of the four (SB-MODEL-30), or there is something that is no table for print
        (SB-MODEL-41).

    Examples
    --------
    >>> import pandas as pd, tempfile, pathlib
    >>> from securebase_analysis.show import make_table
    >>> table = make_table(pd.DataFrame({"wave": [1, 2]}), "Waves")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_table(table, pathlib.Path(folder) / "waves.docx").name
    'waves.docx'
    """
    from securebase_analysis.show.files import write_beside

    path = Path(path)
    check_option("ending of path", path.suffix.lower(), tuple(_WRITERS))
    several = isinstance(tables, Iterable) and not isinstance(tables, pd.DataFrame | str)
    given = list(tables) if several else [tables]
    for one in given:
        if not isinstance(one, DocTable | Result):
            raise ModelError(_no_table(one))
    made = [one if isinstance(one, DocTable) else table_of(one) for one in given]
    if len(made) > 1:
        made = [one if one.number is not None else one.numbered(place) for place, one in enumerate(made, start=1)]
    return write_beside(path, _WRITERS[path.suffix.lower()](made))


def _no_table(given: object) -> Problem:
    """The message for what has no title and no notes yet."""
    frame = "frame" if isinstance(given, pd.DataFrame) else "the frame in it"
    return Problem(
        "SB-MODEL-41",
        "stop",
        f"{type(given).__name__} is neither a result nor a table for print.",
        why="A table for print has a title and notes.",
        done="Nothing was written.",
        fix=f"write_table(make_table({frame}, 'Title'), 'table.docx')",
    )


def _as_docx(tables: Sequence[DocTable]) -> bytes:
    from securebase_analysis.show.tables.word import word_bytes

    return word_bytes(tables)


def _as_html(tables: Sequence[DocTable]) -> bytes:
    from securebase_analysis.show.tables.web import page_html

    return page_html(tables).encode("utf-8")


def _as_latex(tables: Sequence[DocTable]) -> bytes:
    from securebase_analysis.show.tables.latex import table_latex

    return "\n".join(table_latex(table) for table in tables).encode("utf-8")


def _as_workbook(tables: Sequence[DocTable]) -> bytes:
    from securebase_analysis.show.tables.workbook import workbook_bytes

    return workbook_bytes(tables)


_WRITERS = {".docx": _as_docx, ".html": _as_html, ".tex": _as_latex, ".xlsx": _as_workbook}
