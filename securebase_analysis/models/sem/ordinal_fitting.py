"""Models of ordered categories: thresholds, polychoric correlations, and what is fitted to them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from types import SimpleNamespace
from typing import Any, Literal, cast

import numpy as np
from numpy.typing import NDArray

from securebase_analysis.engines.improper_solutions import Improper, improper_solutions
from securebase_analysis.engines.moment_structure import COVARIANCE, Implied, Structure
from securebase_analysis.engines.ordinal_moments import OrdinalMoments, polychoric_moments
from securebase_analysis.engines.ordinal_structure import OrdinalStructure
from securebase_analysis.engines.ordinal_tests import OrdinalIndices, ordinal_indices
from securebase_analysis.engines.standardised_solution import standardised
from securebase_analysis.engines.weighted_least_squares import OrdinalFit, fit_ordinal_structures
from securebase_analysis.errors import ModelError, raise_if_stopped
from securebase_analysis.measures.polychoric_doubts import (
    contradictory,
    empty_combinations,
    never_together,
    perfect,
)
from securebase_analysis.models.sem.ordinal_answers import (
    categories_in,
    empty_categories,
    said_of_categories,
)
from securebase_analysis.models.sem.parameters import Parameter, ParameterTable
from securebase_analysis.models.sem.refused_models import no_answer, not_identified, too_many_parameters
from securebase_analysis.models.sem.request import Request
from securebase_analysis.models.sem.sample import Sample
from securebase_analysis.models.sem.structures import cell_of, places, start_of

Floats = NDArray[np.float64]
SHOWN = ("chi2", "cfi", "tli", "rmsea", "rmsea_low", "rmsea_high", "srmr", "chi2_scaled", "p_value_scaled",
         "scaling_factor", "shift", "cfi_scaled", "tli_scaled", "rmsea_scaled", "rmsea_scaled_low",
         "rmsea_scaled_high", "cfi_robust", "tli_robust", "rmsea_robust", "rmsea_robust_low",
         "rmsea_robust_high")  # fmt: skip


@dataclass(frozen=True, eq=False)
class OrdinalFitted:
    """A fitted model of ordered categories; it has what `Fitted` has, but no likelihood.

    Attributes
    ----------
    table : ParameterTable
        The model, with thresholds and scales.
    sample : Sample
        What it was fitted to.
    fit : OrdinalFit
        The fit; its parameters are those of the table.
    missing : str
        ``fiml`` (each correlation from the rows that have both columns) or ``listwise``.
    estimator, errors : str
        How it was estimated, and how errors were made.
    log_likelihood, aic, bic : float
        Not numbers: weighted squares have no likelihood.
    """

    table: ParameterTable
    sample: Sample
    fit: OrdinalFit
    missing: str
    estimator: str = "wlsmv"
    errors: str = "ordinal"
    log_likelihood: float = np.nan
    aic: float = np.nan
    bic: float = np.nan

    @property
    def estimates(self) -> Floats:
        """Free parameters, by their numbers in the table."""
        return self.fit.theta

    @cached_property
    def vcov(self) -> Floats:
        """Covariance of the free parameters; not a number where the search ended at no minimum."""
        return self.fit.vcov if self.fit.converged else np.full_like(self.fit.vcov, np.nan)

    @property
    def testable(self) -> bool:
        """Whether fit can be tested: free correlations are there whenever the model is."""
        return self.fit.converged

    @property
    def implied(self) -> tuple[Implied, ...]:
        """Moments of what lies behind the categories, and of the other columns, group by group."""
        return tuple(of.behind for of in self.fit.at.implied)

    @property
    def observed_and_implied(self) -> list[tuple[Floats, Floats, Floats, Floats]]:
        """Means and covariances, observed and implied, with variance 1 of what lies behind the categories."""
        return [
            (moments.mean, moments.covariance, of.mean, of.covariance)
            for (moments, _), of in zip(self.fit.groups, self.fit.at.implied)
        ]

    @property
    def improper(self) -> tuple[Improper, ...]:
        """What is improper in each group."""
        return improper_solutions(cast(Any, SimpleNamespace(at=SimpleNamespace(implied=self.implied))))

    @cached_property
    def indices(self) -> OrdinalIndices:
        """Tests and indices of fit."""
        return ordinal_indices(self.fit)

    @property
    def measures(self) -> dict[str, Any]:
        """Tests and indices for ``glance()``; the plain chi-square has no distribution, and so no p value."""
        known = {name: getattr(self.indices, name) if self.testable else np.nan for name in SHOWN}
        return {"chi2": known.pop("chi2"), "df": self.fit.df, "p_value": np.nan, **known}

    def standardised(self, group: int, own: Sequence[Parameter], latent_only: bool) -> tuple[Floats, Floats]:
        """Standardised elements of a group, and their derivatives in the parameters."""
        at, place, q = self.fit.at.implied[group], places(self.table), len(self.fit.theta)
        values, derivatives = np.empty(len(own)), np.zeros((len(own), q))
        cut = np.array([one.op == "|" for one in own], dtype=bool)
        cells = np.array([cell_of(one, place) for one in own if one.op != "|"], dtype=np.intp).reshape(-1, 3)
        extended = np.append(self.fit.theta, at.left_over)
        values[~cut], whole = standardised(at.behind.structure, extended, cells, latent_only)
        derivatives[~cut] = whole[:, :q] + whole[:, q:] @ at.left_over_follows
        for number in map(int, np.flatnonzero(cut)):
            variable, step = place[own[number].lhs], int(own[number].rhs[1:]) - 1
            if latent_only:
                values[number] = at.thresholds[variable][step]
                derivatives[number, own[number].free] = 1.0
            else:
                values[number], derivatives[number] = at.standardised_threshold(variable, step)
        return values, derivatives


def ordinal_fitted(table: ParameterTable, sample: Sample, request: Request) -> OrdinalFitted:
    """Fit a model of ordered categories by weighted least squares.

    Raises
    ------
    DataError
        When a group lacks a category.
    ModelError
        When the model is not identified, or correlations have no estimate.
    """
    raise_if_stopped(said_of_categories(table), ModelError)
    missing: Literal["pairwise", "listwise"] = "listwise" if request.missing == "listwise" else "pairwise"
    ordinal = np.array([name in table.ordinal for name in sample.names])
    levels = categories_in(sample, ordinal)
    raise_if_stopped(empty_categories(sample, levels))
    raise_if_stopped(never_together(sample.names, zip(_places(sample), sample.X)), ModelError)
    structures = ordinal_structures(table)
    excess = table.n_free - sum(structure.n_moments for structure in structures)
    if excess > 0:
        raise ModelError(too_many_parameters(table, excess))
    moments = [polychoric_moments(X, ordinal, levels=levels, missing=missing) for X in sample.X]
    raise_if_stopped(perfect(sample.names, zip(_places(sample), moments)), ModelError)
    try:
        fit = fit_ordinal_structures(list(zip(moments, structures)), start_of(table, table.n_free))
    except ValueError as error:
        raise ModelError(no_answer(str(error))) from error
    if fit.rank < fit.n_parameters:
        raise ModelError(not_identified(table, fit.not_identified))
    return OrdinalFitted(table, _told(sample, moments), fit, request.missing)


def _told(sample: Sample, moments: Sequence[OrdinalMoments]) -> Sample:
    """The sample with what is to be told of its correlations."""
    found = list(zip(_places(sample), moments))
    more = [*empty_combinations(sample.names, found), *contradictory(found)]
    return replace(sample, problems=(*sample.problems, *more))


def _places(sample: Sample) -> list[str]:
    """Where each group is, in words."""
    return [f" in group {group}" if group else "" for group in sample.groups]


def ordinal_structures(table: ParameterTable) -> list[OrdinalStructure]:
    """The structure of each group, in the delta parameterization."""
    return [_structure(table, group) for group in range(len(table.groups))]


def _structure(table: ParameterTable, group: int) -> OrdinalStructure:
    """The structure of one group."""
    place, p = places(table), len(table.observed)
    fixed, entries = np.zeros((3, len(place), len(place))), []
    cuts, scales = [], []
    for one in table.of_group(group):
        if one.op == "|":
            cuts.append((place[one.lhs], int(one.rhs[1:]) - 1, one.free))
        elif one.op == "~*~":
            scales += [(place[one.lhs], one.free)] if one.is_free else []
        elif not one.given:
            matrix, row, column = cell_of(one, place)
            if one.is_free:
                entries.append((matrix, row, column, one.free))
            else:
                fixed[matrix, row, column] = one.value
                if matrix == COVARIANCE:
                    fixed[matrix, column, row] = one.value
    return OrdinalStructure(
        structure=Structure(p, fixed, np.array(entries, dtype=np.intp).reshape(-1, 4)),
        thresholds=tuple(np.zeros(table.ordinal.get(name, 0)) for name in table.observed),
        threshold_entries=np.array(cuts, dtype=np.intp).reshape(-1, 3),
        scale_entries=np.array(scales, dtype=np.intp).reshape(-1, 2),
    )
