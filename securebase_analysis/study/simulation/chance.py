"""Chance that is the same on every machine: one stream per part, and draws from uniform and normal numbers alone.

Only `random`, `standard_normal` and `permutation` of the generator are used. The algorithms behind the other
distributions have changed between versions of numpy, and a recorded study must come out the same again.
"""

from __future__ import annotations

import math
import zlib

import numpy as np


def stream(seed: int, part: str) -> np.random.Generator:
    """The generator of one part of the simulation, so that leaving a part out does not change the others."""
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, zlib.crc32(part.encode())])))


def correlated(chance: np.random.Generator, shape: tuple[int, ...], n: int, r: float) -> np.ndarray:
    """Standard normal numbers, (*shape, n), every two of the last axis correlated `r`."""
    shared = chance.standard_normal((*shape, 1))
    own = chance.standard_normal((*shape, n))
    return math.sqrt(r) * shared + math.sqrt(1 - r) * own


def counts(chance: np.random.Generator, rate: np.ndarray, highest: int = 12) -> np.ndarray:
    """Poisson counts of the given rates, cut at `highest`, by inversion of the distribution function."""
    drawn = chance.random(rate.shape)
    term = np.exp(-rate)
    below = term.copy()
    count = np.zeros(rate.shape, dtype=int)
    for k in range(1, highest + 1):
        count += drawn > below
        term = term * rate / k
        below = below + term
    return count


def choices(chance: np.random.Generator, shares: list[float], size: int) -> np.ndarray:
    """Numbers 0, 1, 2, ... with the given shares; what the shares leave open goes to the next number."""
    return np.searchsorted(np.cumsum(shares), chance.random(size), side="right")


def happens(
    chance: np.random.Generator, probability: float | np.ndarray, size: tuple[int, ...] | int
) -> np.ndarray:
    """True with the given probability."""
    return chance.random(size) < probability
