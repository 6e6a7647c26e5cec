"""What a plan takes for true: how scores of children go together, last, and act on one another."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from securebase_analysis.models.panel.elements import CROSS, STABLE, WITHIN, Element, Panel

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Process:
    """Scores that are the same at every wave in mean and spread.

    Attributes
    ----------
    effects : numpy.ndarray, shape (n, n)
        Of the columns on the rows, from one wave to the next.
    now : numpy.ndarray, shape (n, n)
        Covariances of the deviations at any wave.
    levels : numpy.ndarray, shape (n, n)
        Covariances of the children's own levels.
    """

    effects: Floats
    now: Floats
    levels: Floats

    @property
    def residuals(self) -> Floats:
        """Covariances of what the wave before does not explain: what keeps the process steady."""
        return np.asarray(self.now - self.effects @ self.now @ self.effects.T)

    @property
    def possible(self) -> bool:
        """Whether there is such a process."""
        return bool(np.linalg.eigvalsh(self.residuals)[0] > 1e-8)

    @property
    def levels_possible(self) -> bool:
        """Whether there are such differences between children."""
        return bool(np.linalg.eigvalsh(self.levels)[0] > -1e-8)

    @property
    def without_differences(self) -> Process:
        """The same effects among children who do not differ for good, with scores as wide apart."""
        return Process(self.effects, self.now + self.levels, np.zeros_like(self.levels))

    @property
    def taken_for_effects(self) -> Process:
        """What a model takes it for that does not know that children differ for good."""
        both = self.levels + self.now
        after = self.levels + self.effects @ self.now
        effects = np.asarray(np.linalg.solve(both, after.T).T, dtype=float)
        return Process(effects, both, np.zeros_like(both))


@dataclass(frozen=True)
class Assumed:
    """A steady process in which one construct acts on one other.

    Every score has a mean of 0 and a variance of 1 at every wave, so that effects are in standard deviations.

    Attributes
    ----------
    effect : float
        Of the first construct on the second, from a wave to the next.
    carry_over : float
        Of each construct on itself.
    stable : float
        Share of the variance that is stable differences between children.
    together : float
        Correlation of the deviations of any two constructs at a wave.
    levels_together : float
        Correlation of the own levels of any two constructs.
    """

    effect: float
    carry_over: float
    stable: float
    together: float
    levels_together: float

    def of_size(self, effect: float) -> Assumed:
        """The same with an effect of another size."""
        return replace(self, effect=effect)

    def process(self, n: int) -> Process:
        """Of so many constructs."""
        effects = self.carry_over * np.eye(n)
        effects[1, 0] = self.effect
        return Process(
            effects,
            now=(1.0 - self.stable) * _correlations(n, self.together),
            levels=self.stable * _correlations(n, self.levels_together),
        )


def _correlations(n: int, each: float) -> Floats:
    return np.full((n, n), each) + (1.0 - each) * np.eye(n)


def value_of(element: Element, panel: Panel, process: Process) -> float:
    """What an element of a panel model is in a process."""
    if element.rhs == "1":
        return 0.0
    place = tuple(panel.constructs.index(_construct_of(name, panel)) for name in (element.lhs, element.rhs))
    if element.op == "~":
        return float(process.effects[place])
    if element.lhs.startswith(STABLE):
        return float(process.levels[place])
    begins = panel.model != "lagged" and element.lhs.endswith(f"_{panel.waves[0]}")
    return float((process.now if begins else process.residuals)[place])


def _construct_of(variable: str, panel: Panel) -> str:
    """The construct that a variable of the model belongs to."""
    if not panel.within:
        return variable.rpartition("_")[0]
    if variable.startswith(STABLE):
        return variable.removeprefix(STABLE)
    return variable.removeprefix(WITHIN).rpartition("_")[0]


def is_looked_for(element: Element, panel: Panel) -> bool:
    """Whether an element is the effect of the first construct on the second."""
    first, second = panel.constructs[:2]
    return element.effect == CROSS and element.term == f"{second} ~ {first}"
