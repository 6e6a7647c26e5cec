"""What is asked of a model of disruption, and which questions do not go together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from securebase_analysis.errors import ModelError, Problem, check_option, raise_if_stopped
from securebase_analysis.models.one_or_several import listed
from securebase_analysis.results.inference import check_conf_level

Model = Literal["cox", "fine-gray"]
Ties = Literal["efron", "breslow"]
Recurrent = Literal["andersen-gill", "pwp-total", "pwp-gap"]
MODELS: tuple[Model, ...] = ("cox", "fine-gray")
Errors = Literal["sandwich", "adjusted"]
RECURRENT: tuple[Recurrent, ...] = ("andersen-gill", "pwp-total", "pwp-gap")


@dataclass(frozen=True, eq=False)
class Request:
    """A request as it was made; names of columns, and options."""

    formula: str
    start: str | None
    stop: str
    event: str | Mapping[str, Any]
    cluster: str | None
    model: Model
    cause: Any
    strata: tuple[str, ...]
    frailty: str | None
    weights: str | None
    ties: Ties | None
    censored: Any
    child: str | None
    recurrent: Recurrent | None
    last_stratum: int | None
    errors: Errors
    conf_level: float

    @property
    def event_column(self) -> str:
        """The column that says how each row ended."""
        return self.event if isinstance(self.event, str) else str(next(iter(self.event)))

    @property
    def columns(self) -> list[str]:
        """Every column that must be there, besides those of the formula."""
        named = (self.start, self.stop, self.event_column, self.cluster, *self.strata, self.frailty, self.weights)
        return list(dict.fromkeys(name for name in (*named, self.child) if name is not None))

    @property
    def ties_used(self) -> Ties:
        """How tied events are dealt with: Efron's way for hazards, Breslow's for those of a subdistribution."""
        return self.ties or ("efron" if self.model == "cox" else "breslow")


def checked(request: Request) -> Request:
    """The request, when its options are words that go together.

    Raises
    ------
    ModelError
        When they are not.
    """
    check_conf_level(request.conf_level)
    raise_if_stopped(_not_one_column(request), ModelError)
    check_option("model", request.model, MODELS)
    check_option("ties", request.ties, (None, "efron", "breslow"))
    check_option("recurrent", request.recurrent, (None, *RECURRENT))
    check_option("errors", request.errors, ("sandwich", "adjusted"))
    raise_if_stopped([*_event(request), *_together(request), *_last_stratum(request)], ModelError)
    return request


def names_of(given: Any) -> tuple[str, ...]:
    """Names of columns, given as one, several or none."""
    return () if given is None else tuple(listed(given))


def _not_one_column(request: Request) -> list[Problem]:
    """Arguments that name one column, given as something else."""
    named = ("start", "stop", "cluster", "frailty", "weights", "child")
    wrong = [name for name in named if not isinstance(getattr(request, name), str | None)]
    return [
        Problem(
            "SB-EVENT-29",
            "stop",
            f"{name} is a {type(getattr(request, name)).__name__}, not the name of one column.",
            why="The columns are looked up in data, so that rows and messages stay together.",
            fix=f"{name}={_first_name(getattr(request, name))!r}",
        )
        for name in wrong
    ]


def _first_name(given: Any) -> str:
    """The first of several names, as an example."""
    return str(given[0]) if isinstance(given, list | tuple) and given and isinstance(given[0], str) else "carer"


def _event(request: Request) -> list[Problem]:
    """An event that is neither a column nor a column with what in it is the event."""
    if isinstance(request.event, str) or (isinstance(request.event, Mapping) and len(request.event) == 1):
        return []
    return [
        Problem(
            "SB-EVENT-01",
            "stop",
            f"event is a {type(request.event).__name__}, not a column.",
            why="It names the column that says how each row ended, and where needed the value of the event.",
            fix="event='event', or event={'ended': 2}",
        )
    ]


def _together(request: Request) -> list[Problem]:
    """Options that exclude one another."""
    fine_gray, frailty = request.model == "fine-gray", request.frailty is not None
    pairs = [
        (fine_gray and frailty, "model='fine-gray' and frailty", "A subdistribution has no frailty here.",
         "cluster= in place of frailty="),
        (fine_gray and request.recurrent is not None, "model='fine-gray' and recurrent",
         "It follows each child to one ending.", "model='cox' for moves that recur"),
        (frailty and request.cluster is not None, "frailty and cluster",
         "Both stand for what rows share: one in the model, the other in the errors.", "Name one of the two."),
        (frailty and request.weights is not None, "frailty and weights",
         "The likelihood of shared frailty is that of whole groups.", "cluster= in place of frailty="),
    ]  # fmt: skip
    if request.errors == "adjusted":
        shares = request.cluster is not None or request.recurrent is not None
        pairs += [
            (fine_gray, "model='fine-gray' and errors='adjusted'", "The adjustment is that of Cox's model.",
             "model='cox' with cause=, or errors='sandwich'"),
            (frailty, "frailty and errors='adjusted'", "With frailty the errors are those of the model.",
             "Leave out errors=."),
            (not shares, "errors='adjusted' and rows that share nothing",
             "The adjustment allows for few clusters, and none were named.", "cluster='carer', errors='adjusted'"),
        ]  # fmt: skip
    problems = [
        Problem("SB-EVENT-02", "stop", f"{what} do not go together.", why=why, fix=fix)
        for wrong, what, why, fix in pairs
        if wrong
    ]
    if fine_gray and request.cause is None and isinstance(request.event, str):
        problems.append(_which_cause(request.event))
    return problems


def _which_cause(column: str) -> Problem:
    return Problem(
        "SB-EVENT-03",
        "stop",
        "model='fine-gray' without a cause.",
        column=column,
        why="A subdistribution belongs to one way of ending, among several.",
        fix="cause='breakdown', and censored='open' for the word of those that had not ended",
    )


def _last_stratum(request: Request) -> list[Problem]:
    """The stratum in which later moves are taken together, where there are such strata."""
    last = request.last_stratum
    if last is None:
        return []
    whole = isinstance(last, int) and not isinstance(last, bool) and last >= 1
    if whole and request.recurrent in ("pwp-total", "pwp-gap"):
        return []
    return [
        Problem(
            "SB-EVENT-04",
            "stop",
            f"last_stratum={last!r} has no meaning here.",
            why="It is the number of the move from which on all share a stratum, where each move has its own.",
            fix="recurrent='pwp-total', last_stratum=3",
        )
    ]
