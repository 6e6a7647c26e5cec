"""The warnings that data carry, as one note under every answer made from them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from securebase_analysis.errors import Problem


def warnings_of(data: Any) -> tuple[Problem, ...]:
    """What was warned of when `data` (a study, a file, or scores of them) were read and scored."""
    kept = [getattr(data, name, ()) for name in ("told_before", "problems", "assumptions")]
    told = [problem for problems in kept if isinstance(problems, tuple) for problem in problems]
    return tuple(dict.fromkeys(problem for problem in told if problem.severity == "warn"))


def note_of_warnings(problems: Sequence[Problem], said: Sequence[str] = ()) -> tuple[str, ...]:
    """Warnings in one note, the first of each code in full; those that stand in `said` are not said again.

    Examples
    --------
    >>> alike = [Problem("SB-ITEM-15", "warn", f"Another carer at wave {wave}.") for wave in (2, 3)]
    >>> note_of_warnings(alike)
    ('Of the data: Another carer at wave 2 (SB-ITEM-15, and 1 more of this kind).',)
    """
    by_code: dict[str, list[str]] = {}
    for problem in problems:
        if problem.sentence not in said:
            by_code.setdefault(problem.code, []).append(problem.what.rstrip("."))
    parts = [
        f"{told[0]} ({code}{f', and {len(told) - 1} more of this kind' if len(told) > 1 else ''})"
        for code, told in by_code.items()
    ]
    return (f"Of the data: {'. '.join(parts)}.",) if parts else ()
