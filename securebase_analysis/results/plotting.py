"""The generic that draws an answer; the floor above teaches it how, so no answer knows a drawing library."""

from __future__ import annotations

from collections.abc import Callable
from functools import singledispatch
from typing import Any

_TEACHERS: list[Callable[[], object]] = []


def learn_from(teacher: Callable[[], object]) -> None:
    """Have `teacher` register pictures on `draw` when an answer is drawn whose picture is not known yet."""
    _TEACHERS.append(teacher)


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
