"""Every message has a code, and a code means one thing.

Codes up to the end of the catalogue of bad input belong to one case of it and may be told at several doors. Every
other code belongs to one room of the house, unless the same case is met in several rooms; those stand in `SHARED`.
"""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "securebase_analysis"
CODE = re.compile(r"SB-([A-Z]+)-(\d{2,3})")
CASES = {"FILE": 21, "ID": 10, "WAVE": 13, "PLACE": 17, "ITEM": 17, "CODE": 21, "MODEL": 18, "OUT": 18}
"""How many cases of the catalogue each family holds."""
OWN_FAMILIES = ("BOOK", "EVENT", "SEM", "STUDY")
SHARED = {
    "SB-FILE-35": "XML that declares a document type",
    "SB-FILE-68": "bytes that no text has",
    "SB-FILE-69": "more than memory should hold",
    "SB-ITEM-50": "nothing to score or to assess",
    "SB-ITEM-70": "none of many answers is the lowest that there is",
    "SB-MODEL-30": "an option that is not one of the words or numbers allowed",
    "SB-MODEL-41": "what was given is not of the kind that is needed",
    "SB-PLACE-30": "a placement without a start",
    "SB-WAVE-30": "rows without a wave",
}
"""Codes beyond the catalogue that are told in several rooms, each with its one meaning."""


def literals(tree: ast.AST) -> list[str]:
    """Codes that a module tells; those it only compares with another message are somebody else's."""
    compared = {id(part) for node in ast.walk(tree) if isinstance(node, ast.Compare) for part in ast.walk(node)}
    texts = [node for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    return [node.value for node in texts if CODE.fullmatch(node.value) and id(node) not in compared]


def room_of(file: Path) -> str:
    """The folder of a module; modules of one folder share their codes."""
    return str(file.relative_to(PACKAGE).parent)


@pytest.fixture(scope="module")
def told() -> dict[str, set[str]]:
    """Code to the rooms that tell it."""
    rooms: dict[str, set[str]] = defaultdict(set)
    for file in sorted(PACKAGE.rglob("*.py")):
        for code in literals(ast.parse(file.read_text(encoding="utf-8"))):
            rooms[code].add(room_of(file))
    return dict(rooms)


def is_of_the_catalogue(code: str) -> bool:
    family, number = CODE.fullmatch(code).groups()
    return family in CASES and int(number) <= CASES[family]


def test_codes_are_found(told):
    assert len(told) > 150
    assert {"SB-ID-02", "SB-WAVE-01", "SB-ITEM-04", "SB-CODE-08"} <= set(told)


def test_every_code_is_of_a_known_family_and_in_its_range(told):
    for code in told:
        family, number = CODE.fullmatch(code).groups()
        assert family in OWN_FAMILIES or family in CASES, code
        assert family in OWN_FAMILIES or int(number) <= CASES[family] or int(number) >= 30, code


def test_a_code_beyond_the_catalogue_is_told_in_one_room(told):
    several = {
        code: sorted(rooms)
        for code, rooms in told.items()
        if len(rooms) > 1 and not is_of_the_catalogue(code) and code not in SHARED
    }
    assert several == {}


def test_what_is_said_to_be_shared_is_shared(told):
    assert [code for code in SHARED if len(told.get(code, ())) < 2] == []


def test_every_problem_names_its_code_as_a_word():
    """A code put together at run time could not be found here, nor by a reader of the code."""
    for file in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            is_problem = isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Problem"
            if is_problem and node.args:
                assert not isinstance(node.args[0], ast.JoinedStr | ast.BinOp), f"{file.name}:{node.lineno}"
