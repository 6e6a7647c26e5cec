"""How the dimensions relate: between children, within children over the waves, and beside the model's claims."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from securebase_analysis import theory
from securebase_analysis.engines import correlation
from securebase_analysis.engines.correlation import Jackknifed
from securebase_analysis.errors import ModelError, Problem, raise_if_stopped
from securebase_analysis.models.rows import check_one_row_per_wave, child_codes, needed_columns, numeric_columns
from securebase_analysis.results import wording
from securebase_analysis.results.inference import Floats, fisher_interval, two_sided_p
from securebase_analysis.results.result import Result

FEW_CLUSTERS = 20
NEARLY_THE_SAME = 0.85
EFFECTS = ("between", "within", "over time")


@dataclass(frozen=True, eq=False)
class RelationsResult(Result):
    """Correlations between and within children, with the claims of the model beside them.

    Attributes
    ----------
    pairs : pandas.DataFrame
        ``effect, first, second, estimate, z_std_error, n_rows, n_children, n_clusters``: one row per correlation.
    """

    pairs: pd.DataFrame = field(default_factory=pd.DataFrame)

    def _interval(self, conf_level: float) -> tuple[Floats, Floats]:
        return fisher_interval(
            self.pairs["estimate"], self.pairs["z_std_error"], self.pairs["n_clusters"] - 1, conf_level
        )

    def tidy(self, conf_level: float | None = None) -> pd.DataFrame:
        """One row per correlation; the test is made on Fisher's z, as the interval is.

        Parameters
        ----------
        conf_level : float, optional
            Level of the intervals; that of the request by default.
        """
        table = super().tidy(conf_level)
        with np.errstate(divide="ignore", invalid="ignore"):
            table["statistic"] = np.arctanh(self.pairs["estimate"]) / self.pairs["z_std_error"]
        table["p_value"] = two_sided_p(table["statistic"], table["df"])
        return table

    def matrix(self, effect: str = "between") -> pd.DataFrame:
        """The correlations of one effect as a square table in the model's order.

        Parameters
        ----------
        effect : {"between", "within"}
            Which correlations.
        """
        chosen = self.pairs[self.pairs["effect"] == effect]
        names = list(dict.fromkeys([*chosen["first"], *chosen["second"]]))
        square = pd.DataFrame(np.eye(len(names)), index=names, columns=names)
        for row in chosen.itertuples():
            square.loc[row.first, row.second] = square.loc[row.second, row.first] = row.estimate
        return square

    def claims(self, conf_level: float | None = None) -> pd.DataFrame:
        """Every claim of the model with what these data show; a claim that was not measured says so.

        Returns
        -------
        pandas.DataFrame
            ``claim, kind, source, target, effect, estimate, conf_low, conf_high, p_value, n_children, reference``.
        """
        shown = pd.concat([self.pairs, self.tidy(conf_level)[["conf_low", "conf_high", "p_value"]]], axis=1)
        by_pair = {(row.effect, frozenset((row.first, row.second))): row for row in shown.itertuples()}
        records = []
        for pathway in theory.PATHWAYS:
            effects = ("over time",) if pathway.kind == "over time" else ("between", "within")
            for effect in effects:
                found = by_pair.get((effect, frozenset((pathway.source, pathway.target))))
                records.append(_claim_row(pathway, effect, found))
        return pd.DataFrame(records)


def _claim_row(pathway: theory.Pathway, effect: str, found: Any) -> dict[str, Any]:
    numbers = ("estimate", "conf_low", "conf_high", "p_value")
    return {
        "claim": pathway.claim,
        "kind": pathway.kind,
        "source": pathway.source,
        "target": pathway.target,
        "effect": effect,
        **{name: getattr(found, name) if found is not None else np.nan for name in numbers},
        "n_children": int(found.n_children) if found is not None else 0,
        "reference": pathway.reference,
    }


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
        for the model's own claims only). ``claims()`` and ``matrix()`` give them in other forms.

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
    The over-time correlation mixes differences between children with change in them. None of the three is an
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
    frame, names = _door(data, constructs, group)
    children = child_codes(frame, group)
    clusters = _families(frame, children, cluster)
    pairs = pd.DataFrame(
        [
            *_split_pairs(frame, names, children, clusters),
            *_lagged_pairs(frame, names, children, clusters),
        ]
    )
    return RelationsResult(
        title="How the dimensions relate, between and within children",
        spec={
            "verb": "relate_dimensions",
            "constructs": names,
            "group": group,
            "cluster": cluster,
            "conf_level": conf_level,
        },
        estimates=_estimates(pairs),
        facts=_facts(frame, names, children, clusters, conf_level),
        rows=frame,
        checks=_checks(pairs, clusters),
        notes=_notes(frame, names, pairs, children, clusters, cluster),
        pairs=pairs,
    ).made_from(data)


# --- the door ---------------------------------------------------------------------------------------------------


def _door(data: Any, constructs: Sequence[str] | None, group: str) -> tuple[pd.DataFrame, list[str]]:
    """The rows that hold at least one construct, and the constructs to relate."""
    frame = data.wide() if hasattr(data, "wide") else data
    names = list(constructs) if constructs else [name for name in theory.TEN_CONSTRUCTS if name in frame]
    raise_if_stopped(needed_columns(frame, [group, "wave", *names]), ModelError)
    if len(names) < 2:
        raise ModelError(_too_few_constructs(names))
    problems = [*numeric_columns(frame, names), *check_one_row_per_wave(frame, group)]
    raise_if_stopped(problems)
    frame = frame[frame[names].notna().any(axis=1)].reset_index(drop=True)
    if len(np.unique(child_codes(frame, group))) < 4:
        raise ModelError(_too_few_children(frame, group))
    return frame, names


def _too_few_constructs(names: list[str]) -> Problem:
    return Problem(
        "SB-MODEL-60",
        "stop",
        f"Relations need two constructs; {len(names)} can be used.",
        why="A correlation is between two columns.",
        fix=f"Name columns in constructs=[...]; the model's own are {', '.join(theory.TEN_CONSTRUCTS)}.",
    )


def _too_few_children(frame: pd.DataFrame, group: str) -> Problem:
    n = len(np.unique(child_codes(frame, group)))
    return Problem(
        "SB-MODEL-61",
        "stop",
        f"Relations need at least four children with scores; there are {n}.",
        column=group,
        why="With fewer, an interval for a correlation covers everything.",
        fix="Describe these children one by one: scores.explain(child, wave, construct).",
    )


def _families(frame: pd.DataFrame, children: np.ndarray, cluster: str) -> np.ndarray:
    """Clusters of children linked through shared carers at any wave; each child alone without the column."""
    if cluster not in frame:
        return children
    carers = child_codes(frame, cluster, missing=-1)
    return correlation.connected_clusters(children, carers)


# --- the correlations -------------------------------------------------------------------------------------------


def _split_pairs(
    frame: pd.DataFrame, names: list[str], children: np.ndarray, clusters: np.ndarray
) -> Iterable[dict[str, Any]]:
    """Between and within correlations of every pair, on the rows where both are observed."""
    values = frame[names].to_numpy(float)
    for effect, correlate in (
        ("between", correlation.between_correlation),
        ("within", correlation.within_correlation),
    ):
        for first, second in combinations(range(len(names)), 2):
            seen = np.isfinite(values[:, [first, second]]).all(axis=1)
            x, y, group = values[seen, first], values[seen, second], _renumbered(children[seen])
            enough = seen.sum() > 2 and (effect == "between" or seen.sum() > group.max() + 1)
            found = correlate(x, y, group, _renumbered(clusters[seen])) if enough else None
            yield _pair(effect, names[first], names[second], found, seen, children, clusters)


def _lagged_pairs(
    frame: pd.DataFrame, names: list[str], children: np.ndarray, clusters: np.ndarray
) -> Iterable[dict[str, Any]]:
    """Caregiving now with the benefit at the next wave, for each claim over time: given the benefit now."""
    before, after = _consecutive(frame["wave"].to_numpy(), children)
    for pathway in theory.PATHWAYS:
        if pathway.kind != "over time" or not {pathway.source, pathway.target} <= set(names):
            continue
        x = frame[pathway.source].to_numpy(float)[before]
        y_now, y_next = (frame[pathway.target].to_numpy(float)[rows] for rows in (before, after))
        seen = np.isfinite(x) & np.isfinite(y_now) & np.isfinite(y_next)
        families = clusters[before]
        found = (
            correlation.partial_correlation(x[seen], y_next[seen], y_now[seen], _renumbered(families[seen]))
            if seen.sum() > 3
            else None
        )
        yield _pair("over time", pathway.source, pathway.target, found, seen, children[before], families)


def _consecutive(wave: np.ndarray, children: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Positions of rows and of the same child's row at the next wave of the study."""
    step = np.unique(wave, return_inverse=True)[1]
    order = np.lexsort((step, children))
    same_child = children[order][1:] == children[order][:-1]
    follows = step[order][1:] == step[order][:-1] + 1
    linked = same_child & follows
    return order[:-1][linked], order[1:][linked]


def _renumbered(labels: np.ndarray) -> np.ndarray:
    return np.unique(labels, return_inverse=True)[1]


def _pair(
    effect: str,
    first: str,
    second: str,
    found: Jackknifed | None,
    seen: np.ndarray,
    children: np.ndarray,
    clusters: np.ndarray,
) -> dict[str, Any]:
    return {
        "effect": effect,
        "first": first,
        "second": second,
        "estimate": found.estimate if found else np.nan,
        "std_error": found.std_error if found else np.nan,
        "z_std_error": found.z_std_error if found else np.nan,
        "n_rows": int(seen.sum()),
        "n_children": len(np.unique(children[seen])),
        "n_clusters": len(np.unique(clusters[seen])),
    }


# --- what is told about them ------------------------------------------------------------------------------------


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
            "df": (pairs["n_clusters"] - 1).astype(float),
        }
    )


def _facts(
    frame: pd.DataFrame, names: list[str], children: np.ndarray, clusters: np.ndarray, conf_level: float
) -> dict[str, Any]:
    return {
        "n_rows": len(frame),
        "n_groups": len(np.unique(clusters)),
        "n_excluded": 0,
        "conf_level": conf_level,
        "converged": True,
        "log_likelihood": np.nan,
        "n_children": len(np.unique(children)),
        "method": "Pearson, split between and within children; jackknife over clusters",
    }


def _checks(pairs: pd.DataFrame, clusters: np.ndarray) -> pd.DataFrame:
    n_clusters = len(np.unique(clusters))
    rows = [
        {
            "check": "clusters behind the standard errors",
            "value": float(n_clusters),
            "threshold": float(FEW_CLUSTERS),
            "ok": n_clusters >= FEW_CLUSTERS,
            "advice": ""
            if n_clusters >= FEW_CLUSTERS
            else f"Only {n_clusters} clusters: read the intervals as rough, and do not rank the correlations.",
        }
    ]
    for row in pairs.itertuples():
        if not np.isfinite(row.estimate):
            rows.append(_undefined(row))
        elif row.effect == "between" and abs(row.estimate) > NEARLY_THE_SAME:
            rows.append(_nearly_the_same(row))
    return pd.DataFrame(rows)


def _undefined(row: Any) -> dict[str, Any]:
    reason = (
        "no child has both at two waves or more, or they never differ from the child's own mean"
        if row.effect == "within"
        else "one of the two has the same value for everyone, or too few rows hold both"
    )
    return {
        "check": f"{row.effect}: {row.first} and {row.second}",
        "value": np.nan,
        "threshold": np.nan,
        "ok": False,
        "advice": f"Not defined: {reason}.",
    }


def _nearly_the_same(row: Any) -> dict[str, Any]:
    return {
        "check": f"between: {row.first} and {row.second}",
        "value": row.estimate,
        "threshold": NEARLY_THE_SAME,
        "ok": False,
        "advice": (
            f"{theory.label(row.first)} and {theory.label(row.second)} correlate "
            f"{wording.number(row.estimate, leading_zero=False)} between children: their separate effects "
            "cannot be told apart in one model. Test them jointly, or use their mean."
        ),
    }


def _notes(
    frame: pd.DataFrame,
    names: list[str],
    pairs: pd.DataFrame,
    children: np.ndarray,
    clusters: np.ndarray,
    cluster: str,
) -> tuple[str, ...]:
    n_children, n_clusters = len(np.unique(children)), len(np.unique(clusters))
    shared = (
        f"{wording.count(n_children, 'child', 'children')} in {wording.count(n_clusters, 'cluster')} "
        f"linked by shared {cluster}s; standard errors leave out one cluster at a time."
        if cluster in frame
        else f"No column {cluster!r}: each child is one cluster, so shared carers are not allowed for."
    )
    split = pairs[pairs["effect"] != "over time"]
    fewest, most = int(split["n_rows"].min()), int(split["n_rows"].max())
    used = (
        f"Each pair uses the rows that hold both: {fewest:,} to {most:,} of {len(frame):,}."
        if fewest != most
        else f"Every pair uses {most:,} of {wording.count(len(frame), 'row')}."
    )
    absent = [theory.label(name) for name in theory.TEN_CONSTRUCTS if name not in names]
    not_measured = f"Not measured here: {', '.join(absent)}." if absent else ""
    caution = "Correlations of observed scores: unreliability pulls them towards zero; none is an effect."
    n_tests = len(pairs)
    many = f"{n_tests} correlations: about {n_tests * 0.05:.0f} would have p below .05 by chance alone."
    return tuple(note for note in (shared, used, not_measured, caution, many) if note)
