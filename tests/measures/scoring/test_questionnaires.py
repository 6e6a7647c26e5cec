"""Answers become scores: reversal, proration, ranges, standard errors, and the way back."""

import numpy as np
import pandas as pd
import pytest
from small_studies import FIVE, items_of, one_scale, simulated_answers, study_of

from securebase_analysis.errors import ModelError
from securebase_analysis.measures.scoring import score_dimensions
from securebase_analysis.measures.scoring.items import half_up
from securebase_analysis.study.codebook import make_codebook
from securebase_analysis.study.codebook_files import load_codebook

WHOLE_SDQ = [f"sdq{number}" for number in range(1, 26)]


def answers(*rows):
    return pd.DataFrame(rows, columns=list(FIVE)).assign(child=[f"c{i}" for i in range(len(rows))])


def test_a_mean_is_the_mean_of_the_answers_in_0_to_100():
    scores = score_dimensions(answers([4, 3, 2, 1, 0], [4, 4, 4, np.nan, np.nan]), one_scale())
    assert scores.frame["score"].tolist() == [50.0, 100.0]
    assert scores.frame["n_answered"].tolist() == [5, 3]
    assert scores.frame["n_items"].tolist() == [5, 5]


def test_the_frame_has_the_columns_that_others_rely_on():
    frame = score_dimensions(answers([4, 3, 2, 1, 0]), one_scale()).frame
    keys = ["site", "child", "wave", "informant", "instrument", "construct"]
    measured = ["score", "std_error", "n_answered", "n_items", "rule", "score_100"]
    assert list(frame) == keys + measured
    assert frame.loc[0, ["wave", "informant", "instrument", "construct"]].tolist() == [
        1,
        "carer",
        "visit",
        "trust",
    ]


def test_reversed_items_are_turned_once():
    scores = score_dimensions(answers([4, 4, 4, 4, 0]), one_scale(turned=["t5"]))
    assert scores.frame["score"].tolist() == [100.0]


def test_raw_metric_and_sum_rule():
    book = one_scale(rule="sum", metric="raw")
    frame = score_dimensions(answers([4, 3, 2, 1, 0], [1, 1, 1, np.nan, np.nan]), book).frame
    assert frame["score"].tolist() == [10.0, 5.0]
    assert frame["score_100"].tolist() == [50.0, 25.0]


@pytest.mark.parametrize(
    ("total", "expected"), [(0, 0), (1, 1), (2, 3), (3, 4), (4, 5), (5, 6), (6, 8), (7, 9), (8, 10)]
)
def test_sdq_proration_rounds_halves_up(total, expected):
    # four answered items adding to 2 give 2.5, which the published rule makes 3 and Python's round 2
    form = pd.DataFrame([[0.0] * 25], columns=WHOLE_SDQ)
    emotional = ["sdq3", "sdq8", "sdq13", "sdq16", "sdq24"]
    form[emotional] = [[*(min(2, max(0, total - 2 * step)) for step in range(4)), np.nan]]
    frame = score_dimensions(form, load_codebook("sdq")).frame.set_index("construct")
    assert frame.loc["sdq_emotional", "score"] == expected
    assert frame.loc["sdq_emotional", "n_answered"] == 4


def test_half_up_is_not_bankers_rounding():
    assert half_up(np.array([0.5, 1.5, 2.5, 2.4999999999])).tolist() == [1, 2, 3, 3]


def test_sdq_reversed_items_and_sums():
    form = pd.DataFrame([[0.0] * 25], columns=WHOLE_SDQ)
    frame = score_dimensions(form, load_codebook("sdq")).frame.set_index("construct")["score"]
    # all 'not true': the reversed items 7, 21, 25, 11, 14 count 2 each
    assert frame[["sdq_conduct", "sdq_hyperactivity", "sdq_peer", "sdq_emotional"]].tolist() == [2, 4, 4, 0]
    assert frame[["sdq_total", "sdq_internalising", "sdq_externalising"]].tolist() == [10, 4, 6]


def test_a_total_is_missing_when_a_part_is_unless_asked_otherwise():
    form = pd.DataFrame([[1.0] * 25], columns=WHOLE_SDQ)
    form[["sdq3", "sdq8", "sdq13"]] = np.nan
    book = load_codebook("sdq")
    strict = score_dimensions(form, book).frame.set_index("construct")
    assert strict.loc[["sdq_emotional", "sdq_total"], "score"].isna().all()
    lenient = score_dimensions(form, book, total_missing="more than one").frame.set_index("construct")
    assert lenient.loc["sdq_total", "score"] == 20.0
    assert np.isnan(lenient.loc["sdq_internalising", "score"])


def test_all_missing_is_missing_and_never_zero():  # C5 67
    scores = score_dimensions(answers([1, 1, 1, 1, 1], [np.nan] * 5), one_scale(rule="sum", metric="raw"))
    assert np.isnan(scores.frame["score"].iloc[1])
    note = next(problem for problem in scores.problems if problem.code == "SB-ITEM-06")
    assert note.rows == (2,)
    assert "missing, not 0" in note.done


def test_below_the_minimum_is_counted():  # C5 68
    scores = score_dimensions(answers([1, 1, np.nan, np.nan, np.nan], [1, 1, 1, 1, 1]), one_scale())
    note = next(problem for problem in scores.problems if problem.code == "SB-ITEM-07")
    assert note.rows == (1,)
    assert "trust 1" in note.what


def test_a_scale_that_was_not_asked_at_a_wave_is_left_out():  # C5 69
    book = make_codebook(
        "Two",
        "1",
        {
            "instruments": [{"instrument": "visit", "minimum_answered": 1}],
            "items": items_of("trust", ["t1", "t2"]) + items_of("acceptance", ["a1", "a2"]),
        },
    )
    data = pd.DataFrame(
        {"child": ["a", "a", "b", "b"], "wave": [1, 3, 1, 3], "t1": 1, "t2": 2, "a1": [1, np.nan] * 2}
    )
    scores = score_dimensions(data.assign(a2=data["a1"]), book)
    rows = scores.frame[scores.frame["construct"] == "acceptance"]
    assert rows["wave"].tolist() == [1, 1]
    note = next(problem for problem in scores.problems if problem.code == "SB-ITEM-08")
    assert "acceptance" in note.what
    assert "wave 3" in note.what
    assert scores.wide()["acceptance"].isna().tolist() == [False, True, False, True]


def test_items_of_different_ranges_share_the_possible_points():
    book = make_codebook(
        "Mixed",
        "1",
        {
            "instruments": [{"instrument": "visit", "minimum_answered": 1, "rule": "sum", "metric": "raw"}],
            "items": items_of("trust", ["t1"], high=3) + items_of("trust", ["t2"], low=1, high=2),
        },
    )
    frame = score_dimensions(pd.DataFrame({"t1": [3, 0], "t2": [1, np.nan]}), book).frame
    assert frame["score"].tolist() == [4.0, 1.0]
    assert frame["score_100"].tolist() == [75.0, 0.0]


def test_weights_count():
    book = one_scale()
    items = book.items.assign(weight=[3.0, 1.0, 1.0, 1.0, 1.0])
    weighted = make_codebook("W", "1", {"instruments": book.instruments, "items": items})
    frame = score_dimensions(answers([4, 0, 0, 0, 0], [4, 0, 0, np.nan, np.nan]), weighted).frame
    assert frame["score"].tolist() == pytest.approx([100 * 3 / 7, 100 * 3 / 5])


def test_a_whole_counts_the_items_of_its_parts():
    book = make_codebook(
        "Parts",
        "1",
        {
            "instruments": [{"instrument": "visit", "minimum_answered": 1}],
            "items": items_of("family_membership", ["w"])
            + items_of("family_membership_foster", ["f"])
            + items_of("family_membership_birth", ["b1", "b2"]),
        },
    )
    frame = score_dimensions(pd.DataFrame({"w": [4], "f": [2], "b1": [1], "b2": [1]}), book).frame
    scores = frame.set_index("construct")["score"]
    assert scores["family_membership"] == 50.0
    assert scores["family_membership_birth"] == 25.0
    assert scores["family_membership_foster"] == 50.0


def test_the_standard_error_is_the_spread_of_the_error_of_parallel_items():
    random = np.random.default_rng(4)
    n, k, noise = 4000, 6, 7.0
    truth = random.normal(50, 10, size=(n, 1))
    names = [f"x{i}" for i in range(k)]
    values = truth + noise * random.normal(size=(n, k))
    values[: n // 2, 4:] = np.nan
    book = make_codebook(
        "Parallel",
        "1",
        {
            "instruments": [{"instrument": "visit", "minimum_answered": 3, "metric": "raw"}],
            "items": items_of("trust", names, low=-100, high=200),
        },
    )
    frame = score_dimensions(pd.DataFrame(values, columns=names), book).frame
    error = frame["score"].to_numpy() - truth[:, 0]
    short, full = slice(0, n // 2), slice(n // 2, n)
    assert frame["std_error"].iloc[-1] == pytest.approx(error[full].std(), rel=0.05)
    assert frame["std_error"].iloc[0] == pytest.approx(error[short].std(), rel=0.05)
    assert frame["std_error"].iloc[0] / frame["std_error"].iloc[-1] == pytest.approx(np.sqrt(6 / 4), abs=1e-12)


def test_no_standard_error_without_a_positive_alpha():
    random = np.random.default_rng(0)
    noise = pd.DataFrame(random.integers(0, 5, size=(12, 2)), columns=["t1", "t2"]).astype(float)
    noise["t2"] = 4 - noise["t1"]
    book = make_codebook(
        "Two",
        "1",
        {
            "instruments": [{"instrument": "visit", "minimum_answered": 1}],
            "items": items_of("trust", ["t1", "t2"]),
        },
    )
    scores = score_dimensions(noise, book)
    assert scores.frame["std_error"].isna().all()
    assert any(problem.code == "SB-ITEM-52" and "trust" in problem.what for problem in scores.problems)


def test_a_study_brings_its_codebook_dates_and_children():
    table = simulated_answers(40, waves=(1, 2)).assign(site="north", informant="carer")
    children = pd.DataFrame({"site": "north", "child": table["child"].unique(), "sex": "female"})
    children["birth_date"] = pd.Timestamp("2010-01-01")
    waves = table[["site", "child", "wave"]].assign(carer="k1")
    waves["date"] = pd.to_datetime(np.where(waves["wave"] == 1, "2020-01-01", "2020-12-31"))
    study = study_of(one_scale(), responses={"visit": table}, waves=waves, children=children)
    wide = score_dimensions(study).wide()
    assert list(wide) == ["site", "child", "wave", "date", "years", "age", "carer", "sex", "birth_date", "trust"]
    assert wide["years"].unique() == pytest.approx([0, 365 / 365.25])
    assert wide["age"].iloc[0] == pytest.approx(10.0, abs=0.01)
    assert len(wide) == 80


def test_planned_months_stand_in_for_dates():
    occasions = score_dimensions(simulated_answers(30, waves=(1, 2)), one_scale()).occasions
    assert occasions.groupby("wave")["years"].first().tolist() == [0.0, 1.0]


def test_names_of_waves_are_understood():
    data = simulated_answers(30).assign(wave="T2")
    assert score_dimensions(data, one_scale()).frame["wave"].unique().tolist() == [2]


def test_extra_columns_of_a_table_are_carried_to_wide():
    data = simulated_answers(30).assign(kinship="yes")
    assert score_dimensions(data, one_scale()).wide()["kinship"].unique().tolist() == ["yes"]


def test_wide_gives_bare_names_to_the_first_informant_of_the_codebook():
    book = one_scale(informants=["carer", "teacher"])
    carer = simulated_answers(40).assign(informant="carer")
    teacher = simulated_answers(40, seed=2).assign(informant="teacher")
    scores = score_dimensions(pd.concat([teacher, carer]), book)
    wide = scores.wide()
    by_hand = scores.frame[scores.frame["informant"] == "carer"].sort_values("child")["score"].to_numpy()
    assert wide["trust"].to_numpy() == pytest.approx(by_hand)
    assert "trust_teacher" in wide
    assert any("trust_teacher" in note for note in scores.notes)
    assert list(scores.wide(informant="teacher"))[-1] == "trust"
    with pytest.raises(ModelError, match="informant='teacher'"):
        scores.wide(informant="teecher")


def test_one_informant_may_be_scored_alone():
    book = one_scale(informants=["carer", "teacher"])
    data = pd.concat(
        [simulated_answers(40, seed=s).assign(informant=who) for s, who in ((1, "carer"), (2, "teacher"))]
    )
    scores = score_dimensions(data, book, informant="teacher")
    assert scores.frame["informant"].unique().tolist() == ["teacher"]


def test_wide_of_other_values():
    scores = score_dimensions(simulated_answers(40), one_scale())
    assert scores.wide("std_error")["trust"].gt(0).all()
    assert scores.wide("n_answered")["trust"].eq(5).all()
    with pytest.raises(ModelError, match="value='score'"):
        scores.wide("scores")


def test_explain_leads_back_from_the_score_to_the_answers():
    data = answers([4, 3, np.nan, 1, 0])
    book = one_scale(turned=["t5"])
    scores = score_dimensions(data, book)
    told = scores.explain("c0", 1, "trust")
    assert told.items["answer"].tolist()[:2] == [4, 3]
    assert told.items.set_index("item").loc["t5", ["reversed", "used"]].tolist() == [True, 4.0]
    used = told.items.dropna(subset="used")
    assert 100 * used["used"].sum() / (4 * len(used)) == told.scores["score"].iloc[0] == 75.0
    assert "4 of 5 items" in told.text
    assert "c0" not in told.text
    assert "<table" in told._repr_html_()


def test_explain_a_sum_names_the_items_of_all_its_scales():
    form = pd.DataFrame([[1.0] * 25], columns=WHOLE_SDQ)
    told = score_dimensions(form, load_codebook("sdq")).explain("1", 1, "sdq_total")
    assert len(told.items) == 20
    assert told.items["used"].sum() == told.scores["score"].iloc[0] == 20.0


def test_explain_says_what_it_does_not_know():
    scores = score_dimensions(answers([4, 3, 2, 1, 0]), one_scale())
    with pytest.raises(ModelError, match="construct='trust'"):
        scores.explain("c0", 1, "trusst")
    with pytest.raises(ModelError, match="Waves with scores: 1"):
        scores.explain("c0", 4, "trust")


def test_nothing_given_is_changed():
    data = simulated_answers(30)
    before = data.copy()
    score_dimensions(data, one_scale())
    pd.testing.assert_frame_equal(data, before)


def test_a_table_needs_a_codebook():
    with pytest.raises(ModelError, match="needs a codebook"):
        score_dimensions(pd.DataFrame({"t1": [1]}))


def test_scores_show_themselves():
    scores = score_dimensions(simulated_answers(30), one_scale())
    assert repr(scores).startswith("<Scores: 30 scores of 30 children")
    assert "Standard errors of visit" in scores._repr_html_()
