"""Whether so many children can carry a model, and what they can carry in its place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pandas as pd

from securebase_analysis.errors import Problem
from securebase_analysis.models.panel.elements import CROSS, Panel, elements_of, n_parameters
from securebase_analysis.results import wording

FEWEST_PER_PARAMETER = 1.25
"""Children for each free parameter below which estimates follow single children, and most searches fail."""
POWER = 0.8
NOTHING_CARRIED = "relate_dimensions(data), which asks for no model of change; or wait for more children."


def carried(panel: Panel, n_children: int, with_prior: bool = False) -> bool:
    """Whether there are enough children for the parameters, and for the columns.

    Cross-lagged effects that have a prior need no children: without any the prior is what is known of them.
    """
    q = n_parameters(panel) - (n_crossed(panel) if with_prior else 0)
    return n_children >= FEWEST_PER_PARAMETER * q and n_children > len(panel.columns) * len(panel.groups)


def n_crossed(panel: Panel) -> int:
    """Free cross-lagged effects."""
    crossed = [one for one in elements_of(panel) if one.effect == CROSS]
    per_group = len({one.label or (one.lhs, one.rhs) for one in crossed})
    return per_group * (1 if panel.equal_groups else len(panel.groups))


def check_size(
    panel: Panel, scores: pd.DataFrame, prior: float | None = None, as_asked: str = ""
) -> list[Problem]:
    """A model that the children cannot carry, with what they can and what that would find.

    Parameters
    ----------
    panel : Panel
        The model.
    scores : pandas.DataFrame
        A row per child, a column per construct and wave.
    prior : float, optional
        Standard deviation of a prior on the cross-lagged effects.
    as_asked : str
        Options of the request that every offer keeps, such as ``, waves=[1, 2]``.
    """
    n_children = int(scores[panel.columns].notna().any(axis=1).sum())
    if carried(panel, n_children, with_prior=prior is not None):
        return []
    q = n_parameters(panel)
    offers, assumed = [*_simpler(panel, n_children)], ""
    if len(panel.waves) > 2 or panel.model == "clpm":
        with_power, assumed = _with_power(panel, scores, as_asked)
        offers += with_power
    return [
        Problem(
            "SB-SEM-52",
            "stop",
            f"{wording.count(n_children, 'child', 'children')} cannot carry a model of {q} free parameters.",
            why=f"With fewer than {FEWEST_PER_PARAMETER:g} children for each parameter the search ends nowhere "
            "or on single children, and chi-square, CFI and RMSEA mean nothing.",
            done="Nothing was fitted.",
            fix=f"{_listed(offers)}{assumed}" if offers else NOTHING_CARRIED,
        )
    ]


def _listed(offers: list[str]) -> str:
    return "".join(f"\n        {offer}" for offer in offers)


def _simpler(panel: Panel, n: int) -> Iterator[str]:
    """The same model with fewer parameters, that so many children can carry."""
    offered = {panel}
    for change, words in (
        ({"equal": True}, "equal_over_waves=True"),
        ({"equal_groups": len(panel.groups) > 1}, "equal_over_groups=True"),
        ({"groups": ("",), "equal_groups": False}, "no group="),
        ({"covariates": ()}, "no covariates"),
    ):  # fmt: skip
        other = replace(panel, **change)
        if other not in offered and carried(other, n):
            offered.add(other)
            yield f"{words} ({n_parameters(other)} parameters)"


def _with_power(panel: Panel, scores: pd.DataFrame, as_asked: str) -> tuple[list[str], str]:
    """Models of these constructs that the children can carry, and what each would find; and what that assumes.

    Plans are made on this room's models: they are imported when there is something to plan.
    """
    from securebase_analysis.models.power.assumptions_in_words import AT_MOST, ENOUGH_CHILDREN, USUAL, in_words
    from securebase_analysis.models.power.expected_errors import Expectations
    from securebase_analysis.models.power.ways import ways_of

    offers = []
    for way in ways_of(panel.constructs, panel.waves, as_asked=as_asked):
        if way.fits(scores):
            expected = Expectations(way.panel, scores, way.prior)
            power = expected.under(USUAL).power(0.95)
            smallest = expected.smallest_found(USUAL, POWER, 0.95)
            mixes = "; mixes stable differences between children in" if way.panel.model == "clpm" else ""
            of = wording.count(way.n_parameters, "parameter")
            offers.append(f"{way.call}  # {way.name}: {of}, {_found(power, smallest)}{mixes}")
    at_most = f" {AT_MOST}" if scores[panel.columns].notna().any(axis=1).sum() < ENOUGH_CHILDREN else ""
    told = (
        f"\n        Power is that of 95% intervals for one lagged effect in standard deviations, where "
        f"{in_words(USUAL)}.{at_most} plan_panel(data, {list(panel.constructs)}) takes other assumptions."
    )
    return offers, told if offers else ""


def _found(power: float, smallest: float) -> str:
    """What a model would find, in words."""
    begins = f"finds an effect of {wording.number(0.2)} with power {wording.number(power)}"
    return begins + (
        f", one of {wording.number(smallest)} with {wording.number(POWER)}"
        if smallest == smallest
        else f", none with {wording.number(POWER)}"
    )
