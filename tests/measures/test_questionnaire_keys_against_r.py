"""The shipped keys beside R: psych::scoreItems for complete answers, the published rules for blanks in plain R."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from securebase_analysis.measures.questionnaires import score_questionnaire
from securebase_analysis.measures.scoring import score_dimensions
from securebase_analysis.study.codebook_files import load_codebook

REFERENCE = json.loads((Path(__file__).parents[1] / "reference" / "questionnaire_keys.json").read_text())


def frame(columns: dict[str, list[float | None]]) -> pd.DataFrame:
    return pd.DataFrame(columns, dtype=float)


@pytest.mark.parametrize("key", sorted(REFERENCE["complete"]))
def test_complete_answers_give_the_sums_of_psych(key):
    expected = REFERENCE["complete"][key]
    ours = score_questionnaire(frame(expected["answers"]), key)
    for scale, scores in expected["scores"].items():
        np.testing.assert_allclose(ours[scale], scores, rtol=1e-12, atol=1e-9)


@pytest.mark.parametrize("key", sorted(REFERENCE["complete"]))
def test_standard_errors_are_those_of_the_alpha_of_psych(key):
    expected = REFERENCE["complete"][key]
    scored = score_dimensions(frame(expected["answers"]), load_codebook(key)).frame
    for scale, std_error in expected["std_error"].items():
        ours = scored.loc[scored["construct"] == scale, "std_error"]
        np.testing.assert_allclose(ours, std_error, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("key", sorted(REFERENCE["blanks"]))
def test_blanks_by_the_rule_of_each_form(key):
    expected = REFERENCE["blanks"][key]
    ours = score_questionnaire(frame(expected["answers"]), key)
    for scale, scores in frame(expected["scores"]).items():
        np.testing.assert_allclose(ours[scale], scores, rtol=1e-12, atol=1e-9)
        assert scores.notna().any()
    assert frame(expected["scores"]).isna().any().any()
