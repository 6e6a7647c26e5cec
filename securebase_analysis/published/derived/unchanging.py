"""The curve that leads to published end points if nothing changed on the way."""

from __future__ import annotations

import numpy as np
import pandas as pd

STEPS = 48
"""Points of a curve after its start."""


def constant_hazards(table: pd.DataFrame, outcome: str, count: str, years: str, open: str) -> pd.DataFrame:
    """Cumulative incidence of each ending from counts at one time, under hazards that do not change.

    Parameters
    ----------
    table : DataFrame
        One row per state at the end of the follow-up.
    outcome, count, years : str
        Columns of the state, of the number in it, and of the length of the follow-up.
    open : str
        The state of those that had not ended.

    Returns
    -------
    DataFrame
        ``years, outcome, percent``: a curve for each ending, from 0 to the published share.

    Notes
    -----
    With N in all, n_k ended in way k and n_0 open at T: the hazard of any ending is ``−log(n_0/N) / T``, that of
    way k its share ``n_k / (N − n_0)``, and ``F_k(t) = (n_k / (N − n_0)) (1 − (n_0/N)^(t/T))``. Only ``F_k(T)`` is
    published. Placements end faster at first, so the true curves lie above these on the way; and every placement
    is taken as followed for all of T.

    Examples
    --------
    >>> table = pd.DataFrame({"state": ["ended", "open"], "n": [75, 25], "years": [2, 2]})
    >>> curve = constant_hazards(table, "state", "n", "years", "open")
    >>> curve["percent"].iloc[[0, 24, 48]].tolist()
    [0.0, 50.0, 75.0]
    """
    ended = table[table[outcome] != open]
    still, ways = float(table.loc[table[outcome] == open, count].sum()), ended[count].astype(float)
    length = float(table[years].iloc[0])
    at = np.linspace(0.0, length, STEPS + 1)
    gone = 1.0 - (still / (still + ways.sum())) ** (at / length)
    parts = [
        pd.DataFrame({"years": at, "outcome": way, "percent": 100.0 * number / ways.sum() * gone})
        for way, number in zip(ended[outcome], ways)
    ]
    return pd.concat(parts, ignore_index=True)
