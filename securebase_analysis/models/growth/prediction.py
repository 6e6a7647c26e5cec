"""What a fitted growth model expects, for the rows it was made from and for others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array

from securebase_analysis.engines import prediction
from securebase_analysis.engines.mixed import MixedFit
from securebase_analysis.engines.several_factors import SeveralFit
from securebase_analysis.errors import ModelError, Problem, check_option, raise_if_stopped
from securebase_analysis.models.carers.memberships import membership
from securebase_analysis.models.formulas import predictors
from securebase_analysis.models.growth.door import members_of_nothing
from securebase_analysis.models.growth.fits import Fit
from securebase_analysis.models.growth.grouped_rows import Factor, GroupedRows
from securebase_analysis.models.growth.model_columns import model_columns
from securebase_analysis.models.growth.request import Request
from securebase_analysis.models.rows import check_columns, is_number, long_frame, numeric_columns
from securebase_analysis.results import wording
from securebase_analysis.results.inference import Floats, check_conf_level, wald_interval

Interval = Literal["mean", "new"]
INTERVALS = ("mean", "new")


def expected(fit: Fit, data: GroupedRows) -> tuple[Floats, Floats]:
    """For the rows used what is expected of the child (fixed and random effects), and of the average child."""
    whole, fixed = predictors_of_rows(fit, data)
    return fit.expected_outcome(whole), fit.expected_outcome(fixed)


def predictors_of_rows(fit: Fit, data: GroupedRows) -> tuple[Floats, Floats]:
    """For the rows used the sum of fixed and random effects, and that of the fixed ones."""
    fixed = fit.beta @ data.fixed.values + data.offset
    whole = fixed + sum(factor.in_rows(effects) for factor, (effects, _) in zip(data.factors, fit.effects()))
    return whole, fixed


def predicted(
    fit: Fit,
    data: GroupedRows,
    request: Request,
    new_data: pd.DataFrame,
    interval: Interval | None = None,
    conf_level: float | None = None,
    members: Mapping[str, Any] | None = None,
) -> pd.DataFrame:
    """`new_data` with ``fitted`` and ``fitted_fixed``, and an interval; see `GrowthResult.predict`."""
    if interval is not None:
        check_option("interval", interval, INTERVALS)
        raise_if_stopped(_without_interval(fit, request, interval), ModelError)
    rows = new_rows(data, request, new_data, {} if members is None else members)
    fixed = fit.beta @ rows.fixed
    whole = fixed.copy()
    for random, place, (effects, _) in zip(rows.random, rows.place, fit.effects()):
        whole += (random * _own_effects(effects, place)).sum(axis=0)
    found = {"fitted": fit.expected_outcome(whole), "fitted_fixed": fit.expected_outcome(fixed)}
    if interval is not None:
        level = request.conf_level if conf_level is None else conf_level
        found |= _interval(fit, data, request, rows, whole, interval == "new", level)
    return beside(rows.frame, {name: _at(rows.complete, values) for name, values in found.items()})


def beside(frame: pd.DataFrame, found: Mapping[str, Floats]) -> pd.DataFrame:
    """The rows with what was found; a column of theirs that has such a name is kept as ``fitted_given``."""
    kept: dict[str, str] = {}
    for name in found:
        if name in frame:
            kept[name] = f"{name}_given"
            while kept[name] in frame:
                kept[name] += "_given"
    return frame.rename(columns=kept).assign(**found)


@dataclass(frozen=True, eq=False)
class NewRows:
    """Rows to predict, as the model takes them.

    Attributes
    ----------
    frame : pandas.DataFrame
        The rows given.
    complete : numpy.ndarray of bool, shape (rows given,)
        Rows with every predictor; the others have no prediction.
    fixed : numpy.ndarray, shape (p, complete rows)
        Columns of the fixed part.
    random : tuple of numpy.ndarray, shapes (q, complete rows)
        Columns of the random part of each factor.
    place : tuple of numpy.ndarray of int, shapes (complete rows,), or scipy.sparse.csr_array
        Level of each row in each factor; -1 where it is new, or not named. Weights of the levels (rows, levels)
        where a row belongs to several.
    """

    frame: pd.DataFrame
    complete: NDArray[np.bool_]
    fixed: Floats
    random: tuple[Floats, ...]
    place: tuple[Any, ...]


def new_rows(data: GroupedRows, request: Request, new_data: pd.DataFrame, members: Mapping[str, Any]) -> NewRows:
    """Check the rows to predict, and make the columns of the model from them.

    Raises
    ------
    ModelError
        When a predictor is not there.
    DataError
        When a predictor holds what the model has not seen, or ids are of another kind.
    """
    columns = predictors(request.formula, [part for parts in request.random.values() for part in parts])
    frame = long_frame(new_data)
    raise_if_stopped(members_of_nothing(members, request.random), ModelError)
    check_columns(frame, columns)
    numbers = [name for name in columns if is_number(data.frame[name])]
    labels = [name for name in columns if name not in numbers]
    made, problems = numeric_columns(frame, numbers)
    coded, more = model_columns(frame, labels, outcome="")
    of_ids = [problem for factor in data.factors for problem in _ids_of_another_kind(factor.keys, frame)]
    raise_if_stopped([*problems, *more, *of_ids])
    values = pd.concat([made, coded], axis=1)
    complete = values.notna().all(axis=1).to_numpy()
    values = values[complete]
    return NewRows(
        frame=frame,
        complete=complete,
        fixed=data.fixed.recipe.columns(values),
        random=tuple(factor.random.recipe.columns(values) for factor in data.factors),
        place=tuple(_levels(factor, frame, request.group, members)[complete] for factor in data.factors),
    )


def _levels(factor: Factor, frame: pd.DataFrame, group: str, members: Mapping[str, Any]) -> Any:
    """Level of each new row in a factor, or the weights of the levels that it belongs to."""
    if factor.name not in members:
        return _places(factor.keys, frame)
    weights, keys, _ = membership(frame, members[factor.name], group, factor.name)
    place = _places(factor.keys, keys)
    known = np.flatnonzero(place >= 0)
    chosen = csr_array((np.ones(len(known)), (known, place[known])), shape=(len(place), factor.n_levels))
    return csr_array(weights @ chosen)


def _own_effects(effects: Floats, place: Any) -> Floats:
    """Random effects (q, rows) of the levels of new rows; zero, the average, for a level that is not known."""
    if not isinstance(place, np.ndarray):
        return np.asarray(effects @ place.T, dtype=float)
    return np.where(place >= 0, effects[:, place], 0.0)


def _at(complete: NDArray[np.bool_], values: Floats) -> Floats:
    """Values at the complete rows; missing at the others."""
    filled = np.full(len(complete), np.nan)
    filled[complete] = values
    return filled


# ---- how far a prediction may be off ---------------------------------------------------------------------------


def _interval(
    fit: Fit, data: GroupedRows, request: Request, rows: NewRows, centre: Floats, new_row: bool, conf_level: float
) -> dict[str, Floats]:
    """Standard error and ends of the interval of each prediction."""
    check_conf_level(conf_level)
    if not rows.complete.any():
        return dict.fromkeys(("std_error", "conf_low", "conf_high"), np.empty(0))
    raise_if_stopped(_members_not_seen(data, rows), ModelError)
    error = _prediction_error(fit, rows.fixed, rows.random, rows.place, new_row)
    # Honest degrees of freedom go with what the variance lacks; plain ones with Henderson's alone.
    lacking = 0.0 if request.df in ("normal", "residual") else error.shortfall
    std_error = np.sqrt(error.variance + lacking)
    degrees = {"normal": np.inf, "residual": float(data.n_rows - len(fit.beta))}.get(request.df, error.df)
    low, high = wald_interval(centre, std_error, np.broadcast_to(degrees, std_error.shape), conf_level)
    return {"std_error": std_error, "conf_low": low, "conf_high": high}


def _members_not_seen(data: GroupedRows, rows: NewRows) -> list[Problem]:
    """Rows that belong in part to levels of which the model knows nothing."""
    problems = []
    for factor, place in zip(data.factors, rows.place):
        if isinstance(place, np.ndarray):
            continue
        short = np.asarray(place.sum(axis=1)).ravel() < 1.0 - 1e-9
        if short.any():
            several = wording.plural(factor.name)
            problems.append(
                Problem(
                    "SB-MODEL-88",
                    "stop",
                    f"Some rows belong to {several} that the model has not seen.",
                    column=factor.name,
                    rows=list(np.flatnonzero(rows.complete)[short] + 1),
                    why="How far such a prediction may be off depends on how the days with them are shared out.",
                    done="Nothing was predicted.",
                    fix=f"predict(new_data) without interval, which takes the unknown {several} for average ones",
                )
            )
    return problems


def _prediction_error(
    fit: Fit, fixed: Floats, random: Sequence[Floats], place: Sequence[Any], new_row: bool = False
) -> prediction.PredictionError:
    """How far the predictions of rows with these columns and levels may be off."""
    engine = fit.engine
    if isinstance(engine, MixedFit):
        return prediction.prediction_error(engine, fixed, random[0], place[0], new_row)
    return prediction.prediction_error_of_several(engine, fixed, random, place, new_row)


def error_of_rows(fit: Fit, data: GroupedRows, some: slice = slice(None)) -> prediction.PredictionError:
    """How far the expected values of rows of the model itself may be off."""
    levels = [factor.code if factor.members is None else factor.members for factor in data.factors]
    random = [factor.random.values[:, some] for factor in data.factors]
    return _prediction_error(fit, data.fixed.values[:, some], random, [level[some] for level in levels])


def _without_interval(fit: Fit, request: Request, interval: Interval) -> list[Problem]:
    """Models whose predictions have no interval, or none of a new measurement."""
    if isinstance(fit.engine, MixedFit | SeveralFit) and not (request.has_structure and interval == "new"):
        return []
    structured = request.family == "gaussian"
    return [
        Problem(
            "SB-MODEL-85",
            "stop",
            f"Predictions have no interval of a new measurement with {_structure_words(request)}."
            if structured
            else f"Predictions have no interval with family={request.family!r}.",
            why="How far a new measurement may be off differs from row to row."
            if structured
            else "It rests on outcomes that are normal around their expected value.",
            done="Nothing was predicted.",
            fix="interval='mean'"
            if structured
            else "predict(new_data) without interval; random_effects() has intervals of how children differ",
        )
    ]


def _structure_words(request: Request) -> str:
    return "residual='ar1'" if request.residual == "ar1" else f"variance_by={request.variance_by!r}"


# ---- one prediction in words -----------------------------------------------------------------------------------


def sentence(
    fit: Fit, data: GroupedRows, request: Request, new_data: pd.DataFrame, interval: Interval, conf_level: float
) -> str:
    """The prediction of the one row of `new_data` in words; no identifier is in it."""
    new_data = long_frame(new_data).iloc[:1]
    if not len(new_data):
        raise ModelError(_no_row())
    row = predicted(fit, data, request, new_data, interval, conf_level).iloc[0]
    outcome, child = data.outcome.terms[0], data.factors[0].name
    if np.isnan(row["fitted"]):
        return f"There is no prediction: a predictor of {outcome} is missing."
    level, ends = wording.percent(conf_level), wording.interval(row["conf_low"], row["conf_high"])
    known = int(_places(data.groups, new_data)[0])
    what = "a new measurement" if interval == "new" else "the expected value"
    if known < 0:
        return (
            f"Of a {child} that the model has not seen {outcome} is expected at {wording.number(row['fitted'])}, "
            f"that of the average {child}; {level} interval of {what} {ends}."
        )
    n_rows = int(data.rows_per_group[known])
    return (
        f"Of this {child}, seen in {wording.count(n_rows, 'row')}, {outcome} is expected at "
        f"{wording.number(row['fitted'])}; {level} interval of {what} {ends}. "
        f"For the average {child} with the same predictors it is {wording.number(row['fitted_fixed'])}."
    )


def _no_row() -> Problem:
    return Problem(
        "SB-MODEL-41",
        "stop",
        "new_data has no rows.",
        why="The sentence is about the child in its first row.",
        fix="new_data = data.iloc[:1]",
    )


# ---- who is known ----------------------------------------------------------------------------------------------


def _places(groups: pd.DataFrame, new_data: pd.DataFrame) -> np.ndarray:
    """Place of each new row's group among those of the fit; -1 where it is new or not named."""
    keys = list(groups)
    if any(key not in new_data for key in keys):
        return np.full(len(new_data), -1)
    if len(keys) == 1:
        return pd.Index(groups[keys[0]]).get_indexer(pd.Index(new_data[keys[0]]))
    return pd.MultiIndex.from_frame(groups).get_indexer(pd.MultiIndex.from_frame(new_data[keys]))


def _ids_of_another_kind(groups: pd.DataFrame, new_data: pd.DataFrame) -> list[Problem]:
    """Ids that are numbers on one side and text on the other, so that no known child would be recognised."""
    return [
        Problem(
            "SB-ID-04",
            "stop",
            f"{key!r} holds {'numbers' if is_number(new_data[key]) else 'text'} here and "
            f"{'numbers' if is_number(groups[key]) else 'text'} in the rows the model was made from.",
            column=key,
            why="No child would be recognised, and every prediction would be that of an unknown child.",
            done="No prediction was made.",
            fix=f"new_data[{key!r}] = new_data[{key!r}].astype(data[{key!r}].dtype)",
        )
        for key in groups
        if key in new_data and is_number(groups[key]) != is_number(new_data[key])
    ]
