"""A cohort whose truth is known: simulate it, compare findings with what was put in, write its folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from securebase_analysis import theory
from securebase_analysis.errors import ModelError, Problem
from securebase_analysis.study.codebook import Codebook
from securebase_analysis.study.simulation import tables
from securebase_analysis.study.simulation.calibration import Calibration
from securebase_analysis.study.simulation.effects import intraclass_correlations, pathways_table
from securebase_analysis.study.simulation.folder import write_folder
from securebase_analysis.study.simulation.instruments import study_codebook
from securebase_analysis.study.simulation.readme import MONTHS_BETWEEN
from securebase_analysis.study.simulation.world import World, draw_world
from securebase_analysis.study.simulation.written_down import interviews_written, written_tables

if TYPE_CHECKING:
    from securebase_analysis.readers.interviews import Interviews
    from securebase_analysis.study.study import Study

SEED = 20417


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
    world = draw_world(quantity, n_children, n_waves, months_between, seed)
    written = written_tables(quantity, codebook, world, seed)
    coded = None
    if interviews:
        written["interviews"], coded = interviews_written(quantity, codebook, world, seed)
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


def _truth(quantity: Calibration, world: World) -> Truth:
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
