"""What can be wrong with a REFI-QDA file, or was assumed about it."""

from __future__ import annotations

from securebase_analysis.errors import Problem
from securebase_analysis.results.wording import count


def not_refi(table: str, wanted: str) -> Problem:
    """The refusal of a file that holds no REFI-QDA project or codebook."""
    return Problem(
        "SB-FILE-41",
        "stop",
        f"This is XML, but not REFI-QDA: it does not begin with {wanted}.",
        table=table,
        done="Refused.",
        fix="Export as REFI-QDA project (.qdpx) or codebook (.qdc).",
    )


def not_one_project(archive: str, n: int, is_packed: bool) -> Problem:
    """The refusal of an archive that does not hold one project."""
    return Problem(
        "SB-FILE-40",
        "stop",
        f"A REFI-QDA project holds exactly one .qde file; this archive holds {n or 'none'}.",
        table=archive,
        why="Which project is meant cannot be known." if n else "Without it there are no codings.",
        done="Refused.",
        fix="Unpack the archive and read the project inside it."
        if is_packed
        else "Export the project again as REFI-QDA project (.qdpx).",
    )


def broken_codings(what: str, rows: list[int]) -> Problem:
    """The refusal of codings or selections that point nowhere."""
    return Problem(
        "SB-FILE-42",
        "stop",
        f"{count(len(rows), 'coding has', 'codings have')} no usable {what}.",
        table="codings of the file",
        column=what,
        rows=rows,
        why="Where or with what they were coded cannot be known. Rows count codings in the order of the file.",
        done="Refused.",
        fix="Export the project again.",
    )


def unread_codings(n: int, table: str) -> Problem:
    """The warning on codings of a kind that is not read."""
    return Problem(
        "SB-FILE-44",
        "warn",
        f"{count(n, 'coding stands', 'codings stand')} in a place of the file that is not part of REFI-QDA 1.0.",
        table=table,
        why="They are missing from every count.",
        done="Left out.",
        fix="Ask for support of this program's export, with a sample without real data.",
    )


def no_text(rows: list[int]) -> Problem:
    """The warning on sources whose text is not in the file."""
    return Problem(
        "SB-FILE-45",
        "warn",
        f"The text of {count(len(rows), 'source')} is not in the file.",
        table="sources",
        column="text",
        rows=rows,
        why="Their passages can be counted, but not quoted, checked or set against the number of words.",
        done="Kept with empty text.",
        fix="Export the project with its sources inside (not as links).",
    )


def rich_text_used(rows: list[int]) -> Problem:
    """The warning on sources whose words were taken from their Word document."""
    return Problem(
        "SB-FILE-51",
        "warn",
        f"{count(len(rows), 'source has', 'sources have')} no plain text; the words of a Word document were used.",
        table="sources",
        column="text",
        rows=rows,
        why="Positions were counted in the plain text, which may differ by some characters.",
        done="Read the paragraphs of the document, one line each.",
        fix="Check some passages; export again with plain text if they are shifted.",
    )


def not_utf8(table: str, row: int) -> Problem:
    """The refusal of a text that is not UTF-8."""
    return Problem(
        "SB-FILE-52",
        "stop",
        "The text of a source is not UTF-8.",
        table=f"{table}, sources",
        column="text",
        rows=[row] if row else [],
        why="Guessing its encoding would shift or garble passages.",
        done="Refused.",
        fix="Export the project again; REFI-QDA asks for UTF-8.",
    )


def coded_memos(rows: list[int]) -> Problem:
    """The warning on memos that are coded like interviews."""
    return Problem(
        "SB-FILE-96",
        "warn",
        f"{count(len(rows), 'memo of the project is', 'memos of the project are')} coded as interviews are.",
        table="sources",
        column="source",
        rows=rows,
        why="They hold the words of the researchers, yet count wherever segments are counted.",
        done="Kept, each as a source of its own and as a memo.",
        fix="Leave them out: segments[~segments['source'].isin(interviews.notes['note'])]",
    )


def paths_as_names(rows: list[int]) -> Problem:
    """The note on sources that are called by the folders of someone's computer."""
    return Problem(
        "SB-FILE-97",
        "note",
        f"{count(len(rows), 'source bears', 'sources bear')} a path on someone's computer as name.",
        table="sources",
        column="source",
        rows=rows,
        why="Such a path holds the name of the person who works there.",
        done="Only the name of the file was kept.",
    )


def astray(n: int, table: str) -> Problem:
    """The warning on cases, sets and variables that point to what the project does not hold."""
    return Problem(
        "SB-FILE-99",
        "warn",
        f"{count(n, 'reference leads', 'references lead')} from a case, a set or a value to what the project does "
        "not hold.",
        table=table,
        why="A case may lack an interview, a group a member, an interview a value.",
        done="Passed over.",
        fix="Export the whole project, with all its sources and variables.",
    )


def doubled_identifiers(counted: dict[str, int], table: str) -> Problem:
    """The warning on identifiers that two things of the project bear."""
    listed = ", ".join(f"{what} ({n})" for what, n in counted.items())
    return Problem(
        "SB-FILE-170",
        "warn",
        f"Some bear the identifier of an earlier one of their kind: {listed}.",
        table=table,
        why="A coding, a case or a set that names such an identifier may mean either.",
        done="It was taken for the first; users of one identifier are one coder, called by all their names.",
        fix="Export the project again; if that is no help, code in separate projects and compare these.",
    )


def values_given_twice(n: int, table: str) -> Problem:
    """The warning on variables with two values in one place."""
    return Problem(
        "SB-FILE-172",
        "warn",
        f"{count(n, 'value contradicts', 'values contradict')} an earlier value of the same variable in the same "
        "case or source.",
        table=table,
        why="Only one of them can be right.",
        done="The first was kept.",
        fix="Correct the variable in the coding program and export again.",
    )
