"""Ids of children in one questionnaire file that look like one another on paper: perhaps one child, twice."""

from __future__ import annotations

import numpy as np
import pandas as pd

from securebase_analysis.errors import Problem
from securebase_analysis.readers.look_alikes import alike
from securebase_analysis.results.wording import count as n_of


def look_alike_ids(rows: pd.DataFrame, table: str) -> list[Problem]:
    """Rows whose child looks like another child of the same site.

    Parameters
    ----------
    rows : pandas.DataFrame
        ``site, child`` and ``row``, the row of the file.
    table : str
        The file, for messages.

    Returns
    -------
    list of Problem
        SB-ID-06 (warn): ids that differ in O and 0, I and 1, case, blanks, or letters of another alphabet only.

    Examples
    --------
    >>> rows = pd.DataFrame({"site": None, "child": ["C01", "C02", "c01"], "row": [1, 2, 3]})
    >>> look_alike_ids(rows, "wave1.csv")[0].rows
    (1, 3)
    """
    suspect = np.zeros(len(rows), dtype=bool)
    foreign: set[str] = set()
    n_ids = 0
    for _, here in rows.groupby("site", dropna=False, sort=False):
        ids = pd.Index(here["child"].dropna().astype("str").unique())
        doubtful = set(ids[alike(ids)])
        other = {one for one in doubtful if not one.isascii()}
        n_ids += len(doubtful)
        foreign |= other
        suspect |= rows.index.isin(here.index[here["child"].isin(other or doubtful)])
    if not n_ids:
        return []
    letters = f"; {n_of(len(foreign), 'has', 'have')} letters of another alphabet" if foreign else ""
    return [
        Problem(
            "SB-ID-06",
            "warn",
            f"{n_ids} ids differ from one another only by signs that look alike (O and 0, I and 1, case, blanks, "
            f"other alphabets){letters}.",
            table=table,
            column="child",
            rows=sorted(set(rows.loc[suspect, "row"].astype(int))),
            why="One child under two ids looks like two children, each lost at some waves.",
            done="They were kept apart.",
            fix="If they are the same child, correct the ids in these rows.",
        )
    ]
