"""The contract of an answer, on a small one made by hand."""

import numpy as np
import pandas as pd
import pytest

from securebase_analysis.errors import ModelError
from securebase_analysis.results.glossary import DIAGNOSTICS, GLANCE, TIDY
from securebase_analysis.results.result import Columns, Result, changed, written


@pytest.fixture
def answer() -> Result:
    estimates = pd.DataFrame(
        {
            "outcome": "trust",
            "group": ["", "child"],
            "effect": ["fixed", "random"],
            "term": ["years", "var(Intercept)"],
            "estimate": [0.123456789, 2.0],
            "std_error": [0.05, np.nan],
            "df": [17.0, np.inf],
            "tested": [True, False],
        }
    )
    facts = dict.fromkeys(GLANCE, 0) | {"n_rows": 12, "n_groups": 4, "n_excluded": 1, "conf_level": 0.95}
    checks = pd.DataFrame([dict(zip(DIAGNOSTICS, ["singular", 0.0, 1e-4, False, "Leave the slope out."]))])
    notes = ("1 row had no score <script>.",)
    return Result("Growth of trust", {"verb": "fit_growth"}, estimates, facts, estimates, checks, notes)


def test_tidy_has_the_columns_in_order_and_nothing_is_rounded(answer):
    table = answer.tidy()
    assert list(table) == list(TIDY)
    assert table["estimate"][0] == 0.123456789
    assert table["statistic"][0] == pytest.approx(0.123456789 / 0.05)
    assert table.loc[1, ["statistic", "p_value", "conf_low"]].isna().all()


def test_the_level_is_an_argument(answer):
    narrow, wide = answer.tidy(0.5), answer.tidy(0.99)
    assert list(narrow) == list(wide)
    assert narrow["conf_high"][0] < answer.tidy()["conf_high"][0] < wide["conf_high"][0]
    with pytest.raises(ModelError, match="between 0 and 1"):
        answer.tidy(95)


def test_glance_begins_with_what_every_answer_says(answer):
    assert list(answer.glance())[: len(GLANCE)] == list(GLANCE)
    assert len(answer.glance()) == 1


def test_what_is_handed_out_can_be_changed_without_changing_the_answer(answer):
    for hand_out in (answer.tidy, answer.augment, answer.diagnostics, answer.glance):
        table = hand_out()
        table["changed"] = 1
        table[table.columns[0]] = None
        assert hand_out().iloc[:, 0].notna().all()
        assert "changed" not in hand_out()


def test_notes_and_failed_checks_stand_in_the_text_and_are_escaped_in_html(answer):
    assert "Leave the slope out." in answer.summary()
    assert "Note. 1 row had no score" in answer.summary()
    assert "<script>" not in answer._repr_html_()
    assert "1 row not used" in answer.summary()


def test_written_hides_empty_columns_and_names_the_level(answer):
    table = written(answer.tidy(0.9), 0.9)
    assert "90% CI" in table
    assert written(answer.tidy().iloc[[1]], 0.95).columns.tolist() == [
        "Outcome",
        "Group",
        "Effect",
        "Term",
        "Estimate",
    ]


def test_there_are_no_stars(answer):
    assert "*" not in answer.summary()


def test_tables_given_as_functions_are_made_once_and_when_read():
    made = []

    def checks():
        made.append("checks")
        return pd.DataFrame({"check": ["a"], "value": [1.0], "threshold": [2.0], "ok": [True], "advice": [""]})

    names = ("outcome", "group", "effect", "term", "estimate", "std_error", "df")
    columns = Columns(zip(names, (["trust"], [""], ["fixed"], ["years"], [0.5], [0.25], [np.inf])))
    given = {"title": "t", "spec": {}, "facts": {"conf_level": 0.95}}
    lazy = Result(estimates=columns, checks=checks, **given)
    eager = Result(estimates=columns(), **given)
    pd.testing.assert_frame_equal(lazy.tidy(), eager.tidy())
    assert changed(lazy, title="another").title == "another"
    assert made == []
    assert lazy.diagnostics()["check"].tolist() == ["a"]
    assert lazy.checks is lazy.checks
    assert made == ["checks"]
    pd.testing.assert_frame_equal(lazy.estimates, eager.estimates)
    pd.testing.assert_frame_equal(lazy.tidy(0.9), eager.tidy(0.9))
    assert list(eager.checks.columns) == ["check", "value", "threshold", "ok", "advice"]
    assert eager.rows.empty


def test_columns_are_not_changed_through_what_was_handed_out():
    names = ("outcome", "group", "effect", "term", "estimate", "std_error", "df")
    numbers = (np.array([0.5]), np.array([0.25]), np.array([np.inf]))
    columns = Columns(zip(names, (["trust"], [""], ["fixed"], ["years"], *numbers)))
    answer = Result(title="t", spec={}, estimates=columns, facts={"conf_level": 0.95})
    table = answer.tidy()
    table.loc[0, "estimate"] = 9.0
    assert answer.tidy()["estimate"].tolist() == [0.5]
    answer.estimates.loc[0, "std_error"] = 9.0
    assert numbers[1].tolist() == [0.25]
