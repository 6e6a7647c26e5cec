"""Three coders at work: what each sees in a transcript, with the slips that make agreement less than perfect."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from securebase_analysis import theory
from securebase_analysis.readers.interviews import Interviews
from securebase_analysis.study.codebook import Codebook
from securebase_analysis.study.codebook_columns import NO_CONSTRUCT
from securebase_analysis.study.simulation.calibration import Calibration
from securebase_analysis.study.simulation.instruments import CODERS
from securebase_analysis.study.simulation.transcripts import (
    Transcript,
    passage_counts,
    write_transcript,
)

WAVES_HELD = (0, 2)
"""Waves with interviews, from 0: the first and the third, two years apart."""


def coded_interviews(
    quantity: Calibration,
    codebook: Codebook,
    sources: list[str],
    latent: dict[str, np.ndarray],
    chance: np.random.Generator,
) -> Interviews:
    """Write the transcripts and have them coded, a part of them by two coders.

    Parameters
    ----------
    quantity : Calibration
    codebook : Codebook
    sources : list of str
        Names of the transcripts.
    latent : dict of str to ndarray, shape (n_sources,)
        True scores at the time of each.
    chance : numpy.random.Generator
    """
    numbers = passage_counts(quantity, codebook, latent, chance)
    dimension_of = {row.code: _dimension(str(row.construct)) for row in codebook.codes.itertuples()}
    texts = [write_transcript(quantity, row, dimension_of, chance) for row in numbers.to_dict("records")]
    neighbours = _neighbours(codebook, dimension_of)
    codes_asked = {
        dimension: [code for code in dimension_of if dimension_of[code] == dimension]
        for dimension in theory.CAREGIVING
    }
    slips = {name: quantity[name] for name in ("noticed", "miscoded", "ragged", "overcoded")}
    rows = []
    for source, transcript, coders in zip(sources, texts, _coders(quantity, len(texts), chance), strict=True):
        for coder in coders:
            marked = _marked(transcript, slips, neighbours, codes_asked, chance)
            rows += [(source, start, end, code, coder) for start, end, code in marked]
    segments = pd.DataFrame(rows, columns=["source", "start", "end", "code", "coder"])
    told = pd.DataFrame({"source": sources, "text": [transcript.text for transcript in texts]})
    return Interviews.from_segments(segments, told, codebook.codes[["code", "description"]])


def _dimension(construct: str) -> str:
    """The dimension a construct belongs to; empty for none."""
    return "" if construct == NO_CONSTRUCT else theory.construct(construct).dimension


def _coders(quantity: Calibration, n: int, chance: np.random.Generator) -> list[list[str]]:
    """Coders take transcripts in turn; in the double-coded part the next one codes as well.

    The share is kept exactly: every transcript gets a place in a random order, and the first ones are doubled.
    """
    order = chance.permutation(n)
    doubled = order < round(n * quantity["double_coded"])
    turn = [[CODERS[place % len(CODERS)]] for place in range(n)]
    return [
        [*coders, CODERS[(CODERS.index(coders[0]) + 1) % len(CODERS)]] if twice else coders
        for coders, twice in zip(turn, doubled, strict=True)
    ]


def _neighbours(codebook: Codebook, dimension_of: Mapping[str, str]) -> dict[str, list[str]]:
    """For each code the others of its dimension that point the same way: those it is mistaken for."""
    polarity = dict(zip(codebook.codes["code"], codebook.codes["polarity"], strict=True))
    return {
        code: [
            other
            for other in polarity
            if other != code and polarity[other] == polarity[code] and dimension_of[other] == dimension_of[code]
        ]
        for code in polarity
    }


def _marked(
    transcript: Transcript,
    slips: Mapping[str, float],
    neighbours: Mapping[str, list[str]],
    codes_asked: Mapping[str, list[str]],
    chance: np.random.Generator,
) -> list[tuple[int, int, str]]:
    """Start, end and code of the passages one coder marks, in the order of the text."""
    marks = []
    of_passage: dict[int, list[int]] = {}
    for place, sentence in enumerate(transcript.sentences):
        of_passage.setdefault(sentence.passage, []).append(place)
    plain = of_passage.pop(-1, [])
    for places in of_passage.values():
        seen, wrong, ragged, which = chance.random(4)
        if seen > slips["noticed"]:
            continue
        code = transcript.sentences[places[0]].code
        others = neighbours[code]
        if wrong < slips["miscoded"] and others:
            code = others[int(which * len(others))]
        last = places[-1] + (ragged < slips["ragged"])
        marks.append(_mark(transcript, places[0], last, code))
    for place in plain:
        slipped, which = chance.random(2)
        if slipped < slips["overcoded"]:
            possible = codes_asked[transcript.sentences[place].dimension]
            marks.append(_mark(transcript, place, place, possible[int(which * len(possible))]))
    return sorted(marks)


def _mark(transcript: Transcript, first: int, last: int, code: str) -> tuple[int, int, str]:
    """From the first sentence to the last, which stays in the same answer."""
    sentences = transcript.sentences
    last = min(last, len(sentences) - 1)
    if sentences[last].dimension != sentences[first].dimension:
        last -= 1
    return sentences[first].start, sentences[last].end, code
