"""Ways in which a return breaks: each breaks known rows of known files and says which message has to name them.

A fault takes the lines of a folder's files (each a list of cells) and breaks some; what it gives back is checked
mechanically: that somebody told the code, the file, the column and exactly these rows.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import dataclass

Files = dict[str, list[list[str]]]


@dataclass(frozen=True)
class Told:
    """What has to be told: the code, the file, the column, the rows from 1 under the header."""

    code: str
    file: str
    column: str
    rows: tuple[int, ...]


Fault = Callable[[Files, random.Random], list[Told]]


def column(files: Files, file: str, name: str) -> int:
    """The place of a column."""
    return files[file][0].index(name)


def some_rows(
    files: Files, file: str, rng: random.Random, wanted: Callable[[dict], bool] = lambda row: True
) -> list:
    """Up to five row numbers of a file of which the cells are as wanted."""
    head = files[file][0]
    fitting = [at for at, cells in enumerate(files[file]) if at and wanted(dict(zip(head, cells)))]
    return sorted(rng.sample(fitting, min(5, len(fitting))))


def write_cells(files: Files, file: str, name: str, rows: list[int], texts: list[str]) -> None:
    """Put one of the texts into the column in each of the rows."""
    place = column(files, file, name)
    for at, row in enumerate(rows):
        files[file][row][place] = texts[at % len(texts)]


def cells_replaced(
    table: str, name: str, texts: list[str], code: str, wanted: Callable[[dict], bool] = lambda row: True
) -> Fault:
    """A fault that writes texts into a column."""

    def break_it(files: Files, rng: random.Random) -> list[Told]:
        file = rng.choice([name for name in sorted(files) if name.endswith(f"{table}.csv")])
        rows = some_rows(files, file, rng, wanted)
        write_cells(files, file, name, rows, texts)
        return [Told(code, file, name, tuple(rows))]

    return break_it


def _filled(name: str) -> Callable[[dict], bool]:
    return lambda row: bool(row[name])


def _is_date(text: str) -> bool:
    return re.fullmatch("[0-9]{2}/[0-9]{2}/[0-9]{4}", text) is not None


def _years_later(text: str, years: int) -> str:
    return f"{text[:6]}{int(text[6:]) + years}"


def end_before_start(files: Files, rng: random.Random) -> list[Told]:
    """Ends a year before the start."""
    file = rng.choice([name for name in sorted(files) if name.endswith("episodes.csv")])
    rows = some_rows(files, file, rng, lambda row: _is_date(row["DECOM"]) and bool(row["DEC"]))
    start, end = column(files, file, "DECOM"), column(files, file, "DEC")
    for row in rows:
        files[file][row][end] = _years_later(files[file][row][start], -1)
    return [Told("SB-PLACE-01", file, "DEC", tuple(rows))]


def same_row_twice(files: Files, rng: random.Random) -> list[Told]:
    """Rows written a second time under the last one."""
    file = sorted(name for name in files if name.endswith("episodes.csv"))[-1]
    rows = some_rows(files, file, rng, lambda row: _is_date(row["DECOM"]))
    files[file] += [list(files[file][row]) for row in rows]
    return [Told("SB-ID-01", file, "", tuple(rows))]


def same_row_otherwise(files: Files, rng: random.Random) -> list[Told]:
    """Rows written a second time with another placement."""
    file = sorted(name for name in files if name.endswith("episodes.csv"))[-1]
    rows = some_rows(files, file, rng)
    place = column(files, file, "PLACE")
    for row in rows:
        again = list(files[file][row])
        again[place] = "K2" if again[place] != "K2" else "U6"
        files[file].append(again)
    return [Told("SB-ID-02", file, "DECOM", tuple(rows))]


def month_first(files: Files, rng: random.Random) -> list[Told]:
    """A few dates with the month first."""
    file = rng.choice([name for name in sorted(files) if name.endswith("episodes.csv")])
    place = column(files, file, "DECOM")
    rows = some_rows(files, file, rng, lambda row: _is_date(row["DECOM"]) and 12 < int(row["DECOM"][:2]) < 32)
    for row in rows:
        day, month, year = files[file][row][place].split("/")
        files[file][row][place] = f"{month}/{day}/{year}"
    return [Told("SB-FILE-12", file, "DECOM", tuple(rows))]


def id_of_another_look(files: Files, rng: random.Random) -> list[Told]:
    """A child under an id that looks the same."""
    file = sorted(name for name in files if name.endswith("episodes.csv"))[-1]
    rows = some_rows(files, file, rng, lambda row: "0" in row["CHILD"])
    who = {files[file][row][0] for row in rows}
    place = column(files, file, "CHILD")
    for row in rows:
        files[file][row][place] = files[file][row][place].replace("0", "O")
    alike = {row for row, cells in enumerate(files[file]) if cells[place] in who} | set(rows)
    return [Told("SB-ID-06", file, "CHILD", tuple(sorted(alike)))]


def half_rows(files: Files, rng: random.Random) -> list[Told]:
    """Lines cut off after the third cell."""
    file = rng.choice([name for name in sorted(files) if name.endswith("episodes.csv")])
    rows = some_rows(files, file, rng)
    for row in rows:
        files[file][row] = files[file][row][:3]
    return [Told("SB-FILE-81", file, "", tuple(rows))]


def wide_rows(files: Files, rng: random.Random) -> list[Told]:
    """Lines with a surplus cell."""
    file = rng.choice([name for name in sorted(files) if name.endswith("episodes.csv")])
    rows = some_rows(files, file, rng)
    for row in rows:
        files[file][row] = [*files[file][row], "surplus"]
    return [Told("SB-FILE-81", file, "", tuple(rows))]


FAULTS: dict[str, Fault] = {
    "a day that does not exist": cells_replaced("episodes", "DECOM", ["31/02/2020", "00/00/0000"], "SB-FILE-10"),
    "a part date": cells_replaced("episodes", "DECOM", ["zz/05/2020"], "SB-FILE-10"),
    "words for a date": cells_replaced("episodes", "DECOM", ["soon", "=TODAY()", "June 2020"], "SB-FILE-10"),
    "a day of another age": cells_replaced("episodes", "DECOM", ["14/10/1066", "31/12/9999"], "SB-FILE-13"),
    "an end far in the future": cells_replaced("episodes", "DEC", ["01/06/2050"], "SB-FILE-13", _filled("DEC")),
    "dates of computers": cells_replaced("header", "DOB", ["2010-05-07", "40305", "7-May-2010"], "SB-FILE-10"),
    "a year of two digits": cells_replaced("header", "DOB", ["07/05/10"], "SB-FILE-10"),
    "no start": cells_replaced("episodes", "DECOM", [""], "SB-PLACE-30"),
    "no id": cells_replaced("episodes", "CHILD", ["", "  ", "NULL"], "SB-ID-09"),
    "a long id": cells_replaced("episodes", "CHILD", ["X123456789012"], "SB-PLACE-45"),
    "an id that a spreadsheet rounded": cells_replaced("episodes", "CHILD", ["1.23E+11", "4E+05"], "SB-FILE-05"),
    "a total": cells_replaced("episodes", "CHILD", ["Total", "mean"], "SB-FILE-09"),
    "a type that is none": cells_replaced("episodes", "PLACE", ["U66", "XX", "fostre"], "SB-PLACE-08"),
    "a reason that is none": cells_replaced("episodes", "RNE", ["Q", "SS"], "SB-PLACE-40"),
    "no legal status": cells_replaced("episodes", "LS", [""], "SB-PLACE-51"),
    "no type": cells_replaced("episodes", "PLACE", ["", "n/a"], "SB-PLACE-51"),
    "small letters": cells_replaced("episodes", "PLACE", ["u6", " u 3 "], "SB-FILE-19"),
    "an end without a reason": cells_replaced("episodes", "REC", [""], "SB-PLACE-09", _filled("DEC")),
    "a reason for a move and no end": cells_replaced(
        "episodes", "REASON_PLACE_CHANGE", ["CARPL"], "SB-PLACE-42", lambda row: not row["DEC"]
    ),
    "own parents by the authority": cells_replaced("episodes", "PLACE_PROVIDER", ["PR0"], "SB-PLACE-42",
                                                   lambda row: row["PLACE"] not in ("", "P1")),
    "a document in a postcode": cells_replaced("episodes", "PL_POST", ["x" * 2000], "SB-FILE-92"),
    "a score beyond the scale": cells_replaced("oc2", "SDQ_SCORE", ["41", "x", "12.5", "-1"], "SB-ITEM-04"),
    "a flag that is none": cells_replaced("oc2", "CONVICTED", ["2", "perhaps"], "SB-PLACE-40"),
    "no sex": cells_replaced("header", "SEX", [""], "SB-PLACE-51"),
    "an ethnicity that is none": cells_replaced("header", "ETHNIC", ["ABCD"], "SB-PLACE-40"),
    "missing that ends before it starts": cells_replaced("missing", "MIS_END", ["01/01/2001"], "SB-PLACE-01"),
    "a review on no day": cells_replaced("reviews", "REVIEW", ["31/06/2018"], "SB-FILE-10"),
    "a part of a decision that is none": cells_replaced("previous_permanence", "DATE_PERM", ["zz/13/2010"],
                                                        "SB-FILE-10"),
    "end before start": end_before_start,
    "a row twice": same_row_twice,
    "a row twice, not the same": same_row_otherwise,
    "month first": month_first,
    "an id that looks the same": id_of_another_look,
    "half rows": half_rows,
    "wide rows": wide_rows,
}  # fmt: skip
