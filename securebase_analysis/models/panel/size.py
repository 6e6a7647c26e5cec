"""Whether so many children can carry a model, and what they can carry in its place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from securebase_analysis.errors import Problem
from securebase_analysis.models.panel.elements import Panel, n_parameters
from securebase_analysis.results import wording

FEWEST_PER_PARAMETER = 1.25
"""Children for each free parameter below which estimates follow single children, and most searches fail."""


def carried(panel: Panel, n_children: int) -> bool:
    """Whether there are enough children for the parameters, and for the columns."""
    enough = n_children >= FEWEST_PER_PARAMETER * n_parameters(panel)
    return enough and n_children > len(panel.columns) * len(panel.groups)


def check_size(panel: Panel, n_children: int) -> list[Problem]:
    """A model that the children cannot carry, with what they can."""
    if carried(panel, n_children):
        return []
    q = n_parameters(panel)
    return [
        Problem(
            "SB-SEM-52",
            "stop",
            f"{wording.count(n_children, 'child', 'children')} cannot carry a model of {q} free parameters.",
            why=f"With fewer than {FEWEST_PER_PARAMETER:g} children for each parameter the search ends nowhere "
            "or on single children, and chi-square, CFI and RMSEA mean nothing.",
            done="Nothing was fitted.",
            fix="; ".join(_instead(panel, n_children)) + ".",
        )
    ]


def _instead(panel: Panel, n: int) -> Iterator[str]:
    """Models that so many children can carry, nearest first."""
    offered = {panel}
    for change, words in (
        ({"equal": True}, "equal_over_waves=True"),
        ({"groups": ("",)}, "no group="),
        ({"covariates": ()}, "no covariates"),
        ({"model": "clpm"}, "model='clpm', whose effects mix stable differences between children in"),
        ({"constructs": panel.constructs[:2]}, "two constructs at a time"),
        ({"constructs": panel.constructs[:2], "equal": True}, "two constructs at a time, equal_over_waves=True"),
        ({"constructs": panel.constructs[:2], "equal": True, "model": "clpm", "groups": ("",), "covariates": ()},
         "two constructs at a time with model='clpm', equal_over_waves=True, without groups and covariates"),
    ):  # fmt: skip
        other = replace(panel, **change)
        if other not in offered and carried(other, n):
            offered.add(other)
            yield f"{words} ({n_parameters(other)} parameters)"
    first, second = panel.constructs[:2]
    yield (
        "lagged mixed models of one outcome at a time, on the long table: "
        f"fit_growth(data, '{first} ~ wave + {first}_before + {second}_before')"
    )
