"""The network as an answer: its stability first, then its edges, with and without a penalty, and the claims."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import combinations
from typing import Any, Literal

import numpy as np
import pandas as pd

from securebase_analysis import theory
from securebase_analysis.errors import check_option
from securebase_analysis.models.network.door import Children
from securebase_analysis.models.network.fitting import Fitted
from securebase_analysis.models.network.stability import (
    LEAST_STABILITY,
    inclusion,
    percentiles,
    stability_coefficient,
)
from securebase_analysis.results import wording
from securebase_analysis.results.inference import Floats, check_conf_level, fisher_interval
from securebase_analysis.results.result import Result

Effect = Literal["edge", "partial correlation", "strength"]
EFFECTS: tuple[Effect, ...] = ("edge", "partial correlation", "strength")
NEAREST = 10
"""Pairs shown where none has an edge."""


@dataclass(frozen=True, eq=False)
class NetworkResult(Result):
    """A network of partial correlations with its stability.

    Attributes
    ----------
    stability : pandas.DataFrame
        ``effect, dropped, n_children, correlation, lowest, alike``: how networks of fewer children correlate with
        that of all.
    children : Children
        One row a child.
    fitted : Fitted
        The network, and those of resamples and subsets.
    """

    children: Children = field(repr=False, default=None)  # type: ignore[assignment]
    fitted: Fitted = field(repr=False, default=None)  # type: ignore[assignment]
    stability: pd.DataFrame = field(default_factory=pd.DataFrame)

    @property
    def names(self) -> list[str]:
        """The constructs."""
        return list(self.children.names)

    def coefficient(self, effect: Literal["edge", "strength"] = "strength") -> float:
        """The stability coefficient: the share of children without whom the answer would still be nearly the same.

        Parameters
        ----------
        effect : {"edge", "strength"}
            Of the edges, or of the order of constructs by strength.
        """
        check_option("effect", effect, ("edge", "strength"))
        return stability_coefficient(self.stability, effect)

    def edges(self, conf_level: float | None = None) -> pd.DataFrame:
        """Every pair of constructs, whether it has an edge or not.

        Parameters
        ----------
        conf_level : float, optional
            Level of the intervals; that of the request by default.

        Returns
        -------
        pandas.DataFrame
            ``first, second, estimate, conf_low, conf_high, included`` (share of the resamples with this edge),
            ``partial, partial_low, partial_high`` (without a penalty) and ``claimed`` (whether the model says that
            one raises the other).
        """
        tidy = self.tidy(conf_level)
        edge = tidy[tidy["effect"] == "edge"].reset_index(drop=True)
        partial = tidy[tidy["effect"] == "partial correlation"].reset_index(drop=True)
        pairs = list(combinations(self.names, 2))
        claims = {frozenset((path.source, path.target)) for path in theory.PATHWAYS}
        return pd.DataFrame(
            {
                "first": [first for first, _ in pairs],
                "second": [second for _, second in pairs],
                **{name: edge[name] for name in ("estimate", "conf_low", "conf_high")},
                "included": inclusion(_of_pairs(self.fitted.drawn.edges)),
                "partial": partial["estimate"],
                "partial_low": partial["conf_low"],
                "partial_high": partial["conf_high"],
                "claimed": [frozenset(pair) in claims for pair in pairs],
            }
        )

    def matrix(self, effect: Literal["edge", "partial correlation", "correlation"] = "edge") -> pd.DataFrame:
        """Edges, partial correlations without a penalty, or plain correlations as a square table.

        Parameters
        ----------
        effect : {"edge", "partial correlation", "correlation"}
            Which of the three.
        """
        tables = {
            "edge": self.fitted.whole.edges[0],
            "partial correlation": self.fitted.whole.partial[0],
            "correlation": self.children.correlations,
        }
        check_option("effect", effect, tuple(tables))
        return pd.DataFrame(tables[effect].copy(), index=self.names, columns=self.names)

    def claims(self, conf_level: float | None = None) -> pd.DataFrame:
        """The claims of the model beside the edges.

        Parameters
        ----------
        conf_level : float, optional
            Level of the intervals; that of the request by default.

        Returns
        -------
        pandas.DataFrame
            ``claim, kind, source, target``, the columns of ``edges()`` from `estimate` to `partial_high`, and
            ``n_children, reference``. A claim about change over time, or about what was not measured, has no
            numbers and ``n_children`` 0: one row a child cannot speak for it. That an edge is there agrees with a
            claim; it does not say which of the two raises the other.
        """
        edges = self.edges(conf_level)
        numbers = [name for name in edges if name not in ("first", "second", "claimed")]
        by_pair = {frozenset((row.first, row.second)): row for row in edges.itertuples()}
        records: list[dict[str, Any]] = []
        for path in theory.PATHWAYS:
            found = None if path.kind == "over time" else by_pair.get(frozenset((path.source, path.target)))
            records.append(
                {
                    "claim": path.claim,
                    "kind": path.kind,
                    "source": path.source,
                    "target": path.target,
                    **{name: np.nan if found is None else getattr(found, name) for name in numbers},
                    "n_children": 0 if found is None else len(self.children.values),
                    "reference": path.reference,
                }
            )
        return pd.DataFrame(records)

    def differences(self, effect: Effect = "edge", conf_level: float | None = None) -> pd.DataFrame:
        """Every two edges, partial correlations or strengths compared, by the resamples.

        Parameters
        ----------
        effect : {"edge", "partial correlation", "strength"}
            What to compare.
        conf_level : float, optional
            Level of the intervals; that of the request by default.

        Returns
        -------
        pandas.DataFrame
            ``first, second, difference, conf_low, conf_high, differs``: whether the middle share of the resampled
            differences leaves zero out. No allowance is made for the number of comparisons, of which there are
            990 between the edges of ten constructs.
        """
        check_option("effect", effect, EFFECTS)
        level = self.conf_level if conf_level is None else conf_level
        check_conf_level(level)
        terms = self._terms(effect)
        first, second = np.triu_indices(len(terms), 1)
        estimate, replicates = self._replicates(effect)
        low, high = percentiles(replicates[:, first] - replicates[:, second], level)
        return pd.DataFrame(
            {
                "first": [terms[place] for place in first],
                "second": [terms[place] for place in second],
                "difference": estimate[first] - estimate[second],
                "conf_low": low,
                "conf_high": high,
                "differs": (low > 0.0) | (high < 0.0),
            }
        )

    def path(self) -> pd.DataFrame:
        """The penalties that were tried: ``penalty, n_edges, ebic, chosen``."""
        selected = self.fitted.selected
        return pd.DataFrame(
            {
                "penalty": selected.penalties[:, 0],
                "n_edges": selected.n_edges[:, 0],
                "ebic": selected.ebic[:, 0],
                "chosen": np.arange(len(selected.penalties)) == selected.place[0],
            }
        )

    def summary(self, conf_level: float | None = None) -> str:
        """The answer as text: how stable it is, then the edges."""
        title, rest = super().summary(conf_level).split("\n\n", 1)
        return f"{title}\n\n{self.stability_words()}\n\n{rest}"

    def _repr_html_(self) -> str:
        head, rest = super()._repr_html_().split("</strong></p>", 1)
        return f"{head}</strong></p><p>{self.stability_words()}</p>{rest}"

    def stability_words(self) -> str:
        """The stability in two sentences."""
        if self.facts["n_edges"]:
            return stability_sentences(self.stability)
        empty = _share_empty(self.fitted.drawn.edges)
        return f"Stability. No edge was found, and none in {100 * empty:.0f}% of the resamples either."

    def _shown(self, conf_level: float) -> pd.DataFrame:
        """The edges that are there, by size; where there is none, the pairs that are nearest to one."""
        edges = self.edges(conf_level).sort_values("partial", key=np.abs, ascending=False, kind="stable")
        there = edges[edges["estimate"] != 0.0].sort_values("estimate", key=np.abs, ascending=False, kind="stable")
        there = there if len(there) else edges.head(NEAREST)
        head = f"{wording.percent(conf_level)} CI"
        table = pd.DataFrame(
            {
                "Pair": [_pair_words(row) for row in there.itertuples()],
                "Edge": [wording.number(value, leading_zero=False) for value in there["estimate"]],
                "Resamples": [_interval_words(*ends) for ends in zip(there["conf_low"], there["conf_high"])],
                "In resamples": [f"{100 * share:.0f}%" for share in there["included"]],
                "Without penalty": [wording.number(value, leading_zero=False) for value in there["partial"]],
                head: [_interval_words(*ends) for ends in zip(there["partial_low"], there["partial_high"])],
                "Claimed": ["yes" if claimed else "" for claimed in there["claimed"]],
            }
        )
        return table.reset_index(drop=True)

    # ---- what was drawn ----------------------------------------------------------------------------------------

    def _interval(self, conf_level: float) -> tuple[Floats, Floats]:
        """Percentiles for edges and strengths, Fisher's z for partial correlations."""
        estimates = self.estimates
        low, high = np.full(len(estimates), np.nan), np.full(len(estimates), np.nan)
        for effect in EFFECTS:
            rows = (estimates["effect"] == effect).to_numpy()
            if effect == "partial correlation":
                chosen = estimates[rows]
                ends = fisher_interval(chosen["estimate"], chosen["z_std_error"], chosen["df"], conf_level)
            else:
                ends = percentiles(self._replicates(effect)[1], conf_level)
            low[rows], high[rows] = ends
        unknown = estimates["estimate"].isna().to_numpy()
        low[unknown] = high[unknown] = np.nan
        return low, high

    def _replicates(self, effect: Effect) -> tuple[Floats, Floats]:
        """The estimates, and those of the resamples, shape (resamples, terms)."""
        whole, drawn = self.fitted.whole, self.fitted.drawn
        if effect == "strength":
            return whole.strength[0], drawn.strength
        of = (lambda one: one.edges) if effect == "edge" else (lambda one: one.partial)
        return _of_pairs(of(whole))[0], _of_pairs(of(drawn))

    def _terms(self, effect: Effect) -> list[str]:
        return self.names if effect == "strength" else pair_terms(self.names)


def pair_terms(names: list[str]) -> list[str]:
    """Pairs of constructs as terms.

    Examples
    --------
    >>> pair_terms(["availability", "trust"])
    ['availability ~ trust']
    """
    return [f"{first} ~ {second}" for first, second in combinations(names, 2)]


def estimates_of(children: Children, fitted: Fitted, stability: pd.DataFrame) -> pd.DataFrame:
    """Edges, partial correlations and strengths; no strength where their order is not stable."""
    names = children.names
    pairs = pair_terms(names)
    partial, draws = _of_pairs(fitted.whole.partial)[0], _of_pairs(fitted.drawn.partial)
    z_error = np.nanstd(np.arctanh(draws), axis=0, ddof=1) if np.isfinite(draws).all(axis=1).sum() > 1 else np.nan
    shown = stability_coefficient(stability, "strength") >= LEAST_STABILITY
    strength = fitted.whole.strength[0] if shown else np.full(len(names), np.nan)
    parts = [
        pd.DataFrame({"effect": "edge", "term": pairs, "estimate": _of_pairs(fitted.whole.edges)[0]}),
        pd.DataFrame(
            {
                "effect": "partial correlation",
                "term": pairs,
                "estimate": partial,
                "std_error": (1.0 - partial**2) * z_error,
                "z_std_error": z_error,
                "df": float(children.n_clusters - 1),
            }
        ),
        pd.DataFrame({"effect": "strength", "term": names, "estimate": strength}),
    ]
    table = pd.concat(parts, ignore_index=True).assign(outcome="", group="", tested=False)
    columns = ["outcome", "group", "effect", "term", "estimate", "std_error", "df", "tested", "z_std_error"]
    return table[columns]


def stability_sentences(stability: pd.DataFrame) -> str:
    """What could be left out without changing the answer, for edges and for strengths."""
    said = []
    for effect, what in (("edge", "edges"), ("strength", "order of constructs by strength")):
        share = stability_coefficient(stability, effect)
        stays = (
            f"would stay nearly the same (r ≥ .7 in 95 of 100 subsets) without {100 * share:.0f}% of the children."
        )
        said.append(f"The {what} {stays if share else 'would change without even 5% of the children.'}")
    return f"Stability. {' '.join(said)}"


def _of_pairs(matrices: Floats) -> Floats:
    """The upper triangles, shape (B, pairs)."""
    first, second = np.triu_indices(matrices.shape[-1], 1)
    return np.asarray(matrices[:, first, second])


def _share_empty(edges: Floats) -> float:
    """The share of the resamples that have a network, but no edge in it."""
    usable = edges[np.isfinite(edges).all(axis=(1, 2))]
    return float((~usable.any(axis=(1, 2))).mean()) if len(usable) else 0.0


def _pair_words(row: Any) -> str:
    return f"{theory.label(row.first)} – {theory.label(row.second)}"


def _interval_words(low: float, high: float) -> str:
    return wording.interval(low, high, leading_zero=False)
