"""Coded interviews as passages: each coder's marked text once, with what its code speaks for."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from securebase_analysis.errors import Problem, nearest, rows_where
from securebase_analysis.measures.scoring.answers import OCCASION_AND_INFORMANT
from securebase_analysis.results import wording
from securebase_analysis.study.codebook import Codebook
from securebase_analysis.study.codebook_columns import NO_CONSTRUCT

SEGMENT_KEY = ["source", "coder", "code"]


def read_passages(segments: pd.DataFrame, codebook: Codebook) -> tuple[pd.DataFrame, list[Problem]]:
    """Join segments to the codebook and merge those that mark the same text twice.

    Parameters
    ----------
    segments : pandas.DataFrame
        ``source, start, end, code, coder`` and, where known, ``site, child, wave, informant, text``.
    codebook : Codebook
        Its table `codes`.

    Returns
    -------
    passages : pandas.DataFrame
        One row per passage: ``source, coder, code, start, end, text, construct, polarity, weight, merged``;
        `merged` is the number of segments it was made from. Codes that speak for no construct stay in, with
        polarity ``"none"``.
    problems : list of Problem
    """
    segments = segments.reset_index(drop=True).copy()
    segments["code"], unknown = _codes_as_in(segments["code"], codebook)
    problems = _unknown_codes(segments["code"], unknown, codebook)
    if unknown.any():
        return segments.iloc[:0], problems
    problems += _without_coder(segments)
    segments["coder"] = segments["coder"].fillna("").astype("str")
    passages, merged = _merged(segments)
    codes = codebook.codes.set_index("code")
    for column in ("construct", "polarity", "weight"):
        passages[column] = passages["code"].map(codes[column])
    if merged:
        problems.append(_merged_note(merged))
    return passages, [*problems, *_not_counted(passages)]


def _codes_as_in(codes: pd.Series, codebook: Codebook) -> tuple[pd.Series, NDArray[np.bool_]]:
    """Codes spelt as the codebook spells them (case and spaces aside), and which are not in it."""
    spelt = {_plain(code): code for code in codebook.codes["code"]}
    found = {code: spelt.get(_plain(code)) for code in codes.dropna().unique()}
    known = codes.map(found)
    unknown = known.isna().to_numpy()
    return known.where(known.notna(), codes).astype("str"), unknown


def _plain(code: object) -> str:
    return " ".join(str(code).split()).casefold()


def _unknown_codes(codes: pd.Series, unknown: NDArray[np.bool_], codebook: Codebook) -> list[Problem]:
    problems = []
    for code in dict.fromkeys(codes[unknown].fillna("")):
        rows = rows_where(unknown & (codes.fillna("") == code).to_numpy())
        guess = nearest(code, codebook.codes["code"])
        problems.append(
            Problem(
                "SB-CODE-01",
                "stop",
                f"The code {code!r} ({wording.count(len(rows), 'segment')}) is not in the codebook "
                f"{codebook.name}, version {codebook.version}.",
                table="segments",
                column="code",
                rows=rows,
                why="Nobody has said which dimension it speaks for.",
                done="No interview was scored.",
                fix=(
                    f"If {guess!r} is meant: crosswalk = "
                    f'[{{ version = "0", old_code = "{code}", new_code = "{guess}" }}].'
                    if guess
                    else f'Add it: codes = [{{ code = "{code}", construct = "none", polarity = "none" }}].'
                ),
            )
        )
    return problems


def _without_coder(segments: pd.DataFrame) -> list[Problem]:
    rows = np.flatnonzero(
        (segments["coder"].isna() | (segments["coder"].astype("str").str.strip() == "")).to_numpy()
    )
    if not rows.size:
        return []
    return [
        Problem(
            "SB-CODE-03",
            "warn",
            f"{wording.count(len(rows), 'segment has', 'segments have')} no coder.",
            table="segments",
            column="coder",
            rows=(rows + 1).tolist(),
            why="They cannot say how far two coders agree.",
            done="They count in the scores as those of one further coder.",
            fix="Fill in the coder.",
        )
    ]


def _merged(segments: pd.DataFrame) -> tuple[pd.DataFrame, int]:
    """Overlapping segments of one coder and code in one source, as one passage each.

    Two segments overlap when the later one starts before the earlier one ends. Segments without positions
    (pictures, whole documents) stay as they are.
    """
    ordered = segments.sort_values([*SEGMENT_KEY, "start"], kind="stable").reset_index(drop=True)
    group = ordered.groupby(SEGMENT_KEY, sort=False, dropna=False).ngroup().to_numpy()
    start = pd.to_numeric(ordered["start"], errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    end = pd.to_numeric(ordered["end"], errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    placed = ~np.isnan(start) & ~np.isnan(end)
    if not len(ordered):
        return ordered.assign(merged=pd.Series(dtype=int)), 0
    span = np.nanmax(end, initial=0.0) + 1.0
    reach = np.maximum.accumulate(np.where(placed, group * span + end, -1.0))
    starts_anew = np.ones(len(ordered), dtype=bool)
    starts_anew[1:] = ~placed[1:] | (group[1:] * span + start[1:] >= reach[:-1])
    passage = np.cumsum(starts_anew) - 1
    first = ordered[starts_anew].reset_index(drop=True)
    first["end"] = ordered["end"].groupby(passage).max().to_numpy()
    first["merged"] = np.bincount(passage)
    if "text" in ordered:
        first["text"] = _joined_texts(ordered["text"], first["merged"].to_numpy(), first["text"])
    return first, int(len(ordered) - len(first))


def _joined_texts(texts: pd.Series, merged: NDArray[np.int_], first: pd.Series) -> list[object]:
    """The text of each passage; where segments were merged, their texts, each once."""
    joined = first.tolist()
    ends = np.cumsum(merged)
    for number in np.flatnonzero(merged > 1):
        of_passage = texts.iloc[ends[number] - merged[number] : ends[number]].dropna()
        joined[number] = " [...] ".join(dict.fromkeys(map(str, of_passage)))
    return joined


def _merged_note(merged: int) -> Problem:
    return Problem(
        "SB-CODE-13",
        "warn",
        f"{wording.count(merged, 'segment overlaps', 'segments overlap')} another of the same code and coder.",
        table="segments",
        column="start",
        why="The same words would count twice.",
        done="Merged into one passage each.",
        fix="Merge them in the coding program to see the same counts there.",
    )


def _not_counted(passages: pd.DataFrame) -> list[Problem]:
    silent = passages[(passages["construct"] == NO_CONSTRUCT) | (passages["polarity"] == "none")]
    if silent.empty:
        return []
    return [
        Problem(
            "SB-CODE-02",
            "note",
            f"{wording.count(silent['code'].nunique(), 'code speaks', 'codes speak')} neither for nor against a "
            f"dimension ({wording.count(len(silent), 'passage')}).",
            table="segments",
            column="code",
            done="These passages count in no score.",
        )
    ]


def speaking(passages: pd.DataFrame) -> pd.DataFrame:
    """The passages that count for or against a construct."""
    return passages[(passages["construct"] != NO_CONSTRUCT) & (passages["polarity"] != "none")]


def source_occasions(sources: pd.DataFrame, segments: pd.DataFrame) -> tuple[pd.DataFrame, list[Problem]]:
    """Every coded source with the child, wave and informant it belongs to and its length.

    Returns
    -------
    occasions : pandas.DataFrame
        ``source, site, child, wave, informant, n_words``, one row per coded source that belongs to a child.
    problems : list of Problem
    """
    columns = ["source", *OCCASION_AND_INFORMANT, "n_words"]
    table = (sources if not sources.empty else segments).reindex(columns=columns)
    table = table.drop_duplicates("source").reset_index(drop=True)
    coded = table[table["source"].isin(segments["source"])]
    linked = coded[coded["child"].notna() & (coded["child"].astype("str") != "") & coded["wave"].notna()]
    problems = []
    if len(table) > len(coded):
        n = wording.count(len(table) - len(coded), "interview was", "interviews were")
        problems.append(
            Problem(
                "SB-CODE-51", "note", f"{n} not coded.", table="sources", done="They have no score, rather than 0."
            )
        )
    lost = int((~segments["source"].isin(linked["source"])).sum())
    if lost:
        problems.append(
            Problem(
                "SB-CODE-52",
                "warn",
                f"{wording.count(lost, 'segment is', 'segments are')} from an interview without a child or wave.",
                table="sources",
                column="child",
                why="A score has to belong to somebody.",
                done="They count in no score.",
                fix="Name the child and the wave of every interview in the table of sources.",
            )
        )
    linked = linked.assign(
        wave=linked["wave"].astype(np.int64),
        **{name: linked[name].fillna("").astype("str") for name in ("site", "child", "informant")},
    )
    return linked.reset_index(drop=True), problems
