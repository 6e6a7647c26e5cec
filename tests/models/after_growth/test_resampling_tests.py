"""Permutation tests and the wild cluster bootstrap: equal to their definitions in R, honest in size."""

import json
import runpy
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from securebase_analysis.engines.rearrangement import tree_of_units
from securebase_analysis.engines.wild_bootstrap import WEBB
from securebase_analysis.errors import DataError, ModelError
from securebase_analysis.models.after_growth.exchangeable_units import label_of, parts_of_label, units_of
from securebase_analysis.models.after_growth.permutation import permutation_test
from securebase_analysis.models.after_growth.wild_clusters import wild_cluster_bootstrap
from securebase_analysis.models.growth import fit_growth

FOLDER = Path(__file__).parents[2] / "reference"
REFERENCE = json.loads((FOLDER / "few_clusters.json").read_text())
few_clusters = runpy.run_path(str(FOLDER / "few_clusters_cohort.py"))["few_clusters"]

FULL = "trust ~ years + trained + age + stress"


@pytest.fixture(scope="module")
def cohort():
    return few_clusters()


@pytest.fixture(scope="module")
def growth(cohort):
    return fit_growth(cohort, FULL, {"child": "1", "carer": "1"})


# ---- equal to R -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "case", REFERENCE["wild"], ids=lambda one: f"{one['term']}-{one['working']}-{one['null_imposed']}"
)
def test_wild_bootstrap_with_all_signs_equals_its_definition(growth, case):
    """Every one of the 256 statistics, so that the p-value is the same number."""
    found = wild_cluster_bootstrap(
        growth, case["term"], weights="rademacher", working=case["working"], null_imposed=case["null_imposed"]
    )
    row = found.tidy().iloc[0]
    # With the covariance of the fit, lme4's optimum has its own last digits.
    close = 1e-9 if case["working"] == "ols" else 1e-5
    assert row["estimate"] == pytest.approx(case["estimate"], rel=close)
    assert row["std_error"] == pytest.approx(case["se"], rel=close)
    assert row["p_value"] == pytest.approx(case["p"], abs=1e-12)
    engine = found.ends.__self__
    np.testing.assert_allclose(np.sort(np.abs(engine.statistics())), case["sorted_t"], rtol=close, atol=1e-9)
    if case["null_imposed"]:
        assert engine.p_value(0.3) == pytest.approx(case["p_at"], abs=1e-12)


@pytest.mark.parametrize(
    ("name", "random"), [("one_factor", {"child": "1"}), ("two_factors", {"child": "1", "carer": "1"})]
)
def test_permutation_of_all_labels_equals_its_definition(cohort, name, random):
    expected = REFERENCE["permutation"][name]
    found = permutation_test(fit_growth(cohort, "trust ~ years + stress + trained", random), "trained", by="carer")
    reference = found.ends.__self__
    assert reference.complete
    np.testing.assert_allclose(np.sort(reference.drawn), expected["sorted_t"], rtol=1e-5, atol=1e-6)
    assert found.tidy()["statistic"].item() == pytest.approx(expected["t"], rel=1e-5)
    assert found.p_value == pytest.approx(expected["p"], abs=1e-12)


def test_turning_all_signs_equals_its_definition(cohort):
    expected = REFERENCE["signs"]
    found = permutation_test(fit_growth(cohort, FULL, {"child": "1"}), "stress", by="carer")
    reference = found.ends.__self__
    assert reference.complete
    np.testing.assert_allclose(np.sort(reference.drawn), expected["sorted_t"], rtol=1e-5, atol=1e-6)
    assert found.p_value == pytest.approx(expected["p"], abs=1e-12)


# ---- what the tests promise -----------------------------------------------------------------------------------


def test_an_interval_holds_the_effects_that_are_not_rejected(growth):
    """p is above 5 % just inside the ends and at most 5 % just outside, for each way of resampling."""
    tests = [
        wild_cluster_bootstrap(growth, "trained"),
        wild_cluster_bootstrap(growth, "trained", working="ols", weights="rademacher"),
        wild_cluster_bootstrap(growth, "stress", null_imposed=False, n_resamples=999),
    ]
    for found in tests:
        engine, row = found.ends.__self__, found.tidy().iloc[0]
        slack = 1e-6 * row["std_error"]
        if engine.null_imposed:
            for end, out in ((row["conf_low"], -slack), (row["conf_high"], slack)):
                assert engine.p_value(end - out) > 0.05 >= engine.p_value(end + out)
        else:
            reach = np.abs(engine.statistics())
            inside = (row["conf_high"] - row["estimate"]) / row["std_error"]
            assert (1 + (reach >= inside - 1e-9).sum()) / 1000 > 0.05 >= (1 + (reach > inside + 1e-9).sum()) / 1000


@pytest.mark.parametrize("term", ["trained", "stress", "age"])
@pytest.mark.parametrize("level", [0.5, 0.9, 0.95])
def test_the_interval_of_a_permutation_is_that_of_its_p_values(growth, term, level):
    found = permutation_test(growth, term, n_resamples=499)
    reference, row = found.ends.__self__, found.tidy(level).iloc[0]

    def p_value(effect):
        own = abs(reference.own - effect * reference.own_slope)
        drawn = np.abs(reference.drawn - effect * reference.drawn_slope)
        as_far = (drawn >= own * (1 - 1e-10)).sum() + (0 if reference.complete else 1)
        return as_far / reference.n_arrangements

    assert p_value(0.0) == pytest.approx(row["p_value"])
    for end, outward in ((row["conf_low"], -1e-7), (row["conf_high"], 1e-7)):
        assert p_value(end - outward) > 1.0 - level + 1e-9 > p_value(end + outward)


def test_labels_are_moved_between_the_highest_units_they_belong_to(growth, cohort):
    assert "among 8 carers" in permutation_test(growth, "trained").sentence()
    assert "among 24 children" in permutation_test(growth, "age", n_resamples=99).sentence()
    assert "signs for 24 children" in permutation_test(growth, "stress", n_resamples=99).sentence()
    assert "signs for 8 carers" in permutation_test(growth, "stress", by="carer").sentence()
    interaction = fit_growth(cohort, "trust ~ years * trained", {"child": "years"})
    found = permutation_test(interaction, "years:trained", by="carer")
    assert "Of all 70 arrangements of years:trained among 8 carers" in found.sentence()


def test_what_other_predictors_say_of_a_label_stays_with_its_unit(growth):
    """Age of a child is predicted by its carer's training; what is left does not go with it any more."""
    data = growth.data
    children = units_of(data, "child")
    label = label_of(data, "age", [children])
    stays, moves = parts_of_label(label, data, "age")
    trained = children.of_units(data.fixed.values[data.fixed.terms.index("trained")])
    np.testing.assert_allclose(stays + moves, label.values)
    assert np.ptp(stays) > 0.0
    assert moves @ trained == pytest.approx(0.0, abs=1e-9)
    assert moves.sum() == pytest.approx(0.0, abs=1e-9)
    assert any("stayed with its unit" in note for note in permutation_test(growth, "age").notes)
    alone, all_of = parts_of_label(label_of(data, "trained", [units_of(data, "carer")]), data, "trained")
    assert not alone.any()
    assert set(all_of) == {0.0, 1.0}


def test_children_of_one_carer_change_places_and_carers_alike_in_shape():
    tree = tree_of_units(np.array([[0], [0], [1], [1], [2]]))
    assert tree.n_arrangements() == 2 * 2 * 2
    orders = {tuple(order) for order in tree.every_order()}
    assert len(orders) == 8
    place = {int(unit): number for number, unit in enumerate(tree.leaves)}
    rng = np.random.default_rng(1)
    seen = {tuple(tree.shuffled(rng)) for _ in range(300)}
    assert seen == orders
    for order in orders:
        assert order[place[4]] == 4
        assert {order[place[0]], order[place[1]]} in ({0, 1}, {2, 3})


def test_the_same_seed_gives_the_same_answer_and_another_seed_another(growth):
    for test in (permutation_test, wild_cluster_bootstrap):
        one, same, other = (test(growth, "age", seed=seed).p_value for seed in (1, 1, 2))
        assert one == same != other
        assert one == pytest.approx(other, abs=0.05)


def test_webb_weights_are_taken_where_signs_are_too_few(growth):
    found = wild_cluster_bootstrap(growth, "years").ends.__self__
    assert set(np.unique(found.draws.round(12))) == set(np.concatenate([WEBB, -WEBB]).round(12))
    assert not found.complete
    by_child = wild_cluster_bootstrap(growth, "years", by="child")
    assert set(np.unique(by_child.ends.__self__.draws)) == {-1.0, 1.0}
    assert any("24 children the t test of the fit" in note for note in by_child.notes)


def test_too_few_arrangements_are_told(cohort):
    """SB-MODEL-14: five carers or fewer."""
    few = cohort[cohort["carer"] < "c04"]
    found = permutation_test(fit_growth(few, "trust ~ years + trained"), "trained", by="carer")
    assert found.tidy()[["conf_low", "conf_high"]].isin([-np.inf, np.inf]).all(axis=None)
    row = found.diagnostics().iloc[0]
    assert not row["ok"]
    assert row["value"] == pytest.approx(2 / 6)
    assert "too few carers" in row["advice"]
    table = wild_cluster_bootstrap(fit_growth(few, "trust ~ years + trained"), "trained").diagnostics()
    assert table["ok"].tolist() == [False, False]


# ---- bad input ------------------------------------------------------------------------------------------------


def test_what_cannot_be_tested_is_refused(growth, cohort):
    for test in (permutation_test, wild_cluster_bootstrap):
        with pytest.raises(ModelError, match=r"SB-MODEL-75.*\n.*\n.*'trained'"):
            test(growth, "traned")
        with pytest.raises(ModelError, match="SB-MODEL-75"):
            test(growth, "Intercept")
        with pytest.raises(ModelError, match="SB-MODEL-03"):
            test(growth, "stress", by="agency")
        with pytest.raises(ModelError, match="SB-MODEL-62"):
            test(growth, "stress", conf_level=95)
    with pytest.raises(ModelError, match="SB-MODEL-30"):
        wild_cluster_bootstrap(growth, "stress", weights="normal")
    with pytest.raises(ModelError, match="SB-MODEL-30"):
        permutation_test(growth, "stress", n_resamples=10)
    two = fit_growth(cohort.assign(half=cohort["carer"] < "c04"), "trust ~ years")
    with pytest.raises(ModelError, match="SB-MODEL-78"):
        wild_cluster_bootstrap(two, "years", by="half")
    yes_or_no = fit_growth(cohort.assign(trust=(cohort["trust"] > 3.0) * 1.0), "trust ~ years", family="binomial")
    for test in (permutation_test, wild_cluster_bootstrap):
        with pytest.raises(ModelError, match="SB-MODEL-77"):
            test(yes_or_no, "years")


def test_rows_without_a_cluster_are_refused_by_row(cohort):
    """SB-ID-09."""
    gap = cohort.assign(carer=cohort["carer"].where(cohort.index != 4))
    with pytest.raises(DataError) as caught:
        wild_cluster_bootstrap(fit_growth(gap, "trust ~ years"), "years")
    problem = caught.value.problems[0]
    assert (problem.code, problem.column, problem.rows) == ("SB-ID-09", "carer", (5,))
    assert "s00" not in str(problem)


# ---- honest in size -------------------------------------------------------------------------------------------


def null_cohort(seed, n_carers=8):
    """Carers with unequal numbers of children, and nothing that a predictor does."""
    random = np.random.default_rng(seed)
    of_carer = np.repeat(np.arange(n_carers), 1 + np.arange(n_carers) % 4)
    child = np.repeat(np.arange(len(of_carer)), 3)
    carer = of_carer[child]
    frame = pd.DataFrame({"child": child, "carer": carer, "years": np.tile([0.0, 1.0, 2.0], len(of_carer))})
    frame["trained"] = random.permutation(np.arange(n_carers) % 2)[carer] * 1.0
    frame["stress"] = random.normal(size=len(frame))
    levels = 0.7 * random.standard_t(4, size=n_carers)[carer] + random.normal(size=len(of_carer))[child]
    return frame.assign(trust=levels + random.normal(size=len(frame)))


def test_size_is_about_nominal_with_eight_carers():
    """The long run with narrower limits is benchmarks/few_clusters.py."""
    rejected = dict.fromkeys(("labels", "signs", "wild"), 0)
    for seed in range(120):
        fit = fit_growth(null_cohort(seed), "trust ~ years + trained + stress", {"child": "1"}, df="normal")
        rejected["labels"] += permutation_test(fit, "trained", by="carer", n_resamples=199).p_value <= 0.1
        rejected["signs"] += permutation_test(fit, "stress", n_resamples=199).p_value <= 0.1
        rejected["wild"] += wild_cluster_bootstrap(fit, "stress", n_resamples=199).p_value <= 0.1
    # 12 of 120 expected; outside 4 to 22 has a probability of 0.7 %.
    assert all(4 <= count <= 22 for count in rejected.values()), rejected
