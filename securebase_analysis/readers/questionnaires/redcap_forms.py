"""Which form of a REDCap project stands on which row, and boxes that nobody can have ticked."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from securebase_analysis.readers.labelled import no_missing
from securebase_analysis.readers.text_columns import to_text

COMPLETE = "_complete"
NOT_BEGUN = "the form was not begun"
NO_BOX = "no box ticked and the form not complete"
STATUS = {"0": "Incomplete", "1": "Unverified", "2": "Complete"}
STATUS_CODES = {**{label.casefold(): code for code, label in STATUS.items()}, **{code: code for code in STATUS}}


def form_status(frame: pd.DataFrame, form: str) -> pd.Series | None:
    """The status of a form on each row as 0, 1 or 2; missing where the form is not; None when not exported."""
    if form + COMPLETE not in frame:
        return None
    return to_text(frame[form + COMPLETE]).str.strip().str.casefold().map(STATUS_CODES).astype("str")


def forms_on_rows(frame: pd.DataFrame, columns_of: Mapping[str, Sequence[str]]) -> pd.DataFrame:
    """Whether each form stands on each row.

    Parameters
    ----------
    frame : pandas.DataFrame
        Of the export.
    columns_of : mapping
        Form to its columns.

    Returns
    -------
    pandas.DataFrame
        A boolean column for each form. A form that repeats stands on the rows of its repeats alone, any other on
        none of these; a form without a status is not on the row (it is not part of the event). Where the status
        was not exported, a form stands at the events at which any of its columns is filled.
    """
    repeated = _repeated_form(frame)
    on_rows = {}
    for form, columns in columns_of.items():
        here = repeated == plain_form(form)
        here = here if here.any() else repeated == ""
        status = form_status(frame, form)
        on_rows[form] = here & (_events_with(frame, columns) if status is None else status.notna())
    return pd.DataFrame(on_rows, index=frame.index)


def plain_form(name: str) -> str:
    """A form's name or its label as one word, as REDCap makes the one from the other."""
    return re.sub(r"\W+", "_", name.strip().casefold()).strip("_")


def _repeated_form(frame: pd.DataFrame) -> pd.Series:
    """The form that a row repeats; empty on the others."""
    if "redcap_repeat_instrument" not in frame:
        return pd.Series("", index=frame.index)
    return to_text(frame["redcap_repeat_instrument"]).fillna("").map(plain_form)


def _events_with(frame: pd.DataFrame, columns: Sequence[str]) -> pd.Series:
    """Whether a row is of an event at which any of some columns is filled."""
    filled = frame[list(columns)].notna().any(axis=1)
    if "redcap_event_name" not in frame:
        return pd.Series(True, index=frame.index)
    return filled.groupby(frame["redcap_event_name"].astype("str").fillna("")).transform("any")


def boxes_without_an_answer(
    frame: pd.DataFrame, columns_of: Mapping[str, Sequence[str]], forms: pd.DataFrame
) -> pd.DataFrame:
    """The zeros of checkboxes that are no answer: REDCap writes them before anybody has seen the question.

    Returns
    -------
    pandas.DataFrame
        ``row, column, code, reason``: boxes of a question without any tick on a form that was not begun, or was
        begun and is not complete.
    """
    parts = []
    for form, columns in columns_of.items():
        status = form_status(frame, form)
        boxes = [name for name in columns if "___" in name]
        if status is None or not boxes:
            continue
        others = [name for name in columns if name not in boxes]
        begun = frame[others].notna().any(axis=1) | _ticked(frame[boxes]).any(axis=1)
        open_form = forms[form] & (status == "0")
        for question in dict.fromkeys(name.split("___")[0] for name in boxes):
            mine = [name for name in boxes if name.split("___")[0] == question]
            unanswered = (open_form & ~_ticked(frame[mine]).any(axis=1)).to_numpy()
            rows = np.flatnonzero(unanswered) + 1
            reasons = np.where(begun.to_numpy()[rows - 1], NO_BOX, NOT_BEGUN)
            parts += [_cells(rows, name, reasons) for name in mine]
    return pd.concat(parts, ignore_index=True) if parts else no_missing()


def _ticked(boxes: pd.DataFrame) -> pd.DataFrame:
    """Boxes that are ticked, in an export of codes or of labels."""
    return boxes.apply(lambda cells: to_text(cells).str.strip().str.casefold().isin(["1", "checked"]))


def _cells(rows: np.ndarray, column: str, reasons: np.ndarray) -> pd.DataFrame:
    """Cells of one column that count as missing."""
    cells = pd.DataFrame({"row": rows, "column": column, "code": "0", "reason": reasons})
    return cells.astype({"row": "int64", "column": "str", "code": "str", "reason": "str"})
