"""Where the numbers of crossing arrows stand so that none covers another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

PLACES = np.linspace(0.1, 0.9, 41)
"""Where along its arrow a number may stand."""
GAP = 0.03
"""Inches between two numbers."""


@dataclass(frozen=True)
class Line:
    """A straight arrow, in inches.

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

    def at(self, share: float) -> tuple[float, float]:
        """A point along it."""
        return self.x0 + share * (self.x1 - self.x0), self.y0 + share * (self.y1 - self.y0)


def place_labels(lines: Sequence[Line]) -> list[tuple[float, float] | None]:
    """The middle of the number of each line; None where it has none.

    Numbers are placed one after another where they cover no number placed before, if there is such a place, and as
    few other lines as possible; of like places the one nearest to a third of the way.
    """
    placed: list[tuple[float, float, float, float]] = []
    found: list[tuple[float, float] | None] = []
    for number, line in enumerate(lines):
        if not line.width:
            found.append(None)
            continue
        others = [other for place, other in enumerate(lines) if place != number]
        costs = [_cost(line, float(share), placed, others) for share in PLACES]
        x, y = line.at(float(PLACES[int(np.argmin(costs))]))
        placed.append((x, y, line.width, line.height))
        found.append((x, y))
    return found


def _cost(line: Line, share: float, placed: Sequence[tuple[float, ...]], others: Sequence[Line]) -> float:
    """What speaks against a place."""
    x, y = line.at(share)
    covered = sum(_overlap(x, y, line.width, line.height, *box) for box in placed)
    crossed = sum(_crosses(other, x, y, line.width, line.height) for other in others)
    return 1e4 * covered + 1.0 * crossed + abs(share - 0.3)


def _overlap(x: float, y: float, width: float, height: float, x2: float, y2: float, w2: float, h2: float) -> float:
    """The area that two boxes, with the gap between them, share."""
    across = (width + w2) / 2.0 + GAP - abs(x - x2)
    down = (height + h2) / 2.0 + GAP - abs(y - y2)
    return max(across, 0.0) * max(down, 0.0)


def _crosses(other: Line, x: float, y: float, width: float, height: float) -> bool:
    """Whether a line passes behind a box."""
    if not min(other.x0, other.x1) <= x <= max(other.x0, other.x1):
        return False
    slope = (other.y1 - other.y0) / (other.x1 - other.x0)
    middle = other.y0 + slope * (x - other.x0)
    return bool(abs(middle - y) < height / 2.0 + abs(slope) * width / 2.0)
