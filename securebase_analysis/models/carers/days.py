"""Who cared for a child before each wave, and for how many days."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from securebase_analysis.errors import Problem, check_option, raise_if_stopped
from securebase_analysis.measures.blank_cells import blank
from securebase_analysis.models.carers.placement_checks import (
    LAST,
    checked_placements,
    checked_waves,
    children_apart,
    placements_and_waves,
    placements_at_once,
)
from securebase_analysis.results import wording

if TYPE_CHECKING:
    from securebase_analysis.study.study import Study

Since = Literal["wave before", "start of care"]
SINCE: tuple[Since, ...] = ("wave before", "start of care")
DAY = pd.Timedelta(days=1)


@dataclass(frozen=True, eq=False, repr=False)
class CarerDays:
    """How many days a child lived with each carer before each wave, made by `carer_days`.

    Attributes
    ----------
    frame : pandas.DataFrame
        ``child, wave, carer, days``, with ``site`` first where both tables have it; one row for each carer with
        whom the child lived at least a day.
    problems : tuple of Problem
        What was left out or assumed.
    """

    frame: pd.DataFrame
    problems: tuple[Problem, ...] = ()

    @property
    def notes(self) -> tuple[str, ...]:
        """The problems as sentences, for footnotes."""
        return tuple(problem.sentence for problem in self.problems)

    def __repr__(self) -> str:
        keys = [name for name in self.frame if name not in ("carer", "days")]
        carers = [name for name in self.frame if name in ("site", "carer")]
        waves = wording.count(len(self.frame[keys].drop_duplicates()), "wave of a child", "waves of children")
        return f"<CarerDays: {waves}, {wording.count(len(self.frame[carers].drop_duplicates()), 'carer')}>"


def carer_days(data: Study | pd.DataFrame, waves: Any = None, *, since: Since | int = "wave before") -> CarerDays:
    """Count the days that each child lived with each carer before each wave.

    Parameters
    ----------
    data : Study or pandas.DataFrame
        A study, or its placements: ``child, carer, start, end`` and, where ids repeat at several sites, ``site``.
        An empty end is a placement that lasts.
    waves : Scores or pandas.DataFrame, optional
        ``child, wave, date``: the waves to count for. Those at which children were seen, of a study.
    since : {"wave before", "start of care"} or int
        From when: the child's last date before this one (at the first, the start of its first placement), always
        the start of its first placement, or this many days back.

    Returns
    -------
    CarerDays
        ``.frame`` has ``child, wave, carer, days`` (whole days), for ``members={"carer": ...}`` of `fit_growth`;
        ``.notes`` say what was left out.

    Raises
    ------
    ModelError
        When a column is not there, or `since` is none of the above.
    DataError
        With every problem of the placements: an end before its start (SB-PLACE-01), two placements at once
        (SB-PLACE-02, SB-PLACE-03, both rows), no start (SB-PLACE-30), rows without a child.

    Notes
    -----
    Counted are the days after the earlier date up to and with the day of the wave. A placement has every day from
    its start to its end; a day on which one ends and another begins is of the one that begins. Days between
    placements, and of placements that name no carer, count for nobody and are told.

    Misleads where the table of placements begins later than care did: what came before is unknown to it. Respite
    inside a placement must be left out of the table, or the long placement be cut around it.

    Examples
    --------
    >>> placements = pd.DataFrame({"child": ["a", "a"], "carer": ["K1", "K2"],
    ...                            "start": ["2020-01-01", "2021-01-22"], "end": ["2021-01-22", None]})
    >>> waves = pd.DataFrame({"child": ["a", "a"], "wave": [1, 2], "date": ["2021-01-01", "2021-01-31"]})
    >>> carer_days(placements, waves).frame
      child  wave carer  days
    0     a     1    K1   367
    1     a     2    K1    20
    2     a     2    K2    10
    """
    _check_since(since)
    placements, seen = placements_and_waves(data, waves)
    placements, found = checked_placements(placements)
    seen, more = checked_waves(seen)
    keys = ["site", "child"] if "site" in placements and "site" in seen else ["child"]
    other_kind = children_apart(placements, seen, keys)
    raise_if_stopped([*found, *more, *other_kind, *placements_at_once(placements, keys)])
    windows = _windows(seen, placements, since, keys)
    spent = _days_spent(windows, placements, keys)
    named = spent[~blank(spent["carer"])]
    columns = [*keys, "wave", "carer"]
    days = named.groupby(["window", *columns], sort=False, as_index=False)["days"].sum()
    problems = [*found, *more, *_nobodys_days(windows, spent, named)]
    return CarerDays(days[[*columns, "days"]], tuple(problems))


def _check_since(since: object) -> None:
    if isinstance(since, int) and not isinstance(since, bool) and since > 0:
        return
    check_option("since", since, SINCE)


def _windows(seen: pd.DataFrame, placements: pd.DataFrame, since: Since | int, keys: list[str]) -> pd.DataFrame:
    """For each wave the first day that counts, and the day after the last."""
    care = placements.groupby(keys, dropna=False)["start"].min().rename("care_began").reset_index()
    windows = seen.merge(care, on=keys, how="left").assign(window=np.arange(len(seen)))
    if since == "wave before":
        days = windows[[*keys, "date"]].drop_duplicates().sort_values("date", kind="stable")
        days["earlier"] = days.groupby(keys, sort=False, dropna=False)["date"].shift()
        windows = windows.merge(days, on=[*keys, "date"], how="left")
        begins = windows["earlier"] + DAY
    elif since == "start of care":
        begins = pd.Series(pd.NaT, index=windows.index, dtype="datetime64[us]")
    else:
        begins = windows["date"] - (int(since) - 1) * DAY
    begins = begins.where(begins > windows["care_began"], windows["care_began"])
    return windows.assign(begins=begins, stops=windows["date"] + DAY)


def _days_spent(windows: pd.DataFrame, placements: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Days of each placement within each window; those without any are left out."""
    order = placements.sort_values([*keys, "start", "end"], kind="stable")
    next_start = order.groupby(keys, sort=False, dropna=False)["start"].shift(-1)
    leaves = (order["end"] + DAY).fillna(LAST)
    leaves = leaves.where(~(next_start < leaves), next_start)
    stays = order[[*keys, "carer", "start"]].assign(leaves=leaves)
    both = windows[["window", *keys, "wave", "begins", "stops"]].merge(stays, on=keys)
    first = both["start"].where(both["start"] > both["begins"], both["begins"])
    last = both["leaves"].where(both["leaves"] < both["stops"], both["stops"])
    spent = both.assign(days=(last - first).dt.days)
    return spent[spent["days"] > 0].astype({"days": "int64"})


def _nobodys_days(windows: pd.DataFrame, spent: pd.DataFrame, named: pd.DataFrame) -> list[Problem]:
    """Waves of which some days, or all of them, are those of no carer."""
    days = (windows["stops"] - windows["begins"]).dt.days.fillna(0).clip(lower=0)
    placed = windows["window"].map(spent.groupby("window")["days"].sum()).fillna(0)
    with_carer = windows["window"].map(named.groupby("window")["days"].sum()).fillna(0)
    nowhere, without = (days > placed) & (with_carer > 0), with_carer == 0
    problems = []
    if nowhere.any():
        gaps = int((days - placed)[nowhere].sum())
        problems.append(
            Problem(
                "SB-PLACE-04",
                "warn",
                f"Before {wording.count(int(nowhere.sum()), 'wave')} some days are in no placement: "
                f"{gaps:,} of {int(days[nowhere].sum()):,}.",
                table="waves",
                rows=windows.loc[nowhere, "row"].tolist(),
                why="At home, missing from care, or not recorded: each means something else.",
                done="They count for no carer; shares are of the days with a carer.",
                fix="Add the missing placements, or correct the dates.",
            )
        )
    if without.any():
        problems.append(
            Problem(
                "SB-PLACE-33",
                "warn",
                f"Before {wording.count(int(without.sum()), 'wave')} the child lived with no carer that is known.",
                table="waves",
                rows=windows.loc[without, "row"].tolist(),
                why="A model with carers has nobody to give these rows to.",
                done="They have no row in the table of days.",
                fix="Add the placements, or leave these waves out of the model.",
            )
        )
    return problems
