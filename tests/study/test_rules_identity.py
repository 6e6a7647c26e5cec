"""Who is who: catalogue cases 22 to 31."""

from __future__ import annotations

import pandas as pd
import pytest

from securebase_analysis.errors import DataError
from securebase_analysis.study.study import check_study


def test_a_whole_study_has_no_problem(cohort):
    assert cohort.check() == ()


def test_22_exact_repeats_are_named_and_none_removed(cohort):
    visit = cohort.tables["visit"]
    cohort.tables["visit"] = pd.concat([visit, visit.iloc[[13]]], ignore_index=True)
    found = cohort.one("SB-ID-01")
    assert (found.severity, found.table, found.column) == ("stop", "visit.csv", "child")
    assert found.rows == (14, 37)
    assert "rows 14 and 37" in found.what
    assert "Delete" in found.fix
    with pytest.raises(DataError):
        cohort.read()


def test_22_a_placement_entered_twice(cohort):
    placements = cohort.tables["placements"]
    cohort.tables["placements"] = pd.concat([placements, placements.iloc[[4]]], ignore_index=True)
    found = [problem for problem in cohort.check() if problem.code == "SB-ID-01"]
    assert [problem.rows for problem in found] == [(5, 13)]
    assert found[0].table == "placements.csv"


def test_23_two_answers_to_one_question_are_not_averaged(cohort):
    visit = cohort.tables["visit"]
    again = visit.iloc[[20]].assign(v3=5 if visit.loc[20, "v3"] != 5 else 1)
    cohort.tables["visit"] = pd.concat([visit, again], ignore_index=True)
    found = cohort.one("SB-ID-02")
    assert (found.severity, found.table, found.rows) == ("stop", "visit.csv", (21, 37))
    assert "v3 is" in found.what
    assert cohort.codes() == ["SB-ID-02"]
    assert "averaged" in found.done


def test_23_the_same_child_in_two_rows_of_the_children(cohort):
    children = cohort.tables["children"]
    again = children.iloc[[3]].assign(prior_moves=9)
    cohort.tables["children"] = pd.concat([children, again], ignore_index=True)
    found = cohort.one("SB-ID-02")
    assert (found.table, found.rows) == ("children.csv", (4, 13))
    assert "prior_moves is 3 and 9" in found.what
    assert "site" in found.fix


def test_23_a_repeat_over_two_files_names_both(cohort):
    cohort.tables["visit_two"] = cohort.tables["visit"].iloc[[5]]
    cohort.sections["[[responses]]+"] = {
        "instrument": '"visit"',
        "file": '"visit_two.csv"',
        "informant": '"carer"',
    }
    found = [problem for problem in cohort.check() if problem.code == "SB-ID-01"]
    assert {(problem.table, problem.rows) for problem in found} == {("visit.csv", (6,)), ("visit_two.csv", (1,))}
    assert "row 6 of visit.csv and row 1 of visit_two.csv" in found[0].what


def test_24_ids_of_two_sites_and_a_file_without_site(cohort):
    for name in cohort.tables:
        if "child" in cohort.tables[name]:
            cohort.tables[name]["child"] = cohort.tables[name]["child"].replace({"dunnock": "kestrel"})
    cohort.tables["visit"] = cohort.tables["visit"].drop(columns="site")
    found = cohort.check()
    stops = [problem for problem in found if problem.severity == "stop"]
    assert [(problem.code, problem.table, problem.column) for problem in stops] == [
        ("SB-ID-03", "visit.csv", "child")
    ]
    assert stops[0].rows == (1, 2, 3, 4, 5, 6)
    assert "site" in stops[0].fix


def test_24_the_same_id_in_two_sites_is_two_children(cohort):
    for name in cohort.tables:
        if "child" in cohort.tables[name]:
            cohort.tables[name]["child"] = cohort.tables[name]["child"].replace({"dunnock": "kestrel"})
    found = cohort.one("SB-ID-03")
    assert (found.severity, found.table, found.rows) == ("note", "children.csv", (1, 2))
    study = cohort.read()
    assert len(study.children) == 12
    assert len(study.waves) == 36
    assert (study.waves["status"] == "seen").all()


def test_24_a_site_left_out_is_filled_in_where_it_is_clear(cohort):
    cohort.tables["visit"] = cohort.tables["visit"].drop(columns="site")
    study = cohort.read()
    expected = study.children.set_index("child")["site"]
    answers = study.responses["visit"]
    assert (answers["site"] == answers["child"].map(expected)).all()


def numbered(cohort, files):
    """Give the children numbers with a zero in front, and take it away in some files."""
    names = {child: f"0{place + 10}" for place, child in enumerate(cohort.ids)}
    for name, frame in cohort.tables.items():
        if "child" in frame:
            ids = frame["child"].map(names)
            frame["child"] = ids.str.lstrip("0") if name in files else ids


@pytest.mark.parametrize("without", [("visit",), ("children", "waves", "placements", "ratings", "interviews")])
def test_25_text_in_one_file_and_numbers_in_another(cohort, without):
    numbered(cohort, without)
    found = cohort.one("SB-ID-04")
    assert (found.severity, found.table, found.column) == ("stop", "visit.csv", "child")
    assert len(found.rows) == 36
    assert "12 of them" in found.what
    assert 'leading_zeros = "ignore"' in found.fix


def test_25_the_fix_that_is_offered_works(cohort):
    numbered(cohort, ["visit"])
    cohort.study["leading_zeros"] = '"ignore"'
    study = cohort.read()
    assert set(study.responses["visit"]["child"]) == set(study.children["child"])
    assert study.unlinked.empty


def test_26_children_in_one_table_and_not_in_another(cohort):
    cohort.tables["visit"] = cohort.tables["visit"].replace({"child": {"siskin": "linnet"}})
    cohort.ids.append("linnet")
    found = cohort.one("SB-ID-05")
    assert (found.severity, found.table, found.column, found.rows) == ("warn", "visit.csv", "child", (7, 8, 9))
    assert found.what == "1 child of this file has no row in the table of children."
    assert "study.unlinked" in found.done
    study = cohort.read()
    assert study.unlinked["child"].tolist() == ["linnet"]
    assert study.unlinked["found_in"].tolist() == ["visit"]
    assert "linnet" in set(study.responses["visit"]["child"])


def test_26_children_with_a_record_and_nothing_else(cohort):
    for name in ("waves", "visit", "ratings"):
        frame = cohort.tables[name]
        cohort.tables[name] = frame[frame["child"] != "wagtail"]
    found = cohort.one("SB-ID-05")
    assert (found.table, found.rows) == ("children.csv", (4,))
    study = cohort.read()
    assert study.unlinked["missing_from"].tolist() == ["answers, ratings and interviews"]
    assert (study.waves["child"] == "wagtail").sum() == 3


@pytest.mark.parametrize("alike", ["kestreI", "kestrеl", "KESTREL"], ids=["capital i", "cyrillic e", "case"])
def test_27_ids_that_look_alike(cohort, alike):
    cohort.tables["visit"].loc[2, "child"] = alike
    cohort.ids.append(alike.casefold())
    found = cohort.one("SB-ID-06")
    assert (found.severity, found.table, found.column, found.rows) == ("warn", "visit.csv", "child", (3,))
    assert ("another alphabet" in found.what) == (not alike.isascii())


def test_27_blanks_around_an_id_are_no_difference(cohort):
    cohort.tables["visit"].loc[0, "child"] = "kestrel\u00a0"
    cohort.tables["visit"].loc[1, "child"] = " kestrel"
    assert cohort.check() == ()
    assert cohort.read().unlinked.empty


def test_27_accents_written_in_two_ways_are_no_difference(cohort):
    for name, frame in cohort.tables.items():
        if "child" in frame:
            zoe = "zo\u00eb" if name == "children" else "zoe\u0308"
            cohort.tables[name] = frame.replace({"child": {"kestrel": zoe}})
    cohort.ids[0] = "zo\u00eb"
    assert cohort.check() == ()
    assert cohort.read().unlinked.empty


@pytest.mark.parametrize(("fact", "other"), [("sex", "male"), ("birth_date", "2011-01-15")])
def test_28_facts_that_change_between_waves(cohort, fact, other):
    waves = cohort.tables["waves"]
    waves[fact] = waves["child"].map(cohort.tables["children"].set_index("child")[fact])
    waves.loc[2, fact] = other
    found = [problem for problem in cohort.check() if problem.code == "SB-ID-07"]
    assert {problem.table for problem in found} == {"children.csv", "waves.csv"}
    in_waves = next(problem for problem in found if problem.table == "waves.csv")
    assert (in_waves.severity, in_waves.column, in_waves.rows) == ("stop", fact, (1, 2, 3))


def test_29_one_child_under_two_ids(cohort):
    cohort.tables["children"].loc[5, "birth_date"] = cohort.tables["children"].loc[7, "birth_date"]
    for column in ("start", "carer"):
        cohort.tables["placements"].loc[5, column] = cohort.tables["placements"].loc[7, column]
    found = cohort.one("SB-ID-08")
    assert (found.severity, found.table, found.rows) == ("warn", "children.csv", (6, 8))
    assert found.what == "2 children have the same birth date, carer and start of placement as another."
    assert "one sibling_group" in found.fix
    cohort.tables["children"].loc[[5, 7], "sibling_group"] = "twins"
    assert "SB-ID-08" not in cohort.codes()


@pytest.mark.parametrize("table", ["children", "waves", "visit", "placements", "ratings", "interviews"])
def test_30_rows_without_a_child(cohort, table):
    cohort.tables[table].loc[1, "child"] = ""
    cohort.tables[table].loc[2, "child"] = " \u00a0"
    found = cohort.one("SB-ID-09")
    assert (found.severity, found.table, found.column) == ("stop", f"{table}.csv", "child")
    assert found.rows == (2, 3)


def test_31_siblings_with_different_carers(cohort):
    cohort.tables["placements"].loc[2, "carer"] = "K04"
    found = cohort.one("SB-ID-10")
    assert (found.severity, found.table, found.column, found.rows) == (
        "warn",
        "children.csv",
        "sibling_group",
        (1, 3),
    )
    assert found.what == "1 sibling group has children who began with different carers."
    assert "nested in carers" in found.done


def test_carers_without_a_row_of_their_own(cohort):
    cohort.tables["placements"].loc[6, "carer"] = "K99"
    found = cohort.one("SB-ID-31")
    assert (found.table, found.column, found.rows) == ("placements.csv", "carer", (7,))


def test_a_study_without_a_table_of_children(cohort):
    del cohort.sections["[children]"]
    found = cohort.one("SB-ID-30")
    assert found.severity == "note"
    assert len(cohort.read().children) == 12


def test_spellings_of_a_site_are_one_site(cohort):
    cohort.tables["visit"]["site"] = cohort.tables["visit"]["site"].str.upper()
    found = cohort.one("SB-FILE-19")
    assert found.severity == "warn"
    assert set(cohort.read().responses["visit"]["site"]) == {"Ashford", "Brandon"}


def test_23_one_rater_twice_on_different_days_is_told_at_the_door(cohort):
    ratings = cohort.tables["ratings"].assign(date="2021-05-01")
    again = ratings.iloc[[4]].assign(date="2021-06-01", trust=9)
    cohort.tables["ratings"] = pd.concat([ratings, again], ignore_index=True)
    found = cohort.one("SB-ID-02")
    assert (found.table, found.rows) == ("ratings.csv", (5, 13))
    assert found.what.startswith("2 rows are about the same child, wave, rater and rating")
    assert "rater name of its own" in found.fix


def test_23_rows_of_unknown_waves_are_not_called_repeats(cohort):
    cohort.tables["visit"]["wave"] = "visit " + cohort.tables["visit"]["wave"].astype(str)
    assert "SB-ID-02" not in cohort.codes()
    assert cohort.one("SB-WAVE-01").rows == tuple(range(1, 37))


def test_26_children_that_could_not_be_read_are_not_called_unlinked(cohort):
    cohort.sections["[children]"]["encoding"] = '"utf-8"'
    cohort.write()
    folder = cohort.folder
    (folder / "children.csv").write_bytes((folder / "children.csv").read_bytes() + "Zo\u00eb".encode("cp1252"))
    problems = check_study(folder, progress=False)
    assert "SB-FILE-01" in [problem.code for problem in problems]
    assert "SB-ID-05" not in [problem.code for problem in problems]


def test_a_site_under_another_name_stops(cohort):
    cohort.tables["visit"]["site"] = cohort.tables["visit"]["site"].map({"Ashford": 1, "Brandon": 2})
    found = cohort.one("SB-ID-32")
    assert (found.severity, found.table, found.column) == ("stop", "visit.csv", "site")
    assert found.rows == tuple(range(1, 37))
    assert "12 ids" in found.what
    assert "site" in found.fix
    assert "SB-ID-05" not in cohort.codes()
