"""Tables and requests as people make them, at the door of a network."""

import numpy as np
import pandas as pd
import pytest

from securebase_analysis.errors import DataError, ModelError
from securebase_analysis.models.network import fit_network

SECRET = "K-7731"
NAMES = ["availability", "sensitivity", "acceptance", "trust"]


@pytest.fixture(scope="module")
def children() -> pd.DataFrame:
    """A hundred children of fifty carers, simulated, with an id that must not be told."""
    random = np.random.default_rng(3)
    scores = random.normal(size=(100, 4)) + 0.7 * random.normal(size=(100, 1))
    frame = pd.DataFrame(scores, columns=NAMES).assign(carer=np.arange(100) // 2)
    frame.insert(0, "child", [SECRET, *(f"K-{number:04}" for number in range(99))])
    return frame


def refused(kind, *args, **options):
    with pytest.raises(kind) as caught:
        fit_network(*args, **{"n_resamples": 20, **options})
    assert SECRET not in str(caught.value)
    assert all(problem.fix for problem in caught.value.problems)
    return caught.value.problems


@pytest.mark.parametrize("given", [3, [1, 2, 3], [["trust"], ["availability"], ["acceptance"]], [None, *NAMES]])
def test_constructs_are_named_by_text(children, given):
    problems = refused(ModelError, children, given)
    assert {problem.code for problem in problems} == {"SB-MODEL-03"}
    assert problems[0].fix == "constructs=['availability', 'acceptance', 'trust']"


@pytest.mark.parametrize("option", ["group", "cluster"])
@pytest.mark.parametrize("given", [["carer"], None, 3])
def test_columns_are_named_by_text(children, option, given):
    (problem,) = refused(ModelError, children, **{option: given})
    assert (problem.code, problem.what[: len(option)]) == ("SB-MODEL-03", option)


@pytest.mark.parametrize("option", ["group", "cluster"])
def test_a_misspelt_column_is_not_passed_over(children, option):
    problem = refused(ModelError, children, **{option: "carrer"})[0]
    assert (problem.code, problem.fix) == ("SB-MODEL-03", "Did you mean 'carer'?")


@pytest.mark.parametrize("name", ["carer", "site", "number"])
def test_what_says_who_is_no_construct(children, name):
    data = children.assign(site=1, number=range(100))
    (problem,) = refused(ModelError, data, [*NAMES, name], group="number")
    assert (problem.code, problem.column) == ("SB-SEM-184", name)


def test_more_constructs_than_a_network_has():
    random = np.random.default_rng(1)
    many = pd.DataFrame(random.normal(size=(100, 40))).add_prefix("x")
    (problem,) = refused(ModelError, many, list(many))
    assert problem.what == "A network has 30 constructs at most; 40 are named."


@pytest.mark.parametrize("options", [{"threshold": "no"}, {"refit": 2}, {"level": ["wave"]}])
def test_words_that_are_no_option(children, options):
    assert refused(ModelError, children, **options)[0].code == "SB-MODEL-30"


@pytest.mark.parametrize("n_resamples", [10**12, -5, "100", None])
def test_resamples_that_no_machine_draws(children, n_resamples):
    assert refused(ModelError, children, n_resamples=n_resamples)[0].code == "SB-SEM-87"


@pytest.mark.parametrize("column", ["wave", "informant", "child"])
def test_cells_that_hold_lists(children, column):
    data = children.assign(**{column: [[1]] * 100})
    (problem,) = refused(DataError, data)
    assert problem.column == column
    assert len(problem.rows) == 100


@pytest.mark.parametrize(("wave", "shown"), [("2", "one of 2;"), ([2], "one of 1, 2;"), (np.nan, "one of 1, 2;")])
def test_a_wave_of_another_kind(children, wave, shown):
    data = pd.concat([children.assign(wave=number, trust=children["trust"] + number) for number in (1, 2)])
    (problem,) = refused(ModelError, data, level="wave", wave=wave)
    assert problem.code == "SB-SEM-86"
    assert shown in problem.fix


def test_informants_are_told_by_number_where_their_names_may_be_those_of_people(children):
    carers = [children.assign(informant=who) for who in ("carer", "teacher")]
    assert "(carer, teacher)" in refused(DataError, pd.concat(carers))[0].what
    people = [children.assign(informant=who) for who in ("carer", SECRET)]
    assert refused(DataError, pd.concat(people))[0].what == "The rows come from 2 informants."
    assert "100 informants." in refused(DataError, children.assign(informant=children["child"]))[0].what


def test_a_copied_row_is_no_child_seen_twice(children):  # C2 22
    (problem,) = refused(DataError, pd.concat([children, children.head(3)]))
    assert (problem.code, problem.rows) == ("SB-ID-01", (1, 2, 3, 101, 102, 103))
    space = {"data": pd.concat([children, children.head(3)])}
    exec(problem.fix, space)
    assert len(space["data"]) == 100


def test_a_code_for_missing_among_scores_is_told(children):  # C1 16
    data = children.copy()
    data.loc[:3, "trust"] = 999.0
    (note,) = [note for note in fit_network(data, n_resamples=20).notes if "SB-FILE-16" in note]
    assert "trust holds 999 in 4 rows" in note
    assert SECRET not in note


def test_children_in_the_index_are_children(children):
    by_index = fit_network(children.set_index("child"), n_resamples=20)
    assert not any("without a column" in note for note in by_index.notes)


def test_one_child_is_told_in_the_singular(children):
    assert "there is 1." in refused(ModelError, children.head(1))[0].what
