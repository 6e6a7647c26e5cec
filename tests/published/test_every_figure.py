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
from securebase_analysis.errors import ModelError
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


def test_every_number_drawn_is_the_number_in_the_table(path, figure, monkeypatch):
    spec, near = artists.spec_of(path), artists.near
    for number, panel in enumerate(spec["draw"], start=1):
        monkeypatch.setattr(artists, "near", near if panel.get("derive") else artists.exactly)
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
    box = picture.figure.get_tightbbox()
    width, height = picture.figure.get_size_inches()
    assert width == 6.5
    assert min(box.x0, box.y0, width - box.x1, height - box.y1) > -0.02, "words end inside the picture"
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


def drawn_or_refused(figure, number, own):
    """The axes, or None where the message says which columns are needed."""
    try:
        return figure.plot(panel=number, own=own)
    except ModelError as error:
        if [problem.code for problem in error.problems] != ["SB-MODEL-41"]:
            raise
        return None


def test_own_numbers_are_drawn_or_refused(figure):
    """A user's numbers never vanish: each panel draws them and says whose they are, or they are refused."""
    own = figure.table
    for number in range(1, len(figure.panels) + 1):
        ax = drawn_or_refused(figure, number, own)
        if ax is None:
            continue
        words = ax.get_legend().get_texts() if ax.get_legend() else []
        rows = [label for label in ax.get_yticklabels() if label.get_text().startswith("Own data")]
        assert rows or any(text.get_text() == "Own data" for text in words)
        assert "Own data" in picture_of(ax).notes[-1]
        plt.close(ax.figure)


def test_every_form_has_a_comparison():
    assert set(artists.COMPARE) == set(FORMS)
