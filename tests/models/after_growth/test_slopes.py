"""Simple slopes against emtrends, by hand, and what is refused."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from after_growth_models import (
    REFERENCE,
    close,
    data_of,
    differences_equal,
    estimates_equal,
    fitted,
    in_the_order_of,
    turned,
)

from securebase_analysis.errors import ModelError
from securebase_analysis.models.after_growth.reference_grid import ReferenceGrid
from securebase_analysis.models.after_growth.slopes import simple_slopes, slope_rows
from securebase_analysis.models.growth import fit_growth

ASKED = {
    "teeth_age": ("orthodont", "age", {}),
    "contexts_years": ("contexts", "years", {"availability": "mean"}),
    "contexts_years_at": ("contexts", "years", {}),
    "contexts_availability": ("contexts", "availability", {"years": [0, 1, 3]}),
    "curved_years": ("curved", "years", {"years": [0, 1, 3], "availability": [-1, 1]}),
}
CASES = [(name, df) for name, of_df in REFERENCE["slopes"].items() for df in of_df]


def asked(name, df="satterthwaite"):
    model, of, at = ASKED[name]
    return simple_slopes(fitted(model, df), of, at)


# ---- equal to R -----------------------------------------------------------------------------------------------


def test_every_question_has_its_reference_and_none_is_left_over():
    assert set(REFERENCE["slopes"]) == set(ASKED)


@pytest.mark.parametrize(("name", "df"), CASES)
def test_slopes_equal_emtrends(name, df):
    expected, slopes = REFERENCE["slopes"][name][df], asked(name, df)
    places = in_the_order_of(slopes.asked.cells.values, expected["cells"])
    assert sorted(places) == list(range(len(slopes.tidy())))
    table = slopes.tidy().iloc[places]
    # emtrends differentiates numerically.
    estimates_equal(table, expected, within=3e-6)
    close(table["p_value"], expected["p"], 1e-4)


@pytest.mark.parametrize("df", ["satterthwaite", "kenward-roger"])
@pytest.mark.parametrize("name", ["teeth_age", "contexts_years", "contexts_availability"])
def test_differences_of_slopes_equal_emtrends(name, df):
    # In the third model the slopes grow by the same step with each year: one difference, three times told.
    theirs = turned(REFERENCE["slopes"][name][df]["pairwise"])
    differences_equal(asked(name, df).contrasts().adjusted(), theirs)


# ---- by hand --------------------------------------------------------------------------------------------------


def test_a_slope_is_a_sum_of_fixed_effects():
    fixed = fitted("contexts").tidy().set_index("term")["estimate"]
    slopes = simple_slopes(fitted("contexts"), "years", at={"availability": [0, 2]}).tidy()
    expected = fixed["years"] + 2 * fixed["years:availability"] + fixed["years:context[T.kinship]"]
    assert slopes["term"].iloc[3] == "context = kinship, availability = 2"
    assert slopes["estimate"].iloc[3] == pytest.approx(expected, rel=1e-9)
    assert set(slopes["group"]) == {"years"}


def test_a_slope_that_depends_on_nothing_is_the_fixed_effect():
    slope = simple_slopes(fitted("sleepstudy"), "Days").tidy().iloc[0]
    fixed = fitted("sleepstudy").tidy().set_index("term").loc["Days"]
    assert slope["term"] == "Days"
    for name in ("estimate", "std_error", "df", "p_value", "conf_low", "conf_high"):
        assert slope[name] == pytest.approx(fixed[name], rel=1e-9)


def test_the_derivative_is_exact_for_products_and_powers():
    at = pd.DataFrame({"years": [0.0, 1.0, 3.0], "availability": [-1.0, 0.0, 2.0]})
    growth = fitted("curved")
    rows = pd.DataFrame(slope_rows(ReferenceGrid.of(growth), "years", at), columns=growth.data.fixed.terms)
    square, years = next(term for term in rows if term.startswith("I(")), at["years"]
    expected = {"years": 1.0, square: 2 * years, "years:availability": at["availability"],
                f"{square}:availability": 2 * years * at["availability"]}  # fmt: skip
    assert set(expected) <= set(rows)
    for term in rows:
        np.testing.assert_allclose(rows[term], expected.get(term, 0.0) + np.zeros(3), atol=1e-10)


def test_the_derivative_is_close_for_smooth_functions():
    frame = data_of("contexts")
    growth = fit_growth(frame, "trust ~ np.log(years + 1) * boy + np.exp(stress / 5)")
    at = pd.DataFrame({"years": [0.0, 0.5, 3.0], "boy": [0.0, 1.0, 1.0]})
    rows = pd.DataFrame(slope_rows(ReferenceGrid.of(growth), "years", at), columns=growth.data.fixed.terms)
    np.testing.assert_allclose(rows["np.log(years + 1)"], 1 / (at["years"] + 1), rtol=1e-9)
    np.testing.assert_allclose(rows["np.log(years + 1):boy"], at["boy"] / (at["years"] + 1), atol=1e-9)
    np.testing.assert_allclose(rows["np.exp(stress / 5)"], 0.0, atol=1e-10)


def test_columns_with_far_numbers_keep_their_digits():
    """A year of the calendar, and an income in pounds."""
    frame = data_of("contexts")
    frame = frame.assign(year=2010.0 + frame["years"], income=1e6 + 1e4 * frame["stress"])
    growth = fit_growth(frame, "trust ~ year * income + context")
    rows = slope_rows(ReferenceGrid.of(growth), "year", pd.DataFrame({"income": [1.00e6, 1.05e6]}))
    expected = np.zeros_like(rows)
    terms = list(growth.data.fixed.terms)
    expected[:, terms.index("year")] = 1.0
    expected[:, terms.index("year:income")] = [1.00e6, 1.05e6]
    np.testing.assert_allclose(rows, expected, rtol=1e-8, atol=1e-6)


def test_groups_that_the_slope_depends_on_are_averaged_where_nothing_is_asked():
    grid = ReferenceGrid.of(fitted("contexts"))
    anywhere = pd.DataFrame({"availability": [0.0]})
    contexts = pd.DataFrame({"context": ["foster", "kinship", "residential"]}).assign(availability=0.0)
    one, each = slope_rows(grid, "years", anywhere), slope_rows(grid, "years", contexts)
    np.testing.assert_allclose(one[0], each.mean(axis=0), atol=1e-12)
    share = data_of("contexts")["context"].value_counts(normalize=True)[["foster", "kinship", "residential"]]
    found = slope_rows(grid, "years", anywhere, weights="proportional")
    np.testing.assert_allclose(found[0], share.to_numpy() @ each, atol=1e-12)


def test_slopes_of_other_families_can_be_ratios():
    growth = fitted("contexts")
    growth = replace(growth, spec=growth.request.but(family="poisson"))
    link, ratio = (simple_slopes(growth, "years", response=response) for response in (False, True))
    np.testing.assert_allclose(ratio.tidy()["estimate"], np.exp(link.tidy()["estimate"]))
    np.testing.assert_array_equal(ratio.tidy()["p_value"], link.tidy()["p_value"])
    assert "Ratios of counts for one unit" in ratio.notes[-1]
    assert "logarithms per unit" in link.notes[-1]


def test_p_values_of_slopes_can_allow_for_their_number():
    slopes = simple_slopes(fitted("contexts"), "years", adjust="fdr")
    assert "p (FDR)" in slopes.summary()


def test_values_beyond_the_data_are_told():
    slopes = simple_slopes(fitted("contexts"), "availability", at={"years": [0, 12]})
    check = slopes.diagnostics().set_index("check").loc["values of years beyond those seen"]
    assert (check["value"], check["ok"]) == (1, False)


# ---- what is refused ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("of", "at", "code", "fix"),
    [
        ("context", None, "SB-MODEL-73", "marginal_means('context')"),
        ("yeers", None, "SB-MODEL-70", "'years'"),
        ("years", {"contexts": "foster"}, "SB-MODEL-70", "'context'"),
        ("years", {"availability": "some"}, "SB-MODEL-30", "'sd'"),
    ],
)
def test_a_slope_that_is_none_is_refused(of, at, code, fix):
    with pytest.raises(ModelError) as caught:
        simple_slopes(fitted("contexts"), of, at)
    (problem,) = caught.value.problems
    assert problem.code == code
    assert fix in problem.fix
