"""The verbs: one figure by its name, and the list of all of them."""

from __future__ import annotations

from importlib.resources import files
from importlib.resources.abc import Traversable

import pandas as pd

from securebase_analysis.errors import ModelError, Problem, nearest
from securebase_analysis.published.figure import PublishedFigure
from securebase_analysis.published.figure_file import read_figure

LISTED = ["name", "title", "citation", "release"]


def published_figure(name: str) -> PublishedFigure:
    """A figure that others published: its numbers, its source, and its picture.

    Parameters
    ----------
    name : str
        One of the names in `published_figures`.

    Returns
    -------
    PublishedFigure
        With ``table, title, citation, url, release, licence, published, assumed, columns`` and ``plot()``.

    Raises
    ------
    ModelError
        When there is no figure of this name (SB-OUT-70); the nearest name is suggested.

    Notes
    -----
    The numbers are those of the source, typed in and compared with it; nothing was estimated. Official statistics
    are revised from release to release, so that a number belongs to the release it is cited with.

    Examples
    --------
    >>> sdq = published_figure("england_sdq")
    >>> sdq.table.query("year == 2024")[["mean_sdq", "concern_pct"]].values.tolist()
    [[14.7, 41.0]]
    """
    known = {file.name.removesuffix(".toml"): file for file in _files()}
    if name not in known:
        raise ModelError(_no_such_figure(name, sorted(known)))
    return read_figure(known[name])


def published_figures() -> pd.DataFrame:
    """Every figure that can be redrawn.

    Returns
    -------
    DataFrame
        ``name, title, citation, release``, one row a figure, by name.

    Examples
    --------
    >>> published_figures().columns.tolist()
    ['name', 'title', 'citation', 'release']
    """
    figures = [read_figure(file) for file in _files()]
    return pd.DataFrame(
        [{column: getattr(figure, column) for column in LISTED} for figure in figures], columns=LISTED
    )


def _files() -> list[Traversable]:
    """The files of the figures, by name."""
    folder = files("securebase_analysis.published") / "figures"
    return sorted((file for file in folder.iterdir() if file.name.endswith(".toml")), key=lambda file: file.name)


def _no_such_figure(name: object, known: list[str]) -> Problem:
    """The message for a name that is not in the list."""
    guess = nearest(name, known)
    return Problem(
        "SB-OUT-70",
        "stop",
        f"No published figure is called {name!r}.",
        why="Only figures whose source and numbers are at hand can be redrawn.",
        fix=f"published_figure({guess!r})" if guess else "published_figures() lists the names",
    )
