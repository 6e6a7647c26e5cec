"""A study whose interviews come as a table of coded segments instead of a project."""

import pandas as pd
import pytest

from securebase_analysis.errors import DataError
from securebase_analysis.measures.scoring import score_dimensions
from securebase_analysis.readers.interviews.coded_files import FORMATS
from securebase_analysis.study.settings import INTERVIEW_FORMATS


@pytest.fixture
def coded(cohort):
    """A cohort whose project is also written as the table that MAXQDA would make of it."""
    cohort.write()
    segments = cohort.segments
    texts = cohort.sources.set_index("source")["text"]
    words = [texts[row.source][row.start : row.end] for row in segments.itertuples()]
    frame = pd.DataFrame(
        {
            "Document group": "Birds",
            "Document name": segments["source"],
            "Code": segments["code"],
            "Beginning": 1,
            "End": 1,
            "Weight score": 50,
            "Segment": words,
            "Created by": segments["coder"],
        }
    )
    frame.to_excel(cohort.folder / "segments.xlsx", index=False)
    return cohort


def test_a_table_of_segments_is_read_where_a_project_is(coded):
    whole = coded.read()
    coded.sections["[[interviews]]"] = {"file": '"segments.xlsx"', "sources": '"interviews.csv"'}
    study = coded.read()
    columns = ["source", "code", "coder", "text"]
    rows = [sorted(map(tuple, noun.segments[columns].values.tolist())) for noun in (study, whole)]
    assert rows[0] == rows[1]
    assert study.segments["child"].notna().all()
    assert any("MAXQDA's table of coded segments holds no" in note for note in study.notes)


def interview_scores(study):
    frame = score_dimensions(study).frame
    return frame[frame["instrument"] == "interviews"].reset_index(drop=True)


def test_balances_from_a_table_are_those_from_the_project(coded):
    whole = interview_scores(coded.read())
    coded.sections["[[interviews]]"] = {"file": '"segments.xlsx"', "sources": '"interviews.csv"'}
    pd.testing.assert_frame_equal(interview_scores(coded.read()), whole)


def test_a_map_of_columns_stands_in_the_study_file(coded):
    frame = pd.read_excel(coded.folder / "segments.xlsx")
    frame = frame.rename(
        columns={"Document name": "Talk", "Code": "Theme", "Segment": "Quote", "Created by": "Who"}
    )
    frame.drop(columns="Document group").to_csv(coded.folder / "own.csv", index=False)
    settings = {"file": '"own.csv"', "sources": '"interviews.csv"'}
    coded.sections["[[interviews]]"] = settings
    with pytest.raises(Exception, match="SB-FILE-30"):
        coded.read()
    own = '{ source = "Talk", code = "Theme", text = "Quote", coder = "Who" }'
    coded.sections["[[interviews]]"] = settings | {"segment_columns": own}
    assert len(coded.read().segments) == 9


def test_a_study_file_knows_every_format_of_interviews():
    assert INTERVIEW_FORMATS == FORMATS


def test_fixes_are_lines_of_the_study_file(coded):
    """What is to be said as an argument of read_interviews stands in study.toml here, and works when copied."""
    frame = pd.read_excel(coded.folder / "segments.xlsx")
    quotations = pd.DataFrame(
        {
            "ID": range(1, len(frame) + 1),
            "Document": frame["Document name"],
            "Codes": frame["Code"] + ", kind",
            "Quotation Content": frame["Segment"],
        }
    )
    quotations.to_excel(coded.folder / "segments.xlsx", index=False)
    coded.sections["[[interviews]]"] = {"file": '"segments.xlsx"', "sources": '"interviews.csv"'}
    with pytest.raises(DataError) as caught:
        coded.read()
    asked = next(problem for problem in caught.value.problems if problem.code == "SB-FILE-155")
    line = 'segment_columns = { program = "atlas.ti", codes_between = "," }'
    assert asked.fix.startswith(f"{line} under [[interviews]] in study.toml when commas part codes")
    name, _, value = line.partition(" = ")
    coded.sections["[[interviews]]"][name] = value
    # The table is read now; the codebook has no code "kind".
    with pytest.raises(DataError) as caught:
        coded.read()
    assert "SB-FILE-155" not in [problem.code for problem in caught.value.problems]
