"""When: waves in their order, at their time, at ages a child can have."""

from __future__ import annotations

import numpy as np
import pandas as pd

from securebase_analysis.errors import Problem
from securebase_analysis.study.draft import Draft, problems_in
from securebase_analysis.study.file_rows import ENTRY, ROW
from securebase_analysis.study.keys import planned_months
from securebase_analysis.study.schema import DAYS_PER_MONTH, KEY
from securebase_analysis.study.waves import WAVE_KEY, evidence

OLDEST = 25
DAYS_PER_YEAR = 365.25
SHORTEST_SHARE, LONGEST_SHARE = 0.25, 2.0
UNEVEN = 1.5


def occasions(draft: Draft) -> pd.DataFrame:
    """One row for each child and wave with a date: the wave file's before that of answers, ratings, interviews.

    Returns
    -------
    pandas.DataFrame
        ``site, child, wave, date`` with `ENTRY` and `ROW` of the place the date comes from, ordered by wave.
    """
    names = ["waves", *draft.answers, "ratings", "sources"]
    tables = dict(draft.all_tables())
    parts = [tables[name][[*WAVE_KEY, "date", ENTRY, ROW]] for name in names]
    filled = [part.dropna(subset=[*WAVE_KEY, "date"]) for part in parts if part["date"].notna().any()]
    if not filled:
        return parts[0].iloc[:0]
    dated = pd.concat(filled, ignore_index=True).drop_duplicates(WAVE_KEY)
    return dated.sort_values(WAVE_KEY, kind="stable").reset_index(drop=True)


def _with_interval(draft: Draft) -> pd.DataFrame:
    """The occasions with the days since the child's wave before, and which wave that was."""
    dated = occasions(draft)
    before = dated.groupby([*KEY], sort=False)
    dated["before"] = before["date"].shift()
    dated["wave_before"] = before["wave"].shift()
    dated["days"] = (dated["date"] - dated["before"]).dt.days
    return dated


def waves_out_of_order(draft: Draft) -> list[Problem]:
    """SB-WAVE-04: a later wave with an earlier date."""
    dated = _with_interval(draft)
    wrong = dated["days"] < 0
    if not wrong.any():
        return []
    first = dated[wrong].iloc[0]
    return problems_in(
        draft,
        dated,
        wrong,
        "date",
        "SB-WAVE-04",
        "stop",
        f"{{n:wave is|waves are}} dated before the wave before, e.g. wave {first['wave_before']} on "
        f"{first['before']:%Y-%m-%d}, then wave {first['wave']} on {first['date']:%Y-%m-%d}.",
        why="Change over time would run backwards for these children.",
        done="Waves were not re-ordered.",
        fix="Correct the date or the wave.",
    )


def uneven_intervals(draft: Draft) -> list[Problem]:
    """SB-WAVE-05: waves far closer or further apart than planned or usual."""
    dated = _with_interval(draft)
    dated = dated[dated["days"] >= 0].reset_index(drop=True)
    if dated.empty:
        return []
    months = planned_months(draft.codebook)
    planned = dated["wave"].map(months).astype("float64") - dated["wave_before"].map(months).astype("float64")
    usual = dated.groupby(["wave_before", "wave"])["days"].transform("median")
    expected = (planned * DAYS_PER_MONTH).fillna(usual)
    odd = (dated["days"] < SHORTEST_SHARE * expected) | (dated["days"] > LONGEST_SHARE * expected)
    if not odd.any():
        return []
    days = dated["days"]
    return problems_in(
        draft,
        dated,
        odd,
        "date",
        "SB-WAVE-05",
        "warn",
        "{n:wave|waves} came much earlier or later after the wave before than planned; the time between waves "
        f"runs from {days.min():.0f} to {days.max():.0f} days (median {days.median():.0f}).",
        why="Counted in waves, a week and six years would be the same step.",
        done="Time is counted from the dates, in years.",
        fix="Check the dates; in models use years, not the number of the wave.",
    )


def nearer_to_another_wave(draft: Draft) -> list[Problem]:
    """SB-WAVE-06: a date that lies nearer to the plan of another wave."""
    months = planned_months(draft.codebook)
    if months.notna().sum() < 2:
        return []
    dated = occasions(draft)
    first_wave = int(months.index.min())
    first = dated[dated["wave"] == first_wave].set_index([*KEY])["date"]
    dated = dated.merge(first.rename("first"), left_on=[*KEY], right_index=True, how="inner")
    dated = dated[(dated["wave"] != first_wave) & dated["wave"].isin(months.index[months.notna()])]
    if dated.empty:
        return []
    months = months[months.notna()]
    passed = ((dated["date"] - dated["first"]).dt.days / DAYS_PER_MONTH).to_numpy(dtype=float)
    distance = np.abs(passed[:, None] - months.to_numpy(dtype=float)[None, :])
    nearest_wave = months.index.to_numpy()[distance.argmin(axis=1)]
    own = np.abs(passed - dated["wave"].map(months).to_numpy(dtype=float))
    wrong = (nearest_wave != dated["wave"].to_numpy(dtype="int64")) & (distance.min(axis=1) < own)
    wrong &= passed >= 0
    return problems_in(
        draft,
        dated,
        wrong,
        "date",
        "SB-WAVE-06",
        "warn",
        "{n:wave was|waves were} held nearer to the planned time of another wave.",
        why="Means by wave mix children who were seen at different times.",
        done="The wave of the file was kept; time is counted from the dates.",
        fix="Check the wave and the date of these rows.",
    )


# --- ages -------------------------------------------------------------------------------------------------------


def _births(draft: Draft) -> pd.DataFrame:
    """One birth date a child."""
    children = draft.tables["children"]
    return children.dropna(subset=[*KEY, "birth_date"]).drop_duplicates([*KEY])[[*KEY, "birth_date"]]


def impossible_ages(draft: Draft) -> list[Problem]:
    """SB-WAVE-07: seen before birth, older than any child in care, or an age in months."""
    dated = occasions(draft).merge(_births(draft), on=[*KEY], how="inner")
    age = (dated["date"] - dated["birth_date"]).dt.days / DAYS_PER_YEAR
    problems = _impossible(draft, dated, age, "date", "Check the date and the birth date.")
    for frame in draft.tables_with("age"):
        if frame["age"].notna().any():
            fix = "Give ages in years, or leave the column out: the birth date is enough."
            problems += _impossible(draft, frame, frame["age"], "age", fix)
    return problems


def _impossible(draft: Draft, frame: pd.DataFrame, age: pd.Series, column: str, fix: str) -> list[Problem]:
    """Rows with an age below 0 or above the oldest."""
    wrong = (age < 0) | (age > OLDEST)
    if not wrong.any():
        return []
    worst = age[wrong].iloc[0]
    return problems_in(
        draft,
        frame,
        wrong,
        column,
        "SB-WAVE-07",
        "stop",
        f"{{n:row gives|rows give}} an age of {worst:.1f} years or the like; expected are 0 to {OLDEST}"
        f"{' (months?)' if worst > OLDEST else ''}.",
        why="Every result by age would be wrong for these children.",
        done="No age was changed.",
        fix=fix,
    )


def ages_that_disagree(draft: Draft) -> list[Problem]:
    """SB-WAVE-08: a recorded age more than a year from the birth date."""
    dated = occasions(draft)[[*WAVE_KEY, "date"]].merge(_births(draft), on=[*KEY], how="inner")
    dated["by_birth"] = (dated["date"] - dated["birth_date"]).dt.days / DAYS_PER_YEAR
    problems = []
    for frame in draft.tables_with("age"):
        if frame["age"].isna().all():
            continue
        by_birth = frame[WAVE_KEY].merge(dated[[*WAVE_KEY, "by_birth"]], on=WAVE_KEY, how="left")["by_birth"]
        # An age in whole years may be up to a year below the exact one.
        off = frame["age"].to_numpy(dtype=float) - by_birth.to_numpy(dtype=float)
        wrong = (off > 1) | (off < -2) | ((off < -1) & (frame["age"] % 1 != 0).to_numpy())
        wrong &= frame["age"].between(0, OLDEST).to_numpy()
        problems += problems_in(
            draft,
            frame,
            wrong,
            "age",
            "SB-WAVE-08",
            "warn",
            "{n:recorded age is|recorded ages are} more than a year from the birth date.",
            why="One of the two is wrong.",
            done="The birth date is used.",
            fix="Correct the age or the birth date.",
        )
    return problems


# --- the plan ---------------------------------------------------------------------------------------------------


def uneven_plan(draft: Draft) -> list[Problem]:
    """SB-WAVE-12: waves that are not evenly spaced."""
    months = planned_months(draft.codebook)
    planned = months.notna().all()
    if not planned:
        dated = _with_interval(draft)
        steps = dated[dated["days"] > 0].groupby("wave")["days"].median() / DAYS_PER_MONTH
    else:
        steps = months.diff().dropna()
    if len(steps) < 2 or steps.max() < UNEVEN * steps.min():
        return []
    listed = ", ".join(f"{step:.0f}" for step in steps)
    return [
        Problem(
            "SB-WAVE-12",
            "warn",
            f"The waves are not evenly spaced: {listed} months apart.",
            table="codebook: waves",
            column="months",
            why="A slope per wave is then not a slope per year.",
            done="Time is counted in years since a child's first date.",
            fix="In models use years, not the number of the wave.",
        )
    ]


def last_date_seen(draft: Draft) -> pd.Timestamp | None:
    """The latest date of any table; births, and dates after today, do not count."""
    today = pd.Timestamp.now().normalize()
    dates = [
        frame[name]
        for _, frame in draft.all_tables()
        for name in ("date", "start", "end")
        if name in frame and frame[name].dtype.kind == "M" and frame[name].notna().any()
    ]
    if not dates:
        return None
    every = pd.concat(dates, ignore_index=True).dropna()
    last = every[every <= today].max()
    return None if pd.isna(last) else pd.Timestamp(last)


def no_data_freeze(draft: Draft) -> list[Problem]:
    """SB-WAVE-13: nobody said until when the data are complete."""
    last = last_date_seen(draft)
    if draft.study_file.data_freeze is not None or last is None:
        return []
    return [
        Problem(
            "SB-WAVE-13",
            "note",
            "There is no date of the data freeze.",
            table="study.toml",
            column="study.data_freeze",
            why="It decides which waves are not yet due, and until when an open placement lasts.",
            done=f"The latest date in the files is used: {last:%Y-%m-%d}.",
            fix=f"data_freeze = {last:%Y-%m-%d}",
        )
    ]


def statuses_against_data(draft: Draft) -> list[Problem]:
    """SB-WAVE-32: a wave that is said not to have taken place and has data, or the reverse."""
    waves = draft.tables["waves"]
    if waves["status"].isna().all():
        return []
    found = evidence(draft)
    with_data = pd.MultiIndex.from_frame(found.loc[found["_has_data"].astype(bool), WAVE_KEY])
    has_data = pd.MultiIndex.from_frame(waves[WAVE_KEY]).isin(with_data)
    against = waves["status"].notna() & (waves["status"] != "seen") & has_data
    nothing = (waves["status"] == "seen") & ~has_data & waves["date"].isna()
    problems = problems_in(
        draft,
        waves,
        against,
        "status",
        "SB-WAVE-32",
        "warn",
        "{n:wave is|waves are} said not to have taken place, and there are answers, ratings or interviews.",
        why="They cannot both be true.",
        done="They count as seen.",
        fix="Correct the status, or the wave of the answers.",
    )
    return problems + problems_in(
        draft,
        waves,
        nothing,
        "status",
        "SB-WAVE-32",
        "warn",
        "{n:wave is|waves are} said to have taken place, and there is no date, answer, rating or interview.",
        why="Their answers may be missing from the study folder.",
        done="They count as seen, as the file says.",
        fix="Add the answers or the date, or correct the status.",
    )


RULES = (
    waves_out_of_order,
    uneven_intervals,
    nearer_to_another_wave,
    impossible_ages,
    ages_that_disagree,
    uneven_plan,
    no_data_freeze,
    statuses_against_data,
)
