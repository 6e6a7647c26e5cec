"""Files made to do harm: what each is, the door it knocks at, and how it must be answered.

Run with a folder to write in, it lets every door read its attacks in this process, which may hold 4 GiB. For each
it prints a line of JSON: the answer that is due, the one that came, seconds of the processor, and MiB that the
process grew by.
"""

from __future__ import annotations

import contextlib
import io
import json
import resource
import shutil
import signal
import sqlite3
import struct
import sys
import time
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

from sound_files import Content, database, project_parts, put, workbook, zipped

from securebase_analysis.errors import DataError

READ = "read"
SECONDS, MEBIBYTES = 20, 700
"""What one of them may cost at most: most of them take well under a second."""

Attack = tuple[str, str, str, Content, str]
"""Words for it, the door, the name of the file, the file, and the code of the refusal (or `READ`)."""

PART = project_parts()
DOCTYPE = '<!DOCTYPE p [<!ENTITY a "ha">]>'
LAUGHS = "<!DOCTYPE p [{}]>".format(
    '<!ENTITY a "haha">' + "".join(f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefghi", "bcdefghij"))
)
SPREADSHEET = b'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
HEADER = b'<row r="1"><c t="inlineStr"><is><t>child</t></is></c><c t="inlineStr"><is><t>q1</t></is></c></row>'
ROW = b'<row r="2"><c r="A2"><v>1</v></c><c r="B2"><v>2</v></c></row>'


def attacks() -> Iterator[Attack]:
    """Every attack, made when it is its turn."""
    for group in (on_archives, on_xml, on_workbooks, on_texts, on_settings, on_databases, on_statistics):
        yield from group()


# --- archives


def project(xml: str, **members: bytes) -> bytes:
    """A project whose members may be anything."""
    return zipped({"project.qde": xml.encode()} | members)


def on_archives() -> Iterator[Attack]:
    bomb = zipped({"word/document.xml": b" " * 60_000_000})
    rich = f'<TextSource guid="{PART.SOURCE}" name="a" richTextPath="internal://a.docx"/>'
    inside = project(PART.project_xml(rich), **{"sources/a.docx": bomb})
    yield "a bomb in an archive in an archive", "refi_project", "p.qdpx", inside, "SB-FILE-33"
    yield "a bomb of a workbook", "workbook", "a.xlsx", xlsx(**{"xl/media/a.xml": b" " * 60_000_000}), "SB-FILE-33"
    yield "250,000 members", "members", "p.zip", crowded(250_000), "SB-FILE-33"
    yield "a thousand members over one another", "members", "p.zip", overlapping(1_000, 2**20), "SB-FILE-33"
    yield "a few members over one another", "members", "p.zip", overlapping(8, 2**16), "SB-FILE-31"
    sound = project(PART.project_xml(PART.text_source("x")))
    short = with_size(project(" " * 10**6), 10)
    yield "a member that says it is short", "refi_project", "p.qdpx", short, "SB-FILE-31"
    yield "a member that says it is long", "refi_project", "p.qdpx", with_size(sound, 2**31), "SB-FILE-33"
    with warnings.catch_warnings(), zipfile.ZipFile(buffer := io.BytesIO(), "w") as archive:
        warnings.simplefilter("ignore")
        for xml in (PART.project_xml(PART.text_source("one")), PART.project_xml(PART.text_source("other"))):
            archive.writestr(zipfile.ZipInfo("project.qde"), xml)
    yield "two projects of one name", "refi_project", "p.qdpx", buffer.getvalue(), "SB-FILE-31"
    for packing in (zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2):
        with zipfile.ZipFile(buffer := io.BytesIO(), "w", packing) as archive:
            archive.writestr("project.qde", "<Project/>")
        yield f"packed by method {packing}", "refi_project", "p.qdpx", buffer.getvalue(), "SB-FILE-31"
    outside = {"../a.xml": b"", "/a.xml": b"", "xl/../../a.xml": b"", "C:/a.xml": b""}
    for name in outside:
        yield f"a part of a workbook called {name}", "workbook", "a.xlsx", xlsx(**{name: b"x"}), "SB-FILE-32"
    yield "a member without a name", "members", "p.zip", zipped({"": b"x", "a": b"y"}), READ


def crowded(n: int) -> bytes:
    """A list of very many empty members."""
    listed = b"".join(central(f"{number:x}".encode(), 0, 0, 0, 0) for number in range(n))
    end = struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    large = struct.pack("<IQHHIIQQQQ", 0x06064B50, 44, 45, 45, 0, 0, n, n, len(listed), 0)
    locator = struct.pack("<IIQI", 0x07064B50, 0, len(listed), 1)
    return listed + large + locator + end


def central(name: bytes, crc: int, packed: int, size: int, at: int) -> bytes:
    """A member as the list at the end of an archive has it."""
    fields = (0x02014B50, 20, 20, 0, 8, 0, 0x21, crc, packed, size, len(name), 0, 0, 0, 0, 0, at)
    return struct.pack("<IHHHHHHIIIHHHHHII", *fields) + name


def overlapping(n: int, size: int) -> bytes:
    """Members that are all the same bytes of the archive."""
    data = b"\0" * size
    packer = zlib.compressobj(9, wbits=-15)
    packed = packer.compress(data) + packer.flush()
    crc = zlib.crc32(data)
    local = (
        struct.pack("<IHHHHHIIIHH", 0x04034B50, 20, 0, 8, 0, 0x21, crc, len(packed), size, 1, 0) + b"a" + packed
    )
    listed = central(b"a", crc, len(packed), size, 0) * n
    return local + listed + struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, n, n, len(listed), len(local), 0)


def with_size(archive: bytes, size: int) -> bytes:
    """The archive with another size of its first member, in both places where it stands."""
    changed = bytearray(archive)
    for signature, at in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        place = changed.index(signature) + at
        changed[place : place + 4] = struct.pack("<I", size)
    return bytes(changed)


# --- XML


def on_xml() -> Iterator[Attack]:
    word = '<w:document xmlns:w="urn:w"><w:body>{}</w:body></w:document>'
    boxes = word.format("<w:p><w:r><w:t>a</w:t></w:r>" * 3_000 + "</w:p>" * 3_000)
    outer = '<!DOCTYPE a SYSTEM "file:///etc/passwd">'
    for words, xml in (("laughs", LAUGHS), ("an entity", DOCTYPE), ("a file", outer)):
        for encoding in ("utf-8", "utf-16"):
            head = f'<?xml version="1.0" encoding="{encoding}"?>{xml}'
            ends = {
                ("refi_codebook", "a.qdc", "SB-FILE-35"): f"{head}<CodeBook>&a;</CodeBook>",
                ("returns_as_xml", "a.xml", "SB-FILE-88"): f"{head}<ALL><CHILD>&a;</CHILD></ALL>",
            }
            for (door, name, code), text in ends.items():
                yield f"{words} in {encoding}", door, name, text.encode(encoding), code
            sheet = (head + f"<worksheet {SPREADSHEET.decode()}/>").encode(encoding)
            yield f"{words} in {encoding}", "workbook", "a.xlsx", xlsx(sheet), "SB-FILE-35"
            document = zipped({"word/document.xml": (head + word.format("&a;")).encode(encoding)})
            yield f"{words} in {encoding}", "word_document", "a.docx", document, "SB-FILE-35"
    document = zipped({"word/document.xml": boxes.encode()})
    yield "paragraphs inside one another", "word_document", "a.docx", document, READ
    deep = b"<CodeBook>" + b"<a>" * 100_000 + b"</a>" * 100_000 + b"</CodeBook>"
    yield "100,000 elements inside one another", "refi_codebook", "a.qdc", deep, READ
    yield "100,000 elements inside one another", "tree", "a.xml", deep, READ
    children = b"<ALL>" + b"<CHILD>" * 20_000 + b"</CHILD>" * 20_000 + b"</ALL>"
    yield "children inside one another", "returns_as_xml", "a.xml", children, "SB-FILE-84"
    code = f'<Code name="c" guid="{PART.CODE}">'.encode()
    codes = b"<CodeBook><Codes>" + code * 20_000 + b"</Code>" * 20_000 + b"</Codes></CodeBook>"
    yield "20,000 codes inside one another", "refi_codebook", "a.qdc", codes, "SB-FILE-39"
    longest = b'<CodeBook a="' + b"x" * 10_000_000 + b'"><Codes/></CodeBook>'
    yield "an attribute of 10 MB", "refi_codebook", "a.qdc", longest, READ
    many = b"<CodeBook " + b" ".join(b'a%d=""' % number for number in range(50_000)) + b"><Codes/></CodeBook>"
    yield "50,000 attributes", "refi_codebook", "a.qdc", many, READ
    yield "a comment without an end", "refi_codebook", "a.qdc", b"<CodeBook><!--" + b"x" * 10_000_000, "SB-FILE-36"
    yield "a NUL", "refi_codebook", "a.qdc", b"<CodeBook>\0</CodeBook>", "SB-FILE-36"
    wrong = '<?xml version="1.0" encoding="utf-16"?><CodeBook/>'
    yield "another encoding than it says", "refi_codebook", "a.qdc", wrong.encode(), "SB-FILE-36"
    long_text = "she waits " * 60_000
    passages = "".join(
        PART.passage(0, 599_999, PART.coding(number=10_000 + n), number=20_000 + n) for n in range(1_000)
    )
    whole = project(PART.project_xml(PART.text_source(long_text, passages)))
    yield "1,000 codings of the whole of a long text", "refi_project", "p.qdpx", whole, "SB-FILE-69"


# --- workbooks


def xlsx(sheet: bytes | None = None, **members: bytes) -> bytes:
    """A workbook with other parts."""
    with zipfile.ZipFile(io.BytesIO(workbook(wave1=[["child", "q1"], ["007", 1]]))) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    if sheet is not None:
        parts["xl/worksheets/sheet1.xml"] = sheet
    return zipped(parts | members)


def sheet_of(rows: bytes, before: bytes = b"", after: bytes = b"") -> bytes:
    """The XML of a sheet."""
    inside = before + b"<sheetData>" + rows + b"</sheetData>" + after
    return b"<worksheet " + SPREADSHEET + b">" + inside + b"</worksheet>"


def on_workbooks() -> Iterator[Attack]:
    def attack(words: str, code: str, sheet: bytes | None = None, **members: bytes) -> Attack:
        return words, "workbook", "a.xlsx", xlsx(sheet, **members), code

    sound = HEADER + ROW
    size = b'<dimension ref="A1:XFD1048576"/>'
    yield attack("a sheet that says it is the largest", READ, sheet_of(sound, size))
    last = b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    yield attack("one cell in the last corner", "SB-FILE-69", sheet_of(HEADER + last))
    far = b'<row r="999999999"><c r="A999999999"><v>1</v></c></row>'
    yield attack("a row beyond all rows", "SB-FILE-69", sheet_of(HEADER + far))
    beyond = b'<row r="2"><c r="ZZZZZ2"><v>1</v></c></row>'
    yield attack("a column beyond all columns", "SB-FILE-71", sheet_of(HEADER + beyond))
    text = b"<sst " + SPREADSHEET + b"><si><t>" + b"a" * 900_000 + b"</t></si></sst>"
    cells = b"".join(b'<row r="%d"><c r="A%d" t="s"><v>0</v></c></row>' % (n, n) for n in range(2, 3_000))
    link = b'<Relationship Id="rId9" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/'
    relations = {"xl/_rels/workbook.xml.rels": b""}
    with zipfile.ZipFile(io.BytesIO(xlsx())) as archive:
        for name in (*relations, "[Content_Types].xml"):
            relations[name] = archive.read(name)
    if b"sharedStrings" not in relations["[Content_Types].xml"]:
        kind = b"application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
        part = b'<Override PartName="/xl/sharedStrings.xml" ContentType="' + kind + b'"/></Types>'
        relations["[Content_Types].xml"] = relations["[Content_Types].xml"].replace(b"</Types>", part)
        rel = link + b'sharedStrings" Target="/xl/sharedStrings.xml"/></Relationships>'
        rels = relations["xl/_rels/workbook.xml.rels"].replace(b"</Relationships>", rel)
        relations["xl/_rels/workbook.xml.rels"] = rels
    shared = {"xl/sharedStrings.xml": text, **relations}
    yield attack("a long text that 3,000 cells share", "SB-FILE-69", sheet_of(HEADER + cells), **shared)
    named = b"".join(b'<sheet name="s%d" sheetId="%d" r:id="rId1"/>' % (n, n + 1) for n in range(20_000))
    office = b'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
    book = b"<workbook " + SPREADSHEET + b" " + office + b"><sheets>" + named + b"</sheets></workbook>"
    yield attack("20,000 names of one sheet", "SB-FILE-69", **{"xl/workbook.xml": book})
    noise = b"".join(b'<xf numFmtId="%d"/>' % (zlib.crc32(b"%d" % n) % 999) for n in range(140_000))
    styles = b"<styleSheet " + SPREADSHEET + b"><cellXfs>" + noise + b"</cellXfs></styleSheet>"
    yield attack("140,000 formats of cells", "SB-FILE-69", **{"xl/styles.xml": styles})
    merged = b"".join(b'<mergeCell ref="A%d:XFD%d"/>' % (n, n + 1) for n in range(1, 60_000, 2))
    yield attack("30,000 merged rows", READ, sheet_of(sound, after=b"<mergeCells>" + merged + b"</mergeCells>"))
    million = b"<mergeCells>" + b'<mergeCell ref="A1:B2"/>' * 1_000_000 + b"</mergeCells>"
    yield attack("a million merged cells", "SB-FILE-33", sheet_of(sound, after=million))
    formula = b"<f>cmd|' /C calc'!A0</f><v>=1+1</v>"
    formula = b'<row r="2"><c r="A2" t="str">' + formula + b'</c><c r="B2"><v>1</v></c></row>'
    yield attack("a formula that would start a program", READ, sheet_of(HEADER + formula))
    outer = link + b'externalLink" Target="http://example.org/a.xlsx" TargetMode="External"/></Relationships>'
    rels = relations["xl/_rels/workbook.xml.rels"].replace(b"</Relationships>", outer)
    yield attack("a link to another place", READ, **{"xl/_rels/workbook.xml.rels": rels})
    yield attack("macros", READ, **{"xl/vbaProject.bin": b"\xd0\xcf\x11\xe0" + b"x" * 1000})
    dates = b'<row r="2"><c r="A2"><v>1e300</v></c><c r="B2" t="d"><v>9999-99-99</v></c></row>'
    yield attack("days that do not exist", "SB-FILE-71", sheet_of(HEADER + dates))
    deep = b"".join(b"<a b='%d'>" % n for n in range(50_000)) + b"</a>" * 50_000
    yield attack("50,000 elements inside one another", READ, sheet_of(sound, after=deep))


# --- tables of text


def on_texts() -> Iterator[Attack]:
    def attack(words: str, code: str, data: bytes) -> Attack:
        return words, "text_table", "a.csv", data, code

    yield attack("a cell of 10 MB", "SB-FILE-69", b"child,q1\n1," + b"a" * 10_000_000 + b"\n")
    yield attack("a name of 10 MB", "SB-FILE-70", b"child," + b"a" * 10_000_000 + b"\n1,2\n")
    names = b",".join(b"c%d" % n for n in range(100_000))
    yield attack("100,000 columns", "SB-FILE-69", names + b"\n" + b"1," * 99_999 + b"1\n")
    yield attack("2,000 columns of one name", "SB-FILE-07", b"c," * 1_999 + b"c\n" + b"1," * 1_999 + b"1\n")
    yield attack("a million empty lines", READ, b"a,b\n" + b"\n" * 1_000_000 + b"1,2\n")
    yield attack("five million marks", "SB-FILE-70", b"a,b\n" + b'"' * 5_000_001)
    yield attack("a quotation that never ends", "SB-FILE-70", b'a,b\n1,"' + b"x,\n" * 1_000_000)
    yield attack("NULs", "SB-FILE-03", b"a,b\n" + b"\0" * 1_000_000)
    yield attack("NULs among words", "SB-FILE-68", b"a,b\n" + b"1,2\n" * 1_000 + b"\0")
    yield attack("a row of a million cells", READ, b"a,b\n1,2\n" + b"," * 1_000_000 + b"\n")
    wide = b"child,wave,a1,a2," + b",".join(b"a1x%d" % n for n in range(300)) + b"\n1,1,2,2" + b",1" * 300 + b"\n"
    yield "300 names like those of the items", "plain_questionnaire", "a.csv", wide, READ
    long_name = b"child,wave," + b"a1 " * 16_000 + b",a2\n1,1,2,2\n"
    yield "a name of 48,000 letters", "plain_questionnaire", "a.csv", long_name, READ
    head = "<Files\\\\A> - § 2 references coded [ 6.78% Coverage]\n".encode()
    references = b"Reference 1 - 5.80% Coverage\n" * 20_000 + b"<" * 200_000
    yield "20,000 references without words", "nvivo_text", "a.txt", head + references, "SB-FILE-160"
    line = {"episodes.csv": b"CHILD,DECOM," + b"x" * 5_000_000 + b"\n1,2\n"}
    yield "a line of 5 MB", "returns_as_tables", "r", line, READ
    yield "numbers of a million digits", "cells", "a.txt", b"9" * 1_000_000 + b"\n" + b"1," * 500_000, READ


# --- settings


def on_settings() -> Iterator[Attack]:
    for words, text in (
        ("lists inside one another", b"a = " + b"[" * 100_000),
        ("a name of 100,000 parts", b"a." * 100_000 + b"a = 1"),
        ("a number of 100,000 digits", b"a = " + b"9" * 100_000),
        ("tables inside one another", b"a = " + b"{a=" * 100_000),
    ):
        yield words, "codebook_text", "codebook.toml", text, "SB-BOOK-14"
        quotes = b"Interview,Theme\nK1,trust\n"
        yield words, "own_columns", "own", {"columns.toml": text, "quotes.csv": quotes}, "SB-FILE-150"
        yield words, "study_folder", "study", {"study.toml": text}, "SB-STUDY-02"
    yield "a key of 10 MB", "key_file", "a.key", b"0" * 10_000_000, "SB-ID-74"


# --- databases


def taguette(page: str, more: str = "") -> bytes:
    """A Taguette project with one page."""
    import test_taguette

    quoted = page.replace("'", "''")
    rows = (
        f"INSERT INTO documents VALUES (1, 'i', 'w', '{quoted}');"
        "INSERT INTO highlights VALUES (1, 1, 0, 3, 'She');"
        "INSERT INTO highlight_tags VALUES (1, 1);"
    )
    return database(test_taguette.TABLES + rows + more)


def on_databases() -> Iterator[Attack]:
    def attack(words: str, code: str, data: bytes) -> Attack:
        return words, "taguette_project", "a.sqlite3", data, code

    for mark in ("<!", "<a ", "<!--", "<![CDATA[", '<a b="', "<?", "</", "<a '", "<!-->"):
        yield attack(f"a page of {mark}", "SB-FILE-57", taguette(mark * 50_000))
    for mark in ("&#", "<p>", "<script>", "<b>"):
        yield attack(f"a page of {mark}", READ, taguette("She waits." + mark * 50_000))
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i AS id, 'a' AS path FROM n"
    yield attack(
        "an endless view", "SB-FILE-30", taguette("She", f"DROP TABLE tags; CREATE VIEW tags AS {endless};")
    )
    made = "hex(zeroblob(400000000))"
    tags = "DROP TABLE tags; CREATE TABLE tags (id INTEGER, path TEXT, description TEXT{});"
    row = "INSERT INTO tags (id, path) VALUES (1, 'a');"
    generated = tags.format(f" GENERATED ALWAYS AS ({made})") + row
    yield attack("a column made when it is read", "SB-FILE-37", taguette("She", generated))
    usual = tags.format(f" DEFAULT ({made})")
    yield attack("a column with a usual value of 400 MB", "SB-FILE-43", taguette("She", usual))
    many = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)"
    shared = (
        "DROP TABLE tags; CREATE TABLE tags (id INTEGER, path TEXT);"
        f"{many} INSERT INTO tags SELECT i, 'a' FROM n;"
        f"ALTER TABLE tags ADD COLUMN description DEFAULT '{'d' * 90_000}';"
    )
    yield attack("a long text that 20,000 rows share", "SB-FILE-37", taguette("She", shared))
    trigger = "CREATE TRIGGER t AFTER INSERT ON tags BEGIN DELETE FROM documents; END;"
    yield attack("a trigger", READ, taguette("She", trigger))
    virtual = "DROP TABLE tags; CREATE VIRTUAL TABLE tags USING fts5(id, path, description);"
    yield attack("a virtual table", "SB-FILE-30", taguette("She", virtual))
    yield attack("pages that lead to themselves", "SB-FILE-37", looping())
    wrong = "UPDATE highlights SET start_offset = x'ff00', end_offset = 1e300;"
    yield attack("positions that are no numbers", "SB-FILE-42", taguette("She", wrong))
    yield attack("a database that says it has a journal", READ, with_journal(taguette("She waits.")))


def looping() -> bytes:
    """A database whose tree of pages is a chain: all children of a page are the same next page."""
    rows = "WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < 1200)"
    data = bytearray(taguette("She", f"{rows} INSERT INTO tags SELECT i, 'a', 'b' FROM n;"))
    connection = sqlite3.connect(":memory:")
    connection.deserialize(bytes(data))
    (root,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'tags'").fetchone()
    connection.close()
    top = bytes(data[(root - 1) * 512 : root * 512])
    kind, _, n_cells = struct.unpack(">BHH", top[:5])
    assert kind == 5
    cells = struct.unpack(f">{n_cells}H", top[12 : 12 + 2 * n_cells])
    children = [struct.unpack(">I", top[cell : cell + 4])[0] for cell in cells[:9]]
    for page, child in zip([root, *children], children):
        changed = bytearray(top)
        for place in (8, *cells):
            changed[place : place + 4] = struct.pack(">I", child)
        data[(page - 1) * 512 : page * 512] = changed
    return bytes(data)


def with_journal(data: bytes) -> bytes:
    """A database in the mode of writing ahead, without the file beside it."""
    return data[:18] + b"\x02\x02" + data[20:]


# --- statistics packages


def on_statistics() -> Iterator[Attack]:
    import tempfile

    import numpy as np
    import pandas as pd
    import pyreadstat

    frame = pd.DataFrame({"child": ["a", "b"], "q1": [1.0, 2.0]})
    constant = pd.DataFrame({"q1": np.zeros(30_000_000)})
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "file"
        pyreadstat.write_sav(frame, file)
        data = bytearray(file.read_bytes())
        data[80:84] = struct.pack("<i", 2**31 - 1)
        yield "cases that are not there", "spss_file", "a.sav", bytes(data), "SB-FILE-14"
        pyreadstat.write_sav(frame, file, compress=True)
        data = bytearray(file.read_bytes())
        data[80:84] = struct.pack("<i", 2**31 - 1)
        yield "packed cases that are not there", "spss_file", "a.zsav", bytes(data), "SB-FILE-14"
        pyreadstat.write_dta(frame, file, version=15)
        stata = file.read_bytes().replace(b"<N>\x02\0\0\0", b"<N>\xff\xff\xff\x7f")
        yield "observations that are not there", "stata_file", "a.dta", stata, "SB-FILE-69"
        constant.to_parquet(file, compression="zstd")
        data = file.read_bytes()
        yield (
            "a long text that stands once and 10,000 times",
            "parquet_file",
            "a.parquet",
            long_text(),
            "SB-FILE-69",
        )
        yield "a number that stands once and 30 million times", "parquet_file", "a.parquet", data, "SB-FILE-69"


def long_text() -> bytes:
    """A Parquet file of texts that would be 5 GB, each the same."""
    import pyarrow as pa
    from pyarrow import parquet

    text = pa.array(["a" * 500_000]).dictionary_encode().dictionary
    column = pa.DictionaryArray.from_arrays(pa.array([0] * 10_000, pa.int32()), text)
    parquet.write_table(pa.table({"q1": column}), buffer := io.BytesIO(), store_schema=False)
    return buffer.getvalue()


# --- the answers


class TooLong(BaseException):
    """The time of an attack is over."""


def answer(door: str, place: Path) -> list[str]:
    """The codes of a refusal, or `READ`, or what went wrong."""
    from doors import DOORS, INNER_DOORS

    try:
        (DOORS | INNER_DOORS)[door](place)
    except DataError as refusal:
        return [problem.code for problem in refusal.problems]
    except TooLong:
        return ["no end"]
    except BaseException as fault:
        return [repr(fault)[:300]]
    return [READ]


def main(folder: Path) -> None:
    """Print the answer to every attack."""
    resource.setrlimit(resource.RLIMIT_AS, (4 * 2**30, 4 * 2**30))
    signal.signal(signal.SIGPROF, end)
    for words, door, name, content, expected in attacks():
        place = folder / name
        if place.is_dir():
            shutil.rmtree(place)
        if not isinstance(content, bytes):
            place.mkdir()
        put(content, place)
        del content
        before, started = memory(start_again=True), time.process_time()
        signal.setitimer(signal.ITIMER_PROF, SECONDS, 1)
        codes = answer(door, place)
        signal.setitimer(signal.ITIMER_PROF, 0)
        cost = {"seconds": round(time.process_time() - started, 2), "mebibytes": round(memory() - before)}
        line = {"attack": f"{door}: {words}", "expected": expected, "answer": codes}
        print(json.dumps(line | cost), flush=True)


def end(*_: object) -> None:
    """What the alarm does."""
    raise TooLong


def memory(start_again: bool = False) -> float:
    """MiB the process held at most, since the last start where the system can tell."""
    if start_again:
        with contextlib.suppress(OSError):
            Path("/proc/self/clear_refs").write_text("5")
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
        return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) / 1024
    except (OSError, StopIteration):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main(Path(sys.argv[1]))
