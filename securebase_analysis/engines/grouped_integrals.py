"""The likelihood of each group with its random effects integrated out, and its exact derivatives.

For the rows of one group ``eta = X'beta + Z'Lambda u`` with ``u ~ N(0, I)``. The integral over `u` of
``exp(h(u))``, ``h(u) = log p(y | u) - u'u / 2``, is taken by the adaptive Gauss-Hermite rule: nodes
``u_k = m + R x_k`` around the mode `m` of `h`, scaled by a root `R` of the inverse curvature there (Liu & Pierce
1994; Pinheiro & Bates 1995). With one node it is Laplace's approximation.

The slope is that of the rule itself, mode and scale moving along, not that of the integral it stands for; the two
differ where the nodes are few. The curvature is that of the integral (Louis 1982).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from securebase_analysis.engines.cumulants import Cumulant
from securebase_analysis.engines.grouped_modes import Mode, find_modes, inverse_transpose, solve
from securebase_analysis.engines.portions import Portion

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Rule:
    """Nodes of a product rule in `q` dimensions.

    Attributes
    ----------
    x : numpy.ndarray, shape (q, nodes)
        Nodes for a standard normal weight.
    log_weight : numpy.ndarray, shape (nodes,)
        Logarithms of the weights, that of the normal density taken out.
    """

    x: Floats
    log_weight: Floats


def hermite_rule(nodes: int, q: int) -> Rule:
    """The Gauss-Hermite rule with so many nodes in each of `q` dimensions."""
    x, weight = np.polynomial.hermite_e.hermegauss(nodes)
    places = np.array(np.meshgrid(*[np.arange(nodes)] * q, indexing="ij")).reshape(q, -1)
    log_weight = np.log(weight / weight.sum()) + x**2 / 2.0
    return Rule(x[places], log_weight[places].sum(axis=0))


@dataclass(frozen=True, eq=False)
class Integral:
    """Log-likelihood of a portion and its derivatives in the coefficients and in ``Lambda``.

    Attributes
    ----------
    value : float
        Log-likelihood, without the part that has no eta.
    of_coefficients, of_Lambda : numpy.ndarray, shapes (P,) and (q, q)
        The slope of the rule.
    curvature : numpy.ndarray, shape (P + q * q, P + q * q)
        In the coefficients and ``Lambda`` row by row; empty if it was not asked for.
    of_covariance : numpy.ndarray, shape (q, q)
        Slope in the covariance ``Lambda Lambda'`` itself, which does not vanish on the boundary.
    mode : Mode
        Of every group.
    by_group : numpy.ndarray, shape (groups,)
        Log-likelihood of each group.
    """

    value: float
    of_coefficients: Floats
    of_Lambda: Floats
    curvature: Floats
    of_covariance: Floats
    mode: Mode
    by_group: Floats


@dataclass(frozen=True, eq=False)
class _AtNodes:
    """What is known at the nodes of every group.

    `slope` (nodes, rows) is that of the cumulant before the multiplier; `share` (nodes, groups) each node's share
    of the integral; `u` the random effects (q, nodes, groups), `u_in_row` the same for rows; `dispersed` the sums
    of the cumulant that theta multiplies (0 without theta).
    """

    slope: Floats
    share: Floats
    by_group: Floats
    u: Floats
    u_in_row: list[Floats]
    dispersed: Floats


def integrate(
    portion: Portion,
    cumulant: Cumulant,
    coefficients: Floats,
    Lambda: Floats,
    theta: float,
    rule: Rule,
    u: Floats,
    curvature: bool,
) -> Integral:
    """The log-likelihood of the groups of a portion, random effects integrated out.

    Parameters
    ----------
    portion : Portion
        The groups.
    cumulant : Cumulant
        Of the outcome.
    coefficients : numpy.ndarray, shape (P,)
        Fixed effects and own parameters.
    Lambda : numpy.ndarray, shape (q, q)
        Root of the covariance of the random effects.
    theta : float
        Dispersion of a negative binomial outcome, or 0.
    rule : Rule
        The nodes.
    u : numpy.ndarray, shape (q, groups)
        Where to look for the modes first.
    curvature : bool
        Whether the curvature is wanted.
    """
    mode = find_modes(portion, cumulant, coefficients, Lambda, theta, u)
    at = _at_nodes(portion, cumulant, mode, rule)
    share = portion.spread(at.share)
    mean = at.slope * mode.multiplier
    # Moments of the mean over the nodes: row 0 plain, the others times the nodes.
    weighted = share * mean
    moments = np.vstack([np.ones_like(rule.log_weight), rule.x]) @ weighted
    of_coefficients, of_Lambda = _slope(portion, cumulant, mode, at, rule, moments, theta)
    second, of_covariance = np.zeros((0, 0)), np.zeros((len(mode.u), len(mode.u)))
    if curvature:
        bend = share * cumulant.second(at.slope)
        bend *= mode.multiplier
        second, of_covariance = _curvature(portion, at, mean, bend, theta)
    return Integral(float(at.by_group.sum()), of_coefficients, of_Lambda, second, of_covariance, mode, at.by_group)


def _at_nodes(portion: Portion, cumulant: Cumulant, mode: Mode, rule: Rule) -> _AtNodes:
    """Log-likelihood, slope and share of every node."""
    u = mode.u[:, None, :] + np.einsum("abg,bk->akg", mode.R, rule.x)
    u_in_row = [portion.spread(effects) for effects in u]
    eta = u_in_row[0] * mode.zeta[0]
    for zeta, effects in zip(mode.zeta[1:], u_in_row[1:]):
        eta += zeta * effects
    eta += mode.fixed
    value, slope = cumulant.value_and_slope(eta)
    dispersed = np.zeros_like(u[0]) if portion.dispersed is None else portion.sums(value * portion.dispersed)
    h = -portion.sums(value * mode.multiplier)
    h += portion.sums(portion.y * mode.fixed)
    h += np.einsum("ag,akg->kg", portion.sums(portion.y * mode.zeta), u)
    h -= np.einsum("akg,akg->kg", u, u) / 2.0
    h += rule.log_weight[:, None]
    highest = h.max(axis=0)
    share = np.exp(h - highest)
    total = share.sum(axis=0)
    share /= total
    return _AtNodes(slope, share, mode.log_det_R + highest + np.log(total), u, u_in_row, dispersed)


def _slope(
    portion: Portion, cumulant: Cumulant, mode: Mode, at: _AtNodes, rule: Rule, moments: Floats, theta: float
) -> tuple[Floats, Floats]:
    """Slope of the rule: with nodes held, and by way of the mode and the scale that move with the parameters.

    `to_mode` and `to_scale` are the slopes of the log-likelihood in mode and scale, 0 for the integral itself;
    `to_curvature` hands the latter on to the curvature at the mode, and implicit differentiation of the mode hands
    all of it on to the rows.
    """
    y, Z, zeta, R = portion.y, portion.Z, mode.zeta, mode.R
    residual = y - moments[0]
    mean_x = np.einsum("bk,kg->bg", rule.x, at.share)
    spread_R = portion.spread(R)
    # Mean over nodes of (y - mean) u, for each row.
    with_x = y * portion.spread(mean_x) - moments[1:]
    with_u = residual * portion.spread(mode.u) + np.einsum("abr,br->ar", spread_R, with_x)

    to_mode = portion.sums(zeta * residual) - np.einsum("kg,akg->ag", at.share, at.u)
    in_x = np.einsum("akg,bk,kg->abg", at.u, rule.x, at.share)
    score_x = portion.sums(zeta[:, None] * with_x) - in_x
    to_curvature = _to_curvature(R, score_x)

    second = mode.multiplier * cumulant.second(mode.slope)
    third = mode.multiplier * cumulant.third(mode.slope)
    turned = np.einsum("abr,br->ar", portion.spread(to_curvature), zeta)
    quadratic = np.einsum("ar,ar->r", zeta, turned)
    v = solve(R, to_mode + portion.sums(third * quadratic * zeta))
    along = np.einsum("ar,ar->r", zeta, portion.spread(v))
    by_eta = third * quadratic - second * along

    of_coefficients = portion.X @ (residual + by_eta)
    at_mode = y - mode.multiplier * mode.slope
    of_Lambda = (
        Z @ (with_u + by_eta * portion.spread(mode.u) + at_mode * portion.spread(v) + 2.0 * second * turned).T
    )
    if portion.dispersed is not None:
        moved = cumulant.second(mode.slope) * quadratic - mode.slope * along
        inside = -np.einsum("kg,kg->", at.share, at.dispersed)
        of_coefficients[-1] += theta * (inside + portion.dispersed @ moved)
    return of_coefficients, of_Lambda


def _to_curvature(R: Floats, score_x: Floats) -> Floats:
    """Slope in the curvature `H` at the mode, from ``R = L^-T`` and ``H = L L'``, as symmetric matrices.

    `score_x` is the mean over nodes of the slope of `h` times the node. The slope in `R` is ``R^-T + score_x``.
    """
    q = len(R)
    if q == 1:
        return np.asarray(-(R**2) * (1.0 + R * score_x) / 2.0)
    # L' times the slope in L, the lower triangle of -R (R^-T + score_x)' R: L is R^-T.
    of_L = -(np.einsum("abg,cbg,cdg->adg", R, score_x, R) + R)
    of_L *= np.tril(np.ones((q, q)))[:, :, None]
    L_transposed = inverse_transpose(R.transpose(1, 0, 2))
    product = (
        np.einsum("abg,bcg->acg", L_transposed, of_L) * (np.tril(np.ones((q, q))) - np.eye(q) / 2.0)[:, :, None]
    )
    return np.einsum("abg,bcg,dcg->adg", R, product + product.transpose(1, 0, 2), R) / 2.0


def _curvature(portion: Portion, at: _AtNodes, mean: Floats, bend: Floats, theta: float) -> tuple[Floats, Floats]:
    """Louis's curvature: mean curvature given the random effects plus the variance of the slope over them.

    `mean` and `bend` are multiplier times the first and second derivative of the cumulant, the latter times the
    node's share. The order of parameters is the coefficients, then ``Lambda`` row by row.
    """
    P, q = len(portion.X), len(portion.Z)
    columns = np.vstack([portion.X, portion.Z])
    n_groups = len(portion.starts)
    place = portion.columns.place
    scores = np.empty((P + q * q, mean.shape[0], n_groups))
    sums = -portion.columns.of(mean, portion.starts)
    sums = sums[place]
    sums += portion.sums(columns * portion.y)[:, None, :]
    scores[:P] = sums[:P]
    np.multiply(sums[P:, None], at.u[None], out=scores[P:].reshape(q, q, *at.u.shape[1:]))
    if portion.dispersed is not None:
        scores[P - 1] -= theta * at.dispersed
    flat = scores.reshape(len(scores), -1)
    weighted = flat * at.share.ravel()
    expected = weighted.reshape(scores.shape).sum(axis=1)
    second = weighted @ flat.T - expected @ expected.T

    z_scores = sums[P:].reshape(q, -1)
    of_covariance = (z_scores * at.share.ravel()) @ z_scores.T
    # Mean over nodes of bend times 1, u_a, u_a u_b, for each row.
    u = at.u_in_row
    plain = bend.sum(axis=0)
    once = [np.einsum("kr,kr->r", bend, u[a]) for a in range(q)]
    twice = [[np.einsum("kr,kr,kr->r", bend, u[a], u[b]) for b in range(q)] for a in range(q)]
    X, Z = portion.X, portion.Z
    second[:P, :P] -= (X * plain) @ X.T
    of_covariance -= (Z * plain) @ Z.T
    for a in range(q):
        mixed = (X * once[a]) @ Z.T
        second[:P, P + a :: q] -= mixed
        second[P + a :: q, :P] -= mixed.T
        for b in range(q):
            second[P + a :: q, P + b :: q] -= (Z * twice[a][b]) @ Z.T
    if portion.dispersed is not None:
        _add_dispersion(portion, at, second, theta)
    return second, of_covariance / 2.0


def _add_dispersion(portion: Portion, at: _AtNodes, second: Floats, theta: float) -> None:
    """What log theta adds to the mean curvature by way of the multiplier, to `second` itself."""
    P, q = len(portion.X), len(portion.Z)
    inside = float(np.einsum("kg,kg->", at.share, at.dispersed))
    share = portion.spread(at.share)
    share *= at.slope
    share *= 0.0 if portion.dispersed is None else portion.dispersed
    plain = theta * share.sum(axis=0)
    mixed = np.empty(P + q * q)
    mixed[:P] = portion.X @ plain
    for b in range(q):
        mixed[P + b :: q] = portion.Z @ (theta * np.einsum("kr,kr->r", share, at.u_in_row[b]))
    second[P - 1, :] -= mixed
    second[:, P - 1] -= mixed
    second[P - 1, P - 1] -= theta * inside
