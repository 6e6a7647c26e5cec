"""What is said about tables of coded segments: what they lost, what was assumed, what is refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from securebase_analysis.errors import Problem
from securebase_analysis.readers.interviews.column_maps import ColumnMap
from securebase_analysis.results.wording import count as n_of

SHOWN = 8
FULL_CELL = 32_767
"""The characters that a cell of a workbook can hold."""


def what_the_table_lacks(table: str, column_map: ColumnMap, found: Mapping[str, str]) -> Problem:
    """What a table of segments does not hold, in words."""
    placed = {"begin", "end", "place"} & set(found)
    counted = f" (it counts them by {column_map.positions})" if column_map.positions else ""
    lacks = [f"positions in characters{counted}" if placed else "positions"]
    lacks += [] if "coder" in found or column_map.no_coder else ["coders"]
    lacks += ["transcripts", *column_map.lacks]
    fix = column_map.read_instead or "Export the whole project, if the program can, and read that."
    if column_map.no_coder:
        fix += f" If those who marked a passage also coded it: columns={column_map.no_coder}."
    return Problem(
        "SB-FILE-54",
        "warn",
        f"{column_map.label} holds no {', no '.join(lacks)}.",
        table=table,
        why="Words per interview, overlap and agreement cannot be computed from what is not there.",
        done="Passages were read with their words; places stand in 'region' as the program writes them."
        if placed
        else "Passages were read with their words and without a place.",
        fix=fix,
    )


def taken_by_name(table: str, found: Mapping[str, str]) -> Problem:
    """Which columns of a table that no program writes were taken for what."""
    taken = {slot: column for slot, column in found.items() if slot != column}
    said = ", ".join(f"{slot!r}: {column!r}" for slot, column in taken.items())
    shown = ", ".join(f"{column!r} for the {slot}" for slot, column in taken.items())
    return Problem(
        "SB-FILE-166",
        "warn",
        f"Columns were taken by their names alone: {shown}.",
        table=table,
        why="A column may hold something else than its name says.",
        done="Each row was read as one code on one passage.",
        fix=f"If that is right, say it: columns={{{said}}}.",
    )


def blank_cells(table: str, column: str, rows: Sequence[int]) -> Problem:
    """Rows that cannot be counted."""
    return Problem(
        "SB-FILE-55",
        "stop",
        f"{n_of(len(rows), 'row has', 'rows have')} no code or no interview.",
        table=table,
        column=column,
        rows=rows,
        why="They cannot be counted for any code or interview.",
        done="Refused.",
        fix="Export the table again without editing it, or fill these cells.",
    )


def unknown_columns(table: str, n: int) -> Problem:
    """A table that no preset fits; without a header its names would be data, so they are not shown."""
    return Problem(
        "SB-FILE-30",
        "stop",
        "This is not a coded project that can be read here; "
        f"its {n_of(n, 'column is', 'columns are')} not called as in the tables of MAXQDA, ATLAS.ti, Dedoose, "
        "QualCoder or Taguette.",
        table=table,
        done="Nothing was read.",
        fix="Say which column holds what: read_interviews(path, columns={'source': 'Interview', 'code': 'Theme', "
        "'text': 'Quote', 'coder': 'Rater'}), or the same lines in a TOML file: columns='my.toml'.",
    )


def neither_yes_nor_no(table: str, column: str, rows: Sequence[int], column_map: ColumnMap) -> Problem:
    """Cells that do not say whether a code was given."""
    known = ", ".join((*column_map.yes, *column_map.no))
    return Problem(
        "SB-FILE-154",
        "stop",
        f"{n_of(len(rows), 'cell does', 'cells do')} not say whether the code was given; the words are {known}.",
        table=table,
        column=column,
        rows=rows,
        why="A code that was given would be missing, or one that was not would be counted.",
        done="Refused.",
        fix="Say the words in the map of columns, e.g. yes = ['Ja'] and no = ['Nein'].",
    )


def commas_between_codes(table: str, column: str, rows: Sequence[int], column_map: ColumnMap) -> Problem:
    """Commas that part codes or belong to their names."""
    return Problem(
        "SB-FILE-155",
        "stop",
        f"{n_of(len(rows), 'cell of codes holds', 'cells of codes hold')} commas, which may part codes or belong "
        "to the name of one.",
        table=table,
        column=column,
        rows=rows,
        why="The counts of codes differ between the two readings.",
        done="Not guessed.",
        fix=f"{_codes_between(',', column_map)} when commas part codes; "
        "';' in its place when they belong to names.",
    )


def two_marks_between_codes(
    table: str, column: str, rows: Sequence[int], marks: Sequence[str], column_map: ColumnMap
) -> Problem:
    """Two marks in one column that may part codes; one of them may belong to the name of a code."""
    names = " and ".join("line breaks" if mark == "\n" else repr(mark) for mark in marks)
    return Problem(
        "SB-FILE-155",
        "stop",
        f"The cells of codes hold {names}; {n_of(len(rows), 'cell')} may hold {marks[1]!r} in the name of a code.",
        table=table,
        column=column,
        rows=rows,
        why="The counts of codes differ between the two readings.",
        done="Not guessed.",
        fix=f"{_codes_between(marks[0], column_map)} when {marks[1]!r} belongs to names; "
        f"{list(marks)!r} in its place when both part codes.",
    )


def codes_without_column(table: str, column: str, rows: Sequence[int]) -> Problem:
    """Codes that a list names and no column of their own."""
    return Problem(
        "SB-FILE-179",
        "warn",
        f"{n_of(len(rows), 'row lists a code', 'rows list codes')} to which no column of a code says yes.",
        table=table,
        column=column,
        rows=rows,
        why="Codes whose columns were taken out of the table are missing from every count.",
        done="Only the columns of the codes were read.",
        fix="Export the excerpts again, with the columns of all codes.",
    )


def _codes_between(mark: str, column_map: ColumnMap) -> str:
    """How to say what parts codes: beside what a user's map says already."""
    if column_map.insisted:
        return f"Add 'codes_between': {mark!r} to columns"
    return f"columns={{'program': {column_map.program!r}, 'codes_between': {mark!r}}}"


def full_cells(table: str, column: str, rows: Sequence[int], column_map: ColumnMap) -> Problem:
    """Cells as full as a workbook allows."""
    return Problem(
        "SB-FILE-176",
        "warn",
        f"{n_of(len(rows), 'cell holds', 'cells hold')} {FULL_CELL:,} characters, which is all that a cell of "
        "Excel can hold.",
        table=table,
        column=column,
        rows=rows,
        why="What went beyond was cut off when the table was written.",
        done="Read as they are.",
        fix=column_map.read_instead or "Look up these passages in the coding program.",
    )


def columns_not_read(table: str, names: Sequence[str]) -> Problem:
    """Columns that nothing was read from."""
    shown = ", ".join(repr(name) for name in names[:SHOWN]) + ", …" * (len(names) > SHOWN)
    return Problem(
        "SB-FILE-156",
        "note",
        f"{n_of(len(names), 'column was', 'columns were')} not read: {shown}.",
        table=table,
        done="Nothing of them is in the result.",
        fix="If they describe the interview, name them in the map of columns, e.g. variables = ['Age'].",
    )


def differing_variable(table: str, column: str) -> Problem:
    """A variable that is not one of the interview."""
    return Problem(
        "SB-FILE-157",
        "warn",
        "The column has different values in the rows of one interview or case, so it does not describe that.",
        table=table,
        column=column,
        why="Any one of the values would stand for all.",
        done="It was left out.",
        fix="Correct it in the coding program if it should be the same in all rows.",
    )


def shifted_variables(table: str) -> Problem:
    """QualCoder's CSV with variables and codes of different depth."""
    return Problem(
        "SB-FILE-158",
        "warn",
        "Variables stand under wrong names where a code has fewer categories than another: the program writes no "
        "empty cells for them.",
        table=table,
        why="An age could be read as a sex.",
        done="Neither the categories nor the variables were read.",
        fix="Export the report as XLSX, which keeps the columns apart.",
    )


def repeated_codings(table: str, rows: Sequence[int]) -> Problem:
    """The same coding in several rows."""
    return Problem(
        "SB-FILE-159",
        "note",
        f"{n_of(len(rows), 'row repeats', 'rows repeat')} a coding that the table already holds under its number.",
        table=table,
        rows=rows,
        why="An interview that belongs to two cases is listed once for each; its codes would count twice.",
        done="Each coding was counted once; the interview belongs to all its cases.",
    )


def named_by_group(table: str, column: str, n: int) -> Problem:
    """Interviews of one name in several groups."""
    return Problem(
        "SB-FILE-164",
        "note",
        f"{n} interviews share their name with one of another group of documents.",
        table=table,
        column=column,
        why="The same name in the groups of two waves is two interviews.",
        done="They are called by their group and their name, such as 'Wave 2 > Interview 1'.",
    )


def rows_alike(table: str, rows: Sequence[int]) -> Problem:
    """The same code by the same person on the same words, twice."""
    return Problem(
        "SB-FILE-163",
        "warn",
        f"{n_of(len(rows), 'row repeats', 'rows repeat')} the code, words, place and coder of an earlier row.",
        table=table,
        rows=rows,
        why="A table that was pasted together twice counts every code twice.",
        done="They were kept: the same words may stand twice in one paragraph.",
        fix="Delete the rows if they were copied.",
    )


def coder_is(table: str, column: str, column_map: ColumnMap) -> Problem:
    """Whom the column of coders names."""
    return Problem(
        "SB-FILE-162",
        "warn",
        f"The table names {column_map.coder_is}, not who gave each code.",
        table=table,
        column=column,
        why="A code that a second person added counts for the first, and agreement rises.",
        done="They were taken as the coders.",
        fix="Compare coders only where each marked passages of their own.",
    )


def unset_weights(table: str, column: str, unset: float, n_unset: int, n: int) -> Problem:
    """Weights that may be no judgement."""
    return Problem(
        "SB-CODE-65",
        "warn",
        f"{n_unset} of {n_of(n, 'weight is', 'weights are')} {unset:g}, which the program also writes where "
        "nobody gave one.",
        table=table,
        column=column,
        why="A missing rating would count as the lowest.",
        done="They were kept as they are.",
        fix="If nobody rated so low, they are missing: "
        f"segments.assign(weight=segments['weight'].mask(segments['weight'] == {unset:g}))",
    )
