"""What a project holds and no table of coded interviews has a place for."""

from __future__ import annotations

from securebase_analysis.errors import Problem


def not_taken_over(counted: dict[str, int], table: str) -> Problem:
    """The note on what a project holds and the tables do not."""
    listed = ", ".join(f"{what} ({n})" for what, n in counted.items())
    return Problem(
        "SB-FILE-98",
        "note",
        f"Not taken over from the project: {listed}.",
        table=table,
        why="They are in no table, and write_interviews cannot write them again.",
        done="Left in the file.",
        fix="Keep the project itself beside what is written from it.",
    )
