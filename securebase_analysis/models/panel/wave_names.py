"""Which waves there are, their order, and how far apart they are."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from securebase_analysis.errors import Problem, raise_if_stopped
from securebase_analysis.models.panel.request import Equal, Request
from securebase_analysis.models.rows import wave_order

ONE_NUMBER = re.compile(r"[^\W\d_]*(\d+(?:\.\d+)?)[^\W\d_]*")
"""A wave's name in a column: a number, or letters and a number, such as 2, t2 or w2."""


@dataclass(frozen=True)
class Waves:
    """The waves of a panel in time.

    Attributes
    ----------
    given : tuple
        As the table has them.
    names : tuple of str
        As the model has them.
    times : tuple of float
        When they were; empty where that is not known.
    """

    given: tuple[Any, ...]
    names: tuple[str, ...]
    times: tuple[float, ...] = ()

    def __len__(self) -> int:
        return len(self.given)

    @property
    def gaps(self) -> tuple[float, ...]:
        """Time from each wave to the next."""
        return tuple(float(gap) for gap in np.diff(self.times))

    @property
    def unequal(self) -> bool:
        """Whether some waves are further apart than others."""
        return len(self.gaps) > 1 and not np.allclose(self.gaps, self.gaps[0], rtol=1e-6)


def waves_of(found: Sequence[Any], request: Request, wide: bool = False) -> Waves:
    """The waves to use, in time.

    Parameters
    ----------
    found : sequence
        The waves in the table.
    request : Request
        May name them.
    wide : bool
        Whether they are ends of names of columns.

    Raises
    ------
    DataError
        When their order is not known.
    """
    if request.waves is not None:
        given = tuple(request.waves)
        dated = isinstance(request.waves, Mapping)
        raise_if_stopped(_named_twice(given))
        named = list(request.waves.values() if isinstance(request.waves, Mapping) else given)
        times = _times(named)
        raise_if_stopped(_backwards(times, dated) if times or not dated else [_without_times(named)])
        return Waves(given, _names(given), times)
    given = tuple(found[number] for number in np.argsort(_places(found, wide)))
    return Waves(given, _names(given), _times(list(given)))


def _named_twice(given: Sequence[Any]) -> list[Problem]:
    """Waves that are named more than once."""
    names = [str(wave) for wave in given]
    again = [name for name in dict.fromkeys(names) if names.count(name) > 1]
    return [
        Problem(
            "SB-SEM-181", "stop", f"waves= names wave {name} more than once.", column="wave",
            why="A wave comes before or after another, not before itself.", done="Nothing was fitted.",
            fix=f"waves={list(dict(zip(names, given)).values())!r}",
        )
        for name in again
    ]  # fmt: skip


def _backwards(times: Sequence[float], dated: bool) -> list[Problem]:
    """Times that do not go forward: effects would run from later waves to earlier ones."""
    if not times or (np.isfinite(times).all() and (np.diff(times) > 0.0).all()):
        return []
    shown = ", ".join(f"{time:g}" for time in times)
    finite = all(np.isfinite(times))
    forward = sorted(times) if finite else []
    return [
        Problem(
            "SB-SEM-182", "stop", f"The waves do not go forward in time ({shown}).", column="wave",
            why="Effects would run from later waves to earlier ones.", done="Nothing was fitted.",
            fix="waves={1: 0.0, 2: 0.5, 4: 1.0}, with the time of each" if dated or not forward
            else f"waves=[{', '.join(f'{time:g}' for time in forward)}]",
        )
    ]  # fmt: skip


def _without_times(named: Sequence[Any]) -> Problem:
    """A mapping that says something else than when the waves were."""
    kinds = ", ".join(dict.fromkeys(type(time).__name__ for time in named))
    return Problem(
        "SB-SEM-182", "stop", f"waves={{...}} says when each wave was, in numbers; it holds {kinds}.",
        column="wave",
        why="How far apart waves are decides what an effect from one to the next is.", done="Nothing was fitted.",
        fix="waves={1: 0.0, 2: 0.5, 4: 1.0}, in years, or waves=[1, 2, 4] for their order alone",
    )  # fmt: skip


def _places(found: Sequence[Any], wide: bool = False) -> NDArray[np.intp]:
    """The place of each wave in time."""
    if found and all(isinstance(wave, str) and wave.isdecimal() for wave in found):
        return np.unique([int(wave) for wave in found], return_inverse=True)[1]
    place, problems = wave_order(pd.Series(list(found), dtype=object if not found else None))
    if wide and problems:
        problems = [_mixed_endings(found)]
    raise_if_stopped(problems)
    return place


def _mixed_endings(found: Sequence[str]) -> Problem:
    """Columns whose endings are not those of waves alone."""
    numbers = [ending for ending in found if ending.isdecimal()]
    named = numbers if len(numbers) > 1 else list(found)
    return Problem(
        "SB-SEM-183", "stop", f"Columns of constructs end in {', '.join(found[:8])}, whose order is not known.",
        why="Which of them are waves, and in which order, is not told by them.", done="Nothing was fitted.",
        fix=f"waves={named!r}",
    )  # fmt: skip


def spacing(waves: Waves, equal: Equal | None) -> list[Problem]:
    """Waves that are not equally far apart: a stop where effects are to be equal, unless that was said."""
    if not waves.unequal:
        return []
    when = ", ".join(f"{time:g}" for time in waves.times)
    refused = equal is True
    return [
        Problem(
            "SB-SEM-44",
            "stop" if refused else "warn",
            f"The waves are not equally far apart ({when}).",
            column="wave",
            why="An effect over a year is another one than over half a year; set equal they are an effect over no "
            "span that was.",
            done="Nothing was fitted." if refused else "Each effect is that over its own span.",
            fix="equal_over_waves=False gives each span its own effects; if the spans are alike in fact, say so: "
            "waves={'1': 0, '2': 1, '4': 2}, or equal_over_waves='despite-spacing'.",
        )
    ]


def _names(given: Sequence[Any]) -> tuple[str, ...]:
    """Names that can stand in a column's name; numbers in their order where a wave has none."""
    names = tuple(f"{wave:g}" if isinstance(wave, float) else str(wave) for wave in given)
    if all(re.fullmatch(r"[\w.]+", name) for name in names) and len(set(names)) == len(names):
        return names
    return tuple(str(number) for number in range(1, len(given) + 1))


def _times(named: Sequence[Any]) -> tuple[float, ...]:
    """When the waves were, as far as their names say it."""
    numbers = []
    for wave in named:
        if isinstance(wave, int | float | np.number) and not isinstance(wave, bool):
            numbers.append(float(wave))
            continue
        match = ONE_NUMBER.fullmatch(str(wave))
        if match is None or isinstance(wave, pd.Timestamp):
            return ()
        numbers.append(float(match.group(1)))
    return tuple(numbers)
