"""The codebook of a project as a table: one name for each code, its parent, its path."""

from __future__ import annotations

import pandas as pd

from securebase_analysis.errors import Problem, rows_where
from securebase_analysis.readers.interviews.records import CodeRecord, Records, stable_guid
from securebase_analysis.readers.interviews.unique_names import made_unique
from securebase_analysis.results.wording import count as n_of

CODE_COLUMNS = ("code", "parent", "path", "guid", "description", "color", "is_codable")
PATH_SEPARATOR = " > "
DEEPEST_TREE = 100


def code_table(
    records: Records, separator: str | None, problems: list[Problem]
) -> tuple[pd.DataFrame, dict[str, str]]:
    """The codes of a project, and the name of each by its identifier.

    Codes that stand for a case (the same identifier) are left out: they say who speaks, not what is said.
    With a `separator`, flat names such as ``Coke::diet`` become a tree.
    """
    _refuse_repeated(records.codes, problems)
    cases = {case.guid for case in records.cases if case.guid}
    codes = [code for code in records.codes if code.guid not in cases]
    _note_cases(len(records.codes) - len(codes), problems)
    if separator:
        codes = _as_tree(codes, separator)
    codes = _parents_first(codes)
    paths = _paths(codes, problems)
    names = _names(codes, paths, problems)
    _note_lookalikes(paths, problems)
    by_guid = dict(zip((code.guid for code in codes), names, strict=True))
    frame = pd.DataFrame(
        {
            "code": names,
            "parent": [by_guid.get(code.parent or "") for code in codes],
            "path": paths,
            "guid": [code.guid for code in codes],
            "description": [code.description for code in codes],
            "color": [code.color for code in codes],
            "is_codable": [code.is_codable for code in codes],
        },
        columns=CODE_COLUMNS,
    )
    words = {column: "str" for column in CODE_COLUMNS if column != "is_codable"}
    return frame.astype({**words, "is_codable": "bool"}), by_guid


def _refuse_repeated(codes: list[CodeRecord], problems: list[Problem]) -> None:
    """Refuse a codebook in which one identifier means two codes."""
    is_repeated = pd.Series([code.guid for code in codes], dtype="str").duplicated()
    repeated = [row for row, again in enumerate(is_repeated, start=1) if again]
    if repeated:
        problems.append(
            Problem(
                "SB-FILE-39",
                "stop",
                f"{n_of(len(repeated), 'code has', 'codes have')} the identifier of an earlier code.",
                table="codes of the file",
                column="guid",
                rows=repeated,
                why="Their segments could not be told apart.",
                done="Refused.",
                fix="Export the project again.",
            )
        )


def _note_cases(n_cases: int, problems: list[Problem]) -> None:
    """Say how many codes were cases."""
    if n_cases:
        problems.append(
            Problem(
                "SB-CODE-62",
                "note",
                f"{n_of(n_cases, 'code of the file is a case', 'codes of the file are cases')} (the same "
                "identifier).",
                table="codes",
                why="They mark whose words a passage is, not what it says.",
                done="They are left out of the codes and segments; the sources they mark are listed under cases.",
            )
        )


def _as_tree(codes: list[CodeRecord], separator: str) -> list[CodeRecord]:
    """Flat names cut at the separator; parents that no code stands for are added as not codable."""
    top = {code.name: code.guid for code in codes if code.parent is None}
    grown: list[CodeRecord] = []
    for code in codes:
        parts = [part.strip() for part in code.name.split(separator)]
        if code.parent is not None or len(parts) == 1 or not all(parts):
            grown.append(code)
            continue
        parent: str | None = None
        for depth in range(1, len(parts)):
            name = separator.join(parts[:depth])
            if name not in top:
                top[name] = stable_guid("parent of codes", name)
                grown.append(CodeRecord(top[name], parts[depth - 1], parent, is_codable=False))
            parent = top[name]
        grown.append(code._replace(name=parts[-1], parent=parent))
    return grown


def _parents_first(codes: list[CodeRecord]) -> list[CodeRecord]:
    """Every code after its parent; one whose parent is unknown, or is below itself, stands at the top."""
    known = {code.guid for code in codes}
    below: dict[str | None, list[CodeRecord]] = {}
    for code in codes:
        below.setdefault(code.parent if code.parent in known else None, []).append(code)
    ordered: list[CodeRecord] = []
    reached: set[str] = set()
    for root in [*below.get(None, []), *codes]:
        waiting = [] if root.guid in reached else [root._replace(parent=None)]
        while waiting:
            code = waiting.pop()
            if code.guid not in reached:
                reached.add(code.guid)
                ordered.append(code)
                waiting += reversed(below.get(code.guid, []))
    return ordered


def _paths(codes: list[CodeRecord], problems: list[Problem]) -> list[str]:
    """From the top of the tree down to each code; parents stand before their children."""
    names: dict[str, tuple[str, ...]] = {}
    for code in codes:
        names[code.guid] = (*names.get(code.parent or "", ()), code.name)[:DEEPEST_TREE]
    if any(len(path) == DEEPEST_TREE for path in names.values()):
        problems.append(_too_deep())
    return [PATH_SEPARATOR.join(names[code.guid]) for code in codes]


def _note_lookalikes(paths: list[str], problems: list[Problem]) -> None:
    """Warn of codes whose paths differ by case or spaces only; a plus or minus in a name may be meant."""
    folded = pd.Series(["".join(path.split()).casefold() for path in paths], dtype="str")
    alike = folded.duplicated(keep=False) & ~pd.Series(paths, dtype="str").duplicated(keep=False)
    if alike.any():
        problems.append(
            Problem(
                "SB-CODE-67",
                "warn",
                f"{int(alike.sum())} codes have names that differ from another's by case or spaces only.",
                table="codes",
                column="code",
                rows=rows_where(alike.to_numpy()),
                why="If they are one code, its segments are counted apart.",
                done="Kept as they are.",
                fix="Give both one name in the coding program, or in the table, and read it again.",
            )
        )


def _too_deep() -> Problem:
    return Problem(
        "SB-CODE-63",
        "stop",
        f"The codes are nested {DEEPEST_TREE} levels deep or more.",
        table="codes of the file",
        why="No person made such a tree; it can fill the memory.",
        done="Refused.",
        fix="Export the project again from the program that holds it.",
    )


def _names(codes: list[CodeRecord], paths: list[str], problems: list[Problem]) -> list[str]:
    """The name where it is the only one, else the path, else the path with a number."""
    plain = [code.name for code in codes]
    counts = pd.Series(plain, dtype="str").value_counts()
    chosen = [path if counts[name] > 1 else name for name, path in zip(plain, paths, strict=True)]
    names, _ = made_unique(chosen)
    changed = [row for row, (name, was) in enumerate(zip(names, plain, strict=True), start=1) if name != was]
    if changed:
        problems.append(
            Problem(
                "SB-FILE-47",
                "note",
                f"{n_of(len(changed), 'code shares its name', 'codes share their name')} with another code of "
                "the tree.",
                table="codes",
                column="code",
                rows=changed,
                why="Their segments would be counted together.",
                done="They are called by their path, from the top of the tree.",
            )
        )
    return names
