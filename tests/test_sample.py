"""`data/sample` is what the simulator writes: re-simulated from its recorded seed, every file holds the same."""

from __future__ import annotations

import re
from pathlib import Path

import openpyxl
import pandas as pd
import pyreadstat
import pytest

from securebase_analysis.readers.interviews import read_interviews
from securebase_analysis.study.codebook_files import read_codebook
from securebase_analysis.study.simulate import simulate_study, write_study

SAMPLE = Path(__file__).parents[1] / "data" / "sample"
BINARY = {"sdq_teacher.sav", "codebook.xlsx", "interviews.qdpx"}
MOST_BYTES = 6_000_000


def recorded_call():
    """The arguments that the README gives for the sample."""
    found = re.search(r"simulate_study\((.*?)\)", (SAMPLE / "README.md").read_text("utf-8"))
    return {name: int(value) for name, value in re.findall(r"(\w+)=(\d+)", found[1])}


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    return write_study(simulate_study(**recorded_call()), tmp_path_factory.mktemp("sample"))


def test_the_readme_records_the_default_call():
    assert recorded_call() == {"n_children": 240, "n_waves": 4, "seed": 20417}


def test_the_folder_holds_the_files_that_are_written_and_no_other(written):
    assert {path.name for path in SAMPLE.iterdir()} == {path.name for path in written.iterdir()}
    assert {path.name for path in SAMPLE.iterdir()} >= BINARY


@pytest.mark.parametrize("name", sorted(path.name for path in SAMPLE.iterdir() if path.name not in BINARY))
def test_text_files_are_the_same(written, name):
    assert (written / name).read_text("utf-8") == (SAMPLE / name).read_text("utf-8")


def test_the_spss_file_holds_the_same_answers_labels_and_missing_codes(written):
    ours, about_ours = pyreadstat.read_sav(written / "sdq_teacher.sav", user_missing=True)
    theirs, about_theirs = pyreadstat.read_sav(SAMPLE / "sdq_teacher.sav", user_missing=True)
    pd.testing.assert_frame_equal(ours, theirs)
    for what in ("column_names_to_labels", "variable_value_labels", "missing_ranges", "file_label"):
        assert getattr(about_ours, what) == getattr(about_theirs, what)
    assert about_ours.missing_ranges["sdq1"] == [{"lo": 8.0, "hi": 8.0}, {"lo": 9.0, "hi": 9.0}]
    assert about_ours.column_names_to_labels["sdq1"] == "SDQ item 1"


def test_the_interviews_are_the_same(written):
    ours, theirs = read_interviews(written / "interviews.qdpx"), read_interviews(SAMPLE / "interviews.qdpx")
    for table in ("segments", "sources", "codes", "coders"):
        pd.testing.assert_frame_equal(getattr(ours, table), getattr(theirs, table))


def test_the_project_holds_what_was_simulated():
    keys = ["source", "start", "end", "code", "coder", "text"]
    simulated = simulate_study(**recorded_call()).interviews
    read = read_interviews(SAMPLE / "interviews.qdpx")
    in_order = [
        frame[keys].sort_values(keys).reset_index(drop=True) for frame in (simulated.segments, read.segments)
    ]
    pd.testing.assert_frame_equal(*in_order, check_dtype=False)
    assert read.sources["text"].tolist() == simulated.sources["text"].tolist()


def test_the_workbook_holds_the_same_cells(written):
    def cells(path):
        book = openpyxl.load_workbook(path, read_only=True)
        return {sheet.title: list(sheet.values) for sheet in book}

    assert cells(written / "codebook.xlsx") == cells(SAMPLE / "codebook.xlsx")


def test_writing_again_gives_the_same_bytes(written, tmp_path):
    again = write_study(simulate_study(**recorded_call()), tmp_path)
    for path in written.iterdir():
        assert path.read_bytes() == (again / path.name).read_bytes(), path.name


def test_both_codebooks_are_one():
    in_toml, in_workbook = (read_codebook(SAMPLE / f"codebook.{form}") for form in ("toml", "xlsx"))
    assert (
        in_toml.fingerprint == in_workbook.fingerprint == simulate_study(20, interviews=False).codebook.fingerprint
    )


def test_the_folder_says_loudly_that_it_is_simulated():
    readme = (SAMPLE / "README.md").read_text("utf-8")
    assert readme.startswith("# SIMULATED DATA")
    assert "simulated = true" in (SAMPLE / "study.toml").read_text("utf-8")
    rows = [line for line in readme.splitlines() if line.startswith("| `") and line.count("|") == 5]
    quantities = simulate_study(20, interviews=False).calibration.quantities
    assert len(rows) == len(quantities)
    for row, quantity in zip(rows, quantities, strict=True):
        assert ("ASSUMPTION" in row) == quantity.is_assumption


def test_the_folder_is_small_enough_to_ship():
    assert sum(path.stat().st_size for path in SAMPLE.iterdir()) < MOST_BYTES
