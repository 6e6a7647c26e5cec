"""What is written down of a simulated cohort: the tables of its files, and its interviews."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from securebase_analysis.study.codebook import Codebook
from securebase_analysis.study.simulation import answers, coding, tables
from securebase_analysis.study.simulation.calibration import Calibration
from securebase_analysis.study.simulation.chance import happens, stream
from securebase_analysis.study.simulation.cohort import freeze_day
from securebase_analysis.study.simulation.instruments import ABOUT_THE_CARER, ABOUT_THE_CHILD, item_groups
from securebase_analysis.study.simulation.world import World

if TYPE_CHECKING:
    from securebase_analysis.readers.interviews import Interviews

CHILDREN_A_SOCIAL_WORKER = 15
DAYS_TO_THE_SCHOOL = 60
"""Days within which the teacher's form follows the visit (ASSUMPTION, both)."""


def written_tables(quantity: Calibration, codebook: Codebook, world: World, seed: int) -> dict[str, pd.DataFrame]:
    """The tables of the files of a study, by file."""
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
    quantity: Calibration, world: World, missing: str, chance: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Child and wave of the forms that came back from the visits."""
    child, wave = world.attendance.seen
    back = ~happens(chance, quantity[missing], len(child))
    return child[back], wave[back]


def _questionnaire(quantity: Calibration, world: World, instrument: str, seed: int) -> pd.DataFrame:
    chance = stream(seed, instrument)
    child, wave = _returned(quantity, world, "carer_form_missing", chance)
    latent = world.at(child, wave, quantity["family_parts_r"])
    items = answers.questionnaire(quantity, item_groups(instrument), latent, chance)
    day = world.attendance.day[child, wave]
    return pd.concat([tables.visits(world.names, child, wave, day), items], axis=1)


def _sdq_tables(quantity: Calibration, codebook: Codebook, world: World, seed: int) -> dict[str, pd.DataFrame]:
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


def _ratings(quantity: Calibration, codebook: Codebook, world: World, seed: int) -> pd.DataFrame:
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


def interviews_written(
    quantity: Calibration, codebook: Codebook, world: World, seed: int
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
