"""The generic that draws an answer; the floor above teaches it how, so no answer knows a drawing library."""

from __future__ import annotations

from collections.abc import Callable
from functools import singledispatch
from typing import Any

from securebase_analysis.errors import ModelError, Problem

_TEACHERS: list[Callable[[], object]] = []


def learn_from(teacher: Callable[[], object]) -> None:
    """Have `teacher` register pictures on `draw` when an answer is drawn whose picture is not known yet."""
    _TEACHERS.append(teacher)


def check_drawing(ax: Any, title: Any = None) -> None:
    """Refuse what is no place to draw on, and a title that is no text, before a drawing library trips over them.

    Raises
    ------
    ModelError
        SB-MODEL-30, with what to give.

    Examples
    --------
    >>> check_drawing(None, "Children at each wave")
    """
    done = "Nothing was drawn."
    if title is not None and not isinstance(title, str):
        what = f"title is of the type {type(title).__name__}, not a text."
        raise ModelError(Problem("SB-MODEL-30", "stop", what, done=done, fix="title='Children at each wave'"))
    places = getattr(ax, "flat", ax if isinstance(ax, list | tuple) else [ax])  # panels come as an array
    if any(place is not None and not hasattr(place, "get_figure") for place in places):
        what = f"ax is of the type {type(ax).__name__}, not matplotlib axes."
        fix = "ax=matplotlib.pyplot.subplots()[1], or leave ax out."
        raise ModelError(Problem("SB-MODEL-30", "stop", what, done=done, fix=fix))


@singledispatch
def draw(result: Any, ax: Any = None, **options: Any) -> Any:
    """Draw `result` on `ax`, or on a new figure, and return the axes.

    Raises
    ------
    TypeError
        When no picture is known for this kind of answer.
    """
    for teacher in _TEACHERS:
        teacher()
    learned = draw.dispatch(type(result))
    if learned is draw.dispatch(object):
        raise TypeError(f"There is no picture for a {type(result).__name__} yet.")
    return learned(result, ax, **options)
