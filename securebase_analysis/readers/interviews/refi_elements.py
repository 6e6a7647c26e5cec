"""What is read from single elements of a REFI-QDA file, wherever they stand."""

from __future__ import annotations

import re

from securebase_analysis.readers.safe_xml import Element

VALUE_TAGS = ("TextValue", "BooleanValue", "IntegerValue", "FloatValue", "DateValue", "DateTimeValue")
DIGITS_OF_A_GUID = 32
HOME_OF_A_FILE = re.compile(r"(?:file:/*)?(?:[A-Za-z]:[\\/]|\\\\[^\\]+\\|/(?:[^/]+/)+|~[\\/]).*")


def guid_of(text: str | None) -> str | None:
    """An identifier without braces, in lower case and with its hyphens, or None."""
    cleaned = (text or "").strip().strip("{}").strip().lower()
    if len(cleaned) == DIGITS_OF_A_GUID and cleaned.isalnum():
        cleaned = "-".join((cleaned[:8], cleaned[8:12], cleaned[12:16], cleaned[16:20], cleaned[20:]))
    return cleaned or None


def words_of(holder: Element, tag: str) -> str | None:
    """The text of a child, or None when it has none."""
    child = holder.find(tag)
    return None if child is None or not child.text else child.text


def children_of(holder: Element | None, tag: str) -> list[Element]:
    """The children of that name, none where there is no holder."""
    return [] if holder is None else list(holder.iterfind(tag))


def values_of(holder: Element) -> list[tuple[str, str | None]]:
    """The identifier and value of each variable of a case or source; one without a value element is missing."""
    values: list[tuple[str, str | None]] = []
    for value in holder.iterfind("VariableValue"):
        ref = value.find("VariableRef")
        guid = guid_of(None if ref is None else ref.get("targetGUID"))
        if guid:
            given = next((words_of(value, tag) for tag in VALUE_TAGS if value.find(tag) is not None), None)
            values.append((guid, given))
    return values


def without_folder(name: str) -> str:
    """The last part of a name that is a path on someone's computer."""
    return re.split(r"[\\/]", name)[-1] if HOME_OF_A_FILE.fullmatch(name) else name
