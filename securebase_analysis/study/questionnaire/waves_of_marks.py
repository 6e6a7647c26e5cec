"""The marks of waves in the names of columns, such as ``T2`` or ``baseline``, as numbers of waves."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

import pandas as pd

from securebase_analysis.errors import Problem
from securebase_analysis.results.wording import count as n_of
from securebase_analysis.study.codebook import Codebook
from securebase_analysis.study.codebook_rules import plain_name
from securebase_analysis.study.questionnaire.item_names import listed
from securebase_analysis.study.questionnaire.waves_in_names import GAP, WAVE_WORDS

UNMARKED = ""
"""In a dictionary of waves: the columns whose name bears no mark."""
EXAMPLES = 3
NUMBERED = re.compile(rf"(?:{'|'.join(WAVE_WORDS)})?{GAP}?\d+", re.IGNORECASE)
"""Names that are found by their number."""


def wave_words(waves: Mapping[str, int] | None, codebook: Codebook | None) -> list[str]:
    """The names of waves in words, in lower case, as in ``sdq_baseline``, ``sdq_year_1``; not ``T1`` or ``2``."""
    names = [str(name) for name in waves or {}]
    if codebook is not None:
        names += [str(name) for row in codebook.waves.itertuples() for name in (row.label, *row.aliases)]
    plain = dict.fromkeys(plain_name(name) for name in names)
    return [name for name in plain if name and not NUMBERED.fullmatch(name)]


def run_together(name: object) -> str:
    """A name of a wave without blanks, points, hyphens and underscores, but for those between two numbers.

    Examples
    --------
    >>> run_together("Follow-up"), run_together("year_1"), run_together("1.2")
    ('followup', 'year1', '1.2')
    """
    return re.sub(rf"{GAP}+(?!\d)|(?<!\d){GAP}+", "", plain_name(name))


def with_waves(
    matched: pd.DataFrame,
    waves: Mapping[str, int] | None,
    codebook: Codebook | None,
    table: str,
    has_wave: bool = False,
) -> tuple[pd.DataFrame, list[Problem]]:
    """Give each item's column the number of its wave.

    Parameters
    ----------
    matched : pandas.DataFrame
        As `match_names` gives it.
    waves : mapping of str to int, optional
        What a mark means, such as ``{"T1": 1, "baseline": 1}``; ``""`` stands for columns without a mark.
    codebook : Codebook, optional
        Its names of waves are known too.
    table : str
        The file, for messages.
    has_wave : bool
        Whether the rows say their wave, which then holds for columns without a mark.

    Returns
    -------
    matched : pandas.DataFrame
        With ``wave``: a number, missing where the name bears no mark; in a long file no name does.
    problems : list of Problem
        SB-WAVE-02 (note: the waves found; stop: items with and without a mark), SB-WAVE-01 (stop: marks that name
        no wave), SB-ITEM-40 (stop: two columns for one item at one wave).
    """
    is_item = (matched["item"] != "").to_numpy()
    marked = is_item & (matched["mark"] != "").to_numpy()
    of_mark = {
        mark: _wave_of(mark, number, waves, codebook)
        for mark, number in matched.loc[marked, ["mark", "number"]].itertuples(index=False)
    }
    unmarked = _wave_of(UNMARKED, None, waves, None)
    numbers = [of_mark.get(mark, unmarked) for mark in matched["mark"]]
    found = matched.assign(wave=pd.Series(numbers, index=matched.index, dtype="Int64").where(is_item))
    problems = _unknown_marks(found[marked], codebook, table)
    if marked.any() and unmarked is None and not has_wave and not marked[is_item].all():
        problems.append(_some_without_mark(found[is_item & ~marked], found[marked], table))
    problems += claimed_twice(found[is_item], table)
    if marked.any() and not problems:
        problems = [_waves_found(found[is_item], table, has_wave and bool(marked[is_item].all()))]
    return found, problems


def _wave_of(
    mark: str, number: int | None, waves: Mapping[str, int] | None, codebook: Codebook | None
) -> int | None:
    """The wave of a mark: as the dictionary or the codebook says; its number where neither lists any."""
    said = {run_together(name): int(wave) for name, wave in (waves or {}).items()}
    names = [run_together(mark), *([] if number is None else [str(number)])]
    for name in names:
        if name in said:
            return said[name]
    if not mark:
        return None
    if codebook is not None and len(codebook.waves):
        listed_waves = {
            run_together(name): int(row.wave)
            for row in codebook.waves.itertuples()
            for name in (row.wave, row.label, *row.aliases)
        }
        return next((listed_waves[name] for name in names if name in listed_waves), None)
    return None if any(said) else number


def claimed_twice(found: pd.DataFrame, table: str) -> list[Problem]:
    """SB-ITEM-40: columns that are the same item at the same wave."""
    twins = found[found.duplicated(["item", "wave"], keep=False)]
    problems = []
    for (item, _), rows in twins.groupby(["item", "wave"], sort=False, dropna=False):
        names = list(rows["column"])
        is_marked = bool((rows["mark"] != "").any())
        problems.append(
            Problem(
                "SB-ITEM-40",
                "stop",
                f"{len(names)} columns are read as the item {item} of one wave: {listed(names)}.",
                table=table,
                column=str(item),
                why="Whichever is taken, the other answers would be lost without a word.",
                done="None was chosen.",
                fix="Rename or delete all but one of them."
                if is_marked
                else f"items={{{item!r}: {names[0]!r}}} reads that one; or name another of them.",
            )
        )
    return problems


def _unknown_marks(marked: pd.DataFrame, codebook: Codebook | None, table: str) -> list[Problem]:
    """SB-WAVE-01: marks of which neither the dictionary nor the codebook says which wave they are."""
    unknown = marked[marked["wave"].isna()]
    if unknown.empty:
        return []
    marks = list(dict.fromkeys(unknown["mark"]))
    known = "" if codebook is None else f"; the codebook has the waves {listed(list(codebook.waves['wave']))}"
    lines = ", ".join(f"{mark!r}: {number or 1}" for mark, number in _first_of_each(unknown)[:EXAMPLES])
    return [
        Problem(
            "SB-WAVE-01",
            "stop",
            f"The {'name' if len(unknown) == 1 else 'names'} of {n_of(len(unknown), 'column')} "
            f"{'bears' if len(unknown) == 1 else 'bear'} the mark of an unknown wave: {listed(marks)}{known}.",
            table=table,
            column=listed(list(unknown["column"])),
            why="Rows of one wave under two names are never joined.",
            done="Nothing was guessed.",
            fix=f"waves={{{lines}}}, or add the names to the waves of the codebook.",
        )
    ]


def _first_of_each(rows: pd.DataFrame) -> list[tuple[str, int | None]]:
    """Each mark once, with its number."""
    pairs = rows[["mark", "number"]].drop_duplicates("mark").itertuples(index=False)
    return [(str(mark), None if pd.isna(number) else int(number)) for mark, number in pairs]


def _some_without_mark(bare: pd.DataFrame, marked: pd.DataFrame, table: str) -> Problem:
    """SB-WAVE-02: items with a mark in one part of the file and without it in another."""
    names, bare_names = list(marked["column"]), list(bare["column"])
    others = ", ".join(
        f"{mark!r}: {place if number is None else number}"
        for place, (mark, number) in enumerate(_first_of_each(marked), start=2)
    )
    return Problem(
        "SB-WAVE-02",
        "stop",
        f"{n_of(len(marked), 'column of an item names', 'columns of items name')} a wave "
        f"({listed(names)}) and {n_of(len(bare), 'does', 'do')} not ({listed(bare_names)}).",
        table=table,
        column=listed(bare_names),
        why="Answers of which nobody says when they were given would count for a wave by chance.",
        done="No wave was made up for them.",
        fix=f"waves={{'': 1, {others}}} says that columns without a mark are wave 1; or rename the columns.",
    )


def _waves_found(found: pd.DataFrame, table: str, rows_say_another: bool) -> Problem:
    """SB-WAVE-02: the waves that the names of columns tell, one example of each."""
    first = found.sort_values("wave", kind="stable").drop_duplicates("wave")
    pairs = ", ".join(f"{name} is wave {wave}" for name, wave in zip(first["column"], first["wave"]))
    return Problem(
        "SB-WAVE-02",
        "warn" if rows_say_another else "note",
        f"The names of columns tell {n_of(len(first), 'wave')}: {pairs}.",
        table=table,
        why="The rows say a wave too, which may be another." if rows_say_another else "",
        done="One row for each child and wave with any cell filled in."
        + " The waves that the rows say were not used." * rows_say_another,
    )


def words_without_use(
    waves: Mapping[str, int] | None, rows: Iterable[object], matched: pd.DataFrame, table: str
) -> list[Problem]:
    """SB-WAVE-36 (warn): names of waves were given, and neither a row nor the name of a column has any of them.

    Parameters
    ----------
    waves : mapping of str to int, optional
        As the caller gave them.
    rows : iterable
        The waves that stand in the rows.
    matched : pandas.DataFrame
        With ``wave``, as `with_waves` gives it.
    table : str
        For messages.
    """
    said = {run_together(name) for name in waves or {}}
    if not said or matched["wave"].notna().any() or said & {run_together(name) for name in rows}:
        return []
    return [
        Problem(
            "SB-WAVE-36",
            "warn",
            f"No row and no item's column bears a name that waves gives: {listed(list(waves or {}))}.",
            table=table,
            why="The answers are then of no wave, or of another one.",
            done="waves was not used.",
            fix="wave='the column with the waves', or waves={'the name as it stands in the file': 1}.",
        )
    ]
