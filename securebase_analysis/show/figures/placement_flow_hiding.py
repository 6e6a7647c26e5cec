"""Flows that may be shown: small states are joined, small flows hidden, and those that would give them away."""

from __future__ import annotations

import numpy as np
import pandas as pd

from securebase_analysis.results import wording
from securebase_analysis.show.figures.placement_words import (
    EXITS,
    GAP,
    LEFT_CARE,
    NOT_FOLLOWED,
    NOT_KNOWN,
    OTHER_EXITS,
    OTHER_TYPES,
    REST,
    STAYS_ON,
)

NO_TYPES = (*EXITS, LEFT_CARE, GAP, NOT_KNOWN, NOT_FOLLOWED, STAYS_ON, REST)
"""States that are no placement."""


def joined_states(found: np.ndarray, fewest: int) -> tuple[np.ndarray, list[str]]:
    """States without small counts.

    Parameters
    ----------
    found : numpy.ndarray of object, shape (n_children, n_times)
        The state of each child at each time; "" where it does not count.
    fewest : int
        The fewest children that a state may hold at a time, unless it holds none.

    Returns
    -------
    tuple of (numpy.ndarray, list of str)
        The same with joined states, and the note that says so. Small exits become other exits, and all exits one
        where these are still small; what is small after that is joined with the smallest others of its time.
    """
    joined = found.copy()
    exits = np.isin(joined, EXITS)
    joined[exits & np.isin(joined, _small(joined, fewest))] = OTHER_EXITS
    if OTHER_EXITS in _small(joined, fewest):
        joined[exits] = LEFT_CARE
    for column in range(joined.shape[1]):
        joined[:, column] = _without_small(joined[:, column], fewest)
    changed = not (joined == found).all()
    return joined, [f"States of fewer than {fewest} children are joined with others."] if changed else []


def _small(found: np.ndarray, fewest: int) -> list[str]:
    """States that hold some but too few children at one time or more."""
    small: set[str] = set()
    for column in found.T:
        n = pd.Series(column[column != ""]).value_counts()
        small |= set(n.index[n < fewest])
    return sorted(small)


def _without_small(column: np.ndarray, fewest: int) -> np.ndarray:
    """One time, its small states joined with the next smallest until none is small."""
    n = pd.Series(column[column != ""]).value_counts()
    rest = list(n.index[n < fewest])
    if not rest:
        return column
    others = [state for state in n.index[::-1] if state not in rest]
    while (n[rest].sum() < fewest or len(rest) == 1) and others:
        rest.append(others.pop(0))
    name = rest[0] if len(rest) == 1 else REST if set(rest) & set(NO_TYPES) else OTHER_TYPES
    return np.where(np.isin(column, rest), name, column)


def hidden_flows(frame: pd.DataFrame, fewest: int) -> tuple[pd.DataFrame, list[str]]:
    """Flows of fewer children, and those from which they could be worked out, as missing.

    Parameters
    ----------
    frame : pandas.DataFrame
        Of `flow_frame`.
    fewest : int
        The fewest children that a flow may show.

    Returns
    -------
    tuple of (pandas.DataFrame, list of str)
        The frame with missing counts and shares, and the note that counts them. Flows that no child took can be
        hidden with the others and then stand in the frame as missing.
    """
    parts, n_small, n_more = [], 0, 0
    for _, rows in frame.groupby("time", sort=False):
        flows = rows[rows["kind"] == "flow"]
        parts.append(rows[rows["kind"] == "block"])
        if flows.empty:
            continue
        counts = flows.pivot(index="state", columns="to_state", values="n_children").fillna(0)
        counts = counts.loc[flows["state"].unique(), [*dict.fromkeys(_order_of(frame, flows))]].astype(int)
        small = ((counts > 0) & (counts < fewest)).to_numpy()
        hidden = _hidden_with(counts.to_numpy(), small, fewest)
        n_small, n_more = n_small + int(small.sum()), n_more + int((hidden & ~small).sum())
        parts.append(_as_flows(flows, counts, hidden))
    if not n_small:
        return frame, []
    more = f", {n_more} more so that they cannot be worked out" if n_more else ""
    note = f"{wording.count(n_small, 'flow')} of fewer than {fewest} children not shown{more} (SB-OUT-08)."
    return pd.concat(parts, ignore_index=True)[frame.columns], [note]


def _order_of(frame: pd.DataFrame, flows: pd.DataFrame) -> pd.Series:
    """The states at the next time, in the order of its blocks."""
    return frame.loc[(frame["kind"] == "block") & (frame["time"] == flows["to_time"].iloc[0]), "state"]


def _hidden_with(counts: np.ndarray, small: np.ndarray, fewest: int) -> np.ndarray:
    """Cells to hide: in each row and column none, or at least two that hold together enough children."""
    hidden = small.copy()
    while True:
        unsafe = _unsafe_line(counts, hidden, fewest)
        if unsafe is None:
            return hidden
        n = np.where(hidden[unsafe], -1, counts[unsafe])
        some = np.flatnonzero(n > 0)
        shown = some if len(some) else np.flatnonzero(n == 0)
        chosen = shown[np.argmin(n[shown])]
        line = hidden[unsafe]
        line[chosen] = True


def _unsafe_line(counts: np.ndarray, hidden: np.ndarray, fewest: int) -> tuple[slice | int, slice | int] | None:
    """The first row or column whose hidden cells could be worked out and that has a cell left to hide."""
    for axis in (0, 1):
        for place in range(counts.shape[axis]):
            line: tuple[slice | int, slice | int] = (place, slice(None)) if axis == 0 else (slice(None), place)
            n_hidden = int(hidden[line].sum())
            held = int(counts[line][hidden[line]].sum())
            if n_hidden and not hidden[line].all() and (n_hidden == 1 or held < fewest):
                return line
    return None


def _as_flows(flows: pd.DataFrame, counts: pd.DataFrame, hidden: np.ndarray) -> pd.DataFrame:
    """The table of counts as flows: those that some took, and the hidden ones as missing."""
    rows = []
    for row, state in enumerate(counts.index):
        for column, to_state in enumerate(counts.columns):
            n = int(counts.iat[row, column])
            if n or hidden[row, column]:
                shown = pd.NA if hidden[row, column] else n
                rows.append(
                    (state, to_state, shown, np.nan if hidden[row, column] else n / counts.iloc[row].sum())
                )
    found = pd.DataFrame(rows, columns=["state", "to_state", "n_children", "share"])
    return found.assign(kind="flow", time=flows["time"].iloc[0], to_time=flows["to_time"].iloc[0]).astype(
        {"n_children": "Int64", "share": float}
    )
