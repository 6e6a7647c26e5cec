"""Where: rows that become spells, rule by rule, for a plain table and for a return."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from securebase_analysis.errors import ModelError
from securebase_analysis.study.spells import SpellRules, placement_history
from securebase_analysis.study.study import read_study


def plain(*rows: tuple, **columns: list) -> pd.DataFrame:
    """Placements of one table: child, carer, start, end."""
    frame = pd.DataFrame(rows, columns=["child", "carer", "start", "end"]).assign(**columns)
    return frame.assign(start=pd.to_datetime(frame["start"]), end=pd.to_datetime(frame["end"]))


def episodes(*rows: tuple, **columns: list) -> pd.DataFrame:
    """Episodes of one child of a return: start, end, RNE, LS, PLACE, URN, PL_POST, REC, REASON_PLACE_CHANGE."""
    names = ["start", "end", "RNE", "LS", "PLACE", "URN", "PL_POST", "REC", "REASON_PLACE_CHANGE"]
    padded = [(*row, *([""] * (len(names) - len(row)))) for row in rows]
    frame = pd.DataFrame(padded, columns=names).assign(child=7, **columns)
    return frame.assign(start=pd.to_datetime(frame["start"]), end=pd.to_datetime(frame["end"]))


def spans(history) -> list[tuple]:
    """Carer, first and last day of every spell."""
    frame = history.spells
    ends = frame["end"].dt.strftime("%Y-%m-%d").fillna("")
    return list(zip(frame["carer"], frame["start"].dt.strftime("%Y-%m-%d"), ends))


def account_agrees(history) -> None:
    """Before and after, rule by rule and as a whole."""
    table = history.before_after
    for what in ("rows", "events", "days"):
        counted = table.dropna(subset=[f"{what}_before", f"{what}_changed"])
        assert (counted[f"{what}_before"] + counted[f"{what}_changed"] == counted[f"{what}_after"]).all()
        assert (table[f"{what}_before"].iloc[1:].to_numpy() == table[f"{what}_after"].iloc[:-1].to_numpy()).all()
    if len(table):
        assert table["rows_after"].iloc[-1] == len(history.spells)
    assert history.spells["n_rows"].sum() == len(history.episodes)


# --- the plain table ------------------------------------------------------------------------------------------


def test_one_placement_is_one_spell():
    history = placement_history(plain(("a", "x", "2020-01-01", "2020-03-01")))
    row = history.spells.iloc[0]
    assert (row["days"], row["open"], row["n_rows"], row["period"], row["kind"]) == (60, False, 1, 1, "placement")
    assert len(history.moves) == 0


def test_49_a_row_that_goes_on_with_the_same_carer_is_no_move():
    history = placement_history(
        plain(("a", "x", "2020-01-01", "2020-03-01"), ("a", "x", "2020-03-01", "2020-06-01"))
    )
    assert spans(history) == [("x", "2020-01-01", "2020-06-01")]
    assert history.spells["n_rows"].tolist() == [2]
    found = next(problem for problem in history.problems if problem.code == "SB-PLACE-05")
    assert (found.severity, found.table, found.column, found.rows) == ("note", "placements", "start", (2,))
    assert found.fix == 'rules={"legal_change_same_carer": "keep"}'
    account_agrees(history)


def test_the_same_carer_under_another_type_is_a_change_of_placement():
    rows = (("a", "x", "2020-01-01", "2020-03-01"), ("a", "x", "2020-03-01", "2020-06-01"))
    table = plain(*rows, type=["foster", "kinship"])
    history = placement_history(table)
    assert spans(history) == [("x", "2020-01-01", "2020-06-01")]
    assert history.moves[["change", "from_type", "to_type", "row_before", "row"]].values.tolist() == [
        ["placement", "foster", "kinship", 1, 2]
    ]
    apart = placement_history(table, rules={"placement_change_same_carer": "keep"})
    assert apart.spells["type"].tolist() == ["foster", "kinship"]
    assert len(placement_history(table, rules={"legal_change_same_carer": "keep"}).spells) == 1


def test_51_a_weekend_away_is_respite():
    table = plain(
        ("a", "x", "2020-01-01", "2020-03-06"),
        ("a", "y", "2020-03-06", "2020-03-09"),
        ("a", "x", "2020-03-09", None),
    )
    history = placement_history(table, freeze="2020-12-31")
    assert spans(history) == [("x", "2020-01-01", "")]
    assert len(history.moves) == 0
    assert history.episodes["part"].tolist() == ["", "respite", "return"]
    found = next(problem for problem in history.problems if problem.code == "SB-PLACE-07")
    assert (found.rows, found.fix) == ((2,), 'rules={"respite_days": 0}')
    account_agrees(history)
    longer = placement_history(table, freeze="2020-12-31", rules={"respite_days": 2})
    assert len(longer.spells) == 3
    assert longer.moves["change"].tolist() == ["carer", "carer"]


def test_51_a_weekend_away_inside_a_stay_does_not_cut_it():
    rows = (("a", "x", "2020-01-01", "2020-12-01"), ("a", "y", "2020-03-06", "2020-03-08"))
    history = placement_history(plain(*rows), rules={"overlap": "end_first"})
    assert spans(history) == [("x", "2020-01-01", "2020-12-01")]
    assert history.before_after["days_after"].iloc[-1] == 335
    account_agrees(history)


def test_51_a_short_stay_that_is_not_followed_by_a_return_is_a_move():
    history = placement_history(
        plain(
            ("a", "x", "2020-01-01", "2020-03-06"),
            ("a", "y", "2020-03-06", "2020-03-08"),
            ("a", "z", "2020-03-08", "2020-09-01"),
        )
    )
    assert history.moves["change"].tolist() == ["carer", "carer"]


def test_51_of_stays_that_alternate_the_one_around_is_no_respite():
    history = placement_history(
        plain(
            ("a", "x", "2020-01-01", "2020-03-01"),
            ("a", "y", "2020-03-01", "2020-03-03"),
            ("a", "x", "2020-03-03", "2020-03-05"),
            ("a", "y", "2020-03-05", "2020-09-01"),
        )
    )
    assert spans(history) == [("x", "2020-01-01", "2020-03-05"), ("y", "2020-03-05", "2020-09-01")]


def test_51_respite_within_respite_is_found_until_none_is_left():
    carers = ["w", "x", "a", "r", "a", "x", "w"]
    days = [
        "2020-01-01",
        "2020-06-01",
        "2020-06-02",
        "2020-06-03",
        "2020-06-04",
        "2020-06-05",
        "2020-06-06",
        "2020-12-01",
    ]
    table = plain(*(("c", carer, *days[place : place + 2]) for place, carer in enumerate(carers)))
    history = placement_history(table, rules={"respite_days": 10})
    assert spans(history) == [("w", "2020-01-01", "2020-12-01")]
    account_agrees(history)


def test_48_gaps_of_a_day_are_closed_and_longer_ones_kept():
    history = placement_history(
        plain(
            ("a", "x", "2020-01-01", "2020-03-01"),
            ("a", "x", "2020-03-02", "2020-05-01"),
            ("a", "x", "2020-06-13", "2020-09-01"),
        )
    )
    assert spans(history) == [("x", "2020-01-01", "2020-05-01"), ("x", "2020-06-13", "2020-09-01")]
    assert history.spells["gap_before"].tolist() == [0, 43]
    assert history.repairs.set_index("rule").loc["gap_days", "days_changed"] == 1
    account_agrees(history)
    assert placement_history(plain(("a", "x", "2020-01-01", "2020-03-01"), ("a", "x", "2020-03-02", None)),
                             rules={"gap_days": 0}).spells["n_rows"].tolist() == [1, 1]  # fmt: skip


def test_re_entry_begins_a_new_period_and_is_no_move_of_carer():
    rows = (("a", "x", "2020-01-01", "2020-03-01"), ("a", "y", "2020-05-01", None))
    table = plain(*rows, end_reason=["returned home", None])
    history = placement_history(table)
    assert history.spells["period"].tolist() == [1, 2]
    assert history.spells["gap_before"].tolist() == [0, 0]
    assert history.spells["left_care"].tolist() == [True, False]
    assert history.moves["change"].tolist() == ["re-entry"]
    again = placement_history(plain(("a", "x", "2020-01-01", "2020-03-01"), ("a", "x", "2020-03-01", None),
                                    end_reason=["returned home", None]))  # fmt: skip
    assert len(again.spells) == 2  # the same carer after an exit is another spell
    kept = placement_history(table, rules={"re_entry": "same_period"})
    assert (kept.spells["period"].tolist(), kept.spells["gap_before"].tolist()) == ([1, 1], [0, 61])


def test_an_exit_after_the_next_placement_began_is_no_exit_before_it():
    rows = (("a", "x", "2020-01-01", "2020-03-01"), ("a", "y", "2020-02-20", None))
    history = placement_history(plain(*rows, end_reason=["returned home", None]))
    assert history.spells["period"].tolist() == [1, 1]
    assert history.moves["change"].tolist() == ["carer"]


def test_44_open_placements_count_up_to_the_freeze():
    table = plain(("a", "x", "2020-01-01", None), ("b", "y", "2020-02-01", "2020-05-01"))
    assert placement_history(table).spells["days"].tolist() == [121, 90]  # up to the latest date seen
    history = placement_history(table, freeze="2020-03-31")
    assert history.spells["open"].tolist() == [True, True]
    assert history.spells["days"].tolist() == [90, 59]
    late = placement_history(table, freeze="2020-01-15")
    assert len(late.spells) == 1
    assert late.set_aside[["row", "why"]].values.tolist() == [[2, "starts after the data freeze"]]
    assert [problem.code for problem in late.problems if problem.severity == "warn"] == ["SB-PLACE-61"]


def test_children_of_two_sites_with_one_name_are_two_children():
    table = plain(("a", "x", "2020-01-01", None), ("a", "x", "2020-02-01", None), site=["North", "South"])
    history = placement_history(table)
    assert history.spells[["site", "child"]].values.tolist() == [["North", "a"], ["South", "a"]]
    assert len(history.moves) == 0


def test_a_study_gives_its_placements_freeze_and_birth_dates():
    study = read_study("data/sample")
    history = placement_history(study)
    assert history.freeze == study.data_freeze
    assert history.spells["n_rows"].sum() == len(study.placements)
    account_agrees(history)


def test_nothing_that_is_given_is_changed():
    table = plain(("a", "x", "2020-01-01", "2020-03-01"), ("a", "y", "2020-02-01", None))
    before = table.copy(deep=True)
    history = placement_history(table, rules={"overlap": "end_first"})
    pd.testing.assert_frame_equal(table, before)
    spells = history.spells
    spells["carer"] = "z"
    assert history.spells["carer"].tolist() == ["x", "y"]


def test_no_rows_give_no_spells():
    history = placement_history(plain().iloc[:0].astype({"start": "datetime64[us]", "end": "datetime64[us]"}),
                                freeze="2020-01-01")  # fmt: skip
    assert len(history.spells) == len(history.moves) == len(history.episodes) == 0


# --- the return -----------------------------------------------------------------------------------------------


def test_a_return_merges_the_same_carer_and_numbers_carers():
    history = placement_history(
        episodes(
            ("2019-05-01", "2019-06-01", "S", "C1", "U6", "1", "A", "X1"),
            ("2019-06-01", "2019-07-01", "L", "C2", "U6", "1", "A", "X1"),
            ("2019-07-01", "2019-08-01", "T", "C2", "U4", "1", "A", "X1", "STAND"),
            ("2019-08-01", "2019-09-01", "U", "E1", "A3", "1", "A", "X1", "CARPL"),
            ("2019-09-01", "2019-10-01", "P", "E1", "U6", "2", "B", "X1", "ALLEG"),
            ("2019-10-01", None, "B", "C2", "K2", "3", "C", ""),
        )
    )
    assert history.spells["n_rows"].tolist() == [4, 1, 1]
    assert history.spells["carer"].nunique() == 3
    assert history.moves["change"].tolist() == ["placement", "placement", "carer", "carer"]
    assert history.moves["reason"].astype("str").fillna("").tolist() == [
        "",
        "STAND",
        "CARPL",
        "ALLEG",
    ]  # of the row that ended
    assert history.moves["began"].tolist() == ["T", "U", "P", "B"]
    account_agrees(history)


def test_a_return_takes_back_from_hospital_as_the_same_stay():
    rows = [
        ("2019-05-01", "2019-06-01", "S", "C2", "U6", "1", "A", "X1"),
        ("2019-06-01", "2019-06-10", "P", "C2", "T1", "", "", "X1"),
        ("2019-06-10", "2019-06-12", "P", "C2", "T4", "", "", "X1"),
        ("2019-06-12", "2019-09-01", "P", "C2", "U6", "1", "A", "X1"),
        ("2019-09-01", None, "L", "E1", "U6", "1", "A", ""),
    ]
    history = placement_history(episodes(*rows))
    assert history.spells["n_rows"].tolist() == [5]
    assert history.episodes["part"].tolist() == ["", "temporary", "temporary", "return", ""]
    assert len(history.moves) == 0
    account_agrees(history)
    kept = placement_history(episodes(*rows), rules={"temporary": "keep"})
    assert kept.spells["kind"].tolist() == ["placement", "temporary", "temporary", "placement"]
    elsewhere = [*rows[:3], ("2019-06-12", None, "P", "C2", "U6", "2", "B", "")]
    moved = placement_history(episodes(*elsewhere))
    assert moved.spells["kind"].tolist() == ["placement", "temporary", "temporary", "placement"]
    assert "SB-PLACE-65" in [problem.code for problem in moved.problems]


def test_short_breaks_stand_apart():
    history = placement_history(
        episodes(
            ("2019-05-01", "2019-05-03", "S", "V4", "U6", "1", "A", "E4A"),
            ("2019-06-01", "2019-06-03", "S", "V4", "U6", "1", "A", "X1"),
            ("2019-06-03", None, "L", "C2", "U6", "1", "A", ""),
        )
    )
    assert history.spells["kind"].tolist() == ["short breaks", "short breaks", "placement"]
    assert not history.moves["change"].isin(["carer", "placement"]).any()
    together = placement_history(
        episodes(("2019-06-01", "2019-06-03", "S", "V4"), ("2019-06-03", None, "L", "C2")),
        rules={"short_breaks": "as_placements"},
    )
    assert together.spells["n_rows"].tolist() == [2]


def test_a_row_that_starts_care_begins_a_period():
    history = placement_history(
        episodes(("2019-05-01", "2019-06-01", "S", "C2", "U6"), ("2019-06-01", None, "S", "C2", "U6"))
    )
    assert history.spells["period"].tolist() == [1, 2]


def test_a_return_closes_on_31_march():
    history = placement_history(episodes(("2019-05-01", "2021-04-01", "S", "C2", "U6")))
    assert str(history.freeze.date()) == "2021-03-31"
    assert str(history.observed_from.date()) == "2020-04-01" or history.observed_from.year == 2021
    assert history.spells["open"].tolist() == [True]
    assert "SB-PLACE-60" in [problem.code for problem in history.problems]


def test_seen_from_is_where_delayed_entry_begins():
    history = placement_history(episodes(("2015-05-01", None, "S", "C2", "U6")), observed_from="2017-04-01",
                                freeze="2019-03-31")  # fmt: skip
    assert history.spells["seen_from"].dt.strftime("%Y-%m-%d").tolist() == ["2017-04-01"]
    assert "SB-PLACE-13" in [problem.code for problem in history.problems]


# --- options --------------------------------------------------------------------------------------------------


def test_rules_are_words_and_say_where_they_come_from():
    table = SpellRules(respite_days=0).frame
    assert table.set_index("rule").loc["respite_days", ["value", "default"]].tolist() == [0, 3]
    assert (table["source"].str.len() > 20).all()
    with pytest.raises(ModelError, match="two_open"):
        placement_history(plain(("a", "x", "2020-01-01", None)), rules={"two_opn": "keep"})
    with pytest.raises(ModelError, match="end_first"):
        placement_history(plain(("a", "x", "2020-01-01", None)), rules={"overlap": "end_frst"})
    with pytest.raises(ModelError, match="number of days"):
        SpellRules(gap_days=-1)
    with pytest.raises(ModelError, match="carer"):
        placement_history(pd.DataFrame({"child": ["a"], "start": ["2020-01-01"]}))
    with pytest.raises(ModelError, match="no table of placements"):
        placement_history(3)


def test_dates_as_text_are_read():
    table = plain(("a", "x", "2020-01-25", "2020-03-01")).assign(start=["25/01/2020"], end=["01/03/2020"])
    history = placement_history(table, date_order="dmy")
    assert history.spells["days"].tolist() == [36]


def test_the_account_refuses_what_does_not_agree():
    from securebase_analysis.study.spells.account import Account, Count

    account = Account(0, Count(2, 3, 1, 10.0))
    with pytest.raises(AssertionError, match="does not agree"):
        account.enter("a rule", Count(2, 2, 1, 9.0), -1)
    with pytest.raises(AssertionError, match="does not agree"):
        account.enter("a rule", Count(1, 3, 1, 10.0))


def test_a_history_of_a_simulated_study_says_so():
    assert placement_history(read_study("data/sample")).simulated
    assert not placement_history(plain(("a", "x", "2020-01-01", None))).simulated


def test_it_shows_counts_and_no_child():
    history = placement_history(plain(("kestrel", "x", "2020-01-01", None)))
    assert "1 row as 1 spell of 1 child" in repr(history)
    assert "kestrel" not in history._repr_html_()
    assert isinstance(history.spells["days"].iloc[0], np.floating)
