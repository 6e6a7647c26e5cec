"""What dates no longer tell once those of each child were moved by a number of weeks of its own."""

from __future__ import annotations

from securebase_analysis.errors import Problem
from securebase_analysis.results.wording import count as n_of
from securebase_analysis.study.draft import Draft


def open_until_the_freeze(draft: Draft) -> list[Problem]:
    """Placements that last until a data freeze which did not move with them (SB-ID-78)."""
    placements, weeks = draft.tables["placements"], draft.study_file.weeks_moved
    still_open = int((placements["end"].isna() & placements["start"].notna()).sum())
    return [seems_longer(still_open, weeks)] if weeks and still_open else []


def seems_longer(still_open: int, weeks: int) -> Problem:
    """The placements that last until the data freeze, which did not move with them."""
    return Problem(
        "SB-ID-78",
        "warn",
        f"The dates of each child were moved back by 1 to {weeks} weeks, the data freeze was not; "
        f"{n_of(still_open, 'placement lasts', 'placements last')} until then.",
        table="placements",
        column="end",
        why="Followed until the freeze, a placement seems longer than it was by as much.",
        done="Kept open.",
        fix="For models of how long placements last, keep the dates: pseudonymise(study, key, weeks=0).",
    )


RULES = (open_until_the_freeze,)
