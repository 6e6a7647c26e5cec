"""Columns of text put together block by block, so that a large file never stands in memory several times.

A cell of one digit takes nine bytes as text of its own and one as a category. In a large file a column with few
different cells therefore becomes a category; every converter of this room takes either.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    import pyarrow as pa

LARGE_FILE = 1 << 25
"""Bytes of text from which on columns with few different cells are kept as categories."""
MOST_CATEGORIES = 1_000


class ColumnInBlocks:
    """The cells of one column as they come in.

    Parameters
    ----------
    as_category : bool
        Whether the column is a category while it has at most `MOST_CATEGORIES` different cells.
    """

    def __init__(self, as_category: bool) -> None:
        self._place: dict[str, int] | None = {} if as_category else None
        self._codes: list[np.ndarray] = []
        self._texts: list[pa.Array] = []

    def add(self, cells: pa.Array) -> None:
        """Take the cells of one block."""
        if self._place is None:
            self._texts.append(cells)
            return
        encoded = cells.dictionary_encode()
        words = encoded.dictionary.to_pylist()
        places = [self._place.setdefault(word, len(self._place)) for word in words]
        if len(self._place) > MOST_CATEGORIES:
            self._become_text()
            self._texts.append(cells)
            return
        indices = encoded.indices.fill_null(len(words)).to_numpy(zero_copy_only=False)
        self._codes.append(np.array([*places, -1], dtype=_smallest_kind(len(self._place)))[indices])

    def _become_text(self) -> None:
        """Too many different cells: what was kept as codes is spelled out."""
        import pyarrow as pa

        words = pa.array(list(self._place or ()), pa.string())
        self._texts = [words.take(pa.array(codes, mask=codes < 0)) for codes in self._codes]
        self._place, self._codes = None, []

    def finished(self) -> pd.Series:
        """All cells, as a category or as text; the column gives up what it holds."""
        if self._place is None:
            return self._as_text()
        words = list(self._place)
        codes = np.concatenate([np.empty(0, dtype=np.int8), *self._codes])
        self._codes = []
        order = sorted(range(len(words)), key=words.__getitem__)
        moved = np.empty(len(words) + 1, dtype=_smallest_kind(len(words)))
        moved[order], moved[-1] = np.arange(len(words)), -1
        categories = pd.Index([words[place] for place in order], dtype="str")
        return pd.Series(pd.Categorical.from_codes(moved[codes], categories))

    def _as_text(self) -> pd.Series:
        """All cells as text."""
        import pyarrow as pa

        cells = pa.chunked_array(self._texts, type=pa.string()).cast(pa.large_string())
        self._texts = []
        return pd.Series(cells.combine_chunks().to_pandas(), dtype="str")


def _smallest_kind(n_words: int) -> type[np.int8] | type[np.int16]:
    """The whole numbers of fewest bytes that count the words, with -1 for an empty cell."""
    return np.int8 if n_words <= np.iinfo(np.int8).max else np.int16


def spelled_out(frame: pd.DataFrame) -> pd.DataFrame:
    """A table whose categories are text again, for a reader that wants every cell as a word."""
    return frame.astype({name: "str" for name in frame if isinstance(frame[name].dtype, pd.CategoricalDtype)})
