"""The verb: how far the items of a scale speak with one voice."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from securebase_analysis.errors import ModelError, Problem, check_option, raise_if_stopped
from securebase_analysis.measures.reliability.estimates import Estimated, estimate
from securebase_analysis.measures.reliability.result import ReliabilityResult
from securebase_analysis.measures.reliability.scales import Scale, codes_in_items, scales_of_study, scales_of_table
from securebase_analysis.results import wording
from securebase_analysis.results.glossary import DIAGNOSTICS
from securebase_analysis.results.inference import check_conf_level
from securebase_analysis.study.codebook import Codebook

if TYPE_CHECKING:
    from securebase_analysis.study.questionnaire import Questionnaire
    from securebase_analysis.study.study import Study

Missing = Literal["fiml", "pairwise", "complete"]
MISSING: tuple[Missing, ...] = ("fiml", "pairwise", "complete")


def assess_reliability(
    items: Study | Questionnaire | pd.DataFrame,
    *,
    by: str | Sequence[str] | None = None,
    reversed: Collection[str] = (),
    codebook: Codebook | None = None,
    missing: Missing = "fiml",
    conf_level: float = 0.95,
) -> ReliabilityResult:
    """Assess how consistently the items of a scale measure one thing.

    Parameters
    ----------
    items : pandas.DataFrame, Questionnaire or Study
        One row per person and one column per item of *one* scale; the columns ``site, child, wave, informant,
        date`` and those of `by` are not taken for items. With a `codebook` the table, or a file from
        `read_questionnaire`, may hold many scales; a study brings its own.
    by : str or sequence of str, optional
        Columns whose levels are assessed apart, e.g. ``"wave"``.
    reversed : collection of str
        Items to reverse first, when there is no codebook to say so.
    codebook : Codebook, optional
        Says which items make a scale and which are reversed.
    missing : {"fiml", "pairwise", "complete"}
        For omega use every answer there is (full information), covariances over everybody who answered both
        items, or only those who answered all. Alpha and what each item adds are made of covariances in any case,
        with ``"fiml"`` those of pairs.
    conf_level : float
        Level of the intervals.

    Returns
    -------
    ReliabilityResult
        Effect ``reliability`` with terms ``cronbach_alpha``, ``standardised_alpha``, ``mcdonald_omega``,
        ``mean_correlation`` (``spearman_brown`` in place of alpha and omega for two items); effect ``item`` with
        terms ``item_rest(x)`` and ``alpha_if_dropped(x)``. `outcome` is the construct, `group` the instrument,
        informant and level of `by`. The table ``.items`` has the same by item.

    Raises
    ------
    DataError
        For columns that are not numbers, items that are absent, answers outside their range, or a scale that
        nobody answered.
    ModelError
        With fewer than two items, an unknown option, or something that is neither a table nor a study.

    Notes
    -----
    alpha = k / (k - 1) · (1 - sum of item variances / variance of the sum) (Cronbach 1951); it is the reliability
    of the sum only when all items measure one thing equally well, and otherwise too low. Its interval is Feldt's
    (1965), exact for normal items of equal variances and covariances. omega = (sum of loadings)² / ((sum of
    loadings)² + sum of uniquenesses) (McDonald 1999) from a one-factor model fitted by maximum likelihood, in the
    items' own metric; it allows unequal loadings, and misleads when more than one thing is measured. With gaps in
    the answers the likelihood is that of every answer (Arbuckle 1996), which is right when what is missing depends
    on nothing but what was answered. Its interval is normal-theory (delta method), on the logit scale. n is the
    smallest number of children who answered two items together: a child seen at several waves counts once, so that
    the intervals are not too narrow. Neither coefficient says that a scale measures what its name says.

    References
    ----------
    Cronbach, L. J. (1951), *Psychometrika* 16, 297-334. Feldt, L. S. (1965), *Psychometrika* 30, 357-370.
    McDonald, R. P. (1999), *Test Theory: A Unified Treatment*. Arbuckle, J. L. (1996), Full information estimation
    in the presence of incomplete data, in *Advanced Structural Equation Modeling*. Eisinga, R., te Grotenhuis, M.
    & Pelzer, B. (2013), *Int. J. Public Health* 58, 637-642 (two items).

    Examples
    --------
    >>> import pandas as pd
    >>> answers = pd.DataFrame({"a": [1, 2, 3, 4, 5, 3], "b": [2, 2, 3, 5, 4, 3], "c": [5, 4, 3, 1, 2, 2]})
    >>> result = assess_reliability(answers, reversed=["c"])
    >>> result.tidy().loc[0, "term"], float(result.tidy().loc[0, "estimate"].round(3))
    ('cronbach_alpha', 0.949)
    """
    check_option("missing", missing, MISSING)
    check_conf_level(conf_level)
    by, reversed = _listed(by), _listed(reversed)
    problems: list[Problem] = []
    if isinstance(items, pd.DataFrame) and codebook is None:
        scales = scales_of_table(items, by, reversed)
        problems = codes_in_items(items, by)
    else:
        scales, problems = scales_of_study(items, codebook, by)
    answered, unasked = _answered(scales)
    spec: dict[str, object] = {
        "verb": "assess_reliability",
        "by": by,
        "reversed": reversed,
        "missing": missing,
        "conf_level": conf_level,
    }
    estimated = [(scale, estimate(scale, missing)) for scale in answered]
    return _result(estimated, [*problems, *unasked], missing, spec).made_from(items)


def _listed(names: Collection[str] | str | None) -> list[str]:
    """One name, several or none, as a list."""
    if isinstance(names, str):
        return [names]
    if names is not None and not isinstance(names, Collection):
        what = f"{names!r} names no column."
        raise ModelError(Problem("SB-MODEL-30", "stop", what, fix="Give a name, or several in a list."))
    return list(names or ())


def _answered(scales: Sequence[Scale]) -> tuple[list[Scale], list[Problem]]:
    """Scales with more than one item and an answer; the others are named.

    Raises
    ------
    ModelError
        When nothing is left.
    """
    answered = [scale for scale in scales if len(scale.keyed) and len(scale.items) > 1]
    problems = []
    for scale in scales:
        if len(scale.items) > 1 and not len(scale.keyed):
            problems.append(
                Problem(
                    "SB-ITEM-08",
                    "warn" if answered else "stop",
                    f"No item of {scale.title} was answered (all {scale.n_empty:,} rows are empty).",
                    table="items",
                    why="A scale that was not asked has no reliability.",
                    done="Left out.",
                    fix="If it was asked, look for its answers under other column names.",
                )
            )
    single = [scale.title for scale in scales if len(scale.items) < 2]
    if single:
        problems.append(Problem("SB-ITEM-55", "note", f"Scales of one item, left out: {', '.join(single)}."))
    raise_if_stopped(problems)
    if not answered:
        raise ModelError([*problems, Problem("SB-ITEM-50", "stop", "There is no scale to assess.")])
    return answered, problems


def _result(
    estimated: list[tuple[Scale, Estimated]], problems: list[Problem], missing: Missing, spec: dict[str, object]
) -> ReliabilityResult:
    """All scales in one answer."""
    found = [one for _, one in estimated]
    problems = [*problems, *(problem for one in found for problem in one.problems)]
    n_rows = sum(len(scale.keyed) for scale, _ in estimated)
    notes = [
        _how(missing, any(np.isnan(scale.keyed).any() for scale, _ in estimated)),
        *(problem.sentence for problem in problems),
    ]
    return ReliabilityResult(
        title=f"Internal consistency of {wording.count(len(estimated), 'scale')}",
        spec=spec,
        estimates=pd.DataFrame([row for one in found for row in one.rows]),
        facts={
            "n_rows": n_rows,
            "n_groups": max(scale.n_children for scale, _ in estimated),
            "n_excluded": sum(scale.n_empty for scale, _ in estimated),
            "conf_level": spec["conf_level"],
            "converged": all(one.converged for one in found),
            "log_likelihood": float("nan"),
            "n_items": sum(len(scale.items) for scale, _ in estimated),
            "method": missing,
        },
        rows=_observations([scale for scale, _ in estimated]),
        checks=pd.DataFrame([row for one in found for row in one.checks], columns=list(DIAGNOSTICS)),
        notes=tuple(notes),
        items=pd.concat([one.items for one in found], ignore_index=True),
    )


def _how(missing: Missing, gaps: bool) -> str:
    whom = "those who answered all items" if missing == "complete" else "everybody who answered both items"
    fitted = "maximum likelihood"
    if missing == "fiml" and gaps:
        fitted = "full information maximum likelihood: every answer counts, also of those who skipped items"
    return (
        f"Covariances are over {whom}; intervals use the smallest number of children who answered two items "
        f"together. Omega is total omega of a one-factor model ({fitted})."
    )


def _observations(scales: Sequence[Scale]) -> pd.DataFrame:
    """The answers that went in, after reversal."""
    tables = [
        pd.DataFrame(scale.keyed, columns=list(scale.items)).assign(outcome=scale.name, group=scale.group)
        for scale in scales
    ]
    return pd.concat(tables, ignore_index=True)
