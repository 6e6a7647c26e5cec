"""Every rule that a study must keep, each a small function from a draft to problems; all run, told together."""

from __future__ import annotations

from collections.abc import Callable

from securebase_analysis.errors import Problem
from securebase_analysis.study.draft import Draft
from securebase_analysis.study.rules import (
    answers,
    coding,
    identity,
    moved_dates,
    particulars,
    placements,
    repeats,
    timing,
)
from securebase_analysis.study.rules.identity import unlinked_children
from securebase_analysis.study.rules.timing import last_date_seen

Rule = Callable[[Draft], list[Problem]]

RULES: tuple[Rule, ...] = (
    *repeats.RULES,
    *identity.RULES,
    *timing.RULES,
    *placements.RULES,
    *answers.RULES,
    *coding.RULES,
    *moved_dates.RULES,
    *particulars.RULES,
)


def broken_rules(draft: Draft) -> list[Problem]:
    """Everything that any rule finds, in the order of the rules."""
    return [problem for rule in RULES for problem in rule(draft)]


__all__ = ["RULES", "broken_rules", "last_date_seen", "unlinked_children"]
