"""One fitted model of the ladder, of items taken as numbers or as ordered categories."""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, Protocol, cast

import numpy as np
from numpy.typing import NDArray

from securebase_analysis.engines.fit_indices import FitIndices
from securebase_analysis.engines.improper_solutions import improper_solutions
from securebase_analysis.engines.modification import Modifications, modification_indices
from securebase_analysis.engines.ordinal_difference import OrdinalDifference
from securebase_analysis.engines.ordinal_modification import ordinal_modification_indices
from securebase_analysis.engines.ordinal_tests import OrdinalIndices
from securebase_analysis.engines.scaled_tests import ScaledDifference, ScaledIndices
from securebase_analysis.engines.structural_equations import Errors, StructureFit
from securebase_analysis.engines.weighted_least_squares import OrdinalFit
from securebase_analysis.measures.invariance.ladder import Cell, Step, StepModel

Floats = NDArray[np.float64]
SCALED = ("chi2_scaled", "p_value_scaled", "scaling_factor")
ORDINAL = (
    "cfi", "rmsea", "rmsea_low", "rmsea_high", "cfi_scaled", "rmsea_scaled", "rmsea_scaled_low",
    "rmsea_scaled_high", "cfi_robust", "rmsea_robust", "srmr",
)  # fmt: skip


class FittedStep(Protocol):
    """What is asked of a fitted step, however it was fitted."""

    @property
    def model(self) -> StepModel:
        """What was fitted."""

    @property
    def fit(self) -> StructureFit | OrdinalFit:
        """The fit."""

    @property
    def difference(self) -> ScaledDifference | OrdinalDifference | None:
        """The test against the step before."""

    @property
    def step(self) -> Step:
        """Its name."""

    @property
    def cfi(self) -> float:
        """The CFI that is compared."""

    @property
    def rmsea(self) -> float:
        """The RMSEA that is compared."""

    @property
    def srmr(self) -> float:
        """The SRMR."""

    @property
    def n_improper(self) -> int:
        """Groups with negative variances or impossible covariances."""

    def figures(self) -> dict[str, Any]:
        """Tests and indices of fit by the names of the table of steps."""

    def std_errors(self, errors: Errors) -> Floats:
        """Of all parameters."""

    def score_tests(self, cells: list[Cell]) -> Modifications:
        """What would be gained by freeing elements, each by itself."""


@dataclass(frozen=True, eq=False)
class LikelihoodStep:
    """One model of items taken as numbers.

    Attributes
    ----------
    model : StepModel
        What was fitted.
    fit : StructureFit
        The fit.
    indices : FitIndices
        How well it fits.
    scaled : ScaledIndices or None
        The same without normality, where that was asked for.
    difference : ScaledDifference or None
        The test against the step before; None for the first.
    """

    model: StepModel
    fit: StructureFit
    indices: FitIndices
    scaled: ScaledIndices | None
    difference: ScaledDifference | None

    @property
    def step(self) -> Step:
        """Its name."""
        return self.model.step

    @property
    def cfi(self) -> float:
        """The index that is compared: robust where that was asked for."""
        return self.indices.cfi if self.scaled is None else self.scaled.cfi_robust

    @property
    def rmsea(self) -> float:
        """The same of the RMSEA."""
        return self.indices.rmsea if self.scaled is None else self.scaled.rmsea_robust

    @property
    def srmr(self) -> float:
        """Root mean square of the standardised residuals."""
        return self.indices.srmr

    @property
    def n_improper(self) -> int:
        """Groups with negative variances or impossible covariances."""
        return sum(one.anything for one in improper_solutions(self.fit))

    def figures(self) -> dict[str, Any]:
        """Tests and indices of fit by the names of the table of steps."""
        found, scaled = self.indices, self.scaled
        row: dict[str, Any] = {"chi2": found.chi2, "df": found.df, "p_value": found.p_value}
        if scaled is not None:
            row |= {name: getattr(scaled, name) for name in SCALED}
        row |= {name: getattr(found, name) for name in ("cfi", "rmsea", "rmsea_low", "rmsea_high", "srmr")}
        if scaled is not None:
            row |= {"cfi_robust": scaled.cfi_robust, "rmsea_robust": scaled.rmsea_robust}
        return row | {"aic": found.aic, "bic": found.bic}

    def std_errors(self, errors: Errors) -> Floats:
        """Of all parameters."""
        with np.errstate(invalid="ignore"):
            return np.sqrt(self.fit.vcov(errors).diagonal())

    def score_tests(self, cells: list[Cell]) -> Modifications:
        """What would be gained by freeing elements, each by itself."""
        return modification_indices(self.fit, [cell.where for cell in cells])


@dataclass(frozen=True, eq=False)
class OrdinalFittedStep:
    """One model of ordered categories.

    Attributes
    ----------
    model : StepModel
        What was fitted.
    fit : OrdinalFit
        The fit.
    indices : OrdinalIndices
        How well it fits.
    difference : OrdinalDifference or None
        The scaled and shifted test against the step before; None for the first.
    """

    model: StepModel
    fit: OrdinalFit
    indices: OrdinalIndices
    difference: OrdinalDifference | None

    @property
    def step(self) -> Step:
        """Its name."""
        return self.model.step

    @property
    def cfi(self) -> float:
        """Scaled: the one that the cut-offs were found for."""
        return self.indices.cfi_scaled

    @property
    def rmsea(self) -> float:
        """Scaled, too."""
        return self.indices.rmsea_scaled

    @property
    def srmr(self) -> float:
        """Root mean square of the residual correlations."""
        return self.indices.srmr

    @property
    def n_improper(self) -> int:
        """Groups with negative variances or impossible covariances of what lies behind."""
        behind = [of.behind for of in self.fit.at.implied]
        at = cast(Any, SimpleNamespace(at=SimpleNamespace(implied=behind)))
        return sum(one.anything for one in improper_solutions(at))

    def figures(self) -> dict[str, Any]:
        """Tests and indices of fit; the plain chi-square has no distribution, and so no p value."""
        row: dict[str, Any] = {"chi2": self.indices.chi2, "df": self.indices.df, "p_value": np.nan}
        return row | {name: getattr(self.indices, name) for name in (*SCALED, *ORDINAL)}

    def std_errors(self, errors: Errors) -> Floats:
        """Of all parameters; there is one kind."""
        with np.errstate(invalid="ignore"):
            return np.sqrt(self.fit.vcov.diagonal())

    def score_tests(self, cells: list[Cell]) -> Modifications:
        """What the weighted squares would fall by, each by itself."""
        return ordinal_modification_indices(self.fit, [cell.where for cell in cells])
