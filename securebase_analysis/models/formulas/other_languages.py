"""What other programs write in a formula, and what would be read as something else."""

from __future__ import annotations

import re

import pandas as pd

from securebase_analysis.errors import Problem

POWER = re.compile(r"([A-Za-z_]\w*|`[^`]+`)\s*(?:\*\*|\^)\s*([0-9]+)")
IN_A_CALL = re.compile(r"\w+\([^()]*\)|\{[^{}]*\}")
OTHER_WORDS = re.compile(r"(?<![\w.])(strata|cluster|frailty)\(\s*([^(),]*)")


def unquoted_names(formula: str, odd: list[str], frame: pd.DataFrame) -> list[Problem]:
    """Columns whose names a formula would take apart, written in it without quotes."""
    if not odd:
        return []
    quoted_away = re.sub(r"`[^`]*`|'[^']*'|\"[^\"]*\"", " ", formula)
    problems = []
    for name in odd:
        if not re.search(r"\w[\s.\-/]+\w", name):
            continue
        if not re.search(rf"(?<!\w){re.escape(name)}(?!\w)", quoted_away):
            continue
        parts = re.split(r"\s*-\s*", name)
        if len(parts) > 1 and all(part in frame for part in parts):
            continue
        problems.append(
            Problem(
                "SB-MODEL-01",
                "stop",
                f"The column name {name!r} is not one word, so a formula reads it as several.",
                column=name,
                why="A hyphen means minus in a formula, and a space ends a name.",
                fix=f"Put backticks round it: `{name}`.",
            )
        )
    return problems


def not_of_this_language(formula: str) -> list[Problem]:
    """What other programs write in a formula, and what would be read as something else."""
    return _bars(formula) or _powers(formula) or _other_words(formula)


def _powers(formula: str) -> list[Problem]:
    """A power of one column, which the language of formulas reads as the column itself."""
    outside, before = formula, ""
    while outside != before:
        before, outside = outside, IN_A_CALL.sub(" ", outside)
    found = POWER.search(outside)
    if not found:
        return []
    name, power = found[1], found[2]
    return [
        Problem(
            "SB-MODEL-40",
            "stop",
            f"{found[0]!r} is no power of {name.strip('`')!r} in a formula, but {name.strip('`')!r} itself.",
            why="There, ** and ^ say up to how many terms of a bracket are multiplied with one another; the curve "
            "would be left out of the model without a word.",
            fix=f"I({name}**{power})",
        )
    ]


def _other_words(formula: str) -> list[Problem]:
    """Words with which survival models of R say in the formula what is an argument here."""
    found = OTHER_WORDS.search(formula)
    if not found:
        return []
    word, column = found[1], found[2].strip()
    return [
        Problem(
            "SB-MODEL-40",
            "stop",
            f"{word}(...) stands in the formula.",
            why="Here it is an argument of its own, not a part of the formula.",
            fix=f"fit_disruption(..., {word}={column!r})",
        )
    ]


def _bars(formula: str) -> list[Problem]:
    if "|" not in formula:
        return []
    return [
        Problem(
            "SB-MODEL-40",
            "stop",
            "The formula has a bar '|' in it.",
            why="Here the random part is an argument of its own, not a part of the formula.",
            fix="(years | child) is written random='years', group='child'; in fit_disruption (1 | carer) is "
            "frailty='carer'.",
        )
    ]
