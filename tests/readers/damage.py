"""Sound files made hostile: bytes of them changed at random, or what they are built of."""

from __future__ import annotations

import csv
import io
import random
import re
import sqlite3
import struct
import zipfile
from collections.abc import Mapping
from functools import lru_cache
from pathlib import PurePath
from xml.etree import ElementTree

from sound_files import Content

LONGEST = 200_000
"""Bytes that an input may grow to; attacks by size have tests of their own."""

WORDS: tuple[str, ...] = (
    "1" * 5000,
    "", " ", "0", "-1", "1", "007", "99999999999999999999", "-9223372036854775808", "2147483648", "1e999",
    "nan", "inf", "-0.0", "0x10", "1_000", "٣", "½", "²", "NA", "NULL", "None", "true", "=1+1", "@SUM(A1)",
    "2021-02-30", "0000-00-00", "9999-12-31", "31/12/9999", "1/1/1", "29/02/2021", "2021-03-01T25:61:61Z",
    "25:00", "a" * 300, "\x00", "\x0b", "\u2028", "\ufeff", "\u202e", "\ud7ff", "𝔘🙂", "é", "e\u0301", "İ", "ß",
    "<", ">", "&", "&#0;", "]]>", "\"", "'", "\\", "/", "..", "../x", "C:\\x", "internal://", "internal://../x",
    "relative:///", "%s", "{}", "{code}", "*", "(", "[", "(?:", "\\d", "id", "child", "wave", "site", "guid",
    "\n", "\r", "\t", ";", "|", ",", "----", "00000000-0000-4000-8000-000000000001",
    "{00000000-0000-0000-0000-000000000000}", "#GGGGGG", "P1Y", "1899-12-31", "W1", "T9", "wave 99999999999",
    "column_A", "1:1", "0-0", "9-3", "-5-5", "1e5", "1.5", "text", "kind", "nan ", "<NA>",
)  # fmt: skip
BYTES: tuple[bytes, ...] = (
    b"\x00", b"\xff", b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf", b"\xff\xff\xff\xff", b"\xff\xff\xff\x7f",
    b"\x00\x00\x00\x80", b"\x00" * 8, b"\x7f\xef\xff\xff", b"PK\x03\x04", b"PK\x05\x06", b"PK\x01\x02", b"\r",
    b"\n", b'"', b",", b";", b"\t", b"<", b">", b"&", b"<!DOCTYPE a>", b"<!--", b"<![CDATA[", b"]]>", b"=", b"[",
    b"<?xml version='1.1'?>", b"[[", b"'''", b'"""', b"\\u0000", b"\xc0\x80", b"\xed\xa0\x80", b"\xf4\x90\x80\x80",
    b"\x1a", b"$FL3", b"PAR1",
)  # fmt: skip
DAYS = ("2021-03-01", "0001-01-01", "9999-12-31T23:59:59Z", "10:00:00", "2021-03-01T10:00:00+14:00")
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
TEXT_ENDINGS = (".csv", ".tsv", ".txt")
BINARY_ENDINGS = (".sav", ".zsav", ".por", ".dta", ".parquet")
INTEGERS = (0, 1, -1, 2, 3, 7, 8, 255, 256, 65535, 2**31 - 1, -(2**31), 2**16, 2**20, 2**24, 100, -2)


def damaged(content: Content, name: str, dice: random.Random, way: str) -> Content:
    """One to four changes to a file or to one file of a folder.

    `way` is ``"bytes"`` (whatever stands there) or ``"structure"`` (cells, elements, members, rows of a database).
    """
    if isinstance(content, bytes):
        change = _any_bytes if way == "bytes" else _by_structure
        for _ in range(dice.choice((1, 1, 1, 2, 2, 4))):
            content = change(content, name, dice)[:LONGEST]
        return content
    parts = dict(content)
    if way == "structure" and dice.random() < 0.05:
        return _other_files(parts, dice)
    for _ in range(dice.choice((1, 1, 2))):
        inner = dice.choice(sorted(parts))
        changed = damaged(parts[inner], inner, dice, way)
        assert isinstance(changed, bytes)
        parts[inner] = changed
    return parts


def _other_files(parts: dict[str, bytes], dice: random.Random) -> dict[str, bytes]:
    """A folder in which a file is empty, is gone, or holds what another held."""
    one, other = dice.choice(sorted(parts)), dice.choice(sorted(parts))
    turn = dice.randrange(3)
    if turn == 0 and len(parts) > 1:
        del parts[one]
    else:
        parts[one] = parts[other] if turn == 1 else b""
    return parts


# --- bytes


def _any_bytes(data: bytes, name: str, dice: random.Random) -> bytes:
    """Some bytes flipped, cut, doubled, moved, or written over."""
    at, turn = dice.randrange(len(data) + 1), dice.randrange(9)
    length = min(dice.choice((1, 2, 4, 8, 16, 64, 256)), len(data) - at)
    if turn == 0:
        return data[:at] + bytes(dice.randrange(256) for _ in range(length)) + data[at + length :]
    if turn == 1 and at < len(data):
        return data[:at] + bytes([data[at] ^ (1 << dice.randrange(8))]) + data[at + 1 :]
    if turn == 2:
        return data[:at]
    if turn == 3:
        return data[:at] + data[at + length :]
    if turn == 4:
        return data[:at] + data[at : at + length] * dice.choice((2, 3, 20)) + data[at + length :]
    if turn == 5:
        other = dice.randrange(len(data) + 1)
        return data[:at] + data[other : other + length] + data[at + length :]
    if turn == 6:
        return _whole_number(data, dice)
    token = dice.choice(BYTES) if dice.random() < 0.5 else dice.choice(WORDS).encode("utf-8", "surrogatepass")
    return data[:at] + token + data[at + (len(token) if turn == 7 else 0) :]


def _whole_number(data: bytes, dice: random.Random) -> bytes:
    """A number of one to eight bytes written over what stands there, more often near the beginning or the end."""
    size, order = dice.choice(("b", "h", "i", "q")), dice.choice("<>")
    packed = struct.pack(order + size, _fitting(dice.choice(INTEGERS), struct.calcsize(size)))
    reach = dice.choice((128, 1024, len(data)))
    at = dice.randrange(min(reach, len(data)) + 1)
    if dice.random() < 0.3:
        at = max(0, len(data) - at)
    return data[:at] + packed + data[at + len(packed) :]


def _fitting(number: int, n_bytes: int) -> int:
    """A number cut down to that many bytes, with its sign."""
    return (number + 2 ** (8 * n_bytes - 1)) % 2 ** (8 * n_bytes) - 2 ** (8 * n_bytes - 1)


# --- what a file is built of


def _by_structure(data: bytes, name: str, dice: random.Random) -> bytes:
    """A change to what the file is built of, as far as it can still be told."""
    ending = PurePath(name).suffix.lower()
    if data.startswith(b"PK\x03\x04"):
        return _archive(data, dice)
    if data.startswith(b"SQLite format 3"):
        return _database(data, dice)
    if ending in BINARY_ENDINGS:
        return _whole_number(data, dice) if dice.random() < 0.7 else _any_bytes(data, name, dice)
    if data.lstrip(b"\xef\xbb\xbf\r\n ").startswith(b"<"):
        return _xml(data, dice)
    if ending == ".toml":
        return _lines_of_settings(data, dice)
    if ending in TEXT_ENDINGS:
        return _table(data, dice)
    return _any_bytes(data, name, dice)


@lru_cache(64)
def _members(data: bytes) -> Mapping[str, bytes]:
    """What a sound archive holds."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _archive(data: bytes, dice: random.Random) -> bytes:
    """A member changed, or the list of members."""
    try:
        members = dict(_members(data) if len(data) < 50_000 else {})
    except Exception:  # it was damaged before
        members = {}
    if not members:
        return _any_bytes(data, "", dice)
    names = [name for name in members if not name.startswith("docProps")]
    one, turn = dice.choice(names or list(members)), dice.random()
    packing = zipfile.ZIP_STORED
    if turn < 0.86:
        inside = members[one]
        members[one] = (_by_structure if dice.random() < 0.8 else _any_bytes)(inside, one, dice)
    elif turn < 0.90:
        del members[one]
    elif turn < 0.94:
        members[dice.choice(names) if dice.random() < 0.5 else dice.choice(WORDS) or "x"] = members.pop(one)
    elif turn < 0.97:
        members[one] = b""
    else:
        packing = dice.choice((zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA, zipfile.ZIP_DEFLATED))
    return _packed(members, packing)


def _packed(members: Mapping[str, bytes], packing: int) -> bytes:
    """The members as an archive."""
    with zipfile.ZipFile(buffer := io.BytesIO(), "w", packing) as archive:
        for name, inside in members.items():
            archive.writestr(zipfile.ZipInfo(name, (2024, 1, 1, 0, 0, 0)), inside, packing)
    return buffer.getvalue()


def _xml(data: bytes, dice: random.Random) -> bytes:
    """An element, an attribute or a text changed; names of the namespaces are kept."""
    try:
        root = ElementTree.fromstring(data)
    except (ElementTree.ParseError, ValueError, LookupError):
        return _any_bytes(data, "", dice)
    elements = list(root.iter())
    one, other = dice.choice(elements), dice.choice(elements)
    turn = dice.randrange(9)
    if turn == 0:
        one.text = dice.choice(WORDS)
    elif turn in (1, 2) and one.attrib:
        key = dice.choice(sorted(one.attrib))
        values = [value for element in elements for value in element.attrib.values()]
        one.set(key, dice.choice(values) if dice.random() < 0.4 else dice.choice(WORDS))
    elif turn == 3 and one.attrib:
        one.attrib.pop(dice.choice(sorted(one.attrib)))
    elif turn == 4:
        one.attrib.update(other.attrib)
    elif turn == 5 and len(one):
        one.remove(one[dice.randrange(len(one))])
    elif turn == 6 and one not in other.iter():
        one.append(other)
    elif turn == 7 and len(one):
        child = one[dice.randrange(len(one))]
        one.extend([child] * dice.choice((1, 2, 30)))
    else:
        one.tag = other.tag
    encoding = dice.choice(("utf-8",) * 8 + ("utf-16", "latin-1", "ascii"))
    written = ElementTree.tostring(root, encoding=encoding)
    return _plain_names(written) if encoding in ("utf-8", "ascii") else written


def _plain_names(data: bytes) -> bytes:
    """The first namespace without a prefix, as programs write it."""
    return re.sub(rb"(</?)ns0:", rb"\1", data.replace(b"xmlns:ns0=", b"xmlns=", 1))


def _lines_of_settings(data: bytes, dice: random.Random) -> bytes:
    """A line of TOML with another value or key, twice, gone, or elsewhere."""
    lines = data.decode("utf-8", "replace").split("\n")
    at, turn = dice.randrange(len(lines)), dice.randrange(7)
    key, equals, _ = lines[at].partition("=")
    if turn <= 2 and equals:
        lines[at] = f"{key}= {_setting(dice)}"
    elif turn == 3:
        del lines[at]
    elif turn == 4:
        lines.insert(dice.randrange(len(lines)), lines[at])
    elif turn == 5 and lines[at].startswith("["):
        lines[at] = dice.choice(("[{}]", "[[{}]]", "[a.{}]")).format(lines[at].strip("[]"))
    else:
        other = dice.choice(lines).partition("=")[0].strip()
        lines[at] = f"{other} = {_setting(dice)}" if other and "[" not in other else _setting(dice)
    return "\n".join(lines).encode("utf-8", "replace")


def _setting(dice: random.Random, depth: int = 0) -> str:
    """A value as TOML writes it."""
    turn = dice.randrange(9 if depth < 2 else 6)
    if turn < 2:
        word = dice.choice(WORDS).replace("\\", "\\\\").replace('"', '\\"')
        return '"' + "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in word) + '"'
    if turn == 2:
        return str(dice.choice((*INTEGERS, 2**63 - 1, 0.5, -1e308)))
    if turn == 3:
        return dice.choice(("true", "false", "nan", "-inf", "1e400", "[]", "{}", "''"))
    if turn == 4:
        return dice.choice(
            ("2021-03-01", "0001-01-01", "9999-12-31T23:59:59Z", "10:00:00", "2021-03-01T10:00:00+14:00")
        )
    if turn == 5:
        return dice.choice(("", "[[", "nonsense", "0b1", "1_0", "'a\nb'", "9" * 5000, "[" * 200))
    inner = [_setting(dice, depth + 1) for _ in range(dice.randrange(3))]
    if turn == 8:
        return (
            "{ " + ", ".join(f"{dice.choice('abc')}{place} = {value}" for place, value in enumerate(inner)) + " }"
        )
    return f"[{', '.join(inner)}]"


def _table(data: bytes, dice: random.Random) -> bytes:
    """A cell, a row or a column of a table of text changed; its encoding kept more often than not."""
    encoding = (
        "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig" if data[:3] == BYTES[4] else "utf-8"
    )
    text = data.decode(encoding, "replace")
    head = text.partition("\n")[0]
    mark = max(",;\t", key=head.count)
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=mark))
    except csv.Error:
        return _any_bytes(data, "", dice)
    rows = [row for row in rows if row] or [[""]]
    _change_cells(rows, dice)
    if dice.random() < 0.05:
        mark = dice.choice((",", ";", "\t", "|"))
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=mark, lineterminator=dice.choice(("\n", "\n", "\r\n"))).writerows(rows)
    if dice.random() < 0.05:
        encoding = dice.choice(("utf-16", "cp1252", "utf-32", "utf-8-sig"))
    return out.getvalue().encode(encoding, "replace")


def _change_cells(rows: list[list[str]], dice: random.Random) -> None:
    """One change to a table, in place."""
    at, turn = dice.randrange(len(rows)), dice.randrange(10)
    row = rows[at]
    place = dice.randrange(len(row))
    everything = [cell for one in rows for cell in one]
    if turn <= 3:
        row[place] = dice.choice(everything) if dice.random() < 0.3 else dice.choice(WORDS)
    elif turn == 4:
        value = dice.choice(WORDS)
        for one in rows[1:]:
            if place < len(one):
                one[place] = value
    elif turn == 5:
        rows.extend([list(row)] * dice.choice((1, 1, 3, 40)))
    elif turn == 6 and len(rows) > 1:
        del rows[at]
    elif turn == 7:
        for one in rows:
            if place < len(one):
                one.insert(dice.randrange(len(one) + 1), one[place])
    elif turn == 8:
        for one in rows:
            if place < len(one) > 1:
                del one[place]
    else:
        row[place:place] = [dice.choice(WORDS)] * dice.choice((1, 2, 30))


def _database(data: bytes, dice: random.Random) -> bytes:
    """Rows or the layout of a SQLite database changed by SQL; what SQL refuses is left as it was."""
    connection = sqlite3.connect(":memory:")
    try:
        connection.deserialize(data)
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        table = dice.choice(tables)
        columns = [row[1] for row in connection.execute(f'PRAGMA table_info("{table}")')]
        for statement, values in _statements(table, dice.choice(columns), dice.choice(columns), dice):
            connection.execute(statement, values)
        connection.commit()
        return connection.serialize()
    except (sqlite3.Error, IndexError, OverflowError, UnicodeError):
        return _any_bytes(data, "", dice)
    finally:
        connection.close()


def _statements(table: str, column: str, other: str, dice: random.Random) -> list[tuple[str, tuple]]:
    """What is done to a database: most often a strange value in a cell."""
    strange = dice.choice(
        (*WORDS, None, b"\xff\x00", b"", 2**62, -1, 0, 1.5, float("inf"), "<p>a&#xD800;b</p>", "[]")
    )
    turn, row = dice.randrange(14), dice.randrange(1, 5)
    if turn <= 6:
        return [(f'UPDATE OR IGNORE "{table}" SET "{column}" = ? WHERE rowid = ?', (strange, row))]
    if turn == 7:
        return [(f'UPDATE OR IGNORE "{table}" SET "{column}" = "{other}"', ())]
    if turn == 8:
        return [(f'DELETE FROM "{table}" WHERE rowid = ?', (row,))]
    if turn == 9:
        return [(f'INSERT INTO "{table}" ("{column}") VALUES (?)', (strange,))]
    if turn == 10:
        return [(f'ALTER TABLE "{table}" RENAME COLUMN "{column}" TO "{column}_"', ())]
    if turn == 11:
        loop = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n"
        return [(f'DROP TABLE "{table}"', ()), (f'CREATE VIEW "{table}" AS {loop}', ())]
    if turn == 12:
        return [(f'ALTER TABLE "{table}" ADD COLUMN "{dice.choice(WORDS) or "x"}"', ())]
    changed = "sql = replace(sql, 'integer', ?)" if dice.random() < 0.5 else "rootpage = ?"
    value = dice.choice(("text", "GENERATED ALWAYS AS (1)", "COLLATE x", "(")) if "sql" in changed else row
    return [
        ("PRAGMA writable_schema = ON", ()),
        (f"UPDATE sqlite_master SET {changed} WHERE name = ?", (value, table)),
    ]
