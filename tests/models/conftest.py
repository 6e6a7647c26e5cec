"""The sample study, read and scored once for every test of a model."""

from pathlib import Path

import pytest

from securebase_analysis.measures.scoring import score_dimensions
from securebase_analysis.study.study import read_study

SAMPLE = Path(__file__).parents[2] / "data" / "sample"


@pytest.fixture(scope="session")
def sample_study():
    return read_study(SAMPLE, progress=False)


@pytest.fixture(scope="session")
def sample_scores(sample_study):
    return score_dimensions(sample_study)
