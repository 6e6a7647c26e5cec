"""Columns that say which group or wave a row is of, and codes for missing among numbers."""

import numpy as np
import pandas as pd
import pytest

from securebase_analysis.errors import DataError
from securebase_analysis.measures.codes_for_missing import problems_of_codes
from securebase_analysis.measures.group_column import problems_of_groups
from securebase_analysis.measures.invariance import assess_invariance
from securebase_analysis.measures.waves_in_order import named_in_two_ways, waves_in_order

SECRET = "K-7731"
MODEL = {"trust": ["t1", "t2", "t3", "t4"]}


def rows(n: int = 160) -> pd.DataFrame:
    """One construct and an id that must not be told."""
    random = np.random.default_rng(8)
    answers = random.normal(size=(n, 1)) + random.normal(size=(n, 4))
    frame = pd.DataFrame(answers, columns=MODEL["trust"]).assign(country=np.where(np.arange(n) % 2, "N", "S"))
    return frame.assign(child=[SECRET, *(f"K-{number:04}" for number in range(n - 1))])


def refused(data, **options):
    with pytest.raises(DataError) as caught:
        assess_invariance(data, MODEL, steps=("configural",), **options)
    assert SECRET not in str(caught.value)
    return caught.value.problems[0]


@pytest.mark.parametrize(
    ("column", "order"),
    [
        (["T10", "T2", "T1", "T2"], ["T1", "T2", "T10"]),
        (["end", "start"], ["end", "start"]),
        ([3.0, 1.0, np.nan], [1.0, 3.0]),
        (pd.Categorical(["late", "soon"], ["soon", "late"], ordered=True), ["soon", "late"]),
        (["10 months", "2 months"], ["2 months", "10 months"]),
        (pd.to_datetime(["2021-01-01", "2020-01-01"]), [pd.Timestamp("2020-01-01"), pd.Timestamp("2021-01-01")]),
    ],
)
def test_waves_stand_in_time(column, order):  # C3 34
    assert waves_in_order(pd.Series(column)) == order


def test_a_wave_with_two_names_is_told():  # C3 32
    (problem,) = named_in_two_ways([1, "T1", "Wave 2", 3], "wave")
    assert (problem.code, problem.column) == ("SB-WAVE-01", "wave")
    assert "1 and 'T1'" in problem.what
    data = pd.DataFrame({"wave": [1, "T1", 3]}, dtype=object)
    space = {"data": data}
    exec(problem.fix, space)
    assert space["data"]["wave"].tolist() == [1, 1, 3]
    assert named_in_two_ways(["T1", "T2", "start"], "wave") == []


def test_the_ladder_over_waves_begins_at_the_first():
    random = np.random.default_rng(1)
    first = rows()
    noise = random.normal(size=(160, 4))
    second = first.assign(**dict(zip(MODEL["trust"], (first[MODEL["trust"]].to_numpy() + noise).T)))
    both = pd.concat([second.assign(wave="T10"), first.assign(wave="T2")], ignore_index=True)
    result = assess_invariance(both, MODEL, wave="wave", steps=("configural",))
    assert result.ladder.occasions == ("T2", "T10")
    mixed = both.assign(wave=both["wave"].where(both.index > 3, 10))
    assert refused(mixed, wave="wave").code == "SB-WAVE-01"
    for column in ("wave", "child"):
        assert refused(both.assign(**{column: [[1]] * 320}), wave="wave").code == "SB-SEM-175"


def test_groups_of_the_ladder_are_words_written_in_one_way():
    data = rows()
    assert refused(data.assign(country=[[1]] * 160), group="country").code == "SB-SEM-175"
    spaces = data.assign(country=data["country"].where(data.index > 9, "N "))
    assert refused(spaces, group="country").code == "SB-FILE-19"
    assert refused(data, group="child").code in ("SB-SEM-68", "SB-SEM-176")


@pytest.mark.parametrize(
    "column", [[1, 2, 1, 2], [True, False, True, False], list("abab"), pd.Categorical(list("abab"))]
)
def test_plain_groups_have_no_problem(column):
    assert problems_of_groups(pd.DataFrame({"g": column}), "g") == []


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ([1, 2, 3, 99], (4,)),
        ([1, 2, 3, np.nan, -9], (5,)),
        ([97, 98, 99, 100], ()),
        ([999, 999, 999], ()),
        ([0, 1, 0, 9], ()),
        ([60, 70, 88, 95], ()),
        ([1, 999, 2, -999], (2, 4)),
    ],
)
def test_codes_far_from_the_rest_are_told_with_their_rows(values, told):  # C1 16
    problems = problems_of_codes("item", values)
    assert tuple(row for problem in problems for row in problem.rows) == told
    for problem in problems:
        space = {"data": pd.DataFrame({"item": np.asarray(values, dtype=float)})}
        exec(problem.fix, space)
        assert space["data"]["item"].isna().sum() == np.isnan(np.asarray(values, dtype=float)).sum() + len(told)
