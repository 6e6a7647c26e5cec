"""What can be asked of a network, and what is refused before any data are read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any, Literal

from securebase_analysis.engines.weighted_correlations import Missing
from securebase_analysis.errors import ModelError, Problem, check_option, raise_if_stopped
from securebase_analysis.models.one_or_several import listed
from securebase_analysis.results.inference import check_conf_level, check_seed

Level = Literal["between", "wave"]
LEVELS: tuple[Level, ...] = ("between", "wave")
WAYS: tuple[Missing, ...] = ("fiml", "pairwise", "listwise")
FEWEST_RESAMPLES, MOST_RESAMPLES = 20, 100_000


@dataclass(frozen=True, eq=False)
class Request:
    """The options of `fit_network`."""

    constructs: Sequence[str] | str | None
    level: Level
    wave: Any
    missing: Missing
    gamma: float
    threshold: bool
    refit: bool
    n_resamples: int
    seed: int
    group: str
    cluster: str
    conf_level: float

    def checked(self) -> Request:
        """The request itself.

        Raises
        ------
        ModelError
            When an option has no meaning.
        """
        check_option("level", self.level, LEVELS)
        check_option("missing", self.missing, WAYS)
        check_option("threshold", self.threshold, (True, False))
        check_option("refit", self.refit, (True, False))
        raise_if_stopped(
            [_no_name(word, given) for word, given in self._columns() if not isinstance(given, str)], ModelError
        )
        check_conf_level(self.conf_level)
        check_seed(self.seed)
        _check_gamma(self.gamma)
        _check_resamples(self.n_resamples)
        if self.level == "between" and self.wave is not None:
            raise ModelError(_wave_without_its_level(self.wave))
        return self

    def _columns(self) -> list[tuple[str, object]]:
        """Every name of a column, with the option that it was given in."""
        constructs = [] if self.constructs is None else listed(self.constructs)
        named: list[tuple[str, object]] = [("constructs", name) for name in constructs]
        return [*named, ("group", self.group), ("cluster", self.cluster)]


def _no_name(word: str, given: object) -> Problem:
    """A column that is given as something else than its name."""
    fixes = {"constructs": "constructs=['availability', 'acceptance', 'trust']", "group": "group='child'"}
    return Problem(
        "SB-MODEL-03",
        "stop",
        f"{word}= {'holds' if word == 'constructs' else 'is'} {type(given).__name__}, not the name of a column.",
        why="Columns of the table are named by text.",
        done="Nothing was computed.",
        fix=fixes.get(word, f"{word}='carer'"),
    )


def _check_gamma(gamma: object) -> None:
    if isinstance(gamma, Real) and not isinstance(gamma, bool) and 0.0 <= float(gamma) <= 1.0:
        return
    raise ModelError(
        Problem(
            "SB-SEM-87",
            "stop",
            f"gamma={gamma!r} is not a number from 0 to 1.",
            why="It says how much the number of possible edges counts against a network; 0 is the ordinary BIC.",
            fix="gamma=0.5",
        )
    )


def _check_resamples(n_resamples: object) -> None:
    whole = isinstance(n_resamples, Integral) and not isinstance(n_resamples, bool)
    if whole and FEWEST_RESAMPLES <= int(n_resamples) <= MOST_RESAMPLES:  # type: ignore[call-overload]
        return
    raise ModelError(
        Problem(
            "SB-SEM-87",
            "stop",
            f"n_resamples={n_resamples!r} is not a whole number from {FEWEST_RESAMPLES} to {MOST_RESAMPLES:,}.",
            why="A network without its stability can be chance from end to end.",
            fix="n_resamples=1000",
        )
    )


def _wave_without_its_level(wave: object) -> Problem:
    return Problem(
        "SB-SEM-86",
        "stop",
        f"wave={wave!r} was given, and level='between', which uses the mean of all waves.",
        why="It is not clear which of the two is meant.",
        fix=f"level='wave', wave={wave!r}",
    )
