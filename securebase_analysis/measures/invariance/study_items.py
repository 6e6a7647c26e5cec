"""The items of a study, or of its scores, as one table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from securebase_analysis.errors import ModelError, Problem, nearest, raise_if_stopped
from securebase_analysis.measures.invariance.constructs import Constructs, constructs_of, items_in, measured_by
from securebase_analysis.measures.invariance.told_of_rows import no_items
from securebase_analysis.measures.scoring.answers import Answers, read_answers
from securebase_analysis.measures.scoring.material import material_of
from securebase_analysis.measures.scoring.scoring_key import scoring_key
from securebase_analysis.study.codebook import Codebook
from securebase_analysis.theory import SIDES

KEYS = ["site", "child", "wave", "informant"]


def brings_items(data: Any) -> bool:
    """Whether it is a study or scores, which bring a codebook and the answers with them."""
    return isinstance(getattr(data, "codebook", None), Codebook) and not isinstance(data, pd.DataFrame)


def constructs_asked(model: Any, data: Any) -> Constructs:
    """The items of each construct; of a study, constructs or a side may be named alone.

    Raises
    ------
    ModelError
        When the model is not understood, or the codebook has no such construct.
    """
    if not brings_items(data):
        return constructs_of(model)
    if model is None or isinstance(model, (Codebook, Mapping)):
        return constructs_of(data.codebook if model is None else model)
    known = measured_by(data.codebook)
    named = [model] if isinstance(model, str) and model in (*known, *SIDES) else model
    if isinstance(named, str):
        return constructs_of(named)
    wanted = [name for one in map(str, named) for name in SIDES.get(one, (one,))]
    raise_if_stopped([_no_such_construct(name, list(known)) for name in wanted if name not in known], ModelError)
    return constructs_of({name: known[name] for name in wanted})


def items_table(data: Any, constructs: Constructs, over_groups: bool) -> tuple[pd.DataFrame, list[Problem]]:
    """A row per child, wave and informant, with the items asked for and what is known of each child.

    Where groups are compared, rows of the wave at which most were answered, so that a child counts once.
    """
    items = items_in(constructs)
    tables: list[pd.DataFrame] = []
    problems: list[Problem] = []
    for answers in _answers_of(data, problems):
        own = [item for item in items if item in answers.key.items]
        if own:
            values = pd.DataFrame(answers.values[:, answers.columns_of(own)], columns=own)
            tables.append(pd.concat([answers.occasions.reset_index(drop=True), values], axis=1))
    raise_if_stopped(problems)
    if not tables:
        kind = "These scores hold" if hasattr(data, "occasions") else "The questionnaires of this study hold"
        raise ModelError(no_items(kind))
    table = tables[0]
    for other in tables[1:]:
        table = table.merge(other, on=KEYS, how="outer")
    children = getattr(data, "children", None)
    if isinstance(children, pd.DataFrame):
        known = children.drop(
            columns=[name for name in children if name in items or name in ("wave", "informant")]
        )
        table = table.merge(known, on=["site", "child"], how="left")
    if not over_groups:
        return table, problems
    wave = table["wave"].value_counts().index[0]
    return table[table["wave"] == wave].reset_index(drop=True), [*problems, _of_one_wave(wave)]


def _answers_of(data: Any, problems: list[Problem]) -> list[Answers]:
    """The answers of every questionnaire; `problems` gains what was found."""
    if isinstance(getattr(data, "answers", None), tuple):
        return list(data.answers)
    material, found = material_of(data, None), []
    for instrument, table in material.responses.items():
        answers, told = read_answers(table, scoring_key(material.codebook, instrument), material.codebook)
        problems += told
        found += [answers] if answers is not None else []
    return found


def _of_one_wave(wave: object) -> Problem:
    return Problem(
        "SB-SEM-77",
        "note",
        f"Wave {wave}, at which most was answered.",
        why="A child counts once.",
        done="Other waves are left out.",
        fix="For another wave give a table of its items: study.responses['instrument'].",
    )


def _no_such_construct(name: str, known: Sequence[str]) -> Problem:
    guess = nearest(name, [*known, *SIDES])
    listed = ", ".join(known[:10]) or "none"
    return Problem(
        "SB-SEM-78",
        "stop",
        f"No questionnaire of the codebook measures {name!r}.",
        table="codebook",
        done="Nothing was fitted.",
        fix=f"Write {guess!r}." if guess else f"Its constructs are {listed}.",
    )
