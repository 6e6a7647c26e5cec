"""One message form for everything that can be wrong, and the errors that carry it.

A `Problem` says what is wrong, where (table, column, rows), why it matters, what was done about it and how to
mend it. Readers, rules and verbs collect problems; `raise_if_stopped` raises all of them at once.

Row numbers count from 1 at the first row of data under the header. Identifiers of children never enter a message.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

Severity = Literal["stop", "warn", "note"]
SEVERITIES: tuple[Severity, ...] = ("stop", "warn", "note")
ROWS_SHOWN = 5
LONGEST_WORD = 200
"""Comparing grows with the product of the lengths, and nobody mistypes a page."""
PAGE = Path(__file__).with_name("messages.md")
"""Every message with an example, as the tests met it."""


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong, or was assumed, in the data or in a request.

    Parameters
    ----------
    code : str
        Stable name such as ``"SB-ID-03"``; the catalogue of messages is ordered by it.
    severity : {"stop", "warn", "note"}
        ``stop`` refuses to go on, ``warn`` goes on and stands in every footnote, ``note`` is for the record.
    what : str
        What is wrong, in the user's words.
    table, column : str
        Where: the file or table, and the column in it.
    rows : sequence of int
        All the rows concerned, counted from 1 under the header; a message shows the first five and the count.
    why, done, fix : str
        Why it matters for the result, what was done or refused, and one fix to copy.
    """

    code: str
    severity: Severity
    what: str
    table: str = ""
    column: str = ""
    rows: Sequence[int] = ()
    why: str = ""
    done: str = ""
    fix: str = ""

    def __post_init__(self) -> None:
        if self.severity not in SEVERITIES:
            raise ValueError(f"severity must be one of {SEVERITIES}, not {self.severity!r}")
        object.__setattr__(self, "rows", tuple(map(int, self.rows)))

    @property
    def where(self) -> str:
        """Table, column and rows in words, e.g. ``table scores, column sdq, rows 3, 8 (2 rows)``."""
        places = []
        if self.table:
            places.append(f"table {self.table}")
        if self.column:
            places.append(f"column {self.column}")
        if self.rows:
            places.append(describe_rows(self.rows))
        return ", ".join(places)

    def __str__(self) -> str:
        lines = [f"{self.code} ({self.severity}): {self.what}"]
        for label, text in (("where", self.where), ("why", self.why), ("done", self.done), ("fix", self.fix)):
            if text:
                lines.append(f"    {label}: {text}")
        return "\n".join(lines)

    @property
    def sentence(self) -> str:
        """The problem in one line, for notes and footnotes."""
        place = f" [{self.where}]" if self.where else ""
        done = f" {self.done}" if self.done else ""
        return f"{self.what}{place}{done} ({self.code})"


class SecureBaseError(Exception):
    """Root of the errors that this package raises on purpose."""

    def __init__(self, problems: Problem | Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = (problems,) if isinstance(problems, Problem) else tuple(problems)
        super().__init__(describe_problems(self.problems))

    @property
    def frame(self) -> pd.DataFrame:
        """The problems as a table, one row each."""
        return problems_frame(self.problems)


class DataError(SecureBaseError):
    """The data, a file or the codebook cannot be used as they are."""


class ModelError(SecureBaseError):
    """The question cannot be answered with these data or options."""


def describe_rows(rows: Sequence[int]) -> str:
    """Name the first five rows and say how many there are.

    Examples
    --------
    >>> describe_rows([3]), describe_rows([1, 2, 3, 4, 5, 6, 7])
    ('row 3', 'rows 1, 2, 3, 4, 5 and 2 more (7 rows)')
    """
    if len(rows) == 1:
        return f"row {rows[0]}"
    shown = ", ".join(str(row) for row in rows[:ROWS_SHOWN])
    hidden = len(rows) - ROWS_SHOWN
    more = f" and {hidden} more" if hidden > 0 else ""
    return f"rows {shown}{more} ({len(rows)} rows)"


def rows_where(mask: Sequence[bool] | np.ndarray) -> list[int]:
    """Row numbers, counted from 1 under the header, of the rows that a mask marks.

    Examples
    --------
    >>> rows_where([False, True, True])
    [2, 3]
    """
    import numpy as np

    return (np.flatnonzero(np.asarray(mask, dtype=bool)) + 1).tolist()


def describe_problems(problems: Sequence[Problem]) -> str:
    """All problems as text, the ones that stop first."""
    ordered = sorted(problems, key=lambda problem: SEVERITIES.index(problem.severity))
    n_stops = sum(problem.severity == "stop" for problem in problems)
    if len(problems) == 1:
        return str(ordered[0])
    head = f"{len(problems)} problems, {n_stops} of which must be mended before going on."
    return "\n".join([head, *(str(problem) for problem in ordered)])


def problems_frame(problems: Iterable[Problem]) -> pd.DataFrame:
    """The problems as a table.

    Returns
    -------
    pandas.DataFrame
        Columns ``code, severity, what, table, column, rows, n_rows, why, done, fix``; ``rows`` is text.
    """
    import pandas as pd

    names = [field.name for field in fields(Problem)]
    records = [{name: getattr(problem, name) for name in names} for problem in problems]
    frame = pd.DataFrame(records, columns=names)
    frame.insert(names.index("rows") + 1, "n_rows", [len(rows) for rows in frame["rows"]])
    frame["rows"] = [", ".join(map(str, rows)) for rows in frame["rows"]]
    return frame


def raise_if_stopped(problems: Iterable[Problem], error: type[SecureBaseError] = DataError) -> None:
    """Raise `error` with every problem when at least one of them stops.

    Raises
    ------
    SecureBaseError
        Of the class given, with ``.problems`` and ``.frame``.
    """
    problems = tuple(problems)
    if any(problem.severity == "stop" for problem in problems):
        raise error(problems)


def nearest(word: object, words: Iterable[object]) -> str | None:
    """The one of `words` that looks most like `word`, or None when none does.

    Examples
    --------
    >>> nearest("fostre", ["foster", "kinship"])
    'foster'
    """
    candidates = {str(one).casefold(): str(one) for one in words if len(str(one)) <= LONGEST_WORD}
    if len(str(word)) > LONGEST_WORD:
        return None
    found = difflib.get_close_matches(str(word).casefold(), candidates, n=1, cutoff=0.6)
    return candidates[found[0]] if found else None


def check_option(name: str, value: object, allowed: Sequence[object]) -> None:
    """Refuse an option that is not one of the allowed words, with the nearest one suggested.

    Raises
    ------
    ModelError
        With the allowed words and the nearest.
    """
    if value in allowed:
        return
    guess = nearest(value, allowed)
    words = ", ".join(repr(word) for word in allowed)
    raise ModelError(
        Problem(
            "SB-MODEL-30",
            "stop",
            f"{name}={value!r} is not an option.",
            why="Only the listed words have a meaning here.",
            fix=f"{name}={guess!r}" if guess else f"{name} is one of {words}",
        )
    )


def explain(code: str) -> str:
    """Say what the code of a message means, with an example and its fix.

    Parameters
    ----------
    code : str
        As it stands in a message, such as ``"SB-FILE-04"``; case does not matter.

    Returns
    -------
    str
        The entry of the page of all messages (``messages.md`` in the package), which is made of what the tests
        met; its example is on invented data.

    Raises
    ------
    ModelError
        When no message has this code; the nearest one is suggested.

    Examples
    --------
    >>> print(explain("SB-FILE-21").splitlines()[0])
    ### SB-FILE-21
    """
    entries = PAGE.read_text(encoding="utf-8").split("\n### ")[1:]
    by_code = {entry.split("\n", 1)[0]: entry.split("\n## ", 1)[0].rstrip() for entry in entries}
    wanted = str(code).strip().upper()
    if wanted not in by_code:
        guess = nearest(wanted, by_code)
        what = f"{code!r} is not the code of a message."
        fix = f"explain({guess or 'SB-FILE-21'!r})"
        raise ModelError(Problem("SB-MODEL-30", "stop", what, why="Codes stand at the end of a message.", fix=fix))
    return f"### {by_code[wanted]}"
