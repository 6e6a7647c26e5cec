"""P-values that allow for the number of tests, against R's p.adjust, and how answers show them."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from securebase_analysis.results import glossary
from securebase_analysis.results.families import adjusted_p, benjamini_hochberg, holm
from securebase_analysis.results.result import Result
from securebase_analysis.show.tables.from_result import table_of

REFERENCE = json.loads((Path(__file__).parents[1] / "reference" / "after_growth.json").read_text())["families"]


def numbers(name):
    return np.array([np.nan if value is None else value for value in REFERENCE[name]], dtype=float)


@pytest.mark.parametrize(("method", "name"), [(holm, "holm"), (benjamini_hochberg, "fdr")])
def test_adjusted_p_values_equal_p_adjust(method, name):
    assert np.isnan(numbers("p")).sum() == 2
    np.testing.assert_allclose(method(numbers("p")), numbers(name), rtol=1e-14)
    np.testing.assert_array_equal(adjusted_p(numbers("p"), name), method(numbers("p")))


def test_published_figures_of_benjamini_and_hochberg():
    """Benjamini & Hochberg (1995), section 4.1: four of fifteen pass at .05, three by Bonferroni and by Holm."""
    p = [
        0.0001,
        0.0004,
        0.0019,
        0.0095,
        0.0201,
        0.0278,
        0.0298,
        0.0344,
        0.0459,
        0.3240,
        0.4262,
        0.5719,
        0.6528,
        0.7590,
        1.0,
    ]
    assert (benjamini_hochberg(p) <= 0.05).sum() == 4
    assert (holm(p) <= 0.05).sum() == 3


def test_no_test_and_one_test():
    assert holm([]).tolist() == benjamini_hochberg([]).tolist() == []
    assert holm([0.3]).tolist() == benjamini_hochberg([0.3]).tolist() == [0.3]
    assert np.isnan(holm([np.nan])).all()


def test_the_order_of_tests_does_not_matter():
    p = np.random.default_rng(1).random(12)
    turn = np.random.default_rng(2).permutation(12)
    for method in (holm, benjamini_hochberg):
        np.testing.assert_array_equal(method(p)[turn], method(p[turn]))


def test_each_family_is_counted_by_itself():
    p = np.array([0.01, 0.02, 0.01, 0.03])
    found = adjusted_p(p, "holm", ["planned", "planned", "", "other"])
    np.testing.assert_allclose(found, [0.02, 0.02, np.nan, 0.03])


@pytest.fixture
def answer():
    estimates = pd.DataFrame(
        {
            "outcome": "trust", "group": "", "effect": "fixed", "term": ["a", "b", "c"],
            "estimate": [1.0, 2.0, 3.0], "std_error": [0.5, 0.9, np.nan], "df": [20.0, 20.0, np.nan],
        }
    )  # fmt: skip
    facts = {"n_rows": 60, "n_groups": 20, "n_excluded": 0, "conf_level": 0.95}
    return Result("An answer", {}, estimates, facts, adjust="holm")


def test_an_answer_shows_raw_and_adjusted_p_side_by_side(answer):
    table = answer.adjusted()
    assert list(table) == [*glossary.TIDY, *glossary.ADJUSTED]
    pd.testing.assert_frame_equal(table[list(glossary.TIDY)], answer.tidy())
    np.testing.assert_array_equal(table["p_adjusted"], holm(table["p_value"]))
    for text in (answer.summary(), answer._repr_html_()):
        assert "p (Holm)" in text
        assert ".076" in text  # twice the smaller of the two
    printed = table_of(answer)
    assert [column.head for column in printed.columns][-2:] == ["p", "p (Holm)"]
    assert printed.cells["p (Holm)"].tolist()[:2] == [".076", ".076"]


def test_an_answer_that_does_not_adjust_shows_p_alone(answer):
    plain = replace(answer, adjust="none")
    assert "p (" not in plain.summary()
    assert [column.head for column in table_of(plain).columns][-1] == "p"
    np.testing.assert_array_equal(plain.adjusted()["p_adjusted"], plain.tidy()["p_value"])
