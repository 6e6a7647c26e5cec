"""Children in carers in agencies, children who move: found from the data, said in words, fitted as R does."""

import json
import runpy
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from securebase_analysis.errors import DataError, ModelError
from securebase_analysis.models.growth import fit_growth
from securebase_analysis.models.growth.door import grouped_rows
from securebase_analysis.models.growth.request import request
from securebase_analysis.models.growth.structure import groups_sentence

FOLDER = Path(__file__).parents[2] / "reference"
PLACEMENTS = runpy.run_path(str(FOLDER / "several_factors_cohorts.py"))
REFERENCE = json.loads((FOLDER / "several_factors.json").read_text())["values"]

FULL = "trust ~ years + kinship + stress"
# Of each case of several_factors.R: its cohort and what fit_growth is asked.
CASES = {
    "nested": ("nested", {"random": {"child": "1", "carer": "1", "agency": "1"}}),
    "crossed": ("crossed", {"random": {"child": "1", "carer": "1"}}),
    "slopes": ("slopes", {"random": {"child": "years", "carer": "1"}}),
    "uncorrelated": ("slopes", {"random": {"child": ["1", "0 + years"], "carer": "1"}}),
    "weighted": ("crossed", {"random": {"child": "1", "carer": "1"}, "weights": "informants"}),
    "no_carer_variance": ("no_carer_variance", {"random": {"child": "1", "carer": "1"}}),
    "agency_beside": ("crossed", {"random": {"child": "1", "carer": "1", "agency": "1"}}),
}


def placements(name):
    return PLACEMENTS["simulate_placements"](**PLACEMENTS["COHORTS"][name])


# ---- equal to R ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["reml", "ml"])
@pytest.mark.parametrize("case", CASES)
def test_every_structure_equals_lme4(case, method):
    name, asked = CASES[case]
    expected = REFERENCE[f"{case}_{method}"]
    result = fit_growth(placements(name), FULL, method=method, **asked)
    table = result.tidy()
    fixed = table[table["effect"] == "fixed"]
    assert result.facts["deviance"] == pytest.approx(expected["deviance"], abs=1e-6)
    np.testing.assert_allclose(fixed["estimate"], expected["beta"], rtol=1e-6, atol=1e-7)
    np.testing.assert_allclose(fixed["std_error"], expected["se"], rtol=1e-5)
    np.testing.assert_allclose(fixed["df"], expected["satterthwaite_df"], rtol=1e-3)
    for factor, D in expected["D"].items():
        of_factor = table[(table["group"] == factor) & table["term"].str.startswith("var(")]
        # Variances are told by a deviance that is flat at its optimum.
        np.testing.assert_allclose(of_factor["estimate"], np.diag(D), rtol=1e-3, atol=1e-6)
    assert bool(result.facts["singular"]) == expected["singular"]


@pytest.mark.parametrize("case", ["nested", "crossed", "slopes"])
def test_kenward_roger_equals_pbkrtest(case):
    name, asked = CASES[case]
    expected = REFERENCE[f"{case}_reml"]
    table = fit_growth(placements(name), FULL, df="kenward-roger", **asked).tidy()
    fixed = table[table["effect"] == "fixed"]
    np.testing.assert_allclose(fixed["df"], expected["kr_df"], rtol=1e-3)
    np.testing.assert_allclose(fixed["std_error"], expected["kr_se"], rtol=1e-4)


def test_a_child_with_two_carers_equals_lme4():
    frame = placements("crossed").reset_index(names="wave")
    one = frame[["child", "wave", "carer"]].assign(weight=frame["share"])
    two = frame[["child", "wave"]].assign(carer=frame["second"], weight=1.0 - frame["share"])
    both = pd.concat([one, two])
    result = fit_growth(frame, FULL, {"child": "1", "carer": "1"}, members={"carer": both[both["weight"] > 0.0]})
    expected = REFERENCE["multiple_reml"]
    fixed = result.tidy().query("effect == 'fixed'")
    assert result.facts["deviance"] == pytest.approx(expected["deviance"], abs=1e-6)
    np.testing.assert_allclose(fixed["estimate"], expected["beta"], rtol=1e-6, atol=1e-7)
    np.testing.assert_allclose(fixed["std_error"], expected["se"], rtol=1e-5)
    assert any("belongs to several carers" in note for note in result.notes)


# ---- what is said ----------------------------------------------------------------------------------------------


def cohort(n_children=61, n_carers=48, n_agencies=5, n_waves=4, movers=12, seed=3):
    """Simulated children in carers in agencies; some change carers at the third wave."""
    random = np.random.default_rng(seed)
    carer = np.arange(n_children) % n_carers
    agency = np.arange(n_carers) % n_agencies
    child = np.repeat(np.arange(n_children), n_waves)
    wave = np.tile(np.arange(1, n_waves + 1), n_children)
    now = carer[child]
    moved = (child < movers) & (wave >= 3)
    now = np.where(moved, (now + n_agencies) % (n_carers - n_carers % n_agencies), now)
    level = random.normal(size=n_children)[child] + 0.6 * random.normal(size=n_carers)[now]
    pace = 0.3 * random.normal(size=n_children)[child]
    y = 3.0 + 0.2 * wave + level + pace * wave + 0.4 * random.normal(size=n_agencies)[agency[now]]
    return pd.DataFrame(
        {
            "child": [f"s{number:03d}" for number in child],
            "carer": [f"k{number:03d}" for number in now],
            "agency": [f"a{number}" for number in agency[now]],
            "wave": wave,
            "years": wave - 1.0,
            "stress": random.normal(size=len(child)),
            "trust": y + 0.8 * random.normal(size=len(child)),
        }
    )


def said(frame, random):
    asked = request("trust ~ years", random, "child", "gaussian", "reml", "satterthwaite", 0.95)
    return groups_sentence(grouped_rows(frame, asked))


THREE = {"child": "years", "carer": "1", "agency": "1"}


def test_103_nesting_and_moves_are_found_and_said():
    words = said(cohort(), THREE)
    assert words == "61 children in 48 carers in 5 agencies; 12 children moved between carers"
    assert said(cohort(movers=0), THREE) == "61 children in 48 carers in 5 agencies"


def test_the_order_in_which_factors_are_named_does_not_matter():
    assert said(cohort(), {"agency": "1", "carer": "1", "child": "years"}) == said(cohort(), THREE)


def test_factors_that_cross_are_said_to():
    frame = cohort(movers=0)
    frame["interviewer"] = [f"i{number % 7}" for number in range(len(frame))]
    assert said(frame, {"child": "1", "interviewer": "1"}) == "61 children, crossed with 7 interviewers"


@pytest.mark.parametrize(
    ("random", "code"),
    [({}, "SB-MODEL-51"), ({"child": []}, "SB-MODEL-40"), ({"child": ["1", "years"]}, "SB-MODEL-64")],
)
def test_random_parts_that_cannot_be(random, code):
    with pytest.raises(ModelError) as refused:
        fit_growth(cohort(), "trust ~ years", random)
    assert refused.value.problems[0].code == code


def test_030_rows_without_a_carer_are_named():
    frame = cohort()
    frame.loc[[4, 9], "carer"] = None
    with pytest.raises(DataError) as refused:
        fit_growth(frame, "trust ~ years", {"child": "1", "carer": "1"})
    problem = refused.value.problems[0]
    assert (problem.code, problem.column, list(problem.rows)) == ("SB-ID-09", "carer", [5, 10])


def test_the_time_of_an_autocorrelation_is_said():
    result = fit_growth(cohort(), "trust ~ wave", residual="ar1")
    assert any("nearer they lie in 'wave'" in note for note in result.notes)
