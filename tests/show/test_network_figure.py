"""The picture of a network: places that never change, names apart, grey tells enough, numbers in the frame."""

from __future__ import annotations

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from matplotlib.patches import FancyArrowPatch

from securebase_analysis import theory
from securebase_analysis.errors import ModelError
from securebase_analysis.models.network import fit_network
from securebase_analysis.show import picture_of
from securebase_analysis.show.figures.network import MOST_CONSTRUCTS, MOST_ROWS
from securebase_analysis.show.figures.network_numbers import network_frame, network_places

NAMES = list(theory.TEN_CONSTRUCTS)


def children(shift: float = 0.7) -> pd.DataFrame:
    rng = np.random.default_rng(3)
    frame = pd.DataFrame(rng.normal(size=(150, 10)) + shift * rng.normal(size=(150, 1)), columns=NAMES)
    frame["trust"] += 0.6 * frame["availability"]
    frame["belonging"] -= 0.8 * frame["acceptance"]
    frame["sdq_total"] = rng.normal(size=150) - frame["trust"]
    return frame


@pytest.fixture(scope="module")
def ten():
    return fit_network(children(), n_resamples=40)


@pytest.fixture(scope="module")
def some():
    return fit_network(children(), ["availability", "trust", "belonging", "sdq_total"], n_resamples=40)


@pytest.fixture(scope="module")
def own():
    frame = children(0.0).set_axis([f"scale_{place}" for place in range(11)], axis="columns")
    return fit_network(frame, list(frame), n_resamples=40)


@pytest.fixture(scope="module")
def empty():
    frame = pd.DataFrame(np.random.default_rng(8).normal(size=(100, 10)), columns=NAMES)
    return fit_network(frame, n_resamples=40)


def boxes_of(figure):
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    renderer = canvas.get_renderer()
    found = [text for text in figure.findobj(mpl.text.Text) if text.get_visible() and text.get_text().strip()]
    return [(text.get_text(), mpl.text.Text.get_window_extent(text, renderer)) for text in found]


def lines_of(ax):
    return [patch for patch in ax.patches if isinstance(patch, FancyArrowPatch)]


@pytest.mark.parametrize("name", ["ten", "some", "own", "empty"])
def test_texts_stay_inside_and_apart(name, request):
    picture = picture_of(request.getfixturevalue(name), simulated=True)
    boxes = boxes_of(picture.figure)
    width, height = picture.figure.canvas.get_width_height()
    for text, box in boxes:
        assert box.x0 >= -1, text
        assert box.y0 >= -1, text
        assert box.x1 <= width + 1, text
        assert box.y1 <= height + 1, text
    for place, (text, box) in enumerate(boxes):
        for other, its in boxes[place + 1 :]:
            apart = box.x1 <= its.x0 + 1 or its.x1 <= box.x0 + 1 or box.y1 <= its.y0 + 1 or its.y1 <= box.y0 + 1
            assert apart, (text, other)


def test_no_line_runs_through_a_name(ten):
    picture = picture_of(ten)
    boxes = dict(boxes_of(picture.figure))
    ax = picture.axes[1]
    places = network_places(NAMES)
    for row in network_frame(ten).query("estimate != 0").itertuples():
        start, end = (np.array(ax.transData.transform(places[name])) for name in (row.first, row.second))
        on_line = start + np.linspace(0, 1, 200)[:, None] * (end - start)
        for name in NAMES:
            box = boxes[next(text for text in boxes if text.replace("\n", " ") == theory.label(name))]
            assert not any(box.contains(*point) for point in on_line), (row.first, row.second, name)


def test_a_construct_is_at_the_same_place_in_every_picture():
    whole = network_places(NAMES)
    assert network_places(["belonging", "trust", "acceptance"]) == {
        name: whole[name] for name in ("belonging", "trust", "acceptance")
    }
    assert {name: whole[name] for name in NAMES} == {
        name: place for name, place in network_places([*NAMES, "sdq_total"]).items() if name in NAMES
    }
    clockwise = sorted(NAMES, key=lambda name: np.arctan2(*whole[name]) % (2 * np.pi) + 1e-9)
    pairs = [name for dimension in theory.DIMENSIONS for name in (dimension.name, dimension.benefit)]
    assert clockwise == [*pairs[1:], pairs[0]]
    assert (
        len({tuple(np.round(place, 6)) for place in network_places([f"s{i}" for i in range(15)]).values()}) == 15
    )


def test_width_is_size_dashes_are_negative_and_black_is_claimed(ten):
    frame = network_frame(ten).query("estimate != 0")
    lines = lines_of(picture_of(ten).axes[1])[::-1]
    assert len(lines) == len(frame)
    widths = np.array([line.get_linewidth() for line in lines])
    assert (np.diff(widths) <= 1e-9).all()
    assert (frame["estimate"] < 0).any()
    for line, row in zip(lines, frame.itertuples()):
        assert (line.get_linestyle() in ("--", "dashed") or not isinstance(line.get_linestyle(), str)) == (
            row.estimate < 0
        )
        assert (sum(to_rgb(line.get_edgecolor())) == 0) == row.claimed


def test_stability_stands_left_of_the_network_and_in_the_alt_text(ten):
    picture = picture_of(ten)
    left, right = picture.axes[:2]
    assert left.get_position().x1 < right.get_position().x0
    assert "without penalty" in [text.get_text() for text in left.get_legend().get_texts()]
    assert picture.alt.index("Stability.") < picture.alt.index("pairs have an edge")
    assert any("No edge has a direction" in note for note in picture.notes)


def test_the_frame_has_every_pair_with_its_intervals(ten):
    frame = picture_of(ten).frame
    assert len(frame) == 45
    shown = picture_of(ten).axes[0].get_yticklabels()
    assert len(shown) == min(int((frame["estimate"] != 0).sum()), MOST_ROWS)


def test_on_an_axes_of_ones_own_the_network_alone_is_drawn(some):
    figure, ax = plt.subplots()
    assert some.plot(ax) is ax
    assert figure.axes == [ax]
    assert picture_of(ax).alt


def test_more_names_than_can_be_read_are_refused():
    rng = np.random.default_rng(1)
    names = [f"scale_{place}" for place in range(MOST_CONSTRUCTS + 1)]
    frame = pd.DataFrame(rng.normal(size=(90, len(names))), columns=names)
    with pytest.raises(ModelError) as caught:
        fit_network(frame, names, n_resamples=20).plot()
    assert caught.value.problems[0].code == "SB-OUT-33"
