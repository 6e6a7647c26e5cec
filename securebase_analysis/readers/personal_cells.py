"""What cells look like that say who somebody is: e-mail and IP addresses, telephones, postcodes, numbers."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

CELLS_LOOKED_AT = 2_000
LEAST_SHARE = 0.5
LEAST_SHARE_OF_CHECKED = 0.9
LEAST_CHECKED = 3
LONGEST_PARTICULAR = 320
LARGEST_NUMBER = 1e15
ADDRESS = r"[\w.+\-]{1,64}@[\w\-]{1,63}(?:\.[\w\-]{1,63}){1,8}"
DAY = r"\d\d[- ]\d{1,2}[- ](?:19|20)\d\d"
"""A day such as 01-02-2010 is no telephone."""
CELL_KINDS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("e-mail", re.compile(ADDRESS)),
    ("IP address", re.compile(r"(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)")),
    ("IP address", re.compile(r"(?=.*:.*:)(?=.*::|(?:[0-9a-fA-F]{1,4}:){7})[0-9a-fA-F:]{3,39}")),
    ("telephone", re.compile(rf"(?!{DAY}$)(?:\+44|0044|\(?0)[\s\d()\-]{{9,14}}")),
    ("postcode", re.compile(r"[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}", re.IGNORECASE)),
    ("number of a person", re.compile(r"[A-HJ-NP-RT-Z]\d{11}[\dA-HJ-NP-RT-Z]")),
)
NHS_NUMBER = re.compile(r"\d{3}[ -]?\d{3}[ -]?\d{4}")
NHS_WEIGHTS = range(10, 1, -1)


def kind_of_cells(column: pd.Series) -> str:
    """What half of the filled cells of a column say of a person; empty when nothing.

    Examples
    --------
    >>> kind_of_cells(pd.Series(["SW1A 1AA", None, "M1 1AE"])), kind_of_cells(pd.Series(["1.5", "2"]))
    ('postcode', '')
    """
    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        return ""
    first = column.dropna().head(CELLS_LOOKED_AT)
    if pd.api.types.is_float_dtype(column.dtype):
        whole = len(first) and (first % 1 == 0).all() and first.abs().max() < LARGEST_NUMBER
        return "number of a person" if whole and _are_nhs_numbers([f"{cell:.0f}" for cell in first]) else ""
    cells = [str(cell).strip() for cell in first]
    cells = [cell for cell in cells if cell]
    if not cells:
        return ""
    if _are_nhs_numbers(cells):
        return "number of a person"
    short = [cell for cell in cells if len(cell) <= LONGEST_PARTICULAR]
    for kind, pattern in CELL_KINDS:
        if sum(bool(pattern.fullmatch(cell)) for cell in short) >= LEAST_SHARE * len(cells):
            return kind
    return ""


def _are_nhs_numbers(cells: list[str]) -> bool:
    """Whether the cells are ten digits whose last checks the others, as by chance one in eleven does."""
    numbers = [re.sub(r"\D", "", cell) for cell in cells if NHS_NUMBER.fullmatch(cell)]
    if len(set(numbers)) < LEAST_CHECKED or len(numbers) < LEAST_SHARE * len(cells):
        return False
    return sum(map(_check_digit_holds, numbers)) >= LEAST_SHARE_OF_CHECKED * len(numbers)


def _check_digit_holds(number: str) -> bool:
    """Whether the tenth digit of an NHS number follows from the nine before it (modulus 11)."""
    total = sum(weight * int(digit) for weight, digit in zip(NHS_WEIGHTS, number))
    return (11 - total % 11) % 11 == int(number[-1])


def rows_with_addresses(column: pd.Series) -> list[int]:
    """Rows, from 1, whose cell holds an e-mail address among other things.

    Examples
    --------
    >>> rows_with_addresses(pd.Series(["no", "write to a@b.org", None]))
    [2]
    """
    if isinstance(column.dtype, pd.CategoricalDtype):  # a text file of more than 32 MB is read so
        if not any("@" in str(cell) for cell in column.cat.categories):
            return []
    elif not pd.api.types.is_string_dtype(column.dtype) and column.dtype != object:
        return []
    cells = column.astype("str").where(column.notna(), "")
    holds = cells.str.contains("@", regex=False).to_numpy(dtype=bool)
    if not holds.any():
        return []
    places = np.flatnonzero(holds)
    return [int(place) + 1 for place in places if re.search(ADDRESS, cells.iloc[place])]
