"""A climbed ladder in the form that every answer has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from securebase_analysis.measures.invariance.checks import checks_of
from securebase_analysis.measures.invariance.climbing import Climbed
from securebase_analysis.measures.invariance.cut_offs import MANY
from securebase_analysis.measures.invariance.fitted_step import FittedStep
from securebase_analysis.measures.invariance.result import InvarianceResult
from securebase_analysis.measures.invariance.suggestions import suggestions_of
from securebase_analysis.measures.invariance.tables import errors_of, estimates_table, steps_table
from securebase_analysis.measures.invariance.verdicts import overall, step_held, verdicts_of
from securebase_analysis.results import wording


def answer_of(climbed: Climbed, spec: Mapping[str, Any]) -> InvarianceResult:
    """Verdicts, and the model that holds, as a result."""
    ladder, sample, fitted = climbed.ladder, climbed.sample, climbed.fitted
    verdicts = verdicts_of(ladder, fitted, climbed.cuts)
    held = fitted[step_held(verdicts) or 0]
    n = wording.count(len(ladder.occasions), ladder.over)
    constructs = wording.count(len(ladder.constructs), "construct")
    return InvarianceResult(
        title=f"Measurement invariance of {constructs} over {n}",
        spec=spec,
        estimates=estimates_table(ladder, held, errors_of(spec["missing"], spec["estimator"])),
        facts=_facts(climbed, held, spec),
        rows=sample.rows.reset_index(drop=True),
        checks=checks_of(ladder, sample, fitted),
        notes=_notes(climbed, held, spec),
        steps=steps_table(fitted, verdicts),
        verdict=overall(fitted, verdicts, ladder.over),
        verdicts=tuple(verdict.sentence[0].upper() + verdict.sentence[1:] for verdict in verdicts),
        suggestions=suggestions_of(ladder, fitted),
        held=held.step,
        ladder=ladder,
        fitted=fitted,
        cuts=climbed.cuts,
    )


def _facts(climbed: Climbed, held: FittedStep, spec: Mapping[str, Any]) -> dict[str, Any]:
    """What ``glance()`` shows: the model that ``tidy()`` shows."""
    sample, by_groups = climbed.sample, climbed.ladder.over == "group"
    return {
        "n_rows": sample.n_children if by_groups else len(sample.rows),
        "n_groups": len(climbed.ladder.occasions) if by_groups else sample.n_children,
        "n_excluded": sample.n_excluded,
        "conf_level": spec["conf_level"],
        "converged": held.fit.converged,
        "log_likelihood": getattr(held.fit, "log_likelihood", float("nan")),
        "n_parameters": held.fit.n_parameters,
        **held.figures(),
        "step": held.step,
    }


def _notes(climbed: Climbed, held: FittedStep, spec: Mapping[str, Any]) -> tuple[str, ...]:
    """What was left out, assumed and done."""
    ladder, sample = climbed.ladder, climbed.sample
    ordinal = spec["estimator"] == "wlsmv"
    notes = [problem.sentence for problem in climbed.problems]
    behind = "; what lies behind the items has there intercept 0 and residual variance 1" if ordinal else ""
    notes.append(
        f"Estimates are those of the {held.step} model; constructs have variance 1 and mean 0 in {ladder.over} "
        f"{ladder.occasions[0]}{behind}."
    )
    gaps = any(pd.isna(values).any() for values in sample.X)
    if spec["missing"] == "fiml" and gaps and not ordinal:
        notes.append(
            "Missing answers: full information maximum likelihood, which takes them as missing at random."
        )
    if ladder.partial:
        notes.append(f"Free in every step: {', '.join(sorted(ladder.partial))}.")
    if ladder.over == "wave":
        notes.append("What is left of an item may covary with what is left of the same item at other waves.")
    if sample.n_children <= MANY and not ordinal:
        notes.append(f"With {sample.n_children} children the narrower cut-offs of Chen (2007) are used.")
    return tuple(notes)
