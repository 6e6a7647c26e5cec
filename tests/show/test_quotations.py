"""Quotations for print: what may identify people is masked, and a table with any of it is refused; case 99."""

from __future__ import annotations

import pandas as pd
import pytest

from securebase_analysis.errors import DataError, ModelError
from securebase_analysis.show.quotations import mask_quotations
from securebase_analysis.show.tables.from_frame import make_table

SAID = [
    "He went to Oakfield Primary until 14 May and then it all stopped.",
    "I sit with him every night until he sleeps.",
    "Then Jayden rang Mrs Carter from his nan's phone.",
    "",
    None,
]


@pytest.mark.parametrize(
    ("said", "masked"),
    [
        ("We moved on 03/04/2021, no, in May.", "We moved on [date], no, in May."),
        ("On May 14th, 2021 she cried.", "On [date] she cried."),
        ("It was the 3rd of June when he came.", "It was the [date] when he came."),
        ("He lives at 12 Mill Lane now.", "He lives at [place] now."),
        ("Call 0113 496 0000 or anna.b@example.org please.", "Call [number] or [e-mail] please."),
        ("They are in LS6 3HN these days.", "They are in [postcode] these days."),
        ("Look at www.example.org/anna there.", "Look at [address] there."),
        ("I told Mum that I'm fine on Sunday.", "I told Mum that I'm fine on Sunday."),
        ("My TV is off. She knows. Nobody asked.", "My TV is off. She knows. Nobody asked."),
        ("“Come in,” he said. “Zoë Ann Müller is here.”", "“Come in,” he said. “Zoë [name] is here.”"),
        ("She is 12 and has 3 brothers, 99 % sure.", "She is 12 and has 3 brothers, 99 % sure."),
    ],
)
def test_names_places_days_and_numbers_are_masked_and_the_rest_stays(said, masked):
    assert mask_quotations([said]).text.tolist() == [masked]


def test_99_what_was_masked_is_told_by_row_and_never_by_its_words():
    masked = mask_quotations(pd.Series(SAID, name="quote", index=range(5, 10)))
    assert masked.text.tolist() == [
        "He went to [place] until [date] and then it all stopped.",
        SAID[1],
        "Then [name] rang [name] from his nan's phone.",
        "",
        None,
    ]
    assert masked.text.index.tolist() == list(range(5, 10))
    assert masked.found.values.tolist() == [[1, "date", 1], [1, "place", 1], [3, "name", 2]]
    (problem,) = masked.problems
    assert (problem.code, problem.severity, problem.column, problem.rows) == (
        "SB-CODE-21",
        "warn",
        "quote",
        (1, 3),
    )
    assert problem.what == "2 quotations hold what may identify people: 1 date, 2 names, 1 place."
    assert "read every quotation" in masked.notes[0]
    assert not any(word in str(problem) for word in ("Oakfield", "14 May", "Jayden", "Carter"))


def test_a_name_that_begins_a_sentence_is_masked_when_it_is_known_or_stands_elsewhere():
    assert mask_quotations(["Jayden sleeps."]).text.tolist() == ["Jayden sleeps."]
    assert mask_quotations(["Jayden sleeps."], names=["jayden"]).text.tolist() == ["[name] sleeps."]
    both = mask_quotations(["Jayden sleeps.", "I love Jayden so."]).text.tolist()
    assert both == ["[name] sleeps.", "I love [name] so."]
    assert mask_quotations(["K7Q-014 came."], names=["K7Q-014", ""]).text.tolist() == ["[name] came."]


def test_masking_twice_changes_nothing():
    once = mask_quotations(SAID)
    again = mask_quotations(once.text)
    assert again.text.tolist() == once.text.tolist()
    assert again.problems == ()


def test_99_a_table_with_a_name_in_a_quotation_is_refused_until_it_is_masked():
    frame = pd.DataFrame({"dimension": ["availability"] * 3, "quote": SAID[:3]})
    with pytest.raises(DataError) as caught:
        make_table(frame, "Joint display")
    (problem,) = caught.value.problems
    assert (problem.code, problem.severity, problem.column, problem.rows) == (
        "SB-CODE-21",
        "stop",
        "quote",
        (1, 3),
    )
    assert "mask_quotations(frame['quote']" in problem.fix
    assert "Oakfield" not in str(caught.value)
    masked = mask_quotations(frame["quote"])
    table = make_table(frame.assign(quote=masked.text), "Joint display", masked.notes)
    assert any("SB-CODE-21" in note for note in table.notes)
    assert "Oakfield" not in str(table)


def test_99_a_table_that_stays_with_the_researcher_says_what_it_holds():
    table = make_table(pd.DataFrame({"text": SAID[:1]}), "For us", show_ids=True)
    assert table.notes == (
        "1 quotation holds what may identify people: 1 date, 1 place. [column text, row 1] "
        "Printed as it stands. (SB-CODE-21)",
    )


def test_one_text_in_place_of_several_is_refused():
    with pytest.raises(ModelError, match="SB-MODEL-41"):
        mask_quotations("Only one.")
