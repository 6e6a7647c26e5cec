"""Where: cases 22 to 31 and 45 to 57 of the catalogue at the door of a placement history, with rows and fix."""

from __future__ import annotations

import pandas as pd
import pytest

from securebase_analysis.errors import DataError, ModelError
from securebase_analysis.study.spells import placement_history
from securebase_analysis.study.stability import placement_stability

BIRDS = ["kestrel", "dunnock", "siskin", "wagtail", "bunting", "warbler"]


def cohort(**changes: list) -> pd.DataFrame:
    """Six children, one placement each, in order."""
    table = pd.DataFrame(
        {
            "child": BIRDS,
            "carer": [f"K{place}" for place in range(6)],
            "type": "foster",
            "start": [f"2020-0{month}-10" for month in range(2, 8)],
            "end": [f"2021-0{month}-10" for month in range(2, 8)],
            "end_reason": "planned move",
        }
    )
    return table.assign(**changes)


def two_rows(*rows: tuple) -> pd.DataFrame:
    """Placements of the first child: carer, start, end."""
    frame = pd.DataFrame(rows, columns=["carer", "start", "end"])
    return frame.assign(child="kestrel", type="foster")


def as_return(table: pd.DataFrame) -> pd.DataFrame:
    """The same as episodes with codes."""
    table = table.rename(columns={"start": "DECOM", "end": "DEC", "end_reason": "REC", "type": "PLACE"})
    for name in ("DECOM", "DEC"):
        table[name] = pd.to_datetime(table[name])
    return table.assign(RNE="S")


def one(found, code: str):
    """The only problem with a code; whatever is said, no child is named."""
    assert not [child for child in BIRDS for problem in found if child in str(problem)]
    told = [problem for problem in found if problem.code == code]
    assert len(told) == 1, [str(problem) for problem in found]
    assert told[0].fix
    return told[0]


def stopped(table: pd.DataFrame, **options) -> tuple:
    with pytest.raises(DataError) as error:
        placement_history(table, **options)
    return error.value.problems


def test_a_cohort_in_order_says_only_what_was_assumed():
    assert [problem.code for problem in placement_history(cohort()).problems] == ["SB-PLACE-60"]
    assert placement_history(cohort(), freeze="2022-01-01").problems == ()


def test_45_end_before_start():
    table = cohort(end=["2021-02-10", "2020-01-02", *[None] * 4], end_reason=["planned move"] * 2 + [None] * 4)
    found = one(stopped(table), "SB-PLACE-01")
    assert (found.severity, found.column, found.rows) == ("stop", "end", (2,))
    history = placement_history(as_return(table.drop(columns="end_reason")))
    found = one(history.problems, "SB-PLACE-01")
    assert (found.severity, found.rows) == ("warn", (2,))
    assert history.set_aside["row"].tolist() == [2]
    assert history.before_after.iloc[0][["rule", "rows_before", "rows_after"]].tolist() == ["impossible", 6, 5]


def test_45_several_stop_together():
    table = cohort(child=[None, *BIRDS[1:]], start=["2020-02-10", None, *["2022-01-01"] * 4])
    problems = stopped(table)
    assert {problem.code for problem in problems} == {"SB-ID-09", "SB-PLACE-30", "SB-PLACE-01"}
    assert one(problems, "SB-ID-09").rows == (1,)
    assert one(problems, "SB-PLACE-30").rows == (2,)


def test_46_two_open_placements():
    table = two_rows(("K1", "2020-01-04", None), ("K2", "2020-03-10", None))
    history = placement_history(table, freeze="2020-12-31")
    found = one(history.problems, "SB-PLACE-02")
    assert (found.severity, found.column, found.rows) == ("warn", "end", (1, 2))
    assert history.spells["open"].tolist() == [False, True]
    assert history.repairs.set_index("rule").loc["two_open", "n_rows"] == 1
    kept = placement_history(table, freeze="2020-12-31", rules={"two_open": "keep"})
    assert kept.spells["open"].tolist() == [True, True]
    assert one(kept.problems, "SB-PLACE-02").done == "Both were kept."


def test_47_overlap_shows_both_rows():
    table = two_rows(("K1", "2020-01-04", "2020-03-31"), ("K2", "2020-03-10", "2020-09-01"))
    history = placement_history(table)
    found = one(history.problems, "SB-PLACE-03")
    assert (found.severity, found.column, found.rows) == ("warn", "start", (1, 2))
    assert "rows 1 and 2 by 21 days" in found.what
    assert found.fix == 'rules={"overlap": "end_first"}'
    assert history.spells["days"].tolist() == [87, 175]
    cut = placement_history(table, rules={"overlap": "end_first"})
    assert cut.spells["days"].tolist() == [66, 175]
    assert one(cut.problems, "SB-PLACE-03").rows == (1, 2)


def test_47_an_overlap_that_a_joining_rule_took_in_is_still_told():
    history = placement_history(two_rows(("K1", "2020-01-04", "2020-03-31"), ("K1", "2020-03-10", "2020-09-01")))
    assert len(history.spells) == 1
    assert "1 pair is part of one stay" in one(history.problems, "SB-PLACE-03").done


def test_48_gap():
    history = placement_history(two_rows(("K1", "2020-01-04", "2020-03-31"), ("K2", "2020-05-13", "2020-09-01")))
    found = one(history.problems, "SB-PLACE-04")
    assert (found.severity, found.column, found.rows) == ("warn", "start", (2,))
    assert "43 days" in found.what


def test_50_one_placement_id_with_two_carers():
    found = one(
        placement_history(cohort(placement_id=["P1", "P2", "P1", "P3", "P4", "P5"])).problems, "SB-PLACE-06"
    )
    assert (found.severity, found.column, found.rows) == ("warn", "placement_id", (1, 3))
    assert "P1" not in str(found)


def test_52_a_type_that_looks_like_a_slip():
    found = one(placement_history(cohort(type=["foster", "fostre", *["kinship"] * 4])).problems, "SB-PLACE-08")
    assert (found.severity, found.column, found.rows) == ("warn", "type", (2,))
    assert "'foster'" in found.fix


def test_52_types_of_another_country_are_no_slips():
    assert placement_history(cohort(type="beredskapshjem"), freeze="2022-01-01").problems == ()


def test_53_a_reason_without_an_end():
    table = cohort(end=[None, *cohort()["end"][1:]])
    found = one(stopped(table), "SB-PLACE-09")
    assert (found.severity, found.column, found.rows) == ("stop", "end", (1,))
    history = placement_history(as_return(table.assign(end_reason="E4A")))
    found = one(history.problems, "SB-PLACE-09")
    assert (found.severity, found.rows) == ("warn", (1,))
    assert history.spells["open"].sum() == 1


def test_53_an_end_without_a_reason():
    found = one(placement_history(cohort(end_reason=[None, *["breakdown"] * 5])).problems, "SB-PLACE-09")
    assert (found.severity, found.column, found.rows) == ("warn", "end_reason", (1,))


def test_54_outside_childhood():
    births = ["2020-02-22", "2001-01-01", *["2012-01-01"] * 4]
    problems = stopped(cohort(birth_date=births))
    told = [(problem.code, problem.rows) for problem in problems if problem.code == "SB-PLACE-10"]
    assert told == [("SB-PLACE-10", (1,)), ("SB-PLACE-10", (2,))]
    children = pd.DataFrame({"child": BIRDS, "dob": births})
    history = placement_history(as_return(cohort().drop(columns="end_reason")), children=children)
    assert [problem.severity for problem in history.problems if problem.code == "SB-PLACE-10"] == ["warn", "warn"]


def test_55_a_placement_without_a_night():
    history = placement_history(cohort(end=["2020-02-10", *cohort()["end"][1:]]))
    found = one(history.problems, "SB-PLACE-11")
    assert (found.severity, found.column, found.rows) == ("warn", "end", (1,))
    assert history.spells["days"].iloc[history.spells["row"].tolist().index(1)] == 0.5
    kept = placement_history(cohort(end=["2020-02-10", *cohort()["end"][1:]]), rules={"zero_day": "keep"})
    assert kept.spells["days"].min() == 0


def test_56_placeholder_dates():
    history = placement_history(cohort(start=["2020-01-01"] * 5 + ["2020-05-05"]))
    found = one(history.problems, "SB-PLACE-12")
    assert (found.severity, found.column, found.rows) == ("warn", "start", (1, 2, 3, 4, 5))
    assert "83%" in found.what


def test_57_placements_that_had_begun_before_the_data():
    found = one(placement_history(cohort(), observed_from="2020-04-01").problems, "SB-PLACE-13")
    assert (found.severity, found.column, found.rows) == ("note", "start", (1, 2))
    assert "seen_from" in found.done


def children_of_one_carer(n_children: int) -> pd.DataFrame:
    """Each with two placements that follow one another, all with one carer and in the same months."""
    return pd.DataFrame(
        {
            "child": [f"{BIRDS[place % 6]}{place}" for place in range(n_children) for _ in range(2)],
            "carer": "Oak Lane",
            "type": "foster",
            "start": ["2020-02-10", "2020-08-10"] * n_children,
            "end": ["2020-08-10", "2021-02-10"] * n_children,
        }
    )


def test_an_agency_in_place_of_the_carer_hides_moves_and_is_told():
    history = placement_history(children_of_one_carer(10), freeze="2021-06-30")
    told = one(history.problems, "SB-PLACE-79")
    assert told.what == "1 carer has 10 children or more at one time, up to 10."
    assert (told.severity, told.column, len(told.rows)) == ("warn", "carer", 10)
    assert told.done.startswith("10 rows of their children")


def test_a_family_with_many_children_is_no_agency_and_a_day_of_change_counts_once():
    """Nine children; on the day of change the first placements have ended when the second begin."""
    history = placement_history(children_of_one_carer(9), freeze="2021-06-30")
    assert "SB-PLACE-79" not in [problem.code for problem in history.problems]


def test_placements_without_a_carer_are_told():
    found = one(placement_history(cohort(carer=[None, "K1", "", "K3", "K4", "K5"])).problems, "SB-PLACE-63")
    assert (found.severity, found.column, found.rows) == ("warn", "carer", (1, 3))
    assert one(placement_history(cohort().drop(columns="carer")).problems, "SB-PLACE-63").severity == "warn"


def test_rows_of_a_return_without_a_known_code():
    table = as_return(cohort().drop(columns="end_reason")).assign(RNE=["S", "", "Q", "S", "S", "S"])
    found = one(placement_history(table).problems, "SB-PLACE-64")
    assert (found.severity, found.column, found.rows) == ("warn", "RNE", (2, 3))


def test_a_code_that_says_another_thing_than_the_type():
    table = as_return(two_rows(("K1", "2020-01-04", "2020-03-10"), ("K1", "2020-03-10", "2020-09-01")))
    table = table.assign(RNE=["S", "L"], PLACE=["U6", "K2"])
    found = one(placement_history(table).problems, "SB-PLACE-62")
    assert (found.severity, found.column, found.rows) == ("warn", "RNE", (2,))


def test_a_year_that_stands_for_no_end():
    table = cohort(
        start=pd.to_datetime(cohort()["start"]), end=pd.to_datetime(["9999-12-31"] * 6).astype("M8[us]")
    )
    history = placement_history(table.drop(columns="end_reason"), freeze="2021-12-31")
    found = one(history.problems, "SB-PLACE-68")
    assert (found.severity, found.column, found.rows) == ("warn", "end", (1, 2, 3, 4, 5, 6))
    assert history.spells["open"].all()


def test_row_numbers_are_those_of_the_table_whatever_the_order_and_index():
    table = two_rows(("K2", "2020-03-10", "2020-09-01"), ("K1", "2020-01-04", "2020-03-31"))
    table.index = [10, 4]
    found = one(placement_history(table).problems, "SB-PLACE-03")
    assert found.rows == (1, 2)
    assert "rows 2 and 1" in found.what


# --- who is who (22 to 31) --------------------------------------------------------------------------------------


def in_cohort(code: str, **options):
    """The only problem with a code of a table."""
    return one(placement_history(**options).problems, code)


def test_22_a_row_twice_counts_once():
    table = pd.concat([cohort(), cohort().iloc[[2]]], ignore_index=True)
    found = in_cohort("SB-ID-01", data=table)
    assert (found.severity, found.column, found.rows) == ("warn", "child", (7,))
    history = placement_history(table)
    assert history.set_aside[["row", "why"]].values.tolist() == [[7, "same as another row"]]
    assert len(history.spells) == 6
    assert history.repairs.set_index("rule").loc["repeated", "n_rows"] == 1


def test_23_two_rows_of_one_day_that_differ():
    table = pd.concat([cohort(), cohort().iloc[[2]].assign(end="2021-09-10")], ignore_index=True)
    found = in_cohort("SB-ID-02", data=table)
    assert (found.severity, found.column, found.rows) == ("warn", "start", (3, 7))
    assert len(placement_history(table).episodes) == 7


def test_24_ids_in_several_sites():
    table = cohort(child=["kestrel", "kestrel", *BIRDS[2:]], site=["Leeds", "Hull", *["Leeds"] * 4])
    found = in_cohort("SB-ID-03", data=table)
    assert (found.severity, found.column, found.rows) == ("note", "child", (1, 2))
    assert len(placement_history(table).spells) == 6


def test_25_ids_as_text_and_as_number():
    found = in_cohort("SB-ID-04", data=cohort(child=[12, "012", *BIRDS[2:]]))
    assert (found.severity, found.column, found.rows) == ("warn", "child", (1, 2))
    children = pd.DataFrame({"child": ["012", *BIRDS[1:]], "birth_date": "2012-01-01"})
    problems = placement_history(cohort(child=["12", *BIRDS[1:]]), children=children).problems
    unlinked = next(problem for problem in problems if problem.code == "SB-ID-05" and problem.severity == "warn")
    assert unlinked.rows == (1,)
    assert "1 id fits without zeros" in unlinked.what


def test_26_children_who_are_not_in_the_other_table():
    children = pd.DataFrame({"child": ["stranger", *BIRDS[1:]], "birth_date": "2012-01-01"})
    problems = placement_history(cohort(), children=children).problems
    told = [(p.severity, p.table, p.rows) for p in problems if p.code == "SB-ID-05"]
    assert told == [("warn", "placements", (1,)), ("note", "children", (1,))]


def test_27_ids_that_look_alike():
    found = in_cohort("SB-ID-06", data=cohort(child=["C01", "CO1", "\u0421O1", *BIRDS[3:]]))
    assert (found.severity, found.column, found.rows) == ("warn", "child", (1, 2, 3))
    carers = in_cohort("SB-ID-06", data=cohort(carer=["Smith", "smith", "K2", "K3", "K4", "K5"]))
    assert (carers.column, carers.rows) == ("carer", (1, 2))


def test_28_birth_dates_that_differ_are_not_chosen_from():
    table = pd.concat([cohort(), cohort().iloc[[0]].assign(start="2021-02-10", end="2021-05-01")])
    births = [*["2012-01-01"] * 6, "2011-01-01"]
    found = in_cohort("SB-ID-07", data=table.assign(birth_date=births))
    assert (found.severity, found.column, found.rows) == ("warn", "birth_date", (1, 7))
    children = pd.DataFrame({"child": [*BIRDS, "kestrel"], "birth_date": births})
    found = in_cohort("SB-ID-07", data=cohort(), children=children)
    assert (found.table, found.rows) == ("children", (1, 7))
    one_child = table.assign(birth_date=births).iloc[[0, 6]]
    for history in (
        placement_history(one_child, freeze="2022-03-31"),
        placement_history(
            one_child.drop(columns="birth_date"), freeze="2022-03-31", children=children.iloc[[0, 6]]
        ),
    ):
        with pytest.raises(ModelError, match="SB-PLACE-71"):
            placement_stability(history, "same_carer_two_years")


def test_29_one_child_twice():
    table = cohort(
        carer="K1", start="2020-02-10", birth_date=["2012-01-01"] * 2 + [f"2013-0{m}-01" for m in range(1, 5)]
    )
    found = in_cohort("SB-ID-08", data=table)
    assert (found.severity, found.column, found.rows) == ("warn", "child", (1, 2))
    twins = table.assign(sibling_group=["S1", "S1", *[None] * 4])
    assert "SB-ID-08" not in {problem.code for problem in placement_history(twins).problems}


def test_30_no_child():
    found = one(stopped(cohort(child=[None, "", *BIRDS[2:]])), "SB-ID-09")
    assert (found.severity, found.column, found.rows) == ("stop", "child", (1, 2))
    assert one(stopped(cohort(child=[None] * 6)), "SB-ID-09").rows == (1, 2, 3, 4, 5, 6)
    history = placement_history(as_return(cohort(child=[None] * 6)), freeze="2022-03-31")
    assert (len(history.spells), len(history.set_aside)) == (0, 6)


def test_31_siblings_with_different_carers():
    found = in_cohort("SB-ID-10", data=cohort(sibling_group=["S1", "S1", "S2", "S2", None, None]))
    assert (found.severity, found.column, found.rows) == ("warn", "sibling_group", (1, 2, 3, 4))
    children = pd.DataFrame({"child": BIRDS, "siblings": ["S1", "S1", *[None] * 4]})
    assert in_cohort("SB-ID-10", data=cohort(), children=children).rows == (1, 2)


# --- tables, codes and options ----------------------------------------------------------------------------------


def test_a_column_that_stands_twice_and_cells_that_are_lists():
    twice = pd.concat([cohort(), cohort()[["carer"]]], axis=1)
    found = one(stopped(twice), "SB-FILE-07")
    assert (found.severity, found.column) == ("stop", "carer")
    found = one(stopped(cohort(carer=[["K1"], *cohort()["carer"][1:]])), "SB-FILE-18")
    assert (found.severity, found.column, found.rows) == ("stop", "carer", (1,))


def test_codes_of_a_bare_return_in_small_letters_are_the_codes():
    table = as_return(two_rows(("K1", "2020-01-04", "2020-03-10"), ("K1", "2020-03-10", "2020-03-12")))
    table = table.assign(RNE=["s", " p"], LS=["c2", "v4"], PLACE=["u6", "t3"], REC=["x1", "e4a"])
    history = placement_history(table)
    told = [(problem.column, problem.rows) for problem in history.problems if problem.code == "SB-FILE-19"]
    assert told == [("RNE", (1, 2)), ("LS", (1, 2)), ("PLACE", (1, 2)), ("REC", (1, 2))]
    assert history.spells["kind"].tolist() == ["placement", "short breaks"]
    assert history.spells["left_care"].tolist() == [False, True]


def test_52_codes_of_a_bare_return_that_no_list_has():
    table = as_return(cohort()).assign(PLACE=["U66", *["U6"] * 5], REC=["E99", *["E4A"] * 5], LS=["C2"] * 6)
    history = placement_history(table, freeze="2022-03-31")
    assert one(history.problems, "SB-PLACE-08").rows == (1,)
    found = one(history.problems, "SB-PLACE-69")
    assert (found.severity, found.column, found.rows) == ("warn", "REC", (1,))
    assert history.spells["left_care"].tolist().count(False) == 1


def test_reasons_in_other_words():
    table = cohort(end_reason=["SGO", "Home", "disruption", "moon", "adopted", "died"])
    history = placement_history(table)
    assert history.spells.sort_values("row")["left_care"].tolist() == [True, True, False, False, True, True]
    found = one(history.problems, "SB-PLACE-69")
    assert (found.severity, found.column, found.rows) == ("warn", "end_reason", (4,))


@pytest.mark.parametrize("option", ["freeze", "observed_from"])
def test_days_that_are_none(option):
    with pytest.raises(ModelError, match=option):
        placement_history(cohort(), **{option: "soon"})
    assert placement_history(cohort(), **{"freeze": "2022-06-01", option: "31/03/2022"}).rules is not None


@pytest.mark.parametrize("option", ["freeze", "observed_from"])
@pytest.mark.parametrize("given", ["March", "31 March", "01/02/2021", "2021", pd.NaT, 5, "0021-03-31"])
def test_11_parts_of_dates_and_dates_that_could_be_two_are_no_days(option, given):
    with pytest.raises(ModelError) as error:
        placement_history(cohort(), **{option: given})
    problem = one(error.value.problems, "SB-MODEL-30")
    assert option in problem.what


def test_data_that_begin_after_they_end_are_refused():
    with pytest.raises(ModelError) as error:
        placement_history(cohort(), freeze="2022-01-01", observed_from="2022-01-01")
    assert "observed_from is not before" in one(error.value.problems, "SB-MODEL-30").what


def test_13_ends_that_are_still_to_come_are_open_and_do_not_move_the_freeze():
    ends = ["2021-02-10", "31/12/2099", "2099-12-31", "2021-05-10", "2021-06-10", "2021-07-10"]
    history = placement_history(cohort(end=ends, end_reason=["planned move", None, None, *["planned move"] * 3]))
    assert str(history.freeze.date()) == "2021-07-10"
    assert history.spells.sort_values("row")["open"].tolist() == [False, True, True, False, False, False]
    assert history.spells["days"].max() < 600
    assert one(history.problems, "SB-PLACE-61").rows == (2, 3)


def test_13_a_year_9999_as_text_is_said_to_be_open_and_not_kept():
    ends = ["2021-02-10", "31/12/9999", *["2021-05-10"] * 4]
    history = placement_history(cohort(end=ends, end_reason=["planned move", None, *["planned move"] * 4]))
    assert one(history.problems, "SB-PLACE-68").rows == (2,)
    assert "SB-FILE-13" not in [problem.code for problem in history.problems]
    assert history.spells.sort_values("row")["open"].tolist() == [False, True, *[False] * 4]


@pytest.mark.parametrize("word", ["unknown", "N/K", " not known ", "?", "-", "None"])
def test_30_a_word_for_an_unknown_carer_is_no_carer(word):
    table = cohort(carer=["K0", word, "K2", word, "K4", "K5"])
    history = placement_history(table)
    assert one(history.problems, "SB-PLACE-77").rows == (2, 4)
    assert one(history.problems, "SB-PLACE-63").rows == (2, 4)
    assert history.spells.sort_values("row")["carer"].fillna("").tolist() == ["K0", "", "K2", "", "K4", "K5"]
    one_child = two_rows((word, "2020-01-01", "2020-03-01"), (word, "2020-03-01", "2020-06-01"))
    assert len(placement_history(one_child).moves) == 1


@pytest.mark.parametrize("kind", ["str", "object", "category"])
def test_19_one_type_in_several_spellings_is_one(kind):
    types = pd.Series(["foster", "Foster ", "FOSTER", "kinship", "foster", None]).astype(kind)
    history = placement_history(cohort(type=types))
    assert history.spells["type"].value_counts().to_dict() == {"foster": 4, "kinship": 1}
    problem = one(history.problems, "SB-FILE-19")
    assert (problem.severity, problem.column, problem.rows) == ("note", "type", (2, 3))


def test_a_table_without_rows_is_refused():
    with pytest.raises(DataError) as error:
        placement_history(cohort().iloc[:0])
    assert one(error.value.problems, "SB-FILE-21").table == "placements"


@pytest.mark.parametrize(
    ("table", "fix"),
    [
        (
            pd.DataFrame(columns=["Child ID", "Carer", "Start date", "End date"]),
            "placement_history(data.rename(columns={'Child ID': 'child', 'Start date': 'start'}))",
        ),
        (
            pd.DataFrame(columns=["child", "carer1", "start1", "end1", "carer2", "start2", "end2"]),
            "pd.wide_to_long(data, ['carer', 'start', 'end'], i='child', j='number').reset_index()"
            ".dropna(subset=['start'])",
        ),
        (pd.DataFrame(columns=["child", "carer", "months"]), "placement_history(placements) with child, carer"),
    ],
)
def test_other_names_of_columns_and_wide_tables_are_told_what_to_do(table, fix):
    with pytest.raises(ModelError) as error:
        placement_history(table)
    assert one(error.value.problems, "SB-MODEL-41").fix.startswith(fix)


def test_the_fix_for_a_wide_table_works():
    wide = pd.DataFrame(
        {
            "child": ["a", "b"], "carer1": ["x", "y"], "start1": ["2020-01-01", "2020-02-01"],
            "end1": ["2020-06-01", None], "carer2": ["z", None],
            "start2": ["2020-06-01", None], "end2": [None, None],
        }
    )  # fmt: skip
    with pytest.raises(ModelError) as error:
        placement_history(wide)
    data = wide
    long = eval(error.value.problems[0].fix, {"pd": pd, "data": data})
    assert len(placement_history(long).spells) == 3


@pytest.mark.parametrize("rules", [["overlap"], "overlap", 3])
def test_rules_that_are_no_mapping(rules):
    with pytest.raises(ModelError) as error:
        placement_history(cohort(), rules=rules)
    assert one(error.value.problems, "SB-MODEL-30").fix == 'rules={"overlap": "end_first"}'
