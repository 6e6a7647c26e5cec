"""`assess_invariance`: do the items measure the same in every group, or at every wave?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd

from securebase_analysis.errors import ModelError, Problem, check_option, raise_if_stopped
from securebase_analysis.measures.invariance.checks import checks_of
from securebase_analysis.measures.invariance.constructs import items_in
from securebase_analysis.measures.invariance.fitting import FittedStep, fit_ladder
from securebase_analysis.measures.invariance.ladder import STEPS, Ladder, Over, Step, step_model
from securebase_analysis.measures.invariance.partial import free_terms
from securebase_analysis.measures.invariance.result import InvarianceResult
from securebase_analysis.measures.invariance.samples import (
    MISSING,
    Missing,
    Sample,
    groups_of,
    rows_of_informant,
    waves_of,
)
from securebase_analysis.measures.invariance.study_items import brings_items, constructs_asked, items_table
from securebase_analysis.measures.invariance.suggestions import suggestions_of
from securebase_analysis.measures.invariance.tables import errors_of, estimates_table, steps_table
from securebase_analysis.measures.invariance.told import too_few_rows
from securebase_analysis.measures.invariance.verdicts import MANY, overall, step_held, verdicts_of
from securebase_analysis.results import wording
from securebase_analysis.results.inference import check_conf_level
from securebase_analysis.study.codebook import Codebook

if TYPE_CHECKING:
    from securebase_analysis.measures.scoring import Scores
    from securebase_analysis.study.study import Study

Estimator = Literal["ml", "mlr"]
ESTIMATORS: tuple[Estimator, ...] = ("ml", "mlr")
FEWEST = 50
"""Fewest rows of a group, or children over waves; more where a model has more parameters."""


def assess_invariance(
    data: pd.DataFrame | Study | Scores,
    model: str | Sequence[str] | Mapping[str, Sequence[str]] | Codebook | None = None,
    *,
    group: str | None = None,
    wave: str | None = None,
    steps: Sequence[Step] = STEPS,
    partial: str | Sequence[str] = (),
    missing: Missing = "fiml",
    estimator: Estimator = "ml",
    child: str = "child",
    informant: str | None = None,
    conf_level: float = 0.95,
) -> InvarianceResult:
    """Ask step by step whether items measure the same constructs in the same way over groups or waves.

    Parameters
    ----------
    data : pandas.DataFrame, Study or Scores
        A column for each item. Over groups a row per child; over waves a row per child and wave. A study, or its
        scores, bring the items with them, and groups may be what ``study.children`` says of a child.
    model : str, mapping or Codebook
        The items of each construct: lines such as ``trust =~ t1 + t2 + t3``, a mapping such as
        ``{"trust": ["t1", "t2", "t3"]}``, or the codebook. Of a study the names of constructs are enough.
    group, wave : str
        The column of groups (country, type of placement, informant), or that of waves; one of the two.
    steps : sequence of {"configural", "metric", "scalar", "strict"}
        The same structure; equal loadings as well; equal intercepts as well; equal residual variances as well.
    partial : str or sequence of str
        Terms that stay free: ``"trust =~ t2"``, ``"t2 ~1"``, ``"t2 ~~ t2"``.
    missing : {"fiml", "listwise"}
        Use every answer there is, or only rows without gaps.
    estimator : {"ml", "mlr"}
        Maximum likelihood; or that with errors, tests and indices for answers that are not normal.
    child : str
        Who is who over waves (with ``site``, where there is such a column).
    informant : str, optional
        Only the rows of this informant.
    conf_level : float
        Level of the intervals of ``tidy()``.

    Returns
    -------
    InvarianceResult
        ``.steps``, ``.verdict``, ``.verdicts``, ``.suggestions``; ``tidy()`` shows the parameters of the most
        equal model that holds: effects *loading*, *intercept*, *variance*, *covariance*, in lavaan's words, with
        means and variances of the constructs relative to the first group or wave.

    Raises
    ------
    DataError
        When items or groups cannot be used, or rows are too few.
    ModelError
        When the model cannot be understood or is not identified.

    Notes
    -----
    Each construct has variance 1 and mean 0 on the first occasion; they become free on the others when loadings,
    and intercepts, are equal, so that no item is singled out as a marker. Over waves, what is left of an item may
    covary with what is left of it at other waves, and constructs covary over waves as they will. With *partial*
    the named terms stay free in every step (Byrne, Shavelson & Muthén 1989).

    A step holds while CFI does not fall by more than .010 together with a rise of RMSEA by more than .015, or of
    SRMR by more than .030 (loadings) or .010 (others); with 300 children or fewer by more than .005, .010, .025
    and .005 (Chen 2007). Where CFI alone goes too far it is *in doubt*. The likelihood ratio
    test stands beside: with many children it rejects what does not matter. The first step is held against CFI .90
    and RMSEA .08. The cut-offs come from simulations of two groups and few constructs. Answers in few categories
    are taken as numbers.

    References
    ----------
    Meredith (1993), Psychometrika 58; Byrne, Shavelson & Muthén (1989), Psychol Bull 105; Chen (2007), Sensitivity
    of goodness of fit indexes to lack of measurement invariance, Struct Equ Modeling 14; Satorra & Bentler (2001),
    Psychometrika 66; Bentler (1990), Psychol Bull 107; Browne & Cudeck (1993).

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> random = np.random.default_rng(2)
    >>> trust = random.normal(size=400)
    >>> data = pd.DataFrame({f"t{i}": trust + random.normal(size=400) for i in (1, 2, 3, 4)})
    >>> data["country"] = np.repeat(["England", "Norway"], 200)
    >>> result = assess_invariance(data, "trust =~ t1 + t2 + t3 + t4", group="country")
    >>> result.held, result.steps["df"].tolist()
    ('strict', [4, 7, 10, 14])
    """
    over = _over(group, wave)
    check_option("missing", missing, MISSING)
    check_option("estimator", estimator, ESTIMATORS)
    check_conf_level(conf_level)
    asked = _in_order(steps)
    constructs = constructs_asked(model, data)
    table, told = items_table(data, constructs, over == "group") if brings_items(data) else (data, [])
    table = table if informant is None else rows_of_informant(table, informant)
    column, items = str(group if over == "group" else wave), items_in(constructs)
    if over == "group":
        sample = groups_of(table, items, column, missing, told)
    else:
        sample = waves_of(table, items, column, child, missing, told)
    bare = Ladder(constructs, sample.occasions, over)
    ladder = Ladder(constructs, sample.occasions, over, free_terms(partial, bare, asked))
    raise_if_stopped(_small(ladder, sample, asked[0], column))
    fitted = fit_ladder(ladder, sample.X, asked, robust=estimator == "mlr")
    spec = {
        "verb": "assess_invariance", "model": constructs, "group": group, "wave": wave, "steps": asked,
        "partial": sorted(ladder.partial), "missing": missing, "estimator": estimator, "child": child,
        "informant": informant, "conf_level": conf_level,
    }  # fmt: skip
    return _answer(ladder, sample, fitted, spec).made_from(data)


def _over(group: str | None, wave: str | None) -> Over:
    """Whether groups or waves are compared."""
    if (group is None) == (wave is None):
        what = "Neither group= nor wave= is given." if group is None else "Both group= and wave= are given."
        raise ModelError(
            Problem(
                "SB-SEM-60",
                "stop",
                what,
                why="The ladder compares groups of children, or waves of the same children.",
                fix="group='country', or wave='wave'; for both, groups at one wave, then waves in one group",
            )
        )
    return "group" if wave is None else "wave"


def _in_order(steps: Sequence[Step]) -> tuple[Step, ...]:
    """The steps asked for, each once, from the fewest equalities on."""
    given = [steps] if isinstance(steps, str) else list(steps)
    for step in given:
        check_option("steps", step, STEPS)
    if not given:
        check_option("steps", "", STEPS)
    return tuple(step for step in STEPS if step in given)


def _small(ladder: Ladder, sample: Sample, first: Step, column: str) -> list[Problem]:
    """Groups, or a cohort, too few for the first model."""
    n_parameters = len(step_model(ladder, first).numbers) // ladder.n_structures
    needed = max(FEWEST, n_parameters)
    names = sample.occasions if ladder.over == "group" else ("",)
    return [
        too_few_rows(
            f"Group {name} of {column}" if name else "The cohort", len(values), needed, n_parameters, ladder
        )
        for name, values in zip(names, sample.X)
        if len(values) < needed
    ]


def _answer(ladder: Ladder, sample: Sample, fitted: list[FittedStep], spec: Mapping[str, Any]) -> InvarianceResult:
    """Put the ladder into the form that every answer has."""
    verdicts = verdicts_of(fitted, sample.n_children)
    place = step_held(verdicts)
    held = fitted[place or 0]
    n = wording.count(len(ladder.occasions), ladder.over)
    constructs = wording.count(len(ladder.constructs), "construct")
    return InvarianceResult(
        title=f"Measurement invariance of {constructs} over {n}",
        spec=spec,
        estimates=estimates_table(ladder, held, errors_of(spec["missing"], spec["estimator"])),
        facts=_facts(ladder, sample, held, spec),
        rows=sample.rows.reset_index(drop=True),
        checks=checks_of(ladder, sample, fitted),
        notes=_notes(ladder, sample, held, spec),
        steps=steps_table(fitted, verdicts),
        verdict=overall(fitted, verdicts, ladder.over),
        verdicts=tuple(verdict.sentence[0].upper() + verdict.sentence[1:] for verdict in verdicts),
        suggestions=suggestions_of(ladder, fitted),
        held=held.step,
        ladder=ladder,
        fitted=tuple(fitted),
    )


def _facts(ladder: Ladder, sample: Sample, held: FittedStep, spec: Mapping[str, Any]) -> dict[str, Any]:
    """What ``glance()`` shows: the model that ``tidy()`` shows."""
    found = held.indices
    facts = {
        "n_rows": sample.n_children if ladder.over == "group" else len(sample.rows),
        "n_groups": len(ladder.occasions) if ladder.over == "group" else sample.n_children,
        "n_excluded": sample.n_excluded,
        "conf_level": spec["conf_level"],
        "converged": held.fit.converged,
        "log_likelihood": held.fit.log_likelihood,
        "n_parameters": held.fit.n_parameters,
        "chi2": found.chi2,
        "df": found.df,
        "p_value": found.p_value,
        "cfi": found.cfi,
        "tli": found.tli,
        "rmsea": found.rmsea,
        "rmsea_low": found.rmsea_low,
        "rmsea_high": found.rmsea_high,
        "srmr": found.srmr,
        "aic": found.aic,
        "bic": found.bic,
        "step": held.step,
    }
    if held.scaled is not None:
        names = ("chi2_scaled", "p_value_scaled", "scaling_factor", "cfi_robust", "rmsea_robust")
        facts |= {name: getattr(held.scaled, name) for name in names}
    return facts


def _notes(ladder: Ladder, sample: Sample, held: FittedStep, spec: Mapping[str, Any]) -> tuple[str, ...]:
    """What was left out, assumed and done."""
    notes = [problem.sentence for problem in sample.problems]
    first = ladder.occasions[0]
    notes.append(
        f"Estimates are those of the {held.step} model; constructs have variance 1 and mean 0 in {ladder.over} "
        f"{first}."
    )
    if spec["missing"] == "fiml" and any(pd.isna(values).any() for values in sample.X):
        notes.append(
            "Missing answers: full information maximum likelihood, which takes them as missing at random."
        )
    if ladder.partial:
        notes.append(f"Free in every step: {', '.join(sorted(ladder.partial))}.")
    if ladder.over == "wave":
        notes.append("What is left of an item may covary with what is left of the same item at other waves.")
    if sample.n_children <= MANY:
        notes.append(f"With {sample.n_children} children the narrower cut-offs of Chen (2007) are used.")
    return tuple(notes)
