"""Percentages that a source gives only in counts, or only as what is left."""

from __future__ import annotations

import pandas as pd


def plain_share(table: pd.DataFrame, part: str, whole: str, to: str) -> pd.DataFrame:
    """Add the percentage ``100 part / whole``; a percentage that is printed stays.

    Parameters
    ----------
    table : DataFrame
        One row per share.
    part, whole : str
        Columns of the two counts.
    to : str
        Column of percentages, filled where it is empty or made.

    Returns
    -------
    DataFrame
        The table with the column.

    Examples
    --------
    >>> table = pd.DataFrame({"broke": [169.0, None], "all": [580, 100], "percent": [None, 57.0]})
    >>> plain_share(table, "broke", "all", "percent")["percent"].round(2).tolist()
    [29.14, 57.0]
    """
    share = 100.0 * table[part].astype(float) / table[whole].astype(float)
    return table.assign(**{to: table[to].astype(float).fillna(share) if to in table else share})


def remainder(table: pd.DataFrame, percent: str, of: str, value: str, to: str) -> pd.DataFrame:
    """Add ``100 − percent`` where another column says that the opposite was printed, else the percentage.

    Parameters
    ----------
    table : DataFrame
        One row per percentage.
    percent : str
        Column of percentages as printed.
    of, value : str
        The column that says what was printed, and the word in it for the opposite.
    to : str
        The column to be made.

    Returns
    -------
    DataFrame
        The table with the column.

    Examples
    --------
    >>> table = pd.DataFrame({"percent": [90, 46], "printed": ["insecure", "secure"]})
    >>> remainder(table, "percent", "printed", "insecure", "secure")["secure"].tolist()
    [10.0, 46.0]
    """
    printed = table[percent].astype(float)
    return table.assign(**{to: printed.where(table[of] != value, 100.0 - printed)})


def share_of_all(table: pd.DataFrame, count: str, to: str) -> pd.DataFrame:
    """Add the percentage that each row is of all rows together.

    Parameters
    ----------
    table : DataFrame
        One row per part of a whole.
    count : str
        Column of counts.
    to : str
        The column to be made.

    Returns
    -------
    DataFrame
        The table with the column.

    Examples
    --------
    >>> share_of_all(pd.DataFrame({"n": [1, 3]}), "n", "percent")["percent"].tolist()
    [25.0, 75.0]
    """
    counts = table[count].astype(float)
    return table.assign(**{to: 100.0 * counts / counts.sum()})
