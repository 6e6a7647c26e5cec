"""Who is in the study: local authorities, carers, children, siblings, and when each child joined."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from securebase_analysis import theory
from securebase_analysis.study.simulation.calibration import Calibration
from securebase_analysis.study.simulation.chance import choices, correlated, counts, happens, stream

SITES = ("Ashmere", "Brackenfold", "Coldwick", "Dunmarsh")
"""Four local authorities that do not exist."""
SITE_SHARES = [0.3, 0.28, 0.24]
"""ASSUMPTION; the last authority has the rest."""
DATA_FREEZE = np.datetime64("2025-03-31")
DAYS_A_YEAR = 365.25
NEVER = 10**6
TRAINED_YEARS_BEFORE = 3
"""Years before the study over which the trainings before it are spread (ASSUMPTION)."""
RECRUITING_DAYS = (570, 90)
"""Days before the freeze, counted back from the last wave, between which most children joined (ASSUMPTION)."""
LATE_FROM, LATE_DAYS = 15, 240
"""Days after the last chance to reach the last wave within which the others joined (ASSUMPTION)."""


@dataclass(frozen=True, eq=False)
class Carers:
    """Carers as arrays, one place each; grows as children move.

    Attributes
    ----------
    site : ndarray of int
    kinship, residential : ndarray of bool
        Relatives or friends; the staff of a children's home, who are no carer of the study.
    experience : ndarray of int
        Whole years.
    trained_day : ndarray of int
        Day of the training in the model since 1970; `NEVER` without training.
    caregiving : ndarray, shape (n_carers, 5)
        What the carer brings to every child on each dimension, standard normal.
    """

    site: np.ndarray
    kinship: np.ndarray
    residential: np.ndarray
    experience: np.ndarray
    trained_day: np.ndarray
    caregiving: np.ndarray

    def __len__(self) -> int:
        return len(self.site)

    def joined_by(self, others: Carers) -> Carers:
        """These carers, then the others."""
        pairs = zip(vars(self).values(), vars(others).values(), strict=True)
        return Carers(*(np.concatenate(pair) for pair in pairs))


@dataclass(frozen=True, eq=False)
class Cohort:
    """Children as arrays, one place each, and the carers they lived with at the first wave.

    Attributes
    ----------
    site, carer, sibling_group : ndarray of int
        Places in `SITES` and among the carers; -1 for a child without siblings in the study.
    female, abuse_or_neglect : ndarray of bool
    birth_day, entry_day : ndarray of int
        Days since 1970; the entry is the day of the first wave.
    prior_placements : ndarray of int
    difficulty : ndarray
        The lasting part of the child's difficulties, standard normal.
    carers : Carers
    """

    site: np.ndarray
    carer: np.ndarray
    sibling_group: np.ndarray
    female: np.ndarray
    abuse_or_neglect: np.ndarray
    birth_day: np.ndarray
    entry_day: np.ndarray
    prior_placements: np.ndarray
    difficulty: np.ndarray
    carers: Carers

    def __len__(self) -> int:
        return len(self.site)

    @property
    def age_at_entry(self) -> np.ndarray:
        """Years."""
        return (self.entry_day - self.birth_day) / DAYS_A_YEAR


def freeze_day() -> int:
    """The day after which nothing is known, since 1970."""
    return int(DATA_FREEZE.astype("datetime64[D]").astype(int))


def draw_cohort(quantity: Calibration, n_children: int, study_days: int, seed: int) -> Cohort:
    """Draw children in households, and when each joined.

    Parameters
    ----------
    quantity : Calibration
    n_children : int
    study_days : int
        From the first wave to the last.
    seed : int
    """
    chance = stream(seed, "cohort")
    household, place = _households(quantity, n_children, chance)
    n_carers = household[-1] + 1
    siblings = _sibling_groups(quantity, household, chance)
    carers = draw_carers(quantity, np.sort(choices(chance, SITE_SHARES, n_carers)), study_days, chance)
    entry_day = _entry_days(quantity, _same_for_siblings(siblings), study_days, chance)
    age = _ages(quantity, siblings, place, chance)
    return Cohort(
        site=carers.site[household],
        carer=household,
        sibling_group=siblings,
        female=happens(chance, quantity["female"], n_children),
        abuse_or_neglect=happens(chance, quantity["abuse_or_neglect"], n_children),
        birth_day=entry_day - np.round(age * DAYS_A_YEAR).astype(int),
        entry_day=entry_day,
        prior_placements=counts(chance, np.full(n_children, quantity["prior_placements"])),
        difficulty=chance.standard_normal(n_children),
        carers=carers,
    )


def draw_carers(quantity: Calibration, site: np.ndarray, study_days: int, chance: np.random.Generator) -> Carers:
    """Draw one carer for each of the sites given, none of them a children's home."""
    n = len(site)
    kinship = happens(chance, quantity["kinship"], n)
    mean_years = np.where(kinship, quantity["experience_years_kin"], quantity["experience_years"])
    experience = counts(chance, mean_years, highest=35)
    when = choices(chance, [quantity["trained_before"], quantity["trained_during"]], n)
    first_entry = freeze_day() - study_days - RECRUITING_DAYS[0]
    share = chance.random(n)
    before = first_entry - 1 - np.floor(share * TRAINED_YEARS_BEFORE * DAYS_A_YEAR).astype(int)
    during = first_entry + 200 + np.floor(share * study_days).astype(int)
    trained_day = np.select([when == 0, when == 1], [before, during], NEVER)
    caregiving = correlated(chance, (n,), len(theory.DIMENSIONS), quantity["dimensions_r"])
    return Carers(site, kinship, np.zeros(n, dtype=bool), experience, trained_day, caregiving)


def _households(quantity: Calibration, n: int, chance: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """For each child the number of its household, and its place in it: 0, 1, 2."""
    sizes = 1 + choices(chance, [quantity["one_child"], quantity["two_children"]], n)
    household = np.repeat(np.arange(n), sizes)[:n]
    first = np.searchsorted(household, household)
    return household, np.arange(n) - first


def _sibling_groups(quantity: Calibration, household: np.ndarray, chance: np.random.Generator) -> np.ndarray:
    """Number of the sibling group, -1 for children who are not siblings of another in the household."""
    n_households = household[-1] + 1
    several = np.bincount(household, minlength=n_households) > 1
    related = several & happens(chance, quantity["siblings_together"], n_households)
    return np.where(related[household], (np.cumsum(related) - 1)[household], -1)


def _same_for_siblings(siblings: np.ndarray) -> np.ndarray:
    """For each child the first child of its sibling group, or itself."""
    alone = np.arange(len(siblings))
    _, first, back = np.unique(siblings, return_index=True, return_inverse=True)
    return np.where(siblings < 0, alone, first[back])


def _entry_days(
    quantity: Calibration, unit: np.ndarray, study_days: int, chance: np.random.Generator
) -> np.ndarray:
    """Siblings join on the same day; who joins late has not reached the last wave at the freeze."""
    n = len(unit)
    last_chance = freeze_day() - study_days
    early, late = RECRUITING_DAYS
    share = chance.random(n)
    regular = last_chance - early + np.floor(share * (early - late)).astype(int)
    delayed = last_chance + LATE_FROM + np.floor(share * min(LATE_DAYS, 0.9 * study_days)).astype(int)
    joined_late = happens(chance, quantity["late_entry"], n) & (study_days > 0)
    return np.where(joined_late, delayed, regular)[unit]


def _ages(
    quantity: Calibration, siblings: np.ndarray, place: np.ndarray, chance: np.random.Generator
) -> np.ndarray:
    """Ages at the first wave; siblings are at least a year and a half apart, as far as the range allows."""
    low, high = quantity["age_low"], quantity["age_high"]
    unit = _same_for_siblings(siblings)
    size = np.bincount(unit, minlength=len(unit))[unit]
    gap = np.minimum(1.5, (high - low) / (size + 1)) * (siblings >= 0)
    start = chance.random(len(unit))[unit] * (high - low - gap * (size - 1))
    return np.minimum(low + start + gap * place, high - 0.01)
