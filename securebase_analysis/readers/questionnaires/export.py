"""What a survey program wrote into a file: rows, columns with their part in it, cells declared missing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

import pandas as pd

from securebase_analysis.errors import Problem
from securebase_analysis.readers.labelled import no_missing
from securebase_analysis.readers.tables import Table

Program = Literal["redcap", "qualtrics", "limesurvey", "spss", "stata", "excel", "text", "parquet"]
PROGRAMS: tuple[Program, ...] = (
    "redcap", "qualtrics", "limesurvey", "spss", "stata", "excel", "text", "parquet",
)  # fmt: skip
Role = Literal[
    "id", "event", "repeat_instrument", "repeat_instance", "group", "personal", "paradata", "item", "date", "other"
]
DECIMAL_COMMA = "number, decimal comma"
COLUMN_FACTS = ("column", "label", "kind", "role", "form", "choices")


def _nothing_left_out() -> pd.DataFrame:
    """No row that is left out."""
    return pd.DataFrame({"row": pd.Series(dtype="int64"), "reason": pd.Series(dtype="str")})


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
    forms : pandas.DataFrame
        A boolean column for each form: whether it stands on the row. Empty where the program knows no forms.
    left_out : pandas.DataFrame
        ``row`` (from 1) and ``reason`` of rows that are no answers, such as previews; they stay in `frame`.
    by_labels : bool
        Whether the program wrote the labels of choices into the cells, not their codes.
    table : Table, optional
        The file as `read_table` gives it, where no survey program wrote it.
    """

    frame: pd.DataFrame
    columns: pd.DataFrame
    missing: pd.DataFrame = field(default_factory=no_missing)
    program: Program = "text"
    assumptions: tuple[Problem, ...] = ()
    name: str = ""
    decimal: str | None = None
    date_system: str = "1900"
    forms: pd.DataFrame = field(default_factory=pd.DataFrame)
    left_out: pd.DataFrame = field(default_factory=_nothing_left_out)
    by_labels: bool = False
    table: Table | None = None

    def in_use(self) -> pd.Series:
        """Whether a row is an answer of somebody; previews and tests are not."""
        if self.left_out.empty:
            return pd.Series(True, index=self.frame.index)
        rows = pd.Series(range(1, len(self.frame) + 1), index=self.frame.index)
        return ~rows.isin(self.left_out["row"])

    def decimal_of(self, column: str) -> str | None:
        """The decimal mark of a column, where the survey or the file says it."""
        return "," if self._facts_of(column)[0] == DECIMAL_COMMA else self.decimal

    def asked(self, column: str) -> pd.Series:
        """Whether a column was asked on each row: its form stands there, or it is filled in.

        Everywhere where the program knows no forms; never on a row that is left out.
        """
        _, form, _ = self._facts_of(column)
        if form not in self.forms:
            return self.in_use()
        return (self.forms[form] | self.frame[column].notna()) & self.in_use()

    def with_role(self, *roles: str) -> list[str]:
        """The columns that play one of some parts, in the order of the file."""
        return list(self.columns.loc[self.columns["role"].isin(roles), "column"])

    def choices_of(self, column: str) -> dict[str, str]:
        """Code to label of one column; empty where the file gives none."""
        return dict(self._facts_of(column)[2])

    def _facts_of(self, column: str) -> tuple[str | None, str | None, Mapping[str, str]]:
        """Kind, form and choices of one column, the first of that name."""
        return self._facts.get(column, (None, None, {}))

    @cached_property
    def _facts(self) -> dict[str, tuple[str | None, str | None, Mapping[str, str]]]:
        """Kind, form and choices by column; looked up for each of some thousand columns."""
        facts = zip(*(self.columns[name] for name in ("column", "kind", "form", "choices")))
        return {column: (kind, form, choices) for column, kind, form, choices in reversed(list(facts))}


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
