"""The answers to one questionnaire as a matrix of numbers beside who gave them, when and about whom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from numbers import Real

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas.api.types import is_complex_dtype, is_datetime64_any_dtype, is_numeric_dtype, is_timedelta64_dtype

from securebase_analysis.errors import Problem, nearest, rows_where
from securebase_analysis.measures.blank_cells import blank
from securebase_analysis.measures.scoring.scoring_key import ScoringKey
from securebase_analysis.readers.cells import to_text
from securebase_analysis.results.wording import count as n_of
from securebase_analysis.study.codebook import Codebook
from securebase_analysis.study.codebook_columns import ALL_INSTRUMENTS

Floats = NDArray[np.float64]
Shift = Mapping[str, Mapping[int, float]]

OCCASION = ["site", "child", "wave"]
OCCASION_AND_INFORMANT = [*OCCASION, "informant"]
ONLY_WAVE = 1
"""The wave of a table that names none."""


@dataclass(frozen=True, eq=False)
class Answers:
    """One questionnaire's answers, one row each time it was filled in.

    Attributes
    ----------
    key : ScoringKey
        How it is scored.
    occasions : pandas.DataFrame
        ``site, child, wave, informant`` of each row.
    values : numpy.ndarray, shape (rows, items)
        Answers in the order of ``key.items``, as they stand in the file; NaN where there is none.
    row_numbers : numpy.ndarray, shape (rows,)
        Row of the table under the header, counted from 1.
    others : pandas.DataFrame
        The columns that are neither items nor keys.
    """

    key: ScoringKey
    occasions: pd.DataFrame
    values: Floats
    row_numbers: NDArray[np.int_]
    others: pd.DataFrame

    @property
    def table(self) -> str:
        """The name of the table in messages."""
        return self.key.instrument

    def columns_of(self, items: Sequence[str]) -> NDArray[np.int_]:
        """Positions of items in `values`."""
        position = {item: index for index, item in enumerate(self.key.items)}
        return np.array([position[item] for item in items], dtype=int)


def read_answers(
    frame: pd.DataFrame,
    key: ScoringKey,
    codebook: Codebook,
    informant: Sequence[str] | None = None,
    shift: Shift | None = None,
) -> tuple[Answers | None, list[Problem]]:
    """Take one questionnaire's answers out of a table; None when they cannot be used as they are.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row each time the questionnaire was filled in; keys that are missing are filled in, see `keyed`.
    key : ScoringKey
        The items to look for.
    codebook : Codebook
        For missing codes and names of waves.
    informant : sequence of str, optional
        Keep the rows of these informants only.
    shift : mapping, optional
        Instrument to wave to a number that is added to every answer of that wave.
    """
    absent = [item for item in key.items if item not in frame.columns]
    if absent:
        return None, [_absent_items(absent, frame, key)]
    weightless = [scale.construct for scale in key.scales if scale.items and not scale.weights.any()]
    if weightless:
        return None, [_weightless(weightless, key)]
    occasions, problems = keyed(frame, key, codebook)
    values, more = _as_numbers(frame, key, codebook)
    problems += more
    if occasions is None or values is None:
        return None, problems
    rows = np.arange(1, len(frame) + 1)
    if informant is not None:
        kept = occasions["informant"].isin(list(informant)).to_numpy()
        occasions, values, rows = occasions[kept].reset_index(drop=True), values[kept], rows[kept]
        frame = frame[kept]
    values, shifted = _shifted(values, occasions["wave"].to_numpy(), (shift or {}).get(key.instrument, {}), key)
    others = frame.drop(columns=[*key.items, *OCCASION_AND_INFORMANT], errors="ignore").reset_index(drop=True)
    answers = Answers(key, occasions, values, rows, others)
    return answers, [*problems, *shifted, *repeated_rows(occasions, rows, key.instrument)]


def keyed(
    frame: pd.DataFrame, key: ScoringKey | None, codebook: Codebook
) -> tuple[pd.DataFrame | None, list[Problem]]:
    """The columns ``site, child, wave, informant`` of a table, filled in where the table does not have them.

    Without a child each row is a child of its own; without a wave all rows are wave 1; without an informant it is
    the questionnaire's only one, or nobody in particular.
    """
    n, problems = len(frame), []
    only = key.informants[0] if key is not None and len(key.informants) == 1 else ""
    made = {
        "site": frame["site"] if "site" in frame else [""] * n,
        "child": frame["child"] if "child" in frame else np.arange(1, n + 1),
        "wave": frame["wave"] if "wave" in frame else np.full(n, ONLY_WAVE),
        "informant": frame["informant"] if "informant" in frame else [only] * n,
    }
    table = key.instrument if key is not None else "data"
    if "child" in frame and (nobody := rows_where(blank(frame["child"]))):
        problems.append(
            Problem(
                "SB-ID-09",
                "stop",
                "Rows without a child.",
                table=table,
                column="child",
                rows=nobody,
                why="An answer that belongs to nobody cannot be followed over the waves.",
                fix="Fill in the child, or remove these rows.",
            )
        )
    given = pd.Series(made["wave"]).reset_index(drop=True)
    without = blank(given)
    waves, known = _wave_numbers(given, codebook)
    problems += _without_wave(rows_where(without), table)
    problems += _unknown_waves(rows_where(~known & ~without), table, codebook)
    if problems:
        return None, problems
    keys = pd.DataFrame({name: _as_text(column) for name, column in made.items() if name != "wave"})
    keys.insert(2, "wave", waves)
    return keys, []


def _as_text(column: object) -> pd.Series:
    """A key as text, the same whether it came as 1, 1.0 or "1"; empty where there is none."""
    series = pd.Series(column).reset_index(drop=True)
    return series if series.dtype == "str" and not series.hasnans else to_text(series).astype("str").fillna("")


def _wave_numbers(wave: pd.Series, codebook: Codebook) -> tuple[NDArray[np.int_], NDArray[np.bool_]]:
    """Wave numbers, and which of them are known: those of the codebook, or any where it lists none."""
    listed = codebook.waves["wave"].to_numpy()
    if pd.api.types.is_integer_dtype(wave) and not wave.hasnans:
        found = wave.to_numpy(np.int64)
        return found, np.isin(found, listed) if len(listed) else np.ones(len(found), dtype=bool)
    numbers = {name: codebook.wave_of(name) for name in wave.dropna().unique()}
    for name, number in numbers.items():
        whole = _whole_number(name)
        if number is None and whole is not None and (not len(listed) or whole in listed):
            numbers[name] = whole
    found = wave.astype(object).map(numbers).to_numpy(float, na_value=np.nan)
    return np.nan_to_num(found).astype(np.int64), ~np.isnan(found)


def _whole_number(name: object) -> int | None:
    """A wave's name that is itself a whole number; None for every other."""
    if isinstance(name, bool | np.bool_) or not isinstance(name, str | Real):
        return None
    number = pd.to_numeric(str(name).strip(), errors="coerce")
    return int(number) if np.isfinite(number) and float(number).is_integer() else None


def _unknown_waves(rows: list[int], table: str, codebook: Codebook) -> list[Problem]:
    if not rows:
        return []
    listed = ", ".join(map(str, codebook.waves["wave"])) or "none"
    return [
        Problem(
            "SB-WAVE-01",
            "stop",
            f"The wave of some rows has no such name in the codebook; it has {listed}.",
            table=table,
            column="wave",
            rows=rows,
            why="Their answers would be put at the wrong time, or lost.",
            fix='Add the name to the codebook: waves = [{ wave = 1, aliases = ["T1"] }].',
        )
    ]


def _without_wave(rows: list[int], table: str) -> list[Problem]:
    if not rows:
        return []
    return [
        Problem(
            "SB-WAVE-30",
            "stop",
            "Rows that do not say which wave they belong to.",
            table=table,
            column="wave",
            rows=rows,
            why="Change over time cannot be told from them.",
            fix="Fill in the wave, or remove these rows.",
        )
    ]


def _absent_items(absent: list[str], frame: pd.DataFrame, key: ScoringKey) -> Problem:
    named = []
    for item in absent[:5]:
        guess = nearest(item, [name for name in frame.columns if name not in key.items])
        named.append(f"{item!r}" + (f" (nearest column: {guess!r})" if guess else ""))
    more = f" and {len(absent) - 5} more" if len(absent) > 5 else ""
    guess = nearest(absent[0], [name for name in frame.columns if name not in key.items])
    return Problem(
        "SB-ITEM-12",
        "stop",
        f"The codebook names items that the data do not have: {', '.join(named)}{more}.",
        table=key.instrument,
        column=absent[0],
        why="A scale without one of its items is another scale.",
        done="This questionnaire was not scored.",
        fix=(
            f"Rename the column {guess!r} to {absent[0]!r}, or correct the item in the codebook."
            if guess
            else f"Add a column {absent[0]!r}, empty if it was not asked, or take the item out of the codebook."
        ),
    )


def _weightless(constructs: list[str], key: ScoringKey) -> Problem:
    return Problem(
        "SB-ITEM-59",
        "stop",
        f"All items of {', '.join(constructs)} weigh nothing.",
        table=key.instrument,
        column="weight",
        why="A score is the weighted mean of its items.",
        done="This questionnaire was not scored.",
        fix="Give its items a weight in the codebook, or take the scale out.",
    )


def _as_numbers(frame: pd.DataFrame, key: ScoringKey, codebook: Codebook) -> tuple[Floats | None, list[Problem]]:
    """The answers as numbers with declared missing codes taken out, and what could not be read."""
    items = list(key.items)
    raw = frame[items]
    if all(is_numeric_dtype(dtype) and not is_complex_dtype(dtype) for dtype in raw.dtypes):
        values = raw.to_numpy(dtype=float, na_value=np.nan)
    else:
        values, problems = _read_texts(raw, key, codebook)
        if problems:
            return None, problems
    codes = _declared_codes(codebook, key.instrument)
    values, removed = _without_codes(values, [code for code in codes if isinstance(code, float)])
    if not removed:
        return values, []
    return values, [
        Problem(
            "SB-FILE-15",
            "note",
            f"{n_of(removed, f'answer of {key.instrument} is', f'answers of {key.instrument} are')} declared "
            "missing in the codebook.",
            table=key.instrument,
            done="They count as missing.",
        )
    ]


def _without_codes(values: Floats, codes: list[float]) -> tuple[Floats, int]:
    """The answers with the declared codes as missing, and how many there were."""
    if not codes:
        return values, 0
    declared = np.isin(values, codes)
    removed = int(declared.sum())
    return (np.where(declared, np.nan, values), removed) if removed else (values, 0)


def _declared_codes(codebook: Codebook, instrument: str) -> list[float | str]:
    """Missing codes of an instrument, numbers where they are numbers."""
    table = codebook.missing_codes
    codes: list[float | str] = []
    for code in table.loc[table["instrument"].isin([instrument, ALL_INSTRUMENTS]), "code"]:
        try:
            codes.append(float(code))
        except ValueError:
            codes.append(str(code).strip().casefold())
    return codes


def _read_texts(raw: pd.DataFrame, key: ScoringKey, codebook: Codebook) -> tuple[Floats, list[Problem]]:
    """Numbers from columns that hold text, and the cells that are neither numbers nor declared missing."""
    words = {code for code in _declared_codes(codebook, key.instrument) if isinstance(code, str)}
    columns, problems = [], []
    for item in key.items:
        cells = raw[item]
        numbers = numbers_of(cells)
        plain = cells.astype("str").str.strip().str.casefold()
        empty = (cells.isna() | plain.isin({"", *words})).to_numpy(dtype=bool, na_value=True)
        bad = np.flatnonzero(np.isnan(numbers) & ~empty)
        columns.append(numbers)
        if bad.size:
            problems.append(_not_numbers(item, (bad + 1).tolist(), key.instrument))
    return np.column_stack(columns), problems


def numbers_of(cells: pd.Series) -> Floats:
    """Cells as numbers, also where they are text; NaN for words, dates and imaginary numbers."""
    if is_complex_dtype(cells.dtype) or is_datetime64_any_dtype(cells.dtype) or is_timedelta64_dtype(cells.dtype):
        return np.full(len(cells), np.nan)
    return pd.to_numeric(cells, errors="coerce").to_numpy(dtype=float, na_value=np.nan)


def _not_numbers(item: str, rows: list[int], table: str) -> Problem:
    return Problem(
        "SB-FILE-18",
        "stop",
        f"{item} has {n_of(len(rows), 'cell that is no number', 'cells that are no numbers')}.",
        table=table,
        column=item,
        rows=rows,
        why="A text has no place on the scale; guessing would make an answer up.",
        fix='Correct the cells, or declare the text: missing_codes = [{ code = "...", reason = "..." }].',
    )


def _shifted(
    values: Floats, wave: NDArray[np.int_], shift: Mapping[int, float], key: ScoringKey
) -> tuple[Floats, list[Problem]]:
    """The answers with the asked-for number added at each wave, said in a note."""
    if not shift:
        return values, []
    amount = np.zeros(len(values))
    for number, by in shift.items():
        amount[wave == number] = by
    words = ", ".join(f"{by:+g} at wave {number}" for number, by in shift.items())
    note = Problem(
        "SB-ITEM-05",
        "note",
        f"The answers of {key.instrument} were shifted as asked: {words}.",
        table=key.instrument,
        done=f"{int((amount != 0).sum())} rows were changed.",
    )
    return values + amount[:, None], [note]


def repeated_rows(occasions: pd.DataFrame, rows: NDArray[np.int_], table: str) -> list[Problem]:
    """A stop when a child has several rows at one wave from one informant."""
    again = occasions.duplicated(list(occasions.columns), keep=False).to_numpy()
    if not again.any():
        return []
    return [
        Problem(
            "SB-ID-02",
            "stop",
            "A child has more than one row for the same wave and informant.",
            table=table,
            column="child",
            rows=rows[again].tolist(),
            why="Choosing or averaging between them would be a decision that nobody took.",
            done="Nothing was scored.",
            fix="Keep the right row, or tell the rows apart by wave or informant.",
        )
    ]
