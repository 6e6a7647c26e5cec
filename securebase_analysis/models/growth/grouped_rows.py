"""Rows, columns and groups that a mixed model is made from."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from securebase_analysis.errors import ModelError, Problem, nearest
from securebase_analysis.models.formulas import Matrix
from securebase_analysis.models.growth.residuals import EXPOSURE
from securebase_analysis.models.growth.rows_used import some_rows
from securebase_analysis.models.rows import ColumnTable, Ints
from securebase_analysis.results.inference import Floats


@dataclass(frozen=True, eq=False)
class Factor:
    """One thing that the rows are grouped by: children, carers, agencies.

    Attributes
    ----------
    name : str
        Its column.
    random : Matrix
        What differs between its levels.
    blocks : tuple of tuple of int
        Which columns of `random` may correlate.
    code : numpy.ndarray of int, shape (rows used,)
        Level of each row; for a membership that of its greatest weight.
    ids : ColumnTable
        The key of each level: one column, or ``site`` and it.
    members : scipy.sparse.csr_array or None
        Weights of the levels in each row, where a row belongs to several.
    """

    name: str
    random: Matrix
    blocks: tuple[tuple[int, ...], ...]
    code: Ints
    ids: ColumnTable
    members: Any = None

    @cached_property
    def keys(self) -> pd.DataFrame:
        """The key of each level as a frame."""
        return self.ids.frame()

    @property
    def n_levels(self) -> int:
        """Levels among the rows used."""
        return len(self.ids)

    def in_rows(self, effects: Floats) -> Floats:
        """What effects (q, levels) add to each row, shape (rows used,)."""
        own = effects[:, self.code] if self.members is None else effects @ self.members.T
        added: Floats = (self.random.values * own).sum(axis=0)
        return added

    @cached_property
    def rows_per_level(self) -> Ints:
        """Rows of each level."""
        return np.bincount(self.code, minlength=self.n_levels)


@dataclass(frozen=True, eq=False)
class GroupedRows:
    """What a mixed model is made from.

    Attributes
    ----------
    frame : pandas.DataFrame
        The rows given.
    used : numpy.ndarray of bool, shape (rows given,)
        Rows with every cell that the model needs.
    outcome : Matrix
        The outcome, one term.
    fixed : Matrix
        Columns of the fixed part.
    factors : tuple of Factor
        What the rows are grouped by; the first is whose growth it is.
    extra : dict of str to pandas.Series
        Weights, times and other columns that are no predictors, for the rows used.
    labels : tuple of str
        Categories of an ordinal outcome, lowest first.
    problems : tuple of Problem
        What was left out, assumed or changed.
    """

    frame: pd.DataFrame
    used: NDArray[np.bool_]
    outcome: Matrix
    fixed: Matrix
    factors: tuple[Factor, ...]
    extra: dict[str, pd.Series]
    labels: tuple[str, ...]
    problems: tuple[Problem, ...]

    @property
    def random(self) -> Matrix:
        """What differs between the levels of the first factor."""
        return self.factors[0].random

    @property
    def code(self) -> Ints:
        """Level of the first factor in each row."""
        return self.factors[0].code

    @property
    def groups(self) -> pd.DataFrame:
        """Keys of the first factor."""
        return self.factors[0].keys

    @property
    def rows_per_group(self) -> Ints:
        """Rows of each level of the first factor."""
        return self.factors[0].rows_per_level

    @property
    def n_groups(self) -> int:
        """Levels of the first factor among the rows used."""
        return self.factors[0].n_levels

    @property
    def n_rows(self) -> int:
        """Rows used."""
        return len(self.code)

    @property
    def offset(self) -> Floats:
        """The known part of the predictor: the logarithm of the exposure, zero where there is none."""
        return np.log(self.extra[EXPOSURE].to_numpy(float)) if EXPOSURE in self.extra else np.zeros(self.n_rows)

    def factor(self, name: str) -> Factor:
        """The factor of this name.

        Raises
        ------
        ModelError
            When the model has none of this name.
        """
        found = next((factor for factor in self.factors if factor.name == name), None)
        if found is None:
            raise ModelError(_no_factor(name, [factor.name for factor in self.factors]))
        return found

    def with_outcome(self, values: Floats) -> GroupedRows:
        """The same rows with another outcome."""
        outcome = Matrix(self.outcome.terms, np.asarray(values, dtype=float)[None, :], self.outcome.recipe)
        return replace(self, outcome=outcome)

    def only(self, keep: NDArray[np.bool_]) -> GroupedRows:
        """Some of the rows; levels that have none left are gone, columns stay."""
        used = self.used.copy()
        used[np.flatnonzero(used)[~keep]] = False
        return replace(
            self,
            used=used,
            outcome=self.outcome.of_rows(keep),
            fixed=self.fixed.of_rows(keep),
            factors=tuple(_factor_of_rows(factor, keep) for factor in self.factors),
            extra=some_rows(self.extra, keep),
        )


def _no_factor(name: object, there: list[str]) -> Problem:
    guess = nearest(name, there)
    return Problem(
        "SB-MODEL-54",
        "stop",
        f"The model has no grouping factor {name!r}.",
        column=str(name),
        why="Only what is named in random has levels of its own.",
        fix=f"Did you mean {guess!r}?" if guess else f"Factors are: {', '.join(there)}.",
    )


def _factor_of_rows(factor: Factor, keep: NDArray[np.bool_]) -> Factor:
    """A factor on some of its rows."""
    random = factor.random.of_rows(keep)
    if factor.members is not None:
        members = factor.members[keep]
        present = np.unique(members.indices)
        members = members[:, present]
        code = np.asarray(members.argmax(axis=1)).ravel()
        return replace(factor, random=random, code=code, ids=factor.ids.at(present), members=members)
    code, present = pd.factorize(factor.code[keep])
    return replace(factor, random=random, code=code, ids=factor.ids.at(present))
