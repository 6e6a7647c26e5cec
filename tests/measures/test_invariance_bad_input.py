"""What keeps a ladder of measurement invariance from being climbed, and what is said of it."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from securebase_analysis.errors import DataError, ModelError, Problem, SecureBaseError
from securebase_analysis.measures.invariance import assess_invariance
from securebase_analysis.measures.invariance.constructs import constructs_of, measured_by
from securebase_analysis.measures.invariance.study_items import constructs_asked
from securebase_analysis.theory import CAREGIVING, TEN_CONSTRUCTS

MODEL = {"trust": ["t1", "t2", "t3", "t4"]}
IDS = ("kid-0007", "kid-0123")


def plain(n: int = 240) -> pd.DataFrame:
    """One construct, two countries, ids that must not be told."""
    random = np.random.default_rng(8)
    trust = random.normal(size=(n, 1))
    frame = pd.DataFrame(trust + random.normal(size=(n, 4)), columns=["t1", "t2", "t3", "t4"]).round(3)
    return frame.assign(country=np.repeat(["England", "Norway"], n // 2), child=[f"kid-{i:04}" for i in range(n)])


def long(n: int = 120) -> pd.DataFrame:
    """The same construct at two waves."""
    first = plain(n).drop(columns="country")
    return pd.concat([first.assign(wave=wave) for wave in (1, 2)], ignore_index=True).assign(
        t1=lambda frame: frame["t1"] + np.random.default_rng(9).normal(size=2 * n),
        t2=lambda frame: frame["t2"] + np.random.default_rng(10).normal(size=2 * n),
        t3=lambda frame: frame["t3"] + np.random.default_rng(11).normal(size=2 * n),
        t4=lambda frame: frame["t4"] + np.random.default_rng(12).normal(size=2 * n),
    )


def stopped(data, model=MODEL, kind: type[SecureBaseError] = DataError, **options) -> Problem:
    """The first problem that stops; none of them tells an id."""
    with pytest.raises(kind) as caught:
        assess_invariance(data, model, **({"group": "country"} | options))
    assert not any(name in str(caught.value) for name in IDS)
    return next(problem for problem in caught.value.problems if problem.severity == "stop")


@pytest.mark.parametrize("options", [{"group": None}, {"group": "country", "wave": "wave"}])
def test_groups_or_waves_are_asked_for(options):
    problem = stopped(plain(), kind=ModelError, **options)
    assert problem.code == "SB-SEM-60"
    assert problem.fix.startswith("group='country'")


@pytest.mark.parametrize(
    ("model", "said"),
    [
        ("trust = t1 + t2", "'trust = t1 + t2'"),
        ("trust =~ t1 + 2t", "'2t'"),
        ("", "names no construct"),
        (["t1", "t2"], "is a list"),
        ("trust =~ t1", "has 1 item"),
    ],
)
def test_a_model_that_says_nothing_of_items_is_refused_with_its_line(model, said):
    problem = stopped(plain(), model, ModelError)
    assert problem.code == "SB-SEM-61"
    assert said in problem.what


@pytest.mark.parametrize("n", [40, 98])
def test_small_groups_are_refused_with_what_to_do_instead(n):  # C7 100
    problem = stopped(plain(n))
    assert problem.code == "SB-SEM-62"
    assert f"{n // 2} usable rows; the ladder needs 50" in problem.what
    assert "one construct at a time" in problem.fix
    assert "trust ~ in_group; t2 ~ in_group" in problem.fix


def test_what_is_told_to_do_instead_can_be_done():
    from securebase_analysis.models.sem import fit_sem

    data = plain(98).assign(in_group=lambda frame: (frame["country"] == "Norway").astype(int))
    text = stopped(data).fix.split("fit_sem(data, '")[1].removesuffix("').")
    assert "t2 ~ in_group" in fit_sem(data, text).tidy()["term"].tolist()


def test_a_small_cohort_over_waves_is_refused():
    problem = stopped(long(40), group=None, wave="wave")
    assert problem.code == "SB-SEM-62"
    assert problem.what.startswith("The cohort has 40 usable rows")
    assert "Compare two waves" in problem.fix


def test_more_parameters_than_children_are_refused():
    random = np.random.default_rng(4)
    answers = pd.DataFrame(random.normal(size=(120, 24)), columns=[f"i{number}" for number in range(24)])
    model = {f"c{number}": [f"i{number * 4 + place}" for place in range(4)] for number in range(6)}
    problem = stopped(answers.assign(country=np.repeat(["A", "B"], 60)), model)
    # 24 loadings, intercepts and residual variances, 15 correlations
    assert "needs 87 for 87 parameters" in problem.what


def test_a_term_that_is_not_of_the_model_is_answered_with_the_nearest():
    problem = stopped(plain(), kind=ModelError, partial="trust =~ t9")
    assert problem.code == "SB-SEM-63"
    assert "partial='trust =~ t" in problem.fix


@pytest.mark.parametrize(
    ("free", "said"),
    [
        ([f"trust=~t{i}" for i in range(1, 5)], "every loading"),
        ([f"t{i}~1" for i in range(1, 5)], "every intercept"),
    ],
)
def test_a_construct_keeps_something_in_common(free, said):
    problem = stopped(plain(), kind=ModelError, partial=free)
    assert problem.code == "SB-SEM-64"
    assert said in problem.what


def test_one_group_is_none():
    problem = stopped(plain().assign(country="England"))
    assert (problem.code, problem.column) == ("SB-SEM-65", "country")


def test_two_rows_of_a_child_at_one_wave_are_refused_with_their_rows():
    data = pd.concat([long(), long().iloc[[4]]], ignore_index=True)
    problem = stopped(data, group=None, wave="wave")
    assert (problem.code, problem.rows) == ("SB-SEM-66", (5, 241))
    assert problem.fix == "Delete the repeats, or mend the wave of these rows."


def test_rows_without_a_group_are_left_out_and_told():
    data = plain()
    data.loc[[2, 5], "country"] = [None, " "]
    result = assess_invariance(data, MODEL, group="country", steps=("configural",))
    assert result.glance()["n_rows"].item() == 238
    assert any("2 rows without a value in 'country'" in note and "rows 3, 6" in note for note in result.notes)


def test_an_item_that_one_group_was_not_asked_is_refused():
    data = plain()
    data.loc[data["country"] == "Norway", "t3"] = np.nan
    problem = stopped(data)
    assert (problem.code, problem.column) == ("SB-SEM-69", "t3")
    assert "Nobody in group Norway of country answered t3" in problem.what
    assert stopped(plain().assign(t2=1.0)).code == "SB-SEM-69"


def test_a_wave_without_an_item_is_refused():
    data = long()
    data.loc[data["wave"] == 2, "t3"] = np.nan
    problem = stopped(data, group=None, wave="wave")
    assert (problem.code, problem.what) == ("SB-SEM-69", "Nobody in wave 2 answered t3.")


def test_two_items_alone_are_not_identified():
    problem = stopped(plain(), {"trust": ["t1", "t2"]}, ModelError)
    assert problem.code == "SB-SEM-70"
    assert "trust =~ t1" in problem.what


def test_children_with_several_rows_are_told_of():
    data = pd.concat([plain(), plain().iloc[:30]], ignore_index=True)
    result = assess_invariance(data, MODEL, group="country", steps=("configural",))
    assert any("60 rows belong to children who have several" in note for note in result.notes)


def test_absent_columns_are_answered_with_the_nearest():
    problem = stopped(plain(), {"trust": ["t1", "t2", "t_3"]})
    assert (problem.code, problem.column, problem.fix) == ("SB-SEM-74", "t_3", "Write 't3'.")
    assert stopped(plain(), group="contry").fix == "Write 'country'."


def test_words_in_an_item_are_refused_with_their_rows():  # C1 18
    data = plain().astype({"t2": object})
    data.loc[6, "t2"] = "often"
    problem = stopped(data)
    assert (problem.code, problem.column, problem.rows) == ("SB-SEM-75", "t2", (7,))
    assert stopped(plain(), {"trust": ["t1", "t2", "t3", "country"]}).code == "SB-SEM-75"


def test_few_categories_are_told_of():
    data = plain()
    data["t1"] = (data["t1"] > 0).astype(int)
    result = assess_invariance(data, MODEL, group="country", steps=("configural",))
    assert any("t1: fewer than 5 different answers" in note for note in result.notes)


def test_copies_of_an_item_have_no_answer():
    data = plain()
    data["t4"] = data["t1"]
    assert stopped(data, kind=ModelError).code in ("SB-SEM-73", "SB-SEM-79")


@pytest.mark.parametrize(
    "options", [{"steps": ("weak",)}, {"steps": ()}, {"missing": "mean"}, {"estimator": "dwls"}]
)
def test_words_that_are_no_options_are_refused(options):
    assert stopped(plain(), kind=ModelError, **options).code == "SB-MODEL-30"


@pytest.mark.parametrize("options", [{"steps": 3}, {"partial": 3}])
def test_numbers_are_no_options(options):
    assert stopped(plain(), kind=ModelError, **options).code in ("SB-MODEL-30", "SB-SEM-63")


@pytest.mark.parametrize(
    ("model", "said"),
    [
        ({"a": None}, "has 0 items"),
        ({"a b": ["t1", "t2", "t3"]}, "'a b' cannot be the name"),
        ({"t1": ["t1", "t2", "t3"]}, "'t1' is a construct and an item"),
        ("a =~ " + "(" * 50_000, "…"),
    ],
)
def test_what_cannot_be_a_construct_is_refused_in_few_words(model, said):
    problem = stopped(plain(), model, ModelError)
    assert problem.code == "SB-SEM-61"
    assert said in problem.what
    assert len(problem.what) < 250


@pytest.mark.parametrize("column", ["child", "row"])
def test_a_column_that_tells_children_apart_is_no_group(column):
    problem = stopped(plain().assign(row=range(240)), group=column)
    assert (problem.code, problem.column) == ("SB-SEM-68", column)


@pytest.mark.parametrize("code", [999, -99])
def test_codes_for_missing_among_the_answers_are_told_with_their_rows(code):  # C1 16
    data = plain()
    data.loc[[3, 7], "t2"] = code
    found = assess_invariance(data, MODEL, group="country", steps="configural")
    told = next(note for note in found.notes if "SB-FILE-16" in note)
    assert "rows 4, 8 (2 rows)" in told
    long_data = data.melt(id_vars=["child", "country"], var_name="item")
    found = assess_invariance(long_data, MODEL, group="country", steps="configural")
    assert any("rows 244, 248 (2 rows)" in note for note in found.notes)


def test_what_is_not_a_table_is_refused():
    assert stopped([1, 2, 3], kind=ModelError).code == "SB-MODEL-41"


def test_nothing_given_is_changed():
    data, before = plain(), plain()
    assess_invariance(data, MODEL, group="country", steps=("configural",))
    pd.testing.assert_frame_equal(data, before)


# ---- studies and their scores ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def study():
    from securebase_analysis.study.simulate import simulate_study

    return simulate_study(160, seed=5, interviews=False).study


def test_a_study_brings_its_items_and_what_is_known_of_children(study):
    over_groups = assess_invariance(study, ["trust"], group="sex", steps=("configural", "metric"))
    assert any("SB-SEM-77" in note for note in over_groups.notes)
    assert over_groups.simulated
    trust = study.codebook.items.query("construct == 'trust'")["item"].tolist()
    assert over_groups.ladder.constructs == {"trust": tuple(trust)}


def test_scores_and_their_study_climb_the_same_ladder(study):
    from securebase_analysis.measures.scoring import score_dimensions

    options = {"wave": "wave", "steps": ("configural",)}
    of_scores = assess_invariance(score_dimensions(study), "trust", **options)
    of_study = assess_invariance(study, "trust", **options)
    np.testing.assert_allclose(of_scores.steps["chi2"], of_study.steps["chi2"], rtol=1e-9)


def test_a_side_of_the_model_is_asked_for_by_its_word_as_in_fit_measurement(study):
    asked = stopped(study, "caregiving", group="sex")
    assert "parameters" in asked.what
    assert asked.what == stopped(study, list(CAREGIVING), group="sex").what


def test_without_a_word_a_study_is_asked_for_the_constructs_of_the_model_alone(study):
    """Not for parts beside their wholes, nor for other questionnaires, whose items stand in the codebook too."""
    assert {"sdq_conduct", "belonging_birth"} <= set(measured_by(study.codebook))
    assert list(constructs_asked(None, study)) == list(TEN_CONSTRUCTS)
    assert list(constructs_of(study.codebook)) == list(TEN_CONSTRUCTS)


def test_a_construct_of_one_item_is_no_concern_of_the_others(study):
    items = study.codebook.items
    rest = items[(items["construct"] != "self_esteem") | ~items["construct"].duplicated()]
    short = replace(study, codebook=replace(study.codebook, items=rest.reset_index(drop=True)))
    assert list(constructs_asked("trust", short)) == ["trust"]
    with pytest.raises(ModelError, match="'self_esteem' has 1 item"):
        constructs_asked(["trust", "self_esteem"], short)


def test_children_of_whom_several_informants_speak_are_told_with_how_to_keep_one(study):
    result = assess_invariance(study, "sdq_emotional", group="sex", steps=("configural",))
    (note,) = [note for note in result.notes if "SB-SEM-72" in note]
    assert "children of whom several informants speak" in note
    one = assess_invariance(study, "sdq_emotional", group="sex", informant="carer", steps=("configural",))
    assert not any("SB-SEM-72" in note for note in one.notes)


def test_scores_know_of_a_child_only_what_was_answered(study):
    from securebase_analysis.measures.scoring import score_dimensions

    scores = score_dimensions(study)
    problem = stopped(scores, "trust", group="sex")
    assert (problem.code, problem.column) == ("SB-SEM-74", "sex")
    assert "assess_invariance(study, ..., group='sex')" in problem.fix
    assert "usable rows" in stopped(scores, "trust", group="site").what


def test_two_informants_at_one_wave_are_told_apart_by_name(study):
    problem = stopped(study, "sdq_emotional", group=None, wave="wave")
    assert (problem.code, problem.fix) == ("SB-SEM-66", "informant='carer' keeps one informant.")
    informants = stopped(study, "sdq_emotional", group=None, wave="informant")
    assert (informants.code, informants.column) == ("SB-SEM-66", "informant")
    assert "wave='wave' compares waves; group='informant'" in informants.fix
    carers = assess_invariance(study, "sdq_emotional", wave="wave", informant="carer", steps=("configural",))
    assert carers.glance()["n_groups"].item() > 100
    wrong = stopped(study, "sdq_emotional", group=None, wave="wave", informant="carers")
    assert (wrong.code, wrong.fix) == ("SB-SEM-78", "informant='carer'")


def test_a_construct_that_nobody_was_asked_about_is_refused(study):
    problem = stopped(study, ["trusts"], ModelError, group="sex")
    assert (problem.code, problem.fix) == ("SB-SEM-78", "Write 'trust'.")
