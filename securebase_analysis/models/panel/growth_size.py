"""Whether so many children can carry growth curves, and which curves they can carry in their place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from securebase_analysis.errors import Problem
from securebase_analysis.models.panel.elements import Panel, n_parameters
from securebase_analysis.models.panel.growth_elements import Curves
from securebase_analysis.models.panel.size import FEWEST_PER_PARAMETER, carried
from securebase_analysis.results import wording


def check_size_of_curves(panel: Panel, n_children: int) -> list[Problem]:
    """Growth curves that the children cannot carry, with those that they can."""
    if carried(panel, n_children):
        return []
    q = n_parameters(panel)
    return [
        Problem(
            "SB-SEM-102",
            "stop",
            f"{wording.count(n_children, 'child', 'children')} cannot carry growth curves of {q} free parameters.",
            why=f"With fewer than {FEWEST_PER_PARAMETER:g} children for each parameter the search ends nowhere or "
            "on single children, and chi-square, CFI and RMSEA mean nothing.",
            done="Nothing was fitted.",
            fix="; ".join(_instead(panel, n_children)) + ".",
        )
    ]


def _instead(panel: Panel, n: int) -> Iterator[str]:
    """Curves that so many children can carry, nearest first."""
    linear = replace(panel.curves, shape="linear") if isinstance(panel.curves, Curves) else None
    two, one = panel.constructs[:2], panel.constructs[:1]
    plain = {"equal": True, "groups": ("",), "covariates": (), "curves": linear}
    offered = {panel}
    for change, words in (
        ({"equal": True}, "equal_over_waves=True"),
        ({"curves": linear}, "shape='linear'"),
        ({"groups": ("",), "equal_groups": False}, "no group="),
        ({"covariates": ()}, "no covariates"),
        ({"constructs": two}, "two constructs at a time"),
        ({"constructs": two, "equal": True}, "two constructs at a time, equal_over_waves=True"),
        ({"constructs": one}, "one construct at a time"),
        ({"constructs": one, **plain}, "one construct at a time, equal_over_waves=True, shape='linear', without "
                                       "groups and covariates"),
    ):  # fmt: skip
        other = replace(panel, **change)
        if other not in offered and carried(other, n):
            offered.add(other)
            yield f"{words} ({n_parameters(other)} parameters)"
    yield (
        "a mixed model of one construct, on the long table: "
        f"fit_growth(data, '{panel.constructs[0]} ~ years', random='years', group='child')"
    )
