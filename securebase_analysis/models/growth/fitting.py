"""From the rows of a growth model to its fit, by the engine that is made for it."""

from __future__ import annotations

import pandas as pd

from securebase_analysis.engines.laplace import fit_laplace
from securebase_analysis.engines.mixed import fit_mixed
from securebase_analysis.engines.quadrature import fit_quadrature
from securebase_analysis.engines.several_factors import fit_several
from securebase_analysis.engines.several_factors_design import Factor as ArrayFactor
from securebase_analysis.engines.standard import StandardDesign, standard_design
from securebase_analysis.engines.structured_fit import fit_structured
from securebase_analysis.errors import ModelError, Problem
from securebase_analysis.models.growth.fits import Fit
from securebase_analysis.models.growth.grouped_rows import Factor, GroupedRows
from securebase_analysis.models.growth.linear_fits import OneFactorFit, SeveralFactorsFit, StructuredFit
from securebase_analysis.models.growth.other_fits import RESPONSES, LaplaceGrowth, QuadratureGrowth
from securebase_analysis.models.growth.request import Request
from securebase_analysis.models.growth.residuals import EXPOSURE, STRATUM, TIME, WEIGHT
from securebase_analysis.results.inference import Floats


def fitted(rows: GroupedRows, request: Request, design: StandardDesign | None = None) -> Fit:
    """Fit the model that was asked for.

    Parameters
    ----------
    rows : GroupedRows
        Rows, columns and groups.
    request : Request
        What was asked.
    design : StandardDesign, optional
        Of a model with one factor, where it is there already.

    Raises
    ------
    ModelError
        When the engine finds no answer.
    """
    try:
        if request.family != "gaussian":
            return _other(rows, request)
        if has_one_factor(rows, request):
            return _one_factor(rows, request, design or design_of(rows))
        return _structured(rows, request) if request.has_structure else _several(rows, request)
    except ValueError as error:
        raise ModelError(_no_answer(error)) from error


def has_one_factor(rows: GroupedRows, request: Request) -> bool:
    """Whether the model is that of one grouping factor with independent, equal, normal residuals."""
    plain = request.family == "gaussian" and not request.has_structure and request.weights is None
    return plain and len(rows.factors) == 1 and rows.factors[0].members is None


def design_of(rows: GroupedRows) -> StandardDesign:
    """Standardised cross-products of the first factor."""
    return standard_design(
        rows.outcome.columns[0], rows.fixed.columns, rows.random.columns, rows.code, rows.n_groups
    )


def _one_factor(rows: GroupedRows, request: Request, design: StandardDesign) -> Fit:
    return OneFactorFit.of(fit_mixed(design, request.method == "reml", _blocks(rows.factors[0])))


def _blocks(factor: Factor) -> tuple[tuple[int, ...], ...] | None:
    return factor.blocks if len(factor.blocks) > 1 else None


def _several(rows: GroupedRows, request: Request) -> Fit:
    weight = _numbers(rows, WEIGHT)
    factors = array_factors(rows)
    return SeveralFactorsFit.of(
        fit_several(rows.outcome.values[0], rows.fixed.values, factors, request.method == "reml", weight)
    )


def array_factors(rows: GroupedRows) -> list[ArrayFactor]:
    """The factors as the engines take them."""
    return [
        ArrayFactor(
            factor.random.values,
            factor.code if factor.members is None else factor.members,
            factor.n_levels,
            _blocks(factor),
        )
        for factor in rows.factors
    ]


def _structured(rows: GroupedRows, request: Request) -> Fit:
    stratum, names = pd.factorize(rows.extra[STRATUM], sort=True) if STRATUM in rows.extra else (None, ())
    fit = fit_structured(
        rows.outcome.values[0],
        rows.fixed.values,
        rows.random.values,
        rows.code,
        rows.n_groups,
        reml=request.method == "reml",
        weight=_numbers(rows, WEIGHT),
        stratum=stratum,
        time=_numbers(rows, TIME),
        blocks=_blocks(rows.factors[0]),
    )
    return StructuredFit.with_strata(fit, tuple(map(str, names)))


def _other(rows: GroupedRows, request: Request) -> Fit:
    y, X, response = rows.outcome.values[0], rows.fixed.values, RESPONSES[request.family]()
    offset = rows.offset if EXPOSURE in rows.extra else None
    if len(rows.factors) > 1 or rows.factors[0].members is not None:
        return LaplaceGrowth.of(fit_laplace(y, X, array_factors(rows), response, offset=offset), rows.labels)
    one = rows.factors[0]
    Z, blocks = one.random.values, one.blocks
    fit = fit_quadrature(
        y, X, Z, one.code, one.n_levels, response, nodes=request.nodes, offset=offset, blocks=blocks
    )
    return QuadratureGrowth.of(fit, rows.labels)


def _numbers(rows: GroupedRows, name: str) -> Floats | None:
    return rows.extra[name].to_numpy(float) if name in rows.extra else None


def _no_answer(error: ValueError) -> Problem:
    return Problem(
        "SB-MODEL-97",
        "stop",
        f"The model has no answer with these data: {error}.",
        why="The search for an optimum could not begin or end.",
        done="Nothing was fitted.",
        fix="Shorten the formula or the random part, and look at how the outcome is spread.",
    )
