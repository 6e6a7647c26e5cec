"""Numbers of one's own beside published ones: which panel can show them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from securebase_analysis.errors import ModelError, Problem
from securebase_analysis.published.figure import Panel
from securebase_analysis.published.own_cells import cells_like
from securebase_analysis.study.stability import PlacementStability

JOINED = ("lines", "curves")
"""Forms over which numbers of one's own lie as one line, whatever series the published ones are in."""


def own_rows(panels: Sequence[Panel], own: Any, table: pd.DataFrame) -> list[pd.DataFrame | None]:
    """For each panel the rows of one's own that it can show; None where it can show none.

    Parameters
    ----------
    panels : sequence of Panel
        What is drawn.
    own : DataFrame or PlacementStability or None
        A frame with the columns of the picture, or indicators as `placement_stability` counts them.
    table : DataFrame
        The published numbers.

    Raises
    ------
    ModelError
        When no panel can show them (SB-MODEL-41), or their cells are no numbers like the published ones.
    """
    if own is None:
        return [None] * len(panels)
    if isinstance(own, PlacementStability):
        found = [_of_definition(part, own.frame) for part in panels]
    else:
        found = [_of_panel(part, own, table) for part in panels]
    if all(rows is None for rows in found):
        raise ModelError(_cannot_be_shown(panels, isinstance(own, PlacementStability)))
    return found


def needed_columns(part: Panel) -> list[str]:
    """The columns that numbers of one's own must have to lie over a panel; none where it can show none."""
    if "y" not in part.options:
        return []
    sets = part.options.get("sets", {})
    values = part.options["y"]
    rows = "" if part.form == "dots" else part.options.get("x", "")
    names = [rows, *([values] if isinstance(values, str) else values)]
    series = "" if part.form in JOINED else part.options.get("by", "")
    return [name for name in [*names, series, *sets] if name]


def _of_panel(part: Panel, own: pd.DataFrame, table: pd.DataFrame) -> pd.DataFrame | None:
    """The rows of a frame for one panel."""
    needed = set(needed_columns(part))
    if not isinstance(own, pd.DataFrame) or not needed or not needed <= set(own.columns):
        return None
    published = part.rows(table)
    values = [name for name in _listed(part.options["y"]) if name in published]
    keys = [part.options.get(name, "") for name in ("x", "by") if part.form != "dots"]
    keys = [name for name in dict.fromkeys(keys) if name in own and name in published and name not in values]
    rows = cells_like(part.rows(own), published, values, keys)
    rows = rows[_has_a_place(part, rows, published)].reset_index(drop=True)
    return rows if len(rows) and rows[values].notna().any(axis=None) else None


def _has_a_place(part: Panel, rows: pd.DataFrame, published: pd.DataFrame) -> pd.Series:
    """Whether the figure has a row of the name; years, heaps of dots and stacks make room for any."""
    name = part.options.get("x", "")
    if part.form in ("dots", "stacked") or name not in published or pd.api.types.is_numeric_dtype(published[name]):
        return pd.Series(True, index=rows.index)
    return rows[name].astype("str").isin(published[name].astype("str"))


def _listed(names: str | Sequence[str]) -> list[str]:
    return [names] if isinstance(names, str) else list(names)


def _of_definition(part: Panel, counted: pd.DataFrame) -> pd.DataFrame | None:
    """The indicator that counts as the panel does, in its columns.

    Published years end in March and are named by that year; calendar years are not like them and are left out.
    Dots have no axis of time and take the last year.
    """
    is_like = (counted["definition"] == part.ours) & counted["year"].astype(str).str.contains("/")
    rows = counted[is_like] if part.ours else counted[:0]
    if rows.empty:
        return None
    if part.form == "dots":
        return pd.DataFrame({"year": rows["year"], str(part.options["y"]): rows["percent"]}).tail(1)
    ends = [int(str(year)[:4]) + 1 for year in rows["year"]]
    return pd.DataFrame({part.options["x"]: ends, str(part.options["y"]): rows["percent"].to_numpy()})


def own_notes(panels: Sequence[Panel], mine: Sequence[pd.DataFrame | None], own: Any) -> tuple[str, ...]:
    """What must be said when numbers of one's own lie over the published ones."""
    if all(rows is None for rows in mine):
        return ()
    named = [part.ours for part, rows in zip(panels, mine) if rows is not None and part.ours]
    same = f" Definitions: {', '.join(dict.fromkeys(named))}." if named else ""
    same += _years_of_dots(panels, mine) + _not_shown(panels, mine, own)
    return (
        "Own data lie over the published numbers. They are comparable only as far as the same children were "
        f"looked at and the same was counted.{same}",
    )


def _not_shown(panels: Sequence[Panel], mine: Sequence[pd.DataFrame | None], own: Any) -> str:
    """What of one's own numbers the picture has no place for."""
    if isinstance(own, PlacementStability):
        shown = {part.ours for part, rows in zip(panels, mine) if rows is not None}
        left = [name for name in dict.fromkeys(own.frame["definition"]) if name not in shown]
        return f" Not shown, because nothing here is counted so: {', '.join(left)}." if left else ""
    lost = [len(part.rows(own)) - len(rows) for part, rows in zip(panels, mine) if rows is not None]
    n = max(lost)
    what = "1 row of own data has a name" if n == 1 else f"{n} rows of own data have names"
    return f" Not shown: {what} that the figure does not have." if n else ""


def _years_of_dots(panels: Sequence[Panel], mine: Sequence[pd.DataFrame | None]) -> str:
    """The years of one's own numbers where the picture has no axis of time to show them on."""
    dots = [
        rows for part, rows in zip(panels, mine) if part.form == "dots" and rows is not None and "year" in rows
    ]
    years = sorted({str(year) for rows in dots for year in rows["year"]})
    return f" Own data are of {', '.join(years)}." if years else ""


def _cannot_be_shown(panels: Sequence[Panel], counted: bool) -> Problem:
    """The message for numbers that fit no panel."""
    ours = [part.ours for part in panels if part.ours]
    wanted = " or ".join(", ".join(needed) for part in panels if (needed := needed_columns(part)))
    columns: Mapping[bool, str] = {
        True: f'definition="{ours[0]}"' if ours else "this figure has no definition of ours: give a DataFrame",
        False: f"a DataFrame with the columns {wanted}" if wanted else "plot() without own: a model is shown here",
    }
    return Problem(
        "SB-MODEL-41",
        "stop",
        "No panel of the figure can show these numbers.",
        why="They are drawn by the columns that the published numbers are drawn by.",
        fix=columns[counted],
    )
