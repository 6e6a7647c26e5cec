"""Where each child lived, from the placement of the first wave until care ends or the data are frozen.

Causes compete: a placement ends by whichever comes first of breakdown, the other endings, the eighteenth birthday
and death. The risk of breakdown falls with time in placement and depends on the child and on the carer.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from securebase_analysis.study.simulation.calibration import Calibration
from securebase_analysis.study.simulation.chance import choices, happens, stream
from securebase_analysis.study.simulation.cohort import (
    DAYS_A_YEAR,
    NEVER,
    Carers,
    Cohort,
    draw_carers,
    freeze_day,
)

OPEN, BREAKDOWN, PLANNED, HOME, GUARDIANSHIP, ADOPTED, OTHER, AGED_OUT, DIED = range(9)
END_REASONS = (
    "",
    "breakdown",
    "planned move",
    "returned home",
    "special guardianship",
    "adopted",
    "other exit",
    "aged out",
    "died",
)
OTHER_ENDINGS = np.array([PLANNED, HOME, GUARDIANSHIP, ADOPTED, OTHER])
MOST_SPELLS = 12
ADULT = 18


@dataclass(frozen=True, eq=False)
class Spells:
    """Placements as arrays of children by place in the sequence; -1 where there is no such placement.

    Attributes
    ----------
    carer, start, end, reason : ndarray of int, shape (n_children, at most 12)
        `end` is `NEVER` while the placement is open; `reason` is a place in `END_REASONS`.
    carers : Carers
        All carers, those of the first wave first.
    """

    carer: np.ndarray
    start: np.ndarray
    end: np.ndarray
    reason: np.ndarray
    carers: Carers

    @property
    def left_day(self) -> np.ndarray:
        """Day on which the child left care or died; `NEVER` when still in care."""
        left = self.reason >= HOME
        return np.where(left, self.end, NEVER).min(axis=1)

    @property
    def died_day(self) -> np.ndarray:
        """Day of death; `NEVER` for the living."""
        return np.where(self.reason == DIED, self.end, NEVER).min(axis=1)

    def place_at(self, day: np.ndarray) -> np.ndarray:
        """Which placement held on each day, shape (n_children, n_days); the last one after care has ended."""
        begun = (self.start[:, None, :] <= day[:, :, None]) & (self.start[:, None, :] >= 0)
        return begun.sum(axis=2) - 1

    def breakdown_between(self, after: np.ndarray, until: np.ndarray) -> np.ndarray:
        """Whether a placement broke down in the time (after, until]; both (n_children, n_times)."""
        broke = np.where(self.reason == BREAKDOWN, self.end, NEVER)[:, None, :]
        within = (broke > after[:, :, None]) & (broke <= until[:, :, None])
        return np.asarray(within.any(axis=2))


def draw_spells(quantity: Calibration, cohort: Cohort, study_days: int, seed: int) -> Spells:
    """Let every child live in its placement, and in the ones that follow, until the freeze."""
    chance = stream(seed, "spells")
    carers = cohort.carers
    n = len(cohort)
    columns: dict[str, list[np.ndarray]] = {"carer": [], "start": [], "end": [], "reason": []}
    carer = cohort.carer
    start = cohort.entry_day - _days_between(quantity, "placed_before", n, chance)
    survived_to = cohort.entry_day
    lifetime = _in_hazard(chance.random(n), quantity["death_per_year"]) * DAYS_A_YEAR
    death_day = cohort.entry_day + np.floor(lifetime)
    living = np.ones(n, dtype=bool)
    for _ in range(MOST_SPELLS):
        end, reason = _ends(quantity, cohort, carers, carer, start, survived_to, death_day, chance)
        row = {"carer": carer, "start": start, "end": end, "reason": reason}
        for name, values in row.items():
            columns[name].append(np.where(living, values, -1))
        living = living & np.isin(reason, (BREAKDOWN, PLANNED))
        if not living.any():
            break
        carer, carers = _next_carers(quantity, cohort, carers, carer, reason, living, study_days, chance)
        start = survived_to = np.where(living, end, start)
    stacked = {name: np.stack(parts, axis=1) for name, parts in columns.items()}
    return Spells(**stacked, carers=carers)


def _ends(
    quantity: Calibration,
    cohort: Cohort,
    carers: Carers,
    carer: np.ndarray,
    start: np.ndarray,
    survived_to: np.ndarray,
    death_day: np.ndarray,
    chance: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray]:
    """When and why each placement ends; `NEVER` and `OPEN` after the freeze."""
    risk = _risk_of_breakdown(quantity, cohort, carers, carer, start)
    home = carers.residential[carer]
    other = OTHER_ENDINGS[choices(chance, _other_shares(quantity), len(carer))]
    days = np.stack(
        [
            _weibull_day(quantity, quantity["breakdown_by_3_years"] * risk, start, survived_to, chance),
            _weibull_day(quantity, quantity["other_end_by_3_years"], start, survived_to, chance),
            cohort.birth_day + round(ADULT * DAYS_A_YEAR),
            np.maximum(death_day, start + 1),
        ],
        axis=1,
    )
    days[home, 0] = NEVER
    days[home, 1] = (start + _days_between(quantity, "home_days", len(carer), chance))[home]
    other = np.where(home, PLANNED, other)
    first = days.argmin(axis=1)
    end = days.min(axis=1).astype(int)
    reason = np.choose(first, [BREAKDOWN, other, AGED_OUT, DIED])
    is_open = end > freeze_day()
    return np.where(is_open, NEVER, end), np.where(is_open, OPEN, reason)


def _days_between(quantity: Calibration, what: str, n: int, chance: np.random.Generator) -> np.ndarray:
    """Whole days, evenly spread between the low and the high value of a quantity."""
    low, high = quantity[f"{what}_low"], quantity[f"{what}_high"]
    return np.floor(low + chance.random(n) * (high - low)).astype(int)


def _other_shares(quantity: Calibration) -> list[float]:
    kinds = ("planned_move", "returned_home", "special_guardianship", "adopted")
    return [quantity[f"share_{kind}"] for kind in kinds]


def _risk_of_breakdown(
    quantity: Calibration,
    cohort: Cohort,
    carers: Carers,
    carer: np.ndarray,
    start: np.ndarray,
) -> np.ndarray:
    """Hazard ratio of breakdown against the level that is published for all placements."""
    age = (start - cohort.birth_day) / DAYS_A_YEAR
    middle = (quantity["age_low"] + quantity["age_high"]) / 2
    log_ratio = (
        quantity["hazard_difficulty"] * cohort.difficulty
        + quantity["hazard_caregiving"] * _mean_caregiving(quantity, carers.caregiving[carer])
        + quantity["hazard_age"] * (age - middle)
        + quantity["hazard_kinship"] * carers.kinship[carer]
    )
    return np.exp(log_ratio) / _usual_risk(quantity)


def _mean_caregiving(quantity: Calibration, caregiving: np.ndarray) -> np.ndarray:
    """Mean of the five dimensions with standard deviation 1, so that a hazard ratio is per SD."""
    n = caregiving.shape[1]
    return caregiving.mean(axis=1) / math.sqrt((1 + (n - 1) * quantity["dimensions_r"]) / n)


def _usual_risk(quantity: Calibration) -> float:
    """The ratio at which the whole cohort survives three years of breakdown as published.

    The frail leave early, so that those who stay are safer than the mean: with mean m and squared coefficient of
    variation v of the ratios, a gamma mixture keeps exp(-H) at three years when ratios are divided by this.
    """
    mean = _mean_ratio(quantity, 1)
    variation = _mean_ratio(quantity, 2) / mean**2 - 1
    spread = variation * quantity["breakdown_by_3_years"]
    return mean * spread / math.expm1(spread) if spread else mean


def _mean_ratio(quantity: Calibration, power: int) -> float:
    """Mean of a power of the hazard ratio over normal scores, evenly spread ages and the share of kin."""
    normal = power**2 * (quantity["hazard_difficulty"] ** 2 + quantity["hazard_caregiving"] ** 2) / 2
    reach = power * quantity["hazard_age"] * (quantity["age_high"] - quantity["age_low"]) / 2
    ages = math.sinh(reach) / reach if reach else 1.0
    kin = 1 + quantity["kinship"] * math.expm1(power * quantity["hazard_kinship"])
    return math.exp(normal) * ages * kin


def _weibull_day(
    quantity: Calibration,
    by_three_years: float | np.ndarray,
    start: np.ndarray,
    survived_to: np.ndarray,
    chance: np.random.Generator,
) -> np.ndarray:
    """Day of the event, given none until `survived_to`; cumulative hazard (t / 3 years)^shape * by_three_years."""
    shape, three_years = quantity["shape"], 3 * DAYS_A_YEAR
    already = ((survived_to - start) / three_years) ** shape
    reached = already + _in_hazard(chance.random(len(start)), by_three_years)
    return np.maximum(start + np.ceil(three_years * reached ** (1 / shape)), survived_to + 1)


def _in_hazard(drawn: np.ndarray, hazard: float | np.ndarray) -> np.ndarray:
    """Exponential waiting times in units of the hazard; for ever where it is zero."""
    with np.errstate(divide="ignore"):
        return np.asarray(-np.log(drawn) / hazard)


def _next_carers(
    quantity: Calibration,
    cohort: Cohort,
    carers: Carers,
    carer: np.ndarray,
    reason: np.ndarray,
    moving: np.ndarray,
    study_days: int,
    chance: np.random.Generator,
) -> tuple[np.ndarray, Carers]:
    """New carers in the same authority for the children who move; some take two, some are children's homes."""
    movers = np.flatnonzero(moving)
    to_home = (reason[movers] == BREAKDOWN) & happens(chance, quantity["residential_after_breakdown"], len(movers))
    to_home &= ~carers.residential[carer[movers]]
    joins = happens(chance, quantity["after_move_shared"], len(movers))
    number = np.arange(len(movers))
    host = number.copy()
    for site in np.unique(cohort.site[movers]):
        fostered = number[(cohort.site[movers] == site) & ~to_home]
        shared = joins[fostered] & (np.arange(len(fostered)) % 2 == 1)
        host[fostered[shared]] = fostered[np.flatnonzero(shared) - 1]
    used, place = np.unique(host, return_inverse=True)
    fresh = draw_carers(quantity, cohort.site[movers][used], study_days, chance)
    fresh = replace(fresh, kinship=fresh.kinship & ~to_home[used], residential=to_home[used])
    following = carer.copy()
    following[movers] = len(carers) + place
    return following, carers.joined_by(fresh)
