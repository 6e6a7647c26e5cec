"""The verb that asks which constructs go together, given all the others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from securebase_analysis.engines.weighted_correlations import Missing
from securebase_analysis.models.network.answer import NetworkResult, estimates_of
from securebase_analysis.models.network.door import Children, children_of
from securebase_analysis.models.network.fitting import Fitted, fitted_network
from securebase_analysis.models.network.request import Level, Request
from securebase_analysis.models.network.stability import case_dropping, stability_coefficient
from securebase_analysis.models.network.told import checks_of, notes_of
from securebase_analysis.results import wording


def fit_network(
    data: Any,
    constructs: Sequence[str] | None = None,
    *,
    level: Level = "between",
    wave: Any = None,
    missing: Missing = "fiml",
    gamma: float = 0.5,
    threshold: bool = False,
    refit: bool = False,
    n_resamples: int = 1000,
    seed: int = 20260101,
    group: str = "child",
    cluster: str = "carer",
    conf_level: float = 0.95,
) -> NetworkResult:
    """The network of partial correlations between constructs: who goes with whom, all the others held constant.

    Parameters
    ----------
    data : Scores or pandas.DataFrame
        Scores, or a frame with a row per child, or per child and wave: a column per construct and, where rows are
        repeated, columns `group` and ``wave``.
    constructs : sequence of str, optional
        Columns of the network; by default the ten constructs of the model that are there.
    level : {"between", "wave"}
        *between* uses the mean of each child over its waves, *wave* the scores of one wave.
    wave : object, optional
        Which wave, with ``level="wave"``.
    missing : {"fiml", "pairwise", "listwise"}
        *fiml* takes the correlations that make all observed scores most likely, which holds when what is missing
        depends on what was observed; *pairwise* uses for each pair the children who have both; *listwise* children
        who have all.
    gamma : float
        How much the number of possible edges counts in the choice of the penalty: 0 to 1, higher for fewer edges.
    threshold : bool
        Also set to zero what is no larger than chance makes it: fewer false edges, more that are missed.
    refit : bool
        Estimate the edges that were chosen once more without the penalty.
    n_resamples : int
        Resamples of the children; about as many subsets show the stability.
    seed : int
        Start of the random numbers.
    group : str
        Column that says which child; without it each row is one.
    cluster : str
        Column of the carer. Children who share one at any wave are drawn together.
    conf_level : float
        Level of the intervals.

    Returns
    -------
    NetworkResult
        ``tidy()`` has effect *edge* (partial correlation under the penalty; 0 where it was removed), *partial
        correlation* (the same without a penalty) and *strength* (sum of the sizes of a construct's edges; missing
        where its order is not stable). ``.stability``, ``.coefficient()``, ``.edges()``, ``.claims()``,
        ``.differences()``, ``.matrix()``, ``.path()``.

    Raises
    ------
    ModelError
        When there are fewer than three constructs or 80 children.
    DataError
        When a construct does not vary, was never measured, or follows from the others.

    Notes
    -----
    The edges are those of ``K`` that maximises ``log det K - trace(S K) - rho sum |K_ij|``, as
    ``-K_ij / sqrt(K_ii K_jj)``, with the `rho` of 100 whose extended BIC is least. Intervals of edges and
    strengths are percentiles of the resamples: the penalty draws them towards zero, so they show stability and are
    no test of zero. Those of the partial correlations without a penalty are on Fisher's z, with the standard
    deviation of the resamples and clusters - 1 degrees of freedom. An edge has no direction and is no effect: two
    constructs that share a cause that was not measured have one, and so have two causes of a third that was. An
    edge that is missing was not found; it was not shown to be zero. Unreliable scores have edges that are too near
    to zero, and edges of others in their place.

    References
    ----------
    Friedman, Hastie & Tibshirani (2008), Biostatistics 9; Foygel & Drton (2010); Epskamp, Borsboom & Fried (2018),
    Behav Res Methods 50; Epskamp & Fried (2018), Psychol Methods 23.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> care = rng.normal(size=(200, 2))
    >>> frame = pd.DataFrame({"availability": care[:, 0], "acceptance": 0.5 * care[:, 0] + care[:, 1]})
    >>> frame["trust"] = frame["availability"] + rng.normal(size=200)
    >>> result = fit_network(frame, n_resamples=100)
    >>> result.edges()[["first", "second", "estimate", "included"]].round(2).values.tolist()[1]
    ['availability', 'trust', 0.65, 1.0]
    """
    request = Request(
        constructs, level, wave, missing, gamma, threshold, refit, n_resamples, seed, group, cluster, conf_level
    ).checked()
    children = children_of(data, request)
    fitted = fitted_network(children, request)
    stability = case_dropping(fitted)
    estimates = estimates_of(children, fitted, stability)
    return NetworkResult(
        title=f"Network of partial correlations between {wording.count(len(children.names), 'construct')}",
        spec=_spec(request, children),
        estimates=estimates,
        facts=_facts(children, fitted, stability, request),
        rows=children.frame,
        checks=checks_of(children, fitted, stability, request),
        notes=notes_of(children, fitted, estimates, stability, request),
        children=children,
        fitted=fitted,
        stability=stability,
    ).made_from(data)


def _spec(request: Request, children: Children) -> dict[str, Any]:
    """The request, with the constructs and the wave that were found."""
    asked = {name: getattr(request, name) for name in Request.__dataclass_fields__}
    return {"verb": "fit_network", **asked, "constructs": children.names, "wave": children.wave}


def _facts(children: Children, fitted: Fitted, stability: pd.DataFrame, request: Request) -> dict[str, Any]:
    edges = fitted.whole.edges[0]
    return {
        "n_rows": len(children.values),
        "n_groups": children.n_clusters,
        "n_excluded": children.n_excluded,
        "conf_level": request.conf_level,
        "converged": bool(fitted.selected.converged[0]),
        "log_likelihood": np.nan,
        "n_children": len(children.values),
        "n_edges": int((np.triu(edges, 1) != 0.0).sum()),
        "n_possible_edges": len(children.names) * (len(children.names) - 1) // 2,
        "penalty": float(fitted.selected.penalty[0]),
        "gamma": request.gamma,
        "edge_stability": stability_coefficient(stability, "edge"),
        "strength_stability": stability_coefficient(stability, "strength"),
        "n_resamples": request.n_resamples,
        "seed": request.seed,
        "method": "graphical lasso, penalty by extended BIC",
    }
