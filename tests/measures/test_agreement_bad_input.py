"""Ratings as they come: each case of the catalogue of bad input that meets the door of agreement."""

import numpy as np
import pandas as pd
import pytest

from securebase_analysis.errors import DataError, Problem
from securebase_analysis.measures.agreement import AgreementResult, assess_agreement
from securebase_analysis.measures.agreement.words_for_missing import words_for_missing
from securebase_analysis.results import wording

IDS = ("CHILD-4711", "CHILD-0815")


def table(rows: list[tuple]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["unit", "coder", "code"])


def plain(n: int = 12) -> pd.DataFrame:
    """Two coders who agree on all units but one; units bear names that must not leave the data."""
    rows = [(f"{IDS[0]}/{u}", coder, "yes" if u % 2 else "no") for u in range(n) for coder in ("JB", "MK")]
    rows[3] = (rows[3][0], "MK", "no")
    return table(rows)


def stopped(data: pd.DataFrame, **options: object) -> Problem:
    """The one problem that stops, after a look that no id is in any text."""
    with pytest.raises(DataError) as caught:
        assess_agreement(data, **options)
    assert not any(name in str(caught.value) for name in IDS)
    stops = [problem for problem in caught.value.problems if problem.severity == "stop"]
    assert len(stops) == 1
    assert stops[0].table == "ratings"
    assert stops[0].fix
    return stops[0]


def note_of(result: AgreementResult, words: str) -> str:
    """The one note with these words; no note bears an id."""
    assert not any(name in note for name in IDS for note in result.notes)
    (found,) = [note for note in result.notes if words in note]
    return found


def found(result: AgreementResult) -> pd.Series:
    return result.tidy().set_index("term")["estimate"]


def test_c6_81_ratings_without_a_coder_are_counted_and_not_used() -> None:
    data = plain()
    data.loc[[0, 5], "coder"] = [None, "  "]
    result = assess_agreement(data, n_resamples=0)
    note = note_of(result, "SB-CODE-03")
    assert note.startswith("2 ratings without a coder. [table ratings, column coder, rows 1, 6 (2 rows)]")
    assert result.glance()["n_units"].item() == 10
    assert result.glance()["n_rows"].item() + result.glance()["n_excluded"].item() == len(data)


def test_c6_82_spellings_of_one_name_stop_until_they_are_settled() -> None:
    data = plain()
    data.loc[[2, 4], "coder"] = ["J.B.", "jb"]
    problem = stopped(data)
    assert (problem.code, problem.column) == ("SB-CODE-04", "coder")
    assert problem.what == "J.B., JB and jb look like one coder."
    assert "coders={'JB': 'J.B.', 'jb': 'J.B.'}" in problem.fix
    one = assess_agreement(data, coders={"J.B.": "JB", "jb": "JB"}, n_resamples=0)
    np.testing.assert_allclose(found(one), found(assess_agreement(plain(), n_resamples=0)))
    apart = assess_agreement(data, coders={"J.B.": "J.B.", "jb": "jb", "JB": "JB"}, n_resamples=0)
    assert apart.glance()["n_coders"].item() == 4


def test_c6_82_a_misspelt_mapping_is_not_passed_over() -> None:
    problem = stopped(plain(), coders={"JBB": "JB"})
    assert problem.code == "SB-CODE-04"
    assert "'JB'" in problem.fix


def test_numbers_as_coders_are_names_and_not_spellings() -> None:
    data = plain()
    data["coder"] = data["coder"].map({"JB": 1.0, "MK": 10.0})
    assert assess_agreement(data, n_resamples=0).glance()["n_coders"].item() == 2


def test_c6_83_a_second_different_rating_by_the_same_coder_stops() -> None:
    data = pd.concat([plain(), table([(f"{IDS[0]}/0", "JB", "yes")])], ignore_index=True)
    problem = stopped(data)
    assert (problem.code, problem.column, problem.rows) == ("SB-CODE-05", "coder", (1, 25))
    assert "steady" in problem.why


def test_c6_83_a_second_identical_rating_is_counted_once() -> None:
    data = pd.concat([plain(), plain().iloc[[0, 7]]], ignore_index=True)
    result = assess_agreement(data, n_resamples=0)
    assert "2 times" in note_of(result, "SB-CODE-05")
    assert "rows 25, 26" in note_of(result, "SB-CODE-05")
    np.testing.assert_allclose(found(result), found(assess_agreement(plain(), n_resamples=0)))


def test_c6_83_the_same_unit_in_two_groups_is_no_repetition() -> None:
    data = pd.concat([plain().assign(theme="a"), plain().assign(theme="b")])
    assert len(assess_agreement(data, by="theme", n_resamples=0).tidy()) == 10


def test_c6_84_no_overlap_stops_with_how_much_to_code_twice() -> None:
    data = plain()
    data = pd.concat([data[data["coder"] == "JB"].iloc[:6], data[data["coder"] == "MK"].iloc[6:]])
    problem = stopped(data)
    assert (problem.code, problem.column) == ("SB-CODE-06", "coder")
    assert problem.what == "No unit was rated by two coders: JB (6 units) and MK (6 units) share none."
    assert "about 196 units for an interval of ± .10" in problem.fix
    by_child = stopped(data.assign(child=[*[IDS[0]] * 6, *[IDS[1]] * 6]))
    assert "about 33 children (196 units at 6 each)" in by_child.fix


def test_c6_84_one_coder_alone_stops() -> None:
    problem = stopped(plain().query("coder == 'JB'"))
    assert problem.code == "SB-CODE-06"
    assert "one coder, JB (12 units)" in problem.what


def test_the_number_of_units_to_code_twice_gives_the_interval_it_promises() -> None:
    rng = np.random.default_rng(6)
    halves = []
    for _ in range(20):
        first = rng.integers(2, size=196)
        second = np.where(rng.random(196) < 0.15, 1 - first, first)
        data = pd.DataFrame(
            {"unit": np.tile(range(196), 2), "coder": np.repeat(["A", "B"], 196), "code": [*first, *second]}
        )
        row = assess_agreement(data, n_resamples=0).tidy().set_index("term").loc["cohen_kappa"]
        halves.append((row["conf_high"] - row["conf_low"]) / 2)
    assert np.mean(halves) == pytest.approx(0.10, abs=0.005)


def test_c6_85_two_clusters_are_said_with_the_interval() -> None:
    data = plain(40)
    data["child"] = [IDS[int(u.split("/")[1]) % 2] for u in data["unit"]]
    result = assess_agreement(data)
    note = note_of(result, "rests on 2 children")
    row = result.tidy().set_index("term").loc["krippendorff_alpha"]
    assert wording.interval(row["conf_low"], row["conf_high"]) in note
    assert note.endswith("(SB-CODE-07)")
    check = result.diagnostics().set_index("check").loc["children compared"]
    assert (check["value"], bool(check["ok"])) == (2, False)


def test_c6_85_one_cluster_gives_no_interval_and_says_so() -> None:
    result = assess_agreement(plain().assign(child=IDS[0]))
    assert result.tidy()[["conf_low", "conf_high", "std_error"]].isna().all().all()
    assert result.tidy()["estimate"].notna().all()
    assert "there is no interval" in note_of(result, "rests on one child")


def test_c6_86_one_category_says_why_kappa_is_undefined() -> None:
    data = table([(u, coder, "present") for u in range(40) for coder in ("JB", "MK")])
    result = assess_agreement(data)
    values = found(result)
    assert values[["krippendorff_alpha", "cohen_kappa", "fleiss_kappa"]].isna().all()
    assert (values["percent_agreement"], values["gwet_ac1"]) == (1.0, 1.0)
    sentence = note_of(result, "used only")
    assert sentence.startswith("Both coders used only 'present', in all 40 units. Agreement is 100 %")
    assert "no meaning here; AC1 = 1.00. (SB-CODE-08)" in sentence
    assert sentence in result.summary()
    assert sentence in set(result.diagnostics()["advice"])
    # A line without a value has no interval either.
    empty = result.tidy().set_index("term").loc["cohen_kappa", ["std_error", "conf_low", "conf_high"]]
    assert empty.isna().all()


def test_c6_87_high_agreement_with_low_kappa_is_explained() -> None:
    first = ["absent"] * 96 + ["present"] * 4
    second = ["absent"] * 94 + ["present"] * 3 + ["absent"] * 2 + ["present"]
    n = len(first)
    data = pd.DataFrame({"unit": [*range(n)] * 2, "coder": ["A"] * n + ["B"] * n, "code": first + second})
    result = assess_agreement(data)
    values = found(result)
    sentence = note_of(result, "look at this one")
    assert f"kappa {values['cohen_kappa']:.2f}" in sentence
    assert sentence.endswith("(SB-CODE-09)")
    assert "'absent' makes up 96 % of the ratings" in sentence
    assert f"AC1 {values['gwet_ac1']:.2f}" in sentence
    table = result.categories.set_index("category")
    assert f"agreement on 'present' itself {table.loc['present', 'specific_agreement']:.2f}" in sentence


def test_c6_87_a_low_kappa_with_even_codes_is_not_excused() -> None:
    rng = np.random.default_rng(2)
    data = pd.DataFrame(
        {"unit": [*range(100)] * 2, "coder": ["A"] * 100 + ["B"] * 100, "code": rng.integers(2, size=200)}
    )
    assert not any("look at this one" in note for note in assess_agreement(data).notes)


@pytest.mark.parametrize("empty", [None, np.nan, "", "  "])
def test_c6_88_blanks_are_left_out_and_never_a_category(empty: object) -> None:
    data = plain()
    data["code"] = data["code"].astype(object)
    data.loc[[0, 9], "code"] = [empty, empty]
    result = assess_agreement(data, n_resamples=0)
    note = note_of(result, "SB-CODE-10")
    assert note.startswith("2 blank ratings left out. [table ratings, column code, rows 1, 10 (2 rows)]")
    assert result.categories["category"].tolist() == ["no", "yes"]
    np.testing.assert_allclose(found(result), found(assess_agreement(data.drop(index=[0, 9]), n_resamples=0)))


@pytest.mark.parametrize("word", ["NA", "None", "nan", "N/A"])
def test_c6_88_words_for_missing_stay_a_category_and_are_told(word: str) -> None:
    data = plain()
    data.loc[[0, 12], "code"] = word
    result = assess_agreement(data, n_resamples=0)
    note = note_of(result, "SB-FILE-06")
    assert note.startswith(f"Ratings are words that may mean missing: {word!r} in 2 rows.")
    assert "rows 1, 13" in note
    assert word in set(result.categories["category"])
    (problem,) = words_for_missing(data["code"], "ratings")
    exec(problem.fix.removeprefix("If they mean missing: "), {"data": data})
    again = assess_agreement(data, n_resamples=0)
    assert "2 blank ratings" in note_of(again, "SB-CODE-10")
    assert not any("SB-FILE-06" in told for told in again.notes)
    assert words_for_missing(pd.Series([1.0, 2.0, None]), "ratings") == []


def test_c6_89_units_of_one_rating_are_matched_by_name_and_counted() -> None:
    data = plain().drop(index=[23])
    note = note_of(assess_agreement(data, n_resamples=0), "SB-CODE-11")
    assert note.startswith("1 of 12 units has one rating")
    assert "row 23" in note


def test_c6_90_unequal_raters_leave_fleiss_empty_with_the_reason() -> None:
    data = pd.concat([plain(), table([(f"{IDS[0]}/0", "ZZ", "no"), (f"{IDS[0]}/1", "ZZ", "yes")])])
    result = assess_agreement(data)
    values = found(result)
    assert np.isnan(values["fleiss_kappa"])
    sentence = note_of(result, "Fleiss' kappa needs")
    assert sentence.endswith("(SB-CODE-12)")
    assert sentence.startswith("Units have 2 to 3 ratings")
    assert f"{values['krippendorff_alpha']:.2f}" in sentence
    assert sentence in set(result.diagnostics()["advice"])


def test_c6_96_one_child_that_supplies_most_is_said() -> None:
    data = plain(60)
    number = [int(unit.split("/")[1]) for unit in data["unit"]]
    data["child"] = [IDS[0] if u >= 12 else f"c{u}" for u in number]
    note = note_of(assess_agreement(data, n_resamples=50), "supplies")
    assert note.startswith("One child supplies 80 % of what is compared, where an even share is 8 %")


def test_c6_97_a_category_of_one_coder_alone_is_named() -> None:
    data = plain()
    data.loc[3, "code"] = "unsure"
    assert "'unsure' was used by one coder alone (MK)" in note_of(
        assess_agreement(data), "used by one coder alone"
    )


def test_c6_98_names_for_numbers_in_order_are_noted() -> None:
    data = plain().assign(code=[1, 1, 2, 3, 3, 3, 5, 4, 1, 2, 2, 2] * 2)
    assert "numbers from 1 to 5" in note_of(assess_agreement(data, n_resamples=0), "SB-CODE-20")
    assert not any("SB-CODE-20" in note for note in assess_agreement(data, level="ordinal", n_resamples=0).notes)


def test_c6_98_a_word_among_numbers_is_not_repeated() -> None:
    """It may be the name of a child in the wrong column."""
    data = plain().assign(code=[1, 2, 3, 4] * 6).astype({"code": object})
    data.loc[4, "code"] = "Billie"
    problem = stopped(data, level="ordinal")
    assert (problem.code, problem.column, problem.rows) == ("SB-CODE-20", "code", (5,))
    assert problem.what == "1 value is no number, while the others are."
    assert "Billie" not in str(problem)
    column_of_names = plain().assign(code=[f"child {row}" for row in range(24)])
    assert "child" not in stopped(column_of_names, level="ordinal").fix


def test_c6_98_words_without_an_order_stop_at_the_ordinal_level() -> None:
    data = plain().assign(code=["low", "low", "mid", "high"] * 6)
    problem = stopped(data, level="ordinal")
    assert (problem.code, problem.column) == ("SB-CODE-20", "code")
    assert problem.fix == "order=['high', 'low', 'mid'] in the right order, lowest first"
    result = assess_agreement(data, level="ordinal", order=["low", "mid", "high"], n_resamples=0)
    numbers = data.assign(code=data["code"].map({"low": 0, "mid": 1, "high": 2}))
    np.testing.assert_allclose(found(result), found(assess_agreement(numbers, level="ordinal", n_resamples=0)))
    declared = pd.Categorical(data["code"], categories=["low", "mid", "high"], ordered=True)
    np.testing.assert_allclose(
        found(assess_agreement(data.assign(code=declared), level="ordinal", n_resamples=0)), found(result)
    )
    assert "declared as ordered" in note_of(assess_agreement(data.assign(code=declared), n_resamples=0), "CODE-20")


def test_c6_98_values_outside_the_declared_order_stop_with_the_nearest() -> None:
    data = plain().assign(code=["low", "hgih", "mid", "high"] * 6)
    problem = stopped(data, level="ordinal", order=["low", "mid", "high"])
    assert problem.code == "SB-CODE-20"
    assert problem.rows == (2, 6, 10, 14, 18, 22)
    assert "'high'" in problem.fix


def test_words_at_the_interval_level_stop_with_their_rows() -> None:
    data = plain().assign(code=["3", "4", "3 or 4", "5"] * 6)
    problem = stopped(data, level="interval")
    assert problem.code == "SB-CODE-20"
    assert problem.rows == (3, 7, 11, 15, 19, 23)


def test_negative_values_have_no_ratio() -> None:
    problem = stopped(plain().assign(code=[1, -2, 3, 4] * 6), level="ratio")
    assert problem.code == "SB-CODE-20"
    assert problem.fix == "level='interval'"


def test_numbers_written_as_text_are_numbers() -> None:
    data = plain().assign(code=[1, 1, 2, 3] * 6)
    np.testing.assert_allclose(
        found(assess_agreement(data.assign(code=data["code"].astype(str)), level="interval", n_resamples=0)),
        found(assess_agreement(data, level="interval", n_resamples=0)),
    )


def test_a_column_that_is_not_there_stops_with_the_nearest() -> None:
    problem = stopped(plain().rename(columns={"coder": "coders"}))
    assert (problem.code, problem.column, problem.fix) == ("SB-CODE-30", "coder", "coder='coders'")
    assert stopped(plain().iloc[:0]).code == "SB-CODE-31"


def test_units_numbered_anew_in_each_source_stop_and_can_be_told_apart() -> None:
    one, two = (plain().assign(source=name) for name in ("i1", "i2"))
    two["coder"] = two["coder"].map({"JB": "AA", "MK": "BB"})
    data = pd.concat([one, two])
    problem = stopped(data)
    assert (problem.code, problem.column) == ("SB-CODE-39", "source")
    assert problem.fix.startswith("unit=['source', 'unit']")
    result = assess_agreement(data, unit=["source", "unit"], n_resamples=5)
    assert result.glance()["n_units"].item() == 24
    assert result.glance()["n_groups"].item() == 2


def test_children_of_two_sites_are_not_one_child() -> None:
    data = plain().assign(child=[1] * 24, site=["Leeds"] * 12 + ["Hull"] * 12)
    assert assess_agreement(data, n_resamples=5).glance()["n_groups"].item() == 2


def test_intraclass_correlations_of_an_incomplete_table_say_where_they_come_from() -> None:
    data = plain().assign(code=[1, 2, 3, 4, 5, 7, 7, 6] * 3).drop(index=[7, 20])
    result = assess_agreement(data, level="interval")
    assert np.isfinite(found(result)[["icc_1", "icc_2", "icc_3", "icc_1k", "icc_2k", "icc_3k"]]).all()
    note = note_of(result, "lack a rating")
    assert note.startswith("2 of 12 units lack a rating by one of the 2 coders.")
    assert "mixed model" in note
    assert "2 of units rated once" in note


def test_intraclass_correlations_are_empty_when_too_few_units_were_shared() -> None:
    data = pd.DataFrame({"unit": [1, 1, 2, 3, 4], "coder": list("ABAAB"), "code": [1.0, 2.0, 4.0, 3.0, 1.0]})
    result = assess_agreement(data, level="interval", n_resamples=10)
    assert found(result)[["icc_1", "icc_2", "icc_3", "icc_1k", "icc_2k", "icc_3k"]].isna().all()
    assert "too few units were rated by several coders" in note_of(result, "lack a rating")


def test_very_many_coders_have_no_mixed_model() -> None:
    random = np.random.default_rng(2)
    pairs = [(unit, f"coder {(3 * unit + turn) % 41}") for unit in range(60) for turn in (0, 1)]
    data = pd.DataFrame(pairs, columns=["unit", "coder"]).assign(code=random.normal(size=120).round(1))
    result = assess_agreement(data, level="interval", n_resamples=5)
    assert found(result)[["icc_1", "icc_2", "icc_3"]].isna().all()
    assert "With more than 40 coders" in note_of(result, "lack a rating")


def test_perfect_agreement_is_not_sold_as_certainty() -> None:
    data = plain()
    data.loc[3, "code"] = "yes"
    note = note_of(assess_agreement(data), "no width")
    # 1 - 0.05 ** (1 / 12) = 0.221
    assert "up to 22 % of units" in note


def test_many_groups_with_the_same_remark_share_one_note() -> None:
    data = pd.concat([plain(6).assign(theme=f"theme {number}") for number in range(12)])
    result = assess_agreement(data, by="theme", n_resamples=50)
    assert note_of(result, "rests on 6 units").startswith("12 groups: ")


# ---- columns that are none -------------------------------------------------------------------------------------


@pytest.mark.parametrize("level", ["ordinal", "interval", "ratio"])
def test_dates_are_no_numbers(level: str) -> None:
    day = pd.Timestamp("2020-01-01", tz="UTC")
    data = plain().assign(code=[day + pd.Timedelta(days=n % 3) for n in range(24)])
    assert stopped(data, level=level).code == "SB-CODE-20"


@pytest.mark.parametrize(
    ("options", "column"),
    [
        ({"coder": "code"}, "code"),
        ({"by": "code"}, "code"),
        ({"by": "coder"}, "coder"),
        ({"unit": "coder"}, "coder"),
        ({"unit": ["unit", "code"]}, "code"),
    ],
)
def test_one_column_cannot_play_two_parts(options: dict, column: str) -> None:
    problem = stopped(plain(), **options)
    assert (problem.code, problem.column) == ("SB-CODE-40", column)


def test_no_unit_at_all() -> None:
    for unit in ([], None):
        assert stopped(plain(), unit=unit).code == "SB-CODE-30"


@pytest.mark.parametrize("column", ["unit", "coder", "code"])
def test_007_a_column_that_is_there_twice(column: str) -> None:
    problem = stopped(pd.concat([plain(), plain()[[column]]], axis=1))
    assert (problem.code, problem.column) == ("SB-FILE-07", column)


@pytest.mark.parametrize("cells", [[[1]] * 24, [1j] * 24])
def test_cells_that_are_no_values(cells: list) -> None:
    problem = stopped(plain().assign(code=cells))
    assert (problem.code, problem.column, len(problem.rows)) == ("SB-CODE-38", "code", 24)


@pytest.mark.parametrize("kind", ["string", "category", "object"])
@pytest.mark.parametrize("column", ["unit", "coder", "code"])
def test_blank_cells_are_seen_in_columns_of_every_kind(kind: str, column: str) -> None:
    data = plain()
    data.loc[[4, 7], column] = ["  ", None]
    expected = assess_agreement(data.assign(**{column: data[column].where(data.index != 4, None)}), n_resamples=0)
    found = assess_agreement(data.astype({column: kind}), n_resamples=0)
    pd.testing.assert_frame_equal(found.tidy(), expected.tidy())


@pytest.mark.parametrize("cell", ["a", 0.5, np.inf, "1O"])
def test_a_position_that_is_no_whole_number_is_not_guessed(cell):  # C6 92
    segments = pd.DataFrame(
        {
            "source": ["i1"] * 4,
            "start": pd.Series([0, 5, 20, 30], dtype=object),
            "end": [9, 15, 30, 40],
            "code": ["x", "x", "y", "y"],
            "coder": ["A", "B", "A", "B"],
        }
    )
    segments.loc[1, "start"] = cell
    with pytest.raises(DataError) as caught:
        assess_agreement(segments, unit="character")
    found = caught.value.problems[-1]
    assert (found.code, found.table, found.column, found.rows) == ("SB-FILE-18", "segments", "start", (2,))
    assert found.fix
