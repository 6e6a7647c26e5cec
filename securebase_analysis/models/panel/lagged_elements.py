"""The equations of a lagged mixed model: own levels, and deviations of which one span is like another.

The first wave that was seen is no beginning. What children brought to it came about as everything after it did, in
waves that nobody saw: the model has them, as deviations without scores, and what is left of the first of them at
the first wave that was seen is next to nothing. So the deviations at every wave have the spread that the effects
and the residuals of one span give them in the end, and no wave is taken as given.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import combinations

from securebase_analysis.models.panel.elements import (
    STABLE,
    Element,
    Panel,
    decomposed,
    explained,
    lagged,
    means,
    spread,
)

UNSEEN = 10
"""Waves before the first. Of a deviation ``r ** 20`` of its variance is left after so many spans, where `r` is the
largest eigenvalue of the lagged effects: less than .001 where it is .7."""


def lagged_mixed(panel: Panel) -> list[Element]:
    """Every element, in the order in which it is read.

    Those of waves that were not seen have no name, and stand before their equals: where parameters are equal, the
    search begins at the last, which scores tell of.
    """
    unseen = tuple(f"before{step}" for step in range(UNSEEN, 0, -1))
    whole = replace(panel, waves=(*unseen, *panel.waves))
    lags = [*lagged(whole)]
    seen = len(panel.constructs) ** 2 * (len(panel.waves) - 1)
    return [
        *decomposed(panel), *_without_scores(panel, unseen), *_nameless(lags[:-seen]), *lags[-seen:],
        *explained(panel), *_levels(panel), *_nameless(_residuals(panel, unseen)),
        *_residuals(panel, panel.waves), *means(panel),
    ]  # fmt: skip


def _nameless(elements: Iterable[Element]) -> Iterator[Element]:
    """Elements that are not shown, because they are equal to others that are."""
    return (replace(one, effect="") for one in elements)


def _without_scores(panel: Panel, unseen: tuple[str, ...]) -> Iterator[Element]:
    """Deviations that no score shows, which lavaan's text has to name all the same."""
    for name in panel.constructs:
        for wave in unseen:
            yield Element(panel.at(name, wave), "=~", f"{name}_{panel.waves[0]}", fixed="0")


def _levels(panel: Panel) -> Iterator[Element]:
    """Variances and covariances of the children's own levels."""
    return spread([f"{STABLE}{name}" for name in panel.constructs], panel.constructs, "random-intercept ")


def _residuals(panel: Panel, waves: tuple[str, ...]) -> Iterator[Element]:
    """What nothing explains of the deviations: the same variances and covariances at every wave."""
    names = panel.constructs
    labels = [f"{name}.own" for name in names] + [f"{one}.with.{other}" for one, other in combinations(names, 2)]
    for wave in waves:
        of_wave = spread([panel.at(name, wave) for name in names], names, "residual ")
        yield from (replace(one, label=label, apart=True) for one, label in zip(of_wave, labels))
