"""The lagged mixed model: against its likelihood written out, against lavaan, and what it says of itself."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.linalg import solve_discrete_lyapunov
from scipy.stats import multivariate_normal

from securebase_analysis.errors import ModelError
from securebase_analysis.models.panel import PanelResult, fit_panel

NAMES = ["availability", "trust"]
REFERENCE = Path(__file__).parents[2] / "reference" / "lagged_mixed.json"


def panel(n: int = 120, n_waves: int = 4, seed: int = 4, gaps: float = 0.0) -> pd.DataFrame:
    """A simulated panel in its steady state, in which availability raises trust."""
    random = np.random.default_rng(seed)
    effect = np.array([[0.3, 0.0], [0.25, 0.3]])
    level, now, columns = random.normal(size=(n, 2)) * 0.8, np.zeros((n, 2)), {}
    for wave in range(-20, n_waves):
        now = now @ effect.T + random.normal(size=(n, 2)) * 0.7
        if wave >= 0:
            columns[f"availability_{wave + 1}"], columns[f"trust_{wave + 1}"] = (3.0 + level + now).T
    frame = pd.DataFrame(columns)
    return frame.mask(random.random(frame.shape) < gaps)


@cache
def fitted() -> PanelResult:
    return fit_panel(panel(), NAMES, model="lagged")


def written_out(result: PanelResult, changed: dict[int, float]) -> float:
    """The log-likelihood of complete data at the estimates, some of them changed, from the model's own words."""
    values = result.estimates["estimate"].to_numpy().copy()
    for place, change in changed.items():
        values[place] += change
    rows = result.estimates.assign(estimate=values).set_index(["effect", "term"])["estimate"]

    def matrix(kind: str) -> np.ndarray:
        variance = [rows[f"{kind} variance", f"{name} ~~ {name}"] for name in NAMES]
        covariance = rows[f"{kind} covariance", "availability ~~ trust"]
        return np.array([[variance[0], covariance], [covariance, variance[1]]])

    effect = np.array(
        [[rows["autoregressive" if o == s else "cross-lagged", f"{o} ~ {s}"] for s in NAMES] for o in NAMES]
    )
    level, steady = matrix("random-intercept"), solve_discrete_lyapunov(effect, matrix("residual"))
    waves = result.panel.waves
    whole = np.zeros((2 * len(waves),) * 2)
    for one in range(len(waves)):
        for other in range(one + 1):
            block = level + np.linalg.matrix_power(effect, one - other) @ steady
            whole[2 * one : 2 * one + 2, 2 * other : 2 * other + 2] = block
            whole[2 * other : 2 * other + 2, 2 * one : 2 * one + 2] = block.T
    columns = [f"{name}_{wave}" for wave in waves for name in NAMES]
    mean = [rows["intercept", f"{column} ~1"] for column in columns]
    return float(multivariate_normal(mean, whole).logpdf(result.wide[columns]).sum())


def test_the_likelihood_is_that_of_a_steady_process_and_at_its_maximum():
    result = fitted()
    top = written_out(result, {})
    assert result.facts["log_likelihood"] == pytest.approx(top, abs=1e-5)
    for place in range(len(result.estimates)):
        slope = (written_out(result, {place: 1e-4}) - written_out(result, {place: -1e-4})) / 2e-4
        assert slope == pytest.approx(0.0, abs=2e-3)


def test_parameters_are_those_of_one_span():
    result = fitted()
    assert result.facts["n_parameters"] == 4 + 3 + 3 + 8
    assert len(result.estimates) == 18
    assert list(result.lagged()["outcome"]) == ["availability", "trust", "availability", "trust"]
    assert any("Nickell" in note for note in result.notes)
    assert result.title.startswith("Lagged mixed model: Availability and Trust over 4 waves")
    assert set(result.beside["model"]) == {"lagged", "ri-clpm"}


def test_that_spans_are_alike_is_held_against_the_model_in_which_they_are_not():
    result = fitted()
    row = result.equality.iloc[0]
    free = result.other.facts
    assert row["over"] == "spans"
    assert row["df_difference"] == 27 - 18
    assert row["chi2_difference"] == pytest.approx(result.facts["chi2"] - free["chi2"], abs=1e-4)
    assert any("held against model='ri-clpm'" in note for note in result.notes)
    assert "spans alike (p-value)" in set(result.diagnostics()["check"])
    random = np.random.default_rng(3)
    wider = panel(n=300)
    last = [name for name in wider if name.endswith("_4")]
    wider[last] += 2.0 * random.normal(size=(300, 2))
    check = fit_panel(wider, NAMES, model="lagged").diagnostics().set_index("check").loc["spans alike (p-value)"]
    assert not check["ok"]
    assert "model='ri-clpm'" in check["advice"]
    few = fit_panel(panel(n=30), NAMES, model="lagged")
    assert len(few.equality) == 0
    assert any("was not tested" in note for note in few.notes)


def test_equal_to_lavaan_with_gaps():
    expected = json.loads(REFERENCE.read_text(encoding="utf-8"))
    result = fit_panel(panel(gaps=0.2), NAMES, model="lagged")
    assert result.facts["log_likelihood"] == pytest.approx(expected["log_likelihood"], abs=1e-4)
    assert result.facts["chi2"] == pytest.approx(expected["chi2"], abs=1e-2)
    assert result.facts["df"] == expected["df"]
    ours = result.lagged().set_index("term")
    for term, (estimate, std_error) in expected["lagged"].items():
        assert ours.loc[term, "estimate"] == pytest.approx(estimate, abs=1e-4)
        assert ours.loc[term, "std_error"] == pytest.approx(std_error, abs=1e-3)


def test_the_search_ends_at_a_maximum_with_many_constructs_in_any_units():
    random, names = np.random.default_rng(0), ["a", "b", "c", "d"]
    level, now, columns = random.normal(size=(300, 4)), random.normal(size=(300, 4)), {}
    for wave in range(4):
        columns |= {f"{name}_{wave}": 50.0 * (level + now)[:, place] for place, name in enumerate(names)}
        now = 0.3 * now + random.normal(size=(300, 4))
    frame = pd.DataFrame(columns)
    result = fit_panel(frame.mask(random.random(frame.shape) < 0.2), names, model="lagged")
    assert result.facts["converged"]
    own = result.lagged().query("effect == 'autoregressive'")["estimate"]
    np.testing.assert_allclose(own, 0.3, atol=0.25)


def test_deviations_that_last_are_told():
    checks = fitted().diagnostics().set_index("check")
    row = checks.loc["share left of deviations from before the waves that were not seen"]
    assert row["ok"]
    assert 0.0 <= row["value"] < 1e-4


def test_groups_have_levels_and_residuals_of_their_own():
    frame = pd.concat([panel(seed=1), panel(seed=2)], ignore_index=True).assign(country=["a"] * 120 + ["b"] * 120)
    result = fit_panel(frame, NAMES, model="lagged", group="country", equal_over_groups=True)
    assert result.facts["n_parameters"] == 4 + 2 * 14
    assert len(result.lagged()) == 4


def test_spans_of_their_own_are_refused():
    with pytest.raises(ModelError) as caught:
        fit_panel(panel(), NAMES, model="lagged", equal_over_waves=False)
    assert "SB-SEM-121" in str(caught.value)
    assert "model='ri-clpm'" in caught.value.problems[0].fix


def test_two_waves_are_too_few():
    with pytest.raises(ModelError) as caught:
        fit_panel(panel(n_waves=2), NAMES, model="lagged")
    assert "SB-SEM-40" in str(caught.value)
