"""Which files make up one return, which year each return is about, and which return is the latest.

The year is read from the episodes: those of a return year began by 31 March and had not ended before 1 April. A
year in a file name may be the one in which the return year starts or the one in which it ends, so that it decides
nothing as long as there are dates.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

import numpy as np
import pandas as pd

from securebase_analysis.readers.ssda903.layout import BY_NAME, plain_word
from securebase_analysis.readers.ssda903.ledger import Ledger
from securebase_analysis.readers.ssda903.typed_tables import TypedTable
from securebase_analysis.results.wording import count as n_of

FIRST_YEAR, LAST_YEAR = 1970, 2099
YEAR_IN_NAME = re.compile(r"(?<![0-9])(?:19|20)[0-9]{2}(?![0-9])")
FITTING_SHARE = 0.6
DATES_THAT_TELL = {"reviews": "date", "missing": "end", "placed_for_adoption": "start", "social_workers": "start"}


@dataclass(frozen=True, eq=False)
class Return:
    """The tables of one return.

    Attributes
    ----------
    tables : tuple of TypedTable
        One or more files.
    year : int or None
        The year in which the return year starts; None when nothing tells it.
    """

    tables: tuple[TypedTable, ...]
    year: int | None

    @property
    def label(self) -> str:
        """The return year in words, such as 2017/18; empty when it is not known."""
        return year_label(self.year)


def year_label(year: int | None) -> str:
    """A return year as it is written.

    Examples
    --------
    >>> year_label(2017), year_label(1999)
    ('2017/18', '1999/00')
    """
    return "" if year is None else f"{year}/{(year + 1) % 100:02d}"


def return_year(dates: np.ndarray) -> np.ndarray:
    """The year in which the return year of a date starts, as float; NaN where there is no date."""
    known = ~np.isnat(dates)
    if not known.any():
        return np.full(len(dates), np.nan)
    days = np.where(known, dates.astype("datetime64[D]"), dates[known.argmax()]).astype("int64")
    first = days.min()
    # Many rows share few days: the calendar is asked once for each day between the first and the last.
    months = np.arange(first, days.max() + 1).astype("datetime64[D]").astype("datetime64[M]").astype("int64")
    years = ((months - 3) // 12 + 1970).astype("float64")[days - first]
    years[~known] = np.nan
    return years


def sort_returns(tables: Sequence[TypedTable], ledger: Ledger) -> list[Return]:
    """The returns of a folder, the earliest first.

    Parameters
    ----------
    tables : sequence of TypedTable
        All files.
    ledger : Ledger
        Takes what was assumed.
    """
    groups: dict[str, list[TypedTable]] = {}
    for table in tables:
        groups.setdefault(_key(table), []).append(table)
    groups = _joined(groups)
    years = {key: _year_of(group, ledger) for key, group in groups.items()}
    shift = _shift_of_names(groups, years)
    for key, group in groups.items():
        if years[key] is None:
            years[key] = _year_from_name(group, shift, ledger)
    order = sorted(groups, key=lambda key: (years[key] is not None, years[key] or 0, _last_end(groups[key]), key))
    _report_years(groups, years, order, ledger)
    return [Return(tuple(groups[key]), years[key]) for key in order]


def _key(table: TypedTable) -> str:
    """What is left of a file's name without the word for its table: the same for the files of one return."""
    path = PurePosixPath(table.file.partition(" [")[0])
    plain = plain_word(str(path.with_suffix("")))
    for word in sorted(BY_NAME[table.layout.name].words, key=len, reverse=True):
        if word in plain and path.suffix.lower() != ".xml":
            return plain.replace(word, "", 1) if plain != word else ""
    return plain


def _joined(groups: dict[str, list[TypedTable]]) -> dict[str, list[TypedTable]]:
    """Groups without episodes go to the only group of their folder that has some."""
    has_episodes = [key for key, group in groups.items() if any(t.layout.name == "episodes" for t in group)]
    joined = {key: list(groups[key]) for key in has_episodes} or {
        key: list(group) for key, group in groups.items()
    }
    for key, group in groups.items():
        if key in joined:
            continue
        here = [other for other in has_episodes if _folder(groups[other]) == _folder(group)]
        target = here[0] if len(here) == 1 else key
        joined.setdefault(target, []).extend(group)
    return joined


def _folder(group: Sequence[TypedTable]) -> str:
    """The sub-folder of a group of files."""
    return str(PurePosixPath(group[0].file).parent)


def _year_of(group: Sequence[TypedTable], ledger: Ledger) -> int | None:
    """The year that most episodes fit; the year of the last dates of other tables when there are no episodes."""
    episodes = [table for table in group if table.layout.name == "episodes"]
    start = _dates(episodes, "start")
    end = _dates(episodes, "end")
    if (~np.isnat(start)).any():
        return _fitting_year(start, end, [table.file for table in episodes], ledger)
    for name, column in DATES_THAT_TELL.items():
        dates = _dates([table for table in group if table.layout.name == name], column)
        years = return_year(dates[~np.isnat(dates)])
        if len(years) >= 5:
            return int(np.quantile(years, 0.99, method="lower"))
    return None


def _dates(tables: Sequence[TypedTable], column: str) -> np.ndarray:
    """A column of dates of several files, as days."""
    parts = [table.frame[column].to_numpy().astype("datetime64[D]") for table in tables if column in table.frame]
    return np.concatenate(parts) if parts else np.array([], dtype="datetime64[D]")


def _fitting_year(start: np.ndarray, end: np.ndarray, files: list[str], ledger: Ledger) -> int:
    """The year into which most episodes fall: begun by its last day, not ended before its first."""
    began = return_year(start)
    # An end on 1 April belongs to the year that has just ended.
    ended = return_year(end - np.timedelta64(1, "D"))
    dated = ~np.isnan(began) & (began >= FIRST_YEAR)
    began, ended = began[dated].astype("int64"), ended[dated]
    years = np.arange(began.min(), max(began.max(), np.nanmax(np.append(ended, began.max()))) + 1, dtype="int64")
    closed = ~np.isnan(ended)
    if not closed.any():
        return int(np.quantile(began, 0.995, method="lower"))
    n_years, first = len(years), years[0]
    # Each episode fits the years from its first to its last: one that ended fits only the year in which it did.
    starts = np.bincount(np.clip(began[~closed] - first, 0, n_years - 1), minlength=n_years).cumsum()
    ended_in = np.clip(ended[closed].astype("int64") - first, 0, n_years - 1)
    n_fit = starts + np.bincount(ended_in, minlength=n_years)
    best = int(years[np.flatnonzero(n_fit == n_fit.max())[0]])
    share = n_fit.max() / max(len(began), 1)
    if share < FITTING_SHARE:
        best = int(np.quantile(np.concatenate([began, ended[closed]]), 0.995, method="lower"))
        ledger.report(
            "SB-PLACE-46",
            "warn",
            f"Only {share:.0%} of the episodes fit one return year; the file seems to hold several years.",
            files[0],
            why="What a return says about its year (OC2, OC3) cannot be told apart by year.",
            done=f"It was taken for the return of {year_label(best)}.",
            fix="Read the yearly returns, each in files of its own.",
        )
    return best


def _shift_of_names(groups: dict[str, list[TypedTable]], years: dict[str, int | None]) -> int:
    """What to take from a year in a file name, learnt from returns whose dates tell the year."""
    shifts = [
        name - year
        for key, group in groups.items()
        if (name := _named_year(group)) is not None and (year := years[key]) is not None
    ]
    return max(set(shifts), key=shifts.count) if shifts else 0


def _named_year(group: Sequence[TypedTable]) -> int | None:
    """The year in the names of the files of a group."""
    found = [int(text) for table in group for text in YEAR_IN_NAME.findall(table.file)]
    return max(set(found), key=found.count) if found else None


def _year_from_name(group: Sequence[TypedTable], shift: int, ledger: Ledger) -> int | None:
    """The year of files without dates that tell it, from their names as the other files use them."""
    named = _named_year(group)
    year = None if named is None else named - shift
    files = f"{group[0].file}" + (f" and {len(group) - 1} more" if len(group) > 1 else "")
    ledger.report(
        "SB-PLACE-47",
        "warn",
        f"No date in these files tells the year of the return ({files}).",
        why="What a return says about its year (OC2, OC3) has no other date.",
        done=f"Taken from the file name: {year_label(year)}." if year is not None else "The year is missing.",
        fix="Add the episodes of the same return.",
    )
    return year


def _last_end(group: Sequence[TypedTable]) -> float:
    """The number of ended episodes, to put two returns about the same year in order: the later has more."""
    end = _dates([table for table in group if table.layout.name == "episodes"], "end")
    return float((~np.isnat(end)).sum())


def _report_years(
    groups: dict[str, list[TypedTable]], years: dict[str, int | None], order: Sequence[str], ledger: Ledger
) -> None:
    """Say which year each return was taken for; warn where two returns are about one year or a name disagrees."""
    said = []
    for key in order:
        year, named = years[key], _named_year(groups[key])
        if year is None:
            continue
        said.append(f"{groups[key][0].file}: {year_label(year)}")
        if named is not None and named not in (year, year + 1):
            ledger.report(
                "SB-PLACE-48",
                "warn",
                f"The file name says {named}, but the dates in it are of {year_label(year)}.",
                groups[key][0].file,
                done="The dates decided.",
                fix="Check that it is the right export.",
            )
    known = [year for key in order if (year := years[key]) is not None]
    if known:
        listed = "; ".join(said[:10]) + (f"; and {len(said) - 10} more" if len(said) > 10 else "")
        found = n_of(len(order), "return was", "returns were")
        what = f"{found} found, the year read from the dates of episodes ({listed})."
        ledger.report("SB-PLACE-49", "note", what, done="Returns were put in this order.")
    twice = sorted({year for year in known if known.count(year) > 1})
    if twice:
        ledger.report(
            "SB-PLACE-48",
            "warn",
            f"More than one return is about {', '.join(year_label(year) for year in twice)}.",
            why="Which of them is the later cannot be told for certain.",
            done="The one with more ended episodes was taken for the later.",
            fix="Keep one return a year in the folder.",
        )


def stacked(returns: Sequence[Return], name: str, file_numbers: dict[str, int]) -> pd.DataFrame:
    """One table of all returns, the earliest first, with hidden columns that say where each row is from.

    Returns
    -------
    pandas.DataFrame
        The columns of the table and `ORIGIN`.
    """
    parts = []
    for number, one in enumerate(returns):
        for table in one.tables:
            if table.layout.name == name:
                origin = {
                    "_return": np.int32(number),
                    "_year": np.float64(np.nan if one.year is None else one.year),
                    "_file": np.int32(file_numbers[table.file]),
                    "_row": table.rows,
                }
                parts.append(table.frame.assign(**origin))
    return _concatenated(parts)


def _concatenated(parts: list[pd.DataFrame]) -> pd.DataFrame:
    """Tables one below the other; categories of a column united."""
    if len(parts) <= 1:
        return parts[0] if parts else pd.DataFrame()
    names = list(dict.fromkeys(name for part in parts for name in part))
    columns = {}
    for name in names:
        series = [part[name] if name in part else _nothing(part, parts, name) for part in parts]
        if isinstance(series[0].dtype, pd.CategoricalDtype):
            columns[name] = pd.api.types.union_categoricals(series)
        else:
            columns[name] = np.concatenate([column.to_numpy() for column in series])
    return pd.DataFrame(columns, copy=False)


def _nothing(part: pd.DataFrame, parts: list[pd.DataFrame], name: str) -> pd.Series:
    """An empty column of the kind that it has in other files."""
    other = next(one[name] for one in parts if name in one)
    empty = other.iloc[:0].reindex(range(len(part)))
    return empty.set_axis(part.index)
