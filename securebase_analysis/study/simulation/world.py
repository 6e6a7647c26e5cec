"""Everything that is so in a simulated cohort, before anyone writes it down."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from securebase_analysis import theory
from securebase_analysis.study.simulation import tables
from securebase_analysis.study.simulation.attendance import Attendance, draw_attendance, planned_days
from securebase_analysis.study.simulation.calibration import Calibration
from securebase_analysis.study.simulation.cohort import Cohort, draw_cohort
from securebase_analysis.study.simulation.spells import Spells, draw_spells
from securebase_analysis.study.simulation.truth import LatentScores, draw_truth


@dataclass(frozen=True, eq=False)
class World:
    """Everything that is so, before anyone writes it down."""

    cohort: Cohort
    spells: Spells
    attendance: Attendance
    latent: LatentScores
    names: tables.Pseudonyms

    def at(self, child: np.ndarray, wave: np.ndarray, family_parts_r: float) -> dict[str, np.ndarray]:
        """True scores at chosen visits, those of the two families brought back to a standard deviation of 1."""
        scale = np.sqrt((1 + family_parts_r) / 2)
        return {
            name: scores[child, wave] * (scale if theory.construct(name).part else 1.0)
            for name, scores in tables.constructs(self.latent).items()
        }


def draw_world(quantity: Calibration, n_children: int, n_waves: int, months: float, seed: int) -> World:
    """Children and carers, then placements, then visits, then what each is like."""
    years = np.arange(n_waves) * months / 12
    study_days = round(float(years[-1]) * 365.25)
    cohort = draw_cohort(quantity, n_children, study_days, seed)
    spells = draw_spells(quantity, cohort, study_days, seed)
    planned = planned_days(cohort, n_waves, months)
    attendance = draw_attendance(quantity, cohort, spells, planned, seed)
    latent = draw_truth(quantity, cohort, spells, planned, years, seed)
    return World(cohort, spells, attendance, latent, tables.pseudonyms(cohort, spells))
