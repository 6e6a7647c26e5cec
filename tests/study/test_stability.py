"""Where: stability by every definition, on a return with a known answer and on histories small enough to count."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from securebase_analysis.errors import ModelError
from securebase_analysis.study.spells import placement_history
from securebase_analysis.study.ssda903 import read_ssda903
from securebase_analysis.study.stability import placement_stability
from securebase_analysis.study.stability_definitions import DEFINITIONS

SAMPLE = Path(__file__).parents[3] / "shared" / "samples" / "ssda903_csdemand_2017_2021"
ORACLE = {
    "any_change": "3plus_any_placement_change(S,P,B,T,U)",
    "carer_change": "3plus_carer_changes_only(S,P,B)",
}


def episodes(*rows: tuple, child: object = 7) -> pd.DataFrame:
    """Episodes of a child: start, end, RNE, PLACE, URN, LS."""
    names = ["start", "end", "RNE", "PLACE", "URN", "LS"]
    frame = pd.DataFrame([(*row, *("U6", "1", "C2")[len(row) - 3 :]) for row in rows], columns=names)
    return frame.assign(child=child, start=pd.to_datetime(frame["start"]), end=pd.to_datetime(frame["end"]))


def history(*tables: pd.DataFrame, freeze: str = "2021-03-31", born: str | None = "2012-06-01", **options):
    table = pd.concat(tables, ignore_index=True)
    if born:
        table = table.assign(birth_date=pd.Timestamp(born))
    return placement_history(
        table, freeze=freeze, observed_from=options.pop("observed_from", "2017-04-01"), **options
    )


def count(found, definition: str, year: str = "2020/21") -> tuple[int, int]:
    """Children and count of one year."""
    frame = placement_stability(found, definition).frame.set_index("year")
    return tuple(frame.loc[year, ["children", "count"]].astype(int))


@pytest.mark.skipif(not SAMPLE.exists(), reason=f"the sample return is not at {SAMPLE}")
@pytest.mark.parametrize("definition", ORACLE)
def test_the_sample_return_gives_the_known_counts(definition):
    files = sorted(SAMPLE.glob("*-episodes.csv"))
    every = pd.concat([pd.read_csv(file, dtype=str, keep_default_na=False) for file in files])
    latest = every.drop_duplicates(["CHILD", "DECOM"], keep="last")
    expected = json.loads((SAMPLE / "expected.json").read_text())
    assert len(latest) == expected["rows_after_keep_latest_return"]
    found = placement_history(latest)
    frame = placement_stability(found, definition).frame
    answer = {year: {"cla_31_march": n, ORACLE[definition]: k} for year, n, k in
              frame[["year", "children", "count"]].itertuples(index=False)}  # fmt: skip
    wanted = {
        year: {name: counts[name] for name in ("cla_31_march", ORACLE[definition])}
        for year, counts in expected["placement_stability"].items()
    }
    assert answer == wanted
    np.testing.assert_allclose(frame["percent"], 100 * frame["count"] / frame["children"], rtol=1e-15)
    overlap = next(problem for problem in found.problems if problem.code == "SB-PLACE-03")
    assert overlap.what.startswith(f"{expected['overlaps_after_dedupe']} placements overlap")


@pytest.mark.skipif(not SAMPLE.exists(), reason=f"the sample return is not at {SAMPLE}")
def test_the_sample_read_as_returns_gives_the_known_counts():
    returns = read_ssda903(SAMPLE)
    expected = json.loads((SAMPLE / "expected.json").read_text())["placement_stability"]
    answer = placement_stability(returns, list(ORACLE))
    for _, row in answer.frame.iterrows():
        known = expected[row["year"]]
        assert row["children"] == known["cla_31_march"]
        assert row["count"] == known[ORACLE[row["definition"]]]
    assert answer.frame["year"].unique().tolist() == list(expected)


# --- three or more placements ---------------------------------------------------------------------------------


def test_the_placement_at_the_start_of_the_year_is_the_first():
    found = history(
        episodes(
            ("2019-05-01", "2020-06-01", "S"),
            ("2020-06-01", "2020-09-01", "P", "U6", "2"),
            ("2020-09-01", None, "T", "U4", "2"),
        )
    )
    assert count(found, "any_change") == (1, 1)
    assert count(found, "carer_change") == (1, 0)
    assert count(found, "any_change", "2019/20") == (1, 0)


def test_legal_changes_are_no_placements():
    found = history(
        episodes(
            ("2020-05-01", "2020-06-01", "S"),
            ("2020-06-01", "2020-09-01", "L"),
            ("2020-09-01", None, "P", "U6", "2"),
        )
    )
    assert count(found, "any_change") == (1, 0)


def test_on_the_last_day_of_the_year_a_child_is_in_care_until_the_day_after():
    assert count(history(episodes(("2020-05-01", "2021-03-31", "S")), freeze="2021-12-31"), "any_change") == (0, 0)
    assert count(history(episodes(("2020-05-01", "2021-04-01", "S")), freeze="2021-12-31"), "any_change") == (1, 0)
    assert count(history(episodes(("2021-03-31", None, "S"))), "any_change") == (1, 0)


def test_a_placement_that_ended_on_the_first_day_of_the_year_counts_in_it():
    rows = [("2019-05-01", "2020-04-01", "S"), ("2020-04-01", "2020-09-01", "P"), ("2020-09-01", None, "P")]
    assert count(history(episodes(*rows)), "carer_change") == (1, 1)
    rows[0], rows[1] = ("2019-05-01", "2020-03-31", "S"), ("2020-03-31", "2020-09-01", "P")
    assert count(history(episodes(*rows)), "carer_change") == (1, 0)


def test_short_breaks_and_temporary_placements_are_left_out():
    breaks = history(
        episodes(("2020-05-01", "2020-05-03", "S", "U6", "1", "V4"), ("2021-03-30", None, "S", "U6", "1", "V3"))
    )
    assert count(breaks, "any_change") == (0, 0)
    hospital = history(
        episodes(
            ("2019-05-01", "2020-06-01", "S"),
            ("2020-06-01", "2020-06-09", "P", "T1", ""),
            ("2020-06-09", "2020-11-01", "P"),
            ("2020-11-01", None, "P", "U6", "2"),
        )
    )
    assert count(hospital, "any_change") == (1, 1)  # as the codes say: coming back is a placement
    assert count(hospital, "dfe_2025") == (1, 0)  # coming back to the place before is not
    assert count(hospital, "childrens_commissioner") == (1, 0)


def test_two_years_of_placements_of_children_two_years_in_care():
    rows = [
        ("2018-05-01", "2019-06-01", "S"),
        ("2019-06-01", "2020-06-01", "P", "U6", "2"),
        ("2020-06-01", None, "P", "U6", "3"),
    ]
    assert count(history(episodes(*rows)), "dfe_two_years") == (1, 1)
    assert count(history(episodes(*rows)), "dfe_2025") == (1, 0)
    late = [("2019-04-01", "2019-06-01", "S"), *rows[1:]]
    assert count(history(episodes(*late)), "dfe_two_years") == (0, 0)
    away = [("2018-05-01", "2019-05-01", "S"), *rows[1:]]  # a month out of care
    assert count(history(episodes(*away)), "dfe_two_years") == (0, 0)


def test_years_before_the_data_are_not_counted_over_two_years():
    answer = placement_stability(
        history(episodes(("2018-05-01", None, "S")), observed_from="2019-04-01"), "dfe_two_years"
    )
    assert answer.frame["year"].tolist() == ["2020/21"]
    assert "not counted in 2019/20" in " ".join(answer.notes)


# --- the same carer -------------------------------------------------------------------------------------------


def test_two_years_with_the_same_carer_among_children_long_in_care():
    rows = [("2018-09-30", "2019-03-31", "S"), ("2019-03-31", "2020-06-01", "P", "U6", "2"),
            ("2020-06-01", None, "T", "U4", "2")]  # fmt: skip
    assert count(history(episodes(*rows)), "same_carer_two_years") == (1, 1)
    assert count(history(episodes(*rows)), "ni63_old") == (1, 0)
    later = [("2018-09-30", "2019-04-01", "S"), ("2019-04-01", None, "P", "U6", "2")]
    assert count(history(episodes(*later)), "same_carer_two_years") == (1, 0)
    new = [("2018-10-01", None, "S")]
    assert count(history(episodes(*new)), "same_carer_two_years") == (0, 0)
    assert count(history(episodes(*rows), born="2005-03-31"), "same_carer_two_years") == (0, 0)
    assert count(history(episodes(*rows), born="2005-04-01"), "same_carer_two_years") == (1, 1)


def test_a_stay_in_hospital_does_not_end_two_years_with_the_same_carer():
    rows = [
        ("2018-01-01", "2020-06-01", "S"),
        ("2020-06-01", "2020-06-09", "P", "T1", ""),
        ("2020-06-09", None, "P"),
    ]
    assert count(history(episodes(*rows)), "same_carer_two_years") == (1, 1)
    assert count(history(episodes(*rows)), "ni63_old") == (1, 1)
    kept = history(episodes(*rows), rules={"temporary": "keep"})
    assert count(kept, "same_carer_two_years") == (1, 0)


def test_the_old_indicator_joins_the_placement_for_adoption_and_the_one_before():
    rows = [("2018-01-01", "2020-06-01", "S"), ("2020-06-01", None, "P", "A3", "2")]
    assert count(history(episodes(*rows)), "ni63_old") == (1, 1)
    assert count(history(episodes(*rows)), "same_carer_two_years") == (1, 0)
    short = [("2018-01-01", "2019-06-01", "S"), ("2019-06-01", "2020-06-01", "P", "U6", "3"), rows[1]]
    assert count(history(episodes(*short)), "ni63_old") == (1, 0)


# --- moves ----------------------------------------------------------------------------------------------------


def test_the_commissioner_counts_coming_back_but_not_coming():
    came = episodes(("2020-05-01", "2020-06-01", "S"), ("2020-06-01", "2020-07-01", "P", "U6", "2"),
                    ("2020-07-01", None, "P", "U6", "3"), child=1)  # fmt: skip
    back = episodes(("2019-05-01", "2020-06-01", "S"), ("2020-08-01", "2020-09-01", "S", "U6", "2"),
                    ("2020-09-01", None, "P", "U6", "3"), child=2)  # fmt: skip
    again = episodes(("2019-05-01", "2020-01-01", "S"), ("2020-08-01", "2020-09-01", "S", "U6", "2"),
                     ("2020-09-01", None, "P", "U6", "3"), child=3)  # fmt: skip
    assert count(history(came), "childrens_commissioner") == (1, 1)
    assert count(history(back), "childrens_commissioner") == (1, 1)
    assert count(history(again), "childrens_commissioner") == (1, 0)  # not in care when the year began
    assert count(history(came, back, again), "childrens_commissioner") == (3, 2)


def test_moves_per_child_year():
    found = history(
        episodes(("2019-05-01", "2020-10-01", "S"), ("2020-10-01", None, "P", "U6", "2"), child=1),
        episodes(("2021-01-01", "2021-02-01", "S"), child=2),
    )
    frame = placement_stability(found, "moves_per_child_year").frame.set_index("year")
    row = frame.loc["2020/21"]
    assert (row["children"], row["count"]) == (2, 1)
    assert row["child_years"] == pytest.approx((365 + 31) / 365.25, abs=1e-12)
    assert row["per_child_year"] == pytest.approx(365.25 / 396, abs=1e-12)
    assert np.isnan(row["percent"])


# --- plain tables, years, and what is refused -----------------------------------------------------------------


def plain() -> pd.DataFrame:
    """Three placements of one child, one of them respite, and a child who stays."""
    return pd.DataFrame({
        "child": ["a", "a", "a", "a", "b"],
        "carer": ["x", "y", "x", "z", "x"],
        "type": ["foster", "foster", "kinship", "foster", "foster"],
        "start": ["2020-01-05", "2020-06-01", "2020-06-03", "2020-09-01", "2019-02-01"],
        "end": ["2020-06-01", "2020-06-03", "2020-09-01", None, None],
    })  # fmt: skip


def test_a_plain_table_counts_by_its_carers_and_types():
    found = placement_history(plain(), freeze="2021-03-31")
    answer = placement_stability(found, ["any_change", "carer_change"])
    assert answer.frame.query("year == '2020/21'")["count"].tolist() == [0, 0]
    without = placement_history(plain(), freeze="2021-03-31", rules={"respite_days": 0})
    assert placement_stability(without, "carer_change").frame["count"].tolist()[-1] == 1
    assert "short breaks count unless" in " ".join(answer.notes)


def test_calendar_years():
    frame = placement_stability(placement_history(plain(), freeze="2020-12-31"), year_starts="01-01").frame
    assert frame["year"].tolist() == ["2019", "2020"]
    assert frame["children"].tolist() == [1, 2]
    with pytest.raises(ModelError, match="year_starts"):
        placement_stability(placement_history(plain()), year_starts="1 April")


def test_years_can_be_chosen():
    found = placement_history(plain(), freeze="2021-03-31")
    assert placement_stability(found, years=["2020/21"]).frame["year"].tolist() == ["2020/21"]
    with pytest.raises(ModelError, match="2020/21"):
        placement_stability(found, years=["2020/2021"])


def test_definitions_that_need_codes_say_so():
    for name in ("dfe_2025", "dfe_two_years"):
        with pytest.raises(ModelError) as error:
            placement_stability(placement_history(plain()), name)
        found = error.value.problems[0]
        assert (found.code, found.column) == ("SB-PLACE-70", "RNE")
        assert "any_change" in found.fix


def test_definitions_that_need_ages_say_so():
    with pytest.raises(ModelError) as error:
        placement_stability(placement_history(plain()), "same_carer_two_years")
    assert (error.value.problems[0].code, error.value.problems[0].column) == ("SB-PLACE-71", "birth_date")
    children = pd.DataFrame({"child": ["a"], "birth_date": ["2015-01-01"]})
    found = placement_history(plain(), children=children, freeze="2021-03-31")
    answer = placement_stability(found, "same_carer_two_years")
    unknown = next(problem for problem in answer.problems if problem.code == "SB-PLACE-72")
    assert "1 child has no birth date" in unknown.what


def test_no_whole_year_is_refused():
    with pytest.raises(ModelError, match="SB-PLACE-73"):
        placement_stability(placement_history(plain().iloc[:1], freeze="2020-03-01"))


def test_a_word_that_is_no_definition():
    with pytest.raises(ModelError, match="carer_change"):
        placement_stability(placement_history(plain()), "carer_chnage")


@pytest.mark.parametrize("definition", [[], None, 5, ["any_change", "most_change"]])
def test_what_names_no_definition(definition):
    with pytest.raises(ModelError, match="definition="):
        placement_stability(placement_history(plain()), definition)


@pytest.mark.parametrize("year_starts", ["02-29", "02-30", "06-31", None, "1 April"])
def test_days_that_are_not_in_every_year(year_starts):
    with pytest.raises(ModelError, match="year_starts"):
        placement_stability(placement_history(plain(), freeze="2021-03-31"), year_starts=year_starts)


def test_one_year_by_its_label_and_a_table_as_it_is():
    found = placement_history(plain(), freeze="2021-03-31")
    frame = placement_stability(found, ["any_change", "any_change"], years="2020/21").frame
    assert frame[["year", "definition", "children", "count", "percent"]].values.tolist() == [
        ["2020/21", "any_change", 2, 0, 0.0]
    ]
    assert placement_stability(plain(), years="2019/20").frame["children"].tolist() == [2]


def test_ages_in_the_denominator_to_the_day():
    """Under 16 on the last day of the year: whoever turns 16 on it is not."""
    rows = episodes(("2017-04-01", None, "S"))
    assert count(history(rows, born="2005-03-31"), "same_carer_two_years")[0] == 0
    assert count(history(rows, born="2005-04-01"), "same_carer_two_years")[0] == 1


def test_side_by_side_says_what_the_choice_changes():
    found = history(
        episodes(("2020-05-01", "2020-06-01", "S"), ("2020-06-01", "2020-09-01", "T"),
                 ("2020-09-01", None, "U"), child=1),
        episodes(("2020-05-01", "2020-06-01", "S"), ("2020-06-01", "2020-09-01", "P"),
                 ("2020-09-01", None, "B"), child=2),
        episodes(("2018-01-01", None, "S"), child=3),
    )  # fmt: skip
    answer = placement_stability(found, ["any_change", "carer_change", "same_carer_two_years"], years=["2020/21"])
    table = answer.side_by_side().set_index("definition")
    assert table.loc["carer_change", ["in_both", "only_here", "only_there"]].tolist() == [1, 0, 1]
    assert table.loc["carer_change", "difference"] == pytest.approx(-100 / 3)
    assert pd.isna(table.loc["same_carer_two_years", ["in_both", "difference"]]).all()


def test_every_definition_says_who_what_and_where_from():
    for name, item in DEFINITIONS.items():
        assert item.name == name
        assert len(item.says) > 60
        assert len(item.source) > 20
    answer = placement_stability(history(episodes(("2018-01-01", None, "S"))), list(DEFINITIONS))
    assert len(answer.notes) >= len(DEFINITIONS)
    assert "Stability Index" in " ".join(answer.notes)
    assert answer.frame["definition"].nunique() == len(DEFINITIONS)
    assert "<table" in answer._repr_html_()


def test_a_first_year_that_is_known_in_part_is_told():
    table = pd.DataFrame(
        {
            "child": ["a", "b"],
            "carer": ["x", "y"],
            "start": pd.to_datetime(["2019-12-01", "2020-06-01"]),
            "end": pd.to_datetime([None, None]),
        }
    )
    counted = placement_stability(placement_history(table, freeze="2021-03-31"), "carer_change")
    (problem,) = [one for one in counted.problems if one.code == "SB-PLACE-78"]
    assert problem.what == "The first placement begins in 2019/20, 122 days before its end."
    asked = placement_history(table, freeze="2021-03-31", observed_from="2019-04-01")
    assert "SB-PLACE-78" not in [one.code for one in placement_stability(asked, "carer_change").problems]
    early = placement_history(table.assign(start=pd.Timestamp("2019-04-20")), freeze="2021-03-31")
    assert "SB-PLACE-78" not in [one.code for one in placement_stability(early, "carer_change").problems]
