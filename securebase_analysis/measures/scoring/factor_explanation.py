"""What stands behind a score by the rule "factor": what each answer moves, and the sum that leads to the score."""

from __future__ import annotations

import numpy as np
import pandas as pd

from securebase_analysis.results import wording

OF_A_MODEL = ["instrument", "informant", "scale"]
COLUMNS = [*OF_A_MODEL, "item", "used", "weight", "intercept", "loading", "uniqueness", "pull"]


def factors_behind(models: pd.DataFrame, items: pd.DataFrame) -> pd.DataFrame:
    """The items that count for a factor, with its model and by how much each answer moves the factor score.

    Parameters
    ----------
    models : pandas.DataFrame
        `Scores.factors`.
    items : pandas.DataFrame
        `Explanation.items`.
    """
    if models.empty or items.empty:
        return pd.DataFrame(columns=COLUMNS)
    table = items.merge(models.rename(columns={"construct": "scale"}), on=[*OF_A_MODEL, "item"])
    told = (table["loading"] / table["uniqueness"]).where(table["used"].notna(), 0.0)
    precision = 1.0 + (told * table["loading"]).groupby([table[name] for name in OF_A_MODEL]).transform("sum")
    return table.assign(pull=told / precision)[COLUMNS]


def factor_sum(factors: pd.DataFrame) -> str:
    """Per scale: the factor score from the answers, and the mean of the items that it leads to."""
    parts = []
    for scale, mine in factors.groupby("scale", sort=False):
        n = int(mine["used"].notna().sum())
        if not n:
            parts.append(f"{scale}: nothing answered")
            continue
        moved = (mine["pull"] * (mine["used"] - mine["intercept"])).sum()
        error = np.sqrt(1.0 - (mine["pull"] * mine["loading"]).sum())
        start, step = (np.average(mine[name], weights=mine["weight"]) for name in ("intercept", "loading"))
        parts.append(
            f"{scale}: factor score {moved:.4g} (standard error {error:.2g}, given the model) from {n} of "
            f"{wording.count(len(mine), 'item')}; mean intercept {start:.4g} + mean loading {step:.4g} * "
            f"{moved:.4g} = {start + step * moved:.4g}"
        )
    return "; ".join(parts) + "."
