"""Workbooks that would be far larger in memory than on disk, and what libraries say of their make-up."""

import warnings
import zipfile

import openpyxl
import pytest
from openpyxl.worksheet.datavalidation import DataValidation

from securebase_analysis.errors import DataError
from securebase_analysis.readers import workbooks
from securebase_analysis.readers.tables import read_table, sheet_names

IDS = ("K7Q-014", "K7Q-015")


@pytest.fixture
def workbook(tmp_path):
    """Writes two children; gives the path."""

    def write(cells=(), sheets=0):
        book = openpyxl.Workbook()
        for row in (["child", "q1"], [IDS[0], 1], [IDS[1], 2]):
            book.active.append(row)
        for place, value in cells:
            book.active[place] = value
        for number in range(sheets):
            book.create_sheet(f"s{number}")
        book.save(tmp_path / "wave1.xlsx")
        return tmp_path / "wave1.xlsx"

    return write


def refused(path):
    """The one problem with which a workbook is refused; no child is named in it."""
    with pytest.raises(DataError) as caught:
        read_table(path)
    (problem,) = caught.value.problems
    assert problem.table == "wave1.xlsx"
    assert problem.fix
    assert not any(child in str(caught.value) for child in IDS)
    return problem


@pytest.mark.parametrize(
    ("limit", "most", "words"),
    [
        ("MAX_ROWS", 2, "The sheet 'Sheet' has more than 2 rows."),
        ("MAX_CELLS", 5, "The sheet 'Sheet' has more than 5 cells."),
        ("MAX_CHARACTERS", 10, "The sheet 'Sheet' has more than 10 characters."),
        ("MAX_SHEETS", 2, "The workbook has more than 2 sheets."),
        ("MAX_STYLES", 0, "The workbook has more than 0 formats of cells."),
    ],
)
def test_sb_file_69_more_than_memory_should_hold(workbook, monkeypatch, limit, most, words):
    path = workbook(sheets=2)
    assert len(read_table(path).frame) == 2
    monkeypatch.setattr(workbooks, limit, most)
    problem = refused(path)
    assert (problem.code, problem.what) == ("SB-FILE-69", words)


def test_sb_file_69_one_cell_far_down_and_one_far_to_the_right(workbook, monkeypatch):
    monkeypatch.setattr(workbooks, "MAX_CELLS", 600)
    assert len(read_table(workbook([("A40", "x")])).frame) == 3
    problem = refused(workbook([("A40", "x"), ("Z2", "y")]))
    assert (problem.code, problem.what) == ("SB-FILE-69", "The sheet 'Sheet' has more than 600 cells.")


def test_what_the_library_says_of_formats_reaches_nobody(workbook, recwarn):
    path = workbook()
    book = openpyxl.load_workbook(path)
    book.active.add_data_validation(DataValidation(type="list", formula1='"a,b"'))
    book.active.oddHeader.center.text = "&" * 5
    book.save(path)
    read_table(path)
    assert sheet_names(path) == ["Sheet"]
    assert not recwarn.list


@pytest.mark.parametrize("old", ['r:id="rId1"', 'Id="rId1"'])
def test_sb_file_71_a_sheet_that_the_library_would_leave_out(workbook, old):
    path = workbook()
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    new = b'r:id=""' if old.startswith("r:") else b'Id="rId1" Other="x"'
    part = "xl/workbook.xml" if old.startswith("r:") else "xl/_rels/workbook.xml.rels"
    assert old.encode() in parts[part]
    parts[part] = parts[part].replace(old.encode(), new)
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert refused(path).code == "SB-FILE-71"


def test_sb_file_35_entities_in_a_part_in_utf_16(workbook):
    path = workbook()
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("xl/extra.xml", "<?xml version='1.0'?><!DOCTYPE a><a/>".encode("utf-16"))
    assert refused(path).code == "SB-FILE-35"


def test_sb_file_20_formulas_in_a_sheet_in_utf_16(workbook):
    path = workbook([("B3", "=1+1")])
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    sheet = "xl/worksheets/sheet1.xml"
    parts[sheet] = b"\xff\xfe" + parts[sheet].decode().encode("utf-16-le")
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    assert refused(path).code == "SB-FILE-20"
