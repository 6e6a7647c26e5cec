"""What is told under every table of a panel model."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from securebase_analysis import theory
from securebase_analysis.models.panel.door import PanelData
from securebase_analysis.models.panel.elements import Panel
from securebase_analysis.models.panel.equality import EqualityTest
from securebase_analysis.models.panel.stable_differences import (
    StableVariance,
    impossible_correlations,
    stable_variances,
)
from securebase_analysis.models.sem.fitting import Fitted
from securebase_analysis.results import wording
from securebase_analysis.results.inference import wald_interval

ENOUGH_CHILDREN = 500
"""From here on nothing is said of how well errors are known (benchmarks/panel_recovery.py)."""
NAMES = {
    "ri-clpm": "Random-intercept cross-lagged panel model",
    "clpm": "Cross-lagged panel model",
    "lagged": "Lagged mixed model",
}


def title_of(panel: Panel, group: str | None) -> str:
    """What was asked, in a sentence."""
    named = [theory.label(name) for name in panel.constructs]
    about = f"{', '.join(named[:-1])} and {named[-1]}"
    groups = f" in {len(panel.groups)} groups of {group}" if group else ""
    return f"{NAMES[panel.model]}: {about} over {wording.count(len(panel.waves), 'wave')}{groups}"


def notes_of(
    fitted: Fitted, panel: Panel, data: PanelData, tests: Sequence[EqualityTest], sem_notes: Sequence[str]
) -> tuple[str, ...]:
    """Every note, in the order in which they are read."""
    notes = [problem.sentence for problem in data.problems]
    notes += [_what_effects_are(panel), *_spans_alike(panel, tests), *_waves(data, panel)]
    notes += equality_in_words([test for test in tests if test.over != "spans"])
    notes += [*_stable(fitted, panel), *_explained(panel), *sem_notes, *_few(fitted, panel)]
    if data.from_long:
        notes.append("Rows count children, in the order in which they first stand in the table.")
    return tuple(dict.fromkeys(notes))


def _what_effects_are(panel: Panel) -> str:
    if panel.within:
        return (
            "Lagged effects are within children: of a deviation from the child's own level at one wave on the "
            "deviation at the next; stable differences between children are random intercepts (Hamaker, Kuiper "
            "and Grasman 2015)."
        )
    return (
        "Lagged effects mix what happens within children with stable differences between them, and can be there "
        "where nothing acts on anything; model='ri-clpm' takes the two apart."
    )


def _spans_alike(panel: Panel, tests: Sequence[EqualityTest]) -> Iterator[str]:
    """What a lagged mixed model takes for granted."""
    if panel.model != "lagged":
        return
    known = [test for test in tests if test.over == "spans" and not math.isnan(test.p_value)]
    tested = "that more than the effects is alike was not tested"
    for test in known:
        scaled = "scaled " if test.scaling_factor != 1.0 else ""
        change = f"{scaled}Δχ²({test.df}) = {wording.number(test.chi2)}, {wording.p_words(test.p_value)}"
        tested = f"held against model='ri-clpm', in which only the effects are alike: {change}"
    yield (
        "Every span between two waves is taken to be like another: the same effects, and the same spread of what "
        f"they leave, also before the first wave; {tested}. Own levels are estimated with the effects: "
        "regressions on deviations from a child's mean, or on the score before, would hold few waves' own "
        "residuals against them (Nickell 1981)."
    )


def _waves(data: PanelData, panel: Panel) -> Iterator[str]:
    """Which waves, and how far apart."""
    named, waves = ", ".join(panel.waves), data.waves
    if not waves.times:
        yield f"Waves in their order: {named}; how far apart they are is not known, and taken as equal."
    elif not waves.unequal:
        apart = f", each {waves.gaps[0]:g} apart" if waves.gaps and waves.gaps[0] != 1.0 else ""
        yield f"Waves {named}: taken as equally far apart{apart}; an effect is that of one wave on the next."


def equality_in_words(tests: Sequence[EqualityTest], what: str = "Lagged effects") -> Iterator[str]:
    """What the tests of equal effects, or of what else may be equal, said."""
    for test in tests:
        imposed = "imposed" if test.imposed else "not imposed"
        if math.isnan(test.p_value):
            own = f"{what.lower()} of their own for each of the {test.over}"
            which = own if test.imposed else f"equal {what.lower()}"
            said = f"{imposed}, not tested: the model with {which} has no maximum here"
        else:
            scaled = "scaled " if test.scaling_factor != 1.0 else ""
            statistic = f"{scaled}Δχ²({test.df}) = {wording.number(test.chi2)}, {wording.p_words(test.p_value)}"
            said = f"tested ({statistic}) and {imposed}"
        yield f"{what} equal over {test.over}: {said}."


def _stable(fitted: Fitted, panel: Panel) -> Iterator[str]:
    """Random-intercept variances at or near their boundary."""
    if not fitted.fit.converged:
        return
    for one in stable_variances(fitted, panel):
        where = f" in {one.group}" if one.group else ""
        name = theory.label(one.construct)
        if one.below_zero:
            yield (
                f"The random-intercept variance of {name}{where} is estimated below zero "
                f"({wording.number(one.estimate, 3)}), which no variance is: these data show no stable "
                "differences between children in it; read its lagged effects beside those of .beside."
            )
        elif _holds_zero(one):
            yield (
                f"The interval of the random-intercept variance of {name}{where} holds zero: whether children "
                "differ in it for good is not known from these data."
            )
    for first, second, group, value in impossible_correlations(fitted, panel):
        where = f" in {group}" if group else ""
        yield (
            f"The random intercepts of {theory.label(first)} and {theory.label(second)}{where} correlate at "
            f"{wording.number(value)}, which no correlation does: the two levels cannot be told apart."
        )


def _holds_zero(one: StableVariance) -> bool:
    """Whether a 95 % interval holds 0."""
    low, _ = wald_interval([one.estimate], [one.std_error], math.inf, 0.95)
    return bool(low[0] <= 0.0)


def _explained(panel: Panel) -> Iterator[str]:
    if panel.covariates:
        yield (
            f"Covariates explain every construct at every wave, with an effect of their own at each: "
            f"{', '.join(panel.covariates)}."
        )


def _few(fitted: Fitted, panel: Panel) -> Iterator[str]:
    """How far intervals of so few children can be trusted."""
    fewest = min(map(len, fitted.sample.rows))
    if not panel.within or fewest >= ENOUGH_CHILDREN or fitted.fit.prior is not None:
        return
    so_few = wording.count(fewest, "child", "children") + (" in a group" if len(panel.groups) > 1 else "")
    if fitted.estimator == "mlr":
        yield (
            f"With {so_few} robust errors of lagged effects are somewhat too small: of 200 simulated children, "
            "with a fifth of the scores missing, 95% intervals held 93 to 94 of 100."
        )
    else:
        yield (
            f"With {so_few} the errors of lagged effects are themselves not well known: intervals are those of t "
            "with Satterthwaite's degrees of freedom (column df). In simulated panels of 52 to 500 children, a "
            "fifth of the scores missing, 95% intervals held 92 to 97 of 100."
        )
