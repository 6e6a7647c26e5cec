"""Pictures of how placements end: numbers in frames, names apart, counts that may be shown, readable in grey."""

from __future__ import annotations

import json
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb

from securebase_analysis.errors import ModelError
from securebase_analysis.models.incidence import cumulative_incidence
from securebase_analysis.show.figures.incidence import BANDS
from securebase_analysis.show.figures.incidence_numbers import exits_by_size, incidence_frame, tick_days
from securebase_analysis.show.figures.picture import picture_of, write_figure
from securebase_analysis.show.figures.places_apart import pushed_apart

REFERENCE = Path(__file__).parents[1] / "reference" / "incidence.json"


@pytest.fixture(scope="module")
def cohort():
    frame = pd.DataFrame(json.loads(REFERENCE.read_text())["data"]["made"])
    names = {0: "open", 1: "return home", 2: "breakdown", 3: "adoption"}
    return frame.assign(exit=frame["cause"].map(names))


@pytest.fixture(scope="module")
def alone(cohort):
    return cumulative_incidence(cohort, "stop", "exit", "open")


@pytest.fixture(scope="module")
def by_care(cohort):
    return cumulative_incidence(cohort, "stop", "exit", "open", by="care")


def texts_of(figure):
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    renderer = canvas.get_renderer()
    found = [text for text in figure.findobj(mpl.text.Text) if text.get_visible() and text.get_text().strip()]
    return [(text.get_text(), mpl.text.Text.get_window_extent(text, renderer)) for text in found]


DRAWN = {
    "alone": ("alone", {}),
    "groups": ("by_care", {"hide_below": 10}),
    "lines": ("by_care", {"style": "lines"}),
    "lines of exits": ("alone", {"style": "lines", "interval": False}),
    "simulated, to a day": ("alone", {"until": 400, "simulated": True, "title": "Exits"}),
}


@pytest.mark.parametrize("name", DRAWN)
def test_texts_stay_inside_and_apart(name, request):
    which, options = DRAWN[name]
    figure = picture_of(request.getfixturevalue(which), **options).figure
    texts = texts_of(figure)
    width, height = figure.canvas.get_width_height()
    for text, box in texts:
        assert box.x0 >= -1, text
        assert box.y0 >= -1, text
        assert box.x1 <= width + 1, text
        assert box.y1 <= height + 1, text
    for place, (text, box) in enumerate(texts):
        for other, beside in texts[place + 1 :]:
            x = min(box.x1, beside.x1) - max(box.x0, beside.x0)
            y = min(box.y1, beside.y1) - max(box.y0, beside.y0)
            assert min(x, y) <= 1.0, (text, other)


def test_bands_add_up_to_what_is_left(alone):
    frame = picture_of(alone).frame
    curve = frame[frame["kind"] == "curve"]
    top = curve.groupby("time")["estimate"].sum()
    remaining = alone.remaining(top.index.to_numpy())["estimate"].to_numpy()
    np.testing.assert_allclose(1 - top, remaining, atol=1e-12)
    last = curve[curve["exit"] == exits_by_size(alone)[-1]]
    np.testing.assert_allclose(last["lower"] + last["estimate"], top, atol=1e-12)


def test_the_frame_holds_the_incidence_and_the_counts(by_care):
    frame = incidence_frame(by_care, until=400)
    curve, counts = (frame[frame["kind"] == kind] for kind in ("curve", "count"))
    assert curve["time"].max() == 400
    for group, rows in curve.groupby("group"):
        at = by_care.at(400)
        expected = at[at["group"] == group].set_index("cause")["estimate"]
        shown = rows[rows["time"] == 400].set_index("exit")["estimate"]
        np.testing.assert_allclose(shown[expected.index], expected, rtol=1e-12)
    table = by_care.risk_table(np.unique(counts["time"]))
    at_risk = counts[counts["exit"] == "At risk"].sort_values(["time", "group"])["n"]
    assert at_risk.tolist() == table.sort_values(["time", "group"])["n_at_risk"].tolist()


def test_what_is_drawn_is_what_is_in_the_frame(alone):
    drawn = alone.plot()
    frame = picture_of(drawn).frame
    for line, cause in zip(drawn.get_lines(), exits_by_size(alone)):
        rows = frame[(frame["kind"] == "curve") & (frame["exit"] == cause)]
        np.testing.assert_allclose(line.get_xdata(orig=True), rows["time"])
        np.testing.assert_allclose(line.get_ydata(orig=True), rows["lower"] + rows["estimate"])
        assert line.get_drawstyle() == "steps-post"
    first = frame[(frame["kind"] == "curve") & (frame["exit"] == exits_by_size(alone)[0])]
    outline = {(round(x, 6), round(y, 6)) for x, y in drawn.collections[0].get_paths()[0].vertices}
    held = zip(first["time"].iloc[1:], first["estimate"].iloc[:-1])  # a value holds until the next step
    assert {(round(x, 6), round(y, 6)) for x, y in held} <= outline


def test_curves_end_while_ten_are_at_risk_and_the_note_says_so(alone):
    picture = picture_of(alone)
    end = picture.frame.loc[picture.frame["kind"] == "curve", "time"].max()
    assert alone.groups[0].at_risk_at(np.array([end]))[0] >= 10
    assert any(f"Drawn up to day {end:g}" in note for note in picture.notes)
    assert not any("Drawn up to" in note for note in picture_of(alone, until=300).notes)


def test_counts_below_ten_are_hidden_on_request(by_care):
    hidden = picture_of(by_care, hide_below=10)
    counts = hidden.frame.loc[hidden.frame["kind"] == "count", "n"].dropna()
    assert not counts.between(1, 9).any()
    assert any("Counts below 10" in note for note in hidden.notes)
    shown = picture_of(by_care).frame
    assert shown.loc[shown["kind"] == "count", "n"].between(1, 9).any()


def test_alt_text_says_where_the_curves_end(alone, by_care):
    text = picture_of(alone, until=400, simulated=True).alt
    share = alone.at(400).set_index("cause").loc["breakdown", "estimate"]
    assert text.startswith("Simulated data. ")
    assert f"by day 400 return home .34, breakdown {share:.2f}, adoption .10".replace("0.", ".") in text
    assert all(f"{group}: by day" in picture_of(by_care).alt for group in ("foster", "kinship", "residential"))


def test_neighbouring_bands_differ_in_grey():
    grey = [float(np.dot(to_rgb(color), (0.299, 0.587, 0.114))) for color, _ in BANDS]
    assert min(abs(np.diff(grey))) > 0.12
    assert grey[0] < 0.8


def test_the_most_frequent_exit_lies_at_the_bottom(cohort, alone):
    n = cohort["exit"].value_counts().drop("open")
    assert exits_by_size(alone) == n.index.tolist()
    frame = picture_of(alone).frame
    curve = frame[frame["kind"] == "curve"]
    assert (curve.loc[curve["exit"] == n.index[0], "lower"] == 0).all()


def test_the_curves_of_a_group_end_when_it_was_last_seen(cohort):
    short = cohort[(cohort["care"] != "kinship") | (cohort["stop"] <= 60)]
    result = cumulative_incidence(short, "stop", "exit", "open", by="care")
    picture = picture_of(result)
    ends = picture.frame[picture.frame["kind"] == "curve"].groupby("group")["time"].max()
    assert ends["kinship"] == short.loc[short["care"] == "kinship", "stop"].max() < ends["foster"]
    assert "The curves of a group end on the last day that any of it was seen." in picture.notes


def test_long_follow_up_is_counted_in_years(cohort):
    years = cohort.assign(stop=cohort["stop"] * 3.0)
    ax = cumulative_incidence(years, "stop", "exit", "open").plot(until=1500)
    assert ax.get_xlabel() == "Years since the start"
    assert [text.get_text() for text in ax.get_xticklabels()] == ["0", "1", "2", "3", "4"]
    assert ax.get_xticks().tolist() == [0, 365, 730, 1095, 1460]


def test_many_exits_have_looks_of_their_own(cohort):
    assert len(set(BANDS)) == len(BANDS) >= 10


def test_several_panels_have_one_key(by_care, alone):
    for style, names in (("stacked", [*exits_by_size(by_care), "still in placement"]),
                         ("lines", ["foster", "kinship", "residential"])):  # fmt: skip
        (key,) = picture_of(by_care, style=style).figure.legends
        assert [text.get_text() for text in key.get_texts()] == names
    assert not picture_of(alone).figure.legends


def test_intervals_are_optional_on_lines(alone):
    with_them, without = (picture_of(alone, style="lines", interval=given) for given in (True, False))
    assert len(with_them.axes[0].collections) == len(alone.causes)
    assert not without.axes[0].collections
    assert any("confidence intervals" in note for note in with_them.notes)


def test_a_test_is_drawn_as_its_curves_with_its_sentences_in_the_notes(by_care):
    picture = picture_of(by_care.gray(), style="lines")
    assert by_care.gray().sentence().splitlines()[0] in picture.notes
    assert len(picture.axes) == 3


def test_one_ax_holds_one_panel(by_care, alone):
    figure, ax = plt.subplots()
    assert alone.plot(ax) is ax
    with pytest.raises(ModelError, match="One ax holds one panel") as caught:
        by_care.plot(ax)
    assert caught.value.problems[0].code == "SB-OUT-40"
    plt.close(figure)


def test_the_files_hold_no_child(cohort, tmp_path):
    named = cohort.assign(child=[f"KID-{n}" for n in range(len(cohort))])
    for path in write_figure(cumulative_incidence(named, "stop", "exit", "open"), tmp_path / "exits"):
        assert b"KID-" not in path.read_bytes()


def test_names_are_pushed_apart_and_stay_inside():
    rng = np.random.default_rng(3)
    for _ in range(200):
        n = int(rng.integers(1, 8))
        wanted, sizes = rng.random(n), rng.uniform(0.02, 0.9 / n, n)
        placed = pushed_apart(wanted, sizes, 0.0, 1.0)
        order = np.argsort(placed)
        assert (placed - sizes / 2 >= -1e-9).all()
        assert (placed + sizes / 2 <= 1 + 1e-9).all()
        gaps = np.diff(placed[order]) - (sizes[order][1:] + sizes[order][:-1]) / 2
        assert (gaps >= -1e-9).all()


@pytest.mark.parametrize("until", [0.7, 9.0, 60.0, 400.0, 960.0, 1500.0, 9000.0])
def test_ticks_begin_at_zero_and_are_few(until):
    for most in (3, 4, 6):
        days = tick_days(until, most)
        assert days[0] == 0
        assert 2 <= len(days) <= most + 1
        assert days[-1] <= until + 1e-9
