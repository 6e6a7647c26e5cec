"""What fit_panel asks, how it reads tables, and what it says of its answers."""

from __future__ import annotations

import re
from functools import cache

import numpy as np
import pandas as pd
import pytest
from scipy.special import stdtrit

from securebase_analysis.errors import DataError, ModelError
from securebase_analysis.models.panel import PanelResult, fit_panel
from securebase_analysis.models.sem import fit_sem

NAMES = ["availability", "trust"]


def wide(n: int = 150, n_waves: int = 4, stable: float = 1.0, seed: int = 15) -> pd.DataFrame:
    """A simulated panel in which availability raises trust."""
    random = np.random.default_rng(seed)
    level, now = stable * random.normal(size=(n, 2)), random.normal(size=(n, 2))
    columns = {}
    for wave in range(1, n_waves + 1):
        columns[f"availability_{wave}"], columns[f"trust_{wave}"] = (level + now).T
        now = now @ [[0.3, 0.3], [0.0, 0.3]] + random.normal(size=(n, 2))
    frame = pd.DataFrame(columns)
    return frame.mask(random.random(frame.shape) < 0.1)


def long(frame: pd.DataFrame) -> pd.DataFrame:
    """The same with a row per child and wave, in no order."""
    rows = frame.assign(child=[f"kid-{n:03}" for n in range(len(frame))])
    made = pd.wide_to_long(rows, NAMES, i="child", j="wave", sep="_").reset_index()
    return made.sample(frac=1.0, random_state=1).reset_index(drop=True)


@cache
def fitted() -> PanelResult:
    return fit_panel(wide(), NAMES)


def refused(error: type[Exception], code: str, *args, **options) -> str:
    """The message of a refusal, which names no child."""
    with pytest.raises(error) as caught:
        fit_panel(*args, **options)
    found = {problem.code: problem for problem in caught.value.problems}
    assert code in found
    assert found[code].fix
    assert "kid-" not in str(caught.value)
    return str(found[code])


# ---- tables ----------------------------------------------------------------------------------------------------


def test_a_long_table_gives_what_the_wide_one_gives():
    ours, beside = fit_panel(long(wide()), NAMES), fitted()
    pd.testing.assert_frame_equal(ours.tidy(), beside.tidy(), rtol=1e-5, atol=1e-6)
    rows = ours.augment()
    assert set(rows) == {"child", "wave", *NAMES, "distance"}
    assert rows.groupby("child")["distance"].nunique().eq(1).all()


def test_order_of_waves_is_that_of_their_numbers():
    frame = wide()
    assert fit_panel(frame[frame.columns[::-1]], NAMES).panel.waves == ("1", "2", "3", "4")
    ten = frame.rename(
        columns={f"{name}_{wave}": f"{name}_t{wave + 6}" for name in NAMES for wave in (1, 2, 3, 4)}
    )
    assert fit_panel(ten, NAMES).panel.waves == ("t7", "t8", "t9", "t10")


def test_waves_can_be_chosen_and_dated():
    result = fit_panel(wide(), NAMES, waves=["1", "2", "3"])
    assert result.panel.waves == ("1", "2", "3")
    half_years = fit_panel(long(wide()), NAMES, waves={1: 0.0, 2: 0.5, 3: 1.0})
    assert any("each 0.5 apart" in note for note in half_years.notes)
    np.testing.assert_allclose(half_years.tidy()["estimate"], result.tidy()["estimate"], atol=1e-5)


def test_input_is_left_as_it_was():
    frame = long(wide())
    before = frame.copy()
    fit_panel(frame, NAMES, model="clpm")
    pd.testing.assert_frame_equal(frame, before)


# ---- answers ---------------------------------------------------------------------------------------------------


def test_terms():
    tidy = fitted().tidy()
    lagged = tidy[tidy["effect"].isin(["autoregressive", "cross-lagged"])]
    assert list(zip(lagged["effect"], lagged["outcome"], lagged["term"])) == [
        ("autoregressive", "availability", "availability ~ availability"),
        ("autoregressive", "trust", "trust ~ trust"),
        ("cross-lagged", "availability", "availability ~ trust"),
        ("cross-lagged", "trust", "trust ~ availability"),
    ]
    free = fit_panel(wide(), NAMES, equal_over_waves=False).lagged()
    chosen = free[free["term"] == "trust ~ availability"]
    assert list(chosen["outcome"]) == ["trust_2", "trust_3", "trust_4"]
    variances = tidy[tidy["effect"].str.endswith("variance") & ~tidy["effect"].str.endswith("covariance")]
    assert variances["p_value"].isna().all()
    assert variances["conf_low"].notna().all()


def test_both_models_side_by_side():
    table = fitted().beside
    assert list(table["model"].unique()) == ["ri-clpm", "clpm"]
    other = fit_panel(wide(), NAMES, model="clpm")
    np.testing.assert_allclose(
        table.loc[table["model"] == "clpm", "estimate"], other.lagged()["estimate"], atol=1e-8
    )
    pd.testing.assert_frame_equal(other.beside, table, rtol=1e-5)
    # Stable differences that are not taken out look like effects of a score on itself.
    own = table[table["effect"] == "autoregressive"].groupby("model")["estimate"].mean()
    assert own["clpm"] > own["ri-clpm"] + 0.2
    assert fitted().other.facts["chi2"] > fitted().facts["chi2"] + 20


def test_the_other_model_of_dated_waves_from_a_long_table():
    frame = long(wide())
    frame["wave"] = frame["wave"] + 0.0
    result = fit_panel(frame, NAMES, waves={1.0: 0.0, 2.0: 1.0, 4.0: 2.0})
    assert list(result.beside["model"].unique()) == ["ri-clpm", "clpm"]


def test_equality_is_told_and_shown():
    row = fitted().equality.iloc[0]
    assert row["over"] == "waves"
    assert row["df_difference"] == 8
    assert row["imposed"]
    assert any("tested (Δχ²(8) = " in note and "imposed" in note for note in fitted().notes)
    frame = wide().assign(country=np.where(np.arange(150) % 2, "N", "S"))
    over = fit_panel(frame, NAMES, model="clpm", group="country").equality
    assert list(over["over"]) == ["waves", "groups"]
    assert list(over["df_difference"]) == [16, 4]
    # The model that is equal over groups is fitted by itself: a label shared by both groups.
    assert 0.0 < over["p_value"].iloc[1] < 1.0


def test_effects_that_are_equal_over_groups_stand_once():
    frame = wide(n=300).assign(country=np.where(np.arange(300) % 3, "N", "S"))
    equal, own = (fit_panel(frame, NAMES, group="country", equal_over_groups=same) for same in (True, False))
    assert list(equal.lagged()["group"]) == [""] * 4
    assert list(own.lagged()["group"]) == ["S"] * 4 + ["N"] * 4
    assert own.facts["n_parameters"] - equal.facts["n_parameters"] == 4
    for name, beside in own.lagged().groupby("term"):
        both = equal.lagged().set_index("term").loc[name]
        assert beside["estimate"].min() - 1e-6 <= both["estimate"] <= beside["estimate"].max() + 1e-6
        assert both["std_error"] < beside["std_error"].min()
    tested = equal.equality.set_index("over").loc["groups"]
    assert tested["imposed"]
    assert tested["chi2_difference"] == pytest.approx(equal.facts["chi2"] - own.facts["chi2"], abs=1e-6)
    beside = own.equality.set_index("over").loc["groups"]
    assert not beside["imposed"]
    assert beside["p_value"] == pytest.approx(tested["p_value"], abs=1e-6)
    assert any("equal over groups: tested (Δχ²(4) = " in note and "and imposed" in note for note in equal.notes)
    assert equal.diagnostics()["check"].eq("lagged effects equal over groups (p-value)").any()
    assert not any("equal over groups" in note for note in own.notes)
    assert "c(trust.by.availability, trust.by.availability)*w_availability_1" in equal.syntax
    assert set(equal.beside["group"]) == {""}


def test_effects_of_each_lag_can_be_equal_over_groups():
    frame = wide(n=300).assign(country=np.where(np.arange(300) % 3, "N", "S"))
    result = fit_panel(frame, NAMES, "clpm", False, group="country", equal_over_groups=True)
    assert set(result.lagged()["outcome"]) == {f"{name}_{wave}" for wave in (2, 3, 4) for name in NAMES}
    assert len(result.lagged()) == 12
    assert list(result.equality["df_difference"]) == [8, 12]


def test_no_groups_to_be_equal_over():
    assert "group='country'" in refused(ModelError, "SB-SEM-110", wide(), NAMES, equal_over_groups=True)
    refused(ModelError, "SB-MODEL-30", wide(), NAMES, group="x", equal_over_groups="yes")


def test_a_variance_below_zero_is_said_in_words():
    random = np.random.default_rng(3)
    names = [f"{name}_{wave}" for name in NAMES for wave in (1, 2, 3)]
    result = fit_panel(pd.DataFrame(random.normal(size=(60, 6)), columns=names), NAMES)
    variance = result.tidy().query("effect == 'random-intercept variance'")["estimate"]
    assert (variance < 0.0).any()
    assert any("estimated below zero" in note for note in result.notes)
    failed = result.diagnostics().query("~ok")["check"]
    assert failed.str.startswith("random-intercept variance of").any()


def test_no_variance_at_its_boundary_where_children_differ():
    assert not any("below zero" in note or "holds zero" in note for note in fitted().notes)


def test_errors_of_few_children_have_degrees_of_freedom():
    lagged = fitted().lagged()
    assert ((lagged["df"] > 5.0) & (lagged["df"] < 150.0)).all()
    assert any(note.startswith("With 150 children the errors of lagged effects") for note in fitted().notes)
    assert np.isinf(fitted().tidy().query("effect == 'intercept'")["df"]).all()
    robust = fit_panel(wide(), NAMES, estimator="mlr")
    assert np.isinf(robust.lagged()["df"]).all()
    assert any(note.startswith("With 150 children robust errors") for note in robust.notes)
    many = fit_panel(wide(n=500), NAMES)
    assert not any("degrees of freedom" in note for note in many.notes)
    assert np.isfinite(many.lagged()["df"]).all()


def test_profile_intervals_follow_the_likelihood():
    table, lagged = fitted().profile_intervals(0.9), fitted().lagged(0.9)
    assert table["term"].tolist() == lagged["term"].tolist()
    assert table["df"].tolist() == lagged["df"].tolist()
    np.testing.assert_allclose(table[["conf_low", "conf_high"]], lagged[["conf_low", "conf_high"]], atol=0.05)
    assert (table["conf_high"] - table["conf_low"]).gt(0.0).all()
    # Held at an end, the model fits worse by the square of the quantile of t.
    term = table.set_index("term").loc["trust ~ availability"]
    end = f"{term['conf_high']:.10f}"
    held = re.sub(r"trust\.by\.availability\*", f"{end}*", fitted().syntax)
    quantile = stdtrit(term["df"], 0.95)
    assert fit_sem(wide(), held, defaults="lavaan").facts["chi2"] - fitted().facts["chi2"] == pytest.approx(
        quantile**2, abs=1e-4
    )


def test_profile_intervals_of_other_than_a_likelihood():
    for options in ({"estimator": "mlr"}, {"prior": 0.3}):
        with pytest.raises(ModelError) as caught:
            fit_panel(wide(), NAMES, **options).profile_intervals()
        assert caught.value.problems[0].code == "SB-SEM-111"


def test_without_random_intercepts_there_are_as_many_degrees_of_freedom_as_children():
    found = fit_panel(wide(n=100).dropna(), NAMES, model="clpm", equal_over_waves=False)
    np.testing.assert_allclose(found.lagged()["df"], found.facts["n_rows"], rtol=1e-3)
    assert np.isinf(fit_panel(wide(n=200), NAMES, model="clpm").lagged()["df"]).all()


def test_fading():
    row = fitted().diagnostics().query("check.str.startswith('deviations fade')").iloc[0]
    effects = fitted().lagged().set_index("term")["estimate"]
    matrix = [[effects[f"{outcome} ~ {source}"] for source in NAMES] for outcome in NAMES]
    assert row["value"] == pytest.approx(np.abs(np.linalg.eigvals(matrix)).max())
    assert row["ok"]


# ---- refusals --------------------------------------------------------------------------------------------------


def test_few_children_are_refused_with_what_they_can_carry():
    random = np.random.default_rng(5)
    five = ["a", "b", "c", "d", "e"]
    frame = pd.DataFrame(
        random.normal(size=(52, 20)), columns=[f"{name}_{wave}" for name in five for wave in range(4)]
    )
    text = refused(ModelError, "SB-SEM-52", frame, five)
    assert "52 children cannot carry a model of 120 free parameters" in text
    offers = [line.strip() for line in text.splitlines() if line.strip().startswith("fit_panel")]
    assert len(offers) == 5
    assert offers[0].startswith("fit_panel(data, ['a', 'b'])  # random-intercept cross-lagged model, two")
    for offer in offers:
        assert re.search(
            r"parameters, finds an effect of 0\.20 with power 0\.\d\d, one of 0\.\d\d with 0\.80", offer
        )
        assert eval(offer.partition("  #")[0], {"fit_panel": fit_panel, "data": frame}).facts["n_parameters"] > 0
    assert "mixes stable differences" in offers[-1]
    assert "plan_panel(data, ['a', 'b', 'c', 'd', 'e'])" in text
    assert "the most to be hoped for" in text
    assert fit_panel(frame, ["a", "b"]).facts["n_parameters"] == 27
    refused(ModelError, "SB-SEM-52", frame, ["a", "b", "c"])


def test_unequal_spacing_is_refused_unless_said():
    frame = wide().drop(columns=["availability_3", "trust_3"])
    assert "(1, 2, 4)" in refused(ModelError, "SB-SEM-44", frame, NAMES)
    for options in ({"equal_over_waves": False}, {"equal_over_waves": "despite-spacing"}):
        assert any("not equally far apart" in note for note in fit_panel(frame, NAMES, **options).notes)
    dated = fit_panel(frame, NAMES, waves={"1": 0, "2": 1, "4": 2})
    assert not any("not equally" in note for note in dated.notes)


def test_waves_of_which_there_are_too_few_or_too_many():
    two = wide(n_waves=2)
    assert "model='clpm'" in refused(ModelError, "SB-SEM-40", two, NAMES)
    result = fit_panel(two, NAMES, model="clpm")
    assert result.equality.empty
    with pytest.raises(ModelError) as caught:
        _ = result.beside
    assert caught.value.problems[0].code == "SB-SEM-53"
    refused(ModelError, "SB-SEM-40", wide(n_waves=9), NAMES)


def test_wave_without_data():
    frame = wide()
    frame["trust_3"] = np.nan
    assert "Wave 3 has no score of trust" in refused(DataError, "SB-SEM-51", frame, NAMES)
    assert "any construct" in refused(DataError, "SB-SEM-51", frame.assign(availability_3=np.nan), NAMES)


def test_columns_that_are_not_there():
    assert "wave 3" in refused(ModelError, "SB-SEM-46", wide().drop(columns="trust_3"), NAMES)
    refused(ModelError, "SB-SEM-45", wide()[["trust_1"]].rename(columns={"trust_1": "x"}), NAMES)
    refused(ModelError, "SB-SEM-48", long(wide()), NAMES, waves=[1, 2, 7])


def test_names():
    refused(ModelError, "SB-SEM-41", wide(), ["trust"])
    refused(ModelError, "SB-SEM-41", wide(), "trust")
    refused(ModelError, "SB-SEM-42", wide(), ["trust", "self esteem"])
    refused(ModelError, "SB-SEM-43", wide(), ["trust", "trust"])
    refused(ModelError, "SB-MODEL-30", wide(), NAMES, model="riclpm")


def test_rows_of_long_tables():
    frame = long(wide())
    refused(DataError, "SB-ID-01", pd.concat([frame, frame.head(3)], ignore_index=True), NAMES)
    both = pd.concat([frame.assign(informant="carer"), frame.assign(informant="teacher")], ignore_index=True)
    refused(DataError, "SB-SEM-49", both, NAMES)
    assert "changes from wave to wave" in refused(
        DataError, "SB-SEM-47", frame.assign(age=frame["wave"] + 5.0), NAMES, covariates="age"
    )
    text = refused(DataError, "SB-SEM-47", frame.assign(care=frame["wave"] > 2), NAMES, group="care")
    assert "one group all along" in text
