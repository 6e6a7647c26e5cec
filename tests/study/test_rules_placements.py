"""Where: catalogue cases 45 to 48, 52 to 54 and 56."""

from __future__ import annotations

import pandas as pd
import pytest


def moved(cohort, place, end, start, reason="planned move", **more):
    """Let a child move once."""
    placements = cohort.tables["placements"]
    placements.loc[place, ["end", "end_reason"]] = [end, reason]
    later = placements.loc[[place]].assign(start=start, end="", end_reason="", carer="K05", **more)
    cohort.tables["placements"] = pd.concat([placements, later], ignore_index=True)


def test_a_move_without_a_gap_is_in_order(cohort):
    moved(cohort, 3, "2022-05-01", "2022-05-01")
    assert cohort.check() == ()


def test_45_a_placement_that_ends_before_it_begins(cohort):
    cohort.tables["placements"].loc[4, ["end", "end_reason"]] = ["2020-04-02", "breakdown"]
    found = cohort.one("SB-PLACE-01")
    assert (found.severity, found.table, found.column, found.rows) == ("stop", "placements.csv", "end", (5,))
    assert "2020-05-10 to 2020-04-02" in found.what
    assert "356" in found.what


def test_46_two_placements_at_once(cohort):
    moved(cohort, 8, "", "2021-03-10", reason="")
    found = cohort.one("SB-PLACE-02")
    assert (found.severity, found.table, found.column, found.rows) == ("stop", "placements.csv", "end", (9, 13))


def test_47_placements_that_overlap_show_both_rows(cohort):
    moved(cohort, 2, "2021-05-22", "2021-05-01")
    found = cohort.one("SB-PLACE-03")
    assert (found.severity, found.table, found.column, found.rows) == ("stop", "placements.csv", "start", (3, 13))
    assert "rows 3 and 13 overlap by 21 days" in found.what


def test_47_a_short_stay_inside_a_long_one(cohort):
    placements = cohort.tables["placements"]
    stay = placements.loc[[6]].assign(start="2021-08-01", end="2021-08-03", end_reason="planned move")
    cohort.tables["placements"] = pd.concat([placements, stay], ignore_index=True)
    found = cohort.one("SB-PLACE-03")
    assert found.rows == (7, 13)


def test_48_a_gap_between_placements(cohort):
    moved(cohort, 1, "2021-05-01", "2021-06-13")
    found = cohort.one("SB-PLACE-04")
    assert (found.severity, found.table, found.column, found.rows) == ("warn", "placements.csv", "start", (13,))
    assert "43 days" in found.what


def test_48_time_at_home_is_no_gap(cohort):
    moved(cohort, 1, "2021-05-01", "2021-06-13", reason="returned home")
    assert cohort.check() == ()


def test_52_a_placement_type_that_nobody_knows(cohort):
    cohort.tables["placements"].loc[[1, 4], "type"] = "fostre"
    found = cohort.one("SB-PLACE-08")
    assert (found.severity, found.table, found.column, found.rows) == ("stop", "placements.csv", "type", (2, 5))
    assert "'fostre' (2 rows; perhaps 'foster')" in found.what
    assert "kinship" in found.fix


def test_52_other_spellings_are_known(cohort):
    cohort.tables["placements"].loc[[1, 4, 6], "type"] = ["Foster care", "FOSTER", "connected person"]
    assert cohort.read().placements["type"].iloc[[1, 4, 6]].tolist() == ["foster", "foster", "kinship"]


def test_52_a_word_that_resembles_nothing_is_not_shown(cohort):
    cohort.tables["placements"].loc[1, "type"] = "Kestrel"
    found = cohort.one("SB-PLACE-08")
    assert "not shown" in found.what


def test_52_an_unknown_end_reason(cohort):
    cohort.tables["placements"].loc[3, ["end", "end_reason"]] = ["2023-01-10", "brakedown"]
    found = cohort.one("SB-STUDY-10")
    assert (found.severity, found.column, found.rows) == ("stop", "end_reason", (4,))
    assert "'breakdown'" in found.what


@pytest.mark.parametrize(
    ("end", "reason", "column"),
    [("", "breakdown", "end"), ("2022-01-01", "", "end_reason")],
    ids=["no end", "no why"],
)
def test_53_a_reason_without_an_end_and_the_reverse(cohort, end, reason, column):
    cohort.tables["placements"].loc[[7, 9], ["end", "end_reason"]] = [end, reason]
    found = cohort.one("SB-PLACE-09")
    assert (found.severity, found.table, found.column, found.rows) == ("stop", "placements.csv", column, (8, 10))


@pytest.mark.parametrize("start", ["2012-01-03", "2030-03-01"], ids=["before birth", "after 18"])
def test_54_a_start_outside_childhood(cohort, start):
    cohort.tables["placements"].loc[2, "start"] = start
    cohort.study["data_freeze"] = "2031-01-01"
    cohort.tables["children"].loc[2, "birth_date"] = "2012-01-15" if start < "2013" else "2011-12-01"
    found = cohort.one("SB-PLACE-10")
    assert (found.severity, found.table, found.column, found.rows) == ("stop", "placements.csv", "start", (3,))


def test_56_far_too_many_starts_on_new_years_day(cohort):
    cohort.tables["placements"].loc[[0, 3, 5, 7, 8], "start"] = "2020-01-01"
    found = cohort.one("SB-PLACE-12")
    assert (found.severity, found.column, found.rows) == ("warn", "start", (1, 4, 6, 8, 9))
    assert "42%" in found.what


def test_a_placement_without_a_start(cohort):
    cohort.tables["placements"].loc[2, "start"] = ""
    found = cohort.one("SB-PLACE-30")
    assert (found.severity, found.column, found.rows) == ("stop", "start", (3,))
