"""What a program counted when it wrote where a passage starts and ends.

The REFI-QDA standard counts Unicode code points from 0. Programs differ: some count UTF-16 units (an emoji is
two), some count a Windows line end (CR LF) as one, some count the byte order mark that a file begins with. The
text itself tells: in the right convention nearly every passage starts and ends at the edge of a word.

Positions are translated to code points of the text without byte order mark and with every line end as one LF, so
that positions of several coders or exports can be compared.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Literal, cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from securebase_analysis.errors import Problem

Unit = Literal["code points", "utf-16", "utf-8"]
Positions = NDArray[np.int64]

BYTE_ORDER_MARK = "\ufeff"
TRUSTED_SCORE = 0.9
# A rival convention counts as ruled out when, where the two disagree, it fits this share of the spans less often.
DECISIVE_LEAD = 0.2
CARRIAGE_RETURN, LINE_FEED = 13, 10
BEYOND_ANY_TEXT = 2**53


@dataclass(frozen=True)
class Convention:
    """One way of counting positions in a text.

    Attributes
    ----------
    unit : {"code points", "utf-16", "utf-8"}
        What is counted as one.
    crlf_as_one : bool
        Whether a Windows line end (CR LF) counts as one unit instead of two.
    bom_counted : bool
        Whether the byte order mark at the head of a file counts as one unit.
    lf_as_two : bool
        Whether a line end of one character counts as two: reading XML turns CR LF into LF.
    """

    unit: Unit = "code points"
    crlf_as_one: bool = False
    bom_counted: bool = False
    lf_as_two: bool = False

    @property
    def name(self) -> str:
        """The words for this convention, also accepted as an option.

        Examples
        --------
        >>> Convention("utf-16", crlf_as_one=True).name
        'utf-16, CRLF as one'
        """
        line_ends = ", CRLF as one" if self.crlf_as_one else ", LF as two" if self.lf_as_two else ""
        mark = ", BOM counted" if self.bom_counted else ""
        return f"{self.unit}{line_ends}{mark}"


# The standard first, then by how little a candidate departs from it: the order in which ties are settled.
CANDIDATES: tuple[Convention, ...] = tuple(
    Convention(cast(Unit, unit), crlf_as_one, bom_counted)
    for bom_counted, crlf_as_one, unit in product((False, True), (False, True), ("code points", "utf-16"))
)
STANDARD = CANDIDATES[0]
BYTES = Convention("utf-8")
# Never taken without being asked for: in a project of few passages they could win by chance.
ONLY_WHEN_ASKED = (Convention("code points", lf_as_two=True), Convention("utf-16", lf_as_two=True))
OFFSET_OPTIONS: tuple[str, ...] = ("detect", *(named.name for named in (*CANDIDATES, *ONLY_WHEN_ASKED)))


@dataclass(frozen=True, eq=False)
class SourceText:
    """A text as a program saw it, ready for positions to be translated.

    Parameters
    ----------
    characters : str
        The text with its own line ends, without byte order mark.
    has_bom : bool
        Whether the file began with a byte order mark.
    """

    characters: str
    has_bom: bool = False

    @property
    def normal(self) -> str:
        """The text with every line end as one LF: the form in which it is kept."""
        return self.characters.replace("\r\n", "\n").replace("\r", "\n")


def code_points(characters: str) -> NDArray[np.uint32]:
    """The characters of a text as numbers, shape (n characters,)."""
    return np.frombuffer(characters.encode("utf-32-le"), dtype="<u4")


def locate(text: SourceText, positions: Positions, convention: Convention) -> tuple[Positions, Positions]:
    """Find positions in a text.

    Parameters
    ----------
    text : SourceText
    positions : array of int, shape (n,)
        As the file gives them.
    convention : Convention
        How the file counts.

    Returns
    -------
    raw, normal : arrays of int, shape (n,)
        Places in the text with its own line ends, and in its normal form; -1 where a position lies outside the
        text or inside a character.
    """
    codes = code_points(text.characters)
    head_of_line_end = _heads_of_line_ends(codes)
    edges = _edges(_widths(codes, head_of_line_end, convention))
    edges = edges + int(convention.bom_counted and text.has_bom)
    raw = np.searchsorted(edges, positions, side="left")
    found = raw < len(edges)
    found[found] = edges[raw[found]] == positions[found]
    normal_edges = _edges(1 - head_of_line_end.astype(np.int64))
    raw = np.where(found, raw, -1)
    return raw, np.where(found, normal_edges[raw], -1)


def _heads_of_line_ends(codes: NDArray[np.uint32]) -> NDArray[np.bool_]:
    """Where a CR stands that an LF follows."""
    heads = codes == CARRIAGE_RETURN
    heads[:-1] &= codes[1:] == LINE_FEED
    heads[-1:] = False
    return heads


def _widths(codes: NDArray[np.uint32], heads: NDArray[np.bool_], convention: Convention) -> Positions:
    """How many units each character counts for."""
    widths = np.ones(len(codes), dtype=np.int64)
    if convention.unit == "utf-16":
        widths += codes > 0xFFFF
    elif convention.unit == "utf-8":
        widths += (codes > 0x7F).astype(np.int64) + (codes > 0x7FF) + (codes > 0xFFFF)
    if convention.crlf_as_one:
        widths[heads] = 0
    if convention.lf_as_two:
        widths[codes == LINE_FEED] = 2
        widths[heads] = 0
    return widths


def _edges(widths: Positions) -> Positions:
    """Where each character begins, and where the last one ends."""
    return np.concatenate([[0], np.cumsum(widths)])


def on_word_edges(text: SourceText, starts: Positions, ends: Positions) -> NDArray[np.bool_]:
    """Whether both ends of each span lie outside words; places are raw, -1 is never on an edge."""
    return ~_inside_words(text.characters, starts) & ~_inside_words(text.characters, ends)


def _inside_words(characters: str, places: Positions) -> NDArray[np.bool_]:
    """Whether a letter or digit stands on both sides of each place."""
    n = len(characters)
    return np.array(
        [
            place < 0 or (0 < place < n and characters[place - 1].isalnum() and characters[place].isalnum())
            for place in places.tolist()
        ],
        dtype=bool,
    )


def score_conventions(
    texts: Sequence[SourceText],
    starts: Sequence[Positions],
    ends: Sequence[Positions],
    asked: Convention | None = None,
) -> tuple[Convention, pd.DataFrame]:
    """Choose the convention in which most spans start and end at the edge of a word.

    Parameters
    ----------
    texts : sequence of SourceText
        The texts of the project.
    starts, ends : sequences of int arrays
        The distinct spans in each text, as the file gives them.
    asked : Convention, optional
        One that the user names; those of `ONLY_WHEN_ASKED` are scored then, and where no other fits.

    Returns
    -------
    chosen : Convention
        The best; the standard wins ties.
    scores : pandas.DataFrame
        Columns ``convention, n_spans, n_on_word_edges, score, n_placed_otherwise, lead, chosen``: spans that lie
        elsewhere than under the chosen convention, and by how many of those the chosen one fits better.

    Notes
    -----
    The score says nothing when all candidates give the same places (no emoji, no CR LF, no byte order mark), and
    little when there are few spans or people who code in the middle of words.
    """
    spans = [
        _Spans(text, start, end, _what_tells_conventions_apart(text))
        for text, start, end in zip(texts, starts, ends, strict=True)
    ]
    fitted = {candidate: _fit(spans, candidate) for candidate in CANDIDATES}
    best = max(fitted, key=lambda candidate: fitted[candidate][0].sum())
    if asked in ONLY_WHEN_ASKED or fitted[best][0].sum() < TRUSTED_SCORE * len(fitted[best][0]):
        fitted |= {candidate: _fit(spans, candidate) for candidate in ONLY_WHEN_ASKED}
    n_spans = len(fitted[best][0])
    rows = []
    for candidate, (fit, place) in fitted.items():
        elsewhere = (place != fitted[best][1]).any(axis=1)
        rows.append(
            {
                "convention": candidate.name,
                "n_spans": n_spans,
                "n_on_word_edges": int(fit.sum()),
                "score": fit.sum() / n_spans if n_spans else np.nan,
                "n_placed_otherwise": int(elsewhere.sum()),
                "lead": int(fitted[best][0][elsewhere].sum() - fit[elsewhere].sum()),
                "chosen": candidate is best,
            }
        )
    return best, pd.DataFrame(rows)


@dataclass(frozen=True, eq=False)
class _Spans:
    """The spans of one text, and where they lie under each convention that differs in it."""

    text: SourceText
    starts: Positions
    ends: Positions
    telling: Convention
    fitted: dict[Convention, tuple[NDArray[np.bool_], Positions]] = field(default_factory=dict)

    def fit(self, convention: Convention) -> tuple[NDArray[np.bool_], Positions]:
        """Whether each span lies on word edges, and its places, shape (n, 2)."""
        unit: Unit = convention.unit if self.telling.unit == convention.unit else "code points"
        same = Convention(
            unit,
            convention.crlf_as_one and self.telling.crlf_as_one,
            convention.bom_counted and self.telling.bom_counted,
            convention.lf_as_two and self.telling.lf_as_two,
        )
        if same not in self.fitted:
            raw, normal = locate(self.text, np.concatenate([self.starts, self.ends]), same)
            raw_starts, raw_ends = raw[: len(self.starts)], raw[len(self.starts) :]
            fits = on_word_edges(self.text, raw_starts, raw_ends)
            self.fitted[same] = fits, normal.reshape(2, -1).T
        return self.fitted[same]


def _what_tells_conventions_apart(text: SourceText) -> Convention:
    """The convention that counts everything in this text otherwise than the standard; the rest is all the same."""
    astral = len(text.characters.encode("utf-16-le")) > 2 * len(text.characters)
    line_ends = "\r\n" in text.characters, "\n" in text.characters.replace("\r\n", "")
    return Convention("utf-16" if astral else "code points", line_ends[0], text.has_bom, line_ends[1])


def _fit(spans: Sequence[_Spans], convention: Convention) -> tuple[NDArray[np.bool_], Positions]:
    """For all spans of a project under one convention: on word edges or not, and the places, shape (n, 2)."""
    fitted = [of_text.fit(convention) for of_text in spans]
    fits = [np.zeros(0, dtype=bool), *(fits for fits, _ in fitted)]
    places = [np.zeros((0, 2), dtype=np.int64), *(places for _, places in fitted)]
    return np.concatenate(fits), np.concatenate(places)


def describe_choice(scores: pd.DataFrame) -> Problem:
    """The note (or warning) that reports the convention found and how well it fits."""
    chosen = scores.loc[scores["chosen"]].iloc[0]
    asked = [convention.name for convention in ONLY_WHEN_ASKED]
    rivals = scores.loc[(scores["n_placed_otherwise"] > 0) & ~scores["convention"].isin(asked)]
    if chosen["n_spans"] == 0:
        return Problem(
            "SB-CODE-16",
            "note",
            "How positions are counted could not be checked: no coded text stands in the file.",
            done=f"Positions are kept as written ({STANDARD.name}, the standard).",
        )
    fit = f"{chosen['n_on_word_edges']} of {chosen['n_spans']} spans on word edges, score {chosen['score']:.3f}"
    open_rivals = rivals.loc[rivals["lead"] < DECISIVE_LEAD * rivals["n_placed_otherwise"], "convention"]
    doubtful = chosen["score"] < TRUSTED_SCORE or len(open_rivals) > 0
    return Problem(
        "SB-CODE-16",
        "warn" if doubtful else "note",
        f"Positions in the file are counted in: {chosen['convention']} ({fit}).",
        why=_why_doubtful(chosen["score"], list(open_rivals)) if doubtful else "",
        done="Positions were translated to code points of the text with LF line ends."
        if len(rivals)
        else "All conventions give the same positions in this project.",
        fix=_what_to_try(scores, list(open_rivals)) if doubtful else "",
    )


def _why_doubtful(score: float, open_rivals: list[str]) -> str:
    """Why the choice of convention deserves a look."""
    if open_rivals:
        return (
            f"The text does not rule out: {'; '.join(open_rivals)}. Passages may be shifted by a few characters."
        )
    return f"A right convention puts nearly all spans on word edges; {score:.2f} is below {TRUSTED_SCORE}."


def _what_to_try(scores: pd.DataFrame, open_rivals: list[str]) -> str:
    """Another convention as an option to copy, where one places passages otherwise."""
    other = open_rivals[0] if open_rivals else better_fit(scores)
    if other is None:
        return "Look at a few passages. If they are shifted, the text is not the one that was coded: export again."
    return f"Look at a few passages; if they are shifted, force another: offsets={other!r}"


def better_fit(scores: pd.DataFrame) -> str | None:
    """The convention beside the chosen one that puts most spans on word edges, if it places any otherwise."""
    others = scores.loc[~scores["chosen"] & (scores["n_placed_otherwise"] > 0)]
    ranked = others.sort_values("score", ascending=False, kind="stable")
    return None if ranked.empty else str(ranked["convention"].iloc[0])
