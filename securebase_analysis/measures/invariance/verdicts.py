"""From the fit of each step to a verdict, by published cut-offs that are printed with it."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from securebase_analysis.measures.invariance.fitting import FittedStep
from securebase_analysis.measures.invariance.ladder import STEPS, Step
from securebase_analysis.results import wording

HOLDS, FAILS, DOUBT, AFTER = "holds", "does not hold", "in doubt", "not reached"
FORM_CFI, FORM_RMSEA = 0.90, 0.08
"""Fit of the first step: Bentler (1990); Browne & Cudeck (1993)."""
MANY = 300
EQUAL = {"metric": "equal loadings", "scalar": "equal intercepts", "strict": "equal residual variances"}
ALLOWS = {
    "configural": "the same items form the same constructs, and no size may be compared",
    "metric": "relations of the constructs may be compared, means may not",
    "scalar": "relations and means of the constructs may be compared",
    "strict": "relations, means and scores made of the items may be compared",
}


class Cuts(NamedTuple):
    """By how much CFI may fall, and RMSEA and SRMR may rise."""

    cfi: float
    rmsea: float
    srmr_loadings: float
    srmr_others: float

    def srmr(self, step: Step) -> float:
        """That of the step."""
        return self.srmr_loadings if step == "metric" else self.srmr_others


def cuts_for(n_rows: int) -> Cuts:
    """The cut-offs of Chen (2007), narrower with 300 rows or fewer."""
    return Cuts(0.010, 0.015, 0.030, 0.010) if n_rows > MANY else Cuts(0.005, 0.010, 0.025, 0.005)


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


def verdicts_of(fitted: list[FittedStep], n_rows: int) -> list[Verdict]:
    """One for each step, in order."""
    cuts = cuts_for(n_rows)
    verdicts, open_still = [_of_first(fitted[0])], True
    for before, step in pairwise(fitted):
        open_still &= verdicts[-1].word == HOLDS or (len(verdicts) == 1 and verdicts[-1].word == DOUBT)
        verdicts.append(_of_change(step, before, cuts, reached=open_still))
    return verdicts


def step_held(verdicts: list[Verdict]) -> int | None:
    """The place of the last step up to which every one holds; None when the first does not fit.

    A first step in doubt does not end the climb; a later one does.
    """
    if verdicts[0].word == FAILS:
        return None
    failed = [place for place, verdict in enumerate(verdicts) if place and verdict.word != HOLDS]
    return (failed[0] if failed else len(verdicts)) - 1


def overall(fitted: list[FittedStep], verdicts: list[Verdict], over: str) -> str:
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


def _of_change(step: FittedStep, before: FittedStep, cuts: Cuts, reached: bool) -> Verdict:
    """Whether a step costs more fit than the cut-offs allow.

    CFI decides with RMSEA or SRMR beside it: it fails where CFI and one of them go too far, and is in doubt where
    CFI alone does.
    """
    fall, rise = before.cfi - step.cfi, step.rmsea - before.rmsea
    residual = step.indices.srmr - before.indices.srmr
    beside = rise > cuts.rmsea or residual > cuts.srmr(step.step)
    if not reached:
        word = AFTER
    elif not (step.fit.converged and before.fit.converged and np.isfinite([fall, rise]).all()):
        word = DOUBT
    elif fall > cuts.cfi:
        word = FAILS if beside else DOUBT
    else:
        word = HOLDS
    test = step.difference
    assert test is not None
    what = ", ".join(EQUAL[name] for name in STEPS[STEPS.index(before.step) + 1 : STEPS.index(step.step) + 1])
    statistic = (
        f"χ²({test.df}) = {wording.number(test.statistic)}, {wording.p_words(test.p_value)}"
        if np.isfinite(test.statistic)
        else "no test, its scaling factor is not positive"
    )
    return Verdict(
        step.step,
        word,
        f"{what} ({step.step}): {word}. CFI changes by {_index(-fall)} (may fall by {_index(cuts.cfi)}), RMSEA by "
        f"{_index(rise)} (may rise by {_index(cuts.rmsea)}), SRMR by {_index(residual)} (may rise by "
        f"{_index(cuts.srmr(step.step))}; Chen 2007); likelihood ratio {statistic}.",
    )


def _word(good: list[bool], converged: bool) -> str:
    if not converged:
        return DOUBT
    return HOLDS if all(good) else FAILS if not any(good) else DOUBT


def _index(value: float, places: int = 3) -> str:
    return wording.number(value, places, leading_zero=False)
