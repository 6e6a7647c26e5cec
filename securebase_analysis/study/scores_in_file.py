"""Columns of a questionnaire file that hold a score somebody computed already: read to be compared, never used."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from securebase_analysis.study.answer_cells import answer_column
from securebase_analysis.study.codebook import Codebook
from securebase_analysis.study.codebook_columns import ALL_INSTRUMENTS
from securebase_analysis.study.columns import fold_name

ENDINGS = ("", "_total", "_score", "_sum", "_mean")
WHOLE = ("total", "total_score", "score", "sum")


def columns_of_scores(codebook: Codebook, instrument: str, columns: Iterable[object]) -> dict[str, str]:
    """Scale to the column that bears its name, with or without the word total, score, sum or mean.

    The scale of all items of the questionnaire, where there is one, may also be called after the questionnaire,
    or ``total`` alone where the codebook has no other questionnaire. No scale bears the name of an item.
    """
    by_folded: dict[str, str] = {}
    for name in columns:
        by_folded.setdefault(fold_name(name), str(name))
    whole = _whole_scale(codebook, instrument)
    only_one = len(codebook.instruments) == 1
    items = set(codebook.items["item"])
    found: dict[str, str] = {}
    for scale in codebook.constructs_of(instrument):
        if scale in items:
            continue
        names = [fold_name(scale) + ending for ending in ENDINGS]
        if scale == whole:
            names += [*(fold_name(instrument) + ending for ending in ENDINGS), *(WHOLE if only_one else ())]
        column = next((by_folded[name] for name in names if name in by_folded), None)
        if column is not None and column not in found.values():
            found[scale] = column
    return found


def _whole_scale(codebook: Codebook, instrument: str) -> str | None:
    """The only scale of a questionnaire, or the sum of more scales than any other; None when there is none."""
    scales = codebook.scales.set_index("scale")
    converted = scales.index[scales["converted_from"] != ""]
    own = [scale for scale in codebook.constructs_of(instrument) if scale not in converted]
    if len(own) == 1:
        return own[0]
    n_parts = scales["sum_of"].map(len).reindex(own, fill_value=0)
    largest = n_parts.index[n_parts == n_parts.max()]
    return str(largest[0]) if n_parts.max() > 0 and len(largest) == 1 else None


def scores_as_numbers(
    cells: pd.Series, codebook: Codebook, instrument: str, decimal: str | None = None
) -> pd.Series:
    """The cells of such a column as numbers; codes for missing and words are none, as nothing rests on them."""
    declared = codebook.missing_codes
    declared = declared[declared["instrument"].isin([instrument, ALL_INSTRUMENTS])]
    codes = dict(zip(declared["code"], declared["reason"]))
    values, _, _ = answer_column(cells, codes, file="", decimal=decimal)
    return values.astype("float64")
