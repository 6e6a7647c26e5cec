"""What was coded: catalogue cases 79 to 82, 92, 93 and 95."""

from __future__ import annotations

import hashlib
import zipfile

import pandas as pd
import pytest

from securebase_analysis.study.study import check_study, read_study

PROJECT = "interviews.qdpx"


def test_79_a_code_that_is_not_in_the_codebook(cohort):
    cohort.segments.loc[[0, 6], "code"] = "Availabilty: there"
    found = cohort.one("SB-CODE-01")
    assert (found.severity, found.table, found.column) == ("stop", PROJECT, "code")
    assert len(found.rows) == 2
    assert "'Availabilty: there' (2 segments; perhaps 'Availability: there')." in found.what
    assert "crosswalk" in found.fix


def test_79_a_code_that_resembles_none_may_be_a_name_and_is_not_shown(cohort):
    cohort.segments.loc[0, "code"] = "Kestrel"
    assert "not shown" in cohort.one("SB-CODE-01").what


def test_80_codes_that_speak_for_no_dimension(cohort):
    cohort.segments.loc[0, "code"] = "Context"
    found = cohort.one("SB-CODE-02")
    assert (found.severity, found.table, found.column) == ("warn", "codebook: codes", "construct")
    assert "1 of 9 segments" in found.what


def test_81_segments_without_a_coder(cohort):
    cohort.segments["coder"] = cohort.segments["coder"].astype(object)
    cohort.segments.loc[[1, 3], "coder"] = None
    found = cohort.one("SB-CODE-03")
    assert (found.severity, found.table, found.column) == ("warn", PROJECT, "coder")
    assert len(found.rows) == 2
    assert "used in scores, not in agreement" in found.done


def rewritten(cohort, change):
    """The project with its XML changed by hand, as a damaged export would have it."""
    path = cohort.write() / PROJECT
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    name = next(name for name in members if name.endswith(".qde"))
    members[name] = change(members[name].decode()).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for member, content in members.items():
            archive.writestr(member, content)
    return path.parent


def with_three_spellings(cohort):
    """The project with the first three codings by J.B., JB and jb."""
    cohort.segments["coder"] = ["B1", "B2", "B3", *["C2"] * 6]

    def renamed(xml):
        return xml.replace('"B1"', '"J.B."').replace('"B2"', '"JB"').replace('"B3"', '"jb"')

    return rewritten(cohort, renamed)


def test_82_spellings_of_a_coder_are_not_guessed(cohort):
    cohort.codebook["coders"] = []
    problems = check_study(with_three_spellings(cohort), progress=False)
    assert [problem.code for problem in problems] == ["SB-CODE-04"]
    found = problems[0]
    assert (found.severity, found.table, found.column) == ("stop", PROJECT, "coder")
    assert len(found.rows) == 3
    assert 'coders = [{ coder = "J.B.", aliases = ["JB", "jb"] }]' in found.fix


def test_82_the_fix_that_is_offered_works(cohort):
    cohort.codebook["coders"] = [{"coder": "J.B.", "aliases": ["JB", "jb"]}, {"coder": "C2"}]
    study = read_study(with_three_spellings(cohort), progress=False)
    assert set(study.segments["coder"]) == {"J.B.", "C2"}
    assert study.notes == ()


def test_82_raters_too(cohort):
    cohort.tables["ratings"]["rater"] = ["S.W.", "sw"] * 6
    found = cohort.one("SB-CODE-04")
    assert (found.table, found.column, len(found.rows)) == ("ratings.csv", "rater", 12)


def test_aliases_of_coders_are_used(cohort):
    cohort.segments["coder"] = cohort.segments["coder"].replace({"C1": "First"})
    assert set(cohort.read().segments["coder"]) == {"C1", "C2"}


def test_a_coder_whom_the_codebook_does_not_list(cohort):
    cohort.segments.loc[0, "coder"] = "C7"
    found = cohort.one("SB-CODE-37")
    assert (found.severity, found.column, len(found.rows)) == ("warn", "coder", 1)


@pytest.mark.parametrize(
    ("start", "end"), [(0, 10422), (32, 20)], ids=["beyond its transcript", "ends before it starts"]
)
def test_92_a_segment_outside_its_text(cohort, start, end):
    folder = rewritten(
        cohort,
        lambda xml: xml.replace(
            'startPosition="0" endPosition="32"', f'startPosition="{start}" endPosition="{end}"'
        ),
    )
    problems = check_study(folder, progress=False)
    found = [problem for problem in problems if problem.code == "SB-CODE-14"]
    assert len(found) == 1
    assert (found[0].severity, found[0].column) == ("stop", "start, end")
    assert found[0].rows
    assert found[0].fix


def test_93_a_transcript_that_changed_since_it_was_coded(cohort):
    checksum = hashlib.sha256(cohort.sources["text"].iloc[0].encode()).hexdigest()
    cohort.tables["interviews"]["sha256"] = [checksum, checksum.upper(), ""]
    assert cohort.check() == ()
    cohort.tables["interviews"].loc[1, "sha256"] = hashlib.sha256(b"another text").hexdigest()
    found = cohort.one("SB-CODE-15")
    assert (found.severity, found.table, found.column, found.rows) == ("stop", "interviews.csv", "sha256", (2,))
    assert "3 segments may have moved" in found.what


def test_93_two_projects_with_different_transcripts(cohort):
    cohort.write()
    first = (cohort.folder / PROJECT).read_bytes()
    (cohort.folder / "second.qdpx").write_bytes(first)
    cohort.sections["[[interviews]]+"] = {"file": '"second.qdpx"', "sources": '"interviews.csv"'}
    cohort.sources.loc[0, "text"] = "Another text that is as long as it has to be for the passages."
    found = cohort.one("SB-CODE-15")
    assert (found.severity, found.rows) == ("stop", (1,))


def test_two_projects_of_the_same_interviews_are_put_together(cohort):
    segments = cohort.segments
    cohort.segments = segments[segments["coder"] == "C2"].reset_index(drop=True)
    cohort.write()
    (cohort.folder / "second.qdpx").write_bytes((cohort.folder / PROJECT).read_bytes())
    cohort.segments = segments[segments["coder"] == "C1"].reset_index(drop=True)
    cohort.sections["[[interviews]]+"] = {"file": '"second.qdpx"', "sources": '"interviews.csv"'}
    study = cohort.read()
    assert len(study.sources) == 3
    assert study.segments["coder"].value_counts().to_dict() == {"C1": 6, "C2": 3}
    assert len(study.interviews.segments) == 9
    by_place = study.segments.groupby(["source", "start", "end"])["segment"]
    assert (by_place.nunique() == 1).all(), "the same words have the same number, whoever coded them"
    assert study.segments["segment"].nunique() == by_place.ngroups
    assert study.interviews.coders.set_index("coder")["n_segments"].to_dict() == {"C1": 6, "C2": 3}


def test_95_codes_of_an_earlier_codebook_are_translated_and_counted(cohort):
    cohort.segments.loc[[0, 2, 4], "code"] = "warmth"
    found = cohort.one("SB-CODE-17")
    assert (found.severity, found.table, found.column, found.rows) == (
        "warn",
        "codebook: crosswalk",
        "old_code",
        (1,),
    )
    assert "3 of 9 segments" in found.what
    assert "'warmth' to 'Availability: there' 3" in found.what
    study = cohort.read()
    assert (study.segments["code"] == "Availability: there").sum() == 6
    assert any("SB-CODE-17" in note for note in study.notes)


def test_codes_in_another_spelling_are_the_same_code(cohort):
    cohort.segments.loc[0, "code"] = "availability:  THERE"
    found = cohort.one("SB-FILE-19")
    assert found.severity == "warn"
    assert (cohort.read().segments["code"] == "Availability: there").sum() == 6


# --- whose interview --------------------------------------------------------------------------------------------


def test_sources_named_by_a_pattern(cohort):
    names = {f"Interview {place}": f"{cohort.ids[place - 1]}_W1_carer.docx" for place in (1, 2, 3)}
    expected = cohort.read().sources
    cohort.sources["source"] = cohort.sources["source"].map(names)
    cohort.segments["source"] = cohort.segments["source"].map(names)
    cohort.sections["[[interviews]]"] = {
        "file": f'"{PROJECT}"',
        "source_pattern": '"{child}_W{wave}_{informant}"',
    }
    study = cohort.read()
    columns = ["site", "child", "wave", "informant", "n_words"]
    pd.testing.assert_frame_equal(study.sources[columns], expected[columns])
    assert len(study.segments) == 9


def test_a_pattern_without_a_child(cohort):
    cohort.sections["[[interviews]]"] = {"file": f'"{PROJECT}"', "source_pattern": '"W{wave}_{person}"'}
    found = cohort.one("SB-CODE-70")
    assert found.severity == "stop"
    assert "{child}" in found.fix


def test_interviews_that_nothing_links(cohort):
    cohort.sections["[[interviews]]"] = {"file": f'"{PROJECT}"'}
    found = cohort.one("SB-CODE-70")
    assert (found.severity, found.table) == ("stop", PROJECT)
    assert "sources" in found.fix


def test_a_source_that_belongs_to_nobody_is_counted_and_left_out(cohort):
    cohort.tables["interviews"] = cohort.tables["interviews"].head(2)
    found = cohort.one("SB-CODE-71")
    assert (found.severity, found.table, found.rows) == ("warn", PROJECT, (3,))
    assert "hold 3 segments" in found.what
    assert len(cohort.read().segments) == 6


def test_an_interview_that_is_listed_but_not_in_the_project(cohort):
    cohort.tables["interviews"].loc[0, "source"] = "Interview 9"
    codes = cohort.codes()
    assert "SB-CODE-71" in codes
    found = cohort.one("SB-CODE-72")
    assert (found.severity, found.table, found.column, found.rows) == ("warn", "interviews.csv", "source", (1,))


def test_one_source_for_two_children(cohort):
    cohort.tables["interviews"].loc[2, "source"] = "Interview 1"
    found = cohort.one("SB-CODE-73")
    assert (found.severity, found.rows) == ("stop", (1, 3))


def test_the_endings_of_file_names_do_not_matter(cohort):
    cohort.tables["interviews"]["source"] = cohort.tables["interviews"]["source"] + ".DOCX"
    assert len(read_study(cohort.write(), progress=False).segments) == 9
