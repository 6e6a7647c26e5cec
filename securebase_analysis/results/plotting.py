"""The generic that draws an answer; the floor above teaches it how, so no answer knows a drawing library."""

from __future__ import annotations

from functools import singledispatch
from typing import Any


@singledispatch
def draw(result: Any, ax: Any = None, **options: Any) -> Any:
    """Draw `result` on `ax`, or on a new figure, and return the axes.

    Raises
    ------
    TypeError
        When no picture is known for this kind of answer.
    """
    raise TypeError(f"There is no picture for a {type(result).__name__} yet.")
