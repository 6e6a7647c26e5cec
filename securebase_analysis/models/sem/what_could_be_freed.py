"""Fixed and absent parameters that could be free, and what that would change."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations

import numpy as np
import pandas as pd

from securebase_analysis.engines.modification import Modifications, modification_indices
from securebase_analysis.engines.moment_structure import COVARIANCE, EFFECT
from securebase_analysis.engines.ordinal_modification import ordinal_modification_indices
from securebase_analysis.models.sem.fitting import Fitted
from securebase_analysis.models.sem.ordinal_fitting import OrdinalFitted
from securebase_analysis.models.sem.parameters import Parameter, ParameterTable
from securebase_analysis.models.sem.structures import MATRIX, cell_of, places


def freed(fitted: Fitted | OrdinalFitted, minimum: float = 0.0) -> pd.DataFrame:
    """Score tests of every candidate; see `SemResult.modification_indices`."""
    table, place = fitted.table, places(fitted.table)
    candidates = [
        replace(one, group=group) for group in range(len(table.groups)) for one in _candidates(table, group, place)
    ]
    cells = [(one.group, *cell_of(one, place)) for one in candidates]
    tests = _score_tests(fitted, cells)
    scale = [_per_unit(fitted, cell) for cell in cells]
    made = pd.DataFrame(
        {
            "group": [table.groups[one.group] for one in candidates],
            "effect": [one.effect for one in candidates],
            "term": [one.term for one in candidates],
            "index": tests.index,
            "p_value": tests.p_value,
            "change": tests.change,
            "change_standardized": tests.change * np.array(scale, dtype=float),
        }
    )
    kept = made[made["index"].notna() & (made["index"] >= minimum)]
    return kept.sort_values("index", ascending=False, kind="stable").reset_index(drop=True)


def _score_tests(fitted: Fitted | OrdinalFitted, cells: list[tuple[int, int, int, int]]) -> Modifications:
    """Of the likelihood, or of the weighted squares."""
    if isinstance(fitted, OrdinalFitted):
        return ordinal_modification_indices(fitted.fit, cells)
    return modification_indices(fitted.fit, cells)


def _candidates(table: ParameterTable, group: int, place: dict[str, int]) -> Iterator[Parameter]:
    """Elements of a group that are fixed, and those that the model does not have."""
    own = table.of_group(group)
    taken = {cell_of(one, place) for one in own if one.op in MATRIX}
    taken |= {(matrix, column, row) for matrix, row, column in taken if matrix == COVARIANCE}
    yield from (
        one
        for one in own
        if one.op in MATRIX and not one.is_free and not one.given and (table.meanstructure or one.op != "~1")
    )
    for one in _absent(table, own):
        cell = cell_of(one, place)
        back = (cell[0], cell[2], cell[1])
        if cell not in taken and not (cell[0] == EFFECT and back in taken and one.op == "=~"):
            taken |= {cell, back} if cell[0] == COVARIANCE else {cell}
            yield one


def _absent(table: ParameterTable, own: list[Parameter]) -> Iterator[Parameter]:
    """Loadings of all items on all constructs, residual covariances, and regressions among explained variables."""
    items = list(dict.fromkeys(one.rhs for one in own if one.op == "=~" and one.rhs not in table.latent))
    yield from (Parameter(construct, "=~", item) for construct in table.latent for item in items)
    modelled = [name for name in table.observed if name not in table.given]
    yield from (Parameter(one, "~~", other) for one, other in combinations(modelled, 2))
    yield from (Parameter(one, "~~", other) for one, other in combinations(table.latent, 2))
    structural = list(dict.fromkeys(name for one in own if one.op == "~" for name in (one.lhs, one.rhs)))
    for one in structural:
        if one not in table.given:
            yield from (Parameter(one, "~", other) for other in structural if other != one)


def _per_unit(fitted: Fitted | OrdinalFitted, cell: tuple[int, int, int, int]) -> float:
    """What a change of 1 in an element is in standard deviations."""
    group, matrix, row, column = cell
    moments = fitted.implied[group]
    sd = np.sqrt(np.maximum(moments.covariances.diagonal(), 0.0))
    residual_sd = np.sqrt(np.maximum(moments.residual.diagonal(), 0.0))
    if matrix == EFFECT:
        above, below = sd[column], sd[row]
    elif matrix == COVARIANCE:
        above, below = 1.0, sd[row] ** 2 if row == column else residual_sd[row] * residual_sd[column]
    else:
        above, below = 1.0, sd[row]
    return float(above / below) if below > 0.0 else np.nan
