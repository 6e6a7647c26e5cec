"""A picture with the frame behind it and a text for those who cannot see it; and how it is written to a file."""

from __future__ import annotations

import base64
import io
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Sequence
from dataclasses import dataclass, is_dataclass
from html import escape
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from securebase_analysis.errors import ModelError, Problem, check_option
from securebase_analysis.results.plotting import draw
from securebase_analysis.results.result import Result
from securebase_analysis.show.figures.style import figure_of, look, mark_simulated
from securebase_analysis.show.files import write_beside

FORMATS = (".png", ".svg")
MADE_BY = "securebase_analysis"


@dataclass(frozen=True, eq=False)
class Picture:
    """A drawn figure and everything that must travel with it.

    Attributes
    ----------
    figure : matplotlib.figure.Figure
        The drawing.
    frame : pandas.DataFrame
        The numbers it was drawn from.
    alt : str
        What it shows, in words and numbers.
    title : str
        Its title.
    notes : tuple of str
        What was left out or assumed.
    """

    figure: Figure
    frame: pd.DataFrame
    alt: str
    title: str
    notes: tuple[str, ...] = ()

    @property
    def axes(self) -> list[Axes]:
        """The axes of the figure, to change by hand."""
        return self.figure.axes

    def _repr_html_(self) -> str:
        source = base64.b64encode(png_bytes(self, dpi=144)).decode("ascii")
        notes = "".join(f"<p><em>Note.</em> {escape(note)}</p>" for note in self.notes)
        width = int(self.figure.get_figwidth() * 96)
        return f'<img alt="{escape(self.alt)}" width="{width}" src="data:image/png;base64,{source}">{notes}'


@dataclass(frozen=True, eq=False)
class _Caption:
    """What a figure must remember besides its drawing."""

    frame: pd.DataFrame
    alt: str
    title: str
    notes: tuple[str, ...]


# Drawing verbs hand back axes, as everyone expects; the caption of their figure waits here until it is written.
# The keys are weak: a figure that nobody holds takes its caption with it.
_captions: WeakKeyDictionary[Figure, list[_Caption]] = WeakKeyDictionary()


def caption(
    ax: Axes,
    frame: pd.DataFrame,
    alt: str,
    title: str,
    notes: Sequence[str] = (),
    *,
    simulated: bool,
) -> None:
    """Keep the frame, the alt text, the title and the notes with the figure that holds `ax`."""
    if simulated:
        mark_simulated(ax)
        alt = f"Simulated data. {alt}"
    _captions.setdefault(figure_of(ax), []).append(_Caption(frame.copy(), alt, title, tuple(notes)))


def is_simulated(source: Any, told: bool | None = None) -> bool:
    """Whether a picture of `source` must be marked: as told, or as the study, scores or answer itself knows."""
    return bool(getattr(source, "simulated", False)) if told is None else told


def picture_of(drawn: Any, **options: Any) -> Picture:
    """The picture of a result, or of axes that a ``plot_`` verb gave back.

    Parameters
    ----------
    drawn : Result, PublishedFigure, matplotlib axes or figure, or Picture
        A result and a published figure are drawn anew with `options`; axes and figures must be of this
        package.
    **options
        Handed to the drawing of a result, e.g. ``simulated=True``.

    Returns
    -------
    Picture
        Figure, frame, alt text, title and notes.

    Raises
    ------
    ModelError
        When it is no picture (SB-MODEL-41), or the axes were not drawn by this package, so that nothing is known
        about what they show (SB-OUT-30).
    """
    if isinstance(drawn, Picture):
        return drawn
    if isinstance(drawn, Result):
        drawn = draw(drawn, None, **options)
        plt.close(_figure_behind(drawn))
    elif _draws_itself(drawn):
        drawn = drawn.plot(**options)
        plt.close(_figure_behind(drawn))
    figure = _figure_behind(drawn)
    kept = _captions.get(figure)
    if not kept:
        raise ModelError(
            Problem(
                "SB-OUT-30",
                "stop",
                "These axes were not drawn by this package.",
                why="A picture is written together with its numbers in words; none are known for these axes.",
                fix="ax = plot_profile(scores); write_figure(ax, 'profile.png')",
            )
        )
    notes = tuple(dict.fromkeys(note for one in kept for note in one.notes))
    frame = kept[0].frame if len(kept) == 1 else pd.concat([one.frame for one in kept], ignore_index=True)
    return Picture(figure, frame, " ".join(one.alt for one in kept), kept[0].title, notes)


def _draws_itself(given: Any) -> bool:
    """Whether it is a noun of this package that knows how it is drawn, such as a published figure."""
    return is_dataclass(given) and callable(getattr(given, "plot", None))


def _figure_behind(drawn: Any) -> Figure:
    """The figure of axes, of an array of axes, or the figure itself."""
    if isinstance(drawn, Figure):
        return drawn
    first = drawn if isinstance(drawn, Axes) else next(iter(np.ravel(np.asarray(drawn, dtype=object))), None)
    if not isinstance(first, Axes):
        raise ModelError(
            Problem(
                "SB-MODEL-41",
                "stop",
                f"{type(drawn).__name__} is no picture.",
                why="A result, a published figure, and what a plot_ verb gives can be written.",
                fix="write_figure(plot_calendar(history), 'calendar'), or write_figure(result, 'figure')",
            )
        )
    return figure_of(first)


def write_figure(drawn: Any, path: str | Path, *, dpi: int = 300, **options: Any) -> tuple[Path, ...]:
    """Write a picture as PNG and SVG, with its alt text inside the file.

    Parameters
    ----------
    drawn : Picture, Result, PublishedFigure, matplotlib axes or figure
        What to write; a result and a published figure are drawn first.
    path : str or Path
        Ending in ``.png`` or ``.svg``; without an ending both are written.
    dpi : int, default 300
        Dots per inch of the PNG.
    **options
        Handed to the drawing of a result.

    Returns
    -------
    tuple of Path
        The files written. When a file is open elsewhere and cannot be replaced, a free name beside it is used.

    Notes
    -----
    The files hold no date and no user name, and the SVG names its parts by content alone: the same picture gives
    the same bytes. Text in the SVG is text, so that it can be searched and read aloud.

    Examples
    --------
    >>> import pandas as pd, tempfile, pathlib
    >>> from securebase_analysis.show import plot_profile
    >>> table = pd.DataFrame({"child": ["a", "b", "c"], "trust": [40.0, 50, 60]})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     [path.name for path in write_figure(plot_profile(table), pathlib.Path(folder) / "profile")]
    ['profile.png', 'profile.svg']
    """
    picture = picture_of(drawn, **options)
    path = Path(path)
    endings = FORMATS if path.suffix == "" else (path.suffix.lower(),)
    for ending in endings:
        check_option("ending of path", ending, FORMATS)
    contents = {".png": lambda: png_bytes(picture, dpi), ".svg": lambda: svg_bytes(picture)}
    return tuple(write_beside(path.with_suffix(ending), contents[ending]()) for ending in endings)


def png_bytes(picture: Picture, dpi: int = 300) -> bytes:
    """The picture as PNG; title and alt text stand in its text chunks."""
    buffer = io.BytesIO()
    about = {"Software": MADE_BY, "Title": picture.title, "Description": picture.alt}
    with look():
        picture.figure.savefig(buffer, format="png", dpi=dpi, metadata=about)
    return buffer.getvalue()


def svg_bytes(picture: Picture) -> bytes:
    """The picture as SVG; title and alt text stand in ``<title>`` and ``<desc>``."""
    buffer = io.BytesIO()
    nameless = {"Date": None, "Creator": MADE_BY, "Title": picture.title}
    with look(), mpl.rc_context({"svg.hashsalt": MADE_BY}):
        picture.figure.savefig(buffer, format="svg", metadata=nameless)
    return _with_description(buffer.getvalue().decode("utf-8"), picture).encode("utf-8")


def _with_description(svg: str, picture: Picture) -> str:
    """Put title and alt text first inside the drawing, where screen readers look for them."""
    svg = re.sub(r"\s*<title>.*?</title>", "", svg, count=1, flags=re.DOTALL)
    opening = re.search(r"<svg\b[^>]*>", svg)
    if opening is None:
        raise ValueError("not an SVG drawing")
    root = opening.group(0)[:-1] + ' role="img" aria-labelledby="title desc">'
    inside = f'\n <title id="title">{_text(picture.title)}</title>\n <desc id="desc">{_text(picture.alt)}</desc>'
    return svg[: opening.start()] + root + inside + svg[opening.end() :]


def _text(words: str) -> str:
    """Words as XML text."""
    element = ElementTree.Element("t")
    element.text = words
    return ElementTree.tostring(element, encoding="unicode")[3:-4] if words else ""
