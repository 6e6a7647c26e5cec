"""T-scores by the norms that the user brings: a table of means, or of T-scores, by sex, school grade and so on."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from securebase_analysis.errors import ModelError, Problem, raise_if_stopped, rows_where
from securebase_analysis.measures.questionnaires.norm_groups import (
    BY_MEAN,
    BY_TABLE,
    choosers_of,
    is_end,
    plain_cell,
    rows_of,
)
from securebase_analysis.measures.questionnaires.norm_problems import (
    bad_numbers,
    missing_columns,
    nobody_in_groups,
    overlapping_groups,
    said_twice,
    scores_in_words,
    table_problems,
    unknown_scales,
)
from securebase_analysis.measures.scoring.answers import numbers_of
from securebase_analysis.measures.scoring.material import names_borne_twice

Floats = NDArray[np.float64]


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
    raise_if_stopped(missing_columns(table, people))
    raise_if_stopped([*unknown_scales(table, people), *bad_numbers(table), *scores_in_words(table, people)])
    for name in {*BY_MEAN, *BY_TABLE} & set(table.columns):
        table[name] = numbers_of(table[name])  # as text, 10 would come before 2
    for chooser in choosers_of(table):
        if not is_end(chooser, table):
            table[chooser] = [
                plain_cell(cell) for cell in table[chooser]
            ]  # so that unlike spellings are one group
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
    chosen_by = choosers_of(norms)
    by_table = set(BY_TABLE) <= set(norms.columns)
    groups = norms.groupby(chosen_by, sort=False, dropna=False) if chosen_by else [((), norms)]
    for _, group in groups:
        rows = rows_of(people, group.iloc[0], chosen_by)
        if (rows & taken).any():
            problems.append(overlapping_groups(scale, rows_where(rows & taken)))
        twice = group.duplicated("score") if by_table else group.duplicated("scale")
        if twice.any():
            problems.append(said_twice(scale, (group.index[twice] + 1).tolist()))
        elif by_table:
            problems += table_problems(scale, group, values, rows)
        t[rows], taken = (_looked_up if by_table else _standardised)(values[rows], group), taken | rows
    if len(people) and not taken.any():
        problems.append(nobody_in_groups(scale, chosen_by))
    return t, problems


def _standardised(values: Floats, group: pd.DataFrame) -> Floats:
    mean, sd = (float(group[name].iloc[0]) for name in BY_MEAN)
    return 50.0 + 10.0 * (values - mean) / sd


def _looked_up(values: Floats, group: pd.DataFrame) -> Floats:
    ordered = group.sort_values("score", kind="stable")
    scores, t = ordered["score"].to_numpy(float), ordered["t"].to_numpy(float)
    return np.interp(values, scores, t, left=np.nan, right=np.nan)
