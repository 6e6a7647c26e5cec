"""The rules by name: each takes a table of published numbers and gives the table that a panel draws."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import pandas as pd

from securebase_analysis.errors import check_option


@dataclass(frozen=True)
class Rule:
    """Where a rule lives, and which of its options name the columns that it reads.

    Attributes
    ----------
    module : str
        The module of this folder, loaded when the rule is first used.
    reads : tuple of str
        Options that name columns of the table it starts from.
    """

    module: str
    reads: tuple[str, ...]


RULES: dict[str, Rule] = {
    "mean_interval": Rule("intervals", ("mean", "sd", "n")),
    "ratio_interval": Rule("intervals", ("ratio", "std_error")),
    "correlation_interval": Rule("intervals", ("r", "n")),
    "share_interval": Rule("intervals", ("percent", "n")),
    "plain_share": Rule("shares", ("part", "whole")),
    "remainder": Rule("shares", ("percent", "of")),
    "share_of_all": Rule("shares", ("count",)),
    "constant_hazards": Rule("unchanging", ("outcome", "count", "years")),
    "printed_and_ours": Rule("refit", ()),
    "growth_course": Rule("refit_growth", ("time", "outcome", "group")),
    "mean_events": Rule("refit_disruption", ("start", "stop", "event", "by")),
    "incidence_curves": Rule("refit_incidence", ("stop", "cause", "by")),
}


def rows_by_rules(table: pd.DataFrame, steps: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """The table after each rule in turn.

    Parameters
    ----------
    table : DataFrame
        Published numbers; it is not changed.
    steps : sequence of mapping
        Each with ``rule``, one of `RULES`, and the options of that rule.

    Returns
    -------
    DataFrame
        With columns added, or with rows computed from it.

    Raises
    ------
    ModelError
        When there is no such rule, or the rule does not know an option.

    Examples
    --------
    >>> table = pd.DataFrame({"ended": [30], "all": [120]})
    >>> rows_by_rules(table, [{"rule": "plain_share", "part": "ended", "whole": "all", "to": "percent"}])
       ended  all  percent
    0     30  120     25.0
    """
    for step in steps:
        rule = _rule_named(str(step.get("rule", "")))
        options = {name: value for name, value in step.items() if name != "rule"}
        known = tuple(name for name in inspect.signature(rule).parameters if name != "table")
        for name in options:
            check_option(f"option of rule {step['rule']!r}", name, known)
        table = rule(table, **options)
    return table


def can_start(table: pd.DataFrame, steps: Sequence[Mapping[str, Any]]) -> bool:
    """Whether a table has the columns that the first rule reads; numbers of a user's own may not."""
    first = steps[0]
    reads = RULES[first["rule"]].reads if first.get("rule") in RULES else ()
    return all(first.get(option) in table for option in reads)


def _rule_named(name: str) -> Callable[..., pd.DataFrame]:
    """The function of a rule."""
    check_option("rule", name, tuple(RULES))
    rule: Callable[..., pd.DataFrame] = getattr(import_module(f"{__package__}.{RULES[name].module}"), name)
    return rule
