"""Agreement of the coders of interviews, code by code."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from securebase_analysis.measures.agreement import AgreementResult, assess_agreement
from securebase_analysis.results import wording
from securebase_analysis.show.figures.agreement import agreement_frame, draw_agreement
from securebase_analysis.show.figures.picture import picture_of
from securebase_analysis.show.report.section import Part, Section, Shown
from securebase_analysis.show.tables.doctable import Column, DocTable
from securebase_analysis.show.tables.from_frame import make_table

if TYPE_CHECKING:
    from securebase_analysis.study.study import Study


def agreement_section(study: Study, seed: int, n_resamples: int, conf_level: float) -> Section:
    """Agreement of the coders of interviews, code by code and over the dimensions."""
    result = assess_agreement(
        study, unit="passage", by="code", conf_level=conf_level, n_resamples=n_resamples, seed=seed
    )
    frame = agreement_frame(result)
    picture = picture_of(draw_agreement(result))
    parts: list[Part] = [
        _agreement_words(result, frame, conf_level),
        Shown(picture, "agreement_by_code"),
        _agreement_table(result, conf_level),
    ]
    excluded = {"agreement: coded passages not compared": int(result.facts["n_excluded"])}
    return Section("agreement", "Agreement of coders", tuple(parts), excluded)


def _agreement_words(result: AgreementResult, frame: pd.DataFrame, conf_level: float) -> str:
    """Between which codes alpha runs, and which are undefined."""
    facts, defined = result.facts, frame.dropna(subset=["estimate"])
    compared = (
        f"{wording.count(int(facts['n_coders']), 'coder')} coded the same text in "
        f"{wording.count(int(facts['n_groups']), 'cluster')} (children, or interviews where children are not "
        f"known), {wording.count(int(facts['n_units']), 'comparison')} of single codes in all."
    )
    if defined.empty:
        return f"{compared} Alpha is not defined for any code."
    high, low = defined.iloc[0], defined.iloc[-1]
    ends = [
        f"{wording.number(row.estimate, leading_zero=False)} "
        f"{wording.interval(row.conf_low, row.conf_high, leading_zero=False)} ({row.code})"
        for row in (low, high)
    ]
    undefined = len(frame) - len(defined)
    more = f" For {wording.count(undefined, 'code')} it is not defined; the notes say why." if undefined else ""
    level = wording.percent(conf_level)
    return f"{compared} Krippendorff’s alpha runs from {ends[0]} to {ends[1]}, with {level} intervals.{more}"


def _agreement_table(result: AgreementResult, conf_level: float) -> DocTable:
    """One row for each code: alpha with interval, AC1, kappa, percent, prevalence."""
    tidy = result.tidy()
    tidy = tidy[tidy["outcome"] == tidy["outcome"].iloc[0]]
    frame = agreement_frame(result)
    for term in ("cohen_kappa", "gwet_ac1"):
        values = tidy[tidy["term"] == term].set_index("group")["estimate"]
        frame[term] = frame["code"].map(values).astype(float)
    frame["prevalence"] = frame["prevalence"].astype(float)
    columns = [
        Column("Code", ("code",)),
        Column("α", ("estimate",), "bounded"),
        Column(f"{wording.percent(conf_level)} CI", ("conf_low", "conf_high"), "bounded interval"),
        Column("κ", ("cohen_kappa",), "bounded"),
        Column("AC1", ("gwet_ac1",), "bounded"),
        Column("Agreement %", ("percent",), "percent", 1),
        Column("Coded %", ("prevalence",), "percent", 1),
    ]
    legend = (
        "α is Krippendorff’s alpha, κ Cohen’s kappa (mean over pairs of coders), AC1 Gwet’s coefficient. A code "
        "that is rarely given pulls α and κ down although coders hardly differ; look at the two percentages as "
        "well."
    )
    return make_table(frame, "Agreement by code", [legend, *result.notes], columns=columns)
