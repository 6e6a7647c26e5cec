"""What keeps constructs of the codebook from being measured by their items."""

from __future__ import annotations

from collections.abc import Sequence

from securebase_analysis.errors import Problem, nearest
from securebase_analysis.results import wording
from securebase_analysis.study.codebook import whole_of
from securebase_analysis.theory import SIDES

MOST_NAMED = 12


def not_measured(name: str, known: Sequence[str]) -> Problem:
    """A construct without items."""
    guess = nearest(name, [*known, *SIDES])
    listed = ", ".join(known[:MOST_NAMED]) + (", ..." if len(known) > MOST_NAMED else "")
    return Problem(
        "SB-SEM-142",
        "stop",
        f"No questionnaire of the codebook measures {name!r}.",
        table="codebook: items",
        column="construct",
        why="Constructs are measured by items; interviews and ratings give scores that are not items.",
        done="Nothing was fitted.",
        fix=f"Write {guess!r}." if guess else f"Its constructs are {listed}.",
    )


def side_not_measured(side: str, unknown: Sequence[str], left: Sequence[str]) -> Problem:
    """A side of the model of which some constructs have no items."""
    return Problem(
        "SB-SEM-142",
        "stop",
        f"No questionnaire of the codebook measures {', '.join(unknown)}, of {side}.",
        table="codebook: items",
        column="construct",
        why="Constructs are measured by items; interviews and ratings give scores that are not items.",
        done="Nothing was fitted.",
        fix=f"constructs={list(left)!r}" if left else "Add the items to the codebook, or leave out constructs=.",
    )


def nothing_asked(known: Sequence[str]) -> Problem:
    """No construct named."""
    return Problem(
        "SB-SEM-142",
        "stop",
        "No construct is named.",
        why="A measurement model has a construct at least.",
        done="Nothing was fitted.",
        fix=f"Leave out constructs=, or name some of {', '.join(known[:MOST_NAMED])}.",
    )


def nothing_measured(instrument: str | None) -> Problem:
    """A codebook, or questionnaire, without items."""
    whose = "The codebook" if instrument is None else f"Questionnaire {instrument!r}"
    return Problem(
        "SB-SEM-142",
        "stop",
        f"{whose} has no items.",
        table="codebook: items",
        why="Constructs are measured by items.",
        done="Nothing was fitted.",
        fix="Add the items to the codebook, or leave out instrument=.",
    )


def too_few_items(construct: str, n_items: int, needed: int, others: Sequence[str]) -> Problem:
    """A construct that cannot be told from what is wrong with its items."""
    named = f"constructs={list(others)!r}" if others else "score_dimensions(study), by the mean of the items"
    alone = " when it stands alone" if needed > 2 else ""
    return Problem(
        "SB-SEM-143",
        "stop",
        f"{construct!r} has {wording.count(n_items, 'item')}; a construct needs {needed}{alone}.",
        table="codebook: items",
        column=construct,
        why="With fewer, what an answer says of the construct cannot be told from its error.",
        done="Nothing was fitted.",
        fix=f"{named}; or beside other constructs, fit_measurement(study)"
        if needed > n_items == 2
        else f"{named}; a construct of one item can enter fit_sem(items, model) as the column it is",
    )


def whole_and_part(names: Sequence[str]) -> list[Problem]:
    """Parts that are asked for beside their whole."""
    parts = [name for name in names if whole_of(name) != name and whole_of(name) in names]
    return [
        Problem(
            "SB-SEM-147",
            "stop",
            f"{part!r} is a part of {whole_of(part)!r}: both have the same items.",
            table="codebook: items",
            column="construct",
            why="An item would be explained twice by the same answers.",
            done="Nothing was fitted.",
            fix=f"Leave out {whole_of(part)!r} and name its parts, or leave out {part!r}.",
        )
        for part in parts
    ]
