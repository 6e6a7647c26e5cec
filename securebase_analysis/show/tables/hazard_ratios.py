"""A table for print of hazard ratios, with the interval of each and its test."""

from __future__ import annotations

import numpy as np

from securebase_analysis.models.disruption import DisruptionResult
from securebase_analysis.models.disruption.written import places_of, ratio_interval_words, ratio_words
from securebase_analysis.results import wording
from securebase_analysis.show.tables.doctable import Column, DocTable
from securebase_analysis.show.terms import written_ratio_term

FEWEST = 0.1
"""Two decimals show ratios from here on."""


def hazard_ratio_table(
    result: DisruptionResult,
    *,
    conf_level: float | None = None,
    title: str | None = None,
    number: int | None = None,
) -> DocTable:
    """The table for print of a model of disruption: hazard ratios in place of their logarithms.

    Parameters
    ----------
    result : DisruptionResult
        From `fit_disruption`.
    conf_level : float, optional
        Level of the intervals; that of the result by default.
    title : str, optional
        Title; that of the result by default.
    number : int, optional
        The number in "Table 1".

    Returns
    -------
    DocTable
        Term, hazard ratio, interval, t or z (of the log hazard), df where it is t, p; below them the variance of a
        frailty where there is one.
    """
    level = result.conf_level if conf_level is None else conf_level
    tidy = result.tidy(level, exponentiate=True)
    hazard = tidy["effect"] == "hazard"
    places = [places_of(value) for value in tidy["std_error"]]
    ends = zip(tidy["conf_low"], tidy["conf_high"], places)
    shown = tidy.assign(
        term=[written_ratio_term(term) for term in tidy["term"]],
        ratio=[ratio_words(value, digits) for value, digits in zip(tidy["estimate"], places)],
        interval=[ratio_interval_words(low, high, digits) for low, high, digits in ends],
    )
    head, of_interval = _kind(result), f"{wording.percent(level)} CI"
    columns = [Column("Term", ("term",)), Column(head, ("ratio",)), Column(of_interval, ("interval",))]
    if max(places) == 2 and tidy.loc[hazard, ["estimate", "conf_low"]].ge(FEWEST).all(axis=None):
        # Numbers stay numbers, for whoever opens the table as a sheet.
        columns[1] = Column(head, ("estimate",), "number")
        columns[2] = Column(of_interval, ("conf_low", "conf_high"), "interval")
    normal = bool(np.isinf(tidy.loc[hazard, "df"]).all())
    columns.append(Column("z" if normal else "t", ("statistic",), "number"))
    if not normal:
        columns.append(Column("df", ("df",), "df"))
    columns.append(Column("p", ("p_value",), "p"))
    used = f"Used: {wording.count(int(result.facts['n_rows']), 'row')}, "
    used += f"{wording.count(int(result.facts['n_events']), 'event')}; "
    used += f"{wording.count(int(result.facts['n_excluded']), 'row')} not used."
    return DocTable(title or result.title, shown, tuple(columns), (*result.notes, used), number)


def _kind(result: DisruptionResult) -> str:
    return "Subdistribution hazard ratio" if result.spec["model"] == "fine-gray" else "Hazard ratio"
