"""A normal prior on some parameters, added to a log-likelihood: what a search then finds is the posterior mode."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from securebase_analysis.engines.scoring_search import Point

Floats = NDArray[np.float64]
AnyPoint = TypeVar("AnyPoint", bound=Point)


@dataclass(frozen=True, eq=False)
class NormalPrior:
    """Independent normal priors.

    Attributes
    ----------
    mean : numpy.ndarray, shape (q,)
        What each parameter is expected to be.
    precision : numpy.ndarray, shape (q,)
        One over the variance of the prior; 0 where a parameter has none.
    """

    mean: Floats
    precision: Floats

    def value(self, theta: Floats) -> float:
        """The log-density, without what does not depend on the parameters."""
        return -0.5 * float(self.precision @ (theta - self.mean) ** 2)

    def gradient(self, theta: Floats) -> Floats:
        """Gradient (q,) of the log-density."""
        return self.precision * (self.mean - theta)


@dataclass(frozen=True, eq=False)
class AtPosterior(Generic[AnyPoint]):
    """A log-likelihood and a prior at given parameters; a point that `climb` can stand on.

    Attributes
    ----------
    theta : numpy.ndarray, shape (q,)
        The parameters.
    likelihood : Point
        The log-likelihood there.
    prior : NormalPrior
        The prior.
    """

    theta: Floats
    likelihood: AnyPoint
    prior: NormalPrior

    @property
    def value(self) -> float:
        """Log-likelihood and log-prior together."""
        return self.likelihood.value + self.prior.value(self.theta)

    @property
    def gradient(self) -> Floats:
        """Of both, shape (q,)."""
        return self.likelihood.gradient + self.prior.gradient(self.theta)

    def information(self, kind: Literal["observed", "expected"]) -> Floats:
        """Information (q, q) of the data and, on its diagonal, of the prior."""
        return self.likelihood.information(kind) + np.diag(self.prior.precision)
