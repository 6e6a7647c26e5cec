"""fit_moderation against lme4, lmerTest and emmeans, a published figure, a known truth, and bad input."""

import json
import runpy
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from securebase_analysis.engines.significance_regions import crossings, turning_points
from securebase_analysis.errors import DataError, ModelError
from securebase_analysis.models.growth import fit_growth
from securebase_analysis.models.moderation import ModerationResult, fit_moderation
from securebase_analysis.models.moderation.detectable import detectable
from securebase_analysis.models.moderation.door import covariates_beside
from securebase_analysis.results.families import benjamini_hochberg
from securebase_analysis.results.inference import critical_value

FOLDER = Path(__file__).parents[2] / "reference"
REFERENCE = json.loads((FOLDER / "moderation.json").read_text())
COHORT = runpy.run_path(str(FOLDER / "moderation_cohort.py"))
simulate_cohort, DIMENSIONS, PAIRS = COHORT["simulate_cohort"], COHORT["DIMENSIONS"], COHORT["PAIRS"]
PAIR = ("availability", "sensitivity")


@pytest.fixture(scope="module")
def cohort() -> pd.DataFrame:
    return simulate_cohort()


@pytest.fixture(scope="module")
def family(cohort) -> ModerationResult:
    return fit_moderation(cohort, "trust", covariates="years")


def close(found, expected, rtol=1e-6, atol=1e-9):
    np.testing.assert_allclose(
        np.asarray(found, dtype=float), np.asarray(expected, dtype=float), rtol=rtol, atol=atol
    )


# ---- equal to R ------------------------------------------------------------------------------------------------


def test_the_cohort_is_the_one_that_r_saw(cohort):
    assert cohort["trust"].sum() == pytest.approx(REFERENCE["trust_sum"], abs=1e-9)


def test_the_family_equals_lmertest(family):
    expected, table = REFERENCE["family"], family.family()
    assert [(one["first"], one["second"]) for one in expected] == list(PAIRS)
    assert list(zip(table["first"], table["second"])) == list(PAIRS)
    close(table["per_point"], [one["estimate"] for one in expected])
    close(table["df"], [one["df"] for one in expected], rtol=1e-5)
    close(table["statistic"], [one["statistic"] for one in expected], atol=1e-7)
    close(table["p_value"], [one["p"] for one in expected], rtol=1e-5)
    in_points = fit_moderation(family.rows, "trust", covariates="years", scale="point").tidy()
    close(in_points["estimate"], [one["estimate"] for one in expected])
    close(in_points["std_error"], [one["std_error"] for one in expected])


def test_standardised_estimates_are_per_sd_of_both_and_of_the_outcome(family):
    sd, table = REFERENCE["sd"], family.family()
    unit = [sd[one["first"]] * sd[one["second"]] / sd["trust"] for one in REFERENCE["family"]]
    close(table["estimate"], [one["estimate"] * of for one, of in zip(REFERENCE["family"], unit)])
    close(table["std_error"], [one["std_error"] * of for one, of in zip(REFERENCE["family"], unit)])
    close(table["per_sd"], table["estimate"])


@pytest.mark.parametrize("adjust", ["holm", "fdr"])
def test_adjusted_p_values_equal_p_adjust(family, adjust):
    close(fit_moderation(family.rows, "trust", covariates="years", adjust=adjust).family()["p_adjusted"],
          REFERENCE[adjust], rtol=1e-5)  # fmt: skip


def test_simple_slopes_equal_emmeans(family):
    table, expected = family.slopes(PAIR), REFERENCE["slopes"]
    close(table["estimate"], expected["estimate"])
    close(table["std_error"], expected["std_error"])
    close(table["df"], expected["df"], rtol=1e-5)
    close(table["conf_low"], expected["low"], rtol=1e-5)
    close(table["conf_high"], expected["high"], rtol=1e-5)
    close(table["p_value"], expected["p"], rtol=1e-4)


def test_simple_slopes_have_kenward_and_rogers_df_where_the_fit_has(cohort):
    result = fit_moderation(cohort, "trust", covariates="years", pairs=PAIR, df="kenward-roger")
    table, expected = result.slopes(), REFERENCE["slopes_kr"]
    close(table["estimate"], expected["estimate"])
    close(table["std_error"], expected["std_error"])
    close(table["df"], expected["df"], rtol=1e-5)


def test_labels_as_moderator_equal_emmeans(cohort):
    result = fit_moderation(cohort, "trust", covariates="years", pairs=("availability", "kinship"), scale="point")
    table, expected = result.slopes(), REFERENCE["by_kinship"]
    assert table["at"].tolist() == ["no", "yes"]
    close(table["estimate"], expected["estimate"])
    close(table["std_error"], expected["std_error"])
    close(table["df"], expected["df"], rtol=1e-5)
    row = result.tidy().iloc[0]
    assert row["term"] == "availability:kinship[T.yes]"
    close(row[["estimate", "std_error"]], [expected["interaction"][name] for name in ("estimate", "std_error")])
    close(row[["df", "p_value"]], [expected["interaction"][name] for name in ("df", "p")], rtol=1e-5)


def test_johnson_neyman_ends_equal_those_of_r(family, cohort):
    """R's ends move with lmerTest's degrees of freedom too; fixed degrees of freedom give another pair of ends."""
    regions, expected = family.johnson_neyman(PAIR), REFERENCE["johnson_neyman"]
    close(regions["high"].iloc[:-1], expected["ends"], rtol=1e-7)
    fixed = fit_moderation(cohort, "trust", covariates="years", pairs=PAIR, df="residual")
    lowest, highest = cohort["sensitivity"].agg(["min", "max"])
    inside = [end for end in expected["fixed_df_ends"] if lowest < end < highest]
    model = fixed.models[PAIR]
    assert model.inference().df[0] == len(cohort) - len(model.fit.beta)
    assert expected["df"] == model.inference().df[0]
    close(fixed.johnson_neyman()["high"].iloc[:-1], inside, rtol=1e-9)


def test_split_products_equal_lme4(cohort):
    result = fit_moderation(cohort, "trust", covariates="years", pairs=PAIR, split=True, scale="point")
    table, expected = result.tidy().set_index("term"), REFERENCE["split"]
    close(table.loc[expected["terms"], "estimate"], expected["estimate"])
    close(table.loc[expected["terms"], "std_error"], expected["std_error"])
    close(table.loc[expected["terms"], "df"], expected["df"], rtol=1e-5)
    effects = table["effect"].to_dict()
    assert effects["availability_between:sensitivity_between"] == "between"
    assert effects["availability_within:sensitivity_within"] == "within"
    assert effects["availability_within:sensitivity_between"] == "cross-level"


# ---- worked example --------------------------------------------------------------------------------------------


def test_regions_of_a_published_regression():
    """state.x77: Income ~ Illiteracy * Murder + HS Grad, whose coefficients 753.07 (385.90) and -97.04 (35.86) are
    those of the vignette of R's package interactions (Long); the ends are the roots of the quadratic in base R."""
    slope = np.array([753.0714236031, -97.0387233574])
    vcov = np.array([[148915.3481855, -12322.8762756], [-12322.8762756, 1285.9304840]])
    critical = critical_value(0.95, 45)

    def excess(z):
        variance = vcov[0, 0] + 2.0 * z * vcov[0, 1] + z**2 * vcov[1, 1]
        return np.abs(slope[0] + slope[1] * z) - critical * np.sqrt(variance)

    points = np.union1d(np.linspace(-30.0, 30.0, 5), turning_points(slope, vcov))
    close(crossings(excess, points), [-0.7496352, 11.7439204], rtol=1e-7)
    assert turning_points(slope, vcov)[0] == pytest.approx(753.0714236031 / 97.0387233574)
    assert len(crossings(excess, np.linspace(0.0, 5.0, 11))) == 0


def test_the_smallest_detectable_effect_is_blooms_multiple_of_the_standard_error():
    assert detectable(np.array([1.0]), np.array([np.inf]), 0.05)[0] == pytest.approx(2.8015852, abs=1e-7)
    assert detectable(np.array([0.5]), np.array([30.0]), 0.05)[0] == pytest.approx(0.5 * (2.0422725 + 0.8537673))
    alone, within = (detectable(np.array([1.0]), np.array([60.0]), alpha)[0] for alpha in (0.05, 0.005))
    assert within > alone


# ---- a known truth ---------------------------------------------------------------------------------------------


def test_intervals_hold_a_true_interaction_and_slopes():
    held, n = np.zeros(4), 40
    for seed in range(n):
        truth = simulate_cohort(n_children=40, seed=900 + seed)
        result = fit_moderation(truth, "trust", covariates="years", pairs=PAIR, scale="point")
        table = pd.concat([result.tidy(), result.slopes(at=[4.0, 5.0, 6.0])])
        # kinship changes the slope of availability by 0.3 in half of the children
        known = np.array([0.3, *(0.2 + 0.3 * np.array([-1.0, 0.0, 1.0]) + 0.15)])
        held += ((table["conf_low"] <= known) & (known <= table["conf_high"])).to_numpy()
    # Fewer than 33 of 40 has p < .001 where 95 % are held.
    assert (held >= 33).all(), held
    assert held.sum() < 4 * n


def test_a_family_without_interactions_seldom_passes():
    passed, n = 0, 16
    for seed in range(n):
        nothing = simulate_cohort(n_children=40, n_waves=3, seed=400 + seed, interaction=0.0, kinship_slope=0.0)
        family = fit_moderation(nothing, "trust", covariates="years").family()
        passed += bool((family["p_adjusted"] <= 0.05).any())
    assert passed <= 4  # 5 or more of 16 have p < .001 at a rate of 5 %


# ---- what is in the models -------------------------------------------------------------------------------------


def test_each_pair_has_the_model_that_fit_growth_gives(cohort, family):
    by_hand = fit_growth(cohort, "trust ~ years + availability * cooperation").tidy().set_index("term")
    row = family.family().query("first == 'availability' and second == 'cooperation'").iloc[0]
    assert row["per_point"] == pytest.approx(by_hand.loc["availability:cooperation", "estimate"], rel=1e-8)
    model = family.models["availability", "cooperation"]
    assert model.data.fixed.terms[-1] == "availability_centred:cooperation_centred"


def test_other_dimensions_are_held_equal_when_they_are_covariates(cohort):
    held = fit_moderation(cohort, "trust", covariates=["years", *DIMENSIONS], scale="point")
    formula = "trust ~ years + acceptance + cooperation + family_membership + availability * sensitivity"
    by_hand = fit_growth(cohort, formula).tidy().set_index("term")
    row = held.tidy().iloc[0]
    close(row[["estimate", "std_error", "df"]],
          by_hand.loc["availability:sensitivity", ["estimate", "std_error", "df"]], rtol=1e-6)  # fmt: skip


def test_slopes_take_what_a_covariate_multiplies_at_its_mean(cohort):
    result = fit_moderation(cohort, "trust", covariates="years * availability", pairs=PAIR)
    by_hand = fit_growth(cohort, "trust ~ years * availability + availability * sensitivity").tidy()
    term = by_hand.set_index("term")["estimate"]
    expected = term["availability"] + term["years:availability"] * cohort["years"].mean()
    expected += term["availability:sensitivity"] * 4.0
    assert result.slopes(at=[4.0])["estimate"][0] == pytest.approx(expected, rel=1e-7)


def test_covariates_give_way_to_the_sides_of_the_pair():
    own = {"my score": ["my score_centred"], "kin": ["kin[T.b]", "kin[T.c]"]}
    assert covariates_beside("years * `my score`", own) == "years * (`my score_centred`)"
    assert covariates_beside("kin + kinship", own) == "(`kin[T.b]` + `kin[T.c]`) + kinship"


def test_words_two_numbers_and_odd_names_can_take_part(cohort):
    frame = cohort.rename(columns={"sensitivity": "carer's warmth", "trust": "child trust"})
    frame["trained"] = frame["child"].str[1:].astype(int) % 2
    frame["care"] = pd.Categorical(
        np.where(frame["years"] > 2, "z:late", frame["kinship"]), ["yes", "no", "z:late"]
    )
    pairs = [("carer's warmth", "trained"), ("care", "carer's warmth"), ("trained", "care")]
    result = fit_moderation(frame, "child trust", pairs=pairs, scale="point")
    assert result.tidy()["term"].tolist() == [
        "carer's warmth:trained[T.1]", "care[T.no]:carer's warmth", "care[T.z:late]:carer's warmth",
        "trained[T.1]:care[T.no]", "trained[T.1]:care[T.z:late]",
    ]  # fmt: skip
    by_hand = fit_growth(frame, "`child trust` ~ `carer's warmth` * trained").tidy().set_index("term")
    assert result.tidy()["estimate"][0] == pytest.approx(by_hand.loc["carer's warmth:trained", "estimate"])
    assert result.slopes(pairs[0])["at"].tolist() == ["0", "1"]
    slopes = result.slopes(pairs[1])
    assert slopes["of"].unique().tolist() == ["care[T.no]", "care[T.z:late]"]
    assert len(slopes) == 6


def test_the_frame_given_is_left_as_it_was(cohort):
    before = cohort.copy(deep=True)
    fit_moderation(cohort, "trust", pairs=PAIR, split=True)
    pd.testing.assert_frame_equal(cohort, before)


# ---- rows ------------------------------------------------------------------------------------------------------


# C7 111
def test_all_pairs_use_the_same_rows_unless_each_is_to_use_its_own(cohort):
    gaps = cohort.copy()
    gaps.loc[gaps.index[:9], "acceptance"] = np.nan
    gaps.loc[gaps.index[20:24], "trust"] = np.nan
    same, own = (fit_moderation(gaps, "trust", DIMENSIONS[:3], rows=rows) for rows in ("same", "own"))
    assert same.family()["n_rows"].tolist() == [189] * 3
    assert own.family()["n_rows"].tolist() == [198, 189, 189]
    assert same.notes[0] == (
        f"Every pair uses the same 189 of 202 rows ({same.facts['n_groups']} children); 4 lack trust, 9 lack "
        "acceptance (SB-MODEL-12)."
    )
    assert own.notes[0].startswith("Each pair uses its own rows, 189 to 198 of 202")
    assert same.glance()["n_excluded"][0] == 13
    assert own.glance()["n_excluded"][0] == 4
    alone = fit_moderation(gaps, "trust", DIMENSIONS[:2]).family()
    close(own.family().loc[0, ["estimate", "p_value"]], alone.loc[0, ["estimate", "p_value"]])


def test_dimensions_that_were_not_measured_are_named(cohort):
    result = fit_moderation(cohort.drop(columns=["cooperation", "family_membership"]), "trust")
    assert len(result.tidy()) == 3
    assert "Not measured here: Co-operation, Family membership." in result.notes


# ---- one pair --------------------------------------------------------------------------------------------------


def test_regions_cut_the_observed_range_where_the_interval_touches_zero(family, cohort):
    regions = family.johnson_neyman(PAIR)
    assert regions["interval"].tolist() == ["holds zero", "above zero"]
    assert regions["low"].iloc[0] == cohort["sensitivity"].min()
    assert regions["high"].iloc[-1] == cohort["sensitivity"].max()
    assert regions["share_rows"].sum() == pytest.approx(1.0)
    at_end = family.slopes(PAIR, at=[regions["high"].iloc[0]])
    assert at_end["conf_low"][0] == pytest.approx(0.0, abs=1e-12)
    turned = family.johnson_neyman(PAIR[::-1], of="sensitivity")
    assert turned["moderator"].unique().tolist() == ["availability"]


def test_control_of_false_regions_widens_the_intervals(family):
    pointwise, controlled = family.johnson_neyman(PAIR), family.johnson_neyman(PAIR, control="fdr")
    values = np.unique(family.rows["sensitivity"])
    found = benjamini_hochberg(family.slopes(PAIR, at=list(values))["p_value"]) <= 0.05
    assert controlled["level"].iloc[0] == pytest.approx(1.0 - 0.05 * found.sum() / len(values), rel=1e-12)
    assert controlled["level"].iloc[0] > 0.95
    assert controlled["low"].iloc[-1] > pointwise["low"].iloc[-1]
    last = family.slopes(PAIR, at=[controlled["low"].iloc[-1]])
    assert last["p_value"][0] == pytest.approx(1.0 - controlled["level"].iloc[0], rel=1e-8)
    none = family.johnson_neyman(("cooperation", "acceptance"), control="fdr", conf_level=0.9999)
    assert none["interval"].tolist() == ["holds zero"]


# C7 109
def test_nothing_is_said_beyond_the_data(family, cohort):
    slopes = family.slopes(PAIR, at=["-9 SD", "mean", 5.0])
    assert slopes["within_data"].tolist() == [False, True, True]
    assert slopes["n_children"].tolist()[0] == 0
    lines = family.lines(PAIR, at=["-9 SD", "mean", "+1 SD"])
    assert lines["at"].unique().tolist() == ["mean", "+1 SD"]
    for value, line in lines.groupby("value"):
        others = [one for one in lines["value"].unique() if one != value] + [
            family.slopes(PAIR, ["-9 SD"])["value"][0]
        ]
        nearest = np.abs(cohort["sensitivity"] - value) < min(
            (np.abs(cohort["sensitivity"] - one) for one in others), key=lambda gap: gap.sum()
        )
        assert line["x"].min() >= cohort["availability"].min()
        assert cohort.loc[nearest, "availability"].between(line["x"].min(), line["x"].max()).all()


def test_lines_go_through_the_expected_outcome(family, cohort):
    line = family.lines(PAIR, at=["mean"]).iloc[[0]]
    model = family.models[PAIR]
    row = pd.DataFrame({"child": ["nobody"], "years": cohort["years"].mean(),
                        "availability_centred": line["x"] - cohort["availability"].mean(),
                        "sensitivity_centred": 0.0})  # fmt: skip
    assert line["estimate"].iloc[0] == pytest.approx(model.predict(row)["fitted_fixed"].iloc[0])


def test_the_family_is_told_in_words(family, cohort):
    first, second = family.sentences()
    assert first.startswith("1 of the 10 interactions on trust passes Holm at .05. With 80% power")
    assert second == (
        "Availability × Sensitivity: the slope of trust on Availability changes by 0.153 SD for each SD more of "
        "Sensitivity, 95% CI [0.054, 0.252], p = .003, Holm .026."
    )
    assert any("10 tests: 0.5 with p below .05 would be expected by chance alone; 4 found, 1 passes Holm" in note
               for note in family.notes)  # C7 112 # fmt: skip
    nothing = fit_moderation(cohort, "trust", [*DIMENSIONS[2:]])
    assert nothing.sentences()[0].startswith("None of the 3 interactions")
    assert len(nothing.sentences()) == 1
    alone = fit_moderation(cohort, "trust", pairs=PAIR)
    assert alone.sentences()[0].startswith("The interaction on trust passes at .05.")
    assert "p_adjusted" in alone.family()
    assert alone.adjust == "none"


# ---- checks ----------------------------------------------------------------------------------------------------


# C7 105
def test_dimensions_that_are_nearly_one_are_told(cohort):
    frame = cohort.assign(sensitivity=cohort["availability"] + 0.1 * cohort["acceptance"])
    checks = fit_moderation(frame, "trust", DIMENSIONS[:3]).diagnostics().set_index("check")
    row = checks.loc["correlation of availability and sensitivity"]
    assert not row["ok"]
    assert "is not to be trusted" in row["advice"]
    assert checks.loc["correlation of availability and acceptance", "ok"]


# C7 108
def test_an_interaction_that_rests_on_three_children_is_told(cohort):
    children = cohort["child"].unique()
    high = cohort.groupby("child")["availability"].transform("min") > cohort["availability"].mean()
    three = list(cohort.loc[high, "child"].unique()[:3])
    low = cohort["availability"] < cohort["availability"].mean()
    never_high = cohort.groupby("child")["availability"].transform("max") < cohort["availability"].mean()
    care = np.where(cohort["child"].isin(three) | never_high, "residential", "foster")
    assert len(children) > 20
    assert low.any()
    checks = fit_moderation(cohort.assign(care=care), "trust", pairs=("availability", "care")).diagnostics()
    row = checks.set_index("check").loc["children in the emptiest corner of availability and care"]
    assert row["value"] == 3
    assert row["advice"] == (
        "Only 3 children have availability above its mean and care residential; the interaction rests on them."
    )


def test_what_fails_in_the_models_is_told_once(cohort):
    noise = cohort.assign(trust=np.random.default_rng(5).normal(size=len(cohort)))
    checks = fit_moderation(noise, "trust", DIMENSIONS[:3]).diagnostics()
    failed = checks[~checks["ok"].astype(bool)]
    assert failed["check"].str.contains(r"^child: smallest relative SD .*\(in [123] of 3 models\)").sum() == 1


# ---- bad input -------------------------------------------------------------------------------------------------


def refused(error, code, *args, **options):
    with pytest.raises(error) as caught:
        fit_moderation(*args, **options)
    assert caught.value.problems[0].code == code
    assert not any(f"s{number:03d}" in str(caught.value) for number in range(60))
    return caught.value.problems[0]


def test_no_pair_is_refused(cohort):
    refused(ModelError, "SB-MODEL-80", cohort[["child", "trust", "availability"]], "trust")
    refused(ModelError, "SB-MODEL-80", cohort, "trust", ["availability"])
    refused(ModelError, "SB-MODEL-80", cohort, "trust", pairs=("availability", "availability"))
    refused(ModelError, "SB-MODEL-80", cohort, "trust", pairs=[("availability", "acceptance", "kinship")])
    refused(ModelError, "SB-MODEL-80", cohort, "trust", ["availability", "acceptance"], pairs=PAIR)
    refused(ModelError, "SB-MODEL-80", cohort, "trust", pairs=("trust", "availability"))


def test_options_are_words(cohort):
    assert "'fdr'" in refused(ModelError, "SB-MODEL-30", cohort, "trust", adjust="fdrr").fix
    refused(ModelError, "SB-MODEL-30", cohort, "trust", rows="all")
    refused(ModelError, "SB-MODEL-30", cohort, "trust", scale="z")
    refused(ModelError, "SB-MODEL-62", cohort, "trust", conf_level=95)


# C7 102
def test_a_misspelt_dimension_is_told_with_the_nearest(cohort):
    problem = refused(ModelError, "SB-MODEL-03", cohort, "trust", pairs=("sensitvity", "availability"))
    assert "'sensitivity'" in problem.fix
    refused(ModelError, "SB-MODEL-03", cohort, "trusst")
    refused(ModelError, "SB-MODEL-03", cohort, "trust", covariates="yeers")


# C7 101, 114
def test_words_and_endless_numbers_are_refused_with_their_rows(cohort):
    refused(DataError, "SB-MODEL-02", cohort.assign(trust="often"), "trust")
    frame = cohort.copy()
    frame.loc[frame.index[4], "acceptance"] = np.inf
    problem = refused(DataError, "SB-MODEL-15", frame, "trust")
    assert (problem.column, problem.rows) == ("acceptance", (5,))


def test_a_side_without_differences_or_with_too_many_labels_is_refused(cohort):
    assert refused(ModelError, "SB-MODEL-82", cohort.assign(kinship="no"), "trust",
                   pairs=("availability", "kinship")).column == "kinship"  # fmt: skip
    many = cohort.assign(street=[f"street {number % 30}" for number in range(len(cohort))])
    refused(ModelError, "SB-MODEL-82", many, "trust", pairs=("availability", "street"))


# C7 108
def test_a_combination_of_groups_that_nobody_has_is_refused(cohort):
    care = np.where(cohort["kinship"] == "yes", "kin", np.where(cohort["child"] < "s030", "foster", "residential"))
    problem = refused(ModelError, "SB-MODEL-09", cohort.assign(care=care), "trust", pairs=("care", "kinship"))
    assert problem.what == "No child has 'foster' with 'yes', 'kin' with 'no', 'residential' with 'yes'."


def test_no_complete_row_is_refused(cohort):
    halves = cohort.copy()
    halves.loc[halves.index[:100], "availability"] = np.nan
    halves.loc[halves.index[100:], "acceptance"] = np.nan
    refused(ModelError, "SB-MODEL-12", halves, "trust")


def test_a_dimension_that_was_measured_after_the_outcome_is_refused(cohort):
    day = pd.Timestamp("2024-01-10")
    late = cohort.assign(trust_date=day, sensitivity_date=day + pd.Timedelta(days=20))
    problem = refused(DataError, "SB-WAVE-11", late, "trust", covariates="years")
    assert problem.column == "sensitivity"


def test_asking_for_what_is_not_there(family, cohort):
    for ask, code in (
        (lambda: family.slopes(("availability", "kinship")), "SB-MODEL-81"),
        (lambda: family.slopes(), "SB-MODEL-81"),
        (lambda: family.slopes(PAIR, of="acceptance"), "SB-MODEL-81"),
        (lambda: family.slopes(PAIR, at=["lots"]), "SB-MODEL-84"),
        (lambda: family.johnson_neyman(PAIR, control="holm"), "SB-MODEL-30"),
    ):
        with pytest.raises(ModelError) as caught:
            ask()
        assert caught.value.problems[0].code == code
    by_kinship = fit_moderation(cohort, "trust", pairs=("availability", "kinship"))
    with pytest.raises(ModelError, match="SB-MODEL-83"):
        by_kinship.johnson_neyman()
    with pytest.raises(ModelError, match="SB-MODEL-84"):
        by_kinship.slopes(at=["maybe"])
    assert by_kinship.johnson_neyman(of="kinship")["of"].unique().tolist() == ["kinship[T.yes]"]
