"""The door of a network: one row a child, whose constructs are numbers that differ between children."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from securebase_analysis import theory
from securebase_analysis.engines.correlation import connected_clusters
from securebase_analysis.engines.partial_correlations import explained_by_others, positive_definite
from securebase_analysis.engines.weighted_correlations import observations_behind, weighted_correlations
from securebase_analysis.errors import DataError, ModelError, Problem, raise_if_stopped, rows_where
from securebase_analysis.measures.codes_for_missing import problems_of_codes
from securebase_analysis.models.network.request import Request
from securebase_analysis.models.one_or_several import listed
from securebase_analysis.models.rows import (
    check_columns,
    groups_of,
    long_frame,
    nameless,
    numeric_columns,
    repeated_waves,
    written_in_two_ways,
)
from securebase_analysis.results import wording
from securebase_analysis.results.inference import Floats

Ints = NDArray[np.intp]
Bools = NDArray[np.bool_]

FEWEST_CONSTRUCTS, MOST_CONSTRUCTS = 3, 30
WHO = ("site", "child", "carer", "wave", "informant")
MANY_INFORMANTS = 4
"""Of more informants than this, their names are likely to be those of people."""
FEWEST_CHILDREN = 80
"""Of ten constructs, 95 of 100 networks of 40 children and 79 of 100 of 60 were empty although nine edges of .25
and .35 were there; see benchmarks/results/network_recovery.md."""
MOST_EXPLAINED = 0.99
"""Share of a construct that the others may explain. Of a total that lacks a part at one wave it is above .999, and
every partial correlation is then next to 1 or -1."""
SAME = 1e-12
"""Values that differ by no more than this share of their size do not differ."""


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
    names = _constructs(frame, request)
    named = _children_are_named(frame, request)
    own_cluster = [request.cluster] if request.cluster != "carer" else []
    check_columns(frame, [*names, *([request.group] if named else []), *own_cluster])
    there, wave = _at_wave(frame, request)
    values, problems = numeric_columns(frame, names)
    child, keys, said = _who(frame, request.group, named)
    raise_if_stopped(
        [*problems, *said, *_informants(frame), *(_several_in_a_cell(frame, "wave") if "wave" in frame else [])]
    )
    raise_if_stopped(_same_rows(frame, child))
    codes = [problem for name in values for problem in problems_of_codes(name, values[name].where(there))]
    raise_if_stopped(_empty(values, there))
    means = _means(values[there], child[there], request)
    if means.n < FEWEST_CHILDREN:
        raise ModelError(_too_few_children(means.n, request))
    raise_if_stopped([*_constant(values, there, means.values), *_never_together(names, means.values)])
    cluster, shares = _clusters(frame, child, means, request.cluster)
    who = keys.iloc[means.child] if named else pd.DataFrame(index=means.child)
    return Children(
        frame=pd.concat([who.reset_index(drop=True), pd.DataFrame(means.values, columns=names)], axis=1),
        names=names,
        values=means.values,
        cluster=cluster,
        correlations=_correlations(names, means.values, request),
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


# ---- which columns, which rows ---------------------------------------------------------------------------------


def _constructs(frame: pd.DataFrame, request: Request) -> list[str]:
    """The columns asked for, or the ten constructs that are there."""
    asked = [] if request.constructs is None else listed(request.constructs)
    names = list(dict.fromkeys(asked or [name for name in theory.TEN_CONSTRUCTS if name in frame]))
    who = [name for name in names if name in {*WHO, request.group, request.cluster}]
    raise_if_stopped([_says_who(name) for name in who], ModelError)
    raise_if_stopped(_too_many(len(names)), ModelError)
    if len(names) >= FEWEST_CONSTRUCTS:
        return names
    raise ModelError(
        Problem(
            "SB-SEM-80",
            "stop",
            f"A network needs {FEWEST_CONSTRUCTS} constructs; {len(names)} can be used.",
            why="A partial correlation is between two, given at least one other.",
            fix=f"Name columns in constructs=[...]; the model's own are {', '.join(theory.TEN_CONSTRUCTS)}.",
        )
    )


def _says_who(name: str) -> Problem:
    return Problem(
        "SB-SEM-184",
        "stop",
        f"{name!r} is among the constructs, and says who, where or when.",
        column=name,
        why="A number that only names a child or a carer goes together with nothing.",
        done="Nothing was computed.",
        fix=f"constructs=[...] without {name!r}",
    )


def _too_many(n: int) -> list[Problem]:
    if n <= MOST_CONSTRUCTS:
        return []
    return [
        Problem(
            "SB-SEM-80",
            "stop",
            f"A network has {MOST_CONSTRUCTS} constructs at most; {n} are named.",
            why="Of so many pairs no cohort tells the edges apart, and each resample takes minutes.",
            done="Nothing was computed.",
            fix="constructs=[...] with scores of scales in place of items",
        )
    ]


def _children_are_named(frame: pd.DataFrame, request: Request) -> bool:
    """Whether a column must say which child; without one each row is a child, unless there are several waves.

    A name of one's own that is not there was mistyped.
    """
    if request.group in frame or request.group != "child":
        return True
    return request.level == "between" and "wave" in frame and frame["wave"].astype(str).nunique() > 1


def _at_wave(frame: pd.DataFrame, request: Request) -> tuple[Bools, Any]:
    """Which rows are of the wave that is asked for, and that wave."""
    if request.level == "between":
        return np.ones(len(frame), dtype=bool), None
    check_columns(frame, ["wave"])
    raise_if_stopped(_several_in_a_cell(frame, "wave"))
    waves = list(pd.unique(frame["wave"].dropna()))
    wave = waves[0] if request.wave is None and len(waves) == 1 else request.wave
    if wave is None or not pd.api.types.is_hashable(wave) or wave not in waves:
        raise ModelError(_which_wave(wave, waves))
    return (frame["wave"] == wave).fillna(False).to_numpy(bool), wave


def _which_wave(wave: object, waves: list[Any]) -> Problem:
    alike = [other for other in waves if str(other) == str(wave)]
    known = ", ".join(
        repr(one) if isinstance(one, str) else str(one) for one in sorted(alike or waves, key=str)[:10]
    )
    return Problem(
        "SB-SEM-86",
        "stop",
        "level='wave' needs to know which." if wave is None else f"There are no rows of wave {wave!r}.",
        column="wave",
        why="A network of one wave has one row a child.",
        fix=f"wave=..., one of {known}; or level='between' for the mean over waves",
    )


def _who(frame: pd.DataFrame, group: str, named: bool) -> tuple[Ints, pd.DataFrame, list[Problem]]:
    """Number of the child of each row, the key of each child, and what is wrong with them."""
    if not named:
        return np.arange(len(frame)), pd.DataFrame(index=pd.RangeIndex(len(frame))), []
    groups = groups_of(frame, group)
    problems = [*groups.problems, *nameless(groups, group), *written_in_two_ways(groups, group)]
    return groups.code, groups.keys, problems


def _informants(frame: pd.DataFrame) -> list[Problem]:
    """Answers of several people about the same child; names that may be those of people are not told."""
    if "informant" not in frame:
        return []
    several = _several_in_a_cell(frame, "informant")
    if several or frame["informant"].nunique() < 2:
        return several
    names = sorted(map(str, frame["informant"].dropna().unique()))
    told = len(names) <= MANY_INFORMANTS and all(name.isalpha() and name.islower() for name in names)
    listed_names = f" ({', '.join(names)})" if told else ""
    return [
        Problem(
            "SB-SEM-85",
            "stop",
            f"The rows come from {len(names)} informants{listed_names}.",
            column="informant",
            why="A mean over informants mixes what the child is like with who was asked.",
            done="Nothing was averaged.",
            fix=f"data = data[data['informant'] == {repr(names[0]) if told else '...'}]; "
            "with scores, data.wide(informant=...)",
        )
    ]


def _several_in_a_cell(frame: pd.DataFrame, column: str) -> list[Problem]:
    """Cells that hold lists."""
    if frame[column].dtype != object:
        return []
    several = [not pd.api.types.is_hashable(cell) for cell in frame[column]]
    if not any(several):
        return []
    return [
        Problem(
            "SB-SEM-85" if column == "informant" else "SB-SEM-86",
            "stop",
            f"Cells of {column!r} hold several values each.",
            column=column,
            rows=rows_where(several),
            why=f"A row is of one {column}.",
            done="Nothing was computed.",
            fix=f"data = data.explode({column!r})",
        )
    ]


def _same_rows(frame: pd.DataFrame, child: Ints) -> list[Problem]:
    """Rows that stand twice, where no column says which wave they are of."""
    if "wave" in frame:
        return repeated_waves(frame, child)
    same = pd.Series(child).duplicated(keep=False).to_numpy() & (child >= 0)
    if not same.any():
        return []
    same[same] = frame[same].astype(str).duplicated(keep=False).to_numpy(bool)
    if not same.any():
        return []
    return [
        Problem(
            "SB-ID-01",
            "stop",
            f"{int(same.sum()):,} rows are the same as another in every column.",
            column="child",
            rows=rows_where(same),
            why="They are one row copied, not a child seen twice.",
            done="Nothing was averaged.",
            fix="data = data.drop_duplicates()",
        )
    ]


def _clusters(frame: pd.DataFrame, child: Ints, means: _Means, column: str) -> tuple[Ints, bool]:
    """Sets of children who shared a carer at any wave; a carer who is not named links nobody."""
    if column not in frame:
        return np.arange(len(means.child)), False
    linked = connected_clusters(child, groups_of(frame, column).code)
    first = pd.Series(linked).groupby(child).first()
    return np.unique(first.loc[means.child].to_numpy(), return_inverse=True)[1], True


# ---- what cannot be correlated ---------------------------------------------------------------------------------


def _empty(values: pd.DataFrame, there: Bools) -> list[Problem]:
    """Constructs that nobody has."""
    return [
        Problem(
            "SB-SEM-83",
            "stop",
            f"Column {name!r} is empty: nobody has a value in these rows.",
            column=str(name),
            rows=rows_where(there),
            why="Of something that was not measured no correlation can be had.",
            done="Nothing was computed; it was not left out unseen, because edges depend on what else is there.",
            fix=f"constructs=[...] without {name!r}",
        )
        for name in values
        if not values.loc[there, name].notna().any()
    ]


def _constant(values: pd.DataFrame, there: Bools, means: Floats) -> list[Problem]:
    """Constructs with the same value for every child."""
    spread = np.nanmax(means, axis=0) - np.nanmin(means, axis=0)
    size = np.nanmax(np.abs(means), axis=0)
    return [
        Problem(
            "SB-SEM-82",
            "stop",
            f"Column {name!r} has the same value for every child.",
            column=str(name),
            rows=rows_where(there & values[name].notna().to_numpy()),
            why="What does not vary goes together with nothing.",
            done="Nothing was computed.",
            fix=f"constructs=[...] without {name!r}",
        )
        for place, name in enumerate(values)
        if spread[place] <= SAME * max(size[place], 1.0)
    ]


def _never_together(names: list[str], values: Floats) -> list[Problem]:
    """Pairs of constructs of which no child has both."""
    seen = np.isfinite(values).astype(float)
    both = seen.T @ seen
    pairs = [(names[i], names[j]) for i in range(len(names)) for j in range(i + 1, len(names)) if both[i, j] < 3]
    return [
        Problem(
            "SB-SEM-88",
            "stop",
            f"Fewer than three children have both {first!r} and {second!r}.",
            column=first,
            why="How two constructs go together cannot be known when they were hardly ever measured together.",
            done="Nothing was computed.",
            fix=f"constructs=[...] without {first!r} or {second!r}",
        )
        for first, second in pairs
    ]


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


def _correlations(names: list[str], values: Floats, request: Request) -> Floats:
    """Correlations that an inverse can be had of."""
    found = weighted_correlations(values, np.ones((1, len(values))), request.missing, tolerance=1e-8)[0]
    if positive_definite(found) and explained_by_others(found).max() <= MOST_EXPLAINED:
        return found
    raise DataError(_made_up(names, found, request))


def _made_up(names: list[str], r: Floats, request: Request) -> Problem:
    """Why there is no inverse: a construct made of others, or pairs of different children that contradict."""
    if not np.isfinite(r).all() or (request.missing == "pairwise" and np.linalg.eigvalsh(r)[0] < -1e-8):
        return Problem(
            "SB-SEM-84",
            "stop",
            "The correlations contradict one another: each pair is from other children.",
            why="No partial correlation can be had from correlations that no single set of children could have.",
            done="They were not bent to fit.",
            fix="missing='listwise', or fewer constructs" if request.missing == "fiml" else "missing='fiml'",
        )
    exactly = not positive_definite(r)
    weights = np.abs(np.linalg.eigh(r)[1][:, 0])
    guilty = [name for name, weight in zip(names, weights) if weight > 0.1 * weights.max()]
    return Problem(
        "SB-SEM-84",
        "stop",
        f"One of {', '.join(guilty)} follows from the others{'' if exactly else ', or all but'}.",
        column=guilty[0],
        why="Given the others nothing of it is left, so no partial correlation exists."
        if exactly
        else "Given the others next to nothing of it is left, so partial correlations of any size can come out.",
        done="Nothing was computed.",
        fix=f"constructs=[...] without {guilty[-1]!r}, for instance a total and its parts not together",
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
