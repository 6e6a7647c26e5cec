"""The rows that are compared: groups of children, or the same children at several waves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from securebase_analysis.errors import ModelError, Problem, nearest, raise_if_stopped, rows_where
from securebase_analysis.measures.blank_cells import blank
from securebase_analysis.measures.scoring.answers import numbers_of
from securebase_analysis.results import wording

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Missing = Literal["fiml", "listwise"]
MISSING: tuple[Missing, ...] = ("fiml", "listwise")
FEW_VALUES = 5
"""Items of fewer different answers are far from normal variables."""


@dataclass(frozen=True, eq=False)
class Sample:
    """What the ladder is fitted to.

    Attributes
    ----------
    occasions : tuple of str
        Names of the groups or waves.
    X : tuple of numpy.ndarray
        For each group (children, items); for waves one array (children, waves * items), wave after wave.
    rows : pandas.DataFrame
        The rows used.
    n_excluded : int
        Rows given and not used.
    problems : tuple of Problem
        What was left out or assumed.
    """

    occasions: tuple[str, ...]
    X: tuple[Floats, ...]
    rows: pd.DataFrame
    n_excluded: int
    problems: tuple[Problem, ...]

    @property
    def n_children(self) -> int:
        """Rows of the arrays."""
        return sum(map(len, self.X))


def groups_of(
    frame: pd.DataFrame, items: Sequence[str], group: str, missing: Missing, told: Sequence[Problem] = ()
) -> Sample:
    """Children of each group, in the order in which groups first stand in the table.

    Raises
    ------
    DataError
        With everything that keeps the items from being compared.
    """
    numbers = _numbers(frame, items, [group])
    unnamed = blank(frame[group])
    problems = _left_out(unnamed, f"without a value in {group!r}", f"Fill in {group}.") + _several_rows(frame)
    code, keys = pd.factorize(frame[group].astype(object).where(~unnamed, None))
    names = tuple(map(_name, keys))
    raise_if_stopped(_one_only(names, group))
    used = code >= 0
    dropped = used & _without(numbers, missing)
    problems += _gaps(dropped, missing)
    used &= ~dropped
    X = tuple(numbers[used & (code == number)] for number in range(len(names)))
    raise_if_stopped([*problems, *_silent(X, names, items, f"group {{}} of {group}")])
    rows = frame.loc[used, [*dict.fromkeys([group, *items])]]
    problems = [*told, *problems, *_few_values(numbers, items)]
    return Sample(names, X, rows, int((~used).sum()), tuple(problems))


def waves_of(
    frame: pd.DataFrame,
    items: Sequence[str],
    wave: str,
    child: str,
    missing: Missing,
    told: Sequence[Problem] = (),
) -> Sample:
    """The same children at every wave, a row each.

    Raises
    ------
    DataError
        With everything that keeps the items from being compared.
    """
    numbers = _numbers(frame, items, [wave, child])
    keys = [child, *(["site"] if "site" in frame and child != "site" else [])]
    unnamed = np.asarray(blank(frame[wave]) | blank(frame[child]), dtype=bool)
    problems = _left_out(unnamed, f"without {wave!r} or {child!r}", "Fill in both.")
    raise_if_stopped(_twice(frame, [*keys, wave], ~unnamed))
    empty = ~unnamed & np.isnan(numbers).all(axis=1)
    problems += _left_out(empty, "without any answer", "")
    used: Bools = np.asarray(~unnamed & ~empty, dtype=bool)
    levels = sorted(frame.loc[used, wave].unique().tolist(), key=lambda level: (isinstance(level, str), level))
    names = tuple(map(_name, levels))
    raise_if_stopped(_one_only(names, wave))
    children = frame.loc[used].groupby(keys, sort=False, dropna=False).ngroup().to_numpy()
    at = pd.Index(levels).get_indexer(frame.loc[used, wave])
    X = np.full((children.max() + 1, len(levels), len(items)), np.nan)
    X[children, at] = numbers[used]
    by_wave = tuple(X[:, number] for number in range(len(levels)))
    raise_if_stopped([*problems, *_silent(by_wave, names, items, f"{wave} {{}}")])
    wide = X.reshape(len(X), -1)
    whole = np.asarray(np.isfinite(wide).all(axis=1) | (missing == "fiml"), dtype=bool)
    problems += _gaps_over_waves(int((~whole).sum()))
    kept = np.array(used)
    kept[used] = whole[children]
    rows = frame.loc[kept, [*dict.fromkeys([*keys, wave, *items])]]
    problems = [*told, *problems, *_few_values(numbers, items)]
    return Sample(names, (wide[whole],), rows, int((~kept).sum()), tuple(problems))


def rows_of_informant(frame: pd.DataFrame, informant: str) -> pd.DataFrame:
    """The rows of one informant.

    Raises
    ------
    DataError
        When there is no such column or informant.
    """
    check_columns(frame, ["informant"])
    own = (frame["informant"] == informant).to_numpy(bool)
    known = sorted(map(str, frame["informant"].dropna().unique()))
    guess = nearest(informant, known)
    fix = f"informant={guess!r}" if guess else f"informant is one of {', '.join(map(repr, known[:10]))}"
    what = f"There are no rows with informant {informant!r}."
    raise_if_stopped([] if own.any() else [Problem("SB-SEM-78", "stop", what, column="informant", fix=fix)])
    return frame[own]


def check_columns(frame: Any, names: Sequence[str]) -> None:
    """Refuse what is not a table, and columns that it does not have.

    Raises
    ------
    ModelError
        When `frame` is not a table.
    DataError
        With every column that is not there.
    """
    if not isinstance(frame, pd.DataFrame):
        what = f"data is a {type(frame).__name__}, not a table."
        fix = "Give a pandas.DataFrame with a column for each item."
        raise ModelError(Problem("SB-MODEL-41", "stop", what, fix=fix))
    have = [str(name) for name in frame.columns]
    raise_if_stopped([_absent(name, have) for name in names if name not in have])
    raise_if_stopped([_borne_twice(name) for name in names if have.count(name) > 1])


def _absent(name: str, have: Sequence[str]) -> Problem:
    guess = nearest(name, have)
    return Problem(
        "SB-SEM-74",
        "stop",
        f"There is no column {name!r}.",
        column=name,
        done="Nothing was fitted.",
        fix=f"Write {guess!r}." if guess else f"The columns are {', '.join(have[:20])}.",
    )


def _borne_twice(name: str) -> Problem:
    what = f"Several columns are called {name!r}."
    return Problem("SB-SEM-74", "stop", what, column=name, fix="Give each a name of its own.")


def _numbers(frame: pd.DataFrame, items: Sequence[str], keys: Sequence[str]) -> Floats:
    """The items as numbers."""
    check_columns(frame, [*items, *keys])
    problems = [
        Problem(
            "SB-SEM-75", "stop", f"{key!r} is an item of the model too.", column=key, fix="Leave it out of one."
        )
        for key in keys
        if key in items
    ]
    columns = {item: numbers_of(frame[item]) for item in items}
    for item, values in columns.items():
        wrong = (np.isnan(values) & ~blank(frame[item])) | np.isinf(values)
        if wrong.any():
            problems.append(_no_number(item, wrong))
    raise_if_stopped(problems)
    return np.column_stack(list(columns.values())).astype(float)


def _no_number(item: str, wrong: Bools) -> Problem:
    return Problem(
        "SB-SEM-75",
        "stop",
        f"{item} holds answers that are not numbers.",
        column=item,
        rows=rows_where(wrong),
        why="Loadings and intercepts are those of numbers.",
        done="Nothing was fitted.",
        fix=f"Turn the answers of {item} into numbers, or leave these cells empty.",
    )


def _name(key: Any) -> str:
    """A group or wave as it is written."""
    return f"{key:g}" if isinstance(key, float) else str(key)


def _one_only(names: Sequence[str], column: str) -> list[Problem]:
    if len(names) > 1:
        return []
    what = f"Column {column!r} has {wording.count(len(names), 'value')}."
    why = "Measurement is compared between groups or waves."
    return [Problem("SB-SEM-65", "stop", what, column=column, why=why, fix="Name a column with two or more.")]


def _left_out(mask: Bools, how: str, fix: str) -> list[Problem]:
    if not mask.any():
        return []
    what = f"{wording.count(int(mask.sum()), 'row')} {how}."
    return [
        Problem("SB-SEM-67", "warn" if fix else "note", what, rows=rows_where(mask), done="Left out.", fix=fix)
    ]


def _without(numbers: Floats, missing: Missing) -> Bools:
    gaps = np.isnan(numbers)
    return np.asarray(gaps.any(axis=1) if missing == "listwise" else gaps.all(axis=1))


def _gaps(mask: Bools, missing: Missing) -> list[Problem]:
    fix = "missing='fiml' uses what they have." if missing == "listwise" else ""
    return _left_out(mask, "with a gap" if missing == "listwise" else "without any answer", fix)


def _gaps_over_waves(n: int) -> list[Problem]:
    if not n:
        return []
    what = f"{wording.count(n, 'child', 'children')} without all answers at all waves."
    fix = "missing='fiml' uses what they have."
    return [Problem("SB-SEM-67", "warn", what, done="Left out.", fix=fix)]


def _several_rows(frame: pd.DataFrame) -> list[Problem]:
    """Children with more than one row."""
    if "child" not in frame:
        return []
    again = (
        frame.duplicated(["site", "child"] if "site" in frame else ["child"], keep=False) & frame["child"].notna()
    )
    if not again.any():
        return []
    return [
        Problem(
            "SB-SEM-72",
            "warn",
            f"{int(again.sum()):,} rows belong to children who have several.",
            column="child",
            rows=rows_where(again),
            why="Rows count as independent: chi-square is too large and steps are rejected that hold.",
            done="All rows were used.",
            fix="Keep one wave: data[data['wave'] == 1]; or compare waves: wave='wave' without group=.",
        )
    ]


def _twice(frame: pd.DataFrame, keys: Sequence[str], used: Bools) -> list[Problem]:
    """Children with two rows of the same wave."""
    again = frame.duplicated(list(keys), keep=False).to_numpy(bool) & used
    if not again.any():
        return []
    return [
        Problem(
            "SB-SEM-66",
            "stop",
            f"{int(again.sum()):,} rows share child and wave with another.",
            column=keys[-1],
            rows=rows_where(again),
            why="A child is one row, and each wave has columns of its own; two answers have no place there.",
            done="Nothing was fitted.",
            fix="informant='carer' keeps one informant; otherwise mend the wave.",
        )
    ]


def _silent(X: Sequence[Floats], names: Sequence[str], items: Sequence[str], where: str) -> list[Problem]:
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


def _few_values(numbers: Floats, items: Sequence[str]) -> list[Problem]:
    few = [
        item for item, column in zip(items, numbers.T) if len(np.unique(column[~np.isnan(column)])) < FEW_VALUES
    ]
    if not few:
        return []
    what = f"{', '.join(few)}: fewer than {FEW_VALUES} different answers."
    why = "The likelihood is that of continuous items; thresholds are not compared."
    return [Problem("SB-SEM-76", "note", what, column=", ".join(few), why=why, done="They were taken as numbers.")]
