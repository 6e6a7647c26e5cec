"""From a table of parameters and a sample to a fit, its errors and its indices."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from securebase_analysis.engines.baseline_model import fit_baseline
from securebase_analysis.engines.fit_indices import FitIndices, fit_indices
from securebase_analysis.engines.improper_solutions import Improper, improper_solutions
from securebase_analysis.engines.missing_patterns import patterns_of
from securebase_analysis.engines.moment_structure import Implied
from securebase_analysis.engines.normal_prior import NormalPrior
from securebase_analysis.engines.scaled_tests import ScaledIndices, scaled_indices
from securebase_analysis.engines.standardised_solution import standardised
from securebase_analysis.engines.structural_equations import Errors, StructureFit, fit_structures
from securebase_analysis.errors import ModelError
from securebase_analysis.models.sem.parameters import Parameter, ParameterTable
from securebase_analysis.models.sem.refused_models import (
    depend_exactly,
    no_answer,
    not_identified,
    too_many_parameters,
)
from securebase_analysis.models.sem.request import Request
from securebase_analysis.models.sem.sample import Sample
from securebase_analysis.models.sem.structures import cell_of, n_parameters, places, start_of, structures_of

Floats = NDArray[np.float64]
MEASURES = ("chi2", "p_value", "cfi", "tli", "rmsea", "rmsea_low", "rmsea_high", "srmr")
SCALED_MEASURES = ("chi2_scaled", "p_value_scaled", "scaling_factor", "cfi_robust", "tli_robust", "rmsea_robust",
                   "rmsea_robust_low", "rmsea_robust_high")  # fmt: skip
NO_VARIANCE = 1e-12
"""An eigenvalue of correlations below this is one of columns that depend on one another, but for rounding."""


@dataclass(frozen=True, eq=False)
class Fitted:
    """A fitted model.

    Attributes
    ----------
    table : ParameterTable
        The model.
    sample : Sample
        What it was fitted to.
    fit : StructureFit
        The fit; its parameters begin with those of the table.
    missing, estimator, errors : str
        ``fiml`` or ``listwise``; ``ml`` or ``mlr``; how errors were made.
    """

    table: ParameterTable
    sample: Sample
    fit: StructureFit
    missing: str
    estimator: str
    errors: Errors

    @property
    def estimates(self) -> Floats:
        """Free parameters, by their numbers in the table."""
        return self.fit.theta[: self.table.n_free]

    @cached_property
    def vcov(self) -> Floats:
        """Covariance of all parameters of the structures; 0 for those beyond the table.

        What is taken as given has no error; means that are not modelled are no concern.
        """
        size = self.table.n_free
        vcov = np.zeros((len(self.fit.theta),) * 2)
        vcov[:size, :size] = self.fit.vcov(self.errors)[:size, :size] if self.fit.converged else np.nan
        return vcov

    @property
    def implied(self) -> tuple[Implied, ...]:
        """Moments of all variables, group by group."""
        return self.fit.at.implied

    @property
    def observed_and_implied(self) -> list[tuple[Floats, Floats, Floats, Floats]]:
        """Means and covariances of the columns, observed (as without a model) and implied, group by group."""
        known = 1.0 if self.testable else np.nan
        return [
            (known * of.mean, known * of.covariance, moments.mean, moments.covariance)
            for of, moments in zip(self.fit.saturated, self.implied)
        ]

    @property
    def improper(self) -> tuple[Improper, ...]:
        """What is improper in each group."""
        return improper_solutions(self.fit)

    @property
    def measures(self) -> dict[str, Any]:
        """Chi-square and indices for ``glance()``; missing where there is nothing to hold the fit against."""
        known = {name: getattr(self.indices, name) if self.testable else np.nan for name in MEASURES}
        measures = {"chi2": known.pop("chi2"), "df": self.fit.df, **known}
        if self.estimator == "mlr":
            scaled = self.scaled
            measures |= {name: np.nan if scaled is None else getattr(scaled, name) for name in SCALED_MEASURES}
        return measures

    def standardised(self, group: int, own: Sequence[Parameter], latent_only: bool) -> tuple[Floats, Floats]:
        """Standardised elements of a group, and their derivatives in the parameters."""
        place = places(self.table)
        cells = np.array([cell_of(one, place) for one in own], dtype=np.intp).reshape(-1, 3)
        return standardised(self.fit.groups[group][1], self.fit.theta, cells, latent_only)

    @property
    def testable(self) -> bool:
        """Whether there are saturated moments that fit can be held against."""
        by_likelihood = self.fit.converged and self.fit.prior is None
        return by_likelihood and self.fit.saturated_usable and not self.never_together

    @cached_property
    def never_together(self) -> list[tuple[str, str]]:
        """Pairs of columns of which no row, of some group, has both."""
        names, found = self.sample.names, set()
        for values in self.sample.X:
            seen = ~np.isnan(values)
            both = seen.T.astype(float) @ seen
            found |= {(names[i], names[j]) for i, j in np.argwhere(both == 0) if i < j}
        return sorted(found)

    @cached_property
    def baseline(self) -> StructureFit:
        """The model in which nothing goes together, but columns that only explain others, as lavaan has it."""
        return fit_baseline(self.fit, [self.table.observed.index(name) for name in self.table.exogenous])

    @cached_property
    def indices(self) -> FitIndices:
        """Indices of fit."""
        return fit_indices(self.fit, self.baseline, means_modelled=self.table.meanstructure)

    @cached_property
    def scaled(self) -> ScaledIndices | None:
        """The scaled test and robust indices; none unless they were asked for and can be had."""
        if self.estimator != "mlr" or not self.testable:
            return None
        given = [self.table.observed.index(name) for name in self.table.given]
        return scaled_indices(self.fit, self.baseline, for_missing=self.missing == "fiml", given=given)

    @cached_property
    def log_likelihood(self) -> float:
        """Of what the model explains, given the columns that are only taken as given."""
        return self.fit.log_likelihood - self._of_given

    @property
    def aic(self) -> float:
        """Akaike's criterion; missing with a prior, where the likelihood is not at its maximum."""
        if self.fit.prior is not None:
            return math.nan
        return 2.0 * self.table.n_free - 2.0 * self.log_likelihood

    @property
    def bic(self) -> float:
        """Schwarz's criterion, with the rows used."""
        return self.aic + (math.log(self.sample.n_rows) - 2.0) * self.table.n_free

    @property
    def _of_given(self) -> float:
        """Log-likelihood of the columns that are only taken as given, at their own moments."""
        if not self.table.given:
            return 0.0
        chosen = [self.table.observed.index(name) for name in self.table.given]
        total = 0.0
        for values in self.sample.X:
            x = values[:, chosen]
            covariance = np.atleast_2d(np.cov(x.T, bias=True))
            log_det = float(np.linalg.slogdet(covariance)[1])
            total -= 0.5 * len(x) * (len(chosen) * (math.log(2.0 * math.pi) + 1.0) + log_det)
        return total


def fitted(table: ParameterTable, sample: Sample, request: Request, prior: NormalPrior | None = None) -> Fitted:
    """Fit a model by maximum likelihood; with a prior, to the mode of the posterior.

    Raises
    ------
    ModelError
        When the model has more parameters than the data have moments, is not identified, or has no likelihood.
    """
    if column := _dependent(sample):
        raise ModelError(depend_exactly(column))
    structures = structures_of(table)
    groups = [(patterns_of(values), structure) for values, structure in zip(sample.X, structures)]
    q, p = n_parameters(structures), len(table.observed)
    moments = len(groups) * (p + p * (p + 1) // 2)
    if q > moments:
        raise ModelError(too_many_parameters(table, q - moments))
    try:
        fit = fit_structures(groups, start_of(table, q), prior=prior)
    except ValueError as error:
        raise ModelError(no_answer(str(error))) from error
    if fit.rank < fit.n_parameters:
        raise ModelError(not_identified(table, fit.not_identified))
    return Fitted(table, sample, fit, request.missing, request.estimator, errors_of(request))


def errors_of(request: Request) -> Errors:
    """How lavaan makes errors: from the expected information for complete data, from the observed one else."""
    if request.estimator == "mlr":
        return "sandwich"
    return "observed" if request.missing == "fiml" else "expected"


def _dependent(sample: Sample) -> str:
    """The first column that is a combination of those before it, in the complete rows of a group."""
    for values in sample.X:
        whole = values[~np.isnan(values).any(axis=1)]
        if len(whole) <= values.shape[1] or not (whole.std(axis=0) > 0.0).all():
            continue
        correlations = np.atleast_2d(np.corrcoef(whole.T))
        if np.linalg.eigvalsh(correlations)[0] > NO_VARIANCE:
            continue
        for column in range(1, len(correlations)):
            if np.linalg.eigvalsh(correlations[: column + 1, : column + 1])[0] <= NO_VARIANCE:
                return sample.names[column]
    return ""
