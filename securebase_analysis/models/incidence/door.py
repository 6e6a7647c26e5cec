"""The door of the incidence of exits: rows that last some days, end in some way, and belong to some group."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from securebase_analysis.errors import ModelError, Problem, raise_if_stopped, rows_where
from securebase_analysis.measures.blank_cells import blank
from securebase_analysis.models.incidence.durations import durations_of, lasting
from securebase_analysis.models.incidence.exits import Exits, exits_of
from securebase_analysis.models.incidence.other_units import sites_in_other_units
from securebase_analysis.models.incidence.sampling import already_running, in_care_on_a_day, two_at_once
from securebase_analysis.models.rows import check_columns, groups_of, long_frame, written_in_two_ways
from securebase_analysis.results import wording

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

MOST_GROUPS = 20
"""More curves than this cannot be read side by side; the column may hold ids or ages."""


@dataclass(frozen=True, eq=False)
class Asked:
    """The columns that a request names, and the day from which the study saw placements."""

    stop: str
    cause: str
    censored: Any
    start: str | None
    by: str | None
    cluster: str | None
    observed_from: Any

    @property
    def columns(self) -> list[str]:
        """Every column that must be there."""
        named = (self.stop, self.cause, self.start, self.by, self.cluster)
        return list(dict.fromkeys(name for name in named if name is not None))


@dataclass(frozen=True, eq=False)
class Cohort:
    """The rows that can be used.

    Attributes
    ----------
    frame : pandas.DataFrame
        Their columns as given.
    stop, start : numpy.ndarray, shape (rows,)
        Days to the end and to the first observation; `start` is None where all were seen from the beginning.
    cause : numpy.ndarray of int, shape (rows,)
        0 for a row that had not ended, 1 ... for its exit.
    group : numpy.ndarray of int, shape (rows,)
        Which of the groups.
    cluster : numpy.ndarray of int, shape (rows,), or None
        Which of the clusters.
    causes, groups : tuple of str
        Names of exits and groups; one group without a name where none was asked for.
    open_label : str
        What the column calls a row that had not ended.
    n_excluded : int
        Rows given and not used.
    problems : tuple of Problem
        What had to be assumed.
    """

    frame: pd.DataFrame
    stop: Floats
    start: Floats | None
    cause: Integers
    group: Integers
    cluster: Integers | None
    causes: tuple[str, ...]
    groups: tuple[str, ...]
    open_label: str
    n_excluded: int
    problems: tuple[Problem, ...]

    @property
    def n_clusters(self) -> int:
        """Independent units: clusters where there are some, rows otherwise."""
        return len(self.stop) if self.cluster is None else int(self.cluster.max()) + 1


def table_behind(data: Any) -> Any:
    """One row a placement: of followed placements and of a history; anything else is taken as it is."""
    if isinstance(data, pd.DataFrame):
        return data
    if is_followed(data):
        return data.placements
    return getattr(data, "spells", data)


def is_followed(data: Any) -> bool:
    """Whether placements were followed from the day they were first seen, in rows that may be parts of one."""
    return not isinstance(data, pd.DataFrame) and hasattr(data, "rows") and hasattr(data, "placements")


def brought_by(data: Any) -> tuple[str, ...]:
    """What a history, or followed placements, have to say of the rows."""
    return () if isinstance(data, pd.DataFrame) else tuple(getattr(data, "notes", ()))


def cohort_of(data: Any, asked: Asked) -> Cohort:
    """The rows that can be used, with everything that is wrong said at once.

    Raises
    ------
    ModelError
        When a column is not there, or nothing can be estimated.
    DataError
        When rows contradict themselves, or it is not known what they mean.
    """
    frame = long_frame(table_behind(data))
    _must_be_names(asked)
    check_columns(frame, asked.columns)
    if not len(frame):
        raise ModelError(_no_rows("The table has no rows."))
    exits = exits_of(frame[asked.cause], asked.censored)
    days = durations_of(frame, asked.stop, asked.start, asked.observed_from)
    problems = [
        *exits.problems,
        *days.problems,
    ]
    if not any(problem.severity == "stop" and problem.column == asked.stop for problem in problems):
        problems += _without_duration(days.stop, exits, asked)
    problems += _without_start(days.entry, days.began, asked)
    group, groups, more = _groups(frame, asked.by)
    raise_if_stopped([*problems, *more])
    used, left_out = _used(days.stop, days.entry, exits.code, group, asked)
    if asked.observed_from is not None and days.entry is not None:
        seen, found = already_running(days.stop, days.entry, used)
        used, left_out = used & seen, [*left_out, *found]
    if not used.any():
        raise ModelError(_no_rows("No row can be used."))
    stop, found = lasting(*_of(used, days.stop, days.entry), (asked.stop, asked.start))
    problems += [*more, *left_out, *(_renumbered(problem, used) for problem in found)]
    problems += sites_in_other_units(frame[used], stop, asked.stop)
    if days.began is not None:
        problems += two_at_once(frame, days.began, days.stop, used)
    if days.began is not None and asked.observed_from is None:
        problems += in_care_on_a_day(days.began[used], stop)
    cluster, more = _clusters(frame[used], asked.cluster)
    raise_if_stopped([*problems, *more])
    if not (exits.code[used] > 0).any():
        raise ModelError(_nobody_ended(exits.open_label))
    there, group = np.unique(group[used], return_inverse=True)
    return Cohort(
        frame=frame[used].reset_index(drop=True),
        stop=stop,
        start=None if days.entry is None else days.entry[used],
        cause=exits.code[used],
        group=group,
        cluster=cluster,
        causes=exits.labels,
        groups=tuple(groups[place] for place in there),
        open_label=exits.open_label,
        n_excluded=int((~used).sum()),
        problems=(*problems, *more),
    )


def _must_be_names(asked: Asked) -> None:
    """Columns are asked for by name, one each; a column itself or a list of names is not one.

    Raises
    ------
    ModelError
        When something else was given.
    """
    for word in ("stop", "cause", "start", "by", "cluster"):
        given = getattr(asked, word)
        if given is not None and (isinstance(given, list | tuple | dict | set) or hasattr(given, "shape")):
            one = given[0] if isinstance(given, list | tuple) and len(given) == 1 else getattr(given, "name", None)
            raise ModelError(
                Problem(
                    "SB-EVENT-32",
                    "stop",
                    f"{word} is a {type(given).__name__}, not the name of one column.",
                    why="The columns are looked up in data, so that rows and messages stay together.",
                    fix=f"{word}={one!r}"
                    if isinstance(one, str)
                    else f"{word}='...' with the name of a column of data",
                )
            )


def _of(used: NDArray[np.bool_], stop: Floats, entry: Floats | None) -> tuple[Floats, Floats | None]:
    return stop[used], None if entry is None else entry[used]


def _renumbered(problem: Problem, used: NDArray[np.bool_]) -> Problem:
    """A problem of the rows used, with the numbers that its rows have in the table as given."""
    given = np.flatnonzero(used) + 1
    return replace(problem, rows=given[np.array(problem.rows, dtype=int) - 1]) if problem.rows else problem


# ---- rows that say too little ----------------------------------------------------------------------------------


def _without_duration(stop: Floats, exits: Exits, asked: Asked) -> list[Problem]:
    """Rows whose end is known but not when, and open ones without the day on which they were last seen."""
    unknown = np.isnan(stop)
    still_open, ended = unknown & (exits.code == 0), unknown & (exits.code > 0)
    problems = []
    if ended.any():
        problems.append(
            Problem(
                "SB-PLACE-09",
                "stop",
                f"{wording.count(int(ended.sum()), 'row has', 'rows have')} an exit and no duration.",
                column=asked.stop,
                rows=rows_where(ended),
                why="Left out, the share of their exits would be too low.",
                done="Nothing was dropped; nothing was computed.",
                fix=f"Fill in when they ended, or leave them out: data.dropna(subset=[{asked.stop!r}]).",
            )
        )
    if still_open.any():
        problems.append(
            Problem(
                "SB-PLACE-80",
                "stop",
                f"{wording.count(int(still_open.sum()), 'row is', 'rows are')} still open and without a duration.",
                column=asked.stop,
                rows=rows_where(still_open),
                why="They are the longest ones; left out, every exit would look more frequent than it is.",
                done="Nothing was dropped; nothing was computed.",
                fix="Give the days, or the date, up to which each was known to last: that of the data freeze.",
            )
        )
    return problems


def _without_start(entry: Floats | None, began: pd.Series | None, asked: Asked) -> list[Problem]:
    """Rows that do not say when they began, or from when on they were seen."""
    missing = began.isna().to_numpy() if began is not None else np.isnan(entry) if entry is not None else None
    if missing is None or not missing.any():
        return []
    return [
        Problem(
            "SB-PLACE-30",
            "stop",
            f"{wording.count(int(missing.sum()), 'row has', 'rows have')} no start.",
            column=asked.start or "",
            rows=rows_where(missing),
            why="It is not known from when on they were at risk.",
            done="Nothing was dropped; nothing was computed.",
            fix=f"Add the start, or leave them out: data.dropna(subset=[{asked.start!r}]).",
        )
    ]


def _used(
    stop: Floats, entry: Floats | None, code: Integers, group: Integers, asked: Asked
) -> tuple[NDArray[np.bool_], list[Problem]]:
    """Rows with a duration, an exit or none yet, and a group; those left out are counted."""
    unknown, ungrouped = np.isnan(stop) | (code < 0), group < 0
    if entry is not None:
        unknown |= np.isnan(entry)
    problems = []
    for missing, column in ((unknown, asked.stop), (ungrouped & ~unknown, asked.by or "")):
        if missing.any():
            n = wording.count(int(missing.sum()), "row says", "rows say")
            what = "too little about duration, exit or first observation" if column == asked.stop else "no group"
            problems.append(
                Problem("SB-PLACE-87", "note", f"{n} {what}.", column=column, rows=rows_where(missing),
                        done="Left out.")
            )  # fmt: skip
    return ~(unknown | ungrouped), problems


def _groups(frame: pd.DataFrame, by: str | None) -> tuple[Integers, list[str], list[Problem]]:
    """The group of each row, -1 where none is named, and the names."""
    if by is None:
        return np.zeros(len(frame), dtype=np.int64), [""], []
    column = frame[by]
    empty = blank(column)
    if isinstance(column.dtype, pd.CategoricalDtype):
        code, values = column.cat.codes.to_numpy(), column.cat.categories
    else:
        code, values = pd.factorize(column, sort=True)
    names = [str(int(v)) if isinstance(v, float) and v.is_integer() else str(v).strip() for v in values]
    problems = [_too_many_groups(by, len(names))] if len(names) > MOST_GROUPS else []
    return np.where(empty, -1, code).astype(np.int64), names, problems


def _clusters(frame: pd.DataFrame, cluster: str | None) -> tuple[Integers | None, list[Problem]]:
    """The cluster of each row; a row that names none is one by itself."""
    if cluster is None:
        return None, []
    found = groups_of(frame, cluster)
    alone = found.code < 0
    code = np.where(alone, found.code.max(initial=-1) + np.cumsum(alone), found.code)
    problems = [*found.problems, *written_in_two_ways(found, cluster)]
    if alone.any():
        problems.append(
            Problem(
                "SB-PLACE-88",
                "note",
                f"{wording.count(int(alone.sum()), 'row names', 'rows name')} no {cluster}.",
                column=cluster,
                done="Each counts as a cluster by itself.",
            )
        )
    return np.unique(code, return_inverse=True)[1], problems


def _too_many_groups(by: str, n: int) -> Problem:
    return Problem(
        "SB-PLACE-81",
        "stop",
        f"Column {by!r} makes {n} groups.",
        column=by,
        why=f"More than {MOST_GROUPS} curves cannot be told apart; the column may hold ids or numbers.",
        done="Nothing was computed.",
        fix=f"Cut numbers into bands: pd.cut(data[{by!r}], [...]).",
    )


def _no_rows(what: str) -> Problem:
    return Problem(
        "SB-PLACE-89",
        "stop",
        what,
        why="Each row needs a duration and how the placement ended, or that it had not.",
        fix="Look at the columns that were named.",
    )


def _nobody_ended(open_label: str) -> Problem:
    return Problem(
        "SB-PLACE-16",
        "stop",
        "No placement ended.",
        why=f"All rows are {open_label!r}; there is no exit whose share could be estimated.",
        fix="Look at the column of exits, and at censored=.",
    )
