"""`study.toml`: understood, or refused with every problem at once."""

from __future__ import annotations

import datetime as dt
import os

import pandas as pd
import pytest

from securebase_analysis.study.study_file import read_study_file, stays_inside

GOOD = """
[study]
name = "Pilot"
codebook = "codebook.toml"
date_order = "dmy"
data_freeze = 2025-03-31

[children]
file = "children.csv"
columns = { child = "id" }

[[responses]]
instrument = "visit"
file = "tables/visit.csv"
informant = "carer"
decimal = ","
"""


@pytest.fixture
def folder(tmp_path):
    """A folder with the files that GOOD names."""
    (tmp_path / "tables").mkdir()
    for name in ("codebook.toml", "children.csv", "tables/visit.csv"):
        (tmp_path / name).write_text("x")
    return tmp_path


def read(folder, text):
    (folder / "study.toml").write_text(text)
    return read_study_file(folder)


def test_what_it_says_is_understood(folder):
    study, problems = read(folder, GOOD)
    assert problems == []
    assert (study.name, study.simulated, study.date_order) == ("Pilot", False, "dmy")
    assert study.data_freeze == pd.Timestamp(dt.date(2025, 3, 31))
    assert [entry.section for entry in study.entries] == ["children", "responses"]
    assert study.of("responses")[0].reading == {"decimal": ","}
    assert study.of("children")[0].columns == {"child": "id"}
    assert read_study_file(folder / "study.toml")[0].name == "Pilot"


@pytest.mark.parametrize(
    ("old", "new", "code", "fix"),
    [
        ("[children]", "[childern]", "SB-STUDY-03", "Rename it to children."),
        ("date_order", "date_oder", "SB-STUDY-03", "Rename it to date_order."),
        ("informant =", "infromant =", "SB-STUDY-03", "Rename it to informant."),
        ('"dmy"', '"dym"', "SB-STUDY-09", "ymd, dmy, mdy"),
        ("2025-03-31", '"31/03/2025"', "SB-STUDY-09", "2025-03-31"),
        ('"Pilot"', "3", "SB-STUDY-09", "name of the study"),
        ('instrument = "visit"\n', "", "SB-STUDY-09", "the questionnaire"),
        ("children.csv", "childrn.csv", "SB-STUDY-04", 'file = "children.csv"'),
        ("tables/visit.csv", "tables/vist.csv", "SB-STUDY-04", 'file = "tables/visit.csv"'),
        ("codebook.toml", "codebok.toml", "SB-STUDY-04", "codebook.toml"),
        ('decimal = ","', 'decimal = ";"', "SB-STUDY-09", "decimal mark"),
        ('columns = { child = "id" }', 'columns = "id"', "SB-STUDY-09", "our column names"),
    ],
)
def test_what_is_wrong_is_said_with_a_fix(folder, old, new, code, fix):
    _, problems = read(folder, GOOD.replace(old, new, 1))
    assert [problem.code for problem in problems] == [code]
    assert problems[0].severity == "stop"
    assert problems[0].table == "study.toml"
    assert fix in problems[0].fix


def test_everything_at_once(folder):
    text = GOOD.replace("[children]", "[childern]").replace('"dmy"', '"dym"').replace("visit.csv", "vist.csv")
    _, problems = read(folder, text)
    assert sorted(problem.code for problem in problems) == ["SB-STUDY-03", "SB-STUDY-04", "SB-STUDY-09"]


@pytest.mark.parametrize(
    "path",
    [
        "../children.csv",
        "tables/../../children.csv",
        "tables/../children.csv",
        "/etc/hostname",
        "C:\\\\data\\\\a.csv",
        "\\\\\\\\host\\\\a.csv",
    ],
)
def test_nothing_outside_the_folder_is_opened(folder, path):
    (folder.parent / "children.csv").write_text("child\n1\n")
    _, problems = read(folder, GOOD.replace("children.csv", path))
    assert [problem.code for problem in problems] == ["SB-STUDY-05"]
    assert problems[0].column == "children.file"
    assert "not opened" in problems[0].done


def test_links_out_of_the_folder_are_refused(folder, tmp_path_factory):
    outside = tmp_path_factory.mktemp("outside") / "secret.csv"
    outside.write_text("child\n1\n")
    os.symlink(outside, folder / "link.csv")
    assert not stays_inside(folder, "link.csv")
    _, problems = read(folder, GOOD.replace("children.csv", "link.csv"))
    assert [problem.code for problem in problems] == ["SB-STUDY-05"]


@pytest.mark.parametrize("text", ["[study\n", 'name = "a', "x" * 10 + "[" * 5], ids=["bracket", "quote", "noise"])
def test_what_is_not_toml(folder, text):
    study, problems = read(folder, text)
    assert study is None
    assert [problem.code for problem in problems] == ["SB-STUDY-02"]


def test_what_is_not_text(folder):
    (folder / "study.toml").write_bytes(b"\xff\xfe\x00name")
    assert [problem.code for problem in read_study_file(folder)[1]] == ["SB-STUDY-02"]


def test_a_study_without_data(folder):
    _, problems = read(folder, '[study]\nname = "Pilot"\ncodebook = "codebook.toml"\n')
    assert [problem.code for problem in problems] == ["SB-STUDY-01"]
    assert "[children]" in problems[0].fix


def test_sections_of_the_wrong_shape(folder):
    _, problems = read(folder, 'children = [1]\n[study]\nname = "Pilot"\ncodebook = "codebook.toml"\n')
    assert [(problem.code, problem.column) for problem in problems] == [("SB-STUDY-09", "children")]
    study, problems = read(folder, 'study = 3\n[children]\nfile = "children.csv"\n')
    assert study is None
    assert problems[0].code == "SB-STUDY-09"


def test_a_file_that_holds_something_else_is_not_offered(folder):
    """Copied as it stands, such a fix would read one table as another."""
    (folder / "tables" / "visit.csv").rename(folder / "tables" / "visits_of_2021.csv")
    _, problems = read(folder, GOOD + '\n[placements]\nfile = "childrens.csv"\n')
    fixes = {problem.column: problem.fix for problem in problems}
    assert fixes["placements.file"] == "Put childrens.csv into the folder, or remove the section."
    assert fixes["responses.file"] == 'file = "tables/visits_of_2021.csv"'


def test_a_codebook_that_is_not_there_is_answered_under_its_own_key(folder):
    (folder / "codebook.toml").rename(folder / "codebook.xlsx")
    _, problems = read(folder, GOOD)
    assert problems[0].fix == 'codebook = "codebook.xlsx"'


def test_another_encoding_is_answered_with_utf_8(folder):
    (folder / "study.toml").write_bytes(GOOD.replace("Pilot", "Zo\u00eb").encode("cp1252"))
    assert "UTF-8" in read_study_file(folder)[1][0].fix


@pytest.mark.parametrize("name", ["a\\u0000b", "a" * 300, "a/" * 3000 + "b", ".", "\\ud7ff"])
@pytest.mark.parametrize("old", ['"codebook.toml"', '"children.csv"', '"tables/visit.csv"'])
def test_names_that_no_file_can_have_are_not_there(folder, name, old):
    _, problems = read(folder, GOOD.replace(old, f'"{name}"'))
    allowed = old == '"codebook.toml"' and name == "."  # a codebook may be a folder
    assert [problem.code for problem in problems] == ([] if allowed else ["SB-STUDY-04"])
    assert all(problem.table == "study.toml" and problem.fix for problem in problems)
