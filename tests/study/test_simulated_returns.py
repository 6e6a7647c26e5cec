"""Simulated returns: the same from the same seed, read without a remark, with the shares they were made for."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from securebase_analysis.errors import ModelError
from securebase_analysis.study.simulated_returns import simulate_ssda903, write_ssda903
from securebase_analysis.study.spells import placement_history
from securebase_analysis.study.ssda903 import read_ssda903
from securebase_analysis.study.stability import placement_stability

SAMPLE = Path(__file__).parents[2] / "data" / "ssda903"


@pytest.fixture(scope="module")
def clean(tmp_path_factory):
    files = simulate_ssda903(n_children=1500, faults=False)
    return read_ssda903(write_ssda903(files, tmp_path_factory.mktemp("returns")))


def test_the_same_seed_gives_the_same_returns():
    one, same, other = (simulate_ssda903(n_children=30, seed=seed) for seed in (1, 1, 2))
    assert all(one[name].equals(same[name]) for name in one)
    assert not one["2021-episodes.csv"].equals(other["2021-episodes.csv"])


def test_the_sample_is_what_the_simulator_writes(tmp_path):
    written = write_ssda903(simulate_ssda903(), tmp_path)
    names = sorted(file.name for file in SAMPLE.glob("*.csv"))
    assert names == sorted(file.name for file in written.glob("*.csv"))
    for name in names:
        assert (written / name).read_text() == (SAMPLE / name).read_text(encoding="utf-8"), name


def test_returns_without_faults_break_no_rule(clean):
    assert len(clean.rules) == 0
    assert not [problem for problem in clean.problems if problem.severity == "warn"]


def test_children_stay_and_move_about_as_often_as_published(clean):
    """England, 2024: three or more placements 10 %, in two years 23 %, same carer for two years 68 %."""
    frame = placement_stability(
        placement_history(clean), ["dfe_2025", "dfe_two_years", "same_carer_two_years"]
    ).frame
    percent = frame.groupby("definition")[["children", "count"]].sum()
    share = 100 * percent["count"] / percent["children"]
    assert 6 < share["dfe_2025"] < 13
    assert 17 < share["dfe_two_years"] < 29
    assert 60 < share["same_carer_two_years"] < 80


def test_the_questionnaire_has_the_published_bands(clean):
    """England, 2024: 46 % up to 13, 13 % from 14 to 16, 41 % above."""
    score = clean.sdq["score"].dropna()
    assert len(score) > 400
    assert abs((score <= 13).mean() - 0.46) < 0.07
    assert abs((score >= 17).mean() - 0.41) < 0.07


def test_every_fault_is_told(tmp_path):
    returns = read_ssda903(write_ssda903(simulate_ssda903(), tmp_path))
    assert {"180", "356"} <= set(returns.rules["rule"].astype(str))
    codes = {problem.code for problem in returns.problems}
    assert {"SB-ID-01", "SB-PLACE-01", "SB-PLACE-40", "SB-ITEM-04"} <= codes
    assert (returns.repairs["what"].str.contains("upper case|small letters|capitals")).any() or len(
        returns.repairs
    )


def test_no_episode_of_a_child_overlaps_another(clean):
    episodes = clean.episodes.sort_values(["child", "start"])
    before = episodes.groupby("child")["end"].shift()
    assert not (episodes["start"] < before).any()
    assert pd.notna(episodes["start"]).all()


@pytest.mark.parametrize(("n_children", "n_years"), [(5, 3), (300, 0)])
def test_too_few_are_refused(n_children, n_years):
    with pytest.raises(ModelError, match="SB-STUDY-60"):
        simulate_ssda903(n_children=n_children, n_years=n_years)


@pytest.mark.parametrize("seed", range(5))
def test_the_fewest_children_can_be_drawn(seed):
    assert len(simulate_ssda903(n_children=20, n_years=1, seed=seed)) == 3


@pytest.mark.parametrize(
    "given", [{"first_year": "2021"}, {"seed": "a"}, {"n_children": 50.5}, {"n_years": True}, {"seed": None}]
)
def test_what_is_no_whole_number_is_refused(given):
    with pytest.raises(ModelError) as error:
        simulate_ssda903(**given)
    (problem,) = error.value.problems
    assert problem.code == "SB-STUDY-60"
    assert next(iter(given)) in problem.fix
