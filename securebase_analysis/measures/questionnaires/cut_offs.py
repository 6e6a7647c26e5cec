"""Scores in bands, by the cut-offs of a key and of whoever answered."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from securebase_analysis.measures.scoring.answer_notes import CAREGIVERS
from securebase_analysis.study.codebook import Codebook

PARENT = "parent"


def bands_by_informant(
    scores: pd.DataFrame, codebook: Codebook, informants: Sequence[str], bands: Sequence[str]
) -> pd.DataFrame:
    """The band of every score that has cut-offs for its informant; missing where it has none.

    A score between two bands, which rounding would move into one of them, belongs to the lower one. Carers answer
    the form of parents, so the cut-offs of parents hold for them unless the key has some of theirs.
    """
    table = codebook.bands[codebook.bands["bands"].isin(bands)]
    own = set(table["informant"])
    as_parents = [PARENT if name in CAREGIVERS and name not in own else name for name in informants]
    who = np.array(as_parents, dtype=object)
    columns = {}
    for scale in [name for name in scores if name in set(table["scale"])]:
        named = np.full(len(scores), None, dtype=object)
        values = scores[scale].to_numpy(float)
        for informant, mine in table[table["scale"] == scale].groupby("informant", sort=False):
            rows = who == informant
            named[rows] = _band_of(values[rows], mine)
        columns[f"{scale}_band"] = pd.Series(named, index=scores.index, dtype="str")
    return pd.DataFrame(columns, index=scores.index)


def _band_of(values: NDArray[np.float64], cut_offs: pd.DataFrame) -> NDArray[np.object_]:
    """The name of the band that each value has reached; None below the lowest, above the highest, and for NaN."""
    ordered = cut_offs.sort_values("low", kind="stable")
    reached = np.searchsorted(ordered["low"].to_numpy(), values, side="right") - 1
    inside = (reached >= 0) & (values <= ordered["high"].max())
    names = ordered["band"].to_numpy(dtype=object)
    return np.array([name if fits else None for name, fits in zip(names[reached], inside)], dtype=object)


def facts_of(codebook: Codebook, instrument: str, bands: Sequence[str]) -> dict[str, object]:
    """Where rule and cut-offs come from, and whether they were checked against it."""
    rule = codebook.rule_of(instrument)
    table = codebook.bands[codebook.bands["bands"].isin(bands)]
    facts: dict[str, object] = {"key_source": rule["source"], "key_verified": bool(rule["verified"])}
    if table.empty:
        return facts
    sources = "; ".join(dict.fromkeys(table["source"]))
    return {**facts, "bands_source": sources, "bands_verified": bool(table["verified"].all())}
