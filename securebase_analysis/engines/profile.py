"""Profile likelihood: how the deviance rises when one quantity is held away from its estimate.

The deviance is minus twice the log-likelihood, not restricted, because restricted likelihoods do not compare
models whose fixed part is held at a value. A quantity is held at `value`, everything else is estimated anew, and

    ``zeta(value) = sign(value - estimate) sqrt(deviance(value) - least deviance)``

is set against a standard normal quantile (Bates, Mächler, Bolker & Walker 2015, section 5.1). Fixed effects are
held by taking their share off the outcome; standard deviations, correlations and covariances of random effects
by a path in the triangular root of their covariance on which they cannot move.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from securebase_analysis.engines.cross_products import CrossProducts
from securebase_analysis.engines.descent import Minimum, minimise
from securebase_analysis.engines.mixed import (
    LOG_2PI,
    Blocks,
    Deviance,
    MixedFit,
    Surface,
    descend,
    deviance,
    free_elements,
    search,
)

Floats = NDArray[np.float64]

CLOSE = 1e-9
"""How near the signed root comes to its target."""
MOST_STEPS = 60
SMALL = 0.02
"""A free diagonal element below this share of the residual standard deviation calls for other starts."""


# ---- from a deviance to an interval ----------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Profile:
    """One quantity of a fitted model and the deviance as a function of it.

    Attributes
    ----------
    estimate : float
        Where the deviance is least.
    step : float
        A first guess of how far the signed root takes to rise by one.
    least, most : float
        The values that the quantity can take.
    lowest : float
        The least deviance.
    deviance : callable
        The deviance with the quantity held at a value.
    """

    estimate: float
    step: float
    least: float
    most: float
    lowest: float
    deviance: Callable[[float], float]

    def zeta(self, value: float) -> float:
        """Signed square root of the rise of the deviance."""
        return math.copysign(math.sqrt(max(self.deviance(value) - self.lowest, 0.0)), value - self.estimate)

    def interval(self, quantile: float) -> tuple[float, float]:
        """The values whose signed root lies within plus and minus a quantile of the normal distribution."""
        if not math.isfinite(self.estimate):
            return math.nan, math.nan
        return self._end(-quantile, self.least), self._end(quantile, self.most)

    def _end(self, target: float, bound: float) -> float:
        """The value on one side at which the signed root is `target`; the bound where it never is."""
        inner, outer = (self.estimate, 0.0), self._beyond(target, bound)
        if abs(outer[1]) <= abs(target):
            return outer[0]
        kept_before = None
        for _ in range(MOST_STEPS):
            share = (target - inner[1]) / (outer[1] - inner[1])
            value = inner[0] + share * (outer[0] - inner[0])
            found = (value, self.zeta(value))
            if abs(found[1] - target) < CLOSE or value in (inner[0], outer[0]):
                return value
            inside = abs(found[1]) < abs(target)
            # An end that stays is drawn nearer to its target, so that the other end comes to move too (Illinois).
            if inside:
                outer = (outer[0], target + (outer[1] - target) / 2.0) if kept_before == "outer" else outer
                inner, kept_before = found, "outer"
            else:
                inner = (inner[0], target + (inner[1] - target) / 2.0) if kept_before == "inner" else inner
                outer, kept_before = found, "inner"
        return value

    def _beyond(self, target: float, bound: float) -> tuple[float, float]:
        """A value whose signed root lies beyond the target, or the bound."""
        reach = self.step * target
        for _ in range(MOST_STEPS):
            value = self.estimate + reach
            passed = value <= bound if target < 0.0 else value >= bound
            value = bound if passed else value
            zeta = self.zeta(value)
            if passed or abs(zeta) > abs(target):
                return value, zeta
            reach *= min(max(1.1 * target / zeta, 1.2), 3.0) if zeta else 3.0
        return value, zeta


# ---- the quantities of a model with one factor -----------------------------------------------------------------


def profile_of_contrast(fit: MixedFit, row: Floats) -> Profile:
    """The profile of a contrast of the fixed effects of a fit by maximum likelihood.

    Parameters
    ----------
    fit : MixedFit
        By maximum likelihood.
    row : numpy.ndarray, shape (p,)
        Multiplies the fixed effects, in the units of the data.
    """
    design = fit.design
    of_standard = design.y_scale * (row @ design.fixed_forth)
    shift = float(row @ design.y_shift)
    return Profile(
        estimate=float(row @ fit.beta),
        step=float(np.sqrt(row @ fit.vcov @ row)),
        least=-np.inf,
        most=np.inf,
        lowest=_refined(fit).value,
        deviance=_WithContrastHeld(fit, of_standard, shift),
    )


def profile_of_sd(fit: MixedFit, effect: int) -> Profile:
    """The profile of the standard deviation of one random effect of a fit by maximum likelihood."""
    basis = _Basis.of(fit, (effect,))
    estimate = float(np.sqrt(max(fit.D[effect, effect], 0.0)))
    step = max(0.3 * estimate, 0.1 * basis.scale[0] * np.sqrt(fit.at.sigma2))
    path = _WithVariancesHeld(basis, _StandardDeviation)
    return Profile(estimate, float(step), 0.0, np.inf, _refined(fit).value, path)


def profile_of_correlation(fit: MixedFit, first: int, second: int) -> Profile:
    """The profile of the correlation of two random effects; without an estimate where one does not vary."""
    basis = _Basis.of(fit, (first, second))
    sds = np.sqrt(np.maximum(np.diag(fit.D), 0.0))[[first, second]]
    relative = sds / (basis.scale[:2] * np.sqrt(fit.at.sigma2))
    estimate = np.nan
    if relative.min() > 1e-4:
        estimate = float(np.clip(fit.D[first, second] / sds.prod(), -1.0, 1.0))
    path = _WithVariancesHeld(basis, _Correlation)
    return Profile(estimate, 0.2, -1.0, 1.0, _refined(fit).value, path)


def profile_of_covariance(fit: MixedFit, first: int, second: int) -> Profile:
    """The profile of the covariance of two random effects."""
    basis = _Basis.of(fit, (first, second))
    scale = float(basis.scale[:2].prod())
    of_sds = float(np.sqrt(max(fit.D[first, first] * fit.D[second, second], 0.0)))
    step = max(0.3 * of_sds, 0.05 * scale * fit.at.sigma2)
    path = _WithVariancesHeld(basis, _Covariance)
    return Profile(float(fit.D[first, second]), step, -np.inf, np.inf, _refined(fit).value, path)


def profile_of_sigma(fit: MixedFit) -> Profile:
    """The profile of the residual standard deviation."""
    basis = _Basis.of(fit, ())
    estimate = float(np.sqrt(fit.sigma2))
    step = estimate / np.sqrt(2.0 * fit.design.groups.n_rows)
    path = _WithVariancesHeld(basis, _Residual)
    return Profile(estimate, float(step), 0.0, np.inf, _refined(fit).value, path)


def _refined(fit: MixedFit) -> Deviance:
    """The deviance at the optimum, in standardised columns."""
    if fit.reml:
        raise ValueError("profiles are of maximum likelihood, not of restricted maximum likelihood")
    return fit.at


def _found_from(surface: Surface, start: Floats) -> Minimum:
    """The optimum reached from near by, or from everywhere when it lies near the boundary."""
    row, column = surface.free
    found = descend(surface, start)
    near = np.abs(found.at[row == column]) < SMALL
    if found.converged and not near.any():
        return found
    return min([found, search(surface)], key=lambda one: one.value)


class _WithContrastHeld:
    """The deviance with a contrast of the (standardised) fixed effects at a value, in the units of the data."""

    def __init__(self, fit: MixedFit, row: Floats, shift: float) -> None:
        self.products, self.blocks = fit.design.merged, fit.blocks
        self.row, self.shift = row, shift
        self.start = fit.minimum.at

    def __call__(self, value: float) -> float:
        """The least deviance; the next call begins where this one ended."""
        surface = Surface(self._without_contrast(value - self.shift), False, self.blocks)
        found = _found_from(surface, self.start)
        self.start = found.at
        return found.value

    def _without_contrast(self, value: float) -> CrossProducts:
        """Cross-products of a model in which the contrast is no longer free.

        The fixed effect with the largest multiplier is written in terms of the others and of the value; what it
        adds to the outcome goes into the other columns and off the outcome.
        """
        p = len(self.row)
        pivot = int(np.abs(self.row).argmax())
        turn = np.eye(p + 1)
        turn[pivot, :p] = -self.row / self.row[pivot]
        turn[pivot, p] = -value / self.row[pivot]
        turn = np.delete(turn, pivot, axis=1)
        products, q = self.products, self.products.n_random
        ZW = np.einsum("amg,mk->akg", products.ZW, turn)
        sums = np.concatenate([products.sums[:, :q], ZW], axis=1)
        return replace(products, sums=sums, WW=turn.T @ products.WW @ turn)


@dataclass(frozen=True, eq=False)
class _Basis:
    """Random effects in which those that a question is about come first, each by itself.

    Attributes
    ----------
    products : CrossProducts
        With the random columns of this basis.
    D : numpy.ndarray, shape (q, q)
        Covariance of the effects at the optimum, standardised outcome.
    sigma2 : float
        Residual variance at the optimum, standardised outcome.
    scale : numpy.ndarray, shape (q,)
        What the effects asked for are multiplied by to be in the units of the data.
    free : tuple of numpy.ndarray
        Row and column of the elements of the root of ``D`` that may differ from zero.
    """

    products: CrossProducts
    D: Floats
    sigma2: float
    scale: Floats
    y_scale: float
    free: tuple[NDArray[np.intp], NDArray[np.intp]]

    @classmethod
    def of(cls, fit: MixedFit, asked: tuple[int, ...]) -> _Basis:
        """The basis of effects `asked` for by their place, completed by standardised effects."""
        products, q = fit.design.merged, len(fit.Lambda)
        left, rows, taken = list(range(q)), [], []
        for effect in asked:
            row = fit.design.random_forth[effect]
            pivot = max(left, key=lambda place: abs(row[place]))
            left.remove(pivot)
            taken.append(pivot)
            rows.append(row)
        turn = np.vstack([*rows, *np.eye(q)[left]])
        columns = np.linalg.inv(turn).T
        # Columns of one size: the first ones may be minute where the origin of time lies far away.
        size = np.sqrt(np.einsum("ab,bc,ac->a", columns, products.ZZ @ products.weight, columns) / products.n_rows)
        turn, columns = turn * size[:, None], columns / size[:, None]
        ZZ = np.einsum("ab,bcg,dc->adg", columns, products.ZZ, columns, optimize=True)
        ZW = np.einsum("ab,bmg->amg", columns, products.ZW)
        half = turn @ fit.Lambda
        return cls(
            products=replace(products, sums=np.concatenate([ZZ, ZW], axis=1)),
            D=fit.at.sigma2 * (half @ half.T),
            sigma2=fit.at.sigma2,
            scale=fit.design.y_scale / size,
            y_scale=fit.design.y_scale,
            free=free_elements(q, _renumbered(fit.blocks, [*taken, *left])),
        )


def _renumbered(blocks: Blocks | None, order: list[int]) -> Blocks | None:
    """The blocks in the new order of the effects."""
    return None if blocks is None else tuple(tuple(sorted(map(order.index, block))) for block in blocks)


# ---- paths on which a quantity cannot move ---------------------------------------------------------------------


class _Path(ABC):
    """The triangular root of ``D`` as a function of free numbers, with a quantity held at a value.

    The last of the numbers is the logarithm of the residual variance, unless that is what is held.
    """

    of_residual = True
    asked = 0

    def __init__(self, value: float, basis: _Basis) -> None:
        self.basis = basis
        row, column = basis.free
        self.others = [(int(i), int(j)) for i, j in zip(row, column) if i >= self.asked]
        self.hold(value)

    @abstractmethod
    def hold(self, value: float) -> None:
        """Take the value, in the units of the data."""

    @abstractmethod
    def first_start(self, root: Floats) -> list[float]:
        """Free numbers of the effects asked for, near a root."""

    @abstractmethod
    def first_rows(self, x: Floats, root: Floats, slope: Floats, bend: Floats) -> int:
        """Fill the rows of the effects asked for, their slopes and second derivatives; count their numbers."""

    def start(self, root: Floats, log_sigma2: float) -> Floats:
        """Free numbers near a root and a residual variance."""
        end = [log_sigma2] if self.of_residual else []
        return np.array([*self.first_start(root), *(root[place] for place in self.others), *end])

    def diagonal(self) -> NDArray[np.intp]:
        """Places of the numbers that stand on the diagonal, those of the effects asked for included."""
        first = len(self.first_start(np.eye(len(self.basis.D))))
        own = [first + number for number, (i, j) in enumerate(self.others) if i == j]
        return np.array(own, dtype=np.intp)

    def at(self, x: Floats) -> tuple[Floats, Floats, Floats]:
        """The root, its slopes (k, q, q) and second derivatives (k, k, q, q) in the numbers of the root."""
        q = len(self.basis.D)
        k = len(x) - int(self.of_residual)
        root, slope, bend = np.zeros((q, q)), np.zeros((k, q, q)), np.zeros((k, k, q, q))
        first = self.first_rows(x, root, slope, bend)
        for number, place in enumerate(self.others, start=first):
            root[place] = x[number]
            slope[(number, *place)] = 1.0
        return root, slope, bend

    def log_sigma2(self, x: Floats) -> float:
        """Logarithm of the residual variance."""
        return float(x[-1])


class _StandardDeviation(_Path):
    """The first effect has the standard deviation that is held."""

    asked = 1

    def hold(self, value: float) -> None:
        self.value = value / self.basis.scale[0]

    def first_start(self, root: Floats) -> list[float]:
        return []

    def first_rows(self, x: Floats, root: Floats, slope: Floats, bend: Floats) -> int:
        root[0, 0] = self.value
        return 0


class _Correlation(_Path):
    """The first two effects have the correlation that is held; both standard deviations are free."""

    asked = 2

    def hold(self, value: float) -> None:
        self.value = value * np.sign(self.basis.scale[:2]).prod()

    def first_start(self, root: Floats) -> list[float]:
        return [float(root[0, 0]), float(np.hypot(root[1, 0], root[1, 1]))]

    def first_rows(self, x: Floats, root: Floats, slope: Floats, bend: Floats) -> int:
        direction = np.array([self.value, np.sqrt(max(1.0 - self.value**2, 0.0))])
        root[0, 0], slope[0, 0, 0] = x[0], 1.0
        root[1, :2], slope[1, 1, :2] = x[1] * direction, direction
        return 2


class _Covariance(_Path):
    """The first two effects have the covariance that is held.

    The first standard deviation runs on the scale of its logarithm; the element below it is the covariance
    divided by it.
    """

    asked = 2

    def hold(self, value: float) -> None:
        self.value = value / self.basis.scale[:2].prod()

    def first_start(self, root: Floats) -> list[float]:
        least = 0.03 * np.sqrt(self.basis.sigma2)
        return [float(np.log(max(abs(root[0, 0]), least))), float(root[1, 1])]

    def first_rows(self, x: Floats, root: Floats, slope: Floats, bend: Floats) -> int:
        above, below = np.exp(x[0]), self.value * np.exp(-x[0])
        root[0, 0], slope[0, 0, 0], bend[0, 0, 0, 0] = above, above, above
        root[1, 0], slope[0, 1, 0], bend[0, 0, 1, 0] = below, -below, below
        root[1, 1], slope[1, 1, 1] = x[1], 1.0
        return 2


class _Residual(_Path):
    """The residual standard deviation is held."""

    of_residual = False

    def hold(self, value: float) -> None:
        self.value = 2.0 * math.log(max(value / self.basis.y_scale, 1e-150))

    def first_start(self, root: Floats) -> list[float]:
        return []

    def first_rows(self, x: Floats, root: Floats, slope: Floats, bend: Floats) -> int:
        return 0

    def log_sigma2(self, x: Floats) -> float:
        return self.value


class _WithVariancesHeld:
    """The deviance with one quantity of the covariance held at a value."""

    def __init__(self, basis: _Basis, path: type[_Path]) -> None:
        self.basis, self.path = basis, path
        ridge = 1e-6 * basis.sigma2 * np.eye(len(basis.D))
        self.root = np.asarray(np.linalg.cholesky(basis.D + ridge), dtype=float)
        self.log_sigma2 = math.log(basis.sigma2)

    def __call__(self, value: float) -> float:
        """The least deviance; the next call begins where this one ended."""
        path = self.path(value, self.basis)

        def rise(x: Floats) -> tuple[float, Floats, Floats]:
            return deviance_on(path, x)

        found = minimise(rise, path.start(self.root, self.log_sigma2))
        diagonal = path.diagonal()
        small = SMALL * math.exp(path.log_sigma2(found.at) / 2.0)
        if not found.converged or (np.abs(found.at[diagonal]) < small).any():
            found = min([found, *self._from_elsewhere(path, rise)], key=lambda one: one.value)
        self.root, self.log_sigma2 = path.at(found.at)[0], path.log_sigma2(found.at)
        return found.value

    def _from_elsewhere(
        self, path: _Path, rise: Callable[[Floats], tuple[float, Floats, Floats]]
    ) -> list[Minimum]:
        """Where the search ends when it begins with other standard deviations."""
        size = math.sqrt(self.basis.sigma2)
        identity = np.eye(len(self.basis.D))
        starts = [path.start(share * size * identity, math.log(self.basis.sigma2)) for share in (0.15, 0.7)]
        return [minimise(rise, start) for start in starts]


def deviance_on(path: _Path, x: Floats) -> tuple[float, Floats, Floats]:
    """Deviance, gradient and Hessian in the free numbers of a path.

    With ``Lambda = root exp(-t / 2)`` and ``t`` the logarithm of the residual variance, the deviance is ``n (log 2
    pi + t) + log|V| + rss exp(-t)``, in which ``log|V|`` and ``rss`` are functions of ``Phi = Lambda Lambda'``.
    """
    products, t = path.basis.products, path.log_sigma2(x)
    root, slope, bend = path.at(x)
    shrink = math.exp(-t / 2.0) if abs(t) < 600.0 else math.inf
    k, q, n = len(slope), len(root), products.n_rows
    Lambda = root * shrink
    at = deviance(products, Lambda @ Lambda.T, False) if np.isfinite(Lambda).all() else None
    if at is None:
        return np.inf, x, np.eye(len(x))
    rss, precision = n * at.sigma2, shrink**2
    of_log_det = at.value - n * (LOG_2PI + math.log(at.sigma2) + 1.0)
    value = n * (LOG_2PI + t) + of_log_det + rss * precision

    in_phi = at.slope - at.rss_slope / at.sigma2 + at.rss_slope * precision
    of_traces = at.traces.transpose(1, 2, 3, 0)
    curvature = (at.curvature + of_traces) * (at.sigma2 * precision) - of_traces

    moves = np.concatenate([slope * shrink, -Lambda[None] / 2.0])
    turns = np.zeros((k + 1, k + 1, q, q))
    turns[:k, :k], turns[k, k] = bend * shrink, Lambda / 4.0
    turns[:k, k] = turns[k, :k] = -slope * shrink / 2.0
    half = moves @ Lambda.T
    in_moves = half + half.transpose(0, 2, 1)

    pull = in_phi @ Lambda
    gradient = 2.0 * np.einsum("ab,kab->k", pull, moves)
    gradient[k] += n - rss * precision
    flat = in_moves.reshape(k + 1, q * q)
    along = flat @ curvature.reshape(q * q, q * q) @ flat.T
    hessian = (along + along.T) / 2.0 + 2.0 * np.einsum("ab,klab->kl", pull, turns)
    hessian += 2.0 * np.einsum("kab,lab->kl", in_phi @ moves, moves)
    across = -precision * np.einsum("ab,kab->k", at.rss_slope, in_moves)
    hessian[k] += across
    hessian[:, k] += across
    hessian[k, k] += rss * precision
    return (value, gradient, hessian) if path.of_residual else (value, gradient[:k], hessian[:k, :k])
