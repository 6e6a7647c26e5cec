"""Answers outside the range of their item, and what most likely put them there."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from securebase_analysis.errors import Problem, Severity
from securebase_analysis.measures.scoring.answers import Answers
from securebase_analysis.results.wording import count as n_of
from securebase_analysis.study.answer_cells import USUAL_MISSING_CODES, misses_the_lowest

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

FEWEST_FOR_A_PATTERN = 5
"""Fewest cells outside the range before a whole wave or item is taken to be coded otherwise."""


def range_problems(answers: Answers) -> list[Problem]:
    """Every answer outside its range, explained once: another coding, wrong reversal, missing code, or a slip."""
    low, high = answers.key.ranges
    with np.errstate(invalid="ignore"):
        outside = (answers.values < low) | (answers.values > high)
    if not outside.any():
        return []
    problems = []
    for find in (_shifted_waves, _shifted_items, _undeclared_codes):
        found, explained = find(answers, outside)
        problems += found
        outside = outside & ~explained
    return problems + _plain_slips(answers, outside)


def never_the_lowest(answers: Answers) -> list[Problem]:
    """Items that begin at 0, and nobody ever answered 0: the file may begin at 1."""
    low, high = answers.key.ranges
    if not misses_the_lowest(answers.values.T, low):
        return []
    ends = f"{low[0]:g}-{high[0]:g}", f"{low[0] + 1:g}-{high[0] + 1:g}"
    return [
        Problem(
            "SB-ITEM-70",
            "stop",
            f"None of {int((~np.isnan(answers.values)).sum()):,} answers is 0, the lowest that the key has.",
            table="items",
            column=answers.key.items[0],
            why=f"A file coded {ends[1]} looks like this when nobody chose the highest answer.",
            done="Nothing was scored.",
            fix=f'coding="{ends[0]}" if 0 could be answered, otherwise coding="{ends[1]}".',
        )
    ]


def fractions_among_whole(answers: Answers, severity: Severity = "warn") -> list[Problem]:
    """Answers between two categories where nearly all are whole numbers: filled in, averaged, or slips.

    Of an item on a line, such as 0 to 10 in any place, most answers are no whole numbers; there nothing is told.
    """
    given = np.isfinite(answers.values)
    broken = given & (answers.values % 1.0 != 0.0)
    if not broken.any() or 2 * broken.sum() >= given.sum():
        return []
    columns = np.flatnonzero(broken.any(axis=0))
    named = ", ".join(answers.key.items[column] for column in columns[:5])
    more = f" and {len(columns) - 5} more items" if len(columns) > 5 else ""
    is_stop = severity == "stop"
    return [
        Problem(
            "SB-ITEM-74",
            severity,
            f"{n_of(int(broken.sum()), 'answer lies', 'answers lie')} between two categories, while the others "
            f"are whole numbers ({named}{more}).",
            table=answers.table,
            column=answers.key.items[columns[0]],
            rows=answers.row_numbers[broken.any(axis=1)].tolist(),
            why="Such a form has no such answer: it was filled in, averaged over forms, or is a slip.",
            done="Nothing was scored." if is_stop else "Scored as they are.",
            fix="Give the answers as they were made, and leave empty what was not answered"
            + ("; score_dimensions takes them as they are and tells of them." if is_stop else "."),
        )
    ]


def _offset(values: Floats, low: Floats, high: Floats) -> int:
    """The whole number that brings all values into their ranges; 0 when there is none.

    Only the smallest step is tried in either direction, since a larger one always fits a narrow set of answers.
    """
    beyond = max(float(np.nanmax(values - high)), 0.0)
    short = max(float(np.nanmax(low - values)), 0.0)
    if beyond and not short and beyond.is_integer() and np.nanmin(values - low) >= beyond:
        return -int(beyond)
    if short and not beyond and short.is_integer() and np.nanmin(high - values) >= short:
        return int(short)
    return 0


def _shifted_waves(answers: Answers, outside: Mask) -> tuple[list[Problem], Mask]:
    """Waves at which all items run one step above or below the codebook's range (0-4 here, 1-5 there)."""
    low, high = answers.key.ranges
    waves = answers.occasions["wave"].to_numpy()
    explained, problems = np.zeros_like(outside), []
    for wave in np.unique(waves[outside.any(axis=1)]):
        here = waves == wave
        cells = outside[here]
        if cells.sum() < FEWEST_FOR_A_PATTERN or cells.any(axis=0).sum() < 2:
            continue
        by = _offset(answers.values[here], low, high)
        if abs(by) != 1:
            continue
        explained[here] = outside[here]
        problems.append(_shifted_wave(answers, int(wave), by, outside & here[:, None]))
    return problems, explained


def _shifted_wave(answers: Answers, wave: int, by: int, cells: Mask) -> Problem:
    low, high = answers.key.ranges
    columns = np.flatnonzero(cells.any(axis=0))
    runs = f"{low[columns[0]] - by:g}-{high[columns[0]] - by:g}"
    declared = f"{low[columns[0]]:g}-{high[columns[0]]:g}"
    return Problem(
        "SB-ITEM-05",
        "stop",
        f"At wave {wave} the answers run {runs} where the codebook says {declared}.",
        table=answers.table,
        column=answers.key.items[columns[0]],
        rows=answers.row_numbers[cells.any(axis=1)].tolist(),
        why="A wave that is coded otherwise looks like a change of every child.",
        done="Nothing was scored.",
        fix=f'score_dimensions(..., shift={{"{answers.key.instrument}": {{{wave}: {by:+d}}}}})',
    )


def _shifted_items(answers: Answers, outside: Mask) -> tuple[list[Problem], Mask]:
    """Single items all of whose answers are off by one number: reversed elsewhere with the wrong maximum."""
    low, high = answers.key.ranges
    explained, problems = np.zeros_like(outside), []
    for column in np.flatnonzero(outside.sum(axis=0) >= FEWEST_FOR_A_PATTERN):
        by = _offset(answers.values[:, [column]], low[[column]], high[[column]])
        if by == 0 or outside[:, column].mean() < 0.02:
            continue
        explained[:, column] = outside[:, column]
        problems.append(_another_range(answers, int(column), by, outside[:, column]))
    return problems, explained


def _another_range(answers: Answers, column: int, by: int, rows: Mask) -> Problem:
    """An item off by one number throughout: of a reversed item a wrong reversal, of any other a wrong coding."""
    low, high = (float(ends[column]) for ends in answers.key.ranges)
    item, values = answers.key.items[column], answers.values[:, column]
    is_reversed = any(item in np.array(scale.items)[scale.reversed] for scale in answers.key.scales)
    why = f"Every answer is off by {abs(by)}."
    fix = f"Code the answers {low:g}-{high:g}, or correct low and high of {item} in the codebook."
    if is_reversed:
        why = f"This is what {low + high - by:g} - x gives where {low + high:g} - x is the reversal."
        fix = f"Give the item as it was answered; the codebook reverses it (reversed = true for {item})."
    return Problem(
        "SB-ITEM-03",
        "stop",
        f"{item} runs {np.nanmin(values):g}-{np.nanmax(values):g} in the data; its scale is {low:g}-{high:g}.",
        table=answers.table,
        column=item,
        rows=answers.row_numbers[rows].tolist(),
        why=why,
        done="Nothing was scored.",
        fix=fix,
    )


def _undeclared_codes(answers: Answers, outside: Mask) -> tuple[list[Problem], Mask]:
    """Numbers that surveys commonly use for 'no answer', found far from the scale."""
    low, high = answers.key.ranges
    far = (answers.values >= high + (high - low)) | (answers.values < np.minimum(low, 0.0))
    coded = outside & far & np.isin(answers.values, list(USUAL_MISSING_CODES))
    problems = []
    for code in np.unique(answers.values[coded]):
        cells = coded & (answers.values == code)
        columns = np.flatnonzero(cells.any(axis=0))
        named = ", ".join(answers.key.items[column] for column in columns[:5])
        more = f" and {len(columns) - 5} more items" if len(columns) > 5 else ""
        problems.append(
            Problem(
                "SB-FILE-16",
                "stop",
                f"{n_of(int(cells.sum()), 'answer is', 'answers are')} {code:g}, off the scale of {named}{more}. "
                "A code for missing?",
                table=answers.table,
                column=answers.key.items[columns[0]],
                rows=answers.row_numbers[cells.any(axis=1)].tolist(),
                why="As a number it would move every score it enters.",
                done="Nothing was scored.",
                fix=(
                    "Declare it in the codebook: missing_codes = "
                    f'[{{ instrument = "{answers.key.instrument}", code = "{code:g}", reason = "refused" }}].'
                ),
            )
        )
    return problems, coded


def _plain_slips(answers: Answers, outside: Mask) -> list[Problem]:
    """What is left, item by item."""
    low, high = answers.key.ranges
    problems = []
    for column in np.flatnonzero(outside.any(axis=0)):
        item, cells = answers.key.items[column], outside[:, column]
        values = ", ".join(f"{value:g}" for value in np.unique(answers.values[cells, column])[:5])
        problems.append(
            Problem(
                "SB-ITEM-04",
                "stop",
                f"{item} has answers outside {low[column]:g}-{high[column]:g}: {values}.",
                table=answers.table,
                column=item,
                rows=answers.row_numbers[cells].tolist(),
                why="An answer that the form does not offer is a slip or another coding.",
                done="Nothing was scored.",
                fix="Correct these cells in the file, or the range in the codebook.",
            )
        )
    return problems
