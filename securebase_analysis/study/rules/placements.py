"""Where: placements that begin before they end, one at a time, between birth and adulthood."""

from __future__ import annotations

import pandas as pd

from securebase_analysis.errors import Problem
from securebase_analysis.results.wording import count as n_of
from securebase_analysis.study.draft import Draft, problems_in
from securebase_analysis.study.file_rows import ENTRY, ROW
from securebase_analysis.study.schema import KEY, LEAVES_CARE

OPEN_END = pd.Timestamp("2200-01-01")
ADULT = pd.DateOffset(years=18)
PLACEHOLDER_SHARE, PLACEHOLDER_ROWS = 0.1, 5


def end_before_start(draft: Draft) -> list[Problem]:
    """SB-PLACE-01: a placement that ends before it begins."""
    frame = draft.tables["placements"]
    wrong = frame["end"] < frame["start"]
    if not wrong.any():
        return []
    first = frame[wrong].iloc[0]
    return problems_in(
        draft,
        frame,
        wrong,
        "end",
        "SB-PLACE-01",
        "stop",
        f"{{n:placement|placements}} with an end before the beginning, e.g. {first['start']:%Y-%m-%d} to "
        f"{first['end']:%Y-%m-%d} in "
        f"row {first[ROW]} (as in rule 356 of the English return SSDA903).",
        why="A negative time in placement counts against every rate.",
        done="Nothing was turned round.",
        fix="Correct the start or the end.",
    )


def two_open(draft: Draft) -> list[Problem]:
    """SB-PLACE-02: a child with two placements that have not ended."""
    frame = _dated(draft)
    still_open = frame["end"].isna()
    n_open = still_open.groupby([frame[name] for name in KEY]).transform("sum")
    wrong = still_open & (n_open > 1)
    n_children = len(frame.loc[wrong, [*KEY]].drop_duplicates())
    return problems_in(
        draft,
        frame,
        wrong,
        "end",
        "SB-PLACE-02",
        "stop",
        f"{n_children} children have more than one placement without an end.",
        why="A child lives in one place; which carer the scores belong to is not clear.",
        done="None was closed.",
        fix="Give all but the last an end date; leave short stays (respite) out of the table.",
    )


def overlaps(draft: Draft) -> list[Problem]:
    """SB-PLACE-03: a placement that begins before the one before has ended; both rows are named."""
    frame = _with_the_one_before(draft)
    days = (frame["end_before"] - frame["start"]).dt.days
    both_open = frame["end"].isna() & (frame["end_before"] == OPEN_END)
    wrong = (days > 0) & ~both_open
    if not wrong.any():
        return []
    pair = frame[wrong].iloc[0]
    until = "" if pair["end_before"] == OPEN_END else f" by {days[wrong].iloc[0]:.0f} days"
    file = draft.files[int(pair["entry_before"])].file
    named = f"row {pair['row_before']:.0f} of {file} and row {pair[ROW]}"
    if file == draft.files[int(pair[ENTRY])].file:
        named = f"rows {pair['row_before']:.0f} and {pair[ROW]}"
    involved = pd.concat(
        [
            frame.loc[wrong, [ENTRY, ROW]],
            frame.loc[wrong, ["entry_before", "row_before"]].set_axis([ENTRY, ROW], axis=1),
        ]
    ).astype("int64")
    return problems_in(
        draft,
        involved.drop_duplicates(),
        [True] * len(involved.drop_duplicates()),
        "start",
        "SB-PLACE-03",
        "stop",
        f"{n_of(int(wrong.sum()), 'placement begins', 'placements begin')} before the child's placement before "
        f"has ended, e.g. {named} overlap{until}.",
        why="The days in common would count for two carers.",
        done="No placement was cut; both rows of each pair are listed.",
        fix="End the first on the day the second begins; leave short stays (respite) out of the table.",
    )


def gaps(draft: Draft) -> list[Problem]:
    """SB-PLACE-04: time between placements of a child who had not left care."""
    frame = _with_the_one_before(draft)
    days = (frame["start"] - frame["end_before"]).dt.days
    wrong = (days > 1) & ~frame["reason_before"].isin(list(LEAVES_CARE))
    if not wrong.any():
        return []
    return problems_in(
        draft,
        frame,
        wrong,
        "start",
        "SB-PLACE-04",
        "warn",
        f"{{n:placement begins|placements begin}} some time after the child's placement before ended (longest gap "
        f"{days[wrong].max():.0f} days), and the child had not left care.",
        why="At home, missing from care, or not recorded: each means something else.",
        done="The days between count for no placement.",
        fix="Add the missing placement, correct the dates, or give the end_reason with which the child left care.",
    )


def _dated(draft: Draft) -> pd.DataFrame:
    """Placements that have a child and a start."""
    return draft.tables["placements"].dropna(subset=["child", "start"])


def _with_the_one_before(draft: Draft) -> pd.DataFrame:
    """Placements in order, each with the end, row and reason of the one that had lasted longest before it."""
    frame = _dated(draft)
    frame = frame[~(frame["end"] < frame["start"])].sort_values([*KEY, "start", "end"], kind="stable")
    ends = frame["end"].fillna(OPEN_END)
    groups = [frame[name] for name in KEY]
    longest = ends.groupby(groups, sort=False).cummax()
    is_longest = ends == longest
    frame["end_before"] = longest.groupby(groups, sort=False).shift()
    holder = pd.Series(range(len(frame)), index=frame.index, dtype="float64").where(is_longest)
    holder = holder.groupby(groups, sort=False).ffill().groupby(groups, sort=False).shift()
    has_one, before = holder.notna().to_numpy(), holder.dropna().astype("int64").to_numpy()
    for name, source in (("row_before", ROW), ("entry_before", ENTRY), ("reason_before", "end_reason")):
        frame.loc[has_one, name] = frame[source].iloc[before].to_numpy()
    return frame


def reasons_without_end(draft: Draft) -> list[Problem]:
    """SB-PLACE-09: a reason without an end, or an end without a reason."""
    frame = draft.tables["placements"]
    if not draft.has("placements", "end_reason"):
        return []
    no_end = frame["end_reason"].notna() & frame["end"].isna()
    no_reason = frame["end_reason"].isna() & frame["end"].notna()
    why = "Whether the child moved or left care decides if later waves were due."
    problems = problems_in(
        draft,
        frame,
        no_end,
        "end",
        "SB-PLACE-09",
        "stop",
        "{n:placement has|placements have} a reason for ending and no end.",
        why=why,
        done="They were not closed.",
        fix="Add the end, or delete the reason.",
    )
    return problems + problems_in(
        draft,
        frame,
        no_reason,
        "end_reason",
        "SB-PLACE-09",
        "stop",
        "{n:placement has|placements have} an end and no reason for it.",
        why=why,
        done="No reason was assumed.",
        fix='Add the reason; "planned move" for a move inside care, "other exit" for leaving care otherwise.',
    )


def outside_childhood(draft: Draft) -> list[Problem]:
    """SB-PLACE-10: a placement that begins before birth or after the 18th birthday."""
    births = draft.tables["children"].dropna(subset=["child", "birth_date"]).drop_duplicates([*KEY])
    frame = _dated(draft)[[*KEY, "start", ENTRY, ROW]].merge(births[[*KEY, "birth_date"]], on=[*KEY], how="inner")
    before = frame["start"] < frame["birth_date"]
    after = frame["start"] > frame["birth_date"] + ADULT
    problems = []
    for wrong, when, fix in (
        (before, "before the child was born", "Check both dates; a plan made before birth begins with the birth."),
        (after, "after the 18th birthday", "Check both dates; leave arrangements of adults out of the table."),
    ):
        problems += problems_in(
            draft,
            frame,
            wrong,
            "start",
            "SB-PLACE-10",
            "stop",
            f"{{n:placement begins|placements begin}} {when}.",
            why="Age at placement would be impossible.",
            done="No date was changed.",
            fix=fix,
        )
    return problems


def placeholder_dates(draft: Draft) -> list[Problem]:
    """SB-PLACE-12: far more starts on 1 January than there should be."""
    frame = draft.tables["placements"]
    new_year = (frame["start"].dt.month == 1) & (frame["start"].dt.day == 1)
    share = new_year.sum() / max(frame["start"].notna().sum(), 1)
    if new_year.sum() < PLACEHOLDER_ROWS or share < PLACEHOLDER_SHARE:
        return []
    return problems_in(
        draft,
        frame,
        new_year,
        "start",
        "SB-PLACE-12",
        "warn",
        f"{share:.0%} of placements begin on 1 January.",
        why="If these stand for an unknown day, times in placement are wrong by up to a year.",
        done="The dates were kept.",
        fix="Look up the dates; leave out what is known by year only.",
    )


def no_start(draft: Draft) -> list[Problem]:
    """SB-PLACE-30: a placement without a beginning."""
    frame = draft.tables["placements"]
    return problems_in(
        draft,
        frame,
        frame["start"].isna(),
        "start",
        "SB-PLACE-30",
        "stop",
        "{n:placement has|placements have} no start.",
        why="Neither their order nor their length is known.",
        done="They were not dropped.",
        fix="Add the start.",
    )


RULES = (
    no_start,
    end_before_start,
    two_open,
    overlaps,
    gaps,
    reasons_without_end,
    outside_childhood,
    placeholder_dates,
)
