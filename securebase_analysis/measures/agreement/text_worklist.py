"""Stretches of text to look at: where coders differ, and where somebody saw a code."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from securebase_analysis.measures.agreement.segments_door import Bools, CodedText, Ints
from securebase_analysis.measures.text_units import Units

EXCERPT = 200


def disputed_stretches(text: CodedText, units: Units, presence: Ints, by: str) -> pd.DataFrame:
    """The worklist: where a code was seen by some of a source's coders and not by others.

    Returns
    -------
    pandas.DataFrame
        ``source, start, end``, the code or dimension, a column for each coder (``present``, ``absent``, or missing
        where she did not code the source), and the first 200 characters where the text is known.
    """
    readers = text.readers[text.source_of(units)]
    code, low, high = _stretches(text, units, presence, (presence != 0) & (presence != readers))
    frame = _places(text, units, code, low, high, by)
    source = text.source_of(units)[low]
    saw = _members(presence[code, low], len(text.coder_names))
    for number, name in enumerate(text.coder_names):
        choice = np.where(saw[:, number], "present", "absent").astype(object)
        choice[~text.took_part[source, number]] = None
        frame[name if name not in frame else f"coder {name}"] = choice
    if text.texts is not None:
        places = zip(source, frame["start"], frame["end"])
        frame["text"] = [text.texts[own][start : min(end, start + EXCERPT)] for own, start, end in places]
    return frame.sort_values(["source", "start", by], kind="stable").reset_index(drop=True)


def coded_stretches(text: CodedText, units: Units, presence: Ints, by: str) -> pd.DataFrame:
    """Every stretch in which somebody saw a code, with how many of its coders did.

    Returns
    -------
    pandas.DataFrame
        ``source, start, end``, the code or dimension, ``n_coders, n_present`` and ``agreement``, the share of
        pairs of coders who agree there.
    """
    code, low, high = _stretches(text, units, presence, presence != 0)
    frame = _places(text, units, code, low, high, by)
    n = text.took_part[text.source_of(units)[low]].sum(axis=1)
    yes = _members(presence[code, low], len(text.coder_names)).sum(axis=1)
    frame["n_coders"], frame["n_present"] = n, yes
    frame["agreement"] = (yes * (yes - 1) + (n - yes) * (n - yes - 1)) / (n * (n - 1))
    return frame.sort_values(["source", "start", by], kind="stable").reset_index(drop=True)


def _stretches(text: CodedText, units: Units, presence: Ints, wanted: Bools) -> tuple[Ints, Ints, Ints]:
    """Code, first and last unit of each stretch of wanted units.

    Neighbouring stretches of characters with the same coders are one; sentences and passages stay as they are.
    """
    code, unit = np.nonzero(wanted)
    seen, source = presence[code, unit], text.source_of(units)[unit]
    joined = (np.diff(code) == 0) & (np.diff(unit) == 1) & (np.diff(seen) == 0) & (np.diff(source) == 0)
    in_characters = units.weight == units.end - units.start
    joined &= in_characters[unit[1:]] & in_characters[unit[:-1]]
    first = np.flatnonzero(np.r_[True, ~joined]) if len(code) else np.array([], dtype=int)
    last = np.r_[first[1:], len(code)] - 1 if len(code) else first
    return code[first], unit[first], unit[last]


def _places(text: CodedText, units: Units, code: Ints, low: Ints, high: Ints, by: str) -> pd.DataFrame:
    """Where each stretch lies in its own source."""
    source = text.source_of(units)[low]
    begin = text.source_start[source]
    return pd.DataFrame(
        {
            "source": np.array(text.source_names, dtype=object)[source],
            "start": units.start[low] - begin,
            "end": units.end[high] - begin,
            by: np.array(text.code_names, dtype=object)[code],
        }
    )


def _members(sets: Ints, n_coders: int) -> NDArray[np.bool_]:
    """Sets of coders as bits -> a column for each coder."""
    return ((sets[:, None] >> np.arange(n_coders)) & 1).astype(bool)
