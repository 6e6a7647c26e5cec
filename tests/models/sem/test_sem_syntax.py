"""Reading lavaan's syntax, completing it, and what is told of a text that cannot be read."""

import math

import pytest

from securebase_analysis.models.sem.completed import Conventions, completed
from securebase_analysis.models.sem.lavaan_text import lavaan_text
from securebase_analysis.models.sem.reading import read_text

THREE = "visual =~ x1 + x2 + x3; textual =~ x4 + x5 + x6"


def terms(text: str) -> list[str]:
    read = read_text(text)
    assert read.problems == ()
    return [str(term) for term in read.terms]


def told(text: str):
    """The one problem of a text."""
    (problem,) = read_text(text).problems
    return problem


def rows(text: str, groups=("",), **conventions) -> dict[tuple[str, int], tuple]:
    """Number (or value, where fixed) of each element by term and group."""
    table, problems = completed(read_text(text), groups, Conventions(**conventions))
    assert problems == []
    return {(one.term, one.group): one.free if one.is_free else ("fixed", one.value) for one in table}


# ---- statements ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "f =~ a + b + c\ny ~ f",
        "f =~ a + b + c; y ~ f",
        "f=~a+b+c\n\n\n   y~f   ",
        "f =~ a +\n  b +   # the second\n\n  c\ny ~ f ! the end",
        "f =~ a\n  + b\n  + c\ny ~\n f",
        "f =~ 1*a + NA*b + l3*c\ny ~ beta*f",
        "f =~ a + b\nf =~ c\ny ~ f",
        "f =~ c(1, 1)*a + c('u', \"v\")*b + start(0.4)*c\ny ~ f",
        "f =~ a + b + c + NA*a + q*b\ny ~ f",
    ],
)
def test_the_same_model_in_many_hands(text):
    assert terms(text) == ["f =~ a", "f =~ b", "f =~ c", "y ~ f"]


def test_several_left_sides_and_intercepts():
    assert terms("f + g =~ a + b") == ["f =~ a", "f =~ b", "g =~ a", "g =~ b"]
    assert terms("y + z ~ 1 + x") == ["y ~1", "y ~ x", "z ~1", "z ~ x"]
    assert terms("y ~ 0*1\nz ~ 0") == ["y ~1", "z ~1"]
    assert [term.modifiers.fixed for term in read_text("y ~ 0*1\nz ~ 0").terms] == [(0.0,), (0.0,)]


def test_modifiers_of_one_variable_are_taken_together():
    (one,) = read_text("f =~ NA*a + start(-0.5)*a + load*a").terms
    assert math.isnan(one.modifiers.fixed[0])
    assert (one.modifiers.labels, one.modifiers.start) == (("load",), (-0.5,))
    (one,) = read_text("f =~ c(1, NA)*a").terms
    assert one.modifiers.fixed[0] == 1.0
    assert math.isnan(one.modifiers.fixed[1])
    (one,) = read_text("f =~ 1e-2*a").terms
    assert one.modifiers.fixed == (0.01,)
    (one,) = read_text("f =~ start(c(1, 2))*a").terms
    assert one.modifiers.start == (1.0, 2.0)


def test_equalities_and_definitions():
    read = read_text("a == b\nc == -0.5\nind := a*b + exp(c)^2")
    assert [left.text for left, _ in read.equalities] == ["a", "c"]
    assert read.equalities[1][1] == -0.5
    (name, words) = read.definitions[0]
    assert (name.text, "".join(word.text for word in words)) == ("ind", "a*b+exp(c)^2")


@pytest.mark.parametrize(
    ("text", "line", "word", "code"),
    [
        ("f =~ a + b\ny ~ f +\n", 2, "+", "SB-SEM-01"),
        ("f =~ a + b\ny ~ f + + b", 2, "+", "SB-SEM-01"),
        ("f =~ a b", 1, "b", "SB-SEM-01"),
        ("f = a + b", 1, "=", "SB-SEM-01"),
        ("\n\nf a b", 3, "f", "SB-SEM-01"),
        ("y ~ a ~ b", 1, "~", "SB-SEM-01"),
        ("=~ a", 1, "=~", "SB-SEM-01"),
        ("y ~ 2*", 1, "*", "SB-SEM-01"),
        ("y ~ 2", 1, "2", "SB-SEM-01"),
        ("y ~ 3x", 1, "3", "SB-SEM-01"),
        ("y ~~ 1", 1, "1", "SB-SEM-01"),
        ("f =~ c(1, a*x1", 1, "*", "SB-SEM-01"),
        ("f =~ c(1, a)*x1", 1, "c", "SB-SEM-01"),
        ("f =~ equal('a')*x1", 1, "equal", "SB-SEM-01"),
        ("f =~ start(a)*x1", 1, "start", "SB-SEM-01"),
        ("y ~ x:z", 1, ":", "SB-SEM-02"),
        ("group: 1", 1, ":", "SB-SEM-02"),
        ("f <~ a + b", 1, "<~", "SB-SEM-02"),
        ("u1 | t1 + t2", 1, "|", "SB-SEM-02"),
        ("a > 0", 1, ">", "SB-SEM-02"),
        ("f =~ 0.8?x1", 1, "?", "SB-SEM-02"),
        ("a == b + c", 1, "b", "SB-SEM-08"),
        ("a*2 == b", 1, "a", "SB-SEM-08"),
        ("f ~ f", 1, "f", "SB-SEM-11"),
        ("f =~ a + f", 1, "f", "SB-SEM-11"),
    ],
)
def test_a_text_that_cannot_be_read_points_at_the_line_and_the_word(text, line, word, code):
    problem = told(text)
    assert problem.code == code
    assert problem.what.startswith(f"Line {line} of the model: ")
    shown, carets = problem.what.split("\n")[-2:]
    assert shown.strip() == text.split("\n")[line - 1].strip()
    begins = carets.index("^")
    assert shown[begins : begins + len(word)] == word
    assert carets.strip() == "^" * len(word)
    assert problem.fix


def test_every_statement_that_cannot_be_read_is_told():
    problems = read_text("f = a\ny ~ b c\nz ~ f\nw ~ a:b").problems
    assert [problem.what[:6] for problem in problems] == ["Line 1", "Line 2", "Line 4"]


def test_a_tab_does_not_shift_the_caret():
    shown, carets = told("\ty ~ a b").what.split("\n")[-2:]
    assert carets.index("^") == shown.index("b")
    assert carets.startswith("        \t")


# ---- what is added ---------------------------------------------------------------------------------------------


def test_growth_frees_the_means_of_constructs_in_place_of_columns():
    made = rows("i =~ 1*t1 + 1*t2 + 1*t3; s =~ 0*t1 + 1*t2 + 2*t3", defaults="growth")
    assert made["t1 ~1", 0] == ("fixed", 0.0)
    assert isinstance(made["i ~1", 0], int)
    assert isinstance(made["s ~1", 0], int)


def test_nothing_but_variances_of_zero_is_added_where_nothing_is_to_be():
    made = rows("f =~ a + b; g =~ c + d", defaults="lavaan")
    assert made["f =~ a", 0] == 0
    assert made["f ~~ f", 0] == ("fixed", 0.0)
    assert ("f ~~ g", 0) not in made


def test_standardised_and_orthogonal_constructs():
    made = rows(THREE, std_lv=True, orthogonal=True)
    assert made["visual ~~ visual", 0] == ("fixed", 1.0)
    assert made["visual =~ x1", 0] == 0
    assert made["visual ~~ textual", 0] == ("fixed", 0.0)


def test_a_single_item_has_no_error_of_its_own_unless_it_is_said():
    made = rows("one =~ 1*x1; f =~ x2 + x3 + x4")
    assert made["x1 ~~ x1", 0] == ("fixed", 0.0)
    assert isinstance(made["x2 ~~ x2", 0], int)
    assert rows("one =~ 1*x1; x1 ~~ 0.3*x1; f =~ x2 + x3")["x1 ~~ x1", 0] == ("fixed", 0.3)
    assert isinstance(rows("one =~ 1*x1; f =~ x1 + x2 + x3")["x1 ~~ x1", 0], int)


def test_labels_and_equalities_share_numbers():
    made = rows("f =~ x1 + a*x2 + a*x3 + b*x4\nx1 ~~ k*x1; x2 ~~ m*x2\nk == m\nb == 0.8")
    assert made["f =~ x2", 0] == made["f =~ x3", 0]
    assert made["x1 ~~ x1", 0] == made["x2 ~~ x2", 0]
    assert made["f =~ x4", 0] == ("fixed", 0.8)
    assert len({free for free in made.values() if isinstance(free, int)}) == 1 + 1 + 2 + 1 + 4


def test_what_is_equal_to_something_fixed_is_fixed():
    made = rows("f =~ a*x1 + a*x2 + x3")
    assert made["f =~ x2", 0] == ("fixed", 1.0)


def test_one_label_in_groups_equates_them():
    made = rows("f =~ x1 + a*x2 + c(u, v)*x3", ("N", "S"))
    assert made["f =~ x2", 0] == made["f =~ x2", 1]
    assert made["f =~ x3", 0] != made["f =~ x3", 1]


@pytest.mark.parametrize(
    ("equal", "term", "free"),
    [
        ("loadings", "visual =~ x2", False),
        ("intercepts", "x2 ~1", False),
        ("residuals", "x2 ~~ x2", False),
        ("residual_covariances", "x1 ~~ x4", False),
        ("lv_variances", "visual ~~ visual", False),
        ("lv_covariances", "visual ~~ textual", False),
        ("regressions", "x9 ~ textual", False),
    ],
)
def test_what_is_equal_over_groups_and_nothing_else(equal, term, free):
    text = f"{THREE}; x1 ~~ x4; x9 ~ textual"
    made = rows(text, ("N", "S"), equal=(equal,))
    terms_of = {name for name, group in made if group == 0}
    kept = {name for name in terms_of if isinstance(made[name, 0], int) and made[name, 0] == made[name, 1]}
    assert term in kept
    apart = rows(text, ("N", "S"))
    assert not [name for name in terms_of if isinstance(apart[name, 0], int) and apart[name, 0] == apart[name, 1]]
    released = rows(text, ("N", "S"), equal=(equal,), partial=(term.replace(" ", ""),))
    assert released[term, 0] != released[term, 1]


def test_means_of_constructs_are_free_over_equal_intercepts():
    made = rows(THREE, ("N", "S"), equal=("loadings", "intercepts"))
    assert made["visual ~1", 0] == ("fixed", 0.0)
    assert isinstance(made["visual ~1", 1], int)
    held = rows(THREE, ("N", "S"), equal=("loadings", "intercepts", "means"))
    assert held["visual ~1", 1] == ("fixed", 0.0)


@pytest.mark.parametrize(
    ("text", "code", "word"),
    [
        ("f =~ a*x1 + x2\nb == a", "SB-SEM-07", "b"),
        ("f =~ x1 + a*x2\nd := a*bb", "SB-SEM-07", "bb"),
        ("f =~ x1 + a*x2\nd := a +", "SB-SEM-09", "a"),
        ("f =~ x1 + a*x2\na := a*2", "SB-SEM-09", "a"),
        ("f =~ x1 + a*x2\nd := sin(a)", "SB-SEM-09", "sin"),
        ("f =~ x1 + 0.5*x2\nf =~ x2", "SB-SEM-05", "x2"),
        ("f =~ x1 + c(1, 2)*x2", "SB-SEM-06", "x2"),
    ],
)
def test_terms_and_labels_that_do_not_fit_are_told(text, code, word):
    _, problems = completed(read_text(text))
    assert [problem.code for problem in problems] == [code]
    shown, carets = problems[0].what.split("\n")[-2:]
    assert shown[carets.index("^") :].startswith(word)


# ---- the text that is written ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "groups", "conventions"),
    [
        (THREE, ("",), {}),
        (THREE, ("",), {"std_lv": True, "orthogonal": True}),
        (THREE, ("N", "S"), {"equal": ("loadings", "intercepts"), "partial": ("x2~1",)}),
        ("f =~ x1 + a*x2 + b.1*x3; a == b.1; y ~ p*f + z; x1 ~~ 0.25*x1; twice := 2*p - a", ("",), {}),
        ("f =~ x1 + c(a, b)*x2 + c(NA, 1)*x3; x1 ~ c(0, NA)*1; b == 0.5; d := a - b", ("N", "S"), {}),
    ],
)
def test_the_text_read_again_is_the_same_model(text, groups, conventions):
    table, _ = completed(read_text(text), groups, Conventions(**conventions))
    again, problems = completed(read_text(lavaan_text(table)), groups, Conventions(defaults="lavaan"))
    assert problems == []
    assert again.n_free == table.n_free

    def pattern(one):
        first: dict[int, int] = {}
        return {
            (p.term, p.group): (first.setdefault(p.free, len(first)) if p.is_free else (p.value, p.given))
            for p in sorted(one, key=lambda p: (p.term, p.group))
        }

    assert str(pattern(again)) == str(pattern(table))
    assert len(again.definitions) == len(table.definitions)
