"""A small cohort on disk for the tests of this folder."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_cohort import Cohort


@pytest.fixture
def cohort(tmp_path: Path) -> Cohort:
    """Twelve children of two sites, three waves, everything in order."""
    folder = tmp_path / "birds"
    folder.mkdir()
    return Cohort(folder)
