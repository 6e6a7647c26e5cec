"""The waves of the rows: each once for a child, and in the order of time."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from securebase_analysis.errors import Problem, rows_where
from securebase_analysis.measures.blank_cells import blank
from securebase_analysis.models.rows.groups import lists_in_cells
from securebase_analysis.models.rows.numeric import is_number, without_object
from securebase_analysis.results import wording

Ints = NDArray[np.intp]


def repeated_waves(frame: pd.DataFrame, code: Ints) -> list[Problem]:
    """Rows of one child at one wave (and by one informant): the same twice, or two different answers.

    Parameters
    ----------
    frame : pandas.DataFrame
        The rows; without a column ``wave`` nothing can be said.
    code : numpy.ndarray of int, shape (rows,)
        Child of each row, -1 where nobody is named.
    """
    if "wave" not in frame:
        return []
    in_cells = [
        problem for name in ("wave", "informant") if name in frame for problem in lists_in_cells(frame[name], name)
    ]
    if in_cells:
        return in_cells
    key = code.astype(np.int64)
    for name in ("wave", "informant"):
        if name in frame:
            level, levels = pd.factorize(frame[name], use_na_sentinel=False)
            key = key * len(levels) + level
    twice = pd.Series(key).duplicated(keep=False).to_numpy() & (code >= 0)
    if not twice.any():
        return []
    same = twice.copy()
    same[twice] = frame[twice].astype(str).duplicated(keep=False).to_numpy()
    problems = []
    if same.any():
        problems.append(_repeated(same, "SB-ID-01", "are the same row twice", "data.drop_duplicates()"))
    if (twice & ~same).any():
        fix = "Keep the right row of each pair; the rows are counted from 1 under the header."
        problems.append(_repeated(twice & ~same, "SB-ID-02", "give a child two answers at one wave", fix))
    return problems


def _repeated(mask: NDArray[np.bool_], code: str, what: str, fix: str) -> Problem:
    return Problem(
        code,
        "stop",
        f"{int(mask.sum())} rows {what}.",
        column="wave",
        rows=rows_where(mask),
        why="Each row counts as a new observation, so the answer would look surer than it is.",
        done="Nothing was chosen and nothing averaged.",
        fix=fix,
    )


def wave_order(wave: pd.Series) -> tuple[Ints, list[Problem]]:
    """The place of each row's wave in time, 0 for the earliest.

    Numbers, dates and ordered labels have an order; labels that differ by one number (T1, T2, T10) have that of
    the number.

    Returns
    -------
    place : numpy.ndarray of int, shape (rows,)
    problems : list of Problem
        When waves are missing, or are words without an order.
    """
    in_cells = lists_in_cells(wave, "wave")
    if in_cells:
        return np.full(len(wave), -1), in_cells
    wave = without_object(wave)
    missing = blank(wave)
    if missing.any():
        return np.full(len(wave), -1), [_without_wave(missing)]
    if isinstance(wave.dtype, pd.CategoricalDtype):
        if wave.cat.ordered:
            return pd.factorize(wave.cat.codes, sort=True)[0], []
        wave = wave.astype(wave.cat.categories.dtype)
    if is_number(wave) or pd.api.types.is_datetime64_any_dtype(wave.dtype):
        return pd.factorize(wave, sort=True)[0], []
    parts = wave.astype(str).str.strip().str.extract(r"^(\D*)(\d+)(\D*)$")
    if parts.isna().any(axis=None) or len(parts[[0, 2]].drop_duplicates()) > 1:
        return np.full(len(wave), -1), [_waves_in_words(wave)]
    return pd.factorize(parts[1].astype(int), sort=True)[0], []


def _without_wave(missing: NDArray[np.bool_]) -> Problem:
    return Problem(
        "SB-WAVE-30",
        "stop",
        f"{wording.count(int(missing.sum()), 'row')} without a wave.",
        column="wave",
        rows=rows_where(missing),
        why="It cannot be known what came before and what after.",
        done="Nothing was computed.",
        fix="Fill in the wave, or remove the rows: data.dropna(subset=['wave']).",
    )


def _waves_in_words(wave: pd.Series) -> Problem:
    rows_of = wave.astype(str).value_counts(sort=False)
    shared = [
        name for name in dict.fromkeys(map(str, wave)) if rows_of[name] > 1
    ]  # one that stands once may be an id
    names = ", ".join([f"{name!r}: ..." for name in shared[:4]] or ["..."])
    return Problem(
        "SB-WAVE-03",
        "stop",
        "The waves are words, whose order is not known.",
        column="wave",
        rows=rows_where(wave.notna()),
        why="Sorted by the alphabet, change would be taken between the wrong waves.",
        done="Nothing was computed.",
        fix=f"data['wave'] = data['wave'].map({{{names}}}), with the place of each in time",
    )
