"""Tables for print: what Word, HTML, LaTeX and Excel get from one object."""

from __future__ import annotations

import io
import re

import lxml.html
import numpy as np
import openpyxl
import pandas as pd
import pytest
from docx import Document
from docx.oxml.ns import qn

from securebase_analysis.errors import ModelError
from securebase_analysis.show import files
from securebase_analysis.show.files import FileOpenWarning
from securebase_analysis.show.tables.doctable import Column
from securebase_analysis.show.tables.from_frame import make_table
from securebase_analysis.show.tables.from_result import table_of
from securebase_analysis.show.tables.latex import escape_latex
from securebase_analysis.show.tables.to_file import write_table

NASTY = ["=cmd|' /C calc'!A0", "listens <script>alert(1)</script>", "50% & $x_1 {y} ^~\\", "@sum", "-1+2", "+3"]


@pytest.fixture
def nasty() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "code": NASTY,
            "n": [1200, 3, 4, 5, 6, 7],
            "share": [0.5, 0.25, np.nan, 1.0, 0.0, 1 / 3],
            "alpha": [0.812, -0.05, np.nan, 1.0, 0.004, 0.5],
            "conf_low": [0.7, -0.2, np.nan, 0.9, -0.1, 0.1],
            "conf_high": [0.9, 0.1, np.nan, 1.0, 0.1, 0.8],
            "p": [0.0001, 0.34, np.nan, 0.05, 1.0, 0.0496],
        }
    )


@pytest.fixture
def codes(nasty):
    columns = [
        Column("Code", ("code",)),
        Column("n", ("n",), "count", spanner="Size"),
        Column("Share %", ("share",), "percent", 1, "Size"),
        Column("α", ("alpha",), "bounded", 2, "Agreement"),
        Column("95% CI", ("conf_low", "conf_high"), "bounded interval", 2, "Agreement"),
        Column("p", ("p",), "p"),
    ]
    return make_table(nasty, "Codes & coders", ["=HYPERLINK is only text."], columns=columns, number=3)


def test_cells_follow_apa(codes):
    cells = codes.cells
    assert cells["n"].tolist() == ["1,200", "3", "4", "5", "6", "7"]
    assert cells["Share %"].tolist() == ["50.0", "25.0", "–", "100.0", "0.0", "33.3"]
    assert cells["α"].tolist() == [".81", "−.05", "–", "1.00", ".00", ".50"]
    assert cells["95% CI"].tolist()[:3] == ["[.70, .90]", "[−.20, .10]", "–"]
    assert cells["p"].tolist() == ["< .001", ".340", "–", ".050", "1.000", ".050"]


def test_table_of_a_result_prints_terms_tests_and_notes(growth):
    table = table_of(growth)
    assert [column.head for column in table.columns] == [
        "Group", "Effect", "Term", "Estimate", "SE", "95% CI", "t", "df", "p",
    ]  # fmt: skip
    assert table.cells["Term"].tolist()[2] == "Years × Co-operation"
    assert table.cells["df"].tolist() == ["23.0", "23.0", "23.3", "–"]
    assert table.notes[0] == "4 rows had no score & were not used."
    assert "72 rows" in table.notes[-1]
    assert "4 rows not used" in table.notes[-1]
    assert [column.head for column in table.columns if column.italic] == ["SE", "t", "df", "p"]


def test_table_of_a_result_with_normal_tests_says_z_and_leaves_df_out(relations):
    heads = [column.head for column in table_of(relations).columns]
    assert "z" in heads
    assert "df" not in heads


def test_an_interval_follows_the_level_asked_for(growth):
    assert "99% CI" in table_of(growth, conf_level=0.99).cells


# SB-OUT-10
def test_rows_of_children_do_not_go_into_a_table_unasked():
    frame = pd.DataFrame({"child": ["KID-001"], "trust": [50.0]})
    with pytest.raises(ModelError) as caught:
        make_table(frame, "Children")
    assert caught.value.problems[0].column == "child"
    assert "KID-001" not in str(caught.value)
    assert make_table(frame, "Children", show_ids=True).cells.shape == (1, 2)


def test_a_column_that_is_not_there_is_named_with_the_nearest(nasty):
    with pytest.raises(ModelError, match="alpha"):
        make_table(nasty, "Codes", columns=[Column("a", ("alhpa",), "number")])


# --- Word -----------------------------------------------------------------------------------------------------


@pytest.fixture
def word(codes):
    return Document(io.BytesIO(codes.to_docx()))


def _borders(cell) -> dict[str, str]:
    found = cell._tc.tcPr.find(qn("w:tcBorders"))
    return {} if found is None else {edge.tag.split("}")[1]: edge.get(qn("w:val")) for edge in found}


def test_word_has_number_in_bold_title_in_italics_and_note_beneath(word):
    number, title, *_, note = [paragraph for paragraph in word.paragraphs if paragraph.text]
    assert (number.text, number.runs[0].bold) == ("Table 3", True)
    assert (title.text, title.runs[0].italic) == ("Codes & coders", True)
    assert number.paragraph_format.keep_with_next
    assert title.paragraph_format.keep_with_next
    assert note.text == "Note. =HYPERLINK is only text."
    assert note.runs[0].italic


def test_word_table_is_a_table_with_rules_at_top_head_and_bottom_and_no_vertical_line(word):
    rows = word.tables[0].rows
    assert len(rows) == 2 + len(NASTY)
    assert all(_borders(cell).get("top") == "single" for cell in rows[0].cells)
    assert all(_borders(cell).get("bottom") == "single" for cell in rows[1].cells)
    assert all(_borders(cell).get("bottom") == "single" for cell in rows[-1].cells)
    assert all(_borders(cell) == {} for row in rows[2:-1] for cell in row.cells)
    xml = word.tables[0]._tbl.xml
    assert not re.search(r"<w:(left|right|insideV|insideH|start|end) w:val=", xml)
    assert word.tables[0].style is None or word.tables[0].style.name == "Normal Table"


def test_word_repeats_the_head_and_does_not_split_rows(word):
    rows = word.tables[0].rows
    flags = [{child.tag.split("}")[1] for child in row._tr.trPr} for row in rows]
    assert all("tblHeader" in flag for flag in flags[:2])
    assert not any("tblHeader" in flag for flag in flags[2:])
    assert all("cantSplit" in flag for flag in flags)


def test_word_aligns_numbers_right_and_words_left_and_sets_symbols_in_italics(word):
    rows = word.tables[0].rows
    assert [cell.paragraphs[0].alignment for cell in rows[3].cells] == [0, 2, 2, 2, 2, 2]
    heads = {cell.text: cell.paragraphs[0].runs[0].italic for cell in rows[1].cells}
    assert heads == {"Code": None, "n": True, "Share %": None, "α": None, "95% CI": None, "p": True}


def test_word_spanners_cover_their_columns(word):
    top = word.tables[0].rows[0].cells
    assert [cell.text for cell in top] == ["", "Size", "Size", "Agreement", "Agreement", ""]
    assert top[1]._tc is top[2]._tc


def test_word_names_nobody_and_takes_its_date_from_the_build(codes, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    about = Document(io.BytesIO(codes.to_docx())).core_properties
    assert about.author == about.last_modified_by == "securebase_analysis"
    assert about.created.isoformat().startswith("2023-11-14T22:13:20")


def test_word_turns_the_page_for_a_wide_table_only():
    wide = pd.DataFrame({f"column_number_{place}": [1234.5678] * 3 for place in range(14)})
    narrow = pd.DataFrame({"a": [1.0], "b": [2.0]})
    made = [make_table(narrow, "Narrow"), make_table(wide, "Wide"), make_table(narrow, "Narrow again")]
    from securebase_analysis.show.tables.word import word_bytes

    sections = Document(io.BytesIO(word_bytes(made))).sections
    assert [section.page_width > section.page_height for section in sections] == [False, True, False]


def test_word_columns_fit_between_the_margins(codes, growth, relations):
    for table in (codes, table_of(growth), table_of(relations)):
        document = Document(io.BytesIO(table.to_docx()))
        section = document.sections[-1]
        room = section.page_width - section.left_margin - section.right_margin
        assert sum(column.width for column in document.tables[0].columns) <= room + 1000


def test_control_characters_do_not_break_a_document():
    table = make_table(pd.DataFrame({"code": ["bell\x07 and null\x00"]}), "Title\x0b", ["Note\x1f"])
    assert Document(io.BytesIO(table.to_docx())).tables[0].cell(1, 0).text == "bell and null"
    assert table.to_xlsx()


# --- HTML, LaTeX, Excel ---------------------------------------------------------------------------------------


def test_html_is_a_table_with_caption_scopes_and_escaped_cells(codes):
    html = codes.to_html()
    assert "<script>" not in html
    root = lxml.html.fromstring(html)
    assert root.xpath("//caption/b")[0].text == "Table 3"
    assert root.xpath("//caption/i")[0].text == "Codes & coders"
    assert [cell.text for cell in root.xpath("//tbody/tr/th[@scope='row']")] == NASTY
    assert root.xpath("//th[@scope='colgroup']/@colspan") == ["2", "2"]
    assert root.xpath("//p[@class='table-notes']/i")[0].text == "Note."


def test_html_escapes_heads_titles_notes_spanners_and_cells_in_every_place():
    frame = pd.DataFrame({"a": ["<b>1</b>"], "b": ["<b>2</b>"]})
    columns = [Column("<b>3</b>", ("a",)), Column("<b>4</b>", ("b",), spanner="<b>5</b>")]
    table = make_table(frame, "<b>6</b>", ["<b>7</b>", "<b>8</b>", "<b>9</b>"], columns=columns)
    html = table.to_html()
    assert not re.search(r"<b>\d", html)
    assert set(re.findall(r"&lt;b&gt;(\d)", html)) == set("123456789")


def test_html_page_asks_for_nothing_from_elsewhere(codes, tmp_path):
    page = write_table(codes, tmp_path / "codes.html").read_text("utf-8")
    assert "http" not in page.replace("http-equiv", "")
    assert "default-src 'none'" in page


def test_latex_escapes_what_it_must(codes):
    latex = codes.to_latex()
    assert r"50\% \& \$x\_1 \{y\} \textasciicircum{}\textasciitilde{}\textbackslash{}" in latex
    assert r"Codes \& coders" in latex
    assert r"\cmidrule(lr){2-3}\cmidrule(lr){4-5}" in latex
    assert "|" not in re.search(r"\\begin\{tabular\}\{(.*)\}", latex).group(1)
    body = latex[latex.index(r"\midrule") : latex.index(r"\bottomrule")]
    assert [line.count("&") - line.count(r"\&") for line in body.splitlines()[1:]] == [5] * len(NASTY)


@pytest.mark.parametrize("letter", list("&%$#_{}~^\\<>[]"))
def test_no_special_letter_of_latex_comes_through_bare(letter):
    assert escape_latex(letter) != letter


def test_excel_keeps_numbers_and_neutralises_formulas(codes, tmp_path):
    sheet = openpyxl.load_workbook(write_table(codes, tmp_path / "codes.xlsx")).active
    rows = list(sheet.iter_rows(min_row=5, max_row=4 + len(NASTY)))
    texts = [row[0].value for row in rows]
    assert texts == ["'" + text if text[0] in "=+-@" else text for text in NASTY]
    assert all(row[0].data_type == "s" for row in rows)
    assert [row[3].value for row in rows] == [0.812, -0.05, None, 1, 0.004, 0.5]
    assert [cell.value for cell in sheet[4]] == ["Code", "n", "Share %", "α", "95% CI low", "95% CI high", "p"]
    assert not any(cell.data_type == "f" for row in sheet.iter_rows() for cell in row)
    assert sheet.parent.properties.creator == "securebase_analysis"


def test_several_tables_are_numbered_in_order(growth, codes, tmp_path):
    path = write_table([growth, codes], tmp_path / "tables.docx")
    bold = [p.text for p in Document(path).paragraphs if p.runs and p.runs[0].bold]
    assert bold == ["Table 1", "Table 3"]


def test_a_workbook_has_a_sheet_for_each_table_even_when_titles_are_the_same(nasty, tmp_path):
    same = make_table(nasty, "A title that is much longer than Excel allows for the name of a sheet: [x]")
    from securebase_analysis.show.tables.workbook import workbook_bytes

    assert len(openpyxl.load_workbook(io.BytesIO(workbook_bytes([same, same]))).sheetnames) == 2


def test_an_unknown_ending_is_refused_with_the_words_that_are_allowed(codes, tmp_path):
    with pytest.raises(ModelError, match=r"\.docx"):
        write_table(codes, tmp_path / "codes.doc")


# SB-OUT-15
def test_a_file_that_is_open_in_word_is_left_alone_and_the_new_one_gets_another_name(codes, tmp_path, monkeypatch):
    old = write_table(codes, tmp_path / "codes.docx")
    before = old.read_bytes()
    replace = files.os.replace

    def refuse_the_open_one(source, target):
        if str(target).endswith("codes.docx"):
            raise PermissionError
        replace(source, target)

    monkeypatch.setattr(files.os, "replace", refuse_the_open_one)
    with pytest.warns(FileOpenWarning, match=r"(?s)SB-OUT-15.*codes \(2\)\.docx") as caught:
        new = write_table(codes, tmp_path / "codes.docx")
    assert new.name == "codes (2).docx"
    assert old.read_bytes() == before
    assert str(tmp_path) not in str(caught[0].message)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["codes (2).docx", "codes.docx"]
