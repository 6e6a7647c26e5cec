"""Passages that a program also keeps as words: a way to see that a transcript changed after it was coded."""

from __future__ import annotations

from collections.abc import Sequence

from securebase_analysis.errors import Problem
from securebase_analysis.results.wording import count


def changed_since_coding(rows: Sequence[int], table: str) -> Problem:
    """The refusal of codings whose kept words are not those at their place."""
    return Problem(
        "SB-CODE-15",
        "stop",
        f"{count(len(rows), 'passage is', 'passages are')} not the words that were coded: the transcript changed "
        "since.",
        table=table,
        column="start, end",
        rows=rows,
        why="The codes would be laid on other words than the coder read; later passages may have moved too.",
        done="Refused. Rows count codings in the order of the file.",
        fix="Put back the transcripts that were coded, or code these passages again.",
    )
