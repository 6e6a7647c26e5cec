"""A prior on lagged effects: what it does, in which units, and what is said of it."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
import pytest

from securebase_analysis.errors import ModelError
from securebase_analysis.models.panel import PanelResult, fit_panel

NAMES = ["availability", "trust"]


def panel(n: int = 60, seed: int = 21) -> pd.DataFrame:
    """A small simulated panel with gaps."""
    random = np.random.default_rng(seed)
    level, now, columns = random.normal(size=(n, 2)), random.normal(size=(n, 2)), {}
    for wave in range(1, 5):
        columns[f"availability_{wave}"], columns[f"trust_{wave}"] = (level + now).T
        now = now @ [[0.3, 0.3], [0.0, 0.3]] + random.normal(size=(n, 2))
    frame = pd.DataFrame(columns)
    return frame.mask(random.random(frame.shape) < 0.1)


@cache
def with_prior(sd: float | None, scale: float = 1.0) -> PanelResult:
    frame = panel()
    trust = [name for name in frame if name.startswith("trust")]
    return fit_panel(frame.assign(**{name: scale * frame[name] for name in trust}), NAMES, prior=sd)


def lagged(result: PanelResult) -> pd.DataFrame:
    return result.lagged().set_index("term")


def crossed(result: PanelResult) -> pd.DataFrame:
    return lagged(result).query("effect == 'cross-lagged'")


def test_a_wide_prior_changes_nothing_and_a_narrow_one_holds_effects_at_zero():
    free, wide, narrow = (crossed(with_prior(sd)) for sd in (None, 1e4, 1e-3))
    np.testing.assert_allclose(wide["estimate"], free["estimate"], atol=1e-5)
    np.testing.assert_allclose(wide["std_error"], free["std_error"], atol=1e-5)
    assert narrow["estimate"].abs().max() < 1e-4
    np.testing.assert_allclose(narrow["std_error"], 1e-3, rtol=0.2)


def test_effects_are_drawn_towards_zero_and_errors_become_smaller():
    free, drawn = crossed(with_prior(None)), crossed(with_prior(0.2))
    assert (drawn["std_error"] < free["std_error"]).all()
    assert (drawn["std_error"] < 0.2).all()
    assert (drawn["estimate"] ** 2).sum() < (free["estimate"] ** 2).sum()


def test_the_mode_is_where_likelihood_and_prior_balance():
    """The slope of the log-likelihood at the mode is that of the prior: its value over its variance."""
    result = with_prior(0.3)
    fit = result.fitted.fit
    assert fit.converged
    by_hand = fit.at.gradient
    held = fit.prior.precision > 0.0
    assert held.sum() == 2
    np.testing.assert_allclose(by_hand[held], fit.prior.precision[held] * fit.theta[held], atol=1e-5)
    np.testing.assert_allclose(by_hand[~held], 0.0, atol=1e-5)


def test_the_prior_is_in_standard_units():
    one, ten = lagged(with_prior(0.3)), lagged(with_prior(0.3, 10.0))
    assert ten.loc["trust ~ availability", "estimate"] == pytest.approx(
        10 * one.loc["trust ~ availability", "estimate"], rel=1e-4
    )
    assert ten.loc["availability ~ trust", "estimate"] == pytest.approx(
        one.loc["availability ~ trust", "estimate"] / 10, rel=1e-4
    )
    assert ten.loc["trust ~ trust", "estimate"] == pytest.approx(one.loc["trust ~ trust", "estimate"], rel=1e-4)


def test_what_carries_over_is_left_to_the_data():
    free, narrow = (lagged(with_prior(sd)).loc["trust ~ trust"] for sd in (None, 0.05))
    assert narrow["std_error"] > 0.5 * free["std_error"]
    assert lagged(with_prior(0.3))["df"].between(10, 100).all()


def test_an_interval_is_not_wider_than_its_prior():
    """Three waves of forty children say next to nothing, and t with one degree of freedom says less than that."""
    names = [f"{name}_{wave}" for name in NAMES for wave in (1, 2, 3)]
    result = fit_panel(panel(40, 12)[names], NAMES, prior=0.3)
    precision = result.fitted.fit.prior.precision
    widest = 1.96 * (precision[precision > 0.0] ** -0.5).max()
    half = (crossed(result)["conf_high"] - crossed(result)["conf_low"]) / 2.0
    assert (half < widest).all()
    assert (crossed(result)["df"] > 2.0).all()
    assert lagged(result)["df"].min() == 1.0


def test_the_value_is_printed_and_what_it_takes_away_is_told():
    result = with_prior(0.3)
    text = result.summary()
    assert "normal, mean 0, standard deviation 0.30 in standard units" in text
    assert result.spec["prior"] == 0.3
    assert np.isnan(result.facts["chi2"])
    assert np.isnan(result.facts["aic"])
    assert result.waves_test is None
    assert len(result.equality) == 0
    assert "(without the prior, which lavaan does not have)" in result.syntax.splitlines()[0]
    assert not any("saturated model has no" in note for note in result.notes)
    assert result.other.spec["prior"] == 0.3


def test_the_lagged_mixed_model_takes_it_too():
    result = fit_panel(panel(), NAMES, model="lagged", prior=0.3)
    assert result.facts["converged"]
    assert (result.fitted.fit.prior.precision > 0.0).sum() == 2


@pytest.mark.parametrize("prior", [0, -0.3, "wide", True, float("inf"), float("nan")])
def test_what_is_no_standard_deviation_is_refused(prior):
    with pytest.raises(ModelError) as caught:
        fit_panel(panel(), NAMES, prior=prior)
    assert "SB-SEM-120" in str(caught.value)
    assert "prior=0.3" in caught.value.problems[0].fix


def test_growth_curves_have_no_lagged_effects():
    with pytest.raises(ModelError, match="SB-SEM-120"):
        fit_panel(panel(), NAMES, model="growth", prior=0.3)
