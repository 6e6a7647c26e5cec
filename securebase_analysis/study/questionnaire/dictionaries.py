"""The dictionaries that may be given beside a questionnaire file, and whether they hold what they should."""

from __future__ import annotations

from collections.abc import Mapping
from numbers import Integral, Real

from securebase_analysis.errors import ModelError, Problem

FORMS: dict[str, tuple[type | tuple[type, ...], str, str]] = {
    "items": ((str, type(None)), "names of columns, or None", "items={'item': 'column in the file'}"),
    "waves": (Integral, "whole numbers", "waves={'name in the file': 1}"),
    "recode": (Real, "numbers", "recode={'answer in the file': 0}"),
    "missing_codes": (str, "words that say why", "missing_codes={999: 'refused'}"),
}
"""What the values of each are, in words, and how it is written."""


def check_dictionaries(**given: object) -> None:
    """Refuse what is no dictionary, or holds other things than asked for.

    Raises
    ------
    ModelError
        SB-MODEL-41, one for each.
    """
    problems = [_other_kind(name, found) for name, found in given.items() if found is not None]
    told = [problem for problem in problems if problem is not None]
    if told:
        raise ModelError(told)


def _other_kind(name: str, given: object) -> Problem | None:
    """What is wrong with one of them."""
    kind, words, example = FORMS[name]
    if not isinstance(given, Mapping):
        what = f"{name} is a {type(given).__name__}, and not a dictionary."
    elif wrong := [value for value in given.values() if isinstance(value, bool) or not isinstance(value, kind)]:
        what = f"{name} leads to a {type(wrong[0]).__name__}; what it leads to are {words}."
    else:
        return None
    return Problem("SB-MODEL-41", "stop", what, why="What is meant by it would have to be guessed.", fix=example)
