"""Who the children of the returns are: one row a child, what changes between returns named, nobody left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from securebase_analysis.readers.ssda903.by_file import rows_by_file
from securebase_analysis.readers.ssda903.in_order import DAY
from securebase_analysis.readers.ssda903.ledger import Ledger
from securebase_analysis.results.wording import count as n_of

Tables = Mapping[str, pd.DataFrame]
SEX_OF_CODE = {"1": "male", "M": "male", "2": "female", "F": "female", "U": "unknown"}
SEXES = ("female", "male", "unknown")
NO_TEXTS = pd.array([""], dtype="str")
"""To take nothing from: a text is missing where its place is -1."""
NO_DAY = -(2**40)
Stated = list[tuple[np.ndarray, np.ndarray]]


def _codes(column: pd.Series) -> np.ndarray:
    """The codes of a categorical column; of that of children, the place among all children."""
    return column.cat.codes.to_numpy()


def children_frame(tables: Tables, children: pd.Index, files: Sequence[str], ledger: Ledger) -> pd.DataFrame:
    """One row a child; of each fact the last one that a header gives, else the last that any table gives.

    Parameters
    ----------
    tables : mapping of str to pandas.DataFrame
        All rows of all returns, the earliest return first.
    children : pandas.Index
        All ids; the column ``child`` of each table counts in it.
    files : sequence of str
        File names by number.
    ledger : Ledger
        Takes facts that change or are missing.

    Returns
    -------
    pandas.DataFrame
        ``child, sex, birth_date, birth_date_conflict, ethnic, upn, mother, first_child_birth_date, uasc``; codes
        as the return has them, sex in words.
    """
    frame = pd.DataFrame({"child": children})
    births = _dates_of(tables, "birth_date")
    sexes = _sexes_of(tables)
    frame["sex"] = pd.array(SEXES, dtype="str").take(_last(sexes, len(children), -1), allow_fill=True)
    frame["birth_date"] = _from_days(_last(births, len(children), NO_DAY))
    conflict = _changing(births, len(children))
    frame["birth_date_conflict"] = conflict
    for name in ("ethnic", "upn", "mother"):
        frame[name] = _last_text(tables.get("header"), len(children), name)
    first_born = _dates_of(tables, "first_child_birth_date")
    frame["first_child_birth_date"] = _from_days(_last(first_born, len(children), NO_DAY))
    frame["uasc"] = (
        np.isin(np.arange(len(children)), _codes(tables["uasc"]["child"])) if "uasc" in tables else False
    )
    _report_no_birth(tables.get("header"), frame["birth_date"].isna().to_numpy(), files, ledger)
    _report_changing(tables, "birth_date", "DOB", conflict, files, ledger)
    _report_changing(tables, "sex", "SEX", _changing(sexes, len(children)), files, ledger)
    return frame


def _dates_of(tables: Tables, name: str) -> Stated:
    """Who and what day, for each table that states a date about the child; the header last, because it decides."""
    stated = []
    for table in sorted(tables, key=lambda table: table == "header"):
        frame = tables[table]
        if name in frame and "child" in frame:
            days = frame[name].to_numpy().astype(DAY)
            who = _codes(frame["child"])
            given = ~np.isnat(days) & (who >= 0)
            stated.append((who[given], days[given].astype("int64")))
    return stated


def _sexes_of(tables: Tables) -> Stated:
    """Who and which sex (0 female, 1 male, 2 unknown), for each table that states it."""
    stated = []
    for table in ("uasc", "header"):
        if table in tables and "sex" in tables[table]:
            frame = tables[table]
            words = frame["sex"].cat.categories.map(SEX_OF_CODE)
            number = np.array([{"female": 0, "male": 1, "unknown": 2}.get(word, -1) for word in words] + [-1])
            sex, who = number[_codes(frame["sex"])], _codes(frame["child"])
            given = (sex >= 0) & (who >= 0)
            stated.append((who[given], sex[given]))
    return stated


def _last(stated: Stated, n: int, empty: int) -> np.ndarray:
    """The last value stated of each child; `empty` where there is none."""
    values = np.full(n, empty, dtype="int64")
    for who, value in stated:
        values[who] = value
    return values


def _changing(stated: Stated, n: int) -> np.ndarray:
    """The children of whom different values are stated."""
    low, high = np.full(n, 2**40, dtype="int64"), np.full(n, NO_DAY, dtype="int64")
    for who, value in stated:
        np.minimum.at(low, who, value)
        np.maximum.at(high, who, value)
    return low < high


def _from_days(days: np.ndarray) -> np.ndarray:
    """Days from 1970 as dates."""
    return np.where(days == NO_DAY, np.datetime64("NaT"), days.astype(DAY)).astype("datetime64[us]")


def _last_text(frame: pd.DataFrame | None, n: int, name: str) -> pd.Series:
    """The last code or text that a header gives of each child."""
    if frame is None or name not in frame:
        return pd.Series(NO_TEXTS.take(np.full(n, -1), allow_fill=True))
    who, codes = _codes(frame["child"]), _codes(frame[name])
    given = (codes >= 0) & (who >= 0)
    values = np.full(n, -1, dtype="int64")
    values[who[given]] = codes[given]
    texts = pd.array(frame[name].cat.categories, dtype="str")
    return pd.Series((texts if len(texts) else NO_TEXTS).take(values, allow_fill=True))


def _report_no_birth(
    header: pd.DataFrame | None, unknown: np.ndarray, files: Sequence[str], ledger: Ledger
) -> None:
    """Rule 102: headers of children whose birth date stands nowhere."""
    if header is None:
        return
    wrong = np.append(unknown, False)[_codes(header["child"])]
    for number, mine in rows_by_file(header, wrong):
        what = f"{n_of(len(mine), 'row is', 'rows are')} of children without a birth date."
        why = "Their ages are not known."
        ledger.rule("102", "SB-PLACE-53", what, "header", files[number], "DOB", mine, why)


def _report_changing(
    tables: Tables,
    column: str,
    name: str,
    changing: np.ndarray,
    files: Sequence[str],
    ledger: Ledger,
) -> None:
    """Name the rows of children whose sex or birth date is not the same everywhere."""
    if not changing.any():
        return
    flags = np.append(changing, False)
    for frame in tables.values():
        if column not in frame or "child" not in frame or name not in ("SEX", "DOB"):
            continue
        wrong = flags[_codes(frame["child"])] & frame[column].notna().to_numpy()
        for number, rows in rows_by_file(frame, wrong):
            ledger.report(
                "SB-ID-07",
                "warn",
                f"The {column.replace('_', ' ')} of {n_of(int(changing.sum()), 'child', 'children')} is not the "
                "same in all rows.",
                files[number],
                name,
                rows,
                why="Ages, or comparisons of girls and boys, depend on the return that is read.",
                done="That of the latest header was taken"
                + ("; `birth_date_conflict` marks these children." if column == "birth_date" else "."),
                fix="Find out which is right; leave these children out of results that need it.",
            )
