"""Bytes turned into text: the place of the first odd byte, in a file read piece by piece."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from securebase_analysis.readers import encodings


def first_bad_byte(data):
    """What decoding the whole at once says."""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        return error.start
    return None


@pytest.mark.parametrize("chunk", [1, 2, 3, 7, 1 << 24])
@given(
    data=st.lists(st.sampled_from([b"a", "\u00eb".encode(), "\u20ac".encode(), "\U0001f600".encode(), b"\xeb"]))
)
def test_the_first_odd_byte_is_found_across_pieces(chunk, data):
    whole = b"".join(data)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(encodings, "CHUNK", chunk)
        assert encodings._first_bad_byte(whole) == first_bad_byte(whole)


@given(
    st.text(alphabet=st.characters(exclude_characters="\0\ufeff"), min_size=1),
    st.sampled_from(["utf-8", "utf-16", "utf-32"]),
)
def test_text_survives_every_marked_encoding(text, encoding):
    raw = text.encode(encoding)
    assert encodings.to_utf8(raw, "t.csv")[0] == text.encode("utf-8")


def test_letters_of_columns():
    assert [encodings.column_letter(place) for place in (0, 25, 26, 701, 702)] == ["A", "Z", "AA", "ZZ", "AAA"]
