"""One message form: what, where, why, done, fix."""

import pytest

from securebase_analysis.errors import (
    DataError,
    ModelError,
    Problem,
    check_option,
    describe_rows,
    explain,
    nearest,
    problems_frame,
    raise_if_stopped,
)

STOP = Problem(
    "SB-ITEM-04",
    "stop",
    "7 is outside 1-5.",
    table="wave 1",
    column="q1",
    rows=range(1, 9),
    why="The score would be wrong.",
    done="Nothing was scored.",
    fix="Correct the cell.",
)
NOTE = Problem("SB-FILE-03", "note", "The file is UTF-16.", table="wave 1")


def test_a_message_says_what_where_why_what_was_done_and_a_fix():
    text = str(STOP)
    for part in (
        "SB-ITEM-04",
        "7 is outside",
        "table wave 1",
        "column q1",
        "rows 1, 2, 3, 4, 5 and 3 more (8 rows)",
    ):
        assert part in text
    for part in ("why: The score", "done: Nothing", "fix: Correct"):
        assert part in text


def test_all_problems_are_raised_at_once_the_stops_first():
    with pytest.raises(DataError) as caught:
        raise_if_stopped([NOTE, STOP])
    assert caught.value.problems == (NOTE, STOP)
    text = str(caught.value)
    assert text.startswith("2 problems, 1 of which must be mended")
    assert text.index("SB-ITEM-04") < text.index("SB-FILE-03")


def test_notes_alone_do_not_stop():
    raise_if_stopped([NOTE])


def test_problems_as_a_table():
    frame = problems_frame([STOP, NOTE])
    assert frame["rows"].tolist() == ["1, 2, 3, 4, 5, 6, 7, 8", ""]
    assert frame["n_rows"].tolist() == [8, 0]
    assert list(problems_frame([])) == list(frame)


def test_options_suggest_the_nearest_word():
    with pytest.raises(ModelError, match="method='reml'"):
        check_option("method", "rmel", ("reml", "ml"))
    check_option("method", "ml", ("reml", "ml"))


def test_rows_and_nearest():
    assert describe_rows([3]) == "row 3"
    assert nearest("Availabilty", ["availability", "trust"]) == "availability"
    assert nearest("zzz", ["availability"]) is None


def test_a_severity_must_be_known():
    with pytest.raises(ValueError, match="severity"):
        Problem("SB-X-01", "fatal", "no")


def test_a_code_is_explained_with_its_fix_in_any_case_and_ends_before_the_next():
    told = explain(" sb-file-21 ")
    assert told.startswith("### SB-FILE-21\n")
    assert "- fix: " in told
    assert told.count("### ") == 1
    assert "\n## " not in told


def test_an_unknown_code_is_answered_with_the_nearest():
    with pytest.raises(ModelError) as error:
        explain("SB-FIEL-21")
    assert error.value.problems[0].fix == "explain('SB-FILE-21')"
