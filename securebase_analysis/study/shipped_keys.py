"""The scoring keys that come with the package, listed."""

from __future__ import annotations

import pandas as pd

from securebase_analysis.study.codebook import Codebook
from securebase_analysis.study.codebook_files import load_codebook, shipped_codebooks

COLUMNS = (
    "key",
    "title",
    "informants",
    "n_items",
    "low",
    "high",
    "scales",
    "asked",
    "band_sets",
    "verified",
    "bands_verified",
    "source",
)


def scoring_keys() -> pd.DataFrame:
    """List the questionnaires whose scoring comes with the package; none of them brings its wording.

    Returns
    -------
    pandas.DataFrame
        A row per questionnaire: ``key`` (for `load_codebook` and `score_questionnaire`), ``title``,
        ``informants``, ``n_items``, ``low`` and ``high`` (of the answers), ``scales``, ``asked`` (fewest answers
        that give a score), ``band_sets`` (names of its sets of cut-offs), ``verified`` and ``bands_verified``
        (whether rule and cut-offs were checked against the source that is named; missing where there are no
        cut-offs), ``source``.

    Notes
    -----
    Cut-offs belong to the country and the people they were made with. The forms have owners with terms of their
    own; the remarks at the top of each file in ``study/codebooks`` name them.

    Examples
    --------
    >>> scoring_keys().set_index("key").loc[["psc_17", "swemwbs"], ["n_items", "low", "high", "verified"]]
             n_items  low  high  verified
    key
    psc_17        17  0.0   2.0      True
    swemwbs        7  1.0   5.0      True
    """
    rows = [
        _row(key, codebook, instrument)
        for key in shipped_codebooks()
        for codebook in [load_codebook(key)]
        for instrument in codebook.instruments["instrument"]
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _row(key: str, codebook: Codebook, instrument: str) -> dict[str, object]:
    """One questionnaire of one key."""
    rule, items = codebook.rule_of(instrument), codebook.items_of(instrument)
    scales = codebook.constructs_of(instrument)
    bands = codebook.bands
    return {
        "key": key,
        "title": rule["title"],
        "informants": ", ".join(rule["informants"]),
        "n_items": len(items),
        "low": items["low"].min(),
        "high": items["high"].max(),
        "scales": ", ".join(scales),
        "asked": _asked(codebook, instrument),
        "band_sets": ", ".join(dict.fromkeys(bands["bands"])),
        "verified": bool(rule["verified"]),
        "bands_verified": bool(bands["verified"].all()) if len(bands) else None,
        "source": rule["source"],
    }


def _asked(codebook: Codebook, instrument: str) -> str:
    """How many answers give a score, in words."""
    rule = codebook.rule_of(instrument)
    own = codebook.scales.set_index("scale")["minimum_answered"].to_dict()
    sizes = codebook.items_of(instrument)["construct"].value_counts(sort=False)
    fewest = [own.get(scale) or min(int(rule["minimum_answered"]), size) for scale, size in sizes.items()]
    words = " to ".join(str(number) for number in sorted({min(fewest), max(fewest)}))
    form = int(rule["minimum_of_form"])
    return f"{words} of a scale" + (f", {form} of the form" if form else "")
