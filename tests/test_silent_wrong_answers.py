"""Nineteen inputs to which the usual tools answer with a plain wrong number; none is given here.

Each either stops with its rows, or is answered rightly with a note that tells what was found.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import securebase_analysis as sb
from securebase_analysis.errors import Problem, SecureBaseError
from securebase_analysis.readers.dates import to_date
from securebase_analysis.results.glossary import GLANCE_MORE

NAMES = (
    "kestrel",
    "dunnock",
    "siskin",
    "wagtail",
    "bunting",
    "warbler",
    "whinchat",
    "nuthatch",
    "redwing",
    "brambling",
)


def refused(code: str, verb: Any, *given: Any, **options: Any) -> Problem:
    """What stops, after a look that it names no child."""
    with pytest.raises(SecureBaseError) as caught:
        verb(*given, **options)
    (problem,) = [one for one in caught.value.problems if one.code == code]
    assert problem.severity == "stop"
    assert problem.fix
    assert not any(name in str(caught.value) for name in NAMES)
    return problem


def noted(result: Any, code: str) -> str:
    """The one note with this code, after a look that no note names a child."""
    assert not any(name in note for name in NAMES for note in result.notes)
    (note,) = [note for note in result.notes if code in note]
    return note


def spells(**columns: Any) -> pd.DataFrame:
    random = np.random.default_rng(1)
    frame = pd.DataFrame(
        {
            "stop": random.integers(30, 900, 60).astype(float),
            "event": random.choice([0, 1], 60),
            "difficulty": random.normal(20, 5, 60),
        }
    )
    return frame.assign(**columns)


def panel() -> pd.DataFrame:
    """Ten children at three waves, all seen."""
    random = np.random.default_rng(2)
    years = np.tile([0.0, 1.0, 2.0], 10)
    child = np.repeat(random.normal(0, 4, 10), 3)
    trust = 50 + 2 * years + child + random.normal(0, 3, 30)
    return pd.DataFrame(
        {"child": np.repeat(NAMES, 3), "wave": np.tile([1, 2, 3], 10), "years": years, "trust": trust}
    )


def one_scale() -> sb.Codebook:
    waves = [{"wave": wave, "aliases": [f"T{wave}"], "months": 12 * (wave - 1)} for wave in (1, 2, 3)]
    items = [
        {"item": item, "instrument": "visit", "construct": "trust", "low": 0, "high": 4} for item in ("v1", "v2")
    ]
    instruments = [{"instrument": "visit", "informants": ["carer"], "minimum_answered": 1}]
    return sb.make_codebook("Pilot", "1", {"instruments": instruments, "items": items, "waves": waves})


def test_01_events_coded_1_and_2_are_not_all_events():
    data = spells(event=np.tile([1, 2], 30))
    problem = refused("SB-PLACE-14", sb.fit_disruption, data, "difficulty")
    assert "values 1, 2" in problem.what
    assert sb.fit_disruption(data, "difficulty", event={"event": 2}).glance()["n_events"].item() == 30
    refused("SB-PLACE-14", sb.cumulative_incidence, data, "stop", "event")


def test_02_a_placement_of_negative_length_is_refused_with_its_row():
    data = spells()
    data.loc[11, "stop"] = -28.0
    assert refused("SB-PLACE-01", sb.fit_disruption, data, "difficulty").rows == (12,)
    open_or_not = data.assign(exit=data["event"].map({0: "open", 1: "ended"}))
    found = refused("SB-PLACE-01", sb.cumulative_incidence, open_or_not, "stop", "exit", censored="open")
    assert found.rows == (12,)


def test_03_two_placements_of_a_child_at_once_are_refused_with_both_rows():
    data = pd.DataFrame(
        {
            "child": [*NAMES[:1] * 2, *NAMES[1:7]],
            "start": [0.0, 80, 0, 100, 0, 0, 0, 0],
            "stop": [100.0, 200, 100, 180, 90, 300, 40, 120],
            "event": [0, 1, 0, 1, 1, 0, 1, 0],
            "difficulty": [3.0, 1, 4, 1, 5, 9, 2, 6],
        }
    )
    problem = refused("SB-PLACE-03", sb.fit_disruption, data, "difficulty", start="start")
    assert problem.rows == (1, 2)
    assert "by up to 20 days" in problem.what


def test_04_columns_that_end_in_t1_and_t2_are_no_empty_table(tmp_path: Path):
    wide = pd.DataFrame({"child": [f"K{number:03d}" for number in range(61)]})
    for wave in (1, 2, 3):
        wide[[f"v1_T{wave}", f"v2_T{wave}"]] = np.arange(122).reshape(61, 2) % 5
    wide.to_csv(tmp_path / "wide.csv", index=False)
    read = sb.read_questionnaire(tmp_path / "wide.csv", one_scale())
    assert len(read.wide) == 183
    assert read.wide.groupby("wave").size().to_dict() == {1: 61, 2: 61, 3: 61}
    assert any("SB-WAVE-02" in note and "3 waves" in note for note in read.notes)


def test_05_ids_that_occur_at_two_sites_are_two_children_and_make_no_further_rows():
    data = pd.concat([panel().assign(site="Leeds"), panel().assign(site="Hull", trust=panel()["trust"] + 5)])
    result = sb.fit_growth(data, "trust ~ years")
    glance = result.glance()
    assert (glance["n_rows"].item(), glance["n_groups"].item()) == (60, 20)
    assert "10 child ids occurred at more than one site" in noted(result, "SB-ID-03")


def test_06_the_zeros_of_007_stay(tmp_path: Path):
    (tmp_path / "ids.csv").write_text("child,sdq\n007,12\n012,9\n", encoding="utf-8")
    table = sb.read_table(tmp_path / "ids.csv")
    assert table.frame["child"].tolist() == ["007", "012"]
    assert [problem.code for problem in table.assumptions] == ["SB-FILE-05"]


def test_07_initials_na_and_placement_none_are_words(tmp_path: Path):
    (tmp_path / "coders.csv").write_text("coder,placement,name\nNA,None,Null\nJB,foster,Ray\n", encoding="utf-8")
    table = sb.read_table(tmp_path / "coders.csv")
    assert table.frame.iloc[0].tolist() == ["NA", "None", "Null"]
    assert {problem.code for problem in table.assumptions} == {"SB-FILE-06"}


def test_08_a_day_that_could_be_two_is_asked_back():
    dates, problems = to_date(pd.Series(["03/04/2021", "05/06/2021"], name="seen"), table="visits")
    assert dates.isna().all()
    (problem,) = problems
    assert (problem.code, problem.severity, problem.rows) == ("SB-FILE-11", "stop", (1, 2))
    assert "date_order='dmy'" in problem.fix
    told, _ = to_date(pd.Series(["03/04/2021"], name="seen"), table="visits", date_order="dmy")
    assert told.dt.strftime("%Y-%m-%d").tolist() == ["2021-04-03"]


def test_09_a_day_number_of_a_spreadsheet_is_its_day_and_not_1970():
    dates, problems = to_date(pd.Series([44197, 44198], name="seen"), table="visits")
    assert dates.dt.strftime("%Y-%m-%d").tolist() == ["2021-01-01", "2021-01-02"]
    assert [(problem.code, problem.rows) for problem in problems] == [("SB-FILE-10", (1, 2))]


def test_10_a_scale_of_which_nothing_was_answered_is_not_zero():
    data = pd.DataFrame({"child": NAMES[:4], "wave": 1, "v1": [1, 2, np.nan, 3], "v2": [1, 2, np.nan, 4]})
    scores = sb.score_dimensions(data, one_scale())
    assert scores.frame.set_index("child")["score"].isna().tolist() == [False, False, True, False]
    assert "The score is missing, not 0" in noted(scores, "SB-ITEM-06")


def test_11_items_that_were_not_reversed_are_named_beside_a_negative_alpha():
    random = np.random.default_rng(3)
    trait = random.normal(size=(200, 1))
    sides = np.array([1, -1, 1, -1])
    items = pd.DataFrame(trait * sides + 0.5 * random.normal(size=(200, 4)), columns=["q1", "q2", "q3", "q4"])
    result = sb.assess_reliability(items)
    assert result.tidy().set_index("term").loc["cronbach_alpha", "estimate"] < 0.0
    assert "if reversed" in noted(result, "SB-ITEM-02")
    assert not result.diagnostics()["ok"].all()


def test_12_children_who_miss_a_wave_stay_in_and_are_counted():
    result = sb.fit_growth(panel().drop(index=[1, 8, 20]), "trust ~ years")
    glance = result.glance()
    assert (glance["n_rows"].item(), glance["n_groups"].item()) == (27, 10)
    note = noted(result, "SB-WAVE-60")
    assert note.startswith("3 of 10 children lack a row at one or more of 3 waves.")
    assert "Nobody was left out" in note
    one = sb.fit_growth(panel().drop(index=[1]), "trust ~ years")
    assert noted(one, "SB-WAVE-60").startswith("1 of 10 children lacks a row")
    assert not any("SB-WAVE-60" in note for note in sb.fit_growth(panel(), "trust ~ years").notes)


def test_13_two_rows_of_a_child_at_a_wave_are_not_averaged():
    again = panel().iloc[[4]].assign(trust=99.5)
    problem = refused("SB-ID-02", sb.fit_growth, pd.concat([panel(), again]), "trust ~ years")
    assert problem.rows == (5, 31)


def test_14_a_rating_that_is_missing_is_no_category():
    codes = ["x", "y", "x", "y", None, "x", "y", "x", "y", "y"]
    data = pd.DataFrame({"unit": [1, 2, 3, 4, 5] * 2, "coder": ["A"] * 5 + ["B"] * 5, "code": codes})
    result = sb.assess_agreement(data, n_resamples=0)
    assert result.tidy().set_index("term").loc["krippendorff_alpha", "estimate"] == 1.0
    assert result.categories["category"].tolist() == ["x", "y"]
    assert "row 5" in noted(result, "SB-CODE-10")


def test_15_gaps_in_a_factor_model_are_neither_paired_nor_passed_over():
    random = np.random.default_rng(4)
    trait = random.normal(size=(200, 1))
    data = pd.DataFrame(trait + 0.8 * random.normal(size=(200, 4)), columns=list("abcd"))
    data.loc[data["b"] > 0.8, "a"] = np.nan
    every = sb.fit_sem(data, "f =~ a + b + c + d")
    assert every.glance()["n_rows"].item() == 200
    (note,) = [note for note in every.notes if "all that was observed" in note]
    assert "missing at random" in note
    listwise = sb.fit_sem(data, "f =~ a + b + c + d", missing="listwise")
    n_complete = int(data.notna().all(axis=1).sum())
    assert (listwise.glance()["n_rows"].item(), listwise.glance()["n_excluded"].item()) == (
        n_complete,
        200 - n_complete,
    )


def test_16_one_wave_only_has_no_variance_between_children():
    problem = refused("SB-WAVE-09", sb.fit_growth, panel().query("wave == 1"), "trust ~ 1")
    assert "cannot be estimated" in problem.what


def test_17_models_fitted_by_reml_are_compared_by_maximum_likelihood():
    reml = sb.fit_growth(panel(), "trust ~ years")
    assert np.isfinite(reml.by_ml().glance()["aic"].item())
    compared = reml.compared_with(sb.fit_growth(panel(), "trust ~ 1"))
    assert any("ML" in note or "maximum likelihood" in note for note in compared.notes)
    assert "missing for REML" in GLANCE_MORE["aic"]


def test_18_predictions_know_the_child():
    result = sb.fit_growth(panel(), "trust ~ years")
    asked = pd.DataFrame({"child": [NAMES[0], "nobody yet"], "years": [1.0, 1.0]})
    known, new = result.predict(asked)[["fitted", "fitted_fixed"]].to_numpy()
    assert known[0] != pytest.approx(known[1], abs=0.1)
    assert new[0] == new[1] == known[1]


def test_19_rows_without_a_child_do_not_vanish():
    data = panel()
    data.loc[[3, 4], "child"] = None
    assert refused("SB-ID-09", sb.fit_growth, data, "trust ~ years").rows == (4, 5)


# --- the same inputs in other clothes and at other doors --------------------------------------------------------


def visits(tmp_path: Path, **columns: Any) -> Path:
    """A questionnaire file of two children."""
    frame = pd.DataFrame({"child": NAMES[:2], "wave": 1, "v1": [1, 2], "v2": [3, 4]}).assign(**columns)
    frame.to_csv(tmp_path / "visits.csv", index=False)
    return tmp_path / "visits.csv"


def dimensions() -> pd.DataFrame:
    random = np.random.default_rng(5)
    return panel().assign(availability=random.normal(size=30), sensitivity=random.normal(size=30))


@pytest.mark.parametrize(
    "events", [np.tile([1.0, 2.0], 30), ["1", "2"] * 30, ["open", "ended"] * 30, [2] * 60], ids=str
)
def test_01_events_of_other_kinds_and_names(events):
    assert refused("SB-PLACE-14", sb.fit_disruption, spells(left=events), "difficulty", event="left")


def test_01_rows_that_all_end_are_said_to():
    assert "All rows were taken to end" in noted(sb.fit_disruption(spells(event=1), "difficulty"), "SB-PLACE-14")


def test_02_and_03_in_a_table_of_placements():
    places = pd.DataFrame(
        {
            "child": [NAMES[0]] * 2,
            "carer": ["K1", "K2"],
            "type": "foster",
            "start": ["2020-01-01", "2020-03-01"],
            "end": ["2020-06-01", "2020-12-01"],
        }
    )
    history = sb.placement_history(places, freeze="2021-01-01")
    assert "rows 1 and 2 by 92 days" in noted(history, "SB-PLACE-03")
    before = places.assign(end=["2019-12-01", "2020-12-01"])
    assert refused("SB-PLACE-01", sb.placement_history, before, freeze="2021-01-01").rows == (1,)


@pytest.mark.parametrize("names", ["w1_{}, w2_{}", "{}.T1, {}.T2", "{} Wave 1, {} Wave 2", "{}_T9, {}_T10"])
def test_04_waves_in_names_of_other_kinds_of_one_child(tmp_path, names):
    columns = {name.format("sdq"): [value] for name, value in zip(names.split(", "), (11, 12))}
    pd.DataFrame({"child": [NAMES[0]], **columns}).to_csv(tmp_path / "wide.csv", index=False)
    read = sb.read_questionnaire(tmp_path / "wide.csv")
    assert read.wide["sdq"].tolist() == [11, 12]
    assert read.wide["wave"].is_monotonic_increasing


def test_05_ids_of_two_sites_at_other_doors():
    data = pd.concat([dimensions().assign(site=site) for site in ("Leeds", "Hull")])
    related = sb.relate_dimensions(data, ["trust", "availability"])
    assert related.glance()["n_groups"].item() == 20
    assert noted(related, "SB-ID-03")
    unnamed = data.rename(columns={"site": "office"})
    assert refused("SB-ID-02", sb.fit_growth, unnamed, "trust ~ years").rows


def test_06_and_07_in_a_questionnaire(tmp_path):
    read = sb.read_questionnaire(visits(tmp_path, child=["007", "08"], informant=["NA", "None"]), one_scale())
    assert read.wide["child"].tolist() == ["007", "08"]
    assert read.wide["informant"].tolist() == ["NA", "None"]
    assert {problem.code for problem in read.assumptions} >= {"SB-FILE-05", "SB-FILE-06"}


def test_08_and_09_days_in_a_questionnaire_and_in_a_table_of_placements(tmp_path):
    written = visits(tmp_path, date=["03/04/2021", "05/06/2021"])
    assert refused("SB-FILE-11", sb.read_questionnaire, written, one_scale()).rows == (1, 2)
    read = sb.read_questionnaire(visits(tmp_path, date=[44197, 44198]), one_scale())
    assert read.wide["date"].dt.strftime("%F").tolist() == ["2021-01-01", "2021-01-02"]
    assert noted(read, "SB-FILE-10")
    places = pd.DataFrame({"child": [NAMES[0]], "start": [44197], "end": [44250], "type": ["foster"]})
    spell = sb.placement_history(places, freeze="2022-01-01").spells.iloc[0]
    assert str(spell["start"].date()) == "2021-01-01"


@pytest.mark.parametrize("nothing", [np.nan, None, "", " "])
def test_10_nothing_answered_in_keys_of_other_questionnaires(nothing):
    sdq, psc = ([f"{name}{item}" for item in range(1, n + 1)] for name, n in (("sdq", 25), ("psc", 17)))
    blank = pd.DataFrame([[nothing] * 25], columns=sdq)
    assert sb.score_sdq(blank)["sdq_total"].isna().all()
    assert sb.score_questionnaire(blank.iloc[:, :17].set_axis(psc, axis=1), "psc_17")["psc_total"].isna().all()


@pytest.mark.parametrize(
    "verb",
    [
        lambda data: sb.fit_moderation(data, "trust", ["availability", "sensitivity"]),
        lambda data: sb.relate_dimensions(data, ["trust", "availability"]),
        lambda data: sb.fit_panel(data, ["trust", "availability"], model="clpm"),
        lambda data: sb.fit_network(data, ["trust", "availability", "sensitivity"]),
    ],
    ids=["moderation", "relations", "panel", "network"],
)
def test_13_and_19_at_the_doors_of_other_models(verb):
    twice = pd.concat([dimensions(), dimensions().iloc[[4]].assign(trust=99.5)], ignore_index=True)
    assert refused("SB-ID-02", verb, twice).rows == (5, 31)
    nobody = dimensions().assign(child=lambda frame: frame["child"].where(frame.index != 3))
    assert refused("SB-ID-09", verb, nobody).rows == (4,)


def test_16_one_wave_of_children_by_another_name():
    once = panel().query("wave == 1").rename(columns={"child": "pupil"})
    assert "Each pupil has one row" in refused("SB-WAVE-09", sb.fit_growth, once, "trust ~ 1", group="pupil").what
