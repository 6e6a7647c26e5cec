"""Keeps, on request, one example of every message that the tests make the package tell.

With ``SECUREBASE_MESSAGES`` set to a folder each process of the tests writes the messages it saw there, and
``.ci/messages.py`` makes the page messages.md of them, or holds the page to them.
"""

from __future__ import annotations

import json
import os
import re
import sys
from pathlib import Path

from securebase_analysis.errors import Problem
from securebase_analysis.measures.agreement.reading import Remark

NOT_PLAIN = re.compile(r"[^ -~\n–—‘’“”…×÷±≤≥−·χ²Δ°§éüöäß]")
MADE_BY_CHANCE = ("hostile", "propert", "fuzz", "random")
SHOWN_AT_MOST = 1_500


class MessagesTold:
    """One example of each code, the most telling and then the shortest that was seen."""

    def __init__(self) -> None:
        self.examples: dict[str, tuple[tuple[int, int, int, str], dict[str, str]]] = {}

    def listen(self) -> None:
        """Hear of every problem that the package itself makes."""
        check = Problem.__post_init__

        def heard(problem: Problem) -> None:
            check(problem)
            maker = sys._getframe(2).f_globals.get("__name__", "")
            if maker.startswith("securebase_analysis"):
                self.take(problem)

        Problem.__post_init__ = heard
        say = Remark.sentence.fget

        def said(remark: Remark) -> str:
            if remark.said and remark.code:
                self.take(Problem(remark.code, "warn", remark.said))
            return say(remark)

        Remark.sentence = property(said)

    def take(self, problem: Problem) -> None:
        """Keep a message if it is a better example than the one that was kept."""
        text = str(problem)
        test = os.environ.get("PYTEST_CURRENT_TEST", "").casefold()
        is_odd = bool(NOT_PLAIN.search(text)) or any(word in test for word in MADE_BY_CHANCE)
        n_empty = sum(not part for part in (problem.why, problem.done, problem.fix))
        rank = (int(is_odd or len(text) > SHOWN_AT_MOST), n_empty, len(text), text)
        if problem.code not in self.examples or rank < self.examples[problem.code][0]:
            told = {name: getattr(problem, name) for name in ("severity", "what", "where", "why", "done", "fix")}
            self.examples[problem.code] = (rank, told)

    def write(self, folder: Path) -> None:
        """Put what this process saw beside what the others saw."""
        folder.mkdir(parents=True, exist_ok=True)
        seen = {code: {"rank": list(rank), **told} for code, (rank, told) in self.examples.items()}
        (folder / f"{os.getpid()}.json").write_text(json.dumps(seen, ensure_ascii=False), encoding="utf-8")
