"""The verb for questionnaire files: answers of children at waves, items matched, problems told."""

import pandas as pd
import pytest

import securebase_analysis as sb

CODEBOOK = {
    "waves": [{"wave": 1, "aliases": ["T1"]}, {"wave": 2, "aliases": ["T2"]}],
    "instruments": [{"instrument": "visit", "minimum_answered": 1}],
    "items": [
        {"item": name, "instrument": "visit", "construct": "trust", "low": 0, "high": 2} for name in ("a1", "a2")
    ],
    "missing_codes": [{"code": "99", "reason": "refused"}],
}


@pytest.fixture
def codebook():
    return sb.make_codebook("Pilot", "1", CODEBOOK)


def written(folder, text, name="carers.csv"):
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return file


def test_a_plain_file_becomes_answers_of_children_at_waves(tmp_path, codebook):
    file = written(tmp_path, "child,wave,a1,A2,note\n007,T1,0,2,x\n008,T2,99,,y\n")
    read = sb.read_questionnaire(file, codebook)
    assert read.program == "text"
    assert read.instrument == "visit"
    assert read.answers["child"].tolist() == ["007", "007", "008", "008"]
    assert read.answers["wave"].tolist() == [1, 1, 2, 2]
    assert read.answers["reason"].fillna("").tolist() == ["", "", "refused", ""]
    assert read.wide[["a1", "a2"]].fillna(-1).to_numpy().tolist() == [[0, 2], [-1, -1]]
    assert read.matched.set_index("column")["item"].to_dict() == {"a1": "a1", "A2": "a2", "note": ""}
    assert read.dropped["name"].tolist() == ["note"]
    assert "2 children, 2 waves, 2 items, 2 answers" in repr(read)


def test_the_file_is_left_as_it_is(tmp_path, codebook):
    file = written(tmp_path, "child,wave,a1\n1,1,0\n")
    before = file.read_bytes()
    read = sb.read_questionnaire(file, codebook)
    assert file.read_bytes() == before
    assert isinstance(read.answers, pd.DataFrame)


def test_a_file_without_a_child_is_refused_with_the_column_that_may_be_it(tmp_path, codebook):
    file = written(tmp_path, "pupil_id,wave,a1\n1,1,0\n")
    with pytest.raises(sb.DataError) as caught:
        sb.read_questionnaire(file, codebook)
    (problem,) = (one for one in caught.value.problems if one.severity == "stop")
    assert problem.code == "SB-ID-40"
    assert problem.fix.startswith("child='pupil_id', or another of the columns 'pupil_id', ")
    assert sb.read_questionnaire(file, codebook, child="pupil_id").answers["child"].tolist() == ["1"]


def test_a_row_without_a_child_is_named_and_not_dropped(tmp_path, codebook):  # case 30
    file = written(tmp_path, "child,wave,a1\nA7,1,0\n,1,1\n")
    with pytest.raises(sb.DataError) as caught:
        sb.read_questionnaire(file, codebook)
    (problem,) = (one for one in caught.value.problems if one.severity == "stop")
    assert (problem.code, problem.column, problem.rows) == ("SB-ID-09", "child", (2,))
    assert "A7" not in str(caught.value)


def test_a_wave_that_nobody_numbers_is_refused(tmp_path, codebook):  # case 32
    file = written(tmp_path, "child,wave,a1\n1,T1,0\n2,Follow-up,1\n")
    with pytest.raises(sb.DataError) as caught:
        sb.read_questionnaire(file, codebook)
    (problem,) = (one for one in caught.value.problems if one.severity == "stop")
    assert (problem.code, problem.column, problem.rows) == ("SB-WAVE-01", "wave", (2,))
    assert "waves={'Follow-up': 1" in problem.fix
    read = sb.read_questionnaire(file, codebook, waves={"Follow-up": 2})
    assert read.answers["wave"].tolist() == [1, 2]


def test_the_fix_for_unnumbered_waves_can_be_typed_as_it_stands(tmp_path, codebook):  # case 32
    file = written(tmp_path, "child,redcap_event_name,a1\n1,visit_2_arm_1,0\n2,visit_1_arm_1,1\n")
    with pytest.raises(sb.DataError) as caught:
        sb.read_questionnaire(file, codebook)
    (problem,) = (one for one in caught.value.problems if one.severity == "stop")
    assert (problem.column, problem.rows) == ("redcap_event_name", (1, 2))
    assert problem.fix.startswith("waves={'visit_1_arm_1': 1, 'visit_2_arm_1': 2},")
    read = sb.read_questionnaire(file, codebook, waves={"visit_1_arm_1": 1, "visit_2_arm_1": 2})
    assert read.answers["wave"].tolist() == [2, 1]


def test_a_column_that_does_not_exist_is_refused(tmp_path, codebook):
    file = written(tmp_path, "child,wave,a1,seen\n1,T1,0,2021-03-01\n")
    with pytest.raises(sb.DataError, match="SB-ID-40"):
        sb.read_questionnaire(file, codebook, date="sean")
    read = sb.read_questionnaire(file, codebook, date="seen")
    assert read.answers["date"].tolist() == [pd.Timestamp("2021-03-01")]


def test_an_instrument_that_the_codebook_lacks_is_refused_with_the_nearest(tmp_path, codebook):
    file = written(tmp_path, "child,wave,a1\n1,T1,0\n")
    with pytest.raises(sb.DataError) as caught:
        sb.read_questionnaire(file, codebook, instrument="vist")
    assert caught.value.problems[0].code == "SB-ITEM-43"
    assert caught.value.problems[0].fix == "instrument='visit'"


def stops_of(caught):
    return [problem for problem in caught.value.problems if problem.severity == "stop"]


def test_an_impossible_answer_is_refused_with_its_row(tmp_path, codebook):  # case 65
    file = written(tmp_path, "child,wave,a1,a2\nA7,1,0,2\nB8,1,7,1\n")
    with pytest.raises(sb.DataError) as caught:
        sb.read_questionnaire(file, codebook)
    (problem,) = stops_of(caught)
    assert (problem.code, problem.table, problem.column, problem.rows) == ("SB-ITEM-04", "carers.csv", "a1", (2,))
    assert "B8" not in str(caught.value)


def test_a_scale_that_begins_at_one_is_refused_with_the_recoding(tmp_path, codebook):  # case 66
    file = written(tmp_path, "child,wave,a1,a2\n1,1,1,3\n2,1,2,\n")
    with pytest.raises(sb.DataError) as caught:
        sb.read_questionnaire(file, codebook)
    (problem,) = stops_of(caught)
    assert (problem.code, problem.rows, problem.fix) == ("SB-ITEM-05", (1,), "recode={1: 0, 2: 1, 3: 2}")
    read = sb.read_questionnaire(file, codebook, recode={1: 0, 2: 1, 3: 2})
    assert read.wide[["a1", "a2"]].fillna(-1).values.tolist() == [[0, 2], [1, -1]]
    (note,) = [problem for problem in read.assumptions if problem.code == "SB-ITEM-72"]
    assert "'1' to 0 (1 time)" in note.what


def test_an_undeclared_code_for_missing_is_refused(tmp_path, codebook):  # case 16
    file = written(tmp_path, "child,wave,a1,a2\n1,1,0,2\n2,1,999,1\n")
    with pytest.raises(sb.DataError) as caught:
        sb.read_questionnaire(file, codebook)
    (problem,) = stops_of(caught)
    assert (problem.code, problem.column, problem.rows) == ("SB-FILE-16", "a1", (2,))
    assert problem.fix.startswith("missing_codes={999:")


def test_words_are_recoded_and_a_misspelt_one_is_refused(tmp_path, codebook):
    file = written(tmp_path, "child,wave,a1,a2\n1,1,Never,Always\n2,1,never ,Sometimes\n")
    words = {"never": 0, "sometimes": 1, "always": 2}
    read = sb.read_questionnaire(file, codebook, recode=words)
    assert read.wide[["a1", "a2"]].values.tolist() == [[0, 2], [0, 1]]
    with pytest.raises(sb.DataError) as caught:
        sb.read_questionnaire(file, codebook, recode={"never": 0, "sometime": 1, "always": 2})
    assert "SB-ITEM-72" in {problem.code for problem in stops_of(caught)}
    assert any("'sometimes'" in problem.fix for problem in stops_of(caught))


def test_rows_that_are_left_out_are_listed(tmp_path):
    text = "record_id,redcap_repeat_instrument,redcap_repeat_instance,b1,start_complete,a1,visit_complete\n"
    file = written(tmp_path, text + "1,,,3,2,,\n1,visit,1,,,2,2\n")
    book = sb.make_codebook("Pilot", "1", CODEBOOK)
    read = sb.read_questionnaire(file, book, wave="redcap_repeat_instance")
    assert read.wide["row"].tolist() == [2]
    rows = read.dropped[read.dropped["what"] == "row"]
    assert rows[["row", "reason"]].values.tolist() == [[1, "no item was asked or filled in"]]


def test_rows_without_a_wave_beside_others_are_told(tmp_path, codebook):
    read = sb.read_questionnaire(written(tmp_path, "child,wave,a1\nA7,1,0\nB8,,1\n"), codebook)
    (told,) = [problem for problem in read.assumptions if problem.code == "SB-WAVE-30"]
    assert (told.severity, told.rows) == ("warn", (2,))
    assert read.wide["wave"].isna().tolist() == [False, True]
    assert "B8" not in str(told)


def test_missing_codes_may_be_said_at_the_door(tmp_path, codebook):  # case 16
    file = written(tmp_path, "child,wave,a1,a2\n1,1,0,2\n2,1,999,refused\n3,1,1,1\n")
    read = sb.read_questionnaire(file, missing_codes={999: "not asked", "Refused": "refused"})
    assert read.wide["a1"].dropna().tolist() == [0, 1]
    assert read.reasons[["position", "item", "reason"]].values.tolist() == [
        [1, "a1", "not asked"], [1, "a2", "refused"]
    ]  # fmt: skip
    assert not [problem for problem in read.assumptions if problem.code in ("SB-FILE-16", "SB-ITEM-47")]


def test_what_the_caller_says_of_a_code_goes_before_the_codebook(tmp_path, codebook):
    file = written(tmp_path, "child,wave,a1\n1,1,0\n2,1,999\n")
    with pytest.raises(sb.DataError) as caught:
        sb.read_questionnaire(file, codebook)
    (problem,) = (one for one in caught.value.problems if one.severity == "stop")
    assert (problem.code, problem.rows) == ("SB-FILE-16", (2,))
    assert problem.fix.startswith("missing_codes={999: 'refused'},")
    read = sb.read_questionnaire(file, codebook, missing_codes={999: "refused"})
    assert read.reasons["reason"].tolist() == ["refused"]


def test_without_a_codebook_a_code_among_answers_is_told(tmp_path):  # case 16
    file = written(tmp_path, "child,wave,a1,a2,age\n1,1,0,2,9\n2,1,999,-9,8\n3,1,1,1,14\n")
    read = sb.read_questionnaire(file)
    told = [problem for problem in read.assumptions if problem.code == "SB-FILE-16"]
    assert [(problem.severity, problem.column, problem.rows) for problem in told] == [
        ("warn", "a2", (2,)), ("warn", "a1", (2,))
    ]  # fmt: skip
    assert told[1].what == "1 answer is 999, far from all others."
    assert "missing_codes={999: 'refused'}" in told[1].fix


def test_without_a_codebook_words_among_numbers_are_told(tmp_path):
    file = written(tmp_path, "child,wave,a1,a2,a3\n1,1,0,2,no\n2,1,1,refused,yes\n3,1,1,1,no\n")
    read = sb.read_questionnaire(file)
    (told,) = (problem for problem in read.assumptions if problem.code == "SB-ITEM-47")
    assert (told.severity, told.column, told.rows) == ("warn", "a2", (2,))
    assert "refused" not in told.sentence
    assert list(read.matched.loc[read.matched["item"] != "", "item"]) == ["a1"]


@pytest.mark.parametrize(
    "given",
    [
        {"missing_codes": [999]},
        {"missing_codes": {999: None}},
        {"items": ["a1"]},
        {"waves": [1]},
        {"waves": {"T1": "one"}},
        {"recode": {"not true": "0"}},
    ],
)
def test_another_thing_than_a_dictionary_is_refused(tmp_path, given):
    file = written(tmp_path, "child,wave,a1\n1,1,0\n")
    with pytest.raises(sb.ModelError) as caught:
        sb.read_questionnaire(file, **given)
    (problem,) = caught.value.problems
    assert problem.code == "SB-MODEL-41"
    assert next(iter(given)) + "={" in problem.fix


def test_many_answers_without_a_single_0_are_told(tmp_path, codebook):
    rows = "".join(f"{child},1,{1 + child % 2},{2 - child % 2}\n" for child in range(1, 61))
    file = written(tmp_path, "child,wave,a1,a2\n" + rows)
    (told,) = (
        problem for problem in sb.read_questionnaire(file, codebook).assumptions if problem.code == "SB-ITEM-70"
    )
    assert (told.severity, told.table, told.column) == ("warn", "carers.csv", "a1, a2")
    assert "recode={1: 0, 2: 1} if" in told.fix
    read = sb.read_questionnaire(file, codebook, recode={1: 0, 2: 1})
    assert "SB-ITEM-70" not in [problem.code for problem in read.assumptions]


def test_a_column_taken_by_its_usual_name_is_told(tmp_path, codebook):
    file = written(tmp_path, "Participant,timepoint,a1,a2,completed\nC7,1,0,2,yes\nC7,2,1,1,no\n")
    read = sb.read_questionnaire(file, codebook)
    (told,) = (problem for problem in read.assumptions if problem.code == "SB-ID-41")
    assert told.severity == "note"
    assert "Participant is the child, timepoint is the wave" in told.what
    assert "timepoint row 1 '1'" in told.done
    assert "C7" not in str(told)
    assert read.wide["date"].isna().all()  # "completed" holds no date here


@pytest.mark.parametrize("column", ["timepoint", "wave"])
def test_a_word_for_all_rows_beside_a_column_that_may_be_meant_is_told(tmp_path, column):
    file = written(tmp_path, f"child,{column},a1\n1,1,0\n2,1,2\n")
    word = "timepont" if column == "timepoint" else 2
    read = sb.read_questionnaire(file, wave=word)
    assert read.wide["wave"].astype(str).tolist() == [str(word)] * 2
    (told,) = (problem for problem in read.assumptions if problem.code == "SB-ID-42")
    assert (told.severity, told.fix) == ("warn", f"wave={column!r} if that column was meant.")
    assert sb.read_questionnaire(file, wave=column).wide["wave"].tolist() == [1, 1]
    assert "SB-ID-42" not in [problem.code for problem in sb.read_questionnaire(file).assumptions]


def refused(file, book, **options):
    with pytest.raises(sb.DataError) as caught:
        sb.read_questionnaire(file, book, **options)
    return next(problem for problem in caught.value.problems if problem.severity == "stop")


@pytest.mark.parametrize("twin", ["A1", "a01"])
def test_the_fix_for_two_columns_of_one_item_works_when_typed(tmp_path, codebook, twin):
    file = written(tmp_path, f"child,wave,a1,{twin},a2\nK,1,0,1,2\nL,1,1,1,2\n")
    problem = refused(file, codebook)
    assert (problem.code, problem.fix) == (
        "SB-ITEM-40",
        "items={'a1': 'a1'} reads that one; or name another of them.",
    )
    assert sb.read_questionnaire(file, codebook, items={"a1": "a1"}).wide["a1"].tolist() == [0, 1]
    assert sb.read_questionnaire(file, codebook, items={"a1": twin}).wide["a1"].tolist() == [1, 1]


def test_the_fix_for_columns_without_a_wave_works_when_typed(tmp_path, codebook):
    file = written(tmp_path, "child,a1,a2_T2\nK,0,1\nL,1,1\n")
    problem = refused(file, codebook)
    assert problem.what == "1 column of an item names a wave (a2_T2) and 1 does not (a1)."
    assert problem.fix.startswith("waves={'': 1, 'T2': 2} says")
    read = sb.read_questionnaire(file, codebook, waves={"": 1, "T2": 2})
    assert read.wide[["wave", "a1", "a2"]].fillna(-1).to_numpy().tolist() == [
        [1, 0, -1], [2, -1, 1], [1, 1, -1], [2, -1, 1]
    ]  # fmt: skip


def test_the_nearest_name_stands_beside_the_others_that_there_are(tmp_path, codebook):
    file = written(tmp_path, "child,wave,a_one,other\nK,1,0,1\n")
    problem = refused(file, codebook, items={"a1": "a_on"})
    assert (problem.code, problem.fix) == ("SB-ITEM-41", "items={'a1': 'a_one'}")
    assert problem.done == "Nothing was read. The columns are a_one, other."
    none = refused(file, codebook)
    assert (none.code, none.done) == (
        "SB-ITEM-12",
        "Nothing was read. The columns that are no item are a_one, other.",
    )
    wrong = refused(file, codebook, instrument="visti")
    assert (wrong.what, wrong.fix) == (
        "The codebook has no instrument 'visti'; it has visit.",
        "instrument='visit'",
    )


def test_without_a_codebook_answers_in_words_are_never_passed_over_in_silence(tmp_path):
    file = written(tmp_path, 'child,wave,a1,a2,days\nK,1,Never,Often,"1,234"\nL,1,Often,Often,"2,345"\n')
    problem = refused(file, None)
    assert (problem.code, problem.column) == ("SB-ITEM-48", "a1, a2, days")
    read = sb.read_questionnaire(file, recode={"Never": 0, "Often": 1})
    assert read.wide[["a1", "a2"]].to_numpy().tolist() == [[0, 1], [1, 1]]
    (told,) = (problem for problem in read.assumptions if problem.code == "SB-ITEM-48")
    assert (told.severity, told.column, told.done) == ("note", "days", "It was not read.")


def test_a_date_that_cannot_be_read_is_refused_also_where_nobody_named_its_column(tmp_path):
    file = written(tmp_path, "child,wave,completed,a1\nK,1,4/2023,0\nL,1,5/2023,1\n")
    assert (refused(file, None).code, refused(file, None).column) == ("SB-FILE-10", "completed")


def test_a_file_whose_only_answers_hold_words_too_is_refused(tmp_path):
    file = written(tmp_path, "child,wave,a1\nK,1,#N/A\nL,1,2\nM,1,1\n")
    problem = refused(file, None)
    assert (problem.code, problem.rows) == ("SB-ITEM-47", (1,))
    read = sb.read_questionnaire(file, missing_codes={"#N/A": "an error of the sheet"})
    assert read.wide["a1"].fillna(-1).tolist() == [-1, 2, 1]


def test_words_of_waves_in_any_spelling_and_what_no_wave_explains(tmp_path, codebook):
    book = sb.make_codebook("Pilot", "1", {**CODEBOOK, "waves": [
        {"wave": 1, "label": "Baseline"}, {"wave": 2, "label": "Year 1"}, {"wave": 3, "aliases": ["Follow-up"]},
    ]})  # fmt: skip
    header = "child,a1_baseline,a1_year_1,a1_follow_up,a2_Baseline,a2_Year1,a2 (followup),a1_exit"
    file = written(tmp_path, f"{header}\nK,0,1,2,2,1,0,1\n")
    read = sb.read_questionnaire(file, book)
    assert read.wide[["wave", "a1", "a2"]].fillna(-1).to_numpy().tolist() == [[1, 0, 2], [2, 1, 1], [3, 2, 0]]
    (told,) = (problem for problem in read.assumptions if problem.code == "SB-ITEM-49")
    assert (told.severity, told.column) == ("warn", "a1_exit")
    read = sb.read_questionnaire(file, book, waves={"exit": 4})
    assert read.wide["wave"].tolist() == [1, 2, 3, 4]


def test_waves_that_nothing_in_the_file_bears_are_told(tmp_path, codebook):
    file = written(tmp_path, "child,a1,a2\nK,0,1\n")
    (told,) = (
        problem
        for problem in sb.read_questionnaire(file, waves={"baseline": 1}).assumptions
        if problem.code == "SB-WAVE-36"
    )
    assert (told.severity, told.done.startswith("waves was not used.")) == ("warn", True)
    marked = written(tmp_path, "child,a1_baseline,a1_exit\nK,0,1\n", "wide.csv")
    read = sb.read_questionnaire(marked, waves={"Baseline": 1, "exit": 2})
    assert "SB-WAVE-36" not in [problem.code for problem in read.assumptions]
    assert read.wide["a1"].tolist() == [0, 1]


def test_a_child_column_that_says_who_somebody_is_is_never_said_to_be_left_out(tmp_path):
    file = written(tmp_path, "nhs_number,wave,a1\n9434765919,1,0\n4010232137,1,1\n")
    read = sb.read_questionnaire(file, child="nhs_number")
    (told,) = (problem for problem in read.assumptions if problem.code.startswith("SB-ID-7"))
    assert (told.code, told.severity, told.column) == ("SB-ID-72", "warn", "nhs_number")
    assert "9434765919" not in str(read.assumptions)
    rows = "".join(f"01234567{number:02d},1,{number % 3}\n" for number in range(12))
    ids = written(tmp_path, "child,wave,a1\n" + rows, "ids.csv")
    problem = refused(ids, None)
    assert problem.code == "SB-ID-40"
    assert problem.fix.startswith("child='child', or another")
    assert sb.read_questionnaire(ids, child="child").wide["child"].nunique() == 12
