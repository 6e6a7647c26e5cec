"""Children who share a carer are alike for that: who they are, and what leaving it out does to standard errors."""

from __future__ import annotations

from dataclasses import dataclass, replace
from html import escape

import numpy as np
import pandas as pd

from securebase_analysis.errors import ModelError, Problem, raise_if_stopped
from securebase_analysis.models.formulas import predictors, random_matrix
from securebase_analysis.models.growth.fits import Fit
from securebase_analysis.models.growth.fitting import fitted
from securebase_analysis.models.growth.grouped_rows import Factor, GroupedRows
from securebase_analysis.models.growth.request import Request
from securebase_analysis.models.rows import check_columns, groups_of, is_number, nameless
from securebase_analysis.results import wording
from securebase_analysis.results.diagnostics import Check, check

SHARED_BY = ("carer", "family", "household")
"""Columns that say which children live together."""
FEW = 0.05
"""Share of children up to which sharing is let pass."""


# ---- who shares ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Sharing:
    """How many children share a carer.

    Attributes
    ----------
    child, by : str
        The two factors.
    n_shared, n_children : int
        Children who at any time shared one with another child, and all children.
    """

    child: str
    by: str
    n_shared: int
    n_children: int

    @property
    def share(self) -> float:
        """Children who share, of all."""
        return self.n_shared / self.n_children

    def sentence(self) -> str:
        """Such as "38 of 91 children share a carer"."""
        verb = "shares" if self.n_shared == 1 else "share"
        return f"{self.n_shared:,} of {wording.count(self.n_children, self.child)} {verb} a {self.by}"


def sharing(children: Factor, carers: Factor) -> Sharing:
    """Count the children who have a carer with another child."""
    if carers.members is not None:
        row, carer = carers.members.nonzero()
        pair = np.unique(np.column_stack([children.code[row], carer]), axis=0)
        child, carer = pair[:, 0], pair[:, 1]
    else:
        known = carers.code >= 0
        both = np.unique(children.code[known].astype(np.int64) * carers.n_levels + carers.code[known])
        child, carer = both // carers.n_levels, both % carers.n_levels
    together = np.bincount(carer, minlength=carers.n_levels) > 1
    n_shared = len(np.unique(child[together[carer]]))
    return Sharing(children.name, carers.name, n_shared, children.n_levels)


def left_out(request: Request, data: GroupedRows) -> list[Sharing]:
    """Sharing that the data show and the model does not know of."""
    in_formula = predictors(request.formula, [])
    names = [name for name in SHARED_BY if name in data.frame and name not in (*request.random, *in_formula)]
    found = [sharing(data.factors[0], _level_factor(data, name)) for name in names]
    return [one for one in found if one.share > FEW]


def shared_rows(request: Request, data: GroupedRows) -> list[Check]:
    """A row of ``diagnostics()`` for each carer, family or household that the model leaves out."""
    return [
        check(
            f"share of {wording.plural(one.child)} who share a {one.by} that is not in the model",
            one.share,
            FEW,
            False,
            f"{one.sentence()}, and the model takes them for strangers; its standard errors may be understated. "
            f"Use {_with_factor(request, one.by)}; design_effect({one.by!r}) says what it changes.",
        )
        for one in left_out(request, data)
    ]


def _with_factor(request: Request, by: str) -> str:
    """The random part to write instead."""
    parts = {name: part[0] if len(part) == 1 else list(part) for name, part in request.random.items()}
    return f"random={parts | {by: '1'}}"


def _level_factor(data: GroupedRows, name: str) -> Factor:
    """A column as a factor whose levels differ in their level; -1 in rows that name none."""
    groups = groups_of(data.frame, name)
    matrix, blocks = random_matrix(("1",), data.frame[data.used])
    return Factor(name, matrix, blocks, groups.code[data.used], groups.ids)


# ---- what it changes -------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class DesignEffect:
    """Standard errors with a grouping factor, and without it.

    Attributes
    ----------
    factor : str
        What is left out.
    frame : pandas.DataFrame
        One row for each fixed effect: ``term, std_error`` (with the factor), ``std_error_without``,
        ``design_effect`` (the square of the first over the second) and ``change`` (what leaving the factor out
        does to the standard error, as a share of it: -0.14 shrinks it by 14 %).
    shared : Sharing
        How many children share.
    """

    factor: str
    frame: pd.DataFrame
    shared: Sharing

    def sentence(self) -> str:
        """Who shares, and what ignoring it does to the standard errors."""
        change = self.frame.set_index("term")["change"]
        first, *others = _telling(change)
        said = [_said(change[first], f"the standard error of {first}")]
        said += [_said(change[term], f"that of {term}") for term in others]
        mean = f"; over the {len(change)} terms they {_mean(change.mean())}" if len(change) > 1 else ""
        return f"{self.shared.sentence()}; ignoring it {' and '.join(said)}{mean}."

    def __str__(self) -> str:
        return f"{self.sentence()}\n\n{self.frame.to_string(index=False)}"

    def _repr_html_(self) -> str:
        return f"<p>{escape(self.sentence())}</p>{self.frame.to_html(index=False, border=0)}"


def _telling(change: pd.Series) -> list[str]:
    """The term whose standard error shrinks most, and the one whose grows most where one grows."""
    smallest, greatest = str(change.idxmin()), str(change.idxmax())
    if change[smallest] >= 0.0:
        return [greatest]
    return [smallest, greatest] if change[greatest] >= 0.005 else [smallest]


def _said(change: float, what: str) -> str:
    return f"{'shrinks' if change < 0 else 'widens'} {what} by {abs(change):.0%}"


def _mean(change: float) -> str:
    if abs(change) < 0.005:
        return "stay the same on average"
    return f"{'shrink' if change < 0 else 'widen'} by {abs(change):.0%} on average"


def design_effect(request: Request, fit: Fit, data: GroupedRows, factor: str) -> DesignEffect:
    """Standard errors with and without a factor; see `GrowthResult.design_effect`."""
    inside = factor in request.random
    raise_if_stopped(_says_what_it_explains(request, data, factor), ModelError)
    if inside and len(request.random) == 1:
        raise ModelError(_the_only_one(factor))
    if inside:
        whole = fit.inference(None, request.df, data.n_rows).std_error
        fewer, asked = _without(data, request, factor)
        ignoring = _std_error(fewer, asked)
        carers = data.factor(factor)
    else:
        more, asked = _beside(data, request, factor)
        whole, ignoring = _std_error(more, asked), fit.inference(None, request.df, data.n_rows).std_error
        carers = more.factor(factor)
    frame = pd.DataFrame(
        {
            "term": data.fixed.terms,
            "std_error": whole,
            "std_error_without": ignoring,
            "design_effect": (whole / ignoring) ** 2,
            "change": ignoring / whole - 1.0,
        }
    )
    children = next(one for one in data.factors if one.name != factor)
    return DesignEffect(factor, frame, sharing(children, carers))


def _std_error(data: GroupedRows, request: Request) -> np.ndarray:
    return fitted(data, request).inference(None, request.df, data.n_rows).std_error


def _without(data: GroupedRows, request: Request, factor: str) -> tuple[GroupedRows, Request]:
    """The model without a factor."""
    kept = tuple(one for one in data.factors if one.name != factor)
    random = {name: part for name, part in request.random.items() if name != factor}
    return replace(data, factors=kept), request.but(random=random)


def _beside(data: GroupedRows, request: Request, factor: str) -> tuple[GroupedRows, Request]:
    """The model with one factor more, whose levels differ in their level."""
    check_columns(data.frame, [factor])
    groups = groups_of(data.frame, factor)
    raise_if_stopped(nameless(replace(groups, code=np.where(data.used, groups.code, 0)), factor))
    more = _level_factor(data, factor)
    code, present = pd.factorize(more.code)
    more = replace(more, code=code, ids=more.ids.at(present))
    return replace(data, factors=(*data.factors, more)), request.but(random={**request.random, factor: ("1",)})


def _says_what_it_explains(request: Request, data: GroupedRows, factor: object) -> list[Problem]:
    """The outcome, or a number in the formula, as a grouping factor."""
    numbers = [name for name in predictors(request.formula, []) if is_number(data.frame[name])]
    if factor not in (*data.outcome.terms, *numbers):
        return []
    return [
        Problem(
            "SB-MODEL-50",
            "stop",
            f"{factor!r} is {'the outcome' if factor in data.outcome.terms else 'a predictor'}, not a group.",
            column=str(factor),
            why="A grouping factor says which rows belong together.",
            done="Nothing was fitted.",
            fix="design_effect('carer')",
        )
    ]


def _the_only_one(factor: str) -> Problem:
    return Problem(
        "SB-MODEL-87",
        "stop",
        f"{factor!r} is the only grouping factor of the model.",
        why="Without it the rows of one child would count as rows of as many children.",
        done="Nothing was fitted.",
        fix="design_effect('carer') for a model of children who share carers",
    )


def shared_sentence(request: Request, fit: Fit, data: GroupedRows, most_rows: int = 20_000) -> str:
    """What the carers in a model change, for its summary; empty where there are none, or it would take long."""
    named = [name for name in SHARED_BY if name in request.random and name != request.group]
    if not named or request.family != "gaussian" or data.n_rows > most_rows or not len(fit.beta):
        return ""
    if not sharing(data.factors[0], data.factor(named[0])).n_shared:
        return ""
    try:
        return design_effect(request, fit, data, named[0]).sentence()
    except ModelError:
        return ""
