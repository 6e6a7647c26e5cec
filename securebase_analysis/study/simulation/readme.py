"""The README of a simulated study folder."""

from __future__ import annotations

from importlib import resources
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from securebase_analysis.study.simulate import SimulatedStudy
    from securebase_analysis.study.simulation.calibration import Quantity


def readme(simulated: SimulatedStudy) -> str:
    """The README with the call that made the study and every quantity behind it."""
    text = resources.files(__package__).joinpath("readme.md").read_text("utf-8")
    return text.format(
        arguments=f"n_children={simulated.n_children}, n_waves={simulated.n_waves}, seed={simulated.seed}",
        n_children=simulated.n_children,
        n_waves=simulated.n_waves,
        months=simulated.months_between,
        quantities="\n".join(_row(quantity) for quantity in simulated.calibration.quantities),
    )


def _row(quantity: Quantity) -> str:
    kind = "**ASSUMPTION**: " if quantity.is_assumption else "published: "
    return f"| `{quantity.name}` | {quantity.value:g} | {quantity.meaning} | {kind}{quantity.basis} |"
