"""The equations of a panel model: every element with its place in lavaan's text and its name for the reader."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

from securebase_analysis.models.panel.request import Model

if TYPE_CHECKING:
    from securebase_analysis.models.panel.growth_elements import Curves

STABLE, WITHIN = "ri_", "w_"
CROSS = "cross-lagged"
LAGGED = ("autoregressive", CROSS)


@dataclass(frozen=True)
class Panel:
    """What is modelled.

    Attributes
    ----------
    constructs, waves : tuple of str
        Columns are called ``<construct>_<wave>``.
    model : {"ri-clpm", "clpm", "lagged", "growth"}
        With or without stable differences between children; with them, and every span like another; or growth
        curves.
    equal : bool
        Whether lagged effects are equal over waves; of growth curves the residual variances.
    covariates : tuple of str
        Columns that explain every construct at every wave.
    groups : tuple of str
        Names of the groups; one empty name where there is one group.
    equal_groups : bool
        Whether lagged effects are equal over groups; of growth curves the means.
    curves : Curves or None
        How scores grow, where these are growth curves.
    """

    constructs: tuple[str, ...]
    waves: tuple[str, ...]
    model: Model
    equal: bool
    covariates: tuple[str, ...] = ()
    groups: tuple[str, ...] = ("",)
    equal_groups: bool = False
    curves: Curves | None = None

    @property
    def columns(self) -> list[str]:
        """Every construct at every wave, construct by construct."""
        return [f"{name}_{wave}" for name in self.constructs for wave in self.waves]

    @property
    def within(self) -> bool:
        """Whether stable differences between children are taken apart from what happens within them."""
        return self.model in ("ri-clpm", "lagged")

    def at(self, construct: str, wave: str) -> str:
        """What acts on the next wave: the deviation from the child's own level, or the score itself."""
        return f"{WITHIN if self.within else ''}{construct}_{wave}"


@dataclass(frozen=True)
class Element:
    """One element of the model.

    Attributes
    ----------
    lhs, op, rhs : str
        As lavaan's text has it; of a mean `rhs` is ``1``.
    effect, term, outcome : str
        As ``tidy()`` shows it; an empty effect is not shown.
    fixed : str
        Its value, where it is not estimated.
    label : str
        Elements of one label are equal.
    column : str
        The score that is explained, with its wave.
    start : str
        Where the search for it begins, where the engine is not to choose.
    apart : bool
        Whether each group has its own, whatever else is equal over groups.
    """

    lhs: str
    op: str
    rhs: str
    effect: str = ""
    term: str = ""
    outcome: str = ""
    fixed: str = ""
    label: str = ""
    column: str = ""
    start: str = ""
    apart: bool = False


def elements_of(panel: Panel) -> list[Element]:
    """Every element of the model, in the order in which it is read."""
    if panel.curves is not None:
        return panel.curves.elements(panel)
    if panel.model == "lagged":
        from securebase_analysis.models.panel.lagged_elements import lagged_mixed

        return lagged_mixed(panel)
    parts = [*decomposed(panel)] if panel.within else []
    return [*parts, *lagged(panel), *explained(panel), *_together(panel), *means(panel)]


def n_parameters(panel: Panel) -> int:
    """Free parameters; those that are equal count once."""
    free = [one for one in elements_of(panel) if not one.fixed]
    labelled = {one.label for one in free if one.label}
    per_group = sum(not one.label for one in free) + len(labelled)
    joint = {one.label for one in free if one.label and not one.apart}
    shared = len(joint) * (len(panel.groups) - 1) if panel.equal_groups else 0
    return per_group * len(panel.groups) - shared


def decomposed(panel: Panel) -> Iterator[Element]:
    """Each score is the child's own level and a deviation from it, without anything left."""
    for name in panel.constructs:
        for wave in panel.waves:
            yield Element(f"{STABLE}{name}", "=~", f"{name}_{wave}", fixed="1")
    for name in panel.constructs:
        for wave in panel.waves:
            yield Element(panel.at(name, wave), "=~", f"{name}_{wave}", fixed="1")


def lagged(panel: Panel) -> Iterator[Element]:
    """Every construct at the wave before acts on every construct."""
    for before, wave in zip(panel.waves, panel.waves[1:]):
        for outcome in panel.constructs:
            for source in panel.constructs:
                yield Element(
                    panel.at(outcome, wave), "~", panel.at(source, before),
                    "autoregressive" if source == outcome else "cross-lagged",
                    f"{outcome} ~ {source}",
                    outcome if panel.equal else f"{outcome}_{wave}",
                    label=_label(panel, outcome, source, wave),
                    column=f"{outcome}_{wave}",
                )  # fmt: skip


def _label(panel: Panel, outcome: str, source: str, wave: str) -> str:
    """What equal effects have in common."""
    if panel.equal:
        return f"{outcome}.by.{source}"
    return f"{outcome}_{wave}.by.{source}" if panel.equal_groups else ""


def explained(panel: Panel) -> Iterator[Element]:
    """Covariates explain every score at every wave."""
    for name in panel.constructs:
        for wave in panel.waves:
            column = f"{name}_{wave}"
            for covariate in panel.covariates:
                yield Element(column, "~", covariate, "covariate", f"{name} ~ {covariate}", column, column=column)


def _together(panel: Panel) -> Iterator[Element]:
    """Variances and covariances: of the children's own levels, and within each wave of what nothing explains."""
    if panel.within:
        yield from spread([f"{STABLE}{name}" for name in panel.constructs], panel.constructs, "random-intercept ")
    for wave in panel.waves:
        names = [f"{name}_{wave}" for name in panel.constructs]
        kind = "" if wave == panel.waves[0] else "residual "
        yield from spread([panel.at(name, wave) for name in panel.constructs], names, kind)


def spread(variables: list[str], names: list[str] | tuple[str, ...], kind: str) -> Iterator[Element]:
    """Variances, then covariances."""
    for variable, name in zip(variables, names):
        yield Element(variable, "~~", variable, f"{kind}variance", f"{name} ~~ {name}")
    for (one, of_one), (other, of_other) in combinations(zip(variables, names), 2):
        yield Element(one, "~~", other, f"{kind}covariance", f"{of_one} ~~ {of_other}")


def means(panel: Panel) -> Iterator[Element]:
    """A mean of each construct at each wave; with lags or covariates on the scores it is an intercept."""
    for column in panel.columns:
        yield Element(column, "~", "1", "intercept", f"{column} ~1", column)
