"""fit_network against R's qgraph, against a known truth, and at its door."""

import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from securebase_analysis import theory
from securebase_analysis.errors import DataError, ModelError
from securebase_analysis.models.network import fit_network

REFERENCE = json.loads((Path(__file__).parents[2] / "reference" / "network.json").read_text())
NAMES = list(theory.TEN_CONSTRUCTS)
QUICK = {"n_resamples": 40}


@pytest.fixture(scope="module")
def children() -> pd.DataFrame:
    return pd.DataFrame(REFERENCE["children"])


@pytest.fixture(scope="module")
def gaps() -> pd.DataFrame:
    return pd.DataFrame(REFERENCE["gaps"]).astype(float)


@pytest.fixture(scope="module")
def network(children):
    return fit_network(children, n_resamples=100)


def true_network() -> tuple[np.ndarray, np.ndarray]:
    """The nine claims of the model as partial correlations, and the correlations that follow."""
    P = np.zeros((10, 10))
    for path in theory.PATHWAYS:
        if path.kind != "over time":
            i, j = NAMES.index(path.source), NAMES.index(path.target)
            P[i, j] = P[j, i] = 0.35 if path.kind == "builds" else 0.25
    S = np.linalg.inv(np.eye(10) - P)
    root = np.sqrt(S.diagonal())
    return P, S / np.outer(root, root)


def drawn(n: int, seed: int) -> pd.DataFrame:
    S = true_network()[1]
    return pd.DataFrame(np.random.default_rng(seed).multivariate_normal(np.zeros(10), S, size=n), columns=NAMES)


# ---- the numbers of R ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("gamma_half", {}),
        ("gamma_0", {"gamma": 0}),
        ("threshold", {"threshold": True}),
    ],
)
def test_edges_equal_qgraph(children, name, options):
    ours = fit_network(children, n_resamples=20, **options).matrix().to_numpy()
    np.testing.assert_allclose(ours, REFERENCE["cases"]["children"][name], atol=1e-4)


def test_partial_correlations_without_a_penalty_equal_r(network):
    ours = network.matrix("partial correlation").to_numpy()
    np.testing.assert_allclose(ours, REFERENCE["cases"]["children"]["partial"], atol=1e-9)


def test_strength_equals_qgraph(network):
    tidy = network.tidy()
    ours = tidy.loc[tidy["effect"] == "strength", "estimate"]
    np.testing.assert_allclose(ours, REFERENCE["strength"], atol=1e-3)


@pytest.mark.parametrize("missing", ["pairwise", "fiml"])
def test_correlations_with_missing_answers_equal_r(gaps, missing):
    ours = fit_network(gaps, missing=missing, n_resamples=20).matrix("correlation").to_numpy()
    np.testing.assert_allclose(ours, REFERENCE[f"gaps_{missing}"], atol=1e-4)


# ---- a known truth ---------------------------------------------------------------------------------------------


def test_the_edges_that_are_there_are_found():
    P, _ = true_network()
    there = P[np.triu_indices(10, 1)] != 0
    edges = np.array([fit_network(drawn(300, seed), n_resamples=20).edges()["estimate"] for seed in range(3)])
    assert (edges[:, there] > 0).mean() > 0.97
    assert (edges[:, ~there] == 0).mean() > 0.85


def test_intervals_without_a_penalty_hold_the_truth():
    truth = true_network()[0][np.triu_indices(10, 1)]
    held = []
    for seed in range(7):
        edges = fit_network(drawn(150, 100 + seed), n_resamples=100).edges()
        held.append(((edges["partial_low"] <= truth) & (edges["partial_high"] >= truth)).mean())
    assert 0.915 < np.mean(held) < 0.985


def test_more_children_make_a_network_more_stable():
    few, many = (fit_network(drawn(n, 4), n_resamples=100) for n in (80, 600))
    assert many.coefficient("edge") > few.coefficient("edge")
    assert many.coefficient("strength") >= 0.5
    assert few.coefficient("strength") < 0.5


# ---- what it says ----------------------------------------------------------------------------------------------


def test_edges_intervals_and_shares_are_those_of_the_resamples(network):
    edges = network.edges(0.9)
    place = np.triu_indices(10, 1)
    draws = network.fitted.drawn.edges[:, place[0], place[1]]
    np.testing.assert_allclose(edges["conf_low"], np.quantile(draws, 0.05, axis=0))
    np.testing.assert_allclose(edges["included"], (draws != 0).mean(axis=0))
    row = edges[(edges["first"] == "availability") & (edges["second"] == "trust")].iloc[0]
    assert row["claimed"]
    assert row["estimate"] == network.matrix().loc["availability", "trust"]


def test_differences_compare_every_two(network):
    table = network.differences("edge")
    assert len(table) == 990
    edges = network.edges().set_index(["first", "second"])["estimate"]
    row = table.iloc[0]
    first, second = (tuple(term.split(" ~ ")) for term in (row["first"], row["second"]))
    assert row["difference"] == pytest.approx(edges[first] - edges[second])
    assert (table["differs"] == ((table["conf_low"] > 0) | (table["conf_high"] < 0))).all()
    assert len(network.differences("strength")) == 45


def test_claims_stand_beside_the_edges_and_change_over_time_is_not_testable(network):
    claims = network.claims()
    assert len(claims) == len(theory.PATHWAYS)
    over_time = claims["kind"] == "over time"
    assert claims.loc[over_time, "estimate"].isna().all()
    assert (claims.loc[over_time, "n_children"] == 0).all()
    for row in claims[~over_time].itertuples():
        assert row.estimate == network.matrix().loc[row.source, row.target]


def test_the_summary_says_how_stable_it_is_before_any_edge(network):
    text = network.summary()
    assert text.index("Stability.") < text.index("Without penalty")
    assert "not a cause" in text
    assert "Removed is not shown to be zero" in text
    html = network._repr_html_()
    assert html.index("Stability.") < html.index("<table")


def test_the_path_holds_the_penalty_that_was_chosen(network):
    path = network.path()
    assert len(path) == 100
    chosen = path[path["chosen"]].iloc[0]
    assert chosen["ebic"] == path["ebic"].min()
    assert chosen["n_edges"] == network.facts["n_edges"]


def test_strengths_are_not_shown_where_their_order_is_not_stable():
    network = fit_network(drawn(80, 11), n_resamples=100)
    assert network.coefficient("strength") < 0.25
    strength = network.tidy().query("effect == 'strength'")
    assert strength[["estimate", "conf_low", "conf_high"]].isna().all(axis=None)
    assert any("not shown" in note for note in network.notes)


def test_the_same_seed_gives_the_same_and_another_other_intervals(children, network):
    pd.testing.assert_frame_equal(fit_network(children, n_resamples=100).tidy(), network.tidy())
    other = fit_network(children, n_resamples=100, seed=5)
    pd.testing.assert_series_equal(other.tidy()["estimate"], network.tidy()["estimate"])
    assert not other.tidy()["conf_low"].equals(network.tidy()["conf_low"])


# ---- which rows ------------------------------------------------------------------------------------------------


def panel(children: pd.DataFrame) -> pd.DataFrame:
    """Each child at three waves: the second is the row that went in, and so is the mean of all."""
    apart = np.random.default_rng(1).normal(size=children.shape)
    waves = [
        (children + shift * apart).assign(child=np.arange(len(children)), wave=wave)
        for wave, shift in ((1, -1.0), (2, 0.0), (3, 1.0))
    ]
    return pd.concat(waves, ignore_index=True)


def test_between_is_the_mean_over_waves_and_says_so(children, network):
    found = fit_network(panel(children), n_resamples=20)
    np.testing.assert_allclose(found.matrix(), network.matrix(), atol=1e-6)
    assert any("mean over 3 waves" in note for note in found.notes)
    assert list(found.augment()) == ["child", *NAMES]


def test_one_wave_is_that_wave_and_says_so(children, network):
    found = fit_network(panel(children), level="wave", wave=2, n_resamples=20)
    np.testing.assert_allclose(found.matrix(), network.matrix(), atol=1e-6)
    assert any("scores at wave 2" in note for note in found.notes)
    assert found.facts["n_excluded"] == 240


def test_children_who_share_a_carer_are_drawn_together(children):
    twins = pd.concat([children, children], ignore_index=True)
    twins["child"], twins["carer"] = np.arange(240), np.tile(np.arange(120), 2)
    shared, once = fit_network(twins, **QUICK), fit_network(children, **QUICK)
    assert shared.facts["n_groups"] == 120
    errors = [found.estimates.query("effect == 'partial correlation'")["z_std_error"] for found in (shared, once)]
    np.testing.assert_allclose(*errors, rtol=1e-9)


def test_what_went_in_is_not_changed(gaps):
    before = gaps.copy()
    fit_network(gaps, n_resamples=20)
    pd.testing.assert_frame_equal(gaps, before)


def test_listwise_uses_children_who_have_all(children):
    holes = children.copy()
    holes.loc[:19, "trust"] = np.nan
    found = fit_network(holes, missing="listwise", n_resamples=20)
    assert found.facts["n_rows"] == 100
    assert found.facts["n_excluded"] == 20


# ---- bad input -------------------------------------------------------------------------------------------------

SECRET = "K-7731"


def with_ids(children: pd.DataFrame) -> pd.DataFrame:
    return children.assign(child=[f"{SECRET}{place}" for place in range(len(children))], wave=1)


def refused(kind, code, *args, **options):
    with pytest.raises(kind) as caught:
        fit_network(*args, **{"n_resamples": 20, **options})
    problem = caught.value.problems[0]
    assert problem.code == code
    assert problem.what
    assert problem.why
    assert problem.fix
    assert SECRET not in str(caught.value)
    return problem


def test_too_few_children_are_refused_and_told_what_to_do(children):
    problem = refused(ModelError, "SB-SEM-81", with_ids(children.iloc[:52]))
    assert "80 children" in problem.what
    assert "52" in problem.what
    assert "relate_dimensions" in problem.fix


def test_too_few_complete_children_are_told_of_fiml(children):
    holes = children.copy()
    holes.loc[:59, "trust"] = np.nan
    assert "fiml" in refused(ModelError, "SB-SEM-81", holes, missing="listwise").fix


def test_fewer_than_three_constructs_are_refused(children):
    assert "2 can be used" in refused(ModelError, "SB-SEM-80", children[["trust", "availability"]]).what
    refused(ModelError, "SB-SEM-80", children, constructs="trust")


def test_a_construct_that_does_not_vary_is_named(children):
    problem = refused(DataError, "SB-SEM-82", with_ids(children).assign(trust=3.1))
    assert problem.column == "trust"
    assert len(problem.rows) == 120


def test_a_construct_that_nobody_has_is_named(children):
    problem = refused(DataError, "SB-SEM-83", with_ids(children).assign(trust=np.nan))
    assert problem.column == "trust"
    assert len(problem.rows) == 120
    assert "'trust'" in problem.fix


def test_everything_missing_is_one_message_for_each_construct(children):
    with pytest.raises(DataError) as caught:
        fit_network(children * np.nan)
    assert [problem.column for problem in caught.value.problems] == NAMES


def test_a_construct_made_of_others_is_named(children):
    total = with_ids(children).assign(total=lambda rows: rows["trust"] + rows["belonging"])
    problem = refused(DataError, "SB-SEM-84", total, constructs=["trust", "belonging", "acceptance", "total"])
    assert {"trust", "belonging", "total"} == set(re.findall(r"trust|belonging|total|acceptance", problem.what))


def test_a_total_of_which_a_wave_lacks_a_part_is_named_too(children):
    rng = np.random.default_rng(4)
    total = children["trust"] + children["belonging"] + children["acceptance"]
    nearly = children.assign(total=total + 0.01 * rng.normal(size=len(children)))
    with pytest.raises(DataError, match="follows from the others, or all but") as caught:
        fit_network(nearly, ["trust", "belonging", "acceptance", "total"], **QUICK)
    assert caught.value.problems[0].code == "SB-SEM-84"
    less = children.assign(total=total + 0.4 * rng.normal(size=len(children)))
    checks = fit_network(less, ["trust", "belonging", "acceptance", "total"], **QUICK).diagnostics()
    found = checks[checks["check"] == "total: explained by the others"]
    x = np.column_stack([np.ones(len(less)), less[["trust", "belonging", "acceptance"]]])
    left = less["total"] - x @ np.linalg.lstsq(x, less["total"], rcond=None)[0]
    assert found["value"].item() == pytest.approx(
        1 - (left**2).sum() / ((less["total"] - less["total"].mean()) ** 2).sum()
    )


def test_pairs_of_other_children_that_contradict_one_another_are_refused():
    rng = np.random.default_rng(2)
    shared = rng.normal(size=(3, 100))
    a, b, c = (np.full(300, np.nan) for _ in range(3))
    a[:100], b[:100] = shared[0], shared[0] + 0.1 * rng.normal(size=100)
    b[100:200], c[100:200] = shared[1], shared[1] + 0.1 * rng.normal(size=100)
    a[200:], c[200:] = shared[2], -shared[2] + 0.1 * rng.normal(size=100)
    frame = pd.DataFrame({"a": a, "b": b, "c": c})
    problem = refused(DataError, "SB-SEM-84", frame, constructs=["a", "b", "c"], missing="pairwise")
    assert "contradict" in problem.what


def test_several_informants_are_not_averaged(children):
    both = pd.concat([with_ids(children).assign(informant=who) for who in ("child", "carer")])
    problem = refused(DataError, "SB-SEM-85", both)
    assert problem.column == "informant"


def test_a_wave_must_be_there_and_be_meant(children):
    rows = panel(children)
    assert "1, 2, 3" in refused(ModelError, "SB-SEM-86", rows, level="wave").fix
    assert "wave 7" in refused(ModelError, "SB-SEM-86", rows, level="wave", wave=7).what
    refused(ModelError, "SB-SEM-86", rows, wave=2)


@pytest.mark.parametrize("options", [{"gamma": 2}, {"gamma": "half"}, {"n_resamples": 3}, {"n_resamples": 99.5}])
def test_options_without_a_meaning_are_refused(children, options):
    refused(ModelError, "SB-SEM-87", children, **options)


@pytest.mark.parametrize("options", [{"level": "within"}, {"missing": "mean"}])
def test_words_that_are_no_option_are_refused(children, options):
    refused(ModelError, "SB-MODEL-30", children, **options)


def test_constructs_that_no_child_has_both_of_are_named(children):
    never = children.copy()
    never.loc[:59, "trust"] = np.nan
    never.loc[60:, "belonging"] = np.nan
    problem = refused(DataError, "SB-SEM-88", never)
    assert "'trust' and 'belonging'" in problem.what


def test_rows_are_those_of_the_table_that_was_given(children):
    rows = panel(children)
    rows.loc[rows["wave"] == 2, "trust"] = 1.5
    assert refused(DataError, "SB-SEM-82", rows, level="wave", wave=2).rows == tuple(range(121, 241))
    rows.loc[rows["wave"] == 3, "trust"] = np.nan
    assert refused(DataError, "SB-SEM-83", rows, level="wave", wave=3).rows == tuple(range(241, 361))


def test_several_waves_without_a_column_of_children_are_refused(children):
    """Waves of the same children would count as other children."""
    assert refused(ModelError, "SB-MODEL-03", panel(children).drop(columns="child")).column == "child"


def test_without_a_column_of_children_the_notes_say_that_rows_are_children(network):
    assert any("each row is one" in note for note in network.notes)


def test_a_child_twice_at_a_wave_is_refused(children):
    twice = pd.concat([with_ids(children), with_ids(children).iloc[:1].assign(trust=9.0)], ignore_index=True)
    assert refused(DataError, "SB-ID-02", twice).rows == (1, 121)


def test_words_for_scores_are_refused(children):
    assert refused(DataError, "SB-MODEL-02", children.assign(trust="much")).column == "trust"


def test_an_empty_network_says_that_it_found_nothing_and_no_more():
    frame = pd.DataFrame(np.random.default_rng(8).normal(size=(100, 10)), columns=NAMES)
    found = fit_network(frame, n_resamples=40)
    assert found.facts["n_edges"] == 0
    assert found.coefficient("edge") == 0.0
    failed = found.diagnostics().query("~ok")
    assert failed["advice"].str.contains("no finding that nothing goes together").any()
    assert "No edge was found, and none in" in found.summary()
    assert "Empty" not in found.summary()
    assert "removed 45 of 45 edges. Removed is not shown to be zero" in found.summary()
