"""What ``diagnostics()`` shows of growth curves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pandas as pd

from securebase_analysis.models.panel.checks import SIGNIFICANT
from securebase_analysis.models.panel.elements import Panel
from securebase_analysis.models.panel.equality import EqualityTest
from securebase_analysis.models.panel.growth_elements import PARTS
from securebase_analysis.models.panel.growth_told import WHAT_IS_EQUAL
from securebase_analysis.models.panel.growth_variances import impossible_pairs, part_variances
from securebase_analysis.models.sem.checks import checks_of as sem_checks
from securebase_analysis.models.sem.fitting import Fitted
from securebase_analysis.results.diagnostics import Check, check, checks_frame


def checks_of_curves(fitted: Fitted, panel: Panel, tests: Sequence[EqualityTest]) -> pd.DataFrame:
    """Rows of check, value, threshold, ok and advice."""
    own = checks_frame([*_variances(fitted, panel), *_pairs(fitted, panel), *_equal(tests)])
    behind = sem_checks(fitted)
    told = behind["check"].str.startswith(tuple(f"variance of {part}_" for part in PARTS["quadratic"]))
    return pd.concat([own, behind[~told]], ignore_index=True)


def _variances(fitted: Fitted, panel: Panel) -> Iterator[Check]:
    """Variances of levels and slopes inside of what they can be."""
    for one in part_variances(fitted, panel):
        where = f" in {one.group}" if one.group else ""
        yield check(
            f"{one.part} variance of {one.construct} above zero{where}", one.estimate, 0.0, not one.below_zero,
            "These data show no differences between children in it: try equal_over_waves=True, or a mixed model "
            "with fit_growth, whose variances stay above zero.",
        )  # fmt: skip


def _pairs(fitted: Fitted, panel: Panel) -> Iterator[Check]:
    """Correlations of levels and slopes inside of what they can be."""
    for pair, group, value in impossible_pairs(fitted, panel):
        where = f" in {group}" if group else ""
        yield check(
            f"correlation of {pair.lhs} and {pair.rhs} between -1 and 1{where}", value, 1.0, False,
            "The two cannot be told apart: try equal_over_waves=True, or model one construct at a time.",
        )  # fmt: skip


def _equal(tests: Sequence[EqualityTest]) -> Iterator[Check]:
    """Whether what is equal may be so."""
    for test in tests:
        if test.imposed and test.p_value == test.p_value:
            yield check(
                f"{WHAT_IS_EQUAL[test.over].lower()} equal over {test.over} (p-value)", test.p_value, SIGNIFICANT,
                test.p_value >= SIGNIFICANT,
                f"They differ by more than chance would make them: see equal_over_{test.over}=False.",
            )  # fmt: skip
