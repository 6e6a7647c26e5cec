"""The answer of relations: the correlations, and what they say to the claims of the model."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from securebase_analysis import theory
from securebase_analysis.models.relations.claim_verdicts import verdict_rows, verdicts_in_words
from securebase_analysis.models.relations.later_within_children import LaterWithin, later_within
from securebase_analysis.models.rows import groups_of, numeric_columns, wave_order
from securebase_analysis.results.inference import Floats, fisher_interval, two_sided_p
from securebase_analysis.results.result import Result


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
