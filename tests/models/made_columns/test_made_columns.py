"""Columns made for a formula: every number by hand, every gap counted, impossible dates refused (C3: 38, 42)."""

import numpy as np
import pandas as pd
import pytest

from securebase_analysis.errors import DataError, ModelError
from securebase_analysis.models.made_columns import made_columns

NAN = np.nan


@pytest.fixture
def frame():
    """Two children of three waves, one of two; the second of them moves between its first and second wave."""
    rows = [
        ("robin", 1, "2020-01-01", "2015-01-01", "2019-01-01", 2.0),
        ("robin", 2, "2021-01-01", "2015-01-01", "2019-01-01", 4.0),
        ("robin", 3, "2022-01-01", "2015-01-01", "2019-01-01", 6.0),
        ("finch", 1, "2020-03-01", "2012-03-01", "2018-03-01", 5.0),
        ("finch", 2, "2021-03-01", "2012-03-01", "2020-09-01", NAN),
        ("finch", 3, "2022-03-01", "2012-03-01", "2020-09-01", 7.0),
        ("heron", 1, "2020-02-01", "2010-02-01", "2020-02-01", 1.0),
        ("heron", 3, None, "2010-02-01", None, 3.0),
    ]
    table = pd.DataFrame(rows, columns=["child", "wave", "date", "birth_date", "placement_start", "warmth"])
    dates = ["date", "birth_date", "placement_start"]
    return table.assign(**{name: pd.to_datetime(table[name]) for name in dates}).set_axis(range(10, 18))


def made(frame, *names, group="child"):
    wide, notes = made_columns(frame, names, group)
    assert wide.index.equals(frame.index)
    return wide[list(names)].to_numpy().T, notes


def refusal(error, frame, *names):
    with pytest.raises(error) as caught:
        made_columns(frame, names)
    assert not any(child in str(caught.value) for child in ("robin", "finch", "heron"))
    return {problem.code: problem for problem in caught.value.problems}


# ---- within and between ----------------------------------------------------------------------------------------


def test_within_and_between_by_hand(frame):
    (within, between), notes = made(frame, "warmth_within", "warmth_between")
    np.testing.assert_allclose(between, [4, 4, 4, 6, 6, 6, 2, 2])
    np.testing.assert_allclose(within, [-2, 0, 2, -1, NAN, 1, -1, 1])
    assert [note.code for note in notes] == ["SB-WAVE-33", "SB-WAVE-33"]
    assert [note.severity for note in notes] == ["note", "note"]
    assert (notes[0].column, notes[0].rows) == ("warmth_within", (5,))
    assert "1 row has none" in notes[0].done
    assert "later waves too (2 to 3 rows a child)" in notes[1].what


def test_the_two_parts_add_up(frame):
    (within, between), _ = made(frame, "warmth_within", "warmth_between")
    np.testing.assert_allclose(within + between, frame["warmth"])


def test_the_mean_is_that_of_the_group_asked_for(frame):
    shared = frame.assign(carer=["K1"] * 6 + ["K2"] * 2)
    (between,), notes = made(shared, "warmth_between", group="carer")
    np.testing.assert_allclose(between, [24 / 5] * 6 + [2, 2])
    assert "a carer" in notes[0].what


def test_the_same_id_at_two_sites_is_two_children(frame):
    twice = pd.concat([frame.assign(site="n"), frame.assign(site="s", warmth=frame["warmth"] + 10)])
    (between,), _ = made(twice.reset_index(drop=True), "warmth_between")
    np.testing.assert_allclose(between, [4, 4, 4, 6, 6, 6, 2, 2, 14, 14, 14, 16, 16, 16, 12, 12])


def test_a_child_without_any_value_has_no_mean(frame):
    frame.loc[[16, 17], "warmth"] = NAN
    (within, between), notes = made(frame, "warmth_within", "warmth_between")
    assert np.isnan(between[6:]).all()
    assert np.isnan(within[6:]).all()
    assert notes[1].rows == (7, 8)


def test_nothing_within_what_never_changes(frame):
    constant = frame.assign(kinship=[1, 1, 1, 0, 0, 0, 1, 1])
    problem = refusal(DataError, constant, "kinship_within")["SB-WAVE-34"]
    assert (problem.severity, problem.column) == ("stop", "kinship")
    assert "'kinship' itself" in problem.fix
    (between,), _ = made(constant, "kinship_between")
    np.testing.assert_allclose(between, constant["kinship"])


def test_words_have_no_mean(frame):
    assert refusal(DataError, frame.assign(kind="foster"), "kind_within")["SB-MODEL-02"].column == "kind"


def test_a_misspelt_column_is_named(frame):
    problem = refusal(ModelError, frame, "wramth_within")["SB-MODEL-03"]
    assert problem.fix == "Did you mean 'warmth_within'?"


# ---- before ----------------------------------------------------------------------------------------------------


def test_the_wave_before_by_hand(frame):
    (before,), (note,) = made(frame, "warmth_before")
    np.testing.assert_allclose(before, [NAN, 2, 4, NAN, 5, NAN, NAN, NAN])
    assert note.rows == (1, 4, 6, 7, 8)
    assert "3 at the first wave" in note.done
    assert "1 whose child has no row at the wave before" in note.done
    assert "1 with warmth missing at the wave before" in note.done


def test_rows_in_any_order_and_waves_with_names(frame):
    shuffled = frame.assign(wave="T" + frame["wave"].astype(str)).iloc[[5, 0, 7, 3, 2, 6, 1, 4]]
    wide, _ = made_columns(shuffled, ["warmth_before"])
    np.testing.assert_allclose(wide.sort_index()["warmth_before"], [NAN, 2, 4, NAN, 5, NAN, NAN, NAN])


def test_informants_have_their_own_wave_before(frame):
    two = pd.concat([frame.assign(informant="carer"), frame.assign(informant="teacher", warmth=-frame["warmth"])])
    (before,), _ = made(two, "warmth_before")
    np.testing.assert_allclose(before[8:], -before[:8])


def test_words_can_be_of_the_wave_before(frame):
    kinds = frame.assign(kind=["foster", "kinship", "foster", "foster", "kinship", "foster", "foster", "foster"])
    (before,), _ = made(kinds, "kind_before")
    assert [*before[[1, 2, 4, 5]]] == ["foster", "kinship", "foster", "kinship"]
    assert pd.isna(before[[0, 3, 6, 7]]).all()


def test_the_parts_of_the_wave_before(frame):
    (within, between), notes = made(frame, "warmth_before_within", "warmth_before_between")
    np.testing.assert_allclose(between, [3, 3, 3, 5, 5, 5, NAN, NAN])
    np.testing.assert_allclose(within, [NAN, -1, 1, NAN, 0, NAN, NAN, NAN])
    assert [note.column for note in notes] == ["warmth_before", "warmth_before_within", "warmth_before_between"]


def test_a_child_twice_at_a_wave_has_no_wave_before(frame):
    frame.loc[11, "wave"] = 1
    assert refusal(DataError, frame, "warmth_before")["SB-ID-02"].rows == (1, 2)


def test_without_waves_or_with_waves_in_words_there_is_no_before(frame):
    assert refusal(ModelError, frame.drop(columns="wave"), "warmth_before")["SB-MODEL-03"].column == "wave"
    words = frame.assign(wave=frame["wave"].map({1: "start", 2: "middle", 3: "end"}))
    assert "SB-WAVE-03" in refusal(DataError, words, "warmth_before")


# ---- time ------------------------------------------------------------------------------------------------------


def test_years_since_the_first_date_by_hand(frame):
    (years, months), notes = made(frame, "years", "months")
    days = np.array([0, 366, 731, 0, 365, 730, 0, NAN])
    np.testing.assert_allclose(years, days / 365.25)
    np.testing.assert_allclose(months, 12 * days / 365.25)
    assert "years since the child's first date in the table" in notes[0].what
    assert (notes[0].rows, notes[0].done) == ((8,), "1 row has none: no date.")


def test_age_by_hand(frame):
    (age,), (note,) = made(frame, "age")
    np.testing.assert_allclose(age, np.array([1826, 2192, 2557, 2922, 3287, 3652, 3652, NAN]) / 365.25)
    assert "years from birth_date to date" in note.what


def test_age_from_columns_under_other_names(frame):
    named = frame.rename(columns={"birth_date": "dob", "date": "interview_date"})
    (age,), (note,) = made(named, "age")
    np.testing.assert_allclose(age, made(frame, "age")[0][0])
    assert "years from dob to interview_date" in note.what


def test_dates_as_text_are_read_and_ambiguous_ones_refused(frame):
    text = frame.assign(date=frame["date"].dt.strftime("%d/%m/%Y"))
    assert refusal(DataError, text, "years")["SB-FILE-11"].column == "date"
    plain = frame.assign(date=frame["date"].dt.strftime("%Y-%m-%d"))
    np.testing.assert_allclose(made(plain, "age")[0], made(frame, "age")[0])
    words = plain.assign(date=plain["date"].replace("2021-01-01", "spring"))
    assert refusal(DataError, words, "years")["SB-FILE-10"].rows == (2,)


def test_38_dates_before_birth_and_ages_of_adults(frame):
    frame.loc[[12, 14], "birth_date"] = pd.Timestamp("2023-01-01")
    frame.loc[16, "birth_date"] = pd.Timestamp("1990-01-01")
    with pytest.raises(DataError) as caught:
        made_columns(frame, ["age"])
    found = {problem.what.split(" dated ")[-1]: problem for problem in caught.value.problems}
    unborn, adult = found["before the child was born."], found["at an age above 25 years."]
    assert (unborn.code, unborn.severity, unborn.rows, unborn.column) == ("SB-WAVE-07", "stop", (3, 5), "date")
    assert (adult.code, adult.rows) == ("SB-WAVE-07", (7,))


def test_28_two_birth_dates_of_a_child(frame):
    frame.loc[14, "birth_date"] = pd.Timestamp("2011-03-01")
    problem = refusal(DataError, frame, "age")["SB-ID-07"]
    assert (problem.rows, problem.column) == ((4, 5, 6), "birth_date")


def test_years_in_placement_start_again_after_a_move(frame):
    (years, months), notes = made(frame, "years_in_placement", "months_in_placement")
    days = np.array([365, 731, 1096, 731, 181, 546, 0, NAN])
    np.testing.assert_allclose(years, days / 365.25)
    np.testing.assert_allclose(months, days / 365.25 * 12)
    assert "from the start of the placement on the day of the wave" in notes[0].what


def test_no_time_in_a_placement_before_it_begins(frame):
    frame.loc[10, "placement_start"] = pd.Timestamp("2020-01-02")
    problem = refusal(DataError, frame, "years_in_placement")["SB-WAVE-35"]
    assert (problem.severity, problem.column, problem.rows) == ("stop", "date", (1,))
    assert "years_before_placement + years_after_placement" in problem.fix


def test_before_and_after_the_last_placement_by_hand(frame):
    (before, after), notes = made(frame, "years_before_placement", "years_after_placement")
    np.testing.assert_allclose(before, np.array([0, 0, 0, -184, 0, 0, 0, NAN]) / 365.25)
    np.testing.assert_allclose(after, np.array([365, 731, 1096, 0, 181, 546, 0, NAN]) / 365.25)
    assert "last date" in notes[0].what
    (months,), _ = made(frame, "months_before_placement")
    np.testing.assert_allclose(months, before * 12)


def test_before_and_after_a_placement_given_for_each_child(frame):
    one = frame.assign(placement_start=frame["child"].map(
        {"robin": pd.Timestamp("2021-01-01"), "finch": pd.Timestamp("2023-01-01")}
    ))  # fmt: skip
    (before, after), _ = made(one, "years_before_placement", "years_after_placement")
    np.testing.assert_allclose(before * 365.25, [-366, 0, 0, -1036, -671, -306, NAN, NAN])
    np.testing.assert_allclose(after * 365.25, [0, 0, 365, 0, 0, 0, NAN, NAN])


def test_without_dates_the_column_that_is_needed_is_named(frame):
    problem = refusal(ModelError, frame.drop(columns="birth_date"), "age")["SB-MODEL-03"]
    assert (problem.column, problem.severity) == ("birth_date", "stop")
    assert refusal(ModelError, frame.drop(columns="placement_start"), "years_in_placement")[
        "SB-MODEL-03"
    ].column == ("placement_start")


# ---- the door --------------------------------------------------------------------------------------------------


def test_what_is_there_and_what_nobody_can_make_is_passed_over(frame):
    given = frame.assign(age=99.0)
    wide, notes = made_columns(given, ["age", "warmth", "mystery"])
    assert wide is given
    assert notes == []


def test_a_name_like_that_of_a_column_of_time_is_told(frame):
    problem = refusal(ModelError, frame, "years_since_placement")["SB-MODEL-03"]
    assert "'years_in_placement'" in problem.fix
    assert made_columns(frame, ["warmht"])[1] == []


def test_the_frame_given_stays_as_it_was(frame):
    before = frame.copy()
    made_columns(frame, ["warmth_within", "years", "warmth_before"])
    pd.testing.assert_frame_equal(frame, before)


def test_notes_name_no_child_and_no_date(frame):
    _, notes = made_columns(
        frame, ["age", "years_in_placement", "years_before_placement", "warmth_before", "years"]
    )
    text = " ".join(map(str, notes))
    assert not any(word in text for word in ("robin", "finch", "heron", "2020", "2015"))


@pytest.fixture(scope="module")
def sample(sample_scores):
    return sample_scores.wide()


def test_the_sample_study_has_all_of_them(sample):
    names = [
        "availability_within", "availability_between", "availability_before", "years_in_placement",
        "years_before_placement", "years_after_placement",
    ]  # fmt: skip
    wide, notes = made_columns(sample, names)
    assert len(notes) == len(names)
    np.testing.assert_allclose(wide["availability_within"] + wide["availability_between"], wide["availability"])
    assert wide.groupby(["site", "child"])["availability_within"].mean().abs().max() < 1e-12
    assert (wide["years_in_placement"] >= 0).all()
    assert (wide["years_before_placement"] <= 0).all()
    assert (wide["years_before_placement"] < 0).any()
    moved = wide["years_before_placement"] < 0
    np.testing.assert_allclose(wide["years_after_placement"][~moved], wide["years_in_placement"][~moved])


def test_age_and_years_made_from_dates_are_those_of_the_scores(sample):
    wide, _ = made_columns(sample.drop(columns=["age", "years"]), ["age", "years"])
    np.testing.assert_allclose(wide["age"], sample["age"])
    first_seen = sample["years"].groupby([sample["site"], sample["child"]]).transform("min")
    np.testing.assert_allclose(wide["years"], sample["years"] - first_seen, atol=1e-12)
