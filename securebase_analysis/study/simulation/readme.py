"""The README of a simulated study folder."""

from __future__ import annotations

from importlib import resources
from typing import TYPE_CHECKING

from securebase_analysis.study.simulation.calibration import published_and_assumed

if TYPE_CHECKING:
    from securebase_analysis.study.simulate import SimulatedStudy
    from securebase_analysis.study.simulation.calibration import Quantity

MONTHS_BETWEEN = 12


def readme(simulated: SimulatedStudy) -> str:
    """The README with the call that made the study and every quantity behind it."""
    text = resources.files(__package__).joinpath("readme.md").read_text("utf-8")
    return text.format(
        arguments=_arguments(simulated),
        n_children=simulated.n_children,
        n_waves=simulated.n_waves,
        months=simulated.months_between,
        quantities="\n".join(_row(quantity) for quantity in simulated.calibration.quantities),
    )


def _arguments(simulated: SimulatedStudy) -> str:
    """The arguments of the call, those at their default left out but for sizes and seed."""
    usual = {quantity.name: quantity.value for quantity in published_and_assumed()}
    changes = {q.name: q.value for q in simulated.calibration.quantities if q.value != usual[q.name]}
    arguments = f"n_children={simulated.n_children}, n_waves={simulated.n_waves}, seed={simulated.seed}"
    if simulated.months_between != MONTHS_BETWEEN:
        arguments += f", months_between={simulated.months_between:g}"
    if simulated.interviews is None:
        arguments += ", interviews=False"
    return arguments + (f", changes={changes}" if changes else "")


def _row(quantity: Quantity) -> str:
    kind = "**ASSUMPTION**: " if quantity.is_assumption else "published: "
    return f"| `{quantity.name}` | {quantity.value:g} | {quantity.meaning} | {kind}{quantity.basis} |"
