"""T-scores by the norms that the user brings: a table of means, or of T-scores, by sex, school grade and so on."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from securebase_analysis.errors import ModelError, Problem, nearest, raise_if_stopped, rows_where
from securebase_analysis.measures.blank_cells import blank
from securebase_analysis.measures.scoring.answers import numbers_of
from securebase_analysis.measures.scoring.material import names_borne_twice
from securebase_analysis.results.wording import count as n_of

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

BY_MEAN = ("mean", "sd")
BY_TABLE = ("score", "t")
ENDS = ("_low", "_high")


def score_by_norms(scores: pd.DataFrame, norms: pd.DataFrame) -> pd.DataFrame:
    """Turn scores into T-scores (mean 50, SD 10 in the norm group) by a table of norms.

    Parameters
    ----------
    scores : pandas.DataFrame
        One row per answered form, a column per scale, and the columns that choose the norm group; what
        `score_questionnaire` gives beside its `items`, or ``Scores.wide()``.
    norms : pandas.DataFrame
        ``scale``; either ``mean`` and ``sd``, or ``score`` and ``t`` (a printed table, one row a score); and the
        columns that choose: ``sex``, ``grade``, ``informant``, ..., equal to the column of that name in `scores`,
        or a range from ``grade_low`` to ``grade_high``, both ends included.

    Returns
    -------
    pandas.DataFrame
        With the index of `scores`, one column ``<scale>_t`` for each scale of the norms. Missing where the score
        is, and where there is no norm group for the child.

    Raises
    ------
    DataError
        With every problem of the norms: columns or scales that are not there, overlapping groups, an SD that is
        not above 0, groups in which nobody is, printed tables that fall or leave scores out.

    Notes
    -----
    T = 50 + 10 (score - mean) / SD, unrounded and without an upper end. Of a printed table, scores between two
    listed ones that are 1 apart (prorated sums) are interpolated, and scores beyond its ends are missing. A
    T-score compares a child with the norm group, so it hides what all children of that age do more or less of: a
    child whose problems stay the same can fall in T. For change over time model the score itself.

    Examples
    --------
    >>> scores = pd.DataFrame({"rcads_panic": [9.0, 9.0], "sex": ["girl", "boy"]})
    >>> norms = pd.DataFrame({"sex": ["girl", "boy"], "mean": [5.0, 4.0], "sd": [4.0, 5.0]})
    >>> norms["scale"] = "rcads_panic"  # invented numbers
    >>> score_by_norms(scores, norms)["rcads_panic_t"].tolist()
    [60.0, 60.0]
    """
    for given, name in ((scores, "scores"), (norms, "norms")):
        if not isinstance(given, pd.DataFrame):
            what = f"{name} is a {type(given).__name__}, not a table."
            raise ModelError(Problem("SB-MODEL-41", "stop", what, fix="Give a pandas.DataFrame."))
    people = scores.set_axis([str(name) for name in scores.columns], axis=1)
    table = norms.set_axis([str(name) for name in norms.columns], axis=1).reset_index(drop=True)
    raise_if_stopped([*names_borne_twice(people, "scores"), *names_borne_twice(table, "norms")])
    raise_if_stopped(_missing_columns(table, people))
    raise_if_stopped([*_unknown_scales(table, people), *_bad_numbers(table), *_scores_in_words(table, people)])
    for name in {*BY_MEAN, *BY_TABLE} & set(table.columns):
        table[name] = numbers_of(table[name])  # as text, 10 would come before 2
    for chooser in _choosers(table):
        if not _is_end(chooser, table):
            table[chooser] = [_plain(cell) for cell in table[chooser]]  # so that unlike spellings are one group
    columns, problems = {}, []
    for scale, mine in table.groupby("scale", sort=False):
        values, found = _t_of(people, str(scale), mine)
        columns[f"{scale}_t"] = values
        problems += found
    raise_if_stopped(problems)
    return pd.DataFrame(columns, index=scores.index)


def _t_of(people: pd.DataFrame, scale: str, norms: pd.DataFrame) -> tuple[Floats, list[Problem]]:
    """T-scores of one scale: each norm group on the rows that it is for."""
    values = numbers_of(people[scale])
    t = np.full(len(people), np.nan)
    taken = np.zeros(len(people), dtype=bool)
    problems: list[Problem] = []
    chosen_by = _choosers(norms)
    by_table = set(BY_TABLE) <= set(norms.columns)
    groups = norms.groupby(chosen_by, sort=False, dropna=False) if chosen_by else [((), norms)]
    for _, group in groups:
        rows = _rows_of(people, group.iloc[0], chosen_by)
        if (rows & taken).any():
            problems.append(_overlapping(scale, rows_where(rows & taken)))
        twice = group.duplicated("score") if by_table else group.duplicated("scale")
        if twice.any():
            problems.append(_said_twice(scale, (group.index[twice] + 1).tolist()))
        elif by_table:
            problems += _table_problems(scale, group, values, rows)
        t[rows], taken = (_looked_up if by_table else _standardised)(values[rows], group), taken | rows
    if len(people) and not taken.any():
        problems.append(_nobody(scale, chosen_by))
    return t, problems


def _choosers(norms: pd.DataFrame) -> list[str]:
    """The columns of the norms that choose the group, as they stand there."""
    return [name for name in norms.columns if name not in ("scale", *BY_MEAN, *BY_TABLE)]


def _asked_of(chooser: str, columns: pd.Index) -> str:
    """The column of the children that a column of the norms speaks of: grade for grade_low and grade_high."""
    for end, other in (ENDS, ENDS[::-1]):
        if chooser.endswith(end) and chooser.removesuffix(end) + other in columns:
            return chooser.removesuffix(end)
    return chooser


def _rows_of(people: pd.DataFrame, group: pd.Series, choosers: list[str]) -> Mask:
    """The rows that belong to one norm group."""
    rows = np.ones(len(people), dtype=bool)
    for chooser in choosers:
        name = _asked_of(chooser, group.index)
        if name == chooser:
            rows &= np.array([_plain(cell) == group[chooser] for cell in people[name]], dtype=bool)
        else:
            numbers, end = numbers_of(people[name]), float(group[chooser])
            rows &= numbers >= end if chooser.endswith(ENDS[0]) else numbers <= end
    return rows


def _plain(cell: object) -> str:
    """A cell for comparison: no case, no spaces at the ends, 2.0 the same as 2; a missing one is empty."""
    text = "" if cell is None or cell is pd.NA or cell != cell else str(cell).strip().casefold()
    return text[:-2] if text.endswith(".0") else text


def _standardised(values: Floats, group: pd.DataFrame) -> Floats:
    mean, sd = (float(group[name].iloc[0]) for name in BY_MEAN)
    return 50.0 + 10.0 * (values - mean) / sd


def _looked_up(values: Floats, group: pd.DataFrame) -> Floats:
    ordered = group.sort_values("score", kind="stable")
    scores, t = ordered["score"].to_numpy(float), ordered["t"].to_numpy(float)
    return np.interp(values, scores, t, left=np.nan, right=np.nan)


def _table_problems(scale: str, group: pd.DataFrame, values: Floats, rows: Mask) -> list[Problem]:
    """A printed table of a norm group that falls, or that leaves out scores which children have."""
    ordered = group.sort_values("score", kind="stable")
    listed, t = ordered["score"].to_numpy(float), ordered["t"].to_numpy(float)
    falls = np.diff(t) < 0.0
    problems = []
    if falls.any():
        problems.append(_falling(scale, sorted((ordered.index[1:][falls] + 1).tolist())))
    between = rows & (values > listed[0]) & (values < listed[-1]) & ~np.isin(values, listed)
    above = np.searchsorted(listed, np.where(between, values, listed[-1]))
    wide = between & (listed[above] - listed[above - 1] > 1.0)
    if wide.any():
        problems.append(_left_out(scale, rows_where(wide)))
    return problems


# --- what can be wrong with norms ---------------------------------------------------------------------------


def _missing_columns(norms: pd.DataFrame, people: pd.DataFrame) -> list[Problem]:
    """Norms without scale or numbers, and children without what chooses their norm group."""
    kinds = [set(BY_MEAN) <= set(norms.columns), set(BY_TABLE) <= set(norms.columns)]
    problems = []
    if "scale" not in norms.columns or sum(kinds) != 1 or norms.empty:
        problems.append(
            Problem(
                "SB-ITEM-63",
                "stop",
                "The norms need rows with a column scale and either mean and sd, or score and t.",
                table="norms",
                why="Without them no score can be compared with a norm group.",
                fix='{"scale": ["rcads_panic"], "sex": ["girl"], "grade": [5], "mean": [...], "sd": [...]}',
            )
        )
    asked = dict.fromkeys(_asked_of(chooser, norms.columns) for chooser in _choosers(norms))
    return problems + [_without(name, people) for name in asked if name not in people.columns]


def _without(name: str, people: pd.DataFrame) -> Problem:
    """A column that chooses the norm group and that the children do not have, or half a range."""
    fix = f"Add a column {name!r}."
    guess = nearest(name, people.columns)
    if guess:
        fix = f"Rename the column {guess!r} to {name!r}."
    for end, other in (ENDS, ENDS[::-1]):
        if name.endswith(end) and name.removesuffix(end) in people.columns:
            fix = f"Give the other end of the range, {name.removesuffix(end)}{other}, in the norms too."
    return Problem(
        "SB-ITEM-64",
        "stop",
        f"The norms are given by {name}, which the table of answers does not have.",
        table="items",
        column=name,
        why="It cannot be known which norm group a child belongs to.",
        fix=fix,
    )


def _unknown_scales(norms: pd.DataFrame, people: pd.DataFrame) -> list[Problem]:
    rows = rows_where(~norms["scale"].isin(people.columns))
    if not rows:
        return []
    first = norms["scale"].iloc[rows[0] - 1]
    guess = nearest(first, people.columns)
    return [
        Problem(
            "SB-ITEM-65",
            "stop",
            f"The norms name a scale that was not scored: {first!r}.",
            table="norms",
            column="scale",
            rows=rows,
            why="Its T-scores would be missing, unseen.",
            fix=f"Write {guess!r}." if guess else "Take these rows out of the norms.",
        )
    ]


def _bad_numbers(norms: pd.DataFrame) -> list[Problem]:
    """Cells of the norms that are no numbers, SDs that are not above 0, and groups without a name."""
    problems = []
    ends = [chooser for chooser in _choosers(norms) if _is_end(chooser, norms)]
    for name in norms.columns.drop("scale"):
        if name in (*BY_MEAN, *BY_TABLE, *ends):
            numbers = numbers_of(norms[name])
            bad = ~np.isfinite(numbers) | ((numbers <= 0.0) if name == "sd" else False)
            what = "not a number above 0" if name == "sd" else "not a number"
        else:
            bad, what = np.array([_plain(cell) == "" for cell in norms[name]], dtype=bool), "empty"
        if bad.any():
            problems.append(
                Problem(
                    "SB-ITEM-66",
                    "stop",
                    f"Norms whose {name} is {what}.",
                    table="norms",
                    column=name,
                    rows=rows_where(bad),
                    why="Every T-score of that group would be wrong or missing.",
                    fix="Compare these rows with the published norms.",
                )
            )
    return problems


def _scores_in_words(norms: pd.DataFrame, people: pd.DataFrame) -> list[Problem]:
    problems = []
    for scale in norms["scale"].unique():
        if scale in people.columns:
            bad = ~blank(people[scale]) & np.isnan(numbers_of(people[scale]))
            if bad.any():
                problems.append(
                    Problem(
                        "SB-FILE-18",
                        "stop",
                        f"{scale} has cells that are not numbers.",
                        table="scores",
                        column=str(scale),
                        rows=rows_where(bad),
                        why="A text cannot be compared with norms.",
                        fix="Correct the cells, or leave them empty.",
                    )
                )
    return problems


def _is_end(chooser: str, norms: pd.DataFrame) -> bool:
    return _asked_of(chooser, norms.columns) != chooser


def _overlapping(scale: str, rows: list[int]) -> Problem:
    return Problem(
        "SB-ITEM-67",
        "stop",
        f"The norms of {scale} have more than one group for the same child.",
        table="items",
        rows=rows,
        why="It cannot be known which of them the child is compared with.",
        done="Nothing was scored.",
        fix="Let the groups not overlap: grades 3 to 4 and 5 to 6, not 3 to 5 and 5 to 6.",
    )


def _said_twice(scale: str, rows: list[int]) -> Problem:
    return Problem(
        "SB-ITEM-68",
        "stop",
        f"The norms of {scale} say two things of one norm group.",
        table="norms",
        rows=rows,
        why="It cannot be known which of them is meant.",
        fix="Keep one of the rows, or add the column in which they differ.",
    )


def _nobody(scale: str, choosers: list[str]) -> Problem:
    return Problem(
        "SB-ITEM-69",
        "stop",
        f"No row of the table belongs to a norm group of {scale}.",
        table="norms",
        column=", ".join(choosers),
        why="All T-scores would be missing; most likely the groups are written in another way.",
        fix='Write them as the table of answers does, such as "girl" and "boy", or 1 and 2, in both.',
    )


def _falling(scale: str, rows: list[int]) -> Problem:
    return Problem(
        "SB-ITEM-75",
        "stop",
        f"The T-scores of {scale} fall where the scores rise.",
        table="norms",
        column="t",
        rows=rows,
        why="In one norm group a higher score never has a lower T: a cell is mistyped, or two groups are mixed.",
        done="Nothing was scored.",
        fix="Compare these rows with the published norms; add the column in which the groups differ.",
    )


def _left_out(scale: str, rows: list[int]) -> Problem:
    return Problem(
        "SB-ITEM-76",
        "stop",
        f"The norms of {scale} leave out scores that {n_of(len(rows), 'child has', 'children have')}.",
        table="items",
        column=scale,
        rows=rows,
        why="Between listed scores that are more than 1 apart, a T-score would be made up.",
        done="Nothing was scored.",
        fix="Add a row to the norms for each score between their lowest and highest.",
    )
