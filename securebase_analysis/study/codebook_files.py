"""A codebook on disk: TOML for people who write text, a workbook or CSV files for those who live in spreadsheets.

All three forms hold the same tables with the same columns; reading any of them gives the same codebook.
"""

from __future__ import annotations

from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from securebase_analysis.errors import DataError, Problem, nearest
from securebase_analysis.study.codebook import Codebook, checked, filled_codebook, make_codebook, stacked
from securebase_analysis.study.codebook_columns import unknown_key
from securebase_analysis.study.codebook_sheets import from_folder, from_workbook, to_folder, to_workbook
from securebase_analysis.study.codebook_toml import from_toml, from_toml_text, to_toml


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
        raise DataError([unknown_key(path, key) for key in sorted(unknown)])
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
    about, tables = from_toml_text((_shelf() / f"{name}.toml").read_text("utf-8"), f"{name}.toml")
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


def _list_of(cell: Any) -> list[str]:
    if cell is None or cell == "":
        return []
    return [part.strip() for part in cell.split(";")] if isinstance(cell, str) else list(cell)


_READERS = {".toml": from_toml, ".xlsx": from_workbook, "folder": from_folder}
_WRITERS = {".toml": to_toml, ".xlsx": to_workbook, "folder": to_folder}
