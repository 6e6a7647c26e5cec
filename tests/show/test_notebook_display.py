"""In a notebook every picture appears under the cell that drew it, not only the first one."""

from __future__ import annotations

import nbformat
import pytest
from nbclient import NotebookClient

TABLE = """
import pandas as pd
from securebase_analysis.show import plot_profile, plot_trajectories
table = pd.DataFrame({"child": ["a", "b"] * 2, "wave": [1, 1, 2, 2], "trust": [40.0, 60, 50, 70]})
"""
CELLS = (
    TABLE,
    "plot_profile(table);",
    "plot_trajectories(table, 'trust', x='wave');",
    "plot_profile(table, by='wave');",
)


@pytest.fixture(scope="module")
def cells():
    """A notebook of three pictures, run in a kernel of its own with the backend that Jupyter chooses."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in CELLS])
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("MPLBACKEND", raising=False)
        NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
    return notebook.cells


def _pictures(cell) -> int:
    return sum("image/png" in output.get("data", {}) for output in cell.outputs)


@pytest.mark.parametrize("place", range(1, len(CELLS)))
def test_every_cell_that_draws_shows_one_picture(cells, place):
    assert _pictures(cells[place]) == 1


def test_a_cell_that_draws_nothing_shows_none(cells):
    assert _pictures(cells[0]) == 0
