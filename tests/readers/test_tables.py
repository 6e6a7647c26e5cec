"""The door for tables. Numbers in brackets are the cases C1 #1 to #21 of the catalogue of bad input."""

import datetime as dt
import zipfile

import numpy as np
import openpyxl
import pandas as pd
import pytest

from securebase_analysis.errors import DataError, ModelError
from securebase_analysis.readers.tables import read_table, sheet_names

IDS = ("K7Q-014", "K7Q-015", "K7Q-016")
ROWS = [f"{child};{score}" for child, score in zip(IDS, (12, 19, 7))]


def text_file(folder, content, name="wave1.csv", encoding="utf-8"):
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    return path


def workbook(folder, rows, name="wave1.xlsx", title="Data", change=None):
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = title
    for row in rows:
        sheet.append(row)
    if change:
        change(book, sheet)
    path = folder / name
    book.save(path)
    return path


def stopped(path, code, **options):
    """Read a file that must be refused; give back the problem with that code."""
    with pytest.raises(DataError) as caught:
        read_table(path, **options)
    problems = [problem for problem in caught.value.problems if problem.code == code]
    assert problems, f"{code} is not among {[problem.code for problem in caught.value.problems]}"
    assert any(problem.severity == "stop" for problem in problems)
    assert path.name in problems[0].table
    assert problems[0].fix
    assert not any(child in str(caught.value) for child in IDS)
    return problems[0]


def assumed(table, code):
    """The one assumption with that code; no id may stand in any of them."""
    assert not any(child in str(note) for note in table.assumptions for child in IDS)
    found = [note for note in table.assumptions if note.code == code]
    assert len(found) == 1, f"{code}: {[str(note) for note in table.assumptions]}"
    return found[0]


# --- plain reading ----------------------------------------------------------------------------------------------


def test_cells_of_text_stay_text_and_only_an_empty_cell_is_missing(tmp_path):
    table = read_table(text_file(tmp_path, 'id,score,note\n1,2.50," a "\n2,,""\n3,1e3,"x, ""y"""\n'))
    assert table.frame["score"].tolist()[::2] == ["2.50", "1e3"]
    assert table.frame["note"].tolist()[::2] == [" a ", 'x, "y"']
    assert table.frame.isna().to_numpy().tolist() == [[False] * 3, [False, True, True], [False] * 3]
    assert set(map(str, table.frame.dtypes)) == {"str"}
    assert table.name == "wave1.csv"
    assert table.assumptions == ()
    assert list(table.missing.columns) == ["row", "column", "code", "reason"]
    assert len(table.missing) == 0


def test_cells_keep_line_breaks_and_formulas_are_data(tmp_path):
    table = read_table(text_file(tmp_path, 'id,note\nA,"one\ntwo"\nB,=1+1\nC,-3\nD,@x\n'))
    assert table.frame["note"].tolist() == ["one\ntwo", "=1+1", "-3", "@x"]


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_all_line_ends(tmp_path, line_end):
    table = read_table(text_file(tmp_path, line_end.join(["id,score", "A,1", "B,2", ""])))
    assert table.frame.to_numpy().tolist() == [["A", "1"], ["B", "2"]]


@pytest.mark.parametrize(("name", "mark"), [("a.tsv", "\t"), ("a.tab", "\t"), ("a.csv", ",")])
def test_the_usual_separator_needs_no_word(tmp_path, name, mark):
    table = read_table(text_file(tmp_path, f"id{mark}score\nA{mark}1\n", name))
    assert table.frame.to_numpy().tolist() == [["A", "1"]]
    assert table.assumptions == ()


def test_a_single_column_is_a_table(tmp_path):
    assert read_table(text_file(tmp_path, "id\nA\nB\n")).frame["id"].tolist() == ["A", "B"]


def test_an_excel_hint_names_the_separator(tmp_path):
    table = read_table(text_file(tmp_path, "sep=|\nid|score\nA|1,5\n"))
    assert table.frame.to_numpy().tolist() == [["A", "1,5"]]


def test_reading_changes_nothing_in_the_folder(tmp_path):
    path = text_file(tmp_path, "id,score\nA,1\n")
    before = path.read_bytes(), path.stat().st_mtime_ns
    read_table(path)
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["wave1.csv"]


def test_parquet_keeps_its_types(tmp_path):
    frame = pd.DataFrame(
        {"id": ["007", "008"], "score": [1.5, np.nan], "date": pd.to_datetime(["2021-04-03"] * 2)}
    )
    frame.to_parquet(tmp_path / "wave1.parquet")
    table = read_table(tmp_path / "wave1.parquet")
    pd.testing.assert_frame_equal(table.frame, frame, check_dtype=False)
    assert [str(table.frame[name].dtype)[:8] for name in table.frame] == ["str", "float64", "datetime"]


def test_a_workbook_keeps_the_types_of_whole_columns(tmp_path):
    rows = [["id", "score", "date", "seen", "mixed"]]
    rows += [
        ["007", 1.5, dt.datetime(2021, 4, 3), True, 4],
        ["008", None, dt.datetime(2021, 4, 4), False, "3 or 4"],
    ]
    table = read_table(workbook(tmp_path, rows))
    assert [str(table.frame[name].dtype) for name in table.frame] == [
        "str", "float64", "datetime64[us]", "boolean", "str",
    ]  # fmt: skip
    assert table.frame["id"].tolist() == ["007", "008"]
    assert table.frame["mixed"].tolist() == ["4", "3 or 4"]
    assert table.frame["date"].dt.strftime("%Y-%m-%d").tolist() == ["2021-04-03", "2021-04-04"]


def test_a_number_that_excel_shows_with_zeros_is_read_as_shown(tmp_path):
    def pad(_, sheet):
        for cell in sheet["A"][1:]:
            cell.number_format = "000"

    table = read_table(workbook(tmp_path, [["id", "score"], [7, 1], [12, 2]], change=pad))
    assert table.frame["id"].tolist() == ["007", "012"]
    assert assumed(table, "SB-FILE-05").column == "id"


# --- the catalogue ----------------------------------------------------------------------------------------------


def test_sb_file_01_windows_1252(tmp_path):  # (1)
    content = "child,nom\nK7Q-014,Anna\nK7Q-015,Zoë\n"
    path = text_file(tmp_path, content, encoding="cp1252")
    problem = stopped(path, "SB-FILE-01")
    assert problem.rows == (2,)
    assert problem.column == "nom"
    assert problem.fix == "encoding='cp1252'"
    assert "Zo" not in str(problem)
    assert read_table(path, encoding="cp1252").frame["nom"].tolist() == ["Anna", "Zoë"]


def test_sb_file_01_odd_character_in_the_header_and_deep_in_a_large_file(tmp_path):
    assert stopped(text_file(tmp_path, "child,prénom\nK7Q-014,A\n", encoding="cp1252"), "SB-FILE-01").rows == ()
    filler = "".join(f"{row},plain\n" for row in range(2_000_000))
    path = text_file(tmp_path, f"child,nom\n{filler}K7Q-014,Zoë\n", encoding="cp1252")
    assert stopped(path, "SB-FILE-01").rows == (2_000_001,)


def test_sb_file_01_wrong_or_unknown_encoding(tmp_path):
    path = text_file(tmp_path, "child,nom\nK7Q-014,Zoë\n", encoding="cp1252")
    assert "utf-8" in stopped(path, "SB-FILE-01", encoding="utf-8").what
    assert "not the name" in stopped(path, "SB-FILE-01", encoding="windows").what


def test_sb_file_02_byte_order_mark_is_no_part_of_the_name(tmp_path):  # (2)
    table = read_table(text_file(tmp_path, "id,score\nA,1\n", encoding="utf-8-sig"))
    assert list(table.frame.columns) == ["id", "score"]
    assert table.assumptions == ()


def test_sb_file_03_utf_16(tmp_path):  # (3)
    table = read_table(text_file(tmp_path, "child\tnom\nK7Q-014\tZoë\n", "wave1.txt", "utf-16"))
    assert table.frame["nom"].tolist() == ["Zoë"]
    assert assumed(table, "SB-FILE-03").severity == "note"


def test_sb_file_03_utf_16_without_a_mark(tmp_path):
    path = text_file(tmp_path, "child\tnom\nK7Q-014\tZoë\n", encoding="utf-16-le")
    assert stopped(path, "SB-FILE-03").fix == "encoding='utf-16-le'"
    assert read_table(path, encoding="utf-16-le").frame["nom"].tolist() == ["Zoë"]


def test_sb_file_04_semicolon_and_decimal_comma(tmp_path):  # (4)
    table = read_table(text_file(tmp_path, "child;score\nK7Q-014;2,5\nK7Q-015;3\n"))
    assert table.frame["score"].tolist() == ["2,5", "3"]
    assert table.decimal == ","
    note = assumed(table, "SB-FILE-04")
    assert note.severity == "warn"
    assert "score row 1 '2,5' is 2.5" in note.done
    assert note.fix == "separator=';', decimal=','"


def test_sb_file_04_separator_declared_or_impossible(tmp_path):
    path = text_file(tmp_path, "child;score\nK7Q-014;2,5\n")
    declared = read_table(path, separator=";", decimal=",")
    assert declared.assumptions == ()
    assert declared.decimal == ","
    stopped(path, "SB-FILE-04", separator="::")
    with pytest.raises(ModelError):
        read_table(path, decimal="comma")


def test_sb_file_05_leading_zeros_stay(tmp_path):  # (5)
    table = read_table(text_file(tmp_path, "id,score,time\n007,1,08:30\n012,2,09:00\n"))
    assert table.frame["id"].tolist() == ["007", "012"]
    note = assumed(table, "SB-FILE-05")
    assert (note.severity, note.column) == ("note", "id")
    assert note.what.startswith("2 cells")
    assert "007" not in str(note)


def test_sb_file_06_words_that_may_mean_missing_stay_text(tmp_path):  # (6)
    table = read_table(text_file(tmp_path, "child,coder\nK7Q-014,NA\nK7Q-015,None\nK7Q-016,JB\n"))
    assert table.frame["coder"].tolist() == ["NA", "None", "JB"]
    note = assumed(table, "SB-FILE-06")
    assert (note.severity, note.column, note.rows) == ("warn", "coder", (1, 2))
    assert "'NA' in 1 row" in note.what


@pytest.mark.parametrize("ending", [".csv", ".xlsx", ".parquet"])
def test_sb_file_07_a_name_twice(tmp_path, ending):  # (7)
    cells = [["child", "item1", "item1"], *([child, 1, value] for child, value in zip(IDS, (1, 2, None)))]
    if ending == ".xlsx":
        path = workbook(tmp_path, cells)
    elif ending == ".csv":
        path = text_file(tmp_path, "\n".join(",".join("" if c is None else str(c) for c in row) for row in cells))
    else:
        import pyarrow as pa
        from pyarrow import parquet

        path = tmp_path / "wave1.parquet"
        columns = [pa.array(list(column)) for column in zip(*cells[1:])]
        parquet.write_table(pa.Table.from_arrays(columns, names=cells[0]), path)
    problem = stopped(path, "SB-FILE-07")
    assert problem.column == "item1"
    assert "columns B and C" in problem.what
    assert "2 differing values" in problem.what
    assert problem.rows == (2, 3)


MERGED = [["child", "Wave 1", None, "Wave 2", None], [None, "sdq", "stress", "sdq", "stress"]]


def test_sb_file_08_merged_header(tmp_path):  # (8)
    def merge(_, sheet):
        sheet.merge_cells("B1:C1")
        sheet.merge_cells("D1:E1")

    path = workbook(tmp_path, [*MERGED, [IDS[0], 12, 3, 9, 4]], change=merge)
    problem = stopped(path, "SB-FILE-08")
    assert "B1:C1 'Wave 1', D1:E1 'Wave 2'" in problem.what
    assert problem.fix == "header_rows=2"
    table = read_table(path, header_rows=2)
    assert list(table.frame.columns) == ["child", "sdq_w1", "stress_w1", "sdq_w2", "stress_w2"]
    assert table.frame.iloc[0, 1:].tolist() == [12, 3, 9, 4]
    assert "sdq_w1" in assumed(table, "SB-FILE-08").done


def test_sb_file_08_merged_header_saved_as_csv(tmp_path):
    path = text_file(tmp_path, f"child,Wave 1,,Wave 2,\n,sdq,stress,sdq,stress\n{IDS[0]},1,2,3,4\n")
    assert stopped(path, "SB-FILE-08").fix == "header_rows=2"
    assert list(read_table(path, header_rows=2).frame) == ["child", "sdq_w1", "stress_w1", "sdq_w2", "stress_w2"]


def test_sb_file_08_title_over_the_header(tmp_path):
    rows = [["Fostering study 2021", None, None], ["child", "sdq", "carer"], [IDS[0], 3, "x"]]
    problem = stopped(workbook(tmp_path, rows), "SB-FILE-08")
    assert "title" in problem.what
    assert "Delete the rows above" in problem.fix


def test_sb_file_08_header_rows_must_be_a_count(tmp_path):
    path = text_file(tmp_path, "id,score\nA,1\n")
    for value in (0, -1, 1.5, True):
        with pytest.raises(DataError, match="header_rows"):
            read_table(path, header_rows=value)


def test_sb_file_09_summary_rows_under_the_data(tmp_path):  # (9)
    path = text_file(tmp_path, "child,sdq\nK7Q-014,12\nK7Q-015,18\nMean,15.0\nN,2\n")
    table = read_table(path)
    assert table.frame["child"].tolist() == list(IDS[:2])
    note = assumed(table, "SB-FILE-09")
    assert (note.severity, note.rows, note.fix) == ("warn", (3, 4), "keep_rows=[3, 4]")
    assert "'Mean'" in note.what
    assert read_table(path, keep_rows=[3, 4]).frame["child"].tolist() == [*IDS[:2], "Mean", "N"]


def test_sb_file_09_a_blank_row_before_the_total_and_numbers_stay_numbers(tmp_path):
    rows = [["child", "sdq"], [IDS[0], 12], [IDS[1], 18], [None, None], ["Total", 30]]
    table = read_table(workbook(tmp_path, rows))
    assert table.frame["sdq"].tolist() == [12, 18]
    assert assumed(table, "SB-FILE-09").rows == (3,)


@pytest.mark.parametrize("last", ["Max,12", "N,4", "total,not a number", "Mean,2021-03-04"])
def test_sb_file_09_a_child_who_only_looks_like_a_summary_stays(tmp_path, last):
    table = read_table(text_file(tmp_path, f"child,value\nK7Q-014,3\n{last}\n"))
    assert len(table.frame) == 2
    assert "SB-FILE-09" not in [note.code for note in table.assumptions]


def test_sb_file_13_workbook_counting_from_1904(tmp_path):  # (13)
    def old_calendar(book, _):
        book.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904

    rows = [["child", "start"], [IDS[0], dt.datetime(2021, 4, 3)]]
    table = read_table(workbook(tmp_path, rows, change=old_calendar))
    assert table.frame["start"].dt.strftime("%Y-%m-%d").tolist() == ["2021-04-03"]
    assert table.date_system == "1904"
    assert assumed(table, "SB-FILE-13").severity == "note"


def test_sb_file_14_spss_file_that_is_none(tmp_path):  # (14)
    path = text_file(tmp_path, "not a sav K7Q-014", "wave1.sav")
    problem = stopped(path, "SB-FILE-14")
    assert "is not an SPSS file" in problem.what
    assert "plain text" in problem.what


def test_sb_file_14_renamed_file_is_read_by_its_content(tmp_path):
    path = workbook(tmp_path, [["child", "sdq"], [IDS[0], 3]]).rename(tmp_path / "wave1.csv")
    table = read_table(path)
    assert table.frame["sdq"].tolist() == [3]
    note = assumed(table, "SB-FILE-14")
    assert note.severity == "warn"
    assert note.fix == "Rename it to wave1.xlsx."


def test_sb_file_20_formula_without_a_saved_value(tmp_path):  # (20)
    path = workbook(tmp_path, [["child", "score"], [IDS[0], 3], [IDS[1], "=1+2"], [IDS[2], None]])
    problem = stopped(path, "SB-FILE-20")
    assert (problem.column, problem.rows) == ("score", (2,))
    assert "Excel" in problem.fix


def test_sb_file_20_formula_with_a_saved_value_is_read(tmp_path):
    import zipfile

    path = workbook(tmp_path, [["child", "score"], [IDS[0], "=1+2"]])
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    sheet = "xl/worksheets/sheet1.xml"
    assert b"<v />" in parts[sheet] or b"<v></v>" in parts[sheet]
    parts[sheet] = parts[sheet].replace(b"<v />", b"<v>3</v>").replace(b"<v></v>", b"<v>3</v>")
    with zipfile.ZipFile(path, "w") as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    assert read_table(path).frame["score"].tolist() == [3]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("wave1.csv", b""),
        ("wave1.csv", b" \n \n"),
        ("wave1.csv", b"id,score\n"),
        ("wave1.csv", b"id,score"),
        ("wave1.csv", b"id,score\n,\n,\n"),
        ("wave1.xlsx", b""),
        ("wave1.sav", b""),
    ],
)
def test_sb_file_21_nothing_in_the_file(tmp_path, name, content):  # (21)
    stopped(text_file(tmp_path, content, name), "SB-FILE-21")


def test_sb_file_21_empty_sheets(tmp_path):
    stopped(workbook(tmp_path, []), "SB-FILE-21")
    stopped(workbook(tmp_path, [["child", "sdq"]]), "SB-FILE-21")


def test_sb_file_21_password(tmp_path):
    magic = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
    locked = magic + bytes(600) + "EncryptedPackage".encode("utf-16-le") + bytes(600)
    problem = stopped(text_file(tmp_path, locked, "baseline.xlsx"), "SB-FILE-21")
    assert "password" in problem.what
    assert "secure area" in problem.fix
    old = text_file(tmp_path, magic + bytes(2000), "baseline.xls")
    assert "save it as .xlsx" in stopped(old, "SB-FILE-66").fix


# --- beyond the catalogue ---------------------------------------------------------------------------------------


def test_sb_file_60_missing_file_suggests_the_nearest(tmp_path):
    text_file(tmp_path, "id\nA\n", "children.csv")
    assert stopped(tmp_path / "chidren.csv", "SB-FILE-60").fix == "Did you mean 'children.csv'?"
    stopped(tmp_path / "no" / "children.csv", "SB-FILE-60")


def test_sb_file_61_folder(tmp_path):
    with pytest.raises(DataError, match="is a folder"):
        read_table(tmp_path)


def test_sb_file_62_rows_with_too_many_cells(tmp_path):
    path = text_file(tmp_path, "child,type,sdq\nK7Q-014,foster,3\nK7Q-015,foster, then kinship,4\n")
    problem = stopped(path, "SB-FILE-62")
    assert problem.rows == (2,)
    assert "wrong names" in problem.why


def test_sb_file_62_header_with_a_name_too_few(tmp_path):
    path = text_file(tmp_path, "child,sdq\n1,K7Q-014,3\n2,K7Q-015,4\n")
    problem = stopped(path, "SB-FILE-62")
    assert problem.rows == (1, 2)
    assert "Add the missing name" in problem.fix


def test_sb_file_62_short_rows_are_filled_and_reported(tmp_path):
    table = read_table(text_file(tmp_path, 'child,sdq,note\nK7Q-014,3,"a, b"\nK7Q-015\nK7Q-016,4,c,,\n'))
    assert table.frame.iloc[1, 1:].isna().all()
    assert table.frame["note"].tolist()[::2] == ["a, b", "c"]
    short, long = (note for note in table.assumptions if note.code == "SB-FILE-62")
    assert (short.severity, short.rows) == ("warn", (2,))
    assert (long.severity, long.rows) == ("note", (3,))


def test_sb_file_63_unnamed_columns(tmp_path):
    table = read_table(text_file(tmp_path, ",child,,\n1,K7Q-014,3,\n2,K7Q-015,4,\n"))
    assert list(table.frame.columns) == ["column_A", "child", "column_C"]
    assert "(A, C)" in assumed(table, "SB-FILE-63").what


def test_sb_file_64_blanks_in_names(tmp_path):
    table = read_table(text_file(tmp_path, " child , sdq\u00a0total \nK7Q-014,3\n"))
    assert list(table.frame.columns) == ["child", "sdq total"]
    assumed(table, "SB-FILE-64")


def test_sb_file_65_blank_rows_are_counted(tmp_path):
    table = read_table(workbook(tmp_path, [["child", "sdq"], [IDS[0], 1], [None, None], [IDS[1], 2], [None, ""]]))
    assert table.frame["sdq"].tolist() == [1, 2]
    assert "1 row between" in assumed(table, "SB-FILE-65").what


@pytest.mark.parametrize(
    ("name", "content"),
    [("a.xls", b"<html><table><tr><td>K7Q-014</td></tr></table>"), ("a.csv.gz", b"\x1f\x8b\x08\x00K7Q-014")],
)
def test_sb_file_66_other_formats(tmp_path, name, content):
    stopped(text_file(tmp_path, content, name), "SB-FILE-66")


def test_sb_file_66_coded_projects_are_sent_to_their_own_door(tmp_path):
    project = tmp_path / "interviews.qdpx"
    with zipfile.ZipFile(project, "w") as archive:
        archive.writestr("project.qde", "<Project/>")
    assert "read_interviews(path)" in stopped(project, "SB-FILE-66").fix
    assert (
        "read_interviews(path)"
        in stopped(text_file(tmp_path, b"SQLite format 3\0" + bytes(99), "a.db"), "SB-FILE-66").fix
    )
    assert "CSV" in stopped(text_file(tmp_path, b"%PDF-1.7 ...", "a.pdf"), "SB-FILE-66").fix
    with zipfile.ZipFile(tmp_path / "a.docx", "w") as archive:
        archive.writestr("word/document.xml", "<w/>")
    assert "workbook" in stopped(tmp_path / "a.docx", "SB-FILE-66").fix


def test_sb_file_61_the_folder_of_a_study_is_sent_to_its_own_door(tmp_path):
    (tmp_path / "study.toml").write_text("")
    with pytest.raises(DataError, match=r"SB-FILE-61[\s\S]*read_study\(path\)"):
        read_table(tmp_path)


def test_sb_file_67_several_sheets(tmp_path):
    def more(book, _):
        book.create_sheet("Wave 2").append(["child", "sdq"])
        book.create_sheet("Empty")
        book["Wave 2"].append([IDS[1], 9])

    path = workbook(tmp_path, [["child", "sdq"], [IDS[0], 3]], title="Wave 1", change=more)
    problem = stopped(path, "SB-FILE-67")
    assert "'Wave 1', 'Wave 2'" in problem.what
    assert problem.fix == "sheet='Wave 1'"
    assert read_table(path, sheet="Wave 2").frame["sdq"].tolist() == [9]
    assert stopped(path, "SB-FILE-67", sheet="wave2").fix == "sheet='Wave 2'"
    assert sheet_names(path) == ["Wave 1", "Wave 2", "Empty"]


def test_sb_file_67_sheet_of_a_file_without_sheets(tmp_path):
    stopped(text_file(tmp_path, "child,sdq\nK7Q-014,3\n"), "SB-FILE-67", sheet="Wave 1")


def test_sb_file_67_hidden_sheet_is_left_alone(tmp_path):
    def hide(book, _):
        extra = book.create_sheet("Key")
        extra.append([IDS[1]])
        extra.sheet_state = "hidden"

    table = read_table(workbook(tmp_path, [["child", "sdq"], [IDS[0], 3]], change=hide))
    assert table.frame["sdq"].tolist() == [3]
    assumed(table, "SB-FILE-67")


def test_sb_file_68_nul_bytes(tmp_path):
    problem = stopped(text_file(tmp_path, b"child,sdq\nK7Q-014,3\nK7Q-015,\x004\n"), "SB-FILE-68")
    assert (problem.rows, problem.column) == ((2,), "sdq")


def test_sb_file_69_enormous_cell_and_too_many_columns(tmp_path):
    stopped(text_file(tmp_path, "child,note\nK7Q-014," + "x" * 9_000_000 + "\n"), "SB-FILE-69")
    stopped(text_file(tmp_path, "child,note\nK7Q-014\nK7Q-015," + "x" * 200_000 + "\n"), "SB-FILE-69")
    stopped(text_file(tmp_path, ",".join(f"q{n}" for n in range(60_000)) + "\n1\n"), "SB-FILE-69")


def test_sb_file_69_sheet_with_too_many_cells(tmp_path, monkeypatch):
    monkeypatch.setattr("securebase_analysis.readers.workbooks.MAX_CELLS", 5)
    stopped(workbook(tmp_path, [["child", "sdq"], *([child, 1] for child in IDS)]), "SB-FILE-69")


@pytest.mark.parametrize(
    "rows",
    [
        'K7Q-014,"open\nK7Q-015,b\nK7Q-016,c\n',
        'K7Q-014,"one\nK7Q-015,two" three\nK7Q-016,c\n',
    ],
)
def test_sb_file_70_quotation_mark_that_never_closes(tmp_path, rows):
    problem = stopped(text_file(tmp_path, f"child,note\n{rows}"), "SB-FILE-70")
    assert problem.rows == (1,)
    assert "line 2" in problem.what


def test_sb_file_70_two_stray_marks_that_swallow_rows(tmp_path):
    content = 'child,note,sdq\nK7Q-014,"open,1\nK7Q-015,b,2\nK7Q-016,c",3\n'
    note = assumed(read_table(text_file(tmp_path, content)), "SB-FILE-70")
    assert (note.severity, note.column, note.rows) == ("warn", "note", (1,))


def test_marks_inside_a_cell_are_ordinary_characters(tmp_path):
    table = read_table(text_file(tmp_path, 'child,note\nK7Q-014,5" tall\nK7Q-015,6" tall\n'))
    assert table.frame["note"].tolist() == ['5" tall', '6" tall']


def test_sb_file_71_damaged_workbook_and_parquet(tmp_path):
    path = workbook(tmp_path, [["child", "sdq"], [IDS[0], 3]])
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DataError):
        read_table(path)
    frame = pd.DataFrame({"child": IDS})
    frame.to_parquet(tmp_path / "wave1.parquet")
    whole = (tmp_path / "wave1.parquet").read_bytes()
    stopped(text_file(tmp_path, whole[: len(whole) // 2], "wave1.parquet"), "SB-FILE-71")


def test_sb_file_72_no_header(tmp_path):
    stopped(text_file(tmp_path, "101,3,4\n102,5,6\n"), "SB-FILE-72")


@pytest.mark.parametrize("first", [f"{IDS[0]},1,3,2", f"{IDS[0]},2021-03-04,1,3", f"{IDS[0]},carer,04/03/2021,2"])
def test_sb_file_72_a_first_row_of_data_names_no_child(tmp_path, first):
    with pytest.raises(DataError) as caught:
        read_table(text_file(tmp_path, f"{first}\n{IDS[1]},2,2,1\n"))
    assert "SB-FILE-72" in [problem.code for problem in caught.value.problems]
    assert IDS[0] not in str(caught.value)


def test_items_called_by_their_numbers_are_names(tmp_path):
    assert list(read_table(text_file(tmp_path, f"child,1,2,3\n{IDS[0]},0,1,0\n")).frame) == [
        "child",
        "1",
        "2",
        "3",
    ]


def test_all_problems_of_a_header_come_at_once(tmp_path):
    with pytest.raises(DataError) as caught:
        read_table(text_file(tmp_path, "a;a;b;b\n1;2;3;4\n"))
    assert [problem.code for problem in caught.value.problems] == ["SB-FILE-04", "SB-FILE-07", "SB-FILE-07"]


# --- workbooks that mean harm -----------------------------------------------------------------------------------


def rezipped(path, part, content):
    """The workbook again, with one part replaced or added."""
    import zipfile

    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts[part] = content
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return path


@pytest.fixture
def plain_workbook(tmp_path):
    return workbook(tmp_path, [["child", "sdq"], [IDS[0], 3]])


def test_entities_in_a_workbook_are_refused(plain_workbook):
    bomb = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><sst>&b;</sst>'
    stopped(rezipped(plain_workbook, "xl/sharedStrings.xml", bomb), "SB-FILE-35")


def test_members_outside_the_archive_are_refused(plain_workbook):
    stopped(rezipped(plain_workbook, "../../evil.xml", b"<x/>"), "SB-FILE-32")


def test_a_zip_bomb_is_refused(plain_workbook):
    stopped(rezipped(plain_workbook, "xl/media/zeros.bin", bytes(300_000_000)), "SB-FILE-33")


def test_sb_file_09_a_summary_row_under_an_empty_first_cell(tmp_path):  # (9)
    file = tmp_path / "children.csv"
    file.write_text("site,child,moves\nLeeds,C1,2\nLeeds,C2,4\n,Mean,3.0\n")
    table = read_table(file)
    assert len(table.frame) == 2
    note = assumed(table, "SB-FILE-09")
    assert (note.column, note.rows) == ("child", (3,))


def test_sb_file_09_a_remark_under_the_total_hides_neither(tmp_path):  # (9)
    path = text_file(
        tmp_path,
        "child,sdq,stress\nK7Q-014,12,3\nK7Q-015,18,4\nAverage,15,3.5\nn = 2 children,,\n* provisional,,\n",
    )
    table = read_table(path)
    assert table.frame["child"].tolist() == list(IDS[:2])
    remark, total = (problem for problem in table.assumptions if problem.code == "SB-FILE-09")
    assert (remark.severity, remark.rows, remark.fix) == ("warn", (4, 5), "keep_rows=[4, 5]")
    assert "provisional" not in str(remark)
    assert total.rows == (3,)
    assert read_table(path, keep_rows=[4, 5]).frame["child"].tolist() == [
        *IDS[:2],
        "n = 2 children",
        "* provisional",
    ]
    assert len(read_table(path, keep_rows=[3, 4, 5]).frame) == 5


@pytest.mark.parametrize(
    "text",
    ["child,sdq\nK1,12\nK2,\n", "child,sdq\nZoe B,12\nTom C,\n", "child,note\nK1,she is well\n,not seen yet\n"],
)
def test_sb_file_09_a_row_with_one_cell_of_the_kind_above_it_stays(tmp_path, text):  # (9)
    assert len(read_table(text_file(tmp_path, text)).frame) == 2


def test_sb_file_62_a_remark_over_the_header(tmp_path):
    problem = stopped(
        text_file(tmp_path, "# exported 2024-01-01\n\nchild,wave,sdq\nC1,1,3\nC2,1,4\n"), "SB-FILE-62"
    )
    assert problem.fix == "Delete the lines above the names of the columns."


@pytest.mark.parametrize("title", ["Carers in 2024,,", "Carers in 2024,,\n,,"])
def test_sb_file_08_a_title_over_the_header_also_above_a_blank_row(tmp_path, title):  # (8)
    problem = stopped(text_file(tmp_path, f"{title}\nchild,wave,sdq\nC1,1,3\nC2,1,4\n"), "SB-FILE-08")
    assert "title" in problem.what
    assert problem.fix.startswith("Delete the rows above")


def test_sb_file_67_the_sheets_that_were_not_asked_for_are_named(tmp_path):
    def more(book, _):
        for name in ("Wave 2", "Wave 3"):
            book.create_sheet(name).append(["child", "sdq"])
        book.create_sheet("empty")

    path = workbook(tmp_path, [["child", "sdq"], [IDS[0], 12]], change=more)
    first = openpyxl.load_workbook(path).sheetnames[0]
    note = assumed(read_table(path, sheet=first), "SB-FILE-67")
    assert (note.severity, note.what) == ("note", "The workbook has 2 more sheets with data: 'Wave 2', 'Wave 3'.")
    assert note.fix == "sheet='Wave 2' in a call of its own, and so on."


def test_sb_file_74_hidden_rows_and_columns_are_read_and_told(tmp_path):
    def hide(_, sheet):
        sheet.row_dimensions[3].hidden = True
        sheet.column_dimensions["B"].hidden = True

    rows = [["child", "sdq"], [IDS[0], 12], [IDS[1], 14]]
    table = read_table(workbook(tmp_path, rows, change=hide))
    assert table.frame["sdq"].tolist() == [12, 14]
    assert assumed(table, "SB-FILE-74").what == "1 row and 1 column of the sheet are hidden."
    assert "SB-FILE-74" not in [note.code for note in read_table(workbook(tmp_path, rows)).assumptions]


@pytest.mark.parametrize(("mark", "name"), [(":", "':'"), (" ", "' '"), ("^", "'^'")])
def test_sb_file_04_a_separator_that_nobody_expects(tmp_path, mark, name):  # (4)
    path = text_file(tmp_path, f"child{mark}wave{mark}sdq\nC1{mark}1{mark}3\nC2{mark}1{mark}4\n")
    problem = stopped(path, "SB-FILE-04")
    assert problem.fix == f"separator={name}"
    assert read_table(path, separator=mark).frame["sdq"].tolist() == ["3", "4"]


def test_sb_file_04_points_that_may_part_thousands_are_not_read_as_decimals(tmp_path):  # (4)
    path = text_file(tmp_path, "child;days\nC1;1.000\nC2;2.500\n")
    assert read_table(path).decimal == ","
    assert read_table(text_file(tmp_path, "child;days\nC1;1.25\nC2;2.500\n")).decimal is None
    assert read_table(path, decimal=".").decimal == "."


def test_a_last_row_of_names_that_is_shorter_than_the_rows_is_no_obstacle(tmp_path):
    path = text_file(tmp_path, "Wave 1;;Wave 2;\nchild;a\n007;1;2,5;\n008;2;3,5;\n")
    table = read_table(path, header_rows=2)
    assert table.frame.iloc[:, 2].tolist() == ["2,5", "3,5"]
    separated = next(problem for problem in table.assumptions if problem.code == "SB-FILE-04")
    assert "column C row 1 '2,5' is 2.5" in separated.done
