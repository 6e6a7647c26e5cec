"""Answers that the codebook does not allow: wrong codes, undeclared missing codes, and scales that begin at 1."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from securebase_analysis.errors import Problem
from securebase_analysis.results.wording import count as n_of
from securebase_analysis.study.answer_cells import USUAL_MISSING_CODES, misses_the_lowest
from securebase_analysis.study.codebook import Codebook

VALUES_SHOWN = 3


def impossible_answers(wide: pd.DataFrame, codebook: Codebook, instrument: str, table: str) -> list[Problem]:
    """Find answers outside the range of their item.

    Parameters
    ----------
    wide : pandas.DataFrame
        A column for each item, and ``row``.
    codebook : Codebook
        The range of every item.
    instrument, table : str
        The questionnaire, and the file for messages.

    Returns
    -------
    list of Problem
        SB-ITEM-70 (warn): items begin at 0 and nobody answered 0. The others stop. SB-ITEM-05: every item runs
        one higher than the codebook says; otherwise SB-FILE-16 for usual codes for missing, SB-ITEM-04 for other
        values, one for each item.
    """
    about = codebook.items_of(instrument).drop_duplicates("item").set_index("item")
    items = [name for name in about.index if name in wide]
    outside = {name: _outside(wide[name], about.loc[name]) for name in items}
    concerned = [name for name in items if outside[name].any()]
    if not concerned:
        return _never_the_lowest(wide[items], about.loc[items], table)
    if all(_runs_one_higher(wide[name], about.loc[name]) for name in items):
        return [_one_higher(about.loc[items], concerned, wide, outside, table)]
    problems = []
    for name in concerned:
        is_code = outside[name] & wide[name].isin(list(USUAL_MISSING_CODES)).to_numpy()
        if is_code.any():
            problems.append(_undeclared(wide, name, is_code, table))
        if (wrong := outside[name] & ~is_code).any():
            problems.append(_impossible(wide, name, wrong, about.loc[name], table))
    return problems


def _outside(answers: pd.Series, about: pd.Series) -> np.ndarray:
    """Answers below the lowest or above the highest that is possible."""
    return ((answers < about["low"]) | (answers > about["high"])).to_numpy(dtype=bool)


def _runs_one_higher(answers: pd.Series, about: pd.Series) -> bool:
    """Whether an item's answers lie between one more than the lowest and one more than the highest."""
    given = answers.dropna()
    return bool(((given >= about["low"] + 1) & (given <= about["high"] + 1)).all())


def _one_higher(
    about: pd.DataFrame, concerned: Sequence[str], wide: pd.DataFrame, outside: dict[str, np.ndarray], table: str
) -> Problem:
    """The whole questionnaire begins at 1 where the codebook begins at 0, or the like."""
    low, high = about["low"].min(), about["high"].max()
    values = wide[list(about.index)].to_numpy(dtype=float)
    rows = wide["row"][np.logical_or.reduce([outside[name] for name in concerned])]
    return Problem(
        "SB-ITEM-05",
        "stop",
        f"All answers lie between {low + 1:g} and {high + 1:g}, and the codebook says {low:g} to {high:g}.",
        table=table,
        column=", ".join(concerned[:6]),
        rows=sorted(set(rows)),
        why="Every score would be too high by the number of its items.",
        done="No answer was changed.",
        fix=f"recode={_one_lower(values)}",
    )


def _one_lower(values: np.ndarray) -> str:
    """Every answer that occurs, and the number one below it."""
    given = np.unique(values[np.isfinite(values)])
    return "{" + ", ".join(f"{value:g}: {value - 1:g}" for value in given) + "}"


def _never_the_lowest(answers: pd.DataFrame, about: pd.DataFrame, table: str) -> list[Problem]:
    """Items that begin at 0, and nobody ever answered 0: the file may begin at 1."""
    by_item = (answers[name].to_numpy(dtype=float) for name in answers)
    if not misses_the_lowest(by_item, about["low"].to_numpy(dtype=float)):
        return []
    values = answers.to_numpy(dtype=float)
    return [
        Problem(
            "SB-ITEM-70",
            "warn",
            f"None of {int(np.isfinite(values).sum()):,} answers is 0, the lowest that the codebook has.",
            table=table,
            column=", ".join(about.index[:6]),
            why="A file that counts its answers from 1 looks like this when nobody chose the highest.",
            done="The answers were kept as they are.",
            fix=f"recode={_one_lower(values)} if it counts from 1.",
        )
    ]


def _undeclared(wide: pd.DataFrame, item: str, is_code: np.ndarray, table: str) -> Problem:
    """Values that are usual codes for missing and are not declared."""
    code = wide[item][is_code].iloc[0]
    return Problem(
        "SB-FILE-16",
        "stop",
        f"{item}: {n_of(int(is_code.sum()), 'answer is a usual code', 'answers are usual codes')} for missing "
        f"({_listed(wide[item][is_code])}) that nobody declared.",
        table=table,
        column=item,
        rows=sorted(set(wide["row"][is_code])),
        why="Used as an answer it would outweigh all others.",
        done="Neither used nor set to missing.",
        fix=f"missing_codes={{{code:g}: 'refused'}}, with the reason that is true; or the same in the codebook.",
    )


def _impossible(wide: pd.DataFrame, item: str, wrong: np.ndarray, about: pd.Series, table: str) -> Problem:
    """Values that the item cannot have."""
    return Problem(
        "SB-ITEM-04",
        "stop",
        f"{item}: {n_of(int(wrong.sum()), 'answer is', 'answers are')} outside {about['low']:g} to "
        f"{about['high']:g} ({_listed(wide[item][wrong])}).",
        table=table,
        column=item,
        rows=sorted(set(wide["row"][wrong])),
        why="Reversed or summed, an impossible answer gives an impossible score.",
        done="No answer was changed.",
        fix="Correct the answers; recode={...} for other codes; or correct low and high in the codebook.",
    )


def _listed(values: pd.Series) -> str:
    """The first different values."""
    distinct = sorted(set(values))
    return ", ".join(f"{value:g}" for value in distinct[:VALUES_SHOWN]) + ", …" * (len(distinct) > VALUES_SHOWN)
