"""T-scores by a table of norms: worked examples with invented norms, and every way in which norms can be wrong."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from securebase_analysis.errors import DataError, ModelError
from securebase_analysis.measures.questionnaires import score_by_norms, score_questionnaire
from securebase_analysis.measures.scoring import score_dimensions
from securebase_analysis.study.codebook_files import load_codebook

NORMS = pd.DataFrame(
    [
        ("rcads_panic", "boy", 3, 6, 4.0, 4.0),
        ("rcads_panic", "boy", 7, 12, 2.0, 5.0),
        ("rcads_panic", "girl", 3, 6, 6.0, 2.0),
        ("rcads_panic", "girl", 7, 12, 5.0, 2.5),
        ("rcads_total", "boy", 3, 12, 40.0, 20.0),
        ("rcads_total", "girl", 3, 12, 50.0, 10.0),
    ],
    columns=["scale", "sex", "grade_low", "grade_high", "mean", "sd"],
)
"""Invented; whoever scores the RCADS brings the published ones."""


def children() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "child": ["K-0417-a", "K-0417-b", "K-0417-c", "K-0417-d", "K-0417-e"],
            "sex": ["Boy", "girl ", "boy", "girl", None],
            "grade": [6, 7, 13, "5", 5],
            "rcads_panic": [12.0, 10.0, 12.0, np.nan, 3.0],
            "rcads_total": [60, 50, 60, 40, 40],
        }
    )


def problem_of(error: type[Exception], scores: object, norms: object):
    with pytest.raises(error) as raised:
        score_by_norms(scores, norms)
    assert len(raised.value.problems) == 1, str(raised.value)
    assert "K-0417" not in str(raised.value)
    assert raised.value.problems[0].fix
    return raised.value.problems[0]


# --- worked examples --------------------------------------------------------------------------------------------


def test_t_scores_by_means_of_sex_and_grade():
    t = score_by_norms(children(), NORMS)
    # 50 + 10 (12 - 4) / 4; 50 + 10 (10 - 5) / 2.5; grade 13 and no sex have no norms; no score, no T-score
    np.testing.assert_array_equal(t["rcads_panic_t"], [70.0, 70.0, np.nan, np.nan, np.nan])
    np.testing.assert_array_equal(t["rcads_total_t"], [60.0, 50.0, np.nan, 40.0, np.nan])


def test_t_scores_by_a_printed_table():
    printed = pd.DataFrame({"scale": "rcads_panic", "score": [0, 1, 2, 3], "t": [35, 40, 44, 47]})
    people = pd.DataFrame({"rcads_panic": [0.0, 3.0, 1.5, 4.0, np.nan]}, index=list("vwxyz"))
    t = score_by_norms(people, printed)
    assert t.index.tolist() == list("vwxyz")
    np.testing.assert_array_equal(t["rcads_panic_t"], [35.0, 47.0, 42.0, np.nan, np.nan])


def test_sex_as_numbers_and_columns_of_other_kinds():
    people = pd.DataFrame({"rcads_panic": [4.0, 4.0], "sex": [1.0, 2.0], "informant": ["self", "parent"]})
    norms = pd.DataFrame(
        {
            "scale": "rcads_panic",
            "sex": ["1", "2"],
            "informant": ["self", "parent"],
            "mean": [4, 2],
            "sd": [1, 1],
        }
    )
    assert score_by_norms(people, norms)["rcads_panic_t"].tolist() == [50.0, 70.0]


def test_the_rcads_with_norms_has_t_scores_and_their_bands():
    table = pd.DataFrame([[1] * 47] * 3, columns=[f"rcads{number}" for number in range(1, 48)])
    table = table.assign(sex="girl", grade=8)
    means = pd.DataFrame({"scale": "rcads_panic", "sex": "girl", "mean": [3.1], "sd": [4.0]})  # 9 is T 64.75
    scores = score_questionnaire(table, "rcads_47", norms=means, coding="0-3")
    assert scores["rcads_panic_t"].tolist() == pytest.approx([64.75] * 3)
    assert scores["rcads_panic_t_band"].tolist() == ["below 65"] * 3
    assert scores["bands_verified"].all()
    for mean, band in ((3.0, "65 to 69"), (1.0, "70 or above")):
        banded = score_questionnaire(table, "rcads_47", norms=means.assign(mean=mean), coding="0-3")
        assert banded["rcads_panic_t_band"].tolist() == [band] * 3
    without = score_questionnaire(table, "rcads_47", coding="0-3")
    assert not [name for name in without if name.endswith(("_t", "_band")) or name == "bands_source"]


def test_the_norms_of_whoever_answered():
    table = pd.DataFrame([[1] * 25] * 2, columns=[f"rcads25_{number}" for number in range(1, 26)])
    norms = pd.DataFrame(
        {"scale": "rcads25_anxiety", "informant": ["self", "parent"], "mean": [15, 10], "sd": [5, 5]}
    )
    assert score_questionnaire(table, "rcads_25", norms=norms)["rcads25_anxiety_t"].tolist() == [50, 50]
    by_parents = score_questionnaire(table, "rcads_25", informant="parent", norms=norms)
    assert by_parents["rcads25_anxiety_t"].tolist() == [60, 60]
    both = score_questionnaire(table.assign(informant=["parent", "self"]), "rcads_25", norms=norms)
    assert both["rcads25_anxiety_t"].tolist() == [60, 50]


def test_scores_of_a_study_take_norms_too():
    random = np.random.default_rng(5)
    table = pd.DataFrame(
        random.integers(0, 4, (20, 47)), columns=[f"rcads{number}" for number in range(1, 48)]
    ).assign(child=[f"c{row:02d}" for row in range(20)], sex=["girl", "boy"] * 10, grade=5)
    wide = score_dimensions(table, load_codebook("rcads_47")).wide()
    t = score_by_norms(wide, NORMS)
    alone = score_questionnaire(table, "rcads_47", norms=NORMS)
    np.testing.assert_allclose(t["rcads_panic_t"], alone["rcads_panic_t"])


def test_rows_of_one_index_keep_their_own_scores():
    people = children().set_axis([7] * 5)
    pd.testing.assert_frame_equal(
        score_by_norms(people, NORMS).reset_index(drop=True), score_by_norms(children(), NORMS)
    )


# --- refused ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "norms",
    [
        NORMS.drop(columns="sd"),
        NORMS.drop(columns="scale"),
        NORMS.head(0),
        NORMS.assign(score=1, t=50),
    ],
)
def test_63_norms_that_are_none(norms):
    found = problem_of(DataError, children(), norms)
    assert (found.code, found.table) == ("SB-ITEM-63", "norms")


def test_64_children_without_what_chooses_their_norms():
    found = problem_of(DataError, children().rename(columns={"grade": "grades"}), NORMS)
    assert (found.code, found.table, found.column) == ("SB-ITEM-64", "items", "grade")
    assert found.fix == "Rename the column 'grades' to 'grade'."


def test_65_a_scale_that_was_not_scored():
    found = problem_of(DataError, children(), NORMS.replace({"scale": {"rcads_total": "rcads_totl"}}))
    assert (found.code, found.column, found.rows) == ("SB-ITEM-65", "scale", (5, 6))
    assert found.fix == "Write 'rcads_total'."


def test_64_half_a_range():
    found = problem_of(DataError, children(), NORMS.drop(columns="grade_high"))
    assert (found.code, found.column) == ("SB-ITEM-64", "grade_low")
    assert "grade_high" in found.fix


@pytest.mark.parametrize(
    ("column", "value"), [("sd", 0.0), ("sd", np.nan), ("mean", "?"), ("grade_low", None), ("sex", None)]
)
def test_66_norms_that_are_no_numbers(column, value):
    norms = NORMS.astype({column: object})
    norms.loc[1, column] = value
    found = problem_of(DataError, children(), norms)
    assert (found.code, found.table, found.column, found.rows) == ("SB-ITEM-66", "norms", column, (2,))


def test_67_groups_that_overlap():
    norms = NORMS.assign(grade_low=NORMS["grade_low"].replace(7, 6))
    found = problem_of(DataError, children(), norms)
    assert (found.code, found.table, found.rows) == ("SB-ITEM-67", "items", (1,))


def test_68_two_norms_of_one_group():
    found = problem_of(DataError, children(), pd.concat([NORMS, NORMS.iloc[[0]].assign(mean=5.0)]))
    assert (found.code, found.table, found.rows) == ("SB-ITEM-68", "norms", (7,))


def test_69_groups_that_nobody_is_in():
    with pytest.raises(DataError) as raised:
        score_by_norms(children(), NORMS.assign(sex=NORMS["sex"].map({"boy": 1, "girl": 2})))
    assert [problem.code for problem in raised.value.problems] == ["SB-ITEM-69", "SB-ITEM-69"]
    assert "grade_low" in raised.value.problems[0].column


def test_75_a_printed_table_that_falls():
    printed = pd.DataFrame({"scale": "rcads_panic", "score": [0, 3, 1, 2], "t": [35, 47, 70, 44]})
    found = problem_of(DataError, pd.DataFrame({"rcads_panic": [1.0]}), printed)
    assert (found.code, found.table, found.column, found.rows) == ("SB-ITEM-75", "norms", "t", (4,))


def test_76_a_printed_table_that_leaves_scores_out():
    printed = pd.DataFrame({"scale": "rcads_panic", "score": [0, 1, 2, 10], "t": [35, 40, 44, 70]})
    people = pd.DataFrame({"rcads_panic": [1.5, 9.0, 2.5, 10.0, 11.0, np.nan]})
    found = problem_of(DataError, people, printed)
    assert (found.code, found.table, found.column, found.rows) == ("SB-ITEM-76", "items", "rcads_panic", (2, 3))
    t = score_by_norms(people.drop(index=[1, 2]), printed)["rcads_panic_t"]
    np.testing.assert_array_equal(t, [42.0, 70.0, np.nan, np.nan])
    assert score_by_norms(people.iloc[[3]], printed.iloc[[3]])["rcads_panic_t"].tolist() == [70.0]


def test_a_printed_table_that_was_read_as_text():
    printed = pd.DataFrame({"scale": "rcads_panic", "score": list(range(12)), "t": list(range(40, 52))})
    people = pd.DataFrame({"rcads_panic": [2.0, 10.0, 11.0]})
    assert score_by_norms(people, printed.astype(str))["rcads_panic_t"].tolist() == [42.0, 50.0, 51.0]


def test_scores_in_words_and_columns_twice():
    words = children().astype({"rcads_panic": object})
    words.loc[1, "rcads_panic"] = "high"
    found = problem_of(DataError, words, NORMS)
    assert (found.code, found.table, found.column, found.rows) == ("SB-FILE-18", "scores", "rcads_panic", (2,))
    twice = pd.concat([NORMS, NORMS[["mean"]]], axis=1)
    found = problem_of(DataError, children(), twice)
    assert (found.code, found.table, found.column) == ("SB-FILE-07", "norms", "mean")


def test_what_is_no_table():
    assert problem_of(ModelError, children(), {"mean": 3}).code == "SB-MODEL-41"
    assert problem_of(ModelError, None, NORMS).code == "SB-MODEL-41"


def test_norms_and_scores_are_left_alone():
    people, norms = children(), NORMS.copy()
    score_by_norms(people, norms)
    pd.testing.assert_frame_equal(people, children())
    pd.testing.assert_frame_equal(norms, NORMS)
