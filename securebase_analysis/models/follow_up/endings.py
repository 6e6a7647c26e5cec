"""How each placement ended: the reason as written, what it means, and whether it counts as a disruption."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from securebase_analysis.errors import ModelError, Problem, nearest, rows_where
from securebase_analysis.models.follow_up.reasons import (
    ANY_MOVE,
    BREAKDOWN,
    BY_NAME,
    DISRUPTED,
    NOT_STATED,
    OPEN,
    OTHER_MOVE,
    WORD_OF_CODE,
    WORD_OF_SPELLING,
    Disruption,
)
from securebase_analysis.results import wording
from securebase_analysis.study.spells import PlacementHistory
from securebase_analysis.study.spells.codes import GOES_ON
from securebase_analysis.study.spells.timeline import NEVER, as_days
from securebase_analysis.study.spells.timeline import OPEN as OPEN_DAY

Bools = NDArray[np.bool_]
MOST_SHOWN = 12
"""More different reasons than this are counted and not listed: they may be free text."""


@dataclass(frozen=True, eq=False)
class Endings:
    """How the spells of a history ended, one value a spell.

    Attributes
    ----------
    reason : pandas.Categorical
        As written: a word of a plain table (its usual spelling) or a code of a return; missing where none is.
    ending : pandas.Categorical
        What it means; ``open`` for spells that had not ended, ``disrupted`` for those that count.
    event : numpy.ndarray of bool
        Whether the spell ended in a disruption.
    counted : tuple of str
        The reasons that count as a disruption.
    asked : str
        How they were asked for.
    problems : tuple of Problem
        What was assumed.
    """

    reason: pd.Categorical
    ending: pd.Categorical
    event: Bools
    counted: tuple[str, ...]
    asked: str
    problems: tuple[Problem, ...]


def endings_of(history: PlacementHistory, ends: str | Iterable[str] | None) -> Endings:
    """How each spell ended.

    Parameters
    ----------
    history : PlacementHistory
    ends : str or iterable of str, optional
        The name of a set in `reasons.DISRUPTIONS`, or reasons; "breakdown" by default.

    Raises
    ------
    ModelError
        For a set or a reason that there is not (SB-MODEL-30).
    """
    spells = history.spells
    is_open = spells["open"].to_numpy(bool)
    codes, names = _reasons(history, spells)
    codes = np.where(is_open, -1, codes)
    known = WORD_OF_CODE if history.coded else dict(zip(WORD_OF_SPELLING.values(), WORD_OF_SPELLING.values()))
    counted, asked = _counted(ends, names, known, history.coded)
    stays = ~is_open & ~spells["left_care"].to_numpy(bool)
    if asked == ANY_MOVE:
        event = stays & ((codes >= 0) | _has_next(spells))
    else:
        event = np.append(np.isin(names, counted), False)[codes]
    words = [known.get(name, OTHER_MOVE if history.coded else name) for name in names]
    labels = list(dict.fromkeys([OPEN, DISRUPTED, NOT_STATED, *words]))
    place = np.array([labels.index(word) for word in words] + [labels.index(NOT_STATED)], dtype="int16")[codes]
    place = np.where(is_open, labels.index(OPEN), np.where(event, labels.index(DISRUPTED), place))
    problems = _remarks(spells, codes, names, known, history.coded, ends, is_open, bool(event.any()))
    return Endings(
        reason=pd.Categorical.from_codes(codes, categories=names),
        ending=pd.Categorical.from_codes(place, categories=labels),
        event=event,
        counted=counted,
        asked=asked,
        problems=tuple(problems),
    )


# ---- the reasons as written ------------------------------------------------------------------------------------


def _reasons(history: PlacementHistory, spells: pd.DataFrame) -> tuple[NDArray[np.int64], list[str]]:
    """Each spell's reason as a number, -1 where none is written, and the reasons by number."""
    if not history.coded:
        return _numbered(spells["exit_reason"], lambda text: WORD_OF_SPELLING.get(text.casefold(), text))
    codes, names = _numbered(spells["exit_reason"], str.upper)
    goes_on = np.append(np.array([name == GOES_ON for name in names], dtype=bool), True)[codes]
    moves, move_names = _numbered(_reason_of_move(history, len(spells)), str.upper)
    exits = [name for name in names if name != GOES_ON]
    at = np.array([exits.index(name) if name in exits else -1 for name in names] + [-1])
    every = exits + [name for name in move_names if name not in exits]
    at_move = np.array([every.index(name) for name in move_names] + [-1])
    return np.where(goes_on, at_move[moves], at[codes]), every


def _reason_of_move(history: PlacementHistory, n_spells: int) -> pd.Series:
    """Why the placement changed at the end of each spell, where a move from its last row says so."""
    moves, episodes = history.moves, history.episodes
    reasons = np.full(int(episodes["row"].max()) + 1, None, dtype=object)
    reasons[moves["row_before"].to_numpy()] = moves["reason"].astype("str").to_numpy(dtype=object)
    end = as_days(episodes["end"])
    end = np.where(end == NEVER, OPEN_DAY, end)
    order = np.lexsort((np.arange(len(episodes)), end, episodes["spell"]))
    spell = episodes["spell"].to_numpy()[order]
    last = order[np.append(spell[1:] != spell[:-1], True)]
    reason = np.full(n_spells, None, dtype=object)
    reason[episodes["spell"].to_numpy()[last] - 1] = reasons[episodes["row"].to_numpy()[last]]
    return pd.Series(reason, dtype="str")


def _numbered(column: pd.Series, spelling: Callable[[str], str]) -> tuple[NDArray[np.int64], list[str]]:
    """Each cell as a number, -1 where it is blank, and the cells by number in one spelling each."""
    place, values = pd.factorize(column)
    texts = [_as_written(value) for value in values]
    usual = [spelling(text) if text else "" for text in texts]
    names = sorted({text for text in usual if text})
    number = np.array([names.index(text) if text else -1 for text in usual] + [-1], dtype=np.int64)
    return number[place], names


def _as_written(value: object) -> str:
    """A reason as text: a code that is a number without the point that a column with empty cells gives it."""
    text = str(value).strip()
    return text[:-2] if text.endswith(".0") and text[:-2].lstrip("-").isdigit() else text


def _has_next(spells: pd.DataFrame) -> Bools:
    """Whether another spell of the child follows in the table."""
    follows = np.zeros(len(spells), dtype=bool)
    if len(spells) > 1:
        child, site = spells["child"], spells["site"]
        follows[:-1] = ((child == child.shift(-1)) & (site == site.shift(-1))).to_numpy(bool)[:-1]
    return follows


# ---- which of them count ---------------------------------------------------------------------------------------


def _counted(
    ends: str | Iterable[str] | None, names: Sequence[str], known: dict[str, str], coded: bool
) -> tuple[tuple[str, ...], str]:
    """The reasons that count, and how they were asked for."""
    if ends is None or (isinstance(ends, str) and ends in BY_NAME):
        chosen = BY_NAME[BREAKDOWN if ends is None else str(ends)]
        counted = chosen.codes if coded else chosen.words
        if not counted and chosen.name != ANY_MOVE:
            raise ModelError(_only_of_a_return(chosen))
        return counted, chosen.name
    asked = list(ends) if isinstance(ends, Iterable) and not isinstance(ends, str) else [ends]
    counted = tuple(_one_reason(_as_written(word), names, known, coded) for word in asked)
    if not counted:
        raise ModelError(_no_such_reason("", names, known))
    return counted, ", ".join(counted)


def _one_reason(word: str, names: Sequence[str], known: dict[str, str], coded: bool) -> str:
    """A reason in its usual spelling."""
    usual = word.strip().upper() if coded else WORD_OF_SPELLING.get(word.strip().casefold(), word.strip())
    if usual in names or usual in known:
        return usual
    raise ModelError(_no_such_reason(word, names, known))


def _only_of_a_return(chosen: Disruption) -> Problem:
    return Problem(
        "SB-MODEL-30",
        "stop",
        f"ends={chosen.name!r} has no meaning in a plain table of placements.",
        why="Who asked for a move is written in the codes of an SSDA903 return only.",
        fix="ends='breakdown', or a list of the reasons in the column end_reason",
    )


def _no_such_reason(word: str, names: Sequence[str], known: dict[str, str]) -> Problem:
    guess = nearest(word, [*BY_NAME, *names, *known])
    return Problem(
        "SB-MODEL-30",
        "stop",
        f"ends={word!r} is neither a set of reasons nor a reason for the end of a placement.",
        why="With a reason that does not occur no placement would count as disrupted.",
        fix=f"ends={guess!r}"
        if guess
        else f"ends is one of {', '.join(map(repr, BY_NAME))}, or a list of reasons",
    )


# ---- what is said ----------------------------------------------------------------------------------------------


def _remarks(
    spells: pd.DataFrame,
    codes: NDArray[np.int64],
    names: Sequence[str],
    known: dict[str, str],
    coded: bool,
    ends: object,
    is_open: Bools,
    any_event: bool,
) -> list[Problem]:
    """Catalogue cases 53 and 58: ends without a reason, and reasons that nobody can read."""
    row = spells["row"].to_numpy()
    unread = [name for name in names if name not in known]
    strange = np.append(np.isin(names, unread), False)[codes]
    if ends is None and unread and not any_event:
        return [_which_is_a_disruption(unread, row[strange].tolist(), coded)]
    problems = []
    if unread and ends is None:
        problems.append(_not_known(unread, sorted(row[strange].tolist()), coded))
    silent = (codes < 0) & ~is_open
    if silent.any():
        problems.append(_no_reason(spells, rows_where(silent), sorted(row[silent].tolist())))
    return problems


def _shown(names: Sequence[str], n_rows: int) -> str:
    """The reasons in words; not where they could be free text."""
    if len(names) > MOST_SHOWN or 2 * len(names) > n_rows:
        return wording.count(len(names), "different reason")
    return ", ".join(repr(name) for name in names)


def _which_is_a_disruption(names: Sequence[str], rows: list[int], coded: bool) -> Problem:
    return Problem(
        "SB-PLACE-14",
        "stop",
        f"Placements end with {_shown(names, len(rows))}. Which of them is a disruption?",
        table="placements",
        column="reason_place_change" if coded else "end_reason",
        rows=sorted(rows),
        why="Taken the wrong way round, every planned ending would count as a breakdown.",
        done="Nothing was guessed; nothing was joined.",
        fix="ends=['...'] with the values that mean a disruption, or the words of a study in the column: "
        "'breakdown', 'planned move', 'returned home', ...",
    )


def _not_known(names: Sequence[str], rows: list[int], coded: bool) -> Problem:
    return Problem(
        "SB-EVENT-41",
        "warn",
        f"{wording.count(len(rows), 'placement ends', 'placements end')} for a reason that is not known: "
        f"{_shown(names, len(rows))}.",
        table="placements",
        column="reason_place_change" if coded else "end_reason",
        rows=rows,
        why="A disruption under another word would be counted as something else.",
        done="Kept as endings of their own; none counts as a disruption.",
        fix="ends=[...] with every reason that is a disruption",
    )


def _no_reason(spells: pd.DataFrame, places: list[int], rows: list[int]) -> Problem:
    moved = int(_has_next(spells)[np.array(places) - 1].sum())
    n = wording.count(len(rows), "placement has", "placements have")
    return Problem(
        "SB-PLACE-09",
        "warn",
        f"{n} an end and no reason for it; after {moved:,} of them another placement of the child follows.",
        table="placements",
        column="end_reason",
        rows=rows,
        why="Breakdowns among them are not counted, so the risk of disruption may be higher than it looks.",
        done=f"Kept as endings of the kind {NOT_STATED!r}, which compete with the others.",
        fix="Fill in the reasons, or ends='any_move' to count every move.",
    )
