"""Pictures and tables of hazard ratios: what is drawn is what the model says, and can be read."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from securebase_analysis.errors import ModelError
from securebase_analysis.models.disruption import fit_disruption
from securebase_analysis.show import (
    hazard_ratios_frame,
    over_time_frame,
    picture_of,
    plot_hazard_ratios,
    table_of,
    write_figure,
    write_table,
)
from securebase_analysis.show.figures.hazard_ratios_numbers import drawn_range, ratio_ticks
from securebase_analysis.show.terms import written_ratio_term

SECRET = "KID-"


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    random = np.random.default_rng(12)
    n = 160
    frame = pd.DataFrame({"child": [f"{SECRET}{place}" for place in range(n)], "carer": np.arange(n) // 2})
    frame["cooperation"] = random.normal(size=n)
    frame["kind"] = random.choice(["foster", "kinship", "residential"], n)
    rate = np.exp(0.5 * frame["cooperation"] - 0.6 * (frame["kind"] == "kinship"))
    frame["stop"] = np.minimum(random.exponential(300 / rate), 700.0).round(1) + 0.1
    frame["event"] = (frame["stop"] < 700.0).astype(int)
    return frame.assign(grams=1e5 * frame["cooperation"])


@pytest.fixture(scope="module")
def result(frame):
    return fit_disruption(frame, "cooperation * kind", cluster="carer")


@pytest.fixture(scope="module")
def without_events(frame):
    none = frame.assign(event=frame["event"].where(frame["kind"] != "residential", 0))
    return fit_disruption(none, "cooperation + kind")


# ---- ratios ----------------------------------------------------------------------------------------------------


def test_what_is_drawn_is_what_the_model_says(result):
    ax = result.plot()
    assert ax.get_xscale() == "log"
    tidy = result.tidy(exponentiate=True)
    points = next(line for line in ax.lines if len(line.get_xdata()) == len(tidy) and line.get_marker() == "o")
    np.testing.assert_allclose(points.get_xdata(), tidy["estimate"])
    spans = [line.get_xdata() for line in ax.lines if len(line.get_xdata()) == 2 and line.get_marker() == "None"]
    np.testing.assert_allclose(
        sorted(span[0] for span in spans if span[0] != span[1])[0], tidy["conf_low"].min(), rtol=1e-12
    )
    texts = {text.get_text() for text in ax.texts}
    for row in tidy.itertuples():
        assert {f"{row.estimate:.2f}", f"[{row.conf_low:.2f}, {row.conf_high:.2f}]"} <= texts
    assert [label.get_text() for label in ax.get_yticklabels()] == [
        "Co-operation", "Kind: kinship", "Kind: residential", "Co-operation × Kind: kinship",
        "Co-operation × Kind: residential",
    ]  # fmt: skip
    assert "95% interval" in ax.get_xlabel()


def test_the_picture_says_what_groups_are_compared_with_and_no_id(result):
    picture = picture_of(result)
    assert "Compared with Kind: foster." in picture.notes
    assert SECRET not in picture.alt + "".join(picture.notes) + picture.frame.to_string()
    tidy = result.tidy(exponentiate=True)
    assert f"Kind: kinship {tidy['estimate'][1]:.2f}" in picture.alt
    pd.testing.assert_series_equal(picture.frame["estimate"], tidy["estimate"])
    assert picture_of(result, simulated=True).alt.startswith("Simulated data. ")


def test_a_ratio_without_end_is_an_arrow_and_no_dot(without_events):
    ax = without_events.plot()
    low, _ = ax.get_xlim()
    arrows = [line for line in ax.lines if line.get_marker() == "<"]
    assert len(arrows) == 1
    dots = next(line for line in ax.lines if line.get_marker() == "o")
    assert len(dots.get_xdata()) == 2
    assert "0" in {text.get_text() for text in ax.texts}
    assert any(note.startswith("An arrow") for note in picture_of(ax).notes)
    assert np.isfinite(low)
    assert low > 0.0


def test_several_models_stand_side_by_side(frame, result, without_events, tmp_path):
    alone = fit_disruption(frame, "kind", cluster="carer")
    models = {"With co-operation": result, "Alone": alone}
    made = hazard_ratios_frame(models, term="kind")
    assert made[["model", "term"]].values.tolist() == [
        ["With co-operation", "kind[T.kinship]"], ["With co-operation", "kind[T.residential]"],
        ["Alone", "kind[T.kinship]"], ["Alone", "kind[T.residential]"],
    ]  # fmt: skip
    ax = plot_hazard_ratios(models)
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["With co-operation", "Alone"]
    markers = {line.get_marker() for line in ax.lines if line.get_label() in models}
    assert len(markers) == 2
    assert len(ax.get_yticklabels()) == 5
    paths = write_figure(ax, tmp_path / "ratios")
    assert [path.suffix for path in paths] == [".png", ".svg"]
    assert SECRET not in paths[1].read_text()
    with pytest.raises(ModelError, match="SB-EVENT-24"):
        plot_hazard_ratios({str(place): alone for place in range(6)})
    with pytest.raises(ModelError, match="SB-EVENT-21"):
        plot_hazard_ratios(result, term="kimd")


def test_pictures_fit_on_a_page_and_no_text_leaves_them(result, without_events):
    for drawn in (result.plot(), without_events.plot()):
        figure = drawn.figure
        figure.canvas.draw()
        width, height = figure.get_size_inches() * figure.dpi
        assert figure.get_figwidth() <= 6.5
        for text in [*drawn.texts, *drawn.get_yticklabels(), drawn.title]:
            box = text.get_window_extent()
            assert box.x0 >= -1
            assert box.x1 <= width + 1
            assert box.y1 <= height + 1


@pytest.mark.parametrize(
    ("low", "high"), [(0.3, 3.2), (0.9, 1.2), (0.02, 60.0), (1e-5, 1e4), (0.9999, 1.0003), (0.55, 1.3), (1.0, 3.5)]
)
def test_the_axis_has_marks_wherever_it_lies(low, high):
    ticks = ratio_ticks(low, high)
    assert 3 <= len(ticks) <= 11
    assert low <= min(ticks)
    assert max(ticks) <= high
    assert sorted(set(ticks)) == ticks


def test_an_endless_interval_does_not_stretch_the_axis():
    rows = pd.DataFrame({"estimate": [2.0, 0.0], "conf_low": [0.5, 0.0], "conf_high": [1e9, 0.8]})
    low, high = drawn_range(rows)
    assert 0.2 < low < 0.5
    assert 2.0 < high < 100.0


# ---- over time -------------------------------------------------------------------------------------------------


def test_the_course_over_time_finds_a_ratio_that_changes():
    """The hazard ratio is 4 before day 100 and 1 after it."""
    random = np.random.default_rng(1)
    x = np.tile([0.0, 1.0], 1500)
    early = random.exponential(100 / np.where(x == 1, 1.6, 0.4))
    stop = np.where(early < 100, early, 100 + random.exponential(150, 3000))
    result = fit_disruption(pd.DataFrame({"stop": stop, "event": 1, "x": x}), "x")
    smooth = over_time_frame(result).query("kind == 'smooth'")
    first, last = smooth[smooth["time"] < 50]["estimate"].mean(), smooth[smooth["time"] > 200]["estimate"].mean()
    assert first == pytest.approx(np.log(4), abs=0.25)
    assert last == pytest.approx(0.0, abs=0.25)
    assert result.proportional_hazards()["p_value"].iloc[0] < 1e-6


def test_the_course_over_time_has_a_panel_for_each_term(result):
    axes = result.plot(kind="proportional hazards")
    assert len(axes) == 5
    picture = picture_of(axes)
    assert "Grambsch and Therneau" in picture.notes[0]
    assert SECRET not in picture.alt
    events = picture.frame.query("kind == 'event' and term == 'cooperation'")
    assert len(events) == result.facts["n_events"]
    assert events["estimate"].mean() == pytest.approx(result.tidy()["estimate"].iloc[0], abs=1e-6)
    one = result.plot(plt.subplots()[1], kind="proportional hazards", term="cooperation")
    assert one.get_ylabel() == "Log hazard ratio"
    with pytest.raises(ModelError, match="SB-EVENT-24"):
        result.plot(plt.subplots()[1], kind="proportional hazards")
    with pytest.raises(ModelError, match="SB-MODEL-30"):
        result.plot(kind="proportional")


def test_models_without_these_residuals_have_no_such_picture(frame, without_events):
    shared = fit_disruption(frame, "cooperation", frailty="carer")
    for model in (without_events, shared):
        with pytest.raises(ModelError, match="SB-EVENT-25"):
            model.plot(kind="proportional hazards")
    assert len(hazard_ratios_frame(shared)) == 1


# ---- tables and labels -----------------------------------------------------------------------------------------


def test_a_table_prints_hazard_ratios(result, tmp_path):
    cells = table_of(result, conf_level=0.9, number=2).cells
    tidy = result.tidy(0.9, exponentiate=True)
    assert list(cells) == ["Term", "Hazard ratio", "90% CI", "z", "p"]
    assert cells["Hazard ratio"].tolist() == [f"{value:.2f}" for value in tidy["estimate"]]
    assert cells["90% CI"][0] == f"[{tidy['conf_low'][0]:.2f}, {tidy['conf_high'][0]:.2f}]"
    assert cells["Term"][3] == "Co-operation × Kind: kinship"
    for ending in (".docx", ".xlsx", ".html", ".tex"):
        assert write_table(table_of(result), tmp_path / f"ratios{ending}").stat().st_size > 0


def test_few_clusters_few_digits_and_frailty_in_a_table(frame, without_events):
    few = fit_disruption(frame.assign(team=frame.index % 8), "cooperation", cluster="team")
    assert table_of(few).cells["df"].tolist() == ["7"]
    tiny = table_of(fit_disruption(frame, "grams")).cells
    ratio = fit_disruption(frame, "grams").tidy(exponentiate=True)["estimate"].iloc[0]
    assert tiny["Hazard ratio"].tolist() == [f"{ratio:.8f}"]
    assert table_of(without_events).cells["Hazard ratio"].tolist()[-1] == "0"
    shared = table_of(fit_disruption(frame, "cooperation", frailty="carer"))
    assert shared.cells["Term"].tolist() == ["Co-operation", "var(carer)"]
    competing = frame.assign(ending=np.where(frame["event"] == 1, "breakdown", "open"))
    fine_gray = fit_disruption(competing, "cooperation", event="ending", model="fine-gray", cause="breakdown")
    assert "Subdistribution hazard ratio" in table_of(fine_gray).cells


@pytest.mark.parametrize(
    ("term", "written"),
    [
        ("C(wave)[T.2]", "Wave: Wave 2"),
        ("care_context[T.kinship]", "Care context: Kinship care"),
        ("np.log(income)", "np.log(income)"),
        ("`two words`[T.a:b]", "Two words: a:b"),
    ],
)
def test_terms_are_written_in_words(term, written):
    assert written_ratio_term(term).casefold() == written.casefold()
