"""The door of a panel model: a wide table, or a long one laid side by side, with a row per child."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from securebase_analysis.errors import ModelError, Problem, nearest, raise_if_stopped, rows_where
from securebase_analysis.measures.blank_cells import blank
from securebase_analysis.measures.group_column import problems_of_groups
from securebase_analysis.models.panel.elements import Panel
from securebase_analysis.models.panel.growth_request import curves_of
from securebase_analysis.models.panel.request import Request, check_number_of_waves
from securebase_analysis.models.panel.wave_names import ONE_NUMBER, Waves, spacing, waves_of
from securebase_analysis.models.rows import (
    check_columns,
    groups_of,
    long_frame,
    nameless,
    numeric_columns,
    repeated_waves,
    written_in_two_ways,
)

Ints = NDArray[np.intp]
WAVE_AT_END = re.compile(r"_[^\W\d_]{0,2}\d+\Z")


@dataclass(frozen=True, eq=False)
class PanelData:
    """What a panel model is fitted to.

    Attributes
    ----------
    frame : pandas.DataFrame
        A row per child, a column per construct and wave.
    given : pandas.DataFrame
        The table as given.
    row_of : numpy.ndarray of int, shape (rows of `given`,)
        The row of `frame` that each row of `given` went to.
    waves : Waves
        In time.
    problems : tuple of Problem
        What was assumed.
    """

    frame: pd.DataFrame
    given: pd.DataFrame
    row_of: Ints
    waves: Waves
    problems: tuple[Problem, ...] = ()

    @property
    def from_long(self) -> bool:
        """Whether the table had a row per child and wave."""
        return self.frame is not self.given


def panel_data(data: Any, request: Request) -> PanelData:
    """The table with a row per child.

    Raises
    ------
    ModelError
        When it is no table, columns are not there, or there are too few waves.
    DataError
        When the columns cannot be used.
    """
    frame = long_frame(data)
    if frame.index.names != [None] and not set(frame.index.names) & set(frame.columns):
        frame = frame.reset_index()
    is_long = "wave" in frame and set(request.constructs) <= set(frame.columns)
    made = _from_long(frame, request) if is_long else _from_wide(frame, request)
    raise_if_stopped(problems_of_groups(made.frame, request.group) if request.group else [])
    raise_if_stopped(check_number_of_waves(len(made.waves), request), ModelError)
    told = [] if request.model == "growth" else spacing(made.waves, request.equal_over_waves)
    raise_if_stopped(told, ModelError)
    raise_if_stopped(_empty(made, request.constructs))
    return PanelData(made.frame, made.given, made.row_of, made.waves, (*made.problems, *told))


def panel_of(data: PanelData, request: Request, groups: tuple[str, ...]) -> Panel:
    """The model that was asked for."""
    return Panel(
        request.constructs, data.waves.names, request.model, request.equal, request.covariates, groups,
        equal_groups=request.equal_over_groups, curves=curves_of(data.waves, request),
    )  # fmt: skip


# ---- a wide table ----------------------------------------------------------------------------------------------


def _from_wide(frame: pd.DataFrame, request: Request) -> PanelData:
    """A table that has a column per construct and wave already."""
    endings = {name: _endings(frame, name) for name in request.constructs}
    is_long = "wave" in frame
    without = [name for name, own in endings.items() if not own and not (is_long and name in frame)]
    if without and request.waves is None:
        raise ModelError([_neither(frame, name) for name in without])
    found = list(dict.fromkeys(ending for own in endings.values() for ending in own))
    waves = waves_of(found, request, wide=True)
    names = tuple(f"{wave:g}" if isinstance(wave, float) else str(wave) for wave in waves.given)
    absent = [(name, wave) for name in request.constructs for wave in names if f"{name}_{wave}" not in frame]
    raise_if_stopped([_not_at(frame, name, wave) for name, wave in absent], ModelError)
    columns = [f"{name}_{wave}" for name in request.constructs for wave in names]
    raise_if_stopped([_is_a_score(name) for name in request.covariates if name in columns], ModelError)
    check_columns(frame, [*columns, *request.covariates, *([request.group] if request.group else [])])
    return PanelData(frame, frame, np.arange(len(frame)), Waves(waves.given, names, waves.times))


def _endings(frame: pd.DataFrame, construct: str) -> list[str]:
    """The waves at which a construct has a column."""
    starts = f"{construct}_"
    endings = [str(name)[len(starts) :] for name in frame.columns if str(name).startswith(starts)]
    return [ending for ending in endings if ONE_NUMBER.fullmatch(ending)]


def _neither(frame: pd.DataFrame, lacking: str) -> Problem:
    """A construct that the table has in no form."""
    bare = WAVE_AT_END.sub("", lacking)
    there = dict.fromkeys(
        WAVE_AT_END.sub("", str(name)) for name in frame.columns if name not in ("child", "wave")
    )
    guess = bare if bare != lacking and bare in there else nearest(lacking, there)
    return Problem(
        "SB-SEM-45",
        "stop",
        f"The table has neither a column {lacking!r} beside 'child' and 'wave', nor columns such as {lacking}_1.",
        column=lacking,
        why="A panel is a row per child and wave, or a row per child with a column per construct and wave; "
        "constructs are named without the wave.",
        done="Nothing was fitted.",
        fix=f"Did you mean {guess!r}?" if guess else f"data = data.rename(columns={{'...': '{lacking}_1'}})",
    )


def _is_a_score(name: str) -> Problem:
    """A covariate that is a construct at some wave."""
    return Problem(
        "SB-SEM-43",
        "stop",
        f"{name!r} is a covariate, and a construct of the model at one of its waves.",
        column=name,
        why="It would explain itself.",
        done="Nothing was fitted.",
        fix="Leave it out of covariates=.",
    )


def _not_at(frame: pd.DataFrame, name: str, wave: str) -> Problem:
    has = ", ".join(_endings(frame, name)) or "none"
    return Problem(
        "SB-SEM-46",
        "stop",
        f"{name!r} has no column for wave {wave}; it has {has}.",
        column=f"{name}_{wave}",
        why="The model has every construct at every wave.",
        done="Nothing was fitted.",
        fix="waves=[...] with the waves that all constructs have, or other constructs.",
    )


# ---- a long table ----------------------------------------------------------------------------------------------


def _from_long(frame: pd.DataFrame, request: Request) -> PanelData:
    """A table with a row per child and wave, laid side by side."""
    check_columns(frame, ["child", "wave", *request.covariates, *([request.group] if request.group else [])])
    children = groups_of(frame, "child")
    numbers, told = numeric_columns(frame, request.constructs)
    problems = [*told, *nameless(children, "child"), *written_in_two_ways(children, "child")]
    problems += repeated_waves(frame, children.code)
    raise_if_stopped(problems)
    waves = waves_of(_in_order(frame["wave"]), request)
    there = list(frame["wave"].unique())
    raise_if_stopped([_no_such_wave(wave, there) for wave in waves.given if wave not in there], ModelError)
    used = frame["wave"].isin(waves.given).to_numpy()
    raise_if_stopped(_several_informants(frame, children.code, used))
    once = {name: _of_child(frame, children.code, name) for name in _of_children(request)}
    varying = [name for name, values in once.items() if values is None]
    raise_if_stopped([_varies(name, name == request.group) for name in varying])
    wide = _side_by_side(numbers, children.code, frame["wave"], waves, used)
    made = wide.assign(**{str(name): values for name, values in once.items()})
    return PanelData(made, frame, children.code, waves, (*children.problems, *_left_waves(~used)))


def _in_order(wave: pd.Series) -> list[Any]:
    """The different waves; ordered labels in their order."""
    if isinstance(wave.dtype, pd.CategoricalDtype) and wave.cat.ordered:
        return [level for level in wave.cat.categories if (wave == level).any()]
    return list(wave.unique())


def _of_children(request: Request) -> list[str]:
    """Columns that a child has once."""
    return [*request.covariates, *([request.group] if request.group else [])]


def _side_by_side(
    numbers: pd.DataFrame, code: Ints, wave: pd.Series, waves: Waves, used: NDArray[np.bool_]
) -> pd.DataFrame:
    """Scores with a row per child and a column per construct and wave."""
    place = wave.map({given: number for number, given in enumerate(waves.given)}).to_numpy(float)
    columns: dict[str, NDArray[np.float64]] = {}
    for name in numbers:
        values = np.full((int(code.max()) + 1, len(waves)), np.nan)
        values[code[used], place[used].astype(int)] = numbers[name].to_numpy()[used]
        columns |= {f"{name}_{label}": values[:, number] for number, label in enumerate(waves.names)}
    return pd.DataFrame(columns)


def _of_child(frame: pd.DataFrame, code: Ints, name: str) -> Any:
    """The one value that each child has of a column, missing where none; None when some child has two."""
    known = ~blank(frame[name])
    values = frame.loc[known, name]
    by_child = values.groupby(code[known])
    if (by_child.nunique() > 1).any():
        return None
    return by_child.first().reindex(range(int(code.max()) + 1)).array


def _varies(name: str, is_group: bool) -> Problem:
    return Problem(
        "SB-SEM-47",
        "stop",
        f"{name!r} changes from wave to wave.",
        column=name,
        why="A child is in one group all along." if is_group else "A covariate explains all waves of a child.",
        done="Nothing was fitted.",
        fix=f"data[{name!r}] = data.groupby('child')[{name!r}].transform('first')"
        + ("" if is_group else f"; or name {name!r} among the constructs, if it acts and is acted on."),
    )


def _no_such_wave(wave: Any, there: Sequence[Any]) -> Problem:
    alike = [known for known in there if str(known) == str(wave)]
    fix = "Name waves that data['wave'].unique() shows."
    if alike:
        known = repr(alike[0]) if isinstance(alike[0], str) else str(alike[0])
        fix = f"There it is {known}: waves=[{known}, ...]"
    return Problem(
        "SB-SEM-48", "stop", f"There is no wave {wave!r} in the table.", column="wave",
        why="waves=... names it.", done="Nothing was fitted.", fix=fix,
    )  # fmt: skip


def _several_informants(frame: pd.DataFrame, code: Ints, used: NDArray[np.bool_]) -> list[Problem]:
    """Rows of one child and wave by different informants."""
    twice = pd.DataFrame({"child": code, "wave": frame["wave"].to_numpy()}).duplicated(keep=False) & used
    if not twice.any():
        return []
    return [
        Problem(
            "SB-SEM-49",
            "stop",
            f"{int(twice.sum()):,} rows are of a child and wave that have several, by different informants.",
            column="informant",
            rows=rows_where(twice),
            why="A panel has one score of a construct at each wave.",
            done="Nothing was chosen and nothing averaged.",
            fix="data[data['informant'] == 'carer'], or a column for each informant's score.",
        )
    ]


def _left_waves(left: NDArray[np.bool_]) -> list[Problem]:
    if not left.any():
        return []
    n = int(left.sum())
    return [
        Problem("SB-SEM-50", "note", f"{n:,} rows of waves that are not named in waves=.", done="Left out.")
    ]  # fmt: skip


def _empty(made: PanelData, constructs: Sequence[str]) -> list[Problem]:
    """Waves without any score of a construct."""
    columns = [f"{name}_{wave}" for wave in made.waves.names for name in constructs]
    empty = made.frame[columns].isna().to_numpy().all(axis=0).reshape(-1, len(constructs))
    problems = []
    for wave, of_wave in zip(made.waves.names, empty):
        without = [name for name, is_empty in zip(constructs, of_wave) if is_empty]
        if without:
            problems.append(_without_scores(wave, without, len(without) == len(constructs)))
    return problems


def _without_scores(wave: str, constructs: Sequence[str], wholly: bool) -> Problem:
    named = "any construct" if wholly else ", ".join(constructs)
    return Problem(
        "SB-SEM-51",
        "stop",
        f"Wave {wave} has no score of {named}.",
        column=", ".join(f"{name}_{wave}" for name in constructs),
        why="Nothing can be learned of scores that nobody has, nor of effects on them or of them.",
        done="Nothing was fitted.",
        fix="waves=[...] without this wave; its neighbours are then further apart.",
    )
