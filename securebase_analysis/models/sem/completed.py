"""From the terms that were written to every parameter of the model, with what lavaan's verbs add."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations
from typing import Any, Literal

from securebase_analysis.errors import Problem
from securebase_analysis.models.sem.defined_parameters import check_definitions
from securebase_analysis.models.sem.equal_parameters import equal_in_groups, numbered, values_of_labels
from securebase_analysis.models.sem.parameters import FIXED, Definition, Parameter, ParameterTable
from securebase_analysis.models.sem.reading import ModelText, Term
from securebase_analysis.models.sem.roles import Roles, roles_of
from securebase_analysis.models.sem.told_of_syntax import said_twice, too_many_values

Defaults = Literal["sem", "growth", "lavaan"]
DEFAULTS: tuple[Defaults, ...] = ("sem", "growth", "lavaan")


@dataclass(frozen=True)
class Conventions:
    """What is added to the terms that were written, and what is fixed unless it is said otherwise.

    Attributes
    ----------
    defaults : {"sem", "growth", "lavaan"}
        *sem* (and cfa): first loadings are 1, there are variances, covariances of independent constructs and of
        dependent variables, and free intercepts of columns. *growth*: in place of the columns the constructs have
        free means. *lavaan*: only what is written.
    std_lv : bool
        Constructs have variance 1 in place of a first loading of 1.
    orthogonal : bool
        Independent constructs do not covary.
    fixed_x : bool
        Columns that only explain others are taken as given.
    meanstructure : bool
        Means are part of the model.
    equal, partial : tuple of str
        What is equal over groups, and terms that are not.
    ordinal : mapping of str to int
        Columns of ordered categories, and how many thresholds each has.
    """

    defaults: Defaults = "sem"
    std_lv: bool = False
    orthogonal: bool = False
    fixed_x: bool = True
    meanstructure: bool = True
    equal: tuple[str, ...] = ()
    partial: tuple[str, ...] = ()
    ordinal: Mapping[str, int] = field(default_factory=dict)

    @property
    def adds(self) -> bool:
        """Whether anything is added but the moments of given columns."""
        return self.defaults != "lavaan"

    def latent_means_free(self, group: int) -> bool:
        """Whether constructs have free means: over equal intercepts, in all groups but the first."""
        if self.defaults == "growth":
            return True
        over = "intercepts" in self.equal or "thresholds" in self.equal
        return group > 0 and over and "means" not in self.equal

    def latent_variances_free(self, group: int) -> bool:
        """Whether constructs have free variances."""
        return not self.std_lv or (group > 0 and "loadings" in self.equal and "lv_variances" not in self.equal)


def completed(
    model: ModelText, groups: Sequence[str] = ("",), conventions: Conventions | None = None
) -> tuple[ParameterTable, list[Problem]]:
    """Every parameter of a model, as lavaan would have it.

    Parameters
    ----------
    model : ModelText
        The terms that were written.
    groups : sequence of str
        Names of the groups; one empty name where there is one group.
    conventions : Conventions, optional
        What is added.

    Returns
    -------
    table : ParameterTable
        In the order of lavaan: what is written, variances, covariances, intercepts, group by group.
    problems : list of Problem
        Terms that contradict one another, and labels that nothing has.
    """
    conventions = conventions or Conventions()
    terms, problems = _merged(model)
    roles = roles_of(terms)
    given = roles.given if conventions.fixed_x else ()
    written = [_as_written(term, roles) for term in terms]
    rows = [*written, *_added(written, roles, conventions)]
    loadings = _Loadings.of(written)
    parameters: list[Parameter] = []
    for group in range(len(groups)):
        settled = [_settled(row, group, loadings, roles, given, conventions) for row in rows]
        parameters += [
            _modified(parameter, term, group, len(groups))
            for parameter, term in zip(settled, [*terms, *[None] * (len(settled) - len(terms))])
        ]
    problems += [
        too_many_values(model.text, term.rhs, len(values), len(groups))
        for term in terms
        for values in (term.modifiers.fixed, term.modifiers.labels, term.modifiers.start)
        if len(values) not in (0, 1, len(groups))
    ]
    parameters = equal_in_groups(parameters, roles, given, conventions.equal, conventions.partial)
    parameters, of_labels = values_of_labels(parameters, model)
    definitions = tuple(
        Definition(name.text, " ".join(word.text for word in words)) for name, words in model.definitions
    )
    table = ParameterTable(
        numbered(parameters), roles.observed, roles.latent, roles.given, given, tuple(groups), definitions,
        conventions.meanstructure or any(term.op == "~1" for term in terms), conventions.ordinal,
    )  # fmt: skip
    labels = {one.label for one in parameters if one.label}
    return table, [*problems, *of_labels, *check_definitions(model, labels)]


def _merged(model: ModelText) -> tuple[list[Term], list[Problem]]:
    """The terms, each once; a problem for one that two statements say differently."""
    found: dict[tuple[str, str, str], Term] = {}
    problems = []
    for term in model.terms:
        before = found.setdefault(term.key, term)
        if before is not term and repr(before.modifiers) != repr(term.modifiers):
            problems.append(said_twice(model.text, term.rhs, str(term)))
    return list(found.values()), problems


def _as_written(term: Term, roles: Roles) -> Parameter:
    """The element of a term; a covariance in lavaan's order, constructs before columns."""
    lhs, rhs = term.lhs.text, "" if term.op == "~1" else term.rhs.text
    if term.op == "~~" and roles.place(lhs) > roles.place(rhs):
        lhs, rhs = rhs, lhs
    return Parameter(lhs, term.op, rhs, written=True)


# ---- what is added ---------------------------------------------------------------------------------------------


def _added(written: Sequence[Parameter], roles: Roles, conventions: Conventions) -> Iterator[Parameter]:
    """Variances, covariances and intercepts that the text does not have."""
    there = {(row.lhs, row.op, row.rhs) for row in written}
    others = [name for name in roles.observed if name not in roles.given]
    for name, n_thresholds in conventions.ordinal.items():
        yield from (Parameter(name, "|", f"t{number + 1}") for number in range(n_thresholds))
    pairs = [(name, name) for name in (*others, *roles.latent)]
    if conventions.adds:
        pairs += list(combinations(roles.independent, 2))
        pairs += list(combinations(roles.dependent, 2))
    pairs += [(one, other) for place, one in enumerate(roles.given) for other in roles.given[place:]]
    for lhs, rhs in pairs:
        if (lhs, "~~", rhs) not in there:
            yield Parameter(lhs, "~~", rhs)
    yield from (Parameter(name, "~*~", name) for name in conventions.ordinal)
    if conventions.meanstructure or any(row.op == "~1" for row in written):
        for name in (*roles.observed, *roles.latent):
            if (name, "~1", "") not in there:
                yield Parameter(name, "~1", "")


def _settled(
    row: Parameter, group: int, loadings: _Loadings, roles: Roles, given: Sequence[str], how: Conventions
) -> Parameter:
    """An element of one group, free or fixed by convention."""
    value = _fixed_at(row, group, loadings, roles, how)
    if not row.written and row.op in ("~~", "~1") and {row.lhs, row.rhs or row.lhs} <= set(given):
        return replace(row, group=group, given=True, free=FIXED)
    if row.op == "~~" and row.lhs == row.rhs and row.lhs in how.ordinal:
        return replace(row, group=group, given=True, free=FIXED)
    return replace(row, group=group, free=0 if math.isnan(value) else FIXED, value=value)


def _fixed_at(row: Parameter, group: int, loadings: _Loadings, roles: Roles, how: Conventions) -> float:
    """The value that a convention fixes an element at; missing where it is free."""
    latent = row.lhs in roles.latent
    if row.op == "~*~":
        return math.nan if group > 0 and "thresholds" in how.equal else 1.0
    if row.op == "=~":
        marker = how.adds and not how.std_lv and (row.lhs, row.rhs) in loadings.first
        return 1.0 if marker else math.nan
    if row.op == "~~" and row.lhs == row.rhs:
        if how.std_lv and latent:
            return math.nan if how.latent_variances_free(group) and not row.written else 1.0
        if row.written or row.lhs in roles.given:
            return math.nan
        return 0.0 if not how.adds or row.lhs in loadings.alone else math.nan
    if row.op == "~~" and how.orthogonal and not row.written and latent and row.rhs in roles.latent:
        return 0.0
    if row.op == "~1" and not row.written:
        if latent:
            return math.nan if how.latent_means_free(group) else 0.0
        free = (how.defaults == "sem" or row.lhs in roles.given) and row.lhs not in how.ordinal
        return math.nan if free else 0.0
    return math.nan


@dataclass(frozen=True)
class _Loadings:
    """The first loading of each construct, and items that are the only one of theirs and of no other."""

    first: frozenset[tuple[str, str]]
    alone: frozenset[str]

    @classmethod
    def of(cls, written: Sequence[Parameter]) -> _Loadings:
        """From the rows that were written."""
        loadings = [(row.lhs, row.rhs) for row in written if row.op == "=~"]
        items: dict[str, list[str]] = {}
        constructs: dict[str, list[str]] = {}
        for construct, item in loadings:
            items.setdefault(construct, []).append(item)
            constructs.setdefault(item, []).append(construct)
        first = frozenset((construct, own[0]) for construct, own in items.items())
        single = {own[0] for own in items.values() if len(own) == 1}
        return cls(first, frozenset(item for item in single if len(constructs[item]) == 1))


# ---- what was said of it ---------------------------------------------------------------------------------------


def _modified(parameter: Parameter, term: Term | None, group: int, n_groups: int) -> Parameter:
    """An element with the modifiers of its term."""
    if term is None:
        return parameter
    fixed = _of_group(term.modifiers.fixed, group, n_groups)
    if fixed is not None:
        parameter = replace(parameter, value=fixed, free=0 if math.isnan(fixed) else FIXED)
    start = _of_group(term.modifiers.start, group, n_groups)
    if start is not None:
        parameter = replace(parameter, start=start)
    label = _of_group(term.modifiers.labels, group, n_groups) or ""
    return replace(parameter, label=label, equal=label)


def _of_group(values: Sequence[Any], group: int, n_groups: int) -> Any:
    """The value of one group, where one was given for it or for all."""
    if len(values) == n_groups:
        return values[group]
    return values[0] if len(values) == 1 else None
