"""What cannot be measured is refused with what to do instead, in the words of the user."""

import re

import numpy as np
import pandas as pd
import pytest
from measurement_cases import SMALL, small_answers, small_book, small_study

from securebase_analysis.errors import DataError, ModelError, SecureBaseError
from securebase_analysis.measures.scoring import score_dimensions
from securebase_analysis.models.measurement import fit_measurement
from securebase_analysis.study.codebook import make_codebook


def book_of(**constructs):
    """One questionnaire with the items of each construct."""
    items = [
        {"item": item, "instrument": "visit", "construct": construct, "low": -9, "high": 13}
        for construct, names in constructs.items()
        for item in names
    ]
    instruments = [{"instrument": "visit", "minimum_answered": 1}]
    return make_codebook("Pilot", "1", {"instruments": instruments, "items": items})


def refused(*arguments, error=SecureBaseError, **options):
    """The one problem with which a request is refused; it names no child."""
    with pytest.raises(error) as caught:
        fit_measurement(*arguments, **options)
    assert "KID" not in str(caught.value)
    (problem,) = caught.value.problems
    assert problem.severity == "stop"
    assert problem.fix
    return problem


@pytest.fixture(scope="module")
def frame():
    return small_answers()


@pytest.fixture(scope="module")
def study(frame):
    return small_study(frame)


# ---- constructs ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("asked", "fix"), [("trist", "Write 'trust'."), ("benefit", "Write 'benefits'.")])
def test_misspelt_constructs_get_the_nearest_word_SB_SEM_142(study, asked, fix):
    problem = refused(study, asked, error=ModelError)
    assert (problem.code, problem.column, problem.fix) == ("SB-SEM-142", "construct", fix)


def test_a_side_that_is_measured_in_part_is_refused_with_the_part_SB_SEM_142(study):
    problem = refused(study, "benefits")
    assert problem.code == "SB-SEM-142"
    assert "managing_feelings, self_esteem, effectiveness" in problem.what
    assert problem.fix == "constructs=['trust', 'belonging']"
    assert fit_measurement(study, constructs=["trust", "belonging"]).facts["converged"]


def test_no_construct_and_no_items_SB_SEM_142(study, frame):
    assert refused(study, []).what == "No construct is named."
    empty = make_codebook("Codes", "1", {"codes": [{"code": "Trusts", "construct": "trust"}]})
    assert refused(frame, codebook=empty).what == "The codebook has no items."


def test_a_construct_of_one_item_is_refused_with_the_others_SB_SEM_143(frame):
    book = book_of(trust=["t1"], belonging=["b2", "b3", "b4"])
    problem = refused(frame, codebook=book, error=ModelError)
    assert (problem.code, problem.column) == ("SB-SEM-143", "trust")
    assert problem.what == "'trust' has 1 item; a construct needs 2."
    assert problem.fix.startswith("constructs=['belonging'];")


def test_a_construct_of_two_items_needs_others_SB_SEM_143(frame):
    book = book_of(trust=["t1", "t2"], belonging=["b2", "b3", "b4"])
    problem = refused(frame, "trust", codebook=book)
    assert problem.code == "SB-SEM-143"
    assert "a construct needs 3 when it stands alone" in problem.what
    both = fit_measurement(frame, codebook=book)
    assert any(note.startswith("trust: two items, told apart from their errors by") for note in both.notes)


def test_a_part_beside_its_whole_is_refused_SB_SEM_147(frame):
    book = book_of(belonging_birth=["t1", "t2", "t3"], belonging_foster=["b2", "b3", "b4"])
    problem = refused(frame, ["belonging", "belonging_birth"], codebook=book)
    assert problem.code == "SB-SEM-147"
    parts = fit_measurement(frame, ["belonging_birth", "belonging_foster"], codebook=book)
    assert parts.fitted.table.latent == ("belonging_birth", "belonging_foster")
    whole = fit_measurement(frame, codebook=book)
    assert any("belonging has the items of belonging_birth and belonging_foster" in note for note in whole.notes)


# ---- size ------------------------------------------------------------------------------------------------------


def test_few_children_are_refused_with_what_they_can_carry_SB_SEM_145():
    ten = {
        name: [f"{name[:4]}{i}" for i in range(1, 6)]
        for name in ("availability", "sensitivity", "acceptance", "cooperation", "family_membership", "trust",
                     "managing_feelings", "self_esteem", "effectiveness", "belonging")
    }  # fmt: skip
    book = book_of(**ten)
    items = [item for names in ten.values() for item in names]
    random = np.random.default_rng(3)
    values = random.normal(size=(100, 1)) + random.normal(size=(100, len(items)))
    frame = pd.DataFrame(values, columns=items)
    problem = refused(frame, codebook=book, error=DataError)
    assert problem.code == "SB-SEM-145"
    assert problem.what == "100 children cannot carry 10 constructs of 50 items: 195 parameters."
    assert "fit_measurement(study, 'caregiving') (85 parameters)" in problem.fix
    assert "fit_measurement(study, 'benefits') (85 parameters)" in problem.fix
    few = refused(frame.head(52), codebook=book)
    assert "3 at a time: fit_measurement(study, ['availability', 'sensitivity', 'acceptance'])" in few.fix
    for n in (100, 52):
        problem = refused(frame.head(n), codebook=book)
        for call in re.findall(r"fit_measurement\(study, (.*?)\) \(", problem.fix):
            assert fit_measurement(frame.head(n), eval(call), codebook=book).facts["n_rows"] == n
    fewer = refused(frame.head(30), "trust", codebook=book)
    assert fewer.fix.startswith("assess_reliability(study)")
    assert 'rule = "mean"' in fewer.fix


def test_a_small_group_is_refused_with_all_children_together_SB_SEM_145(frame):
    children = pd.DataFrame({"site": "s", "child": frame["child"], "country": ["Norway"] * 3 + ["England"] * 197})
    problem = refused(small_study(frame, children=children), group="country")
    assert problem.code == "SB-SEM-145"
    assert problem.what.startswith("3 children in Norway cannot carry 2 constructs of 8 items")
    assert problem.fix.startswith("all 200 children together, without group=;")


# ---- items that say nothing ------------------------------------------------------------------------------------


def test_items_that_do_not_vary_are_named_together_with_a_fix_that_works_SB_SEM_144(frame):
    silent = frame.assign(t1=np.nan, t2=3.0)
    problem = refused(silent, codebook=small_book(), error=DataError)
    assert (problem.code, problem.table, problem.column) == ("SB-SEM-144", "visit", "t1, t2")
    assert problem.what == "Nobody here answered t1; Everybody here gave the same answer to t2."
    assert problem.fix == "without=['t1', 't2']"
    assert fit_measurement(silent, codebook=small_book(), without=["t1", "t2"]).facts["converged"]
    problem = refused(silent.assign(t3=2.0), codebook=small_book())
    assert problem.fix == "constructs=['belonging']"
    assert fit_measurement(silent, ["belonging"], codebook=small_book()).facts["converged"]


def test_a_table_without_answers_is_refused_SB_SEM_146(frame):
    empty = frame.assign(**dict.fromkeys(SMALL, np.nan))
    for nothing in (empty, frame.head(0)):
        assert refused(nothing, codebook=small_book()).code == "SB-SEM-146"


# ---- which answers ---------------------------------------------------------------------------------------------


def test_waves_informants_and_groups_that_are_not_there_SB_SEM_146(study, frame):
    assert refused(study, wave="T2").fix == "Waves with answers: 1 (200 children)."
    assert refused(study, informant="carr").fix == "informant='carer'"
    assert refused(study, informant="teacher").what == "'teacher' did not answer visit."
    children = pd.DataFrame({"site": "s", "child": frame["child"], "country": "Norway"})
    assert refused(small_study(frame, children=children), group="county").fix == "group='country'"
    other = small_book().items.assign(instrument="form")
    instruments = small_book().instruments.assign(instrument="form")
    study_of_another = small_study(frame)
    study_of_another.codebook = make_codebook("Other", "1", {"instruments": instruments, "items": other})
    assert refused(study_of_another).what == "There are no answers to the questionnaire 'form'."


@pytest.mark.parametrize("group", ["child", "site", "wave", "informant"])
def test_keys_are_no_groups(study, group):
    assert refused(study, group=group).code == "SB-MODEL-30"


@pytest.mark.parametrize(
    "options",
    [
        {"estimator": "MLR"}, {"missing": "pairwise"}, {"std_lv": "yes"}, {"conf_level": 95}, {"wave": [1]},
        {"wave": True}, {"informant": 3}, {"instrument": "visits"}, {"without": "t9"}, {"equal": "loadings"},
        {"equal": "loading", "group": "country"}, {"force_reversed": 3},
    ],
)  # fmt: skip
def test_options_that_are_no_words_are_refused(study, options):
    with pytest.raises(SecureBaseError) as error:
        fit_measurement(study, **options)
    assert all(problem.fix for problem in error.value.problems)


# ---- what is no study ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("given", [None, {"t1": [1]}, "folder", 3])
def test_what_is_neither_study_nor_table(given):
    assert refused(given, codebook=small_book()).code == "SB-MODEL-41"


def test_a_table_without_a_codebook(frame):
    assert "read_codebook" in refused(frame).fix
    assert "not a Codebook" in refused(frame, codebook="book.toml").what


def test_tables_of_scores_and_long_tables_without_answers_SB_SEM_149(study, frame):
    assert refused(score_dimensions(study).frame, codebook=small_book()).what == "This is a table of scores."
    long = frame.melt(["child", "wave", "informant"], var_name="item", value_name="answer")
    problem = refused(long, codebook=small_book())
    assert (problem.code, problem.column) == ("SB-SEM-149", "value")


# ---- answers that cannot be used -------------------------------------------------------------------------------


def test_answers_off_the_scale_are_told_in_the_rows_given_SB_FILE_16(frame):
    wrong = frame.copy()
    wrong.loc[[4, 9], "b2"] = 999
    problem = refused(wrong, codebook=small_book(), error=DataError)
    assert (problem.code, problem.column, problem.rows) == ("SB-FILE-16", "b2", (5, 10))
    assert problem.done == "Nothing was fitted."
    long = wrong.melt(["child", "wave", "informant"], var_name="item", value_name="value")
    rows = (np.flatnonzero(long["value"] == 999) + 1).tolist()
    assert refused(long, codebook=small_book()).rows == tuple(rows)


def test_an_item_reversed_twice_is_refused_unless_forced_SB_ITEM_01(frame):
    twice = frame.assign(t4=4 - frame["t4"])
    problem = refused(twice, codebook=small_book())
    assert problem.code == "SB-ITEM-01"
    assert problem.done == "Not reversed, and nothing was fitted."
    assert "force_reversed=['t4']" in problem.fix
    forced = fit_measurement(twice, codebook=small_book(), force_reversed=["t4"]).tidy().set_index("term")
    assert forced.loc["trust =~ t4", "estimate"] < 0


def test_a_child_with_two_rows_is_refused_SB_ID_02(frame):
    problem = refused(pd.concat([frame, frame.head(2)]), codebook=small_book())
    assert (problem.code, problem.rows) == ("SB-ID-02", (1, 2, 201, 202))


def test_only_the_items_of_what_is_asked_are_needed_SB_ITEM_12(frame):
    lacking = frame.drop(columns="t1")
    assert refused(lacking, codebook=small_book()).code == "SB-ITEM-12"
    assert fit_measurement(lacking, "belonging", codebook=small_book()).facts["converged"]
    assert fit_measurement(lacking, codebook=small_book(), without="t1").facts["converged"]


def test_children_with_gaps_are_counted_where_only_whole_rows_count(frame):
    result = fit_measurement(frame, codebook=small_book(), missing="listwise")
    whole = int(frame[SMALL].notna().all(axis=1).sum())
    assert result.glance().loc[0, ["n_rows", "n_excluded"]].tolist() == [whole, 200 - whole]
    assert any(note.startswith(f"{200 - whole} children with a gap.") for note in result.notes)


def test_an_item_may_bear_the_name_of_its_construct(frame):
    book = small_book()
    items = book.items.assign(item=book.items["item"].replace({"t1": "trust"}))
    named = make_codebook("Same", "1", {"instruments": book.instruments, "items": items, "waves": book.waves})
    result = fit_measurement(frame.rename(columns={"t1": "trust"}), codebook=named)
    assert "trust =~ trust_" in result.tidy()["term"].tolist()
    assert any("Called otherwise in the model: trust is trust_." in note for note in result.notes)


def test_fewer_constructs_for_small_groups_are_offered_with_the_group_SB_SEM_145():
    many = [f"{name}{i}" for name in "tb" for i in range(1, 11)]
    random = np.random.default_rng(5)
    frame = pd.DataFrame(random.normal(size=(110, 1)) + random.normal(size=(110, 20)), columns=many)
    frame["country"] = ["Norway", "England"] * 55
    book = book_of(trust=many[:10], belonging=many[10:])
    problem = refused(frame, codebook=book, group="country")
    assert problem.what.startswith("55 children or more in Norway, England cannot carry")
    assert "1 at a time: fit_measurement(study, 'trust', group='country') (30 parameters)" in problem.fix
    assert fit_measurement(frame, "trust", codebook=book, group="country").facts["converged"]
