"""Scores: means by wave, profiles, and what was left out or assumed on the way to them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from securebase_analysis import theory
from securebase_analysis.results import wording
from securebase_analysis.results.inference import wald_interval
from securebase_analysis.show.figures import captions
from securebase_analysis.show.figures.picture import picture_of
from securebase_analysis.show.figures.profile import plot_profile
from securebase_analysis.show.report.names import Names
from securebase_analysis.show.report.problems import problems_table
from securebase_analysis.show.report.section import Folded, Part, Section, Shown
from securebase_analysis.show.tables.doctable import Column, DocTable
from securebase_analysis.show.tables.from_frame import make_table

if TYPE_CHECKING:
    from securebase_analysis.measures.scoring import Scores
    from securebase_analysis.study.study import Study


def scores_section(study: Study, scores: Scores, conf_level: float) -> Section:
    """Means by wave with their intervals, and the profile."""
    names = Names(study)
    means = means_frame(scores, conf_level)
    means["label"] = means["construct"].map(names.scale)
    ten = means["is_first"] & means["construct"].isin(theory.TEN_CONSTRUCTS)
    parts: list[Part] = [
        _means_words(means[ten], conf_level),
        Shown(picture_of(plot_profile(scores, conf_level=conf_level)), "profile"),
        Shown(picture_of(plot_profile(scores, by="wave", conf_level=conf_level)), "profile_by_wave"),
        _means_table(means[ten], "Mean scores by wave", [_sources(means[ten], names)], conf_level),
    ]
    if not ten.all():
        others = means[~ten].assign(instrument=means["instrument"].map(names.instrument))
        title = "Mean scores of parts, other scales, other instruments and other informants"
        parts.append(Folded(_means_table(others, title, (), conf_level, with_source=True)))
    if scores.problems:
        title = "What was left out, repaired or assumed in the scores"
        parts.append(Folded(problems_table(scores.problems, title, names)))
    missing = int(scores.frame["score"].isna().sum())
    return Section("scores", "Scores", tuple(parts), {"scores: too few answers, so missing": missing})


def _sources(means: pd.DataFrame, names: Names) -> str:
    """Which instrument and informant the ten constructs are from."""
    sources = means.drop_duplicates("construct").groupby(["instrument", "informant"], sort=False)["label"]
    texts = [
        f"{names.instrument(str(instrument))} (informant: {informant}) for {captions.listed(list(labels))}"
        for (instrument, informant), labels in sources
    ]
    return f"Scores are from {'; '.join(texts)}."


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
    """Between which constructs the means of the first and the last wave lie."""
    if means.empty:
        return "None of the ten constructs has a score; other scales stand in the tables."
    waves = sorted(means["wave"].unique())
    texts = [_span_words(means[means["wave"] == wave], wave) for wave in dict.fromkeys([waves[0], waves[-1]])]
    return (
        f"{' '.join(texts)} Intervals are {wording.percent(conf_level)} intervals of the mean; the figures and "
        "the table have every construct and wave. The children seen at the last wave are not all the children "
        "seen at the first, so their means do not describe change; the growth models below do."
    )


def _span_words(means: pd.DataFrame, wave: Any) -> str:
    """The lowest and the highest mean of a wave."""
    ordered = means.sort_values("mean", kind="stable")
    ends = [
        f"{captions.estimate(row['mean'], row['conf_low'], row['conf_high'])} ({row['label']}, n = {row['n']:,})"
        for _, row in ordered.iloc[[0, -1]].iterrows()
    ]
    if len(ordered) == 1:
        return f"At wave {wave} the mean is {ends[0]}."
    return f"At wave {wave} the means lie between {ends[0]} and {ends[1]}."


def _means_table(
    means: pd.DataFrame, title: str, notes: Sequence[str], conf_level: float, with_source: bool = False
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
    legend = "SE: standard error of the mean. SEM: mean standard error of measurement of single scores."
    return make_table(means, title, [legend, *notes], columns=columns)
