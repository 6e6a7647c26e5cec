"""Where: what holds for every follow-up, drawn at random and compared with a join that goes day by day."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from securebase_analysis.engines.partial_likelihood import fit_cox
from securebase_analysis.errors import DataError, ModelError
from securebase_analysis.models.follow_up import follow_placements
from securebase_analysis.study.spells import placement_history

DAY0 = pd.Timestamp("2020-01-01")
FREEZE = DAY0 + pd.Timedelta(days=120)
REASONS = ["breakdown", "planned move", "returned home", None]

placement = st.tuples(
    st.sampled_from("aab"), st.sampled_from("xyz"), st.integers(0, 100), st.none() | st.integers(0, 60),
    st.sampled_from(REASONS),
)  # fmt: skip
score = st.tuples(
    st.sampled_from("aabc"), st.none() | st.sampled_from("xyz"), st.integers(-20, 125) | st.just(None),
    st.integers(1, 9), st.none() | st.integers(1, 9),
)  # fmt: skip
options = st.fixed_dictionaries(
    {
        "carry_days": st.none() | st.integers(1, 40),
        "unit": st.sampled_from(["placement", "child", "period"]),
        "observed_from": st.sampled_from(["start", "2020-01-21", "2020-02-25"]),
        "ends": st.sampled_from(["breakdown", "any_move", ["breakdown", "returned home"]]),
    }
)


def histories(rows: list[tuple]) -> pd.DataFrame:
    """A plain table; reasons stand only where there is an end."""
    frame = pd.DataFrame(rows, columns=["child", "carer", "start", "days", "end_reason"])
    end = frame["start"] + frame["days"]
    return pd.DataFrame(
        {
            "child": frame["child"],
            "carer": frame["carer"],
            "type": "foster",
            "start": DAY0 + pd.to_timedelta(frame["start"], unit="D"),
            "end": DAY0 + pd.to_timedelta(end, unit="D"),
            "end_reason": frame["end_reason"].where((end <= 120) & end.notna(), None),
        }
    )


def score_table(rows: list[tuple], named: bool) -> pd.DataFrame:
    """A wide table, one row a child, carer and day."""
    frame = pd.DataFrame(rows, columns=["child", "carer", "date", "availability", "trust"])
    frame["date"] = DAY0 + pd.to_timedelta(frame["date"].astype(float), unit="D")
    frame = frame.astype({"availability": float, "trust": float})
    frame = frame.drop_duplicates(["child", "date"])
    return frame if named else frame.drop(columns="carer")


def number(day: pd.Timestamp) -> int:
    return (day - DAY0).days


def carer_of_day(spells: list, child: str, day: int) -> str | None:
    """The carer of the spell that began last of those that hold on a day."""
    mine = [spell.carer for spell in spells if spell.child == child and spell.first <= day <= spell.last]
    return mine[-1] if mine else None


def known_on(scores: list[tuple], child: str, carer: str | None, day: int, carry: int | None) -> float:
    """The latest score that was measured before a day, by looking at every one of them."""
    best = (-1000, np.nan)
    for whose, of, when, value in scores:
        in_time = when < day and when <= 120 and (carry is None or day - when <= carry)
        if whose == child and carer in (None, of) and in_time and when > best[0]:
            best = (when, value)
    return best[1]


def nothing_at_risk(error: ModelError) -> None:
    """The only thing that may be refused here."""
    assert [problem.code for problem in error.problems] == ["SB-EVENT-42"]


def as_tuples(table: pd.DataFrame, name: str, spells: list) -> list[tuple]:
    """Child, carer whom it describes, day and value of every dated score."""
    scores = []
    for row in table.dropna(subset=["date", name]).itertuples():
        day, named = number(row.date), getattr(row, "carer", None)
        scores.append((row.child, carer_of_day(spells, row.child, day) if pd.isna(named) else named, day,
                       getattr(row, name)))  # fmt: skip
    return scores


@settings(max_examples=60, deadline=None)
@given(
    st.lists(placement, min_size=1, max_size=7), st.lists(score, min_size=2, max_size=9), options, st.booleans()
)
def test_every_day_at_risk_knows_the_latest_score_of_the_days_before_it(rows, scores, chosen, named):
    history = placement_history(histories(rows), freeze=FREEZE)
    table = score_table(scores, named)
    if not set(table["child"]) & set(history.spells["child"]):
        return
    try:
        followed = follow_placements(history, table, constructs=["availability", "trust"], **chosen)
    except ModelError as error:
        nothing_at_risk(error)
        return
    ends = history.spells["end"].fillna(FREEZE)
    first = (history.spells["start"] - DAY0).dt.days
    spells = list(history.spells.assign(first=first, last=(ends - DAY0).dt.days).itertuples())
    by_number = {spell.spell: spell for spell in spells}
    given_scores = {name: as_tuples(table, name, spells) for name in ("availability", "trust")}
    for row in followed.rows.itertuples():
        spell = by_number[row.spell]
        mine = [one for one in spells if one.child == spell.child]
        zero = {
            "placement": spell.first,
            "child": mine[0].first,
            "period": min(one.first for one in mine if one.period == spell.period),
        }[chosen["unit"]]
        days = range(zero + int(np.floor(row.start)) + 1, zero + int(row.stop) + 1)
        days = [spell.first] if spell.first == spell.last and not spell.open else days
        assert days[-1] <= spell.last
        for day in days:
            of_carer = known_on(given_scores["availability"], row.child, spell.carer, day, chosen["carry_days"])
            of_child = known_on(given_scores["trust"], row.child, None, day, chosen["carry_days"])
            np.testing.assert_equal((row.availability, row.trust), (of_carer, of_child))


@settings(max_examples=60, deadline=None)
@given(st.lists(placement, min_size=1, max_size=8), st.lists(score, max_size=12), options)
def test_children_events_and_days_do_not_change_and_every_score_is_accounted_for(rows, scores, chosen):
    history = placement_history(histories(rows), freeze=FREEZE)
    table = score_table(scores, named=True)
    if not set(table["child"]) & set(history.spells["child"]):
        return
    try:
        without = follow_placements(history, **chosen)
        followed = follow_placements(history, table, constructs=["availability", "trust"], **chosen)
    except ModelError as error:
        nothing_at_risk(error)
        return
    assert len(without.rows) == without.rows["spell"].nunique()
    pd.testing.assert_frame_equal(without.before_after, followed.before_after)
    spells = history.spells
    seen = DAY0 if chosen["observed_from"] == "start" else pd.Timestamp(chosen["observed_from"])
    begins = spells["start"].clip(lower=seen)
    days = (spells["end"].fillna(FREEZE) - begins).dt.days.astype(float)
    days[(spells["start"] == spells["end"]) & (spells["start"] >= seen)] = 0.5
    expected = days[days > 0].sum()
    twice = followed.rows["start"] % 1 == 0.5
    lost = 0.5 * followed.rows.loc[twice, "spell"].nunique()
    assert followed.before_after["after"].iloc[-1] == expected - lost
    assert followed.before_after["after"].iloc[1] + followed.left_out["placements"].sum() == len(spells)
    for name in ("availability", "trust"):
        mine = followed.fates[followed.fates["construct"] == name]
        assert mine["scores"].sum() == table[name].notna().sum()
        ages = followed.rows[f"{name}_age_days"]
        assert (ages.dropna() >= 0).all()
        assert (ages.isna() == followed.rows[name].isna()).all()
    first = ~followed.rows["spell"].duplicated()
    assert followed.rows.loc[first, "enum"].min() >= 1


@pytest.mark.parametrize("seed", range(3))
def test_cutting_does_not_change_a_cox_fit_without_columns_that_change(seed):
    placements, scores = random_cohort(seed)
    history = placement_history(placements, freeze="2024-01-01")
    whole = follow_placements(history, children=placements[["child", "difficulty"]].drop_duplicates()).rows
    cut = follow_placements(
        history, scores, carry_days=200, children=placements[["child", "difficulty"]].drop_duplicates()
    ).rows
    assert len(cut) > 2 * len(whole)
    fits = [fit_cox(rows["stop"], rows["event"], [rows["difficulty"]], rows["start"]) for rows in (whole, cut)]
    np.testing.assert_allclose(fits[0].beta, fits[1].beta, rtol=1e-10)
    np.testing.assert_allclose(fits[0].vcov, fits[1].vcov, rtol=1e-9)
    np.testing.assert_allclose(fits[0].log_likelihood, fits[1].log_likelihood, rtol=1e-10)


def random_cohort(seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Placements one after another, and scores at any time."""
    rng = np.random.default_rng(seed)
    rows, scores = [], []
    for child in range(80):
        day = pd.Timestamp("2020-01-01") + pd.Timedelta(days=int(rng.integers(0, 300)))
        difficulty = rng.normal()
        for carer in range(int(rng.integers(1, 4))):
            end = day + pd.Timedelta(days=int(rng.integers(1, 700)))
            reason = rng.choice(["breakdown", "planned move"])
            rows.append((f"c{child}", f"k{child}-{carer}", day, end, reason, difficulty))
            for _ in range(4):
                when = day + pd.Timedelta(days=int(rng.integers(0, 700)))
                scores.append((f"c{child}", when, rng.normal(), rng.normal()))
            day = end
    placements = pd.DataFrame(rows, columns=["child", "carer", "start", "end", "end_reason", "difficulty"])
    table = pd.DataFrame(scores, columns=["child", "date", "availability", "trust"])
    return placements, table.drop_duplicates(["child", "date"])


def test_the_order_of_rows_does_not_matter():
    placements, scores = random_cohort(7)
    one = follow_placements(placement_history(placements, freeze="2024-01-01"), scores)
    mixed = placements.sample(frac=1.0, random_state=1), scores.sample(frac=1.0, random_state=2)
    other = follow_placements(placement_history(mixed[0], freeze="2024-01-01"), mixed[1])
    pd.testing.assert_frame_equal(one.rows, other.rows)
    assert str(one.before_after) == str(other.before_after)


def test_two_different_scores_of_a_day_are_never_averaged():
    placements, scores = random_cohort(3)
    again = scores.iloc[[5]].assign(trust=99.0)
    with pytest.raises(DataError) as error:
        follow_placements(placement_history(placements, freeze="2024-01-01"), pd.concat([scores, again]))
    told = {problem.column: problem for problem in error.value.problems}
    assert told["trust"].code == "SB-ID-02"
    assert told["trust"].rows == (6, len(scores) + 1)
