"""The placement calendar: bars, gaps, moves and exits counted by hand, no child to be found, readable in grey."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from made_placements import COLUMNS, FOUR, RETURNS, SAMPLE, SECRET, crowded, four_children, many_children
from matplotlib import pyplot as plt
from matplotlib.collections import PolyCollection
from matplotlib.colors import to_rgb

import securebase_analysis as sb
from securebase_analysis.errors import ModelError
from securebase_analysis.show.figures.picture import picture_of, write_figure
from securebase_analysis.show.figures.placement_calendar import plot_calendar
from securebase_analysis.show.figures.placement_calendar_numbers import calendar_frame
from securebase_analysis.show.figures.placement_calendar_shares import occupancy_frame
from securebase_analysis.show.figures.placement_words import EXITS, TYPE_LOOKS, type_looks, types_in_words
from securebase_analysis.study.spells import placement_history
from securebase_analysis.study.ssda903 import read_ssda903


@pytest.fixture(scope="module")
def four():
    return four_children()


@pytest.fixture(scope="module")
def cohort():
    return many_children(60)


@pytest.fixture(scope="module")
def study():
    return sb.read_study(SAMPLE)


@pytest.fixture(scope="module")
def returns():
    if not RETURNS.exists():
        pytest.skip("the sample returns (../shared/samples) are not here")
    return placement_history(read_ssda903(RETURNS))


def grey(color) -> float:
    return float(np.dot(to_rgb(color), (0.299, 0.587, 0.114)))


# ---- the frame -------------------------------------------------------------------------------------------------


def test_four_children_by_days_as_counted_by_hand(four):
    rows = calendar_frame(four)
    by_row = {row: part[["kind", "label", "start", "stop"]].values.tolist() for row, part in rows.groupby("row")}
    assert by_row[1] == [  # a: 731 days from the first placement to the freeze
        ["placement", "Foster care", 0, 182],
        ["placement", "Kinship care", 182, 730],
        ["move", "", 182, 182],
        ["open", "", 730, 730],
    ]
    assert by_row[2] == [  # c
        ["before", "Foster care", 0, 214],
        ["placement", "Foster care", 214, 245],
        ["placement", "Type not known", 274, 611],
        ["gap", "No placement known", 245, 274],
        ["move", "", 274, 274],
        ["exit", "Adopted", 611, 611],
    ]
    assert by_row[3] == [  # d: of two placements at once the later one
        ["placement", "Foster care", 0, 100],
        ["placement", "Kinship care", 100, 130],
        ["placement", "Foster care", 130, 335],
        ["move", "", 100, 100],
        ["end", "Not known afterwards", 335, 335],
    ]
    assert by_row[4] == [  # b: home for two months, which is no gap in care and no move
        ["placement", "Foster care", 0, 30],
        ["placement", "Residential care", 92, 184],
        ["exit", "Returned home", 30, 30],
        ["end", "Not known afterwards", 184, 184],
    ]


def test_four_children_by_date_in_the_order_of_their_first_day(four):
    rows = calendar_frame(four, time="date", order="start")
    first = rows.groupby("row")["start"].min()
    assert first.dt.strftime("%Y-%m-%d").tolist() == ["2019-06-01", "2020-01-01", "2020-01-01", "2020-03-01"]
    before = rows[rows["kind"] == "before"].iloc[0]
    assert (before["row"], f"{before['stop']:%Y-%m-%d}") == (1, "2020-01-01")
    open_rows = rows[rows["kind"] == "open"]
    assert open_rows["start"].dt.strftime("%Y-%m-%d").tolist() == ["2021-12-31"]


def test_the_sample_study_agrees_with_its_history(study):
    history = placement_history(study)
    rows = calendar_frame(study)
    kinds = rows["kind"].value_counts()
    assert rows["row"].max() == history.spells["child"].nunique() == 240
    assert kinds["move"] == len(history.moves) == 90
    assert kinds["exit"] == history.spells["left_care"].sum() == 18
    assert kinds["open"] == history.spells["open"].sum() == 222
    assert "gap" not in kinds
    bars = rows[rows["kind"] == "placement"]
    days = (bars["stop"] - bars["start"]).groupby(bars["label"]).sum()
    expected = history.spells.groupby("type", observed=True)["days"].sum()
    labels = {"foster": "Foster care", "kinship": "Kinship care", "residential": "Residential care"}
    assert {labels[name]: value for name, value in expected.items()} == pytest.approx(days.to_dict())


def test_returns_agree_with_their_history(returns):
    spells = returns.spells
    spells = spells[spells["kind"] != "short breaks"]
    rows = calendar_frame(returns, most_children=10_000, time="date")
    kinds = rows["kind"].value_counts()
    assert rows["row"].max() == spells["child"].nunique() == 743
    assert kinds["open"] == spells.loc[spells["open"], "child"].nunique()
    exits = spells[spells["left_care"]].drop_duplicates(["child", "end", "exit_reason"])
    assert kinds["exit"] == len(exits)
    again = spells["period"] == spells.groupby("child")["period"].shift()
    assert kinds["move"] == again.sum()
    # Every day of a child once, however many placements are written down for it.
    days = 0
    for _, part in spells.groupby("child"):
        covered: set[int] = set()
        for start, end in zip(part["start"], part["end"].fillna(returns.freeze)):
            covered |= set(range(start.toordinal(), end.toordinal()))
        days += len(covered)
    bars = rows[rows["kind"].isin(["placement", "before"])]
    assert (bars["stop"] - bars["start"]).dt.days.sum() == days
    before = rows[rows["kind"] == "before"]
    assert (before["stop"] <= returns.observed_from).all()
    assert before["row"].nunique() == (spells.groupby("child")["start"].min() < returns.observed_from).sum() == 535


def test_codes_of_a_return_become_care_contexts_or_stay_apart(returns):
    joined = set(calendar_frame(returns, most_children=10_000).query("kind == 'placement'")["label"])
    assert {"Foster care", "Kinship care", "Residential care", "Independent living"} <= joined
    apart = set(calendar_frame(returns, most_children=10_000, detailed=True).query("kind == 'placement'")["label"])
    assert "Foster carer, long-term" in apart
    assert len(apart - {"Other placements"}) == 7


def test_a_code_that_no_list_has_is_not_known():
    words = types_in_words(pd.Series(["U3", "QQ", None, ""]), coded=True, detailed=False)
    assert words.tolist() == ["Kinship care", "Type not known", "Type not known", "Type not known"]


def test_short_breaks_are_left_out_and_counted(returns):
    notes = picture_of(plot_calendar(returns)).notes
    assert any(note.startswith("396 spells of short breaks left out, and with them 77 children") for note in notes)
    whole = calendar_frame(returns, most_children=10_000, short_breaks=True)
    assert whole["row"].max() == 820


# ---- rows that nobody can be found by --------------------------------------------------------------------------


def test_rows_are_in_no_order_of_the_table(cohort):
    table = many_children(60).spells[["child", "carer", "type", "start", "end", "exit_reason"]]
    table = table.rename(columns={"exit_reason": "end_reason"})
    one = calendar_frame(placement_history(table, freeze=cohort.freeze))
    renamed = table.assign(
        child=table["child"].map({name: f"z{9999 - n}" for n, name in enumerate(pd.unique(table["child"]))})
    )
    other = calendar_frame(placement_history(renamed.iloc[::-1], freeze=cohort.freeze))
    lengths = [frame.groupby("row")["stop"].max().tolist() for frame in (one, other)]
    assert lengths[0] == lengths[1]
    assert lengths[0] == sorted(lengths[0], reverse=True)


def test_equal_children_stand_in_random_order():
    rows = [(str(n), f"c{n}", "kinship" if n < 40 else "foster", "2020-01-01", None, "") for n in range(80)]
    history = placement_history(pd.DataFrame(rows, columns=COLUMNS), freeze="2020-12-31")
    labels = [
        tuple(calendar_frame(history, seed=seed).query("kind == 'placement'")["label"]) for seed in (1, 1, 2)
    ]
    assert labels[0] == labels[1] != labels[2]
    assert len(set(labels[0][:40])) == 2


def test_rounded_rows_are_in_no_finer_order_than_they_show():
    rows = [(str(n), f"c{n}", "kinship", "2020-01-01", None, "") for n in range(40)]
    rows += [(str(n), f"c{n}", "foster", "2020-01-09", None, "") for n in range(40, 80)]
    history = placement_history(pd.DataFrame(rows, columns=COLUMNS), freeze="2020-12-20")
    exact, rounded = (
        calendar_frame(history, round_to=unit).query("kind == 'placement'")["label"].tolist()
        for unit in ("day", "month")
    )
    assert exact == ["Kinship care"] * 40 + ["Foster care"] * 40
    assert len(set(rounded[:40])) == 2


def test_time_at_home_is_no_gap_in_care_whatever_the_periods():
    table = pd.DataFrame(FOUR, columns=COLUMNS).query("child == 'b'")
    for choice in ("new_period", "same_period"):
        history = placement_history(table, freeze="2021-12-31", rules={"re_entry": choice})
        kinds = calendar_frame(history)["kind"].tolist()
        assert "gap" not in kinds
        assert kinds.count("exit") == 1


def test_large_cohorts_are_sampled_with_a_seed_that_the_notes_name():
    history = many_children(2000)
    picture = picture_of(plot_calendar(history, seed=4))
    assert picture.frame["row"].max() == 300
    assert "300 of 2,000 children, drawn at random (seed 4)." in picture.notes
    again, other = (picture_of(plot_calendar(history, seed=seed)).frame for seed in (4, 5))
    pd.testing.assert_frame_equal(picture.frame, again)
    assert not picture.frame.equals(other)
    assert picture.figure.get_figheight() < 9.8


@pytest.mark.parametrize(("round_to", "step"), [("month", 365.25 / 12), ("quarter", 365.25 / 4)])
def test_rounded_days_are_whole_months_or_quarters(cohort, round_to, step):
    rows = calendar_frame(cohort, round_to=round_to)
    for name in ("start", "stop"):
        periods = rows[name] / step
        assert np.abs(periods - periods.round()).max() < 0.51 / step
    exact = calendar_frame(cohort)
    assert (rows["kind"] == "move").sum() == (exact["kind"] == "move").sum()
    assert not set(exact["stop"]) <= set(rows["stop"])


def test_rounded_dates_are_first_days(cohort):
    rows = calendar_frame(cohort, time="date", round_to="month", order="start")
    assert (rows["start"].dt.day == 1).all()
    quarters = calendar_frame(cohort, time="date", round_to="quarter")
    assert set(quarters["start"].dt.month) <= {1, 4, 7, 10}


def test_for_publication_rare_types_and_exits_are_joined_and_time_is_rounded():
    history = many_children(60, n_types=12)
    picture = picture_of(plot_calendar(history, hide_below=10))
    bars = picture.frame[picture.frame["kind"] == "placement"]
    shown = bars.groupby("label")["row"].nunique().drop("Other placements")
    exits = picture.frame[picture.frame["kind"] == "exit"]["label"].value_counts().drop("Other exit")
    assert (shown >= 10).all() if len(shown) else True
    assert (exits >= 10).all() if len(exits) else True
    assert any("Rounded down: time to the month" in note for note in picture.notes)


def test_few_children_are_refused_for_publication_sb_out_09(four):
    with pytest.raises(ModelError) as caught:
        plot_calendar(four, hide_below=10)
    problem = caught.value.problems[0]
    assert problem.code == "SB-OUT-09"
    assert "4 children" in problem.what
    assert problem.fix
    assert any("SB-OUT-09" in note for note in picture_of(plot_calendar(four)).notes)


def test_dates_are_said_to_identify(cohort):
    assert any(
        "Dates may identify a child" in note for note in picture_of(plot_calendar(cohort, time="date")).notes
    )
    assert not any("Dates may" in note for note in picture_of(plot_calendar(cohort)).notes)


@pytest.mark.parametrize("options", [{}, {"time": "date"}, {"style": "shares"}])
def test_the_files_hold_no_child(cohort, tmp_path, options):
    ax = plot_calendar(cohort, **options)
    picture = picture_of(ax)
    for path in write_figure(ax, tmp_path / "calendar"):
        assert SECRET.encode() not in path.read_bytes()
    assert SECRET not in picture.alt + " ".join(picture.notes) + picture.frame.to_csv()


def test_the_same_picture_gives_the_same_bytes(four, tmp_path):
    one, other = (write_figure(plot_calendar(four), tmp_path / name) for name in ("one", "other"))
    for path, again in zip(one, other):
        assert path.read_bytes() == again.read_bytes()


# ---- the drawing -----------------------------------------------------------------------------------------------


def test_what_is_drawn_is_what_is_in_the_frame(four):
    ax = plot_calendar(four)
    frame = picture_of(ax).frame
    drawn = []
    for bars in ax.findobj(PolyCollection):
        for path in bars.get_paths():
            (low, up), (high, down) = path.vertices.min(axis=0), path.vertices.max(axis=0)
            drawn.append((round((up + down) / 2), low, high, down - up))
    bars = frame[frame["kind"].isin(["placement", "before"])]
    expected = [
        (row.row, row.start, row.stop, 0.84 if row.kind == "placement" else 0.3) for row in bars.itertuples()
    ]
    np.testing.assert_allclose(sorted(drawn), sorted(expected))


def test_types_are_told_apart_in_grey():
    kinds = list(type_looks(TYPE_LOOKS).values())
    for place, one in enumerate(kinds):
        for other in kinds[place + 1 :]:
            assert abs(grey(one.color) - grey(other.color)) > 0.12 or one.hatch != other.hatch
            assert abs(grey(one.color) - grey(other.color)) > 0.12 or one.low != other.low


def test_types_of_a_study_have_looks_of_their_own_and_more_are_joined():
    looks = [*type_looks([f"kind {n}" for n in range(12)]).values(), *TYPE_LOOKS.values()]
    assert len({(look.color, look.hatch) for look in looks}) == len(looks)
    bars = [(look.color, look.low) for look in looks]
    assert len(set(bars)) == len(looks)
    history = many_children(400, n_types=20)
    labels = set(calendar_frame(history, most_types=20, most_children=400).query("kind == 'placement'")["label"])
    assert len(labels) == 3 + 12 + 1
    type_looks(labels)


PICTURES = {
    "four children": (four_children, {}),
    "four children by date": (four_children, {"time": "date"}),
    "sixty children": (lambda: many_children(60), {"order": "start"}),
    "twelve types": (lambda: many_children(150, n_types=12), {"order": "type", "most_types": 12}),
    "shares": (lambda: many_children(150), {"style": "shares"}),
    "shares by date": (lambda: many_children(150), {"style": "shares", "time": "date"}),
}


@pytest.mark.parametrize("name", PICTURES)
def test_words_stay_inside_and_apart(name):
    history, options = PICTURES[name]
    assert crowded(plot_calendar(history(), simulated=True, **options).figure) == []


def test_an_ax_is_used_and_simulated_data_are_marked(four, study):
    figure, ax = plt.subplots()
    assert plot_calendar(four, ax=ax, simulated=True) is ax
    assert ax.get_title(loc="right") == "Simulated data"
    picture = picture_of(plot_calendar(study))
    assert picture.alt.startswith("Simulated data. Placement calendar. 240 children")
    assert picture_of(plot_calendar(placement_history(study))).alt.startswith("Simulated data. ")
    assert not picture_of(plot_calendar(study, simulated=False)).alt.startswith("Simulated")
    assert "Spells were made by the default rules of placement_history." in picture.notes
    plt.close(figure)


def test_alt_text_and_notes_count(four):
    picture = picture_of(plot_calendar(four))
    assert "foster care 4, kinship care 2, residential care 1, type not known 1" in picture.alt
    assert "3 moves of 3 children" in picture.alt
    assert "4 children with 8 spells, 3 moves, 2 exits from care, 1 still in placement." in picture.notes
    assert any(note.startswith("1 child came before the first day of the data") for note in picture.notes)
    assert set(four.notes) <= set(picture.notes)


# ---- shares ----------------------------------------------------------------------------------------------------


def test_shares_of_four_children_as_counted_by_hand(four):
    rows = occupancy_frame(four)
    # c came before the data begin; of a, b and d each day is known.
    first = rows[(rows["time"] == 0) & (rows["n_children"] > 0)]
    assert first[["state", "n_children", "n_followed"]].values.tolist() == [["Foster care", 3, 3]]
    day_105 = rows[(rows["time"] == 105) & (rows["n_children"] > 0)]
    assert day_105[["state", "n_children"]].values.tolist() == [
        ["Foster care", 1], ["Kinship care", 1], ["Residential care", 1],
    ]  # fmt: skip
    day_49 = rows[(rows["time"] == 49) & (rows["n_children"] > 0)]
    assert dict(zip(day_49["state"], day_49["n_children"])) == {"Foster care": 2, "Returned home": 1}
    np.testing.assert_allclose(rows.groupby("time")["share"].sum(), 1.0)


@pytest.mark.parametrize("time", ["days", "date"])
def test_no_band_for_publication_is_thinner_than_ten_children(returns, time):
    picture = picture_of(plot_calendar(returns, style="shares", time=time, hide_below=10))
    n = picture.frame["n_children"]
    assert not ((n > 0) & (n < 10)).any()
    np.testing.assert_allclose(picture.frame.groupby("time")["n_children"].sum(),
                               picture.frame.groupby("time")["n_followed"].first())  # fmt: skip
    assert "States of fewer than 10 children are joined with others." in picture.notes


def test_children_in_care_on_a_date_are_counted(returns):
    rows = occupancy_frame(returns, time="date")
    spells = returns.spells
    spells = spells[spells["kind"] != "short breaks"]
    for day in rows["time"].drop_duplicates().iloc[[0, 80, 200]]:
        there = spells[(spells["start"] <= day) & (spells["end"].isna() | (spells["end"] > day))]
        counted = rows[(rows["time"] == day) & (rows["state"] != "No placement known")]["n_children"].sum()
        assert counted == there["child"].nunique()
    assert not set(rows["state"]) & set(EXITS)


# ---- awkward input ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("style", ["rows", "shares"])
def test_one_child_and_no_moves(style, tmp_path):
    table = pd.DataFrame([("a", "x", "foster", "2020-01-01", None, "")], columns=COLUMNS)
    ax = plot_calendar(placement_history(table, freeze="2020-06-30"), style=style)
    assert write_figure(ax, tmp_path / "one.png")[0].stat().st_size > 1000


def test_a_placement_that_begins_on_the_last_day():
    table = pd.DataFrame([("a", "x", "foster", "2020-01-01", None, "")], columns=COLUMNS)
    history = placement_history(table, freeze="2020-01-01")
    assert calendar_frame(history)["kind"].tolist() == ["open"]
    picture_of(plot_calendar(history))


def test_a_placement_without_a_night():
    rows = [
        ("a", "x", "foster", "2020-01-01", "2020-01-01", "planned move"),
        ("a", "y", "kinship", "2020-01-01", None, ""),
    ]
    history = placement_history(pd.DataFrame(rows, columns=COLUMNS), freeze="2020-03-31")
    assert calendar_frame(history)[["kind", "label"]].values.tolist() == [
        ["placement", "Kinship care"], ["move", ""], ["open", ""],
    ]  # fmt: skip


def test_no_types_at_all():
    table = pd.DataFrame([("a", "x", "2020-01-01", None)], columns=["child", "carer", "start", "end"])
    history = placement_history(table, freeze="2020-06-30")
    assert set(calendar_frame(history).query("kind == 'placement'")["label"]) == {"Type not known"}


def test_twelve_types_keep_the_most_frequent():
    history = many_children(200, n_types=12)
    picture = picture_of(plot_calendar(history))
    labels = set(picture.frame.query("kind == 'placement'")["label"])
    assert len(labels) == 8
    assert "Other placements" in labels
    note = next(note for note in picture.notes if note.startswith("Drawn as other placements"))
    assert note.count("kind") + note.count("care") == 5


def test_an_empty_history_says_what_to_do_sb_out_60(four):
    empty = placement_history(pd.DataFrame(columns=COLUMNS), freeze="2020-06-30")
    with pytest.raises(ModelError) as caught:
        plot_calendar(empty)
    assert caught.value.problems[0].code == "SB-OUT-60"
    assert "history.notes" in caught.value.problems[0].fix


def test_all_came_before_the_data_begin_sb_out_62():
    table = pd.DataFrame([("a", "x", "foster", "2019-01-01", None, "")], columns=COLUMNS)
    history = placement_history(table, freeze="2020-06-30", observed_from="2020-01-01")
    assert set(calendar_frame(history)["kind"]) == {"before", "placement", "open"}
    with pytest.raises(ModelError) as caught:
        plot_calendar(history, style="shares")
    assert caught.value.problems[0].code == "SB-OUT-62"
    plot_calendar(history, style="shares", time="date")


@pytest.mark.parametrize(
    "options", [{"style": "row"}, {"time": "dates"}, {"order": "child"}, {"round_to": "week"}, {"most_types": 0},
                {"most_children": 2.5}, {"hide_below": True}]
)  # fmt: skip
def test_options_are_words_or_counts(four, options):
    with pytest.raises(ModelError) as caught:
        plot_calendar(four, **options)
    assert caught.value.problems[0].code in ("SB-MODEL-30", "SB-OUT-61")


def test_exits_in_the_words_of_a_plain_table_are_named():
    table = pd.DataFrame(
        {
            "child": list("abcd"), "carer": list("wxyz"), "type": "foster", "start": "2020-01-01",
            "end": ["2021-01-01", "2021-02-01", "2021-03-01", None],
            "end_reason": ["Home", "adoption", "SGO", None],
        }
    )  # fmt: skip
    words = " ".join(picture_of(plot_calendar(table)).frame.astype(str).to_numpy().ravel())
    assert all(word in words for word in ("Returned home", "Adopted", "Guardianship or order"))
    assert "Other exit" not in words


@pytest.mark.parametrize("seed", ["a", None, -1, 1.5, True])
def test_a_seed_is_a_whole_number_sb_out_61(four, seed):
    with pytest.raises(ModelError) as caught:
        plot_calendar(four, seed=seed)
    assert caught.value.problems[0].fix == "seed=1"
