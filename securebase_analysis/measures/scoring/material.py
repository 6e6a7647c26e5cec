"""What there is to score: the tables of a study, or a single wide table of items."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import pandas as pd

from securebase_analysis.errors import ModelError, Problem, raise_if_stopped
from securebase_analysis.study.codebook import Codebook
from securebase_analysis.study.questionnaire import Questionnaire

if TYPE_CHECKING:
    from securebase_analysis.study.study import Study


@dataclass(frozen=True, eq=False)
class Material:
    """What there is to score, from a study or from a single table."""

    codebook: Codebook
    responses: dict[str, pd.DataFrame]
    segments: pd.DataFrame = field(default_factory=pd.DataFrame)
    sources: pd.DataFrame = field(default_factory=pd.DataFrame)
    ratings: pd.DataFrame = field(default_factory=pd.DataFrame)
    waves: pd.DataFrame = field(default_factory=pd.DataFrame)
    children: pd.DataFrame = field(default_factory=pd.DataFrame)
    placements: pd.DataFrame = field(default_factory=pd.DataFrame)
    carried: pd.DataFrame = field(default_factory=pd.DataFrame)


def material_of(data: Study | Questionnaire | pd.DataFrame, codebook: Codebook | None) -> Material:
    """Tables to score, whichever form the data came in.

    Raises
    ------
    ModelError
        When it is neither a study, nor a questionnaire or a table with a codebook.
    """
    if codebook is not None and not isinstance(codebook, Codebook):
        raise ModelError(_no_codebook(codebook))
    if isinstance(data, pd.DataFrame):
        return _material_of_table(data, codebook)
    if isinstance(data, Questionnaire):
        table = _answers_alone(data)
        return _material_of_table(table if codebook is None else _with_every_item(table, data, codebook), codebook)
    if not (hasattr(data, "responses") and hasattr(data, "codebook")):
        raise ModelError(_neither(data))
    book = codebook if codebook is not None else data.codebook
    responses = {
        name: table for name, table in data.responses.items() if name in set(book.instruments["instrument"])
    }
    return Material(
        codebook=book,
        responses={name: table for name, table in responses.items() if book.constructs_of(name)},
        segments=_table(data, "segments"),
        sources=_table(data, "sources"),
        ratings=_table(data, "ratings"),
        waves=_table(data, "waves"),
        children=_table(data, "children"),
        placements=_table(data, "placements"),
    )


def _answers_alone(read: Questionnaire) -> pd.DataFrame:
    """The answers of a questionnaire file and whose they are, without what only its file says."""
    unsaid = [name for name in ("site", "wave", "informant", "instance", "date") if read.wide[name].isna().all()]
    return read.wide.drop(columns=["row", *unsaid])


def said_of_file(problems: Iterable[Problem], data: object) -> list[Problem]:
    """Problems of a questionnaire file by the rows of the file, one of which may hold several waves."""
    if not isinstance(data, Questionnaire):
        return list(problems)
    of_file = data.wide["row"].to_numpy()
    return [
        replace(told, table=data.name, rows=tuple(sorted({int(of_file[row - 1]) for row in told.rows})))
        if told.rows
        else told
        for told in problems
    ]


def _with_every_item(table: pd.DataFrame, read: Questionnaire, codebook: Codebook) -> pd.DataFrame:
    """The answers with an empty column for items that the file does not have, as was told when it was read."""
    asked = dict.fromkeys(codebook.items_of(read.instrument)["item"])
    return table.reindex(columns=[*table, *(item for item in asked if item not in table)])


def _table(study: Study, name: str) -> pd.DataFrame:
    """One table of a study, empty when the study has none."""
    table = getattr(study, name, None)
    return table if isinstance(table, pd.DataFrame) else pd.DataFrame()


def _material_of_table(table: pd.DataFrame, codebook: Codebook | None) -> Material:
    """A single wide table: every questionnaire of which it has an item, and its other columns to carry along."""
    if codebook is None:
        raise ModelError(
            Problem(
                "SB-MODEL-61",
                "stop",
                "A table of items needs a codebook.",
                why="Which item belongs to which dimension, and which are reversed, does not stand in the table.",
                fix='score_dimensions(items, codebook=read_codebook("codebook.toml"))',
            )
        )
    named = [name for name in table.index.names if name is not None and name not in table.columns]
    table = table.reset_index(named).reset_index(drop=True)
    table.columns = [str(name) for name in table.columns]
    raise_if_stopped(names_borne_twice(table, "items"))
    items = codebook.items
    present = dict.fromkeys(items.loc[items["item"].isin(table.columns), "instrument"])
    if not present:
        present = dict.fromkeys(items["instrument"].iloc[:1])
    every_item = [name for name in table if name in set(items["item"])]
    carried = table.drop(columns=every_item)
    return Material(codebook, dict.fromkeys(present, table), carried=carried)


def names_borne_twice(table: pd.DataFrame, called: str) -> list[Problem]:
    """A stop for every name that two columns of a table bear."""
    return [
        Problem(
            "SB-FILE-07",
            "stop",
            f"Two columns are called {name!r}.",
            table=called,
            column=str(name),
            why="It cannot be known which of them is meant.",
            fix="Rename or remove one of them.",
        )
        for name in table.columns[table.columns.duplicated()].unique()
    ]


def table_of_forms(items: pd.DataFrame | Questionnaire) -> pd.DataFrame:
    """A row per answered form, with text for column names, each of them once.

    Raises
    ------
    ModelError
        SB-MODEL-41: neither a table nor a questionnaire.
    DataError
        SB-FILE-07: two columns of one name.
    """
    if isinstance(items, Questionnaire):
        return _answers_alone(items)
    if not isinstance(items, pd.DataFrame):
        what = f"items is a {type(items).__name__}, neither a table nor a questionnaire."
        fix = "Give read_questionnaire(path), or a pandas.DataFrame with a row per answered form."
        raise ModelError(Problem("SB-MODEL-41", "stop", what, fix=fix))
    table = items.set_axis([str(name) for name in items.columns], axis=1)
    raise_if_stopped(names_borne_twice(table, "items"))
    return table


def _neither(data: object) -> Problem:
    return Problem(
        "SB-MODEL-41",
        "stop",
        f"This is a {type(data).__name__}, neither a study, a questionnaire nor a table.",
        why="Scores and scales are made from answers.",
        fix="Give read_study(folder); or read_questionnaire(path, codebook), or a pandas.DataFrame of items, and "
        "its codebook.",
    )


def _no_codebook(given: object) -> Problem:
    return Problem(
        "SB-MODEL-41",
        "stop",
        f"codebook is a {type(given).__name__}, not a Codebook.",
        why="It says which items belong to which dimension.",
        fix='codebook=read_codebook("codebook.toml")',
    )
