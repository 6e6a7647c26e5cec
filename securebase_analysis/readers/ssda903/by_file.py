"""Rows of a table of all returns told file by file, as a person finds them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd


def rows_by_file(frame: pd.DataFrame, chosen: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
    """The number of each file that holds chosen rows, and these rows as the file counts them, in order.

    Parameters
    ----------
    frame : pandas.DataFrame
        With ``_file`` and ``_row``.
    chosen : ndarray of bool, or of int
        A mask over the rows, or their places.

    Examples
    --------
    >>> frame = pd.DataFrame({"_file": [1, 0, 1], "_row": [9, 4, 2]})
    >>> [(number, rows.tolist()) for number, rows in rows_by_file(frame, np.array([True, False, True]))]
    [(1, [2, 9])]
    """
    places = np.flatnonzero(chosen) if chosen.dtype == bool else chosen
    if not len(places):
        return
    numbers, rows = frame["_file"].to_numpy()[places], frame["_row"].to_numpy()[places]
    for number in np.flatnonzero(np.bincount(numbers)):
        yield int(number), np.sort(rows[numbers == number])
