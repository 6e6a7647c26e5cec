"""From a table to a plan."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from securebase_analysis import theory
from securebase_analysis.models.panel.door import panel_data
from securebase_analysis.models.panel.request import Request
from securebase_analysis.models.panel.request import checked as panel_checked
from securebase_analysis.models.power.answer import COLUMNS, PanelPlan
from securebase_analysis.models.power.assumptions_in_words import AT_MOST, ENOUGH_CHILDREN, in_words
from securebase_analysis.models.power.expected_errors import Expectations
from securebase_analysis.models.power.request import PlanRequest
from securebase_analysis.models.power.simulated_panels import found_in_simulations
from securebase_analysis.models.power.ways import Way, ways_of
from securebase_analysis.results import wording
from securebase_analysis.results.diagnostics import check, checks_frame


def plan_of(given: Any, request: PlanRequest) -> PanelPlan:
    """Read who was seen when, and say what each way would find.

    Raises
    ------
    ModelError, DataError
        See `plan_panel`.
    """
    data = panel_data(given, _panel_request(request))
    columns = [f"{name}_{wave}" for name in request.constructs for wave in data.waves.names]
    seen = data.frame.loc[data.frame[columns].notna().any(axis=1), columns]
    scores = _of_so_many(seen, request.n_children, request.seed)
    spans = ", equal_over_waves='despite-spacing'" if data.waves.unequal else ""
    as_asked = spans + ("" if request.waves is None else f", waves={_written(request.waves)}")
    asked = ways_of(request.constructs, data.waves.names, request.prior, as_asked)
    ways = pd.DataFrame([_row(way, scores, request) for way in asked], columns=COLUMNS)
    named = [theory.label(name) for name in request.constructs]
    return PanelPlan(
        title=f"What {wording.count(len(scores), 'child', 'children')} over "
        f"{wording.count(len(data.waves), 'wave')} can say of {', '.join(named[:-1])} and {named[-1]}",
        spec=request.spec,
        estimates=_estimates(ways, request.constructs[1]),
        facts=_facts(scores, request),
        rows=data.given[np.isin(data.row_of, seen.index)],
        checks=_checks(ways),
        notes=(*(problem.sentence for problem in data.problems), *_notes(request, scores, len(seen))),
        ways=ways,
        can_be_fitted=tuple(way for way, fits in zip(asked, ways["can_be_fitted"]) if fits),
        scores=scores,
        request=request,
    ).made_from(given)


def _panel_request(request: PlanRequest) -> Request:
    """What reads the table: waves that are not equally far apart are told when a model is fitted."""
    return panel_checked(
        Request(
            constructs=request.constructs, model="clpm", equal_over_waves="despite-spacing",
            equal_over_groups=False, waves=request.waves, covariates=(), group=None, missing="fiml",
            estimator="ml", conf_level=request.conf_level,
        )
    )  # fmt: skip


def _of_so_many(seen: pd.DataFrame, n: int | None, seed: int) -> pd.DataFrame:
    """Rows of so many children: those seen, and where there are to be others, drawn from them."""
    if n is None or n == len(seen):
        return seen
    chosen = np.random.default_rng(seed).choice(len(seen), n, replace=n > len(seen))
    return seen.iloc[chosen].reset_index(drop=True)


def _row(way: Way, scores: pd.DataFrame, request: PlanRequest) -> list[Any]:
    """In the order of `COLUMNS`."""
    n_children = int(scores[way.panel.columns].notna().any(axis=1).sum())
    fits = way.fits(scores)
    figures = [np.nan] * 4 + [0, np.nan, np.nan]
    if fits:
        figures = [*_expected(way, scores, request), *found_in_simulations(way, scores, request)]
    return [way.name, len(way.panel.constructs), way.n_parameters, n_children, fits, *figures, way.call]


def _expected(way: Way, scores: pd.DataFrame, request: PlanRequest) -> tuple[float, float, float, float]:
    """Error, power, the smallest effect that is found, and false alarms."""
    expectations, assumed = Expectations(way.panel, scores, way.prior), request.assumed
    expected = expectations.under(assumed)
    return (
        expected.std_error,
        expected.power(request.conf_level),
        expectations.smallest_found(assumed, request.power, request.conf_level),
        expectations.false_alarms(assumed, request.conf_level),
    )


def _estimates(ways: pd.DataFrame, outcome: str) -> pd.DataFrame:
    """Power and the smallest effect of each way that can be fitted."""
    fitted = ways[ways["can_be_fitted"]]
    parts = [
        pd.DataFrame({"effect": effect, "term": fitted["way"], "estimate": fitted[column].astype(float)})
        for effect, column in (("power", "power"), ("smallest effect", "smallest_effect"))
    ]
    made = pd.concat(parts, ignore_index=True).assign(
        outcome=outcome, group="", std_error=np.nan, df=np.inf, tested=False
    )
    return made[["outcome", "group", "effect", "term", "estimate", "std_error", "df", "tested"]]


def _facts(scores: pd.DataFrame, request: PlanRequest) -> dict[str, Any]:
    """What ``glance()`` shows."""
    return {
        "n_rows": len(scores), "n_groups": 1, "n_excluded": 0, "conf_level": request.conf_level,
        "converged": True, "log_likelihood": np.nan, "n_children": len(scores),
    }  # fmt: skip


def _checks(ways: pd.DataFrame) -> pd.DataFrame:
    """Whether there is a way at all."""
    n = int(ways["can_be_fitted"].sum())
    return checks_frame(
        [check("ways that the children can carry", n, 1.0, n >= 1, "relate_dimensions(data), or more children.")]
    )


def _notes(request: PlanRequest, scores: pd.DataFrame, n_seen: int) -> list[str]:
    """What was assumed."""
    first, second = (theory.label(name) for name in request.constructs[:2])
    level = wording.percent(request.conf_level)
    notes = [
        f"Power: the chance that a {level} interval finds an effect of {first} on {second} of "
        f"{wording.number(request.effect)} standard deviations from one wave to the next. Smallest effect: that "
        f"which is found with power {wording.number(request.power)}.",
        f"Assumed: {in_words(request.assumed)}. Nothing of this was taken from the data, of which only was read "
        f"who was seen when ({100 * float(scores.isna().to_numpy().mean()):.1f}% of scores missing).",
        "False alarms: the chance to report an effect where children differ for good and nothing acts on anything "
        "else. A model without random intercepts finds more because it takes stable differences for effects.",
    ]
    if len(scores) < ENOUGH_CHILDREN:
        notes.append(f"{AT_MOST} n_simulations=200 shows the power in panels like this one.")
    if len(request.constructs) > 2:
        notes.append(
            f"Two constructs at a time: {first} and {second} here. What the others do is then part of the effects "
            "found, and every pair is a test of its own."
        )
    if request.n_children is not None and request.n_children != n_seen:
        notes.append(f"Planned for {request.n_children:,} children with the gaps of the {n_seen:,} who were seen.")
    return notes


def _written(waves: Any) -> str:
    return str(dict(waves) if isinstance(waves, Mapping) else list(waves))
