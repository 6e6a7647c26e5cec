"""`PlacementHistory`: who lived with whom, from when to when; and the verb that builds it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from html import escape
from typing import Any

import numpy as np
import pandas as pd

from securebase_analysis.errors import ModelError, Problem, raise_if_stopped
from securebase_analysis.readers.dates import DateOrder
from securebase_analysis.readers.one_day import the_day
from securebase_analysis.results.held_tables import hands_out_copies
from securebase_analysis.results.wording import count as n_of
from securebase_analysis.study.spells.account import COLUMNS as ACCOUNT_COLUMNS
from securebase_analysis.study.spells.building import Built, build
from securebase_analysis.study.spells.door import Door, open_door
from securebase_analysis.study.spells.listing import (
    aside_table,
    episode_table,
    move_table,
    repair_table,
    spell_table,
)
from securebase_analysis.study.spells.options import SpellRules, make_rules
from securebase_analysis.study.spells.remarks import remarks
from securebase_analysis.study.spells.remarks_at_door import remarks_at_the_door
from securebase_analysis.study.spells.remarks_on_children import remarks_on_children
from securebase_analysis.study.spells.remarks_on_codes import remarks_on_codes
from securebase_analysis.study.spells.timeline import OPEN, as_dates, day_of


@hands_out_copies
@dataclass(frozen=True, eq=False, repr=False)
class PlacementHistory:
    """Placement rows as spells, with every repair counted.

    Attributes
    ----------
    spells : pandas.DataFrame
        One row a spell, in order of site, child and start: ``site, child, spell, period, carer, type, provider,
        kind, start, end, days, open, exit_reason, left_care, gap_before, n_rows, row`` and, where the first day of
        the data is known, ``seen_from``. `period` counts the child's periods of care; `kind` is "placement",
        "temporary" or "short breaks"; `end` is empty while the spell is open, and `days` then counts up to the
        freeze; `type` and `provider` are those at the start; `gap_before` are days in care without a placement
        before it; `n_rows` is how many rows became the spell and `row` the first of them. A return names no
        carers: `carer` is then a number that stands for one carer of one child.
    repairs : pandas.DataFrame
        ``rule, choice, n_rows, n_children, days_changed`` for every rule.
    before_after : pandas.DataFrame
        For every rule that changed something ``rule``, children, rows, events (changes of carer and exits) and
        days (each day of a child once) before and after, and what the rule says that it changed. Each entry was
        checked against a count.
    set_aside : pandas.DataFrame
        Rows that cannot be used, as given, with ``row, why``.
    rules : SpellRules
        What was done.
    freeze, observed_from : pandas.Timestamp or None
        Last and, where it is known, first day of the data.
    coded : bool
        Whether the rows come from a return with codes.
    simulated : bool
        Whether the study was simulated; what is made from the history says so.
    problems : tuple of Problem
        What was found or assumed.
    notes : tuple of str
        The same as sentences.
    """

    spells: pd.DataFrame
    repairs: pd.DataFrame
    before_after: pd.DataFrame
    set_aside: pd.DataFrame
    rules: SpellRules = field(default_factory=SpellRules)
    freeze: pd.Timestamp = pd.NaT
    observed_from: pd.Timestamp | None = None
    coded: bool = False
    simulated: bool = False
    problems: tuple[Problem, ...] = ()
    _door: Door | None = None
    _built: Built | None = None

    @property
    def notes(self) -> tuple[str, ...]:
        """What was found or assumed, as sentences."""
        return tuple(problem.sentence for problem in self.problems)

    @cached_property
    def _episodes(self) -> pd.DataFrame:
        """Made when it is asked for: it is as long as the table."""
        return episode_table(self._door, self._built)  # type: ignore[arg-type]

    @cached_property
    def _moves(self) -> pd.DataFrame:
        """Made when it is asked for."""
        return move_table(self._door, self._built)  # type: ignore[arg-type]

    @property
    def moves(self) -> pd.DataFrame:
        """One row a change of carer or placement.

        Returns
        -------
        pandas.DataFrame
            ``site, child, date, change, reason, began, from_carer, to_carer, from_type, to_type, spell,
            row_before, row``. `change` is "carer", "placement" (another one with the same carer), "re-entry",
            "temporary" or "short breaks"; `reason` is that of the placement that ended, where a return writes it;
            `began` is the reason for the new episode (RNE), in a plain table as the rules say.
        """
        return self._moves.copy(deep=False)

    @property
    def episodes(self) -> pd.DataFrame:
        """Every row that is used: ``site, child, start, end, began, type, kind, part, spell, period, row``.

        `end` is as the rules left it; `part` says whether the row is a respite or temporary stay inside a spell,
        or the return from one; `spell` is the row's spell and `row` its number in the table.
        """
        return self._episodes.copy(deep=False)

    def __repr__(self) -> str:
        n_rows = int(self.spells["n_rows"].sum())
        return (
            f"PlacementHistory: {n_of(n_rows, 'row')} as {n_of(len(self.spells), 'spell')} of "
            f"{n_of(self._n_children, 'child', 'children')}, {n_of(len(self.moves), 'move')}, up to "
            f"{self.freeze:%Y-%m-%d}; {n_of(len(self.problems), 'remark')}"
        )

    @property
    def _n_children(self) -> int:
        """How many children have a spell."""
        child = self._built.stays.child  # type: ignore[union-attr]
        return int((child[1:] != child[:-1]).sum()) + int(len(child) > 0)

    def _repr_html_(self) -> str:
        repairs = self.repairs.to_html(index=False, border=0)
        return f"<p>{escape(repr(self))}</p>{repairs}<p>See <code>history.notes</code></p>"


def placement_history(
    data: Any,
    *,
    freeze: str | pd.Timestamp | None = None,
    observed_from: str | pd.Timestamp | None = None,
    rules: SpellRules | Mapping[str, Any] | None = None,
    children: pd.DataFrame | None = None,
    date_order: DateOrder | None = None,
) -> PlacementHistory:
    """Turn placement rows into spells by documented rules.

    Parameters
    ----------
    data : Study, SSDA903 return, or pandas.DataFrame
        A study, what `read_ssda903` gives, or a table. A plain table has ``child, carer, start, end`` and, where
        there are any, ``site, type, end_reason``; a table of episodes has ``child, start, end, RNE`` and, where
        there are any, ``site, LS, PLACE, PLACE_PROVIDER, REC, REASON_PLACE_CHANGE, URN, PL_POST``.
    freeze : str or Timestamp, optional
        Last day on which the data were complete. By default that of the study, else the latest date seen (of a
        return, the 31 March that closes the year of it).
    observed_from : str or Timestamp, optional
        First day of the data, before which only placements that lasted until then are known. By default the start
        of the first return that was read, else, of a table of episodes, 1 April of the first year in which one
        ended.
    rules : SpellRules or mapping, optional
        Rules that differ from the default, e.g. ``{"overlap": "end_first"}``; see `SpellRules`.
    children : pandas.DataFrame, optional
        ``child, birth_date`` (and ``site``), for definitions that ask for an age.
    date_order : {"ymd", "dmy", "mdy"}, optional
        Of dates that are text.

    Returns
    -------
    PlacementHistory

    Raises
    ------
    DataError
        For a plain table with rows that have no child (SB-ID-09) or no start (SB-PLACE-30), end before they start
        (SB-PLACE-01), have a reason for ending without an end (SB-PLACE-09) or lie outside childhood
        (SB-PLACE-10). Of a return such rows are set aside or kept, and told.
    ModelError
        For a table without child, start or carer (SB-MODEL-41), or a rule that does not exist (SB-MODEL-30).

    Notes
    -----
    The rules run in this order: rows that cannot be used; ends after the freeze; rows with the same carer,
    respite and temporary stays, until none is left; two open placements; overlaps; gaps; the joining rules once
    more; spells without a night. A spell is a stay with a carer; it misleads where the column names an agency.

    Examples
    --------
    >>> table = pd.DataFrame({
    ...     "child": ["a", "a", "a"], "carer": ["x", "y", "x"],
    ...     "start": pd.to_datetime(["2021-01-01", "2021-06-04", "2021-06-06"]),
    ...     "end": pd.to_datetime(["2021-06-04", "2021-06-06", "2021-12-31"]),
    ... })
    >>> history = placement_history(table)
    >>> history.spells[["carer", "days", "n_rows"]].values.tolist()
    [['x', 364.0, 3]]
    >>> len(placement_history(table, rules={"respite_days": 0}).moves)
    2
    """
    chosen = make_rules(rules)
    table, children, freeze = _what_was_given(data, children, freeze)
    observed_from = _first_return(data) if observed_from is None else observed_from
    last_day = None if freeze is None else _day("freeze", freeze)
    observed = None if observed_from is None else _day("observed_from", observed_from)
    door = open_door(table, children, last_day, chosen, date_order)
    _check_order(observed, door.freeze)
    stops = (chosen.impossible or ("set_aside" if door.columns.coded else "stop")) == "stop"
    at_door = [*door.problems, *remarks_at_the_door(door, stops)]
    if isinstance(data, pd.DataFrame):  # a study and a return were checked when they were read
        at_door += [*remarks_on_children(door, children), *remarks_on_codes(door)]
    raise_if_stopped(at_door)
    built = build(door, chosen)
    seen_from = _first_day(door, observed)
    problems = [*at_door, *remarks(door, built, chosen, freeze is not None, seen_from)]
    return PlacementHistory(
        spells=spell_table(door, built, chosen, seen_from),
        repairs=repair_table(door, built, chosen),
        before_after=_before_after(door, built),
        set_aside=aside_table(door),
        rules=chosen,
        freeze=pd.Timestamp(as_dates(np.array([door.freeze]))[0]),
        observed_from=None if seen_from is None else pd.Timestamp(as_dates(np.array([seen_from]))[0]),
        coded=door.columns.coded,
        simulated=bool(getattr(data, "simulated", False)),
        problems=tuple(problems),
        _door=door,
        _built=built,
    )


def _what_was_given(data: Any, children: Any, freeze: Any) -> tuple[pd.DataFrame, Any, Any]:
    """The table of placements, the table of children and the freeze, whichever form they came in."""
    if isinstance(data, pd.DataFrame):
        return data, children, freeze
    table = getattr(data, "placements", None)
    table = getattr(data, "episodes", None) if table is None else table
    if not isinstance(table, pd.DataFrame):
        raise ModelError(
            Problem(
                "SB-MODEL-41",
                "stop",
                "What was given is no table of placements.",
                why="Spells are built from a study, a return or a table.",
                fix="placement_history(study) or placement_history(placements)",
            )
        )
    own = getattr(data, "data_freeze", None)
    return (
        table,
        getattr(data, "children", None) if children is None else children,
        own if freeze is None else freeze,
    )


def _first_return(data: Any) -> pd.Timestamp | None:
    """The day on which the first of several returns starts, where the data say so."""
    returns = getattr(data, "returns", None)
    if not isinstance(returns, pd.DataFrame) or "starts" not in returns:
        return None
    starts = pd.to_datetime(returns["starts"]).dropna()
    return starts.min() if len(starts) else None


def _day(option: str, date: object) -> int:
    """The day that an option names."""
    return day_of(the_day(option, date, "Placements are counted from one day to another."))


def _check_order(observed: int | None, freeze: int) -> None:
    """Refuse data that begin after they end."""
    if observed is not None and observed >= freeze:
        raise ModelError(
            Problem(
                "SB-MODEL-30",
                "stop",
                "observed_from is not before the data freeze.",
                why="No placement could have been seen to end.",
                fix='placement_history(data, observed_from="2019-04-01", freeze="2022-03-31")',
            )
        )


def _first_day(door: Door, given: int | None) -> int | None:
    """The first day of the data: given, or of a return 1 April of the first year in which an episode ended."""
    if given is not None:
        return given
    ended = door.rows.end[door.rows.end < OPEN]
    if not door.columns.coded:
        return None
    first = int(ended.min()) if len(ended) else door.freeze
    date = pd.Timestamp(as_dates(np.array([first]))[0])
    year = date.year if (date.month, date.day) >= (4, 1) else date.year - 1
    return day_of(f"{year}-04-01")


def _before_after(door: Door, built: Built) -> pd.DataFrame:
    """The account, headed by the rows that could not be used; what could not be counted of them is empty."""
    frame = built.account.frame()
    n_aside = int((door.aside >= 0).sum())
    if n_aside:
        start = frame.iloc[0] if len(frame) else None
        now = built.account.now
        events, days = (
            (start["events_before"], start["days_before"]) if start is not None else (now.events, now.days)
        )
        named = door.table[[name for name in (door.columns.site, door.columns.child) if name]]
        n_children = len(named.dropna(subset=[door.columns.child]).drop_duplicates())
        n_used = len(door.rows)
        kept = now.children
        head = (
            "impossible",
            n_children,
            kept,
            len(door.table),
            n_used,
            None,
            events,
            None,
            days,
            -n_aside,
            None,
            None,
        )
        frame = pd.concat([pd.DataFrame([head], columns=ACCOUNT_COLUMNS), frame], ignore_index=True)
    kinds = {name: "float64" if name.startswith("days") else "Int64" for name in ACCOUNT_COLUMNS[1:]}
    return frame.astype(kinds)
