"""What a reader must be told about the coefficients: why one is undefined, why two differ, what they rest on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from securebase_analysis.engines.intraclass import TERMS as ICC_TERMS
from securebase_analysis.measures.agreement.coefficients import MOST_CATEGORIES
from securebase_analysis.measures.agreement.estimate import Estimates
from securebase_analysis.measures.agreement.incomplete_table import MOST_CODERS
from securebase_analysis.measures.agreement.table import Group, Level, RatingTable
from securebase_analysis.results import wording

FEW_CLUSTERS = 10
MOST_NOTES = 4
HIGH_AGREEMENT, HIGH_PREVALENCE, LOW_KAPPA, PARADOX_GAP = 0.80, 0.80, 0.60, 0.20
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
    """One row of ``diagnostics()``; when it is not ok it is also said in a note."""

    topic: str
    value: Any
    threshold: Any
    ok: bool
    said: str
    group: str = ""
    code: str = ""

    @property
    def sentence(self) -> str:
        """What is said, with its place in the catalogue of messages."""
        return f"{self.said} ({self.code})" if self.said and self.code else self.said

    @property
    def row(self) -> dict[str, Any]:
        """The remark with the column names of ``diagnostics()``."""
        return {
            "check": f"{self.group}{self.topic}",
            "value": self.value,
            "threshold": self.threshold,
            "ok": self.ok,
            "advice": f"{self.group}{self.sentence}" if self.said else "",
        }


def spoken(remarks: list[Remark]) -> list[str]:
    """The remarks that are not ok, as notes: the same words once for all their groups, and no topic at length."""
    notes = []
    for topic in dict.fromkeys(remark.topic for remark in remarks):
        groups: dict[str, list[str]] = {}
        for remark in remarks:
            if remark.topic == topic and not remark.ok:
                groups.setdefault(remark.sentence, []).append(remark.group.removesuffix(": "))
        for said, names in list(groups.items())[:MOST_NOTES]:
            notes.append(_for_groups(names) + said)
        hidden = sum(map(len, list(groups.values())[MOST_NOTES:]))
        if hidden:
            notes.append(f"The like holds for {hidden} more groups ({topic}): see diagnostics().")
    return notes


def _for_groups(names: list[str]) -> str:
    """The groups that a sentence is about."""
    if len(names) > MOST_NOTES:
        return f"{len(names)} groups: "
    return "; ".join(names) + ": " if any(names) else ""


def read_estimates(
    table: RatingTable, estimates: Estimates, level: Level, low: np.ndarray, high: np.ndarray
) -> list[Remark]:
    """Everything worth saying, group by group; `low` and `high` have the shape of the estimates."""
    remarks: list[Remark] = []
    alpha = estimates.terms.index("krippendorff_alpha")
    for number, group in enumerate(table.groups):
        view = _View(table, estimates, level, number, group, (low[number, alpha], high[number, alpha]))
        if view.n_units == 0:
            remarks.append(_nothing_compared(view))
            continue
        remarks += [remark for remark in (look(view) for look in LOOKS) if remark]
    return remarks + _whole_table(table)


class _View:
    """One group of the estimates, by name."""

    def __init__(
        self,
        table: RatingTable,
        estimates: Estimates,
        level: Level,
        number: int,
        group: Group,
        alpha_interval: tuple[float, float],
    ) -> None:
        self.table, self.estimates, self.level, self.number = table, estimates, level, number
        self.prefix, self.alpha_interval = group.prefix, alpha_interval
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
        return wording.count(self.n_units, self.table.unit_word)


def _nothing_compared(view: _View) -> Remark:
    advice = f"No {view.table.unit_word} has ratings by two coders, so nothing is estimated."
    return Remark("units compared", 0, 1, False, advice, view.prefix)


def _rests_on(view: _View) -> Remark:
    """How many clusters the interval rests on (#85)."""
    word, few = view.table.cluster_word, view.n_clusters < FEW_CLUSTERS
    said = ""
    if few and view.n_clusters < 2:
        said = (
            f"Agreement rests on one {word}; one cannot show how {wording.plural(word)} differ, so "
            f"there is no interval."
        )
    elif few:
        alone = len(view.table.groups) == 1 and np.isfinite(view.alpha_interval).all()
        reach = f"; the interval of alpha is {wording.interval(*view.alpha_interval)}" if alone else ""
        said = (
            f"Agreement rests on {wording.count(view.n_clusters, word)}{reach}. From so few an interval "
            f"says little; "
            f"double-code more before reporting it as reliable."
        )
    return Remark(
        f"{wording.plural(word)} compared", view.n_clusters, FEW_CLUSTERS, not few, said, view.prefix, "SB-CODE-07"
    )


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
        f"{view.who} used only {label!r}, in all {view.units}. Agreement is 100 %; with no second "
        f"category in use there is no chance agreement to correct for, so {names} {have} no meaning here; "
        f"AC1 = {wording.number(view.value['gwet_ac1'])}."
    )
    return Remark("categories used", 1, 2, False, advice, view.prefix, "SB-CODE-08")


def _unequal_raters(view: _View) -> Remark | None:
    """Fleiss' kappa needs as many raters for every unit (#90)."""
    if view.estimates.equal_raters[view.number]:
        return None
    ratings = view.table.ratings
    n = view.table.n_ratings[(ratings.group == view.number) & (view.table.n_ratings > 1)]
    advice = (
        f"Units have {n.min()} to {n.max()} ratings; Fleiss' kappa needs the same number for each, "
        f"so it is left empty. Krippendorff's alpha uses all of them: "
        f"{wording.number(view.value['krippendorff_alpha'])}."
    )
    return Remark("ratings per unit", f"{n.min()} to {n.max()}", "equal", False, advice, view.prefix, "SB-CODE-12")


def _missing_cells(view: _View) -> Remark | None:
    """With cells missing, intraclass correlations come from a mixed model, or are left empty."""
    if "icc_1" not in view.value or view.estimates.complete[view.number]:
        return None
    ratings, n_ratings = view.table.ratings, view.table.n_ratings
    units = ratings.group == view.number
    n_coders = len(np.unique(ratings.coder[units[ratings.unit]]))
    lacking = int((n_ratings[units] < n_coders).sum())
    once = int((n_ratings[units] == 1).sum())
    said = (
        f"{lacking} of {wording.count(int(units.sum()), 'unit')} lack a rating by one of the {n_coders} coders. "
        f"{_how_then(view, once)}"
    )
    return Remark("complete table", lacking, 0, False, said, view.prefix)


def _how_then(view: _View, once: int) -> str:
    """Where the intraclass correlations of a table with cells missing come from, or why there are none."""
    found = view.estimates.components[view.number]
    if found is None:
        why = f"With more than {MOST_CODERS} coders the intraclass correlations are left empty"
    elif view.undefined(*ICC_TERMS):
        why = (
            "The ratings vary too little, or too few units were rated by several coders, to part units, coders "
            "and error, so the intraclass correlations are left empty"
        )
    else:
        alone = f", {'one' if once == 1 else once} of units rated once among them" if once else ""
        ends = "approximate F-based" if view.estimates.independent[view.number] else "bootstrap"
        return (
            f"The intraclass correlations come from the variances of a mixed model of units and coders "
            f"(restricted maximum likelihood) that uses every rating{alone}; their intervals are {ends} ones. "
            f"They hold when a rating is missing for reasons that do not hang on its value."
        )
    return f"{why}; Krippendorff's alpha uses every unit with two ratings or more."


def _measurements(view: _View) -> Remark | None:
    """Kappas count exact matches, which measurements do not have."""
    if view.estimates.countable[view.number]:
        return None
    advice = (
        f"{len(view.categories):,} distinct values: these are measurements, for which kappas and "
        f"AC1, made for categories, are left empty. Read Krippendorff's alpha and the intraclass correlations."
    )
    return Remark("distinct values", len(view.categories), MOST_CATEGORIES, False, advice, view.prefix)


def _no_variance(view: _View) -> Remark | None:
    """Intraclass correlations have no meaning when nothing varies."""
    if not view.estimates.complete[view.number] or not view.undefined(*ICC_TERMS):
        return None
    advice = (
        "The ratings do not vary between units or coders, so intraclass correlations, which are "
        "shares of variance, have no meaning here."
    )
    return Remark("variance", 0.0, "above 0", False, advice, view.prefix)


def _paradox(view: _View) -> Remark | None:
    """High agreement beside a low kappa: prevalence (#87)."""
    table = view.categories.sort_values("share", ascending=False)
    kappa = view.value["cohen_kappa"]
    agreement, ac1 = view.value["percent_agreement"], view.value["gwet_ac1"]
    if not np.isfinite([kappa, agreement, ac1]).all() or len(table) < 2:
        return None
    top = table.iloc[0]
    puzzling = agreement >= HIGH_AGREEMENT and kappa < LOW_KAPPA and ac1 - kappa >= PARADOX_GAP
    if not puzzling or top["share"] < HIGH_PREVALENCE:
        return None
    rare = table[table["n_ratings"] > 0].iloc[-1]
    advice = (
        f"Agreement {100 * agreement:.0f} %, kappa {wording.number(kappa)}: {top['category']!r} "
        f"makes up {100 * top['share']:.0f} % of the ratings, so nearly all agreement is expected by chance and a "
        f"few disagreements weigh heavily. AC1 {wording.number(ac1)}; agreement on {rare['category']!r} itself "
        f"{wording.number(rare['specific_agreement'])}: look at this one."
    )
    value = round(float(top["share"]), 4)
    return Remark("prevalence", value, HIGH_PREVALENCE, False, advice, view.prefix, "SB-CODE-09")


def _alone_in_using(view: _View) -> Remark | None:
    """Names that one coder alone used: no agreement on them is possible (#97)."""
    if view.level != "nominal" or view.table.unit_word != "unit":
        return None
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
        f"{labels}{more} {words[0]} used {words[1]} alone ({', '.join(who)}); "
        f"agreement on {words[2]} cannot be estimated."
    )
    return Remark("categories of one coder", len(alone), 0, False, advice, view.prefix, "SB-CODE-19")


def _no_width(view: _View) -> Remark | None:
    """Perfect agreement gives an interval without width, which is not certainty."""
    if view.value["percent_agreement"] < 1.0 or view.n_clusters < 2:
        return None
    bound = 1.0 - 0.05 ** (1.0 / view.n_clusters)
    word = view.table.cluster_word
    advice = (
        f"No disagreement in {wording.count(view.n_clusters, word)}, so the resamples cannot differ and the "
        f"intervals have no width. That is not certainty: up to {100 * bound:.0f} % of "
        f"{wording.plural(word)} could "
        f"hold a disagreement and none be seen (95 % bound)."
    )
    return Remark("disagreements seen", 0, 1, False, advice, view.prefix)


def _undefined_resamples(view: _View) -> Remark | None:
    """Resamples in which alpha was undefined are left out of its interval."""
    column = view.number * len(view.estimates.terms) + view.estimates.terms.index("krippendorff_alpha")
    values = view.estimates.replicates.values[:, column]
    if not len(values) or not np.isfinite(view.value["krippendorff_alpha"]) or view.n_clusters < 2:
        return None
    share = 1.0 - float(np.isfinite(values).mean())
    often = share > 0.05
    advice = (
        f"In {100 * share:.0f} % of the resamples only one category was left, so alpha had no value "
        f"there; the interval comes from the others and is too narrow."
    )
    return Remark(
        "resamples without alpha", round(share, 4), 0.05, not often, advice if often else "", view.prefix
    )


LOOKS = (
    _rests_on,
    _one_category,
    _unequal_raters,
    _missing_cells,
    _measurements,
    _no_variance,
    _paradox,
    _alone_in_using,
    _no_width,
    _undefined_resamples,
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
    threshold = round(LARGE_SHARE * fair, 4)
    return [
        Remark(f"largest {table.cluster_word}", round(share, 4), threshold, not heavy, advice if heavy else "")
    ]
