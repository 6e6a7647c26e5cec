"""SPSS and Stata files: values, labels, and the reason of every cell that the file declares missing."""

from __future__ import annotations

import datetime as dt
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

from securebase_analysis.errors import DataError, Problem
from securebase_analysis.readers.signatures import KIND_NAMES, empty_table
from securebase_analysis.readers.spss_dictionary import check_dictionary
from securebase_analysis.results.wording import count as n_of

MissingRanges = Literal["ask", "apply", "ignore"]
MISSING_COLUMNS = ("row", "column", "code", "reason")
NO_REASON = "declared missing, no label"
SPSS_EPOCH = pd.Timestamp("1582-10-14")
UNCONVERTED_DATES = ("QYR", "MOYR", "WKYR")
MAX_CELLS = 500_000_000
COLUMNS_SHOWN = 6
LIMIT = 1e300
"""Beyond it a bound of a range is LOWEST or HIGHEST."""


@dataclass(frozen=True, eq=False)
class Labelled:
    """What a statistics package's file holds.

    Parameters
    ----------
    frame : pandas.DataFrame
        Values; cells that the file declares missing are missing.
    missing : pandas.DataFrame
        Columns ``row, column, code, reason``: the cells declared missing.
    labels : dict
        Column name to label.
    value_labels : dict
        Column name to {value: label}.
    problems : tuple of Problem
        What was assumed.
    """

    frame: pd.DataFrame
    missing: pd.DataFrame
    labels: dict[str, str]
    value_labels: dict[str, dict[Any, str]]
    problems: tuple[Problem, ...]


def read_labelled(
    path: Path, kind: str, encoding: str | None = None, missing_ranges: MissingRanges = "ask"
) -> Labelled:
    """Read an SPSS or Stata file and keep why cells are missing.

    Parameters
    ----------
    path : pathlib.Path
        The file.
    kind : {"sav", "por", "dta"}
        What it is.
    encoding : str, optional
        Of its texts, when the file names the wrong one.
    missing_ranges : {"ask", "apply", "ignore"}
        What to do with observed values in a *range* declared missing (e.g. -999 to 0) that may be answers: those
        without a label, and those of 0 and more in a range that begins below 0. Single codes, and the other
        values of a range, always apply.

    Returns
    -------
    Labelled
        Values, reasons and labels.

    Raises
    ------
    DataError
        Not such a file (SB-FILE-14), no rows (SB-FILE-21), or a range that may swallow answers (SB-FILE-15).
    """
    raw, meta = _open(path, kind, encoding)
    table = path.name
    if not len(raw):
        raise DataError(empty_table(table, "The file has variables but no rows."))
    value_labels = {name: dict(labels) for name, labels in meta.variable_value_labels.items() if labels}
    frame: dict[str, pd.Series] = {}
    pieces: list[pd.DataFrame] = []
    problems: list[Problem] = []
    for name in raw:
        try:
            cells = _clean_cells(raw[name], meta.original_variable_types.get(name) or "")
        except (ValueError, OverflowError) as error:  # a date beyond all calendars
            raise DataError(_not_readable(table, kind, type(error).__name__)) from None
        labels = value_labels.get(name, {})
        if kind == "dta":
            found = _stata_missing(cells, meta.missing_user_values.get(name, ()), labels)
        else:
            declared = meta.missing_ranges.get(name, ())
            found, swallowed = _spss_missing(cells, declared, labels, missing_ranges)
            problems += _report_ranges(swallowed, cells, declared, table, name)
        is_text = meta.readstat_variable_types.get(name) == "string"
        values = _typed(cells.mask(_flags(found["row"] - 1, len(cells))), is_text)
        frame[name] = values
        pieces.append(found.assign(column=name))
        problems += _report_labels(values, labels, set(found["code"]), table, name)
    missing = pd.concat(pieces, ignore_index=True)[list(MISSING_COLUMNS)]
    missing = missing.sort_values(["row", "column"], kind="stable", ignore_index=True)
    problems += _report_missing(missing, list(raw), table)
    labels = {name: label for name, label in meta.column_names_to_labels.items() if label}
    return Labelled(pd.DataFrame(frame), missing, labels, value_labels, tuple(problems))


def no_missing() -> pd.DataFrame:
    """The table of declared missing cells of a file that declares none."""
    return pd.DataFrame(
        {"row": pd.Series(dtype="int64")} | {name: pd.Series(dtype="str") for name in MISSING_COLUMNS[1:]}
    )


def _open(path: Path, kind: str, encoding: str | None) -> tuple[pd.DataFrame, Any]:
    """Let pyreadstat read the file; whatever it raises on a damaged one is a problem of the file."""
    import pyreadstat

    read: Any = {"sav": pyreadstat.read_sav, "por": pyreadstat.read_por, "dta": pyreadstat.read_dta}[kind]
    options: dict[str, Any] = {} if kind == "por" else {"user_missing": True}
    if encoding is not None:
        options["encoding"] = encoding
    try:
        if kind == "sav":
            check_dictionary(path, encoding)
        _, meta = read(str(path), metadataonly=True, **{k: v for k, v in options.items() if k != "user_missing"})
        n_cells = (meta.number_rows or 0) * (meta.number_columns or 0)
        if n_cells > MAX_CELLS:
            raise DataError(_too_large(path.name))
        if kind == "dta" and n_cells > path.stat().st_size:  # each takes at least a byte
            raise DataError(_not_readable(path.name, kind, "more cells than bytes"))
        with warnings.catch_warnings():
            warnings.filterwarnings("error", ".* is duplicated")  # the library would give it another name
            return read(str(path), **options)
    except DataError:
        raise
    except Exception as error:
        raise DataError(_not_readable(path.name, kind, type(error).__name__)) from None


def _clean_cells(cells: pd.Series, spss_format: str) -> pd.Series:
    """Cells with dates as dates, times as text, and empty text as missing; codes still among them."""
    if spss_format.upper().startswith(UNCONVERTED_DATES) and pd.api.types.is_numeric_dtype(cells):
        seconds = pd.to_timedelta(cells, unit="s")
        return (SPSS_EPOCH.as_unit("us") + seconds.astype("timedelta64[us]")).astype("datetime64[us]")
    if isinstance(cells.dtype, pd.StringDtype):
        return cells.mask(cells == "")
    return cells


def _flags(positions: pd.Series, n: int) -> np.ndarray:
    """True at the positions given."""
    flags = np.zeros(n, dtype=bool)
    flags[positions.to_numpy(dtype=int)] = True
    return flags


def _typed(cells: pd.Series, is_text: bool) -> pd.Series:
    """The type that the file means, once the missing codes are out of the column."""
    if cells.dtype != object and not isinstance(cells.dtype, pd.StringDtype):
        return cells
    filled = cells.dropna()
    if not is_text and not len(filled):
        return pd.Series(np.nan, index=cells.index)
    kinds = {type(value) for value in filled}
    if kinds and kinds <= {dt.date, dt.datetime, pd.Timestamp}:
        return pd.to_datetime(cells.where(cells.notna(), None)).astype("datetime64[us]")
    if not is_text and all(issubclass(kind, int | float | np.number) for kind in kinds):
        return cells.astype("float64")
    text = [value.isoformat() if isinstance(value, dt.time) else str(value) for value in filled]
    return pd.Series(text, index=filled.index, dtype="str").reindex(cells.index)


def _as_code(value: Any) -> str:
    """A code as text, whole numbers without a point."""
    if isinstance(value, float | np.floating) and float(value).is_integer():
        return str(int(value))
    return str(value)


def _found(cells: pd.Series, flags: np.ndarray, labels: Mapping[Any, str], stata: bool = False) -> pd.DataFrame:
    """The flagged cells as rows of ``row, code, reason``."""
    values = cells[flags]
    codes = [f".{value}" if stata else _as_code(value) for value in values]
    reasons = [str(labels.get(value, NO_REASON)) for value in values]
    return pd.DataFrame(
        {
            "row": np.flatnonzero(flags).astype("int64") + 1,
            "code": pd.Series(codes, dtype="str").to_numpy(),
            "reason": pd.Series(reasons, dtype="str").to_numpy(),
        }
    ).astype({"code": "str", "reason": "str"})


def _stata_missing(cells: pd.Series, letters: Sequence[str], labels: Mapping[Any, str]) -> pd.DataFrame:
    """The cells of a Stata number that hold ``.a`` to ``.z``."""
    return _found(cells, cells.isin(list(letters)).to_numpy(), labels, stata=True)


def _spss_missing(
    cells: pd.Series, declared: Sequence[Mapping[str, Any]], labels: Mapping[Any, str], ranges: MissingRanges
) -> tuple[pd.DataFrame, np.ndarray]:
    """The cells that hold a declared code, and flags of those that a range would swallow without asking."""
    single = np.zeros(len(cells), dtype=bool)
    covered = np.zeros(len(cells), dtype=bool)
    for part in declared:
        low, high = part["lo"], part["hi"]
        if low == high:
            single |= (cells == low).to_numpy(dtype=bool, na_value=False)
        else:
            covered |= cells.between(low, high).to_numpy(dtype=bool, na_value=False)
    covered &= ~single
    doubtful = covered & (~cells.isin(list(labels)).to_numpy() | _from_zero_up(cells, declared))
    if ranges == "apply":
        return _found(cells, single | covered, labels), np.zeros_like(doubtful)
    found = _found(cells, single | covered & ~doubtful, labels)
    return found, doubtful if ranges == "ask" else np.zeros_like(doubtful)


def _from_zero_up(cells: pd.Series, declared: Sequence[Mapping[str, Any]]) -> np.ndarray:
    """Cells of 0 and more in a range that begins below 0: there a label may well be that of an answer."""
    crossing = [part for part in declared if part["lo"] != part["hi"] and part["lo"] < 0 <= part["hi"]]
    flags = np.zeros(len(cells), dtype=bool)
    for part in crossing:
        flags |= cells.between(0, part["hi"]).to_numpy(dtype=bool, na_value=False)
    return flags


def _report_ranges(
    swallowed: np.ndarray, cells: pd.Series, declared: Sequence[Mapping[str, Any]], table: str, name: str
) -> list[Problem]:
    """The problem of a declared range that covers observed values without a label."""
    if not swallowed.any():
        return []
    spans = " and ".join(_span(part) for part in declared if part["lo"] != part["hi"])
    counts = cells[swallowed].value_counts().sort_index()
    shown = ", ".join(f"{_as_code(value)} in {n_of(n, 'row')}" for value, n in counts.head(5).items())
    return [
        Problem(
            "SB-FILE-15",
            "stop",
            f"The file declares {spans} as missing, a range that may hold answers too: "
            f"{n_of(int(swallowed.sum()), 'cell lies', 'cells lie')} in it ({shown}).",
            table=table,
            column=name,
            rows=(np.flatnonzero(swallowed) + 1).tolist(),
            why="If they are answers, such as a 0, they would vanish; if they are codes, they would be counted.",
            done="Nothing was chosen.",
            fix="missing_ranges='apply' if the range means missing, missing_ranges='ignore' if they are answers.",
        )
    ]


def _span(part: Mapping[str, Any]) -> str:
    """A range in words; SPSS writes LOWEST and HIGHEST as the smallest and largest number there is."""
    if part["lo"] <= -LIMIT:
        return f"everything up to {part['hi']:g}"
    return f"everything from {part['lo']:g}" if part["hi"] >= LIMIT else f"{part['lo']:g} to {part['hi']:g}"


def _report_missing(missing: pd.DataFrame, names: Sequence[str], table: str) -> list[Problem]:
    """The note that counts the cells declared missing, by code."""
    if not len(missing):
        return []
    counts = missing.groupby(["code", "reason"]).size().sort_values(ascending=False, kind="stable")
    shown = ", ".join(f"{code} {reason!r} in {n_of(n, 'cell')}" for (code, reason), n in counts.head(8).items())
    more = f", and {n_of(len(counts) - 8, 'other code')}" if len(counts) > 8 else ""
    concerned = [name for name in names if name in set(missing["column"])]
    others = f" and {len(concerned) - COLUMNS_SHOWN} more" if len(concerned) > COLUMNS_SHOWN else ""
    return [
        Problem(
            "SB-FILE-15",
            "note",
            f"{n_of(len(missing), 'cell is', 'cells are')} declared missing by the file ({shown}{more}).",
            table=table,
            column=", ".join(concerned[:COLUMNS_SHOWN]) + others,
            rows=sorted(set(missing["row"])),
            done="Kept as missing, each with its reason.",
        )
    ]


def _report_labels(
    values: pd.Series, labels: Mapping[Any, str], missing_codes: set[str], table: str, name: str
) -> list[Problem]:
    """The warning that only some of the values have a label."""
    if not pd.api.types.is_numeric_dtype(values):
        return []
    labelled = [value for value in labels if _as_code(value) not in missing_codes and _is_number(value)]
    bare = values.dropna()
    bare = bare[~bare.isin(labelled)]
    if not labelled or not len(bare):
        return []
    shown = ", ".join(_as_code(value) for value in sorted(labelled)[:8])
    return [
        Problem(
            "SB-FILE-17",
            "warn",
            f"Labels exist for {shown} only, but "
            f"{n_of(len(bare), 'cell holds another value', 'cells hold other values')}.",
            table=table,
            column=name,
            rows=(bare.index + 1).tolist(),
            why="As categories, the values without a label would be lost or misplaced.",
            done="The column was kept as numbers.",
            fix="If only the ends of the scale are labelled this is in order; otherwise complete the labels.",
        )
    ]


def _is_number(value: Any) -> bool:
    """Whether a labelled value is a number."""
    return isinstance(value, int | float | np.number)


def _not_readable(table: str, kind: str, error: str) -> Problem:
    """The problem of a file that says it is of a kind and cannot be read as that."""
    return Problem(
        "SB-FILE-14",
        "stop",
        f"{table} starts as {KIND_NAMES[kind]} but cannot be read as one ({error}).",
        table=table,
        why="It is damaged, incomplete, or its texts are in an encoding the file does not name.",
        done="It was not read.",
        fix="Open it in the program it comes from and save it again; or try encoding='cp1252'.",
    )


def _too_large(table: str) -> Problem:
    """The problem of a file with more cells than memory should hold."""
    what = f"The file holds more than {MAX_CELLS:,} cells."
    fix = "Save the variables that are needed into a smaller file."
    return Problem("SB-FILE-69", "stop", what, table=table, fix=fix)
