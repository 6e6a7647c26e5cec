"""What is no title, or no place to draw on, is refused in the same words by every picture."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

import securebase_analysis as sb
from securebase_analysis.results.plotting import check_drawing

TABLE = pd.DataFrame(
    {
        "child": ["a", "b"] * 2,
        "wave": [1, 1, 2, 2],
        "trust": [40.0, 60, 50, 70],
        "availability": [50.0, 40, 60, 70],
    }
)
SPELLS = pd.DataFrame(
    {
        "child": ["a", "b"],
        "start": ["2020-01-01", "2020-02-01"],
        "end": ["2021-01-01", None],
        "type": ["foster"] * 2,
    }
)
DRAWN = {
    "plot_profile": lambda **options: sb.plot_profile(TABLE, **options),
    "plot_trajectories": lambda **options: sb.plot_trajectories(TABLE, "trust", x="wave", **options),
    "plot_calendar": lambda **options: sb.plot_calendar(SPELLS, **options),
    "plot_flow": lambda **options: sb.plot_flow(SPELLS, **options),
    "plot_waves": lambda **options: sb.plot_waves(None, **options),
    "plot": lambda **options: sb.fit_growth(GROWTH, "y ~ wave", group="child").plot(**options),
}
GROWTH = pd.DataFrame(
    {
        "child": np.repeat(np.arange(12), 3),
        "wave": np.tile([0, 1, 2], 12),
        "y": np.random.default_rng(3).normal(size=36),
    }
)


@pytest.mark.parametrize("verb", DRAWN)
@pytest.mark.parametrize("option", [{"title": 5}, {"title": ["a"]}, {"ax": 3}, {"ax": plt}])
def test_every_picture_refuses_it(verb, option):
    with pytest.raises(sb.ModelError) as caught:
        DRAWN[verb](**option)
    (problem,) = caught.value.problems
    assert problem.code == "SB-MODEL-30"
    assert problem.what.startswith(next(iter(option)))
    assert problem.fix


def test_the_fix_of_axes_works_when_typed():
    check_drawing(plt.subplots()[1], "A title")
    check_drawing(plt.subplots(2)[1])
    plt.close("all")
