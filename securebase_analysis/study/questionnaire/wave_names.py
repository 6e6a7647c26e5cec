"""The waves of a questionnaire file in the numbers of the study."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pandas as pd

from securebase_analysis.errors import Problem, nearest
from securebase_analysis.results.wording import count as n_of
from securebase_analysis.study.codebook import Codebook
from securebase_analysis.study.codebook_rules import plain_name

MOST_SHOWN = 12


def number_waves(
    given: pd.Series, waves: Mapping[str, int] | None, codebook: Codebook | None, file: str, column: str = "wave"
) -> tuple[pd.Series, list[Problem]]:
    """Give each wave its number.

    Parameters
    ----------
    given : pandas.Series
        Waves as the file has them.
    waves : mapping of str to int, optional
        Name in the file to number.
    codebook : Codebook, optional
        Its waves and their aliases.
    file, column : str
        For messages.

    Returns
    -------
    numbers : pandas.Series
        Int64. As text where neither `waves` nor the codebook numbers any wave.
    problems : list of Problem
        SB-WAVE-01 (stop): a wave that nobody numbers.
    """
    spoken = {plain_name(name): int(number) for name, number in (waves or {}).items()}
    has_book = codebook is not None and len(codebook.waves) > 0
    distinct = given.dropna().unique()
    if not spoken and not has_book:
        if all(str(name).isdigit() for name in distinct):
            return given.astype("Int64"), []
        return given, []
    numbers = {name: spoken.get(plain_name(name)) for name in distinct}
    if codebook is not None:
        numbers = {name: codebook.wave_of(name) if n is None else n for name, n in numbers.items()}
    unknown = [str(name) for name, number in numbers.items() if number is None]
    known = [*(waves or {}), *([] if codebook is None else codebook.waves["label"])]
    problems = [_unknown_wave(given, unknown, known, file, column)] if unknown else []
    return given.map(numbers).astype("Int64"), problems


def _unknown_wave(given: pd.Series, unknown: list[str], known: list[str], file: str, column: str) -> Problem:
    """Waves without a number, with what they may be."""
    listed = ", ".join(repr(name) for name in unknown[:5])
    near = [(name, nearest(name, known)) for name in unknown[:3]]
    guesses = [f"{name!r} is perhaps {guess!r}" for name, guess in near if guess]
    rows = (given.astype(str).isin(unknown).to_numpy().nonzero()[0] + 1).tolist()
    return Problem(
        "SB-WAVE-01",
        "stop",
        f"{listed} {'is no wave' if len(unknown) == 1 else 'are no waves'} of the study"
        + (f" ({'; '.join(guesses)})." if guesses else "."),
        table=file,
        column=column,
        rows=rows,
        why="The answers could not be put in order of time.",
        fix=f"waves={_to_fill_in(unknown)}, or add the name to the aliases of the wave in the codebook.",
    )


def _to_fill_in(names: list[str]) -> str:
    """The dictionary to type: each name with the first number it holds, or its place, to be corrected."""
    numbered = [(re.search(r"\d{1,9}", name), name) for name in names]
    said = all(number for number, _ in numbered)
    order = sorted((int(number.group()), name) for number, name in numbered if number) if said else []
    pairs = order or list(enumerate(names, start=1))
    shown = [f"{name!r}: {number}" for number, name in pairs[:MOST_SHOWN]]
    return "{" + ", ".join(shown + ["..."] * (len(pairs) > MOST_SHOWN)) + "}"


def rows_without_wave(wide: pd.DataFrame, file: str) -> list[Problem]:
    """SB-WAVE-30 (warn): rows without a wave beside others that have one. SB-WAVE-37 (note): none has one."""
    empty = wide["wave"].isna()
    if not empty.any():
        return []
    if empty.all():
        what = "Nothing in the file says of which wave the answers are."
        done = "They stand without a wave."
        return [
            Problem("SB-WAVE-37", "note", what, file, done=done, fix="wave=1 where all are of the first wave.")
        ]
    rows = sorted(set(wide["row"][empty]))
    return [
        Problem(
            "SB-WAVE-30",
            "warn",
            f"{n_of(len(rows), 'row has', 'rows have')} no wave, and others have one.",
            table=file,
            column="wave",
            rows=rows,
            why="Their answers stand at no time, so no model of change uses them.",
            done="Kept without a wave.",
            fix="Write the wave into these rows, or wave='the wave' where all rows are of one.",
        )
    ]
