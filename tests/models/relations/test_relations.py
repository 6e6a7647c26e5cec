"""relate_dimensions against R's psych::statsBy, against brute force, and against a known truth."""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest

from securebase_analysis import theory
from securebase_analysis.models.relations import relate_dimensions

NAMES = ["availability", "trust", "acceptance"]


def estimate(result, effect, first, second):
    pairs = result.pairs
    chosen = (pairs["effect"] == effect) & (pairs["first"] == first) & (pairs["second"] == second)
    return pairs[chosen].iloc[0]


def test_between_and_within_equal_r(panel, reference):
    result = relate_dimensions(panel, NAMES)
    for effect in ("between", "within"):
        for i, j in combinations(range(3), 2):
            ours = estimate(result, effect, NAMES[i], NAMES[j])["estimate"]
            assert ours == pytest.approx(reference[effect][i][j], rel=1e-10, abs=1e-12)


def test_jackknife_equals_refitting_in_r(panel, reference):
    result = relate_dimensions(panel, NAMES)
    for effect in ("between", "within"):
        ours = estimate(result, effect, "availability", "trust")["z_std_error"]
        assert ours == pytest.approx(reference[f"se_z_{effect}"], rel=1e-9, abs=1e-12)


def test_over_time_equals_the_partial_correlation_of_residuals_in_r(panel, reference):
    row = estimate(relate_dimensions(panel, NAMES), "over time", "availability", "trust")
    assert row["estimate"] == pytest.approx(reference["lagged"], rel=1e-10, abs=1e-12)
    assert row["n_rows"] == reference["n_lagged"]


def test_interval_is_fisher_z_with_clusters_minus_one_df(panel):
    from scipy import stats

    result = relate_dimensions(panel, NAMES)
    row, tidy = estimate(result, "within", "availability", "trust"), result.tidy(0.9)
    shown = tidy[(tidy["effect"] == "within") & (tidy["term"] == "availability ~ trust")].iloc[0]
    half = stats.t.ppf(0.95, 39) * row["z_std_error"]
    assert shown["df"] == 39
    assert shown["conf_low"] == pytest.approx(np.tanh(np.arctanh(row["estimate"]) - half), abs=1e-12)
    assert shown["p_value"] == pytest.approx(
        2 * stats.t.sf(abs(np.arctanh(row["estimate"]) / row["z_std_error"]), 39), abs=1e-12
    )


def test_children_who_share_a_carer_are_one_cluster(panel):
    alone = relate_dimensions(panel, NAMES)
    panel = panel.assign(carer=(panel["child"] - 1) // 2)
    shared = relate_dimensions(panel, NAMES)
    assert estimate(shared, "between", "availability", "trust")["n_clusters"] == 20
    assert estimate(alone, "between", "availability", "trust")["n_clusters"] == 40
    assert "40 children in 20 clusters" in shared.notes[0]


def test_rows_in_any_order_give_the_same_answer(panel):
    shuffled = panel.sample(frac=1.0, random_state=3)
    pd.testing.assert_frame_equal(
        relate_dimensions(panel, NAMES).tidy(), relate_dimensions(shuffled, NAMES).tidy(), rtol=1e-9
    )


def test_claims_hold_every_pathway_and_say_what_was_not_measured(panel):
    claims = relate_dimensions(panel, NAMES).claims()
    assert set(claims["claim"]) == {pathway.claim for pathway in theory.PATHWAYS}
    measured = claims[claims["n_children"] > 0]
    assert set(zip(measured["source"], measured["target"])) == {
        ("availability", "trust"),
        ("availability", "acceptance"),
    }
    assert claims.loc[claims["n_children"] == 0, "estimate"].isna().all()


def test_one_wave_has_no_within_and_says_so(panel):
    result = relate_dimensions(panel[panel["wave"] == 1], NAMES)
    within = result.pairs[result.pairs["effect"] == "within"]
    assert within["estimate"].isna().all()
    advice = result.diagnostics().query("check.str.startswith('within')", engine="python")["advice"]
    assert advice.str.contains("two waves or more").all()
    assert len(advice) == 3


def test_constant_construct_is_undefined_not_a_number(panel):
    result = relate_dimensions(panel.assign(trust=3.0), NAMES)
    assert np.isnan(estimate(result, "between", "availability", "trust")["estimate"])
    assert "same value for everyone" in " ".join(result.diagnostics()["advice"])


def test_near_collinear_dimensions_are_named(panel):
    result = relate_dimensions(panel.assign(acceptance=panel["availability"] + 0.01 * panel["trust"]), NAMES)
    advice = " ".join(result.diagnostics()["advice"])
    assert "Availability and Acceptance" in advice


def simulated(rng, n_carers=30, waves=4, slope=0.5):
    """Two children per carer, a carer part, a child part and a wave part, each correlated by `slope`."""
    child = np.repeat(np.arange(2 * n_carers), waves)
    carer = child // 2

    def pair(size, label):
        x = rng.normal(size=size)
        return x[label], (slope * x + np.sqrt(1 - slope**2) * rng.normal(size=size))[label]

    parts = [pair(n_carers, carer), pair(2 * n_carers, child), pair(len(child), np.arange(len(child)))]
    x, y = (sum(part[k] for part in parts) for k in (0, 1))
    wave = np.tile(np.arange(waves), 2 * n_carers)
    return pd.DataFrame({"child": child, "carer": carer, "wave": wave, "availability": x, "trust": y})


def test_intervals_cover_a_known_truth():
    """Every level correlates .5, so both truths are .5; 200 cohorts of 60 children who share 30 carers."""
    rng = np.random.default_rng(11)
    covered = []
    for _ in range(200):
        tidy = relate_dimensions(simulated(rng)).tidy()
        tidy = tidy[tidy["effect"] != "over time"]
        covered.append(((tidy["conf_low"] < 0.5) & (tidy["conf_high"] > 0.5)).to_numpy())
    share = np.mean(covered, axis=0)
    assert (share > 0.905).all()
    assert (share < 0.99).all()


def numbers(result) -> pd.DataFrame:
    return result.tidy().drop(columns=["outcome", "group", "term"])


@pytest.mark.parametrize(("times", "plus"), [(1e-9, 0.0), (1e9, 0.0), (-1.0, 0.0), (1.0, 1e6)])
def test_the_unit_of_a_score_does_not_matter(panel, times, plus):
    other = panel.assign(trust=times * panel["trust"] + plus)
    expected = numbers(relate_dimensions(panel, ["availability", "acceptance"]))
    pd.testing.assert_frame_equal(numbers(relate_dimensions(other, ["availability", "acceptance"])), expected)
    ours, theirs = (relate_dimensions(frame, ["availability", "trust"]) for frame in (panel, other))
    sign = np.sign(times)
    np.testing.assert_allclose(theirs.pairs["estimate"], sign * ours.pairs["estimate"], atol=1e-8)
    np.testing.assert_allclose(theirs.pairs["z_std_error"], ours.pairs["z_std_error"], rtol=1e-6)


@pytest.mark.parametrize("constant", [0.1, 1e9 / 3, 1e10 / 7, -1e-9 / 3])
def test_a_score_that_never_varies_has_no_correlation(panel, constant):
    result = relate_dimensions(panel.assign(trust=constant), ["availability", "trust"])
    assert result.pairs["estimate"].isna().all()
    of_child = panel.assign(trust=constant * panel["child"])
    within = relate_dimensions(of_child, ["availability", "trust"]).pairs.query("effect == 'within'")
    assert within["estimate"].isna().all()


def test_an_undefined_correlation_says_why_in_the_notes(panel):
    """A silent blank would be read as a correlation that was not asked for."""
    result = relate_dimensions(panel.assign(trust=np.nan), NAMES)
    undefined = result.tidy()[result.tidy()["estimate"].isna()]
    assert undefined["df"].isna().all()
    assert any(note.startswith("Not defined (between)") and "Trust" in note for note in result.notes)
