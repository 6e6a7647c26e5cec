"""One face for every engine: what a fitted growth model can be asked, whichever arithmetic found it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

import numpy as np

from securebase_analysis.engines.contrast_inference import ContrastInference
from securebase_analysis.results.inference import Floats

Effects = tuple[Floats, Floats]


@dataclass(frozen=True)
class FurtherTerm:
    """A parameter that is neither a fixed effect nor a variance: a cut point, a dispersion, an autocorrelation.

    Its interval is symmetric on `scale`: as it is (*identity*), by its logarithm, or by Fisher's z (*atanh*).
    """

    effect: str
    group: str
    term: str
    estimate: float
    std_error: float
    scale: str = "identity"


@dataclass(frozen=True, eq=False)
class Fit(ABC):
    """A fitted mixed model in the units of the data.

    Attributes
    ----------
    engine : object
        The fit as the engine gave it.
    beta, vcov : numpy.ndarray, shapes (p,) and (p, p)
        Fixed effects and their covariance.
    sigma2 : float
        Residual variance; missing for families that have none.
    covariances : tuple of numpy.ndarray
        Covariance of the random effects of each factor.
    deviance : float
        Minus twice the log-likelihood, restricted for REML.
    n_parameters : int
        Everything that was estimated.
    reml, converged : bool
        Whether the likelihood is restricted; whether the search ended at an optimum.
    smallest : tuple of float
        For each factor the smallest standard deviation of any combination of its random effects, relative to the
        residual (to one where there is none).
    on_boundary : tuple of bool
        For each factor, whether its covariance lies on its boundary.
    """

    engine: Any
    beta: Floats
    vcov: Floats
    sigma2: float
    covariances: tuple[Floats, ...]
    deviance: float
    n_parameters: int
    reml: bool
    converged: bool
    smallest: tuple[float, ...]
    on_boundary: tuple[bool, ...]

    @property
    def log_likelihood(self) -> float:
        """Log-likelihood, restricted for REML."""
        return -self.deviance / 2.0

    @property
    def singular(self) -> bool:
        """Whether a covariance of random effects lies on its boundary."""
        return any(self.on_boundary)

    @abstractmethod
    def satterthwaite(self, rows: Floats | None) -> ContrastInference:
        """Standard errors and Satterthwaite's degrees of freedom of contrasts."""

    @abstractmethod
    def kenward_roger(self, rows: Floats | None) -> ContrastInference:
        """Kenward and Roger's standard errors and degrees of freedom."""

    @abstractmethod
    def variance_errors(self) -> tuple[tuple[Floats, ...], float]:
        """Standard errors of each covariance, element by element, and of the residual variance."""

    @abstractmethod
    def effects(self) -> tuple[Effects, ...]:
        """For each factor the random effects (q, levels) and their conditional covariance (q, q, levels)."""

    @property
    def words(self) -> str:
        """How the likelihood was computed, where that is not exact."""
        return ""

    def no_overdispersion(self) -> bool:
        """Whether counts turned out to vary no more than Poisson's although a dispersion was asked for."""
        return False

    def unreadable(self, terms: tuple[str, ...]) -> tuple[str, ...]:
        """Fixed terms that have no finite estimate."""
        return ()

    def expected_outcome(self, predictor: Floats) -> Floats:
        """The mean of the outcome where fixed and random effects add up to `predictor`."""
        return predictor

    def further_terms(self) -> tuple[FurtherTerm, ...]:
        """Cut points, dispersion, autocorrelation."""
        return ()

    def inference(self, rows: Floats | None, df: str, n_rows: int) -> ContrastInference:
        """Standard errors and degrees of freedom of contrasts (contrasts, p), or of each fixed effect."""
        if df == "satterthwaite":
            return self.satterthwaite(rows)
        if df == "kenward-roger":
            return self.kenward_roger(rows)
        rows = np.eye(len(self.beta)) if rows is None else rows
        degrees = np.inf if df == "normal" else float(n_rows - len(self.beta))
        std_error = np.sqrt(np.einsum("li,ij,lj->l", rows, self.vcov, rows))
        return ContrastInference(std_error, np.full(len(rows), degrees), self.vcov)
