"""What is said about a follow-up: what was left out, which scores were not used, and how far scores reach."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from securebase_analysis.errors import Problem
from securebase_analysis.models.follow_up.dated_scores import TABLE, DatedScores
from securebase_analysis.models.follow_up.endings import Endings
from securebase_analysis.models.follow_up.followed_spells import LEFT_OUT, FollowedSpells
from securebase_analysis.models.follow_up.known_by_then import AFTER_END, FATES, NO_DATE, USED, KnownColumn
from securebase_analysis.models.follow_up.spell_days import SpellDays
from securebase_analysis.results.wording import count as n_of

PLACEMENTS = "placements"


def remarks(
    spells: SpellDays,
    followed: FollowedSpells,
    endings: Endings,
    left_out: pd.DataFrame,
    unit: str,
) -> Iterator[Problem]:
    """What is said about the placements."""
    if len(left_out):
        yield _left_out(left_out)
    zero = followed.of_one_day & (followed.stop > followed.start)
    if zero.any():
        yield _one_day(np.sort(spells.row[followed.at[zero]]).tolist())
    n_events = int(followed.event.sum())
    if n_events < 2:
        yield _few_events(n_events, endings, len(followed))
    if unit != "placement":
        yield from _at_risk_twice(spells, followed)


def remarks_on_scores(
    given: DatedScores, columns: Sequence[KnownColumn], rows: pd.DataFrame, n_events: int
) -> Iterator[Problem]:
    """What is said about the scores that were joined."""
    lost = [int((column.fate != USED).sum()) for column in columns]
    if sum(lost):
        yield _not_used(columns, sum(len(column.fate) for column in columns))
    late = _rows_of(given, columns, AFTER_END)
    if late:
        yield _after_the_end(late, sum(int((column.fate == AFTER_END).sum()) for column in columns))
    undated = _rows_of(given, columns, NO_DATE)
    if undated:
        yield _no_date(undated, sum(int((column.fate == NO_DATE).sum()) for column in columns))
    yield _describes(columns)
    without = _begin_without(rows, [column.name for column in columns if column.of_carer])
    if without:
        yield _ended_with_the_carer(without)
    yield from _how_far([column.name for column in columns], rows, n_events)


def _rows_of(given: DatedScores, columns: Sequence[KnownColumn], fate: int) -> list[int]:
    """Rows of the table of scores in which any score has this fate."""
    rows = [one.place[column.fate == fate] for one, column in zip(given.columns, columns, strict=True)]
    return (np.unique(np.concatenate(rows)) + 1).tolist() if rows else []


def _left_out(left_out: pd.DataFrame) -> Problem:
    n = int(left_out["placements"].sum())
    reasons = "; ".join(f"{row.placements:,} {row.reason}" for row in left_out.itertuples())
    events = int(left_out["disruptions"].sum())
    return Problem(
        "SB-EVENT-43",
        "warn" if events else "note",
        f"{n_of(n, 'placement is', 'placements are')} not followed: {reasons}.",
        table=PLACEMENTS,
        why="They were never at risk under observation, or are no placements.",
        done=f"Left out, with {n_of(events, 'disruption')}; see left_out.",
        fix=_to_follow_them(left_out),
    )


def _to_follow_them(left_out: pd.DataFrame) -> str:
    """What would bring back the placements of the most common reason."""
    if left_out.sort_values("placements", kind="stable")["reason"].iloc[-1] == LEFT_OUT[0]:
        return 'placement_history(..., rules={"short_breaks": "as_placements"})'
    return "observed_from='start' to follow every placement from its first day"


def _one_day(rows: list[int]) -> Problem:
    n = n_of(len(rows), "placement begins and ends", "placements begin and end")
    return Problem(
        "SB-PLACE-11",
        "note",
        f"{n} on one day.",
        table=PLACEMENTS,
        column="end",
        rows=rows,
        why="A placement of no time would be lost, and its ending with it.",
        done="Each is at risk for half a day, with what was known on the day before.",
        fix="Check the dates.",
    )


def _few_events(n_events: int, endings: Endings, n_placements: int) -> Problem:
    reasons = ", ".join(endings.counted) or endings.asked
    none = "No placement" if n_events == 0 else "Only one placement"
    return Problem(
        "SB-PLACE-16",
        "warn",
        f"{none} of {n_placements:,} that are followed ended in a disruption ({reasons}).",
        table=PLACEMENTS,
        why="No hazard can be compared without disruptions.",
        done="The rows were made; their endings stand in before_after.",
        fix="ends=[...] with the reasons that are a disruption here",
    )


def _at_risk_twice(spells: SpellDays, followed: FollowedSpells) -> Iterator[Problem]:
    """Case 47 where it counts: on the clock of a child two placements at once are one child at risk twice."""
    same = followed.child[1:] == followed.child[:-1]
    begins_before = (
        followed.entered[1:] < np.maximum.accumulate(followed.end + followed.child * 2**20)[:-1] % 2**20
    )
    twice = np.append(False, same & begins_before) if len(followed) else np.zeros(0, dtype=bool)
    if twice.any():
        places = np.flatnonzero(twice)
        yield Problem(
            "SB-PLACE-03",
            "warn",
            f"{n_of(len(places), 'placement begins', 'placements begin')} before the child's last one has ended.",
            table=PLACEMENTS,
            column="start",
            rows=np.unique(spells.row[followed.at[np.concatenate([places, places - 1])]]).tolist(),
            why="On the clock of the child it is at risk twice on the days in common.",
            done="Both were kept; both rows of each pair are listed.",
            fix='placement_history(placements, rules={"overlap": "end_first"})',
        )


def _not_used(columns: Sequence[KnownColumn], n_given: int) -> Problem:
    many = sum(np.bincount(column.fate, minlength=len(FATES)) for column in columns)
    reasons = "; ".join(f"{int(n):,} {fate}" for fate, n in zip(FATES[1:], np.asarray(many)[1:]) if n)
    n = int(np.asarray(many)[1:].sum())
    return Problem(
        "SB-EVENT-44",
        "warn" if n > n_given / 2 else "note",
        f"{n:,} of {n_of(n_given, 'score')} were not used: {reasons}.",
        table=TABLE,
        why="A score can only say something about days after it, of the child (and carer) whom it describes.",
        done="Left out; see fates.",
    )


def _after_the_end(rows: list[int], n: int) -> Problem:
    return Problem(
        "SB-WAVE-11",
        "note",
        f"{n_of(n, 'score is', 'scores are')} dated on the day on which the last placement that it describes left "
        "observation, or later.",
        table=TABLE,
        column="date",
        rows=rows,
        why="What is measured on the day of an ending, or later, cannot have led to it.",
        done="Not used.",
    )


def _no_date(rows: list[int], n: int) -> Problem:
    return Problem(
        "SB-EVENT-54",
        "warn",
        f"{n_of(n, 'score has', 'scores have')} no date of their own."
        if n != 1
        else "1 score has no date of its own.",
        table=TABLE,
        column="date",
        rows=rows,
        why="It is not known from which day on they may be used; the date of a wave may lie before that of the "
        "questionnaire.",
        done="Not used.",
        fix="Fill in the dates; if those of the waves hold for every measure, give scores.wide().",
    )


def _describes(columns: Sequence[KnownColumn]) -> Problem:
    of_carer = [column.name for column in columns if column.of_carer]
    of_child = [column.name for column in columns if not column.of_carer]
    parts = []
    if of_carer:
        parts.append(f"of the child with one carer, until that placement ends: {', '.join(of_carer)}")
    if of_child:
        parts.append(f"of the child, wherever it goes: {', '.join(of_child)}")
    return Problem(
        "SB-EVENT-51",
        "note",
        f"Scores are taken as those {'; '.join(parts)}.",
        table=TABLE,
        why="What one carer gave says nothing of the next one.",
        fix="across_carers='all', 'none', or a list of the columns that go with the child",
    )


def _begin_without(rows: pd.DataFrame, names: list[str]) -> int:
    """Placements that begin without a score of the carer although the child had one with an earlier carer."""
    if not names:
        return 0
    known = rows[names].notna().any(axis=1)
    per_spell = known.groupby(rows["spell"], sort=False).any()
    first = ~rows["spell"].duplicated()
    place = pd.factorize(rows.loc[first, "child"])[0] * (rows["site"].nunique() + 1)
    place = place + pd.factorize(rows.loc[first, "site"])[0]
    before = per_spell.groupby(place, sort=False).cummax().groupby(place, sort=False).shift(fill_value=False)
    return int((before.to_numpy(bool) & ~known[first].to_numpy()).sum())


def _ended_with_the_carer(n: int) -> Problem:
    return Problem(
        "SB-EVENT-45",
        "note",
        f"{n_of(n, 'placement begins', 'placements begin')} without a score of caregiving although the child had "
        "one with an earlier carer.",
        table=TABLE,
        why="What one carer gave says nothing of the next one.",
        done="Scores of caregiving were not carried to the next carer.",
        fix="across_carers='all' to carry them",
    )


def _how_far(names: Sequence[str], rows: pd.DataFrame, n_events: int) -> Iterator[Problem]:
    """For which share of the days, and at how many disruptions, no score was known."""
    days = rows["stop"] - rows["start"]
    alike: dict[tuple[str, int], list[str]] = {}
    for name in names:
        missing = rows[name].isna()
        if missing.any():
            share = 100.0 * float(days[missing].sum()) / float(days.sum())
            lost = int((rows["event"] & missing).sum())
            alike.setdefault((f"{share:.0f}%" if share >= 0.5 else "less than 1%", lost), []).append(name)
    if not alike:
        return
    parts = [f"{', '.join(group)}: {share} of the days and {lost:,}" for (share, lost), group in alike.items()]
    yield Problem(
        "SB-EVENT-49",
        "warn" if max(lost for _, lost in alike) > n_events / 2 else "note",
        f"Days at risk and disruptions (of {n_events:,}) without a known score: {'; '.join(parts)}.",
        table=TABLE,
        why="A model with such a column leaves those days and disruptions out.",
        done="Missing in those rows; nothing was filled in.",
    )
