"""A test of a fixed effect by rearranging the data, exact where few units are alike."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from securebase_analysis.engines.rearrangement import Reference, permutation_reference, sign_reference
from securebase_analysis.engines.working_covariance import WorkingCovariance
from securebase_analysis.errors import ModelError, Problem
from securebase_analysis.models.after_growth.exchangeable_units import (
    Units,
    exchange_within,
    label_of,
    parts_of_label,
)
from securebase_analysis.models.after_growth.resampled_test import (
    ResampledTest,
    answer_of_test,
    check_number_of_resamples,
    level_of_test,
    names_of_units,
    outcome_of,
    p_equals,
    units_named,
)
from securebase_analysis.models.after_growth.row_covariance import row_covariance
from securebase_analysis.models.growth.fitting import fitted
from securebase_analysis.models.growth.grouped_rows import GroupedRows
from securebase_analysis.results import wording
from securebase_analysis.results.diagnostics import check
from securebase_analysis.results.inference import check_seed

if TYPE_CHECKING:
    from securebase_analysis.models.growth.answer import GrowthResult

MOST_UNITS = 2000
EMPTY: tuple[str, ...] = ()


def permutation_test(
    growth: GrowthResult,
    term: str,
    *,
    by: str | None = None,
    n_resamples: int = 4999,
    conf_level: float | None = None,
    seed: int = 20260101,
) -> ResampledTest:
    """Test a fixed effect of a growth model by rearranging the data.

    Parameters
    ----------
    growth : GrowthResult
        A linear growth model.
    term : str
        The fixed effect, such as ``"kinship[T.yes]"`` or ``"years:kinship[T.yes]"``.
    by : str, optional
        Factor or column whose levels are rearranged. By default, for a predictor that is constant within children
        (carers, agencies) the highest of these within which it is; otherwise the group of the model.
    n_resamples : int
        Random arrangements; all arrangements are taken where there are no more than these.
    conf_level : float, optional
        Level of the interval; that of the fit by default.
    seed : int
        Start of the random numbers.

    Returns
    -------
    ResampledTest
        ``tidy()`` has one row. ``p_value`` is the share of arrangements whose statistic is at least as far from
        zero as that of the data, the data counted as one of them; ``conf_low`` and ``conf_high`` enclose the
        effects that the test does not reject. ``estimate`` and ``std_error`` are by generalised least squares with
        the variances of the model without the term.

    Raises
    ------
    ModelError
        When the term is not in the model, the model is not linear, or there are too many units.

    Notes
    -----
    A predictor that belongs to a unit (a child's kinship, a carer's training) is permuted over units, whole units
    keeping their rows together; in ``years:kinship`` the label kinship is permuted and years stays. What other
    predictors of the unit say of the label stays with the unit, the rest moves (the permutation of a residualised
    predictor: Kennedy 1995; Winkler et al. 2014). With no other such predictor the test is exact wherever the
    label could as well have gone to another unit, whatever the distribution of the outcome; with others it is
    approximately so. Units are exchanged within the level of a higher factor of the model, and such levels as a
    whole where they are alike in shape (Winkler et al. 2015).

    A predictor that varies within units (years, stress) is tested by turning the signs of the scores of whole
    units, each statistic divided by its own standard deviation (Winkler et al. 2014; De Santis et al. 2025). Valid
    where the outcome, given the model, is as likely to lie above as below its expectation.

    The statistic is a t whose variances are those of the model without the term (Freedman & Lane 1983 for the
    reduced model; Lee & Braun 2012 for weighting by the variances of a mixed model). The interval does not lean on
    a standard error.

    References
    ----------
    Freedman & Lane (1983), J Bus Econ Stat 1; Kennedy (1995), J Bus Econ Stat 13; Lee & Braun (2012), Biometrics
    68; Winkler et al. (2014), NeuroImage 92; Winkler et al. (2015), NeuroImage 123; De Santis et al. (2025), J Am
    Stat Assoc 120.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from securebase_analysis.models.growth import fit_growth
    >>> children = np.repeat(np.arange(8), 3)
    >>> years = np.tile([0.0, 1.0, 2.0], 8)
    >>> kin, wobble = children // 4, np.sin(7.0 * np.arange(24))
    >>> frame = pd.DataFrame({"child": children, "years": years, "kin": kin, "trust": 2 * kin + years + wobble})
    >>> found = permutation_test(fit_growth(frame, "trust ~ years + kin"), "kin")
    >>> print(found.sentence())
    Of all 70 arrangements of kin among 8 children, 2 lie at least as far from zero as that of the data: p = .029.
    """
    level = level_of_test(growth, term, conf_level)
    check_number_of_resamples("n_resamples", n_resamples)
    check_seed(seed)
    data = growth.data
    spec: dict[str, Any] = {"verb": "permutation_test", "term": term, "by": by, "n_resamples": n_resamples}
    spec |= {"conf_level": level, "seed": seed}
    candidates = [units_named(data, name) for name in names_of_units(data, by)]
    label = label_of(data, term, candidates)
    if label is None:
        units = candidates[0]
        reference, notes = _signs(growth, term, units, n_resamples, seed), EMPTY
        what = f"choices of signs for {wording.count(units.n, units.name)}"
        how = f"Signs of the scores of whole {wording.plural(units.name)} were turned."
    else:
        units = label.units
        reference, notes = _labels(growth, term, label, n_resamples, seed)
        what = f"arrangements of {term} among {wording.count(units.n, units.name)}"
        how = f"Labels were permuted over whole {wording.plural(units.name)}."
    return _of_permutation(growth, spec, reference, units, what, (how, *notes))


def _too_many(what: str, instead: str) -> Problem:
    return Problem(
        "SB-MODEL-79",
        "stop",
        f"A permutation test of {what} would not end in reasonable time.",
        why="It is made for few units; with so many the t test of the fit holds.",
        done="Nothing was tested.",
        fix=instead,
    )


def _without(growth: GrowthResult, term: str) -> tuple[GroupedRows, WorkingCovariance]:
    """The rows without a term, and the covariance that the model without it finds."""
    data = growth.data
    reduced = replace(data, fixed=data.fixed.without(term))
    asked = growth.request if growth.request.df != "kenward-roger" else growth.request.but(df="satterthwaite")
    return reduced, row_covariance(fitted(reduced, asked), reduced)


def _labels(
    growth: GrowthResult, term: str, label: Any, n_resamples: int, seed: int
) -> tuple[Reference, tuple[str, ...]]:
    """Labels permuted over units."""
    data, units = growth.data, label.units
    if units.n > MOST_UNITS:
        raise ModelError(_too_many(wording.count(units.n, units.name), "growth.tidy()"))
    reduced, covariance = _without(growth, term)
    stays, moves = parts_of_label(label, data, term)
    tree, notes = exchange_within(data, units)
    if stays.any():
        notes = (*notes, "What the other predictors say of the label stayed with its unit; the rest was permuted.")
    reference = permutation_reference(
        data.outcome.values[0], reduced.fixed.values, label.within, units.code, stays, moves, tree, covariance,
        n_resamples, seed,
    )  # fmt: skip
    return reference, notes


def _signs(growth: GrowthResult, term: str, units: Units, n_resamples: int, seed: int) -> Reference:
    """Signs of units turned."""
    data = growth.data
    reduced, covariance = _without(growth, term)
    x = data.fixed.column(term)
    try:
        return sign_reference(
            data.outcome.values[0], x, reduced.fixed.values, units.code, covariance, n_resamples, seed
        )
    except ValueError as error:
        raise ModelError(_too_many("rows that nearly all depend on one another", "growth.tidy()")) from error


def _of_permutation(
    growth: GrowthResult, spec: dict[str, Any], found: Reference, units: Units, what: str, notes: tuple[str, ...]
) -> ResampledTest:
    all_of = "all" if found.complete else "random"
    count = (
        f"Of {all_of} {found.n_arrangements:,} {what}"
        if found.complete
        else (f"Of {found.n_arrangements:,} {what}, {found.n_arrangements - 1:,} of them random")
    )
    smallest = _smallest(found)
    checks = [
        check(
            "smallest p-value that the arrangements allow",
            smallest,
            1.0 - spec["conf_level"],
            smallest <= 1.0 - spec["conf_level"],
            f"There are too few {wording.plural(units.name)} for this test to reject; the interval is endless. "
            "Report the estimate with the interval of growth.intervals().",
        )
    ]
    notes = (
        *notes,
        "Estimate and standard error are by generalised least squares with the variances of the model without the "
        "term; p-value and interval are from the arrangements.",
    )
    return answer_of_test(
        growth, spec, (found.estimate, found.std_error, found.p_value), found.interval, checks, notes,
        f"{count}, {found.n_as_far:,} lie at least as far from zero as that of the data: "
        f"p {p_equals(found.p_value)}.",
        f"Permutation test of {spec['term']} in the growth of {outcome_of(growth)}",
        len(found.drawn),
    )  # fmt: skip


def _smallest(found: Reference) -> float:
    """The share of arrangements at the very end of their distribution."""
    most = float(np.abs(found.drawn).max())
    return float((np.abs(found.drawn) >= most * (1.0 - 1e-10)).sum()) / found.n_arrangements
