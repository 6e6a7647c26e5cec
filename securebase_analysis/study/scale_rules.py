"""What scales with rules of their own must keep: minima that can be reached, conversions of something."""

from __future__ import annotations

from typing import TYPE_CHECKING

from securebase_analysis.errors import Problem, nearest, rows_where
from securebase_analysis.study.codebook_columns import FACTOR, LOWEST

if TYPE_CHECKING:
    from securebase_analysis.study.codebook import Codebook


def scale_problems(codebook: Codebook) -> list[Problem]:
    """Everything that is wrong with minima of scales and forms, with blanks and with conversions."""
    return [
        *_minima_out_of_reach(codebook),
        *_blanks_of_a_factor(codebook),
        *_conversions_of_nothing(codebook),
        *_conversions_by_no_table(codebook),
        *_conversions_unread(codebook),
        *_conversions_that_contradict(codebook),
    ]


def _minima_out_of_reach(codebook: Codebook) -> list[Problem]:
    """Scales and forms that ask for more answers than they have items."""
    scales, forms = codebook.scales, codebook.instruments
    of_scale = [
        row.minimum_answered < 0
        or (row.minimum_answered > 0 and row.minimum_answered > len(codebook.items_of(row.instrument, row.scale)))
        for row in scales.itertuples()
    ]
    of_form = [
        row.minimum_of_form < 0
        or (row.minimum_of_form > 0 and row.minimum_of_form > codebook.items_of(row.instrument)["item"].nunique())
        for row in forms.itertuples()
    ]
    asked = (("scales", "minimum_answered", of_scale), ("instruments", "minimum_of_form", of_form))
    return [
        Problem(
            "SB-BOOK-20",
            "stop",
            "More answers are asked for than there are items, or fewer than none.",
            table=f"codebook: {table}",
            column=column,
            rows=rows,
            why="No score would ever be computed.",
            fix=f"{column} = 0 leaves it to minimum_answered of the instrument.",
        )
        for table, column, wrong in asked
        if (rows := rows_where(wrong))
    ]


def _blanks_of_a_factor(codebook: Codebook) -> list[Problem]:
    forms = codebook.instruments
    rows = rows_where((forms["rule"] == FACTOR) & (forms["blanks"] == LOWEST))
    if not rows:
        return []
    return [
        Problem(
            "SB-BOOK-21",
            "stop",
            "Scores by a factor cannot count blanks as the lowest answer.",
            table="codebook: instruments",
            column="blanks",
            rows=rows,
            why="The factor is fitted to what was answered.",
            fix='blanks = "prorated"',
        )
    ]


def _conversions_of_nothing(codebook: Codebook) -> list[Problem]:
    """Converted scales must come from a raw score of the same questionnaire, and from it only."""
    scales = codebook.scales
    forms = codebook.instruments.set_index("instrument")["metric"].to_dict()
    known = {(row.instrument, row.scale) for row in scales.itertuples() if not row.converted_from}
    rows = rows_where(
        [
            bool(row.converted_from)
            and (
                (row.instrument, row.converted_from) not in known
                or bool(row.sum_of)
                or len(codebook.items_of(row.instrument, row.scale)) > 0
                or forms.get(row.instrument) != "raw"
            )
            for row in scales.itertuples()
        ]
    )
    if not rows:
        return []
    row = scales.iloc[rows[0] - 1]
    own = [name for instrument, name in known if instrument == row["instrument"]]
    guess = nearest(row["converted_from"], own) or ", ".join(own[:1]) or "..."
    return [
        Problem(
            "SB-BOOK-22",
            "stop",
            "A scale is converted from one that its questionnaire does not score in raw points, or has items or "
            "parts beside.",
            table="codebook: scales",
            column="converted_from",
            rows=rows,
            why="A conversion takes one raw score and gives another, nothing else.",
            fix=f'converted_from = "{guess}", metric = "raw", and no items or sum_of of its own.',
        )
    ]


def _conversions_by_no_table(codebook: Codebook) -> list[Problem]:
    scales = codebook.scales
    told = set(codebook.conversions["scale"])
    rows = rows_where((scales["converted_from"] != "") & ~scales["scale"].isin(told))
    if not rows:
        return []
    return [
        Problem(
            "SB-BOOK-23",
            "stop",
            "A scale is to be converted, and no conversion is given for it.",
            table="codebook: scales",
            column="converted_from",
            rows=rows,
            why="Every score of it would be missing.",
            fix='conversions = [{ scale = "...", score = 7, converted = 7.0 }, ...]',
        )
    ]


def _conversions_unread(codebook: Codebook) -> list[Problem]:
    named = codebook.scales.loc[codebook.scales["converted_from"] != "", "scale"]
    rows = rows_where(~codebook.conversions["scale"].isin(named))
    if not rows:
        return []
    guess = nearest(codebook.conversions["scale"].iloc[rows[0] - 1], codebook.scales["scale"])
    return [
        Problem(
            "SB-BOOK-24",
            "stop",
            "A conversion is given for a scale that is not converted from another.",
            table="codebook: conversions",
            column="scale",
            rows=rows,
            why="A conversion that nobody reads looks as if it had an effect.",
            fix=f'scale = "{guess}"' if guess else "Add the scale, with converted_from, to the table scales.",
        )
    ]


def _conversions_that_contradict(codebook: Codebook) -> list[Problem]:
    """One score must have one conversion, and a higher score may not become a lower one."""
    table = codebook.conversions
    rows = set(rows_where(table.duplicated(["scale", "score"], keep=False)))
    for _, mine in table.drop_duplicates(["scale", "score"]).groupby("scale", sort=False):
        ordered = mine.sort_values("score", kind="stable")
        falls = ordered["converted"].diff().to_numpy() < 0.0
        rows |= {int(position) + 1 for position in ordered.index[falls]}
    if not rows:
        return []
    return [
        Problem(
            "SB-BOOK-25",
            "stop",
            "A score is converted twice, or a higher score becomes a lower one.",
            table="codebook: conversions",
            column="score",
            rows=sorted(rows),
            why="It cannot be known which number is meant; a slip in the table would reorder children.",
            fix="Compare these rows with the published table.",
        )
    ]
