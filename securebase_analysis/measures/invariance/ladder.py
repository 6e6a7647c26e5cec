"""The models of the ladder: which parameters there are, and which of them every group or wave has in common."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from securebase_analysis.engines.moment_structure import COVARIANCE, EFFECT, MEAN, Structure
from securebase_analysis.engines.ordinal_modification import THRESHOLD
from securebase_analysis.measures.invariance.constructs import Constructs

Step = Literal["configural", "thresholds", "metric", "scalar", "strict"]
STEPS: tuple[Step, ...] = ("configural", "thresholds", "metric", "scalar", "strict")
"""From the fewest equalities on; *thresholds* is a step of ordered categories alone."""
Over = Literal["group", "wave"]
EQUAL_FROM: dict[str, Step] = {
    "threshold": "thresholds", "loading": "metric", "intercept": "scalar", "residual": "strict"
}  # fmt: skip
"""The step from which a kind of parameter is equal."""
Key = tuple[str, ...]


@dataclass(frozen=True)
class Cell:
    """One element of the model.

    Attributes
    ----------
    effect, term : str
        What it is, in the words of ``tidy()``.
    kind : str
        ``loading``, ``threshold``, ``intercept`` or ``residual`` for what can be equal, else empty.
    occasion : int
        Its group or wave; -1 for what lies between waves.
    where : (int, int, int, int)
        Group of the structures, matrix, row and column; of a threshold the variable and its number.
    fixed : float or None
        Its value where it is not a parameter.
    key : tuple of str
        Elements with the same key are one parameter.
    """

    effect: str
    term: str
    kind: str
    occasion: int
    where: tuple[int, int, int, int]
    fixed: float | None
    key: Key


@dataclass(frozen=True, eq=False)
class Ladder:
    """What is compared, and over what.

    Attributes
    ----------
    constructs : dict of str to tuple of str
        The items of each construct.
    occasions : tuple of str
        Names of the groups or waves.
    over : {"group", "wave"}
        Whether occasions have children of their own or are waves of the same children.
    partial : frozenset of str
        Terms that stay free.
    """

    constructs: Constructs
    occasions: tuple[str, ...]
    over: Over
    partial: frozenset[str] = frozenset()

    @property
    def steps(self) -> tuple[Step, ...]:
        """The steps that there are."""
        return tuple(step for step in STEPS if step != "thresholds")

    @property
    def items(self) -> tuple[str, ...]:
        """Every item once."""
        return tuple(dict.fromkeys(item for items in self.constructs.values() for item in items))

    @property
    def n_structures(self) -> int:
        """Groups of the structures: one where all waves are in one."""
        return len(self.occasions) if self.over == "group" else 1

    @property
    def n_observed(self) -> int:
        """Columns of each structure."""
        return len(self.items) * (1 if self.over == "group" else len(self.occasions))

    def cells(self, step: Step) -> list[Cell]:
        """Every element of the model of a step."""
        own = [cell for occasion in range(len(self.occasions)) for cell in self._of_occasion(occasion, step)]
        return own + (list(self._between_waves()) if self.over == "wave" else [])

    def is_equal(self, kind: str, term: str, step: Step) -> bool:
        """Whether a parameter is the same on all occasions."""
        return kind in EQUAL_FROM and reaches(step, EQUAL_FROM[kind]) and term not in self.partial

    def equalities_of(self, before: Step, step: Step) -> list[str]:
        """Kinds of parameter that a step makes equal, and the step before does not."""
        own = self.steps
        added = own[own.index(before) + 1 : own.index(step) + 1]
        return [kind for kind, first in EQUAL_FROM.items() if first in added]

    def terms(self, kind: str) -> list[str]:
        """Terms of one kind, each once."""
        cells = self._of_occasion(0, "configural")
        return [cell.term for cell in cells if cell.kind == kind]

    def _of_occasion(self, occasion: int, step: Step) -> Iterator[Cell]:
        """The elements of one group or wave.

        Constructs have variance 1 and mean 0 on the first occasion; on the others these are free as soon as equal
        loadings, and equal intercepts, give them a scale.
        """
        for name, items in self.constructs.items():
            for item in items:
                yield self._loading(name, item, occasion, step)
        for item in self.items:
            yield from self._of_item(item, occasion, step)
        for name in self.constructs:
            factor = self._factor(name, occasion)
            one = None if occasion and self._has_scale(name, step) else 1.0
            none = None if occasion and reaches(step, "scalar") else 0.0
            yield self._cell("variance", f"{name} ~~ {name}", "", occasion, (COVARIANCE, factor, factor), one)
            yield self._cell("intercept", f"{name} ~1", "", occasion, (MEAN, factor, 0), none)
        for one_name, other in combinations(self.constructs, 2):
            where = (COVARIANCE, self._factor(other, occasion), self._factor(one_name, occasion))
            yield self._cell("covariance", f"{one_name} ~~ {other}", "", occasion, where)

    def _loading(self, name: str, item: str, occasion: int, step: Step) -> Cell:
        term, where = f"{name} =~ {item}", (EFFECT, self._item(item, occasion), self._factor(name, occasion))
        return self._cell("loading", term, "loading", occasion, where, equal=self._loads_equal(name, item, step))

    def _of_item(self, item: str, occasion: int, step: Step) -> Iterator[Cell]:
        """Residual variance and intercept."""
        place = self._item(item, occasion)
        for effect, term, kind, where in (
            ("variance", f"{item} ~~ {item}", "residual", (COVARIANCE, place, place)),
            ("intercept", f"{item} ~1", "intercept", (MEAN, place, 0)),
        ):
            yield self._cell(effect, term, kind, occasion, where, equal=self.is_equal(kind, term, step))

    def _cell(
        self,
        effect: str,
        term: str,
        kind: str,
        occasion: int,
        where: tuple[int, int, int],
        fixed: float | None = None,
        equal: bool = False,
    ) -> Cell:
        key = (term,) if equal else (term, str(occasion))
        return Cell(effect, term, kind, occasion, (self._structure(occasion), *where), fixed, key)

    def _loads_equal(self, name: str, item: str, step: Step) -> bool:
        """Whether a loading is the same on all occasions."""
        return self.is_equal("loading", f"{name} =~ {item}", step)

    def _has_scale(self, name: str, step: Step) -> bool:
        """Whether equal loadings give a construct the same unit on all occasions, so that its variance is free."""
        return reaches(step, "metric")

    def _between_waves(self) -> Iterator[Cell]:
        """Covariances of constructs, and of what is left of the same item, between waves."""
        for early, late in combinations(range(len(self.occasions)), 2):
            for one in self.constructs:
                for other in self.constructs:
                    where = (0, COVARIANCE, self._factor(other, late), self._factor(one, early))
                    yield self._between(one, early, other, late, where)
            for item in self.items:
                where = (0, COVARIANCE, self._item(item, late), self._item(item, early))
                yield self._between(item, early, item, late, where)

    def _between(self, one: str, early: int, other: str, late: int, where: tuple[int, int, int, int]) -> Cell:
        term = f"{one}_{self.occasions[early]} ~~ {other}_{self.occasions[late]}"
        return Cell("covariance", term, "", -1, where, None, (term,))

    def _structure(self, occasion: int) -> int:
        return occasion if self.over == "group" else 0

    def _item(self, item: str, occasion: int) -> int:
        return self.items.index(item) + (0 if self.over == "group" else len(self.items) * occasion)

    def _factor(self, name: str, occasion: int) -> int:
        place = list(self.constructs).index(name)
        return self.n_observed + place + (0 if self.over == "group" else len(self.constructs) * occasion)


@dataclass(frozen=True, eq=False)
class StepModel:
    """The model of one step, as structures for the engine.

    Attributes
    ----------
    step : str
        Its name.
    cells : list of Cell
        Every element.
    numbers : dict of key to int
        The number of each parameter.
    structures : tuple of Structure
        One for each group.
    """

    step: Step
    cells: list[Cell]
    numbers: dict[Key, int]
    structures: tuple[Structure, ...]

    def parameter(self, cell: Cell) -> int | None:
        """The number of the parameter in a cell, or None where it is fixed."""
        return self.numbers[cell.key] if cell.fixed is None else None

    def start(self, before: StepModel | None, theta: NDArray[np.float64] | None) -> NDArray[np.float64]:
        """Where to begin: at the estimates of the step before, of the first occasion for what has become equal."""
        out = np.full(len(self.numbers), np.nan)
        if before is None or theta is None:
            return out
        for cell in reversed(self.cells):
            if cell.fixed is not None:
                continue
            earlier = before.numbers.get(cell.key, before.numbers.get((*cell.key, "0")))
            at_rest = 0.0 if cell.where[1] == MEAN else 1.0
            out[self.numbers[cell.key]] = at_rest if earlier is None else theta[earlier]
        return out


def reaches(step: Step, other: Step) -> bool:
    """Whether a step has all equalities of another."""
    return STEPS.index(step) >= STEPS.index(other)


def step_model(ladder: Ladder, step: Step) -> StepModel:
    """Number the parameters of a step and put them in their places."""
    cells = ladder.cells(step)
    free = [cell for cell in cells if cell.fixed is None]
    numbers = {key: number for number, key in enumerate(dict.fromkeys(cell.key for cell in free))}
    return StepModel(
        step, cells, numbers, tuple(_structure(ladder, cells, numbers, n) for n in range(ladder.n_structures))
    )


def _structure(ladder: Ladder, cells: list[Cell], numbers: dict[Key, int], number: int) -> Structure:
    """The equations of one group; thresholds are none."""
    factors = len(ladder.constructs) * (1 if ladder.over == "group" else len(ladder.occasions))
    size = ladder.n_observed + factors
    fixed, entries = np.zeros((3, size, size)), []
    for cell in cells:
        group, matrix, row, column = cell.where
        if group != number or matrix == THRESHOLD:
            continue
        if cell.fixed is not None:
            fixed[matrix, row, column] = cell.fixed
        else:
            entries.append((matrix, row, column, numbers[cell.key]))
    return Structure(ladder.n_observed, fixed, np.array(entries, dtype=np.intp))
