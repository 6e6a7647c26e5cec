"""Relations: how the constructs go together between and within children, beside the claims of the model."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from securebase_analysis import theory
from securebase_analysis.models.relations import RelationsResult, relate_dimensions
from securebase_analysis.results import wording
from securebase_analysis.show.figures import captions
from securebase_analysis.show.figures.picture import picture_of
from securebase_analysis.show.figures.relations import draw_relations, relations_frame
from securebase_analysis.show.report.section import Folded, Part, Section, Shown
from securebase_analysis.show.tables.doctable import Column, DocTable
from securebase_analysis.show.tables.from_frame import make_table

if TYPE_CHECKING:
    from securebase_analysis.measures.scoring import Scores


def relations_section(scores: Scores, conf_level: float) -> Section:
    """Correlations between and within children, and the claims of the model beside them."""
    result = relate_dimensions(scores, conf_level=conf_level)
    frame = relations_frame(result)
    picture = picture_of(draw_relations(result))
    parts: list[Part] = [
        _relations_words(frame),
        Shown(picture, "relations"),
        Shown(picture_of(draw_relations(result, style="paths")), "claims"),
        _claims_table(result, conf_level),
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


def _claims_table(result: RelationsResult, conf_level: float) -> DocTable:
    """Every claim of the model with what these data show, one row a claim."""
    claims = result.claims(conf_level)
    order = list(dict.fromkeys(claims["claim"]))
    frame = (
        _side_by_side(claims.rename(columns={"claim": "what"}), ["what"])
        .set_index("what")
        .loc[order]
        .reset_index()
    )
    verdicts = result.verdicts(conf_level)
    own = verdicts[verdicts["own_level"]].set_index("claim").loc[order]
    frame["verdict"] = [f"{effect}: {verdict}" for effect, verdict in zip(own["effect"], own["verdict"])]
    columns = [Column("Claim of the model", ("what",)), Column("Verdict", ("verdict",))]
    for effect, seen in (
        ("between", "Between children"),
        ("within", "Within children"),
        ("over time", "Over time"),
    ):
        if f"estimate_{effect}" in frame:
            columns += _r_and_interval(effect, seen, conf_level)
    sources = captions.listed(list(dict.fromkeys(claims["reference"])))
    notes = [
        "A dash: the claim is not about this, or it could not be looked at with these data. Over time: "
        "caregiving at one wave with the benefit at the next, the benefit now held constant.",
        "The verdict is on the level that the claim speaks of, and on association: supported where the whole "
        "interval lies above zero, contrary where below, not supported where it holds zero.",
        *_held(own),
        f"The claims are those of {sources}.",
        *result.notes,
    ]
    return make_table(frame, "The claims of the Secure Base model beside the data", notes, columns=columns)


def _held(own: pd.DataFrame) -> list[str]:
    """What Holm's adjustment leaves, and why claims cannot be tested."""
    decided = own["verdict"].isin(("supported", "contrary"))
    notes = [
        f"Of {decided.sum()} verdicts supported or contrary, {own['holds_adjusted'].sum()} stand when p-values "
        "allow for the number of verdicts (Holm, over all levels)."
    ]
    hindered = own[own["verdict"] == "not testable"]
    if len(hindered):
        notes.append("Not testable: " + " ".join(dict.fromkeys(hindered["reason"])))
    return notes


def _side_by_side(rows: pd.DataFrame, index: list[str]) -> pd.DataFrame:
    """Effects in columns: ``estimate_between``, ``conf_low_between``, ..."""
    values = ["estimate", "conf_low", "conf_high"]
    wide = rows.drop_duplicates([*index, "effect"]).pivot(index=index, columns="effect", values=values)
    wide.columns = [f"{value}_{effect}" for value, effect in wide.columns]
    return wide.reset_index()


def _r_and_interval(effect: str, spanner: str, conf_level: float) -> list[Column]:
    """The two printed columns of an effect."""
    ends = (f"conf_low_{effect}", f"conf_high_{effect}")
    return [
        Column("r", (f"estimate_{effect}",), "bounded", 2, spanner),
        Column(f"{wording.percent(conf_level)} CI", ends, "bounded interval", 2, spanner),
    ]


def _pairs_table(frame: pd.DataFrame, notes: tuple[str, ...], conf_level: float) -> DocTable:
    """All pairs, between and within children side by side."""
    wide = _side_by_side(frame, ["first", "second"])
    known = [construct.name for construct in theory.CONSTRUCTS]
    order = {name: place for place, name in enumerate([*known, *sorted(set(wide["first"]) | set(wide["second"]))])}
    wide = wide.sort_values(["first", "second"], key=lambda names: names.map(order))
    wide = wide.assign(
        one=[theory.label(name) for name in wide["first"]], other=[theory.label(name) for name in wide["second"]]
    )
    columns = [Column("Construct", ("one",)), Column("with", ("other",))]
    for effect in ("between", "within"):
        if f"estimate_{effect}" in wide:
            columns += _r_and_interval(effect, f"{effect.capitalize()} children", conf_level)
    return make_table(wide, "Correlations of all pairs of constructs", notes, columns=columns)
