"""Pictures: numbers from frames, alt texts with those numbers, text inside the frame, nobody recognisable."""

from __future__ import annotations

import itertools
import xml.etree.ElementTree as ElementTree

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from made_answers import CODES, N_CHILDREN, SECRET
from PIL import Image

from securebase_analysis import theory
from securebase_analysis.errors import ModelError
from securebase_analysis.measures.reliability import assess_reliability
from securebase_analysis.measures.scoring import score_dimensions
from securebase_analysis.models.sem import fit_sem
from securebase_analysis.results import wording
from securebase_analysis.show.figures.agreement import agreement_frame, draw_agreement
from securebase_analysis.show.figures.forest import draw_forest
from securebase_analysis.show.figures.growth import draw_growth, growth_frame
from securebase_analysis.show.figures.picture import picture_of, write_figure
from securebase_analysis.show.figures.profile import plot_profile
from securebase_analysis.show.figures.profile_numbers import profile_frame
from securebase_analysis.show.figures.relations import draw_relations, relations_frame
from securebase_analysis.show.figures.style import SERIES
from securebase_analysis.show.figures.trajectory import plot_trajectories, trajectory_frame
from securebase_analysis.show.figures.waves import STATUSES, plot_waves, waves_frame
from securebase_analysis.study.simulate import simulate_study


@pytest.fixture
def waves() -> pd.DataFrame:
    counts = {1: (238, 1, 1, 0, 0, 0, 0), 2: (190, 9, 3, 12, 20, 1, 5), 3: (120, 10, 4, 40, 38, 3, 25)}
    return pd.DataFrame(
        [(wave, status) for wave, ns in counts.items() for status, n in zip(STATUSES, ns) for _ in range(n)],
        columns=["wave", "status"],
    )


@pytest.fixture
def every_drawing(wide, growth, relations, agreement, waves):
    """Every kind of picture, drawn."""
    return {
        "profile": plot_profile(wide, simulated=True),
        "profile by group": plot_profile(wide, by="care_context"),
        "profile of a child": plot_profile(wide, child=f"{SECRET}003", wave=2),
        "star": plot_profile(wide, style="star"),
        "trajectories": plot_trajectories(wide, "trust", by="care_context", simulated=True),
        "waves": plot_waves(waves, simulated=True),
        "agreement": draw_agreement(agreement, simulated=True),
        "relations": draw_relations(relations, simulated=True),
        "growth": draw_growth(growth, simulated=True),
        "forest": draw_forest(growth, effect="fixed"),
    }


def _texts(figure):
    """Visible texts of a drawn figure with the boxes they fill, in pixels."""
    figure.canvas.draw()
    renderer = figure.canvas.get_renderer()
    beyond = [
        tick.label1
        for axes in figure.axes
        for axis in (axes.xaxis, axes.yaxis)
        for tick in axis.get_major_ticks()
        if not min(axis.get_view_interval()) <= tick.get_loc() <= max(axis.get_view_interval())
    ]
    found = [text for text in figure.findobj(mpl.text.Text) if text.get_visible() and text.get_text().strip()]
    return [
        (text, mpl.text.Text.get_window_extent(text, renderer))  # of an annotation: without its leader line
        for text in found
        if text not in beyond  # matplotlib keeps ticks outside the view and does not draw them
    ]


def test_no_text_leaves_its_picture(every_drawing):
    for name, drawn in every_drawing.items():
        figure = picture_of(drawn).figure
        width, height = figure.canvas.get_width_height()
        for text, box in _texts(figure):
            inside = box.x0 >= -0.5 and box.y0 >= -0.5 and box.x1 <= width + 0.5 and box.y1 <= height + 0.5
            assert inside, f"{name}: {text.get_text()!r} at {box}"


def test_no_text_lies_on_another(every_drawing):
    for name, drawn in every_drawing.items():
        if name == "relations":  # slanted labels: their boxes overlap where their letters do not
            continue
        texts = _texts(picture_of(drawn).figure)
        for (first, one), (second, other) in itertools.combinations(texts, 2):
            across = min(one.x1, other.x1) - max(one.x0, other.x0)
            along = min(one.y1, other.y1) - max(one.y0, other.y0)
            assert across <= 1 or along <= 1, f"{name}: {first.get_text()!r} on {second.get_text()!r}"


def test_long_names_of_codes_stay_inside_and_apart(agreement):
    labels = [text for text, _ in _texts(picture_of(draw_agreement(agreement)).figure)]
    assert any("\n" in label.get_text() for label in labels)


def test_no_identifier_and_no_rows_of_children_in_any_picture(every_drawing, tmp_path):
    for name, drawn in every_drawing.items():
        picture = picture_of(drawn)
        assert SECRET not in picture.alt + picture.title + " ".join(picture.notes)
        assert not {"child", "child_id", "carer"} & set(picture.frame.columns), name
        (path,) = write_figure(picture, tmp_path / f"{name}.svg")
        assert SECRET not in path.read_text("utf-8")


def test_simulated_data_is_said_on_the_picture_and_in_the_alt_text(wide):
    picture = picture_of(plot_profile(wide, simulated=True))
    assert picture.alt.startswith("Simulated data.")
    assert "Simulated data" in [text.get_text() for text, _ in _texts(picture.figure)]
    assert "Simulated" not in picture_of(plot_profile(wide)).alt


def test_drawing_leaves_the_settings_of_the_user_alone(wide):
    before = dict(mpl.rcParams)
    plot_profile(wide)
    draw_after = dict(mpl.rcParams)
    assert before == draw_after


def test_series_differ_in_grey_marker_line_and_hatching():
    def lightness(color):
        return float(np.dot(mpl.colors.to_rgb(color), (0.2126, 0.7152, 0.0722)))

    assert len({look.marker for look in SERIES}) == len(SERIES)
    assert len({look.hatch for look in SERIES}) == len(SERIES)
    assert len({str(look.line) for look in SERIES}) == len(SERIES)
    greys = [lightness(look.color) for look in SERIES[:3]]
    assert min(abs(a - b) for a, b in itertools.combinations(greys, 2)) > 0.15


# --- frames ---------------------------------------------------------------------------------------------------


def test_profile_of_a_group_is_the_mean_over_children_of_their_means(wide):
    frame = profile_frame(wide).set_index("construct")
    per_child = wide.groupby("child")["trust"].mean()
    assert frame.loc["trust", "estimate"] == pytest.approx(per_child.mean())
    half = 2.0686576 * per_child.std(ddof=1) / np.sqrt(N_CHILDREN)
    assert frame.loc["trust", "conf_high"] - frame.loc["trust", "estimate"] == pytest.approx(half, rel=1e-6)
    assert list(frame.index[:2]) == ["availability", "trust"]
    assert (frame["n_children"] == N_CHILDREN).all()


def test_profile_counts_only_children_with_a_score(wide):
    gaps = wide.copy()
    gaps.loc[gaps["child"] == f"{SECRET}000", "trust"] = np.nan
    assert profile_frame(gaps).set_index("construct").loc["trust", "n_children"] == N_CHILDREN - 1


def test_profile_of_a_child_uses_the_standard_error_of_its_scores():
    study = simulate_study(n_children=20, n_waves=2, seed=2, interviews=False).study
    scores = score_dimensions(study)
    row = scores.frame.dropna(subset=["std_error"]).query("construct == 'trust'").iloc[0]
    frame = profile_frame(scores, child=row["child"], site=row["site"], wave=row["wave"]).set_index("construct")
    assert frame.loc["trust", "estimate"] == pytest.approx(row["score_100"])
    half = 1.959964 * row["std_error"] * row["score_100"] / row["score"]
    assert frame.loc["trust", "conf_high"] - row["score_100"] == pytest.approx(half, rel=1e-5)
    alt = picture_of(plot_profile(scores, child=row["child"], site=row["site"])).alt
    assert alt.startswith(
        "Simulated data." if getattr(scores, "simulated", False) else "Secure base profile of one"
    )
    assert row["child"] not in alt


def test_groups_by_care_context_have_the_names_of_the_model(wide):
    assert set(profile_frame(wide, by="care_context")["group"]) == {"Foster care", "Kinship care"}
    assert list(dict.fromkeys(profile_frame(wide, by="wave")["group"])) == ["Wave 1", "Wave 2", "Wave 3"]


def test_profile_of_nobody_is_refused_without_repeating_who(wide):
    with pytest.raises(ModelError) as caught:
        profile_frame(wide, child="KID-999")
    assert "KID-999" not in str(caught.value)
    assert caught.value.problems[0].code == "SB-OUT-31"


def test_profile_by_a_column_that_is_not_there_suggests_one(wide):
    with pytest.raises(ModelError, match="care_context"):
        profile_frame(wide, by="care_contex")


def test_star_of_several_groups_is_refused(wide):
    with pytest.raises(ModelError, match="SB-OUT-32"):
        plot_profile(wide, by="care_context", style="star")


def test_trajectory_means_equal_the_means_at_each_wave(wide):
    frame = trajectory_frame(wide, "trust")
    means = frame[frame["kind"] == "mean"].set_index("wave")
    assert means["estimate"].to_list() == pytest.approx(wide.groupby("wave")["trust"].mean().to_list())
    assert frame.loc[frame["kind"] == "child", "line"].nunique() == N_CHILDREN


# SB-OUT-09
@pytest.mark.parametrize(("n_children", "n_lines"), [(9, 0), (10, 10)])
def test_individual_lines_only_where_nobody_can_be_recognised(wide, n_children, n_lines):
    few = wide[wide["child"] < f"{SECRET}{n_children:03d}"]
    frame = trajectory_frame(few, "trust")
    assert frame.loc[frame["kind"] == "child", "line"].nunique() == n_lines
    notes = " ".join(picture_of(plot_trajectories(few, "trust")).notes)
    assert ("SB-OUT-09" in notes) is (n_lines == 0)


def test_individual_lines_of_a_growth_model_only_where_nobody_can_be_recognised(growth):
    assert growth_frame(growth)["kind"].value_counts()["observed"] == 3 * N_CHILDREN
    few = growth.rows[growth.rows["child"] < f"{SECRET}009"]
    object.__setattr__(growth, "rows", few)
    assert set(growth_frame(growth)["kind"]) == {"fitted"}
    assert "SB-OUT-09" in " ".join(picture_of(draw_growth(growth)).notes)


def test_waves_are_counted_by_status(waves):
    frame = waves_frame(waves)
    assert frame["n_children"].sum() == len(waves)
    third = frame[frame["wave"] == 3].set_index("status")["n_children"]
    assert third.to_dict() == {"seen": 120, "refused": 10, "not asked": 4, "lost": 40, "left care": 38, "died": 3,
                               "not yet due": 25}  # fmt: skip
    assert frame.groupby("wave")["share"].sum().to_list() == pytest.approx([1, 1, 1])


def test_relations_put_every_pair_once_on_each_level_and_know_the_claims(relations):
    frame = relations_frame(relations)
    assert frame.groupby("effect").size().to_dict() == {"between": 45, "within": 45}
    claims = {frozenset((path.source, path.target)) for path in theory.PATHWAYS}
    found = {frozenset(pair) for pair in frame.loc[frame["claimed"], ["first", "second"]].to_numpy().tolist()}
    assert found == claims


def test_agreement_by_code_puts_undefined_last_and_says_so(agreement):
    frame = agreement_frame(agreement)
    assert frame["code"].tolist() == list(CODES)
    assert frame["percent"].tolist() == pytest.approx([0.875] * 4)
    assert frame["prevalence"].tolist() == pytest.approx([0.125] * 4)
    assert agreement_frame(agreement, outcome="all text")["estimate"].tolist() == [0.5] * 4
    assert "rare undefined" in picture_of(draw_agreement(agreement)).alt


# --- alt texts ------------------------------------------------------------------------------------------------


def test_alt_text_of_a_profile_holds_every_number(wide):
    picture = picture_of(plot_profile(wide))
    for row in picture.frame.itertuples():
        assert f"{row.label} ({row.side}) {wording.number(row.estimate, 1)} [" in picture.alt
    assert "24 children" in picture.alt


def test_alt_text_of_waves_agreement_and_terms_hold_the_numbers(waves, agreement, growth):
    assert (
        "120 seen, 10 refused, 4 not asked, 40 lost, 38 left care, 3 died and 25 not yet due"
        in picture_of(plot_waves(waves)).alt
    )
    assert "carer available at night .90 [.80, 1.00], 87.5% agreement" in picture_of(draw_agreement(agreement)).alt
    assert "Years 2.50 [1.47, 3.53]" in picture_of(draw_growth(growth)).alt
    assert "from 50.0 at 0.0 to 55.0 at 2.0" in picture_of(draw_growth(growth)).alt


def test_a_result_draws_itself_through_the_contract(growth):
    import securebase_analysis.show  # noqa: F401

    ax = growth.plot()
    assert "Intercept" in picture_of(ax).alt
    assert picture_of(growth, effect="fixed").frame["term"].tolist() == ["Intercept", "years", "years:cooperation"]


def test_axes_of_someone_else_have_no_caption():
    with pytest.raises(ModelError, match="SB-OUT-30"):
        picture_of(plt.figure().add_subplot())


def test_a_forest_of_too_many_rows_is_refused(relations):
    with pytest.raises(ModelError, match="SB-OUT-33"):
        draw_forest(relations)


# --- files ----------------------------------------------------------------------------------------------------


def test_svg_tells_title_and_description_and_is_the_same_every_time(wide, tmp_path):
    first = write_figure(plot_profile(wide), tmp_path / "first.svg")[0].read_bytes()
    second = write_figure(plot_profile(wide), tmp_path / "second.svg")[0].read_bytes()
    assert first == second
    root = ElementTree.fromstring(first)
    space = "{http://www.w3.org/2000/svg}"
    assert root.find(f"{space}title").text == "Secure base profile"
    assert root.find(f"{space}desc").text == picture_of(plot_profile(wide)).alt
    assert root.get("role") == "img"
    assert b"<dc:date>" not in first
    assert "Availability" in [element.text for element in root.iter(f"{space}text")]


def test_svg_escapes_what_comes_from_data(agreement, tmp_path):
    (path,) = write_figure(draw_agreement(agreement), tmp_path / "codes.svg")
    assert "<script>" not in path.read_text("utf-8")
    ElementTree.parse(path)


def test_png_has_300_dots_per_inch_and_the_alt_text_but_no_user(wide, tmp_path):
    picture = picture_of(plot_profile(wide))
    png, svg = write_figure(picture, tmp_path / "profile")
    assert (png.suffix, svg.suffix) == (".png", ".svg")
    image = Image.open(png)
    assert image.text["Description"] == picture.alt
    assert set(image.text) == {"Software", "Title", "Description"}
    assert image.info["dpi"][0] == pytest.approx(300, abs=0.1)


def test_an_ending_that_cannot_be_written_is_refused(wide, tmp_path):
    with pytest.raises(ModelError, match="SB-MODEL-30"):
        write_figure(plot_profile(wide), tmp_path / "profile.bmp")


def test_a_picture_shows_itself_in_a_notebook_with_its_alt_text(wide):
    html = picture_of(plot_profile(wide))._repr_html_()
    assert 'alt="Secure base profile' in html
    assert "data:image/png;base64," in html


def test_a_model_of_many_parameters_shows_its_loadings_each_named_once():
    random = np.random.default_rng(4)
    names = {one: [f"{one}{i}" for i in range(1, 9)] for one in "abc"}
    factors = {one: random.normal(size=200) for one in names}
    frame = pd.DataFrame({item: factors[one] for one, items in names.items() for item in items})
    model = "\n".join(f"{one} =~ {' + '.join(items)}" for one, items in names.items())
    result = fit_sem(frame + random.normal(size=frame.shape), model, std_lv=True)
    assert len(result.tidy()) > 60
    labels = [label.get_text() for label in result.plot().get_yticklabels()]
    assert labels[:2] == ["A =~ A1", "A =~ A2"]
    assert len(labels) == 24
    assert len(result.plot(effect="covariance").get_yticklabels()) == 3
    with pytest.raises(ModelError, match="SB-OUT-33"):
        result.plot(effect=["loading", "variance", "intercept"])


def test_reliability_of_many_scales_is_one_row_a_scale():
    rng = np.random.default_rng(5)
    true = rng.normal(size=(120, 1))
    answers = pd.DataFrame(true + rng.normal(size=(120, 5)), columns=[f"i{item}" for item in range(5)])
    answers["country"] = np.repeat([f"country {place}" for place in range(12)], 10)
    result = assess_reliability(answers, by="country")
    assert len(result.tidy()) > 60
    frame = picture_of(result.plot()).frame
    assert frame["term"].unique().tolist() == ["cronbach_alpha"]
    assert len(frame) == 12
