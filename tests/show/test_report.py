"""The report: self-contained, escaped, without a child's id, and honest about what could not be done."""

from __future__ import annotations

import base64
import json
import re
import zipfile
from dataclasses import replace
from pathlib import Path

import lxml.html
import pytest
from docx import Document
from PIL import Image

from securebase_analysis import theory
from securebase_analysis.errors import Problem
from securebase_analysis.show.figures.picture import png_bytes
from securebase_analysis.show.report import page as report_page
from securebase_analysis.show.report import write as report_write
from securebase_analysis.show.report.section import Section, attempted, sentences
from securebase_analysis.show.report.write import write_report
from securebase_analysis.study.simulate import simulate_study

EVIL = '<script>alert("1")</script>'
MOMENT = "1700000000"


@pytest.fixture(scope="module", autouse=True)
def _coarse_pictures():
    """Few dots in the PNG files, which nobody looks at here."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(report_page, "png_bytes", lambda picture, dpi=0: png_bytes(picture, 40))
        yield


def undrawn(shown, number) -> report_page.Drawn:
    """For reports of which only the words are looked at: pictures are made, but not written as PNG and SVG."""
    return report_page.Drawn(shown, number, b"", b"<svg/>")


@pytest.fixture
def _undrawn(monkeypatch):
    monkeypatch.setattr(report_write, "drawn", undrawn)


@pytest.fixture(scope="module")
def study():
    return simulate_study(n_children=30, n_waves=3, seed=5).study


@pytest.fixture(scope="module")
def evil(study):
    """The same study with markup in every name that a person can choose."""
    book = study.codebook
    codes = book.codes.assign(code=book.codes["code"] + f" {EVIL}", description=EVIL)
    segments = study.segments.assign(code=study.segments["code"] + f" {EVIL}")
    return replace(
        study,
        codebook=replace(book, name=f"Book {EVIL}", codes=codes),
        name=f"Cohort {EVIL} & friends",
        segments=segments,
        problems=(Problem("SB-ITEM-03", "warn", f"Column {EVIL} is odd.", table=EVIL, column=EVIL, rows=(1, 2)),),
    )


@pytest.fixture(scope="module")
def folder(evil, tmp_path_factory):
    place = tmp_path_factory.mktemp("report")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOURCE_DATE_EPOCH", MOMENT)
        page = write_report(evil, place, n_resamples=20, progress=False)
    assert page == place / "report.html"
    return place


@pytest.fixture(scope="module")
def without_interviews(tmp_path_factory):
    """The report of a study without interviews, of which nothing says that it is simulated."""
    study = simulate_study(n_children=30, n_waves=3, seed=5, interviews=False).study
    place = tmp_path_factory.mktemp("without_interviews")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(report_write, "drawn", undrawn)
        write_report(replace(study, simulated=False), place, n_resamples=20, progress=False)
    return place


@pytest.fixture(scope="module")
def html(folder):
    return (folder / "report.html").read_text("utf-8")


@pytest.fixture(scope="module")
def page(html):
    return lxml.html.fromstring(html)


@pytest.fixture(scope="module")
def provenance(folder):
    return json.loads((folder / "provenance.json").read_text("utf-8"))


def test_the_line_is_walked_in_order(page):
    assert page.xpath("//h2/@id") == [
        "read", "problems", "scores", "reliability", "agreement", "relations", "interplay", "growth",
        "placements", "disruption", "limits", "provenance",
    ]  # fmt: skip
    assert page.xpath("//nav//a/@href") == [f"#{anchor}" for anchor in page.xpath("//h2/@id")]
    reasons = page.xpath("//section[div[@class='reasons']]")
    assert [section.xpath("string(h2/@id)") for section in reasons] == ["interplay", "disruption"]
    assert "SB-OUT-57" in reasons[0].text_content()  # thirty children are too few for a panel model
    assert "SB-OUT-37" in reasons[1].text_content()  # and have too few disruptions for a model


def test_nothing_is_asked_for_from_elsewhere(html, page):
    addresses = page.xpath("//@src | //@href | //@action | //@data | //@srcset | //@poster")
    assert all(address.startswith(("data:image/", "#")) for address in addresses)
    assert not page.xpath("//script | //link | //iframe | //object | //embed | //form")
    assert "url(" not in html
    assert "@import" not in html
    assert not re.search(r"\son\w+=", html.split("<body>")[0])
    policy = page.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")[0]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy


def test_pictures_inside_the_page_point_nowhere(page):
    for source in page.xpath("//img/@src"):
        kind, content = source.split(",", 1)
        if "svg" in kind:
            drawing = base64.b64decode(content).decode("utf-8")
            links = re.findall(r"(?:xlink:)?href=\"([^\"]*)\"", drawing)
            assert all(link.startswith(("#", "data:")) for link in links)


def test_what_comes_from_data_is_escaped(html, folder):
    assert EVIL not in html
    assert "<script" not in html
    assert "&lt;script&gt;" in html
    for svg in (folder / "figures").glob("*.svg"):
        assert "<script" not in svg.read_text("utf-8")


def _ids(study) -> set[str]:
    """Every identifier of a child, a carer, a family or an interview in the study."""
    tables = [study.children["child"], study.carers["carer"], study.sources["source"]]
    return {str(name) for table in tables for name in table} - {""}


def test_no_identifier_is_in_any_output(folder, study):
    texts = {
        path.name: path.read_text("utf-8")
        for path in folder.rglob("*")
        if path.suffix in (".html", ".json", ".svg")
    }
    with zipfile.ZipFile(folder / "tables.docx") as word:
        texts |= {name: word.read(name).decode("utf-8") for name in word.namelist() if name.endswith(".xml")}
    texts |= {path.name: " ".join(Image.open(path).text.values()) for path in folder.rglob("*.png")}
    texts["report.html"] = re.sub(r"base64,[A-Za-z0-9+/=]+", "", texts["report.html"])
    hashes = re.compile(r"\b[0-9a-f]{12,64}\b")
    pattern = re.compile(
        r"(?<![A-Za-z0-9_])(" + "|".join(map(re.escape, sorted(_ids(study)))) + r")(?![A-Za-z0-9_])"
    )
    assert len(_ids(study)) > 70
    for name, text in texts.items():
        found = pattern.search(hashes.sub("", text))
        assert found is None, f"an identifier in {name}"
    quotes = [text for text in study.segments["text"].head(200) if len(text) > 25]
    assert not any(quote in text for quote in quotes for text in texts.values())


def test_no_folder_and_no_user_is_in_the_provenance(folder, study, provenance):
    text = (folder / "provenance.json").read_text("utf-8")
    assert str(study.folder) not in text
    assert str(Path.home()) not in text
    assert not re.search(r"\"(/|[A-Z]:\\\\)", text)


def test_provenance_says_where_the_numbers_come_from(provenance, evil):
    assert provenance["made_at"] == "2023-11-14T22:13:20+00:00"
    assert provenance["options"] == {"seed": 20417, "n_resamples": 20, "conf_level": 0.95}
    assert provenance["codebook"]["fingerprint"] == evil.codebook.fingerprint
    assert {entry["sha256"] for entry in provenance["files"]} == set(evil.files["sha256"])
    assert set(provenance["packages"]) >= {"numpy", "pandas", "scipy", "matplotlib"}
    assert provenance["simulated"] is True
    lost = int((evil.waves["status"] == "lost").sum())
    assert provenance["exclusions"].get("visits: lost", 0) == lost
    assert all(isinstance(n, int) and n > 0 for n in provenance["exclusions"].values())


def test_simulated_data_is_said_on_the_page_and_in_every_picture(page, folder):
    assert "Simulated data" in page.xpath("//p[@class='banner']")[0].text
    assert "Simulated data" in Document(folder / "tables.docx").sections[0].header.paragraphs[0].text
    assert all(alt.startswith("Simulated data.") for alt in page.xpath("//img/@alt"))
    assert all("Simulated data" in path.read_text("utf-8") for path in folder.glob("figures/*.svg"))


def test_every_picture_is_there_twice_and_described(page, folder):
    n_pictures = len(page.xpath("//figure"))
    assert n_pictures >= 7
    assert len(list(folder.glob("figures/*.png"))) == len(list(folder.glob("figures/*.svg"))) == n_pictures
    assert all(len(alt) > 60 and re.search(r"\d", alt) for alt in page.xpath("//img/@alt"))
    heads = page.xpath("//p[@class='figure-head']/b/text()")
    assert heads == [f"Figure {n}" for n in range(1, n_pictures + 1)]
    assert all(page.xpath("//p[@class='figure-head']/i/text()"))


def test_tables_carry_the_same_numbers_on_the_page_and_in_word(page, folder):
    shown = page.xpath("//table[caption/b][not(ancestor::details)]")
    folded = page.xpath("//details//table[caption/b]")
    on_page = [table.xpath("string(caption/b)") for table in [*shown, *folded]]
    assert on_page == [f"Table {n + 1}" for n in range(len(shown))] + [
        f"Table S{n + 1}" for n in range(len(folded))
    ]
    assert shown
    assert folded
    word = Document(folder / "tables.docx")
    assert len(word.tables) == len(on_page)
    heads = [p.text for p in word.paragraphs if re.fullmatch(r"Table S?\d+|Supplementary tables", p.text)]
    assert heads == [*on_page[: len(shown)], "Supplementary tables", *on_page[len(shown) :]]
    for table, printed in zip([*shown, *folded], word.tables):
        first_row = [cell.text or "" for cell in table.xpath(".//tbody/tr")[0]]
        n_heads = len(table.xpath(".//thead/tr"))
        assert [cell.text for cell in printed.rows[n_heads].cells] == first_row


def test_the_growth_table_has_the_ten_constructs_with_the_numbers_of_the_models(page, evil):
    from securebase_analysis.measures.scoring import score_dimensions
    from securebase_analysis.models.growth import fit_growth

    (table,) = [
        t for t in page.xpath("//table") if (t.xpath("caption/i")[0].text or "").startswith("Growth of each")
    ]
    labels = [cell.text for cell in table.xpath(".//tbody/tr/th")]
    assert labels == [theory.label(name) for name in theory.TEN_CONSTRUCTS]
    wide = score_dimensions(evil).wide()
    random = {"child": "years", "carer": "1"}
    slope = fit_growth(wide, "trust ~ years", random).tidy().set_index("term").loc["years", "estimate"]
    row = table.xpath(".//tbody/tr")[labels.index("Trust")]
    assert row[5].text == f"{slope:.2f}".replace("-", "−")


def test_the_same_study_gives_the_same_page(evil, folder, html, tmp_path, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", MOMENT)
    again = write_report(evil, tmp_path, n_resamples=20, progress=False)
    assert again.read_text("utf-8") == html
    assert (tmp_path / "provenance.json").read_bytes() == (folder / "provenance.json").read_bytes()


def test_a_phone_can_read_it(page, html):
    assert "width=device-width" in page.xpath("//meta[@name='viewport']/@content")[0]
    assert all("table-scroll" in table.getparent().get("class") for table in page.xpath("//table"))
    assert all("figure-scroll" in image.getparent().get("class") for image in page.xpath("//img"))
    assert "@media print" in html


# --- studies that cannot answer everything --------------------------------------------------------------------


def _reasons(folder: Path) -> dict[str, str]:
    page = lxml.html.fromstring((folder / "report.html").read_text("utf-8"))
    return {
        section.xpath("h2/@id")[0]: section.xpath("string(div[@class='reasons'])").strip()
        for section in page.xpath("//main/section")
    }


def test_without_interviews_the_section_on_agreement_says_why(without_interviews):
    reasons = _reasons(without_interviews)
    assert "This could not be done with these data." in reasons["agreement"]
    assert re.search(r"SB-[A-Z]+-\d+", reasons["agreement"])
    assert reasons["growth"] == reasons["relations"] == ""
    provenance = json.loads((without_interviews / "provenance.json").read_text("utf-8"))
    assert provenance["sections"]["agreement"]["done"] is False


@pytest.mark.usefixtures("_undrawn")
def test_one_coder_and_one_wave_are_said_not_skipped(study, tmp_path):
    first = study.codebook.waves["wave"].min()
    one = replace(
        study,
        segments=study.segments[study.segments["coder"] == study.segments["coder"].iloc[0]],
        waves=study.waves[study.waves["wave"] == first],
        responses={name: frame[frame["wave"] == first] for name, frame in study.responses.items()},
        sources=study.sources[study.sources["wave"] == first],
        ratings=study.ratings[study.ratings["wave"] == first],
    )
    one = replace(one, segments=one.segments[one.segments["source"].isin(one.sources["source"])])
    write_report(one, tmp_path, n_resamples=20, progress=False)
    reasons = _reasons(tmp_path)
    assert "coder" in reasons["agreement"]
    assert "This could not be done" in reasons["growth"]
    assert reasons["scores"] == ""


def test_real_data_carry_no_banner_and_a_small_study_says_that_it_is_small(without_interviews):
    html = (without_interviews / "report.html").read_text("utf-8")
    assert "Simulated data" not in html
    assert "With 30 children the intervals are wide" in html


def test_an_error_that_is_no_answer_to_the_data_is_not_hidden():
    def broken() -> Section:
        raise KeyError("a mistake of ours")

    with pytest.raises(KeyError):
        attempted("x", "X", broken)


def test_a_reason_carries_its_fix():
    assert sentences([Problem("SB-X-01", "stop", "No wave.", fix="Add one.")]) == (
        "No wave. (SB-X-01) To mend it: Add one.",
    )


def test_files_are_shown_without_the_folders_above_the_study():
    from securebase_analysis.show.report.reading import shown_name

    assert shown_name("/home/someone/study/children.csv") == "children.csv"
    assert shown_name("..\\elsewhere\\children.csv") == "children.csv"
    assert shown_name("wave1/children.csv") == "wave1/children.csv"


def test_an_empty_table_of_waves_has_no_picture(study, tmp_path):
    from securebase_analysis.show.report.reading import what_was_read

    section = what_was_read(replace(study, waves=study.waves.iloc[:0]))
    assert not any(hasattr(part, "picture") for part in section.parts)
