"""What a codebook must keep: names once, ranges that are ranges, constructs that exist, sums of something."""

from __future__ import annotations

from typing import TYPE_CHECKING

from securebase_analysis import theory
from securebase_analysis.errors import Problem, nearest, rows_where
from securebase_analysis.study.codebook_columns import ALL_INSTRUMENTS, FACTOR, NO_CONSTRUCT
from securebase_analysis.study.scale_rules import scale_problems

if TYPE_CHECKING:
    from securebase_analysis.study.codebook import Codebook


def codebook_problems(codebook: Codebook) -> list[Problem]:
    """Everything that is wrong between and within the tables of a codebook."""
    return [
        *_repeated(codebook, "waves", ["wave"]),
        *_repeated(codebook, "instruments", ["instrument"]),
        *_repeated(codebook, "codes", ["code"]),
        *_repeated(codebook, "scales", ["scale"]),
        *_repeated(codebook, "ratings", ["rating"]),
        *_repeated(codebook, "coders", ["coder"]),
        *_repeated(codebook, "crosswalk", ["old_code", "version"]),
        *_repeated(codebook, "missing_codes", ["code", "instrument"]),
        *_items_in_two_constructs(codebook),
        *_unknown_instruments(codebook),
        *_unknown_constructs(codebook),
        *_empty_ranges(codebook),
        *_minimum_too_high(codebook),
        *_factors_of_too_few_items(codebook),
        *_factors_rounded(codebook),
        *_missing_code_in_range(codebook),
        *_wave_names_shared(codebook),
        *_coder_names_shared(codebook),
        *_sums_of_nothing(codebook),
        *_crosswalk_to_nothing(codebook),
        *scale_problems(codebook),
    ]


def _repeated(codebook: Codebook, table: str, key: list[str]) -> list[Problem]:
    frame = codebook.tables[table]
    rows = rows_where(frame.duplicated(key, keep=False))
    if not rows:
        return []
    return [
        Problem(
            "SB-BOOK-04",
            "stop",
            f"The same {key[0]} stands in the codebook more than once.",
            table=f"codebook: {table}",
            column=key[0],
            rows=rows,
            why="Two definitions of one thing cannot both hold.",
            fix="Keep one of the rows.",
        )
    ]


def _items_in_two_constructs(codebook: Codebook) -> list[Problem]:
    """An item may serve two constructs only when its weights are declared (other than 1 and 1)."""
    items = codebook.items
    shared = items.duplicated(["instrument", "item"], keep=False)
    undeclared = shared & (items["weight"] == 1.0)
    rows = rows_where(undeclared | items.duplicated(["instrument", "item", "construct"], keep=False))
    if not rows:
        return []
    names = ", ".join(dict.fromkeys(items.loc[[row - 1 for row in rows], "item"]))
    return [
        Problem(
            "SB-ITEM-11",
            "stop",
            f"Items that belong to two constructs without weights: {names}.",
            table="codebook: items",
            column="construct",
            rows=rows,
            why="One answer would count in full for two constructs and make them look related.",
            fix="Choose one construct, or give shared weights, e.g. weight = 0.5 in both rows.",
        )
    ]


def _unknown_instruments(codebook: Codebook) -> list[Problem]:
    known = set(codebook.instruments["instrument"])
    problems = []
    for table in ("items", "scales", "missing_codes"):
        named = codebook.tables[table]["instrument"]
        allowed = known | {ALL_INSTRUMENTS} if table == "missing_codes" else known
        rows = rows_where(~named.isin(allowed))
        if rows:
            first = named.iloc[rows[0] - 1]
            guess = nearest(first, allowed)
            problems.append(
                Problem(
                    "SB-BOOK-05",
                    "stop",
                    f"Instrument {first!r} is not in the table instruments.",
                    table=f"codebook: {table}",
                    column="instrument",
                    rows=rows,
                    why="Its rule of scoring is not known.",
                    fix=f"Write {guess!r}." if guess else "Add it to the table instruments.",
                )
            )
    return problems


def _unknown_constructs(codebook: Codebook) -> list[Problem]:
    scales = set(codebook.scales["scale"])
    constructs = {construct.name for construct in theory.CONSTRUCTS}
    allowed_in = {"items": constructs | scales, "codes": constructs | {NO_CONSTRUCT}, "ratings": constructs}
    problems = []
    for table, allowed in allowed_in.items():
        named = codebook.tables[table]["construct"]
        rows = rows_where(~named.isin(allowed))
        if rows:
            first = named.iloc[rows[0] - 1]
            guess = nearest(first, allowed)
            problems.append(
                Problem(
                    "SB-BOOK-06",
                    "stop",
                    f"Construct {first!r} is neither one of the model's nor a scale of this codebook.",
                    table=f"codebook: {table}",
                    column="construct",
                    rows=rows,
                    why="Its answers would count for nothing, unseen.",
                    fix=f"Write {guess!r}."
                    if guess
                    else "Use a construct of the model, or add the name to scales.",
                )
            )
    return problems


def _empty_ranges(codebook: Codebook) -> list[Problem]:
    problems = []
    for table in ("items", "ratings"):
        frame = codebook.tables[table]
        rows = rows_where(frame["low"] >= frame["high"])
        if rows:
            problems.append(
                Problem(
                    "SB-BOOK-07",
                    "stop",
                    "The lowest possible answer is not below the highest.",
                    table=f"codebook: {table}",
                    column="low",
                    rows=rows,
                    why="Reversal and the 0-100 form need the range of the answers.",
                    fix="Give the range of the answers as printed on the form, e.g. low = 0, high = 4.",
                )
            )
    return problems


def _minimum_too_high(codebook: Codebook) -> list[Problem]:
    rows = []
    for row, instrument in enumerate(codebook.instruments.itertuples(), start=1):
        sizes = [
            len(codebook.items_of(str(instrument.instrument), construct))
            for construct in codebook.constructs_of(str(instrument.instrument))
        ]
        sizes = [size for size in sizes if size]
        if instrument.minimum_answered < 1 or (sizes and instrument.minimum_answered > max(sizes)):
            rows.append(row)
    if not rows:
        return []
    return [
        Problem(
            "SB-BOOK-08",
            "stop",
            "More answers are asked for than any scale has items, or fewer than one.",
            table="codebook: instruments",
            column="minimum_answered",
            rows=rows,
            why="No score would ever be computed, or one from nothing.",
            fix="Give the fewest answered items that still give a score, e.g. 3 of 5.",
        )
    ]


def _factors_of_too_few_items(codebook: Codebook) -> list[Problem]:
    """Constructs that are scored by a factor, of which they or a part have fewer than three items that weigh."""
    few, rows = [], []
    for row, instrument in enumerate(codebook.instruments.itertuples(), start=1):
        if instrument.rule != FACTOR:
            continue
        for construct in codebook.constructs_of(str(instrument.instrument)):
            items = codebook.items_of(str(instrument.instrument), construct)
            counts = items[items["weight"] != 0.0].groupby("construct").size()
            if len(items) and (counts.empty or counts.min() < 3):
                few.append(construct)
                rows.append(row)
    if not few:
        return []
    return [
        Problem(
            "SB-BOOK-18",
            "stop",
            f"Scored by a factor, with fewer than three items of their own or of a part: {', '.join(few)}.",
            table="codebook: instruments",
            column="rule",
            rows=sorted(set(rows)),
            why="Of one or two items it cannot be told what they share with the construct.",
            fix='rule = "mean", or an instrument of its own, scored by the mean, for these items.',
        )
    ]


def _factors_rounded(codebook: Codebook) -> list[Problem]:
    """Factor scores that are to be rounded."""
    table = codebook.instruments
    rows = rows_where((table["rule"] == FACTOR) & (table["rounding"] != "none"))
    if not rows:
        return []
    return [
        Problem(
            "SB-BOOK-19",
            "stop",
            "Scores by a factor are not rounded.",
            table="codebook: instruments",
            column="rounding",
            rows=rows,
            why="Rounding is for sums of whole numbers; their standard errors would no longer hold.",
            fix='rounding = "none"',
        )
    ]


def _missing_code_in_range(codebook: Codebook) -> list[Problem]:
    """A missing code that is also a possible answer would delete answers."""
    rows = []
    for row, declared in enumerate(codebook.missing_codes.itertuples(), start=1):
        try:
            value = float(declared.code)
        except ValueError:
            continue
        items = codebook.items
        if declared.instrument != ALL_INSTRUMENTS:
            items = items[items["instrument"] == declared.instrument]
        if ((items["low"] <= value) & (value <= items["high"])).any():
            rows.append(row)
    if not rows:
        return []
    return [
        Problem(
            "SB-BOOK-09",
            "stop",
            "A code for missing is also a possible answer.",
            table="codebook: missing_codes",
            column="code",
            rows=rows,
            why="Real answers would be taken for missing.",
            fix="Use a code outside the range of the items, or name the instrument it belongs to.",
        )
    ]


def _wave_names_shared(codebook: Codebook) -> list[Problem]:
    seen: dict[str, int] = {}
    rows = []
    for row, wave in enumerate(codebook.waves.itertuples(), start=1):
        names = {plain_name(name) for name in (wave.wave, wave.label, *wave.aliases) if plain_name(name)}
        if any(seen.setdefault(name, int(wave.wave)) != int(wave.wave) for name in names):
            rows.append(row)
    if not rows:
        return []
    return [
        Problem(
            "SB-BOOK-10",
            "stop",
            "Two waves go by the same name.",
            table="codebook: waves",
            column="aliases",
            rows=rows,
            why="Rows of one wave would be taken for another.",
            fix="Give each name to one wave only.",
        )
    ]


def _sums_of_nothing(codebook: Codebook) -> list[Problem]:
    known = set(codebook.scales["scale"])
    rows = rows_where(codebook.scales["sum_of"].map(lambda parts: bool(set(parts) - known)).astype(bool))
    if not rows:
        return []
    return [
        Problem(
            "SB-BOOK-11",
            "stop",
            "A scale is the sum of scales that the codebook does not have.",
            table="codebook: scales",
            column="sum_of",
            rows=rows,
            why="The sum would leave a part out.",
            fix="Add the missing scales, or correct their names.",
        )
    ]


def _coder_names_shared(codebook: Codebook) -> list[Problem]:
    """A name must stand for one coder only."""
    seen: dict[str, str] = {}
    rows = []
    for row, coder in enumerate(codebook.coders.itertuples(), start=1):
        names = {plain_name(name) for name in (coder.coder, *coder.aliases)}
        if any(seen.setdefault(name, str(coder.coder)) != coder.coder for name in names):
            rows.append(row)
    if not rows:
        return []
    return [
        Problem(
            "SB-BOOK-16",
            "stop",
            "Two coders go by the same name.",
            table="codebook: coders",
            column="aliases",
            rows=rows,
            why="Segments of one coder would be taken for those of another.",
            fix="Give each name to one coder only.",
        )
    ]


def _crosswalk_to_nothing(codebook: Codebook) -> list[Problem]:
    """An old code must become one that this version has."""
    crosswalk = codebook.crosswalk
    rows = rows_where(~crosswalk["new_code"].isin(codebook.codes["code"]))
    if not rows:
        return []
    guess = nearest(crosswalk["new_code"].iloc[rows[0] - 1], codebook.codes["code"])
    return [
        Problem(
            "SB-BOOK-17",
            "stop",
            "The crosswalk leads to a code that the codebook does not have.",
            table="codebook: crosswalk",
            column="new_code",
            rows=rows,
            why="Segments with the old code would count for nothing.",
            fix=f"Write {guess!r}." if guess else "Use the name of one of the codes of this version.",
        )
    ]


def plain_name(name: object) -> str:
    """A name as people mean it: no case, no spaces at the ends, 2.0 the same as 2."""
    text = " ".join(str(name).split()).casefold()
    return text[:-2] if text.endswith(".0") and text[:-2].isdigit() else text
