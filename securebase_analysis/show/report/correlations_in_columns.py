"""Correlations of several levels side by side in one table."""

from __future__ import annotations

import pandas as pd

from securebase_analysis.results import wording
from securebase_analysis.show.tables.doctable import Column


def side_by_side(rows: pd.DataFrame, index: list[str]) -> pd.DataFrame:
    """Effects in columns: ``estimate_between``, ``conf_low_between``, ..."""
    values = ["estimate", "conf_low", "conf_high"]
    wide = rows.drop_duplicates([*index, "effect"]).pivot(index=index, columns="effect", values=values)
    wide.columns = [f"{value}_{effect}" for value, effect in wide.columns]
    return wide.reset_index()


def number_and_interval(effect: str, spanner: str, conf_level: float, *, is_effect: bool = False) -> list[Column]:
    """The two printed columns of a correlation, or of an effect, which can exceed one."""
    ends = (f"conf_low_{effect}", f"conf_high_{effect}")
    level = f"{wording.percent(conf_level)} CI"
    if is_effect:
        return [
            Column("b", (f"estimate_{effect}",), "number", 2, spanner),
            Column(level, ends, "interval", 2, spanner),
        ]
    return [
        Column("r", (f"estimate_{effect}",), "bounded", 2, spanner),
        Column(level, ends, "bounded interval", 2, spanner),
    ]
