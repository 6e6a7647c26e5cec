"""How the dimensions act on one another: the verdicts on the claims, the panel models, and what stays unknown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from securebase_analysis import theory
from securebase_analysis.models.relations import RelationsResult
from securebase_analysis.results import wording
from securebase_analysis.show.figures import captions
from securebase_analysis.show.figures.path_diagram import draw_path_diagram
from securebase_analysis.show.figures.picture import picture_of
from securebase_analysis.show.figures.relations_paths import draw_claims, draw_verdicts
from securebase_analysis.show.report.claims import claims_table, claims_words
from securebase_analysis.show.report.lagged import Lagged, fitted_lagged, lagged_frame
from securebase_analysis.show.report.section import Folded, Part, Section, Shown, notes_alike
from securebase_analysis.show.tables.doctable import Column, DocTable
from securebase_analysis.show.tables.from_frame import make_table

if TYPE_CHECKING:
    from securebase_analysis.measures.scoring import Scores
    from securebase_analysis.study.study import Study

TITLE = "How the dimensions act on one another"
SIDES = {
    "caregiving": "The five dimensions of caregiving from wave to wave",
    "benefit": "The five benefits to the child from wave to wave",
}


def interplay_section(study: Study, scores: Scores, related: RelationsResult, conf_level: float) -> Section:
    """The verdict on every claim, what follows what from wave to wave, and what these data cannot say."""
    lagged = fitted_lagged(scores, study.codebook.waves, conf_level)
    frame = lagged_frame(lagged, conf_level)
    parts: list[Part] = [
        claims_words(related, conf_level),
        Shown(picture_of(draw_verdicts(related)), "claims"),
        claims_table(related, conf_level, in_points_too=bool(lagged.pairs)),
    ]
    if lagged.pairs:
        parts += _from_wave_to_wave(lagged, frame, conf_level)
    parts.append(_unknown(frame))
    return Section("interplay", TITLE, tuple(parts), {}, lagged.reasons)


# ---- from wave to wave -----------------------------------------------------------------------------------------


def _from_wave_to_wave(lagged: Lagged, frame: pd.DataFrame, conf_level: float) -> list[Part]:
    """Words, the claims with their lagged effects, the table, both sides, and how well the models fit."""
    parts: list[Part] = [_words(frame, conf_level)]
    if not frame["when"].any():
        parts.append(Shown(_claims_picture(lagged, frame), "claims_wave_to_wave"))
    parts.append(_effects_table(lagged, frame, conf_level))
    for side, result in lagged.sides.items():
        drawn = draw_path_diagram(result, conf_level=conf_level, title=SIDES[side])
        parts.append(Shown(picture_of(drawn), f"wave_to_wave_{side}"))
    parts.append(Folded(_fit_table(lagged)))
    return parts


def _words(frame: pd.DataFrame, conf_level: float) -> str:
    """What the effects within children are, and what stands when their number is allowed for."""
    told = []
    for verdict, words in (("supported", "wholly above zero"), ("contrary", "wholly below zero")):
        rows = frame[frame["verdict"] == verdict]
        if len(rows):
            named = captions.listed([_one(row) for row in rows.itertuples()])
            told.append(
                f"the interval of {named} lies {words}"
                if len(rows) == 1
                else f"the intervals of {named} lie {words}"
            )
    n_open = int((frame["verdict"] == "not supported").sum())
    if n_open:
        told.append(f"{wording.count(n_open, 'interval holds', 'intervals hold')} zero")
    decided = frame["verdict"].isin(("supported", "contrary"))
    stand = int((decided & (frame["p_adjusted"] < 1.0 - conf_level)).sum())
    corrected = (
        f" Of {wording.count(int(decided.sum()), 'effect')} told apart from zero, {stand or 'none'} "
        f"{'stands' if stand < 2 else 'stand'} when p-values allow for their number (Holm)."
        if decided.any()
        else ""
    )
    return (
        "From wave to wave: for each pair that a claim joins, a random-intercept cross-lagged panel model takes "
        "stable differences between children out and asks whether a child for whom the first was above its own "
        "level at one wave is above its own level in the second at the next. Effects are in points of the second "
        f"for a point of the first. Of {wording.count(len(frame), 'effect')}, {'; '.join(told)}.{corrected}"
    )


def _one(row: Any) -> str:
    """One effect in a sentence."""
    when = f" (wave {row.when})" if row.when else ""
    value = captions.estimate(row.estimate, row.conf_low, row.conf_high, 2)
    return f"{_arrow(row.source, row.target)}{when} {value}"


def _arrow(source: str, target: str) -> str:
    return f"{theory.label(source)} → {theory.label(target)}"


def _claims_picture(lagged: Lagged, frame: pd.DataFrame) -> Any:
    """The claims once more, with what follows within children from one wave to the next."""
    kinds = {(path.source, path.target): path.kind for path in theory.PATHWAYS if path.kind != "over time"}
    fitted = frame.assign(
        kind=[kinds[pair] for pair in zip(frame["source"], frame["target"])],
        effect="within children, the next wave",
        reason="",
    )
    without = [
        {"source": pair[0], "target": pair[1], "kind": kinds[pair], "effect": "within children, the next wave",
         "verdict": "not testable", "reason": problems[0].what}
        for pair, problems in lagged.refused.items()
        if pair in kinds
    ]  # fmt: skip
    arrows = pd.concat([fitted, pd.DataFrame(without)], ignore_index=True) if without else fitted
    notes = (
        "Arrows are claims of the model; numbers are effects within children, of the first at one wave on the "
        "second at the next, in points for a point, each from a model of these two alone. Supported: the whole "
        "interval lies above zero; contrary: below.",
    )
    simulated = any(result.simulated for result in lagged.pairs.values())
    title = "The claims of the model from one wave to the next, within children"
    return picture_of(draw_claims(arrows, title=title, notes=notes, simulated=simulated, leading_zero=True))


def _effects_table(lagged: Lagged, frame: pd.DataFrame, conf_level: float) -> DocTable:
    """Each pair: within children, the other way round, and with stable differences left in."""
    level = f"{wording.percent(conf_level)} CI"
    columns = [Column("Pair", ("pair",)), *([Column("Waves", ("when",))] if frame["when"].any() else [])]
    columns += [Column("n", ("n_children",), "count")]
    for prefix, spanner in (
        ("", "Within children"),
        ("back_", "The other way round"),
        ("mixed_", "Stable differences left in"),
    ):
        columns.append(Column("b", (f"{prefix}estimate",), "number", 2, spanner))
        columns.append(Column(level, (f"{prefix}conf_low", f"{prefix}conf_high"), "interval", 2, spanner))
        if not prefix:
            columns.append(Column("df", ("df",), "df", 1, spanner))
            columns.append(Column("p (Holm)", ("p_adjusted",), "p", 3, spanner))
    notes = [
        "A model for each pair, of these two constructs alone: effects of a deviation from the child's own level "
        "at one wave on the deviation at the next, in points for a point. The other way round: of the second on "
        "the first. Stable differences left in: the cross-lagged model without random intercepts, which can show "
        "effects where children merely differ for good (Hamaker, Kuiper and Grasman 2015).",
        _in_standard_deviations(frame),
        *(["Waves are as far apart as the codebook plans them, in months."] if lagged.planned else []),
        "n counts children. Holm: p-values that allow for the number of rows.",
        *notes_alike({_arrow(*pair): result.notes for pair, result in lagged.pairs.items()}),
    ]
    table = frame.assign(pair=[_arrow(row.source, row.target) for row in frame.itertuples()])
    return make_table(
        table, "Effects from each wave to the next, two constructs at a time", notes, columns=columns
    )


def _in_standard_deviations(frame: pd.DataFrame) -> str:
    """Where the effects of a dimension on its benefit stand in the unit of correlations."""
    if frame["when"].any():
        return "The table of claims holds one effect over all spans between waves, in standard deviations."
    return (
        "In the table of claims the effects of a dimension on its benefit stand in standard deviations: b times "
        "that of the first, divided by that of the second."
    )


def _fit_table(lagged: Lagged) -> DocTable:
    """How well each panel model fits, and whether its effects are equal over the waves."""
    models = {_arrow(*pair): result for pair, result in lagged.pairs.items()}
    models |= {SIDES[side]: result for side, result in lagged.sides.items()}
    frame = pd.DataFrame([_fit_of(name, result) for name, result in models.items()])
    columns = [
        Column("Constructs", ("name",)),
        Column("n", ("n_children",), "count"),
        Column("Parameters", ("n_parameters",), "count"),
        Column("χ²", ("chi2",), "number", 1),
        Column("df", ("df",), "df"),
        Column("p", ("p_value",), "p"),
        Column("CFI", ("cfi",), "bounded", 3),
        Column("RMSEA", ("rmsea",), "bounded", 3),
        Column("90% CI", ("rmsea_low", "rmsea_high"), "bounded interval", 3),
        Column("p equal", ("p_equal",), "p"),
    ]
    notes = [
        "p equal: test of effects that are the same from each wave to the next against effects of each lag's own; "
        "where it is small, the effects shown are means over lags that differ. A dash: not tested.",
        "CFI and RMSEA say little with few children or few degrees of freedom.",
    ]
    return make_table(frame, "Fit of the panel models", notes, columns=columns)


def _fit_of(name: str, result: Any) -> dict[str, Any]:
    facts = result.facts
    over = result.equality
    waves = over[over["over"] == "waves"] if len(over) else over
    return {
        "name": name,
        **{one: facts[one] for one in ("n_children", "n_parameters", "chi2", "df", "p_value", "cfi", "rmsea")},
        **{one: facts[one] for one in ("rmsea_low", "rmsea_high")},
        "p_equal": float(waves["p_value"].iloc[0]) if len(waves) else float("nan"),
    }


# ---- what stays unknown ----------------------------------------------------------------------------------------


def _unknown(frame: pd.DataFrame) -> str:
    """What these data cannot say, with the size of what they could have missed."""
    acts = (
        "what changes over time and acts on both, such as a move, a new school or contact with the birth family, "
        "makes such numbers too, and so does one informant who reports both"
    )
    if not len(frame):
        return (
            "What these data cannot say. Whether a change in the one is followed by a change in the other within "
            "a child: no model from wave to wave could be fitted. And what goes together is not yet cause: "
            f"{acts}. A claim that is not supported was not refuted."
        )
    return (
        f"What these data cannot say. {_reach(frame['smallest_found'])} That one follows the other is not yet "
        f"that it is brought about by it: {acts}. Each pair leaves the other constructs out, and an effect can "
        "pass through them. Scores are taken as measured without error, which hides effects or moves them onto "
        "one another. An effect is one over the span between two waves; over days or years it may be another. "
        "And a claim that is not supported was not refuted."
    )


def _reach(smallest: pd.Series) -> str:
    """What such studies would have found."""
    least, middle, most = (wording.number(value) for value in (smallest.min(), smallest.median(), smallest.max()))
    span = f" (the middle of the pairs, which go from {least} to {most})" if least != most else ""
    return (
        f"An effect within children of {middle} points for a point{span} would have been told apart from zero in "
        "four of five such studies; smaller ones can be there and not be seen."
    )
