"""Coded interviews without names: sources, coders and cases by pseudonym, the words masked."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace

import pandas as pd

from securebase_analysis.readers.interviews import Interviews
from securebase_analysis.study.privacy.masked_text import mask, masked

Hashed = Callable[[pd.Series, str], pd.Series]
"""Ids and what they name, to pseudonyms."""


def pseudonymous_interviews(interviews: Interviews, hashed: Hashed, mask_texts: bool) -> Interviews:
    """The interviews with pseudonyms of sources, coders and cases; positions, codes and weights stay.

    Variables of cases, names and groups of sources and memos, and when a coding was made go in any case; the
    words of sources, passages, comments, memos and of what the program says about codes are masked when
    `mask_texts`.
    """
    segments, uncoded = (
        _passages(frame, hashed, mask_texts) for frame in (interviews.segments, interviews.uncoded)
    )
    sources = _sources(interviews.sources, hashed, mask_texts)
    coders, cases, notes = interviews.coders, interviews.cases[["case", "source"]], interviews.notes
    shown = masked if mask_texts else pd.Series.copy
    notes = notes.assign(
        note=[f"memo {number}" for number in range(1, len(notes) + 1)],
        text=shown(notes["text"]),
        coder=hashed(notes["coder"], "coder"),
        created=pd.NA,
    ).astype("str")
    return replace(
        interviews,
        segments=segments,
        uncoded=uncoded,
        sources=sources,
        codes=interviews.codes.assign(description=shown(interviews.codes["description"])),
        coders=coders.assign(coder=hashed(coders["coder"], "coder")),
        cases=cases.assign(case=hashed(cases["case"], "case"), source=hashed(cases["source"], "source")),
        notes=notes,
        sets=interviews.sets[interviews.sets["kind"] == "code"].reset_index(drop=True),
    )


def masked_sha256(text: object) -> object:
    """The checksum of a masked text; missing where there is no text."""
    return pd.NA if pd.isna(text) else hashlib.sha256(mask(str(text)).encode()).hexdigest()


def _passages(frame: pd.DataFrame, hashed: Hashed, mask_texts: bool) -> pd.DataFrame:
    """Coded or uncoded passages."""
    changed = {"source": hashed(frame["source"], "source"), "coder": hashed(frame["coder"], "coder")}
    if mask_texts:
        changed |= {name: masked(frame[name]) for name in ("text", "comment")}
    nothing = pd.Series(pd.NA, index=frame.index).astype("str")
    return frame.assign(**changed, name=nothing, created=nothing)


def _sources(frame: pd.DataFrame, hashed: Hashed, mask_texts: bool) -> pd.DataFrame:
    """Texts under their pseudonyms; the identifier that the coding program gave goes with the name."""
    names = hashed(frame["source"], "source")
    changed: dict[str, pd.Series] = {"source": names, "guid": names}
    if mask_texts:
        sums = frame["text"].map(masked_sha256).astype("str")
        changed |= {"text": masked(frame["text"]), "sha256": sums}
    return frame.assign(**changed).sort_values("source", ignore_index=True)
