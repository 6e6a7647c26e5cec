"""Every door through which a file of a stranger comes in: a function of its path, by name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd

import securebase_analysis as sb
from securebase_analysis.readers.archive import Archive
from securebase_analysis.readers.cells import to_date, to_number, to_whole_number, to_yes_no
from securebase_analysis.readers.delimited import read_delimited
from securebase_analysis.readers.interviews import nvivo_text, qualcoder, refi, taguette
from securebase_analysis.readers.interviews.own_columns import read_column_map
from securebase_analysis.readers.interviews.rich_text import docx_text
from securebase_analysis.readers.questionnaires.limesurvey_syntax import read_syntax
from securebase_analysis.readers.safe_xml import parse_xml, stream_xml
from securebase_analysis.readers.signatures import identify
from securebase_analysis.readers.spss_dictionary import DamagedDictionary, check_dictionary
from securebase_analysis.readers.ssda903.layout import BY_NAME
from securebase_analysis.readers.ssda903.ledger import Ledger
from securebase_analysis.readers.ssda903.separated_text import read_separated
from securebase_analysis.readers.tables import sheet_names
from securebase_analysis.study.privacy.key_file import read_key
from securebase_analysis.study.study_file import read_study_file

ENCODINGS = ("cp1252", "utf-16", "utf-8", "latin-1", "utf-7", "shift_jis", "utf-16-be", "cp037")
SEPARATORS = (None, ";", "\t", ",")
CODEBOOK = sb.make_codebook(
    "Visits",
    "1",
    {
        "waves": [{"wave": 1, "aliases": ["T1"]}, {"wave": 2, "aliases": ["T2"]}],
        "instruments": [{"instrument": "visit", "minimum_answered": 1}],
        "items": [
            {"item": name, "instrument": "visit", "construct": "trust", "low": 0, "high": 2}
            for name in ("a1", "a2")
        ],
        "missing_codes": [{"code": "99", "reason": "refused"}],
    },
)


def read_declared(path: Path) -> object:
    """A table of text with everything declared that can be, each size of file in another way."""
    size = path.stat().st_size
    return sb.read_table(
        path,
        encoding=ENCODINGS[size % len(ENCODINGS)],
        separator=SEPARATORS[size // 8 % len(SEPARATORS)],
        decimal=(None, ",")[size // 32 % 2],
        header_rows=1 + size // 64 % 3,
    )


def read_workbook(path: Path) -> object:
    """The names of the sheets, and the last of them."""
    names = sheet_names(path)
    return sb.read_table(path, sheet=names[-1] if names else None)


def read_own_columns(folder: Path) -> object:
    """A table of coded segments by the map of columns beside it."""
    return sb.read_interviews(folder / "quotes.csv", columns=folder / "columns.toml")


def read_redcap(folder: Path) -> object:
    """REDCap's data with whatever lies beside them."""
    beside = {"dictionary": folder / "dictionary.csv", "events": folder / "events.csv"}
    found = {name: file for name, file in beside.items() if file.is_file()}
    return sb.read_questionnaire(folder / "data.csv", format="redcap", **found)


def read_limesurvey(folder: Path) -> object:
    """LimeSurvey's results with the syntax file, if there is one."""
    syntax = folder / "syntax.R"
    return sb.read_questionnaire(folder / "results.csv", dictionary=syntax if syntax.is_file() else None)


def read_with_codebook(path: Path) -> object:
    """A questionnaire with the codebook, which knows what may be asked."""
    return sb.read_questionnaire(path, CODEBOOK)


def read_cells(path: Path) -> object:
    """The lines of a text as a column of dates, numbers, and yes or no; what does not fit is reported."""
    lines = path.read_bytes().decode("utf-8", "replace").split("\n")
    column = pd.Series([line or None for line in lines[:50]], name="start", dtype="str")
    order = (None, "ymd", "dmy", "mdy")[len(lines) % 4]
    problems = [
        *to_date(column, table="t", date_order=order, date_system=("1900", "1904")[len(lines) % 2])[1],
        *to_number(column, table="t", decimal=(None, ",", ".")[len(lines) % 3])[1],
        *to_whole_number(column, table="t")[1],
        *to_yes_no(column, table="t", yes=(None, 1, "2")[len(lines) % 3])[1],
    ]
    return [str(problem) for problem in problems]


def read_members(path: Path) -> object:
    """Every member of an archive, whole and in pieces."""
    with Archive(path) as archive:
        return [(archive.read(name), sum(map(len, archive.blocks(name)))) for name in archive.names]


def read_tree(path: Path) -> object:
    """XML whole and in pieces, and once more as the document of a Word file."""
    data = path.read_bytes()
    stream_xml((data[at : at + 100] for at in range(0, len(data), 100)), "x", {"Code": lambda element: None})
    return parse_xml(data, "x")


def read_word_document(path: Path) -> object:
    """The words of a Word document."""
    return docx_text(path.read_bytes(), path.name)


def read_dictionary(path: Path) -> object:
    """The head of an SPSS file, as it is looked over before the library sees it."""
    try:
        return check_dictionary(path)
    except DamagedDictionary:
        return None


def read_return(path: Path) -> object:
    """A table of a return cut into cells."""
    ledger = Ledger()
    read_separated(path.read_bytes(), BY_NAME["episodes"], path.name, ledger)
    return [str(problem) for problem in ledger.problems]


DOORS: dict[str, Callable[[Path], object]] = {
    "text_table": sb.read_table,
    "declared_text_table": read_declared,
    "workbook": read_workbook,
    "parquet_file": sb.read_table,
    "spss_file": sb.read_table,
    "stata_file": sb.read_table,
    "refi_project": sb.read_interviews,
    "refi_codebook": sb.read_interviews,
    "taguette_project": sb.read_interviews,
    "qualcoder_project": sb.read_interviews,
    "segment_table": sb.read_interviews,
    "segment_workbook": sb.read_interviews,
    "nvivo_text": sb.read_interviews,
    "nvivo_word": sb.read_interviews,
    "own_columns": read_own_columns,
    "redcap_export": read_redcap,
    "qualtrics_export": sb.read_questionnaire,
    "limesurvey_export": read_limesurvey,
    "plain_questionnaire": read_with_codebook,
    "questionnaire_workbook": read_with_codebook,
    "codebook_text": sb.read_codebook,
    "codebook_workbook": sb.read_codebook,
    "codebook_folder": sb.read_codebook,
    "study_file": read_study_file,
    "study_folder": sb.read_study,
    "returns_as_tables": sb.read_ssda903,
    "returns_as_xml": sb.read_ssda903,
    "key_file": read_key,
    "cells": read_cells,
}
INNER_DOORS: dict[str, Callable[[Path], object]] = {
    "kind_of_file": identify,
    "members": read_members,
    "tree": read_tree,
    "cut_text": read_delimited,
    "word_document": read_word_document,
    "dictionary": read_dictionary,
    "refi_records": refi.read_project,
    "refi_tree_records": refi.read_codebook,
    "taguette_records": taguette.read_database,
    "qualcoder_records": qualcoder.read_database,
    "nvivo_records": nvivo_text.read_export,
    "column_map": read_column_map,
    "syntax": read_syntax,
    "return_cells": read_return,
}
"""What the doors are built of: the part that meets the bytes of the file, without the tables made afterwards."""
