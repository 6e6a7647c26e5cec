"""The picture of lagged effects: every arrow, numbers that do not collide, grey and dashes that mean something."""

from __future__ import annotations

from itertools import combinations
from types import SimpleNamespace

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.patches import FancyArrowPatch, Rectangle

from securebase_analysis import show, theory
from securebase_analysis.models.panel import PanelResult, fit_panel
from securebase_analysis.show.figures.path_diagram import draw_path_diagram
from securebase_analysis.show.figures.path_diagram_labels import Line, place_labels

NAMES = ["availability", "sensitivity", "acceptance", "trust", "belonging"]


def panel(k: int, **options: object) -> PanelResult:
    """A simulated panel of so many constructs; the first acts on the second, the second against the first."""
    random = np.random.default_rng(21)
    level, now = random.normal(size=(2, 400, k))
    lags = 0.3 * np.eye(k) + 0.05
    lags[1, 0], lags[0, 1] = 0.3, -0.3
    columns = {}
    for wave in (1, 2, 3):
        columns |= {f"{name}_{wave}": (level + now)[:, place] for place, name in enumerate(NAMES[:k])}
        now = now @ lags.T + random.normal(size=(400, k))
    return fit_panel(pd.DataFrame(columns), NAMES[:k], **options)


@pytest.fixture(scope="module", params=[2, 3, 5], ids=lambda k: f"{k} constructs")
def drawn(request):
    result = panel(request.param)
    ax = result.plot(simulated=True)
    ax.figure.canvas.draw()
    yield result, ax
    plt.close(ax.figure)


def numbers(ax):
    return [text for text in ax.texts if text.get_gid() == "estimate"]


def test_an_arrow_for_every_effect(drawn):
    result, ax = drawn
    arrows = [patch for patch in ax.patches if isinstance(patch, FancyArrowPatch)]
    assert len(arrows) == len(result.lagged()) == len(result.panel.constructs) ** 2


def test_numbers_do_not_collide_and_stay_inside(drawn):
    _, ax = drawn
    boxes = [text.get_window_extent() for text in numbers(ax)]
    assert boxes
    assert not any(one.overlaps(other) for one, other in combinations(boxes, 2))
    whole = ax.figure.bbox
    assert all(whole.x0 <= box.x0 and box.x1 <= whole.x1 and whole.y0 <= box.y0 for box in boxes)
    title = ax._left_title.get_window_extent()
    assert title.x1 <= whole.x1


def test_numbers_are_the_estimates(drawn):
    result, ax = drawn
    frame = show.path_diagram_frame(result)
    numbered = frame if len(result.panel.constructs) <= 4 else frame[~frame["holds_zero"]]
    written = sorted(text.get_text().replace("−", "-") for text in numbers(ax))
    assert written == sorted(f"{value:.2f}" for value in numbered["estimate"])


def test_negative_effects_are_dashed_and_uncertain_ones_grey():
    result = panel(2)
    frame = show.path_diagram_frame(result)
    assert (frame["estimate"] < 0).sum() == 1
    ax = result.plot()
    arrows = [patch for patch in ax.patches if isinstance(patch, FancyArrowPatch)]
    assert sum(patch.get_linestyle() != "solid" for patch in arrows) == 1
    assert len({patch.get_edgecolor() for patch in arrows}) == frame["holds_zero"].nunique()
    widths = sorted(patch.get_linewidth() for patch in arrows)
    assert widths[-1] > widths[0]
    plt.close(ax.figure)


def test_lags_of_their_own_stand_between_their_waves():
    result = panel(2, equal_over_waves=False)
    frame = show.path_diagram_frame(result)
    assert set(zip(frame["before"], frame["after"])) == {("1", "2"), ("2", "3")}
    picture = show.picture_of(result)
    assert "Availability to Sensitivity (1 to 2)" in picture.alt
    plt.close(picture.figure)


def test_numbers_give_way_to_one_another():
    beside = [Line(0, height, 4, height, 0.4, 0.2) for height in (0.0, 0.08, 0.16)]
    places = place_labels([*beside, Line(0, 1, 4, 1)])
    assert places[3] is None
    for (x, y), (x2, y2) in combinations(places[:3], 2):
        assert abs(x - x2) >= 0.4 or abs(y - y2) >= 0.2


def made(k: int, n_waves: int, *, equal: bool = False, size: float = 1.0, groups: tuple[str, ...] = ("",)):
    """What the picture needs of an answer, without a fit: so many effects, all told apart from zero."""
    random = np.random.default_rng([k, n_waves])
    names, waves = theory.TEN_CONSTRUCTS[:k], [str(wave + 1) for wave in range(n_waves)]
    rows = [
        {"outcome": outcome if wave is None else f"{outcome}_{wave}", "group": group, "effect": "cross-lagged",
         "term": f"{outcome} ~ {source}", "estimate": size * random.normal()}
        for group in groups for wave in ([None] if equal else waves[1:]) for outcome in names for source in names
    ]  # fmt: skip
    table = pd.DataFrame(rows)
    table = table.assign(conf_low=0.9 * table["estimate"], conf_high=1.1 * table["estimate"])
    return SimpleNamespace(
        panel=SimpleNamespace(constructs=names, waves=waves, equal=equal), title="Effects", notes=(),
        simulated=False, lagged=lambda conf_level: table.copy(),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("k", "n_waves", "options"),
    [
        (2, 2, {}),
        (2, 8, {"size": 30.0}),
        (3, 5, {"groups": ("foster care", "kinship care")}),
        (4, 3, {}),
        (4, 8, {}),
        (5, 2, {"size": 30.0}),
        (5, 4, {"equal": True}),
        (5, 8, {}),
    ],
)
def test_with_every_number_shown_nothing_covers_anything(k, n_waves, options):
    ax = draw_path_diagram(made(k, n_waves, **options))
    ax.figure.canvas.draw()
    written = [text.get_window_extent() for text in numbers(ax)]
    words = [text.get_window_extent() for text in ax.texts if text not in numbers(ax) and text.get_text()]
    boxes = [patch.get_window_extent() for patch in ax.patches if isinstance(patch, Rectangle)]
    lags = 1 if options.get("equal") else n_waves - 1
    assert len(written) == k * k * lags * len(options.get("groups", ("",)))
    assert not any(one.overlaps(other) for one, other in combinations(written + words, 2))
    assert not any(number.overlaps(box) for number in written for box in boxes)
    names = [word for word in words if any(word.overlaps(box) for box in boxes)]
    assert len(names) == len(boxes)
    assert all(any(box.x0 <= word.x0 and word.x1 <= box.x1 for box in boxes) for word in names)
    whole = ax.figure.bbox
    assert all(whole.x0 <= one.x0 and one.x1 <= whole.x1 for one in written + words)
    plt.close(ax.figure)


def test_numbers_without_room_are_counted_in_the_note():
    result = made(10, 3)
    picture = show.figures.picture.picture_of(draw_path_diagram(result))
    n_written = len(numbers(picture.axes[0]))
    assert n_written < 200
    assert any(f"{200 - n_written} numbers found no room" in note for note in picture.notes)
    plt.close(picture.figure)
