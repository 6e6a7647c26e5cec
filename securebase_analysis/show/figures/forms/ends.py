"""The ends of an axis: as asked for, but never so that something drawn is cut off."""

from __future__ import annotations

from typing import Literal

from matplotlib.axes import Axes

ROOM = 0.08
"""What is added beyond a number that lies outside the ends asked for, as a share of all numbers."""


def set_ends(ax: Axes, axis: Literal["x", "y"], low: float | None, high: float | None) -> None:
    """Set the ends of an axis; where a number lies beyond one, as a user's own may, the axis reaches it."""
    first, last = ax.dataLim.intervalx if axis == "x" else ax.dataLim.intervaly
    room = ROOM * abs(last - first)
    if low is not None and first < low:
        low = first - room
    if high is not None and last > high:
        high = last + room
    if axis == "x":
        ax.set_xlim(left=low, right=high)
    else:
        ax.set_ylim(bottom=low, top=high)
