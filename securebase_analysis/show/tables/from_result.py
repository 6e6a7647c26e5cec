"""A table for print from any answer: its terms, and its notes beneath."""

from __future__ import annotations

import numpy as np
import pandas as pd

from securebase_analysis import theory
from securebase_analysis.models.disruption import DisruptionResult
from securebase_analysis.results import wording
from securebase_analysis.results.families import WRITTEN
from securebase_analysis.results.result import Result
from securebase_analysis.show.tables.doctable import MISSING, Column, DocTable
from securebase_analysis.show.tables.hazard_ratios import hazard_ratio_table
from securebase_analysis.show.terms import written_term


def table_of(
    result: Result, *, conf_level: float | None = None, title: str | None = None, number: int | None = None
) -> DocTable:
    """The table for print of any answer: its terms, and its notes beneath.

    Parameters
    ----------
    result : Result
        Any answer.
    conf_level : float, optional
        Level of the intervals; that of the result by default.
    title : str, optional
        Title; that of the result by default.
    number : int, optional
        The number in "Table 1".

    Returns
    -------
    DocTable
        Columns among outcome, group, effect, term, estimate, SE, interval, t (z where all degrees of freedom are
        infinite), df, p and, where the answer adjusts for the number of tests, the adjusted p; columns without a
        single value are left out. Of a model of disruption, hazard ratios in place of their logarithms.

    Examples
    --------
    >>> import pandas as pd
    >>> from securebase_analysis.measures.agreement import assess_agreement
    >>> coders, codes = ["A"] * 4 + ["B"] * 4, list("yynnyynn")
    >>> ratings = pd.DataFrame({"unit": [1, 2, 3, 4] * 2, "coder": coders, "code": codes})
    >>> table_of(assess_agreement(ratings, n_resamples=0)).cells.loc[0, ["Term", "Estimate"]].tolist()
    ['Agreement (share)', '1.00']
    """
    if isinstance(result, DisruptionResult):
        return hazard_ratio_table(result, conf_level=conf_level, title=title, number=number)
    level = result.conf_level if conf_level is None else conf_level
    tidy = result.tidy(level) if result.adjust == "none" else result.adjusted(level)
    shown = tidy.assign(
        outcome=[theory.label(str(name)) if name else "" for name in tidy["outcome"]],
        effect=[str(name).capitalize() for name in tidy["effect"]],
        term=[written_term(str(term)) for term in tidy["term"]],
    )
    title = title or result.title
    asked = _tidy_columns(tidy, level)
    if "p_adjusted" in tidy:
        asked.append(Column(f"p ({WRITTEN[result.adjust]})", ("p_adjusted",), "p"))
    columns = [column for column in asked if _says_something(shown, column, title)]
    notes = (*result.notes, *_used_note(result))
    return DocTable(title, shown, tuple(columns), notes, number)


def _tidy_columns(tidy: pd.DataFrame, level: float) -> list[Column]:
    """The columns of ``tidy()`` as they are printed."""
    statistic = "z" if np.isinf(tidy["df"].dropna().astype(float)).all() else "t"
    columns = [
        Column("Outcome", ("outcome",)),
        Column("Group", ("group",)),
        Column("Effect", ("effect",)),
        Column("Term", ("term",)),
        Column("Estimate", ("estimate",), "number"),
        Column("SE", ("std_error",), "number"),
        Column(f"{wording.percent(level)} CI", ("conf_low", "conf_high"), "interval"),
        Column(statistic, ("statistic",), "number"),
    ]
    if statistic == "t":
        columns.append(Column("df", ("df",), "df"))
    return [*columns, Column("p", ("p_value",), "p")]


def _says_something(frame: pd.DataFrame, column: Column, title: str) -> bool:
    """Whether the column adds to the title and to its neighbours; df without a test adds nothing."""
    if column.kind == "df" and frame["p_value"].isna().all():
        return False
    cells = set(column.written(frame))
    if column.head == "Outcome" and len(cells) == 1:
        return next(iter(cells)).casefold() not in title.casefold()
    return not cells <= {"", MISSING}


def _used_note(result: Result) -> tuple[str, ...]:
    """How many rows and groups the answer rests on."""
    facts = result.facts
    used = f"{wording.count(int(facts['n_rows']), 'row')}, {wording.count(int(facts['n_groups']), 'group')}"
    excluded = int(facts["n_excluded"])
    return (f"Used: {used}; {wording.count(excluded, 'row')} not used.",) if excluded else (f"Used: {used}.",)
