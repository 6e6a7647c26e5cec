"""What was assumed is told with three cells, and never with the cells of a person."""

import pandas as pd

import securebase_analysis as sb
from securebase_analysis.errors import Problem
from securebase_analysis.readers.questionnaires.assumed_cells import with_sample_cells

FRAME = pd.DataFrame(
    {"id": ["K01", "K02", "K03", "K04"], "score": ["1", "2,5", "3,5", None], "who": ["Zoe", "Ana", "Ben", "Ida"]}
)


def told(problem, shown=("score",)):
    return with_sample_cells([problem], FRAME, shown)[0].done


def test_a_column_is_told_with_cells_of_the_rows_concerned():
    assert told(Problem("SB-FILE-18", "note", "Comma.", "f.csv", "score", rows=[2, 3], done="Read.")) == (
        "Read. Cells: score row 2 '2,5'; score row 3 '3,5'."
    )
    assert told(Problem("SB-FILE-18", "note", "Comma.", "f.csv", "score")).count(" row ") == 3


def test_the_whole_file_is_told_with_cells_of_columns_and_none_of_a_person():
    done = told(Problem("SB-FILE-03", "note", "UTF-16.", "f.csv"))
    assert done == "Cells: score row 1 '1'."
    assert told(Problem("SB-FILE-05", "note", "Zeros.", "f.csv", "id")) == ""
    assert "Zoe" not in told(Problem("SB-FILE-06", "note", "Words.", "f.csv", "who"), shown=("who",))


def test_what_stops_and_what_shows_its_cells_stays_as_it_is():
    for problem in (
        Problem("SB-FILE-18", "stop", "No number.", "f.csv", "score", rows=[2]),
        Problem("SB-FILE-04", "warn", "Semicolons.", "f.csv", done="Using ';' (score row 2 '2,5' is 2.5)."),
        Problem("SB-FILE-06", "warn", "Words.", "f.csv", "no column of the file"),
    ):
        assert with_sample_cells([problem], FRAME, list(FRAME)) == (problem,)


def test_a_column_that_nobody_declared_is_not_shown_where_it_may_number_the_children(tmp_path):
    file = tmp_path / "carers.csv"
    file.write_text("child;wave;case;a1\nC1;1;10340;1,5\nC2;1;10341;0\nC3;1;10342;1,5\n")
    read = sb.read_questionnaire(file)
    assert "case" in read.wide
    assert not any("1034" in str(problem) for problem in read.assumptions)
    assert any("1,5" in str(problem) for problem in read.assumptions)
