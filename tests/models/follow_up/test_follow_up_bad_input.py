"""Where: bad placements and scores at the door of a follow-up; numbers are those of the catalogue of bad input."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from securebase_analysis.errors import DataError, ModelError
from securebase_analysis.models.follow_up import follow_placements
from securebase_analysis.study.spells import placement_history

BIRDS = [f"{bird}{n}" for bird in ("kestrel", "dunnock", "siskin", "wagtail") for n in range(3)]


def cohort(**changes: object) -> pd.DataFrame:
    """Twelve children, a placement each."""
    table = pd.DataFrame(
        {
            "child": BIRDS,
            "carer": [f"K{place}" for place in range(12)],
            "type": "foster",
            "start": pd.date_range("2020-01-10", periods=12, freq="30D"),
            "end": pd.date_range("2021-06-01", periods=12, freq="10D"),
            "end_reason": ["breakdown", "planned move"] * 6,
        }
    )
    return table.assign(**changes)


def assessed(**changes: object) -> pd.DataFrame:
    return pd.DataFrame(
        {"child": BIRDS, "date": pd.Timestamp("2021-02-01"), "availability": 4.0, "trust": 3.0}
    ).assign(**changes)


def of(found, code: str):
    """The only problem with a code; whatever is said, no child is named."""
    assert not [child for child in BIRDS for problem in found if child in str(problem)]
    mine = [problem for problem in found if problem.code == code]
    assert len(mine) == 1, [str(problem) for problem in found]
    return mine[0]


def stopped(error: type, *given, **options) -> tuple:
    with pytest.raises(error) as caught:
        follow_placements(*given, **options)
    assert not [child for child in BIRDS if child in str(caught.value)]
    return caught.value.problems


def blanked(values: pd.Series, *rows: int) -> pd.Series:
    values = values.astype(object)
    values.iloc[list(rows)] = None
    return values


def test_a_cohort_in_order_is_followed_from_the_first_day():
    followed = follow_placements(placement_history(cohort(), freeze="2022-01-01"), observed_from="start")
    assert followed.problems == ()


def test_45_ends_before_starts_are_refused():
    problem = of(stopped(DataError, cohort(end=pd.Timestamp("2019-01-01"))), "SB-PLACE-01")
    assert len(problem.rows) == 12


def test_46_47_two_placements_at_once_are_told_on_the_clock_of_the_child():
    both = pd.concat([cohort(), cohort().iloc[[2]].assign(carer="K99", start=pd.Timestamp("2021-01-01"))])
    history = placement_history(both, freeze="2022-01-01")
    problem = [one for one in follow_placements(history, unit="child").problems if one.code == "SB-PLACE-03"][-1]
    assert problem.rows == (3, 13)
    assert problem.column == "start"
    assert "end_first" in problem.fix
    said = {one.what for one in follow_placements(history).problems}
    assert problem.what not in said


def test_48_gaps_are_not_at_risk():
    two = pd.DataFrame(
        {
            "child": ["kestrel0"] * 2,
            "carer": ["x", "y"],
            "start": pd.to_datetime(["2021-01-01", "2021-03-01"]),
            "end": pd.to_datetime(["2021-02-01", "2021-04-01"]),
            "end_reason": ["breakdown", "breakdown"],
        }
    )
    followed = follow_placements(two, unit="child")
    assert of(followed.problems, "SB-PLACE-04").severity == "warn"
    assert followed.before_after["after"].iloc[-1] == 31 + 31
    assert followed.rows["start"].tolist() == [0.0, 59.0]


def test_49_51_legal_changes_and_respite_are_no_disruptions():
    frame = pd.DataFrame(
        {
            "child": ["kestrel0"] * 4,
            "carer": ["x", "x", "y", "x"],
            "start": pd.to_datetime(["2021-01-01", "2021-02-01", "2021-03-01", "2021-03-03"]),
            "end": pd.to_datetime(["2021-02-01", "2021-03-01", "2021-03-03", None]),
            "end_reason": ["planned move", "planned move", "planned move", None],
        }
    )
    followed = follow_placements(placement_history(frame, freeze="2021-12-31"), ends="any_move")
    assert len(followed.rows) == 1
    assert not followed.rows["event"].any()
    assert of(followed.problems, "SB-PLACE-07")


def test_53_ends_without_a_reason_are_counted_and_compete():
    silent = cohort(end_reason=blanked(cohort()["end_reason"], 0, 4))
    followed = follow_placements(silent, observed_from="start")
    problem = of(followed.problems, "SB-PLACE-09")
    assert (problem.severity, problem.table, problem.column) == ("warn", "placements", "end_reason")
    assert problem.rows == (1, 5)
    assert problem.fix
    assert followed.rows["ending"].value_counts()["not stated"] == 2
    assert followed.rows["event"].sum() == 4


def test_53_a_reason_without_an_end_is_refused():
    problem = of(
        stopped(DataError, cohort(end=blanked(cohort()["end"], 3).astype("datetime64[us]"))), "SB-PLACE-09"
    )
    assert problem.rows == (4,)


def test_55_a_placement_of_one_day_counts_half_a_day():
    same = cohort()
    same.loc[4, "end"] = same.loc[4, "start"]
    followed = follow_placements(placement_history(same, freeze="2022-01-01"), observed_from="start")
    assert [problem.rows for problem in followed.problems if problem.code == "SB-PLACE-11"][-1] == (5,)
    assert followed.rows.loc[followed.rows["spell"] == followed.rows["spell"].iloc[0], "event"].notna().all()
    assert followed.rows["stop"].min() == 0.5
    kept = placement_history(same, freeze="2022-01-01", rules={"zero_day": "keep"})
    assert follow_placements(kept, observed_from="start").rows["event"].sum() == 6


def test_57_a_cohort_of_children_in_care_enters_on_the_day_it_was_sampled():
    followed = follow_placements(cohort(), assessed())
    problem = of(followed.problems, "SB-PLACE-13")
    assert problem.severity == "warn"
    assert problem.what == "All 12 children were already placed when first observed."
    assert (problem.table, problem.column) == ("placements", "start")
    assert problem.rows == tuple(range(1, 13))
    assert "delayed entry" in problem.done
    assert problem.fix.startswith("observed_from='start'")
    entry = (pd.Timestamp("2021-02-01") - cohort()["start"]).dt.days.to_numpy(float)
    np.testing.assert_array_equal(followed.rows.sort_values("spell")["start"], entry[np.argsort(BIRDS)])


def test_57_a_day_given_is_used_and_told():
    followed = follow_placements(cohort(), observed_from="2020-06-01")
    problem = of(followed.problems, "SB-PLACE-13")
    assert problem.severity == "note"
    assert problem.what == "5 of 12 children were already placed when first observed."
    history = placement_history(cohort(), observed_from="2020-12-31")
    assert of(follow_placements(history).problems, "SB-PLACE-13").severity == "warn"


def test_58_reasons_that_nobody_can_read_are_asked_back():
    problem = of(stopped(DataError, cohort(end_reason=["1", "2"] * 6)), "SB-PLACE-14")
    assert (problem.severity, problem.column) == ("stop", "end_reason")
    assert problem.what == "Placements end with '1', '2'. Which of them is a disruption?"
    assert problem.fix.startswith("ends=[")
    followed = follow_placements(cohort(end_reason=["1", "2"] * 6), ends=["2"], observed_from="start")
    assert followed.rows["event"].sum() == 6


def test_58_a_reason_of_its_own_is_told_and_kept_as_an_ending():
    words = ["breakdown", "planned move"] * 5 + ["fire", "fire"]
    followed = follow_placements(cohort(end_reason=words), observed_from="start")
    problem = of(followed.problems, "SB-EVENT-41")
    assert problem.severity == "warn"
    assert problem.rows == (11, 12)
    assert (followed.rows["ending"] == "fire").sum() == 2


def test_60_no_disruption_at_all_is_told():
    followed = follow_placements(cohort(end_reason="planned move"), observed_from="start")
    problem = of(followed.problems, "SB-PLACE-16")
    assert problem.severity == "warn"
    assert problem.what.startswith("No placement of 12")


def test_61_tied_endings_are_left_tied():
    tied = cohort(start=pd.Timestamp("2021-01-01"), end=pd.Timestamp("2021-04-11"))
    one, other = (follow_placements(tied, observed_from="start").rows for _ in range(2))
    assert one["stop"].tolist() == [100.0] * 12
    pd.testing.assert_frame_equal(one, other)


def test_42_scores_later_than_the_outcome_are_counted_and_not_used():
    late = assessed(date=cohort()["end"] + pd.Timedelta(days=3))
    followed = follow_placements(placement_history(cohort(), freeze="2022-06-01"), late, observed_from="start")
    problem = of(followed.problems, "SB-WAVE-11")
    assert problem.rows == tuple(range(1, 13))
    assert followed.rows[["availability", "trust"]].isna().all().all()
    assert set(followed.fates["fate"]) == {
        "of a carer, on a day without a placement",
        "dated on the day the placement ended, or later",
    }


def test_22_23_two_scores_of_a_day_are_kept_once_or_asked_back():
    same = pd.concat([assessed(), assessed().iloc[[3]]])
    followed = follow_placements(cohort(), same)
    assert followed.fates.query("fate == 'the same as another of that day'")["scores"].tolist() == [1, 1]
    problems = stopped(DataError, cohort(), pd.concat([assessed(), assessed().iloc[[3]].assign(trust=9.0)]))
    problem = of(problems, "SB-ID-02")
    assert (problem.table, problem.column, problem.rows) == ("scores", "trust", (4, 13))


def test_24_ids_of_several_sites_are_not_mixed():
    two_sites = pd.concat([cohort(site="north"), cohort(site="south")])
    assert of(stopped(DataError, two_sites, assessed()), "SB-ID-03").fix.startswith("Add the column")
    one = follow_placements(two_sites, assessed(site="north"), observed_from="start").rows
    assert one.groupby("site")["trust"].count().tolist() == [12, 0]


def test_25_ids_as_numbers_and_as_text_are_asked_back():
    numbers = cohort(child=range(12))
    problem = of(stopped(DataError, numbers, assessed()), "SB-ID-04")
    assert problem.column == "child"
    assert "astype" in problem.fix


def test_26_scores_of_other_children_are_counted():
    some = assessed(child=[*BIRDS[:8], "A", "B", "C", "D"])
    followed = follow_placements(cohort(), some, observed_from="start")
    assert followed.fates.query("fate == 'child not in the placements'")["scores"].tolist() == [4, 4]
    assert of(followed.problems, "SB-EVENT-44").severity == "note"
    problem = of(stopped(DataError, cohort(), assessed(child=[f"q{n}" for n in range(12)])), "SB-EVENT-50")
    assert (problem.table, problem.column) == ("scores", "child")


def test_30_scores_without_a_child_are_told():
    followed = follow_placements(cohort(), assessed(child=blanked(pd.Series(BIRDS), 2)), observed_from="start")
    assert of(followed.problems, "SB-ID-09").rows == (3,)


def test_scores_without_a_date_are_counted():
    dates = pd.Series([pd.NaT, *[pd.Timestamp("2021-02-01")] * 11])
    followed = follow_placements(cohort(), assessed(date=dates), observed_from="start")
    problem = of(followed.problems, "SB-EVENT-54")
    assert problem.rows == (1,)
    assert problem.severity == "warn"
    assert followed.fates.query("fate == 'no date'")["scores"].tolist() == [1, 1]


def test_scores_after_the_freeze_are_counted():
    history = placement_history(cohort(), freeze="2021-10-01")
    followed = follow_placements(history, assessed(date=pd.Timestamp("2021-10-02")), observed_from="start")
    assert set(followed.fates["fate"]) == {"dated after the data freeze"}


def test_scores_of_several_informants_are_asked_back():
    several = assessed(informant=["carer", "teacher"] * 6)
    problem = of(stopped(DataError, cohort(), several), "SB-EVENT-47")
    assert problem.fix == "informant='carer'"
    assert stopped(ModelError, cohort(), several, informant="teachr")[0].fix == "informant='teacher'"


def test_a_year_that_is_no_return_year_is_refused():
    sdq = pd.DataFrame({"child": BIRDS, "year": ["2020/21"] * 11 + ["2020"], "score": 12.0})
    problem = of(stopped(DataError, cohort(), sdq), "SB-EVENT-53")
    assert problem.rows == (12,)


def test_text_in_a_score_and_dates_that_cannot_be_read_are_refused():
    assert stopped(DataError, cohort(), assessed(trust=["high"] * 12))
    assert stopped(DataError, cohort(), assessed(date=["soon"] * 12))


@pytest.mark.parametrize(
    ("options", "fix"),
    [
        ({"unit": "childs"}, "unit='child'"),
        ({"carry_days": 0}, "carry_days=365"),
        ({"carry_days": "a year"}, "carry_days=365"),
        ({"ends": "breakdwn"}, "ends='breakdown'"),
        ({"ends": []}, "ends is one of"),
        ({"ends": "carer_request"}, "ends='breakdown'"),
        ({"across_carers": "benefit"}, "across_carers='benefits'"),
        ({"across_carers": ["trst"]}, "across_carers='trust'"),
        ({"observed_from": "first seen"}, "observed_from='first_seen'"),
        ({"observed_from": "2030-01-01"}, "observed_from='start'"),
        ({"observed_from": 2021}, "observed_from='2019-04-01'"),
        ({"constructs": ["trst"]}, "Did you mean 'trust'?"),
    ],
)
def test_options_are_checked_with_the_nearest_word(options, fix):
    problems = stopped(ModelError, cohort(), assessed(), **options)
    assert problems[0].fix.startswith(fix)


def test_what_is_no_table_is_refused():
    assert stopped(ModelError, cohort(), [1, 2])[0].code == "SB-MODEL-41"
    assert stopped(ModelError, "placements.csv")[0].code == "SB-MODEL-41"
    assert stopped(ModelError, cohort(), observed_from="first_seen")[0].code == "SB-MODEL-41"


def test_a_child_twice_among_the_children_is_refused():
    children = pd.DataFrame({"child": [*BIRDS, BIRDS[0]], "sex": "female"})
    problem = of(stopped(DataError, cohort(), children=children), "SB-ID-02")
    assert problem.rows == (1, 13)
    few = follow_placements(cohort(), children=children.iloc[:5], observed_from="start")
    assert of(few.problems, "SB-ID-05").what.startswith("7 children have placements")


@pytest.mark.parametrize("given", ["March", "31 March", "2021", "01/02/2021", "0021-03-01", 7.5, pd.NaT])
def test_11_a_first_day_that_is_no_day_or_could_be_two_is_refused(given):
    problem = of(stopped(ModelError, cohort(), assessed(), observed_from=given), "SB-MODEL-30")
    assert "observed_from" in problem.what
    assert "2019-04-01" in problem.fix


def test_a_first_day_is_read_in_any_form_that_is_clear():
    made = [
        follow_placements(cohort(), observed_from=given).rows["start"]
        for given in ("2020-06-30", "30/06/2020", pd.Timestamp("2020-06-30"), pd.Timestamp("2020-06-30").date())
    ]
    assert all(one.equals(made[0]) for one in made)
    assert (made[0] > 0).any()


def test_11_dates_that_could_be_two_are_to_be_mended_where_they_stand():
    problem = of(stopped(DataError, cohort(), assessed(date="03/04/2021")), "SB-FILE-11")
    assert problem.fix.startswith("scores['date'] = pd.to_datetime(scores['date'], dayfirst=True)")
    children = pd.DataFrame({"child": BIRDS, "birth_date": "03/04/2011"})
    problem = of(stopped(DataError, cohort(), children=children), "SB-FILE-11")
    assert problem.fix.startswith("children['birth_date'] = ")


def test_54_a_birth_date_after_the_start_gives_no_age():
    children = pd.DataFrame({"child": BIRDS, "birth_date": pd.Timestamp("2012-01-01")})
    children.loc[3, "birth_date"] = pd.Timestamp("2031-01-01")
    followed = follow_placements(placement_history(cohort()), children=children)
    problem = of(followed.problems, "SB-PLACE-10")
    assert (problem.table, problem.column, problem.rows) == ("children", "birth_date", (4,))
    assert followed.rows["age_at_start"].isna().sum() == 1
    assert followed.rows["age_at_start"].min() > 0


def test_24_children_of_two_sites_with_equal_ids_are_followed_without_scores():
    two = pd.concat([cohort(site="Leeds"), cohort(site="Hull")], ignore_index=True)
    children = two[["site", "child"]].assign(sex=["f"] * 12 + ["m"] * 12)
    rows = follow_placements(two, children=children).rows
    assert len(rows) == 24
    assert rows.groupby("site")["sex"].agg(set).to_dict() == {"Hull": {"m"}, "Leeds": {"f"}}


@pytest.mark.parametrize("ends", [1, [1], "1", ["1"], [1.0], np.array([1])])
def test_58_reasons_that_are_numbers_can_be_named_as_they_stand(ends):
    numbered = cohort(end=blanked(cohort()["end"], 0), end_reason=[np.nan, 2.0] + [1.0, 2.0] * 5)
    assert follow_placements(numbered, ends=ends).rows["event"].sum() == 5
    problem = of(stopped(DataError, numbered), "SB-PLACE-14")
    assert "'1', '2'" in problem.what


def test_58_no_disruption_among_reasons_of_which_some_are_strange_is_asked_about():
    worded = cohort(end_reason=["it did not work out", "planned move"] * 6)
    problem = of(stopped(DataError, worded), "SB-PLACE-14")
    assert problem.rows == (1, 3, 5, 7, 9, 11)
    assert follow_placements(worded, ends="it did not work out").rows["event"].sum() == 6
    some = cohort(end_reason=["it did not work out", "breakdown"] * 6)
    assert of(follow_placements(some).problems, "SB-EVENT-41").severity == "warn"


def test_18_cells_of_a_score_that_are_no_numbers_are_listed():
    values = ["4.0"] * 10 + ["n/k", "3 or 4"]
    problem = of(stopped(DataError, cohort(), assessed(trust=values)), "SB-MODEL-02")
    assert problem.rows == (11, 12)
    assert "2 cells of words" in problem.what
    problem = of(stopped(DataError, cohort(), assessed(trust="4.0")), "SB-MODEL-02")
    assert len(problem.rows) == 12
    assert "pd.to_numeric" in problem.fix


def test_a_reason_that_stands_once_may_be_a_name_and_is_not_quoted():
    words = ["breakdown", "planned move"] * 5 + ["breakdown", BIRDS[3]]
    problem = of(follow_placements(cohort(end_reason=words), observed_from="start").problems, "SB-EVENT-41")
    assert problem.rows == (12,)
    assert problem.what == "1 placement ends for a reason that is not known: 1 different reason."
