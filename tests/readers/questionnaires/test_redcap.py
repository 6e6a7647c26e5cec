"""Exports of REDCap: the real samples where they are, and small files made here for what they do not hold."""

from pathlib import Path

import pandas as pd
import pytest

import securebase_analysis as sb
from securebase_analysis.readers.questionnaires import read_export
from securebase_analysis.readers.questionnaires.redcap_dictionary import split_choices
from securebase_analysis.study.questionnaire.wide_answers import codes_of_labels

SAMPLES = Path(__file__).parents[4] / "shared" / "samples" / "redcap"
needs_samples = pytest.mark.skipif(not SAMPLES.is_dir(), reason="the folder with samples of REDCap is absent")

COUNTS = {  # project: rows, columns, records; counted in the files with a spreadsheet
    "longitudinal": (18, 125, 3),
    "arm-single-longitudinal": (9, 6, 3),
    "repeating-instruments": (6, 15, 2),
    "repeating-instruments-sparse": (9, 15, 5),
    "vignette-repeating": (17, 15, 2),
    "checkboxes-1": (4, 13, 4),
    "survey": (2, 33, 2),
    "dag": (3, 17, 3),
    "blank-for-gray-status": (6, 26, 6),
    "decimal-comma": (4, 6, 4),
}
DICTIONARY = (
    "field_name,form_name,field_type,field_label,select_choices_or_calculations,"
    "text_validation_type_or_show_slider_number,identifier"
    """
record_id,start,text,Record,,,
carer_name,start,text,Name of the carer,,,y
seen_on,start,text,Seen on,,date_ymd,
a1,visit,radio,First,"0, Never | 1, At times, if asked | 2, Always",,
a2,visit,radio,Second,"0, Never | 1, At times, if asked | 2, Always",,
help,visit,checkbox,Help,"1, School | -9, None of these",,
about,visit,descriptive,Thank you,,,
"""
)


def sample(project: str, part: str) -> Path:
    spelled = "dictionay" if (project, part) == ("decimal-comma", "dictionary") else part
    return SAMPLES / f"{project}__{spelled}.csv"


def written(folder: Path, text: str, name: str = "data.csv") -> Path:
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return file


def codes(problems) -> list[str]:
    return [problem.code for problem in problems]


# --- the samples ------------------------------------------------------------------------------------------------


@needs_samples
@pytest.mark.parametrize("project", COUNTS)
@pytest.mark.parametrize("with_dictionary", [True, False])
def test_samples_are_found_and_counted(project, with_dictionary):
    dictionary = sample(project, "dictionary") if with_dictionary else None
    export = read_export(sample(project, "data"), dictionary=dictionary)
    (identifier,) = export.with_role("id")
    assert export.program == "redcap"
    assert (*export.frame.shape, export.frame[identifier].nunique()) == COUNTS[project]
    assert len(export.columns) == export.frame.shape[1]


@needs_samples
@pytest.mark.parametrize("project", COUNTS)
def test_every_column_that_a_dictionary_declares_is_known(project):
    export = read_export(sample(project, "data"), dictionary=sample(project, "dictionary"))
    roles = export.columns.set_index("column")["role"]
    paradata = {name for name in roles.index if name.endswith(("_complete", "_timestamp"))}
    assert set(export.with_role("paradata")) == paradata
    described = export.columns[export.columns["kind"] != ""]["column"]
    system = {name for name in roles.index if name.startswith("redcap_")}
    assert set(described) == set(roles.index) - paradata - system


@needs_samples
def test_declared_identifiers_are_personal_and_do_not_get_into_the_answers():
    read = sb.read_questionnaire(sample("longitudinal", "data"), dictionary=sample("longitudinal", "dictionary"))
    personal = read.columns.loc[read.columns["role"] == "personal", "column"].tolist()
    assert {"first_name", "last_name", "telephone_1", "email", "dob", "ec_phone"} <= set(personal)
    assert not set(personal) & set(read.wide.columns)
    assert set(personal) <= set(read.dropped["name"])


@needs_samples
def test_events_bear_the_names_of_the_list_of_events():
    events = pd.read_csv(sample("longitudinal", "event"))["event_name"].drop_duplicates()
    waves = {name: number for number, name in enumerate(events, start=1)}
    read = sb.read_questionnaire(
        sample("longitudinal", "data"),
        dictionary=sample("longitudinal", "dictionary"),
        events=sample("longitudinal", "event"),
        waves=waves,
    )
    first = read.answers[(read.answers["item"] == "height") & read.answers["answer"].notna()]
    assert first[["child", "wave"]].values.tolist() == [["100", 1], ["220", 1], ["304", 1]]
    morale = read.answers[(read.answers["item"] == "pmq1") & read.answers["answer"].notna()]
    assert set(morale["wave"]) == {
        waves[name] for name in ("Dose 1", "Visit 1", "Dose 2", "Visit 2", "First dose", "First visit")
    }


@needs_samples
def test_without_the_list_of_events_shortened_names_are_kept():
    read = sb.read_questionnaire(sample("longitudinal", "data"))
    assert "visit_1_arm_1" in set(read.answers["wave"])


@needs_samples
def test_repeats_do_not_double_the_baseline():
    read = sb.read_questionnaire(
        sample("repeating-instruments-sparse", "data"),
        dictionary=sample("repeating-instruments-sparse", "dictionary"),
    )
    answers = read.answers
    ages = answers[(answers["item"] == "age") & (answers["reason"] != "not asked")]
    assert ages["child"].tolist() == ["1", "2", "3", "4", "5"]
    assert ages["answer"].notna().sum() == 2
    pressure = answers[(answers["item"] == "bp_systolic") & answers["answer"].notna()]
    assert pressure[["child", "instance", "answer"]].values.tolist() == [
        ["1", "1", 110.0],
        ["1", "2", 111.0],
        ["1", "3", 112.0],
        ["2", "1", 114.0],
    ]


@needs_samples
def test_repeats_may_be_the_waves():
    read = sb.read_questionnaire(sample("vignette-repeating", "data"), wave="redcap_repeat_instance")
    pressure = read.answers[(read.answers["item"] == "sbp") & read.answers["answer"].notna()]
    assert pressure[["child", "wave", "answer"]].values.tolist() == [
        ["1", 1, 1.1],
        ["1", 2, 1.2],
        ["1", 3, 1.3],
        ["2", 1, 2.1],
        ["2", 2, 2.2],
        ["2", 3, 2.3],
    ]


@needs_samples
def test_boxes_of_unanswered_questions_are_missing_as_the_sample_wants():
    read = sb.read_questionnaire(sample("checkboxes-1", "data"), dictionary=sample("checkboxes-1", "dictionary"))
    one = read.wide[[f"check_one___{code}" for code in "1234"]]
    two = read.wide[[f"check_two___{code}" for code in "abcde"]]
    assert one.iloc[0].tolist() == [1, 0, 0, 0]
    assert two.iloc[0].tolist() == [1, 0, 1, 0, 0]
    assert one.iloc[1].isna().all()
    assert two.iloc[1].tolist() == [0, 1, 0, 1, 0]
    assert one.iloc[2].tolist() == [1, 1, 1, 1]
    assert two.iloc[2].tolist() == [0, 0, 0, 0, 0]  # the form is complete: none applies, and the note says so
    assert one.iloc[3].isna().all()
    assert two.iloc[3].isna().all()
    (blanked,) = [problem for problem in read.assumptions if problem.code == "SB-FILE-120"]
    assert (blanked.severity, blanked.rows) == ("warn", (2, 4))
    (kept,) = [problem for problem in read.assumptions if problem.code == "SB-FILE-121"]
    assert kept.rows == (3,)
    assert any("SB-FILE-120" in note for note in read.notes)


@needs_samples
@pytest.mark.parametrize("with_dictionary", [True, False])
def test_decimal_commas_and_points_stand_in_one_file(with_dictionary):
    dictionary = sample("decimal-comma", "dictionary") if with_dictionary else None
    read = sb.read_questionnaire(sample("decimal-comma", "data"), dictionary=dictionary)
    assert read.wide["height"].tolist() == [1.54, 1.84, 1.95, 1.61]
    assert read.wide["weight"].tolist() == [52.3, 92.3, 123.4, 45.9]
    assert read.wide["bmi"].tolist() == [22.1, 27.3, 32.5, 17.7]


@needs_samples
def test_data_access_groups_are_sites_and_rows_without_one_are_named():
    read = sb.read_questionnaire(sample("blank-for-gray-status", "data"))
    assert read.wide["site"].fillna("").tolist() == ["dag_1", "dag_1", "dag_1", "", "dag_2", ""]
    (told,) = [problem for problem in read.assumptions if problem.code == "SB-FILE-118"]
    assert (told.severity, told.rows) == ("warn", (4, 6))


@needs_samples
def test_survey_identifiers_and_timestamps_are_no_answers():
    read = sb.read_questionnaire(sample("survey", "data"), dictionary=sample("survey", "dictionary"))
    roles = read.columns.set_index("column")["role"]
    assert roles["redcap_survey_identifier"] == "personal"
    assert roles["participant_morale_questionnaire_timestamp"] == "paradata"
    assert roles["participant_id"] == "id"
    assert read.wide["consent___1"].tolist() == [1, 0]


# --- files made here --------------------------------------------------------------------------------------------


@pytest.fixture
def dictionary(tmp_path):
    return written(tmp_path, DICTIONARY, "dictionary.csv")


def test_choices_are_cut_at_the_first_comma():
    assert split_choices("1, Yes, gladly|2, No | a, <b>Other</b>") == {"1": "Yes, gladly", "2": "No", "a": "Other"}


LABELS = (
    "Record,Event Name,Data Access Group,Name of the carer,Seen on,Complete?,First,Second,"
    "Help (choice=School),Help (choice=None of these),Complete?\n"
    "7,Baseline (Arm 1: All),North,Zoe,2021-03-01,Complete,"
    '"At times, if asked",Always,Checked,Unchecked,Complete\n'
    "7,Year one (Arm 1: All),North,,,,Never,,Unchecked,Unchecked,Incomplete\n"
)


def test_an_export_of_labels_gets_the_names_and_codes_of_the_dictionary(tmp_path, dictionary):
    read = sb.read_questionnaire(
        written(tmp_path, LABELS), dictionary=dictionary, waves={"Baseline": 1, "Year one": 2}
    )
    assert read.columns["column"].tolist() == [
        "record_id", "redcap_event_name", "redcap_data_access_group", "carer_name", "seen_on", "start_complete",
        "a1", "a2", "help___1", "help____9", "visit_complete",
    ]  # fmt: skip
    assert read.wide[["child", "wave", "site"]].values.tolist() == [["7", 1, "North"], ["7", 2, "North"]]
    assert read.wide[["a1", "a2", "help___1"]].fillna(-1).values.tolist() == [[1, 2, 1], [0, -1, -1]]
    assert "Zoe" not in str(read.assumptions)
    assert "SB-FILE-115" in codes(read.assumptions)


def test_labels_without_a_dictionary_are_refused(tmp_path):
    with pytest.raises(sb.DataError) as caught:
        read_export(written(tmp_path, LABELS))
    assert codes(caught.value.problems) == ["SB-FILE-112"]
    assert "dictionary=" in caught.value.problems[0].fix
    assert "Zoe" not in str(caught.value)


def test_a_label_that_the_dictionary_lacks_is_named(tmp_path, dictionary):
    export = read_export(written(tmp_path, LABELS.replace("Second", "Something else")), dictionary=dictionary)
    told = [problem for problem in export.assumptions if problem.code == "SB-FILE-115"]
    assert told[0].severity == "warn"
    assert "'Something else'" in told[0].what


def test_codes_with_labels_in_the_cells_become_codes(tmp_path, dictionary):
    text = "record_id,a1,a2,help___1,help____9,visit_complete\n1,Never,Always,Checked,Unchecked,Complete\n"
    read = sb.read_questionnaire(written(tmp_path, text), dictionary=dictionary)
    assert read.wide[["a1", "a2", "help___1", "help____9"]].values.tolist() == [[0, 2, 1, 0]]


def test_a_form_that_was_not_begun_leaves_no_zeros(tmp_path):
    text = "record_id,a1,help___1,help___2,visit_complete\n1,2,0,1,2\n2,,0,0,0\n3,1,0,0,0\n"
    read = sb.read_questionnaire(written(tmp_path, text))
    boxes = read.answers[read.answers["item"] == "help___1"]
    assert boxes["reason"].fillna("").tolist() == [
        "",
        "the form was not begun",
        "no box ticked and the form not complete",
    ]
    assert boxes["answer"].fillna(-1).tolist() == [0, -1, -1]


def test_the_record_may_bear_any_name(tmp_path, dictionary):
    text = "carer_code,a1,visit_complete\nK7,2,2\n"
    read = sb.read_questionnaire(written(tmp_path, text))
    assert read.answers["child"].tolist() == ["K7"]


def test_a_file_that_is_no_dictionary_is_refused(tmp_path):
    data = written(tmp_path, "record_id,a1,visit_complete\n1,2,2\n")
    other = written(tmp_path, "a,b\n1,2\n", "other.csv")
    with pytest.raises(sb.DataError, match="SB-FILE-110"):
        read_export(data, dictionary=other)
    with pytest.raises(sb.DataError, match="SB-FILE-111"):
        read_export(data, events=other)


def test_the_dictionary_of_another_project_is_refused(tmp_path, dictionary):
    data = written(tmp_path, "record_id,b1,b2,visit_complete\n1,2,2,2\n")
    with pytest.raises(sb.DataError) as caught:
        read_export(data, dictionary=dictionary)
    assert codes(caught.value.problems)[-1] == "SB-FILE-116"


def test_a_field_that_is_not_in_the_dictionary_is_named(tmp_path, dictionary):
    data = written(tmp_path, "record_id,a1,a2,a3,visit_complete\n1,2,2,2,2\n")
    export = read_export(data, dictionary=dictionary)
    (told,) = [problem for problem in export.assumptions if problem.code == "SB-FILE-116"]
    assert (told.severity, told.column) == ("warn", "a3")


def test_an_event_that_the_list_lacks_is_refused(tmp_path):
    data = written(
        tmp_path, "record_id,redcap_event_name,a1,visit_complete\nX9,visit_arm_1,2,2\nX9,end_arm_1,2,2\n"
    )
    events = written(tmp_path, "event_name,arm_num,unique_event_name\nVisit,1,visit_arm_1\n", "events.csv")
    with pytest.raises(sb.DataError) as caught:
        read_export(data, events=events)
    problem = caught.value.problems[-1]
    assert (problem.code, problem.rows) == ("SB-FILE-114", (2,))
    assert "X9" not in str(caught.value)


def test_a_plain_table_with_a_column_called_complete_is_not_taken_for_redcap(tmp_path):
    export = read_export(written(tmp_path, "child,form_complete,a1\n1,2021-03-01,2\n2,2021-03-02,1\n"))
    assert export.program == "text"


def test_the_format_may_be_insisted_on(tmp_path):
    export = read_export(written(tmp_path, "record_id,a1\n1,2\n"), "redcap")
    assert export.program == "redcap"
    assert export.with_role("id") == ["record_id"]
    with pytest.raises(sb.ModelError, match=r"format=.redcap"):
        read_export(written(tmp_path, "record_id,a1\n1,2\n"), "recap")


def test_cells_are_handed_on_untouched(tmp_path):
    export = read_export(written(tmp_path, "record_id,a1,visit_complete\n007, 2 ,2\n"))
    assert isinstance(export.frame, pd.DataFrame)
    assert export.frame.iloc[0].tolist() == ["007", " 2 ", "2"]


def test_a_plain_file_with_a_status_and_several_rows_a_child_is_not_taken_for_redcap(tmp_path):
    export = read_export(written(tmp_path, "site,child,wave,a1,sdq_complete\nA,1,1,2,2\nA,2,1,1,2\n"))
    assert export.program == "text"


def test_zeros_of_a_closed_form_are_kept_and_told(tmp_path):
    read = sb.read_questionnaire(written(tmp_path, "record_id,a1,help___1,visit_complete\n1,2,0,2\n2,1,1,2\n"))
    assert read.wide["help___1"].tolist() == [0, 1]
    (note,) = [problem for problem in read.assumptions if problem.code == "SB-FILE-121"]
    assert (note.severity, note.rows) == ("note", (1,))


def test_labels_that_are_digits_are_told_from_codes_by_the_status_of_the_forms(tmp_path):
    dictionary = written(
        tmp_path,
        "field_name,form_name,field_type,field_label,select_choices_or_calculations\n"
        'record_id,visit,text,Record,\nsafe,visit,radio,Safe,"1, 0 | 2, 1 | 3, 2"\n',
        "dictionary.csv",
    )
    codes = written(tmp_path, "record_id,safe,visit_complete\n1,1,2\n2,3,2\n", "codes.csv")
    labels = written(tmp_path, "record_id,safe,visit_complete\n1,0,Complete\n2,2,Complete\n", "labels.csv")
    for file in (codes, labels):
        assert sb.read_questionnaire(file, dictionary=dictionary).wide["safe"].tolist() == [1, 3], file.name


def test_a_label_that_two_codes_share_is_not_read_as_either(tmp_path):
    dictionary = written(
        tmp_path,
        "field_name,form_name,field_type,field_label,select_choices_or_calculations\n"
        'record_id,visit,text,Record,\nsafe,visit,radio,Safe,"0, Never | 1, Often | 2, often"\n',
        "dictionary.csv",
    )
    export = read_export(
        written(tmp_path, "record_id,safe,visit_complete\n1,Often,Complete\n"), dictionary=dictionary
    )
    assert codes_of_labels(export.frame["safe"], export.choices_of("safe")).tolist() == ["Often"]


def test_rows_that_look_like_a_remark_can_be_kept(tmp_path):
    file = written(tmp_path, "record_id,a1,visit_complete\n1,2,2\n2,1,2\nleft the study,,\n")
    left = read_export(file)
    assert left.frame["record_id"].tolist() == ["1", "2"]
    (told,) = (problem for problem in left.assumptions if problem.code == "SB-FILE-09")
    assert told.fix == "keep_rows=[3]"
    assert read_export(file, keep_rows=[3]).frame["record_id"].tolist() == ["1", "2", "left the study"]
