"""The columns that a formula makes, and how to make them again for other rows."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from securebase_analysis.errors import DataError, ModelError, Problem
from securebase_analysis.models.formulas.columns_named import formula_read
from securebase_analysis.models.rows import ColumnTable, is_number, without_object
from securebase_analysis.results.inference import Floats

ONE = np.ones(1)


@dataclass(frozen=True, eq=False)
class Matrix:
    """The columns that one side of a formula makes.

    Attributes
    ----------
    terms : tuple of str
        Their names, such as ``Intercept``, ``years`` or ``kinship[T.yes]``.
    columns : sequence of numpy.ndarray, shapes (rows,)
        The columns of the design, one for each term. Those that stand in the data are not copied.
    recipe : ColumnProducts or CodedColumns
        Makes the same columns from other rows.
    """

    terms: tuple[str, ...]
    columns: Sequence[Floats] | Floats
    recipe: ColumnProducts | CodedColumns | Without | Beside

    @cached_property
    def values(self) -> Floats:
        """One row per column of the design, shape (terms, rows)."""
        return np.asarray(self.columns, dtype=float)

    def column(self, term: str) -> Floats:
        """The column of one term, shape (rows,)."""
        column: Floats = self.values[self.terms.index(term)]
        return column

    def combined(self, weights: Floats) -> Floats:
        """The columns times these weights, added up, shape (rows,)."""
        total = np.zeros(len(self.columns[0]) if len(self.columns) else 0)
        for weight, column in zip(weights, self.columns):
            total += weight * column
        return total

    def of_rows(self, keep: NDArray[np.bool_]) -> Matrix:
        """The same columns on some of the rows."""
        return Matrix(self.terms, self.values[:, keep], self.recipe)

    def without(self, term: str) -> Matrix:
        """All terms but one."""
        if term not in self.terms:
            return self
        keep = [j for j, name in enumerate(self.terms) if name != term]
        terms = tuple(self.terms[j] for j in keep)
        return Matrix(terms, self.values[keep], Without(self.recipe, tuple(keep)))


@dataclass(frozen=True)
class ColumnProducts:
    """Terms that are products of columns of numbers; no factor is the intercept.

    These need no coding, so they are made here: most models have no other terms, and it is many times faster.
    """

    factors: tuple[tuple[str, ...], ...]

    @cached_property
    def terms(self) -> tuple[str, ...]:
        """Names as formulaic gives them."""
        return tuple(":".join(names) or "Intercept" for names in self.factors)

    @cached_property
    def names(self) -> frozenset[str]:
        """Every column that is a factor of one of them."""
        return frozenset(name for names in self.factors for name in names)

    def columns(self, frame: pd.DataFrame) -> Floats:
        """One row per term."""
        numbers = {name: frame[name].to_numpy(float) for names in self.factors for name in names}
        return np.asarray(self.of_numbers(numbers, len(frame)), dtype=float).reshape(len(self.factors), len(frame))

    def of_numbers(self, numbers: dict[str, Floats], n_rows: int) -> list[Floats]:
        """The columns one by one; those of a single name are the numbers themselves."""
        of_one = np.broadcast_to(ONE, n_rows)
        return [
            math.prod((numbers[name] for name in names[1:]), start=numbers[names[0]]) if names else of_one
            for names in self.factors
        ]


@dataclass(frozen=True, eq=False)
class CodedColumns:
    """Terms with labels or functions, as formulaic coded them for the rows of the model."""

    spec: Any

    def columns(self, frame: pd.DataFrame) -> Floats:
        """One row per term.

        Raises
        ------
        DataError
            When the rows hold a label that the model has not seen.
        """
        from formulaic.errors import DataMismatchWarning

        with warnings.catch_warnings():
            warnings.simplefilter("error", DataMismatchWarning)
            try:
                ready = _as_coded(frame, self.spec.required_variables)
                made = self.spec.get_model_matrix(ready, output="numpy", na_action="ignore")
            except DataMismatchWarning as error:
                raise DataError(_unseen_label()) from error
        return np.ascontiguousarray(np.asarray(made, dtype=float).T)


@dataclass(frozen=True, eq=False)
class Without:
    """Some of the terms that another recipe makes."""

    recipe: Any
    keep: tuple[int, ...]

    def columns(self, frame: pd.DataFrame) -> Floats:
        """One row per term."""
        made: Floats = self.recipe.columns(frame)[list(self.keep)]
        return made


@dataclass(frozen=True, eq=False)
class Beside:
    """The terms of several recipes, one after the other."""

    recipes: tuple[Any, ...]

    def columns(self, frame: pd.DataFrame) -> Floats:
        """One row per term."""
        return np.vstack([recipe.columns(frame) for recipe in self.recipes])


def _as_coded(frame: pd.DataFrame, names: Iterable[Any]) -> pd.DataFrame:
    """The columns as they were when the terms were coded: numbers plain, categories only those that occur."""
    made: dict[str, Any] = {}
    for name in map(str, names):
        if name not in frame:
            continue
        column = without_object(frame[name])
        if isinstance(column.dtype, pd.CategoricalDtype):
            made[name] = column.cat.remove_unused_categories()
        elif is_number(column) and not is_plain_number(column):
            made[name] = column.to_numpy(float, na_value=np.nan)
        elif frame[name].dtype != object and pd.api.types.is_string_dtype(column.dtype):
            made[name] = column.astype("str")
    return frame.assign(**made)


def is_plain_number(column: pd.Series) -> bool:
    """Whether numpy holds the numbers, and not pandas with a mark for what is missing."""
    return isinstance(column.dtype, np.dtype) and column.dtype.kind in "iuf"


def _unseen_label() -> Problem:
    return Problem(
        "SB-MODEL-48",
        "stop",
        "The new rows hold a label that was not in the rows the model was made from.",
        why="Nothing is known about it.",
        done="No prediction was made.",
        fix="Leave these rows out, or fit the model with them.",
    )


def fixed_matrices(formula: str, frame: pd.DataFrame | ColumnTable) -> tuple[Matrix, Matrix]:
    """The outcome and the fixed-effect columns."""
    numbers: dict[str, Floats] = {}
    left, right = (_of_products(products, frame, numbers) for products in _both_products(formula))
    if left is not None and right is not None:
        return left, right
    made = _coded(formula_read(formula), frame)
    return _of_codes(made.lhs), _of_codes(made.rhs)


def random_matrix(
    parts: Sequence[str], frame: pd.DataFrame | ColumnTable
) -> tuple[Matrix, tuple[tuple[int, ...], ...]]:
    """The columns of all parts of one factor, and which of them belong to one part."""
    made = [_random_part(part, frame) for part in parts]
    if len(made) == 1:
        return made[0], (tuple(range(len(made[0].terms))),)
    ends = np.cumsum([len(matrix.terms) for matrix in made])
    blocks = tuple(tuple(range(end - len(matrix.terms), end)) for end, matrix in zip(ends, made))
    terms = tuple(term for matrix in made for term in matrix.terms)
    if len(set(terms)) < len(terms):
        raise ModelError(_part_twice(parts))
    columns = [column for matrix in made for column in matrix.columns]
    return Matrix(terms, columns, Beside(tuple(matrix.recipe for matrix in made))), blocks


def _part_twice(parts: Sequence[str]) -> Problem:
    return Problem(
        "SB-MODEL-64",
        "stop",
        f"The parts {', '.join(map(repr, parts))} of random share a term.",
        why="Each part has a level of its own unless it begins with '0 +', and two levels cannot be told apart.",
        fix="random=['1', '0 + years'] for level and slope that do not correlate",
    )


def _random_part(part: str, frame: pd.DataFrame | ColumnTable) -> Matrix:
    return _of_products(_products_of_part(part), frame, {}) or _of_codes(_coded(formula_read(part), frame))


def _of_products(
    products: ColumnProducts | None, frame: pd.DataFrame | ColumnTable, numbers: dict[str, Floats]
) -> Matrix | None:
    """The columns of the products, or None where there are none, or not of numbers."""
    if products is None:
        return None
    for name in products.names - set(numbers):
        column = frame.get(name)
        if column is None or not is_number(column):
            return None
        numbers[name] = np.asarray(column, dtype=float)
    return Matrix(products.terms, products.of_numbers(numbers, len(frame)), products)


@lru_cache(maxsize=256)
def _both_products(formula: str) -> tuple[ColumnProducts | None, ColumnProducts | None]:
    """The two sides of a formula."""
    parsed = formula_read(formula)
    return _products(parsed.lhs), _products(parsed.rhs)


@lru_cache(maxsize=256)
def _products_of_part(part: str) -> ColumnProducts | None:
    """A part of random."""
    return _products(formula_read(part))


def _products(terms: Iterable[Any]) -> ColumnProducts | None:
    """The terms as products of columns, or None where one of them is more than that."""
    products = []
    for term in terms:
        names = []
        for factor in term.factors:
            method = getattr(factor.eval_method, "value", "")
            if method == "lookup":
                names.append(factor.expr)
            elif (method, factor.expr) != ("literal", "1"):
                return None
        products.append(tuple(names))
    return ColumnProducts(tuple(products))


def _coded(parsed: Any, frame: pd.DataFrame | ColumnTable) -> Any:
    """formulaic's matrices; missing values were seen to before."""
    frame = frame.frame() if isinstance(frame, ColumnTable) else frame
    try:
        with np.errstate(all="ignore"):
            return parsed.get_model_matrix(frame, output="numpy", na_action="ignore")
    except Exception as error:
        raise ModelError(
            Problem(
                "SB-MODEL-40",
                "stop",
                "A part of the formula cannot be computed from these columns.",
                why=f"{type(error).__name__} while making the columns of the model.",
                fix="Compute the part yourself as a column of the frame, and name that column.",
            )
        ) from error


def _of_codes(made: Any) -> Matrix:
    values = np.ascontiguousarray(np.asarray(made, dtype=float).T)
    return Matrix(tuple(map(str, made.model_spec.column_names)), values, CodedColumns(made.model_spec))
