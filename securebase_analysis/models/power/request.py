"""What is asked of a plan, and which numbers are no answer to it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from securebase_analysis.errors import ModelError, Problem, raise_if_stopped
from securebase_analysis.models.power.assumed import Assumed
from securebase_analysis.results.inference import check_conf_level

BETWEEN: dict[str, tuple[float, float]] = {
    "effect": (-1.0, 1.0), "carry_over": (-1.0, 1.0), "stable": (0.0, 1.0), "together": (-1.0, 1.0),
    "levels_together": (-1.0, 1.0), "prior": (0.0, math.inf), "power": (0.0, 1.0),
}  # fmt: skip
"""Numbers lie between these; a share of stable differences may also be 0."""


@dataclass(frozen=True)
class PlanRequest:
    """A request as it was made; see `plan_panel`."""

    constructs: tuple[str, ...]
    effect: float
    carry_over: float
    stable: float
    together: float
    levels_together: float
    prior: float
    power: float
    n_children: int | None
    waves: tuple[Any, ...] | Mapping[Any, float] | None
    n_simulations: int
    seed: int
    conf_level: float

    @property
    def assumed(self) -> Assumed:
        """The process that is taken for true."""
        return Assumed(self.effect, self.carry_over, self.stable, self.together, self.levels_together)

    @property
    def spec(self) -> dict[str, Any]:
        """The request, so that it can be made again."""
        return {"verb": "plan_panel", **asdict(self), "constructs": list(self.constructs)}


def checked(request: PlanRequest) -> PlanRequest:
    """The request, when there is such a process.

    Raises
    ------
    ModelError
        When there is not.
    """
    check_conf_level(request.conf_level)
    raise_if_stopped([*_outside(request), *_no_counts(request)], ModelError)
    raise_if_stopped(_no_process(request), ModelError)
    return request


def _outside(request: PlanRequest) -> Iterator[Problem]:
    """Numbers that are none, or lie outside of what they can be."""
    for name, (low, high) in BETWEEN.items():
        value = getattr(request, name)
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if number and (low < value < high or (name == "stable" and value == 0.0)):
            continue
        between = "above 0" if high == math.inf else f"between {low:g} and {high:g}"
        yield Problem(
            "SB-SEM-122", "stop", f"{name}={value!r} is no number {between}.",
            why="Effects are in standard deviations, and shares and correlations end at 1.",
            done="Nothing was planned.", fix=f"Leave {name}= out, or give a number {between}.",
        )  # fmt: skip


def _no_counts(request: PlanRequest) -> Iterator[Problem]:
    """Counts that are none."""
    for name, fewest in (("n_children", 1), ("n_simulations", 0), ("seed", 0)):
        value = getattr(request, name)
        if value is None or (isinstance(value, int) and not isinstance(value, bool) and value >= fewest):
            continue
        yield Problem(
            "SB-SEM-123", "stop", f"{name}={value!r} is no whole number from {fewest} on.",
            why="Children and simulated panels are counted.", done="Nothing was planned.",
            fix=f"Leave {name}= out, or give a whole number.",
        )  # fmt: skip


def _no_process(request: PlanRequest) -> list[Problem]:
    """A truth that cannot be: effects would explain more than there is, or correlations contradict one another."""
    n = max(len(request.constructs), 2)
    process = request.assumed.process(n)
    if process.possible and process.levels_possible:
        return []
    return [
        Problem(
            "SB-SEM-124", "stop", "There is no process with these effects and correlations.",
            why="The wave before would explain more of a score than its whole variance, or correlations "
            "contradict one another.",
            done="Nothing was planned.", fix="A smaller effect=, carry_over=, together= or levels_together=.",
        )
    ]  # fmt: skip
