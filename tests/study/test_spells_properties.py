"""Where: what holds for every table of placements, drawn at random."""

from __future__ import annotations

import numpy as np
import pandas as pd
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from securebase_analysis.study.schema import END_REASONS
from securebase_analysis.study.spells import placement_history
from securebase_analysis.study.stability import placement_stability

DAY0 = pd.Timestamp("2019-01-01")
FREEZE = "2022-03-31"
REASONS = [reason.name for reason in END_REASONS]
RNE = ["S", "L", "P", "T", "B", "U", "", "X"]

day = st.integers(0, 60) | st.integers(0, 1100)
placement = st.tuples(
    st.sampled_from("abc"), st.sampled_from("xyz"), st.sampled_from(["foster", "kinship"]), day,
    st.none() | st.integers(0, 8) | st.integers(0, 400), st.sampled_from(REASONS),
)  # fmt: skip
episode = st.tuples(
    st.sampled_from("abc"), day, st.none() | st.integers(0, 8) | st.integers(0, 400), st.sampled_from(RNE),
    st.sampled_from(["C2", "V4", "V2"]), st.sampled_from(["U6", "K2", "T1", "A3"]),
    st.sampled_from(["1", "2", ""]), st.sampled_from(["X1", "E4A", ""]),
)  # fmt: skip
choices = st.fixed_dictionaries(
    {
        "legal_change_same_carer": st.sampled_from(["merge", "keep"]),
        "placement_change_same_carer": st.sampled_from(["merge", "keep"]),
        "respite_days": st.sampled_from([0, 3]),
        "temporary": st.sampled_from(["merge", "keep"]),
        "short_breaks": st.sampled_from(["apart", "as_placements"]),
        "gap_days": st.sampled_from([0, 1]),
        "two_open": st.sampled_from(["end_first", "keep"]),
        "overlap": st.sampled_from(["end_first", "keep"]),
        "re_entry": st.sampled_from(["new_period", "same_period"]),
    }
)


def plain(rows: list[tuple]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["child", "carer", "type", "first", "length", "end_reason"])
    start = DAY0 + pd.to_timedelta(frame["first"], unit="D")
    end = start + pd.to_timedelta(frame["length"].astype("float64"), unit="D")
    reason = frame["end_reason"].where(end.notna())
    return frame.assign(start=start, end=end, end_reason=reason).drop(columns=["first", "length"])


def coded(rows: list[tuple]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["child", "first", "length", "RNE", "LS", "PLACE", "URN", "REC"])
    start = DAY0 + pd.to_timedelta(frame["first"], unit="D")
    end = start + pd.to_timedelta(frame["length"].astype("float64"), unit="D")
    return frame.assign(DECOM=start, DEC=end).drop(columns=["first", "length"])


def days_in_care(frame: pd.DataFrame, freeze: pd.Timestamp) -> int:
    """Days of every child counted one by one, as a set."""
    days = set()
    for child, start, end in zip(frame["child"], frame["start"], frame["end"].fillna(freeze)):
        days |= {(child, day) for day in range((start - DAY0).days, (min(end, freeze) - DAY0).days)}
    return len(days)


def agrees(history, table: pd.DataFrame) -> None:
    """Children, rows, events and days before and after."""
    used = table.drop_duplicates().rename(columns={"DECOM": "start", "DEC": "end"})
    used = used[used["start"] <= history.freeze]
    spells, account = history.spells, history.before_after
    assert spells["n_rows"].sum() == len(used)
    assert set(spells["child"]) == set(used["child"])
    days = account["days_changed"].sum()
    half_days = 0.5 * ((spells["start"] == spells["end"]).sum())
    assert days_in_care(spells, history.freeze) == days_in_care(used, history.freeze) + days - half_days
    for what in ("rows", "events", "days"):
        told = account.dropna(subset=[f"{what}_before", f"{what}_changed"])
        assert (told[f"{what}_before"] + told[f"{what}_changed"] == told[f"{what}_after"]).all()


@settings(max_examples=60)
@given(st.lists(placement, min_size=1, max_size=14), choices)
def test_before_and_after_agree_for_a_plain_table(rows, rules):
    table = plain(rows)
    agrees(placement_history(table, freeze=FREEZE, rules=rules), table)


@settings(max_examples=60)
@given(st.lists(episode, min_size=1, max_size=14), choices)
def test_before_and_after_agree_for_a_return(rows, rules):
    table = coded(rows)
    agrees(placement_history(table, freeze=FREEZE, rules=rules), table)


@settings(max_examples=50)
@given(st.lists(episode, min_size=2, max_size=14), choices, st.randoms(use_true_random=False))
def test_the_order_of_the_rows_does_not_matter(rows, rules, random):
    table = coded(rows)
    order = list(range(len(table)))
    random.shuffle(order)
    first = placement_history(table, freeze=FREEZE, rules=rules)
    other = placement_history(table.iloc[order], freeze=FREEZE, rules=rules)
    pd.testing.assert_frame_equal(*(_without_numbers(found.spells) for found in (first, other)))
    pd.testing.assert_frame_equal(*(_without_numbers(found.moves) for found in (first, other)))
    pd.testing.assert_frame_equal(first.repairs, other.repairs)


def _without_numbers(frame: pd.DataFrame) -> pd.DataFrame:
    """Without row numbers; words as text."""
    frame = frame.drop(columns=["row", "row_before"], errors="ignore")
    words = {name: "str" for name in frame if frame[name].dtype == "category"}
    return frame.astype(words)


@settings(max_examples=60)
@given(st.lists(placement, min_size=1, max_size=14), choices)
def test_spells_of_spells_are_the_same_spells(rows, rules):
    # a spell tells its first type only, so merging by type alone cannot be repeated from spells
    assume(rules["legal_change_same_carer"] == "merge" or rules["placement_change_same_carer"] == "keep")
    once = placement_history(plain(rows), freeze=FREEZE, rules=rules).spells
    columns = ["child", "carer", "type", "start", "end"]
    again_from = once[columns].assign(
        type=once["type"].astype("str"), end_reason=once["exit_reason"].astype("str")
    )
    again = placement_history(again_from, freeze=FREEZE, rules=rules).spells
    pd.testing.assert_frame_equal(again[columns].astype({"type": "str"}), once[columns].astype({"type": "str"}))
    np.testing.assert_array_equal(again["period"], once["period"])


@settings(max_examples=30)
@given(st.lists(episode, min_size=1, max_size=14))
def test_stability_counts_children_that_are_there(rows):
    table = coded(rows)
    history = placement_history(table, freeze=FREEZE, observed_from="2019-04-01")
    frame = placement_stability(
        history, ["any_change", "carer_change", "dfe_2025", "childrens_commissioner"]
    ).frame
    for year, found in frame.groupby("year"):
        last = pd.Timestamp(f"{int(year[:4]) + 1}-03-31")
        episodes = history.episodes.merge(table["LS"], left_on=history.episodes["row"] - 1, right_index=True)
        there = episodes[(episodes["start"] <= last) & ~(episodes["end"] <= last) & (episodes["LS"] != "V4")]
        assert (found["children"] == there["child"].nunique()).all()
    counts = frame.pivot(index="year", columns="definition", values="count")
    assert (counts["carer_change"] <= counts["any_change"]).all()
    assert (counts["dfe_2025"] <= counts["any_change"]).all()
    assert (frame["count"] <= frame["children"]).all()
