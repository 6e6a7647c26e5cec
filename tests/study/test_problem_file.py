"""The list of problems as a workbook."""

from __future__ import annotations

import openpyxl

from securebase_analysis.errors import Problem
from securebase_analysis.study.problem_file import write_problems


def test_one_row_a_problem_stops_first(tmp_path):
    problems = [
        Problem("SB-WAVE-13", "note", "There is no freeze."),
        Problem("SB-ID-09", "stop", "2 rows have no child id.", "visit.csv", "child", (5, 21), fix="Fill in."),
    ]
    sheet = openpyxl.load_workbook(write_problems(problems, tmp_path / "problems.xlsx")).active
    rows = list(sheet.iter_rows(values_only=True))
    assert rows[0][:3] == ("Code", "Severity", "What is wrong")
    assert rows[1][:7] == ("SB-ID-09", "stop", "2 rows have no child id.", "visit.csv", "child", "5, 21", 2)
    assert rows[2][0] == "SB-WAVE-13"
    assert sheet.freeze_panes == "A2"
    assert sheet.auto_filter.ref == "A1:J3"
    assert sheet["C2"].alignment.wrap_text


def test_nothing_in_it_runs_as_a_formula(tmp_path):
    problem = Problem("SB-STUDY-06", "stop", "=HYPERLINK(1)", "+a.csv", "@col", fix="-1\x00\x07")
    sheet = openpyxl.load_workbook(write_problems([problem], tmp_path / "problems.xlsx")).active
    for cell in sheet[2]:
        assert cell.data_type != "f"
        assert not str(cell.value or "").startswith(("=", "+", "-", "@"))


def test_no_problems_give_a_head_only(tmp_path):
    sheet = openpyxl.load_workbook(write_problems([], tmp_path / "problems.xlsx")).active
    assert sheet.max_row == 1
