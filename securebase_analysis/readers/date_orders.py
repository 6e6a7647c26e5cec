"""Day before month or month before day: what is said when a file, or its declared order, leaves it open."""

from __future__ import annotations

from typing import Literal

from securebase_analysis.errors import Problem, describe_rows
from securebase_analysis.results.wording import count as n_of

DateOrder = Literal["ymd", "dmy", "mdy"]
RARE = 0.05
"""Below this chance a pattern is taken for a fault and not for an accident."""


def cannot_tell(rows: list[int], short_years: bool, table: str, name: str) -> Problem:
    """The problem of a column in which no date shows its order."""
    every = {1: "The only date", 2: "Both dates"}.get(len(rows), f"All {len(rows)} dates")
    what = f"{every} written with numbers could be day/month or month/day."
    if short_years:
        years = n_of(len(rows), "date has", "dates have")
        what = f"{years} a two-digit year, so the order of day, month and year is open."
    return Problem(
        "SB-FILE-11",
        "stop",
        what,
        table=table,
        column=name,
        rows=rows,
        why="Read in the wrong order, 3 April becomes 4 March and every duration changes.",
        done="Neither order was assumed.",
        fix="date_order='dmy' for day/month/year, date_order='mdy' for month/day/year",
    )


def two_orders(month_rows: list[int], day_rows: list[int], table: str, name: str) -> Problem:
    """The problem of a column that shows both orders."""
    makes = "makes" if len(month_rows) == 1 else "make"
    return Problem(
        "SB-FILE-12",
        "stop",
        f"Two date styles in one column: {describe_rows(month_rows)} {makes} sense only as month/day, "
        f"{describe_rows(day_rows)} only as day/month.",
        table=table,
        column=name,
        rows=sorted([*month_rows, *day_rows]),
        why="The dates with a day up to 12 could be either, and nothing in the file tells which.",
        done="None of them was read.",
        fix="Mend the column at its source and write dates as year-month-day.",
    )


def against_order(order: DateOrder, rows: list[int], table: str, name: str) -> Problem:
    """The problem of dates that contradict the declared order."""
    other = "month/day" if order == "dmy" else "day/month"
    return Problem(
        "SB-FILE-12",
        "stop",
        f"{n_of(len(rows), 'date makes', 'dates make')} sense only as {other}, but the order declared is "
        f"{order!r}.",
        table=table,
        column=name,
        rows=rows,
        why="If these rows have another style, others with a day up to 12 may have it too and look right.",
        done="These dates were not read.",
        fix="Mend the rows at the source, or declare the other order if the whole column has it.",
    )


def order_found(order: DateOrder, evidence: list[int], n: int, table: str, name: str) -> Problem:
    """The note on the order that the column shows."""
    words = "day/month/year" if order == "dmy" else "month/day/year"
    has, shows = ("has", "shows") if len(evidence) == 1 else ("have", "show")
    of_all = "The only date" if n == 1 else f"{len(evidence)} of {n} dates"
    what = f"{of_all} {has} a day above 12 and {shows} the order {words}; none contradicts it."
    done = f"All were read as {words}."
    return Problem("SB-FILE-11", "note", what, table, name, evidence, done=done, fix=f"date_order={order!r}")


def perhaps_turned(rows: list[int], chance: float, table: str, name: str) -> Problem:
    """The problem of real dates that a spreadsheet may have read in the wrong order, before the file was saved."""
    is_likely = chance < RARE
    real = n_of(len(rows), "real date has no day", "real dates have no day")
    what = f"{real} above 12, and every date that is a text has a number above 12."
    return Problem(
        "SB-FILE-12",
        "stop" if is_likely else "warn",
        what,
        table=table,
        column=name,
        rows=rows,
        why="Excel leaves 25/04/2021 as a text and turns 03/04/2021 into 4 March where its country puts the month "
        "first; by chance alone this would be seen in "
        f"{f'{chance:.0%}' if chance >= 0.005 else 'fewer than 1%'} of such columns.",
        done="None of them was read." if is_likely else "They were read as they stand.",
        fix="Compare these rows with the source, and write all dates of the column as year-month-day.",
    )
