"""Wide questionnaire files become a row for each child and wave; nothing is lost on the way."""

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import securebase_analysis as sb

BOOK = {
    "instruments": [
        {"instrument": "visit", "minimum_answered": 1},
        {"instrument": "stress", "minimum_answered": 1},
    ],
    "items": [
        {"item": name, "instrument": "visit", "construct": "trust", "low": 0, "high": 4} for name in ("a1", "a2")
    ]
    + [{"item": "s1", "instrument": "stress", "construct": "belonging", "low": 0, "high": 4}],
    "missing_codes": [{"code": "99", "reason": "refused"}],
}


@pytest.fixture
def codebook():
    return sb.make_codebook("Pilot", "1", BOOK)


def written(folder, text, name="wide.csv"):
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return file


def refused(file, codebook, **options):
    with pytest.raises(sb.DataError) as caught:
        sb.read_questionnaire(file, codebook, **options)
    return [problem for problem in caught.value.problems if problem.severity == "stop"]


def test_sb_wave_02_a_wide_file_and_wave_10_after_wave_2(tmp_path, codebook):  # (33, 34)
    file = written(tmp_path, "child,a1_T10,a1_T2,a1_T1,A2.T1\nK1,2,1,0,3\nK2,,4,,\n")
    read = sb.read_questionnaire(file, codebook)
    assert read.wide[["child", "wave", "a1", "a2", "row"]].fillna(-1).to_numpy().tolist() == [
        ["K1", 1, 0, 3, 1], ["K1", 2, 1, -1, 1], ["K1", 10, 2, -1, 1], ["K2", 2, 4, -1, 2]
    ]  # fmt: skip
    note = next(problem for problem in read.assumptions if problem.code == "SB-WAVE-02")
    assert "a1_T1 is wave 1, a1_T2 is wave 2, a1_T10 is wave 10" in note.what
    assert note.done.count(" row 1 '") == 3  # three sample cells
    assert "K1" not in note.sentence


def test_an_item_is_in_the_long_table_only_at_waves_at_which_it_was_asked(tmp_path, codebook):
    file = written(tmp_path, "child,a1_T1,a1_T2,a2_T1\nK1,0,1,3\n")
    read = sb.read_questionnaire(file, codebook)
    assert read.answers[["wave", "item", "answer"]].to_numpy().tolist() == [
        [1, "a1", 0.0], [1, "a2", 3.0], [2, "a1", 1.0]
    ]  # fmt: skip


def test_reasons_stand_at_their_places(tmp_path, codebook):
    file = written(tmp_path, "child,a1_T1,a1_T2,a2_T1,a2_T2\nK1,99,1,3,99\nK2,,,,99\nK3,1,1,1,1\n")
    read = sb.read_questionnaire(file, codebook)
    told = read.answers[read.answers["reason"].notna()]
    assert told[["child", "wave", "item", "code", "reason", "row"]].to_numpy().tolist() == [
        ["K1", 1, "a1", "99", "refused", 1],
        ["K1", 2, "a2", "99", "refused", 1],
        ["K2", 2, "a2", "99", "refused", 2],
    ]
    assert told["answer"].isna().all()
    assert [(child, int(wave)) for child, wave in read.wide[["child", "wave"]].to_numpy()] == [
        ("K1", 1), ("K1", 2), ("K2", 2), ("K3", 1), ("K3", 2)
    ]  # fmt: skip


def test_each_wave_has_its_own_date_and_informant(tmp_path, codebook):
    text = "child,a1_T1,a1_T2,date_T1,date_T2,informant_T1,informant_T2\n"
    file = written(
        tmp_path, text + "K1,0,1,2021-03-01,2022-04-05,carer,teacher\nK2,0,,2021-03-02,2022-04-06,carer,\n"
    )
    read = sb.read_questionnaire(file, codebook)
    assert read.wide["date"].dt.strftime("%Y-%m-%d").tolist() == [
        "2021-03-01", "2022-04-05", "2021-03-02", "2022-04-06"
    ]  # fmt: skip
    assert read.wide["informant"].fillna("").tolist() == ["carer", "teacher", "carer", ""]
    assert read.dropped.empty


def test_the_unmarked_columns_are_a_wave_when_somebody_says_so(tmp_path, codebook):
    file = written(tmp_path, "child,a1,a2,a1_fu,a2_fu\nK1,0,1,2,3\n")
    problems = refused(file, codebook, waves={"fu": 2})
    assert [problem.code for problem in problems] == ["SB-WAVE-02"]
    read = sb.read_questionnaire(file, codebook, waves={"": 1, "fu": 2})
    assert read.wide[["wave", "a1", "a2"]].to_numpy().tolist() == [[1, 0, 1], [2, 2, 3]]


def test_sb_item_12_a_misspelt_item_is_refused_with_the_closest_column(tmp_path, codebook):  # (73)
    file = written(tmp_path, "child,wave,a1,a_2b\nK1,1,0,1\n")
    (problem,) = refused(file, codebook)
    assert (problem.code, problem.column, problem.table) == ("SB-ITEM-12", "a2", "wide.csv")
    assert problem.fix.startswith("items={'a2': 'a_2b'}")
    assert sb.read_questionnaire(file, codebook, items={"a2": "a_2b"}).wide["a2"].tolist() == [1]
    read = sb.read_questionnaire(file, codebook, items={"a2": None})
    assert "a2" not in read.wide
    assert not any(note.code == "SB-ITEM-12" for note in read.assumptions)


def test_sb_item_12_an_item_that_resembles_nothing_is_a_warning(tmp_path, codebook):  # (73)
    read = sb.read_questionnaire(written(tmp_path, "child,wave,a1\nK1,1,0\n"), codebook)
    warning = next(problem for problem in read.assumptions if problem.code == "SB-ITEM-12")
    assert (warning.severity, warning.column) == ("warn", "a2")
    assert any("SB-ITEM-12" in note for note in read.notes)


def test_sb_item_41_a_column_that_the_file_does_not_have(tmp_path, codebook):
    (problem,) = refused(written(tmp_path, "child,wave,a1,b2\nK1,1,0,1\n"), codebook, items={"a2": "b2x"})
    assert (problem.code, problem.column, problem.fix) == ("SB-ITEM-41", "b2x", "items={'a2': 'b2'}")


def test_sb_item_42_other_spellings_are_told(tmp_path, codebook):
    read = sb.read_questionnaire(written(tmp_path, "child,wave,A_01,a-2\nK1,1,0,1\n"), codebook)
    note = next(problem for problem in read.assumptions if problem.code == "SB-ITEM-42")
    assert "A_01 is a1, a-2 is a2" in note.done
    assert "a1" in read.wide


def test_sb_item_44_a_file_with_two_questionnaires(tmp_path, codebook):
    file = written(tmp_path, "child,a1_T1,s1_T1,s1_T2,note_T1\nK1,0,1,2,3\n")
    read = sb.read_questionnaire(file, codebook, items={"a2": None})
    assert read.instrument == "stress"
    note = next(problem for problem in read.assumptions if problem.code == "SB-ITEM-44")
    assert note.fix == "instrument='visit' reads the other."
    assert sb.read_questionnaire(file, codebook, instrument="visit", items={"a2": None}).wide["wave"].tolist() == [
        1
    ]


def test_sb_id_02_a_child_twice_in_a_wide_file(tmp_path, codebook):  # (23)
    file = written(tmp_path, "child,a1_T1,a1_T2,a2_T1,a2_T2\nK-07,1,2,3,4\nK-08,1,2,3,4\nK-07,1,2,3,0\n")
    one, other = refused(file, codebook)
    assert (one.code, one.rows, other.code, other.rows) == ("SB-ID-01", (1, 3), "SB-ID-02", (1, 3))
    assert other.what.endswith("rows 1 and 3: a2 is 4 and 0.")
    assert "K-07" not in str(one) + str(other)


def test_a_child_twice_is_in_order_with_two_informants(tmp_path, codebook):
    file = written(tmp_path, "child,informant,a1_T1,a2_T1\nK1,carer,1,2\nK1,teacher,1,2\n")
    assert len(sb.read_questionnaire(file, codebook).wide) == 2


@settings(max_examples=30, deadline=None)
@given(
    answers=st.lists(
        st.lists(st.sampled_from(["", "0", "1", "2", "99"]), min_size=6, max_size=6), min_size=1, max_size=8
    ),
    manner=st.sampled_from(["{item}_T{wave}", "w{wave}_{item}", "{item}.{wave}", "{item}w{wave}"]),
    order=st.permutations(range(6)),
)
def test_no_answer_is_lost_or_moved_from_wide_to_long(tmp_path_factory, answers, manner, order):
    places = [(item, wave) for item in ("a1", "a2") for wave in (1, 2, 10)]
    names = [manner.format(item=item, wave=wave) for item, wave in places]
    lines = [",".join(["child", *(names[at] for at in order)])]
    lines += [",".join([f"K{n}", *(row[at] for at in order)]) for n, row in enumerate(answers)]
    if not any(cell for row in answers for cell in row):
        return
    file = written(tmp_path_factory.mktemp("wide"), "\n".join(lines) + "\n")
    read = sb.read_questionnaire(file, sb.make_codebook("Pilot", "1", BOOK), instrument="visit")
    cells = read.answers.assign(cell=read.answers["code"].fillna(read.answers["answer"].map("{:g}".format)))
    found = cells.set_index(["child", "wave", "item"])["cell"].replace("nan", "").to_dict()
    for n, row in enumerate(answers):
        for (item, wave), cell in zip(places, row):
            assert found.get((f"K{n}", wave, item), "") == cell
    assert not read.answers.duplicated(["child", "wave", "item"]).any()
    assert isinstance(read.wide["wave"].dtype, pd.Int64Dtype)


def test_without_a_codebook_the_waves_in_names_are_found_and_told(tmp_path):
    file = written(tmp_path, "child,sdq_T1,SDQ_T2,sdq_T10,note\nK1,4,5,6,x\n")
    read = sb.read_questionnaire(file)
    assert read.wide[["wave", "sdq"]].astype(int).to_numpy().tolist() == [[1, 4], [2, 5], [10, 6]]
    assert "sdq_T1 is wave 1" in next(one.what for one in read.assumptions if one.code == "SB-WAVE-02")


def test_without_a_codebook_questions_with_numbers_are_no_waves(tmp_path):
    read = sb.read_questionnaire(written(tmp_path, "child,weight1,weight2,q_1,q_2\nK1,4,5,6,7\n"))
    assert list(read.matched.loc[read.matched["item"] != "", "item"]) == ["weight1", "weight2", "q_1", "q_2"]
    assert len(read.wide) == 1


def test_sb_item_45_without_a_codebook_columns_of_no_wave_are_told_and_not_read(tmp_path):
    file = written(tmp_path, "child,sdq_T1,sdq_T2,age\nK1,4,5,6\n")
    read = sb.read_questionnaire(file)
    assert list(read.wide["sdq"]) == [4, 5]
    note = next(one for one in read.assumptions if one.code == "SB-ITEM-45")
    assert "1 column does not stand in the file once for each wave: age." in note.what
    assert read.dropped["name"].tolist() == ["age"]
    assert sb.read_questionnaire(file, waves={"": 1, "T1": 1, "T2": 2}).wide["age"].fillna(-1).tolist() == [6, -1]


def test_sb_wave_02_rows_that_say_a_wave_beside_columns_that_do_are_told(tmp_path, codebook):
    file = written(tmp_path, "child,wave,a1_T1,a1_T2\nK1,1,0,1\n")
    read = sb.read_questionnaire(file, codebook)
    (told,) = (problem for problem in read.assumptions if problem.code == "SB-WAVE-02")
    assert told.severity == "warn"
    assert "The waves that the rows say were not used." in told.done
    assert read.wide["wave"].tolist() == [1, 2]


def test_a_file_without_any_wave_is_told(tmp_path):
    file = tmp_path / "one.csv"
    file.write_text("child,a1\nK1,0\nK2,1\n")
    (told,) = (problem for problem in sb.read_questionnaire(file).assumptions if problem.code == "SB-WAVE-37")
    assert (told.severity, told.fix) == ("note", "wave=1 where all are of the first wave.")
    assert sb.read_questionnaire(file, wave=1).wide["wave"].tolist() == [1, 1]
