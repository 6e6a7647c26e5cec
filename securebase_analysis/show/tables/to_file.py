"""Tables for print written as Word, HTML, LaTeX or Excel, by the ending of the name."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from securebase_analysis.errors import check_option
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
        When the ending is none of the four.

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
    given = [tables] if isinstance(tables, DocTable | Result) else list(tables)
    made = [one if isinstance(one, DocTable) else table_of(one) for one in given]
    if len(made) > 1:
        made = [one if one.number is not None else one.numbered(place) for place, one in enumerate(made, start=1)]
    return write_beside(path, _WRITERS[path.suffix.lower()](made))


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
