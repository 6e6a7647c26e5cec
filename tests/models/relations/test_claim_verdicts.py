"""Verdicts on the claims: the rule, what cannot be tested, many claims, and a known truth."""

import numpy as np
import pandas as pd
import pytest

from securebase_analysis import theory
from securebase_analysis.models.panel import fit_panel
from securebase_analysis.models.relations import relate_dimensions
from securebase_analysis.results.families import holm
from securebase_analysis.results.glossary import VERDICTS


def cohort(n_children=200, waves=3, seed=5, **effect) -> pd.DataFrame:
    """All ten constructs, simulated: each benefit follows its dimension at that wave by `effect` (or 0).

    Over two waves there is nothing to fit a panel model to, and many cohorts take little time.
    """
    random = np.random.default_rng(seed)
    child = np.repeat(np.arange(n_children), waves)
    frame = pd.DataFrame({"child": child, "wave": np.tile(np.arange(waves), n_children)})
    for dimension in theory.DIMENSIONS:
        given = random.normal(size=n_children)[child] + random.normal(size=len(child))
        own = random.normal(size=n_children)[child] + random.normal(size=len(child))
        frame[dimension.name] = given
        frame[dimension.benefit] = effect.get(dimension.name, 0.0) * given + own
    return frame


def of(verdicts, source, target, effect, kind="builds") -> pd.Series:
    here = (verdicts["source"] == source) & (verdicts["target"] == target) & (verdicts["kind"] == kind)
    return verdicts[here & (verdicts["effect"] == effect)].iloc[0]


def test_columns_are_those_of_the_glossary_and_every_claim_has_its_own_level():
    verdicts = relate_dimensions(cohort()).verdicts()
    assert list(verdicts) == list(VERDICTS)
    assert len(verdicts) == 2 * 9 + 2 * 5
    own = verdicts[verdicts["own_level"]]
    assert own["claim"].tolist() == [path.claim for path in theory.PATHWAYS]
    assert own.groupby("kind")["effect"].unique().map(list).to_dict() == {
        "builds": ["within"], "interacts": ["between"], "over time": ["over time within"],
    }  # fmt: skip


def test_true_false_and_contrary_claims_are_recovered():
    verdicts = relate_dimensions(cohort(availability=0.6, sensitivity=-0.6)).verdicts()
    for effect in ("between", "within"):
        assert of(verdicts, "availability", "trust", effect)["verdict"] == "supported"
        assert of(verdicts, "sensitivity", "managing_feelings", effect)["verdict"] == "contrary"
    assert verdicts.query("source == 'availability' and kind == 'builds'")["holds_adjusted"].all()


def test_a_false_claim_is_supported_no_more_often_than_the_level_allows():
    names = ["availability", "trust"]
    found = [relate_dimensions(cohort(60, waves=2, seed=seed), names).verdicts() for seed in range(150)]
    for effect in ("between", "within"):
        verdicts = pd.Series([of(one, *names, effect)["verdict"] for one in found])
        assert (verdicts == "not supported").mean() > 0.90
        assert 0.0 < (verdicts == "supported").mean() + (verdicts == "contrary").mean() < 0.10


def panel(n_children=150, waves=4, seed=1, effect=0.0, alike=0.6) -> pd.DataFrame:
    """Availability and trust: own levels that correlate by `alike`, and `effect` of the one on the other later."""
    random = np.random.default_rng(seed)
    level = random.multivariate_normal([0, 0], [[1, alike], [alike, 1]], n_children)
    now = random.normal(size=(n_children, 2))
    parts = []
    for wave in range(waves):
        parts.append(pd.DataFrame(level + now, columns=["availability", "trust"]).assign(wave=wave))
        now = now @ [[0.3, effect], [0.0, 0.3]] + random.normal(size=(n_children, 2))
    return pd.concat(parts).rename_axis("child").reset_index()


def test_differences_for_good_are_no_change_within_children():
    """The correlation over time reports them, the verdict on the level of the claim does not."""
    found = [relate_dimensions(panel(seed=seed)).verdicts() for seed in range(40)]
    by_level = {
        effect: np.mean([of(one, "availability", "trust", effect, "over time")["verdict"] == "supported"
                         for one in found])
        for effect in ("over time", "over time within")
    }  # fmt: skip
    assert by_level["over time"] > 0.4
    assert by_level["over time within"] < 0.1


def test_contrary_within_children_says_that_it_may_follow_later():
    random = np.random.default_rng(100)
    now, rows = random.normal(size=(2, 400)), []
    for wave in (1, 2, 3):
        rows.append(pd.DataFrame({"child": range(400), "wave": wave, "availability": now[0], "trust": now[1]}))
        now = np.array([[0.3, 0.0], [0.4, 0.3]]) @ now + 0.8 * random.normal(size=(2, 400))
    verdicts = relate_dimensions(pd.concat(rows, ignore_index=True)).verdicts()
    at_once = of(verdicts, "availability", "trust", "within")
    assert at_once["verdict"] == "contrary"
    assert "a wave after the other: see over time within" in at_once["reason"]
    later = of(verdicts, "availability", "trust", "over time within", "over time")
    assert (later["verdict"], "wave after" in later["reason"]) == ("supported", False)


def test_what_follows_later_within_children_is_the_effect_of_the_panel_model():
    frame = panel(300, seed=3, effect=0.5, alike=0.0)
    result = relate_dimensions(frame)
    row = of(result.verdicts(0.9), "availability", "trust", "over time within", "over time")
    pair = frame[["availability", "trust"]]
    in_sd = frame.assign(**((pair - pair.mean()) / pair.std(ddof=0)))
    effects = fit_panel(in_sd, ["availability", "trust"]).tidy(0.9).set_index("term")
    expected = effects.loc["trust ~ availability", ["estimate", "conf_low", "conf_high", "p_value"]]
    np.testing.assert_allclose(row[expected.index].astype(float), expected.astype(float), rtol=1e-9)
    assert (row["verdict"], row["n_children"], row["own_level"]) == ("supported", 300, True)


def test_few_children_are_asked_by_the_lagged_mixed_model():
    row = of(relate_dimensions(panel(40, effect=0.9)).verdicts(), "availability", "trust", "over time within",
             "over time")  # fmt: skip
    assert row["verdict"] in ("supported", "not supported")
    assert np.isfinite(row[["estimate", "conf_low", "conf_high", "smallest_found"]].astype(float)).all()


def test_the_smallest_correlation_is_found_in_four_of_five_samples():
    def found(**cohort_of):
        result = relate_dimensions(cohort(80, waves=2, **cohort_of), ["availability", "trust"])
        return of(result.verdicts(), "availability", "trust", "between")

    planned = found()["smallest_found"]
    slope = planned / np.sqrt(1 - planned**2)
    verdicts = [found(seed=seed, availability=slope)["verdict"] for seed in range(150)]
    assert 0.68 < np.mean([verdict == "supported" for verdict in verdicts]) < 0.92


def test_verdicts_follow_the_intervals_and_holm():
    result = relate_dimensions(cohort(availability=0.3))
    verdicts = result.verdicts(0.8)
    expected = np.select([verdicts["conf_low"] > 0, verdicts["conf_high"] < 0], ["supported", "contrary"],
                         "not supported")  # fmt: skip
    assert verdicts["verdict"].tolist() == expected.tolist()
    np.testing.assert_allclose(verdicts["p_adjusted"], holm(verdicts["p_value"]))
    correlations = verdicts[verdicts["effect"] != "over time within"].reset_index(drop=True)
    assert (correlations["conf_low"] == result.claims(0.8)["conf_low"]).all()


@pytest.mark.parametrize(
    ("frame", "effect", "reason"),
    [
        (cohort().drop(columns="trust"), "between", "Trust not measured."),
        (cohort(6), "between", "only 6 children have both; this sample would have found"),
        (cohort(waves=1), "within", "only 0 children have both at two waves or more"),
        (cohort(waves=1), "over time", "only 0 children have both at two waves in a row"),
        (cohort(waves=2), "over time within", "change within children needs 3 waves with both."),
        (cohort(14), "over time within", "14 children cannot carry a model of"),
        (cohort().assign(trust=3.0), "over time within", "a score does not vary."),
        (cohort().drop(columns="trust"), "over time within", "Trust not measured."),
        (cohort().assign(trust=3.0), "between", "does not vary enough"),
        (cohort().assign(carer=lambda rows: rows["child"] // 50), "between", "only 4 clusters by their carers"),
    ],
)
def test_what_cannot_be_tested_says_why(frame, effect, reason):
    kind = "over time" if effect.startswith("over time") else "builds"
    row = of(relate_dimensions(frame).verdicts(), "availability", "trust", effect, kind)
    assert row["verdict"] == "not testable"
    assert reason in row["reason"]
    assert np.isnan(row["p_adjusted"])
    assert not row["holds_adjusted"]


def test_the_summary_has_one_row_a_claim():
    text = relate_dimensions(cohort(availability=0.6)).summary()
    table = text.split("The claims of the model")[1]
    assert table.count(" → ") == len(theory.PATHWAYS)
    assert "supported" in table
    assert "cause" not in table
