"""Yes or no, counts and ordered answers in fit_growth, beside lme4, glmmTMB and ordinal."""

import json
import runpy
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from securebase_analysis.errors import DataError, ModelError
from securebase_analysis.models.growth import fit_growth

FOLDER = Path(__file__).parents[2] / "reference"
MADE = runpy.run_path(str(FOLDER / "other_outcomes_cohorts.py"))
REFERENCE = json.loads((FOLDER / "other_outcomes.json").read_text())["values"]
PREDICTORS = "years + availability + kinship + stress"
# Of each case of other_outcomes.R: its cohort and outcome, what fit_growth is asked, and the tolerance.
BINARY, COUNT = {"family": "binomial"}, {"family": "poisson", "exposure": "exposure"}
ORDINAL = {"family": "ordinal"}
BOTH = {"child": "1", "carer": "1"}
CASES = {
    "unbalanced_settled_9": ("unbalanced", "settled", {**BINARY, "nodes": 9}, 1e-4),
    "unbalanced_settled_25": ("unbalanced", "settled", BINARY, 1e-4),
    "many_settled_25": ("many", "settled", BINARY, 1e-4),
    "many_settled_9": ("many", "settled", {**BINARY, "nodes": 9}, 1e-4),
    "unbalanced_moves_9": ("unbalanced", "moves", COUNT, 1e-4),
    "slopes_moves_1": ("slopes", "moves", {**COUNT, "random": "years", "nodes": 1}, 1e-4),
    "slopes_settled_uncorrelated_1": (
        "slopes",
        "settled",
        {**BINARY, "random": ["1", "0 + years"], "nodes": 1},
        1e-4,
    ),
    "slopes_absences_1": (
        "slopes",
        "absences",
        {"family": "negative-binomial", "random": "years", "nodes": 1},
        1e-3,
    ),
    "unbalanced_rating_10": ("unbalanced", "rating", ORDINAL, 1e-3),
    "many_rating_9": ("many", "rating", ORDINAL, 1e-3),
    "moved_settled_1": ("moved", "settled", {**BINARY, "random": BOTH}, 1e-4),
    "moved_rating_1": ("moved", "rating", {**ORDINAL, "random": BOTH}, 1e-3),
}


def cohort(name):
    return MADE["simulate_cohort"](**MADE["COHORTS"][name])


def effects(table, effect):
    return table[table["effect"] == effect]


@pytest.mark.parametrize("case", CASES)
def test_every_family_equals_r(case):
    name, outcome, asked, tolerance = CASES[case]
    expected = REFERENCE[case]
    result = fit_growth(cohort(name), f"{outcome} ~ {PREDICTORS}", **asked)
    table = result.tidy()
    fixed = effects(table, "fixed")
    # Relative to the standard error where an estimate lies near zero.
    near = tolerance * np.array(expected["se"])
    assert (np.abs(fixed["estimate"] - expected["beta"]) < near + tolerance * np.abs(expected["beta"])).all()
    np.testing.assert_allclose(fixed["std_error"], expected["se"], rtol=10 * tolerance)
    assert result.facts["log_likelihood"] == pytest.approx(expected["loglik"], abs=1e-3)
    assert (fixed["df"] == np.inf).all()
    for factor, D in expected["D"].items():
        if asked.get("random") == ["1", "0 + years"]:
            continue
        of_factor = table[(table["group"] == factor) & table["term"].str.startswith("var(")]
        np.testing.assert_allclose(of_factor["estimate"], np.diag(np.atleast_2d(D)), rtol=10 * tolerance)
    if "cuts" in expected:
        cuts = effects(table, "threshold")
        np.testing.assert_allclose(cuts["estimate"], expected["cuts"], rtol=tolerance, atol=tolerance)
        np.testing.assert_allclose(cuts["std_error"], expected["se_cuts"], rtol=10 * tolerance)
        assert cuts["term"].tolist() == ["0|1", "1|2", "2|3", "3|4"]


def test_an_ordinal_outcome_may_have_labels():
    frame = cohort("unbalanced")
    labels = ["never", "seldom", "often", "usually", "always"]
    words = pd.Categorical([labels[place] for place in frame["rating"]], labels, ordered=True)
    named = fit_growth(frame.assign(rating=words), f"rating ~ {PREDICTORS}", family="ordinal")
    numbered = fit_growth(frame, f"rating ~ {PREDICTORS}", family="ordinal")
    pd.testing.assert_series_equal(named.tidy()["estimate"], numbered.tidy()["estimate"])
    assert effects(named.tidy(), "threshold")["term"].iloc[0] == "never|seldom"
    assert "the odds of a higher rating are multiplied by" in named.sentence()


def test_expected_values_are_probabilities_counts_and_places():
    frame = cohort("unbalanced")
    settled = fit_growth(frame, "settled ~ years", family="binomial").augment()
    assert settled["fitted"].between(0.0, 1.0).all()
    moves = fit_growth(frame, "moves ~ years", family="poisson", exposure="exposure").augment()
    assert (moves["fitted"] > 0.0).all()
    assert moves["fitted"].corr(frame["moves"]) > 0.5
    assert fit_growth(frame, "rating ~ years", family="ordinal").augment()["fitted"].between(0.0, 4.0).all()


def refused(kind, frame, formula, **asked):
    with pytest.raises(kind) as error:
        fit_growth(frame, formula, **asked)
    return {problem.code: problem for problem in error.value.problems}


def test_101_words_without_an_order_as_an_ordinal_outcome():
    frame = cohort("unbalanced").assign(rating=lambda data: data["rating"].map(lambda n: "abcde"[n]))
    problem = refused(DataError, frame, "rating ~ years", family="ordinal")["SB-MODEL-67"]
    assert "pd.Categorical" in problem.fix


def test_numbers_that_are_no_answers_of_the_family():
    frame = cohort("unbalanced")
    problem = refused(DataError, frame.assign(settled=frame["settled"] + 1), "settled ~ years", family="binomial")
    assert "== 2" in problem["SB-MODEL-68"].fix
    counts = frame.assign(moves=frame["moves"].astype(float))
    counts.loc[[0, 3], "moves"] = [-1.0, 1.5]
    assert list(refused(DataError, counts, "moves ~ years", family="poisson")["SB-MODEL-69"].rows) == [1, 4]
    assert "SB-MODEL-67" in refused(DataError, frame, "settled ~ years", family="ordinal")
    assert "SB-MODEL-67" in refused(DataError, frame, "stress ~ years", family="ordinal")


def test_a_category_that_only_unusable_rows_have():
    frame = cohort("unbalanced")
    frame.loc[frame["rating"] == 2, "stress"] = np.nan
    problem = refused(DataError, frame, "rating ~ years + stress", family="ordinal")["SB-MODEL-98"]
    assert "'2'" in problem.what


def test_a_term_that_separates_the_outcomes_is_told():
    frame = cohort("unbalanced")
    frame["always"] = frame["settled"].where(frame["child"] < "s0030", 0)
    result = fit_growth(frame.assign(settled=frame["always"] + 0), "settled ~ always + years", family="binomial")
    checks = result.diagnostics()
    row = checks[checks["check"] == "terms without a finite estimate"]
    assert not result.facts["converged"]
    assert "always" in row["advice"].item()


def test_counts_without_overdispersion_point_to_poisson():
    frame = cohort("unbalanced")
    frame["moves"] = np.random.default_rng(3).binomial(4, 0.3, len(frame))
    result = fit_growth(frame, "moves ~ years", family="negative-binomial")
    assert "family='poisson'" in str(result)


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"family": "binomial", "residual": "ar1"}, "SB-MODEL-65"),
        ({"family": "gaussian", "nodes": 9}, "SB-MODEL-99"),
        ({"family": "binomial", "nodes": 9, "random": BOTH}, "SB-MODEL-99"),
        ({"family": "binomial", "exposure": "exposure"}, "SB-MODEL-94"),
    ],
)
def test_options_that_exclude_one_another(asked, code):
    assert list(refused(ModelError, cohort("unbalanced"), "settled ~ years", **asked)) == [code]
