"""Hazards of disruption through the public verb: every number of R's survival and cmprsk, and a known truth.

Coefficients agree to 1e-6, standard errors to 1e-5; Fine and Gray's to 1e-4, since cmprsk ends its search earlier.
"""

import json
import runpy
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import special

from securebase_analysis.engines.leave_one_cluster_out import adjusted_covariance
from securebase_analysis.errors import ModelError
from securebase_analysis.models.disruption import fit_disruption

REFERENCE = Path(__file__).parents[2] / "reference"
R = json.loads((REFERENCE / "disruption.json").read_text())
COHORTS = runpy.run_path(str(REFERENCE / "disruption_cohorts.py"))["cohorts"]()


def lung() -> pd.DataFrame:
    return COHORTS["lung"]


def moves() -> pd.DataFrame:
    # R knows one carer wherever it works; a column called site would make several of it.
    return COHORTS["moves"].rename(columns={"site": "agency"})


def exits() -> pd.DataFrame:
    return COHORTS["exits"].drop(columns="site")


def bladder() -> pd.DataFrame:
    # The number of the move is counted from the rows, not read.
    return COHORTS["bladder"].drop(columns=["enum", "gap"]).sample(frac=1.0, random_state=4)


INST, MGUS2, PLACEMENTS = lung().dropna(subset=["inst"]), COHORTS["mgus2"], COHORTS["placements"]
died = {"stop": "time", "event": {"status": 2}}
rows = {"start": "start", "stop": "stop"}
recurrence = {**rows, "child": "id"}
FITS = {
    "lung": lambda: fit_disruption(lung(), "age + sex + ecog", **died),
    "lung_factor": lambda: fit_disruption(lung().query("not ecog >= 3"), "age * sex + C(ecog)", **died),
    "lung_inst": lambda: fit_disruption(INST, "age + sex + ecog", cluster="inst", **died),
    "cgd": lambda: fit_disruption(
        COHORTS["cgd"], "treated + age + linked + steroids", "tstart", "tstop", "status", cluster="id"
    ),
    "cgd_total": lambda: fit_disruption(
        COHORTS["cgd"].drop(columns="enum"), "treated + age", "tstart", "tstop", "status", child="id",
        recurrent="pwp-total", last_stratum=3,
    ),
    "bladder_ag": lambda: fit_disruption(bladder(), "rx + size + number", recurrent="andersen-gill", **recurrence),
    "bladder_total": lambda: fit_disruption(bladder(), "rx + size + number", recurrent="pwp-total", **recurrence),
    "bladder_gap": lambda: fit_disruption(bladder(), "rx + size + number", recurrent="pwp-gap", **recurrence),
    "veteran": lambda: fit_disruption(
        COHORTS["veteran"], "trt + karno", stop="time", event="status", strata="celltype"
    ),
    "veteran_breslow": lambda: fit_disruption(
        COHORTS["veteran"], "karno + celltype + C(prior)", stop="time", event="status",
        ties="breslow",
    ),
    "moves": lambda: fit_disruption(
        moves(), "difficulty + kinship", start="start", stop="stop", event="event", cluster="carer", model="cox",
        cause=None,
    ),
    "moves_weighted": lambda: fit_disruption(
        moves(), "difficulty + kinship", cluster="carer", strata=["agency"], weights="weight", **rows
    ),
    "mgus2_death": lambda: fit_disruption(MGUS2, "age + male + mspike", stop="months", event="cause", cause=2),
    "placements": lambda: fit_disruption(
        PLACEMENTS, "difficulty * kind + first", event="ending", cause="breakdown", cluster="carer", **rows
    ),
    "placements_home": lambda: fit_disruption(
        PLACEMENTS, "difficulty + kind", event={"ending": "home"}, **rows
    ),
}  # fmt: skip
fitted: dict = {}


@pytest.fixture(params=sorted(FITS))
def case(request):
    if request.param not in fitted:
        fitted[request.param] = FITS[request.param]()
    return fitted[request.param], R["cox"][request.param]


def in_rs_order(result, expected) -> np.ndarray:
    """The places of our terms in the order of R, whose interactions stand in the order of their columns."""
    ours = result.tidy()["estimate"].to_numpy()
    return np.array([int(np.abs(ours - value).argmin()) for value in expected["beta"]])


# ---- survival::coxph -------------------------------------------------------------------------------------------


def test_coefficients_and_errors_equal_coxph(case):
    result, expected = case
    tidy = result.tidy()
    assert set(tidy["effect"]) == {"hazard"}
    order = in_rs_order(result, expected)
    assert len(set(order)) == len(tidy) == len(expected["beta"])
    np.testing.assert_allclose(tidy["estimate"].to_numpy()[order], expected["beta"], rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(tidy["std_error"].to_numpy()[order], expected["std_error"], rtol=1e-5, atol=1e-8)
    naive = np.sqrt(np.diag(result.fit.cox.vcov))
    np.testing.assert_allclose(naive[order], expected["naive"], rtol=1e-5, atol=1e-8)


def test_tests_of_the_whole_and_concordance_equal_coxph(case):
    result, expected = case
    row = result.glance().iloc[0]
    assert (row["n_rows"], row["n_events"]) == (expected["n"], expected["n_events"])
    for ours, theirs in (
        ("log_likelihood", "log_likelihood"), ("chi2", "lr"), ("score_test", "score"), ("wald_test", "wald"),
        ("aic", "aic"),
    ):  # fmt: skip
        assert row[ours] == pytest.approx(expected[theirs], rel=1e-7, abs=6e-3 if theirs == "wald" else 1e-8)
    assert row["concordance"] == pytest.approx(expected["concordance"], abs=1e-12)
    assert row["p_value"] == pytest.approx(special.chdtrc(row["df"], expected["lr"]), rel=1e-6)


@pytest.mark.parametrize("transform", ["km", "rank", "identity", "log"])
def test_proportional_hazards_equal_cox_zph(case, transform):
    result, expected = case
    table, theirs = result.proportional_hazards(transform), expected[transform]
    by_size = [np.sort(np.asarray(values, dtype=float)) for values in (table["chi2"], theirs["chi2"])]
    np.testing.assert_allclose(by_size[0], by_size[1], rtol=1e-6, atol=1e-8)
    assert table["chi2"].iloc[-1] == pytest.approx(theirs["chi2"][-1], rel=1e-6)
    assert table["p_value"].iloc[-1] == pytest.approx(theirs["p"][-1], rel=1e-5)
    assert table["df"].tolist()[-1] == theirs["df"][-1]


def test_terms_are_named_as_in_other_models():
    result = FITS["placements"]()
    assert result.tidy()["term"].tolist() == [
        "difficulty", "kind[T.kinship]", "kind[T.residential]", "first", "difficulty:kind[T.kinship]",
        "difficulty:kind[T.residential]",
    ]  # fmt: skip
    assert result.proportional_hazards()["term"].tolist() == [
        "difficulty", "kind", "first", "difficulty:kind", "all terms",
    ]  # fmt: skip
    assert set(result.tidy()["outcome"]) == {"breakdown"}


def test_a_joint_test_of_all_terms_is_the_wald_test():
    result, expected = FITS["lung"](), R["cox"]["lung"]
    together = result.joint_test(["age", "sex", "ecog"])
    assert together["chi2"].iloc[0] == pytest.approx(expected["wald"], abs=6e-3)
    single = result.joint_test()
    np.testing.assert_allclose(single["chi2"], result.tidy()["statistic"] ** 2, rtol=1e-10)
    np.testing.assert_allclose(single["p_value"], result.tidy()["p_value"], rtol=1e-8)
    assert FITS["placements"]().joint_test("kind")["df"].tolist() == [2]
    with pytest.raises(ModelError, match="SB-EVENT-21"):
        result.joint_test("agee")


def test_curves_equal_survfit():
    wanted = pd.DataFrame({"age": [50, 70], "sex": [1, 2], "ecog": [0, 2]})
    assert_curves(FITS["lung"]().curve(wanted, [100, 300, 600]), R["curves"]["lung"])
    wanted = pd.DataFrame({"difficulty": [0.0, 1.0], "kinship": [0, 1]})
    assert_curves(FITS["moves"]().curve(wanted, [6, 12, 24]), R["curves"]["moves"])
    wanted = pd.DataFrame({"trt": [1], "karno": [60], "celltype": ["large"]})
    table = FITS["veteran"]().curve(wanted, [30, 100, 200])
    assert set(table["stratum"]) == {"celltype large"}
    assert_curves(table, {name: np.reshape(values, (3, 1)) for name, values in R["curves"]["veteran"].items()})


def assert_curves(table: pd.DataFrame, expected) -> None:
    for ours, theirs, close in (
        ("remaining", "surv", 1e-9), ("cumulative_hazard", "hazard", 1e-9), ("std_error", "std_error", 1e-6),
        ("conf_low", "low", 1e-6), ("conf_high", "high", 1e-6),
    ):  # fmt: skip
        values = table.pivot(index="time", columns="row", values=ours).to_numpy()
        np.testing.assert_allclose(values, np.array(expected[theirs]), rtol=close, err_msg=ours)


def test_a_curve_without_times_steps_at_each_event_and_ends_where_nobody_was_seen_longer():
    result = FITS["lung"]()
    table = result.curve(pd.DataFrame({"age": [60], "sex": [1], "ecog": [1]}))
    assert table["time"].iloc[0] == 0.0
    assert table["remaining"].iloc[0] == 1.0
    assert table["time"].iloc[-1] == result.augment()["time"].max()
    assert result.curve(pd.DataFrame({"age": [60], "sex": [1], "ecog": [1]}), 5000)["remaining"].isna().all()


# ---- Fine and Gray, and frailty --------------------------------------------------------------------------------


def subdistribution(name: str):
    mgus2 = {"stop": "months", "event": "cause", "model": "fine-gray"}
    return {
        "mgus2": lambda: fit_disruption(MGUS2, "age + male + mspike", cause=1, **mgus2),
        "mgus2_death": lambda: fit_disruption(
            COHORTS["mgus2"], "age + male + mspike", cause=2, censored=0, **mgus2
        ),
        "exits": lambda: fit_disruption(exits(), "difficulty + kinship", cause=1, **mgus2),
        "mgus2_wide": lambda: fit_disruption(
            COHORTS["mgus2"], "age + male + mspike", cause=1, ties="efron", **mgus2
        ),
        "exits_late_carer": lambda: fit_disruption(
            exits(), "difficulty + kinship", start="entry", cause=1, cluster="carer", ties="efron", **mgus2
        ),
    }[name]()


@pytest.mark.parametrize("name", ["mgus2", "mgus2_death", "exits"])
def test_fine_gray_equals_crr(name):
    result, expected = subdistribution(name), R["subdistribution"][name]
    np.testing.assert_allclose(result.tidy()["estimate"], expected["beta"], rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(result.tidy()["std_error"], expected["std_error"], rtol=1e-4)
    assert result.glance()["log_likelihood"].iloc[0] == pytest.approx(expected["log_likelihood"], rel=1e-8)


@pytest.mark.parametrize("name", ["mgus2_wide", "exits_late_carer"])
def test_fine_gray_with_efron_equals_finegray_and_coxph(name):
    result, expected = subdistribution(name), R["subdistribution"][name]
    np.testing.assert_allclose(result.tidy()["estimate"], expected["beta"], rtol=1e-6)
    known = np.sqrt(np.diag(result.fit.subdistribution.vcov_weights_known))
    np.testing.assert_allclose(known, expected["std_error"], rtol=1e-5)
    # The errors shown allow for the weights being estimates, which R's do not; here that is little.
    np.testing.assert_allclose(result.tidy()["std_error"], expected["std_error"], rtol=0.02)


@pytest.mark.parametrize("transform", ["identity", "log"])
def test_proportional_subdistribution_hazards_equal_cox_zph_of_finegray(transform):
    for name in ("mgus2_wide", "exits_late_carer"):
        table = subdistribution(name).proportional_hazards(transform)
        np.testing.assert_allclose(table["chi2"], R["subdistribution"][name][transform], rtol=1e-6)


def test_fine_gray_gives_the_incidence_of_the_share():
    curve = subdistribution("exits").curve(pd.DataFrame({"difficulty": [0.0], "kinship": [0]}), [6, 12, 24])
    assert "remaining" not in curve
    assert curve["incidence"].is_monotonic_increasing
    np.testing.assert_allclose(curve["incidence"], 1 - np.exp(-curve["cumulative_hazard"]))


def test_shared_frailty_equals_coxph():
    kidney = fit_disruption(COHORTS["kidney"], "age + sex", stop="time", event="status", frailty="id")
    of_moves = fit_disruption(moves(), "difficulty + kinship", frailty="carer", **rows)
    for result, expected in ((kidney, R["frailty"]["kidney"]), (of_moves, R["frailty"]["moves"])):
        tidy = result.tidy()
        hazard, frailty = tidy[tidy["effect"] == "hazard"], tidy[tidy["effect"] == "frailty"].iloc[0]
        # The variance of R's outer search ends within 1e-5 of the maximum, and takes the others with it.
        assert frailty["estimate"] == pytest.approx(expected["theta"], rel=1e-5)
        np.testing.assert_allclose(hazard["estimate"], expected["beta"], rtol=5e-6)
        np.testing.assert_allclose(hazard["std_error"], expected["std_error"], rtol=1e-5)
        assert result.glance()["log_likelihood"].iloc[0] == pytest.approx(expected["log_likelihood"], rel=1e-6)
        assert 0.0 <= frailty["conf_low"] < frailty["estimate"] < frailty["conf_high"]
        assert np.isnan([frailty["std_error"], frailty["p_value"], frailty["df"]]).all()
    assert kidney.tidy()["term"].tolist()[-1] == "var(id)"
    ratios = kidney.tidy(exponentiate=True)
    assert ratios["estimate"].iloc[-1] == kidney.tidy()["estimate"].iloc[-1]


def test_a_frailty_that_is_not_there_is_zero_on_its_boundary():
    random = np.random.default_rng(3)
    frame = pd.DataFrame({"stop": random.exponential(size=200), "event": 1, "carer": np.arange(200) % 50})
    frame["x"] = random.normal(size=200)
    result = fit_disruption(frame, "x", frailty="carer")
    row = result.tidy().iloc[-1]
    assert (row["estimate"], row["conf_low"]) == (0.0, 0.0)
    assert row["conf_high"] > 0.0
    assert result.glance()["frailty_p_value"].iloc[0] == 1.0
    assert "boundary" in result.diagnostics().query("not ok")["advice"].str.cat()


# ---- ratios, errors, what could have been found ----------------------------------------------------------------


def test_ratios_are_exponents_and_their_errors_come_by_the_delta_method():
    logs, ratios = FITS["moves"]().tidy(), FITS["moves"]().tidy(exponentiate=True)
    for name in ("estimate", "conf_low", "conf_high"):
        np.testing.assert_allclose(ratios[name], np.exp(logs[name]))
    np.testing.assert_allclose(ratios["std_error"], logs["std_error"] * ratios["estimate"])
    for name in ("statistic", "df", "p_value"):
        pd.testing.assert_series_equal(ratios[name], logs[name])


def test_few_clusters_have_t_and_many_the_normal():
    few, many = FITS["lung_inst"](), FITS["moves"]()
    n = int(few.glance()["n_clusters"].iloc[0])
    assert n == lung()["inst"].nunique() == 18
    assert set(few.tidy()["df"]) == {n - 1.0}
    assert f"t on {n - 1} degrees of freedom" in few.summary()
    row = few.tidy().iloc[0]
    half = special.stdtrit(n - 1, 0.975) * row["std_error"]
    assert row["conf_high"] == pytest.approx(row["estimate"] + half)
    assert not few.diagnostics().set_index("check").loc["clusters (inst) behind the standard errors", "ok"]
    assert few.joint_test("age")["p_value"].iloc[0] == pytest.approx(row["p_value"])
    assert np.isinf(FITS["cgd"]().tidy()["df"]).all()
    assert int(many.glance()["n_clusters"].iloc[0]) == 40


def test_detectable_is_schoenfelds_formula():
    """With two equal groups and nothing else: log ratio = (z + z) / sqrt(d / 4)."""
    random = np.random.default_rng(2)
    frame = pd.DataFrame({"stop": random.exponential(size=4000), "event": 1, "kinship": np.arange(4000) % 2})
    frame = frame.sort_values("stop")
    frame["event"] = (np.arange(4000) < 400).astype(int)
    table = fit_disruption(frame, "kinship").detectable()
    log_ratio = (special.ndtri(0.975) + special.ndtri(0.8)) / np.sqrt(400 / 4)
    assert table["ratio_above"].iloc[0] == pytest.approx(np.exp(log_ratio), rel=2e-3)
    assert table["ratio_below"].iloc[0] == pytest.approx(np.exp(-log_ratio), rel=2e-3)
    assert table["n_events"].iloc[0] == 400
    more = fit_disruption(frame, "kinship", conf_level=0.9).detectable(power=0.5)["ratio_above"].iloc[0]
    assert np.log(more) == pytest.approx(special.ndtri(0.95) / 10.0, rel=2e-3)


def test_residuals_and_risks_stand_beside_the_rows():
    result = FITS["lung"]()
    frame = result.augment()
    assert frame["martingale"].sum() == pytest.approx(0.0, abs=1e-8)
    assert (np.sign(frame["martingale"]) == np.sign(frame["deviance_residual"])).all()
    expected = frame[["age", "sex", "ecog"]].to_numpy() @ result.tidy()["estimate"].to_numpy()
    np.testing.assert_allclose(frame["linear_predictor"], expected)
    assert len(frame) == result.glance()["n_rows"].iloc[0] == 227
    assert result.glance()["n_excluded"].iloc[0] == 1


# ---- a known truth ---------------------------------------------------------------------------------------------


def cohort_with_carers(seed: int) -> pd.DataFrame:
    """Children of 80 carers with a shared frailty, moves at a rate that difficulty doubles per log 2 points."""
    random = np.random.default_rng(seed)
    carer = np.repeat(np.arange(80), 3)
    shared = random.gamma(2.0, 0.5, 80)[carer]
    frame = pd.DataFrame({"carer": carer, "difficulty": random.normal(size=240)})
    frame["kinship"] = np.where(random.random(240) < 0.4, "yes", "no")
    rate = shared * np.exp(0.5 * frame["difficulty"] - 0.7 * (frame["kinship"] == "yes"))
    ends, home, last = random.exponential(1 / rate), random.exponential(2.0, 240), random.uniform(0.5, 3.0, 240)
    frame["start"] = np.where(random.random(240) < 0.3, random.uniform(0, 0.4, 240), 0.0)
    frame["stop"] = np.minimum.reduce([ends, home, last])
    frame["ending"] = np.where(frame["stop"] == ends, "breakdown", np.where(frame["stop"] == home, "home", "open"))
    return frame[frame["start"] < frame["stop"]]


def test_intervals_of_the_frailty_model_hold_the_truth():
    """40 cohorts: of 80 intervals, 69 to 80 hold the truth with probability .999 if the coverage is 95 %."""
    truth, held = {"difficulty": 0.5, "kinship[T.yes]": -0.7}, 0
    for seed in range(40):
        result = fit_disruption(
            cohort_with_carers(seed), "difficulty + kinship", start="start", event="ending", cause="breakdown",
            frailty="carer",
        )  # fmt: skip
        tidy = result.tidy().set_index("term")
        held += sum(
            tidy.loc[term, "conf_low"] < value < tidy.loc[term, "conf_high"] for term, value in truth.items()
        )
    assert 69 <= held <= 80


def test_t_keeps_most_of_the_coverage_where_carers_are_few():
    """Twelve carers with a frailty: of 200 intervals 174 to 197 hold what a cohort without end shows."""
    held = {"t": 0, "normal": 0}
    for seed in range(200):
        row = fit_disruption(few_carers(seed), "x", cluster="carer").tidy().iloc[0]
        held["t"] += row["conf_low"] < 0.443 < row["conf_high"]
        held["normal"] += abs(row["estimate"] - 0.443) < 1.96 * row["std_error"]
    assert 174 <= held["t"] <= 197
    assert held["normal"] < held["t"]


def few_carers(seed: int, n_carers: int = 12) -> pd.DataFrame:
    """Twelve children of each carer; 0.443 is the log hazard ratio of x over all carers (20,000 of them)."""
    random = np.random.default_rng(1000 + seed)
    carer = np.repeat(np.arange(n_carers), 12)
    x, shared = random.normal(size=len(carer)), np.exp(0.5 * random.normal(size=n_carers))[carer]
    ends, last = random.exponential(1 / (shared * np.exp(0.5 * x))), random.uniform(0.2, 3.0, len(carer))
    stop = np.minimum(ends, last)
    return pd.DataFrame({"carer": carer, "x": x, "stop": stop, "event": (ends <= last).astype(int)})


# ---- errors for few clusters -----------------------------------------------------------------------------------


def test_adjusted_errors_are_those_of_the_engine_with_normal_intervals():
    data = COHORTS["cgd"].query("id <= 30")
    plain = fit_disruption(data, "treated + age", "tstart", "tstop", "status", cluster="id")
    wide = fit_disruption(data, "treated + age", "tstart", "tstop", "status", cluster="id", errors="adjusted")
    vcov = adjusted_covariance(plain.fit.cox, plain.at_risk.cluster)
    np.testing.assert_allclose(wide.tidy()["std_error"], np.sqrt(np.diag(vcov)), rtol=1e-12)
    assert (wide.tidy()["std_error"] > plain.tidy()["std_error"]).all()
    assert np.isinf(wide.tidy()["df"]).all()
    assert (plain.tidy()["df"] < 40).all()
    assert wide.tidy()["estimate"].equals(plain.tidy()["estimate"])
    assert any("adjusted sandwich" in note for note in wide.notes)
    assert any("errors='adjusted' covers better" in note for note in plain.notes)


def test_with_many_clusters_the_adjustment_is_small():
    asked = {"start": "tstart", "stop": "tstop", "event": "status", "cluster": "id"}
    plain = fit_disruption(COHORTS["cgd"], "age", **asked).tidy()["std_error"]
    wide = fit_disruption(COHORTS["cgd"], "age", errors="adjusted", **asked).tidy()["std_error"]
    assert 1.0 < (wide / plain).item() < 1.1


@pytest.mark.parametrize(
    "options", [{}, {"model": "fine-gray", "cause": 1, "cluster": "id"}, {"frailty": "id"}, {"errors": "robust"}]
)
def test_errors_that_cannot_be_adjusted_are_refused(options):
    asked = {"start": "tstart", "stop": "tstop", "event": "status", "errors": "adjusted", **options}
    with pytest.raises(ModelError, match=r"SB-EVENT-02|SB-MODEL-30"):
        fit_disruption(COHORTS["cgd"], "age", **asked)
