"""The definitions of placement stability that are in use, each a small function with its source.

A definition says which children are looked at and which of them are counted. They differ in what a change is, in
who is looked at and over which time; on the same history one can be twice the other.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from securebase_analysis.study.spells.care_years import CareYear
from securebase_analysis.study.spells.codes import BEGINNING_CODES, NEW_CARER, NEW_PLACEMENT
from securebase_analysis.study.spells.listing import CARER, RE_ENTRY

MANY_PLACEMENTS = 3
MANY_MOVES = 2
DAYS_IN_A_YEAR = 365.25


@dataclass(frozen=True, eq=False)
class Counted:
    """What a definition finds in a year.

    Attributes
    ----------
    children : numpy.ndarray of bool
        The children that are looked at.
    counted : numpy.ndarray of bool
        Those of them that are counted.
    events : int, optional
        Of a rate: how many, instead of children counted.
    child_years : float, optional
        Of a rate: the time in which they happened.
    """

    children: np.ndarray
    counted: np.ndarray
    events: int | None = None
    child_years: float = np.nan


@dataclass(frozen=True)
class StabilityDefinition:
    """One way of counting.

    Attributes
    ----------
    name : str
        The word for it.
    says : str
        Who is looked at and what is counted.
    source : str
        Where it comes from.
    count : callable
        From a year of a history to what is counted.
    needs_codes, needs_births : bool
        Whether it rests on the codes of a return, and on birth dates.
    counts : {"moves", "stays", "rate"}
        Whether those counted moved or stayed, or a rate is counted; only the same kind can be compared.
    years : int
        Over how many years up to the end of the year placements are counted.
    looks_back : bool
        Whether it asks how long a stay had lasted.
    """

    name: str
    says: str
    source: str
    count: Callable[[CareYear], Counted]
    needs_codes: bool = False
    needs_births: bool = False
    counts: Literal["moves", "stays", "rate"] = "moves"
    years: int = 1
    looks_back: bool = False


# --- three or more placements ---------------------------------------------------------------------------------


def any_change(year: CareYear) -> Counted:
    """Three or more placements, whatever changed."""
    children = year.in_care_at_end
    return Counted(children, children & (placements(year, NEW_PLACEMENT) >= MANY_PLACEMENTS))


def carer_change(year: CareYear) -> Counted:
    """Three or more carers."""
    children = year.in_care_at_end
    return Counted(children, children & (placements(year, NEW_CARER) >= MANY_PLACEMENTS))


def dfe_2025(year: CareYear) -> Counted:
    """Three or more placements; coming back from a temporary one is not another."""
    children = year.in_care_at_end
    return Counted(children, children & (placements(year, NEW_PLACEMENT, returns=False) >= MANY_PLACEMENTS))


def dfe_two_years(year: CareYear) -> Counted:
    """Three or more placements in two years, of children in care for as long."""
    children = year.in_care_at_end & (year.at_end(year.care.in_care_since) <= year.months_before(24))
    both = placements(year.with_years_before(1), NEW_PLACEMENT, returns=False)
    return Counted(children, children & (both >= MANY_PLACEMENTS))


def placements(year: CareYear, began: tuple[str, ...], returns: bool = True) -> np.ndarray:
    """Placements of each child in the year: the first one, and every one that began with one of the codes.

    Short breaks (V3, V4) and temporary placements (T0 to T4) are not counted.
    """
    rows, child = year.ordinary_rows, year.ordinary_child
    new = np.append(np.isin(BEGINNING_CODES, began), False)[year.care.rows.began[rows]]
    if not returns:
        new &= ~year.care.is_return[rows]
    new |= year.ordinary_first
    return np.bincount(child[new], minlength=year.care.n_children)


# --- how long with the same carer -----------------------------------------------------------------------------


def same_carer_two_years(year: CareYear) -> Counted:
    """With the same carer for two years."""
    children = _long_in_care(year)
    return Counted(children, children & (year.at_end(year.care.with_carer_since) <= year.months_before(24)))


def ni63_old(year: CareYear) -> Counted:
    """In the same placement for two years, or placed for adoption and so long with the placement before it."""
    children = _long_in_care(year)
    two_years_ago = year.months_before(24)
    stayed = year.at_end(year.care.placed_since) <= two_years_ago
    for_adoption = year.at_end(year.care.rows.adoption.astype("int32")) == 1
    together = year.at_end(year.care.placed_before_since) <= two_years_ago
    return Counted(children, children & (stayed | (for_adoption & together)))


def _long_in_care(year: CareYear) -> np.ndarray:
    """Children in care without a break for two and a half years and under 16 at the end of the year."""
    long = year.at_end(year.care.in_care_since) <= year.months_before(30)
    return year.in_care_at_end & long & year.has_birth & (year.care.births > year.months_before(16 * 12))


# --- moves ----------------------------------------------------------------------------------------------------


def childrens_commissioner(year: CareYear) -> Counted:
    """Two or more changes of carer; coming back into care is one, the first coming of the year is not."""
    children = year.in_care_at_end
    changes = year.changes((CARER, RE_ENTRY)) - year.came_into_care_first
    return Counted(children, children & (changes >= MANY_MOVES))


def moves_per_child_year(year: CareYear) -> Counted:
    """Changes of carer for each year that a child is in care."""
    days = year.days_in_care
    children = days > 0
    n_moves = int(year.changes((CARER,)).sum())
    return Counted(children, np.zeros_like(children), n_moves, float(days.sum()) / DAYS_IN_A_YEAR)


_DFE = "Department for Education, Children looked after in England including adoptions"
DEFINITIONS: dict[str, StabilityDefinition] = {
    definition.name: definition
    for definition in (
        StabilityDefinition(
            "any_change",
            "Of children looked after on the last day of the year: three or more placements in the year, where"
            " a new one is any change of placement (RNE S, P, B, T, U; in a plain table another carer or "
            "type). Short breaks (V3, V4) and temporary placements (T0 to T4) are not counted; coming back "
            "from one counts as its code says.",
            "codes of the SSDA903 return, read widely",
            any_change,
        ),
        StabilityDefinition(
            "carer_change",
            "As any_change, where only a new carer makes a new placement (RNE S, P, B).",
            "codes of the SSDA903 return, read narrowly",
            carer_change,
        ),
        StabilityDefinition(
            "dfe_2025",
            "Of children looked after on 31 March: three or more placements in the year, agreed short breaks "
            "(V3, V4) left out. Whether temporary placements and moves with the same carer count is not found "
            "in writing; here T0 to T4 and the return to the place before do not, and moves with the same "
            "carer do.",
            f"{_DFE}, release of 2025, indicator of 3 or more placements during the year (once NI 62)",
            dfe_2025,
            needs_codes=True,
        ),
        StabilityDefinition(
            "dfe_two_years",
            "Of children looked after on 31 March without a break for two years: three or more placements in "
            "those two years, counted as in dfe_2025.",
            f"{_DFE}, release of 2025, indicator of 3 or more placements during the previous 2 years",
            dfe_two_years,
            needs_codes=True,
            years=2,
            looks_back=True,
        ),
        StabilityDefinition(
            "same_carer_two_years",
            "Of children under 16 looked after without a break for at least two and a half years on the last "
            "day of the year: with the same carer for at least two years.",
            f"{_DFE}, releases from 2024 on, indicator of living with the same carer for at least 2 years",
            same_carer_two_years,
            needs_births=True,
            counts="stays",
            looks_back=True,
        ),
        StabilityDefinition(
            "ni63_old",
            "Of the same children: in the same placement for at least two years, or placed for adoption where "
            "that placement and the one before it lasted two years together.",
            "National Indicator 63, stability of placements of looked after children: length of placement (2008)",
            ni63_old,
            needs_births=True,
            counts="stays",
            looks_back=True,
        ),
        StabilityDefinition(
            "childrens_commissioner",
            "Of children looked after on the last day of the year: two or more changes of carer in the year. "
            "Coming back into care is a change; the first coming into care of a child who was not in care when"
            " the year began is none. Respite and temporary stays with a return are none.",
            "Children's Commissioner for England, Stability Index 2019, technical report",
            childrens_commissioner,
        ),
        StabilityDefinition(
            "moves_per_child_year",
            "Of all children looked after at any time in the year: changes of carer for each year in care "
            "(days in care / 365.25).",
            "an event rate; no official definition",
            moves_per_child_year,
            counts="rate",
        ),
    )
}
