"""What stands under a table of questionnaire scores: what was missing, odd, or measured by someone else."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from securebase_analysis.errors import Problem
from securebase_analysis.measures.scoring.answers import Answers
from securebase_analysis.measures.scoring.items import FEWEST_ROWS_FOR_ALPHA, ScaleScores
from securebase_analysis.results import wording
from securebase_analysis.results.wording import count as n_of
from securebase_analysis.study.codebook import Codebook
from securebase_analysis.study.scores_in_file import columns_of_scores, scores_as_numbers

Mask = NDArray[np.bool_]

FEWEST_ITEMS_FOR_A_STRAIGHT_LINE = 5
CAREGIVERS = ("carer", "parent", "foster carer", "kinship carer", "adoptive parent", "residential worker")


def notes_on(
    answers: Answers, scores: list[ScaleScores], not_asked: Mask, carers: pd.DataFrame, codebook: Codebook
) -> list[Problem]:
    """Everything worth saying about the scores of one questionnaire."""
    return [
        *_nothing_answered(answers, scores, not_asked),
        *_too_few_answered(answers, scores),
        *_not_asked_at_a_wave(answers, scores, not_asked),
        *_straight_lines(answers),
        *_total_in_file_differs(answers, scores, codebook),
        *_another_informant(answers, carers),
        *_without_std_error(answers, scores),
        *_key_not_verified(answers, codebook),
    ]


def scales_not_asked(answers: Answers, scores: list[ScaleScores]) -> Mask:
    """Rows at which nobody at that wave, asked of that informant, answered any item of the scale.

    Returns
    -------
    numpy.ndarray of bool, shape (scales, rows)
    """
    asked_of = answers.occasions.groupby(["wave", "informant"], sort=False).ngroup().to_numpy()
    n_groups = int(asked_of.max()) + 1 if len(asked_of) else 0
    anybody = [
        np.bincount(asked_of, weights=~scale.all_missing, minlength=n_groups)[asked_of] > 0 for scale in scores
    ]
    return ~np.array(anybody, dtype=bool).reshape(len(scores), len(answers.occasions))


def _counted(counts: dict[str, int]) -> str:
    return ", ".join(f"{construct} {count:,}" for construct, count in counts.items() if count)


def _nothing_answered(answers: Answers, scores: list[ScaleScores], not_asked: Mask) -> list[Problem]:
    empty = np.array([scale.all_missing for scale in scores]) & ~not_asked
    if not empty.any():
        return []
    counts = {scale.construct: int(rows.sum()) for scale, rows in zip(scores, empty)}
    return [
        Problem(
            "SB-ITEM-06",
            "note",
            f"Rows in which no item of a scale was answered: {_counted(counts)}.",
            table=answers.table,
            rows=answers.row_numbers[empty.any(axis=0)].tolist(),
            done="The score is missing, not 0.",
        )
    ]


def _too_few_answered(answers: Answers, scores: list[ScaleScores]) -> list[Problem]:
    problems = []
    summed = {scale.construct for scale in answers.key.scales if not scale.items}
    for sums, what in ((False, "fewer items answered than the codebook asks for"), (True, "a part is missing")):
        chosen = [scale for scale in scores if (scale.construct in summed) == sums]
        counts = {scale.construct: int(scale.below_minimum.sum()) for scale in chosen}
        if not any(counts.values()):
            continue
        rows = np.any([scale.below_minimum for scale in chosen], axis=0)
        asked = answers.key.asked_for if not sums else "all of its parts"
        problems.append(
            Problem(
                "SB-ITEM-07",
                "note",
                f"{n_of(sum(counts.values()), 'score')} not computed, {what}: {_counted(counts)}.",
                table=answers.table,
                rows=answers.row_numbers[rows].tolist(),
                done=f"A score needs {asked}; these are missing.",
            )
        )
    return problems


def _not_asked_at_a_wave(answers: Answers, scores: list[ScaleScores], not_asked: Mask) -> list[Problem]:
    problems = []
    informants = answers.occasions["informant"].to_numpy(dtype=object)
    waves = answers.occasions["wave"].to_numpy()
    for scale, rows in zip(scores, not_asked):
        for wave in np.unique(waves[rows]):
            here = rows & (waves == wave)
            whom = ", ".join(sorted({str(name) for name in informants[here]} - {""}))
            problems.append(
                Problem(
                    "SB-ITEM-08",
                    "warn",
                    f"No item of {scale.construct} was answered at wave {wave}"
                    + (f" by {whom}" if whom else "")
                    + f" (all {here.sum():,} missing).",
                    table=answers.table,
                    why="A scale that was not asked is not a scale that was left blank.",
                    done=f"It is left out of the results of wave {wave}.",
                    fix="If it was asked, look for its answers under other column names.",
                )
            )
    return problems


def _straight_lines(answers: Answers) -> list[Problem]:
    """Rows with one and the same answer to every item, though some items are reversed."""
    reversed_items = {item for scale in answers.key.scales for item in np.array(scale.items)[scale.reversed]}
    if not reversed_items or len(answers.key.items) < FEWEST_ITEMS_FOR_A_STRAIGHT_LINE:
        return []
    values = answers.values
    turned = np.array([item in reversed_items for item in answers.key.items])
    with np.errstate(invalid="ignore"):
        one_answer = np.fmin.reduce(values, axis=1) == np.fmax.reduce(values, axis=1)
    rows = np.flatnonzero(one_answer)
    answered = ~np.isnan(values[rows])
    enough = answered.sum(axis=1) >= FEWEST_ITEMS_FOR_A_STRAIGHT_LINE
    both_ways = answered[:, turned].any(axis=1) & answered[:, ~turned].any(axis=1)
    rows = rows[enough & both_ways]
    if not rows.size:
        return []
    return [
        Problem(
            "SB-ITEM-10",
            "note",
            f"{wording.count(len(rows), 'row has', 'rows have')} the same answer to every item, "
            "reversed ones included.",
            table=answers.table,
            rows=answers.row_numbers[rows].tolist(),
            why="Such answers may not have been read.",
            done="Scored as they are.",
        )
    ]


def _total_in_file_differs(answers: Answers, scores: list[ScaleScores], codebook: Codebook) -> list[Problem]:
    """Columns named like a score that disagree with the items, in whichever metric they fit best."""
    problems = []
    by_scale = {scale.construct: scale for scale in scores}
    for construct, column in columns_of_scores(codebook, answers.key.instrument, answers.others).items():
        given = scores_as_numbers(answers.others[column], codebook, answers.key.instrument).to_numpy()
        differs, largest = _disagreement(given, by_scale[construct])
        if differs.any():
            problems.append(
                Problem(
                    "SB-ITEM-13",
                    "warn",
                    f"The scores of {construct} in the file differ from its items in "
                    f"{wording.count(int(differs.sum()), 'row')} (by up to {largest:.4g}).",
                    table=answers.table,
                    column=column,
                    rows=answers.row_numbers[differs].tolist(),
                    why="Two versions of one score would lead to two results.",
                    done="The score computed from the items is used.",
                    fix="Find out how the column was made, or remove it.",
                )
            )
    return problems


def _disagreement(given: NDArray[np.float64], scale: ScaleScores) -> tuple[Mask, float]:
    """Rows that disagree and by how much, with the score as declared, as percentage, as sum or as mean."""
    raw = scale.low + scale.score_100 / 100.0 * (scale.high - scale.low)
    forms = [scale.score, scale.score_100, raw, raw * scale.n_items, raw / scale.n_items]
    rounding = 0.5 * 10.0 ** -_decimals(given) + 0.0001
    tried = []
    for form in forms:
        with np.errstate(invalid="ignore"):
            gap = np.abs(given - form)
            tried.append((gap > rounding, gap))
    differs, gap = min(tried, key=lambda pair: int(pair[0].sum()))
    return differs, float(gap[differs].max()) if differs.any() else 0.0


def _decimals(given: NDArray[np.float64]) -> int:
    """Decimals that a column was rounded to, 1 or 2; whole numbers are sums and not rounded."""
    tenths = given[np.isfinite(given)] * 10.0
    whole = np.isclose(tenths % 10.0, 0.0).all()
    return 1 if not whole and np.isclose(tenths, np.round(tenths)).all() else 2


def _another_informant(answers: Answers, carers: pd.DataFrame) -> list[Problem]:
    """How many children were reported on by nobody who had reported at the wave before."""
    rows = answers.occasions
    shares, what = _replaced(rows, "informant"), "informant"
    if not shares and not carers.empty:
        caregivers = rows[rows["informant"].isin(CAREGIVERS)]
        who = caregivers.merge(carers, on=["site", "child", "wave"], how="left")
        shares, what = _replaced(who[who["carer"].fillna("") != ""], "carer"), "carer"
    if not shares:
        return []
    listed = ", ".join(f"{share:.0%} at wave {wave}" for wave, share in shares.items())
    return [
        Problem(
            "SB-ITEM-15",
            "warn",
            f"Children with another {what} than at their wave before: {listed}.",
            table=answers.table,
            column="informant",
            why="Change over these waves mixes the child with whoever answers.",
            done="Scored as they are.",
            fix="Compare the waves that one informant answered, or let the informant enter the model.",
        )
    ]


def _replaced(rows: pd.DataFrame, column: str) -> dict[int, float]:
    """Share of the children seen before whose `column` has no value in common with their wave before, by wave."""
    if rows[column].nunique() < 2 or rows["wave"].nunique() < 2:
        return {}
    child = rows.groupby(["site", "child"], sort=False).ngroup().to_numpy()
    table = pd.DataFrame({"child": child, "wave": rows["wave"].to_numpy(), "who": pd.factorize(rows[column])[0]})
    seen = table[["child", "wave"]].drop_duplicates().sort_values(["child", "wave"])
    seen["before"] = seen.groupby("child")["wave"].shift()
    followed = seen.dropna(subset="before")
    again = table.merge(followed, on=["child", "wave"]).merge(
        table.rename(columns={"wave": "before"}), on=["child", "before", "who"]
    )
    kept = again[["child", "wave"]].drop_duplicates().groupby("wave").size()
    counts = followed.groupby("wave").size()
    shares = 1.0 - kept.reindex(counts.index, fill_value=0) / counts
    return {int(wave): float(share) for wave, share in shares.items() if share > 0}


def _without_std_error(answers: Answers, scores: list[ScaleScores]) -> list[Problem]:
    """Say where the standard errors come from, and for which scales there are none."""
    made = [alpha for scale in scores for alpha in scale.alphas.values() if alpha > 0]
    none = sorted({scale.construct for scale in scores for alpha in scale.alphas.values() if not alpha > 0})
    problems = []
    if made:
        problems.append(
            Problem(
                "SB-ITEM-51",
                "note",
                f"Standard errors of {answers.key.instrument} scores are SD √(1 − alpha), alpha by construct "
                f"and informant over all waves ({min(made):.2f} to {max(made):.2f}), larger where fewer items "
                "were answered (Spearman-Brown).",
            )
        )
    if none:
        problems.append(
            Problem(
                "SB-ITEM-52",
                "note",
                f"No standard error for {', '.join(none)} in {answers.key.instrument}: alpha is not above 0, the "
                f"scale has one item, or fewer than {FEWEST_ROWS_FOR_ALPHA} rows answer two items together.",
            )
        )
    return problems


def _key_not_verified(answers: Answers, codebook: Codebook) -> list[Problem]:
    """That the rule of a published questionnaire was not held against its source in every point."""
    rule = codebook.rule_of(answers.key.instrument)
    if not rule["source"] or rule["verified"]:
        return []
    return [
        Problem(
            "SB-ITEM-73",
            "note",
            f"The scoring key of {rule['title'] or answers.key.instrument} was not checked in every point against "
            f"its source: {rule['source']}.",
            table=answers.table,
            why="A rule taken from elsewhere may differ in a range, a blank or a reversed item.",
            done="Scored by the key as it stands.",
            fix="Hold the key against your own copy; verified = true in a codebook of your own says that you did.",
        )
    ]
