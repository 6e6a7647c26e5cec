"""What a model of disruption does with rows that cannot be: the cases of the catalogue, and more."""

import re
from types import MappingProxyType

import numpy as np
import pandas as pd
import pytest

from securebase_analysis.errors import DataError, ModelError
from securebase_analysis.models.disruption import fit_disruption

ID = "KID-7"


@pytest.fixture
def frame() -> pd.DataFrame:
    """Sixty placements of one row each, with ids that must never be seen."""
    random = np.random.default_rng(4)
    n = 60
    frame = pd.DataFrame(
        {"child": [f"{ID}{place}" for place in range(n)], "carer": [f"{ID}C{p % 25}" for p in range(n)]}
    )
    frame["stop"] = random.integers(20, 900, n).astype(float)
    frame["event"] = (random.random(n) < 0.6).astype(int)
    frame["ending"] = np.where(frame["event"] == 1, "breakdown", random.choice(["home", "open"], n))
    frame["difficulty"] = random.normal(size=n)
    frame["kinship"] = np.where(random.random(n) < 0.4, "yes", "no")
    return frame


@pytest.fixture
def in_rows() -> pd.DataFrame:
    """Twenty placements of three rows each, which follow one another; the last may end with the event."""
    random = np.random.default_rng(6)
    rows = [(f"{ID}{child}", 1, 30.0 * part, 30.0 * part + 30.0, int(part == 2 and child % 2 == 0))
            for child in range(20) for part in range(3)]  # fmt: skip
    frame = pd.DataFrame(rows, columns=["child", "spell", "start", "stop", "event"])
    return frame.assign(difficulty=random.normal(size=60))


def refused(error, data, formula="difficulty + kinship", **options):
    with pytest.raises(error) as caught:
        fit_disruption(data, formula, **options)
    assert ID not in str(caught.value)
    return caught.value.problems


def one(problems, code):
    found = [problem for problem in problems if problem.code == code]
    assert found, problems
    return found[0]


def noted(result, code):
    found = [note for note in result.notes if f"({code})" in note]
    assert found, result.notes
    assert ID not in result.summary()
    assert ID not in result.diagnostics().to_string()
    return found[0]


# ---- the catalogue, C4 -----------------------------------------------------------------------------------------


def test_45_end_before_start(frame):
    frame["start"] = 0.0
    frame.loc[[11, 40], "start"] = frame.loc[[11, 40], "stop"] + 5.0
    problem = one(refused(DataError, frame, start="start"), "SB-PLACE-01")
    assert problem.rows == (12, 41)
    assert problem.column == "stop"
    assert problem.fix


def test_47_rows_of_one_placement_that_overlap(in_rows):
    in_rows.loc[13, "stop"] += 21.0
    in_rows.loc[14, "stop"] += 21.0
    problem = one(refused(DataError, in_rows, "difficulty", start="start"), "SB-PLACE-03")
    assert problem.rows == (14, 15)
    assert "by up to 21 days (rows 14 and 15 first)" in problem.what
    assert "follow one another" in problem.fix


def test_47_rows_of_one_child_that_overlap_when_no_placement_is_named(in_rows):
    frame = in_rows.drop(columns="spell")
    frame.loc[13, "stop"] += 21.0
    problem = one(refused(DataError, frame, "difficulty", start="start"), "SB-PLACE-03")
    assert problem.rows == (14, 15)
    assert "'spell'" in problem.fix
    named = in_rows.drop(columns="spell").rename(columns={"child": "person"})
    named.loc[13, "stop"] += 21.0
    assert fit_disruption(named, "difficulty", start="start").glance()["n_rows"].iloc[0] == 60
    assert one(refused(DataError, named, "difficulty", start="start", child="person"), "SB-PLACE-03")


def test_47_a_row_inside_another_is_found_across_the_rows_between(in_rows):
    in_rows.loc[0, "stop"] = 90.0
    in_rows.loc[0, "event"] = 0
    problem = one(refused(DataError, in_rows, "difficulty", start="start"), "SB-PLACE-03")
    assert problem.what.startswith("2 pairs")
    assert set(problem.rows) >= {2, 3}


def test_47_placements_with_clocks_of_their_own_do_not_overlap(in_rows):
    again = in_rows.assign(spell=2, difficulty=-in_rows["difficulty"])
    both = pd.concat([in_rows, again], ignore_index=True)
    result = fit_disruption(both, "difficulty", start="start")
    assert result.glance()["n_groups"].iloc[0] == 40
    # Without the number of the placement it is seen from the two rows that begin at 0.
    assert (
        fit_disruption(both.drop(columns="spell"), "difficulty", start="start").glance()["n_rows"].iloc[0] == 120
    )


def test_47_rows_of_followed_placements_without_their_start_are_refused(in_rows):
    problem = one(refused(DataError, in_rows, "difficulty"), "SB-PLACE-03")
    assert problem.severity == "stop"


def test_55_rows_of_no_length_get_half_a_day(frame):
    frame.loc[[3, 7], "stop"] = 0.0
    frame.loc[[3, 7], "event"] = 1
    result = fit_disruption(frame, "difficulty")
    note = noted(result, "SB-PLACE-11")
    assert "half a day" in note
    assert "rows 4, 8" in note
    assert result.glance()["n_events"].iloc[0] == frame["event"].sum()


def test_55_empty_rows_beside_others_of_the_placement_are_left_out(in_rows):
    empty = in_rows.loc[[4]].assign(start=30.0, stop=30.0)
    result = fit_disruption(pd.concat([in_rows, empty], ignore_index=True), "difficulty", start="start")
    assert "row 61" in noted(result, "SB-PLACE-11")
    assert result.glance()["n_rows"].iloc[0] == 60
    assert result.glance()["n_excluded"].iloc[0] == 1
    pd.testing.assert_frame_equal(result.tidy(), fit_disruption(in_rows, "difficulty", start="start").tidy())


def test_57_all_were_under_way_when_first_seen(frame):
    frame["start"] = 0.5 * frame["stop"]
    note = noted(fit_disruption(frame, "difficulty", start="start"), "SB-PLACE-13")
    assert note.startswith("All 60 children (100%) were under way when first seen.")
    assert "delayed entry" in note
    half = frame.assign(start=np.where(np.arange(60) < 20, frame["start"], 0.0))
    result = fit_disruption(half, "difficulty", start="start")
    assert noted(result, "SB-PLACE-13").startswith("20 of 60 children (33%)")
    share = result.diagnostics().set_index("check").loc["share that came under observation late"]
    assert (share["value"], share["ok"]) == (1 / 3, True)
    everybody = fit_disruption(frame, "difficulty", start="start").diagnostics().set_index("check")
    assert not everybody.loc["share that came under observation late", "ok"]


def test_57_late_entries_that_are_not_used_are_told(frame):
    frame["start"] = np.where(np.arange(60) < 20, 10.0, 0.0)
    note = noted(fit_disruption(frame, "difficulty"), "SB-PLACE-13")
    assert "start= was not given" in note
    years = fit_disruption(frame.assign(start=2019), "difficulty")
    assert "SB-PLACE-13" not in years.summary()


def test_57_a_cohort_in_care_on_a_day_is_seen_from_its_dates(frame):
    began = pd.Timestamp("2021-03-31") - pd.to_timedelta(np.arange(60) * 9 + 1, unit="D")
    dated = frame.assign(start=began, stop=pd.Timestamp("2021-04-10") + pd.to_timedelta(frame["stop"], unit="D"))
    note = noted(fit_disruption(dated, "difficulty", start="start"), "SB-PLACE-13")
    assert "were running on 2021-03-30" in note


@pytest.mark.parametrize(
    ("values", "shown", "fix"),
    [
        ({0: 1, 1: 2}, "values 1, 2", "event={'event': 2}"),
        ({0: "open", 1: "ended"}, "values ended, open", "event={'event': 'ended'}"),
        ({0: 0, 1: 2}, "values 0, 2", "event={'event': 2}"),
    ],
)
def test_58_an_event_that_may_mean_either(frame, values, shown, fix):
    coded = frame.assign(event=frame["event"].map(values))
    problem = one(refused(DataError, coded), "SB-PLACE-14")
    assert f"Column 'event' has {shown}. Which means that the event happened?" == problem.what
    assert problem.fix.startswith(fix)
    result = fit_disruption(coded, "difficulty", event={"event": values[1]})
    pd.testing.assert_frame_equal(result.tidy(), fit_disruption(frame, "difficulty").tidy())
    assert result.title == "Hazard of the event (Cox)"
    assert "another ending" not in result.summary()


@pytest.mark.parametrize("values", [{0: False, 1: True}, {0: "no", 1: "Yes"}, {0: 0.0, 1: 1.0}, {0: "0", 1: "1"}])
def test_58_an_event_that_can_mean_one_thing_only(frame, values):
    coded = frame.assign(event=frame["event"].map(values))
    expected = fit_disruption(frame, "difficulty").tidy()
    pd.testing.assert_frame_equal(fit_disruption(coded, "difficulty").tidy(), expected)
    pd.testing.assert_frame_equal(fit_disruption(coded.astype({"event": object}), "difficulty").tidy(), expected)
    as_category = coded.astype({"event": "category"})
    pd.testing.assert_frame_equal(fit_disruption(as_category, "difficulty").tidy(), expected)


def test_58_several_endings_need_a_cause(frame):
    problem = one(refused(DataError, frame, event="ending"), "SB-PLACE-14")
    assert "event={'ending': 'breakdown'}; or cause=" in problem.fix
    expected = fit_disruption(frame, "difficulty").tidy().drop(columns="outcome")
    for options in ({"event": {"ending": "breakdown"}}, {"event": "ending", "cause": "breakdown"}):
        result = fit_disruption(frame, "difficulty", **options)
        pd.testing.assert_frame_equal(result.tidy().drop(columns="outcome"), expected)
    assert (
        "Other endings (home)" in fit_disruption(frame, "difficulty", event="ending", cause="breakdown").summary()
    )


def test_58_values_that_are_ids_are_not_read_out(frame):
    problem = one(refused(DataError, frame, event="child"), "SB-PLACE-14")
    assert "60 different values" in problem.what
    one(refused(DataError, frame, event={"child": "x"}), "SB-PLACE-14")


def test_58_every_row_one_is_told(frame):
    assert "Every row of column 'event' is 1" in noted(
        fit_disruption(frame.assign(event=1), "difficulty"), "SB-PLACE-14"
    )


def test_59_time_differences_and_nanoseconds_are_days(frame):
    expected = fit_disruption(frame, "difficulty").tidy()
    spans = frame.assign(stop=pd.to_timedelta(frame["stop"], unit="D"))
    result = fit_disruption(spans, "difficulty")
    assert "time differences" in noted(result, "SB-PLACE-15")
    pd.testing.assert_frame_equal(result.tidy(), expected)
    as_numbers = frame.assign(stop=frame["stop"] * 86_400e9)
    result = fit_disruption(as_numbers, "difficulty")
    assert "nanoseconds" in noted(result, "SB-PLACE-15")
    assert result.at_risk.stop.max() == frame["stop"].max()
    one(refused(DataError, frame.assign(stop=frame["stop"] * 1e6 + 0.5)), "SB-PLACE-15")


def test_60_no_event_in_a_group(frame):
    frame.loc[frame["kinship"] == "yes", "event"] = 0
    result = fit_disruption(frame, "kinship + difficulty")
    n, m = (frame["kinship"] == "yes").sum(), (frame["kinship"] == "no").sum()
    note = noted(result, "SB-PLACE-16")
    assert f"0 of {n} rows with it end with the event, {frame['event'].sum()} of {m} without" in note
    row = result.tidy().set_index("term").loc["kinship[T.yes]"]
    assert row["estimate"] == row["conf_low"] == -np.inf
    assert np.isfinite(row["conf_high"])
    assert np.isnan([row["std_error"], row["p_value"]]).all()
    ratio = result.tidy(exponentiate=True).set_index("term").loc["kinship[T.yes]"]
    assert ratio["estimate"] == 0.0
    assert 0.0 < ratio["conf_high"] < 1.0
    other = fit_disruption(frame[frame["kinship"] == "no"], "difficulty").tidy().iloc[0]
    assert result.tidy().iloc[1]["estimate"] == pytest.approx(other["estimate"], abs=1e-6)
    checks = result.diagnostics().set_index("check")
    assert not checks.loc["finite estimate of kinship[T.yes]", "ok"]
    assert not result.glance()["converged"].iloc[0]
    assert "0 " in result.summary()
    assert result.proportional_hazards()["chi2"].isna().all()
    with pytest.raises(ModelError, match="SB-EVENT-19"):
        result.curve(pd.DataFrame({"kinship": ["no"], "difficulty": [0.0]}))


def test_60_the_upper_end_is_that_of_the_profile_likelihood(frame):
    """At the end of the interval twice the log-likelihood has fallen by the square of the quantile."""
    frame.loc[frame["kinship"] == "yes", "event"] = 0
    frame["kin"] = (frame["kinship"] == "yes").astype(float)
    result = fit_disruption(frame, "kin")
    end = result.tidy()["conf_high"].iloc[0]
    risk = np.exp(end * frame["kin"].to_numpy())
    times, stop = np.sort(frame.loc[frame["event"] == 1, "stop"]), frame["stop"].to_numpy()
    assert len(set(times)) == len(times)
    log_likelihood = -sum(np.log(risk[stop >= time].sum()) for time in times)
    fallen = 2 * (result.glance()["log_likelihood"].iloc[0] - log_likelihood)
    assert fallen == pytest.approx(1.959964**2, rel=1e-4)


def test_60_one_event_in_a_group(frame):
    frame.loc[frame["kinship"] == "yes", "event"] = 0
    frame.loc[frame.index[frame["kinship"] == "yes"][0], "event"] = 1
    assert "rests on 1 event on one side" in noted(fit_disruption(frame, "kinship"), "SB-PLACE-16")


def test_60_no_event_in_a_group_of_one_ending_among_several(frame):
    frame.loc[frame["kinship"] == "yes", "ending"] = "home"
    result = fit_disruption(
        frame, "kinship", event="ending", model="fine-gray", cause="breakdown", censored="open"
    )
    row = result.tidy().iloc[0]
    assert row["estimate"] == -np.inf
    assert np.isfinite(row["conf_high"])


def test_61_ties_are_exact_and_rows_may_stand_in_any_order(frame):
    tied = frame.assign(stop=30.0 * np.ceil(frame["stop"] / 120.0))
    for options in ({}, {"event": "ending", "cause": "breakdown", "model": "fine-gray", "censored": "open"}):
        first = fit_disruption(tied, "difficulty + kinship", **options)
        again = fit_disruption(tied, "difficulty + kinship", **options)
        pd.testing.assert_frame_equal(first.tidy(), again.tidy(), check_exact=True)
        turned = fit_disruption(tied.iloc[::-1], "difficulty + kinship", **options)
        pd.testing.assert_frame_equal(first.tidy(), turned.tidy(), rtol=1e-9)


# ---- what else cannot be ---------------------------------------------------------------------------------------


def test_rows_with_gaps_are_left_out_and_counted(frame):
    frame.loc[[2, 5], "difficulty"] = np.nan
    frame.loc[9, "kinship"] = None
    frame.loc[20, "stop"] = np.nan
    result = fit_disruption(frame, "difficulty + kinship")
    note = noted(result, "SB-MODEL-12")
    assert "uses 56 of 60 rows; 2 lack difficulty, 1 lacks kinship, 1 lacks stop" in note
    lost = int(frame.loc[[2, 5, 9, 20], "event"].sum())
    assert f"{lost} event" in note
    assert result.glance()["n_excluded"].iloc[0] == 4
    pd.testing.assert_frame_equal(
        result.tidy(), fit_disruption(frame.drop(index=[2, 5, 9, 20]), "difficulty + kinship").tidy()
    )
    one(refused(DataError, frame.assign(difficulty=np.nan), "difficulty"), "SB-EVENT-12")


def test_rows_that_do_not_say_whether_it_happened_are_left_out(frame):
    frame["event"] = frame["event"].astype("Int64")
    frame.loc[[4, 6], "event"] = pd.NA
    result = fit_disruption(frame, "difficulty")
    assert "2 rows do not say" in noted(result, "SB-EVENT-05")
    assert result.glance()["n_rows"].iloc[0] == 58


def test_an_empty_ending_is_none_yet_only_where_no_word_says_so(frame):
    frame["ending"] = frame["ending"].where(frame["ending"] != "open", None)
    asked = {"event": "ending", "cause": "breakdown"}
    result = fit_disruption(frame, "difficulty", **asked)
    assert "an empty cell was read as not ended yet" in noted(result, "SB-PLACE-14")
    assert result.glance()["n_rows"].iloc[0] == 60
    frame.loc[frame["ending"].isna(), "ending"] = ["open"] * 3 + [None] * (int(frame["ending"].isna().sum()) - 3)
    lost = int(frame["ending"].isna().sum())
    assert f"{lost} rows do not say" in noted(fit_disruption(frame, "difficulty", **asked), "SB-EVENT-05")
    coded = frame.assign(status=frame["event"] + 1.0)
    coded.loc[2, "status"] = np.nan
    assert "1 row does not say" in noted(fit_disruption(coded, "difficulty", event={"status": 2}), "SB-EVENT-05")


def test_a_row_without_a_carer_is_a_cluster_by_itself(frame):
    frame.loc[[2, 5], "carer"] = None
    result = fit_disruption(frame, "difficulty", cluster="carer")
    assert "2 rows name no carer" in noted(result, "SB-EVENT-13")
    assert result.glance()["n_clusters"].iloc[0] == 27
    one(refused(DataError, frame.assign(carer=frame["carer"].str.cat([" "] * 30 + [""] * 30)), "difficulty",
                cluster="carer"), "SB-ID-04")  # fmt: skip


def test_one_cluster_cannot_give_errors(frame):
    for option in ("cluster", "frailty"):
        problem = one(
            refused(DataError, frame.assign(carer="A"), "difficulty", **{option: "carer"}), "SB-EVENT-14"
        )
        assert problem.column == "carer"


def test_predictors_that_do_not_vary_or_repeat_others_are_named(frame):
    problem = one(refused(ModelError, frame.assign(kinship="no")), "SB-MODEL-05")
    assert problem.column == "kinship"
    problem = one(refused(ModelError, frame.assign(difficulty=1.0)), "SB-MODEL-05")
    assert (problem.column, "is the same for all that are at risk together" in problem.what) == (
        "difficulty",
        True,
    )
    twice = frame.assign(other=2 * frame["difficulty"] + 3, more=frame["stop"] * 0 + frame["difficulty"] ** 2)
    problem = one(refused(ModelError, twice, "difficulty + more + other"), "SB-MODEL-05")
    assert problem.column == "other"
    assert "'difficulty'" in problem.what
    assert "'more'" not in problem.what
    within = one(refused(ModelError, frame, "difficulty + kinship", strata="kinship"), "SB-MODEL-05")
    assert "within kinship" in within.what


def test_a_formula_without_an_intercept_is_told_that_there_is_none(frame):
    problem = one(refused(ModelError, frame, "0 + kinship"), "SB-MODEL-05")
    assert "baseline hazard" in problem.fix
    plain = fit_disruption(frame, "difficulty").tidy()
    pd.testing.assert_frame_equal(fit_disruption(frame, "0 + difficulty").tidy(), plain)


def test_no_more_clusters_than_columns_leave_no_test_of_the_whole(frame):
    frame["kind"] = np.resize(["a", "b", "c"], 60)
    result = fit_disruption(frame.assign(carer=np.arange(60) % 2), "difficulty + kind", cluster="carer")
    assert np.isnan(result.glance()["wald_test"].iloc[0])
    assert np.isnan(result.joint_test(["difficulty", "kind"])["p_value"].iloc[0])
    assert set(result.tidy()["df"]) == {1.0}


def test_tables_without_rows_and_cells_that_hold_lists(frame):
    one(refused(DataError, frame.iloc[:0]), "SB-EVENT-12")
    for name in ("event", "carer"):
        lists = frame.assign(**{name: [[1]] * 60})
        assert one(refused(DataError, lists, cluster="carer"), "SB-EVENT-26").column == name


def test_columns_may_have_any_name(frame):
    renamed = frame.rename(columns={"stop": "days in care", "difficulty": "how difficult"})
    result = fit_disruption(renamed, "`how difficult` + kinship", stop="days in care")
    np.testing.assert_allclose(
        result.tidy()["estimate"], fit_disruption(frame, "difficulty + kinship").tidy()["estimate"]
    )
    problem = one(refused(ModelError, renamed, "how difficult", stop="days in care"), "SB-MODEL-01")
    assert "backticks" in problem.fix


def test_without_an_event_nothing_is_fitted(frame):
    problem = one(refused(ModelError, frame.assign(event=0)), "SB-PLACE-16")
    assert "None of the 60 rows" in problem.what
    gone = frame.assign(difficulty=frame["difficulty"].where(frame["event"] == 0))
    one(refused(ModelError, gone), "SB-PLACE-16")


def test_weights_are_above_zero(frame):
    weighted = frame.assign(weight=np.where(np.arange(60) == 3, -1.0, 1.5))
    problem = one(refused(DataError, weighted, weights="weight"), "SB-EVENT-15")
    assert problem.rows == (4,)
    one(refused(DataError, frame.assign(weight="much"), weights="weight"), "SB-MODEL-02")
    result = fit_disruption(weighted.assign(weight=1.5), "difficulty", weights="weight")
    assert "sandwich" in result.summary()
    assert result.glance()["n_clusters"].iloc[0] == 60


def test_a_cause_that_does_not_occur(frame):
    options = {"event": "ending", "censored": "open"}
    problem = one(refused(DataError, frame, cause="brekdown", **options), "SB-PLACE-14")
    assert problem.fix == "Did you mean 'breakdown'?"
    one(refused(DataError, frame, cause="brekdown", model="fine-gray", **options), "SB-PLACE-14")
    one(refused(DataError, frame, cause="breakdown", event="ending", censored="opn"), "SB-PLACE-14")
    one(refused(DataError, frame, cause="open", **options), "SB-EVENT-06")
    one(refused(ModelError, frame, event="ending", model="fine-gray"), "SB-EVENT-03")


def test_the_word_for_open_rows_is_known_or_asked_for(frame):
    options = {"event": "ending", "model": "fine-gray", "cause": "breakdown"}
    result = fit_disruption(frame, "difficulty", **options)
    assert "'open' was read as not ended yet" in noted(result, "SB-PLACE-14")
    pd.testing.assert_frame_equal(
        result.tidy(), fit_disruption(frame, "difficulty", censored="open", **options).tidy()
    )
    strange = frame.assign(ending=frame["ending"].replace("open", "x"))
    one(refused(DataError, strange, **options), "SB-PLACE-14")


def test_strata_without_events_are_told(frame):
    frame["region"] = np.where(np.arange(60) < 10, "north", "south")
    frame.loc[frame["region"] == "north", "event"] = 0
    text = fit_disruption(frame, "difficulty", strata="region").summary()
    assert "2 strata has a baseline" in text
    assert "without a say: region north" in text
    missing = frame.assign(region=frame["region"].where(frame["region"] == "south"))
    assert fit_disruption(missing, "difficulty", strata="region").glance()["n_excluded"].iloc[0] == 10


def test_what_is_explained_may_not_explain(frame):
    for name in ("stop", "event"):
        problem = one(refused(ModelError, frame, f"difficulty + {name}"), "SB-EVENT-10")
        assert problem.column == name
    problem = one(refused(ModelError, frame, "stop ~ difficulty"), "SB-EVENT-09")
    assert problem.fix == "'difficulty'"
    one(refused(ModelError, frame, "1"), "SB-EVENT-11")
    one(refused(ModelError, frame, "difficulty + kinnship"), "SB-MODEL-03")
    one(refused(ModelError, frame, "difficulty +"), "SB-MODEL-40")
    one(refused(ModelError, frame, 3), "SB-EVENT-09")


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"model": "coxx"}, "SB-MODEL-30"),
        ({"ties": "exact"}, "SB-MODEL-30"),
        ({"recurrent": "ag"}, "SB-MODEL-30"),
        ({"conf_level": 95}, "SB-MODEL-62"),
        ({"event": ["event"]}, "SB-EVENT-01"),
        ({"frailty": "carer", "cluster": "carer"}, "SB-EVENT-02"),
        ({"model": "fine-gray", "cause": 1, "frailty": "carer"}, "SB-EVENT-02"),
        ({"last_stratum": 2}, "SB-EVENT-04"),
        ({"recurrent": "pwp-gap"}, "SB-EVENT-08"),
        ({"cluster": "carrer"}, "SB-MODEL-03"),
    ],
)
def test_options_that_have_no_answer(frame, options, code):
    one(refused(ModelError, frame, **options), code)


def test_rows_after_the_event_are_refused_unless_moves_recur(in_rows):
    in_rows.loc[3, "event"] = 1
    problem = one(refused(DataError, in_rows, "difficulty", start="start"), "SB-EVENT-07")
    assert problem.rows == (5, 6)
    assert "recurrent=" in problem.fix
    moving = in_rows.drop(columns="spell")
    result = fit_disruption(moving, "difficulty", start="start", recurrent="andersen-gill")
    assert "First and second moves: 11, 0" in result.summary() or "First moves: 11" in result.summary()
    assert result.glance()["n_clusters"].iloc[0] == 20
    one(
        refused(ModelError, moving.drop(columns="child"), "difficulty", start="start", recurrent="pwp-gap"),
        "SB-MODEL-03",
    )


@pytest.fixture
def moving() -> pd.DataFrame:
    """Forty children who move at the end of some of their three rows."""
    random = np.random.default_rng(7)
    rows = [
        (child, 50.0 * part, 50.0 * part + 50.0 + (child if part == 2 else 0.0))
        for child in range(40)
        for part in range(3)
    ]
    frame = pd.DataFrame(rows, columns=["child", "start", "stop"])
    return frame.assign(event=random.integers(0, 2, 120), difficulty=random.normal(size=120))


def test_moves_in_rows_that_are_not_used_are_counted(moving):
    """The second row of a child is at risk of the second move although its first row lacks a predictor."""
    moving.loc[0, ["event", "difficulty"]] = [1, np.nan]
    rows = fit_disruption(moving, "difficulty", start="start", recurrent="pwp-gap").at_risk
    assert rows.strata_named[rows.strata[0]] == "move 2"
    assert rows.start[0] == 0.0


def test_moves_before_the_first_row_are_taken_from_the_table(moving):
    counted = 1 + moving.groupby("child")["event"].cumsum() - moving["event"]
    asked = {"start": "start", "recurrent": "pwp-total"}
    plain = fit_disruption(moving, "difficulty", **asked).tidy()
    pd.testing.assert_frame_equal(fit_disruption(moving.assign(enum=counted), "difficulty", **asked).tidy(), plain)
    more = moving.assign(enum=counted + (moving["child"] % 2))
    result = fit_disruption(more, "difficulty", **asked)
    assert result.at_risk.strata_named[result.at_risk.strata[3]] == "move 2"
    wrong = fit_disruption(moving.assign(enum=1), "difficulty", **asked)
    pd.testing.assert_frame_equal(wrong.tidy(), plain)
    noted(wrong, "SB-EVENT-23")
    on_gap = fit_disruption(more, "difficulty", start="start", recurrent="pwp-gap")
    note = noted(on_gap, "SB-EVENT-22")
    odd = moving[moving["child"] % 2 == 1]
    first = odd["event"].groupby(odd["child"]).cumsum() - odd["event"] == 0
    assert note.startswith(f"{int(first.sum())} rows of children who had moved before")
    assert on_gap.glance()["n_excluded"].iloc[0] == first.sum()


def test_dates_count_from_the_first_row_of_a_placement(in_rows):
    days = pd.Timestamp("2020-01-01") + pd.to_timedelta(np.repeat(np.arange(20) * 11, 3), unit="D")
    dated = in_rows.assign(
        start=days + pd.to_timedelta(in_rows["start"], unit="D"),
        stop=days + pd.to_timedelta(in_rows["stop"], unit="D"),
    )
    ours = fit_disruption(dated, "difficulty", start="start")
    pd.testing.assert_frame_equal(ours.tidy(), fit_disruption(in_rows, "difficulty", start="start").tidy())


def test_fine_gray_follows_a_child_over_several_rows(in_rows):
    """A predictor that stays as it was: three rows of a placement are one row of it."""
    still = in_rows.assign(difficulty=in_rows.groupby("child")["difficulty"].transform("first"))
    still["ending"] = np.where(still["event"] == 1, "breakdown", "open")
    still.loc[[5, 17, 29], "ending"] = "home"
    still["stop"] += np.where(np.arange(60) % 3 == 2, np.arange(60), 0)
    whole = still.groupby("child", sort=False).last().assign(start=0.0).reset_index()
    options = {"start": "start", "event": "ending", "model": "fine-gray", "cause": "breakdown"}
    in_parts, at_once = (fit_disruption(data, "difficulty", **options) for data in (still, whole))
    np.testing.assert_allclose(in_parts.tidy().iloc[:, 4:], at_once.tidy().iloc[:, 4:], rtol=1e-8)
    assert in_parts.glance()["n_groups"].iloc[0] == 20
    with_gap = still.drop(index=1)
    one(refused(ModelError, with_gap, "difficulty", **options), "SB-EVENT-16")


def test_small_units_are_printed_with_digits_that_show_the_ratio(frame):
    frame["grams"] = frame["difficulty"] * 1e6
    text = fit_disruption(frame, "grams").summary()
    assert not re.search(r"\b0\.00\b(?!\d)", text)
    estimate = fit_disruption(frame, "grams").tidy(exponentiate=True)["estimate"].iloc[0]
    assert f"{estimate:.8f}" in text
    huge = fit_disruption(frame.assign(tons=frame["difficulty"] / 1e3), "tons").summary()
    assert "× 10" in huge


def test_shared_children_and_carers_are_told_where_no_cluster_is_named(frame):
    frame["child"] = frame["child"].where(frame.index < 40, f"{ID}0")
    assert "share a child with another" in fit_disruption(frame, "difficulty").summary()
    assert "share a child" not in fit_disruption(frame, "difficulty", cluster="child").summary()


def test_nothing_given_is_changed_and_what_is_not_a_table_is_refused(frame):
    before = frame.copy(deep=True)
    fit_disruption(frame, "difficulty + kinship", cluster="carer")
    pd.testing.assert_frame_equal(frame, before)
    one(refused(ModelError, [1, 2]), "SB-MODEL-41")


def test_rows_of_followed_placements_bring_their_start_and_their_notes(in_rows):
    class Followed:
        rows = in_rows
        notes = ("Scores were carried forward for at most a year.",)
        observed_from = None
        simulated = True

    result = fit_disruption(Followed(), "difficulty")
    pd.testing.assert_frame_equal(result.tidy(), fit_disruption(in_rows, "difficulty", start="start").tidy())
    assert Followed.notes[0] in result.notes
    assert result.simulated
    assert result.spec["start"] is None


def test_rows_on_the_clock_of_the_child_are_moves_that_recur(moving):
    class Followed:
        rows = moving.assign(spell=np.arange(120))
        spec = MappingProxyType({"unit": "child"})

    result = fit_disruption(Followed(), "difficulty")
    expected = fit_disruption(moving, "difficulty", start="start", recurrent="andersen-gill")
    pd.testing.assert_frame_equal(result.tidy(), expected.tidy())
    assert result.spec["recurrent"] is None
    assert "SB-PLACE-13" not in result.summary()


def test_late_is_who_was_under_way_and_not_whose_first_rows_lack_a_score(in_rows):
    in_rows.loc[in_rows["start"] == 0.0, "difficulty"] = np.nan
    assert "SB-PLACE-13" not in fit_disruption(in_rows, "difficulty", start="start").summary()


def test_127_ids_in_strata_and_terms_are_never_written(frame):
    names = [f"secret{place // 2:02d}" for place in range(len(frame))]
    for column in ("child", "family"):
        result = fit_disruption(frame.assign(**{column: names}), "difficulty", strata=column)
        assert "secret" not in " ".join(result.notes)
        assert any(" of them" in note or "strata has a baseline of its own." in note for note in result.notes)
    for column in ("child", "carer"):
        problem = one(refused(DataError, frame.assign(**{column: names}), f"difficulty + {column}"), "SB-EVENT-27")
        assert problem.column == column
        assert problem.fix.startswith(f"cluster='{column}'")


def test_many_labels_are_no_predictor(frame):
    many = pd.concat([frame] * 4, ignore_index=True)
    many["street"] = [f"s{place % 51}" for place in range(len(many))]
    assert one(refused(DataError, many, "street"), "SB-EVENT-27").what == "Column 'street' holds 51 labels."


@pytest.mark.parametrize("word", ["start", "stop", "cluster", "frailty", "weights", "child"])
@pytest.mark.parametrize("given", [["carer", "child"], 3, ("carer",)])
def test_arguments_that_name_one_column(frame, word, given):
    problem = one(refused(ModelError, frame, **{word: given}), "SB-EVENT-29")
    assert problem.what.startswith(f"{word} is a ")
    assert problem.fix.startswith(f"{word}='")


def test_58_of_no_yes_and_other_the_yes_is_suggested(frame):
    frame.loc[:5, "event"] = 2
    assert (
        one(refused(DataError, frame), "SB-PLACE-14").fix
        == "event={'event': 1}; or cause=1 for one of several endings"
    )


def test_how_a_row_ended_does_not_explain_it(frame):
    followed = frame.assign(ending=np.where(frame["event"] == 1, "disrupted", "open"), reason="x")
    problem = one(refused(ModelError, followed, "difficulty + C(ending)"), "SB-EVENT-10")
    assert problem.column == "ending"
    assert fit_disruption(followed.drop(columns="reason"), "difficulty + ending").notes


def test_a_curve_of_a_label_that_no_row_has(frame):
    result = fit_disruption(frame.astype({"kinship": "category"}), "difficulty + kinship")
    wanted = pd.DataFrame({"difficulty": [1.0, 1.0], "kinship": [frame["kinship"].iloc[0], "boarding"]})
    with pytest.raises(DataError) as caught:
        result.curve(wanted, [100])
    problem = one(caught.value.problems, "SB-EVENT-28")
    assert (problem.column, problem.rows) == ("kinship", (2,))


def test_a_joint_test_of_no_term_is_refused(frame):
    with pytest.raises(ModelError, match="SB-EVENT-21"):
        fit_disruption(frame, "difficulty + kinship").joint_test([])


def test_clusters_are_counted_in_words(frame):
    frame["la"] = np.arange(len(frame)) % 5
    assert any(
        "(sandwich, 5 different la)" in note for note in fit_disruption(frame, "difficulty", cluster="la").notes
    )
    weighted = fit_disruption(frame.assign(w=2.0), "difficulty", weights="w")
    assert any(note.startswith("Standard errors hold for weighted rows (sandwich, ") for note in weighted.notes)
