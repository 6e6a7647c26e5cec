"""The SDQ scored from a table: names, coding, proration, impact, bands; on simulated forms only."""

import numpy as np
import pandas as pd
import pytest

from securebase_analysis.errors import DataError, ModelError
from securebase_analysis.measures.strengths_difficulties import ITEMS, SHORT_NAMES, score_sdq

KEY = {
    "emotional": [3, 8, 13, 16, 24],
    "conduct": [5, 7, 12, 18, 22],
    "hyperactivity": [2, 10, 15, 21, 25],
    "peer": [6, 11, 14, 19, 23],
    "prosocial": [1, 4, 9, 17, 20],
}
REVERSED = [7, 11, 14, 21, 25]


def forms(n=60, seed=1) -> pd.DataFrame:
    """Simulated answers 0-2 in which the items of a scale hang together."""
    random = np.random.default_rng(seed)
    columns = {}
    for items in KEY.values():
        trait = random.normal(size=n)
        for item in items:
            side = -1 if item in REVERSED else 1
            columns[f"sdq{item}"] = np.clip(np.round(1 + side * trait * 0.7 + random.normal(size=n) * 0.6), 0, 2)
    return pd.DataFrame(columns)[list(ITEMS)]


def by_hand(table: pd.DataFrame) -> pd.DataFrame:
    """The published rule, written out."""
    keyed = table.copy()
    for item in REVERSED:
        keyed[f"sdq{item}"] = 2 - keyed[f"sdq{item}"]
    scales = {}
    for name, items in KEY.items():
        answers = keyed[[f"sdq{item}" for item in items]]
        scales[f"sdq_{name}"] = np.floor(0.5 + 5 * answers.mean(axis=1)).where(answers.notna().sum(axis=1) >= 3)
    scores = pd.DataFrame(scales)
    scores["sdq_total"] = sum(scores[f"sdq_{name}"] for name in ("emotional", "conduct", "hyperactivity", "peer"))
    return scores


def test_scores_follow_the_published_rule():
    table = forms(300)
    table = table.mask(np.random.default_rng(2).random(table.shape) < 0.15)
    pd.testing.assert_frame_equal(score_sdq(table)[list(by_hand(table))], by_hand(table))


@pytest.mark.parametrize(
    "style",
    [
        [f"sdq_{n:02d}" for n in range(1, 26)],
        [f"SDQ{n}" for n in range(1, 26)],
        [f"p{n}" for n in range(1, 26)],
        [str(n) for n in range(1, 26)],
        SHORT_NAMES,
        [f"p{name}" for name in SHORT_NAMES],
    ],
)
def test_common_names_are_found(style):
    expected = score_sdq(forms())["sdq_total"]
    assert score_sdq(forms().set_axis(style, axis=1))["sdq_total"].tolist() == expected.tolist()


def test_numbers_as_column_names_and_columns_in_any_order():
    table = forms().set_axis(range(1, 26), axis=1)[list(range(25, 0, -1))]
    assert score_sdq(table)["sdq_total"].tolist() == score_sdq(forms())["sdq_total"].tolist()


def test_the_prefix_follows_the_informant():
    both = pd.concat(
        [forms().set_axis([f"p{n}" for n in range(1, 26)], axis=1), forms(seed=5).add_prefix("x")], axis=1
    )
    both = both.rename(columns={f"xsdq{n}": f"t{n}" for n in range(1, 26)})
    assert score_sdq(both, "parent")["sdq_total"].tolist() == score_sdq(forms())["sdq_total"].tolist()
    assert score_sdq(both, "teacher")["sdq_total"].tolist() == score_sdq(forms(seed=5))["sdq_total"].tolist()


def test_two_sets_of_items_are_not_guessed_between():
    both = pd.concat([forms(), forms(seed=5).set_axis([f"p{n}" for n in range(1, 26)], axis=1)], axis=1)
    with pytest.raises(DataError, match="more than one set"):
        score_sdq(both)
    assert score_sdq(both, names=list(ITEMS))["sdq_total"].tolist() == score_sdq(forms())["sdq_total"].tolist()


def test_names_may_be_given_for_some_items():
    table = forms().rename(columns={"sdq3": "headaches"})
    with pytest.raises(DataError) as caught:
        score_sdq(table)
    assert caught.value.problems[0].code == "SB-ITEM-12"
    assert score_sdq(table, names={"sdq3": "headaches"})["sdq_total"].notna().all()


def test_one_to_three_is_recoded_only_when_declared():  # C5 66
    with pytest.raises(DataError) as caught:
        score_sdq(forms() + 1)
    found = caught.value.problems[0]
    assert (found.code, found.fix) == ("SB-ITEM-05", 'coding="1-3"')
    assert found.rows
    declared = score_sdq(forms() + 1, coding="1-3")
    assert declared["sdq_total"].tolist() == score_sdq(forms())["sdq_total"].tolist()
    with pytest.raises(DataError):
        score_sdq(forms(), coding="1-3")


def test_an_answer_out_of_range_stops():  # C5 65
    table = forms()
    table.loc[4, "sdq9"] = 7
    with pytest.raises(DataError) as caught:
        score_sdq(table)
    found = caught.value.problems[0]
    assert (found.code, found.column, found.rows) == ("SB-ITEM-04", "sdq9", (5,))


def test_items_reversed_beforehand_are_not_reversed_again():  # C5 62
    table = forms(400)
    for item in REVERSED:
        table[f"sdq{item}"] = 2 - table[f"sdq{item}"]
    with pytest.raises(DataError) as caught:
        score_sdq(table)
    assert {one.code for one in caught.value.problems} == {"SB-ITEM-01"}


def test_impact_counts_0_0_1_2():
    table = forms(4)
    for item in ("distres", "imphome", "impfrie", "impclas", "impleis"):
        table[f"p{item}"] = [0.0, 1.0, 2.0, 3.0]
    table["pebddiff"] = [1, 1, 1, 0]
    assert score_sdq(table)["sdq_impact"].tolist() == [0, 0, 5, 0]
    table["pebddiff"] = 2
    assert score_sdq(table)["sdq_impact"].tolist() == [0, 0, 5, 10]
    table.loc[2, "pimphome"] = np.nan
    assert np.isnan(score_sdq(table)["sdq_impact"][2])
    table.loc[2, "pimphome"] = 4
    with pytest.raises(DataError, match="pimphome"):
        score_sdq(table)


def test_impact_of_teachers_has_three_items():
    table = forms(2).assign(tdistres=3.0, timpfrie=3.0, timpclas=3.0)
    assert score_sdq(table, "teacher")["sdq_impact"].tolist() == [6, 6]
    assert "sdq_impact" not in score_sdq(forms(2))


@pytest.mark.parametrize(
    ("informant", "bands", "total", "band"),
    [
        ("parent", "three", 13, "normal"),
        ("parent", "three", 14, "borderline"),
        ("parent", "three", 17, "abnormal"),
        ("teacher", "three", 12, "borderline"),
        ("self", "three", 20, "abnormal"),
        ("teacher", "four", 18, "high"),
        ("teacher", "four", 19, "very high"),
    ],
)
def test_bands(informant, bands, total, band):
    # every item answered so that the total is the one asked for
    table = pd.DataFrame([[0.0] * 25], columns=list(ITEMS))
    table[[f"sdq{item}" for item in REVERSED]] = 2.0
    left = total
    for item in [
        i for name in ("emotional", "conduct", "hyperactivity", "peer") for i in KEY[name] if i not in REVERSED
    ]:
        table[f"sdq{item}"] = float(min(2, left))
        left -= min(2, left)
    scores = score_sdq(table, informant, bands=bands)
    assert scores["sdq_total"].item() == total
    assert scores["sdq_total_band"].item() == band


def test_bands_carry_their_source_and_whether_it_was_checked():
    assert score_sdq(forms())["bands_verified"].all()
    assert "Scottish Health Survey" in score_sdq(forms())["bands_source"][0]
    unverified = score_sdq(forms(), "self", bands="four")
    assert not unverified["bands_verified"].any()


def test_a_missing_score_has_no_band():
    table = forms(3)
    table.loc[1, ["sdq3", "sdq8", "sdq13"]] = np.nan
    scores = score_sdq(table)
    assert np.isnan(scores.loc[1, "sdq_total"])
    assert pd.isna(scores.loc[1, "sdq_total_band"])
    assert score_sdq(table, total_missing="more than one")["sdq_total"].notna().all()
    assert scores["n_answered"].tolist() == [25, 22, 25]


def test_index_and_keys_are_kept():
    table = forms(3).assign(child=["a", "b", "c"], wave=2).set_index(pd.Index([7, 9, 11]))
    scores = score_sdq(table)
    assert scores.index.tolist() == [7, 9, 11]
    assert list(scores)[:2] == ["child", "wave"]


def test_options_are_words():
    with pytest.raises(ModelError, match="informant='teacher'"):
        score_sdq(forms(), "teachers")


def form(**columns) -> pd.DataFrame:
    answers = pd.DataFrame([[1] * 25] * 3, columns=[f"sdq{number}" for number in range(1, 26)])
    impact = dict.fromkeys(("distres", "imphome", "impfrie", "impclas", "impleis"), 1.0)
    return answers.assign(**(impact | columns))


@pytest.mark.parametrize("cells", [["a", 1, 2], [1.5, 1, 2], [4, 1, 2], [-1, 1, 2]])
@pytest.mark.parametrize("column", ["distres", "ebddiff"])
def test_an_impact_answer_that_is_no_category_is_refused(column, cells):
    with pytest.raises(DataError) as caught:
        score_sdq(form(**{column: cells}))
    assert [(p.code, p.column, p.rows) for p in caught.value.problems] == [("SB-ITEM-04", column, (1,))]


def test_a_missing_impact_answer_leaves_impact_missing():
    scored = score_sdq(form(distres=["", None, 2]))["sdq_impact"]
    assert scored.isna().tolist() == [True, True, False]
    assert scored[2] == 1.0


@pytest.mark.parametrize("names", [["sdq1"], "sdq1", [f"sdq{n}" for n in range(1, 27)], {"sdq26": "sdq1"}])
def test_names_are_those_of_the_form(names):
    with pytest.raises(ModelError) as caught:
        score_sdq(form(), names=names)
    assert caught.value.problems[0].code == "SB-ITEM-12"
    assert caught.value.problems[0].fix


@pytest.mark.parametrize("items", [None, 3, np.zeros((3, 25))])
def test_what_is_no_table_is_refused(items):
    with pytest.raises(ModelError, match="neither a table nor a questionnaire"):
        score_sdq(items)


def test_007_a_column_that_is_there_twice():
    with pytest.raises(DataError) as caught:
        score_sdq(pd.concat([form(), form()[["sdq1"]]], axis=1))
    assert [(p.code, p.column) for p in caught.value.problems] == [("SB-FILE-07", "sdq1")]


@pytest.mark.parametrize(("bands", "cut"), [("in care", 10), ("in care, beside the BAC", 11)])
def test_the_screen_of_children_in_care(bands, cut):
    table = pd.DataFrame(0, index=range(2), columns=list(ITEMS))
    table[[f"sdq{item}" for item in REVERSED]] = 2
    table.loc[:, [f"sdq{item}" for item in (3, 8, 13, 16)]] = 2
    table.loc[:, "sdq24"] = [0, 1]
    table.loc[:, "sdq5"] = cut - 9
    scores = score_sdq(table, bands=bands)
    assert scores["sdq_total"].tolist() == [cut - 1, cut]
    assert scores["sdq_total_band"].tolist() == ["below the cut-off", "at the cut-off or above"]
    assert "sdq_peer_band" not in scores
    assert scores["bands_verified"].all()
    with pytest.raises(ModelError) as raised:
        score_sdq(table, "teacher", bands=bands)
    assert raised.value.problems[0].code == "SB-MODEL-30"


def test_a_file_that_never_holds_a_0_has_to_say_its_coding():
    table = forms().clip(1, 2)
    with pytest.raises(DataError) as caught:
        score_sdq(table)
    (found,) = caught.value.problems
    assert found.code == "SB-ITEM-70"
    assert 'coding="0-2" if 0 could be answered, otherwise coding="1-3"' in found.fix
    assert score_sdq(table, coding="0-2")["sdq_total"].notna().all()
    assert score_sdq(table, coding="1-3")["sdq_total"].notna().all()
