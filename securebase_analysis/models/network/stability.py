"""How far a network would be the same with fewer children, and with other children of the same kind."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from securebase_analysis.models.network.fitting import SHARES_DROPPED, Fitted
from securebase_analysis.results.inference import Floats

ALIKE = 0.7
"""Correlation with the network of all children from which on a network counts as the same."""
SURE = 0.95
"""Share of the subsets that must be the same."""
LEAST_STABILITY = 0.25
"""Below this a ranking says nothing (Epskamp, Borsboom & Fried 2018)."""
WANTED_STABILITY = 0.5


def case_dropping(fitted: Fitted) -> pd.DataFrame:
    """How networks of fewer children correlate with that of all.

    Returns
    -------
    pandas.DataFrame
        ``effect`` (edge, strength), ``dropped`` (share of the children), ``n_children`` (kept), ``correlation``
        (median), ``lowest`` (the correlation that one in twenty subsets falls below) and ``alike`` (share of the
        subsets whose correlation is at least .7). An empty subset network is not alike.
    """
    p = fitted.whole.edges.shape[-1]
    first, second = np.triu_indices(p, 1)
    records = []
    for effect in ("edge", "strength"):
        for share, kept, fewer in zip(SHARES_DROPPED, fitted.kept, fitted.fewer):
            if effect == "edge":
                r = _correlations(fitted.whole.edges[0][first, second], fewer.edges[:, first, second])
            else:
                r = _correlations(fitted.whole.strength[0], fewer.strength)
            records.append(_level(effect, share, kept, r))
    return pd.DataFrame(records)


def _level(effect: str, share: float, kept: float, r: Floats) -> dict[str, Any]:
    """One share of children left out; a correlation that is not defined counts as one of zero."""
    defined = np.nan_to_num(r)
    return {
        "effect": effect,
        "dropped": share,
        "n_children": kept,
        "correlation": float(np.median(defined)),
        "lowest": float(np.quantile(defined, 1.0 - SURE)),
        "alike": float((defined >= ALIKE).mean()),
    }


def _correlations(whole: Floats, others: Floats) -> Floats:
    """Correlation of each row with the whole; NaN where one of the two does not vary."""
    x, y = whole - whole.mean(), others - others.mean(axis=1, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(y @ x / np.sqrt((x @ x) * (y**2).sum(axis=1)))


def stability_coefficient(table: pd.DataFrame, effect: str) -> float:
    """The largest share of children who can be left out so that 95 of 100 subsets correlate .7 with the whole.

    Every lesser share must do so too. 0 where not even one in twenty children can be left out.

    References
    ----------
    Epskamp, Borsboom & Fried (2018), Estimating psychological networks and their accuracy, Behav Res Methods 50.
    """
    levels = table[table["effect"] == effect].sort_values("dropped")
    holds = levels["alike"].to_numpy() >= SURE
    n_levels = len(holds) if holds.all() else int(np.argmin(holds))
    return float(levels["dropped"].iloc[n_levels - 1]) if n_levels else 0.0


def percentiles(replicates: Floats, conf_level: float) -> tuple[Floats, Floats]:
    """The middle share of the resamples, for each column; NaN where there are none."""
    usable = replicates[np.isfinite(replicates).all(axis=1)]
    if not len(usable):
        nothing = np.full(replicates.shape[1], np.nan)
        return nothing, nothing.copy()
    low, high = np.quantile(usable, [(1.0 - conf_level) / 2.0, (1.0 + conf_level) / 2.0], axis=0)
    return low, high


def inclusion(replicates: Floats) -> Floats:
    """Share of the resamples in which each column is not zero."""
    usable = replicates[np.isfinite(replicates).all(axis=1)]
    return np.asarray((usable != 0.0).mean(axis=0)) if len(usable) else np.full(replicates.shape[1], np.nan)
