"""SB-WAVE-11 (42): a predictor that was measured after the outcome it predicts."""

import numpy as np
import pandas as pd
import pytest

from securebase_analysis.errors import DataError
from securebase_analysis.models.growth import fit_growth
from securebase_analysis.models.made_columns import made_columns
from securebase_analysis.models.order_in_time import dates_of, measured_later


@pytest.fixture
def panel():
    rng = np.random.default_rng(8)
    child = np.repeat([f"bird{place:02d}" for place in range(20)], 3)
    dates = pd.Timestamp("2022-01-10") + pd.to_timedelta(365 * np.tile([0, 1, 2], 20), unit="D")
    return pd.DataFrame(
        {
            "child": child,
            "years": np.tile([0.0, 1.0, 2.0], 20),
            "availability": rng.normal(size=60),
            "availability_date": dates,
            "trust": rng.normal(size=60),
            "trust_date": dates,
        }
    )


def test_42_a_predictor_dated_after_the_outcome_stops_with_its_rows(panel):
    panel.loc[[4, 7, 33], "availability_date"] += pd.Timedelta(days=1)
    with pytest.raises(DataError) as caught:
        fit_growth(panel, "trust ~ years + availability")
    (problem,) = caught.value.problems
    assert (problem.code, problem.severity) == ("SB-WAVE-11", "stop")
    assert (problem.column, problem.rows) == ("availability", (5, 8, 34))
    assert "'availability_before'" in problem.fix
    assert "bird" not in str(problem)


def test_the_same_day_and_earlier_days_are_no_problem(panel):
    panel.loc[[4, 7], "availability_date"] -= pd.Timedelta(days=90)
    assert fit_growth(panel, "trust ~ years + availability").facts["n_rows"] == 60


def test_rows_that_are_not_used_do_not_stop(panel):
    panel.loc[4, "availability_date"] += pd.Timedelta(days=1)
    panel.loc[4, "trust"] = np.nan
    assert fit_growth(panel, "trust ~ years + availability").facts["n_rows"] == 59


def test_without_dates_nothing_is_said(panel):
    plain = panel.drop(columns=["availability_date", "trust_date"])
    assert fit_growth(plain, "trust ~ years + availability").facts["n_rows"] == 60


def test_the_wave_before_is_the_way_out(panel):
    panel["wave"] = panel["years"] + 1
    panel.loc[[4, 7, 33], "availability_date"] += pd.Timedelta(days=1)
    wide, _ = made_columns(panel, ["availability_before"])
    assert measured_later(wide, dates_of(wide, wide), "trust", ["availability_before"]) == []
    panel.loc[4, "availability_date"] += pd.Timedelta(days=400)
    (problem,) = measured_later(
        wide,
        dates_of(panel, wide.assign(availability_date=panel["availability_date"])),
        "trust",
        ["availability_before", "availability_between"],
    )
    assert (problem.code, problem.column, problem.rows) == ("SB-WAVE-11", "availability_before", (6,))
    assert "Correct the dates" in problem.fix


def test_the_part_within_was_measured_when_its_column_was(panel):
    panel["wave"] = panel["years"] + 1
    panel.loc[[4, 7, 33], "availability_date"] += pd.Timedelta(days=1)
    names = ["availability_within", "availability_between", "availability_before_within"]
    wide, _ = made_columns(panel, names)
    dates = dates_of(wide, wide)
    assert {"availability_within", "availability_before_within"} <= set(dates)
    assert "availability_between" not in dates
    (problem,) = measured_later(wide, dates, "trust", names)
    assert (problem.column, problem.rows) == ("availability_within", (5, 8, 34))
    assert "'availability_before_within'" in problem.fix


def test_children_under_another_name_have_a_wave_before_too(panel):
    panel = panel.rename(columns={"child": "pupil"}).assign(wave=panel["years"] + 1)
    wide, _ = made_columns(panel, ["availability_before"], "pupil")
    assert (dates_of(wide, wide, "pupil")["availability_before"].isna() == (wide["wave"] == 1)).all()
    assert "availability_before" not in dates_of(wide, wide)


def test_scores_know_when_each_measure_was_taken(sample_scores):
    dates, wide = sample_scores.dates(), sample_scores.wide()
    assert list(dates) == sample_scores.column_names()["column"].tolist()
    assert dates.index.equals(wide.index)
    taken = sample_scores.measured.query("instrument == 'sdq' and informant == 'teacher'")
    place = wide.reset_index().merge(taken, on=["site", "child", "wave"], suffixes=("", "_taken"))
    assert (dates.loc[place["index"], "sdq_total_teacher"].to_numpy() == place["date_taken"].to_numpy()).all()
    assert dates["sdq_total_teacher"].notna().sum() == len(taken)


def test_scores_stop_where_a_plain_table_would_not(sample_scores):
    later = sample_scores.dates()
    rows = np.flatnonzero(
        (later["sdq_total_teacher"] > later["trust"])
        & sample_scores.wide()[["sdq_total_teacher", "trust"]].notna().all(axis=1)
    )
    assert len(rows)
    with pytest.raises(DataError) as caught:
        fit_growth(sample_scores, "trust ~ sdq_total_teacher")
    assert caught.value.problems[0].rows == tuple(rows + 1)
    assert fit_growth(sample_scores.wide(), "trust ~ sdq_total_teacher").facts["n_rows"] > 0


def test_scores_know_when_the_wave_before_was(sample_scores):
    wide, _ = made_columns(sample_scores.wide(), ["sdq_total_teacher_before"])
    dates = dates_of(sample_scores, wide)
    assert measured_later(wide, dates, "trust", ["sdq_total_teacher_before"]) == []
    taken = dates["sdq_total_teacher_before"].notna()
    assert taken.sum() > 50
    assert (dates["sdq_total_teacher_before"] < dates["trust"])[taken & dates["trust"].notna()].all()
