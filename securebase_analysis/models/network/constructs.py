"""Which constructs make the network: those asked for, enough of them and not too many."""

from __future__ import annotations

import pandas as pd

from securebase_analysis import theory
from securebase_analysis.errors import ModelError, Problem, raise_if_stopped
from securebase_analysis.models.network.request import Request
from securebase_analysis.models.one_or_several import listed

FEWEST_CONSTRUCTS, MOST_CONSTRUCTS = 3, 30
WHO = ("site", "child", "carer", "wave", "informant")


def constructs_of(frame: pd.DataFrame, request: Request) -> list[str]:
    """The columns asked for, or the ten constructs that are there."""
    asked = [] if request.constructs is None else listed(request.constructs)
    names = list(dict.fromkeys(asked or [name for name in theory.TEN_CONSTRUCTS if name in frame]))
    who = [name for name in names if name in {*WHO, request.group, request.cluster}]
    raise_if_stopped([_says_who(name) for name in who], ModelError)
    raise_if_stopped(_too_many(len(names)), ModelError)
    if len(names) >= FEWEST_CONSTRUCTS:
        return names
    raise ModelError(
        Problem(
            "SB-SEM-80",
            "stop",
            f"A network needs {FEWEST_CONSTRUCTS} constructs; {len(names)} can be used.",
            why="A partial correlation is between two, given at least one other.",
            fix=f"Name columns in constructs=[...]; the model's own are {', '.join(theory.TEN_CONSTRUCTS)}.",
        )
    )


def _says_who(name: str) -> Problem:
    return Problem(
        "SB-SEM-184",
        "stop",
        f"{name!r} is among the constructs, and says who, where or when.",
        column=name,
        why="A number that only names a child or a carer goes together with nothing.",
        done="Nothing was computed.",
        fix=f"constructs=[...] without {name!r}",
    )


def _too_many(n: int) -> list[Problem]:
    if n <= MOST_CONSTRUCTS:
        return []
    return [
        Problem(
            "SB-SEM-80",
            "stop",
            f"A network has {MOST_CONSTRUCTS} constructs at most; {n} are named.",
            why="Of so many pairs no cohort tells the edges apart, and each resample takes minutes.",
            done="Nothing was computed.",
            fix="constructs=[...] with scores of scales in place of items",
        )
    ]
