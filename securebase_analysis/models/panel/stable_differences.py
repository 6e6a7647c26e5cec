"""Whether there are stable differences between children, and effects that do not grow without end."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from securebase_analysis.models.panel.elements import LAGGED, STABLE, Panel, elements_of
from securebase_analysis.models.panel.fitting import key_of, keyed
from securebase_analysis.models.sem.fitting import Fitted

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class StableVariance:
    """How much children differ in their own level of a construct.

    Attributes
    ----------
    construct, group : str
        Whose.
    estimate, std_error : float
        Of the random-intercept variance.
    """

    construct: str
    group: str
    estimate: float
    std_error: float

    @property
    def below_zero(self) -> bool:
        """Whether it lies outside of what a variance can be."""
        return self.estimate < 0.0


def stable_variances(fitted: Fitted, panel: Panel) -> list[StableVariance]:
    """The random-intercept variance of every construct in every group; none without random intercepts."""
    if not panel.within:
        return []
    place, error = keyed(fitted.table), np.sqrt(np.diag(fitted.vcov))
    found = []
    for group, name in enumerate(panel.groups):
        for construct in panel.constructs:
            free = place[f"{STABLE}{construct}", "~~", f"{STABLE}{construct}", group].free
            found.append(StableVariance(construct, name, float(fitted.estimates[free]), float(error[free])))
    return found


def impossible_correlations(fitted: Fitted, panel: Panel) -> list[tuple[str, str, str, float]]:
    """Pairs of constructs, with group and value, whose random intercepts correlate at 1 or beyond."""
    if not panel.within:
        return []
    place, found = keyed(fitted.table), []
    for group, name in enumerate(panel.groups):
        variance = {one.construct: one.estimate for one in stable_variances(fitted, panel) if one.group == name}
        for number, one in enumerate(panel.constructs):
            for other in panel.constructs[number + 1 :]:
                product = variance[one] * variance[other]
                free = place[f"{STABLE}{one}", "~~", f"{STABLE}{other}", group].free
                if min(variance[one], variance[other]) > 0.0 and fitted.estimates[free] ** 2 >= product:
                    found.append((one, other, name, float(fitted.estimates[free] / np.sqrt(product))))
    return found


def largest_root(fitted: Fitted, panel: Panel) -> float:
    """The largest modulus among the eigenvalues of the lagged effects, over all lags and groups.

    Below 1 a deviation fades over the waves; from 1 on it grows.
    """
    place, size = keyed(fitted.table), len(panel.constructs)
    largest = 0.0
    for group in range(len(panel.groups)):
        lagged = [one for one in elements_of(panel) if one.effect in LAGGED]
        values = np.array([fitted.estimates[place[key_of(one, group)].free] for one in lagged])
        for lag in values.reshape(-1, size, size):
            largest = max(largest, float(np.abs(np.linalg.eigvals(lag)).max()))
    return largest
