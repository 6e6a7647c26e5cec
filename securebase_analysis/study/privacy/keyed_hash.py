"""Pseudonyms and shifts of dates, both drawn from the id by a keyed hash: the same key, the same answer."""

from __future__ import annotations

import hashlib
import hmac
import unicodedata
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from securebase_analysis.errors import DataError, ModelError, Problem
from securebase_analysis.results.wording import count as n_of
from securebase_analysis.study.columns import clean_ids
from securebase_analysis.study.privacy.key_file import read_key

LETTERS = "BCDFGHJKMNPQRSTVWXYZ"
SIGNS = LETTERS + "2345679"
"""Without vowels, which would spell words, and without L, 1, 0 and 8, which look like other signs."""
LENGTH = 12
WEEKS = 26


def pseudonyms(ids: pd.Series, key: str | Path, *, kind: str = "child", site: pd.Series | str = "") -> pd.Series:
    """Replace ids by pseudonyms that nobody can compute without the key.

    Parameters
    ----------
    ids : pandas.Series
        As in the file; blanks and invisible signs around an id do not count, leading zeros and case do.
    key : str or Path
        The file that `write_key` made, outside the study folder.
    kind : str, default "child"
        What the ids name: the same id of a child and of a carer has two pseudonyms.
    site : pandas.Series or str, optional
        The site of each id. Where ids are given out by sites, the same id at two sites is two children.

    Returns
    -------
    pandas.Series
        Text of 12 letters and digits, the first of them a letter; missing where the id is.

    Raises
    ------
    DataError
        When the key is inside a study folder (SB-ID-73) or no key (SB-ID-74), or the sites are not as many as the
        ids (SB-ID-75).

    Notes
    -----
    HMAC-SHA256 (Krawczyk, Bellare and Canetti 1997, RFC 2104) of kind, site and id, cut to 56 bits: among 100,000
    ids two share a pseudonym with a probability of 1 in 20 million. A plain hash would not do: ids are few, and
    whoever tries them all finds each. Pseudonyms are personal data still, for whoever holds the key.

    Examples
    --------
    >>> import tempfile
    >>> from securebase_analysis.study.privacy.key_file import write_key
    >>> key = write_key(Path(tempfile.mkdtemp()) / "cohort.key")
    >>> first, again, other = pseudonyms(pd.Series(["C01", " C01", "C02"]), key)
    >>> first == again, first == other, len(first)
    (True, False, 12)
    """
    return hashed(ids, read_key(key), kind, site)


def shift_dates(
    dates: pd.Series,
    ids: pd.Series,
    key: str | Path,
    *,
    site: pd.Series | str = "",
    weeks: int = WEEKS,
) -> pd.Series:
    """Move the dates of each child back by a number of weeks of its own, so that only distances remain.

    Parameters
    ----------
    dates : pandas.Series
        Dates; text that is no date of the form 2021-03-31 is refused.
    ids : pandas.Series
        Whose date it is; as for `pseudonyms`, before they are replaced.
    key : str or Path
        The file that `write_key` made.
    site : pandas.Series or str, optional
        As for `pseudonyms`.
    weeks : int, default 26
        The longest shift; each child has one of 1 to `weeks`, in every table and wave the same.

    Returns
    -------
    pandas.Series
        datetime64; missing where the date or the id is.

    Raises
    ------
    DataError
        As `pseudonyms`; and when a cell is no date or `weeks` is not 1 to 520 (SB-ID-75).

    Notes
    -----
    Ages, durations, the order of events and the day of the week stay what they were; the season moves by at most
    `weeks`. Distances between children, and from a child to a day that is the same for all, such as the data
    freeze, do not stay. Whoever knows one true date of a child knows all of them.

    Examples
    --------
    >>> import tempfile
    >>> from securebase_analysis.study.privacy.key_file import write_key
    >>> key = write_key(Path(tempfile.mkdtemp()) / "cohort.key")
    >>> moved = shift_dates(pd.Series(["2021-03-01", "2021-05-10"]), pd.Series(["C01", "C01"]), key)
    >>> (moved[1] - moved[0]).days, bool(moved[0] < pd.Timestamp("2021-03-01"))
    (70, True)
    """
    secret = read_key(key)
    if isinstance(weeks, bool) or not isinstance(weeks, int | np.integer) or not 1 <= weeks <= 520:
        raise DataError(
            _unusable("weeks", "The longest shift is not a whole number of weeks from 1 to 520.", "weeks=26")
        )
    _refuse_no_column(dates, "dates")
    as_dates = pd.to_datetime(dates, format="%Y-%m-%d", errors="coerce")
    lost = dates.notna() & as_dates.isna()
    if lost.any():
        what = f"{n_of(int(lost.sum()), 'cell is no date', 'cells are no dates')} of the form 2021-03-31."
        rows = (np.flatnonzero(lost) + 1).tolist()
        raise DataError(_unusable(str(dates.name or ""), what, "pandas.to_datetime(column, dayfirst=True)", rows))
    if len(ids) != len(dates):
        raise DataError(_unusable("ids", "There are not as many ids as dates.", "Take both from the same table."))
    return as_dates - days_back(ids, secret, site, int(weeks)).set_axis(dates.index)


def hashed(ids: pd.Series, secret: bytes, kind: str, site: pd.Series | str = "") -> pd.Series:
    """The pseudonym of each id; missing where there is none."""
    return _by_id(ids, secret, kind, site, _as_signs).astype("str").rename(ids.name)


def days_back(ids: pd.Series, secret: bytes, site: pd.Series | str, weeks: int, kind: str = "child") -> pd.Series:
    """By how many days the dates of each id go back; missing where there is no id."""
    number = _by_id(ids, secret, f"shift {kind}", site, lambda number: 1 + number % weeks)
    return pd.to_timedelta(7 * number.astype("Float64").astype("float64"), unit="D")


def _by_id(ids: pd.Series, secret: bytes, kind: str, site: pd.Series | str, made: Any) -> pd.Series:
    """What `made` makes of the keyed hash of each id, each distinct id once."""
    _refuse_no_column(ids, "ids")
    words = clean_ids(ids)
    if isinstance(site, pd.Series):
        if len(site) != len(ids):
            raise DataError(
                _unusable("site", "There are not as many sites as ids.", "Take both from the same table.")
            )
        sites = clean_ids(site).fillna("").to_numpy()
    else:
        sites = np.full(len(ids), "" if site is None else str(site).strip())
    pairs = pd.MultiIndex.from_arrays([sites, words.to_numpy()])
    codes, distinct = pd.factorize(pairs)
    values = [None if pd.isna(word) else made(_digest(secret, kind, place, word)) for place, word in distinct]
    return pd.Series([values[code] for code in codes], index=ids.index, dtype=object)


def _refuse_no_column(given: object, name: str) -> None:
    """Refuse a list or a frame where a column is asked for."""
    if not isinstance(given, pd.Series):
        what = f"{name} is a {type(given).__name__}, not a column."
        fix = "pseudonyms(frame['child'], key), shift_dates(frame['date'], frame['child'], key)"
        raise ModelError(Problem("SB-MODEL-41", "stop", what, fix=fix))


def _digest(secret: bytes, kind: str, site: str, word: str) -> int:
    """The keyed hash as a number; the parts are kept apart by their lengths."""
    parts = [unicodedata.normalize("NFC", part).encode() for part in (kind, site, word)]
    message = b"".join(len(part).to_bytes(8, "big") + part for part in parts)
    return int.from_bytes(hmac.new(secret, message, hashlib.sha256).digest(), "big")


def _as_signs(number: int) -> str:
    """A number as letters and digits, the first of them a letter so that no spreadsheet takes it for a number."""
    number, first = divmod(number, len(LETTERS))
    signs = [LETTERS[first]]
    for _ in range(LENGTH - 1):
        number, place = divmod(number, len(SIGNS))
        signs.append(SIGNS[place])
    return "".join(signs)


def _unusable(column: str, what: str, fix: str, rows: list[int] | None = None) -> Problem:
    """What was given cannot be used as it is."""
    why = "A pseudonym or a shift for the wrong row would join two children."
    return Problem(
        "SB-ID-75", "stop", what, column=column, rows=rows or (), why=why, done="Nothing was made.", fix=fix
    )
