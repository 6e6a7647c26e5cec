"""What was found and mended while a return was read: problems for people, repairs as rows that can be counted."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from securebase_analysis.errors import Problem, Severity

MOST_ROWS_LISTED = 10_000
KEPT = "Nothing was changed."
MEND = "Correct the return, or take the rows into account."
REPAIR_COLUMNS = ["table", "file", "column", "what", "n_rows", "rows", "done"]


@dataclass(frozen=True, eq=False)
class Ledger:
    """Problems and repairs in the order in which they were met; functions that read write into it."""

    problems: list[Problem] = field(default_factory=list)
    repairs: list[tuple] = field(default_factory=list)
    broken: list[tuple] = field(default_factory=list)

    def report(
        self,
        code: str,
        severity: Severity,
        what: str,
        file: str = "",
        column: str = "",
        rows: Sequence[int] | np.ndarray = (),
        why: str = "",
        done: str = "",
        fix: str = "",
    ) -> None:
        """Note a problem; of very many rows the first are listed and the number of all is said."""
        if len(rows) > MOST_ROWS_LISTED:
            what = f"{what} ({len(rows):,} rows; the first {MOST_ROWS_LISTED:,} are listed)"
        listed = np.asarray(rows[:MOST_ROWS_LISTED], dtype="int64").tolist()
        self.problems.append(Problem(code, severity, what, file, column, listed, why, done, fix))

    def repair(
        self,
        table: str,
        file: str,
        column: str,
        what: str,
        rows: Sequence[int] | np.ndarray,
        done: str,
        n_rows: int | None = None,
    ) -> None:
        """Note a repair; `n_rows` where the places cannot be given as rows."""
        listed = tuple(np.asarray(rows[:MOST_ROWS_LISTED], dtype="int64").tolist())
        self.repairs.append((table, file, column, what, len(rows) if n_rows is None else n_rows, listed, done))

    def mended(
        self,
        code: str,
        table: str,
        file: str,
        column: str,
        what: str,
        rows: Sequence[int] | np.ndarray,
        done: str,
        n_rows: int | None = None,
    ) -> None:
        """Note a repair that needs no answer, and tell it."""
        self.repair(table, file, column, what, rows, done, n_rows)
        number = len(rows) if n_rows is None else n_rows
        said = re.sub(r"^(\w+)s\b", r"\1", what) if number == 1 else what
        self.report(code, "note", f"{number:,} {said}.", file, column, rows, done=done)

    def rule(
        self,
        number: str,
        code: str,
        what: str,
        table: str,
        file: str,
        column: str,
        rows: Sequence[int] | np.ndarray,
        why: str = "",
        done: str = KEPT,
        fix: str = MEND,
    ) -> None:
        """Note rows that break a rule of the department, under the rule's own number; nothing without rows."""
        if len(rows) == 0:
            return
        self.report(code, "warn", f"Rule {number}: {what}", file, column, rows, why, done, fix)
        self.broken.append((number, table, file, column, len(rows)))

    def repairs_frame(self) -> pd.DataFrame:
        """The repairs as a table: ``table, file, column, what, n_rows, rows, done``."""
        return pd.DataFrame(self.repairs, columns=REPAIR_COLUMNS).astype({"n_rows": "int64"})
