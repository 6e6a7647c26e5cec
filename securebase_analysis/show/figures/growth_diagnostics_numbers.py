"""The numbers behind the panel of diagnostics of a growth model; nobody can be recognised in them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from securebase_analysis.engines.normal_residuals import local_line, normal_envelope, spread_interval
from securebase_analysis.models.after_growth.influence import influence
from securebase_analysis.models.growth import GrowthResult
from securebase_analysis.models.growth.linear_fits import OneFactorFit
from securebase_analysis.models.growth.standard_residuals import standard_effects, standard_residuals
from securebase_analysis.results import wording
from securebase_analysis.results.inference import Floats
from securebase_analysis.show.figures.growth import TIMES
from securebase_analysis.show.figures.trajectory import LINES_FROM

COLUMNS = ["panel", "kind", "label", "x", "y", "low", "high"]
ENVELOPE = 0.95
MOST_ROWS = 12_000
"""Of more rows than this the residuals of every n-th are looked at."""
MOST_POINTS = 3000
"""More points than this are one grey cloud; every n-th is drawn then."""
MOST_QUANTILES = 300
STRETCHES = 6
FEWEST_ROWS = 5
"""Rows from which a spread is told."""
MOST_LEVELS = {True: 600, False: 60}
"""Children that are left out one by one for a picture, where that is quick (True) and where it is not."""


def diagnostics_frame(result: GrowthResult) -> pd.DataFrame:
    """The points, lines and bands of the panel of diagnostics.

    Parameters
    ----------
    result : GrowthResult
        From `fit_growth`.

    Returns
    -------
    pandas.DataFrame
        ``panel, kind, label, x, y, low, high``. Panels are *residuals* (over what the fixed effects expect, with a
        smooth line), *quantiles* (of the residuals, with an envelope), *spread* (standard deviation of the
        residuals over time), *effects* (quantiles of the random effects), *distance* (Cook's, the farthest first)
        and *shifts* (DFBETAS of every term). Residuals are in standard deviations. With fewer than ten children
        there are only the line and the spread; with more than can be left out one by one there are no *distance*
        and *shifts*.
    """
    fit, data = result.fit, result.data
    some = slice(None, None, -(-data.n_rows // MOST_ROWS))
    residual, predictor = standard_residuals(result.request, fit, data, some)
    parts = [_smooth(predictor, residual), _spread(result, some, residual, predictor)]
    if data.n_groups >= LINES_FROM:
        parts += [_cloud(predictor, residual), _quantiles("quantiles", "", residual), _effects(result)]
        quick = type(fit) is OneFactorFit
        if data.n_groups <= MOST_LEVELS[quick] and len(fit.beta):
            parts += _influence(result)
    return pd.concat([part.reindex(columns=COLUMNS) for part in parts], ignore_index=True)


def _smooth(x: Floats, y: Floats) -> pd.DataFrame:
    """The smooth line through the residuals, at places where there are some."""
    at = np.unique(np.quantile(x, np.linspace(0.0, 1.0, 41)))
    line = local_line(x, y, at)
    return pd.DataFrame({"panel": "residuals", "kind": "line", "label": "", "x": at, "y": line})


def _cloud(x: Floats, y: Floats) -> pd.DataFrame:
    step = -(-len(x) // MOST_POINTS)
    return pd.DataFrame({"panel": "residuals", "kind": "point", "label": "", "x": x[::step], "y": y[::step]})


def _quantiles(panel: str, label: str, values: Floats) -> pd.DataFrame:
    """Ordered values over those that a normal sample would have, with the envelope of each."""
    ordered = np.sort(values)
    middle, low, high = normal_envelope(len(ordered), ENVELOPE)
    keep = np.unique(np.linspace(0, len(ordered) - 1, min(len(ordered), MOST_QUANTILES)).round().astype(int))
    columns = {"x": middle[keep], "y": ordered[keep], "low": low[keep], "high": high[keep]}
    return pd.DataFrame({"panel": panel, "kind": "point", "label": label, **columns})


def _effects(result: GrowthResult) -> pd.DataFrame:
    """Quantiles of the random effects, term by term, of factors with enough levels."""
    table = standard_effects(result.fit, result.data)
    several = table["group"].nunique() > 1
    parts = [
        _quantiles("effects", f"{term} of {group}" if several else str(term), rows["value"].to_numpy(float))
        for (group, term), rows in table.groupby(["group", "term"], sort=False)
        if len(rows) >= LINES_FROM
    ]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=COLUMNS)


def _spread(result: GrowthResult, some: slice, residual: Floats, predictor: Floats) -> pd.DataFrame:
    """Standard deviation of the residuals at every wave, or in stretches of time, with its interval."""
    label, at = _time_of(result, some, predictor)
    stretch = at if at.nunique() <= STRETCHES else pd.qcut(at, STRETCHES, duplicates="drop", labels=False)
    rows = pd.DataFrame({"x": at, "residual": residual}).groupby(stretch.to_numpy())
    table = rows.agg(x=("x", "mean"), y=("residual", "std"), n=("residual", "size"))
    table = table[table["n"] >= FEWEST_ROWS]
    low, high = spread_interval(table["y"].to_numpy(float), table["n"].to_numpy(), ENVELOPE)
    return table.assign(panel="spread", kind="point", label=label, low=low, high=high)


def _time_of(result: GrowthResult, some: slice, predictor: Floats) -> tuple[str, pd.Series]:
    """Time where the rows have one, else the fitted values."""
    data = result.data
    rows = data.frame[data.used].iloc[some]
    for name in (*data.random.terms, *TIMES):
        if name in rows and pd.api.types.is_numeric_dtype(rows[name]):
            return name, pd.Series(rows[name].to_numpy(float))
    return "fitted", pd.Series(predictor)


def _influence(result: GrowthResult) -> list[pd.DataFrame]:
    """Cook's distances from the farthest on, and what each child left out does to each term."""
    found = influence(result)
    levels = found.most[found.most["cooks_distance"].notna()].reset_index(drop=True)
    rows = [f"row {row:,}" for row in levels["first_row"]]
    columns: dict[str, Any] = {
        "label": rows,
        "x": np.arange(1.0, len(levels) + 1.0),
        "y": levels["cooks_distance"],
    }
    distance = pd.DataFrame({"panel": "distance", "kind": "point", **columns})
    fixed = found.terms[found.terms["effect"] == "fixed"]
    shifts = pd.DataFrame({"panel": "shifts", "kind": "point", "label": fixed["term"], "x": fixed["dfbetas"]})
    return [distance, shifts]


# ---- in words --------------------------------------------------------------------------------------------------


def diagnostics_alt(frame: pd.DataFrame, title: str, group: str) -> str:
    """What each part of the panel shows, in numbers."""
    panels = {str(name): rows for name, rows in frame.groupby("panel", sort=False)}
    telling = [
        _alt_residuals(panels["residuals"]),
        _alt_quantiles(panels.get("quantiles"), "residuals"),
        _alt_spread(panels["spread"]),
        _alt_quantiles(panels.get("effects"), "random effects"),
        _alt_distance(panels.get("distance"), group),
        _alt_shifts(panels.get("shifts"), group),
    ]
    return f"{title}. {' '.join(sentence for sentence in telling if sentence)}"


def _alt_residuals(rows: pd.DataFrame) -> str:
    line = rows.loc[rows["kind"] == "line", "y"]
    return (
        "Over what the fixed effects expect the smooth line of the residuals runs between "
        f"{wording.number(line.min())} and {wording.number(line.max())} standard deviations."
    )


def _alt_quantiles(rows: pd.DataFrame | None, what: str) -> str:
    if rows is None or rows.empty:
        return ""
    outside = int(((rows["y"] < rows["low"]) | (rows["y"] > rows["high"])).sum())
    ends = f"from {wording.number(rows['y'].min(), 1)} to {wording.number(rows['y'].max(), 1)}"
    return f"Normal quantiles of the {what}, {ends}: {outside:,} of {len(rows):,} lie outside the envelope."


def _alt_spread(rows: pd.DataFrame) -> str:
    if rows.empty:
        return ""
    over = "the fitted values" if rows["label"].iloc[0] == "fitted" else rows["label"].iloc[0]
    low, high = wording.number(rows["y"].min()), wording.number(rows["y"].max())
    return f"Over {over} the standard deviation of the residuals lies between {low} and {high}."


def _alt_distance(rows: pd.DataFrame | None, group: str) -> str:
    if rows is None or rows.empty:
        return ""
    first = ", ".join(f"{wording.number(row.y)} ({row.label})" for row in rows.head(3).itertuples())
    return f"Cook's distance by {group}, the farthest first: {first}."


def _alt_shifts(rows: pd.DataFrame | None, group: str) -> str:
    if rows is None or rows.empty:
        return ""
    far = rows.loc[rows["x"].abs().idxmax()]
    return (
        f"Leaving out one {group} moves {far['label']} by up to {wording.number(abs(far['x']))} standard errors."
    )
