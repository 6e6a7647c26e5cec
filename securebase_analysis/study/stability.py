"""`placement_stability`: how many children moved how often, by the definitions that are in use, side by side."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np
import pandas as pd

from securebase_analysis.errors import ModelError, Problem, check_option, raise_if_stopped
from securebase_analysis.results.wording import count as n_of
from securebase_analysis.study.spells.care_years import Care, CareYear
from securebase_analysis.study.spells.history import PlacementHistory, placement_history
from securebase_analysis.study.spells.timeline import NEVER, day_of
from securebase_analysis.study.stability_definitions import DEFINITIONS, Counted, StabilityDefinition

COLUMNS = ["year", "definition", "children", "count", "percent"]
RATE_COLUMNS = ["child_years", "per_child_year"]
MONTH_AND_DAY = re.compile(r"(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])")
NOT_IN_EVERY_YEAR = ("02-29", "02-30", "02-31", "04-31", "06-31", "09-31", "11-31")


@dataclass(frozen=True, eq=False, repr=False)
class PlacementStability:
    """Stability of placements by year.

    Attributes
    ----------
    frame : pandas.DataFrame
        ``year, definition, children, count, percent``: of `children` (the denominator) `count` were counted. With
        a rate also ``child_years, per_child_year``; `count` is then the number of moves and `percent` is empty.
    definitions : tuple of StabilityDefinition
        What was counted, with its source.
    problems : tuple of Problem
        What the numbers rest on.
    notes : tuple of str
        The definitions and the problems as sentences, for footnotes.
    """

    frame: pd.DataFrame
    definitions: tuple[StabilityDefinition, ...]
    problems: tuple[Problem, ...]
    _counted: Mapping[tuple[str, str], Counted]

    @property
    def notes(self) -> tuple[str, ...]:
        """What was counted, and what the numbers rest on."""
        told = (f"{item.name}: {item.says} ({item.source})" for item in self.definitions)
        return (*told, *(problem.sentence for problem in self.problems))

    def side_by_side(self) -> pd.DataFrame:
        """What the choice of definition changes.

        Returns
        -------
        pandas.DataFrame
            ``year, definition, compared_with, children, count, percent, in_both, only_here, only_there,
            difference``: every definition beside the first one. `in_both` children are counted by both,
            `only_here` by this one alone, `only_there` by the first one alone; `difference` is in percentage
            points. All four are empty for rates, and where one counts children who moved and the other those who
            stayed.

        Examples
        --------
        >>> table = pd.DataFrame({
        ...     "child": ["a"] * 3, "carer": ["x", "x", "y"], "type": ["foster", "kinship", "foster"],
        ...     "start": pd.to_datetime(["2020-05-01", "2020-07-01", "2020-09-01"]),
        ...     "end": pd.to_datetime(["2020-07-01", "2020-09-01", "2021-03-31"]).where([True, True, False]),
        ... })
        >>> history = placement_history(table, freeze="2021-03-31")
        >>> both = placement_stability(history, ["any_change", "carer_change"])
        >>> both.side_by_side()[["definition", "count", "only_there", "difference"]].values.tolist()
        [['any_change', 1, 0, 0.0], ['carer_change', 0, 1, -100.0]]
        """
        first = self.definitions[0]
        table = self.frame[COLUMNS].copy()
        table.insert(2, "compared_with", first.name)
        comparable = [_comparable(first, DEFINITIONS[name]) for name in table["definition"]]
        pairs = [
            (self._counted.get((year, first.name)), self._counted[year, name]) if can else (None, None)
            for year, name, can in zip(table["year"], table["definition"], comparable)
        ]
        table["in_both"] = [_overlap(one, other, True, True) for one, other in pairs]
        table["only_here"] = [_overlap(one, other, False, True) for one, other in pairs]
        table["only_there"] = [_overlap(one, other, True, False) for one, other in pairs]
        reference = self.frame[self.frame["definition"] == first.name].set_index("year")["percent"]
        difference = table["percent"] - table["year"].map(reference)
        table["difference"] = difference.where(comparable)
        return table.astype(dict.fromkeys(("in_both", "only_here", "only_there"), "Int64"))

    def __repr__(self) -> str:
        return f"PlacementStability: {', '.join(item.name for item in self.definitions)}\n{self.frame}"

    def _repr_html_(self) -> str:
        table = self.frame.to_html(index=False, border=0, float_format="{:.1f}".format, na_rep="")
        return table + "".join(f"<p><small>{escape(note)}</small></p>" for note in self.notes)


def _comparable(one: StabilityDefinition, other: StabilityDefinition) -> bool:
    """Whether both count children, and children of the same kind: those who moved or those who stayed."""
    return one.counts == other.counts != "rate"


def _overlap(one: Counted | None, other: Counted | None, in_one: bool, in_other: bool) -> int | None:
    """How many children are counted, or not, by the two definitions; None where they cannot be compared."""
    if one is None or other is None:
        return None
    return int(((one.counted == in_one) & (other.counted == in_other)).sum())


def placement_stability(
    history: Any,
    definition: str | Sequence[str] = "any_change",
    *,
    years: str | Sequence[str] | None = None,
    year_starts: str = "04-01",
) -> PlacementStability:
    """Count children by the stability of their placements, year by year.

    Parameters
    ----------
    history : PlacementHistory
        From `placement_history`; a study, a return or a table of placements is taken by its default rules.
    definition : str or sequence of str
        One or several of ``any_change``, ``carer_change``, ``dfe_2025``, ``dfe_two_years``,
        ``same_carer_two_years``, ``ni63_old``, ``childrens_commissioner``, ``moves_per_child_year``; see
        `DEFINITIONS` for what each says and its source.
    years : str or sequence of str, optional
        Such as ``["2020/21"]``; by default all years that lie within the data.
    year_starts : str
        Month and day on which a year begins: ``"04-01"`` in England, ``"01-01"`` where it is the calendar year.

    Returns
    -------
    PlacementStability
        With ``.frame``: ``year, definition, children, count, percent``.

    Raises
    ------
    ModelError
        For a definition that rests on codes and a history without any (SB-PLACE-70), one that asks for ages and
        no birth dates (SB-PLACE-71), no whole year (SB-PLACE-73), or a word that is not an option (SB-MODEL-30).

    Notes
    -----
    A child is in care on a day when a placement began on it or before and had not ended on it. A placement counts
    in a year when it had not ended before its first day. Three or more placements are two or more moves for a
    child in care all year; a child who came in during the year needs as many placements in less time. Years before
    those of the data hold only placements that lasted: lengths of stay reach back as far as the rows say.

    Examples
    --------
    >>> table = pd.DataFrame({
    ...     "child": ["a", "a", "a", "b"], "carer": ["x", "y", "z", "x"],
    ...     "start": pd.to_datetime(["2020-05-01", "2020-07-01", "2020-09-01", "2020-04-01"]),
    ...     "end": [pd.Timestamp("2020-07-01"), pd.Timestamp("2020-09-01"), pd.NaT, pd.NaT],
    ... })
    >>> history = placement_history(table, freeze="2021-03-31")
    >>> placement_stability(history, "carer_change").frame.values.tolist()
    [['2020/21', 'carer_change', 2, 1, 50.0]]
    """
    chosen = _chosen(definition)
    years = [years] if isinstance(years, str) else years
    if not isinstance(history, PlacementHistory):
        history = placement_history(history)
    care = Care(history._built, history._door.births, history.rules.gap_days)
    problems = _cannot_be_counted(history, care, chosen)
    raise_if_stopped(problems, ModelError)
    care_years = _years(history, care, years, year_starts)
    counted = {
        (year.label, item.name): item.count(year)
        for item in chosen
        for year in care_years
        if _is_within(year, item, history)
    }
    problems += [*_left_out(history, care_years, chosen), *_ages(care, care_years, chosen)]
    problems += _partly_known(history, care, care_years)
    return PlacementStability(_frame(counted), chosen, tuple(problems), counted)


def _chosen(definition: str | Sequence[str]) -> tuple[StabilityDefinition, ...]:
    """The definitions by their names, each once."""
    several = isinstance(definition, Sequence) and not isinstance(definition, str) and len(definition) > 0
    names = list(definition) if several else [definition]
    for name in names:
        check_option("definition", name, tuple(DEFINITIONS))
    return tuple(DEFINITIONS[str(name)] for name in dict.fromkeys(names))


def _frame(counted: Mapping[tuple[str, str], Counted]) -> pd.DataFrame:
    """One row a year and definition."""
    rows = []
    for (year, name), found in counted.items():
        children = int(found.children.sum())
        count = int(found.counted.sum()) if found.events is None else found.events
        percent = 100 * count / children if found.events is None and children else np.nan
        rate = count / found.child_years if found.child_years > 0 else np.nan
        rows.append((year, name, children, count, percent, found.child_years, rate))
    frame = pd.DataFrame(rows, columns=[*COLUMNS, *RATE_COLUMNS])
    has_rate = any(found.events is not None for found in counted.values())
    return frame if has_rate else frame[COLUMNS]


# --- years ------------------------------------------------------------------------------------------


def _years(
    history: PlacementHistory, care: Care, wanted: Sequence[str] | None, year_starts: str
) -> list[CareYear]:
    """The years that lie within the data."""
    if not MONTH_AND_DAY.fullmatch(str(year_starts)) or year_starts in NOT_IN_EVERY_YEAR:
        check_option("year_starts", year_starts, ("04-01", "01-01"))
    first = history.observed_from
    if first is None:
        starts = care.built.rows.start
        first = pd.Timestamp(np.datetime64("1970-01-01") + int(starts.min())) if len(starts) else history.freeze
        # The year in which the first placement began lies within the data.
        first = first - pd.DateOffset(years=1) + pd.Timedelta(days=1)
    found = []
    for year in range(first.year, history.freeze.year + 1):
        start = day_of(f"{year}-{year_starts}")
        last = day_of(f"{year + 1}-{year_starts}") - 1
        if start >= day_of(first) and last <= day_of(history.freeze):
            label = str(year) if year_starts == "01-01" else f"{year}/{(year + 1) % 100:02d}"
            found.append(CareYear(care, label, start, last))
    for label in wanted or ():
        check_option("years", label, [year.label for year in found])
    found = [year for year in found if wanted is None or year.label in wanted]
    if found:
        return found
    raise ModelError(
        Problem(
            "SB-PLACE-73",
            "stop",
            f"No year lies whole within the data, which end on {history.freeze:%Y-%m-%d}.",
            why="Children in care on the last day of a year are known only when the data reach it.",
            fix='placement_history(data, freeze="2022-03-31", observed_from="2021-04-01"), or another year_starts',
        )
    )


def _is_within(year: CareYear, item: StabilityDefinition, history: PlacementHistory) -> bool:
    """Whether the data reach back over all years in which the definition counts placements."""
    if item.years == 1 or history.observed_from is None:
        return True
    return year.with_years_before(item.years - 1).first_day >= day_of(history.observed_from)


# --- what the numbers rest on ----------------------------------------------------------------------


def _cannot_be_counted(
    history: PlacementHistory, care: Care, chosen: Sequence[StabilityDefinition]
) -> list[Problem]:
    """Definitions that these data cannot answer, and what is lost where they can."""
    problems = []
    for item in chosen:
        if item.needs_codes and not history.coded:
            problems.append(
                Problem(
                    "SB-PLACE-70",
                    "stop",
                    f"{item.name} rests on codes of the English return, and the table has none.",
                    column="RNE",
                    why="Short breaks (LS V3, V4) and temporary placements (T0 to T4) cannot be told apart.",
                    done="Nothing was counted.",
                    fix='definition="any_change" or "carer_change"',
                )
            )
        if item.needs_births and not (care.births > NEVER).any():
            problems.append(
                Problem(
                    "SB-PLACE-71",
                    "stop",
                    f"{item.name} asks for ages, and no birth date is known.",
                    column="birth_date",
                    why="It looks at children under 16.",
                    done="Nothing was counted.",
                    fix="placement_history(data, children=children) with child and birth_date",
                )
            )
    if not history.coded:
        problems.append(
            Problem(
                "SB-PLACE-75",
                "note",
                "The table says nothing of legal status: short breaks count unless they were left out of it.",
                why="Official indicators leave them out.",
                fix="Leave series of short breaks out of the table.",
            )
        )
    return problems


def _left_out(
    history: PlacementHistory, years: Sequence[CareYear], chosen: Sequence[StabilityDefinition]
) -> list[Problem]:
    """Years that a definition of several years cannot be counted in, and lengths of stay that may be too short."""
    if history.observed_from is None:
        return []
    problems = []
    day = f"{history.observed_from:%Y-%m-%d}"
    for item in chosen:
        missing = [year.label for year in years if not _is_within(year, item, history)]
        if missing:
            problems.append(
                Problem(
                    "SB-PLACE-74",
                    "note",
                    f"{item.name} counts over {item.years} years; not counted in {', '.join(missing)}.",
                    why=f"Placements that ended before {day} are not in the data.",
                    fix="Read earlier returns too.",
                )
            )
    if any(item.looks_back for item in chosen):
        problems.append(
            Problem(
                "SB-PLACE-76",
                "note",
                f"Stays that began before {day} are as long as the rows that were open on that day say.",
                why="Where a legal status changed before, the rows before it are not in the data.",
                fix="Read earlier returns too.",
            )
        )
    return problems


A_MONTH = 31


def _partly_known(history: PlacementHistory, care: Care, years: Sequence[CareYear]) -> list[Problem]:
    """The year in which the first placement of a plain table begins, where nobody said from when it was kept."""
    if history.observed_from is not None or not len(care.built.rows.start):
        return []
    first = int(care.built.rows.start.min())
    short = [year for year in years if year.first_day + A_MONTH < first]
    if not short:
        return []
    year = short[0]
    n_days = year.last_day - first + 1
    return [
        Problem(
            "SB-PLACE-78",
            "note",
            f"The first placement begins in {year.label}, {n_days} days before its end.",
            why="Where earlier placements are not in the table, fewer moves are counted than there were.",
            done="The year was counted.",
            fix="placement_history(data, observed_from=...) with the first day on which the table was kept",
        )
    ]


def _ages(care: Care, years: Sequence[CareYear], chosen: Sequence[StabilityDefinition]) -> list[Problem]:
    """Children whose age is not known, where a definition asks for it."""
    if not any(item.needs_births for item in chosen):
        return []
    ever = np.zeros(care.n_children, dtype=bool)
    for year in years:
        ever |= year.in_care_at_end
    n_unknown = int((ever & (care.births == NEVER)).sum())
    if n_unknown == 0:
        return []
    return [
        Problem(
            "SB-PLACE-72",
            "warn",
            f"{n_of(n_unknown, 'child has', 'children have')} no birth date.",
            column="birth_date",
            why="Whether they are under 16 is not known.",
            done="They are not among the children looked at.",
            fix="placement_history(data, children=children) with child and birth_date",
        )
    ]
