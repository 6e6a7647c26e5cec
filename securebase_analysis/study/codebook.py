"""The codebook: which items and interview codes speak for which construct, and how they are scored.

One file that every function reads. Its tables have the same columns whether it is kept as TOML, as a workbook or
as a folder of CSV files; `COLUMNS` is the whole list, with the kind and the default of every cell.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import pandas as pd

from securebase_analysis import theory
from securebase_analysis.errors import Problem, nearest, raise_if_stopped

Kind = Literal["text", "list", "whole", "number", "yes or no"]
REQUIRED = object()
ALL_INSTRUMENTS = "*"
NO_CONSTRUCT = "none"

RULES = ("mean", "sum")
ROUNDINGS = ("none", "half up")
METRICS = ("0-100", "raw")
POLARITIES = ("strength", "concern", "none")
DIRECTIONS = ("high", "low")


@dataclass(frozen=True)
class Column:
    """One column of a codebook table: kind of value, default (or REQUIRED), allowed words, meaning."""

    kind: Kind
    default: Any
    meaning: str
    words: tuple[str, ...] = ()


def _text(meaning: str, default: Any = "", words: tuple[str, ...] = ()) -> Column:
    return Column("text", default, meaning, words)


COLUMNS: dict[str, dict[str, Column]] = {
    "waves": {
        "wave": Column("whole", REQUIRED, "number of the wave, 1, 2, 3, ..."),
        "label": _text("how the wave is called in figures and tables"),
        "aliases": Column("list", (), "other names of the wave in the files, such as T1"),
        "months": Column("number", float("nan"), "planned months since the first wave"),
    },
    "instruments": {
        "instrument": _text("short name of the questionnaire", REQUIRED),
        "title": _text("name for figures and tables"),
        "informants": Column("list", (), "who may answer it, first the main one"),
        "rule": _text("how items become a scale", "mean", RULES),
        "minimum_answered": Column("whole", REQUIRED, "fewest answered items that still give a score"),
        "rounding": _text("rounding of prorated sums", "none", ROUNDINGS),
        "metric": _text("the metric of the score", "0-100", METRICS),
        "source": _text("where the scoring rule comes from"),
        "verified": Column("yes or no", False, "whether the rule was checked against that source"),
    },
    "items": {
        "item": _text("column of the item in the data", REQUIRED),
        "instrument": _text("questionnaire it belongs to", REQUIRED),
        "construct": _text("construct of the model, a part of one, or a scale", REQUIRED),
        "low": Column("number", REQUIRED, "lowest possible answer"),
        "high": Column("number", REQUIRED, "highest possible answer"),
        "reversed": Column("yes or no", False, "whether a high answer means little of the construct"),
        "weight": Column("number", 1.0, "weight of the item in its scale"),
        "label": _text("note to oneself; never the wording of a copyrighted questionnaire"),
    },
    "scales": {
        "scale": _text("name of a score outside the model, such as sdq_total", REQUIRED),
        "instrument": _text("questionnaire it belongs to", REQUIRED),
        "title": _text("name for figures and tables"),
        "better": _text("which end is good for the child", "high", DIRECTIONS),
        "sum_of": Column("list", (), "scales that add up to it; empty when it has items of its own"),
    },
    "missing_codes": {
        "instrument": _text("questionnaire, or * for all", ALL_INSTRUMENTS),
        "code": _text("the value as it stands in the file", REQUIRED),
        "reason": _text("why there is no answer: refused, not asked, not applicable, ...", REQUIRED),
    },
    "codes": {
        "code": _text("name of the interview code", REQUIRED),
        "construct": _text("construct it speaks for, or none", REQUIRED),
        "polarity": _text("whether a passage counts for or against", "strength", POLARITIES),
        "weight": Column("number", 1.0, "how much one passage counts"),
        "description": _text("when the code applies, in the study's own words"),
    },
    "ratings": {
        "rating": _text("column of the rating in the data", REQUIRED),
        "construct": _text("construct that is rated", REQUIRED),
        "low": Column("number", REQUIRED, "lowest possible rating"),
        "high": Column("number", REQUIRED, "highest possible rating"),
        "not_applicable": _text("value that means not applicable, kept apart from missing"),
    },
    "coders": {
        "coder": _text("name or initials to use", REQUIRED),
        "aliases": Column("list", (), "other spellings in the files"),
    },
    "bands": {
        "scale": _text("scale that is cut into bands", REQUIRED),
        "informant": _text("informant the cut-offs hold for", REQUIRED),
        "bands": _text("name of the set of cut-offs, such as three or four", "three"),
        "band": _text("name of the band", REQUIRED),
        "low": Column("number", REQUIRED, "lowest score in the band"),
        "high": Column("number", REQUIRED, "highest score in the band"),
        "source": _text("where the cut-offs come from"),
        "verified": Column("yes or no", False, "whether they were checked against that source"),
    },
    "crosswalk": {
        "version": _text("codebook version the old code comes from", REQUIRED),
        "old_code": _text("code in that version", REQUIRED),
        "new_code": _text("code in this version", REQUIRED),
    },
}


@dataclass(frozen=True, eq=False)
class Codebook:
    """Instruments, items, interview codes, ratings and scoring rules of a study, as plain tables.

    Attributes
    ----------
    name, version : str
        Printed on everything that is made with it.
    waves, instruments, items, scales, missing_codes, codes, ratings, coders, bands, crosswalk : pandas.DataFrame
        With the columns of `COLUMNS`.
    """

    name: str
    version: str
    waves: pd.DataFrame
    instruments: pd.DataFrame
    items: pd.DataFrame
    scales: pd.DataFrame
    missing_codes: pd.DataFrame
    codes: pd.DataFrame
    ratings: pd.DataFrame
    coders: pd.DataFrame
    bands: pd.DataFrame
    crosswalk: pd.DataFrame

    @property
    def tables(self) -> dict[str, pd.DataFrame]:
        """All tables by name."""
        return {name: getattr(self, name) for name in COLUMNS}

    @property
    def fingerprint(self) -> str:
        """First twelve signs of a hash of the contents; changes when any cell changes."""
        text = "\n".join(f"{name}\n{table.to_csv(index=False)}" for name, table in self.tables.items())
        return hashlib.sha256(f"{self.name}\n{self.version}\n{text}".encode()).hexdigest()[:12]

    def items_of(self, instrument: str, construct: str | None = None) -> pd.DataFrame:
        """Rows of `items` for one instrument, and one construct with its parts where asked."""
        chosen = self.items[self.items["instrument"] == instrument]
        if construct is not None:
            chosen = chosen[[counts_for(name, construct) for name in chosen["construct"]]]
        return chosen.reset_index(drop=True)

    def constructs_of(self, instrument: str) -> list[str]:
        """Constructs and scales that an instrument gives scores for: wholes first, in the codebook's order."""
        named = list(dict.fromkeys(self.items.loc[self.items["instrument"] == instrument, "construct"]))
        wholes = [whole for part in named if (whole := whole_of(part)) != part]
        sums = self.scales[(self.scales["instrument"] == instrument) & (self.scales["sum_of"].map(len) > 0)]
        return list(dict.fromkeys([*_in_model_order(wholes + named), *sums["scale"]]))

    def rule_of(self, instrument: str) -> pd.Series:
        """The row of `instruments` for one instrument."""
        return self.instruments.set_index("instrument", drop=False).loc[instrument]

    def wave_of(self, name: object) -> int | None:
        """The number of the wave that goes by `name` in the files; None when no wave does.

        Examples
        --------
        >>> make_codebook("Pilot", "1", {"waves": [{"wave": 2, "aliases": ["T2"]}]}).wave_of(" t2 ")
        2
        """
        return self._wave_names.get(_plain(name))

    @property
    def _wave_names(self) -> dict[str, int]:
        names: dict[str, int] = {}
        for row in self.waves.itertuples():
            for name in (row.wave, row.label, *row.aliases):
                names[_plain(name)] = int(row.wave)
        return names

    def title_of(self, name: str) -> str:
        """How a construct, scale or instrument is written for people."""
        if theory.is_construct(name):
            return theory.label(name)
        for table, key in ((self.scales, "scale"), (self.instruments, "instrument")):
            titles = table.loc[table[key] == name, "title"]
            if len(titles) and titles.iloc[0]:
                return str(titles.iloc[0])
        return theory.label(name)

    def combined_with(self, other: Codebook) -> Codebook:
        """This codebook with the tables of `other` added; waves and coders stay those of this one.

        Raises
        ------
        DataError
            When both define the same item, code or scale.
        """
        own = {"waves", "coders"}
        tables = {
            name: table if name in own else _stacked(table, getattr(other, name))
            for name, table in self.tables.items()
        }
        combined = replace(self, **tables)
        raise_if_stopped(codebook_problems(combined))
        return combined


def counts_for(name: str, construct: str) -> bool:
    """Whether an item of construct `name` counts for `construct`: itself, or a part of it."""
    return name == construct or whole_of(name) == construct


def whole_of(name: str) -> str:
    """The whole that a part belongs to; the name itself when it is not a part.

    Examples
    --------
    >>> whole_of("family_membership_birth"), whole_of("trust")
    ('family_membership', 'trust')
    """
    for whole in ("family_membership", "belonging"):
        if name in {f"{whole}_{part}" for part in theory.FAMILY_PARTS}:
            return whole
    return name


def make_codebook(
    name: str, version: str, tables: Mapping[str, pd.DataFrame | Sequence[Mapping[str, Any]]]
) -> Codebook:
    """Build a codebook from tables and check all of it.

    Parameters
    ----------
    name, version : str
        Printed on everything made with it.
    tables : mapping of str to DataFrame or list of dict
        Some or all of the tables in `COLUMNS`; optional columns may be left out.

    Returns
    -------
    Codebook

    Raises
    ------
    DataError
        With every problem of every table.

    Examples
    --------
    >>> book = make_codebook("Pilot", "1", {
    ...     "instruments": [{"instrument": "visit", "minimum_answered": 1}],
    ...     "items": [{"item": "a1", "instrument": "visit", "construct": "trust", "low": 1, "high": 5}],
    ... })
    >>> book.constructs_of("visit")
    ['trust']
    """
    problems = [
        Problem(
            "SB-BOOK-01",
            "stop",
            f"The codebook has a table {given!r}, which has no meaning here.",
            table="codebook",
            why="A table that nobody reads looks as if it had an effect.",
            fix=f"Rename it to {nearest(given, COLUMNS)!r}." if nearest(given, COLUMNS) else "Remove it.",
        )
        for given in tables
        if given not in COLUMNS
    ]
    filled = {}
    for table in COLUMNS:
        filled[table], found = _filled(table, _as_frame(tables.get(table)))
        problems += found
    raise_if_stopped(problems)
    codebook = Codebook(name=str(name), version=str(version), **filled)
    raise_if_stopped(codebook_problems(codebook))
    return codebook


# --- filling one table ------------------------------------------------------------------------------------------


def _as_frame(rows: pd.DataFrame | Sequence[Mapping[str, Any]] | None) -> pd.DataFrame:
    return rows.copy() if isinstance(rows, pd.DataFrame) else pd.DataFrame(list(rows or []))


def _filled(table: str, given: pd.DataFrame) -> tuple[pd.DataFrame, list[Problem]]:
    """The table with every column of `COLUMNS`, each cell of its kind, and what was wrong with it."""
    where = f"codebook: {table}"
    columns = COLUMNS[table]
    problems = [_unknown_column(where, str(name), columns) for name in given.columns if name not in columns]
    filled = {}
    for name, column in columns.items():
        cells = list(given[name]) if name in given else [None] * len(given)
        filled[name], bad = _converted(cells, column)
        if bad:
            problems.append(_bad_cells(where, name, column, bad))
    return pd.DataFrame(filled, columns=list(columns)), problems


def _converted(cells: list[Any], column: Column) -> tuple[list[Any], list[int]]:
    """The cells in the column's kind, and the 1-based rows that could not be understood."""
    values, bad = [], []
    for row, cell in enumerate(cells, start=1):
        try:
            value = column.default if _blank(cell) else _CONVERTERS[column.kind](cell)
        except ValueError:
            value = REQUIRED
        if column.words and value is not REQUIRED and value not in column.words:
            value = REQUIRED
        if value is REQUIRED:
            bad.append(row)
            value = None
        values.append(list(value) if column.kind == "list" and value is not None else value)
    return values, bad


def _blank(cell: Any) -> bool:
    if cell is None or (isinstance(cell, float) and cell != cell):
        return True
    return isinstance(cell, str) and not cell.strip()


def _as_list(cell: Any) -> list[str]:
    parts = cell.split(";") if isinstance(cell, str) else list(cell)
    return [str(part).strip() for part in parts if str(part).strip()]


def _as_text(cell: Any) -> str:
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return " ".join(str(cell).split())


def _as_whole(cell: Any) -> int:
    number = float(cell)
    if not number.is_integer():
        raise ValueError(cell)
    return int(number)


def _as_yes_no(cell: Any) -> bool:
    words = {
        "true": True,
        "yes": True,
        "1": True,
        "1.0": True,
        "false": False,
        "no": False,
        "0": False,
        "0.0": False,
    }
    word = str(cell).strip().casefold()
    if word not in words:
        raise ValueError(cell)
    return words[word]


_CONVERTERS = {"text": _as_text, "list": _as_list, "whole": _as_whole, "number": float, "yes or no": _as_yes_no}


def _unknown_column(where: str, name: str, columns: Iterable[str]) -> Problem:
    guess = nearest(name, columns)
    return Problem(
        "SB-BOOK-02",
        "stop",
        f"Column {name!r} has no meaning in this table.",
        table=where,
        column=name,
        why="A column that nobody reads looks as if it had an effect.",
        fix=f"Rename it to {guess!r}." if guess else f"Remove it; the columns are {', '.join(columns)}.",
    )


def _bad_cells(where: str, name: str, column: Column, rows: list[int]) -> Problem:
    wanted = f"one of {', '.join(map(repr, column.words))}" if column.words else f"a {column.kind} value"
    return Problem(
        "SB-BOOK-03",
        "stop",
        f"Column {name!r} ({column.meaning}) needs {wanted}.",
        table=where,
        column=name,
        rows=rows,
        why="Scores cannot be computed from a rule that is not complete.",
        fix=f"Fill in {name!r} in these rows.",
    )


# --- rules over all tables --------------------------------------------------------------------------------------


def codebook_problems(codebook: Codebook) -> list[Problem]:
    """Everything that is wrong between and within the tables of a codebook."""
    return [
        *_repeated(codebook, "waves", ["wave"]),
        *_repeated(codebook, "instruments", ["instrument"]),
        *_repeated(codebook, "codes", ["code"]),
        *_repeated(codebook, "scales", ["scale"]),
        *_repeated(codebook, "ratings", ["rating"]),
        *_items_in_two_constructs(codebook),
        *_unknown_instruments(codebook),
        *_unknown_constructs(codebook),
        *_empty_ranges(codebook),
        *_minimum_too_high(codebook),
        *_missing_code_in_range(codebook),
        *_wave_names_shared(codebook),
        *_sums_of_nothing(codebook),
    ]


def _rows_where(mask: pd.Series) -> list[int]:
    return [int(position) + 1 for position in mask.to_numpy().nonzero()[0]]


def _repeated(codebook: Codebook, table: str, key: list[str]) -> list[Problem]:
    frame = codebook.tables[table]
    rows = _rows_where(frame.duplicated(key, keep=False))
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
    rows = _rows_where(undeclared | items.duplicated(["instrument", "item", "construct"], keep=False))
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
        rows = _rows_where(~named.isin(allowed))
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
        rows = _rows_where(~named.isin(allowed))
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
        rows = _rows_where(frame["low"] >= frame["high"])
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
        names = {_plain(name) for name in (wave.wave, wave.label, *wave.aliases) if _plain(name)}
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
    rows = _rows_where(codebook.scales["sum_of"].map(lambda parts: bool(set(parts) - known)).astype(bool))
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


def _plain(name: object) -> str:
    """A name as people mean it: no case, no spaces at the ends, 2.0 the same as 2."""
    text = " ".join(str(name).split()).casefold()
    return text[:-2] if text.endswith(".0") and text[:-2].isdigit() else text


def _in_model_order(names: Iterable[str]) -> list[str]:
    """Constructs of the model in its order, then everything else as it came."""
    order = {construct.name: position for position, construct in enumerate(theory.CONSTRUCTS)}
    return sorted(dict.fromkeys(names), key=lambda name: order.get(name, len(order)))


def _stacked(mine: pd.DataFrame, theirs: pd.DataFrame) -> pd.DataFrame:
    if mine.empty or theirs.empty:
        return (mine if theirs.empty else theirs).reset_index(drop=True)
    return pd.concat([mine, theirs], ignore_index=True)
