"""Questionnaires that cannot be scored as they are: each case of the catalogue, with its rows and its fix."""

import numpy as np
import pandas as pd
import pytest
from small_studies import FIVE, items_of, one_scale, problem, simulated_answers, study_of

from securebase_analysis.errors import DataError, ModelError
from securebase_analysis.measures.scoring import score_dimensions
from securebase_analysis.study.codebook import make_codebook


def refused(data, book, code, **options) -> tuple:
    """The problem of that code, after checking that no child is named in the message."""
    with pytest.raises(DataError) as caught:
        score_dimensions(data, book, **options)
    assert "KID" not in str(caught.value)
    found = problem(caught.value, code)
    assert found.fix
    return found, caught.value


def told(scores, code):
    found = [one for one in scores.problems if one.code == code]
    assert len(found) == 1
    assert not any("KID" in note for note in scores.notes)
    return found[0]


def with_cells(data, column, rows, value):
    changed = data.copy()
    changed.loc[np.array(rows) - 1, column] = value
    return changed


def test_an_item_reversed_twice_is_not_reversed_again():  # C5 62
    data = simulated_answers(turned=["t5"])
    already = data.assign(t5=4 - data["t5"])
    found, _ = refused(already, one_scale(turned=["t5"]), "SB-ITEM-01")
    assert (found.table, found.column) == ("visit", "t5")
    assert "t5 (+0." in found.what
    assert "reversed = false" in found.fix
    assert "force_reversed=['t5']" in found.fix
    forced = score_dimensions(already, one_scale(turned=["t5"]), force_reversed=["t5"])
    assert len(forced.frame) == 200


def test_several_items_reversed_twice_are_all_named():  # C5 62
    turned = ["t3", "t4", "t5"]
    data = simulated_answers(turned=turned)
    data[turned] = 4 - data[turned]
    found, _ = refused(data, one_scale(turned=turned), "SB-ITEM-01")
    assert all(item in found.what for item in turned)
    assert "t1" not in found.what


def test_an_item_that_was_never_reversed_is_named():  # C5 63
    scores = score_dimensions(simulated_answers(turned=["t2", "t4"]), one_scale())
    found = told(scores, "SB-ITEM-02")
    assert found.column == "t2"
    assert "t2 (-0." in found.what
    assert "t4 (-0." in found.what
    assert "if reversed" in found.what


def test_chance_alone_names_no_item():
    for seed in range(40):
        random = np.random.default_rng(seed)
        weak = random.normal(size=(60, 1)) * 0.4 + random.normal(size=(60, 5))
        data = pd.DataFrame(np.clip(np.round(2 + weak), 0, 4), columns=list(FIVE))
        scores = score_dimensions(data, one_scale())
        assert not [one for one in scores.problems if one.code in ("SB-ITEM-01", "SB-ITEM-02")]


def test_twenty_children_are_too_few_to_judge_a_direction():
    data = simulated_answers(20, turned=["t5"])
    data["t5"] = 4 - data["t5"]
    assert len(score_dimensions(data, one_scale(turned=["t5"])).frame) == 20


def test_a_reversal_with_the_wrong_maximum_is_recognised():  # C5 64
    data = simulated_answers()
    found, _ = refused(data.assign(t3=6 - data["t3"]), one_scale(turned=["t3"]), "SB-ITEM-03")
    assert found.column == "t3"
    assert "2-6" in found.what
    assert "0-4" in found.what
    assert "6 - x" in found.why
    assert len(found.rows) == int((data["t3"] < 2).sum())


def test_an_answer_out_of_range_stops_with_its_row():  # C5 65
    found, _ = refused(with_cells(simulated_answers(), "t1", [2], 7), one_scale(), "SB-ITEM-04")
    assert (found.table, found.column, found.rows) == ("visit", "t1", (2,))
    assert "0-4: 7" in found.what


def test_all_problems_come_at_once():
    data = with_cells(with_cells(simulated_answers(), "t1", [2], 7), "t2", [9, 11], 99)
    _, error = refused(data, one_scale(), "SB-ITEM-04")
    assert {one.code for one in error.problems} == {"SB-ITEM-04", "SB-FILE-16"}


def test_an_undeclared_missing_code_is_not_an_answer():  # C1 16
    found, _ = refused(with_cells(simulated_answers(), "t2", [9, 11], 99), one_scale(), "SB-FILE-16")
    assert (found.column, found.rows) == ("t2", (9, 11))
    assert 'code = "99"' in found.fix


def test_a_declared_missing_code_is_missing():  # C1 15
    book = one_scale()
    declared = make_codebook(
        "D",
        "1",
        {
            "instruments": book.instruments,
            "items": book.items,
            "missing_codes": [{"instrument": "visit", "code": "99", "reason": "refused"}],
        },
    )
    scores = score_dimensions(with_cells(simulated_answers(), "t2", [9, 11], 99), declared)
    assert scores.frame.loc[[8, 10], "n_answered"].tolist() == [4, 4]
    assert "2 answers" in told(scores, "SB-FILE-15").what


def test_another_coding_at_one_wave_is_recognised_and_shifted_on_request():  # C5 66
    data = simulated_answers(waves=(1, 2))
    data.loc[data["wave"] == 2, list(FIVE)] += 1
    found, _ = refused(data, one_scale(), "SB-ITEM-05")
    assert "wave 2" in found.what
    assert "1-5" in found.what
    assert found.fix == 'score_dimensions(..., shift={"visit": {2: -1}})'
    scores = score_dimensions(data, one_scale(), shift={"visit": {2: -1}})
    plain = score_dimensions(simulated_answers(waves=(1, 2)), one_scale())
    assert scores.frame["score"].tolist() == plain.frame["score"].tolist()
    assert "-1 at wave 2" in told(scores, "SB-ITEM-05").what


def test_straight_lines_are_noted():  # C5 71
    data = simulated_answers(turned=["t5"])
    data.loc[[3, 7], list(FIVE)] = 3.0
    found = told(score_dimensions(data, one_scale(turned=["t5"])), "SB-ITEM-10")
    assert {4, 8} <= set(found.rows)


def test_an_item_in_two_dimensions_needs_weights():  # C5 72
    shared = items_of("sensitivity", ["x1", "x2"]) + items_of("acceptance", ["x2", "x3"])
    tables = {"instruments": [{"instrument": "visit", "minimum_answered": 1}], "items": shared}
    with pytest.raises(DataError) as caught:
        make_codebook("Shared", "1", tables)
    assert "x2" in problem(caught.value, "SB-ITEM-11").what
    for item in (shared[1], shared[2]):
        item["weight"] = 0.5
    frame = score_dimensions(
        pd.DataFrame({"x1": [4], "x2": [2], "x3": [0]}), make_codebook("S", "1", tables)
    ).frame
    assert frame["score"].tolist() == pytest.approx([100 * 5 / 6, 100 * 1 / 6])


def test_an_item_that_the_data_do_not_have_is_named_with_the_nearest():  # C5 73
    data = simulated_answers().rename(columns={"t3": "t_3"})
    found, _ = refused(data, one_scale(), "SB-ITEM-12")
    assert found.column == "t3"
    assert "'t_3'" in found.what
    assert "'t_3'" in found.fix


def test_a_table_with_no_item_at_all_is_refused():  # C5 73
    found, _ = refused(pd.DataFrame({"child": ["KID1"], "mood": [3]}), one_scale(), "SB-ITEM-12")
    assert found.table == "visit"


def test_a_total_in_the_file_that_disagrees_is_counted():  # C5 74
    data = simulated_answers()
    total = data[list(FIVE)].sum(axis=1)
    agreeing = score_dimensions(data.assign(trust=total), one_scale())
    assert not [one for one in agreeing.problems if one.code == "SB-ITEM-13"]
    total.iloc[[4, 9]] += 6
    found = told(score_dimensions(data.assign(trust=total), one_scale()), "SB-ITEM-13")
    assert found.rows == (5, 10)
    assert "up to 6" in found.what


def test_another_informant_at_the_next_wave_is_counted():  # C5 76
    book = one_scale(informants=["carer", "teacher"])
    data = simulated_answers(waves=(1, 2)).assign(informant="carer")
    changed = data["wave"].eq(2) & data["child"].isin(data["child"].unique()[:46])
    data.loc[changed, "informant"] = "teacher"
    assert "23% at wave 2" in told(score_dimensions(data, book), "SB-ITEM-15").what


def test_a_new_carer_is_another_informant():  # C5 76
    data = simulated_answers(waves=(1, 2)).assign(site="", informant="carer")
    waves = data[["site", "child", "wave"]].assign(carer="k1")
    waves.loc[waves["wave"].eq(2) & waves["child"].isin(data["child"].unique()[:20]), "carer"] = "k2"
    scores = score_dimensions(study_of(one_scale(), responses={"visit": data}, waves=waves))
    assert "another carer" in told(scores, "SB-ITEM-15").what
    assert "10% at wave 2" in told(scores, "SB-ITEM-15").what


def test_two_rows_of_one_child_and_wave_are_not_averaged():  # C2 22, 23
    data = pd.concat([simulated_answers(), simulated_answers().iloc[[4]]], ignore_index=True)
    found, _ = refused(data, one_scale(), "SB-ID-02")
    assert found.rows == (5, 201)


def test_the_same_id_at_two_sites_is_two_children():  # C2 24
    data = pd.concat([simulated_answers().assign(site="north"), simulated_answers(seed=2).assign(site="south")])
    scores = score_dimensions(data, one_scale())
    assert len(scores.wide()) == 400
    assert scores.explain("KID0001", 1, "trust", site="south").scores["site"].tolist() == ["south"]
    with pytest.raises(Exception, match="more than one site"):
        scores.explain("KID0001", 1, "trust")


def test_rows_without_a_child_are_listed():  # C2 30
    data = simulated_answers()
    data.loc[[4, 20], "child"] = None
    found, _ = refused(data, one_scale(), "SB-ID-09")
    assert found.rows == (5, 21)


def test_a_wave_that_nobody_knows_is_refused():  # C3 32
    data = simulated_answers().assign(wave="follow-up")
    found, _ = refused(data, one_scale(), "SB-WAVE-01")
    assert found.column == "wave"
    assert len(found.rows) == 200


def test_text_in_a_column_of_numbers_is_refused():  # C1 18
    data = simulated_answers().astype({"t4": object})
    data.loc[[4, 8], "t4"] = ["3 or 4", ">3"]
    found, _ = refused(data, one_scale(), "SB-FILE-18")
    assert (found.column, found.rows) == ("t4", (5, 9))


def test_numbers_kept_as_text_are_numbers():
    data = simulated_answers()
    as_text = data.assign(**{item: data[item].astype(int).astype(str) for item in FIVE})
    expected = score_dimensions(data, one_scale()).frame["score"].tolist()
    assert score_dimensions(as_text, one_scale()).frame["score"].tolist() == expected


def test_a_study_without_anything_to_score_says_so():
    with pytest.raises(DataError, match="nothing to score"):
        score_dimensions(study_of(one_scale()))


def test_an_unknown_option_is_answered_with_the_nearest():
    with pytest.raises(Exception, match="interviews='balance'"):
        score_dimensions(simulated_answers(), one_scale(), interviews="balanced")


# ---- columns of every kind -------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["Int64", "Float64", "category", "string", "object", "float32"])
def test_answers_of_every_kind_give_the_same_scores(kind):
    data = simulated_answers()
    data.loc[4, "t1"] = np.nan
    other = data.astype(dict.fromkeys(FIVE, kind))
    expected, found = (score_dimensions(frame, one_scale()).frame for frame in (data, other))
    pd.testing.assert_frame_equal(found, expected)


@pytest.mark.parametrize("cells", [pd.Timestamp("2020-01-01", tz="UTC"), 1j])
def test_dates_and_imaginary_numbers_are_no_answers(cells):
    found, _ = refused(simulated_answers().assign(t1=cells), one_scale(), "SB-FILE-18")
    assert (found.column, len(found.rows)) == ("t1", 200)


@pytest.mark.parametrize("column", ["t1", "child", "wave"])
def test_a_column_that_is_there_twice(column):  # C1 7
    data = simulated_answers()
    found, _ = refused(pd.concat([data, data[[column]]], axis=1), one_scale(), "SB-FILE-07")
    assert found.column == column


@pytest.mark.parametrize("cell", [None, "", "  "])
def test_a_blank_child_is_nobody(cell):  # C2 30
    found, _ = refused(with_cells(simulated_answers(), "child", [3], cell), one_scale(), "SB-ID-09")
    assert found.rows == (3,)


@pytest.mark.parametrize("kind", ["str", "float", "category", "Int64"])
def test_waves_that_are_whole_numbers_in_any_form(kind):
    book = make_codebook(
        "P",
        "1",
        {"instruments": [{"instrument": "visit", "minimum_answered": 3}], "items": items_of("trust", FIVE)},
    )
    data = simulated_answers(waves=(1, 2))
    scored = score_dimensions(data.astype({"wave": kind}), book).frame
    assert scored["wave"].value_counts().to_dict() == {1: 200, 2: 200}


def test_dates_that_are_none_are_refused_with_their_rows():
    data = simulated_answers().assign(date="2020-05-01")
    found, _ = refused(with_cells(data, "date", [2, 5], "soon"), one_scale(), "SB-FILE-10")
    assert (found.column, found.rows) == ("date", (2, 5))


def test_dates_with_and_without_a_time_zone_meet():
    data = simulated_answers().assign(date=pd.Timestamp("2020-05-01", tz="UTC"), birth_date="2010-05-01")
    age = score_dimensions(data, one_scale()).occasions["age"]
    assert age.to_numpy() == pytest.approx(3653 / 365.25)


def test_a_table_in_which_nothing_was_answered_has_no_scores():
    with pytest.raises(DataError) as caught:
        score_dimensions(simulated_answers().assign(**dict.fromkeys(FIVE, np.nan)), one_scale())
    assert {"SB-ITEM-50", "SB-ITEM-08"} <= {one.code for one in caught.value.problems}


def test_items_that_all_weigh_nothing():
    items = [item | {"weight": 0} for item in items_of("trust", FIVE)]
    book = make_codebook(
        "P", "1", {"instruments": [{"instrument": "visit", "minimum_answered": 3}], "items": items}
    )
    found, _ = refused(simulated_answers(), book, "SB-ITEM-59")
    assert "trust" in found.what


@pytest.mark.filterwarnings("error")
def test_identical_items_leave_no_error_of_measurement():
    data = simulated_answers().assign(**{name: simulated_answers()["t1"] for name in FIVE})
    assert score_dimensions(data, one_scale()).frame["std_error"].to_numpy() == pytest.approx(0.0, abs=1e-6)


@pytest.mark.parametrize(
    "options",
    [{"informant": 3}, {"informant": [3]}, {"shift": {"visit": {1: "a"}}}, {"shift": 1}, {"shift": {"visit": 1}}],
)
def test_options_that_cannot_be_read(options):
    with pytest.raises(ModelError, match="cannot be read"):
        score_dimensions(simulated_answers(), one_scale(), **options)


@pytest.mark.parametrize("data", [None, 3, np.zeros((3, 3)), pd.Series([1.0])])
def test_what_is_no_table_is_refused(data):
    with pytest.raises(ModelError, match="neither a study, a questionnaire nor a table"):
        score_dimensions(data, one_scale())


def test_a_codebook_is_a_codebook():
    with pytest.raises(ModelError, match="not a Codebook"):
        score_dimensions(simulated_answers(), "codebook.toml")


# ---- names that nothing bears ----------------------------------------------------------------------------------


@pytest.mark.parametrize("wave", [7, "7", 7.0])
def test_a_wave_that_the_codebook_does_not_list_is_refused(wave):  # C3 32
    data = with_cells(simulated_answers().astype({"wave": object}), "wave", [3], wave)
    found, _ = refused(data, one_scale(), "SB-WAVE-01")
    assert (found.column, found.rows) == ("wave", (3,))
    assert "it has 1, 2" in found.what


def test_a_whole_column_of_waves_that_the_codebook_does_not_list():  # C3 32
    found, _ = refused(simulated_answers(waves=(1, 3)), one_scale(), "SB-WAVE-01")
    assert found.rows == tuple(range(201, 401))


def test_rows_without_a_wave_are_listed_as_such():  # C3
    data = with_cells(simulated_answers().astype({"wave": object}), "wave", [2, 9], None)
    found, error = refused(data, one_scale(), "SB-WAVE-30")
    assert (found.column, found.rows) == ("wave", (2, 9))
    assert "SB-WAVE-01" not in str(error)


@pytest.mark.parametrize(
    ("options", "fix"),
    [
        ({"force_reversed": ["trust5"]}, "force_reversed is one of 't1', 't2', 't3', 't4', 't5'"),
        ({"shift": {"visits": {1: 1}}}, "shift='visit'"),
    ],
)
def test_options_about_things_that_are_not_there(options, fix):
    with pytest.raises(ModelError) as caught:
        score_dimensions(simulated_answers(), one_scale(), **options)
    assert [(one.code, one.fix) for one in caught.value.problems] == [("SB-MODEL-30", fix)]


def test_a_reversal_that_was_forced_is_said():  # C5 62
    data = simulated_answers(turned=["t5"])
    forced = score_dimensions(data.assign(t5=4 - data["t5"]), one_scale(turned=["t5"]), force_reversed=["t5"])
    found = told(forced, "SB-ITEM-01")
    assert (found.severity, found.column) == ("warn", "t5")
    assert "force_reversed" in found.done


def test_a_child_in_the_index_is_the_child():  # C2
    data = simulated_answers(20, waves=(1, 2))
    expected = score_dimensions(data, one_scale()).frame
    found = score_dimensions(data.set_index(["child", "wave"]), one_scale()).frame
    pd.testing.assert_frame_equal(found, expected)


def test_an_item_off_its_range_that_is_not_reversed():  # C5 64
    data = simulated_answers()
    found, _ = refused(data.assign(t3=data["t3"] + 1), one_scale(), "SB-ITEM-03")
    assert "t3 runs 1-5 in the data; its scale is 0-4" in found.what
    assert "reversed" not in found.fix


def test_an_answer_between_two_categories_is_told_and_scored_as_it_is():
    data = simulated_answers()
    assert not [one for one in score_dimensions(data, one_scale()).problems if one.code == "SB-ITEM-74"]
    found = told(score_dimensions(with_cells(data, "t2", [3, 9], 1.4), one_scale()), "SB-ITEM-74")
    assert (found.severity, found.table, found.column, found.rows) == ("warn", "visit", "t2", (3, 9))
    assert found.what.startswith("2 answers lie between two categories")
    assert found.fix
    on_a_line = data.assign(**{item: data[item] * 0.97 for item in FIVE})
    assert not [one for one in score_dimensions(on_a_line, one_scale()).problems if one.code == "SB-ITEM-74"]


def test_the_id_of_a_child_is_the_same_as_a_number_and_as_text():
    data = simulated_answers().drop(columns="child")
    ids = [
        score_dimensions(data.assign(child=kind), one_scale()).frame["child"].tolist()
        for kind in (range(1, 201), np.arange(1.0, 201.0), [str(number) for number in range(1, 201)])
    ]
    assert ids[0] == ids[1] == ids[2]
