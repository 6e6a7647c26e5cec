"""The door of a placement history: placements or episodes become rows in order, and nothing is dropped."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from securebase_analysis.errors import DataError, ModelError, Problem, rows_where
from securebase_analysis.readers.dates import DateOrder, to_date
from securebase_analysis.study.spells.codes import (
    ADOPTION,
    BEGINNING_CODES,
    BEGINNINGS,
    PLACEMENT,
    SHORT_BREAK,
    SHORT_BREAKS,
    TEMPORARY,
    TEMPORARY_STAY,
    leaves_care,
)
from securebase_analysis.study.spells.columns import PlacementColumns, find_columns
from securebase_analysis.study.spells.options import SpellRules
from securebase_analysis.study.spells.timeline import NEVER, OPEN, Rows, as_days, is_new

EARLIEST = "1900-01-01"
BITS = 19
"""How many bits a day takes, counted from `NEVER`."""
WHY_ASIDE = ("no child", "no start", "ends before it starts", "starts after the data freeze")


@dataclass(frozen=True, eq=False)
class Texts:
    """The columns of a table as numbers, each read once."""

    table: pd.DataFrame
    _read: dict[str, tuple[np.ndarray, pd.Index]] = field(default_factory=dict)

    def __call__(self, name: str) -> tuple[np.ndarray, pd.Index]:
        """Each row's text as a number, and the texts by number; all empty where there is no such column."""
        if name not in self.table:
            return np.full(len(self.table), -1, dtype="int32"), pd.Index([], dtype="str")
        if name not in self._read:
            self._read[name] = numbers(self.table[name])
        return self._read[name]


@dataclass(frozen=True, eq=False)
class Door:
    """What came in.

    Attributes
    ----------
    table : pandas.DataFrame
        As given, numbered from 0.
    texts : Texts
        Its columns of codes and words as numbers.
    columns : PlacementColumns
        Where everything stands.
    rows : Rows
        The rows that can be used, in order.
    aside : numpy.ndarray of int8
        Of every row of the table: place in `WHY_ASIDE`, -1 when it is used.
    start, end : numpy.ndarray of int32
        Of every row of the table, in days; `NEVER` without a start, `OPEN` without an end.
    after_freeze : numpy.ndarray of bool
        Of every row of the table: whether its end lies after the data freeze and was opened.
    births : numpy.ndarray of int32
        Of every child: the birth date in days, `NEVER` where it is not known.
    freeze : int
        Last day of the data.
    problems : list of Problem
        Of the reading of dates.
    """

    table: pd.DataFrame
    texts: Texts
    columns: PlacementColumns
    rows: Rows
    aside: np.ndarray
    start: np.ndarray
    end: np.ndarray
    after_freeze: np.ndarray
    births: np.ndarray
    freeze: int
    problems: list[Problem]


def open_door(
    table: pd.DataFrame,
    children: pd.DataFrame | None,
    freeze: int | None,
    rules: SpellRules,
    date_order: DateOrder | None,
) -> Door:
    """Read the columns of a table, set impossible rows aside and bring the others into order."""
    table = table.reset_index(drop=True)
    columns = find_columns(table.columns)
    _check_columns(table, columns)
    order = date_order or ("dmy" if columns.coded else None)
    start, problems = _days(table, columns.start, order)
    end, more = _days(table, columns.end, order)
    end = np.where(end == NEVER, OPEN, end).astype("int32")
    problems += more
    if any(problem.severity == "stop" for problem in problems):
        raise DataError(problems)
    child, no_child, row_of = _children(table, columns)
    last_day = freeze if freeze is not None else latest_day(start, end, columns.coded)
    aside = _set_aside(no_child, start, end, last_day)
    after = (end > last_day) & (end < OPEN) & (aside < 0)
    end = np.where(after, OPEN, end).astype("int32")
    kept = np.flatnonzero(aside < 0)
    texts = Texts(table)
    rows = _in_order(_rows(texts, columns, child, start, end, kept, rules), texts, columns)
    births = _births(table, columns, children, child, row_of, order)
    return Door(table, texts, columns, rows, aside, start, end, after, births, last_day, problems)


def _check_columns(table: pd.DataFrame, columns: PlacementColumns) -> None:
    """Refuse a table in which nobody or nothing begins."""
    lacking = [name for name in ("child", "start") if getattr(columns, name) not in table.columns]
    if lacking or not (columns.coded or columns.carer or columns.type):
        needed = " and ".join(lacking) or "carer (or type, or RNE)"
        raise ModelError(
            Problem(
                "SB-MODEL-41",
                "stop",
                f"The table of placements has no column {needed}.",
                why="Spells are built from the child, the carer and the dates.",
                fix="placement_history(placements) with child, carer, start and end, or with the columns of an "
                "SSDA903 return",
            )
        )


def _days(table: pd.DataFrame, name: str, order: DateOrder | None) -> tuple[np.ndarray, list[Problem]]:
    """A column of dates in days, and what was assumed to read it."""
    if name not in table:
        return np.full(len(table), NEVER, dtype="int32"), []
    column = table[name]
    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        days = as_days(column.dt.tz_localize(None) if column.dt.tz is not None else column)
        return days, _beyond(name, column.notna().to_numpy() & (days == NEVER))
    codes, texts = pd.factorize(column)
    dates, problems = to_date(pd.Series(texts, name=name), table="placements", earliest=EARLIEST, date_order=order)
    if not problems:
        return np.append(as_days(dates), np.int32(NEVER))[codes], []
    dates, problems = to_date(column, table="placements", earliest=EARLIEST, date_order=order)
    return as_days(dates), problems


def _beyond(name: str, beyond: np.ndarray) -> list[Problem]:
    """Dates that stand for no day, such as the year 9999."""
    if not beyond.any():
        return []
    return [
        Problem(
            "SB-PLACE-68",
            "warn",
            "Dates before the year 1612 or after 2328 stand for no day.",
            "placements",
            name,
            rows_where(beyond),
            "Programs write such dates for an end that is not known.",
            "Taken as empty: such an end is open.",
            "Leave the cell empty.",
        )
    ]


def latest_day(start: np.ndarray, end: np.ndarray, coded: bool) -> int:
    """The data freeze that is taken where none is given: the latest date seen.

    A return closes on 31 March, with dates of the day after: it is the year of the day before the latest date.
    """
    seen = np.concatenate([start[start > NEVER], end[end < OPEN]])
    latest = int(seen.max()) if len(seen) else 0
    if not coded:
        return latest
    before = np.datetime64("1970-01-01", "D") + (latest - 1)
    year = before.astype("datetime64[Y]").astype("int64") + 1970
    closes = np.datetime64(f"{year:04d}-03-31", "D")
    if before > closes:
        closes = np.datetime64(f"{year + 1:04d}-03-31", "D")
    return int(closes.astype("int64"))


def _children(table: pd.DataFrame, columns: PlacementColumns) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Number of each row's child in order of site and name, which rows have none, and a row of each child."""
    codes, names = pd.factorize(table[columns.child], sort=True)
    no_name = np.append(_blank(names), True)[codes]
    sites, site_names = (
        pd.factorize(table[columns.site].astype("str").fillna(""), sort=True) if columns.site else ([], [])
    )
    if len(site_names) > 1:
        codes, names = pd.factorize(sites.astype("int64") * (len(names) + 1) + codes + 1, sort=True)
    row_of = np.zeros(len(names), dtype="int64")
    row_of[codes] = np.arange(len(codes))
    return codes.astype("int32"), no_name, row_of


def _blank(names: pd.Index) -> np.ndarray:
    """Which names are nothing but blanks."""
    if pd.api.types.is_numeric_dtype(names.dtype):
        return np.zeros(len(names), dtype=bool)
    return np.asarray(names.astype("str").str.strip() == "", dtype=bool)


def _set_aside(no_child: np.ndarray, start: np.ndarray, end: np.ndarray, freeze: int) -> np.ndarray:
    """Why each row cannot be used, as a place in `WHY_ASIDE`; -1 for the others."""
    no_start = start == NEVER
    reasons = [no_child, no_start, ~no_start & (end < start), ~no_start & (start > freeze)]
    return np.select(reasons, range(len(reasons)), default=-1).astype("int8")


def numbers(column: pd.Series) -> tuple[np.ndarray, pd.Index]:
    """Each text as a number in order of the alphabet, -1 where it is empty, and the texts by number."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        codes, names = np.asarray(column.cat.codes), pd.Index(column.cat.categories)
    else:
        codes, names = pd.factorize(column)
    words = pd.Index(names).astype("str").str.strip()
    again, unique = pd.factorize(words.where(words != ""), sort=True)
    return np.append(again, -1)[codes].astype("int32"), pd.Index(unique).astype("str")


def is_one_of(codes: np.ndarray, names: pd.Index, words: tuple[str, ...]) -> np.ndarray:
    """Whether each row's text is one of the words."""
    return np.append(np.asarray(names.isin(words), dtype=bool), False)[codes]


def _rows(
    texts: Texts,
    columns: PlacementColumns,
    child: np.ndarray,
    start: np.ndarray,
    end: np.ndarray,
    kept: np.ndarray,
    rules: SpellRules,
) -> Rows:
    """The rows kept, in the order of the table."""
    types, type_names = texts(columns.type)
    began, began_names = texts(columns.began)
    legal, legal_names = texts(columns.legal_status)
    reasons, reason_names = texts(columns.exit_reason if columns.coded else columns.end_reason)
    carers, carer_names = texts(columns.carer)
    if columns.site and not columns.coded and columns.carer:
        sites, _ = texts(columns.site)
        carers = np.where(carers < 0, -1, carers + (sites + 1) * (len(carer_names) + 1)).astype("int32")
    unknown = carers < 0
    carers = np.where(unknown, int(carers.max(initial=0)) + 1 + np.arange(len(carers)), carers)
    kind = np.full(len(texts.table), PLACEMENT, dtype="int8")
    if columns.coded:
        kind[is_one_of(types, type_names, TEMPORARY)] = TEMPORARY_STAY
        if rules.short_breaks == "apart":
            kind[is_one_of(legal, legal_names, SHORT_BREAKS)] = SHORT_BREAK
    left_words = tuple(name for name in reason_names if leaves_care(name, columns.coded))
    every = np.arange(len(texts.table))
    rows = Rows(
        child=child,
        start=start,
        end=end,
        carer=carers.astype("int32"),
        type=types,
        kind=kind,
        began=_beginnings(began, began_names),
        left=is_one_of(reasons, reason_names, left_words) & (end < OPEN),
        adoption=is_one_of(types, type_names, ADOPTION),
        source=every,
    )
    return (
        rows if len(kept) == len(every) else Rows(**{name: array[kept] for name, array in _fields(rows).items()})
    )


def _beginnings(codes: np.ndarray, names: pd.Index) -> np.ndarray:
    """The place of each code in `BEGINNING_CODES`; -1 where it is none of them."""
    places = {code: place for place, code in enumerate(BEGINNING_CODES)}
    table = np.array([*(places.get(name, -1) for name in names), -1], dtype="int8")
    return table[codes]


def _in_order(rows: Rows, texts: Texts, columns: PlacementColumns) -> Rows:
    """The rows by child, start and end; ties by what they say, so that the order of the file does not matter."""
    key = _packed((rows.child, rows.start - NEVER, rows.end - NEVER))
    ordered = rows
    if not np.all(key[1:] > key[:-1]):
        order = np.argsort(key)
        key = key[order]
        order = _ties_by_content(order, key, rows.source, texts.table, columns)
        child, start, end = _unpacked(key)
        said = _packed((rows.type + 1, rows.began + 1, rows.kind + 4 * rows.left + 8 * rows.adoption))[order]
        types, began, rest = _unpacked(said)  # one number a row is brought into order sooner than five
        ordered = Rows(
            child=child,
            start=start + np.int32(NEVER),
            end=end + np.int32(NEVER),
            carer=rows.carer if columns.coded else rows.carer[order],
            type=types - np.int32(1),
            kind=(rest & 3).astype("int8"),
            began=(began - 1).astype("int8"),
            left=(rest & 4) > 0,
            adoption=(rest & 8) > 0,
            source=rows.source[order],
        )
    if not columns.coded:
        return ordered
    return Rows(**{**_fields(ordered), "carer": _carers_by_code(ordered, texts, columns)})


def _packed(parts: tuple[np.ndarray, np.ndarray, np.ndarray]) -> np.ndarray:
    """Three numbers in one that sorts as they do; the second and the third have at most `BITS` bits."""
    packed = parts[0].astype("int64")
    for part in parts[1:]:
        packed <<= BITS
        packed |= part
    return packed


def _unpacked(packed: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The three numbers of each."""
    mask = (1 << BITS) - 1
    first, second, third = packed >> 2 * BITS, (packed >> BITS) & mask, packed & mask
    return first.astype("int32"), second.astype("int32"), third.astype("int32")


def _fields(rows: Rows) -> dict[str, Any]:
    """The arrays of the rows by name."""
    return {name: getattr(rows, name) for name in Rows.__dataclass_fields__}


def _ties_by_content(
    order: np.ndarray, key: np.ndarray, source: np.ndarray, table: pd.DataFrame, columns: PlacementColumns
) -> np.ndarray:
    """Order rows with the same child, start and end by their other columns."""
    same = key[1:] == key[:-1]
    if not same.any():
        return order
    tied = np.zeros(len(key), dtype=bool)
    tied[1:] |= same
    tied[:-1] |= same
    places = np.flatnonzero(tied)
    names = [columns.began, columns.carer, columns.type, columns.end_reason, columns.exit_reason]
    names += [columns.legal_status, columns.provider, columns.urn, columns.postcode, columns.change_reason]
    texts = table.loc[source[order[places]], [name for name in names if name]].fillna("").astype("str")
    texts.insert(0, "_key", key[places])
    ranks = texts.reset_index(drop=True).sort_values(list(texts.columns), kind="stable").index.to_numpy()
    order = order.copy()
    order[places] = order[places][ranks]
    return order


def _carers_by_code(rows: Rows, texts: Texts, columns: PlacementColumns) -> np.ndarray:
    """A return names no carer: a number that changes where the code says that the carer did."""
    says_new = np.array([*(beginning.new_carer for beginning in BEGINNINGS), False])
    new = is_new(rows.child) | says_new[rows.began]
    silent = np.flatnonzero((rows.began < 0) & ~new)
    if len(silent):
        new[silent] = ~same_place(rows.source[silent - 1], rows.source[silent], texts, columns)
    return np.cumsum(new, dtype="int32")


def same_place(one: np.ndarray, other: np.ndarray, texts: Texts, columns: PlacementColumns) -> np.ndarray:
    """Whether pairs of rows of a return name the same place by type and by URN or postcode, as far as they say.

    One of URN and postcode must stand in both rows, and neither may differ.
    """
    types, _ = texts(columns.type)
    same = (types[one] == types[other]) & (types[one] >= 0)
    known = np.zeros(len(one), dtype=bool)
    for name in (columns.urn, columns.postcode):
        places = np.flatnonzero(same)  # few: columns as wide as these are not read for the others
        first, second = _texts(texts.table, name, one[places]), _texts(texts.table, name, other[places])
        both = (first != "") & (second != "")
        same[places] &= ~both | (first == second)
        known[places] |= both
    return same & known


def _texts(table: pd.DataFrame, name: str, places: np.ndarray) -> np.ndarray:
    """Cells of a column as text, "" where empty or where there is no column."""
    if name not in table or len(places) == 0:
        return np.full(len(places), "", dtype=object)
    cells = table[name].take(places)
    return cells.astype(object).where(cells.notna(), "").astype("str").str.strip().to_numpy(dtype=object)


def _births(
    table: pd.DataFrame,
    columns: PlacementColumns,
    children: pd.DataFrame | None,
    child: np.ndarray,
    row_of: np.ndarray,
    order: DateOrder | None,
) -> np.ndarray:
    """The birth date of every child, from the table of children or from the placements themselves."""
    births = np.full(len(row_of), NEVER, dtype="int32")
    if columns.birth_date:
        days, _ = _days(table, columns.birth_date, order)
        known = (days > NEVER) & (child >= 0)
        births[child[known]] = days[known]
    if children is None:
        return births
    theirs = find_columns(children.columns)
    if theirs.child not in children or not theirs.birth_date:
        return births
    by_site = bool(columns.site and theirs.site)
    days, _ = _days(children.reset_index(drop=True), theirs.birth_date, order)
    known = _names(children, theirs, by_site).assign(days=days).query("days > @NEVER")
    mine = _names(table.take(row_of), columns, by_site)
    found = mine.merge(known.drop_duplicates(["site", "child"]), on=["site", "child"], how="left")["days"]
    return np.where(found.notna(), found.fillna(0), births).astype("int32")


def _names(table: pd.DataFrame, columns: PlacementColumns, by_site: bool) -> pd.DataFrame:
    """Site and child as text."""
    site = table[columns.site].astype("str").fillna("").to_numpy() if by_site else ""
    return pd.DataFrame({"site": site, "child": table[columns.child].astype("str").to_numpy()})
