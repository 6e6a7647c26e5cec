"""Numbers that others published, as small cited tables, and how to redraw them.

Each figure is one file in ``figures``: adding a file is enough. Nothing here was estimated by this package.
"""

from __future__ import annotations

from securebase_analysis.published.catalogue import published_figure, published_figures
from securebase_analysis.published.figure import Panel, PublishedFigure

__all__ = ["Panel", "PublishedFigure", "published_figure", "published_figures"]
