"""The department's validity rules for episodes that matter for analysis, each under its own number.

A rule takes the episodes in order and gives one truth value a row: whether the row breaks it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from securebase_analysis.readers.ssda903.by_file import rows_by_file
from securebase_analysis.readers.ssda903.in_order import InOrder, after, before
from securebase_analysis.readers.ssda903.ledger import KEPT, MEND, Ledger
from securebase_analysis.readers.ssda903.returns import return_year
from securebase_analysis.results.wording import count as n_of

TEMPORARY = ("T0", "T1", "T2", "T3", "T4")
PLACEMENT_CHANGES = ("P", "B", "T", "U")
GOES_ON = ("P", "L", "T", "U", "B")
WHERE = ("place", "pl_post", "urn", "place_provider")
FIRST_DAY = np.datetime64("1991-10-14", "D")
NOTHING = np.datetime64("NaT", "D")


# --- dates ------------------------------------------------------------------------------------------------------


def rule_142(care: InOrder) -> np.ndarray:
    """Rule 142: only the last episode of a child may be open."""
    return care.has_next & ~care.end_known & care.start_known


def rule_501(care: InOrder) -> np.ndarray:
    """Rule 501: an episode may not start before the one before it has ended."""
    return care.has_before & (care.start < before(care.end))


def rule_353(care: InOrder) -> np.ndarray:
    """Rule 353: no episode starts before 14 October 1991."""
    return care.start < FIRST_DAY


def rule_355(care: InOrder) -> np.ndarray:
    """Rule 355: an episode lasts 24 hours or more."""
    return care.end == care.start


def rule_356(care: InOrder) -> np.ndarray:
    """Rule 356: an episode does not end before it starts."""
    return care.end < care.start


def rule_148(care: InOrder) -> np.ndarray:
    """Rule 148: DEC and REC are both filled or both blank."""
    return care.end_known != care.filled("rec")


def _no_end(care: InOrder) -> np.ndarray:
    """Rule 148, a reason without an end."""
    return rule_148(care) & ~care.end_known


def _no_reason(care: InOrder) -> np.ndarray:
    """Rule 148, an end without a reason."""
    return rule_148(care) & care.end_known


# --- temporary placements ---------------------------------------------------------------------------------------


def rule_380(care: InOrder) -> np.ndarray:
    """Rule 380: a period of care may not start in a temporary placement; one begins by RNE P or B."""
    return care.is_in("place", TEMPORARY) & care.filled("rne") & ~care.is_in("rne", ("P", "B"))


def rule_381(care: InOrder) -> np.ndarray:
    """Rule 381: a period of care may not end in a temporary placement."""
    return care.is_in("place", TEMPORARY) & care.filled("rec") & ~care.is_in("rec", ("X1",))


def rule_383(care: InOrder) -> np.ndarray:
    """Rule 383: after a temporary placement the child returns to the placement before it."""
    temporary = care.is_in("place", TEMPORARY)
    place = care.frame["place"].cat.codes.to_numpy()
    between = care.has_before & care.has_next & temporary
    return between & ~after(temporary) & ~before(temporary) & (before(place) != after(place))


def _longer(care: InOrder, place: str, days: int) -> np.ndarray:
    """Ended stays of one type that took more than so many days."""
    return care.is_in("place", (place,)) & care.end_known & (care.days > days)


def rule_375(care: InOrder) -> np.ndarray:
    """Rule 375: a temporary stay in hospital (T1) is six weeks at most."""
    return _longer(care, "T1", 42)


def rule_376(care: InOrder) -> np.ndarray:
    """Rule 376: a temporary placement while the carer is on holiday (T3) is three weeks at most."""
    return _longer(care, "T3", 21)


def rule_379(care: InOrder) -> np.ndarray:
    """Rule 379: another temporary placement (T4) is seven days at most."""
    return _longer(care, "T4", 7)


# --- reason for the change of placement -------------------------------------------------------------------------


def rule_225(care: InOrder) -> np.ndarray:
    """Rule 225: a reason is required when the next episode begins by RNE P, B, T or U and neither is temporary."""
    temporary = care.is_in("place", TEMPORARY)
    moves = care.has_next & after(care.is_in("rne", PLACEMENT_CHANGES)) & care.is_in("rec", ("X1",))
    return moves & ~care.filled("reason_place_change") & ~temporary & ~after(temporary)


def rule_226(care: InOrder) -> np.ndarray:
    """Rule 226: the reason is blank for a temporary placement and for the episode before it."""
    given = care.filled("reason_place_change")
    return care.is_in("place", TEMPORARY) & (given | (care.has_before & before(given)))


def rule_233(care: InOrder) -> np.ndarray:
    """Rule 233: the reason is blank while the episode has not ended."""
    return care.filled("reason_place_change") & ~care.end_known


def _reason_without_move(care: InOrder) -> np.ndarray:
    """A reason although the next episode begins by RNE L or S, or the child left care."""
    ends_care = care.filled("rec") & ~care.is_in("rec", ("X1",))
    no_move = ends_care | (care.has_next & after(care.is_in("rne", ("L", "S"))))
    return care.filled("reason_place_change") & care.end_known & no_move


# --- why the episode is new -------------------------------------------------------------------------------------


def rule_357(care: InOrder) -> np.ndarray:
    """Rule 357: a child's first episode begins by RNE S; asked of those that began since the first return did."""
    years = care.frame["_year"].to_numpy()
    first_day = np.datetime64(f"{int(np.nanmin(years))}-04-01") if (~np.isnan(years)).any() else NOTHING
    first = ~care.has_before & (care.child >= 0) & (care.start >= first_day)
    return first & care.filled("rne") & ~care.is_in("rne", ("S",))


def rule_388(care: InOrder) -> np.ndarray:
    """Rule 388: after REC X1 another episode begins on the day on which this one ended."""
    goes_on = care.has_next & (after(care.start) == care.end)
    return care.is_in("rec", ("X1",)) & care.end_known & ~goes_on


def rule_432(care: InOrder) -> np.ndarray:
    """Rule 432: after the child left care (any REC but X1), the next episode begins by RNE S."""
    left = care.filled("rec") & ~care.is_in("rec", ("X1",)) & care.end_known
    return care.has_before & before(left) & care.is_in("rne", GOES_ON)


def rule_437(care: InOrder) -> np.ndarray:
    """Rule 437: no episode follows one that ended with death (E2) or an age of 18 or over (E15)."""
    return care.is_in("rec", ("E2", "E15")) & care.has_next


def rule_431(care: InOrder) -> np.ndarray:
    """Rule 431: RNE S may not follow an episode that ended on the same day or later."""
    return care.has_before & care.is_in("rne", ("S",)) & (care.start <= before(care.end))


def rule_433(care: InOrder) -> np.ndarray:
    """Rule 433: an episode that goes on (RNE P, L, T, U, B) starts on the day the one before ended."""
    gap = (care.start != before(care.end)) | ~before(care.end_known) | ~care.start_known
    return care.has_before & care.is_in("rne", GOES_ON) & gap


def _same_where(care: InOrder) -> np.ndarray:
    """Whether placement, postcode, URN and provider are all as in the row before."""
    return np.logical_and.reduce([care.as_before(name) for name in WHERE])


def rule_434(care: InOrder) -> np.ndarray:
    """Rule 434: RNE L means that the legal status changed and the placement did not."""
    return care.has_before & care.is_in("rne", ("L",)) & (care.as_before("ls") | ~_same_where(care))


def rule_435(care: InOrder) -> np.ndarray:
    """Rule 435: RNE P or T means that the placement changed and the legal status did not."""
    return care.has_before & care.is_in("rne", ("P", "T")) & (~care.as_before("ls") | _same_where(care))


def rule_436(care: InOrder) -> np.ndarray:
    """Rule 436: RNE B or U means that both legal status and placement changed."""
    return care.has_before & care.is_in("rne", ("B", "U")) & (care.as_before("ls") | _same_where(care))


# --- short breaks -----------------------------------------------------------------------------------------------


def rule_365(care: InOrder) -> np.ndarray:
    """Rule 365: one short break (V3) is 17 days at most."""
    return care.is_in("ls", ("V3",)) & (care.days > 17)


def rule_366(care: InOrder) -> np.ndarray:
    """Rule 366: a child does not change placement during a short break (V3), so RNE is S."""
    return care.is_in("ls", ("V3",)) & care.filled("rne") & ~care.is_in("rne", ("S",))


def rule_367(care: InOrder) -> np.ndarray:
    """Rule 367: short breaks (V3) are 75 days at most in any twelve months.

    Counted in each return year, as the department does: 75 days on both sides of 31 March are not found.
    """
    broken = np.zeros(len(care.frame), dtype=bool)
    places = np.flatnonzero(care.is_in("ls", ("V3",)) & (care.child >= 0) & (care.days > 0))
    if not len(places):
        return broken
    start = care.start[places]
    end = np.where(care.end_known[places], care.end[places], care.freeze)
    first, last = return_year(start).astype("int64"), return_year(end).astype("int64")
    repeats = np.clip(last - first + 1, 1, 40)
    row = np.repeat(np.arange(len(places)), repeats)
    year = first[row] + np.arange(len(row)) - np.repeat(np.cumsum(repeats) - repeats, repeats)
    opens = (year - 1970).astype("datetime64[Y]").astype("datetime64[M]") + 3
    begins = np.maximum(start[row], opens.astype("datetime64[D]"))
    until = np.minimum(end[row], (opens + 12).astype("datetime64[D]"))
    stays = pd.DataFrame(
        {"child": care.child[places][row], "year": year, "days": (until - begins).astype("int64")}
    )
    total = stays.groupby(["child", "year"])["days"].transform("sum").to_numpy()
    broken[places[np.unique(row[total > 75])]] = True
    return broken


# --- who provides the placement ---------------------------------------------------------------------------------


def _provided(care: InOrder, provider: str, places: Sequence[str]) -> np.ndarray:
    """Placements of these types by this provider."""
    return care.is_in("place_provider", (provider,)) & care.is_in("place", places)


def rule_527(care: InOrder) -> np.ndarray:
    """Rule 527: provider PR1 does not go with P1, R2 or R5."""
    return _provided(care, "PR1", ("P1", "R2", "R5"))


def rule_528(care: InOrder) -> np.ndarray:
    """Rule 528: provider PR2 does not go with P1, R2 or R5."""
    return _provided(care, "PR2", ("P1", "R2", "R5"))


def rule_529(care: InOrder) -> np.ndarray:
    """Rule 529: provider PR3 does not go with P1, A3 to A6, K1, K2 and U1 to U6."""
    places = ("P1", "A3", "A4", "A5", "A6", "K1", "K2", "U1", "U2", "U3", "U4", "U5", "U6")
    return _provided(care, "PR3", places)


def rule_530(care: InOrder) -> np.ndarray:
    """Rule 530: provider PR4 does not go with P1."""
    return _provided(care, "PR4", ("P1",))


def rule_531(care: InOrder) -> np.ndarray:
    """Rule 531: provider PR5 does not go with P1."""
    return _provided(care, "PR5", ("P1",))


def rule_550(care: InOrder) -> np.ndarray:
    """Rule 550: provider PR0 goes with P1 alone."""
    return care.is_in("place_provider", ("PR0",)) & ~care.is_in("place", ("P1",))


# --- all of them ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Rule:
    """A rule with its number (none for a check of our own), the words of its message, and its column."""

    number: str
    check: Callable[[InOrder], np.ndarray]
    column: str
    what: str
    why: str = ""
    code: str = "SB-PLACE-42"


OVERLAP = "Days in common would count for two placements."
MOVES = "Moves, and who moved with whom, are counted by this code."
UNCLEAR = "Whether the episode ended, and how, is not clear."
RULES: tuple[Rule, ...] = (
    Rule("142", rule_142, "DEC", "open although the child has a later one.", OVERLAP, "SB-PLACE-02"),
    Rule("501", rule_501, "DECOM", "starting before the one before has ended.", OVERLAP, "SB-PLACE-03"),
    Rule("380", rule_380, "RNE", "in a temporary placement (T0 to T4) begun otherwise than by RNE P or B.", MOVES),
    Rule("381", rule_381, "REC", "in a temporary placement (T0 to T4) that end a period of care."),
    Rule("383", rule_383, "PLACE", "in a temporary placement without a return to the one before.", MOVES),
    Rule("225", rule_225, "REASON_PLACE_CHANGE", "before a move without a reason for it."),
    Rule("226", rule_226, "REASON_PLACE_CHANGE", "in a temporary placement with a reason in it or before it."),
    Rule("", _reason_without_move, "REASON_PLACE_CHANGE", "with a reason for a move that does not follow.", MOVES,
         "SB-PLACE-52"),
    Rule("357", rule_357, "RNE", "first of a child and not begun by RNE S.", "Some may be missing."),
    Rule("388", rule_388, "REC", "with REC X1 that no episode goes on from on that day.", UNCLEAR),
    Rule("431", rule_431, "RNE", "with RNE S while the one before goes on to that day.", MOVES),
    Rule("432", rule_432, "RNE", "after the child left care, not begun by RNE S.", MOVES),
    Rule("433", rule_433, "DECOM", "going on from one that did not end on that day.", MOVES, "SB-PLACE-04"),
    Rule("434", rule_434, "RNE", "with RNE L and not a change of the legal status alone.", MOVES),
    Rule("435", rule_435, "RNE", "with RNE P or T and not a change of the placement alone.", MOVES),
    Rule("436", rule_436, "RNE", "with RNE B or U and not a change of both status and placement.", MOVES),
    Rule("437", rule_437, "REC", "after which the child cannot be in care (E2, E15) that others follow.", UNCLEAR),
    Rule("367", rule_367, "LS", "of short breaks (V3) that come to more than 75 days in a return year."),
)  # fmt: skip
"""Rules about episodes and their neighbours, checked on the episodes that are kept."""

RULES_OF_ONE_ROW: tuple[Rule, ...] = (
    Rule("148", _no_end, "DEC", "with a reason (REC) and no end (DEC).", UNCLEAR, "SB-PLACE-09"),
    Rule("148", _no_reason, "REC", "with an end (DEC) and no reason (REC).", UNCLEAR, "SB-PLACE-09"),
    Rule("233", rule_233, "REASON_PLACE_CHANGE", "with a reason for a move and no end (DEC).", UNCLEAR),
    Rule("353", rule_353, "DECOM", "starting before 14 October 1991.", "The return began on that day."),
    Rule("355", rule_355, "DEC", "starting and ending on one day.", "They have no length.", "SB-PLACE-11"),
    Rule(
        "356",
        rule_356,
        "DEC",
        "with an end before the start.",
        "Their length is negative.",
        "SB-PLACE-01",
    ),
    Rule("365", rule_365, "DEC", "of short breaks (V3) that took more than 17 days."),
    Rule("366", rule_366, "RNE", "of short breaks (V3) begun otherwise than by RNE S."),
    Rule("375", rule_375, "PLACE", "in hospital (T1) that took more than six weeks."),
    Rule("376", rule_376, "PLACE", "of type T3 that took more than three weeks."),
    Rule("379", rule_379, "PLACE", "of type T4 that took more than seven days."),
    Rule("527", rule_527, "PLACE_PROVIDER", "of type P1, R2 or R5 said to be provided by PR1."),
    Rule("528", rule_528, "PLACE_PROVIDER", "of type P1, R2 or R5 said to be provided by PR2."),
    Rule("529", rule_529, "PLACE_PROVIDER", "said to be provided by PR3 that cannot be."),
    Rule("530", rule_530, "PLACE_PROVIDER", "of type P1 said to be provided by PR4."),
    Rule("531", rule_531, "PLACE_PROVIDER", "of type P1 said to be provided by PR5."),
    Rule("550", rule_550, "PLACE_PROVIDER", "other than P1 said to be provided by parents (PR0)."),
)
"""Rules about one row, checked in each return as it is, also where a later return says the episode again."""


def check_every_return(rows: InOrder, files: Sequence[str], ledger: Ledger) -> None:
    """Name the rows of all returns, before they are merged, that break a rule.

    Parameters
    ----------
    rows : InOrder
        Episodes as they stand in the files.
    files : sequence of str
        Their names by number.
    ledger : Ledger
        Takes the problems.
    """
    for rule in RULES_OF_ONE_ROW:
        report_rule(rule, rule.check(rows), rows.frame, files, ledger)


def check_episodes(care: InOrder, files: Sequence[str], ledger: Ledger) -> None:
    """Name the rows that break a rule, file by file.

    Parameters
    ----------
    care : InOrder
        Episodes after the returns were merged.
    files : sequence of str
        Their names by number.
    ledger : Ledger
        Takes the problems.
    """
    for rule in RULES:
        report_rule(rule, rule.check(care), care.frame, files, ledger)


def report_rule(rule: Rule, broken: np.ndarray, frame: pd.DataFrame, files: Sequence[str], ledger: Ledger) -> None:
    """One problem for each file with rows that break the rule."""
    for number, mine in rows_by_file(frame, broken):
        what = f"{n_of(len(mine), 'episode')} {rule.what}"
        if rule.number:
            ledger.rule(rule.number, rule.code, what, "episodes", files[number], rule.column, mine, rule.why)
        else:
            ledger.report(rule.code, "warn", what, files[number], rule.column, mine, rule.why, KEPT, MEND)
