"""Growth models of outcomes with normal residuals: one factor, several, or residuals with a structure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from securebase_analysis.engines import (
    mixed,
    several_factors,
    several_factors_small_sample,
    small_sample,
    structured_fit,
)
from securebase_analysis.engines.boundaries import smallest_sd
from securebase_analysis.engines.contrast_inference import ContrastInference
from securebase_analysis.engines.mixed import MixedFit
from securebase_analysis.engines.several_factors import SeveralFit
from securebase_analysis.models.growth.fits import Effects, Fit, FurtherTerm
from securebase_analysis.results.inference import Floats


class OneFactorFit(Fit):
    """A linear model with one grouping factor."""

    @classmethod
    def of(cls, fit: MixedFit) -> Self:
        """The engine's fit behind the common face."""
        return cls(
            engine=fit,
            beta=fit.beta,
            vcov=fit.vcov,
            sigma2=fit.sigma2,
            covariances=(fit.D,),
            deviance=fit.deviance,
            n_parameters=fit.n_parameters,
            reml=fit.reml,
            converged=fit.minimum.converged,
            smallest=(smallest_sd(fit.Lambda @ fit.Lambda.T),),
            on_boundary=(fit.singular,),
        )

    def satterthwaite(self, rows: Floats | None) -> ContrastInference:
        """See `engines.small_sample.satterthwaite`."""
        return small_sample.satterthwaite(self.engine, rows)

    def kenward_roger(self, rows: Floats | None) -> ContrastInference:
        """See `engines.small_sample.kenward_roger`."""
        return small_sample.kenward_roger(self.engine, rows)

    def variance_errors(self) -> tuple[tuple[Floats, ...], float]:
        """See `engines.small_sample.variance_standard_errors`."""
        of_D, of_residual = small_sample.variance_standard_errors(self.engine)
        return (of_D,), of_residual

    def effects(self) -> tuple[Effects, ...]:
        """See `engines.mixed.random_effects`."""
        return (mixed.random_effects(self.engine),)


@dataclass(frozen=True, eq=False)
class StructuredFit(OneFactorFit):
    """A linear model with one grouping factor whose residuals differ in variance, or relate over time."""

    strata: tuple[str, ...] = ()

    @classmethod
    def with_strata(cls, fit: structured_fit.StructuredFit, strata: tuple[str, ...]) -> StructuredFit:
        """The engine's fit, and the names of the groups that have a residual variance of their own."""
        return replace(cls.of(fit), strata=strata)

    def satterthwaite(self, rows: Floats | None) -> ContrastInference:
        """See `engines.structured_fit.satterthwaite`."""
        return structured_fit.satterthwaite(self.engine, rows)

    def kenward_roger(self, rows: Floats | None) -> ContrastInference:
        """Not derived for such residuals; the request was refused before."""
        raise ValueError("Kenward and Roger's method is not there for structured residuals")

    def further_terms(self) -> tuple[FurtherTerm, ...]:
        """Autocorrelation, and residual standard deviations relative to the first group's."""
        fit, terms = self.engine, []
        if np.isfinite(fit.phi):
            terms.append(
                FurtherTerm("residual", "residual", "autocorrelation", fit.phi, fit.phi_std_error, "atanh")
            )
        for name, ratio, error in zip(self.strata[1:], fit.ratios[1:], fit.ratio_std_errors[1:]):
            term = f"sd({name}) / sd({self.strata[0]})"
            terms.append(FurtherTerm("residual", "residual", term, float(ratio), float(error), "log"))
        return tuple(terms)


class SeveralFactorsFit(Fit):
    """A linear model with several grouping factors, or weights."""

    @classmethod
    def of(cls, fit: SeveralFit) -> SeveralFactorsFit:
        """The engine's fit behind the common face."""
        return cls(
            engine=fit,
            beta=fit.beta,
            vcov=fit.vcov,
            sigma2=fit.sigma2,
            covariances=fit.covariances,
            deviance=fit.deviance,
            n_parameters=fit.n_parameters,
            reml=fit.reml,
            converged=fit.converged,
            smallest=fit.smallest,
            on_boundary=fit.singular_factors,
        )

    def satterthwaite(self, rows: Floats | None) -> ContrastInference:
        """See `engines.several_factors_small_sample.satterthwaite`."""
        return several_factors_small_sample.satterthwaite(self.engine, rows)

    def kenward_roger(self, rows: Floats | None) -> ContrastInference:
        """See `engines.several_factors_small_sample.kenward_roger`."""
        return several_factors_small_sample.kenward_roger(self.engine, rows)

    def variance_errors(self) -> tuple[tuple[Floats, ...], float]:
        """See `engines.several_factors_small_sample.variance_standard_errors`."""
        return several_factors_small_sample.variance_standard_errors(self.engine)

    def effects(self) -> tuple[Effects, ...]:
        """See `engines.several_factors.random_effects`."""
        return several_factors.random_effects(self.engine)
