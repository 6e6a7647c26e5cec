"""Long XML read piece by piece gives what the whole gives, and refuses what the whole refuses."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from securebase_analysis.errors import DataError
from securebase_analysis.readers.safe_xml import parse_xml, stream_xml

DOCUMENT = (
    '<?xml version="1.0" encoding="utf-8"?><!-- made --><a xmlns="urn:x" xmlns:y="urn:y" one="1 &amp; 2">text'
    '<b y:two="2">Zo&#235; 🙂<!-- cut -->&lt;end&gt;</b> between <y:c><b/></y:c><![CDATA[<raw>]]></a>'
)


def pieces(data, size):
    return [data[first : first + size] for first in range(0, len(data), size)]


def shape(element):
    """Tag, local attributes, text and children; text between children belongs to no one."""
    plain = {name: value for name, value in element.attrib.items() if "}" not in name}
    return element.tag, plain, (element.text or "").strip(), [shape(child) for child in element]


@pytest.mark.parametrize("size", [1, 7, 1000])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_pieces_give_the_same_tree(size, encoding):
    data = DOCUMENT.replace("utf-8", encoding).encode(encoding)
    root = stream_xml(pieces(data, size), "x", {})
    assert shape(root) == shape(parse_xml(data, "x"))
    assert root.find("b").text == "Zoë 🙂<end>"


def test_what_is_taken_is_complete_when_it_comes_and_gone_afterwards():
    taken = []
    root = stream_xml(
        [b"<a><s n='1'><t>one</t></s><u/>", b"<s n='2'>t", b"wo</s></a>"],
        "x",
        {"s": lambda element: taken.append((element.get("n"), "".join(element.itertext())))},
    )
    assert taken == [("1", "one"), ("2", "two")]
    assert [(child.tag, len(child), child.text) for child in root] == [
        ("s", 0, None),
        ("u", 0, None),
        ("s", 0, None),
    ]


def test_a_blank_line_before_the_declaration_is_passed_over():
    assert stream_xml([b"\r\n <?xml version='1.0'?><a/>"], "x", {}).tag == "a"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"<!DOCTYPE a><a/>", "SB-FILE-35"),
        (b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "SB-FILE-35"),
        (b"<!DOCTYPE a SYSTEM 'http://example.org/a.dtd'><a/>", "SB-FILE-35"),
        (b"", "SB-FILE-36"),
        (b"<a><b></a>", "SB-FILE-36"),
        (b"<a/><b/>", "SB-FILE-36"),
        (b"<a>&b;</a>", "SB-FILE-36"),
        (b"<a>\x00</a>", "SB-FILE-36"),
        (b"<?xml version='1.0' encoding='no-such'?><a/>", "SB-FILE-36"),
        (b"<?xml version='1.0' encoding='big5'?><a/>", "SB-FILE-36"),
    ],
)
def test_declarations_and_damage_are_refused(data, code):
    for size in (1, 1000):
        with pytest.raises(DataError) as caught:
            stream_xml(pieces(data, size), "x", {})
        assert caught.value.problems[0].code == code


def test_xml_that_would_fill_the_memory_is_refused(monkeypatch):
    monkeypatch.setattr("securebase_analysis.readers.safe_xml.MOST_ELEMENTS", 3)
    monkeypatch.setattr("securebase_analysis.readers.safe_xml.MOST_BYTES_AT_ONCE", 20)
    assert stream_xml([b"<a><b/><b/></a>"], "x", {}).tag == "a"
    with pytest.raises(DataError) as caught:
        stream_xml([b"<a><b/><b/><b/></a>"], "x", {})
    assert (caught.value.problems[0].code, caught.value.problems[0].table) == ("SB-FILE-69", "x")
    with pytest.raises(DataError, match="longer than 20 bytes"):
        parse_xml(b"<a>" + b" " * 20 + b"</a>", "x")


@settings(max_examples=100, deadline=None)
@given(data=st.binary(max_size=40), place=st.integers(0, len(DOCUMENT.encode())), size=st.integers(1, 50))
def test_damaged_documents_are_read_or_refused_as_the_whole_is(data, place, size):
    whole = DOCUMENT.encode()
    damaged = whole[:place] + data + whole[place:]
    try:
        expected = shape(parse_xml(damaged, "x"))
    except DataError:
        # Blank space before the declaration is the one thing that is passed over.
        if damaged.lstrip() == damaged:
            with pytest.raises(DataError):
                stream_xml(pieces(damaged, size), "x", {})
    else:
        assert shape(stream_xml(pieces(damaged, size), "x", {}))[:2] == expected[:2]
