"""TOML that is wrong in any way is one kind of error, and reading it ends."""

import pytest

from securebase_analysis.errors import LONGEST_WORD, nearest
from securebase_analysis.readers import toml_text
from securebase_analysis.readers.toml_text import parse_toml


def test_sound_settings_with_and_without_a_byte_order_mark():
    assert parse_toml('a = "é"\n[b]\nc = 1\n'.encode("utf-8-sig")) == {"a": "é", "b": {"c": 1}}
    assert parse_toml(b'a = "' + b"One. " * 200 + b'"') == {"a": "One. " * 200}


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"a =", "Invalid value"),
        (b"a = '\xff'", "utf-8"),
        (b"a = " + b"9" * 5000, "4300 digits"),
        (b"a = " + b"[" * 100_000, "too deep in one another"),
        (b"a." * 5000 + b"b = 1", "too many full stops"),
        (b"[" + b"a." * 5000 + b"b]", "too many full stops"),
    ],
)
def test_whatever_is_wrong_is_a_value_error(raw, words):
    with pytest.raises(ValueError, match=words):
        parse_toml(raw)


def test_a_file_of_megabytes_is_no_file_of_settings(monkeypatch):
    monkeypatch.setattr(toml_text, "LARGEST", 10)
    with pytest.raises(ValueError, match="too long"):
        parse_toml(b"a = 1 # 67891")


def test_words_as_long_as_pages_are_not_compared():
    assert nearest("a" * LONGEST_WORD, ["a" * (LONGEST_WORD - 1)]) == "a" * (LONGEST_WORD - 1)
    assert nearest("a" * (LONGEST_WORD + 1), ["a" * LONGEST_WORD]) is None
    assert nearest("a" * LONGEST_WORD, ["a" * (LONGEST_WORD + 1)]) is None
