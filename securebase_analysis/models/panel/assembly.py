"""From a table to the answer of a panel model."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NamedTuple

import pandas as pd

from securebase_analysis.errors import ModelError, Problem, raise_if_stopped
from securebase_analysis.models.panel.answer import PanelResult
from securebase_analysis.models.panel.checks import checks_of
from securebase_analysis.models.panel.door import PanelData, panel_data, panel_of
from securebase_analysis.models.panel.elements import Panel
from securebase_analysis.models.panel.equality import over_groups, over_waves
from securebase_analysis.models.panel.growth_answer import GrowthCurvesResult
from securebase_analysis.models.panel.growth_checks import checks_of_curves
from securebase_analysis.models.panel.growth_size import check_size_of_curves
from securebase_analysis.models.panel.growth_told import notes_of_curves, title_of_curves
from securebase_analysis.models.panel.prior import fitted_with_prior
from securebase_analysis.models.panel.request import Request
from securebase_analysis.models.panel.size import check_size
from securebase_analysis.models.panel.syntax import panel_text
from securebase_analysis.models.panel.terms import estimates_of
from securebase_analysis.models.panel.told import notes_of, title_of
from securebase_analysis.models.sem import SemResult, fit_sem
from securebase_analysis.models.sem.fitting import Fitted
from securebase_analysis.models.sem.sample import groups_in
from securebase_analysis.results.result import changed


class Kind(NamedTuple):
    """What a kind of panel model needs besides what all have."""

    answer: type[PanelResult]
    title: Callable[..., str]
    notes: Callable[..., tuple[str, ...]]
    checks: Callable[..., pd.DataFrame]


LAGS = Kind(PanelResult, title_of, notes_of, checks_of)
CURVES = Kind(GrowthCurvesResult, title_of_curves, notes_of_curves, checks_of_curves)


def answer_of(given: Any, request: Request) -> PanelResult:
    """Check, fit, test what was assumed, and say it.

    Raises
    ------
    ModelError, DataError
        See `fit_panel`.
    """
    data = panel_data(given, request)
    groups, _, _ = groups_in(data.frame, request.group)
    panel = panel_of(data, request, groups)
    kind = CURVES if panel.curves is not None else LAGS
    raise_if_stopped(_too_large(panel, data.frame[panel.columns], request), ModelError)
    sem = _structural_equations(data.frame, panel, request)
    fitted = sem.fitted
    assert isinstance(fitted, Fitted)
    waves_test = over_waves(fitted, panel)
    groups_test = over_groups(fitted, panel) if panel.equal_groups else None
    tests = [test for test in (waves_test, groups_test) if test is not None]
    title = kind.title(panel, request.group)
    return kind.answer(
        title=title,
        spec=_spec(request),
        estimates=estimates_of(fitted, panel),
        facts={**sem.facts, "n_children": fitted.sample.n_rows},
        rows=partial(_rows, data, sem),
        checks=partial(kind.checks, fitted, panel, tests),
        notes=kind.notes(fitted, panel, data, tests, sem.notes),
        sem=changed(sem, title=f"{title}, as structural equations"),
        fitted=fitted,
        panel=panel,
        request=request,
        waves_test=waves_test,
        groups_test=groups_test,
    ).made_from(given)


def _too_large(panel: Panel, scores: pd.DataFrame, request: Request) -> list[Problem]:
    """A model that the children cannot carry."""
    if panel.curves is not None:
        return check_size_of_curves(panel, int(scores.notna().any(axis=1).sum()))
    spans = ", equal_over_waves='despite-spacing'" if request.equal_over_waves == "despite-spacing" else ""
    waves = "" if request.waves is None else f", waves={_written(request.waves)}"
    return check_size(panel, scores, request.prior, f"{spans}{waves}")


def _written(waves: Any) -> str:
    return str(waves if isinstance(waves, Mapping) else list(waves))


def _structural_equations(frame: pd.DataFrame, panel: Panel, request: Request) -> SemResult:
    """What the panel model is behind its names."""
    if request.prior is not None:
        return fitted_with_prior(frame, panel, panel_text(panel), request)
    return fit_sem(
        frame, panel_text(panel), request.missing, request.estimator, request.group, defaults="lavaan",
        meanstructure=True, conf_level=request.conf_level,
    )  # fmt: skip


def _spec(request: Request) -> dict[str, Any]:
    """The request, so that it can be made again."""
    return {
        "verb": "fit_panel", "constructs": list(request.constructs), "model": request.model,
        "equal_over_waves": request.equal_over_waves, "waves": request.waves, "covariates": request.covariates,
        "group": request.group, "equal_over_groups": request.equal_over_groups,
        "missing": request.missing, "estimator": request.estimator,
        "conf_level": request.conf_level, "shape": request.shape, "slopes_on_levels": request.slopes_on_levels,
        "prior": request.prior,
    }  # fmt: skip


def _rows(data: PanelData, sem: Any) -> pd.DataFrame:
    """The rows used, as they were given, with the child's distance from what the model implies."""
    by_child = sem.augment()
    if not data.from_long:
        return by_child
    distance = by_child["distance"].reindex(data.row_of).to_numpy()
    rows = data.given.assign(distance=distance)
    return rows[rows["distance"].notna() & rows["wave"].isin(data.waves.given)]
