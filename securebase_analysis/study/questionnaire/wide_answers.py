"""The cells of a questionnaire file as numbers: a row for each child and wave, a column for each item."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from securebase_analysis.errors import Problem
from securebase_analysis.readers.columns_in_blocks import LARGE_FILE
from securebase_analysis.readers.questionnaires import Export
from securebase_analysis.readers.text_columns import is_text, to_text
from securebase_analysis.study.answer_cells import answer_column
from securebase_analysis.study.questionnaire.columns_of_answers import REASON_COLUMNS, WHO

FOUR_BYTES_FROM = LARGE_FILE // 2
"""Cells from which on numbers that four bytes hold exactly are kept in four; in text a digit takes two."""
NOT_ASKED = "not asked"


@dataclass(frozen=True, eq=False)
class _Cells:
    """One column of the file: its answers, and ``position, code, reason`` of its cells without one."""

    values: np.ndarray
    reasons: pd.DataFrame


def wide_answers(
    export: Export,
    who: pd.DataFrame,
    matched: pd.DataFrame,
    codes: Mapping[str, str],
    who_at: Mapping[int, pd.DataFrame] | None = None,
) -> tuple[pd.DataFrame, pd.DataFrame, list[Problem]]:
    """Read the answers of a file, long or wide.

    Parameters
    ----------
    export : Export
        The file.
    who : pandas.DataFrame
        The columns of `WHO`, a row for each row of the file.
    matched : pandas.DataFrame
        ``column, item, wave`` of the items' columns; a wave in the name goes before that of the row.
    codes : mapping of str to str
        Missing codes of the codebook and their reasons.
    who_at : mapping of int to pandas.DataFrame, optional
        As `who`, for the waves that have a date or an informant of their own.

    Returns
    -------
    wide : pandas.DataFrame
        The columns of `WHO`, one for each item, and ``row``, the row of the file; by row, then wave. Of a wave in
        the names of columns only rows in which something is filled in.
    reasons : pandas.DataFrame
        ``position`` (in `wide`, from 0), ``item, code, reason`` of the cells that are missing for a reason.
    problems : list of Problem
        Cells that are no answers.

    Notes
    -----
    Of a large file, numbers that need no more are kept in four bytes, so that memory holds the table only once.
    """
    cells, problems = _converted(export, matched, codes)
    waves = list(matched["wave"].drop_duplicates().sort_values(na_position="first"))
    columns_at = [matched[_is_wave(matched["wave"], wave)] for wave in waves]
    who_of = [who if pd.isna(wave) else (who_at or {}).get(int(wave), who) for wave in waves]
    kept = [
        _kept(wave, at, cells, export, None if own is who else own["date"])
        for wave, at, own in zip(waves, columns_at, who_of)
    ]
    rows = np.concatenate([np.empty(0, dtype=np.int64), *kept])
    block = np.repeat(np.arange(len(kept)), [len(positions) for positions in kept])
    order = np.lexsort((block, rows))
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    ends = np.cumsum([len(positions) for positions in kept])
    slots = [place[end - len(positions) : end] for end, positions in zip(ends, kept)]
    items = list(dict.fromkeys(matched["item"]))
    reasons = _reasons(cells, columns_at, kept, slots)
    columns = {item: _assembled(item, cells, columns_at, kept, slots) for item in items}
    whose = pd.concat([own.iloc[positions] for own, positions in zip(who_of, kept)] or [who])
    whose = whose.iloc[order].reset_index(drop=True)
    wave = _wave_of_rows(whose["wave"], pd.Series(waves, dtype="Int64"), block[order])
    parts = {name: wave if name == "wave" else whose[name] for name in WHO}
    wide = pd.DataFrame({**parts, **columns, "row": rows[order] + 1}, copy=False)
    return wide, reasons, problems


def _is_wave(waves: pd.Series, wave: object) -> pd.Series:
    """Which columns are of a wave; those whose name says none are of one block."""
    return waves.isna() if pd.isna(wave) else waves.eq(wave).fillna(False)


def _converted(
    export: Export, matched: pd.DataFrame, codes: Mapping[str, str]
) -> tuple[dict[str, _Cells], list[Problem]]:
    """Every item's column as numbers and reasons."""
    declared = dict(tuple(export.missing.groupby("column")))
    is_large = len(export.frame) * len(matched) >= FOUR_BYTES_FROM
    cells, problems = {}, []
    for column in matched["column"]:
        here = declared.get(column, export.missing.head(0))
        given = export.frame[column]
        if len(here):
            given = given.mask(np.isin(np.arange(1, len(given) + 1), here["row"]))
        given = codes_of_labels(given, export.choices_of(column), export.by_labels)
        values, found, wrong = answer_column(given, codes, file=export.name, decimal=export.decimal_of(column))
        problems += wrong
        reasons = found.astype({"code": "str", "reason": "str"})
        if not (asked := export.asked(column).to_numpy(dtype=bool)).all():
            nobody = pd.DataFrame({"position": np.flatnonzero(~asked), "code": "", "reason": NOT_ASKED})
            reasons = pd.concat([reasons, nobody.astype({"code": "str", "reason": "str"})], ignore_index=True)
        if len(here):
            here = here.assign(position=here["row"] - 1, code=to_text(here["code"]))
            reasons = pd.concat([reasons, here[["position", "code", "reason"]]], ignore_index=True)
        cells[column] = _Cells(_compact(values.to_numpy(dtype=float)) if is_large else values.to_numpy(), reasons)
    return cells, problems


def _compact(values: np.ndarray) -> np.ndarray:
    """Numbers in four bytes where that changes none of them."""
    small = values.astype(np.float32)
    return small if np.array_equal(small.astype(np.float64), values, equal_nan=True) else values


def _kept(
    wave: object, columns: pd.DataFrame, cells: Mapping[str, _Cells], export: Export, dates: pd.Series | None
) -> np.ndarray:
    """Rows of the file that are rows of a wave; where names say the wave, those with anything filled in.

    Where the program knows on which rows a form stands, only rows on which one of the columns was asked.
    """
    filled = np.zeros(len(export.frame), dtype=bool)
    if pd.isna(wave):
        for column in columns["column"]:
            filled |= export.asked(column).to_numpy(dtype=bool)
        return np.flatnonzero(filled)
    if dates is not None:
        filled |= dates.notna().to_numpy()
    for column in columns["column"]:
        reasons = cells[column].reasons
        filled |= ~np.isnan(cells[column].values)
        filled[reasons.loc[reasons["reason"] != NOT_ASKED, "position"].to_numpy(dtype=int)] = True
    return np.flatnonzero(filled & export.in_use().to_numpy(dtype=bool))


def _assembled(
    item: str,
    cells: dict[str, _Cells],
    columns_at: list[pd.DataFrame],
    kept: list[np.ndarray],
    slots: list[np.ndarray],
) -> np.ndarray:
    """One item over all waves; the columns it comes from are given up, so that nothing stands in memory twice."""
    total = sum(len(positions) for positions in kept)
    sources = [list(at.loc[at["item"] == item, "column"]) for at in columns_at]
    is_whole = total == len(next(iter(cells.values())).values) and np.array_equal(slots[0], np.arange(total))
    if is_whole and sources == [[column] for column in sources[0]]:
        return cells.pop(sources[0][0]).values
    taken = [[cells.pop(column).values for column in columns] for columns in sources]
    kinds = [values.dtype for of_wave in taken for values in of_wave]
    answers = np.full(total, np.nan, dtype=np.result_type(*kinds))
    for of_wave, positions, slot in zip(taken, kept, slots):
        for values in of_wave:
            answers[slot] = values[positions]
    return answers


def _reasons(
    cells: Mapping[str, _Cells], columns_at: list[pd.DataFrame], kept: list[np.ndarray], slots: list[np.ndarray]
) -> pd.DataFrame:
    """The reasons of all columns, at their places in the table."""
    parts = []
    for at, positions, slot in zip(columns_at, kept, slots):
        for column, item in zip(at["column"], at["item"]):
            found = cells[column].reasons
            found = found[np.isin(found["position"], positions)]
            if len(found):
                places = slot[np.searchsorted(positions, found["position"].to_numpy(dtype=np.int64))]
                parts.append(found.assign(position=places, item=item)[list(REASON_COLUMNS)])
    nothing = pd.DataFrame({name: pd.Series(dtype="str") for name in REASON_COLUMNS})
    reasons = pd.concat([nothing, *parts], ignore_index=True).astype({"position": "int64"})
    return reasons.sort_values("position", kind="stable", ignore_index=True)


def _wave_of_rows(of_row: pd.Series, waves: pd.Series, block: np.ndarray) -> pd.Series:
    """The wave in the names of columns, and that of the row where the names say none."""
    of_name = waves.iloc[block].reset_index(drop=True)
    if of_name.isna().all():
        return of_row
    if of_row.isna().all():
        return of_name
    if of_row.dtype == of_name.dtype:
        return of_name.fillna(of_row)
    return of_name.astype("str").fillna(of_row)


def codes_of_labels(cells: pd.Series, choices: Mapping[str, str], by_labels: bool = False) -> pd.Series:
    """Answers written as the words of their choices, as the codes of these; other cells as they are.

    Parameters
    ----------
    cells : pandas.Series
        One column; numbers are codes already.
    choices : mapping of str to str
        Code to label. A label that two codes share stands for neither.
    by_labels : bool
        Whether a cell that could be either, as ``1`` where the choices are ``{"1": "0", "2": "1"}``, is the label.

    Examples
    --------
    >>> codes_of_labels(pd.Series(["Not true", "2", None]), {"0": "Not true", "2": "Certainly true"}).tolist()
    ['0', '2', nan]
    >>> eleven = {"1": "0", "2": "1"}
    >>> codes_of_labels(pd.Series(["1"]), eleven)[0], codes_of_labels(pd.Series(["1"]), eleven, by_labels=True)[0]
    ('1', '2')
    """
    if not choices or not is_text(cells):
        return cells
    text = to_text(cells).str.strip()
    labels = Counter(label.casefold() for label in choices.values())
    words = {label.casefold(): code for code, label in choices.items() if labels[label.casefold()] == 1}
    codes = {code: code for code in choices}

    def code_of(cell: str) -> str:
        word = words.get(cell.casefold())
        return (word or codes.get(cell) or cell) if by_labels else (codes.get(cell) or word or cell)

    return text.map(code_of, na_action="ignore").rename(cells.name)
