"""Ratings by coders become scores."""

import numpy as np
import pandas as pd
import pytest
from small_studies import interview_book, problem, study_of

from securebase_analysis.errors import DataError
from securebase_analysis.measures.scoring import score_dimensions


def ratings_of(*rows):
    columns = ["child", "rater", "construct", "value", "not_applicable"]
    table = pd.DataFrame(rows, columns=columns)
    return table.assign(site="", wave=1, low=0.0, high=10.0, evidence="")


def scored(*rows):
    return score_dimensions(study_of(interview_book(), ratings=ratings_of(*rows)))


def test_the_mean_over_raters_on_the_range():
    frame = scored(("a", "R1", "trust", 7, False), ("a", "R2", "trust", 4, False)).frame
    assert frame.loc[0, ["score", "score_100", "n_answered", "n_items"]].tolist() == [55.0, 55.0, 2, 2]
    assert frame.loc[0, ["instrument", "informant"]].tolist() == ["ratings", "rater"]


def test_not_applicable_is_kept_apart_from_missing():
    scores = scored(
        ("a", "R1", "trust", np.nan, True), ("b", "R1", "trust", np.nan, False), ("b", "R2", "trust", 6, False)
    )
    assert np.isnan(scores.frame.loc[0, "score"])
    assert scores.frame.loc[1, ["score", "n_answered", "n_items"]].tolist() == [60.0, 1, 2]
    assert any("1 rating is 'not applicable' and 1 missing" in note for note in scores.notes)


def test_the_standard_error_is_the_pooled_spread_of_raters():
    random = np.random.default_rng(1)
    rows = []
    for child in range(150):
        truth = random.uniform(3, 7)
        rows += [(f"c{child}", f"R{r}", "trust", truth + random.normal(0, 0.8), False) for r in range(2)]
    frame = scored(*rows).frame
    assert frame["std_error"].iloc[0] == pytest.approx(8 / np.sqrt(2), rel=0.12)


def test_one_rater_alone_has_no_standard_error():
    scores = scored(("a", "R1", "trust", 7, False))
    assert np.isnan(scores.frame["std_error"].iloc[0])
    assert any("too few occasions were rated by two people" in note for note in scores.notes)


def test_a_rating_outside_its_range_stops():  # C5 65
    with pytest.raises(DataError) as caught:
        scored(("KID1", "R1", "trust", 7, False), ("KID2", "R1", "trust", 12, False))
    found = problem(caught.value, "SB-ITEM-04")
    assert (found.table, found.column, found.rows) == ("ratings", "trust", (2,))
    assert "KID" not in str(caught.value)


def test_one_rater_cannot_rate_the_same_thing_twice():  # C2 23
    with pytest.raises(DataError) as caught:
        scored(("KID1", "R1", "trust", 7, False), ("KID1", "R1", "trust", 3, False))
    assert problem(caught.value, "SB-ID-02").rows == (1, 2)


def test_explain_lists_the_ratings():
    scores = scored(("a", "R1", "trust", 7, False), ("a", "R2", "trust", 4, False))
    told = scores.explain("a", 1, "trust")
    assert told.ratings["value"].tolist() == [7, 4]
    assert "7 on 0-10, 4 on 0-10" in told.text


def test_a_whole_that_was_rated_stands_for_itself():
    scores = scored(
        ("a", "R1", "belonging", 8, False),
        ("a", "R1", "belonging_foster", 6, False),
        ("a", "R1", "belonging_birth", 2, False),
    )
    assert scores.frame.set_index("construct").loc["belonging", "score"] == 80.0
    assert scores.explain("a", 1, "belonging").ratings["value"].tolist() == [8]


def test_a_whole_rated_in_its_parts_is_their_mean():
    scores = scored(
        ("a", "R1", "belonging_foster", 6, False),
        ("a", "R1", "belonging_birth", 2, False),
        ("b", "R1", "belonging_foster", 6, False),
        ("b", "R1", "belonging_birth", np.nan, True),
    )
    wholes = scores.frame[scores.frame["construct"] == "belonging"].set_index("child")["score"]
    assert wholes["a"] == 40.0
    assert np.isnan(wholes["b"])
    assert scores.explain("a", 1, "belonging").ratings["value"].tolist() == [6, 2]
