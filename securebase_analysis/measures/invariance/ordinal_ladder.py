"""The ladder of ordered categories: thresholds come first, and what lies behind gets its unit from them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np

from securebase_analysis.engines.moment_structure import COVARIANCE, MEAN
from securebase_analysis.engines.ordinal_modification import THRESHOLD
from securebase_analysis.engines.ordinal_structure import OrdinalStructure
from securebase_analysis.measures.invariance.ladder import STEPS, Cell, Ladder, Step, StepModel, reaches

GIVE_UNIT = 2
"""So many equal thresholds give what lies behind an item its zero and its unit on another occasion."""


@dataclass(frozen=True, eq=False)
class OrdinalLadder(Ladder):
    """What is compared where items are ordered categories.

    Behind each item lies a normal variable, on the first occasion with intercept 0 and residual variance 1. On the
    others these are free as far as equal thresholds, or equal loadings, tell them: with two equal thresholds or
    more from *thresholds* on, with one the intercept at once and the residual variance when loadings are equal. A
    construct of items with one threshold each has equal loadings from *scalar* on, before which they say nothing.

    Attributes
    ----------
    n_thresholds : dict of str to int
        Thresholds of each item: one less than its categories.

    References
    ----------
    Wu & Estabrook (2016), Identification of confirmatory factor analysis models of different levels of invariance
    for ordered categorical outcomes, Psychometrika 81.
    """

    n_thresholds: dict[str, int] = field(default_factory=dict)

    @property
    def steps(self) -> tuple[Step, ...]:
        """The steps that there are."""
        return STEPS

    def with_free(self, terms: frozenset[str]) -> OrdinalLadder:
        """The same with terms that stay free."""
        return replace(self, partial=terms)

    @property
    def n_levels(self) -> list[int]:
        """Thresholds of each column of a structure."""
        own = [self.n_thresholds[item] for item in self.items]
        return own * (1 if self.over == "group" else len(self.occasions))

    def n_equal(self, item: str) -> int:
        """Thresholds of an item that do not stay free."""
        return sum(term not in self.partial for term in self.thresholds_of(item))

    def thresholds_of(self, item: str) -> list[str]:
        """The terms of an item's thresholds, in lavaan's words."""
        return [f"{item} | t{number + 1}" for number in range(self.n_thresholds[item])]

    def structures_with_thresholds(self, model: StepModel) -> list[OrdinalStructure]:
        """The structures of a step for the engine of ordered categories."""
        levels = self.n_levels
        return [
            OrdinalStructure(
                structure=structure,
                thresholds=tuple(np.zeros(n) for n in levels),
                threshold_entries=np.array(_thresholds_in(model, group), dtype=np.intp).reshape(-1, 3),
                parameterization="theta",
            )
            for group, structure in enumerate(model.structures)
        ]

    def _of_item(self, item: str, occasion: int, step: Step) -> Iterator[Cell]:
        """Thresholds, and residual variance and intercept of what lies behind."""
        place = self._item(item, occasion)
        for number, term in enumerate(self.thresholds_of(item)):
            equal = self.is_equal("threshold", term, step)
            yield self._cell("threshold", term, "threshold", occasion, (THRESHOLD, place, number), equal=equal)
        later = occasion > 0
        one = None if later and self._residual_free(item, step) else 1.0
        none = None if later and self._intercept_free(item, step) else 0.0
        yield self._cell("variance", f"{item} ~~ {item}", "residual", occasion, (COVARIANCE, place, place), one)
        yield self._cell("intercept", f"{item} ~1", "intercept", occasion, (MEAN, place, 0), none)

    def _intercept_free(self, item: str, step: Step) -> bool:
        """While a threshold is equal and intercepts need not be."""
        has_zero = reaches(step, "thresholds") and self.n_equal(item) > 0
        return has_zero and not self.is_equal("intercept", f"{item} ~1", step)

    def _residual_free(self, item: str, step: Step) -> bool:
        """While something equal gives the item a unit, and residual variances need not be equal."""
        by_thresholds = reaches(step, "thresholds") and self.n_equal(item) >= GIVE_UNIT
        by_loadings = any(
            item in items and self._loads_equal(name, item, step) for name, items in self.constructs.items()
        )
        return (by_thresholds or by_loadings) and not self.is_equal("residual", f"{item} ~~ {item}", step)

    def _loads_equal(self, name: str, item: str, step: Step) -> bool:
        """Whether a loading is the same on all occasions."""
        return self._has_scale(name, step) and self.is_equal("loading", f"{name} =~ {item}", step)

    def _has_scale(self, name: str, step: Step) -> bool:
        """Whether equal loadings give a construct the same unit on all occasions."""
        told = any(
            self.n_equal(item) >= GIVE_UNIT and f"{name} =~ {item}" not in self.partial
            for item in self.constructs[name]
        )
        return reaches(step, "metric") if told else reaches(step, "scalar")


def _thresholds_in(model: StepModel, group: int) -> list[tuple[int, int, int]]:
    """Variable, number and parameter of the thresholds of one group."""
    return [
        (cell.where[2], cell.where[3], model.numbers[cell.key])
        for cell in model.cells
        if cell.where[0] == group and cell.where[1] == THRESHOLD
    ]
