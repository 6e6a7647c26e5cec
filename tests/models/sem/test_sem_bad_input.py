"""What a structural equation model refuses, and what it goes on with and tells."""

import numpy as np
import pandas as pd
import pytest

from securebase_analysis.errors import DataError, ModelError, SecureBaseError
from securebase_analysis.models.sem import fit_sem

SECRET = "K-7731"
MODEL = "trust =~ t1 + t2 + t3\ntrust ~ years"


@pytest.fixture
def frame() -> pd.DataFrame:
    """Sixty children, one row each, in two countries."""
    random = np.random.default_rng(5)
    trust = random.normal(size=60)
    made = pd.DataFrame({f"t{i}": trust + random.normal(size=60) for i in (1, 2, 3)})
    made.insert(0, "child", [SECRET, *(f"K-{number}" for number in range(59))])
    made["years"] = random.integers(0, 9, 60)
    made["country"] = np.where(np.arange(60) % 2, "N", "S")
    return made


def refused(error, *args, **options):
    with pytest.raises(error) as caught:
        fit_sem(*args, **options)
    assert SECRET not in str(caught.value)
    assert all(problem.fix for problem in caught.value.problems)
    return caught.value.problems


# ---- the text and the table -------------------------------------------------------------------------------------


def test_an_unknown_variable_is_shown_with_the_nearest_column(frame):
    problems = refused(ModelError, frame, "trust =~ t1 + t2 + t33\ntrust ~ yeers")
    assert [problem.code for problem in problems] == ["SB-SEM-03", "SB-SEM-03"]
    assert [problem.column for problem in problems] == ["t33", "yeers"]
    assert problems[1].fix == "Did you mean 'years'?"
    line, carets = problems[1].what.split("\n")[-2:]
    assert line[carets.index("^") :] == "yeers"


def test_problems_of_reading_and_of_names_are_told_together(frame):
    problems = refused(ModelError, frame, "trust =~ t1 + t2 +\ntrust ~ yeers\nt1 = t2\nt1 ~ t9")
    assert {problem.code for problem in problems} == {"SB-SEM-01", "SB-SEM-03"}


def test_nothing_is_concluded_from_a_statement_that_cannot_be_read(frame):
    problems = refused(ModelError, frame, "trust =~ t1 t2 t3\ntrust ~ years")
    assert [problem.code for problem in problems] == ["SB-SEM-01"]


def test_a_construct_with_the_name_of_a_column(frame):
    (problem,) = refused(ModelError, frame.assign(trust=1.0), MODEL)
    assert (problem.code, problem.column) == ("SB-SEM-04", "trust")


def test_a_construct_with_one_item(frame):
    (problem,) = refused(ModelError, frame, "one =~ t1\nrest =~ t2 + t3 + years")
    assert (problem.code, problem.column) == ("SB-SEM-10", "one")
    assert "one =~ 1*t1; t1 ~~ 0*t1" in problem.fix
    said = fit_sem(frame, "one =~ 1*t1; t1 ~~ 0*t1\nrest =~ t2 + t3 + years")
    assert (
        said.glance()["df"].item() == fit_sem(frame, "rest =~ t2 + t3 + years\nrest ~~ t1").glance()["df"].item()
    )


@pytest.mark.parametrize("model", ["", "   \n", None, 3, ["trust =~ t1"], "# nothing", ";;", "ab := 1 + 2"])
def test_a_model_that_is_no_text(frame, model):
    assert refused(ModelError, frame, model)[0].code == "SB-SEM-12"


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"missing": "ml"}, "SB-MODEL-30"),
        ({"estimator": "mlm"}, "SB-MODEL-30"),
        ({"equal": "loading", "group": "country"}, "SB-MODEL-30"),
        ({"defaults": "cfa"}, "SB-MODEL-30"),
        ({"std_lv": "yes"}, "SB-MODEL-30"),
        ({"equal": ("loadings",)}, "SB-SEM-13"),
        ({"partial": ("trust =~ t2",), "group": "country"}, "SB-SEM-13"),
        ({"meanstructure": False}, "SB-SEM-13"),
        ({"ordered": ["t1"]}, "SB-SEM-13"),
        ({"equal": "thresholds", "group": "country"}, "SB-SEM-13"),
        ({"equal": "residuals", "group": "country", "estimator": "wlsmv"}, "SB-SEM-13"),
        ({"meanstructure": False, "estimator": "wlsmv"}, "SB-SEM-13"),
        ({"conf_level": 95}, "SB-MODEL-62"),
    ],
)
def test_options_that_have_no_meaning(frame, options, code):
    assert refused(ModelError, frame, MODEL, **options)[0].code == code


def test_the_nearest_word_of_an_option(frame):
    assert refused(ModelError, frame, MODEL, group="country", equal="loading")[0].fix == "equal='loadings'"


def test_scores_and_other_things_that_are_no_wide_table(frame, sample_scores):
    (problem,) = refused(ModelError, sample_scores, MODEL)
    assert problem.code == "SB-SEM-14"
    assert "pivot" in problem.fix
    assert refused(ModelError, [1, 2], MODEL)[0].code == "SB-MODEL-41"


def test_the_wide_form_that_is_offered_for_scores_works(sample_scores):
    fix = refused(ModelError, sample_scores, MODEL)[0].fix
    space = {"scores": sample_scores}
    exec("; ".join(fix.split("; ")[:2]), space)
    assert {"trust_1", "belonging_1"} <= set(space["wide"].columns)
    assert len(space["wide"]) == len(sample_scores.wide()[["site", "child"]].drop_duplicates())


# ---- columns ----------------------------------------------------------------------------------------------------


def test_columns_that_cannot_be_used_are_told_together(frame):
    frame = frame.assign(t1="words", t2=4.0)
    frame["t3"] = np.nan
    problems = refused(DataError, frame, MODEL)
    assert [(problem.code, problem.column) for problem in problems] == [
        ("SB-MODEL-02", "t1"),
        ("SB-SEM-18", "t3"),
        ("SB-SEM-19", "t2"),
    ]


def test_a_wave_without_data(frame):
    frame[["t1_4", "t2_4"]] = np.nan
    problems = refused(DataError, frame, MODEL + "\nlate =~ t1_4 + t2_4")
    assert [problem.column for problem in problems] == ["t1_4", "t2_4"]
    assert "wave" in problems[0].why


def test_ids_among_the_variables(frame):
    frame["child"] = np.arange(60)
    (problem,) = refused(DataError, frame, MODEL + "\nt1 ~ child")
    assert (problem.code, problem.column) == ("SB-SEM-16", "child")


def test_the_group_among_the_variables(frame):
    (problem,) = refused(
        DataError, frame.assign(country=frame["years"] % 2), MODEL + "\nt1 ~ country", group="country"
    )
    assert (problem.code, problem.column) == ("SB-SEM-17", "country")


def test_infinite_and_mistyped_numbers(frame):
    frame.loc[4, "t1"] = np.inf
    (problem,) = refused(DataError, frame, MODEL)
    assert (problem.code, problem.rows) == ("SB-MODEL-15", (5,))


def test_a_sum_beside_its_parts(frame):
    frame["total"] = frame["t1"] + frame["t2"] + frame["t3"]
    (problem,) = refused(ModelError, frame, "trust =~ t1 + t2 + t3 + total")
    assert (problem.code, problem.column) == ("SB-SEM-28", "total")


def test_two_columns_of_one_name(frame):
    twice = pd.concat([frame, frame[["t1"]]], axis=1)
    assert refused(DataError, twice, MODEL)[0].code == "SB-FILE-07"


def test_few_different_values_are_told(frame):
    frame["t1"] = (frame["t1"] > 0).astype(int)
    result = fit_sem(frame, MODEL)
    assert any("t1: fewer than 5 different values" in note and "SB-SEM-20" in note for note in result.notes)


# ---- rows and groups --------------------------------------------------------------------------------------------


def test_no_more_rows_than_columns(frame):
    (problem,) = refused(DataError, frame.head(4), MODEL)
    assert problem.code == "SB-SEM-25"
    assert "4 usable rows for 4 columns" in problem.what


def test_a_group_with_too_few_rows_is_named(frame):
    frame["country"] = ["W", "W", "W", *["S"] * 57]
    (problem,) = refused(DataError, frame, MODEL, group="country")
    assert problem.code == "SB-SEM-25"
    assert problem.what.startswith("Group W has 3 usable rows")


def test_a_column_that_is_constant_in_a_group(frame):
    frame.loc[frame["country"] == "N", "t2"] = 3.0
    (problem,) = refused(DataError, frame, MODEL, group="country")
    assert (problem.code, problem.column) == ("SB-SEM-19", "t2")
    assert "in group N" in problem.what


def test_one_group_is_none(frame):
    assert refused(DataError, frame.assign(country="N"), MODEL, group="country")[0].code == "SB-SEM-21"


def test_rows_without_a_group_are_left_out_and_told(frame):
    frame.loc[[2, 5], "country"] = [None, " "]
    result = fit_sem(frame, "trust =~ t1 + t2 + t3", group="country")
    assert result.glance()["n_excluded"].item() == 2
    assert any("SB-SEM-22" in note and "rows 3, 6" in note for note in result.notes)


def test_rows_are_left_out_as_it_is_said(frame):
    frame.loc[0, ["t1", "t2", "t3", "years"]] = np.nan
    frame.loc[1, "t1"] = frame.loc[2, "years"] = np.nan
    fiml = fit_sem(frame, MODEL)
    assert (fiml.glance()["n_rows"].item(), len(fiml.augment())) == (58, 58)
    assert any("SB-SEM-24" in note and "[row 1]" in note for note in fiml.notes)
    assert any("SB-SEM-23" in note and "[row 3]" in note for note in fiml.notes)
    part = fit_sem(frame, MODEL, fixed_x=False)
    assert part.glance()["n_rows"].item() == 59
    whole = fit_sem(frame, MODEL, missing="listwise")
    assert whole.glance()["n_rows"].item() == 57
    assert any("SB-SEM-23" in note and "rows 2, 3" in note for note in whole.notes)


def test_children_with_several_rows_are_told(frame):
    frame.loc[1, "child"] = SECRET
    result = fit_sem(frame, MODEL)
    (note,) = [note for note in result.notes if "SB-SEM-15" in note]
    assert "rows 1, 2" in note
    assert SECRET not in " ".join(result.notes)


# ---- models that have no answer ---------------------------------------------------------------------------------


def test_more_parameters_than_moments(frame):
    (problem,) = refused(ModelError, frame, "trust =~ t1 + t2\nt1 ~~ t2")
    assert problem.code == "SB-SEM-26"
    assert "2 more than" in problem.what


def test_what_is_not_identified_is_named(frame):
    (problem,) = refused(ModelError, frame, "trust =~ NA*t1 + t2 + t3\nt1 ~~ 0*t1\nt2 ~~ 0.5*t2")
    assert problem.code == "SB-SEM-27"
    assert "trust =~ t1" in problem.what
    assert "trust ~~ trust" in problem.what
    assert "t3 ~1" not in problem.what


def test_fewer_rows_than_parameters_are_told_and_shown(frame):
    frame = frame.assign(**{f"u{i}": np.random.default_rng(i).normal(size=60) for i in range(5)})
    result = fit_sem(frame.head(15), "trust =~ t1 + t2 + t3\nother =~ u0 + u1 + u2 + u3")
    assert any("SB-SEM-36" in note for note in result.notes)
    check = result.diagnostics().set_index("check").loc["more rows than free parameters"]
    assert not check["ok"]
    assert (check["value"], check["threshold"]) == (15, 22)


def test_columns_that_no_row_has_both_of_leave_no_test(frame):
    frame.loc[:29, "t1"] = frame.loc[30:, "t2"] = np.nan
    result = fit_sem(
        frame.assign(t4=frame["t3"] + np.random.default_rng(1).normal(size=60)), "f =~ t3 + t1 + t2 + t4"
    )
    assert result.glance()[["chi2", "p_value", "cfi", "tli", "rmsea", "srmr"]].isna().all(axis=None)
    assert np.isfinite(result.glance()["log_likelihood"].item())
    assert any("never observed in the same row" in note for note in result.notes)
    assert "χ²" not in result.summary()


def test_a_saturated_model_without_a_maximum_leaves_no_test():
    """Twenty columns, thirty children, gaps: chi-square is missing and it is said why."""
    random = np.random.default_rng(3)
    level = random.normal(size=(30, 1))
    X = level + random.normal(size=(30, 20))
    X[random.random(X.shape) < 0.3] = np.nan
    frame = pd.DataFrame(X, columns=[f"t{i}" for i in range(20)])
    result = fit_sem(frame, "f =~ " + " + ".join(f"l*{name}" for name in frame), std_lv=True)
    assert result.glance()[["chi2", "cfi", "rmsea", "srmr"]].isna().all(axis=None)
    assert result.tidy().set_index("term").loc["f =~ t3", "std_error"] > 0
    assert not result.diagnostics().set_index("check").loc["saturated model estimable", "ok"]
    assert any("no usable maximum" in note for note in result.notes)


def test_a_heywood_case_is_shown():
    random = np.random.default_rng(8)
    f = random.normal(size=80)
    frame = pd.DataFrame({"a": f, "b": 0.9 * f, "c": 0.2 * f, "d": 0.1 * f}) + random.normal(size=(80, 4)) * [
        0.05,
        1,
        1,
        1,
    ]
    frame["b"] += 2 * frame["a"]
    result = fit_sem(frame, "f =~ a + b + c + d")
    failed = result.diagnostics().query("~ok")
    negative = result.tidy().query("effect == 'variance' and estimate < 0")["term"].tolist()
    assert negative
    for term in negative:
        assert f"variance of {term.split(' ~~ ')[0]} above zero" in set(failed["check"])
    assert result.standardized().set_index("term").loc[negative[0], "estimate"] < 0
    shares = result.r_squared().set_index("variable")["r_squared"]
    assert shares[negative[0].split(" ~~ ")[0]] > 1


def test_models_that_cannot_be_compared(frame):
    general = fit_sem(frame, MODEL)
    for other, code in (
        ("not a model", "SB-SEM-32"),
        (fit_sem(frame, "trust =~ t1 + t2 + t3"), "SB-SEM-33"),
        (fit_sem(frame.head(50), MODEL + "\nt1 ~~ 0.5*t1"), "SB-SEM-33"),
        (fit_sem(frame.assign(t1=frame["t1"] + 0.1), MODEL + "\nt1 ~~ 0.5*t1"), "SB-SEM-33"),
        (fit_sem(frame, MODEL, estimator="mlr"), "SB-SEM-33"),
        (fit_sem(frame, "trust =~ t1 + t2 + t3\nt1 ~ years"), "SB-SEM-34"),
    ):
        with pytest.raises(SecureBaseError) as caught:
            general.compared_with(other)
        assert caught.value.problems[0].code == code


def test_a_model_that_is_no_special_case_is_not_compared(frame):
    one = fit_sem(frame, "t1 ~ years\nt2 ~ 0*years\nt3 ~ years\nt1 ~~ 0*t3; t2 ~~ t3 + t1")
    other = fit_sem(frame, "t1 ~ 0*years\nt2 ~ years\nt3 ~ 0*years\nt1 ~~ 0*t3; t2 ~~ t3 + 0*t1")
    with pytest.raises(ModelError) as caught:
        one.compared_with(other)
    assert caught.value.problems[0].code == "SB-SEM-35"


def test_scores_of_a_model_without_a_construct(frame):
    with pytest.raises(ModelError) as caught:
        fit_sem(frame, "t1 ~ years").factor_scores()
    assert caught.value.problems[0].code == "SB-SEM-31"
