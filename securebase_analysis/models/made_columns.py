"""Columns that a formula may name although the table does not hold them: made, counted and said.

Time: ``years`` and ``months`` since the child's first date, ``age``, ``years_in_placement``, and the two parts of a
model that bends where a placement starts, ``years_before_placement`` and ``years_after_placement`` (each also in
months). Of any column x: ``x_within`` and ``x_between``, and ``x_before``, x at the wave before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from securebase_analysis.errors import DataError, ModelError, Problem, nearest, raise_if_stopped, rows_where
from securebase_analysis.models.rows import (
    check_columns,
    groups_of,
    is_number,
    repeated_waves,
    wave_order,
    without_object,
    words,
)
from securebase_analysis.readers.dates import to_date
from securebase_analysis.results import wording
from securebase_analysis.study.schema import BIRTH_DATE, DATE

DAYS_PER_YEAR = 365.25
DAYS_PER = {"years": DAYS_PER_YEAR, "months": DAYS_PER_YEAR / 12.0}
OLDEST = 25
DATES = ("date", *DATE.aliases)
BIRTHS = ("birth_date", *BIRTH_DATE.aliases)
STARTS = ("placement_start",)
"""Columns that hold the dates, by the names under which a study knows them."""
EARLIEST = "1900-01-01"


@dataclass(frozen=True, eq=False)
class Made:
    """A column that was made.

    Attributes
    ----------
    values : pandas.Series
        Its cells.
    meaning : str
        What they are, in words that follow the name and a colon.
    lacking : str
        Why some rows have none, in words.
    problems : tuple of Problem
        What was wrong or assumed on the way.
    """

    values: pd.Series
    meaning: str
    lacking: str = ""
    problems: tuple[Problem, ...] = ()


def made_columns(
    frame: pd.DataFrame, names: Iterable[str], group: str = "child"
) -> tuple[pd.DataFrame, list[Problem]]:
    """Add the columns that a formula names, that the table does not hold, and that can be made from it.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row per child and wave.
    names : iterable of str
        Columns that the formula names; those that are there, and those that nobody can make, are passed over.
    group : str
        Whose mean ``_between`` is: the factor whose growth is modelled.

    Returns
    -------
    frame : pandas.DataFrame
        With the columns made; the one given is left as it is.
    notes : list of Problem
        SB-WAVE-33, one note for each column made: what it means and how many rows lack it, and what was assumed
        when dates were read.

    Raises
    ------
    ModelError
        When the columns that one is made from are not there.
    DataError
        When dates are impossible: a wave before the birth, or before the placement in which time is to be counted.

    Notes
    -----
    *Time* is counted in whole days; a year has 365.25 of them, a month a twelfth of that.

    ``years``, ``months`` : since the child's first date in the table.

    ``age`` : years from ``birth_date`` to ``date``.

    ``years_in_placement`` : from ``placement_start`` to ``date``, in each row of the placement on that day (scores
    of a study know it). Rows of different placements of a child start again at zero.

    ``years_before_placement`` = min(t, 0) and ``years_after_placement`` = max(t, 0), with t the time since the
    start of *one* placement of each child: the one that the child is in at its last date. With both in the formula
    the slope may bend where that placement starts; the intercept is the level on its first day. A child who never
    moved has zeros in the first of the two. Who stays until the last wave is known only then: children whose
    later placements broke down count from the last one, not from the one that was hoped to last.

    ``x_between`` = the mean of x over all rows of the child that hold x, later waves too; ``x_within`` = x minus
    that mean. Together they part what differs between children from what changes within them (Curran & Bauer 2011).
    Misleads with few waves: a mean of two or three waves holds a good part of their noise, and the effect of
    ``x_between`` is drawn towards that of ``x_within`` (Lüdtke et al. 2008). Both know x of later waves, so neither
    says what came first; ``x_before`` does.

    ``x_before`` : x of the same child at the wave before, in the order of the waves of the table. Missing at the
    first wave and after a wave at which the child has no row; an older value is not carried forward.

    References
    ----------
    Curran, P. J. & Bauer, D. J. (2011), The disaggregation of within-person and between-person effects in
    longitudinal models of change, *Annual Review of Psychology* 62, 583-619. Lüdtke, O., Marsh, H. W., Robitzsch,
    A., Trautwein, U., Asparouhov, T. & Muthén, B. (2008), The multilevel latent covariate model, *Psychological
    Methods* 13, 203-229.

    Examples
    --------
    >>> frame = pd.DataFrame({"child": ["a", "a", "b", "b"], "wave": [1, 2, 1, 2], "warmth": [2.0, 4.0, 5.0, 6.0]})
    >>> made, notes = made_columns(frame, ["warmth_within", "warmth_between", "warmth_before"])
    >>> made[["warmth_within", "warmth_between", "warmth_before"]]
       warmth_within  warmth_between  warmth_before
    0           -1.0             3.0            NaN
    1            1.0             3.0            2.0
    2           -0.5             5.5            NaN
    3            0.5             5.5            5.0
    """
    problems: list[Problem] = []
    for name in names:
        frame, found = _with(frame, name, group)
        problems += found
    problems = list(dict.fromkeys(problems))
    raise_if_stopped(problems)
    return frame, problems


def _with(frame: pd.DataFrame, name: str, group: str) -> tuple[pd.DataFrame, list[Problem]]:
    """The frame with this column, where it is one of those that are made, and the notes on it."""
    recipe, stem = _recipe(name)
    if name in frame or recipe is None:
        return frame, []
    notes: list[Problem] = []
    if stem and stem not in frame:
        frame, notes = _with(frame, stem, group)
        raise_if_stopped(notes)
        if stem not in frame:
            raise ModelError(_no_stem(frame, name, stem))
    made = recipe(frame, stem, group)
    return frame.assign(**{name: made.values}), [*notes, *made.problems, _note(name, made)]


Recipe = Callable[[pd.DataFrame, str, str], Made]


def _recipe(name: str) -> tuple[Recipe | None, str]:
    """How a column of this name is made, and of which other column."""
    if name in OF_TIME:
        return OF_TIME[name], ""
    stem, suffix = stem_and_suffix(name)
    return (OF_A_COLUMN[suffix], stem) if stem else (None, "")


def stem_and_suffix(name: str) -> tuple[str, str]:
    """A name such as ``trust_before`` in two; nothing where it is not the name of a column made of another.

    Examples
    --------
    >>> stem_and_suffix("trust_before"), stem_and_suffix("trust")
    (('trust', '_before'), ('', ''))
    """
    for suffix in OF_A_COLUMN:
        if name.endswith(suffix) and len(name) > len(suffix):
            return name.removesuffix(suffix), suffix
    return "", ""


def _note(name: str, made: Made) -> Problem:
    """What the column means, and how many rows lack it."""
    missing = made.values.isna().to_numpy()
    n = int(missing.sum())
    several = f"{wording.count(n, 'row has', 'rows have')} none: {made.lacking}." if n else ""
    return Problem(
        "SB-WAVE-33",
        "note",
        f"{name!r} was made: {made.meaning}.",
        column=name,
        rows=rows_where(missing),
        done=several,
    )


def _no_stem(frame: pd.DataFrame, name: str, stem: str) -> Problem:
    guess = nearest(stem, frame.columns)
    return Problem(
        "SB-MODEL-03",
        "stop",
        f"There is no column {stem!r} to make {name!r} from.",
        column=stem,
        why="The model asks for it.",
        fix=f"Did you mean {name.replace(stem, guess, 1)!r}?"
        if guess
        else f"Columns are: {', '.join(map(str, frame.columns))}.",
    )


# ---- within, between, before -----------------------------------------------------------------------------------


def _between(frame: pd.DataFrame, stem: str, group: str) -> Made:
    """The group's mean of its rows that hold the column."""
    x = _numbers(frame, stem)
    code = groups_of(_with_group(frame, group), group).code
    mean = x.groupby(code).transform("mean").where(code >= 0)
    n_rows = x.groupby(code).count().to_numpy()
    most, fewest = (int(n_rows.max()), int(n_rows.min())) if len(n_rows) else (0, 0)
    each = f"{fewest} to {most} rows" if fewest < most else wording.count(most, "row")
    meaning = f"the mean of all rows of the {group} that hold {stem}, of later waves too ({each} a {group})"
    return Made(mean, meaning, f"their {group} has no row with {stem}")


def _within(frame: pd.DataFrame, stem: str, group: str) -> Made:
    """What the column differs from the group's mean."""
    x = _numbers(frame, stem)
    within = x - _between(frame, stem, group).values
    if not (within.abs() > 1e-9 * max(float(x.abs().max()), 1e-300)).any():
        raise DataError(_never_changes(stem, group))
    return Made(within, f"{stem} minus the mean of the {group}'s rows that hold it", f"{stem} is missing")


def _before(frame: pd.DataFrame, stem: str, group: str) -> Made:
    """The column at the wave before."""
    of = "child" if "child" in frame else group
    check_columns(frame, [stem])
    if "wave" not in frame:
        raise ModelError(_absent(f"{stem}_before", "wave", "The wave before is found by its number or its date."))
    place, problems = wave_order(frame["wave"])
    raise_if_stopped([*problems, *repeated_waves(frame, groups_of(_with_group(frame, of), of).code)])
    values, was_there = of_the_wave_before(frame[[stem]], frame, of)
    x, first = values[stem], place == 0
    empty = x.isna().to_numpy() & was_there & ~first
    parts = {
        "at the first wave": int(first.sum()),
        f"whose {of} has no row at the wave before": int((~was_there & ~first).sum()),
        f"with {stem} missing at the wave before": int(empty.sum()),
    }
    lacking = ", ".join(f"{n:,} {what}" for what, n in parts.items() if n)
    return Made(x, f"{stem} of the same {of} at the wave before", lacking)


def of_the_wave_before(
    values: pd.DataFrame, frame: pd.DataFrame, group: str = "child"
) -> tuple[pd.DataFrame, np.ndarray]:
    """Columns as they were at the wave before, of the same child and, where there are several, informant.

    Parameters
    ----------
    values : pandas.DataFrame
        Columns, row for row with `frame`.
    frame : pandas.DataFrame
        With `group` and ``wave``; no child twice at a wave.
    group : str
        The column of the children.

    Returns
    -------
    before : pandas.DataFrame
        The same columns; missing where there is no row at the wave before.
    was_there : numpy.ndarray of bool, shape (rows,)
        Whether there is one.
    """
    place, _ = wave_order(frame["wave"])
    key = pd.DataFrame({"child": groups_of(frame, group).code, "place": place})
    if "informant" in frame:
        key["informant"] = pd.factorize(frame["informant"], use_na_sentinel=False)[0]
    rows = key.assign(row=np.arange(len(frame))).query("child >= 0").drop_duplicates(list(key))
    earlier = key.assign(place=place - 1).merge(rows, on=list(key), how="left")["row"]
    was_there = earlier.notna().to_numpy()
    taken = values.reset_index(drop=True).reindex(earlier.fillna(-1).astype(int))
    return taken.set_axis(values.index), was_there


def _numbers(frame: pd.DataFrame, name: str) -> pd.Series:
    """A column as numbers.

    Raises
    ------
    DataError
        When it holds words.
    """
    check_columns(frame, [name])
    column = without_object(frame[name])
    if not is_number(column):
        raise DataError(words(name, column))
    return pd.Series(column.to_numpy(float, na_value=np.nan), index=frame.index)


def _with_group(frame: pd.DataFrame, group: str) -> pd.DataFrame:
    """The frame, once it is sure that it has the group."""
    check_columns(frame, [group])
    return frame


def _never_changes(stem: str, group: str) -> Problem:
    return Problem(
        "SB-WAVE-34",
        "stop",
        f"{stem!r} never changes within a {group}, so {stem + '_within'!r} would be zero in every row.",
        column=stem,
        why=f"What is the same in all rows of a {group} says nothing of change.",
        done="Nothing was fitted.",
        fix=f"Use {stem!r} itself: it differs between {wording.plural(group)} only.",
    )


# ---- time ------------------------------------------------------------------------------------------------------


def _since_first_date(unit: str) -> Recipe:
    def recipe(frame: pd.DataFrame, stem: str, group: str) -> Made:
        dates, problems = _dates(frame, DATES, unit)
        first = dates.groupby(_child_of(frame, group)).transform("min")
        meaning = f"{unit} since the child's first {dates.name} in the table"
        return Made(_time(dates, first, unit), meaning, "no date", problems)

    return recipe


def _age(frame: pd.DataFrame, stem: str, group: str) -> Made:
    """Years from birth to the day of the wave."""
    births, of_births = _dates(frame, BIRTHS, "age")
    dates, of_dates = _dates(frame, DATES, "age")
    age = _time(dates, births, "years")
    wrong = [*_two_births(births, _child_of(frame, group)), *_impossible_age(age, str(dates.name))]
    meaning = f"years from {births.name} to {dates.name}"
    return Made(age, meaning, "no birth date or no date of the wave", (*of_births, *of_dates, *wrong))


def _in_placement(unit: str) -> Recipe:
    def recipe(frame: pd.DataFrame, stem: str, group: str) -> Made:
        name = f"{unit}_in_placement"
        starts, of_starts = _dates(frame, STARTS, name)
        dates, of_dates = _dates(frame, DATES, name)
        time = _time(dates, starts, unit)
        meaning = f"{unit} from the start of the placement on the day of the wave to that day"
        wrong = _before_placement(time < 0, str(dates.name), unit)
        return Made(time, meaning, "no date, or no placement on it", (*of_starts, *of_dates, *wrong))

    return recipe


def _around_placement(unit: str, side: str) -> Recipe:
    """Time to, or from, the start of the placement that the child is in at its last date."""

    def recipe(frame: pd.DataFrame, stem: str, group: str) -> Made:
        name = f"{unit}_{side}_placement"
        starts, of_starts = _dates(frame, STARTS, name)
        dates, of_dates = _dates(frame, DATES, name)
        time = _time(dates, _last_start(starts, dates, _child_of(frame, group)), unit)
        part = time.clip(upper=0.0) if side == "before" else time.clip(lower=0.0)
        when = "zero after it and negative before" if side == "before" else "zero before it"
        meaning = f"{unit} from the start of the placement at the child's last {dates.name}, {when}"
        return Made(part, meaning, "no date, or a child without a placement", (*of_starts, *of_dates))

    return recipe


def _last_start(starts: pd.Series, dates: pd.Series, child: np.ndarray) -> pd.Series:
    """For every row the start of the placement that its child was in at the last date with a placement."""
    known = pd.DataFrame({"child": child, "start": starts, "date": dates}).dropna()
    last = known.sort_values("date", kind="stable").drop_duplicates("child", keep="last")
    return pd.Series(child, index=starts.index).map(last.set_index("child")["start"])


def _time(dates: pd.Series, since: pd.Series, unit: str) -> pd.Series:
    return (dates - since).dt.days / DAYS_PER[unit]


def _child_of(frame: pd.DataFrame, group: str) -> np.ndarray:
    """The child of each row: the column ``child`` where there is one, else the group."""
    name = "child" if "child" in frame else group
    return groups_of(_with_group(frame, name), name).code


def _dates(frame: pd.DataFrame, names: tuple[str, ...], made: str) -> tuple[pd.Series, tuple[Problem, ...]]:
    """The first of these columns that the frame has, as days.

    Raises
    ------
    ModelError
        When there is none of them.
    DataError
        When a cell is no date.
    """
    found = next((name for name in names if name in frame), None)
    if found is None:
        raise ModelError(_absent(made, names[0], "Time is counted from dates."))
    check_columns(frame, [found])
    days, problems = to_date(frame[found], table="", earliest=EARLIEST)
    raise_if_stopped(problems)
    return days.rename(found), tuple(problems)


def _absent(made: str, column: str, why: str) -> Problem:
    return Problem(
        "SB-MODEL-03",
        "stop",
        f"There is no column {made!r}, and it cannot be made without {column!r}.",
        column=column,
        why=why,
        fix=f"Add {column!r} to the table, or score a study that has it: "
        "fit_growth(score_dimensions(read_study(folder)), ...).",
    )


def _two_births(births: pd.Series, child: np.ndarray) -> list[Problem]:
    wrong = (births.groupby(child).transform("nunique") > 1).to_numpy() & (child >= 0)
    if not wrong.any():
        return []
    return [
        Problem(
            "SB-ID-07",
            "stop",
            "The birth date differs between the rows of a child.",
            column=str(births.name),
            rows=rows_where(wrong),
            why="The child would grow older or younger by leaps.",
            done="No birth date was chosen.",
            fix="Correct the birth dates of these rows.",
        )
    ]


def _impossible_age(age: pd.Series, date: str) -> list[Problem]:
    problems = []
    for wrong, what in ((age < 0, "before the child was born"), (age > OLDEST, f"at an age above {OLDEST} years")):
        if wrong.any():
            n = int(wrong.sum())
            problems.append(
                Problem(
                    "SB-WAVE-07",
                    "stop",
                    f"{wording.count(n, 'row is', 'rows are')} dated {what}.",
                    column=date,
                    rows=rows_where(wrong),
                    why="Every result by age would be wrong for these children.",
                    done="No date was changed.",
                    fix="Check the date and the birth date.",
                )
            )
    return problems


def _before_placement(wrong: pd.Series, date: str, unit: str) -> list[Problem]:
    if not wrong.any():
        return []
    n = int(wrong.sum())
    return [
        Problem(
            "SB-WAVE-35",
            "stop",
            f"{wording.count(n, 'row is', 'rows are')} dated before the start of the placement.",
            column=date,
            rows=rows_where(wrong),
            why="There is no time in a placement before it begins.",
            done="Nothing was fitted.",
            fix=f"Check the dates; where children were seen before they were placed, write {unit}_before_placement + "
            f"{unit}_after_placement.",
        )
    ]


OF_A_COLUMN: dict[str, Recipe] = {"_within": _within, "_between": _between, "_before": _before}
"""Endings of the names of columns that are made of another column."""

OF_TIME: dict[str, Recipe] = {"age": _age} | {
    name: recipe
    for unit in DAYS_PER
    for name, recipe in (
        (unit, _since_first_date(unit)),
        (f"{unit}_in_placement", _in_placement(unit)),
        (f"{unit}_before_placement", _around_placement(unit, "before")),
        (f"{unit}_after_placement", _around_placement(unit, "after")),
    )
}
"""Columns of time by their names."""
