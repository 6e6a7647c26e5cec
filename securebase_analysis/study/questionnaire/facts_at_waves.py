"""When and by whom each wave of a wide file was answered: columns such as ``date_T1`` and ``informant_T2``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from securebase_analysis.errors import Problem
from securebase_analysis.readers.cells import to_date
from securebase_analysis.readers.date_orders import DateOrder
from securebase_analysis.readers.questionnaires import Export
from securebase_analysis.study.codebook import Codebook
from securebase_analysis.study.columns import clean_ids
from securebase_analysis.study.questionnaire.item_names import match_names
from securebase_analysis.study.questionnaire.waves_of_marks import wave_words, with_waves
from securebase_analysis.study.schema import DATE, INFORMANT

NAMES = {
    **dict.fromkeys(("date", *DATE.aliases), "date"),
    **dict.fromkeys(("informant", *INFORMANT.aliases), "informant"),
}


def facts_at_waves(
    export: Export,
    left: Sequence[str],
    known: Sequence[int],
    waves: Mapping[str, int] | None,
    codebook: Codebook | None,
) -> dict[int, dict[str, str]]:
    """The columns that say when, or by whom, a wave was answered.

    Parameters
    ----------
    export : Export
        The file.
    left : sequence of str
        Columns that are nothing else.
    known : sequence of int
        The waves at which the file has items.
    waves, codebook
        What the mark of a wave in a name means.

    Returns
    -------
    dict
        Wave to ``{"date": column, "informant": column}``; a fact that two columns of a wave tell is in none.
    """
    found = match_names(left, list(NAMES), wave_words=wave_words(waves, codebook), suggest=False)
    found, _ = with_waves(found[found["mark"] != ""], waves, codebook, export.name)
    found = found[found["wave"].isin(known)].assign(fact=lambda rows: rows["item"].map(NAMES))
    found = found[~found.duplicated(["fact", "wave"], keep=False)]
    facts: dict[int, dict[str, str]] = {}
    for row in found.itertuples():
        facts.setdefault(int(row.wave), {})[row.fact] = row.column
    return facts


def respondents_at_waves(
    export: Export, who: pd.DataFrame, facts: Mapping[int, Mapping[str, str]], date_order: DateOrder | None
) -> tuple[dict[int, pd.DataFrame], list[Problem]]:
    """Who answered each wave, with its own date and informant where the file has columns for them.

    Parameters
    ----------
    export : Export
        The file.
    who : pandas.DataFrame
        Who answered each row.
    facts : mapping
        As `facts_at_waves` gives it.
    date_order : {"ymd", "dmy", "mdy"}, optional
        Of dates such as 03/04/2021.

    Returns
    -------
    at_waves : dict of int to pandas.DataFrame
        As `who`, for the waves that have facts of their own.
    problems : list of Problem
        Those of `to_date`.
    """
    at_waves, problems = {}, []
    for wave, columns in facts.items():
        own = who
        if "informant" in columns:
            own = own.assign(informant=clean_ids(export.frame[columns["informant"]]))
        if "date" in columns:
            dates, found = to_date(
                export.frame[columns["date"]],
                table=export.name,
                date_order=date_order,
                date_system=export.date_system,
            )
            own = own.assign(date=dates)
            problems += found
        at_waves[wave] = own
    return at_waves, problems
