"""Answers of known numbers, and what must never be seen in print."""

from __future__ import annotations

import numpy as np
import pandas as pd

from securebase_analysis.results.result import Result

N_CHILDREN = 24
SECRET = "KID-"


CODES = ("carer available at night", "listens <script>alert(1)</script>",
         "a very long name of a code about family membership in the birth family", "rare")  # fmt: skip


def make_result(estimates: list[dict], title: str = "A made answer", **kept) -> Result:
    """An answer with these estimates."""
    table = pd.DataFrame(estimates)
    for name in ("outcome", "group", "effect"):
        table[name] = table.get(name, pd.Series("", index=table.index)).fillna("")
    if "df" not in table:
        table["df"] = np.inf
    facts = {"n_rows": 72, "n_groups": 24, "n_excluded": 4, "conf_level": 0.95, "converged": True,
             "log_likelihood": -100.0}  # fmt: skip
    return Result(title, {"group": "child"}, table, facts, **kept)
