"""A codebook on disk: TOML for people who write text, a workbook or CSV files for those who live in spreadsheets.

All three forms hold the same tables with the same columns; reading any of them gives the same codebook.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

import pandas as pd

from securebase_analysis.errors import DataError, Problem, nearest
from securebase_analysis.results.safe_text import neutralise
from securebase_analysis.study.codebook import Codebook, checked, filled_codebook, make_codebook, stacked
from securebase_analysis.study.codebook_columns import COLUMNS

ABOUT = "codebook"
"""Name of the sheet or CSV file that holds name, version and the shipped codebooks that are used."""

QUOTED_FORMULA = re.compile(r"'+\s*[=+\-@]")
LONGEST_TABLE = 1_000_000

Tables = dict[str, pd.DataFrame | Sequence[Mapping[str, Any]]]


def read_codebook(path: str | Path) -> Codebook:
    """Read a codebook from TOML, from a workbook, or from a folder of CSV files.

    Parameters
    ----------
    path : str or Path
        ``codebook.toml``, ``codebook.xlsx`` (one sheet a table) or a folder (one CSV file a table).

    Returns
    -------
    Codebook

    Raises
    ------
    DataError
        With every problem of every table.

    Examples
    --------
    >>> codebook = read_codebook("data/sample/codebook.toml")
    >>> codebook.constructs_of("secure_base_carer")[:2]
    ['availability', 'sensitivity']
    """
    path = Path(path)
    about, tables = _READERS[_form_of(path)](path)
    unknown = set(about) - {"name", "version", "uses"}
    if unknown:
        raise DataError([_unknown_key(path, key) for key in sorted(unknown)])
    codebook = filled_codebook(about.get("name") or path.stem, about.get("version") or "1", tables)
    for shipped in _list_of(about.get("uses")):
        codebook = stacked(codebook, load_codebook(shipped))
    return checked(codebook)  # not before: a study's own rows may name what a shipped codebook defines


def load_codebook(name: str) -> Codebook:
    """One of the codebooks that come with the package.

    Parameters
    ----------
    name : str
        ``"secure_base_interview"``, starter codes for interviews about secure base caregiving, or the scoring key
        of a questionnaire (without its wording): ``"sdq"``, ``"bac_c"``, ``"bac_a"``, ``"psc_17"``, ``"wemwbs"``,
        ``"swemwbs"``, ``"rosenberg"``, ``"rosenberg_1965"``, ``"rcads_47"``, ``"rcads_25"``. `scoring_keys` says
        more of each.

    Returns
    -------
    Codebook

    Raises
    ------
    DataError
        When there is none of that name.

    Examples
    --------
    >>> load_codebook("sdq").items_of("sdq", "sdq_peer")["item"].tolist()
    ['sdq6', 'sdq11', 'sdq14', 'sdq19', 'sdq23']
    """
    shipped = shipped_codebooks()
    if name not in shipped:
        guess = nearest(name, shipped)
        raise DataError(
            Problem(
                "SB-BOOK-12",
                "stop",
                f"No codebook called {name!r} comes with the package.",
                table="codebook",
                column="uses",
                fix=f"Write {guess!r}." if guess else f"There are: {', '.join(shipped)}.",
            )
        )
    about, tables = _from_toml_text((_shelf() / f"{name}.toml").read_text("utf-8"), f"{name}.toml")
    return make_codebook(about["name"], about["version"], tables)


def shipped_codebooks() -> list[str]:
    """Names of the codebooks that come with the package.

    Examples
    --------
    >>> "swemwbs" in shipped_codebooks()
    True
    """
    return sorted(entry.name.removesuffix(".toml") for entry in _shelf().iterdir() if entry.name.endswith(".toml"))


def _shelf() -> Traversable:
    """Where the shipped codebooks lie."""
    return resources.files("securebase_analysis.study") / "codebooks"


def write_codebook(codebook: Codebook, path: str | Path) -> Path:
    """Write a codebook as TOML, as a workbook or as a folder of CSV files, by the ending of `path`.

    Parameters
    ----------
    codebook : Codebook
        What to write; shipped codebooks it uses are written out in full.
    path : str or Path
        Ends in ``.toml`` or ``.xlsx``; anything without an ending is a folder.

    Returns
    -------
    Path
        Where it was written.

    Raises
    ------
    DataError
        For any other ending.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> same = read_codebook(write_codebook(load_codebook("sdq"), folder / "codebook.xlsx"))
    >>> same.fingerprint == load_codebook("sdq").fingerprint
    True
    """
    path = Path(path)
    _WRITERS[_form_of(path, writing=True)](codebook, path)
    return path


# --- which form -------------------------------------------------------------------------------------------------


def _form_of(path: Path, writing: bool = False) -> str:
    ending = path.suffix.casefold()
    if ending in (".toml", ".xlsx") and (writing or path.is_file()):
        return ending
    if (writing and not ending) or path.is_dir():
        return "folder"
    missing = not path.exists() and not writing
    raise DataError(
        Problem(
            "SB-BOOK-13",
            "stop",
            f"{path.name} is not there." if missing else f"{path.name} is not a codebook file.",
            table=path.name,
            why="Nothing can be scored without a codebook.",
            fix="Name a .toml file, an .xlsx workbook or a folder of CSV files.",
        )
    )


def _unknown_key(path: Path, key: str) -> Problem:
    guess = nearest(key, [*COLUMNS, "name", "version", "uses"])
    return Problem(
        "SB-BOOK-01",
        "stop",
        f"{key!r} has no meaning in a codebook.",
        table=path.name,
        column=key,
        why="A setting that nobody reads looks as if it had an effect.",
        fix=f"Rename it to {guess!r}." if guess else "Remove it.",
    )


def _list_of(cell: Any) -> list[str]:
    if cell is None or cell == "":
        return []
    return [part.strip() for part in cell.split(";")] if isinstance(cell, str) else list(cell)


# --- TOML -------------------------------------------------------------------------------------------------------


def _from_toml(path: Path) -> tuple[dict[str, Any], Tables]:
    try:
        text = path.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(_not_toml(path.name, "it is not UTF-8 text")) from error
    return _from_toml_text(text, path.name)


def _from_toml_text(text: str, name: str) -> tuple[dict[str, Any], Tables]:
    try:
        content = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # also a number of thousands of digits
        raise DataError(_not_toml(name, str(error))) from error
    tables: Tables = {}
    about = {}
    for key, value in content.items():
        is_table = isinstance(value, list) and all(isinstance(row, dict) for row in value)
        if key in COLUMNS and is_table:
            tables[key] = value
        elif key in COLUMNS:
            raise DataError(_not_toml(name, f"{key} must be a list of rows: [[{key}]]"))
        else:
            about[key] = value
    return about, tables


def _not_toml(name: str, reason: str) -> Problem:
    return Problem(
        "SB-BOOK-14",
        "stop",
        f"{name} cannot be read as TOML: {reason}.",
        table=name,
        why="Nothing can be scored without a codebook.",
        fix="Correct the line that is named; text needs double quotes, lists square brackets.",
    )


def _to_toml(codebook: Codebook, path: Path) -> None:
    lines = [f"name = {_toml_value(codebook.name)}", f"version = {_toml_value(codebook.version)}"]
    for name, table in codebook.tables.items():
        if table.empty:
            continue
        rows = (_toml_row(name, row) for row in table.to_dict("records"))
        lines += ["", f"{name} = [", *(f"  {row}," for row in rows), "]"]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")


def _toml_row(table: str, row: Mapping[Any, Any]) -> str:
    """One row as an inline table, cells at their default left out so that the eye finds what differs."""
    cells = [
        f"{name} = {_toml_value(value)}"
        for name, value in row.items()
        if not _is_default(value, COLUMNS[table][str(name)].default)
    ]
    return "{ " + ", ".join(cells) + " }"


def _is_default(value: Any, default: Any) -> bool:
    if isinstance(value, list):
        return tuple(value) == default
    return value == default or (value != value and default != default)


def _toml_value(value: Any) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(_toml_value(part) for part in value) + "]"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, bool):
        return str(value).lower()
    return str(int(value)) if float(value).is_integer() else repr(value)


# --- workbook and CSV -------------------------------------------------------------------------------------------


def _from_workbook(path: Path) -> tuple[dict[str, Any], Tables]:
    from securebase_analysis.readers.tables import sheet_names

    sheets = sheet_names(path)
    frames = {sheet: _typed_table(path, sheet) for sheet in sheets if sheet in {*COLUMNS, ABOUT}}
    return _from_frames(path, frames, [sheet for sheet in sheets if sheet not in {*COLUMNS, ABOUT}])


def _from_folder(path: Path) -> tuple[dict[str, Any], Tables]:
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
        raise DataError([_unknown_key(path, other) for other in others] or [_nothing_there(path)])
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


def _to_workbook(codebook: Codebook, path: Path) -> None:
    with pd.ExcelWriter(path, engine="openpyxl") as book:
        for name, frame in _frames_of(codebook).items():
            frame.to_excel(book, sheet_name=name, index=False)


def _to_folder(codebook: Codebook, path: Path) -> None:
    path.mkdir(parents=True, exist_ok=True)
    for name, frame in _frames_of(codebook).items():
        frame.to_csv(path / f"{name}.csv", index=False, lineterminator="\n")


_READERS = {".toml": _from_toml, ".xlsx": _from_workbook, "folder": _from_folder}
_WRITERS = {".toml": _to_toml, ".xlsx": _to_workbook, "folder": _to_folder}
