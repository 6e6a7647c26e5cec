"""The door of relate_dimensions: what is refused, and which rows, waves, sites and carers are taken for what."""

import numpy as np
import pandas as pd
import pytest

from securebase_analysis.errors import DataError, ModelError
from securebase_analysis.models.relations import relate_dimensions

NAMES = ["availability", "trust", "acceptance"]


@pytest.mark.parametrize(("change", "code"), [(0.0, "SB-ID-01"), (1.0, "SB-ID-02")])
def test_sb_id_01_and_02_two_rows_for_one_wave(panel, change, code):
    again = panel.iloc[[4]].assign(trust=panel["trust"].iloc[4] + change)
    twice = pd.concat([panel, again], ignore_index=True)
    with pytest.raises(DataError) as caught:
        relate_dimensions(twice, NAMES)
    (problem,) = caught.value.problems
    assert problem.code == code
    assert problem.rows == (5, len(twice))
    assert problem.fix


def test_sb_id_09_rows_without_a_child(panel):
    panel = panel.astype({"child": "object"})
    panel.loc[panel.index[2], "child"] = None
    with pytest.raises(DataError) as caught:
        relate_dimensions(panel, NAMES)
    assert [(p.code, p.rows) for p in caught.value.problems] == [("SB-ID-09", (3,))]


def test_sb_model_03_misspelt_construct_gets_the_nearest(panel):
    with pytest.raises(ModelError) as caught:
        relate_dimensions(panel, ["availabilty", "trust"])
    assert caught.value.problems[0].code == "SB-MODEL-03"
    assert "'availability'" in caught.value.problems[0].fix


def test_sb_model_02_words_are_refused(panel):
    with pytest.raises(DataError) as caught:
        relate_dimensions(panel.assign(trust="often"), NAMES)
    assert caught.value.problems[0].code == "SB-MODEL-02"


def test_same_child_number_at_two_sites_is_two_children(panel):
    two = pd.concat([panel.assign(site="North"), panel.assign(site="South")], ignore_index=True)
    assert relate_dimensions(two, NAMES).facts["n_children"] == 80


@pytest.mark.parametrize("wave_of", [lambda n: f"T{n + 7}", lambda n: pd.Timestamp(2020, n, 1, tz="UTC"), float])
def test_sb_wave_03_waves_have_the_order_of_time_and_not_of_the_alphabet(panel, wave_of):
    named = panel.assign(wave=panel["wave"].map(wave_of))
    pd.testing.assert_frame_equal(relate_dimensions(named, NAMES).tidy(), relate_dimensions(panel, NAMES).tidy())
    ordered = panel.assign(wave=pd.Categorical(panel["wave"].map(str), ["1", "2", "3", "4"], ordered=True))
    pd.testing.assert_frame_equal(relate_dimensions(ordered, NAMES).tidy(), relate_dimensions(panel, NAMES).tidy())


def test_sb_wave_03_words_without_an_order_are_refused(panel):
    words = panel.assign(wave=panel["wave"].map({1: "start", 2: "review", 3: "later", 4: "end"}))
    with pytest.raises(DataError) as caught:
        relate_dimensions(words, NAMES)
    (problem,) = caught.value.problems
    assert (problem.code, problem.column, len(problem.rows)) == ("SB-WAVE-03", "wave", len(panel))
    assert "'start'" in problem.fix


def test_sb_wave_03_a_word_that_stands_once_may_be_an_id_and_is_not_quoted(panel):
    astray = panel.assign(wave=panel["wave"].astype(str))
    astray.loc[astray.index[1], "wave"] = "kestrel"
    with pytest.raises(DataError) as caught:
        relate_dimensions(astray, NAMES)
    (problem,) = caught.value.problems
    assert (problem.code, problem.column) == ("SB-WAVE-03", "wave")
    assert "kestrel" not in str(problem)
    assert "'2': ..." in problem.fix


def test_a_row_without_a_wave_is_not_taken_for_the_last_one(panel):
    panel = panel.assign(wave=panel["wave"].astype("Int64"))
    panel.loc[panel.index[3], "wave"] = pd.NA
    with pytest.raises(DataError) as caught:
        relate_dimensions(panel, NAMES)
    assert [(p.code, p.rows) for p in caught.value.problems] == [("SB-WAVE-30", (4,))]


@pytest.mark.parametrize("blank", [None, "", "  "])
def test_children_whose_carers_are_not_named_are_not_one_family(panel, blank):
    nobody = relate_dimensions(panel.assign(carer=blank), NAMES)
    assert (nobody.pairs["n_clusters"] == nobody.pairs["n_children"]).all()
    alone = relate_dimensions(panel, NAMES)
    pd.testing.assert_frame_equal(nobody.tidy(), alone.tidy())


def test_rows_without_any_construct_are_counted(panel):
    empty = panel.iloc[:3].assign(**dict.fromkeys(NAMES, np.nan), wave=[11, 12, 13])
    result = relate_dimensions(pd.concat([panel, empty], ignore_index=True), NAMES)
    assert result.facts["n_excluded"] == 3
    assert any("3 rows without any of the constructs" in note for note in result.notes)


@pytest.mark.parametrize("dtype", ["Float64", "float32", "object"])
def test_numbers_of_every_kind_give_the_same_answer(panel, dtype):
    same = panel.assign(trust=panel["trust"].astype(dtype))
    if dtype == "object":
        same.loc[same.index[5], "trust"] = pd.NA
        panel = panel.assign(trust=panel["trust"].where(panel.index != panel.index[5]))
    pd.testing.assert_frame_equal(
        relate_dimensions(same, NAMES).tidy(), relate_dimensions(panel, NAMES).tidy(), rtol=1e-5
    )


@pytest.mark.parametrize("constructs", ["trust", ["trust"], ["trust", "trust"]])
def test_a_construct_is_not_related_to_itself(panel, constructs):
    with pytest.raises(ModelError, match="two constructs"):
        relate_dimensions(panel, constructs)


@pytest.mark.parametrize("data", [None, 3, [1, 2], np.zeros((3, 3)), pd.Series([1.0])])
def test_what_is_no_table_is_refused(data):
    with pytest.raises(ModelError, match="not a table"):
        relate_dimensions(data)


@pytest.mark.parametrize("column", ["trust", "child", "wave"])
def test_sb_file_07_a_column_that_is_there_twice(panel, column):
    with pytest.raises(DataError) as caught:
        relate_dimensions(pd.concat([panel, panel[[column]]], axis=1), NAMES)
    assert [(p.code, p.column) for p in caught.value.problems] == [("SB-FILE-07", column)]


def test_the_level_is_refused_before_anything_is_computed(panel):
    with pytest.raises(ModelError, match="between 0 and 1"):
        relate_dimensions(panel, NAMES, conf_level=95)
