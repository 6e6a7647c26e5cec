"""What stands under scores of coded interviews: the rule, silence, and interviews that outweigh the others."""

from __future__ import annotations

import numpy as np
import pandas as pd

from securebase_analysis.errors import Problem, rows_where
from securebase_analysis.measures.scoring.passages import speaking
from securebase_analysis.results import wording

LARGEST_SHARE = 0.25
FEWEST_SOURCES = 5
FEWEST_FOR_LENGTH = 10


def without_length(sources: pd.DataFrame) -> list[Problem]:
    """Interviews whose length nobody gave: a warning, or a stop when that is all of them."""
    words = pd.to_numeric(sources["n_words"], errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    rows = rows_where(~(words > 0))
    if not rows:
        return []
    nowhere = len(rows) == len(sources)
    return [
        Problem(
            "SB-CODE-50",
            "stop" if nowhere else "warn",
            f"{wording.count(len(rows), 'interview has', 'interviews have')} no number of words.",
            table="sources",
            column="n_words",
            rows=rows,
            why="A rate per 1,000 words needs the length of the transcript.",
            done="Nothing was scored." if nowhere else "Their scores are missing.",
            fix='Give n_words, or use interviews="balance".',
        )
    ]


def rule_notes(rule: str, words: str, silent: int, with_coders: bool) -> list[Problem]:
    """Which rule was used, and what a dimension that nobody spoke of gets."""
    why = "A dimension of which nothing was said in a coded interview scores 0: it was looked for."
    if rule == "balance":
        missing = f" ({silent:,} scores)" if silent else ""
        why = f"A dimension of which nothing was said has no balance: its score is missing{missing}."
    unbounded = " It has no 0-100 form, because it has no upper end." if rule in ("count", "rate") else ""
    parts = [] if rule == "presence" else ["how much was said"]
    parts += ["how far coders of the same interview differ"] if with_coders else []
    errors = f"Standard errors are from {' and '.join(parts)}" if parts else "There are no standard errors"
    without = "" if with_coders else ": too few interviews were coded twice to say how far coders differ"
    return [
        Problem(
            "SB-CODE-53",
            "note",
            f"Interview scores are by the rule {words}. {why}{unbounded} {errors}{without}.",
        )
    ]


def lopsided(sources: pd.DataFrame, passages: pd.DataFrame, rule: str) -> list[Problem]:
    """One interview that supplies much of everything, or scores that follow the length of the interview."""
    per_source = speaking(passages).groupby("source").size()
    largest = float(per_source.max() / per_source.sum()) if len(per_source) else 0.0
    one_outweighs = len(sources) >= FEWEST_SOURCES and largest > LARGEST_SHARE
    r = _with_length(sources, per_source)
    follows = rule in ("count", "presence") and r is not None
    if not (one_outweighs or follows):
        return []
    what = []
    if one_outweighs:
        what.append(f"One interview supplies {largest:.0%} of all passages")
    if follows:
        what.append(f"the number of passages follows the length of the interview (r = {r:.2f})")
    sentence = "; ".join(what)
    return [
        Problem(
            "SB-CODE-18",
            "warn",
            f"{sentence[0].upper()}{sentence[1:]}.",
            table="segments",
            column="source",
            why="Counts then say who talked most, not who cared best.",
            done=f'Scored by the rule "{rule}".',
            fix='interviews="rate", or interviews="balance", which does not grow with length.',
        )
    ]


def _with_length(sources: pd.DataFrame, per_source: pd.Series) -> float | None:
    """Correlation of passages with words, where there are ten interviews and it lies beyond chance."""
    words = sources["n_words"].to_numpy(dtype=float, na_value=np.nan)
    counts = per_source.reindex(sources["source"]).fillna(0.0).to_numpy(float)
    known = np.isfinite(words)
    if known.sum() < FEWEST_FOR_LENGTH or not np.ptp(words[known]) or not np.ptp(counts[known]):
        return None
    r = float(np.corrcoef(words[known], counts[known])[0, 1])
    return r if np.arctanh(min(r, 0.999999)) > 1.96 / np.sqrt(known.sum() - 3) else None
