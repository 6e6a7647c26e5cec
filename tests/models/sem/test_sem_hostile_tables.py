"""Tables as people have them: no silent number, no id in a message, and a fix that works when it is copied."""

import numpy as np
import pandas as pd
import pytest

from securebase_analysis.errors import DataError, ModelError, SecureBaseError
from securebase_analysis.models.sem import fit_sem

SECRET = "K-7731"
ITEMS = "trust =~ t1 + t2 + t3 + t4"
MODEL = f"{ITEMS}\ntrust ~ years"


@pytest.fixture
def frame() -> pd.DataFrame:
    """Eighty children, one row each, in two countries."""
    random = np.random.default_rng(5)
    trust = random.normal(size=80)
    made = pd.DataFrame({f"t{i}": trust + random.normal(size=80) for i in (1, 2, 3, 4)})
    made.insert(0, "child", [SECRET, *(f"K-{number:04}" for number in range(79))])
    return made.assign(years=random.integers(0, 9, 80), country=np.where(np.arange(80) % 2, "N", "S"))


def refused(error, *args, **options):
    with pytest.raises(error) as caught:
        fit_sem(*args, **options)
    assert SECRET not in str(caught.value)
    assert all(problem.fix for problem in caught.value.problems if problem.severity == "stop")
    return caught.value.problems


def mended(problem, **space):
    """What is there after the fix was copied."""
    space |= {"pd": pd, "pandas": pd, "np": np}
    exec(problem.fix.split("; ")[0], space)
    return space


# ---- numbers that mean nothing (C1 16, C1 18, C7 101) -----------------------------------------------------------


@pytest.mark.parametrize("code", [999, -9, 99, -99])
def test_a_code_for_missing_among_numbers_is_told(frame, code):  # C1 16
    frame.loc[[3, 7, 9], "t1"] = float(code)
    result = fit_sem(frame, MODEL)
    (note,) = [note for note in result.notes if "SB-FILE-16" in note]
    assert f"t1 holds {code} in 3 rows" in note
    assert "rows 4, 8, 10" in note


def test_a_code_that_lies_among_other_values_is_a_value(frame):
    frame["years"] = np.arange(60, 140)
    assert 99 in frame["years"].tolist()
    assert not any("SB-FILE-16" in note for note in fit_sem(frame, MODEL).notes)


def test_decimal_commas_are_turned_into_numbers_by_the_fix(frame):
    text = frame.assign(t1=frame["t1"].round(3).astype(str).str.replace(".", ","))
    (problem,) = refused(DataError, text, MODEL)
    assert (problem.code, problem.column) == ("SB-MODEL-02", "t1")
    space = mended(problem, frame=text)
    np.testing.assert_allclose(space["frame"]["t1"], frame["t1"].round(3))


def test_ordered_labels_are_turned_into_numbers_by_the_fix(frame):  # C7 101
    place = pd.cut(frame["t1"], 4, labels=False)
    words = pd.Categorical.from_codes(place, ["never", "seldom", "often", "always"], ordered=True)
    labelled = frame.assign(t1=words)
    labelled.loc[2, "t1"] = np.nan
    (problem,) = refused(DataError, labelled, MODEL)
    assert "often" not in str(problem)
    numbers = mended(problem, frame=labelled)["frame"]["t1"]
    assert np.isnan(numbers[2])
    assert numbers.drop(2).tolist() == place.drop(2).tolist()


def test_one_cell_of_words_is_told_in_the_singular(frame):
    frame = frame.astype({"t1": object})
    frame.loc[4, "t1"] = SECRET
    (problem,) = refused(DataError, frame, MODEL)
    assert problem.what.endswith("and 1 cell of words.")
    assert problem.rows == (5,)


@pytest.mark.parametrize("kind", ["complex", "datetime64[ns]", "timedelta64[ns]"])
def test_columns_of_other_kinds_are_refused(frame, kind):
    frame["t1"] = np.arange(80).astype(kind)
    assert refused(DataError, frame, MODEL)[0].code == "SB-MODEL-02"


def test_cells_that_hold_lists_are_refused(frame):
    frame["t1"] = [[1, 2]] * 80
    assert refused(DataError, frame, MODEL)[0].code == "SB-MODEL-02"


# ---- rows and columns -------------------------------------------------------------------------------------------


def test_a_table_without_rows(frame):
    (problem,) = refused(ModelError, frame.head(0), MODEL)
    assert (problem.code, problem.what) == ("SB-SEM-178", "The table has no rows.")


def test_names_of_two_parts_become_one_by_the_fix(frame):
    long = pd.concat([frame.assign(wave=wave) for wave in (1, 2)])
    pivoted = long.pivot(index="child", columns="wave", values=["t1", "t2", "t3"])
    (problem,) = refused(ModelError, pivoted, "f =~ t1_1 + t2_1 + t3_1")
    assert problem.code == "SB-SEM-177"
    data = mended(problem, data=pivoted.copy())["data"]
    assert fit_sem(data, "f =~ t1_1 + t2_1 + t3_1").glance()["n_rows"].item() == 80


def test_rows_that_stand_twice_are_told_where_nobody_is_named(frame):  # C2 22
    nameless = frame.drop(columns="child")
    twice = pd.concat([nameless, nameless.head(3)])
    (note,) = [note for note in fit_sem(twice, MODEL).notes if "SB-ID-01" in note]
    assert "6 rows are the same as another" in note
    assert not any("SB-ID-01" in note for note in fit_sem(nameless, MODEL).notes)
    gaps = pd.concat([nameless, nameless.head(3).assign(**dict.fromkeys(nameless, np.nan))], ignore_index=True)
    assert not any("SB-ID-01" in note for note in fit_sem(gaps, MODEL).notes)
    answers = nameless[["t1", "t2", "t3", "t4"]].round().clip(-1, 1)
    assert not any("SB-ID-01" in note for note in fit_sem(answers, ITEMS).notes)


def test_a_table_is_made_of_other_things_by_the_fix(frame):
    (problem,) = refused(ModelError, frame.to_dict("list"), MODEL)
    assert problem.what == "data is of type dict, not a table."
    assert problem.fix.startswith("data = pandas.DataFrame(data)")


# ---- groups -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("group", ["child", "who", "score"])
def test_ids_are_no_groups_and_are_not_told(frame, group):
    data = frame.assign(who=frame["child"], score=frame["t1"] * 2)
    (problem,) = refused(DataError, data, ITEMS, group=group)
    assert (problem.code, problem.column) == ("SB-SEM-176", group)
    assert "80 different values" in problem.what
    assert "K-0001" not in str(problem)


@pytest.mark.parametrize(("other", "fix"), [("N ", ".str.strip()"), ("n", ".str.strip().str.casefold()")])
def test_groups_written_in_two_ways_become_one_by_the_fix(frame, other, fix):  # C1 19
    data = frame.assign(country=["N"] * 30 + [other] * 20 + ["S"] * 30)
    (problem,) = refused(DataError, data, ITEMS, group="country")
    assert (problem.code, problem.column) == ("SB-FILE-19", "country")
    assert problem.rows == tuple(range(1, 51))
    assert problem.fix.endswith(fix)
    mended_data = mended(problem, data=data)["data"]
    assert fit_sem(mended_data, ITEMS, group="country").glance()["n_rows"].item() == 80


def test_cells_with_several_groups(frame):
    data = frame.assign(country=[["N", "S"]] * 40 + [["S"]] * 40)
    (problem,) = refused(DataError, data, ITEMS, group="country")
    assert problem.code == "SB-SEM-175"
    assert set(mended(problem, data=data)["data"]["country"]) == {"N", "S"}


@pytest.mark.parametrize("group", [["country"], 3, ("country", "years")])
def test_a_group_is_the_name_of_one_column(frame, group):
    (problem,) = refused(ModelError, frame, ITEMS, group=group)
    assert problem.code == "SB-MODEL-03"
    assert problem.fix == "group='country'"


@pytest.mark.parametrize("partial", ["trust =~ t22", "t1 ~", 3, None])
def test_a_term_that_is_not_there_is_not_released(frame, partial):
    options = {"group": "country", "equal": "loadings", "partial": [partial]}
    (problem,) = refused(ModelError, frame, ITEMS, **options)
    assert problem.code == "SB-SEM-179"


def test_the_nearest_term_is_released_by_the_fix(frame):
    options = {"group": "country", "equal": "loadings"}
    (problem,) = refused(ModelError, frame, ITEMS, **options, partial="trust =~ t22")
    space = {}
    exec(problem.fix, space)
    assert fit_sem(frame, ITEMS, **options, partial=space["partial"]).glance()["df"].item() == 6


# ---- nothing foreign comes out ----------------------------------------------------------------------------------

SPOILT = {
    "inf": lambda f: f.assign(t1=f["t1"].where(f.index > 2, np.inf)),
    "huge": lambda f: f.assign(t1=f["t1"] * 1e20),
    "tiny": lambda f: f.assign(t1=f["t1"] * 1e-12),
    "near constant": lambda f: f.assign(t1=1e9 + f["t1"] * 1e-6),
    "one other": lambda f: f.assign(t1=[1.0] + [0.0] * 79),
    "two values": lambda f: f.assign(t1=[1.0, 2.0] + [np.nan] * 78),
    "copy": lambda f: f.assign(t2=f["t1"]),
    "mirror": lambda f: f.assign(t2=-f["t1"]),
    "nearly a copy": lambda f: f.assign(t2=f["t1"] + 1e-7 * f["t3"]),
    "sum": lambda f: f.assign(t4=f["t1"] + f["t2"]),
    "never together": lambda f: f.assign(t1=f["t1"].where(f.index < 40), t2=f["t2"].where(f.index >= 40)),
    "nine of ten missing": lambda f: f.assign(t1=f["t1"].where(f.index % 10 == 0)),
    "one row": lambda f: f.head(1),
    "six rows": lambda f: f.head(6),
    "no columns": lambda f: f[[]],
    "doubled columns": lambda f: pd.concat([f, f[["t1"]]], axis=1),
    "numbers as names": lambda f: f.rename(columns={"t1": 1}),
    "index of children": lambda f: f.set_index("child"),
    "index of zeros": lambda f: f.set_axis([0] * len(f)),
    "predictor missing": lambda f: f.assign(years=np.nan),
    "predictor in one group": lambda f: f.assign(years=f["years"].where(f["country"] == "N")),
    "blank cells": lambda f: f.assign(t1=f["t1"].astype(object).where(f.index > 3, " ")),
}


@pytest.mark.parametrize("group", [None, "country"])
@pytest.mark.parametrize("name", SPOILT)
def test_an_answer_or_our_own_message(frame, name, group):
    try:
        result = fit_sem(SPOILT[name](frame), MODEL, group=group)
    except SecureBaseError as error:
        problems, said = error.problems, str(error)
    else:
        problems, said = (), f"{result.notes}{result.summary()}{result.diagnostics()}"
        if not result.facts["converged"]:
            assert result.glance()[["chi2", "cfi", "rmsea"]].isna().all(axis=None)
            assert "ended at no maximum" in said
    assert SECRET not in said
    assert all(problem.fix for problem in problems if problem.severity == "stop")
