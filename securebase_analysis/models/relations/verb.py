"""The verb of relations: from rows to correlations, and the claims of the model beside them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from securebase_analysis.models.relations.answer import RelationsResult
from securebase_analysis.models.relations.checks import checks_of
from securebase_analysis.models.relations.correlations import lagged_pairs, split_pairs
from securebase_analysis.models.relations.door import RelatedRows, rows_to_relate
from securebase_analysis.models.relations.told import notes_of
from securebase_analysis.results.inference import check_conf_level


def relate_dimensions(
    data: Any,
    constructs: Sequence[str] | None = None,
    *,
    group: str = "child",
    cluster: str = "carer",
    conf_level: float = 0.95,
) -> RelationsResult:
    """Correlate the constructs between and within children, with the claims of the model beside the data.

    Parameters
    ----------
    data : Scores or pandas.DataFrame
        Scores, or a frame with a row per child and wave: columns `group`, ``wave`` and one per construct.
    constructs : sequence of str, optional
        Columns to relate; by default the ten constructs of the model that are there.
    group : str
        Column that says which child.
    cluster : str
        Column of the carer. Children who share a carer at any wave are one cluster; without the column each child
        is one.
    conf_level : float
        Level of the intervals.

    Returns
    -------
    RelationsResult
        ``tidy()`` has effect *between* (correlation of child means), *within* (correlation of the deviations from
        them) and *over time* (caregiving at one wave with the benefit at the next, the benefit now held constant;
        for the model's own claims only). ``claims()`` and ``matrix()`` give them in other forms;
        ``verdicts()`` says of each claim whether it is supported.

    Raises
    ------
    ModelError
        When fewer than two constructs or fewer than four children can be used.
    DataError
        When a child has two rows for one wave, or a column does not hold numbers.

    Notes
    -----
    Between and within are the two parts of the usual split of sums of products: child means weighted by their
    number of waves, and deviations from child means pooled over children. Each pair uses the rows where both are
    observed. Standard errors leave out one cluster at a time (jackknife) on Fisher's z, with clusters - 1 degrees
    of freedom, so repeated waves and shared carers are not counted as independent. Correlations are of observed
    scores: unreliability pulls them towards zero, and a mean over few waves still carries the noise of the waves.
    The over-time correlation mixes differences between children with change in them; ``verdicts()`` therefore
    judges claims over time by a panel model that keeps the two apart. None of the three is an
    effect of one dimension on another.

    References
    ----------
    Snijders & Bosker (2012), Multilevel Analysis, ch. 3; Efron & Stein (1981), The jackknife estimate of variance.

    Examples
    --------
    >>> frame = pd.DataFrame({
    ...     "child": list("aabbccddee"), "wave": [1, 2] * 5,
    ...     "availability": [3, 4, 1, 2, 5, 5, 2, 1, 4, 3], "trust": [3, 5, 2, 2, 4, 5, 1, 2, 4, 4]})
    >>> result = relate_dimensions(frame)
    >>> result.tidy().loc[:, ["effect", "term", "estimate"]].round(2).values.tolist()[0]
    ['between', 'availability ~ trust', 0.96]
    """
    check_conf_level(conf_level)
    rows = rows_to_relate(data, constructs, group, cluster)
    pairs = pd.DataFrame([*split_pairs(rows), *lagged_pairs(rows)])
    return RelationsResult(
        title="How the dimensions relate, between and within children",
        spec={
            "verb": "relate_dimensions",
            "constructs": rows.names,
            "group": group,
            "cluster": cluster,
            "conf_level": conf_level,
        },
        estimates=_estimates(pairs),
        facts=_facts(rows, conf_level),
        rows=rows.frame,
        checks=checks_of(pairs, rows.n_clusters),
        notes=notes_of(rows, pairs, cluster),
        pairs=pairs,
    ).made_from(data)


def _estimates(pairs: pd.DataFrame) -> pd.DataFrame:
    arrow = np.where(pairs["effect"] == "over time", " → ", " ~ ")
    return pd.DataFrame(
        {
            "outcome": "",
            "group": "",
            "effect": pairs["effect"],
            "term": pairs["first"] + arrow + pairs["second"],
            "estimate": pairs["estimate"],
            "std_error": pairs["std_error"],
            "df": (pairs["n_clusters"] - 1).astype(float).where(pairs["estimate"].notna()),
        }
    )


def _facts(rows: RelatedRows, conf_level: float) -> dict[str, Any]:
    return {
        "n_rows": len(rows.frame),
        "n_groups": rows.n_clusters,
        "n_excluded": rows.n_excluded,
        "conf_level": conf_level,
        "converged": True,
        "log_likelihood": np.nan,
        "n_children": rows.n_children,
        "method": "Pearson, split between and within children; jackknife over clusters",
    }
