"""The door of a model of disruption: rows that are at risk from a start to a stop, and how each ended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from securebase_analysis.errors import DataError, Problem, raise_if_stopped, rows_where
from securebase_analysis.measures.blank_cells import blank
from securebase_analysis.models.disruption.endings import Endings, endings_of, none_ended
from securebase_analysis.models.disruption.entries import late_entries, met_on_one_day, starts_unused
from securebase_analysis.models.disruption.predictors import coded, matrix_of, names_of_predictors
from securebase_analysis.models.disruption.recurrence import (
    WRITTEN,
    Layout,
    layout_of,
    moved_before,
    moves_before,
    moves_counted,
)
from securebase_analysis.models.disruption.request import Request
from securebase_analysis.models.disruption.shared_units import clusters_of, strata_of, weights_of
from securebase_analysis.models.disruption.units import Units, after_the_event, overlapping, units_of
from securebase_analysis.models.formulas import Matrix
from securebase_analysis.models.incidence.durations import DAY, Durations, durations_of, lasting
from securebase_analysis.models.incidence.other_units import sites_in_other_units
from securebase_analysis.models.rows import check_columns, long_frame
from securebase_analysis.results import wording

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class RowsAtRisk:
    """What a model of disruption is made from; arrays have one value for each row used.

    Attributes
    ----------
    request : Request
        What was asked.
    frame : pandas.DataFrame
        The rows used, as given.
    number : numpy.ndarray of int
        Their numbers in the table, from 1.
    start, stop : numpy.ndarray
        Days; `start` is None where all are at risk from 0.
    code : numpy.ndarray of int
        1 for the event, 2 for any other ending, 0 for none.
    X : Matrix
        Columns of the model.
    values : pandas.DataFrame
        The predictors as they were coded.
    strata : numpy.ndarray of int, or None
        Stratum of each row.
    strata_named : tuple of str
        The strata in words, in order.
    cluster, frailty : numpy.ndarray of int, or None
        Which rows share something: for the errors, and for a factor of the hazard.
    cluster_name : str
        What a cluster is called; empty without.
    weight : numpy.ndarray, or None
        Weights.
    unit : Units or None
        Whose rows follow one another.
    endings : Endings
        What the event is called, and the other endings.
    asked : Request
        What was asked, before the data said more about themselves.
    late : float
        Share of the units that came under observation late.
    n_excluded : int
        Rows given and not used.
    problems : tuple of Problem
        What was left out or assumed.
    notes : tuple of str
        What the layout of recurrent moves assumes, and what the data bring with them.
    """

    request: Request
    frame: pd.DataFrame
    number: Ints
    start: Floats | None
    stop: Floats
    code: Ints
    X: Matrix
    values: pd.DataFrame
    strata: Ints | None
    strata_named: tuple[str, ...]
    cluster: Ints | None
    cluster_name: str
    frailty: Ints | None
    weight: Floats | None
    unit: Units | None
    endings: Endings
    asked: Request
    late: float
    n_excluded: int
    problems: tuple[Problem, ...]
    notes: tuple[str, ...]

    @property
    def happened(self) -> Bools:
        """Whether each row ends with the event."""
        return self.code == 1

    @property
    def n_units(self) -> int:
        """Children or placements where they are known, else rows."""
        return len(self.stop) if self.unit is None else int(self.unit.code.max()) + 1


def rows_at_risk(data: Any, request: Request) -> RowsAtRisk:
    """The rows that can be used, with everything that is wrong said at once.

    Raises
    ------
    ModelError
        When the question cannot be answered with these columns.
    DataError
        When rows contradict themselves, or it is not known what they mean.
    """
    asked = request
    frame, request, notes = _table(data, asked)
    check_columns(frame, request.columns)
    if request.recurrent is not None and request.child is None:
        check_columns(frame, ["child"])
    raise_if_stopped([*_no_rows(frame), *_lists(frame, request.columns)])
    names = names_of_predictors(frame, request)
    endings = endings_of(frame, request)
    days = durations_of(frame, request.stop, request.start, None)
    values, wrong = coded(frame, names)
    weight, of_weights = weights_of(frame, request.weights)
    raise_if_stopped([*endings.problems, *days.problems, *wrong, *of_weights])

    strata, of_strata = strata_of(frame, request.strata)
    used, left_out = _used(frame, values, {"weights": weight, "strata": strata}, days, endings, request)
    start, stop, unit = _on_a_clock(days, frame, request, used)
    found = _of_the_rows(used, start, stop, unit, endings, request)
    stop, mended, lasted = _mended(used, start, stop, endings.code, unit, request)
    raise_if_stopped([*found, *mended])
    used = used & lasted
    layout, used, of_layout, of_moves = _layout(frame, request, unit, start, stop, endings.code, used)
    shared = clusters_of(frame[used], request, _of(unit, used), weight)
    frailty = clusters_of(frame[used], replace(request, cluster=request.frailty), None, None)
    of_shares = [_renumbered(one, used) for one in (*shared[2], *(frailty[2] if request.frailty else ()))]
    raise_if_stopped(of_shares)
    if not (endings.code[used] == 1).any():
        raise none_ended(endings.name, request.event_column, int(used.sum()))

    began, late, of_entries = _entries(data, frame, days, start, unit, used, request)
    X = matrix_of(values, used, request, layout.stop[used])
    code, labels = _strata_with_moves(strata, of_strata, layout.enum, used)
    problems = [*endings.problems, *days.problems, *([] if unit is None else unit.problems), *left_out]
    problems += [
        *mended,
        *of_moves,
        *of_shares,
        *of_entries,
        *began,
        *sites_in_other_units(frame[used], stop[used], request.stop),
    ]
    return RowsAtRisk(
        request=request,
        frame=frame[used].reset_index(drop=True),
        number=np.flatnonzero(used) + 1,
        start=None if layout.start is None else layout.start[used],
        stop=layout.stop[used],
        code=endings.code[used],
        X=X,
        values=values[used].reset_index(drop=True),
        strata=code,
        strata_named=labels,
        cluster=shared[0],
        cluster_name=shared[1],
        frailty=frailty[0] if request.frailty else None,
        weight=None if weight is None else weight[used],
        unit=_of(unit, used),
        endings=endings,
        asked=asked,
        late=late,
        n_excluded=int((~used).sum()),
        problems=tuple(problems),
        notes=(*of_layout, *notes),
    )


# ---- the table -------------------------------------------------------------------------------------------------


def _table(data: Any, request: Request) -> tuple[pd.DataFrame, Request, tuple[str, ...]]:
    """The rows behind what was given, the request with what they say of themselves, and the notes they bring."""
    if isinstance(data, pd.DataFrame) or not (hasattr(data, "rows") or hasattr(data, "spells")):
        return long_frame(data), request, ()
    frame = long_frame(data.rows if hasattr(data, "rows") else data.spells)
    if hasattr(data, "rows"):
        request = _as_followed(frame, request, dict(getattr(data, "spec", {})).get("unit", "placement"))
    brought = getattr(data, "notes", ())
    return frame, request, tuple(note for note in brought if isinstance(note, str))


def _as_followed(frame: pd.DataFrame, request: Request, clock: str) -> Request:
    """What rows of followed placements say of themselves: that they have starts, and whose clock they are on."""
    if request.start is None and "start" in frame:
        # They are parts of placements; taken from 0 they would count each child many times.
        request = replace(request, start="start")
    if clock == "child" and request.recurrent is None and request.model == "cox":
        request = replace(request, recurrent="andersen-gill")
    return request


def _no_rows(frame: pd.DataFrame) -> list[Problem]:
    return [] if len(frame) else [_none_left(0, {})]


def _lists(frame: pd.DataFrame, names: Sequence[str]) -> list[Problem]:
    """Columns whose cells hold lists or tables."""
    return [
        Problem(
            "SB-EVENT-26",
            "stop",
            f"Cells of {name!r} hold several values each.",
            column=name,
            why="A row says one thing in each column.",
            done="Nothing was fitted.",
            fix=f"data = data.explode({name!r}), or take one value of each cell.",
        )
        for name in names
        if frame[name].dtype == object and not all(map(pd.api.types.is_hashable, frame[name]))
    ]


def _on_a_clock(
    days: Durations, frame: pd.DataFrame, request: Request, used: Bools
) -> tuple[Floats | None, Floats, Units | None]:
    """Start and stop of each row in days on the clock of its unit; dates count from the first of the unit."""
    start, stop = days.entry, days.stop
    unit = units_of(frame, request, start, stop)
    if days.began is None or unit is None:
        return start, stop, unit
    began = days.began.where(used)
    origin = began.groupby(unit.code).transform("min")
    since = ((days.began - origin) / DAY).to_numpy(float)
    return np.where(np.isnan(since), 0.0, since), np.where(np.isnan(since), 0.0, since) + stop, unit


# ---- which rows are used ---------------------------------------------------------------------------------------


def _used(
    frame: pd.DataFrame, values: pd.DataFrame, more: dict[str, Any], days: Durations, endings: Endings,
    request: Request,
) -> tuple[Bools, list[Problem]]:  # fmt: skip
    """Rows in which nothing that the model needs is empty, and what was left out."""
    lacking: dict[str, Bools] = {}
    for name in values:
        lacking[str(name)] = blank(values[name])
    lacking[request.stop] = np.isnan(days.stop)
    if days.entry is not None or days.began is not None:
        first = np.isnan(days.entry) if days.entry is not None else days.began.isna().to_numpy()  # type: ignore[union-attr]
        lacking[str(request.start)] = np.asarray(first)
    if more["weights"] is not None:
        lacking[str(request.weights)] = np.isnan(more["weights"])
    if more["strata"] is not None:
        lacking[" and ".join(request.strata)] = more["strata"] < 0
    lacking = {name: mask for name, mask in lacking.items() if mask.any()}
    unknown = endings.code < 0
    used = ~np.logical_or.reduce([unknown, *lacking.values()])
    if not used.any():
        raise DataError(_none_left(len(frame), lacking))
    if not lacking:
        return used, []
    each = ", ".join(
        f"{int(m.sum()):,} {'lacks' if m.sum() == 1 else 'lack'} {name}" for name, m in lacking.items()
    )
    lost = int((endings.code[~used] == 1).sum())
    return used, [
        Problem(
            "SB-MODEL-12",
            "note",
            f"The model uses {int(used.sum()):,} of {len(used):,} rows; {each}; "
            f"{wording.count(lost, 'event')} among those left out.",
            column=", ".join(lacking),
            rows=rows_where(~used),
        )
    ]


def _none_left(n_rows: int, lacking: dict[str, Bools]) -> Problem:
    emptiest = max(lacking, key=lambda name: lacking[name].sum()) if lacking else ""
    return Problem(
        "SB-EVENT-12",
        "stop",
        f"None of the {n_rows:,} rows has a value in every column of the model."
        if n_rows
        else "The table has no rows.",
        column=emptiest,
        why="There is nothing to fit the model to.",
        fix=f"Look at {emptiest!r} first, or leave it out of the formula." if emptiest else "Check the file.",
    )


def _of_the_rows(
    used: Bools, start: Floats | None, stop: Floats, unit: Units | None, endings: Endings, request: Request
) -> list[Problem]:
    """Rows of one unit that overlap, or go on after its event."""
    if unit is None:
        return []
    problems = list(unit.problems)
    part = replace(unit, code=unit.code[used])
    begins = np.zeros(int(used.sum())) if start is None else start[used]
    found = overlapping(part, begins, stop[used])
    if not found and request.recurrent is None and unit.named:
        found = after_the_event(part, begins, stop[used], endings.code[used] == 1)
    return [*(one for one in problems if one.severity == "stop"), *(_renumbered(one, used) for one in found)]


def _mended(
    used: Bools, start: Floats | None, stop: Floats, code: Ints, unit: Units | None, request: Request
) -> tuple[Floats, list[Problem], Bools]:
    """Stops after their starts; rows of no length get half a day, or are left out where they hold nothing."""
    begins = np.zeros(len(stop)) if start is None else start
    lasted = np.ones(len(stop), dtype=bool)
    problems = []
    if unit is not None:
        n_rows = np.bincount(unit.code[used], minlength=int(unit.code.max()) + 1)[unit.code]
        empty = used & (stop == begins) & (code == 0) & (n_rows > 1)
        if empty.any():
            lasted = ~empty
            problems.append(_empty_rows(request.stop, empty))
    part = used & lasted
    ends = stop.copy()
    ends[part], found = lasting(stop[part], None if start is None else begins[part], (request.stop, request.start))
    return ends, [*problems, *(_renumbered(one, part) for one in found)], lasted


def _empty_rows(name: str, empty: Bools) -> Problem:
    n = wording.count(int(empty.sum()), "row starts and stops", "rows start and stop")
    return Problem(
        "SB-PLACE-11",
        "note",
        f"{n} at one moment, without an event, beside other rows of the same placement or child.",
        column=name,
        rows=rows_where(empty),
        done="Left out: nobody is at risk in them.",
    )


def _renumbered(problem: Problem, used: Bools) -> Problem:
    """A problem of the rows used, with the numbers that its rows have in the table as given."""
    given = np.flatnonzero(used) + 1
    if not problem.rows:
        return problem
    what = problem.what
    if problem.code == "SB-PLACE-03" and len(problem.rows) >= 2 and not used.all():
        # The sentence itself names two rows; they are the first two that overlap.
        what = what.split(" (rows")[0] + "."
    return replace(problem, what=what, rows=given[np.array(problem.rows, dtype=int) - 1].tolist())


# ---- clocks, strata, entries -----------------------------------------------------------------------------------


def _layout(
    frame: pd.DataFrame, request: Request, unit: Units | None, start: Floats | None, stop: Floats, code: Ints,
    used: Bools,
) -> tuple[Layout, Bools, tuple[str, ...], list[Problem]]:  # fmt: skip
    """The rows on the clock of the model, which of them have a place on it, and what is said about moves."""
    if request.recurrent is None or unit is None:
        return Layout(start, stop, None, used), used, (), []
    # Moves in rows that are not used, because a predictor is empty there, happened all the same.
    timed = np.isfinite(stop) & (np.isfinite(start) if start is not None else True)
    child, begins = unit.code[timed], None if start is None else start[timed]
    enum, begins, problems = moves_before(frame[timed], child, begins, stop[timed], code[timed] == 1)
    made = layout_of(request.recurrent, child, begins, stop[timed], code[timed] == 1, enum, request.last_stratum)
    first, last, number, kept = np.zeros(len(stop)), stop.copy(), np.zeros(len(stop), dtype=np.int64), used.copy()
    first[timed], last[timed], number[timed] = made.start, made.stop, enum
    kept[timed] &= made.known
    problems += [] if kept[used].all() else [moved_before(used & ~kept)]
    notes = (WRITTEN[request.recurrent], moves_counted(number[kept], code[kept] == 1))
    if made.enum is None:
        return Layout(first, last, None, made.known), kept, notes, problems
    number[timed] = made.enum
    return Layout(first, last, number, made.known), kept, notes, problems


def _strata_with_moves(
    strata: Ints | None, labels: Sequence[str], enum: Ints | None, used: Bools
) -> tuple[Ints | None, tuple[str, ...]]:
    """The strata asked for, each apart for each move where the moves have baselines of their own."""
    if strata is None and enum is None:
        return None, ()
    named = np.array(labels, dtype=object)[strata[used]] if strata is not None else None
    moves = None if enum is None else np.array([f"move {number}" for number in enum[used]], dtype=object)
    both = moves if named is None else named if moves is None else named + ", " + moves
    code, words = pd.factorize(pd.Series(both, dtype=object), sort=True)
    return code.astype(np.int64), tuple(map(str, words))


def _entries(
    data: Any, frame: pd.DataFrame, days: Durations, start: Floats | None, unit: Units | None, used: Bools,
    request: Request,
) -> tuple[list[Problem], float, list[Problem]]:  # fmt: skip
    """What is said about those who were under way when they were first seen."""
    clock = dict(getattr(data, "spec", {})).get("unit", "placement") if not isinstance(data, pd.DataFrame) else ""
    # On the clock of a period of care a placement may begin late and be seen from its first day.
    late, problems = (np.nan, []) if clock == "period" else late_entries(start, unit, used, request.start or "")
    unused = starts_unused(data, frame, request) if request.start is None else []
    return met_on_one_day(days, used, _of(unit, used)), late, [*problems, *unused]


def _of(unit: Units | None, used: Bools) -> Units | None:
    """The units of the rows used, numbered anew."""
    return None if unit is None else replace(unit, code=pd.factorize(unit.code[used])[0].astype(np.int64))
