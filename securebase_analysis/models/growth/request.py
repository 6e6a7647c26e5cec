"""What was asked of a growth model, brought to one form and checked before any data are touched."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from securebase_analysis.errors import ModelError, Problem, check_option, raise_if_stopped
from securebase_analysis.models.formulas import no_random_part
from securebase_analysis.results.inference import check_conf_level

Family = Literal["gaussian", "binomial", "poisson", "negative-binomial", "ordinal"]
Method = Literal["reml", "ml"]
DegreesOfFreedom = Literal["satterthwaite", "kenward-roger", "normal", "residual"]
Residual = Literal["independent", "ar1"]
RandomPart = str | Sequence[str]

MOST_NODES = 100
"""Beyond this many nodes the weights of the outer ones are below what a number can hold."""
FAMILIES = ("gaussian", "binomial", "poisson", "negative-binomial", "ordinal")
DF_WORDS = {
    "satterthwaite": "Satterthwaite",
    "kenward-roger": "Kenward–Roger",
    "normal": "infinite",
    "residual": "residual",
}


@dataclass(frozen=True, eq=False)
class Request(Mapping[str, Any]):
    """A growth model as it was asked for; a mapping, so that it can be read and made again.

    Attributes
    ----------
    formula : str
        Outcome and fixed effects.
    random : mapping
        The parts of each factor; parts of one factor do not correlate with one another.
    family, method, df, conf_level
        As `fit_growth` takes them.
    weights, variance_by, exposure : str or None
        Columns of the weights, of the groups with a residual variance of their own, and of the time at risk.
    residual : str
        How residuals of one child relate.
    nodes : int or None
        Nodes of the quadrature; None for the family's own number.
    """

    formula: str
    random: Mapping[str, tuple[str, ...]]
    family: str = "gaussian"
    method: str = "reml"
    df: str = "satterthwaite"
    conf_level: float = 0.95
    weights: str | None = None
    variance_by: str | None = None
    exposure: str | None = None
    residual: str = "independent"
    nodes: int | None = None

    @property
    def group(self) -> str:
        """The factor whose growth it is: the first."""
        return next(iter(self.random))

    @property
    def spec(self) -> dict[str, Any]:
        """The arguments of `fit_growth`, those left at nothing aside."""
        parts = {name: part[0] if len(part) == 1 else list(part) for name, part in self.random.items()}
        asked: dict[str, Any] = {
            "verb": "fit_growth",
            "formula": self.formula,
            "random": parts[self.group] if len(parts) == 1 else parts,
            "group": self.group,
            "family": self.family,
            "method": self.method,
            "df": self.df,
            "conf_level": self.conf_level,
        }
        if self.residual != "independent":
            asked["residual"] = self.residual
        columns = {"weights": self.weights, "variance_by": self.variance_by, "exposure": self.exposure}
        more = columns | {"nodes": self.nodes}
        return asked | {name: value for name, value in more.items() if value is not None}

    @property
    def has_structure(self) -> bool:
        """Whether residuals differ in variance, or relate to one another."""
        return self.residual != "independent" or self.variance_by is not None

    @property
    def random_words(self) -> str:
        """The random part for a title."""
        return ", ".join(f"{' and '.join(parts)} by {name}" for name, parts in self.random.items())

    def but(self, **changes: Any) -> Request:
        """The same request with other settings."""
        return replace(self, **changes)

    def __getitem__(self, name: str) -> Any:
        return self.spec[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.spec)

    def __len__(self) -> int:
        return len(self.spec)


def request(
    formula: str,
    random: RandomPart | Mapping[str, RandomPart],
    group: str,
    family: str,
    method: str,
    df: str,
    conf_level: float,
    **more: Any,
) -> Request:
    """The request in one form.

    Raises
    ------
    ModelError
        When an option is no word of ours, or two of them exclude one another.
    """
    check_option("family", family, FAMILIES)
    check_option("method", method, ("reml", "ml"))
    check_option("df", df, tuple(DF_WORDS))
    check_option("residual", more.get("residual", "independent"), ("independent", "ar1"))
    check_conf_level(conf_level)
    asked = Request(formula, _by_factor(random, group), family, method, df, conf_level, **more)
    _refuse_what_excludes_itself(asked)
    # Other families are fitted by maximum likelihood, whose tests are asymptotic.
    return asked if family == "gaussian" else asked.but(method="ml", df="normal")


def _by_factor(random: RandomPart | Mapping[str, RandomPart], group: str) -> dict[str, tuple[str, ...]]:
    """The parts of each factor, from any way of saying them."""
    if not isinstance(random, Mapping):
        raise_if_stopped([] if isinstance(group, str) else [_no_column(group)], ModelError)
    given = dict(random) if isinstance(random, Mapping) else {group: random}
    if not given:
        raise ModelError(_nothing_random())
    order = sorted(given, key=lambda name: name != group)
    return {name: _parts(given[name]) for name in order}


def _parts(parts: Any) -> tuple[str, ...]:
    if isinstance(parts, str):
        return (parts,)
    if not isinstance(parts, list | tuple) or not parts:
        raise ModelError(no_random_part(parts))
    return tuple(parts)


def _no_column(group: object) -> Problem:
    return Problem(
        "SB-MODEL-03",
        "stop",
        f"group={group!r} is not the name of a column.",
        why="It says which rows belong together.",
        fix="group='child'; several factors are named in random={'child': '1', 'carer': '1'}",
    )


def _nothing_random() -> Problem:
    return Problem(
        "SB-MODEL-51",
        "stop",
        "random names no factor.",
        why="Repeated measures of a child are alike; leaving that out makes standard errors too small.",
        fix="random={'child': '1'}",
    )


def _refuse_what_excludes_itself(asked: Request) -> None:
    """Stop at pairs of options that have no answer together."""
    if asked.df == "kenward-roger" and asked.family == "gaussian":
        if asked.method == "ml":
            raise ModelError(_kenward_roger_without("ML", "method='reml', or df='satterthwaite'"))
        if asked.has_structure:
            raise ModelError(_kenward_roger_without("residuals of this structure", "df='satterthwaite'"))
    if asked.family != "gaussian" and (asked.has_structure or asked.weights):
        raise ModelError(
            Problem(
                "SB-MODEL-65",
                "stop",
                f"weights, variance_by and residual belong to family='gaussian', not to {asked.family!r}.",
                why="These outcomes have no residual variance of their own: their mean decides it.",
                fix="Leave them out; what differs between children belongs into random.",
            )
        )
    if asked.exposure and asked.family not in ("poisson", "negative-binomial"):
        raise ModelError(
            Problem(
                "SB-MODEL-94",
                "stop",
                f"exposure is for counts, not for family={asked.family!r}.",
                why="It is the time in which the events were counted.",
                fix="Leave it out, or put it into the formula.",
            )
        )
    if asked.nodes is not None and not _nodes_have_meaning(asked):
        raise ModelError(
            Problem(
                "SB-MODEL-99",
                "stop",
                f"nodes={asked.nodes!r} has no meaning here.",
                why="Quadrature is for outcomes that are not normal, with one grouping factor, and takes a whole "
                f"number of nodes from 1 to {MOST_NODES}.",
                fix="Leave nodes out.",
            )
        )
    if asked.has_structure and len(asked.random) > 1:
        raise ModelError(
            Problem(
                "SB-MODEL-66",
                "stop",
                "variance_by and residual='ar1' are there for one grouping factor.",
                why="With several factors, few cohorts tell the two kinds of dependence apart.",
                done="Nothing was fitted.",
                fix=f"random={{{asked.group!r}: ...}} alone, or leave out the structure of the residuals.",
            )
        )


def _nodes_have_meaning(asked: Request) -> bool:
    if not isinstance(asked.nodes, int | np.integer) or isinstance(asked.nodes, bool):
        return False
    return bool(1 <= asked.nodes <= MOST_NODES) and asked.family != "gaussian" and len(asked.random) == 1


def _kenward_roger_without(what: str, fix: str) -> Problem:
    return Problem(
        "SB-MODEL-49",
        "stop",
        f"Kenward and Roger's degrees of freedom are derived for REML, not for {what}.",
        why="Taken over, they would be off by an unknown amount.",
        fix=fix,
    )
