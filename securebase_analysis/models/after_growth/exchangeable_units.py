"""Who could have had another value of a predictor: the units whose labels a permutation test moves."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from securebase_analysis.engines.rearrangement import Tree, tree_of_units
from securebase_analysis.errors import raise_if_stopped
from securebase_analysis.models.formulas import parts_of_term
from securebase_analysis.models.growth.grouped_rows import GroupedRows
from securebase_analysis.models.rows import Ints, groups_of, nameless
from securebase_analysis.results import wording
from securebase_analysis.results.inference import Floats


@dataclass(frozen=True, eq=False)
class Units:
    """Levels of one factor.

    Attributes
    ----------
    name : str
        What they are.
    code : numpy.ndarray of int, shape (rows used,)
        Unit of each row.
    n : int
        How many there are.
    """

    name: str
    code: Ints
    n: int

    def constant(self, values: Floats) -> bool:
        """Whether a column has one value in each unit."""
        return bool(np.array_equal(self.of_units(values)[self.code], values))

    def of_units(self, values: Floats) -> Floats:
        """One value of each unit."""
        made = np.empty(self.n)
        made[self.code] = values
        return made


@dataclass(frozen=True, eq=False)
class Label:
    """A column as the label of units times what varies within them.

    Attributes
    ----------
    units : Units
        Whose label it is.
    values : numpy.ndarray, shape (units,)
        The labels.
    within : numpy.ndarray, shape (rows used,)
        What they are multiplied by; ones for a predictor that is the same in all rows of a unit.
    """

    units: Units
    values: Floats
    within: Floats


def units_of(data: GroupedRows, name: str) -> Units:
    """The levels of a factor of the model, or of another column of the frame.

    Raises
    ------
    DataError
        When rows do not say whom they belong to.
    """
    for factor in data.factors:
        if factor.name == name and factor.members is None:
            return Units(name, factor.code, factor.n_levels)
    groups = groups_of(data.frame[data.used], name)
    raise_if_stopped(nameless(groups, name))
    return Units(name, groups.code, len(groups.ids))


def label_of(data: GroupedRows, term: str, candidates: list[Units]) -> Label | None:
    """The units in which the term, or else a part of it, is constant; those with the fewest levels.

    Of ``years:kinship[T.yes]`` the part ``kinship[T.yes]`` belongs to the child, and ``years`` varies within.
    """
    column = data.fixed.column(term)
    ordered = sorted(candidates, key=lambda units: units.n)
    for units in ordered:
        if units.constant(column):
            return Label(units, units.of_units(column), np.ones(len(column)))
    parts = parts_of_term(term)
    if any(part not in data.fixed.terms for part in parts):
        return None
    columns = [data.fixed.column(part) for part in parts]
    for units in ordered:
        own = [one for one in columns if units.constant(one)]
        if own:
            others = [one for one in columns if not units.constant(one)]
            return Label(units, units.of_units(np.prod(own, axis=0)), np.prod(others, axis=0))
    return None


def parts_of_label(label: Label, data: GroupedRows, term: str) -> tuple[Floats, Floats]:
    """What other predictors say of the labels, and what is left: the part that is moved between units."""
    units = label.units
    others = [
        units.of_units(column)
        for name, column in zip(data.fixed.terms, data.fixed.values)
        if name not in parts_of_term(term) and units.constant(column)
    ]
    known = np.column_stack([np.ones(units.n), *others])
    expected = known @ np.linalg.lstsq(known, label.values, rcond=None)[0]
    if np.ptp(expected) < 1e-10 * max(float(np.ptp(label.values)), 1e-300):
        return np.zeros(units.n), label.values
    return expected, label.values - expected


def exchange_within(data: GroupedRows, units: Units) -> tuple[Tree, tuple[str, ...]]:
    """Which units can be exchanged: those of one carer, and carers with the same number of children; and notes.

    A unit that is in several levels of a higher factor counts with the level of most of its rows.
    """
    above = [factor for factor in data.factors if factor.n_levels < units.n and factor.members is None]
    above.sort(key=lambda factor: factor.n_levels)
    paths, notes = [], []
    for factor in above:
        met = np.zeros((units.n, factor.n_levels))
        np.add.at(met, (units.code, factor.code), 1.0)
        paths.append(met.argmax(axis=1))
        n_moved = int(((met > 0).sum(axis=1) > 1).sum())
        if n_moved:
            notes.append(
                f"{wording.count(n_moved, units.name)} had several {wording.plural(factor.name)} and "
                f"{'counts' if n_moved == 1 else 'count'} with the one of most rows."
            )
    tree = tree_of_units(np.array(paths, dtype=np.intp).reshape(len(above), units.n).T)
    return tree, tuple(notes)
