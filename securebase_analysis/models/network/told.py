"""What is told beside a network: its checks, and its notes."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd

from securebase_analysis import theory
from securebase_analysis.engines.partial_correlations import explained_by_others
from securebase_analysis.models.network.door import Children, fewest_pairs, n_children_words
from securebase_analysis.models.network.fitting import Fitted
from securebase_analysis.models.network.request import Request
from securebase_analysis.models.network.stability import LEAST_STABILITY, WANTED_STABILITY, stability_coefficient
from securebase_analysis.results import wording
from securebase_analysis.results.diagnostics import NEARLY_THE_SAME, Check, check, checks_frame
from securebase_analysis.results.inference import critical_value

ENOUGH_CHILDREN = 150
"""From here on nearly all edges of .25 and more were found; see benchmarks/results/network_recovery.md."""
WANTED_RESAMPLES = 500
FEW_VALUES = 5
PAIRS_NAMED = 5
MUCH_EXPLAINED = 0.9
"""A variance inflation of ten."""
DENSE = 0.1
"""A penalty below this share of the largest lets in false edges (qgraph warns at the same place)."""


# ---- checks ----------------------------------------------------------------------------------------------------


def checks_of(children: Children, fitted: Fitted, stability: pd.DataFrame, request: Request) -> pd.DataFrame:
    """The stability first, then what else speaks for reading the network with care."""
    return checks_frame(
        [
            *_stability(stability),
            *_children(children),
            *_network(fitted, request),
            *_resamples(fitted, request),
            *_constructs(children),
        ]
    )


def _stability(stability: pd.DataFrame) -> list[Check]:
    said = {
        "edge": "With fewer children other edges would be there: do not name single edges.",
        "strength": "Do not rank constructs by strength.",
    }
    rows = []
    for effect, advice in said.items():
        value = stability_coefficient(stability, effect)
        enough = value >= WANTED_STABILITY
        if effect == "strength" and value < LEAST_STABILITY:
            advice = f"Strengths are not shown: below {LEAST_STABILITY:.2f} their order says nothing."
        rows.append(check(f"stability of the {effect}s", value, WANTED_STABILITY, enough, advice))
    return rows


def _children(children: Children) -> list[Check]:
    n, pairs = children.n, fewest_pairs(children.values)
    few = (
        "Of ten constructs, with 80 children four of ten true edges of .25 to .35 are found, with 100 three of "
        f"four, with {ENOUGH_CHILDREN} nearly all. An edge that is missing here says little."
    )
    missing = f"Some pairs rest on {pairs} children; their edges are the least sure."
    return [
        check("children behind a correlation", n, ENOUGH_CHILDREN, n >= ENOUGH_CHILDREN, few),
        check("fewest children with both of a pair", pairs, 0.5 * n, pairs >= 0.5 * n, missing),
    ]


def _network(fitted: Fitted, request: Request) -> list[Check]:
    selected = fitted.selected
    share = float(selected.penalty[0] / selected.penalties[0, 0])
    n_edges = int((np.triu(fitted.whole.edges[0], 1) != 0).sum())
    n_none = len(fitted.whole.edges[0]) * (len(fitted.whole.edges[0]) - 1) // 2 - n_edges
    rows = [
        check(
            "number of edges",
            n_edges,
            1,
            n_edges > 0,
            "No edge was found. That is no finding that nothing goes together: see the partial correlations "
            "without a penalty, or gamma=0.25.",
        )
    ]
    if not request.threshold:
        advice = (
            f"Hardly any penalty was chosen, and {n_edges} of {n_edges + n_none} pairs have an edge, so "
            "false ones are likely: threshold=True keeps fewer."
        )
        rows.append(check("penalty as a share of the largest", share, DENSE, share >= DENSE, advice))
    return rows


def _resamples(fitted: Fitted, request: Request) -> list[Check]:
    failed = fitted.drawn.failed
    advice = f"{wording.count(failed, 'resample has', 'resamples have')} no network and were left out."
    few = f"Ends of intervals change with the seed: n_resamples=1000 instead of {request.n_resamples}."
    return [
        check("resamples without a network", failed, 0, failed == 0, advice),
        check("resamples", request.n_resamples, WANTED_RESAMPLES, request.n_resamples >= WANTED_RESAMPLES, few),
    ]


def _constructs(children: Children) -> list[Check]:
    rows = []
    for place, name in enumerate(children.names):
        found = len(np.unique(children.values[np.isfinite(children.values[:, place]), place]))
        if found < FEW_VALUES:
            advice = f"{theory.label(name)} has {found} different values; correlations with it are drawn to zero."
            rows.append(check(f"{name}: different values", found, FEW_VALUES, False, advice))
    for name, share in zip(children.names, explained_by_others(children.correlations)):
        if share > MUCH_EXPLAINED:
            advice = (
                f"The others explain {100.0 * share:.0f}% of {theory.label(name)}: its edges rest on the little "
                "that is left. Leave one of them out, or use their mean."
            )
            rows.append(check(f"{name}: explained by the others", share, MUCH_EXPLAINED, False, advice))
    for (i, first), (j, second) in combinations(enumerate(children.names), 2):
        r = float(children.correlations[i, j])
        if abs(r) > NEARLY_THE_SAME:
            advice = (
                f"{theory.label(first)} and {theory.label(second)} correlate "
                f"{wording.number(r, leading_zero=False)}: each takes the other's edges away. Use their mean, or "
                "one."
            )
            rows.append(check(f"{first} and {second}", r, NEARLY_THE_SAME, False, advice))
    return rows


# ---- notes -----------------------------------------------------------------------------------------------------


def notes_of(
    children: Children, fitted: Fitted, estimates: pd.DataFrame, stability: pd.DataFrame, request: Request
) -> tuple[str, ...]:
    """Whose scores these are, how what is missing was dealt with, and how an edge is read."""
    said = [problem.sentence for problem in children.problems]
    notes = [
        *said,
        _level(children, request),
        _missing(children, request),
        _left_out(children),
        _carers(children, request),
        _not_measured(children),
        "An edge is a partial correlation: what two constructs share beyond what they share with all others here. "
        "It has no direction and is not a cause; a common cause that was not measured makes an edge too.",
        _penalty(fitted, request),
        _hidden(estimates, request),
        _false_edges(fitted, request),
        _intervals(request),
        _strengths(stability),
    ]
    return tuple(note for note in notes if note)


def _level(children: Children, request: Request) -> str:
    n = n_children_words(children)
    if request.level == "wave":
        return f"{n}, with their scores at wave {children.wave}."
    fewest, most = children.rows_each
    if most == 1:
        known = "" if request.group in children.frame else f": without a column {request.group!r}, each row is one"
        return f"{n}, one row each{known}."
    waves = f"{most}" if fewest == most else f"{fewest} to {most}"
    return (
        f"{n}, each with the mean over {waves} waves: edges are between children, and say nothing about change "
        "within a child."
    )


def _missing(children: Children, request: Request) -> str:
    holes = int(np.isnan(children.values).sum())
    if not holes:
        return ""
    cells = f"{holes:,} of {children.values.size:,} scores are missing"
    n = f"the criterion counts {children.n:.0f} children, the mean number that have both of a pair"
    if request.missing == "fiml":
        return f"{cells}; correlations are those that make all observed scores most likely (fiml), and {n}."
    return f"{cells}; each correlation is of the children who have both (pairwise), and {n}."


def _left_out(children: Children) -> str:
    n = children.n_excluded
    return f"{wording.count(n, 'row')} not used: without any of the constructs, or not asked for." if n else ""


def _carers(children: Children, request: Request) -> str:
    if not children.shares_carers:
        return f"No column {request.cluster!r}: each child was drawn alone, so shared carers are not allowed for."
    n = children.n_clusters
    if n == len(children.values):
        return ""
    return (
        f"{n_children_words(children)} in {wording.count(n, 'cluster')} linked by shared {request.cluster}s, "
        "which were drawn and left out whole; the criterion counts children."
    )


def _not_measured(children: Children) -> str:
    if not set(theory.TEN_CONSTRUCTS) & set(children.names):
        return ""
    absent = [theory.label(name) for name in theory.TEN_CONSTRUCTS if name not in children.names]
    return f"Not in this network: {', '.join(absent)}." if absent else ""


def _penalty(fitted: Fitted, request: Request) -> str:
    edges = fitted.whole.edges[0]
    none = int((np.triu(edges == 0.0, 1)).sum())
    possible = len(edges) * (len(edges) - 1) // 2
    value = wording.number(float(fitted.selected.penalty[0]), 3)
    others = " and draws the others towards zero"
    if request.refit or none == possible:
        others = ", and the others were estimated once more without it" if none < possible else ""
    return (
        f"The penalty ({value}, chosen by the extended BIC with gamma {request.gamma:g}) removed {none} of "
        f"{possible} edges{others}. Removed is not shown to be zero: see the partial correlations without a "
        "penalty."
    )


def _hidden(estimates: pd.DataFrame, request: Request) -> str:
    """Pairs without an edge whose partial correlation without a penalty is told apart from zero."""
    edge = estimates[estimates["effect"] == "edge"].set_index("term")["estimate"]
    partial = estimates[estimates["effect"] == "partial correlation"].set_index("term")
    reach = critical_value(request.conf_level, partial["df"]) * partial["z_std_error"]
    told_apart = np.abs(np.arctanh(partial["estimate"])) > reach
    terms = edge.index[(edge == 0.0) & told_apart.reindex(edge.index)]
    if not len(terms):
        return ""
    named = [
        f"{' – '.join(theory.label(part) for part in term.split(' ~ '))} "
        f"({wording.number(partial.loc[term, 'estimate'], leading_zero=False)})"
        for term in terms[:PAIRS_NAMED]
    ]
    more = f" and {len(terms) - PAIRS_NAMED} more" if len(terms) > PAIRS_NAMED else ""
    level = wording.percent(request.conf_level)
    return f"Removed, though the {level} interval without a penalty leaves zero out: {', '.join(named)}{more}."


def _false_edges(fitted: Fitted, request: Request) -> str:
    """How many of the edges found are likely not to be there."""
    if request.threshold or not fitted.whole.edges.any():
        return ""
    return (
        "In simulated cohorts about one in five edges found was not there, however many children there were; with "
        "threshold=True nearly none, and with 100 to 150 children more of the true ones were missed."
    )


def _intervals(request: Request) -> str:
    level = wording.percent(request.conf_level)
    return (
        f"Intervals of edges are the middle {level} of {request.n_resamples:,} resamples (seed {request.seed}); "
        "under a penalty they show stability and are no test of zero."
    )


def _strengths(stability: pd.DataFrame) -> str:
    value = stability_coefficient(stability, "strength")
    if value >= LEAST_STABILITY:
        return ""
    return (
        "Strengths of constructs are not shown: their order would not be the same without "
        f"{100 * LEAST_STABILITY:.0f}% of the children."
    )
