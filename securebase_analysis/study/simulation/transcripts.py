"""Transcripts made of ready sentences: how much is said for and against each construct follows its true score."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import numpy as np
import pandas as pd

from securebase_analysis import theory
from securebase_analysis.study.codebook import Codebook
from securebase_analysis.study.simulation.calibration import Calibration
from securebase_analysis.study.simulation.chance import counts

NO_CODE = ""


@dataclass(frozen=True)
class Sentence:
    """One sentence of a transcript: where it stands, the passage it belongs to, and the code that fits it.

    Attributes
    ----------
    start, end : int
        Characters of the text, end excluded.
    passage : int
        Number of the passage; -1 for what no code fits.
    code, dimension : str
        The dimension is that of the question it answers.
    """

    start: int
    end: int
    passage: int
    code: str
    dimension: str


@dataclass(frozen=True)
class Transcript:
    """A text and its sentences."""

    text: str
    sentences: tuple[Sentence, ...]


@cache
def _phrases() -> Mapping[str, Any]:
    return tomllib.loads(resources.files(__package__).joinpath("sentences.toml").read_text("utf-8"))


def passage_counts(
    quantity: Calibration, codebook: Codebook, latent: dict[str, np.ndarray], chance: np.random.Generator
) -> pd.DataFrame:
    """How many passages each interview holds of each code, shape (interviews, codes).

    The mean number of strengths of a construct rises with its score, that of concerns falls; the codes of a
    construct share them evenly.
    """
    numbers = {}
    n = len(next(iter(latent.values())))
    for (construct, polarity), rows in codebook.codes.groupby(["construct", "polarity"], sort=False):
        if polarity == "none":
            rate = np.full(n, quantity["background"])
        else:
            kind = f"{polarity}s"
            rate = quantity[kind] * np.exp(quantity[f"{kind}_slope"] * latent[str(construct)])
        for code in rows["code"]:
            numbers[code] = counts(chance, rate / len(rows), highest=len(_phrases()["said"][code]))
    return pd.DataFrame(numbers)[list(codebook.codes["code"])]


def write_transcript(
    quantity: Calibration, numbers: Mapping[str, int], dimension_of: Mapping[str, str], chance: np.random.Generator
) -> Transcript:
    """One transcript with the given number of passages of each code, asked dimension by dimension.

    Parameters
    ----------
    quantity : Calibration
    numbers : mapping of str to int
        Passages of each code; at most as many as it has sentences.
    dimension_of : mapping of str to str
        The dimension whose question a code belongs to; empty for context, which comes first.
    chance : numpy.random.Generator
    """
    phrases = _phrases()
    page = _Page(f"{phrases['opening']}\n\n")
    said = _Supply({**phrases["said"], NO_CODE: phrases["plain"]}, chance)
    passage = 0
    for dimension in theory.CAREGIVING:
        page.question(_one_of(phrases["questions"][dimension], chance))
        for code in _in_random_order(numbers, _asked_in(dimension, dimension_of), chance):
            for _ in range(counts(chance, np.array([quantity["plain"]]), highest=2)[0]):
                page.say(said.sentence(NO_CODE), -1, NO_CODE, dimension)
            page.say(said.sentence(code), passage, code, dimension)
            if chance.random() < quantity["goes_on"]:
                page.say(_filled(_one_of(phrases["goes_on"], chance), chance), passage, code, dimension)
            passage += 1
        page.say(said.sentence(NO_CODE), -1, NO_CODE, dimension)
    return page.transcript()


def _asked_in(dimension: str, dimension_of: Mapping[str, str]) -> list[str]:
    """The codes of the answers to the question about a dimension; the first brings the context as well."""
    is_first = dimension == theory.CAREGIVING[0]
    return [code for code, own in dimension_of.items() if own == dimension or (is_first and not own)]


def _in_random_order(numbers: Mapping[str, int], codes: list[str], chance: np.random.Generator) -> list[str]:
    """Each code as often as it has passages, shuffled."""
    passages = [code for code in codes for _ in range(numbers[code])]
    return [passages[place] for place in chance.permutation(len(passages))]


class _Supply:
    """Sentences of each code in random order, none said twice before all were said once."""

    def __init__(self, sentences: Mapping[str, list[str]], chance: np.random.Generator) -> None:
        self._sentences, self._chance = sentences, chance
        self._left: dict[str, list[str]] = {}

    def sentence(self, code: str) -> str:
        """The next sentence of a code, its slot filled."""
        left = self._left.get(code) or list(self._sentences[code])
        chosen = left.pop(int(self._chance.random() * len(left)))
        self._left[code] = left
        return _filled(chosen, self._chance)


class _Page:
    """A text that grows sentence by sentence, remembering where each stands."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._sentences: list[Sentence] = []

    def question(self, words: str) -> None:
        """Ask; the answer starts a paragraph."""
        self._text = f"{self._text.rstrip()}\n\nInterviewer: {words}\n\nCarer:"

    def say(self, words: str, passage: int, code: str, dimension: str) -> None:
        """Add one sentence to the answer."""
        start = len(self._text) + 1
        self._text += f" {words}"
        self._sentences.append(Sentence(start, len(self._text), passage, code, dimension))

    def transcript(self) -> Transcript:
        """What has been written."""
        return Transcript(self._text + "\n", tuple(self._sentences))


def _one_of(phrases: list[str], chance: np.random.Generator) -> str:
    return phrases[int(chance.random() * len(phrases))]


def _filled(sentence: str, chance: np.random.Generator) -> str:
    """The sentence with a time in its slot."""
    return sentence.format(when=_one_of(_phrases()["times"], chance))
