"""Curves of power show the plan's numbers, in panels that can be told apart."""

from __future__ import annotations

from functools import cache

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest

from securebase_analysis.errors import ModelError
from securebase_analysis.models.power import PanelPlan, plan_panel
from securebase_analysis.show import picture_of

mpl.use("Agg")
NAMES = ["availability", "trust", "sensitivity"]


@cache
def plan(n_constructs: int, n: int = 52) -> PanelPlan:
    random = np.random.default_rng(4)
    names = [f"{name}_{wave}" for name in NAMES for wave in (1, 2, 3, 4)]
    return plan_panel(pd.DataFrame(random.normal(size=(n, 12)), columns=names), NAMES[:n_constructs])


def test_curves_run_through_the_power_of_the_plan():
    curves = plan(2).power_curves
    ways = plan(2).ways.set_index("way")
    at = curves[np.isclose(curves["effect"], 0.2)].set_index("way")["power"]
    pd.testing.assert_series_equal(at, ways["power"], check_names=False, rtol=1e-9)
    rises = curves.dropna().groupby("way")["power"].apply(lambda power: power.is_monotonic_increasing)
    assert rises.all()


def test_every_way_has_a_line_with_a_look_of_its_own():
    ax = plan(2).plot()
    lines = [line for line in ax.get_lines() if not line.get_label().startswith("_")]
    assert [line.get_label().lower() for line in lines] == list(plan(2).ways["way"])
    assert len({(line.get_color(), line.get_marker()) for line in lines}) == len(lines)
    for line, (_, own) in zip(lines, plan(2).power_curves.groupby("way", sort=False)):
        np.testing.assert_array_equal(line.get_ydata(), own["power"])


def test_constructs_together_and_two_at_a_time_stand_side_by_side():
    axes = plan(3).plot()
    assert [ax.get_title(loc="left") for ax in axes] == ["3 constructs together", "Two constructs at a time"]
    picture = picture_of(plan(3))
    assert "Curves of power" in picture.alt
    assert "lagged mixed model, two constructs at a time: power 0." in picture.alt


def test_children_who_carry_nothing_have_no_picture():
    with pytest.raises(ModelError) as caught:
        plan(2, n=9).plot()
    assert caught.value.problems[0].code == "SB-SEM-125"
