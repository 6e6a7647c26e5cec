"""Rules that add to published numbers: small cases by hand, and rules that are not there."""

from __future__ import annotations

import math

import matplotlib.pyplot as plt
import pandas as pd
import pytest

from securebase_analysis.errors import ModelError
from securebase_analysis.published import Panel, published_figure
from securebase_analysis.published.derived import RULES, can_start, rows_by_rules


def rule(name, table, **options):
    return rows_by_rules(pd.DataFrame(table), [{"rule": name, **options}])


def test_a_rule_that_is_not_there_is_told_with_the_nearest():
    with pytest.raises(ModelError, match="mean_interval"):
        rule("mean_intervall", {"mean": [1.0]})


def test_an_option_that_a_rule_does_not_know_is_told():
    with pytest.raises(ModelError, match="std_error"):
        rule("ratio_interval", {"ratio": [2.0]}, ratio="ratio", error="ratio")


def test_a_verb_or_a_number_that_is_not_there_is_told():
    table = {"days": [1, 2, 3], "end": ["left", "open", "left"]}
    fit = {"stop": "days", "cause": "end", "censored": "open", "until": 3}
    text = "label,number,printed\nStill there,days in placment,2"
    with pytest.raises(ModelError, match="cumulative_incidence"):
        rule("printed_and_ours", table, verb="cumulative_incidences", fit=fit, printed=text)
    with pytest.raises(ModelError, match="days in placement"):
        rule("printed_and_ours", table, verb="cumulative_incidence", fit=fit, printed=text)


def test_the_level_of_an_interval_can_be_said():
    at_95 = rule("mean_interval", {"m": [0.0], "s": [1.0], "n": [1]}, mean="m", sd="s", n="n")
    at_90 = rule("mean_interval", {"m": [0.0], "s": [1.0], "n": [1]}, mean="m", sd="s", n="n", level=0.9)
    assert at_95["high"].iloc[0] == pytest.approx(1.959963984540054)
    assert at_90["high"].iloc[0] == pytest.approx(1.6448536269514722)


def test_a_share_of_none_has_an_interval_above_nought():
    """Wilson for 0 of n: the upper end is z² / (n + z²)."""
    one = rule("share_interval", {"p": [0.0], "n": [62]}, percent="p", n="n").iloc[0]
    z2 = 1.959963984540054**2
    assert one["low"] == pytest.approx(0.0, abs=1e-12)
    assert one["high"] == pytest.approx(100 * z2 / (62 + z2))


def test_without_a_number_there_is_no_interval():
    one = rule("share_interval", {"p": [51.0], "n": [math.nan]}, percent="p", n="n").iloc[0]
    assert math.isnan(one["low"])
    assert math.isnan(one["high"])


def test_rules_follow_one_another_and_leave_the_table_alone():
    table = pd.DataFrame(
        {"broke": [math.nan, 1.0], "all": [4, 4], "percent": [73.0, math.nan], "of": ["kept", "broke"]}
    )
    before = table.copy()
    steps = [
        {"rule": "plain_share", "part": "broke", "whole": "all", "to": "percent"},
        {"rule": "remainder", "percent": "percent", "of": "of", "value": "kept", "to": "broken"},
    ]
    assert rows_by_rules(table, steps)["broken"].tolist() == [27.0, 25.0]
    pd.testing.assert_frame_equal(table, before)


def test_every_rule_says_what_it_reads():
    for name, one in RULES.items():
        assert one.module
        assert one.reads or name == "printed_and_ours"


def test_numbers_of_ones_own_without_the_columns_of_a_rule_are_drawn_as_they_are():
    panel = Panel("arms", derive=({"rule": "mean_interval", "mean": "mean", "sd": "sd", "n": "children"},))
    own = pd.DataFrame({"week": [0], "mean": [17.0]})
    assert not can_start(own, panel.derive)
    assert panel.rows(own).columns.tolist() == ["week", "mean"]


def test_own_numbers_lie_over_a_published_forest():
    own = pd.DataFrame({"outcome": ["Externalising problems"], "d": [-0.4]})
    ax = published_figure("chimes_2024").plot(own=own)
    mine = [line for line in ax.lines if line.get_label() == "Own data"]
    assert [line.get_xdata().tolist() for line in mine] == [[-0.4]]
    plt.close(ax.figure)


def test_own_numbers_lie_over_published_arms():
    own = pd.DataFrame({"week": [0, 12, 24], "mean": [15.0, 14.0, 13.0], "arm": ["our service"] * 3})
    axes = published_figure("herts_minds_sdq").plot(own=own)
    for ax in axes:
        mine = [line for line in ax.lines if line.get_label() == "Own data"]
        assert [line.get_ydata().tolist() for line in mine] == [[15.0, 14.0, 13.0]]
    plt.close(axes[0].figure)


def test_a_figure_of_a_model_says_that_it_can_show_no_other_numbers():
    own = pd.DataFrame({"days": [0, 1], "reaction": [250.0, 260.0]})
    with pytest.raises(ModelError, match="without own"):
        published_figure("sleepstudy").plot(own=own)


def test_own_numbers_lie_over_the_one_panel_that_can_show_them():
    own = pd.DataFrame({"day": [0, 100, 200], "events": [0.0, 0.5, 1.0], "group": ["Ours"] * 3})
    axes = published_figure("cgd_infections").plot(own=own)
    assert ["Own data" in [line.get_label() for line in ax.lines] for ax in axes] == [False, True, False]
    plt.close(axes[0].figure)


def test_the_frame_of_a_picture_holds_what_rules_added():
    from securebase_analysis.show import picture_of

    picture = picture_of(published_figure("texas_disruption").plot())
    assert {"ratio", "std_error", "low", "high"} <= set(picture.frame.columns)
    plt.close(picture.figure)
