"""Since when a child had lived where it was seen, by hand."""

import pandas as pd
from small_studies import one_scale, simulated_answers, study_of

from securebase_analysis.measures.scoring import score_dimensions
from securebase_analysis.measures.scoring.placed import placement_starts
from securebase_analysis.study.simulate import simulate_study

PLACEMENTS = pd.DataFrame(
    [
        ("n", "wren", "K1", "2020-01-01", "2021-01-01"),
        ("n", "wren", "K2", "2021-01-01", "2021-06-30"),
        ("n", "wren", "K2", "2021-07-01", None),  # the legal status changed, not the carer
        ("n", "rook", "K1", "2020-05-01", "2020-09-01"),
        ("n", "rook", "K1", "2021-05-01", None),  # back after months away
        ("s", "wren", None, "2019-03-01", "2019-12-31"),
        ("s", "wren", None, "2020-01-01", None),  # two homes without a name
    ],
    columns=["site", "child", "carer", "start", "end"],
).astype({"start": "datetime64[us]", "end": "datetime64[us]"})


def start_of(site, child, *days):
    seen = pd.DataFrame(
        {"site": site, "child": child, "date": pd.to_datetime(list(days))}, index=[*range(7, 7 + len(days))]
    )
    starts = placement_starts(seen, PLACEMENTS)
    assert starts.index.equals(seen.index)
    return starts.dt.strftime("%Y-%m-%d").fillna("none").tolist()


def test_the_placement_on_the_day_counts():
    assert start_of("n", "wren", "2020-06-01", "2020-12-31", "2021-02-01") == [
        "2020-01-01",
        "2020-01-01",
        "2021-01-01",
    ]


def test_a_day_on_which_one_ends_and_the_next_begins_is_of_the_next():
    assert start_of("n", "wren", "2021-01-01") == ["2021-01-01"]


def test_a_change_without_a_change_of_carer_is_no_new_start():
    assert start_of("n", "wren", "2021-07-01", "2023-01-01") == ["2021-01-01", "2021-01-01"]


def test_before_between_and_on_the_last_day():
    assert start_of("n", "rook", "2020-04-30", "2020-09-01", "2020-12-01", "2022-01-01") == [
        "none", "2020-05-01", "none", "2021-05-01",
    ]  # fmt: skip


def test_placements_without_a_carer_are_not_joined():
    assert start_of("s", "wren", "2019-06-01", "2020-06-01") == ["2019-03-01", "2020-01-01"]


def test_scores_of_a_study_know_since_when():
    study = simulate_study(40, 3, interviews=False).study
    occasions = score_dimensions(study).occasions
    known = occasions.dropna(subset="placement_start")
    assert len(known) > 0.9 * len(occasions)
    assert (known["placement_start"] <= known["date"]).all()
    by_hand = known.merge(study.placements, on=["site", "child"])
    by_hand = by_hand[by_hand["placement_start"] == by_hand["start"]]
    assert len(by_hand) == len(known)
    moved = study.placements.groupby(["site", "child"])["start"].nunique().gt(1)
    assert moved.any()
    assert known.groupby(["site", "child"])["placement_start"].nunique().gt(1).any()


def test_what_the_table_of_children_says_goes_before():
    answers = {"visit": simulated_answers(4, waves=(1, 2)).assign(site="n", informant="carer")}
    children = pd.DataFrame(
        {"site": "n", "child": [f"KID{i:04d}" for i in range(4)], "placement_start": "2020-02-02"}
    )
    study = study_of(one_scale(), responses=answers, children=children, placements=PLACEMENTS)
    assert set(score_dimensions(study).occasions["placement_start"]) == {"2020-02-02"}


def test_without_placements_there_is_no_such_column():
    answers = simulated_answers(4, waves=(1, 2))
    assert "placement_start" not in score_dimensions(answers, one_scale()).occasions
