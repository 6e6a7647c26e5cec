"""A covariance of random effects on its boundary, told in words with the next step."""

from __future__ import annotations

from itertools import combinations

import numpy as np

from securebase_analysis.models.growth.grouped_rows import Factor
from securebase_analysis.results import wording
from securebase_analysis.results.inference import Floats

NOTHING = 1e-6
"""Share of the variance between levels below which a term gives none."""
TOGETHER = 0.999
"""Correlation above which two terms are one."""


def boundary_advice(factor: Factor, D: Floats, alone: bool) -> str:
    """What was found on the boundary, and what to do.

    Parameters
    ----------
    factor : Factor
        Whose random effects they are.
    D : numpy.ndarray, shape (q, q)
        Their covariance.
    alone : bool
        Whether it is the only factor of the model.
    """
    several, terms = wording.plural(factor.name), factor.random.terms
    gone = [term for term, vanished in zip(terms, _vanished(factor, D)) if vanished]
    if len(gone) == len(terms):
        leave_out = "" if alone else f", or leave {factor.name} out of random"
        return (
            f"The {several} do not differ more than chance would make them: {_variances(gone)} estimated as zero. "
            f"Report that as zero{leave_out}; the fixed effects can be read."
        )
    if gone:
        rest = [term for term in terms if term not in gone]
        return (
            f"The {several} do not differ in {_listed(gone)} more than chance would make them: {_variances(gone)} "
            f"estimated as zero. Fit {_random(factor, rest, alone)} and compare; the fixed effects can be read."
        )
    together = _together(terms, D)
    if together:
        one, other, sign = together
        apart = [[term] for term in terms] if len(terms) == 2 else []
        or_apart = f", or {_random(factor, apart, alone)}, which takes them as unrelated," if apart else ""
        return (
            f"In these {several} {one} and {other} go together without exception (correlation {sign}): the data "
            f"show one difference between {several} where two were asked for. "
            f"Fit {_random(factor, ['Intercept'], alone)}{or_apart} and compare; the fixed effects can be read."
        )
    return (
        f"These data show fewer separate differences between {several} than the {len(terms)} asked for "
        f"({_listed(list(terms))}). Fit {_random(factor, ['Intercept'], alone)} and compare; "
        "the fixed effects can be read."
    )


def _vanished(factor: Factor, D: Floats) -> list[bool]:
    """Which terms give the outcome no variance."""
    given = np.diag(D) * np.mean(factor.random.values**2, axis=1)
    return list(given <= NOTHING * given.sum())


def _together(terms: tuple[str, ...], D: Floats) -> tuple[str, str, str] | None:
    """Two terms whose correlation is one or minus one."""
    size = np.sqrt(np.diag(D))
    for (i, one), (j, other) in combinations(enumerate(terms), 2):
        correlation = float(D[i, j] / (size[i] * size[j]))
        if abs(correlation) > TOGETHER:
            return one, other, "1" if correlation > 0.0 else f"{wording.MINUS}1"
    return None


def _variances(terms: list[str]) -> str:
    return f"the variance{'s' if len(terms) > 1 else ''} of {_listed(terms)} {'were' if len(terms) > 1 else 'was'}"


def _listed(terms: list[str]) -> str:
    return terms[0] if len(terms) == 1 else f"{', '.join(terms[:-1])} and {terms[-1]}"


def _random(factor: Factor, terms: list[str] | list[list[str]], alone: bool) -> str:
    """The random part to write: one that holds these terms, or several that do not correlate."""
    parts = [term for term in terms if isinstance(term, list)]
    written: object = [_part(part) for part in parts] if parts else _part([str(term) for term in terms])
    return f"random={written!r}" if alone else f"random={{..., {factor.name!r}: {written!r}}}"


def _part(terms: list[str]) -> str:
    """Such as ``1``, ``years`` or ``0 + years``."""
    slopes = [term for term in terms if term != "Intercept"]
    if not slopes:
        return "1"
    return " + ".join(slopes if "Intercept" in terms else ["0", *slopes])
