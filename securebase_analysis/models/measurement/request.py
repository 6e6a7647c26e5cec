"""What is asked of a measurement model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from securebase_analysis.errors import ModelError, Problem, check_option
from securebase_analysis.models.sem.request import ESTIMATORS, MISSING, Estimator, Missing
from securebase_analysis.results.inference import check_conf_level
from securebase_analysis.study.codebook import Codebook


@dataclass(frozen=True, eq=False)
class Request:
    """A request as it was made; see `fit_measurement`."""

    constructs: tuple[str, ...] | None
    wave: Any
    informant: str | None
    instrument: str | None
    without: tuple[str, ...]
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
    return request


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
