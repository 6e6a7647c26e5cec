"""Where: what is neither a picture nor a table for print is said to be so, with what would be one."""

from __future__ import annotations

import pandas as pd
import pytest

from securebase_analysis.errors import ModelError
from securebase_analysis.show import make_table, write_table
from securebase_analysis.show.figures.picture import picture_of, write_figure
from securebase_analysis.show.figures.profile import plot_profile
from securebase_analysis.show.figures.trajectory import plot_trajectories
from securebase_analysis.study.spells import placement_history
from securebase_analysis.study.stability import placement_stability

FRAME = pd.DataFrame({"year": ["2020/21"], "percent": [12.0]})


def history():
    return placement_history(
        pd.DataFrame({"child": ["a"], "carer": ["x"], "start": ["2019-03-01"], "end": ["2021-04-01"]})
    )


@pytest.mark.parametrize(
    ("given", "fix"),
    [
        (FRAME, "write_table(make_table(frame, 'Title')"),
        ("Title", "write_table(make_table(the frame in it"),
        (None, "write_table(make_table(the frame in it"),
        (history, "write_table(make_table(the frame in it"),
        (lambda: placement_stability(history()), "write_table(make_table(the frame in it"),
        ([FRAME], "write_table(make_table(frame, 'Title')"),
    ],
)
def test_what_is_no_table_for_print(given, fix, tmp_path):
    with pytest.raises(ModelError) as caught:
        write_table(given() if callable(given) else given, tmp_path / "table.docx")
    (problem,) = caught.value.problems
    assert problem.code == "SB-MODEL-41"
    assert problem.fix.startswith(fix)
    assert not list(tmp_path.iterdir())


def test_the_fix_works(tmp_path):
    assert write_table(make_table(FRAME, "Title"), tmp_path / "table.docx").name == "table.docx"


@pytest.mark.parametrize("given", [history, None, 3, "calendar", FRAME, [], [None]])
def test_what_is_no_picture(given, tmp_path):
    given = given() if callable(given) else given
    with pytest.raises(ModelError) as caught:
        write_figure(given, tmp_path / "figure")
    assert caught.value.problems[0].code == "SB-MODEL-41"
    with pytest.raises(ModelError):
        picture_of(given)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("given", [5, None, "scores"])
def test_what_is_no_scores_cannot_be_drawn(given):
    for drawn in (plot_profile, lambda scores: plot_trajectories(scores, "trust")):
        with pytest.raises(ModelError) as caught:
            drawn(given)
        (problem,) = caught.value.problems
        assert problem.code == "SB-MODEL-41"
        assert "score_dimensions(study)" in problem.fix
