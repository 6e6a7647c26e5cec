"""What to look at before a measurement model is believed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from securebase_analysis.models.sem import SemResult
from securebase_analysis.results.diagnostics import check

LOWEST_LOADING = 0.30
"""An item that shares less than about a tenth of its variance with its construct."""
HIGHEST_CORRELATION = 0.85
"""Constructs that correlate by more are hardly told apart (Brown 2015)."""


def checks_of(answer: SemResult) -> pd.DataFrame:
    """Rows on the items and constructs, then those of every structural equation model."""
    return pd.concat([pd.DataFrame(list(_rows(answer))), answer.diagnostics()], ignore_index=True)


def _rows(answer: SemResult) -> Iterator[dict[str, Any]]:
    standard = answer.standardized()
    for row in standard[standard["effect"] == "loading"].itertuples():
        where = f" in {row.group}" if row.group else ""
        construct, item = str(row.term).split(" =~ ")
        yield check(
            f"standardised loading of {item}{where}", float(row.estimate), LOWEST_LOADING,
            bool(row.estimate >= LOWEST_LOADING),
            f"It says little of {construct}, or runs the other way: check `reversed`, and what it asks.",
        )  # fmt: skip
    latent = set(answer.fitted.table.latent)
    for row in standard[standard["effect"] == "covariance"].itertuples():
        one, other = str(row.term).split(" ~~ ")
        if {one, other} <= latent:
            where = f" in {row.group}" if row.group else ""
            yield check(
                f"correlation of {one} and {other}{where}", float(row.estimate), HIGHEST_CORRELATION,
                bool(abs(row.estimate) <= HIGHEST_CORRELATION),
                "These items hardly tell the two apart: join them, or do not compare their effects.",
            )  # fmt: skip
