"""Rows that belong to several levels of a factor at once: a child to the carers it lived with, by its days."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from securebase_analysis.errors import ModelError, Problem, raise_if_stopped, rows_where
from securebase_analysis.models.carers.days import CarerDays
from securebase_analysis.models.rows import (
    Ints,
    check_columns,
    groups_of,
    is_number,
    nameless,
    numeric_columns,
)
from securebase_analysis.results import wording
from securebase_analysis.results.inference import Floats

WEIGHTS = ("weight", "days")
"""Columns that say how much a row belongs to a level; the first that is there is taken."""


def membership(
    frame: pd.DataFrame, days: CarerDays | pd.DataFrame, group: str = "child", factor: str = "carer"
) -> tuple[Any, pd.DataFrame, list[Problem]]:
    """How much each row of a table belongs to each level of a factor.

    Parameters
    ----------
    frame : pandas.DataFrame
        The rows of a model: ``child``, ``wave`` and, where ids repeat at several sites, ``site``.
    days : CarerDays or pandas.DataFrame
        From `carer_days`, or any table with the group, the factor and a column ``weight`` or ``days``. With a
        column ``wave`` the weights are those of the wave; without one they hold at every wave of the child.
    group, factor : str
        Columns of the children and of what they belong to.

    Returns
    -------
    weights : scipy.sparse.csr_array, shape (rows, levels)
        Weights of each row, which sum to 1.
    keys : pandas.DataFrame
        The key of each level: the factor, or ``site`` and it. Levels of no row are left out.
    problems : list of Problem
        What the table of days said of itself, and how many rows belong to several levels.

    Raises
    ------
    ModelError
        When a column is not there.
    DataError
        When a row belongs to nobody (SB-PLACE-34), or weights are missing, below zero or not finite (SB-PLACE-35).

    Notes
    -----
    Row i of a model with multiple membership has the random part sum over j of w_ij u_j, with u_j the effect of
    carer j and w_ij = days_ij / sum of days_ij (Browne, Goldstein & Rasbash 2001). It supposes that carers add
    up, each in the measure of the time with them, and that carers from before that time no longer matter. The
    carers' part of the variance of a row is the carers' variance times the sum of w_ij squared, half of it where
    two share the row by halves: children who moved often are taken to be nearer the average carer. Where moving
    itself matters, put the number of moves in the formula.

    References
    ----------
    Browne, W. J., Goldstein, H. & Rasbash, J. (2001), Multiple membership multiple classification (MMMC) models,
    *Statistical Modelling* 1, 103-124.

    Examples
    --------
    >>> rows = pd.DataFrame({"child": ["a", "a", "b"], "wave": [1, 2, 1]})
    >>> days = pd.DataFrame({"child": ["a", "a", "a", "b"], "wave": [1, 2, 2, 1],
    ...                      "carer": ["K1", "K1", "K2", "K1"], "days": [300, 60, 180, 90]})
    >>> weights, keys, problems = membership(rows, days)
    >>> weights.toarray()
    array([[1.  , 0.  ],
           [0.25, 0.75],
           [1.  , 0.  ]])
    >>> problems[0].what
    'In 1 of 3 rows the child belongs to several carers (2 at most); weights are shares of the days.'
    """
    from scipy.sparse import csr_array

    table, told = (days.frame, list(days.problems)) if isinstance(days, CarerDays) else (days, [])
    weight = _weight_column(table, group, factor)
    keys = _shared_keys(frame, table, group)
    amounts, wrong = _amounts(table, weight)
    levels = groups_of(table, factor)
    of_another_kind = _ids_of_another_kind(frame, table, keys)
    unnamed = [*nameless(groups_of(table, group), group), *nameless(levels, factor)]
    raise_if_stopped([*wrong, *of_another_kind, *unnamed, *_same_id_at_sites(frame, table, keys, group)])

    row, level, amount = _matched(frame, table, keys, levels.code, amounts)
    totals = np.bincount(row, weights=amount, minlength=len(frame))
    raise_if_stopped(_belongs_to_nobody(totals, factor))
    used, level = np.unique(level, return_inverse=True)
    weights = csr_array((amount / totals[row], (row, level)), shape=(len(frame), len(used)))
    weights.sum_duplicates()
    several = _several(np.diff(weights.indptr), group, factor, weight)
    return weights, levels.keys.iloc[used].reset_index(drop=True), [*told, *levels.problems, *several]


def _weight_column(table: Any, group: str, factor: str) -> str:
    """The column of the weights, once it is sure that the table has all it needs.

    Raises
    ------
    ModelError
        When it is no table, or a column is not there.
    """
    if not isinstance(table, pd.DataFrame):
        raise ModelError(
            Problem(
                "SB-MODEL-41",
                "stop",
                f"The days with each {factor} are a {type(table).__name__}, not a table.",
                why="They say how much each row belongs to whom.",
                fix=f"members={{{factor!r}: carer_days(study)}}",
            )
        )
    check_columns(table, [group, factor])
    weight = next((name for name in WEIGHTS if name in table), "days")
    check_columns(table, [weight])
    return weight


def _shared_keys(frame: pd.DataFrame, table: pd.DataFrame, group: str) -> list[str]:
    """What tells which rows of the two tables belong together."""
    check_columns(frame, [group, *(["wave"] if "wave" in table else [])])
    return [name for name in ("site", group, "wave") if name in table and name in frame]


def _amounts(table: pd.DataFrame, weight: str) -> tuple[Floats, list[Problem]]:
    """The days or weights, none below zero."""
    numbers, problems = numeric_columns(table, [weight])
    if problems:
        return np.empty(0), problems
    amounts = numbers[weight].to_numpy()
    wrong = ~(amounts >= 0.0)
    if not wrong.any():
        return amounts, []
    return amounts, [
        Problem(
            "SB-PLACE-35",
            "stop",
            f"{wording.count(int(wrong.sum()), 'weight is', 'weights are')} missing or below zero.",
            table="members",
            column=weight,
            rows=rows_where(wrong),
            why="A share of less than nothing, or of nobody knows what, has no meaning.",
            done="Nothing was fitted.",
            fix="Correct these weights, or remove their rows.",
        )
    ]


def _ids_of_another_kind(frame: pd.DataFrame, table: pd.DataFrame, keys: list[str]) -> list[Problem]:
    return [
        Problem(
            "SB-ID-04",
            "stop",
            f"{key!r} holds {'numbers' if is_number(frame[key]) else 'text'} in the rows of the model and "
            f"{'numbers' if is_number(table[key]) else 'text'} in the table of members.",
            table="members",
            column=key,
            why="No row would be found.",
            done="Nothing was fitted.",
            fix=f"members[{key!r}] = members[{key!r}].astype(data[{key!r}].dtype)",
        )
        for key in keys
        if len(frame) and len(table) and is_number(frame[key]) != is_number(table[key])
    ]


def _same_id_at_sites(frame: pd.DataFrame, table: pd.DataFrame, keys: list[str], group: str) -> list[Problem]:
    """Ids that stand for several children, where one of the tables does not say which site is meant."""
    if "site" in keys or not any("site" in groups_of(one, group).keys for one in (frame, table)):
        return []
    return [
        Problem(
            "SB-ID-03",
            "stop",
            f"A {group} id occurs at more than one site, and only one of the tables has a site.",
            table="members",
            column="site",
            why="Children of different sites would be given one another's weights.",
            done="Nothing was fitted.",
            fix="Add the column 'site' to both tables.",
        )
    ]


def _matched(
    frame: pd.DataFrame, table: pd.DataFrame, keys: list[str], level: Ints, amounts: Floats
) -> tuple[Ints, Ints, Floats]:
    """For each row of the frame and each level it belongs to: row, level and amount."""
    rows = frame[keys].reset_index(drop=True).assign(_row=np.arange(len(frame)))
    members = table[keys].reset_index(drop=True).assign(_level=level, _amount=amounts)
    both = rows.merge(members[amounts > 0.0], on=keys)
    return both["_row"].to_numpy(), both["_level"].to_numpy(), both["_amount"].to_numpy(float)


def _belongs_to_nobody(totals: NDArray[Any], factor: str) -> list[Problem]:
    nobody = totals == 0.0
    n = int(nobody.sum())
    if not n:
        return []
    return [
        Problem(
            "SB-PLACE-34",
            "stop",
            f"{wording.count(n, 'row belongs', 'rows belong')} to no {factor} at all.",
            table="members",
            column=factor,
            rows=rows_where(nobody),
            why=f"What {wording.plural(factor)} have in common could not be told from what these rows are alone.",
            done="They were not dropped unseen; nothing was fitted.",
            fix=f"Add their {wording.plural(factor)}, or leave them out: data.drop(data.index[[row - 1 for row in "
            "error.problems[0].rows]]).",
        )
    ]


def _several(n_levels: Ints, group: str, factor: str, weight: str) -> list[Problem]:
    """How many rows belong to more than one level."""
    n = int((n_levels > 1).sum())
    factors = wording.plural(factor)
    shares = "shares of the days" if weight == "days" else f"shares of {weight!r}"
    what = (
        f"In {n:,} of {len(n_levels):,} rows the {group} belongs to several {factors} ({int(n_levels.max())} at "
        f"most); weights are {shares}."
        if n
        else f"Each row belongs to one {factor} alone, as with a column of {factors} ({len(n_levels):,} in all)."
    )
    return [Problem("SB-PLACE-36", "note", what, column=factor, rows=rows_where(n_levels > 1))]
