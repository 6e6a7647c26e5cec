"""Questionnaires scored by their keys: worked examples, blanks, codings, names; on invented answers only."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from securebase_analysis.errors import DataError, ModelError
from securebase_analysis.measures.questionnaires import score_questionnaire
from securebase_analysis.measures.scoring import score_dimensions
from securebase_analysis.measures.strengths_difficulties import score_sdq
from securebase_analysis.study.codebook import make_codebook
from securebase_analysis.study.codebook_files import load_codebook, read_codebook


def forms(stem: str, n_items: int, rows: list[list[float]]) -> pd.DataFrame:
    """Answered forms with items stem1, stem2, ..."""
    return pd.DataFrame(rows, columns=[f"{stem}{number}" for number in range(1, n_items + 1)])


def drawn(key: str, n: int = 60, seed: int = 3) -> pd.DataFrame:
    """Simulated answers that hang together and run with their scale."""
    random = np.random.default_rng(seed)
    items = load_codebook(key).items
    trait = random.normal(size=n)
    columns = {}
    for item, low, high, turned in zip(items["item"], items["low"], items["high"], items["reversed"]):
        side = -1 if turned else 1
        middle, width = (low + high) / 2, (high - low) / 2
        columns[item] = np.clip(
            np.round(middle + width * (0.5 * side * trait + 0.6 * random.normal(size=n))), low, high
        )
    return pd.DataFrame(columns)


def problem_of(error: type[Exception], *args: object, **options: object):
    """The only problem of a request that is refused; no id of a child is in its text."""
    with pytest.raises(error) as raised:
        score_questionnaire(*args, **options)
    assert len(raised.value.problems) == 1, str(raised.value)
    assert "K-0417" not in str(raised.value)
    return raised.value.problems[0]


# --- worked examples --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("answers", "raw", "metric"), [
    ([1, 1, 1, 1, 1, 1, 1], 7, 7.00), ([2, 1, 1, 1, 1, 1, 1], 8, 9.51), ([3, 3, 3, 3, 3, 3, 3], 21, 19.25),
    ([3, 4, 3, 4, 3, 4, 4], 25, 22.35), ([5, 5, 5, 5, 5, 5, 4], 34, 32.55), ([5, 5, 5, 5, 5, 5, 5], 35, 35.00),
])  # fmt: skip
def test_the_swemwbs_is_added_and_converted(answers, raw, metric):
    scores = score_questionnaire(forms("swemwbs", 7, [answers]), "swemwbs").iloc[0]
    assert (scores["swemwbs_sum"], scores["swemwbs_metric"]) == (raw, metric)
    assert scores["key_verified"]
    assert "bands_source" not in scores


def test_the_swemwbs_with_a_blank_has_no_score():
    scores = score_questionnaire(forms("swemwbs", 7, [[3, 3, 3, 3, 3, 3, np.nan]]), "swemwbs").iloc[0]
    assert np.isnan(scores["swemwbs_sum"])
    assert np.isnan(scores["swemwbs_metric"])
    assert scores["n_answered"] == 6


def test_the_wemwbs_is_added():
    scores = score_questionnaire(forms("wemwbs", 14, [[1, 2, 3, 4, 5, 1, 2, 3, 4, 5, 1, 2, 3, 4]]), "wemwbs")
    assert scores["wemwbs_total"].tolist() == [40]


def test_the_swemwbs_out_of_the_fourteen_items_of_the_wemwbs():
    table = forms("wemwbs", 14, [[5, 5, 5, 1, 1, 5, 5, 1, 5, 1, 4, 1, 1, 1]])
    names = [f"wemwbs{item}" for item in (1, 2, 3, 6, 7, 9, 11)]
    assert score_questionnaire(table, "swemwbs", names=names)["swemwbs_metric"].tolist() == [32.55]


def test_the_psc_17_by_its_scoring_sheet():
    attention, internalising, externalising = [1, 3, 7, 13, 17], [2, 6, 9, 11, 15], [4, 5, 8, 10, 12, 14, 16]
    table = forms("psc", 17, [[0] * 17, [0] * 17, [0] * 17])
    table.loc[0, [f"psc{item}" for item in attention]] = [2, 2, 1, 1, 1]  # at the cut-off of 7
    table.loc[1, [f"psc{item}" for item in internalising]] = [1, 1, 1, 1, 0]  # one below that of 5
    table.loc[2, [f"psc{item}" for item in externalising]] = 2
    table.loc[2, "psc2"] = 1
    scores = score_questionnaire(table, "psc_17")
    assert scores["psc_attention"].tolist() == [7, 0, 0]
    assert scores["psc_internalising"].tolist() == [0, 4, 1]
    assert scores["psc_externalising"].tolist() == [0, 0, 14]
    assert scores["psc_total"].tolist() == [7, 4, 15]
    at, below = "at the cut-off or above", "below the cut-off"
    assert scores["psc_attention_band"].tolist() == [at, below, below]
    assert scores["psc_internalising_band"].tolist() == [below, below, below]
    assert scores["psc_externalising_band"].tolist() == [below, below, at]
    assert scores["psc_total_band"].tolist() == [below, below, at]


def test_blanks_of_the_psc_17_count_0_and_four_of_them_void_the_form():
    table = forms("psc", 17, [[2] * 14 + [np.nan] * 3, [2] * 13 + [np.nan] * 4, [np.nan] * 17])
    scores = score_questionnaire(table, "psc_17")
    assert scores["psc_total"].fillna(-1).tolist() == [28, -1, -1]  # 3 blanks of 17 at 0, not prorated to 34
    assert scores["psc_internalising"].fillna(-1).tolist() == [8, -1, -1]
    assert scores["n_answered"].tolist() == [14, 13, 0]


@pytest.mark.parametrize("key", ["bac_c", "bac_a"])
def test_the_bac_with_both_of_its_cut_offs(key):
    table = forms(key, 20, [[2, 2, 2] + [0] * 17, [2, 2, 2, 1] + [0] * 16, [2, 2, 2, 2] + [0] * 16])
    at, below = "at the cut-off or above", "below the cut-off"
    alone = score_questionnaire(table, key)
    assert alone[f"{key}_total"].tolist() == [6, 7, 8]
    assert alone[f"{key}_total_band"].tolist() == [below, at, at]
    beside = score_questionnaire(table, key, bands="beside the SDQ", informant="parent")
    assert beside[f"{key}_total_band"].tolist() == [below, below, at]
    assert beside["bands_verified"].all()
    assert not beside["key_verified"].any()


@pytest.mark.parametrize(("key", "turned"), [("rosenberg", (2, 5, 6, 8, 9)), ("rosenberg_1965", (3, 5, 8, 9, 10))])
def test_the_rosenberg_in_both_orders_of_its_items(key, turned):
    best = [0 if item in turned else 3 for item in range(1, 11)]
    table = forms("rses", 10, [best, [3 - answer for answer in best], [1] * 10])
    assert score_questionnaire(table, key)[f"{key}_total"].tolist() == [30, 0, 15]
    assert score_questionnaire(table + 1, key, coding="1-4")[f"{key}_total"].tolist() == [30, 0, 15]


def rcads(depression: list[float]) -> pd.DataFrame:
    """One form of the RCADS-47 with 1 to every item of the anxiety scales."""
    table = forms("rcads", 47, [[1.0] * 47])
    table.loc[0, [f"rcads{item}" for item in (2, 6, 11, 15, 19, 21, 25, 29, 40, 47)]] = depression
    return table


def test_the_rcads_47_scale_by_scale():
    scores = score_questionnaire(rcads([3, 3, 3, 3, 3, 0, 0, 0, 0, 0]), "rcads_47").iloc[0]
    sizes = {"social_phobia": 9, "panic": 9, "separation_anxiety": 7, "generalised_anxiety": 6}
    assert {scale: scores[f"rcads_{scale}"] for scale in sizes} == sizes
    assert (scores["rcads_obsessive_compulsive"], scores["rcads_depression"]) == (6, 15)
    assert (scores["rcads_anxiety"], scores["rcads_total"]) == (37, 52)


def test_two_blanks_of_a_scale_of_the_rcads_are_prorated_and_three_are_not():
    two = score_questionnaire(rcads([1, 1, 1, 1, 1, 1, 1, 2, np.nan, np.nan]), "rcads_47").iloc[0]
    assert two["rcads_depression"] == 9 / 8 * 10
    assert two["rcads_total"] == 37 + 9 / 8 * 10
    three = score_questionnaire(rcads([1, 1, 1, 1, 1, 1, 1, np.nan, np.nan, np.nan]), "rcads_47").iloc[0]
    assert np.isnan(three["rcads_depression"])
    assert three["rcads_anxiety"] == 37  # a scale that is not part of it
    assert np.isnan(three["rcads_total"])


def test_two_blanks_of_its_shortest_scale_too():
    table = rcads([0] * 10)
    table.loc[0, ["rcads1", "rcads13"]] = np.nan
    assert score_questionnaire(table, "rcads_47")["rcads_generalised_anxiety"].tolist() == [6]
    table.loc[0, "rcads22"] = np.nan
    assert score_questionnaire(table, "rcads_47")["rcads_generalised_anxiety"].isna().all()


def test_the_rcads_25():
    low_mood = (1, 4, 8, 10, 13, 15, 16, 19, 21, 24)
    table = forms("rcads25_", 25, [[2 if item in low_mood else 1 for item in range(1, 26)]])
    scores = score_questionnaire(table, "rcads_25").iloc[0]
    assert (scores["rcads25_depression"], scores["rcads25_anxiety"], scores["rcads25_total"]) == (20, 15, 35)


def test_the_sdq_by_its_key_is_the_sdq_of_its_own_verb():
    from securebase_analysis.measures.strengths_difficulties import score_sdq

    table = drawn("sdq", 80)
    table = table.mask(np.random.default_rng(8).random(table.shape) < 0.1)
    own = score_sdq(table)
    general = score_questionnaire(table, "sdq", informant="parent")
    shared = [name for name in own if name.startswith("sdq_")]
    assert len(shared) == 14
    pd.testing.assert_frame_equal(general[shared], own[shared])


# --- the same numbers as in a study -----------------------------------------------------------------------------


@pytest.mark.parametrize("key", ["bac_c", "psc_17", "swemwbs", "wemwbs", "rosenberg", "rcads_47", "rcads_25"])
def test_score_dimensions_gives_the_same_scores(key):
    table = drawn(key)
    table = table.mask(np.random.default_rng(4).random(table.shape) < 0.03)
    table = table.assign(child=[f"c{row:02d}" for row in range(len(table))])
    scores = score_dimensions(table, load_codebook(key))
    alone = score_questionnaire(table, key)
    wide = scores.wide()
    for scale in scores.frame["construct"].unique():
        np.testing.assert_array_equal(wide[scale], alone[scale])


def test_the_error_of_a_converted_score_follows_the_slope_of_the_conversion():
    table = drawn("swemwbs", 200)
    frame = score_dimensions(table, load_codebook("swemwbs")).frame
    raw, metric = (frame[frame["construct"] == name] for name in ("swemwbs_sum", "swemwbs_metric"))
    at = raw["score"].to_numpy() == 20
    assert at.any()
    slope = (19.25 - 17.98) / 2  # from 19 to 21
    np.testing.assert_allclose(metric["std_error"].to_numpy()[at], slope * raw["std_error"].to_numpy()[at])
    share = 100 * (metric["score"] - 7) / (35 - 7)
    np.testing.assert_allclose(metric["score_100"], share)


def test_a_converted_score_can_be_explained():
    table = drawn("swemwbs", 30).assign(child=[f"c{row}" for row in range(30)])
    scores = score_dimensions(table, load_codebook("swemwbs"))
    told = scores.explain("c0", 1, "swemwbs_metric")
    assert len(told.items) == 7
    assert "swemwbs_sum:" in told.text
    assert "at least 7 answered" in told.text


def test_what_a_form_needs_is_said_in_the_notes():
    table = drawn("psc_17", 30)
    table.iloc[0, :4] = np.nan
    scores = score_dimensions(table, load_codebook("psc_17"))
    note = next(problem for problem in scores.problems if problem.code == "SB-ITEM-07" and "items" in problem.what)
    assert note.rows == (1,)
    assert "14 of the form" in note.done
    assert "blanks at the lowest answer" in scores.frame["rule"].iloc[0]


def test_a_study_uses_keys_by_name(tmp_path):
    (tmp_path / "codebook.toml").write_text(
        'name = "Pilot"\nversion = "1"\nuses = ["swemwbs", "psc_17", "bac_a"]\n', encoding="utf-8"
    )
    codebook = read_codebook(tmp_path / "codebook.toml")
    table = pd.concat([drawn("swemwbs"), drawn("psc_17"), drawn("bac_a")], axis=1)
    scores = score_dimensions(table, codebook).frame
    assert scores.groupby("instrument", sort=False)["construct"].nunique().to_dict() == {
        "swemwbs": 2, "psc_17": 4, "bac_a": 1,
    }  # fmt: skip


# --- informants, names, codings ---------------------------------------------------------------------------------


def test_cut_offs_follow_the_informant_of_each_row():
    book = make_codebook("Pilot", "1", {
        "instruments": [{"instrument": "visit", "informants": ["carer", "teacher"], "minimum_answered": 1,
                         "rule": "sum", "metric": "raw"}],
        "items": [{"item": "v1", "instrument": "visit", "construct": "worry", "low": 0, "high": 9}],
        "scales": [{"scale": "worry", "instrument": "visit", "better": "low"}],
        "bands": [{"scale": "worry", "informant": informant, "band": band, "low": low, "high": high}
                  for informant, cut in (("carer", 3), ("teacher", 6))
                  for band, low, high in (("few", 0, cut - 1), ("many", cut, 9))],
    })  # fmt: skip
    table = pd.DataFrame(
        {"v1": [4, 4, 4, 7, np.nan], "informant": ["carer", "teacher", "child", "teacher", "carer"]}
    )
    scores = score_questionnaire(table, book)
    assert scores["worry_band"].fillna("").tolist() == ["many", "few", "", "many", ""]
    assert score_questionnaire(table, book, informant="teacher")["worry_band"].fillna("").tolist() == [
        "few", "few", "few", "many", "",
    ]  # fmt: skip


def test_carers_have_the_cut_offs_of_parents_unless_there_are_their_own():
    table = forms("sdq", 25, [[1] * 25] * 3).assign(informant=["foster carer", "carer", "teacher"])
    scores = score_questionnaire(table, "sdq", coding="0-2")
    assert scores["sdq_peer"].tolist() == [5, 5, 5]
    assert scores["sdq_emotional_band"].tolist() == ["abnormal", "abnormal", "borderline"]


@pytest.mark.parametrize("form", ["psc_{}", "PSC{:02d}", "psc_{:02d}", "psc-{}", "{}", "Psc {}"])
def test_usual_spellings_of_the_items_are_found(form):
    table = drawn("psc_17")
    in_order = [f"psc{number}" for number in range(1, 18)]
    table = table[in_order]
    expected = score_questionnaire(table, "psc_17")
    spelt = table.set_axis([form.format(number) for number in range(1, 18)], axis=1)
    pd.testing.assert_frame_equal(score_questionnaire(spelt.iloc[:, ::-1], "psc_17"), expected)


def test_names_put_the_items_of_another_form_in_order():
    table = drawn("psc_17")[[f"psc{number}" for number in range(1, 18)]]
    expected = score_questionnaire(table, "psc_17")
    shuffled = table.set_axis([f"q{number}" for number in range(1, 18)], axis=1)
    pd.testing.assert_frame_equal(score_questionnaire(shuffled, "psc_17", names=list(shuffled)), expected)
    mapped = table.rename(columns={"psc4": "sharing"})
    pd.testing.assert_frame_equal(score_questionnaire(mapped, "psc_17", names={"psc4": "sharing"}), expected)


@pytest.mark.parametrize("change", [
    lambda table: table.head(0), lambda table: table.astype("str"), lambda table: table.astype("category"),
    lambda table: table.astype("Int64").mask(table == 3), lambda table: table * np.nan,
    lambda table: table.set_axis(range(1, 8), axis=1), lambda table: table.assign(informant=None),
])  # fmt: skip
def test_tables_of_every_kind_give_a_row_each(change):
    table = change(drawn("swemwbs", 12))
    scores = score_questionnaire(table, "swemwbs")
    assert len(scores) == len(table)
    assert scores["swemwbs_metric"].dropna().between(7, 35).all()


def test_keys_and_index_are_kept_and_the_table_is_left_alone():
    table = drawn("bac_c", 5).assign(child="K-0417", wave=[1, 2, 3, 4, 5]).set_axis(list("abcde"))
    before = table.copy()
    scores = score_questionnaire(table, "bac_c")
    assert scores.index.tolist() == list("abcde")
    assert scores.columns[:2].tolist() == ["child", "wave"]
    pd.testing.assert_frame_equal(table, before)


def test_own_codebooks_with_several_questionnaires_need_a_name():
    both = load_codebook("swemwbs").combined_with(load_codebook("bac_c"))
    table = drawn("bac_c").join(drawn("swemwbs"))
    assert score_questionnaire(table, both, instrument="bac_c")["bac_c_total"].notna().all()
    found = problem_of(ModelError, table, both)
    assert (found.code, found.fix) == ("SB-MODEL-30", "instrument= one of 'swemwbs', 'bac_c'")


# --- refused ----------------------------------------------------------------------------------------------------


def test_an_item_that_is_not_there():
    table = drawn("bac_c").rename(columns={"bac_c7": "bacc_7"}).assign(child="K-0417")
    found = problem_of(DataError, table, "bac_c")
    assert (found.code, found.table, found.column) == ("SB-ITEM-12", "items", "bac_c7")
    assert found.fix == 'names={"bac_c7": "bacc_7"}'
    assert "1 of the 20 items of BAC-C was not found" in found.what


def test_names_that_do_not_fit():
    table = drawn("swemwbs")
    assert "lists 2 columns" in problem_of(ModelError, table, "swemwbs", names=["a", "b"]).what
    found = problem_of(ModelError, table, "swemwbs", names={"swemwb1": "a"})
    assert (found.code, found.fix) == ("SB-ITEM-12", "Write 'swemwbs1'.")


def test_61_one_column_for_two_items():
    found = problem_of(DataError, drawn("swemwbs"), "swemwbs", names={"swemwbs1": "swemwbs2"})
    assert (found.code, found.column) == ("SB-ITEM-61", "swemwbs2")
    assert "swemwbs1, swemwbs2" in found.what


def test_62_two_sets_of_items():
    table = drawn("swemwbs").join(drawn("swemwbs").set_axis([f"swemwbs_{n}" for n in range(1, 8)], axis=1))
    found = problem_of(DataError, table, "swemwbs")
    assert (found.code, found.column) == ("SB-ITEM-62", "swemwbs1")
    assert "'swemwbs_1'" in found.what


def test_62_two_columns_that_differ_in_case_alone():
    found = problem_of(DataError, drawn("swemwbs").assign(SWEMWBS4=1), "swemwbs")
    assert (found.code, found.column) == ("SB-ITEM-62", "swemwbs4")
    assert "'SWEMWBS4'" in found.what


def test_71_a_longer_form_under_the_same_names():
    table = drawn("psc_17")[[f"psc{number}" for number in range(1, 18)]]
    longer = table.join(table.set_axis([f"psc{number}" for number in range(18, 35)], axis=1))
    found = problem_of(DataError, longer, "psc_17")
    assert (found.code, found.column) == ("SB-ITEM-71", "psc18")
    assert score_questionnaire(longer, "psc_17", names=list(table))["psc_total"].notna().all()


def test_70_a_file_that_never_holds_a_0():
    table = drawn("bac_c").clip(1, 2)  # 1,200 answers, none of them 0
    found = problem_of(DataError, table, "bac_c")
    assert (found.code, found.table) == ("SB-ITEM-70", "items")
    assert 'coding="0-2"' in found.fix
    assert 'coding="1-3"' in found.fix
    from_0, from_1 = (
        score_questionnaire(table, "bac_c", coding=coding)["bac_c_total"] for coding in ("0-2", "1-3")
    )
    assert (from_0 - from_1 == 20).all()
    assert score_questionnaire(table.head(4), "bac_c")["bac_c_total"].notna().all()  # 80 answers may well lack it


def test_05_another_coding_is_named():
    table = drawn("rosenberg").assign(child=[f"K-0417-{row}" for row in range(60)])
    items = [f"rses{number}" for number in range(1, 11)]
    found = problem_of(DataError, table[items] + 1, "rosenberg")
    assert (found.code, found.fix) == ("SB-ITEM-05", 'coding="1-4"')
    found = problem_of(DataError, table[items], "rosenberg", coding="1-4")
    assert (found.code, found.fix) == ("SB-ITEM-05", 'coding="0-3"')


@pytest.mark.parametrize("coding", ["1-5", "often", "", "4-1", 3])
def test_codings_that_cannot_be(coding):
    found = problem_of(ModelError, drawn("rosenberg"), "rosenberg", coding=coding)
    assert found.code == "SB-MODEL-30"
    assert 'coding="1-4"' in found.fix


def test_16_an_undeclared_code_for_missing():
    table = drawn("bac_a").assign(child="K-0417")
    table.loc[[2, 5], "bac_a3"] = 999
    found = problem_of(DataError, table, "bac_a")
    assert (found.code, found.column, found.rows) == ("SB-FILE-16", "bac_a3", (3, 6))


def test_an_answer_off_the_scale_and_a_word():
    table = drawn("swemwbs")
    table.loc[4, "swemwbs2"] = 6
    found = problem_of(DataError, table, "swemwbs")
    assert (found.code, found.column, found.rows) == ("SB-ITEM-04", "swemwbs2", (5,))
    words = drawn("swemwbs").astype(object)
    words.loc[0, "swemwbs1"] = "often"
    found = problem_of(DataError, words, "swemwbs")
    assert (found.code, found.column, found.rows) == ("SB-FILE-18", "swemwbs1", (1,))


def test_items_that_were_reversed_before():
    table = drawn("rosenberg", 200)
    turned = [f"rses{item}" for item in (2, 5, 6, 8, 9)]
    table[turned] = 3 - table[turned]
    with pytest.raises(DataError) as raised:
        score_questionnaire(table, "rosenberg")
    assert {problem.code for problem in raised.value.problems} == {"SB-ITEM-01"}


def test_options_that_are_not():
    table = drawn("swemwbs")
    assert "swemwbs" in problem_of(DataError, table, "swemwb").fix
    assert problem_of(ModelError, table, 7).code == "SB-MODEL-41"
    assert problem_of(ModelError, [1, 2], "swemwbs").code == "SB-MODEL-41"
    assert problem_of(ModelError, table, "swemwbs", bands="three").code == "SB-MODEL-30"
    assert problem_of(ModelError, table, "swemwbs", informant="teacher").fix
    assert "beside the SDQ" in problem_of(ModelError, drawn("bac_c"), "bac_c", bands="besides the SDQ").fix
    assert problem_of(ModelError, table, load_codebook("secure_base_interview")).code == "SB-MODEL-30"


def test_a_key_that_was_not_checked_in_every_point_is_told():
    notes = {
        key: [
            problem
            for problem in score_dimensions(drawn(key), load_codebook(key)).problems
            if problem.code == "SB-ITEM-73"
        ]
        for key in ("bac_c", "psc_17")
    }
    assert notes["psc_17"] == []
    (note,) = notes["bac_c"]
    assert note.severity == "note"
    assert "Tarren-Sweeney" in note.what


@pytest.mark.parametrize(
    "score", [lambda items: score_sdq(items), lambda items: score_questionnaire(items, "sdq")]
)
def test_an_answer_between_two_categories_is_refused(score):
    items = pd.DataFrame([[1.0] * 25, [2.0] * 25, [0.0] * 25], columns=[f"sdq{item}" for item in range(1, 26)])
    items.loc[1, "sdq7"] = 1.4
    with pytest.raises(DataError) as stopped:
        score(items)
    (problem,) = stopped.value.problems
    assert (problem.code, problem.severity, problem.column, problem.rows) == ("SB-ITEM-74", "stop", "sdq7", (2,))
    assert "score_dimensions" in problem.fix
    assert any("SB-ITEM-74" in note for note in score_dimensions(items, load_codebook("sdq")).notes)
