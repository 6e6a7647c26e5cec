"""A raw column of a return: its distinct texts tidied, which row holds which, and the way to report on them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from securebase_analysis.readers.ssda903.layout import Field
from securebase_analysis.readers.ssda903.ledger import Ledger
from securebase_analysis.readers.ssda903.raw_tables import RawTable
from securebase_analysis.results.wording import count as n_of

NOT_GIVEN = frozenset({"", "NULL", "NAN", "NAT", "N/A", "NA", "#N/A", "NONE", "NIL", ".", "-", "<NA>", "(NULL)"})
AROUND = " \t\r\n\u00a0\u200b\ufeff"


class RawColumn:
    """A raw column: its distinct texts tidied, which row holds which, and the way to report on them."""

    def __init__(self, raw: RawTable, field: Field, ledger: Ledger) -> None:
        categorical = raw.frame[field.name].cat
        self.raw, self.field, self.ledger = raw, field, ledger
        self.texts = pd.Series(categorical.categories, dtype="str")
        self.codes = categorical.codes.to_numpy()
        tidy = self.texts.str.strip(AROUND)
        blank = tidy.str.upper().isin(NOT_GIVEN).to_numpy()
        self.tidy = tidy.mask(blank) if blank.any() else tidy
        words = blank & (tidy != "").to_numpy()
        self.repaired(words, "words for missing (NULL, n/a, ...)", "Taken as empty.", "SB-FILE-06")

    def rows_with(self, flags: np.ndarray) -> np.ndarray:
        """The rows of the file whose distinct text is flagged."""
        return self.raw.rows[self.spread(flags, False)]

    def spread(self, values: np.ndarray, empty: object) -> np.ndarray:
        """The value of each row's distinct text; `empty` where the cell is empty."""
        values = np.asarray(values)
        return np.append(values, np.array([empty], dtype=values.dtype))[self.codes]

    def repaired(self, flags: np.ndarray, what: str, done: str, code: str = "") -> None:
        """Note a repair of the flagged texts where a row holds one; tell it where a code is given."""
        flags = np.asarray(flags, dtype=bool)
        rows = self.rows_with(flags) if flags.any() else ()
        if not len(rows):
            return
        self.ledger.repair(self.raw.layout.name, self.raw.file, self.field.name, what, rows, done)
        if code:
            said = f"{n_of(len(rows), 'cell holds', 'cells hold')} {what}."
            self.ledger.report(code, "note", said, self.raw.file, self.field.name, rows, done=done)

    def warn(self, code: str, what: str, rows: np.ndarray, why: str, done: str, fix: str = "") -> None:
        """Tell what is wrong with rows of the file; nothing without rows."""
        if len(rows):
            said = f"{n_of(len(rows), 'row')} {what}"
            self.ledger.report(code, "warn", said, self.raw.file, self.field.name, rows, why, done, fix)

    def as_categorical(self, texts: pd.Series) -> pd.Categorical:
        """The column with other distinct texts; those that became equal are one category."""
        if texts.equals(self.texts):
            return self.raw.frame[self.field.name].array
        codes, categories = pd.factorize(texts)
        return pd.Categorical.from_codes(self.spread(codes, -1), pd.Index(categories, dtype="str"))
