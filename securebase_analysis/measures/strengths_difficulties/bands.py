"""The bands of SDQ scores, by the cut-offs of the codebook, each with its source."""

from __future__ import annotations

import pandas as pd

from securebase_analysis.study.codebook import Codebook


def _cut_offs(codebook: Codebook, informant: str, bands: str) -> pd.DataFrame:
    table = codebook.bands
    return table[(table["informant"] == informant) & (table["bands"] == bands)]


def bands_of(scores: pd.DataFrame, codebook: Codebook, informant: str, bands: str) -> pd.DataFrame:
    """The band of every score that has cut-offs; missing where the score is."""
    cut_offs = _cut_offs(codebook, informant, bands)
    columns = {}
    for scale in [name for name in scores if name in set(cut_offs["scale"])]:
        named = pd.Series(pd.NA, index=scores.index, dtype="str")
        for band in cut_offs[cut_offs["scale"] == scale].itertuples():
            named[scores[scale].between(band.low, band.high)] = band.band
        columns[f"{scale}_band"] = named
    return pd.DataFrame(columns, index=scores.index)


def band_facts(codebook: Codebook, informant: str, bands: str) -> dict[str, object]:
    """Where the cut-offs come from, and whether all of them were checked against it."""
    cut_offs = _cut_offs(codebook, informant, bands)
    return {
        "bands_source": "; ".join(dict.fromkeys(cut_offs["source"])),
        "bands_verified": bool(cut_offs["verified"].all()),
    }
