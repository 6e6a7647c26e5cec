"""The numbers of the picture of a network: its edges, and where the constructs stand."""

from __future__ import annotations

from math import cos, pi, sin

import pandas as pd

from securebase_analysis import theory
from securebase_analysis.models.network import NetworkResult

COLUMNS = [
    "first", "second", "estimate", "conf_low", "conf_high", "included", "partial", "partial_low", "partial_high",
    "claimed",
]  # fmt: skip
BESIDE = 0.035
"""Turns from the middle of a dimension's place to its caregiving, and to its benefit."""


def network_frame(result: NetworkResult, *, conf_level: float | None = None) -> pd.DataFrame:
    """The pairs of the picture, those with an edge first, by size.

    Parameters
    ----------
    result : NetworkResult
        From `fit_network`.
    conf_level : float, optional
        Level of the intervals; that of the result by default.

    Returns
    -------
    pandas.DataFrame
        The columns of ``result.edges()``: ``first, second, estimate, conf_low, conf_high, included, partial,
        partial_low, partial_high, claimed``.
    """
    edges = result.edges(conf_level)
    size = edges["estimate"].abs()
    order = edges.assign(size=size, without=edges["partial"].abs()).sort_values(
        ["size", "without"], ascending=False, kind="stable"
    )
    return order[COLUMNS].reset_index(drop=True)


def network_places(names: list[str]) -> dict[str, tuple[float, float]]:
    """Where each construct stands on a circle: dimensions in the model's order, each beside its benefit.

    Clockwise from the top, caregiving first.

    The same construct is at the same place in every picture. Columns that are not the model's stand in the gaps
    between dimensions; more of them than there are gaps share the circle evenly with all others.

    Examples
    --------
    >>> places = network_places(["availability", "trust", "belonging"])
    >>> [round(x, 2) for x in places["availability"]], [round(x, 2) for x in places["trust"]]
    ([-0.22, 0.98], [0.22, 0.98])
    """
    spokes = {name: place for place, one in enumerate(theory.DIMENSIONS) for name in (one.name, one.benefit)}
    others = [name for name in names if name not in spokes]
    if len(others) > len(theory.DIMENSIONS) or len(others) == len(names):
        order = [name for name in spokes if name in names] + others
        return {name: _at(place / len(order)) for place, name in enumerate(order)}
    places = {}
    for name in names:
        if name in spokes:
            side = -BESIDE if name in theory.CAREGIVING else BESIDE
            places[name] = _at(spokes[name] / len(theory.DIMENSIONS) + side)
        else:
            places[name] = _at((others.index(name) + 0.5) / len(theory.DIMENSIONS))
    return places


def _at(turn: float) -> tuple[float, float]:
    """The place on the circle so many turns clockwise from the top."""
    return sin(2.0 * pi * turn), cos(2.0 * pi * turn)
