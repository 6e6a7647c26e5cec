"""Pictures of interactions: only over the children there are, numbers in frames, nobody recognisable."""

from __future__ import annotations

import itertools
import runpy
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from securebase_analysis.errors import ModelError
from securebase_analysis.models.moderation import fit_moderation
from securebase_analysis.results import wording
from securebase_analysis.show.figures.moderation import draw_moderation, moderation_frame
from securebase_analysis.show.figures.moderation_regions import regions_frame
from securebase_analysis.show.figures.moderation_slopes import CLASSES, EMPTY, slopes_frame
from securebase_analysis.show.figures.picture import picture_of, write_figure

REFERENCE = Path(__file__).parents[1] / "reference"
PAIR = ("availability", "sensitivity")


@pytest.fixture(scope="module")
def cohort() -> pd.DataFrame:
    frame = runpy.run_path(str(REFERENCE / "moderation_cohort.py"))["simulate_cohort"]()
    return frame.assign(child="KID-" + frame["child"])


@pytest.fixture(scope="module")
def family(cohort):
    return fit_moderation(cohort, "trust", covariates="years")


@pytest.fixture(scope="module")
def by_kinship(cohort):
    return fit_moderation(cohort, "trust", covariates="years", pairs=("availability", "kinship"))


@pytest.fixture(scope="module")
def every_drawing(family, by_kinship, cohort):
    parts = fit_moderation(cohort, "trust", pairs=PAIR, split=True, scale="point")
    style = "johnson-neyman"
    return {
        "family": family.plot(simulated=True),
        "parts": parts.plot(),
        "slopes": family.plot(pair=PAIR, simulated=True),
        "slopes in one group each": by_kinship.plot(),
        "difference at values": by_kinship.plot(of="kinship", at=["mean", "-9 SD"]),
        "regions": family.plot(style=style, pair=PAIR, simulated=True),
        "regions turned, controlled": family.plot(style=style, pair=PAIR, of="sensitivity", control="fdr"),
        "difference over a number": by_kinship.plot(style=style, of="kinship"),
    }


def texts_of(figure):
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    renderer = canvas.get_renderer()
    beyond = [
        tick.label1
        for axes in figure.axes
        for axis in (axes.xaxis, axes.yaxis)
        for tick in axis.get_major_ticks()
        if not min(axis.get_view_interval()) <= tick.get_loc() <= max(axis.get_view_interval())
    ]
    found = [text for text in figure.findobj(mpl.text.Text) if text.get_visible() and text.get_text().strip()]
    return [
        (text.get_text(), mpl.text.Text.get_window_extent(text, renderer)) for text in found if text not in beyond
    ]


def test_texts_stay_inside_and_apart(every_drawing):
    for name, drawn in every_drawing.items():
        figure = picture_of(drawn).figure
        width, height = figure.canvas.get_width_height()
        texts = texts_of(figure)
        for text, box in texts:
            assert box.x0 >= -0.5, f"{name}: {text!r}"
            assert box.y0 >= -0.5, f"{name}: {text!r}"
            assert box.x1 <= width + 0.5, f"{name}: {text!r}"
            assert box.y1 <= height + 0.5, f"{name}: {text!r}"
        for (first, one), (second, other) in itertools.combinations(texts, 2):
            across = min(one.x1, other.x1) - max(one.x0, other.x0)
            along = min(one.y1, other.y1) - max(one.y0, other.y0)
            assert across <= 1 or along <= 1, f"{name}: {first!r} on {second!r}"


def test_nobody_is_in_a_picture(every_drawing, tmp_path):
    for name, drawn in every_drawing.items():
        picture = picture_of(drawn)
        assert not {"child", "n_children"} & set(picture.frame), name
        assert "KID-" not in picture.alt + picture.title + " ".join(picture.notes)
        (path,) = write_figure(picture, tmp_path / f"{name}.svg")
        assert "KID-" not in path.read_text("utf-8")


def test_simulated_data_are_called_so(every_drawing):
    for name in ("family", "slopes", "regions"):
        picture = picture_of(every_drawing[name])
        assert picture.alt.startswith("Simulated data.")
        assert "Simulated data" in [text for text, _ in texts_of(picture.figure)]


def test_the_family_shows_every_number(family):
    frame = moderation_frame(family)
    picture = picture_of(family)
    assert len(frame) == 10
    for row in frame.itertuples():
        assert f"{row.label} {wording.number(row.estimate)} [" in picture.alt
        assert f"adjusted {wording.p_value(row.p_adjusted)}, detectable" in picture.alt
    bands = [patch.get_width() / 2.0 for patch in picture.axes[0].patches]
    np.testing.assert_allclose(bands, frame["detectable_in_family"])
    assert "Grey bands" in picture.notes[0]


def test_filled_dots_pass_and_open_ones_do_not(family):
    (ax,) = picture_of(family).axes
    filled, open_ones = (line for line in ax.lines if line.get_marker() == "o")
    passing = (family.family()["p_adjusted"] <= 0.05).sum()
    assert (len(filled.get_xdata()), len(open_ones.get_xdata())) == (passing, 10 - passing)
    assert open_ones.get_markerfacecolor() == "white"


# C8 OUT-09, C7 109
def test_the_map_tells_classes_of_children_and_where_there_is_none(family, cohort):
    frame = slopes_frame(family, PAIR)
    cells = frame[frame["kind"] == "cell"]
    names = [name for _, name, _ in CLASSES]
    assert set(cells["children"]) <= {EMPTY, *names}
    for cell in cells.itertuples():
        inside = cohort["availability"].between(cell.x, cell.x_high, inclusive="left")
        inside &= cohort["sensitivity"].between(cell.value, cell.value_high, inclusive="left")
        n = cohort.loc[inside, "child"].nunique()
        if cell.x_high < cohort["availability"].max() and cell.value_high < cohort["sensitivity"].max():
            assert cell.children == (EMPTY if n == 0 else names[0] if n < 10 else names[1])
    picture = picture_of(family, pair=PAIR)
    hatched = [patch for patch in picture.axes[1].patches if patch.get_hatch()]
    assert len(hatched) == (cells["children"] == EMPTY).sum() > 0
    assert f"{len(hatched)} (" in picture.alt


def test_few_children_have_no_map_and_no_density(cohort):
    few = fit_moderation(cohort[cohort["child"] < "KID-s009"], "trust", pairs=PAIR)
    assert few.facts["n_groups"] == 9
    assert set(slopes_frame(few)["kind"]) == {"line", "slope"}
    assert set(regions_frame(few)["kind"]) == {"slope", "region"}
    for style in ("slopes", "johnson-neyman"):
        picture = picture_of(few, style=style)
        assert len(picture.axes) == 1
        assert "SB-OUT-09" in " ".join(picture.notes)


def test_a_value_that_no_child_has_is_not_drawn_and_keeps_its_look(family):
    picture = picture_of(family, pair=PAIR, at=[99.0, 5.0])
    assert {line.get_linestyle() for line in picture.axes[0].lines} == {"--"}
    assert "Sensitivity 99: no child has it, not drawn" in picture.alt
    assert any("No child has Sensitivity 99" in note for note in picture.notes)
    assert "slope" not in picture.alt.split("Sensitivity 99")[1].split(";")[0]


def test_the_slopes_are_those_of_the_answer(family, by_kinship):
    frame, slopes = slopes_frame(family, PAIR), family.slopes(PAIR)
    np.testing.assert_allclose(frame.loc[frame["kind"] == "slope", "estimate"].astype(float), slopes["estimate"])
    alt = picture_of(family, pair=PAIR).alt
    row = slopes.iloc[2]
    assert f"+1 SD ({wording.number(row['value'])}): slope {wording.number(row['estimate'])} [" in alt
    assert "Kinship yes: slope 0.52" in picture_of(by_kinship).alt
    assert "difference" in picture_of(by_kinship, of="kinship").alt


def test_the_regions_are_those_of_the_answer(family):
    frame, regions = regions_frame(family, PAIR), family.johnson_neyman(PAIR)
    drawn = frame[frame["kind"] == "region"]
    np.testing.assert_allclose(drawn["value"].astype(float), regions["low"])
    slope = frame[frame["kind"] == "slope"]
    assert slope["value"].min() == regions["low"].min()
    assert slope["value"].max() == regions["high"].max()
    at_end = slope[slope["value"] == regions["low"].iloc[1]]
    assert float(at_end["conf_low"].iloc[0]) == pytest.approx(0.0, abs=1e-10)
    density = frame[frame["kind"] == "density"]
    area = np.trapezoid(density["estimate"].astype(float), density["value"].astype(float))
    assert 0.9 < area <= 1.0
    picture = picture_of(family, pair=PAIR, style="johnson-neyman")
    assert "from 4.2 to 7.7 the interval is above zero" in picture.alt
    assert "by chance" in picture.notes[0]


def test_styles_and_axes_that_do_not_fit_are_refused(family, by_kinship):
    with pytest.raises(ModelError, match="SB-MODEL-30"):
        family.plot(style="forest")
    with pytest.raises(ModelError, match="SB-OUT-33"):
        family.plot(ax=mpl.figure.Figure().subplots(), pair=PAIR)
    with pytest.raises(ModelError, match="SB-MODEL-83"):
        draw_moderation(by_kinship, style="johnson-neyman")
    with pytest.raises(ModelError, match="SB-MODEL-81"):
        family.plot(style="slopes")
