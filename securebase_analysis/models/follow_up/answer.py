"""`FollowedPlacements`: placements day by day, with what was known of them by then."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape
from typing import Any

import pandas as pd

from securebase_analysis.errors import Problem
from securebase_analysis.results.held_tables import hands_out_copies
from securebase_analysis.results.wording import count as n_of


@hands_out_copies
@dataclass(frozen=True, eq=False, repr=False)
class FollowedPlacements:
    """Placements followed from day to day, made by `follow_placements`.

    Attributes
    ----------
    rows : pandas.DataFrame
        One row for every stretch of a placement in which nothing new became known, in order of child, placement
        and time: ``site, child, carer, spell, start, stop, event, ending, reason, type, enum``, then for each
        construct its score, known on the day on which the row begins, and ``<construct>_age_days``, how old it was
        by then; then what is known of the child.

        `start` and `stop` are days on the clock (of the placement, the child or the period of care); a row is at
        risk after `start` and up to `stop`. `event` says whether it ends in a disruption, `ending` how
        (``"disrupted"``, ``"returned home"``, ...; ``"open"`` in rows that end without an ending), `reason` what
        the record says. `enum` is one more than the disruptions of the child before.
    before_after : pandas.DataFrame
        ``what, before, after``: children, placements, disruptions, endings by kind and days at risk of the
        placements, and counted again from the rows. They were compared, and are the same.
    left_out : pandas.DataFrame
        ``reason, placements, children, disruptions, days`` of placements that are not followed.
    fates : pandas.DataFrame
        ``construct, fate, scores``: what became of every score.
    known : pandas.DataFrame
        ``construct, describes, days, percent_of_days, disruptions, placements``: for how long a score was known.
    spec : mapping
        The options that were asked for.
    problems : tuple of Problem
        What was found or assumed, of the history too.
    simulated : bool
        Whether the study was simulated; what is made from the rows says so.
    """

    rows: pd.DataFrame
    before_after: pd.DataFrame
    left_out: pd.DataFrame
    fates: pd.DataFrame
    known: pd.DataFrame
    spec: Mapping[str, Any] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    simulated: bool = False

    @property
    def notes(self) -> tuple[str, ...]:
        """What was found or assumed, as sentences."""
        return tuple(problem.sentence for problem in self.problems)

    @property
    def placements(self) -> pd.DataFrame:
        """One row a placement, from the day it was first at risk to its end or the last day it was seen.

        Returns
        -------
        pandas.DataFrame
            The columns of `rows` without the scores, which differ between the rows of a placement.
        """
        first = self.rows.drop_duplicates(["site", "child", "spell"]).reset_index(drop=True)
        last = self.rows.drop_duplicates(["site", "child", "spell"], keep="last").reset_index(drop=True)
        changing = {part for name in self.known["construct"] for part in (name, f"{name}_age_days")}
        end_of_it = {name: last[name] for name in ("stop", "event", "ending", "reason")}
        return first.assign(**end_of_it).drop(columns=[name for name in first if name in changing])

    def summary_frame(self) -> pd.DataFrame:
        """Counts of the follow-up: children, placements, endings, days, rows, and of each construct.

        Returns
        -------
        pandas.DataFrame
            ``what, number``; no id in it.
        """
        counts = self.before_after[["what", "after"]].rename(columns={"after": "number"})
        lines = [("rows", float(len(self.rows)))]
        for reason, placements in zip(self.left_out["reason"], self.left_out["placements"]):
            lines.append((f"left out: {reason}", float(placements)))
        for name, fate, scores in self.fates.itertuples(index=False):
            lines.append((f"{name}, scores: {fate}", float(scores)))
        for line in self.known.itertuples(index=False):
            lines.append((f"{line.construct}, days at risk with a score", float(line.days)))
            lines.append((f"{line.construct}, disruptions with a score", float(line.disruptions)))
        return pd.concat([counts, pd.DataFrame(lines, columns=["what", "number"])], ignore_index=True)

    def __repr__(self) -> str:
        return f"<FollowedPlacements: {self._line()}>"

    def _line(self) -> str:
        counts = dict(zip(self.before_after["what"], self.before_after["after"]))
        simulated = "simulated data, " if self.simulated else ""
        return (
            f"{simulated}{n_of(int(counts['placements']), 'placement')} of "
            f"{n_of(int(counts['children']), 'child', 'children')}, "
            f"{n_of(int(counts['disruptions']), 'disruption')} "
            f"in {counts['days at risk']:,.0f} days at risk, {n_of(len(self.rows), 'row')}; "
            f"{n_of(len(self.problems), 'remark')}"
        )

    def _repr_html_(self) -> str:
        table = self.before_after.to_html(index=False, border=0, float_format="{:,.0f}".format)
        known = self.known.round(1).to_html(index=False, border=0) if len(self.known) else ""
        notes = "".join(f"<p><em>Note.</em> {escape(note)}</p>" for note in self.notes)
        return f"<p><strong>Followed placements</strong>: {escape(self._line())}.</p>{table}{known}{notes}"
