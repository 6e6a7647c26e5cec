"""Agreement of ratings: published examples, R, invariances, recovery of a known truth, and the answer itself."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from securebase_analysis.errors import ModelError
from securebase_analysis.measures.agreement import AgreementResult, assess_agreement
from securebase_analysis.results.glossary import AUGMENT, DIAGNOSTICS, GLANCE, GLANCE_MORE, TIDY

REFERENCE = json.loads((Path(__file__).parents[1] / "reference" / "agreement.json").read_text())
INCOMPLETE = json.loads((Path(__file__).parents[1] / "reference" / "incomplete_ratings.json").read_text())
LEVELS = ("nominal", "ordinal", "interval", "ratio")
EXACT = {"rtol": 1e-10, "atol": 1e-12}


def long(name: str, coders: tuple[str, ...] = ()) -> pd.DataFrame:
    """A reference table as one row per unit and coder; missing ratings stay as blanks."""
    table = REFERENCE["data"][name]
    names = coders or tuple("ABCDEF"[: len(table[0])])
    rows = [(u, names[j], value) for u, unit in enumerate(table) for j, value in enumerate(unit)]
    frame = pd.DataFrame(rows, columns=["unit", "coder", "code"])
    return frame[frame["coder"].isin(names)]


def pairs(one: list, two: list) -> pd.DataFrame:
    """Ratings of two coders, A and B."""
    n = len(one)
    return pd.DataFrame({"unit": [*range(n), *range(n)], "coder": ["A"] * n + ["B"] * n, "code": [*one, *two]})


def values(result: AgreementResult, column: str = "estimate") -> pd.Series:
    return result.tidy().set_index("term")[column]


# ---- published examples and R --------------------------------------------------------------------------------


@pytest.mark.parametrize(("level", "published"), list(zip(LEVELS, (0.743, 0.815, 0.849, 0.797))))
def test_krippendorffs_published_example(level: str, published: float) -> None:
    result = assess_agreement(long("krippendorff_2011"), level=level, n_resamples=50)
    alpha = values(result)["krippendorff_alpha"]
    assert round(alpha, 3) == published
    np.testing.assert_allclose(alpha, REFERENCE["alpha"]["krippendorff_2011"][level], **EXACT)


def test_fleiss_1971() -> None:
    result = assess_agreement(long("fleiss_1971"), n_resamples=0)
    found = values(result)
    assert round(found["fleiss_kappa"], 3) == 0.430
    for term, key in (("fleiss_kappa", "fleiss"), ("gwet_ac1", "ac1"), ("percent_agreement", "percent")):
        np.testing.assert_allclose(found[term], REFERENCE["agreement"]["fleiss_1971"][key], **EXACT)
    # Published by irrCAC for these data: AC1 .44788, and an interval of Fleiss' kappa of [.319, .541] with t(29).
    assert round(found["gwet_ac1"], 5) == 0.44788
    half = 2.045230 * values(result, "std_error")["fleiss_kappa"]
    assert [round(found["fleiss_kappa"] - half, 3), round(found["fleiss_kappa"] + half, 3)] == [0.319, 0.541]


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("name", ["gappy", "three"])
def test_alpha_equals_r_with_and_without_missing_ratings(name: str, level: str) -> None:
    result = assess_agreement(long(name), level=level, n_resamples=0)
    np.testing.assert_allclose(values(result)["krippendorff_alpha"], REFERENCE["alpha"][name][level], **EXACT)


def test_alpha_of_measurements_equals_r() -> None:
    result = assess_agreement(long("measured"), level="interval", n_resamples=0)
    np.testing.assert_allclose(values(result)["krippendorff_alpha"], REFERENCE["alpha"]["measured"], **EXACT)
    result = assess_agreement(long("measured"), level="ratio", n_resamples=0)
    np.testing.assert_allclose(values(result)["krippendorff_alpha"], REFERENCE["alpha"]["measured_ratio"], **EXACT)


def test_ac1_and_percent_agreement_with_missing_ratings_equal_r() -> None:
    found = values(assess_agreement(long("gappy"), n_resamples=0))
    np.testing.assert_allclose(found["gwet_ac1"], REFERENCE["agreement"]["gappy"]["ac1"], **EXACT)
    np.testing.assert_allclose(found["percent_agreement"], REFERENCE["agreement"]["gappy"]["percent"], **EXACT)


@pytest.mark.parametrize(
    ("data", "term", "key"),
    [
        ("fleiss_1971", "fleiss_kappa", "fleiss_1971_fleiss"),
        ("fleiss_1971", "gwet_ac1", "fleiss_1971_ac1"),
        ("three", "gwet_ac1", "three_ac1"),
        ("three", "fleiss_kappa", "three_fleiss"),
        ("gappy", "gwet_ac1", "gappy_ac1"),
    ],
)
def test_formula_standard_errors_equal_a_jackknife_up_to_its_order(data: str, term: str, key: str) -> None:
    found = values(assess_agreement(long(data), n_resamples=0), "std_error")[term]
    # A jackknife differs from the linearised variance by terms of order 1/n: 1.5 % at n = 30, 0.5 % at n = 200.
    tolerance = 0.015 if data == "fleiss_1971" else 0.006
    np.testing.assert_allclose(found, REFERENCE["jackknife_se"][key], rtol=tolerance, atol=1e-4)


@pytest.mark.parametrize("pair", [0, 1, 2])
def test_two_coders_equal_psych(pair: int) -> None:
    reference = REFERENCE["kappas"][pair]
    data = long("three")
    data = data[data["coder"].isin(reference["coders"])]
    for weights in ("quadratic", "linear"):
        result = assess_agreement(data, level="ordinal", weights=weights, n_resamples=0)
        found, error = values(result), values(result, "std_error")
        np.testing.assert_allclose(found["cohen_kappa"], reference["kappa"], **EXACT)
        np.testing.assert_allclose(error["cohen_kappa"], reference["kappa_se"], **EXACT)
        np.testing.assert_allclose(found["weighted_kappa"], reference[weights], **EXACT)
        np.testing.assert_allclose(error["weighted_kappa"], reference[f"{weights}_se"], rtol=1e-7, atol=1e-9)
        # Without resamples the interval is the large-sample one, which is psych's.
        row = result.tidy().set_index("term").loc["cohen_kappa"]
        np.testing.assert_allclose([row["conf_low"], row["conf_high"]], reference["kappa_ci"], **EXACT)


def test_several_coders_are_the_mean_of_their_pairs() -> None:
    result = assess_agreement(long("three"), level="ordinal", n_resamples=100)
    np.testing.assert_allclose(values(result)["cohen_kappa"], REFERENCE["mean_kappa"], **EXACT)
    np.testing.assert_allclose(values(result)["weighted_kappa"], REFERENCE["mean_quadratic"], **EXACT)
    pairwise = result.pairwise.set_index(["coder_1", "coder_2"])
    for reference in REFERENCE["kappas"]:
        row = pairwise.loc[tuple(reference["coders"])]
        np.testing.assert_allclose(row["cohen_kappa"], reference["kappa"], **EXACT)
        np.testing.assert_allclose(row["weighted_kappa"], reference["quadratic"], **EXACT)
        assert row["cohen_kappa_low"] < row["cohen_kappa"] < row["cohen_kappa_high"]
    assert any("Light 1971" in note for note in result.notes)
    assert any("quadratic weights, the default" in note for note in result.notes)


@pytest.mark.parametrize(("name", "level"), [("shrout_fleiss", 0.95), ("measured", 0.95), ("measured", 0.90)])
def test_intraclass_correlations_equal_psych(name: str, level: float) -> None:
    reference = REFERENCE["icc"][name if level == 0.95 else f"{name}_90"]
    result = assess_agreement(long(name), level="interval", n_resamples=20)
    table = result.tidy(conf_level=level).set_index("term")
    for number, term in enumerate(["icc_1", "icc_2", "icc_3", "icc_1k", "icc_2k", "icc_3k"]):
        np.testing.assert_allclose(table.loc[term, "estimate"], reference["icc"][number], rtol=1e-9, atol=1e-11)
        np.testing.assert_allclose(table.loc[term, "conf_low"], reference["low"][number], rtol=1e-9, atol=1e-11)
        np.testing.assert_allclose(table.loc[term, "conf_high"], reference["high"][number], rtol=1e-9, atol=1e-11)
    squares = result.mean_squares.set_index("term")
    np.testing.assert_allclose(squares["f"], reference["f"], rtol=1e-9)
    np.testing.assert_allclose(squares["p_value"], reference["p"], rtol=1e-9, atol=1e-18)


@pytest.mark.parametrize("name", ["shrout_fleiss", "gappy", "two_of_six", "nothing_between", "coders_alike"])
def test_intraclass_correlations_with_cells_missing_equal_psych(name: str) -> None:
    reference = INCOMPLETE[name]
    table = np.array(reference["data"], dtype=float)
    rows = [(u, "ABCDEF"[c], table[u, c]) for u, c in np.argwhere(np.isfinite(table))]
    data = pd.DataFrame(rows, columns=["unit", "coder", "code"])
    result = assess_agreement(data, level="interval", n_resamples=100)
    icc = result.tidy().set_index("term").loc[["icc_1", "icc_2", "icc_3", "icc_1k", "icc_2k", "icc_3k"]]
    # psych takes lme4's default search, which stops within 1e-5 of the best variances.
    np.testing.assert_allclose(icc["estimate"], reference["icc"], rtol=2e-5, atol=2e-6)
    assert (icc["conf_low"] <= icc["estimate"]).all()
    assert (icc["estimate"] <= icc["conf_high"]).all()
    parts = result.variance_components.iloc[0]
    np.testing.assert_allclose(parts["units"], reference["units"], rtol=2e-6, atol=1e-6 * reference["error"])
    assert any("mixed model" in note for note in result.notes)
    if name == "shrout_fleiss":
        published = [0.191, 0.309, 0.742, 0.486, 0.642, 0.920]
        np.testing.assert_array_equal(icc["estimate"].to_numpy().round(3), published)


def test_cells_missing_in_one_group_leave_the_others_as_they_are() -> None:
    whole = long("measured").assign(item="whole")
    holed = long("measured").assign(item="holed").drop(index=4)
    both = assess_agreement(pd.concat([whole, holed]), level="interval", by="item", n_resamples=50)
    alone = assess_agreement(whole, level="interval", n_resamples=50)
    icc = [f"icc_{which}" for which in ("1", "2", "3", "1k", "2k", "3k")]
    columns = ["estimate", "conf_low", "conf_high"]
    found = both.tidy()[both.tidy()["group"] == "whole"].set_index("term").loc[icc, columns]
    np.testing.assert_array_equal(found, alone.tidy().set_index("term").loc[icc, columns])
    assert alone.variance_components.empty
    assert list(both.variance_components["group"]) == ["holed"]


def test_children_with_several_units_and_cells_missing_are_drawn_whole() -> None:
    table = np.array(INCOMPLETE["gappy"]["data"], dtype=float)
    rows = [(u, u // 2, "ABCDEF"[c], table[u, c]) for u, c in np.argwhere(np.isfinite(table))]
    data = pd.DataFrame(rows, columns=["unit", "child", "coder", "code"])
    result = assess_agreement(data, level="interval", n_resamples=200)
    icc = result.tidy().set_index("term").loc["icc_2"]
    np.testing.assert_allclose(icc["estimate"], INCOMPLETE["gappy"]["icc"][1], rtol=2e-5)
    assert icc["conf_low"] < icc["estimate"] < icc["conf_high"]
    assert any("their intervals are bootstrap ones" in note for note in result.notes)


def test_measurements_in_one_table_with_kappas_left_empty_when_there_are_too_many_values() -> None:
    rng = np.random.default_rng(5)
    truth = rng.normal(size=500)
    data = pairs(list(truth), list(truth + rng.normal(scale=0.5, size=500)))
    result = assess_agreement(data, level="interval", n_resamples=50)
    found = values(result)
    assert found[["cohen_kappa", "weighted_kappa", "fleiss_kappa", "gwet_ac1"]].isna().all()
    # alpha and the one-way ICC are the same up to the finite-sample correction of order 1/n.
    assert found["krippendorff_alpha"] == pytest.approx(found["icc_1"], abs=1e-3)
    assert any("these are measurements" in note for note in result.notes)


# ---- what must hold for any ratings --------------------------------------------------------------------------

ratings = st.lists(
    st.lists(st.sampled_from([None, 0, 1, 2]), min_size=3, max_size=3), min_size=4, max_size=12
).filter(lambda units: any(sum(value is not None for value in unit) > 1 for unit in units))


def frame_of(units: list[list], labels: tuple = (1, 2, 4), coders: tuple = ("A", "B", "C")) -> pd.DataFrame:
    rows = [
        (u, coders[j], None if value is None else labels[value])
        for u, unit in enumerate(units)
        for j, value in enumerate(unit)
    ]
    return pd.DataFrame(rows, columns=["unit", "coder", "code"])


def estimates(data: pd.DataFrame, **options: object) -> np.ndarray:
    return assess_agreement(data, n_resamples=0, **options).estimates["estimate"].to_numpy(float)


@given(ratings)
@settings(max_examples=25, deadline=None)
def test_names_of_categories_units_and_coders_and_the_order_of_rows_do_not_matter(units: list[list]) -> None:
    plain = estimates(frame_of(units))
    np.testing.assert_allclose(estimates(frame_of(units, labels=("z", "a", "m"))), plain)
    np.testing.assert_allclose(estimates(frame_of(units, coders=("Q", "B", "F"))), plain)
    shuffled = frame_of(units).sample(frac=1, random_state=3)
    np.testing.assert_allclose(estimates(shuffled.assign(unit=-7 * shuffled["unit"])), plain)


@given(ratings)
@settings(max_examples=25, deadline=None)
def test_an_interval_scale_may_be_shifted_and_stretched_an_ordinal_one_bent(units: list[list]) -> None:
    data = frame_of(units)
    np.testing.assert_allclose(
        estimates(data.assign(code=3 * data["code"] + 11), level="interval"),
        estimates(data, level="interval"),
        atol=1e-9,
    )
    bent = data.assign(code=data["code"] ** 3)
    alpha = slice(1, 2)
    np.testing.assert_allclose(estimates(bent, level="ordinal")[alpha], estimates(data, level="ordinal")[alpha])


@given(ratings, st.sampled_from(LEVELS))
@settings(max_examples=40, deadline=None)
def test_alpha_is_one_exactly_when_every_unit_agrees(units: list[list], level: str) -> None:
    result = assess_agreement(frame_of(units), level=level, n_resamples=0)
    found = values(result)
    perfect = all(len({value for value in unit if value is not None}) < 2 for unit in units)
    assert (found["percent_agreement"] == 1.0) == perfect
    if not np.isnan(found["krippendorff_alpha"]):
        assert (found["krippendorff_alpha"] > 1 - 1e-12) == perfect
        assert found["krippendorff_alpha"] <= 1.0


def test_a_unit_counts_by_its_ratings_and_not_by_its_rows_elsewhere() -> None:
    data = frame_of([[0, 0, None], [1, 1, None], [2, 1, None]])
    with_lone = pd.concat([data, pd.DataFrame({"unit": [99], "coder": ["C"], "code": [2]})])
    assert (
        values(assess_agreement(data))["krippendorff_alpha"]
        == values(assess_agreement(with_lone))["krippendorff_alpha"]
    )


# ---- recovery ------------------------------------------------------------------------------------------------


def simulated(n_children: int, per_child: int, rng: np.random.Generator, error: float = 0.15) -> pd.DataFrame:
    """Two coders who miss the latent code with the same probability; children differ in how often it occurs."""
    child = np.repeat(np.arange(n_children), per_child)
    share = 1 / (1 + np.exp(-(-0.8 + rng.normal(0, 0.7, n_children))))
    truth = rng.random(len(child)) < share[child]
    seen = truth[:, None] ^ (rng.random((len(child), 2)) < error)
    return pd.DataFrame(
        {
            "child": np.repeat(child, 2),
            "unit": np.repeat(np.arange(len(child)), 2),
            "coder": np.tile(["A", "B"], len(child)),
            "code": seen.ravel().astype(int),
        }
    )


def test_a_known_alpha_is_recovered_and_covered() -> None:
    rng = np.random.default_rng(11)
    error = 0.15
    large = simulated(4000, 10, rng)
    prevalence = large["code"].mean()
    # Two coders who err independently with probability e disagree on 2 e (1 - e) of units.
    truth = 1 - 2 * error * (1 - error) / (2 * prevalence * (1 - prevalence))
    found = values(assess_agreement(large, n_resamples=0))
    assert found["krippendorff_alpha"] == pytest.approx(truth, abs=0.01)
    assert found["percent_agreement"] == pytest.approx(1 - 2 * error * (1 - error), abs=0.005)
    covered = 0
    for number in range(120):
        row = (
            assess_agreement(simulated(25, 10, rng), n_resamples=300, seed=number)
            .tidy()
            .set_index("term")
            .loc["krippendorff_alpha"]
        )
        covered += row["conf_low"] <= truth <= row["conf_high"]
    # 120 intervals at 95 %: binomial 0.1 % to 99.9 % is 106 to 120.
    assert covered >= 106


def test_intervals_over_children_are_wider_than_over_units_when_children_differ() -> None:
    rng = np.random.default_rng(8)
    child = np.repeat(np.arange(30), 10)
    error = rng.choice([0.02, 0.4], size=30)[child]
    truth = rng.random(300) < 0.5
    seen = truth[:, None] ^ (rng.random((300, 2)) < error[:, None])
    data = pd.DataFrame(
        {
            "child": np.repeat(child, 2),
            "unit": np.repeat(np.arange(300), 2),
            "coder": np.tile(["A", "B"], 300),
            "code": seen.ravel().astype(int),
        }
    )
    by_child = values(assess_agreement(data), "std_error")["krippendorff_alpha"]
    by_unit = values(assess_agreement(data.drop(columns="child")), "std_error")["krippendorff_alpha"]
    assert by_child > 1.3 * by_unit


# ---- the answer ----------------------------------------------------------------------------------------------


def test_the_answer_keeps_the_contract() -> None:
    data = long("gappy").assign(dimension=np.where(long("gappy")["unit"] < 100, "trust", "belonging"))
    result = assess_agreement(data, level="interval", by="dimension", n_resamples=50)
    assert list(result.tidy().columns) == list(TIDY)
    assert list(result.diagnostics().columns) == list(DIAGNOSTICS)
    glance = result.glance()
    assert list(glance.columns)[: len(GLANCE)] == list(GLANCE)
    assert set(glance.columns) <= {*GLANCE, *GLANCE_MORE}
    assert set(result.augment().columns) - set(data.columns) <= set(AUGMENT)
    assert set(result.tidy()["group"]) == {"trust", "belonging"}
    assert set(result.tidy()["effect"]) == {"agreement"}
    assert result.tidy()["statistic"].isna().all()
    assert glance["n_rows"].item() + glance["n_excluded"].item() == len(data)
    assert result.summary().startswith("Agreement of 3 coders on interval ratings")
    assert result._repr_html_().startswith("<p><strong>")


def test_the_data_given_stay_as_they_were() -> None:
    data = long("gappy")
    before = data.copy(deep=True)
    assess_agreement(data, level="ordinal", n_resamples=10)
    pd.testing.assert_frame_equal(data, before)


def test_the_same_seed_gives_the_same_answer_and_another_does_not() -> None:
    first, again = (assess_agreement(long("three"), n_resamples=100).tidy() for _ in range(2))
    pd.testing.assert_frame_equal(first, again)
    assert not first.equals(assess_agreement(long("three"), n_resamples=100, seed=1).tidy())


def test_groups_are_what_they_are_alone() -> None:
    parts = {"one": long("three"), "two": long("gappy"), "three": long("fleiss_1971")}
    together = pd.concat([part.assign(theme=name) for name, part in parts.items()])
    found = assess_agreement(together, by="theme", level="ordinal", n_resamples=0).tidy()
    for name, part in parts.items():
        alone = assess_agreement(part, level="ordinal", n_resamples=0).tidy()
        own = found[found["group"] == name]
        np.testing.assert_allclose(own["estimate"], alone["estimate"])
        np.testing.assert_allclose(own["std_error"], alone["std_error"])


def test_the_worklist_holds_every_unit_on_which_coders_differ_and_no_other() -> None:
    data = frame_of([[0, 0, 0], [0, 1, None], [2, None, None], [1, 1, 2]], labels=("low", "mid", "high"))
    work = assess_agreement(data.assign(source="i1"), cluster="unit", n_resamples=0).disagreements
    assert work[["unit", "A", "B"]].to_numpy().tolist() == [[1, "low", "mid"], [3, "mid", "mid"]]
    assert work["C"].tolist()[1] == "high"
    assert pd.isna(work["C"].tolist()[0])


def test_augment_says_how_many_others_agree() -> None:
    rows = assess_agreement(frame_of([[0, 0, 1], [1, 1, 1]]), n_resamples=0).augment()
    assert rows["agreement"].tolist() == [0.5, 0.5, 0.0, 1.0, 1.0, 1.0]


def test_specific_agreement_of_a_category() -> None:
    table = assess_agreement(pairs([1, 1, 1, 0, 0, 0, 0, 0], [1, 1, 0, 1, 0, 0, 0, 0]), n_resamples=0).categories
    table = table.set_index("category")
    assert table.loc[1, "specific_agreement"] == pytest.approx(2 * 2 / (2 * 2 + 2))
    assert table.loc[0, "specific_agreement"] == pytest.approx(2 * 4 / (2 * 4 + 2))
    assert table.loc[1, "share"] == pytest.approx(6 / 16)


def test_declared_categories_count_for_ac1() -> None:
    data = pairs(["a", "b", "a", "a"], ["a", "b", "b", "a"])
    two, three = (
        values(assess_agreement(data, order=order, n_resamples=0))["gwet_ac1"]
        for order in (["a", "b"], ["a", "b", "c"])
    )
    prevalence = np.array([5, 3, 0]) / 8
    expected = (prevalence * (1 - prevalence)).sum()
    assert two == pytest.approx((0.75 - expected) / (1 - expected))
    assert three == pytest.approx((0.75 - expected / 2) / (1 - expected / 2))


def test_children_are_drawn_whole_by_default() -> None:
    data = long("three")
    assert assess_agreement(data, n_resamples=10).glance()["n_groups"].item() == 200
    by_child = assess_agreement(data.assign(child=data["unit"] // 10, source=data["unit"] // 2), n_resamples=10)
    assert by_child.glance()["n_groups"].item() == 20
    by_source = assess_agreement(data.assign(source=data["unit"] // 2), n_resamples=10)
    assert by_source.glance()["n_groups"].item() == 100
    assert any("bootstrap over children" in note for note in by_child.notes)
    assert any("Standard errors: standard deviation" in note for note in by_child.notes)


def test_clusters_without_overlap_do_not_thin_out_the_resamples() -> None:
    doubly = [(u, coder, int(u % 2 == 0)) for u in range(3) for coder in ("A", "B")]
    singly = [(u, "A", u % 2) for u in range(3, 303)]
    result = assess_agreement(pd.DataFrame([*doubly, *singly], columns=["unit", "coder", "code"]))
    # Drawn among all 303 units, 5 % of resamples would hold none of the three that can be compared.
    assert np.isfinite(result.replicates.values[:, 0]).all()


def test_weighted_kappa_of_names_is_refused() -> None:
    with pytest.raises(ModelError, match="SB-CODE-20"):
        assess_agreement(long("three"), weights="quadratic")


def test_a_misspelt_level_is_refused_with_the_nearest() -> None:
    with pytest.raises(ModelError, match="level='ordinal'"):
        assess_agreement(long("three"), level="ordnal")


# ---- what a rating is measured in ------------------------------------------------------------------------------


@pytest.mark.parametrize("level", ["interval", "ratio"])
@pytest.mark.parametrize("unit", [1e-15, 1e-6, 1e9, 1e15])
def test_the_unit_of_the_ratings_does_not_matter(level: str, unit: float) -> None:
    one, two = [1, 2, 3, 1, 2, 3, 1, 5], [1, 2, 3, 1, 3, 4, 2, 5]
    found = assess_agreement(pairs([unit * x for x in one], [unit * x for x in two]), level=level, n_resamples=60)
    expected = assess_agreement(pairs(one, two), level=level, n_resamples=60)
    columns = ["estimate", "std_error", "conf_low", "conf_high"]
    np.testing.assert_allclose(found.tidy()[columns], expected.tidy()[columns], rtol=1e-7, atol=1e-9)
    squares = ["between", "within", "coders", "error"]
    np.testing.assert_allclose(found.mean_squares[squares], unit**2 * expected.mean_squares[squares], rtol=1e-9)


@pytest.mark.parametrize("level", ["interval", "ratio"])
@pytest.mark.parametrize("value", [1e-15 / 3, 0.1, 1e15 / 3])
def test_one_value_throughout_has_no_coefficient_whatever_its_size(level: str, value: float) -> None:
    found = values(assess_agreement(pairs([value] * 7, [value] * 7), level=level, n_resamples=20))
    assert found.drop(["percent_agreement", "gwet_ac1"]).isna().all()


def test_intervals_far_out_do_not_cross() -> None:
    one, two = [0] * 9 + [1, 1, 0], [0] * 9 + [1, 0, 1]
    frame = pairs(one, two).assign(child=[0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 2] * 2)
    for level in (0.5, 0.95, 0.999, 0.99999):
        tidy = assess_agreement(frame, cluster="child", conf_level=level, n_resamples=200).tidy()
        assert not (tidy["conf_low"] > tidy["conf_high"]).any()


@pytest.mark.parametrize(
    "options",
    [
        {"n_resamples": 2.5},
        {"n_resamples": "many"},
        {"n_resamples": -1},
        {"seed": -1},
        {"seed": "x"},
        {"seed": None},
    ],
)
def test_a_number_of_resamples_and_a_seed_are_whole(options: dict) -> None:
    with pytest.raises(ModelError, match="whole number"):
        assess_agreement(pairs([1, 2], [1, 2]), **options)
