"""Models of many kinds, on skewed data with gaps and on answers, against lavaan: ``sem_held_out.R``."""

import json
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from securebase_analysis.engines.scaled_tests import scaled_indices
from securebase_analysis.models.sem import SemResult, fit_sem

REFERENCE = Path(__file__).parents[2] / "reference"
VALUES = json.loads((REFERENCE / "sem_held_out.json").read_text("utf-8"))
CASES = list(VALUES)
ORDINAL = [name for name in CASES if VALUES[name]["options"]["estimator"] == "WLSMV"]
WITH_SCORES = [name for name in CASES if "scores" in VALUES[name]]
FIT = {
    "npar": ("n_parameters", 0.0), "df": ("df", 0.0), "chisq": ("chi2", 1e-3), "pvalue": ("p_value", 1e-4),
    "cfi": ("cfi", 1e-4), "tli": ("tli", 1e-4), "rmsea": ("rmsea", 1e-4), "rmsea.ci.lower": ("rmsea_low", 1e-4),
    "rmsea.ci.upper": ("rmsea_high", 1e-4), "srmr": ("srmr", 1e-4), "logl": ("log_likelihood", 1e-4),
    "aic": ("aic", 1e-3), "bic": ("bic", 1e-3), "chisq.scaled": ("chi2_scaled", 1e-2),
    "pvalue.scaled": ("p_value_scaled", 1e-4), "chisq.scaling.factor": ("scaling_factor", 1e-3),
    "cfi.scaled": ("cfi_scaled", 1e-3), "tli.scaled": ("tli_scaled", 1e-3), "rmsea.scaled": ("rmsea_scaled", 1e-3),
    "cfi.robust": ("cfi_robust", 1e-3), "tli.robust": ("tli_robust", 1e-3), "rmsea.robust": ("rmsea_robust", 1e-3),
    "rmsea.ci.lower.robust": ("rmsea_robust_low", 1e-3), "rmsea.ci.upper.robust": ("rmsea_robust_high", 1e-3),
}  # fmt: skip


@cache
def table() -> pd.DataFrame:
    return pd.read_csv(REFERENCE / "sem_held_out.csv")


@cache
def fitted(name: str) -> SemResult:
    """One case, with lavaan's options in our words."""
    given = dict(VALUES[name]["options"])
    options = {
        "estimator": given["estimator"].lower(), "missing": given.get("missing", "listwise"),
        "equal": given.get("group.equal", []), "partial": given.get("group.partial", []),
        "group": given.get("group"), "ordered": given.get("ordered"),
    }  # fmt: skip
    return fit_sem(table(), VALUES[name]["model"], **options)


def groups_of(name: str) -> list[str]:
    return VALUES[name]["groups"] or [""]


def key_of(name: str, row: dict) -> tuple[str, str]:
    """Group and term of lavaan's row; the order of a covariance is left open."""
    if row["op"] == ":=":
        return "", row["lhs"]
    group = groups_of(name)[int(row.get("group", 1)) - 1]
    if row["op"] == "~*~":
        return group, f"scale of {row['lhs']}"
    if row["op"] == "~1":
        return group, f"{row['lhs']} ~1"
    return group, plain(f"{row['lhs']} {row['op']} {row['rhs']}")


def plain(term: str) -> str:
    return " ~~ ".join(sorted(term.split(" ~~ "))) if " ~~ " in term else term


def by_key(frame: pd.DataFrame) -> dict[tuple[str, str], dict]:
    return {(row["group"], plain(row["term"])): row for row in frame.to_dict("records")}


@pytest.mark.parametrize("name", CASES)
def test_estimates_and_errors_are_lavaans(name):
    ours, found = by_key(fitted(name).tidy()), 0
    for row in VALUES[name]["rows"]:
        key = key_of(name, row)
        if key not in ours:  # means and scales of categories, which are fixed by definition
            assert row["op"] in ("~1", "~*~")
            assert not row["se"]
            continue
        assert ours[key]["estimate"] == pytest.approx(row["est"], abs=1e-4, rel=1e-4), key
        if row["se"]:
            assert ours[key]["std_error"] == pytest.approx(row["se"], rel=1e-3, abs=1e-6), key
            found += 1
        else:
            assert np.isnan(ours[key]["std_error"]), key
    assert found >= fitted(name).glance()["n_parameters"].iloc[0]


@pytest.mark.parametrize("name", CASES)
def test_the_standardised_solution_is_lavaans(name):
    ours, found = by_key(fitted(name).standardized()), 0
    for row in VALUES[name]["rows"]:
        key = key_of(name, row)
        if row["op"] == "~*~" or key not in ours or row["std"] is None:
            continue
        assert ours[key]["estimate"] == pytest.approx(row["std"], abs=1e-4), key
        if row["std_se"] and row["std_se"] > 1e-8:
            assert ours[key]["std_error"] == pytest.approx(row["std_se"], rel=1e-3, abs=1e-6), key
        found += 1
    assert found > 5


@pytest.mark.parametrize("name", CASES)
def test_fit_is_lavaans(name):
    glance, found = fitted(name).glance().iloc[0], 0
    for measure, (ours, tolerance) in FIT.items():
        value = VALUES[name]["fit"].get(measure)
        if value is not None and ours in glance and not (name in ORDINAL and ours == "p_value"):
            assert glance[ours] == pytest.approx(value, abs=tolerance), measure
            found += 1
    assert found >= 13


@pytest.mark.parametrize("name", CASES)
def test_residuals_are_lavaans(name):
    ours, observed = fitted(name).residuals(), VALUES[name]["observed"]
    for group, theirs, means in zip(
        groups_of(name), VALUES[name]["correlation_residuals"], VALUES[name]["mean_residuals"]
    ):
        own = ours[ours["group"] == group].to_dict("records")
        left = {
            frozenset((row["variable"], row["other"] or row["variable"])): row["correlation_residual"]
            for row in own
            if row["kind"] != "mean"
        }
        for i, one in enumerate(observed):
            for j, other in enumerate(observed):
                assert left[frozenset((one, other))] == pytest.approx(theirs[i][j], abs=2e-4), (one, other)
        of_means = {row["variable"]: row["correlation_residual"] for row in own if row["kind"] == "mean"}
        for one, value in zip(observed, means or []):
            if one in of_means and value is not None:
                assert of_means[one] == pytest.approx(value, abs=2e-4), one


@pytest.mark.parametrize("name", CASES)
def test_modification_indices_are_lavaans(name):
    ours, found = by_key(fitted(name).modification_indices()), 0
    given = fitted(name).fitted.table.given
    for row in VALUES[name]["modification"]:
        key = key_of(name, row)
        if row.get("mi") is None or row["mi"] < 1e-4 or row["op"] == "~*~" or (row["lhs"] in given):
            continue
        assert key in ours, key
        close = 1e-2 if name in ORDINAL else 2e-3
        assert ours[key]["index"] == pytest.approx(row["mi"], abs=5e-3, rel=close), key
        assert ours[key]["change"] == pytest.approx(row["epc"], abs=5e-4, rel=close), key
        standard = ours[key]["change_standardized"]  # missing beside a negative variance
        if not np.isnan(standard) and row["lhs"] != row["rhs"]:
            assert standard == pytest.approx(row["sepc.all"], abs=5e-4, rel=close), key
        found += 1
    assert found or fitted(name).glance()["df"].iloc[0] < 3


@pytest.mark.parametrize("name", WITH_SCORES)
def test_scores_are_lavaans(name):
    ours, latent = fitted(name).factor_scores(), VALUES[name]["latent"]
    for rows, scores in zip(VALUES[name]["rows_scored"], VALUES[name]["scores"]):
        np.testing.assert_allclose(ours.loc[np.array(rows) - 1, latent], scores, atol=1e-3)


def test_scores_of_groups_with_categories_are_those_of_each_group_alone():
    model = VALUES["answers"]["model"]
    together = fit_sem(table(), model, estimator="wlsmv", group="place").factor_scores()
    north = table()[table()["place"] == "north"]
    alone = fit_sem(north, model, estimator="wlsmv").factor_scores()
    pd.testing.assert_frame_equal(together.loc[north.index], alone, atol=1e-5)


def test_robust_indices_of_the_same_rows_twice_are_those_of_the_rows():
    """lavaan 0.6-14 leaves the share of each group out of the mean of the baseline, and would give others."""
    model = VALUES["answers_badly"]["model"]
    twice = pd.concat([table().assign(half=half) for half in ("first", "second")], ignore_index=True)
    once = fit_sem(table(), model, estimator="wlsmv").glance().iloc[0]
    both = fit_sem(twice, model, estimator="wlsmv", group="half").glance().iloc[0]
    assert once["cfi_robust"] < 0.99
    for index in ("cfi_robust", "tli_robust", "rmsea_robust"):
        assert both[index] == pytest.approx(once[index], abs=1e-5), index


def test_what_is_defined_is_made_of_standardised_parts():
    standard = fitted("mediation").standardized().set_index("term")["estimate"]
    product = standard["second ~ visual"] * standard["third ~ second"]
    assert standard["ab"] == pytest.approx(product, rel=1e-9)
    assert standard["total"] == pytest.approx(product + standard["third ~ visual"], rel=1e-9)


def test_a_mean_far_from_zero_has_no_residual_of_its_own_size():
    moved = table().assign(y5=table()["y5"] + 10_000.0)
    ours = fit_sem(moved, VALUES["badly_fitting"]["model"]).residuals().query("kind == 'mean'")
    before = fit_sem(table(), VALUES["badly_fitting"]["model"]).residuals().query("kind == 'mean'")
    np.testing.assert_allclose(ours["correlation_residual"], before["correlation_residual"], atol=1e-4)


def test_a_predictor_of_two_values_beside_ordered_categories_has_the_errors_of_a_share():
    model = VALUES["answers"]["model"] + "\ntrust ~ sex"
    ours = fit_sem(table(), model, estimator="wlsmv", ordered=[f"u{i}" for i in range(1, 9)])
    assert "Part of the model, as normal variables: sex (in lavaan conditional.x = FALSE)" in " ".join(ours.notes)
    error, sex = ours.tidy().set_index("term")["std_error"], table()["sex"]
    share, n = sex.mean(), len(sex)
    assert error["sex ~1"] == pytest.approx(np.sqrt(share * (1 - share) / n), rel=5e-3)
    spread = np.sqrt(share * (1 - share) / n) * abs(1 - 2 * share)
    assert error["sex ~~ sex"] == pytest.approx(spread, rel=5e-3)
    assert 0.05 < error["trust ~ sex"] < 0.3


def test_robust_indices_do_not_count_the_moments_of_what_is_given():
    """With them a badly fitting model of predictors has other indices than lavaan's, which hold here to 1e-5."""
    model, theirs = fitted("paths_badly").fitted, VALUES["paths_badly"]["fit"]
    given = [model.table.observed.index(name) for name in model.table.given]
    left_out, counted = (
        scaled_indices(model.fit, model.baseline, for_missing=True, given=of) for of in (given, [])
    )
    assert left_out.cfi_robust == pytest.approx(theirs["cfi.robust"], abs=1e-5)
    assert left_out.rmsea_robust == pytest.approx(theirs["rmsea.robust"], abs=1e-5)
    assert abs(counted.rmsea_robust - theirs["rmsea.robust"]) > 1e-4
