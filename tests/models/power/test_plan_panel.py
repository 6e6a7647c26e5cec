"""Plans of panel studies: errors and power against definitions and simulation, offers that work when copied."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
import pytest
from scipy.stats import nct, norm, t

from securebase_analysis.errors import DataError, ModelError
from securebase_analysis.models.panel import fit_panel
from securebase_analysis.models.panel.elements import Panel
from securebase_analysis.models.power import PanelPlan, plan_panel
from securebase_analysis.models.power.assumed import Assumed
from securebase_analysis.models.power.expected_errors import Expectations, Expected
from securebase_analysis.models.power.request import PlanRequest
from securebase_analysis.models.power.simulated_panels import drawn_panel, found_in_simulations
from securebase_analysis.models.power.ways import ways_of

NAMES = ["availability", "trust"]
USUAL = Assumed(effect=0.2, carry_over=0.3, stable=0.5, together=0.3, levels_together=0.6)


def table(n: int = 52, constructs: list[str] | None = None, n_waves: int = 4, gaps: float = 0.2) -> pd.DataFrame:
    """A table of which only matters what is missing."""
    random = np.random.default_rng(6)
    names = [f"{name}_{wave}" for name in constructs or NAMES for wave in range(1, n_waves + 1)]
    frame = pd.DataFrame(random.normal(size=(n, len(names))), columns=names)
    return frame.mask(random.random(frame.shape) < gaps)


@cache
def planned() -> PanelPlan:
    return plan_panel(table(), NAMES)


def way(model: str, prior: float | None = None):
    found = ways_of(NAMES, ("1", "2", "3", "4"))
    return next(one for one in found if one.panel.model == model and (one.prior is None) == (prior is None))


# ---- figures ---------------------------------------------------------------------------------------------------


def test_power_is_that_of_a_shifted_t_or_normal():
    expected = Expected(estimate=0.3, spread=0.1, std_error=0.1, df=20.0)
    reach = t.ppf(0.975, 20)
    assert expected.power(0.95) == pytest.approx(nct.sf(reach, 20, 3.0) + nct.cdf(-reach, 20, 3.0), abs=1e-9)
    drawn = Expected(estimate=0.3, spread=0.08, std_error=0.1, df=np.inf)
    reach = norm.ppf(0.975) * 0.1
    assert drawn.power(0.95) == pytest.approx(norm.sf((reach - 0.3) / 0.08) + norm.cdf((-reach - 0.3) / 0.08))
    assert Expected(9.0, 0.01, 0.01, 30.0).power(0.95) == 1.0


def test_without_gaps_and_levels_the_error_is_that_of_a_regression():
    """Of the lagged model without random intercepts, by the formula for least squares with two predictors."""
    n, n_waves = 400, 4
    frame = table(n, n_waves=n_waves, gaps=0.0)
    panel = Panel(tuple(NAMES), ("1", "2", "3", "4"), "clpm", equal=True)
    assumed = Assumed(effect=0.2, carry_over=0.3, stable=0.0, together=0.3, levels_together=0.0)
    expected = Expectations(panel, frame).under(assumed)
    process = assumed.process(2)
    inverse = np.linalg.inv(process.now)
    # Both outcomes have the same predictors: seemingly unrelated regression is regression one by one.
    by_formula = np.sqrt(process.residuals[1, 1] * inverse[0, 0] / (n * (n_waves - 1)))
    assert expected.std_error == pytest.approx(by_formula, rel=1e-9)
    assert expected.estimate == 0.2


@pytest.mark.parametrize(
    ("model", "prior"), [("ri-clpm", None), ("lagged", None), ("lagged", 0.3), ("clpm", None)]
)
def test_expected_errors_are_those_of_fits_to_many_children(model, prior):
    one = way(model, prior)
    frame = table(2000)
    process = USUAL.process(2)
    if model == "clpm":
        process = process.without_differences
    drawn = drawn_panel(process, one, frame, np.random.default_rng(9))
    fitted = fit_panel(drawn, NAMES, model, prior=prior).lagged().set_index("term")
    expected = Expectations(one.panel, frame, prior).under(USUAL)
    row = fitted.loc["trust ~ availability"]
    assert row["std_error"] == pytest.approx(expected.std_error, rel=0.05)
    assert abs(row["estimate"] - expected.estimate) < 4 * expected.spread


def test_drawn_panels_are_steady_and_have_the_gaps_of_the_study():
    frame = table(20_000)
    drawn = drawn_panel(USUAL.process(2), way("ri-clpm"), frame, np.random.default_rng(1))
    assert (drawn.isna() == frame[drawn.columns].isna()).all(axis=None)
    np.testing.assert_allclose(drawn.var(), 1.0, atol=0.05)
    assert drawn["trust_2"].corr(drawn["availability_2"]) == pytest.approx(0.5 * 0.6 + 0.5 * 0.3, abs=0.03)


def test_the_smallest_effect_has_the_power_that_was_asked_for():
    ways = planned().ways.set_index("way")
    smallest = ways.loc["lagged mixed model", "smallest_effect"]
    again = plan_panel(table(), NAMES, effect=smallest).ways.set_index("way")
    assert again.loc["lagged mixed model", "power"] == pytest.approx(0.8, abs=1e-3)
    assert again.loc["lagged mixed model", "power"] > ways.loc["lagged mixed model", "power"]


def test_stable_differences_raise_false_alarms_where_there_are_no_random_intercepts():
    ways = planned().ways.set_index("way")
    assert ways.loc["cross-lagged model without random intercepts", "false_alarms"] > 0.1
    assert ways.loc["random-intercept cross-lagged model", "false_alarms"] == pytest.approx(0.05, abs=1e-6)
    none = plan_panel(table(), NAMES, stable=0.0).ways.set_index("way")
    assert none.loc["cross-lagged model without random intercepts", "false_alarms"] == pytest.approx(
        0.05, abs=1e-6
    )


def test_power_of_the_formula_is_that_of_fits():
    frame, assumed = table(120), USUAL.of_size(0.35)
    request = PlanRequest(tuple(NAMES), *vars(assumed).values(), 0.3, 0.8, None, None, 40, 1, 0.95)
    fitted, power, coverage = found_in_simulations(way("lagged", 0.3), frame, request)
    assert fitted >= 38
    # Three standard errors of a share of forty.
    expected = Expectations(way("lagged", 0.3).panel, frame, 0.3).under(assumed).power(0.95)
    assert abs(power - expected) < 3 * 0.5 / np.sqrt(40)
    assert coverage > 0.82


def test_simulations_stand_beside():
    plan = plan_panel(table(60, n_waves=3), NAMES, n_simulations=2)
    assert plan.ways.loc[plan.ways["can_be_fitted"], "simulated"].max() == 2
    assert "Power, simulated" in plan.summary()


# ---- what is planned -------------------------------------------------------------------------------------------


def test_nothing_is_read_of_the_scores():
    other = table() * 7.0 + 3.0
    pd.testing.assert_frame_equal(plan_panel(other, NAMES).ways, planned().ways)


def test_many_constructs_and_few_children_leave_two_at_a_time():
    five = ["availability", "sensitivity", "acceptance", "cooperation", "belonging"]
    ways = plan_panel(table(constructs=five), five).ways
    assert list(ways.loc[ways["can_be_fitted"], "constructs"].unique()) == [2]
    assert ways.loc[~ways["can_be_fitted"], "power"].isna().all()
    assert ways.loc[0, "n_parameters"] == 120


def test_lines_to_copy_run():
    data = table()
    for call in planned().calls:
        assert eval(call, {"fit_panel": fit_panel, "data": data}).facts["n_parameters"] > 0
    timed = plan_panel(data, NAMES, waves={"1": 0, "2": 1, "3": 2})
    assert "waves={'1': 0, '2': 1, '3': 2}" in timed.calls[0]
    assert len(eval(timed.calls[0], {"fit_panel": fit_panel, "data": data}).panel.waves) == 3


def test_more_children_are_planned_for_with_the_gaps_of_those_seen():
    more = plan_panel(table(), NAMES, n_children=208)
    assert (more.ways["n_children"] == 208).all()
    assert more.ways.loc[0, "std_error"] == pytest.approx(planned().ways.loc[0, "std_error"] / 2, rel=0.1)
    assert any("Planned for 208 children" in note for note in more.notes)


def test_a_long_table_and_two_waves():
    rows = table(gaps=0.0).assign(child=range(52))
    long = pd.wide_to_long(rows, NAMES, i="child", j="wave", sep="_").reset_index()
    assert plan_panel(long, NAMES).ways["power"].notna().all()
    two = plan_panel(table(n_waves=2), NAMES).ways
    assert list(two["way"]) == ["cross-lagged model without random intercepts"]


def test_the_answer_in_words():
    text = planned().summary()
    assert text.startswith("What 52 children over 4 waves can say of Availability and Trust")
    assert "fit_panel(data, ['availability', 'trust'], model='lagged', prior=0.3)" in text
    assert "Nothing of this was taken from the data" in text


# ---- refusals --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"effect": 2}, "SB-SEM-122"), ({"effect": "some"}, "SB-SEM-122"), ({"stable": 1.0}, "SB-SEM-122"),
        ({"stable": -0.1}, "SB-SEM-122"), ({"prior": 0}, "SB-SEM-122"), ({"power": 1}, "SB-SEM-122"),
        ({"carry_over": float("nan")}, "SB-SEM-122"), ({"n_children": 0}, "SB-SEM-123"),
        ({"n_simulations": 2.5}, "SB-SEM-123"), ({"effect": 0.9, "carry_over": 0.8}, "SB-SEM-124"),
    ],
)  # fmt: skip
def test_numbers_that_cannot_be(options, code):
    with pytest.raises(ModelError) as caught:
        plan_panel(table(), NAMES, **options)
    assert caught.value.problems[0].code == code
    assert caught.value.problems[0].fix


def test_bad_tables_are_told_as_they_are_to_fit_panel():
    with pytest.raises(ModelError, match="SB-SEM-45"):
        plan_panel(pd.DataFrame({"a": [1.0]}), NAMES)
    with pytest.raises(ModelError, match="SB-SEM-41"):
        plan_panel(table(), ["trust"])
    with pytest.raises(DataError, match="SB-SEM-51"):
        plan_panel(table().assign(trust_2=np.nan), NAMES)
