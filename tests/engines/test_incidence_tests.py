"""Tests between groups and restricted mean times against R's survdiff, coxph, cuminc and survfit."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from securebase_analysis.engines.incidence import aalen_johansen
from securebase_analysis.engines.incidence_influence import summed
from securebase_analysis.engines.incidence_tests import gray_test, log_rank
from securebase_analysis.engines.restricted_time import restricted_times
from securebase_analysis.engines.risk_table import risk_table

REFERENCE = json.loads((Path(__file__).parents[1] / "reference" / "incidence.json").read_text())


def data(name: str) -> pd.DataFrame:
    return pd.DataFrame(REFERENCE["data"][name])


def coded(frame: pd.DataFrame, by: str) -> dict:
    code, labels = pd.factorize(frame[by], sort=True)
    return {"group": code, "n_groups": len(labels)}


@pytest.mark.parametrize(
    ("name", "of", "by", "stratum", "rho"),
    [
        ("lung", "lung", "sex", None, 0),
        ("lung_strata", "lung", "sex", "ecog", 0),
        ("lung_rho", "lung", "sex", None, 1),
        ("made", "made", "care", None, 0),
        ("mgus2", "mgus2", "sex", None, 0),
    ],
)
def test_log_rank_equals_survdiff(name, of, by, stratum, rho):
    frame, expected = data(of), REFERENCE["rank"][name]
    strata = pd.factorize(frame[stratum])[0] if stratum else None
    event = (frame["cause"] > 0).to_numpy()
    ours = log_rank(frame["stop"].to_numpy(float), event, **coded(frame, by), stratum=strata, rho=rho)
    assert ours.statistic == pytest.approx(expected["chi2"], rel=1e-10)
    np.testing.assert_allclose(ours.difference, expected["difference"], rtol=1e-9)
    np.testing.assert_allclose(ours.variance, expected["variance"], rtol=1e-9)
    assert ours.df == len(expected["difference"]) - 1


def test_log_rank_with_delayed_entry_is_the_score_test_of_cox_regression():
    frame = data("exact")
    ours = log_rank(
        frame["stop"].to_numpy(float), (frame["cause"] > 0).to_numpy(), **coded(frame, "care"),
        start=frame["start"].to_numpy(float),
    )  # fmt: skip
    assert ours.statistic == pytest.approx(REFERENCE["rank"]["exact_late"]["chi2"], rel=1e-9)


@pytest.mark.parametrize(
    ("name", "by", "stratum"),
    [("made", "care", None), ("made_strata", "care", "site"), ("exact", "care", None), ("mgus2", "sex", None),
     ("lung", "ecog", None)],
)  # fmt: skip
@pytest.mark.parametrize("rho", [0, 1])
def test_grays_test_equals_cuminc(name, by, stratum, rho):
    frame = data(name.removesuffix("_strata"))
    expected = REFERENCE["cuminc"][name]["gray_rho" if rho else "gray"]
    strata = pd.factorize(frame[stratum])[0] if stratum else None
    for k, (statistic, p_value, df) in enumerate(expected, start=1):
        ours = gray_test(
            frame["stop"].to_numpy(float),
            frame["cause"].to_numpy(int),
            k,
            **coded(frame, by),
            stratum=strata,
            rho=rho,
        )
        assert ours.statistic == pytest.approx(statistic, rel=1e-9)
        assert ours.p_value == pytest.approx(p_value, rel=1e-8, abs=1e-12)
        assert ours.df == df


def test_with_one_cause_grays_scores_are_those_of_the_log_rank_test():
    frame = data("lung")
    stop, cause = frame["stop"].to_numpy(float), frame["cause"].to_numpy(int)
    gray = gray_test(stop, cause, 1, **coded(frame, "sex"))
    rank = log_rank(stop, cause == 1, **coded(frame, "sex"))
    np.testing.assert_allclose(gray.difference, rank.difference, rtol=1e-10)


def test_a_group_that_is_never_compared_takes_no_degree_of_freedom():
    stop, event = np.array([1.0, 2, 3, 4, 0.5, 0.6]), np.array([1, 1, 1, 1, 0, 0], bool)
    ours = log_rank(stop, event, np.array([0, 1, 0, 1, 2, 2]), 3)
    assert ours.df == 1
    nobody = log_rank(stop, np.zeros(6, bool), np.array([0, 1, 0, 1, 2, 2]), 3)
    assert nobody.df == 0
    assert np.isnan(nobody.statistic)
    assert np.isnan(gray_test(stop, np.zeros(6, int), 1, np.array([0, 1, 0, 1, 2, 2]), 3).statistic)


@pytest.mark.parametrize("test", ["log-rank", "gray"])
def test_tests_hold_their_level_under_the_null(test):
    rng = np.random.default_rng(9)
    small = 0
    for _ in range(400):
        group = rng.integers(0, 3, 150)
        times = rng.exponential([[300.0], [200.0], [500.0]], (3, 150))
        stop = np.ceil(times.min(axis=0) / 10)
        cause = np.where(times.argmin(axis=0) == 2, 0, times.argmin(axis=0) + 1)
        if test == "gray":
            small += gray_test(stop, cause, 1, group, 3).p_value < 0.05
        else:
            small += log_rank(stop, cause > 0, group, 3).p_value < 0.05
    assert 0.025 < small / 400 < 0.08  # 5 % with a standard error of 1.1


@pytest.mark.parametrize(
    ("name", "of", "start", "cluster"),
    [("made", "made", None, None), ("made_cluster", "made", None, "carer"), ("made_late", "made", "start", None),
     ("mgus2", "mgus2", None, None)],
)  # fmt: skip
def test_mean_times_and_their_errors_equal_those_from_influences_in_r(name, of, start, cluster):
    frame, expected = data(of), REFERENCE["lost"][name]
    cause = frame["cause"].to_numpy(int)
    entry = frame[start].to_numpy(float) if start else None
    curves = aalen_johansen(risk_table(frame["stop"].to_numpy(float), cause, int(cause.max()), entry))
    ours = restricted_times(curves, cause, float(expected["until"]))
    np.testing.assert_allclose(ours.estimate, expected["estimate"], rtol=1e-10)
    assert ours.estimate.sum() == pytest.approx(expected["until"], rel=1e-12)
    influence = ours.influence
    if cluster:
        code = pd.factorize(frame[cluster])[0]
        influence = summed(influence, code, code.max() + 1)
    np.testing.assert_allclose(np.sqrt((influence**2).sum(axis=0)), expected["std_error"], rtol=1e-9)


def test_mean_time_by_group_equals_that_of_survfit():
    frame, expected = data("made"), REFERENCE["restricted"]
    for place, (_, rows) in enumerate(frame.groupby("care")):
        cause = rows["cause"].to_numpy(int)
        curves = aalen_johansen(risk_table(rows["stop"].to_numpy(float), cause, 3))
        ours = restricted_times(curves, cause, float(expected["until"]))
        assert ours.estimate[0] == pytest.approx(expected["estimate"][place], rel=1e-10)
        error = np.sqrt((ours.influence[:, 0] ** 2).sum())
        assert error == pytest.approx(expected["std_error"][place], rel=1e-9)
