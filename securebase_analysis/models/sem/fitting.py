"""From a table of parameters and a sample to a fit, its errors and its indices."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from securebase_analysis.engines.baseline_model import fit_baseline
from securebase_analysis.engines.fit_indices import FitIndices, fit_indices
from securebase_analysis.engines.missing_patterns import patterns_of
from securebase_analysis.engines.scaled_tests import ScaledIndices, scaled_indices
from securebase_analysis.engines.structural_equations import Errors, StructureFit, fit_structures
from securebase_analysis.errors import ModelError, Problem
from securebase_analysis.models.sem.parameters import ParameterTable
from securebase_analysis.models.sem.request import Request
from securebase_analysis.models.sem.sample import Sample
from securebase_analysis.models.sem.structures import n_parameters, start_of, structures_of
from securebase_analysis.results import wording

Floats = NDArray[np.float64]
MOST_NAMED = 8
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
    def testable(self) -> bool:
        """Whether there are saturated moments that fit can be held against."""
        return self.fit.converged and self.fit.saturated_usable and not self.never_together

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
        return scaled_indices(self.fit, self.baseline, for_missing=self.missing == "fiml")

    @cached_property
    def log_likelihood(self) -> float:
        """Of what the model explains, given the columns that are only taken as given."""
        return self.fit.log_likelihood - self._of_given

    @property
    def aic(self) -> float:
        """Akaike's criterion."""
        return 2.0 * self.table.n_free - 2.0 * self.log_likelihood

    @property
    def bic(self) -> float:
        """Schwarz's criterion, with the rows used."""
        return math.log(self.sample.n_rows) * self.table.n_free - 2.0 * self.log_likelihood

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


def fitted(table: ParameterTable, sample: Sample, request: Request) -> Fitted:
    """Fit a model by maximum likelihood.

    Raises
    ------
    ModelError
        When the model has more parameters than the data have moments, is not identified, or has no likelihood.
    """
    if column := _dependent(sample):
        raise ModelError(_depend(column))
    structures = structures_of(table)
    groups = [(patterns_of(values), structure) for values, structure in zip(sample.X, structures)]
    q, p = n_parameters(structures), len(table.observed)
    moments = len(groups) * (p + p * (p + 1) // 2)
    if q > moments:
        raise ModelError(_too_many(table, q - moments))
    try:
        fit = fit_structures(groups, start_of(table, q))
    except ValueError as error:
        raise ModelError(_no_answer(str(error))) from error
    if fit.rank < fit.n_parameters:
        raise ModelError(_not_identified(table, fit))
    return Fitted(table, sample, fit, request.missing, request.estimator, errors_of(request))


def errors_of(request: Request) -> Errors:
    """How lavaan makes errors: from the expected information for complete data, from the observed one else."""
    if request.estimator == "mlr":
        return "sandwich"
    return "observed" if request.missing == "fiml" else "expected"


def _too_many(table: ParameterTable, excess: int) -> Problem:
    return Problem(
        "SB-SEM-26",
        "stop",
        f"The model has {wording.count(table.n_free, 'free parameter')}, {excess} more than the data have means, "
        "variances and covariances.",
        table="model",
        why="Such a model fits any data, in endlessly many ways.",
        done="Nothing was fitted.",
        fix="Fix or equate parameters, or leave some out; a construct needs three items, or two and a correlate.",
    )


def _not_identified(table: ParameterTable, fit: StructureFit) -> Problem:
    involved = [number for number in np.flatnonzero(fit.not_identified) if number < table.n_free]
    names = [table.named(int(number)) for number in involved]
    listed = ", ".join(names[:MOST_NAMED]) + (
        f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    )
    return Problem(
        "SB-SEM-27",
        "stop",
        f"The model is not identified: {listed or 'some parameters'} can change together and fit as well.",
        table="model",
        why="The data cannot tell such values apart; any printed value would be an accident of the search.",
        done="No estimates are given.",
        fix="Fix one of them (1*x1, or std_lv=True), equate two with a label, or leave one out.",
    )


def _no_answer(told: str) -> Problem:
    """What the numerics refuse, in words of the study."""
    if "positive definite" in told or "likelihood has no value" in told:
        return _depend("")
    return Problem(
        "SB-SEM-29",
        "stop",
        f"The model has no answer: {told}.",
        why="It cannot be fitted to these rows.",
        done="Nothing was fitted.",
        fix="Look at the columns of the model: data.describe().",
    )


def _depend(column: str) -> Problem:
    """Columns that are sums or copies of one another."""
    named = f": {column} is a sum or copy of others" if column else ""
    return Problem(
        "SB-SEM-28",
        "stop",
        f"The columns of the model depend on one another exactly{named}.",
        column=column,
        why="Then their covariances have no inverse and the likelihood has no maximum.",
        done="Nothing was fitted.",
        fix="Leave out sums and copies, such as a total beside its items.",
    )


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
