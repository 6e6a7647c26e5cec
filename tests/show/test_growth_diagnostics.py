"""The panel of diagnostics: its numbers, its words, and that nobody can be recognised in it."""

from __future__ import annotations

import itertools

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from PIL import Image

from securebase_analysis.errors import ModelError
from securebase_analysis.models.after_growth.influence import influence
from securebase_analysis.models.growth import fit_growth
from securebase_analysis.show.figures.growth_diagnostics_numbers import COLUMNS, ENVELOPE, diagnostics_frame
from securebase_analysis.show.figures.picture import picture_of, write_figure

SECRET = "XQZ"
PANELS = ["residuals", "spread", "quantiles", "effects", "distance", "shifts"]


def cohort(n_children=40, seed=3, bend=0.0) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    child, years = np.repeat(np.arange(n_children), 4), np.tile([0.0, 1.0, 2.0, 3.0], n_children)
    level, slope = random.normal(size=n_children), 0.5 * random.normal(size=n_children)
    trust = 5.0 + 0.3 * years + bend * (years - 1.5) ** 2 + level[child] + slope[child] * years
    return pd.DataFrame(
        {
            "child": [f"{SECRET}{one:03d}" for one in child],
            "years": years,
            "kinship": np.where(child % 2 == 0, "yes", "no"),
            "trust": trust + 0.6 * random.normal(size=len(child)),
        }
    )


@pytest.fixture(scope="module")
def growth():
    return fit_growth(cohort(), "trust ~ years * kinship", "years")


@pytest.fixture(scope="module")
def picture(growth):
    return picture_of(growth, style="diagnostics", simulated=True)


def test_the_frame_holds_what_is_drawn(growth):
    frame = diagnostics_frame(growth)
    assert list(frame) == COLUMNS
    assert list(dict.fromkeys(frame["panel"])) == [
        "residuals",
        "spread",
        "quantiles",
        "effects",
        "distance",
        "shifts",
    ]
    parts = frame.groupby(["panel", "kind"]).size()
    assert parts["residuals", "point"] == parts["quantiles", "point"] == 160
    assert parts["effects", "point"] == 80
    assert parts["distance", "point"] == 40
    assert parts["shifts", "point"] == 40 * 4
    assert parts["spread", "point"] == 4
    distance = frame[frame["panel"] == "distance"]
    np.testing.assert_allclose(distance["y"], influence(growth).most["cooks_distance"])


def test_a_right_model_lies_in_its_envelope(growth):
    frame = diagnostics_frame(growth)
    for panel in ("quantiles", "effects"):
        rows = frame[frame["panel"] == panel]
        assert (rows["y"].between(rows["low"], rows["high"])).mean() > ENVELOPE - 0.1
    spread = frame[frame["panel"] == "spread"]
    assert ((spread["low"] <= 1.0) & (spread["high"] >= 1.0)).all()
    line = frame.query("panel == 'residuals' and kind == 'line'")
    assert line["y"].abs().max() < 0.4


def test_a_bend_that_the_model_does_not_know_shows_in_the_line():
    frame = diagnostics_frame(fit_growth(cohort(bend=0.6), "trust ~ years", "years"))
    line = frame.query("panel == 'residuals' and kind == 'line'")["y"].to_numpy()
    assert line[0] > 0.4
    assert line[-1] > 0.4
    assert line.min() < -0.4


def test_the_alt_text_says_what_is_seen(picture, growth):
    frame, alt = picture.frame, picture.alt
    assert alt.startswith("Simulated data. Growth of trust: ")
    outside = {
        panel: int((~rows["y"].between(rows["low"], rows["high"])).sum())
        for panel, rows in frame[frame["panel"].isin(["quantiles", "effects"])].groupby("panel")
    }
    assert f"{outside['quantiles']} of 160 lie outside the envelope" in alt
    assert f"{outside['effects']} of 80 lie outside the envelope" in alt
    first = influence(growth).most.iloc[0]
    assert f"Cook's distance by child, the farthest first: {first['cooks_distance']:.2f} (row " in alt
    assert "Over years the standard deviation of the residuals lies between " in alt
    assert any("The band holds 95% of each ordered value" in note for note in picture.notes)


def test_nobody_is_named_and_few_children_have_no_points(picture, tmp_path):
    few = fit_growth(cohort(9), "trust ~ years")
    small = picture_of(few, style="diagnostics")
    assert set(small.frame["panel"]) == {"residuals", "spread"}
    assert set(small.frame.loc[small.frame["panel"] == "residuals", "kind"]) == {"line"}
    assert any("fewer than 10 children" in note for note in small.notes)
    for one, name in ((picture, "many"), (small, "few")):
        for path in write_figure(one, tmp_path / name):
            assert SECRET.encode() not in path.read_bytes()
        assert SECRET not in one.alt + str(one.notes) + one.frame.to_csv()


def test_more_children_than_can_be_left_out_one_by_one_are_said(monkeypatch):
    from securebase_analysis.show.figures import growth_diagnostics_numbers as numbers

    monkeypatch.setattr(numbers, "MOST_LEVELS", {True: 20, False: 5})
    large = picture_of(fit_growth(cohort(), "trust ~ years"), style="diagnostics")
    assert set(large.frame["panel"]) == set(PANELS) - {"distance", "shifts"}
    assert any("influence() leaves out one child at a time" in note for note in large.notes)


def test_many_rows_are_thinned_and_said(monkeypatch):
    from securebase_analysis.show.figures import growth_diagnostics, growth_diagnostics_numbers

    monkeypatch.setattr(growth_diagnostics_numbers, "MOST_POINTS", 50)
    monkeypatch.setattr(growth_diagnostics, "MOST_POINTS", 50)
    thin = picture_of(fit_growth(cohort(), "trust ~ years"), style="diagnostics")
    drawn = int(((thin.frame["panel"] == "residuals") & (thin.frame["kind"] == "point")).sum())
    assert drawn <= 50
    assert f"{drawn} of 160 residuals are drawn." in thin.notes


def test_random_effects_of_every_factor_are_told_apart():
    frame = cohort(45)
    carer = frame["child"].str[-2:].astype(int).to_numpy() // 3
    frame = frame.assign(carer=carer, trust=frame["trust"] + 2.0 * np.random.default_rng(4).normal(size=15)[carer])
    found = diagnostics_frame(fit_growth(frame, "trust ~ years", {"child": "1", "carer": "1"}))
    counted = found[found["panel"] == "effects"].groupby("label").size()
    assert counted.to_dict() == {"Intercept of child": 45, "Intercept of carer": 15}


@pytest.mark.parametrize("family", ["binomial", "ordinal"])
def test_other_outcomes_have_quantile_residuals(family):
    frame = cohort()
    cuts = [frame["trust"].median()] if family == "binomial" else list(frame["trust"].quantile([0.3, 0.7]))
    growth = fit_growth(frame.assign(trust=np.digitize(frame["trust"], cuts)), "trust ~ years", family=family)
    found = picture_of(growth, style="diagnostics")
    assert found.notes[0].startswith("Residuals are randomised quantile residuals (Dunn & Smyth 1996, seed 1)")
    rows = found.frame[found.frame["panel"] == "quantiles"]
    assert rows["y"].between(rows["low"], rows["high"]).mean() > 0.85


def texts_of(figure):
    """Visible texts with their boxes; ticks that lie outside the view are kept by matplotlib and not drawn."""
    figure.canvas.draw()
    beyond = [
        tick.label1
        for axes in figure.axes
        for axis in (axes.xaxis, axes.yaxis)
        for tick in axis.get_major_ticks()
        if not min(axis.get_view_interval()) <= tick.get_loc() <= max(axis.get_view_interval())
    ]
    found = [text for text in figure.findobj(mpl.text.Text) if text.get_visible() and text.get_text().strip()]
    renderer = figure.canvas.get_renderer()
    return [
        (text.get_text(), mpl.text.Text.get_window_extent(text, renderer)) for text in found if text not in beyond
    ]


def test_no_text_leaves_the_panel_or_lies_on_another(growth):
    figure = growth.plot(style="diagnostics", simulated=True)[0].get_figure(root=True)
    width, height = figure.canvas.get_width_height()
    texts = texts_of(figure)
    for text, box in texts:
        assert box.x0 >= -0.5, text
        assert box.x1 <= width + 0.5, text
        assert box.y0 >= -0.5, text
        assert box.y1 <= height + 0.5, text
    for (text, one), (under, other) in itertools.combinations(texts, 2):
        across = min(one.x1, other.x1) - max(one.x0, other.x0)
        along = min(one.y1, other.y1) - max(one.y0, other.y0)
        assert across <= 1 or along <= 1, f"{text!r} on {under!r}"


def test_it_can_be_read_in_grey(picture, tmp_path):
    path = write_figure(picture, tmp_path / "panel.png", dpi=80)[0]
    grey = np.asarray(Image.open(path).convert("L"), dtype=float)
    assert (grey < 100).mean() > 0.005
    markers = {line.get_marker() for line in picture.axes[3].get_lines() if line.get_linestyle() == "None"}
    assert len(markers) == 2


def test_the_style_is_one_of_the_words(growth):
    with pytest.raises(ModelError, match="style='diagnostic' is not an option"):
        growth.plot(style="diagnostic")
    assert len(growth.plot(style="diagnostics")) == 6


def test_the_frame_can_be_had_from_the_floor_above():
    from securebase_analysis import show

    assert show.diagnostics_frame is diagnostics_frame
