"""Where the numbers of crossing arrows stand so that none covers another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

N_PLACES = 61
"""Places along an arrow where its number may stand."""
GAP = 0.03
"""Inches between two numbers."""
LEAVES, ARRIVES = 0.05, 0.12
"""Inches between a number and the box that its arrow leaves, and the one it arrives at, for the arrow's head."""
BEST = 0.3
"""Share of the way at which a number stands when nothing is against it."""
ROUNDS = 25
"""Orders that are tried for numbers that stand close."""
LETTER = 0.068
"""Inches of one letter of a number in 8 points."""


@dataclass(frozen=True)
class Line:
    """A straight arrow from left to right, in inches.

    Attributes
    ----------
    x0, y0, x1, y1 : float
        Where it begins and ends.
    width, height : float
        Of its number; 0 where it has none.
    """

    x0: float
    y0: float
    x1: float
    y1: float
    width: float = 0.0
    height: float = 0.0


def number_width(words: str) -> float:
    """Inches that a number in 8 points takes, with its white rim."""
    return LETTER * len(words) + 0.08


def place_labels(lines: Sequence[Line]) -> list[tuple[float, float] | None]:
    """The middle of the number of each line; None where it has none, or where there is no room for it.

    Numbers are placed one after another where they cover no number placed before and not the boxes that the arrow
    is tied to, and as few other lines as possible; of like places the one nearest to a third of the way. A number
    that finds no room is placed before all others in the next round.
    """
    order = [number for number, line in enumerate(lines) if line.width]
    found: dict[int, tuple[float, float]] = {}
    for _ in range(ROUNDS):
        tried = _placed(lines, order)
        found = max(found, tried, key=len)
        if len(found) == len(order):
            break
        order.sort(key=lambda number: number in tried)
    return [found.get(number) for number in range(len(lines))]


def _placed(lines: Sequence[Line], order: Sequence[int]) -> dict[int, tuple[float, float]]:
    """The numbers that find room when they are placed in this order."""
    ends = np.array([(line.x0, line.y0, line.x1, line.y1) for line in lines], dtype=float)
    placed = np.empty((0, 4))
    found = {}
    for number in order:
        line = lines[number]
        shares = _shares(line)
        x, y = line.x0 + shares * (line.x1 - line.x0), line.y0 + shares * (line.y1 - line.y0)
        free = ~_covers(x, y, line, placed).any(axis=1)
        if not free.any():
            continue
        crossed = _crosses(x, y, line, np.delete(ends, number, axis=0)).sum(axis=1)
        best = int(np.argmin(np.where(free, crossed + np.abs(shares - BEST), np.inf)))
        placed = np.vstack([placed, (x[best], y[best], line.width, line.height)])
        found[number] = (float(x[best]), float(y[best]))
    return found


def _shares(line: Line) -> Floats:
    """How far along the arrow its number may stand, so that it stays off both boxes."""
    length = line.x1 - line.x0
    first, last = (LEAVES + line.width / 2.0) / length, 1.0 - (ARRIVES + line.width / 2.0) / length
    return np.linspace(min(first, 0.5), max(last, 0.5), N_PLACES)


def _covers(x: Floats, y: Floats, line: Line, placed: Floats) -> NDArray[np.bool_]:
    """Whether a number at each place would cover each number placed before, shape (places, placed)."""
    across = (line.width + placed[:, 2]) / 2.0 + GAP - np.abs(x[:, None] - placed[:, 0])
    down = (line.height + placed[:, 3]) / 2.0 + GAP - np.abs(y[:, None] - placed[:, 1])
    return np.asarray((across > 0.0) & (down > 0.0))


def _crosses(x: Floats, y: Floats, line: Line, others: Floats) -> NDArray[np.bool_]:
    """Whether each other line passes behind a number at each place, shape (places, lines)."""
    x0, y0, x1, y1 = others.T
    slope = (y1 - y0) / (x1 - x0)
    beside = (np.minimum(x0, x1) <= x[:, None]) & (x[:, None] <= np.maximum(x0, x1))
    apart = np.abs(y0 + slope * (x[:, None] - x0) - y[:, None])
    return np.asarray(beside & (apart < line.height / 2.0 + np.abs(slope) * line.width / 2.0))
