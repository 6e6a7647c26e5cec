"""What is told of scores by the rule "factor": why there are none, and what they assume."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from securebase_analysis.errors import Problem
from securebase_analysis.results import wording

if TYPE_CHECKING:
    from securebase_analysis.measures.scoring.answers import Answers
    from securebase_analysis.measures.scoring.factor_models import Factors
    from securebase_analysis.measures.scoring.items import ScaleScores

POOR_CFI, POOR_RMSEA, CLOSE_RMSEA = 0.90, 0.08, 0.05
"""One factor is doubted below this CFI, or above this RMSEA when the lower end of its interval is above the last
(Browne & Cudeck 1993)."""
MANY_CHILDREN = 200
"""With fewer, intervals of 95 % cover less: 91 % with 52 children, 93 % with 100 (simulated)."""
BY_MEAN = 'rule = "mean" in the codebook\'s row of this instrument'


def too_few_children(
    table: str,
    construct: str,
    informant: str,
    others: Sequence[str],
    n_children: int,
    needed: int,
    n_parameters: int,
) -> Problem:
    """A sample that cannot carry the model."""
    return Problem(
        "SB-SEM-135",
        "stop",
        f"{wording.count(n_children, 'child', 'children')} cannot carry the factor behind "
        f"{_named(construct, informant)}.",
        table=table,
        column=construct,
        why=f"It has {n_parameters} parameters; with fewer than {needed} children the weights are mostly chance.",
        done="Nothing was scored.",
        fix=f"{BY_MEAN}, whose weights need no estimating" + _others(others),
    )


def do_not_vary(table: str, construct: str, informant: str, items: Sequence[str]) -> Problem:
    """Items that got one answer, or none."""
    have = "has" if len(items) == 1 else "have"
    return Problem(
        "SB-SEM-136",
        "stop",
        f"{', '.join(items)} {have} no two different answers, among {_named(construct, informant)}.",
        table=table,
        column=items[0],
        why="What does not vary tells nothing about a factor.",
        done="Nothing was scored.",
        fix=f"weight = 0 for {items[0]} in the codebook, if it should not count; or {BY_MEAN}.",
    )


def cannot_be_estimated(table: str, construct: str, informant: str, others: Sequence[str], why: str) -> Problem:
    """A model without a usable solution."""
    return Problem(
        "SB-SEM-137",
        "stop",
        f"There is no usable factor behind {_named(construct, informant)}: {why}.",
        table=table,
        column=construct,
        why="The weights of the items would be an accident of the search.",
        done="Nothing was scored.",
        fix=f"{BY_MEAN}; assess_reliability(study) shows the items" + _others(others),
    )


def of_one_direction(table: str, construct: str, informant: str, items: Sequence[str]) -> Problem:
    """Items whose loading is not above 0."""
    pull = "pulls" if len(items) == 1 else "pull"
    return Problem(
        "SB-SEM-138",
        "warn",
        f"{', '.join(items)} {pull} against the others, among {_named(construct, informant)}.",
        table=table,
        column=items[0],
        why="A higher answer, after reversal, lowers the score.",
        done="Scored so.",
        fix="Check `reversed` in the codebook, and what the item asks.",
    )


def notes_on_factors(
    answers: Answers, models: Mapping[tuple[str, str], Factors], scores: Sequence[ScaleScores]
) -> list[Problem]:
    """What stands under scores that were made by factors."""
    if not models:
        return []
    return [_assumed(answers, models), *_poor(answers, models), *_outside(answers, scores)]


def _assumed(answers: Answers, models: Mapping[tuple[str, str], Factors]) -> Problem:
    """How the scores were made and what that takes for granted."""
    omegas = sorted(f"{model.found.omega:.2f}" for own in models.values() for model in own.models)
    omega = " to ".join(dict.fromkeys((omegas[0], omegas[-1])))
    n_waves = answers.occasions["wave"].nunique()
    same = (
        f"Loadings, intercepts and residual variances are taken as the same at all {n_waves} waves, which was not "
        f"tested: assess_invariance(study, {next(iter(models))[0]!r}, wave='wave'). "
        if n_waves > 1
        else ""
    )
    return Problem(
        "SB-SEM-139",
        "note",
        f"Scores of {answers.table} are expected values given the answers, with one factor for each construct, or "
        f"part of it, and informant (omega {omega}), on the scale of the items.",
        table=answers.table,
        done=f"{same}Missing answers are taken as missing at random. Scores are drawn to the mean of all rows, "
        f"the more the less was answered, and vary less than the construct.{_few(models)}",
    )


def _few(models: Mapping[tuple[str, str], Factors]) -> str:
    """How much the intervals of so few children can be relied on."""
    fewest = min(model.n_children for own in models.values() for model in own.models)
    if fewest >= MANY_CHILDREN:
        return ""
    return f" With {wording.count(fewest, 'child', 'children')} their intervals are somewhat too narrow."


def _poor(answers: Answers, models: Mapping[tuple[str, str], Factors]) -> list[Problem]:
    """Constructs whose items are not well described by one factor."""
    problems = []
    one_by_one = {(model.part, model.informant): model for own in models.values() for model in own.models}
    for (construct, informant), model in one_by_one.items():
        found = model.indices
        if not found.df > 0 or np.isnan(found.cfi):
            continue
        if found.cfi < POOR_CFI or (found.rmsea > POOR_RMSEA and found.rmsea_low > CLOSE_RMSEA):
            cfi = wording.number(found.cfi, leading_zero=False)
            rmsea = wording.number(found.rmsea, leading_zero=False)
            problems.append(
                Problem(
                    "SB-SEM-140",
                    "warn",
                    f"One factor does not describe {_named(construct, informant)} well: CFI {cfi}, RMSEA {rmsea}.",
                    table=answers.table,
                    column=construct,
                    why="Items share more than the construct, so that standard errors are too small.",
                    done="Scored so.",
                    fix=f"fit_measurement(study, {construct!r}).modification_indices() shows which items.",
                )
            )
    return problems


def _outside(answers: Answers, scores: Sequence[ScaleScores]) -> list[Problem]:
    """Scores beyond the ends of their scale."""
    counts = {
        scale.construct: int(((scale.score_100 < 0.0) | (scale.score_100 > 100.0)).sum()) for scale in scores
    }
    n = sum(counts.values())
    if not n:
        return []
    listed = ", ".join(f"{construct} {count:,}" for construct, count in counts.items() if count)
    return [
        Problem(
            "SB-SEM-141",
            "note",
            f"{wording.count(n, 'score lies', 'scores lie')} beyond the ends of the scale: {listed}.",
            table=answers.table,
            why="A factor has no ends; the model is that of continuous answers.",
            done="Left as computed.",
        )
    ]


def _named(construct: str, informant: str) -> str:
    return f"{construct} ({informant})" if informant else construct


def _others(others: Sequence[str]) -> str:
    """How to score the other informants alone, where there are any."""
    return f"; or score_dimensions(study, informant={list(others)!r})" if others else ""
