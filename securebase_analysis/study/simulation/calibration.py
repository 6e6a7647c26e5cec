"""Every quantity the simulated cohort is built on, with its source, or with the plain word that it is assumed.

No study has published scores of the five dimensions, so all that concerns them is assumed. What is published
(placements, difficulties, missing forms) is taken from there, and the tests hold the simulated data to it.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from importlib import resources
from typing import Any

import pandas as pd

from securebase_analysis.errors import ModelError, Problem, nearest, raise_if_stopped


@dataclass(frozen=True)
class Quantity:
    """One number of the simulation: name, value, meaning, and where it comes from.

    Attributes
    ----------
    name : str
        How the code asks for it.
    value : float
        In the unit that the meaning names; latent scores have standard deviation 1 at the first wave.
    meaning : str
        What it stands for.
    basis : str
        Its source, or the reason for the assumption.
    is_assumption : bool
        True where no source gives the number.
    is_share : bool
        True for what can only lie between 0 and 1.
    """

    name: str
    value: float
    meaning: str
    basis: str
    is_assumption: bool
    is_share: bool = False


@cache
def published_and_assumed() -> tuple[Quantity, ...]:
    """The quantities of `calibration.toml`, in its order."""
    sections = tomllib.loads(resources.files(__package__).joinpath("calibration.toml").read_text("utf-8"))
    return tuple(_quantity(row) for rows in sections.values() for row in rows)


def _quantity(row: dict[str, Any]) -> Quantity:
    is_assumption, is_share = not row.get("published", False), row.get("share", False)
    return Quantity(row["name"], float(row["value"]), row["meaning"], row["basis"], is_assumption, is_share)


@dataclass(frozen=True, eq=False)
class Calibration:
    """The quantities of one simulation, looked up by name.

    Attributes
    ----------
    quantities : tuple of Quantity
        Those of `published_and_assumed`, with the values that were changed.
    """

    quantities: tuple[Quantity, ...] = field(default_factory=published_and_assumed)

    def __getitem__(self, name: str) -> float:
        return self._values[name]

    @cached_property
    def _values(self) -> dict[str, float]:
        return {quantity.name: quantity.value for quantity in self.quantities}

    @property
    def frame(self) -> pd.DataFrame:
        """The quantities as a table: name, value, meaning, basis, is_assumption, is_share."""
        return pd.DataFrame([vars(quantity) for quantity in self.quantities])

    def changed(self, changes: Mapping[str, float]) -> Calibration:
        """The same quantities with some values replaced; a changed value is an assumption.

        Raises
        ------
        ModelError
            For a name that is no quantity, a value that cannot be, or shares that add up to more than one.
        """
        raise_if_stopped(
            [_no_such_quantity(name, self._values) for name in changes if name not in self._values], ModelError
        )
        calibration = Calibration(
            tuple(
                replace(q, value=float(changes[q.name]), basis="changed by the user", is_assumption=True)
                if q.name in changes
                else q
                for q in self.quantities
            )
        )
        raise_if_stopped(_impossible(calibration), ModelError)
        return calibration


WHOLES = (
    ("one_child", "two_children"),
    ("trained_before", "trained_during"),
    ("share_planned_move", "share_returned_home", "share_special_guardianship", "share_adopted"),
    ("carer_share", "pair_share"),
    ("benefit_trait_share", "household_share", "site_share"),
    ("rating_true_share", "rating_rater_share"),
    ("item_blank", "item_refused", "item_not_asked"),
)
"""Shares of one whole: what they leave open goes to the rest."""
ABOVE_ZERO = ("shape", "sdq_beta_a", "sdq_beta_b", "prosocial_beta_a", "prosocial_beta_b")
NOT_BELOW_ZERO = ("breakdown_by_3_years", "other_end_by_3_years", "death_per_year", "growth_sd", "rating_sd")
IN_ORDER = (
    ("age_low", "age_high"),
    ("placed_before_low", "placed_before_high"),
    ("home_days_low", "home_days_high"),
)


def _impossible(quantity: Calibration) -> list[Problem]:
    """Values with which no study can be drawn."""
    outside = [
        f"{q.name} must be {'between 0 and 1' if q.is_share else 'a number'}, not {q.value:g}"
        for q in quantity.quantities
        if not math.isfinite(q.value) or (q.is_share and not 0 <= q.value <= 1)
    ]
    if outside:
        return [_cannot_be(what) for what in outside]
    too_much = [" + ".join(parts) for parts in WHOLES if sum(quantity[part] for part in parts) > 1]
    not_above = [name for name in ABOVE_ZERO if quantity[name] <= 0]
    below = [name for name in NOT_BELOW_ZERO if quantity[name] < 0]
    swapped = [(low, high) for low, high in IN_ORDER if not quantity[low] < quantity[high]]
    difficulties = quantity["sdq_trait_share"] + quantity["sdq_feelings"] ** 2
    if difficulties > 1:
        too_much.append("sdq_trait_share + sdq_feelings ** 2")
    return [
        *(_cannot_be(f"{parts} come to more than 1") for parts in too_much),
        *(_cannot_be(f"{name} must be above 0") for name in not_above),
        *(_cannot_be(f"{name} must not be below 0") for name in below),
        *(_cannot_be(f"{low} must be below {high}") for low, high in swapped),
    ]


def _cannot_be(what: str) -> Problem:
    return Problem(
        "SB-MODEL-33",
        "stop",
        f"No study can be simulated: {what}.",
        why="Parts cannot exceed their whole, nor risks and spreads be negative.",
        fix="Change the other quantities with it, or take a value nearer to the default.",
    )


def _no_such_quantity(name: str, known: Mapping[str, float]) -> Problem:
    guess = nearest(name, known)
    return Problem(
        "SB-MODEL-31",
        "stop",
        f"{name!r} is not a quantity of the simulation.",
        why="A change without effect would look as if it had been made.",
        fix=f"Write {guess!r}." if guess else "See simulate_study().calibration.frame for the names.",
    )
