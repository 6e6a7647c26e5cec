"""The simulated cohort: what is published is reproduced, what was put in can be found again."""

from __future__ import annotations

import itertools
import re
import tomllib
from importlib import resources

import numpy as np
import pandas as pd
import pytest

from securebase_analysis import theory
from securebase_analysis.errors import ModelError
from securebase_analysis.study.simulate import simulate_study, write_study
from securebase_analysis.study.simulation.chance import choices, correlated, counts, stream
from securebase_analysis.study.simulation.instruments import CODERS
from securebase_analysis.study.simulation.spells import END_REASONS

THREE_YEARS = 3 * 365.25
SDQ_SCALES = ["sdq_emotional", "sdq_conduct", "sdq_hyperactivity", "sdq_peer"]


@pytest.fixture(scope="module")
def large():
    """A cohort in which sampling error is small."""
    return simulate_study(n_children=8000, seed=11, interviews=False)


@pytest.fixture(scope="module")
def sample():
    """The study as it is shipped."""
    return simulate_study()


def answers_of(study, table, instrument, construct):
    """Answers within range, reversed items turned round."""
    items = study.codebook.items_of(instrument, construct)
    frame = study.tables[table][list(items["item"])].astype("float64")
    for row in items.itertuples():
        inside = frame[row.item].between(row.low, row.high)
        answers = frame[row.item].where(inside)
        frame[row.item] = row.low + row.high - answers if row.reversed else answers
    return frame


def cronbach(frame):
    complete = frame.dropna()
    k = complete.shape[1]
    return k / (k - 1) * (1 - complete.var().sum() / complete.sum(axis=1).var())


def sdq_totals(study, informant):
    """Total difficulties of forms with three of five items on every scale, half rounded up."""
    totals = 0
    for scale in SDQ_SCALES:
        answers = answers_of(study, f"sdq_{informant}", "sdq", scale)
        prorated = np.floor(answers.mean(axis=1) * 5 + 0.5)
        totals = totals + prorated.where(answers.notna().sum(axis=1) >= 3)
    return totals


def first_placements(study):
    """Days from the start of the placement to the first wave and to its end, and why it ended."""
    placements = study.tables["placements"].drop_duplicates(["site", "child"]).set_index("child")
    waves = study.tables["waves"]
    first_wave = waves[waves["wave"] == 1].set_index("child")["date"]
    freeze = pd.Timestamp("2025-03-31")
    ended = placements["end"].fillna(freeze + pd.Timedelta(days=1))
    return pd.DataFrame(
        {
            "entry": (first_wave - placements["start"]).dt.days,
            "stop": (ended - placements["start"]).dt.days,
            "reason": placements["end_reason"],
        }
    )


def cumulative_hazard(frame, is_event, after, until):
    """Nelson and Aalen's estimate for placements seen from the first wave on."""
    total = 0.0
    for time in np.unique(frame.loc[is_event & frame["stop"].between(after + 1, until), "stop"]):
        at_risk = (frame["entry"] < time) & (frame["stop"] >= time)
        total += (is_event & (frame["stop"] == time)).sum() / at_risk.sum()
    return total


# --- what is published ------------------------------------------------------------------------------------------


def test_sdq_falls_into_the_bands_of_england_2024(large):
    totals = sdq_totals(large, "carer").dropna()
    shares = [(totals <= 13).mean(), totals.between(14, 16).mean(), (totals >= 17).mean()]
    assert shares == pytest.approx([0.46, 0.13, 0.41], abs=0.02)
    assert totals.mean() == pytest.approx(14.7, abs=0.7)
    assert totals.std() == pytest.approx(8, abs=0.5)


def test_difficulties_do_not_change_on_average(large):
    totals = sdq_totals(large, "carer").groupby(large.tables["sdq_carer"]["wave"]).mean()
    assert totals.max() - totals.min() < 0.5


def test_carers_and_teachers_agree_as_calibrated(large):
    keys = ["site", "child", "wave"]
    by_informant = [
        large.tables[f"sdq_{informant}"][keys].assign(total=sdq_totals(large, informant))
        for informant in ("carer", "teacher")
    ]
    both = by_informant[0].merge(by_informant[1], on=keys)
    assert both["total_x"].corr(both["total_y"]) == pytest.approx(0.5, abs=0.04)


def test_girls_kin_and_need_have_their_published_shares(large):
    children = large.tables["children"]
    assert (children["sex"] == "female").mean() == pytest.approx(0.43, abs=0.02)
    assert (children["care_context"] == "kinship").mean() == pytest.approx(0.24, abs=0.02)
    assert (children["abuse_or_neglect"] == "yes").mean() == pytest.approx(0.66, abs=0.02)


def test_three_of_four_placements_last_three_years(large):
    frame = first_placements(large)
    lasting = np.exp(-cumulative_hazard(frame, frame["reason"] != "", 0, THREE_YEARS))
    assert lasting == pytest.approx(0.73, abs=0.03)


def test_breakdown_follows_the_published_level_and_the_falling_shape(large):
    """From the day on which the last child had joined: few are seen in the first weeks of a placement."""
    frame = first_placements(large)
    broke, all_in = frame["reason"] == "breakdown", 365
    found = cumulative_hazard(frame, broke, all_in, THREE_YEARS)
    expected = 0.24 * (1 - (all_in / THREE_YEARS) ** 0.85)
    assert found == pytest.approx(expected, abs=0.02)  # the frail have left: some 0.006 less is right
    second_year = cumulative_hazard(frame, broke, all_in, 2 * all_in)
    share = (2**0.85 - 1) / (3**0.85 - 1)
    assert second_year / found == pytest.approx(share, abs=0.04)


def test_same_carer_for_two_years_is_above_that_of_all_foster_care(large):
    """76 % of fostered children in England, short-term placements included; placements here are meant to last."""
    placements = large.tables["placements"]
    freeze = pd.Timestamp("2025-03-31")
    since = placements.groupby(["site", "child"])["start"].transform("min")
    now = placements[placements["end"].isna() & (freeze - since > pd.Timedelta(days=913))]
    assert 0.76 < (freeze - now["start"] >= pd.Timedelta(days=730)).mean() < 0.92


def test_a_quarter_of_teacher_forms_is_missing(large):
    seen = (large.truth.scores["status"] == "seen").sum()
    assert 0.19 <= 1 - len(large.tables["sdq_teacher"]) / seen <= 0.32


# --- what was put in can be found again -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("table", "instrument"),
    [("carer_questionnaire", "secure_base_carer"), ("child_questionnaire", "secure_base_child")],
)
def test_scales_are_reliable_and_follow_the_truth(large, table, instrument):
    keys = ["site", "child", "wave"]
    for construct in large.codebook.constructs_of(instrument):
        answers = answers_of(large, table, instrument, construct)
        scores = large.tables[table][keys].assign(score=answers.mean(axis=1))
        both = scores.merge(large.truth.scores[[*keys, construct]], on=keys)
        assert 0.70 < cronbach(answers) < 0.88, construct
        assert both["score"].corr(both[construct]) > 0.85, construct


def test_ratings_follow_the_truth_and_raters_agree_in_part(large):
    keys = ["site", "child", "wave"]
    ratings = large.tables["ratings"].query("wave == 1")
    ratings = ratings.assign(value=pd.to_numeric(ratings["trust"], errors="coerce"))
    both = ratings.merge(large.truth.scores[[*keys, "trust"]], on=keys, suffixes=("", "_true"))
    assert both["value"].corr(both["trust_true"]) == pytest.approx(np.sqrt(0.6), abs=0.03)
    twice = ratings[ratings.duplicated(keys, keep=False)]
    pairs = pd.merge(twice.drop_duplicates(keys), twice.drop_duplicates(keys, keep="last"), on=keys)
    assert pairs["value_x"].corr(pairs["value_y"]) == pytest.approx(0.6, abs=0.06)


def test_dimensions_correlate_as_the_calibration_says(large):
    first = large.truth.scores[large.truth.scores["wave"] == 1]
    for names in (list(theory.CAREGIVING), list(theory.BENEFITS)):
        r = first[names].corr().to_numpy()[np.triu_indices(5, 1)]
        assert r.min() > 0.47
        assert r.max() < 0.75


def test_the_effects_of_the_claims_come_out_of_the_latent_scores():
    """With no lasting part of its own, a benefit is a regression on its past and on caregiving."""
    only_changing = {"benefit_trait_share": 0, "household_share": 0, "site_share": 0, "growth_sd": 0}
    sizes = {"builds": 0.3, "over_time": 0.2, "interacts_benefit": 0.15, "carry_over": 0.4}
    changes = {**only_changing, **sizes, "breakdown_loss": 0, "growth": 0}
    study = simulate_study(6000, 3, seed=5, interviews=False, changes=changes)
    by_wave = {wave: rows.reset_index(drop=True) for wave, rows in study.truth.scores.groupby("wave")}
    now, before = by_wave[3], by_wave[2]
    effects = study.truth.pathways.set_index(["kind", "source", "target"])["coefficient"]
    for dimension in theory.DIMENSIONS:
        own, benefit = dimension.name, dimension.benefit
        others = [s for kind, s, t in effects.index if kind == "interacts" and t == benefit]
        design = np.column_stack([before[benefit], now[own], before[own], *(now[name] for name in others)])
        found, residual, *_ = np.linalg.lstsq(design, now[benefit], rcond=None)
        expected = [0.4, effects["builds", own, benefit], effects["over time", own, benefit]]
        expected += [effects["interacts", name, benefit] for name in others]
        scale = residual[0] / len(design)
        errors = np.sqrt(np.diag(np.linalg.inv(design.T @ design)) * scale)
        assert np.all(np.abs(found - expected) < 4 * errors), dimension


def test_availability_raises_acceptance_beyond_what_they_share_by_chance():
    """Without the claims all dimensions correlate alike; with them the target of a claim correlates more."""
    without = simulate_study(8000, 1, seed=3, interviews=False, changes={"interacts_caregiving": 0})
    claimed = simulate_study(8000, 1, seed=3, interviews=False)
    r_without = without.truth.scores[list(theory.CAREGIVING)].corr().loc["availability", "acceptance"]
    r_claimed = claimed.truth.scores[list(theory.CAREGIVING)].corr().loc["availability", "acceptance"]
    assert r_without == pytest.approx(0.5, abs=0.03)
    assert r_claimed > r_without + 0.1


def test_children_of_one_carer_are_alike_as_the_truth_says(large):
    first = large.truth.scores[large.truth.scores["wave"] == 1]
    implied = large.truth.intraclass.set_index(["construct", "group"])["icc"]
    for construct in theory.TEN_CONSTRUCTS:
        several = first[first.groupby("carer")[construct].transform("size") > 1]
        groups = several.groupby("carer")[construct]
        within = (groups.var() * (groups.size() - 1)).sum() / (groups.size() - 1).sum()
        found = 1 - within / first[construct].var()
        assert found == pytest.approx(implied[construct, "carer"], abs=0.04), construct


def test_growth_comes_out_where_nothing_else_moves_a_benefit():
    still = dict.fromkeys(("builds", "over_time", "interacts_benefit", "breakdown_loss"), 0)
    study = simulate_study(4000, 4, seed=8, interviews=False, changes={**still, "growth": 0.1, "growth_sd": 0.05})
    means = study.truth.scores.groupby("wave")[list(theory.BENEFITS)].mean()
    assert (means.loc[4] - means.loc[1]).to_numpy() / 3 == pytest.approx(np.full(5, 0.1), abs=0.02)
    slopes = study.truth.slopes[list(theory.BENEFITS)]
    assert slopes.mean().to_numpy() == pytest.approx(np.full(5, 0.1), abs=0.005)
    assert slopes.std().to_numpy() == pytest.approx(np.full(5, 0.05), abs=0.003)


def test_more_children_are_lost_after_a_breakdown(large):
    placements, scores = large.tables["placements"], large.truth.scores
    waves = large.tables["waves"]
    first_wave = waves[waves["wave"] == 1].set_index("child")["date"]
    broke = placements[placements["end_reason"] == "breakdown"].set_index("child")["end"]
    early = broke[broke <= first_wave[broke.index] + pd.Timedelta(days=365)].index
    second = scores[(scores["wave"] == 2) & scores["status"].isin(["seen", "lost", "refused", "not asked"])]
    is_lost = second["status"] == "lost"
    after = second["child"].isin(early)
    assert is_lost[after].mean() == pytest.approx(0.18, abs=0.05)
    assert is_lost[~after].mean() == pytest.approx(0.045, abs=0.01)


# --- the tables -------------------------------------------------------------------------------------------------


def test_every_status_and_most_endings_are_in_the_sample(sample):
    assert set(sample.truth.scores["status"]) == {
        "seen",
        "refused",
        "not asked",
        "not yet due",
        "left care",
        "died",
        "lost",
    }
    found = set(sample.tables["placements"]["end_reason"])
    assert {"breakdown", "planned move", "returned home", "special guardianship", "died"} <= found


def test_placements_of_a_child_follow_one_another(large):
    placements = large.tables["placements"]
    following = placements.groupby(["site", "child"])["start"].shift(-1)
    moved = following.notna()
    assert (placements.loc[moved, "end"] == following[moved]).all()
    assert (placements["end"] > placements["start"])[placements["end"].notna()].all()
    assert (placements["end_reason"] == "").eq(placements["end"].isna()).all()
    leaves = placements["end_reason"].isin(END_REASONS[3:])
    assert not (leaves & moved).any()


def test_a_visit_falls_into_the_placement_with_its_carer(large):
    seen = large.tables["waves"].query("status == 'seen'")
    both = seen.merge(large.tables["placements"], on=["site", "child"], suffixes=("", "_placed"))
    inside = both[(both["start"] <= both["date"]) & (both["end"].isna() | (both["date"] < both["end"]))]
    assert len(inside) == len(seen)
    assert (inside["carer"] == inside["carer_placed"]).all()
    assert (seen["date"] <= pd.Timestamp("2025-03-31")).all()


def test_older_children_age_out_at_eighteen():
    study = simulate_study(400, seed=2, interviews=False, changes={"age_low": 14, "age_high": 17.5})
    placements = study.tables["placements"].merge(study.tables["children"], on=["site", "child"])
    aged_out = placements[placements["end_reason"] == "aged out"]
    assert len(aged_out) > 50
    years = (aged_out["end"] - aged_out["birth_date"]).dt.days / 365.25
    assert years.to_numpy() == pytest.approx(np.full(len(aged_out), 18.0), abs=0.01)


def test_carers_have_one_two_or_three_children(large):
    first = large.tables["placements"].drop_duplicates(["site", "child"])
    sizes = first.groupby("carer").size().value_counts(normalize=True)
    assert sizes[[1, 2, 3]].to_numpy() == pytest.approx([0.65, 0.25, 0.10], abs=0.02)


def test_siblings_are_at_least_a_year_apart_and_start_with_one_carer(large):
    children = large.tables["children"].query("sibling_group != ''")
    days = children.groupby("sibling_group")["birth_date"].agg(lambda dates: dates.sort_values().diff().min().days)
    assert days.min() > 365
    first = large.tables["placements"].drop_duplicates(["site", "child"])
    carers = children.merge(first, on=["site", "child"]).groupby("sibling_group")["carer"].nunique()
    assert (carers == 1).all()


def test_forms_have_blank_refused_and_unasked_items_and_some_too_few_to_score(large):
    items = list(large.codebook.items_of("secure_base_child")["item"])
    answers = large.tables["child_questionnaire"][items]
    assert set(pd.unique(answers.to_numpy(dtype="float64", na_value=-1).ravel())) == {-1, 1, 2, 3, 4, 5, 8, 9}
    too_few = answers_of(large, "child_questionnaire", "secure_base_child", "belonging_birth").count(axis=1) < 3
    assert 0.01 < too_few.mean() < 0.05


def test_ids_are_pseudonyms_and_no_site_or_carer_is_missing(sample):
    children = sample.tables["children"]
    assert children["child"].is_unique
    assert children["child"].str.fullmatch(r"[A-D]\d{3}").all()
    assert (children["child"].str[0] == children["site"].str[0]).all()
    assert sample.tables["carers"]["carer"].str.fullmatch(r"K\d{3}").all()
    placed = sample.tables["placements"]
    assert (placed["carer"] == "").eq(placed["type"] == "residential").all()
    assert set(placed["carer"]) - {""} <= set(sample.tables["carers"]["carer"])


# --- interviews -------------------------------------------------------------------------------------------------


def test_a_quarter_of_the_interviews_is_coded_twice(sample):
    coders = sample.interviews.segments.groupby("source")["coder"].nunique()
    assert len(coders) == len(sample.interviews.sources) == len(sample.tables["interviews"])
    assert coders.max() == 2
    assert (coders == 2).mean() == pytest.approx(0.25, abs=0.01)
    assert set(sample.interviews.segments["coder"]) == set(CODERS)
    assert set(sample.tables["interviews"]["wave"]) == {1, 3}


def test_coders_agree_well_but_not_perfectly(sample):
    segments, texts = sample.interviews.segments, sample.interviews.sources.set_index("source")["text"]
    twice = segments.groupby("source")["coder"].unique()
    twice = twice[twice.str.len() == 2]
    marks = {}
    for row in segments[segments["source"].isin(twice.index)].itertuples():
        blank = np.zeros(len(texts[row.source]), dtype=bool)
        marks.setdefault((row.code, row.coder, row.source), blank)[int(row.start) : int(row.end)] = True
    kappas = []
    for code in sample.codebook.codes["code"]:
        one, other = (
            np.concatenate(
                [
                    marks.get((code, pair[place], source), np.zeros(len(texts[source]), dtype=bool))
                    for source, pair in twice.items()
                ]
            )
            for place in (0, 1)
        )
        by_chance = one.mean() * other.mean() + (1 - one.mean()) * (1 - other.mean())
        kappas.append(((one == other).mean() - by_chance) / (1 - by_chance))
    assert 0.6 < np.mean(kappas) < 0.8
    assert min(kappas) > 0.45
    assert max(kappas) < 0.95


def test_more_is_said_for_a_construct_where_it_is_high(sample):
    codes = sample.codebook.codes.set_index("code")
    segments = sample.interviews.segments
    points = segments["code"].map(codes["polarity"]).map({"strength": 1, "concern": -1, "none": 0})
    balance = points.groupby([segments["source"], segments["code"].map(codes["construct"])]).sum().unstack()
    truth = (
        sample.tables["interviews"].merge(sample.truth.scores, on=["site", "child", "wave"]).set_index("source")
    )
    for construct in theory.TEN_CONSTRUCTS:
        assert balance[construct].fillna(0).corr(truth[construct]) > 0.3, construct


def test_transcripts_say_that_they_are_simulated_and_hold_no_pseudonym(sample):
    texts = sample.interviews.sources["text"]
    assert texts.str.startswith("Simulated transcript.").all()
    assert not texts.str.contains(r"[A-DK]\d{3}|\{|\}").any()
    marked = sample.interviews.segments["text"]
    assert marked.str.endswith((".", "?")).all()


def test_sentences_name_nobody(sample):
    """Capitals inside a sentence are days, and nothing else."""
    phrases = tomllib.loads(
        resources.files("securebase_analysis.study.simulation").joinpath("sentences.toml").read_text("utf-8")
    )
    spoken = [*phrases["plain"], *phrases["goes_on"], *itertools.chain(*phrases["said"].values())]
    inside = itertools.chain(*(re.findall(r"(?<=[a-z,] )[A-Z]\w+", sentence) for sentence in spoken))
    assert set(inside) <= {"Saturday", "Sunday", "Tuesdays"}
    assert set(phrases["said"]) == set(sample.codebook.codes["code"])


# --- sizes, seeds, requests -------------------------------------------------------------------------------------


def test_the_same_seed_gives_the_same_study_and_another_gives_another():
    one, same, other = (simulate_study(30, 2, seed=seed) for seed in (4, 4, 5))
    for name, table in one.tables.items():
        pd.testing.assert_frame_equal(table, same.tables[name])
    pd.testing.assert_frame_equal(one.interviews.segments, same.interviews.segments)
    assert not one.tables["ratings"].equals(other.tables["ratings"])


def test_leaving_out_interviews_changes_no_other_table():
    full, without = simulate_study(30, 2, seed=4), simulate_study(30, 2, seed=4, interviews=False)
    assert without.interviews is None
    assert set(full.tables) - set(without.tables) == {"interviews"}
    for name, table in without.tables.items():
        pd.testing.assert_frame_equal(table, full.tables[name])


@pytest.mark.parametrize(("n_children", "n_waves", "months"), [(1, 1, 12), (53, 3, 42), (52, 6, 6)])
def test_other_designs(n_children, n_waves, months, tmp_path):
    study = simulate_study(n_children, n_waves, seed=9, months_between=months)
    assert len(study.truth.scores) == n_children * n_waves
    assert study.codebook.waves["months"].tolist() == [months * wave for wave in range(n_waves)]
    assert (write_study(study, tmp_path / "study") / "study.toml").is_file()


def test_the_study_is_read_without_a_stop_and_has_the_statuses_of_the_truth(sample):
    study = sample.study
    assert study.simulated
    both = study.waves.merge(sample.truth.scores, on=["site", "child", "wave"], suffixes=("", "_true"))
    assert len(both) == 240 * 4
    assert (both["status"] == both["status_true"]).all()
    assert {problem.severity for problem in study.problems} <= {"warn", "note"}


def test_a_change_is_marked_as_an_assumption_and_the_rest_stays():
    study = simulate_study(20, 2, interviews=False, changes={"female": 1.0})
    assert set(study.tables["children"]["sex"]) == {"female"}
    changed = study.calibration.frame.set_index("name")
    assert changed.loc["female", "is_assumption"]
    assert not changed.loc["kinship", "is_assumption"]


def test_the_readme_records_what_differs_from_the_default(tmp_path):
    study = simulate_study(20, 2, seed=3, months_between=6, interviews=False, changes={"female": 0.5})
    text = (write_study(study, tmp_path) / "README.md").read_text("utf-8")
    call = "n_children=20, n_waves=2, seed=3, months_between=6, interviews=False, changes={'female': 0.5}"
    assert f"simulate_study({call})" in text
    assert "[[interviews]]" not in (tmp_path / "study.toml").read_text("utf-8")


def test_an_unknown_quantity_is_refused_with_the_nearest():
    with pytest.raises(ModelError, match="over_time") as caught:
        simulate_study(20, 2, interviews=False, changes={"overtime": 0})
    assert caught.value.problems[0].code == "SB-MODEL-31"


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"female": 1.2}, "female must be between 0 and 1"),
        ({"growth": float("nan")}, "growth must be a number"),
        ({"carer_share": 0.9, "pair_share": 0.3}, "carer_share + pair_share come to more than 1"),
        ({"breakdown_by_3_years": -1}, "breakdown_by_3_years must not be below 0"),
        ({"shape": 0}, "shape must be above 0"),
        ({"age_low": 13}, "age_low must be below age_high"),
        ({"sdq_feelings": -0.8}, "sdq_feelings ** 2 come to more than 1"),
    ],
)
def test_a_world_that_cannot_be_is_refused(changes, named):
    with pytest.raises(ModelError) as caught:
        simulate_study(20, 2, interviews=False, changes=changes)
    assert named in caught.value.problems[0].what


def test_a_world_without_breakdown_or_death():
    study = simulate_study(300, seed=6, interviews=False, changes={"breakdown_by_3_years": 0, "death_per_year": 0})
    reasons = set(study.tables["placements"]["end_reason"])
    assert not reasons & {"breakdown", "died"}
    assert "returned home" in reasons


@pytest.mark.parametrize("sizes", [{"n_children": 0}, {"n_waves": 0}, {"months_between": 0}])
def test_a_study_of_nothing_is_refused(sizes):
    with pytest.raises(ModelError, match="too small"):
        simulate_study(interviews=False, **sizes)


def test_every_quantity_has_a_meaning_and_a_basis(sample):
    frame = sample.calibration.frame
    assert frame["name"].is_unique
    assert (frame[["meaning", "basis"]] != "").all().all()
    published = set(frame.loc[~frame["is_assumption"], "name"])
    assert {"female", "kinship", "breakdown_by_3_years"} <= published
    assert not published & {"builds", "over_time", "growth", "carer_share", "noticed"}


# --- chance -----------------------------------------------------------------------------------------------------


def test_counts_are_poisson():
    drawn = counts(stream(1, "test"), np.full(40_000, 1.5))
    assert drawn.mean() == pytest.approx(1.5, abs=0.03)
    assert drawn.var() == pytest.approx(1.5, abs=0.05)
    assert counts(stream(1, "test"), np.full(1000, 20.0), highest=3).max() == 3


def test_choices_and_correlations_have_their_shares():
    drawn = choices(stream(1, "test"), [0.5, 0.3], 20_000)
    assert np.bincount(drawn) / 20_000 == pytest.approx([0.5, 0.3, 0.2], abs=0.015)
    r = np.corrcoef(correlated(stream(2, "test"), (20_000,), 3, 0.4).T)
    assert r[np.triu_indices(3, 1)] == pytest.approx(np.full(3, 0.4), abs=0.02)


def test_streams_do_not_depend_on_one_another():
    assert stream(1, "a").random() == stream(1, "a").random()
    assert stream(1, "a").random() != stream(1, "b").random()
