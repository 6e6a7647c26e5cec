"""Texts of ladders as lavaan runs them (tests/reference/invariance_texts.R): the same models, the same numbers."""

import json
import runpy
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[1] / "reference"
CASES = runpy.run_path(str(FOLDER / "invariance_cases.py"))
REFERENCE = json.loads((FOLDER / "invariance_texts.json").read_text("utf-8"))
SAME = {"chisq": "chi2", "df": "df", "srmr": "srmr", "cfi": "cfi", "rmsea": "rmsea"}
SCALED = {
    "chisq.scaled": "chi2_scaled",
    "pvalue.scaled": "p_value_scaled",
    "chisq.scaling.factor": "scaling_factor",
}
MORE = {"ml": {}, "mlr": {"cfi.robust": "cfi_robust", "rmsea.robust": "rmsea_robust"},
        "wlsmv": {"cfi.scaled": "cfi_scaled", "rmsea.scaled": "rmsea_scaled"}}  # fmt: skip


def tolerance(name: str) -> float:
    """Chi-squares to a hundredth, indices to a thousandth."""
    return 1e-2 if name.startswith("chi2") else 1e-3


@pytest.mark.parametrize("name", list(CASES["CASES"]))
def test_a_text_is_the_model_and_has_its_numbers(name):
    result, asked = CASES["climbed"](name), CASES["CASES"][name]
    estimator = asked.options.get("estimator", "ml")
    table = result.steps.set_index("step")
    for step in asked.steps:
        theirs, ours = REFERENCE[name][step], table.loc[step]
        assert result.syntax(step) == theirs["text"]
        scaled = {} if estimator == "ml" else SCALED
        for key, column in {**SAME, **scaled, **MORE[estimator]}.items():
            # lavaan's own search ends at a relative change of 1e-10
            assert ours[column] == pytest.approx(theirs[key], abs=tolerance(column), rel=1e-5), (step, column)
