"""What is said about the columns of a table of placements: types, ids, placeholder dates, carers."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from securebase_analysis.errors import Problem, nearest
from securebase_analysis.results.wording import count as n_of
from securebase_analysis.study.schema import CONTEXT_WORDS
from securebase_analysis.study.spells.door import Door
from securebase_analysis.study.spells.rows_told import rows_told

TABLE = "placements"
PLACEHOLDER_SHARE, PLACEHOLDER_ROWS = 0.1, 5


def slips_in_types(door: Door) -> Iterator[Problem]:
    """Case 52: types of a plain table that look like a slip of one that is known."""
    if door.columns.coded or door.columns.type not in door.table:
        return
    codes, names = door.texts(door.columns.type)
    known = {word.casefold() for name, others in CONTEXT_WORDS.items() for word in (name, *others)}
    meant = {}
    for place, name in enumerate(names):
        guess = nearest(name, known) if name.casefold() not in known and not name.isdigit() else None
        if guess:
            meant[place] = guess
    wrong = np.isin(codes, list(meant))
    if wrong.any():
        place = int(codes[np.flatnonzero(wrong)[0]])
        yield Problem(
            "SB-PLACE-08",
            "warn",
            f"{n_of(int(wrong.sum()), 'placement has', 'placements have')} a type that looks like a slip, "
            f"e.g. one that resembles {meant[place]!r}.",
            TABLE,
            door.columns.type,
            rows_told(wrong),
            "A slip makes a placement type of its own.",
            "Kept as written.",
            f"Write {meant[place]!r} if that is meant.",
        )


def shared_placement_ids(door: Door) -> Iterator[Problem]:
    """Case 50: one placement under several carers."""
    columns = door.columns
    if columns.placement_id not in door.table or columns.carer not in door.table:
        return
    keys = [columns.placement_id, columns.carer] + ([columns.site] if columns.site else [])
    pairs = door.table[keys].dropna(subset=keys[:2]).drop_duplicates()
    by = [columns.placement_id, *keys[2:]]
    several = pairs[pairs.duplicated(by, keep=False)][by].drop_duplicates().assign(_several=True)
    wrong = door.table[by].merge(several, on=by, how="left")["_several"].notna().to_numpy()
    if wrong.any():
        yield Problem(
            "SB-PLACE-06",
            "warn",
            f"{n_of(len(several), 'placement id is', 'placement ids are')} used with different carers.",
            TABLE,
            columns.placement_id,
            rows_told(wrong),
            "A placement is with one carer or household.",
            "The carer column was followed.",
            "Give each placement an id of its own.",
        )


def placeholder_dates(door: Door) -> Iterator[Problem]:
    """Case 56: far more starts on 1 January than there should be."""
    rows = door.rows
    if not len(rows):
        return
    first, last = int(rows.start.min()), int(rows.start.max())
    calendar = np.arange(first, last + 1).astype("datetime64[D]")
    new_year = (calendar == calendar.astype("datetime64[Y]").astype("datetime64[D]"))[rows.start - first]
    share = new_year.mean()
    if new_year.sum() >= PLACEHOLDER_ROWS and share >= PLACEHOLDER_SHARE:
        yield Problem(
            "SB-PLACE-12",
            "warn",
            f"{share:.0%} of placements begin on 1 January.",
            TABLE,
            door.columns.start,
            rows_told(rows.source[new_year]),
            "If these stand for an unknown day, times in placement are wrong by up to a year.",
            "The dates were kept.",
            "Look up the dates; leave out what is known by year only.",
        )


def no_carers(door: Door) -> Iterator[Problem]:
    """Placements of a plain table whose carer is not named."""
    if door.columns.coded:
        return
    if door.columns.carer not in door.table:
        yield Problem(
            "SB-PLACE-63",
            "warn",
            "The table names no carers.",
            TABLE,
            "carer",
            why="Whether the child moved to another carer cannot be seen.",
            done="Every row is taken as a new carer.",
            fix="Add a column carer.",
        )
        return
    codes, _ = door.texts(door.columns.carer)
    without = (codes < 0) & (door.aside < 0)
    if without.any():
        yield Problem(
            "SB-PLACE-63",
            "warn",
            f"{n_of(int(without.sum()), 'placement names', 'placements name')} no carer.",
            TABLE,
            door.columns.carer,
            rows_told(without),
            "Whether the child moved to another carer cannot be seen.",
            "Each is taken as a carer of its own.",
            "Fill in the carer.",
        )
