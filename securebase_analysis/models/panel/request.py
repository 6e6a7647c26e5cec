"""What is asked of a panel model, and which questions do not go together."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from securebase_analysis.errors import ModelError, Problem, check_option, raise_if_stopped
from securebase_analysis.results import wording
from securebase_analysis.results.inference import check_conf_level

Model = Literal["ri-clpm", "clpm"]
Missing = Literal["fiml", "listwise"]
Estimator = Literal["ml", "mlr"]
Equal = bool | Literal["despite-spacing"]
MODELS: tuple[Model, ...] = ("ri-clpm", "clpm")
FEWEST_CONSTRUCTS, MOST_CONSTRUCTS = 2, 10
FEWEST_WAVES: dict[Model, int] = {"ri-clpm": 3, "clpm": 2}
MOST_WAVES = 8
NAME = re.compile(r"[^\W\d][\w.]*")
"""What lavaan's syntax takes for a variable."""


@dataclass(frozen=True, eq=False)
class Request:
    """A request as it was made; see `fit_panel`."""

    constructs: tuple[str, ...]
    model: Model
    equal_over_waves: Equal
    equal_over_groups: bool
    waves: tuple[Any, ...] | Mapping[Any, float] | None
    covariates: tuple[str, ...]
    group: str | None
    missing: Missing
    estimator: Estimator
    conf_level: float

    @property
    def equal(self) -> bool:
        """Whether lagged effects are equal over waves."""
        return bool(self.equal_over_waves)


def checked(request: Request) -> Request:
    """The request, when its options are words that go together.

    Raises
    ------
    ModelError
        When they are not.
    """
    check_conf_level(request.conf_level)
    check_option("model", request.model, MODELS)
    check_option("equal_over_waves", request.equal_over_waves, (True, False, "despite-spacing"))
    check_option("equal_over_groups", request.equal_over_groups, (True, False))
    check_option("missing", request.missing, ("fiml", "listwise"))
    check_option("estimator", request.estimator, ("ml", "mlr"))
    raise_if_stopped([*_number(request), *_names(request), *_twice(request), *_no_groups(request)], ModelError)
    return request


def check_number_of_waves(n: int, model: Model) -> list[Problem]:
    """Too few waves for the model, or too many."""
    if FEWEST_WAVES[model] <= n <= MOST_WAVES:
        return []
    two = model == "ri-clpm" and n == FEWEST_WAVES["clpm"]
    why = (
        "Stable differences and effects from wave to wave cannot be told apart in fewer than three waves."
        if n < FEWEST_WAVES[model] and model == "ri-clpm"
        else f"A panel model has {FEWEST_WAVES[model]} to {MOST_WAVES} waves here."
    )
    fix = "model='clpm', whose effects then mix both" if two else "waves=[...] names the waves to use"
    return [
        Problem(
            "SB-SEM-40", "stop", f"There {'is' if n == 1 else 'are'} {wording.count(n, 'wave')} to model.",
            column="wave", why=why, done="Nothing was fitted.", fix=fix,
        )
    ]  # fmt: skip


def _number(request: Request) -> list[Problem]:
    n = len(request.constructs)
    if FEWEST_CONSTRUCTS <= n <= MOST_CONSTRUCTS:
        return []
    return [
        Problem(
            "SB-SEM-41",
            "stop",
            f"{wording.count(n, 'construct')} named; a panel model has {FEWEST_CONSTRUCTS} to {MOST_CONSTRUCTS}.",
            why="Effects on one another need two; more than ten need more children than cohorts have.",
            fix="fit_panel(data, ['availability', 'trust'])",
        )
    ]


def _names(request: Request) -> list[Problem]:
    """Names that cannot stand in lavaan's text."""
    return [
        Problem(
            "SB-SEM-42",
            "stop",
            f"{name!r} cannot be the name of a variable in a model's text.",
            column=str(name),
            why="Names have letters, digits, points and underscores, and begin with a letter.",
            fix=f"data = data.rename(columns=lambda name: name.replace({str(name)!r}, 'a_name'))",
        )
        for name in (*request.constructs, *request.covariates)
        if not (isinstance(name, str) and NAME.fullmatch(name))
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
            "SB-SEM-110", "stop", "Lagged effects cannot be equal over groups: no column of groups is named.",
            why="equal_over_groups=True says what groups have in common.", done="Nothing was fitted.",
            fix="group='country', or another column that says which group a child is in.",
        )
    ]  # fmt: skip
