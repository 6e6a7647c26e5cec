"""Questions to `fit_moderation` and its answers that have no answer, and the words that say so."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from securebase_analysis.errors import ModelError
from securebase_analysis.models.moderation import fit_moderation


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    random = np.random.default_rng(3)
    frame = pd.DataFrame({"child": np.repeat(np.arange(30), 3), "years": np.tile([0.0, 1.0, 2.0], 30)})
    frame["availability"], frame["sensitivity"] = random.normal(size=(2, 90))
    return frame.assign(trust=5 + frame["availability"] * (1 + frame["sensitivity"]) + random.normal(size=90))


@pytest.fixture(scope="module")
def result(frame):
    return fit_moderation(frame, "trust", covariates="years")


@pytest.mark.parametrize("covariates", [3, ["years", 3], "years +"])
def test_covariates_that_are_no_terms(frame, covariates):
    with pytest.raises(ModelError, match="no term of a formula"):
        fit_moderation(frame, "trust", covariates=covariates)


@pytest.mark.parametrize("pair", [3, "availability", ("availability", "years"), ("availability", 3)])
def test_a_pair_that_is_not_there(result, pair):
    with pytest.raises(ModelError, match="is not part of this answer"):
        result.slopes(pair)


def test_a_pair_has_no_order(result):
    for pair in ("availability:sensitivity", "sensitivity:availability", ["sensitivity", "availability"]):
        pd.testing.assert_frame_equal(result.slopes(pair), result.slopes())


def test_one_value_is_a_list_of_one(result):
    for at in (0.5, "mean", "+1 SD"):
        pd.testing.assert_frame_equal(result.slopes(at=at), result.slopes(at=[at]))


@pytest.mark.parametrize("at", [[], ["high"], [np.nan], {"sensitivity": [1]}])
def test_values_that_no_moderator_has(result, at):
    with pytest.raises(ModelError, match="is not a value of 'sensitivity'"):
        result.slopes(at=at)


@pytest.mark.parametrize("power", [0.0, 1.5, "x"])
def test_a_power_is_a_share(result, power):
    with pytest.raises(ModelError, match="is not between 0 and 1"):
        result.family(power=power)
