"""What is asked of a measurement model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from numbers import Real
from typing import Any

from securebase_analysis.errors import ModelError, Problem, check_option
from securebase_analysis.models.sem.request import ESTIMATORS, MISSING, Estimator, Missing
from securebase_analysis.results.inference import check_conf_level
from securebase_analysis.study.codebook import Codebook

KEYS = ("site", "child", "wave", "informant")


@dataclass(frozen=True, eq=False)
class Request:
    """A request as it was made; see `fit_measurement`."""

    constructs: tuple[str, ...] | None
    wave: Any
    informant: str | None
    instrument: str | None
    without: tuple[str, ...]
    force_reversed: tuple[str, ...]
    group: str | None
    equal: tuple[str, ...]
    partial: tuple[str, ...]
    missing: Missing
    estimator: Estimator
    std_lv: bool
    conf_level: float

    @property
    def spec(self) -> Mapping[str, Any]:
        """The request, so that it can be made again."""
        return {"verb": "fit_measurement", **vars(self)}


def checked(request: Request) -> Request:
    """The request, when its options are words that have a meaning.

    Raises
    ------
    ModelError
        When they have none.
    """
    check_conf_level(request.conf_level)
    check_option("missing", request.missing, MISSING)
    check_option("estimator", request.estimator, ESTIMATORS)
    check_option("std_lv", request.std_lv, (True, False))
    for name in ("informant", "instrument", "group"):
        value = getattr(request, name)
        if not (value is None or isinstance(value, str)):
            what = f"{name}={value!r} is no name."
            fix = f"{name}='...', one name, or leave it out"
            raise ModelError(Problem("SB-MODEL-30", "stop", what, fix=fix))
    if isinstance(request.wave, bool) or not (request.wave is None or isinstance(request.wave, str | Real)):
        what = f"wave={request.wave!r} is no wave."
        fix = "wave=1, one number or name; for several waves assess_invariance(data, constructs, wave='wave')"
        raise ModelError(Problem("SB-MODEL-30", "stop", what, fix=fix))
    if request.group in KEYS:
        raise ModelError(_no_group(str(request.group)))
    return request


def _no_group(name: str) -> Problem:
    """A key that was given as the group."""
    apart = name in ("wave", "informant")
    return Problem(
        "SB-MODEL-30",
        "stop",
        f"group={name!r} says {'when or by whom' if apart else 'of whom'} a row is.",
        why="Groups are of children; a child would be in several." if apart else "Every child would be a group.",
        fix=f"assess_invariance(data, constructs, {'wave' if name == 'wave' else 'group'}={name!r}) compares them"
        if apart
        else "group='...', what is known of a child, such as its country",
    )


def codebook_of(data: Any, codebook: Any) -> Codebook:
    """The codebook given, or that of a study or of its scores.

    Raises
    ------
    ModelError
        When there is none.
    """
    found = getattr(data, "codebook", None) if codebook is None else codebook
    if isinstance(found, Codebook):
        return found
    what = "Without a codebook it is not known which items measure what."
    if codebook is not None:
        what = f"codebook is a {type(codebook).__name__}, not a Codebook."
    raise ModelError(
        Problem(
            "SB-MODEL-41",
            "stop",
            what,
            why="It says which items belong to which construct, and which are reversed.",
            done="Nothing was fitted.",
            fix="fit_measurement(read_study(folder)), or fit_measurement(items, codebook=read_codebook(path))",
        )
    )
