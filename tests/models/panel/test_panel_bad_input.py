"""Tables and requests as people make them, at the door of a panel model."""

import numpy as np
import pandas as pd
import pytest

from securebase_analysis.errors import DataError, ModelError
from securebase_analysis.models.panel import fit_panel

SECRET = "K-7731"
BOTH = ["availability", "trust"]


def wide(n: int = 120, waves: tuple[int, ...] = (1, 2, 3)) -> pd.DataFrame:
    """A row per child, of simulated scores, with an id that must not be told."""
    random = np.random.default_rng(1)
    level, now, columns = random.normal(size=(n, 2)), random.normal(size=(n, 2)), {}
    for wave in waves:
        columns[f"availability_{wave}"], columns[f"trust_{wave}"] = (level + now).T
        now = now * 0.4 + random.normal(size=(n, 2))
    frame = pd.DataFrame(columns).assign(
        country=np.where(np.arange(n) % 2, "N", "S"), age=random.integers(1, 9, n)
    )
    frame.insert(0, "child", [SECRET, *(f"K-{number:04}" for number in range(n - 1))])
    return frame


def long(frame: pd.DataFrame, waves: tuple[int, ...] = (1, 2, 3)) -> pd.DataFrame:
    """A row per child and wave."""
    known = frame[["child", "age", "country"]]
    of_waves = [known.assign(wave=wave, **{name: frame[f"{name}_{wave}"] for name in BOTH}) for wave in waves]
    return pd.concat(of_waves, ignore_index=True)


def refused(error, data, constructs=BOTH, **options):
    with pytest.raises(error) as caught:
        fit_panel(data, constructs, **options)
    assert SECRET not in str(caught.value)
    assert all(problem.fix for problem in caught.value.problems)
    return caught.value.problems


# ---- constructs, covariates and groups --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("constructs", "wrong", "meant"),
    [
        (["availability", "trst"], "trst", "trust"),
        (["Availability", "trust"], "Availability", "availability"),
        (["availability_1", "trust_1"], "availability_1", "availability"),
    ],
)
def test_a_misspelt_construct_is_answered_with_the_nearest_without_its_wave(constructs, wrong, meant):
    for data in (wide(), long(wide())):
        problem = refused(ModelError, data, constructs)[0]
        assert (problem.code, problem.column) == ("SB-SEM-45", wrong)
        assert problem.fix == f"Did you mean {meant!r}?"


@pytest.mark.parametrize(
    "given", [None, 3, {"availability": 1, "trust": 2}, [["availability"], ["trust"]], [np.nan, 1.0]]
)
def test_constructs_are_named_by_text(given):
    problems = refused(ModelError, wide(), given)
    assert "SB-SEM-42" in {problem.code for problem in problems}
    assert "not by its name" in str(problems[-1])


def test_a_name_that_no_model_can_hold_is_mended_by_the_fix():
    data = wide().rename(columns=lambda name: name.replace("trust", "tr-ust"))
    (problem,) = refused(ModelError, data, ["availability", "tr-ust"])
    space = {"data": data}
    exec(problem.fix, space)
    assert fit_panel(space["data"], ["availability", "tr_ust"]).facts["converged"]
    assert len(str(refused(ModelError, wide(), ["availability", "t" * 100_000])[0])) < 800


def test_a_construct_with_the_name_of_a_part():
    data = wide().rename(columns=lambda name: name.replace("trust", "w_availability"))
    (problem,) = refused(ModelError, data, ["availability", "w_availability"])
    assert (problem.code, problem.column) == ("SB-SEM-180", "w_availability")


def test_a_covariate_that_is_a_construct_at_a_wave():
    (problem,) = refused(ModelError, wide(), covariates="trust_1")
    assert (problem.code, problem.column) == ("SB-SEM-43", "trust_1")


def test_two_columns_of_one_name():
    data = wide()
    (problem,) = refused(DataError, pd.concat([data, data[["trust_2"]]], axis=1))
    assert (problem.code, problem.column) == ("SB-FILE-07", "trust_2")


@pytest.mark.parametrize("group", [["country"], 3])
def test_a_group_is_the_name_of_one_column(group):
    assert refused(ModelError, wide(), group=group)[0].fix == "group='country'"


def test_children_are_no_groups():
    for data in (wide(), long(wide())):
        (problem,) = refused(DataError, data, group="child")
        assert (problem.code, problem.column) == ("SB-SEM-176", "child")


def test_groups_written_in_two_ways():  # C1 19
    data = wide().assign(country=lambda frame: frame["country"].where(frame.index > 9, "N "))
    assert refused(DataError, data, group="country")[0].code == "SB-FILE-19"


# ---- waves ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "waves",
    [
        [3, 2, 1],
        {1: 2.0, 2: 1.0, 3: 0.0},
        {1: 0.0, 2: 0.0, 3: 0.0},
        {1: 0.0, 2: np.nan, 3: 2.0},
        {1: 0.0, 2: np.inf, 3: 2.0},
        {1: "start", 2: "half a year", 3: "a year"},
        {1: None, 2: None, 3: None},
    ],
)
def test_time_goes_forward(waves):  # C3 35
    for data in (wide(), long(wide())):
        (problem,) = refused(DataError, data, waves=waves)
        assert (problem.code, problem.column) == ("SB-SEM-182", "wave")


def test_waves_in_the_order_of_the_fix():
    space = {}
    exec(refused(DataError, wide(), waves=[3, 1, 2])[0].fix, space)
    assert fit_panel(wide(), BOTH, waves=space["waves"]).panel.waves == ("1", "2", "3")


def test_a_wave_that_is_named_twice():
    (problem,) = refused(DataError, wide(), waves=[1, 1, 2, 3])
    assert (problem.code, problem.fix) == ("SB-SEM-181", "waves=[1, 2, 3]")


def test_waves_of_another_kind_are_shown_as_they_are():
    problems = refused(ModelError, long(wide()), waves=["1", "2", "3"])
    assert [problem.code for problem in problems] == ["SB-SEM-48"] * 3
    assert problems[0].fix == "There it is 1: waves=[1, ...]"


def test_whole_numbers_with_a_point_are_the_same_waves():
    assert fit_panel(wide(), BOTH, waves=[1.0, 2.0, 3.0]).panel.waves == ("1", "2", "3")


def test_columns_that_are_no_waves_are_left_out_by_the_fix():
    data = wide().assign(trust_5a=1.0)
    (problem,) = refused(DataError, data)
    assert problem.code == "SB-SEM-183"
    space = {}
    exec(problem.fix, space)
    assert fit_panel(data, BOTH, waves=space["waves"]).panel.waves == ("1", "2", "3")


# ---- scores -----------------------------------------------------------------------------------------------------


def test_a_code_for_missing_among_scores_is_told():  # C1 16
    data = wide()
    data.loc[:2, "trust_2"] = 999.0
    assert any(
        "SB-FILE-16" in note and "trust_2 holds 999 in 3 rows" in note for note in fit_panel(data, BOTH).notes
    )


def test_words_among_scores():
    data = wide().astype({"trust_2": object})
    data.loc[4, "trust_2"] = SECRET
    (problem,) = refused(DataError, data)
    assert (problem.code, problem.column, problem.rows) == ("SB-MODEL-02", "trust_2", (5,))
