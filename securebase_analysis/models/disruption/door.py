"""The door of a model of disruption: rows that are at risk from a start to a stop, and how each ended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from securebase_analysis.errors import Problem, raise_if_stopped
from securebase_analysis.measures.codes_for_missing import codes_among
from securebase_analysis.models.disruption.clocks import renumbered, timed_rows
from securebase_analysis.models.disruption.endings import Endings, none_ended
from securebase_analysis.models.disruption.predictors import matrix_of
from securebase_analysis.models.disruption.reading import ColumnsRead, columns_read
from securebase_analysis.models.disruption.request import Request
from securebase_analysis.models.disruption.shared_units import Shared, shared_of
from securebase_analysis.models.disruption.units import Units
from securebase_analysis.models.formulas import Matrix

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


def rows_at_risk(data: Any, asked: Request) -> RowsAtRisk:
    """The rows that can be used, with what is wrong said at once.

    Raises
    ------
    ModelError
        When the question cannot be answered with these columns.
    DataError
        When rows contradict themselves, or it is not known what they mean.
    """
    read = columns_read(data, asked)
    timed = timed_rows(read)
    used, code = timed.used, read.endings.code[timed.used]
    unit = _of(timed.unit, used)
    shared, of_shared = _shared(read, used, unit)
    if not (code == 1).any():
        raise none_ended(read.endings.name, read.request.event_column, int(used.sum()))
    strata, labels = _strata_with_moves(read.strata, read.strata_named, timed.enum, used)
    return RowsAtRisk(
        request=read.request,
        frame=read.frame[used].reset_index(drop=True),
        number=np.flatnonzero(used) + 1,
        start=None if timed.start is None else timed.start[used],
        stop=timed.stop[used],
        code=code,
        X=matrix_of(read.values, used, read.request, timed.stop[used]),
        values=read.values[used].reset_index(drop=True),
        strata=strata,
        strata_named=labels,
        cluster=shared.cluster,
        cluster_name=shared.name,
        frailty=shared.frailty,
        weight=None if read.weight is None else read.weight[used],
        unit=unit,
        endings=read.endings,
        asked=asked,
        late=timed.late,
        n_excluded=int((~used).sum()),
        problems=(*timed.problems, *codes_among(read.values), *of_shared),
        notes=(*timed.notes, *read.notes),
    )


def _shared(read: ColumnsRead, used: Bools, unit: Units | None) -> tuple[Shared, list[Problem]]:
    """What the rows used share, and what is said about it."""
    shared = shared_of(read.frame[used], read.request, unit, read.weight is not None)
    problems = [renumbered(one, used) for one in shared.problems]
    raise_if_stopped(problems)
    return shared, problems


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


def _of(unit: Units | None, used: Bools) -> Units | None:
    """The units of the rows used, numbered anew."""
    return None if unit is None else replace(unit, code=pd.factorize(unit.code[used])[0].astype(np.int64))
