"""Children in carers in agencies, children who move: found from the data, said in words, fitted as R does."""

import numpy as np
import pandas as pd
import pytest

from securebase_analysis.errors import DataError, ModelError
from securebase_analysis.models.growth.grouped_rows import grouped_rows
from securebase_analysis.models.growth.request import request
from securebase_analysis.models.growth.structure import groups_sentence


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


def test_nesting_and_moves_are_found_and_said():
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
    from securebase_analysis.models.growth import fit_growth

    with pytest.raises(ModelError) as refused:
        fit_growth(cohort(), "trust ~ years", random)
    assert refused.value.problems[0].code == code


def test_030_rows_without_a_carer_are_named():
    from securebase_analysis.models.growth import fit_growth

    frame = cohort()
    frame.loc[[4, 9], "carer"] = None
    with pytest.raises(DataError) as refused:
        fit_growth(frame, "trust ~ years", {"child": "1", "carer": "1"})
    problem = refused.value.problems[0]
    assert (problem.code, problem.column, list(problem.rows)) == ("SB-ID-09", "carer", [5, 10])
