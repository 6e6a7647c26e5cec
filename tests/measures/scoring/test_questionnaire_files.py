"""A questionnaire file is scored as it was read: the numbers of its study, and what was warned of told."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

import securebase_analysis as sb

SAMPLE = Path(__file__).parents[3] / "data" / "sample"
KEYS = ["site", "child", "wave", "informant", "construct"]


@pytest.fixture(scope="module")
def book():
    return sb.read_codebook(SAMPLE / "codebook.toml")


@pytest.fixture(scope="module")
def carers(book):
    return sb.read_questionnaire(SAMPLE / "carer_questionnaire.csv", book, informant="carer")


def test_the_scores_of_a_file_are_those_of_its_study(carers, book):
    alone = sb.score_dimensions(carers, book).frame
    study = sb.score_dimensions(sb.read_study(SAMPLE, progress=False)).frame
    study = study[study["instrument"] == "secure_base_carer"]
    columns = [*KEYS, "score", "std_error", "n_answered", "n_items"]
    both = [table.sort_values(KEYS, ignore_index=True)[columns] for table in (alone, study)]
    pd.testing.assert_frame_equal(*both, check_dtype=False, rtol=1e-12)


def test_the_reliability_of_a_file(carers, book):
    alone = sb.assess_reliability(carers, codebook=book).tidy()
    assert {"availability", "sensitivity"} <= set(alone["outcome"])
    table = sb.assess_reliability(carers.wide.drop(columns=["row", "instance"]), codebook=book).tidy()
    pd.testing.assert_frame_equal(alone, table)


def test_what_was_warned_of_in_a_file_stands_under_its_scores(tmp_path, book):
    table = pd.read_csv(SAMPLE / "carer_questionnaire.csv", dtype=str)
    file = tmp_path / "carers.csv"
    table.drop(columns="av5").to_csv(file, index=False)
    read = sb.read_questionnaire(file, book, informant="carer")
    assert "SB-ITEM-12" in {problem.code for problem in read.assumptions if problem.severity == "warn"}
    scores = sb.score_dimensions(read, book)
    assert "SB-ITEM-12" in {problem.code for problem in scores.told_before}
    growth = sb.fit_growth(scores, "availability ~ wave")
    assert any("SB-ITEM-12" in note for note in growth.notes)


def test_a_file_is_scored_by_a_key_that_comes_with_the_package():
    read = sb.read_questionnaire(SAMPLE / "sdq_teacher.sav", informant="teacher")
    by_key = sb.score_questionnaire(read, "sdq", informant="teacher")
    by_verb = sb.score_sdq(read, informant="teacher")
    pd.testing.assert_series_equal(by_key["sdq_total"], by_verb["sdq_total"])
    assert by_key["sdq_total"].notna().sum() > 500


def test_a_codebook_is_needed(carers):
    with pytest.raises(sb.ModelError, match="SB-MODEL-61"):
        sb.score_dimensions(carers)


def test_rows_are_those_of_the_file_also_where_one_holds_several_waves(tmp_path, book):
    items = list(book.items_of("secure_base_carer")["item"])
    table = pd.DataFrame({f"{item}_w{wave}": [3, 4, 2] for wave in (1, 2) for item in items})
    table.loc[2, [f"av{n}_w2" for n in (2, 3, 4, 5)]] = None
    table.insert(0, "child", ["a", "b", "c"])
    table.astype("Int64", errors="ignore").to_csv(tmp_path / "wide.csv", index=False)
    read = sb.read_questionnaire(tmp_path / "wide.csv", book, instrument="secure_base_carer", informant="carer")
    assert len(read.wide) == 6
    scores = sb.score_dimensions(read, book)
    (told,) = (problem for problem in scores.problems if problem.code == "SB-ITEM-07")
    assert (told.table, told.rows) == ("wide.csv", (3,))
