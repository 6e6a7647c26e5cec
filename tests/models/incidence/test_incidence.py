"""How placements end: numbers of R through the public verb, bad input at its door, and a known truth."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from securebase_analysis.errors import DataError, ModelError
from securebase_analysis.models.incidence import cumulative_incidence
from securebase_analysis.models.incidence.disclosure import hidden_below

REFERENCE = json.loads((Path(__file__).parents[2] / "reference" / "incidence.json").read_text())
NAMES = {0: "open", 1: "home", 2: "breakdown", 3: "adoption"}
ID = "KID-7"


@pytest.fixture(scope="module")
def cohort() -> pd.DataFrame:
    frame = pd.DataFrame(REFERENCE["data"]["made"])
    return frame.assign(exit=frame["cause"].map(NAMES))


@pytest.fixture
def small() -> pd.DataFrame:
    """Twelve placements with ids that must never be seen."""
    days = [30, 60, 90, 120, 200, 250, 300, 365, 400, 500, 600, 730]
    exits = ["home", "open", "breakdown", "breakdown", "home", "open", "home", "breakdown"] + ["open"] * 4
    frame = pd.DataFrame({"child": [f"{ID}{n}" for n in range(12)], "days": days, "exit": exits})
    return frame.assign(care=["kinship", "foster"] * 6)


def problem(caught, code):
    found = [one for one in caught.value.problems if one.code == code]
    assert found, str(caught.value)
    assert ID not in str(caught.value)
    return found[0]


def noted(result, code):
    found = [note for note in result.notes if f"({code})" in note]
    assert found, result.notes
    assert ID not in result.summary()
    return found[0]


# ---- numbers ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("made", {}),
        ("made_by", {"by": "care"}),
        ("made_late", {"start": "start"}),
        ("made_late_by", {"start": "start", "by": "care"}),
        ("made_cluster", {"cluster": "carer"}),
        ("made_late_cluster", {"start": "start", "cluster": "carer"}),
    ],
)
def test_estimates_and_errors_equal_survfit(cohort, name, options):
    # R numbers the exits, and knows one carer wherever it works; the site would make two of it.
    frame = cohort.drop(columns="site").assign(exit=cohort["cause"])
    result = cumulative_incidence(frame, "stop", "exit", 0, **options)
    for group, expected in REFERENCE["curves"][name].items():
        times = np.array(expected["time"], dtype=float)
        ours = result.at(times)
        if "by" in options:
            ours = ours[ours["group"] == group]
        for k, cause in enumerate(("1", "2", "3")):
            rows = ours[ours["cause"] == cause]
            np.testing.assert_allclose(
                rows["estimate"], np.array(expected["incidence"])[:, k], rtol=1e-10, atol=1e-12
            )
            np.testing.assert_allclose(
                rows["std_error"], np.array(expected["std_error"])[:, k], rtol=1e-9, atol=1e-10
            )


def test_one_exit_with_late_entry_has_greenwoods_errors_as_survfit(cohort):
    result = cumulative_incidence(cohort.assign(left=cohort["cause"] > 0), "stop", "left", start="start")
    expected = {key: REFERENCE["kaplan"]["made_late"][key] for key in ("time", "surviving", "log_error")}
    rows = result.remaining(expected["time"])
    surviving, error = (np.array(expected[key], dtype=float) for key in ("surviving", "log_error"))
    np.testing.assert_allclose(rows["estimate"], surviving, rtol=1e-10)
    known = surviving > 0
    np.testing.assert_allclose(rows["std_error"][known], (surviving * error)[known], rtol=1e-9)
    ours = result.at(expected["time"])
    np.testing.assert_allclose(ours["std_error"][known], (surviving * error)[known], rtol=1e-9)


def test_grays_errors_and_test_equal_cuminc(cohort):
    expected = REFERENCE["cuminc"]["made"]
    result = cumulative_incidence(cohort, "stop", "cause", 0, by="care", errors="gray")
    ours = result.at(expected["times"])
    for place, label in enumerate(expected["by"]):
        group, cause = label.rsplit(" ", 1)
        rows = ours[(ours["group"] == group) & (ours["cause"] == cause)]
        np.testing.assert_allclose(
            rows["estimate"], np.array(expected["by_estimate"][place], dtype=float), rtol=1e-10
        )
        np.testing.assert_allclose(
            rows["std_error"], np.array(expected["by_std_error"][place], dtype=float), rtol=1e-9
        )
    for row, (statistic, p_value, df) in zip(result.gray().tidy().itertuples(), expected["gray"]):
        assert (row.estimate, row.p_value, row.df) == pytest.approx((statistic, p_value, df), rel=1e-9)
    within = result.gray("1", strata="site").tidy()
    assert within["estimate"].iloc[0] == pytest.approx(REFERENCE["cuminc"]["made_strata"]["gray"][0][0], rel=1e-9)
    rank = result.log_rank().tidy().iloc[0]
    assert rank["estimate"] == pytest.approx(REFERENCE["rank"]["made"]["chi2"], rel=1e-9)


def test_mean_days_equal_r_and_differences_follow(cohort):
    expected = REFERENCE["lost"]["made"]
    tidy = cumulative_incidence(cohort, "stop", "cause", 0).restricted_mean(730).tidy()
    np.testing.assert_allclose(tidy["estimate"], expected["estimate"], rtol=1e-10)
    np.testing.assert_allclose(tidy["std_error"], expected["std_error"], rtol=1e-9)
    by = cumulative_incidence(cohort, "stop", "cause", 0, by="care").restricted_mean(480).tidy()
    days = by[by["term"] == "days in placement"].set_index("group")
    both = days.loc[["foster", "kinship"]]
    difference = days.loc["foster − kinship"]
    assert difference["estimate"] == pytest.approx(both["estimate"].iloc[0] - both["estimate"].iloc[1])
    assert difference["std_error"] == pytest.approx(np.hypot(*both["std_error"]))
    assert difference["p_value"] < 0.05
    assert np.isnan(both["p_value"]).all()


def test_differences_allow_for_carers_with_children_in_both_groups():
    """Each carer has the same child twice, once in each group: the difference is known to be zero."""
    frame = pd.DataFrame({"days": [100, 200, 300, 400, 500], "left": True, "carer": range(5)})
    both = pd.concat([frame.assign(care="kinship"), frame.assign(care="foster")])
    result = cumulative_incidence(both, "days", "left", censored=[], by="care", cluster="carer")
    tidy = result.restricted_mean(400).tidy().query("effect == 'difference'")
    np.testing.assert_allclose(tidy[["estimate", "std_error"]], 0.0, atol=1e-12)


def test_mean_days_are_not_given_beyond_what_was_seen(cohort):
    result = cumulative_incidence(cohort, "stop", "exit", "open", by="care")
    with pytest.raises(ModelError) as caught:
        result.restricted_mean(2000)
    assert problem(caught, "SB-PLACE-95").fix == "until=480"


def test_beyond_the_last_day_the_incidence_is_missing_unless_all_ended(small):
    seen = cumulative_incidence(small, "days", "exit", "open").at([730, 731])
    assert seen.loc[seen["time"] == 731, ["estimate", "std_error", "conf_low"]].isna().all(axis=None)
    assert seen.loc[seen["time"] == 730, "estimate"].notna().all()
    ended = small[small["exit"] != "open"]
    after = cumulative_incidence(ended, "days", "exit", censored=[]).at(5000)
    assert after["estimate"].sum() == pytest.approx(1.0)


def test_the_curve_begins_at_zero_and_ends_where_it_was_last_seen(small):
    curve = cumulative_incidence(small, "days", "exit", "open").curve()
    first = curve[curve["time"] == 0]
    assert first[["estimate", "std_error", "conf_low", "conf_high"]].eq(0).all(axis=None)
    assert (first["n_at_risk"] == 12).all()
    assert curve["time"].max() == 730
    assert curve.groupby("cause")["estimate"].apply(lambda x: (x.diff().dropna() >= 0).all()).all()


def test_levels_widths_and_scales(cohort):
    result = cumulative_incidence(cohort, "stop", "exit", "open")
    narrow, wide = result.at(365, 0.5), result.at(365, 0.99)
    assert (narrow["conf_low"] > wide["conf_low"]).all()
    plain = cumulative_incidence(cohort, "stop", "exit", "open", interval="plain").at(365)
    np.testing.assert_allclose((plain["conf_low"] + plain["conf_high"]) / 2, plain["estimate"])


def test_risk_table_counts_everyone_once(cohort):
    table = cumulative_incidence(cohort, "stop", "exit", "open", by="care").risk_table([0, 100, 365])
    after = cohort.assign(there=cohort["stop"] >= 365).groupby("care")["there"].sum()
    assert table[table["time"] == 365].set_index("group")["n_at_risk"].to_dict() == after.to_dict()
    left = cohort[(cohort["stop"] <= 365)].groupby("care")["cause"].apply(lambda x: (x == 2).sum())
    assert table[table["time"] == 365].set_index("group")["n_breakdown"].to_dict() == left.to_dict()


def test_counts_that_are_hidden_cannot_be_worked_out(small):
    result = cumulative_incidence(small, "days", "exit", "open")
    table = result.risk_table([0, 365], hide_below=4)
    counts = table.filter(like="n_")
    assert not (((counts > 0) & (counts < 4)).fillna(False)).any(axis=None)
    assert (counts.isna().sum(axis=1) != 1).all()
    single = result.risk_table(380, hide_below=4).filter(like="n_")  # 4 at risk, 2 no longer seen, 3 and 3 ended
    assert single.isna().sum(axis=1).tolist() == [3]
    assert hidden_below(pd.DataFrame({"n_a": [9], "n_b": [3], "n_c": [7]}), 4).isna().to_numpy().tolist() == [
        [False, True, True]
    ]
    with pytest.raises(ModelError) as caught:
        result.risk_table(hide_below=0)
    problem(caught, "SB-PLACE-91")


def test_default_times_are_years_or_quartiles(small):
    assert set(cumulative_incidence(small, "days", "exit", "open").tidy()["term"]) == {"by day 365", "by day 730"}
    short = small[small["days"] < 365]
    terms = cumulative_incidence(short, "days", "exit", "open").tidy()["term"].unique()
    assert terms.tolist() == [f"by day {day:g}" for day in short["days"].quantile([0.25, 0.5, 0.75])]
    with pytest.raises(ModelError) as caught:
        cumulative_incidence(small, "days", "exit", "open", at=[-1])
    problem(caught, "SB-PLACE-90")


def test_nothing_given_is_changed(small):
    before = small.copy(deep=True)
    cumulative_incidence(small.assign(days=0), "days", "exit", "open")
    rows = cumulative_incidence(small, "days", "exit", "open").augment()
    rows["days"] = 0
    pd.testing.assert_frame_equal(small, before)


def test_a_history_is_known_by_its_spells(small):
    class History:
        spells = small
        simulated = True

    result = cumulative_incidence(History(), "days", "exit", "open")
    assert result.simulated
    pd.testing.assert_frame_equal(result.tidy(), cumulative_incidence(small, "days", "exit", "open").tidy())


# ---- the door --------------------------------------------------------------------------------------------------


def test_SB_PLACE_14_which_value_means_ended(small):
    coded = small.assign(ended=np.where(small["exit"] == "open", 1, 2))
    with pytest.raises(DataError) as caught:
        cumulative_incidence(coded, "days", "ended")
    told = problem(caught, "SB-PLACE-14")
    assert told.column == "ended"
    assert "values 1, 2" in told.what
    assert "censored=" in told.fix
    right = cumulative_incidence(coded, "days", "ended", censored=1)
    assert right.causes == ("2",)
    with pytest.raises(DataError) as caught:
        cumulative_incidence(small, "days", "exit")
    assert "breakdown, home, open" in problem(caught, "SB-PLACE-14").what


def test_SB_PLACE_14_a_slip_in_censored_does_not_turn_all_into_exits(small):
    with pytest.raises(DataError) as caught:
        cumulative_incidence(small, "days", "exit", censored="opne")
    told = problem(caught, "SB-PLACE-14")
    assert told.fix == "censored='open'"
    with pytest.raises(DataError) as caught:
        cumulative_incidence(small, "days", "child", censored="open")  # ids are not listed
    problem(caught, "SB-PLACE-14")


@pytest.mark.parametrize("values", [(False, True), (0, 1), (0.0, 1.0), (None, "left")])
def test_SB_PLACE_14_what_the_column_shows_is_taken_and_said(small, values):
    ended = small["exit"] != "open"
    frame = small.assign(ended=[values[int(cell)] for cell in ended])
    result = cumulative_incidence(frame, "days", "ended")
    assert result.glance()["n_exits"].iloc[0] == ended.sum()
    assert "read as not ended yet" in noted(result, "SB-PLACE-14")


def test_SB_PLACE_14_exits_that_are_not_known(small):
    frame = small.assign(exit=small["exit"].where(small.index != 4))
    with pytest.raises(DataError) as caught:
        cumulative_incidence(frame, "days", "exit", "open")
    assert problem(caught, "SB-PLACE-14").rows == (5,)


def test_zero_and_its_text_are_one(small):
    text = small.assign(ended=np.where(small["exit"] == "open", "0", "1"))
    assert cumulative_incidence(text, "days", "ended", censored=0).causes == ("1",)


def test_one_word_in_two_spellings(small):
    frame = small.assign(exit=small["exit"].replace({"home": "Home"}, regex=False))
    frame.loc[0, "exit"] = "home "
    with pytest.raises(DataError) as caught:
        cumulative_incidence(frame, "days", "exit", "open")
    assert problem(caught, "SB-PLACE-82").rows == (1, 5, 7)


def test_SB_PLACE_01_an_end_before_the_start(small):
    with pytest.raises(DataError) as caught:
        cumulative_incidence(small.assign(days=small["days"].where(small.index != 2, -3)), "days", "exit", "open")
    told = problem(caught, "SB-PLACE-01")
    assert (told.rows, told.column) == ((3,), "days")
    late = small.assign(seen=100)
    with pytest.raises(DataError) as caught:
        cumulative_incidence(late, "days", "exit", "open", start="seen")
    assert problem(caught, "SB-PLACE-01").rows == (1, 2, 3)
    with pytest.raises(DataError) as caught:
        cumulative_incidence(small.assign(seen=-1), "days", "exit", "open", start="seen")
    problem(caught, "SB-PLACE-84")


def test_SB_PLACE_11_a_day_that_begins_and_ends_a_placement_counts(small):
    result = cumulative_incidence(small.assign(days=small["days"].replace(30, 0)), "days", "exit", "open")
    assert "half a day" in noted(result, "SB-PLACE-11")
    assert "row 1" in noted(result, "SB-PLACE-11")
    assert result.augment()["days_counted"].iloc[0] == 0.5
    assert result.at(1).query("cause == 'home'")["estimate"].iloc[0] == pytest.approx(1 / 12)
    years = small.assign(days=small["days"].replace(30, 0) / 365)
    order = cumulative_incidence(years, "days", "exit", "open").augment()["days_counted"]
    assert order.iloc[0] < years["days"].iloc[1]


def test_SB_PLACE_13_children_in_care_on_a_day_enter_on_it(small):
    start = pd.Timestamp("2020-03-31") - pd.to_timedelta([700, 3, *range(10, 110, 10)], unit="D")
    frame = small.assign(began=start, ended=start + pd.to_timedelta(small["days"], unit="D"))
    result = cumulative_incidence(frame, "ended", "exit", "open", start="began", observed_from="2020-03-31")
    assert "delayed entry" in noted(result, "SB-PLACE-13")
    assert "row 1" in noted(result, "SB-PLACE-83")  # it had ended long before
    assert result.glance()["n_excluded"].iloc[0] >= 1
    used = result.augment()
    assert (used["days_counted"] > used["days_unseen"]).all()
    assert used["days_unseen"].iloc[0] == 3
    by_hand = small.assign(seen=(pd.Timestamp("2020-03-31") - start).days).query("days > seen")
    again = cumulative_incidence(by_hand, "days", "exit", "open", start="seen")
    pd.testing.assert_frame_equal(again.tidy(), result.tidy())
    column = frame.assign(day="2020-03-31")
    same = cumulative_incidence(column, "ended", "exit", "open", start="began", observed_from="day")
    pd.testing.assert_frame_equal(same.tidy(), result.tidy())


def test_SB_PLACE_13_what_ended_on_the_day_itself_was_not_met(small):
    frame = small.assign(began=pd.Timestamp("2020-03-31") - pd.Timedelta(days=300))
    result = cumulative_incidence(frame, "days", "exit", "open", start="began", observed_from="2020-03-31")
    assert result.glance()["n_excluded"].iloc[0] == (small["days"] <= 300).sum()
    assert "7 placements had ended" in noted(result, "SB-PLACE-83")


def test_SB_PLACE_13_a_cohort_that_was_all_there_on_one_day_is_told_so(small):
    began = pd.Timestamp("2020-03-31") - pd.to_timedelta(small["days"] - 20, unit="D")
    frame = small.assign(began=began, ended=pd.Timestamp("2020-04-20"))
    result = cumulative_incidence(frame, "ended", "exit", "open", start="began")
    told = noted(result, "SB-PLACE-13")
    assert "All 12 placements were running on 2020-03-21" in told
    spread = small.assign(began=pd.date_range("2018-01-01", periods=12, freq="90D"))
    usual = cumulative_incidence(spread, "days", "exit", "open", start="began")
    assert not any("SB-PLACE-13" in note for note in usual.notes)


def test_SB_PLACE_15_time_differences_and_nanoseconds_become_days(small):
    expected = cumulative_incidence(small, "days", "exit", "open").tidy()
    differences = small.assign(days=pd.to_timedelta(small["days"], unit="D"))
    result = cumulative_incidence(differences, "days", "exit", "open")
    pd.testing.assert_frame_equal(result.tidy(), expected)
    noted(result, "SB-PLACE-15")
    for unit, size in (("nanoseconds", 86_400e9), ("microseconds", 86_400e6), ("seconds", 86_400)):
        result = cumulative_incidence(
            small.assign(days=(small["days"] * size).astype("int64")), "days", "exit", "open"
        )
        assert f"holds {unit}" in noted(result, "SB-PLACE-15")
        pd.testing.assert_frame_equal(result.tidy(), expected)
    with pytest.raises(DataError) as caught:
        cumulative_incidence(small.assign(days=small["days"] * 1e9 + 7), "days", "exit", "open")
    assert problem(caught, "SB-PLACE-15").severity == "stop"


def test_SB_PLACE_15_months_at_one_site(small):
    both = pd.concat(
        [small.assign(site="a"), small.assign(site="b", days=small["days"] / 30.4)], ignore_index=True
    )
    result = cumulative_incidence(both, "days", "exit", "open")
    assert "factor of 30" in noted(result, "SB-PLACE-15")


def test_SB_PLACE_16_an_exit_that_nobody_or_one_child_had(small):
    frame = small.assign(
        exit=small["exit"].where(small["care"] == "foster", small["exit"].replace("breakdown", "open"))
    )
    result = cumulative_incidence(frame, "days", "exit", "open", by="care")
    notes = [note for note in result.notes if "(SB-PLACE-16)" in note]
    assert any("No kinship placement ended by 'breakdown'" in note for note in notes)
    rows = result.at(365).query("group == 'kinship' and cause == 'breakdown'").iloc[0]
    assert (rows["estimate"], rows["conf_low"]) == (0, 0)
    known = result.groups[1].known_at(np.array([365.0]))[0]
    assert rows["conf_high"] == pytest.approx(1 - 0.025 ** (1 / known))  # exact: none of those who are known
    with pytest.raises(ModelError) as caught:
        cumulative_incidence(small.assign(exit="open"), "days", "exit", "open")
    problem(caught, "SB-PLACE-16")


def test_SB_PLACE_17_tied_exits_are_exact_and_the_same_on_every_run(cohort):
    runs = [cumulative_incidence(cohort, "stop", "exit", "open") for _ in range(2)]
    pd.testing.assert_frame_equal(runs[0].curve(), runs[1].curve(), check_exact=True)
    mixed = cumulative_incidence(cohort.sample(frac=1, random_state=4), "stop", "exit", "open")
    pd.testing.assert_frame_equal(mixed.at([365, 730]), runs[0].at([365, 730]), check_exact=True)
    two = pd.DataFrame({"days": [10, 10, 20, 20], "exit": ["home", "breakdown", "open", "open"]})
    both = cumulative_incidence(two, "days", "exit", "open").at(10)["estimate"]
    assert both.tolist() == [0.25, 0.25]


def test_rows_without_a_duration_are_not_dropped_unseen(small):
    gaps = small.assign(days=small["days"].astype(float))
    gaps.loc[[0, 1], "days"] = np.nan
    with pytest.raises(DataError) as caught:
        cumulative_incidence(gaps, "days", "exit", "open")
    assert problem(caught, "SB-PLACE-09").rows == (1,)
    assert problem(caught, "SB-PLACE-80").rows == (2,)


def test_rows_without_a_group_are_left_out_and_counted(small):
    result = cumulative_incidence(
        small.assign(care=small["care"].where(small.index > 1)), "days", "exit", "open", by="care"
    )
    assert result.glance()["n_excluded"].iloc[0] == 2
    assert "2 rows say no group" in noted(result, "SB-PLACE-87")


def test_dates_need_a_beginning_and_a_day_needs_dates(small):
    dated = small.assign(ended=pd.Timestamp("2020-01-01") + pd.to_timedelta(small["days"], unit="D"))
    with pytest.raises(ModelError) as caught:
        cumulative_incidence(dated, "ended", "exit", "open")
    problem(caught, "SB-PLACE-85")
    with pytest.raises(ModelError) as caught:
        cumulative_incidence(small, "days", "exit", "open", observed_from="2020-03-31")
    problem(caught, "SB-PLACE-85")
    begun = dated.assign(began="2020-01-01")
    with pytest.raises(ModelError) as caught:
        cumulative_incidence(begun, "ended", "exit", "open", start="began", observed_from="whenever")
    problem(caught, "SB-PLACE-86")
    ends = cumulative_incidence(dated.assign(began="2020-01-01"), "ended", "exit", "open", start="began")
    pd.testing.assert_frame_equal(ends.tidy(), cumulative_incidence(small, "days", "exit", "open").tidy())
    gap = dated.assign(began=pd.Series(["2020-01-01"] * 11 + [None]))
    with pytest.raises(DataError) as caught:
        cumulative_incidence(gap, "ended", "exit", "open", start="began")
    assert problem(caught, "SB-PLACE-30").rows == (12,)


@pytest.mark.parametrize(
    ("options", "error", "code"),
    [
        ({"cause": "exti"}, ModelError, "SB-MODEL-03"),
        ({"by": "days"}, DataError, "SB-PLACE-81"),
        ({"conf_level": 95}, ModelError, "SB-MODEL-62"),
        ({"interval": "cloglog"}, ModelError, "SB-MODEL-30"),
        ({"errors": "gray", "cluster": "care"}, ModelError, "SB-PLACE-92"),
        ({"stop": "care"}, DataError, "SB-EVENT-30"),
        ({"start": "days"}, ModelError, "SB-PLACE-96"),
    ],
)
def test_requests_that_cannot_be_answered(small, options, error, code):
    given = {"stop": "days", "cause": "exit", "censored": "open", **options}
    frame = pd.concat([small] * 2).assign(days=lambda rows: np.arange(len(rows)) + 10)
    with pytest.raises(error) as caught:
        cumulative_incidence(frame, **given)
    if code:
        problem(caught, code)


def test_tests_need_groups_and_known_exits(small):
    with pytest.raises(ModelError) as caught:
        cumulative_incidence(small, "days", "exit", "open").gray()
    problem(caught, "SB-PLACE-93")
    with pytest.raises(ModelError) as caught:
        cumulative_incidence(small, "days", "exit", "open", by="care").gray("hone")
    assert problem(caught, "SB-PLACE-94").fix == "cause='home'"


def test_rows_of_one_carer_are_told_of_until_they_are_allowed_for(cohort):
    alone = cumulative_incidence(cohort, "stop", "exit", "open")
    assert any("share a carer" in note for note in alone.notes)
    allowed = cumulative_incidence(cohort, "stop", "exit", "open", cluster="carer")
    assert not any("share a carer" in note for note in allowed.notes)
    assert any("what rows of one carer share" in note for note in allowed.notes)


# ---- a known truth ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("late", [False, True])
def test_intervals_hold_a_known_truth(late):
    """Constant rates 1/600 (home) and 1/900 (breakdown): the truth has a closed form. 200 cohorts."""
    rng = np.random.default_rng(20419)
    rates = np.array([1 / 600, 1 / 900])
    truth = rates / rates.sum() * (1 - np.exp(-365 * rates.sum()))
    held = []
    for _ in range(200):
        n = 400 if late else 120
        home, breakdown = rng.exponential(1 / rates[:, None], (2, n))
        seen = rng.uniform(200, 1200, n)
        entry = np.where(rng.random(n) < 0.5, rng.uniform(0, 300, n), 0.0) if late else np.zeros(n)
        stop = np.ceil(np.minimum(np.minimum(home, breakdown), entry + seen))
        cause = np.where(np.minimum(home, breakdown) > entry + seen, 0, np.where(home < breakdown, 1, 2))
        kept = stop > np.floor(entry)
        frame = pd.DataFrame({"stop": stop, "entry": np.floor(entry), "cause": cause})[kept]
        rows = cumulative_incidence(frame, "stop", "cause", 0, start="entry" if late else None).at(365)
        held.append((rows["conf_low"] < truth) & (truth < rows["conf_high"]))
    assert 0.92 < np.mean(held) < 0.98  # 95 % with a standard error of 1.1 points


# --- what histories and followed placements bring -------------------------------------------------------------


@pytest.fixture(scope="module")
def followed():
    from securebase_analysis.measures.scoring import score_dimensions
    from securebase_analysis.models.follow_up import follow_placements
    from securebase_analysis.study.simulate import simulate_study

    study = simulate_study(n_children=60, n_waves=3, seed=8, interviews=False).study
    return follow_placements(study), follow_placements(study, score_dimensions(study))


def test_scores_that_split_a_placement_do_not_make_two_of_it(followed):
    whole, split = followed
    assert len(split.rows) > len(whole.rows) == len(split.placements)
    asked = {"stop": "stop", "cause": "ending", "censored": "open"}
    one, other = cumulative_incidence(whole, **asked), cumulative_incidence(split, **asked)
    assert one.curve().equals(other.curve())
    assert one.glance()["n_rows"].equals(other.glance()["n_rows"])


def test_followed_placements_count_from_the_day_they_were_first_seen(followed):
    whole, _ = followed
    result = cumulative_incidence(whole, stop="stop", cause="ending", censored="open")
    by_hand = cumulative_incidence(whole.rows, stop="stop", cause="ending", censored="open", start="start")
    assert result.curve().equals(by_hand.curve())
    assert result.simulated
    assert set(whole.notes) <= set(result.notes)
