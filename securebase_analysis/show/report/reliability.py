"""Reliability: how far the items of each scale speak with one voice."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from securebase_analysis.measures.reliability import ReliabilityResult, assess_reliability
from securebase_analysis.results import wording
from securebase_analysis.show.report.names import Names
from securebase_analysis.show.report.section import Folded, Part, Section
from securebase_analysis.show.tables.doctable import Column, DocTable
from securebase_analysis.show.tables.from_frame import make_table

if TYPE_CHECKING:
    from securebase_analysis.study.study import Study

COEFFICIENTS = {"cronbach_alpha": "α", "spearman_brown": "α", "mcdonald_omega": "ω"}
"""Two items have the Spearman-Brown coefficient in alpha's place."""


def reliability_section(study: Study, conf_level: float) -> Section:
    """Alpha and omega of every scale, and its items."""
    result = assess_reliability(study, conf_level=conf_level)
    names = Names(study)
    frame = _named(scales_frame(result), names)
    parts: list[Part] = [
        _words(frame, conf_level),
        _scales_table(frame, result.notes, conf_level),
        Folded(_items_table(_named(result.items, names))),
    ]
    excluded = {"reliability: forms without any answer": int(result.facts["n_excluded"])}
    return Section("reliability", "Reliability", tuple(parts), excluded)


def _named(frame: pd.DataFrame, names: Names) -> pd.DataFrame:
    """Scales and groups as they are written for people; the instrument only where a scale has several."""
    instruments = frame["group"].str.rpartition(", ")[0]
    ambiguous = instruments.groupby(frame["outcome"]).nunique().max() > 1
    group = frame["group"].map(names.in_words) if ambiguous else frame["group"].str.rpartition(", ")[2]
    return frame.assign(label=frame["outcome"].map(names.scale), group=group)


def scales_frame(result: ReliabilityResult) -> pd.DataFrame:
    """One row for each scale.

    Returns
    -------
    pandas.DataFrame
        ``outcome, group, n_items, n`` and for each coefficient its value and the ends of its interval.
    """
    tidy = result.tidy()
    keys = ["outcome", "group"]
    items = result.items.groupby(keys, sort=False, dropna=False)
    frame = items.agg(n_items=("item", "size"), n=("n", "min")).reset_index()
    for letter in dict.fromkeys(COEFFICIENTS.values()):
        terms = [term for term, its in COEFFICIENTS.items() if its == letter]
        rows = tidy[tidy["term"].isin(terms)].dropna(subset=["estimate"]).drop_duplicates(keys)
        renamed = {name: f"{letter}_{name}" for name in ("estimate", "conf_low", "conf_high")}
        frame = frame.merge(rows[[*keys, *renamed]].rename(columns=renamed), on=keys, how="left")
    return frame


def _words(frame: pd.DataFrame, conf_level: float) -> str:
    """The lowest and the highest alpha."""
    defined = frame.dropna(subset=["α_estimate"]).sort_values("α_estimate")
    if defined.empty:
        return "No coefficient is defined for any scale; the notes say why."
    ends = [
        f"{wording.number(row['α_estimate'], leading_zero=False)} "
        f"{wording.interval(row['α_conf_low'], row['α_conf_high'], leading_zero=False)} "
        f"({row['label']}, {row['group']})"
        for _, row in defined.iloc[[0, -1]].iterrows()
    ]
    scales = wording.count(len(frame), "scale")
    level = wording.percent(conf_level)
    if len(defined) == 1:
        return f"Cronbach’s alpha is {ends[0]}, with its {level} interval."
    return f"Over {scales}, Cronbach’s alpha runs from {ends[0]} to {ends[1]}, with {level} intervals."


def _scales_table(frame: pd.DataFrame, notes: tuple[str, ...], conf_level: float) -> DocTable:
    """Alpha and omega with their intervals."""
    level = f"{wording.percent(conf_level)} CI"
    columns = [
        Column("Scale", ("label",)),
        Column("Informant", ("group",)),
        Column("Items", ("n_items",), "count"),
        Column("n", ("n",), "count"),
    ]
    for letter, name in (("α", "Cronbach"), ("ω", "McDonald")):
        ends = (f"{letter}_conf_low", f"{letter}_conf_high")
        columns += [
            Column(letter, (f"{letter}_estimate",), "bounded", 2, name),
            Column(level, ends, "bounded interval", 2, name),
        ]
    legend = "n is the smallest number of answers to one of the items; intervals count a child once."
    return make_table(frame, "Reliability of the scales", [legend, *notes], columns=columns)


def _items_table(frame: pd.DataFrame) -> DocTable:
    """What each item adds to its scale."""
    columns = [
        Column("Scale", ("label",)),
        Column("Informant", ("group",)),
        Column("Item", ("item",)),
        Column("Reversed", ("reversed",)),
        Column("n", ("n",), "count"),
        Column("M", ("mean",), "number"),
        Column("SD", ("sd",), "number"),
        Column("Item–rest r", ("item_rest",), "bounded"),
        Column("α if dropped", ("alpha_if_dropped",), "bounded"),
    ]
    return make_table(frame, "Items of the scales", columns=columns)
