"""When each row is at risk: on the clock of its placement or child, and mended where it has no length."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from securebase_analysis.errors import Problem, raise_if_stopped, rows_where
from securebase_analysis.models.disruption.entries import late_entries, met_on_one_day, starts_unused
from securebase_analysis.models.disruption.reading import ColumnsRead, complete_rows
from securebase_analysis.models.disruption.recurrence import (
    WRITTEN,
    layout_of,
    moved_before,
    moves_before,
    moves_counted,
)
from securebase_analysis.models.disruption.units import Units, after_the_event, overlapping, units_of
from securebase_analysis.models.incidence.durations import DAY, lasting
from securebase_analysis.models.incidence.other_units import sites_in_other_units
from securebase_analysis.results import wording

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class TimedRows:
    """When rows are at risk; arrays have one value for each row given.

    Attributes
    ----------
    used : numpy.ndarray of bool
        The rows that can be used.
    start, stop : numpy.ndarray
        Days; `start` is None where all are at risk from 0.
    unit : Units or None
        Whose rows follow one another.
    enum : numpy.ndarray of int or None
        Number of the move that each row is at risk of, where each has a baseline of its own.
    late : float
        Share of the units that came under observation late; missing where that cannot be known.
    problems : tuple of Problem
        What was left out, mended or assumed.
    notes : tuple of str
        What the layout of recurrent moves assumes.
    """

    used: Bools
    start: Floats | None
    stop: Floats
    unit: Units | None
    enum: Ints | None
    late: float
    problems: tuple[Problem, ...]
    notes: tuple[str, ...] = ()


def timed_rows(read: ColumnsRead) -> TimedRows:
    """Put the rows on a clock, and refuse those that cannot be.

    Raises
    ------
    DataError
        When rows end before they begin, overlap, or go on after their event.
    """
    used, left_out = complete_rows(read)
    start, stop, unit = _on_a_clock(read, used)
    refused = _of_the_rows(read, used, start, stop, unit)
    stop, mended, lasted = _mended(read, used, start, stop, unit)
    raise_if_stopped([*refused, *mended])
    late, of_entries = _entries(read, used & lasted, start, unit)
    problems = [*read.endings.problems, *read.days.problems, *(() if unit is None else unit.problems)]
    problems += [*left_out, *mended, *of_entries]
    problems += sites_in_other_units(read.frame[used & lasted], stop[used & lasted], read.request.stop)
    timed = TimedRows(used & lasted, start, stop, unit, None, late, tuple(problems))
    return timed if read.request.recurrent is None else _recurring(read, timed)


# ---- clocks ----------------------------------------------------------------------------------------------------


def _on_a_clock(read: ColumnsRead, used: Bools) -> tuple[Floats | None, Floats, Units | None]:
    """Start and stop of each row in days on the clock of its unit; dates count from the first of the unit."""
    start, stop, began = read.days.entry, read.days.stop, read.days.began
    unit = units_of(read.frame, read.request, start)
    if began is None or unit is None:
        return start, stop, unit
    origin = began.where(used).groupby(unit.code).transform("min")
    since = ((began - origin) / DAY).to_numpy(float)
    since = np.where(np.isnan(since), 0.0, since)
    return since, since + stop, unit


def _recurring(read: ColumnsRead, timed: TimedRows) -> TimedRows:
    """The rows of moves that recur, on the clock of the model; those without a place on it are left out."""
    kind, unit, stop, code = read.request.recurrent, timed.unit, timed.stop, read.endings.code
    assert kind is not None
    assert unit is not None
    # Moves in rows that are not used, because a predictor is empty there, happened all the same.
    whole = np.isfinite(stop) & (True if timed.start is None else np.isfinite(timed.start))
    child, begins, moved = unit.code[whole], None if timed.start is None else timed.start[whole], code[whole] == 1
    enum, begins, problems = moves_before(read.frame[whole], child, begins, stop[whole], moved)
    made = layout_of(kind, child, begins, stop[whole], moved, enum, read.request.last_stratum)
    used, first, last, number = timed.used.copy(), np.zeros(len(stop)), stop.copy(), np.zeros(len(stop), np.int64)
    first[whole], last[whole], number[whole] = made.start, made.stop, enum
    used[whole] &= made.known
    problems += [] if used[timed.used].all() else [moved_before(timed.used & ~used)]
    notes = (WRITTEN[kind], moves_counted(number[used], code[used] == 1))
    if made.enum is not None:
        number[whole] = made.enum
    return replace(
        timed,
        used=used,
        start=first,
        stop=last,
        enum=None if made.enum is None else number,
        problems=(*timed.problems, *problems),
        notes=notes,
    )


# ---- rows that cannot be ---------------------------------------------------------------------------------------


def _of_the_rows(
    read: ColumnsRead, used: Bools, start: Floats | None, stop: Floats, unit: Units | None
) -> list[Problem]:
    """Rows of one unit that overlap, or go on after its event."""
    if unit is None:
        return []
    part = replace(unit, code=unit.code[used])
    begins = np.zeros(int(used.sum())) if start is None else start[used]
    found = overlapping(part, begins, stop[used])
    if not found and read.request.recurrent is None and unit.named:
        found = after_the_event(part, begins, stop[used], read.endings.code[used] == 1)
    stopping = [one for one in unit.problems if one.severity == "stop"]
    return [*stopping, *(renumbered(one, used) for one in found)]


def _mended(
    read: ColumnsRead, used: Bools, start: Floats | None, stop: Floats, unit: Units | None
) -> tuple[Floats, list[Problem], Bools]:
    """Stops after their starts; rows of no length get half a day, or are left out where they hold nothing."""
    begins, request = np.zeros(len(stop)) if start is None else start, read.request
    lasted, problems = np.ones(len(stop), dtype=bool), []
    if unit is not None:
        n_rows = np.bincount(unit.code[used], minlength=int(unit.code.max()) + 1)[unit.code]
        empty = used & (stop == begins) & (read.endings.code == 0) & (n_rows > 1)
        if empty.any():
            lasted, problems = ~empty, [_empty_rows(request.stop, empty)]
    part, ends = used & lasted, stop.copy()
    ends[part], found = lasting(stop[part], None if start is None else begins[part], (request.stop, request.start))
    return ends, [*problems, *(renumbered(one, part) for one in found)], lasted


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


def renumbered(problem: Problem, used: Bools) -> Problem:
    """A problem of the rows used, with the numbers that its rows have in the table as given."""
    given = np.flatnonzero(used) + 1
    if not problem.rows:
        return problem
    what = problem.what
    if problem.code == "SB-PLACE-03" and len(problem.rows) >= 2 and not used.all():
        # The sentence itself names two rows; they are the first two that overlap.
        what = what.split(" (rows")[0] + "."
    return replace(problem, what=what, rows=given[np.array(problem.rows, dtype=int) - 1].tolist())


def _entries(
    read: ColumnsRead, used: Bools, start: Floats | None, unit: Units | None
) -> tuple[float, list[Problem]]:
    """The share that was under way when first seen, and what is said about it."""
    late, problems = late_entries(start, unit, used, read.request.start or "")
    if read.clock == "period":
        # On the clock of a period of care a placement may begin late and be seen from its first day.
        late, problems = np.nan, []
    unused = starts_unused(read.frame, read.days.stop, read.observed_late) if read.request.start is None else []
    return late, [*problems, *unused, *met_on_one_day(read.days, used, unit)]
