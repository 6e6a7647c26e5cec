"""The account of a follow-up: what stood in the placements before they were cut stands in the rows after it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from securebase_analysis.models.follow_up.endings import Endings
from securebase_analysis.models.follow_up.followed_spells import FollowedSpells
from securebase_analysis.models.follow_up.known_by_then import FATES, KnownColumn
from securebase_analysis.models.follow_up.reasons import OPEN

Account = dict[str, float]


def before_the_join(followed: FollowedSpells, endings: Endings) -> Account:
    """Children, placements, disruptions, endings and days of the placements, which no score has touched."""
    ending = endings.ending[followed.at]
    return {
        "children": len(np.unique(followed.child)),
        "placements": len(followed),
        "disruptions": int(followed.event.sum()),
        **_by_kind(pd.Series(ending)),
        "days at risk": float((followed.stop - followed.start).sum()),
    }


def after_the_join(rows: pd.DataFrame) -> Account:
    """The same, counted from the finished rows and nothing else."""
    ends = ~rows["spell"].duplicated(keep="last")
    return {
        "children": len(rows[["site", "child"]].drop_duplicates()),
        "placements": rows["spell"].nunique(),
        "disruptions": int(rows["event"].sum()),
        **_by_kind(rows.loc[ends | (rows["ending"] != OPEN), "ending"]),
        "days at risk": float((rows["stop"] - rows["start"]).sum()),
    }


def _by_kind(ending: pd.Series) -> Account:
    """How many end in each way, in the order of the endings."""
    counts = ending.astype("category").cat.remove_unused_categories().value_counts(sort=False)
    return {f"ending: {name}": int(n) for name, n in counts.items()}


def agreed(before: Account, after: Account, rows: pd.DataFrame) -> pd.DataFrame:
    """The account as a table, once it is sure that both sides are the same.

    Returns
    -------
    pandas.DataFrame
        ``what, before, after``.

    Raises
    ------
    AssertionError
        When a number differs, or the rows of a placement leave a gap or overlap.
    """
    differ = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    if differ:
        told = "; ".join(f"{name}: {before.get(name)} before, {after.get(name)} after" for name in differ)
        raise AssertionError(f"the account of the follow-up does not agree: {told}")
    same = (rows["spell"] == rows["spell"].shift()).to_numpy(bool)
    follows_on = (rows["start"] == rows["stop"].shift()).to_numpy(bool)
    if (same & ~follows_on).any() or not (rows["stop"] > rows["start"]).all():
        raise AssertionError("the account of the follow-up does not agree: rows leave gaps or last no time")
    frame = pd.DataFrame({"what": list(before), "before": before.values(), "after": after.values()})
    return frame.astype({"before": float, "after": float})


def fates_frame(columns: list[KnownColumn]) -> pd.DataFrame:
    """What became of every score.

    Returns
    -------
    pandas.DataFrame
        ``construct, fate, scores``; the scores of a construct add up to those given.
    """
    lines = []
    for column in columns:
        many = np.bincount(column.fate, minlength=len(FATES))
        lines += [(column.name, fate, int(n)) for fate, n in zip(FATES, many, strict=True) if n]
    return pd.DataFrame(lines, columns=["construct", "fate", "scores"])


def known_frame(rows: pd.DataFrame, columns: list[KnownColumn]) -> pd.DataFrame:
    """For how long, and at how many disruptions, a score of each construct was known.

    Returns
    -------
    pandas.DataFrame
        ``construct, describes, days, percent_of_days, disruptions, placements``, the days at risk, disruptions and
        placements with a score known.
    """
    days = rows["stop"] - rows["start"]
    lines = []
    for column in columns:
        there = rows[column.name].notna()
        lines.append(
            (
                column.name,
                "child with this carer" if column.of_carer else "child",
                float(days[there].sum()),
                100.0 * float(days[there].sum()) / float(days.sum()),
                int((rows["event"] & there).sum()),
                int(rows.loc[there, "spell"].nunique()),
            )
        )
    names = ["construct", "describes", "days", "percent_of_days", "disruptions", "placements"]
    return pd.DataFrame(lines, columns=names)
