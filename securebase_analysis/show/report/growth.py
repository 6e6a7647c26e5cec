"""Growth: a linear model over the waves for each of the ten constructs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from securebase_analysis import theory
from securebase_analysis.errors import ModelError, Problem, SecureBaseError
from securebase_analysis.measures.blank_cells import blank
from securebase_analysis.models.growth import GrowthResult, fit_growth
from securebase_analysis.results import wording
from securebase_analysis.show.figures import captions
from securebase_analysis.show.figures.growth_side_by_side import draw_courses, draw_slopes, slopes_frame
from securebase_analysis.show.figures.picture import picture_of
from securebase_analysis.show.report.section import Part, Section, Shown, notes_once
from securebase_analysis.show.tables.doctable import Column, DocTable
from securebase_analysis.show.tables.from_frame import make_table

if TYPE_CHECKING:
    import pandas as pd

    from securebase_analysis.measures.scoring import Scores

FORMULA = "{construct} ~ years"
ROWS_WITHOUT_ANSWER = "SB-MODEL-12"
"""The note of a model on rows that lack its outcome: the table says it once for all models."""


def growth_section(scores: Scores, conf_level: float) -> Section:
    """A linear growth model for each construct that can be fitted, and why the others cannot."""
    fitted, refused = fitted_growth(scores, conf_level)
    if not fitted:
        raise ModelError(list(refused.values()))
    slopes = slopes_frame(fitted)
    courses = picture_of(draw_courses(fitted))
    parts: list[Part] = [
        _growth_words(slopes, any(map(_by_carer, fitted.values())), conf_level),
        Shown(picture_of(draw_slopes(fitted)), "growth_yearly_change"),
        Shown(courses, "growth_courses"),
        _growth_table(fitted, slopes, conf_level),
    ]
    excluded = {f"growth of {name}: rows not used": int(one.facts["n_excluded"]) for name, one in fitted.items()}
    return Section("growth", "Growth over the waves", tuple(parts), excluded, tuple(refused.values()))


def fitted_growth(scores: Scores, conf_level: float) -> tuple[dict[str, GrowthResult], dict[str, Problem]]:
    """Growth models of the ten constructs, and the reason for each that could not be fitted."""
    wide = scores.wide()
    random = {"child": "years", "carer": "1"} if carers_are_shared(wide) else {"child": "years"}
    fitted: dict[str, GrowthResult] = {}
    refused: dict[str, Problem] = {}
    for name in theory.TEN_CONSTRUCTS:
        if name not in wide:
            refused[name] = _not_measured(name)
            continue
        try:
            answer = fit_growth(wide, FORMULA.format(construct=name), random=random, conf_level=conf_level)
            fitted[name] = answer.made_from(scores)
        except SecureBaseError as error:
            refused[name] = error.problems[0]
    return fitted, refused


def carers_are_shared(wide: pd.DataFrame) -> bool:
    """Whether every row names a carer, and some carers had several children."""
    if "carer" not in wide or blank(wide["carer"]).any():
        return False
    keys = [name for name in ("site", "carer") if name in wide]
    children = wide.drop_duplicates([*keys, "child"]).groupby(keys).size()
    return bool((children > 1).any())


def _by_carer(result: GrowthResult) -> bool:
    """Whether carers are a factor of the model."""
    return "carer" in result.request.random


def _not_measured(name: str) -> Problem:
    """Why a construct has no growth model."""
    return Problem(
        "SB-OUT-35",
        "stop",
        f"{theory.label(name)} was not measured.",
        why="No instrument, code or rating of the codebook belongs to it.",
        done="It has no growth model.",
    )


def _growth_words(slopes: pd.DataFrame, by_carer: bool, conf_level: float) -> str:
    """The yearly change of each construct."""
    texts = [
        f"{row.label} {captions.estimate(row.estimate, row.conf_low, row.conf_high, 2)}"
        for row in slopes.itertuples()
    ]
    return (
        f"Mean change in a year, in points of the score, with its {wording.percent(conf_level)} interval: "
        f"{'; '.join(texts)}. Each is the mean slope of straight lines that differ between children in level and, "
        f"where there are three waves or more, in pace{', and between carers in level' if by_carer else ''}; it "
        "uses every wave of every child, also of those who were lost later."
    )


def _growth_table(fitted: dict[str, GrowthResult], slopes: pd.DataFrame, conf_level: float) -> DocTable:
    """Level, yearly change and variances of each construct."""
    level, change = "First wave", "Change in a year"
    by_carer = any(map(_by_carer, fitted.values()))
    interval = f"{wording.percent(conf_level)} CI"
    columns = [
        Column("Construct", ("label",)),
        Column("n", ("n_groups",), "count"),
        Column("Scores", ("n_rows",), "count"),
        Column("M", ("level",), "number", 1, level),
        Column(interval, ("level_low", "level_high"), "interval", 1, level),
        Column("Slope", ("estimate",), "number", 2, change),
        Column(interval, ("conf_low", "conf_high"), "interval", 2, change),
        Column("df", ("df",), "df", 1, change),
        Column("p", ("p_value",), "p", 3, change),
        Column("Level", ("var_level",), "number", 1, "Variance"),
        Column("Slope", ("var_slope",), "number", 1, "Variance"),
        *([Column("Carer", ("var_carer",), "number", 1, "Variance")] if by_carer else []),
        Column("Residual", ("var_residual",), "number", 1, "Variance"),
    ]
    frame = _growth_frame(fitted, slopes)
    notes = [
        "Linear mixed model for each construct: construct ~ years, level and slope random by child"
        + (", level by carer." if by_carer else "."),
        "n counts children.",
        f"{len(frame)} slopes are tested; the p-values are not corrected for their number.",
        *_left_out(fitted),
        *notes_once({theory.label(name): _notes_of(result) for name, result in fitted.items()}),
    ]
    return make_table(frame, "Growth of each construct over the waves", notes, columns=columns)


def _growth_frame(fitted: dict[str, GrowthResult], slopes: pd.DataFrame) -> pd.DataFrame:
    """The slopes, and beside them the level, the variances and the counts of their models."""
    frame = slopes.reset_index(drop=True).copy()
    results = [fitted[name] for name in frame["construct"]]
    levels = [_row(result, "fixed", "Intercept") for result in results]
    frame["level"] = [row["estimate"] for row in levels]
    frame["level_low"], frame["level_high"] = zip(*[(row["conf_low"], row["conf_high"]) for row in levels])
    frame["var_level"] = [_row(result, "random", "var(Intercept)")["estimate"] for result in results]
    frame["var_slope"] = [_row(result, "random", "var(years)")["estimate"] for result in results]
    frame["var_carer"] = [_row(result, "random", "var(Intercept)", "carer")["estimate"] for result in results]
    frame["var_residual"] = [_row(result, "random", "var(residual)")["estimate"] for result in results]
    frame["n_groups"] = [int(result.facts["n_groups"]) for result in results]
    frame["n_rows"] = [int(result.facts["n_rows"]) for result in results]
    return frame


def _row(result: GrowthResult, effect: str, term: str, group: str = "") -> pd.Series:
    """The first row of ``tidy()`` with this effect, term and group; missing values where there is none."""
    tidy = result.tidy()
    chosen = (tidy["effect"] == effect) & (tidy["term"] == term)
    rows = tidy[chosen & (tidy["group"] == group) if group else chosen].reset_index(drop=True)
    return rows.reindex([0]).iloc[0]


def _left_out(fitted: dict[str, GrowthResult]) -> list[str]:
    """How many occasions each model could not use, in one sentence for all."""
    counts = sorted(int(result.facts["n_excluded"]) for result in fitted.values())
    if not counts[-1]:
        return []
    fewest = "" if counts[0] == counts[-1] else f"{counts[0]:,} to "
    return [f"Occasions without a score of the construct are left out: {fewest}{counts[-1]:,}."]


def _notes_of(result: GrowthResult) -> list[str]:
    """What a model has to say, but for what the table says once for all."""
    return [note for note in result.notes if ROWS_WITHOUT_ANSWER not in note]
