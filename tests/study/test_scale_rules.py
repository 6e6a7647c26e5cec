"""Minima of scales and forms, what blanks count, and conversions: what a codebook may not say of them."""

from __future__ import annotations

import copy

import pytest

from securebase_analysis.errors import DataError
from securebase_analysis.study.codebook import make_codebook

TABLES: dict = {
    "instruments": [
        {"instrument": "form", "minimum_answered": 1, "minimum_of_form": 3, "rule": "sum", "metric": "raw"}
    ],
    "items": [
        {"item": f"a{number}", "instrument": "form", "construct": "worry", "low": 0, "high": 1}
        for number in range(1, 4)
    ],
    "scales": [
        {"scale": "worry", "instrument": "form", "minimum_answered": 2},
        {"scale": "worry_metric", "instrument": "form", "converted_from": "worry"},
    ],
    "conversions": [
        {"scale": "worry_metric", "score": score, "converted": converted}
        for score, converted in ((0, 0.0), (1, 1.5), (2, 1.75), (3, 3.0))
    ],
}


@pytest.fixture
def tables():
    return copy.deepcopy(TABLES)


def problem_of(tables):
    """The only problem of a codebook made from these tables."""
    with pytest.raises(DataError) as raised:
        make_codebook("Small", "1", tables)
    assert len(raised.value.problems) == 1, str(raised.value)
    found = raised.value.problems[0]
    assert found.severity == "stop"
    assert found.fix
    return found


def test_a_codebook_that_keeps_the_rules(tables):
    assert make_codebook("Small", "1", tables).constructs_of("form") == ["worry", "worry_metric"]


@pytest.mark.parametrize(
    ("table", "column", "value"),
    [
        ("scales", "minimum_answered", 4),
        ("scales", "minimum_answered", -1),
        ("instruments", "minimum_of_form", 4),
        ("instruments", "minimum_of_form", -2),
    ],
)
def test_20_more_answers_than_items(tables, table, column, value):
    tables[table][0][column] = value
    found = problem_of(tables)
    assert (found.code, found.table, found.column) == ("SB-BOOK-20", f"codebook: {table}", column)
    assert found.rows == (1,)


def test_21_a_factor_has_no_blanks_at_the_lowest_answer(tables):
    del tables["conversions"], tables["scales"][1]
    tables["instruments"][0] |= {"rule": "factor", "blanks": "lowest"}
    found = problem_of(tables)
    assert (found.code, found.column, found.rows) == ("SB-BOOK-21", "blanks", (1,))


@pytest.mark.parametrize(
    "change",
    [{"converted_from": "wory"}, {"converted_from": "worry_metric"}, {"sum_of": ["worry"]}],
)
def test_22_a_conversion_of_something_else(tables, change):
    tables["scales"][1] |= change
    found = problem_of(tables)
    assert (found.code, found.table, found.rows) == ("SB-BOOK-22", "codebook: scales", (2,))
    assert 'converted_from = "worry"' in found.fix


def test_22_a_conversion_of_percentages(tables):
    tables["instruments"][0]["metric"] = "0-100"
    assert problem_of(tables).code == "SB-BOOK-22"


def test_23_a_conversion_without_a_table(tables):
    del tables["conversions"]
    found = problem_of(tables)
    assert (found.code, found.column, found.rows) == ("SB-BOOK-23", "converted_from", (2,))


def test_24_a_conversion_that_nobody_reads(tables):
    tables["conversions"].append({"scale": "worry_metrik", "score": 1, "converted": 1})
    found = problem_of(tables)
    assert (found.code, found.rows, found.fix) == ("SB-BOOK-24", (5,), 'scale = "worry_metric"')


def test_25_two_conversions_of_one_score(tables):
    tables["conversions"].append({**tables["conversions"][1], "converted": 1.6})
    found = problem_of(tables)
    assert (found.code, found.rows) == ("SB-BOOK-25", (2, 5))


def test_25_a_slip_in_the_table(tables):
    tables["conversions"][2]["converted"] = 17.5
    found = problem_of(tables)
    assert (found.code, found.rows) == ("SB-BOOK-25", (4,))
