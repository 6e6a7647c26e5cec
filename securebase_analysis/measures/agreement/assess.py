"""`assess_agreement`: do different coders see the same?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from numbers import Integral
from typing import Any

import numpy as np
import pandas as pd

from securebase_analysis.engines.intraclass import TERMS as ICC_TERMS
from securebase_analysis.engines.intraclass import f_tests
from securebase_analysis.errors import ModelError, Problem, check_option
from securebase_analysis.measures.agreement.coded_text import SCOPES, Scope, read_coded_text
from securebase_analysis.measures.agreement.estimate import Estimates, estimate_agreement
from securebase_analysis.measures.agreement.long_ratings import Columns, read_ratings
from securebase_analysis.measures.agreement.reading import Remark, read_estimates, spoken
from securebase_analysis.measures.agreement.result import AgreementResult
from securebase_analysis.measures.agreement.segments_door import find_segments
from securebase_analysis.measures.agreement.table import LEVELS, WEIGHTS, Level, RatingTable, Weights
from securebase_analysis.results import wording
from securebase_analysis.results.glossary import DIAGNOSTICS
from securebase_analysis.results.inference import check_conf_level

SEED = 20417


def assess_agreement(
    data: Any,
    *,
    unit: str | Sequence[str] = "unit",
    coder: str = "coder",
    value: str = "code",
    level: Level = "nominal",
    by: str | None = None,
    cluster: str | None = None,
    conf_level: float = 0.95,
    n_resamples: int = 1000,
    seed: int = SEED,
    order: Sequence[Any] | None = None,
    weights: Weights | None = None,
    coders: Mapping[str, str] | None = None,
    texts: Mapping[str, str] | None = None,
    code: str = "code",
    dimension_of: Mapping[str, str] | None = None,
    uncoded: Scope = "both",
) -> AgreementResult:
    """Estimate how far coders agree, with intervals over children, for ratings or for coded text.

    Parameters
    ----------
    data : pandas.DataFrame, Interviews or Study
        Ratings in long form, one row per unit and coder; or coded text: anything with ``.segments`` (and
        ``.sources``), a study with ``.interviews``, or a table of segments (``source, start, end, code, coder``).
    unit : str or list of str
        Column (or columns, where numbers begin again in each source) that names the unit. For coded text the word
        ``"character"``, ``"sentence"`` or ``"passage"``; a passage is a maximal stretch of overlapping segments.
    coder, value : str
        Columns with the coder and the rating. Blank ratings are left out and counted, never a category.
    level : {"nominal", "ordinal", "interval", "ratio"}
        What the values are: names, ranks, numbers, or numbers with a true zero.
    by : str, optional
        Column whose values (codes, dimensions, items) get rows of their own. For coded text ``"code"`` (the
        default) or ``"dimension"``, which gives credit for another code of the same dimension.
    cluster : str, optional
        Column that names what is drawn whole in a resample. By default the column ``child`` when there is one,
        else ``source``, else the unit.
    conf_level : float
        Level of the intervals.
    n_resamples, seed : int
        Bootstrap resamples and their seed; with 0 resamples intervals come from large-sample formulas alone.
    order : sequence, optional
        The categories, lowest first. Needed for ordinal words; for names it declares categories nobody used.
    weights : {"quadratic", "linear"}, optional
        Of weighted kappa; quadratic unless said otherwise. Refused for names.
    coders : mapping, optional
        Spelling to coder, to settle names such as ``{"J.B.": "JB", "jb": "JB"}``.
    texts : mapping, optional
        Source to full text, for sentences and for text that nobody coded; taken from ``.sources`` where given.
    code : str
        Column with the code, for coded text.
    dimension_of : mapping, optional
        Code to construct, for ``by="dimension"``; that of the codebook where a study is given.
    uncoded : {"both", "left out", "kept"}
        For coded text: whether text that nobody coded at all is left out (``outcome`` "coded text"), kept ("all
        text"), or both are reported, with it left out first.

    Returns
    -------
    AgreementResult
        ``tidy()`` has effect ``agreement`` and terms ``percent_agreement, krippendorff_alpha, cohen_kappa,
        weighted_kappa`` (ordered values), ``fleiss_kappa, gwet_ac1``, and for numbers ``icc_1`` ... ``icc_3k``.
        Further: ``.pairwise``, ``.categories``, ``.disagreements``, ``.mean_squares``,
        ``.variance_components``.

    Raises
    ------
    DataError
        When no unit has two coders, a coder's name has several spellings, a coder rated a unit twice with
        different values, or values do not fit the level.
    ModelError
        When an option has no meaning here.

    Notes
    -----
    Percent agreement is the mean over units of the share of pairs of ratings that agree. Krippendorff's alpha is
    ``1 - observed / expected disagreement`` (Krippendorff 2011) and uses every unit with two ratings or more. With
    more than two coders ``cohen_kappa`` and ``weighted_kappa`` are means over pairs of coders (Light 1971).
    Distances of weighted kappa are those of the numbers, or of the places in `order`. Intraclass correlations
    follow Shrout & Fleiss (1979) and McGraw & Wong (1996). Where every coder rated every unit they come from the
    analysis of variance; where cells are missing, from the variances of a mixed model with units and coders
    crossed and random (restricted maximum likelihood, every rating used), where none can be negative.

    Intervals are bias-corrected and accelerated bootstrap intervals (Efron 1987) over clusters, widened for few
    clusters (Hesterberg 2015); those of intraclass correlations are F-based when each cluster holds one unit (with
    cells missing approximately, as of a complete table that compares as precisely; after Thomas & Hultquist 1978).
    Standard errors are large-sample formulas (Fleiss, Cohen & Everitt 1969; Gwet 2008, 2021) for independent
    units, otherwise the spread of the resamples; a note says which.

    When one category is rare every coefficient misleads in its own way: kappa and alpha drop although coders
    hardly differ, percent agreement and AC1 stay high although they never meet on the rare one. ``.categories``
    tells.

    Examples
    --------
    >>> import pandas as pd
    >>> ratings = pd.DataFrame({
    ...     "unit": [1, 2, 3, 4, 5, 6] * 2,
    ...     "coder": ["A"] * 6 + ["B"] * 6,
    ...     "code": ["yes", "yes", "no", "no", "yes", "no", "yes", "yes", "no", "no", "no", "no"],
    ... })
    >>> agreement = assess_agreement(ratings)
    >>> agreement.tidy().set_index("term").loc["cohen_kappa", "estimate"].round(3).item()
    0.667
    """
    _check_options(level, weights, uncoded, n_resamples, seed, conf_level)
    chosen: Weights = weights or "quadratic"
    segments = find_segments(data, unit)
    if segments is not None:
        if level != "nominal" or order is not None:
            raise ModelError(_presence_is_nominal(level))
        table = read_coded_text(
            segments,
            unit,
            coder=coder,
            code=code,
            by=by,
            cluster=cluster,
            coders=coders,
            texts=texts,
            dimension_of=dimension_of,
            scope=uncoded,
        )
    else:
        names = (unit,) if isinstance(unit, str) else tuple(unit or ())
        table = read_ratings(data, Columns(names, coder, value, by, cluster), level, order, coders)
    estimates = estimate_agreement(table, level, chosen, n_resamples, seed, conf_level)
    spec = {
        "verb": "assess_agreement", "unit": unit, "coder": coder, "value": value, "level": level, "by": by,
        "cluster": cluster, "conf_level": conf_level, "n_resamples": n_resamples, "seed": seed, "order": order,
        "weights": weights, "coders": coders, "code": code, "dimension_of": dimension_of, "uncoded": uncoded,
    }  # fmt: skip
    return _answer(table, estimates, level, chosen, spec).made_from(data)


def _check_options(
    level: Level, weights: Weights | None, uncoded: Scope, n_resamples: int, seed: int, conf_level: float
) -> None:
    """Refuse options that have no meaning."""
    check_option("level", level, LEVELS)
    check_option("uncoded", uncoded, SCOPES)
    if weights is not None:
        check_option("weights", weights, WEIGHTS)
    check_conf_level(conf_level)
    if weights is not None and level == "nominal":
        raise ModelError(
            Problem(
                "SB-CODE-20",
                "stop",
                "Weighted kappa needs an order, and level='nominal' has none.",
                why="Between names there is no nearer and farther.",
                fix="level='ordinal' with order=[...], or leave out weights=",
            )
        )
    for name, number, usual in (("n_resamples", n_resamples, 1000), ("seed", seed, SEED)):
        if not isinstance(number, Integral) or number < 0:
            what = f"{name}={number!r} is not a whole number from 0 on."
            raise ModelError(Problem("SB-MODEL-30", "stop", what, fix=f"{name}={usual}"))


def _presence_is_nominal(level: Level) -> Problem:
    """Coded text is compared as presence and absence."""
    return Problem(
        "SB-CODE-20",
        "stop",
        f"Coded text is compared as presence or absence of a code, which has no level {level!r} and no order.",
        fix="level='nominal' without order=; for ratings give a table with one row per unit and coder",
    )


def _answer(
    table: RatingTable, estimates: Estimates, level: Level, weights: Weights, spec: Mapping[str, Any]
) -> AgreementResult:
    """Put the estimates into the form that every answer has."""
    frame = _estimates_frame(table, estimates, level)
    result = AgreementResult(
        title=_title(table, level),
        spec=spec,
        estimates=frame,
        facts=_facts(table, estimates, level, spec),
        rows=table.rows,
        disagreements=table.disagreements,
        pairwise=estimates.pairwise,
        categories=estimates.categories,
        mean_squares=_mean_squares_frame(table, estimates),
        variance_components=_components_frame(table, estimates),
        replicates=estimates.replicates,
        squares=estimates.squares,
        components=estimates.components,
    )
    low, high = (ends.reshape(estimates.values.shape) for ends in result._interval(result.conf_level))
    remarks = read_estimates(table, estimates, level, low, high)
    return replace(
        result, checks=_checks_frame(remarks), notes=_notes(table, estimates, remarks, level, weights, spec)
    )


def _estimates_frame(table: RatingTable, estimates: Estimates, level: Level) -> pd.DataFrame:
    """One row per group and term."""
    n_terms = len(estimates.terms)
    group = np.repeat(np.arange(len(table.groups)), n_terms)
    term = list(estimates.terms) * len(table.groups)
    by_f = [name in ICC_TERMS and bool(estimates.independent[g]) for name, g in zip(term, group)]
    return pd.DataFrame(
        {
            "outcome": [table.groups[number].outcome for number in group],
            "group": [table.groups[number].name for number in group],
            "effect": "agreement",
            "term": term,
            "estimate": estimates.values.ravel(),
            "std_error": estimates.std_errors.ravel(),
            "df": np.inf,
            "tested": False,
            "interval": np.where(by_f, "F", "bootstrap"),
            "std_error_from": np.where(estimates.formula_errors.ravel(), "formula", "bootstrap"),
        }
    )


def _title(table: RatingTable, level: Level) -> str:
    """What was asked, in a sentence."""
    what = "codes" if table.unit_word != "unit" else f"{level} ratings"
    return f"Agreement of {wording.count(len(table.coders), 'coder')} on {what}, by {table.unit_word}"


def _facts(table: RatingTable, estimates: Estimates, level: Level, spec: Mapping[str, Any]) -> dict[str, Any]:
    """What ``glance()`` shows."""
    ratings = table.ratings
    compared = table.n_ratings > 1
    facts = {
        "n_rows": table.n_rows,
        "n_groups": len(np.unique(ratings.cluster[compared])),
        "n_excluded": table.n_excluded,
        "conf_level": spec["conf_level"],
        "converged": True,
        "log_likelihood": np.nan,
        "n_units": round(float(estimates.units_compared.sum())),
        "n_coders": len(np.unique(ratings.coder[compared[ratings.unit]])),
        "n_resamples": spec["n_resamples"],
        "seed": spec["seed"],
        "level": level,
        "unit": table.unit_word,
    }
    return facts | dict(table.facts)


def _mean_squares_frame(table: RatingTable, estimates: Estimates) -> pd.DataFrame:
    """The analysis of variance of each group, with the F test of each coefficient."""
    rows = []
    for group, squares in zip(table.groups, estimates.squares):
        mean = dict(zip(("n_units", "n_coders", "between", "within", "coders", "error"), squares))
        for term, (f, df_1, df_2, p) in zip(ICC_TERMS, f_tests(squares)):
            rows.append(
                {"group": group.name, "term": term, **mean, "f": f, "df_1": df_1, "df_2": df_2, "p_value": p}
            )
    return pd.DataFrame(rows)


def _components_frame(table: RatingTable, estimates: Estimates) -> pd.DataFrame:
    """The variances behind the intraclass correlations of groups with cells missing."""
    rows = [
        {
            "group": group.name, "units": found.units, "coders": found.coders, "error": found.error,
            "n_units": round(found.n), "n_coders": found.k, "df_error": found.df_error,
            "ratings_per_unit": found.per_unit, "ratings_per_coder": found.per_coder,
        }
        for group, found in zip(table.groups, estimates.components)
        if found is not None
    ]  # fmt: skip
    return pd.DataFrame(rows)


def _checks_frame(remarks: list[Remark]) -> pd.DataFrame:
    """The remarks as ``diagnostics()`` shows them."""
    return pd.DataFrame([remark.row for remark in remarks], columns=list(DIAGNOSTICS))


def _notes(
    table: RatingTable, estimates: Estimates, remarks: list[Remark], level: Level, weights: Weights,
    spec: Mapping[str, Any],
) -> tuple[str, ...]:  # fmt: skip
    """What was left out, what must be said, and how it was computed."""
    data = [problem.sentence for problem in table.problems]
    return tuple(dict.fromkeys([*data, *spoken(remarks), *_method_notes(table, estimates, level, weights, spec)]))


def _method_notes(
    table: RatingTable, estimates: Estimates, level: Level, weights: Weights, spec: Mapping[str, Any]
) -> list[str]:
    """How the numbers were made."""
    notes = []
    n_coders = int(estimates.coders_compared.max())
    if n_coders > 2:
        kinds = "kappa and weighted kappa" if level != "nominal" else "kappa"
        n_pairs = len(estimates.pairwise[["coder_1", "coder_2"]].drop_duplicates())
        notes.append(f"Cohen's {kinds}: mean over {n_pairs} pairs of coders (Light 1971); .pairwise lists them.")
    if level != "nominal":
        asked = "" if spec["weights"] else ", the default for ordered values"
        notes.append(f"Weighted kappa uses {weights} weights{asked}.")
    word, n_resamples = table.cluster_word, spec["n_resamples"]
    if n_resamples:
        notes.append(
            f"Intervals: bias-corrected and accelerated bootstrap over {wording.plural(word)}, widened "
            f"for their number "
            f"({n_resamples:,} resamples, seed {spec['seed']})"
            + ("; F-based for intraclass correlations." if _any_f(estimates) else ".")
        )
    by_formula = {term for row in estimates.formula_errors for term, yes in zip(estimates.terms, row) if yes}
    if by_formula:
        names = ", ".join(term for term in estimates.terms if term in by_formula)
        notes.append(
            f"Standard errors of {names}: large-sample formulas for independent units; others: bootstrap."
        )
    elif n_resamples:
        notes.append("Standard errors: standard deviation of the bootstrap resamples.")
    return notes


def _any_f(estimates: Estimates) -> bool:
    """Whether any interval is F-based."""
    modelled = np.array([found is not None for found in estimates.components], dtype=bool)
    return bool(estimates.squares) and bool((estimates.independent & (estimates.complete | modelled)).any())
