"""Simulated SSDA903 returns: invented children, in the form and with some shares of the English return."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd
from scipy.special import betaincinv

from securebase_analysis.study.simulation.chance import stream

# Shares of England, year ending 31 March 2024: Department for Education, "Children looked after in England
# including adoptions", release 2024 (Open Government Licence). Those said to be assumed are ours.
MEAN_CARE_DAYS = 864.0
"""Mean length of the last period of care of those who left."""
PLACEMENT_SHAPE, PLACEMENT_SCALE = 0.59, 276.0
"""A Weibull distribution that fits the published lengths of foster placements that ended in the year."""
MEANT_TO_LAST, LASTING_YEARS = 0.38, 6.0
"""Share of placements that are meant to last, and their mean length; assumed, so that about a tenth of the
children have three or more placements in a year and about two thirds of those long in care the same carer."""
REASONS = {
    "CARPL": 20_700, "OTHER": 14_790, "CREQB": 5_310, "CREQO": 4_190, "CHILD": 2_030, "LAREQ": 950, "STAND": 670,
    "CLOSE": 530, "ALLEG": 440, "APPRR": 200,
}  # fmt: skip
"""Reasons for leaving a carer; a change of status alone keeps the carer and is drawn apart."""
STATUS_ONLY = 0.24
"""Share of changes that are of the status alone."""
EXITS = {
    "E4A": 5_740, "E4B": 1_100, "E8": 2_660, "E3": 2_140, "E13": 1_970, "E41": 1_150, "E45": 1_930, "E47": 1_930,
}  # fmt: skip
"""Ways of leaving care that have no age; special guardianship is split evenly between two codes (assumed)."""
ADOPTIONS = 2_980
"""Added for children below `ADOPTED_BELOW`, whose age is assumed."""
ADOPTED_BELOW = 6
PLACES = {"U6": 0.42, "U4": 0.09, "U3": 0.11, "U1": 0.05, "P1": 0.06, "K2": 0.10, "H5": 0.17}
PROVIDERS = {"U6": "PR4", "U4": "PR1", "U3": "PR1", "U1": "PR1", "P1": "PR0", "K2": "PR4", "H5": "PR4"}
"""Most common provider of a kind of placement; that there is only one is assumed."""
HOME_FROM, SUPPORTED_FROM = 8, 16
"""Ages from which a children's home, and supported accommodation, is drawn (assumed)."""
FEMALE = 0.43
NEEDS = {"N1": 0.66, "N5": 0.13, "N4": 0.08, "N8": 0.07, "N3": 0.03, "N2": 0.03}
SDQ_A, SDQ_B, SDQ_HIGHEST = 2.1, 3.5, 40
"""A beta distribution of the total score that gives the published shares of its bands in 2024."""
SDQ_RECEIVED = 0.77
SDQ_AGES = (4, 17)
"""Whole years of age on the last day of the year of those whom the questionnaire is for."""
AGES = ((0, 1, 0.19), (1, 5, 0.18), (5, 10, 0.18), (10, 16, 0.29), (16, 17.6, 0.16))
"""Ages at entry and their shares (assumed)."""
DAYS_A_YEAR = 365.25
COURT_DAYS = 210
"""Days from an interim to a full care order (assumed)."""
TEMPORARY = 0.03
"""Share of placements with a stay of a few days elsewhere, such as a hospital (assumed)."""


@dataclass(frozen=True)
class Quantities:
    """How many children, and which years."""

    n_children: int
    first_year: int
    n_years: int

    @property
    def opens(self) -> date:
        """First day of the first return."""
        return date(self.first_year, 4, 1)

    @property
    def closes(self) -> date:
        """Last day of the last return."""
        return date(self.first_year + self.n_years, 3, 31)


@dataclass(frozen=True)
class Child:
    """One invented child and her episodes over all years."""

    number: int
    female: bool
    born: date
    upn: str
    episodes: tuple[dict[str, object], ...]


def children_of(wanted: Quantities, seed: int) -> list[Child]:
    """Invented children, each in care on some day of the years."""
    chance = stream(seed, "returns")
    found: list[Child] = []
    while len(found) < wanted.n_children:
        child = _child(len(found), wanted, chance)
        if child is not None:
            found.append(child)
    return found


def _child(position: int, wanted: Quantities, chance: np.random.Generator) -> Child | None:
    """A child who came into care before or in the years; None when she had left before they began."""
    years_back = 12
    span = (wanted.closes - wanted.opens).days + years_back * 365
    begins = wanted.closes - timedelta(days=int(chance.random() * span))
    low, high, _ = AGES[_one_of([share for *_, share in AGES], chance)]
    born = begins - timedelta(days=int((low + (high - low) * chance.random()) * DAYS_A_YEAR) + 1)
    leaves = begins + timedelta(days=int(-MEAN_CARE_DAYS * np.log(1 - chance.random())) + 2)
    leaves = min(leaves, _birthday(born, 18))
    if leaves < wanted.opens:
        return None
    episodes = tuple(_episodes(begins, leaves, born, chance))
    return Child(100_001 + 7 * position, bool(chance.random() < FEMALE), born, f"U{position:012d}"[:13], episodes)


def _episodes(begins: date, leaves: date, born: date, chance: np.random.Generator) -> Iterator[dict[str, object]]:
    """Episodes that follow one another to the day on which the child leaves care."""
    order = "V2" if chance.random() < 0.35 else "C1"
    full_order = begins + timedelta(days=COURT_DAYS) if order == "C1" else date.max
    need = _word(NEEDS, chance)
    start, began, place, urn = begins, "S", _place(born, begins, chance), _urn(chance)
    while True:
        moves = start + timedelta(days=int(_days_planned(chance)) + 1)
        while full_order < min(moves, leaves) and full_order > start:
            yield _episode(start, began, order, need, place, urn, full_order, "X1", None)
            start, began, order, full_order = full_order, "L", "C2", date.max
        if moves >= leaves:
            yield _episode(start, began, order, need, place, urn, leaves, _exit(born, leaves, place, chance), None)
            return
        if chance.random() < TEMPORARY and moves + timedelta(days=5) < leaves:
            yield _episode(start, began, order, need, place, urn, moves, "X1", None)
            back = moves + timedelta(days=1 + int(chance.random() * 4))
            yield _episode(moves, "P", order, need, "T1", None, back, "X1", None)
            start, began = back, "P"
            continue
        same_carer = place.startswith("U") and chance.random() < STATUS_ONLY
        reason = "PLACE" if same_carer else _word(REASONS, chance)
        yield _episode(start, began, order, need, place, urn, moves, "X1", reason)
        start, began = moves, "T" if same_carer else "P"
        if same_carer:
            place = {"U6": "U4", "U4": "U6", "U3": "U1", "U1": "U3"}[place]
        else:
            place, urn = _another_place(place, born, moves, chance), _urn(chance)


def _days_planned(chance: np.random.Generator) -> float:
    """How long a placement lasts unless care ends before: some are meant to last, others are short."""
    lasting = LASTING_YEARS * DAYS_A_YEAR
    drawn = -np.log(1 - chance.random())
    if chance.random() < MEANT_TO_LAST:
        return min(lasting * drawn, 20_000)
    return min(PLACEMENT_SCALE * drawn ** (1 / PLACEMENT_SHAPE), 20_000)


def _episode(
    start: date,
    began: str,
    order: str,
    need: str,
    place: str,
    urn: int | None,
    end: date,
    ended: str,
    reason: str | None,
) -> dict[str, object]:
    """A row of the table, with dates."""
    provider = PROVIDERS.get(place)
    return {
        "DECOM": start, "RNE": began, "LS": order, "CIN": need, "PLACE": place, "PLACE_PROVIDER": provider,
        "DEC": end, "REC": ended, "REASON_PLACE_CHANGE": reason, "HOME_POST": None, "PL_POST": None,
        "URN": urn if _has_urn(place) else None,
    }  # fmt: skip


def _place(born: date, day: date, chance: np.random.Generator) -> str:
    """The kind of placement that begins on a day, as far as the age allows it."""
    age = (day - born).days / DAYS_A_YEAR
    shares = dict(PLACES)
    if age < HOME_FROM:
        shares.pop("K2")
    if age < SUPPORTED_FROM:
        shares.pop("H5")
    return _word(shares, chance)


def _another_place(place: str, born: date, day: date, chance: np.random.Generator) -> str:
    """The next kind of placement; one without a URN cannot follow itself, nobody could tell them apart."""
    while True:
        found = _place(born, day, chance)
        if found != place or _has_urn(found):
            return found


def _has_urn(place: str) -> bool:
    """Whether the return gives the number of the setting."""
    return place.startswith(("U", "K"))


def _exit(born: date, day: date, place: str, chance: np.random.Generator) -> str:
    """How care ends: at 18 with the carer or on her own, before it in the published shares."""
    if day >= _birthday(born, 18):
        return "E17" if place.startswith("U") else "E5"
    age = (day - born).days / DAYS_A_YEAR
    shares = dict(EXITS, E12=ADOPTIONS) if age < ADOPTED_BELOW else dict(EXITS)
    return _word(shares, chance)


def _birthday(born: date, age: int) -> date:
    """The day on which someone is so old; those of 29 February have it on 1 March."""
    try:
        return born.replace(year=born.year + age)
    except ValueError:
        return date(born.year + age, 3, 1)


def _urn(chance: np.random.Generator) -> int:
    return 1_000_000 + int(chance.random() * 8_999_999)


def _word(shares: dict[str, float] | dict[str, int], chance: np.random.Generator) -> str:
    """One of the words, by its share."""
    return list(shares)[_one_of(list(shares.values()), chance)]


def _one_of(shares: Sequence[float], chance: np.random.Generator) -> int:
    """A position, by its share of the sum."""
    total = np.cumsum(shares)
    return int(np.searchsorted(total, chance.random() * total[-1], side="right"))


# --- tables of one year -----------------------------------------------------------------------------


def episodes_of(children: Sequence[Child], first: date, last: date) -> pd.DataFrame:
    """The episodes of a year as its return holds them: what ends later is open."""
    rows = []
    for child in children:
        for episode in child.episodes:
            if episode["DECOM"] <= last and episode["DEC"] >= first:  # type: ignore[operator]
                row = {"CHILD": child.number, **episode}
                if row["DEC"] > last:  # type: ignore[operator]
                    row.update(DEC=None, REC=None, REASON_PLACE_CHANGE=None)
                rows.append(row)
    frame = pd.DataFrame(rows)
    return frame.assign(
        DECOM=_written(frame["DECOM"]), DEC=_written(frame["DEC"]), URN=frame["URN"].astype("Int64")
    )


def header_of(children: Sequence[Child], numbers: set[int]) -> pd.DataFrame:
    """Who the children of a year are."""
    rows = [
        (child.number, 2 if child.female else 1, child.born, "NOBT", child.upn, 0 if child.female else None, None)
        for child in children
        if child.number in numbers
    ]
    frame = pd.DataFrame(rows, columns=["CHILD", "SEX", "DOB", "ETHNIC", "UPN", "MOTHER", "MC_DOB"])
    return frame.assign(DOB=_written(frame["DOB"]), MOTHER=frame["MOTHER"].astype("Int64"))


def questionnaires_of(children: Sequence[Child], last: date, chance: np.random.Generator) -> pd.DataFrame:
    """The outcomes table: children looked after for a year on its last day, SDQ of those aged 4 to 16."""
    rows = []
    for child in children:
        if not _in_care_for_a_year(child, last):
            continue
        age = (last - child.born).days / DAYS_A_YEAR
        answers = SDQ_AGES[0] <= age < SDQ_AGES[1]
        received = chance.random() < SDQ_RECEIVED
        share = float(betaincinv(SDQ_A, SDQ_B, chance.random()))
        score = round(SDQ_HIGHEST * share) if answers and received else None
        reason = "SDQ4" if answers and not received else None
        flags = [int(chance.random() < share) for share in (0.02, 0.9, 0.88, 0.79, 0.91, 0.03)]
        rows.append((child.number, child.born, score, reason, *flags, None, None))
    columns = [
        "CHILD", "DOB", "SDQ_SCORE", "SDQ_REASON", "CONVICTED", "HEALTH_CHECK", "IMMUNISATIONS", "TEETH_CHECK",
        "HEALTH_ASSESSMENT", "SUBSTANCE_MISUSE", "INTERVENTION_RECEIVED", "INTERVENTION_OFFERED",
    ]  # fmt: skip
    frame = pd.DataFrame(rows, columns=columns)
    return frame.assign(DOB=_written(frame["DOB"]), SDQ_SCORE=frame["SDQ_SCORE"].astype("Int64"))


def _in_care_for_a_year(child: Child, last: date) -> bool:
    """Whether the child was in care on the day and on the same day a year before, all of which is one period."""
    first, end = child.episodes[0]["DECOM"], child.episodes[-1]["DEC"]
    return first <= last - timedelta(days=365) and end > last  # type: ignore[operator]


def _written(dates: pd.Series) -> pd.Series:
    """Dates as the return writes them."""
    return pd.Series([None if day is None or day is pd.NaT else f"{day:%d/%m/%Y}" for day in dates], dates.index)
