"""A model as a table of parameters, as lavaan's ``parTable`` has it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import pandas as pd

EFFECTS = {"=~": "loading", "~": "regression", "~1": "intercept", "|": "threshold", "~*~": "scale"}
FIXED = -1


@dataclass(frozen=True)
class Parameter:
    """One element of the model of one group.

    Attributes
    ----------
    lhs, op, rhs : str
        ``=~``, ``~``, ``~~`` or ``~1``; of an intercept `rhs` is empty. Of ordered categories also ``|``, with
        `rhs` ``t1``, ``t2`` ..., and ``~*~``, the inverse standard deviation of what lies behind them.
    group : int
        Number of the group, from 0.
    written : bool
        Whether the text has it; others are added as lavaan adds them.
    free : int
        Number of the free parameter, from 0; equal elements share it. -1 where it is fixed.
    value : float
        Where it is fixed, at what; missing for the moments of columns that are only taken as given.
    start : float
        Where the search begins; missing leaves that to the engine.
    label : str
        As written.
    equal : str
        What elements that are equal have in common; empty for an element by itself.
    given : bool
        Whether it follows from other things: a moment of columns that are only taken as given, or the residual
        variance that the scale of ordered categories leaves.
    """

    lhs: str
    op: str
    rhs: str
    group: int = 0
    written: bool = False
    free: int = 0
    value: float = math.nan
    start: float = math.nan
    label: str = ""
    equal: str = ""
    given: bool = False

    @property
    def term(self) -> str:
        """In lavaan's words."""
        if self.op == "~*~":
            return f"scale of {self.lhs}"
        return f"{self.lhs} ~1" if self.op == "~1" else f"{self.lhs} {self.op} {self.rhs}"

    @property
    def effect(self) -> str:
        """What kind of element it is."""
        if self.op == "~~":
            return "variance" if self.lhs == self.rhs else "covariance"
        return EFFECTS[self.op]

    @property
    def outcome(self) -> str:
        """The variable that it explains, where it explains one."""
        return {"=~": self.rhs, "~": self.lhs, "~1": self.lhs}.get(self.op, "")

    @property
    def is_free(self) -> bool:
        """Whether it is estimated."""
        return self.free != FIXED


@dataclass(frozen=True)
class Definition:
    """A new parameter that is made of others.

    Attributes
    ----------
    name : str
        Of the new parameter.
    formula : str
        As written.
    """

    name: str
    formula: str


@dataclass(frozen=True, eq=False)
class ParameterTable:
    """All parameters of a model.

    Attributes
    ----------
    parameters : tuple of Parameter
        Group by group.
    observed, latent, exogenous : tuple of str
        Columns, constructs, and columns that only explain others.
    given : tuple of str
        Of the last, those that are only taken as given.
    ordinal : mapping of str to int
        Columns of ordered categories, and how many thresholds each has.
    groups : tuple of str
        Names of the groups; one empty name where there is one group.
    definitions : tuple of Definition
        New parameters.
    meanstructure : bool
        Whether means are part of the model.
    """

    parameters: tuple[Parameter, ...]
    observed: tuple[str, ...]
    latent: tuple[str, ...]
    exogenous: tuple[str, ...] = ()
    given: tuple[str, ...] = ()
    groups: tuple[str, ...] = ("",)
    definitions: tuple[Definition, ...] = ()
    meanstructure: bool = True
    ordinal: Mapping[str, int] = field(default_factory=dict)

    def __iter__(self) -> Iterator[Parameter]:
        return iter(self.parameters)

    def __len__(self) -> int:
        return len(self.parameters)

    @cached_property
    def n_free(self) -> int:
        """Different free parameters."""
        return 1 + max((parameter.free for parameter in self.parameters), default=FIXED)

    def of_group(self, group: int) -> list[Parameter]:
        """The parameters of one group."""
        return [parameter for parameter in self.parameters if parameter.group == group]

    def named(self, free: int) -> str:
        """The first element that a free parameter is, in words."""
        first = next(parameter for parameter in self.parameters if parameter.free == free)
        group = self.groups[first.group]
        return f"{first.term} ({group})" if group and not first.equal else first.term

    @property
    def frame(self) -> pd.DataFrame:
        """One row per element: ``lhs, op, rhs, group, user, free, ustart, exo, label``, as lavaan calls them.

        ``free`` counts from 1 and is 0 where the element is fixed; unlike lavaan's, equal elements share a number.
        """
        rows = [
            (one.lhs, one.op, one.rhs, one.group + 1, int(one.written), one.free + 1,
             one.start if one.is_free else one.value, int(one.given), one.label)
            for one in self.parameters
        ]  # fmt: skip
        names = ["lhs", "op", "rhs", "group", "user", "free", "ustart", "exo", "label"]
        return pd.DataFrame(rows, columns=names)
