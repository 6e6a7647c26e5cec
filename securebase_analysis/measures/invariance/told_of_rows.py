"""What is said of rows and columns that cannot be compared as they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from securebase_analysis.errors import Problem, nearest
from securebase_analysis.measures.codes_for_missing import problems_of_codes
from securebase_analysis.results import wording

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
FEW_VALUES = 5
"""Items of fewer different answers are far from normal variables."""


def absent_column(name: str, have: Sequence[str]) -> Problem:
    """A column that is not in the table."""
    guess = nearest(name, have)
    return Problem(
        "SB-SEM-74",
        "stop",
        f"There is no column {name!r}.",
        column=name,
        done="Nothing was fitted.",
        fix=f"Write {guess!r}." if guess else f"The columns are {', '.join(have[:20])}.",
    )


def unknown_to_scores(name: str) -> Problem:
    """A column that scores do not hold, where the study they were made of may."""
    return Problem(
        "SB-SEM-74",
        "stop",
        f"Scores hold no column {name!r}.",
        column=name,
        why="They bring the answers of each child, wave and informant, and nothing else about a child.",
        done="Nothing was fitted.",
        fix=f"assess_invariance(study, ..., group={name!r}), where study.children has the column.",
    )


def no_items(what: str) -> Problem:
    """Scores, which have no items any more."""
    return Problem(
        "SB-SEM-71",
        "stop",
        f"{what} no answers to items.",
        why="Whether items measure the same cannot be seen in their sum: groups that answer one differently may "
        "have the same score, and the other way round.",
        done="Nothing was fitted.",
        fix="assess_invariance(study, 'trust', group='site'), the scores that score_dimensions(study) made of "
        "questionnaires, or a table with a column for each item.",
    )


def borne_twice(name: str) -> Problem:
    """A name that several columns have."""
    what = f"Several columns are called {name!r}."
    return Problem("SB-SEM-74", "stop", what, column=name, fix="Give each a name of its own.")


def rows_of(frame: pd.DataFrame, mask: Bools | pd.Series) -> list[int]:
    """Numbers, in the table that was given, of the rows that a mask marks: the index of `frame`, 0 for none."""
    return [int(row) for row in frame.index[np.asarray(mask, dtype=bool)] if row > 0]


def codes_in(frame: pd.DataFrame, item: str, values: Floats) -> list[Problem]:
    """What looks like a code for a missing answer, with the rows of the table that was given."""
    numbers = frame.index.to_numpy()
    return [
        replace(problem, rows=[int(numbers[row - 1]) for row in problem.rows])
        for problem in problems_of_codes(item, values)
    ]


def named_by_ids(group: str, n: int) -> Problem:
    """A column that tells children apart rather than groups."""
    return Problem(
        "SB-SEM-68",
        "stop",
        f"Column {group!r} has {wording.count(n, 'value')}, too many for groups.",
        column=group,
        why="Each would have a model of its own; such a column says whom a row is about.",
        done="Nothing was fitted.",
        fix="Name the column of groups: group='country'; or join values that belong together.",
    )


def no_numbers(frame: pd.DataFrame, item: str, wrong: Bools) -> Problem:
    """Answers that are not numbers."""
    return Problem(
        "SB-SEM-75",
        "stop",
        f"{item} holds answers that are not numbers.",
        column=item,
        rows=rows_of(frame, wrong),
        why="Loadings and intercepts are those of numbers.",
        done="Nothing was fitted.",
        fix=f"Turn the answers of {item} into numbers, or leave these cells empty.",
    )


def one_only(names: Sequence[str], column: str) -> list[Problem]:
    """A column without two groups or waves."""
    if len(names) > 1:
        return []
    what = f"Column {column!r} has {wording.count(len(names), 'value')}."
    why = "Measurement is compared between groups or waves."
    return [Problem("SB-SEM-65", "stop", what, column=column, why=why, fix="Name a column with two or more.")]


def left_out(frame: pd.DataFrame, mask: Bools, how: str, fix: str) -> list[Problem]:
    """Rows left out, and why; without a fix only told."""
    if not mask.any():
        return []
    what = f"{wording.count(int(mask.sum()), 'row')} {how}."
    return [
        Problem("SB-SEM-67", "warn" if fix else "note", what, rows=rows_of(frame, mask), done="Left out.", fix=fix)
    ]


def with_gaps(frame: pd.DataFrame, mask: Bools, missing: str) -> list[Problem]:
    """Rows left out for what they lack."""
    fix = "missing='fiml' uses what they have." if missing == "listwise" else ""
    return left_out(frame, mask, "with a gap" if missing == "listwise" else "without any answer", fix)


def with_gaps_over_waves(n: int) -> list[Problem]:
    """Children left out for what they lack at some wave."""
    if not n:
        return []
    what = f"{wording.count(n, 'child', 'children')} without all answers at all waves."
    fix = "missing='fiml' uses what they have."
    return [Problem("SB-SEM-67", "warn", what, done="Left out.", fix=fix)]


def children_with_several_rows(frame: pd.DataFrame) -> list[Problem]:
    """Children with more than one row."""
    if "child" not in frame:
        return []
    again = (
        frame.duplicated(["site", "child"] if "site" in frame else ["child"], keep=False) & frame["child"].notna()
    )
    if not again.any():
        return []
    several = _several_informants(frame[again])
    of_whom = "of whom several informants speak" if several else "who have several"
    one_wave = "Keep one wave: data[data['wave'] == 1]; or compare waves: wave='wave' without group=."
    return [
        Problem(
            "SB-SEM-72",
            "warn",
            f"{int(again.sum()):,} rows belong to children {of_whom}.",
            column="child",
            rows=rows_of(frame, again),
            why="Rows count as independent: chi-square is too large and steps are rejected that hold.",
            done="All rows were used.",
            fix=f"informant={frame['informant'].mode()[0]!r} keeps one informant." if several else one_wave,
        )
    ]


def _several_informants(rows: pd.DataFrame) -> bool:
    """Whether children have several rows because several informants speak of them at one wave."""
    keys = [name for name in ("site", "child", "wave") if name in rows]
    return "informant" in rows and bool(rows.groupby(keys)["informant"].nunique().max() > 1)


def seen_twice(frame: pd.DataFrame, keys: Sequence[str], used: Bools) -> list[Problem]:
    """Children with two rows of the same wave."""
    again = frame.duplicated(list(keys), keep=False).to_numpy(bool) & used
    if not again.any():
        return []
    return [
        Problem(
            "SB-SEM-66",
            "stop",
            f"{int(again.sum()):,} rows share child and {keys[-1]} with another.",
            column=keys[-1],
            rows=rows_of(frame, again),
            why="A child is one row, and each wave has columns of its own; two answers have no place there.",
            done="Nothing was fitted.",
            fix=_one_row_each(frame[again], keys[-1]),
        )
    ]


def _one_row_each(rows: pd.DataFrame, compared: str) -> str:
    """What makes one row of several: the true waves, one informant, or the source."""
    if compared != "wave" and "wave" in rows:
        return f"wave='wave' compares waves; group={compared!r} compares the answers of different {compared}s."
    if _several_informants(rows):
        return f"informant={rows['informant'].mode()[0]!r} keeps one informant."
    return f"Delete the repeats, or mend the {compared} of these rows."


def silent_items(X: Sequence[Floats], names: Sequence[str], items: Sequence[str], where: str) -> list[Problem]:
    """Items without two different answers on some occasion."""
    problems = []
    for name, values in zip(names, X):
        for item, column in zip(items, values.T):
            seen = column[~np.isnan(column)]
            if not len(seen) or seen.min() == seen.max():
                place = where.format(name)
                what = f"{item} has {'no' if not len(seen) else 'the same'} answer from everybody in {place}."
                if not len(seen):
                    what = f"Nobody in {place} answered {item}."
                problems.append(
                    Problem(
                        "SB-SEM-69",
                        "stop",
                        what,
                        column=item,
                        why="What does not vary there has no loading to compare.",
                        done="Nothing was fitted.",
                        fix=f"Leave {item} out of the model, or leave out {place}.",
                    )
                )
    return problems


def of_few_values(by_occasion: Sequence[Floats], items: Sequence[str]) -> list[Problem]:
    """Items of few different answers, which count as numbers."""
    numbers = np.concatenate(by_occasion)
    few = [
        item for item, column in zip(items, numbers.T) if len(np.unique(column[~np.isnan(column)])) < FEW_VALUES
    ]
    if not few:
        return []
    what = f"{', '.join(few)}: fewer than {FEW_VALUES} different answers."
    why = "The likelihood is that of continuous items; thresholds are not compared."
    done = "They were taken as numbers; estimator='wlsmv' takes them as ordered categories."
    return [Problem("SB-SEM-76", "note", what, column=", ".join(few), why=why, done=done)]
