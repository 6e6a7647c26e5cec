"""The course of a growth model is drawn for every kind of outcome and of table."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from securebase_analysis.models.growth import fit_growth
from securebase_analysis.show.figures.growth import growth_frame


def table() -> pd.DataFrame:
    random = np.random.default_rng(11)
    frame = pd.DataFrame({"child": np.repeat([f"secret{i:02d}" for i in range(24)], 4)})
    frame["years"] = np.tile(np.arange(4.0), 24)
    frame["trust"] = (
        50.0 + 2.0 * frame["years"] + np.repeat(random.normal(0.0, 6.0, 24), 4) + random.normal(size=96)
    )
    answers = ["never", "sometimes", "often"]
    frame["calm"] = pd.cut(frame["trust"], [-np.inf, 50.0, 55.0, np.inf], labels=answers, ordered=True)
    return frame


def test_ordered_answers_are_drawn_at_their_places_and_named():
    growth = fit_growth(table(), "calm ~ years", family="ordinal")
    observed = growth_frame(growth).query("kind == 'observed'").sort_index()
    assert sorted(observed["estimate"].unique().round(9)) == [0.0, 1.0, 2.0]
    axes = growth.plot(style="course")
    assert [label.get_text() for label in axes.get_yticklabels()] == ["never", "sometimes", "often"]
    plt.close("all")


def test_the_logarithm_of_an_outcome_is_drawn_as_it_was_modelled():
    growth = fit_growth(table(), "np.log(trust) ~ years")
    observed = growth_frame(growth).query("kind == 'observed'")["estimate"]
    np.testing.assert_allclose(np.sort(observed), np.sort(np.log(table()["trust"])))


@pytest.mark.parametrize("index", [["child"], ["child", "years"]])
def test_an_index_that_repeats_columns_is_no_obstacle(index):
    growth = fit_growth(table().set_index(index, drop=False), "trust ~ years")
    usual = fit_growth(table(), "trust ~ years")
    pd.testing.assert_frame_equal(growth_frame(growth), growth_frame(usual))


def test_a_long_title_beside_long_names_of_rows_stays_in_the_picture():
    growth = fit_growth(table(), "trust ~ years", "years")
    axes = growth.intervals("profile", progress=False).plot()
    axes.figure.canvas.draw()
    assert axes._left_title.get_window_extent().x1 <= axes.figure.bbox.x1
    plt.close("all")
