"""The codebook: which items and interview codes speak for which construct, and how they are scored.

One file that every function reads. Its tables have the same columns whether it is kept as TOML, as a workbook or
as a folder of CSV files; `COLUMNS` is the whole list, with the kind and the default of every cell.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from securebase_analysis import theory
from securebase_analysis.errors import Problem, nearest, raise_if_stopped
from securebase_analysis.study.codebook_columns import COLUMNS, as_frame, filled_table
from securebase_analysis.study.codebook_rules import codebook_problems, plain_name


@dataclass(frozen=True, eq=False)
class Codebook:
    """Instruments, items, interview codes, ratings and scoring rules of a study, as plain tables.

    Attributes
    ----------
    name, version : str
        Printed on everything that is made with it.
    waves, instruments, items, scales, missing_codes, codes, ratings, coders, bands, conversions, crosswalk
        Frames with the columns of `COLUMNS`.
    """

    name: str
    version: str
    waves: pd.DataFrame
    instruments: pd.DataFrame
    items: pd.DataFrame
    scales: pd.DataFrame
    missing_codes: pd.DataFrame
    codes: pd.DataFrame
    ratings: pd.DataFrame
    coders: pd.DataFrame
    bands: pd.DataFrame
    conversions: pd.DataFrame
    crosswalk: pd.DataFrame

    @property
    def tables(self) -> dict[str, pd.DataFrame]:
        """All tables by name."""
        return {name: getattr(self, name) for name in COLUMNS}

    @property
    def fingerprint(self) -> str:
        """First twelve signs of a hash of the contents; changes when any cell changes."""
        text = "\n".join(f"{name}\n{table.to_csv(index=False)}" for name, table in self.tables.items())
        return hashlib.sha256(f"{self.name}\n{self.version}\n{text}".encode()).hexdigest()[:12]

    def items_of(self, instrument: str, construct: str | None = None) -> pd.DataFrame:
        """Rows of `items` for one instrument, and one construct with its parts where asked."""
        chosen = self.items[self.items["instrument"] == instrument]
        if construct is not None:
            chosen = chosen[[counts_for(name, construct) for name in chosen["construct"]]]
        return chosen.reset_index(drop=True)

    def constructs_of(self, instrument: str) -> list[str]:
        """Constructs and scales that an instrument gives scores for: wholes first, then sums, then conversions."""
        named = list(dict.fromkeys(self.items.loc[self.items["instrument"] == instrument, "construct"]))
        wholes = [whole for part in named if (whole := whole_of(part)) != part]
        scales = self.scales[self.scales["instrument"] == instrument]
        sums = scales.loc[scales["sum_of"].map(len) > 0, "scale"]
        converted = scales.loc[scales["converted_from"] != "", "scale"]
        return list(dict.fromkeys([*_in_model_order(wholes + named), *sums, *converted]))

    def rule_of(self, instrument: str) -> pd.Series:
        """The row of `instruments` for one instrument."""
        return self.instruments.set_index("instrument", drop=False).loc[instrument]

    def wave_of(self, name: object) -> int | None:
        """The number of the wave that goes by `name` in the files; None when no wave does.

        Examples
        --------
        >>> make_codebook("Pilot", "1", {"waves": [{"wave": 2, "aliases": ["T2"]}]}).wave_of(" t2 ")
        2
        """
        return self._wave_names.get(plain_name(name))

    @property
    def _wave_names(self) -> dict[str, int]:
        names: dict[str, int] = {}
        for row in self.waves.itertuples():
            for name in (row.wave, row.label, *row.aliases):
                if plain_name(name):  # a wave without a label is not the wave of an empty cell
                    names[plain_name(name)] = int(row.wave)
        return names

    def title_of(self, name: str) -> str:
        """How a construct, scale or instrument is written for people."""
        if theory.is_construct(name):
            return theory.label(name)
        for table, key in ((self.scales, "scale"), (self.instruments, "instrument")):
            titles = table.loc[table[key] == name, "title"]
            if len(titles) and titles.iloc[0]:
                return str(titles.iloc[0])
        return theory.label(name)

    def combined_with(self, other: Codebook) -> Codebook:
        """This codebook with the tables of `other` added; waves and coders stay those of this one.

        Raises
        ------
        DataError
            When both define the same item, code or scale.
        """
        return checked(stacked(self, other))


def counts_for(name: str, construct: str) -> bool:
    """Whether an item of construct `name` counts for `construct`: itself, or a part of it."""
    return name == construct or whole_of(name) == construct


def whole_of(name: str) -> str:
    """The whole that a part belongs to; the name itself when it is not a part.

    Examples
    --------
    >>> whole_of("family_membership_birth"), whole_of("trust")
    ('family_membership', 'trust')
    """
    for whole in ("family_membership", "belonging"):
        if name in {f"{whole}_{part}" for part in theory.FAMILY_PARTS}:
            return whole
    return name


def make_codebook(
    name: str, version: str, tables: Mapping[str, pd.DataFrame | Sequence[Mapping[str, Any]]]
) -> Codebook:
    """Build a codebook from tables and check all of it.

    Parameters
    ----------
    name, version : str
        Printed on everything made with it.
    tables : mapping of str to DataFrame or list of dict
        Some or all of the tables in `COLUMNS`; optional columns may be left out.

    Returns
    -------
    Codebook

    Raises
    ------
    DataError
        With every problem of every table.

    Examples
    --------
    >>> book = make_codebook("Pilot", "1", {
    ...     "instruments": [{"instrument": "visit", "minimum_answered": 1}],
    ...     "items": [{"item": "a1", "instrument": "visit", "construct": "trust", "low": 1, "high": 5}],
    ... })
    >>> book.constructs_of("visit")
    ['trust']
    """
    return checked(filled_codebook(name, version, tables))


def filled_codebook(
    name: str, version: str, tables: Mapping[str, pd.DataFrame | Sequence[Mapping[str, Any]]]
) -> Codebook:
    """A codebook whose cells are of their kind, before the rules over all tables are applied."""
    problems = [
        Problem(
            "SB-BOOK-01",
            "stop",
            f"The codebook has a table {given!r}, which has no meaning here.",
            table="codebook",
            why="A table that nobody reads looks as if it had an effect.",
            fix=f"Rename it to {nearest(given, COLUMNS)!r}." if nearest(given, COLUMNS) else "Remove it.",
        )
        for given in tables
        if given not in COLUMNS
    ]
    filled = {}
    for table in COLUMNS:
        filled[table], found = filled_table(table, as_frame(tables.get(table)))
        problems += found
    raise_if_stopped(problems)
    return Codebook(name=str(name), version=str(version), **filled)


def stacked(codebook: Codebook, other: Codebook) -> Codebook:
    """The tables of two codebooks under one another, unchecked; waves and coders stay those of the first."""
    own = {"waves", "coders"}
    tables = {
        name: table if name in own else _under_one_another(table, getattr(other, name))
        for name, table in codebook.tables.items()
    }
    return replace(codebook, **tables)


def checked(codebook: Codebook) -> Codebook:
    """The codebook, when it keeps every rule.

    Raises
    ------
    DataError
        With every rule that it does not keep.
    """
    raise_if_stopped(codebook_problems(codebook))
    return codebook


def _in_model_order(names: Iterable[str]) -> list[str]:
    """Constructs of the model in its order, then everything else as it came."""
    order = {construct.name: position for position, construct in enumerate(theory.CONSTRUCTS)}
    return sorted(dict.fromkeys(names), key=lambda name: order.get(name, len(order)))


def _under_one_another(mine: pd.DataFrame, theirs: pd.DataFrame) -> pd.DataFrame:
    if mine.empty or theirs.empty:
        return (mine if theirs.empty else theirs).reset_index(drop=True)
    return pd.concat([mine, theirs], ignore_index=True)
