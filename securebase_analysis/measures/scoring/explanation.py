"""What stands behind one number: every item with its answer, every coded passage, and the sum that leads back."""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from securebase_analysis.errors import ModelError, Problem, nearest
from securebase_analysis.measures.scoring.answers import Answers
from securebase_analysis.measures.scoring.blocks import INTERVIEWS
from securebase_analysis.measures.scoring.factor_explanation import factor_sum, factors_behind
from securebase_analysis.measures.scoring.items import keyed_answers
from securebase_analysis.measures.scoring.scoring_key import ScaleKey
from securebase_analysis.results import wording
from securebase_analysis.study.codebook import whole_of

if TYPE_CHECKING:
    from securebase_analysis.measures.scoring.scores import Scores

ITEM_COLUMNS = [
    "instrument",
    "informant",
    "scale",
    "item",
    "label",
    "answer",
    "reversed",
    "low",
    "high",
    "weight",
    "used",
]
PASSAGE_COLUMNS = [
    "informant",
    "source",
    "coder",
    "code",
    "construct",
    "polarity",
    "weight",
    "start",
    "end",
    "merged",
    "text",
]
RATING_COLUMNS = ["rater", "construct", "value", "low", "high", "not_applicable", "age_band", "evidence"]


@dataclass(frozen=True, eq=False)
class Explanation:
    """The items, passages and ratings behind the scores of one child on one construct at one wave.

    Attributes
    ----------
    construct : str
        What was scored.
    wave : int
        When.
    scores : pandas.DataFrame
        The rows of ``Scores.frame`` that are explained.
    items : pandas.DataFrame
        ``instrument, informant, scale, item, label, answer, reversed, low, high, weight, used``; `used` is the
        answer after reversal.
    passages : pandas.DataFrame
        ``informant, source, coder, code, construct, polarity, weight, start, end, merged, text``.
    ratings : pandas.DataFrame
        ``rater, construct, value, low, high, not_applicable, age_band, evidence``.
    text : str
        A sentence per score with the sum that leads to it; names no child.
    factors : pandas.DataFrame
        Of scores by the rule ``factor``: ``instrument, informant, scale, item, used, weight, intercept, loading,
        uniqueness, pull``; `pull` is by how much the factor score rises with the answer.
    """

    construct: str
    wave: int
    scores: pd.DataFrame
    items: pd.DataFrame
    passages: pd.DataFrame
    ratings: pd.DataFrame
    text: str
    factors: pd.DataFrame = field(default_factory=pd.DataFrame)

    def __str__(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        parts = ["".join(f"<p>{escape(line)}</p>" for line in self.text.split("\n"))]
        tables = {
            "Items": self.items, "Factor": self.factors, "Passages": self.passages, "Ratings": self.ratings
        }  # fmt: skip
        for title, table in tables.items():
            if len(table):
                parts.append(f"<p><strong>{title}</strong></p>{table.to_html(index=False, border=0, na_rep='–')}")
        return "".join(parts)


def explain(scores: Scores, child: str, wave: int, construct: str, site: str | None) -> Explanation:
    """Gather what stands behind the scores of one child, wave and construct.

    Raises
    ------
    ModelError
        When there is no such score, or the child's id occurs at several sites.
    """
    rows = _rows(scores, child, wave, construct, site)
    site = str(rows["site"].iloc[0])
    items = _items(scores, site, child, wave, construct)
    passages = _of_child(scores.passages, site, child, wave, construct)
    ratings = _of_child(scores.ratings, site, child, wave, construct)
    if construct in set(ratings.get("construct", ())):
        ratings = ratings[ratings["construct"] == construct]  # a whole that was rated stands for itself
    factors = factors_behind(scores.factors, items)
    lines = [_line(scores, row, items, factors, passages, ratings) for _, row in rows.iterrows()]
    return Explanation(
        construct=construct,
        wave=wave,
        scores=rows.reset_index(drop=True),
        items=items,
        passages=passages.reindex(columns=PASSAGE_COLUMNS).reset_index(drop=True),
        ratings=ratings.reindex(columns=RATING_COLUMNS).reset_index(drop=True),
        text="\n".join(lines),
        factors=factors,
    )


def _rows(scores: Scores, child: str, wave: int, construct: str, site: str | None) -> pd.DataFrame:
    frame = scores.frame
    if construct not in set(frame["construct"]):
        guess = nearest(construct, frame["construct"].unique())
        fix = f"construct={guess!r}" if guess else f"One of {', '.join(frame['construct'].unique())}."
        raise ModelError(Problem("SB-MODEL-60", "stop", f"Nothing was scored as {construct!r}.", fix=fix))
    rows = frame[(frame["child"] == child) & (frame["wave"] == wave) & (frame["construct"] == construct)]
    if site is not None:
        rows = rows[rows["site"] == site]
    if rows.empty:
        waves = sorted(frame.loc[frame["child"] == child, "wave"].unique())
        what = f"This child has no score of {construct} at wave {wave}."
        fix = f"Waves with scores: {', '.join(map(str, waves))}." if waves else "Look the child up in .occasions."
        raise ModelError(Problem("SB-MODEL-60", "stop", what, fix=fix))
    if rows["site"].nunique() > 1:
        sites = ", ".join(repr(name) for name in rows["site"].unique())
        what = "A child of this id is known at more than one site."
        raise ModelError(Problem("SB-ID-03", "stop", what, fix=f"site= one of {sites}"))
    return rows


def _of_child(table: pd.DataFrame, site: str, child: str, wave: int, construct: str) -> pd.DataFrame:
    """Rows of passages or ratings of one child and wave for a construct or its parts."""
    if table.empty:
        return table
    mine = (table["site"] == site) & (table["child"] == child) & (table["wave"] == wave)
    table = table[mine]
    return table[[construct in (name, whole_of(name)) for name in table["construct"]]]


def _items(scores: Scores, site: str, child: str, wave: int, construct: str) -> pd.DataFrame:
    found = []
    for answers in scores.answers:
        who = answers.occasions
        at = np.flatnonzero(((who["site"] == site) & (who["child"] == child) & (who["wave"] == wave)).to_numpy())
        for scale in _scales_behind(answers, construct):
            found += [_item_rows(scores, answers, scale, int(row)) for row in at]
    return pd.concat(found, ignore_index=True) if found else pd.DataFrame(columns=ITEM_COLUMNS)


def _scales_behind(answers: Answers, construct: str) -> list[ScaleKey]:
    """The scale itself, the scales it is the sum of, or those behind the one it is converted from."""
    by_name = {scale.construct: scale for scale in answers.key.scales}
    scale = by_name.get(construct)
    if scale is None:
        return []
    if scale.converted_from:
        return _scales_behind(answers, scale.converted_from)
    return [scale] if scale.items else [by_name[part] for part in scale.sum_of]


def _item_rows(scores: Scores, answers: Answers, scale: ScaleKey, row: int) -> pd.DataFrame:
    values = answers.values[row, answers.columns_of(scale.items)]
    table = scores.codebook.items
    labels = (
        table[table["instrument"] == answers.key.instrument].drop_duplicates("item").set_index("item")["label"]
    )
    return pd.DataFrame(
        {
            "instrument": answers.key.instrument,
            "informant": answers.occasions["informant"].iloc[row],
            "scale": scale.construct,
            "item": list(scale.items),
            "label": [labels.get(item, "") for item in scale.items],
            "answer": values,
            "reversed": scale.reversed,
            "low": scale.low,
            "high": scale.high,
            "weight": scale.weights,
            "used": keyed_answers(values, scale),
        }
    )


def _line(
    scores: Scores,
    row: pd.Series,
    items: pd.DataFrame,
    factors: pd.DataFrame,
    passages: pd.DataFrame,
    ratings: pd.DataFrame,
) -> str:
    """One score with the sum that leads to it."""
    who = f" ({row['informant']})" if row["informant"] else ""
    head = f"{scores.codebook.title_of(row['construct'])} at wave {row['wave']}, {row['instrument']}{who}: "
    head += "missing" if np.isnan(row["score"]) else f"{row['score']:.4g}"
    if not np.isnan(row["std_error"]):
        head += f" (standard error {row['std_error']:.2g})"
    if row["instrument"] == INTERVIEWS:
        mine = passages[passages["informant"] == row["informant"]]
        sum_text = _passage_sum(mine, scores.spec.get("interviews") == "balance")
    elif row["instrument"] in set(items["instrument"]):
        by_factor = row["instrument"] in set(factors["instrument"])
        made_of = factors if by_factor else items
        mine = made_of[(made_of["instrument"] == row["instrument"]) & (made_of["informant"] == row["informant"])]
        sum_text = factor_sum(mine) if by_factor else _item_sum(mine)
    else:
        sum_text = _rating_sum(ratings)
    return f"{head}. {sum_text} Rule: {row['rule']}."


def _item_sum(items: pd.DataFrame) -> str:
    """Per scale: the used answers, what they add up to, and the range they could have had."""
    parts = []
    for scale, mine in items.groupby("scale", sort=False):
        given = mine[mine["used"].notna()]
        terms = " + ".join(
            f"{row.used:g}" + (f"*{row.weight:g}" if row.weight != 1 else "") for row in given.itertuples()
        )
        reached = float((given["weight"] * (given["used"] - given["low"])).sum())
        possible = float((given["weight"] * (given["high"] - given["low"])).sum())
        total = float((given["weight"] * given["used"]).sum())
        said = f"{terms} = {total:g}" if len(given) else "nothing answered"
        share = f", {reached:g} of the {possible:g} points above the lowest answer" if possible else ""
        parts.append(f"{scale}: {said} from {len(given)} of {wording.count(len(mine), 'item')}{share}")
    return "; ".join(parts) + "."


def _passage_sum(passages: pd.DataFrame, balance: bool) -> str:
    """Strengths and concerns by coder, and the balance where that is the rule."""
    counted = passages[passages["polarity"] != "none"]
    if counted.empty:
        return "Nothing was said for or against it."
    parts = []
    for (_, coder), mine in counted.groupby(["source", "coder"], sort=False):
        strengths = mine.loc[mine["polarity"] == "strength", "weight"].sum()
        concerns = mine.loc[mine["polarity"] == "concern", "weight"].sum()
        share = 100.0 * (strengths + 0.5) / (strengths + concerns + 1.0)
        result = f" -> {share:.4g}" if balance else ""
        parts.append(f"{coder or 'no coder'}: strengths {strengths:g}, concerns {concerns:g}{result}")
    return f"From {wording.count(len(counted), 'passage')}; {'; '.join(parts)}."


def _rating_sum(ratings: pd.DataFrame) -> str:
    given = ratings[ratings["value"].notna() & ~ratings["not_applicable"].astype(bool)]
    if given.empty:
        return "No rating."
    listed = ", ".join(f"{row.value:g} on {row.low:g}-{row.high:g}" for row in given.itertuples())
    return f"Ratings: {listed}."
