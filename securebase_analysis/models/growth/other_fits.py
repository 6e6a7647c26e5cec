"""Growth models of outcomes that are not normal: yes or no, counts, ordered answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from securebase_analysis.engines import laplace, quadrature
from securebase_analysis.engines.boundaries import smallest_sd
from securebase_analysis.engines.contrast_inference import ContrastInference
from securebase_analysis.engines.laplace import LaplaceFit
from securebase_analysis.engines.quadrature import QuadratureFit
from securebase_analysis.engines.responses import Binomial, NegativeBinomial, Ordinal, Poisson, Response
from securebase_analysis.models.growth.fits import Effects, Fit, FurtherTerm
from securebase_analysis.results.inference import Floats

RESPONSES: dict[str, type[Response]] = {
    "binomial": Binomial,
    "poisson": Poisson,
    "negative-binomial": NegativeBinomial,
    "ordinal": Ordinal,
}


POISSONS = 1e4
"""A theta above this adds less than a ten-thousandth of the squared mean to the variance."""


@dataclass(frozen=True, eq=False)
class OtherOutcomeFit(Fit):
    """What models of outcomes that are not normal have in common: no residual, and the normal distribution."""

    labels: tuple[str, ...] = ()

    def satterthwaite(self, rows: Floats | None) -> ContrastInference:
        """The normal distribution: Satterthwaite's method is derived for normal outcomes."""
        return self.inference(rows, "normal", 0)

    def kenward_roger(self, rows: Floats | None) -> ContrastInference:
        """The normal distribution: Kenward and Roger's method is derived for normal outcomes."""
        return self.inference(rows, "normal", 0)

    def further_terms(self) -> tuple[FurtherTerm, ...]:
        """Cut points of an ordinal outcome, theta of a negative binomial one."""
        fit = self.engine
        errors = np.sqrt(np.diag(fit.response_vcov))
        if isinstance(fit.response, NegativeBinomial):
            return (
                FurtherTerm("dispersion", "", "theta", float(fit.response_parameters[0]), float(errors[0]), "log"),
            )
        names = [f"{low}|{high}" for low, high in zip(self.labels, self.labels[1:])]
        return tuple(
            FurtherTerm("threshold", "", name, float(cut), float(error))
            for name, cut, error in zip(names, fit.response_parameters, errors)
        )

    def no_overdispersion(self) -> bool:
        """Whether theta grows without end, which makes the counts Poisson's."""
        fit = self.engine
        return isinstance(fit.response, NegativeBinomial) and bool(fit.response_parameters[0] > POISSONS)

    def unreadable(self, terms: tuple[str, ...]) -> tuple[str, ...]:
        """Terms that separate the outcomes, so that their estimates run away."""
        return tuple(term for term, away in zip(terms, self.engine.runaway) if away)

    def expected_outcome(self, predictor: Floats) -> Floats:
        """Probability, expected count, or mean place of the answer counted from 0."""
        fit = self.engine
        own = fit.response_parameters
        mean = fit.response.mean(predictor, np.log(own) if isinstance(fit.response, NegativeBinomial) else own)
        return mean if mean.ndim == 1 else np.arange(len(mean)) @ mean


class QuadratureGrowth(OtherOutcomeFit):
    """One grouping factor, by adaptive Gauss-Hermite quadrature."""

    @classmethod
    def of(cls, fit: QuadratureFit, labels: tuple[str, ...]) -> QuadratureGrowth:
        """The engine's fit behind the common face."""
        return cls(**_face(fit, (fit.singular,)), labels=labels)

    @property
    def words(self) -> str:
        """The number of nodes."""
        nodes = self.engine.nodes
        return f"adaptive quadrature with {nodes} nodes" if nodes > 1 else "Laplace's approximation"

    def variance_errors(self) -> tuple[tuple[Floats, ...], float]:
        """See `engines.quadrature.variance_standard_errors`."""
        return (quadrature.variance_standard_errors(self.engine),), np.nan

    def effects(self) -> tuple[Effects, ...]:
        """See `engines.quadrature.random_effects`."""
        return (quadrature.random_effects(self.engine),)


class LaplaceGrowth(OtherOutcomeFit):
    """Several grouping factors, by Laplace's approximation."""

    @classmethod
    def of(cls, fit: LaplaceFit, labels: tuple[str, ...]) -> LaplaceGrowth:
        """The engine's fit behind the common face."""
        return cls(**_face(fit, fit.boundary), labels=labels)

    @property
    def words(self) -> str:
        """The approximation."""
        return "Laplace's approximation"

    def variance_errors(self) -> tuple[tuple[Floats, ...], float]:
        """See `engines.laplace.variance_standard_errors`."""
        return laplace.variance_standard_errors(self.engine), np.nan

    def effects(self) -> tuple[Effects, ...]:
        """See `engines.laplace.random_effects`."""
        return laplace.random_effects(self.engine)


def _face(fit: QuadratureFit | LaplaceFit, on_boundary: tuple[bool, ...]) -> dict[str, Any]:
    """What every fit has, from the engine's."""
    sizes = [smallest_sd(D) for D in fit.covariances]
    return {
        "engine": fit,
        "beta": fit.beta,
        "vcov": fit.vcov,
        "sigma2": np.nan,
        "covariances": fit.covariances,
        "deviance": fit.deviance,
        "n_parameters": fit.n_parameters,
        "reml": False,
        "converged": fit.converged,
        "smallest": tuple(0.0 if singular else size for size, singular in zip(sizes, on_boundary)),
        "on_boundary": on_boundary,
    }
