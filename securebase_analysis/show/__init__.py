"""Answers become pictures, tables, documents and reports.

This module is light: it knows which answer has which picture, and loads the drawing only when one is asked for.
"""

from __future__ import annotations

from typing import Any

from securebase_analysis.results.plotting import draw
from securebase_analysis.results.result import Result


@draw.register(Result)
def _(result: Result, ax: Any = None, **options: Any) -> Any:
    """A forest of estimates, for every answer without a picture of its own."""
    from securebase_analysis.show.figures.forest import draw_forest

    return draw_forest(result, ax, **options)
