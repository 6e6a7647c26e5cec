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


def do_not_vary(
    unanswered: Sequence[str], alike: Sequence[str], place: str, measured: Sequence[Measured]
) -> Problem:
    """Items that nobody answered, or everybody alike."""
    silent = [*unanswered, *alike]
    said = [f"Nobody {place} answered {', '.join(unanswered)}"] if unanswered else []
    said += [f"Everybody {place} gave the same answer to {', '.join(alike)}"] if alike else []
    needed = 3 if len(measured) == 1 else 2
    left = [one.construct for one in measured if sum(item not in silent for item in one.items) >= needed]
    items = [item for one in measured if one.construct in left for item in one.items if item in silent]
    fixes = [f"constructs={left!r}"] if 0 < len(left) < len(measured) else []
    fixes += [f"without={items!r}"] if items else []
    tables = dict.fromkeys(one.instrument for one in measured if set(one.items) & set(silent))
    return Problem(
        "SB-SEM-144",
        "stop",
        "; ".join(said) + ".",
        table=", ".join(tables),
        column=", ".join(silent),
        why="What does not vary has no loading.",
        done="Nothing was fitted.",
        fix=", ".join(fixes) or "Another wave or informant, at which these items were asked.",
    )


def without_rows() -> Problem:
    """No child with an answer."""
    return Problem(
        "SB-SEM-146",
        "stop",
        "No child has an answer to any of these items.",
        done="Nothing was fitted.",
        fix="Look for the answers under other column names; wave= and informant= choose among them.",
    )


def with_gaps(n: int) -> Problem:
    """Children who did not answer all items, where only those count who did."""
    who = wording.count(n, "child", "children")
    return Problem("SB-SEM-148", "warn", f"{who} with a gap.", done="Left out.", fix="missing='fiml'")


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


def no_answers(columns: Sequence[str]) -> Problem:
    """A table that holds scores, or items without answers."""
    scores = {"construct", "score"} <= set(columns)
    what = (
        "This is a table of scores." if scores else "The long table has a column 'item', and none called 'value'."
    )
    return Problem(
        "SB-SEM-149",
        "stop",
        what,
        column="" if scores else "value",
        why="Constructs are measured by the answers to their items.",
        done="Nothing was fitted.",
        fix="fit_measurement(scores), with what score_dimensions gave, or the table of answers"
        if scores
        else "data.rename(columns={'...': 'value'})",
    )


def chosen(what: str, done: str, fix: str = "") -> Problem:
    """Something that was chosen where it was not said."""
    return Problem("SB-SEM-148", "note", what, done=done, fix=fix)
