"""The door of a network: one row a child, whose constructs are numbers that differ between children."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from securebase_analysis.engines.correlation import connected_clusters
from securebase_analysis.engines.weighted_correlations import observations_behind
from securebase_analysis.errors import ModelError, Problem, raise_if_stopped
from securebase_analysis.measures.codes_for_missing import problems_of_codes
from securebase_analysis.models.network.constructs import constructs_of
from securebase_analysis.models.network.request import Request
from securebase_analysis.models.network.rows_of_children import (
    at_wave,
    children_are_named,
    of_several_informants,
    same_rows,
    several_in_a_cell,
    who_is_who,
)
from securebase_analysis.models.network.uncorrelated import constant, correlations_of, empty, never_together
from securebase_analysis.models.rows import check_columns, groups_of, long_frame, numeric_columns
from securebase_analysis.results import wording
from securebase_analysis.results.inference import Floats

Ints = NDArray[np.intp]

FEWEST_CHILDREN = 80
"""Of ten constructs, 95 of 100 networks of 40 children and 79 of 100 of 60 were empty although nine edges of .25
and .35 were there; see benchmarks/results/network_recovery.md."""


@dataclass(frozen=True, eq=False)
class Children:
    """One row a child.

    Attributes
    ----------
    frame : pandas.DataFrame
        Who they are, and their constructs.
    names : list of str
        The constructs.
    values : numpy.ndarray, shape (children, p)
        Their scores; NaN where missing.
    cluster : numpy.ndarray of int, shape (children,)
        Children who share a carer have the same number.
    correlations : numpy.ndarray, shape (p, p)
        Of the constructs.
    n : float
        Children behind a correlation: those used or, where pairs differ, their mean number.
    rows_each : tuple of int
        Fewest and most rows that a child's scores were made from.
    n_excluded : int
        Rows given and not used.
    shares_carers : bool
        Whether it was known who cares for whom.
    wave : object
        The wave used; None for means.
    problems : tuple of Problem
        What had to be assumed.
    """

    frame: pd.DataFrame
    names: list[str]
    values: Floats
    cluster: Ints
    correlations: Floats
    n: float
    rows_each: tuple[int, int]
    n_excluded: int
    shares_carers: bool
    wave: Any
    problems: tuple[Problem, ...]

    @property
    def n_clusters(self) -> int:
        """Children, or sets of children linked by a carer."""
        return int(self.cluster.max()) + 1


def children_of(data: Any, request: Request) -> Children:
    """The children whose constructs make the network, with everything that is wrong said at once.

    Raises
    ------
    ModelError
        When a column is not there, or there are too few constructs or children.
    DataError
        When a construct is not a number, does not vary, or follows from the others.
    """
    frame = long_frame(data)
    if frame.index.names != [None] and not set(frame.index.names) & set(frame.columns):
        frame = frame.reset_index()
    names = constructs_of(frame, request)
    named = children_are_named(frame, request)
    own_cluster = [request.cluster] if request.cluster != "carer" else []
    check_columns(frame, [*names, *([request.group] if named else []), *own_cluster])
    there, wave = at_wave(frame, request)
    values, problems = numeric_columns(frame, names)
    child, keys, said = who_is_who(frame, request.group, named)
    raise_if_stopped(
        [
            *problems,
            *said,
            *of_several_informants(frame),
            *(several_in_a_cell(frame, "wave") if "wave" in frame else []),
        ]
    )
    raise_if_stopped(same_rows(frame, child))
    codes = [problem for name in values for problem in problems_of_codes(name, values[name].where(there))]
    raise_if_stopped(empty(values, there))
    means = _means(values[there], child[there], request)
    if means.n < FEWEST_CHILDREN:
        raise ModelError(_too_few_children(means.n, request))
    raise_if_stopped([*constant(values, there, means.values), *never_together(names, means.values)])
    cluster, shares = _clusters(frame, child, means, request.cluster)
    who = keys.iloc[means.child] if named else pd.DataFrame(index=means.child)
    return Children(
        frame=pd.concat([who.reset_index(drop=True), pd.DataFrame(means.values, columns=names)], axis=1),
        names=names,
        values=means.values,
        cluster=cluster,
        correlations=correlations_of(names, means.values, request),
        n=means.n,
        rows_each=(int(means.n_rows.min()), int(means.n_rows.max())),
        n_excluded=len(frame) - int(means.n_rows.sum()),
        shares_carers=shares,
        wave=wave,
        problems=(*codes, *(problem for problem in said if problem.severity != "stop")),
    )


@dataclass(frozen=True, eq=False)
class _Means:
    """The mean of each child over its rows.

    `child` (children,) is its number among all, `values` (children, p) the means, `n_rows` (children,) how many
    rows with any construct they are of, and `n` the children behind a correlation.
    """

    child: Ints
    values: Floats
    n_rows: Ints
    n: float


def _means(values: pd.DataFrame, child: Ints, request: Request) -> _Means:
    """Means of the children with any construct; listwise of those with all."""
    held = values.notna().any(axis=1).to_numpy()
    code, of_row = np.unique(child[held], return_inverse=True)
    means = values[held].groupby(of_row).mean().to_numpy(float)
    n_rows = np.bincount(of_row, minlength=len(code))
    if request.missing == "listwise":
        whole = np.isfinite(means).all(axis=1)
        code, means, n_rows = code[whole], means[whole], n_rows[whole]
    n = float(observations_behind(means, request.missing)[0]) if len(means) else 0.0
    return _Means(code, means, n_rows, n)


def _clusters(frame: pd.DataFrame, child: Ints, means: _Means, column: str) -> tuple[Ints, bool]:
    """Sets of children who shared a carer at any wave; a carer who is not named links nobody."""
    if column not in frame:
        return np.arange(len(means.child)), False
    linked = connected_clusters(child, groups_of(frame, column).code)
    first = pd.Series(linked).groupby(child).first()
    return np.unique(first.loc[means.child].to_numpy(), return_inverse=True)[1], True


def _too_few_children(n: float, request: Request) -> Problem:
    where = "" if request.level == "between" else " at this wave"
    return Problem(
        "SB-SEM-81",
        "stop",
        f"A network needs {FEWEST_CHILDREN} children{where}; there {'is' if round(n) == 1 else 'are'} {n:.0f}.",
        column=request.group,
        why="With fewer, most true edges are missed: in simulated cohorts of 60 children nine of ten, and most "
        "networks were empty. An empty picture would look like an answer.",
        done="Nothing was drawn.",
        fix="relate_dimensions(data) gives the correlations with their intervals"
        + ("; missing='fiml' uses children with some answers" if request.missing == "listwise" else ""),
    )


def fewest_pairs(values: Floats) -> int:
    """Children who have both constructs, of the pair that the fewest have.

    Examples
    --------
    >>> fewest_pairs(np.array([[1.0, 2.0], [1.0, np.nan]]))
    1
    """
    seen = np.isfinite(values).astype(float)
    return int((seen.T @ seen).min())


def n_children_words(children: Children) -> str:
    """How many children, as in a sentence."""
    return wording.count(len(children.values), "child", "children")
