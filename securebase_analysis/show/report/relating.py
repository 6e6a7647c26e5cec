"""Relations and growth: the sections on how the constructs go together and how they change."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from securebase_analysis import theory
from securebase_analysis.errors import ModelError, Problem, SecureBaseError
from securebase_analysis.models.growth import GrowthResult, fit_growth
from securebase_analysis.models.relations import RelationsResult, relate_dimensions
from securebase_analysis.results import wording
from securebase_analysis.show.figures import captions
from securebase_analysis.show.figures.growth import draw_courses, draw_slopes, slopes_frame
from securebase_analysis.show.figures.picture import picture_of
from securebase_analysis.show.figures.relations import draw_relations, relations_frame
from securebase_analysis.show.report.measuring import notes_of
from securebase_analysis.show.report.section import Folded, Part, Section, Shown
from securebase_analysis.show.tables.doctable import Column, DocTable, make_table

if TYPE_CHECKING:
    from securebase_analysis.measures.scoring import Scores
    from securebase_analysis.study.study import Study

FORMULA = "{construct} ~ years"


def relations_section(study: Study, scores: Scores, conf_level: float) -> Section:
    """Correlations between and within children, and the claims of the model beside them."""
    result = relate_dimensions(scores, conf_level=conf_level)
    frame = relations_frame(result)
    picture = picture_of(draw_relations(result))
    parts: list[Part] = [
        _relations_words(frame),
        Shown(picture, "relations"),
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
    columns = [Column("Claim of the model", ("what",))]
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
        f"The claims are those of {sources}.",
        *result.notes,
    ]
    return make_table(frame, "The claims of the Secure Base model beside the data", notes, columns=columns)


def _side_by_side(rows: pd.DataFrame, index: list[str]) -> pd.DataFrame:
    """Effects in columns: ``estimate_between``, ``conf_low_between``, ..."""
    values = ["estimate", "conf_low", "conf_high"]
    wide = rows.pivot_table(index=index, columns="effect", values=values, aggfunc="first", dropna=False)
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


def growth_section(study: Study, scores: Scores, conf_level: float) -> Section:
    """A linear growth model for each construct that can be fitted, and why the others cannot."""
    fitted, refused = fitted_growth(scores, conf_level)
    if not fitted:
        raise ModelError(list(refused.values()))
    slopes = slopes_frame(fitted)
    courses = picture_of(draw_courses(fitted))
    parts: list[Part] = [
        _growth_words(slopes, conf_level),
        Shown(picture_of(draw_slopes(fitted)), "growth_yearly_change"),
        Shown(courses, "growth_courses"),
        _growth_table(fitted, slopes, conf_level),
    ]
    excluded = {f"growth of {name}: rows not used": int(one.facts["n_excluded"]) for name, one in fitted.items()}
    return Section("growth", "Growth over the waves", tuple(parts), excluded, tuple(refused.values()))


def fitted_growth(scores: Scores, conf_level: float) -> tuple[dict[str, GrowthResult], dict[str, Problem]]:
    """Growth models of the ten constructs, and the reason for each that could not be fitted."""
    wide = scores.wide()
    fitted: dict[str, GrowthResult] = {}
    refused: dict[str, Problem] = {}
    for name in theory.TEN_CONSTRUCTS:
        if name not in wide:
            refused[name] = _not_measured(name)
            continue
        try:
            answer = fit_growth(wide, FORMULA.format(construct=name), conf_level=conf_level)
            fitted[name] = answer.made_from(scores)
        except SecureBaseError as error:
            refused[name] = error.problems[0]
    return fitted, refused


def _not_measured(name: str) -> Problem:
    """Why a construct has no growth model."""
    return Problem(
        "SB-OUT-35",
        "stop",
        f"{theory.label(name)} was not measured.",
        why="No instrument, code or rating of the codebook belongs to it.",
        done="It has no growth model.",
    )


def _growth_words(slopes: pd.DataFrame, conf_level: float) -> str:
    """The yearly change of each construct."""
    texts = [
        f"{row.label} {captions.estimate(row.estimate, row.conf_low, row.conf_high, 2)}"
        for row in slopes.itertuples()
    ]
    return (
        f"Mean change in a year, in points of the score, with its {wording.percent(conf_level)} interval: "
        f"{'; '.join(texts)}. Each is the slope of a straight line for all children, who differ in level; it "
        "uses every wave of every child, also of those who were lost later."
    )


def _growth_table(fitted: dict[str, GrowthResult], slopes: pd.DataFrame, conf_level: float) -> DocTable:
    """Level, yearly change and variances of each construct."""
    frame = slopes.reset_index(drop=True).copy()
    for name, (effect, term) in {
        "intercept": ("fixed", "Intercept"),
        "var_children": ("random", "var(Intercept)"),
        "var_residual": ("random", "var(residual)"),
    }.items():
        frame[name] = [_estimate(fitted[construct], effect, term) for construct in frame["construct"]]
    frame["n_groups"] = [int(fitted[name].facts["n_groups"]) for name in frame["construct"]]
    frame["n_rows"] = [int(fitted[name].facts["n_rows"]) for name in frame["construct"]]
    columns = [
        Column("Construct", ("label",)),
        Column("Children", ("n_groups",), "count"),
        Column("Rows", ("n_rows",), "count"),
        Column("Level", ("intercept",), "number", 1),
        Column("Change", ("estimate",), "number", 2, "In a year"),
        Column("SE", ("std_error",), "number", 2, "In a year"),
        Column(f"{wording.percent(conf_level)} CI", ("conf_low", "conf_high"), "interval", 2, "In a year"),
        Column("df", ("df",), "df", 1, "In a year"),
        Column("p", ("p_value",), "p", 3, "In a year"),
        Column("Children", ("var_children",), "number", 1, "Variance"),
        Column("Residual", ("var_residual",), "number", 1, "Variance"),
    ]
    named = {theory.label(name): result for name, result in fitted.items()}
    n_tests = len(frame)
    several = f"{n_tests} slopes are tested; the p-values are not corrected for their number."
    notes = ["Level is the mean at the first wave.", several, *notes_of(named)]
    title = "Growth of each construct: construct ~ years, level random by child"
    return make_table(frame, title, notes, columns=columns)


def _estimate(result: GrowthResult, effect: str, term: str) -> float:
    rows = result.estimates[(result.estimates["effect"] == effect) & (result.estimates["term"] == term)]
    return float(rows["estimate"].iloc[0]) if len(rows) else float("nan")
