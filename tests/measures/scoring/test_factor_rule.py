"""Scores by the rule "factor": equal to lavaan's, true, explained, and refused where they mean nothing."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from small_studies import FIVE, items_of, one_scale, simulated_answers

from securebase_analysis.errors import DataError
from securebase_analysis.measures.scoring import score_dimensions
from securebase_analysis.study.codebook import make_codebook

R = json.loads((Path(__file__).parents[2] / "reference" / "factor_scores.json").read_text())


def factor_book(**rule):
    return one_scale(rule="factor", minimum_answered=1, **rule)


def codes(error):
    return {problem.code for problem in error.value.problems}


def true_answers(n=2000, seed=3, missing=0.2, loadings=(0.9, 0.7, 0.5, 0.8, 0.6)):
    """Continuous answers of `n` simulated children to five items of known loadings, and the truth behind them."""
    random = np.random.default_rng(seed)
    loadings = np.array(loadings)
    factor = random.normal(size=n)
    answers = 2.0 + factor[:, None] * loadings + random.normal(size=(n, 5)) * 0.6
    answers[random.random((n, 5)) < missing] = np.nan
    frame = pd.DataFrame(answers, columns=list(FIVE)).assign(child=[f"KID{i:05d}" for i in range(n)])
    return frame, 2.0 + loadings.mean() * factor


def wide_book(**rule):
    """Items without practical ends, so that the truth is normal."""
    instrument = {"instrument": "visit", "informants": ["carer"], "minimum_answered": 1, "rule": "factor", **rule}
    return make_codebook(
        "Wide", "1", {"instruments": [instrument], "items": items_of("trust", FIVE, low=-20, high=24)}
    )


# ---- lavaan ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["gaps", "whole"])
@pytest.mark.parametrize("scale", ["A", "E", "N"])
def test_scores_and_errors_are_those_of_lavaan(kind, scale):
    theirs = R[kind][scale]
    answers = pd.DataFrame(np.array(theirs["answers"], float), columns=theirs["items"])
    book = make_codebook(
        "bfi",
        "1",
        {
            "instruments": [{"instrument": "bfi", "minimum_answered": 1, "rule": "factor", "metric": "raw"}],
            "items": items_of("trust", theirs["items"], "bfi", 1, 6, turned=theirs["reversed"]),
        },
    )
    scores = score_dimensions(answers, book)
    models = scores.factors
    for name, of_lavaan in (("loading", "loading"), ("intercept", "intercept"), ("uniqueness", "uniqueness")):
        np.testing.assert_allclose(models[name], theirs[of_lavaan], atol=1e-4, rtol=1e-4)
    assert models["cfi"].iloc[0] == pytest.approx(theirs["cfi"], abs=1e-4)
    assert models["rmsea"].iloc[0] == pytest.approx(theirs["rmsea"], abs=1e-4)
    start, step = np.mean(theirs["intercept"]), np.mean(theirs["loading"])
    np.testing.assert_allclose(scores.frame["score"], start + step * np.array(theirs["score"]), atol=2e-4)
    factor = scores.factor_scores()
    np.testing.assert_allclose(factor["score"], theirs["score"], atol=2e-4)
    np.testing.assert_allclose(factor["std_error"], theirs["std_error"], atol=1e-4)
    given_the_model = step * np.array(theirs["std_error"])
    assert (scores.frame["std_error"] > given_the_model).all()
    assert (scores.frame["std_error"] < 1.25 * given_the_model + 0.1).all()


# ---- the truth -------------------------------------------------------------------------------------------------


def test_intervals_cover_the_truth_and_errors_are_as_large_as_they_say():
    answers, truth = true_answers()
    frame = score_dimensions(answers, wide_book(metric="raw")).frame
    error = frame["score"].to_numpy() - truth
    known = frame["score"].notna().to_numpy()
    error, said = error[known], frame["std_error"].to_numpy()[known]
    assert 0.93 < (np.abs(error) < 1.96 * said).mean() < 0.97
    assert np.sqrt((error**2).mean()) == pytest.approx(np.sqrt((said**2).mean()), rel=0.04)


def test_scores_are_nearer_to_the_truth_than_means_of_items():
    answers, truth = true_answers(loadings=(1.4, 0.3, 0.3, 0.3, 0.3))
    of_factor = score_dimensions(answers, wide_book(metric="raw")).frame["score"]
    of_mean = score_dimensions(answers, wide_book(metric="raw", rule="mean")).frame["score"]
    both = of_factor.notna()
    assert ((of_factor - truth)[both] ** 2).mean() < 0.7 * ((of_mean - truth)[both] ** 2).mean()


def test_as_a_predictor_the_score_gives_the_true_slope():
    answers, truth = true_answers(n=4000)
    frame = score_dimensions(answers, wide_book(metric="raw")).frame
    outcome = 0.5 * truth + np.random.default_rng(9).normal(size=len(truth))
    known = frame["score"].notna().to_numpy()
    slope = np.polyfit(frame["score"][known], outcome[known], 1)[0]
    assert slope == pytest.approx(0.5, abs=0.06)
    assert frame["score"].var() < np.var(truth)


# ---- the form of the scores ------------------------------------------------------------------------------------


def test_percent_and_raw_metric_are_the_same_score():
    answers = simulated_answers(turned=("t4",))
    raw = score_dimensions(answers, factor_book(turned=("t4",), metric="raw")).frame
    percent = score_dimensions(answers, factor_book(turned=("t4",))).frame
    np.testing.assert_allclose(percent["score"], 25.0 * raw["score"])
    np.testing.assert_allclose(percent["std_error"], 25.0 * raw["std_error"])
    np.testing.assert_allclose(raw["score_100"], percent["score"])


def test_fewer_answers_give_a_larger_error_and_none_give_no_score():
    answers = simulated_answers()
    answers.loc[0, list(FIVE)] = np.nan
    answers.loc[1, list(FIVE[1:])] = np.nan
    frame = score_dimensions(answers, factor_book()).frame
    assert frame.loc[0, ["score", "std_error"]].isna().all()
    assert frame.loc[1, "std_error"] > frame.loc[2, "std_error"]
    assert frame["n_answered"].tolist()[:3] == [0, 1, 5]


def test_the_same_answers_at_two_waves_give_the_same_score():
    answers = simulated_answers(waves=(1, 2))
    answers.loc[200, list(FIVE)] = answers.loc[0, list(FIVE)]
    frame = score_dimensions(answers, factor_book()).frame.set_index(["child", "wave"])
    assert frame.loc[("KID0000", 1), "score"] == frame.loc[("KID0000", 2), "score"]


def test_a_weight_of_zero_leaves_an_item_out_of_the_model():
    answers = simulated_answers()
    items = items_of("trust", FIVE)
    items[4]["weight"] = 0
    rule = {"instrument": "visit", "minimum_answered": 1, "rule": "factor"}
    weighed = score_dimensions(answers, make_codebook("Pilot", "1", {"instruments": [rule], "items": items}))
    without = make_codebook("Pilot", "1", {"instruments": [rule], "items": items[:4]})
    np.testing.assert_allclose(
        weighed.frame["score"], score_dimensions(answers, without).frame["score"], rtol=1e-6
    )
    assert weighed.factors["item"].tolist() == list(FIVE[:4])
    only_weightless = answers.assign(t1=np.nan, t2=np.nan).head(1).assign(t3=np.nan, t4=np.nan)
    several = pd.concat([only_weightless.assign(child="other"), answers])
    book = make_codebook("Pilot", "1", {"instruments": [rule], "items": items})
    assert np.isnan(score_dimensions(several, book).frame["score"].iloc[0])


def test_each_informant_has_a_model_and_scores_come_in_the_order_of_the_rows():
    carer, teacher = simulated_answers(seed=1), simulated_answers(seed=2)
    both = pd.concat([carer.assign(informant="carer"), teacher.assign(informant="teacher")]).sample(
        frac=1.0, random_state=4
    )
    book = one_scale(rule="factor", informants=["carer", "teacher"])
    scores = score_dimensions(both, book)
    assert scores.factors.groupby("informant")["n_rows"].first().to_dict() == {"carer": 200, "teacher": 200}
    alone = score_dimensions(teacher.assign(informant="teacher"), book).frame.set_index("child")["score"]
    of_teachers = scores.frame[scores.frame["informant"] == "teacher"].set_index("child")["score"]
    pd.testing.assert_series_equal(of_teachers.sort_index(), alone.sort_index())


def test_wide_notes_and_rule_say_what_was_assumed():
    scores = score_dimensions(simulated_answers(waves=(1, 2)), factor_book())
    assert scores.frame["rule"].unique().tolist() == ["one factor of items, at least 1 answered, 0-100"]
    note = next(note for note in scores.notes if "SB-SEM-139" in note)
    assert "the same at all 2 waves, which was not tested" in note
    assert "assess_invariance(study, 'trust', wave='wave')" in note
    one_wave = score_dimensions(simulated_answers(), factor_book())
    assert not any("not tested" in note for note in one_wave.notes)
    assert "trust" in scores.wide()


def test_a_sum_of_scales_adds_factor_scores():
    items = items_of("calm", ("a1", "a2", "a3")) + items_of("kind", ("b1", "b2", "b3"))
    tables = {
        "instruments": [{"instrument": "visit", "minimum_answered": 1, "rule": "factor", "metric": "raw"}],
        "items": items,
        "scales": [
            {"scale": "calm", "instrument": "visit"},
            {"scale": "kind", "instrument": "visit"},
            {"scale": "both", "instrument": "visit", "sum_of": ["calm", "kind"]},
        ],
    }
    answers = simulated_answers(names=("a1", "a2", "a3", "b1", "b2", "b3"))
    frame = score_dimensions(answers, make_codebook("Two", "1", tables)).wide()
    np.testing.assert_allclose(frame["both"], frame["calm"] + frame["kind"])


# ---- explanation -----------------------------------------------------------------------------------------------


def test_the_sum_of_the_explanation_leads_to_the_score():
    answers = simulated_answers(turned=("t4",))
    answers.loc[3, "t2"] = np.nan
    scores = score_dimensions(answers, factor_book(turned=("t4",), metric="raw"))
    told = scores.explain("KID0003", 1, "trust")
    made = told.factors
    assert made["item"].tolist() == list(FIVE)
    assert made.loc[1, "pull"] == 0.0
    factor = (made["pull"] * (made["used"] - made["intercept"])).sum()
    row = told.scores.iloc[0]
    assert made["intercept"].mean() + made["loading"].mean() * factor == pytest.approx(row["score"])
    error = np.sqrt(1.0 - (made["pull"] * made["loading"]).sum())
    in_units = scores.factor_scores().set_index("child").loc["KID0003"]
    assert in_units["score"] == pytest.approx(factor)
    assert in_units["std_error"] == pytest.approx(error)
    assert f"(standard error {error:.2g}, given the model)" in told.text
    assert 1.0 < row["std_error"] / (made["loading"].mean() * error) < 1.05
    assert f"= {row['score']:.4g}" in told.text
    assert "4 of 5 items" in told.text
    assert "KID" not in told.text
    assert "Factor" in told._repr_html_()


def test_scores_by_the_mean_have_no_factors_to_explain():
    told = score_dimensions(simulated_answers(), one_scale()).explain("KID0003", 1, "trust")
    assert told.factors.empty


# ---- bad input -------------------------------------------------------------------------------------------------


def test_too_few_children_are_refused_with_the_rule_to_use_SB_SEM_135():
    with pytest.raises(DataError) as error:
        score_dimensions(simulated_answers(49), factor_book())
    (problem,) = error.value.problems
    assert (problem.code, problem.table, problem.column) == ("SB-SEM-135", "visit", "trust")
    assert problem.what == "49 children cannot carry the factor behind trust (carer)."
    assert 'rule = "mean"' in problem.fix
    assert "KID" not in str(error.value)


def test_children_count_and_not_rows_SB_SEM_135():
    with pytest.raises(DataError) as error:
        score_dimensions(simulated_answers(30, waves=(1, 2)), factor_book())
    assert codes(error) == {"SB-SEM-135"}


def test_items_that_do_not_vary_are_named_SB_SEM_136():
    answers = simulated_answers().assign(t2=3.0, t5=np.nan)
    with pytest.raises(DataError) as error:
        score_dimensions(answers, factor_book())
    (problem,) = [problem for problem in error.value.problems if problem.code == "SB-SEM-136"]
    assert problem.what.startswith("t2, t5 have no two different answers")
    assert "weight = 0 for t2" in problem.fix


def test_an_item_that_repeats_another_leaves_no_usable_factor_SB_SEM_137():
    answers = simulated_answers()
    answers["t2"] = answers["t1"]
    with pytest.raises(DataError) as error:
        score_dimensions(answers, factor_book())
    assert codes(error) == {"SB-SEM-137"}
    assert 'rule = "mean"' in error.value.problems[0].fix


def test_unrelated_items_are_no_scale():
    random = np.random.default_rng(5)
    answers = pd.DataFrame(random.integers(0, 5, (200, 5)).astype(float), columns=list(FIVE))
    with pytest.raises(DataError) as error:
        score_dimensions(answers, factor_book())
    assert codes(error) == {"SB-SEM-137"}


def test_an_item_against_the_others_is_told_SB_SEM_138():
    answers = simulated_answers()
    answers["t5"] = 4.0 - answers["t5"]
    told = score_dimensions(answers, factor_book()).problems
    (problem,) = [one for one in told if one.code == "SB-SEM-138"]
    assert problem.what.startswith("t5 pulls against the others")
    assert problem.severity == "warn"


def test_two_things_in_one_scale_are_doubted_SB_SEM_140():
    random = np.random.default_rng(8)
    general, second = random.normal(size=(2, 300, 1))
    answers = general + np.where([True, True, False, False, False], second, 0) + random.normal(size=(300, 5)) * 0.5
    frame = pd.DataFrame(np.clip(np.round(2 + answers), 0, 4), columns=list(FIVE))
    told = score_dimensions(frame, factor_book()).problems
    (problem,) = [one for one in told if one.code == "SB-SEM-140"]
    assert "CFI" in problem.what
    assert "fit_measurement(study, 'trust')" in problem.fix


def test_scores_beyond_their_scale_are_counted_SB_SEM_141():
    random = np.random.default_rng(1)
    trait = random.normal(size=(400, 1))
    means, loadings = np.array([2, 2, 3.8, 3.8, 3.8]), np.array([1.2, 1.2, 0.4, 0.4, 0.4])
    answers = np.clip(np.round(means + loadings * trait + random.normal(size=(400, 5)) * 0.3), 0, 4)
    scores = score_dimensions(pd.DataFrame(answers, columns=list(FIVE)), factor_book())
    beyond = int(((scores.frame["score_100"] > 100.0) | (scores.frame["score_100"] < 0.0)).sum())
    (problem,) = [one for one in scores.problems if one.code == "SB-SEM-141"]
    assert beyond > 1
    assert problem.what == f"{beyond} scores lie beyond the ends of the scale: trust {beyond}."


def test_one_or_two_items_are_refused_by_the_codebook_SB_BOOK_18():
    with pytest.raises(DataError) as error:
        make_codebook(
            "Short",
            "1",
            {
                "instruments": [{"instrument": "visit", "minimum_answered": 1, "rule": "factor"}],
                "items": items_of("trust", ("t1", "t2")) + items_of("belonging", ("b1", "b2", "b3")),
            },
        )
    (problem,) = error.value.problems
    assert (problem.code, problem.column, problem.rows) == ("SB-BOOK-18", "rule", (1,))
    assert "trust" in problem.what
    assert "belonging" not in problem.what


def test_rounded_factor_scores_are_refused_by_the_codebook_SB_BOOK_19():
    with pytest.raises(DataError) as error:
        factor_book(rounding="half up")
    assert codes(error) == {"SB-BOOK-19"}
    assert error.value.problems[0].fix == 'rounding = "none"'


def test_intervals_of_few_children_hold_that_the_model_is_estimated():
    covered, given_the_model = [], []
    for seed in range(12):
        answers, truth = true_answers(60, seed=100 + seed)
        scores = score_dimensions(answers, wide_book(metric="raw"))
        error = np.abs(scores.frame["score"] - truth)
        known = error.notna()
        covered.append((error < 1.96 * scores.frame["std_error"])[known].mean())
        step = scores.factors["loading"].mean()
        given_the_model.append((error < 1.96 * step * scores.factor_scores()["std_error"])[known].mean())
    assert 0.90 < np.mean(covered) < 0.97
    assert np.mean(given_the_model) < np.mean(covered) - 0.02
    assert any("With 60 children their intervals are somewhat too narrow." in note for note in scores.notes)


def test_a_whole_has_a_factor_for_each_of_its_parts():
    random = np.random.default_rng(11)
    birth, foster = random.normal(size=(2, 500))
    columns = {f"b{i}": 2 + birth + random.normal(size=500) * 0.6 for i in (1, 2, 3)}
    columns |= {f"f{i}": 1 + foster + random.normal(size=500) * 0.6 for i in (1, 2, 3, 4)}
    answers = pd.DataFrame(columns).assign(child=[f"KID{i:04d}" for i in range(500)])
    answers.loc[0, ["b1", "b2", "b3"]] = np.nan
    items = items_of("belonging_birth", ("b1", "b2", "b3"), low=-20, high=24)
    items += items_of("belonging_foster", ("f1", "f2", "f3", "f4"), low=-20, high=24)
    rule = {"instrument": "visit", "minimum_answered": 1, "rule": "factor", "metric": "raw"}
    scores = score_dimensions(answers, make_codebook("Parts", "1", {"instruments": [rule], "items": items}))
    wide, error = scores.wide(), scores.wide("std_error")
    whole = (3 * wide["belonging_birth"] + 4 * wide["belonging_foster"]) / 7
    np.testing.assert_allclose(wide["belonging"][1:], whole[1:], rtol=1e-6)
    added = np.sqrt((3 * error["belonging_birth"]) ** 2 + (4 * error["belonging_foster"]) ** 2) / 7
    np.testing.assert_allclose(error["belonging"][1:], added[1:], rtol=1e-6)
    assert wide.loc[0, ["belonging_birth"]].isna().all()
    assert wide.loc[0, "belonging"] == pytest.approx((3 * 2 + 4 * wide.loc[0, "belonging_foster"]) / 7, abs=0.1)
    assert error.loc[0, "belonging"] > 1.4 * error.loc[1, "belonging"]
    truth = (3 * (2 + birth) + 4 * (1 + foster)) / 7
    covered = np.abs(wide["belonging"] - truth) < 1.96 * error["belonging"]
    assert 0.92 < covered.mean() < 0.98
    assert not any(problem.code == "SB-SEM-140" for problem in scores.problems)
    assert set(scores.factor_scores()["construct"]) == {"belonging_birth", "belonging_foster"}
    told = scores.explain("KID0001", 1, "belonging")
    assert told.factors["part"].unique().tolist() == ["belonging_birth", "belonging_foster"]
    assert f"= {wide.loc[1, 'belonging']:.4g}. Rule" in told.text


def test_a_whole_with_one_or_two_items_beside_its_parts_is_refused_SB_BOOK_18():
    items = items_of("belonging_birth", ("b1", "b2", "b3")) + items_of("belonging", ("w1", "w2"))
    rule = {"instrument": "visit", "minimum_answered": 1, "rule": "factor"}
    with pytest.raises(DataError) as error:
        make_codebook("Whole", "1", {"instruments": [rule], "items": items})
    assert codes(error) == {"SB-BOOK-18"}
    assert error.value.problems[0].what.endswith("of a part: belonging.")


def test_an_informant_with_few_rows_is_refused_with_the_others_to_score_SB_SEM_135():
    carer = simulated_answers().assign(informant="carer")
    both = pd.concat([carer, carer.head(10).assign(informant="teacher")])
    book = one_scale(rule="factor", informants=["carer", "teacher"])
    with pytest.raises(DataError) as error:
        score_dimensions(both, book)
    (problem,) = error.value.problems
    assert problem.what == "10 children cannot carry the factor behind trust (teacher)."
    assert problem.fix.endswith("score_dimensions(study, informant=['carer'])")
    assert len(score_dimensions(both, book, informant=["carer"]).frame) == 200


def test_items_that_never_met_in_one_row_leave_no_usable_factor_SB_SEM_137():
    answers = simulated_answers()
    apart = answers.copy()
    for place, name in enumerate(FIVE):
        apart.loc[np.arange(len(apart)) % 5 != place, name] = np.nan
    with pytest.raises(DataError) as error:
        score_dimensions(apart, factor_book())
    (problem,) = error.value.problems
    assert problem.code == "SB-SEM-137"
    assert "informant=" not in problem.fix
