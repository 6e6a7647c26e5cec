"""What is loaded when: a name brings the rooms it stands on, and heavy libraries wait until they are used."""

import json
import subprocess
import sys

import pytest

from securebase_analysis.results.plotting import draw

HEAVY = {
    "docx", "formulaic", "jinja2", "joblib", "matplotlib", "openpyxl", "pyarrow", "pyreadstat", "scipy.stats",
    "statsmodels", "tqdm", "typer",
}  # fmt: skip
BELOW = ["errors", "results", "theory", "readers", "study", "engines", "measures", "models"]
"""Rooms in the order of the floors that a reader of files, a study, its scores and an answer stand on."""
DRAWN = """
import pandas as pd
frame = pd.DataFrame({"child": list("aabbccddee"), "wave": [1, 2] * 5,
                      "availability": [3, 4, 1, 2, 5, 5, 2, 1, 4, 3], "trust": [3, 5, 2, 2, 4, 5, 1, 2, 4, 4]})
import matplotlib
matplotlib.use("Agg")
assert "securebase_analysis.show" not in sys.modules
relate_dimensions(frame).plot()
"""


def loaded_by(code: str) -> set[str]:
    """The modules of a fresh Python that ran this."""
    said = f"import sys, json\n{code}\nprint(json.dumps(sorted(sys.modules)))"
    run = subprocess.run([sys.executable, "-c", said], capture_output=True, text=True, check=True)
    return set(json.loads(run.stdout))


def rooms(modules: set[str]) -> set[str]:
    """The rooms of ours among them."""
    return {name.split(".")[1] for name in modules if name.startswith("securebase_analysis.")}


@pytest.fixture(scope="module")
def light() -> set[str]:
    """What the libraries that stand at the top of modules load by themselves."""
    return loaded_by("import numpy, pandas, scipy.linalg, scipy.special")


def test_the_package_alone_loads_nothing_heavy():
    modules = loaded_by("import securebase_analysis")
    assert rooms(modules) <= {"errors", "results"}
    assert not {"numpy", "pandas"} & modules


@pytest.mark.parametrize(
    ("name", "highest"),
    [
        ("DataError", "results"),
        ("read_table", "readers"),
        ("read_study", "study"),
        ("score_dimensions", "measures"),
        ("fit_growth", "models"),
    ],
)
def test_a_name_loads_the_rooms_it_stands_on(name, highest, light):
    modules = loaded_by(f"from securebase_analysis import {name}")
    assert rooms(modules) <= set(BELOW[: BELOW.index(highest) + 1])
    assert not HEAVY & (modules - light)


def test_what_draws_is_loaded_when_an_answer_is_drawn():
    modules = loaded_by(f"from securebase_analysis.models.relations import relate_dimensions\n{DRAWN}")
    assert "securebase_analysis.show.figures.relations" in modules


def test_what_is_no_answer_has_no_picture():
    with pytest.raises(TypeError, match="no picture for a dict"):
        draw({})
