"""What a fitted growth model expects, for the rows it was made from and for others."""

from __future__ import annotations

import numpy as np
import pandas as pd

from securebase_analysis.errors import Problem, raise_if_stopped
from securebase_analysis.models.formulas import predictors
from securebase_analysis.models.growth.fits import Fit
from securebase_analysis.models.growth.grouped_rows import Factor, GroupedRows, model_columns
from securebase_analysis.models.growth.request import Request
from securebase_analysis.models.rows import check_columns, is_number, long_frame, numeric_columns
from securebase_analysis.results.inference import Floats


def expected(fit: Fit, data: GroupedRows) -> tuple[Floats, Floats]:
    """For the rows used what is expected of the child (fixed and random effects), and of the average child."""
    fixed = fit.beta @ data.fixed.values
    whole = fixed + sum(_of_factor(factor, effects) for factor, (effects, _) in zip(data.factors, fit.effects()))
    return fit.expected_outcome(whole), fit.expected_outcome(fixed)


def _of_factor(factor: Factor, effects: Floats) -> Floats:
    """What one factor adds to each row."""
    own = effects[:, factor.code] if factor.members is None else effects @ factor.members.T
    total: Floats = (factor.random.values * own).sum(axis=0)
    return total


def predicted(fit: Fit, data: GroupedRows, request: Request, new_data: pd.DataFrame) -> pd.DataFrame:
    """`new_data` with ``fitted`` and ``fitted_fixed``; see `GrowthResult.predict`."""
    columns = predictors(request.formula, [part for parts in request.random.values() for part in parts])
    new_data = long_frame(new_data)
    check_columns(new_data, columns)
    numbers = [name for name in columns if is_number(data.frame[name])]
    labels = [name for name in columns if name not in numbers]
    made, problems = numeric_columns(new_data, numbers)
    coded, more = model_columns(new_data, labels, outcome="")
    of_ids = [problem for factor in data.factors for problem in _ids_of_another_kind(factor.keys, new_data)]
    raise_if_stopped([*problems, *more, *of_ids])
    values = pd.concat([made, coded], axis=1)
    complete = values.notna().all(axis=1).to_numpy()
    fixed = fit.beta @ data.fixed.recipe.columns(values[complete])
    whole = fixed.copy()
    for factor, (effects, _) in zip(data.factors, fit.effects()):
        place = _places(factor.keys, new_data)[complete]
        own = np.where(place >= 0, effects[:, place], 0.0)
        whole += (factor.random.recipe.columns(values[complete]) * own).sum(axis=0)
    filled = np.full((2, len(new_data)), np.nan)
    filled[:, complete] = fit.expected_outcome(whole), fit.expected_outcome(fixed)
    return new_data.assign(fitted=filled[0], fitted_fixed=filled[1])


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
