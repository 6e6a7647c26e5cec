"""Panels of many shapes against lavaan 0.6, which fitted the text of ``result.syntax`` (panel_shapes.R)."""

from __future__ import annotations

import json
import sys
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from securebase_analysis.models.panel import PanelResult, fit_panel

REFERENCE = Path(__file__).parents[2] / "reference"
sys.path.insert(0, str(REFERENCE))
from panel_shapes import EQUAL, SHAPES, constructs, table  # noqa: E402

FIT = {
    "npar": ("n_parameters", 0), "chisq": ("chi2", 1e-2), "df": ("df", 0), "logl": ("log_likelihood", 1e-4),
    "cfi": ("cfi", 1e-3), "tli": ("tli", 1e-3), "rmsea": ("rmsea", 1e-3), "rmsea.ci.lower": ("rmsea_low", 1e-3),
    "rmsea.ci.upper": ("rmsea_high", 1e-3), "srmr": ("srmr", 1e-3), "aic": ("aic", 1e-3), "bic": ("bic", 1e-3),
}  # fmt: skip
SCALED = {"chisq.scaled": ("chi2_scaled", 1e-2), "chisq.scaling.factor": ("scaling_factor", 1e-2),
          "cfi.robust": ("cfi_robust", 1e-2), "rmsea.robust": ("rmsea_robust", 1e-2)}  # fmt: skip


@cache
def lavaan() -> dict[str, Any]:
    return json.loads((REFERENCE / "panel_shapes.json").read_text("utf-8"))


@cache
def fitted(name: str) -> PanelResult:
    return fit_panel(table(name), constructs(name), **SHAPES[name][1])


@pytest.mark.parametrize("name", SHAPES)
def test_every_parameter(name):
    theirs = {}
    for row in lavaan()[name]["rows"]:
        theirs[row["lhs"], row["op"], row["rhs"], row["group"]] = row["est"], row["se"]
        if row["op"] == "~~":
            theirs[row["rhs"], row["op"], row["lhs"], row["group"]] = row["est"], row["se"]
    ours, error = fitted(name).fitted, np.sqrt(np.diag(fitted(name).fitted.vcov))
    free = [one for one in ours.table if one.is_free]
    assert lavaan()[name]["converged"]
    assert len(free) == len(lavaan()[name]["rows"])
    expected = np.array([theirs[one.lhs, one.op, one.rhs, one.group + 1] for one in free])
    numbers = [one.free for one in free]
    # lavaan's search ends up to a thousandth of a standard error short of the maximum, at a lower likelihood.
    short = np.abs(ours.estimates[numbers] - expected[:, 0]) < 2e-3 * expected[:, 1]
    near = np.isclose(ours.estimates[numbers], expected[:, 0], rtol=1e-4, atol=1e-4)
    assert (near | short).all()
    assert near.mean() > 0.8
    assert fitted(name).facts["log_likelihood"] > lavaan()[name]["fit"]["logl"] - 1e-7
    np.testing.assert_allclose(error[numbers], expected[:, 1], rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("name", SHAPES)
def test_fit(name):
    wanted = FIT | (SCALED if SHAPES[name][1].get("estimator") == "mlr" else {})
    for key, (ours, tolerance) in wanted.items():
        theirs = lavaan()[name]["fit"][key]
        assert fitted(name).facts[ours] == pytest.approx(theirs, abs=tolerance, rel=1e-6), key


@pytest.mark.parametrize(("equal", "own"), EQUAL.items())
def test_equality_over_groups(equal, own):
    theirs = lavaan()[equal]["equal"]
    for name, imposed in ((equal, True), (own, False)):
        ours = fitted(name).equality.set_index("over").loc["groups"]
        assert ours["chi2_difference"] == pytest.approx(theirs["chi2"], abs=1e-2)
        assert ours["df_difference"] == theirs["df"]
        assert ours["p_value"] == pytest.approx(theirs["p"], abs=1e-3)
        assert ours["imposed"] == imposed


@pytest.mark.parametrize("name", ["groups_equal", "groups_own", "lags_equal_over_groups"])
def test_lagged_effects_in_words_are_the_parameters(name):
    """What ``tidy()`` calls ``b ~ a`` in a group is lavaan's regression of b on a in that group."""
    theirs = pd.DataFrame(lavaan()[name]["rows"]).query("op == '~'")
    plain = theirs[["lhs", "rhs"]].apply(lambda column: column.str.replace(r"^w_", "", regex=True))
    stem = plain.apply(lambda column: column.str.replace(r"_\d$", "", regex=True))
    panel = fitted(name).panel
    groups = pd.Series(panel.groups, index=range(1, len(panel.groups) + 1))
    keys = pd.DataFrame(
        {
            "outcome": stem["lhs"] if panel.equal else plain["lhs"],
            "group": "" if panel.equal_groups else theirs["group"].map(groups),
            "term": stem["lhs"] + " ~ " + stem["rhs"],
        }
    )
    beside = keys.assign(est=theirs["est"], se=theirs["se"]).drop_duplicates(["outcome", "group", "term"])
    both = fitted(name).lagged().merge(beside, on=["outcome", "group", "term"], validate="one_to_one", how="outer")
    np.testing.assert_allclose(both["estimate"], both["est"], rtol=1e-4, atol=2e-4)
    np.testing.assert_allclose(both["std_error"], both["se"], rtol=1e-3, atol=1e-3)
