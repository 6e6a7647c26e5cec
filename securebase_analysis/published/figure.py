"""The noun: a figure that others published, as its numbers, its source and how to redraw it."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any

import pandas as pd

from securebase_analysis.published.derived import can_start, rows_by_rules


@dataclass(frozen=True, eq=False)
class Panel:
    """One part of a picture.

    Attributes
    ----------
    form : str
        The form of picture, e.g. ``"lines"``.
    options : mapping
        What the form draws: columns and words.
    title : str
        Its own title, where a picture has several parts.
    where : mapping of str to list
        Only rows with one of these values are drawn.
    derive : sequence of mapping
        What is added to the published numbers before they are drawn, rule by rule; see `derived`.
    height : float, optional
        Inches, where the form's own height does not do.
    ours : str
        The definition of `placement_stability` that counts the same, where there is one.
    """

    form: str
    options: Mapping[str, Any] = field(default_factory=dict)
    title: str = ""
    where: Mapping[str, list[Any]] = field(default_factory=dict)
    derive: Sequence[Mapping[str, Any]] = ()
    height: float | None = None
    ours: str = ""

    def rows(self, table: pd.DataFrame) -> pd.DataFrame:
        """The rows of a table that this part draws; a column that the table does not have chooses nothing."""
        for column, values in self.where.items():
            if column in table:
                table = table[table[column].isin(values)]
        table = table.reset_index(drop=True)
        return rows_by_rules(table, self.derive) if self.derive and can_start(table, self.derive) else table


@dataclass(frozen=True, eq=False)
class PublishedFigure:
    """Published numbers with their source, ready to be redrawn and compared with one's own.

    Attributes
    ----------
    name : str
        Its name in `published_figures`.
    title : str
        What it shows, in our words.
    citation, url : str
        Who published it, and where.
    release : str
        The release of an official statistic, or the edition.
    licence : str
        On what terms the numbers may be used.
    published : str
        Which of the numbers stand in the source.
    assumed : str
        What was added to redraw it; empty where nothing was.
    columns : dict of str to str
        The meaning of every column of the table, with its unit.
    symbols : dict of str to str
        The meaning of every symbol that stands in place of a number.
    panels : tuple of Panel
        The parts of the picture.
    ours : str
        How a number of one's own is counted the same way in this package; empty where it cannot be.
    simulated : bool
        Whether the source itself simulated the numbers.
    """

    name: str
    title: str
    citation: str
    url: str
    release: str
    licence: str
    published: str
    assumed: str
    columns: Mapping[str, str]
    symbols: Mapping[str, str]
    panels: tuple[Panel, ...]
    ours: str = ""
    simulated: bool = False
    _table: pd.DataFrame = field(default_factory=pd.DataFrame, repr=False)

    @property
    def table(self) -> pd.DataFrame:
        """The numbers as published.

        Where a symbol stood in place of a number, the number is missing and the symbol stands in the column
        ``<column>_symbol`` beside it; `symbols` says what it means.
        """
        return self._table.copy()

    @property
    def notes(self) -> tuple[str, ...]:
        """The caption: source, release, what is published, what was assumed, what the symbols mean."""
        texts = [
            f"Source: {self.citation} {self.url}",
            f"Release: {self.release} Licence: {self.licence}",
            f"Published: {self.published}",
            f"Assumed: {self.assumed or 'nothing; every number is drawn as it was published.'}",
        ]
        if self.symbols:
            texts.append("; ".join(f"{symbol}: {meaning}" for symbol, meaning in self.symbols.items()) + ".")
        if self.ours:
            texts.append(f"In this package: {self.ours}")
        return tuple(texts)

    def plot(self, ax: Any = None, *, panel: int | None = None, own: Any = None) -> Any:
        """Redraw the figure, with numbers of one's own over it where they are given.

        Parameters
        ----------
        ax : matplotlib axes, optional
            Where to draw; only for one panel.
        panel : int, optional
            Only this panel, counted from 1; all by default.
        own : DataFrame or PlacementStability, optional
            Numbers of one's own, with the columns that the picture is drawn from, or indicators that
            `placement_stability` counted. They are drawn over the published ones and marked as own data.

        Returns
        -------
        matplotlib.axes.Axes or list of Axes
            One for each panel; with alt text and caption, see `picture_of` and `write_figure`.

        Raises
        ------
        ModelError
            When `ax` is given for several panels, there is no such panel, or no panel can show `own`.

        Examples
        --------
        >>> from securebase_analysis.published import published_figure
        >>> ax = published_figure("england_looked_after").plot(panel=1)
        >>> int(ax.lines[0].get_ydata()[-1])
        83630
        """
        from securebase_analysis.published.drawing import draw_published

        return draw_published(self, ax, panel, own)

    def __repr__(self) -> str:
        kept = [
            f"{len(self._table)} rows: {', '.join(self.columns)}",
            "plot() redraws it; notes holds the caption",
        ]
        lines = [self.title, *textwrap.wrap(f"{self.citation} {self.release}", 88), *kept]
        return f"<PublishedFigure {self.name}>\n" + "\n".join(f"  {line}" for line in lines)

    def _repr_html_(self) -> str:
        from securebase_analysis.published.drawing import picture_to_show

        return f"<h4>{escape(self.title)}</h4>{picture_to_show(self)._repr_html_()}"
