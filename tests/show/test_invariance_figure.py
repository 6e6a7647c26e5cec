"""The picture of a ladder of invariance: every number in the frame, texts apart, grey tells enough."""

from __future__ import annotations

from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt
from matplotlib.backends.backend_agg import FigureCanvasAgg

from securebase_analysis.measures.invariance import InvarianceResult, assess_invariance
from securebase_analysis.show import picture_of, write_figure
from securebase_analysis.show.figures.invariance import MOST_GROUPS, MOST_ITEMS
from securebase_analysis.show.figures.invariance_numbers import COLUMNS, invariance_frame

REFERENCE = Path(__file__).parents[1] / "reference"


def groups(n_groups: int, n_items: int = 5, n: int = 60, shift: float = 0.9) -> pd.DataFrame:
    random = np.random.default_rng(3)
    code = np.repeat(np.arange(n_groups), n)
    trust = random.normal(size=(len(code), 1))
    frame = pd.DataFrame(trust + random.normal(size=(len(code), n_items)), columns=names(n_items))
    frame["item_2"] += shift * (code == n_groups - 1)
    return frame.assign(country=[f"country {number}" for number in code])


def names(n_items: int) -> list[str]:
    return [f"item_{number}" for number in range(1, n_items + 1)]


@pytest.fixture(scope="module")
def ladders() -> dict[str, InvarianceResult]:
    school = pd.read_csv(REFERENCE / "sem_holzinger_swineford.csv")
    model = "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9"
    waves = pd.read_csv(REFERENCE / "invariance_ordinal_waves.csv")
    trust = {"trust": ["t1", "t2", "t3", "t4"]}
    return {
        "school": assess_invariance(school, model, group="school"),
        "robust": assess_invariance(
            school, model, group="school", estimator="mlr", steps=("configural", "metric")
        ),
        "waves": assess_invariance(waves, trust, wave="wave", estimator="wlsmv"),
        "three": assess_invariance(groups(3), {"trust": names(5)}, group="country"),
        "seven": assess_invariance(groups(7), {"trust": names(5)}, group="country"),
        "items": assess_invariance(groups(2, 36, 120), {"trust": names(36)}, group="country"),
        "one": assess_invariance(school, model, group="school", steps=("configural",)),
    }


NAMES = ["school", "robust", "waves", "three", "seven", "items", "one"]


def boxes_of(figure):
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    renderer = canvas.get_renderer()
    beyond = set()
    for ax in figure.axes:
        low, high = ax.get_xlim()
        ticks = ax.xaxis.get_major_ticks()
        beyond |= {label for t in ticks if not low <= t.get_loc() <= high for label in (t.label1, t.label2)}
    texts = set(figure.findobj(mpl.text.Text)) - beyond
    found = [text for text in texts if text.get_visible() and text.get_text().strip()]
    return [(text.get_text(), mpl.text.Text.get_window_extent(text, renderer)) for text in found]


@pytest.mark.parametrize("name", NAMES)
def test_texts_stay_inside_and_apart(ladders, name):
    picture = picture_of(ladders[name], simulated=True)
    boxes = boxes_of(picture.figure)
    width, height = picture.figure.canvas.get_width_height()
    for place, (text, box) in enumerate(boxes):
        assert box.x0 >= -1, text
        assert box.y0 >= -1, text
        assert box.x1 <= width + 1, text
        assert box.y1 <= height + 1, text
        for other, its in boxes[place + 1 :]:
            apart = box.x1 <= its.x0 + 1 or its.x1 <= box.x0 + 1 or box.y1 <= its.y0 + 1 or its.y1 <= box.y0 + 1
            assert apart, (text, other)


def test_the_frame_holds_the_steps_with_their_cut_offs_and_the_departures_with_their_intervals(ladders):
    result = ladders["school"]
    frame = invariance_frame(result)
    assert list(frame) == COLUMNS
    cfi = frame.query("panel == 'fit' and term == 'cfi'").set_index("step")
    steps = result.steps.set_index("step")
    np.testing.assert_allclose(cfi["estimate"], steps["cfi"])
    assert cfi.loc["metric", "cut_off"] == pytest.approx(steps.loc["configural", "cfi"] - 0.010)
    assert cfi.loc["configural", "cut_off"] == 0.90
    assert list(cfi["verdict"]) == list(steps["verdict"])
    departures = frame.query("panel == 'departures'").reset_index(drop=True)
    half = (departures["conf_high"] - departures["conf_low"]) / 2
    z = departures["estimate"] / (half / 1.959964)
    np.testing.assert_allclose(z**2, result.suggestions["index"], rtol=1e-4)
    wider = invariance_frame(result, conf_level=0.99).query("panel == 'departures'").reset_index(drop=True)
    assert (wider["conf_high"] > departures["conf_high"]).all()


@pytest.mark.parametrize(("name", "ending"), [("robust", "_robust"), ("waves", "_scaled")])
def test_the_indices_are_those_that_are_compared(ladders, name, ending):
    frame, steps = invariance_frame(ladders[name]), ladders[name].steps
    for index in ("cfi", "rmsea"):
        shown = frame.query("panel == 'fit' and term == @index")["estimate"]
        np.testing.assert_allclose(shown, steps[f"{index}{ending}"])


def test_verdicts_and_groups_are_told_apart_without_colour(ladders):
    picture = picture_of(ladders["three"])
    marks = {line.get_marker() for line in picture.axes[3].get_lines()} - {"None", None, ""}
    assert len(marks) == 3
    filled = picture_of(ladders["school"]).axes[0].get_lines()
    looks = {(line.get_marker(), line.get_markerfacecolor(), line.get_color()) for line in filled}
    # bar of the cut-off, in doubt, holds, does not hold, not reached
    assert len(looks) == 5


def test_many_groups_share_one_mark_and_many_items_are_the_most_departing(ladders):
    assert ladders["seven"].ladder.occasions[MOST_GROUPS:]
    seven = picture_of(ladders["seven"])
    assert not seven.figure.legends
    assert "of the group that departs most" in seven.notes[1]
    items = picture_of(ladders["items"]).axes[2].get_yticklabels()
    shown = [label.get_text() for label in items]
    assert len(shown) == MOST_ITEMS
    assert shown == [name for name in names(36) if name in shown]
    assert "item_2" in shown


def test_words_tell_the_verdict_and_what_departs_most(ladders):
    picture = picture_of(ladders["school"])
    assert "Equal intercepts does not hold: CFI .882" in picture.alt
    assert "x3 ~1 of group Grant-White −0.54 [−0.78, −0.30]" in picture.alt
    assert picture.notes[0] == ladders["school"].verdict
    assert "Same items in doubt" in picture_of(ladders["one"]).alt


def test_own_axes_hold_the_step_that_ends_the_climb(ladders):
    _, ax = plt.subplots()
    assert ladders["school"].plot(ax) is ax
    assert ax.get_xlabel().startswith("Intercept")
    plt.close("all")


def test_it_is_written_with_its_words(ladders, tmp_path):
    for file in write_figure(ladders["waves"], tmp_path / "ladder", simulated=True):
        assert file.stat().st_size > 2000
    assert "Simulated data" in (tmp_path / "ladder.svg").read_text("utf-8")
