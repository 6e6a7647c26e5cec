"""Ladders from one long table of answers, and from scores: the same numbers, and what is said of bad rows."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from securebase_analysis.errors import DataError, ModelError, Problem, SecureBaseError
from securebase_analysis.measures.invariance import assess_invariance

FOLDER = Path(__file__).parents[1] / "reference"
HS = "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9"
WAVES = {"trust": ["t1", "t2", "t3"], "belonging": ["b1", "b2", "b3"]}


def school() -> pd.DataFrame:
    frame = pd.read_csv(FOLDER / "sem_holzinger_swineford_missing.csv")
    return frame.assign(child=[f"kid-{number:04}" for number in range(len(frame))])


def long_school() -> pd.DataFrame:
    items = [f"x{number}" for number in range(1, 10)]
    return school().melt(id_vars=["child", "school"], value_vars=items, var_name="item")


def waves() -> pd.DataFrame:
    return pd.read_csv(FOLDER / "invariance_waves.csv")


def stopped(data, model=HS, kind: type[SecureBaseError] = DataError, **options) -> Problem:
    with pytest.raises(kind) as caught:
        assess_invariance(data, model, **({"group": "school"} | options))
    assert "kid-" not in str(caught.value)
    return next(problem for problem in caught.value.problems if problem.severity == "stop")


# ---- the same numbers ------------------------------------------------------------------------------------------


def test_groups_from_a_long_table_are_those_of_the_wide_one():
    wide = assess_invariance(school(), HS, group="school")
    for data in (long_school(), long_school().sample(frac=1.0, random_state=1), long_school().dropna()):
        long = assess_invariance(data, HS, group="school")
        ours, theirs = (found.steps.select_dtypes("number") for found in (long, wide))
        np.testing.assert_allclose(ours, theirs, rtol=1e-6, atol=1e-6)
        assert set(long.ladder.occasions) == set(wide.ladder.occasions)


def test_waves_from_a_long_table_are_those_of_the_wide_one():
    wide = assess_invariance(waves(), WAVES, wave="wave")
    long = assess_invariance(waves().melt(id_vars=["child", "wave"], var_name="item"), WAVES, wave="wave")
    np.testing.assert_allclose(long.steps["chi2"], wide.steps["chi2"], rtol=1e-6)
    assert long.held == wide.held == "metric"


def test_columns_may_have_names_of_their_own():
    data = long_school().rename(columns={"child": "pupil", "item": "test", "value": "points"})
    found = assess_invariance(
        data, HS, group="school", child="pupil", item="test", value="points", steps="configural"
    )
    assert found.glance()["n_rows"].item() == 301


def test_informants_in_a_long_table_are_kept_apart():
    carer = waves().melt(id_vars=["child", "wave"], var_name="item").assign(informant="carer")
    both = pd.concat([carer, carer.assign(informant="child", value=lambda frame: -frame["value"])])
    found = assess_invariance(both, WAVES, wave="wave", informant="carer", steps="configural")
    alone = assess_invariance(waves(), WAVES, wave="wave", steps="configural")
    assert found.steps["chi2"].item() == pytest.approx(alone.steps["chi2"].item(), rel=1e-6)
    assert stopped(both, WAVES, group=None, wave="wave").code == "SB-SEM-66"


# ---- what is said of bad rows --------------------------------------------------------------------------------


def test_an_answer_given_twice_is_refused_with_its_rows():
    data = long_school().dropna().reset_index(drop=True)
    data = pd.concat([data, data.iloc[[6]].assign(value=9.0)], ignore_index=True)
    problem = stopped(data)
    assert (problem.code, problem.rows) == ("SB-SEM-159", (7, len(data)))


def test_an_item_without_rows_is_answered_with_the_nearest():
    problem = stopped(long_school(), HS.replace("x9", "x99"))
    assert (problem.code, problem.fix) == ("SB-SEM-158", "Write 'x9'.")


def test_words_among_the_answers_are_refused_with_their_rows():
    data = long_school().astype({"value": object})
    data.loc[11, "value"] = "often"
    problem = stopped(data)
    assert (problem.code, problem.column, problem.rows) == ("SB-SEM-75", "x1", (12,))


def test_answers_without_a_child_are_left_out_and_told():
    data = long_school().dropna().reset_index(drop=True)
    data.loc[[3, 8], "child"] = [None, " "]
    found = assess_invariance(data, HS, group="school", steps="configural")
    assert any("2 answers do not say whose they are" in note and "rows 4, 9" in note for note in found.notes)


def test_a_child_in_two_groups_is_refused():
    data = long_school().dropna().reset_index(drop=True)
    data.loc[0, "school"] = "Grant-White" if data.loc[0, "school"] == "Pasteur" else "Pasteur"
    problem = stopped(data)
    assert (problem.code, problem.column) == ("SB-SEM-65", "school")
    assert 1 in problem.rows


def test_a_long_table_without_children_is_answered_with_the_nearest_column():
    problem = stopped(long_school().rename(columns={"child": "childs"}))
    assert (problem.code, problem.column, problem.fix) == ("SB-SEM-74", "child", "Write 'childs'.")


def test_rows_are_those_of_the_table_that_was_given():
    """Also after rows of another informant were left out."""
    data = school().assign(informant="carer")
    data.loc[:9, "informant"] = "teacher"
    data.loc[[20, 30], "school"] = None
    found = assess_invariance(data, HS, group="school", informant="carer", steps="configural")
    assert any("rows 21, 31 (2 rows)" in note for note in found.notes)


# ---- scores ----------------------------------------------------------------------------------------------------


def test_scores_alone_have_no_items():
    frame = pd.DataFrame({"child": [1, 2], "construct": ["trust", "trust"], "score": [1.0, 2.0], "rule": "mean"})
    problem = stopped(frame, "trust =~ t1 + t2 + t3", ModelError)
    assert problem.code == "SB-SEM-71"
    assert "A table of scores holds no answers to items" in problem.what


def test_scores_of_interviews_have_no_items_either():
    from dataclasses import replace

    from securebase_analysis.measures.scoring import score_dimensions
    from securebase_analysis.study.simulate import simulate_study

    scores = score_dimensions(simulate_study(60, seed=5, interviews=False).study)
    problem = stopped(replace(scores, answers=()), "trust", ModelError, group="site")
    assert problem.code == "SB-SEM-71"
    assert problem.what == "These scores hold no answers to items."


def test_ordered_categories_of_a_study_climb_from_two_lines():
    from securebase_analysis.study.simulate import simulate_study

    study = simulate_study(300, seed=5, interviews=False).study
    found = assess_invariance(study, "trust", group="sex", estimator="wlsmv", steps=("configural", "thresholds"))
    assert found.simulated
    assert found.steps["converged"].all()
