"""Relations: how the constructs go together between and within children."""

from __future__ import annotations

import pandas as pd

from securebase_analysis import theory
from securebase_analysis.models.relations import RelationsResult
from securebase_analysis.results import wording
from securebase_analysis.show.figures import captions
from securebase_analysis.show.figures.picture import picture_of
from securebase_analysis.show.figures.relations import draw_relations, relations_frame
from securebase_analysis.show.report.correlations_in_columns import number_and_interval, side_by_side
from securebase_analysis.show.report.section import Folded, Part, Section, Shown
from securebase_analysis.show.tables.doctable import Column, DocTable
from securebase_analysis.show.tables.from_frame import make_table


def relations_section(result: RelationsResult, conf_level: float) -> Section:
    """Correlations between and within children."""
    frame = relations_frame(result)
    picture = picture_of(draw_relations(result))
    parts: list[Part] = [
        _relations_words(frame),
        Shown(picture, "relations"),
        Folded(_pairs_table(frame, result.notes, conf_level)),
    ]
    excluded = {"relations: rows not used": int(result.facts["n_excluded"])}
    return Section("relations", "How the dimensions relate", tuple(parts), excluded)


def _relations_words(frame: pd.DataFrame) -> str:
    """Each dimension with its benefit, between and within children."""
    texts = []
    for dimension in theory.DIMENSIONS:
        pair = frame[(frame["first"] == dimension.name) & (frame["second"] == dimension.benefit)]
        levels = [
            f"{wording.number(row.estimate, leading_zero=False)} "
            f"{wording.interval(row.conf_low, row.conf_high, leading_zero=False)} {row.effect} children"
            for row in pair.itertuples()
        ]
        if levels:
            name = f"{dimension.label} and {dimension.benefit_label[0].lower()}{dimension.benefit_label[1:]}"
            texts.append(f"{name}: {captions.listed(levels)}")
    return (
        f"Correlations of what carers give with what the model says it builds. {'; '.join(texts)}. Correlations "
        "describe what goes together; they do not show that one brings about the other."
    )


def _pairs_table(frame: pd.DataFrame, notes: tuple[str, ...], conf_level: float) -> DocTable:
    """All pairs, between and within children side by side."""
    wide = side_by_side(frame, ["first", "second"])
    known = [construct.name for construct in theory.CONSTRUCTS]
    order = {name: place for place, name in enumerate([*known, *sorted(set(wide["first"]) | set(wide["second"]))])}
    wide = wide.sort_values(["first", "second"], key=lambda names: names.map(order))
    wide = wide.assign(
        one=[theory.label(name) for name in wide["first"]], other=[theory.label(name) for name in wide["second"]]
    )
    columns = [Column("Construct", ("one",)), Column("with", ("other",))]
    for effect in ("between", "within"):
        if f"estimate_{effect}" in wide:
            columns += number_and_interval(effect, f"{effect.capitalize()} children", conf_level)
    return make_table(wide, "Correlations of all pairs of constructs", notes, columns=columns)
