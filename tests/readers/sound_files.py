"""Small sound files for every door, from which hostile ones are made.

    python tests/readers/sound_files.py

writes them to tests/corpus/<door>/sound-*; the words and the children in them are invented.
"""

from __future__ import annotations

import io
import shutil
import sqlite3
import sys
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import pandas as pd

CORPUS = Path(__file__).parents[1] / "corpus"
Content = bytes | Mapping[str, bytes]
"""A file, or the files of a folder by name."""

for room in ("interviews", "questionnaires", "../study"):
    sys.path.append(str((Path(__file__).parent / room).resolve()))


def zipped(members: Mapping[str, bytes]) -> bytes:
    """A zip archive whose bytes depend on nothing but its members."""
    with zipfile.ZipFile(buffer := io.BytesIO(), "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(zipfile.ZipInfo(name, (2024, 1, 1, 0, 0, 0)), data, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def workbook(**sheets: list[list]) -> bytes:
    """An Excel workbook of the sheets given."""
    import openpyxl

    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    book.save(buffer := io.BytesIO())
    with zipfile.ZipFile(buffer) as archive:
        return zipped({name: archive.read(name) for name in archive.namelist()})


def database(script: str) -> bytes:
    """A SQLite database made by a script."""
    connection = sqlite3.connect(":memory:")
    connection.execute("PRAGMA page_size = 512")
    connection.executescript(script)
    connection.commit()
    data = connection.serialize()
    connection.close()
    return data


def text_tables() -> Iterator[tuple[str, Content]]:
    yield "plain.csv", b"child,site,start,q1,q2\n007,A,2021-03-01,1,0.5\n008,A,2021-04-25,99,NA\n009,B,,2,\n"
    german = "kind;begonnen;wert;größe\n007;25.04.2021;2,5;ä\n008;26.04.2021;3;é\n;;;\nMittelwert;;2,7;\n"
    yield "german.csv", german.encode("utf-8-sig")
    yield "tabs.tsv", b'child\tnote\tq1\n007\t"a ""b""\nc"\t1\n008\t\t2\n'
    yield "wide.csv", "child,Wave 1,,Wave 2,\n,sdq,stress,sdq,stress\n007,1,2,3,4\n".encode("utf-16")


def workbooks() -> Iterator[tuple[str, Content]]:
    import datetime as dt

    day = dt.datetime(2021, 3, 1)
    yield "plain.xlsx", workbook(wave1=[["child", "start", "q1"], ["007", day, 1], ["008", None, 2.5]])
    mixed = [["child", "seen", "in time"], [7, day, True], ["8", "25/04/2021", "no"], [None, 44000, "=1+1"]]
    yield "mixed.xlsx", workbook(wave1=mixed, empty=[])


def statistics() -> Iterator[tuple[str, str, Content]]:
    import tempfile

    import pyreadstat

    frame = pd.DataFrame(
        {
            "child": ["007", "008", ""],
            "q1": [1.0, 99.0, np.nan],
            "start": pd.to_datetime(["2021-03-01", None, None]),
        }
    )
    long_text = frame.assign(words=["a" * 20, "b", "é"])
    labels = {"child": {"007": "a"}, "q1": {1.0: "no", 99.0: "refused"}}
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "file"
        pyreadstat.write_sav(frame, file, missing_ranges={"q1": [99.0]}, variable_value_labels=labels)
        yield "spss_file", "plain.sav", file.read_bytes()
        pyreadstat.write_sav(long_text, file, compress=True, missing_ranges={"q1": [{"lo": 50, "hi": 99}]})
        yield "spss_file", "packed.zsav", file.read_bytes()
        pyreadstat.write_sav(long_text, file, row_compress=True, column_labels=["Child", "First", "Day", "Words"])
        yield "spss_file", "rows.sav", file.read_bytes()
        pyreadstat.write_por(frame[["child", "q1"]], file)
        yield "spss_file", "plain.por", file.read_bytes()
        for version in (8, 10, 12, 13, 14, 15):
            values = {"q1": {1: "no"}}
            whole = frame[["child", "q1"]].assign(q2=[1, 2, 3])
            pyreadstat.write_dta(whole, file, version=version, variable_value_labels=values)
            yield "stata_file", f"version{version}.dta", file.read_bytes()
        frame.to_parquet(file, compression=None)
        yield "parquet_file", "plain.parquet", file.read_bytes()
        frame.assign(q1=frame["q1"].astype("category")).to_parquet(file)
        yield "parquet_file", "category.parquet", file.read_bytes()


def project_xml() -> str:
    """A REFI-QDA project with every kind of source."""
    from securebase_analysis.readers.interviews import refi

    del refi
    part = project_parts()
    text = "Morning 🙂 she waits.\nHe runs home to her."
    picture = (
        f'<PictureSource guid="{part.guid(31)}" name="drawing" path="internal://a.png"><PictureSelection '
        f'guid="{part.guid(32)}" firstX="1" firstY="2" secondX="3" secondY="4">{part.coding()}</PictureSelection>'
        f"</PictureSource>"
    )
    tape = (
        f'<AudioSource guid="{part.guid(41)}" name="tape" path="internal://a.mp3">'
        f"{part.transcript('She came at once.', 0, 8, part.coding())}"
        f'<AudioSelection guid="{part.guid(42)}" begin="10" end="900">{part.coding(part.OTHER_CODE)}'
        "</AudioSelection></AudioSource>"
    )
    first = part.text_source(text, part.passage(10, 19, part.coding(), part.coding(part.OTHER_CODE, number=901)))
    beside = part.file_source("internal://b.txt", part.passage(0, 3, part.coding()), name="second", number=22)
    word = f'<TextSource guid="{part.guid(23)}" name="third" richTextPath="internal://c.docx"/>'
    cases = (
        f'<Cases><Case guid="{part.guid(51)}" name="case a"><SourceRef targetGUID="{part.SOURCE}"/><VariableValue>'
        f'<VariableRef targetGUID="{part.guid(52)}"/><IntegerValue>2</IntegerValue></VariableValue></Case></Cases>'
    )
    variables = f'<Variables><Variable guid="{part.guid(52)}" name="wave" typeOfVariable="Integer"/></Variables>'
    note = f'<Note guid="{part.guid(71)}" name="day one"><PlainTextContent>Well.</PlainTextContent></Note>'
    group = f'<Set guid="{part.guid(81)}" name="gender: male"><MemberSource targetGUID="{part.SOURCE}"/></Set>'
    after = f"<Notes>{note}</Notes><Sets>{group}</Sets>"
    return part.project_xml(first + beside + word + picture + tape, before=variables + cases, after=after)


def project_parts():
    """The building blocks that the tests of projects use."""
    import importlib.util

    file = Path(__file__).parent / "interviews" / "conftest.py"
    spec = importlib.util.spec_from_file_location("building_blocks_of_projects", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module._Parts


def word_document(text: str) -> bytes:
    """The least that makes a Word document."""
    paragraphs = "".join(f"<w:p><w:r><w:t>{line}</w:t></w:r></w:p>" for line in text.splitlines())
    return zipped(
        {"word/document.xml": f'<w:document xmlns:w="urn:w"><w:body>{paragraphs}</w:body></w:document>'.encode()}
    )


def interviews() -> Iterator[tuple[str, str, Content]]:
    import test_nvivo_text as nvivo
    import test_qualcoder as qualcoder
    import test_segment_tables as tables
    import test_taguette as taguette

    xml = project_xml()
    members = {
        "project.qde": xml.encode(),
        "sources/b.txt": b"One line.\r\n",
        "sources/c.docx": word_document("Two"),
    }
    yield "refi_project", "project.qdpx", zipped(members)
    part = project_parts()
    least = part.project_xml(part.text_source("She waits.", part.passage(0, 3, part.coding())))
    yield "refi_project", "least.qdpx", zipped({"project.qde": least.replace("utf-8", "utf-16").encode("utf-16")})
    yield "refi_codebook", "unpacked.qde", xml.encode()
    yield (
        "refi_codebook",
        "codebook.qdc",
        b'<?xml version="1.0" encoding="utf-8"?><CodeBook xmlns="urn:QDA-XML:codebook:1.0"><Codes><Code guid="'
        + part.CODE.encode()
        + b'" name="trust" isCodable="true" color="#46AA00"><Description>comes</Description><Code guid="'
        + part.OTHER_CODE.encode()
        + b'" name="telling" isCodable="true"/></Code></Codes><Sets/></CodeBook>',
    )
    yield "qualcoder_project", "data.qda", database(qualcoder.SCHEMA + qualcoder.CONTENT)
    document = (
        "INSERT INTO documents VALUES (1, 'interview', 'w', '<p>She <b>waits</b>.</p><p>He runs &amp; runs.</p>');"
    )
    marks = (
        "INSERT INTO highlights VALUES (1, 1, 0, 3, 'She');"
        "INSERT INTO highlights VALUES (2, 1, 4, 9, '<b>waits</b>');"
        "INSERT INTO highlight_tags VALUES (1, 1);"
    )
    yield "taguette_project", "taguette.sqlite3", database(taguette.TABLES + document + marks)
    rows = [tables.ENGLISH, *tables.MAXQDA_ROWS]
    yield "segment_table", "maxqda.csv", "\n".join(rows).encode("utf-8-sig")
    yield "segment_table", "german.csv", "\n".join([tables.GERMAN, *tables.MAXQDA_ROWS]).encode()
    yield "segment_workbook", "maxqda.xlsx", workbook(segments=[row.split(";") for row in rows])
    for name, text in SEGMENT_TABLES.items():
        yield "segment_table", f"{name}.csv", text.encode()
    yield (
        "segment_workbook",
        "tags.xlsx",
        workbook(tags=[["id", "document", "tag", "content"], [1, "A", "t", "She"]]),
    )
    yield "nvivo_text", "trust.txt", nvivo.EXPORT.replace("\n", "\r\n").encode("utf-16")
    yield "nvivo_text", "german.txt", nvivo.GERMAN.encode()
    yield "nvivo_word", "trust.docx", word_document(nvivo.EXPORT.replace("<", "&lt;").replace(">", "&gt;"))
    own = (
        b'source = "Interview"\ncode = ["Theme"]\ntext = "Quote"\ncode_path = ">"\nheader_rows = 1\nyes = ["x"]\n'
    )
    wide = b'program = "dedoose"\nsource = "Interview"\napplied = "{code} used"\nvariables = ["Who*"]\n'
    quotes = b"Interview,Theme,Quote,trust used,Who came\nK1,trust > telling,She told me,x,a\nK2,trust,Yes,,b\n"
    yield "own_columns", "own", {"columns.toml": own, "quotes.csv": quotes}
    yield "own_columns", "wide", {"columns.toml": wide, "quotes.csv": quotes}


SEGMENT_TABLES = {
    "atlasti": "ID,Document,Quotation Content,Comment,Codes,Reference,Density,Created by,Creation Date\n"
    '1:1,1 Carer 1.docx,She came.,,"trust\ntelling",1 - 2,2,Ada,2024-01-02\n'
    "2:1,2 Carer 2,No.,sure,trust,3,1,Bo,\n",
    "dedoose": "Media Title,Excerpt Range,Excerpt Creator,Excerpt Date,Excerpt Copy,Code: trust Applied,"
    "Code: trust Range,Code: trust Weight,Code: telling Applied,Descriptor: wave\n"
    "a.docx,0-8,ada,1/2/2024,She came,True,0-10,3,False,2\nb.docx,3-9,bo,1/3/2024,He left,True,0-10,,True,1\n",
    "taguette": "id,document,tag,content\n1,interview,trust,She came\n2,interview,telling,He left\n",
    "qualcoder": "Codename,Coded,File,Coder,Category,Id\ntrust,She came,a,ada,base,1\n"
    "telling,He left,b,bo,base,2\n",
    "plain": "source,start,end,code,coder,text,weight\nI1,0,8,trust,ada,She came,1\n"
    "I2,3,9,telling,bo,He left,2.5\n",
}


def questionnaires() -> Iterator[tuple[str, str, Content]]:
    import test_limesurvey as limesurvey
    import test_qualtrics as qualtrics
    import test_redcap as redcap

    data = (
        "record_id,redcap_event_name,redcap_repeat_instrument,redcap_repeat_instance,carer_name,seen_on,a1,a2,"
        "help___1,help____9,visit_complete\n007,start_arm_1,,,kestrel,2021-03-01,0,2,1,0,2\n"
        "007,later_arm_1,visit,1,,2021-04-01,1,,0,1,2\n008,start_arm_1,,,dunnock,,2,1,0,0,0\n"
    )
    events = "event_name,arm_num,unique_event_name\nStart,1,start_arm_1\nLater,1,later_arm_1\n"
    parts = {
        "data.csv": data.encode(),
        "dictionary.csv": redcap.DICTIONARY.encode(),
        "events.csv": events.encode(),
    }
    yield "redcap_export", "visit", parts
    yield "redcap_export", "alone", {"data.csv": data.encode()}
    rows = [qualtrics.NAMES, qualtrics.TEXTS, qualtrics.MARKS]
    rows += [qualtrics.row(1, "007", "1"), qualtrics.row(2, "008", "4", "1", "0")]
    yield "qualtrics_export", "three.csv", "\n".join(rows).encode()
    yield "qualtrics_export", "two.csv", "\n".join([*rows[:2], *rows[3:]]).encode()
    for name, head, answers in (
        ("codes", limesurvey.CODES, limesurvey.ANSWERS),
        ("texts", limesurvey.TEXTS, limesurvey.WORDS),
        ("both", limesurvey.BOTH, limesurvey.WORDS),
    ):
        yield "limesurvey_export", name, {"results.csv": "\n".join([head, *answers]).encode()}
    table = "\n".join([limesurvey.CODES, *limesurvey.ANSWERS]).encode()
    yield "limesurvey_export", "syntax", {"results.csv": table, "syntax.R": limesurvey.syntax().encode()}
    plain = b"child,wave,visit date,a1,A2,email\n007,T1,2021-03-01,0,2,a@b.example\n008,T2,,99,1,\n009,2,,1,,\n"
    yield "plain_questionnaire", "long.csv", plain
    yield "plain_questionnaire", "wide.csv", b"child;a1_w1;a2_w1;a1_w2;a2_w2\n007;0;1;2;\n008;1;99;;2\n"
    rows = [line.split(",") for line in plain.decode().splitlines()]
    yield "questionnaire_workbook", "long.xlsx", workbook(wave=rows)


CODEBOOK = {
    "waves": [{"wave": 1, "aliases": ["T1"]}, {"wave": 2, "aliases": ["T2"], "months": 12}],
    "instruments": [{"instrument": "visit", "minimum_answered": 1}],
    "items": [
        {"item": "a1", "instrument": "visit", "construct": "trust", "low": 0, "high": 2},
        {"item": "a2", "instrument": "visit", "construct": "availability", "low": 0, "high": 2, "reversed": True},
    ],
    "missing_codes": [{"instrument": "visit", "code": "99", "reason": "refused"}],
    "codes": [{"code": "trust: comes", "construct": "trust"}],
    "ratings": [{"rating": "trust", "construct": "trust", "low": 0, "high": 10}],
}


def studies() -> Iterator[tuple[str, str, Content]]:
    import tempfile

    from securebase_analysis.study.codebook import make_codebook
    from securebase_analysis.study.codebook_files import write_codebook

    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        book = make_codebook("Visits", "1", CODEBOOK)
        write_codebook(book, folder / "codebook.toml")
        toml = (folder / "codebook.toml").read_bytes()
        yield "codebook_text", "codebook.toml", toml
        write_codebook(book, folder / "codebook.xlsx")
        with zipfile.ZipFile(folder / "codebook.xlsx") as archive:
            yield (
                "codebook_workbook",
                "codebook.xlsx",
                zipped({name: archive.read(name) for name in archive.namelist()}),
            )
        write_codebook(book, folder / "codebook")
        tables = sorted((folder / "codebook").iterdir())
        yield "codebook_folder", "codebook", {file.name: file.read_bytes() for file in tables}
    about = (
        b'[study]\nname = "Two birds"\nsimulated = true\ncodebook = "codebook.toml"\ndate_order = "ymd"\n'
        b'data_freeze = 2024-12-31\n\n[children]\nfile = "children.csv"\ncolumns = { child = "id" }\n\n'
        b'[placements]\nfile = "placements.csv"\n\n[waves]\nfile = "waves.csv"\n\n'
        b'[[responses]]\ninstrument = "visit"\nfile = "visit.csv"\ninformant = "carer"\ndecimal = "."\n'
    )
    study = {
        "study.toml": about,
        "codebook.toml": toml,
        "children.csv": b"site,id,birth_date,sex\nAsh,kestrel,2010-05-01,f\nAsh,dunnock,2011-06-02,m\n",
        "placements.csv": b"site,child,placement,type,carer,start_date,end_date,end_reason\n"
        b"Ash,kestrel,1,foster,K1,2021-03-01,,\nAsh,dunnock,2,kinship,K2,2021-03-05,2022-01-01,planned\n",
        "waves.csv": b"site,child,wave,status,date\nAsh,kestrel,1,seen,2021-04-01\nAsh,kestrel,2,seen,2022-04-01\n"
        b"Ash,dunnock,1,seen,2021-04-02\nAsh,dunnock,2,refused,\n",
        "visit.csv": b"site,child,wave,a1,a2\nAsh,kestrel,1,0,2\nAsh,kestrel,2,1,99\nAsh,dunnock,1,2,2\n",
    }
    yield "study_folder", "birds", study
    yield "study_file", "birds", {name: data if name.endswith("toml") else b"x" for name, data in study.items()}


def returns() -> Iterator[tuple[str, str, Content]]:
    head = b"CHILD,SEX,DOB,ETHNIC,UPN,MOTHER,MC_DOB\nCHQ7,2,07/05/2010,WBRI,UN1,,\nCHQ8,1,08/06/2011,WBRI,UN1,,\n"
    stays = (
        b"CHILD,DECOM,RNE,LS,CIN,PLACE,PLACE_PROVIDER,DEC,REC,REASON_PLACE_CHANGE,HOME_POST,PL_POST,URN\n"
        b"CHQ7,07/05/2020,S,C2,N1,U6,PR1,01/02/2021,X1,CARPL,,AB1 2CD,1234567\n"
        b"CHQ7,01/02/2021,P,C2,N1,U3,PR1,,,,,AB1 2CD,1234567\nCHQ8,01/02/2021,S,C2,N1,K2,PR1,,,,,,\n"
    )
    oc2 = b"CHILD,DOB,SDQ_SCORE,SDQ_REASON,CONVICTED\nCHQ7,07/05/2010,12,,0\nCHQ8,08/06/2011,,SDQ1,0\n"
    yield "returns_as_tables", "one", {"header.csv": head, "episodes.csv": stays, "oc2.csv": oc2}
    later = head.replace(b"CHQ8,1", b"CHQ9,1"), stays.replace(b"2021", b"2022").replace(b"2020", b"2021")
    yield "returns_as_tables", "two", {"2021/header.csv": head, "2021/episodes.csv": stays,
                                      "2022/header.csv": later[0], "2022/episodes.csv": later[1]}  # fmt: skip
    import test_ssda903_files as files

    yield "returns_as_xml", "return.xml", files.as_xml().encode()


def others() -> Iterator[tuple[str, str, Content]]:
    yield "key_file", "cohort.key", b"# The key\n" + bytes(range(32)).hex().encode() + b"\n"
    yield (
        "cells",
        "cells.txt",
        (
            "1\n2,5\n1.234,5\n03/04/2021\n25 Mar 2021\n2021-03-01T10:00\n44000\nyes\nno\n-9\n1e5\n½\n\n0012\nNA\n"
            "1,234\n20210301\nMarch 5th, 2021\n5.5.21\n−3\n٣\n1990-02-30\n9999999999999999\n"
        ).encode(),
    )
    yield "cells", "dates.txt", b"25/04/2021\n03/05/2021\n\n1/1/70\n31.12.1999 23:59\n2021/2/3 4:05 pm\n"


def sound_files() -> Iterator[tuple[str, str, Content]]:
    """Every sound file: its door, its name and what is in it."""
    for name, content in text_tables():
        yield "text_table", name, content
        yield "declared_text_table", name, content
    for name, content in workbooks():
        yield "workbook", name, content
    yield from statistics()
    yield from interviews()
    yield from questionnaires()
    yield from studies()
    yield from returns()
    yield from others()


def put(content: Content, place: Path) -> Path:
    """Write a file or a folder, over what was there."""
    if isinstance(content, bytes):
        place.write_bytes(content)
        return place
    for name, data in content.items():
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_bytes(data)
    return place


def main() -> None:
    for old in CORPUS.glob("*/sound-*"):
        shutil.rmtree(old) if old.is_dir() else old.unlink()
    for door, name, content in sound_files():
        (CORPUS / door).mkdir(parents=True, exist_ok=True)
        put(content, CORPUS / door / f"sound-{name}")


if __name__ == "__main__":
    main()
