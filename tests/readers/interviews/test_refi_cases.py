"""Cases of REFI-QDA projects: whom a source belongs to, and what is said where that is not clear."""

import pytest

from securebase_analysis.readers.interviews import read_interviews, write_interviews

TEXT = "Anna: I was there. Ben: she came at once."


def assumed(interviews, code):
    return next((problem for problem in interviews.assumptions if problem.code == code), None)


def case(parts, number, *inside, name=""):
    named = f' name="{name}"' if name else ""
    return f'<Case guid="{parts.guid(number)}"{named}>{"".join(inside)}</Case>'


def refers(parts, number, tag="SourceRef"):
    return f'<{tag} targetGUID="{parts.guid(number)}"/>'


def value(parts, number, words, kind="Text"):
    ref = f'<VariableRef targetGUID="{parts.guid(number)}"/>'
    return f"<VariableValue>{ref}<{kind}Value>{words}</{kind}Value></VariableValue>"


@pytest.fixture
def two(parts):
    """Two interviews, the second coded with the second code."""
    return parts.text_source(TEXT, parts.passage(6, 18, parts.coding())) + parts.text_source(
        TEXT, parts.passage(24, 41, parts.coding(parts.OTHER_CODE)), name="second", number=22
    )


def cases_of(read):
    return read.cases[["case", "source"]].values.tolist()


def test_a_nameless_case_of_two_sources_stays_one_case(project, parts, two, tmp_path):
    """Called by its sources it would be two people."""
    cases = f"<Cases>{case(parts, 70, refers(parts, 21), refers(parts, 22))}</Cases>"
    read = read_interviews(project(two, before=cases))
    assert cases_of(read) == [["case 1", "interview"], ["case 1", "second"]]
    write_interviews(read, tmp_path / "again.qdpx")
    assert cases_of(read_interviews(tmp_path / "again.qdpx")) == cases_of(read)


def test_two_cases_of_one_name_stay_two(project, parts, two, tmp_path):
    """Children of one first name in two folders of cases."""
    both = case(parts, 70, refers(parts, 21), name="Anna") + case(parts, 71, refers(parts, 22), name="Anna")
    read = read_interviews(project(two, before=f"<Cases>{both}</Cases>"))
    assert cases_of(read) == [["Anna", "interview"], ["Anna (2)", "second"]]
    told = assumed(read, "SB-FILE-173")
    assert (told.severity, told.table, told.column, told.rows) == ("note", "cases", "case", (2,))
    assert told.what == "1 case bears a name that an earlier case already has."
    assert "Anna" not in str(told)
    write_interviews(read, tmp_path / "again.qdpx")
    assert cases_of(read_interviews(tmp_path / "again.qdpx")) == cases_of(read)


def test_a_case_tied_by_a_code_has_the_sources_coded_with_it(project, parts, two):
    tied = case(parts, 70, f'<CodeRef targetGUID="{parts.OTHER_CODE}"/>', name="Anna")
    read = read_interviews(project(two, before=f"<Cases>{tied}</Cases>"))
    assert cases_of(read) == [["Anna", "second"]]
    assert read.segments["code"].tolist() == ["availability", "sensitivity"]
    assert assumed(read, "SB-FILE-174").what == "1 case is tied to sources by a code."


def test_a_case_tied_by_a_code_that_is_not_there_is_told(project, parts, two):
    tied = case(parts, 70, refers(parts, 99, "CodeRef"), refers(parts, 21), name="Anna")
    read = read_interviews(project(two, before=f"<Cases>{tied}</Cases>"))
    assert cases_of(read) == [["Anna", "interview"]]
    assert assumed(read, "SB-FILE-99").what.startswith("1 reference leads from a case")


def test_a_source_of_several_cases_is_told(project, parts):
    """A talk with two people: each case marks its own words, the table of cases knows sources only."""
    mine = parts.passage(0, 18, parts.coding(parts.guid(70), number=901), number=501)
    yours = parts.passage(19, 41, parts.coding(parts.guid(71), number=902), number=502)
    people = case(parts, 70, name="Anna") + case(parts, 71, name="Ben")
    source = parts.text_source(TEXT, mine, yours, parts.passage(6, 18, parts.coding()))
    read = read_interviews(project(source, before=f"<Cases>{people}</Cases>"))
    assert cases_of(read) == [["Anna", "interview"], ["Ben", "interview"]]
    told = assumed(read, "SB-FILE-175")
    assert (told.severity, told.table, told.rows) == ("warn", "sources", (1,))
    assert told.what == "1 source holds passages of several cases."


def test_a_case_that_marks_a_whole_text_or_stands_alone_is_not_doubted(project, parts):
    whole = parts.passage(0, len(TEXT), parts.coding(parts.guid(70), number=901), number=501)
    alone = parts.passage(0, 4, parts.coding(parts.guid(71), number=902), number=502)
    people = case(parts, 70, name="Anna") + case(parts, 71, name="Ben")
    sources = parts.text_source(TEXT, whole) + parts.text_source(TEXT, alone, name="second", number=22)
    read = read_interviews(project(sources, before=f"<Cases>{people}</Cases>"))
    assert cases_of(read) == [["Anna", "interview"], ["Ben", "second"]]
    assert assumed(read, "SB-FILE-175") is None


@pytest.fixture
def age(parts):
    return f'<Variables><Variable guid="{parts.guid(80)}" name="age" typeOfVariable="Integer"/></Variables>'


def test_two_values_of_one_variable_are_told(project, parts, two, age):
    both = value(parts, 80, 5, "Integer") + value(parts, 80, 6, "Integer")
    read = read_interviews(project(two, before=f"{age}<Cases>{case(parts, 70, both, name='A')}</Cases>"))
    assert read.cases["age"].tolist() == [5]
    told = assumed(read, "SB-FILE-172")
    assert told.severity == "warn"
    assert told.what.startswith("1 value contradicts an earlier value of the same variable")


def test_a_case_that_contradicts_its_source_is_told_and_one_without_a_value_takes_it(project, parts, age):
    missing = f'<VariableValue><VariableRef targetGUID="{parts.guid(80)}"/></VariableValue>'
    known = value(parts, 80, 6, "Integer")
    source = parts.text_source(TEXT, parts.passage(6, 18, parts.coding()), known)
    for own, expected, is_told in ((value(parts, 80, 5, "Integer"), 5, True), (missing, 6, False)):
        people = case(parts, 70, own, refers(parts, 21), name="A")
        read = read_interviews(project(source, before=f"{age}<Cases>{people}</Cases>"))
        assert read.cases["age"].tolist() == [expected]
        assert (assumed(read, "SB-FILE-171") is not None) == is_told
    assert assumed(read, "SB-FILE-172") is None


def test_identifiers_of_two_things_are_told(project, parts, two):
    """Nothing runs together in silence: neither two coders nor two interviews."""
    twin = parts.text_source(TEXT, parts.passage(0, 4, parts.coding()), name="third", number=21)
    users = (
        f'<User guid="{parts.CODER}" name="Ada"/><User guid="{parts.CODER}" name="Bo"/>'
        f'<User guid="{parts.OTHER_CODER}" name="Cy"/>'
    )
    people = case(parts, 70, refers(parts, 21), name="A")
    read = read_interviews(project(two + twin, users=users, before=f"<Cases>{people}</Cases>"))
    assert read.coders["coder"].tolist() == ["Ada / Bo", "Cy"]
    assert read.segments["source"].tolist() == ["interview", "second", "third"]
    assert cases_of(read) == [["A", "interview"]]
    told = assumed(read, "SB-FILE-170")
    assert told.severity == "warn"
    assert "users (1), sources (1)" in told.what


def test_one_user_listed_twice_is_one(project, parts, two):
    users = f'<User guid="{parts.CODER}" name="Ada"/><User guid="{parts.CODER}" name="Ada"/>'
    read = read_interviews(project(two, users=users))
    assert read.coders["coder"].tolist() == ["Ada"]
    assert assumed(read, "SB-FILE-170") is None
