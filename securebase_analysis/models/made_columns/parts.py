"""Columns made of another column: its mean in a child, the difference from that, its value at the wave before."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from securebase_analysis.errors import DataError, ModelError, Problem, raise_if_stopped
from securebase_analysis.models.made_columns.recipes import Made, Recipe, frame_with, not_there
from securebase_analysis.models.rows import (
    check_columns,
    groups_of,
    is_number,
    repeated_waves,
    wave_order,
    without_object,
    words,
)
from securebase_analysis.results import wording


def stem_and_suffix(name: str) -> tuple[str, str]:
    """A name such as ``trust_before`` in two; nothing where it is not the name of a column made of another.

    Examples
    --------
    >>> stem_and_suffix("trust_before"), stem_and_suffix("trust")
    (('trust', '_before'), ('', ''))
    """
    for suffix in OF_A_COLUMN:
        if name.endswith(suffix) and len(name) > len(suffix):
            return name.removesuffix(suffix), suffix
    return "", ""


def _between(frame: pd.DataFrame, stem: str, group: str) -> Made:
    """The group's mean of its rows that hold the column."""
    x = _numbers(frame, stem)
    code = groups_of(frame_with(frame, group), group).code
    mean = x.groupby(code).transform("mean").where(code >= 0)
    n_rows = x.groupby(code).count().to_numpy()
    most, fewest = (int(n_rows.max()), int(n_rows.min())) if len(n_rows) else (0, 0)
    each = f"{fewest} to {most} rows" if fewest < most else wording.count(most, "row")
    meaning = f"the mean of all rows of the {group} that hold {stem}, of later waves too ({each} a {group})"
    return Made(mean, meaning, f"their {group} has no row with {stem}")


def _within(frame: pd.DataFrame, stem: str, group: str) -> Made:
    """What the column differs from the group's mean."""
    x = _numbers(frame, stem)
    within = x - _between(frame, stem, group).values
    if not (within.abs() > 1e-9 * max(float(x.abs().max()), 1e-300)).any():
        raise DataError(_never_changes(stem, group))
    return Made(within, f"{stem} minus the mean of the {group}'s rows that hold it", f"{stem} is missing")


def _before(frame: pd.DataFrame, stem: str, group: str) -> Made:
    """The column at the wave before."""
    of = "child" if "child" in frame else group
    check_columns(frame, [stem])
    if "wave" not in frame:
        raise ModelError(not_there(f"{stem}_before", "wave", "It says which wave was before."))
    place, problems = wave_order(frame["wave"])
    raise_if_stopped([*problems, *repeated_waves(frame, groups_of(frame_with(frame, of), of).code)])
    values, was_there = of_the_wave_before(frame[[stem]], frame, of)
    x, first = values[stem], place == 0
    empty = x.isna().to_numpy() & was_there & ~first
    parts = {
        "at the first wave": int(first.sum()),
        f"whose {of} has no row at the wave before": int((~was_there & ~first).sum()),
        f"with {stem} missing at the wave before": int(empty.sum()),
    }
    lacking = ", ".join(f"{n:,} {what}" for what, n in parts.items() if n)
    return Made(x, f"{stem} of the same {of} at the wave before", lacking)


def of_the_wave_before(
    values: pd.DataFrame, frame: pd.DataFrame, group: str = "child"
) -> tuple[pd.DataFrame, NDArray[np.bool_]]:
    """Columns as they were at the wave before, of the same child and, where there are several, informant.

    Parameters
    ----------
    values : pandas.DataFrame
        Columns, row for row with `frame`.
    frame : pandas.DataFrame
        With `group` and ``wave``; no child twice at a wave.
    group : str
        The column of the children.

    Returns
    -------
    before : pandas.DataFrame
        The same columns; missing where there is no row at the wave before.
    was_there : numpy.ndarray of bool, shape (rows,)
        Whether there is one.
    """
    place, _ = wave_order(frame["wave"])
    key = pd.DataFrame({"child": groups_of(frame, group).code, "place": place})
    if "informant" in frame:
        key["informant"] = pd.factorize(frame["informant"], use_na_sentinel=False)[0]
    rows = key.assign(row=np.arange(len(frame))).query("child >= 0").drop_duplicates(list(key))
    earlier = key.assign(place=place - 1).merge(rows, on=list(key), how="left")["row"]
    was_there = earlier.notna().to_numpy()
    taken = values.reset_index(drop=True).reindex(earlier.fillna(-1).astype(int))
    return taken.set_axis(values.index), was_there


def _numbers(frame: pd.DataFrame, name: str) -> pd.Series:
    """A column as numbers.

    Raises
    ------
    DataError
        When it holds words.
    """
    check_columns(frame, [name])
    column = without_object(frame[name])
    if not is_number(column):
        raise DataError(words(name, column))
    return pd.Series(column.to_numpy(float, na_value=np.nan), index=frame.index)


def _never_changes(stem: str, group: str) -> Problem:
    return Problem(
        "SB-WAVE-34",
        "stop",
        f"{stem!r} never changes within a {group}, so {stem + '_within'!r} would be zero in every row.",
        column=stem,
        why=f"What is the same in all rows of a {group} says nothing of change.",
        done="Nothing was fitted.",
        fix=f"Use {stem!r} itself: it differs between {wording.plural(group)} only.",
    )


OF_A_COLUMN: dict[str, Recipe] = {"_within": _within, "_between": _between, "_before": _before}
"""Endings of the names of columns that are made of another column."""
