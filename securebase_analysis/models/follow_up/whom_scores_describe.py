"""Whom a score describes: the child, wherever it lives, or the child with the carer of that day."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from securebase_analysis import theory
from securebase_analysis.errors import DataError, Problem, check_option
from securebase_analysis.measures.blank_cells import blank
from securebase_analysis.models.follow_up.dated_scores import TABLE, DatedColumn, DatedScores
from securebase_analysis.models.follow_up.followed_spells import FollowedSpells
from securebase_analysis.models.follow_up.known_by_then import (
    AFTER_FREEZE,
    NO_CHILD,
    NO_DATE,
    NO_PLACEMENT,
    OTHER_CARER,
    USED,
    KnownColumn,
    known_column,
)
from securebase_analysis.models.follow_up.spell_days import SpellDays
from securebase_analysis.results import wording
from securebase_analysis.study.spells.timeline import NEVER

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

AcrossCarers = Literal["benefits", "all", "none"]
ACROSS_CARERS: tuple[AcrossCarers, ...] = ("benefits", "all", "none")
CAREGIVING: tuple[str, ...] = tuple(item.name for item in theory.CONSTRUCTS if item.side == "caregiving")


def ends_with_the_carer(name: str, across_carers: AcrossCarers | Sequence[str]) -> bool:
    """Whether scores of a column are those of a carer and end with the placement.

    Examples
    --------
    >>> ends_with_the_carer("availability_interviews", "benefits"), ends_with_the_carer("trust", "benefits")
    (True, False)
    """
    if not isinstance(across_carers, str):
        return name not in across_carers
    if across_carers == "benefits":
        return any(name == construct or name.startswith(f"{construct}_") for construct in CAREGIVING)
    return across_carers == "none"


def check_across_carers(across_carers: object, names: Sequence[str]) -> AcrossCarers | list[str]:
    """One of the words, or a list of columns that are there."""
    if isinstance(across_carers, str) or not isinstance(across_carers, Iterable):
        check_option("across_carers", across_carers, ACROSS_CARERS)
        return across_carers  # type: ignore[return-value]
    wanted = [str(name) for name in across_carers]
    for name in wanted:
        check_option("across_carers", name, names)
    return wanted


@dataclass(frozen=True, eq=False)
class _Whom:
    """Of each row of the scores: the child, and the number of the carer who is named; -1 where there is none."""

    child: Ints
    carer: Ints
    names_carer: Bools


def known_columns(
    scores: DatedScores,
    spells: SpellDays,
    followed: FollowedSpells,
    across_carers: AcrossCarers | Sequence[str],
) -> tuple[list[KnownColumn], list[Problem]]:
    """The columns of scores, each score given to a child or to a child with a carer.

    Raises
    ------
    DataError
        When no child of the scores is in the placements (SB-EVENT-50).
    """
    child = spells.children.codes_of(scores.people, TABLE)
    if len(child) and not (child >= 0).any():
        raise DataError(_nobody_in_common())
    whom = _Whom(child, *_named_carers(scores.people, spells))
    n_carers = int(spells.carer.max()) + 1
    pairs, pair_of_spell = np.unique(spells.child * n_carers + spells.carer, return_inverse=True)
    columns, problems = [], []
    for given in scores.columns:
        fate = np.full(len(given.place), USED, dtype=np.int8)
        fate[given.day > spells.freeze] = AFTER_FREEZE
        fate[given.day == NEVER] = NO_DATE
        fate[child[given.place] < 0] = NO_CHILD
        of_carer = ends_with_the_carer(given.name, across_carers)
        group, group_of_spell = child[given.place], followed.child
        if of_carer:
            group_of_spell = pair_of_spell[followed.at].astype(np.int64)
            group, found = _pairs_of(given, whom, spells, pairs, pair_of_spell, n_carers, fate)
            problems += found
        known, found = known_column(given, group, group_of_spell, fate, of_carer)
        columns.append(known)
        problems += found
    return columns, problems


def _named_carers(people: pd.DataFrame, spells: SpellDays) -> tuple[Ints, Bools]:
    """The carer that each row of the scores names, as a number of the history."""
    if "carer" not in people or not len(spells.carer_names) or pd.api.types.is_integer_dtype(spells.carer_names):
        return np.full(len(people), -1, dtype=np.int64), np.zeros(len(people), dtype=bool)
    place, values = pd.factorize(people["carer"])
    number = np.append(spells.carer_names.get_indexer(values), -1)[place]
    return number.astype(np.int64), ~blank(people["carer"])


def _pairs_of(
    given: DatedColumn,
    whom: _Whom,
    spells: SpellDays,
    pairs: Ints,
    pair_of_spell: Ints,
    n_carers: int,
    fate: NDArray[np.int8],
) -> tuple[Ints, list[Problem]]:
    """The child with the carer whom each score names, else of that day; marks the scores with neither."""
    child, named = whom.child[given.place], whom.names_carer[given.place]
    on_day = _spell_on_day(spells, child, given.day, fate == USED)
    pair = np.where(on_day >= 0, pair_of_spell[np.maximum(on_day, 0)], -1).astype(np.int64)
    wanted = child * n_carers + whom.carer[given.place]
    at = np.minimum(np.searchsorted(pairs, wanted), len(pairs) - 1)
    of_named = np.where((pairs[at] == wanted) & (whom.carer[given.place] >= 0), at, -1)
    disagrees = (fate == USED) & named & (of_named >= 0) & (pair >= 0) & (of_named != pair)
    pair = np.where(named, of_named, pair)
    fate[(fate == USED) & (pair < 0)] = np.where(named, OTHER_CARER, NO_PLACEMENT)[(fate == USED) & (pair < 0)]
    return pair, _another_carer(given, disagrees) if disagrees.any() else []


def _spell_on_day(spells: SpellDays, child: Ints, day: Ints, wanted: Bools) -> Ints:
    """The spell in which each child lived on a day; of several the one that began last, -1 where there is none."""
    base = spells.child * 2**20 + (spells.begin - NEVER)
    at = np.searchsorted(base, child * 2**20 + (day - NEVER), side="right") - 1
    found = np.full(len(day), -1, dtype=np.int64)
    search = np.flatnonzero(wanted & (at >= 0))
    while len(search):
        here = at[search]
        same = (here >= 0) & (spells.child[here] == child[search])
        search, here = search[same], here[same]
        covers = spells.end[here] >= day[search]
        found[search[covers]] = here[covers]
        # An earlier spell may have outlasted this one.
        search = search[~covers & (spells.reach[here] >= day[search])]
        at[search] -= 1
    return found


def _another_carer(given: DatedColumn, disagrees: Bools) -> list[Problem]:
    rows = np.unique(given.place[disagrees]) + 1
    return [
        Problem(
            "SB-EVENT-52",
            "warn",
            f"{wording.count(len(rows), 'score names', 'scores name')} another carer than the one with whom the "
            "child was placed on that day.",
            table=TABLE,
            column="carer",
            rows=rows.tolist(),
            why="A score of caregiving describes the one who gave it.",
            done="Given to the carer whom the score names.",
            fix="Check the carer and the dates of the placement.",
        )
    ]


def _nobody_in_common() -> Problem:
    return Problem(
        "SB-EVENT-50",
        "stop",
        "No child of the scores is in the placements.",
        table=TABLE,
        column="child",
        why="Every placement would be without a score.",
        done="Nothing was joined.",
        fix="Write the ids of children (and sites) in the same way in both tables, also leading zeros.",
    )
