"""Exports of LimeSurvey: headings as codes, texts or both; answers as codes or words."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd

from securebase_analysis.errors import Problem, rows_where
from securebase_analysis.readers.headers import Grid, tidy_name
from securebase_analysis.readers.questionnaires.export import Export, column_facts
from securebase_analysis.readers.questionnaires.header_rows import rows_with
from securebase_analysis.readers.questionnaires.limesurvey_syntax import Question, read_syntax
from securebase_analysis.readers.questionnaires.samples import sample_cells
from securebase_analysis.readers.tables import from_grid
from securebase_analysis.readers.text_columns import to_text
from securebase_analysis.results.wording import count as n_of

OWN: dict[str, tuple[str, tuple[str, ...]]] = {
    "id": ("paradata", ("response id", "antwort id", "antwort-id")),
    "submitdate": ("date", ("date submitted", "datum abgeschickt")),
    "lastpage": ("paradata", ("last page", "letzte seite")),
    "startlanguage": ("paradata", ("start language", "start-sprache", "startsprache")),
    "seed": ("paradata", ("seed", "zufallsstartwert")),
    "token": ("id", ("access code", "token", "zugangscode", "zugangsschlüssel")),
    "startdate": ("paradata", ("date started", "datum gestartet")),
    "datestamp": ("paradata", ("date last action", "datum letzte aktivität")),
    "ipaddr": ("personal", ("ip address", "ip-adresse")),
    "refurl": ("personal", ("referrer url",)),
    "firstname": ("personal", ("first name", "vorname")),
    "lastname": ("personal", ("last name", "nachname")),
    "email": ("personal", ("email address", "e-mail-adresse")),
}
"""Columns of the program itself: role, and headings where texts are exported."""
NEEDED = ("id", "submitdate", "lastpage", "startlanguage", "seed")
FOUND = 3
TIMING = re.compile(
    r"interviewtime|grouptime\d*|(?:.+?)time\d*|(?:group|question) time: .*|total time", re.IGNORECASE
)
CODE_AND_TEXT = re.compile(r"([A-Za-z][A-Za-z0-9]*(?:\[[^\]]*\])*)\s?[.:|/\-–]\s?(.+)", re.DOTALL)
BRACKETS = re.compile(r"\[([^\]]*)\]")
FREE_TEXT = re.compile(r".*(?:\[other\]|\[comment\]|\[[^\]]*comment\]|_other|comment)", re.IGNORECASE)
ANSWER_CODE = re.compile(r"([A-Za-z]{1,3})(\d{1,3})")
NOT_SHOWN = ("N/A",)
WITHOUT_DATE = "1980-01-01"
YES_NO = {"1": "Y", "0": "N"}
NAMES_SHOWN = 6


def is_limesurvey(grid: Grid) -> bool:
    """Whether the first columns are those of LimeSurvey itself."""
    names = [tidy_name(cell) for cell in grid.header[0]]
    own = {_own_name(name) for name in names[:15]}
    return len(own & set(NEEDED)) >= FOUND and bool(own & {"submitdate", "lastpage"})


def read_limesurvey(
    grid: Grid,
    name: str,
    problems: Sequence[Problem] = (),
    dictionary: str | Path | None = None,
    keep_rows: Collection[int] = (),
) -> Export:
    """An export of LimeSurvey with the parts of its columns.

    Parameters
    ----------
    grid : Grid
        Header and cells.
    name : str
        The file's name, for messages.
    problems : sequence of Problem
        What is known of the file already.
    dictionary : str or pathlib.Path, optional
        The syntax file for R, which says the words of all choices.
    keep_rows : collection of int
        As in `read_table`.

    Returns
    -------
    Export
        Columns bear the codes of their questions, ``Q1[SQ001]`` as ``Q1_SQ001``, where the headings have them;
        the texts become labels. An access code is the id where it is filled in.
    """
    questions = [] if dictionary is None else read_syntax(dictionary)
    headings = [tidy_name(cell) for cell in grid.header[0]]
    names, labels = _codes_and_texts(headings, questions)
    table = from_grid(replace(grid, header=[names]), name, keep_rows, problems)
    frame = table.frame
    roles = {column: _role(frame[column], column) for column in map(str, frame)}
    words = {question.name: question.choices for question in questions if question.choices}
    items = [column for column, role in roles.items() if role == "item"]
    choices = {column: _choices(frame[column], words.get(column, {})) for column in items}
    export = Export(
        frame=frame,
        columns=column_facts(
            frame.columns, roles=roles, labels=labels, kinds=_kinds(frame, choices), choices=choices
        ),
        missing=_not_shown(frame, items),
        program="limesurvey",
        assumptions=table.assumptions,
        name=name,
        decimal=table.decimal,
        date_system=table.date_system,
    )
    told = [
        _taken_for_limesurvey(export),
        *_codes_told(export, words),
        *_boxes_told(export),
        *_unfinished(export),
        *_not_shown_told(export),
    ]
    asked_about = ("SB-FILE-06", *NOT_SHOWN)  # what N/A means is known here
    known = [problem for problem in table.assumptions if not all(word in str(problem) for word in asked_about)]
    return replace(export, assumptions=(*known, *told))


# --- headings ----------------------------------------------------------------------------------------------------


def _own_name(heading: str) -> str:
    """The program's own name of a column, from its code, its text, or both; empty for a question."""
    folded = heading.casefold().strip()
    for name, (_, texts) in OWN.items():
        if folded in (name, *texts) or any(
            folded.startswith(name) and folded.endswith(text) and len(folded) - len(name) - len(text) <= 3
            for text in texts
        ):
            return name
    return ""


def _codes_and_texts(headings: Sequence[str], questions: Sequence[Question]) -> tuple[list[str], dict[str, str]]:
    """Names of columns and their labels, from headings of any form."""
    with_both = sum(
        CODE_AND_TEXT.fullmatch(heading) is not None and not _own_name(heading) for heading in headings
    )
    n_questions = sum(not _own_name(heading) and bool(heading) for heading in headings)
    by_place = [question.name for question in questions] if len(questions) == len(headings) else []
    names, labels = [], {}
    for place, heading in enumerate(headings):
        both = CODE_AND_TEXT.fullmatch(heading) if n_questions and with_both == n_questions else None
        code = by_place[place] if by_place else both[1] if both else heading
        column = _own_name(heading) or plain_code(code)
        names.append(column)
        labels[column] = both[2] if both else "" if heading == column else heading
    labels |= {question.name: question.label for question in questions if question.label}
    return names, labels


def plain_code(code: str) -> str:
    """The code of a question in one word, as the program's API and its syntax files write it.

    Examples
    --------
    >>> plain_code("Q1[SQ001]"), plain_code("G1Q2[SQ01][2]"), plain_code("How old are you?")
    ('Q1_SQ001', 'G1Q2_SQ01_2', 'How old are you?')
    """
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9]*(?:\[[^\]\s]*\])+", code):
        return code
    return BRACKETS.sub(r"_\1", code)


def _role(cells: pd.Series, name: str) -> str:
    """The part that a column plays."""
    role = OWN.get(name, ("item", ()))[0]
    if role == "id" and not cells.notna().any():
        return "paradata"
    if role == "date" and to_text(cells).dropna().str.startswith(WITHOUT_DATE).all():
        return "paradata"
    if role == "item" and TIMING.fullmatch(name) and _are_seconds(cells):
        return "paradata"
    return role


def _are_seconds(cells: pd.Series) -> bool:
    """Whether cells are times with a fraction, as the program takes them."""
    text = to_text(cells).dropna()
    return bool(text.str.fullmatch(r"\d+[.,]\d+").all())


# --- answers -----------------------------------------------------------------------------------------------------


def _choices(cells: pd.Series, words: Mapping[str, str]) -> dict[str, str]:
    """Number to the answer as the cells have it: a code such as A2, Y or N, or the words of the syntax file."""
    text = to_text(cells).str.strip().dropna()
    distinct = set(text[~text.isin(NOT_SHOWN)].unique())
    if distinct and distinct <= {"Y", "N"}:
        return YES_NO
    codes = distinct if not words or distinct <= set(words) else set(words)
    numbers = {code: ANSWER_CODE.fullmatch(code) for code in codes}
    if not codes or not all(numbers.values()):
        return {code: word for code, word in words.items() if code.isdigit()} if distinct - set(words) else {}
    if len({found[1].casefold() for found in numbers.values() if found}) > 1:
        return {}
    pairs = {str(int(found[2])): code for code, found in numbers.items() if found}
    pairs = dict(sorted(pairs.items(), key=lambda pair: int(pair[0])))
    return pairs if distinct <= set(codes) else {number: words[code] for number, code in pairs.items()}


def _kinds(frame: pd.DataFrame, choices: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """The kind of answers, where the codes or the name of the column tell."""
    kinds = {name: "yes or no" if pairs == YES_NO else "choice" for name, pairs in choices.items() if pairs}
    return kinds | {name: "text" for name in map(str, frame) if FREE_TEXT.fullmatch(name) and name not in kinds}


def _not_shown(frame: pd.DataFrame, items: Sequence[str]) -> pd.DataFrame:
    """Cells in which the program says that a question was not shown."""
    parts = []
    for column in items:
        rows = rows_where(to_text(frame[column]).str.strip().isin(NOT_SHOWN))
        parts.append(pd.DataFrame({"row": rows, "column": column, "code": NOT_SHOWN[0], "reason": "not shown"}))
    nothing = pd.DataFrame({"row": [], "column": [], "code": [], "reason": []})
    cells = pd.concat(parts, ignore_index=True) if parts else nothing
    return cells.astype({"row": "int64", "column": "str", "code": "str", "reason": "str"})


# --- what was assumed --------------------------------------------------------------------------------------------


def _taken_for_limesurvey(export: Export) -> Problem:
    """The note that says which program it is."""
    date = next(iter(export.with_role("date")), None)
    shown = f"{date} is the day of the answers, e.g. {sample_cells(export.frame[date])}." if date else ""
    identifier = next(iter(export.with_role("id")), None)
    return Problem(
        "SB-FILE-126",
        "note",
        "The file is an export of LimeSurvey.",
        table=export.name,
        done=shown + (" The access code was taken as the child." if identifier else ""),
        fix=""
        if identifier
        else "child='the column with the code of the child'; the id of a response is not one.",
    )


def _codes_told(export: Export, words: Mapping[str, Mapping[str, str]]) -> list[Problem]:
    """The warning that codes such as A2 were read as the numbers in them; it shows none, for ids look the same."""
    facts = export.columns[export.columns["choices"].map(bool) & ~export.columns["column"].isin(list(words))]
    if not len(facts):
        return []
    listed = ", ".join(facts["column"].head(NAMES_SHOWN))
    return [
        Problem(
            "SB-FILE-127",
            "warn",
            f"{n_of(len(facts), 'column holds', 'columns hold')} codes, such as A2 or Y, and not numbers.",
            export.name,
            listed,
            why="The order of the codes is the order in which the survey lists the answers, which may be any.",
            done="Where they are answers, they were read as the numbers in them, Y as 1 and N as 0.",
            fix="dictionary='the syntax file for R' says the words; or give the answers numbers in the survey.",
        )
    ]


def _boxes_told(export: Export) -> list[Problem]:
    """The warning on boxes of which only the ticked ones hold anything."""
    columns = export.columns.loc[export.columns["kind"] == "yes or no", "column"]
    boxes = []
    for name in columns:
        cells = to_text(export.frame[name]).str.strip()
        if cells.isna().any() and set(cells.dropna().unique()) == {"Y"}:
            boxes.append(name)
    if not boxes:
        return []
    more = f" and {len(boxes) - NAMES_SHOWN} more" if len(boxes) > NAMES_SHOWN else ""
    return [
        Problem(
            "SB-FILE-131",
            "warn",
            f"{n_of(len(boxes), 'column holds', 'columns hold')} Y or nothing, as boxes do that may be ticked.",
            export.name,
            ", ".join(boxes[:NAMES_SHOWN]) + more,
            why="Nothing may be a box that was not ticked, or a question that nobody answered.",
            done="Y was read as 1, nothing as missing.",
            fix="Where the question was answered, put 0 for nothing before a mean is taken.",
        )
    ]


def _unfinished(export: Export) -> list[Problem]:
    """The warning that some did not get to the end."""
    if "submitdate" not in export.frame:
        return []
    unfinished = export.frame["submitdate"].isna() & ~rows_with(export.frame["submitdate"], NOT_SHOWN)
    if not unfinished.any():
        return []
    return [
        Problem(
            "SB-FILE-128",
            "warn",
            f"{n_of(int(unfinished.sum()), 'response was', 'responses were')} not finished.",
            export.name,
            "submitdate",
            rows_where(unfinished),
            why="What comes after the last page is missing, not refused.",
            done="Kept with the answers that were given.",
        )
    ]


def _not_shown_told(export: Export) -> list[Problem]:
    """The note on questions that were not shown."""
    n = len(export.missing)
    if not n:
        return []
    rows = sorted(set(export.missing["row"]))
    what = f"{n_of(n, 'cell says', 'cells say')} N/A: the question was not shown."
    return [Problem("SB-FILE-129", "note", what, export.name, rows=rows, done="Missing, with that reason.")]
