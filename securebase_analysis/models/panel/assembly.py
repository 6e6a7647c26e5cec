"""From a table to the answer of a panel model."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import pandas as pd

from securebase_analysis.errors import ModelError, raise_if_stopped
from securebase_analysis.models.panel.answer import PanelResult
from securebase_analysis.models.panel.checks import checks_of
from securebase_analysis.models.panel.door import PanelData, panel_data, panel_of
from securebase_analysis.models.panel.equality import over_groups, over_waves
from securebase_analysis.models.panel.request import Request
from securebase_analysis.models.panel.size import check_size
from securebase_analysis.models.panel.syntax import panel_text
from securebase_analysis.models.panel.terms import estimates_of
from securebase_analysis.models.panel.told import notes_of, title_of
from securebase_analysis.models.sem import fit_sem
from securebase_analysis.models.sem.fitting import Fitted
from securebase_analysis.models.sem.sample import groups_in


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
    n_children = int(data.frame[panel.columns].notna().any(axis=1).sum())
    raise_if_stopped(check_size(panel, n_children), ModelError)
    sem = fit_sem(
        data.frame, panel_text(panel), request.missing, request.estimator, request.group, defaults="lavaan",
        meanstructure=True, conf_level=request.conf_level,
    )  # fmt: skip
    fitted = sem.fitted
    assert isinstance(fitted, Fitted)
    waves_test = over_waves(fitted, panel)
    groups_test = over_groups(fitted, panel) if panel.equal_groups else None
    tests = [test for test in (waves_test, groups_test) if test is not None]
    return PanelResult(
        title=title_of(panel, request.group),
        spec=_spec(request),
        estimates=estimates_of(fitted, panel),
        facts={**sem.facts, "n_children": fitted.sample.n_rows},
        rows=partial(_rows, data, sem),
        checks=partial(checks_of, fitted, panel, tests),
        notes=notes_of(fitted, panel, data, tests, sem.notes),
        sem=replace(sem, title=f"{title_of(panel, request.group)}, as structural equations"),
        fitted=fitted,
        panel=panel,
        request=request,
        waves_test=waves_test,
        groups_test=groups_test,
    ).made_from(given)


def _spec(request: Request) -> dict[str, Any]:
    """The request, so that it can be made again."""
    return {
        "verb": "fit_panel", "constructs": list(request.constructs), "model": request.model,
        "equal_over_waves": request.equal_over_waves, "waves": request.waves, "covariates": request.covariates,
        "group": request.group, "equal_over_groups": request.equal_over_groups,
        "missing": request.missing, "estimator": request.estimator,
        "conf_level": request.conf_level,
    }  # fmt: skip


def _rows(data: PanelData, sem: Any) -> pd.DataFrame:
    """The rows used, as they were given, with the child's distance from what the model implies."""
    by_child = sem.augment()
    if not data.from_long:
        return by_child
    distance = by_child["distance"].reindex(data.row_of).to_numpy()
    rows = data.given.assign(distance=distance)
    return rows[rows["distance"].notna() & rows["wave"].isin(data.waves.given)]
