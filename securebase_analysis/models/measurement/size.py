"""Whether so many children can carry a measurement model, and what they can carry in its place."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from securebase_analysis import theory
from securebase_analysis.errors import Problem
from securebase_analysis.models.measurement.constructs import Measured
from securebase_analysis.results import wording

FEWEST_CHILDREN = 50
"""Fewest children of a model, and of each group; more where it has more parameters."""


def n_parameters(measured: Sequence[Measured]) -> int:
    """Free parameters of one group: loadings, residual variances, intercepts, covariances of the constructs."""
    loadings = sum(len(one.items) for one in measured)
    items = len({item for one in measured for item in one.items})
    m = len(measured)
    return loadings + 2 * items + m * (m - 1) // 2


def carried(measured: Sequence[Measured], n_children: int) -> bool:
    """Whether there are enough children for the parameters."""
    return n_children >= max(FEWEST_CHILDREN, n_parameters(measured))


def check_size(measured: Sequence[Measured], sizes: dict[str, int], group: str | None = None) -> list[Problem]:
    """A model that the children, or those of some group, cannot carry, with what they can.

    Parameters
    ----------
    measured : sequence of Measured
        The constructs.
    sizes : dict of str to int
        Children of each group; ``""`` names all children where there are no groups.
    group : str, optional
        What the groups are called.
    """
    few = {name: n for name, n in sizes.items() if not carried(measured, n)}
    if not few:
        return []
    q = n_parameters(measured)
    n = min(few.values())
    where = "" if "" in few else f" in {', '.join(few)}"
    counts = wording.count(n, "child", "children") + (" or more" if len(few) > 1 else "")
    needed = max(FEWEST_CHILDREN, q)
    return [
        Problem(
            "SB-SEM-145",
            "stop",
            f"{counts}{where} cannot carry {wording.count(len(measured), 'construct')} of "
            f"{wording.count(len({item for one in measured for item in one.items}), 'item')}: "
            f"{q} parameters.",
            why=f"With fewer than {needed} children, loadings follow single ones, and chi-square, CFI and RMSEA "
            "mean nothing.",
            done="Nothing was fitted.",
            fix="; ".join(_instead(measured, n, 0 if group is None else sum(sizes.values()), group)) + ".",
        )
    ]


def _instead(measured: Sequence[Measured], n: int, n_all: int, group: str | None) -> Iterator[str]:
    """What so many children can carry, nearest first."""
    if n_all and carried(measured, n_all):
        yield f"all {n_all:,} children together, without group="
    by = "" if group is None else f", group={group!r}"
    by_name = {one.construct: one for one in measured}
    for side, names in (("caregiving", theory.CAREGIVING), ("benefits", theory.BENEFITS)):
        own = [by_name[name] for name in names if name in by_name]
        if len(own) == len(names) < len(measured) and carried(own, n):
            yield f"fit_measurement(study, {side!r}{by}) ({n_parameters(own)} parameters)"
    together = next((k for k in range(len(measured) - 1, 0, -1) if carried(measured[:k], n)), 0)
    if together and not (len(measured) > 5 and together >= 5):
        first = [one.construct for one in measured[:together]]
        named, q = repr(first if together > 1 else first[0]), n_parameters(measured[:together])
        yield f"{together} at a time: fit_measurement(study, {named}{by}) ({q} parameters)"
    yield (
        'assess_reliability(study) for each scale; score_dimensions(study) with rule = "mean", whose weights '
        "need no estimating"
    )
