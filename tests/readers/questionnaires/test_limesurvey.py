"""Exports of LimeSurvey, made here in its manner: headings as codes, texts or both, answers as codes or words."""

from pathlib import Path

import pytest

import securebase_analysis as sb
from securebase_analysis.readers.questionnaires import read_export
from securebase_analysis.readers.questionnaires.limesurvey_syntax import read_syntax

CODES = (
    '"id","submitdate","lastpage","startlanguage","seed","token","ipaddr","Q1[SQ001]","Q1[SQ002]","Q2[other]","ok"'
)
TEXTS = (
    '"Response ID","Date submitted","Last page","Start language","Seed","Access code","IP address",'
    '"How often? [School]","How often? [Home]","What else? [Other]","Do you agree?"'
)
BOTH = (
    '"id. Response ID","submitdate. Date submitted","lastpage. Last page","startlanguage. Start language",'
    '"seed. Seed","token. Access code","ipaddr. IP address","Q1[SQ001]. How often? [School]",'
    '"Q1[SQ002]. How often? [Home]","Q2[other]. What else? [Other]","ok. Do you agree?"'
)
ANSWERS = (
    '"1","2021-03-01 10:00:00","3","en","11","tkA","10.0.0.1","A1","A2","","Y"',
    '"2","","1","en","12","tkB","10.0.0.2","A3","N/A","","N"',
)
WORDS = (
    '"1","2021-03-01 10:00:00","3","en","11","tkA","10.0.0.1","never","at times, ""seldom""","","1"',
    '"2","","1","en","12","tkB","10.0.0.2","always","N/A","","0"',
)
NAMES = ["id", "submitdate", "lastpage", "startlanguage", "seed", "token", "ipaddr", "Q1_SQ001", "Q1_SQ002",
         "Q2_other", "ok"]  # fmt: skip


def syntax() -> str:
    """A syntax file for R as the program writes it."""
    lines = ['data <- read.csv("survey_1_R_data_file.csv", quote = "\'\\"", stringsAsFactors=FALSE)', ""]
    for place, name in enumerate(NAMES, start=1):
        lines += [f"# LimeSurvey Field type: A\ndata[, {place}] <- as.character(data[, {place}])"]
        lines += [f'attributes(data)$variable.labels[{place}] <- "About {name}"']
        if name.startswith("Q1"):
            lines += [
                f'data[, {place}] <- factor(data[, {place}], levels=c("A1","A2","A3"),'
                'labels=c("never", "at times, \\"seldom\\"", "always"))'
            ]
        if name == "ok":
            lines += [f'data[, {place}] <- factor(data[, {place}], levels=c(1,0),labels=c("Yes", "Not selected"))']
        lines += [f'names(data)[{place}] <- "{name}"']
    return "\n".join(lines) + "\n"


def written(folder: Path, *lines: str, name: str = "limesurvey.csv") -> Path:
    file = folder / name
    file.write_text("\n".join(lines) + "\n", encoding="utf-8-sig")
    return file


@pytest.mark.parametrize("separator", [",", ";"])
def test_codes_in_headings_and_cells(tmp_path, separator):
    lines = [line.replace('","', f'"{separator}"') for line in (CODES, *ANSWERS)]
    read = sb.read_questionnaire(written(tmp_path, *lines))
    assert read.program == "limesurvey"
    assert read.columns["column"].tolist() == NAMES
    assert read.wide[["child", "Q1_SQ001", "ok"]].values.tolist() == [["tkA", 1, 1], ["tkB", 3, 0]]
    assert read.wide["date"].dt.strftime("%Y-%m-%d").fillna("").tolist() == ["2021-03-01", ""]
    shown = read.answers[read.answers["item"] == "Q1_SQ002"]
    assert shown["answer"].fillna(-1).tolist() == [2, -1]
    assert shown["reason"].fillna("").tolist() == ["", "not shown"]
    told = {problem.code: problem for problem in read.assumptions}
    assert told["SB-FILE-127"].severity == "warn"
    assert "row" not in told["SB-FILE-127"].what  # a column of ids such as K01 looks the same
    assert told["SB-FILE-128"].rows == (2,)
    assert told["SB-FILE-129"].rows == (2,)
    assert "tkA" not in str(read.assumptions)
    assert "10.0.0" not in str(read.assumptions)


def test_the_syntax_file_gives_names_labels_and_words(tmp_path):
    dictionary = written(tmp_path, syntax(), name="survey_1_R_syntax_file.R")
    questions = read_syntax(dictionary)
    assert [question.name for question in questions] == NAMES
    assert questions[7].choices == {"A1": "never", "A2": 'at times, "seldom"', "A3": "always"}
    assert questions[10].choices == {"1": "Yes", "0": "Not selected"}
    for heading, answers in ((CODES, WORDS), (TEXTS, WORDS), (TEXTS, ANSWERS), (BOTH, ANSWERS)):
        read = sb.read_questionnaire(written(tmp_path, heading, *answers), dictionary=dictionary)
        assert read.columns["column"].tolist() == NAMES
        assert read.wide[["Q1_SQ001", "Q1_SQ002", "ok"]].fillna(-1).values.tolist() == [[1, 2, 1], [3, -1, 0]]
        assert "About Q1_SQ001" in set(read.columns["label"])


def test_headings_with_code_and_text(tmp_path):
    export = read_export(written(tmp_path, BOTH, *ANSWERS))
    assert export.program == "limesurvey"
    assert export.columns["column"].tolist() == NAMES
    assert export.columns.set_index("column")["label"]["Q1_SQ002"] == "How often? [Home]"


def test_headings_with_texts_alone_keep_them_as_names(tmp_path):
    export = read_export(written(tmp_path, TEXTS, *ANSWERS))
    assert export.program == "limesurvey"
    assert export.with_role("item") == [
        "How often? [School]", "How often? [Home]", "What else? [Other]", "Do you agree?",
    ]  # fmt: skip
    read = sb.read_questionnaire(
        written(tmp_path, TEXTS, *ANSWERS),
        sb.make_codebook(
            "Pilot",
            "1",
            {
                "instruments": [{"instrument": "visit", "minimum_answered": 1}],
                "items": [{"item": "a1", "instrument": "visit", "construct": "trust", "low": 1, "high": 3}],
            },
        ),
        items={"a1": "How often? [School]"},
    )
    assert read.wide["a1"].tolist() == [1, 3]


def test_codes_of_several_kinds_are_not_read_as_numbers(tmp_path):
    lines = [line.replace('"A3"', '"B3"') for line in (CODES, *ANSWERS)]
    export = read_export(written(tmp_path, *lines))
    assert export.choices_of("Q1_SQ001") == {}


def test_a_survey_without_dates_gives_none(tmp_path):
    lines = [line.replace("2021-03-01 10:00:00", "1980-01-01 00:00:00") for line in (CODES, *ANSWERS)]
    assert read_export(written(tmp_path, *lines)).with_role("date") == []


def test_addresses_are_personal_and_the_id_of_a_response_is_no_child(tmp_path):
    without = [",".join(cell for at, cell in enumerate(line.split(",")) if at != 5) for line in (CODES, *ANSWERS)]
    export = read_export(written(tmp_path, *without))
    assert export.with_role("personal") == ["ipaddr"]
    assert export.with_role("id") == []
    with pytest.raises(sb.DataError, match="SB-ID-40"):
        sb.read_questionnaire(written(tmp_path, *without))


def test_a_file_that_is_no_syntax_is_refused(tmp_path):
    with pytest.raises(sb.DataError, match="SB-FILE-125"):
        read_export(written(tmp_path, CODES, *ANSWERS), dictionary=written(tmp_path, "a,b", name="other.csv"))
    with pytest.raises(sb.DataError, match="SB-FILE-125"):
        read_syntax(tmp_path / "absent.R")


def test_a_hostile_syntax_file_takes_no_time(tmp_path):
    attack = "data[, 1] <- factor(data[, 1], levels=c(" + '"),labels=c(' * 200_000
    assert read_syntax(written(tmp_path, attack, 'names(data)[1] <- "id"', name="hostile.R"))[0].name == "id"


def test_the_syntax_for_spss_and_its_data_are_sent_to_another_export(tmp_path):
    syntax = tmp_path / "survey.sps"
    syntax.write_text("SET UNICODE=ON.\nGET DATA\n /TYPE=TXT\n /FILE='survey.dat'\n /VARIABLES=\n V1 F4.\n")
    data = tmp_path / "survey.dat"
    data.write_text("'1','02-01-2024 10:00:00','K01','A1'\n'2','03-01-2024 10:00:00','K02','A2'\n")
    for file, code in ((syntax, "SB-FILE-66"), (data, "SB-FILE-72")):
        with pytest.raises(sb.DataError) as caught:
            sb.read_questionnaire(file)
        (problem,) = caught.value.problems
        assert problem.code == code
        assert "export the responses as CSV with the codes of answers" in problem.fix
        assert "K01" not in str(caught.value)


def test_boxes_of_which_only_the_ticked_ones_hold_anything_are_told(tmp_path):
    file = tmp_path / "survey.csv"
    file.write_text(
        '"id","submitdate","lastpage","startlanguage","seed","token","help[SQ001]","help[SQ002]","seen"\n'
        '"1","2024-01-02 10:00:00","3","en","12","K01","Y","","Y"\n'
        '"2","2024-01-03 10:00:00","3","en","13","K02","","Y","N"\n'
    )
    read = sb.read_questionnaire(file)
    (told,) = (problem for problem in read.assumptions if problem.code == "SB-FILE-131")
    assert (told.severity, told.column) == ("warn", "help_SQ001, help_SQ002")
    assert read.wide[["help_SQ001", "seen"]].fillna(-1).to_numpy().tolist() == [[1, 1], [-1, 0]]
