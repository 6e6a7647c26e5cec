"""`read_questionnaire`: a survey program's file to the answers of children at waves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from securebase_analysis.errors import Problem, raise_if_stopped
from securebase_analysis.readers.date_orders import DateOrder
from securebase_analysis.readers.questionnaires import Export, Program, read_export
from securebase_analysis.readers.questionnaires.assumed_cells import may_be_ids, with_sample_cells
from securebase_analysis.study.codebook import Codebook
from securebase_analysis.study.codebook_columns import ALL_INSTRUMENTS
from securebase_analysis.study.codebook_files import read_codebook
from securebase_analysis.study.questionnaire.columns_of_answers import DROPPED_COLUMNS, WHO
from securebase_analysis.study.questionnaire.dictionaries import check_dictionaries
from securebase_analysis.study.questionnaire.facts_at_waves import facts_at_waves, respondents_at_waves
from securebase_analysis.study.questionnaire.instrument_meant import instrument_meant
from securebase_analysis.study.questionnaire.items_of_file import items_of_file
from securebase_analysis.study.questionnaire.look_alike_ids import look_alike_ids
from securebase_analysis.study.questionnaire.matching import match_items
from securebase_analysis.study.questionnaire.noun import Questionnaire
from securebase_analysis.study.questionnaire.numbers_of_file import codes_among_answers, columns_of_numbers
from securebase_analysis.study.questionnaire.possible_answers import impossible_answers
from securebase_analysis.study.questionnaire.recoded import recoded
from securebase_analysis.study.questionnaire.repeated_answers import repeated_answers
from securebase_analysis.study.questionnaire.respondents import Respondents, respondents
from securebase_analysis.study.questionnaire.wave_names import number_waves, rows_without_wave
from securebase_analysis.study.questionnaire.waves_of_marks import words_without_use
from securebase_analysis.study.questionnaire.wide_answers import wide_answers


def read_questionnaire(
    path: str | Path,
    codebook: Codebook | str | Path | None = None,
    *,
    format: Program | None = None,
    dictionary: str | Path | None = None,
    events: str | Path | None = None,
    instrument: str | None = None,
    items: Mapping[str, str | None] | None = None,
    waves: Mapping[str, int] | None = None,
    recode: Mapping[str, float] | None = None,
    missing_codes: Mapping[str | float, str] | None = None,
    child: str | None = None,
    wave: str | int | None = None,
    informant: str | None = None,
    site: str | None = None,
    date: str | None = None,
    date_order: DateOrder | None = None,
    **reading: Any,
) -> Questionnaire:
    """Read the answers to a questionnaire from the file of a survey program.

    Parameters
    ----------
    path : str or pathlib.Path
        A file of REDCap, Qualtrics, LimeSurvey, SPSS, Stata or Excel, or text of any encoding and separator.
    codebook : Codebook, str or pathlib.Path, optional
        Items, missing codes and waves; without it every column of numbers is an item.
    format : str, optional
        The program, where the content does not tell: redcap, qualtrics, limesurvey, spss, stata, excel, text.
    dictionary, events : str or pathlib.Path, optional
        REDCap's data dictionary and list of events; for LimeSurvey its R syntax file as the dictionary.
    instrument : str, optional
        The questionnaire, where the codebook has several.
    items : mapping of str to str, optional
        Item in the codebook to column in the file, where the names differ; None for an item the file lacks.
    waves : mapping of str to int, optional
        Name of a wave in the file to its number.
    recode : mapping of str or number to number, optional
        Answer in the file to number, for words (``{"not true": 0, ...}``) and for other codes (``{1: 0, 2: 1}``).
    missing_codes : mapping of str or number to str, optional
        Code in the file to why the answer is missing (``{999: "not asked"}``); added to those of the codebook.
    child, wave, informant, site, date : str, optional
        The columns that say whose, when and by whom; a `wave`, `informant` or `site` that is no column holds for
        all rows.
    date_order : {"ymd", "dmy", "mdy"}, optional
        Of dates such as 03/04/2021.
    **reading
        ``sheet``, ``header_rows``, ``encoding``, ``separator``, ``decimal``, ``missing_ranges``, ``keep_rows`` of
        `read_table`; ``personal="drop"`` (the default), ``"keep"`` or ``"ask"`` for columns that say
        who somebody is.

    Returns
    -------
    Questionnaire
        With ``.answers`` (long), ``.wide``, ``.columns``, ``.matched``, ``.dropped``, ``.assumptions`` and
        ``.notes``.

    Raises
    ------
    DataError
        With every problem: no child (SB-ID-40), a wave without a number (SB-WAVE-01), no item (SB-ITEM-12), cells
        that are no answers (SB-FILE-18), answers outside their range (SB-ITEM-04,
        SB-ITEM-05, SB-FILE-16), and what `read_table` raises.
    ModelError
        SB-MODEL-41: `items`, `waves`, `recode` or `missing_codes` of another form.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> file = pathlib.Path(tempfile.mkdtemp()) / "carers.csv"
    >>> _ = file.write_text("child,wave,a1,a2\\nC01,1,0,2\\nC02,1,1,\\n")
    >>> read = read_questionnaire(file)
    >>> read.wide[["child", "a1", "a2"]].values.tolist()
    [['C01', 0.0, 2.0], ['C02', 1.0, nan]]
    """
    check_dictionaries(items=items, waves=waves, recode=recode, missing_codes=missing_codes)
    needed = [str(name) for name in (child, wave, informant, site, date) if name is not None]
    export = read_export(path, format, dictionary=dictionary, events=events, needed=needed, **reading)
    book = codebook if isinstance(codebook, Codebook) or codebook is None else read_codebook(codebook)
    who = respondents(
        export, child=child, wave=wave, informant=informant, site=site, date=date, date_order=date_order
    )
    columns = export.with_role("item", "other")
    chosen, told = ("", []) if book is None else instrument_meant(book, instrument, columns, waves, export.name)
    codes = _reasons_of(book, chosen, missing_codes)
    wanted, unread = _items(book, chosen, export, who, waves, codes, recode or {})
    has_wave = bool(who.frame["wave"].notna().any())
    taken = list(who.used.values())
    matched, found = match_items(export, wanted, items or {}, taken, waves, book, has_wave)
    asked = matched[matched["item"] != ""]
    items_read = list(dict.fromkeys(asked["item"]))
    numbers, unnumbered = number_waves(who.frame["wave"], waves, book, export.name, who.used.get("wave", "wave"))
    raise_if_stopped([*export.assumptions, *unread, *who.problems, *found, *unnumbered])
    unnumbered += words_without_use(waves, who.frame["wave"].dropna().unique(), asked, export.name)
    whose = who.frame.assign(wave=numbers)
    export, changed = recoded(export, list(asked["column"]), recode or {})
    facts = facts_at_waves(export, _left(export, matched, who), list(asked["wave"].dropna()), waves, book)
    whose_at, undated = respondents_at_waves(export, whose, facts, date_order)
    wide, reasons, wrong = wide_answers(export, whose, asked, codes, whose_at)
    wrong += changed + rows_without_wave(wide, export.name)
    wrong += (
        codes_among_answers(wide, items_read, export.name)
        if book is None
        else impossible_answers(wide, book, chosen, export.name)
    )
    wrong += repeated_answers(wide, items_read, export.name)
    wrong += look_alike_ids(wide, export.name)
    problems = (*export.assumptions, *told, *unread, *who.problems, *found, *unnumbered, *undated, *wrong)
    raise_if_stopped(problems)
    used = [*who.used.values(), *(column for columns in facts.values() for column in columns.values())]
    answers = [name for name in asked["column"] if book is not None or not may_be_ids(export.frame[name])]
    shown = {*answers, *(who.used[name] for name in ("wave", "date") if name in who.used)}
    return Questionnaire(
        wide=wide,
        reasons=reasons,
        columns=export.columns,
        matched=matched,
        dropped=pd.concat([_dropped(export, matched, used), _rows_left_out(export, wide)], ignore_index=True),
        instrument=chosen,
        program=export.program,
        name=export.name,
        assumptions=with_sample_cells(problems, export.frame, shown),
    )


def _items(
    book: Codebook | None,
    instrument: str,
    export: Export,
    who: Respondents,
    waves: Mapping[str, int] | None,
    codes: Mapping[str, str],
    recode: Mapping[str, float],
) -> tuple[list[str], list[Problem]]:
    """The items of the questionnaire; without a codebook what the columns that hold numbers ask."""
    if book is not None:
        return list(dict.fromkeys(book.items_of(instrument)["item"])), []
    candidates = [name for name in export.with_role("item") if name not in (*who.used.values(), *WHO, "row")]
    names, told = columns_of_numbers(recoded(export, candidates, recode)[0], candidates, codes)
    items, bare = (names, []) if "wave" in who.used else items_of_file(names, waves, export.name)
    return items, [*told, *bare]


def _reasons_of(
    book: Codebook | None, instrument: str, missing_codes: Mapping[str | float, str] | None
) -> dict[str, str]:
    """Why answers with these codes are missing, as the codebook and the caller say; the caller goes first."""
    said = {str(code): str(reason) for code, reason in (missing_codes or {}).items()}
    if book is None:
        return said
    declared = book.missing_codes[book.missing_codes["instrument"].isin([instrument, ALL_INSTRUMENTS])]
    return {**said, **{c: reason for c, reason in zip(declared["code"], declared["reason"]) if c not in said}}


def _left(export: Export, matched: pd.DataFrame, who: Respondents) -> list[str]:
    """The columns that are neither an item nor say who answered."""
    taken = {*matched.loc[matched["item"] != "", "column"], *who.used.values()}
    return [name for name in export.with_role("item", "other", "date") if name not in taken]


def _rows_left_out(export: Export, wide: pd.DataFrame) -> pd.DataFrame:
    """The rows of the file that became no row, and why."""
    n = len(export.frame)
    rows = np.setdiff1d(np.arange(1, n + 1), wide["row"].to_numpy(dtype=np.int64))
    said = dict(zip(export.left_out["row"], export.left_out["reason"]))
    reasons = [said.get(int(row), "no item was asked or filled in") for row in rows]
    left = pd.DataFrame({"what": "row", "name": "", "row": rows, "reason": reasons}, columns=list(DROPPED_COLUMNS))
    return left.astype({"what": "str", "name": "str", "row": "Int64", "reason": "str"})


def _dropped(export: Export, matched: pd.DataFrame, used: Sequence[str]) -> pd.DataFrame:
    """The columns that were not read, and why."""
    kept = {*matched.loc[matched["item"] != "", "column"], *used}
    why = {"personal": "names or finds a person", "paradata": "about the answering, not an answer"}
    records = [
        ("column", column, pd.NA, why.get(role, "no item of the questionnaire"))
        for column, role in zip(export.columns["column"], export.columns["role"])
        if column not in kept
    ]
    return pd.DataFrame(records, columns=list(DROPPED_COLUMNS)).astype({"row": "Int64"})
