"""How the dimensions relate: between children, within children over the waves, and beside the model's claims."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from securebase_analysis import theory
from securebase_analysis.engines import correlation
from securebase_analysis.engines.correlation import Jackknifed
from securebase_analysis.errors import ModelError, Problem, raise_if_stopped
from securebase_analysis.measures.codes_for_missing import problems_of_codes
from securebase_analysis.models.claim_verdicts import verdict_rows, verdicts_in_words
from securebase_analysis.models.later_within_children import LaterWithin, later_within
from securebase_analysis.models.rows import (
    check_columns,
    groups_of,
    long_frame,
    nameless,
    numeric_columns,
    repeated_waves,
    wave_order,
)
from securebase_analysis.results import wording
from securebase_analysis.results.diagnostics import NEARLY_THE_SAME, Check, check, checks_frame
from securebase_analysis.results.inference import Floats, check_conf_level, fisher_interval, two_sided_p
from securebase_analysis.results.result import Result

FEWEST_CHILDREN = 4
FEW_CLUSTERS = 20
PAIRS_SHOWN = 5


@dataclass(frozen=True, eq=False)
class RelationsResult(Result):
    """Correlations between and within children, with the claims of the model beside them.

    Attributes
    ----------
    pairs : pandas.DataFrame
        ``effect, first, second, estimate, z_std_error, n_rows, n_children, n_clusters, n_compared``: one row per
        correlation; `n_compared` are the children it rests on, within children those with two waves or more.
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

    def verdicts(self, conf_level: float | None = None) -> pd.DataFrame:
        """What these data say to every claim of the model, between children, within them and over time.

        Parameters
        ----------
        conf_level : float, optional
            Level of the intervals that decide; that of the request by default.

        Returns
        -------
        pandas.DataFrame
            ``claim, kind, source, target, effect, own_level, verdict, estimate, conf_low, conf_high, p_value,
            p_adjusted, holds_adjusted, smallest_found, n_children, reason, reference``.

        Notes
        -----
        *supported*: the interval lies wholly above zero; *contrary*: wholly below; *not supported*: it holds zero,
        which is not evidence that nothing is there. Within children *contrary* is found over few waves also where
        the one rises a wave after the other, because deviations are from the child's mean over those waves: of
        simulated cohorts of 200 children with an effect of .3 on the next wave and none at once, in 13 of 20 with
        three waves and 2 of 20 with six. *not testable*: a construct was not measured, fewer than ten
        children (or clusters of them) have both on the waves that the level needs, or the interval is not defined.
        `own_level` is True on the level that the claim speaks of: within children where a dimension builds its
        benefit, between children where "a child who ... is more likely", over time within children where a child
        changes as caregiving changes. A correlation over time is found also where children only differ for good;
        *over time within* is therefore the lagged effect of a random-intercept cross-lagged panel model of the two
        (see `fit_panel`; with too few children for it, of the lagged mixed model), in standard deviations of the
        scores, which needs three waves; shared carers are not allowed for in it. `smallest_found` is the
        correlation that this sample would have found in four of five tries, ``tanh((t_conf + t_.80) se_z)``, or
        the effect, ``(t_conf + t_.80) se``. `p_adjusted` is Holm's over all verdicts of the table that could be
        given; `holds_adjusted` says whether *supported* or *contrary* stands with it. All are verdicts on
        association: none says that the one brings about the other.
        """
        level = self.conf_level if conf_level is None else conf_level
        shown = pd.concat([self.pairs, self.tidy(level)[["conf_low", "conf_high", "p_value"]]], axis=1)
        return verdict_rows(shown, self._later_within, list(self.spec["constructs"]), level)

    @cached_property
    def _later_within(self) -> dict[str, LaterWithin]:
        """The lagged effects within children; models are fitted when a verdict is first asked for."""
        names = list(self.spec["constructs"])
        values = numeric_columns(self.rows, names)[0].to_numpy(float)
        children = groups_of(self.rows, self.spec["group"]).code
        return later_within(names, values, children, wave_order(self.rows["wave"])[0])

    def summary(self, conf_level: float | None = None) -> str:
        """The answer as text, and what it says to the claims of the model."""
        level = self.conf_level if conf_level is None else conf_level
        table = verdicts_in_words(self.verdicts(level), level).to_string(index=False)
        heading = "The claims of the model: verdicts on association; estimates on the level a claim speaks of"
        return f"{super().summary(level)}\n\n{heading}\n\n{table}"


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
    rows = _door(data, constructs, group, cluster)
    pairs = pd.DataFrame([*_split_pairs(rows), *_lagged_pairs(rows)])
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
        checks=_checks(pairs, rows.n_clusters),
        notes=_notes(rows, pairs, cluster),
        pairs=pairs,
    ).made_from(data)


# --- the door ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class _Rows:
    """The rows that hold at least one construct.

    `frame` has the columns as given and `values` (rows, constructs) their numbers; `children`, `clusters` and
    `step` (rows,) number the child, its cluster and the place of the wave in time.
    """

    frame: pd.DataFrame
    names: list[str]
    values: Floats
    children: np.ndarray
    clusters: np.ndarray
    step: np.ndarray
    n_excluded: int
    problems: tuple[Problem, ...]

    def of(self, name: str) -> Floats:
        """The numbers of one construct."""
        return self.values[:, self.names.index(name)]

    @property
    def n_children(self) -> int:
        return len(np.unique(self.children))

    @property
    def n_clusters(self) -> int:
        return len(np.unique(self.clusters))


def _door(data: Any, constructs: Sequence[str] | None, group: str, cluster: str) -> _Rows:
    """The rows to relate, with everything that is wrong with them said at once."""
    frame = long_frame(data)
    asked = [constructs] if isinstance(constructs, str) else constructs
    names = list(dict.fromkeys(asked or [name for name in theory.TEN_CONSTRUCTS if name in frame]))
    check_columns(frame, [group, "wave", *([cluster] if cluster in frame else []), *names])
    if len(names) < 2:
        raise ModelError(_too_few_constructs(names))
    groups = groups_of(frame, group)
    values, problems = numeric_columns(frame, names)
    step, disorder = wave_order(frame["wave"])
    repeated = [] if disorder else repeated_waves(frame, groups.code)
    raise_if_stopped([*problems, *nameless(groups, group), *disorder, *repeated])
    kept = values.notna().any(axis=1).to_numpy()
    children = groups.code[kept]
    if len(np.unique(children)) < FEWEST_CHILDREN:
        raise ModelError(_too_few_children(len(np.unique(children)), group))
    frame = frame[kept].reset_index(drop=True)
    codes = [problem for name in values for problem in problems_of_codes(name, values[name])]
    return _Rows(
        frame=frame,
        names=names,
        values=values.to_numpy(float)[kept],
        children=children,
        clusters=_families(frame, _renumbered(children), cluster),
        step=step[kept],
        n_excluded=int((~kept).sum()),
        problems=(*groups.problems, *codes),
    )


def _too_few_constructs(names: list[str]) -> Problem:
    return Problem(
        "SB-MODEL-52",
        "stop",
        f"Relations need two constructs; {len(names)} can be used.",
        why="A correlation is between two columns.",
        fix=f"Name columns in constructs=[...]; the model's own are {', '.join(theory.TEN_CONSTRUCTS)}.",
    )


def _too_few_children(n: int, group: str) -> Problem:
    return Problem(
        "SB-MODEL-53",
        "stop",
        f"Relations need at least {FEWEST_CHILDREN} children with scores; there {'is' if n == 1 else 'are'} {n}.",
        column=group,
        why="With fewer, an interval for a correlation covers everything.",
        fix="Describe these children one by one: scores.explain(child, wave, construct).",
    )


def _families(frame: pd.DataFrame, children: np.ndarray, cluster: str) -> np.ndarray:
    """Clusters of children linked through shared carers at any wave; a carer who is not named links nobody."""
    if cluster not in frame:
        return children
    return correlation.connected_clusters(children, groups_of(frame, cluster).code)


# --- the correlations -------------------------------------------------------------------------------------------


def _split_pairs(rows: _Rows) -> Iterable[dict[str, Any]]:
    """Between and within correlations of every pair, on the rows where both are observed."""
    for effect, correlate in (
        ("between", correlation.between_correlation),
        ("within", correlation.within_correlation),
    ):
        for first, second in combinations(rows.names, 2):
            x, y = rows.of(first), rows.of(second)
            seen = np.isfinite(x) & np.isfinite(y)
            group = _renumbered(rows.children[seen])
            enough = seen.sum() > 2 and (effect == "between" or seen.sum() > group.max() + 1)
            found = correlate(x[seen], y[seen], group, _renumbered(rows.clusters[seen])) if enough else None
            yield _pair(effect, first, second, found, rows.children[seen], rows.clusters[seen])


def _lagged_pairs(rows: _Rows) -> Iterable[dict[str, Any]]:
    """Caregiving now with the benefit at the next wave, for each claim over time: given the benefit now."""
    before, after = _consecutive(rows.step, rows.children)
    for pathway in theory.PATHWAYS:
        if pathway.kind != "over time" or not {pathway.source, pathway.target} <= set(rows.names):
            continue
        x, y_now, y_next = (
            rows.of(pathway.source)[before],
            rows.of(pathway.target)[before],
            rows.of(pathway.target)[after],
        )
        seen = np.isfinite(x) & np.isfinite(y_now) & np.isfinite(y_next)
        children, families = rows.children[before][seen], rows.clusters[before][seen]
        found = (
            correlation.partial_correlation(x[seen], y_next[seen], y_now[seen], _renumbered(families))
            if seen.sum() > 3
            else None
        )
        yield _pair("over time", pathway.source, pathway.target, found, children, families)


def _consecutive(step: np.ndarray, children: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Positions of rows and of the same child's row at the next wave of the study."""
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
    children: np.ndarray,
    clusters: np.ndarray,
) -> dict[str, Any]:
    """One correlation, with the children and clusters of the rows it was made from."""
    return {
        "effect": effect,
        "first": first,
        "second": second,
        "estimate": found.estimate if found else np.nan,
        "std_error": found.std_error if found else np.nan,
        "z_std_error": found.z_std_error if found else np.nan,
        "n_rows": len(children),
        "n_children": len(np.unique(children)),
        "n_clusters": len(np.unique(clusters)),
        "n_compared": int((np.unique(children, return_counts=True)[1] >= (2 if effect == "within" else 1)).sum()),
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
            "df": (pairs["n_clusters"] - 1).astype(float).where(pairs["estimate"].notna()),
        }
    )


def _facts(rows: _Rows, conf_level: float) -> dict[str, Any]:
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


def _checks(pairs: pd.DataFrame, n_clusters: int) -> pd.DataFrame:
    few = f"Only {n_clusters} clusters: read the intervals as rough, and do not rank the correlations."
    enough = n_clusters >= FEW_CLUSTERS
    rows = [check("clusters behind the standard errors", float(n_clusters), float(FEW_CLUSTERS), enough, few)]
    for row in pairs.itertuples():
        if not np.isfinite(row.estimate):
            rows.append(_undefined(row))
        elif row.effect == "between" and abs(row.estimate) > NEARLY_THE_SAME:
            rows.append(_nearly_the_same(row))
    return checks_frame(rows)


def _undefined(row: Any) -> Check:
    advice = f"Not defined: {_why_undefined(row.effect)}."
    return check(f"{row.effect}: {row.first} and {row.second}", np.nan, np.nan, False, advice)


def _why_undefined(effect: str) -> str:
    """Why a correlation has no value."""
    if effect == "within":
        return "no child has both at two waves or more, or they never differ from the child's own mean"
    return "one of the two has the same value for everyone, or too few rows hold both"


def _undefined_notes(pairs: pd.DataFrame) -> list[str]:
    """For each effect the correlations that are not defined, and why."""
    none = pairs[pairs["estimate"].isna()]
    notes = []
    for effect, part in none.groupby("effect", sort=False):
        named = [
            f"{theory.label(first)} with {theory.label(second)}"
            for first, second in zip(part["first"], part["second"])
        ]
        more = f" and {len(named) - PAIRS_SHOWN} more" if len(named) > PAIRS_SHOWN else ""
        notes.append(
            f"Not defined ({effect}): {', '.join(named[:PAIRS_SHOWN])}{more}: {_why_undefined(str(effect))}."
        )
    return notes


def _nearly_the_same(row: Any) -> Check:
    return check(
        f"between: {row.first} and {row.second}",
        row.estimate,
        NEARLY_THE_SAME,
        False,
        f"{theory.label(row.first)} and {theory.label(row.second)} correlate "
        f"{wording.number(row.estimate, leading_zero=False)} between children: their separate effects cannot be "
        "told apart in one model. Test them jointly, or use their mean.",
    )


def _notes(rows: _Rows, pairs: pd.DataFrame, cluster: str) -> tuple[str, ...]:
    """Who the clusters are, which rows each pair uses, and how to read many correlations."""
    frame, n_children, n_clusters = rows.frame, rows.n_children, rows.n_clusters
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
    absent = [theory.label(name) for name in theory.TEN_CONSTRUCTS if name not in rows.names]
    not_measured = f"Not measured here: {', '.join(absent)}." if absent else ""
    caution = "Correlations of observed scores: unreliability pulls them towards zero; none is an effect."
    n_tests = len(pairs)
    many = f"{n_tests} correlations: about {n_tests * 0.05:.0f} would have p below .05 by chance alone."
    left_out = (
        wording.count(rows.n_excluded, "row") + " without any of the constructs left out."
        if rows.n_excluded
        else ""
    )
    said = [problem.sentence for problem in rows.problems]
    undefined = _undefined_notes(pairs)
    return tuple(note for note in (*said, *undefined, shared, used, left_out, not_measured, caution, many) if note)
