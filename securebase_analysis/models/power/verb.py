"""The verb that asks which panel model the children can carry, and what it would find."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from securebase_analysis.models.one_or_several import listed
from securebase_analysis.models.power.answer import PanelPlan
from securebase_analysis.models.power.assembly import plan_of
from securebase_analysis.models.power.assumptions_in_words import USUAL
from securebase_analysis.models.power.request import PlanRequest, checked
from securebase_analysis.models.power.ways import PRIOR


def plan_panel(
    data: Any,
    constructs: Sequence[str],
    effect: float = USUAL.effect,
    *,
    carry_over: float = USUAL.carry_over,
    stable: float = USUAL.stable,
    together: float = USUAL.together,
    levels_together: float = USUAL.levels_together,
    prior: float = PRIOR,
    power: float = 0.8,
    n_children: int | None = None,
    waves: Sequence[Any] | Mapping[Any, float] | None = None,
    n_simulations: int = 0,
    seed: int = 1,
    conf_level: float = 0.95,
) -> PanelPlan:
    """Say which panel models the children of a study can carry, and which lagged effects each would find.

    Parameters
    ----------
    data : pandas.DataFrame or Scores
        As for `fit_panel`. Nothing is read of the scores but which are missing, so that a plan is no look at the
        answer.
    constructs : sequence of str
        Two to ten. The effect is looked for of the first on the second; two at a time are the first two.
    effect : float
        Its size, in standard deviations of the scores, from one wave to the next.
    carry_over : float
        Of each construct on itself, from one wave to the next.
    stable : float
        Share of the variance of scores that is stable differences between children.
    together : float
        Correlation of deviations at one wave.
    levels_together : float
        Correlation of the children's own levels.
    prior : float
        Standard deviation of the prior on cross-lagged effects, where there is one.
    power : float
        For which the smallest effect that is found is given.
    n_children : int, optional
        Plan for so many children, with the gaps of those who were seen. By default for those who were seen.
    waves : sequence or mapping, optional
        As for `fit_panel`.
    n_simulations : int
        Panels that are drawn, with the gaps of the data, and fitted in every way that the children can carry.
    seed : int
        Of these.
    conf_level : float
        An effect is found when an interval of this level does not hold 0.

    Returns
    -------
    PanelPlan
        ``.ways``: a row per way, with parameters, children, whether it can be fitted, expected error, power,
        smallest effect found, false alarms, and the line to copy. ``tidy()``: effects *power* and *smallest
        effect*.

    Raises
    ------
    ModelError
        When columns or waves are not there, or there is no such process.
    DataError
        When the columns cannot be used.

    Notes
    -----
    The error of an effect is that of the expected information at the assumed truth, given which scores each child
    has (Kenward & Molenberghs 1998), and power is that of a normal estimate with this error. Without random
    intercepts power is that of a process without stable differences, and false alarms those of one with them: the
    reason not to choose by power alone. Errors of few children are larger than expected, and are not well known:
    of 52 simulated children models with random intercepts had about six tenths of the power that is given here,
    and ``n_simulations=200`` shows what is left of it in a study. Many effects are tested in one model; the power
    is that of one which was named before.

    References
    ----------
    Satorra & Saris (1985), Power of the likelihood ratio test in covariance structure analysis, Psychometrika 50;
    Kenward & Molenberghs (1998), Likelihood based frequentist inference when data are missing at random, Stat Sci
    13; Mulder (2023), Power analysis for the random intercept cross-lagged panel model, Struct Equ Modeling 30.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> scores = np.random.default_rng(1).normal(size=(52, 8))
    >>> names = [f"{construct}_{wave}" for construct in ("availability", "trust") for wave in (1, 2, 3, 4)]
    >>> plan = plan_panel(pd.DataFrame(scores, columns=names), ["availability", "trust"])
    >>> plan.ways[["n_parameters", "can_be_fitted", "power"]].round(2).head(1).values.tolist()
    [[27, True, 0.37]]
    """
    request = checked(
        PlanRequest(
            constructs=tuple(listed(constructs)), effect=effect, carry_over=carry_over, stable=stable,
            together=together, levels_together=levels_together, prior=prior, power=power, n_children=n_children,
            waves=waves if waves is None or isinstance(waves, Mapping) else tuple(listed(waves)),
            n_simulations=n_simulations, seed=seed, conf_level=conf_level,
        )
    )  # fmt: skip
    return plan_of(data, request)
