"""Codings laid on the text of their sources: how the file counts positions, and whether every place exists."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from securebase_analysis.errors import Problem
from securebase_analysis.readers.interviews import offsets as counting
from securebase_analysis.readers.interviews.records import Coding, Records
from securebase_analysis.results.wording import count as n_of


def place_codings(records: Records, offsets: str, problems: list[Problem]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Every coding with its place in code points of the normal text.

    Parameters
    ----------
    records : Records
        What the file holds.
    offsets : str
        How its program counts positions; ``"detect"`` finds out from the text.
    problems : list of Problem
        What was assumed, and what cannot be placed, is added here.

    Returns
    -------
    placed : pandas.DataFrame
        The fields of `Coding`, one row each, in the order of the sources and of the text, and ``row`` in the file.
    scores : pandas.DataFrame
        How well each way of counting fits; empty where the format leaves no choice.
    """
    frame = _codings_frame(records)
    records.codings = []  # the frame holds them now; a large project would keep them twice
    scores = _place(frame, records, offsets, problems)
    placed = _sorted(frame, records)
    _check_positions(placed, records, scores, problems)
    return placed, scores


def _codings_frame(records: Records) -> pd.DataFrame:
    """The codings of the file in its order, one row each."""
    frame = pd.DataFrame(records.codings, columns=Coding._fields)
    frame = frame.rename(columns={"source": "source_index", "code": "code_guid", "coder": "coder_guid"})
    frame["row"] = records.rows if records.rows is not None else 0
    for column in ("start", "end"):
        frame[f"given_{column}"] = frame[column].astype("Int64")
        frame[column] = frame[f"given_{column}"]
    frame["exact"] = True
    return frame.astype({"weight": "Float64", "source_index": "int64"})


def _place(frame: pd.DataFrame, records: Records, offsets: str, problems: list[Problem]) -> pd.DataFrame:
    """Translate positions to code points of the normal text, in place; gives the scores of the conventions."""
    spans = frame.loc[frame["start"].notna() & frame["end"].notna()]
    with_text = [i for i in spans["source_index"].unique() if records.sources[i].text is not None]
    by_source = {i: rows for i, rows in spans.groupby("source_index", sort=True) if i in set(with_text)}
    convention, scores = records.convention, pd.DataFrame()
    if convention is not None and offsets != "detect":
        problems.append(_not_needed())
    if convention is None:
        asked = None if offsets == "detect" else _named(offsets)
        chosen, scores = _score(by_source, records, asked)
        convention = asked or chosen
        scores["chosen"] = scores["convention"] == convention.name
        if records.sources:
            problems.append(counting.describe_choice(scores) if offsets == "detect" else _forced(scores))
    starts, ends, exact = frame["start"].copy(), frame["end"].copy(), frame["exact"].copy()
    for index, rows in by_source.items():
        text = records.sources[index].text
        assert text is not None
        for column in (starts, ends):
            positions = column.loc[rows.index].to_numpy(dtype=np.int64)
            _, places = counting.locate(text, positions, convention)
            column.loc[rows.index] = np.where(places < 0, positions, places)
            exact.loc[rows.index] = exact.loc[rows.index].to_numpy() & (places >= 0)
    frame["start"], frame["end"], frame["exact"] = starts, ends, exact
    return scores


def _score(
    by_source: Mapping[int, pd.DataFrame], records: Records, asked: counting.Convention | None
) -> tuple[counting.Convention, pd.DataFrame]:
    """The convention that fits the distinct spans of a project best."""
    spans = {i: rows[["start", "end"]].drop_duplicates() for i, rows in by_source.items()}
    return counting.score_conventions(
        [text for i in spans if (text := records.sources[i].text) is not None],
        [span["start"].to_numpy(dtype=np.int64) for span in spans.values()],
        [span["end"].to_numpy(dtype=np.int64) for span in spans.values()],
        asked,
    )


def _named(name: str) -> counting.Convention:
    """The convention of that name."""
    every = (*counting.CANDIDATES, *counting.ONLY_WHEN_ASKED)
    return next(candidate for candidate in every if candidate.name == name)


def _forced(scores: pd.DataFrame) -> Problem:
    """The note that a convention was asked for, with the score it reaches."""
    chosen = scores.loc[scores["chosen"]].iloc[0]
    return Problem(
        "SB-CODE-16",
        "note",
        f"Positions were read as {chosen['convention']} because the call says so "
        f"({chosen['n_on_word_edges']} of {chosen['n_spans']} spans on word edges).",
    )


def _not_needed() -> Problem:
    """The note that the way of counting was given for a format that leaves no choice."""
    return Problem(
        "SB-CODE-16",
        "note",
        "This format has one way of counting positions; the one given with offsets= was not used.",
    )


def _sorted(frame: pd.DataFrame, records: Records) -> pd.DataFrame:
    """In the order of the sources and of the text; the order of the file settles the rest."""
    ordered = frame.sort_values(["source_index", "start", "end"], kind="stable", na_position="last")
    ordered = ordered.reset_index(drop=True)
    if records.rows is None:
        coded = ordered["code_guid"].notna()
        ordered.loc[coded, "row"] = np.arange(1, coded.sum() + 1)
        ordered.loc[~coded, "row"] = np.arange(1, (~coded).sum() + 1)
    return ordered


def _check_positions(frame: pd.DataFrame, records: Records, scores: pd.DataFrame, problems: list[Problem]) -> None:
    """Refuse passages that end before they start or leave their text; note those without length."""
    backwards = (frame["end"] < frame["start"]).fillna(False)
    negative = ((frame["start"] < 0) | (frame["end"] < 0)).fillna(False)
    wrong = (backwards | negative | ~frame["exact"]).to_numpy(dtype=bool)
    coded = frame["code_guid"].notna().to_numpy()
    for where, table in ((wrong & coded, "segments"), (wrong & ~coded, "uncoded highlights")):
        if where.any():
            problems.append(_misplaced(frame.loc[where], records, table, _how_to_place(scores, int(where.sum()))))
    empty = ((frame["end"] == frame["start"]).fillna(False)).to_numpy(dtype=bool) & coded & ~wrong
    if empty.any():
        problems.append(
            Problem(
                "SB-CODE-60",
                "note",
                f"{n_of(int(empty.sum()), 'coding marks', 'codings mark')} a place without length.",
                table="segments",
                column="end",
                rows=frame.loc[empty, "row"],
                why="They count as coded, but hold no words.",
                done="Kept, with empty text.",
            )
        )


def _how_to_place(scores: pd.DataFrame, n: int) -> str:
    """What may mend misplaced passages: another way of counting where one fits better, else another export."""
    these = "this passage" if n == 1 else "these passages"
    again = f"mark {these} again in the transcript as it is now, or put back the one that was coded."
    other = None if scores.empty else counting.better_fit(scores)
    fit = dict(zip(scores["convention"], scores["score"], strict=True)) if other else {}
    if other and fit[other] >= max(counting.TRUSTED_SCORE, *scores.loc[scores["chosen"], "score"]):
        return f"read_interviews(path, offsets={other!r}), which fits the text; else {again}"
    return again[0].upper() + again[1:]


def _misplaced(wrong: pd.DataFrame, records: Records, table: str, fix: str) -> Problem:
    """The refusal of passages that cannot lie where the file says."""
    first = wrong.iloc[0]
    source = records.sources[first["source_index"]]
    length = "its text is absent"
    if source.text:
        length = f"its transcript has {n_of(len(source.text.normal), 'character')}"
    return Problem(
        "SB-CODE-14",
        "stop",
        f"{n_of(len(wrong), 'passage has', 'passages have')} no place in the text: an end before the start, "
        "one past the last character, or one that would cut a character in two. "
        f"The first runs from {first['given_start']:,} to {first['given_end']:,} in source "
        f"{first['source_index'] + 1} of the file; {length}.",
        table=table,
        column="start, end",
        rows=wrong["row"],
        why="The codes would be laid on other words than the coder read.",
        done="Refused; nothing was shortened.",
        fix=fix,
    )
