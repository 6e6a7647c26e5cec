"""The cells of one item: numbers, and the reasons of those that hold a missing code."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

from securebase_analysis.errors import Problem
from securebase_analysis.readers.cells import to_number, to_text
from securebase_analysis.readers.text_columns import is_text

USUAL_MISSING_CODES = frozenset(
    {9, 66, 77, 88, 97, 98, 99, 777, 888, 997, 998, 999, 9999}
    | {-1, -7, -8, -9, -77, -88, -99, -777, -888, -999, -9999}
)
"""Numbers that surveys use for "no answer", wherever answers are checked."""
FEWEST_TO_MISS_THE_LOWEST = 100
"""Answers among which the lowest possible one is expected at least once."""
WHOLE_ANSWER = r"[+-]?[0-9]{1,15}"
PLAIN_ANSWER = rf"{WHOLE_ANSWER}(?:\.[0-9]+)?"


def answer_column(
    cells: pd.Series, codes: Mapping[str, str], *, file: str, decimal: str | None = None
) -> tuple[pd.Series, pd.DataFrame, list[Problem]]:
    """One item as numbers without its missing codes, and where they stood.

    Parameters
    ----------
    cells : pandas.Series
        As the file has them, under the name of the column in the file.
    codes : mapping of str to str
        Missing codes and their reasons.
    file, decimal : str
        For messages, and the decimal mark if it is known.

    Returns
    -------
    values : pandas.Series
        Numbers; missing where a cell is empty, a missing code or no number.
    found : pandas.DataFrame
        ``position, code, reason`` of the cells that hold a missing code.
    problems : list of Problem
        Those of `to_number`.

    Notes
    -----
    An item has few different answers, so each is looked at once.
    """
    at, distinct = pd.factorize(cells)
    spellings = to_text(pd.Series(distinct)).str.strip()
    declared = spellings.map({spelling: _code_of(spelling, codes) for spelling in spellings}).to_numpy(
        dtype=object
    )
    is_code = pd.notna(declared)
    answers = spellings.mask(is_code)
    plain = WHOLE_ANSWER if decimal == "," and is_text(cells) else PLAIN_ANSWER
    if answers.dropna().str.fullmatch(plain).all():
        numbers = np.append(pd.to_numeric(answers).to_numpy(dtype=float), np.nan)
        values = pd.Series(numbers[at], index=cells.index, name=cells.name)
        problems: list[Problem] = []
    else:
        without_codes = cells.mask(np.append(is_code, False)[at])
        values, problems = to_number(without_codes, table=file, decimal=decimal)
    positions = np.flatnonzero(np.append(is_code, False)[at])
    found = pd.DataFrame({"position": positions, "code": declared[at[positions]]})
    found["reason"] = found["code"].map(codes)
    return values, found, problems


def misses_the_lowest(items: Iterable[np.ndarray], lows: np.ndarray) -> bool:
    """Whether items that begin at 0 are answered often and nobody ever answered 0: the file may begin at 1.

    Parameters
    ----------
    items : iterable of numpy.ndarray
        The answers to each item; NaN where there is none. Looked at one by one, up to the first 0.
    lows : numpy.ndarray
        The lowest answer of each item.

    Examples
    --------
    >>> answers = [np.ones(60), np.full(60, 2.0)]
    >>> misses_the_lowest(answers, np.array([0.0, 0.0])), misses_the_lowest(answers, np.array([1.0, 1.0]))
    (True, False)
    """
    if not len(lows) or (lows != 0.0).any():
        return False
    n_given = 0
    for answers in items:
        if (answers == 0.0).any():
            return False
        n_given += int(np.isfinite(answers).sum())
    return n_given >= FEWEST_TO_MISS_THE_LOWEST


def _code_of(cell: str, codes: Mapping[str, str]) -> str | None:
    """The missing code that a cell is: the same number, or the same word in any case."""
    number = _number(cell)
    for code in codes:
        same_number = number is not None and number == _number(code)
        if same_number or str(cell).casefold() == code.casefold():
            return code
    return None


def _number(text: str) -> float | None:
    """A text as a finite number; None for anything else."""
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
