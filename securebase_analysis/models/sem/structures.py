"""From a table of parameters to the matrices of each group."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from securebase_analysis.engines.moment_structure import COVARIANCE, EFFECT, MEAN, Structure
from securebase_analysis.models.sem.parameters import Parameter, ParameterTable

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
MATRIX = {"=~": EFFECT, "~": EFFECT, "~~": COVARIANCE, "~1": MEAN}


def cell_of(parameter: Parameter, place: dict[str, int]) -> tuple[int, int, int]:
    """Matrix, row and column of an element."""
    if parameter.op == "=~":
        return EFFECT, place[parameter.rhs], place[parameter.lhs]
    if parameter.op == "~1":
        return MEAN, place[parameter.lhs], 0
    return MATRIX[parameter.op], place[parameter.lhs], place[parameter.rhs]


def places(table: ParameterTable) -> dict[str, int]:
    """The place of every variable: observed ones first."""
    return {name: number for number, name in enumerate((*table.observed, *table.latent))}


def structures_of(table: ParameterTable) -> list[Structure]:
    """The structure of each group.

    Moments of columns that are taken as given, and means where these are not part of the model, are parameters of
    the structures beyond those of the table: their estimates are what was observed, and no other estimate depends
    on them.
    """
    place, structures = places(table), []
    beyond = table.n_free
    for group in range(len(table.groups)):
        fixed = np.zeros((3, len(place), len(place)))
        entries: list[tuple[int, int, int, int]] = []
        for one in table.of_group(group):
            matrix, row, column = cell_of(one, place)
            if one.given:
                entries.append((matrix, row, column, beyond))
                beyond += 1
            elif one.is_free:
                entries.append((matrix, row, column, one.free))
            else:
                fixed[matrix, row, column] = one.value
                if matrix == COVARIANCE:
                    fixed[matrix, column, row] = one.value
        if not table.meanstructure:
            entries += [(MEAN, row, 0, beyond + row) for row in range(len(table.observed))]
            beyond += len(table.observed)
        structures.append(Structure(len(table.observed), fixed, np.array(entries, dtype=np.intp).reshape(-1, 4)))
    return structures


def start_of(table: ParameterTable, n_parameters: int) -> Floats | None:
    """Starting values that were given; missing where the engine chooses."""
    start = np.full(n_parameters, np.nan)
    for one in table:
        if one.is_free and not np.isnan(one.start):
            start[one.free] = one.start
    return None if np.isnan(start).all() else start


def n_parameters(structures: list[Structure]) -> int:
    """Parameters of all groups, with those beyond the table."""
    return 1 + max((int(one.entries[:, 3].max()) for one in structures if len(one.entries)), default=-1)
