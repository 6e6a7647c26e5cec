"""Every file of a published figure: nothing unsaid, every cell as written, every number drawn as it stands.

The files are found by listing the folder; a new file is tested without a line here.
"""

from __future__ import annotations

import re
from pathlib import Path

import artists
import matplotlib.pyplot as plt
import pandas as pd
import pytest

import securebase_analysis.published as published
from securebase_analysis.published import Panel, PublishedFigure, published_figure
from securebase_analysis.show import picture_of
from securebase_analysis.show.figures.forms import FORMS

FOLDER = Path(published.__file__).parent / "figures"
FILES = sorted(FOLDER.glob("*.toml"))


@pytest.fixture(params=FILES, ids=lambda path: path.stem)
def path(request) -> Path:
    return request.param


@pytest.fixture
def figure(path) -> PublishedFigure:
    return published_figure(path.stem)


def test_there_are_figures():
    assert len(FILES) > 10


def test_nothing_is_unsaid(figure):
    for text in ("title", "citation", "url", "release", "licence", "published"):
        assert len(getattr(figure, text)) > 3, text
    assert re.match(r"https?://", figure.url)
    assert re.search(r"\d{4}", figure.citation + figure.release), "no year"
    assert not re.search(r"\[U\]|TODO|\?\?", str(figure.notes))
    assert list(figure.columns) == list(figure.table.columns)
    assert all(len(meaning) > 3 for meaning in figure.columns.values())


def test_every_cell_is_as_written(path, figure):
    """Numbers are numbers, symbols are kept beside them and explained, text is text."""
    table = figure.table
    for number, row in enumerate(artists.cells(artists.spec_of(path))):
        for name, cell in row.items():
            kept, cell = table.loc[number, name], cell.strip()
            if not pd.api.types.is_numeric_dtype(table[name]):
                assert kept == cell
            elif cell in artists.SYMBOLS:
                assert pd.isna(kept)
                assert table.loc[number, f"{name}_symbol"] == cell
                assert figure.symbols[cell]
            else:
                assert (pd.isna(kept) and cell == "") or kept == float(cell)


def test_every_number_drawn_is_the_number_in_the_table(path, figure):
    spec = artists.spec_of(path)
    for number, panel in enumerate(spec["draw"], start=1):
        ax = figure.plot(panel=number)
        artists.COMPARE[panel["form"]](spec, panel, ax)
        plt.close(ax.figure)


def test_the_whole_picture_is_drawn_with_its_source(figure):
    drawn = figure.plot()
    picture = picture_of(drawn)
    picture.figure.canvas.draw()
    assert len(picture.axes) == len(figure.panels)
    assert "Source: " in picture.figure.get_supxlabel()
    assert picture.notes[0].startswith(f"Source: {figure.citation}")
    assert figure.title in picture.alt
    assert ("Simulated" in picture.alt) is figure.simulated
    assert picture.figure.get_figwidth() == 6.5
    plt.close(picture.figure)


def test_rules_keep_the_published_numbers(figure):
    """What a rule adds stands beside the published numbers, and is said."""
    for panel in figure.panels:
        if panel.derive:
            assert len(figure.assumed) > 20
            raw, made = Panel(panel.form, where=panel.where).rows(figure.table), panel.rows(figure.table)
            if len(raw) == len(made):
                for name in raw:
                    filled = raw[name].notna()
                    pd.testing.assert_series_equal(made.loc[filled, name], raw.loc[filled, name])


def test_nothing_lies_outside_the_picture(figure):
    """The words of a picture end inside its edges."""
    picture = picture_of(figure.plot())
    picture.figure.canvas.draw()
    box = picture.figure.get_tightbbox()
    width, height = picture.figure.get_size_inches()
    assert box.x0 > -0.02
    assert box.y0 > -0.02
    assert box.x1 < width + 0.02
    assert box.y1 < height + 0.02
    plt.close(picture.figure)


def test_every_form_has_a_comparison():
    assert set(artists.COMPARE) == set(FORMS)
