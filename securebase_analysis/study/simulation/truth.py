"""The latent scores: what each child and carer is like at each wave, before anyone asks.

Caregiving of a child at a wave is what the carer brings, what this pair has, and the day; one dimension raises
another as PATHWAYS says. A benefit is the child's own lasting part, growth, and a changing part that carries over
from wave to wave and is fed by caregiving now and at the wave before.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from securebase_analysis import theory
from securebase_analysis.study.simulation.calibration import Calibration
from securebase_analysis.study.simulation.chance import correlated, stream
from securebase_analysis.study.simulation.cohort import SITES, Cohort
from securebase_analysis.study.simulation.effects import among_caregiving, on_other_benefits
from securebase_analysis.study.simulation.spells import Spells

N_DIMENSIONS = len(theory.DIMENSIONS)
_MANAGING_FEELINGS = theory.BENEFITS.index("managing_feelings")


@dataclass(frozen=True, eq=False)
class LatentScores:
    """True scores as arrays of children by waves by dimensions, in the order of `theory.DIMENSIONS`.

    Attributes
    ----------
    caregiving, benefits : ndarray, shape (n_children, n_waves, 5)
        Standard deviation about 1 at the first wave.
    caregiving_parts, benefit_parts : ndarray, shape (n_children, n_waves, 2)
        Family membership and belonging towards the foster family and the birth family.
    difficulties : ndarray, shape (n_children, n_waves)
        Standard normal at the first wave; high is difficult.
    growth : ndarray, shape (n_children, 5)
        Growth of each benefit a year, apart from what caregiving does.
    """

    caregiving: np.ndarray
    benefits: np.ndarray
    caregiving_parts: np.ndarray
    benefit_parts: np.ndarray
    difficulties: np.ndarray
    growth: np.ndarray


def draw_truth(
    quantity: Calibration, cohort: Cohort, spells: Spells, days: np.ndarray, years: np.ndarray, seed: int
) -> LatentScores:
    """Draw the latent scores of every child at every planned wave.

    Parameters
    ----------
    quantity : Calibration
    cohort : Cohort
    spells : Spells
    days : ndarray of int, shape (n_children, n_waves)
        Planned day of each wave.
    years : ndarray, shape (n_waves,)
        Since the first wave.
    seed : int
    """
    caregiving = _caregiving(quantity, cohort, spells, days, stream(seed, "caregiving"))
    broke = spells.breakdown_between(_day_before(days), days)
    chance = stream(seed, "benefits")
    changing = _benefits_without_growth(quantity, cohort, caregiving, broke, chance)
    growth = quantity["growth"] + quantity["growth_sd"] * chance.standard_normal((len(cohort), N_DIMENSIONS))
    benefits = changing + growth[:, None, :] * years[None, :, None]
    parts = stream(seed, "family parts")
    return LatentScores(
        caregiving,
        benefits,
        _two_families(quantity, caregiving[:, :, -1], parts),
        _two_families(quantity, benefits[:, :, -1], parts),
        _difficulties(quantity, cohort, changing, stream(seed, "difficulties")),
        growth,
    )


def _day_before(days: np.ndarray) -> np.ndarray:
    """Day of the wave before; for the first wave its own day."""
    return np.concatenate([days[:, :1], days[:, :-1]], axis=1)


# --- caregiving -------------------------------------------------------------------------------------------------


def _caregiving(
    quantity: Calibration, cohort: Cohort, spells: Spells, days: np.ndarray, chance: np.random.Generator
) -> np.ndarray:
    """Carer, pair and occasion in the shares of the calibration; then the claims, training and kinship."""
    n, r = len(cohort), quantity["dimensions_r"]
    place = spells.place_at(days)
    carer = np.take_along_axis(spells.carer, place, axis=1)
    pair = correlated(chance, (n, spells.carer.shape[1]), N_DIMENSIONS, r)
    pair = np.take_along_axis(pair, place[:, :, None], axis=1)
    occasion = _carried(correlated(chance, days.shape, N_DIMENSIONS, r), quantity["occasion_carry"])
    of_carer, of_pair = quantity["carer_share"], quantity["pair_share"]
    score = (
        math.sqrt(of_carer) * spells.carers.caregiving[carer]
        + math.sqrt(of_pair) * pair
        + math.sqrt(1 - of_carer - of_pair) * occasion
    )
    score = score @ among_caregiving(quantity).T
    trained = spells.carers.trained_day[carer] <= days
    kin = spells.carers.kinship[carer]
    score += quantity["training_gain"] * (trained - quantity["trained_before"])[:, :, None]
    score[:, :, -1] += quantity["kinship_membership"] * (kin - quantity["kinship"])
    return score


def _carried(noise: np.ndarray, r: float) -> np.ndarray:
    """Standard normal series over the waves in which neighbours correlate `r`."""
    series = noise.copy()
    for wave in range(1, noise.shape[1]):
        series[:, wave] = r * series[:, wave - 1] + math.sqrt(1 - r**2) * noise[:, wave]
    return series


# --- benefits ---------------------------------------------------------------------------------------------------


def _benefits_without_growth(
    quantity: Calibration, cohort: Cohort, caregiving: np.ndarray, broke: np.ndarray, chance: np.random.Generator
) -> np.ndarray:
    """The lasting part and the changing part, wave after wave."""
    n, n_waves, _ = caregiving.shape
    lasting = _lasting_part(quantity, cohort, chance)
    noise = correlated(chance, (n, n_waves), N_DIMENSIONS, quantity["benefit_change_r"])
    changing_share = 1 - sum(quantity[f"{part}_share"] for part in ("benefit_trait", "household", "site"))
    carry = quantity["carry_over"]
    fed = _fed_by_caregiving(quantity, caregiving)
    state = np.empty_like(caregiving)
    state[:, 0] = fed[:, 0] + math.sqrt(changing_share) * noise[:, 0]
    for wave in range(1, n_waves):
        fresh = math.sqrt(changing_share * (1 - carry**2)) * noise[:, wave]
        loss = quantity["breakdown_loss"] * broke[:, wave, None]
        state[:, wave] = carry * state[:, wave - 1] + fed[:, wave] + loss + fresh
    return lasting[:, None, :] + state


def _lasting_part(quantity: Calibration, cohort: Cohort, chance: np.random.Generator) -> np.ndarray:
    of_site = chance.standard_normal((len(SITES), N_DIMENSIONS))
    of_child = correlated(chance, (len(cohort),), N_DIMENSIONS, quantity["benefit_trait_r"])
    of_household = correlated(chance, (cohort.carer.max() + 1,), N_DIMENSIONS, quantity["benefit_trait_r"])
    return (
        math.sqrt(quantity["benefit_trait_share"]) * of_child
        + math.sqrt(quantity["household_share"]) * of_household[cohort.carer]
        + math.sqrt(quantity["site_share"]) * of_site[cohort.site]
    )


def _fed_by_caregiving(quantity: Calibration, caregiving: np.ndarray) -> np.ndarray:
    """What caregiving adds at each wave: builds now, over time from the wave before, and from other dimensions."""
    before = np.concatenate([caregiving[:, :1], caregiving[:, :-1]], axis=1)
    from_others = caregiving @ on_other_benefits(quantity).T
    return quantity["builds"] * caregiving + quantity["over_time"] * before + from_others


def _two_families(quantity: Calibration, whole: np.ndarray, chance: np.random.Generator) -> np.ndarray:
    """Foster and birth family: their mean is the whole, their correlation that of the calibration."""
    r = quantity["family_parts_r"]
    apart = math.sqrt((1 - r) / (1 + r)) * chance.standard_normal((len(whole), 1))
    return np.stack([whole + apart, whole - apart], axis=2)


def _difficulties(
    quantity: Calibration, cohort: Cohort, changing: np.ndarray, chance: np.random.Generator
) -> np.ndarray:
    """Difficulties: lower where feelings are managed, a lasting part, and the day."""
    feelings = changing[:, :, _MANAGING_FEELINGS]
    effect, lasting = quantity["sdq_feelings"], quantity["sdq_trait_share"]
    day = math.sqrt(1 - effect**2 - lasting) * chance.standard_normal(feelings.shape)
    return effect * feelings + math.sqrt(lasting) * cohort.difficulty[:, None] + day
