"""What keeps answers from being used, and what was chosen among them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from securebase_analysis.errors import Problem, nearest
from securebase_analysis.models.measurement.constructs import Measured
from securebase_analysis.results import wording


def not_answered(instrument: str) -> Problem:
    """A questionnaire without rows."""
    return Problem(
        "SB-SEM-146",
        "stop",
        f"There are no answers to the questionnaire {instrument!r}.",
        table=instrument,
        done="Nothing was fitted.",
        fix="Name constructs that another questionnaire measures, or look for its file in the study.",
    )


def no_such_wave(wave: object, found: Mapping[int, int]) -> Problem:
    """A wave at which nothing was answered."""
    listed = ", ".join(f"{name} ({wording.count(n, 'child', 'children')})" for name, n in found.items())
    return Problem(
        "SB-SEM-146",
        "stop",
        f"Nothing was answered at wave {wave!r}.",
        column="wave",
        done="Nothing was fitted.",
        fix=f"Waves with answers: {listed or 'none'}.",
    )


def no_such_informant(informant: str, instrument: str, found: Sequence[str]) -> Problem:
    """An informant who did not answer a questionnaire."""
    guess = nearest(informant, found)
    listed = ", ".join(repr(name) for name in found) or "nobody"
    return Problem(
        "SB-SEM-146",
        "stop",
        f"{informant!r} did not answer {instrument}.",
        table=instrument,
        column="informant",
        done="Nothing was fitted.",
        fix=f"informant={guess!r}" if guess else f"It was answered by {listed}; constructs=[...] names others.",
    )


def no_such_group(group: str, known: Sequence[str]) -> Problem:
    """A column of groups that is not there."""
    guess = nearest(group, known)
    listed = ", ".join(map(str, known)) or "none"
    return Problem(
        "SB-SEM-146",
        "stop",
        f"Nothing is known of a child under the name {group!r}.",
        column=group,
        done="Nothing was fitted.",
        fix=f"group={guess!r}" if guess else f"Columns of the children: {listed}.",
    )


def do_not_vary(silent: Mapping[str, int], place: str, measured: Sequence[Measured]) -> list[Problem]:
    """Items that nobody answered, or everybody alike; the number of different answers by item."""
    problems = []
    for item, n_values in silent.items():
        of = next(one for one in measured if item in one.items)
        what = (
            f"Everybody {place} gave {item} the same answer." if n_values else f"Nobody {place} answered {item}."
        )
        left = [other for other in of.items if other not in silent]
        keeps = f"constructs=[...] without {of.construct!r}, which has {wording.count(len(left), 'item')} left"
        problems.append(
            Problem(
                "SB-SEM-144",
                "stop",
                what,
                table=of.instrument,
                column=item,
                why="What does not vary has no loading.",
                done="Nothing was fitted.",
                fix=f"without={list(silent)!r}" if len(left) > 2 else keeps,
            )
        )
    return problems


def without_rows(place: str) -> Problem:
    """No child with an answer."""
    return Problem(
        "SB-SEM-146",
        "stop",
        f"No child has an answer to any of the items {place}.",
        done="Nothing was fitted.",
        fix="wave=... and informant=... choose among the answers.",
    )


def without_group(n: int, group: str) -> Problem:
    """Children of whom the group is not known."""
    return Problem(
        "SB-SEM-148",
        "warn",
        f"{wording.count(n, 'child', 'children')} of no {group}.",
        column=group,
        done="Left out.",
        fix=f"Fill in {group}.",
    )


def chosen(what: str, done: str, fix: str = "") -> Problem:
    """Something that was chosen where it was not said."""
    return Problem("SB-SEM-148", "note", what, done=done, fix=fix)
