"""What is asked of a panel model, and which questions do not go together."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from securebase_analysis.errors import ModelError, Problem, check_option, raise_if_stopped
from securebase_analysis.results import wording
from securebase_analysis.results.inference import check_conf_level

Model = Literal["ri-clpm", "clpm", "lagged", "growth"]
Missing = Literal["fiml", "listwise"]
Estimator = Literal["ml", "mlr"]
Equal = bool | Literal["despite-spacing"]
Shape = Literal["linear", "quadratic", "latent"]
MODELS: tuple[Model, ...] = ("ri-clpm", "clpm", "lagged", "growth")
SHAPES: tuple[Shape, ...] = ("linear", "quadratic", "latent")
FEWEST_CONSTRUCTS: dict[Model, int] = {"ri-clpm": 2, "clpm": 2, "lagged": 2, "growth": 1}
MOST_CONSTRUCTS = 10
FEWEST_WAVES: dict[Model, int] = {"ri-clpm": 3, "clpm": 2, "lagged": 3, "growth": 3}
MOST_WAVES = 8
LONGEST_NAME = 60
NAME = re.compile(r"[^\W\d][\w.]*")
"""What lavaan's syntax takes for a variable."""


@dataclass(frozen=True, eq=False)
class Request:
    """A request as it was made; see `fit_panel`."""

    constructs: tuple[str, ...]
    model: Model
    equal_over_waves: Equal | None
    equal_over_groups: bool
    waves: tuple[Any, ...] | Mapping[Any, float] | None
    covariates: tuple[str, ...]
    group: str | None
    missing: Missing
    estimator: Estimator
    conf_level: float
    shape: Shape = "linear"
    slopes_on_levels: bool = False
    prior: float | None = None

    @property
    def equal(self) -> bool:
        """Whether lagged effects are equal over waves, or of growth curves the residual variances."""
        return bool(self.equal_over_waves)


def checked(request: Request) -> Request:
    """The request, when its options are words that go together, with what is usual where nothing was said.

    Raises
    ------
    ModelError
        When they are not.
    """
    check_conf_level(request.conf_level)
    check_option("model", request.model, MODELS)
    check_option("equal_over_waves", request.equal_over_waves, (None, True, False, "despite-spacing"))
    check_option("equal_over_groups", request.equal_over_groups, (True, False))
    check_option("missing", request.missing, ("fiml", "listwise"))
    check_option("estimator", request.estimator, ("ml", "mlr"))
    check_option("shape", request.shape, SHAPES)
    check_option("slopes_on_levels", request.slopes_on_levels, (True, False))
    raise_if_stopped([*_number(request), *_names(request), *_group_is_a_name(request)], ModelError)
    raise_if_stopped([*_twice(request), *_named_like_a_part(request), *_no_groups(request)], ModelError)
    raise_if_stopped([*_of_curves(request), *_of_lags(request), *_spans_alike(request)], ModelError)
    if request.equal_over_waves is None:
        return replace(request, equal_over_waves=request.model != "growth")
    return request


def check_number_of_waves(n: int, request: Request) -> list[Problem]:
    """Too few waves for the model, or too many."""
    model = request.model
    if FEWEST_WAVES[model] <= n <= MOST_WAVES:
        return []
    within = model in ("ri-clpm", "lagged")
    why = (
        "Stable differences and effects from wave to wave cannot be told apart in fewer than three waves."
        if n < FEWEST_WAVES[model] and within
        else "A curve and what it leaves of the scores cannot be told apart in fewer than three waves."
        if n < FEWEST_WAVES[model] and model == "growth"
        else f"A panel model has {FEWEST_WAVES[model]} to {MOST_WAVES} waves here."
    )
    fix = "waves=[...] names the waves to use"
    if n == 2:
        fix = "model='clpm', whose effects then mix both" if within else _change(request.constructs[0])
    return [
        Problem(
            "SB-SEM-40", "stop", f"There {'is' if n == 1 else 'are'} {wording.count(n, 'wave')} to model.",
            column="wave", why=why, done="Nothing was fitted.", fix=fix,
        )
    ]  # fmt: skip


def _change(construct: str) -> str:
    """What two waves say of growth."""
    return (
        f"fit_growth(data, '{construct} ~ wave', random='1', group='child'): the mean change, of children who "
        "differ in their level; data has a row per child and wave"
    )


def _number(request: Request) -> list[Problem]:
    n, fewest = len(request.constructs), FEWEST_CONSTRUCTS[request.model]
    if fewest <= n <= MOST_CONSTRUCTS:
        return []
    return [
        Problem(
            "SB-SEM-41",
            "stop",
            f"{wording.count(n, 'construct')} named; this model has {fewest} to {MOST_CONSTRUCTS}.",
            why=("" if fewest == 1 else "Effects on one another need two; ")
            + "more than ten need more children than cohorts have.",
            fix="fit_panel(data, ['availability', 'trust'])",
        )
    ]


def _names(request: Request) -> list[Problem]:
    """Names that cannot stand in lavaan's text."""
    problems = []
    for name in (*request.constructs, *request.covariates):
        if not isinstance(name, str):
            problems.append(_no_name(name))
        elif not NAME.fullmatch(name) or len(name) > LONGEST_NAME:
            problems.append(_impossible_name(name))
    return problems


def _no_name(given: Any) -> Problem:
    return Problem(
        "SB-SEM-42",
        "stop",
        f"A construct or covariate was given as {type(given).__name__}, not by its name.",
        why="Constructs and covariates are columns of the table, named by text.",
        done="Nothing was fitted.",
        fix="fit_panel(data, ['availability', 'trust'])",
    )


def _impossible_name(name: str) -> Problem:
    plain = re.sub(r"\W+", "_", name).strip("_")[:LONGEST_NAME] or "construct"
    plain = f"c_{plain}" if not NAME.fullmatch(plain) else plain
    shown = name[:LONGEST_NAME]
    return Problem(
        "SB-SEM-42",
        "stop",
        f"{shown!r} cannot be the name of a variable in a model's text.",
        column=shown,
        why="Names have letters, digits, points and underscores, begin with a letter, and have "
        f"{LONGEST_NAME} signs at most.",
        done="Nothing was fitted.",
        fix=f"data = data.rename(columns=lambda name: str(name).replace({shown!r}, {plain!r}))",
    )


def _group_is_a_name(request: Request) -> list[Problem]:
    """A column of groups that is given as something else."""
    if request.group is None or isinstance(request.group, str):
        return []
    return [
        Problem(
            "SB-MODEL-03",
            "stop",
            f"group= is of type {type(request.group).__name__}, not the name of one column.",
            why="Groups are those of one column; two are joined first.",
            done="Nothing was fitted.",
            fix="group='country'",
        )
    ]


def _named_like_a_part(request: Request) -> list[Problem]:
    """Constructs with the name that a part of another one has in the model's text."""
    taken = {f"{part}{name}" for name in request.constructs for part in ("ri_", "w_")}
    return [
        Problem(
            "SB-SEM-180",
            "stop",
            f"{name!r} is also the name of a part of another construct.",
            column=name,
            why="In the model's text ri_ begins the name of a child's own level, and w_ that of a deviation.",
            done="Nothing was fitted.",
            fix=f"data = data.rename(columns=lambda name: name.replace({name!r}, 'x_{name}'))",
        )
        for name in request.constructs
        if name in taken
    ]


def _twice(request: Request) -> list[Problem]:
    """Names that are given twice, or in two roles."""
    named = [*request.constructs, *request.covariates, *([request.group] if request.group else [])]
    again = [name for name in dict.fromkeys(named) if named.count(name) > 1]
    if not again:
        return []
    return [
        Problem(
            "SB-SEM-43",
            "stop",
            f"Named more than once: {', '.join(map(repr, again))}.",
            column=", ".join(map(str, again)),
            why="A column is a construct, a covariate or the group.",
            fix="Name each column once.",
        )
    ]


def _no_groups(request: Request) -> list[Problem]:
    """Effects that are to be equal over groups where there are none."""
    if request.group is not None or not request.equal_over_groups:
        return []
    return [
        Problem(
            "SB-SEM-110", "stop", "Nothing can be equal over groups: no column of groups is named.",
            why="equal_over_groups=True says what groups have in common.", done="Nothing was fitted.",
            fix="group='country', or another column that says which group a child is in.",
        )
    ]  # fmt: skip


def _of_curves(request: Request) -> list[Problem]:
    """What only growth curves have, asked of another model."""
    options = (("shape", request.shape != "linear"), ("slopes_on_levels", request.slopes_on_levels))
    asked = [name for name, is_asked in options if is_asked]
    if request.model == "growth" or not asked:
        return []
    said = f"{' and '.join(asked)} {'has' if len(asked) == 1 else 'have'}"
    return [
        Problem(
            "SB-SEM-104", "stop", f"{said} no meaning with model={request.model!r}.",
            why="Only growth curves have slopes.", done="Nothing was fitted.", fix="model='growth'",
        )
    ]  # fmt: skip


def _of_lags(request: Request) -> list[Problem]:
    """A prior that is no standard deviation, or of effects that the model does not have."""
    if request.prior is None:
        return []
    number = isinstance(request.prior, (int, float)) and not isinstance(request.prior, bool)
    if request.model != "growth" and number and 0.0 < request.prior < math.inf:
        return []
    return [
        Problem(
            "SB-SEM-120", "stop",
            "Growth curves have no lagged effects for a prior to be on." if request.model == "growth"
            else f"prior={request.prior!r} is no standard deviation.",
            why="prior= is the standard deviation of a normal prior on cross-lagged effects, in standard units.",
            done="Nothing was fitted.",
            fix="prior=0.3, which expects effects of up to 0.6 in either direction; or leave prior= out.",
        )
    ]  # fmt: skip


def _spans_alike(request: Request) -> list[Problem]:
    """Lagged effects of their own for each span, in a model of which every span is like another."""
    if request.model != "lagged" or request.equal_over_waves is not False:
        return []
    return [
        Problem(
            "SB-SEM-121", "stop", "In a lagged mixed model every span between two waves is like another.",
            why="What children brought to the first wave came about as everything after it: by the same effects.",
            done="Nothing was fitted.",
            fix="model='ri-clpm' with equal_over_waves=False; or leave equal_over_waves= out.",
        )
    ]  # fmt: skip
