"""The items of a file that comes without a codebook: its columns, or what stands in them once for each wave."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

from securebase_analysis.errors import Problem
from securebase_analysis.study.questionnaire.item_names import listed
from securebase_analysis.study.questionnaire.waves_in_names import GAP, WAVE_WORDS, Cut, cuts
from securebase_analysis.study.questionnaire.waves_of_marks import UNMARKED, wave_words

WORD = rf"(?:{'|'.join(WAVE_WORDS)}){GAP}?\d+"
SET_APART = re.compile(rf".*{GAP}{WORD}|.*[\[(]{WORD}[\])]|{WORD}{GAP}.*", re.IGNORECASE)
"""A mark with a sign between it and the name: ``act1, act2`` are two questions, ``act_t1, act_t2`` two waves."""


def items_of_file(
    names: Sequence[str], waves: Mapping[str, int] | None = None, table: str = ""
) -> tuple[list[str], list[Problem]]:
    """What the columns ask, each once.

    Parameters
    ----------
    names : sequence of str
        Columns that hold numbers.
    waves : mapping of str to int, optional
        What a mark means; ``""`` stands for columns without one.
    table : str
        The file, for messages.

    Returns
    -------
    items : list of str
        What is named at two waves or more, without the mark of the wave, and the other columns with a mark. Every
        column under its own name where nothing is named at two waves.
    problems : list of Problem
        SB-ITEM-45 (note): columns without a mark beside such with one.

    Notes
    -----
    A number alone is no mark here, as ``q_1, q_2`` are nearly always two questions. A codebook is better.

    Examples
    --------
    >>> items_of_file(["sdq_T1", "sdq_T2", "age"])[0], items_of_file(["act1", "act2", "q_1", "q_2"])[0]
    (['sdq'], ['act1', 'act2', 'q_1', 'q_2'])
    """
    words = wave_words(waves, None)
    first = {name: cut for name in names if (cut := _cut(name, words)) is not None}
    marks: dict[tuple[str, str], set[str]] = defaultdict(set)
    for cut in first.values():
        marks[cut.manner, cut.stem.casefold()].add(cut.mark.casefold())
    at_waves = {name: cut.stem for name, cut in first.items() if len(marks[cut.manner, cut.stem.casefold()]) > 1}
    if not at_waves:
        return list(names), []
    spelled: dict[str, str] = {}
    for stem in at_waves.values():
        spelled.setdefault(stem.casefold(), stem)
    bare = [] if UNMARKED in (waves or {}) else [name for name in names if name not in at_waves]
    items = [
        spelled[at_waves[name].casefold()] if name in at_waves else name for name in names if name not in bare
    ]
    return list(dict.fromkeys(items)), [_of_no_wave(bare, table)] if bare else []


def _of_no_wave(bare: Sequence[str], table: str) -> Problem:
    """SB-ITEM-45: columns without a wave in a file whose other columns name one."""
    n_columns = f"{len(bare)} {'column does' if len(bare) == 1 else 'columns do'}"
    return Problem(
        "SB-ITEM-45",
        "note",
        f"{n_columns} not stand in the file once for each wave: {listed(bare)}.",
        table=table,
        why="Without a codebook nobody says whether they are answers, and of which wave.",
        done="They were not read.",
        fix='waves={"": 1, "T1": 1, ...} if columns without a mark are of wave 1; or give a codebook.',
    )


def _cut(name: str, words: Collection[str]) -> Cut | None:
    """The reading of a name as something at a wave, where its mark has a word and is set apart."""
    options = (cut for cut in cuts(name, words) if cut.number is None or SET_APART.fullmatch(name))
    return next((cut for cut in options if cut.manner not in ("behind", "before")), None)
