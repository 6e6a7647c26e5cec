"""The models of the ladder, fitted one after the other to the same rows by maximum likelihood."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from securebase_analysis.engines.baseline_model import fit_baseline
from securebase_analysis.engines.fit_indices import fit_indices
from securebase_analysis.engines.missing_patterns import patterns_of
from securebase_analysis.engines.scaled_tests import scaled_difference, scaled_indices
from securebase_analysis.engines.structural_equations import StructureFit, fit_structures
from securebase_analysis.errors import ModelError
from securebase_analysis.measures.invariance.fitted_step import LikelihoodStep
from securebase_analysis.measures.invariance.ladder import Ladder, Step, step_model
from securebase_analysis.measures.invariance.told import no_answer, no_saturated, not_identified

Floats = NDArray[np.float64]


def fit_ladder(ladder: Ladder, X: Sequence[Floats], steps: Sequence[Step], robust: bool) -> list[LikelihoodStep]:
    """Fit every step.

    Raises
    ------
    ModelError
        When a model is not identified, has no likelihood, or there is nothing that fit can be held against.
    """
    patterns = [patterns_of(values) for values in X]
    fitted: list[LikelihoodStep] = []
    baseline: StructureFit | None = None
    for step in steps:
        model = step_model(ladder, step)
        before = fitted[-1] if fitted else None
        start = model.start(before.model, before.fit.theta) if before else model.start(None, None)
        try:
            fit = fit_structures(list(zip(patterns, model.structures)), start, fit_saturated=before is None)
        except ValueError as error:
            raise ModelError(no_answer(str(error))) from error
        if before is not None:
            fit = replace(fit, saturated=before.fit.saturated)
        if not fit.saturated_usable:
            raise ModelError(no_saturated(ladder))
        if fit.rank < fit.n_parameters:
            raise ModelError(not_identified(model, fit.not_identified))
        baseline = fit_baseline(fit) if baseline is None else baseline
        fitted.append(
            LikelihoodStep(
                model=model,
                fit=fit,
                indices=fit_indices(fit, baseline),
                scaled=scaled_indices(fit, baseline) if robust else None,
                difference=scaled_difference(fit, before.fit, scaled=robust) if before else None,
            )
        )
    return fitted
