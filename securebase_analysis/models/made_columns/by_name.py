"""Columns that a formula may name although the table does not hold them: made, counted and said.

Time: ``years`` and ``months`` since the child's first date, ``age``, ``years_in_placement``, and the two parts of
a model that bends where a placement starts, ``years_before_placement`` and ``years_after_placement`` (each also in
months). Of any column x: ``x_within`` and ``x_between``, and ``x_before``, x at the wave before.
"""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from securebase_analysis.errors import ModelError, Problem, nearest, raise_if_stopped, rows_where
from securebase_analysis.models.made_columns.parts import OF_A_COLUMN, stem_and_suffix
from securebase_analysis.models.made_columns.recipes import Made, Recipe
from securebase_analysis.models.made_columns.times import OF_TIME
from securebase_analysis.results import wording


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

    ``x_between`` = the mean of x over all rows of the child that hold x, later waves too, whether or not the model
    uses them; ``x_within`` = x minus that mean. Together they part what differs between children from what changes
    within them (Curran & Bauer 2011). Misleads with few waves: a mean of two or three waves holds a good part of
    their noise, and the effect of ``x_between`` is drawn towards that of ``x_within`` (Lüdtke et al. 2008). Both
    know x of later waves, so neither says what came first; ``x_before`` does.

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
    if name in frame:
        return frame, []
    if recipe is None:
        raise_if_stopped(_meant_another(frame, name), ModelError)
        return frame, []
    notes: list[Problem] = []
    if stem and stem not in frame:
        frame, notes = _with(frame, stem, group)
        raise_if_stopped(notes)
        if stem not in frame:
            raise ModelError(_no_stem(frame, name, stem))
    made = recipe(frame, stem, group)
    return frame.assign(**{name: made.values}), [*notes, *made.problems, _note(name, made)]


def _recipe(name: str) -> tuple[Recipe | None, str]:
    """How a column of this name is made, and of which other column."""
    if name in OF_TIME:
        return OF_TIME[name], ""
    stem, suffix = stem_and_suffix(name)
    return (OF_A_COLUMN[suffix], stem) if stem else (None, "")


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


def _meant_another(frame: pd.DataFrame, name: str) -> list[Problem]:
    """A name that is nobody's, and looks most like that of a column of time."""
    guess = nearest(name, [*frame.columns, *OF_TIME])
    if guess not in OF_TIME or guess in frame:
        return []
    return [
        Problem(
            "SB-MODEL-03",
            "stop",
            f"There is no column {name!r}.",
            column=name,
            why="The model asks for it.",
            fix=f"Did you mean {guess!r}? It is made from the dates.",
        )
    ]


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
