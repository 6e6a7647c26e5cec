"""One list of children for all tables, so that the same child has the same number everywhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from securebase_analysis.readers.ssda903.typed_tables import TypedTable

if TYPE_CHECKING:
    import pyarrow as pa

BYTES_OF_A_NUMBER = 8


def share_children(tables: Sequence[TypedTable]) -> tuple[list[TypedTable], pd.Index]:
    """Tables whose column ``child`` counts in one list of ids, and the list, in order.

    Parameters
    ----------
    tables : sequence of TypedTable
        Each with its own distinct ids.

    Examples
    --------
    >>> share_children([])[1].tolist()
    []
    """
    used = [_used(table.frame["child"]) for table in tables]
    texts = [pd.Series(column.cat.categories[flags]) for column, flags in zip(_columns(tables), used)]
    if not texts:
        return [], pd.Index([], dtype="str")
    numbers, children = _numbered(pd.concat(texts, ignore_index=True))
    kind = pd.CategoricalDtype(children)
    ends = np.cumsum([len(part) for part in texts])
    shared = []
    for table, flags, end in zip(tables, used, ends):
        place = np.full(len(flags) + 1, -1, dtype="int32")
        place[:-1][flags] = numbers[end - flags.sum() : end]
        codes = place[table.frame["child"].cat.codes.to_numpy()]
        frame = table.frame.assign(child=pd.Categorical.from_codes(codes, dtype=kind))
        shared.append(replace(table, frame=frame))
    return shared, children


def _numbered(texts: pd.Series) -> tuple[np.ndarray, pd.Index]:
    """The number of each text in order of the alphabet, and the distinct texts."""
    import pyarrow as pa

    encoded = pa.array(texts.array, type=pa.large_string()).dictionary_encode()
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.combine_chunks()
    order = alphabetical(encoded.dictionary)
    rank = np.empty(len(order), dtype="int64")
    rank[order] = np.arange(len(order))
    distinct = pd.array(encoded.dictionary.take(pa.array(order)), dtype="str")
    return rank[encoded.indices.to_numpy(zero_copy_only=False)], pd.Index(distinct)


def alphabetical(texts: pa.Array) -> np.ndarray:
    """Positions that sort distinct texts; short ones are sorted as numbers, which is sooner.

    Examples
    --------
    >>> import pyarrow as pa
    >>> alphabetical(pa.array(["b", "10", "ab", "1"], type=pa.large_string())).tolist()
    [3, 1, 2, 0]
    """
    import pyarrow.compute as pc

    longest = pc.max(pc.binary_length(texts)).as_py() or 0
    if longest > BYTES_OF_A_NUMBER or not pc.all(pc.string_is_ascii(texts)).as_py():
        return pc.sort_indices(texts).to_numpy()
    padded = pc.ascii_rpad(texts, BYTES_OF_A_NUMBER, padding="\0")
    numbers = np.frombuffer(padded.buffers()[2], dtype=">u8", count=len(texts))
    return np.argsort(numbers.astype("uint64"))


def _columns(tables: Sequence[TypedTable]) -> list[pd.Series]:
    """The columns of children."""
    return [table.frame["child"] for table in tables]


def _used(column: pd.Series) -> np.ndarray:
    """Which distinct ids stand in a row."""
    codes = column.cat.codes.to_numpy()
    return np.bincount(codes[codes >= 0], minlength=len(column.cat.categories)).astype(bool)
