"""Which rows of a table a message lists: all, and of very many the first."""

from __future__ import annotations

import numpy as np

MOST_ROWS_LISTED = 10_000
"""A message says how many rows there are; a list of millions would help nobody and fill the memory."""


def rows_told(places: np.ndarray) -> list[int]:
    """Row numbers, counted from 1, of rows given by place or by mask.

    Parameters
    ----------
    places : numpy.ndarray
        Places from 0, in any order, or a mask of all rows.

    Examples
    --------
    >>> rows_told(np.array([False, True, True])), rows_told(np.array([4, 0]))
    ([2, 3], [1, 5])
    """
    if places.dtype == bool:
        places = np.flatnonzero(places)
    elif len(places) > MOST_ROWS_LISTED:
        places = np.partition(places, MOST_ROWS_LISTED)[:MOST_ROWS_LISTED]
    return (np.sort(places[:MOST_ROWS_LISTED]) + 1).tolist()
