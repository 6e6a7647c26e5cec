"""The spells of a history as arrays of whole days, and which of its children and carers other tables mean."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from securebase_analysis.errors import DataError, Problem
from securebase_analysis.measures.blank_cells import blank
from securebase_analysis.models.rows import is_number
from securebase_analysis.study.spells import PlacementHistory
from securebase_analysis.study.spells.timeline import as_days, day_of, is_new, reach

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Children:
    """The children of a history by number.

    Attributes
    ----------
    names, sites : pandas.Index
        Different ids and sites.
    pairs : numpy.ndarray of int
        Site and id of each child in one number, in order.
    first_row : numpy.ndarray of int
        A spell of each child.
    """

    names: pd.Index
    sites: pd.Index
    pairs: Ints
    first_row: Ints

    def __len__(self) -> int:
        return len(self.pairs)

    def codes_of(self, table: pd.DataFrame, called: str) -> Ints:
        """The number of the child in each row of a table; -1 for children who are not in the history.

        Raises
        ------
        DataError
            When ids are numbers in one table and text in the other (SB-ID-04), or an id occurs at several sites
            and the table does not say at which (SB-ID-03).
        """
        self._check_kind(table, called)
        place, values = pd.factorize(table["child"])
        name = np.append(self.names.get_indexer(values), -1)[place].astype(np.int64)
        if len(self.sites) == 1 and ("site" not in table or str(self.sites[0]).strip() == ""):
            self._check_one_site(table, called)
            site = np.zeros(len(table), dtype=np.int64)
        elif "site" not in table:
            return self._by_name_alone(name, called)
        else:
            place, values = pd.factorize(table["site"])
            site = np.append(self.sites.get_indexer(values), -1)[place].astype(np.int64)
        pair = np.where((name < 0) | (site < 0), -1, site * len(self.names) + name)
        return self._of_pair(pair)

    def _of_pair(self, pair: Ints) -> Ints:
        order = np.argsort(self.pairs, kind="stable")
        at = np.minimum(np.searchsorted(self.pairs[order], pair), len(self) - 1)
        return np.where(self.pairs[order[at]] == pair, order[at], -1)

    def _by_name_alone(self, name: Ints, called: str) -> Ints:
        """Children of a history with sites by their ids alone, which must then be different ones."""
        names = self.pairs % len(self.names)
        if len(np.unique(names)) < len(names):
            raise DataError(_several_sites(called))
        child = np.full(len(self.names) + 1, -1, dtype=np.int64)
        child[names] = np.arange(len(names))
        return child[name]

    def _check_one_site(self, table: pd.DataFrame, called: str) -> None:
        """A table with sites beside a history without: an id must not stand at several."""
        if "site" in table and table["site"].nunique() > 1:
            known = table[["site", "child"]].drop_duplicates()
            if known["child"].duplicated().any():
                raise DataError(_several_sites(called))

    def _check_kind(self, table: pd.DataFrame, called: str) -> None:
        if not len(table) or is_number(table["child"]) == is_number(self.names):
            return
        raise DataError(
            Problem(
                "SB-ID-04",
                "stop",
                "'child' holds numbers in one table and text in the other.",
                table=f"placements, {called}",
                column="child",
                why="No child would be found in the placements.",
                done="Nothing was joined.",
                fix=f"{called}['child'] = {called}['child'].astype(placements['child'].dtype)",
            )
        )


def _several_sites(called: str) -> Problem:
    return Problem(
        "SB-ID-03",
        "stop",
        "The same id stands for children of several sites, and one of the tables does not say which.",
        table=f"placements, {called}",
        column="child",
        why="A score would be given to another child.",
        done="Nothing was joined.",
        fix="Add the column 'site' to both tables.",
    )


@dataclass(frozen=True, eq=False)
class SpellDays:
    """The spells of a history as arrays, one value a spell, in order of child and start.

    Attributes
    ----------
    children : Children
    child, carer, period : numpy.ndarray of int
        Numbers of the child, of the carer (of one site), and of the period of care. A carer who is not named has a
        number of its own.
    carer_names : pandas.Index
        Names of carers by number, where the history has names; shorter than the numbers go.
    begin, end : numpy.ndarray of int
        Days since 1970; `end` is the freeze where the spell is open.
    is_open, is_placement : numpy.ndarray of bool
        Whether it had not ended, and whether it is neither a short break nor a temporary stay.
    row : numpy.ndarray of int
        Row of the table of placements.
    freeze : int
        Last day of the data.
    """

    children: Children
    child: Ints
    carer: Ints
    period: Ints
    carer_names: pd.Index
    begin: Ints
    end: Ints
    is_open: Bools
    is_placement: Bools
    row: Ints
    freeze: int

    def __len__(self) -> int:
        return len(self.child)

    @cached_property
    def first_day_of_child(self) -> Ints:
        """The first day of the first placement of each child."""
        return self.begin[self.children.first_row]

    @cached_property
    def reach(self) -> Ints:
        """The latest end among each spell and the child's before it."""
        return reach(self.child, self.end.astype("int32")).astype(np.int64)

    @cached_property
    def lasted(self) -> NDArray[np.float64]:
        """Days from the first to the last; half a day for a spell that began and ended on one day."""
        days = (self.end - self.begin).astype(float)
        days[(days == 0) & ~self.is_open] = 0.5
        return days


def spell_days(history: PlacementHistory) -> SpellDays:
    """The spells of a history as arrays."""
    spells = history.spells
    children, child = _children(spells)
    carer, carer_names = _carers(spells)
    freeze = day_of(history.freeze)
    is_open = spells["open"].to_numpy(bool)
    end = np.where(is_open, freeze, as_days(spells["end"])).astype(np.int64)
    return SpellDays(
        children=children,
        child=child,
        carer=carer,
        period=spells["period"].to_numpy(np.int64),
        carer_names=carer_names,
        begin=as_days(spells["start"]).astype(np.int64),
        end=end,
        is_open=is_open,
        is_placement=(spells["kind"] == "placement").to_numpy(bool),
        row=spells["row"].to_numpy(np.int64),
        freeze=freeze,
    )


def _children(spells: pd.DataFrame) -> tuple[Children, Ints]:
    """Children in the order of the spells."""
    name, names = pd.factorize(spells["child"])
    site, sites = pd.factorize(spells["site"].astype("str").fillna(""))
    pair = site.astype(np.int64) * len(names) + name
    new = is_new(pair)
    child = np.cumsum(new) - 1
    first = np.flatnonzero(new)
    return Children(pd.Index(names), pd.Index(sites), pair[first], first), child.astype(np.int64)


def _carers(spells: pd.DataFrame) -> tuple[Ints, pd.Index]:
    """Carers by number; those without a name are each one of their own."""
    place, names = pd.factorize(spells["carer"])
    unknown = (place < 0) | blank(spells["carer"])
    number = np.where(unknown, len(names) + np.arange(len(spells)), place)
    return number.astype(np.int64), pd.Index(names)
