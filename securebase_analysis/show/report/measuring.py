"""Scores, reliability and agreement: the sections on what was measured and how far to trust it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from securebase_analysis import theory
from securebase_analysis.measures.agreement import AgreementResult, assess_agreement
from securebase_analysis.results import wording
from securebase_analysis.results.inference import wald_interval
from securebase_analysis.show.figures import captions
from securebase_analysis.show.figures.agreement import agreement_frame, draw_agreement
from securebase_analysis.show.figures.picture import picture_of
from securebase_analysis.show.figures.profile import plot_profile
from securebase_analysis.show.report.labels import labels_of
from securebase_analysis.show.report.section import Folded, Part, Section, Shown
from securebase_analysis.show.tables.doctable import Column, DocTable, make_table

if TYPE_CHECKING:
    from securebase_analysis.measures.scoring import Scores
    from securebase_analysis.study.study import Study


def scores_section(study: Study, scores: Scores, conf_level: float) -> Section:
    """Means by wave with their intervals, and the profile."""
    means = means_frame(scores, conf_level).assign(label=lambda frame: frame["construct"].map(labels_of(study)))
    ten = means["is_first"] & means["construct"].isin(theory.TEN_CONSTRUCTS)
    profile = picture_of(plot_profile(scores, conf_level=conf_level))
    by_wave = picture_of(plot_profile(scores, by="wave", conf_level=conf_level))
    parts: list[Part] = [
        _means_words(means[ten], conf_level),
        Shown(profile, "profile"),
        Shown(by_wave, "profile_by_wave"),
        _means_table(means[ten], "Mean scores by wave", scores.notes, conf_level, with_source=False),
    ]
    if not ten.all():
        title = "Mean scores of parts, other scales, other instruments and other informants"
        parts.append(Folded(_means_table(means[~ten], title, (), conf_level, with_source=True)))
    missing = int(scores.frame["score"].isna().sum())
    return Section("scores", "Scores", tuple(parts), {"scores: too few answers, so missing": missing})


def means_frame(scores: Scores, conf_level: float) -> pd.DataFrame:
    """Mean, spread and mean standard error of measurement of every measure at every wave.

    Returns
    -------
    pandas.DataFrame
        ``construct, instrument, informant, wave, n, mean, sd, std_error, conf_low, conf_high, measurement_error,
        is_first``; `is_first` marks the measure that has the bare name in wide tables.
    """
    keys = ["construct", "instrument", "informant", "wave"]
    frame = (
        scores.frame.dropna(subset=["score"])
        .groupby(keys, sort=False, dropna=False)
        .agg(
            n=("score", "size"),
            mean=("score", "mean"),
            sd=("score", "std"),
            measurement_error=("std_error", "mean"),
        )
        .reset_index()
    )
    frame["std_error"] = frame["sd"] / np.sqrt(frame["n"])
    df = frame["n"].where(frame["n"] > 1) - 1
    frame["conf_low"], frame["conf_high"] = wald_interval(frame["mean"], frame["std_error"], df, conf_level)
    names = scores.column_names()
    frame = frame.merge(names, on=["construct", "instrument", "informant"], how="left")
    frame["is_first"] = frame["column"] == frame["construct"]
    place = {name: rank for rank, name in enumerate(names["column"])}
    order = frame["column"].map(place)
    return frame.assign(order=order).sort_values(["order", "wave"], kind="stable").drop(columns="order")


def _means_words(means: pd.DataFrame, conf_level: float) -> str:
    """First and last mean of each of the ten constructs."""
    texts = []
    for name in theory.TEN_CONSTRUCTS:
        rows = means[means["construct"] == name]
        if rows.empty:
            continue
        first, last = rows.iloc[0], rows.iloc[-1]
        text = f"{theory.label(name)} {captions.estimate(first['mean'], first.conf_low, first.conf_high)}"
        if last.wave != first.wave:
            text += f" and {captions.estimate(last['mean'], last.conf_low, last.conf_high)}"
        texts.append(text)
    if not texts:
        return "None of the ten constructs has a score; other scales stand in the tables."
    level = wording.percent(conf_level)
    return (
        f"Mean scores at the first and the last wave, each with its {level} interval: {'; '.join(texts)}. The "
        "children seen at the last wave are not all the children seen at the first, so the two means do not "
        "describe change; growth does (below)."
    )


def _means_table(
    means: pd.DataFrame, title: str, notes: tuple[str, ...], conf_level: float, with_source: bool
) -> DocTable:
    """Means by wave; the instrument and informant where they differ."""
    source = [Column("Instrument", ("instrument",)), Column("Informant", ("informant",))] if with_source else []
    columns = [
        Column("Construct or scale", ("label",)),
        *source,
        Column("Wave", ("wave",), "count"),
        Column("n", ("n",), "count"),
        Column("M", ("mean",), "number", 1),
        Column("SD", ("sd",), "number", 1),
        Column("SE", ("std_error",), "number", 2),
        Column(f"{wording.percent(conf_level)} CI", ("conf_low", "conf_high"), "interval", 1),
        Column("SEM", ("measurement_error",), "number", 1),
    ]
    explained = (
        "SE is the standard error of the mean; SEM the mean standard error of measurement of single scores."
    )
    return make_table(means, title, [explained, *notes], columns=columns)


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


def notes_of(results: dict[str, Any]) -> tuple[str, ...]:
    """Notes that all results share once, others with the name of their result."""
    counted: dict[str, list[str]] = {}
    for name, result in results.items():
        for note in result.notes:
            counted.setdefault(note, []).append(name)
    return tuple(
        note if len(names) == len(results) else f"{captions.listed(names)}: {note}"
        for note, names in counted.items()
    )
