"""Tables inside a frozen noun: whoever takes one gets a copy that shares memory until it is written to."""

from __future__ import annotations

from dataclasses import fields
from typing import Any, TypeVar

import pandas as pd

Noun = TypeVar("Noun")


class _HeldTable:
    """A field that holds a table and hands out copies of it."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __get__(self, noun: object, owner: type | None = None) -> Any:
        return self if noun is None else noun.__dict__[self._name].copy(deep=False)

    def __set__(self, noun: object, frame: pd.DataFrame) -> None:
        noun.__dict__[self._name] = frame.copy(deep=False)


def hands_out_copies(noun: type[Noun]) -> type[Noun]:
    """Make every table of a dataclass a copy for whoever takes it.

    Parameters
    ----------
    noun : type
        A dataclass whose tables are annotated ``pd.DataFrame``.

    Examples
    --------
    >>> from dataclasses import dataclass
    >>> @hands_out_copies
    ... @dataclass(frozen=True)
    ... class Answer:
    ...     frame: pd.DataFrame
    >>> answer = Answer(pd.DataFrame({"a": [1]}))
    >>> answer.frame.loc[0, "a"] = 2
    >>> answer.frame["a"].tolist()
    [1]
    """
    for field in fields(noun):  # type: ignore[arg-type]
        if field.type in ("pd.DataFrame", pd.DataFrame):
            setattr(noun, field.name, _HeldTable(field.name))
    return noun
