"""From a panel's equations and its table to a fitted structural equation model."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from securebase_analysis.engines.structural_equations import fit_structures
from securebase_analysis.models.panel.elements import Element, Panel, elements_of
from securebase_analysis.models.panel.syntax import panel_text
from securebase_analysis.models.sem.completed import Conventions, completed
from securebase_analysis.models.sem.fitting import Fitted
from securebase_analysis.models.sem.parameters import Parameter, ParameterTable
from securebase_analysis.models.sem.reading import read_text
from securebase_analysis.models.sem.structures import n_parameters, start_of, structures_of

Floats = NDArray[np.float64]
Key = tuple[str, str, str, int]
AS_WRITTEN = Conventions("lavaan", meanstructure=True)
"""The text of a panel model leaves nothing to be added."""


def keyed(table: ParameterTable) -> dict[Key, Parameter]:
    """The parameters by what they are; a covariance by either order."""
    found: dict[Key, Parameter] = {}
    for one in table:
        found[one.lhs, one.op, one.rhs, one.group] = one
        if one.op == "~~":
            found[one.rhs, one.op, one.lhs, one.group] = one
    return found


def key_of(element: Element, group: int) -> Key:
    """Where an element stands among the parameters."""
    return (element.lhs, "~1", "", group) if element.rhs == "1" else (element.lhs, element.op, element.rhs, group)


def refitted(fitted: Fitted, other: Panel) -> Fitted:
    """A model of the same scores in which something is equal that is not so in a fitted one, or the reverse.

    The search begins at the fitted one, and what was observed, sorted by pattern, serves both.
    """
    table, _ = completed(read_text(panel_text(other)), fitted.table.groups, AS_WRITTEN)
    assert table.observed == fitted.table.observed
    structures = structures_of(table)
    start = _from(fitted, table, other, n_parameters(structures))
    groups = [(patterns, structure) for (patterns, _), structure in zip(fitted.fit.groups, structures)]
    found = fit_structures(groups, start, fit_saturated=False)
    return replace(fitted, table=table, fit=replace(found, saturated=fitted.fit.saturated))


def _from(fitted: Fitted, table: ParameterTable, other: Panel, q: int) -> Floats:
    """Estimates of one model as a start of another: the mean of what is equal there, and what its text gives."""
    before, after = keyed(fitted.table), keyed(table)
    given = start_of(table, q)
    start = np.full(q, np.nan) if given is None else given
    collected: dict[int, list[float]] = {}
    for one in elements_of(other):
        for group in range(len(table.groups)):
            old, new = before.get(key_of(one, group)), after[key_of(one, group)]
            if new.is_free and old is not None and old.is_free:
                collected.setdefault(new.free, []).append(float(fitted.estimates[old.free]))
    for number, values in collected.items():
        start[number] = float(np.mean(values))
    return start
