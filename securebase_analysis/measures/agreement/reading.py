"""What a reader must be told about the coefficients: why one is undefined, why two differ, what they rest on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from securebase_analysis.engines.intraclass import TERMS as ICC_TERMS
from securebase_analysis.measures.agreement.estimate import MOST_CATEGORIES, Estimates
from securebase_analysis.measures.agreement.table import Group, RatingTable, many, plural
from securebase_analysis.results import wording

FEW_CLUSTERS = 10
HIGH_AGREEMENT, HIGH_PREVALENCE, PARADOX_GAP = 0.80, 0.80, 0.20
LARGE_SHARE = 3.0
NAMES = {
    "percent_agreement": "percent agreement",
    "krippendorff_alpha": "Krippendorff's alpha",
    "cohen_kappa": "Cohen's kappa",
    "weighted_kappa": "weighted kappa",
    "fleiss_kappa": "Fleiss' kappa",
    "gwet_ac1": "AC1",
}


@dataclass(frozen=True)
class Remark:
    """One row of ``diagnostics()``; spoken aloud (a note) when it says so."""

    check: str
    value: Any
    threshold: Any
    ok: bool
    advice: str
    aloud: bool = False


def read_estimates(table: RatingTable, estimates: Estimates, low: np.ndarray, high: np.ndarray) -> list[Remark]:
    """Everything worth saying, group by group; `low` and `high` have the shape of the estimates."""
    remarks: list[Remark] = []
    for number, group in enumerate(table.groups):
        view = _View(table, estimates, number, group)
        if view.n_units == 0:
            remarks.append(_nothing_compared(view))
            continue
        remarks += [remark for remark in _of_group(view, low[number], high[number]) if remark]
    return remarks + _whole_table(table)


def _of_group(view: _View, low: np.ndarray, high: np.ndarray) -> list[Remark | None]:
    """What holds for one group."""
    return [
        _rests_on(view, low, high),
        _one_category(view),
        _unequal_raters(view),
        _missing_cells(view),
        _measurements(view),
        _no_variance(view),
        _paradox(view),
        _alone_in_using(view),
        _no_width(view, low, high),
        _undefined_resamples(view),
    ]


class _View:
    """One group of the estimates, by name."""

    def __init__(self, table: RatingTable, estimates: Estimates, number: int, group: Group) -> None:
        self.table, self.estimates, self.number, self.prefix = table, estimates, number, group.prefix
        self.value = dict(zip(estimates.terms, estimates.values[number]))
        self.n_units = int(estimates.units_compared[number])
        self.n_clusters = int(estimates.clusters_compared[number])
        self.n_coders = int(estimates.coders_compared[number])
        positions = table.group_categories(number)
        self.categories: pd.DataFrame = estimates.categories.iloc[positions]

    def undefined(self, *terms: str) -> list[str]:
        """Those of `terms` that were asked for and have no value."""
        return [term for term in terms if term in self.value and not np.isfinite(self.value[term])]

    @property
    def who(self) -> str:
        return "Both coders" if self.n_coders == 2 else f"All {self.n_coders} coders"

    @property
    def units(self) -> str:
        return plural(self.n_units, self.table.unit_word)


def _nothing_compared(view: _View) -> Remark:
    advice = f"{view.prefix}No {view.table.unit_word} has ratings by two coders, so nothing is estimated."
    return Remark(f"{view.prefix}units compared", 0, 1, False, advice, aloud=True)


def _rests_on(view: _View, low: np.ndarray, high: np.ndarray) -> Remark:
    """How many clusters the interval rests on (#85)."""
    word = view.table.cluster_word
    few = view.n_clusters < FEW_CLUSTERS
    ends = {term: (low[i], high[i]) for i, term in enumerate(view.estimates.terms)}["krippendorff_alpha"]
    if not few:
        advice = ""
    elif view.n_clusters < 2:
        advice = (
            f"{view.prefix}Agreement rests on one {word}; there is no interval, "
            f"because one {word} cannot show how much {many(word)} differ."
        )
    else:
        reach = f" (interval of alpha {wording.interval(*ends)})" if np.isfinite(ends).all() else ""
        advice = (
            f"{view.prefix}Agreement rests on {plural(view.n_clusters, word)}{reach}; "
            f"a bootstrap over so few is too narrow. Double-code more before reporting it."
        )
    return Remark(f"{view.prefix}{word} count", view.n_clusters, FEW_CLUSTERS, not few, advice, aloud=few)


def _one_category(view: _View) -> Remark | None:
    """Kappa and alpha have no meaning when only one category was used (#86)."""
    used = view.categories[view.categories["n_ratings"] > 0]
    missing = view.undefined("krippendorff_alpha", "cohen_kappa", "weighted_kappa", "fleiss_kappa")
    if len(used) != 1 or not missing:
        return None
    label = used["category"].iloc[0]
    names = ", ".join(NAMES[term] for term in missing)
    have = "has" if len(missing) == 1 else "have"
    advice = (
        f"{view.prefix}{view.who} used only {label!r}, in all {view.units}. Agreement is 100 %; with no second "
        f"category in use there is no chance agreement to correct for, so {names} {have} no meaning here; "
        f"AC1 = {wording.number(view.value['gwet_ac1'])}."
    )
    return Remark(f"{view.prefix}categories used", 1, 2, False, advice, aloud=True)


def _unequal_raters(view: _View) -> Remark | None:
    """Fleiss' kappa needs as many raters for every unit (#90)."""
    if view.estimates.equal_raters[view.number]:
        return None
    ratings = view.table.ratings
    n = view.table.n_ratings[(ratings.group == view.number) & (view.table.n_ratings > 1)]
    advice = (
        f"{view.prefix}Units have {n.min()} to {n.max()} ratings; Fleiss' kappa needs the same number for each, "
        f"so it is left empty. Krippendorff's alpha uses all of them: "
        f"{wording.number(view.value['krippendorff_alpha'])}."
    )
    return Remark(f"{view.prefix}ratings per unit", f"{n.min()} to {n.max()}", "equal", False, advice, aloud=True)


def _missing_cells(view: _View) -> Remark | None:
    """Classical intraclass correlations need a complete table."""
    if not view.undefined(*ICC_TERMS) or view.estimates.complete[view.number]:
        return None
    ratings, n_ratings = view.table.ratings, view.table.n_ratings
    units = ratings.group == view.number
    n_coders = len(np.unique(ratings.coder[units[ratings.unit]]))
    lacking = int((n_ratings[units] < n_coders).sum())
    advice = (
        f"{view.prefix}{lacking} of {plural(int(units.sum()), 'unit')} lack a rating by one of the {n_coders} "
        f"coders. The intraclass correlations come from an analysis of variance of a complete table and are left "
        f"empty; Krippendorff's alpha uses every rating there is."
    )
    return Remark(f"{view.prefix}complete table", lacking, 0, False, advice, aloud=True)


def _measurements(view: _View) -> Remark | None:
    """Kappas count exact matches, which measurements do not have."""
    if view.estimates.countable[view.number]:
        return None
    advice = (
        f"{view.prefix}{len(view.categories):,} distinct values: these are measurements, for which kappas and "
        f"AC1, made for categories, are left empty. Read Krippendorff's alpha and the intraclass correlations."
    )
    return Remark(
        f"{view.prefix}distinct values", len(view.categories), MOST_CATEGORIES, False, advice, aloud=True
    )


def _no_variance(view: _View) -> Remark | None:
    """Intraclass correlations have no meaning when nothing varies."""
    if not view.estimates.complete[view.number] or not view.undefined(*ICC_TERMS):
        return None
    advice = (
        f"{view.prefix}The ratings do not vary between units or coders, so intraclass correlations, which are "
        f"shares of variance, have no meaning here."
    )
    return Remark(f"{view.prefix}variance", 0.0, "above 0", False, advice, aloud=True)


def _paradox(view: _View) -> Remark | None:
    """High agreement beside a low kappa: prevalence (#87)."""
    table = view.categories.sort_values("share", ascending=False)
    kappa = view.value["cohen_kappa"]
    agreement, ac1 = view.value["percent_agreement"], view.value["gwet_ac1"]
    if not np.isfinite([kappa, agreement, ac1]).all() or len(table) < 2:
        return None
    top = table.iloc[0]
    if agreement < HIGH_AGREEMENT or top["share"] < HIGH_PREVALENCE or ac1 - kappa < PARADOX_GAP:
        return None
    rare = table[table["n_ratings"] > 0].iloc[-1]
    advice = (
        f"{view.prefix}Agreement {100 * agreement:.0f} %, kappa {wording.number(kappa)}: {top['category']!r} "
        f"makes up {100 * top['share']:.0f} % of the ratings, so nearly all agreement is expected by chance and a "
        f"few disagreements weigh heavily. AC1 {wording.number(ac1)}; agreement on {rare['category']!r} itself "
        f"{wording.number(rare['specific_agreement'])}: look at this one."
    )
    value = round(float(top["share"]), 4)
    return Remark(f"{view.prefix}prevalence", value, HIGH_PREVALENCE, False, advice, aloud=True)


def _alone_in_using(view: _View) -> Remark | None:
    """Categories that one coder alone used: no agreement on them is possible (#97)."""
    ratings = view.table.ratings
    compared = (view.table.n_ratings > 1)[ratings.unit] & (ratings.group[ratings.unit] == view.number)
    key = ratings.category[compared] * ratings.n_coders + ratings.coder[compared]
    used = np.unique(key)
    category, n_users = np.unique(used // ratings.n_coders, return_counts=True)
    alone = category[n_users == 1]
    if not len(alone) or view.n_coders < 2:
        return None
    who = sorted(
        {view.table.coders[key % ratings.n_coders] for key in used if key // ratings.n_coders in set(alone)}
    )
    labels = ", ".join(repr(view.table.categories[number]) for number in alone[:5])
    more = f" and {len(alone) - 5} more" if len(alone) > 5 else ""
    words = ("were", "each by one coder", "them") if len(alone) > 1 else ("was", "by one coder", "it")
    advice = (
        f"{view.prefix}{labels}{more} {words[0]} used {words[1]} alone ({', '.join(who)}); "
        f"agreement on {words[2]} cannot be estimated."
    )
    return Remark(f"{view.prefix}categories of one coder", len(alone), 0, False, advice, aloud=True)


def _no_width(view: _View, low: np.ndarray, high: np.ndarray) -> Remark | None:
    """Perfect agreement gives an interval without width, which is not certainty."""
    if view.value["percent_agreement"] < 1.0 or view.n_clusters < 2:
        return None
    bound = 1.0 - 0.05 ** (1.0 / view.n_clusters)
    word = view.table.cluster_word
    advice = (
        f"{view.prefix}No disagreement in {plural(view.n_clusters, word)}, so the resamples cannot differ and the "
        f"intervals have no width. That is not certainty: up to {100 * bound:.0f} % of {many(word)} could "
        f"hold a disagreement and none be seen (95 % bound)."
    )
    return Remark(f"{view.prefix}disagreements seen", 0, 1, False, advice, aloud=True)


def _undefined_resamples(view: _View) -> Remark | None:
    """Resamples in which alpha was undefined are left out of its interval."""
    column = view.number * len(view.estimates.terms) + view.estimates.terms.index("krippendorff_alpha")
    values = view.estimates.replicates.values[:, column]
    if not len(values) or not np.isfinite(view.value["krippendorff_alpha"]) or view.n_clusters < 2:
        return None
    share = 1.0 - float(np.isfinite(values).mean())
    often = share > 0.05
    advice = (
        f"{view.prefix}In {100 * share:.0f} % of the resamples only one category was left, so alpha had no value "
        f"there; the interval comes from the others and is too narrow."
    )
    return Remark(
        f"{view.prefix}resamples without alpha", round(share, 4), 0.05, not often, advice if often else "", often
    )


def _whole_table(table: RatingTable) -> list[Remark]:
    """One source or child that supplies much more than its share (#96)."""
    ratings = table.ratings
    if table.cluster_word == "unit" or ratings.n_clusters < 3:
        return []
    sizes = np.bincount(ratings.cluster, ratings.weight * (table.n_ratings > 1), minlength=ratings.n_clusters)
    sizes = sizes[sizes > 0]
    if len(sizes) < 3:
        return []
    share, fair = float(sizes.max() / sizes.sum()), 1.0 / len(sizes)
    heavy = share > LARGE_SHARE * fair
    advice = (
        f"One {table.cluster_word} supplies {100 * share:.0f} % of what is compared, where an even share is "
        f"{100 * fair:.0f} %; agreement is mostly agreement there."
    )
    return [
        Remark(
            f"largest {table.cluster_word}",
            round(share, 4),
            round(LARGE_SHARE * fair, 4),
            not heavy,
            advice if heavy else "",
            heavy,
        )
    ]
