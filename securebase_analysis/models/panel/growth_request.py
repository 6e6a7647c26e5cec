"""What only growth curves can be asked, and when their waves were."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from securebase_analysis.errors import ModelError, Problem, raise_if_stopped
from securebase_analysis.models.panel.growth_elements import PARTS, Curves, factor
from securebase_analysis.models.panel.request import Request
from securebase_analysis.models.panel.wave_names import Waves
from securebase_analysis.results import wording


def curves_of(waves: Waves, request: Request) -> Curves | None:
    """How scores grow; None where the model is another one.

    Raises
    ------
    ModelError
        When there are too few waves for the shape, or a covariate has the name of a part of the curves.
    """
    if request.model != "growth":
        return None
    raise_if_stopped([*_too_few(waves, request), *_taken_names(request)], ModelError)
    return Curves(time_scores(waves), request.shape, request.slopes_on_levels)


def time_scores(waves: Waves) -> tuple[float, ...]:
    """What a slope is multiplied by at each wave: the time since the first, or since 0 where that lies within.

    Waves of which it is not known when they were are counted from 0.
    """
    if not waves.times:
        return tuple(float(number) for number in range(len(waves)))
    within = waves.times[0] <= 0.0 <= waves.times[-1]
    origin = 0.0 if within else waves.times[0]
    return tuple(float(f"{time - origin:.12g}") for time in waves.times)


def _too_few(waves: Waves, request: Request) -> Iterator[Problem]:
    """A parabola through three waves leaves no deviations from it."""
    fewest = len(PARTS[request.shape]) + 1
    if len(waves) >= fewest:
        return
    yield Problem(
        "SB-SEM-100",
        "stop",
        f"A {request.shape} curve needs {fewest} waves; there are {len(waves)}.",
        column="wave",
        why="Each child's curve and what it leaves of the scores cannot be told apart with fewer.",
        done="Nothing was fitted.",
        fix="shape='linear'",
    )


def _taken_names(request: Request) -> Iterator[Problem]:
    """Covariates that are called like a part of a curve."""
    latent = {factor(part, name) for part in PARTS[request.shape] for name in request.constructs}
    for name in request.covariates:
        if name in latent:
            yield Problem(
                "SB-SEM-101", "stop", f"A covariate cannot be called {name!r}: that is a part of the curves.",
                column=name, why="In the model's text each variable has a name of its own.",
                done="Nothing was fitted.", fix=f"data = data.rename(columns={{{name!r}: 'other_{name}'}})",
            )  # fmt: skip


def in_time(waves: Sequence[str], times: Sequence[float]) -> str:
    """The waves with their times, in words."""
    named = ", ".join(f"{wave} at {time:g}" for wave, time in zip(waves, times))
    return f"{wording.count(len(waves), 'wave')}: {named}"
