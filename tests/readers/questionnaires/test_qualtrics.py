"""Exports of Qualtrics: the two real samples, and small files made here for what they do not hold."""

from pathlib import Path

import pytest

import securebase_analysis as sb
from securebase_analysis.readers.questionnaires import read_export

SAMPLES = Path(__file__).parents[4] / "shared" / "samples" / "qualtrics"
needs_samples = pytest.mark.skipif(not SAMPLES.is_dir(), reason="the folder with samples of Qualtrics is absent")

NAMES = (
    "StartDate,EndDate,Status,IPAddress,Progress,Finished,RecordedDate,ResponseId,ExternalReference,sdq1,Q2_3_TEXT"
)
TEXTS = "Start,End,Type,IP,Progress,Finished,Recorded,Response,Reference,<p>First&nbsp;<b>item</b></p>,Other"
MARKS = ",".join('"{""ImportId"":""' + name + '""}"' for name in NAMES.split(","))
DAY = "2021-03-01 10:00:00,2021-03-01 10:05:00"
ANSWERS = f"{DAY},{{status}},10.0.0.1,100,{{finished}},2021-03-01 10:05:01,R_{{n}},{{child}},{{answer}},words"


def written(folder: Path, *lines: str) -> Path:
    file = folder / "qualtrics.csv"
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return file


def row(n: int, child: str, answer: str, status: str = "0", finished: str = "1") -> str:
    return ANSWERS.format(n=n, child=child, answer=answer, status=status, finished=finished)


@needs_samples
def test_three_header_rows_of_the_sample():
    export = read_export(SAMPLES / "sample.csv")
    assert (export.program, export.frame.shape) == ("qualtrics", (1, 20))
    assert export.columns.set_index("column")["label"]["RecipientFirstName"] == "Vorname des Empfängers"
    assert set(export.with_role("personal")) == {
        "IPAddress", "RecipientLastName", "RecipientFirstName", "RecipientEmail", "LocationLatitude",
        "LocationLongitude",
    }  # fmt: skip
    assert export.with_role("item") == ["Q1", "Q2", "Q2 - Topics"]
    assert export.frame["Q1"].tolist() == ["2"]
    assert "three header rows" in str(export.assumptions[0])
    assert "130.92" not in str(export.assumptions)


@needs_samples
def test_two_header_rows_of_the_old_sample():
    export = read_export(SAMPLES / "sample_legacy.csv")
    assert (export.program, export.frame.shape) == ("qualtrics", (1, 15))
    roles = export.columns.set_index("column")["role"]
    assert roles[["V3", "V5", "V6", "LocationLatitude"]].tolist() == ["personal"] * 4
    assert (roles["V1"], roles["V9"], roles["Q1"]) == ("paradata", "date", "item")
    assert "two header rows" in str(export.assumptions[0])
    read = sb.read_questionnaire(SAMPLES / "sample_legacy.csv", child="V1")
    assert read.wide["Q1"].tolist() == [2]


@needs_samples
def test_a_response_is_not_taken_for_a_child():
    with pytest.raises(sb.DataError, match="SB-ID-40"):
        sb.read_questionnaire(SAMPLES / "sample.csv")


@pytest.mark.parametrize("upper", [(TEXTS, MARKS), (TEXTS,), (MARKS,), ()])
def test_one_to_three_header_rows_give_the_same_answers(tmp_path, upper):
    read = sb.read_questionnaire(written(tmp_path, NAMES, *upper, row(1, "C1", "2"), row(2, "C2", "0")))
    assert read.program == "qualtrics"
    assert read.wide[["child", "sdq1", "row"]].values.tolist() == [["C1", 2, 1], ["C2", 0, 2]]
    assert read.wide["date"].dt.strftime("%Y-%m-%d").tolist() == ["2021-03-01"] * 2


def test_three_header_rows_may_be_said(tmp_path):
    file = written(tmp_path, NAMES, TEXTS, MARKS, row(1, "C1", "2"))
    assert sb.read_questionnaire(file, header_rows=3).wide["sdq1"].tolist() == [2]


def test_texts_become_labels_without_marks(tmp_path):
    export = read_export(written(tmp_path, NAMES, TEXTS, MARKS, row(1, "C1", "2")))
    facts = export.columns.set_index("column")
    assert facts["label"]["sdq1"] == "First item"
    assert facts["kind"]["Q2_3_TEXT"] == "text"


def test_previews_are_left_out_and_unfinished_responses_told(tmp_path):
    lines = [row(1, "C1", "2"), row(2, "", "1", status="1"), row(3, "C3", "", finished="0")]
    read = sb.read_questionnaire(written(tmp_path, NAMES, TEXTS, MARKS, *lines))
    assert read.wide[["child", "row"]].values.tolist() == [["C1", 1], ["C3", 3]]
    told = {problem.code: problem for problem in read.assumptions}
    assert (told["SB-FILE-123"].severity, told["SB-FILE-123"].rows) == ("warn", (2,))
    assert (told["SB-FILE-124"].severity, told["SB-FILE-124"].rows) == ("warn", (3,))
    assert any("SB-FILE-123" in note for note in read.notes)


def test_words_instead_of_codes_are_refused_with_their_rows(tmp_path):
    with pytest.raises(sb.DataError) as caught:
        sb.read_questionnaire(
            written(tmp_path, NAMES, TEXTS, MARKS, row(1, "C1", "Certainly")),
            sb.make_codebook(
                "Pilot",
                "1",
                {
                    "instruments": [{"instrument": "visit", "minimum_answered": 1}],
                    "items": [
                        {"item": "sdq1", "instrument": "visit", "construct": "trust", "low": 0, "high": 2},
                    ],
                },
            ),
        )
    stops = [problem for problem in caught.value.problems if problem.severity == "stop"]
    assert [(problem.code, problem.column, problem.rows) for problem in stops] == [("SB-FILE-18", "sdq1", (1,))]
    assert "C1" not in str(caught.value)


def test_rows_in_messages_count_the_data_alone(tmp_path):
    file = written(tmp_path, NAMES, TEXTS, MARKS, row(1, "C1", "2"), row(2, "", "2"))
    with pytest.raises(sb.DataError) as caught:
        sb.read_questionnaire(file)
    (problem,) = [problem for problem in caught.value.problems if problem.severity == "stop"]
    assert (problem.code, problem.rows) == ("SB-ID-09", (2,))


def test_seconds_clicks_and_orders_are_no_answers_and_spam_is_told(tmp_path):
    names = "StartDate,EndDate,Status,Finished,RecordedDate,ResponseId,T_First Click,T_Page Submit,Q1,Q1_DO,code\n"
    day = "2024-01-02 10:00:00"
    rows = [f"{day},{day},{status},1,{day},R_{status},1.5,20.5,{status},1|2,K{status}\n" for status in (0, 8)]
    file = tmp_path / "qualtrics.csv"
    file.write_text(names + "".join(rows))
    read = sb.read_questionnaire(file, child="code")
    assert list(read.matched.loc[read.matched["item"] != "", "item"]) == ["Q1"]
    assert read.wide["Q1"].tolist() == [0, 8]
    (told,) = (problem for problem in read.assumptions if problem.code == "SB-FILE-130")
    assert (told.severity, told.column, told.rows) == ("warn", "Status", (2,))
