"""Days with carers and the weights made of them: by hand, day by day, and with bad placements (C4: 45-48)."""

import numpy as np
import pandas as pd
import pytest

from securebase_analysis.errors import DataError, ModelError
from securebase_analysis.measures.scoring import score_dimensions
from securebase_analysis.models.carers.days import carer_days
from securebase_analysis.models.carers.memberships import membership

IDS = ("robin", "finch", "heron", "K01", "K02", "K03")


@pytest.fixture
def placements():
    rows = [
        ("robin", "K01", "2019-12-31", "2020-07-01"),
        ("robin", "K02", "2020-07-01", "2020-07-31"),
        ("robin", "K01", "2020-08-01", None),
        ("finch", "K03", "2020-01-01", None),
        ("heron", "K03", "2020-02-01", "2020-12-31"),
    ]
    return pd.DataFrame(rows, columns=["child", "carer", "start", "end"])


@pytest.fixture
def waves():
    rows = [
        ("robin", 1, "2020-01-01"),
        ("robin", 2, "2021-01-01"),
        ("robin", 3, "2021-01-31"),
        ("finch", 1, "2020-01-01"),
        ("heron", 1, "2020-12-31"),
    ]
    return pd.DataFrame(rows, columns=["child", "wave", "date"])


def counted(days):
    return {row[:-1]: row[-1] for row in days.frame.itertuples(index=False, name=None)}


def refusal(verb, *args, error=DataError, **options):
    with pytest.raises(error) as caught:
        verb(*args, **options)
    assert not any(name in str(caught.value) for name in IDS)
    return {problem.code: problem for problem in caught.value.problems}


# ---- counting days ---------------------------------------------------------------------------------------------


def test_days_since_the_wave_before_by_hand(placements, waves):
    days = carer_days(placements, waves)
    assert list(days.frame) == ["child", "wave", "carer", "days"]
    assert counted(days) == {
        ("robin", 1, "K01"): 2,  # 31 December and 1 January
        # 2 January to 30 June are 181 days; July is 31; August to 1 January are 154
        ("robin", 2, "K01"): 181 + 154,
        ("robin", 2, "K02"): 31,
        ("robin", 3, "K01"): 30,
        ("finch", 1, "K03"): 1,
        ("heron", 1, "K03"): 335,
    }
    assert days.problems == ()


def test_days_since_the_start_of_care_by_hand(placements, waves):
    assert counted(carer_days(placements, waves, since="start of care")) == {
        ("robin", 1, "K01"): 2,
        ("robin", 2, "K01"): 183 + 154,
        ("robin", 2, "K02"): 31,
        ("robin", 3, "K01"): 183 + 184,
        ("robin", 3, "K02"): 31,
        ("finch", 1, "K03"): 1,
        ("heron", 1, "K03"): 335,
    }


def test_a_window_of_days_by_hand(placements, waves):
    days = counted(carer_days(placements, waves, since=160))
    assert (days["robin", 2, "K01"], days["robin", 2, "K02"]) == (154, 6)
    assert days["robin", 3, "K01"] == 160
    assert days["finch", 1, "K03"] == 1


def day_by_day(placements, waves):
    """Every day by itself: who had the child that night."""
    count = {}
    for wave in waves.itertuples():
        mine = placements[placements["child"] == wave.child].sort_values(["start", "end"])
        earlier = waves[(waves["child"] == wave.child) & (waves["date"] < wave.date)]["date"]
        first = earlier.max() + pd.Timedelta(days=1) if len(earlier) else mine["start"].min()
        for day in pd.date_range(first, wave.date):
            there = mine[(mine["start"] <= day) & ~(mine["end"] < day)]
            if len(there):
                key = (wave.child, wave.wave, there.iloc[-1]["carer"])
                count[key] = count.get(key, 0) + 1
    return count


def test_the_count_is_that_of_every_day_by_itself():
    rng = np.random.default_rng(5)
    spells, dates = [], []
    for child in range(8):
        day = pd.Timestamp("2020-01-01") + pd.Timedelta(days=int(rng.integers(200)))
        for _ in range(rng.integers(1, 6)):
            end = day + pd.Timedelta(days=int(rng.choice([0, 1, 5, 40, 90])))
            spells.append((f"c{child}", f"k{rng.integers(6)}", day, end))
            day = end + pd.Timedelta(days=int(rng.choice([0, 0, 1, 1, 20])))
        spells.append((f"c{child}", f"k{rng.integers(6)}", day, pd.NaT))
        first = spells[-1][2] - pd.Timedelta(days=int(rng.integers(-40, 100)))
        first = max(first, pd.Timestamp("2020-08-01"))
        dates += [(f"c{child}", wave, first + pd.Timedelta(days=180 * wave)) for wave in range(3)]
    placements = pd.DataFrame(spells, columns=["child", "carer", "start", "end"])
    waves = pd.DataFrame(dates, columns=["child", "wave", "date"])
    shuffled = carer_days(placements.sample(frac=1, random_state=1), waves.sample(frac=1, random_state=2))
    assert counted(shuffled) == day_by_day(placements, waves)


def test_a_study_gives_its_own_tables(sample_study):
    days = carer_days(sample_study)
    assert list(days.frame) == ["site", "child", "wave", "carer", "days"]
    seen = sample_study.waves[sample_study.waves["status"] == "seen"]
    assert len(days.frame[["site", "child", "wave"]].drop_duplicates()) == len(seen)
    assert not days.frame.duplicated(["site", "child", "wave", "carer"]).any()
    at_wave = days.frame.merge(seen[["site", "child", "wave", "carer"]])
    assert len(at_wave) >= 0.98 * len(seen)  # who has the child on the day has it at least that day
    assert {problem.code for problem in days.problems} == {"SB-PLACE-32"}
    assert not any(child in str(days.problems) + repr(days) for child in sample_study.children["child"])


def test_waves_can_be_those_of_scores(sample_study):
    scores = score_dimensions(sample_study, informant="teacher")
    days = carer_days(sample_study, scores)
    assert len(days.frame[["site", "child", "wave"]].drop_duplicates()) == len(scores.occasions)


# ---- bad placements --------------------------------------------------------------------------------------------


def test_45_an_end_before_the_start(placements, waves):
    placements.loc[4, "end"] = "2020-01-15"
    problem = refusal(carer_days, placements, waves)["SB-PLACE-01"]
    assert (problem.severity, problem.table, problem.column, problem.rows) == ("stop", "placements", "end", (5,))


def test_46_two_open_placements(placements, waves):
    placements.loc[5] = ("finch", "K01", "2020-06-01", None)
    problem = refusal(carer_days, placements, waves)["SB-PLACE-02"]
    assert (problem.severity, problem.column, problem.rows) == ("stop", "end", (4, 6))
    assert "respite" in problem.fix


def test_47_overlapping_placements_show_both_rows(placements, waves):
    placements.loc[1, "start"] = "2020-06-20"
    problem = refusal(carer_days, placements, waves)["SB-PLACE-03"]
    assert (problem.severity, problem.column, problem.rows) == ("stop", "start", (1, 2))


def test_47_an_open_placement_before_another(placements, waves):
    placements.loc[0, "end"] = None
    problems = refusal(carer_days, placements, waves)
    assert problems["SB-PLACE-03"].rows == (1, 2)
    assert problems["SB-PLACE-02"].rows == (1, 3)


def test_48_days_between_placements_count_for_nobody(placements, waves):
    placements.loc[1, "end"] = "2020-07-11"
    days = carer_days(placements, waves)
    assert counted(days)["robin", 2, "K02"] == 11
    (problem,) = days.problems
    assert (problem.code, problem.severity, problem.table) == ("SB-PLACE-04", "warn", "waves")
    assert problem.rows == (2,)
    assert "20 of 366" in problem.what
    assert "SB-PLACE-04" in days.notes[0]


def test_a_placement_without_start_child_or_carer(placements, waves):
    placements.loc[3, "start"] = None
    placements.loc[4, "child"] = None
    problems = refusal(carer_days, placements, waves)
    assert (problems["SB-PLACE-30"].rows, problems["SB-ID-09"].rows) == ((4,), (5,))
    assert problems["SB-ID-09"].table == "placements"


def test_days_of_nobody_by_name_are_told(placements, waves):
    placements.loc[1, "carer"] = ""
    days = carer_days(placements, waves)
    assert ("robin", 2, "") not in counted(days)
    (problem,) = days.problems
    assert (problem.code, problem.severity, problem.rows) == ("SB-PLACE-32", "warn", (2,))


def test_children_without_placements_and_waves_before_care_are_listed(placements, waves):
    waves.loc[5] = ("wren", 1, "2020-05-05")
    waves.loc[6] = ("heron", 0, "2019-05-05")
    days = carer_days(placements, waves)
    (problem,) = days.problems
    assert (problem.code, problem.severity, problem.rows) == ("SB-PLACE-33", "warn", (6, 7))
    assert not {"wren"} & set(days.frame["child"])


def test_waves_without_a_date_are_listed(placements, waves):
    waves.loc[2, "date"] = None
    (problem,) = carer_days(placements, waves).problems
    assert (problem.code, problem.rows, problem.column) == ("SB-PLACE-31", (3,), "date")


def test_25_ids_as_numbers_and_as_text(placements, waves):
    numbers = {"robin": 1, "finch": 2, "heron": 3}
    problem = refusal(carer_days, placements, waves.assign(child=waves["child"].map(numbers)))["SB-ID-04"]
    assert problem.column == "child"


def test_24_the_same_id_at_two_sites(placements, waves):
    both = pd.concat([placements.assign(site="n"), placements.assign(site="s", carer="K" + placements["carer"])])
    assert refusal(carer_days, both, waves)["SB-ID-03"].rows == tuple(range(1, 11))
    days = carer_days(both, pd.concat([waves.assign(site="n"), waves.assign(site="s")]))
    assert counted(days)["s", "robin", 2, "KK02"] == 31
    assert len(days.frame) == 12


def test_what_is_asked_for_must_have_a_meaning(placements, waves):
    for since in (0, -3, True, "birth"):
        assert "SB-MODEL-30" in refusal(carer_days, placements, waves, error=ModelError, since=since)
    assert "SB-MODEL-41" in refusal(carer_days, placements, error=ModelError)
    assert refusal(carer_days, placements.drop(columns="carer"), waves, error=ModelError)[
        "SB-MODEL-03"
    ].column == ("carer")


def test_nothing_that_was_given_is_changed(placements, waves):
    before = placements.copy(), waves.copy()
    carer_days(placements, waves)
    pd.testing.assert_frame_equal(placements, before[0])
    pd.testing.assert_frame_equal(waves, before[1])


# ---- weights ---------------------------------------------------------------------------------------------------


def test_weights_are_shares_of_days_by_hand(placements, waves):
    rows = waves.iloc[[1, 4, 0, 3, 2]]
    weights, keys, problems = membership(rows, carer_days(placements, waves))
    assert keys["carer"].tolist() == ["K01", "K02", "K03"]
    by_hand = [[335 / 366, 31 / 366, 0], [0, 0, 1], [1, 0, 0], [0, 0, 1], [1, 0, 0]]
    np.testing.assert_allclose(weights.toarray(), by_hand, rtol=1e-15)
    assert weights.format == "csr"
    (note,) = problems
    assert (note.code, note.severity, note.rows) == ("SB-PLACE-36", "note", (1,))
    assert "In 1 of 5 rows the child belongs to several carers (2 at most)" in note.what


def test_weights_of_a_table_of_ones_own_hold_at_every_wave(waves):
    shares = pd.DataFrame({"child": ["robin", "robin", "robin", "finch", "heron"], "carer": [*"ABABB"],
                           "weight": [1.0, 1.0, 2.0, 0.2, 7.0]})  # fmt: skip
    weights, _, problems = membership(waves, shares)
    np.testing.assert_allclose(weights.toarray(), [[0.75, 0.25]] * 3 + [[0, 1]] * 2)
    assert "shares of 'weight'" in problems[0].what


def test_no_days_with_a_carer_is_no_membership(waves):
    shares = pd.DataFrame(
        {"child": ["robin", "robin", "finch", "heron"], "carer": [*"ABAA"], "days": [9, 0, 1, 1]}
    )
    weights, keys, (note,) = membership(waves, shares)
    assert keys["carer"].tolist() == ["A"]
    assert weights.nnz == len(waves)
    assert note.rows == ()


def test_one_carer_each_is_a_plain_factor(placements, waves):
    weights, _, (note,) = membership(waves, carer_days(placements, waves, since=30))
    assert (weights.toarray().max(axis=1) == 1).all()
    assert "one carer alone" in note.what


def test_carers_of_no_row_are_no_levels(placements, waves):
    weights, keys, _ = membership(waves[waves["child"] == "finch"], carer_days(placements, waves))
    assert keys["carer"].tolist() == ["K03"]
    assert weights.toarray().tolist() == [[1.0]]


def test_what_was_told_of_the_days_is_told_again(placements, waves):
    placements.loc[1, "carer"] = None
    _, _, problems = membership(waves, carer_days(placements, waves))
    assert [problem.code for problem in problems] == ["SB-PLACE-32", "SB-PLACE-36"]


def test_the_same_carer_id_at_two_sites_is_two_carers(placements, waves):
    both = pd.concat([placements.assign(site="n"), placements.assign(site="s")])
    seen = pd.concat([waves.assign(site="n"), waves.assign(site="s")])
    weights, keys, problems = membership(seen, carer_days(both, seen))
    assert list(keys) == ["site", "carer"]
    assert weights.shape == (10, 6)
    assert "SB-ID-03" in {problem.code for problem in problems}
    named = seen.drop(columns="site")
    assert "SB-ID-03" in refusal(membership, named, carer_days(both, seen))


def test_rows_that_belong_to_nobody_stop(placements, waves):
    days = carer_days(placements, waves)
    more = pd.concat([waves, pd.DataFrame({"child": ["finch"], "wave": [2]})])
    problem = refusal(membership, more, days)["SB-PLACE-34"]
    assert (problem.severity, problem.column, problem.rows) == ("stop", "carer", (6,))
    assert "not dropped" in problem.done


def test_weights_that_are_no_weights_stop(waves):
    shares = pd.DataFrame({"child": ["robin", "robin", "finch", "heron"], "carer": ["A", "B", "A", "B"],
                           "weight": [1.0, -0.5, np.nan, 1.0]})  # fmt: skip
    assert refusal(membership, waves, shares)["SB-PLACE-35"].rows == (2, 3)
    assert refusal(membership, waves, shares.assign(weight="much"))["SB-MODEL-02"].column == "weight"
    endless = shares.assign(weight=[np.inf, 1, 1, 1])
    assert refusal(membership, waves, endless)["SB-MODEL-15"].rows == (1,)
    zero = shares.assign(weight=[0.0, 0.0, 1, 1])
    assert refusal(membership, waves, zero)["SB-PLACE-34"].rows == (1, 2, 3)


def test_members_without_a_name_or_a_column(placements, waves):
    days = carer_days(placements, waves).frame
    assert refusal(membership, waves, days.assign(carer=None))["SB-ID-09"].column == "carer"
    without = refusal(membership, waves, days.drop(columns="days"), error=ModelError)
    assert without["SB-MODEL-03"].column == "days"
    assert "SB-MODEL-03" in refusal(membership, waves.drop(columns="wave"), days, error=ModelError)
    assert "SB-MODEL-41" in refusal(membership, waves, "carer", error=ModelError)
    text = refusal(membership, waves.assign(wave=waves["wave"].astype(str)), days)
    assert text["SB-ID-04"].column == "wave"


def test_the_sample_study_has_weights_for_every_score(sample_study, sample_scores):
    wide = sample_scores.wide()
    weights, keys, problems = membership(wide, carer_days(sample_study))
    np.testing.assert_allclose(weights.sum(axis=1), 1.0, rtol=1e-14)
    assert weights.shape == (len(wide), len(keys))
    moved = (np.diff(weights.indptr) > 1).sum()
    assert f"In {moved} of {len(wide)} rows" in problems[-1].what
    assert moved > 10
