"""Long and wide questionnaire files: which columns belong to which wave."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from securebase_analysis.errors import Problem
from securebase_analysis.readers.tables import Table
from securebase_analysis.study.codebook import Codebook
from securebase_analysis.study.study_file import Entry

WAVE_SLOT = "{wave}"
USUAL_SUFFIXES = ("_T{wave}", "_t{wave}", "_W{wave}", "_w{wave}", "_wave{wave}", ".{wave}", "_{wave}")


@dataclass(frozen=True, eq=False)
class Block:
    """The columns of one wave of a wide file, or all columns of a long one.

    Attributes
    ----------
    wave : str or None
        What the suffix says; None in a long file.
    names : dict
        Name without the suffix to the name in the file.
    """

    wave: str | None
    names: dict[str, str]


def blocks_of(
    table: Table, entry: Entry, items: list[str], codebook: Codebook
) -> tuple[list[Block], list[Problem]]:
    """The file as blocks of columns, one for each wave of a wide file.

    Parameters
    ----------
    table : Table
        The file as read.
    entry : Entry
        With ``layout`` and ``wave_suffix``, where they are given.
    items : list of str
        The items of the questionnaire; their names show how a wide file writes its waves.
    codebook : Codebook
        For the names of waves.

    Returns
    -------
    blocks : list of Block
        None when the file cannot be understood.
    problems : list of Problem
        SB-WAVE-02: a note on the waves that were found, or why there are none.
    """
    columns = [str(name) for name in table.frame.columns]
    plain = {name: name for name in columns}
    suffix = entry.get("wave_suffix")
    if entry.get("layout", "wide" if suffix else "long") == "long":
        hint = None if _has_items(columns, entry, items) else _usual_suffix(columns, entry, items)
        return ([Block(None, plain)], []) if hint is None else ([], [_is_wide(entry, hint, columns)])
    suffix = suffix or _usual_suffix(columns, entry, items)
    waves = waves_in_suffix(columns, suffix) if suffix and WAVE_SLOT in suffix else {}
    if suffix is None or not waves:
        return [], [_no_waves_in_names(entry, suffix)]
    at_a_wave = {name for names in waves.values() for name in names.values()}
    constant = {name: name for name in columns if name not in at_a_wave}
    blocks = [Block(_wave_name(wave, suffix, codebook), {**constant, **names}) for wave, names in waves.items()]
    return blocks, [_found_waves(entry, waves)]


def _wave_name(wave: str, suffix: str, codebook: Codebook) -> str:
    """What a suffix calls its wave: T0 where the codebook knows T0, as that may be wave 1; otherwise 0."""
    whole = suffix.replace(WAVE_SLOT, wave).strip("_. -")
    return whole if codebook.wave_of(whole) is not None else wave


def waves_in_suffix(columns: Iterable[str], suffix: str) -> dict[str, dict[str, str]]:
    """For each wave named in the suffix: name without it to the name in the file."""
    before, after = suffix.split(WAVE_SLOT, 1)
    pattern = re.compile(rf"(.+){re.escape(before)}([A-Za-z0-9]+){re.escape(after)}")
    if before.endswith("_") or not before[-1:].isalnum():
        pattern = re.compile(rf"(.+){re.escape(before)}([0-9]+){re.escape(after)}")
    waves: dict[str, dict[str, str]] = {}
    for name in columns:
        found = pattern.fullmatch(name)
        if found:
            waves.setdefault(found[2], {})[found[1]] = name
    return dict(sorted(waves.items(), key=lambda pair: (len(pair[0]), pair[0])))


def _usual_suffix(columns: list[str], entry: Entry, items: list[str]) -> str | None:
    """The usual suffix under which most items are found at two waves or more."""
    wanted = {entry.columns.get(item, item) for item in items}
    best, most = None, 0
    for suffix in USUAL_SUFFIXES:
        waves = waves_in_suffix(columns, suffix)
        n_found = sum(len(wanted & set(names)) for names in waves.values())
        if n_found > most:
            best, most = suffix, n_found
    return best


def _has_items(columns: list[str], entry: Entry, items: list[str]) -> bool:
    """Whether any item stands in the file under its own name."""
    return any(entry.columns.get(item, item) in columns for item in items)


def _found_waves(entry: Entry, waves: Mapping[str, Mapping[str, str]]) -> Problem:
    """The note that says which waves were found in the names of columns."""
    examples = ", ".join(next(iter(names.values())) for names in waves.values())
    return Problem(
        "SB-WAVE-02",
        "note",
        f"Found {examples}: {len(waves)} waves in the names of columns.",
        table=entry.file,
        done=f"Read as waves {', '.join(waves)}, one row for each child and wave with any cell filled in.",
    )


def _no_waves_in_names(entry: Entry, suffix: str | None) -> Problem:
    """The file is said to be wide, and no column ends as it should."""
    ending = f" ending in {suffix!r}" if suffix else ""
    return Problem(
        "SB-WAVE-02",
        "stop",
        f"The file is said to be wide, but has no columns{ending} that name a wave.",
        table=entry.file,
        why="Taken as it is, it would give no row at all.",
        fix='wave_suffix = "_T{wave}", written as the columns end.',
    )


def _is_wide(entry: Entry, suffix: str, columns: list[str]) -> Problem:
    """The file is read as long, but looks wide."""
    names = [next(iter(block.values())) for block in waves_in_suffix(columns, suffix).values()]
    return Problem(
        "SB-WAVE-02",
        "stop",
        f"The items stand in the file once for each wave ({', '.join(names)}), but it is read as a long file.",
        table=entry.file,
        why="No item would be found under its own name.",
        fix=f'layout = "wide"\nwave_suffix = "{suffix}"',
    )
