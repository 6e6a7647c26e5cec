"""Where: one day that a caller names is read in one way, or not at all."""

from __future__ import annotations

import datetime

import numpy as np
import pandas as pd
import pytest

from securebase_analysis.errors import ModelError
from securebase_analysis.readers.one_day import the_day, to_day


@pytest.mark.parametrize(
    "given",
    [
        "2021-03-31", "31/03/2021", "31 March 2021", "2021-03-31T10:00", pd.Timestamp("2021-03-31 10:00"),
        datetime.date(2021, 3, 31), datetime.datetime(2021, 3, 31, 9), np.datetime64("2021-03-31"),
        pd.Timestamp("2021-03-31", tz="UTC"),
    ],
)  # fmt: skip
def test_a_day_in_any_clear_form(given):
    assert to_day(given) == pd.Timestamp("2021-03-31")


@pytest.mark.parametrize(
    "given",
    ["March", "31 March", "2021", "soon", "", "31/02/2021", "0021-03-31", "9999-12-31", 5, None, pd.NaT],
)
def test_11_what_names_no_day_is_none(given):
    assert to_day(given) is None
    with pytest.raises(ModelError) as caught:
        the_day("freeze", given, "It is the last day.")
    assert caught.value.problems[0].what == "freeze is no date."


def test_11_what_could_be_two_days_is_said_to_be_so():
    with pytest.raises(ModelError) as caught:
        the_day("freeze", "01/02/2021", "It is the last day.", code="SB-PLACE-86")
    problem = caught.value.problems[0]
    assert (problem.code, problem.severity) == ("SB-PLACE-86", "stop")
    assert "two days" in problem.what
    assert problem.fix == "freeze='2019-04-01', year-month-day"
    assert to_day("02/02/2021") == pd.Timestamp("2021-02-02")
