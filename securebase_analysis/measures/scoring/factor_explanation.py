"""What stands behind a score by the rule "factor": what each answer moves, and the sum that leads to the score."""

from __future__ import annotations

import numpy as np
import pandas as pd

from securebase_analysis.results import wording

OF_A_MODEL = ["instrument", "informant", "scale"]
COLUMNS = [*OF_A_MODEL, "part", "item", "used", "weight", "intercept", "loading", "uniqueness", "pull"]


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
    named = models.drop(columns="weight").rename(columns={"construct": "scale"})
    table = items.merge(named, on=[*OF_A_MODEL, "item"])
    told = (table["loading"] / table["uniqueness"]).where(table["used"].notna(), 0.0)
    of_a_factor = [table[name] for name in (*OF_A_MODEL, "part")]
    precision = 1.0 + (told * table["loading"]).groupby(of_a_factor).transform("sum")
    return table.assign(pull=told / precision)[COLUMNS]


def factor_sum(factors: pd.DataFrame) -> str:
    """Per scale: the factor score from the answers, and the mean of the items that it leads to; part by part."""
    lines = []
    for scale, mine in factors.groupby("scale", sort=False):
        if not mine["used"].notna().any():
            lines.append(f"{scale}: nothing answered")
            continue
        parts = [_part_sum(str(part), own) for part, own in mine.groupby("part", sort=False)]
        line = "; ".join(said for said, _, _ in parts)
        if len(parts) > 1:
            total = sum(weight for _, weight, _ in parts)
            mean = sum(weight * value for _, weight, value in parts) / total
            terms = " + ".join(f"{weight / total:.4g} * {value:.4g}" for _, weight, value in parts)
            line = f"{line}; {scale}: {terms} = {mean:.4g}"
        lines.append(line)
    return "; ".join(lines) + "."


def _part_sum(name: str, items: pd.DataFrame) -> tuple[str, float, float]:
    """What is said of one factor, what its items weigh, and the mean of them that is expected."""
    n = int(items["used"].notna().sum())
    moved = (items["pull"] * (items["used"] - items["intercept"])).sum()
    error = np.sqrt(1.0 - (items["pull"] * items["loading"]).sum())
    start, step = (float(np.average(items[of], weights=items["weight"])) for of in ("intercept", "loading"))
    mean = start + step * moved
    said = (
        f"{name}: factor score {moved:.4g} (standard error {error:.2g}, given the model) from {n} of "
        f"{wording.count(len(items), 'item')}; mean intercept {start:.4g} + mean loading {step:.4g} * "
        f"{moved:.4g} = {mean:.4g}"
    )
    return said, float(items["weight"].sum()), mean
