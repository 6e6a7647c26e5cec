"""The status of every child at every wave, and the denominators that follow from it."""

from __future__ import annotations

import pandas as pd
import pytest


def status(cohort, child, wave):
    waves = cohort.read().waves
    row = waves[(waves["child"] == child) & (waves["wave"] == wave)]
    assert len(row) == 1
    return row["status"].iloc[0]


def unseen(cohort, *rows):
    """Take every trace of some visits away."""
    for name in ("waves", "visit"):
        cohort.tables[name] = cohort.tables[name].drop(index=list(rows))


def test_one_row_for_every_child_and_wave(cohort):
    unseen(cohort, 1, 2, 5, 31)
    waves = cohort.read().waves
    assert len(waves) == 36
    assert not waves.duplicated(["site", "child", "wave"]).any()
    assert waves["status"].value_counts().to_dict() == {"seen": 32, "lost": 4}


@pytest.mark.parametrize("kept", ["waves", "visit", "ratings", "interviews"])
def test_seen_when_there_is_anything(cohort, kept):
    visit = {"waves": 1, "visit": 1, "ratings": 0, "interviews": 0}[kept]
    frames = {name: cohort.tables[name] for name in ("waves", "visit", "ratings", "interviews")}
    for name, frame in frames.items():
        if name != kept:
            here = (frame["child"] == "kestrel") & (frame["wave"] == visit + 1)
            cohort.tables[name] = frame[~here]
    assert status(cohort, "kestrel", visit + 1) == "seen"


def test_an_empty_form_is_no_visit(cohort):
    cohort.tables["waves"] = cohort.tables["waves"].drop(index=1)
    cohort.tables["visit"].loc[1, ["date", "v1", "v2", "v3", "v4"]] = ""
    assert status(cohort, "kestrel", 2) == "lost"


def test_a_form_of_refusals_is_a_refusal(cohort):
    cohort.tables["waves"] = cohort.tables["waves"].drop(index=1)
    cohort.tables["visit"].loc[1, "date"] = ""
    cohort.tables["visit"].loc[1, ["v1", "v2", "v3", "v4"]] = 66
    assert status(cohort, "kestrel", 2) == "refused"


@pytest.mark.parametrize("word", ["refused", "declined", "Refusal "])
def test_what_the_file_says(cohort, word):
    cohort.tables["visit"] = cohort.tables["visit"].drop(index=1)
    cohort.tables["waves"]["status"] = ""
    cohort.tables["waves"]["reason"] = ""
    cohort.tables["waves"].loc[1, ["status", "reason"]] = [word, "moved house"]
    study = cohort.read()
    row = study.waves[(study.waves["child"] == "kestrel") & (study.waves["wave"] == 2)].iloc[0]
    assert (row["status"], row["reason"]) == ("refused", "moved house")


@pytest.mark.parametrize(
    ("reason", "expected"),
    [("adopted", "left care"), ("returned home", "left care"), ("died", "died"), ("breakdown", "lost")],
)
def test_118_a_child_who_left_care_is_not_lost(cohort, reason, expected):
    unseen(cohort, 2)
    cohort.tables["placements"].loc[0, ["end", "end_reason"]] = ["2022-06-01", reason]
    assert status(cohort, "kestrel", 3) == expected


def test_leaving_care_after_the_wave_was_due_does_not_count(cohort):
    unseen(cohort, 1)
    cohort.tables["placements"].loc[0, ["end", "end_reason"]] = ["2022-03-02", "adopted"]
    assert status(cohort, "kestrel", 2) == "lost"
    cohort.tables["placements"].loc[0, "end"] = "2022-02-27"
    assert status(cohort, "kestrel", 2) == "left care"


def test_back_in_care_is_due_again(cohort):
    unseen(cohort, 2)
    placements = cohort.tables["placements"]
    placements.loc[0, ["end", "end_reason"]] = ["2022-06-01", "returned home"]
    back = placements.loc[[0]].assign(start="2022-09-01", end="", end_reason="")
    cohort.tables["placements"] = pd.concat([placements, back], ignore_index=True)
    assert status(cohort, "kestrel", 3) == "lost"


def test_not_yet_due_after_the_data_freeze(cohort):
    frozen = pd.to_datetime(cohort.tables["waves"]["date"]) > "2023-04-01"
    unseen(cohort, *frozen.to_numpy().nonzero()[0])
    cohort.study["data_freeze"] = "2023-04-01"
    study = cohort.read()
    third = study.waves[study.waves["wave"] == 3].set_index("child")["status"]
    assert third["kestrel"] == "seen"
    assert third["chiffchaff"] == "not yet due"
    assert third.value_counts().to_dict() == {"seen": 5, "not yet due": 7}


def test_not_asked_where_nobody_of_the_site_was(cohort):
    waves = cohort.tables["waves"]
    rows = waves.index[(waves["site"] == "Brandon") & (waves["wave"] == 2)]
    unseen(cohort, *rows)
    unseen(cohort, 1)
    counts = cohort.read().waves.query("wave == 2").groupby(["site", "status"]).size().to_dict()
    assert counts == {("Ashford", "seen"): 5, ("Ashford", "lost"): 1, ("Brandon", "not asked"): 6}


def test_a_child_who_joined_at_the_second_wave_is_due_a_year_later(cohort):
    unseen(cohort, 0, 2)
    cohort.tables["ratings"] = cohort.tables["ratings"].drop(index=0)
    cohort.tables["interviews"] = cohort.tables["interviews"].drop(index=0)
    cohort.tables["placements"].loc[0, ["end", "end_reason"]] = ["2023-02-20", "aged out"]
    assert status(cohort, "kestrel", 3) == "left care"
    cohort.tables["placements"].loc[0, "end"] = "2023-03-05"
    assert status(cohort, "kestrel", 3) == "lost"


def test_the_carer_is_that_of_the_placement_on_the_day(cohort):
    placements = cohort.tables["placements"]
    placements.loc[3, ["end", "end_reason"]] = ["2022-01-01", "planned move"]
    later = placements.loc[[3]].assign(start="2022-01-01", end="", end_reason="", carer="K05")
    cohort.tables["placements"] = pd.concat([placements, later], ignore_index=True)
    waves = cohort.read().waves
    assert waves[waves["child"] == "wagtail"]["carer"].tolist() == ["K03", "K05", "K05"]
    cohort.tables["waves"]["carer"] = ""
    cohort.tables["waves"].loc[9, "carer"] = "K07"
    waves = cohort.read().waves
    assert waves[waves["child"] == "wagtail"]["carer"].tolist() == ["K07", "K05", "K05"]


def test_counts_have_their_denominators(cohort):
    unseen(cohort, 1, 2, 5, 8)
    cohort.tables["placements"].loc[2, ["end", "end_reason"]] = ["2022-06-01", "special guardianship"]
    counts = cohort.read().wave_status_frame().set_index("wave")
    assert counts.loc[3, ["seen", "lost", "left care", "children", "due"]].tolist() == [9, 2, 1, 12, 11]
    assert counts.loc[3, "percent_seen"] == pytest.approx(100 * 9 / 11)
    assert counts.loc[2, ["seen", "lost", "due"]].tolist() == [11, 1, 12]
    assert counts.loc[1, "label"] == "Start"


def test_children_without_a_record_have_rows_only_where_they_were_seen(cohort):
    cohort.tables["visit"].loc[4, "child"] = "linnet"
    cohort.ids.append("linnet")
    waves = cohort.read().waves
    assert waves[waves["child"] == "linnet"][["wave", "status"]].to_numpy().tolist() == [[2, "seen"]]
    assert len(waves) == 37


def test_an_appointment_is_no_visit(cohort):
    unseen(cohort, *range(2, 36, 3))
    planned = cohort.tables["waves"].loc[[1, 4, 7]].assign(wave=3, date="2025-06-01")
    cohort.tables["waves"] = pd.concat([cohort.tables["waves"], planned], ignore_index=True)
    third = cohort.read().waves.query("wave == 3")["status"]
    assert set(third) == {"not asked", "not yet due"}
    cohort.study["data_freeze"] = "2023-01-01"
    assert set(cohort.read().waves.query("wave == 3")["status"]) == {"not yet due"}


def test_own_columns_of_the_wave_file_stay(cohort):
    cohort.tables["waves"]["stress"] = range(36)
    waves = cohort.read().waves
    assert waves[waves["child"] == "kestrel"]["stress"].tolist() == [0, 1, 2]


@pytest.mark.parametrize("left", ["visit", "ratings", "interviews"])
def test_a_study_of_one_kind_of_data_alone(cohort, left):
    """Whatever a study lacks, its waves are found; without placements nobody has left care."""
    cohort.sections = {
        name: settings for name, settings in cohort.sections.items() if f'"{left}.' in " ".join(settings.values())
    }
    waves = cohort.read().waves
    assert set(waves["status"]) <= {"seen", "not asked", "lost"}
    assert (waves["status"] == "seen").sum() == len(cohort.tables[left])


def test_a_study_without_placements(cohort):
    del cohort.sections["[placements]"]
    assert len(cohort.read().waves) == 36
