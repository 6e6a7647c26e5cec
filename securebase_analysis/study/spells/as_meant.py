"""Cells of a plain table as they were meant: one spelling of a type, no carer where nobody knows who it was."""

from __future__ import annotations

import numpy as np
import pandas as pd

from securebase_analysis.errors import Problem, rows_where
from securebase_analysis.results.wording import count as n_of
from securebase_analysis.study.spells.columns import PlacementColumns

TABLE = "placements"
NOBODY_KNOWS = {
    "unknown", "not known", "unk", "n/k", "nk", "n/a", "na", "not applicable", "not recorded", "not stated",
    "none", "null", "nan", "missing", "tbc", "tba", "?", "??", "-", "--", ".",
}  # fmt: skip
"""What stands in a cell when the name of a carer is not known."""


def as_meant(table: pd.DataFrame, columns: PlacementColumns) -> tuple[pd.DataFrame, list[Problem]]:
    """The table with cells as they were meant, and what was taken for what; a return is left as it is.

    Examples
    --------
    >>> table = pd.DataFrame({"carer": ["x", "n/k"], "type": ["foster", "Foster "]})
    >>> made, problems = as_meant(table, PlacementColumns(carer="carer", type="type"))
    >>> made["type"].tolist(), int(made["carer"].isna().sum()), [problem.code for problem in problems]
    (['foster', 'foster'], 1, ['SB-PLACE-77', 'SB-FILE-19'])
    """
    if columns.coded:
        return table, []
    made, problems = {}, []
    for name, change in ((columns.carer, _without_unknown), (columns.type, _one_spelling)):
        if name in table and _is_text(table[name]):
            column, problem = change(table[name], name)
            if problem is not None:
                made[name] = column
                problems.append(problem)
    return (table.assign(**made) if made else table), problems


def _is_text(column: pd.Series) -> bool:
    """Whether a column holds words, also as categories."""
    kind = column.cat.categories.dtype if isinstance(column.dtype, pd.CategoricalDtype) else column.dtype
    return not (pd.api.types.is_numeric_dtype(kind) or pd.api.types.is_datetime64_any_dtype(kind))


def _without_unknown(column: pd.Series, name: str) -> tuple[pd.Series, Problem | None]:
    """Carers, empty where the cell says that the carer is not known."""
    places, values = pd.factorize(column)
    says = np.array([str(value).strip().casefold() in NOBODY_KNOWS for value in values] + [False])
    unknown = says[places]
    if not unknown.any():
        return column, None
    return column.astype(object).where(~unknown, None), Problem(
        "SB-PLACE-77",
        "warn",
        f"{n_of(int(unknown.sum()), 'cell says', 'cells say')} that the carer is not known.",
        TABLE,
        name,
        rows_where(unknown),
        "Taken for a name, all of them would be one carer: moves would be lost, and strangers share a household.",
        "Read as no carer named.",
        "Leave such cells empty.",
    )


def _one_spelling(column: pd.Series, name: str) -> tuple[pd.Series, Problem | None]:
    """Types in the spelling that most rows have, where they differ only by capitals and blanks."""
    counts = column.dropna().astype("str").value_counts()
    usual: dict[str, str] = {}
    for word in counts.index:
        usual.setdefault(" ".join(word.split()).casefold(), word.strip())
    meant = {word: usual[" ".join(word.split()).casefold()] for word in counts.index}
    other = [word for word, as_usual in meant.items() if word.strip() != as_usual]
    if not other:
        return column, None
    text = column.astype("str")
    changed = text.isin(other).to_numpy(bool) & column.notna().to_numpy(bool)
    return text.map(meant).where(column.notna()), Problem(
        "SB-FILE-19",
        "note",
        f"{n_of(int(changed.sum()), 'type is', 'types are')} written with other capitals or blanks than most.",
        TABLE,
        name,
        rows_where(changed),
        "One type would be counted as several.",
        "Read in the spelling that most rows have.",
        f"data[{name!r}] = data[{name!r}].str.strip().str.lower()",
    )
