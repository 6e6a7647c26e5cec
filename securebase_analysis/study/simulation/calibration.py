"""Every quantity the simulated cohort is built on, with its source, or with the plain word that it is assumed.

No study has published scores of the five dimensions, so all that concerns them is assumed. What is published
(placements, difficulties, missing forms) is taken from there, and the tests hold the simulated data to it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from importlib import resources

import pandas as pd

from securebase_analysis.errors import ModelError, Problem, nearest


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
    """

    name: str
    value: float
    meaning: str
    basis: str
    is_assumption: bool


@cache
def published_and_assumed() -> tuple[Quantity, ...]:
    """The quantities of `calibration.toml`, in its order."""
    sections = tomllib.loads(resources.files(__package__).joinpath("calibration.toml").read_text("utf-8"))
    return tuple(
        Quantity(row["name"], float(row["value"]), row["meaning"], row["basis"], not row.get("published", False))
        for rows in sections.values()
        for row in rows
    )


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
        """The quantities as a table: name, value, meaning, basis, is_assumption."""
        return pd.DataFrame([vars(quantity) for quantity in self.quantities])

    def changed(self, changes: Mapping[str, float]) -> Calibration:
        """The same quantities with some values replaced; a changed value is an assumption.

        Raises
        ------
        ModelError
            For a name that is no quantity.
        """
        unknown = [name for name in changes if name not in self._values]
        if unknown:
            raise ModelError([_no_such_quantity(name, self._values) for name in unknown])
        return Calibration(
            tuple(
                Quantity(q.name, float(changes[q.name]), q.meaning, "changed by the user", True)
                if q.name in changes
                else q
                for q in self.quantities
            )
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
