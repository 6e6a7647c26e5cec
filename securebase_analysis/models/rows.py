"""The rows a model is given: that its columns are there, hold numbers, and say each child and wave once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from securebase_analysis.errors import Problem, nearest


def needed_columns(frame: pd.DataFrame, names: Sequence[str]) -> list[Problem]:
    """A problem for each column that is not there, with the one that looks most like it."""
    problems = []
    for name in names:
        if name in frame:
            continue
        guess = nearest(name, frame.columns)
        problems.append(
            Problem(
                "SB-MODEL-03",
                "stop",
                f"There is no column {name!r}.",
                column=name,
                why="The model asks for it.",
                fix=f"Did you mean {guess!r}?" if guess else f"Columns are: {', '.join(map(str, frame.columns))}.",
            )
        )
    return problems


def numeric_columns(frame: pd.DataFrame, names: Sequence[str]) -> list[Problem]:
    """A problem for each column that holds words where numbers are needed, or numbers without end."""
    problems = []
    for name in names:
        column = frame[name]
        if not pd.api.types.is_numeric_dtype(column):
            problems.append(
                Problem(
                    "SB-MODEL-02",
                    "stop",
                    f"Column {name!r} holds words, not numbers.",
                    column=name,
                    rows=rows_where(column.notna().to_numpy()),
                    why="A score is a number; words cannot be averaged or correlated.",
                    fix=f"Use the numbers behind the words, e.g. pd.to_numeric(frame[{name!r}]).",
                )
            )
            continue
        endless = np.isinf(column.to_numpy(float, na_value=np.nan))
        if endless.any():
            problems.append(
                Problem(
                    "SB-MODEL-15",
                    "stop",
                    f"Column {name!r} holds infinite values.",
                    column=name,
                    rows=rows_where(endless),
                    why="One of them makes every estimate meaningless.",
                    fix="Correct these cells, or leave them empty.",
                )
            )
    return problems


def check_one_row_per_wave(frame: pd.DataFrame, group: str, wave: str = "wave") -> list[Problem]:
    """A problem when a child has two rows for one wave, or none of the two says which child it is."""
    keys = [name for name in ("site", group, wave) if name in frame]
    problems = []
    nameless = frame[group].isna().to_numpy()
    if nameless.any():
        problems.append(
            Problem(
                "SB-ID-09",
                "stop",
                f"Some rows have no {group}.",
                column=group,
                rows=rows_where(nameless),
                why="Repeated waves cannot be told from different children.",
                fix="Fill in who these rows belong to, or remove them.",
            )
        )
    twice = frame.duplicated(keys, keep=False).to_numpy() & ~nameless
    if wave in frame and twice.any():
        problems.append(
            Problem(
                "SB-ID-02",
                "stop",
                "A child has more than one row for the same wave.",
                column=wave,
                rows=rows_where(twice),
                why="Choosing or averaging them would change the answer unseen.",
                done="Nothing was chosen and nothing was averaged.",
                fix="Keep the right row of each pair.",
            )
        )
    return problems


def child_codes(frame: pd.DataFrame, group: str, missing: int = -1) -> np.ndarray:
    """Whole numbers 0, 1, 2, ... for the children (or carers), told apart by site where there is one."""
    if "site" not in frame or group == "site":
        return pd.factorize(frame[group])[0]
    site, own = pd.factorize(frame["site"])[0], pd.factorize(frame[group])[0]
    combined = np.where(own >= 0, site * (own.max() + 1) + own, -1)
    codes = pd.factorize(combined[combined >= 0])[0]
    result = np.full(len(frame), missing)
    result[combined >= 0] = codes
    return result


def rows_where(mask: np.ndarray) -> list[int]:
    """1-based positions of the True values."""
    return [int(position) + 1 for position in np.flatnonzero(mask)]
