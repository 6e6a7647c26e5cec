"""What a model of disruption expects for given rows: cumulative hazard and share remaining, or incidence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from securebase_analysis.engines.baseline_hazard import PredictedHazard, predicted_hazard
from securebase_analysis.errors import ModelError, Problem, raise_if_stopped, rows_where
from securebase_analysis.measures.blank_cells import blank
from securebase_analysis.models.disruption.door import RowsAtRisk
from securebase_analysis.models.disruption.fitting import Fitted
from securebase_analysis.models.disruption.predictors import coded, names_of_predictors
from securebase_analysis.models.disruption.shared_units import strata_of
from securebase_analysis.models.rows import check_columns, long_frame
from securebase_analysis.results.inference import critical_value

Floats = NDArray[np.float64]


def expected_curves(rows: RowsAtRisk, fit: Fitted, wanted: Any, times: Any, conf_level: float) -> pd.DataFrame:
    """Expected curves of rows with given predictors; see `DisruptionResult.curve`."""
    _must_have_a_curve(rows, fit)
    frame = long_frame(wanted)
    profiles = _columns(rows, frame)
    stratum = _strata(rows, frame)
    predicted = predicted_hazard(fit.cox, profiles, clustered=fit.cox.vcov_clustered is not None)
    at = _times(times)
    parts = [_one(predicted, place, int(stratum[place]), at, rows, fit, conf_level) for place in range(len(frame))]
    return pd.concat(parts, ignore_index=True)


def _one(
    predicted: PredictedHazard, place: int, stratum: int, at: Floats | None, rows: RowsAtRisk, fit: Fitted,
    conf_level: float,
) -> pd.DataFrame:  # fmt: skip
    """The curve of one row."""
    here = predicted.stratum == stratum
    of_stratum = rows.strata == stratum if rows.strata is not None else np.ones(len(rows.stop), dtype=bool)
    followed = float(rows.stop[of_stratum].max())
    jumps = np.concatenate([[0.0], predicted.time[here]])
    times = np.unique(np.append(jumps, followed)) if at is None else at
    step = np.searchsorted(jumps, times, side="right") - 1
    hazard = np.concatenate([[0.0], predicted.cumulative[here, place]])[step]
    error = np.concatenate([[0.0], predicted.std_error[here, place]])[step]
    unknown = times > followed
    hazard, error = np.where(unknown, np.nan, hazard), np.where(unknown, np.nan, error)
    table = pd.DataFrame({"row": place + 1, "time": times, "cumulative_hazard": hazard})
    if rows.strata_named:
        table.insert(1, "stratum", rows.strata_named[stratum])
    if fit.subdistribution is not None:
        return table.assign(incidence=-np.expm1(-hazard))
    half = float(critical_value(conf_level, fit.df)) * error
    return table.assign(
        remaining=np.exp(-hazard),
        std_error=np.exp(-hazard) * error,
        conf_low=np.exp(-hazard - half),
        conf_high=np.minimum(np.exp(-hazard + half), 1.0),
    )


def _unseen(wanted: pd.Series, fitted: pd.Series) -> list[Problem]:
    """Labels that no row of the model has, of which nothing is known."""
    if not isinstance(fitted.dtype, pd.CategoricalDtype):
        return []
    known = {str(label) for label in fitted.cat.categories}
    strange = wanted.notna().to_numpy(bool) & ~wanted.astype("str").isin(known).to_numpy(bool)
    if not strange.any():
        return []
    shown = f" It has {', '.join(sorted(known))}." if len(known) <= 10 else ""
    return [
        Problem(
            "SB-EVENT-28",
            "stop",
            f"{str(wanted.name)!r} has a label that no row of the model has.",
            column=str(wanted.name),
            rows=rows_where(strange),
            why=f"Nothing is known about it.{shown}",
            done="No curve was made.",
            fix="Use a label of the model.",
        )
    ]


def _columns(rows: RowsAtRisk, frame: pd.DataFrame) -> Floats:
    """The columns of the model (p, rows wanted)."""
    names = names_of_predictors(rows.frame, rows.request)
    check_columns(frame, names)
    raise_if_stopped([problem for name in names for problem in _unseen(frame[name], rows.values[name])])
    values, problems = coded(frame, names)
    for name in values:
        if isinstance(rows.values[name].dtype, pd.CategoricalDtype):
            values[name] = pd.Categorical(values[name], categories=rows.values[name].cat.categories)
    missing = [
        Problem(
            "SB-EVENT-17",
            "stop",
            f"{name!r} is empty in rows that a curve is wanted of.",
            column=str(name),
            rows=rows_where(blank(values[name])),
            why="Without it there is no expectation.",
            fix="Fill it in, or leave these rows out.",
        )
        for name in values
        if blank(values[name]).any()
    ]
    raise_if_stopped([*problems, *missing])
    made: Floats = rows.X.recipe.columns(values.assign(**{rows.request.stop: 1.0}))
    return made


def _strata(rows: RowsAtRisk, frame: pd.DataFrame) -> NDArray[np.int64]:
    """The stratum of each row wanted."""
    if not rows.strata_named:
        return np.zeros(len(frame), dtype=np.int64)
    names = list(rows.request.strata)
    check_columns(frame, names)
    code, labels = strata_of(frame, names)
    wanted = [""] * len(frame) if code is None else [labels[place] if place >= 0 else "" for place in code]
    if rows.request.recurrent in ("pwp-total", "pwp-gap"):
        check_columns(frame, ["enum"])
        moves = [f"move {int(number)}" for number in frame["enum"]]
        wanted = [f"{of}, {move}" if of else move for of, move in zip(wanted, moves)]
    unknown = [label not in rows.strata_named for label in wanted]
    if any(unknown):
        raise ModelError(_no_stratum(rows.strata_named, unknown))
    return np.array([rows.strata_named.index(label) for label in wanted], dtype=np.int64)


def _times(times: Any) -> Floats | None:
    """Times asked for, or None."""
    if times is None:
        return None
    try:
        at = np.atleast_1d(np.asarray(times, dtype=float))
    except (TypeError, ValueError):
        at = np.array([np.nan])
    if at.ndim != 1 or not len(at) or not (np.isfinite(at) & (at >= 0.0)).all():
        raise ModelError(
            Problem(
                "SB-EVENT-18",
                "stop",
                "Times are numbers of days from 0 upwards.",
                why="A curve runs from the start up to each time.",
                fix="times=[365, 730]",
            )
        )
    return np.unique(at)


def _must_have_a_curve(rows: RowsAtRisk, fit: Fitted) -> None:
    """Refuse curves that would need more than the model knows."""
    if fit.frailty is None and not fit.runaway.any():
        return
    what = "a model with frailty" if fit.frailty is not None else "an infinite hazard ratio"
    raise ModelError(
        Problem(
            "SB-EVENT-19",
            "stop",
            f"There is no curve of {what}.",
            why="The curve of an average carer is not the average of the curves."
            if fit.frailty is not None
            else "The baseline runs away with the estimate.",
            fix="cluster= in place of frailty="
            if fit.frailty is not None
            else "Leave out the term without events.",
        )
    )


def _no_stratum(known: Sequence[str], unknown: Sequence[bool]) -> Problem:
    return Problem(
        "SB-EVENT-20",
        "stop",
        "Rows of a stratum that the model has not seen.",
        rows=rows_where(unknown),
        why="Its baseline hazard is not known.",
        fix=f"Strata are: {'; '.join(known[:8])}.",
    )
