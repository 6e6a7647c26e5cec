"""From the fit of each step to a verdict, by published cut-offs that are printed with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from securebase_analysis.measures.invariance.cut_offs import Cuts
from securebase_analysis.measures.invariance.fitted_step import FittedStep
from securebase_analysis.measures.invariance.ladder import Ladder, Step
from securebase_analysis.results import wording

HOLDS, FAILS, DOUBT, AFTER = "holds", "does not hold", "in doubt", "not reached"
FORM_CFI, FORM_RMSEA = 0.90, 0.08
"""Fit of the first step: Bentler (1990); Browne & Cudeck (1993)."""
EQUAL = {
    "threshold": "equal thresholds", "loading": "equal loadings", "intercept": "equal intercepts",
    "residual": "equal residual variances",
}  # fmt: skip
ALLOWS = {
    "configural": "the same items form the same constructs, and no size may be compared",
    "thresholds": "the answers cut what lies behind the items at the same places, and no size may be compared",
    "metric": "relations of the constructs may be compared, means may not",
    "scalar": "relations and means of the constructs may be compared",
    "strict": "relations, means and scores made of the items may be compared",
}


@dataclass(frozen=True)
class Verdict:
    """What is concluded of one step.

    Attributes
    ----------
    step : str
        Its name.
    word : str
        ``holds``, ``does not hold``, ``in doubt``, or ``not reached`` after a step that does not hold.
    sentence : str
        The same with its figures.
    """

    step: Step
    word: str
    sentence: str


class Change(NamedTuple):
    """What a step costs beside the one before."""

    fall: float
    rise: float
    residual: float
    p_value: float

    @property
    def known(self) -> bool:
        """Whether the indices could be had."""
        return bool(np.isfinite([self.fall, self.rise]).all())


def verdicts_of(ladder: Ladder, fitted: Sequence[FittedStep], cuts: Cuts) -> list[Verdict]:
    """One for each step, in order."""
    verdicts, open_still = [_of_first(fitted[0])], True
    for before, step in pairwise(fitted):
        open_still &= verdicts[-1].word == HOLDS or (len(verdicts) == 1 and verdicts[-1].word == DOUBT)
        verdicts.append(_of_change(ladder, step, before, cuts, reached=open_still))
    return verdicts


def step_held(verdicts: list[Verdict]) -> int | None:
    """The place of the last step up to which every one holds; None when the first does not fit.

    A first step in doubt does not end the climb; a later one does.
    """
    if verdicts[0].word == FAILS:
        return None
    failed = [place for place, verdict in enumerate(verdicts) if place and verdict.word != HOLDS]
    return (failed[0] if failed else len(verdicts)) - 1


def overall(fitted: Sequence[FittedStep], verdicts: list[Verdict], over: str) -> str:
    """The verdict on the whole ladder."""
    held = step_held(verdicts)
    if held is None:
        return (
            f"The model does not fit as it stands over every {over}, so there is nothing whose equality could be "
            f"asked: look at the items of each {over} first."
        )
    step = fitted[held].step
    end = f"Up to the {step} model: {ALLOWS[step]}."
    if verdicts[0].word == DOUBT:
        end += " Whether the first model fits is in doubt itself, and changes of fit mean less then."
    if held + 1 < len(verdicts):
        nothing = "is in doubt" if verdicts[held + 1].word == DOUBT else "does not hold"
        end += (
            f" The {fitted[held + 1].step} model {nothing}; .suggestions lists what could be freed with partial=."
        )
    return end


def _of_first(first: FittedStep) -> Verdict:
    """Whether the model fits at all before anything more is asked."""
    good = [first.cfi >= FORM_CFI, first.rmsea <= FORM_RMSEA]
    word = _word(good, first.fit.converged)
    base = "the same items for each construct (configural)" if first.step == "configural" else first.step
    return Verdict(
        first.step,
        word,
        f"{base}: {word}. CFI {_index(first.cfi)} (at least {_index(FORM_CFI, 2)}, Bentler 1990), RMSEA "
        f"{_index(first.rmsea)} (at most {_index(FORM_RMSEA, 2)}, Browne & Cudeck 1993).",
    )


def _of_change(ladder: Ladder, step: FittedStep, before: FittedStep, cuts: Cuts, reached: bool) -> Verdict:
    """Whether a step costs more fit than the cut-offs allow."""
    test = step.difference
    assert test is not None
    change = Change(before.cfi - step.cfi, step.rmsea - before.rmsea, step.srmr - before.srmr, test.p_value)
    converged = step.fit.converged and before.fit.converged
    if not reached:
        word = AFTER
    elif not (converged and change.known):
        word = DOUBT
    else:
        word = _of_figures(change, cuts, step.step)
    what = ", ".join(EQUAL[kind] for kind in ladder.equalities_of(before.step, step.step))
    statistic = (
        f"χ²({test.df}) = {wording.number(test.statistic)}, {wording.p_words(test.p_value)}"
        if np.isfinite(test.statistic)
        else "no test, its scaling factor is not positive"
    )
    return Verdict(
        step.step,
        word,
        f"{what} ({step.step}): {word}. {_figures(change, cuts, step.step)}; {cuts.test_name} {statistic}.",
    )


def _of_figures(change: Change, cuts: Cuts, step: Step) -> str:
    """What the figures say: CFI decides with the test where that counts, else with RMSEA or SRMR beside it."""
    if change.fall <= cuts.cfi:
        return HOLDS
    beside = change.rise > cuts.rmsea or change.residual > cuts.srmr(step)
    if cuts.test_counts:
        return FAILS if change.p_value < cuts.alpha else DOUBT if beside else HOLDS
    return FAILS if beside else DOUBT


def _figures(change: Change, cuts: Cuts, step: Step) -> str:
    """The changes of the indices with their cut-offs."""
    parts = [
        f"CFI changes by {_index(-change.fall)} (may fall by {_index(cuts.cfi)})",
        f"RMSEA by {_index(change.rise)}{_may_rise(cuts.rmsea)}",
        f"SRMR by {_index(change.residual)}{_may_rise(cuts.srmr(step))}",
    ]
    return f"{', '.join(parts)}; {cuts.source}"


def _may_rise(by: float) -> str:
    return f" (may rise by {_index(by)})" if np.isfinite(by) else ""


def _word(good: list[bool], converged: bool) -> str:
    if not converged:
        return DOUBT
    return HOLDS if all(good) else FAILS if not any(good) else DOUBT


def _index(value: float, places: int = 3) -> str:
    return wording.number(value, places, leading_zero=False)
