"""Where a fitted model is asked what it expects: chosen values, groups averaged, other numbers at their mean."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from securebase_analysis.errors import ModelError, Problem, check_option, nearest
from securebase_analysis.models.formulas import columns_as_labels, predictors
from securebase_analysis.models.growth.model_columns import model_columns
from securebase_analysis.models.one_or_several import listed
from securebase_analysis.models.rows import is_number
from securebase_analysis.results import wording
from securebase_analysis.results.diagnostics import Check, check, checks_frame
from securebase_analysis.results.inference import Floats

if TYPE_CHECKING:
    from securebase_analysis.models.growth.answer import GrowthResult

Weights = Literal["equal", "proportional"]
WEIGHTS = ("equal", "proportional")
WORDS = ("sd", "mean", "levels")
MOST_LEVELS = 20
"""A column of numbers that takes more values than this is not listed value by value."""


@dataclass(frozen=True, eq=False)
class Values:
    """Values at which one column is held, with the words for them."""

    cells: pd.Series
    labels: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Cells:
    """Combinations of chosen values, one row each.

    Attributes
    ----------
    values : pandas.DataFrame
        The values, a column for each predictor that was chosen.
    labels : pandas.DataFrame
        The values in words.
    """

    values: pd.DataFrame
    labels: pd.DataFrame

    def __len__(self) -> int:
        return len(self.values)

    @property
    def by(self) -> str:
        """The columns in a title, such as "by kinship, wave and years"; empty where there are none."""
        names = list(self.labels)
        words = " and ".join([", ".join(names[:-1]), *names[-1:]]) if len(names) > 1 else "".join(names)
        return f" by {words}" if names else ""

    @property
    def terms(self) -> list[str]:
        """Each row in words, such as ``kinship = yes, years = 2``."""
        names = list(self.labels)
        return [", ".join(f"{name} = {text}" for name, text in zip(names, row)) for row in self.labels.to_numpy()]

    @classmethod
    def crossed(cls, chosen: Mapping[str, Values]) -> Cells:
        """Every combination; the last column changes fastest."""
        places = list(product(*(range(len(one.labels)) for one in chosen.values())))
        at = np.array(places, dtype=int).reshape(len(places), len(chosen))
        values = {name: one.cells.iloc[at[:, j]].array for j, (name, one) in enumerate(chosen.items())}
        labels = {name: [one.labels[i] for i in at[:, j]] for j, (name, one) in enumerate(chosen.items())}
        index = pd.RangeIndex(len(places))
        return cls(pd.DataFrame(values, index=index), pd.DataFrame(labels, index=index))


@dataclass(frozen=True, eq=False)
class ReferenceGrid:
    """The predictors of a fitted model as they are in the rows used.

    Attributes
    ----------
    values : pandas.DataFrame
        The predictors in the rows used.
    levels : mapping of str to pandas.Series
        Columns of groups, each with its levels: labels, numbers inside ``C()``, and numbers that take two values.
    columns : callable
        From rows of predictors to the columns of the fixed part, (terms, rows).
    """

    values: pd.DataFrame
    levels: Mapping[str, pd.Series]
    columns: Callable[[pd.DataFrame], Floats]

    @classmethod
    def of(cls, growth: GrowthResult) -> ReferenceGrid:
        """That of a fitted growth model."""
        data = growth.data
        formula = growth.request.formula
        names = predictors(formula, [])
        values, _ = model_columns(data.frame.loc[data.used, names], names, outcome="")
        values = values.apply(_without_unused_labels)
        as_labels = columns_as_labels(formula)
        levels = {
            name: _sorted_levels(values[name])
            for name in names
            if not is_number(values[name]) or name in as_labels or values[name].nunique() <= 2
        }
        return cls(values, levels, data.fixed.recipe.columns)

    # ---- chosen values -----------------------------------------------------------------------------------------

    def check_predictor(self, name: str, argument: str) -> None:
        """Refuse a column that the fixed part does not name.

        Raises
        ------
        ModelError
            With the predictors there are.
        """
        if name in self.values:
            return
        guess = nearest(name, self.values.columns)
        raise ModelError(
            Problem(
                "SB-MODEL-70",
                "stop",
                f"{argument} names {name!r}, which is no predictor of this model.",
                column=str(name),
                why="The model says nothing about it.",
                fix=f"Did you mean {guess!r}?"
                if guess
                else f"Predictors are: {', '.join(self.values) or 'none'}.",
            )
        )

    def chosen(self, name: str, asked: Any) -> Values:
        """The values of a column that were asked for: one or several, or a word for them.

        Parameters
        ----------
        name : str
            The column.
        asked : value, sequence of values, or {"sd", "mean", "levels"}
            ``"sd"``: the mean and one standard deviation below and above it; ``"levels"``: each value seen.

        Raises
        ------
        ModelError
            When a value cannot be taken by the column.
        """
        self.check_predictor(name, "at")
        if not len(listed(asked)):
            raise ModelError(
                _no_value(name, "any value", f"at={{{name!r}: ...}} with a value, or without {name!r}")
            )
        if name in self.levels:
            return self._of_levels(name, asked)
        if isinstance(asked, str):
            return self._of_word(name, asked)
        numbers = np.unique(np.atleast_1d(np.asarray(list(listed(asked)), dtype=object)))
        if not all(isinstance(one, int | float | np.number) and np.isfinite(one) for one in numbers):
            raise ModelError(_no_value(name, "finite numbers", f"at={{{name!r}: [0, 1]}}, or {name!r}: 'sd'"))
        return _values_of_numbers(numbers.astype(float))

    def _of_word(self, name: str, word: str) -> Values:
        check_option(f"at[{name!r}]", word, WORDS)
        column = self.values[name]
        mean, sd = float(column.mean()), float(column.std())
        if word == "mean":
            return _values_of_numbers(np.array([mean]))
        if word == "sd":
            cells = pd.Series([mean - sd, mean, mean + sd])
            words = ("-1 SD", "mean", "+1 SD")
            return Values(cells, tuple(f"{value:.4g} ({said})" for value, said in zip(cells, words)))
        seen = np.unique(column)
        if len(seen) > MOST_LEVELS:
            raise ModelError(_too_many_levels(name, len(seen)))
        return _values_of_numbers(seen)

    def _of_levels(self, name: str, asked: Any) -> Values:
        levels = self.levels[name]
        if isinstance(asked, str) and asked == "levels" and asked not in set(levels):
            asked = list(levels)
        places = []
        for one in listed(asked):
            found = np.flatnonzero((levels == one).to_numpy(bool))
            if not len(found):
                guess = nearest(one, levels)
                known = ", ".join(repr(_word(level)) for level in levels[:MOST_LEVELS])
                fix = f"Did you mean {guess!r}?" if guess else f"{name} is one of {known}."
                raise ModelError(_no_value(name, "values that were seen", fix))
            places.append(int(found[0]))
        kept = levels.iloc[list(dict.fromkeys(places))]
        return Values(kept, tuple(_word(level) for level in kept))

    # ---- multipliers -------------------------------------------------------------------------------------------

    def rows(
        self,
        cells: pd.DataFrame,
        weights: str = "equal",
        columns: Callable[[pd.DataFrame], Floats] | None = None,
    ) -> Floats:
        """Multipliers of the fixed effects that give what the model expects in each cell.

        Parameters
        ----------
        cells : pandas.DataFrame, shape (cells, any of the predictors)
            The values chosen. Groups that are not chosen are averaged, other numbers are at their mean.
        weights : {"equal", "proportional"}
            Groups averaged in equal parts, or as often as their combination is found in the rows used.
        columns : callable, optional
            In place of the columns of the fixed part, e.g. their slopes.

        Returns
        -------
        numpy.ndarray, shape (cells, terms)
        """
        combinations, share = self._averaged([name for name in self.levels if name not in cells], weights)
        grid = cells.merge(combinations, how="cross") if len(combinations.columns) else cells.copy()
        means = {name: self.values[name].mean() for name in self.values if name not in grid}
        made = (columns or self.columns)(grid.assign(**means)[list(self.values)])
        averaged: Floats = (made.reshape(len(made), len(cells), len(share)) @ share).T
        return averaged

    def _averaged(self, names: list[str], weights: str) -> tuple[pd.DataFrame, Floats]:
        """Combinations of the groups that are averaged, and the share of each."""
        combinations = Cells.crossed({name: self._of_levels(name, "levels") for name in names}).values
        n = len(combinations)
        if weights == "equal":
            return combinations, np.full(n, 1.0 / n)
        place = np.zeros(len(self.values), dtype=np.int64)
        for name in names:
            place = place * len(self.levels[name]) + self._places(name, self.values[name])
        count = np.bincount(place, minlength=n)
        return combinations, count / count.sum()

    def _places(self, name: str, cells: pd.Series) -> np.ndarray:
        return pd.Index(self.levels[name].astype(object)).get_indexer(cells.astype(object))

    # ---- what the answer rests on ------------------------------------------------------------------------------

    def held(self, cells: pd.DataFrame, weights: str) -> str:
        """How the predictors that are not in `cells` were set, in a sentence; empty where there are none."""
        others = [name for name in self.values if name not in cells]
        means = [
            f"{name} ({wording.number(self.values[name].mean())})" for name in others if name not in self.levels
        ]
        groups = [name for name in others if name in self.levels]
        parts = [f"at the mean of the rows used: {', '.join(means)}"] if means else []
        how = "in equal parts" if weights == "equal" else "in the proportions of the rows used"
        parts += [f"averaged over {', '.join(groups)} {how}"] if groups else []
        sentence = "; ".join(parts)
        return f"{sentence[0].upper()}{sentence[1:]}." if sentence else ""

    def checks(self, cells: pd.DataFrame) -> pd.DataFrame:
        """Whether the cells lie where there are data, as rows of ``diagnostics()``."""
        found = [self._beyond(name, cells[name]) for name in cells if name not in self.levels]
        groups = [name for name in cells if name in self.levels]
        if len(groups) > 1:
            found.append(self._without_rows(cells[groups]))
        return checks_frame(found)

    def _beyond(self, name: str, cells: pd.Series) -> Check:
        low, high = float(self.values[name].min()), float(self.values[name].max())
        slack = 1e-9 * (high - low)
        n = int(((cells < low - slack) | (cells > high + slack)).sum())
        ends = f"{wording.number(low)} to {wording.number(high)}"
        advice = f"{name} was seen from {ends} only; what is said beyond that rests on the form of the model."
        return check(f"values of {name} beyond those seen", n, 0, n == 0, advice)

    def _without_rows(self, cells: pd.DataFrame) -> Check:
        """Combinations of groups that no row has."""
        of_cells, of_rows = np.zeros(len(cells), dtype=np.int64), np.zeros(len(self.values), dtype=np.int64)
        for name in cells:
            of_cells = of_cells * len(self.levels[name]) + self._places(name, cells[name])
            of_rows = of_rows * len(self.levels[name]) + self._places(name, self.values[name])
        empty = np.unique(of_cells[~np.isin(of_cells, of_rows)])
        n, names = len(empty), " and ".join(cells)
        advice = f"{wording.count(n, 'combination')} of {names} has no row; what is said of it is extrapolated."
        name = f"combinations of {names} without a row"
        return check(name, n, 0, n == 0, advice)


def cells_asked(
    grid: ReferenceGrid, by: Sequence[str], at: Mapping[str, Any] | None, of_numbers: str
) -> tuple[Cells, pd.DataFrame]:
    """The cells of an answer, and the single values at which other columns are held.

    Parameters
    ----------
    grid : ReferenceGrid
        The predictors.
    by : sequence of str
        Columns that tell the cells apart.
    at : mapping, optional
        Values of columns; one with several values tells cells apart as well.
    of_numbers : str
        The word for a column of numbers in `by` that `at` does not name.

    Returns
    -------
    cells : Cells
        Without the columns that are held at one value.
    held : pandas.DataFrame, one row
        Those.
    """
    if at is not None and not isinstance(at, Mapping):
        raise ModelError(_no_mapping(at))
    at = dict(at or {})
    for name in by:
        grid.check_predictor(name, "by")
    asked = {name: at.pop(name, "levels" if name in grid.levels else of_numbers) for name in by}
    chosen = {name: grid.chosen(name, values) for name, values in asked.items()}
    further = {name: grid.chosen(name, values) for name, values in at.items()}
    chosen |= {name: values for name, values in further.items() if len(values.labels) > 1}
    held = {name: values for name, values in further.items() if len(values.labels) == 1}
    return Cells.crossed(chosen), Cells.crossed(held).values


def _no_mapping(at: object) -> Problem:
    return Problem(
        "SB-MODEL-70",
        "stop",
        f"at is a {type(at).__name__}, not a mapping.",
        why="It says for each column at which values the answer is to be given.",
        fix="at={'years': [0, 1, 2]}",
    )


def with_held(cells: Cells, held: pd.DataFrame) -> pd.DataFrame:
    """The cells with the columns that are held beside them."""
    return cells.values.merge(held, how="cross") if len(held.columns) else cells.values


def words_of_held(held: pd.DataFrame) -> str:
    """Such as "At years = 2."; empty where nothing is held."""
    return (
        f"At {', '.join(f'{name} = {_word(held[name].iloc[0])}' for name in held)}." if len(held.columns) else ""
    )


# ---- values and their words ------------------------------------------------------------------------------------


def _without_unused_labels(column: pd.Series) -> pd.Series:
    """The column; categories that no row used has are gone, as they are from the model."""
    return column.cat.remove_unused_categories() if isinstance(column.dtype, pd.CategoricalDtype) else column


def _sorted_levels(column: pd.Series) -> pd.Series:
    """Each value once, in the order of the categories, of the numbers, or of the alphabet."""
    unique = column.drop_duplicates()
    key = (lambda cells: cells.astype(str)) if column.dtype == object else None
    return unique.sort_values(key=key).reset_index(drop=True)


def _word(value: Any) -> str:
    """A value as text: numbers with four digits, labels as they are."""
    return f"{value:.4g}" if isinstance(value, float | np.floating) else str(value)


def _values_of_numbers(numbers: Floats) -> Values:
    labels = tuple(_word(float(number)) for number in numbers)
    told_apart = labels if len(set(labels)) == len(labels) else tuple(repr(float(number)) for number in numbers)
    return Values(pd.Series(numbers, dtype=float), told_apart)


def _no_value(name: str, kind: str, fix: str) -> Problem:
    return Problem(
        "SB-MODEL-70",
        "stop",
        f"at[{name!r}] is not made of {kind}.",
        column=name,
        why="The model has an answer only for values that the column can take.",
        fix=fix,
    )


def _too_many_levels(name: str, n: int) -> Problem:
    return Problem(
        "SB-MODEL-70",
        "stop",
        f"{name!r} takes {n} different values; a row for each of them cannot be read.",
        column=name,
        why="A mean, or a slope, is given at each value that is asked for.",
        fix=f"at={{{name!r}: 'sd'}}, or a list of values",
    )
