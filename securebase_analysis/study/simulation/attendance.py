"""Who was seen at which wave, on what day, and why the others were not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from securebase_analysis.study.simulation.calibration import Calibration
from securebase_analysis.study.simulation.chance import happens, stream
from securebase_analysis.study.simulation.cohort import DAYS_A_YEAR, Cohort, freeze_day
from securebase_analysis.study.simulation.spells import Spells

SEEN, REFUSED, NOT_ASKED, NOT_YET_DUE, LEFT_CARE, DEAD, LOST = range(7)
STATUSES = ("seen", "refused", "not asked", "not yet due", "left care", "died", "lost")
REASONS = {REFUSED: "carer declined this visit", NOT_ASKED: "agency advised against a visit"}
IN_A_HOME = "living in a children's home"
LATEST_VISIT = 45
"""Days after the planned day within which a visit takes place (ASSUMPTION)."""


@dataclass(frozen=True, eq=False)
class Attendance:
    """Arrays of children by waves.

    Attributes
    ----------
    planned, day : ndarray of int
        Planned day of the wave and day of the visit, since 1970; `day` holds only where the child was seen.
    status : ndarray of int
        Places in `STATUSES`.
    carer : ndarray of int
        The carer on the planned day; the last one after care has ended.
    in_a_home : ndarray of bool
        Whether the child lived in a children's home on the planned day.
    """

    planned: np.ndarray
    day: np.ndarray
    status: np.ndarray
    carer: np.ndarray
    in_a_home: np.ndarray

    @property
    def seen(self) -> tuple[np.ndarray, np.ndarray]:
        """Child and wave (from 0) of every visit, in the order of the children."""
        child, wave = np.nonzero(self.status == SEEN)
        return child, wave


def planned_days(cohort: Cohort, n_waves: int, months_between: float) -> np.ndarray:
    """Planned day of each wave, shape (n_children, n_waves)."""
    steps = np.round(np.arange(n_waves) * months_between * DAYS_A_YEAR / 12).astype(int)
    return cohort.entry_day[:, None] + steps


def draw_attendance(
    quantity: Calibration, cohort: Cohort, spells: Spells, planned: np.ndarray, seed: int
) -> Attendance:
    """Draw visits; loss and refusal are likelier when a placement broke down since the wave before."""
    chance = stream(seed, "attendance")
    place = spells.place_at(planned)
    carer = np.take_along_axis(spells.carer, place, axis=1)
    in_a_home = spells.carers.residential[carer]
    before = np.concatenate([planned[:, :1], planned[:, :-1]], axis=1)
    broke = spells.breakdown_between(before, planned)
    later = np.arange(planned.shape[1]) > 0
    lost = happens(chance, np.where(broke, quantity["lost_after_breakdown"], quantity["lost"]), planned.shape)
    refused = happens(
        chance, np.where(broke, quantity["refused_after_breakdown"], quantity["refused"]), planned.shape
    )
    not_asked = happens(chance, quantity["not_asked"], planned.shape) | in_a_home
    status = np.select(
        [
            spells.died_day[:, None] <= planned,
            spells.left_day[:, None] <= planned,
            planned > freeze_day(),
            np.logical_or.accumulate(lost & later, axis=1),
            not_asked & later,
            refused & later,
        ],
        [DEAD, LEFT_CARE, NOT_YET_DUE, LOST, NOT_ASKED, REFUSED],
        SEEN,
    )
    delay = np.floor(chance.random(planned.shape) * LATEST_VISIT).astype(int) * later
    last_day = np.minimum(np.take_along_axis(spells.end, place, axis=1) - 1, freeze_day())
    return Attendance(planned, np.minimum(planned + delay, last_day), status, carer, in_a_home)
