"""Which cells a message may show: whatever can be an identifier or a name stays out."""

import random
import string

import pytest

from securebase_analysis.readers.cells_in_messages import name_cells, quotable


@pytest.mark.parametrize(
    "cell",
    ["3 or 4", ">30", "4,", "12-18", "2,5", "1.234", "50%", "about 3 weeks", "31/03/2021", "2021-13-05",
     "3rd March 2021", "12 Mar 2021", "2024-01-02 10:05:01", "n/a", "don't know", "refused", "-", "#N/A", "-99",
     "1 234", "0"],
)  # fmt: skip
def test_numbers_days_and_phrases_for_missing_are_shown(cell):
    assert quotable(cell)


@pytest.mark.parametrize(
    "cell",
    ["K01", "M12", "k-01", "K 1", "1/K", "T2", "X", "Zoe", "zoe b", "June", "April", "May", "Don", "Jan", "AN",
     "No 12", "MAR12", "943 476 5919", "943-476-5919", "07700 900123", "9434765919", "R_2abcDEF", "6m",
     "123456789", "AB123456C", "a@b.org", "Ж7", "١٢٣٤٥٦٧٨٩", "child 4", "id 7"],
)  # fmt: skip
def test_names_codes_and_long_numbers_are_not(cell):
    assert not quotable(cell)


def test_no_code_of_letters_and_digits_is_ever_shown():
    draw = random.Random(7)
    words = ("ca", "up")  # the only short words that may open a phrase
    for _ in range(5000):
        letters = "".join(draw.choices(string.ascii_letters, k=draw.randint(1, 3)))
        sign = draw.choice(["", "-", "_", " ", "/"])
        code = letters + sign + str(draw.randint(0, 999))
        assert not quotable(code) or (letters.casefold() in words and sign not in ("", "_")), code


def test_digits_that_do_not_fit_a_column_are_not_named():
    assert name_cells([2, 3], ["20217", "2021/13/05"]) == "row 2 (not shown), row 3 '2021/13/05'"
