"""The door of relations: rows of a child at a wave that hold numbers, and who belongs together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from securebase_analysis import theory
from securebase_analysis.engines import correlation
from securebase_analysis.errors import ModelError, Problem, raise_if_stopped
from securebase_analysis.measures.codes_for_missing import problems_of_codes
from securebase_analysis.models.rows import (
    check_columns,
    groups_of,
    long_frame,
    nameless,
    numeric_columns,
    repeated_waves,
    wave_order,
)
from securebase_analysis.results.inference import Floats

FEWEST_CHILDREN = 4


@dataclass(frozen=True, eq=False)
class RelatedRows:
    """The rows that hold at least one construct.

    Attributes
    ----------
    frame : pandas.DataFrame
        The columns as given.
    names : list of str
        The constructs.
    values : numpy.ndarray, shape (rows, constructs)
        Their numbers; NaN where missing.
    children, clusters, step : numpy.ndarray of int, shape (rows,)
        Number of the child, of its cluster, and of the place of the wave in time.
    n_excluded : int
        Rows without any construct.
    problems : tuple of Problem
        What had to be assumed.
    """

    frame: pd.DataFrame
    names: list[str]
    values: Floats
    children: np.ndarray
    clusters: np.ndarray
    step: np.ndarray
    n_excluded: int
    problems: tuple[Problem, ...]

    def of(self, name: str) -> Floats:
        """The numbers of one construct."""
        return self.values[:, self.names.index(name)]

    @property
    def n_children(self) -> int:
        """Children with a row."""
        return len(np.unique(self.children))

    @property
    def n_clusters(self) -> int:
        """Children, or sets of children linked by a carer."""
        return len(np.unique(self.clusters))


def rows_to_relate(data: Any, constructs: Sequence[str] | None, group: str, cluster: str) -> RelatedRows:
    """The rows to relate, with everything that is wrong with them said at once."""
    frame = long_frame(data)
    asked = [constructs] if isinstance(constructs, str) else constructs
    names = list(dict.fromkeys(asked or [name for name in theory.TEN_CONSTRUCTS if name in frame]))
    check_columns(frame, [group, "wave", *([cluster] if cluster in frame else []), *names])
    if len(names) < 2:
        raise ModelError(_too_few_constructs(names))
    groups = groups_of(frame, group)
    values, problems = numeric_columns(frame, names)
    step, disorder = wave_order(frame["wave"])
    repeated = [] if disorder else repeated_waves(frame, groups.code)
    raise_if_stopped([*problems, *nameless(groups, group), *disorder, *repeated])
    kept = values.notna().any(axis=1).to_numpy()
    children = groups.code[kept]
    if len(np.unique(children)) < FEWEST_CHILDREN:
        raise ModelError(_too_few_children(len(np.unique(children)), group))
    frame = frame[kept].reset_index(drop=True)
    codes = [problem for name in values for problem in problems_of_codes(name, values[name])]
    return RelatedRows(
        frame=frame,
        names=names,
        values=values.to_numpy(float)[kept],
        children=children,
        clusters=_families(frame, np.unique(children, return_inverse=True)[1], cluster),
        step=step[kept],
        n_excluded=int((~kept).sum()),
        problems=(*groups.problems, *codes),
    )


def _too_few_constructs(names: list[str]) -> Problem:
    return Problem(
        "SB-MODEL-52",
        "stop",
        f"Relations need two constructs; {len(names)} can be used.",
        why="A correlation is between two columns.",
        fix=f"Name columns in constructs=[...]; the model's own are {', '.join(theory.TEN_CONSTRUCTS)}.",
    )


def _too_few_children(n: int, group: str) -> Problem:
    return Problem(
        "SB-MODEL-53",
        "stop",
        f"Relations need at least {FEWEST_CHILDREN} children with scores; there {'is' if n == 1 else 'are'} {n}.",
        column=group,
        why="With fewer, an interval for a correlation covers everything.",
        fix="Describe these children one by one: scores.explain(child, wave, construct).",
    )


def _families(frame: pd.DataFrame, children: np.ndarray, cluster: str) -> np.ndarray:
    """Clusters of children linked through shared carers at any wave; a carer who is not named links nobody."""
    if cluster not in frame:
        return children
    return correlation.connected_clusters(children, groups_of(frame, cluster).code)
