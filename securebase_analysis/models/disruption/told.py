"""What is told under every table: what was left out or assumed, how errors were made, what the ratios are."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from securebase_analysis.errors import Problem
from securebase_analysis.models.disruption.detectable import detectable_ratios
from securebase_analysis.models.disruption.door import RowsAtRisk
from securebase_analysis.models.disruption.fitting import FEW_CLUSTERS, Fitted
from securebase_analysis.models.disruption.written import ratio_words
from securebase_analysis.results import wording

MOST_TERMS = 4
MOST_SHOWN = 6
ROW = "row"
"""What a cluster is called where each row is one."""
NOUNS = {ROW, "child", "carer", "placement", "site", "sibling", "worker", "authority", "household", "family"}
MOST_STRATA = 20
"""Of more strata the names are counted and not listed: they may be ids."""
NAMES_OF_PEOPLE = {"child", "carer"}


def title_of(rows: RowsAtRisk) -> str:
    """What was asked, in a sentence."""
    name = "the event" if rows.endings.name == "event" else rows.endings.name
    if rows.request.model == "fine-gray":
        return f"Subdistribution hazard of {name} (Fine and Gray)"
    kind = "Cause-specific hazard" if rows.endings.others else "Hazard"
    return f"{kind} of {name} (Cox)"


def notes_of(rows: RowsAtRisk, fit: Fitted, rare: Iterable[Problem]) -> tuple[str, ...]:
    """Every note, in the order in which they are read."""
    notes = [*(problem.sentence for problem in (*rows.problems, *rare)), _counted(rows, fit), *rows.notes]
    notes += [
        _meaning(rows),
        _of_errors(rows, fit),
        *_of_frailty(rows, fit),
        *_repeated(rows),
        *_empty_strata(rows),
    ]
    notes.append(_detectable(rows, fit))
    return tuple(dict.fromkeys(note for note in notes if note))


def _counted(rows: RowsAtRisk, fit: Fitted) -> str:
    """How many rows, units and events there are."""
    unit = "" if rows.unit is None else f" of {wording.count(rows.n_units, rows.unit.name)}"
    other = int((rows.code == 2).sum())
    competing = f", {other:,} with another ending" if other else ""
    return f"{wording.count(len(rows.stop), 'row')}{unit}: {wording.count(fit.cox.n_events, 'event')}{competing}."


def _meaning(rows: RowsAtRisk) -> str:
    """What the ratios compare."""
    others = rows.endings.others
    if rows.request.model == "fine-gray":
        tied = (
            "Tied days: Breslow, censorings together with events (as cmprsk::crr)."
            if rows.request.ties_used == "breslow"
            else "Tied days: Efron, censorings after events (as survival::finegray)."
        )
        alone = "" if others else " No row ended in another way, so that it is the plain hazard."
        what = "Ratios are about the share that ends in this way, not about speed among those still there."
        return f"{what}{alone} {tied}"
    listed = ", ".join(others[:MOST_SHOWN]) + (" and others" if len(others) > MOST_SHOWN else "")
    ended = f" Other endings ({listed}) count as the end of observation." if others else ""
    ties = rows.request.ties_used.capitalize()
    return f"Ratios compare those at risk on the same day, the other terms being equal.{ended} Tied days: {ties}."


def _of_errors(rows: RowsAtRisk, fit: Fitted) -> str:
    """How the standard errors were made; with frailty that is said with it."""
    if fit.frailty is not None:
        return ""
    if rows.cluster is not None and fit.n_clusters is not None:
        n = _of_them(fit.n_clusters, rows.cluster_name)
        if rows.cluster_name == ROW:
            return f"Standard errors hold for weighted rows (sandwich, {n})."
        if rows.request.errors == "adjusted":
            return (
                f"Standard errors allow for what rows of one {rows.cluster_name} share, and for what each "
                f"{rows.cluster_name} does to the estimate (adjusted sandwich, {n})."
            )
        t = (
            f", with t on {fit.df:g} degrees of freedom because they are few; errors='adjusted' covers better"
            if fit.n_clusters < FEW_CLUSTERS
            else ""
        )
        return f"Standard errors allow for what rows of one {rows.cluster_name} share (sandwich, {n}){t}."
    if fit.subdistribution is not None:
        known = "" if fit.subdistribution.weights_estimated else ", as if the weights of late entries were known"
        return f"Standard errors are those of Fine and Gray{known}."
    return "Standard errors are those of the model, for rows that share nothing."


def _of_them(n: int, name: str) -> str:
    """So many of what a column names; the plural of a name that is no word is not made up."""
    return wording.count(n, name) if name in NOUNS else f"{n:,} different {name}"


def _of_frailty(rows: RowsAtRisk, fit: Fitted) -> list[str]:
    """What the frailty is, and its test."""
    if fit.frailty is None:
        return []
    name, n = rows.request.frailty, len(fit.frailty.log_frailty)
    test = wording.p_words(fit.frailty.likelihood_ratio_p_value)
    return [
        f"Rows of one {name} share a factor of their hazard, gamma with mean 1 ({_of_them(n, str(name))}); "
        f"ratios are between rows of the same {name}. No variance at all: {test} (likelihood ratio, half of it "
        "on the boundary). Standard errors are those of the model, and take the variance as known."
    ]


def _repeated(rows: RowsAtRisk) -> list[str]:
    """Units that share a child or a carer, where neither errors nor frailty allow for it."""
    if rows.cluster is not None or rows.frailty is not None:
        return []
    frame = rows.frame if rows.unit is None else rows.frame[~pd.Series(rows.unit.code).duplicated().to_numpy()]
    for name in ("child", "carer"):
        if name not in frame:
            continue
        keys = [key for key in ("site", name) if key in frame]
        n = int(frame[keys].dropna().duplicated(keep=False).sum())
        if n:
            what = wording.count(n, "row" if rows.unit is None else rows.unit.name)
            return [
                f"{what} share a {name} with another and count as independent; cluster={name!r} allows for it."
            ]
    return []


def _empty_strata(rows: RowsAtRisk) -> list[str]:
    """Strata in which nothing happened say nothing."""
    if rows.strata is None:
        return []
    events = pd.Series(rows.happened).groupby(rows.strata).sum()
    if len(events) == 1:
        return [f"All rows are of one stratum{_of_which(rows)}."]
    empty = [rows.strata_named[int(place)] for place in events.index[events == 0]]
    if len(events) > MOST_STRATA or set(rows.request.strata) & NAMES_OF_PEOPLE:
        empty = [f"{len(empty):,} of them"] if empty else []
    counted = f"Each of {wording.count(len(events), 'stratum', 'strata')} has a baseline of its own"
    if not empty:
        return [f"{counted}."]
    shown = "; ".join(empty[:MOST_SHOWN]) + (" and others" if len(empty) > MOST_SHOWN else "")
    return [f"{counted}; without an event, and so without a say: {shown}."]


def _of_which(rows: RowsAtRisk) -> str:
    """The stratum in words, unless they name a person."""
    return "" if set(rows.request.strata) & NAMES_OF_PEOPLE else f" ({rows.strata_named[0]})"


def _detectable(rows: RowsAtRisk, fit: Fitted) -> str:
    """What so many events could have found."""
    table = detectable_ratios(rows, fit, 1.0 - rows.request.conf_level)
    each = [
        f"{ratio_words(row.ratio_above)} ({ratio_words(row.ratio_below)}) for {row.term}"
        + ("" if row.per == "1" else f" per {row.per}")
        for row in table.head(MOST_TERMS).itertuples()
    ]
    more = f", and see detectable() for {len(table) - MOST_TERMS} more" if len(table) > MOST_TERMS else ""
    return f"With 80% power these events could have found a hazard ratio of {'; '.join(each)}{more} (Schoenfeld)."
