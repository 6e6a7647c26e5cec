"""The answers to the items as one table: a row per child, every item running with its construct."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from securebase_analysis.errors import ModelError, Problem, raise_if_stopped
from securebase_analysis.measures.blank_cells import blank
from securebase_analysis.measures.invariance.long_answers import LongColumns, is_long, laid_out
from securebase_analysis.measures.scoring.answers import Answers, read_answers
from securebase_analysis.measures.scoring.direction_checks import direction_problems
from securebase_analysis.measures.scoring.material import Material, material_of
from securebase_analysis.measures.scoring.range_checks import range_problems
from securebase_analysis.measures.scoring.scoring_key import scoring_key
from securebase_analysis.models.measurement.constructs import Measured
from securebase_analysis.models.measurement.request import KEYS, Request
from securebase_analysis.models.measurement.told_of_answers import (
    chosen,
    do_not_vary,
    no_answers,
    no_such_group,
    no_such_informant,
    no_such_wave,
    not_answered,
    with_gaps,
    without_group,
    without_rows,
)
from securebase_analysis.study.codebook import Codebook

CHILD = ["site", "child"]
OF_SCORES = {
    "Nothing was scored.": "Nothing was fitted.",
    "nothing was scored.": "nothing was fitted.",
    "This questionnaire was not scored.": "Nothing was fitted.",
    "Scored as": "Used as",
}
"""What is done with answers, in the words of scores and in those of a model."""


@dataclass(frozen=True, eq=False)
class Answered:
    """What a measurement model is fitted to.

    Attributes
    ----------
    frame : pandas.DataFrame
        ``site, child``, the group where there is one, and a column for each item.
    problems : tuple of Problem
        What was chosen or left out.
    n_excluded : int
        Children with answers that were left out.
    """

    frame: pd.DataFrame
    problems: tuple[Problem, ...]
    n_excluded: int = 0


def answered(data: Any, codebook: Codebook, measured: Sequence[Measured], request: Request) -> Answered:
    """The children with an answer at one wave.

    Raises
    ------
    DataError
        When answers cannot be used as they are.
    ModelError
        When there are none of that wave, informant or group.
    """
    own = _narrowed(codebook, measured)
    material = None if _holds_answers(data) else _material(data, own, measured)
    answers, problems = _answers(data, material, measured, request.force_reversed)
    chosen_by = {name: _informant(of, own, request.informant) for name, of in answers.items()}
    rows = {name: _of_informant(of, chosen_by[name]) for name, of in answers.items()}
    wave, told = _wave(rows, codebook, request.wave)
    problems += [*_several_informants(answers, chosen_by, request.informant), *told]
    table = _side_by_side(rows, wave, measured, own)
    items = [name for name in table if name not in CHILD]
    n_children = len(table)
    if request.group is not None:
        group = _group(request.group, data, material, rows, wave)
        table, told = _grouped(table.merge(group, on=CHILD, how="left"), request.group)
        problems += told
    if request.missing == "listwise":
        table, told = _whole(table, items)
        problems += told
    place = f"at wave {wave}" if len(_waves(rows)) > 1 else "here"
    raise_if_stopped(_silent(table[items], place, measured))
    return Answered(table, tuple(problems), n_children - len(table))


# ---- reading ---------------------------------------------------------------------------------------------------


def _narrowed(codebook: Codebook, measured: Sequence[Measured]) -> Codebook:
    """The codebook with the items of these constructs alone, so that no others are asked for."""
    items = codebook.items
    kept = np.zeros(len(items), dtype=bool)
    for one in measured:
        kept |= ((items["instrument"] == one.instrument) & items["item"].isin(one.items)).to_numpy()
    instruments = [one.instrument for one in measured]
    return replace(
        codebook,
        items=items[kept].reset_index(drop=True),
        instruments=codebook.instruments[codebook.instruments["instrument"].isin(instruments)],
        scales=codebook.scales[codebook.scales["sum_of"].map(len) == 0],
    )


def _material(data: Any, codebook: Codebook, measured: Sequence[Measured]) -> Material:
    """The tables of a study, or one table, laid out if it is long."""
    items = list(dict.fromkeys(item for one in measured for item in one.items))
    if is_long(data, items, LongColumns()):
        data, told = laid_out(data.set_axis(range(1, len(data) + 1)), items, LongColumns(), _of_the_child(data))
        raise_if_stopped(told)
    elif isinstance(data, pd.DataFrame) and not set(items) & set(data.columns):
        columns = {str(name) for name in data.columns}
        if {"construct", "score"} <= columns or ("item" in columns and "value" not in columns):
            raise ModelError(no_answers(sorted(columns)))
    return material_of(data, codebook)


def _of_the_child(data: pd.DataFrame) -> list[str]:
    """Columns of a long table that may be a group: what is neither key nor answer, and one for each child."""
    names = [name for name in data if name not in (*KEYS, "item", "value")]
    if "child" not in data:
        return []
    return [str(name) for name in names if (data.groupby("child")[name].nunique() <= 1).all()]


def _holds_answers(data: Any) -> bool:
    """Whether these are scores, with the answers they were made from."""
    return isinstance(getattr(data, "answers", None), tuple)


def _answers(
    data: Any, material: Material | None, measured: Sequence[Measured], force_reversed: Sequence[str]
) -> tuple[dict[str, Answers], list[Problem]]:
    """The answers to each questionnaire, checked as they are for scores."""
    instruments = list(dict.fromkeys(one.instrument for one in measured))
    at_hand = {of.key.instrument: of for of in data.answers} if material is None else material.responses
    raise_if_stopped([not_answered(name) for name in instruments if name not in at_hand], ModelError)
    if material is None:
        return {name: at_hand[name] for name in instruments}, []
    read: dict[str, Answers] = {}
    problems: list[Problem] = []
    for name in instruments:
        key = scoring_key(material.codebook, name)
        answers, told = read_answers(material.responses[name], key, material.codebook)
        problems += told
        if answers is not None:
            problems += range_problems(answers) or direction_problems(answers, force_reversed)
            read[name] = answers
    problems = [_of_a_model(problem) for problem in problems]
    raise_if_stopped([_in_rows_given(problem, data, material) for problem in problems])
    return read, problems


def _of_a_model(problem: Problem) -> Problem:
    """What was told of answers that are to be scored, told of a model of them."""
    done = problem.done
    for scored, fitted in OF_SCORES.items():
        done = done.replace(scored, fitted)
    return replace(problem, done=done)


def _in_rows_given(problem: Problem, data: Any, material: Material) -> Problem:
    """The problem with the rows of the long table, where one was given."""
    table = next(iter(material.responses.values()), pd.DataFrame())
    if not (isinstance(data, pd.DataFrame) and {"item", "value"} <= set(data.columns)) or not problem.rows:
        return problem
    keys = [name for name in KEYS if name in data and name in table]
    concerned = table.iloc[[row - 1 for row in problem.rows]][keys]
    given = data[keys].assign(row=np.arange(1, len(data) + 1))
    named = data["item"].astype("str").str.strip() == problem.column
    given = given[named.to_numpy()] if named.any() else given
    return replace(problem, rows=sorted(concerned.merge(given, on=keys)["row"]))


# ---- choosing --------------------------------------------------------------------------------------------------


def _informant(answers: Answers, codebook: Codebook, asked: str | None) -> str:
    """Who answers: as asked, or the first that the codebook names, or whoever answered most."""
    found = answers.occasions["informant"].value_counts()
    if asked is not None:
        if asked not in found:
            raise ModelError(no_such_informant(asked, answers.table, [name for name in found.index if name]))
        return asked
    listed = codebook.rule_of(answers.table)["informants"]
    return next((name for name in listed if name in found), str(found.index[0]) if len(found) else "")


def _of_informant(answers: Answers, informant: str) -> Answers:
    kept = (answers.occasions["informant"] == informant).to_numpy() & ~np.isnan(answers.values).all(axis=1)
    return replace(
        answers,
        occasions=answers.occasions[kept].reset_index(drop=True),
        values=answers.values[kept],
        row_numbers=answers.row_numbers[kept],
        others=answers.others[kept].reset_index(drop=True),
    )


def _several_informants(
    answers: Mapping[str, Answers], chosen_by: Mapping[str, str], asked: str | None
) -> list[Problem]:
    """Questionnaires that others answered too."""
    problems = []
    for name, of in answers.items():
        others = sorted(set(of.occasions["informant"]) - {chosen_by[name]})
        if others and asked is None:
            what = f"{name} as answered by {chosen_by[name]}; {', '.join(others)} answered it too."
            problems.append(chosen(what, "Other informants are left out.", f"informant={others[0]!r}"))
    return problems


def _waves(rows: Mapping[str, Answers]) -> dict[int, int]:
    """Children with an answer at each wave, in the order of waves."""
    seen = pd.concat([of.occasions[[*CHILD, "wave"]] for of in rows.values()]).drop_duplicates()
    return {int(wave): int(n) for wave, n in seen.groupby("wave").size().items()}


def _wave(rows: Mapping[str, Answers], codebook: Codebook, asked: Any) -> tuple[int, list[Problem]]:
    """The wave asked for, or that at which most children have answers."""
    found = _waves(rows)
    if asked is not None:
        wave = codebook.wave_of(asked)
        wave = asked if wave is None else wave
        if wave not in found:
            raise ModelError(no_such_wave(asked, found))
        return int(wave), []
    if not found:
        raise ModelError(without_rows())
    most = max(found, key=lambda wave: found[wave])
    others = [wave for wave in found if wave != most]
    if not others:
        return most, []
    what = f"Wave {most}, at which most children have answers."
    return most, [chosen(what, "A child counts once; other waves are left out.", f"wave={others[0]}")]


# ---- one table -------------------------------------------------------------------------------------------------


def _side_by_side(
    rows: Mapping[str, Answers], wave: int, measured: Sequence[Measured], codebook: Codebook
) -> pd.DataFrame:
    """A row per child and a column per item; reversed items are turned."""
    table: pd.DataFrame | None = None
    for name, answers in rows.items():
        items = list(dict.fromkeys(item for one in measured if one.instrument == name for item in one.items))
        key = codebook.items_of(name).drop_duplicates("item").set_index("item").loc[items]
        at = (answers.occasions["wave"] == wave).to_numpy()
        values = answers.values[np.ix_(at, answers.columns_of(items))]
        turned = np.where(key["reversed"], (key["low"] + key["high"]).to_numpy() - values, values)
        own = pd.concat(
            [answers.occasions.loc[at, CHILD].reset_index(drop=True), pd.DataFrame(turned, columns=items)], axis=1
        )
        own = own[own[items].notna().any(axis=1)]
        table = own if table is None else table.merge(own, on=CHILD, how="outer")
    assert table is not None
    return table


def _group(
    group: str, data: Any, material: Material | None, rows: Mapping[str, Answers], wave: int
) -> pd.DataFrame:
    """What is known of each child under the name of the group."""
    known: list[pd.DataFrame] = [material.children] if material is not None else [data.occasions]
    for answers in rows.values():
        at = (answers.occasions["wave"] == wave).to_numpy()
        known.append(pd.concat([answers.occasions[CHILD], answers.others], axis=1)[at])
    measured = {item for answers in rows.values() for item in answers.key.items}
    for table in known:
        if group in table and group not in measured and set(CHILD) <= set(table.columns):
            said = table.loc[~blank(table[group]), [*CHILD, group]]
            return said.drop_duplicates(CHILD)
    names = [name for table in known for name in table.columns if name not in CHILD]
    raise ModelError(no_such_group(group, list(dict.fromkeys(map(str, names)))))


def _grouped(table: pd.DataFrame, group: str) -> tuple[pd.DataFrame, list[Problem]]:
    """The children whose group is known."""
    unknown = blank(table[group])
    told = [without_group(int(unknown.sum()), group)] if unknown.any() else []
    return table[~unknown].reset_index(drop=True), told


def _whole(table: pd.DataFrame, items: Sequence[str]) -> tuple[pd.DataFrame, list[Problem]]:
    """The children who answered every item."""
    gaps = table[list(items)].isna().any(axis=1).to_numpy()
    told = [with_gaps(int(gaps.sum()))] if gaps.any() else []
    return table[~gaps].reset_index(drop=True), told


def _silent(answers: pd.DataFrame, place: str, measured: Sequence[Measured]) -> list[Problem]:
    """Items without two different answers."""
    if not len(answers):
        return [without_rows()]
    values = answers.nunique()
    unanswered, alike = (list(values.index[values == n]) for n in (0, 1))
    return [do_not_vary(unanswered, alike, place, measured)] if unanswered or alike else []
