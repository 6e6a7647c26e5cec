"""Mixed models for outcomes that are not normal, one grouping factor, by adaptive Gauss-Hermite quadrature."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from securebase_analysis.engines.boundaries import VANISHED, smallest_sd
from securebase_analysis.engines.descent import Minimum, inverse_with_flat_unknown
from securebase_analysis.engines.linear_predictor import fixed_part, in_units_of_the_data
from securebase_analysis.engines.quadrature_design import QuadratureDesign, quadrature_design
from securebase_analysis.engines.quadrature_search import Surface, search
from securebase_analysis.engines.responses import NegativeBinomial, Response

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class QuadratureFit:
    """A fitted mixed model for an outcome that is not normal, in the units of the data.

    Attributes
    ----------
    beta, vcov : numpy.ndarray, shapes (p,) and (p, p)
        Fixed effects and their covariance, the variances' uncertainty taken along.
    response_parameters, response_vcov : numpy.ndarray, shapes (r,) and (r, r)
        The outcome's own parameters: cut points, or theta.
    joint_vcov : numpy.ndarray, shape (p + r, p + r)
        Covariance of the fixed effects and the outcome's own parameters (theta by its logarithm).
    covariances : tuple of numpy.ndarray, shape (q, q)
        Covariance of the random effects of the one factor.
    log_likelihood : float
        With every constant.
    n_parameters : int
        Fixed effects, own parameters and free elements of the covariance.
    singular : bool
        Whether the covariance lies on the boundary of covariance matrices.
    runaway : numpy.ndarray of bool, shape (p + r,)
        Coefficients without a finite optimum: what they stand for separates the outcomes. Their values mean
        nothing.
    converged : bool
        Whether the search ended at an optimum, and nothing runs away.
    steps : int
        Newton steps.
    nodes : int
        Quadrature nodes in each dimension.
    """

    beta: Floats
    vcov: Floats
    response_parameters: Floats
    response_vcov: Floats
    joint_vcov: Floats
    covariances: tuple[Floats, ...]
    log_likelihood: float
    n_parameters: int
    singular: bool
    runaway: NDArray[np.bool_]
    converged: bool
    steps: int
    nodes: int
    design: QuadratureDesign
    surface: Surface
    minimum: Minimum
    parameter_covariance: Floats

    @property
    def response(self) -> Response:
        """The kind of outcome."""
        return self.design.fixed.response

    @property
    def deviance(self) -> float:
        """Minus twice the log-likelihood."""
        return -2.0 * self.log_likelihood


def fit_quadrature(
    y: Floats,
    X: Floats,
    Z: Floats,
    group: Ints,
    n_groups: int,
    response: Response,
    nodes: int | None = None,
    start: Floats | None = None,
    weight: Floats | None = None,
    offset: Floats | None = None,
    blocks: Sequence[Sequence[int]] | None = None,
) -> QuadratureFit:
    """Fit a mixed model for an outcome that is not normal, one grouping factor, by maximum likelihood.

    Parameters
    ----------
    y : numpy.ndarray, shape (rows,)
        Outcome: 0/1 or successes, counts, or categories numbered from 0.
    X : numpy.ndarray, shape (p, rows)
        Fixed-effect columns, of full rank; without a column of ones for an ordinal outcome.
    Z : numpy.ndarray, shape (q, rows)
        Random-effect columns.
    group : numpy.ndarray of int, shape (rows,)
        Group of each row, 0 to ``n_groups - 1``.
    n_groups : int
        Number of groups.
    response : Response
        The kind of outcome.
    nodes : int, optional
        Quadrature nodes in each dimension; 1 is Laplace's approximation. By default as many as are needed for more
        to change nothing: 9, 15, 25 or 41 for one random effect, 7 to 21 each for two.
    start : numpy.ndarray, optional
        Standardised parameters to begin from, ``fit.minimum.at`` of a fit of the same form.
    weight : numpy.ndarray, shape (rows,), optional
        What each row's log-likelihood is multiplied by.
    offset : numpy.ndarray, shape (rows,), optional
        A known part of the linear predictor, such as the logarithm of an exposure.
    blocks : sequence of sequences of int, optional
        Random-effect columns whose covariances are free; all of them by default.

    Raises
    ------
    ValueError
        For an outcome that cannot be, or has one value or an empty category; for a column of ones beside cut
        points; for columns that are not of full rank.

    References
    ----------
    Pinheiro & Bates (1995), Approximations to the log-likelihood function in the nonlinear mixed-effects model,
    J Comput Graph Stat 4; Pinheiro & Chao (2006), Efficient Laplacian and adaptive Gaussian quadrature algorithms
    for multilevel generalized linear mixed models, J Comput Graph Stat 15; Louis (1982), J R Stat Soc B 44.
    """
    design = quadrature_design(fixed_part(y, X, response, weight, offset), Z, group, n_groups, blocks)
    return _answer(*search(design, nodes, start))


def _answer(surface: Surface, found: Minimum) -> QuadratureFit:
    """The optimum in the units of the data."""
    design, Lambda = surface.design, surface.Lambda(found.at)
    P = design.fixed.n_coefficients
    _, _, curvature = surface(found.at)
    parameter_covariance = 2.0 * inverse_with_flat_unknown(curvature)
    estimates = in_units_of_the_data(
        design.fixed, design.fixed.limited(found.at)[0][:P], parameter_covariance[:P, :P]
    )
    half = design.random_forth @ Lambda
    return QuadratureFit(
        beta=estimates.beta,
        vcov=estimates.vcov,
        response_parameters=estimates.response_parameters,
        response_vcov=estimates.response_vcov,
        joint_vcov=estimates.joint_vcov,
        covariances=(half @ half.T,),
        log_likelihood=-found.value / 2.0,
        n_parameters=len(found.at),
        singular=smallest_sd(Lambda @ Lambda.T) < VANISHED,
        runaway=estimates.runaway,
        converged=found.converged and not bool(estimates.runaway.any()),
        steps=found.steps,
        nodes=surface.nodes,
        design=design,
        surface=surface,
        minimum=found,
        parameter_covariance=parameter_covariance,
    )


# ---- after the fit ---------------------------------------------------------------------------------------------


def random_effects(fit: QuadratureFit) -> tuple[Floats, Floats]:
    """Conditional modes of the random effects of each group, and their covariance from the curvature there.

    Returns
    -------
    effects : numpy.ndarray, shape (q, groups)
        The most likely effects given the rows and the estimates; 0 for a group without rows.
    covariance : numpy.ndarray, shape (q, q, groups)
        Inverse curvature at the modes.
    """
    design, found = fit.design, fit.minimum.at
    integrals = fit.surface.integrals(design.fixed.limited(found)[0], False)
    half = design.random_forth @ fit.surface.Lambda(found)
    u = np.concatenate([one.mode.u for one in integrals], axis=1)
    R = np.concatenate([one.mode.R for one in integrals], axis=2)
    effects = np.zeros((design.q, design.n_groups))
    effects[:, design.present] = half @ u
    covariance = np.repeat(fit.covariances[0][:, :, None], design.n_groups, axis=2)
    turned = np.einsum("ab,bcg->acg", half, R)
    covariance[:, :, design.present] = np.einsum("acg,bcg->abg", turned, turned)
    return effects, covariance


def group_log_likelihoods(fit: QuadratureFit) -> Floats:
    """Marginal log-likelihood of each group, without the constants that the own parameters alone decide."""
    out = np.zeros(fit.design.n_groups)
    out[fit.design.present] = np.concatenate(
        [one.by_group for one in fit.surface.integrals(fit.design.fixed.limited(fit.minimum.at)[0], False)]
    )
    return out


def variance_standard_errors(fit: QuadratureFit) -> Floats:
    """Standard errors (q, q) of the covariance of the random effects; not to be read where the fit is singular.

    From the curvature of the log-likelihood in all parameters, by the delta method.
    """
    design, Lambda = fit.design, fit.surface.Lambda(fit.minimum.at)
    P = design.fixed.n_coefficients
    moves = []
    for row, column in zip(*design.free):
        half = np.zeros_like(Lambda)
        half[row] = Lambda[:, column]
        moves.append(design.random_forth @ (half + half.T) @ design.random_forth.T)
    jacobian = np.array(moves)
    variance = np.einsum("kab,kl,lab->ab", jacobian, fit.parameter_covariance[P:, P:], jacobian)
    return np.asarray(np.sqrt(np.maximum(variance, 0.0)))


def fitted_values(
    fit: QuadratureFit,
    X: Floats,
    Z: Floats | None = None,
    group: Ints | None = None,
    offset: Floats | None = None,
    effects: Floats | None = None,
) -> tuple[Floats, Floats]:
    """Fitted values on the scale of the linear predictor and of the response.

    Parameters
    ----------
    fit : QuadratureFit
        The fit.
    X : numpy.ndarray, shape (p, rows)
        Fixed-effect columns of the rows.
    Z : numpy.ndarray, shape (q, rows), optional
        Random-effect columns; with `group` and `effects` from `random_effects` the values are those of the groups.
        Without them they are those of a group whose random effects are 0.
    group : numpy.ndarray of int, shape (rows,), optional
        Group of each row.
    offset : numpy.ndarray, shape (rows,), optional
        As in the fit.
    effects : numpy.ndarray, shape (q, groups), optional
        Random effects.

    Returns
    -------
    link : numpy.ndarray, shape (rows,)
        Linear predictor.
    response : numpy.ndarray, shape (rows,) or (categories, rows)
        Probability, expected count, or probability of each category.
    """
    link = fit.beta @ X
    if offset is not None:
        link = link + offset
    if Z is not None and group is not None and effects is not None:
        link = link + np.einsum("qr,qr->r", Z, effects[:, group])
    return link, fit.response.mean(link, _raw(fit))


def averaged_response(fit: QuadratureFit, X: Floats, Z: Floats, offset: Floats | None = None) -> Floats:
    """The response averaged over all groups of the population, shape (rows,) or (categories, rows).

    The mean over groups is not the value of the group whose random effects are 0: probabilities are drawn towards
    one half, and counts are larger.
    """
    link, _ = fitted_values(fit, X, offset=offset)
    spread = np.sqrt(np.einsum("ar,ab,br->r", Z, fit.covariances[0], Z))
    x, weight = np.polynomial.hermite_e.hermegauss(31)
    means = [fit.response.mean(link + node * spread, _raw(fit)) for node in x]
    return np.asarray(np.tensordot(weight / weight.sum(), np.array(means), axes=1))


def _raw(fit: QuadratureFit) -> Floats:
    """The own parameters as the response takes them: theta by its logarithm."""
    return (
        np.log(fit.response_parameters) if isinstance(fit.response, NegativeBinomial) else fit.response_parameters
    )
