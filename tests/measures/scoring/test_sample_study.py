"""Every score of the sample study leads back to the answers, passages and ratings it was made from."""

from pathlib import Path

import numpy as np
import pytest

from securebase_analysis.measures.reliability import assess_reliability
from securebase_analysis.measures.scoring import score_dimensions
from securebase_analysis.study.study import read_study

SAMPLE = Path(__file__).parents[3] / "data" / "sample"


@pytest.fixture(scope="module")
def study():
    return read_study(SAMPLE, progress=False)


@pytest.fixture(scope="module")
def scores(study):
    return score_dimensions(study)


def some_rows(scores, instrument, n=15):
    rows = scores.frame[(scores.frame["instrument"] == instrument) & scores.frame["score"].notna()]
    return rows.sample(n, random_state=1)


def test_one_row_for_each_score(scores):
    key = ["site", "child", "wave", "informant", "instrument", "construct"]
    assert not scores.frame.duplicated(key).any()
    assert scores.frame["score_100"].dropna().between(0, 100).all()
    assert (scores.frame["n_answered"] <= scores.frame["n_items"]).all()
    assert (scores.frame["score"].isna() >= scores.frame["n_answered"].eq(0)).all()


def test_wide_holds_every_score_once(scores):
    names, wide = scores.column_names(), scores.wide()
    assert names["column"].is_unique
    assert not wide.duplicated(["site", "child", "wave"]).any()
    assert wide[list(names["column"])].notna().sum().sum() == scores.frame["score"].notna().sum()
    row = scores.frame[scores.frame["construct"] == "sdq_total"].dropna(subset="score").iloc[7]
    here = wide[(wide["child"] == row["child"]) & (wide["wave"] == row["wave"])]
    column = "sdq_total" if row["informant"] == "carer" else "sdq_total_teacher"
    assert here[column].item() == row["score"]


@pytest.mark.parametrize("instrument", ["secure_base_carer", "secure_base_child"])
def test_questionnaire_scores_add_up_from_their_explanation(scores, instrument):
    for row in some_rows(scores, instrument).itertuples():
        items = scores.explain(row.child, row.wave, row.construct, row.site).items
        used = items[(items["instrument"] == instrument) & (items["informant"] == row.informant)]
        used = used.dropna(subset="used")
        share = (used["used"] - used["low"]).sum() / (used["high"] - used["low"]).sum()
        assert 100 * share == pytest.approx(row.score)
        assert len(used) == row.n_answered


def test_sdq_scores_add_up_from_their_explanation(scores):
    rows = some_rows(scores, "sdq", 40)
    for row in rows[rows["construct"] == "sdq_emotional"].itertuples():
        items = scores.explain(row.child, row.wave, row.construct, row.site).items
        used = items.loc[items["informant"] == row.informant, "used"].dropna()
        assert row.score == np.floor(0.5 + 5 * used.mean())


def test_interview_scores_add_up_from_their_explanation(scores):
    for row in some_rows(scores, "interviews").itertuples():
        passages = scores.explain(row.child, row.wave, row.construct, row.site).passages
        passages = passages[passages["informant"] == row.informant]
        weights = passages.pivot_table("weight", "coder", "polarity", "sum", fill_value=0)
        weights = weights.reindex(columns=["strength", "concern"], fill_value=0)
        balance = 100 * (weights["strength"] + 0.5) / (weights.sum(axis=1) + 1)
        assert row.score == pytest.approx(balance.mean())


def test_ratings_add_up_from_their_explanation(scores):
    for row in some_rows(scores, "ratings").itertuples():
        ratings = scores.explain(row.child, row.wave, row.construct, row.site).ratings
        given = ratings[~ratings["not_applicable"].astype(bool)].dropna(subset="value")
        assert row.score == pytest.approx(
            (100 * (given["value"] - given["low"]) / (given["high"] - given["low"])).mean()
        )


def test_no_note_names_a_child(study, scores):
    text = " ".join(scores.notes)
    assert not [child for child in study.children["child"] if child in text.split()]


def test_every_scale_of_the_study_has_a_reliability(study):
    tidy = assess_reliability(study).tidy()
    alphas = tidy[tidy["term"] == "cronbach_alpha"]
    assert set(alphas["group"]) == {
        "secure_base_carer, carer",
        "secure_base_child, carer",
        "sdq, carer",
        "sdq, teacher",
    }
    assert alphas[["estimate", "conf_low", "conf_high"]].notna().all(axis=None)
