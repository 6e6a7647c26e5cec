"""A long table of ratings, checked at the door: one row per unit and coder -> `RatingTable`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from securebase_analysis.engines.tally import Ratings
from securebase_analysis.errors import Problem, nearest, raise_if_stopped, rows_where
from securebase_analysis.measures.agreement.coder_names import codes_of, settle_coders
from securebase_analysis.measures.agreement.overlap import double_coding_needed
from securebase_analysis.measures.agreement.table import Group, Level, RatingTable
from securebase_analysis.measures.agreement.values import Values, read_values
from securebase_analysis.measures.agreement.words_for_missing import words_for_missing
from securebase_analysis.measures.blank_cells import blank
from securebase_analysis.measures.codes_for_missing import codes_among
from securebase_analysis.results import wording

TABLE = "ratings"


@dataclass(frozen=True)
class Columns:
    """The columns that say what was rated, by whom, and how."""

    unit: tuple[str, ...]
    coder: str
    value: str
    by: str | None
    cluster: str | None


@dataclass(frozen=True, eq=False)
class _Rows:
    """The rows of a long table as whole numbers, of shape (rows,), -1 where there is nothing.

    `used` rows have a rating that counts; `unit` counts units within groups, and `unit_rows` (units,) is the first
    row of each.
    """

    used: NDArray[np.bool_]
    unit: NDArray[np.int64]
    unit_rows: NDArray[np.int64]
    coder: NDArray[np.int64]
    group: NDArray[np.int64]
    cluster: NDArray[np.int64]
    values: Values
    coder_names: list[str]
    group_names: list[str]


def read_ratings(
    data: pd.DataFrame,
    columns: Columns,
    level: Level,
    order: Sequence[Any] | None,
    coders: Mapping[str, str] | None,
) -> RatingTable:
    """Check a long table and turn it into whole numbers; every problem at once.

    Raises
    ------
    DataError
        When the ratings cannot be compared as they are.
    """
    raise_if_stopped(_missing_columns(data, columns))
    raise_if_stopped(_unfit_columns(data, columns))
    columns = _with_cluster(data, columns)
    problems: list[Problem] = []
    rows = _check_rows(data, columns, level, order, coders, problems)
    problems += _codes_for_missing(data[columns.value])
    ratings, labels = _as_ratings(rows)
    n_ratings = np.bincount(ratings.unit, minlength=len(rows.unit_rows))
    n_compared = int(n_ratings[n_ratings > 1].sum())
    return RatingTable(
        ratings=ratings,
        groups=tuple(Group("", str(name)) for name in rows.group_names),
        coders=tuple(rows.coder_names),
        categories=labels,
        unit_word="unit",
        cluster_word="unit" if columns.cluster is None else columns.cluster,
        n_rows=n_compared,
        n_excluded=len(data) - n_compared,
        disagreements=_worklist(data, columns, ratings, labels, rows),
        rows=_rows_compared(data, columns, ratings, np.flatnonzero(rows.used), n_ratings),
        problems=tuple(problems),
    )


def _check_rows(
    data: pd.DataFrame,
    columns: Columns,
    level: Level,
    order: Sequence[Any] | None,
    coders: Mapping[str, str] | None,
    problems: list[Problem],
) -> _Rows:
    """Every row held against every rule; what stops is raised together."""
    used = _complete_rows(data, columns, problems)
    coder, coder_names = _read_coders(data, columns, coders, problems)
    values = read_values(data[columns.value], used, level, order, TABLE, problems)
    group, group_names = _read_groups(data, columns)
    unit_word = _unit_codes(data, columns)
    unit, unit_rows = _number_units(np.where(used, unit_word, -1), group, used)
    used = _once_per_coder(unit, coder, values.codes, used, columns, problems)
    cluster = _read_clusters(data, columns, unit_word, unit, used, problems)
    raise_if_stopped(problems)
    rows = _Rows(used, unit, unit_rows, coder, group, cluster, values, coder_names, group_names)
    _check_overlap(rows, columns, problems)
    raise_if_stopped(problems)
    return rows


def _codes_for_missing(column: pd.Series) -> list[Problem]:
    """A number that surveys use for "not known" among ratings that are numbers (#16)."""
    if not pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column):
        return []
    return codes_among({column.name: column.to_numpy(float, na_value=np.nan)})


def _as_ratings(rows: _Rows) -> tuple[Ratings, NDArray[Any]]:
    """The rows used, for the engines, and the label of each category."""
    keep, n_values = np.flatnonzero(rows.used), len(rows.values.labels)
    category, found = _number_categories(rows.group[keep], rows.values.codes[keep], n_values, rows.values.declared)
    clusters, cluster = np.unique(rows.cluster[rows.unit_rows], return_inverse=True)
    ratings = Ratings(
        unit=rows.unit[keep],
        coder=rows.coder[keep],
        category=category,
        weight=np.ones(len(rows.unit_rows)),
        group=rows.group[rows.unit_rows],
        cluster=cluster,
        score=rows.values.scores[found % n_values],
        group_of_category=found // n_values,
        n_groups=len(rows.group_names),
        n_coders=len(rows.coder_names),
        n_clusters=len(clusters),
    )
    return ratings, rows.values.labels[found % n_values]


def _missing_columns(data: pd.DataFrame, columns: Columns) -> list[Problem]:
    """A problem for every named column that is not there, and one when there is no row."""
    named = {"unit": columns.unit, "coder": (columns.coder,), "value": (columns.value,)}
    named |= {"by": (columns.by,) if columns.by else (), "cluster": (columns.cluster,) if columns.cluster else ()}
    problems = []
    if not columns.unit:
        fix = "unit='name of the column'"
        problems.append(Problem("SB-CODE-30", "stop", "No column is named for unit=.", TABLE, fix=fix))
    for argument, names in named.items():
        for name in names:
            if name in data.columns:
                continue
            guess = nearest(name, data.columns)
            there = ", ".join(map(str, data.columns))
            fix = f"{argument}={guess!r}" if guess else f"{argument}= one of the columns: {there}"
            what = f"There is no column {name!r} for {argument}=."
            problems.append(Problem("SB-CODE-30", "stop", what, TABLE, str(name), fix=fix))
    if not len(data):
        problems.append(Problem("SB-CODE-31", "stop", "The table has no rows.", TABLE, fix="Give the ratings."))
    return problems


def _unfit_columns(data: pd.DataFrame, columns: Columns) -> list[Problem]:
    """A problem for a name of two columns, for a column in two parts, and for cells that are no values."""
    problems = []
    for name in dict.fromkeys([*columns.unit, columns.coder, columns.value, columns.by, columns.cluster]):
        if name is not None and isinstance(data[name], pd.DataFrame):
            what = f"Two columns are called {name!r}."
            problems.append(Problem("SB-FILE-07", "stop", what, TABLE, name, fix="Rename one of them."))
        elif name is not None and (rows := _no_value(data[name])):
            what = f"{wording.count(len(rows), 'cell')} of {name!r} hold a list or an imaginary number."
            problems.append(Problem("SB-CODE-38", "stop", what, TABLE, name, rows, fix="One value in each cell."))
    return [*problems, *_two_parts(columns)]


def _two_parts(columns: Columns) -> list[Problem]:
    """A problem when one column is the coder or the value and something else besides."""
    others = [("value", columns.value), *(("unit", name) for name in columns.unit), ("by", columns.by)]
    parts = [("coder", argument, name) for argument, name in others if name == columns.coder]
    parts += [("value", argument, name) for argument, name in others[1:] if name == columns.value]
    return [
        Problem(
            "SB-CODE-40",
            "stop",
            f"The column {name!r} is given for {first}= and for {second}=.",
            TABLE,
            str(name),
            why="A column compared with itself says nothing of agreement.",
            fix=f"Name another column for {second}=.",
        )
        for first, second, name in parts
    ]


def _no_value(column: pd.Series) -> list[int]:
    """Rows of cells that cannot be told apart as values."""
    if pd.api.types.is_complex_dtype(column.dtype):
        return rows_where(column.notna())
    if column.dtype != object:
        return []
    return rows_where([not pd.api.types.is_hashable(cell) for cell in column])


def _with_cluster(data: pd.DataFrame, columns: Columns) -> Columns:
    """Children are drawn whole when they are known, else sources, else units."""
    if columns.cluster is not None:
        return columns
    known = [name for name in ("child", "source") if name in data.columns]
    return Columns(columns.unit, columns.coder, columns.value, columns.by, known[0] if known else None)


def _complete_rows(data: pd.DataFrame, columns: Columns, problems: list[Problem]) -> NDArray[np.bool_]:
    """Rows with a rating, a coder, a unit and a group; what is left out becomes a problem that is counted."""
    used = np.ones(len(data), dtype=bool)
    empty = blank(data[columns.value])
    if empty.any():
        problems.append(
            Problem(
                "SB-CODE-10",
                "note",
                f"{wording.count(int(empty.sum()), 'blank rating')} left out.",
                TABLE,
                columns.value,
                rows_where(empty),
                why="A blank is no category; the other ratings of the unit still count.",
                done="A unit keeps the ratings that were made.",
                fix="Fill the blanks if a coder did decide.",
            )
        )
    problems += words_for_missing(data[columns.value], TABLE)
    used &= ~empty
    no_coder = blank(data[columns.coder]) & used
    if no_coder.any():
        problems.append(
            Problem(
                "SB-CODE-03",
                "warn",
                f"{wording.count(int(no_coder.sum()), 'rating')} without a coder.",
                TABLE,
                columns.coder,
                rows_where(no_coder),
                why="Agreement is between people; a rating by nobody in particular has no partner.",
                done="Not used here; scores still use them.",
                fix=f"Fill in the column {columns.coder!r}.",
            )
        )
    used &= ~no_coder
    for argument, names in (("unit", columns.unit), ("by", (columns.by,) if columns.by else ())):
        for name in names:
            nowhere = blank(data[name]) & used
            if nowhere.any():
                what = f"{wording.count(int(nowhere.sum()), 'rating')} without a {argument}."
                done = "Left out: it cannot be matched with another coder's."
                problems.append(Problem("SB-CODE-32", "warn", what, TABLE, name, rows_where(nowhere), done=done))
            used &= ~nowhere
    return used


def _read_coders(
    data: pd.DataFrame, columns: Columns, coders: Mapping[str, str] | None, problems: list[Problem]
) -> tuple[NDArray[np.int64], list[str]]:
    """Number of the coder of each row, and the coders' names in order."""
    codes, names = codes_of(data[columns.coder])
    settled, found = settle_coders(names, coders, TABLE, columns.coder)
    problems.extend(found)
    people = sorted(set(settled.values()))
    position = np.array([people.index(settled[name]) for name in names] + [-1], dtype=int)
    return position[codes], people


def _read_groups(data: pd.DataFrame, columns: Columns) -> tuple[NDArray[np.int64], list[str]]:
    """Number of the group of each row, and the groups in order of appearance of the sorted words."""
    if columns.by is None:
        return np.zeros(len(data), dtype=int), [""]
    by = data[columns.by]
    if isinstance(by.dtype, pd.CategoricalDtype):
        shown = [name for name in by.cat.categories if (by == name).any()]
        position = {name: number for number, name in enumerate(shown)}
        return by.map(position).astype(float).fillna(-1).to_numpy().astype(int), [str(name) for name in shown]
    codes, names = codes_of(by)
    return codes, list(names)


def _unit_codes(data: pd.DataFrame, columns: Columns) -> NDArray[np.int64]:
    """Number of the unit of each row; several columns together may name a unit."""
    if len(columns.unit) == 1:
        return codes_of(data[columns.unit[0]])[0]
    return data.groupby(list(columns.unit), sort=False, dropna=False, observed=True).ngroup().to_numpy()


def _number_units(
    unit_word: NDArray[np.int64], group: NDArray[np.int64], used: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Units within groups numbered from 0, -1 where a row is not used; and the first row of each unit."""
    unit = np.full(len(used), -1)
    key = group[used] * (unit_word.max(initial=0) + 1) + unit_word[used]
    _, first, unit[used] = np.unique(key, return_index=True, return_inverse=True)
    return unit, np.flatnonzero(used)[first]


def _once_per_coder(
    unit: NDArray[np.int64],
    coder: NDArray[np.int64],
    value: NDArray[np.int64],
    used: NDArray[np.bool_],
    columns: Columns,
    problems: list[Problem],
) -> NDArray[np.bool_]:
    """Rows to use when a coder's second, identical rating of a unit is set aside; a different one stops."""
    frame = pd.DataFrame({"unit": unit, "coder": coder, "value": value})[used]
    again = frame.duplicated(["unit", "coder"]).to_numpy()
    if not again.any():
        return used
    n_values = frame.groupby(["unit", "coder"])["value"].transform("nunique").to_numpy()
    rows = np.flatnonzero(used)
    differing, same = rows[n_values > 1] + 1, rows[again & (n_values == 1)] + 1
    why = "Two codings by one person show how steady she is, not whether two people agree."
    fix = f"Keep one row per unit and coder, or give the second round its own name in {columns.coder!r}."
    if len(differing):
        n = int((again & (n_values > 1)).sum())
        what = f"A coder rated the same unit more than once, with different values ({n} times)."
        done = "Nothing was computed: which rating counts is not ours to choose."
        problems.append(Problem("SB-CODE-05", "stop", what, TABLE, columns.coder, list(differing), why, done, fix))
    if len(same):
        what = f"A coder rated the same unit more than once, with the same value ({len(same)} times)."
        problems.append(
            Problem("SB-CODE-05", "warn", what, TABLE, columns.coder, list(same), why, "Counted once.", fix)
        )
    kept = used.copy()
    kept[rows[again]] = False
    return kept


def _read_clusters(
    data: pd.DataFrame,
    columns: Columns,
    unit_word: NDArray[np.int64],
    unit: NDArray[np.int64],
    used: NDArray[np.bool_],
    problems: list[Problem],
) -> NDArray[np.int64]:
    """Number of the cluster of each row: the unit itself when no cluster is known."""
    if columns.cluster is None:
        return unit_word
    if columns.unit == (columns.cluster,):
        return unit_word
    cluster, n_known = _cluster_codes(data, columns.cluster)
    lost = (cluster < 0) & used
    if lost.any():
        what = f"{wording.count(int(lost.sum()), 'rating')} without a {columns.cluster}."
        done = f"Each such unit is drawn on its own, as if it were its own {columns.cluster}."
        rows = rows_where(lost)
        problems.append(Problem("SB-CODE-33", "warn", what, TABLE, columns.cluster, rows, done=done))
    cluster = np.where(cluster < 0, n_known + unit_word, cluster)
    spread = pd.Series(cluster[used]).groupby(unit[used]).transform("nunique").to_numpy() > 1
    if spread.any():
        both = [columns.cluster, *columns.unit]
        problems.append(
            Problem(
                "SB-CODE-39",
                "stop",
                f"The same unit stands under more than one {columns.cluster}.",
                TABLE,
                columns.cluster,
                list(np.flatnonzero(used)[spread] + 1),
                why=f"Either units are numbered anew in each {columns.cluster}, or rows are misplaced.",
                done="Nothing was computed.",
                fix=f"unit={both!r} if the numbers begin again in each {columns.cluster}",
            )
        )
    return cluster


def _cluster_codes(data: pd.DataFrame, column: str) -> tuple[NDArray[np.int64], int]:
    """Number of the cluster of each row, and how many there are; a child is known by site and child."""
    cluster, names = codes_of(data[column])
    if column != "child" or "site" not in data.columns:
        return cluster, len(names)
    site, sites = codes_of(data["site"])
    both = np.where(cluster < 0, -1, cluster * (len(sites) + 1) + site + 1)
    return both, len(names) * (len(sites) + 1)


def _check_overlap(rows: _Rows, columns: Columns, problems: list[Problem]) -> None:
    """Stop when no unit has two coders; say how many have only one."""
    own = rows.unit[rows.used]
    n_ratings = np.bincount(own)
    alone = n_ratings[own] == 1
    if alone.all():
        per_coder = np.bincount(rows.coder[rows.used], minlength=len(rows.coder_names))
        per_cluster = len(own) / max(len(np.unique(rows.cluster[rows.used])), 1)
        word = columns.cluster or "unit"
        problems.append(_no_overlap(rows.coder_names, per_coder, word, per_cluster, columns.coder))
    elif alone.any():
        n_all, n_alone = int((n_ratings > 0).sum()), int(alone.sum())
        have = "has" if n_alone == 1 else "have"
        what = (
            f"{n_alone:,} of {wording.count(n_all, 'unit')} {have} one rating, so there is nothing "
            f"to compare it with."
        )
        done = "Units were matched by name; those with one rating enter only the prevalence of AC1."
        lone_rows = list(np.flatnonzero(rows.used)[alone] + 1)
        problems.append(Problem("SB-CODE-11", "note", what, TABLE, "/".join(columns.unit), lone_rows, done=done))


def _no_overlap(names: list[str], per_coder: NDArray[np.int64], word: str, size: float, column: str) -> Problem:
    """The problem that no two coders met."""
    who = " and ".join(f"{name} ({wording.count(int(n), 'unit')})" for name, n in zip(names, per_coder))
    if len(names) < 2:
        what = f"There is one coder, {who}; agreement needs two." if names else "There is no coder."
    else:
        what = f"No unit was rated by two coders: {who} share none."
    return Problem(
        "SB-CODE-06",
        "stop",
        what,
        TABLE,
        column,
        why="Agreement is seen only where two people rated the same unit.",
        done="Nothing was computed.",
        fix=double_coding_needed(word, size),
    )


def _number_categories(
    group: NDArray[np.int64], value: NDArray[np.int64], n_values: int, declared: bool
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Category of each rating, counted through all groups; and group * n_values + value of each category."""
    key = group * n_values + value
    found = np.unique(key)
    if declared:
        found = (np.unique(group)[:, None] * n_values + np.arange(n_values)).ravel()
    return np.searchsorted(found, key), found


def _agreement_of_ratings(ratings: Ratings, n_ratings: NDArray[np.int64]) -> NDArray[np.float64]:
    """For each rating the share of the other coders of its unit who chose the same category."""
    key = ratings.unit * len(ratings.score) + ratings.category
    _, which, alike = np.unique(key, return_inverse=True, return_counts=True)
    others = n_ratings[ratings.unit] - 1
    return np.where(others > 0, (alike[which] - 1) / np.maximum(others, 1), np.nan)


def _rows_compared(
    data: pd.DataFrame, columns: Columns, ratings: Ratings, keep: NDArray[np.int64], n_ratings: NDArray[np.int64]
) -> pd.DataFrame:
    """The ratings compared, with the share of the other coders who agree."""
    names = [columns.by, columns.cluster, *columns.unit, columns.coder, columns.value]
    shown = data[list(dict.fromkeys(name for name in names if name))].iloc[keep]
    shown = shown.assign(agreement=_agreement_of_ratings(ratings, n_ratings))
    return shown[(n_ratings > 1)[ratings.unit]].reset_index(drop=True)


def _worklist(
    data: pd.DataFrame, columns: Columns, ratings: Ratings, labels: NDArray[Any], rows: _Rows
) -> pd.DataFrame:
    """One row per unit on which coders differ: where it is, and a column for each coder's choice."""
    low = np.full(len(rows.unit_rows), len(labels))
    high = np.full(len(rows.unit_rows), -1)
    np.minimum.at(low, ratings.unit, ratings.category)
    np.maximum.at(high, ratings.unit, ratings.category)
    disputed = np.flatnonzero(low < high)
    position = np.full(len(rows.unit_rows), -1)
    position[disputed] = np.arange(len(disputed))
    choices = np.full((len(disputed), len(rows.coder_names)), None, dtype=object)
    line = position[ratings.unit]
    choices[line[line >= 0], ratings.coder[line >= 0]] = labels[ratings.category[line >= 0]]
    names = [columns.by, columns.cluster, *columns.unit]
    where = data[list(dict.fromkeys(name for name in names if name))].iloc[rows.unit_rows[disputed]]
    shown = [f"coder {name}" if name in where.columns else name for name in rows.coder_names]
    chosen = pd.DataFrame(choices, columns=shown, index=where.index)
    return pd.concat([where, chosen], axis=1).iloc[np.argsort(rows.unit_rows[disputed])].reset_index(drop=True)
