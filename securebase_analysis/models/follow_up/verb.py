"""The verb that follows placements from day to day and joins the scores that were known by then."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from securebase_analysis.errors import ModelError, Problem, check_option, raise_if_stopped
from securebase_analysis.models.follow_up.account import (
    after_the_join,
    agreed,
    before_the_join,
    fates_frame,
    known_frame,
)
from securebase_analysis.models.follow_up.answer import FollowedPlacements
from securebase_analysis.models.follow_up.children_of_rows import with_children
from securebase_analysis.models.follow_up.dated_scores import DatedScores, dated_scores, without_child
from securebase_analysis.models.follow_up.days_seen import days_seen
from securebase_analysis.models.follow_up.endings import Endings, endings_of
from securebase_analysis.models.follow_up.first_seen import first_seen
from securebase_analysis.models.follow_up.followed_spells import UNITS, FollowedSpells, Unit, followed_spells
from securebase_analysis.models.follow_up.known_by_then import KnownColumn, SplitRows, split
from securebase_analysis.models.follow_up.spell_days import spell_days
from securebase_analysis.models.follow_up.told import remarks, remarks_on_scores
from securebase_analysis.models.follow_up.whom_scores_describe import (
    AcrossCarers,
    check_across_carers,
    known_columns,
)
from securebase_analysis.study.spells import PlacementHistory, placement_history

LONGEST = 2**17
"""A limit of so many days is none."""
NO_SCORES = DatedScores(pd.DataFrame({"child": [], "site": []}), ())


def follow_placements(
    history: Any,
    scores: Any = None,
    *,
    constructs: Sequence[str] | str | None = None,
    informant: str | None = None,
    carry_days: int | None = None,
    ends: str | Iterable[str] | None = None,
    unit: Unit = "placement",
    observed_from: Any = None,
    across_carers: AcrossCarers | Sequence[str] = "benefits",
    children: pd.DataFrame | None = None,
) -> FollowedPlacements:
    """Follow every placement from day to day, with the scores that were known by then.

    Parameters
    ----------
    history : PlacementHistory, Study, SSDA903 or pandas.DataFrame
        Placements; of anything but a history spells are made by the default rules of `placement_history`.
    scores : Scores or pandas.DataFrame, optional
        Scores with dates: of `score_dimensions`; a long table ``child, date, construct, score``; a wide one with
        ``child, date`` (or ``<construct>_date``) and a column per construct; or the questionnaires of a return
        (``returns.sdq``: ``child, year, score``), which count from the day after the 31 March that closes their
        year. With ``site`` where ids repeat at several sites, and ``carer`` where scores name the carer.
    constructs : str or sequence of str, optional
        Columns to join, named as in ``scores.wide()``; by default the ten constructs of the model.
    informant : str, optional
        Only scores of this informant.
    carry_days : int, optional
        After so many days a score is missing again; by default it holds until the next one.
    ends : str or sequence of str, optional
        Which endings are a disruption: "breakdown" (default; of a return the codes CREQB, CREQO and CHILD: the
        carer or the child asked for the end), "carer_request", "carer_or_child_request", "unplanned", "any_move",
        or a list of reasons. The others stay endings that compete.
    unit : {"placement", "child", "period"}
        What the clock counts from: the first day of each placement, of the child's first placement, or of the
        first in the period of care.
    observed_from : date, {"start", "first_seen"}, or pandas.DataFrame, optional
        From when placements were under observation: a day, their first day, the child's first wave (or, without a
        study, first dated score), or a table with ``child, observed_from``. By default what the history says;
        else "first_seen" where most children of a study had been placed before its first wave (or, without a
        study, all before their first score, and no placement had ended by then); else "start".
    across_carers : {"benefits", "all", "none"} or sequence of str
        Which scores go with a child to its next carer: all but those of the caregiving dimensions, all, none, or
        those of the columns listed.
    children : pandas.DataFrame, optional
        ``child`` (and ``site``) and columns to stand in every row of the child; those of a study by default. From
        ``birth_date`` comes ``age_at_start``, in years.

    Returns
    -------
    FollowedPlacements
        ``.rows`` for `fit_disruption` and `cumulative_incidence`.

    Raises
    ------
    DataError
        When the placements contradict themselves (see `placement_history`); when nobody knows which of the reasons
        is a disruption (SB-PLACE-14); for two different scores of a child on one day (SB-ID-02), scores of several
        informants (SB-EVENT-47), or scores of other children (SB-EVENT-50).
    ModelError
        For an option, a column or a reason that there is not.

    Notes
    -----
    A row is at risk after its `start` and up to its `stop`. A score of a day stands in the rows that begin on that
    day or later: it is used from the day after it on, so that an assessment on the very day of a breakdown does
    not predict it. Of a placement that begins and ends on one day (half a day at risk) only what was known on the
    day before is used.

    A score of caregiving describes the child with one carer: the one whom the score names (``carer``), else the
    one with whom the child lived on that day (of two placements that meet on a day, the later one). It holds in
    every placement with that carer and in no other. A score of a benefit or of difficulties is the child's.

    Placements that were running when they were first observed are at risk from that day on (delayed entry), which
    makes up for the long stayers in a cohort of children in care, as long as who was chosen does not depend on how
    the placement would end. It misleads where the study began because a placement was about to end. A score that
    is carried for years describes what was, not what is: `carry_days` says for how long it may.

    The risk is not the same from the first to the last disruption of a child: on ``unit="child"``, stratify by
    `enum` (Prentice, Williams & Peterson 1981), or allow for the child by a cluster or a frailty.

    References
    ----------
    Andersen, P. K. & Gill, R. D. (1982), Cox's regression model for counting processes, *Annals of Statistics* 10,
    1100-1120. Prentice, R. L., Williams, B. J. & Peterson, A. V. (1981), On the regression analysis of
    multivariate failure time data, *Biometrika* 68, 373-379. Department for Education, Children looked after in
    England including adoptions (reasons for placement change).

    Examples
    --------
    >>> placements = pd.DataFrame({
    ...     "child": ["a", "b"], "carer": ["x", "y"], "start": pd.to_datetime(["2021-01-01", "2021-01-01"]),
    ...     "end": pd.to_datetime(["2021-12-31", None]), "end_reason": ["breakdown", None]})
    >>> scores = pd.DataFrame({"child": ["a", "a", "b"], "availability": [4.0, 2.0, 5.0],
    ...                        "date": pd.to_datetime(["2021-01-01", "2021-07-01", "2021-03-02"])})
    >>> followed = follow_placements(placements, scores)
    >>> followed.rows[["child", "start", "stop", "event", "ending", "availability"]]
      child  start   stop  event     ending  availability
    0     a    0.0  181.0  False       open           4.0
    1     a  181.0  364.0   True  disrupted           2.0
    2     b    0.0   60.0  False       open           NaN
    3     b   60.0  364.0  False       open           5.0
    >>> followed.before_after.values.tolist()[-1]
    ['days at risk', 728.0, 728.0]
    """
    check_option("unit", unit, UNITS)
    carry = _checked_carry(carry_days)
    made, told = _history(history)
    if not len(made.spells):
        raise ModelError(_no_placements())
    endings = endings_of(made, ends)
    given = NO_SCORES if scores is None else dated_scores(scores, constructs, informant)
    carried = check_across_carers(across_carers, [column.name for column in given.columns])
    raise_if_stopped([*told, *endings.problems, *given.problems])
    spells = spell_days(made)
    seen = first_seen(spells, observed_from, made.observed_from, *days_seen(spells, history, scores, given))
    followed, left_out = followed_spells(spells, endings, seen.day, unit)
    if not len(followed):
        raise ModelError(_nothing_to_follow(left_out))
    columns, found = ([], []) if scores is None else known_columns(given, spells, followed, carried)
    raise_if_stopped([*told, *endings.problems, *given.problems, *found])
    parts = split(followed, columns, carry)
    rows = _rows(made, endings, followed, columns, parts)
    before_after = agreed(before_the_join(followed, endings), after_the_join(rows), rows)
    told += [*endings.problems, *seen.problems, *remarks(spells, followed, endings, left_out, unit)]
    told += [*given.problems, *without_child(given.people), *found]
    if scores is not None:
        told += remarks_on_scores(given, columns, rows, int(followed.event.sum()))
    rows, more = with_children(rows, spells, followed, parts, _children(history, children))
    return FollowedPlacements(
        rows=rows,
        before_after=before_after,
        left_out=left_out,
        fates=fates_frame(columns),
        known=known_frame(rows, columns),
        spec={
            "verb": "follow_placements",
            "constructs": [column.name for column in columns],
            "informant": informant,
            "carry_days": carry_days,
            "ends": list(endings.counted) or endings.asked,
            "unit": unit,
            "observed_from": "by child" if isinstance(observed_from, pd.DataFrame) else _said(observed_from),
            "across_carers": carried,
        },
        problems=tuple(dict.fromkeys([*_of_history(made, told), *told, *more])),
        simulated=bool(getattr(history, "simulated", False) or getattr(scores, "simulated", False)),
    )


def _said(value: Any) -> str | None:
    """An option as it is kept: days in words."""
    return None if value is None else str(value)


def _no_placements() -> Problem:
    return Problem(
        "SB-EVENT-59",
        "stop",
        "There are no placements.",
        why="Without a placement that can be used nothing can be followed.",
        fix="See history.set_aside for rows that could not be used.",
    )


def _checked_carry(carry_days: object) -> int | None:
    """The limit in whole days, or None."""
    if carry_days is None:
        return None
    if isinstance(carry_days, int | np.integer) and not isinstance(carry_days, bool) and carry_days > 0:
        return int(carry_days) if carry_days < LONGEST else None
    raise ModelError(
        Problem(
            "SB-MODEL-30",
            "stop",
            "carry_days is no number of days.",
            why="After so many days a score is missing again.",
            fix="carry_days=365, or None to hold every score until the next one",
        )
    )


def _history(given: Any) -> tuple[PlacementHistory, list[Problem]]:
    """The spells, made by the default rules where something else was given."""
    if isinstance(given, PlacementHistory):
        return given, []
    made = placement_history(given)
    if isinstance(given, pd.DataFrame) and not made.coded:
        return made, []
    told = Problem(
        "SB-EVENT-40",
        "note",
        f"{len(made.spells):,} spells were made of {int(made.spells['n_rows'].sum()):,} rows of placements by the "
        "default rules.",
        table="placements",
        done="See placement_history for the rules.",
        fix="follow_placements(placement_history(..., rules={...}), ...)",
    )
    return made, [told]


def _of_history(history: PlacementHistory, told: Sequence[Problem]) -> list[Problem]:
    """What the history says of itself; the same case is not said twice."""
    again = {problem.code for problem in told}
    return [problem for problem in history.problems if problem.code not in again]


def _children(history: Any, children: pd.DataFrame | None) -> pd.DataFrame | None:
    """The table of children: as given, else that of a study; of a return only sex and birth date."""
    if children is not None:
        return children
    own = getattr(history, "children", None)
    if not isinstance(own, pd.DataFrame):
        return None
    if hasattr(history, "episodes"):
        return own[[name for name in ("site", "child", "sex", "birth_date") if name in own]]
    return own


def _rows(
    history: PlacementHistory,
    endings: Endings,
    followed: FollowedSpells,
    columns: list[KnownColumn],
    parts: SplitRows,
) -> pd.DataFrame:
    """The rows as a table."""
    spells = history.spells
    at = followed.at[parts.spell]
    words = list(endings.ending.categories)
    ending = np.where(parts.is_last, endings.ending.codes[at], words.index("open"))
    table: dict[str, Any] = {name: spells[name].take(at).reset_index(drop=True) for name in ("site", "child")}
    table["carer"] = spells["carer"].take(at).reset_index(drop=True)
    table["spell"] = spells["spell"].to_numpy()[at]
    table["start"], table["stop"] = parts.start, parts.stop
    table["event"] = parts.is_last & followed.event[parts.spell]
    table["ending"] = pd.Categorical.from_codes(ending, categories=words).remove_unused_categories()
    reason = np.where(parts.is_last, endings.reason.codes[at], -1)
    table["reason"] = pd.Categorical.from_codes(reason, categories=endings.reason.categories)
    table["type"] = _used_types(spells["type"].take(at).reset_index(drop=True))
    table["enum"] = followed.enum[parts.spell]
    for column, values, ages in zip(columns, parts.values, parts.ages, strict=True):
        table[column.name] = values
        table[f"{column.name}_age_days"] = ages
    return pd.DataFrame(table, index=pd.RangeIndex(len(parts)), copy=False)


def _used_types(types: pd.Series) -> pd.Series:
    """Types of placement without those that no row has: a formula would make columns for them."""
    return types.cat.remove_unused_categories() if isinstance(types.dtype, pd.CategoricalDtype) else types


def _nothing_to_follow(left_out: pd.DataFrame) -> Problem:
    reasons = "; ".join(f"{row.placements:,} {row.reason}" for row in left_out.itertuples())
    return Problem(
        "SB-EVENT-42",
        "stop",
        f"No placement can be followed{': ' + reasons if reasons else ''}.",
        table="placements",
        why="Without days at risk there is nothing to model.",
        done="Nothing was joined.",
        fix="observed_from='start', or a day on which placements were running",
    )
