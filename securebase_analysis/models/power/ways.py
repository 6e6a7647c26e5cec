"""The ways in which constructs over waves can be asked how they act on one another, nearest to the whole first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import pandas as pd

from securebase_analysis.models.panel.elements import Panel, n_parameters
from securebase_analysis.models.panel.request import FEWEST_WAVES, Model
from securebase_analysis.models.panel.size import carried

PRIOR = 0.3
"""Standard deviation of the prior that is offered: effects of up to 0.6 in either direction are expected."""
NAMES: dict[Model, str] = {
    "ri-clpm": "random-intercept cross-lagged model",
    "lagged": "lagged mixed model",
    "clpm": "cross-lagged model without random intercepts",
}


@dataclass(frozen=True)
class Way:
    """One model of some constructs.

    Attributes
    ----------
    panel : Panel
        What is modelled.
    prior : float or None
        Standard deviation of the prior on cross-lagged effects.
    n_constructs : int
        Constructs that the question is about.
    as_asked : str
        Further options, as they stand in the call.
    """

    panel: Panel
    prior: float | None
    n_constructs: int
    as_asked: str = ""

    @property
    def n_parameters(self) -> int:
        """Free parameters."""
        return n_parameters(self.panel)

    @property
    def name(self) -> str:
        """The way in words."""
        n = len(self.panel.constructs)
        few = ", two constructs at a time" if n < self.n_constructs else ""
        drawn = f", prior {self.prior:g}" if self.prior is not None else ""
        return f"{NAMES[self.panel.model]}{few}{drawn}"

    @property
    def call(self) -> str:
        """The line to copy."""
        model = "" if self.panel.model == "ri-clpm" else f", model={self.panel.model!r}"
        prior = "" if self.prior is None else f", prior={self.prior:g}"
        return f"fit_panel(data, {list(self.panel.constructs)}{model}{prior}{self.as_asked})"

    def fits(self, scores: pd.DataFrame) -> bool:
        """Whether the children who were seen can carry it."""
        seen = int(scores[self.panel.columns].notna().any(axis=1).sum())
        return carried(self.panel, seen, with_prior=self.prior is not None)


def ways_of(
    constructs: Sequence[str], waves: Sequence[str], prior: float = PRIOR, as_asked: str = ""
) -> list[Way]:
    """Every way, all constructs together before two at a time, in each the model that assumes least first."""
    return [replace(way, as_asked=as_asked) for way in _ways(tuple(constructs), tuple(waves), prior)]


def _ways(constructs: tuple[str, ...], waves: tuple[str, ...], prior: float) -> Iterator[Way]:
    together = [constructs] if len(constructs) == 2 else [constructs, constructs[:2]]
    for named in together:
        for model in NAMES:
            if len(waves) >= FEWEST_WAVES[model]:
                panel = Panel(named, waves, model, equal=True)
                yield Way(panel, None, len(constructs))
                if model != "clpm":
                    yield Way(panel, prior, len(constructs))
