"""How numbers are written for people: rounded only here, never before.

APA 7: no leading zero for quantities that cannot exceed one, exact p-values to three places, true minus signs.
"""

from __future__ import annotations

import math
import re
from typing import Any

MINUS = "\u2212"


def number(value: Any, places: int = 2, leading_zero: bool = True) -> str:
    """A number with fixed decimals; a dash where it is missing.

    Examples
    --------
    >>> number(0.4567), number(-0.5, leading_zero=False), number(float("nan")), number(float("inf"))
    ('0.46', '−.50', '–', '∞')
    """
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return "–"
    if math.isinf(value):
        return "∞" if value > 0 else f"{MINUS}∞"
    text = f"{value:.{places}f}"
    if float(text) == 0.0:
        text = text.lstrip("-")
    if not leading_zero:
        text = text.replace("0.", ".", 1) if text.lstrip("-").startswith("0.") else text
    return text.replace("-", MINUS)


def in_number(text: str, **counts: int) -> str:
    """Fill counts into a text, with the words for one or for many where the place holds both.

    Examples
    --------
    >>> in_number("{n:row has|rows have} no child.", n=1), in_number("{n:row has|rows have} no child.", n=2)
    ('1 row has no child.', '2 rows have no child.')
    """

    def filled(place: re.Match[str]) -> str:
        n, one, many = counts[place["name"]], place["one"], place["many"]
        return f"{n} {one if n == 1 else many}" if one else str(n)

    names = "|".join(counts)
    return re.sub(rf"\{{(?P<name>{names})(?::(?P<one>[^|}}]*)\|(?P<many>[^}}]*))?\}}", filled, text)


def p_value(value: Any) -> str:
    """An exact p-value to three places, ``< .001`` below that.

    Examples
    --------
    >>> p_value(0.03411), p_value(1e-6)
    ('.034', '< .001')
    """
    if value is None or math.isnan(value):
        return "–"
    return "< .001" if value < 0.001 else number(value, 3, leading_zero=False)


def p_words(value: Any) -> str:
    """A p-value as it stands in a sentence.

    Examples
    --------
    >>> p_words(0.03411), p_words(1e-6)
    ('p = .034', 'p < .001')
    """
    text = p_value(value)
    return f"p {text}" if text.startswith("<") else f"p = {text}"


def interval(low: Any, high: Any, places: int = 2, leading_zero: bool = True) -> str:
    """An interval in square brackets, or a dash when it is missing.

    Examples
    --------
    >>> interval(0.1, 0.25)
    '[0.10, 0.25]'
    """
    if low is None or math.isnan(low) or math.isnan(high):
        return "–"
    return f"[{number(low, places, leading_zero)}, {number(high, places, leading_zero)}]"


def df(value: Any) -> str:
    """Degrees of freedom: whole when whole, one place otherwise."""
    if value is None or math.isnan(value):
        return "–"
    if math.isinf(value):
        return "∞"
    return f"{value:.0f}" if abs(value - round(value)) < 1e-6 else f"{value:.1f}"


def plural(noun: str) -> str:
    """The word for several.

    Examples
    --------
    >>> plural("child"), plural("agency"), plural("carer")
    ('children', 'agencies', 'carers')
    """
    if noun in ("child", "person"):
        return {"child": "children", "person": "people"}[noun]
    if noun.endswith("y") and noun[-2:-1] not in tuple("aeiou"):
        return f"{noun[:-1]}ies"
    return f"{noun}s"


def count(n: int, singular: str, several: str = "") -> str:
    """A count with its noun.

    Examples
    --------
    >>> count(1, "child"), count(1200, "row"), count(2, "row has", "rows have")
    ('1 child', '1,200 rows', '2 rows have')
    """
    return f"{n:,} {singular if n == 1 else (several or plural(singular))}"


def percent(conf_level: float) -> str:
    """A confidence level as it is written in a table head.

    Examples
    --------
    >>> percent(0.95)
    '95%'
    """
    return f"{100 * conf_level:g}%"
