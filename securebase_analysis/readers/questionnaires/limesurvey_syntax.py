"""The R syntax that LimeSurvey writes beside its data, read and never run: names, labels and choices."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from securebase_analysis.errors import DataError, Problem
from securebase_analysis.readers.encodings import to_utf8

LINE = re.compile(
    r"(?P<what>names\(data\)|attributes\(data\)\$variable\.labels)\[(?P<place>\d{1,6})\] *<-(?P<text>.*)"
)
FACTOR = re.compile(r"data\[, ?(?P<place>\d{1,6})\] *<- *factor\(data\[, ?\d{1,6}\], ?levels=c\(")
QUOTE = re.compile(r'(?<!\\)"')
LONGEST = 20_000_000


@dataclass(frozen=True)
class Question:
    """One column of a LimeSurvey export as its syntax describes it: name, label, code to words of the choices."""

    name: str
    label: str = ""
    choices: Mapping[str, str] = field(default_factory=dict)


def read_syntax(path: str | Path) -> list[Question]:
    """Read the columns that a syntax file for R describes, in their order.

    Raises
    ------
    DataError
        When the file describes no column (SB-FILE-125).
    """
    path = Path(path)
    if not path.is_file() or path.stat().st_size > LONGEST:
        raise DataError(_no_syntax(path.name))
    data, _ = to_utf8(path.read_bytes(), path.name, None)
    text = data.decode("utf-8", "replace")
    names: dict[int, str] = {}
    labels: dict[int, str] = {}
    choices: dict[int, dict[str, str]] = {}
    for line in text.splitlines():
        if said := LINE.match(line):
            known = names if said["what"] == "names(data)" else labels
            known[int(said["place"])] = "".join(_words(said["text"])[:1])
        elif factor := FACTOR.match(line):
            codes, _, words = line[factor.end() :].partition("labels=c(")
            choices[int(factor["place"])] = dict(zip(_words(codes), _words(words)))
    if not names:
        raise DataError(_no_syntax(path.name))
    return [Question(names[place], labels.get(place, ""), choices.get(place, {})) for place in sorted(names)]


def _words(listed: str) -> list[str]:
    """The texts of a list of R, or its numbers where it holds no text."""
    parts = QUOTE.split(listed)
    if len(parts) > 1:
        return [_plain(text) for text in parts[1::2]]
    return [number.strip() for number in listed.split(")")[0].split(",")]


def _plain(text: str) -> str:
    """A text without the marks that R needs."""
    return " ".join(re.sub(r"\\(.)", r"\1", text).split())


def _no_syntax(name: str) -> Problem:
    """A file was given as the dictionary and is no syntax of LimeSurvey."""
    return Problem(
        "SB-FILE-125",
        "stop",
        "The file given as the dictionary describes no columns in the way of LimeSurvey's syntax for R.",
        table=name,
        why="It says which code stands for which answer.",
        fix="Export the responses once more with the format R (syntax file), or leave dictionary out.",
    )
