"""What ``diagnostics()`` shows of a model of disruption."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from securebase_analysis.engines.cox_residuals import dfbeta
from securebase_analysis.models.disruption.door import RowsAtRisk
from securebase_analysis.models.disruption.fitting import FEW_CLUSTERS, Fitted
from securebase_analysis.models.disruption.term_tests import TOGETHER, has_residuals, proportionality
from securebase_analysis.results import wording
from securebase_analysis.results.diagnostics import NEARLY_THE_SAME, Check, check, checks_frame

EVENTS_PER_TERM = 10.0
"""Below so many events for each column, ratios and their intervals begin to be off (Peduzzi et al. 1995)."""
MOVED = 1.0
"""Standard errors by which one unit alone may move a log hazard ratio."""
LEVEL = 0.05


def checks_of(rows: RowsAtRisk, fit: Fitted) -> pd.DataFrame:
    """Rows of check, value, threshold, ok and advice."""
    return checks_frame(
        [*_search(rows, fit), *_proportional(rows, fit), *_size(rows, fit), *_alike(rows), *_influence(rows, fit),
         *_entries(rows), *_frailty(rows, fit)]
    )  # fmt: skip


def _search(rows: RowsAtRisk, fit: Fitted) -> Iterator[Check]:
    """Whether every ratio has a finite estimate, and the search ended."""
    for term, away in zip(rows.X.terms, fit.runaway):
        if away:
            yield check(
                f"finite estimate of {term}", 0.0, 1.0, False,
                "No event on one side: read the counts in the notes; leave the term out, or join groups.",
            )  # fmt: skip
    ended = fit.converged or bool(fit.runaway.any())
    yield check(
        "search ended at a maximum", float(ended), 1.0, ended, "Do not use the estimates; simplify the formula."
    )


def _proportional(rows: RowsAtRisk, fit: Fitted) -> Iterator[Check]:
    """Grambsch and Therneau's test for each term and for all."""
    if not has_residuals(fit):
        return
    table = proportionality(rows, fit, "km")
    tests = table if len(table) > 2 else table[table["term"] != TOGETHER]
    for row in tests.itertuples():
        p = float(row.p_value)
        yield check(
            f"proportional hazards of {row.term} (p)",
            p,
            LEVEL,
            not p < LEVEL,
            "The ratio changes with time and is an average: look at plot(kind='proportional hazards'); cut the "
            "time into stretches, or make it a stratum.",
        )


def _size(rows: RowsAtRisk, fit: Fitted) -> Iterator[Check]:
    """Events for each column, and clusters behind the errors."""
    each = fit.cox.n_events / len(fit.beta)
    yield check(
        "events per column of the model", each, EVENTS_PER_TERM, each >= EVENTS_PER_TERM,
        "So few events carry fewer terms; drop terms that were not planned.",
    )  # fmt: skip
    if rows.cluster is not None and fit.n_clusters is not None:
        n = fit.n_clusters
        name = f"clusters ({rows.cluster_name}) behind the standard errors"
        yield check(
            name, float(n), FEW_CLUSTERS, n >= FEW_CLUSTERS,
            f"Only {n}: intervals use t with {n - 1} degrees of freedom and may still be too narrow.",
        )  # fmt: skip


def _alike(rows: RowsAtRisk) -> Iterator[Check]:
    """Columns that are nearly one."""
    if len(rows.X.terms) < 2:
        return
    r: Any = np.corrcoef(rows.X.values)
    np.fill_diagonal(r, 0.0)
    first, second = np.unravel_index(int(np.nanargmax(np.abs(r))), r.shape)
    one, other = rows.X.terms[int(first)], rows.X.terms[int(second)]
    value = float(r[first, second])
    yield check(
        "highest correlation of two columns", value, NEARLY_THE_SAME, abs(value) <= NEARLY_THE_SAME,
        f"{one} and {other} go together so closely that their ratios can hardly be told apart; use one.",
    )  # fmt: skip


def _influence(rows: RowsAtRisk, fit: Fitted) -> Iterator[Check]:
    """How far one cluster, unit or row alone moves each ratio, in standard errors."""
    if not has_residuals(fit) or fit.frailty is not None or fit.subdistribution is not None:
        return
    together = rows.cluster if rows.cluster is not None else rows.unit.code if rows.unit is not None else None
    moved = np.abs(dfbeta(fit.cox, together)) / fit.std_error[:, None]
    place, which = np.unravel_index(int(moved.argmax()), moved.shape)
    mask = np.arange(len(rows.stop)) == which if together is None else together == np.unique(together)[which]
    first = int(rows.number[mask][0])
    who = f"row {first}" if together is None else f"the {rows.cluster_name or rows.unit.name} of row {first}"  # type: ignore[union-attr]
    value = float(moved[place, which])
    yield check(
        "largest influence of one alone (standard errors)", value, MOVED, value <= MOVED,
        f"Without {who} the log hazard of {rows.X.terms[int(place)]} moves by {wording.number(value)} standard "
        "errors: check that row, and fit again without it.",
    )  # fmt: skip


def _entries(rows: RowsAtRisk) -> Iterator[Check]:
    """How many came under observation late, and how many are at risk at the first events."""
    if rows.start is None or not rows.late > 0.0:
        return
    yield check(
        "share that came under observation late", rows.late, 1.0, rows.late < 1.0,
        "Nothing is known about the time before; ratios hold for those who were still there when first seen.",
    )  # fmt: skip


def _frailty(rows: RowsAtRisk, fit: Fitted) -> Iterator[Check]:
    """Whether the frailty has a variance at all."""
    if fit.frailty is None:
        return
    found = fit.frailty.theta > 0.0
    yield check(
        f"variance of the frailty by {rows.request.frailty}", fit.frailty.theta, 0.0, found,
        "It is zero, its boundary: the fit is that without frailty; cluster= gives errors that allow for sharing.",
    )  # fmt: skip
