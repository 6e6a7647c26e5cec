"""No cell that is written may run as a formula."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from securebase_analysis.results.safe_text import neutralise


@pytest.mark.parametrize(
    "cell", ["=1+1", "+A1", "-A1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "  =1", "=cmd|' /C calc'!A0"]
)
def test_a_formula_becomes_text(cell):
    assert neutralise(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", ["kinship", "", "a=b", "'=1", -3, 2.5, None, True])
def test_everything_else_passes_unchanged(cell):
    assert neutralise(cell) is cell


@given(st.text())
def test_nothing_dangerous_is_left_and_nothing_is_lost(cell):
    written = neutralise(cell)
    assert not written.lstrip().startswith(("=", "+", "-", "@"))
    assert written in (cell, f"'{cell}")
