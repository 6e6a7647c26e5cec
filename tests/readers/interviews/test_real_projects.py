"""Exports that coding programs wrote, against counts made independently."""

import json

import pandas as pd
import pytest

from securebase_analysis.readers.interviews import read_interviews, write_interviews

NVIVO = "nvivo_win_12.6_masked.qdpx"
ATLAS = "atlasti_mac_8.4_standard_project.qdpx"
FILES = [ATLAS, NVIVO, "atlasti_win_23.4_codebook.qdc", "refi_standard_example1.qdc"]


@pytest.fixture(scope="module")
def projects(samples):
    return samples / "refi_qda_projects"


@pytest.fixture(scope="module")
def expected(projects):
    return json.loads((projects / "expected.json").read_text("utf-8"))


def codes_of(assumptions):
    return [problem.code for problem in assumptions]


@pytest.mark.parametrize("name", FILES)
def test_counts_are_those_of_the_file(projects, expected, name):
    interviews, truth = read_interviews(projects / name), expected[name]
    segments = interviews.segments
    assert len(segments) == truth["n_codings"]
    assert len(interviews.codes) == truth["n_codes"]
    assert len(interviews.coders) == truth["n_users"]
    assert len(interviews.notes) == truth["n_notes"]
    n_empty_sets = 1 if name == ATLAS else 0
    assert interviews.sets["set"].nunique() == truth["n_sets"] - n_empty_sets
    assert segments["code"].value_counts().to_dict() == truth["codings_by_code"]
    assert segments["coder"].value_counts().to_dict() == truth["codings_by_user"]
    coded = interviews.coders.loc[interviews.coders["n_segments"] > 0]
    assert dict(zip(coded["coder"], coded["n_segments"])) == truth["codings_by_user"]
    used = interviews.codes.loc[interviews.codes["n_segments"] > 0]
    assert dict(zip(used["code"], used["n_segments"])) == truth["codings_by_code"]


@pytest.mark.parametrize("name", FILES)
def test_spans_and_sources_are_those_of_the_file(projects, expected, name):
    interviews, truth = read_interviews(projects / name), expected[name]
    kinds = {f"{kind.capitalize()}Source".replace("Pdf", "PDF"): n for kind, n in
             interviews.sources["kind"].value_counts().items()}  # fmt: skip
    assert kinds == {
        kind: n for kind, n in truth["n_sources"].items() if kind.endswith("Source") and "Member" not in kind
    }
    place = ["source", "start", "end"]
    spans = pd.concat(
        [interviews.segments[place], interviews.uncoded.loc[interviews.uncoded["kind"] == "text", place]]
    )
    assert len(spans.dropna().drop_duplicates()) == truth["distinct_text_spans"]
    assert (interviews.uncoded["kind"] == "text").sum() == truth["text_selections_without_coding"]


def test_the_codebooks_tree_is_kept(projects):
    codes = read_interviews(projects / NVIVO).codes
    depth = codes["path"].str.count(" > ")
    assert depth.max() == 3
    assert (codes.loc[depth == 0, "parent"].isna()).all()
    assert codes.loc[depth > 0, "parent"].isin(codes["code"]).all()
    assert codes["code"].is_unique


def test_nvivo_counts_utf16_with_crlf_after_the_mark(projects):
    interviews = read_interviews(projects / NVIVO)
    chosen = interviews.offsets.set_index("convention").loc["utf-16"]
    assert chosen["chosen"]
    assert chosen["n_spans"] == 188
    assert chosen["score"] > 0.98
    others = interviews.offsets.loc[~interviews.offsets["chosen"]]
    assert (others["score"] < 0.85).all()
    report = next(problem for problem in interviews.assumptions if problem.code == "SB-CODE-16")
    assert report.severity == "note"
    assert "utf-16" in report.what
    assert "0.98" in report.what


def test_nvivo_text_is_what_lies_at_the_positions(projects):
    interviews = read_interviews(projects / NVIVO)
    texts = interviews.sources.set_index("source")["text"]
    assert not texts.str.contains("\r").any()
    assert not texts.str.startswith("\ufeff").any()
    for row in interviews.segments.itertuples():
        assert texts[row.source][row.start : row.end] == row.text
    assert interviews.sources["n_characters"].tolist() == texts.str.len().tolist()


def test_nvivo_positions_match_a_second_way_of_counting(projects):
    """Cut each passage out of the UTF-16 bytes, as NVivo counts them."""
    import xml.etree.ElementTree as ElementTree
    import zipfile

    interviews = read_interviews(projects / NVIVO)
    seen = set()
    with zipfile.ZipFile(projects / NVIVO) as archive:
        root = ElementTree.fromstring(archive.read("project.qde"))
        for source in root.iter("{urn:QDA-XML:project:1.0}TextSource"):
            path = source.get("plainTextPath").replace("internal://", "Sources/")
            units = archive.read(path).decode("utf-8-sig").encode("utf-16-le")
            for selection in source.iter("{urn:QDA-XML:project:1.0}PlainTextSelection"):
                start, end = int(selection.get("startPosition")), int(selection.get("endPosition"))
                text = units[2 * start : 2 * end].decode("utf-16-le").replace("\r\n", "\n")
                seen.add((source.get("name"), text))
    assert {(row.source, row.text) for row in interviews.segments.itertuples()} == seen


def test_atlas_positions_stand_although_its_texts_are_absent(projects):
    interviews = read_interviews(projects / ATLAS)
    segments = interviews.segments
    assert segments["kind"].value_counts().to_dict() == {"text": 9, "pdf": 4, "picture": 2, "video": 1}
    in_text = segments["kind"] == "text"
    assert segments.loc[in_text, ["start", "end"]].notna().all(axis=None)
    assert segments.loc[~in_text, ["start", "end"]].isna().all(axis=None)
    assert {"start": "Int64", "end": "Int64"}.items() <= segments.dtypes.astype(str).to_dict().items()
    mabel = segments.loc[(segments["source"] == "Mabel.txt") & (segments["start"] == 0)]
    assert len(mabel) == 3
    assert mabel["segment"].nunique() == 1
    assert {"SB-FILE-45", "SB-CODE-16", "SB-CODE-61"} <= set(codes_of(interviews.assumptions))


def test_atlas_groups_become_variables_when_asked(projects):
    cases = read_interviews(projects / ATLAS, sets="variables").cases.set_index("source")
    assert cases.loc["Simon.docx", ["gender", "age"]].tolist() == ["male", "67"]
    assert cases.loc["Mabel.txt", ["gender", "age"]].tolist() == ["female", "25"]
    assert read_interviews(projects / ATLAS).cases.empty


def test_atlas_flat_names_become_a_tree_when_asked(projects):
    codes = read_interviews(projects / ATLAS, code_separator="::").codes.set_index("code")
    assert codes.loc["diet Coke", "parent"] == "Coke"
    assert codes.loc["diet Coke", "path"] == "Coke > diet Coke"
    assert "Coke::diet Coke" in read_interviews(projects / ATLAS).codes["code"].tolist()


def test_home_folders_and_names_stay_out_of_every_message(projects):
    interviews = read_interviews(projects / ATLAS)
    said = "\n".join(map(str, interviews.assumptions))
    for private in ("sebpe", "Users/", "Markgraf", "Petrausch", "Mabel", "Simon"):
        assert private not in said
    frames = (interviews.segments, interviews.codes, interviews.sources, interviews.cases, interviews.notes)
    assert not any("sebpe" in frame.to_csv() for frame in frames)


def test_pseudonyms_replace_every_name(projects):
    interviews = read_interviews(projects / ATLAS, coders="pseudonyms")
    assert interviews.coders["coder"].tolist() == ["C1", "C2", "C3"]
    assert interviews.segments["coder"].unique().tolist() == ["C2"]
    everything = [interviews.segments, interviews.uncoded, interviews.notes, interviews.coders]
    assert not any("Markgraf" in frame.to_csv() for frame in everything)


@pytest.mark.parametrize("name", FILES)
def test_what_is_written_reads_back_equal(projects, tmp_path, name):
    first = read_interviews(projects / name)
    write_interviews(first, tmp_path / "again.qdpx")
    second = read_interviews(tmp_path / "again.qdpx")
    for table in ("segments", "codes", "coders", "sources", "cases", "uncoded", "notes", "sets"):
        pd.testing.assert_frame_equal(getattr(first, table), getattr(second, table))


def test_atlas_quotations_over_two_pages_are_told_and_can_be_left_out(projects):
    """ATLAS.ti writes a quotation of a PDF on its text and once for each page; 'serene' stands on a page alone."""
    interviews = read_interviews(projects / "atlasti_mac_8.4_standard_project.qdpx")
    twice = next(problem for problem in interviews.assumptions if problem.code == "SB-CODE-61")
    assert len(twice.rows) == 3
    once = eval(twice.fix.removeprefix("Leave these rows out: "), {"interviews": interviews})
    of_pdf = once.loc[once["source"].str.endswith(".pdf"), ["code", "kind"]]
    assert of_pdf.values.tolist() == [["waste of time", "text"], ["cornflakes", "text"], ["serene", "pdf"]]
