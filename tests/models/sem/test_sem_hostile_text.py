"""Models as people paste them: what is read as meant, what is refused, and that a fix works when it is copied."""

import re

import numpy as np
import pandas as pd
import pytest

from securebase_analysis.errors import ModelError
from securebase_analysis.models.sem import fit_sem
from securebase_analysis.models.sem.reading import MOST_CHARACTERS, MOST_PROBLEMS, MOST_TERMS, read_text

MODEL = "trust =~ t1 + t2 + t3 + t4\ntrust ~ years"


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    """Eighty children, one row each."""
    random = np.random.default_rng(5)
    trust = random.normal(size=80)
    made = pd.DataFrame({f"t{i}": trust + random.normal(size=80) for i in (1, 2, 3, 4)})
    return made.assign(years=random.integers(1, 9, 80), country=np.where(np.arange(80) % 2, "N", "S"))


def terms(text: str) -> list[str]:
    read = read_text(text)
    assert read.problems == ()
    return [str(term) for term in read.terms]


def told(text: str):
    """The one problem of a text that cannot be read."""
    (problem,) = read_text(text).problems
    assert problem.severity == "stop"
    assert problem.fix
    return problem


def refused(frame, model, **options):
    with pytest.raises(ModelError) as caught:
        fit_sem(frame, model, **options)
    return caught.value.problems


# ---- texts that are read as they were meant ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        MODEL.replace("\n", "\r\n"),
        MODEL.replace("\n", "\r"),
        MODEL.replace("\n", "\u2028"),
        MODEL.replace("\n", "\x0b"),
        MODEL.replace("\n", "\x85"),
        f"\ufeff{MODEL}",
        MODEL.replace(" ", "\t"),
        MODEL.replace(" ", "\u00a0"),
        MODEL.replace(" + ", "+\r\n\r\n"),
        f"# as in the plan\r\n\r\n{MODEL}\r\n\r\n! end\r\n",
    ],
)
def test_ends_of_lines_and_spaces_of_other_programs(text):
    assert terms(text) == terms(MODEL)


def test_accents_written_as_two_signs_are_the_same_name(frame):
    data = frame.rename(columns={"t1": "fl\u00e4che"})
    assert fit_sem(data, "f =~ fla\u0308che + t2 + t3 + t4").facts["converged"]
    problems = refused(frame.rename(columns={"t1": "fla\u0308che"}), "f =~ fl\u00e4che + t2 + t3 + t4")
    space = {"data": frame.rename(columns={"t1": "fla\u0308che"})}
    exec(problems[0].fix.split(";")[0], space)
    assert "fl\u00e4che" in space["data"].columns


def test_a_windows_line_is_shown_without_its_end():
    problem = told("f =~ a b\r\ny ~ f\r\n")
    assert "\r" not in problem.what
    assert told("y ~ f\r\nf =~ a b\r\n").what.startswith("Line 2 of the model")


# ---- fixes that work when they are copied -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "word", "fix"),
    [
        ("trust = t1 + t2 + t3", "=", "trust =~ t1 + t2 + t3"),
        ("trust ~= t1 + t2 + t3", "=", "trust =~ t1 + t2 + t3"),
        ("trust = ~ t1 + t2 + t3", "=", "trust =~ t1 + t2 + t3"),
        ("t1 = years", "=", "t1 ~ years"),
        ("trust =~ t1 t2 t3", "t2", "trust =~ t1 + t2 + t3"),
        ("trust =~ t1, t2, t3", ",", "trust =~ t1 + t2 + t3"),
        ("trust =~ 2*t1 a*t2 t3", "a", "trust =~ 2*t1 + a*t2 + t3"),
        ("trust =~ t1 + t2 + t3 +", "+", "trust =~ t1 + t2 + t3"),
        ("trust =~ t1 ++ t2 + t3", "+", "trust =~ t1 + t2 + t3"),
        ("trust =~ + t1 + t2 + t3", "+", "trust =~ t1 + t2 + t3"),
        ("trust =~ (t1 + t2) + t3", "(", "trust =~ t1 + t2 + t3"),
        ("trust =~ t1) + t2 + t3", ")", "trust =~ t1 + t2 + t3"),
        ("trust =~ t1 + t2 - t3", "-", "trust =~ t1 + t2 + t3"),
        ("trust =~ 0,5*t1 + t2 + t3", ",", "trust =~ 0.5*t1 + t2 + t3"),
        ("trust BY t1 t2 t3;", "trust", "trust =~ t1 + t2 + t3"),
        ("t1 ON years", "t1", "t1 ~ years"),
        ("t1 with t2", "t1", "t1 ~~ t2"),
        ("years -> t1", "-", "t1 ~ years"),
        ("t1 <- years", "<", "t1 ~ years"),
        ("years \u2192 t1", "\u2192", "t1 ~ years"),
    ],
)
def test_the_line_is_written_again_as_it_could_be(text, word, fix):
    problem = told(text)
    assert problem.fix == fix
    assert terms(problem.fix)
    shown, carets = problem.what.split("\n")[-2:]
    assert shown[carets.index("^") :].startswith(word)


@pytest.mark.parametrize(
    ("column", "text"),
    [
        ("t-1", "f =~ t-1 + t2 + t3 + t4"),
        ("t 1", "f =~ t 1 + t2 + t3 + t4"),
        ("t 1", "f =~ 't 1' + t2 + t3 + t4"),
        ("t 1", "f =~ `t 1` + t2 + t3 + t4"),
        ("1a", "f =~ t2 + 1a + t3 + t4"),
        ("a/b", "f =~ t2 + a/b + t3 + t4"),
    ],
)
def test_columns_whose_names_no_model_can_hold_are_renamed(frame, column, text):
    space = {"data": frame.rename(columns={"t1": column}), "model": text}
    (problem,) = refused(space["data"], text)
    assert problem.code == "SB-SEM-01"
    exec(problem.fix, space)
    assert fit_sem(space["data"], space["model"]).facts["converged"]


@pytest.mark.parametrize("text", ["t1 ~ years:t2", "t1 ~ years^2", "t1 ~ log(years)", "t1 ~ I(years^2) + t2"])
def test_what_is_computed_from_columns_becomes_a_column(frame, text):
    (problem,) = refused(frame, text)
    space = {"data": frame.copy(), "model": text, "numpy": np}
    exec(problem.fix, space)
    assert fit_sem(space["data"], space["model"]).facts["converged"]


@pytest.mark.parametrize("sign", list("\u201c\u2019\u2013\u223c\uff1d\uff0b\u200b\u00ad\u202e\x00\x1b\u2060"))
def test_signs_of_word_processors_are_named_and_replaced(sign):
    text = f"f =~ t1 + t2\n# remark\nf ~ {sign} years"
    problem = told(text)
    assert problem.code == "SB-SEM-171"
    assert problem.what.startswith("Line 3 of the model: a sign here ")
    space = {"model": text}
    exec(problem.fix, space)
    assert sign not in space["model"]
    assert all(char.isprintable() or char == "\n" for char in problem.what)


@pytest.mark.parametrize(
    "given", [["trust =~ t1 + t2 + t3", "trust ~ years"], {"trust": ["t1", "t2", "t3"]}, b"t1 ~ years"]
)
def test_models_of_another_kind_are_turned_into_text(frame, given):
    (problem,) = refused(frame, given)
    assert problem.code == "SB-SEM-12"
    space = {"model": given}
    exec(problem.fix, space)
    assert fit_sem(frame, space["model"]).facts["converged"]


def test_a_remark_without_its_sign_is_recognised():
    assert told("the measurement model\ntrust =~ t1 + t2").fix.startswith("# the measurement model")


def test_a_parenthesis_that_is_not_closed_is_shown_where_it_opens():
    problem = told("trust =~ c(1, 1*t1 + t2\nt1 ~~ t2\nt1 ~ years")
    assert problem.what.startswith("Line 1 of the model: this parenthesis is not closed.")


def test_blocks_are_refused_with_the_option_for_groups():
    assert "group=" in told("group: 1\nf =~ t1 + t2").fix


# ---- texts without a meaning, or with one that was not meant ----------------------------------------------------


def test_a_star_between_two_columns_is_told_to_be_no_product(frame):
    result = fit_sem(frame, "t1 ~ years*t2")
    assert any("SB-SEM-170" in note and "years*t2" in note for note in result.notes)
    assert not any("SB-SEM-170" in note for note in fit_sem(frame, "t1 ~ slope*t2").notes)


@pytest.mark.parametrize(
    "text",
    [
        "f =~ a*t1 + a*t2 + t3 + t4\na == 1\na == 2",
        "f =~ a*t1 + b*t2 + t3 + t4\na == 1\na == b\nb == 2",
        "f =~ 1*t1 + a*t1 + t2 + 2*t3 + a*t3 + t4",
    ],
)
def test_a_parameter_is_not_held_at_two_values(frame, text):
    (problem,) = refused(frame, text)
    assert problem.code == "SB-SEM-174"
    assert problem.what.split("\n")[0].endswith("is held at 1 and 2.")


def test_labels_that_agree_are_no_contradiction(frame):
    assert fit_sem(frame, "f =~ 1*t1 + a*t1 + a*t2 + t3 + t4\na == 1\nb == a\nt1 ~~ b*t1").facts["converged"]


@pytest.mark.parametrize("value", ["Inf", "NaN", "NULL", "TRUE", "1e999"])
def test_what_is_no_number_is_not_taken_for_a_label(value):
    problem = told(f"f =~ {value}*t1 + t2 + t3")
    assert problem.what.split("\n")[0] == f"Line 1 of the model: {value!r} is no value that a parameter has."


def test_a_model_without_degrees_of_freedom_says_that_it_fits_anything(frame):
    result = fit_sem(frame, "f =~ t1 + t2 + t3")
    assert result.glance()["df"].item() == 0
    assert any("fits any data" in note for note in result.notes)
    assert not any("fits any data" in note for note in fit_sem(frame, "f =~ t1 + t2 + t3 + t4").notes)


# ---- texts that are no models -----------------------------------------------------------------------------------

HOSTILE = {
    "letters": "x" * 400_000,
    "a long name": f"f =~ t1 + {'y' * 400_000}",
    "lines": "f = a\n" * 60_000,
    "unknown names": "\n".join(f"f =~ q{i}" for i in range(15_000)),
    "parentheses": "(" * 100_000,
    "vectors": f"f =~ {'c(' * 20_000}1{')' * 20_000}*t1",
    "starts": f"f =~ {'start(' * 20_000}1{')' * 20_000}*t1",
    "formula of parentheses": f"t1 ~ a*years\nx := {'(' * 3_000}a{')' * 3_000}",
    "formula of signs": f"t1 ~ a*years\nx := {'-' * 5_000}a",
    "tildes": "~" * 100_000,
    "quotation marks": '"' * 100_001,
    "every construct by every item": " =~ ".join("+".join(f"{name}{i}" for i in range(400)) for name in "fx"),
    "a million": "#" + "z" * 1_000_000,
    "lone surrogate": "f =~ t1 + \ud800",
    "markup": "<script>alert(1)</script>",
    "database": "trust'; DROP TABLE children; --",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_texts_are_refused_in_few_words(frame, name):
    problems = refused(frame, HOSTILE[name])
    assert all(problem.fix for problem in problems if problem.severity == "stop")
    text = "\n".join(map(str, problems))
    assert len(text) < 8_000
    assert max(map(len, text.split("\n"))) < 300
    text.encode("utf-8")


def test_limits_are_told():
    assert re.search(r"500,\d{3} characters; 500,000 are read", told("x" * (MOST_CHARACTERS + 10)).what)
    n = int(MOST_TERMS**0.5) + 1
    many = f"{'+'.join(f'f{i}' for i in range(n))} =~ {'+'.join(f'x{i}' for i in range(n))}"
    assert told(many).code == "SB-SEM-172"
    problems = read_text("f = a\n" * (MOST_PROBLEMS + 1)).problems
    assert len(problems) == MOST_PROBLEMS + 1
    assert problems[-1].what == "The lines after these were not read."
