"""What the name of a column says: which item, at which wave; and how that is told."""

import pytest

from securebase_analysis.study.codebook import make_codebook
from securebase_analysis.study.questionnaire.item_names import match_names, nearest_names
from securebase_analysis.study.questionnaire.waves_in_names import cuts
from securebase_analysis.study.questionnaire.waves_of_marks import wave_words, with_waves

ITEMS = ["sdq1", "sdq2", "sdq10"]
BOOK = make_codebook(
    "Test",
    "1",
    {
        "waves": [{"wave": 1, "aliases": ["T0", "baseline"]}, {"wave": 2, "aliases": ["T1", "follow up"]}],
        "instruments": [{"instrument": "sdq", "minimum_answered": 1}],
        "items": [{"item": i, "instrument": "sdq", "construct": "trust", "low": 0, "high": 2} for i in ITEMS],
    },
)


def found_in(columns, waves=None, codebook=None, items=ITEMS, named=None):
    matched = match_names(columns, items, named, wave_words(waves, codebook))
    return with_waves(matched, waves, codebook, "wide.csv")


def places(columns, **options):
    matched, problems = found_in(columns, **options)
    assert not [problem for problem in problems if problem.severity == "stop"]
    return [(item, None if wave is None else int(wave)) for item, wave in matched[["item", "wave"]].astype(object)
            .where(matched[["item", "wave"]].notna(), None).itertuples(index=False)]  # fmt: skip


@pytest.mark.parametrize(
    "names",
    [
        ["sdq1_T1", "sdq1_T2"],
        ["sdq1.1", "sdq1.2"],
        ["t1_sdq1", "t2_sdq1"],
        ["sdq1w1", "sdq1w2"],
        ["SDQ1_W01", "SDQ1_W02"],
        ["sdq_01_wave1", "sdq_01_wave2"],
        ["wave 1 sdq1", "wave 2 sdq1"],
        ["w1sdq1", "w2sdq1"],
        ["sdq_T1_1", "sdq_T2_1"],
        ["sdq1[1]", "sdq1[2]"],
        ["sdq1 (T1)", "sdq1 (T2)"],
        ["1_sdq1", "2_sdq1"],
        ["sdq1_time1", "sdq1_time2"],
        ["sdq1T1", "sdq1T2"],
    ],
)
def test_every_spelling_of_a_wave(names):
    assert places(names) == [("sdq1", 1), ("sdq1", 2)]


def test_a_name_that_is_an_item_is_no_item_at_a_wave():
    items = ["sdq", "sdq1", "sdq1_2", "atten", "attent1"]
    assert places(["sdq1", "sdq1_2", "attent1"], items=items) == [
        ("sdq1", None), ("sdq1_2", None), ("attent1", None)
    ]  # fmt: skip


def test_numbers_behind_a_stem_are_items_where_the_codebook_has_them_and_waves_where_it_does_not():
    assert places(["sdq_1", "sdq_2", "sdq_10"], items=["sdq", *ITEMS]) == [
        ("sdq1", None), ("sdq2", None), ("sdq10", None)
    ]  # fmt: skip
    assert places(["total_1", "total_2", "total_10"], items=["total"]) == [
        ("total", 1), ("total", 2), ("total", 10)
    ]  # fmt: skip


def test_sb_wave_03_wave_10_comes_after_wave_2():  # (34)
    _, problems = found_in(["sdq1_T10", "sdq1_T2", "sdq1_T1"])
    assert [problem.code for problem in problems] == ["SB-WAVE-02"]  # (33)
    assert "sdq1_T1 is wave 1, sdq1_T2 is wave 2, sdq1_T10 is wave 10" in problems[0].what


def test_the_codebook_says_what_a_mark_means():
    columns = ["sdq1_T0", "sdq1_T1", "sdq2_baseline", "sdq2_follow_up", "baseline.sdq10"]
    assert places(columns, codebook=BOOK) == [
        ("sdq1", 1), ("sdq1", 2), ("sdq2", 1), ("sdq2", 2), ("sdq10", 1)
    ]  # fmt: skip


def test_the_dictionary_of_waves_goes_before_the_codebook():
    assert places(["sdq1_T0", "sdq1_T1"], waves={"T0": 4, "T1": 5}, codebook=BOOK) == [("sdq1", 4), ("sdq1", 5)]
    assert places(["sdq1", "sdq1_m6"], waves={"": 1, "m6": 2}) == [("sdq1", 1), ("sdq1", 2)]
    assert places(["sdq1", "sdq1_T2"], waves={"": 1}) == [("sdq1", 1), ("sdq1", 2)]


def test_sb_wave_01_a_mark_that_nobody_knows():  # (32)
    _, problems = found_in(["sdq1_T1", "sdq1_T7", "sdq2_T7"], codebook=BOOK)
    assert (problems[0].code, problems[0].severity, problems[0].table) == ("SB-WAVE-01", "stop", "wide.csv")
    assert problems[0].column == "sdq1_T7, sdq2_T7"
    assert ": T7; the codebook has the waves 1, 2" in problems[0].what
    assert problems[0].fix.startswith("waves={'T7': 7}")


def test_sb_wave_02_items_with_and_without_a_wave():  # (33)
    _, problems = found_in(["sdq1", "sdq1_T2"])
    assert [(problem.code, problem.severity) for problem in problems] == [("SB-WAVE-02", "stop")]
    assert problems[0].column == "sdq1"
    assert "waves={'': 1, 'T2': 2}" in problems[0].fix


def test_sb_item_40_two_columns_for_one_item():
    _, problems = found_in(["SDQ 1", "sdq_01", "sdq2"])
    assert [(problem.code, problem.severity, problem.column) for problem in problems] == [
        ("SB-ITEM-40", "stop", "sdq1")
    ]
    assert "SDQ 1, sdq_01" in problems[0].what
    _, problems = found_in(["sdq1_T1", "T1_sdq1"])
    assert problems[0].code == "SB-ITEM-40"


def test_what_somebody_said_goes_first():
    matched, problems = found_in(["q7", "sdq1"], named={"sdq1": "q7"})
    assert matched[["item", "how"]].to_numpy().tolist() == [["sdq1", "named by you"], ["", ""]]
    assert problems == []


def test_an_unknown_column_comes_with_the_items_it_looks_like():
    matched = match_names(["child", "sqd1", "SDQ2"], ITEMS)
    assert list(matched["suggestions"]) == [(), ("sdq1", "sdq10"), ()]
    assert nearest_names("avail_3", ["avail3", "avail_03", "trust"]) == ("avail_03", "avail3")


def test_a_name_as_long_as_a_sentence_is_not_cut():
    assert not list(cuts("a" * 100_000 + "_T1"))
    assert not list(cuts(""))
