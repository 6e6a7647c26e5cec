"""The flow of placements: counts by hand, margins that add up, nothing hidden that can be worked out."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from made_placements import COLUMNS, RETURNS, SAMPLE, SECRET, crowded, four_children, many_children
from matplotlib import pyplot as plt
from matplotlib.patches import PathPatch, Rectangle
from scipy.optimize import linprog

import securebase_analysis as sb
from securebase_analysis.errors import ModelError
from securebase_analysis.show.figures.picture import picture_of, write_figure
from securebase_analysis.show.figures.placement_flow import plot_flow
from securebase_analysis.show.figures.placement_flow_hiding import _hidden_with, hidden_flows, joined_states
from securebase_analysis.show.figures.placement_flow_numbers import flow_frame
from securebase_analysis.show.figures.placement_words import exits_in_words, types_in_words
from securebase_analysis.study.spells import placement_history
from securebase_analysis.study.ssda903 import read_ssda903


@pytest.fixture(scope="module")
def four():
    return four_children()


@pytest.fixture(scope="module")
def cohort():
    return many_children(400)


@pytest.fixture(scope="module")
def study():
    return sb.read_study(SAMPLE)


@pytest.fixture(scope="module")
def returns():
    if not RETURNS.exists():
        pytest.skip("the sample returns (../shared/samples) are not here")
    return placement_history(read_ssda903(RETURNS))


def blocks(frame: pd.DataFrame) -> list[list]:
    return frame.loc[frame["kind"] == "block", ["time", "state", "n_children"]].values.tolist()


def flows(frame: pd.DataFrame) -> list[list]:
    return frame.loc[frame["kind"] == "flow", ["time", "state", "to_state", "n_children"]].values.tolist()


def check_margins(frame: pd.DataFrame, n_children: int) -> None:
    """The blocks of each time hold all children; flows out of and into a block add up to it."""
    block = frame[frame["kind"] == "block"].set_index(["time", "state"])["n_children"].astype(int)
    assert (block.groupby("time").sum() == n_children).all()
    flow = frame[frame["kind"] == "flow"]
    times = sorted(block.index.get_level_values("time").unique())
    for time, to_time in pairwise(times):
        rows = flow[flow["time"] == time]
        assert (rows["to_time"] == to_time).all()
        assert rows.groupby("state")["n_children"].sum().to_dict() == block[time].to_dict()
        assert rows.groupby("to_state")["n_children"].sum().to_dict() == block[to_time].to_dict()
        np.testing.assert_allclose(rows.groupby("state")["share"].sum(), 1.0)


# ---- the frame -------------------------------------------------------------------------------------------------


def test_four_children_over_time_as_counted_by_hand(four):
    frame = flow_frame(four, at=[0, 100, 365], began="any")
    assert blocks(frame) == [
        [0, "Foster care", 4],
        [100, "Foster care", 2],
        [100, "Kinship care", 1],
        [100, "Residential care", 1],
        [365, "Kinship care", 1],
        [365, "Type not known", 1],
        [365, "Not known afterwards", 2],
    ]
    assert flows(frame) == [
        [0, "Foster care", "Foster care", 2],
        [0, "Foster care", "Kinship care", 1],
        [0, "Foster care", "Residential care", 1],
        [100, "Foster care", "Kinship care", 1],
        [100, "Foster care", "Type not known", 1],
        [100, "Kinship care", "Not known afterwards", 1],
        [100, "Residential care", "Not known afterwards", 1],
    ]


def test_gaps_exits_and_the_end_of_the_data_are_blocks(four):
    frame = flow_frame(four, at=[50, 250, 800], began="any")
    assert blocks(frame) == [
        [50, "Foster care", 3],
        [50, "Returned home", 1],
        [250, "Foster care", 1],
        [250, "Kinship care", 1],
        [250, "No placement known", 1],
        [250, "Not known afterwards", 1],
        [800, "Adopted", 1],
        [800, "Not followed so long", 3],
    ]


def test_four_children_from_placement_to_placement_as_counted_by_hand(four):
    frame = flow_frame(four, steps="placement", began="any")
    assert blocks(frame) == [
        [1, "Foster care", 4],
        [2, "Kinship care", 2],
        [2, "Type not known", 1],
        [2, "Returned home", 1],
        [3, "Returned home", 1],
        [3, "Adopted", 1],
        [3, "Not known afterwards", 1],
        [3, "No further move", 1],
    ]
    assert [2, "Kinship care", "No further move", 1] in flows(frame)


def test_of_two_placements_at_once_the_one_that_ends_last_says_how_care_ended():
    rows = [
        ("a", "x", "foster", "2020-01-01", "2020-12-01", "adopted"),
        ("a", "y", "kinship", "2020-02-01", "2020-03-01", "planned move"),
    ]
    history = placement_history(pd.DataFrame(rows, columns=COLUMNS), freeze="2021-12-31")
    frame = flow_frame(history, at=[0, 40, 100, 400])
    assert blocks(frame) == [[0, "Foster care", 1], [40, "Kinship care", 1], [100, "Foster care", 1],
                             [400, "Adopted", 1]]  # fmt: skip


def test_children_who_came_before_the_data_are_left_out_unless_asked_for(four):
    check_margins(flow_frame(four, at=[0, 100]), 3)
    check_margins(flow_frame(four, at=[0, 100], began="any"), 4)
    assert any(note.startswith("1 child who came before") for note in picture_of(plot_flow(four)).notes)
    assert any("came before the data begin: of those" in note
               for note in picture_of(plot_flow(four, began="any")).notes)  # fmt: skip


def state_of(spells: pd.DataFrame, day: pd.Timestamp, freeze: pd.Timestamp) -> str:
    """The state of one child on a day, by reading its spells one after the other."""
    if day > freeze:
        return "Not followed so long"
    state, latest = "", None
    for spell in spells.itertuples():
        short = pd.Timedelta(days=0.5) if not spell.open and spell.end == spell.start else pd.Timedelta(0)
        if spell.start <= day and (spell.open or day < spell.end + short):
            state = spell.type
    if state:
        return state
    for spell in spells.itertuples():
        if not spell.open and spell.end <= day and (latest is None or spell.end >= latest.end):
            latest = spell
    if latest.left_care:
        return latest.exit_reason
    later = spells[(spells["period"] == latest.period) & (spells["start"] >= latest.end)]
    return "No placement known" if len(later) else "Not known afterwards"


@pytest.mark.parametrize("which", ["study", "returns"])
def test_every_child_is_where_its_spells_say(which, request):
    source = request.getfixturevalue(which)
    history = placement_history(source) if which == "study" else source
    spells = history.spells
    spells = spells[spells["kind"] != "short breaks"]
    spells = spells.assign(
        type=types_in_words(spells["type"], history.coded, False),
        exit_reason=exits_in_words(spells["exit_reason"]),
    )
    times = [0, 365, 730, 1095]
    counted = {time: {} for time in times}
    n_children = 0
    for _, own in spells.groupby(["site", "child"], sort=False):
        first = own["start"].min()
        if history.observed_from is not None and first < history.observed_from:
            continue
        n_children += 1
        for time in times:
            state = state_of(own, first + pd.Timedelta(days=time), history.freeze)
            counted[time][state] = counted[time].get(state, 0) + 1
    frame = flow_frame(source, at=times, most_types=20)
    check_margins(frame, n_children)
    assert n_children == {"study": 240, "returns": 208}[which]
    for time in times:
        shown = frame[(frame["kind"] == "block") & (frame["time"] == time)]
        assert dict(zip(shown["state"], shown["n_children"])) == counted[time]


@pytest.mark.parametrize("which", ["study", "returns"])
def test_placement_after_placement_agrees_with_counts_of_spells(which, request):
    source = request.getfixturevalue(which)
    history = placement_history(source) if which == "study" else source
    spells = history.spells[history.spells["kind"] != "short breaks"]
    start = spells.groupby("child")["start"].transform("min")
    if history.observed_from is not None:
        spells = spells[start >= history.observed_from]
    first = spells[spells["period"] == spells.groupby("child")["period"].transform("min")]
    n_spells = first.groupby("child").size()
    frame = flow_frame(source, steps="placement", most_types=20)
    check_margins(frame, spells["child"].nunique())
    types = set(types_in_words(spells["type"], history.coded, False))
    for number in (1, 2, 3):
        shown = frame[(frame["kind"] == "block") & (frame["time"] == number) & frame["state"].isin(types)]
        assert shown["n_children"].sum() == (n_spells >= number).sum()


def test_exits_can_be_one(cohort):
    apart, joined = flow_frame(cohort, at=[0, 730]), flow_frame(cohort, at=[0, 730], exits="joined")
    check_margins(joined, 400)
    ways = ["Returned home", "Adopted", "Guardianship or order", "Adult life", "Died", "Other exit"]
    at_end = apart[(apart["kind"] == "block") & (apart["time"] == 730)]
    left = joined[(joined["kind"] == "block") & (joined["state"] == "Left care")]["n_children"].sum()
    assert at_end[at_end["state"].isin(ways)]["n_children"].sum() == left > 0


# ---- what may be shown -----------------------------------------------------------------------------------------


def tables(frame: pd.DataFrame):
    """Counts and hidden cells of each step."""
    flow = frame[frame["kind"] == "flow"]
    for _, rows in flow.groupby("time", sort=False):
        yield rows.pivot(index="state", columns="to_state", values="n_children"), rows


@pytest.mark.parametrize("fewest", [5, 10])
@pytest.mark.parametrize("which", ["cohort", "study", "returns"])
def test_no_hidden_flow_can_be_worked_out(which, fewest, request):
    source = request.getfixturevalue(which)
    frame = flow_frame(source, hide_below=fewest)
    shown = frame["n_children"].dropna()
    assert not ((shown > 0) & (shown < fewest)).any()
    block = frame[frame["kind"] == "block"].set_index(["time", "state"])["n_children"].astype(float)
    for table, rows in tables(frame):
        time, to_time = rows["time"].iloc[0], rows["to_time"].iloc[0]
        listed = rows.assign(gone=rows["n_children"].isna()).pivot(
            index="state", columns="to_state", values="gone"
        )
        hidden = listed.fillna(False).to_numpy(dtype=bool)
        known = table.astype(float).fillna(0.0).to_numpy()
        # What is left of each margin is all that a reader knows of the hidden cells.
        rest_out = block[time][table.index].to_numpy() - known.sum(axis=1)
        rest_in = block[to_time][table.columns].to_numpy() - known.sum(axis=0)
        places = np.argwhere(hidden)
        if not len(places):
            continue
        equations = [(places[:, 0] == row).astype(float) for row in range(hidden.shape[0])]
        equations += [(places[:, 1] == column).astype(float) for column in range(hidden.shape[1])]
        for number in range(len(places)):
            aim = np.zeros(len(places))
            aim[number] = 1.0
            ends = [linprog(sign * aim, A_eq=equations, b_eq=[*rest_out, *rest_in], bounds=(0, None)).fun
                    for sign in (1, -1)]  # fmt: skip
            low, high = ends[0], -ends[1]
            assert high - low >= 1.0 - 1e-9 or low >= fewest, (low, high)


def test_notes_count_what_is_hidden():
    frame = pd.DataFrame({
        "kind": ["block"] * 2 + ["flow"] * 4 + ["block"] * 2,
        "time": [0.0] * 6 + [1.0] * 2, "to_time": [np.nan] * 2 + [1.0] * 4 + [np.nan] * 2,
        "state": ["A", "B", "A", "A", "B", "B", "A", "B"], "to_state": ["", "", "A", "B", "A", "B", "", ""],
        "n_children": pd.array([43, 52, 40, 3, 12, 40, 52, 43], dtype="Int64"), "share": 0.5,
    })  # fmt: skip
    hidden, notes = hidden_flows(frame, 10)
    assert hidden.loc[hidden["kind"] == "flow", "n_children"].isna().all()
    assert notes == [
        "1 flow of fewer than 10 children not shown, 3 more so that they cannot be worked out (SB-OUT-08)."
    ]
    assert hidden_flows(frame, 3) == (frame, [])


def test_hidden_flows_of_a_line_hold_enough_children_together():
    # Two flows of one child each add up to 2: whoever sees that neither is empty knows both.
    counts = np.array([[60, 1, 1, 20], [0, 30, 30, 0]])
    hidden = _hidden_with(counts, (counts > 0) & (counts < 10), 10)
    for axis, lines in ((1, hidden.any(axis=1)), (0, hidden.any(axis=0))):
        held = np.where(hidden, counts, 0).sum(axis=axis)
        assert (held[lines] >= 10).all()
        assert (hidden.sum(axis=axis)[lines] >= 2).all()


def test_small_states_are_joined_until_none_is_small():
    column = ["Foster care"] * 50 + ["Kinship care"] * 20 + ["Residential care"] * 3 + ["Adopted"] * 4 + ["Died"]
    found, notes = joined_states(np.array([column], dtype=object).T, 10)
    counts = pd.Series(found[:, 0]).value_counts().to_dict()
    assert counts == {"Foster care": 50, "Everything else": 28}
    assert notes
    alone, none = joined_states(np.array([["Foster care"] * 20], dtype=object).T, 10)
    assert (alone == "Foster care").all()
    assert none == []


def test_hidden_flows_are_not_drawn(study):
    open_, closed = (plot_flow(study, hide_below=given) for given in (None, 5))
    n_bands = [len(ax.findobj(PathPatch)) for ax in (open_, closed)]
    frame = picture_of(closed).frame
    assert n_bands[1] == (frame["kind"] == "flow").sum() - frame["n_children"].isna().sum()
    assert n_bands[0] == (picture_of(open_).frame["kind"] == "flow").sum()
    assert any("SB-OUT-08" in note for note in picture_of(closed).notes)
    assert "<NA>" not in picture_of(closed).alt


# ---- the drawing -----------------------------------------------------------------------------------------------


def test_blocks_are_as_high_as_their_children(four):
    ax = plot_flow(four, at=[0, 100, 365], began="any")
    drawn = [
        patch for patch in ax.findobj(Rectangle) if patch.get_width() == 0.2 and patch.get_facecolor()[3] == 0.0
    ]
    heights = [patch.get_height() for patch in drawn]
    n = picture_of(ax).frame.query("kind == 'block'")["n_children"].astype(float).to_numpy()
    np.testing.assert_allclose(np.array(heights) / heights[0], n / n[0])


def test_bands_leave_and_reach_their_blocks_without_overlap(cohort):
    ax = plot_flow(cohort, at=[0, 365])
    bands = [patch.get_path().vertices for patch in ax.findobj(PathPatch)]
    for corner in (0, 3):
        other = 7 if corner == 0 else 4
        spans = sorted((band[other][1], band[corner][1]) for band in bands)
        for (_, top), (bottom, _) in pairwise(spans):
            assert bottom >= top - 1e-9


PICTURES = {
    "four children": (four_children, {"began": "any"}),
    "by placement": (lambda: many_children(200), {"steps": "placement"}),
    "over time": (lambda: many_children(200), {}),
    "six times": (lambda: many_children(200), {"at": [0, 91, 182, 365, 730, 1095]}),
    "for publication": (lambda: many_children(300), {"hide_below": 10}),
    "twelve types": (lambda: many_children(300, n_types=12), {"most_types": 12, "exits": "joined"}),
}


@pytest.mark.parametrize("name", PICTURES)
def test_words_stay_inside_and_apart(name):
    history, options = PICTURES[name]
    assert crowded(plot_flow(history(), simulated=True, **options).figure) == []


def test_alt_text_reads_the_blocks_and_the_largest_flows(study):
    picture = picture_of(plot_flow(study))
    assert picture.alt.startswith("Simulated data. Where 240 children were over time.")
    assert "At the start: foster care 188, kinship care 52" in picture.alt
    assert "Largest flows: " in picture.alt
    assert "Spells were made by the default rules of placement_history." in picture.notes


def test_an_ax_is_used(four):
    figure, ax = plt.subplots()
    assert plot_flow(four, ax=ax) is ax
    plt.close(figure)


def test_the_files_hold_no_child(cohort, tmp_path):
    ax = plot_flow(cohort)
    for path in write_figure(ax, tmp_path / "flow"):
        assert SECRET.encode() not in path.read_bytes()
    assert SECRET not in picture_of(ax).alt + " ".join(picture_of(ax).notes) + picture_of(ax).frame.to_csv()


# ---- awkward input ---------------------------------------------------------------------------------------------


def test_one_child_without_a_move():
    table = pd.DataFrame([("a", "x", "foster", "2020-01-01", None, "")], columns=COLUMNS)
    history = placement_history(table, freeze="2020-06-30")
    assert blocks(flow_frame(history)) == [[0, "Foster care", 1], [365, "Not followed so long", 1]]
    assert plot_flow(history).get_title(loc="left") == "Where 1 child was over time"
    assert blocks(flow_frame(history, steps="placement"))[1:] == [
        [2, "No further move", 1],
        [3, "No further move", 1],
    ]


def test_two_thousand_children_twelve_types():
    history = many_children(2000, n_types=12)
    frame = flow_frame(history)
    check_margins(frame, 2000)
    assert {"Other placements"} <= set(frame["state"])
    assert crowded(plot_flow(history).figure) == []


def test_no_types_and_all_open():
    table = pd.DataFrame(
        {"child": ["a", "b"], "carer": ["x", "y"], "start": ["2020-01-01"] * 2, "end": [None] * 2}
    )
    history = placement_history(table, freeze="2022-06-30")
    assert set(flow_frame(history)["state"]) == {"Type not known"}
    check_margins(flow_frame(history), 2)


def test_an_empty_history_says_what_to_do_sb_out_60():
    with pytest.raises(ModelError) as caught:
        plot_flow(placement_history(pd.DataFrame(columns=COLUMNS), freeze="2020-06-30"))
    assert caught.value.problems[0].code == "SB-OUT-60"
    assert caught.value.problems[0].fix


def test_all_came_before_the_data_begin_sb_out_62():
    table = pd.DataFrame([("a", "x", "foster", "2019-01-01", None, "")], columns=COLUMNS)
    history = placement_history(table, freeze="2020-06-30", observed_from="2020-01-01")
    with pytest.raises(ModelError) as caught:
        plot_flow(history)
    assert caught.value.problems[0].code == "SB-OUT-62"
    check_margins(flow_frame(history, began="any"), 1)


@pytest.mark.parametrize(
    "options", [{"at": [0]}, {"at": [365, 0]}, {"at": range(9)}, {"at": [-1, 5]},
                {"steps": "placement", "at": [0, 1]}, {"steps": "placement", "at": [1.5, 2]}]
)  # fmt: skip
def test_times_that_make_no_picture_sb_out_63(four, options):
    with pytest.raises(ModelError) as caught:
        plot_flow(four, **options)
    assert caught.value.problems[0].code == "SB-OUT-63"


@pytest.mark.parametrize("options", [{"steps": "days"}, {"began": "before"}, {"exits": "one"}, {"most_types": 0}])
def test_options_are_words_or_counts(four, options):
    with pytest.raises(ModelError) as caught:
        plot_flow(four, **options)
    assert caught.value.problems[0].code in ("SB-MODEL-30", "SB-OUT-61")
