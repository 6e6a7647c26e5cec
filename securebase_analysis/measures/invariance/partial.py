"""Terms that stay free on every occasion, as the researcher names them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from securebase_analysis.errors import ModelError, Problem, nearest, raise_if_stopped
from securebase_analysis.measures.invariance.ladder import EQUAL_FROM, STEPS, Ladder, Step, reaches


def free_terms(named: str | Sequence[str], ladder: Ladder, steps: Sequence[Step]) -> frozenset[str]:
    """The terms in one spelling.

    Raises
    ------
    ModelError
        When one is not of the model, or they leave a construct without anything in common.
    """
    known = [term for kind in EQUAL_FROM for term in ladder.terms(kind)]
    operators = "loading, threshold, intercept" if ladder.terms("threshold") else "loading, intercept"
    listed = list(named) if isinstance(named, Iterable) and not isinstance(named, str) else [named]
    given = [_one_spelling(term) for term in listed if term is not None]
    unknown = [_unknown(term, known, operators) for term in given if term not in known]
    raise_if_stopped(unknown, ModelError)
    free = frozenset(given)
    raise_if_stopped(_nothing_in_common(free, ladder, steps), ModelError)
    return free


def _one_spelling(term: str) -> str:
    """Spaces as in ``f =~ x1``, ``x1 ~1``, ``x1 | t1`` and ``x1 ~~ x1``."""
    bare = re.sub(r"\s+", "", str(term))
    for operator in ("=~", "~~", "|"):
        if operator in bare:
            return f" {operator} ".join(bare.split(operator))
    return re.sub(r"~1\Z", " ~1", bare)


def _unknown(term: str, known: Sequence[str], operators: str) -> Problem:
    guess = nearest(term, known)
    return Problem(
        "SB-SEM-63",
        "stop",
        f"partial= names {term!r}, which is no {operators} or residual variance of the model.",
        why="A term that is not there frees nothing, and the step would look as if it had been freed.",
        done="Nothing was fitted.",
        fix=f"partial={guess!r}" if guess else f"Terms are written as {known[0]!r}, {known[-1]!r}.",
    )


def _nothing_in_common(free: frozenset[str], ladder: Ladder, steps: Sequence[Step]) -> list[Problem]:
    """Constructs of which no loading, or no intercept, is equal: their variances and means would have no scale."""
    highest = max(steps, key=STEPS.index)
    cuts = ladder.terms("threshold")
    problems = []
    for name, items in ladder.constructs.items():
        loadings = [f"{name} =~ {item}" for item in items]
        intercepts = [f"{item} ~1" for item in items]
        thresholds = [term for term in cuts if term.split(" |")[0] in items]
        kinds: list[tuple[list[str], str, Step]] = [
            (loadings, "loading", "metric"),
            (thresholds, "threshold", "metric"),
            (intercepts, "intercept", "scalar"),
        ]
        for terms, what, step in kinds:
            if terms and reaches(highest, step) and set(terms) <= free:
                problems.append(_no_scale(name, what, terms[0]))
    return problems


def _no_scale(name: str, what: str, first: str) -> Problem:
    return Problem(
        "SB-SEM-64",
        "stop",
        f"partial= frees every {what} of {name!r}.",
        why="Then nothing ties the construct of one group to that of another: there is no common scale.",
        done="Nothing was fitted.",
        fix=f"Leave one equal, for instance {first!r}; two or more are better.",
    )
