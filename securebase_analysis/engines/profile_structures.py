"""Profile likelihood intervals of the parameters of structural equations."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from securebase_analysis.engines.normal_likelihood import Information
from securebase_analysis.engines.profile import Profile
from securebase_analysis.engines.scoring_search import climb
from securebase_analysis.engines.structural_equations import AtParameters, StructureFit, at_parameters

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class _Held:
    """The likelihood as a function of all parameters but one."""

    whole: AtParameters
    number: int

    @property
    def value(self) -> float:
        return self.whole.value

    @property
    def gradient(self) -> Floats:
        return np.delete(self.whole.gradient, self.number)

    def information(self, kind: Information) -> Floats:
        information = self.whole.information(kind)
        return np.delete(np.delete(information, self.number, 0), self.number, 1)


def profile_limits(fit: StructureFit, vcov: Floats, number: int, quantile: float) -> tuple[float, float]:
    """The values of a parameter at which the likelihood falls little enough below its maximum.

    Parameters
    ----------
    fit : StructureFit
        The fitted model.
    vcov : numpy.ndarray, shape (q, q)
        Covariance of its estimate, which tells where to look.
    number : int
        Number of the parameter.
    quantile : float
        Quantile of the level, such as 1.96: at each end twice the log-likelihood is its square lower.

    Returns
    -------
    low, high : float
        Missing where the search with the parameter held has no end.

    Notes
    -----
    Follows the shape of the likelihood, where an estimate plus and minus errors takes it for a parabola.

    References
    ----------
    Neale & Miller (1997), The use of likelihood-based confidence intervals in genetic models, Behav Genet 27.
    """
    try:
        return structure_profile(fit, vcov, number).interval(quantile)
    except ArithmeticError:
        return np.nan, np.nan


def structure_profile(fit: StructureFit, vcov: Floats, number: int) -> Profile:
    """The deviance with one parameter held at a value, as a function of it.

    Raises
    ------
    ArithmeticError
        By the function, where the others have no maximum.
    """
    estimate, variance = float(fit.theta[number]), float(vcov[number, number])
    along = np.delete(vcov[:, number], number) / variance
    others = np.delete(fit.theta, number)

    def deviance(value: float) -> float:
        def at(rest: Floats) -> _Held | None:
            whole = at_parameters(fit.groups, np.insert(rest, number, value))
            return None if whole is None else _Held(whole, number)

        begin = next((start for start in (others + along * (value - estimate), others) if at(start)), None)
        found = None if begin is None else climb(at, begin)
        if found is None or not found.converged:
            raise ArithmeticError("no maximum with the parameter held there")
        return -2.0 * found.point.value

    return Profile(
        estimate=estimate, step=float(np.sqrt(variance)), least=-np.inf, most=np.inf,
        lowest=-2.0 * fit.log_likelihood, deviance=deviance,
    )  # fmt: skip
