"""Names told apart by a number where a file repeats one."""

from __future__ import annotations

from collections.abc import Sequence


def made_unique(names: Sequence[str]) -> tuple[list[str], list[int]]:
    """Add " (2)", " (3)" ... to later names that repeat an earlier one.

    Returns
    -------
    names : list of str
        All different, in the order given.
    repeated : list of int
        The places whose name was changed.

    Examples
    --------
    >>> made_unique(["Anna", "Ben", "Anna"])
    (['Anna', 'Ben', 'Anna (2)'], [2])
    """
    reserved, taken = set(names), set[str]()
    seen: dict[str, int] = {}
    unique: list[str] = []
    repeated: list[int] = []
    for place, name in enumerate(names):
        candidate = name
        while candidate in taken or (candidate != name and candidate in reserved):
            seen[name] = seen.get(name, 1) + 1
            candidate = f"{name} ({seen[name]})"
        if candidate != name:
            repeated.append(place)
        taken.add(candidate)
        unique.append(candidate)
    return unique, repeated
