"""What was answered: items that are there, inside their range, coded alike at every wave."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from securebase_analysis.errors import Problem, nearest
from securebase_analysis.results.wording import count as n_of
from securebase_analysis.study.answer_cells import USUAL_MISSING_CODES, misses_the_lowest
from securebase_analysis.study.draft import Draft, problems_in
from securebase_analysis.study.file_rows import ENTRY, ROW

VALUES_SHOWN = 3
ITEMS_SHOWN = 6
FEWEST_TO_COMPARE = 30


def items_not_found(draft: Draft) -> list[Problem]:
    """SB-ITEM-12: items of the codebook that no file has, and those that one file lacks."""
    problems = []
    for instrument, frame in draft.answers.items():
        items = list(dict.fromkeys(draft.codebook.items_of(instrument)["item"]))
        for number in frame[ENTRY].unique():
            file = draft.files[number]
            absent = [item for item in items if item not in file.items]
            everywhere = [item for item in absent if item not in frame or frame[item].isna().all()]
            partly = [item for item in absent if item not in everywhere]
            if everywhere:
                problems.append(_not_found(file.file, instrument, everywhere, file.unused, "stop"))
            if partly:
                problems.append(_not_found(file.file, instrument, partly, file.unused, "warn"))
    return problems


def _not_found(file: str, instrument: str, items: list[str], others: Sequence[str], severity: str) -> Problem:
    """Items that are not in a file, each with the columns that look like it."""
    shown = ", ".join(items[:ITEMS_SHOWN]) + (f" and {len(items) - ITEMS_SHOWN} more" if len(items) > 6 else "")
    guesses = [(item, guess) for item in items[:ITEMS_SHOWN] if (guess := nearest(item, others))]
    renaming = ", ".join(f'{item} = "{guess}"' for item, guess in guesses)
    is_stop = severity == "stop"
    return Problem(
        "SB-ITEM-12",
        "stop" if is_stop else "warn",
        f"{n_of(len(items), f'item of {instrument} is', f'items of {instrument} are')} not in the file: {shown}.",
        table=file,
        column=", ".join(items[:ITEMS_SHOWN]),
        why="Their scales would rest on fewer items than declared.",
        done="" if is_stop else "They are missing for the rows of this file.",
        fix=f"columns = {{ {renaming} }} (the closest columns)"
        if renaming
        else "Correct the names in the codebook.",
    )


# --- ranges -----------------------------------------------------------------------------------------------------


def out_of_range(draft: Draft) -> list[Problem]:
    """SB-ITEM-04 and SB-FILE-16: answers outside the range of their item; some are codes for missing."""
    problems = []
    for instrument, frame in draft.answers.items():
        about = draft.codebook.items_of(instrument).drop_duplicates("item")
        about = about[about["item"].isin(frame.columns)]
        items = list(about["item"])
        values = frame[items].to_numpy(dtype=float)
        outside = (values < about["low"].to_numpy(dtype=float)) | (values > about["high"].to_numpy(dtype=float))
        if not outside.any():
            continue
        is_code = outside & np.isin(values, list(USUAL_MISSING_CODES))
        problems += _undeclared_codes(draft, instrument, frame, items, values, is_code)
        ranges = dict(zip(items, zip(about["low"], about["high"])))
        problems += _typing_errors(draft, frame, items, values, outside & ~is_code, ranges)
    return problems


def _undeclared_codes(
    draft: Draft,
    instrument: str,
    frame: pd.DataFrame,
    items: list[str],
    values: np.ndarray,
    is_code: np.ndarray,
) -> list[Problem]:
    """Values that are usual codes for missing and are not declared."""
    problems = []
    for code in sorted(set(values[is_code])):
        here = is_code & (values == code)
        found = [item for item, any_here in zip(items, here.any(axis=0)) if any_here]
        problems += problems_in(
            draft,
            frame,
            here.any(axis=1),
            found,
            "SB-FILE-16",
            "stop",
            f"{n_of(int(here.sum()), 'answer is', 'answers are')} {code:g}, outside the range of the item and not "
            "declared missing.",
            why="Used as an answer it would outweigh all others.",
            done="It was neither used nor set to missing.",
            fix=f'missing_codes = [{{ instrument = "{instrument}", code = "{code:g}", reason = "refused" }}] in '
            "the codebook, with the reason that is true; or correct the answers.",
        )
    return problems


def _typing_errors(
    draft: Draft,
    frame: pd.DataFrame,
    items: list[str],
    values: np.ndarray,
    wrong: np.ndarray,
    ranges: dict[str, tuple[float, float]],
) -> list[Problem]:
    """One problem for each item with answers that it does not allow."""
    problems = []
    for place in np.flatnonzero(wrong.any(axis=0)):
        item = items[place]
        low, high = ranges[item]
        found = sorted(set(values[wrong[:, place], place]))
        shown = ", ".join(f"{value:g}" for value in found[:VALUES_SHOWN]) + (", ..." if len(found) > 3 else "")
        problems += problems_in(
            draft,
            frame,
            wrong[:, place],
            item,
            "SB-ITEM-04",
            "stop",
            f"{item}: {{n:answer is|answers are}} outside {low:g} to {high:g} ({shown}).",
            why="Reversed or summed, an impossible answer gives an impossible score.",
            done="No answer was changed.",
            fix="Correct the answers; if the range in the codebook is wrong, correct low and high there.",
        )
    return problems


def ratings_out_of_range(draft: Draft) -> list[Problem]:
    """SB-ITEM-04 for ratings."""
    frame = draft.tables["ratings"]
    wrong = ((frame["value"] < frame["low"]) | (frame["value"] > frame["high"])).to_numpy()
    problems = []
    for rating in frame.loc[wrong, "rating"].unique():
        here = wrong & (frame["rating"] == rating).to_numpy()
        first = frame[here].iloc[0]
        problems += problems_in(
            draft,
            frame,
            here,
            rating,
            "SB-ITEM-04",
            "stop",
            f"{{n:rating is|ratings are}} outside the range, e.g. {first['value']:g} where {first['low']:g} to "
            f"{first['high']:g} is possible.",
            why="An impossible rating gives an impossible score.",
            done="No rating was changed.",
            fix="Correct the ratings; if the range in the codebook is wrong, correct low and high there.",
        )
    return problems


# --- coded alike at every wave ----------------------------------------------------------------------------------


def shifted_coding(draft: Draft) -> list[Problem]:
    """SB-ITEM-05: answers that run from 0 to 4 at one wave and from 1 to 5 at another."""
    problems = []
    for instrument, frame in draft.answers.items():
        about = draft.codebook.items_of(instrument).drop_duplicates("item")
        about = about[about["item"].isin(frame.columns)]
        for (low, high), same_range in about.groupby(["low", "high"]):
            items = list(same_range["item"])
            spans = _spans(frame, items)
            if len(spans) < 2:
                continue
            as_declared = (spans["lowest"] >= low) & (spans["highest"] <= high)
            usual = spans[as_declared].iloc[0] if as_declared.any() else spans.iloc[0]
            shifts = spans["lowest"] - usual["lowest"]
            moved = shifts[(shifts != 0) & (spans["highest"] - usual["highest"] == shifts)]
            if moved.empty:
                continue
            problems.append(_shifted(draft, instrument, frame, items, spans, moved, (low, high)))
    return problems


def _spans(frame: pd.DataFrame, items: list[str]) -> pd.DataFrame:
    """Lowest and highest answer of all items at each wave with enough answers."""
    rows = []
    for wave, part in frame.groupby("wave"):
        values = part[items].to_numpy(dtype=float)
        values = values[np.isfinite(values) & ~np.isin(values, list(USUAL_MISSING_CODES))]
        if len(values) >= FEWEST_TO_COMPARE:
            rows.append((wave, values.min(), values.max()))
    return pd.DataFrame(rows, columns=["wave", "lowest", "highest"]).set_index("wave")


def _shifted(
    draft: Draft,
    instrument: str,
    frame: pd.DataFrame,
    items: list[str],
    spans: pd.DataFrame,
    moved: pd.Series,
    possible: tuple[float, float],
) -> Problem:
    """The warning that one wave is coded from another number on."""
    told = "; ".join(f"wave {wave}: {span.lowest:g} to {span.highest:g}" for wave, span in spans.iterrows())
    here = frame["wave"].isin(list(moved.index))
    number = frame.loc[here, ENTRY].iloc[0]
    file = draft.files[number]
    wave, shift = moved.index[0], moved.iloc[0]
    return Problem(
        "SB-ITEM-05",
        "warn",
        f"The answers to {instrument} run differently at different waves ({told}; the codebook says "
        f"{possible[0]:g} to {possible[1]:g}).",
        table=file.file,
        column=", ".join(file.name_of(item) for item in items[:ITEMS_SHOWN]),
        rows=sorted(set(frame.loc[here & (frame[ENTRY] == number), ROW])),
        why="A shift of the coding looks like a change in every child.",
        done="Nothing was shifted.",
        fix=f"If wave {wave} was coded from another number on, add {-shift:g} to its answers in the file.",
    )


def never_the_lowest(draft: Draft) -> list[Problem]:
    """SB-ITEM-70: items that begin at 0, and nobody ever answered 0."""
    problems = []
    for instrument, frame in draft.answers.items():
        about = draft.codebook.items_of(instrument).drop_duplicates("item")
        about = about[about["item"].isin(frame.columns)]
        by_item = (frame[name].to_numpy(dtype=float) for name in about["item"])
        if not misses_the_lowest(by_item, about["low"].to_numpy(dtype=float)):
            continue
        file, n_given = draft.files[frame[ENTRY].iloc[0]], int(frame[list(about["item"])].count().sum())
        problems.append(
            Problem(
                "SB-ITEM-70",
                "warn",
                f"None of {n_given:,} answers to {instrument} is 0, the lowest that the codebook has.",
                table=file.file,
                column=", ".join(file.name_of(item) for item in about["item"][:ITEMS_SHOWN]),
                why="A file that counts its answers from 1 looks like this when nobody chose the highest.",
                done="The answers were kept as they are.",
                fix="If it counts from 1, take 1 from every answer in the file; if 0 could be answered, leave it.",
            )
        )
    return problems


RULES = (items_not_found, out_of_range, ratings_out_of_range, shifted_coding, never_the_lowest)
