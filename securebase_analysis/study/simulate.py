"""A cohort whose truth is known: simulate it, compare findings with what was put in, write its folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from securebase_analysis import theory
from securebase_analysis.errors import ModelError, Problem
from securebase_analysis.study.codebook import Codebook
from securebase_analysis.study.simulation import answers, coding, tables
from securebase_analysis.study.simulation.attendance import Attendance, draw_attendance, planned_days
from securebase_analysis.study.simulation.calibration import Calibration
from securebase_analysis.study.simulation.chance import happens, stream
from securebase_analysis.study.simulation.cohort import Cohort, draw_cohort, freeze_day
from securebase_analysis.study.simulation.effects import intraclass_correlations, pathways_table
from securebase_analysis.study.simulation.folder import write_folder
from securebase_analysis.study.simulation.instruments import (
    ABOUT_THE_CARER,
    ABOUT_THE_CHILD,
    item_groups,
    study_codebook,
)
from securebase_analysis.study.simulation.readme import MONTHS_BETWEEN
from securebase_analysis.study.simulation.spells import Spells, draw_spells
from securebase_analysis.study.simulation.truth import LatentScores, draw_truth

if TYPE_CHECKING:
    from securebase_analysis.readers.interviews import Interviews
    from securebase_analysis.study.study import Study

SEED = 20417
CHILDREN_A_SOCIAL_WORKER = 15
DAYS_TO_THE_SCHOOL = 60
"""Days within which the teacher's form follows the visit (ASSUMPTION, both)."""


@dataclass(frozen=True, eq=False, repr=False)
class Truth:
    """What was put into a simulated study, to be compared with what an analysis gets out.

    Attributes
    ----------
    scores : pandas.DataFrame
        One row for every child and planned wave: ``site, child, wave, status, carer``, then the latent score of
        each construct and part, and ``difficulties``. Standard deviation about 1 at the first wave.
    slopes : pandas.DataFrame
        One row a child: ``site, child``, then the growth of each benefit in SD a year, apart from what caregiving
        adds to it.
    pathways : pandas.DataFrame
        ``source, target, kind, coefficient``: the claims of `theory.PATHWAYS` with the effect they have here.
    intraclass : pandas.DataFrame
        ``construct, group, icc``: what children of one carer, or of one site, share at the first wave.
    parameters : pandas.DataFrame
        ``name, value, meaning, basis, is_assumption, is_share``: every quantity of the simulation.
    """

    scores: pd.DataFrame
    slopes: pd.DataFrame
    pathways: pd.DataFrame
    intraclass: pd.DataFrame
    parameters: pd.DataFrame

    def __repr__(self) -> str:
        return f"Truth of a simulated study: {len(self.slopes)} children, {len(self.parameters)} quantities"


@dataclass(frozen=True, eq=False, repr=False)
class SimulatedStudy:
    """A simulated cohort: the tables of its files, and the truth behind them.

    Attributes
    ----------
    seed, n_children, n_waves : int
    months_between : float
    calibration : Calibration
    codebook : Codebook
    tables : dict of str to pandas.DataFrame
        By file: ``children, carers, placements, waves, carer_questionnaire, child_questionnaire, sdq_carer,
        sdq_teacher, ratings``, and ``interviews`` (one row a transcript) when there are interviews.
    interviews : Interviews or None
        The coded transcripts.
    truth : Truth
    """

    seed: int
    n_children: int
    n_waves: int
    months_between: float
    calibration: Calibration
    codebook: Codebook
    tables: dict[str, pd.DataFrame]
    interviews: Interviews | None
    truth: Truth

    def __repr__(self) -> str:
        seen = (self.truth.scores["status"] == "seen").sum()
        return (
            f"Simulated study: {self.n_children} children, {self.n_waves} waves, {seen} visits, "
            f"{'no' if self.interviews is None else len(self.interviews.sources)} interviews; seed {self.seed}"
        )

    @cached_property
    def study(self) -> Study:
        """The study as `read_study` gives it, read from a folder that is written for it and removed again."""
        from tempfile import TemporaryDirectory

        from securebase_analysis.study.study import read_study

        with TemporaryDirectory() as place:
            return read_study(write_study(self, place))


def simulate_study(
    n_children: int = 240,
    n_waves: int = 4,
    seed: int = SEED,
    *,
    months_between: float = MONTHS_BETWEEN,
    interviews: bool = True,
    changes: Mapping[str, float] | None = None,
) -> SimulatedStudy:
    """Simulate a long-term foster care cohort whose truth is known.

    Parameters
    ----------
    n_children : int
        Children at the first wave.
    n_waves : int
        Planned waves.
    seed : int
        The same seed gives the same study.
    months_between : float
        Months from one wave to the next. A year lets a placement, and a benefit, change between waves.
    interviews : bool
        Whether to write and code transcripts; leave them out for large cohorts. No other table depends on it.
    changes : mapping of str to float, optional
        New values for quantities of the calibration, e.g. ``{"over_time": 0.0}`` for a world in which the claim
        does not hold. Their names are in ``simulate_study().calibration.frame``.

    Returns
    -------
    SimulatedStudy

    Raises
    ------
    ModelError
        For sizes that make no study, a quantity that does not exist, or values that cannot be.

    Notes
    -----
    With caregiving :math:`C_t` on a dimension and its benefit
    :math:`B_t = L + g\\,t + S_t`,

    .. math:: S_t = \\rho S_{t-1} + \\beta_0 C_t + \\beta_1 C_{t-1} + \\textstyle\\sum \\delta\\,C^{other}_t
              + \\lambda\\,broke_t + e_t .

    :math:`L` is the child's own, :math:`g` its growth, ``builds`` is :math:`\\beta_0`, ``over_time``
    :math:`\\beta_1`, ``interacts_benefit`` :math:`\\delta`. Nobody has published scores of the five dimensions, so
    all of this is assumed: a simulated study shows what a method does, never what children are like.

    References
    ----------
    Quantities and sources: ``simulate_study().calibration.frame``.

    Examples
    --------
    >>> simulated = simulate_study(n_children=52, n_waves=3, seed=1, interviews=False)
    >>> len(simulated.tables["children"]), len(simulated.truth.scores)
    (52, 156)
    """
    _check_sizes(n_children, n_waves, months_between)
    quantity = Calibration().changed(changes or {})
    codebook = study_codebook(n_waves, months_between)
    world = _draw_world(quantity, n_children, n_waves, months_between, seed)
    written = _written_tables(quantity, codebook, world, seed)
    coded = None
    if interviews:
        written["interviews"], coded = _interviews(quantity, codebook, world, seed)
    return SimulatedStudy(
        seed, n_children, n_waves, months_between, quantity, codebook, written, coded, _truth(quantity, world)
    )


def write_study(study: SimulatedStudy | Study, folder: str | Path) -> Path:
    """Write a study as the folder that `read_study` reads.

    Parameters
    ----------
    study : SimulatedStudy or Study
        From `simulate_study`, or from `read_study` and `pseudonymise`.
    folder : str or Path
        Made when it does not exist. Of a simulated study files of the same names are replaced; a `Study` is
        written into a new or empty folder only.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    DataError
        SB-STUDY-12 when there is anything in the folder of a `Study`.

    Notes
    -----
    A `Study` is written under the names of its tables, whatever its files were called. Status and carer of every
    child and wave are written as they were found, and reasons of missing answers under their codes.

    Examples
    --------
    >>> import tempfile
    >>> place = write_study(simulate_study(n_children=20, n_waves=2, interviews=False), tempfile.mkdtemp())
    >>> (place / "study.toml").exists()
    True
    """
    if isinstance(study, SimulatedStudy):
        return write_folder(study, Path(folder))
    from securebase_analysis.study.study_files import write_tables

    return write_tables(study, Path(folder))


# --- the world --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class _World:
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


def _check_sizes(n_children: int, n_waves: int, months_between: float) -> None:
    too_small = {
        "n_children": n_children < 1,
        "n_waves": n_waves < 1,
        "months_between": not months_between > 0,
    }
    problems = [
        Problem("SB-MODEL-32", "stop", f"{name} is too small for a study.", fix=f"Give {name} of 1 or more.")
        for name, is_bad in too_small.items()
        if is_bad
    ]
    if problems:
        raise ModelError(problems)


def _draw_world(quantity: Calibration, n_children: int, n_waves: int, months: float, seed: int) -> _World:
    """Children and carers, then placements, then visits, then what each is like."""
    years = np.arange(n_waves) * months / 12
    study_days = round(float(years[-1]) * 365.25)
    cohort = draw_cohort(quantity, n_children, study_days, seed)
    spells = draw_spells(quantity, cohort, study_days, seed)
    planned = planned_days(cohort, n_waves, months)
    attendance = draw_attendance(quantity, cohort, spells, planned, seed)
    latent = draw_truth(quantity, cohort, spells, planned, years, seed)
    return _World(cohort, spells, attendance, latent, tables.pseudonyms(cohort, spells))


def _truth(quantity: Calibration, world: _World) -> Truth:
    names = world.names
    slopes = pd.DataFrame(world.latent.growth, columns=list(theory.BENEFITS))
    slopes.insert(0, "child", names.child)
    slopes.insert(0, "site", names.site)
    return Truth(
        tables.truth_table(world.latent, world.attendance, names),
        slopes,
        pathways_table(quantity),
        intraclass_correlations(quantity),
        quantity.frame,
    )


# --- what is written down ---------------------------------------------------------------------------------------


def _written_tables(
    quantity: Calibration, codebook: Codebook, world: _World, seed: int
) -> dict[str, pd.DataFrame]:
    return {
        "children": tables.children_table(world.cohort, world.spells, world.names),
        "carers": tables.carers_table(world.spells, world.names),
        "placements": tables.placements_table(world.spells, world.names),
        "waves": tables.waves_table(world.attendance, world.names),
        "carer_questionnaire": _questionnaire(quantity, world, ABOUT_THE_CARER, seed),
        "child_questionnaire": _questionnaire(quantity, world, ABOUT_THE_CHILD, seed),
        **_sdq_tables(quantity, codebook, world, seed),
        "ratings": _ratings(quantity, codebook, world, seed),
    }


def _returned(
    quantity: Calibration, world: _World, missing: str, chance: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Child and wave of the forms that came back from the visits."""
    child, wave = world.attendance.seen
    back = ~happens(chance, quantity[missing], len(child))
    return child[back], wave[back]


def _questionnaire(quantity: Calibration, world: _World, instrument: str, seed: int) -> pd.DataFrame:
    chance = stream(seed, instrument)
    child, wave = _returned(quantity, world, "carer_form_missing", chance)
    latent = world.at(child, wave, quantity["family_parts_r"])
    items = answers.questionnaire(quantity, item_groups(instrument), latent, chance)
    day = world.attendance.day[child, wave]
    return pd.concat([tables.visits(world.names, child, wave, day), items], axis=1)


def _sdq_tables(quantity: Calibration, codebook: Codebook, world: _World, seed: int) -> dict[str, pd.DataFrame]:
    chance = stream(seed, "sdq")
    at_home = answers.difficulty_scales(quantity, world.latent.difficulties, chance)
    at_school = answers.as_the_teacher_sees(quantity, at_home, chance)
    written = {}
    for informant, scales, delay in (("carer", at_home, 0), ("teacher", at_school, DAYS_TO_THE_SCHOOL)):
        child, wave = _returned(quantity, world, f"{informant}_form_missing", chance)
        items = answers.sdq(
            quantity, codebook, {scale: standing[child, wave] for scale, standing in scales.items()}, chance
        )
        later = np.floor(chance.random(len(child)) * (delay + 1)).astype(int)
        day = np.minimum(world.attendance.day[child, wave] + later, freeze_day())
        written[f"sdq_{informant}"] = pd.concat([tables.visits(world.names, child, wave, day), items], axis=1)
    return written


def _ratings(quantity: Calibration, codebook: Codebook, world: _World, seed: int) -> pd.DataFrame:
    """The child's social worker rates each visit, and a second one some of them."""
    chance = stream(seed, "ratings")
    child, wave = _returned(quantity, world, "carer_form_missing", chance)
    again = happens(chance, quantity["rated_twice"], len(child))
    n_workers = max(3, len(world.cohort) // (4 * CHILDREN_A_SOCIAL_WORKER))
    worker = np.concatenate([child % n_workers, (child[again] + 1) % n_workers])
    child, wave = np.concatenate([child, child[again]]), np.concatenate([wave, wave[again]])
    order = np.lexsort((np.arange(len(child)), wave, child))
    child, wave, worker = child[order], wave[order], worker[order]
    rater = world.cohort.site[child] * n_workers + worker
    typed = answers.ratings(quantity, codebook, world.at(child, wave, quantity["family_parts_r"]), rater, chance)
    frame = tables.visits(world.names, child, wave, world.attendance.day[child, wave])
    letters = pd.Series(world.names.site[child]).str[0]
    frame.insert(3, "rater", letters + "-SW" + pd.Series(worker + 1).astype(str))
    sources = np.array(answers.RATING_EVIDENCE)
    frame["evidence"] = sources[(chance.random(len(child)) * len(sources)).astype(int)]
    return pd.concat([frame, typed], axis=1)


def _interviews(
    quantity: Calibration, codebook: Codebook, world: _World, seed: int
) -> tuple[pd.DataFrame, Interviews]:
    """Transcripts of the carers of some children at the first and the third wave, coded."""
    chance = stream(seed, "interviews")
    chosen = happens(chance, quantity["interviewed"], len(world.cohort))
    child, wave = world.attendance.seen
    held = chosen[child] & np.isin(wave, coding.WAVES_HELD)
    child, wave = child[held], wave[held]
    latent = world.at(child, wave, quantity["family_parts_r"])
    about = tables.visits(world.names, child, wave, world.attendance.day[child, wave])
    about.insert(0, "source", [f"Interview {number:03d}" for number in range(1, len(about) + 1)])
    about.insert(4, "informant", "carer")
    return about, coding.coded_interviews(quantity, codebook, list(about["source"]), latent, chance)
