"""A score that the file holds already is compared with its items and never used."""

from __future__ import annotations

import pandas as pd
import pytest

import securebase_analysis as sb
from securebase_analysis.study.scores_in_file import columns_of_scores


def with_scores(cohort, name: str, how: str = "sum") -> pd.Series:
    """A column of scores of trust beside the answers, as numbers that may be changed."""
    scores = cohort.tables["visit"][["v3", "v4"]].astype(float).agg(how, axis=1)
    cohort.tables["visit"][name] = scores
    return scores


def of_scores(study: sb.Study) -> list:
    return [one for one in sb.score_dimensions(study).problems if one.code == "SB-ITEM-13"]


@pytest.mark.parametrize(("name", "how"), [("trust", "mean"), ("Trust score", "sum"), ("trust_total", "sum")])
def test_74_a_total_in_the_file_of_a_study_is_compared_with_its_items(cohort, name, how):
    scores = with_scores(cohort, name, how)
    assert of_scores(cohort.read()) == []
    scores.iloc[[4, 9]] += 6
    cohort.tables["visit"][name] = scores
    study = cohort.read()
    (found,) = of_scores(study)
    assert (found.code, found.severity, found.table, found.rows) == ("SB-ITEM-13", "warn", "visit", (5, 10))
    assert found.what == "The scores of trust in the file differ from its items in 2 rows (by up to 6)."
    assert found.done == "The score computed from the items is used."
    assert found.fix
    assert not any("SB-ITEM-30" in note for note in study.notes)
    without = cohort.tables["visit"].pop(name)
    assert len(without) == 36
    pd.testing.assert_frame_equal(sb.score_dimensions(study).frame, sb.score_dimensions(cohort.read()).frame)


def test_74_the_total_of_each_wave_of_a_wide_file(cohort):
    with_scores(cohort, "trust")
    visit = cohort.tables["visit"]
    visit.loc[4, "trust"] += 6
    wide = visit.pivot(index=["site", "child"], columns="wave")
    wide.columns = [f"{name}_T{wave}" for name, wave in wide.columns]
    cohort.tables["visit"] = wide.reset_index()
    cohort.sections["[[responses]]"] |= {"layout": '"wide"', "wave_suffix": '"_T{wave}"'}
    study = cohort.read()
    (found,) = of_scores(study)
    assert len(found.rows) == 1
    row = study.responses["visit"].iloc[found.rows[0] - 1]
    assert (row["wave"], row["trust"]) == (2, row["v3"] + row["v4"] + 6)


def test_74_codes_for_missing_and_words_are_no_scores(cohort):
    with_scores(cohort, "trust")
    visit = cohort.tables["visit"].astype({"trust": object})
    visit.loc[[0, 1, 2], "trust"] = [66, "n.a.", "see notes"]
    cohort.tables["visit"] = visit
    study = cohort.read()
    assert study.responses["visit"]["trust"].isna().sum() == 3
    assert of_scores(study) == []


def test_74_means_that_were_rounded_to_one_decimal_agree():
    book = sb.make_codebook(
        "Pilot",
        "1",
        {
            "instruments": [{"instrument": "visit", "minimum_answered": 3}],
            "items": [
                {"item": name, "instrument": "visit", "construct": "trust", "low": 0, "high": 4}
                for name in ("t1", "t2", "t3")
            ],
        },
    )
    items = pd.DataFrame({"t1": [1, 2, 4, 0], "t2": [2, 2, 3, 1], "t3": [2, 4, 4, 0]})
    given = items.assign(total=items.mean(axis=1).round(1))
    assert not any("SB-ITEM-13" in note for note in sb.score_dimensions(given, book).notes)
    given.loc[2, "total"] = 3.1
    (note,) = [note for note in sb.score_dimensions(given, book).notes if "SB-ITEM-13" in note]
    assert "column total, row 3" in note


def test_names_of_columns_that_are_scores():
    sdq = sb.load_codebook("sdq")
    named = columns_of_scores(sdq, "sdq", ["sdq_total", "SDQ Peer Score", "sdq1", "total_sdq", "sdq_conduct_t"])
    assert named == {"sdq_total": "sdq_total", "sdq_peer": "SDQ Peer Score"}
    assert columns_of_scores(sdq, "sdq", ["Total"]) == {"sdq_total": "Total"}
    assert columns_of_scores(sb.load_codebook("swemwbs"), "swemwbs", ["score"]) == {"swemwbs_sum": "score"}


def test_a_score_of_the_file_is_written_and_read_again(cohort, tmp_path):
    with_scores(cohort, "trust")
    study = cohort.read()
    again = sb.read_study(sb.write_study(study, tmp_path / "out"), progress=False)
    pd.testing.assert_frame_equal(again.responses["visit"], study.responses["visit"])
