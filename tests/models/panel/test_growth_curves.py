"""What fit_panel asks of growth curves, when their waves are, and what it says of its answers."""

from __future__ import annotations

from functools import cache

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

import securebase_analysis as sb
from securebase_analysis.errors import DataError, ModelError
from securebase_analysis.models.panel import GrowthCurvesResult, fit_panel

NAMES = ["availability", "trust"]
TIMES = (0.0, 0.5, 1.5, 3.0)


def wide(n: int = 200, times: tuple[float, ...] = TIMES, seed: int = 4, spread: float = 0.5) -> pd.DataFrame:
    """A simulated panel: children begin around 10 and gain 1 a year, some more and some less."""
    random = np.random.default_rng(seed)
    columns = {}
    shared = random.normal(size=n)
    for name in NAMES:
        level = 10.0 + random.normal(size=n) + 0.5 * shared
        slope = 1.0 + spread * (0.8 * shared + 0.6 * random.normal(size=n))
        for wave, time in enumerate(times, 1):
            columns[f"{name}_{wave}"] = level + slope * time + 0.7 * random.normal(size=n)
    frame = pd.DataFrame(columns)
    return frame.mask(random.random(frame.shape) < 0.1)


def long(frame: pd.DataFrame) -> pd.DataFrame:
    """The same with a row per child and wave, in no order."""
    rows = frame.assign(child=[f"kid-{n:03}" for n in range(len(frame))])
    made = pd.wide_to_long(rows, NAMES, i="child", j="wave", sep="_").reset_index()
    return made.sample(frac=1.0, random_state=1).reset_index(drop=True)


def dated(times: tuple[float, ...] = TIMES) -> dict[str, float]:
    return {str(wave): time for wave, time in enumerate(times, 1)}


@cache
def parallel() -> GrowthCurvesResult:
    result = fit_panel(wide(), NAMES, model="growth", waves=dated())
    assert isinstance(result, GrowthCurvesResult)
    return result


def refused(error: type[Exception], code: str, *args, **asked) -> str:
    """The message of a refusal, which names no child."""
    with pytest.raises(error) as caught:
        fit_panel(*args, **{"model": "growth"} | asked)
    found = {problem.code: problem for problem in caught.value.problems}
    assert code in found
    assert found[code].fix
    assert "kid-" not in str(caught.value)
    return str(found[code])


def estimate(result: GrowthCurvesResult, term: str) -> float:
    return float(result.tidy().set_index("term")["estimate"][term])


# ---- tables and time -------------------------------------------------------------------------------------------


def test_one_construct_is_enough_and_a_long_table_gives_the_same():
    frame = wide()
    one = fit_panel(frame, "trust", model="growth", waves=dated())
    assert one.title == "Latent growth curve: Trust over 4 waves"
    beside = fit_panel(long(frame), "trust", model="growth", waves=dict(zip((1, 2, 3, 4), TIMES)))
    pd.testing.assert_frame_equal(one.tidy(), beside.tidy(), rtol=1e-5, atol=1e-6)
    assert set(beside.augment()) == {"child", "wave", *NAMES, "distance"}


def test_terms_in_words():
    rows = parallel().tidy()
    found = dict(zip(rows["term"], rows["effect"]))
    assert found["level_trust ~1"] == "level mean"
    assert found["slope_trust ~~ slope_trust"] == "slope variance"
    assert found["level_trust ~~ slope_trust"] == "covariance of level and slope"
    assert found["level_availability ~~ level_trust"] == "covariance of levels"
    assert found["slope_availability ~~ slope_trust"] == "covariance of slopes"
    assert found["level_availability ~~ slope_trust"] == "covariance of level and slope"
    assert found["trust_1 ~~ trust_1"] == "residual variance"
    assert found["availability_1 ~~ trust_1"] == "residual covariance"
    assert list(rows["effect"].iloc[:4]) == ["level mean", "level mean", "slope mean", "slope mean"]
    variances = rows["effect"].str.endswith("variance") & ~rows["effect"].str.contains("covariance")
    assert rows.loc[variances, "p_value"].isna().all()
    # Two means, ten (co)variances of two levels and two slopes, and of the residuals four times three.
    assert len(rows) == 4 + 10 + 12 == parallel().facts["n_parameters"]


def test_unequal_spacing_is_exact():
    """A slope is by unit of time: the same children seen in days have a slope a 365th as steep."""
    years = parallel()
    days = fit_panel(wide(), NAMES, model="growth", waves={wave: 365.0 * time for wave, time in dated().items()})
    assert days.facts["log_likelihood"] == pytest.approx(years.facts["log_likelihood"], abs=1e-5)
    for name in NAMES:
        slope = f"slope_{name}"
        assert 365.0 * estimate(days, f"{slope} ~1") == pytest.approx(estimate(years, f"{slope} ~1"), rel=1e-5)
        variance = f"{slope} ~~ {slope}"
        assert 365.0**2 * estimate(days, variance) == pytest.approx(estimate(years, variance), rel=1e-4)
    assert fit_panel(wide(), NAMES, model="growth").facts["chi2"] > years.facts["chi2"] + 20.0


def test_thirds_of_a_year_lose_nothing():
    times = (0.0, 1.0 / 3.0, 2.0 / 3.0, 1.0)
    assert fit_panel(wide(), NAMES, model="growth", waves=dated(times)).panel.curves.times == pytest.approx(
        times, abs=1e-11
    )


def test_where_the_level_is():
    def times(waves: object, frame: pd.DataFrame) -> tuple[float, ...]:
        return fit_panel(frame, "trust", model="growth", waves=waves).panel.curves.times

    assert times(None, wide()) == (0.0, 1.0, 2.0, 3.0)
    years = {"1": 2019.0, "2": 2019.5, "3": 2020.0, "4": 2022.0}
    assert times(years, wide()) == (0.0, 0.5, 1.0, 3.0)
    assert times({"1": -1.0, "2": 0.0, "3": 1.0, "4": 3.0}, wide()) == (-1.0, 0.0, 1.0, 3.0)
    named = wide().rename(columns={f"trust_{n}": f"trust_t{6 * (n - 1)}" for n in (1, 2, 3, 4)})
    assert times(None, named) == (0.0, 6.0, 12.0, 18.0)
    at_last = fit_panel(wide(), "trust", model="growth", waves={"1": -3.0, "2": -2.5, "3": -1.5, "4": 0.0})
    assert estimate(at_last, "level_trust ~1") == pytest.approx(13.0, abs=0.4)
    assert any("at wave 4" in note for note in at_last.notes)


# ---- models ----------------------------------------------------------------------------------------------------


def test_a_free_shape_holds_the_line_within_it():
    line = fit_panel(wide(), "trust", model="growth", waves=dated())
    free = fit_panel(wide(), "trust", model="growth", waves=dated(), shape="latent")
    scores = free.tidy().query("effect == 'time score'").set_index("outcome")["estimate"]
    assert list(scores.index) == ["trust_2", "trust_3"]
    np.testing.assert_allclose(scores, [0.5, 1.5], atol=0.15)
    test = free.sem.compared_with(line.sem).iloc[-1]
    assert test["df_difference"] == 2
    assert test["chi2_difference"] > 0.0


def test_a_parabola():
    frame = wide(n=400)
    bent = frame.assign(**{f"trust_{n}": frame[f"trust_{n}"] - 0.3 * time**2 for n, time in enumerate(TIMES, 1)})
    result = fit_panel(bent, "trust", model="growth", waves=dated(), shape="quadratic", equal_over_waves=True)
    assert estimate(result, "quadratic_trust ~1") == pytest.approx(-0.3, abs=0.1)
    assert estimate(result, "slope_trust ~1") == pytest.approx(1.0, abs=0.3)
    course = result.courses().query("kind == 'fitted'").set_index("time")["estimate"]
    a, b, c = (estimate(result, f"{part}_trust ~1") for part in ("level", "slope", "quadratic"))
    np.testing.assert_allclose(course, a + b * course.index + c * course.index**2, atol=1e-9)


def test_shapes_side_by_side():
    line = fit_panel(wide(), "trust", model="growth", waves=dated())
    table = line.shapes.set_index("shape")
    assert list(table.index) == ["linear", "quadratic", "latent"]
    assert list(table["df_difference"].iloc[1:]) == [4.0, 2.0]
    for shape in ("quadratic", "latent"):
        other = fit_panel(wide(), "trust", model="growth", waves=dated(), shape=shape)
        assert table.loc[shape, "chi2"] == pytest.approx(other.facts["chi2"], abs=1e-3)
        gain = line.facts["chi2"] - other.facts["chi2"]
        assert table.loc[shape, "chi2_difference"] == pytest.approx(gain, abs=1e-3)
        pd.testing.assert_frame_equal(other.shapes, line.shapes, atol=1e-3, rtol=1e-5)
    three = fit_panel(wide(), "trust", model="growth", waves={"1": 0.0, "2": 0.5, "3": 1.5}).shapes
    assert list(three["shape"]) == ["linear", "latent"]


def test_slopes_on_levels_are_the_same_model_in_other_words():
    on = fit_panel(wide(), NAMES, model="growth", waves=dated(), slopes_on_levels=True)
    assert on.facts["log_likelihood"] == pytest.approx(parallel().facts["log_likelihood"], abs=1e-5)
    assert on.facts["df"] == parallel().facts["df"]
    effects = on.tidy().query("effect == 'slope on level'")
    assert list(effects["term"]) == [f"slope_{outcome} ~ level_{source}" for outcome in NAMES for source in NAMES]
    # By hand: the covariances of slope and levels by those of the levels.
    value = parallel().tidy().set_index("term")["estimate"]
    own = [value[f"level_{name} ~~ level_{name}"] for name in NAMES]
    both = value["level_availability ~~ level_trust"]
    levels = np.array([[own[0], both], [both, own[1]]])
    slope = [value["level_availability ~~ slope_trust"], value["level_trust ~~ slope_trust"]]
    ours = effects.set_index("term")["estimate"].filter(like="slope_trust")
    np.testing.assert_allclose(ours, np.linalg.solve(levels, slope), atol=1e-4)


def test_covariates_and_groups():
    frame = wide().assign(age=np.arange(200) % 9, country=np.where(np.arange(200) % 2, "N", "S"))
    result = fit_panel(frame, "trust", model="growth", waves=dated(), covariates="age")
    effects = set(result.tidy()["effect"])
    assert {"level intercept", "slope intercept", "covariate", "level residual variance"} <= effects
    assert "level mean" not in effects
    groups = fit_panel(frame, "trust", model="growth", waves=dated(), group="country")
    assert set(groups.tidy()["group"]) == {"N", "S"}
    assert list(groups.equality["over"]) == ["waves", "groups"]
    assert list(groups.equality["df_difference"]) == [6, 2]
    same = fit_panel(frame, "trust", model="growth", waves=dated(), group="country", equal_over_groups=True)
    means = same.tidy().query("effect.str.endswith('mean')")
    assert list(means["group"]) == ["", ""]
    assert any("Means of levels and slopes equal over groups: tested" in note for note in same.notes)
    assert same.courses().query("kind == 'fitted' and wave == '1'")["estimate"].nunique() == 1


def test_residual_variances_are_free_unless_asked_and_tested_either_way():
    assert any("Residual variances equal over waves: tested (Δχ²(9)" in note for note in parallel().notes)
    equal = fit_panel(wide(), NAMES, model="growth", waves=dated(), equal_over_waves=True)
    residuals = equal.tidy().query("effect == 'residual variance'")
    assert list(residuals["term"]) == ["availability ~~ availability", "trust ~~ trust"]
    assert equal.facts["df"] - parallel().facts["df"] == 9
    assert "residual variances equal over waves (p-value)" in set(equal.diagnostics()["check"])


def test_it_equals_the_mixed_model_with_the_same_assumptions():
    """Random level and slope with one residual variance: lme4's model, by maximum likelihood."""
    frame = long(wide())[["child", "wave", "trust"]].dropna()
    frame["years"] = frame["wave"].map(dict(zip((1, 2, 3, 4), TIMES)))
    mixed = sb.fit_growth(frame, "trust ~ years", random="years", group="child", method="ml")
    ours = fit_panel(wide(), "trust", model="growth", waves=dated(), equal_over_waves=True)
    assert ours.facts["log_likelihood"] == pytest.approx(mixed.facts["log_likelihood"], abs=1e-3)
    theirs = mixed.tidy().set_index("term")["estimate"]
    for term, other in (("level_trust ~1", "Intercept"), ("slope_trust ~1", "years"),
                        ("slope_trust ~~ slope_trust", "var(years)"), ("trust ~~ trust", "var(residual)"),
                        ("level_trust ~~ slope_trust", "cov(Intercept, years)")):  # fmt: skip
        assert estimate(ours, term) == pytest.approx(theirs[other], abs=2e-3)


def test_the_course_and_its_band():
    frame = parallel().courses()
    fitted = frame.query("kind == 'fitted' and construct == 'trust' and wave != ''")
    table = parallel().tidy().set_index("term")
    level, slope = table.loc["level_trust ~1"], table.loc["slope_trust ~1"]
    np.testing.assert_allclose(fitted["time"], TIMES)
    np.testing.assert_allclose(fitted["estimate"], level["estimate"] + slope["estimate"] * np.array(TIMES))
    first = fitted.iloc[0]
    assert first["std_error"] == pytest.approx(level["std_error"])
    assert (first["conf_low"], first["conf_high"]) == pytest.approx((level["conf_low"], level["conf_high"]))
    observed = frame.query("kind == 'observed' and construct == 'trust'")
    assert list(observed["n_children"]) == list(wide().filter(like="trust").notna().sum())
    np.testing.assert_allclose(observed["estimate"], wide().filter(like="trust").mean(), atol=0.1)


# ---- words -----------------------------------------------------------------------------------------------------


def test_a_variance_below_zero_is_said_in_words():
    found = []
    for seed in range(12):
        result = fit_panel(wide(n=40, spread=0.0, seed=seed), "trust", model="growth", waves=dated())
        below = estimate(result, "slope_trust ~~ slope_trust") < 0.0
        assert below == any("slope of Trust is estimated below zero" in note for note in result.notes)
        row = result.diagnostics().set_index("check").loc["slope variance of trust above zero"]
        assert bool(row["ok"]) != below
        found.append(below)
    assert any(found)
    assert not any("below zero" in note or "holds zero" in note for note in parallel().notes)


def test_parts_that_cannot_be_told_apart_are_named():
    frame = wide(n=13)
    result = fit_panel(frame, "trust", model="growth")
    value = result.tidy().set_index("term")["estimate"]
    first, second = (value[f"{part}_trust ~~ {part}_trust"] for part in ("level", "slope"))
    both = value["level_trust ~~ slope_trust"]
    assert min(first, second) > 0.0
    correlation = both / (first * second) ** 0.5
    assert correlation > 1.0
    said = f"The level of Trust and the slope of Trust correlate at {correlation:.2f}"
    assert any(note.startswith(said) for note in result.notes)
    assert "correlation of level_trust and slope_trust between -1 and 1" in set(
        result.diagnostics().query("~ok")["check"]
    )


def test_errors_of_few_children_have_degrees_of_freedom():
    few = fit_panel(wide(n=60), "trust", model="growth", waves=dated())
    df = few.tidy().set_index("term")["df"]
    assert 50.0 < df["level_trust ~1"] < 61.0
    assert 10.0 < df["level_trust ~~ level_trust"] < 20.0
    assert any("hold less than they say" in note for note in few.notes)
    course = few.courses().query("kind == 'fitted'")["df"]
    assert (course == df[["level_trust ~1", "slope_trust ~1"]].min()).all()
    for other in (wide(n=250), wide(n=60)):
        result = fit_panel(other, "trust", model="growth", estimator="ml" if len(other) > 60 else "mlr")
        assert np.isinf(result.tidy()["df"]).all()
        assert not any("hold less than they say" in note for note in result.notes)


def test_waves_without_times_are_told():
    frame = long(wide())
    words = ["baseline", "spring", "autumn", "later"]
    frame["wave"] = pd.Categorical(frame["wave"].map(dict(zip((1, 2, 3, 4), words))), words, ordered=True)
    result = fit_panel(frame, "trust", model="growth", waves=words)
    assert result.panel.curves.times == (0.0, 1.0, 2.0, 3.0)
    assert any("how far apart they are is not known" in note for note in result.notes)


def test_pictures():
    ax = parallel().plot()
    assert len(ax) == 2
    frame = sb.show.picture_of(ax[0].figure).frame
    pd.testing.assert_frame_equal(frame, parallel().courses())
    alone = fit_panel(wide(), "trust", model="growth", waves=dated()).plot()
    line = next(one for one in alone.lines if one.get_linestyle() == "-")
    assert line.get_ydata()[0] == pytest.approx(estimate(parallel(), "level_trust ~1"), abs=0.05)
    _, own = plt.subplots()
    assert parallel().plot(ax=own) is own
    plt.close("all")


# ---- refusals --------------------------------------------------------------------------------------------------


def test_there_is_no_model_beside_growth_curves():
    assert parallel().lagged().empty
    with pytest.raises(ModelError) as caught:
        _ = parallel().beside
    assert caught.value.problems[0].code == "SB-SEM-103"


def test_waves_that_are_not_in_time():
    text = refused(DataError, "SB-SEM-182", wide(), "trust", waves={"1": 0.0, "2": 2.0, "3": 2.0, "4": 3.0})
    assert "(0, 2, 2, 3)" in text
    refused(DataError, "SB-SEM-182", wide(), "trust", waves={"1": 0.0, "2": float("nan"), "3": 2.0})


def test_too_few_waves():
    frame = wide().drop(columns=["trust_4", "availability_4"])
    assert "needs 4 waves; there are 3" in refused(ModelError, "SB-SEM-100", frame, "trust", shape="quadratic")
    assert fit_panel(frame, "trust", model="growth").facts["df"] == 1
    two = frame.drop(columns=["trust_3", "availability_3"])
    text = refused(ModelError, "SB-SEM-40", two, "trust")
    assert "fewer than three waves" in text
    assert "fit_growth(data, 'trust ~ wave', random='1', group='child')" in text


def test_a_covariate_that_is_called_like_a_part_of_a_curve():
    frame = wide().assign(slope_trust=np.arange(200.0))
    refused(ModelError, "SB-SEM-101", frame, "trust", covariates="slope_trust")


def test_few_children_are_refused_with_what_they_can_carry():
    text = refused(ModelError, "SB-SEM-102", wide(n=28), NAMES)
    assert "28 children cannot carry growth curves of 26 free parameters" in text
    assert "equal_over_waves=True (17 parameters)" in text
    assert "one construct at a time (9 parameters)" in text
    assert "fit_growth(data, 'availability ~ years', random='years', group='child')" in text
    assert fit_panel(wide(n=28), NAMES, model="growth", equal_over_waves=True).facts["n_parameters"] == 17


def test_what_only_growth_curves_have():
    text = refused(ModelError, "SB-SEM-104", wide(), NAMES, model="clpm", shape="latent", slopes_on_levels=True)
    assert "shape and slopes_on_levels have no meaning" in text
    refused(ModelError, "SB-MODEL-30", wide(), NAMES, shape="cubic")
    refused(ModelError, "SB-SEM-41", wide(), [])


def test_a_wave_without_data():
    refused(DataError, "SB-SEM-51", wide().assign(trust_2=np.nan), "trust")
