"""A published model of recurrent events, fitted again: its numbers by name, and events over time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from securebase_analysis.engines.incidence import nelson_aalen
from securebase_analysis.engines.risk_table import risk_table
from securebase_analysis.models.disruption import fit_disruption


def disruption_numbers(table: pd.DataFrame, fit: Mapping[str, Any]) -> dict[str, float]:
    """The numbers of a model of hazards by name.

    Parameters
    ----------
    table : DataFrame
        Rows from `start` to `stop`, of one child after the other.
    fit : mapping
        Arguments of `fit_disruption` for recurrent events; errors are clustered by child.

    Returns
    -------
    dict of str to float
        ``estimate <term>``: the log hazard ratio, ``ratio <term>``, ``std_error <term>`` clustered by child, and
        ``naive <term>``: the error if each row stood for a child of its own.
    """
    clustered = fit_disruption(table, **fit).tidy().set_index("term")
    alone = {name: value for name, value in fit.items() if name not in ("recurrent", "child", "cluster")}
    naive = fit_disruption(table, **alone).tidy().set_index("term")
    numbers = {f"estimate {term}": float(value) for term, value in clustered["estimate"].items()}
    numbers |= {f"ratio {term}": float(np.exp(value)) for term, value in clustered["estimate"].items()}
    numbers |= {f"std_error {term}": float(value) for term, value in clustered["std_error"].items()}
    return numbers | {f"naive {term}": float(value) for term, value in naive["std_error"].items()}


def mean_events(
    table: pd.DataFrame, start: str, stop: str, event: str, by: str, names: Mapping[str, str]
) -> pd.DataFrame:
    """The mean number of events that a child has had by each day, in each group.

    Parameters
    ----------
    table : DataFrame
        Rows from `start` to `stop`, of one child after the other.
    start, stop, event, by : str
        Columns; `event` is 1 where the row ends with one.
    names : mapping of str to str
        A name for each value of `by`.

    Returns
    -------
    DataFrame
        ``day, group, events`` from day 0 on.

    Notes
    -----
    Nelson and Aalen's sum of events by the children under observation, which estimates the mean number of events
    (Nelson 1988, J Qual Technol 20; Lawless & Nadeau 1995, Technometrics 37).
    """
    parts = []
    for value, rows in table.groupby(by, sort=True):
        counts = risk_table(
            rows[stop].to_numpy(dtype=float), rows[event].to_numpy(dtype=np.int64), 1,
            rows[start].to_numpy(dtype=float),
        )  # fmt: skip
        events, _ = nelson_aalen(counts)
        steps = pd.DataFrame({"day": np.append(0.0, counts.time), "events": np.append(0.0, events)})
        parts.append(steps.assign(group=names[str(value)]))
    return pd.concat(parts, ignore_index=True)[["day", "group", "events"]]
