"""Tables that no survey program has marked: SPSS, Stata, workbooks and text as they stand."""

from __future__ import annotations

import pandas as pd

from securebase_analysis.readers.questionnaires.export import Export, Program, column_facts
from securebase_analysis.readers.tables import Table
from securebase_analysis.readers.text_columns import is_text, to_text


def plain_export(table: Table, program: Program) -> Export:
    """A table as an export in which every column may be an item.

    Parameters
    ----------
    table : Table
        As `read_table` gives it.
    program : str
        Where it comes from.

    Returns
    -------
    Export
        With the labels and value labels of the file; dates have the role ``date``.
    """
    frame = table.frame
    kinds = {str(name): _kind(frame[name], bool(table.value_labels.get(name))) for name in frame}
    columns = column_facts(
        frame.columns,
        roles={name: "date" for name, kind in kinds.items() if kind == "date"},
        labels=table.labels,
        kinds=kinds,
        choices={name: _codes(labels) for name, labels in table.value_labels.items()},
    )
    return Export(
        frame,
        columns,
        table.missing,
        program,
        table.assumptions,
        table.name,
        table.decimal,
        table.date_system,
        table=table,
    )


def _codes(labels: dict) -> dict[str, str]:
    """Value labels with their values as text."""
    values = to_text(pd.Series(list(labels)))
    return dict(zip(values, map(str, labels.values())))


def _kind(column: pd.Series, has_labels: bool) -> str:
    """The kind of answers that a column's type speaks for."""
    if has_labels:
        return "choice"
    if column.dtype.kind == "M":
        return "date"
    return "text" if is_text(column) else "number"
