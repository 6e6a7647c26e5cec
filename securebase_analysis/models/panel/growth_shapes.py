"""A line held against the shapes that have it as a special case."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pandas as pd

from securebase_analysis.engines.scaled_tests import scaled_difference
from securebase_analysis.models.panel.elements import Panel
from securebase_analysis.models.panel.fitting import refitted
from securebase_analysis.models.panel.growth_elements import PARTS
from securebase_analysis.models.panel.request import SHAPES
from securebase_analysis.models.panel.size import carried
from securebase_analysis.models.sem.fitting import Fitted

COLUMNS = ["shape", "n_parameters", "df", "chi2", "aic", "bic", "chi2_difference", "df_difference", "p_value",
           "scaling_factor"]  # fmt: skip


def shapes_frame(fitted: Fitted, panel: Panel) -> pd.DataFrame:
    """A row for each shape that the waves and the children can carry; see `GrowthCurvesResult.shapes`."""
    models = dict(_fitted_shapes(fitted, panel))
    rows = []
    for shape, model in models.items():
        known = model.fit.converged
        row = [shape, model.table.n_free, model.fit.df]
        row += [value if known else np.nan for value in (_chi2(model), model.aic, model.bic)]
        rows.append([*row, *_against_the_line(models["linear"], model, shape)])
    return pd.DataFrame(rows, columns=COLUMNS)


def _fitted_shapes(fitted: Fitted, panel: Panel) -> Iterator[tuple[str, Fitted]]:
    """The model with each shape, the line first."""
    assert panel.curves is not None
    for shape in SHAPES:
        other = replace(panel, curves=replace(panel.curves, shape=shape))
        if shape == panel.curves.shape:
            yield shape, fitted
        elif len(panel.waves) > len(PARTS[shape]) and (shape == "linear" or carried(other, fitted.sample.n_rows)):
            yield shape, refitted(fitted, other)


def _chi2(model: Fitted) -> float:
    """Chi-square, where there are saturated moments to hold the fit against."""
    return model.fit.chi2 if model.testable else np.nan


def _against_the_line(line: Fitted, model: Fitted, shape: str) -> list[float]:
    """The test of a shape: what it gains over the line."""
    df = line.fit.df - model.fit.df
    if shape == "linear" or df < 1 or not (line.fit.converged and model.fit.converged):
        return [np.nan] * 4
    test = scaled_difference(line.fit, model.fit, scaled=model.estimator == "mlr")
    return [test.statistic, float(test.df), test.p_value, test.scaling_factor]
