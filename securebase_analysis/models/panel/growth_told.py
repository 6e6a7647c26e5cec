"""What is told under every table of growth curves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from securebase_analysis import theory
from securebase_analysis.models.panel.door import PanelData
from securebase_analysis.models.panel.elements import Panel
from securebase_analysis.models.panel.equality import EqualityTest
from securebase_analysis.models.panel.growth_elements import Curves
from securebase_analysis.models.panel.growth_error_df import df_of_curves
from securebase_analysis.models.panel.growth_request import in_time
from securebase_analysis.models.panel.growth_variances import impossible_pairs, part_variances
from securebase_analysis.models.panel.told import equality_in_words
from securebase_analysis.models.sem.fitting import Fitted
from securebase_analysis.results import wording

WHAT_IS_EQUAL = {"waves": "Residual variances", "groups": "Means of levels and slopes"}


def title_of_curves(panel: Panel, group: str | None) -> str:
    """What was asked, in a sentence."""
    named = [theory.label(name) for name in panel.constructs]
    about = f"{', '.join(named[:-1])} and {named[-1]}" if len(named) > 1 else named[0]
    kind = "Parallel growth curves" if len(named) > 1 else "Latent growth curve"
    groups = f" in {len(panel.groups)} groups of {group}" if group else ""
    return f"{kind}: {about} over {wording.count(len(panel.waves), 'wave')}{groups}"


def notes_of_curves(
    fitted: Fitted, panel: Panel, data: PanelData, tests: Sequence[EqualityTest], sem_notes: Sequence[str]
) -> tuple[str, ...]:
    """Every note, in the order in which they are read."""
    curves = panel.curves
    assert curves is not None
    notes = [problem.sentence for problem in data.problems]
    notes += [*_time(curves, data, panel), *_shape(curves), *_explained(curves, panel)]
    for test in tests:
        notes += equality_in_words([test], WHAT_IS_EQUAL[test.over])
    notes += [*_variances(fitted, panel), *sem_notes, *_few(fitted)]
    if data.from_long:
        notes.append("Rows count children, in the order in which they first stand in the table.")
    return tuple(dict.fromkeys(notes))


def _time(curves: Curves, data: PanelData, panel: Panel) -> Iterator[str]:
    """When the waves were, and what a level is."""
    if not data.waves.times:
        named = ", ".join(panel.waves)
        yield f"Waves in their order: {named}; how far apart they are is not known, and taken as equal."
    at = f"wave {panel.waves[curves.times.index(0.0)]}" if 0.0 in curves.times else "time 0"
    yield (
        f"A level is what is expected of a child at {at}, a slope the change by unit of time from there on; "
        f"{in_time(panel.waves, curves.times)}."
    )


def _shape(curves: Curves) -> Iterator[str]:
    """What a curve looks like that is no line."""
    if curves.shape == "latent":
        yield (
            "The shape is taken from the data: the times of all waves but the first and the last are estimated, "
            "so that a slope is the mean change by unit of time from the first wave to the last."
        )
    elif curves.shape == "quadratic":
        yield "A slope is the change by unit of time at the level; the quadratic part says how that changes."


def _explained(curves: Curves, panel: Panel) -> Iterator[str]:
    """What explains levels and slopes."""
    if panel.covariates:
        yield (
            f"Covariates explain levels and slopes: {', '.join(panel.covariates)}. Intercepts are those of a "
            "child with 0 in each."
        )
    if curves.slopes_on_levels:
        yield (
            "Levels explain slopes in place of covarying with them: the fit is the same. Which came first is not "
            "known, as a level at one wave is also where earlier change had led."
        )


def _variances(fitted: Fitted, panel: Panel) -> Iterator[str]:
    """Variances and correlations at or near what cannot be."""
    if not fitted.fit.converged:
        return
    for one in part_variances(fitted, panel):
        what = f"{_in_words(one.part)} of {theory.label(one.construct)}{_where(one.group)}"
        if one.below_zero:
            yield (
                f"The variance of the {what} is estimated below zero ({wording.number(one.estimate, 3)}), which "
                "no variance is: these data show no differences between children in it."
            )
        elif one.holds_zero:
            yield (
                f"The interval of the variance of the {what} holds zero: whether children differ in it is not "
                "known from these data."
            )
    for pair, group, value in impossible_pairs(fitted, panel):
        both = f"The {_latent(pair.lhs)} and the {_latent(pair.rhs)}{_where(group)}"
        yield (
            f"{both} correlate at {wording.number(value)}, which no correlation does: the two cannot be told "
            "apart."
        )


def _few(fitted: Fitted) -> Iterator[str]:
    """What intervals of so few children allow for."""
    if df_of_curves(fitted):
        yield (
            "Intervals allow for errors that are themselves estimated from few children (t, Satterthwaite 1946). "
            "Those of variances still hold less than they say: of 52 simulated children about 92 of 100."
        )


def _in_words(part: str) -> str:
    """A part of a curve."""
    return "quadratic part" if part == "quadratic" else part


def _latent(name: str) -> str:
    """A part of the curve of a construct."""
    part, construct = name.split("_", 1)
    return f"{_in_words(part)} of {theory.label(construct)}"


def _where(group: str) -> str:
    return f" in {group}" if group else ""
