"""The numbers behind a placement calendar: bars, gaps, moves and exits, a row a child without a name."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, Literal

import numpy as np
import pandas as pd

from securebase_analysis.errors import ModelError, Problem, check_option
from securebase_analysis.results import wording
from securebase_analysis.show.figures.placement_courses import (
    FOREVER,
    Courses,
    after_the_end,
    courses_of,
    history_of,
)
from securebase_analysis.show.figures.placement_words import GAP, NOT_KNOWN, OTHER_EXITS

COLUMNS = ["row", "kind", "label", "start", "stop"]
ORDERS = ("length", "start", "type")
DAYS_OF = {"day": 1.0, "month": 365.25 / 12.0, "quarter": 365.25 / 4.0}
KINDS = ("before", "placement", "gap", "move", "exit", "end", "open")
"""Kinds of rows of the frame, in the order in which they are drawn."""
FEWEST = 10
"""Fewer children in a picture with a row for each could be recognised."""
Time = Literal["days", "date"]
Order = Literal["length", "start", "type"]
Rounded = Literal["day", "month", "quarter"]


def calendar_frame(
    history: Any,
    *,
    time: Time = "days",
    order: Order = "length",
    detailed: bool = False,
    most_types: int = 7,
    most_children: int = 300,
    short_breaks: bool = False,
    round_to: Rounded | None = None,
    hide_below: int | None = None,
    seed: int = 1,
) -> pd.DataFrame:
    """The numbers of a placement calendar.

    Parameters
    ----------
    history : PlacementHistory, Study, SSDA903 return, or pandas.DataFrame
        From `placement_history`; anything else is made into a history by the default rules.
    time : {"days", "date"}
        Days since the child's first placement began, or dates.
    order : {"length", "start", "type"}
        Rows by the time from the first placement to the last day known, by the first day, or by the type of the
        first placement and then by length. Children that are equal in this stand in random order, never in that
        of the table.
    detailed : bool
        Codes of a return each by itself rather than as care contexts.
    most_types : int
        Types with fewer children than the first so many are drawn as one.
    most_children : int
        Of more children a random sample of so many.
    short_breaks : bool
        With the spells of agreed short breaks.
    round_to : {"day", "month", "quarter"}, optional
        Days and dates are rounded down; to the day by default, to the month with `hide_below`.
    hide_below : int, optional
        For publication: types and exits of fewer children are joined with others, and fewer children than this
        (or than ten) are refused.
    seed : int
        Of the sample and of the order of equal rows.

    Returns
    -------
    pandas.DataFrame
        ``row, kind, label, start, stop``. `row` is a running number of the picture and no identifier. Kinds:
        *placement*; *before* (a placement before the first day of the data, known because it lasted until then);
        *gap* (in care without a placement); *move*, *exit*, *end* (the last spell ends, and nothing is known of
        the child after it) and *open*, which lie at `start`.

    Raises
    ------
    ModelError
        When there is nothing to draw (SB-OUT-60), or too few children for publication (SB-OUT-09).

    Examples
    --------
    >>> table = pd.DataFrame({
    ...     "child": ["a", "a"], "carer": ["x", "y"], "type": ["foster", "kinship"],
    ...     "start": ["2021-01-01", "2021-03-01"], "end": ["2021-03-01", None],
    ... })
    >>> from securebase_analysis.study.spells import placement_history
    >>> frame = calendar_frame(placement_history(table, freeze="2021-12-31"))
    >>> frame[["kind", "label", "start"]].values.tolist()
    [['placement', 'Foster care', 0.0], ['placement', 'Kinship care', 59.0], ['move', '', 59.0],
     ['open', '', 364.0]]
    """
    check_option("time", time, ("days", "date"))
    drawn, _ = calendar_courses(history, detailed, most_types, most_children, short_breaks, hide_below, seed)
    return frame_of(drawn, time, order, rounding(round_to, hide_below), seed)


def rounding(round_to: Rounded | None, hide_below: int | None) -> Rounded:
    """To the day; to the month where the picture is to be shown."""
    check_option("round_to", round_to, (None, *DAYS_OF))
    return round_to or ("day" if hide_below is None else "month")


def calendar_courses(
    source: Any, detailed: bool, most_types: int, most_children: int, short_breaks: bool,
    hide_below: int | None, seed: int,
) -> tuple[Courses, list[str]]:  # fmt: skip
    """The courses that are drawn, and what was joined, sampled or assumed."""
    for name, value in (("most_types", most_types), ("most_children", most_children)):
        check_count(name, value)
    if hide_below is not None:
        check_count("hide_below", hide_below)
    history, told = history_of(source)
    courses = courses_of(history, detailed=detailed, most_types=most_types, fewest=hide_below or 1,
                         short_breaks=short_breaks)  # fmt: skip
    check_seed(seed)
    n = len(courses.children)
    if hide_below is not None and n < max(hide_below, FEWEST):
        raise ModelError(_too_few(n, max(hide_below, FEWEST)))
    courses, joined = _join_rare_exits(courses, hide_below)
    notes = [*told, *courses.notes, *joined]
    if n > most_children:
        chosen = np.random.default_rng(seed).choice(courses.children["child"], most_children, replace=False)
        courses = courses.only(pd.Series(chosen))
        notes.append(f"{most_children:,} of {n:,} children, drawn at random (seed {seed}).")
    return courses, notes


def check_count(name: str, value: object) -> None:
    """A whole number from 1 upwards."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        what = f"{name} is not a whole number from 1 upwards."
        raise ModelError(Problem("SB-OUT-61", "stop", what, fix=f"{name}=10"))


def check_seed(seed: object) -> None:
    """A whole number from 0 upwards, so that the picture can be drawn again."""
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or not 0 <= seed < 2**32:
        raise ModelError(Problem("SB-OUT-61", "stop", "seed is not a whole number from 0 upwards.", fix="seed=1"))


def _too_few(n: int, fewest: int) -> Problem:
    """A row a child shows children."""
    return Problem(
        "SB-OUT-09",
        "stop",
        f"A calendar of {wording.count(n, 'child', 'children')} cannot be shown to others.",
        why=f"With a row for each of fewer than {fewest}, children could be recognised.",
        done="Nothing was drawn.",
        fix="leave hide_below out for a picture that stays with you",
    )


def _join_rare_exits(courses: Courses, hide_below: int | None) -> tuple[Courses, list[str]]:
    """Ways out of care that fewer children took, as other exits."""
    exits = courses.stays["exit"]
    n = exits[exits != ""].groupby(exits).size()
    rare = [name for name in n.index if n[name] < (hide_below or 1) and name != OTHER_EXITS]
    if not rare:
        return courses, []
    stays = courses.stays.assign(exit=exits.where(~exits.isin(rare), OTHER_EXITS))
    words = f"Exits of fewer than {hide_below} children are drawn as one."
    return Courses(stays, courses.freeze, courses.observed_from, courses.notes), [words]


def frame_of(courses: Courses, time: Time, order: Order, round_to: Rounded, seed: int) -> pd.DataFrame:
    """The frame of `calendar_frame` from the courses that are drawn."""
    check_option("order", order, ORDERS)
    rows = _row_of_child(courses, order, DAYS_OF[round_to], seed)
    parts = [_bars(courses), _gaps(courses), _moves(courses), _ends(courses)]
    frame = pd.concat(parts, ignore_index=True)
    frame["row"] = frame["child"].map(rows)
    first = frame["child"].map(courses.children.set_index("child")["first"])
    for name in ("start", "stop"):
        frame[name] = _rounded(frame[name], first, time, round_to)
    kinds = {kind: place for place, kind in enumerate(KINDS)}
    is_bar = frame["kind"].isin(("before", "placement", "gap"))
    frame = frame[~is_bar | (frame["stop"] > frame["start"])]
    frame = frame.assign(place=frame["kind"].map(kinds)).sort_values(["row", "place", "start"], kind="stable")
    return frame[COLUMNS].reset_index(drop=True)


def _row_of_child(courses: Courses, order: Order, step: float, seed: int) -> pd.Series:
    """Row of each child, from the top; children that are equal when rounded stand in random order."""
    stays = courses.stays
    last = np.minimum(stays["stop"], courses.freeze).groupby(stays["child"]).max()
    first_type = stays.groupby("child")["type"].first()
    n_of_type = first_type.value_counts()
    first = stays.groupby("child")["start"].min()
    told = pd.DataFrame({
        "length": -np.floor((last - first) / step),
        "start": np.floor(first / step),
        "n": -first_type.map(n_of_type),
        "type": first_type,
    })  # fmt: skip
    by = {"length": ["length"], "start": ["start"], "type": ["n", "type", "length"]}[order]
    mixed = told.sample(frac=1.0, random_state=seed)
    ordered = mixed.sort_values(by, kind="stable").index
    return pd.Series(np.arange(1, len(ordered) + 1), index=ordered)


def _bars(courses: Courses) -> pd.DataFrame:
    """Stays up to the freeze, each day of a child once: the placement that began last is the one drawn."""
    stays = courses.stays
    stop = np.minimum(stays["stop"].to_numpy(), courses.freeze)
    pieces = pd.DataFrame({"child": stays["child"], "label": stays["type"], "start": stays["start"], "stop": stop})
    later = pieces.groupby("child")["start"].shift(-1)
    overlapping = pieces.loc[pieces["stop"] > later.fillna(FOREVER), "child"].unique()
    alone = pieces[~pieces["child"].isin(overlapping)]
    cut = [_apart(rows) for _, rows in pieces[pieces["child"].isin(overlapping)].groupby("child")]
    bars = pd.concat([alone, *cut], ignore_index=True)
    before = bars[bars["start"] < courses.observed_from]
    before = before.assign(kind="before", stop=before["stop"].clip(upper=courses.observed_from))
    within = bars[bars["stop"] > courses.observed_from]
    within = within.assign(kind="placement", start=within["start"].clip(lower=courses.observed_from))
    return pd.concat([before, within], ignore_index=True)


def _apart(rows: pd.DataFrame) -> pd.DataFrame:
    """The stays of one child without days in common, of two the one that began later."""
    edges = np.unique(np.concatenate([rows["start"], rows["stop"]]))
    start, stop = rows["start"].to_numpy(), rows["stop"].to_numpy()
    found = []
    for low, high in pairwise(edges):
        holds = np.flatnonzero((start <= low) & (stop >= high))
        if len(holds):
            found.append((int(holds[-1]), low, high))
    pieces = pd.DataFrame(found, columns=["stay", "start", "stop"])
    same = (pieces["stay"] == pieces["stay"].shift()) & (pieces["start"] == pieces["stop"].shift())
    pieces = pieces.groupby((~same).cumsum()).agg(
        stay=("stay", "first"), start=("start", "first"), stop=("stop", "last")
    )
    own = rows.iloc[pieces["stay"]][["child", "label"]].reset_index(drop=True)
    return own.assign(start=pieces["start"].to_numpy(), stop=pieces["stop"].to_numpy())


def _gaps(courses: Courses) -> pd.DataFrame:
    """Days in care without a placement: between two stays of one period."""
    stays = courses.stays
    by_child = stays.groupby("child")
    reached = np.floor(by_child["stop"].cummax().groupby(stays["child"]).shift())
    same = (stays["period"] == by_child["period"].shift()) & (by_child["exit"].shift() == "")
    is_gap = same & (stays["start"] > reached)
    rows = stays[is_gap]
    return pd.DataFrame(
        {"child": rows["child"], "kind": "gap", "label": GAP, "start": reached[is_gap], "stop": rows["start"]}
    )


def _moves(courses: Courses) -> pd.DataFrame:
    """Stays that go on in a period of care."""
    stays = courses.stays
    rows = stays[stays["period"] == stays.groupby("child")["period"].shift()]
    return pd.DataFrame(
        {"child": rows["child"], "kind": "move", "label": "", "start": rows["start"], "stop": rows["start"]}
    )


def _ends(courses: Courses) -> pd.DataFrame:
    """Exits, last days after which nothing is known, and what is open at the freeze."""
    stays = courses.stays
    at = np.floor(stays["stop"].where(stays["stop"] < FOREVER, courses.freeze))
    after = after_the_end(courses)
    reached = stays.groupby("child")["stop"].transform("max")
    is_last = stays["stop"] == reached
    kind = np.select(
        [stays["stop"] == FOREVER, (stays["exit"] != "").to_numpy(), is_last & (after == NOT_KNOWN)],
        ["open", "exit", "end"], "",
    )  # fmt: skip
    frame = pd.DataFrame({"child": stays["child"], "kind": kind, "label": stays["exit"], "start": at, "stop": at})
    frame.loc[frame["kind"] == "end", "label"] = NOT_KNOWN
    frame = frame[frame["kind"] != ""]
    return frame.drop_duplicates(["child", "kind", "label", "start"])


def _rounded(days: pd.Series, first: pd.Series, time: Time, round_to: Rounded) -> pd.Series:
    """Days since 1970 as days since the first placement or as dates, rounded down."""
    if time == "days":
        since = np.floor(days - first)
        step = DAYS_OF[round_to]
        return pd.Series(np.round(np.floor(since / step) * step), index=days.index)
    dates = pd.to_datetime(np.floor(days), unit="D")
    if round_to == "day":
        return dates
    return dates.dt.to_period("M" if round_to == "month" else "Q").dt.start_time
