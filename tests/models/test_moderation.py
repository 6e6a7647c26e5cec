"""fit_moderation against lme4, lmerTest and emmeans, a published figure, a known truth, and bad input."""

import json
import runpy
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import securebase_analysis as sb
from securebase_analysis.engines.significance_regions import crossings, turning_points
from securebase_analysis.errors import DataError, ModelError
from securebase_analysis.models.moderation import ModerationResult, fit_moderation
from securebase_analysis.models.moderation.door import covariates_beside
from securebase_analysis.models.moderation.detectable import detectable
from securebase_analysis.results.inference import critical_value

FOLDER = Path(__file__).parents[1] / "reference"
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
