"""Placements: how they end over time, and how often children move."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pandas as pd

from securebase_analysis.errors import Problem, SecureBaseError
from securebase_analysis.models.follow_up import FollowedPlacements, follow_placements
from securebase_analysis.models.incidence import IncidenceResult, cumulative_incidence
from securebase_analysis.results import wording
from securebase_analysis.show.figures import captions
from securebase_analysis.show.figures.incidence import draw_incidence
from securebase_analysis.show.figures.picture import picture_of
from securebase_analysis.show.report.section import Part, Section, Shown
from securebase_analysis.show.tables.doctable import Column, DocTable
from securebase_analysis.show.tables.from_frame import make_table
from securebase_analysis.study.spells import PlacementHistory, placement_history
from securebase_analysis.study.stability import placement_stability

if TYPE_CHECKING:
    from securebase_analysis.study.study import Study

TITLE = "Placements"
OPEN = "open"
DEFINITIONS = ("any_change", "carer_change", "moves_per_child_year")
DAYS_IN_A_YEAR = 365


def placements_section(study: Study, conf_level: float) -> Section:
    """How placements end over time, and how many children move in a year."""
    history = placement_history(study)
    followed = follow_placements(study)
    ends = how_they_end(followed, conf_level)
    parts: list[Part] = [
        _words(history, ends, conf_level),
        Shown(picture_of(draw_incidence(ends)), "placements_over_time"),
        _ends_table(ends, conf_level),
    ]
    problems: tuple[Problem, ...] = ()
    try:
        parts.append(_stability_table(history))
    except SecureBaseError as error:
        problems = error.problems
    excluded = {
        "placements: rows set aside": len(history.set_aside),
        "placements: not followed": int(followed.left_out["placements"].sum()),
        "placements: followed and not used": int(ends.facts["n_excluded"]),
    }
    return Section("placements", TITLE, tuple(parts), excluded, problems)


def how_they_end(followed: FollowedPlacements, conf_level: float) -> IncidenceResult:
    """The incidence of each exit; a child may have several placements, which the errors allow for."""
    return cumulative_incidence(
        followed, stop="stop", cause="ending", censored=OPEN, cluster="child", conf_level=conf_level
    )


def _words(history: PlacementHistory, ends: IncidenceResult, conf_level: float) -> str:
    """Placements, children and moves in counts, and the share still in placement after a year."""
    spells = history.spells
    n_children = len(spells.drop_duplicates(["site", "child"]))
    counted = (
        f"{wording.count(len(spells), 'placement')} of {wording.count(n_children, 'child', 'children')}, "
        f"{wording.count(len(history.moves), 'move')} from one to the next; {int(spells['open'].sum()):,} had not "
        "ended when the data were complete."
    )
    if ends.followed < DAYS_IN_A_YEAR:
        return counted
    year = ends.remaining([DAYS_IN_A_YEAR], conf_level).iloc[0]
    share = captions.estimate(*(100 * year[name] for name in ("estimate", "conf_low", "conf_high")))
    return (
        f"{counted} After a year {share} % still lasted ({wording.percent(conf_level)} interval in brackets). "
        "Every exit is counted beside the others: a child who has gone home cannot have a breakdown any more, and "
        "is not taken for one who could."
    )


def _ends_table(ends: IncidenceResult, conf_level: float) -> DocTable:
    """A row a way of ending, the share by each of some whole years beside each other."""
    shown = _whole_years(ends)
    at = ends.at(shown, conf_level) if len(shown) else ends.at([ends.followed], conf_level)
    frame = pd.DataFrame({"cause": list(dict.fromkeys(at["cause"]))})
    columns = [Column("Way of ending", ("cause",))]
    for time, rows in at.groupby("time", sort=True):
        rows = rows.set_index("cause").loc[frame["cause"]]
        name = f"{time:g}"
        frame[f"share_{name}"] = rows["estimate"].to_numpy()
        frame[f"low_{name}"], frame[f"high_{name}"] = 100 * rows[["conf_low", "conf_high"]].to_numpy().T
        spanner = f"By day {name}"
        columns += [
            Column("%", (f"share_{name}",), "percent", 1, spanner),
            Column(f"{wording.percent(conf_level)} CI", (f"low_{name}", f"high_{name}"), "interval", 1, spanner),
        ]
    notes = ["Share of placements that had ended in this way by then.", *ends.notes]
    return make_table(frame, "How placements end over time", notes, columns=columns)


def _whole_years(ends: IncidenceResult) -> list[int]:
    """The first, the second and the last whole year of the follow-up."""
    last = int(ends.followed // DAYS_IN_A_YEAR)
    return [DAYS_IN_A_YEAR * year for year in sorted({1, 2, last}) if 1 <= year <= last]


def _stability_table(history: PlacementHistory) -> DocTable:
    """A row a year: children with three or more placements or carers in it, and moves per child and year."""
    stability = placement_stability(history, DEFINITIONS)
    by_definition = {name: rows.set_index("year") for name, rows in stability.frame.groupby("definition")}
    first = by_definition[DEFINITIONS[0]]
    frame = pd.DataFrame({"year": first.index, "children": first["children"].to_numpy()})
    columns = [Column("Year", ("year",)), Column("Children", ("children",), "count")]
    for name, spanner in (("any_change", "Three or more placements"), ("carer_change", "Three or more carers")):
        rows = by_definition[name].loc[frame["year"]]
        frame[f"{name}_n"], frame[f"{name}_percent"] = rows["count"].to_numpy(), rows["percent"].to_numpy()
        columns += [
            Column("n", (f"{name}_n",), "count", 0, spanner),
            Column("%", (f"{name}_percent",), "number", 1, spanner),
        ]
    rates = by_definition["moves_per_child_year"].loc[frame["year"]]
    frame["moves"], frame["rate"] = rates["count"].to_numpy(), rates["per_child_year"].to_numpy()
    spanner = "Changes of carer"
    columns += [Column("n", ("moves",), "count", 0, spanner), Column("a year", ("rate",), "number", 2, spanner)]
    notes = ["Children are those in care on the last day of the year.", *stability_notes(stability.notes)]
    return make_table(frame, "Stability of placements by year", notes, columns=columns)


def stability_notes(notes: Sequence[str]) -> list[str]:
    """The notes with the names of the definitions in words."""
    named = pd.Series(list(notes), dtype=object)
    for name in DEFINITIONS:
        named = named.str.replace(name, name.replace("_", " "), regex=False)
    return named.tolist()
