"""What there is to score: the tables of a study, or a single wide table of items."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pandas as pd

from securebase_analysis.errors import ModelError, Problem
from securebase_analysis.study.codebook import Codebook

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
    carried: pd.DataFrame = field(default_factory=pd.DataFrame)


def material_of(data: Study | pd.DataFrame, codebook: Codebook | None) -> Material:
    """Tables to score, whichever form the data came in."""
    if isinstance(data, pd.DataFrame):
        return _material_of_table(data, codebook)
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
    )


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
    table = table.reset_index(drop=True)
    table.columns = table.columns.astype(str)
    items = codebook.items
    present = dict.fromkeys(items.loc[items["item"].isin(table.columns), "instrument"])
    if not present:
        present = dict.fromkeys(items["instrument"].iloc[:1])
    every_item = [name for name in table if name in set(items["item"])]
    carried = table.drop(columns=every_item)
    return Material(codebook, dict.fromkeys(present, table), carried=carried)
