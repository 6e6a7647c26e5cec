"""Counts that are too few to be shared, and those from which they could be worked out."""

from __future__ import annotations

import pandas as pd

from securebase_analysis.errors import ModelError, Problem


def hidden_below(table: pd.DataFrame, fewest: int) -> pd.DataFrame:
    """A table of counts without those from 1 to below `fewest`.

    The counts of a row add up to the rows of its group, so that a single one that is hidden could be worked out;
    then the fewest of the others is hidden with it.

    Parameters
    ----------
    table : pandas.DataFrame
        Counts in columns that begin with ``n_``.
    fewest : int
        The fewest that may be shown.

    Returns
    -------
    pandas.DataFrame
        As given, with whole numbers that may be missing.

    Examples
    --------
    >>> hidden_below(pd.DataFrame({"n_at_risk": [40], "n_home": [3], "n_breakdown": [12]}), 10).values.tolist()
    [[40, <NA>, <NA>]]
    """
    if isinstance(fewest, bool) or not isinstance(fewest, int) or fewest < 1:
        raise ModelError(
            Problem(
                "SB-PLACE-91",
                "stop",
                "hide_below is not a whole number from 1 upwards.",
                why="It is the fewest children that a table may show.",
                fix="hide_below=10",
            )
        )
    columns = [name for name in table if str(name).startswith("n_")]
    counts = table[columns]
    hidden = (counts > 0) & (counts < fewest)
    alone = hidden.sum(axis=1) == 1
    for row in table.index[alone]:
        others = counts.loc[row][~hidden.loc[row]]
        others = others[others > 0]
        if len(others):
            hidden.loc[row, others.idxmin()] = True
    return table.assign(**{str(name): counts[name].astype("Int64").mask(hidden[name]) for name in columns})
