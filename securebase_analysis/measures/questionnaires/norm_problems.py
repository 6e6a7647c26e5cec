"""What can be wrong with norms, and with scores that are to be compared with them."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from securebase_analysis.errors import Problem, nearest, rows_where
from securebase_analysis.measures.blank_cells import blank
from securebase_analysis.measures.questionnaires.norm_groups import (
    BY_MEAN,
    BY_TABLE,
    ENDS,
    asked_of,
    choosers_of,
    is_end,
    plain_cell,
)
from securebase_analysis.measures.scoring.answers import numbers_of
from securebase_analysis.results.wording import count as n_of

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]


def missing_columns(norms: pd.DataFrame, people: pd.DataFrame) -> list[Problem]:
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
    asked = dict.fromkeys(asked_of(chooser, norms.columns) for chooser in choosers_of(norms))
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


def unknown_scales(norms: pd.DataFrame, people: pd.DataFrame) -> list[Problem]:
    """Scales of the norms that were not scored."""
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


def bad_numbers(norms: pd.DataFrame) -> list[Problem]:
    """Cells of the norms that are no numbers, SDs that are not above 0, and groups without a name."""
    problems = []
    ends = [chooser for chooser in choosers_of(norms) if is_end(chooser, norms)]
    for name in norms.columns.drop("scale"):
        if name in (*BY_MEAN, *BY_TABLE, *ends):
            numbers = numbers_of(norms[name])
            bad = ~np.isfinite(numbers) | ((numbers <= 0.0) if name == "sd" else False)
            what = "not a number above 0" if name == "sd" else "not a number"
        else:
            bad, what = np.array([plain_cell(cell) == "" for cell in norms[name]], dtype=bool), "empty"
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


def scores_in_words(norms: pd.DataFrame, people: pd.DataFrame) -> list[Problem]:
    """Scores that are no numbers."""
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


def table_problems(scale: str, group: pd.DataFrame, values: Floats, rows: Mask) -> list[Problem]:
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


def overlapping_groups(scale: str, rows: list[int]) -> Problem:
    """Children who belong to two groups."""
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


def said_twice(scale: str, rows: list[int]) -> Problem:
    """Two rows of the norms about one group."""
    return Problem(
        "SB-ITEM-68",
        "stop",
        f"The norms of {scale} say two things of one norm group.",
        table="norms",
        rows=rows,
        why="It cannot be known which of them is meant.",
        fix="Keep one of the rows, or add the column in which they differ.",
    )


def nobody_in_groups(scale: str, choosers: list[str]) -> Problem:
    """Groups that no child belongs to."""
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
