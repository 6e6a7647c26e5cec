"""What is asked of a structural equation model, and which questions do not go together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from securebase_analysis.errors import ModelError, Problem, check_option, raise_if_stopped
from securebase_analysis.models.one_or_several import listed
from securebase_analysis.models.sem.completed import DEFAULTS, Conventions, Defaults
from securebase_analysis.models.sem.equal_parameters import EQUAL
from securebase_analysis.results.inference import check_conf_level

Missing = Literal["fiml", "listwise"]
Estimator = Literal["ml", "mlr", "wlsmv"]
MISSING: tuple[Missing, ...] = ("fiml", "listwise")
ESTIMATORS: tuple[Estimator, ...] = ("ml", "mlr", "wlsmv")


@dataclass(frozen=True, eq=False)
class Request:
    """A request as it was made; see `fit_sem`."""

    model: str
    missing: Missing
    estimator: Estimator
    group: str | None
    equal: tuple[str, ...]
    partial: tuple[str, ...]
    defaults: Defaults
    std_lv: bool
    orthogonal: bool
    fixed_x: bool
    meanstructure: bool | None
    ordered: tuple[str, ...] | None
    conf_level: float

    @property
    def gives(self) -> bool:
        """Whether columns that only explain others are taken as given; not beside ordered categories."""
        return self.fixed_x and self.estimator != "wlsmv"

    @property
    def means_modelled(self) -> bool:
        """Whether means are part of the model, unless the text has one."""
        if self.meanstructure is not None:
            return self.meanstructure
        return (
            self.missing == "fiml"
            or self.estimator == "wlsmv"
            or self.group is not None
            or self.defaults == "growth"
        )

    def conventions(self, ordinal: Mapping[str, int]) -> Conventions:
        """What is added to the text; of columns of ordered categories the numbers of their thresholds.

        Beside ordered categories, thresholds and intercepts are equal over groups together, as in lavaan.
        """
        equal = self.equal
        if ordinal and {"thresholds", "intercepts"} & set(equal):
            equal = tuple(dict.fromkeys([*equal, "thresholds", "intercepts"]))
        return Conventions(
            defaults=self.defaults,
            std_lv=self.std_lv,
            orthogonal=self.orthogonal,
            fixed_x=self.gives,
            meanstructure=self.means_modelled,
            equal=equal,
            partial=self.partial,
            ordinal=ordinal,
        )


def words_given(given: bool | str | Sequence[str] | None) -> tuple[str, ...]:
    """Words given as one, several or none."""
    return () if given is None or given is False else tuple(listed(given))


def checked(request: Request) -> Request:
    """The request, when its options are words that go together.

    Raises
    ------
    ModelError
        When they are not.
    """
    check_conf_level(request.conf_level)
    for name, value, allowed in (
        ("missing", request.missing, MISSING),
        ("estimator", request.estimator, ESTIMATORS),
        ("defaults", request.defaults, DEFAULTS),
        ("std_lv", request.std_lv, (True, False)),
        ("orthogonal", request.orthogonal, (True, False)),
        ("fixed_x", request.fixed_x, (True, False)),
        ("meanstructure", request.meanstructure, (None, True, False)),
    ):
        check_option(name, value, allowed)
    for word in request.equal:
        check_option("equal", word, EQUAL)
    if request.group is not None and not isinstance(request.group, str):
        raise_if_stopped([_group_is_no_name(request.group)], ModelError)
    raise_if_stopped([*_model(request.model), *_together(request)], ModelError)
    return request


def _group_is_no_name(group: Any) -> Problem:
    """A column of groups that is given as something else."""
    one = listed(group)[0] if isinstance(group, list | tuple) and len(group) == 1 else "country"
    return Problem(
        "SB-MODEL-03", "stop", f"group= is of type {type(group).__name__}, not the name of one column.",
        why="Groups are those of one column; two are joined first.", fix=f"group={one!r}",
    )  # fmt: skip


def _model(model: Any) -> list[Problem]:
    """A model that is no text, or holds nothing."""
    if isinstance(model, str) and model.strip():
        return []
    what = (
        "The model is empty."
        if isinstance(model, str)
        else f"The model is of type {type(model).__name__}, not text."
    )
    fix = "model = 'trust =~ t1 + t2 + t3\\ntrust ~ availability'"
    if isinstance(model, Mapping):
        fix = "model = '\\n'.join(f'{name} =~ ' + ' + '.join(items) for name, items in model.items())"
    elif isinstance(model, list | tuple):
        fix = "model = '\\n'.join(model)"
    elif isinstance(model, bytes):
        fix = "model = model.decode()"
    return [
        Problem("SB-SEM-12", "stop", what, table="model", why="It says what measures and explains what.", fix=fix)
    ]


def _together(request: Request) -> list[Problem]:
    """Options that need one another, or exclude one another."""
    ordinal = request.estimator == "wlsmv"
    fiml_without_means = request.missing == "fiml" and request.meanstructure is False and not ordinal
    pairs = [
        (bool(request.equal) and request.group is None, "equal=(...) without a group",
         "Equality is over groups.", "Name the column: group='country'."),
        (request.ordered is not None and not ordinal, "ordered=(...) without estimator='wlsmv'",
         "Maximum likelihood takes every column as continuous.", "estimator='wlsmv'"),
        ("thresholds" in request.equal and not ordinal, "equal='thresholds' without estimator='wlsmv'",
         "Only ordered categories have thresholds.", "equal=('loadings', 'intercepts')"),
        (ordinal and "residuals" in request.equal, "equal='residuals' with estimator='wlsmv'",
         "Residual variances of ordered categories follow from the rest.", "equal=('loadings', 'thresholds')"),
        (ordinal and request.meanstructure is False, "estimator='wlsmv' and meanstructure=False",
         "Thresholds are part of the model.", "meanstructure=None"),
        (bool(request.partial) and not request.equal, "partial=(...) without equal",
         "It releases terms that are equal over groups.", "equal=('loadings', 'intercepts')"),
        (fiml_without_means, "missing='fiml' and meanstructure=False",
         "With gaps in the data the likelihood of means and covariances is one.", "meanstructure=True"),
    ]  # fmt: skip
    return [
        Problem("SB-SEM-13", "stop", f"{what} has no meaning.", why=why, fix=fix)
        for wrong, what, why, fix in pairs
        if wrong
    ]
