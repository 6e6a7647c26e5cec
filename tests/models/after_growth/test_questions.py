"""Questions that a fitted growth model cannot answer: what is then read, whichever way it was fitted."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest

from securebase_analysis.errors import ModelError
from securebase_analysis.models.growth import GrowthResult, fit_growth


def table() -> pd.DataFrame:
    random = np.random.default_rng(11)
    frame = pd.DataFrame({"child": np.repeat([f"secret{i:02d}" for i in range(24)], 4)})
    frame["years"] = np.tile(np.arange(4.0), 24)
    frame["carer"] = np.repeat([f"secret{i // 2}" for i in range(24)], 4)
    frame["kinship"] = np.repeat(random.choice(["no", "yes"], 24), 4)
    frame["stress"] = random.normal(50.0, 10.0, 96)
    level = np.repeat(random.normal(0.0, 6.0, 24), 4)
    frame["trust"] = 50.0 + 2.0 * frame["years"] + level + random.normal(0.0, 4.0, 96)
    frame["often"] = (frame["trust"] > 53.0).astype(int)
    return frame


RIGHT = "years * kinship + stress"
MODELS = {
    "one factor": lambda: fit_growth(table(), f"trust ~ {RIGHT}", "years"),
    "two factors": lambda: fit_growth(table(), f"trust ~ {RIGHT}", {"child": "1", "carer": "1"}),
    "serial correlation": lambda: fit_growth(table(), f"trust ~ {RIGHT}", residual="ar1"),
    "binomial": lambda: fit_growth(table(), f"often ~ {RIGHT}", family="binomial"),
}


@pytest.fixture(scope="module", params=list(MODELS))
def growth(request) -> GrowthResult:
    return MODELS[request.param]()


ODD = {
    "at is a str": lambda growth: growth.marginal_means(at="stress"),
    "at['stress'] is not made of any value": lambda growth: growth.marginal_means(at={"stress": []}),
    "by names 3": lambda growth: growth.marginal_means(3),
    "response='yes'": lambda growth: growth.marginal_means("kinship", response="yes"),
    "response='no'": lambda growth: growth.simple_slopes("years", response="no"),
    "has no term 3": lambda growth: growth.joint_test(3),
    "terms names nothing": lambda growth: growth.joint_test([]),
    "has no term ''": lambda growth: growth.intervals("wald", []),
    "'fromula' is no argument": lambda growth: growth.compared_with({"fromula": "trust ~ years"}),
    "no grouping factor 'chld'": lambda growth: growth.random_effects("chld"),
    "method='rml'": lambda growth: growth.refitted(method="rml"),
    "keep does not hold": lambda growth: growth.refitted(keep=[True]),
    "keep does not hold True or False": lambda growth: growth.refitted(keep=np.zeros(96, dtype=bool)),
    "outcome does not hold": lambda growth: growth.refitted(outcome=np.full(96, np.nan)),
    "outcome does not hold a finite number": lambda growth: growth.refitted(outcome=np.ones(3)),
}


@pytest.mark.parametrize("words", list(ODD))
def test_an_odd_question_is_answered_in_words(growth, words):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(ModelError) as caught:
            ODD[words](growth)
    (problem,) = caught.value.problems
    assert words in problem.what
    assert problem.why
    assert problem.fix
    assert "secret" not in str(caught.value)


def test_a_model_of_the_intercept_alone_has_no_term_to_test():
    with pytest.raises(ModelError, match="no term but the intercept"):
        fit_growth(table(), "trust ~ 1").joint_test()


@pytest.mark.parametrize("name", ["one factor", "two factors"])
def test_rows_that_cannot_be_predicted_are_missing_and_break_nothing(name):
    growth = MODELS[name]()
    for rows in (table().iloc[:0], table().iloc[:2].assign(stress=np.nan), table().iloc[:2].assign(kinship=None)):
        found = growth.predict(rows, "mean")
        assert found[["fitted", "std_error", "conf_low", "conf_high"]].isna().all(axis=None)
        assert len(found) == len(rows)
    assert "a predictor of trust is missing" in growth.sentence_for(table().assign(stress=np.nan))
    with pytest.raises(ModelError, match="new_data has no rows"):
        growth.sentence_for(table().iloc[:0])
    with pytest.raises(ModelError, match="data is of type dict"):
        growth.sentence_for({"years": 1.0})


def test_columns_of_the_user_are_kept_beside_those_of_the_answer():
    frame = table().rename(columns={"stress": "residual"}).assign(fitted="mine", fitted_given="mine too")
    growth = fit_growth(frame, "trust ~ years + residual")
    for found in (growth.augment(), growth.predict(frame)):
        assert (found["fitted_given_given"] == "mine").all()
        assert (found["fitted_given"] == "mine too").all()
        assert found["fitted"].dtype == float
    np.testing.assert_array_equal(growth.augment()["residual_given"], frame["residual"])


@pytest.mark.parametrize(
    "change",
    [
        {"kinship": lambda frame: pd.Categorical(frame["kinship"], ["never", "no", "yes"])},
        {"stress": lambda frame: [pd.NA if row % 5 == 0 else cell for row, cell in enumerate(frame["stress"])]},
        {"stress": lambda frame: frame["stress"].astype("Float64")},
        {"kinship": lambda frame: frame["kinship"].astype("string")},
        {"kinship": lambda frame: frame["kinship"].astype(object)},
        {"kinship": lambda frame: frame["kinship"].convert_dtypes(dtype_backend="pyarrow")},
        {"kinship": lambda frame: (frame["kinship"] == "yes").astype("boolean")},
    ],
)
def test_kinds_of_columns_that_can_be_fitted_can_be_summarised_and_predicted(change):
    frame = table().assign(**change)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        growth = fit_growth(frame, "trust ~ years * kinship + stress")
        assert "On average trust changes by" in growth.summary()
        rows = growth.augment()
        np.testing.assert_allclose(growth.predict(rows)["fitted"], rows["fitted"])


def test_127_an_answer_written_out_by_python_names_nobody(growth):
    assert repr(growth).startswith("<GrowthResult: Growth of ")
    assert "secret" not in repr(growth)
    assert "secret" not in repr(growth.joint_test())


@pytest.mark.parametrize("seed", [None, "x", -1, 1.5, True])
def test_129_a_seed_is_a_number_from_which_the_same_draws_come_again(seed):
    growth = MODELS["two factors"]()
    for ask in (
        lambda: growth.intervals("bootstrap", "stress", n_resamples=20, seed=seed, progress=False),
        lambda: growth.permutation_test("kinship[T.yes]", n_resamples=99, seed=seed),
        lambda: growth.wild_bootstrap("stress", n_resamples=99, seed=seed),
    ):
        with pytest.raises(ModelError, match="is not a whole number from zero"):
            ask()


@pytest.mark.parametrize("factor", ["trust", "stress", "years"])
def test_what_is_explained_and_what_explains_it_are_no_groups(factor):
    with pytest.raises(ModelError, match="not a group"):
        MODELS["one factor"]().design_effect(factor)
