"""The panel whose correlations were computed in R, and what R found."""

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest


@pytest.fixture(scope="session")
def reference() -> dict[str, Any]:
    return json.loads((Path(__file__).parents[2] / "reference" / "relations.json").read_text())


@pytest.fixture(scope="module")
def panel(reference) -> pd.DataFrame:
    return pd.DataFrame(reference["data"])
