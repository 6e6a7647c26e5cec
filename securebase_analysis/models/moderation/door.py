"""What was asked of a family of interactions, and the rows that can answer it, checked at the door."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from securebase_analysis import theory
from securebase_analysis.errors import ModelError, Problem, raise_if_stopped, rows_where
from securebase_analysis.measures.codes_for_missing import codes_among
from securebase_analysis.models.formulas import outcome_and_columns
from securebase_analysis.models.growth.model_columns import model_columns
from securebase_analysis.models.growth.request import Request, request
from securebase_analysis.models.made_columns import made_columns
from securebase_analysis.models.one_or_several import listed
from securebase_analysis.models.order_in_time import dates_of, measured_later
from securebase_analysis.models.rows import check_columns, long_frame
from securebase_analysis.results import wording


@dataclass(frozen=True, eq=False)
class Asked:
    """A family of interactions as it was asked for.

    Attributes
    ----------
    spec : mapping
        The arguments of `fit_moderation`.
    growth : Request
        What every model of the family shares; its formula has the covariates alone.
    covariates : str
        The terms of every model, in one text; empty where there are none.
    pairs : tuple of pairs of str
        Columns to multiply; empty where the data decide.
    """

    spec: Mapping[str, Any]
    growth: Request
    covariates: str
    pairs: tuple[tuple[str, str], ...]

    @property
    def outcome(self) -> str:
        """The column that is explained."""
        return str(self.spec["outcome"])

    @property
    def columns(self) -> list[str]:
        """The columns of all pairs, each once."""
        return list(dict.fromkeys(name for pair in self.pairs for name in pair))

    @property
    def formula(self) -> str:
        """All the columns of the family beside the covariates."""
        terms = [*([self.covariates] if self.covariates else []), *map(quoted, self.columns)]
        return f"{quoted(self.outcome)} ~ {' + '.join(terms)}"


def quoted(name: str) -> str:
    """A column as a formula takes it."""
    return name if name.isidentifier() else f"`{name}`"


def asked_of(
    outcome: str,
    dimensions: Sequence[str] | None,
    covariates: str | Sequence[str],
    random: Any,
    group: str,
    method: str,
    df: str,
    conf_level: float,
    *,
    pairs: Any,
    **options: Any,
) -> Asked:
    """The arguments in one form.

    Raises
    ------
    ModelError
        When they cannot be one question.
    """
    terms = listed(covariates)
    raise_if_stopped([_no_term_of_a_formula(term) for term in terms if not isinstance(term, str)], ModelError)
    text = " + ".join(terms)
    raise_if_stopped(
        [_no_term_of_a_formula(text)] if text.strip().endswith(("+", "*", ":", "-", "/")) else [], ModelError
    )
    growth = request(f"{outcome} ~ {text or '1'}", random, group, "gaussian", method, df, conf_level)
    named = _pairs(dimensions, pairs)
    spec = {
        "verb": "fit_moderation",
        "outcome": outcome,
        "dimensions": None if dimensions is None else list(dimensions),
        "covariates": covariates if isinstance(covariates, str) else terms,
        "random": random,
        "group": growth.group,
        "method": method,
        "df": df,
        "conf_level": conf_level,
        "pairs": None if pairs is None else list(named),
        **options,
    }
    return Asked(spec, growth, text.strip(), named)


def _no_term_of_a_formula(term: object) -> Problem:
    return Problem(
        "SB-MODEL-80",
        "stop",
        f"covariates holds {term!r}, which is no term of a formula.",
        why="Covariates stand in every model, beside the two sides of a pair.",
        done="Nothing was fitted.",
        fix="covariates=['years', 'kinship']",
    )


def _pairs(dimensions: Sequence[str] | None, pairs: Any) -> tuple[tuple[str, str], ...]:
    """The pairs that were named; one by itself, or several."""
    if pairs is None:
        names = [] if dimensions is None else list(dict.fromkeys(_listed(dimensions)))
        return tuple(combinations(names, 2))
    if dimensions is not None:
        raise ModelError(_no_pair("dimensions and pairs were both given."))
    given = _listed(pairs)
    given = [given] if given and all(isinstance(one, str) for one in given) else given
    for pair in given:
        if isinstance(pair, str) or len(pair) != 2 or pair[0] == pair[1]:
            raise ModelError(_no_pair(f"{pair!r} is not a pair of two columns."))
    return tuple(dict.fromkeys(tuple(map(str, pair)) for pair in given))  # type: ignore[misc]


def _listed(given: Any) -> list[Any]:
    return [given] if isinstance(given, str) else list(given)


def _no_pair(what: str) -> Problem:
    return Problem(
        "SB-MODEL-80",
        "stop",
        what,
        why="An interaction is between two columns.",
        done="Nothing was fitted.",
        fix="dimensions=['availability', 'sensitivity', 'acceptance'] for all their pairs, or "
        "pairs=('availability', 'kinship') for one of your own.",
    )


# ---- the rows --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class RowsToRelate:
    """The rows given, their columns as numbers or labels, and which of them are complete.

    Attributes
    ----------
    frame : pandas.DataFrame
        The rows with the columns that were made for the formula.
    given : list of str
        The columns that the rows came with.
    values : pandas.DataFrame
        Every column that a model of the family needs, as numbers or labels.
    present : pandas.DataFrame of bool
        Where each of them has a value.
    asked : Asked
        The question, with its pairs.
    problems : tuple of Problem
        What was made or assumed.
    """

    frame: pd.DataFrame
    given: list[str]
    values: pd.DataFrame
    present: pd.DataFrame
    asked: Asked
    problems: tuple[Problem, ...]

    def rows_of(self, pair: tuple[str, str]) -> NDArray[np.bool_]:
        """The rows that the model of a pair uses."""
        others = [name for name in self.asked.columns if name not in pair]
        needed = self.present if self.asked.spec["rows"] == "same" else self.present.drop(columns=others)
        return needed.all(axis=1).to_numpy()


def rows_to_relate(data: Any, asked: Asked) -> RowsToRelate:
    """Check every column of the family at once.

    Raises
    ------
    ModelError
        When a column is not there, or there are no two dimensions.
    DataError
        When a column cannot be used as it is.
    """
    frame = long_frame(data)
    given = list(frame.columns)
    asked = _with_pairs(asked, frame)
    check_columns(frame, [*asked.growth.random, asked.outcome])
    parts = list(dict.fromkeys(part for parts in asked.growth.random.values() for part in parts))
    outcome, columns = outcome_and_columns(asked.formula, parts, frame)
    frame, made = made_columns(frame, columns, asked.growth.group)
    check_columns(frame, columns)
    values, problems = model_columns(frame, columns, outcome)
    raise_if_stopped([*problems, *measured_later(frame, dates_of(data, frame), outcome, columns)])
    if asked.spec["split"]:
        numbers = [name for name in asked.columns if values[name].dtype == float and values[name].nunique() > 2]
        names = [f"{name}_{part}" for name in numbers for part in ("between", "within")]
        frame, parted = made_columns(frame, names, asked.growth.group)
        made = [*made, *parted]
    present = values.notna()
    raise_if_stopped(_none_complete(present), ModelError)
    return RowsToRelate(frame, given, values, present, asked, (*made, *codes_among(values)))


def _with_pairs(asked: Asked, frame: pd.DataFrame) -> Asked:
    """The question with the pairs of the dimensions that are there, where none were named."""
    if asked.pairs:
        check_columns(frame, asked.columns)
    elif asked.spec["dimensions"] is None and asked.spec["pairs"] is None:
        there = [name for name in theory.CAREGIVING if name in frame and name != asked.outcome]
        asked = replace(asked, pairs=tuple(combinations(there, 2)))
    if not asked.pairs:
        named = wording.count(len(asked.spec["dimensions"] or ()), "dimension")
        raise ModelError(_no_pair(f"There are no two dimensions to multiply; {named} named."))
    if asked.outcome in asked.columns:
        raise ModelError(_no_pair(f"The outcome {asked.outcome!r} is one of the columns to multiply."))
    return asked


def _none_complete(present: pd.DataFrame) -> list[Problem]:
    """No row that holds everything."""
    if present.all(axis=1).any():
        return []
    emptiest = str(present.sum().idxmin())
    return [
        Problem(
            "SB-MODEL-12",
            "stop",
            f"None of the {len(present):,} rows has a value in every column of the family.",
            column=emptiest,
            rows=rows_where(~present[emptiest].to_numpy()),
            why="There is nothing to fit the models to.",
            fix=f"Look at {emptiest!r} first, or leave it out of the family.",
        )
    ]


def covariates_beside(covariates: str, written: Mapping[str, Sequence[str]]) -> str:
    """The covariates with the columns of the pair in place of the pair's own names, so that none stands twice.

    Examples
    --------
    >>> covariates_beside("years + acceptance", {"acceptance": ["acceptance_centred"]})
    'years + (acceptance_centred)'
    """
    for name, columns in written.items():
        instead = f"({' + '.join(map(quoted, columns))})"
        covariates = re.sub(rf"`{re.escape(name)}`|(?<![\w.`]){re.escape(name)}(?![\w`(])", instead, covariates)
    return covariates
