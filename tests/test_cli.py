"""The command: everything wrong in words, with an exit code, and never a traceback."""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from securebase_analysis.cli import app

SAMPLE = Path(__file__).parents[1] / "data" / "sample"


def ran(*words: object) -> tuple[int, str]:
    """Exit code and everything that was printed."""
    result = CliRunner().invoke(app, [str(word) for word in words])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.output


@pytest.fixture
def study(tmp_path) -> Path:
    return Path(shutil.copytree(SAMPLE, tmp_path / "study"))


def test_a_study_in_order_ends_with_0(study):
    code, said = ran("check", study)
    assert code == 0
    assert "0 must be mended" in said


def test_what_would_stop_the_scores_is_told_by_check(study):
    """An item that was reversed before it came here can only be seen from its scale."""
    file = study / "carer_questionnaire.csv"
    table = pd.read_csv(file)
    table["av4"] = table["av4"].where(table["av4"] > 5, 6 - table["av4"]).astype("Int64")
    table.to_csv(file, index=False)
    code, said = ran("check", study)
    assert code == 1
    assert "SB-ITEM-01 (stop)" in said
    assert "1 must be mended" in said


@pytest.mark.parametrize("words", [("check", "nowhere"), ("report", "nowhere"), ("new", "data")])
def test_folders_that_cannot_be_used(words, monkeypatch):
    monkeypatch.chdir(SAMPLE.parents[1])
    code, said = ran(*words)
    assert code == 1
    assert "(stop)" in said
    assert "fix:" in said


def test_a_place_that_cannot_be_written_is_said(study, tmp_path):
    code, said = ran("check", study, "--xlsx", tmp_path / "not" / "there" / "problems.xlsx")
    assert code == 1
    assert "SB-OUT-36 (stop): problems.xlsx cannot be written" in said


def test_a_file_where_the_new_folder_should_be(tmp_path):
    (tmp_path / "taken").write_text("")
    code, said = ran("new", tmp_path / "taken" / "study")
    assert code == 1
    assert "SB-OUT-36" in said or "SB-STUDY-12" in said


@pytest.mark.parametrize(
    ("file", "holds"),
    [
        ("interviews.qdpx", "Interviews: 5663 segments"),
        ("sdq_teacher.sav", "232 children, 4 waves, 25 items"),
        ("carer_questionnaire.csv", "239 children, 4 waves, 28 items"),
    ],
)
def test_a_look_says_what_a_file_holds(file, holds):
    code, said = ran("look", SAMPLE / file)
    assert code == 0
    assert holds in said
    assert f"('{file}')" in said
    assert said.count("SB-FILE-15 (note)") == (file == "sdq_teacher.sav")


def test_a_look_finds_the_items_of_a_codebook():
    code, said = ran("look", SAMPLE / "carer_questionnaire.csv", "--codebook", SAMPLE / "codebook.toml")
    assert code == 0
    assert "In Python: sb.read_questionnaire('carer_questionnaire.csv', codebook)" in said


@pytest.mark.parametrize("file", ["nothing.csv", "README.md", "."])
def test_a_look_at_what_cannot_be_read_ends_with_1(file):
    code, said = ran("look", SAMPLE / file)
    assert code == 1
    assert "(stop)" in said


def test_a_code_is_explained():
    code, said = ran("explain", "SB-FILE-21")
    assert code == 0
    assert said.startswith("### SB-FILE-21")
    code, said = ran("explain", "SB-FILE-2l")
    assert code == 1
    assert "fix:" in said
