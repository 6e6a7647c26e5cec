"""What lies on a boundary is told with what was found and a next step that can be typed as it stands."""

import numpy as np
import pandas as pd
import pytest

from securebase_analysis.models.growth import fit_growth
from securebase_analysis.models.growth.boundaries import boundary_advice

NAME = "{}: smallest relative SD of the random effects"


def cohort(level=1.0, slope=0.5, together=False, n=30, seed=1):
    random = np.random.default_rng(seed)
    child, years = np.repeat(np.arange(n), 4), np.tile([0.0, 1.0, 2.0, 3.0], n)
    first, second = random.normal(size=(2, n))
    second = first if together else second
    noise = random.normal(size=(n, 4))
    # Means and slopes of the noise are taken out, so that children differ as they are told to and no more.
    centred = np.column_stack([np.ones(4), np.arange(4.0)])
    noise -= noise @ centred @ np.linalg.inv(centred.T @ centred) @ centred.T
    trust = 5.0 + 0.2 * years + level * first[child] + slope * second[child] * years + noise.ravel()
    return pd.DataFrame({"child": child, "years": years, "trust": trust, "carer": child // 2})


def advice_of(growth, factor="child"):
    row = growth.diagnostics().set_index("check").loc[NAME.format(factor)]
    assert not row["ok"]
    return row["advice"]


def test_106_children_who_do_not_differ():
    growth = fit_growth(cohort(level=0.0, slope=0.0), "trust ~ years")
    assert advice_of(growth) == (
        "The children do not differ more than chance would make them: the variance of Intercept was estimated as "
        "zero. Report that as zero; the fixed effects can be read."
    )


def test_106_children_who_differ_in_level_and_not_in_pace():
    growth = fit_growth(cohort(level=2.0, slope=0.0), "trust ~ years", ["1", "0 + years"])
    advice = advice_of(growth)
    assert advice == (
        "The children do not differ in years more than chance would make them: the variance of years was "
        "estimated as zero. Fit random='1' and compare; the fixed effects can be read."
    )
    assert fit_growth(cohort(level=2.0, slope=0.0), "trust ~ years", "1").diagnostics()["ok"].iloc[1]


def test_106_children_whose_pace_follows_their_level():
    data = cohort(level=0.6, slope=0.6, together=True)
    advice = advice_of(fit_growth(data, "trust ~ years", "years"))
    assert advice == (
        "In these children Intercept and years go together without exception (correlation 1): the data show one "
        "difference between children where two were asked for. Fit random='1', or random=['1', '0 + years'], "
        "which takes them as unrelated, and compare; the fixed effects can be read."
    )
    for random in ("1", ["1", "0 + years"]):
        fit_growth(data, "trust ~ years", random)


def test_106_carers_who_do_not_differ_beside_children_who_do():
    growth = fit_growth(cohort(level=2.0, slope=0.0, seed=9), "trust ~ years", {"child": "1", "carer": "1"})
    assert advice_of(growth, "carer") == (
        "The carers do not differ more than chance would make them: the variance of Intercept was estimated as "
        "zero. Report that as zero, or leave carer out of random; the fixed effects can be read."
    )


def test_with_several_factors_the_part_of_one_is_named():
    growth = fit_growth(
        cohort(level=0.6, slope=0.6, together=True), "trust ~ years", {"child": "years", "carer": "1"}
    )
    factor = growth.data.factors[0]
    advice = boundary_advice(factor, np.array([[1.0, -1.0], [-1.0, 1.0]]), alone=False)
    assert "(correlation −1)" in advice
    assert "random={..., 'child': '1'}, or random={..., 'child': ['1', '0 + years']}" in advice
    assert "fewer" not in advice


@pytest.mark.parametrize("n", [4, 9])
def test_107_few_children_are_said_without_taking_them_for_agencies(n):
    checks = fit_growth(cohort(n=n), "trust ~ years").diagnostics().set_index("check")
    row = checks.loc["number of children"]
    assert not row["ok"]
    assert row["advice"] == (
        f"{n} children say little about how much children differ, and standard errors rest on that. Report the "
        "number beside the result, and use df='kenward-roger'."
    )


def test_107_four_agencies_beside_many_children():
    data = cohort().assign(agency=lambda rows: rows["child"] % 4)
    checks = fit_growth(data, "trust ~ years", {"child": "1", "agency": "1"}).diagnostics().set_index("check")
    assert checks.loc["number of agencies", "advice"] == (
        "4 agencies are too few to estimate how much agencies differ. "
        "Put C(agency) in the formula, and leave agency out of random."
    )
    fixed = fit_growth(data, "trust ~ years + C(agency)").diagnostics().set_index("check")
    assert "number of agencies" not in fixed.index


def test_105_the_mean_of_two_dimensions_is_offered_to_copy():
    data = cohort()
    random = np.random.default_rng(3)
    data["sensitivity"] = random.normal(size=len(data))
    data["acceptance"] = data["sensitivity"] + 0.2 * random.normal(size=len(data))
    checks = fit_growth(data, "trust ~ sensitivity + acceptance").diagnostics().set_index("check")
    advice = checks.loc["correlation of sensitivity and acceptance", "advice"]
    assert "use their mean (data[['sensitivity', 'acceptance']].mean(axis=1))" in advice
    assert advice.startswith("sensitivity and acceptance correlate .9")
    opposite = fit_growth(data.assign(acceptance=-data["acceptance"]), "trust ~ sensitivity + acceptance")
    advice = opposite.diagnostics().set_index("check").loc["correlation of sensitivity and acceptance", "advice"]
    assert "use their mean, or" in advice
