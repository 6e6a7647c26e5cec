"""`fit_growth` beside lme4, lmerTest, pbkrtest and nlme on data that no part of it was developed with."""

import importlib.util
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from securebase_analysis.models.growth import fit_growth

HERE = Path(__file__).parents[2] / "reference"
REFERENCE = json.loads((HERE / "held_out.json").read_text())["values"]
MODELS: dict[str, tuple[str, dict[str, Any]]] = {
    "chicks": ("weight ~ Time * Diet", {"random": "Time", "group": "Chick"}),
    "machines": ("score ~ Machine", {"random": "0 + Machine", "group": "Worker"}),
    "pastes": ("strength ~ cask", {"random": {"sample": "1", "batch": "1"}}),
    "cake": ("angle ~ recipe * temp", {"random": "temp", "group": "replicate"}),
}


def tired() -> pd.DataFrame:
    """The simulated cohort."""
    spec = importlib.util.spec_from_file_location("held_out_cohorts", HERE / "held_out_cohorts.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.tired()


@pytest.mark.parametrize("name", MODELS)
def test_linear_models_equal_r(name: str) -> None:
    expected, (formula, asked) = REFERENCE[name], MODELS[name]
    frame = pd.DataFrame(expected["data"]).sample(frac=1.0, random_state=3)
    result = fit_growth(frame, formula, **asked)
    fixed = result.tidy().query("effect == 'fixed'")
    assert result.fit.deviance == pytest.approx(expected["deviance"], rel=1e-9, abs=1e-6)
    np.testing.assert_allclose(fixed["estimate"], expected["beta"], rtol=1e-6, atol=1e-7)
    np.testing.assert_allclose(fixed["std_error"], expected["se"], rtol=1e-5)
    np.testing.assert_allclose(fixed["df"], expected["df"], rtol=1e-3)
    assert result.fit.singular == expected["singular"]
    assert result.fit.sigma2 == pytest.approx(expected["sigma2"], rel=1e-4)
    for ours, theirs in zip(result.fit.covariances, expected["D"].values()):
        np.testing.assert_allclose(ours, theirs, rtol=1e-3, atol=1e-4 * expected["sigma2"])
    adjusted = fit_growth(frame, formula, df="kenward-roger", **asked).tidy().query("effect == 'fixed'")
    np.testing.assert_allclose(adjusted["std_error"], expected["se_kr"], rtol=1e-5)
    np.testing.assert_allclose(adjusted["df"], expected["df_kr"], rtol=1e-3)


@pytest.mark.parametrize("random", ["stress", "1 + stress"])
def test_residuals_fade_with_time_not_with_whatever_has_a_slope(random: str) -> None:
    expected = REFERENCE["tired"]
    result = fit_growth(tired(), "trust ~ years + stress", random=random, residual="ar1")
    fixed = result.tidy().query("effect == 'fixed'")
    assert result.fit.deviance == pytest.approx(expected["deviance"], rel=1e-9, abs=1e-5)
    np.testing.assert_allclose(fixed["estimate"], expected["beta"], rtol=1e-5)
    np.testing.assert_allclose(fixed["std_error"], expected["se"], rtol=1e-4)
    np.testing.assert_allclose(result.fit.covariances[0], expected["D"], rtol=1e-3, atol=1e-4)
    phi = result.tidy().query("term == 'autocorrelation'")["estimate"].item()
    assert phi == pytest.approx(expected["phi"], rel=1e-3)


def test_time_of_the_residuals_is_the_one_with_a_slope() -> None:
    frame = tired()
    alone = fit_growth(frame, "trust ~ years + stress", random="years", residual="ar1")
    frame["days"] = 365.25 * frame["years"]
    by_day = fit_growth(frame, "trust ~ days + stress", random="days", residual="ar1")
    of_the_unit = 2.0 * np.log(365.25)  # the restricted likelihood depends on the scale of the columns
    assert by_day.fit.deviance - of_the_unit == pytest.approx(alone.fit.deviance, abs=1e-6)
    phi = [one.tidy().query("term == 'autocorrelation'")["estimate"].item() for one in (alone, by_day)]
    assert phi[1] ** 365.25 == pytest.approx(phi[0], rel=1e-3)


def kenward_roger_by_definition(X: np.ndarray, slopes: list[np.ndarray], values: list[float]) -> np.ndarray:
    """Standard error and df of each fixed effect, from Kenward & Roger (1997) with every matrix written out."""
    V = sum(value * slope for value, slope in zip(values, slopes))
    inverse = np.linalg.inv(V)
    U = np.linalg.inv(X.T @ inverse @ X)
    turned = [inverse @ slope for slope in slopes]
    P = [-X.T @ one @ inverse @ X for one in turned]
    Q = [[X.T @ one @ other @ inverse @ X for other in turned] for one in turned]
    pairs = [(r, s) for r in range(len(slopes)) for s in range(len(slopes))]
    information = np.zeros((len(slopes), len(slopes)))
    for r, s in pairs:
        own = 0.5 * np.trace(turned[r] @ turned[s])
        information[r, s] = own - np.trace(U @ Q[r][s]) + 0.5 * np.trace(U @ P[r] @ U @ P[s])
    W = np.linalg.inv(information)
    adjusted = U + 2.0 * U @ sum(W[r, s] * (Q[r][s] - P[r] @ U @ P[s]) for r, s in pairs) @ U
    share = np.array([np.diag(U @ one @ U) / np.diag(U) for one in P])
    return np.column_stack([np.sqrt(np.diag(adjusted)), 2.0 / np.einsum("rj,rs,sj->j", share, W, share)])


def test_kenward_roger_with_weights_equals_its_definition() -> None:
    # pbkrtest 0.5.2 departs from its own definition when rows have weights, so R is no reference here.
    frame = tired()
    rng = np.random.default_rng(8)
    frame["precision"] = np.round(rng.uniform(0.3, 3.0, len(frame)), 2)
    frame["carer"] = [f"carer{one}" for one in rng.integers(0, 9, len(frame))]
    random = {"child": "stress", "carer": "1"}
    asked = {"random": random, "df": "kenward-roger", "weights": "precision"}
    result = fit_growth(frame, "trust ~ years + stress", **asked)
    child, carer = (pd.get_dummies(frame[name]).to_numpy(float) for name in random)
    same, stress = child @ child.T, frame["stress"].to_numpy()
    slopes = [same, same * np.add.outer(stress, stress), same * np.outer(stress, stress), carer @ carer.T]
    slopes.append(np.diag(1.0 / frame["precision"].to_numpy()))
    of_child, of_carer = result.fit.covariances
    values = [*of_child[[0, 0, 1], [0, 1, 1]], of_carer[0, 0], result.fit.sigma2]
    assert min(np.linalg.eigvalsh(of_child)[0], of_carer[0, 0]) > 0.0
    expected = kenward_roger_by_definition(result.data.fixed.values.T, slopes, values)
    fixed = result.tidy().query("effect == 'fixed'")
    np.testing.assert_allclose(fixed[["std_error", "df"]], expected, rtol=1e-8)


@pytest.mark.parametrize(("shift", "scale"), [(0.0, 1e-6), (0.0, 1e6), (1e6, 1.0)])
def test_degrees_of_freedom_do_not_depend_on_the_unit_of_the_outcome(shift: float, scale: float) -> None:
    # lmerTest's numerical derivatives do: its df of the same rows in millionths are off by a factor of up to 90.
    frame = tired()
    changed = frame.assign(trust=shift + scale * frame["trust"])
    for df in ("satterthwaite", "kenward-roger"):
        one, other = (
            fit_growth(rows, "trust ~ years + stress", "stress", df=df).tidy() for rows in (frame, changed)
        )
        one, other = (table.query("effect == 'fixed'") for table in (one, other))
        np.testing.assert_allclose(other["df"], one["df"], rtol=1e-6)
        np.testing.assert_allclose(other["std_error"], scale * one["std_error"], rtol=1e-6)
