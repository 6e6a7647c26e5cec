"""The door of a structural equation model: its text and its table, checked together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import pandas as pd

from securebase_analysis.errors import ModelError, Problem, check_option, raise_if_stopped
from securebase_analysis.models.sem.columns import numbers_of, repeated_children, repeated_rows, wide_frame
from securebase_analysis.models.sem.completed import completed
from securebase_analysis.models.sem.labels_of_model import contradictions, labels_like_columns
from securebase_analysis.models.sem.parameters import ParameterTable
from securebase_analysis.models.sem.reading import MOST_PROBLEMS, ModelText, Term, read_text
from securebase_analysis.models.sem.request import Request
from securebase_analysis.models.sem.roles import Roles, mentioned_predictors, roles_of
from securebase_analysis.models.sem.sample import Sample, groups_in, sample_of
from securebase_analysis.models.sem.told_of_syntax import (
    and_more,
    latent_and_observed,
    no_terms,
    not_a_term,
    single_item,
    unknown_variable,
)


def model_and_sample(data: Any, request: Request) -> tuple[ParameterTable, Sample]:
    """The parameters of the model and the rows it uses.

    Raises
    ------
    ModelError
        When the text cannot be read, or names what is not there.
    DataError
        When the columns cannot be used.
    """
    frame = wide_frame(data)
    if frame.index.names != [None] and not set(frame.index.names) & set(frame.columns):
        frame = frame.reset_index()
    model = read_text(request.model)
    raise_if_stopped([*model.problems, *_names(model, frame), *contradictions(model)], ModelError)
    if not model.terms:
        raise ModelError(no_terms())
    roles = roles_of(model.terms)
    ordered = _ordered(request, roles)
    numbers, told = numbers_of(
        frame, roles.observed, request.group, [*(roles.given if request.gives else ()), *ordered]
    )
    groups, code, of_groups = groups_in(frame, request.group)
    ordinal = {name: numbers[name].nunique() - 1 for name in ordered}
    table, problems = completed(model, groups, request.conventions(ordinal))
    raise_if_stopped(problems, ModelError)
    told += labels_like_columns(model, list(map(str, frame.columns)))
    raise_if_stopped(_not_released(request, table), ModelError)
    told += [*of_groups, *repeated_children(frame, roles.observed), *repeated_rows(frame, numbers)]
    told += [*_no_longer_given(model, request)]
    return table, sample_of(frame, numbers, groups, code, table.given, request.missing, told)


def _ordered(request: Request, roles: Roles) -> list[str]:
    """Columns of ordered categories: those named, or all but those that only explain others."""
    if request.estimator != "wlsmv":
        return []
    if request.ordered is None:
        return [name for name in roles.observed if name not in roles.given]
    for name in request.ordered:
        check_option("ordered", name, roles.observed)
    return [name for name in roles.observed if name in request.ordered]


def _not_released(request: Request, table: ParameterTable) -> list[Problem]:
    """Terms of partial= that the model does not have."""
    terms = {"".join(one.term.split()): one.term for one in table}
    return [
        not_a_term(term, list(terms.values()))
        for term in request.partial
        if "".join(str(term).split()) not in terms
    ]


def _names(model: ModelText, frame: pd.DataFrame) -> list[Problem]:
    """Names that are neither column nor construct, or are both, and constructs of one item."""
    columns = {str(name): name for name in frame.columns}
    latent = set(roles_of(model.terms).latent) | model.in_doubt
    problems: list[Problem] = []
    n_more = 0
    words = [word for term in model.terms for word in term.variables]
    counts = Counter(word.text for word in words)
    first = {word.text: word for word in reversed(words)}
    for word in dict.fromkeys(first[word.text] for word in words):
        if word.text not in columns and word.text not in latent:
            if len(problems) < MOST_PROBLEMS:
                constructs = sorted(latent - model.in_doubt)
                problems.append(unknown_variable(model.text, word, columns, constructs, counts[word.text] - 1))
            else:
                n_more += 1
    defined = {term.lhs.text: term.lhs for term in reversed(model.terms) if term.op == "=~"}
    problems += [latent_and_observed(model.text, word) for name, word in defined.items() if name in columns]
    more = [and_more(n_more)] if n_more else []
    return [*problems, *more, *_single_items(model)]


def _single_items(model: ModelText) -> list[Problem]:
    """Constructs with one item of which neither loading nor error is fixed."""
    items: dict[str, list[Term]] = {}
    for term in model.terms:
        if term.op == "=~":
            items.setdefault(term.lhs.text, []).append(term)
    spoken_of = {term.lhs.text for term in model.terms if term.op == "~~" and term.lhs.text == term.rhs.text}
    latent, loaded = set(items), Counter(term.rhs.text for term in model.terms if term.op == "=~")
    return [
        single_item(model.text, only.lhs, only.rhs.text)
        for only in (terms[0] for terms in items.values() if len(terms) == 1)
        if not only.modifiers.fixed
        and only.rhs.text not in spoken_of | latent
        and loaded[only.rhs.text] == 1
        and only.lhs.text not in model.in_doubt
    ]


def _no_longer_given(model: ModelText, request: Request) -> Sequence[Problem]:
    """Predictors whose variance, covariance or mean is in the text: nothing else of them is added."""
    names = mentioned_predictors(model.terms)
    if not (names and request.gives) or len(roles_of(model.terms).given) == 0:
        return []
    return [
        Problem(
            "SB-SEM-30",
            "note",
            f"{', '.join(names)}: part of the model, because the text has a variance, covariance or mean.",
            column=", ".join(names),
            done="Covariances with the other predictors are 0 unless the text has them.",
        )
    ]
