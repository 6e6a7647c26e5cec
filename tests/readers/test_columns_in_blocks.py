"""A large text file read in blocks holds the same cells as a small one, in a fraction of the memory."""

from __future__ import annotations

import io

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from securebase_analysis.readers import columns_in_blocks, delimited, tables
from securebase_analysis.readers.columns_in_blocks import ColumnInBlocks, spelled_out


@pytest.fixture
def every_file_is_large(monkeypatch):
    monkeypatch.setattr(delimited, "LARGE_FILE", 0)
    monkeypatch.setattr(delimited, "BLOCK_BYTES", 64)


def column_of(*blocks: list, as_category: bool = True) -> pd.Series:
    column = ColumnInBlocks(as_category)
    for block in blocks:
        column.add(pa.array(block, pa.string()))
    return column.finished()


def test_few_different_cells_become_a_category_over_all_blocks():
    cells = column_of(["2", None, "10"], ["1"], [None, "2"])
    assert cells.cat.categories.tolist() == ["1", "10", "2"]
    assert cells.astype("str").fillna("?").tolist() == ["2", "?", "10", "1", "?", "2"]
    assert cells.cat.codes.dtype == np.int8


def test_too_many_different_cells_stay_text_with_what_came_before(monkeypatch):
    monkeypatch.setattr(columns_in_blocks, "MOST_CATEGORIES", 3)
    cells = column_of(["a", None, "b"], ["c", "d", None], ["e"])
    assert cells.dtype == "str"
    assert cells.fillna("?").tolist() == ["a", "?", "b", "c", "d", "?", "e"]


@pytest.mark.parametrize("as_category", [True, False])
def test_a_column_without_cells_is_empty(as_category):
    assert column_of([None, None], as_category=as_category).isna().tolist() == [True, True]
    assert len(column_of(as_category=as_category)) == 0


def test_a_large_file_says_and_holds_what_a_small_one_does(tmp_path, monkeypatch):
    file = tmp_path / "wave1.csv"
    rows = [f'00{n},{n % 3},{"NA" if n == 7 else "C1"},"said ""no"",\nthen yes",{n}.5' for n in range(60)]
    file.write_text("child,sdq1,coder,note,score\n" + "\n".join([*rows[:30], ",,,,", *rows[30:], "Total,60,,,"]))
    small = tables.read_table(file)
    monkeypatch.setattr(delimited, "LARGE_FILE", 0)
    monkeypatch.setattr(delimited, "BLOCK_BYTES", 256)
    large = tables.read_table(file)
    assert isinstance(large.frame["sdq1"].dtype, pd.CategoricalDtype)
    pd.testing.assert_frame_equal(spelled_out(large.frame), small.frame)
    assert [str(one) for one in large.assumptions] == [str(one) for one in small.assumptions]
    assert {one.code for one in large.assumptions} == {"SB-FILE-05", "SB-FILE-06", "SB-FILE-09", "SB-FILE-65"}


def test_rows_of_another_width_are_mended_in_a_large_file_too(tmp_path, every_file_is_large):
    file = tmp_path / "short.csv"
    file.write_text("child,sdq,note\n" + "a,1,x\n" * 40 + "b,2\n" + "a,1,x\n" * 40)
    table = tables.read_table(file)
    assert len(table.frame) == 81
    assert [(one.code, one.rows) for one in table.assumptions] == [("SB-FILE-62", (41,))]


def test_a_bar_is_shown_to_people_and_reaches_the_end(tmp_path, monkeypatch):
    shown = io.StringIO()
    monkeypatch.setattr(delimited, "QUIET", {"file": shown, "disable": False, "mininterval": 0})
    monkeypatch.setattr(delimited, "BLOCK_BYTES", 256)
    file = tmp_path / "wave1.csv"
    file.write_text("child,sdq\n" + "a1,3\n" * 400)
    assert len(tables.read_table(file).frame) == 400
    assert "wave1.csv" in shown.getvalue()
    assert "100%" in shown.getvalue()
