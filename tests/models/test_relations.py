"""relate_dimensions against R's psych::statsBy, against brute force, and against a known truth."""

import json
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from securebase_analysis import theory
from securebase_analysis.errors import DataError, ModelError
from securebase_analysis.models.relations import relate_dimensions

REFERENCE = json.loads((Path(__file__).parents[1] / "reference" / "relations.json").read_text())
NAMES = ["availability", "trust", "acceptance"]


@pytest.fixture(scope="module")
def panel() -> pd.DataFrame:
    return pd.DataFrame(REFERENCE["data"])


def estimate(result, effect, first, second):
    pairs = result.pairs
    chosen = (pairs["effect"] == effect) & (pairs["first"] == first) & (pairs["second"] == second)
    return pairs[chosen].iloc[0]


def test_between_and_within_equal_r(panel):
    result = relate_dimensions(panel, NAMES)
    for effect in ("between", "within"):
        for i, j in combinations(range(3), 2):
            ours = estimate(result, effect, NAMES[i], NAMES[j])["estimate"]
            assert ours == pytest.approx(REFERENCE[effect][i][j], rel=1e-10, abs=1e-12)


def test_jackknife_equals_refitting_in_r(panel):
    result = relate_dimensions(panel, NAMES)
    for effect in ("between", "within"):
        ours = estimate(result, effect, "availability", "trust")["z_std_error"]
        assert ours == pytest.approx(REFERENCE[f"se_z_{effect}"], rel=1e-9, abs=1e-12)


def test_over_time_equals_the_partial_correlation_of_residuals_in_r(panel):
    row = estimate(relate_dimensions(panel, NAMES), "over time", "availability", "trust")
    assert row["estimate"] == pytest.approx(REFERENCE["lagged"], rel=1e-10, abs=1e-12)
    assert row["n_rows"] == REFERENCE["n_lagged"]


def test_interval_is_fisher_z_with_clusters_minus_one_df(panel):
    from scipy import stats

    result = relate_dimensions(panel, NAMES)
    row, tidy = estimate(result, "within", "availability", "trust"), result.tidy(0.9)
    shown = tidy[(tidy["effect"] == "within") & (tidy["term"] == "availability ~ trust")].iloc[0]
    half = stats.t.ppf(0.95, 39) * row["z_std_error"]
    assert shown["df"] == 39
    assert shown["conf_low"] == pytest.approx(np.tanh(np.arctanh(row["estimate"]) - half), abs=1e-12)
    assert shown["p_value"] == pytest.approx(
        2 * stats.t.sf(abs(np.arctanh(row["estimate"]) / row["z_std_error"]), 39), abs=1e-12
    )


def test_children_who_share_a_carer_are_one_cluster(panel):
    alone = relate_dimensions(panel, NAMES)
    panel = panel.assign(carer=(panel["child"] - 1) // 2)
    shared = relate_dimensions(panel, NAMES)
    assert estimate(shared, "between", "availability", "trust")["n_clusters"] == 20
    assert estimate(alone, "between", "availability", "trust")["n_clusters"] == 40
    assert "40 children in 20 clusters" in shared.notes[0]


def test_rows_in_any_order_give_the_same_answer(panel):
    shuffled = panel.sample(frac=1.0, random_state=3)
    pd.testing.assert_frame_equal(
        relate_dimensions(panel, NAMES).tidy(), relate_dimensions(shuffled, NAMES).tidy(), rtol=1e-9
    )


def test_claims_hold_every_pathway_and_say_what_was_not_measured(panel):
    claims = relate_dimensions(panel, NAMES).claims()
    assert set(claims["claim"]) == {pathway.claim for pathway in theory.PATHWAYS}
    measured = claims[claims["n_children"] > 0]
    assert set(zip(measured["source"], measured["target"])) == {
        ("availability", "trust"),
        ("availability", "acceptance"),
    }
    assert claims.loc[claims["n_children"] == 0, "estimate"].isna().all()


def test_one_wave_has_no_within_and_says_so(panel):
    result = relate_dimensions(panel[panel["wave"] == 1], NAMES)
    within = result.pairs[result.pairs["effect"] == "within"]
    assert within["estimate"].isna().all()
    advice = result.diagnostics().query("check.str.startswith('within')", engine="python")["advice"]
    assert advice.str.contains("two waves or more").all()
    assert len(advice) == 3


def test_constant_construct_is_undefined_not_a_number(panel):
    result = relate_dimensions(panel.assign(trust=3.0), NAMES)
    assert np.isnan(estimate(result, "between", "availability", "trust")["estimate"])
    assert "same value for everyone" in " ".join(result.diagnostics()["advice"])


def test_near_collinear_dimensions_are_named(panel):
    result = relate_dimensions(panel.assign(acceptance=panel["availability"] + 0.01 * panel["trust"]), NAMES)
    advice = " ".join(result.diagnostics()["advice"])
    assert "Availability and Acceptance" in advice


@pytest.mark.parametrize(("change", "code"), [(0.0, "SB-ID-01"), (1.0, "SB-ID-02")])
def test_sb_id_01_and_02_two_rows_for_one_wave(panel, change, code):
    again = panel.iloc[[4]].assign(trust=panel["trust"].iloc[4] + change)
    twice = pd.concat([panel, again], ignore_index=True)
    with pytest.raises(DataError) as caught:
        relate_dimensions(twice, NAMES)
    (problem,) = caught.value.problems
    assert problem.code == code
    assert problem.rows == (5, len(twice))
    assert problem.fix


def test_sb_id_09_rows_without_a_child(panel):
    panel = panel.astype({"child": "object"})
    panel.loc[panel.index[2], "child"] = None
    with pytest.raises(DataError) as caught:
        relate_dimensions(panel, NAMES)
    assert [(p.code, p.rows) for p in caught.value.problems] == [("SB-ID-09", (3,))]


def test_sb_model_03_misspelt_construct_gets_the_nearest(panel):
    with pytest.raises(ModelError) as caught:
        relate_dimensions(panel, ["availabilty", "trust"])
    assert caught.value.problems[0].code == "SB-MODEL-03"
    assert "'availability'" in caught.value.problems[0].fix


def test_sb_model_02_words_are_refused(panel):
    with pytest.raises(DataError) as caught:
        relate_dimensions(panel.assign(trust="often"), NAMES)
    assert caught.value.problems[0].code == "SB-MODEL-02"


def test_same_child_number_at_two_sites_is_two_children(panel):
    two = pd.concat([panel.assign(site="North"), panel.assign(site="South")], ignore_index=True)
    assert relate_dimensions(two, NAMES).facts["n_children"] == 80


def simulated(rng, n_carers=30, waves=4, slope=0.5):
    """Two children per carer, a carer part, a child part and a wave part, each correlated by `slope`."""
    child = np.repeat(np.arange(2 * n_carers), waves)
    carer = child // 2

    def pair(size, label):
        x = rng.normal(size=size)
        return x[label], (slope * x + np.sqrt(1 - slope**2) * rng.normal(size=size))[label]

    parts = [pair(n_carers, carer), pair(2 * n_carers, child), pair(len(child), np.arange(len(child)))]
    x, y = (sum(part[k] for part in parts) for k in (0, 1))
    wave = np.tile(np.arange(waves), 2 * n_carers)
    return pd.DataFrame({"child": child, "carer": carer, "wave": wave, "availability": x, "trust": y})


def test_intervals_cover_a_known_truth():
    """Every level correlates .5, so both truths are .5; 200 cohorts of 60 children who share 30 carers."""
    rng = np.random.default_rng(11)
    covered = []
    for _ in range(200):
        tidy = relate_dimensions(simulated(rng)).tidy()
        tidy = tidy[tidy["effect"] != "over time"]
        covered.append(((tidy["conf_low"] < 0.5) & (tidy["conf_high"] > 0.5)).to_numpy())
    share = np.mean(covered, axis=0)
    assert (share > 0.905).all()
    assert (share < 0.99).all()


def numbers(result) -> pd.DataFrame:
    return result.tidy().drop(columns=["outcome", "group", "term"])


@pytest.mark.parametrize("wave_of", [lambda n: f"T{n + 7}", lambda n: pd.Timestamp(2020, n, 1, tz="UTC"), float])
def test_sb_wave_03_waves_have_the_order_of_time_and_not_of_the_alphabet(panel, wave_of):
    named = panel.assign(wave=panel["wave"].map(wave_of))
    pd.testing.assert_frame_equal(relate_dimensions(named, NAMES).tidy(), relate_dimensions(panel, NAMES).tidy())
    ordered = panel.assign(wave=pd.Categorical(panel["wave"].map(str), ["1", "2", "3", "4"], ordered=True))
    pd.testing.assert_frame_equal(relate_dimensions(ordered, NAMES).tidy(), relate_dimensions(panel, NAMES).tidy())


def test_sb_wave_03_waves_that_are_words_without_an_order_are_refused(panel):
    words = panel.assign(wave=panel["wave"].map({1: "start", 2: "review", 3: "later", 4: "end"}))
    with pytest.raises(DataError) as caught:
        relate_dimensions(words, NAMES)
    (problem,) = caught.value.problems
    assert (problem.code, problem.column, len(problem.rows)) == ("SB-WAVE-03", "wave", len(panel))
    assert "'start'" in problem.fix


def test_a_row_without_a_wave_is_not_taken_for_the_last_one(panel):
    panel = panel.assign(wave=panel["wave"].astype("Int64"))
    panel.loc[panel.index[3], "wave"] = pd.NA
    with pytest.raises(DataError) as caught:
        relate_dimensions(panel, NAMES)
    assert [(p.code, p.rows) for p in caught.value.problems] == [("SB-WAVE-30", (4,))]


@pytest.mark.parametrize("blank", [None, "", "  "])
def test_children_whose_carers_are_not_named_are_not_one_family(panel, blank):
    nobody = relate_dimensions(panel.assign(carer=blank), NAMES)
    assert (nobody.pairs["n_clusters"] == nobody.pairs["n_children"]).all()
    alone = relate_dimensions(panel, NAMES)
    pd.testing.assert_frame_equal(nobody.tidy(), alone.tidy())


@pytest.mark.parametrize(("times", "plus"), [(1e-9, 0.0), (1e9, 0.0), (-1.0, 0.0), (1.0, 1e6)])
def test_the_unit_of_a_score_does_not_matter(panel, times, plus):
    other = panel.assign(trust=times * panel["trust"] + plus)
    expected = numbers(relate_dimensions(panel, ["availability", "acceptance"]))
    pd.testing.assert_frame_equal(numbers(relate_dimensions(other, ["availability", "acceptance"])), expected)
    ours, theirs = (relate_dimensions(frame, ["availability", "trust"]) for frame in (panel, other))
    sign = np.sign(times)
    np.testing.assert_allclose(theirs.pairs["estimate"], sign * ours.pairs["estimate"], atol=1e-8)
    np.testing.assert_allclose(theirs.pairs["z_std_error"], ours.pairs["z_std_error"], rtol=1e-6)


@pytest.mark.parametrize("constant", [0.1, 1e9 / 3, 1e10 / 7, -1e-9 / 3])
def test_a_score_that_never_varies_has_no_correlation(panel, constant):
    result = relate_dimensions(panel.assign(trust=constant), ["availability", "trust"])
    assert result.pairs["estimate"].isna().all()
    of_child = panel.assign(trust=constant * panel["child"])
    within = relate_dimensions(of_child, ["availability", "trust"]).pairs.query("effect == 'within'")
    assert within["estimate"].isna().all()


def test_rows_without_any_construct_are_counted(panel):
    empty = panel.iloc[:3].assign(**dict.fromkeys(NAMES, np.nan), wave=[11, 12, 13])
    result = relate_dimensions(pd.concat([panel, empty], ignore_index=True), NAMES)
    assert result.facts["n_excluded"] == 3
    assert any("3 rows without any of the constructs" in note for note in result.notes)


@pytest.mark.parametrize("dtype", ["Float64", "float32", "object"])
def test_numbers_of_every_kind_give_the_same_answer(panel, dtype):
    same = panel.assign(trust=panel["trust"].astype(dtype))
    if dtype == "object":
        same.loc[same.index[5], "trust"] = pd.NA
        panel = panel.assign(trust=panel["trust"].where(panel.index != panel.index[5]))
    pd.testing.assert_frame_equal(
        relate_dimensions(same, NAMES).tidy(), relate_dimensions(panel, NAMES).tidy(), rtol=1e-5
    )


@pytest.mark.parametrize("constructs", ["trust", ["trust"], ["trust", "trust"]])
def test_a_construct_is_not_related_to_itself(panel, constructs):
    with pytest.raises(ModelError, match="two constructs"):
        relate_dimensions(panel, constructs)


@pytest.mark.parametrize("data", [None, 3, [1, 2], np.zeros((3, 3)), pd.Series([1.0])])
def test_what_is_no_table_is_refused(data):
    with pytest.raises(ModelError, match="not a table"):
        relate_dimensions(data)


@pytest.mark.parametrize("column", ["trust", "child", "wave"])
def test_sb_file_07_a_column_that_is_there_twice(panel, column):
    with pytest.raises(DataError) as caught:
        relate_dimensions(pd.concat([panel, panel[[column]]], axis=1), NAMES)
    assert [(p.code, p.column) for p in caught.value.problems] == [("SB-FILE-07", column)]


def test_the_level_is_refused_before_anything_is_computed(panel):
    with pytest.raises(ModelError, match="between 0 and 1"):
        relate_dimensions(panel, NAMES, conf_level=95)


def test_an_undefined_correlation_says_why_in_the_notes(panel):
    """A silent blank would be read as a correlation that was not asked for."""
    result = relate_dimensions(panel.assign(trust=np.nan), NAMES)
    undefined = result.tidy()[result.tidy()["estimate"].isna()]
    assert undefined["df"].isna().all()
    assert any(note.startswith("Not defined (between)") and "Trust" in note for note in result.notes)
