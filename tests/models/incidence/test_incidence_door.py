"""Requests and tables as researchers give them: what is asked back, in words that say what to do."""

import numpy as np
import pandas as pd
import pytest

from securebase_analysis.errors import DataError, ModelError
from securebase_analysis.models.incidence import cumulative_incidence

ID = "KID-7"
DAYS = [30, 60, 90, 120, 200, 250, 300, 365, 400, 500, 600, 730]
EXITS = ["home", "open", "breakdown", "breakdown", "home", "open", "home", "breakdown"] + ["open"] * 4


@pytest.fixture
def spells() -> pd.DataFrame:
    """Twelve placements with dates, and ids that must never be seen."""
    began = pd.Timestamp("2018-01-05") + pd.to_timedelta(np.arange(12) * 20, "D")
    return pd.DataFrame(
        {
            "child": [f"{ID}{n}" for n in range(12)],
            "carer": list("aabbccddeeff"),
            "care": ["kinship", "foster"] * 6,
            "began": began,
            "ended": began + pd.to_timedelta(DAYS, "D"),
            "days": DAYS,
            "exit": EXITS,
        }
    )


def told(error, frame, *names, **options):
    """The problems of a request that is refused."""
    with pytest.raises(error) as caught:
        cumulative_incidence(frame, *names, **options)
    assert ID not in str(caught.value)
    return {problem.code: problem for problem in caught.value.problems}


# ---- columns ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("word", "given", "fix"),
    [
        ("by", ["care"], "by='care'"),
        ("stop", ["began", "ended"], "stop='...' with the name of a column of data"),
        ("cluster", ("carer",), "cluster='carer'"),
    ],
)
def test_a_list_of_columns_is_asked_back(spells, word, given, fix):
    options = {"stop": "days", "cause": "exit", "censored": "open", word: given}
    problem = told(ModelError, spells, **options)["SB-EVENT-32"]
    assert problem.fix == fix
    assert word in problem.what


def test_a_column_itself_is_asked_back_by_its_name(spells):
    problem = told(ModelError, spells, spells["days"], spells["exit"], "open")["SB-EVENT-32"]
    assert problem.fix == "stop='days'"


@pytest.mark.parametrize(
    ("values", "fix"),
    [
        ([f"{day},5" for day in DAYS], "pd.to_numeric(data['days'].str.replace(',', '.'))"),
        ([str(day) for day in DAYS], "pd.to_numeric(data['days'])"),
        (
            [f"{day} days" for day in DAYS],
            "data['days'] = pd.to_numeric(data['days'].str.extract(r'([\\d.]+)')[0])",
        ),
    ],
)
def test_numbers_written_as_text_are_no_dates(spells, values, fix):
    problem = told(DataError, spells.assign(days=values), "days", "exit", "open")["SB-EVENT-30"]
    assert "numbers written as text" in problem.what
    assert fix in problem.fix
    assert problem.column == "days"
    repaired = {"data": spells.assign(days=values), "pd": pd}
    exec(problem.fix, repaired)
    cumulative_incidence(repaired["data"], "days", "exit", "open")


def test_columns_in_the_wrong_places(spells):
    problems = told(DataError, spells, "exit", "days", "open")
    assert "words, not days" in problems["SB-EVENT-30"].what
    assert "12 different values" in problems["SB-PLACE-14"].what
    exchanged = told(DataError, spells, "began", "exit", "open", start="ended")["SB-PLACE-01"]
    assert exchanged.fix == "Are start= and stop= exchanged?"


# ---- C4 #58: which value means that a placement had not ended ---------------------------------------------------


@pytest.mark.parametrize(
    ("open_word", "fix"),
    [("still in placement", "censored='still in placement'"), ("Open_at_freeze", "censored='Open_at_freeze'")],
)
def test_SB_PLACE_14_the_word_that_sounds_like_open_is_suggested_and_not_taken(spells, open_word, fix):
    frame = spells.assign(exit=spells["exit"].replace("open", open_word))
    assert told(DataError, frame, "days", "exit")["SB-PLACE-14"].fix.startswith(fix)


def test_SB_PLACE_14_a_word_for_a_column_of_numbers(spells):
    frame = spells.assign(status=(spells["exit"] != "open").astype(int))
    problem = told(DataError, frame, "days", "status", "open")["SB-PLACE-14"]
    assert "values 0, 1" in problem.what
    assert problem.fix.startswith("censored='0', or another of these values")


def test_SB_PLACE_14_empty_cells_beside_one_value(spells):
    """As SPSS leaves what was never coded: perhaps open, perhaps not known."""
    frame = spells.assign(status=np.where(spells["exit"] == "open", np.nan, 1.0))
    problem = told(DataError, frame, "days", "status")["SB-PLACE-14"]
    assert "only the value 1 and empty cells" in problem.what
    assert "fillna('open')" in problem.fix


# ---- C4 #45, 47, 55, 59: times ----------------------------------------------------------------------------------


def test_SB_PLACE_03_placements_of_a_child_at_once_are_told_with_both_rows(spells):
    frame = spells.copy()
    frame.loc[5, "child"] = frame.loc[4, "child"]
    result = cumulative_incidence(frame, "ended", "exit", "open", start="began")
    note = next(note for note in result.notes if "SB-PLACE-03" in note)
    assert "rows 5 and 6 first; up to 180 days in common" in note
    assert ID not in note
    apart = frame.assign(site=["north", "south"] * 6)
    result = cumulative_incidence(apart, "ended", "exit", "open", start="began")
    assert not any("SB-PLACE-03" in note for note in result.notes)
    after = frame.copy()
    after.loc[5, ["began", "ended"]] = after.loc[4, "ended"], after.loc[4, "ended"] + pd.Timedelta(days=9)
    result = cumulative_incidence(after, "ended", "exit", "open", start="began")
    assert not any("SB-PLACE-03" in note for note in result.notes)


def test_SB_PLACE_11_an_end_on_the_day_of_the_first_observation(spells):
    result = cumulative_incidence(spells.assign(seen=[30] + [0] * 11), "days", "exit", "open", start="seen")
    note = next(note for note in result.notes if "SB-PLACE-11" in note)
    assert "1 placement ended on the day of the first observation" in note
    nearly = spells.assign(seen=[30 - 1e-12] + [0] * 11)
    pd.testing.assert_frame_equal(
        cumulative_incidence(nearly, "days", "exit", "open", start="seen").tidy(), result.tidy()
    )


@pytest.mark.parametrize(
    ("first", "in_a_day", "what", "fix"),
    [
        (13_800_000_000.0, 86_400.0, "as SPSS stores dates", "- 12219379200, unit='s')"),
        (43_101.0, 1.0, "as Excel stores dates", "origin='1899-12-30')"),
    ],
)
def test_SB_PLACE_15_dates_as_spss_and_excel_store_them(spells, first, in_a_day, what, fix):
    frame = spells.assign(
        b=first + np.arange(12) * 20 * in_a_day, e=lambda rows: rows["b"] + rows["days"] * in_a_day
    )
    with pytest.raises(DataError) as caught:
        cumulative_incidence(frame, "e", "exit", "open", start="b")
    assert {problem.code for problem in caught.value.problems} == {"SB-PLACE-15"}
    assert all(what in problem.what and fix in problem.fix for problem in caught.value.problems)
    repaired = frame.assign(**{name: eval(problem.fix, {"data": frame, "pd": pd})
                               for name, problem in zip("eb", caught.value.problems)})  # fmt: skip
    assert cumulative_incidence(repaired, "e", "exit", "open", start="b").rows["days_counted"].tolist() == DAYS


def test_spss_counts_seconds_from_the_day_before_the_gregorian_calendar():
    """141,428 days lie between 14 October 1582 and the day from which Unix counts."""
    assert (np.datetime64("1970-01-01") - np.datetime64("1582-10-14")).astype(int) == 141_428
    assert 141_428 * 86_400 == 12_219_379_200


def test_years_of_the_calendar_are_no_days(spells):
    frame = spells.assign(b=spells["began"].dt.year, e=spells["ended"].dt.year)
    assert "'b' and 'e'" in told(DataError, frame, "e", "exit", "open", start="b")["SB-EVENT-31"].what


def test_months_are_told_by_days_that_nobody_reached(spells):
    frame = spells.assign(months=np.array(DAYS) / 30.4375)
    result = cumulative_incidence(frame, "months", "exit", "open", at=[365])
    assert any("SB-EVENT-33" in note and "No placement was seen up to day 365" in note for note in result.notes)
    assert result.tidy()["estimate"].isna().all()
    assert not any("SB-EVENT-33" in note for note in cumulative_incidence(frame, "months", "exit", "open").notes)


def test_a_day_that_could_be_two_is_asked_back(spells):
    problem = told(DataError, spells, "ended", "exit", "open", start="began", observed_from="03/04/2018")
    assert problem["SB-FILE-11"].column == "observed_from"
    plain = cumulative_incidence(spells, "ended", "exit", "open", start="began", observed_from="2018-04-13")
    shown = cumulative_incidence(spells, "ended", "exit", "open", start="began", observed_from="13/04/2018")
    pd.testing.assert_frame_equal(plain.tidy(), shown.tidy())


# ---- what is asked of an answer ---------------------------------------------------------------------------------


def test_weights_of_tests_are_numbers(spells):
    result = cumulative_incidence(spells, "days", "exit", "open", by="care")
    for test in (result.gray, result.log_rank):
        with pytest.raises(ModelError, match="SB-EVENT-34"):
            test(rho="1")


def test_mean_days_of_few_carers_use_t(spells):
    alone = cumulative_incidence(spells, "days", "exit", "open").restricted_mean(300).tidy()
    shared = cumulative_incidence(spells, "days", "exit", "open", cluster="carer").restricted_mean(300).tidy()
    assert (alone["df"] == np.inf).all()
    assert (shared["df"] == 5).all()
    np.testing.assert_allclose(alone["estimate"], shared["estimate"])
    width = (shared["conf_high"] - shared["conf_low"]) / (2 * shared["std_error"])
    np.testing.assert_allclose(width, 2.5705818, rtol=1e-6)


# ---- few carers -------------------------------------------------------------------------------------------------


def by_hand(frame, day, **options):
    """Errors by leaving each carer out, from as many requests as there are carers."""
    whole = cumulative_incidence(frame, "days", "exit", "open", **options)
    moved = {"at": [], "remaining": [], "mean": []}
    for carer in frame["carer"].unique():
        left = cumulative_incidence(frame[frame["carer"] != carer], "days", "exit", "open", **options)
        moved["at"].append(left.at(day)["estimate"] - whole.at(day)["estimate"])
        moved["remaining"].append(left.remaining(day)["estimate"] - whole.remaining(day)["estimate"])
        moved["mean"].append(
            left.restricted_mean(day).tidy()["estimate"] - whole.restricted_mean(day).tidy()["estimate"]
        )
    n = frame["carer"].nunique()
    return {name: np.sqrt((n - 1) / n * (np.array(parts) ** 2).sum(axis=0)) for name, parts in moved.items()}


@pytest.fixture(scope="module")
def carers() -> pd.DataFrame:
    random = np.random.default_rng(3)
    carer = np.repeat(np.arange(30), random.integers(1, 5, 30))
    days = np.ceil(random.exponential(300 * random.gamma(2, 0.5, 30)[carer])).astype(int) + 400 * (carer == 3)
    exits = random.choice(["home", "breakdown", "open"], len(carer), p=[0.4, 0.4, 0.2])
    return pd.DataFrame(
        {"carer": carer, "days": days, "exit": exits, "care": np.where(carer % 2, "kin", "foster")}
    )


def test_the_jackknife_leaves_each_carer_out(carers):
    expected = by_hand(carers, 200)
    result = cumulative_incidence(carers, "days", "exit", "open", cluster="carer", errors="jackknife")
    np.testing.assert_allclose(result.at(200)["std_error"], expected["at"], rtol=1e-12)
    np.testing.assert_allclose(result.remaining(200)["std_error"], expected["remaining"], rtol=1e-12)
    np.testing.assert_allclose(result.restricted_mean(200).tidy()["std_error"], expected["mean"], rtol=1e-12)
    assert any("30 clusters, each left out in turn" in note for note in result.notes)
    by_influence = cumulative_incidence(carers, "days", "exit", "open", cluster="carer")
    ratio = result.at(200)["std_error"] / by_influence.at(200)["std_error"]
    assert ((ratio > 1.0) & (ratio < 1.3)).all()


def test_the_jackknife_of_groups_and_of_rows(carers):
    result = cumulative_incidence(carers, "days", "exit", "open", by="care", cluster="carer", errors="jackknife")
    at = result.at(200)
    for name, part in carers.groupby("care"):
        rows = at[at["group"] == name]
        np.testing.assert_allclose(rows["std_error"], by_hand(part, 200)["at"], rtol=1e-12)
    means = result.restricted_mean(150).tidy().query("term == 'days in placement'")
    each, difference = (
        means.query("effect == 'mean'")["std_error"],
        means.query("effect == 'difference'")["std_error"],
    )
    assert difference.iloc[0] == pytest.approx(np.hypot(*each))  # no carer has children in both groups
    alone = cumulative_incidence(carers, "days", "exit", "open", errors="jackknife").at(200)
    plain = cumulative_incidence(carers, "days", "exit", "open").at(200)
    np.testing.assert_allclose(alone["std_error"], plain["std_error"], rtol=0.05)


def test_a_jackknife_that_takes_minutes_is_refused():
    n = 12_000
    frame = pd.DataFrame({"days": np.arange(n) + 1, "exit": "home"})
    problem = told(ModelError, frame, "days", "exit", [], errors="jackknife")["SB-EVENT-35"]
    assert problem.fix == "errors='influence'"


@pytest.mark.parametrize(("values", "word"), [((True, False), "True"), ((1, 0), "1")])
@pytest.mark.parametrize("name", ["open", "still_open", "Ongoing"])
def test_SB_PLACE_14_true_is_no_exit_in_a_column_called_open(spells, values, word, name):
    spells[name] = np.where(spells["exit"] == "open", *values)
    problem = told(DataError, spells, "days", name)["SB-PLACE-14"]
    assert problem.fix.startswith(f"censored='{word}'")
    right = cumulative_incidence(spells, "days", name, word).tidy()
    plain = cumulative_incidence(spells.assign(ended=spells["exit"] != "open"), "days", "ended").tidy()
    np.testing.assert_allclose(right["estimate"], plain["estimate"])


@pytest.mark.parametrize(("name", "factor"), [("months", 30.4375), ("time_in_years", 365.25), ("Weeks", 7.0)])
def test_SB_PLACE_15_a_column_named_for_another_unit_is_told(spells, name, factor):
    spells[name] = (spells["days"] / factor).clip(upper=20.0)
    notes = cumulative_incidence(spells, name, "exit", "open").notes
    (note,) = [note for note in notes if "SB-PLACE-15" in note]
    assert "it was read as days" in note
    spells[name] = spells["days"] * 30.0
    assert not [note for note in cumulative_incidence(spells, name, "exit", "open").notes if "SB-PLACE-15" in note]


def test_SB_FILE_16_a_code_for_not_known_is_told(spells):
    spells["code"] = spells["exit"].map({name: place for place, name in enumerate(sorted(set(spells["exit"])))})
    still = int(spells.loc[spells["exit"] == "open", "code"].iloc[0])
    assert not [n for n in cumulative_incidence(spells, "days", "code", still).notes if "SB-FILE-16" in n]
    spells.loc[spells.index[:3], "code"] = 99
    (note,) = [n for n in cumulative_incidence(spells, "days", "code", still).notes if "SB-FILE-16" in n]
    assert note.startswith("3 rows have 99 in column 'code'")
