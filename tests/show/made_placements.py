"""Small and large placement histories that are made up, and texts of figures."""

from __future__ import annotations

from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.backends.backend_agg import FigureCanvasAgg

from securebase_analysis.study.spells import PlacementHistory, placement_history

RETURNS = Path(__file__).parents[3] / "shared" / "samples" / "ssda903_csdemand_2017_2021"
SAMPLE = Path(__file__).parents[2] / "data" / "sample"
SECRET = "KID-"

FOUR = [
    # moves once, goes on
    ("a", "x", "foster", "2020-01-01", "2020-07-01", "breakdown"),
    ("a", "y", "kinship", "2020-07-01", None, ""),
    # goes home, comes back, and is then not known
    ("b", "x", "foster", "2020-03-01", "2020-03-31", "returned home"),
    ("b", "z", "residential", "2020-06-01", "2020-09-01", "breakdown"),
    # came before the data begin, a gap of 29 days, a type that nobody wrote down, adopted
    ("c", "w", "foster", "2019-06-01", "2020-02-01", "planned move"),
    ("c", "v", "", "2020-03-01", "2021-02-01", "adopted"),
    # two placements at once for 30 days
    ("d", "x", "foster", "2020-01-01", "2020-12-01", ""),
    ("d", "u", "kinship", "2020-04-10", "2020-05-10", ""),
]
"""Four children whose every day can be counted by hand."""
COLUMNS = ["child", "carer", "type", "start", "end", "end_reason"]


def four_children() -> PlacementHistory:
    table = pd.DataFrame(FOUR, columns=COLUMNS).assign(child=lambda rows: SECRET + rows["child"])
    return placement_history(table, freeze="2021-12-31", observed_from="2020-01-01")


def many_children(n: int, n_types: int = 3, seed: int = 5, moves: float = 1.5) -> PlacementHistory:
    """A made-up cohort: some moves, some exits, some still there."""
    rng = np.random.default_rng(seed)
    types = ["foster", "kinship", "residential", *(f"home of kind {number}" for number in range(20))][:n_types]
    exits = ["returned home", "adopted", "special guardianship", "aged out", "died", "other exit"]
    freeze = pd.Timestamp("2024-12-31")
    rows = []
    for child in range(n):
        day = pd.Timestamp("2018-01-01") + pd.Timedelta(days=int(rng.integers(0, 1500)))
        n_spells = 1 + rng.poisson(moves)
        for spell in range(n_spells):
            end = day + pd.Timedelta(days=int(rng.integers(20, 900)))
            last = spell == n_spells - 1 or end >= freeze
            gone = last and end < freeze and rng.random() < 0.6
            reason = str(rng.choice(exits)) if gone else "planned move"
            is_open = last and not gone
            rows.append((f"{SECRET}{child}", f"c{child}-{spell}", rng.choice(types), day,
                         None if is_open else end, "" if is_open else reason))  # fmt: skip
            day = end
            if last:
                break
    return placement_history(pd.DataFrame(rows, columns=COLUMNS), freeze=freeze)


def texts_of(figure) -> list[tuple[str, object]]:
    """Words of a figure and the boxes they take in pixels."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    renderer = canvas.get_renderer()
    found = [text for text in figure.findobj(mpl.text.Text) if text.get_visible() and text.get_text().strip()]
    return [(text.get_text(), mpl.text.Text.get_window_extent(text, renderer)) for text in found]


def crowded(figure) -> list[str]:
    """Words that leave the figure, and pairs of words that touch."""
    texts = texts_of(figure)
    width, height = figure.canvas.get_width_height()
    wrong = [
        f"{text} leaves the picture"
        for text, box in texts
        if box.x0 < -1 or box.y0 < -1 or box.x1 > width + 1 or box.y1 > height + 1
    ]
    for place, (text, box) in enumerate(texts):
        for other, beside in texts[place + 1 :]:
            x = min(box.x1, beside.x1) - max(box.x0, beside.x0)
            y = min(box.y1, beside.y1) - max(box.y0, beside.y0)
            if min(x, y) > 2.0:
                wrong.append(f"{text} touches {other}")
    return wrong
