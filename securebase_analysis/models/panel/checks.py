"""What ``diagnostics()`` shows of a panel model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pandas as pd

from securebase_analysis.models.panel.elements import STABLE, Panel
from securebase_analysis.models.panel.equality import EqualityTest
from securebase_analysis.models.panel.lagged_elements import UNSEEN
from securebase_analysis.models.panel.stable_differences import (
    impossible_correlations,
    largest_root,
    stable_variances,
)
from securebase_analysis.models.sem.checks import checks_of as sem_checks
from securebase_analysis.models.sem.fitting import Fitted
from securebase_analysis.results.diagnostics import Check, check, checks_frame

SIGNIFICANT = 0.05
NEXT_TO_NOTHING = 0.01


def checks_of(fitted: Fitted, panel: Panel, tests: Sequence[EqualityTest]) -> pd.DataFrame:
    """Rows of check, value, threshold, ok and advice."""
    own = checks_frame([*_stable(fitted, panel), *_fading(fitted, panel), *_equal(tests)])
    behind = sem_checks(fitted)
    told = behind["check"].str.startswith(f"variance of {STABLE}")
    return pd.concat([own, behind[~told]], ignore_index=True)


def _stable(fitted: Fitted, panel: Panel) -> Iterator[Check]:
    """Random-intercept variances and correlations inside of what they can be."""
    for one in stable_variances(fitted, panel):
        where = f" in {one.group}" if one.group else ""
        yield check(
            f"random-intercept variance of {one.construct} above zero{where}", one.estimate, 0.0,
            not one.below_zero, "On its boundary: these data show no stable differences between children here; "
            "see .beside for the model without them.",
        )  # fmt: skip
    for first, second, group, value in impossible_correlations(fitted, panel):
        where = f" in {group}" if group else ""
        yield check(
            f"correlation of the random intercepts of {first} and {second} below 1{where}", value, 1.0, False,
            "The children's own levels of the two cannot be told apart: model one of them, or their mean.",
        )  # fmt: skip


def _fading(fitted: Fitted, panel: Panel) -> Iterator[Check]:
    """Whether deviations fade over the waves."""
    root = largest_root(fitted, panel)
    yield check(
        "deviations fade from wave to wave (largest eigenvalue of the lagged effects)", root, 1.0, root < 1.0,
        "A deviation would grow without end: look for a trend, or a random intercept at its boundary.",
    )  # fmt: skip
    if panel.model == "lagged":
        left = root ** (2 * UNSEEN)
        yield check(
            "share left of deviations from before the waves that were not seen", left, NEXT_TO_NOTHING,
            left < NEXT_TO_NOTHING,
            "Deviations last too long for a first wave that is like all others: model='ri-clpm'.",
        )  # fmt: skip


def _equal(tests: Sequence[EqualityTest]) -> Iterator[Check]:
    """Whether equal lagged effects are in accord with the data."""
    for test in tests:
        if test.imposed and test.p_value == test.p_value:
            spans = test.over == "spans"
            yield check(
                f"{'spans alike' if spans else f'lagged effects equal over {test.over}'} (p-value)", test.p_value,
                SIGNIFICANT, test.p_value >= SIGNIFICANT, "They differ by more than chance would make them: see "
                f"{'model=' + repr('ri-clpm') if spans else f'equal_over_{test.over}=False'}.",
            )  # fmt: skip
