"""Exports of survey programs in a study folder: the same file read by `read_study` as by `read_questionnaire`."""

from pathlib import Path

import pytest

import securebase_analysis as sb

CODEBOOK = """name = "Pilot"
version = "1"
[[waves]]
wave = 1
aliases = ["Baseline"]
[[waves]]
wave = 2
aliases = ["Year one", "year_one_arm_1"]
[[instruments]]
instrument = "visit"
informants = ["carer"]
minimum_answered = 1
[[items]]
item = "a1"
instrument = "visit"
construct = "trust"
low = 0
high = 2
[[items]]
item = "a2"
instrument = "visit"
construct = "trust"
low = 0
high = 2
"""
DATA = """pid,redcap_event_name,redcap_data_access_group,carer_name,start_complete,a1,a2,visit_complete
C01,baseline_arm_1,north,Zoe,2,1,"0,5",2
C01,year_one_arm_1,north,,,2,1,2
C02,baseline_arm_1,north,Ann,2,,,
C02,year_one_arm_1,north,,,0,1,1
"""
DICTIONARY = """field_name,form_name,field_type,field_label,select_choices_or_calculations,\
text_validation_type_or_show_slider_number,identifier
pid,start,text,Record,,,
carer_name,start,text,Carer,,,y
a1,visit,radio,First,"0, Never | 1, At times | 2, Always",,
a2,visit,text,Second,,number_1dp_comma_decimal,
"""
EVENTS = "event_name,arm_num,unique_event_name\nBaseline,1,baseline_arm_1\nYear one,1,year_one_arm_1\n"
STUDY = """[study]
name = "Pilot"
simulated = true
codebook = "codebook.toml"
[children]
file = "children.csv"
[[responses]]
file = "data.csv"
instrument = "visit"
informant = "carer"
dictionary = "dictionary.csv"
events = "events.csv"
"""


@pytest.fixture
def folder(tmp_path) -> Path:
    files = {"codebook.toml": CODEBOOK, "data.csv": DATA, "dictionary.csv": DICTIONARY, "events.csv": EVENTS}
    files |= {"study.toml": STUDY, "children.csv": "site,child\nnorth,C01\nnorth,C02\n"}
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def test_a_redcap_export_is_a_file_of_responses(folder):
    study = sb.read_study(folder)
    answers = study.responses["visit"]
    assert answers[["site", "child", "wave", "a1", "a2"]].values.tolist() == [
        ["north", "C01", 1, 1.0, 0.5],
        ["north", "C01", 2, 2.0, 1.0],
        ["north", "C02", 2, 0.0, 1.0],
    ]
    assert "Zoe" not in str(study.problems)
    assert "carer_name" not in answers


def test_the_study_and_the_verb_read_the_same(folder):
    study = sb.read_study(folder)
    read = sb.read_questionnaire(
        folder / "data.csv",
        sb.read_codebook(folder / "codebook.toml"),
        dictionary=folder / "dictionary.csv",
        events=folder / "events.csv",
    )
    both = ["site", "child", "wave", "a1", "a2"]
    assert read.wide[both].values.tolist() == study.responses["visit"][both].values.tolist()


def test_dictionary_and_events_are_listed_with_their_checksums(folder):
    files = sb.read_study(folder).files
    assert {"dictionary.csv", "events.csv"} <= set(files["file"])


def test_the_dictionary_must_lie_in_the_folder(folder):
    text = STUDY.replace('"dictionary.csv"', '"../dictionary.csv"')
    (folder / "study.toml").write_text(text, encoding="utf-8")
    assert "SB-STUDY-05" in {problem.code for problem in sb.check_study(folder)}


def test_a_program_that_nobody_knows_is_refused(folder):
    (folder / "study.toml").write_text(STUDY + 'program = "recap"\n', encoding="utf-8")
    problems = [problem for problem in sb.check_study(folder) if problem.column == "responses.program"]
    assert [problem.code for problem in problems] == ["SB-STUDY-09"]


def test_what_the_survey_lacks_is_told_as_of_any_file(folder):
    (folder / "data.csv").write_text(DATA.replace("north,Zoe,2,1", "north,Zoe,2,often"), encoding="utf-8")
    problems = [problem for problem in sb.check_study(folder) if problem.code == "SB-FILE-18"]
    assert [(problem.table, problem.column, problem.rows) for problem in problems] == [("data.csv", "a1", (1,))]


@pytest.mark.parametrize("column", ["child", "whose"])
def test_a_child_whose_id_looks_like_the_code_of_an_answer_keeps_it(folder, column):
    own = '"id","submitdate","lastpage","startlanguage","seed"'
    (folder / "data.csv").write_text(
        f'{own},"{column}","a1","a2"\n'
        '"1","2024-01-02 10:00:00","3","en","12","C01","A1","A2"\n'
        '"2","2024-01-03 10:00:00","3","en","13","C02","A2","A1"\n'
    )
    answers = 'file = "data.csv"\ninstrument = "visit"\ninformant = "carer"\nwave = "Baseline"\nsite = "north"\n'
    named = "" if column == "child" else 'columns = { child = "whose" }\n'
    (folder / "study.toml").write_text(STUDY.split("[[responses]]")[0] + f"[[responses]]\n{answers}{named}")
    read = sb.read_study(folder).responses["visit"]
    assert read[["child", "a1", "a2"]].values.tolist() == [["C01", 1, 2], ["C02", 2, 1]]


WITH_SITE = """pid,redcap_event_name,site,who,start_complete,a1,a2,visit_complete
C01,baseline_arm_1,1,1,2,1,"0,5",2
C01,year_one_arm_1,,2,,2,1,2
C02,baseline_arm_1,1,1,2,2,1,2
"""
CHOICES = 'site,start,dropdown,Site,"1, north | 2, south",,\nwho,visit,radio,Who,"1, carer | 2, teacher",,\n'


def test_the_site_of_a_record_holds_at_all_its_events_and_choices_are_known_by_their_labels(folder):
    (folder / "data.csv").write_text(WITH_SITE)
    (folder / "dictionary.csv").write_text(DICTIONARY + CHOICES)
    study_toml = STUDY.replace('informant = "carer"\n', 'columns = { informant = "who" }\n')
    (folder / "study.toml").write_text(study_toml)
    (folder / "codebook.toml").write_text(CODEBOOK.replace('["carer"]', '["carer", "teacher"]'))
    read = sb.read_questionnaire(
        folder / "data.csv", folder / "codebook.toml", dictionary=folder / "dictionary.csv",
        events=folder / "events.csv", informant="who",
    )  # fmt: skip
    expected = [["north", "C01", "carer"], ["north", "C01", "teacher"], ["north", "C02", "carer"]]
    assert read.wide[["site", "child", "informant"]].values.tolist() == expected
    (told,) = (problem for problem in read.assumptions if problem.code == "SB-ID-43")
    assert (told.severity, told.column, told.rows) == ("note", "site", (2,))
    answers = sb.read_study(folder).responses["visit"]
    assert answers[["site", "child", "informant"]].values.tolist() == expected


def test_rows_without_a_site_beside_others_are_told(tmp_path):
    file = tmp_path / "carers.csv"
    file.write_text("site,child,wave,a1\nnorth,C1,1,0\n,C1,2,1\n")
    read = sb.read_questionnaire(file)
    (told,) = (problem for problem in read.assumptions if problem.code == "SB-ID-43")
    assert (told.severity, told.rows) == ("warn", (2,))
    assert read.wide["site"].isna().tolist() == [False, True]
