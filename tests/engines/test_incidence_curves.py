"""Curves of competing exits against R's survival and cmprsk, against brute force, and against themselves."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from securebase_analysis.engines.incidence import (
    aalen_johansen,
    aalen_variance,
    followed_to,
    gray_variance,
    greenwood,
    nelson_aalen,
    share_interval,
    surviving_variance,
    value_at,
)
from securebase_analysis.engines.incidence_influence import (
    clustered_variance,
    influence_at,
    influence_of,
    influence_on_area,
    summed,
)
from securebase_analysis.engines.risk_table import risk_table

REFERENCE = json.loads((Path(__file__).parents[1] / "reference" / "incidence.json").read_text())
CLOSE = {"rtol": 1e-10, "atol": 1e-12}
ERRORS_CLOSE = {"rtol": 1e-9, "atol": 1e-10}  # the smallest errors are 1e-3; R's sums of squares differ in order
NORMAL = 1.959963984540054

CASES = [
    ("made", "made", None, None, None),
    ("made_by", "made", "care", None, None),
    ("mgus2", "mgus2", None, None, None),
    ("mgus2_by", "mgus2", "sex", None, None),
    ("made_late", "made", None, "start", None),
    ("made_late_by", "made", "care", "start", None),
    ("made_cluster", "made", None, None, "carer"),
    ("made_late_cluster", "made", None, "start", "carer"),
]


def data(name: str) -> pd.DataFrame:
    return pd.DataFrame(REFERENCE["data"][name])


def parts(case):
    """Each group's rows, curves, and what R found for it."""
    name, of, by, start, cluster = case
    frame = data(of)
    n_causes = int(frame["cause"].max())
    for group, expected in REFERENCE["curves"][name].items():
        rows = frame if by is None else frame[frame[by] == group]
        cause = rows["cause"].to_numpy(int)
        entry = rows[start].to_numpy(float) if start else None
        curves = aalen_johansen(risk_table(rows["stop"].to_numpy(float), cause, n_causes, entry))
        code = pd.factorize(rows[cluster])[0] if cluster else None
        yield curves, cause, code, expected


def at_r(curves, expected, values, before=0.0):
    """Our values at the times that R lists: those of entries too."""
    return value_at(curves.table.time, values, np.array(expected["time"]), before)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case[0])
def test_incidence_equals_survfit(case):
    for curves, _, _, expected in parts(case):
        np.testing.assert_allclose(
            at_r(curves, expected, curves.incidence),
            np.reshape(expected["incidence"], (-1, 2 + ("made" in case[0]))),
            **CLOSE,
        )
        np.testing.assert_allclose(at_r(curves, expected, curves.surviving, 1.0), expected["surviving"], **CLOSE)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case[0])
def test_influence_errors_equal_survfit(case):
    for curves, cause, cluster, expected in parts(case):
        errors = [
            clustered_variance(influence_of(curves, k, cause), cluster) for k in range(curves.incidence.shape[1])
        ]
        ours = at_r(curves, expected, np.sqrt(np.column_stack(errors)))
        np.testing.assert_allclose(ours, expected["std_error"], **ERRORS_CLOSE)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case[0])
def test_share_at_risk_equals_survfit(case):
    for curves, _, _, expected in parts(case):
        times = np.array(expected["time"])
        stops = np.isin(times, curves.table.time)
        np.testing.assert_array_equal(curves.table.at_risk_at(times)[stops], np.array(expected["at_risk"])[stops])
        np.testing.assert_array_equal(curves.table.at_risk, np.array(expected["at_risk"])[stops])


@pytest.mark.parametrize("transform", ["plain", "log", "log-log"])
@pytest.mark.parametrize("case", CASES[:4], ids=lambda case: case[0])
def test_intervals_equal_survfit(case, transform):
    for _curves, _, _, expected in parts(case):
        estimate, error = (np.array(expected[name], dtype=float) for name in ("incidence", "std_error"))
        ours = share_interval(estimate, error, NORMAL, transform)
        for end, r_end in zip(ours, ("low", "high")):
            theirs = np.array(expected["interval"][transform][r_end], dtype=float)
            known = np.isfinite(end) & np.isfinite(theirs) & (error > 1e-9)
            assert known.mean() > 0.5
            np.testing.assert_allclose(end[known], theirs[known], **CLOSE)


@pytest.mark.parametrize("name", ["made", "made_strata", "exact", "mgus2", "lung"])
def test_incidence_and_grays_errors_equal_cuminc(name):
    expected = REFERENCE["cuminc"][name]
    frame = data(name.removesuffix("_strata"))
    by = {"mgus2": "sex", "lung": "ecog"}.get(name, "care")
    at = np.array(expected["times"], dtype=float)
    n_causes = int(frame["cause"].max())
    groups = [("", frame), *((str(group), rows) for group, rows in frame.groupby(by))]
    found, errors = {}, {}
    for group, rows in groups:
        table = risk_table(rows["stop"].to_numpy(float), rows["cause"].to_numpy(int), n_causes)
        curves = aalen_johansen(table)
        known = followed_to(curves, at) & (at <= table.time[-1])
        for k in range(n_causes):
            found[group, k] = np.where(known, value_at(table.time, curves.incidence[:, k], at, 0.0), np.nan)
            variance = gray_variance(curves)[:, k]
            errors[group, k] = np.where(known, np.sqrt(value_at(table.time, variance, at, 0.0)), np.nan)
    whole = [np.atleast_2d(np.array(expected[name], dtype=float)) for name in ("estimate", "std_error")]
    for k in range(n_causes):
        np.testing.assert_allclose(found["", k], whole[0][k], **CLOSE)
        np.testing.assert_allclose(errors["", k], whole[1][k], **ERRORS_CLOSE)
    for place, label in enumerate(expected["by"]):
        group, k = label.rsplit(" ", 1)
        for ours, theirs in ((found, "by_estimate"), (errors, "by_std_error")):
            values = np.array(expected[theirs][place], dtype=float)
            there = ~np.isnan(values)  # groups of one row have no variance in R
            np.testing.assert_allclose(ours[group, int(k) - 1][there], values[there], **ERRORS_CLOSE)


@pytest.mark.parametrize("name", ["lung", "made_late"])
def test_kaplan_meier_and_nelson_aalen_equal_survfit(name):
    expected = {key: value for key, value in REFERENCE["kaplan"][name].items() if key != "interval"}
    expected = {key: np.array(value, dtype=float) for key, value in expected.items()}
    frame = data(name.removesuffix("_late"))
    entry = frame["start"].to_numpy(float) if name == "made_late" else None
    table = risk_table(frame["stop"].to_numpy(float), (frame["cause"] > 0).to_numpy(int), 1, entry)
    curves = aalen_johansen(table)
    hazard, variance = nelson_aalen(table)
    np.testing.assert_array_equal(table.time, expected["time"])
    np.testing.assert_array_equal(table.at_risk, expected["at_risk"])
    np.testing.assert_array_equal(table.any_event, expected["events"])
    np.testing.assert_array_equal(table.censored, expected["censored"])
    np.testing.assert_allclose(curves.surviving, expected["surviving"], **CLOSE)
    np.testing.assert_allclose(1 - curves.incidence[:, 0], expected["surviving"], **CLOSE)
    np.testing.assert_allclose(np.sqrt(greenwood(table)), expected["log_error"], **CLOSE)
    np.testing.assert_allclose(hazard, expected["hazard"], **CLOSE)
    np.testing.assert_allclose(np.sqrt(variance), expected["hazard_error"], **CLOSE)
    error = np.sqrt(surviving_variance(curves))
    np.testing.assert_allclose(np.sqrt(aalen_variance(curves)[:, 0]), error, **ERRORS_CLOSE)
    for transform, ends in REFERENCE["kaplan"][name]["interval"].items():
        ours = share_interval(curves.surviving, error, NORMAL, transform)
        for end, theirs in zip(ours, (ends["low"], ends["high"])):
            theirs = np.array(theirs, dtype=float)
            known = np.isfinite(end) & np.isfinite(theirs)
            assert known.mean() > 0.9
            np.testing.assert_allclose(end[known], theirs[known], **CLOSE)


def test_clustered_errors_of_kaplan_meier_equal_survfit():
    expected, frame = REFERENCE["kaplan"]["made_cluster"], data("made")
    cause = (frame["cause"] > 0).to_numpy(int)
    curves = aalen_johansen(risk_table(frame["stop"].to_numpy(float), cause, 1))
    ours = np.sqrt(clustered_variance(influence_of(curves, 0, cause), pd.factorize(frame["carer"])[0]))
    np.testing.assert_allclose(ours, np.array(expected["error"], dtype=float), **ERRORS_CLOSE)


# ---- what must hold without R ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def cohort():
    rng = np.random.default_rng(5)
    start = np.where(rng.random(240) < 0.5, 0.0, rng.integers(0, 30, 240))
    stop = start + rng.integers(1, 60, 240)
    return start, stop, rng.integers(0, 4, 240), rng.integers(0, 50, 240)


def test_shares_add_up_to_one_and_never_fall(cohort):
    start, stop, cause, _ = cohort
    for entry in (None, start):
        curves = aalen_johansen(risk_table(stop, cause, 3, entry))
        np.testing.assert_allclose(curves.surviving + curves.incidence.sum(axis=1), 1.0, atol=1e-14)
        assert (np.diff(curves.incidence, axis=0) >= 0).all()


def test_without_censoring_it_is_the_share_that_ended_so_far_and_its_binomial_error():
    stop, cause = np.array([1.0, 2, 2, 3, 3, 3, 4, 5]), np.array([1, 1, 2, 2, 1, 2, 1, 2])
    curves = aalen_johansen(risk_table(stop, cause, 2))
    for place, t in enumerate(curves.table.time):
        shares = np.array([np.mean((stop <= t) & (cause == k)) for k in (1, 2)])
        np.testing.assert_allclose(curves.incidence[place], shares, atol=1e-15)
        np.testing.assert_allclose(aalen_variance(curves)[place], shares * (1 - shares) / 8, atol=1e-15)


def test_the_order_of_the_rows_and_repeats_change_no_bit(cohort):
    start, stop, cause, _ = cohort
    once = aalen_johansen(risk_table(stop, cause, 3, start)).incidence
    again = aalen_johansen(risk_table(stop, cause, 3, start)).incidence
    mixed = np.random.default_rng(1).permutation(len(stop))
    other = aalen_johansen(risk_table(stop[mixed], cause[mixed], 3, start[mixed])).incidence
    np.testing.assert_array_equal(once, again)
    np.testing.assert_array_equal(once, other)


def test_times_that_differ_by_rounding_are_tied():
    table = risk_table(np.array([0.1 + 0.2, 0.3, 0.7]), np.array([1, 2, 0]), 2)
    assert len(table.time) == 2
    assert table.at_risk.tolist() == [3, 1]


def test_weights_are_copies(cohort):
    start, stop, cause, _ = cohort
    copies = np.random.default_rng(2).integers(1, 4, len(stop))
    weighted = aalen_johansen(risk_table(stop, cause, 3, start, copies.astype(float)))
    copied = aalen_johansen(
        risk_table(*(np.repeat(x, copies) for x in (stop, cause)), 3, np.repeat(start, copies))
    )
    np.testing.assert_allclose(weighted.incidence, copied.incidence, rtol=1e-12)
    np.testing.assert_array_equal(weighted.table.at_risk, copied.table.at_risk)


def test_influence_is_the_slope_in_the_weight_of_a_row(cohort):
    start, stop, cause, _ = cohort
    curves = aalen_johansen(risk_table(stop, cause, 3, start))
    for row in (0, 7, 100):
        for k in range(3):
            ends = []
            for step in (-1e-5, 1e-5):
                weight = np.ones(len(stop))
                weight[row] += step
                ends.append(aalen_johansen(risk_table(stop, cause, 3, start, weight)).incidence[:, k])
            slope = (ends[1] - ends[0]) / 2e-5
            ours = influence_at(influence_of(curves, k, cause), curves.table.time)[row]
            np.testing.assert_allclose(ours, slope, atol=1e-9)


def test_running_sums_equal_the_table_of_rows_by_times(cohort):
    start, stop, cause, cluster = cohort
    for entry in (None, start):
        curves = aalen_johansen(risk_table(stop, cause, 3, entry))
        for k in range(3):
            of = influence_of(curves, k, cause)
            each = influence_at(of, curves.table.time)
            np.testing.assert_allclose(clustered_variance(of), (each**2).sum(axis=0), atol=1e-15)
            together = (summed(each, cluster, 50) ** 2).sum(axis=0)
            np.testing.assert_allclose(clustered_variance(of, cluster), together, atol=1e-15)
            if entry is None:
                np.testing.assert_allclose(clustered_variance(of), aalen_variance(curves)[:, k], atol=1e-15)


def test_influence_on_an_area_is_the_sum_of_influences_on_days(cohort):
    start, stop, cause, _ = cohort
    curves = aalen_johansen(risk_table(stop, cause, 3, start))
    of = influence_of(curves, 1, cause)
    for until in (1.0, 20.0, 55.0, 89.0):
        days = np.arange(0.0, until)
        np.testing.assert_allclose(influence_on_area(of, until), influence_at(of, days).sum(axis=1), atol=1e-14)


def test_a_risk_set_that_empties_and_fills_again_keeps_its_curve():
    """Late entries after everyone has left: the curve stays where it was, and says so by staying at zero."""
    start, stop = np.array([0.0, 0, 5, 5]), np.array([1.0, 2, 7, 8])
    curves = aalen_johansen(risk_table(stop, np.array([1, 2, 1, 0]), 2, start))
    assert curves.surviving.tolist() == [0.5, 0.0, 0.0, 0.0]
    np.testing.assert_allclose(curves.incidence[-1], [0.5, 0.5])
    assert np.isfinite(clustered_variance(influence_of(curves, 0, np.array([1, 2, 1, 0])))).all()


def test_a_row_that_stops_as_it_starts_is_refused():
    with pytest.raises(ValueError, match="must start before"):
        risk_table(np.array([3.0, 2.0]), np.array([1, 0]), 1, np.array([0.0, 2.0]))


def test_intervals_stay_between_zero_and_one():
    estimate = np.array([0.0, 0.01, 0.5, 0.99, 1.0])
    for transform in ("plain", "log", "log-log"):
        low, high = share_interval(estimate, np.full(5, 0.2), NORMAL, transform)
        known = ~np.isnan(low)
        assert ((low >= 0) & (high <= 1))[known].all()
        assert ((low <= estimate) & (estimate <= high))[known].all()
