"""SQLite databases from strangers: opened read-only, real tables only, only the columns that are known."""

from __future__ import annotations

import itertools
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from securebase_analysis.errors import DataError, Problem

LONGEST_VALUE, ALWAYS_ALLOWED = 2**30, 2**20
STEPS_FOR_ANY, STEPS_FOR_BYTE = 1_000_000, 10  # of SQLite's machine; a sound row takes fewer steps than bytes
STEPS_BETWEEN_LOOKS = 10_000


@contextmanager
def read_only(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection that can neither write nor run what a hostile schema hides in views and triggers.

    Raises
    ------
    DataError
        SB-FILE-37 when the database is damaged.
    """
    connection: sqlite3.Connection | None = None
    try:
        connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)
        n_bytes = path.stat().st_size
        # A value that stands in the file is no longer than the file; only one that is made up can be.
        longest = min(max(n_bytes, ALWAYS_ALLOWED), LONGEST_VALUE)
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, longest)
        connection.execute("PRAGMA trusted_schema=OFF")
        connection.execute("PRAGMA query_only=ON")
        _end_when_endless(connection, n_bytes)
        yield connection
    except (sqlite3.Error, UnicodeError, OverflowError, MemoryError):
        raise DataError(_damaged(path.name)) from None
    finally:
        if connection is not None:
            connection.close()


def _end_when_endless(connection: sqlite3.Connection, n_bytes: int) -> None:
    """End a reading far longer than the file allows for: damaged pages can lead to one another forever."""
    looks = itertools.count(1)
    most = (STEPS_FOR_ANY + STEPS_FOR_BYTE * n_bytes) // STEPS_BETWEEN_LOOKS
    connection.set_progress_handler(lambda: next(looks) > most, STEPS_BETWEEN_LOOKS)


def table_names(path: Path) -> set[str]:
    """The names of the real tables: no views, no virtual tables; a database that contradicts itself is refused.

    Raises
    ------
    DataError
        SB-FILE-37 when the database is damaged: rows of a page that stands twice would be read twice.
    """
    with read_only(path) as connection:
        if connection.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
            raise DataError(_damaged(path.name))
        return set(_real_tables(connection))


def _real_tables(connection: sqlite3.Connection) -> list[str]:
    rows = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table'").fetchall()
    return [
        name
        for name, sql in rows
        if isinstance(name, str) and not str(sql).lstrip().upper().startswith("CREATE VIRTUAL")
    ]


def read_rows(
    connection: sqlite3.Connection,
    file_name: str,
    table: str,
    required: Sequence[str],
    optional: Sequence[str] = (),
    *,
    may_be_absent: bool = False,
) -> list[dict[str, Any]]:
    """The rows of a table as mappings; optional columns that older versions lack are None.

    Raises
    ------
    DataError
        SB-FILE-38 when the table or a required column is missing.
    """
    present = table in _real_tables(connection)
    if not present and may_be_absent:
        return []
    quoted = table.replace('"', '""')
    columns = [row[1] for row in connection.execute(f'PRAGMA table_info("{quoted}")')] if present else []
    missing = [column for column in required if column not in columns]
    if missing or not present:
        raise DataError(_unexpected(file_name, table, missing))
    wanted = [column for column in (*required, *optional) if column in columns]
    listed = ", ".join(f'"{column}"' for column in wanted)
    cursor = connection.execute(f'SELECT {listed} FROM "{quoted}"')
    absent = dict.fromkeys((*required, *optional))
    left = _characters_in(connection)
    rows = []
    for row in cursor:
        left -= sum(len(value) for value in row if isinstance(value, str | bytes))
        if left < 0:  # a value that stands once in the layout and in every row
            raise DataError(_damaged(file_name))
        rows.append({**absent, **dict(zip(wanted, row, strict=True))})
    return rows


def _characters_in(connection: sqlite3.Connection) -> int:
    """More characters than a sound file of this size can give."""
    (pages,), (size,) = (connection.execute(f"PRAGMA {what}").fetchone() for what in ("page_count", "page_size"))
    return 10 * int(pages) * int(size)


def whole(value: Any) -> int | None:
    """A value as a whole number, or None when it is none."""
    return value if isinstance(value, int) else None


def words(value: Any) -> str | None:
    """A value as text, or None when it is empty."""
    return str(value) if value not in (None, "") else None


def moment(value: Any) -> str | None:
    """A date and time in the ISO form with a T."""
    text = words(value)
    return None if text is None else text.strip().replace(" ", "T", 1)


def unsaved_changes(path: Path, problems: list[Problem]) -> None:
    """Warn when the program still holds changes beside the database that a read-only look cannot see."""
    beside = path.with_name(path.name + "-wal")
    if beside.is_file() and beside.stat().st_size > 0:
        problems.append(
            Problem(
                "SB-FILE-53",
                "warn",
                "The coding program has changes that are not yet in the database file.",
                table=path.name,
                why="The latest codings would be missing.",
                done="The database was read as it stands.",
                fix="Close the project in the coding program, then read it again.",
            )
        )


def _damaged(name: str) -> Problem:
    return Problem(
        "SB-FILE-37",
        "stop",
        "The SQLite database is damaged or incomplete.",
        table=name,
        why="Codings could be missing without a trace.",
        done="Refused.",
        fix="Copy the project again while the coding program is closed.",
    )


def _unexpected(file_name: str, table: str, missing: Sequence[str]) -> Problem:
    what = f"lacks the columns {', '.join(missing)}" if missing else "is missing or is not a plain table"
    return Problem(
        "SB-FILE-38",
        "stop",
        f"The database is not laid out as its program lays it out: {table} {what}.",
        table=f"{file_name}, {table}",
        why="Reading around the gap would give codings no one made.",
        done="Refused.",
        fix="Open and save the project in the current version of its program, then read it again.",
    )
