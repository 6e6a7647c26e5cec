"""Who coded: blanks, spellings of one name, and the mapping that settles them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from securebase_analysis.errors import Problem, nearest


def codes_of(column: pd.Series) -> tuple[NDArray[np.int64], NDArray[np.object_]]:
    """Whole numbers for the words of a column, and the words; -1 where the cell is blank."""
    codes, values = pd.factorize(column, use_na_sentinel=True)
    words = np.array([word_of(value) for value in values], dtype=object)
    names, which = np.unique(words, return_inverse=True) if len(words) else (words, np.array([], int))
    filled = names != ""
    position = np.where(filled, np.cumsum(filled) - 1, -1)
    found = np.append(position[which], -1).astype(int)
    return found[codes], names[filled]


def word_of(value: object) -> str:
    """One cell as text."""
    if isinstance(value, float | np.floating) and float(value).is_integer():
        value = int(value)
    return str(value).strip()


def spelling_key(name: str) -> str:
    """A name without case, spaces and punctuation; names without a letter stay as they are.

    Examples
    --------
    >>> spelling_key("J. B."), spelling_key("jb"), spelling_key("1.0")
    ('jb', 'jb', '1.0')
    """
    if not any(character.isalpha() for character in name):
        return name
    return "".join(character for character in name.casefold() if character.isalnum())


def settle_coders(
    names: NDArray[np.object_], coders: Mapping[str, str] | None, table: str, column: str
) -> tuple[dict[str, str], list[Problem]]:
    """The name each spelling stands for, and a problem for every set of spellings that nobody has settled.

    Parameters
    ----------
    names : array of str
        The distinct names.
    coders : mapping, optional
        Spelling to coder, as the researcher declared it.
    """
    declared = {str(spelling): str(coder) for spelling, coder in (coders or {}).items()}
    settled = {name: declared.get(name, name) for name in names}
    spellings = defaultdict(list)
    for name in names:
        spellings[spelling_key(name)].append(name)
    problems = [_ask_about_unknown(name, names, table, column) for name in declared if name not in names]
    for variants in spellings.values():
        open_ones = [name for name in variants if name not in declared and settled[name] not in declared.values()]
        if len({settled[name] for name in variants}) > 1 and open_ones:
            problems.append(_ask_about(variants, table, column))
    return settled, problems


def _ask_about_unknown(name: str, names: NDArray[np.object_], table: str, column: str) -> Problem:
    """Say that the mapping names a coder who is not there."""
    guess = nearest(name, names)
    return Problem(
        "SB-CODE-04",
        "stop",
        f"coders= names {name!r}, who is not among the coders.",
        table=table,
        column=column,
        why="A misspelt name would leave its spellings apart without a word.",
        done="Nothing was computed.",
        fix=f"Did you mean {guess!r}?" if guess else f"The coders are {', '.join(map(str, names))}.",
    )


def _ask_about(variants: list[str], table: str, column: str) -> Problem:
    """Ask whether several spellings are one coder."""
    main = variants[0]
    mapping = ", ".join(f"{name!r}: {main!r}" for name in variants[1:])
    apart = ", ".join(f"{name!r}: {name!r}" for name in variants)
    return Problem(
        "SB-CODE-04",
        "stop",
        f"{', '.join(variants[:-1])} and {variants[-1]} look like one coder.",
        table=table,
        column=column,
        why="Counted as several coders, one person would be compared with herself and with others at once.",
        done="Nothing was computed.",
        fix=f"coders={{{mapping}}} if they are one person; coders={{{apart}}} if they are not",
    )
