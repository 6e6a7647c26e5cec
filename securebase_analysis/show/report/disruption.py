"""Disruption: whether placements last longer where caregiving was scored higher before."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from securebase_analysis import theory
from securebase_analysis.errors import ModelError, Problem, SecureBaseError
from securebase_analysis.models.disruption import DisruptionResult, fit_disruption
from securebase_analysis.models.disruption.detectable import POWER
from securebase_analysis.models.follow_up import FollowedPlacements, follow_placements
from securebase_analysis.results import wording
from securebase_analysis.results.families import holm
from securebase_analysis.show.figures import captions
from securebase_analysis.show.report.section import Part, Section, notes_once
from securebase_analysis.show.tables.doctable import Column, DocTable
from securebase_analysis.show.tables.from_frame import make_table

if TYPE_CHECKING:
    from securebase_analysis.measures.scoring import Scores
    from securebase_analysis.study.study import Study

TITLE = "Caregiving and disruption"
POINTS = 10
"""Ratios are for a difference of so many points; a single point of a score from 0 to 100 is too little to see."""
AGE = "age_at_start"
FEWEST_EVENTS = 10
IN_THE_TABLE = ("SB-MODEL-12", "SB-PLACE-13")
"""Rows without a score, and late entry: the table counts, and the notes of the follow-up say it once."""


def disruption_section(study: Study, scores: Scores, conf_level: float) -> Section:
    """The hazard ratio of each caregiving dimension, on its own, with age held constant."""
    names = [dimension.name for dimension in theory.DIMENSIONS]
    followed = follow_placements(study, scores, constructs=[name for name in names if name in scores.wide()])
    fitted, refused = fitted_disruption(followed, conf_level)
    if not fitted:
        raise ModelError(list(refused.values()))
    ratios = ratios_frame(fitted, conf_level)
    parts: list[Part] = [_words(followed, ratios, conf_level), _table(ratios, fitted, followed, conf_level)]
    excluded = {
        f"disruption and {name}: rows not used": int(result.facts["n_excluded"]) for name, result in fitted.items()
    }
    return Section("disruption", TITLE, tuple(parts), excluded, tuple(refused.values()))


def fitted_disruption(
    followed: FollowedPlacements, conf_level: float
) -> tuple[dict[str, DisruptionResult], dict[str, Problem]]:
    """A model for each dimension that was known before enough disruptions, and why there is none of others."""
    rows = followed.rows
    known = followed.known.set_index("construct")["disruptions"]
    fitted: dict[str, DisruptionResult] = {}
    refused: dict[str, Problem] = {}
    for name in (dimension.name for dimension in theory.DIMENSIONS):
        n_events = int(known.get(name, 0))
        if n_events < FEWEST_EVENTS:
            refused[name] = _too_few(name, n_events)
            continue
        try:
            fitted[name] = _fitted(rows.assign(**{name: rows[name] / POINTS}), name, conf_level).made_from(
                followed
            )
        except SecureBaseError as error:
            refused[name] = error.problems[0]
    return fitted, refused


def _fitted(rows: pd.DataFrame, name: str, conf_level: float) -> DisruptionResult:
    """The hazard of disruption by one dimension and, where it is known, age."""
    formula = f"{name} + {AGE}" if AGE in rows else name
    return fit_disruption(
        rows, formula, start="start", stop="stop", event="event", cluster="carer", conf_level=conf_level
    )


def _too_few(name: str, n_events: int) -> Problem:
    """Why a dimension has no model."""
    return Problem(
        "SB-OUT-37",
        "stop",
        f"{theory.label(name)} was known before {wording.count(n_events, 'disruption')}.",
        why=f"With fewer than {FEWEST_EVENTS} a hazard ratio and its interval mean little.",
        done="It has no model of disruption.",
    )


def ratios_frame(fitted: dict[str, DisruptionResult], conf_level: float) -> pd.DataFrame:
    """The ratio of each dimension, a row each, with p-values that allow for their number.

    Returns
    -------
    pandas.DataFrame
        ``construct, label``, the columns of ``tidy()``, ``n_events, n_groups, detectable, p_holm``.
    """
    rows = []
    for name, result in fitted.items():
        tidy = result.tidy(conf_level, exponentiate=True).set_index("term").loc[name]
        counted = {"n_events": int(result.facts["n_events"]), "n_groups": int(result.facts["n_groups"])}
        found = {"detectable": _detectable(result, name)}
        rows.append({"construct": name, "label": theory.label(name), **tidy.to_dict(), **counted, **found})
    frame = pd.DataFrame(rows)
    return frame.assign(p_holm=holm(frame["p_value"]))


def _detectable(result: DisruptionResult, name: str) -> float:
    """The ratio below one, for a step of the table, that so many disruptions could have found."""
    per_sd = result.detectable().set_index("term").loc[name, "ratio_below"]
    place = list(result.at_risk.X.terms).index(name)
    return float(per_sd ** (1.0 / result.at_risk.X.values[place].std(ddof=1)))


def _words(followed: FollowedPlacements, ratios: pd.DataFrame, conf_level: float) -> str:
    """The ratios in a sentence."""
    texts = [
        f"{row.label} {captions.estimate(row.estimate, row.conf_low, row.conf_high, 2)}"
        for row in ratios.itertuples()
    ]
    counts = dict(zip(followed.before_after["what"], followed.before_after["after"]))
    n_events = wording.count(int(counts["disruptions"]), "disruption")
    level = wording.percent(conf_level)
    return (
        f"Hazard ratios of disruption for {POINTS} points more, with their {level} intervals: {'; '.join(texts)}. "
        "Below one, placements last longer. Each dimension stands alone with the age when the placement began. "
        f"Of {n_events}, those count before which a score of this carer was known; a score counts from the day "
        "after it was measured. A ratio says what went with what; it does not show what would have happened with "
        "other care."
    )


def _table(
    ratios: pd.DataFrame, fitted: dict[str, DisruptionResult], followed: FollowedPlacements, conf_level: float
) -> DocTable:
    """A row a dimension."""
    columns = [
        Column("Dimension", ("label",)),
        Column("Placements", ("n_groups",), "count"),
        Column("Disruptions", ("n_events",), "count"),
        Column("Hazard ratio", ("estimate",), "number", 2),
        Column(f"{wording.percent(conf_level)} CI", ("conf_low", "conf_high"), "interval", 2),
        Column("p", ("p_value",), "p", 3),
        Column("p (Holm)", ("p_holm",), "p", 3),
        Column("Detectable", ("detectable",), "number", 2),
    ]
    notes = [
        f"Proportional hazards, one model a dimension, for {POINTS} points; errors allow for shared carers.",
        f"Detectable: the ratio that so many disruptions find with {100 * POWER:.0f}% power (Schoenfeld 1983).",
        *notes_once({theory.label(name): _notes_of(result, fitted, followed) for name, result in fitted.items()}),
        *followed.notes,
    ]
    return make_table(ratios, "Hazard ratios of disruption by dimension of caregiving", notes, columns=columns)


def _notes_of(
    result: DisruptionResult, fitted: dict[str, DisruptionResult], followed: FollowedPlacements
) -> list[str]:
    """What all models say, and what one has to warn of; rows and events of each stand in the table."""
    by_all = set.intersection(*(set(one.notes) for one in fitted.values()))
    warns = [note for note in result.notes if "(SB-" in note and not any(code in note for code in IN_THE_TABLE)]
    kept = by_all | set(warns)
    return [note for note in result.notes if note in kept and note not in followed.notes]
