"""Which cells may be shown in a message: only those that can not be a person's name or identifier."""

from __future__ import annotations

import re
from collections.abc import Iterable

MAX_LENGTH = 24
MOST_DIGITS = 8
MOST_DIGITS_WITH_BLANKS = 6
CELLS_SHOWN = 5
MONTHS = """
jan feb mar apr may jun jul aug sep sept oct nov dec january february march april june july august september
october november december
"""
BEFORE_A_NUMBER = """
about approx approximately between ca circa from less more over since under until up
"""
BESIDE_NUMBERS = """
and day days hour hours many max min minutes month months of or percent plus than to week weeks year years yr yrs
am pm
"""
FOR_MISSING = """
blank|d k|do not know|don t know|dk|dont know|empty|error|false|missing|n a|na|nan|nil|no|no answer|none|
not applicable|not asked|not known|null|prefer not to say|refused|true|unknown|yes
"""
MONTH_NAMES = frozenset(MONTHS.split())
OPENING = frozenset(BEFORE_A_NUMBER.split())
WITH_DIGITS = MONTH_NAMES | OPENING | frozenset(BESIDE_NUMBERS.split())
PHRASES = frozenset(phrase.strip() for phrase in FOR_MISSING.split("|"))
TOKENS = re.compile(r"[^\W_]+")
ORDINAL = re.compile(r"\d{1,2}(?:st|nd|rd|th)", re.IGNORECASE)
DAY_AND_TIME = re.compile(
    r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?Z?|\d{1,2}[/.]\d{1,2}[/.]\d{4} [\d:]{4,8}"
)
ERRORS = frozenset(("#N/A", "#DIV/0!", "#REF!", "#VALUE!", "#NAME?", "#NUM!", "#NULL!"))
DIGITS_AND_BLANKS = re.compile(r"[\d\s]*\s[\d\s]*")


def quotable(cell: str) -> bool:
    """Whether a cell of a column of answers, numbers or dates may be shown.

    An identifier is a name, a code of letters and digits, or a long number. So a cell is shown when it is a short
    number with its signs, a day, a phrase for a missing answer, or a number beside everyday words such as *or* and
    *weeks*. A word that is also a name (*April*, *Don*), letters joined to digits and letters before a number that
    could be its series stay out.

    Examples
    --------
    >>> quotable("3 or 4"), quotable(">30"), quotable("12 March 2021"), quotable("don't know")
    (True, True, True, True)
    >>> quotable("C014"), quotable("K 1"), quotable("Zoe"), quotable("June"), quotable("943 476 5919")
    (False, False, False, False, False)
    """
    text = cell.strip()
    if len(text) > MAX_LENGTH:
        return False
    if text in ERRORS or DAY_AND_TIME.fullmatch(text):
        return True
    n_digits = sum(sign.isdigit() for sign in text)
    if n_digits > (MOST_DIGITS_WITH_BLANKS if DIGITS_AND_BLANKS.fullmatch(text) else MOST_DIGITS):
        return False
    tokens = [token.casefold() for token in TOKENS.findall(text)]
    if not n_digits:
        return not tokens or " ".join(tokens) in PHRASES
    numbers = [token for token in tokens if token.isdigit() or ORDINAL.fullmatch(token)]
    if len(numbers) == len(tokens):
        return True
    opens = tokens[0] in OPENING or tokens[0] in numbers
    if tokens[0] in MONTH_NAMES:  # March 12 may be the twelfth of a series, March 12 2021 is a day
        opens = len(numbers) > 1 or any(len(number) == 4 for number in numbers)
    return opens and "_" not in text and all(token in WITH_DIGITS or token in numbers for token in tokens)


def name_cells(rows: Iterable[int], cells: Iterable[object], show: bool = True) -> str:
    """List the first cells that do not fit their column, each with its row; the text only where it is harmless.

    A cell of digits alone is not shown either: in a column where it does not fit it may be an identifier.

    Examples
    --------
    >>> name_cells([5, 9, 11], [">30", "Zoe", "20217"])
    "row 5 '>30', row 9 (not shown), row 11 (not shown)"
    """
    parts = []
    pairs = list(zip(rows, map(str, cells)))
    for row, cell in pairs[:CELLS_SHOWN]:
        text = " ".join(cell.split())
        is_shown = show and quotable(text) and not text.isdigit()
        parts.append(f"row {row} {text!r}" if is_shown else f"row {row} (not shown)")
    more = len(pairs) - CELLS_SHOWN
    return ", ".join(parts) + (f" and {more} more" if more > 0 else "")
