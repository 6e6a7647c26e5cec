"""From arrays to the tables of a study folder: pseudonyms, dates, words."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from securebase_analysis import theory
from securebase_analysis.study.simulation.attendance import (
    IN_A_HOME,
    NOT_ASKED,
    REASONS,
    REFUSED,
    SEEN,
    STATUSES,
    Attendance,
)
from securebase_analysis.study.simulation.cohort import NEVER, SITES, Cohort
from securebase_analysis.study.simulation.spells import END_REASONS, Spells
from securebase_analysis.study.simulation.truth import LatentScores


@dataclass(frozen=True, eq=False)
class Pseudonyms:
    """What the arrays' places are called in the tables.

    Attributes
    ----------
    site, child : ndarray of str, one for each child
    carer : ndarray of str, one for each carer; empty for a children's home
    """

    site: np.ndarray
    child: np.ndarray
    carer: np.ndarray


def pseudonyms(cohort: Cohort, spells: Spells) -> Pseudonyms:
    """Children are numbered within their authority under its letter, carers throughout."""
    site = np.array(SITES)[cohort.site]
    number = pd.Series(cohort.site).groupby(cohort.site).cumcount().to_numpy() + 1
    width = max(3, len(str(number.max())))
    child = np.array([f"{name[0]}{count:0{width}d}" for name, count in zip(site, number, strict=True)])
    fostering = ~spells.carers.residential
    width = max(3, len(str(len(fostering))))
    names = [f"K{count:0{width}d}" for count in np.cumsum(fostering)]
    return Pseudonyms(site, child, np.where(fostering, names, ""))


def dates(day: np.ndarray) -> pd.DatetimeIndex:
    """Days since 1970 as dates; `NEVER` as missing."""
    stamps = np.where(day >= NEVER, np.int64(0), day).astype("datetime64[D]").astype("datetime64[s]")
    stamps[day >= NEVER] = np.datetime64("NaT")
    return pd.DatetimeIndex(stamps)


def yes_no(flag: np.ndarray) -> np.ndarray:
    """The words of the tables."""
    return np.where(flag, "yes", "no")


def children_table(cohort: Cohort, spells: Spells, names: Pseudonyms) -> pd.DataFrame:
    """One row a child."""
    kin = spells.carers.kinship[cohort.carer]
    siblings = np.array([f"S{number + 1:03d}" if number >= 0 else "" for number in cohort.sibling_group])
    return pd.DataFrame(
        {
            "site": names.site,
            "child": names.child,
            "sex": np.where(cohort.female, "female", "male"),
            "birth_date": dates(cohort.birth_day),
            "care_context": np.where(kin, "kinship", "foster"),
            "sibling_group": siblings,
            "prior_placements": cohort.prior_placements,
            "abuse_or_neglect": yes_no(cohort.abuse_or_neglect),
        }
    )


def carers_table(spells: Spells, names: Pseudonyms) -> pd.DataFrame:
    """One row a carer; children's homes have none."""
    carers = spells.carers
    trained = carers.trained_day < NEVER
    frame = pd.DataFrame(
        {
            "site": np.array(SITES)[carers.site],
            "carer": names.carer,
            "kinship": yes_no(carers.kinship),
            "experience_years": carers.experience,
            "trained": yes_no(trained),
            "trained_date": dates(carers.trained_day),
        }
    )
    return frame[~carers.residential].reset_index(drop=True)


def placements_table(spells: Spells, names: Pseudonyms) -> pd.DataFrame:
    """One row a placement, in the order in which each child lived through them."""
    child, place = np.nonzero(spells.carer >= 0)
    carer = spells.carer[child, place]
    kin, home = spells.carers.kinship[carer], spells.carers.residential[carer]
    return pd.DataFrame(
        {
            "site": names.site[child],
            "child": names.child[child],
            "carer": names.carer[carer],
            "type": np.select([home, kin], ["residential", "kinship"], "foster"),
            "start": dates(spells.start[child, place]),
            "end": dates(spells.end[child, place]),
            "end_reason": np.array(END_REASONS)[spells.reason[child, place]],
        }
    )


def waves_table(attendance: Attendance, names: Pseudonyms) -> pd.DataFrame:
    """One row for each visit made or tried; what follows from placements and dates is left to be worked out."""
    child, wave = np.nonzero(np.isin(attendance.status, (SEEN, REFUSED, NOT_ASKED)))
    status, in_a_home = attendance.status[child, wave], attendance.in_a_home[child, wave]
    day = np.where(status == SEEN, attendance.day[child, wave], NEVER)
    reason = np.select(
        [status == REFUSED, in_a_home, status == NOT_ASKED], [REASONS[REFUSED], IN_A_HOME, REASONS[NOT_ASKED]], ""
    )
    return pd.DataFrame(
        {
            "site": names.site[child],
            "child": names.child[child],
            "wave": wave + 1,
            "date": dates(day),
            "status": np.array(STATUSES)[status],
            "reason": reason,
            "carer": names.carer[attendance.carer[child, wave]],
        }
    )


def visits(names: Pseudonyms, child: np.ndarray, wave: np.ndarray, day: np.ndarray) -> pd.DataFrame:
    """The first columns of every table of forms."""
    return pd.DataFrame(
        {"site": names.site[child], "child": names.child[child], "wave": wave + 1, "date": dates(day)}
    )


def truth_table(latent: LatentScores, attendance: Attendance, names: Pseudonyms) -> pd.DataFrame:
    """True scores of every child at every planned wave, whether or not anyone was seen."""
    n, n_waves = attendance.status.shape
    child, wave = np.repeat(np.arange(n), n_waves), np.tile(np.arange(n_waves), n)
    columns = {
        "site": names.site[child],
        "child": names.child[child],
        "wave": wave + 1,
        "status": np.array(STATUSES)[attendance.status.ravel()],
        "carer": names.carer[attendance.carer.ravel()],
    }
    for name, scores in constructs(latent).items():
        columns[name] = scores.ravel()
    columns["difficulties"] = latent.difficulties.ravel()
    return pd.DataFrame(columns)


def constructs(latent: LatentScores) -> dict[str, np.ndarray]:
    """The true score of each construct and part, shape (n_children, n_waves)."""
    scores = {name: latent.caregiving[:, :, place] for place, name in enumerate(theory.CAREGIVING)}
    scores |= {name: latent.benefits[:, :, place] for place, name in enumerate(theory.BENEFITS)}
    for place, part in enumerate(theory.FAMILY_PARTS):
        scores[f"family_membership_{part}"] = latent.caregiving_parts[:, :, place]
        scores[f"belonging_{part}"] = latent.benefit_parts[:, :, place]
    return scores
