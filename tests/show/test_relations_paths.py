"""The picture of the claims: an arrow for each, its line by the verdict, numbers that do not collide."""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from matplotlib.patches import FancyArrowPatch

import securebase_analysis as sb
from securebase_analysis import show, theory
from securebase_analysis.errors import ModelError


@pytest.fixture(scope="module")
def result():
    """Simulated: availability with trust, sensitivity against managing feelings, belonging not measured."""
    random = np.random.default_rng(4)
    child = np.repeat(np.arange(150), 3)
    frame = pd.DataFrame({"child": child, "wave": np.tile([1, 2, 3], 150)})
    for name in theory.TEN_CONSTRUCTS:
        frame[name] = random.normal(size=150)[child] + random.normal(size=450)
    frame["trust"] += 0.8 * frame["availability"]
    frame["managing_feelings"] -= 0.8 * frame["sensitivity"]
    return sb.relate_dimensions(frame.drop(columns="belonging"))


def test_every_claim_is_an_arrow_and_numbers_do_not_collide(result):
    ax = result.plot(style="paths", simulated=True)
    ax.figure.canvas.draw()
    arrows = [patch for patch in ax.patches if isinstance(patch, FancyArrowPatch)]
    own = result.verdicts().query("own_level")
    assert sorted(arrow.get_gid() for arrow in arrows) == sorted(own["verdict"])
    boxes = [text.get_window_extent() for text in ax.texts if text.get_gid() == "estimate"]
    assert len(boxes) == (own["verdict"] != "not testable").sum()
    assert not any(one.overlaps(other) for one, other in combinations(boxes, 2))
    whole = ax.figure.bbox
    assert all(whole.x0 <= box.x0 and box.x1 <= whole.x1 and whole.y0 <= box.y0 for box in boxes)


def test_the_line_says_the_verdict_without_colour(result):
    ax = result.plot(style="paths")
    arrows = {patch.get_gid(): patch for patch in ax.patches if isinstance(patch, FancyArrowPatch)}
    assert set(arrows) == {"supported", "not supported", "contrary", "not testable"}
    looks = {verdict: (arrow.get_linestyle(), arrow.get_linewidth()) for verdict, arrow in arrows.items()}
    assert len(set(map(str, looks.values()))) == 4
    colours = {arrow.get_edgecolor() for arrow in arrows.values()}
    assert all(red == green == blue for red, green, blue, _ in colours)
    alt = show.picture_of(ax).alt
    assert "Sensitivity to Managing feelings (within) contrary −" in alt
    assert "Belonging not measured" in alt


def test_a_style_that_is_none_is_refused(result):
    with pytest.raises(ModelError, match="paths"):
        result.plot(style="path")
