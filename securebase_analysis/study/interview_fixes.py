"""Fixes of reading interviews as the study file says them: a line under [[interviews]] in place of an argument."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from securebase_analysis.errors import Problem

MAP = re.compile(r"(?:read_interviews\(path, )?columns=(\{[^{}]*\})\)?")
OPTION = re.compile(r"(?:read_interviews\(path, )?\b(offsets|format)=('[^']*')\)?")


def said_as_settings(problem: Problem) -> Problem:
    """A problem whose fix names an argument of `read_interviews`, with the fix as lines of study.toml.

    Examples
    --------
    >>> fix = "columns={'program': 'maxqda', 'decimal': ','}"
    >>> said_as_settings(Problem("SB-FILE-04", "warn", "What.", fix=fix)).fix
    'segment_columns = { program = "maxqda", decimal = "," } under [[interviews]] in study.toml'
    """
    fix = OPTION.sub(_option, MAP.sub(_map, problem.fix))
    if fix == problem.fix:
        return problem
    return replace(problem, fix=fix)


def _map(found: re.Match[str]) -> str:
    """A map of columns as a line of TOML; one that is no plain mapping stays as it is."""
    try:
        given = ast.literal_eval(found[1])
    except (SyntaxError, ValueError):
        return found[0]
    return f"segment_columns = {_inline(given)} under [[interviews]] in study.toml"


def _inline(given: Mapping[str, Any]) -> str:
    """A mapping of words, lists of words and numbers as an inline table."""
    return (
        "{ " + ", ".join(f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in given.items()) + " }"
    )


def _option(found: re.Match[str]) -> str:
    """An option as a line of TOML."""
    return f"{found[1]} = {json.dumps(ast.literal_eval(found[2]))} under [[interviews]] in study.toml"
