"""What a survey program wrote into a file: rows, columns with their part in it, cells declared missing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import pandas as pd

from securebase_analysis.errors import Problem
from securebase_analysis.readers.labelled import no_missing

Program = Literal["redcap", "qualtrics", "limesurvey", "spss", "stata", "excel", "text", "parquet"]
PROGRAMS: tuple[Program, ...] = (
    "redcap", "qualtrics", "limesurvey", "spss", "stata", "excel", "text", "parquet",
)  # fmt: skip
Role = Literal[
    "id", "event", "repeat_instrument", "repeat_instance", "group", "personal", "paradata", "item", "date", "other"
]
COLUMN_FACTS = ("column", "label", "kind", "role", "form", "choices")


@dataclass(frozen=True, eq=False)
class Export:
    """A questionnaire file as its program wrote it.

    Parameters
    ----------
    frame : pandas.DataFrame
        The rows of data; text stays text, only an empty cell is missing. Header rows are not among them.
    columns : pandas.DataFrame
        A row for each column of `frame`: ``column``; ``label``, its question or description; ``kind`` (number,
        choice, yes or no, checkbox, text, date, calculated, file, ...; empty where the file does not say);
        ``role``, its part in the survey (id, event, repeat_instrument, repeat_instance, group, personal, paradata,
        item, date, other); ``form``, the form it is asked on; ``choices``, a dict of code to label.
    missing : pandas.DataFrame
        ``row`` (from 1), ``column``, ``code``, ``reason``: the cells that the file declares missing.
    program : str
        One of `PROGRAMS`.
    assumptions : tuple of Problem
        What was found out or assumed, with sample cells.
    name : str
        The file's name without its folder.
    decimal, date_system : str
        As in `Table`.
    """

    frame: pd.DataFrame
    columns: pd.DataFrame
    missing: pd.DataFrame = field(default_factory=no_missing)
    program: Program = "text"
    assumptions: tuple[Problem, ...] = ()
    name: str = ""
    decimal: str | None = None
    date_system: str = "1900"

    def with_role(self, *roles: str) -> list[str]:
        """The columns that play one of some parts, in the order of the file."""
        return list(self.columns.loc[self.columns["role"].isin(roles), "column"])

    def choices_of(self, column: str) -> dict[str, str]:
        """Code to label of one column; empty where the file gives none."""
        found = self.columns.loc[self.columns["column"] == column, "choices"]
        return dict(found.iloc[0]) if len(found) else {}


def column_facts(
    names: Iterable[str],
    *,
    roles: Mapping[str, str],
    labels: Mapping[str, str] | None = None,
    kinds: Mapping[str, str] | None = None,
    forms: Mapping[str, str] | None = None,
    choices: Mapping[str, Mapping[Any, str]] | None = None,
) -> pd.DataFrame:
    """The table of columns; what is not named has the role ``item`` and empty facts.

    Examples
    --------
    >>> column_facts(["id", "a1"], roles={"id": "id"})["role"].tolist()
    ['id', 'item']
    """
    records = [
        {
            "column": name,
            "label": (labels or {}).get(name, ""),
            "kind": (kinds or {}).get(name, ""),
            "role": roles.get(name, "item"),
            "form": (forms or {}).get(name, ""),
            "choices": dict((choices or {}).get(name, {})),
        }
        for name in map(str, names)
    ]
    return pd.DataFrame(records, columns=list(COLUMN_FACTS))
