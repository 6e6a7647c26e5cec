"""Rows of a history in order of child, start and end, and who the carer is where a return does not say."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from securebase_analysis.study.spells.cells import Texts
from securebase_analysis.study.spells.codes import BEGINNINGS
from securebase_analysis.study.spells.columns import PlacementColumns
from securebase_analysis.study.spells.timeline import NEVER, Rows, is_new

BITS = 19
"""How many bits a day takes, counted from `NEVER`."""


def in_order(rows: Rows, texts: Texts, columns: PlacementColumns) -> Rows:
    """The rows by child, start and end; ties by what they say, so that the order of the file does not matter."""
    key = _packed((rows.child, rows.start - NEVER, rows.end - NEVER))
    ordered = rows
    if not np.all(key[1:] > key[:-1]):
        order = np.argsort(key)
        key = key[order]
        order = _ties_by_content(order, key, rows.source, texts.table, columns)
        child, start, end = _unpacked(key)
        said = _packed((rows.type + 1, rows.began + 1, rows.kind + 4 * rows.left + 8 * rows.adoption))[order]
        types, began, rest = _unpacked(said)  # one number a row is brought into order sooner than five
        ordered = Rows(
            child=child,
            start=start + np.int32(NEVER),
            end=end + np.int32(NEVER),
            carer=rows.carer if columns.coded else rows.carer[order],
            type=types - np.int32(1),
            kind=(rest & 3).astype("int8"),
            began=(began - 1).astype("int8"),
            left=(rest & 4) > 0,
            adoption=(rest & 8) > 0,
            source=rows.source[order],
        )
    if not columns.coded:
        return ordered
    return Rows(**{**fields_of(ordered), "carer": _carers_by_code(ordered, texts, columns)})


def repeated(rows: Rows, table: pd.DataFrame) -> np.ndarray:
    """Which rows in order say in every column what another row before them says."""
    again = np.zeros(len(rows), dtype=bool)
    if len(rows) < 2:
        return again
    same = ~is_new(rows.child) & ~is_new(rows.start) & ~is_new(rows.end)
    if not same.any():
        return again
    places = np.flatnonzero(same | np.append(same[1:], False))
    cells = table.take(rows.source[places]).astype("str")
    again[places] = cells.duplicated().to_numpy()
    return again


def _packed(parts: tuple[np.ndarray, np.ndarray, np.ndarray]) -> np.ndarray:
    """Three numbers in one that sorts as they do; the second and the third have at most `BITS` bits."""
    packed = parts[0].astype("int64")
    for part in parts[1:]:
        packed <<= BITS
        packed |= part
    return packed


def _unpacked(packed: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The three numbers of each."""
    mask = (1 << BITS) - 1
    first, second, third = packed >> 2 * BITS, (packed >> BITS) & mask, packed & mask
    return first.astype("int32"), second.astype("int32"), third.astype("int32")


def fields_of(rows: Rows) -> dict[str, Any]:
    """The arrays of the rows by name."""
    return {name: getattr(rows, name) for name in Rows.__dataclass_fields__}


def _ties_by_content(
    order: np.ndarray, key: np.ndarray, source: np.ndarray, table: pd.DataFrame, columns: PlacementColumns
) -> np.ndarray:
    """Order rows with the same child, start and end by their other columns."""
    same = key[1:] == key[:-1]
    if not same.any():
        return order
    tied = np.zeros(len(key), dtype=bool)
    tied[1:] |= same
    tied[:-1] |= same
    places = np.flatnonzero(tied)
    names = [columns.began, columns.carer, columns.type, columns.end_reason, columns.exit_reason]
    names += [columns.legal_status, columns.provider, columns.urn, columns.postcode, columns.change_reason]
    texts = table.loc[source[order[places]], [name for name in names if name]].fillna("").astype("str")
    texts.insert(0, "_key", key[places])
    ranks = texts.reset_index(drop=True).sort_values(list(texts.columns), kind="stable").index.to_numpy()
    order = order.copy()
    order[places] = order[places][ranks]
    return order


def _carers_by_code(rows: Rows, texts: Texts, columns: PlacementColumns) -> np.ndarray:
    """A return names no carer: a number that changes where the code says that the carer did."""
    says_new = np.array([*(beginning.new_carer for beginning in BEGINNINGS), False])
    new = is_new(rows.child) | says_new[rows.began]
    silent = np.flatnonzero((rows.began < 0) & ~new)
    if len(silent):
        new[silent] = ~same_place(rows.source[silent - 1], rows.source[silent], texts, columns)
    return np.cumsum(new, dtype="int32")


def same_place(one: np.ndarray, other: np.ndarray, texts: Texts, columns: PlacementColumns) -> np.ndarray:
    """Whether pairs of rows of a return name the same place by type and by URN or postcode, as far as they say.

    One of URN and postcode must stand in both rows, and neither may differ.
    """
    types, _ = texts(columns.type)
    same = (types[one] == types[other]) & (types[one] >= 0)
    known = np.zeros(len(one), dtype=bool)
    for name in (columns.urn, columns.postcode):
        places = np.flatnonzero(same)  # few: columns as wide as these are not read for the others
        first, second = _texts(texts.table, name, one[places]), _texts(texts.table, name, other[places])
        both = (first != "") & (second != "")
        same[places] &= ~both | (first == second)
        known[places] |= both
    return same & known


def _texts(table: pd.DataFrame, name: str, places: np.ndarray) -> np.ndarray:
    """Cells of a column as text, "" where empty or where there is no column."""
    if name not in table or len(places) == 0:
        return np.full(len(places), "", dtype=object)
    cells = table[name].take(places)
    return cells.astype(object).where(cells.notna(), "").astype("str").str.strip().to_numpy(dtype=object)
