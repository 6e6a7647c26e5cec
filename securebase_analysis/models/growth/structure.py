"""How the factors of a model lie in one another, found from the data and said in words."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from securebase_analysis.models.growth.grouped_rows import Factor, GroupedRows
from securebase_analysis.results import wording


def groups_sentence(rows: GroupedRows) -> str:
    """Such as "61 children in 48 carers in 5 agencies; 12 children moved between carers.".

    The factors stand in the order of their numbers of levels. One lies in the next where hardly any of its levels
    has more than one of the other's; those that have are counted as having moved.
    """
    factors = sorted(rows.factors, key=lambda factor: -factor.n_levels)
    words = _counted(factors[0])
    for inner, outer in pairwise(factors):
        words += f" in {_counted(outer)}" if _mostly_inside(inner, outer) else f", crossed with {_counted(outer)}"
    moved = [_moved(inner, outer) for inner, outer in pairwise(factors)]
    moved += [_moved(factors[0], outer) for outer in factors[2:]]
    return "; ".join([words, *filter(None, moved)])


def _counted(factor: Factor) -> str:
    return wording.count(factor.n_levels, factor.name)


def levels_inside(inner: Factor, outer: Factor) -> np.ndarray:
    """How many levels of `outer` each level of `inner` has rows in."""
    if outer.members is not None:
        row, column = outer.members.nonzero()
        pairs = np.unique(np.column_stack([inner.code[row], column]), axis=0)[:, 0]
    else:
        pairs = np.unique(inner.code.astype(np.int64) * outer.n_levels + outer.code) // outer.n_levels
    return np.bincount(pairs, minlength=inner.n_levels)


def _mostly_inside(inner: Factor, outer: Factor) -> bool:
    return float((levels_inside(inner, outer) > 1).mean()) < 0.5


def _moved(inner: Factor, outer: Factor) -> str:
    """How many levels of the inner factor are in more than one of the outer."""
    n = int((levels_inside(inner, outer) > 1).sum())
    if not n or not _mostly_inside(inner, outer):
        return ""
    verb = "moved between" if outer.members is None else "had several"
    return f"{wording.count(n, inner.name)} {verb} {wording.plural(outer.name)}"
